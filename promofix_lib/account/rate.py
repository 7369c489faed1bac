"""Amazon's cancel rate over seven days, before and after cancelling, and how many cancellations it can bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

import numpy as np
import pandas as pd

from promofix_lib.account.seller_orders import Flags, SellerOrders, Whole, as_date, as_number
from promofix_lib.account.words import day_text, percent, say, short_percent

LIMIT = Fraction(25, 1000)
"""Amazon's policy: keep the cancel rate *under* 2.5 % (Seller Central help 200285210)."""

WINDOW_DAYS = 7

Which = Literal["low", "high"]


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
        Of these, orders that surely count as cancelled: known seller cancellations and the chosen ones.
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
    def most_cancellable(self) -> int:
        """How many more orders of these seven days may be cancelled on the high reading."""
        return most_cancellable(
            len(self.order_ids) - len(self.pending), len(self.counted) + len(self.unsure), self.limit
        )

    @property
    def most_cancellable_low(self) -> int:
        """The same on the low reading."""
        return most_cancellable(len(self.order_ids), len(self.counted), self.limit)

    def sentence(self, language: str = "en") -> str:
        """The rate in one sentence: one number, or the two readings when they differ."""
        zone = self.zone_name.replace("_", " ")
        days = {"first": day_text(self.first_day, language), "last": day_text(self.last_day, language), "zone": zone}
        channel = self.sales_channel or say("no_channel", language)
        facts = {"channel": channel, "orders": len(self.order_ids), **days}
        low, high = (percent(rate, limit=self.limit) for rate in (self.low, self.high))
        if not self.order_ids:
            return say("no_orders", language, **facts)
        if low == high or self.high is None:
            return say("rate_of", language, rate=low, cancelled=len(self.counted), **facts)
        counts = {"surely": len(self.counted), "unsure": len(self.unsure)}
        return say("rate_between", language, low=low, high=high, **counts, **facts)

    def cannot_tell(self, language: str = "en") -> tuple[str, ...]:
        """What no report can tell about this rate, one sentence each."""
        notes = [say("note_late", language), say("note_message", language)]
        if self.unsure:
            notes.insert(0, say("note_who_cancelled", language))
        if self.pending:
            notes.insert(0, say("note_pending", language, n=len(self.pending)))
        if self.reports_begin > self.first_day:
            notes.insert(0, say("note_short", language, first=day_text(self.reports_begin, language)))
        return tuple(notes)

    def most_sentence(self, language: str = "en") -> str:
        """How many more orders can be cancelled, in one sentence."""
        least, most, limit = self.most_cancellable, self.most_cancellable_low, short_percent(self.limit)
        if least == most:
            return say("most", language, n=most, limit=limit)
        return say("most_between", language, least=least, n=most, limit=limit)


def rate_on(
    book: SellerOrders, day: date | None = None, chosen: pd.Series[bool] | None = None, *, limit: Fraction = LIMIT
) -> Rate:
    """The cancel rate of the seven days that end on `day`, if the chosen rows are cancelled.

    All seller-cancelled orders ÷ all orders, seller-fulfilled, by *order date*: an order of Monday that is cancelled
    on Friday counts on Monday. An order with several cancelled items counts once.

    Parameters
    ----------
    book : SellerOrders
        From `seller_orders`.
    day : date, optional
        Last day of the window, in the marketplace's zone; the last day of the reports when left out.
    chosen : Series of bool, optional
        Rows of the order table to cancel on top of what is cancelled.
    limit : Fraction
        The rate must stay under it.

    References
    ----------
    Seller Central help 200285210, "Pre-fulfilment cancel rate".

    Examples
    --------
    Two cancellations moved a small seller to 9.52 %:

    >>> from promofix_lib.orders import order_table
    >>> from promofix_lib.account.seller_orders import seller_orders
    >>> row = {"fulfillment_channel": "merchant", "sales_channel": "Amazon.de", "quantity": 1}
    >>> orders = order_table([{"order_id": str(n), "purchase_date": "2026-11-20T09:00:00Z", **row} for n in range(21)])
    >>> book, = seller_orders(orders)
    >>> percent(rate_on(book, chosen=orders["order_id"].isin(["3", "4"])).low)
    '9.52%'
    """
    last = as_number(day or book.last_day)
    inside = (book.days > last - WINDOW_DAYS) & (book.days <= last)
    counted = book.sure | book.with_chosen(chosen)
    return Rate(
        sales_channel=book.sales_channel,
        zone_name=book.zone_name,
        first_day=as_date(last - WINDOW_DAYS + 1),
        last_day=as_date(last),
        order_ids=book.ids(inside),
        counted=book.ids(inside & counted),
        unsure=book.ids(inside & book.unsure & ~counted),
        pending=book.ids(inside & book.pending & ~book.unsure & ~counted),
        reports_begin=book.first_day,
        limit=limit,
    )


def rates(book: SellerOrders, chosen: pd.Series[bool] | None = None, *, limit: Fraction = LIMIT) -> pd.DataFrame:
    """The cancel rate day by day: one row per day of the reports, for the seven days that end on it.

    Parameters
    ----------
    book : SellerOrders
        From `seller_orders`.
    chosen : Series of bool, optional
        Rows of the order table to cancel on top of what is cancelled.
    limit : Fraction
        The rate must stay under it.

    Returns
    -------
    DataFrame
        Index ``day`` (a date in ``book.zone_name``, without a zone). Columns: ``orders``, ``pending``, ``counted`` and
        ``unsure`` (orders in the window, see `Rate`), ``low`` and ``high`` (the two readings; missing without orders),
        ``over_low`` and ``over_high`` (exactly: not under the limit) and ``complete`` (the reports cover all seven
        days). ``rate_on(book, day, chosen)`` names the orders behind a row.
    """
    daily = daily_counts(book, book.with_chosen(chosen))
    window = {name: _seven_days(counts) for name, counts in daily.items()}
    low = over(window["counted"], window["orders"], limit)
    cancelled, verified = window["counted"] + window["unsure"], window["orders"] - window["pending"]
    first, size = as_number(book.first_day), len(low)
    return pd.DataFrame(
        {
            **window,
            "low": _share(window["counted"], window["orders"]),
            "high": _share(cancelled, verified),
            "over_low": low,
            "over_high": over(cancelled, verified, limit),
            "complete": np.arange(size) >= WINDOW_DAYS - 1,
        },
        index=pd.DatetimeIndex(pd.to_datetime(np.arange(first, first + size), unit="D"), name="day"),
    )


def what_if(
    book: SellerOrders, scenarios: Mapping[str, pd.Series[bool] | None], *, limit: Fraction = LIMIT
) -> pd.DataFrame:
    """The cancel rate day by day for several selections; `rates` of each, with a ``scenario`` column in front.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> from promofix_lib.account.seller_orders import seller_orders
    >>> row = {"fulfillment_channel": "merchant", "sales_channel": "Amazon.de", "quantity": 1}
    >>> orders = order_table([{"order_id": str(n), "purchase_date": "2026-11-20T09:00:00Z", **row} for n in range(40)])
    >>> days = what_if(seller_orders(orders)[0], {"none": None, "one": orders["order_id"] == "7"})
    >>> days[["scenario", "low", "over_low"]].to_numpy().tolist()
    [['none', 0.0, False], ['one', 0.025, True]]
    """
    parts = [rates(book, mask, limit=limit).assign(scenario=name) for name, mask in scenarios.items()]
    together = pd.concat(parts) if parts else pd.DataFrame(columns=["scenario"])
    return together[["scenario", *(name for name in together.columns if name != "scenario")]]


def most_cancellable(orders: int, counted: int = 0, limit: Fraction = LIMIT) -> int:
    """The most orders that can be cancelled on top of `counted` while the rate stays *under* the limit.

    Parameters
    ----------
    orders : int
        Seller-fulfilled orders in the seven days, the cancelled ones included.
    counted : int
        Orders that count as cancelled already.
    limit : Fraction
        The rate must stay under it, not at it.

    Examples
    --------
    >>> most_cancellable(400), most_cancellable(1000), most_cancellable(400, counted=12)
    (9, 24, 0)
    """
    return max(room(orders, counted, limit), 0)


def room(orders: int, counted: int, limit: Fraction = LIMIT) -> int:
    """`most_cancellable`, but negative when the rate is not under the limit before anything is cancelled.

    >>> room(400, 12), room(0, 0)
    (-3, 0)
    """
    if counted == 0 and orders == 0:
        return 0
    return -(-limit.numerator * orders // limit.denominator) - 1 - counted


def daily_counts(book: SellerOrders, cancelled: Flags) -> dict[str, Whole]:
    """Orders per day from the reports' first day to their last: in all, pending, surely and perhaps cancelled."""
    first, size = as_number(book.first_day), (book.last_day - book.first_day).days + 1
    counted = book.sure | cancelled
    masks = {
        "orders": np.ones(len(book.days), dtype=np.bool_),
        "pending": book.pending & ~book.unsure & ~counted,
        "counted": counted,
        "unsure": book.unsure & ~counted,
    }
    return {name: np.bincount(book.days[mask] - first, minlength=size) for name, mask in masks.items()}


def over(cancelled: Whole, orders: Whole, limit: Fraction = LIMIT) -> Flags:
    """Where cancelled ÷ orders is not under the limit, in whole numbers; never where there are no orders.

    >>> over(np.array([1, 1, 0]), np.array([40, 41, 0])).tolist()
    [True, False, False]
    """
    return (cancelled * limit.denominator >= orders * limit.numerator) & (orders > 0)


def _seven_days(counts: Whole) -> Whole:
    sums = np.concatenate([np.zeros(WINDOW_DAYS, dtype=np.int64), np.cumsum(counts)])
    return sums[WINDOW_DAYS:] - sums[:-WINDOW_DAYS]


def _share(part: Whole, whole: Whole) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
