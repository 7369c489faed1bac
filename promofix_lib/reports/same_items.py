"""Which rows of several reports speak of the same order item."""

from __future__ import annotations

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
    return pd.factorize(_pairs(line, copy))[0].astype(np.int64)


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
