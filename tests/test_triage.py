"""One word per order item that says what can still be done with it."""

from __future__ import annotations

import pytest

from promofix_lib.orders import order_table
from promofix_lib.status.book import WORDS, triage

CASES = [
    ({"order_status": "Unshipped", "fulfillment_channel": "merchant"}, "cancel"),
    ({"order_status": "Unshipped", "fulfillment_channel": "amazon"}, "ask_amazon"),
    ({"order_status": "Pending", "fulfillment_channel": "amazon"}, "ask_amazon"),
    ({"order_status": "Pending", "fulfillment_channel": "merchant", "item_status": "Unshipped"}, "wait"),
    ({"order_status": "Shipped", "fulfillment_channel": "merchant"}, "shipped"),
    ({"order_status": "Shipped", "fulfillment_channel": "amazon"}, "shipped"),
    ({"order_status": "Shipping", "fulfillment_channel": "amazon"}, "shipped"),
    ({"order_status": "PartiallyShipped", "item_status": "Unshipped", "fulfillment_channel": "merchant"}, "cancel"),
    ({"order_status": "PartiallyShipped", "item_status": "Shipped", "fulfillment_channel": "merchant"}, "shipped"),
    ({"order_status": "Cancelled", "fulfillment_channel": "merchant", "quantity": 0}, "already_cancelled"),
    ({"order_status": "Shipped", "item_status": "Cancelled", "fulfillment_channel": "amazon"}, "already_cancelled"),
    (
        {"order_status": "Unshipped", "fulfillment_channel": "merchant", "is_buyer_requested_cancellation": True},
        "buyer_asked",
    ),
    (
        {"order_status": "Shipped", "fulfillment_channel": "merchant", "is_buyer_requested_cancellation": True},
        "shipped",
    ),
    ({"order_status": "Unshipped", "fulfillment_channel": "merchant", "is_replacement_order": True}, "set_aside"),
    (
        {"order_status": "Unshipped", "fulfillment_channel": "amazon", "promotion_ids": ["vine.enrollment.x"]},
        "set_aside",
    ),
    ({"order_status": "Unshipped", "fulfillment_channel": "merchant", "quantity": 0}, "set_aside"),
]


@pytest.mark.parametrize(("row", "word"), CASES, ids=[f"{n}-{word}" for n, (_, word) in enumerate(CASES)])
def test_triage_says_what_can_be_done(row: dict[str, object], word: str):
    """The first thing that is true decides, from what can no longer be changed to what can."""
    assert triage(order_table([{"quantity": 1, **row}])).tolist() == [word]


def test_every_word_is_used():
    """The table above shows each answer at least once."""
    assert {word for _, word in CASES} == set(WORDS)


def test_an_order_of_which_nothing_is_known_is_not_cancelled_at_once():
    """Without status and channel nobody can say: it waits until an All Orders or Unshipped report tells."""
    assert triage(order_table([{"order_id": "A", "quantity": 1}])).tolist() == ["wait"]
