"""What is exact about a candidate: the saved rule that gives its order items back, and what each SKU normally costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from promofix_lib.amounts import smallest_coin
from promofix_lib.finding.baselines import given_rows
from promofix_lib.finding.chance import Candidate
from promofix_lib.finding.sales import DAY, Ints, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import WAS_PRICE_DAYS
from promofix_lib.incident import Ceiling, Incident, affected
from promofix_lib.money import NormalPrice
from promofix_lib.orders import item_keys, money_as_integers, uncoded
from promofix_lib.say import told

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLION = 1_000_000


def as_moment(time: int) -> datetime:
    """Microseconds since 1970 as a moment in UTC.

    >>> as_moment(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(microseconds=int(time))


def rule_for(orders: pd.DataFrame, sales: Sales, candidate: Candidate) -> Incident:
    """The plainest rule that gives exactly these rows: window and ids, then ceilings, then single items excepted."""
    rows = candidate.rows
    first, last = sales.time[rows].min(), sales.time[rows].max()
    near = np.flatnonzero(sales.dated & (sales.time >= first) & (sales.time <= last))
    names = tuple(sales.promotions.names[one] for one in candidate.ids)
    plain = Incident(
        as_moment(first), as_moment(last), promotion_ids=names, together=candidate.together and len(names) > 1
    )
    each = rows[np.unique(sales.group[rows], return_index=True)[1]]
    ceilings = replace(plain, ceilings=_ceilings(orders, sales, rows, each))
    skus = tuple(sorted({sales.key(int(row))[0] for row in each}))
    nearby, wanted = uncoded(orders.iloc[near]), np.isin(near, rows)
    best, fewest = ceilings, (len(near) + 1, 0)
    beyond = near[:0]
    for rule in (plain, replace(plain, skus=skus), ceilings) if names else (ceilings,):
        mask = affected(nearby, rule).to_numpy()
        faults = (int((wanted & ~mask).sum()), int((mask & ~wanted).sum()))
        if faults < fewest:
            best, fewest, beyond = rule, faults, near[mask & ~wanted]
        if fewest == (0, 0):
            break
    return replace(best, except_items=tuple(keys_of(orders, sales, beyond)))


def _ceilings(orders: pd.DataFrame, sales: Sales, rows: Ints, each: Ints) -> tuple[Ceiling, ...]:
    highest = orders["unit_price"].iloc[rows].groupby(sales.group[rows]).max().dropna()
    known = (row for row in each if sales.group[row] in highest.index)
    answers = [Ceiling(*sales.key(int(row)), highest[sales.group[row]]) for row in known]
    return tuple(sorted(answers, key=lambda one: (one.sku, one.sales_channel, one.currency)))


def keys_of(orders: pd.DataFrame, sales: Sales, rows: Ints) -> list[str]:
    """Item keys of some rows, in file order; only their own orders are read for it."""
    if not len(rows):
        return []
    rows = np.sort(rows)
    asked = np.zeros(int(sales.order.max(initial=-1)) + 2, dtype=np.bool_)  # the last one: without an order id
    asked[sales.order[rows]] = True
    places = np.flatnonzero(asked[sales.order])
    keys = item_keys(orders[["order_id", "order_item_id", "sku"]].iloc[places]).to_numpy()
    return [str(key) for key in keys[np.searchsorted(places, rows)]]


def normal_prices(
    orders: pd.DataFrame, sales: Sales, suspects: Suspects, rows: Ints, given: Sequence[NormalPrice]
) -> dict[int, NormalPrice]:
    """Per group of the affected rows its normal price; groups of which nothing is known are left out.

    Median of what buyers of the same SKU paid per unit before the onset, affected and doubtful orders left out. The
    median is a price that somebody paid: of an even number the upper middle.
    """
    groups = np.unique(sales.group[rows])
    normal = np.isin(sales.group, groups) & sales.sold & sales.depth_known & ~suspects.any
    normal[rows] = False
    here = np.flatnonzero(normal)
    here = here[np.argsort(sales.group[here], kind="stable")]
    paid, _ = money_as_integers(orders["unit_price"].iloc[here])
    since = sales.time[here] - sales.time[rows].min()
    edges = (np.searchsorted(sales.group[here], groups, side=side).tolist() for side in ("left", "right"))
    answers: dict[int, NormalPrice] = {}
    for group, begin, end in zip(groups.tolist(), *edges, strict=True):
        mine, affected_here = slice(begin, end), rows[sales.group[rows] == group]
        row = int(affected_here[0])
        told_so = (one for one in given if given_rows(sales, one)[row])
        word = next((NormalPrice(*sales.key(row), one.price, one.how_known) for one in told_so), None)
        price = word or _by_history(sales, row, paid[mine], since[mine]) or _by_estimate(sales, suspects, affected_here)
        if price:
            answers[group] = price
    return answers


def _by_history(sales: Sales, row: int, paid: Ints, since: Ints) -> NormalPrice | None:
    for days in (sales.thresholds.parts, WAS_PRICE_DAYS):
        chosen = (since < 0) & (since >= -days * DAY)
        if chosen.sum() >= sales.thresholds.few:
            how = "finding.median_before"
            break
    else:
        chosen, days, how = np.ones(len(since), dtype=np.bool_), 0, "finding.median_around"
    if not chosen.any():
        return None
    values = np.sort(paid[chosen])
    price = Decimal(int(values[len(values) // 2])) / _MILLION
    return NormalPrice(*sales.key(row), price, told(how, n=len(values), days=days))


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
    sku, channel, currency = sales.key(int(affected[0]))
    price = Decimal(str(np.exp(value))).quantize(smallest_coin(currency), ROUND_HALF_UP)
    return NormalPrice(sku, channel, currency, price, how)
