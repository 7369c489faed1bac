"""What a SKU normally costs: one day has one vote, so a night of mistakes cannot become the norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from promofix_lib.finding.sales import DAY, HOUR, Floats, Ints, Mask, Sales
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import NormalPrice

_NEAR = 7  # blocks on either side that speak for the level around a sale
_BLOCKS = 15  # a report is cut into at least so many blocks, of one hour to one day
_SURE_STEPS = 30  # a spread from few sales may be too small by chance
_PER_DOLLAR = {  # about what a US dollar costs (2025): only to see a price that is wrong by its currency
    "USD": 1.0,
    "CAD": 1.4,
    "MXN": 19.0,
    "BRL": 5.6,
    "GBP": 0.77,
    "EUR": 0.9,
    "SEK": 10.0,
    "PLN": 3.8,
    "TRY": 38.0,
    "AED": 3.7,
    "SAR": 3.75,
    "EGP": 50.0,
    "ZAR": 18.0,
    "INR": 85.0,
    "JPY": 148.0,
    "AUD": 1.55,
    "SGD": 1.3,
}
_NORMAL = 0.6745  # median absolute deviation of a normal distribution, in standard deviations


@dataclass(frozen=True)
class References:
    """Per order item, as natural logarithms per unit: what it should cost, and how sure that is.

    ``list_price``: reference before discounts; ``net_price``: what buyers usually pay in the whole report;
    ``near_net``: the smaller of that and what they pay around that time; ``spread``: standard deviation of the SKU's
    own prices from sale to sale; ``decided``: the price belongs to a level that was kept for days; ``judged``: the
    reference comes from more than a few days of sales, or from a sibling (``borrowed``). NaN where nothing is known.
    """

    list_price: Floats
    net_price: Floats
    near_net: Floats
    spread: Floats
    decided: Mask
    judged: Mask
    borrowed: Mask


@dataclass(frozen=True)
class _Votes:
    """One price per group and block, sorted by group, then block."""

    group: Ints
    block: Ints
    price: Floats


def references(sales: Sales, rows: Ints, given: Sequence[NormalPrice], thresholds: Thresholds) -> References:
    """Reference prices for the order items `rows`, which must hold all sales of their groups.

    The list price reference is the larger of the median over the whole report and the median around that time, because
    mistakes only pull prices down: an incident may fill a slow SKU's fortnight, and list prices may wander.

    References
    ----------
    Donoho and Huber, "The notion of breakdown point" (1983): the median over days breaks only when more than half of
    the *days* are wrong. Rice, "Bandwidth choice for nonparametric regression", Annals of Statistics 12 (1984), for the
    spread from successive differences. Amazon's "Was price" is a median of paid prices, too.
    """
    size = block_size(sales)
    block = (sales.time[rows] - sales.time[rows].min(initial=0)) // size
    group = sales.group[rows]
    lists = _votes(group, block, sales.list_price[rows])
    groups = int(sales.group.max(initial=-1)) + 1
    chain, lasting = _chains(lists, size, thresholds)
    whole, near = _levels(lists, chain, lasting, groups)
    trend = _trend(lists, whole, near, thresholds)
    level = np.fmax(whole[lists.group] + np.where(np.isnan(near), trend[lists.block], 0), near)
    nets = _habitual(_votes(group, block, sales.net_price[rows]), level, size, thresholds)
    net, near_net = _medians(nets, groups), _near_medians(nets)
    place = _place(lists, group, block)
    young = _young(lists, groups, size, thresholds)
    known = _with_siblings(sales, rows, whole, young)
    list_price = np.fmax(level[place], known[group] + trend[block])
    net_price = np.where(young[group], list_price, net[group])
    answers = References(
        list_price=list_price,
        net_price=net_price,
        near_net=np.fmin(net_price, np.where(young[group], np.nan, near_net[place])),
        spread=_spread(sales, rows, groups, thresholds)[group],
        decided=_decided(lists, place, sales.list_price[rows], level, lasting[chain], thresholds),
        judged=~young[group] | np.isfinite(known[group]),
        borrowed=np.isfinite(known[group]),
    )
    return _with_given(answers, sales, rows, given)


def block_size(sales: Sales) -> int:
    """Length of one voting block in microseconds: a fifteenth of the report, at least an hour, at most a day."""
    times = sales.time[sales.sold]
    span = int(times.max() - times.min()) if len(times) else 0
    return int(np.clip(span // _BLOCKS, HOUR, DAY))


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
    return keys[starts], values[order][starts + counts // 2]


def _votes(group: Ints, block: Ints, price: Floats) -> _Votes:
    blocks = int(block.max(initial=0)) + 1
    keys, middles = upper_medians(group * blocks + block, price)
    return _Votes(keys // blocks, keys % blocks, middles)


def _habitual(nets: _Votes, level: Floats, size: int, thresholds: Thresholds) -> _Votes:
    """What buyers usually pay; less than half of the list price counts only where days have made it a habit."""
    drop = nets.price - level
    deep = drop < np.log(thresholds.deep_share)
    habit = deep & (drop > np.log(thresholds.never_decided_share))
    days = _spans(nets.group[habit], nets.block[habit] * size // DAY, int(nets.group.max(initial=-1)) + 1)
    usual = days >= thresholds.habit_days
    return _Votes(nets.group, nets.block, np.where(deep & ~(habit & usual[nets.group]), level, nets.price))


def _spans(group: Ints, day: Ints, groups: int) -> Ints:
    """Per group the number of different days, or 0 when they lie closer together than that."""
    pairs = np.unique(np.c_[group, day], axis=0) if len(group) else np.empty((0, 2), dtype=np.int64)
    count = np.bincount(pairs[:, 0], minlength=groups)
    first, last = np.full(groups, np.iinfo(np.int64).max), np.full(groups, -1, dtype=np.int64)
    np.minimum.at(first, pairs[:, 0], pairs[:, 1])
    np.maximum.at(last, pairs[:, 0], pairs[:, 1])
    return np.where((count > 0) & (last - first >= count), count, np.where(last - first >= 4, count, 0))


def _medians(votes: _Votes, groups: int) -> Floats:
    middles = np.full(groups, np.nan)
    keys, values = upper_medians(votes.group, votes.price)
    middles[keys] = values
    return middles


def _near_medians(votes: _Votes) -> Floats:
    count = len(votes.group)
    index = np.arange(count)[:, None] + np.arange(-_NEAR, _NEAR + 1)[None, :]
    inside = (index >= 0) & (index < count)
    index = np.clip(index, 0, max(count - 1, 0))
    inside &= votes.group[index] == votes.group[:, None]
    inside &= np.abs(votes.block[index] - votes.block[:, None]) <= _NEAR
    window = np.sort(np.where(inside, votes.price[index], np.inf), axis=1)
    size = inside.sum(axis=1)
    middle = window[np.arange(count), size // 2]
    return np.where(size >= 3, middle, np.nan)


def _place(votes: _Votes, group: Ints, block: Ints) -> Ints:
    """Position of each sale's own vote."""
    blocks = int(votes.block.max(initial=0)) + 1
    return np.searchsorted(votes.group * blocks + votes.block, group * blocks + block).astype(np.int64)


def _young(votes: _Votes, groups: int, size: int, thresholds: Thresholds) -> Mask:
    first, last = np.full(groups, np.iinfo(np.int64).max), np.full(groups, -1, dtype=np.int64)
    np.minimum.at(first, votes.group, votes.block)
    np.maximum.at(last, votes.group, votes.block)
    return (last - first) * size < thresholds.decided_days * DAY


def _spread(sales: Sales, rows: Ints, groups: int, thresholds: Thresholds) -> Floats:
    order = np.lexsort((sales.time[rows], sales.group[rows]))
    group, price = sales.group[rows][order], sales.list_price[rows][order]
    same = group[1:] == group[:-1]
    steps = np.abs(np.diff(price))[same]
    keys, middles = upper_medians(group[1:][same], steps)
    own = np.bincount(group[1:][same], minlength=groups)
    spread = np.full(groups, np.nan)
    spread[keys] = middles / (np.sqrt(2) * _NORMAL)
    spread[own < thresholds.few] = np.nan
    # too few sales to scatter: the seller's other SKUs speak
    usual = np.nanmedian(spread) if np.isfinite(spread).any() else 0.0
    return np.where(own < _SURE_STEPS, np.fmax(spread, usual), spread)


def _chains(votes: _Votes, size: int, thresholds: Thresholds) -> tuple[Ints, Mask]:
    """Number the chains of neighbouring votes of a group, each a stair's height from the next; which of them last."""
    if not len(votes.group):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
    linked = np.r_[False, votes.group[1:] == votes.group[:-1]]
    reach = -np.log(thresholds.planned_share)
    linked &= np.abs(np.diff(votes.price, prepend=votes.price[:1])) <= reach
    starts = np.flatnonzero(~linked)
    stops = np.r_[starts[1:] - 1, len(votes.block) - 1]
    lasting = (votes.block[stops] - votes.block[starts]) * size >= thresholds.decided_days * DAY
    return np.cumsum(~linked) - 1, lasting


def _levels(votes: _Votes, chain: Ints, lasting: Mask, groups: int) -> tuple[Floats, Floats]:
    """Median per group, and around each vote; a price that did not last has one vote in all."""
    first = np.r_[True, chain[1:] != chain[:-1]] if len(chain) else np.empty(0, dtype=np.bool_)
    kept = np.flatnonzero(first | lasting[chain])
    heard = _Votes(votes.group[kept], votes.block[kept], votes.price[kept])
    near = _near_medians(heard)[np.searchsorted(kept, np.arange(len(chain)), side="right") - 1]
    return _medians(heard, groups), near


def _trend(votes: _Votes, whole: Floats, near: Floats, thresholds: Thresholds) -> Floats:
    """How far the seller's prices lie below their usual level in each block: SKUs too rarely sold to tell follow.

    The median over the SKUs that have a level around that time; 0 where fewer than five do, and never above.
    """
    trend = np.zeros(int(votes.block.max(initial=0)) + 1)
    told = np.isfinite(near)
    blocks, middles = upper_medians(votes.block[told], near[told] - whole[votes.group[told]])
    enough = np.bincount(votes.block[told], minlength=len(trend))[blocks] >= thresholds.few
    trend[blocks[enough]] = np.minimum(middles[enough], 0)
    return trend


def _decided(votes: _Votes, place: Ints, price: Floats, level: Floats, lasting: Mask, thresholds: Thresholds) -> Mask:
    """Prices in a chain of neighbouring votes that lasts for days."""
    step = np.log1p(thresholds.same_level)
    decided = np.zeros(len(price), dtype=np.bool_)
    for beside in (-1, 0, 1):
        vote = np.clip(place + beside, 0, max(len(votes.group) - 1, 0))
        near = (votes.group[vote] == votes.group[place]) & (np.abs(votes.price[vote] - price) <= step)
        decided |= near & lasting[vote]
    drop = price - level[place]
    return decided & (drop > np.log(thresholds.never_decided_share - thresholds.rounding))


def _with_siblings(sales: Sales, rows: Ints, whole: Floats, young: Mask) -> Floats:
    """For groups without history: the reference of the same SKU elsewhere, else of the same ASIN under another SKU."""
    known = np.full(len(whole), np.nan)
    groups, first = np.unique(sales.group[rows], return_index=True)
    at = rows[first]
    if not young[groups].any() or young[groups].all():
        return known
    old = ~young[groups]
    market = sales.channel[at] * (sales.currency.max(initial=0) + 2) + sales.currency[at]
    names = [sales.currency_names[code] if code >= 0 else "" for code in sales.currency[at].tolist()]
    money = dict(zip(market.tolist(), names, strict=True))
    by_sku = _elsewhere(groups, sales.sku[at], market, money, whole, old)
    by_asin = _under_another_sku(groups, sales.asin[at], market, whole, old)
    known[groups] = np.where(old, np.nan, np.where(np.isnan(by_sku), by_asin, by_sku))
    return known


def _elsewhere(groups: Ints, sku: Ints, market: Ints, money: dict[int, str], whole: Floats, old: Mask) -> Floats:
    answer = np.full(len(groups), np.nan)
    seen = {(int(s), int(m)): float(p) for s, m, p in zip(sku[old], market[old], whole[groups[old]], strict=True)}
    homes: dict[int, list[int]] = {}
    for s, m in seen:
        homes.setdefault(s, []).append(m)
    factors: dict[tuple[int, int], float] = {}
    for position in np.flatnonzero(~old & np.isin(sku, sku[old]) & (sku >= 0)):
        here, there = int(market[position]), homes[int(sku[position])][0]
        if (here, there) not in factors:
            both = [seen[s, here] - seen[s, there] for s in homes if (s, here) in seen and (s, there) in seen]
            factors[here, there] = float(np.median(both)) if both else _exchange(money[there], money[here])
        answer[position] = seen[int(sku[position]), there] + factors[here, there]
    return answer


def _exchange(there: str, here: str) -> float:
    """Logarithm of what the price of one currency is in another, carefully: half of it, and NaN where not known."""
    if here == there:
        return 0.0
    return float(np.log(0.5 * _PER_DOLLAR[here] / _PER_DOLLAR[there])) if {here, there} <= set(_PER_DOLLAR) else np.nan


def _under_another_sku(groups: Ints, asin: Ints, market: Ints, whole: Floats, old: Mask) -> Floats:
    seen = {(int(a), int(m)): float(p) for a, m, p in zip(asin[old], market[old], whole[groups[old]], strict=True)}
    return np.array(
        [seen.get((int(a), int(m)), np.nan) if a >= 0 else np.nan for a, m in zip(asin, market, strict=True)]
    )


def _with_given(answers: References, sales: Sales, rows: Ints, given: Sequence[NormalPrice]) -> References:
    for normal in given:
        mine = given_rows(sales, rows, normal)
        price = float(np.log(float(normal.price)))
        for prices in (answers.list_price, answers.net_price, answers.near_net):
            prices[mine] = price
        answers.decided[mine] = False
        answers.judged[mine] = True
    return answers


def given_rows(sales: Sales, rows: Ints, normal: NormalPrice) -> Mask:
    """Which of the order items `rows` the seller's normal price speaks of."""
    mine = sales.sku[rows] == _code(sales.sku_names, normal.sku)
    if normal.sales_channel:
        mine &= sales.channel[rows] == _code(sales.channel_names, normal.sales_channel)
    if normal.currency:
        mine &= sales.currency[rows] == _code(sales.currency_names, normal.currency)
    return mine


def _code(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else -2
