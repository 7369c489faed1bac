"""Currencies, time zones, web hosts and languages of Amazon's marketplaces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo


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


# Ids: jlevers/selling-partner-api; zones and currencies: scaleleap/amazon-marketplaces.
_ROWS = """
US ATVPDKIKX0DER  Amazon.com    sellercentral.amazon.com    USD America/Los_Angeles en
CA A2EUQ1WTGCTBG2 Amazon.ca     sellercentral.amazon.ca     CAD America/Los_Angeles en,fr
MX A1AM78C64UM0Y8 Amazon.com.mx sellercentral.amazon.com.mx MXN America/Los_Angeles es
BR A2Q3Y263D00KWC Amazon.com.br sellercentral.amazon.com.br BRL America/Sao_Paulo   pt
GB A1F83G8C2ARO7P Amazon.co.uk  sellercentral.amazon.co.uk  GBP Europe/London       en
DE A1PA6795UKMFR9 Amazon.de     sellercentral.amazon.de     EUR Europe/Berlin       de
FR A13V1IB3VIYZZH Amazon.fr     sellercentral.amazon.fr     EUR Europe/Paris        fr
IT APJ6JRA9NG5V4  Amazon.it     sellercentral.amazon.it     EUR Europe/Rome         it
ES A1RKKUPIHCS9HS Amazon.es     sellercentral.amazon.es     EUR Europe/Madrid       es
NL A1805IZSGTT6HS Amazon.nl     sellercentral.amazon.nl     EUR Europe/Amsterdam    nl
BE AMEN7PMS3EDWL  Amazon.com.be sellercentral.amazon.com.be EUR Europe/Brussels     fr,nl
IE A28R8C7NBKEWEA Amazon.ie     sellercentral.amazon.ie     EUR Europe/Dublin       en
SE A2NODRKZP88ZB9 Amazon.se     sellercentral.amazon.se     SEK Europe/Stockholm    sv
PL A1C3SOZRARQ6R3 Amazon.pl     sellercentral.amazon.pl     PLN Europe/Warsaw       pl
TR A33AVAJ2PDY3EV Amazon.com.tr sellercentral.amazon.com.tr TRY Europe/Istanbul     tr
AE A2VIGQ35RCS4UG Amazon.ae     sellercentral.amazon.ae     AED Asia/Dubai          en,ar
SA A17E79C6D8DWNP Amazon.sa     sellercentral.amazon.sa     SAR Asia/Riyadh         ar,en
EG ARBP9OOSHTCHU  Amazon.eg     sellercentral.amazon.eg     EGP Africa/Cairo        ar,en
ZA AE08WJ6YKNBMC  Amazon.co.za  sellercentral.amazon.co.za  ZAR Africa/Johannesburg en
IN A21TJRUUN4KGV  Amazon.in     sellercentral.amazon.in     INR Asia/Kolkata        en
JP A1VC38T7YXB528 Amazon.co.jp  sellercentral.amazon.co.jp  JPY Asia/Tokyo          ja
AU A39IBJ37TRP1C6 Amazon.com.au sellercentral.amazon.com.au AUD Australia/Sydney    en
SG A19VAU5U5O7RUS Amazon.sg     sellercentral.amazon.sg     SGD Asia/Singapore      en
"""


def _marketplace(row: str) -> Marketplace:
    code, marketplace_id, channel, host, currency, zone, languages = row.split()
    return Marketplace(code, marketplace_id, channel, host, currency, zone, tuple(languages.split(",")))


MARKETPLACES: tuple[Marketplace, ...] = tuple(_marketplace(row) for row in _ROWS.strip().splitlines())

# For orders outside Amazon's marketplaces, and for reports that do not say where they were sold.
UNKNOWN = Marketplace("", "", "", "sellercentral.amazon.com", "", "UTC", ("en",))

_BY_CHANNEL = {market.sales_channel.lower(): market for market in MARKETPLACES}
_BY_CURRENCY = {market.currency: market for market in reversed(MARKETPLACES) if market.currency != "EUR"}


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


def main_marketplace(sales_channels: Iterable[object], currencies: Iterable[object] = ()) -> Marketplace:
    """The marketplace that occurs most often, whose zone a chart over several of them is drawn in.

    Examples
    --------
    >>> main_marketplace(["Amazon.de", "Amazon.com", "Amazon.com"]).code
    'US'
    """
    votes: dict[Marketplace, int] = {}
    for channel in sales_channels:
        market = marketplace_of(channel)
        votes[market] = votes.get(market, 0) + (market is not UNKNOWN)
    for currency in currencies:
        market = marketplace_of(None, currency)
        votes[market] = votes.get(market, 0) + (market is not UNKNOWN and not any(votes.values()))
    return max(votes, key=lambda market: votes[market], default=UNKNOWN)
