"""Which sales are too cheap: by their list price, by their promotions, or by both together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from promofix_lib.finding.baselines import MANY, References, upper_medians
from promofix_lib.finding.sales import DAY, Codes, Ints, Mask, Sales, marked
from promofix_lib.money import NormalPrice


class Suspects:
    """Order items that cost less than half of what they should, before anyone asks whether that was meant.

    Masks: too cheap `by_promotion`, `by_price` (the list price), `any` of both; `meant`: gifts and parts of a basket
    offer; `shallow_…`: cheap, but not cheap enough. `usual_list` and `usual_net` say what an item should cost
    (logarithms, NaN: unknown), `named` which of the prices that the seller has `given` is for it (-1: none).
    """

    def __init__(self, sales: Sales, given: Sequence[NormalPrice]) -> None:
        known, limits = References(sales, given), sales.thresholds
        self.usual_list, self.usual_net = known.list_price, known.net_price
        self.given, self.named = given, known.named
        half, near = np.log([limits.deep_share - limits.rounding, limits.planned_share])
        with np.errstate(invalid="ignore"):
            drop, net_drop = sales.list_price - known.list_price, sales.net_price - known.net_price
            planned = net_drop >= near
            own = sales.sold & (drop <= -limits.few * known.spread) & ~known.decided
            by_price = own & (drop < half) & ~planned
            printed = sales.sold & sales.depth_known & ~planned
            deep = printed & (sales.depth > 1 - limits.deep_share + limits.rounding)
            both = sales.sold & (net_drop < half) & (drop <= near + limits.rounding)
            both &= (sales.depth >= limits.step) & ~deep & ~by_price & ~known.decided
        deep |= _consistent(sales, both, known.judged) | _edited(sales)
        self.meant = meant_lines(sales, deep)
        self.by_promotion, self.by_price = deep & ~self.meant, by_price & ~self.meant
        self.any = self.by_promotion | self.by_price
        rest = ~(self.any | self.meant)
        self.shallow_promotion = rest & printed & (sales.depth > 1 - limits.planned_share)
        self.shallow_price = rest & own & (drop < near) & (sales.depth == 0)


def _consistent(sales: Sales, both: Mask, judged: Mask) -> Mask:
    """Items too cheap by list price and promotion together, where one id explains: it made most of its uses so.

    Items of SKUs without history abstain; they follow the others.
    """
    limits, uses = sales.thresholds, sales.promotions
    answer = np.zeros(len(both), dtype=np.bool_)
    for promotion in np.unique(uses.ids[both[uses.rows] & sales.gives[uses.ids]]):
        mine = sales.carrying(int(promotion))
        mine = mine[sales.depth_known[mine]]
        hits = mine[both[mine]]
        mine = mine[(sales.time[mine] >= sales.time[hits].min()) & (sales.time[mine] <= sales.time[hits].max())]
        if len(hits) >= limits.few and len(hits) >= limits.most * judged[mine].sum():
            answer[hits] = True
            answer[mine[~judged[mine] & (sales.depth[mine] >= limits.step)]] = True
    return answer


def _edited(sales: Sales) -> Mask:
    """Uses of a promotion id that take far more off than the id takes on most of its days."""
    limits, uses = sales.thresholds, sales.promotions
    known = sales.depth_known[uses.rows] & sales.gives[uses.ids]
    rows, ids = uses.rows[known], uses.ids[known]
    days, depths = upper_medians(ids * MANY + sales.time[rows] // DAY, -sales.depth[rows])
    names, usual = upper_medians(days // MANY, depths)
    few = np.bincount(days // MANY, minlength=len(uses.names))[names] < limits.few
    most = np.full(len(uses.names), np.inf)
    most[names] = np.where(few, np.inf, limits.step - usual)
    return marked(rows[sales.depth[rows] >= most[ids]], len(sales.sold))


def meant_lines(sales: Sales, deep: Mask) -> Mask:
    """Deep lines that were meant beside a purchase: a free item with one SKU, a line of a basket offer ("3 for 2").

    An offer begins as it is meant and goes wrong later: the first lines of the promotion, or the first free items of
    the SKU, are beside a purchase. Later ones that are not are no part of the answer: they are how it goes wrong.
    """
    limits, uses = sales.thresholds, sales.promotions
    meant = np.zeros(len(deep), dtype=np.bool_)

    def keep(rows: Ints, keys: Ints | Codes, beside: Mask) -> None:
        for one in np.unique(keys[beside[rows]]):
            lines = rows[keys == one]
            lines = lines[np.argsort(sales.time[lines], kind="stable")]
            if beside[lines[: limits.few]].mean() >= limits.most:
                meant[lines[beside[lines]]] = True

    free = np.flatnonzero(sales.sold & (sales.depth >= 1 - limits.rounding))
    keep(free, sales.sku[free], _with_companion(sales, free))
    rest = deep & ~meant
    deep_uses = np.bincount(uses.ids[rest[uses.rows]], minlength=len(uses.names))
    offers = (deep_uses > 0) & (np.bincount(uses.ids, minlength=len(uses.names)) >= limits.least_orders)
    to_come = sales.sold & ~sales.depth_known  # in the first hours few discounts are printed
    used = (rest | to_come)[uses.rows] & offers[uses.ids]
    rest[uses.rows[used]] = True
    keep(uses.rows[used], uses.ids[used], _in_fair_order(sales, rest))
    return meant


def _with_companion(sales: Sales, free: Ints) -> Mask:
    """Free items that stand beside one particular bought SKU, as most of the first ones in company do."""
    bought = np.isin(sales.order, sales.order[free]) & (sales.order >= 0)  # also where it was cancelled later
    bought[free] = False
    if not bought.any():
        return bought
    gifts = pd.DataFrame({"order": sales.order[free], "sku": sales.sku[free], "row": free, "time": sales.time[free]})
    beside = np.flatnonzero(bought)
    pairs = gifts.merge(pd.DataFrame({"order": sales.order[beside], "other": sales.sku[beside]}), on="order")
    pairs = pairs[pairs["sku"] != pairs["other"]]
    pairs, keys = pairs.sort_values(["time", "row"], kind="stable"), ["sku", "other"]
    early = pairs.groupby("sku")["row"].transform(lambda rows: pd.factorize(rows)[0]) < sales.thresholds.few
    counts = pairs[early].groupby(keys)["row"].nunique()
    usual = counts[counts.ge(sales.thresholds.most * pairs[early].groupby("sku")["row"].nunique(), level="sku")]
    return marked(pairs["row"][pd.MultiIndex.from_frame(pairs[keys]).isin(usual.index)], len(sales.sold))


def _in_fair_order(sales: Sales, deep: Mask) -> Mask:
    """Order items beside a deep one whose order holds a line that is not, and costs at least half its list prices."""
    counted = sales.sold & (sales.order >= 0)
    asked = marked(sales.order[counted & deep], int(sales.order.max(initial=0)) + 1)
    rows = np.flatnonzero(counted & asked[sales.order])
    code = np.unique(sales.order[rows], return_inverse=True)[1]
    paid = np.where(deep & ~sales.depth_known, 0, sales.paid)  # a discount to come may be the whole price
    listed, paid, bought = (np.bincount(code, weights=of[rows]) for of in (sales.listed, paid, ~deep))
    least = sales.thresholds.deep_share - sales.thresholds.rounding
    return marked(rows[((paid >= least * listed) & (bought > 0))[code]], len(deep))
