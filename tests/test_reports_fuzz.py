"""Damaged reports by the thousand: a table in which every line is accounted for, or one sentence; nothing else.

``PROMOFIX_FUZZ_FILES`` and ``PROMOFIX_FUZZ_SECONDS`` set how many files, or how long, the long run takes;
``PROMOFIX_FUZZ_SEED`` where it begins, ``PROMOFIX_FUZZ_PROCESSES`` how many share the work.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from promofix_lib.errors import ReportError
from promofix_lib.reports.flat_file import flawless
from promofix_lib.reports.kinds import PAYMENTS, kind_named
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Report
from promofix_lib.say import known_key

WORDED: set[str] = set()
"""Sentences that were found in both catalogues: once each is enough."""
FEW = 440
ROWS = 8
ACCIDENTS_IN_ONE_LINE = 15
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
ORDER_ID = r"[0-9A-Za-z]{3}-[0-9A-Za-z]{7}-[0-9A-Za-z]{7}"

ALL = (
    "amazon-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel product-name sku "
    "item-status quantity currency item-price item-promotion-discount promotion-ids ship-city order-item-id"
).split()
NEW = (
    "order-id order-item-id purchase-date buyer-email buyer-name sku product-name quantity-purchased currency "
    "item-price ship-city item-promotion-discount item-promotion-id latest-ship-date"
).split()
UNSHIPPED = (
    "order-id order-item-id purchase-date reporting-date promise-date buyer-name sku quantity-purchased "
    "quantity-to-ship"
).split()
SETTLEMENT = "settlement-id transaction-type order-id amount-type amount-description amount posted-date-time".split()
NAMES = (
    "Headphones",
    'Pillow 12" x 18"',
    "Café Crème, 6 pièces",
    "ワイヤレス ヘッドホン",
    '"Deluxe" bag',
    "O'Neil & Söhne",
)


def cells(number: int) -> dict[str, str]:
    """One invented order item, under the names of every kind of report."""
    order = f"111-{number:07d}-{number * 7919 % 10**7:07d}"
    price, discount = f"{number % 90 + 9}.99", "5.00" if number % 3 == 0 else ""
    bought = f"2026-10-{number % 27 + 1:02d}T{number % 24:02d}:15:00"
    return {
        "amazon-order-id": order,
        "order-id": order,
        "purchase-date": f"{bought}-08:00",
        "last-updated-date": f"{bought}+00:00",
        "reporting-date": f"{bought}+00:00",
        "promise-date": f"{bought}Z",
        "latest-ship-date": f"{bought}Z",
        "order-status": ("Shipped", "Unshipped", "Pending", "Cancelled")[number % 4],
        "item-status": ("Shipped", "Unshipped", "", "Cancelled")[number % 4],
        "fulfillment-channel": ("Merchant", "Amazon")[number % 2],
        "sales-channel": "Amazon.com",
        "product-name": NAMES[number % len(NAMES)],
        "buyer-name": f"Invented Buyer {NAMES[number % len(NAMES)][:4]}",
        "buyer-email": f"b{number}@example.com",
        "sku": f"SKU-{number % 7:03d}",
        "ship-city": "Exampleville",
        "quantity": str(number % 3 + 1),
        "quantity-purchased": str(number % 3 + 1),
        "quantity-to-ship": str(number % 3 + 1),
        "currency": "USD",
        "item-price": price,
        "item-promotion-discount": discount,
        "promotion-ids": "Percentage Off 2026/10/01,PLM-1" if discount else "",
        "item-promotion-id": "Percentage Off 2026/10/01" if discount else "",
        "order-item-id": f"{10**12 + number:014d}",
        "settlement-id": "11",
        "transaction-type": "Order",
        "amount-type": "ItemPrice",
        "amount-description": "Principal",
        "amount": price,
        "posted-date-time": "05.10.2026 10:00:00 UTC",
    }


def flat(header: list[str], rows: int, first: int, end: str = "\n", between: str = "\t") -> str:
    """A report of so many lines; New Orders with a further promotion under every third item."""
    lines = [between.join(header)]
    for number in range(first, first + rows):
        row = cells(number)
        lines.append(between.join(_quoted(row.get(name, ""), between) for name in header))
        if header is NEW and number % 3 == 0 and between == "\t":
            more = {"item-promotion-id": "PLM-2", "item-promotion-discount": "1.00"}
            lines.append("\t".join(more.get(name, "") for name in header))
    return end.join([*lines, ""])


def _quoted(cell: str, between: str) -> str:
    return cell if between == "\t" else '"' + cell.replace('"', '""') + '"'


def xml(rows: int, first: int) -> str:
    """An XML Order Report."""
    messages = []
    for number in range(first, first + rows):
        row = {name: cell.replace("&", "&amp;").replace('"', "&quot;") for name, cell in cells(number).items()}
        messages.append(
            f"<Message><MessageID>{number}</MessageID><OrderReport><AmazonOrderID>{row['order-id']}</AmazonOrderID>\n"
            f"<OrderDate>{row['purchase-date']}</OrderDate><BillingData><BuyerName>{row['buyer-name']}</BuyerName>"
            f"</BillingData>\n<Item><AmazonOrderItemCode>{row['order-item-id']}</AmazonOrderItemCode>"
            f"<SKU>{row['sku']}</SKU><Title>{row['product-name']}</Title><Quantity>{row['quantity']}</Quantity>"
            f"<ItemPrice><Component><Type>Principal</Type><Amount currency='USD'>{row['item-price']}</Amount>"
            "</Component></ItemPrice><Promotion><PromotionClaimCode>HELLO1</PromotionClaimCode></Promotion></Item>\n"
            "</OrderReport></Message>"
        )
    head = "<?xml version='1.0' encoding='UTF-8'?>\n<AmazonEnvelope><MessageType>OrderReport</MessageType>\n"
    return head + "\n".join(messages) + "\n</AmazonEnvelope>\n"


Base = Callable[[random.Random], bytes]
BASES: dict[str, Base] = {
    "all.txt": lambda chance: flat(ALL, ROWS, chance.randint(0, 10**5), chance.choice(["\n", "\r\n"])).encode(),
    "all without ids.txt": lambda chance: flat(ALL[:-1], ROWS, chance.randint(0, 10**5)).encode(),
    "new.txt": lambda chance: flat(NEW, ROWS, chance.randint(0, 10**5)).encode(
        chance.choice(["utf-8", "cp932"]), "replace"
    ),
    "unshipped.txt": lambda chance: flat(UNSHIPPED, ROWS, chance.randint(0, 10**5)).encode("cp1252", "replace"),
    "settlement.txt": lambda chance: flat(SETTLEMENT, ROWS, chance.randint(0, 10**5)).encode(),
    "all.csv": lambda chance: flat(ALL, ROWS, chance.randint(0, 10**5), "\r\n", chance.choice(",;|")).encode(),
    "all utf-16.txt": lambda chance: flat(ALL, ROWS, chance.randint(0, 10**5)).encode("utf-16"),
    "orders.xml": lambda chance: xml(ROWS - 2, chance.randint(0, 10**5)).encode(),
}
TOKENS = (
    b"\t", b"\n", b"\r", b"\r\n", b"\0", b'"', b"'", b",", b"-", b".0", b"\xff", b"\xe3\x83", b"\xc3\x83\xc2\xbc",
    b"NULL", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xe2\x80\x93", b"E+14", b"1e99", b"99999999999999", b"<", b"&",
    b"]]>", b"</Item>", b"=1+1", b"\x85", b"\x1a", "１".encode(), "–".encode(), b"0", b" ",
)  # fmt: skip


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The same report after one to four accidents."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        content = chance.choice(ACCIDENTS)(content, chance)
    return content


def _at(content: bytes, chance: random.Random) -> int:
    return chance.randint(0, len(content))


def _token(content: bytes, chance: random.Random) -> bytes:
    at, cut = _at(content, chance), chance.choice((0, 0, 1, 2, 9))
    return content[:at] + chance.choice(TOKENS) + content[at + cut :]


def _hole(content: bytes, chance: random.Random) -> bytes:
    at = _at(content, chance)
    return content[:at] + content[at + chance.choice((1, 1, 2, 3, 30, 400)) :]


def _byte(content: bytes, chance: random.Random) -> bytes:
    at = _at(content, chance)
    return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def _end(content: bytes, chance: random.Random) -> bytes:
    return content[: _at(content, chance)]


def _lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    how = chance.randrange(5)
    if how == 0:
        lines.insert(other, lines[one])
    elif how == 1:
        lines[one], lines[other] = lines[other], lines[one]
    elif how == 2:
        del lines[one]
    elif how == 3:
        lines.insert(one, b"")
    else:
        lines[one] += lines.pop(other) if one != other and len(lines) > other > one else b""
    return b"\n".join(lines)


def _cell(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    parts = lines[at].split(b"\t")
    parts[chance.randrange(len(parts))] = chance.choice((b"", *TOKENS[4:]))
    lines[at] = b"\t".join(parts)
    return b"\n".join(lines)


ACCIDENTS = (_token, _token, _hole, _byte, _byte, _end, _lines, _lines, _cell, _cell)


# -- what other programs do to a whole file: each cell still means the same --------------------------------------------


def _table(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def _saved_by_excel(text: str, _: random.Random) -> str:
    """As "Text (Tab delimited)": only cells with a comma or a quote stand in quotes."""
    return _written(text, "\t", lambda cell: "," in cell or '"' in cell)


def _saved_as_csv(text: str, chance: random.Random) -> str:
    between = chance.choice(",;|")
    return _written(text, between, lambda cell: between in cell or '"' in cell)


def _written(text: str, between: str, in_quotes: Callable[[str], bool]) -> str:
    rows = ([_quoted(cell, ",") if in_quotes(cell) else cell for cell in row] for row in _table(text))
    return "".join(f"{between.join(row)}\r\n" for row in rows)


def _put_together(text: str, chance: random.Random) -> str:
    """Two files one behind the other: the same again, or another layout, a byte-order mark or no line end between."""
    header = list(chance.choice((ALL, ALL[:-1], NEW, UNSHIPPED)))
    one, other = chance.sample(range(len(header)), 2)
    header[one], header[other] = header[other], header[one]
    more = chance.choice((text, flat(header, 3, chance.randint(0, 10**5))))
    return text.removesuffix(chance.choice(("", "\n"))) + chance.choice(("", "\ufeff", "\n")) + more


def _mailed(text: str, chance: random.Random) -> str:
    """Lines broken where a mail's line ends, marked as an answer, or with blanks for tabs."""
    width = chance.choice((76, 78, 998))
    broken = re.sub(f"(.{{{width}}})", r"\1\n", text)
    printable = re.sub(f"(.{{{width}}})", r"\1=\n", text.replace("=", "=3D"))
    return chance.choice((broken, printable, re.sub("(?m)^", "> ", text), text.replace("\t", "    ")))


def _ends_mixed(text: str, chance: random.Random) -> str:
    return "".join(line + chance.choice(("\n", "\r\n", "\r\r\n", "\r")) for line in text.splitlines())


def _framed(text: str, chance: random.Random) -> str:
    """Something above or below the table, as a program or a mail leaves it."""
    above = ("", "sep=\t\n", "All orders of October\n\n", "\n\n", "From: Seller <a@example.com>\nSubject: report\n\n")
    below = ("", "\x1a", "-- \nSent from my phone\n", "(8 rows affected)\n", "</body></html>", "Total\t\t\t8\n")
    return chance.choice(above) + text + chance.choice(below)


def _columns_moved(text: str, chance: random.Random) -> str:
    """Columns in another order, one left out, one twice, or numbered rows."""
    rows = _table(text)
    wide = len(rows[0])
    order = chance.choice((chance.sample(range(wide), wide), [*range(wide), chance.randrange(wide)], range(wide)))
    gone = chance.choice((-1, chance.randrange(wide)))
    moved = [[*(row[i] for i in order if i != gone and i < len(row)), *row[wide:]] for row in rows]
    numbered = [["" if at == 0 else str(at - 1), *row] for at, row in enumerate(moved)]
    return "".join("\t".join(row) + "\n" for row in chance.choice((moved, numbered)))


def _sorted_again(text: str, chance: random.Random) -> str:
    """The rows by one column, up or down, its empty cells last, as a spreadsheet does it."""
    first, *rows = _table(text)
    by = chance.randrange(len(first))
    filled, empty = [row for row in rows if by < len(row) and row[by]], [r for r in rows if by >= len(r) or not r[by]]
    filled.sort(key=lambda row: row[by].lower(), reverse=chance.random() < 0.5)
    return "".join("\t".join(row) + "\n" for row in (first, *filled, *empty))


def _ends_trimmed(text: str, _: random.Random) -> str:
    return re.sub("(?m)\t+$", "", text)


MOVES = (
    *(_saved_by_excel, _saved_as_csv, _put_together, _put_together, _mailed, _ends_mixed, _framed, _columns_moved),
    *(_ends_trimmed, _sorted_again),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp932", "gbk")


def moved(chance: random.Random) -> bytes:
    """A report after one or two programs had it in hand."""
    text = flat(chance.choice((ALL, ALL[:-1], NEW, UNSHIPPED)), ROWS, chance.randint(0, 10**5))
    moves = (chance.choice(MOVES), *chance.sample(MOVES[2:], chance.choice((0, 0, 1))))
    for move in sorted(
        moves, key=lambda move: move is _mailed
    ):  # no program moves the columns of lines that mail broke
        text = move(text, chance)
    return text.encode(chance.choice(ENCODINGS), "replace")


def true(report: Report) -> None:
    """What was read of an order is what was written of it."""
    for row in report.arrow.to_pylist():
        meant = cells(int(row["order_id"][4:11]))
        promotions = {*meant["promotion-ids"].split(","), meant["item-promotion-id"], "PLM-2"}
        bought = pd.Timestamp(meant["purchase-date"]).tz_convert("UTC")
        assert row["order_id"] == meant["order-id"]
        assert row["sku"] in (None, meant["sku"])
        assert row["quantity"] in (None, int(meant["quantity"]))
        assert row["item_price"] in (None, Decimal(meant["item-price"]))
        assert row["item_promotion_discount"] in (None, Decimal(5), Decimal(6))
        assert set(row["promotion_ids"] or ()) <= promotions
        assert row["purchase_date"] in (None, bought)
        assert row["order_item_id"] in (None, meant["order-item-id"])


MOVED = "moved.txt"


def files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Damaged reports without end, the same ones for the same seed."""
    names = [*BASES, MOVED, MOVED, MOVED]
    number = seed
    while True:
        chance = random.Random(number)
        name = names[number % len(names)]
        yield name, moved(chance) if name == MOVED else damaged(BASES[name](chance), chance)
        number += 1


def outcome(path: Path) -> list[Report] | str:
    """What came of reading: reports, or the one sentence of the refusal."""
    try:
        reports = list(read_report(path))
    except ReportError as error:
        key, sentence = error.key, error.text("en")
    else:
        return reports
    assert known_key(key)
    assert "\n" not in sentence
    assert len(sentence) < 1_200
    return sentence


def check(report: Report, content: bytes) -> None:
    """No line disappears, no line counts twice, and every cell is clean."""
    assert report.headers + report.blanks + report.rows + len(report.quarantined) == report.lines
    assert report.items == report.arrow.num_rows <= report.rows
    places = report.arrow["source_line"].to_pylist()
    aside = [bad.line for bad in report.quarantined]
    if "XML" in report.kind:
        assert report.lines >= content.count(b"</Message>")
    else:
        assert report.lines == physical_lines(content, report.encoding)
        assert len(set(places)) == len(places)
        assert not set(places) & set(aside)
        assert all(1 <= line <= report.lines for line in (*places, *aside))
    for name in report.arrow.column_names:
        if pa.types.is_string(report.arrow.schema.field(name).type):
            texts = report.arrow[name].to_pylist()
            assert not CONTROL.search("".join(text for text in texts if text)), (name, texts)
    if kind_named(report.kind).role != PAYMENTS:
        assert all(re.fullmatch(ORDER_ID, order) for order in report.arrow["order_id"].to_pylist())
    said = (*report.warnings, *(bad.reason for bad in report.quarantined), *(lack.what for lack in report.lacks))
    for told in (one for one in said if one.key not in WORDED):
        assert known_key(told.key)
        assert told.text("zh-CN") != told.key
        WORDED.add(told.key)


def physical_lines(content: bytes, encoding: str) -> int:
    """Lines counted without the reader: a last one without an end is one too."""
    text = content.decode(encoding, "replace").replace("\0", "") if encoding.startswith("utf-16") else ""
    raw = text.encode("utf-8", "replace") if text else content.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf")
    if b"\r" in raw.lstrip().split(b"\n", 1)[0].rstrip(b"\r"):
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw.count(b"\n") + bool(raw and not raw.endswith(b"\n"))


def both_ways(path: Path) -> list[Report] | str:
    """What came of a file; where a part of it took the fast way, the slow way gives the same."""
    quick: list[bool] = []

    def watched(*given: Any) -> pa.Table | None:
        table = flawless(*given)
        quick.append(table is not None)
        return table

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("promofix_lib.reports.flat_file.flawless", watched)
        result = outcome(path)
        patch.setattr("promofix_lib.reports.flat_file.flawless", lambda *_: None)
        if any(quick):
            same(result, outcome(path))
    return result


def same(one: list[Report] | str, other: list[Report] | str) -> None:
    """Cell by cell, fault by fault."""
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return
    for left, right in zip(one, other, strict=True):
        assert left.to_json() == right.to_json()
        assert [told.to_json() for told in left.warnings] == [told.to_json() for told in right.warnings]
        assert left.arrow.equals(right.arrow), (left.arrow.to_pylist(), right.arrow.to_pylist())


def run(folder: Path, seed: int, *, number: int = 0, seconds: float = 0) -> Counter[str]:
    """Read damaged reports until there were enough; what came of them."""
    found: Counter[str] = Counter()
    until = time.monotonic() + seconds
    for place, (name, content) in enumerate(files(seed)):
        if place >= number and (not seconds or time.monotonic() >= until):
            break
        path = folder / name
        path.write_bytes(content)
        try:
            result = both_ways(path)
            for report in result if isinstance(result, list) else ():
                check(report, content)
                if name == MOVED:
                    true(report)
        except Exception as error:
            error.add_note(f"file {seed + place} ({name}): PROMOFIX_FUZZ_SEED={seed + place}; {content!r}")
            raise
        found["refused" if isinstance(result, str) else "read"] += 1
        found["lines set aside"] += sum(len(report.quarantined) for report in result if not isinstance(report, str))
    return found


def test_damaged_reports_give_a_table_or_a_sentence(tmp_path: Path):
    """However a report is damaged, no line disappears; the fast and the slow way agree."""
    found = run(tmp_path, 0, number=FEW)
    assert found["read"] > FEW / 2
    assert found["refused"] > FEW / 50
    assert found["lines set aside"] > FEW / 4


@pytest.mark.long
def test_damaged_reports_for_an_hour(tmp_path: Path, seconds: float):
    """The same, a million times, or as long as the long tests have, in as many processes as the computer has."""
    seed = int(os.environ.get("PROMOFIX_FUZZ_SEED", "1000000"))
    number = int(os.environ.get("PROMOFIX_FUZZ_FILES", "0"))
    seconds = float(os.environ.get("PROMOFIX_FUZZ_SECONDS", "0" if number else seconds))
    processes = int(os.environ.get("PROMOFIX_FUZZ_PROCESSES", os.cpu_count() or 1))
    asked = [(seed + 10**8 * at, number // processes, seconds, tmp_path / str(at)) for at in range(processes)]
    jobs = [subprocess.Popen([sys.executable, __file__, *map(str, one)], stdout=subprocess.PIPE) for one in asked]
    said = [job.communicate()[0].decode() for job in jobs]
    print("\n" + "".join(said))  # noqa: T201 - how far it came
    assert [job.returncode for job in jobs] == [0] * processes


@pytest.mark.parametrize("name", ["all.txt", "all without ids.txt", "new.txt", "unshipped.txt"])
def test_an_accident_in_one_line_changes_no_other_line(tmp_path: Path, name: str):
    """What stands in line n is read from line n; a further promotion belongs to the item right above it, or to none."""
    lines = BASES[name](random.Random(7)).decode("utf-8", "replace").rstrip("\n").split("\n")
    before = table_of(tmp_path, lines)
    for number in range(ACCIDENTS_IN_ONE_LINE):
        chance = random.Random(number)
        at = chance.randrange(1, len(lines))
        parts = lines[at].split("\t")
        place = chance.randrange(len(parts))
        parts[place] = chance.choice(
            ("", "x", "0", "=1", "NULL", lines[chance.randrange(1, len(lines))].split("\t")[place])
        )
        after = table_of(tmp_path, [*lines[:at], "\t".join(parts), *lines[at + 1 :]])
        touched = {at + 1}
        if name == "new.txt":
            touched |= {at, at + 2}  # the item above, and the promotion below
        rest = [line for line in before.index if line not in touched]
        known = [line for line in rest if line in after.index]
        assert len(rest) - len(known) <= 1, "only a line that bears the other's item id is set aside"
        pd.testing.assert_frame_equal(before.loc[known], after.loc[known])


def table_of(folder: Path, lines: list[str]) -> pd.DataFrame:
    """What is read of these lines, by line."""
    path = folder / "report.txt"
    path.write_bytes("\n".join([*lines, ""]).encode())
    result = outcome(path)
    assert isinstance(result, list)
    return result[0].table.set_index("source_line").drop(columns=["source_file"])


if __name__ == "__main__":
    begin, most, limit, place = sys.argv[1:]
    Path(place).mkdir()
    print(dict(run(Path(place), int(begin), number=int(most), seconds=float(limit))))  # noqa: T201
