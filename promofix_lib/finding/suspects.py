"""Which sales are too cheap: by their list price, by their promotions, or by both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from promofix_lib.finding.baselines import given_rows, references, upper_medians
from promofix_lib.finding.sales import DAY, Floats, Ints, Mask, Sales
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import NormalPrice


@dataclass(frozen=True)
class Suspects:
    """Per order item: too cheap by its promotions, by its list price; what it should cost (logarithms, NaN: unknown).

    `gives` says per promotion id whether it gives a discount on items (shipping and financing ids do not), `meant`
    which items are gifts or part of a basket offer, `borrowed` whose usual price is that of a sibling, `shallow_…`
    which are cheap, but not so cheap that they are suspects.
    """

    by_promotion: Mask
    by_price: Mask
    usual_list: Floats
    usual_net: Floats
    gives: Mask
    meant: Mask
    borrowed: Mask
    shallow_promotion: Mask
    shallow_price: Mask

    @cached_property
    def any(self) -> Mask:
        """Too cheap, however."""
        return self.by_promotion | self.by_price


def find_suspects(sales: Sales, given: Sequence[NormalPrice], thresholds: Thresholds) -> Suspects:
    """Order items that cost less than half of what they should, before anyone asks whether that was meant."""
    rows = worth_judging(sales, given, thresholds)
    known = references(sales, rows, given, thresholds)
    count = len(sales.sold)
    usual_list, usual_net, near_net = (
        _spread_out(count, rows, values) for values in (known.list_price, known.net_price, known.near_net)
    )
    half = np.log(thresholds.deep_share - thresholds.rounding)
    drop = sales.list_price[rows] - known.list_price
    cheap = (drop < half) & (drop <= -thresholds.few * known.spread) & ~known.decided
    with np.errstate(invalid="ignore"):
        cheap &= ~(sales.net_price[rows] - known.net_price >= np.log(thresholds.planned_share))
    by_price = np.zeros(count, dtype=np.bool_)
    by_price[rows[cheap]] = True
    judged, borrowed = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    judged[rows], borrowed[rows] = known.judged, known.borrowed
    gives = sales.gives
    with np.errstate(invalid="ignore"):
        net_drop = sales.net_price - usual_net
        far = ~(net_drop >= np.log(thresholds.planned_share))
        deep = sales.sold & sales.depth_known & (sales.depth > 1 - thresholds.deep_share + thresholds.rounding) & far
        both = sales.sold & (sales.net_price - near_net < half) & (sales.depth >= thresholds.promotion_part)
        both &= sales.list_price - usual_list < np.log(1 - thresholds.promotion_part)
    deep |= _consistent(sales, both & ~deep & ~by_price, judged, gives, thresholds)
    deep |= _edited(sales, gives, thresholds)
    meant = gift_lines(sales, thresholds)
    meant |= basket_lines(sales, deep & ~meant, thresholds)
    near = np.log(thresholds.planned_share)
    shallow_price = np.zeros(count, dtype=np.bool_)
    shallow_price[rows[(drop < near) & ~cheap & ~known.decided & (drop <= -thresholds.few * known.spread)]] = True
    _add_shallow_groups(sales, rows, usual_list, usual_net, shallow_price, near)
    with np.errstate(invalid="ignore"):
        shallow = sales.sold & sales.depth_known & (sales.depth > 1 - thresholds.planned_share) & ~(net_drop >= near)
    return Suspects(
        by_promotion=deep & ~meant,
        by_price=by_price & ~meant,
        usual_list=usual_list,
        usual_net=usual_net,
        gives=gives,
        meant=meant,
        borrowed=borrowed,
        shallow_promotion=shallow & ~deep & ~by_price & ~meant,
        shallow_price=shallow_price & ~deep & ~meant & (sales.depth == 0),
    )


def _add_shallow_groups(
    sales: Sales, judged: Ints, usual_list: Floats, usual_net: Floats, shallow: Mask, near: float
) -> None:
    """For groups too level for a suspect a plain median tells what is worth a look."""
    rest = sales.sold.copy()
    rest[judged] = False
    rows = np.flatnonzero(rest)
    groups, middles = upper_medians(sales.group[rows], sales.list_price[rows])
    middle = np.full(int(sales.group.max(initial=-1)) + 1, np.nan)
    middle[groups] = middles
    rows = rows[sales.list_price[rows] - middle[sales.group[rows]] < near]
    shallow[rows] = True
    usual_list[rows] = usual_net[rows] = middle[sales.group[rows]]


def worth_judging(sales: Sales, given: Sequence[NormalPrice], thresholds: Thresholds) -> Ints:
    """All sales of the groups in which something costs less than half of something else; all where siblings speak.

    A price that never falls below half of the highest one can not be too cheap, so most groups need no reference.
    """
    rows = np.flatnonzero(sales.sold)
    groups = int(sales.group.max(initial=-1)) + 1
    high, low = np.full(groups, -np.inf), np.full(groups, np.inf)
    np.maximum.at(high, sales.group[rows], sales.list_price[rows])
    np.minimum.at(low, sales.group[rows], sales.net_price[rows])
    wide = low - high < np.log(thresholds.deep_share)
    for normal in given:
        wide[sales.group[rows[given_rows(sales, rows, normal)]]] = True
    if _siblings_speak(sales, rows, groups, thresholds):
        return rows
    return rows[wide[sales.group[rows]]]


def _siblings_speak(sales: Sales, rows: Ints, groups: int, thresholds: Thresholds) -> bool:
    """Whether a group without history has the same SKU elsewhere, or the same ASIN under another SKU."""
    first, last = np.full(groups, np.iinfo(np.int64).max), np.full(groups, np.iinfo(np.int64).min)
    np.minimum.at(first, sales.group[rows], sales.time[rows])
    np.maximum.at(last, sales.group[rows], sales.time[rows])
    member = np.zeros(groups, dtype=np.int64)
    member[sales.group[rows]] = rows
    seen = np.flatnonzero(last >= first)
    young = seen[last[seen] - first[seen] < thresholds.decided_days * DAY]
    for codes in (sales.sku[member], sales.asin[member]):
        homes = np.bincount(codes[seen][codes[seen] >= 0], minlength=int(codes.max(initial=0)) + 1)
        mine = codes[young]
        if (homes[mine[mine >= 0]] > 1).any():
            return True
    return False


def _spread_out(count: int, rows: Ints, values: Floats) -> Floats:
    full = np.full(count, np.nan)
    full[rows] = values
    return full


def _consistent(sales: Sales, both: Mask, judged: Mask, gives: Mask, thresholds: Thresholds) -> Mask:
    """Items too cheap by list price and promotion together, where one id explains: it made most of its uses so.

    Items of SKUs without history abstain; they follow the others.
    """
    answer = np.zeros(len(both), dtype=np.bool_)
    uses = sales.promotions
    wanted = both[uses.rows] & gives[uses.ids]
    for promotion in np.unique(uses.ids[wanted]):
        mine = uses.rows[uses.ids == promotion]
        mine = mine[sales.depth_known[mine]]
        hits = mine[both[mine]]
        mine = mine[(sales.time[mine] >= sales.time[hits].min()) & (sales.time[mine] <= sales.time[hits].max())]
        if len(hits) >= thresholds.few and len(hits) >= thresholds.most * judged[mine].sum():
            answer[hits] = True
            answer[mine[~judged[mine] & (sales.depth[mine] >= thresholds.promotion_part)]] = True
    return answer


def _edited(sales: Sales, gives: Mask, thresholds: Thresholds) -> Mask:
    """The deep side of every promotion id whose discount jumped up at one moment."""
    answer = np.zeros(len(sales.sold), dtype=np.bool_)
    for promotion in _uneven_ids(sales, gives, thresholds):
        uses = sales.promotions
        rows = uses.rows[uses.ids == promotion]
        rows = rows[sales.depth_known[rows]]
        rows = rows[np.argsort(sales.time[rows], kind="stable")]
        answer[rows[_deep_side(sales.depth[rows], thresholds)]] = True
    return answer


def _uneven_ids(sales: Sales, gives: Mask, thresholds: Thresholds) -> Ints:
    uses = sales.promotions
    known = sales.depth_known[uses.rows] & gives[uses.ids]
    low, high = np.full(len(gives), np.inf), np.full(len(gives), -np.inf)
    np.minimum.at(low, uses.ids[known], sales.depth[uses.rows[known]])
    np.maximum.at(high, uses.ids[known], sales.depth[uses.rows[known]])
    count = np.bincount(uses.ids[known], minlength=len(gives))
    uneven = (count >= thresholds.few) & (high - low >= thresholds.promotion_part)
    return np.flatnonzero(uneven).astype(np.int64)


def _deep_side(depth: Floats, thresholds: Thresholds) -> Mask:
    """The later, deeper side of the best single split (likelihood ratio for a shift of the mean), if it is one."""
    count = len(depth)
    before = np.arange(1, count)
    total = np.cumsum(depth)
    gap = (total[-1] - total[:-1]) / (count - before) - total[:-1] / before
    split = int(np.argmax(before * (count - before) / count * gap**2)) + 1
    low, high = float(np.median(depth[:split])), float(np.median(depth[split:]))
    middle = (low + high) / 2
    clean = (depth[:split] < middle).mean() >= thresholds.most and (depth[split:] > middle).mean() >= thresholds.most
    if not (clean and high - low >= thresholds.promotion_part):
        return np.zeros(count, dtype=np.bool_)
    return (np.arange(count) >= split) & (depth > middle)


# -- what is meant: a gift beside a purchase, one line of a basket offer ----------------------------------------------


def gift_lines(sales: Sales, thresholds: Thresholds) -> Mask:
    """Free items that stand beside one particular bought SKU, as most free items of that SKU in company do.

    Free items of the same SKU *without* company are not among them: they are how such an offer goes wrong.
    """
    free = sales.sold & (sales.depth >= 1 - thresholds.rounding)
    gifts = np.zeros(len(free), dtype=np.bool_)
    if not free.any():
        return gifts
    row, partner = _company(sales, free)
    skus, counts = np.unique(sales.sku[free], return_counts=True)
    for sku in skus[counts >= thresholds.few]:
        mine = sales.sku[row] == sku
        pairs = np.unique(np.c_[partner[mine], row[mine]], axis=0)
        codes, uses = np.unique(pairs[:, 0], return_counts=True)
        often = codes[uses >= 0.5 * len(np.unique(pairs[:, 1]))]
        given = pairs[np.isin(pairs[:, 0], often), 1]
        lines = np.flatnonzero(free & (sales.sku == sku))
        if len(np.unique(given)) >= thresholds.few and _began_as_gifts(sales, lines, given, thresholds):
            gifts[given] = True
    return gifts


def _began_as_gifts(sales: Sales, lines: Ints, given: Ints, thresholds: Thresholds) -> bool:
    """Whether the first free items had that company: an offer begins as it is meant and goes wrong later."""
    first = lines[np.argsort(sales.time[lines], kind="stable")][: thresholds.few]
    return bool(np.isin(first, given).mean() >= thresholds.most)


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
        if len(lines) >= thresholds.few and fair[lines[: thresholds.few]].mean() >= thresholds.most:
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
