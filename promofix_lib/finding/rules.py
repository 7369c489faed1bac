"""The saved rule that gives exactly the affected order items back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from promofix_lib.finding.sales import Ints, Sales
from promofix_lib.incident import Ceiling, Incident, affected
from promofix_lib.orders import item_keys

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
