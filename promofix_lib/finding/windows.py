"""From single sales to windows: where an incident pauses, which stragglers belong to it, which SKUs share one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from promofix_lib.finding.sales import HOUR, Floats, Ints, Mask
from promofix_lib.finding.thresholds import Thresholds

_FAR = 30


def split_at_pauses(time: Ints, normal: Ints, comparable: Ints | None, thresholds: Thresholds) -> list[slice]:
    """Cut sorted times of wrong sales where a long pause holds a normal sale.

    Parameters
    ----------
    time : array
        Sorted times of the wrong sales, microseconds.
    normal : array
        Sorted times of normal sales of the same SKUs.
    comparable : array, optional
        For a wrong price: sorted times of normal sales by buyers who would have got the wrong price. A few of
        them in one pause mean that the price had been put right.

    Returns
    -------
    list of slice
        Into `time`, in order.

    Examples
    --------
    >>> hours = np.array([0, 1, 2, 40, 41]) * HOUR
    >>> split_at_pauses(hours, np.array([20 * HOUR]), None, Thresholds())
    [slice(0, 3, None), slice(3, 5, None)]
    >>> split_at_pauses(hours, np.array([60 * HOUR]), None, Thresholds())
    [slice(0, 5, None)]
    """
    gap = np.diff(time)
    positive = gap[gap > 0]
    typical = float(np.median(positive)) if len(positive) else 0.0
    limit = np.clip(_FAR * typical, thresholds.pause_hours_least * HOUR, thresholds.pause_hours_most * HOUR)
    cut = (gap > limit) & (_between(normal, time) >= 1)
    if comparable is not None:
        cut |= _between(comparable, time) >= thresholds.few
    edges = [0, *(np.flatnonzero(cut) + 1).tolist(), len(time)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _between(moments: Ints, time: Ints) -> Ints:
    after = np.searchsorted(moments, time[:-1], side="right")
    before = np.searchsorted(moments, time[1:], side="left")
    return (before - after).astype(np.int64)


def join_stragglers(parts: list[slice], time: Ints, thresholds: Thresholds) -> list[slice]:
    """Put a few uses shortly before or after a flood to the flood: the first of them is its onset.

    Examples
    --------
    >>> hours = np.array([0, *range(30, 60)]) * HOUR
    >>> join_stragglers([slice(0, 1), slice(1, 31)], hours, Thresholds())
    [slice(0, 31, None)]
    """
    parts = list(parts)
    if sum(part.stop - part.start < thresholds.few for part in parts) >= thresholds.few:
        return parts
    at = 0
    while at + 1 < len(parts):
        left, right = parts[at], parts[at + 1]
        pair = sorted((left.stop - left.start, right.stop - right.start))
        close = time[right.start] - time[left.stop - 1] <= thresholds.pause_hours_most * HOUR
        if close and pair[0] < thresholds.few:
            parts[at : at + 2] = [slice(left.start, right.stop)]
            at = max(at - 1, 0)
        else:
            at += 1
    return parts


def pool(onset: Ints, end: Ints, price: Floats, factor: Floats, thresholds: Thresholds) -> Ints:
    """Number the incidents of wrong prices: windows at the same time with the same wrong price or factor share one.

    Parameters
    ----------
    onset, end : array
        Microseconds.
    price, factor : array
        Logarithm of the wrong price, and of the wrong price over the normal one (NaN: not known).

    Examples
    --------
    >>> onset, end = np.array([0, 0, 0]), np.array([HOUR, HOUR, HOUR])
    >>> pool(onset, end, np.log([0.01, 0.01, 6.3]), np.log([0.001, 0.0002, 0.1]), Thresholds()).tolist()
    [0, 0, 1]
    """
    number = np.full(len(onset), -1, dtype=np.int64)
    near = thresholds.pause_hours_least * HOUR
    for start in range(len(onset)):
        if number[start] >= 0:
            continue
        frontier = [start]
        number[start] = this = int(number.max()) + 1
        while frontier:
            one = frontier.pop()
            meets = (onset <= end[one] + near) & (end >= onset[one] - near) & (number < 0)
            alike = _alike(price, one, 2 * thresholds.rounding) | _alike(factor, one, thresholds.same_level)
            found = np.flatnonzero(meets & alike)
            number[found] = this
            frontier += found.tolist()
    return _many_at_once(onset, end, number, thresholds)


def _many_at_once(onset: Ints, end: Ints, number: Ints, thresholds: Thresholds) -> Ints:
    """Many wrong prices with nothing in common but the hour are one upload: independent slips do not meet so often."""
    count = int(number.max(initial=-1)) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, number, onset)
    np.maximum.at(last, number, end)
    joined = np.arange(count)
    for one in range(count):
        meets = (first <= last[one] + HOUR) & (last >= first[one] - HOUR)
        if meets.sum() > thresholds.few:
            joined[np.isin(joined, joined[meets])] = joined[one]
    return np.unique(joined[number], return_inverse=True)[1].astype(np.int64)


def _alike(values: Floats, one: int, share: float) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.abs(values - values[one]) <= np.log1p(share)
