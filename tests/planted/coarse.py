"""Random reports on a coarse grid of hours, prices and shares, so that what is exactly at an edge happens often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pandas as pd

from promofix_lib.money import NormalPrice
from promofix_lib.orders import order_table

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
PRICES = (1000, 2000, 3000, 5899, 10000)  # cents
SHARES = (10, 20, 30, 40, 50, 51, 60, 70, 79, 80, 81, 90, 99, 100)  # per cent off
MARKETS = (("Amazon.com", "USD"), ("Amazon.ca", "CAD"), ("Amazon.de", "EUR"))
KINDS = ("code", "code", "code of one use", "two codes", "any two", "sum", "sum", "price", "price", "same price")
LATE: tuple[dict[str, Any], ...] = (
    {"order_status": "Unshipped"},
    {"order_status": "Unshipped"},
    {"order_status": "Pending", "item_price": None},
    {"order_status": "Cancelled", "item_price": None},
    {"order_status": "Cancelled", "quantity": 0},
    {"order_id": None},
    {"is_replacement_order": True},
    {"purchase_date": None},
)
PAUSES = (0, 0.125, 1, 3, 6, 24, 30)  # hours from one order to the next


@dataclass
class _Shop:
    """What it sells and what was sold so far; the numbers of its orders go on."""

    chance: Random
    days: int
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        pick = self.chance.choice
        self.goods = [
            {"sku": f"S{n}", "asin": f"B{pick((n, n, 0))}", "price": pick(PRICES), "market": pick((0, 0, 0, 1, 2))}
            for n in range(pick((1, 2, 3, 5)))
        ]
        self.goods += [{**one, "market": pick((1, 2))} for one in self.goods[: pick((0, 0, 1))]]

    def sell(self, hours: float, good: dict[str, Any], price: int, off: int, codes: list[str], **cells: Any) -> None:
        channel, currency = MARKETS[good["market"]]
        units = self.chance.choice((1, 1, 1, 1, 2, 3))
        plain = {
            "order_id": f"O{len(self.lines)}",
            "purchase_date": (BEGIN + timedelta(hours=hours)).isoformat(),
            "order_status": "Shipped",
            "sales_channel": channel,
            "currency": currency,
            "sku": good["sku"],
            "asin": good["asin"],
            "quantity": units,
            "item_price": f"{price * units / 100:.2f}",
            "item_promotion_discount": f"{off * units / 100:.2f}" if off else None,
            "promotion_ids": codes or None,
        }
        self.lines.append(plain | cells)


def coarse(seed: int) -> tuple[pd.DataFrame, tuple[NormalPrice, ...]]:
    """One such report, an ordinary life with its codes and up to four runs of something cheap; what its seller says."""
    chance = Random(seed)
    shop = _Shop(chance, chance.choice((2, 5, 10, 14, 30)))
    for good in shop.goods:
        _ordinary(shop, good)
    for number in range(chance.choice((1, 2, 3, 4))):
        _run(shop, f"P{number}")
    chance.shuffle(shop.lines)
    said = chance.choice(((), (), (), shop.goods[:1], shop.goods[-2:]))
    prices = tuple(
        NormalPrice(good["sku"], "", MARKETS[good["market"]][1], Decimal(chance.choice(PRICES)) / 100) for good in said
    )
    return order_table(shop.lines), prices


def _ordinary(shop: _Shop, good: dict[str, Any]) -> None:
    pick = shop.chance.choice
    every, code, share = pick((3, 6, 12, 24, 96)), pick(("", "", "C0", "C1")), pick(SHARES[:6])
    since, until = pick((0, 0, 24, 96)), pick((shop.days, shop.days, shop.days / 2)) * 24
    changed = pick((0, 0, 0, shop.days * 12)), pick((0.5, 0.7, 0.9, 1.1))
    for hour in range(since, int(until), every):
        price = round(good["price"] * changed[1]) if changed[0] and hour >= changed[0] else good["price"]
        used = [code] if code and pick((True, False)) else []
        shop.sell(hour, good, price, price * share // 100 if used else 0, used)


def _run(shop: _Shop, name: str) -> None:
    pick = shop.chance.choice
    hour, pause, share = float(shop.chance.randrange(shop.days * 24)), pick(PAUSES), pick(SHARES[4:])
    goods = [pick(shop.goods) for _ in range(pick((1, 1, 2, 4)))]
    kind = pick(KINDS)
    cells = pick(({}, {}, {}, {"is_business_order": True}, {"quantity": 20}, {"quantity": 1}))
    late, beside, changes = pick((0, 0, 0.2, 0.5)), pick((0, 0, 0, 0.2, 0.8)), pick((0, 0, 0.2))
    for number in range(pick((1, 2, 3, 3, 4, 5, 8, 12))):
        good = pick(goods)
        price, off, codes = good["price"], good["price"] * share // 100, []
        for code, halved in _codes(kind, name, number, shop.chance):
            codes.append(code)
            off = price * (share // 2 if halved else share) // 100
        if kind == "sum":
            off = min(price, 1500)
        if kind in ("price", "same price"):
            price, off = (price - off if kind == "price" else 100), 0
        if shop.chance.random() < changes:
            off //= 2
        more = dict(cells)
        if shop.chance.random() < late:
            more |= pick(LATE) | pick(({}, {"item_promotion_discount": None}))
        shop.sell(hour, good, max(price, 1), off, codes, **more)
        if shop.chance.random() < beside:
            other = pick(shop.goods)
            shop.sell(hour, other, other["price"], 0, [], order_id=shop.lines[-1]["order_id"])
        if pick((True, False, False)):
            shop.sell(hour + pause / 2, good, good["price"], 0, [])
        hour += pause if pick((True, True, False)) else pick(PAUSES)


def _codes(kind: str, name: str, number: int, chance: Random) -> Iterator[tuple[str, bool]]:
    """The codes of an order of a run, and whether each takes only half of it all."""
    if kind in ("code", "sum"):
        yield name, False
    elif kind == "code of one use":
        yield f"{name}-{number}", False
    elif kind == "two codes":
        yield from ((name, True), ("C0", True))
    elif kind == "any two":
        yield from ((one, False) for one in chance.sample(["C0", "C1", "C2", "C3"], 2))
