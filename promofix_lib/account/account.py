"""What cancelling does to the account: rate before and after, the way back, what honouring costs, what to watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args
from weakref import WeakKeyDictionary

import numpy as np

from promofix_lib.account.choices import Choices, Window, choices_of, windows_of
from promofix_lib.account.honour import NoPlan, Plan, best_plan, frontier
from promofix_lib.account.rate import LIMIT, Rate, over, rate_on, seven_days
from promofix_lib.account.recovery import Recovery, UsualVolume, recovery, usual_volume
from promofix_lib.account.risks import warnings_of
from promofix_lib.account.seller_orders import Flags, Reading, SellerOrders, seller_orders
from promofix_lib.account.worklist import Step, plan_of_work
from promofix_lib.amounts import Money
from promofix_lib.case.settings import Settings
from promofix_lib.marketplaces import UNKNOWN, Marketplace
from promofix_lib.say import Told, told
from promofix_lib.status.book import Book
from promofix_lib.status.status import Status, status

if TYPE_CHECKING:
    from promofix_lib.case.case import Case

COSTS = ("unit_cost", "shipping", "fees")
"""What one unit costs the seller, part by part."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """The account in one sales channel.

    Parameters
    ----------
    book : SellerOrders
        Its seller-fulfilled orders.
    before, after : Rate
        The rate as it stands, and when all affected orders that still can be are cancelled, both for the worst seven
        days of the reports.
    added : array of bool
        Orders of `book` that are still to be cancelled.
    already, left_out : array of bool
        Affected orders of `book` that are cancelled already, and those left out by hand that still could be.
    usual : UsualVolume
        What the coming days are drawn from.
    reading : {"high", "low"}
        What choices, windows and plan make of unexplained cancellations and pending orders: high, which is the safe
        one; low where the high reading is over the limit before anything is cancelled.
    choices : Choices
        What honouring each order loses.
    windows : tuple of Window
        Every seven days that hold such an order, coming ones with what nine of ten futures sell at least.
    stock : mapping
        Units per SKU that may go to these orders, where given.
    plan : Plan or NoPlan
        The plan that loses least under the limit.
    warnings : tuple of Told
        What the seller should know before cancelling, the gravest first.
    limit : Fraction
        The rate must stay under it.
    """

    book: SellerOrders
    before: Rate
    after: Rate
    added: Flags
    already: Flags
    left_out: Flags
    usual: UsualVolume
    reading: Reading
    choices: Choices
    windows: tuple[Window, ...]
    stock: Mapping[str, int]
    plan: Plan | NoPlan
    warnings: tuple[Told, ...]
    limit: Fraction = LIMIT

    @cached_property
    def clock(self) -> Recovery:
        """When the rate is well again once all affected orders that still can be are cancelled."""
        return self._clock(self.added)

    @cached_property
    def clocks(self) -> Mapping[str, Recovery]:
        """``none`` (nothing more is cancelled), ``chosen`` (`clock`) and ``all`` (those left out by hand too)."""
        return {
            "none": self._clock(self.added & False),
            "chosen": self.clock,
            "all": self._clock(self.added | self.left_out),
        }

    def _clock(self, added: Flags) -> Recovery:
        return recovery(self.book, added, usual=self.usual, already=self.already)

    def plans(self, points: int = 60) -> tuple[Plan, ...]:
        """Best plans from cancelling none to cancelling all: rising rate, falling loss."""
        return frontier(self.choices, self.windows, points=points, limit=self.limit, stock=self.stock)

    def told(self) -> tuple[Told, ...]:
        """What the seller should read, in order: the rate, the way back, the plan and what it had to assume."""
        still = int(self.added.sum())
        found = [told("account.as_it_stands", rate=self.before.told())]
        if still:
            found += [told("account.when_cancelled", n=still, share=self.after.share()), self.before.room_told()]
        found += self.clock.told()
        return (*found, self.plan.told(), *(self.hints() if still else ()))

    def hints(self) -> tuple[Told, ...]:
        """What the plan had to assume or leave open."""
        unexplained = len(self.before.unsure) if self.reading == "low" else 0
        cases = {
            "account.plan_low_reading": unexplained,
            "account.plan_undecided": len(self.choices.undecided),
            "account.plan_estimated": sum(choice.estimated for choice in self.choices.orders),
        }
        found = [told(key, n=n) for key, n in cases.items() if n]
        if isinstance(self.plan, Plan) and self.plan.unproved:
            found.append(told("account.plan_unproved", most=Money(self.plan.unproved, self.plan.currency)))
        return tuple(found)

    def rates_json(self) -> dict[str, Any]:
        """One entry of ``cancel_rates``: shares of one as numbers, days as ISO 8601 in the marketplace's zone."""
        days = {name: getattr(self.clock, name) for name in ("earliest", "likely", "certain")}
        return {
            "sales_channel": self.book.sales_channel,
            "before": _readings(self.before),
            "after": _readings(self.after),
            "limit": float(self.limit),
            "clear_on": {name: day.isoformat() if day else None for name, day in days.items()},
        }


def _readings(rate: Rate) -> dict[str, float | None]:
    return {name: None if value is None else float(value) for name, value in (("low", rate.low), ("high", rate.high))}


@dataclass(frozen=True, eq=False)
class Account:
    """What cancelling does to the account; it asks the status and its order table, and nobody else.

    Parameters
    ----------
    status : Status
        Where the case stands: what is affected, what is known as cancelled and by whom.
    settings : Settings
        What the seller told: what honouring costs and the stock for it, batches, orders per day.
    market : Marketplace
        The seller's clock; costs are in its currency, the stock is for its sales channel.
    """

    status: Status
    settings: Settings = field(default_factory=Settings)
    market: Marketplace = UNKNOWN

    @cached_property
    def channels(self) -> tuple[Outlook, ...]:
        """One outlook per sales channel in which an affected order is the seller's own to send, most orders first."""
        ids = {row.order_id for row in self.status.rows if row.state != "left_out"}
        books = [
            book.knowing(self.status.known_cancelled, self.status.asked_by_buyer) for book in _sold(self.status.book)
        ]
        touched = [(book, book.named(ids) | book.orders_of(self.status.chosen) | book.sure) for book in books]
        return tuple(self._outlook(book, mine) for book, mine in touched if mine.any())

    def rates_json(self) -> list[dict[str, Any]]:
        """``cancel_rates`` of ``status --json`` and ``run --json``."""
        return [one.rates_json() for one in self.channels]

    def told(self) -> tuple[Told, ...]:
        """Everything the seller should read about the account, in order."""
        if not self.channels:
            return (told("account.not_touched"),)
        return tuple(
            sentence for one in self.channels for sentence in (*one.told(), *one.warnings, *one.after.cannot_tell())
        )

    def sentences(self, language: str | None = None) -> tuple[str, ...]:
        """`told`, worded."""
        return tuple(sentence.text(language) for sentence in self.told())

    def plan_of_work(self, now: datetime) -> tuple[Step, ...]:
        """The work of the next days in the order in which it should be done, deadlines first.

        Raises
        ------
        ValueError
            `now` without a zone.
        """
        clock = self.channels[0].clock if self.channels else None
        return plan_of_work(self.status, now, self.settings, zone=self.market.zone, clock=clock)

    def _outlook(self, book: SellerOrders, mine: Flags) -> Outlook:
        orders, chosen = self.status.book.orders, self.status.chosen
        added = book.added_by(chosen)
        already = mine & (book.sure | book.unsure)
        left_out = [row.order_id for row in self.status.rows_of(state="left_out") if row.incident]
        kept = book.added_by(book.rows_of(book.named(left_out)))
        usual = usual_volume(book, mine | kept)
        coming, readings = usual.at_least(), get_args(Reading)
        windows = {one: windows_of(book, added, coming=coming, reading=one) for one in readings}
        reading: Reading = "low" if any(window.room() < 0 for window in windows["high"]) else "high"
        costs = costs_of(self.settings.costs, self.market.currency)
        choices = choices_of(self.status.book, book, chosen, costs=costs, reading=reading)
        stock = stock_of(self.settings.costs) if book.sales_channel == self.market.sales_channel else {}
        day, is_over = _worst_day(book, already | added, added)
        return Outlook(
            book=book,
            before=rate_on(book, day),
            after=rate_on(book, day, added),
            added=added,
            already=already,
            left_out=kept,
            usual=usual,
            reading=reading,
            choices=choices,
            windows=windows[reading],
            stock=stock,
            plan=best_plan(choices, windows[reading], stock=stock),
            warnings=warnings_of(orders, book, chosen, over_limit=is_over),
        )


_books: WeakKeyDictionary[Book, tuple[SellerOrders, ...]] = WeakKeyDictionary()


def _sold(book: Book) -> tuple[SellerOrders, ...]:
    """The seller-fulfilled orders of the reports, worked out once per set of reports."""
    if book not in _books:
        _books[book] = seller_orders(book.orders, book.triage)
    return _books[book]


def account_of(case: Case) -> Account:
    """The account of a case, with the costs and the stock that the seller told; worked out once per revision.

    Parameters
    ----------
    case : Case

    Raises
    ------
    CaseError
        The case has no report yet.
    """
    return case.once("account", lambda: Account(status(case), case.settings, case.marketplace))


def stock_of(costs: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    """Units per SKU that may go to these orders, where the seller told them.

    >>> stock_of({"HP": {"stock": "0"}, "CASE": {"unit_cost": "3.00", "stock": ""}})
    {'HP': 0}
    """
    return {sku: int(row["stock"]) for sku, row in costs.items() if row.get("stock") not in (None, "")}


def costs_of(costs: Mapping[str, Mapping[str, Any]], currency: str) -> dict[str, Money]:
    """What one unit costs the seller, for the SKUs whose unit cost is given.

    Examples
    --------
    >>> costs_of({"HP": {"unit_cost": "12.00", "fees": "1.25"}, "CASE": {"stock": 3}}, "USD")
    {'HP': Money(amount=Decimal('13.25'), currency='USD')}
    """
    known = {sku: row for sku, row in costs.items() if row.get("unit_cost")}
    parts = {sku: [Decimal(str(row.get(name) or 0)) for name in COSTS] for sku, row in known.items()}
    return {sku: Money(sum(amounts, Decimal(0)), currency) for sku, amounts in parts.items()}


def _worst_day(book: SellerOrders, mine: Flags, added: Flags) -> tuple[int, bool]:
    """Last day of the seven days in which the affected orders show most, and whether any of these is over the limit."""
    if not mine.any():
        return book.last, False
    first = int(book.days[mine].min())
    cancelled, verified = (seven_days(book.per_day(flags))[first - book.first :] for flags in book.read("high", added))
    worst = int((cancelled / np.maximum(verified, 1)).argmax())
    return first + worst, bool(over(cancelled, verified).any())
