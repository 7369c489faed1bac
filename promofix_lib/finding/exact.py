"""What is exact about a candidate: the saved rule that gives its order items back, and what each SKU normally costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from promofix_lib.amounts import smallest_coin
from promofix_lib.finding.chance import Candidate
from promofix_lib.finding.sales import DAY, Ints, Rows, Sales, marked
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


def rule_for(sales: Sales, candidate: Candidate) -> Incident:
    """The plainest rule that gives exactly these rows: window and ids, then ceilings, then single items excepted."""
    rows = candidate.rows
    first, last = sales.time[rows].min(), sales.time[rows].max()
    near = np.flatnonzero(sales.dated & (sales.time >= first) & (sales.time <= last))
    names = tuple(sales.promotions.names[one] for one in candidate.ids)
    together = candidate.together and len(names) > 1
    plain = Incident(as_moment(first), as_moment(last), promotion_ids=names, together=together)
    skus = tuple(sorted({sales.sku_names[sku] for sku in sales.sku[rows]}))
    rules = (replace(plain, ceilings=_ceilings(sales, rows)),)
    nearby, wanted, tried = uncoded(sales.orders.iloc[near]), np.isin(near, rows), []
    for rule in (plain, replace(plain, skus=skus), *rules) if names else rules:
        mask = affected(nearby, rule).to_numpy()
        faults = (int((wanted & ~mask).sum()), int((mask & ~wanted).sum()))
        tried.append((faults, rule, near[mask & ~wanted]))
        if not any(faults):
            break
    _, best, beyond = min(tried, key=lambda one: one[0])
    return replace(best, except_items=tuple(keys_of(sales, beyond)))


def _ceilings(sales: Sales, rows: Ints) -> tuple[Ceiling, ...]:
    prices = sales.orders["unit_price"].iloc[rows]
    highest = prices.groupby(sales.group[rows]).max().dropna()
    groups, first = np.unique(sales.group[rows], return_index=True)
    keys = {sales.key(row): group for row, group in zip(rows[first], groups, strict=True) if group in highest.index}
    return tuple(Ceiling(*key, highest[group]) for key, group in sorted(keys.items()))


def keys_of(sales: Sales, rows: Ints) -> list[str]:
    """Item keys of some rows, in file order; only their own orders are read for it."""
    if not len(rows):
        return []
    rows = np.sort(rows)
    asked = marked(sales.order[rows], int(sales.order.max(initial=-1)) + 2)  # the last one: without an order id
    places = np.flatnonzero(asked[sales.order])
    keys = item_keys(sales.orders[["order_id", "order_item_id", "sku"]].iloc[places]).to_numpy()
    return [str(key) for key in keys[np.searchsorted(places, rows)]]


def normal_prices(sales: Sales, suspects: Suspects, rows: Ints) -> dict[int, NormalPrice]:
    """Per group of the affected rows its normal price; groups of which nothing is known are left out.

    Median of what buyers of the same SKU paid per unit before the onset, affected and doubtful orders left out. The
    median is a price that somebody paid: of an even number the upper middle.
    """
    groups, first = np.unique(sales.group[rows], return_index=True)
    normal = sales.sold_in(groups)
    normal = normal[sales.depth_known[normal] & ~suspects.any[normal] & ~np.isin(normal, rows)]
    paid, _ = money_as_integers(sales.orders["unit_price"].iloc[normal])
    since = sales.time[normal] - sales.time[rows].min()
    history = Rows(sales.group[normal], np.arange(len(normal)))
    answers: dict[int, NormalPrice] = {}
    for group, row in zip(groups.tolist(), rows[first].tolist(), strict=True):
        mine = history(group)
        if suspects.named[row] >= 0:
            word = suspects.given[suspects.named[row]]
            answers[group] = NormalPrice(*sales.key(row), word.price, word.how_known)
        elif price := (
            _by_history(sales, row, paid[mine], since[mine])
            or _by_estimate(sales, suspects, rows[sales.group[rows] == group])
        ):
            answers[group] = price
    return answers


def _by_history(sales: Sales, row: int, paid: Ints, since: Ints) -> NormalPrice | None:
    for days in (sales.thresholds.parts, WAS_PRICE_DAYS):
        chosen = paid[(since < 0) & (since >= -days * DAY)]
        if len(chosen) >= sales.thresholds.few:
            how = told("finding.median_before", n=len(chosen), days=days)
            break
    else:
        chosen, how = paid, told("finding.median_around", n=len(paid), days=0)
    if not len(chosen):
        return None
    return NormalPrice(*sales.key(row), Decimal(int(np.sort(chosen)[len(chosen) // 2])) / _MILLION, how)


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
