"""Several reports, one truth: overlapping downloads and different kinds become one row per order item."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.amounts import Money
from promofix_lib.errors import ReportError
from promofix_lib.orders import coded, order_table
from promofix_lib.reports.cache import Shelf
from promofix_lib.reports.kinds import ITEMS, PAYMENTS, PROMOTIONS, SHIPMENTS, UNITS, kind_named, look_again
from promofix_lib.reports.order_rows import as_arrow, as_orders
from promofix_lib.reports.picking import PARTIAL, Numbers, Picking, codes, same_items
from promofix_lib.reports.reading import read_report, with_passed
from promofix_lib.reports.report import Reading, Report, shown_name
from promofix_lib.reports.side_reports import money_check, placed_promotions, shipped_items, units_sold
from promofix_lib.say import Told, told

_MMAP_THRESHOLD, _LARGE = -3, 1 << 18  # from 256 kB on a piece of memory is the system's, not the heap's
_COMPARED = ("item_price", "currency", "quantity", "purchase_date", "sku")
_SHOWN = 10
_LOCK_FILE = "~$"  # what Excel and LibreOffice lay beside a workbook that is open
_OF_THE_ORDER = ("buyer_name", "buyer_email", "ship_country", "sales_channel", "order_status", "is_business_order")


def read_orders(
    paths: Sequence[Path],
    *,
    columns: Iterable[str] | None = None,
    cache: Path | None = None,
    progress: bool = False,
) -> Reading:
    """Read reports of any kinds and merge them into one order table.

    Parameters
    ----------
    paths : sequence of Path
        Reports, in the order they were downloaded: where no report says which knowledge is newer, the later one wins.
    columns : iterable of str, optional
        Columns of the order table that are asked for. What decides about an item is read all the same; the others are
        missing, and cost no memory, and the table is `coded`. All by default.
    cache : Path, optional
        Folder in which what was read is kept, so that it opens at once the next time; for whole readings only.
    progress : bool
        Show a progress bar when it takes longer than a second.

    Raises
    ------
    ReportError
        A file that is not there, or none that is a report. Files beside good ones that hold no report are told of in
        the warnings, and the reading is not whole; but with `cache` all must be reports.
    """
    paths = [Path(path) for path in paths]
    locks = [path for path in paths if path.name.startswith(_LOCK_FILE)]
    named = [path for path in paths if not path.name.startswith(_LOCK_FILE)]
    if not named:
        raise ReportError("reports.lock_file_alone" if paths else "reports.none_given")
    look_again()
    asked = None if columns is None else frozenset(columns)

    def read(path: Path) -> tuple[Report, ...]:
        return read_report(path, progress=progress, columns=asked)

    if cache is None or asked is not None or not all(path.is_file() for path in named):
        reading = merged(_good_ones(named, read))
    else:
        shelf = Shelf(cache)
        once = read if len(named) == 1 else lambda path: shelf.reports(path, lambda: read(path))
        reading = shelf.reading(named, lambda: merged([report for path in named for report in once(path)]))
        shelf.tidy()
    if asked is not None:
        reading = replace(reading, orders=coded(reading.orders))
    pa.default_memory_pool().release_unused()  # of what was put together, or is mapped now
    passed = [told("reports.lock_file", file=shown_name(path.name)) for path in locks]
    return replace(reading, warnings=(*passed, *reading.warnings)) if passed else reading


def thrifty() -> None:
    """From now on this process gives freed memory back at once: Arrow and glibc keep a quarter for what may come."""
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(AttributeError, OSError, TypeError):  # no glibc, no such habit
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def _good_ones(paths: Sequence[Path], read: Callable[[Path], tuple[Report, ...]]) -> tuple[Report, ...]:
    """The reports of all files; one that is there and holds none is told of, and the others are read all the same."""
    reports: list[Report] = []
    refused: list[ReportError] = []
    for path in paths:
        try:
            reports += read(path)
        except ReportError as error:
            if error.key == "reports.cannot_be_opened":
                raise
            refused.append(error)
    return with_passed(reports, refused)


def merged(reports: Sequence[Report]) -> Reading:
    """Reports already read, as one order table.

    Parameters
    ----------
    reports : sequence of Report
        In the order they were downloaded.
    """
    different, twice = _each_once(reports)
    warnings = [warning for report in reports for warning in report.warnings] + twice
    accounts = _lacking_together(reports)
    if len(different) == 1 and kind_named(different[0].kind).role == ITEMS:
        return Reading(different[0].table, accounts, tuple(warnings))
    rows, lost = _rows(different)
    warnings += lost
    if rows.num_rows == 0:
        return Reading(order_table(), accounts, tuple(warnings))
    table, found = _one_row_per_item(rows)
    orders = as_orders(table)
    found += money_check(orders, [report for report in different if kind_named(report.kind).role == PAYMENTS])
    return Reading(orders, accounts, (*warnings, *found))


def _each_once(reports: Sequence[Report]) -> tuple[list[Report], list[Told]]:
    first: dict[tuple[str, str], Report] = {}
    warnings = []
    for report in reports:
        sheet = report.name.rpartition(": ")[2] if report.encoding == "xlsx" else ""
        same = first.setdefault((report.sha256, sheet if sheet != report.name else ""), report)
        if same is not report:
            warnings.append(told("reports.same_file", file=report.name, other=same.name))
    return list(first.values()), warnings


def _lacking_together(reports: Sequence[Report]) -> tuple[Report, ...]:
    """The reports' accounts, without the lacks that another report makes up for; payments make up for nothing."""
    of_orders = [report for report in reports if kind_named(report.kind).role != PAYMENTS]
    lacked = {lack.key for report in reports for lack in report.lacks}
    brought = {key for key in lacked if any(key not in {lack.key for lack in report.lacks} for report in of_orders)}
    return tuple(report.without_lacks(brought).without_rows() for report in reports)


def _rows(reports: Sequence[Report]) -> tuple[pa.Table, list[Told]]:
    """Rows of all reports, one per order item and report, in the order given."""
    tables: list[pa.Table] = []
    by_role = {
        role: [report.table for report in reports if kind_named(report.kind).role == role]
        for role in (SHIPMENTS, PROMOTIONS)
    }
    for report in reports:
        role = kind_named(report.kind).role
        if role in (PAYMENTS, SHIPMENTS, PROMOTIONS) or not report.arrow.num_rows:
            continue
        tables.append(_marked(units_sold(report.table), True) if role == UNITS else _marked(report.arrow, False))
    if any(len(table) for table in by_role[SHIPMENTS]):
        tables.append(_marked(shipped_items(by_role[SHIPMENTS]), True))
    rows = _stacked(tables)
    if not any(len(table) for table in by_role[PROMOTIONS]):
        return rows, []
    placed, lost = placed_promotions(pd.concat(by_role[PROMOTIONS], ignore_index=True), rows)
    warnings = [told("reports.lost_promotions", n=lost)]
    return _stacked([*tables, _marked(as_arrow(placed), True)]), warnings if lost else []


def _marked(table: pa.Table, partial: bool) -> pa.Table:
    return table.append_column(PARTIAL, pa.repeat(pa.scalar(partial), table.num_rows))


def _stacked(tables: list[pa.Table]) -> pa.Table:
    if not tables:
        return pa.table(
            {name: pa.array([], pa.string()) for name in ("order_id", "order_item_id", "sku", "shipment_item_id")}
        )
    return pa.concat_tables(tables, promote_options="permissive").combine_chunks()


def _one_row_per_item(rows: pa.Table) -> tuple[pa.Table, list[Told]]:
    slot = same_items(rows)
    slots = int(slot.max()) + 1
    if slots == rows.num_rows:
        return rows.drop_columns([PARTIAL]), []
    pick = Picking(rows, slot, slots)
    table = pa.table({name: pick.column(name) for name in rows.column_names if name != PARTIAL})
    table = table.append_column("sources", pick.sources())
    return _order_facts(table), contradictions(rows, slot, pick.winner)


def _order_facts(table: pa.Table) -> pa.Table:
    """Facts of the whole order, such as the buyer, told to those of its items whose report did not know them."""
    order = codes(table["order_id"])
    for name in (name for name in _OF_THE_ORDER if name in table.column_names):
        cells = table[name]
        known = pc.is_valid(cells).to_numpy(zero_copy_only=False)
        if known.all() or not known.any():
            continue
        giver = np.full(int(order.max()) + 1, -1, dtype=np.int64)
        rows = np.flatnonzero(known)[::-1]
        giver[order[rows]] = rows
        source = np.where(known, np.arange(len(order)), giver[order])
        table = table.set_column(table.column_names.index(name), name, cells.take(pa.array(source, mask=source < 0)))
    return table


# -- contradictions ----------------------------------------------------------------------------------------------------


def contradictions(rows: pa.Table, slot: Numbers, winner: Callable[[str], Numbers]) -> list[Told]:
    """A sentence per contradiction, naming both files and lines; at most ten per column, then their number.

    Parameters
    ----------
    rows : Table
        Rows of all reports, with ``part`` where a row may hold only a part of the item.
    slot : array of int64
        Number of the order item of each row.
    winner : callable
        Gives, for a column, the row number per order item whose cell was taken.
    """
    return [
        sentence for name in _COMPARED if name in rows.column_names for sentence in _of(name, rows, slot, winner(name))
    ]


def _of(name: str, rows: pa.Table, slot: Numbers, chosen: Numbers) -> list[Told]:
    taken = chosen[slot]
    compared = np.flatnonzero(
        (taken >= 0) & (taken != np.arange(len(slot))) & ~rows[PARTIAL].to_numpy(zero_copy_only=False)
    )
    left, right = rows[name].take(pa.array(compared)), rows[name].take(pa.array(taken[compared]))
    differs = pc.fill_null(pc.not_equal(left, right), False).to_numpy(zero_copy_only=False)
    if name == "quantity":
        differs &= pc.not_equal(pc.fill_null(left, 0), 0).to_numpy(zero_copy_only=False)
    found = compared[differs]
    pairs = [rows.take(pa.array(side[:_SHOWN])).to_pylist() for side in (found, taken[found])]
    sentences = [_sentence(name, old, new) for old, new in zip(*pairs, strict=True)]
    more = len(found) - _SHOWN
    return (
        [*sentences, told("reports.more_contradictions", n=more, column=told(f"reports.column.{name}"))]
        if more > 0
        else sentences
    )


def _sentence(name: str, other: dict[str, Any], taken: dict[str, Any]) -> Told:
    facts = {"order": taken["order_id"], "sku": taken["sku"] or "", "column": told(f"reports.column.{name}")}
    for age, row in (("old", other), ("new", taken)):
        facts |= {age: _fact(row[name], row["currency"])}
        facts |= {f"{age}_file": row["source_file"], f"{age}_line": row["source_line"]}
    return told("reports.contradiction", **facts)


def _fact(cell: Any, currency: str | None) -> Any:
    if isinstance(cell, Decimal):
        return Money(cell, currency or "")
    return cell.to_pydatetime() if isinstance(cell, pd.Timestamp) else cell
