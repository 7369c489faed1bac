"""From single sales to windows: where an incident pauses, which stragglers belong to it; which wrong prices are one."""

from __future__ import annotations

import numpy as np

from promofix_lib.finding.baselines import upper_medians
from promofix_lib.finding.chance import Candidate, Chance
from promofix_lib.finding.sales import DAY, HOUR, Floats, Ints, Mask, Rows, Sales
from promofix_lib.finding.suspects import Suspects


def windows(sales: Sales, suspects: Suspects, rows: Ints) -> list[Ints]:
    """Wrong sales by time, cut where a long pause holds a normal sale of the same SKUs.

    A few uses shortly before or after a flood belong to it: the first of them is its onset. For a wrong price, a few
    normal sales to buyers who would have got it mean that it had been put right, however short the pause.
    """
    if len(rows) == 1:
        return [rows]
    limits = sales.thresholds
    rows = rows[np.argsort(sales.time[rows], kind="stable")]
    time, normal = sales.time[rows], sales.sold_in(np.unique(sales.group[rows]))
    normal = normal[~suspects.any[normal]]
    pauses = np.diff(time)
    usual = float(np.median(pauses[pauses > 0])) if (pauses > 0).any() else 0.0
    long = np.clip(limits.long_pauses * usual, limits.pause_hours * HOUR, limits.decided_days * DAY)
    cut = (pauses > long) & (_between(sales.time[normal], time) >= 1)
    if suspects.by_price[rows].all():
        alike = normal[sales.quantity[normal] >= sales.quantity[rows].min()]
        alike = alike[sales.business[alike]] if sales.business[rows].all() else alike
        cut |= _between(sales.time[alike], time) >= limits.few
    parts = np.split(rows, np.flatnonzero(cut) + 1)
    if sum(len(part) < limits.few for part in parts) >= limits.few:
        return parts
    joined = parts[:1]
    for part in parts[1:]:
        close = sales.time[part[0]] - sales.time[joined[-1][-1]] <= DAY
        if close and min(len(joined[-1]), len(part)) < limits.few:
            joined[-1] = np.concatenate([joined[-1], part])
        else:
            joined.append(part)
    return joined


def _between(moments: Ints, time: Ints) -> Ints:
    moments = np.sort(moments)
    after = np.searchsorted(moments, time[:-1], side="right")
    return (np.searchsorted(moments, time[1:], side="left") - after).astype(np.int64)


def price_candidates(sales: Sales, suspects: Suspects, chance: Chance, cheap: Mask) -> list[Candidate]:
    """Wrong prices: windows per SKU, sales channel and currency, then one incident over all that share one."""
    rows = np.flatnonzero(cheap)
    if not len(rows):
        return []
    mine = Rows(sales.group[rows], rows)
    single = [one for group in np.unique(sales.group[rows]) for one in windows(sales, suspects, mine(group))]
    number = _apart(sales, chance, single, _pooled(sales, suspects, single))
    found = []
    for one in np.unique(number):
        shared = [single[at] for at in np.flatnonzero(number == one)]
        parts = windows(sales, suspects, np.concatenate(shared)) if len(shared) > 1 else shared
        found += [Candidate((), _with_strangers(sales, suspects, part)) for part in parts]
    return found


def _pooled(sales: Sales, suspects: Suspects, single: list[Ints]) -> Ints:
    """Number the incidents: windows at the same time with the same wrong price, or the same factor, share one.

    Many wrong prices with nothing in common but the hour are one upload: independent slips do not meet so often.
    """
    # an ordinary coupon on top of a wrong list price is no second mistake
    wrong = np.where(suspects.by_price, sales.list_price, sales.net_price)
    window, rows = np.repeat(np.arange(len(single)), [len(one) for one in single]), np.concatenate(single)
    price, usual = (upper_medians(window, values[rows])[1] for values in (wrong, suspects.usual_list))
    onset, end = (np.array([sales.time[one[at]] for one in single]) for at in (0, -1))
    limits, number = sales.thresholds, np.full(len(single), -1, dtype=np.int64)

    def meets(one: int, hours: float) -> Mask:
        return np.asarray((onset <= end[one] + hours * HOUR) & (end >= onset[one] - hours * HOUR))

    def alike(values: Floats, one: int, share: float) -> Mask:
        return np.asarray(np.abs(values - values[one]) <= np.log1p(share))

    # one of many at once joins them whichever is looked at first
    crowd = np.array([meets(one, limits.upload_hours).sum() > limits.few for one in range(len(single))])
    for start in range(len(single)):
        frontier, this = [start] if number[start] < 0 else [], int(number.max()) + 1
        while frontier:
            one = frontier.pop()
            number[one] = this
            same = alike(price, one, 2 * limits.rounding) | alike(price - usual, one, limits.level)
            at_once = meets(one, limits.upload_hours) & (crowd | crowd[one])
            together = meets(one, limits.pause_hours) & same | at_once
            found = np.flatnonzero(together & (number < 0))
            number[found] = this
            frontier += found.tolist()
    return number


def _apart(sales: Sales, chance: Chance, single: list[Ints], number: Ints) -> Ints:
    """A chain of windows that goes on for days is no upload: those unlikely by themselves stand apart from it."""
    limits, answer = sales.thresholds, number.copy()
    for one in np.unique(number):
        mine = np.flatnonzero(number == one)
        if np.ptp(sales.time[np.concatenate([single[at] for at in mine])]) >= limits.decided_days * DAY:
            alone = [chance.expected(Candidate((), single[at])) <= limits.expected for at in mine]
            answer[mine[np.array(alone)]] = answer.max() + 1
    return answer


def _with_strangers(sales: Sales, suspects: Suspects, rows: Ints) -> Ints:
    """The rows, and SKUs without a level of their own at exactly the price that several others had by mistake.

    A repricer that sets everything to a cent sells the long tail, too: SKUs never sold before, or once for far more.
    """
    limits = sales.thresholds
    each = sales.list_price[rows].round(4)
    prices, counts = np.unique(each, return_counts=True)
    price = prices[np.argmax(counts)]
    if len(np.unique(sales.group[rows[each == price]])) < limits.few:
        return rows
    alike = sales.sold_at(price)
    alike = alike[np.isin(sales.currency[alike], np.unique(sales.currency[rows]))]
    reach, time = limits.upload_hours * HOUR, sales.time[alike]
    if ((time < sales.time[rows[0]] - reach) | (time > sales.time[rows[-1]] + reach)).any():
        return rows
    own = sales.sold_in(np.unique(sales.group[alike]))
    fair = own[~np.isin(own, alike) & (sales.list_price[own] < price - np.log(limits.deep_share))]
    strangers = alike[~suspects.meant[alike] & ~np.isin(sales.group[alike], sales.group[fair])]
    together = np.union1d(rows, strangers)
    return together[np.argsort(sales.time[together], kind="stable")]
