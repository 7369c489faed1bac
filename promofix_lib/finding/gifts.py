"""Free items that are meant: a gift beside a purchase, one line of a basket offer."""

from __future__ import annotations

import numpy as np

from promofix_lib.finding.sales import Ints, Mask, Sales
from promofix_lib.finding.thresholds import Thresholds

_FREE = 0.995  # a discount of this share is "all of it": cents are rounded
_FEW = 3
_FIRST = 5  # so many free items show how an offer was meant


def gift_lines(sales: Sales, thresholds: Thresholds) -> Mask:
    """Free items that stand beside one particular bought SKU, as most free items of that SKU in company do.

    Free items of the same SKU *without* company are not among them: they are how such an offer goes wrong.
    """
    free = sales.sold & (sales.depth >= _FREE)
    gifts = np.zeros(len(free), dtype=np.bool_)
    if not free.any():
        return gifts
    row, partner = _company(sales, free)
    skus, counts = np.unique(sales.sku[free], return_counts=True)
    for sku in skus[counts >= _FEW]:
        mine = sales.sku[row] == sku
        pairs = np.unique(np.c_[partner[mine], row[mine]], axis=0)
        codes, uses = np.unique(pairs[:, 0], return_counts=True)
        often = codes[uses >= 0.5 * len(np.unique(pairs[:, 1]))]
        given = pairs[np.isin(pairs[:, 0], often), 1]
        lines = np.flatnonzero(free & (sales.sku == sku))
        if len(np.unique(given)) >= _FEW and _began_as_gifts(sales, lines, given, thresholds):
            gifts[given] = True
    return gifts


def _began_as_gifts(sales: Sales, lines: Ints, given: Ints, thresholds: Thresholds) -> bool:
    """Whether the first free items had that company: an offer begins as it is meant and goes wrong later."""
    first = lines[np.argsort(sales.time[lines], kind="stable")][:_FIRST]
    return bool(np.isin(first, given).mean() >= thresholds.explained_share)


def _company(sales: Sales, free: Mask) -> tuple[Ints, Ints]:
    """Pairs of a free item's row and the SKU of another item in its order that is not free."""
    given = np.flatnonzero(free & (sales.order >= 0))
    with_free = np.zeros(int(sales.order.max(initial=0)) + 1, dtype=np.bool_)
    with_free[sales.order[given]] = True
    bought = np.flatnonzero(~free & (sales.order >= 0))  # a bought item counts although it was cancelled later
    bought = bought[with_free[sales.order[bought]]]
    bought = bought[np.argsort(sales.order[bought], kind="stable")]
    first = np.searchsorted(sales.order[bought], sales.order[given])
    count = np.searchsorted(sales.order[bought], sales.order[given], side="right") - first
    row = np.repeat(given, count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    partner = sales.sku[bought[place]]
    other = partner != sales.sku[row]
    return row[other], partner[other]


def basket_lines(sales: Sales, deep: Mask, thresholds: Thresholds) -> Mask:
    """Deep lines of a basket offer ("3 for 2") in orders that cost at least half of their list prices as a whole.

    A promotion is such an offer when its first deep lines were meant so; orders in which it later gives everything
    away are how it goes wrong.
    """
    uses = sales.promotions
    mine = deep[uses.rows]
    rows, ids = uses.rows[mine], uses.ids[mine]
    meant = np.zeros(len(deep), dtype=np.bool_)
    fair = _in_fair_order(sales, deep)
    for one in np.unique(ids[fair[rows]]):
        lines = rows[ids == one]
        lines = lines[np.argsort(sales.time[lines], kind="stable")]
        if len(lines) >= _FEW and fair[lines[:_FIRST]].mean() >= thresholds.explained_share:
            meant[lines[fair[lines]]] = True
    return meant


def _in_fair_order(sales: Sales, deep: Mask) -> Mask:
    """Order items whose order holds a line that is not deep, and costs at least half of its list prices."""
    counted = sales.sold & (sales.order >= 0)
    code = np.where(sales.order >= 0, sales.order, 0)
    size = int(sales.order.max(initial=0)) + 1
    listed = np.bincount(code[counted], weights=sales.listed[counted], minlength=size)
    paid = np.bincount(code[counted], weights=sales.paid[counted], minlength=size)
    paid_line = np.bincount(code[counted & ~deep], minlength=size) > 0
    return ((paid >= 0.5 * listed * 0.999) & paid_line)[code] & counted
