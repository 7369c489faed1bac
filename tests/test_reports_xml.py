"""XML reports: claim codes, line totals, damaged messages, and memory that does not grow with the file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from promofix_lib.errors import ReportError
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Report
from promofix_lib.reports.xml import MessageReader, is_xml

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">\n'
    "<Header><DocumentVersion>1.01</DocumentVersion><MerchantIdentifier>M_INVENTED</MerchantIdentifier></Header>\n"
    "<MessageType>{kind}</MessageType>\n{messages}\n</AmazonEnvelope>\n"
)
PROMOTION = (
    "<Promotion><PromotionClaimCode>{code}</PromotionClaimCode><MerchantPromotionID>{name}</MerchantPromotionID>"
    '<Component><Type>Principal</Type><Amount currency="USD">{amount}</Amount></Component>'
    '<Component><Type>Shipping</Type><Amount currency="USD">-1.00</Amount></Component></Promotion>'
)


def message(number: int = 1, title: str = "Headphones", price: str = "100.00", promotions: str = "") -> str:
    """One message of an XML Order Report."""
    return f"""<Message><MessageID>{number}</MessageID><OrderReport>
<AmazonOrderID>111-{number:07d}-0000001</AmazonOrderID><OrderDate>2026-03-01T02:00:00-08:00</OrderDate>
<BillingData><BuyerEmailAddress>abc{number}@example.com</BuyerEmailAddress><BuyerName>Invented Buyer</BuyerName>
</BillingData><FulfillmentData><FulfillmentMethod>Ship</FulfillmentMethod>
<Address><Name>Invented Buyer</Name><CountryCode>US</CountryCode></Address></FulfillmentData>
<Item><AmazonOrderItemCode>0{number:013d}</AmazonOrderItemCode><SKU>HP-700</SKU><Title>{title}</Title>
<Quantity>2</Quantity><ItemPrice>
<Component><Type>Principal</Type><Amount currency="USD">{price}</Amount></Component>
<Component><Type>Shipping</Type><Amount currency="USD">5.00</Amount></Component></ItemPrice>
{promotions}</Item></OrderReport></Message>"""


def read(folder: Path, content: str | bytes) -> Report:
    """The one XML report with that content."""
    path = folder / "orders.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (report,) = read_report(path)
    assert report.headers + report.blanks + report.rows + len(report.quarantined) == report.lines
    return report


def order_report(*messages: str) -> str:
    """A whole XML Order Report."""
    return ENVELOPE.format(kind="OrderReport", messages="\n".join(messages))


def test_an_item_with_its_claim_code_is_read(tmp_path):
    """Only this report says which code the buyer typed; Principal is the total of the line."""
    promotions = PROMOTION.format(code="HELLO123", name="Percentage Off 2026/03/01", amount="-98.00")
    report = read(tmp_path, order_report(message(promotions=promotions)))
    item = report.table.iloc[0]
    assert report.kind == "XML Order Report"
    assert item["claim_codes"] == ["HELLO123"]
    assert item["promotion_ids"] == ["Percentage Off 2026/03/01"]
    assert (item["item_price"], item["item_promotion_discount"], item["unit_price"]) == (100, 98, 1)
    assert (item["order_item_id"], item["buyer_email"]) == ("00000000000001", "abc1@example.com")
    assert item["purchase_date"] == pd.Timestamp("2026-03-01T10:00:00Z")
    assert (item["fulfillment_channel"], item["ship_country"], item["currency"]) == ("merchant", "US", "USD")
    assert item["shipping_price"] == Decimal(5)


def test_a_promotion_without_a_code_has_none(tmp_path):
    """_SITE_WIDE_ is Amazon's word for no code."""
    item = read(
        tmp_path, order_report(message(promotions=PROMOTION.format(code="_SITE_WIDE_", name="F", amount="0.00")))
    )
    assert pd.isna(item.table["claim_codes"][0])
    assert item.table["promotion_ids"][0] == ["F"]


def test_discounts_of_several_promotions_add_up(tmp_path):
    """Two stacked codes: both are listed, and their discounts are summed whatever their sign."""
    promotions = "".join(
        PROMOTION.format(code=f"CODE{n}00", name=f"P{n}", amount=f"{sign}10.00") for n, sign in [(1, "-"), (2, "")]
    )
    item = read(tmp_path, order_report(message(promotions=promotions))).table.iloc[0]
    assert (item["claim_codes"], item["promotion_ids"]) == (["CODE100", "CODE200"], ["P1", "P2"])
    assert item["item_promotion_discount"] == Decimal(20)


def test_source_lines_lead_to_the_item(tmp_path):
    """Each item keeps the physical line on which its element begins."""
    content = order_report(message(1), message(2))
    report = read(tmp_path, content)
    lines = [number for number, line in enumerate(content.split("\n"), start=1) if "<Item>" in line]
    assert report.table["source_line"].tolist() == lines


def test_entities_and_odd_titles_arrive_as_text(tmp_path):
    """Ampersands are part of a title; a tab or line end in it is a blank."""
    report = read(tmp_path, order_report(message(title="12&quot; &amp; &lt;b&gt;&#9;two\nlines"), message(2)))
    assert report.table["product_name"].tolist() == ['12" & <b> two lines', "Headphones"]


def test_a_bad_price_costs_one_item(tmp_path):
    """The item is set aside with its line and reason; the others are kept."""
    report = read(tmp_path, order_report(message(1), message(2, price="free"), message(3)))
    assert report.items == 2
    assert "item_price is not an amount" in report.quarantined[0].reason.text("en")
    assert "Invented" not in report.quarantined[0].text


def test_a_damaged_message_costs_one_order(tmp_path):
    """XML that is broken inside one message is set aside alone, with its order id."""
    report = read(tmp_path, order_report(message(1), message(2, title="a < b"), message(3)))
    assert [order[4:11] for order in report.table["order_id"]] == ["0000001", "0000003"]
    assert report.quarantined[0].reason.text("en").startswith("is in an order whose XML is damaged")
    assert report.quarantined[0].text == "AmazonOrderID: 111-0000002-0000001"


def test_a_message_that_lost_its_end_costs_one_order(tmp_path):
    """The next one begins all the same, and an end that strayed before the document is told of."""
    content = order_report(message(1), message(2).removesuffix("</OrderReport></Message>"), message(3))
    report = read(tmp_path, content)
    assert [order[4:11] for order in report.table["order_id"]] == ["0000001", "0000003"]
    assert [bad.text for bad in report.quarantined] == ["AmazonOrderID: 111-0000002-0000001"]
    strayed = read(tmp_path, content.replace("?>", "?></OrderReport></Message>", 1))
    assert (strayed.items, [bad.line for bad in strayed.quarantined]) == (2, [1, report.quarantined[0].line])


def test_each_message_at_the_cut_end_is_counted(tmp_path):
    """Two orders that lost their ends are two."""
    content = order_report(message(1), message(2), message(3)).replace("</OrderReport></Message>", "")
    with pytest.raises(ReportError, match="none of the 3 lines"):
        read(tmp_path, content)


def test_a_download_that_was_cut_off_says_so(tmp_path):
    """The whole orders are kept, the half one is set aside."""
    report = read(tmp_path, order_report(message(1), message(2))[:-300])
    assert report.items == 1
    assert "the file ends in the middle of it" in report.quarantined[0].reason.text("en")


def test_an_order_without_items_is_set_aside(tmp_path):
    """It says nothing that could be acted on."""
    empty = "<Message><OrderReport><AmazonOrderID>111-0000009-0000001</AmazonOrderID></OrderReport></Message>"
    report = read(tmp_path, order_report(message(1), empty))
    assert [bad.reason.text("en") for bad in report.quarantined] == ["is an order without an item"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_the_declared_encoding_or_the_mark_decides(tmp_path, encoding):
    """UTF-16 and Latin-1 documents mean what they say."""
    content = order_report(message(title="Café Crème")).replace("UTF-8", encoding.removesuffix("-sig"))
    assert read(tmp_path, content.encode(encoding)).table["product_name"][0] == "Café Crème"


def test_all_orders_as_xml(tmp_path):
    """XML All Orders: status, channels, several items an order, promotion ids in one element."""
    content = ENVELOPE.format(
        kind="AllOrdersReport",
        messages="""<Message><Order><AmazonOrderID>111-0000001-0000001</AmazonOrderID>
<PurchaseDate>2026-03-01T10:00:00+00:00</PurchaseDate><LastUpdatedDate>2026-03-01T11:00:00+00:00</LastUpdatedDate>
<OrderStatus>Canceled</OrderStatus><SalesChannel>Amazon.com</SalesChannel>
<FulfillmentData><FulfillmentChannel>AFN</FulfillmentChannel><Address><Country>US</Country></Address></FulfillmentData>
<OrderItem><AmazonOrderItemCode>1</AmazonOrderItemCode><ASIN>B0</ASIN><SKU>A</SKU><ItemStatus>Shipped</ItemStatus>
<ProductName>x</ProductName><Quantity>1</Quantity><Promotion><PromotionIDs>P,Q</PromotionIDs>
<ItemPromotionDiscount>-2.00</ItemPromotionDiscount></Promotion></OrderItem>
<OrderItem><AmazonOrderItemCode>2</AmazonOrderItemCode><SKU>B</SKU><Quantity>1</Quantity></OrderItem>
</Order></Message>""",
    )
    report = read(tmp_path, content)
    assert report.kind == "XML All Orders"
    assert report.table["order_status"].tolist() == ["Cancelled", "Cancelled"]
    assert report.table["fulfillment_channel"].tolist() == ["amazon", "amazon"]
    assert report.table["promotion_ids"][0] == ["P", "Q"]
    assert report.table["item_promotion_discount"][0] == Decimal(2)
    assert not any(lack.key == "status" for lack in report.lacks)


def test_xml_lacks_status_but_not_claim_codes(tmp_path):
    """What the XML Order Report cannot tell is how the order stands."""
    lacks = [lack.what.text("en") for lack in read(tmp_path, order_report(message())).lacks]
    assert any("order status" in what for what in lacks)
    assert not any("claim code" in what for what in lacks)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("<?xml version='1.0'?><AmazonEnvelope></AmazonEnvelope>", "holds no orders"),
        ("<?xml version='1.0'?>", "has no content"),
        ("<?xml version='1.0'?><rss/>", "is a rss, not an order report"),
        ("<?xml version='1.0' encoding='martian'?><AmazonEnvelope/>", "unknown encoding"),
    ],
)
def test_other_documents_are_refused(tmp_path, content, sentence):
    """In one sentence, with the way to the right report."""
    with pytest.raises(ReportError, match=sentence):
        read(tmp_path, content)


def test_a_web_page_is_not_xml():
    """A page saved by mistake is refused as a page."""
    assert not is_xml(b"<!DOCTYPE html><html>")
    assert is_xml(b"\xef\xbb\xbf<?xml version='1.0'?>")
    assert is_xml("<AmazonEnvelope/>".encode("utf-16"))


def test_memory_does_not_grow_with_the_file():
    """Six megabytes of messages pass through a tenth of that: parsed messages are let go."""

    def blocks() -> Iterator[bytes]:
        yield order_report("<Message/>").encode().removesuffix(b"\n</AmazonEnvelope>\n")
        for number in range(30):
            yield b"".join(message(10 * number + n, title="x" * 20_000).encode() for n in range(10))
        yield b"</AmazonEnvelope>"

    reader = MessageReader("x.xml", frozenset())
    tracemalloc.start()
    reader.take(blocks())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reader.table.rows == 300
    assert most < 2_000_000


def test_a_message_without_an_order_is_told(tmp_path):
    """Something stood there; it does not disappear."""
    report = read(tmp_path, order_report(message(1), "<Message><MessageID>2</MessageID></Message>", message(3)))
    assert (report.rows, [bad.reason.text("en") for bad in report.quarantined]) == (2, ["is an order without an item"])
