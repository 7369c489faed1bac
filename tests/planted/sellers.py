"""A made-up seller: catalogue, marketplaces, habits, and a report's worth of ordinary orders."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from promofix_lib import orders as table

HOUR, DAY = 3600.0, 86400.0
BEST = 0
"""The SKU that sells best; the others follow by number."""

# Sales channels, currency, price of one dollar, hours from UTC.
MARKETS = {
    "us": [("Amazon.com", "USD", 1.0, -8)],
    "gb": [("Amazon.co.uk", "GBP", 0.8, 0)],
    "jp": [("Amazon.co.jp", "JPY", 150.0, 9)],
    "in": [("Amazon.in", "INR", 83.0, 5)],
    "north": [("Amazon.com", "USD", 1.0, -8), ("Amazon.ca", "CAD", 1.35, -8), ("Amazon.com.mx", "MXN", 17.0, -8)],
    "eu": [
        ("Amazon.de", "EUR", 0.95, 1),
        ("Amazon.fr", "EUR", 0.99, 1),
        ("Amazon.it", "EUR", 0.97, 1),
        ("Amazon.co.uk", "GBP", 0.8, 0),
        ("Amazon.se", "SEK", 10.5, 1),
    ],
}
_QUANTITIES = (1, 1, 1, 1, 1, 1, 2, 2, 3, 5)
_CLOCK = (2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 7, 6, 6, 6, 6, 6, 7, 8, 8, 7, 5, 3)


@dataclass
class Line:
    """One order item; money in cents of the currency (whole units for JPY), per line."""

    order: str
    time: float
    sku: int
    market: int
    quantity: int
    unit: int
    discount: int = 0
    ids: list[str] = field(default_factory=list)
    business: bool = False
    status: str = "Shipped"
    unpriced: bool = False
    discount_blank: bool = False
    replacement: bool = False
    affected: str = ""


@dataclass
class Seller:
    """Everything random about one seller, drawn once."""

    draw: np.random.Generator
    markets: list[tuple[str, str, float, int]]
    prices: list[float]
    popular: np.ndarray
    per_day: float
    days: float
    begin: float
    coupon: tuple[str, float, float]
    shipping: tuple[str, float]
    lines: list[Line] = field(default_factory=list)
    next_order: int = 0
    same_asin: dict[int, int] = field(default_factory=dict)

    @property
    def end(self) -> float:
        """The report's last moment, in seconds since 1970."""
        return self.begin + self.days * DAY

    def price(self, sku: int, market: int, time: float) -> int:
        """The list price in cents, with the seller's slow price changes."""
        cents = self.prices[sku] * self.markets[market][2] * self.wander(sku, time)
        if self.markets[market][1] == "JPY":
            return max(1, round(cents / 100)) * 100
        return max(99, round(cents / 100) * 100 - 1)

    def wander(self, sku: int, time: float) -> float:
        """Slow price changes of a few percent, every nine days."""
        week = int((time - self.begin) // (9 * DAY)) + sku * 7
        return 1.0 + 0.04 * ((week * 2654435761) % 5 - 2) / 2

    def order_id(self) -> str:
        """The next order's id."""
        self.next_order += 1
        tail = (self.next_order * 7_654_321 + 1234) % 10_000_000
        return f"{111 + self.next_order % 4}-{tail:07d}-{self.next_order:07d}"

    def moment(self, start: float, stop: float) -> float:
        """A time between two, by the clock of the first marketplace."""
        chance, ahead = self.draw.random, self.markets[0][3]
        while True:
            time = float(math.floor(start + (stop - start) * chance()))
            if chance() * 8 <= _CLOCK[int((time / 3600 + ahead) % 24)]:
                return time

    def pick(self) -> int:
        """A SKU by its popularity."""
        return int(self.popular.searchsorted(self.draw.random(), side="right"))


def ordinary_seller(seed: int, *, least_rate: float = 3, most_rate: float = 250, markets: str | None = None) -> Seller:
    """A seller with ordinary orders only; every size is drawn."""
    draw = np.random.default_rng(seed)
    home = MARKETS[markets or str(draw.choice(["us", "us", "gb", "jp", "in", "north", "eu"]))]
    size = int(np.clip(np.exp(draw.normal(2.7, 1.2)), 1, 300))
    weights = 1 / np.arange(1, size + 1) ** draw.uniform(0.3, 1.2)
    rate = float(np.exp(draw.uniform(np.log(least_rate), np.log(most_rate))))
    days = float(draw.choice([14, 20, 30, 30, 45, 60]))
    seller = Seller(
        draw=draw,
        markets=home,
        prices=(np.exp(draw.normal(3.3, 0.8, size)).clip(5, 900) * 100).tolist(),
        popular=weights.cumsum() / weights.sum(),
        per_day=max(rate, size / 15),
        days=days if rate > 20 else 30.0,
        begin=float(datetime(2026, int(draw.integers(1, 12)), int(draw.integers(1, 28)), tzinfo=UTC).timestamp()),
        coupon=(
            f"PLM-{seed:08d}-coupon",
            float(draw.uniform(0, 0.3)),
            float(draw.choice([0.05, 0.1, 0.15, 0.2, 0.3, 0.4])),
        ),
        shipping=(f"US Core Free Shipping Promotion A{seed}", float(draw.uniform(0, 0.8))),
    )
    count = draw.poisson(seller.per_day * seller.days)
    for _ in range(count):
        add_order(seller, seller.moment(seller.begin, seller.end))
    return seller


def add_order(seller: Seller, time: float, sku: int | None = None, market: int | None = None, **changes: Any) -> Line:
    """One ordinary order, sometimes of several lines; gives its first line."""
    draw = seller.draw
    order = seller.order_id()
    market = int(draw.integers(len(seller.markets))) if market is None else market
    first = ordinary_line(seller, order, time, seller.pick() if sku is None else sku, market)
    for name, value in changes.items():
        setattr(first, name, value)
    seller.lines.append(first)
    if draw.random() < 0.08:
        seller.lines.append(ordinary_line(seller, order, time, seller.pick(), market))
    return first


def ordinary_line(seller: Seller, order: str, time: float, sku: int, market: int) -> Line:
    """One ordinary order item with the seller's habitual coupon and shipping ids."""
    draw = seller.draw
    business = bool(draw.random() < 0.06)
    quantity = _QUANTITIES[draw.integers(len(_QUANTITIES))] if not business else int(draw.integers(1, 12))
    unit = seller.price(sku, market, time)
    if business and quantity >= 5:
        unit = round(unit * 0.9)
    line = Line(order, time, sku, market, quantity, unit, business=business)
    name, share, off = seller.coupon
    if draw.random() < share and sku % 3 == 0:
        take(line, name, off)
    if draw.random() < seller.shipping[1]:
        line.ids.append(seller.shipping[0])
    if draw.random() < 0.02:
        line.ids += [f"Amazon PLCC Free-Financing Universal Merchant AAT-{n}" for n in range(int(draw.integers(1, 6)))]
    return line


def take(line: Line, name: str, off: float) -> Line:
    """Take a percentage off with a promotion id."""
    total = line.unit * line.quantity
    line.discount = min(total, line.discount + round(total * off))
    line.ids.append(name)
    return line


def take_sum(line: Line, name: str, cents: int) -> Line:
    """Take a fixed sum per unit off with a promotion id."""
    line.discount = min(line.unit * line.quantity, line.discount + cents * line.quantity)
    line.ids.append(name)
    return line


def age(seller: Seller) -> None:
    """Give the lines the states that a report shows: shipped, unshipped, pending without price, cancelled."""
    for line in seller.lines:
        chance = seller.draw.random()
        if line.affected or line.replacement:
            if line.time > seller.end - DAY and not (line.unpriced or line.discount_blank):
                line.status = "Unshipped" if chance < 0.8 else "Shipped"
            continue
        if chance < 0.03:
            line.status, line.unpriced = "Cancelled", True
        elif line.time > seller.end - 0.5 * DAY:
            line.status = "Unshipped" if chance < 0.85 else "Pending"
            line.unpriced = line.status == "Pending"


def order_table(seller: Seller) -> pd.DataFrame:
    """The seller's report as an order table, the newest order last, as Amazon sorts it by chance."""
    lines = sorted(seller.lines, key=lambda line: line.time)
    priced = [not line.unpriced for line in lines]
    money = [line.unit * line.quantity for line in lines]
    cents = 100
    discounts = [None if line.unpriced or line.discount_blank or not line.discount else line.discount for line in lines]
    names = {
        "order_id": [line.order for line in lines],
        "order_status": [line.status for line in lines],
        "fulfillment_channel": ["merchant" if line.sku % 4 else "amazon" for line in lines],
        "sales_channel": [seller.markets[line.market][0] for line in lines],
        "sku": [f"SKU-{line.sku:04d}" for line in lines],
        "asin": [f"B0{seller.same_asin.get(line.sku, line.sku):08d}" for line in lines],
        "currency": [seller.markets[line.market][1] if ok else None for line, ok in zip(lines, priced, strict=True)],
    }
    frame = pd.DataFrame({name: pd.Series(cells, dtype=table.TEXT) for name, cells in names.items()})
    frame["purchase_date"] = pd.Series(
        pd.to_datetime([line.time for line in lines], unit="s", utc=True).as_unit("us"), dtype=table.UTC
    )
    frame["quantity"] = pd.Series(
        [0 if line.status == "Cancelled" else line.quantity for line in lines], dtype=table.WHOLE
    )
    frame["item_price"] = pd.Series(
        [Decimal(total) / cents if ok else None for total, ok in zip(money, priced, strict=True)], dtype=table.MONEY
    )
    frame["item_promotion_discount"] = pd.Series(
        [None if taken is None else Decimal(taken) / cents for taken in discounts], dtype=table.MONEY
    )
    frame["promotion_ids"] = pd.Series(pa_lists(line.ids for line in lines), dtype=table.TEXTS)
    frame["is_business_order"] = pd.Series([line.business for line in lines], dtype=table.YES_NO)
    frame["is_replacement_order"] = pd.Series([line.replacement for line in lines], dtype=table.YES_NO)
    return table.complete(frame)


def pa_lists(lists: Any) -> Any:
    """Lists of text for an Arrow column; an empty one is a missing cell."""
    return pd.arrays.ArrowExtensionArray(pa.array([cells or None for cells in lists], type=pa.list_(pa.string())))


__all__ = [
    "BEST",
    "DAY",
    "HOUR",
    "Line",
    "Seller",
    "add_order",
    "age",
    "order_table",
    "ordinary_line",
    "ordinary_seller",
    "replace",
    "take",
    "take_sum",
]
