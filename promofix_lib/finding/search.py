"""Since when, until when, which promotion or price: incidents with evidence, from the order table alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from promofix_lib.finding.causes import find_candidates, near_misses
from promofix_lib.finding.chance import Candidate, Chance
from promofix_lib.finding.evidence import cause_of, findings, worth_a_look
from promofix_lib.finding.findings import Cause, Findings
from promofix_lib.finding.sales import DAY, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import LOOKS, Thresholds
from promofix_lib.money import NormalPrice
from promofix_lib.say import Told, told

# What a search needs of a report beside what decides about an item; a reading of no more is a third of the size.
ASKED = (
    *("order_status", "item_status", "sales_channel", "sku", "asin", "currency", "promotion_ids", "claim_codes"),
    *("ship_promotion_discount", "is_business_order", "is_replacement_order"),
)

_DEFAULT = Thresholds()


def find_incidents(
    orders: pd.DataFrame,
    *,
    thresholds: Thresholds = _DEFAULT,
    normal_prices: Sequence[NormalPrice] = (),
    meant: Collection[Cause] = (),
) -> Findings:
    """Incidents in an order table, the gravest loss first, and what is worth a look.

    An incident is a matter of price: orders far below what they should cost, by a promotion or by the list price, in a
    run that this shop's own life would hardly bring. How many orders there are in an hour plays no part: viral days and
    payment bugs at the normal price are no incidents, three wrong orders an hour are one.

    Parameters
    ----------
    orders : DataFrame
        Order table, of any length; 30 days or more give a safe normal price.
    thresholds : Thresholds
        Every number that decides, to be moved by the seller.
    normal_prices : sequence of NormalPrice
        What the seller says a SKU normally costs; it wins over the estimate.
    meant : collection of Cause
        Causes of which the seller said that they were meant; they are worth a look at most, and the shop's life.

    Returns
    -------
    Findings
        Incidents and near misses. Nothing is changed in `orders`.

    Examples
    --------
    Three at a cent against sales at 20.00; a busy hour at the normal price is no incident:

    >>> from promofix_lib.orders import order_table
    >>> normal = [{"order_id": f"A{day}", "sku": "S", "item_price": "20.00", "quantity": 1, "currency": "USD",
    ...            "purchase_date": f"2026-03-{day:02}T12:00:00Z"} for day in range(1, 20)]
    >>> busy = [{**normal[9], "order_id": f"B{n}"} for n in range(50)]
    >>> wrong = [{**normal[12], "order_id": f"C{n}", "item_price": "0.01"} for n in range(3)]
    >>> found = find_incidents(order_table(normal + busy + wrong)).incidents
    >>> [(incident.order_ids, str(incident.amounts[0].loss)) for incident in found]
    [(('C0', 'C1', 'C2'), '59.97')]
    """
    sales = Sales(orders, thresholds)
    if not sales.sold.any():
        return Findings((), (), _not_looked_at(sales))
    suspects = Suspects(sales, normal_prices)
    chance = Chance(sales, suspects)
    candidates = find_candidates(sales, suspects, chance)
    said = [any(cause.covers(cause_of(sales, one)) for cause in meant) for one in candidates]
    judged = _judged(chance, candidates, said)
    near = sorted((one for one in judged if one.why_not), key=lambda one: (one.expected, -chance.lost(one.rows)))
    shallow = sorted(near_misses(sales, suspects), key=lambda one: -chance.lost(one.rows))
    looks = (*near[:LOOKS], *shallow[:LOOKS])
    told_of = tuple(worth_a_look(chance, one, one.why_not) for one in looks if one.why_not)
    mistakes = [one for one in judged if not one.why_not]
    return findings(chance, mistakes, told_of, _not_looked_at(sales))


def _judged(chance: Chance, candidates: list[Candidate], said: Sequence[bool]) -> list[Candidate]:
    """The candidates with their verdict; `said` tells of which the seller said that they were meant.

    What is reported is no part of the life by which other windows of the same cause are judged, and a flood beyond
    doubt of no other's; so those are judged once more: a small night beside a large one is no usual life. What was
    meant is part of the life of all: after one weekend at 60 % off that was meant the next is none to be told.
    """
    meant = [one for one, yes in zip(candidates, said, strict=True) if yes]
    judged = [_verdict(chance, one, [], meant, yes) for one, yes in zip(candidates, said, strict=True)]
    known, beyond, again = [0] * len(judged), chance.limits.expected**2, True
    while again:
        again = False
        told_apart = [one for one in judged if not one.why_not]
        for at, one in enumerate(judged):
            no_life = [o for o in told_apart if o.expected < beyond or _same_cause(chance.sales, o, one)]
            if one.why_not and len(no_life) > known[at]:
                known[at], judged[at] = len(no_life), _verdict(chance, one, no_life, meant, said[at])
                again |= not judged[at].why_not
    return judged


def _verdict(chance: Chance, one: Candidate, no_life: list[Candidate], meant: list[Candidate], said: bool) -> Candidate:
    limits, rows, orders = chance.limits, one.rows, chance.sales.count(one.rows)
    extreme = chance.is_extreme(chance.depth(rows))
    days = float(chance.sales.time[rows[-1]] - chance.sales.time[rows[0]]) / DAY
    habit = chance.habit(one) if extreme and days >= limits.habit_days else 0.0
    expected = max(chance.expected(one, no_life, meant), habit)
    why_not = told("finding.why_meant") if said else None
    if days >= limits.decided_days and not extreme:
        why_not = told("finding.why_decided", days=round(days))
    elif habit > limits.expected:
        why_not = told("finding.why_habit", days=round(days))
    elif expected > limits.expected:
        why_not = told("finding.why_usual" if orders > limits.least_orders else "finding.why_few", n=orders)
    return replace(one, expected=expected, why_not=why_not)


def _same_cause(sales: Sales, one: Candidate, other: Candidate) -> bool:
    by_price = np.isin(sales.group[one.rows], sales.group[other.rows]).any() if not one.ids + other.ids else False
    return bool(set(one.ids) & set(other.ids) or by_price)


def _not_looked_at(sales: Sales) -> tuple[Told, ...]:
    """What says nothing about prices, counted: order items without a price, gifts and replacements, other channels."""
    priced = sales.orders["item_price"].notna().to_numpy()
    counts = {
        "finding.not_looked_at_open": ~priced & ~sales.cancelled,
        "finding.not_looked_at_cancelled": ~priced & sales.cancelled,
        "finding.not_looked_at_aside": priced & ~sales.sold,
    }
    return tuple(told(key, n=int(mask.sum())) for key, mask in counts.items() if mask.any())
