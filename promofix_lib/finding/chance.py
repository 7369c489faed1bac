"""How many runs of cheap orders like this one the shop's own life lets expect: the one measure of what is a mistake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promofix_lib.finding.sales import DAY, HOUR, Floats, Ints, Mask, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.say import Told, told

_RUN = 36 * HOUR  # orders of one cause further apart than this are two runs


@dataclass(frozen=True)
class _Cheap:
    """Orders far below their price, one entry per cause and order, sorted by cause and time.

    `by_sku` sorts them by cause, SKU and time, `by_time` by time alone; `code` numbers the orders in `orders`.
    """

    row: Ints
    key: Ints
    code: Ints
    time: Ints
    depth: Floats
    run: Ints
    orders: Ints
    by_sku: Ints
    by_time: Ints

    def of(self, orders: Ints) -> Mask:
        """Which entries are of these orders."""
        at = np.minimum(np.searchsorted(self.orders, orders), max(len(self.orders) - 1, 0))
        flag = np.zeros(len(self.orders), dtype=np.bool_)
        flag[at[self.orders[at] == orders] if len(self.orders) else at[:0]] = True
        return flag[self.code]


@dataclass(frozen=True)
class Candidate:
    """One cause in one window: the promotion ids (none: the price itself) and the affected rows, sorted by time.

    Several ids are guilty `together`, or one of them stands on each row (codes for one use each).
    """

    ids: tuple[int, ...]
    rows: Ints
    together: bool = True


class Chance:
    """The shop's own variation: how often its orders are so cheap, and how soon one such order follows another."""

    def __init__(self, sales: Sales, suspects: Suspects, thresholds: Thresholds) -> None:
        self.sales, self.suspects, self.thresholds = sales, suspects, thresholds
        self.share = below_usual(sales, suspects)
        known = sales.sold & sales.depth_known & (self.share >= 1 - thresholds.deep_share - thresholds.same_level / 2)
        uses = sales.promotions
        given = known[uses.rows] & suspects.gives[uses.ids] & (sales.depth[uses.rows] > 0)
        plain = np.flatnonzero(known & (sales.depth == 0))
        self._promoted = self._cheap(uses.rows[given], uses.ids[given])
        self._priced = self._cheap(plain, sales.group[plain])

    def _cheap(self, rows: Ints, keys: Ints) -> _Cheap:
        order = self.orders_of(rows)
        place = np.lexsort((-self.share[rows], order, self.sales.time[rows], keys))
        rows, keys, order = rows[place], keys[place], order[place]
        new = np.r_[True, (keys[1:] != keys[:-1]) | (order[1:] != order[:-1])][: len(rows)]
        rows, keys, order = rows[new], keys[new], order[new]
        time = self.sales.time[rows]
        apart = np.r_[False, (keys[1:] != keys[:-1]) | (np.diff(time) > _RUN)][: len(rows)]
        orders, code = np.unique(order, return_inverse=True)
        by_sku, by_time = np.lexsort((time, self.sales.sku[rows], keys)), np.lexsort((code, time))
        return _Cheap(rows, keys, code, time, self.share[rows], np.cumsum(apart), orders, by_sku, by_time)

    def orders_of(self, rows: Ints) -> Ints:
        """A number per order; a missing order id counts each row."""
        return np.where(self.sales.order[rows] >= 0, self.sales.order[rows], -1 - rows)

    def depth(self, rows: Ints) -> float:
        """Median share of the usual price that the rows are below."""
        told = rows[self.suspects.any[rows]]
        rows = told if len(told) else rows
        values = self.share[rows][self.sales.depth_known[rows]]
        values = values[np.isfinite(values)]
        return float(np.median(values)) if len(values) else 0.0

    def is_extreme(self, depth: float) -> bool:
        """Whether it is so deep that no seller decides it and no shop lives by it."""
        return depth > 1 - self.thresholds.never_decided_share + self.thresholds.rounding

    def expected(self, rows: Ints, ids: tuple[int, ...], *, pooled: bool, excluded: Ints | None = None) -> float:
        """How many runs as deep and as dense as these rows the rest of the report lets expect in such a report.

        A run begins as often as the shop's others did, and goes on with the chance that in those a cheap order was
        followed so soon by the next; each order that did follow makes a further one likelier (Pólya's urn), because
        what is cheap is cheap for a while.

        References
        ----------
        Eggenberger and Pólya, "Über die Statistik verketteter Vorgänge", ZAMM 3 (1923).
        """
        own, first = np.unique(self.orders_of(rows), return_index=True)
        if len(own) < 2:
            return np.inf
        gaps = np.diff(np.sort(self.sales.time[rows[first]]))
        gap = float(np.quantile(gaps, self.thresholds.most, method="higher"))
        cheap = self._promoted if ids else self._priced
        depth = self.depth(rows)
        other = ~cheap.of(own)
        if excluded is not None:
            other &= ~cheap.of(np.unique(self.orders_of(excluded)))
        if self.sales.business[rows].all():
            other &= self.sales.business[cheap.row]
        keys = np.array(ids) if ids else np.unique(self.sales.group[rows])
        same = (
            other & np.isin(cheap.key, keys) & (cheap.depth > 1 - self.thresholds.deep_share + self.thresholds.rounding)
        )
        other &= cheap.depth >= depth - self.thresholds.same_level / 2
        if not pooled:
            other = self._without_largest(cheap, other, keys)
        count = int(other.sum()) if not pooled else _different(np.sort(cheap.code[other]))
        narrow = 2 * len(np.unique(self.sales.sku[rows])) <= len(own)
        if narrow:
            same &= np.isin(self.sales.sku[cheap.row], self.sales.sku[rows])
        follow = (
            self.thresholds.few * self._first(depth) + self._followed(cheap, other, gap, pooled=pooled, narrow=narrow)
        ) / (self.thresholds.few + count)
        if self.is_extreme(depth):
            follow = min(follow, max(1 - depth, 0.05))
        rate = (count if pooled else int(same.sum())) / self.sales.span
        follow = max(follow, 1 - np.exp(-gap * rate))
        weight = _BURST_POOLED if pooled else _BURST
        before = np.arange(len(gaps))
        steps = (weight * follow + before) / (weight + before)
        return float((1 + _different(cheap.run[other])) * np.exp(np.log(steps).sum()))

    def _without_largest(self, cheap: _Cheap, other: Mask, keys: Ints) -> Mask:
        """One other mistake may be in the report: the largest other run is no witness of the shop's life."""
        mine = other & np.isin(cheap.key, keys)
        lasting = mine.any() and np.ptp(cheap.time[mine]) >= self.thresholds.decided_days * DAY
        runs = cheap.run[other & ~mine if lasting else other]
        sizes = np.bincount(runs) if len(runs) else np.zeros(1, dtype=np.int64)
        if sizes.max() < 2:
            return other
        return other & ~cheap.of(cheap.orders[cheap.code[cheap.run == np.argmax(sizes)]])

    def lost(self, rows: Ints) -> float:
        """Roughly what these rows cost, to show the dearest near misses first."""
        share = np.nan_to_num(np.clip(self.share[rows], 0, 0.999))
        return float(np.nansum(self.sales.paid[rows] * share / (1 - share)))

    def is_hoard(self, rows: Ints) -> bool:
        """Whether so few orders took more units than a normal order of these SKUs ever did, and many."""
        sales = self.sales
        units = int(sales.quantity[rows].sum())
        if units < self.thresholds.hoard_units:
            return False
        normal = sales.sold & ~self.suspects.any & np.isin(sales.sku, np.unique(sales.sku[rows]))
        others = sales.sold & ~self.suspects.any
        bulk = (sales.quantity[others] >= units).mean() if others.any() else 1.0
        return (
            units >= self.thresholds.hoard_units and units > int(sales.quantity[normal].max(initial=0)) and bulk < 0.001
        )

    @staticmethod
    def _first(depth: float) -> float:
        return max(0.02, (1 - depth) * 0.4)

    def _followed(self, cheap: _Cheap, other: Mask, gap: float, *, pooled: bool, narrow: bool) -> int:
        """How many of the other orders were followed by the next of their cause (and SKU) within that time."""
        if pooled:
            place = cheap.by_time[other[cheap.by_time]]
            same = cheap.code[place[1:]] != cheap.code[place[:-1]]
        elif narrow:
            place = cheap.by_sku[other[cheap.by_sku]]
            sku = self.sales.sku[cheap.row[place]]
            same = (cheap.key[place[1:]] == cheap.key[place[:-1]]) & (sku[1:] == sku[:-1])
        else:
            place = np.flatnonzero(other)
            same = cheap.key[place[1:]] == cheap.key[place[:-1]]
        return int((np.diff(cheap.time[place])[same] <= gap).sum())


def _different(sorted_numbers: Ints) -> int:
    return int((np.diff(sorted_numbers) != 0).sum()) + min(len(sorted_numbers), 1)


_BURST, _BURST_POOLED = 2.0, 1.0


def below_usual(sales: Sales, suspects: Suspects) -> Floats:
    """Per row the share of the usual price that it is below; the printed discount where no usual price is known."""
    with np.errstate(invalid="ignore", over="ignore"):
        below = 1 - np.exp(sales.net_price - suspects.usual_net)
    return np.fmax(below, sales.depth)


def order_count(sales: Sales, rows: Ints) -> int:
    """Different orders among the rows; a missing order id counts each row."""
    codes = sales.order[rows]
    return len(np.unique(codes[codes >= 0])) + int((codes < 0).sum())


@dataclass(frozen=True)
class Verdict:
    """Why a candidate is no incident (None: it is one), and how many like it the shop's own life would bring."""

    why_not: Told | None
    expected: float


def verdicts(sales: Sales, chance: Chance, candidates: list[Candidate], thresholds: Thresholds) -> list[Verdict]:
    """Per candidate the verdict.

    What is reported is no part of the life by which other windows of the same cause are judged, and a flood beyond
    doubt of no other's; so those are judged once more: a small night beside a large one is no usual life.
    """
    judged = [_verdict(sales, chance, one, thresholds, None) for one in candidates]
    again = True
    while again:
        again = False
        told_apart = [(one, v.expected) for one, v in zip(candidates, judged, strict=True) if v.why_not is None]
        for at, one in enumerate(candidates):
            if judged[at].why_not is None or not told_apart:
                continue
            no_life = [
                o.rows
                for o, chance_of in told_apart
                if chance_of < thresholds.expected**2 or _same_cause(sales, o, one)
            ]
            if no_life:
                judged[at] = _verdict(sales, chance, one, thresholds, np.concatenate(no_life))
                again |= judged[at].why_not is None
    return judged


def _verdict(sales: Sales, chance: Chance, one: Candidate, thresholds: Thresholds, excluded: Ints | None) -> Verdict:
    rows, orders = one.rows, order_count(sales, one.rows)
    expected = chance.expected(rows, one.ids, pooled=is_pooled(sales, one), excluded=excluded)
    why_not = _why_not(sales, chance, one, orders, expected, thresholds)
    return Verdict(why_not, expected if why_not else min(expected, thresholds.expected))


def _why_not(
    sales: Sales, chance: Chance, one: Candidate, orders: int, expected: float, thresholds: Thresholds
) -> Told | None:
    rows = one.rows
    extreme = chance.is_extreme(chance.depth(rows))
    days = float(sales.time[rows[-1]] - sales.time[rows[0]]) / DAY
    if orders < thresholds.least_orders:
        return None if extreme and chance.is_hoard(rows) else told("finding.why_few", n=orders)
    if days >= thresholds.decided_days and not extreme:
        return told("finding.why_decided", days=round(days))
    if extreme and one.ids and days >= thresholds.habit_days:
        return told("finding.why_habit", days=round(days))
    if not (one.ids or extreme or chance.suspects.borrowed[rows].all()) and _first_price(sales, one, thresholds):
        return told("finding.why_launch")
    if expected > thresholds.expected:
        return told("finding.why_usual" if orders > 2 else "finding.why_few", n=orders)
    return None


def _same_cause(sales: Sales, one: Candidate, other: Candidate) -> bool:
    if one.ids or other.ids:
        return bool(set(one.ids) & set(other.ids))
    return bool(np.isin(sales.group[one.rows], sales.group[other.rows]).any())


def is_pooled(sales: Sales, one: Candidate) -> bool:
    """Whether several causes make the candidate up: codes for one use each, wrong prices of several SKUs."""
    return (len(one.ids) > 1 and not one.together) or (not one.ids and len(np.unique(sales.group[one.rows])) > 1)


def _first_price(sales: Sales, candidate: Candidate, thresholds: Thresholds) -> bool:
    """Whether the SKUs had never been sold before, although they would have been at the rate of later sales."""
    rows = candidate.rows
    here = sales.time[sales.sold_in(np.unique(sales.group[rows]))]
    onset, end = int(sales.time[rows[0]]), int(sales.time[rows[-1]])
    if here.min(initial=onset) < onset:
        return False
    later, before, after = int((here > end).sum()), onset - sales.begin, sales.begin + sales.span - end
    return later * before >= thresholds.few * max(after, 1) if later else before >= DAY
