"""The evidence pack: complete, checkable, on one page, and without one buyer."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from promofix_lib.amounts import Money
from promofix_lib.case.case import Case
from promofix_lib.charts.incident import plot_prices
from promofix_lib.charts.of_case import incident_picture, night_of
from promofix_lib.charts.style import Picture, look
from promofix_lib.errors import ExportError
from promofix_lib.export.evidence import ORDER_COLUMNS, write_evidence
from promofix_lib.incident import Incident
from promofix_lib.letters.amazon import record_advice
from promofix_lib.status.status import status
from tests.handed_case import NIGHT, NOW, all_orders, buyer, line, make_case, new_orders, order_id, usual, victims

ODD = "P <1> & more"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The night of twelve wrong orders under a promotion with an odd name, in Chinese, with one piece of advice."""
    lines = [line_ | {"promotion-ids": ODD} for line_ in victims()]
    reports = {"All<b>.txt": all_orders([*usual(), *lines]), "NewOrders-1.txt": new_orders(victims())}
    made = make_case(tmp_path_factory.mktemp("evidence") / "case", reports=reports, language="zh-CN")
    return record_advice(made, given_on="2026-11-20", case_id="12345678901", text="Cancel <script>all</script>")


@pytest.fixture(scope="module")
def folder(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack, written once."""
    place = tmp_path_factory.mktemp("pack") / "evidence"
    written = write_evidence(case, place, NOW)
    assert sorted(written) == sorted(place.iterdir())
    return place


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words(folder: Path, name: str = "evidence.html") -> str:
    page = re.sub(r"(?s)<style>.*?</style>|<[^>]+>", " ", (folder / name).read_text(encoding="utf-8"))
    return " ".join(page.split())


def test_the_pack_holds_its_files(folder: Path):
    """A page in English, one in the seller's language, order ids, timeline, hashes, Amazon's advice, charts."""
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        "evidence.html", "evidence-zh-CN.html", "order-ids.csv", "timeline.csv", "reports-sha256.txt",
        "amazon-advice.csv", "incident-hours.png", "unit-prices.png",
    }  # fmt: skip
    [advice] = read(folder / "amazon-advice.csv")
    assert advice == {"given_on": "2026-11-20", "case_id": "12345678901", "text": "Cancel <script>all</script>"}


def test_no_buyer_is_in_any_file(folder: Path):
    """Neither names nor addresses nor cities."""
    people = [word for number in range(1, 13) for word in buyer(number).values()]
    for path in folder.iterdir():
        content = path.read_bytes().decode("utf-8", "replace")
        assert not any(word in content for word in (*people, "marketplace.amazon.example", "Exampleville")), path


def test_the_order_list_is_exactly_the_affected_items(case: Case, folder: Path):
    """Ids, amounts, triage and state, as status knows them; the sums are the ledger's."""
    rows = read(folder / "order-ids.csv")
    assert tuple(rows[0]) == ORDER_COLUMNS
    stands = status(case)
    assert {row["order_id"] for row in rows} == set(stands.order_ids)
    first = next(row for row in rows if row["order_id"] == order_id(1))
    expected = {"paid": "1.00", "unit_price": "1.00", "normal_unit_price": "58.99", "incident": "1", "triage": "cancel"}
    assert expected.items() <= first.items()
    assert {row["order_id"]: row["state"] for row in rows} == {row.order_id: row.state for row in stands.rows}


def test_every_figure_of_the_page_is_that_of_status(case: Case, folder: Path):
    """Orders, units and money, in both languages."""
    (sums,) = status(case).amounts
    for name, language in (("evidence.html", "en"), ("evidence-zh-CN.html", "zh-CN")):
        text = words(folder, name)
        for amount in (sums.paid, sums.loss, sums.normal_value):
            assert Money(amount, sums.currency).text(language) in text
        assert str(status(case).orders) in text
    assert "2026-11-19 21:10" in words(folder)
    assert "case 12345678901" in words(folder)
    assert "亚马逊的建议" in words(folder, "evidence-zh-CN.html")


def test_the_page_tells_one_night_without_numbers(folder: Path):
    """From the first order to the last in hours and minutes; a single incident has no number."""
    text = words(folder)
    assert "1 h 50 min first to last order 12.00 USD paid" in text
    assert "File Report Order items SHA-256 All" in text
    assert not re.search(r"[Ii]ncident \d|more, in order-ids", text)


def test_the_bars_are_as_long_as_their_numbers(folder: Path):
    """Nine orders fill the line, one a ninth of it."""
    page = (folder / "evidence.html").read_text(encoding="utf-8")
    assert re.findall(r'class="n">(\d+)</td>\s*<td class="bar"><i style="width:(\d+)%', page) == [
        ("9", "100"),
        *[("1", "11")] * 3,
    ]


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """The pack of the usual night and of so many orders, each of a SKU of its own, put in by hand."""

    def pack(count: int) -> Path:
        place = tmp_path_factory.mktemp("by-hand")
        case = make_case(place / "case")
        more = [line(70 + n, NIGHT + timedelta(minutes=5 * n), sku=f"ODD-{n}") for n in range(count)]
        case.add_report("AllOrders-2.txt", all_orders(more))
        mine = tuple(order_id(70 + n) for n in range(count))
        case.decide("add", [key for key in case.keys if key.startswith(mine)], "a test")
        write_evidence(case, place / "evidence", NOW, pictures=())
        return place / "evidence"

    return pack


def test_what_was_put_in_by_hand_is_no_incident(by_hand: Callable[[int], Path]):
    """The timeline and the page say so; nobody reads of an incident 0, or of the first of one."""
    folder = by_hand(2)
    assert [row["what"] for row in read(folder / "timeline.csv")] == [
        "first order that was put in by hand",
        "last order that was put in by hand",
        "first affected order",
        "last affected order",
        "the seller says: the promotion has ended",
    ]
    assert not re.search(r"[Ii]ncident \d", words(folder))


def test_the_page_is_finished_and_asks_nobody_to_fill_in(by_hand: Callable[[int], Path]):
    """What a letter asks the seller for is *not known* on the page; from the ninth SKU on they are counted."""
    text = words(by_hand(8))
    assert "ODD-7 (ASIN B0EXAMPLE1): paid 58.99 USD per unit, usual price not known, 1 unit" in text
    assert "FILL IN" not in text
    assert "more, in order-ids.csv" not in text
    assert "and 1 more, in order-ids.csv" in words(by_hand(9))


def test_the_page_names_when_it_was_made_and_by_whom(folder: Path):
    """With the zone, for Amazon reads it elsewhere; advice with its case."""
    text = words(folder)
    assert "Lumen Audio · made 2026-11-20 08:00 (America/Los Angeles)" in text
    assert "2026-11-20 case 12345678901" in text


def test_a_price_is_drawn_where_the_ledger_knows_what_was_paid(tmp_path: Path):
    """A pending order whose discount is not printed yet is no order at the full price."""
    unprinted = {"order-status": "Pending", "item-status": "", "item-promotion-discount": ""}
    sent = {"order-status": "Shipped", "item-status": "Shipped"}
    lines = [*usual(), *victims(v1=sent, v2=sent, v3=sent, v11=unprinted)]
    night = night_of(make_case(tmp_path / "case", reports={"A.txt": all_orders(lines)}))
    with look():
        ax = plot_prices(night, Figure().subplots())
    assert ax.get_title(loc="left") == "Affected orders paid 1.00 USD a unit"


def test_the_picture_names_what_brought_about_each_incident(tmp_path: Path):
    """A promotion and a wrong price: both stand in its title, not only what has a promotion."""
    usual_price = make_case(tmp_path / "case", reports={"A.txt": all_orders([*usual(), *victims()])})
    promotion = usual_price.incidents[0].rule.cause
    two = usual_price.take(
        Incident(skus=tuple(usual_price.orders["sku"].dropna().unique()), max_unit_price=Decimal(99))
    )
    assert f"· {promotion} · {two.incidents[-1].rule.cause}" in incident_picture(two).words


def test_a_sku_can_not_become_a_formula(tmp_path: Path):
    """A cell that begins like a formula is written as text, on one line."""
    case = make_case(tmp_path / "case")
    odd = line(77, NOW, sku="=cmd|' /C calc'!A0\x07")
    case.add_report("AllOrders-2.txt", all_orders([odd]))
    case.decide("add", [key for key in case.keys if key.startswith(order_id(77))], "a test")
    write_evidence(case, tmp_path / "evidence", NOW, pictures=())
    [row] = [row for row in read(tmp_path / "evidence" / "order-ids.csv") if row["order_id"] == order_id(77)]
    assert row["sku"].startswith("'=cmd")
    assert "\x07" not in row["sku"]


def test_the_hashes_can_be_checked_with_sha256sum(case: Case, folder: Path):
    """Digest, two blanks, file name."""
    lines = (folder / "reports-sha256.txt").read_text(encoding="utf-8").splitlines()
    expected = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in case.reports}
    assert {name: digest for digest, name in (entry.split("  ", 1) for entry in lines)} == expected


def test_the_timeline_is_in_order_and_names_its_zone(folder: Path):
    """First order, last order, end of the promotion; UTC and the marketplace's own clock."""
    rows = read(folder / "timeline.csv")
    assert [(row["time_utc"], row["what"]) for row in rows] == [
        ("2026-11-20T05:10:00Z", "first affected order"),
        ("2026-11-20T07:00:00Z", "last affected order"),
        ("2026-11-20T07:30:00Z", "the seller says: the promotion has ended"),
    ]
    assert rows[0]["time"] == "2026-11-19 21:10 (America/Los Angeles)"


def test_the_timeline_numbers_two_incidents(tmp_path: Path):
    """From the second on each is called by its number."""
    night = make_case(tmp_path / "case", reports={"A.txt": all_orders([*usual(), *victims()])})
    case = night.take(Incident(skus=tuple(night.orders["sku"].dropna().unique()), max_unit_price=Decimal(99)))
    write_evidence(case, tmp_path / "evidence", NOW, pictures=())
    found = sorted(row["what"] for row in read(tmp_path / "evidence" / "timeline.csv") if "affected" in row["what"])
    assert found == [f"{edge} affected order of incident {number}" for edge in ("first", "last") for number in (1, 2)]


class Tags(HTMLParser):
    """Collects tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more tag."""
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", ["evidence.html", "evidence-zh-CN.html"])
def test_the_page_asks_nothing_of_the_network(folder: Path, name: str):
    """No script, no link, no address outside: pictures are inside, and a policy forbids the rest."""
    page = (folder / name).read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "iframe", "object", "a", "form", "b>", "base"}
    sources = [facts.get("src") or "" for tag, facts in tags.seen if tag == "img"]
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"https?:|url\(|@import", page)
    assert "default-src 'none'" in page


@pytest.mark.parametrize("name", ["evidence.html", "evidence-zh-CN.html"])
def test_nothing_from_a_report_becomes_a_tag(case: Case, folder: Path, name: str):
    """Promotion names, file names and advice are escaped."""
    page = (folder / name).read_text(encoding="utf-8")
    assert "P &lt;1&gt; &amp; more" in page
    assert any("<" in path.name for path in case.reports) == ("All&lt;b&gt;.txt" in page)
    assert "&lt;script&gt;" in page


def test_the_same_case_gives_the_same_page(case: Case, tmp_path: Path):
    """No clock, no random number."""
    for name in ("first", "again"):
        write_evidence(case, tmp_path / name, NOW, pictures=())
    for name in ("evidence.html", "evidence-zh-CN.html", "order-ids.csv", "timeline.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


def test_a_draft_says_on_the_page_that_the_gate_is_closed(tmp_path: Path):
    """Nobody takes it for a finished matter."""
    case = make_case(tmp_path / "case", promotion_ended=False)
    write_evidence(case, tmp_path / "evidence", NOW, pictures=())
    assert str(status(case).gate.why) in words(tmp_path / "evidence")
    assert "promotion ended" not in (tmp_path / "evidence" / "timeline.csv").read_text(encoding="utf-8")


def test_an_earlier_pack_is_never_replaced(case: Case, folder: Path):
    """The folder must be new."""
    with pytest.raises(ExportError, match=r"never replaced|不会被替换"):
        write_evidence(case, folder, NOW, pictures=(Picture("night", "a night"),))


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_the_page_prints_on_one_sheet(folder: Path, tmp_path: Path):
    """Chromium prints it as a PDF of exactly one page."""
    pdf = tmp_path / "page.pdf"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={pdf}"]
    subprocess.run([*command, (folder / "evidence.html").as_uri()], check=True, capture_output=True, timeout=60)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1
