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
    for sku in np.unique(sales.sku[row]):
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
    orders = np.unique(sales.order[free & (sales.order >= 0)])
    rows = np.flatnonzero(np.isin(sales.order, orders))  # a bought item counts although it was cancelled later
    rows = rows[np.argsort(sales.order[rows], kind="stable")]
    pairs_row: list[int] = []
    pairs_sku: list[int] = []
    for part in np.split(rows, np.flatnonzero(np.diff(sales.order[rows])) + 1):
        bought = part[~free[part]]
        for row in part[free[part]] if len(bought) else ():
            others = {int(sku) for sku in sales.sku[bought] if sku != sales.sku[row]}
            pairs_row += [int(row)] * len(others)
            pairs_sku += list(others)
    return np.array(pairs_row, dtype=np.int64), np.array(pairs_sku, dtype=np.int64)


def basket_ids(sales: Sales, deep: Mask, thresholds: Thresholds) -> Ints:
    """Promotion ids that take one line of a basket off ("3 for 2"): the order as a whole is at most half off.

    At least 95 % of their deep lines, and three or more, share the order with a line that is paid.
    """
    uses = sales.promotions
    mine = deep[uses.rows]
    rows, ids = uses.rows[mine], uses.ids[mine]
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    meant = _in_fair_order(sales, deep)[rows]
    counts = np.bincount(ids, minlength=len(uses.names))
    fair = np.bincount(ids, weights=meant, minlength=len(uses.names))
    return np.flatnonzero((counts >= _FEW) & (fair >= thresholds.explained_share * counts)).astype(np.int64)


def _in_fair_order(sales: Sales, deep: Mask) -> Mask:
    """Order items whose order holds a line that is not deep, and costs at least half of its list prices."""
    counted = sales.sold & (sales.order >= 0)
    code = np.where(sales.order >= 0, sales.order, 0)
    size = int(sales.order.max(initial=0)) + 1
    listed = np.bincount(code[counted], weights=sales.listed[counted], minlength=size)
    paid = np.bincount(code[counted], weights=sales.paid[counted], minlength=size)
    paid_line = np.bincount(code[counted & ~deep], minlength=size) > 0
    return ((paid >= 0.5 * listed * 0.999) & paid_line)[code] & counted
