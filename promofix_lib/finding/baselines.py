"""What a SKU normally costs: one day has one vote, so a night of mistakes cannot become the norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from promofix_lib.filters import SOLD_AS, first_that_fits
from promofix_lib.finding.sales import DAY, Codes, Floats, Ints, Mask, Sales, extent
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.marketplaces import PER_DOLLAR
from promofix_lib.money import NormalPrice
from promofix_lib.orders import TEXT

MANY = 1_000_000  # more than a report has blocks, or a calendar days
_NORMAL = 0.6745  # median absolute deviation of a normal distribution, in standard deviations


@dataclass(frozen=True)
class _Votes:
    """One price per group and block, sorted by group, then block; `key` is both."""

    key: Ints
    group: Ints
    block: Ints
    price: Floats


class References:
    """Per order item, as natural logarithms per unit: what it should cost, and how sure that is.

    ``list_price``: reference before discounts; ``net_price``: what buyers usually pay in the whole report;
    ``spread``: standard deviation of the SKU's own prices from sale to sale; ``decided``: the price belongs to a level
    that was kept for days; ``judged``: the reference comes from more than a few days of sales, or from a sibling. NaN
    where nothing is known. What the seller gives as normal wins: ``named`` is its place among `given`, -1 without.

    The list price reference is the larger of the median over the whole report and the median around that time, because
    mistakes only pull prices down: an incident may fill a slow SKU's fortnight, and list prices may wander.

    References
    ----------
    Donoho and Huber, "The notion of breakdown point" (1983): the median over days breaks only when more than half of
    the *days* are wrong. Rice, "Bandwidth choice for nonparametric regression", Annals of Statistics 12 (1984), for the
    spread from successive differences. Amazon's "Was price" is a median of paid prices, too.
    """

    def __init__(self, sales: Sales, given: Sequence[NormalPrice]) -> None:
        limits, count = sales.thresholds, len(sales.sold)
        named = first_that_fits(sales.orders[[*SOLD_AS]].astype(TEXT), given) if given else np.full(count, -1, np.int8)
        self.named, rows = named, _worth_judging(sales, named >= 0)
        groups = int(sales.group.max(initial=-1)) + 1
        spread = _spread(sales, rows, groups)  # what takes most memory first, while there is least beside it
        size, group = sales.block, sales.group[rows]
        key = group * MANY + (sales.time[rows] - sales.begin) // size
        lists = _votes(key, sales.list_price[rows])
        begins, lasting = _chains(lists, size, limits)
        heard = begins | lasting  # a price that did not last has one vote in all
        kept = _Votes(lists.key[heard], lists.group[heard], lists.block[heard], lists.price[heard])
        whole, near = _medians(kept.group, kept.price, groups), _near_medians(kept, limits)[np.cumsum(heard) - 1]
        level = np.fmax(whole[lists.group], near)
        nets = _habitual(_votes(key, sales.net_price[rows]), level, size, limits)
        place = np.searchsorted(lists.key, key)
        del key
        first, last = extent(lists.group, lists.block, groups)
        young = (last - first) * size < limits.decided_days * DAY
        known = _with_siblings(sales, rows, whole, young)
        self.list_price, self.net_price, self.spread = (np.full(count, np.nan) for _ in range(3))
        self.decided, self.judged = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
        self.decided[rows] = _decided(lists, place, sales.list_price[rows], level, lasting, limits)
        self.list_price[rows] = list_price = np.fmax(level[place], known[group])
        self.net_price[rows] = np.where(young[group], list_price, _medians(nets.group, nets.price, groups)[group])
        self.spread[rows] = spread[group]
        self.judged[rows] = ~young[group] | np.isfinite(known[group])
        mine = np.flatnonzero(named >= 0)
        self.list_price[mine] = self.net_price[mine] = np.log([float(given[place].price) for place in named[mine]])
        self.decided[mine], self.judged[mine] = False, True


def _worth_judging(sales: Sales, named: Mask) -> Ints:
    """All sales of the groups whose prices differ by more than a markdown's step, or for which a sibling may speak."""
    limits, rows = sales.thresholds, np.flatnonzero(sales.sold)
    group, count = sales.group[rows], int(sales.group.max(initial=-1)) + 1
    first, last = extent(group, sales.time[rows], count)
    young = rows[(last - first < limits.decided_days * DAY)[group]]
    low, high = extent(group, sales.net_price[rows], count)[0], extent(group, sales.list_price[rows], count)[1]
    with np.errstate(over="ignore"):
        wanted = (low - high < np.log(limits.planned_share))[sales.group]
    wanted |= np.isin(sales.sku, np.unique(sales.sku[young])) | np.isin(sales.asin, np.unique(sales.asin[young]))
    wanted |= named
    return np.flatnonzero(sales.sold & (wanted | ~wanted[rows].any()))


def upper_medians(keys: Ints, values: Floats) -> tuple[Ints, Floats]:
    """The median per key; of an even number the upper middle, because mistakes pull prices down.

    Examples
    --------
    >>> keys, middles = upper_medians(np.array([7, 3, 7, 7, 7]), np.array([5.0, 1.0, 4.0, 6.0, 0.01]))
    >>> keys.tolist(), middles.tolist()
    ([3, 7], [1.0, 5.0])
    """
    order = np.lexsort((values, keys))
    keys = keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.empty(0, dtype=np.int64)
    counts = np.diff(np.r_[starts, len(keys)])
    return keys[starts], values[order[starts + counts // 2]]


def _votes(key: Ints, price: Floats) -> _Votes:
    keys, middles = upper_medians(key, price)
    return _Votes(keys, keys // MANY, keys % MANY, middles)


def _habitual(nets: _Votes, level: Floats, size: int, limits: Thresholds) -> _Votes:
    """What buyers usually pay; less than half of the list price counts only where days have made it a habit."""
    drop = nets.price - level
    deep = drop < np.log(limits.deep_share)
    habit = deep & (drop > np.log(limits.never_decided_share))
    first, last = extent(nets.group[habit], nets.block[habit], int(nets.group.max()) + 1)
    usual = (last - first) * size >= limits.habit_days * DAY
    return replace(nets, price=np.where(deep & ~(habit & usual[nets.group]), level, nets.price))


def _medians(group: Ints, price: Floats, groups: int) -> Floats:
    middles = np.full(groups, np.nan)
    keys, values = upper_medians(group, price)
    middles[keys] = values
    return middles


def _near_medians(votes: _Votes, limits: Thresholds) -> Floats:
    """Median of the votes no further than so many blocks on either side, where there are some."""
    reach = limits.parts // 2
    key, price = (np.pad(side, reach, constant_values=-MANY) for side in (votes.key, votes.price))
    keys, prices = (sliding_window_view(side, 2 * reach + 1) for side in (key, price))
    window = np.where(np.abs(keys - votes.key[:, np.newaxis]) <= reach, prices, np.inf)
    window.sort(axis=1)
    size = np.isfinite(window).sum(axis=1)
    return np.where(size >= limits.few, window[np.arange(len(size)), size // 2], np.nan)


def _spread(sales: Sales, rows: Ints, groups: int) -> Floats:
    order = np.lexsort((sales.time[rows], sales.group[rows]))
    group, price = sales.group[rows][order], sales.list_price[rows][order]
    same = group[1:] == group[:-1]
    group, steps = group[1:][same], np.abs(np.diff(price))[same]
    spread = _medians(group, steps, groups) / (np.sqrt(2) * _NORMAL)
    spread[np.bincount(group, minlength=groups) < sales.thresholds.few] = np.nan
    # too few sales to scatter: the seller's other SKUs speak
    usual = np.nanmedian(spread) if np.isfinite(spread).any() else 0.0
    return np.where(np.isnan(spread), usual, spread)


def _chains(votes: _Votes, size: int, limits: Thresholds) -> tuple[Mask, Mask]:
    """Which votes begin a chain of neighbouring votes, each at most a stair off; which are in one that was decided.

    A chain that lasts is; and a first one before which nothing was sold, though the votes after it let expect some (the
    rule of three): a price of introduction.
    """
    linked = (np.diff(votes.group) == 0) & (np.abs(np.diff(votes.price)) <= -np.log(limits.planned_share))
    begins = np.r_[True, ~linked]
    starts = np.flatnonzero(begins)
    stops = np.r_[starts[1:] - 1, len(begins) - 1]
    lasting = (votes.block[stops] - votes.block[starts]) * size >= limits.decided_days * DAY
    own = votes.group[starts]
    after, days = np.bincount(votes.group)[own] - (stops - starts + 1), votes.block.max() - votes.block[stops]
    introduced = np.r_[True, np.diff(own) > 0] & (after >= limits.few)
    introduced &= after * votes.block[starts] >= limits.few * days
    return begins, (lasting | introduced)[np.cumsum(begins) - 1]


def _decided(votes: _Votes, place: Ints, price: Floats, level: Floats, lasting: Mask, limits: Thresholds) -> Mask:
    """Prices at most a stair off a chain of neighbouring votes that lasts for days."""
    stair = -np.log(limits.planned_share)
    decided = np.zeros(len(price), dtype=np.bool_)
    for beside in (-1, 0, 1):
        vote = np.clip(place + beside, 0, len(votes.group) - 1)
        near = (votes.group[vote] == votes.group[place]) & (np.abs(votes.price[vote] - price) <= stair)
        decided |= near & lasting[vote]
    drop = price - level[place]
    decided &= drop > np.log(limits.never_decided_share) - limits.rounding
    return decided


def _with_siblings(sales: Sales, rows: Ints, whole: Floats, young: Mask) -> Floats:
    """For groups without history: the reference of the same SKU elsewhere, else of the same ASIN under another SKU."""
    known = np.full(len(whole), np.nan)
    groups, first = np.unique(sales.group[rows], return_index=True)
    at, old = rows[first], ~young[groups]
    markets = list(zip(sales.channel[at].tolist(), sales.currency[at].tolist(), strict=True))
    by_sku, by_asin = (_elsewhere(sales, names[at], markets, whole[groups], old) for names in (sales.sku, sales.asin))
    known[groups] = np.where(np.isnan(by_sku), by_asin, by_sku)
    return known


def _elsewhere(sales: Sales, names: Codes, markets: list[tuple[int, int]], prices: Floats, old: Mask) -> Floats:
    """What is known under the same name in this or another market, times the usual factor between the two."""
    seen: dict[int, dict[tuple[int, int], float]] = {}
    shared = (np.bincount(names + 1)[names + 1] > 1) & (names >= 0)
    for at in np.flatnonzero(old & shared).tolist():
        seen.setdefault(int(names[at]), {})[markets[at]] = float(prices[at])

    @cache
    def factor(there: tuple[int, int], here: tuple[int, int]) -> float:
        both = [price[here] - price[there] for price in seen.values() if here in price and there in price]
        money = sales.currency_names
        return float(np.median(both)) if both else _exchange(money[there[1]], money[here[1]], sales.thresholds)

    answer = np.full(len(names), np.nan)
    for at in np.flatnonzero(~old & np.isin(names, list(seen))).tolist():
        known, here = seen[int(names[at])], markets[at]
        there = here if here in known else next(iter(known))
        answer[at] = known[there] + factor(there, here)
    return answer


def _exchange(there: str, here: str, limits: Thresholds) -> float:
    """Logarithm of what the price of one currency is in another, carefully: too cheap at the rate; NaN if not known."""
    rate = limits.deep_share * PER_DOLLAR.get(here, np.nan) / PER_DOLLAR.get(there, np.nan)
    return 0.0 if here == there else float(np.log(rate))
