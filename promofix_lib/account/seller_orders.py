"""Which orders Amazon's cancel rate looks at: one entry per seller-fulfilled order, per sales channel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.filters import one_of
from promofix_lib.marketplaces import UNKNOWN, Marketplace, marketplace_of
from promofix_lib.orders import is_true
from promofix_lib.triage import triage

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SellerOrders:
    """The seller-fulfilled orders of one sales channel, one entry per order, in file order.

    Parameters
    ----------
    sales_channel : str
        An account has one cancel rate per marketplace. Empty when the report does not say where it was sold.
    zone_name : str
        IANA zone of the marketplace, in which the days begin and end.
    first_day, last_day : date
        What the reports with this sales channel cover, FBA orders included; both days may be cut short.
    order_ids : array of str
        Amazon's order ids.
    days : array of int64
        Order date in the zone, as days since 1970-01-01.
    sure : array of bool
        Cancelled by the seller, as the seller's own record says.
    unsure : array of bool
        Cancelled, and no report says by whom.
    pending : array of bool
        Amazon has not verified the payment: the order may still fall away.
    row_order : array of int64
        For each row of the order table the number of its order here, −1 for rows that the rate does not look at.
    row_counts : array of bool
        Rows whose cancelling would count against the seller (triage ``cancel`` and ``wait``).
    row_cancelled : array of bool
        Rows that are cancelled, and not at the buyer's wish.
    """

    sales_channel: str
    zone_name: str
    first_day: date
    last_day: date
    order_ids: npt.NDArray[Any]
    days: Whole
    sure: Flags
    unsure: Flags
    pending: Flags
    row_order: Whole
    row_counts: Flags
    row_cancelled: Flags

    def with_chosen(self, chosen: pd.Series[bool] | None) -> Flags:
        """Orders that cancelling the chosen rows would add to the rate: once each, however many items are chosen.

        Raises
        ------
        ValueError
            `chosen` is not a mask over the same order table.
        """
        touched = np.zeros(len(self.order_ids), dtype=np.bool_)
        if chosen is None:
            return touched
        if len(chosen) != len(self.row_order):
            raise ValueError(f"chosen has {len(chosen)} rows, the order table has {len(self.row_order)}.")
        touched[self.row_order[chosen.to_numpy(dtype=np.bool_) & self.row_counts]] = True
        return touched

    def ids(self, mask: Flags) -> tuple[str, ...]:
        """Order ids behind a number, in file order."""
        return tuple(self.order_ids[mask].tolist())


def seller_orders(
    orders: pd.DataFrame, *, cancelled_by_seller: Collection[str] = (), cancelled_by_buyer: Collection[str] = ()
) -> tuple[SellerOrders, ...]:
    """Seller-fulfilled orders per sales channel, the channel with most orders first.

    FBA, multi-channel orders, replacements and Vine units are not in it, nor rows without a fulfilment channel, an
    order id or a purchase date: the rate cannot be worked out for what is not known.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    cancelled_by_seller, cancelled_by_buyer : collection of str
        Order ids of which the seller knows who cancelled. All other cancelled orders are `unsure` unless the report
        says that the buyer asked, because the All Orders report does not say who cancelled.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> at = {"purchase_date": "2026-11-20T09:00:00Z", "sales_channel": "Amazon.com", "quantity": 1}
    >>> book, = seller_orders(order_table([
    ...     {"order_id": "A", "fulfillment_channel": "merchant", "item_status": "Cancelled", **at},
    ...     {"order_id": "A", "fulfillment_channel": "merchant", "item_status": "Cancelled", **at},
    ...     {"order_id": "B", "fulfillment_channel": "amazon", "order_status": "Cancelled", **at}]))
    >>> book.ids(book.unsure), str(book.first_day)
    (('A',), '2026-11-20')
    """
    words = triage(orders)
    seen = one_of(orders, "fulfillment_channel", ["merchant"]) & (words != "set_aside").astype(bool)
    seen &= orders["order_id"].notna() & orders["purchase_date"].notna()
    channels, markets = _channels(orders)
    books = [
        _book(orders, words, (seen & (channels == number)).to_numpy(), (channels == number).to_numpy(), name, market)
        for number, (name, market) in enumerate(markets)
        if not name.lower().startswith("non-amazon") and bool((seen & (channels == number)).any())
    ]
    if cancelled_by_seller or cancelled_by_buyer:
        books = [_with_known_cancels(book, set(cancelled_by_seller), set(cancelled_by_buyer)) for book in books]
    return tuple(sorted(books, key=lambda book: -len(book.order_ids)))


def _channels(orders: pd.DataFrame) -> tuple[pd.Series[Any], list[tuple[str, Marketplace]]]:
    pairs = orders[["sales_channel", "currency"]].astype(object).fillna("")
    codes = pairs.groupby(["sales_channel", "currency"], sort=False).ngroup()
    seen = pairs.drop_duplicates().itertuples(index=False, name=None)
    found = [(str(channel), marketplace_of(channel or None, currency or None)) for channel, currency in seen]
    named = [(channel if market is UNKNOWN else market.sales_channel, market) for channel, market in found]
    markets = list(dict.fromkeys(named))
    return codes.map({code: markets.index(pair) for code, pair in enumerate(named)}), markets


def _book(
    orders: pd.DataFrame, words: pd.Series[str], seen: Flags, here: Flags, name: str, market: Marketplace
) -> SellerOrders:
    numbers, order_ids = pd.factorize(orders.loc[seen, "order_id"].astype(object))
    days = local_days(orders["purchase_date"], market.zone_name)
    first, last = _covered(orders, here, days)
    cancelled = (words == "already_cancelled").to_numpy(dtype=np.bool_)
    gone = seen & cancelled & ~is_true(orders["is_buyer_requested_cancellation"]).to_numpy()

    def any_row(mask: Flags) -> Flags:
        flags = np.zeros(len(order_ids), dtype=np.bool_)
        flags[numbers[mask[seen]]] = True
        return flags

    order_days = np.full(len(order_ids), np.iinfo(np.int64).max)
    np.minimum.at(order_days, numbers, days[seen])
    row_order = np.full(len(orders), -1, dtype=np.int64)
    row_order[seen] = numbers
    return SellerOrders(
        sales_channel=name,
        zone_name=market.zone_name,
        first_day=first,
        last_day=last,
        order_ids=np.asarray(order_ids, dtype=object),
        days=order_days,
        sure=np.zeros(len(order_ids), dtype=np.bool_),
        unsure=any_row(gone),
        pending=any_row((words == "wait").to_numpy(dtype=np.bool_)),
        row_order=row_order,
        row_counts=seen & words.isin(["cancel", "wait"]).to_numpy(dtype=np.bool_),
        row_cancelled=gone,
    )


def _with_known_cancels(book: SellerOrders, by_seller: set[str], by_buyer: set[str]) -> SellerOrders:
    sure, buyer = (_named(book, names) for names in (by_seller, by_buyer))
    by_buyer_rows = np.append(buyer, False)[book.row_order]
    return replace(
        book,
        sure=sure,
        unsure=book.unsure & ~sure & ~buyer,
        pending=book.pending & ~sure,
        row_cancelled=book.row_cancelled & ~by_buyer_rows,
    )


def _named(book: SellerOrders, names: set[str]) -> Flags:
    return np.fromiter((order_id in names for order_id in book.order_ids), dtype=np.bool_, count=len(book.order_ids))


def local_days(times: pd.Series[Any], zone_name: str) -> Whole:
    """Days since 1970-01-01 in a zone; the smallest whole number where the time is missing.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> times = order_table([{"purchase_date": "1970-01-03T07:30:00Z"}])["purchase_date"]
    >>> local_days(times, "UTC").tolist(), local_days(times, "America/Los_Angeles").tolist()
    ([2], [1])
    """
    local = times.dt.tz_convert(zone_name).dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    return local.astype("datetime64[D]").astype(np.int64)


def _covered(orders: pd.DataFrame, here: Flags, days: Whole) -> tuple[date, date]:
    # a report that holds one order of this sales channel covers its whole span for it, also the days with none
    files = orders["source_file"].fillna("")
    rows = files.isin(files[here].unique()).to_numpy(dtype=np.bool_) & orders["purchase_date"].notna().to_numpy()
    return as_date(int(days[rows].min())), as_date(int(days[rows].max()))


def as_date(day: int) -> date:
    """The calendar day of a number of days since 1970-01-01.

    >>> as_date(0).isoformat()
    '1970-01-01'
    """
    return date.fromordinal(date(1970, 1, 1).toordinal() + day)


def as_number(day: date) -> int:
    """Days since 1970-01-01.

    >>> as_number(date(1970, 1, 3))
    2
    """
    return day.toordinal() - date(1970, 1, 1).toordinal()
