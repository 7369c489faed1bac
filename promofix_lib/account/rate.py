"""Amazon's cancel rate: which orders it looks at, over which seven days, and between which two readings it lies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.filters import one_of
from promofix_lib.marketplaces import UNKNOWN, Marketplace, marketplace_of
from promofix_lib.orders import is_true
from promofix_lib.rules import rule
from promofix_lib.say import Told, told

Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]
Reading = Literal["low", "high"]

LIMIT = Fraction(rule("cancel_rate.limit"))
WINDOW_DAYS: int = rule("cancel_rate.window_days")

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
        flags = np.zeros(len(self.order_ids), dtype=np.bool_)
        flags[self.row_order[rows & (self.row_order >= 0)]] = True
        return flags

    def added_by(self, rows: Flags) -> Flags:
        """Orders that cancelling these rows would add to the rate: once each, however many items are among them."""
        return self.orders_of(rows & self.row_counts) & ~self.sure

    def named(self, order_ids: Collection[str]) -> Flags:
        """Orders with one of these ids."""
        wanted = order_ids if isinstance(order_ids, frozenset | set) else set(order_ids)
        return np.fromiter((one in wanted for one in self.order_ids), dtype=np.bool_, count=len(self.order_ids))

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
            row_gone=(self.row_gone & ~np.append(buyer, False)[self.row_order])
            | np.append(seller, False)[self.row_order],
        )

    def daily(self, added: Flags) -> dict[str, Whole]:
        """Orders per day of the reports: in all, pending, surely and perhaps cancelled, if `added` are cancelled."""
        counted = self.sure | added
        masks = {
            "orders": np.ones(len(self.days), dtype=np.bool_),
            "pending": self.pending & ~self.unsure & ~counted,
            "counted": counted,
            "unsure": self.unsure & ~counted,
        }
        size = self.last - self.first + 1
        return {name: np.bincount(self.days[mask] - self.first, minlength=size) for name, mask in masks.items()}


def seller_orders(orders: pd.DataFrame, triage: pd.Series[str]) -> tuple[SellerOrders, ...]:
    """Seller-fulfilled orders per sales channel, the channel with most orders first.

    FBA, multi-channel orders, replacements and Vine units are not in it, nor rows without a fulfilment channel, an
    order id or a purchase date: the rate cannot be worked out for what is not known. Cancelled orders are `unsure`
    unless the report says that the buyer asked: no report says who cancelled.

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
    seen &= (orders["order_id"].notna() & orders["purchase_date"].notna()).to_numpy()
    number, markets = _channels(orders)
    books = [
        _book(orders, words, seen & (number == place), number == place, name, market)
        for place, (name, market) in enumerate(markets)
        if not name.lower().startswith("non-amazon") and bool((seen & (number == place)).any())
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
        first=int(covered.min()),
        last=int(covered.max()),
        order_ids=np.asarray(order_ids, dtype=object),
        days=order_days,
        sure=np.zeros(len(order_ids), dtype=np.bool_),
        unsure=any_row(gone),
        pending=any_row(words == "wait"),
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


@dataclass(frozen=True)
class Rate:
    """The cancel rate of the seven days that end on one day, and the orders behind each of its numbers.

    Parameters
    ----------
    sales_channel, zone_name : str
        Marketplace, and the zone in which its days begin and end.
    first_day, last_day : date
        The seven calendar days of order date, both inside.
    order_ids : tuple of str
        Seller-fulfilled orders placed in the seven days.
    counted : tuple of str
        Of these, orders that surely count as cancelled: known seller cancellations and those to be cancelled.
    unsure : tuple of str
        Of these, orders cancelled by nobody knows whom.
    pending : tuple of str
        Of these, orders whose payment is not verified and that nobody cancelled.
    reports_begin : date
        First day that the reports cover.
    limit : Fraction
        The rate must stay under it.
    """

    sales_channel: str
    zone_name: str
    first_day: date
    last_day: date
    order_ids: tuple[str, ...]
    counted: tuple[str, ...]
    unsure: tuple[str, ...]
    pending: tuple[str, ...]
    reports_begin: date
    limit: Fraction = LIMIT

    @property
    def low(self) -> Fraction | None:
        """Lowest reading: only what surely counts, over all orders; None when there were no orders."""
        return Fraction(len(self.counted), len(self.order_ids)) if self.order_ids else None

    @property
    def high(self) -> Fraction | None:
        """Highest reading: every unexplained cancellation counts, and every pending order falls away."""
        orders = len(self.order_ids) - len(self.pending)
        return Fraction(len(self.counted) + len(self.unsure), orders) if orders else None

    @property
    def room(self) -> tuple[int, int]:
        """How many more orders of these seven days may be cancelled, on the high and on the low reading."""
        verified, cancelled = len(self.order_ids) - len(self.pending), len(self.counted) + len(self.unsure)
        rooms = room(verified, cancelled, self.limit), room(len(self.order_ids), len(self.counted), self.limit)
        return max(rooms[0], 0), max(rooms[1], 0)

    def told(self) -> Told:
        """The rate in one sentence: one number, or the two readings when they differ."""
        facts: dict[str, Any] = {
            "channel": self.sales_channel or told("account.no_channel"),
            "first": self.first_day,
            "last": self.last_day,
            "zone": self.zone_name.replace("_", " "),
        }
        if not self.order_ids:
            return told("account.rate_without_orders", **facts)
        low, high = (percent(rate, self.limit) for rate in (self.low, self.high))
        facts |= {"orders": len(self.order_ids), "cancelled": len(self.counted)}
        if low == high or self.high is None:
            return told("account.rate_of", rate=low, **facts)
        key = "account.rate_between" if self.unsure else "account.rate_between_pending"
        return told(key, low=low, high=high, n=len(self.unsure or self.pending), **facts)

    def room_told(self) -> Told:
        """How many more orders can be cancelled, in one sentence."""
        (least, most), limit = self.room, short_percent(self.limit)
        if least == most:
            return told("account.room", n=most, limit=limit)
        return told("account.room_between", least=least, n=most, limit=limit)

    def cannot_tell(self) -> tuple[Told, ...]:
        """What no report can tell about this rate, one sentence each."""
        short, pending = self.reports_begin > self.first_day, len(self.pending)
        notes = {
            "account.note_short": {"first": self.reports_begin} if short else None,
            "account.note_pending": {"n": pending} if pending else None,
            "account.note_who_cancelled": {} if self.unsure else None,
            "account.note_late": {},
            "account.note_message": {},
        }
        return tuple(told(key, **facts) for key, facts in notes.items() if facts is not None)


def rate_on(book: SellerOrders, day: int, added: Flags | None = None, *, limit: Fraction = LIMIT) -> Rate:
    """The cancel rate of the seven days that end on `day`, if the orders `added` are cancelled on top.

    All seller-cancelled orders ÷ all orders, seller-fulfilled, by *order date*: an order of Monday that is cancelled
    on Friday counts on Monday. An order with several cancelled items counts once.

    Parameters
    ----------
    book : SellerOrders
    day : int
        Last day of the window, in the marketplace's zone, as days since 1970-01-01.
    added : array of bool, optional
        Orders of `book` to cancel on top of what is cancelled.
    limit : Fraction
        The rate must stay under it.

    References
    ----------
    Seller Central help 200285210, "Pre-fulfilment cancel rate".
    """
    inside = (book.days > day - WINDOW_DAYS) & (book.days <= day)
    counted = book.sure if added is None else book.sure | added
    return Rate(
        sales_channel=book.sales_channel,
        zone_name=book.zone_name,
        first_day=as_date(day - WINDOW_DAYS + 1),
        last_day=as_date(day),
        order_ids=book.ids(inside),
        counted=book.ids(inside & counted),
        unsure=book.ids(inside & book.unsure & ~counted),
        pending=book.ids(inside & book.pending & ~book.unsure & ~counted),
        reports_begin=as_date(book.first),
        limit=limit,
    )


def room(orders: int, counted: int, limit: Fraction = LIMIT) -> int:
    """The most orders that can be cancelled on top of `counted` while the rate stays *under* the limit.

    Negative when the rate is not under the limit before anything is cancelled.

    Examples
    --------
    >>> room(400, 0), room(1000, 0), room(400, 12), room(0, 0)
    (9, 24, -3, 0)
    """
    if counted == 0 and orders == 0:
        return 0
    return -(-limit.numerator * orders // limit.denominator) - 1 - counted


def seven_days(counts: Whole) -> Whole:
    """Sums over the seven days that end on each day; days before the first are zero.

    >>> seven_days(np.array([1, 0, 0, 0, 0, 0, 2, 3])).tolist()
    [1, 1, 1, 1, 1, 1, 3, 5]
    """
    sums = np.concatenate([np.zeros(WINDOW_DAYS, dtype=np.int64), np.cumsum(counts)])
    return sums[WINDOW_DAYS:] - sums[:-WINDOW_DAYS]


def over(cancelled: Whole, orders: Whole, limit: Fraction = LIMIT) -> Flags:
    """Where cancelled ÷ orders is not under the limit, in whole numbers; never where there are no orders.

    >>> over(np.array([1, 1, 0]), np.array([40, 41, 0])).tolist()
    [True, False, False]
    """
    return (cancelled * limit.denominator >= orders * limit.numerator) & (orders > 0)


def percent(rate: Fraction | None, limit: Fraction | None = None) -> str:
    """A rate in percent with two decimals, and more where two would put it on the wrong side of the limit.

    Examples
    --------
    >>> percent(Fraction(2, 21)), percent(None), percent(Fraction(24999, 1000000), Fraction(25, 1000))
    ('9.52%', '–', '2.4999%')
    """
    if rate is None:
        return "–"
    exact = Decimal(rate.numerator * 100) / Decimal(rate.denominator)
    for places in range(2, 9):
        shown = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        if limit is None or (Fraction(shown) / 100 < limit) == (rate < limit):
            break
    return f"{shown}%"


def short_percent(rate: Fraction) -> str:
    """A limit as people say it.

    >>> short_percent(Fraction(25, 1000)), short_percent(Fraction(1, 25))
    ('2.5%', '4%')
    """
    return f"{(Decimal(rate.numerator * 100) / Decimal(rate.denominator)).normalize():f}%"
