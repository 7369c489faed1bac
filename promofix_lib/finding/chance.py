"""How many runs of cheap orders like this one the shop's own life lets expect: the one measure of what is a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np

from promofix_lib.finding.sales import DAY, Floats, Ints, Mask, Rows, Sales, marked, middle
from promofix_lib.finding.suspects import Suspects
from promofix_lib.marketplaces import PER_DOLLAR
from promofix_lib.say import Told, told

_NO_ROWS = np.empty(0, dtype=np.int64)


class _Cheap:
    """Orders far below their price, one entry per cause and order by its deepest line, sorted by cause and time.

    Entries of a `run` are of one cause and no further than a day apart. `order` numbers the orders among them.
    """

    def __init__(self, sales: Sales, share: Floats, rows: Ints, keys: Ints) -> None:
        order = sales.orders_of(rows)
        place = np.lexsort((-share[rows], order, sales.time[rows], keys))
        rows, keys, order = rows[place], keys[place], order[place]
        new = np.r_[True, (np.diff(keys) != 0) | (np.diff(order) != 0)][: len(rows)]
        self.row, self.key, order = rows[new], keys[new], order[new]
        self.order = np.unique(order, return_inverse=True)[1]
        self.sku, self.time, self.depth = sales.sku[self.row], sales.time[self.row], share[self.row]
        apart = np.r_[False, (np.diff(self.key) != 0) | (np.diff(self.time) > DAY)][: len(self.row)]
        self.run: Ints = np.cumsum(apart)
        self._of_cause, self._of_order = (Rows(of, np.arange(len(self.row))) for of in (self.key, order))

    @cached_property
    def by_time(self) -> Ints:
        """The entries by time."""
        return np.argsort(self.time, kind="stable")

    @cached_property
    def by_sku(self) -> Ints:
        """The entries by cause, SKU and time."""
        return np.lexsort((self.time, self.sku, self.key))

    def by_cause(self, keys: Any) -> Mask:
        """Which entries are of these causes."""
        return marked(self._of_cause(keys), len(self.row))

    def of(self, orders: Ints) -> Mask:
        """Which entries are of these orders."""
        return marked(self._of_order(orders), len(self.row))


@dataclass(frozen=True)
class Candidate:
    """One cause in one window: the promotion ids (none: the price itself) and the affected rows, sorted by time.

    Several ids are guilty `together`, or one of them stands on each row (codes for one use each). Once it is judged:
    how many like it the shop's own life would bring, and why it is no incident (None: it is one).
    """

    ids: tuple[int, ...]
    rows: Ints
    together: bool = True
    expected: float = np.inf
    why_not: Told | None = None

    def pooled(self, sales: Sales) -> bool:
        """Whether several causes make it up: codes for one use each, wrong prices of several SKUs."""
        if self.ids:
            return len(self.ids) > 1 and not self.together
        return len(np.unique(sales.group[self.rows])) > 1


class Chance:
    """The shop's own variation: how often its orders are so cheap, and how soon one such order follows another."""

    def __init__(self, sales: Sales, suspects: Suspects) -> None:
        self.sales, self.suspects, self.limits = sales, suspects, sales.thresholds
        with np.errstate(invalid="ignore", over="ignore"):
            below = 1 - np.exp(sales.net_price - suspects.usual_net)
        self.share = np.fmax(below, sales.depth)  # below the usual price; the printed discount where none is known
        least = 1 - self.limits.deep_share - self.limits.level / 2
        known = sales.sold & sales.depth_known & (self.share >= least)
        uses = sales.promotions
        given = known[uses.rows] & sales.gives[uses.ids] & (sales.depth[uses.rows] > 0)
        plain = np.flatnonzero(known & (sales.depth == 0))
        self._promoted = _Cheap(sales, self.share, uses.rows[given], uses.ids[given])
        self._priced = _Cheap(sales, self.share, plain, sales.group[plain])

    def depth(self, rows: Ints) -> float:
        """Median share of the usual price that the rows are below."""
        told = rows[self.suspects.any[rows]]
        values = self.share[told if len(told) else rows]
        values = values[np.isfinite(values)]
        return middle(values) if len(values) else 0.0

    def is_extreme(self, depth: float) -> bool:
        """Whether it is so deep that no seller decides it and no shop lives by it."""
        return depth > 1 - self.limits.never_decided_share + self.limits.rounding

    def expected(self, one: Candidate, excluded: Sequence[Candidate] = (), meant: Sequence[Candidate] = ()) -> float:
        """How many runs as deep and as dense as this one the rest of the report lets expect in such a report.

        What is excluded is no part of the life that the rest tells of; what was meant is, however large.

        A run begins as often as the shop's others did, and goes on with the chance that in those a cheap order was
        followed so soon by the next; each order that did follow makes a further one likelier (Pólya's urn), because
        what is cheap is cheap for a while.

        References
        ----------
        Eggenberger and Pólya, "Über die Statistik verketteter Vorgänge", ZAMM 3 (1923).
        """
        sales, limits, rows = self.sales, self.limits, one.rows
        own, first = np.unique(sales.orders_of(rows), return_index=True)
        if len(own) < max(limits.least_orders, 2):
            return self._hoard(one) if len(own) == 1 else np.inf
        gaps = np.sort(np.diff(np.sort(sales.time[rows[first]])))
        gap = float(gaps[ceil(limits.most * (len(gaps) - 1))])  # most of the gaps are no longer
        cheap, depth = self._promoted if one.ids else self._priced, self.depth(rows)
        other = ~cheap.of(np.concatenate([own, *(sales.orders_of(it.rows) for it in excluded)]))
        if sales.business[rows].all():
            other &= sales.business[cheap.row]
        mine = cheap.by_cause(one.ids or np.unique(sales.group[rows]))
        if new := self.is_extreme(depth) and self.habit(one, rows) <= limits.expected:
            other &= ~mine if one.ids else True  # what is no habit is no life: its other uses are the same mistake
        same = other & mine & (cheap.depth > 1 - limits.deep_share + limits.rounding)
        other &= cheap.depth >= depth - limits.level / 2
        pooled = one.pooled(sales)
        if not pooled:
            intended = cheap.of(np.concatenate([own[:0], *(sales.orders_of(it.rows) for it in meant)]))
            other = self._without_largest(cheap, other, mine, intended)
        # a run on one SKU is compared with runs on one SKU
        narrow = not pooled and limits.least_orders * len(np.unique(sales.sku[rows])) <= len(own)
        place = cheap.by_time if pooled else cheap.by_sku if narrow else np.arange(len(other))
        place = place[other[place]]
        followed = np.diff(cheap.time[place]) <= gap
        if pooled:
            followed &= np.diff(cheap.order[place]) != 0
            count = rate = int(np.count_nonzero(np.bincount(cheap.order[place])))
        else:
            followed &= np.diff(cheap.key[place]) == 0
            count, rate = len(place), int(same.sum())
        if narrow:
            followed &= np.diff(cheap.sku[place]) == 0
            rate = int(np.isin(cheap.sku[same], sales.sku[rows]).sum())
        # of a few made-up orders one is followed, as often as what is left of the price: a shop without is no proof
        left = max(1 - depth, limits.rounding)
        follow = (left + int(followed.sum())) / (limits.few + count)
        follow = min(follow, left) if new else follow  # nobody goes on and on like that
        follow = max(follow, float(1 - np.exp(-gap * rate / sales.span)))
        before = np.arange(len(gaps))
        steps = (limits.few * follow + before) / (limits.few + before)
        runs = np.count_nonzero(np.diff(cheap.run[other], prepend=-1))
        return float((1 + runs) * np.prod(steps))

    def _without_largest(self, cheap: _Cheap, other: Mask, mine: Mask, meant: Mask) -> Mask:
        """One other mistake may be in the report: the largest other run is no witness of the shop's life.

        Unless it was meant, or is one of many days by the same cause.
        """
        own = other & mine
        lasting = own.any() and np.ptp(cheap.time[own]) >= self.limits.decided_days * DAY
        sizes = np.bincount(cheap.run[other & ~meant & ~(own & lasting)], minlength=1)
        if sizes.max() < 2:
            return other
        return other & ~cheap.of(self.sales.orders_of(cheap.row[cheap.run == np.argmax(sizes)]))

    def habit(self, one: Candidate, but: Ints = _NO_ROWS) -> float:
        """`silences` before the uses of these promotions that are as deep, where they go on for so many days."""
        sales, limits = self.sales, self.limits
        rows = np.unique(sales.carrying(one.ids))
        shallow = sales.depth_known & (self.share < self.depth(one.rows) - limits.level / 2)
        rows = rows[sales.dated[rows] & ~shallow[rows]]
        time = sales.time[rows[~np.isin(sales.orders_of(rows), sales.orders_of(but))]]
        return self.silences(rows) if len(time) and np.ptp(time) >= limits.habit_days * DAY else 0.0

    def silences(self, rows: Ints) -> float:
        """Silences as long as the one before its first use that a code in use all the time brings.

        A habit was there when the report began; what began in it is new, however long it lasts. As often as a part
        (of most reports: a day) of its life passed without a use (the rule of succession), so often does each of a
        silence.

        References
        ----------
        Laplace, "Essai philosophique sur les probabilités" (1814).
        """
        sales = self.sales
        used = np.unique((sales.time[rows] - sales.begin) // sales.block)
        before, last = np.searchsorted(self._parts, used[[0, -1]])
        life = last - before + 1
        return float(len(used) * ((1 + life - len(used)) / (2 + life)) ** before)

    @cached_property
    def _parts(self) -> Ints:
        """Parts of the report in which the shop sold something."""
        return np.unique((self.sales.time[self.sales.sold] - self.sales.begin) // self.sales.block)

    def lost(self, rows: Ints) -> float:
        """Roughly what these rows cost, in dollars, to show the dearest near misses first."""
        share = np.nan_to_num(self.share[rows]).clip(0, 1 - self.limits.rounding)
        rates = np.array([PER_DOLLAR.get(name, 1) for name in self.sales.currency_names])[self.sales.currency[rows]]
        return float(np.nansum(self.sales.paid[rows] * share / (1 - share) / rates))

    def planned(self, one: Candidate, expected: float) -> Told | None:
        """Why a seller may have planned it, or None: nobody plans such a thing.

        A code in use on a few days, since the report began, is a standing one until a longer report, or the seller,
        tells. Otherwise no seller plans what is so deep that nobody decides it (at four fifths: and twice as unlikely
        as an incident must be), nor what only several things together made (two promotions, a price and a promotion),
        nor a promotion that took far less off elsewhere, nor a stock that is leaving: in a day three times the normal
        orders of these SKUs in all. The rest, half to four fifths off for the first time, may be meant.
        """
        limits, depth = self.limits, self.depth(one.rows)
        fifth = depth >= 1 - limits.never_decided_share - limits.rounding and 2 * expected <= limits.expected
        days = np.unique((self.sales.time[one.rows] - self.sales.begin) // DAY)
        if one.ids and len(days) >= limits.few and self.silences(one.rows) > limits.expected:
            return told("finding.why_standing")
        if fifth or self.is_extreme(depth) or len(one.ids) > 1 or self._only_together(one.rows):
            return None
        return None if self._was_less(one, depth) or self._stock_leaves(one.rows) else told("finding.why_planned")

    def _only_together(self, rows: Ints) -> bool:
        sales, limits, usual = self.sales, self.limits, self.suspects.usual_list
        rows, deep = rows[self.suspects.any[rows]], 1 - limits.deep_share + limits.rounding
        with np.errstate(invalid="ignore"):
            alone = (sales.depth[rows] > deep) | (1 - np.exp(sales.list_price[rows] - usual[rows]) > deep)
        return len(rows) > 0 and bool(alone.mean() <= 1 - limits.most)

    def _was_less(self, one: Candidate, depth: float) -> bool:
        sales, limits = self.sales, self.limits
        other = sales.carrying(one.ids)
        other = other[sales.depth_known[other] & ~np.isin(other, one.rows)]
        return len(other) >= limits.few and bool(np.median(sales.depth[other]) <= depth - limits.step)

    def _stock_leaves(self, rows: Ints) -> bool:
        sales, limits = self.sales, self.limits
        fair = sales.sold_in(np.unique(sales.group[rows]))
        least = max(limits.hoard_units, limits.few * sales.count(fair[~self.suspects.any[fair]]))
        return bool(np.ptp(sales.time[rows]) <= DAY and sales.count(rows) >= least)

    @cached_property
    def _normal_units(self) -> Ints:
        """Units of each normal order."""
        rows = np.flatnonzero(self.sales.sold & ~self.suspects.any)
        order = np.unique(self.sales.orders_of(rows), return_inverse=True)[1]
        return np.bincount(order, weights=self.sales.quantity[rows]).astype(np.int64)

    def _hoard(self, one: Candidate) -> float:
        """The same of a single order that takes many units nearly free: one buyer empties the stock with one code.

        That it is one of those by the same code that is larger than every normal order is a chance of so many in all.
        """
        sales, units, fair = self.sales, int(self.sales.quantity[one.rows].sum()), self._normal_units
        if units < max(self.limits.hoard_units, fair.max(initial=0) + 1) or not self.is_extreme(self.depth(one.rows)):
            return np.inf
        return sales.count(np.concatenate([one.rows, sales.carrying(one.ids)])) / (1 + len(fair))
