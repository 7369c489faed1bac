"""What goes into the files Amazon takes, and what must never."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.case.records import Cancellation
from promofix_lib.errors import ExportError
from promofix_lib.export.cancellation import (
    BUYER_ASKED,
    MERCHANT_TOKEN,
    CancellationPlan,
    acknowledgement_xml,
    batches,
    cancellation_text,
    check_reason,
    plan_cancellations,
    stock_effect,
    write_new,
)
from promofix_lib.letters.texts import CANCEL_REASONS
from promofix_lib.orders import order_table
from promofix_lib.say import known_key
from promofix_lib.status.book import Book


def item(number: int, **more: Any) -> dict[str, Any]:
    """One unshipped, seller-fulfilled item of order `number`."""
    return {
        "order_id": f"111-{number:07d}-{number:07d}",
        "order_item_id": f"{number:014d}",
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sku": "HP-700",
        "quantity": 1,
        **more,
    }


def plan_of(rows: list[dict[str, Any]], chosen: list[bool] | None = None, **more: Any) -> CancellationPlan:
    """The plan for these rows, of which all are chosen unless `chosen` says otherwise."""
    return plan_cancellations(Book(order_table(rows)), np.array(chosen or [True] * len(rows)), **more)


def test_the_file_is_amazons_template_byte_for_byte() -> None:
    """Two blanks after `only.`, tabs, CRLF, plain ASCII; reason and item code both given."""
    assert cancellation_text(plan_of([item(1), item(2)]).lines).encode("ascii") == (
        b"TemplateType=OrderCancellation\tVersion=1.0/1.0.3\t"
        b"This row for Amazon.com use only.  Do not modify or delete.\r\n"
        b"order-id\tcancellation-reason-code\tamazon-order-item-code\r\n"
        b"111-0000001-0000001\tPricingError\t00000000000001\r\n"
        b"111-0000002-0000002\tPricingError\t00000000000002\r\n"
    )


@pytest.mark.parametrize("codes", [[None], [None, "07"]])
def test_a_whole_order_without_its_item_codes_is_its_order_id_alone(codes: list[str | None]) -> None:
    """Both or none, as Amazon's template asks; the seller learns which reason is shown then."""
    plan = plan_of([item(1, order_item_id=code, sku=str(n)) for n, code in enumerate(codes)])
    assert cancellation_text(plan.lines).splitlines()[2:] == ["111-0000001-0000001\t\t"]
    assert "Amazon then shows its own reason instead of PricingError" in str(plan.warnings[1])


@pytest.mark.parametrize(
    "change",
    [
        {"fulfillment_channel": "amazon"},
        {"order_status": "Pending"},
        {"order_status": "Shipped"},
        {"order_status": "Cancelled"},
        {"item_status": "Shipped"},
        {"item_status": "Cancelled"},
        {"is_buyer_requested_cancellation": True},
        {"is_replacement_order": True},
        {"quantity": 0},
        {"promotion_ids": ["vine.enrollment.1"]},
    ],
)
def test_only_items_that_can_be_cancelled_are_in(change: dict[str, Any]) -> None:
    """FBA, pending, shipped, cancelled, replacement, Vine and buyer-requested items are never in the file."""
    assert plan_of([item(1), item(2, **change)]).order_ids == ("111-0000001-0000001",)


def test_only_chosen_items_are_in() -> None:
    """What the seller left out is out."""
    assert plan_of([item(1), item(2), item(3)], [False, False, True]).order_ids == ("111-0000003-0000003",)


def test_a_partial_order_names_its_items() -> None:
    """When one item of an order is to be shipped, the cancelled ones carry their item codes, zeros in front kept."""
    rows = [item(1, order_item_id="07664457044546"), item(1, order_item_id="123456789012345", sku="B")]
    plan = plan_of(rows, [True, False])
    assert cancellation_text(plan.lines).splitlines()[2:] == ["111-0000001-0000001\tPricingError\t07664457044546"]


def test_what_amazon_has_accepted_is_not_uploaded_again() -> None:
    """Only what failed goes up once more; an order is said to be done when each of its lines was accepted."""
    rows = [item(1), item(2), item(2, order_item_id="77", sku="B")]
    keys = Book(order_table(rows)).keys.tolist()
    plan = plan_of(rows, accepted=keys[:2])
    assert [line.item_code for line in plan.lines] == ["77"]
    assert [(name, str(why)[:36]) for name, why in plan.withheld] == [
        ("111-0000001-0000001", "Amazon has accepted this cancellatio")
    ]
    assert plan_of(rows, accepted=keys).lines == plan_of(rows, accepted=keys).warnings == ()


@pytest.mark.parametrize(
    ("other", "partial"),
    [
        ({"item_status": "Shipped"}, True),
        ({"is_replacement_order": True}, True),
        ({"is_buyer_requested_cancellation": True}, True),
        ({"item_status": "Cancelled"}, False),
        ({"quantity": 0}, False),
    ],
)
def test_what_makes_an_order_partial(other: dict[str, Any], partial: bool) -> None:
    """Another item that is still alive makes the order partial; a cancelled one does not.

    Without codes Amazon would cancel what the seller wants to ship: it is withheld, with what to download.
    """
    plan = plan_of([item(1, order_item_id=None), item(1, order_item_id=None, sku="B", **other)])
    assert [line.order_id for line in plan.lines] == ["111-0000001-0000001"] * (not partial)
    assert [order_id for order_id, _ in plan.withheld] == ["111-0000001-0000001"] * partial
    assert all("Download New Orders" in str(why) for _, why in plan.withheld)


def test_a_partly_shipped_order_is_never_cancelled_whole() -> None:
    """PartiallyShipped means units left that the report may not list."""
    shipped = item(1, order_status="PartiallyShipped", item_status="Unshipped")
    assert plan_of([shipped]).lines[0].item_code == "00000000000001"
    assert plan_of([shipped | {"order_item_id": None}]).lines == ()


@pytest.mark.parametrize(
    "order_id", ["=1+1", "111-1\tX", "1.11E+16", "111-0000001-0000001\r\n", "", None, "１11-0000001-0000001"]
)
def test_a_strange_order_id_is_withheld(order_id: str | None) -> None:
    """A cell that is no order id can not break out of its line."""
    plan = plan_of([item(1, order_id=order_id)])
    assert plan.lines == ()
    assert "not an Amazon order id" in str(plan.withheld[0][1])


def test_a_strange_item_code_counts_as_unknown() -> None:
    """An item code that is not a number is never written."""
    plan = plan_of([item(1, order_item_id="1.2E+14"), item(1, sku="B")], [True, False])
    assert (plan.lines, len(plan.withheld)) == ((), 1)


def test_a_line_split_between_warehouses_is_cancelled_once() -> None:
    """Two rows with the same item code are one line of the file, which cancels both."""
    (line,) = plan_of([item(1), item(1), item(1, order_item_id="99", sku="B")], [True, True, False]).lines
    assert line.item_code == "00000000000001"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("BuyerCanceled", "only for orders whose buyer asked"),
        ("OutOfStock", "Choose one of: PricingError"),
        ("CustomerExchange", "Choose one of: PricingError, NoInventory, GeneralAdjustment"),
        ("", "mistake of his own"),
    ],
)
def test_a_reason_that_is_not_true_or_not_known_is_refused(reason: str, words: str) -> None:
    """BuyerCanceled for orders no buyer asked about, and words Amazon does not know."""
    with pytest.raises(ExportError, match=words):
        check_reason(reason)


def test_every_reason_says_what_it_means() -> None:
    """The seller chooses with open eyes."""
    assert all(known_key(f"export.called_{reason}") for reason in CANCEL_REASONS)


def test_buyer_canceled_is_for_buyers_who_asked() -> None:
    """The other file holds exactly those whose buyer asked through Amazon."""
    plan = plan_of([item(1), item(2, is_buyer_requested_cancellation=True)], reason=BUYER_ASKED)
    assert [(line.order_id, line.reason) for line in plan.lines] == [("111-0000002-0000002", "BuyerCanceled")]


@pytest.mark.parametrize(
    ("reason", "back"),
    [("PricingError", "puts"), ("NoInventory", "does not put"), ("GeneralAdjustment", "puts")],
)
def test_the_reason_says_what_it_does_to_the_stock(reason: str, back: str) -> None:
    """PricingError puts the units back on sale, NoInventory does not."""
    assert back in str(plan_of([item(1)], reason=reason).warnings[0])
    assert back in str(stock_effect(reason))


def test_orders_of_unknown_status_are_named() -> None:
    """A New Orders report has no status: such orders stay out, and the seller learns what to download."""
    plan = plan_of([item(1, order_status=None), item(2)])
    assert plan.order_ids == ("111-0000002-0000002",)
    assert re.search("1 chosen order is not in the file.*Add the All Orders report", str(plan.warnings[1]))


def test_batches_never_cut_an_order_in_two() -> None:
    """The files say which part they are, together they are the whole, and an order's items stay together."""
    plan = plan_of([item(1), item(2), item(2, order_item_id="98", sku="B"), item(3)])
    parts = batches(plan.lines, 2)
    assert {ending: len(lines) for ending, lines in parts.items()} == {"-1-of-2": 3, "-2-of-2": 1}
    assert sum(parts.values(), ()) == plan.lines
    assert batches(plan.lines, 0) == {"": plan.lines}
    with pytest.raises(ValueError, match="0 or more, got -1"):
        batches([], -1)


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    """A file that a person may have opened stays as it is."""
    write_new(tmp_path / "a.txt", b"mine")
    with pytest.raises(ExportError, match="never replaced"):
        write_new(tmp_path / "a.txt", b"other")
    assert (tmp_path / "a.txt").read_bytes() == b"mine"


def test_the_xml_feed_is_well_formed_and_says_the_same() -> None:
    """One message per order, each item with its reason, codes of 15 digits kept."""
    rows = [item(1, order_item_id="123456789012345"), item(1, order_item_id="07", sku="B"), item(2, order_item_id=None)]
    plan = plan_of(rows)
    root = ElementTree.fromstring(acknowledgement_xml(plan.lines))
    assert root.findtext("Header/MerchantIdentifier") == MERCHANT_TOKEN
    assert root.findtext("MessageType") == "OrderAcknowledgement"
    assert [element.text for element in root.iterfind("Message/MessageID")] == ["1", "2"]
    first, second = root.iterfind("Message/OrderAcknowledgement")
    assert [child.tag for child in first] == ["AmazonOrderID", "StatusCode", "Item", "Item"]
    assert [
        (child.findtext("AmazonOrderItemCode"), child.findtext("CancelReason")) for child in first.iterfind("Item")
    ] == [
        ("123456789012345", "PricingError"),
        ("07", "PricingError"),
    ]
    assert [child.tag for child in second] == ["AmazonOrderID", "StatusCode"]


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "order_id": st.integers(1, 4).map(lambda n: f"111-{n:07d}-{n:07d}"),
                "order_item_id": st.one_of(st.none(), st.integers(1, 6).map(str)),
                "sku": st.sampled_from(["A", "B"]),
                "quantity": st.integers(0, 2),
                "order_status": st.sampled_from(["Unshipped", "Shipped", "Cancelled", "Pending", "PartiallyShipped"]),
                "item_status": st.sampled_from([None, "Unshipped", "Shipped", "Cancelled"]),
                "fulfillment_channel": st.sampled_from(["merchant", "amazon"]),
            }
        ),
        max_size=8,
    ),
    picks=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_no_line_reaches_an_item_that_was_not_chosen(rows: list[dict[str, Any]], picks: list[bool]) -> None:
    """Whatever the report: a line without a code never touches a live item that the seller did not choose."""
    book = Book(order_table(rows))
    chosen = np.array(picks[: len(rows)], dtype=bool)
    cancellable = set(book.keys[chosen & (book.triage == "cancel").to_numpy(dtype=bool)])
    plan = plan_cancellations(book, chosen)
    assert {key for line in plan.lines for key in line.keys} <= cancellable
    dead = (book.triage == "already_cancelled") | (book.orders["quantity"] == 0)
    alive = set(book.keys[~dead.astype(bool)])
    for line in plan.lines:
        assert bool(line.item_code) == bool(line.reason)
        if not line.item_code:
            assert set(book.keys[(book.orders["order_id"] == line.order_id).astype(bool)]) & alive <= cancellable
    assert {key.split("/")[0] for key in cancellable} == set(plan.order_ids) | {order for order, _ in plan.withheld}


def test_twenty_thousand_orders_are_planned_in_one_pass() -> None:
    """No loop over groups: the lines come out in file order, each order once."""
    count = 20_000
    orders = order_table([item(1)]).loc[[0] * count].reset_index(drop=True)
    orders["order_id"] = pd.Series([f"111-{n:07d}-{n:07d}" for n in range(count)], dtype=orders["order_id"].dtype)
    plan = plan_cancellations(Book(orders), np.ones(count, dtype=bool))
    assert len(plan.lines) == len(plan.order_ids) == count
    assert isinstance(plan.lines[0], Cancellation)
