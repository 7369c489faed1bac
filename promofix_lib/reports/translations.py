"""Column names of the reports that Seller Central translates: Amazon Fulfilled Shipments and transactions."""

from __future__ import annotations

_SHIPMENTS = (
    "amazon-order-id merchant-order-id shipment-id shipment-item-id amazon-order-item-id "
    "merchant-order-item-id purchase-date payments-date shipment-date reporting-date buyer-email buyer-name "
    "buyer-phone-number sku product-name quantity-shipped currency item-price item-tax shipping-price "
    "shipping-tax gift-wrap-price gift-wrap-tax ship-service-level recipient-name ship-address-1 "
    "ship-address-2 ship-address-3 ship-city ship-state ship-postal-code ship-country ship-phone-number "
    "bill-address-1 bill-address-2 bill-address-3 bill-city bill-state bill-postal-code bill-country "
    "item-promotion-discount ship-promotion-discount carrier tracking-number estimated-arrival-date "
    "fulfillment-center-id fulfillment-channel sales-channel"
).split()

_ARABIC = """
رقم الطلب من أمازون|رقم طلب التاجر|رقم الشحنة|رقم المنتج بالشحنة|رقم منتجات الطلب من أمازون|رقم منتجات طلب التاجر
تاريخ الشراء|تاريخ المدفوعات|تاريخ الشحن|تاريخ الإبلاغ|البريد الإلكتروني للمشتري|اسم المشتري|رقم هاتف المشتري
رقم تخزين سلعة التاجر msku|العنوان|الكمية المشحونة|العملة|سعر المنتج|ضريبة المنتج|سعر الشحن|ضريبة الشحن
سعر تغليف الهدية|ضريبة تغليف الهدايا|مستوى خدمة الشحن|اسم المستلم|عنوان الشحن 1|عنوان الشحن 2|عنوان الشحن 3
مدينة الشحن|ولاية الشحن|الرمز البريدي للشحن|رمز بلد الشحن|رقم هاتف الشحن|عنوان الفوترة 1|عنوان الفوترة 2
عنوان الفوترة 3|مدينة الفوترة|ولاية الفوترة|bill-postal-code|bill-country|عرض خصم خاص بالمنتج|عرض خصم خاص بالشحنة
الناقل|رقم التتبع|تاريخ الوصول المقدر|حاوية كاملة الحمولة|قناة الشحن|قناة المبيعات
"""

# English name | the names of other downloads. Chinese: Amazon Fulfilled Shipments; the spaced English ones: its CSV.
_OTHERS = """
amazon-order-id|亚马逊订单编号
merchant-order-id|卖家订单编号
shipment-id|货件编号
shipment-item-id|货件商品编号
amazon-order-item-id|亚马逊订单商品编号
merchant-order-item-id|卖家订单商品编号
purchase-date|购买日期
payments-date|付款日期
shipment-date|配送日期
reporting-date|报告日期
buyer-email|买家电子邮件|买家电子邮件地址
buyer-name|买家姓名
buyer-phone-number|买家电话号码
sku|卖家 sku|卖家 sku(msku)
product-name|商品名称
quantity-shipped|已发货数量|已配送数量|shipped quantity
currency|货币
item-price|商品价格
item-tax|商品税
shipping-price|运费
shipping-tax|运费税
gift-wrap-price|礼品包装价格
gift-wrap-tax|礼品包装税费|礼品包装税
ship-country|配送国家/地区代码|配送国家/地区|shipping country code
item-promotion-discount|商品促销折扣|item promo discount
ship-promotion-discount|货件促销折扣|配送促销折扣|shipment promo discount
fulfillment-channel|配送渠道
sales-channel|销售渠道
date/time|datum/uhrzeit|date/heure|data/ora:|data/ora|fecha y hora|fecha/hora|日付/時間|data/godzina|datum/tid|datum/tijd|tarih/saat|data/hora
settlement-id|abrechnungsnummer|numéro de versement|numero pagamento|identificador de pago|決済番号
type|typ|tipo|tip|トランザクションの種類
order-id|bestellnummer|numéro de la commande|numero ordine|número de pedido|id. del pedido|注文番号|identyfikator zamówienia|beställnings-id|sipariş no.|id do pedido
description|beschreibung|descrizione|descripción|説明|opis|beskrivning|beschrijving|açıklama|descrição
quantity|menge|quantité|quantità|cantidad|数量|ilość|antal|adet|quantidade
marketplace|site de vente|web de amazon|amazon 出品サービス|rynek|marknadsplats|pazar yeri|mercado
fulfillment|fulfilment|versand|traitement|expédition|gestione|gestión logística|cumplimiento|フルフィルメント|realizacja|leverans|gönderim
product-sales|umsätze|ventes de produits|vendite|ventas de productos|商品売上|sprzedaż produktów|försäljning av produkter|verkoop van producten|ürün satışları|vendas do produto
product-sales-tax|produktumsatzsteuer|taxes sur la vente des produits|imposta sulle vendite dei prodotti|impuesto de ventas de productos|商品の売上税
shipping-credits|gutschrift für versandkosten|crédits d'expédition|accrediti per le spedizioni|abonos de envío|créditos de envío|配送料|postage credits
promotional-rebates|rabatte aus werbeaktionen|rabais promotionnels|total des réductions|sconti promozionali|devoluciones promocionales|descuentos promocionales|プロモーション割引額|rabaty promocyjne|kampanjrabatter|promosyon indirimleri|descontos promocionais
promotional-rebates-tax|steuer auf aktionsrabatte|taxes sur les remises promotionnelles|imposta sugli sconti promozionali|impuesto de reembolsos promocionales|プロモーション割引の税金
selling-fees|verkaufsgebühren|frais de vente|commissioni di vendita|tarifas de venta|手数料
fba-fees|gebühren zu versand durch amazon|frais expédié par amazon|costi del servizio logistica di amazon|tarifas de logística de amazon|fba 手数料
other-transaction-fees|andere transaktionsgebühren|autres frais de transaction|altri costi relativi alle transazioni|tarifas de otras transacciones|トランザクションに関するその他の手数料
other|andere|autre|altro|otro|その他
total|gesamt|totale|合計|suma|totalt|totaal|toplam
"""  # noqa: E501 - one English name a line


def _spelled(name: str) -> str:
    return name.strip().replace(" ", "-")


def _arabic() -> dict[str, str]:
    names = [name for line in _ARABIC.strip().splitlines() for name in line.split("|")]
    return {_spelled(name): english for name, english in zip(names, _SHIPMENTS, strict=True)}


def _others() -> dict[str, str]:
    rows = [line.split("|") for line in _OTHERS.strip().splitlines()]
    return {_spelled(name): english for english, *names in rows for name in names}


TRANSLATIONS: dict[str, str] = {**_arabic(), **_others()}
"""Translated name, spelled as `names.spelled` spells it, to Amazon's English name."""

ORDER_WORDS = frozenset(
    "order bestellung commande pedido ordine 注文 bestelling zamówienie beställning sipariş".split()
)
"""How a transaction report says, in lower case, that a line is an order and not a refund, a fee or a transfer."""
