"""Wrong list prices: windows per SKU, and which of them are one mistake."""

from __future__ import annotations

import numpy as np

from promofix_lib.finding.chance import Candidate, Chance
from promofix_lib.finding.sales import HOUR, Floats, Ints, Mask, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.finding.windows import join_stragglers, pool, split_at_pauses

_EXACTLY = 1e-3  # of a price: the same to the cent


def price_candidates(
    sales: Sales, suspects: Suspects, chance: Chance, cheap: Mask, thresholds: Thresholds
) -> list[Candidate]:
    """Wrong prices: windows per SKU, sales channel and currency, then one incident over all that share one."""
    windows = [
        rows
        for group in _by_group(sales, np.flatnonzero(cheap))
        for rows in _price_windows(sales, suspects, group, thresholds)
    ]
    if not windows:
        return []
    # an ordinary coupon on top of a wrong list price is no second mistake
    wrong = np.where(suspects.by_price, sales.list_price, sales.net_price)
    price, usual = (_medians(values, windows) for values in (wrong, suspects.usual_list))
    onset = np.array([sales.time[rows[0]] for rows in windows])
    end = np.array([sales.time[rows[-1]] for rows in windows])
    number = pool(onset, end, price, price - usual, thresholds)
    number = _apart(chance, windows, number, onset, end, thresholds)
    pooled = [[windows[at] for at in np.flatnonzero(number == one)] for one in np.unique(number)]
    parts = [
        part
        for shared in pooled
        for part in (
            shared if len(shared) == 1 else _price_windows(sales, suspects, np.concatenate(shared), thresholds)
        )
    ]
    return [Candidate((), _with_strangers(sales, suspects, part, thresholds)) for part in parts]


def _medians(values: Floats, windows: list[Ints]) -> Floats:
    return np.array([np.median(values[rows]) if len(rows) > 1 else values[rows[0]] for rows in windows])


def _apart(chance: Chance, windows: list[Ints], number: Ints, onset: Ints, end: Ints, thresholds: Thresholds) -> Ints:
    """Windows that meet no oftener than windows do in this shop stay apart from those unlikely by themselves."""
    answer = number.copy()
    span = max(int(end.max() - onset.min()), 1)
    names, sizes = np.unique(number, return_counts=True)
    for one in names[sizes > 1]:
        mine = np.flatnonzero(number == one)
        length = end[mine].max() - onset[mine].min() + 2 * thresholds.pause_hours_least * HOUR
        if (len(windows) - len(mine)) * length < thresholds.expected * span:
            continue
        alone = [chance.expected(windows[at], (), pooled=False) <= thresholds.expected for at in mine]
        if any(alone):
            answer[mine[np.array(alone)]] = answer.max() + 1
    return answer


def _with_strangers(sales: Sales, suspects: Suspects, rows: Ints, thresholds: Thresholds) -> Ints:
    """The rows, and SKUs without a level of their own at exactly the price that several others had by mistake.

    A repricer that sets everything to a cent sells the long tail, too: SKUs never sold before, or once for far more.
    """
    if len(rows) < thresholds.few:
        return rows
    prices, counts = np.unique(sales.list_price[rows].round(4), return_counts=True)
    price, currencies = prices[np.argmax(counts)], np.unique(sales.currency[rows])
    groups = len(np.unique(sales.group[rows[np.abs(sales.list_price[rows] - price) < _EXACTLY]]))
    if groups < thresholds.few:
        return rows
    alike = sales.sold & (np.abs(sales.list_price - price) < _EXACTLY) & np.isin(sales.currency, currencies)
    inside = (sales.time >= sales.time[rows[0]] - HOUR) & (sales.time <= sales.time[rows[-1]] + HOUR)
    if (alike & ~inside).any():
        return rows
    fair = sales.list_price < price - np.log(thresholds.deep_share)
    known = np.unique(sales.group[sales.sold & ~(alike & inside) & fair])
    strangers = np.flatnonzero(alike & inside & ~suspects.meant & ~np.isin(sales.group, known))
    together = np.union1d(rows, strangers)
    return together[np.argsort(sales.time[together], kind="stable")]


def _by_group(sales: Sales, rows: Ints) -> list[Ints]:
    rows = rows[np.argsort(sales.group[rows], kind="stable")]
    return np.split(rows, np.flatnonzero(np.diff(sales.group[rows])) + 1) if len(rows) else []


def _price_windows(sales: Sales, suspects: Suspects, rows: Ints, thresholds: Thresholds) -> list[Ints]:
    if len(rows) == 1:
        return [rows]
    rows = rows[np.argsort(sales.time[rows], kind="stable")]
    time = sales.time[rows]
    normal = sales.sold_in(np.unique(sales.group[rows]))
    normal = normal[~suspects.any[normal]]
    normal = normal[(sales.time[normal] >= time[0]) & (sales.time[normal] <= time[-1])]
    comparable = normal[sales.quantity[normal] >= sales.quantity[rows].min()]
    if sales.business[rows].all():
        comparable = comparable[sales.business[comparable]]
    parts = split_at_pauses(time, np.sort(sales.time[normal]), np.sort(sales.time[comparable]), thresholds)
    return [rows[part] for part in join_stragglers(parts, time, thresholds)]
