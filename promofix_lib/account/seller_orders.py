"""Which orders Amazon's cancel rate looks at: one entry per seller-fulfilled order, per sales channel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.filters import is_given_away, one_of, sold_outside
from promofix_lib.marketplaces import UNKNOWN, Marketplace, marketplace_of
from promofix_lib.orders import is_true

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
Reading = Literal["low", "high"]

_FIRST = date(1970, 1, 1)


@dataclass(frozen=True, eq=False)
class SellerOrders:
    """The seller-fulfilled orders of one sales channel, one entry per order, in file order.

    Parameters
    ----------
    sales_channel : str
        An account has one cancel rate per marketplace. Empty when the report does not say where it was sold.
    zone_name : str
        IANA zone of the marketplace, in which the days begin and end.
    first, last : int
        Days (since 1970-01-01) that the reports with this sales channel cover, FBA orders included; both may be cut
        short.
    order_ids : array of str
    days : array of int64
        Order date in the zone, as days since 1970-01-01.
    sure : array of bool
        Cancelled by the seller, as the status knows.
    unsure : array of bool
        Cancelled, and nothing says by whom.
    pending : array of bool
        Amazon has not verified the payment: the order may still fall away.
    row_order : array of int64
        For each row of the order table the number of its order here, −1 for rows that the rate does not look at.
    row_counts : array of bool
        Rows whose cancelling would count against the seller (triage ``cancel`` and ``wait``).
    row_gone : array of bool
        Rows that are cancelled, and not at the buyer's wish.
    """

    sales_channel: str
    zone_name: str
    first: int
    last: int
    order_ids: npt.NDArray[Any]
    days: Whole
    sure: Flags
    unsure: Flags
    pending: Flags
    row_order: Whole
    row_counts: Flags
    row_gone: Flags

    def orders_of(self, rows: Flags) -> Flags:
        """Orders with at least one of these rows of the order table."""
        return np.bincount(self.row_order[rows & (self.row_order >= 0)], minlength=len(self.order_ids)) > 0

    def rows_of(self, flags: Flags) -> Flags:
        """Rows of the order table that belong to these orders."""
        return np.append(flags, False)[self.row_order]

    def added_by(self, rows: Flags) -> Flags:
        """Orders that cancelling these rows would add to the rate: once each, however many items are among them."""
        return self.orders_of(rows & self.row_counts) & ~self.sure

    def named(self, order_ids: Collection[str]) -> Flags:
        """Orders with one of these ids."""
        return pd.Series(self.order_ids, dtype=object).isin(order_ids).to_numpy(dtype=np.bool_)

    def ids(self, mask: Flags) -> tuple[str, ...]:
        """Order ids behind a number, in file order."""
        return tuple(self.order_ids[mask].tolist())

    def knowing(self, by_seller: Collection[str], by_buyer: Collection[str]) -> SellerOrders:
        """The same orders when it is known who cancelled some of them."""
        seller, buyer = self.named(by_seller), self.named(by_buyer)
        return replace(
            self,
            sure=seller,
            unsure=self.unsure & ~seller & ~buyer,
            pending=self.pending & ~seller,
            row_gone=(self.row_gone & ~self.rows_of(buyer)) | self.rows_of(seller),
        )

    def read(self, reading: Reading, added: Flags | Literal[False] = False) -> tuple[Flags, Flags]:
        """Orders that count as cancelled, and those that they are measured against, if `added` are cancelled.

        Parameters
        ----------
        reading : {"high", "low"}
            ``"high"``: unexplained cancellations count and pending orders fall away. ``"low"``: neither.
        added : array of bool, optional
        """
        if reading == "low":
            return self.sure | added, np.ones(len(self.days), dtype=np.bool_)
        cancelled = self.sure | added | self.unsure
        return cancelled, ~self.pending | cancelled

    def per_day(self, mask: Flags) -> Whole:
        """How many of these orders fall on each day of the reports."""
        return np.bincount(self.days[mask] - self.first, minlength=self.last - self.first + 1)


def seller_orders(orders: pd.DataFrame, triage: pd.Series[str]) -> tuple[SellerOrders, ...]:
    """Seller-fulfilled orders per sales channel, the channel with most orders first.

    FBA, what was sold outside Amazon, replacements and Vine units are not in it, nor rows without a fulfilment
    channel, an order id or a purchase date: the rate cannot be worked out for what is not known. Cancelled orders are
    `unsure` unless the report says that the buyer asked: no report says who cancelled.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    triage : Series of str
        Its triage words.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> at = {"purchase_date": "2026-11-20T09:00:00Z", "sales_channel": "Amazon.com", "fulfillment_channel": "merchant"}
    >>> orders = order_table([{"order_id": name, **at} for name in ("A", "A", "B")])
    >>> book, = seller_orders(orders, pd.Series(["already_cancelled", "already_cancelled", "cancel"]))
    >>> book.ids(book.unsure), str(as_date(book.first))
    (('A',), '2026-11-20')
    """
    words = triage.to_numpy(dtype=object)
    seen = one_of(orders, "fulfillment_channel", ["merchant"]).to_numpy() & (words != "set_aside")
    seen &= ~(is_given_away(orders) | sold_outside(orders)).to_numpy()
    seen &= (orders["order_id"].notna() & orders["purchase_date"].notna()).to_numpy()
    number, markets = _channels(orders)
    books = [
        _book(orders, words, seen & (number == place), number == place, name, market)
        for place, (name, market) in enumerate(markets)
        if bool((seen & (number == place)).any())
    ]
    return tuple(sorted(books, key=lambda book: -len(book.order_ids)))


def _channels(orders: pd.DataFrame) -> tuple[Whole, list[tuple[str, Marketplace]]]:
    """Per row the number of its sales channel, told by the currency where the channel is missing."""
    pairs = orders[["sales_channel", "currency"]].astype(object).fillna("")
    codes = pairs.groupby(["sales_channel", "currency"], sort=False).ngroup().to_numpy()
    found = []
    for channel, currency in pairs.drop_duplicates().itertuples(index=False, name=None):
        market = marketplace_of(channel or None, currency or None)
        found.append((str(channel) if market is UNKNOWN else market.sales_channel, market))
    markets = list(dict.fromkeys(found))
    return np.array([markets.index(pair) for pair in found], dtype=np.int64)[codes], markets


def _book(
    orders: pd.DataFrame, words: npt.NDArray[Any], seen: Flags, here: Flags, name: str, market: Marketplace
) -> SellerOrders:
    numbers, order_ids = pd.factorize(orders.loc[seen, "order_id"].to_numpy(dtype=object))
    days = local_days(orders["purchase_date"], market.zone_name)
    # a report that holds one order of this sales channel covers its whole span for it, also the days with none
    files = orders["source_file"].fillna("")
    covered = days[files.isin(files[here].unique()).to_numpy(dtype=np.bool_) & orders["purchase_date"].notna()]
    gone = seen & (words == "already_cancelled") & ~is_true(orders["is_buyer_requested_cancellation"]).to_numpy()

    order_days = np.full(len(order_ids), np.iinfo(np.int64).max)
    np.minimum.at(order_days, numbers, days[seen])
    row_order = np.full(len(orders), -1, dtype=np.int64)
    row_order[seen] = numbers
    return SellerOrders(
        sales_channel=name,
        zone_name=market.zone_name,
        first=int(covered.min()),
        last=int(covered.max()),
        order_ids=np.asarray(order_ids, dtype=object),
        days=order_days,
        sure=np.zeros(len(order_ids), dtype=np.bool_),
        unsure=np.bincount(numbers[gone[seen]], minlength=len(order_ids)) > 0,
        pending=np.bincount(numbers[words[seen] == "wait"], minlength=len(order_ids)) > 0,
        row_order=row_order,
        row_counts=seen & np.isin(words, ["cancel", "wait"]),
        row_gone=gone,
    )


def local_days(times: pd.Series[Any], zone_name: str) -> Whole:
    """Days since 1970-01-01 in a zone; the smallest whole number where the time is missing.

    >>> local_days(pd.Series(pd.to_datetime(["1970-01-03T07:30Z"])), "America/Los_Angeles").tolist()
    [1]
    """
    local = times.dt.tz_convert(zone_name).dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return local.astype("datetime64[D]").astype(np.int64)


def as_date(day: int) -> date:
    """The calendar day of a number of days since 1970-01-01.

    >>> as_date(2).isoformat()
    '1970-01-03'
    """
    return _FIRST + timedelta(days=int(day))
