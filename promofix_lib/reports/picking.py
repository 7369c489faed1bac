"""Which report is believed: the newest cell that is known, column by column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.reports.same_items import Numbers

PARTIAL = "part"
"""A column of our own while merging: the row may hold only a part of the item."""

_MONEY = ("quantity", "currency", "item_price", "item_promotion_discount")


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
        if name == PARTIAL:
            return pa.chunked_array([pa.repeat(pa.scalar(False), self.slots)])
        if name in ("promotion_ids", "claim_codes"):
            return self._united(name)
        chosen = self.winner(name.removesuffix("_given") if name.endswith("_status_given") else name)
        return self.rows[name].take(pa.array(chosen, mask=chosen < 0))

    def _united(self, name: str) -> pa.ChunkedArray:
        """What any report knows of: ids and codes only ever become more."""
        chosen = self.winner(name)
        cells = self.rows[name].take(pa.array(chosen, mask=chosen < 0))
        rows = self._told_twice(name)
        if not len(rows):
            return cells
        united: dict[int, dict[str, None]] = {}
        for number, words in zip(
            self.slot[rows].tolist(), self.rows[name].take(pa.array(rows)).to_pylist(), strict=True
        ):
            united.setdefault(number, {}).update(dict.fromkeys(words))
        lists = cells.to_pylist()
        for number, known in united.items():
            lists[number] = list(known)
        return pa.chunked_array([pa.array(lists, pa.list_(pa.string()))])

    def _told_twice(self, name: str) -> Numbers:
        """Rows, in the order given, whose order item has such a list in several reports."""
        known = np.flatnonzero(pc.is_valid(self.rows[name]).to_numpy(zero_copy_only=False))
        times = np.bincount(self.slot[known], minlength=self.slots)
        return known[times[self.slot[known]] > 1]

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
