"""Amazon's XML elements as cells: one row per order item, named as in the order table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from promofix_lib.reports.kinds import BETWEEN_IDS

_ORDER = {
    "order_id": ("AmazonOrderID",),
    "merchant_order_id": ("MerchantOrderID",),
    "purchase_date": ("OrderDate", "PurchaseDate"),
    "payments_date": ("OrderPostedDate",),
    "last_updated_date": ("LastUpdatedDate",),
    "order_status": ("OrderStatus",),
    "sales_channel": ("SalesChannel", "MarketplaceName"),
    "fulfillment_channel": ("FulfillmentData/FulfillmentChannel",),
    "ship_service_level": ("FulfillmentData/FulfillmentServiceLevel", "FulfillmentData/ShipServiceLevel"),
    "buyer_email": ("BillingData/BuyerEmailAddress",),
    "buyer_name": ("BillingData/BuyerName",),
    "buyer_phone_number": ("BillingData/BuyerPhoneNumber",),
    "recipient_name": ("FulfillmentData/Address/Name",),
    "ship_address_1": ("FulfillmentData/Address/AddressFieldOne",),
    "ship_address_2": ("FulfillmentData/Address/AddressFieldTwo",),
    "ship_address_3": ("FulfillmentData/Address/AddressFieldThree",),
    "ship_city": ("FulfillmentData/Address/City",),
    "ship_state": ("FulfillmentData/Address/StateOrRegion", "FulfillmentData/Address/State"),
    "ship_postal_code": ("FulfillmentData/Address/PostalCode",),
    "ship_country": ("FulfillmentData/Address/CountryCode", "FulfillmentData/Address/Country"),
    "is_business_order": ("IsBusinessOrder",),
    "purchase_order_number": ("PurchaseOrderNumber",),
    "is_prime": ("IsPrime",),
    "is_iba": ("IsIba",),
    "is_replacement_order": ("IsReplacementOrder",),
}
_ITEM = {
    "order_item_id": ("AmazonOrderItemCode",),
    "sku": ("SKU",),
    "asin": ("ASIN",),
    "product_name": ("Title", "ProductName"),
    "item_status": ("ItemStatus",),
    "quantity": ("Quantity",),
    "price_designation": ("PriceDesignation",),
}
_PRICES = {
    "Principal": "item_price",
    "Tax": "item_tax",
    "Shipping": "shipping_price",
    "ShippingTax": "shipping_tax",
    "GiftWrap": "gift_wrap_price",
    "GiftWrapTax": "gift_wrap_tax",
}
_PROMOTIONS = ("item_promotion_discount", "ship_promotion_discount", "promotion_ids", "claim_codes")
NAMES: tuple[str, ...] = (*_ORDER, *_ITEM, "currency", *_PRICES.values(), *_PROMOTIONS)
"""Names of the cells of a row, in their order."""

_NO_CODE = "_SITE_WIDE_"  # Amazon's word for a promotion that needs no code


@dataclass(frozen=True)
class Row:
    """The cells of one order item; none for an order without items."""

    cells: tuple[str, ...]


def order_report_rows(message: Element) -> Iterator[Row]:
    """Rows of an XML Order Report, which alone holds claim codes."""
    for order in message.iter("OrderReport"):
        yield from _rows(order, order.findall("Item"))


def all_orders_rows(message: Element) -> Iterator[Row]:
    """Rows of an XML All Orders report."""
    for order in message.iter("Order"):
        yield from _rows(order, [*order.findall("OrderItem"), *order.findall("Item")])


def _rows(order: Element, items: list[Element]) -> Iterator[Row]:
    head = [_text(order, paths) for paths in _ORDER.values()]
    if not items:
        yield Row(())
    for item in items:
        own = [_text(item, paths) for paths in _ITEM.values()]
        currency, prices = _prices(item)
        yield Row((*head, *own, currency, *prices, *_promotions(item)))


def _text(element: Element, paths: tuple[str, ...]) -> str:
    for path in paths:
        text = element.findtext(path)
        if text:
            return text.strip()
    return ""


def _prices(item: Element) -> tuple[str, list[str]]:
    amounts: dict[str, str] = {}
    currency = ""
    for component in item.iterfind("ItemPrice/Component"):
        amount = component.find("Amount")
        if amount is not None:
            amounts[component.findtext("Type", "").strip()] = (amount.text or "").strip()
            currency = currency or amount.get("currency", "")
    return currency, [amounts.get(word, "") for word in _PRICES]


def _promotions(item: Element) -> tuple[str, str, str, str]:
    promotions = item.findall("Promotion")
    if not promotions:
        return "", "", "", ""
    ids = [text for promotion in promotions for text in _ids(promotion)]
    codes = [_text(promotion, ("PromotionClaimCode",)) for promotion in promotions]
    return (
        _discount(promotions, "Principal", "ItemPromotionDiscount"),
        _discount(promotions, "Shipping", "ShipPromotionDiscount"),
        BETWEEN_IDS.join(dict.fromkeys(ids)),
        BETWEEN_IDS.join(dict.fromkeys(code for code in codes if code and code != _NO_CODE)),
    )


def _ids(promotion: Element) -> list[str]:
    names = ("MerchantPromotionID", "PromotionID", "PromotionIDs")
    texts = [element.text or "" for name in names for element in promotion.iter(name)]
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _discount(promotions: list[Element], component_type: str, name: str) -> str:
    """The sum of the discounts; where one is no amount, its text, so that the row is set aside and not guessed."""
    texts = [text for promotion in promotions for text in _discounts(promotion, component_type, name)]
    if len(texts) < 2:
        return "".join(texts)
    try:
        return str(sum((abs(Decimal(text)) for text in texts), Decimal(0)))
    except InvalidOperation:
        return "; ".join(texts)


def _discounts(promotion: Element, component_type: str, name: str) -> list[str]:
    texts = [
        (component.findtext("Amount") or "").strip()
        for component in promotion.iterfind("Component")
        if (component.findtext("Type") or "").strip() == component_type
    ]
    return [text for text in [*texts, (promotion.findtext(name) or "").strip()] if text]
