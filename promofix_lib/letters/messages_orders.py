"""What there is to say about each chosen order: order items gathered into one piece of work per order and answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from promofix_lib.filters import is_cancelled
from promofix_lib.marketplaces import Marketplace, marketplace_of
from promofix_lib.orders import item_keys
from promofix_lib.triage import triage


@dataclass(frozen=True, slots=True)
class BuyerOrder:
    """The chosen items of one order that share one triage answer; missing facts are None.

    An order of two items, one shipped and one not, is two of these: two different things are to be done and said.
    `others_stay` says that the order has more items, to which this does not happen.
    """

    order_id: str
    triage: str
    market: Marketplace
    purchase_date: datetime | None
    buyer_name: str | None
    buyer_email: str | None
    fulfilled_by_amazon: bool
    currency: str | None
    item_keys: tuple[str, ...]
    products: tuple[str, ...]
    skus: tuple[str, ...]
    units: int
    unit_prices: tuple[Decimal, ...]
    paid: Decimal | None
    payment: str
    others_stay: bool = False
    turn: int = 1
    turns: int = 1

    @property
    def key(self) -> str:
        """A name that stays the same in the next export: order id and triage answer."""
        return f"{self.order_id}/{self.triage}"


_TAKEN = (
    "order_id", "purchase_date", "buyer_name", "buyer_email", "fulfillment_channel", "sales_channel", "currency",
    "product_name", "sku", "quantity", "item_price", "item_promotion_discount", "unit_price",
)  # fmt: skip
_PAYMENT = ("payment_method", "payment_method_details", "payment_type")  # extra columns of some Order Reports


def buyer_orders(orders: pd.DataFrame, chosen: pd.Series[bool]) -> tuple[BuyerOrder, ...]:
    """The chosen order items gathered by order and triage answer, in file order.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    chosen : Series
        Boolean mask: the order items that are to be cancelled, asked for or written about.

    Returns
    -------
    tuple of BuyerOrder
        `turn` of `turns` tells which of a buyer's several orders it is; Amazon's alias address is the same for all
        orders of one buyer with one seller (Seller Central help G200383320).

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([
    ...     {"order_id": "111-0000001-0000001", "sku": "A", "quantity": 1, "item_price": "1.00", "currency": "USD"},
    ...     {"order_id": "111-0000001-0000001", "sku": "B", "quantity": 2, "item_price": "2.00", "currency": "USD"},
    ... ])
    >>> [(order.units, str(order.paid)) for order in buyer_orders(orders, pd.Series([True, True]))]
    [(3, '3.0000')]
    """
    mask = chosen.reindex(orders.index, fill_value=False).astype(bool)
    lines = _lines(orders, mask)
    gathered: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for number, line in enumerate(lines):
        name = line["order_id"] or f"#{number}"  # rows without an order id are never taken for one order
        gathered.setdefault((name, line["triage"]), []).append(line)
    all_alive = orders.loc[_alive(orders), "order_id"].value_counts().to_dict()
    return _with_turns([_buyer_order(group, all_alive) for group in gathered.values()])


def _alive(orders: pd.DataFrame) -> pd.Series[bool]:
    return ~is_cancelled(orders) & ~(orders["quantity"] == 0).fillna(False).astype(bool)


def _lines(orders: pd.DataFrame, mask: pd.Series[bool]) -> list[dict[str, Any]]:
    # keys and answers come from the whole table: the n-th equal line of an order keeps its number
    columns = {"item_key": item_keys(orders)[mask], "triage": triage(orders)[mask], "alive": _alive(orders)[mask]}
    columns |= {name: orders.loc[mask, name] for name in (*_TAKEN, *_PAYMENT) if name in orders}
    cells = {
        name: [None if cell is pd.NA or cell is pd.NaT else cell for cell in column] for name, column in columns.items()
    }
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def _buyer_order(lines: list[dict[str, Any]], all_alive: Mapping[Any, int]) -> BuyerOrder:
    def first(column: str) -> Any:
        return next((line[column] for line in lines if line[column] is not None), None)

    def distinct(column: str) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(line[column] for line in lines if line[column] is not None))

    return BuyerOrder(
        order_id=lines[0]["order_id"] or "",
        triage=lines[0]["triage"],
        market=marketplace_of(first("sales_channel"), first("currency")),
        purchase_date=first("purchase_date"),
        buyer_name=first("buyer_name"),
        buyer_email=first("buyer_email"),
        fulfilled_by_amazon=first("fulfillment_channel") == "amazon",
        currency=first("currency"),
        item_keys=tuple(line["item_key"] for line in lines),
        products=distinct("product_name"),
        skus=distinct("sku"),
        units=sum(line["quantity"] or 0 for line in lines),
        unit_prices=distinct("unit_price"),
        paid=_paid(lines),
        others_stay=all_alive.get(lines[0]["order_id"], 0) > sum(bool(line["alive"]) for line in lines),
        payment=" ".join(str(line[name]) for line in lines for name in _PAYMENT if line.get(name)),
    )


def _paid(lines: list[dict[str, Any]]) -> Decimal | None:
    if any(line["item_price"] is None for line in lines):
        return None
    paid = (line["item_price"] - abs(line["item_promotion_discount"] or 0) for line in lines)
    return sum((max(amount, Decimal(0)) for amount in paid), Decimal(0))


def _with_turns(found: list[BuyerOrder]) -> tuple[BuyerOrder, ...]:
    by_buyer: dict[str, list[str]] = {}
    for order in found:
        if order.buyer_email:
            ids = by_buyer.setdefault(order.buyer_email.lower(), [])
            if order.order_id not in ids:
                ids.append(order.order_id)
    several = {email: {name: n for n, name in enumerate(ids, 1)} for email, ids in by_buyer.items() if len(ids) > 1}

    def told(order: BuyerOrder) -> BuyerOrder:
        turns = several.get((order.buyer_email or "").lower())
        return replace(order, turn=turns[order.order_id], turns=len(turns)) if turns else order

    return tuple(told(order) for order in found)
