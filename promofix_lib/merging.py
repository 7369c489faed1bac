"""Several reports, one truth: overlapping downloads and different kinds become one row per order item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib import orders as order_columns
from promofix_lib.errors import ReportError
from promofix_lib.reports import Report, read_report
from promofix_lib.reports.cache import cached
from promofix_lib.reports.contradictions import contradictions
from promofix_lib.reports.fba import placed_promotions, shipped_items, units_sold
from promofix_lib.reports.kinds import ITEMS, PAYMENTS, PROMOTIONS, SHIPMENTS, UNITS, role_of
from promofix_lib.reports.payments import money_check
from promofix_lib.reports.order_rows import as_arrow, as_orders

Numbers = npt.NDArray[np.int64]

_PARTIAL = "part"  # a column of our own while merging: this row may hold only a part of the item
_MONEY = ("quantity", "currency", "item_price", "item_promotion_discount")
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
        return Reading(different[0].table, tuple(reports), tuple(warnings))
    rows, lost = _rows(different)
    warnings += lost
    if rows.num_rows == 0:
        return Reading(order_columns.order_table(), tuple(reports), tuple(warnings))
    table, found = _one_row_per_item(rows)
    orders = as_orders(table.drop_columns([_PARTIAL]))
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
    return table.append_column(_PARTIAL, pa.repeat(pa.scalar(partial), table.num_rows))


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


def same_items(rows: pa.Table) -> Numbers:
    """A number per row that is equal where rows speak of the same order item, in order of first appearance.

    Items with an order item id are told apart by it. Rows without one (All Orders before May 2026) are the n-th line
    with that SKU in that order of their own file, and belong to the n-th item with that SKU. So a merge never makes
    more lines of an order than its fullest report shows, and never fewer.

    Parameters
    ----------
    rows : Table
        Rows of all reports; those of one report follow each other.

    Examples
    --------
    >>> same_items(pa.table({"order_id": ["A", "A", "A", "A"], "order_item_id": [None, None, "8", "9"],
    ...                      "sku": ["S", "S", "S", "S"], "source_file": ["all", "all", "new", "new"]})).tolist()
    [0, 1, 0, 1]
    """
    order, item, file = (_codes(rows[name]) for name in ("order_id", "order_item_id", "source_file"))
    has_id = item >= 0
    identity = _pairs(order, np.where(has_id, item, 0))
    sku = _codes(rows["sku"])
    sku[has_id] = _first_known(identity[has_id], sku[has_id])
    line = _pairs(order, sku + 1)
    first_rows = pd.Series(identity[has_id]).drop_duplicates().index.to_numpy()
    copy = np.zeros(rows.num_rows, dtype=np.int64)
    copy[~has_id] = _nth(_pairs(line[~has_id], file[~has_id]))
    unique = pd.Series(_nth(line[has_id][first_rows]), index=identity[has_id][first_rows])
    copy[has_id] = unique.loc[identity[has_id]].to_numpy()
    return pd.factorize(_pairs(line, copy))[0].astype(np.int64)


def _codes(column: pa.ChunkedArray) -> Numbers:
    return pd.factorize(pd.array(column, dtype=pd.ArrowDtype(pa.string())))[0].astype(np.int64)


def _pairs(left: Numbers, right: Numbers) -> Numbers:
    if not len(left):
        return left
    return pd.factorize(left * (int(right.max()) + 1) + right)[0].astype(np.int64)


def _nth(groups: Numbers) -> Numbers:
    return pd.Series(groups).groupby(groups, sort=False).cumcount().to_numpy(dtype=np.int64)


def _first_known(groups: Numbers, codes: Numbers) -> Numbers:
    known = pd.Series(codes).where(codes >= 0)
    return known.groupby(groups).transform("first").fillna(-1).to_numpy(dtype=np.int64)


class Picking:
    """Which row's cell an order item takes, column by column: the newest that is known.

    Parameters
    ----------
    rows : Table
        Rows of all reports.
    slot : array of int64
        Number of the order item of each row.
    slots : int
        How many order items there are.
    """

    def __init__(self, rows: pa.Table, slot: Numbers, slots: int) -> None:
        self.rows, self.slot, self.slots = rows, slot, slots
        self.base = np.full(slots, -1, dtype=np.int64)
        self.base[slot[::-1]] = np.arange(len(slot))[::-1]
        newest = _as_of(rows)
        partial = rows[_PARTIAL].to_numpy(zero_copy_only=False)
        self._by_time = np.lexsort((np.arange(len(slot)), newest))
        self._by_weight = np.lexsort((np.arange(len(slot)), newest, ~partial))
        self._winners: dict[str, Numbers] = {}

    def winner(self, name: str) -> Numbers:
        """Row number per order item whose cell is taken; -1 where no row knows."""
        if name not in self._winners:
            self._winners[name] = self._discount() if name == "item_promotion_discount" else self._last(name)
        return self._winners[name]

    def _last(self, name: str) -> Numbers:
        known = pc.is_valid(self.rows[name]).to_numpy(zero_copy_only=False)
        if name == "quantity":
            known = known & ~self._emptied()
        ranked = self._by_weight if name in _MONEY else self._by_time
        ranked = ranked[known[ranked]]
        chosen = np.full(self.slots, -1, dtype=np.int64)
        chosen[self.slot[ranked]] = ranked
        return chosen

    def _emptied(self) -> npt.NDArray[np.bool_]:
        """Cancelled lines on which Amazon wrote 0 units, where another report still knows how many were ordered."""
        zero = pc.fill_null(pc.equal(self.rows["quantity"], 0), False).to_numpy(zero_copy_only=False)
        ordered = np.zeros(self.slots, dtype=bool)
        positive = pc.fill_null(pc.greater(self.rows["quantity"], 0), False).to_numpy(zero_copy_only=False)
        ordered[self.slot[positive]] = True
        return zero & self._cancelled() & ordered[self.slot]

    def _cancelled(self) -> npt.NDArray[np.bool_]:
        found = np.zeros(self.rows.num_rows, dtype=bool)
        for name in ("order_status", "item_status"):
            found |= pc.fill_null(pc.equal(self.rows[name], "Cancelled"), False).to_numpy(zero_copy_only=False)
        return found

    def _discount(self) -> Numbers:
        """A price stated anew by a report with discounts takes its blank discount along: amounts never mix."""
        last, priced = self._last("item_promotion_discount"), self.winner("item_price")
        both = (last >= 0) & (priced >= 0) & (last != priced)
        differs = np.zeros(self.slots, dtype=bool)
        price = self.rows["item_price"]
        old, new = price.take(pa.array(last[both])), price.take(pa.array(priced[both]))
        differs[both] = pc.fill_null(pc.not_equal(old, new), False).to_numpy(zero_copy_only=False)
        return np.where(differs, priced, last)

    def column(self, name: str) -> pa.ChunkedArray:
        """The cells of all order items."""
        if name in ("source_file", "source_line"):
            return self.rows[name].take(pa.array(self.base))
        if name == _PARTIAL:
            return pa.chunked_array([pa.repeat(pa.scalar(False), self.slots)])
        if name in ("promotion_ids", "claim_codes"):
            return self._united(name)
        chosen = self.winner(name.removesuffix("_given") if name.endswith("_status_given") else name)
        return self.rows[name].take(pa.array(chosen, mask=chosen < 0))

    def _united(self, name: str) -> pa.ChunkedArray:
        """What any report knows of: ids and codes only ever become more."""
        chosen = self.winner(name)
        cells = self.rows[name].take(pa.array(chosen, mask=chosen < 0))
        several = self._in_several(name)
        if not several:
            return cells
        lists = cells.to_pylist()
        for number, row_numbers in several.items():
            known = self.rows[name].take(pa.array(row_numbers)).to_pylist()
            lists[number] = list(dict.fromkeys(word for words in known for word in words))
        return pa.chunked_array([pa.array(lists, pa.list_(pa.string()))])

    def _in_several(self, name: str) -> dict[int, list[int]]:
        known = np.flatnonzero(pc.is_valid(self.rows[name]).to_numpy(zero_copy_only=False))
        slots = pd.Series(self.slot[known])
        again = slots.duplicated(keep=False).to_numpy()
        groups = pd.Series(known[again]).groupby(self.slot[known][again], sort=False)
        return {int(number): rows.tolist() for number, rows in groups}

    def sources(self) -> pa.ListArray:
        """Every line that an order item was read from, as ``file, line n``."""
        lines = pc.cast(self.rows["source_line"], pa.string())
        places = pc.binary_join_element_wise(self.rows["source_file"], lines, ", line ")
        grouped = np.argsort(self.slot, kind="stable")
        ends = np.cumsum(np.bincount(self.slot, minlength=self.slots))
        offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
        return pa.ListArray.from_arrays(offsets, places.take(pa.array(grouped)).combine_chunks())


def _as_of(rows: pa.Table) -> Numbers:
    """When each row was true at the latest, in microseconds: Amazon's last update, else its first sight of the order."""
    known = [
        name
        for name in ("last_updated_date", "reporting_date", "shipment_date", "purchase_date")
        if name in rows.column_names
    ]
    times = (
        pc.coalesce(*(rows[name] for name in known))
        if known
        else pa.chunked_array([pa.nulls(rows.num_rows, pa.timestamp("us"))])
    )
    return pc.fill_null(pc.cast(times, pa.int64()), 0).to_numpy()


def _order_facts(table: pa.Table) -> pa.Table:
    """Facts of the whole order, such as the buyer, told to those of its items whose report did not know them."""
    order = _codes(table["order_id"])
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
