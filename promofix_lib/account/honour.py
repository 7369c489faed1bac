"""Honour or cancel: the plan that loses least money while the cancel rate stays under a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from promofix_lib.account.choices import MILLION, Choice, Choices, Window
from promofix_lib.account.rate import LIMIT
from promofix_lib.account.words import day_text, percent, say, short_percent

Cancelled = dict[str, tuple[str, ...]]  # order id to the item keys that are cancelled


@dataclass(frozen=True)
class Plan:
    """Which orders to cancel and which to honour, and what that costs in money and in rate.

    Parameters
    ----------
    currency : str
        Currency of all money in it.
    limit : Fraction
        The rate stays under it in every window.
    cancel : tuple of str
        Item keys to cancel.
    honour : tuple of str
        Item keys to honour.
    cancel_orders, honour_orders : tuple of str
        Order ids; an order of which some items are cancelled is in `cancel_orders` only.
    loss : Decimal
        What honouring the honoured items loses.
    saved : Decimal
        What cancelling the cancelled items saves.
    worst : Window
        The seven days with the highest rate under this plan.
    rate : Fraction
        That rate.
    method : {"greedy", "solver"}
        How it was found.
    proved : bool
        No cheaper plan exists. False only when the solver was stopped by the clock.
    """

    currency: str
    limit: Fraction
    cancel: tuple[str, ...]
    honour: tuple[str, ...]
    cancel_orders: tuple[str, ...]
    honour_orders: tuple[str, ...]
    loss: Decimal
    saved: Decimal
    worst: Window
    rate: Fraction
    method: Literal["greedy", "solver"]
    proved: bool

    def sentence(self, language: str = "en") -> str:
        """The plan in one sentence."""
        return say(
            "plan",
            language,
            cancel=len(self.cancel_orders),
            honour=len(self.honour_orders),
            loss=f"{self.loss:,.{0 if self.currency == 'JPY' else 2}f}",
            currency=self.currency,
            first=day_text(self.worst.first_day, language),
            last=day_text(self.worst.last_day, language),
            rate=percent(self.rate, limit=self.limit),
        )


@dataclass(frozen=True)
class NoPlan:
    """Why there is no plan.

    ``nothing_to_choose``: no chosen order can still be cancelled. ``already_over``: the limit is reached before
    anything is cancelled. ``stock``: the stock forces `at_least` cancellations, too many for the limit.
    """

    reason: Literal["nothing_to_choose", "already_over", "stock"]
    limit: Fraction
    at_least: int = 0

    def sentence(self, language: str = "en") -> str:
        """The reason in one sentence."""
        keys = {"already_over": "no_plan_over", "stock": "no_plan_stock"}
        return say(keys.get(self.reason, self.reason), language, limit=short_percent(self.limit), n=self.at_least)


def best_plan(
    choices: Choices,
    windows: Sequence[Window],
    *,
    limit: Fraction = LIMIT,
    stock: Mapping[str, int] | None = None,
    by_item: bool = False,
    seconds: float = 20.0,
) -> Plan | NoPlan:
    """The plan that loses least by honouring while the rate stays under `limit` in every window.

    Cancelling costs nothing here but rate; honouring loses what `choices` says. Each cancelled order takes one place
    in each window that holds its day.

    The greedy plan comes first. Drop all demands but one: at most *k* orders cancelled, *k* being the smallest room
    among windows that hold every order. Then the *k* orders with the largest loss above zero are best, for exchanging
    one of them for another order cannot make the sum larger. That plan costs at most as much as any plan under more
    demands; so when it also fits the other windows and the stock, it is the best plan. Otherwise HiGHS solves the
    whole-number program, with alike orders counted together, and its answer is checked in whole numbers.

    Parameters
    ----------
    choices : Choices
        From `choices_of`.
    windows : sequence of Window
        From `windows_of`, with the same reading.
    limit : Fraction
        The rate must stay under it, not at it.
    stock : mapping, optional
        Units per SKU that may go to these orders. Honouring never uses more. SKUs that are not named have enough.
    by_item : bool
        False: an order's chosen items are cancelled or honoured together. True: item by item; an order with one
        cancelled item counts like a cancelled order.
    seconds : float
        When to stop the solver; a plan found until then is kept and says that it is not proved.

    Returns
    -------
    Plan or NoPlan

    References
    ----------
    Q. Huangfu and J. A. J. Hall, "Parallelizing the dual revised simplex method", Mathematical Programming
    Computation 10 (2018), 119-142 (HiGHS).
    """
    if not windows:
        return NoPlan("nothing_to_choose", limit)
    if any(window.room(limit) < 0 for window in windows):
        return NoPlan("already_over", limit)
    cancelled = _greedy(choices.orders, windows, limit, by_item)
    if fits(choices.orders, cancelled, windows, limit=limit, stock=stock or {}):
        return _plan(choices, cancelled, windows, limit, "greedy", proved=True)
    from promofix_lib.account.solver import solve

    answer = solve(choices.orders, windows, limit=limit, stock=stock or {}, by_item=by_item, seconds=seconds)
    if answer is None:
        return NoPlan("stock", limit, least_cancels(choices, stock or {}, by_item=by_item))
    return _plan(choices, answer[0], windows, limit, "solver", proved=answer[1])


def least_cancels(choices: Choices, stock: Mapping[str, int], *, by_item: bool = False) -> int:
    """The fewest orders that must be cancelled because the stock does not reach further, whatever the rate.

    Examples
    --------
    >>> from datetime import date
    >>> from promofix_lib.account.choices import Line
    >>> some = [Choice(name, date(2026, 11, 20), (Line(name, "HP", units, 0, "costs"),))
    ...         for name, units in (("A", 5), ("B", 1), ("C", 1))]
    >>> least_cancels(Choices("Amazon.com", "USD", tuple(some), ()), {"HP": 3})
    1
    """
    from promofix_lib.account.solver import fewest

    return fewest(choices.orders, stock, by_item=by_item)


def frontier(
    choices: Choices,
    windows: Sequence[Window],
    *,
    stock: Mapping[str, int] | None = None,
    by_item: bool = False,
    points: int = 60,
    limit: Fraction = LIMIT,
) -> tuple[Plan, ...]:
    """Best plans from cancelling none to cancelling all that is worth it: less money lost, more rate, step by step.

    Parameters
    ----------
    choices, windows, stock, by_item
        As in `best_plan`.
    points : int
        About how many steps; the best plan under `limit` is always one of them when there is one.
    limit : Fraction
        The limit that is of interest.

    Returns
    -------
    tuple of Plan
        Rising rate, falling loss. Every one is the best plan under its own limit.
    """
    days = _days(choices.orders)
    counted = days.total()
    tight = max(
        windows,
        key=lambda window: Fraction(window.counted + _inside(days, window), max(window.orders, 1)),
        default=None,
    )
    if tight is None or not choices.orders:
        return ()
    marks = sorted({round(step * counted / max(points - 1, 1)) for step in range(points)})
    limits = sorted({Fraction(tight.counted + mark + 1, max(tight.orders, 1)) for mark in marks} | {limit})
    found = [best_plan(choices, windows, limit=one, stock=stock, by_item=by_item) for one in limits]
    plans: dict[tuple[str, ...], Plan] = {}
    for plan in found:
        if isinstance(plan, Plan) and (plan.cancel not in plans or plan.limit == limit):
            plans[plan.cancel] = plan
    return tuple(sorted(plans.values(), key=lambda plan: (plan.rate, -plan.loss)))


def fits(
    orders: Sequence[Choice],
    cancelled: Cancelled,
    windows: Sequence[Window],
    *,
    limit: Fraction = LIMIT,
    stock: Mapping[str, int] | None = None,
) -> bool:
    """Whether the rate stays under the limit in every window and the honoured units are in stock."""
    days = _days(choice for choice in orders if cancelled.get(choice.order_id))
    if any(_inside(days, window) > window.room(limit) for window in windows):
        return False
    needed = dict.fromkeys(stock or {}, 0)
    for choice in orders:
        gone = cancelled.get(choice.order_id, ())
        for line in choice.lines:
            if line.sku in needed and line.key not in gone:
                needed[line.sku] += line.quantity
    return all(needed[sku] <= units for sku, units in (stock or {}).items())


def worth_cancelling(choice: Choice, by_item: bool) -> tuple[int, tuple[str, ...]]:
    """What cancelling saves at best, in millionths, and which items that cancels; nothing when honouring earns."""
    if by_item:
        lines = [line for line in choice.lines if line.loss > 0]
        return sum(line.loss for line in lines), tuple(line.key for line in lines)
    return (choice.loss, tuple(line.key for line in choice.lines)) if choice.loss > 0 else (0, ())


def _greedy(orders: Sequence[Choice], windows: Sequence[Window], limit: Fraction, by_item: bool) -> Cancelled:
    savings = {choice.order_id: worth_cancelling(choice, by_item) for choice in orders}
    worth = [choice for choice in orders if savings[choice.order_id][0] > 0]
    counted = [choice for choice in worth if choice.counts]
    days = {choice.day for choice in counted}
    rooms = [window.room(limit) for window in windows if all(map(window.holds, days))]
    best = sorted(counted, key=lambda choice: -savings[choice.order_id][0])[: min(rooms, default=len(counted))]
    free = [choice for choice in worth if not choice.counts]
    return {choice.order_id: savings[choice.order_id][1] for choice in (*best, *free)}


def _days(orders: Iterable[Choice]) -> Counter[date]:
    return Counter(choice.day for choice in orders if choice.counts)


def _inside(days: Counter[date], window: Window) -> int:
    return sum(orders for day, orders in days.items() if window.holds(day))


def _rate(touched: Sequence[Choice], window: Window) -> Fraction:
    pending = _days(choice for choice in touched if choice.pending)
    return window.rate(_inside(_days(touched), window), _inside(pending, window))


def _plan(
    choices: Choices,
    cancelled: Cancelled,
    windows: Sequence[Window],
    limit: Fraction,
    method: Literal["greedy", "solver"],
    *,
    proved: bool,
) -> Plan:
    lines = [(line, line.key in cancelled.get(one.order_id, ())) for one in choices.orders for line in one.lines]
    touched = [choice for choice in choices.orders if cancelled.get(choice.order_id)]
    worst = max(windows, key=lambda window: _rate(touched, window))
    return Plan(
        currency=choices.currency,
        limit=limit,
        cancel=tuple(line.key for line, gone in lines if gone),
        honour=tuple(line.key for line, gone in lines if not gone),
        cancel_orders=tuple(choice.order_id for choice in touched),
        honour_orders=tuple(one.order_id for one in choices.orders if not cancelled.get(one.order_id)),
        loss=money(sum(line.loss for line, gone in lines if not gone)),
        saved=money(sum(line.loss for line, gone in lines if gone)),
        worst=worst,
        rate=_rate(touched, worst),
        method=method,
        proved=proved,
    )


def money(millionths: int) -> Decimal:
    """Whole millionths as an exact amount.

    >>> money(173970000)
    Decimal('173.97')
    """
    amount = (Decimal(millionths) / MILLION).normalize()
    exponent = amount.as_tuple().exponent
    return amount.quantize(Decimal("0.01")) if isinstance(exponent, int) and exponent > -2 else amount
