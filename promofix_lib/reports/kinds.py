"""Kinds of reports: known by the set of their columns, in any order and of any generation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from promofix_lib.reports.names import english

ITEMS, SHIPMENTS, UNITS, PROMOTIONS, PAYMENTS = "items", "shipments", "units", "promotions", "payments"


@dataclass(frozen=True)
class Kind:
    """One kind of report.

    Parameters
    ----------
    name : str
        Seller Central's word.
    has, without : frozenset of str
        English column names it is known by, and those it never has.
    renamed : mapping
        English column name to the order table's name, where they differ by more than ``-`` and ``_``.
    implied : mapping
        What every row of this kind says without a column: an Unshipped report holds unshipped orders.
    needed : tuple of str
        Order-table columns whose cells must not be empty in any row.
    role : str
        What one row is: an order item, a shipped part of one, units of a SKU, a promotion or a payment.
    ids_joined_by : str
        What stands between several promotion ids in one cell; empty when a cell holds one id.
    """

    name: str
    has: frozenset[str]
    without: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    implied: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ("order_id", "purchase_date")
    role: str = ITEMS
    ids_joined_by: str = ""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ORDER = {"amazon-order-id": "order_id", "merchant-order-id": "merchant_order_id"}
_C = {"quantity-purchased": "quantity", "item-promotion-id": "promotion_ids"}

KINDS: tuple[Kind, ...] = (
    Kind("Settlement (V2)", _set("settlement-id amount-type amount"), needed=(), role=PAYMENTS),
    Kind("Settlement (V1)", _set("settlement-id price-type price-amount"), needed=(), role=PAYMENTS),
    Kind("Transactions", _set("date/time total"), renamed={"date/time": "posted_at"}, needed=(), role=PAYMENTS),
    Kind("Transactions", _set("date/time order-id"), renamed={"date/time": "posted_at"}, needed=(), role=PAYMENTS),
    Kind(
        "FBA Promotions",
        _set("shipment-item-id item-promotion-id promotion-rule-value"),
        renamed={**_ORDER, "item-promotion-id": "promotion_ids"},
        implied={"fulfillment_channel": "amazon"},
        needed=("order_id",),
        role=PROMOTIONS,
    ),
    Kind(
        "Amazon Fulfilled Shipments",
        _set("amazon-order-id shipment-date sku item-price"),
        renamed={**_ORDER, "amazon-order-item-id": "order_item_id", "quantity-shipped": "quantity"},
        implied={"fulfillment_channel": "amazon", "order_status": "Shipped", "item_status": "Shipped"},
        role=SHIPMENTS,
    ),
    Kind(
        "FBA Sales",
        _set("item-price-per-unit fnsku amazon-order-id"),
        renamed=_ORDER,
        implied={"fulfillment_channel": "amazon", "order_status": "Shipped", "item_status": "Shipped"},
        needed=("order_id",),
        role=UNITS,
    ),
    Kind(
        "Archived Orders",
        _set("amazon-order-id order-status promotion-ids ship-promotion-id"),
        _set("ship-city"),
        renamed=_ORDER,
        ids_joined_by=",",
    ),
    Kind("All Orders", _set("amazon-order-id order-status purchase-date"), renamed=_ORDER, ids_joined_by=","),
    Kind(
        "Unshipped Orders",
        _set("order-id order-item-id quantity-to-ship"),
        _set("item-price"),
        renamed={"quantity-purchased": "quantity"},
        implied={"fulfillment_channel": "merchant", "order_status": "Unshipped", "item_status": "Unshipped"},
    ),
    Kind(
        "Pending Orders",
        _set("order-id order-item-id payment-type"),
        _set("item-price buyer-email"),
        renamed={"quantity-purchased": "quantity"},
        implied={"fulfillment_channel": "merchant", "order_status": "Pending"},
    ),
    Kind(
        "New Orders",
        _set("order-id order-item-id quantity-purchased"),
        renamed=_C,
        implied={"fulfillment_channel": "merchant"},
    ),
)
"""Every kind of flat file, the most particular first."""

BETWEEN_IDS = "\x1f"  # a sign that no id holds, for reports whose ids come one by one
XML_ORDER_REPORT = Kind(
    "XML Order Report", frozenset(), implied={"fulfillment_channel": "merchant"}, ids_joined_by=BETWEEN_IDS
)
XML_ALL_ORDERS = Kind("XML All Orders", frozenset(), ids_joined_by=BETWEEN_IDS)


def kind_of(header: Collection[str]) -> Kind | None:
    """The kind that a header line belongs to, None when it is not known.

    Parameters
    ----------
    header : collection of str
        Column names as in the file.

    Examples
    --------
    >>> kind_of(["order-id", "Order-Item-Id", "item-price", "quantity-purchased"]).name
    'New Orders'
    >>> kind_of(["name", "price"]) is None
    True
    """
    names = {english(cell) for cell in header}
    return next((kind for kind in KINDS if kind.has <= names and not kind.without & names), None)


def table_names(kind: Kind, header: Collection[str]) -> tuple[str, ...]:
    """Names in the order table for the columns of a file, each once.

    Examples
    --------
    >>> header = ["order-id", "order-item-id", "quantity-purchased", "Quantity", ""]
    >>> table_names(kind_of(header), header)
    ('order_id', 'order_item_id', 'quantity', 'quantity_2', 'column_5')
    """
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = kind.renamed.get(english(cell), english(cell)).replace("-", "_") or f"column_{number}"
        copies = sum(1 for known in names if known == name or known.startswith(f"{name}_"))
        names.append(f"{name}_{copies + 1}" if name in names else name)
    return tuple(names)


def role_of(name: str) -> str:
    """What one row is in the kind of report called `name`.

    Examples
    --------
    >>> role_of("All Orders"), role_of("XML Order Report"), role_of("Transactions")
    ('items', 'items', 'payments')
    """
    return next((kind.role for kind in KINDS if kind.name == name), ITEMS)
