"""How long the assistant's workbook takes, beside plain openpyxl and plain XlsxWriter writing the same cells.

``python benchmarks/workbook.py [rows …]`` prints CPU seconds, the ratio to each and peak memory; each run is a process
of its own, after small ones that load what a process loads once. "The same cells" are those of all five sheets with
their links, without looks and drop-downs.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = (300, 10_000)
WRITERS = ("openpyxl", "xlsxwriter", "promofix")


def handed(count: int):
    """A night's orders: one item each, three marketplaces, some without an address, some buyers twice."""
    from tests.handed_case import handed_rows, row

    channels = (("Amazon.com", "USD"), ("Amazon.de", "EUR"), ("Amazon.co.jp", "JPY"))
    return handed_rows(
        [
            row(
                number,
                sales_channel=channels[number % 3][0],
                currency=channels[number % 3][1],
                sku=f"HP-{number % 5}",
                product_name="Example Headphones, wireless, over-ear",
                buyer_name=f"Test Buyer {'ABCDEFGH'[number % 8]}",
                buyer_email=None if number % 31 == 0 else f"a{number // 2}@example.com",
            )
            for number in range(1, count + 1)
        ]
    )


def cells_of(told) -> list[tuple[str, list[list[object]]]]:
    """The bare values of every sheet; a link is (text, address)."""
    from promofix_lib.export.sheets import pages_of

    def bare(cell):
        return (cell.text, cell.url) if hasattr(cell, "url") else getattr(cell, "text", cell)

    return [(page.name, [[bare(cell) for cell in values] for values, _ in page.rows]) for page in pages_of(told)]


def plain_openpyxl(sheets, path: Path) -> None:
    """The cells by openpyxl, as fast as it can."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    def linked(text, address):
        cell = WriteOnlyCell(sheet, text)
        cell.hyperlink = address
        return cell

    book = Workbook(write_only=True)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([linked(*cell) if isinstance(cell, tuple) else cell for cell in row])
    book.save(path)


def plain_xlsxwriter(sheets, path: Path) -> None:
    """The cells by XlsxWriter, as fast as it can."""
    from xlsxwriter import Workbook

    with Workbook(str(path)) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(number, column, cell)
                    elif isinstance(cell, tuple):
                        sheet.write_url(number, column, cell[1], None, cell[0])
                    elif cell is not None:
                        sheet.write_string(number, column, cell)


def measure(writer: str, count: int) -> None:
    """Print CPU seconds and peak memory of one writer; what a process does once is not counted."""
    from promofix_lib.export.sheets import write_buyers

    write = {"openpyxl": plain_openpyxl, "xlsxwriter": plain_xlsxwriter, "promofix": write_buyers}[writer]
    with tempfile.TemporaryDirectory() as folder:
        for rows in (1, 250, count):  # by openpyxl, by XlsxWriter
            told = handed(rows)
            given = told if writer == "promofix" else cells_of(told)
            path = Path(folder) / f"{rows}.xlsx"
            start = time.process_time()
            write(given, path)
            cpu = time.process_time() - start
        size = path.stat().st_size
    print(f"{cpu:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} {size / 1e6:.2f}")


def main() -> None:
    """Run every size in processes of their own and print a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("rows", nargs="*", type=int, default=ROWS)
    asked.add_argument("--one", choices=WRITERS, help=argparse.SUPPRESS)
    wanted = asked.parse_args()
    if wanted.one:
        measure(wanted.one, wanted.rows[0])
        return
    heads = ("rows", "writer", "CPU s", "to openpyxl", "to XlsxWriter", "peak MB", "file MB")
    print("".join(f"{head:>15}" for head in heads))
    for count in wanted.rows:
        cost = {}
        for writer in WRITERS:
            command = [sys.executable, __file__, "--one", writer, str(count)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            cost[writer] = float(told[0])
            ratios = [cost[writer] / cost[peer] if peer in cost else 0 for peer in WRITERS[:2]]
            cells = (f"{count:,}", writer, f"{cost[writer]:.2f}", *(f"{ratio:.2f}" for ratio in ratios), *told[1:])
            print("".join(f"{cell:>15}" for cell in cells))


if __name__ == "__main__":
    main()
