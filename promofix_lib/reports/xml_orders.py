"""Amazon's XML elements as cells: one row per order item, named as in the order table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from xml.etree.ElementTree import Element

from promofix_lib.reports.kinds import Kind, facts

_BETWEEN_IDS = "\ue000"  # as in kinds.toml: a sign that no id holds
_PROMOTIONS = ("item_promotion_discount", "ship_promotion_discount", "promotion_ids", "claim_codes")
_IDS = ("MerchantPromotionID", "PromotionID", "PromotionIDs")
_DISCOUNTS = {"ItemPromotionDiscount": "Principal", "ShipPromotionDiscount": "Shipping"}
_SUMMED = ("Principal", "Shipping")
_NO_CODE = "_SITE_WIDE_"  # Amazon's word for a promotion that needs no code


@cache
def names() -> tuple[str, ...]:
    """Names of the cells of a row, in their order: what the elements fill, then promotions."""
    filled = dict.fromkeys(name for part in facts().xml.values() for name in part.values())
    return (*filled, "currency", *_PROMOTIONS)


@cache
def _places(part: str) -> Mapping[str, int]:
    return {tag: names().index(name) for tag, name in facts().xml[part].items()}


def rows_of(message: Element, kind: Kind) -> Iterator[tuple[str, ...]]:
    """The cells of each order item of a message; no cells for an order without items."""
    order_tag, item_tag = kind.xml
    for order in message.iter(order_tag):
        yield from _rows(order, [item for tag in dict.fromkeys((item_tag, "Item")) for item in order.findall(tag)])


def _rows(order: Element, items: list[Element]) -> Iterator[tuple[str, ...]]:
    if not items:
        yield ()
        return
    head = [""] * len(names())
    _fill(head, order, "order")
    for child in order:
        if child.tag == "BillingData":
            _fill(head, child, "billing")
        elif child.tag == "FulfillmentData":
            _fill(head, child, "fulfilment")
            for address in child.findall("Address"):
                _fill(head, address, "address")
    for item in items:
        cells = head.copy()
        _fill(cells, item, "item")
        for price in item.findall("ItemPrice"):
            _fill_prices(cells, price)
        cells[-len(_PROMOTIONS) :] = _promotions(item)
        yield tuple(cells)


def _fill(cells: list[str], element: Element, part: str) -> None:
    places = _places(part)
    for child in element:
        place = places.get(child.tag)
        if place is not None and child.text:
            cells[place] = child.text.strip()


def _fill_prices(cells: list[str], price: Element) -> None:
    currency = len(cells) - len(_PROMOTIONS) - 1
    for component in price.findall("Component"):
        amount = component.find("Amount")
        if amount is None:
            continue
        cells[currency] = cells[currency] or amount.get("currency", "")
        place = _places("price").get(component.findtext("Type", "").strip())
        if place is not None:
            cells[place] = (amount.text or "").strip()


def _promotions(item: Element) -> tuple[str, str, str, str]:
    return promotion_cells(_said(child) for promotion in item.findall("Promotion") for child in promotion)


def _said(child: Element) -> tuple[str, str]:
    if child.tag == "Component":
        type_ = child.findtext("Type", "").strip()
        return (type_ if type_ in _SUMMED else ""), child.findtext("Amount", "").strip()
    return "" if child.tag in _SUMMED else child.tag, (child.text or "").strip()


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
    return _sum(found["Principal"]), _sum(found["Shipping"]), _BETWEEN_IDS.join(ids), _BETWEEN_IDS.join(codes)


def _take(name: str, text: str, found: dict[str, list[str]]) -> None:
    if name in _SUMMED:
        found[name].append(text)
    elif name == "PromotionClaimCode":
        found["codes"].append(text)
    elif name in _IDS:
        found["ids"] += [part.strip() for part in text.split(",") if part.strip()] if name == "PromotionIDs" else [text]
    elif name in _DISCOUNTS:
        found[_DISCOUNTS[name]].append(text)


def _sum(texts: list[str]) -> str:
    """The sum of the discounts; where one is no amount, their texts, so that the row is set aside and not guessed."""
    if len(texts) < 2:
        return "".join(texts)
    try:
        return str(sum((abs(Decimal(text)) for text in texts), Decimal(0)))
    except InvalidOperation:
        return "; ".join(texts)
