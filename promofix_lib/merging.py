"""Several reports, one truth: overlapping downloads and different kinds become one row per order item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.errors import ReportError
from promofix_lib.orders import order_table
from promofix_lib.reports import Report, read_report
from promofix_lib.reports.cache import cached
from promofix_lib.reports.contradictions import contradictions
from promofix_lib.reports.fba import placed_promotions, shipped_items, units_sold
from promofix_lib.reports.kinds import ITEMS, PAYMENTS, PROMOTIONS, SHIPMENTS, UNITS, role_of
from promofix_lib.reports.order_rows import as_arrow, as_orders
from promofix_lib.reports.payments import money_check
from promofix_lib.reports.picking import PARTIAL, Picking
from promofix_lib.reports.same_items import codes, same_items

_OF_THE_ORDER = ("buyer_name", "buyer_email", "ship_country", "sales_channel", "order_status", "is_business_order")


@dataclass(frozen=True)
class Reading:
    """Reports read and merged.

    Parameters
    ----------
    orders : DataFrame
        Order table over all of them.
    reports : tuple of Report
        Each report, in the order given.
    warnings : tuple of str
        What the seller should know, about single reports and about contradictions between them.
    """

    orders: pd.DataFrame
    reports: tuple[Report, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The reading report, ready for `json.dumps`; times ISO 8601 in UTC."""
        times = self.orders["purchase_date"].dropna()
        return {
            "files": [_file_json(report) for report in self.reports],
            "orders": int(self.orders["order_id"].nunique()),
            "items": len(self.orders),
            "first": _iso(times.min()) if len(times) else None,
            "last": _iso(times.max()) if len(times) else None,
            "currencies": sorted(self.orders["currency"].dropna().unique().tolist()),
            "warnings": list(self.warnings),
        }


def _file_json(report: Report) -> dict[str, Any]:
    return {
        "path": str(report.path),
        "name": report.name,
        "kind": report.kind,
        "encoding": report.encoding,
        "sha256": report.sha256,
        "lines": report.lines,
        "headers": report.headers,
        "blanks": report.blanks,
        "rows": report.rows,
        "items": report.items,
        "quarantined": [{"line": line.line, "reason": line.reason, "text": line.text} for line in report.quarantined],
        "ignored_columns": list(report.ignored_columns),
        "lacks": [{"what": lack.what, "how_to_get_it": lack.how_to_get_it} for lack in report.lacks],
    }


def _iso(time: pd.Timestamp) -> str:
    return time.tz_convert(UTC).isoformat()


def read_orders(paths: Sequence[Path], *, cache: Path | None = None, progress: bool = False) -> Reading:
    """Read reports of any kinds and merge them into one order table.

    Parameters
    ----------
    paths : sequence of Path
        Reports, in the order they were downloaded: where no report says which knowledge is newer, the later one wins.
    cache : Path, optional
        Folder in which what was read is kept, so that it opens at once the next time.
    progress : bool
        Show a progress bar when it takes longer than a second.

    Raises
    ------
    ReportError
        A file that is not a report. Nothing is returned then.
    """
    if not paths:
        raise ReportError("No report was given. Download All Orders and New Orders from Seller Central and give both.")
    return merged([report for path in paths for report in _read(Path(path), cache, progress)])


def _read(path: Path, cache: Path | None, progress: bool) -> tuple[Report, ...]:
    if cache is None or not path.is_file():
        return read_report(path, progress=progress)
    return cached(path, cache, lambda: read_report(path, progress=progress))


def merged(reports: Sequence[Report]) -> Reading:
    """Reports already read, as one order table.

    Parameters
    ----------
    reports : sequence of Report
        In the order they were downloaded.
    """
    different, twice = _each_once(reports)
    warnings = [warning for report in reports for warning in report.warnings] + twice
    if len(different) == 1 and role_of(different[0].kind) == ITEMS:
        return Reading(different[0].table.copy(deep=False), tuple(reports), tuple(warnings))
    rows, lost = _rows(different)
    warnings += lost
    if rows.num_rows == 0:
        return Reading(order_table(), tuple(reports), tuple(warnings))
    table, found = _one_row_per_item(rows)
    orders = as_orders(table.drop_columns([PARTIAL]))
    found += money_check(orders, [report for report in different if role_of(report.kind) == PAYMENTS])
    return Reading(orders, tuple(reports), (*warnings, *found))


def _each_once(reports: Sequence[Report]) -> tuple[list[Report], list[str]]:
    first: dict[str, Report] = {}
    warnings = []
    for report in reports:
        same = first.setdefault(report.sha256, report)
        if same is not report:
            warnings.append(f"{report.name}: this is the same file as {same.name} and was counted once.")
    return list(first.values()), warnings


def _rows(reports: Sequence[Report]) -> tuple[pa.Table, list[str]]:
    """Rows of all reports, one per order item and report, in the order given."""
    tables: list[pa.Table] = []
    by_role = {
        role: [report.table for report in reports if role_of(report.kind) == role] for role in (SHIPMENTS, PROMOTIONS)
    }
    for report in reports:
        role = role_of(report.kind)
        if role in (PAYMENTS, SHIPMENTS, PROMOTIONS) or report.table.empty:
            continue
        tables.append(
            _marked(units_sold(report.table), True) if role == UNITS else _marked(as_arrow(report.table), False)
        )
    if any(len(table) for table in by_role[SHIPMENTS]):
        tables.append(_marked(shipped_items(by_role[SHIPMENTS]), True))
    rows = _together(tables)
    if not any(len(table) for table in by_role[PROMOTIONS]):
        return rows, []
    placed, lost = placed_promotions(pd.concat(by_role[PROMOTIONS], ignore_index=True), rows)
    warnings = [
        f"{lost} FBA promotions belong to orders with several items and cannot be told apart. "
        "Add the Amazon Fulfilled Shipments report of the same days: it says which item each belongs to."
    ]
    return _together([*tables, _marked(as_arrow(placed), True)]), warnings if lost else []


def _marked(table: pa.Table, partial: bool) -> pa.Table:
    return table.append_column(PARTIAL, pa.repeat(pa.scalar(partial), table.num_rows))


def _together(tables: list[pa.Table]) -> pa.Table:
    if not tables:
        return pa.table(
            {name: pa.array([], pa.string()) for name in ("order_id", "order_item_id", "sku", "shipment_item_id")}
        )
    return pa.concat_tables(tables, promote_options="permissive").combine_chunks()


def _one_row_per_item(rows: pa.Table) -> tuple[pa.Table, list[str]]:
    slot = same_items(rows)
    slots = int(slot.max()) + 1
    if slots == rows.num_rows:
        return rows, []
    pick = Picking(rows, slot, slots)
    table = pa.table({name: pick.column(name) for name in rows.column_names})
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
