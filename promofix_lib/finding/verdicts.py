"""Mistake, decision or life: which candidates are reported, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promofix_lib.finding.causes import Candidate
from promofix_lib.finding.chance import Chance, order_count
from promofix_lib.finding.sales import DAY, Ints, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import Thresholds


@dataclass(frozen=True)
class Verdict:
    """Why a candidate is no incident (None: it is one), and how many like it the shop's own life would bring."""

    why_not: str | None
    expected: float


def verdicts(sales: Sales, chance: Chance, candidates: list[Candidate], thresholds: Thresholds) -> list[Verdict]:
    """What is reported is no part of the life by which others of the same cause are judged, so those are judged again."""
    told: list[Verdict] = [_verdict(sales, chance, one, thresholds, None) for one in candidates]
    while True:
        before = sum(one.why_not is None for one in told)
        for at, one in enumerate(candidates):
            if told[at].why_not is None or order_count(sales, one.rows) < 2:
                continue
            same = [o.rows for o, t in zip(candidates, told, strict=True) if t.why_not is None and _same_cause(sales, o, one)]
            if same:
                told[at] = _verdict(sales, chance, one, thresholds, np.concatenate(same))
        if sum(one.why_not is None for one in told) == before:
            return told


def _verdict(sales: Sales, chance: Chance, one: Candidate, thresholds: Thresholds, excluded: Ints | None) -> Verdict:
    rows = one.rows
    depth = chance.depth(rows)
    extreme = depth >= 1 - thresholds.never_decided_share
    span = int(sales.time[rows[-1]] - sales.time[rows[0]])
    orders = order_count(sales, rows)
    expected = chance.expected(rows, one.ids, pooled=is_pooled(sales, one), excluded=excluded) if orders > 1 else np.inf
    if orders == 1 and extreme and chance.is_hoard(rows):
        expected = thresholds.expected
    if span >= thresholds.decided_days * DAY and not extreme:
        return Verdict(f"It was kept for {span / DAY:.0f} days: that looks like a decision.", expected)
    if extreme and one.ids and span >= 7 * DAY and orders <= thresholds.trickle_orders * span / DAY:
        return Verdict(f"A few orders a day for {span / DAY:.0f} days: that looks like a habit.", expected)
    if not one.ids and not extreme and _first_price(sales, one):
        return Verdict("launch price", expected)
    if expected > thresholds.expected:
        return Verdict(f"{expected:.3f} of the kind would be here by the shop's own life.", expected)
    return Verdict(None, expected)


def _same_cause(sales: Sales, one: Candidate, other: Candidate) -> bool:
    if one.ids or other.ids:
        return bool(set(one.ids) & set(other.ids))
    return bool(np.isin(sales.group[one.rows], sales.group[other.rows]).any())


def is_pooled(sales: Sales, one: Candidate) -> bool:
    """Whether several causes make the candidate up: codes for one use each, wrong prices of several SKUs."""
    return (len(one.ids) > 1 and not one.together) or (not one.ids and len(np.unique(sales.group[one.rows])) > 1)


def _first_price(sales: Sales, candidate: Candidate) -> bool:
    """Whether the SKUs had not been sold before the window, although they would have been at the rate of later sales."""
    rows = candidate.rows
    here = sales.sold & np.isin(sales.group, np.unique(sales.group[rows]))
    onset, end = sales.time[rows[0]], sales.time[rows[-1]]
    begin, last = sales.time[sales.sold].min(), sales.time[sales.sold].max()
    if sales.time[here].min() < onset:
        return False
    later = int((here & (sales.time > end)).sum())
    return bool(later * (onset - begin) >= 3 * max(int(last - end), 1) or not later and onset - begin >= DAY)
