"""Mistake, decision or habit: which candidates are reported, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from promofix_lib.finding.causes import Candidate
from promofix_lib.finding.sales import DAY, Floats, Ints, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import Thresholds

_OTHER_DAYS = 3
_AS_OFTEN = "The same promotion is used as often on"


@dataclass(frozen=True)
class _Measured:
    """A candidate in numbers: orders, depth below the normal price, days touched."""

    orders: int
    depth: float
    days: frozenset[int]
    span: int


def why_not(sales: Sales, suspects: Suspects, candidates: list[Candidate], thresholds: Thresholds) -> list[str | None]:
    """Per candidate the reason why it is no incident, or None when it is one."""
    measured = [_measure(sales, suspects, candidate) for candidate in candidates]
    reasons = [_reason(sales, suspects, candidates, measured, at, thresholds) for at in range(len(candidates))]
    floods = [candidate for candidate, reason in zip(candidates, reasons, strict=True) if reason is None]
    return [
        _besides_floods(sales, candidate, mine, reason, floods, thresholds)
        for candidate, mine, reason in zip(candidates, measured, reasons, strict=True)
    ]


def _besides_floods(
    sales: Sales,
    candidate: Candidate,
    mine: _Measured,
    reason: str | None,
    floods: Sequence[Candidate],
    thresholds: Thresholds,
) -> str | None:
    """The reason once more where it is an id's usual rate: a small night beside a reported one is no usual life."""
    if reason is None or not reason.startswith(_AS_OFTEN):
        return reason
    same = [flood for flood in floods if flood.ids == candidate.ids]
    return _usual_rate(sales, candidate, mine, thresholds, same)


def depth_of(sales: Sales, suspects: Suspects, rows: Ints) -> float:
    """Median share of the normal price that the rows are below; the printed discount where no normal is known."""
    with np.errstate(invalid="ignore"):
        below = 1 - np.exp(sales.net_price[rows] - np.fmax(suspects.usual_net[rows], np.nan))
    values = np.where(np.isnan(below), sales.depth[rows], np.fmax(below, sales.depth[rows]))
    values = values[sales.depth_known[rows] & np.isfinite(values)]
    return float(np.median(values)) if len(values) else 0.0


def order_count(sales: Sales, rows: Ints) -> int:
    """Different orders among the rows; a missing order id counts each row."""
    codes = sales.order[rows]
    return len(np.unique(codes[codes >= 0])) + int((codes < 0).sum())


def _measure(sales: Sales, suspects: Suspects, candidate: Candidate) -> _Measured:
    rows = candidate.rows
    times = sales.time[rows]
    days = frozenset((times // DAY).tolist())
    return _Measured(order_count(sales, rows), depth_of(sales, suspects, rows), days, int(times[-1] - times[0]))


def _reason(
    sales: Sales,
    suspects: Suspects,
    candidates: list[Candidate],
    measured: list[_Measured],
    at: int,
    thresholds: Thresholds,
) -> str | None:
    candidate, mine = candidates[at], measured[at]
    extreme = mine.depth >= 1 - thresholds.never_decided_share
    least = thresholds.least_orders_extreme if extreme else thresholds.least_orders
    if mine.orders < least and not (extreme and _is_hoard(sales, suspects, candidate.rows, thresholds)):
        return f"Too few to tell: {mine.orders} order{'s' * (mine.orders != 1)}."
    if mine.span >= thresholds.decided_days * DAY and not extreme:
        return f"It was kept for {mine.span / DAY:.0f} days: that looks like a decision."
    if not candidate.ids and not extreme and _first_price(sales, candidate):
        return "It is the first price at which this SKU was ever sold here: that looks like a launch price."
    trickle = _is_trickle(sales, suspects, candidate, mine, thresholds)
    if extreme and not trickle:
        return None
    if trickle and len(mine.days) >= thresholds.habit_days and max(mine.days) - min(mine.days) >= thresholds.habit_days:
        return f"A few orders a day on {len(mine.days)} days: that looks like a habit."
    days, largest = _same_elsewhere(sales, suspects, candidates, measured, at, thresholds)
    days |= mine.days
    spread = len(days) >= thresholds.habit_days and max(days) - min(days) >= thresholds.habit_days
    if largest and spread and mine.orders <= thresholds.habit_growth * largest + 2:
        return f"The same happened on {len(days)} different days: that looks like a habit."
    return _usual_rate(sales, candidate, mine, thresholds)


def _is_hoard(sales: Sales, suspects: Suspects, rows: Ints, thresholds: Thresholds) -> bool:
    """Whether so few orders took more units than a normal order of these SKUs ever did, and many."""
    normal = sales.sold & ~suspects.any & np.isin(sales.sku, np.unique(sales.sku[rows]))
    units = int(sales.quantity[rows].sum())
    return units >= thresholds.hoard_units and units > int(sales.quantity[normal].max(initial=0))


def _first_price(sales: Sales, candidate: Candidate) -> bool:
    """Whether the SKUs had not been sold before the window, in a report that had begun a day earlier or lasts a day."""
    rows = candidate.rows
    here = sales.sold & np.isin(sales.group, np.unique(sales.group[rows]))
    onset, end = sales.time[rows[0]], sales.time[rows[-1]]
    begun = onset - sales.time[sales.sold].min() >= DAY or end - onset >= DAY
    return bool(begun and sales.time[here].min() >= onset)


def _same_elsewhere(
    sales: Sales,
    suspects: Suspects,
    candidates: list[Candidate],
    measured: list[_Measured],
    at: int,
    thresholds: Thresholds,
) -> tuple[set[int], int]:
    """Days with the same depth outside this window, and the most orders of such a day.

    For promotions the same discount with any id on any SKU; for prices another window of the same SKU.
    """
    candidate = candidates[at]
    if candidate.ids:
        return _same_discounts(sales, suspects, candidate.rows, thresholds)
    alike = [
        other
        for place, other in enumerate(measured)
        if place != at
        and not candidates[place].ids
        and abs(other.depth - measured[at].depth) <= thresholds.habit_depth
        and np.isin(sales.group[candidate.rows], sales.group[candidates[place].rows]).any()
    ]
    days: set[int] = set().union(*(other.days for other in alike))
    return days, max((other.orders for other in alike), default=0)


def _same_discounts(sales: Sales, suspects: Suspects, rows: Ints, thresholds: Thresholds) -> tuple[set[int], int]:
    deep = rows[suspects.by_promotion[rows]]
    deep = deep if len(deep) else rows
    with np.errstate(invalid="ignore"):
        alike = sales.sold & ~suspects.meant
        # half off the usual price is no habit of half off a lowered one
        for depth in (sales.depth, _below_list(sales, suspects)):
            alike &= np.abs(depth - np.nanmedian(depth[deep])) <= thresholds.habit_depth
    alike[rows] = False
    days, counts = np.unique(sales.time[alike] // DAY, return_counts=True)
    return set(days.tolist()), int(counts.max(initial=0))


def _below_list(sales: Sales, suspects: Suspects) -> Floats:
    """Share of the usual list price that a sale is below, price and discount together."""
    below = 1 - np.exp(sales.net_price - suspects.usual_list)
    return np.where(np.isnan(below), sales.depth, below)


def _is_trickle(
    sales: Sales, suspects: Suspects, candidate: Candidate, mine: _Measured, thresholds: Thresholds
) -> bool:
    if not candidate.ids:
        return False
    time, groups = sales.time[candidate.rows], np.unique(sales.group[candidate.rows])
    daily = mine.orders / max(len(mine.days), 1)
    around = sales.sold & ~suspects.any & (sales.time >= time[0] - DAY) & (sales.time <= time[-1] + DAY)
    normal = np.isin(sales.group[around], groups).sum() / ((mine.span + 2 * DAY) / DAY)
    return bool(daily <= max(thresholds.trickle_orders, thresholds.trickle_share * normal))


def _usual_rate(
    sales: Sales, candidate: Candidate, mine: _Measured, thresholds: Thresholds, floods: Sequence[Candidate] = ()
) -> str | None:
    """Whether the same promotion is used on other days as fast as in the window; `floods` are no ordinary days."""
    if not candidate.ids:
        return None
    uses = sales.promotions
    carrying = uses.rows[uses.ids == candidate.ids[0]]
    elsewhere = np.concatenate([candidate.rows, *(flood.rows for flood in floods)])
    carrying = carrying[sales.sold[carrying] & ~np.isin(carrying, elsewhere)]
    carrying = carrying[sales.depth[carrying] >= mine.depth - thresholds.habit_depth]
    other_days = len(np.unique(sales.time[carrying] // DAY))
    if other_days < _OTHER_DAYS:
        return None
    sold = sales.time[sales.sold]
    outside = max(int(sold.max() - sold.min()) - mine.span, 1)
    expected = len(carrying) * mine.span / outside
    if _chance_of(mine.orders, expected) < thresholds.flood_chance:
        return None
    return f"{_AS_OFTEN} {other_days} other days."


def _chance_of(count: int, expected: float) -> float:
    """Upper bound of the chance that a Poisson number with this mean reaches `count` (Chernoff).

    >>> _chance_of(300, 2.0) < 1e-6 < _chance_of(5, 2.0)
    True
    """
    if count <= expected or expected <= 0:
        return 1.0 if count <= expected else 0.0
    return float(np.exp(count - expected - count * np.log(count / expected)))
