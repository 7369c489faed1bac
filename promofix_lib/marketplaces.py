"""Currencies, time zones, web hosts and languages of Amazon's marketplaces."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from promofix_lib.plain import typed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Marketplace:
    """One Amazon marketplace.

    Parameters
    ----------
    code : str
        Two-letter code, ``"US"``.
    marketplace_id : str
        Amazon's id, ``"ATVPDKIKX0DER"``; empty when it is not known.
    sales_channel : str
        The word reports use, ``"Amazon.com"``.
    host : str
        Seller Central's host.
    currency : str
        ISO 4217 code.
    zone_name : str
        IANA time zone of the seller's business day (not the zone of any report).
    languages : tuple of str
        Buyers' languages, the main one first.
    per_dollar : float
        About what a US dollar costs in that currency.
    region : str
        Of the Selling Partner API: ``na``, ``eu`` or ``fe``.

    Examples
    --------
    >>> marketplace_of("Amazon.co.jp").currency
    'JPY'
    """

    code: str
    marketplace_id: str
    sales_channel: str
    host: str
    currency: str
    zone_name: str
    languages: tuple[str, ...]
    per_dollar: float
    region: str = "eu"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the seller reads a clock."""
        return ZoneInfo(self.zone_name)

    def order_url(self, order_id: str) -> str:
        """Page of one order in Seller Central.

        >>> marketplace_of("Amazon.com").order_url("111-0000001-0000001")
        'https://sellercentral.amazon.com/orders-v3/order/111-0000001-0000001'
        """
        return f"https://{self.host}/orders-v3/order/{quote(order_id, safe='')}"

    def message_url(self, order_id: str) -> str:
        """Page on which the buyer of one order is written to (never the page that asks for a review)."""
        address = f"https://{self.host}/messaging/contact?orderID={quote(order_id, safe='')}"
        return f"{address}&marketplaceID={self.marketplace_id}" if self.marketplace_id else address


_TABLE = tomllib.loads(files("promofix_lib").joinpath("marketplaces.toml").read_text(encoding="utf-8"))
MARKETPLACES = tuple(typed(Marketplace, {"code": code, **facts}, code) for code, facts in _TABLE.items())

# For orders outside Amazon's marketplaces, and for reports that do not say where they were sold.
UNKNOWN = Marketplace("", "", "", "sellercentral.amazon.com", "", "UTC", ("en",), float("nan"))

PER_DOLLAR = {market.currency: market.per_dollar for market in MARKETPLACES}
_BY_CHANNEL = {market.sales_channel.lower(): market for market in MARKETPLACES}
_BY_CURRENCY = {market.currency: market for market in reversed(MARKETPLACES) if market.currency != "EUR"}


def in_dollars(amount: Decimal, currency: str) -> float:
    """About what an amount is worth in US dollars: only to say which of several is graver, never shown.

    >>> in_dollars(Decimal(148_000), "JPY")
    1000.0
    """
    return float(amount) / PER_DOLLAR.get(currency, 1)


def marketplace_of(sales_channel: object, currency: object = None) -> Marketplace:
    """The marketplace of an order; `UNKNOWN` (zone UTC) when neither word tells.

    Parameters
    ----------
    sales_channel : str or missing
        The report's ``sales-channel``.
    currency : str or missing
        Used when the sales channel is missing (a New Orders report without that column) and the currency belongs to
        one marketplace only.

    Examples
    --------
    >>> marketplace_of("amazon.DE").zone_name
    'Europe/Berlin'
    >>> marketplace_of(None, "GBP").sales_channel
    'Amazon.co.uk'
    >>> marketplace_of("Non-Amazon").zone_name
    'UTC'
    """
    if isinstance(sales_channel, str) and sales_channel.strip():
        return _BY_CHANNEL.get(sales_channel.strip().lower(), UNKNOWN)
    return _BY_CURRENCY.get(currency, UNKNOWN) if isinstance(currency, str) else UNKNOWN


def main_marketplace(orders: pd.DataFrame) -> Marketplace:
    """The marketplace that most order items come from, by their currencies where no channel tells.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> main_marketplace(order_table([{"sales_channel": "Amazon.de"}, *[{"sales_channel": "Non-Amazon"}] * 2])).code
    'DE'
    """
    sold: Any = orders[["sales_channel", "currency"]].value_counts(dropna=False)
    return most_sold_in(sold.to_dict())


def most_sold_in(counts: Mapping[tuple[object, object], int]) -> Marketplace:
    """The same of sales channels and currencies that are counted already."""
    for by_channel in (True, False):
        votes: Counter[Marketplace] = Counter()
        for (channel, currency), count in counts.items():
            votes[marketplace_of(channel if by_channel else None, currency)] += count
        del votes[UNKNOWN]
        if votes:
            return votes.most_common(1)[0][0]
    return UNKNOWN
