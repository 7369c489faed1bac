"""Since when, until when, which promotion or price: incidents with evidence, from the order table alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from promofix_lib.finding.causes import find_candidates, near_misses
from promofix_lib.finding.chance import Chance, verdicts
from promofix_lib.finding.evidence import Evidence
from promofix_lib.finding.findings import Cause, Findings
from promofix_lib.finding.sales import Sales
from promofix_lib.finding.suspects import find_suspects
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
        return Findings((), (), not_looked_at(orders, sales))
    suspects = find_suspects(sales, normal_prices)
    chance = Chance(sales, suspects)
    candidates = find_candidates(sales, suspects, chance)
    evidence = Evidence(orders, sales, chance, tuple(normal_prices))
    said = [any(cause.covers(evidence.cause_of(one)) for cause in meant) for one in candidates]
    judged = list(zip(candidates, verdicts(sales, chance, candidates, said), strict=True))
    near = [one for one in judged if one[1].why_not]
    near.sort(key=lambda one: (one[1].expected, -chance.lost(one[0].rows)))
    looks = [evidence.worth_a_look(one, verdict.why_not) for one, verdict in near[:LOOKS] if verdict.why_not]
    shallow = sorted(near_misses(sales, suspects), key=lambda one: -chance.lost(one.rows))[:LOOKS]
    looks += [evidence.worth_a_look(one, told("finding.why_shallow")) for one in shallow]
    mistakes = [one for one in judged if one[1].why_not is None]
    return evidence.findings(mistakes, tuple(looks), not_looked_at(orders, sales))


def not_looked_at(orders: pd.DataFrame, sales: Sales) -> tuple[Told, ...]:
    """What says nothing about prices, counted: order items without a price, gifts and replacements, other channels."""
    priced = orders["item_price"].notna().to_numpy()
    counts = {
        "finding.not_looked_at_open": ~priced & ~sales.cancelled,
        "finding.not_looked_at_cancelled": ~priced & sales.cancelled,
        "finding.not_looked_at_aside": priced & ~sales.sold,
    }
    return tuple(told(key, n=int(mask.sum())) for key, mask in counts.items() if mask.any())
