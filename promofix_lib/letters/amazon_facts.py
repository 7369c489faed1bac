"""What a letter to Amazon may say about an incident: numbers from the orders, and no buyer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from promofix_lib.finding import NormalPrice
from promofix_lib.marketplaces import Marketplace, main_marketplace
from promofix_lib.orders import MONEY, flat_lists, totals
from promofix_lib.triage import WORDS, triage


@dataclass(frozen=True)
class ItemFacts:
    """One SKU in one currency: what was paid per unit, what it normally costs (None: not known), and how many units."""

    sku: str
    asin: str
    currency: str
    lowest: Decimal | None
    highest: Decimal | None
    normal: Decimal | None
    units: int


@dataclass(frozen=True)
class AmountFacts:
    """Sums in one currency; `normal` and `loss` are None when a normal price is missing."""

    currency: str
    paid: Decimal
    normal: Decimal | None
    loss: Decimal | None


@dataclass(frozen=True)
class Advice:
    """What Amazon said, when (as the seller noted it), and in which case."""

    date: str
    case_id: str
    text: str


@dataclass(frozen=True)
class IncidentFacts:
    """The numbers of one incident.

    Parameters
    ----------
    onset, end : datetime with a zone, or None
        Purchase time of the first and the last affected order.
    zone_name : str
        IANA name of the zone in which times are shown.
    orders, units, unpriced : int
        Orders; units; order items without a price in the report.
    promotion_ids, claim_codes : tuple of str
    items : tuple of ItemFacts
        Most units first.
    amounts : tuple of AmountFacts
        Largest first; currencies are never added.
    state : dict of str to int
        Orders per triage word; an order whose items differ counts under each.
    """

    onset: datetime | None
    end: datetime | None
    zone_name: str
    orders: int
    units: int
    unpriced: int
    promotion_ids: tuple[str, ...]
    claim_codes: tuple[str, ...]
    items: tuple[ItemFacts, ...]
    amounts: tuple[AmountFacts, ...]
    state: Mapping[str, int]


def incident_facts(
    orders: pd.DataFrame,
    chosen: pd.Series[bool],
    *,
    promotion_ids: Sequence[str] = (),
    normal_prices: Sequence[NormalPrice] = (),
    market: Marketplace | None = None,
) -> IncidentFacts:
    """The numbers of the chosen order items; lines that are zero by design are not counted.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    chosen : Series
        Boolean mask over `orders`.
    promotion_ids : sequence of str
        The promotions that the incident's rule names; others on the same orders are not mentioned.
    normal_prices : sequence
        Normal price per SKU, sales channel and currency.
    market : Marketplace, optional
        Whose zone is shown; by default the one most of the chosen orders come from.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "A", "sku": "S", "item_price": "3.00", "quantity": 3, "currency": "USD"}])
    >>> incident_facts(orders, pd.Series([True])).items[0].highest
    Decimal('1.000000')
    """
    words = triage(orders)
    mask = chosen.reindex(orders.index, fill_value=False).astype(bool) & (words != "set_aside").astype(bool)
    touched = orders[mask]
    times = touched["purchase_date"].dropna()
    zone = (market or main_marketplace(touched["sales_channel"], touched["currency"])).zone_name
    return IncidentFacts(
        onset=times.min().to_pydatetime() if len(times) else None,
        end=times.max().to_pydatetime() if len(times) else None,
        zone_name=zone,
        orders=int(touched["order_id"].nunique()),
        units=int(touched["quantity"].fillna(0).sum()),
        unpriced=int(touched["unit_price"].isna().sum()),
        promotion_ids=tuple(promotion_ids),
        claim_codes=tuple(sorted(set(flat_lists(touched["claim_codes"])[1]) - {"_SITE_WIDE_"})),
        items=_items(touched, normal_prices),
        amounts=_amounts(touched, normal_prices),
        state=_state(touched, words[mask]),
    )


def _state(touched: pd.DataFrame, words: pd.Series[Any]) -> dict[str, int]:
    counts = touched["order_id"].groupby(words).nunique()
    return {word: int(counts[word]) for word in WORDS if word in counts}


def _items(touched: pd.DataFrame, normal_prices: Sequence[NormalPrice]) -> tuple[ItemFacts, ...]:
    normal = normal_unit_prices(touched, normal_prices)
    groups = touched.assign(normal=normal).groupby(["sku", "currency"], sort=False, dropna=False)
    facts = [
        ItemFacts(
            _text(sku),
            _first(rows["asin"]),
            _text(currency),
            _money(rows["unit_price"].min()),
            _money(rows["unit_price"].max()),
            _money(rows["normal"].max()),
            int(rows["quantity"].fillna(0).sum()),
        )
        for (sku, currency), rows in groups
    ]
    return tuple(sorted(facts, key=lambda fact: (-fact.units, fact.sku)))


def normal_unit_prices(touched: pd.DataFrame, normal_prices: Sequence[NormalPrice]) -> pd.Series[Any]:
    """The normal price per unit of each order item, missing where it is not known.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> normal_unit_prices(order_table([{"sku": "S"}]), []).tolist()
    [<NA>]
    """
    exact = {(price.sku, price.sales_channel, price.currency): price.price for price in normal_prices}
    cells = touched[["sku", "sales_channel", "currency"]].itertuples(index=False)
    found = [_lookup(exact, _text(sku), _text(channel), _text(currency)) for sku, channel, currency in cells]
    return pd.Series(found, index=touched.index, dtype=touched["unit_price"].dtype)


def _lookup(exact: Mapping[tuple[str, str, str], Decimal], sku: str, channel: str, currency: str) -> Decimal | None:
    # a normal price that was given without a sales channel or currency holds for every one
    tries = ((sku, channel, currency), (sku, "", currency), (sku, channel, ""), (sku, "", ""))
    return next((exact[key] for key in tries if key in exact), None)


def _amounts(touched: pd.DataFrame, normal_prices: Sequence[NormalPrice]) -> tuple[AmountFacts, ...]:
    priced = touched[touched["unit_price"].notna() & touched["currency"].notna()]
    normal = normal_unit_prices(priced, normal_prices)
    unknown = set(priced.loc[normal.isna(), "currency"])
    price = totals(priced.assign(item_price=paid_per_line(priced)), "item_price")
    values = priced.assign(item_price=(normal * priced["quantity"]).astype(priced["item_price"].dtype))
    worth = totals(values, "item_price")
    rows = [(currency, amount, None if currency in unknown else worth[currency]) for currency, amount in price.items()]
    facts = [AmountFacts(code, paid, value, None if value is None else value - paid) for code, paid, value in rows]
    return tuple(sorted(facts, key=lambda fact: -(fact.loss or fact.paid)))


def paid_per_line(orders: pd.DataFrame) -> pd.Series[Any]:
    """What the buyer pays for the whole line: price less discount, never below zero, missing where no price is known.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> paid_per_line(order_table([{"item_price": "5.00", "item_promotion_discount": "7.00"}, {}])).tolist()
    [Decimal('0.0000'), <NA>]
    """
    paid = (orders["item_price"] - orders["item_promotion_discount"].abs().fillna(0)).astype(MONEY)
    return paid.where((paid >= 0).fillna(True).astype(bool), Decimal(0))


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _first(cells: Iterable[object]) -> str:
    return next((cell for cell in cells if isinstance(cell, str)), "")


def _money(cell: object) -> Decimal | None:
    return cell if isinstance(cell, Decimal) else None
