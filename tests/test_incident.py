"""The incident is a rule: it asks several questions, and it survives being saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.errors import CaseError
from promofix_lib.incident import Answers, Ceiling, Incident, affected
from promofix_lib.orders import item_keys, order_table
from promofix_lib.plain import plain, typed

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


def test_the_ceiling_that_says_most_speaks_first():
    """One for the channel before one for the currency, and both before one for all, in whichever order they stand."""
    told = ("", "", "9"), ("", "USD", "8"), ("Amazon.com", "", "7"), ("Amazon.com", "USD", "6")
    ceilings = tuple(Ceiling("HP", channel, currency, Decimal(price)) for channel, currency, price in told)
    paid = [ROW | {"item_price": str(price), "item_promotion_discount": None} for price in range(6, 10)]
    for most in range(1, 5):
        for some in (ceilings[:most], ceilings[:most][::-1]):
            assert affected(order_table(paid), Incident(ceilings=some)).tolist().count(True) == 5 - most


def test_an_edge_that_is_not_named_is_open():
    """Any number of units is at least two, none is at most two; an unknown number is neither."""
    orders = order_table([ROW | {"quantity": units} for units in (1, 10**12, 0, None)])
    assert affected(orders, Incident(min_quantity=2)).tolist() == [False, True, False, False]
    assert affected(orders, Incident(max_quantity=2)).tolist() == [True, False, True, False]


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
    """What is written to the journal comes back, to the cent and to the second."""
    assert typed(Incident, plain(rule)) == rule


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"colour": "red"}, "colour: "),
        ({"max_unit_price": "cheap"}, "max_unit_price: "),
        ({"onset": "2026-11-20T06:00:00"}, "onset: "),
        ({"ceilings": [{"sku": "HP"}]}, r"ceilings\[0\].sales_channel: "),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(record: dict[str, object], words: str):
    """With the place of what does not fit, never a half rule."""
    with pytest.raises(CaseError, match=words):
        typed(Incident, record)


CHANNELS, CODES = ["Amazon.com", "Amazon.ca", None], ["USD", "CAD", None]
HALF = st.integers(0, 4).map(lambda halves: Decimal(halves) / 2)
CELLS = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["A", "B", "C"]),
        "order_item_id": st.sampled_from(["1", "2", None]),
        "purchase_date": st.none() | st.integers(0, 3).map(lambda hour: f"2026-11-20T0{hour}:00:00Z"),
        "sku": st.sampled_from(["S", "T", None]),
        "sales_channel": st.sampled_from(CHANNELS),
        "currency": st.sampled_from(CODES),
        "item_price": st.none() | HALF.map(str),
        "quantity": st.none() | st.integers(0, 2),
        "promotion_ids": st.none() | st.lists(st.sampled_from("PQ"), min_size=1, max_size=2),
        "order_status": st.sampled_from(["Pending", "Cancelled", "Shipped"]),
        "is_business_order": st.sampled_from([True, False, None]),
    }
)
MOMENTS = st.none() | st.integers(0, 3).map(lambda hour: datetime(2026, 11, 20, hour, tzinfo=UTC))
ANY = st.sampled_from(["", "Amazon.com", "Amazon.ca"])
CEILINGS = st.builds(Ceiling, st.sampled_from("ST"), ANY, st.sampled_from(["", "USD"]), HALF)
SOME_RULES = st.builds(
    Incident,
    onset=MOMENTS,
    end=MOMENTS,
    promotion_ids=st.sampled_from([(), ("P",), ("P", "Q")]),
    together=st.booleans(),
    ceilings=st.lists(
        st.builds(Ceiling, st.sampled_from("ST"), ANY, st.sampled_from(["", "USD"]), HALF), max_size=3
    ).map(lambda found: tuple({(one.sku, one.sales_channel, one.currency): one for one in found}.values())),
    max_unit_price=st.none() | HALF,
    skus=st.sampled_from([(), ("S",), ("S", "")]),
    is_business_order=st.sampled_from([None, True, False]),
    min_quantity=st.sampled_from([None, 1, 2]),
    max_quantity=st.sampled_from([None, 0, 1]),
    except_items=st.sampled_from([(), ("A/1", "B/S/1"), ("C/T/2",)]),
)


def in_words(row: dict[str, Any], key: str, rule: Incident) -> bool:
    """The rule asked of one row, in plain words."""
    at, units = row["purchase_date"] and datetime.fromisoformat(row["purchase_date"]), row["quantity"]
    if (rule.onset or rule.end) and not at:
        return False
    if at and ((rule.onset and at < rule.onset) or (rule.end and at > rule.end)):
        return False
    carried = set(row["promotion_ids"] or ())
    if rule.promotion_ids and not (
        set(rule.promotion_ids) <= carried if rule.together else set(rule.promotion_ids) & carried
    ):
        return False
    if rule.skus and (row["sku"] or "") not in rule.skus:
        return False
    if rule.is_business_order is not None and bool(row["is_business_order"]) != rule.is_business_order:
        return False
    if rule.min_quantity is not None and (units is None or units < rule.min_quantity):
        return False
    if rule.max_quantity is not None and (units is None or units > rule.max_quantity):
        return False
    return key not in rule.except_items and cheap(row, rule)


def cheap(row: dict[str, Any], rule: Incident) -> bool:
    fitting = [
        one
        for one in rule.ceilings
        if one.sku == row["sku"]
        and one.sales_channel in ("", row["sales_channel"])
        and one.currency in ("", row["currency"])
    ]
    named = max(fitting, key=lambda one: 2 * bool(one.sales_channel) + bool(one.currency), default=None)
    if row["item_price"] is None or not row["quantity"]:
        asks_price = rule.ceilings or rule.max_unit_price is not None
        if not rule.promotion_ids:
            return not asks_price
        return row["order_status"] != "Cancelled" and (not rule.ceilings or named is not None)
    unit = Decimal(row["item_price"]) / row["quantity"]
    if rule.max_unit_price is not None and unit > rule.max_unit_price:
        return False
    return not rule.ceilings or (named is not None and unit <= named.price)


@given(st.lists(CELLS, min_size=1, max_size=8), st.lists(SOME_RULES, min_size=1, max_size=4))
def test_a_rule_touches_what_its_words_say(rows: list[dict[str, Any]], some: list[Incident]):
    """Row by row, asked in plain words; kept answers are never those of another rule."""
    orders = order_table(rows)
    keys, kept = item_keys(orders).tolist(), Answers(orders, kept=4)
    for rule in [*some, *some]:
        wanted = [in_words(row, key, rule) for row, key in zip(rows, keys, strict=True)]
        assert affected(orders, rule).tolist() == wanted
        assert kept.mask(rule).tolist() == wanted
        assert kept._answer.cache_info().currsize <= 4


def test_a_question_left_out_is_not_asked():
    """The panel counts what a choice would give: every other question stays."""
    orders = order_table([ROW, ROW | {"sku": "other"}, ROW | {"sku": "other", "quantity": 2}])
    rule = Incident(skus=("HP",), max_quantity=1)
    assert Answers(orders).without("skus", rule).tolist() == [True, True, False]


def test_a_ceiling_that_names_its_channel_speaks_before_one_for_all():
    """29.49 everywhere, 1.00 in Canada."""
    both = (Ceiling("HP", "", "", Decimal("29.49")), Ceiling("HP", "Amazon.ca", "", Decimal("0.50")))
    orders = order_table([ROW, ROW | {"sales_channel": "Amazon.ca"}])
    assert affected(orders, Incident(ceilings=both)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (Incident(promotion_ids=("P", "Q"), skus=("HP",)), "P, Q"),
        (Incident(skus=("A", "B", "C")), "A, B …"),
        (Incident(ceilings=(CEILING, CEILING)), "HP"),
        (Incident(), ""),
    ],
)
def test_a_rule_is_called_by_its_promotions_else_its_skus(rule: Incident, shown: str):
    """Two of them, and a sign that there are more."""
    assert rule.cause == shown


@pytest.mark.parametrize("rule", [Incident(max_unit_price=Decimal("1.00")), Incident(ceilings=(CEILING,))])
def test_an_item_without_a_price_is_not_cheap(rule: Incident):
    """Where the rule asks for a price alone; a promotion speaks for an item whose price is still to come."""
    orders = order_table([ROW | {"item_price": None, "item_promotion_discount": None}])
    assert affected(orders, rule).tolist() == [False]
    assert affected(orders, replace(rule, promotion_ids=("P",))).tolist() == [True]
