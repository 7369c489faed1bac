"""The exact normal price of each affected SKU, and the exact money that was lost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from promofix_lib.finding.baselines import given_rows
from promofix_lib.finding.sales import DAY, Ints, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.money import NormalPrice
from promofix_lib.orders import money_as_integers
from promofix_lib.say import told

_MILLION = 1_000_000
_RECENT = 14


def normal_prices(
    orders: pd.DataFrame,
    sales: Sales,
    suspects: Suspects,
    rows: Ints,
    given: Sequence[NormalPrice],
) -> dict[int, NormalPrice]:
    """Per group of the affected rows its normal price; groups of which nothing is known are left out.

    Median of what buyers of the same SKU paid per unit before the onset, affected and doubtful orders left out. The
    median is a price that somebody paid: of an even number the upper middle.
    """
    wanted = np.zeros(int(sales.group.max(initial=-1)) + 1, dtype=np.bool_)
    wanted[sales.group[rows]] = True
    here = np.flatnonzero(wanted[sales.group] & sales.sold & sales.depth_known & ~suspects.any)
    here = here[~np.isin(here, rows)]
    paid, _ = money_as_integers(orders["unit_price"].iloc[here])
    onset = int(sales.time[rows].min())
    answers = {}
    for group in np.unique(sales.group[rows]):
        mine = sales.group[here] == group
        first = int(rows[sales.group[rows] == group][0])
        affected = rows[sales.group[rows] == group]
        normal = _given(sales, first, given) or _by_history(sales, first, paid[mine], sales.time[here][mine], onset)
        normal = normal or _by_estimate(sales, suspects, affected)
        if normal:
            answers[int(group)] = normal
    return answers


def _given(sales: Sales, row: int, given: Sequence[NormalPrice]) -> NormalPrice | None:
    sku, channel, currency = sales.key(row)
    for normal in given:
        if given_rows(sales, np.array([row]), normal).all():
            return NormalPrice(sku, channel, currency, normal.price, normal.how_known)
    return None


def _by_history(sales: Sales, row: int, paid: Ints, time: Ints, onset: int) -> NormalPrice | None:
    before = time < onset
    recent = before & (time >= onset - int(_RECENT * DAY))
    long = before & (time >= onset - int(90 * DAY))
    after = time >= onset
    if recent.sum() >= 10:
        chosen, days = recent, _RECENT
    elif long.any() and (long.sum() >= 10 or not after.any()):
        chosen, days = long, 90
    elif long.any() or after.any():
        chosen, days = long | after, 0
    else:
        return None
    values = np.sort(paid[chosen])
    price = Decimal(int(values[len(values) // 2])) / _MILLION
    how = told("finding.median_before" if days else "finding.median_around", n=len(values), days=round(days))
    return NormalPrice(*sales.key(row), _shortest(price), how)


def _by_estimate(sales: Sales, suspects: Suspects, affected: Ints) -> NormalPrice | None:
    usual = suspects.usual_net[affected]
    usual = usual[np.isfinite(usual)]
    listed = sales.list_price[affected]
    listed = listed[np.isfinite(listed)]
    if len(usual) and len(listed) and np.median(usual) > np.median(listed) + np.log(1.05):
        how, value = told("finding.by_sibling"), float(np.median(usual))
    elif len(listed) and (sales.depth[affected] > 0).any():
        how, value = told("finding.by_list_price"), float(np.median(listed))
    else:
        return None
    price = Decimal(str(np.exp(value))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return NormalPrice(*sales.key(int(affected[0])), price, how)


def _shortest(price: Decimal) -> Decimal:
    cents = price.quantize(Decimal("0.01"))
    return cents if cents == price else price
