"""Which rows speak of the same order item, in one report and in several, and the one row that is made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.reports.cells import LARGEST
from promofix_lib.reports.kinds import facts
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.texts import respelled, sku_key
from promofix_lib.say import Told, told

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_TELLING = ("quantity", "item_price", "item_promotion_discount")
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
        found = _pairs(found + 1, codes(other) + 1)
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


def _pairs(left: Numbers, right: Numbers) -> Numbers:
    return pd.factorize(left * (int(right.max(initial=0)) + 1) + right)[0].astype(np.int64)


# -- one row of several ------------------------------------------------------------------------------------------------


def together(rows: pa.Table, slot: Numbers, added: Iterable[str] = ()) -> pa.Table:
    """One row per slot: of each column the first cell that is known, of lists all words.

    Parameters
    ----------
    rows : Table
        Rows that speak of the same thing, and others.
    slot : array of int64
        Which row of the answer each of them belongs to, from 0.
    added : iterable of str
        Columns that are summed up.

    Examples
    --------
    >>> rows = pa.table({"sku": [None, "A", "B"], "quantity": [1, 2, 5], "promotion_ids": [["P"], ["P", "Q"], None]})
    >>> together(rows, np.array([0, 0, 1]), ["quantity"]).to_pylist()[0]
    {'sku': 'A', 'quantity': 3, 'promotion_ids': ['P', 'Q']}
    """
    slots, backwards = int(slot.max(initial=-1)) + 1, np.arange(len(slot))[::-1]

    def cells(name: str) -> Any:
        column = rows[name]
        if name in added:
            groups = pa.table({"slot": slot, name: column}).group_by("slot", use_threads=False)
            total = groups.aggregate([(name, "sum")]).sort_by("slot")[f"{name}_sum"]
            possible = pc.less(pc.abs(total), pa.scalar(LARGEST))
            return pc.cast(pc.if_else(possible, total, None), column.type)
        if pa.types.is_list(column.type):
            return united(column, slot, slots)
        return taken(column, last_known(column, slot, slots, backwards))

    return pa.table({name: cells(name) for name in rows.column_names})


def last_known(cells: pa.ChunkedArray, slot: Numbers, slots: int, ranked: Numbers) -> Numbers:
    """Per slot the last row, as they are ranked, whose cell is known; -1 where none is."""
    ranked = ranked[mask_of(pc.is_valid(cells))[ranked]]
    chosen = np.full(slots, -1, dtype=np.int64)
    chosen[slot[ranked]] = ranked
    return chosen


def shared(rows: pa.Table, slot: Numbers, names: Iterable[str]) -> pa.Table:
    """The rows; what one of them does not know in these columns it takes from the first of its slot that does."""
    slots, place = int(slot.max(initial=-1)) + 1, np.arange(len(slot))
    for name in (name for name in names if name in rows.column_names):
        known = mask_of(pc.is_valid(rows[name]))
        if known.any() and not known.all():
            giver = last_known(rows[name], slot, slots, place[::-1])[slot]
            cells = taken(rows[name], np.where(known, place, giver))
            rows = rows.set_column(rows.column_names.index(name), name, cells)
    return rows


def taken(cells: pa.ChunkedArray, rows: Numbers) -> pa.ChunkedArray:
    """The cells of these rows, none where a number is below 0."""
    return cells.take(pa.array(rows, mask=rows < 0))


def united(lists: pa.ChunkedArray, slot: Numbers, slots: int) -> pa.ListArray:
    """What any row knows of: ids and codes only ever become more."""
    whole = lists.combine_chunks()
    words = pd.DataFrame({"slot": slot[pc.list_parent_indices(whole)], "word": pc.list_flatten(whole).to_pandas()})
    words = words.drop_duplicates().sort_values("slot", kind="stable")
    times = np.bincount(words["slot"], minlength=slots)
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


# -- in several reports ------------------------------------------------------------------------------------------------


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
    sku = codes(respelled(rows["sku"], sku_key))
    sku[has_id] = _first_known(identity[has_id], sku[has_id])
    line = _pairs(order, sku + 1)
    first_rows = pd.Series(identity[has_id]).drop_duplicates().index.to_numpy()
    copy = np.zeros(rows.num_rows, dtype=np.int64)
    copy[~has_id] = _nth(_pairs(line[~has_id], file[~has_id]))
    unique = pd.Series(_nth(line[has_id][first_rows]), index=identity[has_id][first_rows])
    copy[has_id] = unique.reindex(identity[has_id]).to_numpy()
    twins = np.intersect1d(line[has_id & (copy > 0)], line[~has_id])
    if len(twins):
        _pair_twins(rows, np.flatnonzero(np.isin(line, twins)), line, identity, copy, has_id)
    return _pairs(line, copy)


def _first_known(groups: Numbers, codes: Numbers) -> Numbers:
    known = pd.Series(codes).where(codes >= 0)
    return known.groupby(groups).transform("first").fillna(-1).to_numpy().astype(np.int64)


def _nth(groups: Numbers) -> Numbers:
    return pd.Series(groups).groupby(groups, sort=False).cumcount().to_numpy().astype(np.int64)


def _pair_twins(rows: pa.Table, twins: Numbers, line: Numbers, identity: Numbers, copy: Numbers, known: Mask) -> None:
    """Pair items of one SKU, told apart by id here and not there, by what they cost, before by their order."""
    facts_of = zip(*(rows[name].take(pa.array(twins)).to_pylist() for name in _TELLING), strict=True)
    signs = dict(zip(twins.tolist(), facts_of, strict=True))
    for group in pd.Series(twins).groupby(line[twins]).indices.values():
        lines: dict[int, Any] = {}
        items: dict[int, Any] = {}
        for row in twins[group].tolist():
            of_same, number = (items, identity) if known[row] else (lines, copy)
            of_same.setdefault(int(number[row]), signs[row])
        places: dict[int, int] = {}
        for alike in (True, False):
            for item in [one for one in items if one not in places]:
                free = (n for n in range(len(items) + len(lines)) if n not in places.values())
                fits = (n for n in free if not alike or (n in lines and _agree(lines[n], items[item])))
                if (place := next(fits, None)) is not None:
                    places[item] = place
        for row in twins[group][known[twins[group]]].tolist():
            copy[row] = places[int(identity[row])]


def _agree(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=True) if a is not None and b is not None)
