"""The incident is a rule: it asks several questions, and it survives being saved."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.errors import CaseError
from promofix_lib.incident import Ceiling, Incident, affected, from_json, to_json
from promofix_lib.orders import order_table

NIGHT = datetime(2026, 11, 20, 6, tzinfo=UTC)
ROW = {
    "purchase_date": "2026-11-20T06:30:00Z",
    "sku": "HP",
    "sales_channel": "Amazon.com",
    "currency": "USD",
    "item_price": "58.99",
    "item_promotion_discount": "57.99",
    "quantity": 1,
    "promotion_ids": ["P"],
    "order_status": "Unshipped",
    "fulfillment_channel": "merchant",
    "ship_country": "US",
    "is_business_order": False,
}
CEILING = Ceiling("HP", "Amazon.com", "USD", Decimal("29.49"))

QUESTIONS = [
    (Incident(onset=NIGHT, end=NIGHT.replace(hour=7)), {"purchase_date": "2026-11-20T07:00:01Z"}),
    (Incident(promotion_ids=("P",)), {"promotion_ids": ["Q"]}),
    (Incident(promotion_ids=("P", "Q"), together=False), {"promotion_ids": None}),
    (Incident(ceilings=(CEILING,)), {"item_promotion_discount": None}),
    (Incident(ceilings=(CEILING,)), {"sku": "other"}),
    (Incident(ceilings=(CEILING,)), {"currency": "CAD"}),
    (Incident(max_unit_price=Decimal("1.00")), {"item_promotion_discount": "57.98"}),
    (Incident(skus=("HP",)), {"sku": "other"}),
    (Incident(sales_channels=("Amazon.com",)), {"sales_channel": "Amazon.ca"}),
    (Incident(currencies=("USD",)), {"currency": None}),
    (Incident(order_statuses=("Unshipped",)), {"order_status": "Shipped"}),
    (Incident(fulfillment_channels=("merchant",)), {"fulfillment_channel": "amazon"}),
    (Incident(ship_countries=("US",)), {"ship_country": "CA"}),
    (Incident(is_business_order=False), {"is_business_order": True}),
    (Incident(min_quantity=1), {"quantity": 0}),
    (Incident(max_quantity=1), {"quantity": 2}),
]


@pytest.mark.parametrize(("rule", "change"), QUESTIONS)
def test_each_question_of_the_rule_is_asked(rule: Incident, change: dict[str, object]):
    """The row answers yes; changed in one cell it answers no."""
    assert affected(order_table([ROW, ROW | change]), rule).tolist() == [True, False]


def test_a_rule_that_asks_nothing_is_every_order():
    """An empty rule filters nothing, missing cells included."""
    assert affected(order_table([ROW, {}]), Incident()).tolist() == [True, True]


def test_a_pending_order_is_judged_by_its_promotion():
    """It has no price yet, but it carries the guilty id; a cancelled one has no price any more and is out."""
    pending = ROW | {"item_price": None, "item_promotion_discount": None, "order_status": "Pending"}
    cancelled = pending | {"order_status": "Cancelled", "quantity": 0}
    rule = Incident(promotion_ids=("P",), ceilings=(CEILING,))
    assert affected(order_table([pending, cancelled, pending | {"sku": "x"}]), rule).tolist() == [True, False, False]


def test_a_price_rule_cannot_judge_an_order_without_a_price():
    """Only a promotion can speak for it."""
    unpriced = ROW | {"item_price": None, "promotion_ids": None}
    assert affected(order_table([unpriced]), Incident(ceilings=(CEILING,))).tolist() == [False]


def test_a_ceiling_without_a_channel_counts_everywhere():
    """Reports without a sales channel are judged too."""
    everywhere = Incident(ceilings=(Ceiling("HP", "", "", Decimal("1.00")),))
    assert affected(order_table([ROW, ROW | {"sales_channel": None}]), everywhere).tolist() == [True, True]


WORDS = st.lists(st.text(min_size=1, max_size=5), max_size=3, unique=True).map(tuple)
PRICES = st.integers(0, 10**6).map(lambda cents: Decimal(cents) / 100)
RULES = st.builds(
    Incident,
    onset=st.none() | st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),
    promotion_ids=WORDS,
    together=st.booleans(),
    ceilings=st.lists(st.builds(Ceiling, st.text(), st.text(), st.text(), PRICES), max_size=3).map(tuple),
    max_unit_price=st.none() | PRICES,
    skus=WORDS,
    is_business_order=st.none() | st.booleans(),
    min_quantity=st.none() | st.integers(0, 99),
)


@given(RULES)
def test_a_saved_rule_is_the_same_rule(rule: Incident):
    """What is written to case.json comes back, to the cent and to the second."""
    assert from_json(to_json(rule)) == rule


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"colour": "red"}, "does not know: colour"),
        ({"max_unit_price": "cheap"}, "damaged"),
        ({"onset": "2026-11-20T06:00:00"}, "damaged"),
        ({"ceilings": [{"sku": "HP"}]}, "damaged"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(record: dict[str, object], words: str):
    """With what to do next, never a half rule."""
    with pytest.raises(CaseError, match=words):
        from_json(record)
