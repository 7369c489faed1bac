"""Which rows of several reports speak of the same order item."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Numbers = npt.NDArray[np.int64]


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
    order, item, file = (codes(rows[name]) for name in ("order_id", "order_item_id", "source_file"))
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


def _twins(line: Numbers, copy: Numbers, has_id: npt.NDArray[np.bool_]) -> Numbers:
    """Groups of one order and SKU with several items that one report tells apart by id and another does not."""
    several = np.zeros(int(line.max()) + 1 if len(line) else 0, dtype=bool)
    several[line[has_id & (copy > 0)]] = True
    anonymous = np.zeros_like(several)
    anonymous[line[~has_id]] = True
    return np.flatnonzero(several & anonymous)


def _pair_twins(
    rows: pa.Table, twins: Numbers, line: Numbers, identity: Numbers, copy: Numbers, has_id: npt.NDArray[np.bool_]
) -> None:
    """Pair items of one SKU by quantity and amounts where these tell, not only by their order in the files."""
    members = np.flatnonzero(np.isin(line, twins))
    names = [name for name in ("quantity", "item_price", "item_promotion_discount") if name in rows.column_names]
    if not names:
        return
    facts = rows.select(names).take(pa.array(members)).to_pylist()
    signs = {row: tuple(cells.values()) for row, cells in zip(members.tolist(), facts, strict=True)}
    groups: dict[int, list[int]] = {}
    for row in members.tolist():
        groups.setdefault(int(line[row]), []).append(row)
    for group in groups.values():
        _pair(group, signs, identity, copy, has_id)


def _pair(
    group: list[int],
    signs: dict[int, tuple[Any, ...]],
    identity: Numbers,
    copy: Numbers,
    has_id: npt.NDArray[np.bool_],
) -> None:
    free = {int(copy[row]): signs[row] for row in reversed(group) if not has_id[row]}
    items = {int(identity[row]): signs[row] for row in reversed(group) if has_id[row]}
    order = [int(identity[row]) for row in group if has_id[row]]
    places: dict[int, int] = {}
    for item in dict.fromkeys(order):
        place = next((n for n in sorted(free) if _agree(free[n], items[item])), None)
        if place is not None:
            places[item] = place
            del free[place]
    rest = iter(n for n in range(len(items) + len(free)) if n not in places.values())
    for item in dict.fromkeys(order):
        places[item] = places[item] if item in places else next(rest)
    for row in group:
        if has_id[row]:
            copy[row] = places[int(identity[row])]


def _agree(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=True) if a is not None and b is not None)


def codes(column: pa.ChunkedArray) -> Numbers:
    """A number per distinct text, -1 for a missing one."""
    return pd.factorize(pd.array(column, dtype=pd.ArrowDtype(pa.string())))[0].astype(np.int64)


def _pairs(left: Numbers, right: Numbers) -> Numbers:
    if not len(left):
        return left
    return pd.factorize(left * (int(right.max()) + 1) + right)[0].astype(np.int64)


def _nth(groups: Numbers) -> Numbers:
    return pd.Series(groups).groupby(groups, sort=False).cumcount().to_numpy().astype(np.int64)


def _first_known(groups: Numbers, codes: Numbers) -> Numbers:
    known = pd.Series(codes).where(codes >= 0)
    return known.groupby(groups).transform("first").fillna(-1).to_numpy().astype(np.int64)
