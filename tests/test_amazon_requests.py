"""The list Amazon must stop, and the refund file that is only written on explicit wish."""

from __future__ import annotations

from typing import Any

import pytest

from promofix_lib.export.requests import REFUND_COLUMNS, RefundFile, fba_requests, refund_adjustments
from promofix_lib.orders import order_table
from promofix_lib.status.book import Book


def fba(number: int, **more: Any) -> dict[str, Any]:
    """An FBA item that has not shipped."""
    return {
        "order_id": f"111-{number:07d}-{number:07d}",
        "order_status": "Unshipped",
        "fulfillment_channel": "amazon",
        "sales_channel": "Amazon.com",
        "asin": "B0EXAMPLE1",
        "sku": "HP-FBA",
        "quantity": 1,
        "buyer_name": "Ada Example",
        "buyer_email": "ada@marketplace.amazon.example",
        **more,
    }


def shipped(**more: Any) -> dict[str, Any]:
    """A shipped, seller-fulfilled item for which 1.00 was paid."""
    return {
        "order_id": "111-0000001-0000001",
        "order_item_id": "07664457044546",
        "order_status": "Shipped",
        "fulfillment_channel": "merchant",
        "currency": "USD",
        "item_price": "58.99",
        "item_promotion_discount": "57.99",
        "quantity": 1,
        **more,
    }


def request_of(*rows: dict[str, Any], chosen: list[bool] | None = None) -> str:
    """The request for these rows, all of them chosen unless said otherwise."""
    return fba_requests(Book(order_table(rows)), chosen or [True] * len(rows))


def refund_of(row: dict[str, Any]) -> RefundFile:
    """The refund file for one chosen row."""
    return refund_adjustments(Book(order_table([row])), [True])


def test_the_fba_list_holds_the_unshipped_fba_orders_only() -> None:
    """Order id, ASIN and units of each; neither FBM, nor shipped, nor orders that were not chosen."""
    rows = [fba(1, quantity=3), fba(2, order_status="Shipped"), fba(3, fulfillment_channel="merchant"), fba(4)]
    text = request_of(*rows, chosen=[True, True, True, False])
    assert "111-0000001-0000001  B0EXAMPLE1      3  HP-FBA" in text
    assert not any(f"111-{number:07d}" in text for number in (2, 3, 4))
    assert "Request to cancel 1 order that Amazon fulfils" in text


def test_the_fba_list_names_no_buyer() -> None:
    """Amazon knows its buyers; the case text does not repeat them."""
    text = request_of(fba(1))
    assert "Ada" not in text
    assert "@" not in text


def test_each_marketplace_gets_a_case_of_its_own() -> None:
    """German orders go to the German Seller Central."""
    first, german = request_of(fba(1), fba(2, sales_channel="Amazon.de", asin=None)).split(
        "https://sellercentral.amazon.de"
    )
    assert first.startswith("https://sellercentral.amazon.com")
    assert "111-0000001-0000001" in first
    assert "not in the report; see the order ids" in german


def test_the_text_of_one_marketplace_is_pasted_as_it_is() -> None:
    """It begins with the subject: no line of it is for the seller."""
    assert request_of(fba(1)).startswith("Subject: ")


def test_a_cell_can_not_break_the_list() -> None:
    """Line breaks in a SKU become blanks."""
    text = request_of(fba(1, sku="A\r\nSubject: other"))
    assert "A Subject: other" in text


def test_no_fba_orders_no_text() -> None:
    """Nothing to ask for."""
    assert request_of(shipped()) == ""


def test_a_refund_is_what_was_paid_not_the_price_before_the_discount() -> None:
    """58.99 less 57.99 is a refund of 1.00, in Amazon's columns, with its tax."""
    file = refund_of(shipped(item_tax="0.08"))
    header, row, end = file.text.split("\r\n")
    assert header.split("\t") == list(REFUND_COLUMNS)
    assert dict(zip(REFUND_COLUMNS, row.split("\t"), strict=True)) == {
        **dict.fromkeys(REFUND_COLUMNS, ""),
        "order-id": "111-0000001-0000001",
        "order-item-id": "07664457044546",
        "adjustment-reason-code": "GeneralAdjustment",
        "currency": "USD",
        "item-price-adj": "1.00",
        "item-tax-adj": "0.08",
    }
    assert (end, len(file.items)) == ("", 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fulfillment_channel": "amazon"}, "Amazon delivers it"),
        ({"order_item_id": None}, "Download New Orders"),
        ({"order_id": "=cmd"}, "Download New Orders"),
        ({"item_price": None}, "do not say what the buyer paid"),
        ({"item_promotion_discount": "58.99"}, "it was nothing"),
        ({"currency": None}, "do not say"),
    ],
)
def test_a_refund_that_can_not_be_written_is_named(change: dict[str, Any], words: str) -> None:
    """Each with what to do instead."""
    file = refund_of(shipped(**change))
    assert file.items == ()
    assert words in str(file.withheld[0][1])


def test_a_cent_is_paid_back_with_its_tax() -> None:
    """As many cells as the header has; a tax of nothing stays empty."""
    for tax, written in (("0.01", "0.01"), ("0.00", ""), (None, "")):
        file = refund_of(shipped(item_price="58.99", item_promotion_discount="58.98", item_tax=tax))
        head, line = (cells.split("\t") for cells in file.text.splitlines())
        assert len(line) == len(head) == 11
        assert line[4:6] == ["0.01", written]


@pytest.mark.parametrize("change", [{"order_status": "Unshipped"}, {"order_status": "Cancelled"}])
def test_only_shipped_items_are_refunded(change: dict[str, Any]) -> None:
    """An unshipped order was never charged."""
    file = refund_of(shipped(**change))
    assert (file.items, file.withheld) == ((), ())


def test_yen_have_no_decimals_and_tax_that_is_no_number_stays_empty() -> None:
    """300 yen are 300, not 300.00."""
    row = shipped(currency="JPY", item_price="300", item_promotion_discount=None, item_tax="n/a")
    file = refund_of(row)
    assert file.text.split("\r\n")[1].split("\t")[3:6] == ["JPY", "300", ""]
