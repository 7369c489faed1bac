"""What honouring each affected order would lose, and in which seven days cancelling it would count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.account.rate import LIMIT, WINDOW_DAYS, room, seven_days
from promofix_lib.account.seller_orders import Flags, Reading, SellerOrders, as_date
from promofix_lib.amounts import Money
from promofix_lib.money import SCALE
from promofix_lib.status.book import Book


@dataclass(frozen=True)
class Choice:
    """One order to be cancelled or honoured, with its items that can still be cancelled.

    Parameters
    ----------
    order_id : str
    day : date
        Order date, in the marketplace's zone.
    loss : int
        What honouring it loses, in ten-thousandths: what the units are worth minus what the buyer pays; below zero
        when honouring earns money.
    units : mapping
        Units per SKU that honouring takes from the stock.
    counts : bool
        False when cancelling adds nothing to the rate, because the order counts as cancelled already.
    pending : bool
        The order joins a window's total only by being paid for (and then cancelled).
    estimated : bool
        A buyer's price is not known yet; what others paid for the SKU is used.
    """

    order_id: str
    day: date
    loss: int = 0
    units: Mapping[str, int] = field(default_factory=dict)
    counts: bool = True
    pending: bool = False
    estimated: bool = False


@dataclass(frozen=True)
class Choices:
    """The orders to decide on in one sales channel, and the ids of those that no calculation can decide."""

    currency: str
    orders: tuple[Choice, ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """Seven days of order date, with what is in them before the plan.

    Parameters
    ----------
    first_day, last_day : date
        Both inside, in the marketplace's zone.
    orders : int
        Seller-fulfilled orders to count on, whatever is decided (on the high reading without pending ones).
    counted : int
        Orders that count as cancelled already.
    """

    first_day: date
    last_day: date
    orders: int
    counted: int = 0

    def holds(self, day: date) -> bool:
        """Whether an order of that day counts in these seven days."""
        return self.first_day <= day <= self.last_day

    def room(self, limit: Fraction = LIMIT) -> int:
        """How many more orders may be cancelled; negative when it is too late already."""
        return room(self.orders, self.counted, limit)

    def rate(self, cancelled: Iterable[Choice]) -> Fraction:
        """The rate when these are cancelled too."""
        mine = [one for one in cancelled if one.counts and self.holds(one.day)]
        return Fraction(self.counted + len(mine), max(self.orders + sum(one.pending for one in mine), 1))


def windows_of(
    book: SellerOrders, added: Flags, *, coming: Sequence[int] = (), reading: Reading = "high"
) -> tuple[Window, ...]:
    """Every seven days in which cancelling these orders would count, before the plan, in time order.

    Parameters
    ----------
    book : SellerOrders
    added : array of bool
        Orders that may be cancelled.
    coming : sequence of int
        Orders to count on in the first 1, 2, … 6 days after the reports end (`UsualVolume.at_least`). Without it
        windows that end later than the reports are left out: their orders are not known.
    reading : {"high", "low"}
        As `SellerOrders.read` takes it.
    """
    if not added.any():
        return ()
    first, end = int(book.days[added].min()), int(book.days[added].max()) + WINDOW_DAYS
    days = (np.append(book.per_day(flags), np.zeros(len(coming), dtype=np.int64)) for flags in book.read(reading))
    counted, orders = map(seven_days, days)
    orders[len(orders) - len(coming) :] += np.array(coming, dtype=np.int64)
    sums = zip(range(first, end), orders[first - book.first :], counted[first - book.first :], strict=False)
    return tuple(Window(as_date(last - WINDOW_DAYS + 1), as_date(last), int(n), int(gone)) for last, n, gone in sums)


def choices_of(
    sold: Book,
    book: SellerOrders,
    chosen: Flags,
    *,
    costs: Mapping[str, Money] | None = None,
    reading: Reading = "high",
) -> Choices:
    """What honouring each affected order would lose, exactly, in the sales channel of `book`.

    An item is worth what the seller says it costs, else its normal price. What is shipped, cancelled, fulfilled by
    Amazon or cancelled at the buyer's wish is no choice of the seller's and left out. Orders in another currency than
    most are not decided: two currencies are never added.

    Parameters
    ----------
    sold : Book
        The order table, with what was paid for its items and what they normally cost.
    book : SellerOrders
    chosen : array of bool
        Affected rows.
    costs : mapping, optional
        Per SKU what one unit costs the seller, all in all.
    reading : {"high", "low"}
        As in `windows_of`; both must be the same for one plan.
    """
    ledger, (counted, settled) = sold.ledger, book.read(reading)
    places = np.flatnonzero(chosen & book.row_counts & ~book.rows_of(book.sure))
    codes = ledger.currency[places]
    code = int(np.bincount(codes).argmax()) if len(codes) else 0
    name = ledger.currencies[code] if len(codes) else ""
    own = {sku: int(cost.amount * SCALE) for sku, cost in (costs or {}).items() if cost.currency == name}
    skus, units = sold.orders["sku"].fillna("").to_numpy(dtype=object), sold.units
    usual, numbers = _usual_paid(skus, sold, places), book.row_order[places].tolist()
    made = {
        number: Choice(str(book.order_ids[number]), as_date(book.days[number]), counts=not gone, pending=not paid_for)
        for number, gone, paid_for in zip(numbers, counted[numbers], settled[numbers], strict=True)
    }
    undecided: dict[int, None] = {}
    for place, number in zip(places.tolist(), numbers, strict=True):
        sku, quantity, known = skus[place], int(units[place]), bool(ledger.paid_known[place])
        paid = int(ledger.paid[place]) if known else usual.get(sku, -1) * quantity
        worth = own[sku] * quantity if sku in own else int(ledger.normal[place])
        worth_known = sku in own or bool(ledger.normal_known[place])
        if not sku or not quantity or paid < 0 or not worth_known or ledger.currency[place] != code:
            undecided[number] = None
            continue
        was = made[number]
        made[number] = replace(
            was,
            loss=was.loss + worth - paid,
            units={**was.units, sku: was.units.get(sku, 0) + quantity},
            estimated=was.estimated or not known,
        )
    found = tuple(choice for number, choice in made.items() if number not in undecided)
    return Choices(name, found, tuple(str(book.order_ids[number]) for number in undecided))


def _usual_paid(skus: npt.NDArray[Any], sold: Book, places: npt.NDArray[Any]) -> dict[str, int]:
    """Per SKU what most affected buyers paid for one unit."""
    known = places[sold.ledger.paid_known[places] & (skus[places] != "")]  # what is paid for no units is not known
    each = pd.Series(sold.ledger.paid[known] // sold.units[known], index=skus[known])
    return {str(sku): int(some.mode()[0]) for sku, some in each.groupby(level=0)}
