"""How long the assistant's workbook takes, beside pandas writing the same order table to Excel in the same run.

``python benchmarks/workbook.py [rows …]`` prints seconds, the ratio and peak memory; each run is a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = (300, 10_000, 50_000)


def night(count: int):
    """A night's orders: one item each, three marketplaces, some without an address, some buyers twice."""
    from promofix_lib.orders import order_table

    channels = (("Amazon.com", "USD"), ("Amazon.de", "EUR"), ("Amazon.co.jp", "JPY"))
    return order_table(
        {
            "order_id": f"111-{number:07d}-{number * 7919 % 10**7:07d}",
            "order_item_id": f"{10**13 + number}",
            "purchase_date": f"2026-03-01T{number % 24:02d}:{number % 60:02d}:00Z",
            "order_status": "Unshipped",
            "fulfillment_channel": "merchant",
            "sales_channel": channels[number % 3][0],
            "currency": channels[number % 3][1],
            "sku": f"HP-{number % 5}",
            "product_name": "Example Headphones, wireless, over-ear",
            "quantity": 1,
            "item_price": "120",
            "item_promotion_discount": "119",
            "buyer_name": f"Test Buyer {'ABCDEFGH'[number % 8]}",
            "buyer_email": None if number % 31 == 0 else f"a{number // 2}@example.com",
            "source_file": "orders.txt",
        }
        for number in range(count)
    )


def measure(writer: str, count: int) -> None:
    """Print seconds and peak memory of one writer; set-up is not counted."""
    import pandas as pd

    from promofix_lib.export.workbook import write_buyers_workbook
    from promofix_lib.letters.messages import Wording
    from promofix_lib.orders import as_text

    orders = night(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "buyers.xlsx"
        start = time.perf_counter(), time.process_time()
        if writer == "promofix":
            write_buyers_workbook(orders, pd.Series(True, index=orders.index), path, wording=Wording("Example Store"))
        else:
            as_text(orders).to_excel(path, index=False, engine="openpyxl")
        wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
        size = path.stat().st_size
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{wall:.3f} {cpu:.3f} {after / 1024:.0f} {(after - before) / 1024:.0f} {size / 1e6:.2f}")


def main() -> None:
    """Run every size in processes of their own and print a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("rows", nargs="*", type=int, default=ROWS)
    asked.add_argument("--one", choices=("promofix", "pandas"), help=argparse.SUPPRESS)
    wanted = asked.parse_args()
    if wanted.one:
        measure(wanted.one, wanted.rows[0])
        return
    print(f"{'rows':>7}  {'writer':<28} {'CPU s':>8} {'ratio':>6} {'peak MB':>8} {'of it':>6} {'file MB':>8}")
    for count in wanted.rows:
        base = 0.0
        for writer, name in (("pandas", "pandas.to_excel, 1 sheet"), ("promofix", "buyers.xlsx, 5 sheets")):
            command = [sys.executable, __file__, "--one", writer, str(count)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            cpu = float(told[1])
            base = base or cpu
            print(f"{count:>7,}  {name:<28} {cpu:>8.2f} {cpu / base:>6.1f} {told[2]:>8} {told[3]:>6} {told[4]:>8}")


if __name__ == "__main__":
    main()
