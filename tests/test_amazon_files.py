"""What goes into the files Amazon takes, and what must never."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promofix_lib.errors import ExportError
from promofix_lib.export.amazon_files import (
    acknowledgement_xml,
    batches,
    cancellation_text,
    write_cancellations,
    write_new,
)
from promofix_lib.export.cancellation import (
    Cancellation,
    StopTheBleed,
    check_reason,
    plan_buyer_cancellations,
    plan_cancellations,
    stock_effect,
)
from promofix_lib.orders import item_keys, order_table
from promofix_lib.triage import triage

OPEN = StopTheBleed(promotion_ended=True, price_right=True, stock_as_wanted=True)


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


def every(orders: pd.DataFrame) -> pd.Series:
    """A mask that chooses all."""
    return pd.Series(True, index=orders.index)


def test_the_file_is_amazons_template_byte_for_byte(tmp_path: Path) -> None:
    """Two blanks after `only.`, tabs, CRLF, no BOM, plain ASCII, a tab for the empty item code."""
    orders = order_table([item(1), item(2)])
    (path,) = write_cancellations(plan_cancellations(orders, every(orders)), tmp_path, OPEN)
    assert path.name == "order-cancellation.txt"
    assert path.read_bytes() == (
        b"TemplateType=OrderCancellation\tVersion=1.0/1.0.3\t"
        b"This row for Amazon.com use only.  Do not modify or delete.\r\n"
        b"order-id\tcancellation-reason-code\tamazon-order-item-code\r\n"
        b"111-0000001-0000001\tPricingError\t\r\n"
        b"111-0000002-0000002\tPricingError\t\r\n"
    )


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
    orders = order_table([item(1), item(2, **change)])
    assert plan_cancellations(orders, every(orders)).order_ids == ("111-0000001-0000001",)


def test_only_chosen_items_are_in() -> None:
    """What the seller left out is out, wherever the mask's rows stand."""
    orders = order_table([item(1), item(2), item(3)])
    chosen = pd.Series({2: True, 0: False})  # row 1 is not named at all
    assert plan_cancellations(orders, chosen).order_ids == ("111-0000003-0000003",)


def test_a_partial_order_names_its_items() -> None:
    """When one item of an order is to be shipped, the cancelled ones carry their item codes."""
    orders = order_table([item(1, order_item_id="07664457044546"), item(1, order_item_id="123456789012345", sku="B")])
    plan = plan_cancellations(orders, pd.Series([True, False]))
    assert cancellation_text(plan.lines).splitlines()[2:] == ["111-0000001-0000001\tPricingError\t07664457044546"]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"item_status": "Shipped"}, "00000000000001"),
        ({"is_replacement_order": True}, "00000000000001"),
        ({"is_buyer_requested_cancellation": True}, "00000000000001"),
        ({"item_status": "Cancelled"}, ""),
        ({"quantity": 0}, ""),
    ],
)
def test_what_makes_an_order_partial(other: dict[str, Any], code: str) -> None:
    """Another item that is still alive makes the order partial; a cancelled one does not."""
    orders = order_table([item(1), item(1, order_item_id="99", sku="B", **other)])
    (line,) = plan_cancellations(orders, every(orders)).lines
    assert line.item_code == code


def test_a_partly_shipped_order_is_never_cancelled_whole() -> None:
    """PartiallyShipped means units left that the report may not list, so the item code is given."""
    orders = order_table([item(1, order_status="PartiallyShipped", item_status="Unshipped")])
    assert plan_cancellations(orders, every(orders)).lines[0].item_code == "00000000000001"


def test_a_partial_order_without_item_codes_is_withheld() -> None:
    """Without a code Amazon would cancel what the seller wants to ship; the reader learns what to download."""
    orders = order_table([item(1, order_item_id=None), item(1, order_item_id=None, sku="B"), item(2)])
    plan = plan_cancellations(orders, pd.Series([True, False, True]))
    assert plan.order_ids == ("111-0000002-0000002",)
    (withheld,) = plan.withheld
    assert withheld.what == "order 111-0000001-0000001"
    assert "Download New Orders" in withheld.why


@pytest.mark.parametrize(
    "order_id", ["=1+1", "111-1\tX", "1.11E+16", "111-0000001-0000001\r\n", "", None, "１11-0000001-0000001"]
)
def test_a_strange_order_id_is_withheld(order_id: str | None) -> None:
    """A cell that is no order id can not break out of its line."""
    orders = order_table([item(1, order_id=order_id)])
    plan = plan_cancellations(orders, every(orders))
    assert plan.lines == ()
    assert "not an Amazon order id" in plan.withheld[0].why


def test_a_strange_item_code_is_withheld() -> None:
    """An item code that is not a number is treated as unknown."""
    orders = order_table([item(1, order_item_id="1.2E+14"), item(1, sku="B")])
    plan = plan_cancellations(orders, pd.Series([True, False]))
    assert plan.lines == ()
    assert len(plan.withheld) == 1


def test_a_line_split_between_warehouses_is_cancelled_once() -> None:
    """Two rows with the same item code are one line of the file, which cancels both."""
    orders = order_table([item(1), item(1), item(1, order_item_id="99", sku="B")])
    (line,) = plan_cancellations(orders, pd.Series([True, True, False])).lines
    assert line.item_code == "00000000000001"


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("reason", ["111-0000001-0000001\tGeneralAdjustment\t"]),
        ("order_id", ["111-0000001-0000001\t\t"]),
        (
            "each_item",
            [
                "111-0000001-0000001\tGeneralAdjustment\t00000000000001",
                "111-0000001-0000001\tGeneralAdjustment\t00000000000002",
            ],
        ),
    ],
)
def test_whole_orders_can_be_written_three_ways(how: Any, expected: list[str]) -> None:
    """Order id and reason by default; item by item, or the id alone, when a seller's template wants it so."""
    orders = order_table([item(1), item(1, order_item_id="00000000000002", sku="B")])
    plan = plan_cancellations(orders, every(orders), reason="GeneralAdjustment", whole_orders=how)
    assert cancellation_text(plan.lines).splitlines()[2:] == expected


def test_a_partial_order_keeps_its_reason_in_every_form() -> None:
    """An item code never goes without a reason, also where whole orders go with their id alone."""
    orders = order_table([item(1), item(1, order_item_id="99", sku="B")])
    (line,) = plan_cancellations(orders, pd.Series([True, False]), whole_orders="order_id").lines
    assert (line.reason, line.item_code) == ("PricingError", "00000000000001")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("BuyerCanceled", "only for orders whose buyer asked"),
        ("OutOfStock", "Choose one of: PricingError"),
        ("", "codes"),
    ],
)
def test_a_reason_that_is_not_true_or_not_known_is_refused(reason: str, words: str) -> None:
    """BuyerCanceled for orders no buyer asked about, and words Amazon does not know."""
    with pytest.raises(ExportError, match=words):
        check_reason(reason)


def test_buyer_canceled_is_for_buyers_who_asked() -> None:
    """The other file holds exactly those whose buyer asked through Amazon."""
    orders = order_table([item(1), item(2, is_buyer_requested_cancellation=True)])
    plan = plan_buyer_cancellations(orders, every(orders))
    assert cancellation_text(plan.lines).splitlines()[2:] == ["111-0000002-0000002\tBuyerCanceled\t"]


@pytest.mark.parametrize("shut", [field.name for field in fields(StopTheBleed)])
def test_nothing_is_written_before_the_bleed_has_stopped(shut: str, tmp_path: Path) -> None:
    """Each of the three answers is needed, and the message says which one is missing and what it would do."""
    orders = order_table([item(1)])
    gate = StopTheBleed(**{field.name: field.name != shut for field in fields(StopTheBleed)})
    with pytest.raises(ExportError, match=r"not confirmed.*back on sale at once"):
        write_cancellations(plan_cancellations(orders, every(orders)), tmp_path, gate)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("reason", "back"), [("PricingError", "puts"), ("NoInventory", "does not put")])
def test_the_reason_says_what_it_does_to_the_stock(reason: str, back: str) -> None:
    """PricingError puts the units back on sale, NoInventory does not."""
    orders = order_table([item(1)])
    assert back in plan_cancellations(orders, every(orders), reason=reason).warnings[0]
    assert back in stock_effect(reason)


def test_orders_of_unknown_status_are_named() -> None:
    """A New Orders report has no status: such orders stay out, and the seller learns what to download."""
    orders = order_table([item(1, order_status=None), item(2)])
    plan = plan_cancellations(orders, every(orders))
    assert plan.order_ids == ("111-0000002-0000002",)
    assert "1 chosen orders are not in the file" in plan.warnings[1]
    assert "Add the All Orders report" in plan.warnings[1]


def test_batches_never_cut_an_order_in_two(tmp_path: Path) -> None:
    """The files say which part they are, together they are the whole, and an order's items stay together."""
    orders = order_table([item(1), item(2), item(2, order_item_id="98", sku="B"), item(3)])
    plan = plan_cancellations(orders, every(orders), whole_orders="each_item")
    paths = write_cancellations(plan, tmp_path, OPEN, orders_per_file=2)
    assert [path.name for path in paths] == ["order-cancellation-1-of-2.txt", "order-cancellation-2-of-2.txt"]
    bodies = [path.read_bytes().split(b"\r\n")[2:-1] for path in paths]
    assert [len(body) for body in bodies] == [3, 1]
    assert b"\r\n".join(bodies[0] + bodies[1]).decode() + "\r\n" == cancellation_text(plan.lines).split("code\r\n")[1]


def test_batches_of_nothing_is_an_error_of_whoever_writes_the_cell() -> None:
    """Zero orders per file has no meaning."""
    with pytest.raises(ValueError, match="1 or more, got 0"):
        batches([], 0)


def test_nothing_to_cancel_writes_no_file(tmp_path: Path) -> None:
    """An empty template invites a useless upload."""
    orders = order_table([item(1, fulfillment_channel="amazon")])
    assert write_cancellations(plan_cancellations(orders, every(orders)), tmp_path, OPEN) == ()


def test_no_file_is_ever_replaced(tmp_path: Path) -> None:
    """A file that a person may have opened stays as it is."""
    write_new(tmp_path / "a.txt", b"mine")
    with pytest.raises(ExportError, match="never replaced"):
        write_new(tmp_path / "a.txt", b"other")
    assert (tmp_path / "a.txt").read_bytes() == b"mine"


def test_the_xml_feed_is_well_formed_and_says_the_same() -> None:
    """Escaped, one message per order, each item with its reason, codes of 15 digits kept."""
    orders = order_table(
        [item(1, order_item_id="123456789012345"), item(1, order_item_id="07", sku="B"), item(2, order_item_id=None)]
    )
    plan = plan_cancellations(orders, every(orders), whole_orders="each_item")
    root = ElementTree.fromstring(acknowledgement_xml(plan.lines, 'A1<&"EXAMPLE\x00'))
    assert root.findtext("Header/MerchantIdentifier") == 'A1<&"EXAMPLE'
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


@settings(max_examples=60, deadline=None)
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
    orders = order_table(rows)
    chosen = pd.Series(picks[: len(orders)], index=orders.index, dtype=bool)
    cancellable = set(item_keys(orders)[chosen & (triage(orders) == "cancel").astype(bool)])
    plan = plan_cancellations(orders, chosen)
    assert set(plan.keys) <= cancellable
    dead = (triage(orders) == "already_cancelled") | (orders["quantity"] == 0)
    alive = set(item_keys(orders)[~dead.astype(bool)])
    for line in plan.lines:
        if not line.item_code:
            of_order = set(item_keys(orders)[(orders["order_id"] == line.order_id).astype(bool)])
            assert of_order & alive <= cancellable
    withheld = {entry.what.removeprefix("order ") for entry in plan.withheld}
    assert {key.split("/")[0] for key in cancellable} == set(plan.order_ids) | withheld


def test_a_hundred_thousand_orders_are_planned_in_seconds() -> None:
    """One pass, no loop over groups: the lines come out in file order, each order once."""
    count = 100_000
    orders = order_table([item(1)]).loc[[0] * count].reset_index(drop=True)
    orders["order_id"] = pd.Series([f"111-{n:07d}-{n:07d}" for n in range(count)], dtype=orders["order_id"].dtype)
    plan = plan_cancellations(orders, every(orders))
    assert len(plan.lines) == len(plan.order_ids) == count
    assert isinstance(plan.lines[0], Cancellation)
