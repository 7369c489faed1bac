"""Which rows of several reports speak of the same order item, and which of them is believed, column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
PARTIAL = "part"
"""A column of our own while merging: the row may hold only a part of the item."""

_MONEY = ("quantity", "currency", "item_price", "item_promotion_discount")
_DATED = ("last_updated_date", "reporting_date", "shipment_date", "purchase_date")
_TELLING = ("quantity", "item_price", "item_promotion_discount")


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
    ...                      "sku": ["S", "S", "S", "S"], "source_file": ["all", "all", "new", "new"],
    ...                      "quantity": [1, 2, 2, 1], "item_price": [9, 9, 9, 9],
    ...                      "item_promotion_discount": [0, 0, 0, 0]})).tolist()
    [0, 1, 1, 0]
    """
    order, file = codes(rows["order_id"]), codes(rows["source_file"])
    item = codes(pc.utf8_ltrim(rows["order_item_id"], characters="0"))  # a spreadsheet may have dropped first zeros
    has_id = item >= 0
    identity = _pairs(order, np.where(has_id, item, 0))
    sku = codes(rows["sku"])
    sku[has_id] = _first_known(identity[has_id], sku[has_id])
    line = _pairs(order, sku + 1)
    first_rows = pd.Series(identity[has_id]).drop_duplicates().index.to_numpy()
    copy = np.zeros(rows.num_rows, dtype=np.int64)
    copy[~has_id] = _nth(_pairs(line[~has_id], file[~has_id]))
    unique = pd.Series(_nth(line[has_id][first_rows]), index=identity[has_id][first_rows])
    copy[has_id] = unique.reindex(identity[has_id]).to_numpy()
    twins = _twins(line, copy, has_id)
    if len(twins):
        _pair_twins(rows, twins, line, identity, copy, has_id)
    return pd.factorize(_pairs(line, copy))[0].astype(np.int64)


def _twins(line: Numbers, copy: Numbers, has_id: Mask) -> Numbers:
    """Groups of one order and SKU with several items that one report tells apart by id and another does not."""
    several = np.zeros(int(line.max()) + 1, dtype=bool)
    several[line[has_id & (copy > 0)]] = True
    anonymous = np.zeros_like(several)
    anonymous[line[~has_id]] = True
    return np.flatnonzero(several & anonymous)


def _pair_twins(rows: pa.Table, twins: Numbers, line: Numbers, identity: Numbers, copy: Numbers, known: Mask) -> None:
    """Pair items of one SKU by quantity and amounts where these tell, not only by their order in the files."""
    members = np.flatnonzero(np.isin(line, twins))
    facts = zip(*(rows[name].take(pa.array(members)).to_pylist() for name in _TELLING), strict=True)
    signs = dict(zip(members.tolist(), facts, strict=True))
    for group in pd.Series(members).groupby(line[members]).indices.values():
        with_id = [row for row in members[group].tolist() if known[row]]
        without = [row for row in members[group].tolist() if not known[row]]
        free = {int(copy[row]): signs[row] for row in reversed(without)}
        items = {int(identity[row]): signs[row] for row in reversed(with_id)}
        order = dict.fromkeys(int(identity[row]) for row in with_id)
        places: dict[int, int] = {}
        for item in order:
            place = next((n for n in sorted(free) if _agree(free[n], items[item])), None)
            if place is not None:
                places[item] = place
                del free[place]
        rest = iter(n for n in range(len(items) + len(free)) if n not in places.values())
        for item in order:
            places[item] = places[item] if item in places else next(rest)
        for row in with_id:
            copy[row] = places[int(identity[row])]


def _agree(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=True) if a is not None and b is not None)


def codes(column: pa.ChunkedArray) -> Numbers:
    """A number per distinct text, -1 for a missing one."""
    return pd.factorize(pd.array(pc.cast(column, pa.string()), dtype=pd.ArrowDtype(pa.string())))[0].astype(np.int64)


def _pairs(left: Numbers, right: Numbers) -> Numbers:
    if not len(left):
        return left
    return pd.factorize(left * (int(right.max()) + 1) + right)[0].astype(np.int64)


def _nth(groups: Numbers) -> Numbers:
    return pd.Series(groups).groupby(groups, sort=False).cumcount().to_numpy().astype(np.int64)


def _first_known(groups: Numbers, codes: Numbers) -> Numbers:
    known = pd.Series(codes).where(codes >= 0)
    return known.groupby(groups).transform("first").fillna(-1).to_numpy().astype(np.int64)


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
        partial = rows[PARTIAL].to_numpy(zero_copy_only=False)
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

    def _emptied(self) -> Mask:
        """Cancelled lines on which Amazon wrote 0 units, where another report still knows how many were ordered."""
        zero = pc.fill_null(pc.equal(self.rows["quantity"], 0), False).to_numpy(zero_copy_only=False)
        ordered = np.zeros(self.slots, dtype=bool)
        positive = pc.fill_null(pc.greater(self.rows["quantity"], 0), False).to_numpy(zero_copy_only=False)
        ordered[self.slot[positive]] = True
        return zero & self._cancelled() & ordered[self.slot]

    def _cancelled(self) -> Mask:
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

    def column(self, name: str) -> Any:
        """The cells of all order items."""
        if name in ("source_file", "source_line"):
            return self.rows[name].take(pa.array(self.base))
        if name in ("promotion_ids", "claim_codes"):
            return self._united(name)
        chosen = self.winner(name.removesuffix("_given") if name.endswith("_status_given") else name)
        return self.rows[name].take(pa.array(chosen, mask=chosen < 0))

    def _united(self, name: str) -> pa.ListArray:
        """What any report knows of: ids and codes only ever become more."""
        lists = self.rows[name].combine_chunks()
        told = pd.DataFrame(
            {"item": self.slot[pc.list_parent_indices(lists)], "word": pc.list_flatten(lists).to_pandas()}
        )
        told = told.drop_duplicates().sort_values("item", kind="stable")
        times = np.bincount(told["item"], minlength=self.slots)
        offsets = pa.array(np.concatenate([[0], np.cumsum(times)]), pa.int32())
        return pa.ListArray.from_arrays(offsets, pa.array(told["word"], pa.string()), mask=pa.array(times == 0))

    def sources(self) -> pa.ListArray:
        """Every line that an order item was read from, as ``file, line n``."""
        lines = pc.cast(self.rows["source_line"], pa.string())
        places = pc.binary_join_element_wise(self.rows["source_file"], lines, ", line ")
        grouped = np.argsort(self.slot, kind="stable")
        ends = np.cumsum(np.bincount(self.slot, minlength=self.slots))
        offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
        return pa.ListArray.from_arrays(offsets, places.take(pa.array(grouped)).combine_chunks())


def _as_of(rows: pa.Table) -> Numbers:
    """When each row was true at the latest, in microseconds: Amazon's last update, else its first sight."""
    known = (rows[name] for name in _DATED if name in rows.column_names)
    return pc.fill_null(pc.cast(pc.coalesce(*known), pa.int64()), 0).to_numpy()
