"""Amazon's XML elements as cells: one row per order item, named as in the order table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from promofix_lib.reports.kinds import BETWEEN_IDS

# Where an element stands, and the column it fills.
_ORDER = {
    "AmazonOrderID": "order_id",
    "MerchantOrderID": "merchant_order_id",
    "OrderDate": "purchase_date",
    "PurchaseDate": "purchase_date",
    "OrderPostedDate": "payments_date",
    "LastUpdatedDate": "last_updated_date",
    "OrderStatus": "order_status",
    "SalesChannel": "sales_channel",
    "MarketplaceName": "sales_channel",
    "IsBusinessOrder": "is_business_order",
    "PurchaseOrderNumber": "purchase_order_number",
    "IsPrime": "is_prime",
    "IsIba": "is_iba",
    "IsReplacementOrder": "is_replacement_order",
}
_BILLING = {
    "BuyerEmailAddress": "buyer_email",
    "BuyerName": "buyer_name",
    "BuyerPhoneNumber": "buyer_phone_number",
}
_FULFILMENT = {
    "FulfillmentChannel": "fulfillment_channel",
    "FulfillmentServiceLevel": "ship_service_level",
    "ShipServiceLevel": "ship_service_level",
}
_ADDRESS = {
    "Name": "recipient_name",
    "AddressFieldOne": "ship_address_1",
    "AddressFieldTwo": "ship_address_2",
    "AddressFieldThree": "ship_address_3",
    "City": "ship_city",
    "StateOrRegion": "ship_state",
    "State": "ship_state",
    "PostalCode": "ship_postal_code",
    "CountryCode": "ship_country",
    "Country": "ship_country",
}
_ITEM = {
    "AmazonOrderItemCode": "order_item_id",
    "SKU": "sku",
    "ASIN": "asin",
    "Title": "product_name",
    "ProductName": "product_name",
    "ItemStatus": "item_status",
    "Quantity": "quantity",
    "PriceDesignation": "price_designation",
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
_LEAVES = (_ORDER, _BILLING, _FULFILMENT, _ADDRESS, _ITEM)
NAMES: tuple[str, ...] = (
    *dict.fromkeys(name for names in _LEAVES for name in names.values()),
    "currency",
    *_PRICES.values(),
    *_PROMOTIONS,
)
"""Names of the cells of a row, in their order."""

IN_ORDER, IN_BILLING, IN_FULFILMENT, IN_ADDRESS, IN_ITEM = (
    {tag: NAMES.index(name) for tag, name in names.items()} for names in _LEAVES
)
CURRENCY = NAMES.index("currency")
IN_PRICE = {kind: NAMES.index(name) for kind, name in _PRICES.items()}
PROMOTIONS_AT = NAMES.index(_PROMOTIONS[0])

IDS = ("MerchantPromotionID", "PromotionID", "PromotionIDs")
DISCOUNTS = {"ItemPromotionDiscount": "Principal", "ShipPromotionDiscount": "Shipping"}
_SUMMED = ("Principal", "Shipping")
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
    if not items:
        yield Row(())
        return
    head = [""] * len(NAMES)
    _fill(head, order, IN_ORDER)
    for child in order:
        if child.tag == "BillingData":
            _fill(head, child, IN_BILLING)
        elif child.tag == "FulfillmentData":
            _fill(head, child, IN_FULFILMENT)
            for address in child.findall("Address"):
                _fill(head, address, IN_ADDRESS)
    for item in items:
        cells = head.copy()
        _fill(cells, item, IN_ITEM)
        for price in item.findall("ItemPrice"):
            _fill_prices(cells, price)
        cells[PROMOTIONS_AT:] = _promotions(item)
        yield Row(tuple(cells))


def _fill(cells: list[str], element: Element, places: dict[str, int]) -> None:
    for child in element:
        place = places.get(child.tag)
        if place is not None and child.text:
            cells[place] = child.text.strip()


def _fill_prices(cells: list[str], price: Element) -> None:
    for component in price.findall("Component"):
        amount = component.find("Amount")
        if amount is None:
            continue
        cells[CURRENCY] = cells[CURRENCY] or amount.get("currency", "")
        place = IN_PRICE.get(component.findtext("Type", "").strip())
        if place is not None:
            cells[place] = (amount.text or "").strip()


def _promotions(item: Element) -> tuple[str, str, str, str]:
    return promotion_cells(_told(child) for promotion in item.findall("Promotion") for child in promotion)


def _told(child: Element) -> tuple[str, str]:
    if child.tag == "Component":
        return amount_kind(child.findtext("Type", "").strip()), child.findtext("Amount", "").strip()
    return "" if child.tag in _SUMMED else child.tag, (child.text or "").strip()


def amount_kind(type_: str) -> str:
    """The type of a promotion's component if it is a discount, else empty.

    Examples
    --------
    >>> amount_kind("Shipping"), amount_kind("PromotionClaimCode")
    ('Shipping', '')
    """
    return type_ if type_ in _SUMMED else ""


def promotion_cells(told: Iterable[tuple[str, str]]) -> tuple[str, str, str, str]:
    """Discount on the item and on its shipping, promotion ids and claim codes, out of all promotions of an item.

    Parameters
    ----------
    told : iterable of (str, str)
        What the promotions say: the type of a component and its amount, or an element's name and its text.

    Examples
    --------
    >>> promotion_cells([("PromotionClaimCode", "HELLO"), ("Principal", "-2.00"), ("Principal", "-1.00")])
    ('3.00', '', '', 'HELLO')
    """
    found: dict[str, list[str]] = {"ids": [], "codes": [], "Principal": [], "Shipping": []}
    for name, text in told:
        if text:
            _take(name, text, found)
    codes = dict.fromkeys(code for code in found["codes"] if code != _NO_CODE)
    ids = dict.fromkeys(found["ids"])
    return _sum(found["Principal"]), _sum(found["Shipping"]), BETWEEN_IDS.join(ids), BETWEEN_IDS.join(codes)


def _take(name: str, text: str, found: dict[str, list[str]]) -> None:
    if name in _SUMMED:
        found[name].append(text)
    elif name == "PromotionClaimCode":
        found["codes"].append(text)
    elif name in IDS:
        found["ids"] += [part.strip() for part in text.split(",") if part.strip()] if name == "PromotionIDs" else [text]
    elif name in DISCOUNTS:
        found[DISCOUNTS[name]].append(text)


def _sum(texts: list[str]) -> str:
    """The sum of the discounts; where one is no amount, their texts, so that the row is set aside and not guessed."""
    if len(texts) < 2:
        return "".join(texts)
    try:
        return str(sum((abs(Decimal(text)) for text in texts), Decimal(0)))
    except InvalidOperation:
        return "; ".join(texts)
