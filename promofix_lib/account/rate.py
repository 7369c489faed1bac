"""Amazon's cancel rate over seven days, between the two readings that the reports allow, and what it can bear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from promofix_lib.account.seller_orders import Flags, SellerOrders, Whole, as_date
from promofix_lib.rules import rule
from promofix_lib.say import Told, told, zone_text

LIMIT = Fraction(rule("cancel_rate.limit"))
WINDOW_DAYS: int = rule("cancel_rate.window_days")


@dataclass(frozen=True)
class Rate:
    """The cancel rate of the seven days that end on one day, and the orders behind each of its numbers.

    Parameters
    ----------
    book : SellerOrders
        The sales channel, its zone and what the reports cover.
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
    """

    book: SellerOrders
    first_day: date
    last_day: date
    order_ids: tuple[str, ...]
    counted: tuple[str, ...]
    unsure: tuple[str, ...]
    pending: tuple[str, ...]

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
        rooms = room(verified, cancelled), room(len(self.order_ids), len(self.counted))
        return max(rooms[0], 0), max(rooms[1], 0)

    def told(self) -> Told:
        """The rate in one sentence, with its sales channel and days."""
        return told(
            "account.rate",
            channel=self.book.sales_channel or told("account.no_channel"),
            first=self.first_day,
            last=self.last_day,
            zone=zone_text(self.book.zone_name),
            share=self.share(),
        )

    def share(self) -> Told:
        """The rate alone: one number, or the two readings when they differ."""
        if not self.order_ids:
            return told("account.rate_without_orders")
        low, high = (percent(rate, LIMIT) for rate in (self.low, self.high))
        facts: dict[str, Any] = {"orders": len(self.order_ids), "cancelled": len(self.counted)}
        if low == high or self.high is None:
            return told("account.rate_of", rate=low, **facts)
        key = "account.rate_between" if self.unsure else "account.rate_between_pending"
        return told(key, low=low, high=high, n=len(self.unsure or self.pending), **facts)

    def room_told(self) -> Told:
        """How many more orders can be cancelled, in one sentence."""
        (least, most), limit = self.room, short_percent(LIMIT)
        if least == most:
            return told("account.room", n=most, limit=limit)
        return told("account.room_between", least=least, n=most, limit=limit)

    def cannot_tell(self) -> tuple[Told, ...]:
        """What no report can tell about this rate, one sentence each."""
        begin = as_date(self.book.first)
        notes = {
            "account.note_short": {"first": begin} if begin > self.first_day else None,
            "account.note_pending": {"n": len(self.pending)} if self.pending else None,
            "account.note_who_cancelled": {} if self.unsure else None,
            "account.note_late": {},
            "account.note_message": {},
        }
        return tuple(told(key, **facts) for key, facts in notes.items() if facts is not None)


def rate_on(book: SellerOrders, day: int, added: Flags | Literal[False] = False) -> Rate:
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

    References
    ----------
    Seller Central help 200285210, "Pre-fulfilment cancel rate".
    """
    inside = (book.days > day - WINDOW_DAYS) & (book.days <= day)
    (counted, _), (cancelled, verified) = book.read("low", added), book.read("high", added)
    return Rate(
        book,
        first_day=as_date(day - WINDOW_DAYS + 1),
        last_day=as_date(day),
        order_ids=book.ids(inside),
        counted=book.ids(inside & counted),
        unsure=book.ids(inside & cancelled & ~counted),
        pending=book.ids(inside & ~verified),
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
    """Sums over the seven days that end on each day of the last axis; days before the first are zero.

    >>> seven_days(np.array([1, 0, 0, 0, 0, 0, 2, 3])).tolist()
    [1, 1, 1, 1, 1, 1, 3, 5]
    """
    before = np.zeros((*counts.shape[:-1], WINDOW_DAYS), dtype=np.int64)
    sums = np.concatenate([before, np.cumsum(counts, axis=-1)], axis=-1)
    return sums[..., WINDOW_DAYS:] - sums[..., :-WINDOW_DAYS]


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
