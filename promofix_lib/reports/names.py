"""Column names: one spelling for every way in which Amazon writes them."""

from __future__ import annotations

import re
import unicodedata

from promofix_lib.reports.translations import TRANSLATIONS

_ALIASES = {
    "item-name": "product-name",
    "title": "product-name",
    "sku-msku": "sku",
    "merchant-sku": "sku",
    "order-item-code": "order-item-id",
}


def spelled(name: str) -> str:
    r"""A column name in lower case with hyphens, without quotes, marks and doubled blanks.

    Examples
    --------
    >>> spelled("\ufeffAmazon-Order-Id "), spelled("delivery-Instructions"), spelled("Order ID")
    ('amazon-order-id', 'delivery-instructions', 'order-id')
    """
    plain = unicodedata.normalize("NFKC", name).strip("\ufeff\u200e\u200f \t\"'").lower()
    return re.sub(r"[\s_]+", "-", plain)


def english(name: str) -> str:
    """Amazon's English name of a column, whatever language the download was in.

    Examples
    --------
    >>> english("日付/時間"), english("datum/uhrzeit"), english("Sku"), english("item-name")
    ('date/time', 'date/time', 'sku', 'product-name')
    """
    plain = spelled(name)
    plain = TRANSLATIONS.get(plain, plain)
    return _ALIASES.get(plain, plain)
