"""What honouring each affected order would cost, and in which seven days cancelling it would count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from promofix_lib.account.rate import LIMIT, WINDOW_DAYS, Which, room
from promofix_lib.account.seller_orders import SellerOrders, as_date
from promofix_lib.orders import item_keys, money_as_integers

MILLION = 1_000_000  # losses are whole millionths of one unit of money: the scale of unit prices


class PricedSku(Protocol):
    """What one SKU normally costs in one sales channel; `detection.NormalPrice` is one."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def sales_channel(self) -> str: ...  # noqa: D102
    @property
    def currency(self) -> str: ...  # noqa: D102
    @property
    def price(self) -> Decimal: ...  # noqa: D102


@dataclass(frozen=True)
class SkuCost:
    """What one unit of a SKU costs the seller to buy, to send and in Amazon's fees, in one currency."""

    sku: str
    currency: str
    unit_cost: Decimal
    shipping: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)

    @property
    def price(self) -> Decimal:
        """All costs of one unit together."""
        return self.unit_cost + self.shipping + self.fees


@dataclass(frozen=True)
class Line:
    """One order item that can still be cancelled or honoured.

    Parameters
    ----------
    key : str
        Its `orders.item_keys` name.
    sku : str
        SKU, whose stock honouring uses up.
    quantity : int
        Units.
    loss : int
        What honouring loses, in millionths of the order's currency: what the units are worth minus what the buyer
        pays; below zero when honouring earns money.
    basis : str
        ``"costs"`` (the seller's cost, shipping and fees) or ``"normal price"``.
    estimated : bool
        The buyer's price is not in the report yet; what others paid for the SKU is used.
    """

    key: str
    sku: str
    quantity: int
    loss: int
    basis: Literal["costs", "normal price"]
    estimated: bool = False


@dataclass(frozen=True)
class Choice:
    """One order to be cancelled or honoured: its chosen items that can still be cancelled.

    `counts` is False when cancelling adds nothing to the rate, because the order counts as cancelled already. `pending`
    is True when the order joins the window's total only by being paid for (and then cancelled).
    """

    order_id: str
    day: date
    lines: tuple[Line, ...]
    counts: bool = True
    pending: bool = False

    @cached_property
    def loss(self) -> int:
        """What honouring the whole order loses, in millionths."""
        return sum(line.loss for line in self.lines)


@dataclass(frozen=True)
class Choices:
    """The orders to decide on in one sales channel, and those that no calculation can decide."""

    sales_channel: str
    currency: str
    orders: tuple[Choice, ...]
    undecided: tuple[str, ...]

    @property
    def estimated(self) -> tuple[str, ...]:
        """Order ids in which a buyer's price had to be estimated."""
        return tuple(order.order_id for order in self.orders if any(line.estimated for line in order.lines))


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

    def room(self, limit: Fraction = LIMIT) -> int:
        """How many more orders may be cancelled; negative when it is too late already."""
        return room(self.orders, self.counted, limit)

    def rate(self, cancelled: int, pending: int = 0) -> Fraction:
        """The rate after cancelling this many more, of which `pending` were not among `orders` yet."""
        return Fraction(self.counted + cancelled, max(self.orders + pending, 1))

    def holds(self, day: date) -> bool:
        """Whether an order of that day counts in these seven days."""
        return self.first_day <= day <= self.last_day


def windows_of(
    book: SellerOrders, chosen: pd.Series[bool], *, usual: Sequence[int] = (), reading: Which = "high"
) -> tuple[Window, ...]:
    """Every seven days in which cancelling chosen orders would count, before the plan.

    Parameters
    ----------
    book : SellerOrders
        From `seller_orders`.
    chosen : Series of bool
        Rows of the order table that may be cancelled.
    usual : sequence of int
        Orders to count on in the first 1, 2, … 6 days after the reports end (`UsualVolume.at_least`). Without it
        windows that end later than the reports are left out: their orders are not known.
    reading : {"high", "low"}
        ``"high"``: unexplained cancellations count and pending orders fall away. ``"low"``: neither.

    Returns
    -------
    tuple of Window
        In time order.
    """
    touched = book.with_chosen(chosen)
    if not touched.any():
        return ()
    settled = ~book.pending | book.sure | book.unsure if reading == "high" else np.ones(len(touched), dtype=np.bool_)
    counted = book.sure | book.unsure if reading == "high" else book.sure
    reach = range(int(book.days[touched].min()), int(book.days[touched].max()) + WINDOW_DAYS)
    return tuple(_window(book, last, settled, counted, usual) for last in reach if _known(book, last, usual))


def _known(book: SellerOrders, last: int, usual: Sequence[int]) -> bool:
    return (as_date(last) - book.last_day).days <= len(usual)


def _window(book: SellerOrders, last: int, settled: Any, counted: Any, usual: Sequence[int]) -> Window:
    inside = (book.days > last - WINDOW_DAYS) & (book.days <= last)
    ahead = min((as_date(last) - book.last_day).days, len(usual))
    orders = int((inside & settled).sum()) + (usual[ahead - 1] if ahead > 0 else 0)
    return Window(as_date(last - WINDOW_DAYS + 1), as_date(last), orders, int((inside & counted).sum()))


def choices_of(
    orders: pd.DataFrame,
    book: SellerOrders,
    chosen: pd.Series[bool],
    *,
    normal_prices: Iterable[PricedSku] = (),
    costs: Iterable[SkuCost] = (),
    reading: Which = "high",
) -> Choices:
    """What honouring each chosen order would lose, exactly, in the sales channel of `book`.

    An item is worth what the seller says it costs (unit cost + shipping + fees), else its normal price. What is
    shipped, cancelled, fulfilled by Amazon or cancelled at the buyer's wish is no choice of the seller's and left out.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    book : SellerOrders
        One of ``seller_orders(orders)``.
    chosen : Series of bool
        Rows that the mistake touched.
    normal_prices : iterable
        Normal unit price per SKU, sales channel and currency; an empty sales channel or currency fits every one.
    costs : iterable of SkuCost
        The seller's own costs, where given.
    reading : {"high", "low"}
        As in `windows_of`; both must be the same for one plan.

    Raises
    ------
    ValueError
        Items in more than one currency: two currencies are never added.

    Examples
    --------
    Three units at 1.00 that are worth 58.99 each lose 173.97, not 57.99:

    >>> from promofix_lib.orders import order_table
    >>> from promofix_lib.account.seller_orders import seller_orders
    >>> orders = order_table([{"order_id": "A", "order_item_id": "1", "sku": "HP", "quantity": 3, "currency": "USD",
    ...     "item_price": "3.00", "purchase_date": "2026-11-20T09:00:00Z", "sales_channel": "Amazon.com",
    ...     "fulfillment_channel": "merchant", "order_status": "Unshipped"}])
    >>> costs = [SkuCost("HP", "USD", Decimal("58.99"))]
    >>> choices_of(orders, seller_orders(orders)[0], orders["sku"] == "HP", costs=costs).orders[0].loss
    173970000
    """
    mine = chosen.to_numpy(dtype=np.bool_) & book.row_counts
    whole = orders["order_id"].isin(orders.loc[mine, "order_id"].unique()).to_numpy()  # item keys count within orders
    keys = item_keys(orders[whole])[mine[whole]]
    rows = orders.loc[mine].assign(key=keys, number=book.row_order[mine])
    currency = _one_currency(rows)
    worth = _worth(book.sales_channel, currency, normal_prices, costs)
    lines, undecided = _lines(rows, worth)
    counted = book.sure | book.unsure if reading == "high" else book.sure
    pending = book.pending & ~counted & (reading == "high")

    def choice(number: int, some: Sequence[Line]) -> Choice:
        day, counts = as_date(int(book.days[number])), not bool(counted[number])
        return Choice(str(book.order_ids[number]), day, tuple(some), counts, bool(pending[number]))

    found = [choice(number, some) for number, some in lines.items() if number not in undecided]
    return Choices(book.sales_channel, currency, tuple(found), tuple(str(book.order_ids[n]) for n in undecided))


def _one_currency(rows: pd.DataFrame) -> str:
    found = [str(code) for code in rows["currency"].dropna().unique()]
    if len(found) > 1:
        raise ValueError(f"The chosen orders are in {' and '.join(sorted(found))}. Choose one currency at a time.")
    return found[0] if found else ""


def _worth(
    channel: str, currency: str, normal_prices: Iterable[PricedSku], costs: Iterable[SkuCost]
) -> dict[str, tuple[int, Literal["costs", "normal price"]]]:
    worth: dict[str, tuple[int, Literal["costs", "normal price"]]] = {}
    for normal in normal_prices:
        if normal.currency in ("", currency) and normal.sales_channel in ("", channel):
            worth[normal.sku] = (_millionths(normal.price), "normal price")
    for cost in costs:
        if cost.currency == currency:
            worth[cost.sku] = (_millionths(cost.price), "costs")
    return worth


def _millionths(amount: Decimal) -> int:
    exact = amount * MILLION
    if exact != exact.to_integral_value():
        raise ValueError(f"{amount} has more than six decimals.")
    return int(exact)


def _lines(
    rows: pd.DataFrame, worth: dict[str, tuple[int, Literal["costs", "normal price"]]]
) -> tuple[dict[int, list[Line]], dict[int, None]]:
    usual = _usual_unit_price(rows)
    lines: dict[int, list[Line]] = {}
    undecided: dict[int, None] = {}
    for key, number, sku, quantity, paid in zip(
        rows["key"], rows["number"], rows["sku"], rows["quantity"], _paid(rows), strict=True
    ):
        unit = usual.get(sku) if paid is None and sku is not pd.NA else None
        if sku is pd.NA or quantity is pd.NA or sku not in worth or (paid is None and unit is None):
            undecided[number] = None
            continue
        value, basis = worth[sku]
        spent = paid if paid is not None else (unit or 0) * quantity
        lines.setdefault(number, []).append(Line(key, sku, quantity, value * quantity - spent, basis, paid is None))
    return lines, undecided


def _paid(rows: pd.DataFrame) -> list[int | None]:
    price, priced = money_as_integers(rows["item_price"])
    discount, _ = money_as_integers(rows["item_promotion_discount"])
    net = np.maximum(price - np.abs(discount), 0) * 100
    return [int(amount) if known else None for amount, known in zip(net, priced, strict=True)]


def _usual_unit_price(rows: pd.DataFrame) -> dict[str, int]:
    prices, known = money_as_integers(rows["unit_price"])
    votes: dict[str, Counter[int]] = {}
    for sku, price, told in zip(rows["sku"], prices.tolist(), known, strict=True):
        if told and sku is not pd.NA:
            votes.setdefault(sku, Counter())[price] += 1
    return {sku: max(counter, key=lambda price: (counter[price], -price)) for sku, counter in votes.items()}
