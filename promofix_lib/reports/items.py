"""One row of several that speak of the same thing: lines of one order item, parts of it, what others know of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.reports.cells import LARGEST
from promofix_lib.reports.kinds import facts
from promofix_lib.reports.report import Quarantined
from promofix_lib.say import Told, told

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_FEW = 2_000  # rows that are put together in place; more of them are cheaper in one go
_SHOWN = 20


def codes(column: pa.ChunkedArray, *others: pa.ChunkedArray) -> Numbers:
    """A number per distinct text, -1 for a missing one; of several columns, a number per distinct row.

    >>> codes(pa.chunked_array([["A", None, "A"]])).tolist()
    [0, -1, 0]
    >>> codes(pa.chunked_array([["A", None, "A"]]), pa.chunked_array([["x", "x", "y"]])).tolist()
    [0, 1, 2]
    """
    texts: Any = pd.arrays.ArrowExtensionArray(pc.cast(column, pa.string()))
    found = pd.factorize(texts)[0].astype(np.int64)
    for other in others:
        found = pairs(found + 1, codes(other) + 1)
    return found


def keys(orders: pa.ChunkedArray, ids: pa.ChunkedArray) -> Numbers:
    """A number per order and id, in order of appearance; each row without an id is one of its own.

    >>> keys(pa.chunked_array([["A", "A", "A", "B", "A"]]), pa.chunked_array([["1", None, "1", "1", None]])).tolist()
    [0, 1, 0, 2, 3]
    """
    found = codes(orders, ids)
    alone = ~mask_of(pc.is_valid(ids))
    found[alone] = len(found) + np.flatnonzero(alone)
    return pd.factorize(found)[0].astype(np.int64)


def mask_of(answers: pa.ChunkedArray) -> Mask:
    """Where the answer is yes; what is not known is no."""
    return np.asarray(pc.fill_null(answers, False).to_numpy(zero_copy_only=False))


def pairs(left: Numbers, right: Numbers) -> Numbers:
    """A number per distinct pair of numbers, in order of appearance."""
    return pd.factorize(left * (int(right.max(initial=0)) + 1) + right)[0].astype(np.int64)


# -- one row of several ------------------------------------------------------------------------------------------------


def together(
    rows: pa.Table, slot: Numbers, added: Iterable[str] = (), winners: Mapping[str, Numbers] | None = None
) -> pa.Table:
    """One row per slot: of each column the first cell that is known, of lists all words.

    Parameters
    ----------
    rows : Table
        Rows that speak of the same thing, and others.
    slot : array of int64
        Which row of the answer each of them belongs to, from 0.
    added : iterable of str
        Columns that are summed up.
    winners : mapping of str to array of int64, optional
        Columns of which another cell is taken: the row that has it, per slot; -1 where none is.

    Examples
    --------
    >>> rows = pa.table({"sku": [None, "A", "B"], "quantity": [1, 2, 5], "promotion_ids": [["P"], ["P", "Q"], None]})
    >>> together(rows, np.array([0, 0, 1]), ["quantity"]).to_pylist()[0]
    {'sku': 'A', 'quantity': 3, 'promotion_ids': ['P', 'Q']}
    """
    backwards = np.arange(len(slot))[::-1]

    def cells(name: str) -> Any:
        column = rows[name]
        if winners and name in winners:
            return taken(column, winners[name])
        if name in added:
            groups = pa.table({"slot": slot, name: column}).group_by("slot", use_threads=False)
            return possible(groups.aggregate([(name, "sum")]).sort_by("slot")[f"{name}_sum"], column.type)
        if pa.types.is_list(column.type):
            return united(column, slot)
        return taken(column, last_known(column, slot, backwards))

    return pa.table({name: cells(name) for name in rows.column_names})


def possible(amounts: Any, type_: pa.DataType) -> Any:
    """Sums and products that a report may hold, of a type; none where one is larger."""
    return pc.cast(pc.if_else(pc.less(pc.abs(amounts), pa.scalar(LARGEST)), amounts, None), type_)


def last_known(cells: pa.ChunkedArray, slot: Numbers, ranked: Numbers) -> Numbers:
    """Per slot the last row, as they are ranked, whose cell is known; -1 where none is."""
    ranked = ranked[mask_of(pc.is_valid(cells))[ranked]]
    chosen = np.full(slot.max(initial=-1) + 1, -1, dtype=np.int64)
    chosen[slot[ranked]] = ranked
    return chosen


def shared(rows: pa.Table, slot: Numbers, names: Iterable[str]) -> pa.Table:
    """The rows; what one of them does not know in these columns it takes from the first of its slot that does."""
    place = np.arange(len(slot))
    for name in (name for name in names if name in rows.column_names):
        known = mask_of(pc.is_valid(rows[name]))
        if known.any() and not known.all():
            giver = last_known(rows[name], slot, place[::-1])[slot]
            cells = taken(rows[name], np.where(known, place, giver))
            rows = rows.set_column(rows.column_names.index(name), name, cells)
    return rows


def taken(cells: pa.ChunkedArray, rows: Numbers) -> pa.ChunkedArray:
    """The cells of these rows, none where a number is below 0."""
    return cells.take(pa.array(rows, mask=rows < 0))


def united(lists: pa.ChunkedArray, slot: Numbers) -> pa.ListArray:
    """What any row knows of: ids and codes only ever become more."""
    whole = lists.combine_chunks()
    words = pd.DataFrame({"slot": slot[pc.list_parent_indices(whole)], "word": pc.list_flatten(whole).to_pandas()})
    words = words.drop_duplicates().sort_values("slot", kind="stable")
    times = np.bincount(words["slot"], minlength=slot.max(initial=-1) + 1)
    offsets = pa.array(np.concatenate([[0], np.cumsum(times)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(words["word"], pa.string()), mask=pa.array(times == 0))


# -- in one report -----------------------------------------------------------------------------------------------------


def folded(table: pa.Table, *, continues: bool) -> tuple[pa.Table, list[Told], list[Quarantined]]:
    """One row per order item where lines carry the same order item id.

    In New Orders a further line of an item adds its promotion and discount; its price is the same price again and is
    never added. In other reports a further line that is equal to an earlier one is the same line again, and one that is
    not is another part of the item: quantities and amounts are added up. A line that names another SKU under the same
    id is none of either, and is set aside.

    Parameters
    ----------
    table : Table
        Rows of one report.
    continues : bool
        The report writes one line per promotion (New Orders).

    Returns
    -------
    table : Table
        In the order of each item's first line.
    warnings : list of Told
        Which lines were put together, when that is not how the report is meant.
    set_aside : list of Quarantined
        Lines that bear the id of another item.

    Examples
    --------
    >>> from decimal import Decimal
    >>> table = pa.table({"order_id": ["A", "A"], "order_item_id": ["7", "7"], "promotion_ids": [["P"], ["Q"]],
    ...                   "item_price": [Decimal("9.00"), None], "source_line": [2, 3]})
    >>> (item,) = folded(table, continues=True)[0].to_pylist()
    >>> item["promotion_ids"], item["item_price"], item["source_line"]
    (['P', 'Q'], Decimal('9.00'), 2)
    """
    rows = _repeated(table) if "order_item_id" in table.column_names else np.empty(0, np.int64)
    if not len(rows):
        return table, [], []
    lines, columns = _picked(table, rows), facts().columns
    slot = codes(lines["order_id"], lines["order_item_id"])
    heads = np.flatnonzero(np.diff(slot, prepend=-1))
    said = lines.select([name for name in lines.column_names if name in columns["tells"]]).to_pylist()
    fate = np.select(
        [
            _differ(lines, slot, columns["same"]),
            pd.Series(map(repr, said)).duplicated(),
            _differ(lines, slot, ("quantity", "item_price")) if continues else ~np.isin(np.arange(len(slot)), heads),
        ],
        ["other_item", "repeated_line", "other_price" if continues else "parts"],
        "",
    )
    kept = ~np.isin(fate, ("other_item", "repeated_line"))
    items = together(lines.filter(pa.array(kept)), slot[kept], columns["discounts" if continues else "added"])
    warnings: list[Told] = []
    aside: list[Quarantined] = []
    places = lines["source_line"].to_pylist()
    for row in np.flatnonzero(fate != "").tolist():
        about = {"line": places[row], "first": places[heads[slot[row]]]}
        if fate[row] == "other_item":
            shown = ", ".join(f"{name}: {said[row].get(name)}" for name in ("order_id", "order_item_id", "sku"))
            aside.append(Quarantined(about.pop("line"), told("reports.fault.other_item", **about), shown))
        else:
            warnings.append(told(f"reports.{fate[row]}", **about))
    return _replaced(table, rows, rows[heads], items), warnings[:_SHOWN], aside


def _repeated(table: pa.Table) -> Numbers:
    """Rows of the order items that have several, item by item; only ids that occur twice are looked at as texts."""
    ids = table["order_item_id"]
    try:
        numbers = pc.fill_null(pc.cast(ids, pa.int64()), -1).to_numpy()
    except pa.ArrowInvalid:
        numbers = codes(ids)
    ordered = np.sort(numbers)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    rows = np.flatnonzero(np.isin(numbers, twice[twice >= 0]))
    if not len(rows):
        return rows
    slot = codes(*_picked(table.select(["order_id", "order_item_id"]), rows).columns)
    by_item = np.argsort(slot, kind="stable")
    return rows[by_item[np.bincount(slot)[slot[by_item]] > 1]]


def _picked(table: pa.Table, rows: Numbers) -> pa.Table:
    """These rows. Few are cut out: to take them would make one piece of every column first."""
    if len(rows) > _FEW:
        return table.take(pa.array(rows))
    return pa.concat_tables([table.slice(row, 1) for row in rows.tolist()]).combine_chunks()


def _differ(lines: pa.Table, slot: Numbers, names: Iterable[str]) -> Mask:
    """Where one of these cells says something else than the first of its slot that is known."""
    first = together(lines.select([name for name in names if name in lines.column_names]), slot)
    differs = np.zeros(len(slot), dtype=bool)
    for name in first.column_names:
        differs |= mask_of(pc.not_equal(lines[name], first[name].take(pa.array(slot))))
    return differs


def _replaced(table: pa.Table, rows: Numbers, heads: Numbers, items: pa.Table) -> pa.Table:
    """The table with an item in place of each head, and without the other rows; few of them copy nothing."""
    if len(rows) > _FEW:
        others = np.isin(np.arange(table.num_rows), rows, invert=True)
        return pa.concat_tables([table.filter(pa.array(others)), items]).sort_by("source_line")
    item = dict(zip(heads.tolist(), range(len(heads)), strict=True))
    pieces, at = [], 0
    for row in sorted(rows.tolist()):
        pieces += [table.slice(at, row - at), items.slice(item.get(row, 0), row in item)]
        at = row + 1
    return pa.concat_tables([piece for piece in [*pieces, table.slice(at)] if piece.num_rows])
