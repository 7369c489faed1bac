"""Mistake, decision or life: which candidates are reported, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promofix_lib.finding.causes import Candidate
from promofix_lib.finding.chance import Chance, order_count
from promofix_lib.finding.sales import DAY, Ints, Sales
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.say import Told, told

_SURE = 5e-4  # a run as unlikely as this is a mistake, whatever else is in the report
_SURELY = 3  # where so many sales are expected and none is seen, chance is below a twentieth


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
            no_life = [o.rows for o, chance_of in told_apart if chance_of < _SURE or _same_cause(sales, o, one)]
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
    extreme = chance.depth(rows) >= 1 - thresholds.never_decided_share
    days = float(sales.time[rows[-1]] - sales.time[rows[0]]) / DAY
    if orders < thresholds.least_orders:
        return None if extreme and chance.is_hoard(rows) else told("finding.why_few", n=orders)
    if days >= thresholds.decided_days and not extreme:
        return told("finding.why_decided", days=round(days))
    if extreme and one.ids and days >= thresholds.habit_days and orders <= thresholds.trickle_orders * days:
        return told("finding.why_habit", days=round(days))
    if not (one.ids or extreme or chance.suspects.borrowed[rows].all()) and _first_price(sales, one):
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


def _first_price(sales: Sales, candidate: Candidate) -> bool:
    """Whether the SKUs had never been sold before, although they would have been at the rate of later sales."""
    rows = candidate.rows
    here = sales.time[sales.sold_in(np.unique(sales.group[rows]))]
    onset, end = int(sales.time[rows[0]]), int(sales.time[rows[-1]])
    if here.min(initial=onset) < onset:
        return False
    later, before, after = int((here > end).sum()), onset - sales.begin, sales.begin + sales.span - end
    return later * before >= _SURELY * max(after, 1) if later else before >= DAY
