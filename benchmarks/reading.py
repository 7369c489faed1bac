"""How much reading a large report costs, against the plain readers that check nothing.

Run ``python benchmarks/reading.py [rows]`` (a million by default: 360 MB in a temporary folder). Each reader runs in
its own process on the same file; CPU seconds (of the program and of the system for it, over all its threads) are
counted after its start-up (imports), peak memory includes it.

What the aims of reading are measured against is run by turns, five times each, and the least CPU seconds of each are
compared: other programs on the machine only ever add. Wall seconds say little: pyarrow reads on all processors.

``--ratios [ROWS]`` measures these three alone, ``--only NAME ROWS`` one reader alone, for sizes that the others cannot
hold.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

HEADER = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel "
    "order-channel ship-service-level product-name sku asin item-status quantity currency item-price item-tax "
    "shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount "
    "ship-city ship-state ship-postal-code ship-country promotion-ids cpf is-business-order purchase-order-number "
    "price-designation signature-confirmation-recommended order-item-id"
).split()
NAMES = (
    'Over-Ear Headphones 40 mm, Noise Cancelling, 30 h Battery, Foldable, Matte Black (2026 Edition) with 12" Cable',
    "Café Crème Set, 6 pièces, porcelaine blanche, lave-vaisselle et micro-ondes",
    '"Deluxe" Throw Pillow Insert 18" x 18", Hypoallergenic, Pack of 4, Standard White, Machine Washable, Made of Down',
)
MONEY = (
    "item-price item-tax shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount "
    "ship-promotion-discount"
).split()


def write_report(path: Path, rows: int, seed: int = 1) -> None:
    """An All Orders report of `rows` invented lines in the generation of 2026."""
    chance = random.Random(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(HEADER) + "\r\n")
        for number in range(rows):
            file.write("\t".join(_cells(chance, number, start)) + "\r\n")


WRONG = range(20_000, 20_300)  # orders of the night on which a promotion went wrong
SMALL = 50  # rows of a small report


def _cells(chance: random.Random, number: int, start: datetime) -> list[str]:
    order = f"{chance.randint(111, 114)}-{number:07d}-{chance.randint(0, 9999999):07d}"
    bought = start + timedelta(seconds=number * 3)
    updated = bought + timedelta(seconds=chance.randint(60, 200_000))
    quantity = chance.choice((1, 1, 1, 1, 2, 4))
    sku = chance.randint(1, 900)
    cents = (5899, 2999, 749)[sku % 3] * quantity
    status = chance.choice(("Shipped", "Shipped", "Shipped", "Unshipped", "Pending", "Cancelled"))
    promotion = f"Percentage Off 2026/09/15 14-1-31-{chance.randint(0, 500)}" if chance.random() < 0.2 else ""
    discount = f"{cents // 10 / 100:.2f}" if promotion else ""
    if number in WRONG:
        promotion, discount, status = "Percentage Off 2026/01/01 16-30-1-300", f"{cents / 100 - 1:.2f}", "Unshipped"
    return [
        *(order, order, f"{bought:%Y-%m-%dT%H:%M:%S}+00:00", f"{updated:%Y-%m-%dT%H:%M:%S}+00:00", status),
        *(chance.choice(("Amazon", "Merchant")), "Amazon.com", "", "Expedited", chance.choice(NAMES)),
        *(
            f"HP-{sku:04d}-BLK",
            f"B0{chance.randint(10**7, 10**8 - 1)}",
            status,
            str(quantity),
            "USD",
        ),
        *(f"{cents / 100:.2f}", f"{cents * 0.08 / 100:.2f}", "4.99", "0.40", "", "", discount, ""),
        *("SPRINGFIELD", "IL", f"{chance.randint(501, 99950):05d}", "US", promotion),
        *("", "false", "", "", "false"),
        f"{chance.randint(10**12, 10**14 - 1):014d}",
    ]


def write_large(path: Path, rows: int) -> None:
    """The same hundred thousand lines again and again, with ids and times of their own and names without quotes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    few = min(rows, 100_000)
    write_report(path, few)
    tabs, texts = csv.ParseOptions(delimiter="\t", quote_char=False), dict.fromkeys(HEADER, pa.string())
    first = csv.read_csv(path, parse_options=tabs, convert_options=csv.ConvertOptions(column_types=texts))
    first = first.set_column(9, "product-name", pc.replace_substring(first["product-name"], '"', ""))
    how = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    with path.open("wb") as file:
        file.write("\t".join(HEADER).encode() + b"\n")
        for begin in range(0, rows, few):
            number = np.arange(begin, begin + few)
            bought = pc.strftime(
                pa.array(number * 3 + 1_767_225_600).cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%S+00:00"
            )
            middle = pc.utf8_lpad(pa.array(number).cast(pa.string()), 7, "0")
            order = pc.binary_join_element_wise("111", middle, "0000001", "-")
            item = pa.array(number * 7_919 + 10**13).cast(pa.string())
            made = {"amazon-order-id": order, "purchase-date": bought, "order-item-id": item}
            if begin == few:  # the wrong night comes once
                first = first.take(pa.array(np.where(np.isin(np.arange(few), WRONG), 0, np.arange(few))))
            csv.write_csv(pa.table({name: made.get(name, first[name]) for name in HEADER}), file, how)


def read_promofix(path: Path) -> int:
    """Promofix: typed, checked, as an order table."""
    from promofix_lib.reports.merging import read_orders

    return len(read_orders([path]).orders)


def read_promofix_repeated(path: Path) -> int:
    """Promofix, where one line of the file stands in it twice."""
    from promofix_lib.reports.merging import read_orders

    return len(read_orders([repeated(path)]).orders)


def repeated(path: Path) -> Path:
    """A copy of the report with one of its lines once more at its end."""
    copy = path.with_name("repeated.txt")
    if not copy.exists():
        content = path.read_bytes()
        middle = content.index(b"\n", len(content) // 2) + 1
        copy.write_bytes(content + content[middle : content.index(b"\n", middle) + 1])
    return copy


def read_promofix_again(path: Path) -> int:
    """Promofix from its cache."""
    from promofix_lib.reports.merging import read_orders

    return len(read_orders([path], cache=path.parent / "cache").orders)


def read_narrow(path: Path) -> int:
    """Promofix, only what a search asks for."""
    from promofix_lib.finding.search import ASKED
    from promofix_lib.reports.merging import read_orders

    return len(read_orders([path], columns=ASKED).orders)


def command(*arguments: object) -> int:
    """A command of promofix, its words thrown away."""
    from promofix_lib.app.cli import run

    with redirect_stdout(StringIO()):
        return run([str(one) for one in arguments])


def run_small(path: Path, files: int) -> int:
    """The whole job over many small reports."""
    folder = path.with_name("small")
    if not folder.exists():
        folder.mkdir()
        with path.open("rb") as file:
            header = file.readline()
            for number in range(2_000):
                (folder / f"{number:04d}.txt").write_bytes(header + b"".join(islice(file, SMALL)))
    return command("run", *sorted(folder.iterdir())[:files], "--out", path.with_name(f"run of {files}"))


def open_case(path: Path) -> int:
    """The orders of a case with that report; the first time it is read, then it is on the shelf."""
    from promofix_lib.case.case import Case

    folder = path.with_name("case")
    first = not folder.exists()
    case = Case.open(folder)
    if first:
        case.add_reports([path])
    return len(case.orders)


def read_xml(path: Path) -> int:
    """Promofix, a tenth of the rows as an XML All Orders report."""
    from promofix_lib.reports.merging import read_orders

    return len(read_orders([as_xml(path)]).orders)


def read_etree(path: Path) -> int:
    """Python's own XML reader on the same file, element by element, nothing kept."""
    from xml.etree import ElementTree

    items = 0
    for _, element in ElementTree.iterparse(as_xml(path)):
        items += element.tag == "OrderItem"
        if element.tag == "Message":
            element.clear()
    return items


def as_xml(path: Path) -> Path:
    """A tenth of the report's rows as XML."""
    copy = path.with_name("orders.xml")
    if not copy.exists():
        with path.open(encoding="utf-8") as file, copy.open("w", encoding="utf-8") as xml:
            xml.write("<AmazonEnvelope><MessageType>AllOrdersReport</MessageType>\n")
            for number, line in enumerate(file):
                if number % 10 == 1:
                    xml.write(_message(dict(zip(HEADER, line.rstrip("\r\n").split("\t"), strict=True))))
            xml.write("</AmazonEnvelope>\n")
    return copy


def _message(row: dict[str, str]) -> str:
    return (
        f"<Message><Order><AmazonOrderID>{row['amazon-order-id']}</AmazonOrderID>"
        f"<PurchaseDate>{row['purchase-date']}</PurchaseDate><LastUpdatedDate>{row['last-updated-date']}"
        f"</LastUpdatedDate><OrderStatus>{row['order-status']}</OrderStatus><SalesChannel>Amazon.com</SalesChannel>\n"
        f"<FulfillmentData><FulfillmentChannel>{row['fulfillment-channel']}</FulfillmentChannel></FulfillmentData>\n"
        f"<OrderItem><AmazonOrderItemCode>{row['order-item-id']}</AmazonOrderItemCode><SKU>{row['sku']}</SKU>"
        f"<ProductName>{escape(row['product-name'])}</ProductName><Quantity>{row['quantity']}</Quantity>\n"
        f"<ItemPrice><Component><Type>Principal</Type><Amount currency='USD'>{row['item-price']}</Amount></Component>"
        "</ItemPrice></OrderItem></Order></Message>\n"
    )


def read_pandas(path: Path) -> int:
    """pandas, everything text."""
    import pandas as pd

    return len(pd.read_csv(path, sep="\t", dtype=str))


def read_pyarrow(path: Path) -> int:
    """pyarrow.csv, typed, to pandas."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv

    types: dict[str, Any] = dict.fromkeys(HEADER, pa.string())
    types |= {"purchase-date": pa.timestamp("us", "UTC"), "last-updated-date": pa.timestamp("us", "UTC")}
    types |= {"quantity": pa.int64(), "is-business-order": pa.bool_()} | dict.fromkeys(MONEY, pa.decimal128(18, 4))
    options = csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    tabs = csv.ParseOptions(delimiter="\t", quote_char=False)
    table = csv.read_csv(path, parse_options=tabs, convert_options=options)
    return len(table.to_pandas(types_mapper=pd.ArrowDtype))


TOOLS = "import promofix_lib.app.cli, promofix_lib.case.case, promofix_lib.finding.search, promofix_lib.app.job"
READERS: dict[str, tuple[Callable[[Path], int], str]] = {
    "promofix": (read_promofix, "import promofix_lib.reports.merging"),
    "promofix, a line twice": (read_promofix_repeated, "import promofix_lib.reports.merging"),
    "promofix, cached": (read_promofix_again, "import promofix_lib.reports.merging"),
    "promofix, narrow": (read_narrow, "import promofix_lib.reports.merging, promofix_lib.finding.search"),
    "promofix find": (lambda path: command("find", path), TOOLS),
    "promofix run": (lambda path: command("run", path, "--out", path.with_name("run")), TOOLS),
    "a case, first opening": (open_case, TOOLS),
    "a case, opened again": (open_case, TOOLS),
    "run, 500 small reports": (lambda path: run_small(path, 500), TOOLS),
    "run, 2,000 small reports": (lambda path: run_small(path, 2_000), TOOLS),
    "promofix, XML, a tenth": (read_xml, "import promofix_lib.reports.merging"),
    "ElementTree, the same": (read_etree, "import xml.etree.ElementTree"),
    "pandas, dtype=str": (read_pandas, "import pandas"),
    "pyarrow.csv, typed": (read_pyarrow, "import pyarrow.csv, pandas"),
}


COMPARED = ("promofix", "pyarrow.csv, typed", "pandas, dtype=str")
TURNS = 5


def measure(name: str, path: Path) -> dict[str, float]:
    """CPU seconds less start-up, wall seconds and peak memory in MB of one reader in a process of its own."""
    command = [sys.executable, __file__, "--one", name, str(path)]
    here = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=here)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def by_turns(path: Path) -> dict[str, list[dict[str, float]]]:
    """Every reader that is compared, A B C A B C …: what slows the machine down for a while slows each of them."""
    turns = [{name: measure(name, path) for name in COMPARED} for _ in range(TURNS)]
    return {name: [turn[name] for turn in turns] for name in COMPARED}


def least(runs: list[dict[str, float]]) -> dict[str, float]:
    """The least seconds of several runs, and the most memory."""
    return {name: (max if name == "peak" else min)(run[name] for run in runs) for name in runs[0]}


def run_one(name: str, path: Path) -> None:
    """What the measuring process does."""
    read, imports = READERS[name]
    exec(imports)
    start, cpu, wall = _peak(), time.process_time(), time.perf_counter()
    rows = read(path)
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({**spent, "peak": _peak(), "start": start, "rows": rows}))


def _peak() -> float:
    """Most memory of this process, MB; `ru_maxrss` would count what the process that began it had."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s*(\d+)", status.read_text())[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Write the report, measure every reader, print a table with the ratios that matter."""
    only = sys.argv[2] if sys.argv[1:2] == ["--only"] else ""
    rows = int(sys.argv[-1]) if sys.argv[-1].isdecimal() else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all-orders.txt"
        (write_large if only else write_report)(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB, {os.cpu_count()} processors", flush=True)
        if only:
            one = measure(only, path)
            print(f"{only}: {one['cpu']:.0f} s of CPU, {one['wall']:.0f} s, {one['peak']:.0f} MB at most")
            return
        turns = by_turns(path)
        found = {name: least(runs) for name, runs in turns.items()}
        if sys.argv[1:2] != ["--ratios"]:
            measure("promofix, cached", path)  # fills the cache
            found = {name: found.get(name) or measure(name, path) for name in READERS}
    print_table(found)
    print_ratios(turns)
    if len(found) > len(COMPARED):
        print_aims(found, rows)


def print_ratios(turns: dict[str, list[dict[str, float]]]) -> None:
    """What reading costs against the others, and how far that swings from turn to turn."""
    for other, aim in (("pyarrow.csv, typed", 2.0), ("pandas, dtype=str", 0.5)):
        ratio = least(turns["promofix"])["cpu"] / least(turns[other])["cpu"]
        each = sorted(one["cpu"] / base["cpu"] for one, base in zip(turns["promofix"], turns[other], strict=True))
        print_aim(f"reading / {other}, CPU", ratio, aim, f"   turn by turn {each[0]:.2f} to {each[-1]:.2f}")
    memory = least(turns["promofix"])["peak"] / least(turns["pyarrow.csv, typed"])["peak"]
    print_aim("reading / pyarrow.csv, typed, peak", memory, 1.5)


def print_aims(found: dict[str, dict[str, float]], rows: int) -> None:
    """What else was asked for, and what came of it."""
    whole, find, again = found["promofix"], found["promofix find"], found["a case, opened again"]
    small = found["run, 2,000 small reports"]["cpu"] / found["run, 500 small reports"]["cpu"]
    aims = {
        "a line twice / reading, peak": (found["promofix, a line twice"]["peak"] / whole["peak"], 1.05),
        "find, kB a row at peak, less imports": ((find["peak"] - find["start"]) * 1024 / rows, 0.5),
        "second opening / first, CPU": (again["cpu"] / found["a case, first opening"]["cpu"], 0.1),
        "second opening / first, wall": (again["wall"] / found["a case, first opening"]["wall"], 0.1),
        "run / find, CPU": (found["promofix run"]["cpu"] / find["cpu"], 2.5),
        "run, 2,000 small reports / 500, CPU": (small, 4.4),
    }
    for what, (ratio, aim) in aims.items():
        print_aim(what, ratio, aim)


def print_aim(what: str, ratio: float, aim: float, more: str = "") -> None:
    """One line."""
    print(f"{what:38} {ratio:6.2f}   aim {aim}{more}")


def print_table(found: dict[str, dict[str, float]]) -> None:
    """One line per reader, with its ratios to pandas and to pyarrow."""
    base, text = found["pyarrow.csv, typed"], found["pandas, dtype=str"]
    print("reader                    CPU s  wall s  peak MB   CPU/pandas  CPU/pyarrow   MB/pyarrow")
    for name, one in found.items():
        ratios = (one["cpu"] / text["cpu"], one["cpu"] / base["cpu"], one["peak"] / base["peak"])
        print(
            f"{name:25} {one['cpu']:7.2f} {one['wall']:7.2f} {one['peak']:8.0f} "
            + "".join(f"{r:13.2f}" for r in ratios)
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
