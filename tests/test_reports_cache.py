"""The cache of reports: mapped, checked, and the same table again whatever its columns hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from promofix_lib.orders import order_table
from promofix_lib.reports.cache import Shelf
from promofix_lib.reports.report import Report, as_arrow, as_frame

ROWS = 1_000


def report(path: Path, table: pd.DataFrame) -> Report:
    """A report that holds that table."""
    return Report(path, path.name, "All Orders", "utf-8", "0" * 64, 1, 1, 0, 0, 0, (), (), (), (), as_arrow(table))


def twice(folder: Path, table: pd.DataFrame) -> tuple[Report, Report]:
    """The report as it was read, and as the cache gives it back."""
    path = folder / "a.txt"
    path.write_bytes(b"x")
    first = report(path, table)
    Shelf(folder / "cache").reports(path, lambda: (first,))
    (again,) = Shelf(folder / "cache").reports(path, lambda: pytest.fail("it was read again"))
    return first, again


COLUMNS = {
    "nothing": pa.nulls(ROWS, pa.string()),
    "no lists": pa.nulls(ROWS, pa.list_(pa.string())),
    "one text": pa.repeat(pa.scalar("USD"), ROWS),
    "one amount": pa.repeat(pa.scalar(Decimal("4.99"), pa.decimal128(18, 4)), ROWS),
    "one value or none": pa.array([None, *["USD"] * (ROWS - 1)]),
    "the ends are equal": pa.array(["A", *["B"] * (ROWS - 2), "A"]),
    "one list": pa.array([["P", "Q"]] * ROWS),
    "one moment": pa.repeat(pa.scalar(0, pa.timestamp("us", tz="UTC")), ROWS),
}


@pytest.mark.parametrize("cells", COLUMNS.values(), ids=list(COLUMNS))
def test_every_kind_of_column_comes_back(tmp_path, cells):
    """Also one that holds nothing, one value throughout, or what another column holds."""
    number = pa.array([str(row) for row in range(ROWS)])
    table = as_frame(pa.table({"number": number, "cells": cells, "again": number, "cells again": cells}))
    first, again = twice(tmp_path, table)
    pd.testing.assert_frame_equal(first.table, again.table)
    assert replace(first, arrow=again.arrow) == again


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_small_order_tables_come_back(tmp_path, rows):
    """An empty table keeps its columns and their types."""
    first, again = twice(tmp_path, order_table([{"order_id": str(row)} for row in range(rows)]))
    pd.testing.assert_frame_equal(first.table, again.table)


def test_any_changed_byte_is_noticed(tmp_path):
    """Wherever the file is damaged, cut or longer than it was, the report is read again."""
    first, _ = twice(tmp_path, order_table([{"order_id": "A"}, {"order_id": "B"}]))
    (kept,) = (tmp_path / "cache").glob("*.arrow")
    whole = kept.read_bytes()
    damaged = [whole[:-1], whole + b"\0", whole[:-8], whole + bytes(8)]
    damaged += [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(0, len(whole), 97)]
    for content in damaged:
        kept.write_bytes(content)
        read = []
        Shelf(tmp_path / "cache").reports(first.path, lambda seen=read: seen.append(1) or (first,))
        assert read


def test_a_file_that_changed_is_read_again(tmp_path):
    """Its size or its time says so; nobody needs to empty the cache."""
    first, _ = twice(tmp_path, order_table([{"order_id": "A"}]))
    first.path.write_bytes(b"other")
    other = replace(first, sha256="1" * 64)
    assert Shelf(tmp_path / "cache").reports(first.path, lambda: (other,))[0].sha256 == "1" * 64
