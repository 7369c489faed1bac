"""What a report cannot tell for this job, and the clicks in Seller Central that bring it."""

from __future__ import annotations

from collections.abc import Collection

from promofix_lib.reports.kinds import PAYMENTS, PROMOTIONS, Kind
from promofix_lib.reports.report import Lack

ORDERS = "orders: payments only serve to check the money"
PRICES = "prices"
PROMOTION_IDS = "promotion ids and discounts"

_ALL_ORDERS = (
    'In Seller Central open Reports > Fulfillment (Report Central), choose "All Orders" under Sales, pick "Order Date" '
    "and the days of the incident with a week before them (30 days at most per file), then Request .txt Download."
)
_NEW_ORDERS = (
    "In Seller Central open Orders > Order Reports > New Orders, choose the number of days, then Request. Orders from "
    "before the longest choice are no longer in it."
)
_ADD_COLUMNS = (
    'In Seller Central open Orders > Order Reports > "Add or remove order report columns", tick {}, save, and '
    "request the New Orders report again."
)
_XML = (
    "In Seller Central open Orders > Order Reports > Order report settings, choose XML, and schedule the report every "
    "4, 8 or 24 hours: claim codes come with the next scheduled XML report only, never with a requested one."
)
_UNSHIPPED = "In Seller Central open Orders > Order Reports > Unshipped Orders, then Request."
_FBA_PROMOTIONS = (
    "In Seller Central open Reports > Fulfillment > Promotions (under Sales), choose the days, then Request .txt "
    "Download."
)


def lacks_of(kind: Kind, columns: Collection[str]) -> tuple[Lack, ...]:
    """What a report of this kind with these columns cannot tell.

    Parameters
    ----------
    kind : Kind
        The kind of report.
    columns : collection of str
        Names in the order table that the report fills.

    Examples
    --------
    >>> from promofix_lib.reports.kinds import kind_of
    >>> kind = kind_of(["order-id", "order-item-id", "quantity-purchased"])
    >>> [lack.what for lack in lacks_of(kind, {"order_id", "item_price", "buyer_email", "buyer_name"})][0]
    'promotion ids and discounts'
    """
    if kind.role == PAYMENTS:
        return (Lack(ORDERS, _ALL_ORDERS),)
    known = set(columns) | set(kind.implied)
    asked = [
        ("item_price", PRICES, _ALL_ORDERS),
        ("promotion_ids", PROMOTION_IDS, _promotions(kind)),
        ("order_status", "order status (a cancelled order looks like a live one)", _ALL_ORDERS),
        ("buyer_email", "buyers' names and e-mail addresses", _NEW_ORDERS),
        ("order_item_id", "order item ids, needed to cancel one item of an order", _NEW_ORDERS),
        ("sales_channel", "the marketplace of each order", _channels(kind)),
        ("purchase_date", "the time of purchase", _ALL_ORDERS),
        ("claim_codes", "which claim code a buyer typed", _XML),
    ]
    missing = [Lack(what, how) for column, what, how in asked if column not in known]
    if kind.name in ("New Orders", "XML Order Report"):
        missing.append(Lack("which orders can still be cancelled today", _UNSHIPPED))
    return tuple(missing)


def _promotions(kind: Kind) -> str:
    if kind.name == "New Orders":
        return _ADD_COLUMNS.format("item-promotion-discount, item-promotion-id and ship-promotion-id")
    if kind.implied.get("fulfillment_channel") == "amazon" and kind.role != PROMOTIONS:
        return _FBA_PROMOTIONS
    return _ALL_ORDERS


def _channels(kind: Kind) -> str:
    return _ADD_COLUMNS.format("sales-channel") if kind.name == "New Orders" else _ALL_ORDERS
