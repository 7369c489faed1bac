"""What is exact about a candidate: the saved rule that gives its order items back, and what each SKU normally costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from promofix_lib.finding.baselines import given_rows
from promofix_lib.finding.sales import DAY, Ints, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.incident import Ceiling, Incident, affected
from promofix_lib.money import NormalPrice
from promofix_lib.orders import item_keys, money_as_integers
from promofix_lib.say import told

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLION = 1_000_000
_BEFORE = (14, 90)  # days: prices as they are now; else the span of Amazon's own "Was price"


def as_moment(time: int) -> datetime:
    """Microseconds since 1970 as a moment in UTC.

    >>> as_moment(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(microseconds=int(time))


def rule_for(
    orders: pd.DataFrame, sales: Sales, ids: tuple[int, ...], rows: Ints, *, together: bool = True
) -> Incident:
    """The plainest rule that gives exactly these rows: window and ids, then ceilings, then single items excepted."""
    window = Incident(onset=as_moment(sales.time[rows].min()), end=as_moment(sales.time[rows].max()))
    names = tuple(sales.promotions.names[one] for one in ids)
    within = sales.dated & (sales.time >= sales.time[rows].min()) & (sales.time <= sales.time[rows].max())
    plain = replace(window, promotion_ids=names, together=together and len(names) > 1)
    skus = tuple(sorted({sales.key(int(row))[0] for row in _one_per_group(sales, rows)}))
    ceilings = replace(plain, ceilings=_ceilings(orders, sales, rows))
    tries = (plain, replace(plain, skus=skus), ceilings) if names else (ceilings,)
    nearby = orders.iloc[np.flatnonzero(within)]
    wanted = np.isin(np.flatnonzero(within), rows)
    rated = []
    for rule in tries:
        mask = affected(nearby, rule).to_numpy()
        missed, extra = int((wanted & ~mask).sum()), int((mask & ~wanted).sum())
        if not missed and not extra:
            return rule
        rated.append((missed, extra, rule, mask))
    _, extra, rule, mask = min(rated, key=lambda one: one[:2])
    spare = np.flatnonzero(within)[mask & ~wanted]
    return replace(rule, except_items=tuple(keys_of(orders, sales, spare)))


def _one_per_group(sales: Sales, rows: Ints) -> Ints:
    return rows[np.unique(sales.group[rows], return_index=True)[1]]


def _ceilings(orders: pd.DataFrame, sales: Sales, rows: Ints) -> tuple[Ceiling, ...]:
    prices = orders["unit_price"].iloc[rows]
    highest = prices.groupby(sales.group[rows]).max()
    answers = []
    for row in _one_per_group(sales, rows):
        price = highest[sales.group[row]]
        if price is not pd.NA:
            answers.append(Ceiling(*sales.key(int(row)), price))
    return tuple(sorted(answers, key=lambda one: (one.sku, one.sales_channel, one.currency)))


def keys_of(orders: pd.DataFrame, sales: Sales, rows: Ints) -> list[str]:
    """Item keys of some rows, in file order; only their own orders are read for it."""
    rows = np.sort(rows)
    code = sales.order[rows]
    company = np.isin(sales.order, np.unique(code))
    places = np.flatnonzero(company)
    keys = item_keys(orders.iloc[places]).to_numpy()
    return [str(key) for key in keys[np.searchsorted(places, rows)]]


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
        if given_rows(sales, normal)[row]:
            return NormalPrice(sku, channel, currency, normal.price, normal.how_known)
    return None


def _by_history(sales: Sales, row: int, paid: Ints, time: Ints, onset: int) -> NormalPrice | None:
    for days in _BEFORE:
        chosen = (time < onset) & (time >= onset - days * DAY)
        if chosen.sum() >= sales.thresholds.few:
            how = "finding.median_before"
            break
    else:
        chosen, days, how = np.ones(len(time), dtype=np.bool_), 0, "finding.median_around"
    if not chosen.any():
        return None
    values = np.sort(paid[chosen])
    price = Decimal(int(values[len(values) // 2])) / _MILLION
    cents = price.quantize(Decimal("0.01"))
    known = told(how, n=len(values), days=days)
    return NormalPrice(*sales.key(row), cents if cents == price else price, known)


def _by_estimate(sales: Sales, suspects: Suspects, affected: Ints) -> NormalPrice | None:
    usual = suspects.usual_net[affected]
    usual = usual[np.isfinite(usual)]
    listed = sales.list_price[affected]
    listed = listed[np.isfinite(listed)]
    if len(usual) and len(listed) and np.median(usual) > np.median(listed) + sales.thresholds.rounding:
        how, value = told("finding.by_sibling"), float(np.median(usual))
    elif len(listed) and (sales.depth[affected] > 0).any():
        how, value = told("finding.by_list_price"), float(np.median(listed))
    else:
        return None
    price = Decimal(str(np.exp(value))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return NormalPrice(*sales.key(int(affected[0])), price, how)
