"""The made-up seller's order items written as Amazon writes them: two flat files and the XML order report."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

PROMOTION_ID = "Percentage Off 2026/11/19 21-14-3-482"
CLAIM_CODE = "HPLAUNCH57"
FREE_SHIPPING = "US Core Free Shipping Promotion A3JUEXAMPLE00"
GREEDY = "Greta Manyorders Example"  # one buyer, several orders, one relay address

_ZONE = ZoneInfo("America/Los_Angeles")

_TOWNS = (
    ("Sampleton", "WA", "98000"),
    ("Exampleville", "NJ", "07001"),
    ("Mock City", "TX", "75000"),
    ("Testburg", "GA", "30000"),
)


@dataclass(frozen=True)
class Product:
    """One offer of the made-up seller."""

    sku: str
    asin: str
    name: str
    price: Decimal
    channel: str
    weight: float


@dataclass(frozen=True)
class SampleLine:
    """One order item of the made-up seller."""

    order_id: str
    item_id: str
    at: datetime
    product: Product
    quantity: int
    unit_price: Decimal
    status: str
    buyer: str
    unit_discount: Decimal = Decimal(0)
    promotions: tuple[str, ...] = ()
    business: bool = False
    sales_channel: str = "Amazon.com"
    replacement: bool = False

    @property
    def priced(self) -> bool:
        """Whether the reports show what it cost."""
        return self.status not in ("Pending", "Cancelled")


_ALL_ORDERS = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel "
    "sales-channel order-channel ship-service-level product-name sku asin item-status quantity currency "
    "item-price item-tax shipping-price shipping-tax gift-wrap-price gift-wrap-tax "
    "item-promotion-discount ship-promotion-discount ship-city ship-state ship-postal-code ship-country "
    "promotion-ids cpf is-business-order purchase-order-number price-designation "
    "signature-confirmation-recommended order-item-id"
).split()

_NEW_ORDERS = (
    "order-id order-item-id purchase-date payments-date buyer-email buyer-name buyer-phone-number sku "
    "product-name quantity-purchased currency item-price item-tax shipping-price shipping-tax "
    "ship-service-level recipient-name ship-address-1 ship-address-2 ship-address-3 ship-city ship-state "
    "ship-postal-code ship-country ship-phone-number item-promotion-discount item-promotion-id "
    "ship-promotion-discount ship-promotion-id delivery-start-date delivery-end-date delivery-time-zone "
    "delivery-Instructions sales-channel order-channel order-channel-instance external-order-id "
    "is-business-order purchase-order-number price-designation buyer-company-name "
    "signature-confirmation-recommended buyer-identification-number buyer-identification-type"
).split()


def _table(header: list[str], rows: list[dict[str, str]]) -> str:
    lines = ["\t".join(header), *("\t".join(row.get(name, "") for name in header) for row in rows)]
    return "\n".join(lines) + "\n"


def _money(line: SampleLine, unit: Decimal) -> str:
    return str((unit * line.quantity).quantize(Decimal("0.01")))


def _town(line: SampleLine) -> tuple[str, str, str]:
    return _TOWNS[sum(map(ord, line.order_id)) % len(_TOWNS)]


def _updated(line: SampleLine) -> datetime:
    return line.at + timedelta(minutes=30 if line.status in ("Pending", "Unshipped") else 1500)


def all_orders(lines: list[SampleLine]) -> str:
    """An All Orders report of 34 columns."""
    return _table(_ALL_ORDERS, [_all_orders_row(line) for line in lines])


def _all_orders_row(line: SampleLine) -> dict[str, str]:
    town, state, zip_code = _town(line)
    cancelled = line.status == "Cancelled"
    row = {
        "amazon-order-id": line.order_id,
        "merchant-order-id": line.order_id,
        "purchase-date": line.at.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "last-updated-date": _updated(line).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "order-status": line.status,
        "fulfillment-channel": line.product.channel,
        "sales-channel": line.sales_channel,
        "ship-service-level": "Expedited" if line.product.channel == "Amazon" else "Standard",
        "product-name": line.product.name,
        "sku": line.product.sku,
        "asin": line.product.asin,
        "item-status": {"Pending": "Unshipped"}.get(line.status, line.status),
        "quantity": "0" if cancelled else str(line.quantity),
        "ship-city": town.upper(),
        "ship-state": state,
        "ship-postal-code": zip_code,
        "ship-country": "US",
        "is-business-order": str(line.business).lower(),
        "price-designation": "BusinessPrice" if line.business else "",
        "signature-confirmation-recommended": "false",
        "order-item-id": line.item_id,
    }
    if line.priced and not line.replacement and line.sales_channel != "Non-Amazon":
        row |= _prices(line) | {"promotion-ids": ",".join(line.promotions)}
    elif line.replacement:
        row |= {"item-price": "0.00"}
    elif line.status == "Pending":
        row |= {"currency": "USD"}
    return row


def _prices(line: SampleLine) -> dict[str, str]:
    tax = (line.unit_price * Decimal("0.08")).quantize(Decimal("0.01"))
    return {
        "currency": "USD",
        "item-price": _money(line, line.unit_price),
        "item-tax": _money(line, tax),
        "item-promotion-discount": _money(line, line.unit_discount) if line.unit_discount else "",
        "shipping-price": "4.99" if FREE_SHIPPING in line.promotions else "",
        "ship-promotion-discount": "4.99" if FREE_SHIPPING in line.promotions else "",
    }


def new_orders(lines: list[SampleLine]) -> str:
    """A New Orders report with its promotion columns: seller-fulfilled orders that are paid."""
    rows = [line for line in lines if _has_buyer(line)]
    return _table(_NEW_ORDERS, [_new_orders_row(line) for line in rows])


def _has_buyer(line: SampleLine) -> bool:
    return (
        line.product.channel == "Merchant"
        and line.priced
        and line.sales_channel == "Amazon.com"
        and not line.replacement
    )


def _relay_address(line: SampleLine) -> str:
    """One address per buyer, as Amazon's relay gives them, at a host that does not exist."""
    seed = random.Random(line.buyer + ("" if line.buyer == GREEDY else line.order_id))
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    return "".join(letters[int(36 * seed.random())] for _ in range(15)) + "@marketplace.example.com"


def _new_orders_row(line: SampleLine) -> dict[str, str]:
    town, state, zip_code = _town(line)
    local = line.at.astimezone(_ZONE)
    item = [name for name in line.promotions if name != FREE_SHIPPING]
    return {
        "order-id": line.order_id,
        "order-item-id": line.item_id,
        "purchase-date": local.isoformat(),
        "payments-date": (local + timedelta(minutes=21)).isoformat(),
        "buyer-email": _relay_address(line),
        "buyer-name": line.buyer,
        "sku": line.product.sku,
        "product-name": line.product.name,
        "quantity-purchased": str(line.quantity),
        "ship-service-level": "Standard",
        "recipient-name": line.buyer,
        "ship-address-1": f"{1 + int(line.item_id[-2:])} Example Street",
        "ship-city": town,
        "ship-state": state,
        "ship-postal-code": zip_code,
        "ship-country": "US",
        "item-promotion-id": item[0] if item else "",
        "ship-promotion-id": FREE_SHIPPING if FREE_SHIPPING in line.promotions else "",
        "sales-channel": line.sales_channel,
        "order-channel": "WebsiteOrderChannel",
        "is-business-order": str(line.business).lower(),
        "price-designation": "BusinessPrice" if line.business else "",
        "signature-confirmation-recommended": "false",
        **_prices(line),
    }


def order_report(lines: list[SampleLine]) -> str:
    """An XML order report, the only one that names the claim code."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">\n'
        " <Header><DocumentVersion>1.01</DocumentVersion>"
        "<MerchantIdentifier>M_EXAMPLE_1</MerchantIdentifier></Header>\n"
        " <MessageType>OrderReport</MessageType>\n"
    )
    orders: dict[str, list[SampleLine]] = {}
    for line in lines:
        if _has_buyer(line):
            orders.setdefault(line.order_id, []).append(line)
    messages = [_message(number, items) for number, items in enumerate(orders.values(), 1)]
    return head + "".join(messages) + "</AmazonEnvelope>\n"


def _message(number: int, items: list[SampleLine]) -> str:
    first = items[0]
    town, state, zip_code = _town(first)
    return (
        f" <Message><MessageID>{number}</MessageID><OrderReport><AmazonOrderID>{first.order_id}</AmazonOrderID>"
        f"<AmazonSessionID>{first.order_id}</AmazonSessionID><OrderDate>{first.at.astimezone(_ZONE).isoformat()}</OrderDate>"
        f"<OrderPostedDate>{(first.at + timedelta(minutes=21)).astimezone(_ZONE).isoformat()}</OrderPostedDate>\n"
        f"  <BillingData><BuyerEmailAddress>{_relay_address(first)}</BuyerEmailAddress>"
        f"<BuyerName>{escape(first.buyer)}</BuyerName></BillingData>\n"
        "  <FulfillmentData><FulfillmentMethod>Ship</FulfillmentMethod>"
        "<FulfillmentServiceLevel>Standard</FulfillmentServiceLevel>"
        f"<Address><Name>{escape(first.buyer)}</Name><AddressFieldOne>{1 + int(first.item_id[-2:])} Example Street"
        f"</AddressFieldOne><City>{town}</City><StateOrRegion>{state}</StateOrRegion>"
        f"<PostalCode>{zip_code}</PostalCode><CountryCode>US</CountryCode></Address></FulfillmentData>\n"
        + "".join(_xml_item(item) for item in items)
        + " </OrderReport></Message>\n"
    )


def _xml_item(line: SampleLine) -> str:
    return (
        f"  <Item><AmazonOrderItemCode>{line.item_id}</AmazonOrderItemCode><SKU>{escape(line.product.sku)}</SKU>"
        f"<Title>{escape(line.product.name)}</Title><Quantity>{line.quantity}</Quantity>"
        "<ProductTaxCode>A_GEN_TAX</ProductTaxCode><ItemPrice><Component><Type>Principal</Type>"
        f'<Amount currency="USD">{_money(line, line.unit_price)}</Amount></Component></ItemPrice>\n'
        + "".join(_xml_promotion(line, name) for name in line.promotions)
        + "  </Item>\n"
    )


def _xml_promotion(line: SampleLine, name: str) -> str:
    code = CLAIM_CODE if name == PROMOTION_ID else "_SITE_WIDE_"
    kind = "Shipping" if name == FREE_SHIPPING else "Principal"
    amount = "-4.99" if name == FREE_SHIPPING else f"-{_money(line, line.unit_discount)}"
    return (
        f"   <Promotion><PromotionClaimCode>{code}</PromotionClaimCode><MerchantPromotionID>{escape(name)}"
        f"</MerchantPromotionID><Component><Type>{kind}</Type>"
        f'<Amount currency="USD">{amount}</Amount></Component></Promotion>\n'
    )
