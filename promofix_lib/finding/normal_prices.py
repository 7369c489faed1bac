"""The exact normal price of each affected SKU, and the exact money that was lost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from promofix_lib.finding.baselines import NormalPrice, given_rows
from promofix_lib.finding.findings import Amounts
from promofix_lib.finding.sales import DAY, Ints, Mask, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.orders import money_as_integers

_MILLION = 1_000_000


def normal_prices(
    orders: pd.DataFrame,
    sales: Sales,
    suspects: Suspects,
    rows: Ints,
    given: Sequence[NormalPrice],
    thresholds: Thresholds,
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
        normal = _given(sales, first, given) or _by_history(
            sales, first, paid[mine], sales.time[here][mine], onset, thresholds
        )
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


def _by_history(
    sales: Sales, row: int, paid: Ints, time: Ints, onset: int, thresholds: Thresholds
) -> NormalPrice | None:
    before = time < onset
    recent = before & (time >= onset - int(thresholds.recent_days * DAY))
    long = before & (time >= onset - int(thresholds.normal_days * DAY))
    after = time >= onset
    if recent.sum() >= thresholds.enough_sales:
        chosen, words = recent, f"in the {thresholds.recent_days:.0f} days before"
    elif long.any() and (long.sum() >= thresholds.enough_sales or not after.any()):
        chosen, words = long, f"in the {thresholds.normal_days:.0f} days before"
    elif long.any() or after.any():
        chosen, words = long | after, "of the other sales, before and after"
    else:
        return None
    values = np.sort(paid[chosen])
    price = Decimal(int(values[len(values) // 2])) / _MILLION
    return NormalPrice(*sales.key(row), _shortest(price), f"median of {_sales(len(values))} {words}")


def _sales(count: int) -> str:
    return f"{count:,} order item{'' if count == 1 else 's'}"


def _by_estimate(sales: Sales, suspects: Suspects, affected: Ints) -> NormalPrice | None:
    usual = suspects.usual_net[affected]
    usual = usual[np.isfinite(usual)]
    listed = sales.list_price[affected]
    listed = listed[np.isfinite(listed)]
    if len(usual) and len(listed) and np.median(usual) > np.median(listed) + np.log(1.05):
        words, value = "by the same product under another SKU or in another marketplace", float(np.median(usual))
    elif len(listed) and (sales.depth[affected] > 0).any():
        words, value = "the list price on the affected orders themselves", float(np.median(listed))
    else:
        return None
    price = Decimal(str(np.exp(value))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return NormalPrice(*sales.key(int(affected[0])), price, words)


def _shortest(price: Decimal) -> Decimal:
    cents = price.quantize(Decimal("0.01"))
    return cents if cents == price else price


def money_known(sales: Sales, rows: Ints, normals: dict[int, NormalPrice]) -> Mask:
    """Which of the rows have a price, a printed discount and a normal price, so that their loss is known."""
    return priced(sales, rows) & np.isin(sales.group[rows], list(normals))


def priced(sales: Sales, rows: Ints) -> Mask:
    """Which of the rows have a price and a printed discount."""
    return np.isfinite(sales.paid[rows]) & (sales.depth_known[rows] | ~sales.sold[rows])


def amounts(orders: pd.DataFrame, sales: Sales, rows: Ints, normals: dict[int, NormalPrice]) -> tuple[Amounts, ...]:
    """Paid, normal value and loss per currency, exact, the largest loss first."""
    counted = rows[money_known(sales, rows, normals)]
    price, _ = money_as_integers(orders["item_price"].iloc[counted])
    discount, known = money_as_integers(orders["item_promotion_discount"].iloc[counted])
    paid = np.maximum(price - np.where(known, np.abs(discount), 0), 0)
    answers = []
    for currency in np.unique(sales.currency[counted]):
        mine = sales.currency[counted] == currency
        total = Decimal(int(paid[mine].sum())) / 10_000
        normal = sum(
            (normals[int(group)].price * int(units) for group, units in _units(sales, counted[mine])), start=Decimal(0)
        )
        code = sales.currency_names[currency] if currency >= 0 else ""
        answers.append(Amounts(code, _shortest(total), _shortest(normal), _shortest(normal - total)))
    return tuple(sorted(answers, key=lambda one: -one.loss))


def _units(sales: Sales, rows: Ints) -> list[tuple[int, int]]:
    groups, place = np.unique(sales.group[rows], return_inverse=True)
    units = np.bincount(place, weights=sales.quantity[rows])
    return [(int(group), round(count)) for group, count in zip(groups, units, strict=True)]
