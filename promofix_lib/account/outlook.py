"""What cancelling does to the account, in one piece: rate before and after, the best plan, the clock, the warnings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from promofix_lib.account.choices import Choices, PricedSku, SkuCost, Window, choices_of, windows_of
from promofix_lib.account.honour import NoPlan, Plan, best_plan, frontier
from promofix_lib.account.rate import LIMIT, WINDOW_DAYS, Rate, Which, rate_on, rates
from promofix_lib.account.recovery import Recovery, UsualVolume, recovery, usual_volume
from promofix_lib.account.risks import OfferAtRisk, offers_at_risk, warnings_of
from promofix_lib.account.seller_orders import SellerOrders, as_date, seller_orders
from promofix_lib.account.words import percent, say, short_percent


@dataclass(frozen=True, eq=False)
class Outlook:
    """What cancelling the chosen rows does to one sales channel.

    Parameters
    ----------
    book : SellerOrders
        Its seller-fulfilled orders.
    before, after : Rate
        The rate now, and if all chosen rows are cancelled, both for the worst seven days of the reports.
    clocks : dict of str to Recovery
        ``none``, ``chosen`` and ``all`` (affected).
    reading : {"high", "low"}
        What choices, windows and plan make of unexplained cancellations and pending orders.
    choices : Choices
        What honouring each chosen order loses.
    windows : tuple of Window
        Every seven days that hold a chosen order, coming ones with what nine of ten futures sell at least.
    stock : mapping
        Units per SKU that may go to these orders, where given.
    by_item : bool
        Orders are cancelled item by item, not whole.
    plan : Plan or NoPlan
        The plan that loses least under the limit.
    offers : tuple of OfferAtRisk
        Offers that Amazon may remove.
    warnings : tuple of str
        In `language`.
    limit : Fraction
        The rate must stay under it.
    language : str
        ``en`` or ``zh-CN``.
    """

    book: SellerOrders
    before: Rate
    after: Rate
    clocks: Mapping[str, Recovery]
    reading: Which
    choices: Choices
    windows: tuple[Window, ...]
    stock: Mapping[str, int]
    by_item: bool
    plan: Plan | NoPlan
    offers: tuple[OfferAtRisk, ...]
    warnings: tuple[str, ...]
    limit: Fraction
    language: str

    def plans(self, *, points: int = 60) -> tuple[Plan, ...]:
        """Best plans from cancelling none to cancelling all; `honour.frontier` of this sales channel."""
        given: dict[str, Any] = {"stock": self.stock, "by_item": self.by_item}
        return frontier(self.choices, self.windows, points=points, limit=self.limit, **given)

    def sentences(self) -> tuple[str, ...]:
        """Everything the seller should read, in order."""
        language = self.language
        chosen = say("chosen", language, n=len(self.clocks["chosen"].order_ids))
        found = [
            f"{say('none', language)}: {self.before.sentence(language)}",
            f"{chosen}: {self.after.sentence(language)}",
            self.before.most_sentence(language),
            self.clocks["chosen"].sentence(language),
            self.plan.sentence(language),
        ]
        return (*found, *self.hints())

    def hints(self) -> tuple[str, ...]:
        """What the plan had to assume or leave open."""
        undecided, estimated, unsure = self.choices.undecided, self.choices.estimated, self.before.unsure
        cases = {
            "plan_low_reading": len(unsure) if self.reading == "low" else 0,
            "plan_undecided": len(undecided),
            "plan_estimated": len(estimated),
            "plan_unproved": int(isinstance(self.plan, Plan) and not self.plan.proved),
        }
        return tuple(say(key, self.language, n=n) for key, n in cases.items() if n)

    def to_json(self) -> dict[str, Any]:
        """Numbers with the order ids behind them; rates and money as text, days as ISO 8601 in the named zone."""
        return {
            "sales_channel": self.book.sales_channel,
            "time_zone": self.book.zone_name,
            "limit": short_percent(self.limit),
            "before": _rate_json(self.before),
            "after": _rate_json(self.after),
            "most_cancellable": self.before.most_cancellable,
            "recovery": _clock_json(self.clocks["chosen"]),
            "reading": self.reading,
            "plan": _plan_json(self.plan),
            "undecided": list(self.choices.undecided),
            "offers_at_risk": [{"sku": one.sku, "order_ids": list(one.order_ids)} for one in self.offers],
            "warnings": list(self.warnings),
            "cannot_tell": list(self.after.cannot_tell(self.language)),
        }

    def text(self) -> str:
        """The section of a summary."""
        lines = [*self.sentences(), *(f"! {warning}" for warning in self.warnings)]
        return "\n".join([*lines, *(f"  {note}" for note in self.after.cannot_tell(self.language))])


def outlook(
    orders: pd.DataFrame,
    chosen: pd.Series[bool],
    *,
    affected: pd.Series[bool] | None = None,
    normal_prices: Iterable[PricedSku] = (),
    costs: Iterable[SkuCost] = (),
    stock: Mapping[str, Mapping[str, int]] | None = None,
    cancelled_by_seller: Collection[str] = (),
    cancelled_by_buyer: Collection[str] = (),
    limit: Fraction = LIMIT,
    reading: Which | None = None,
    by_item: bool = False,
    language: str = "en",
    books: Sequence[SellerOrders] | None = None,
) -> tuple[Outlook, ...]:
    """What cancelling does, for each sales channel with a chosen order of the seller's own.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    chosen : Series of bool
        Rows to cancel.
    affected : Series of bool, optional
        All rows that the mistake touched; `chosen` when left out.
    normal_prices, costs
        As in `choices_of`.
    stock : mapping, optional
        Units per SKU that may go to these orders, by sales channel: ``{"Amazon.com": {"HP-700": 120}}``.
    cancelled_by_seller, cancelled_by_buyer : collection of str
        Order ids of which the seller knows who cancelled.
    limit : Fraction
        The rate must stay under it.
    reading : {"high", "low"}, optional
        How the plan reads unexplained cancellations and pending orders. When left out, the high reading, which is the
        safe one; the low one where the high reading is over the limit before anything is cancelled.
    by_item : bool
        Cancel and honour item by item; an order's chosen items are kept together otherwise.
    language : str
        ``en`` or ``zh-CN``.
    books : sequence of SellerOrders, optional
        ``seller_orders(orders)`` when it is there already: a panel asks many times about one table.

    Returns
    -------
    tuple of Outlook
        Empty when nothing chosen touches a cancel rate (FBA, shipped, cancelled already).
    """
    known = {"cancelled_by_seller": cancelled_by_seller, "cancelled_by_buyer": cancelled_by_buyer}
    question = _Question(
        orders=orders,
        chosen=chosen,
        affected=chosen if affected is None else (affected | chosen),
        normal_prices=tuple(normal_prices),
        costs=tuple(costs),
        stock=stock or {},
        limit=limit,
        reading=reading,
        by_item=by_item,
        language=language,
    )
    every = seller_orders(orders, **known) if books is None else books
    return tuple(question.answer(book) for book in every if book.with_chosen(question.affected).any())


@dataclass(frozen=True, eq=False)
class _Question:
    """What is asked of every sales channel."""

    orders: pd.DataFrame
    chosen: pd.Series[bool]
    affected: pd.Series[bool]
    normal_prices: tuple[PricedSku, ...]
    costs: tuple[SkuCost, ...]
    stock: Mapping[str, Mapping[str, int]]
    limit: Fraction
    reading: Which | None
    by_item: bool
    language: str

    def answer(self, book: SellerOrders) -> Outlook:
        orders, chosen, limit, language = self.orders, self.chosen, self.limit, self.language
        usual = usual_volume(book, self.affected)
        choices, windows, reading = self._to_decide(book, usual)
        offers, day = offers_at_risk(orders, book, chosen), worst_day(book, chosen, limit)
        stock = self.stock.get(book.sales_channel, {})
        return Outlook(
            book=book,
            before=rate_on(book, day, limit=limit),
            after=rate_on(book, day, chosen, limit=limit),
            clocks=self._clocks(book, usual),
            reading=reading,
            choices=choices,
            windows=windows,
            stock=stock,
            by_item=self.by_item,
            plan=best_plan(choices, windows, limit=limit, stock=stock, by_item=self.by_item),
            offers=offers,
            warnings=warnings_of(orders, book, chosen, language=language, limit=limit, at_risk=offers),
            limit=limit,
            language=language,
        )

    def _to_decide(self, book: SellerOrders, usual: UsualVolume) -> tuple[Choices, tuple[Window, ...], Which]:
        coming = usual.at_least() if usual.known else (0,) * (WINDOW_DAYS - 1)
        reading = self.reading or _reading(book, self.chosen, coming, self.limit)
        prices: dict[str, Any] = {"normal_prices": self.normal_prices, "costs": self.costs}
        choices = choices_of(self.orders, book, self.chosen, reading=reading, **prices)
        return choices, windows_of(book, self.chosen, usual=coming, reading=reading), reading

    def _clocks(self, book: SellerOrders, usual: UsualVolume) -> dict[str, Recovery]:
        masks = {"none": self.chosen & False, "chosen": self.chosen, "all": self.affected}
        return {name: recovery(book, mask, usual=usual, limit=self.limit) for name, mask in masks.items()}


def _reading(book: SellerOrders, chosen: pd.Series[bool], coming: Sequence[int], limit: Fraction) -> Which:
    windows = windows_of(book, chosen, usual=coming)
    return "low" if any(window.room(limit) < 0 for window in windows) else "high"


def worst_day(book: SellerOrders, chosen: pd.Series[bool], limit: Fraction = LIMIT) -> date:
    """Last day of the seven days in the reports in which cancelling the chosen rows shows most."""
    touched = book.with_chosen(chosen)
    if not touched.any():
        return book.last_day
    days = rates(book, chosen, limit=limit)
    held = days.loc[pd.Timestamp(as_date(int(book.days[touched].min()))) :, "high"].fillna(0)
    return held.index[int(held.to_numpy().argmax())].date()


def rate_section(orders: pd.DataFrame, chosen: pd.Series[bool], **given: Any) -> tuple[dict[str, Any], str]:
    """The cancel rate's section of the summary of ``promofix run``: as JSON and as text; `given` as in `outlook`.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> row = {"purchase_date": "2026-11-20T09:00:00Z", "sales_channel": "Amazon.com", "quantity": 1, "currency": "USD",
    ...        "fulfillment_channel": "merchant", "order_status": "Unshipped", "sku": "HP", "item_price": "1.00"}
    >>> orders = order_table([{**row, "order_id": str(n)} for n in range(21)])
    >>> record, text = rate_section(orders, orders["order_id"].isin(["3", "4"]))
    >>> record["sales_channels"][0]["after"]["high"]
    '9.52%'
    """
    found = outlook(orders, chosen, **given)
    text = "\n\n".join(one.text() for one in found) or say("nothing_to_choose", given.get("language", "en"))
    return {"sales_channels": [one.to_json() for one in found]}, text


def _rate_json(rate: Rate) -> dict[str, Any]:
    return {
        "first_day": rate.first_day.isoformat(),
        "last_day": rate.last_day.isoformat(),
        "low": percent(rate.low, limit=rate.limit),
        "high": percent(rate.high, limit=rate.limit),
        "orders": len(rate.order_ids),
        "counted": list(rate.counted),
        "unsure": list(rate.unsure),
        "pending": list(rate.pending),
    }


def _clock_json(clock: Recovery) -> dict[str, Any]:
    days = {name: getattr(clock, name) for name in ("earliest", "likely", "latest", "clear_day")}
    return {"risk": round(clock.risk, 3)} | {name: day and day.isoformat() for name, day in days.items()}


def _plan_json(plan: Plan | NoPlan) -> dict[str, Any]:
    if isinstance(plan, NoPlan):
        return {"why_not": plan.reason, "at_least": plan.at_least}
    return {
        "cancel": list(plan.cancel),
        "honour": list(plan.honour),
        "loss": _text(plan.loss),
        "saved": _text(plan.saved),
        "currency": plan.currency,
        "rate": percent(plan.rate, limit=plan.limit),
        "proved": plan.proved,
    }


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
