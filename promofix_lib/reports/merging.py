"""Several reports, one truth: overlapping downloads and different kinds become one row per order item."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.errors import ReportError
from promofix_lib.orders import coded, order_table
from promofix_lib.reports.cache import Shelf
from promofix_lib.reports.items import codes, keys, mask_of, possible, shared, together
from promofix_lib.reports.kinds import (
    ITEMS,
    MONEY,
    PAYMENTS,
    PROMOTIONS,
    SHIPMENTS,
    UNITS,
    facts,
    kind_named,
    look_again,
)
from promofix_lib.reports.picking import PARTIAL, contradictions, money_check, picked, same_items, unmatched, winners_of
from promofix_lib.reports.reading import all_read, read_report
from promofix_lib.reports.report import Reading, Report, as_orders, shown_name
from promofix_lib.say import Told, told

_MMAP_THRESHOLD, _LARGE = -3, 1 << 18  # from 256 kB on a piece of memory is the system's, not the heap's
_LOCK_FILE = "~$"  # what Excel and LibreOffice lay beside a workbook that is open
_PLACE = ("order_item_id", "sku")


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
    named = [path for path in paths if not path.name.startswith(_LOCK_FILE)]
    if not named:
        raise ReportError("reports.lock_file_alone" if paths else "reports.none_given")
    look_again()
    asked = None if columns is None else frozenset(columns)
    read: Callable[[Path], tuple[Report, ...]] = partial(read_report, progress=progress, columns=asked)
    if cache is None or asked is not None or not all(path.is_file() for path in named):
        reading = merged(all_read(named, read))
    else:
        shelf = Shelf(cache)
        once = read if len(named) == 1 else lambda path: shelf.reports(path, lambda: read(path))
        reading = shelf.reading(named, lambda: merged([report for path in named for report in once(path)]))
        shelf.tidy()
    if asked is not None:
        reading = replace(reading, orders=coded(reading.orders))
    pa.default_memory_pool().release_unused()  # of what was put together, or is mapped now
    locks = (told("reports.lock_file", file=shown_name(path.name)) for path in paths if path not in named)
    return replace(reading, warnings=(*locks, *reading.warnings))


def thrifty() -> None:
    """From now on this process gives freed memory back at once: Arrow and glibc keep a quarter for what may come."""
    pa.set_memory_pool(pa.system_memory_pool())
    with suppress(AttributeError, OSError, TypeError):  # no glibc, no such habit
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


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
    orders, found = _one_row_per_item(rows)
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
    lacked = [{lack.key for lack in report.lacks} for report in reports if kind_named(report.kind).role != PAYMENTS]
    left = [tuple(lack for lack in report.lacks if all(lack.key in keys for keys in lacked)) for report in reports]
    accounts = zip(reports, left, strict=True)
    return tuple(replace(report, lacks=lacks, arrow=report.arrow.slice(0, 0)) for report, lacks in accounts)


def _one_row_per_item(rows: pa.Table) -> tuple[pd.DataFrame, list[Told]]:
    slot = same_items(rows)
    found = unmatched(rows, slot)
    if slot.max() + 1 == rows.num_rows:
        return as_orders(rows.drop_columns([PARTIAL])), found
    winners = winners_of(rows, slot)
    table = picked(rows, slot, winners)
    orders = as_orders(shared(table, codes(table["order_id"]), facts().columns["of_the_order"]))
    return orders, found + contradictions(rows, slot, winners)


def _rows(reports: Sequence[Report]) -> tuple[pa.Table, list[Told]]:
    """Rows of all reports, one per order item and report, in the order given; parts of items and promotions last."""
    tables: dict[str, list[pa.Table]] = {ITEMS: [], SHIPMENTS: [], PROMOTIONS: [], PAYMENTS: []}
    for report in (report for report in reports if report.arrow.num_rows):
        role = kind_named(report.kind).role
        rows = units_sold(report.arrow) if role == UNITS else report.arrow
        partial = pa.repeat(pa.scalar(role != ITEMS), rows.num_rows)
        tables[ITEMS if role == UNITS else role].append(rows.append_column(PARTIAL, partial))
    parts = _stacked(tables[SHIPMENTS])
    placed, lost = placed_promotions(_stacked(tables[PROMOTIONS]), [*tables[ITEMS], parts])
    rows = _stacked([*tables[ITEMS], shipped_items(parts), placed])
    return rows, [told("reports.lost_promotions", n=lost)] * bool(lost)


def _stacked(tables: Sequence[pa.Table]) -> pa.Table:
    filled = [table for table in tables if table.num_rows]
    return pa.concat_tables(filled, promote_options="permissive").combine_chunks() if filled else pa.table({})


def units_sold(rows: pa.Table) -> pa.Table:
    """One row per SKU of an order from FBA Sales, the only report with a price per unit."""
    prices = possible(pc.multiply(rows["item_price_per_unit"], rows["quantity"]), MONEY)
    priced = rows.set_column(rows.column_names.index("item_price"), "item_price", prices)
    return together(priced, codes(rows["order_id"], rows["sku"]), facts().columns["added"])


def shipped_items(parts: pa.Table) -> pa.Table:
    """One row per order item from Amazon Fulfilled Shipments: each shipped part once, its parts added up."""
    if not parts.num_rows:
        return parts
    if "shipment_item_id" in parts.column_names:  # downloads overlap; the later one knows better
        again = pd.Series(keys(parts["order_id"], parts["shipment_item_id"])).duplicated(keep="last")
        parts = parts.filter(pa.array(~again))
    return together(parts, keys(parts["order_id"], parts["order_item_id"]), facts().columns["added"])


def placed_promotions(promotions: pa.Table, others: Sequence[pa.Table]) -> tuple[pa.Table, int]:
    """Promotions of shipments, each with the order item it belongs to.

    A promotion finds its item through the shipment item id; without an Amazon Fulfilled Shipments report, through the
    order, if that has one item only.

    Parameters
    ----------
    promotions : Table
        Rows of FBA Promotions.
    others : sequence of Table
        Rows of all other reports.

    Returns
    -------
    placed : Table
        One row per item with all its promotions; those whose order has several items are left out.
    lost : int
        How many were left out.
    """
    if not promotions.num_rows:
        return promotions, 0
    said = pc.binary_join(promotions["promotion_ids"], ",")
    said = codes(promotions["order_id"], promotions["shipment_item_id"], said, promotions["item_promotion_discount"])
    promotions = promotions.filter(pa.array(~pd.Series(said).duplicated()))  # downloads overlap
    rows = _stacked([*others, promotions])
    items = rows.num_rows - promotions.num_rows
    orders, place = codes(rows["order_id"]), np.arange(rows.num_rows)
    rows = shared(rows, keys(rows["order_id"], rows["shipment_item_id"]), _PLACE)
    known = (pd.Series(codes(rows[name])) for name in _PLACE)
    several = [numbers.where(numbers >= 0).groupby(orders).nunique() > 1 for numbers in known]
    rows = shared(rows, np.where(np.any(several, axis=0)[orders], len(place) + place, orders), _PLACE)
    elsewhere = np.isin(orders, orders[:items])
    lost = elsewhere & (place >= items) & ~mask_of(pc.is_valid(rows["sku"]))
    placed = rows.filter(pa.array((place >= items) & ~lost))
    alone = pc.if_else(pc.is_valid(placed["sku"]), None, placed["shipment_item_id"])
    slot = codes(placed["order_id"], placed["order_item_id"], placed["sku"], alone)
    return together(placed, slot, facts().columns["discounts"]), int(lost.sum())
