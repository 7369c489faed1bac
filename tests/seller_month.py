"""A made-up month of a seller: about 100 seller-fulfilled orders a day, and one night with 300 wrong ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from promofix_lib.account.seller_orders import SellerOrders, seller_orders
from promofix_lib.money import NormalPrice
from promofix_lib.orders import order_table
from promofix_lib.status.book import Book, triage
from promofix_lib.status.status import Status

FIRST = datetime(2026, 10, 21, 7, tzinfo=UTC)  # midnight in Los Angeles (PDT)
NIGHT = datetime(2026, 11, 19, 8, tzinfo=UTC)  # midnight in Los Angeles (PST)


@cache
def seller_month(
    *, days: int = 30, a_day: float = 100, wrong: int = 300, seed: int = 7, fba: float = 0.3
) -> pd.DataFrame:
    """The month's order table, made once (change a copy).

    Wrong orders carry promotion ``WRONG`` and pay 1.00 for headphones worth 58.99.
    """
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for day in range(days):
        start = FIRST + timedelta(days=day)
        for _ in range(random.poisson(a_day * (1.2 if start.weekday() >= 5 else 1.0))):
            rows.append(_row(random, start + timedelta(seconds=int(random.integers(86_400))), fba, old=day < days - 2))
    for _ in range(wrong):
        rows.append(_wrong(random, NIGHT + timedelta(seconds=int(random.integers(7 * 3600)))))
    rows.sort(key=lambda row: str(row["purchase_date"]))
    for number, row in enumerate(rows):
        row["order_id"] = f"111-{number:07d}-0000001"
        row["order_item_id"] = f"{number:014d}"
    return order_table(rows)


def _row(random: np.random.Generator, at: datetime, fba: float, *, old: bool) -> dict[str, Any]:
    status = "Shipped" if old else str(random.choice(["Unshipped", "Pending"], p=[0.9, 0.1]))
    status = "Cancelled" if random.random() < 0.004 else status
    return {
        "purchase_date": at.isoformat(),
        "sales_channel": "Amazon.com",
        "currency": "USD",
        "sku": str(random.choice(["HP-BLK", "HP-RED", "CASE"])),
        "quantity": 1,
        "item_price": "58.99",
        "order_status": status,
        "fulfillment_channel": "amazon" if random.random() < fba else "merchant",
    }


def _wrong(random: np.random.Generator, at: datetime) -> dict[str, Any]:
    quantity = int(random.choice([1, 1, 1, 2, 5]))
    pending = random.random() < 0.1
    return {
        **_row(random, at, 0.0, old=False),
        "sku": str(random.choice(["HP-BLK", "HP-RED"])),
        "quantity": quantity,
        "item_price": None if pending else f"{quantity * 58.99:.2f}",
        "item_promotion_discount": None if pending else f"{quantity * 57.99:.2f}",
        "promotion_ids": ["WRONG"],
        "order_status": "Pending" if pending else "Unshipped",
    }


def books(
    orders: pd.DataFrame, by_seller: Collection[str] = (), by_buyer: Collection[str] = ()
) -> tuple[SellerOrders, ...]:
    """The orders that the rate looks at, per sales channel, and who is known to have cancelled some."""
    return tuple(book.knowing(by_seller, by_buyer) for book in seller_orders(orders, triage(orders)))


def standing(
    orders: pd.DataFrame,
    chosen: pd.Series,
    *,
    left_out: pd.Series | None = None,
    steps: Mapping[str, str] | None = None,
    known_cancelled: Collection[str] = (),
    asked_by_buyer: Collection[str] = (),
    gate_open: bool = True,
    after_end: tuple[str, ...] = (),
    ship_by: Mapping[str, datetime] | None = None,
    prices: Iterable[NormalPrice] = (),
) -> Any:
    """A status of one night in which nothing was handed over yet; `steps` says what is next by triage word."""
    words, steps_of = triage(orders), {"cancel": "upload", "ask_amazon": "ask_amazon", "wait": "wait"}
    steps_of |= {"shipped": "decide"} | dict(steps or {})
    out = chosen & False if left_out is None else left_out
    affected = set(orders.loc[chosen | out, "order_id"])
    rows = {
        str(order_id): SimpleNamespace(
            order_id=str(order_id),
            incident=1,
            triage=word,
            state="left_out" if is_out else "new",
            next="ship" if is_out and word == "cancel" else "nothing" if is_out else steps_of.get(word, "nothing"),
            message="none",
            ship_by=(ship_by or {}).get(str(order_id)),
        )
        for order_id, word, is_out in zip(orders["order_id"], words, out, strict=True)
        if order_id in affected
    }
    ordered = sorted(rows.values(), key=lambda row: row.ship_by or datetime.max.replace(tzinfo=UTC))
    found = SimpleNamespace(
        book=Book(orders, tuple(prices)),
        chosen=chosen.to_numpy(dtype=bool),
        rows=tuple(replaced(row, set(known_cancelled)) for row in ordered),
        withdrawn=(),
        to_hand_over=tuple(row.order_id for row in ordered if row.next in ("hand_over", "confirm_end")),
        known_cancelled=frozenset(known_cancelled),
        asked_by_buyer=frozenset(asked_by_buyer),
        gate=SimpleNamespace(open=gate_open and not after_end, after_end=after_end),
    )
    found.rows_of = partial(Status.rows_of, found)
    return found


def replaced(row: Any, known_cancelled: Collection[str]) -> Any:
    """What is cancelled has nothing next."""
    if row.order_id in known_cancelled:
        row.state, row.next, row.message = "cancelled", "nothing", "sent"
    return row
