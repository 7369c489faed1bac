"""Honour or cancel: the plan that loses least money while the cancel rate stays under its limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, chain
from typing import Literal

from promofix_lib.account.choices import Choice, Choices, Window
from promofix_lib.account.flow import fullest
from promofix_lib.account.rate import LIMIT, percent, short_percent
from promofix_lib.amounts import Money
from promofix_lib.money import exact
from promofix_lib.say import Told, told

PRICE_STEPS = 40  # how often the prices of the SKUs are moved, each time two thirds as far


@dataclass(frozen=True)
class Plan:
    """Which orders to cancel and which to honour, and what that costs in money and in rate.

    Parameters
    ----------
    currency : str
        Currency of all money in it.
    limit : Fraction
        The rate stays under it in every window.
    cancel, honour : tuple of str
        Order ids.
    loss : Decimal
        What honouring the honoured orders loses.
    worst : Window
        The seven days with the highest rate under this plan.
    rate : Fraction
        That rate.
    unproved : Decimal
        A plan that is cheaper by more than this does not exist; 0 when the plan is proved best.
    """

    currency: str
    limit: Fraction
    cancel: tuple[str, ...]
    honour: tuple[str, ...]
    loss: Decimal
    worst: Window
    rate: Fraction
    unproved: Decimal = Decimal(0)

    def told(self) -> Told:
        """The plan in one sentence."""
        return told(
            "account.plan",
            n=len(self.cancel),
            honour=len(self.honour),
            loss=Money(self.loss, self.currency),
            first=self.worst.first_day,
            last=self.worst.last_day,
            rate=percent(self.rate, self.limit),
        )


@dataclass(frozen=True)
class NoPlan:
    """Why there is no plan.

    ``nothing_to_choose``: no order can still be cancelled. ``already_over``: the limit is reached before anything is
    cancelled. ``stock``: the stock forces at least `at_least` cancellations, and no plan with them was found.
    """

    reason: Literal["nothing_to_choose", "already_over", "stock"]
    limit: Fraction = LIMIT
    at_least: int = 0

    def told(self) -> Told:
        """The reason in one sentence."""
        return told(f"account.no_plan_{self.reason}", limit=short_percent(self.limit), n=self.at_least)


def best_plan(
    choices: Choices, windows: Sequence[Window], *, limit: Fraction = LIMIT, stock: Mapping[str, int] | None = None
) -> Plan | NoPlan:
    """The plan that loses least by honouring while the rate stays under `limit` in every window.

    Cancelling costs nothing here but rate. Each cancelled order takes one place in each window that holds its day,
    and these windows stand in a row: the cheapest plan is a flow along the line of windows, found exactly. Where the
    stock is too small for what that plan honours, each unit of a SKU gets a price, raised while it is short and lowered
    while it is not, in ever smaller steps; the best plan on the way that the stock bears is taken, and the prices also
    tell how much a better one could save at most.

    Parameters
    ----------
    choices : Choices
        From `choices_of`.
    windows : sequence of Window
        From `windows_of`, in time order, with the same reading.
    limit : Fraction
        The rate must stay under it, not at it.
    stock : mapping, optional
        Units per SKU that may go to these orders. Honouring never uses more. SKUs that are not named have enough.

    References
    ----------
    E. M. Arkin and E. B. Silverberg, "Scheduling jobs with fixed start and end times", Discrete Applied Mathematics
    18 (1987), 1-8. M. L. Fisher, "The Lagrangian relaxation method", Management Science 27 (1981), 1-18.
    """
    if not windows or not choices.orders:
        return NoPlan("nothing_to_choose", limit)
    rooms = [window.room(limit) for window in windows]
    if min(rooms) < 0:
        return NoPlan("already_over", limit)
    line = _Line(choices.orders, windows, rooms)
    gone, unproved = line.cheapest(line.gains({})), 0
    if min(line.spare(gone, stock or {}).values(), default=0) < 0:
        found = line.within(stock or {})
        if found is None:
            return NoPlan("stock", limit, least_cancels(choices.orders, stock or {}))
        gone, unproved = found
    cancelled = [choices.orders[place] for place in sorted(gone)]
    honoured = [one for place, one in enumerate(choices.orders) if place not in gone]
    worst = max(windows, key=lambda window: window.rate(cancelled))
    return Plan(
        currency=choices.currency,
        limit=limit,
        cancel=tuple(one.order_id for one in cancelled),
        honour=tuple(one.order_id for one in honoured),
        loss=exact(sum(one.loss for one in honoured)),
        worst=worst,
        rate=worst.rate(cancelled),
        unproved=exact(unproved),
    )


def frontier(
    choices: Choices,
    windows: Sequence[Window],
    *,
    stock: Mapping[str, int] | None = None,
    points: int = 60,
    limit: Fraction = LIMIT,
) -> tuple[Plan, ...]:
    """Best plans from cancelling none to cancelling all that is worth it: rising rate, falling loss.

    Parameters
    ----------
    choices, windows, stock
        As in `best_plan`.
    points : int
        About how many, at least two; the best plan under `limit` is always one of them when there is one.
    limit : Fraction
        The limit that is of interest.
    """
    if not windows or not choices.orders:
        return ()
    tight = max(windows, key=lambda window: window.rate(choices.orders))
    counted = sum(choice.counts for choice in choices.orders)
    marks = {round(step * counted / (points - 1)) for step in range(points)}
    limits = sorted({Fraction(tight.counted + mark + 1, max(tight.orders, 1)) for mark in marks} | {limit})
    plans: dict[tuple[str, ...], Plan] = {}
    for one in limits:
        plan = best_plan(choices, windows, limit=one, stock=stock)
        if isinstance(plan, Plan) and (plan.cancel not in plans or plan.limit == limit):
            plans[plan.cancel] = plan
    return tuple(sorted(plans.values(), key=lambda plan: (plan.rate, -plan.loss)))


def least_cancels(orders: Sequence[Choice], stock: Mapping[str, int]) -> int:
    """A number of orders that must be cancelled at least because the stock of one SKU reaches no further.

    Examples
    --------
    >>> from datetime import date
    >>> some = [Choice(name, date(2026, 11, 20), 0, {"HP": units}) for name, units in (("A", 5), ("B", 1), ("C", 1))]
    >>> least_cancels(some, {"HP": 3})
    1
    """
    most = 0
    for sku, units in stock.items():
        sizes = sorted((one.units.get(sku, 0) for one in orders if one.counts), reverse=True)
        missing = sum(sizes) - units
        most = max(most, 0 if missing <= 0 else 1 + sum(freed < missing for freed in accumulate(sizes)))
    return most


class _Line:
    """The orders over the line of windows: those whose day lies in the same run of windows stand together."""

    def __init__(self, orders: Sequence[Choice], windows: Sequence[Window], rooms: Sequence[int]) -> None:
        self.orders, self.rooms = orders, rooms
        self.free: list[int] = []  # orders that no window counts
        self.runs: dict[tuple[int, int], list[int]] = {}
        days = {one.day for one in orders}
        inside = {day: [number for number, window in enumerate(windows) if window.holds(day)] for day in days}
        for place, one in enumerate(orders):
            held = inside[one.day] if one.counts else []
            (self.runs.setdefault((held[0], held[-1] + 1), []) if held else self.free).append(place)

    def gains(self, prices: Mapping[str, int]) -> list[int]:
        """What cancelling each order saves, when each honoured unit of a SKU costs its price on top of the loss."""
        return [one.loss + sum(price * one.units.get(sku, 0) for sku, price in prices.items()) for one in self.orders]

    def cheapest(self, gains: Sequence[int]) -> set[int]:
        """Orders to cancel so that as much as possible is saved."""
        ranked = {
            run: sorted((place for place in places if gains[place] > 0), key=lambda place: -gains[place])
            for run, places in self.runs.items()
        }
        sums = [[0, *accumulate(gains[place] for place in places)] for places in ranked.values()]
        taken = fullest(sums, list(ranked), self.rooms)
        best = (places[:count] for places, count in zip(ranked.values(), taken, strict=True))
        return {*chain.from_iterable(best), *(place for place in self.free if gains[place] > 0)}

    def spare(self, gone: Collection[int], stock: Mapping[str, int]) -> dict[str, int]:
        """Units left per SKU when all other orders are honoured; below zero where some are missing."""
        kept = [one.units for place, one in enumerate(self.orders) if place not in gone]
        return {sku: units - sum(one.get(sku, 0) for one in kept) for sku, units in stock.items()}

    def lost(self, gone: Collection[int]) -> int:
        """What honouring all other orders loses."""
        return sum(one.loss for place, one in enumerate(self.orders) if place not in gone)

    def within(self, stock: Mapping[str, int]) -> tuple[set[int], int] | None:
        """Orders to cancel so that the stock suffices, and what a better plan could save at most; None if not found."""
        prices, step = dict.fromkeys(stock, 0), 2 * max(abs(one.loss) for one in self.orders) + 1
        found, bounds = [], []
        for _ in range(PRICE_STEPS):
            gone = self.cheapest(self.gains(prices))
            spare = self.spare(gone, stock)
            bounds.append(self.lost(gone) - sum(price * spare[sku] for sku, price in prices.items()))
            if min(spare.values()) >= 0:
                found.append(self._given_back(gone, spare))
            prices = {sku: max(price + (step if spare[sku] < 0 else -step), 0) for sku, price in prices.items()}
            step = -(-2 * step // 3)
        best = min(found, key=self.lost, default=None)
        return None if best is None else (best, self.lost(best) - max(bounds))

    def _given_back(self, gone: set[int], spare: Mapping[str, int]) -> set[int]:
        """Without the orders that earn money and that the stock bears all the same."""
        for place in sorted(gone, key=lambda place: self.orders[place].loss):
            one = self.orders[place]
            if one.loss < 0 and all(spare[sku] >= one.units.get(sku, 0) for sku in spare):
                gone, spare = gone - {place}, {sku: units - one.units.get(sku, 0) for sku, units in spare.items()}
        return gone
