"""Column names of reports that Seller Central translates: Amazon Fulfilled Shipments and payments."""

from __future__ import annotations

_SHIPMENTS = """
amazon-order-id merchant-order-id shipment-id shipment-item-id amazon-order-item-id merchant-order-item-id purchase-date
payments-date shipment-date reporting-date buyer-email buyer-name buyer-phone-number sku product-name quantity-shipped
currency item-price item-tax shipping-price shipping-tax gift-wrap-price gift-wrap-tax ship-service-level recipient-name
ship-address-1 ship-address-2 ship-address-3 ship-city ship-state ship-postal-code ship-country ship-phone-number
bill-address-1 bill-address-2 bill-address-3 bill-city bill-state bill-postal-code bill-country item-promotion-discount
ship-promotion-discount carrier tracking-number estimated-arrival-date fulfillment-center-id fulfillment-channel
sales-channel
""".split()

_ARABIC = """
رقم الطلب من أمازون|رقم طلب التاجر|رقم الشحنة|رقم المنتج بالشحنة|رقم منتجات الطلب من أمازون|رقم منتجات طلب التاجر
تاريخ الشراء|تاريخ المدفوعات|تاريخ الشحن|تاريخ الإبلاغ|البريد الإلكتروني للمشتري|اسم المشتري|رقم هاتف المشتري
رقم تخزين سلعة التاجر msku|العنوان|الكمية المشحونة|العملة|سعر المنتج|ضريبة المنتج|سعر الشحن|ضريبة الشحن
سعر تغليف الهدية|ضريبة تغليف الهدايا|مستوى خدمة الشحن|اسم المستلم|عنوان الشحن 1|عنوان الشحن 2|عنوان الشحن 3
مدينة الشحن|ولاية الشحن|الرمز البريدي للشحن|رمز بلد الشحن|رقم هاتف الشحن|عنوان الفوترة 1|عنوان الفوترة 2
عنوان الفوترة 3|مدينة الفوترة|ولاية الفوترة|bill-postal-code|bill-country|عرض خصم خاص بالمنتج|عرض خصم خاص بالشحنة
الناقل|رقم التتبع|تاريخ الوصول المقدر|حاوية كاملة الحمولة|قناة الشحن|قناة المبيعات
"""


def _pairs(foreign: str) -> dict[str, str]:
    names = [name.strip() for line in foreign.strip().splitlines() for name in line.split("|")]
    return {name.replace(" ", "-"): english for name, english in zip(names, _SHIPMENTS, strict=True)}


TRANSLATIONS: dict[str, str] = {**_pairs(_ARABIC)}
"""Translated name, spelled as `names.spelled` spells it, to Amazon's English name."""
