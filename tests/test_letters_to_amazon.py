"""Letters to Amazon: the incident's own numbers, no feelings, no buyer, no bad advice."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from promofix_lib.errors import LetterError
from promofix_lib.finding import NormalPrice
from promofix_lib.letters.amazon import LETTERS, Word, fields_of, how_to, letter_template, letters, words
from promofix_lib.letters.amazon_check import concerns
from promofix_lib.letters.amazon_facts import Advice, IncidentFacts, incident_facts
from promofix_lib.orders import order_table


def row(number: int, **more: Any) -> dict[str, Any]:
    """A headphone sold for 1.00 instead of 58.99."""
    return {
        "order_id": f"111-{number:07d}-{number:07d}",
        "purchase_date": f"2026-11-20T05:{number:02d}:00Z",
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sales_channel": "Amazon.com",
        "sku": "HP-BT700",
        "asin": "B0EXAMPLE1",
        "quantity": 1,
        "currency": "USD",
        "item_price": "58.99",
        "item_promotion_discount": "57.99",
        "promotion_ids": ["P 1", "Free Shipping"],
        "claim_codes": ["LUMEN1"],
        "buyer_name": "Ada Example",
        "buyer_email": "ada@marketplace.amazon.example",
        **more,
    }


ROWS = [
    row(1, quantity=2, item_price="117.98", item_promotion_discount="115.98"),
    row(2, fulfillment_channel="amazon"),
    row(3, order_status="Pending", item_price=None, item_promotion_discount=None),
    row(4, order_status="Shipped"),
    row(5, is_replacement_order=True, item_price="0"),
]
HELD = Word("Lumen Audio", promotion_ended=True, promotion_ended_at=datetime(2026, 11, 20, 15, 0, tzinfo=UTC))


def facts_of(rows: list[dict[str, Any]] = ROWS, **more: Any) -> IncidentFacts:
    """The facts of all rows."""
    orders = order_table(rows)
    given: dict[str, Any] = {
        "promotion_ids": ["P 1"],
        "normal_prices": [NormalPrice("HP-BT700", "", "", Decimal("58.99"))],
        **more,
    }
    return incident_facts(orders, pd.Series(True, index=orders.index), **given)


def test_the_facts_are_those_of_the_orders() -> None:
    """Orders, units, sums and states; what is zero by design is not counted, what has no price is told apart."""
    facts = facts_of()
    assert (facts.orders, facts.units, facts.unpriced) == (4, 5, 1)
    assert facts.state == {"cancel": 1, "ask_amazon": 1, "wait": 1, "shipped": 1}
    (amount,) = facts.amounts
    assert (amount.paid, amount.normal, amount.loss) == (Decimal(4), Decimal("235.96"), Decimal("231.96"))
    assert (facts.items[0].lowest, facts.items[0].normal, facts.items[0].units) == (1, Decimal("58.99"), 5)


def test_two_currencies_are_never_added() -> None:
    """Dollars and pounds stand in lines of their own, the greater loss first."""
    facts = facts_of([*ROWS, row(6, currency="GBP", sales_channel="Amazon.co.uk", item_promotion_discount="58.98")])
    assert [(amount.currency, amount.paid) for amount in facts.amounts] == [
        ("USD", Decimal(4)),
        ("GBP", Decimal("0.01")),
    ]


def test_a_missing_normal_price_is_a_gap_and_not_a_zero() -> None:
    """No loss is claimed where the normal price is not known."""
    facts = facts_of(normal_prices=[])
    assert facts.amounts[0].loss is None
    (first, *_) = letters(facts, HELD)
    assert "usual price of HP-BT700" in first.gaps()
    assert "difference" not in first.text


@pytest.mark.parametrize("name", LETTERS)
def test_each_letter_carries_the_numbers(name: str) -> None:
    """Orders, units, window in the marketplace's named zone, SKU, ASIN, paid and usual price, promotion, code."""
    letter = next(letter for letter in letters(facts_of(), HELD) if letter.name == name)
    for words_wanted in (
        "4 orders",
        "2026-11-19 21:01:00 (America/Los_Angeles)",
        "HP-BT700 (ASIN B0EXAMPLE1): paid 1.00 USD per unit, usual price 58.99 USD, 5 units",
        "Promotion id: P 1\n",
        "Claim code: LUMEN1",
        "2026-11-20 07:00:00 (America/Los_Angeles)",
        "Lumen Audio",
    ):
        assert words_wanted in letter.text
    assert not re.search(r"\{\w+\}", letter.text)
    assert "Free Shipping" not in letter.text


@pytest.mark.parametrize("name", LETTERS)
def test_no_letter_holds_feelings_or_buyers(name: str) -> None:
    """Only gaps that the seller must fill are left to complain about."""
    letter = next(letter for letter in letters(facts_of(), HELD) if letter.name == name)
    found = concerns(letter.text, private=["Ada Example", "ada@marketplace.amazon.example"])
    assert found == tuple(f"fill in: {gap}" for gap in letter.gaps())


def test_the_plan_of_action_gives_the_three_answers() -> None:
    """Root cause, actions taken, steps to prevent: in this order, and nothing before them."""
    plan = letters(facts_of(), HELD)[2].text
    heads = re.findall(r"^\d\. .*$", plan, flags=re.MULTILINE)
    assert heads == ["1. ROOT CAUSE", "2. ACTIONS TAKEN", "3. STEPS TO PREVENT IT"]
    assert plan.splitlines()[2] == "1. ROOT CAUSE"


def test_a_promotion_that_still_runs_is_a_gap() -> None:
    """The letter never says that the bleed has stopped before the seller has said so."""
    (first, *_) = letters(facts_of(), replace(HELD, promotion_ended=False, promotion_ended_at=None))
    assert any("do not send this letter before" in gap for gap in first.gaps())
    assert "We ended" not in first.text
    assert "We have ended" not in first.text


def test_amazons_advice_is_quoted_with_case_and_date() -> None:
    """The annotation request refers to the last advice and lists all."""
    word = replace(HELD, advice=(Advice("2026-11-20", "A1", "Cancel\nall."), Advice("2026-11-21", "B2", "Write back.")))
    annotation = letters(facts_of(), word)[1]
    assert "On 2026-11-21 you advised us in case B2." in annotation.text
    assert "- 2026-11-20, case A1: Cancel all." in annotation.text
    assert not any("case id" in gap for gap in annotation.gaps())


def test_without_advice_the_annotation_asks_for_it() -> None:
    """Case id and date are a gap, not an invention."""
    assert any("case id" in gap for gap in letters(facts_of(), HELD)[1].gaps())


def test_a_wrong_price_without_promotion_is_told_as_such() -> None:
    """No promotion is blamed that no report names."""
    (first, *_) = letters(facts_of(promotion_ids=[]), HELD)
    assert "unintended price" in first.text
    assert "Promotion id" not in first.text


def test_the_chinese_gloss_says_the_same_numbers() -> None:
    """Every number of the English letter is in the Chinese one; the letter itself stays English."""
    for english, chinese in zip(letters(facts_of(), HELD), letters(facts_of(), HELD, language="zh-CN"), strict=True):
        assert chinese.text == english.text
        assert english.gloss == ""
        numbers = set(re.findall(r"\d[\d.:,-]*\d|\d", english.text))
        assert numbers <= set(re.findall(r"\d[\d.:,-]*\d|\d", chinese.gloss))
        assert len(chinese.gaps()) == len(re.findall(r"\[请填写", chinese.gloss))


def test_both_languages_have_the_same_texts_and_fields() -> None:
    """A text added in one language is missing in none."""
    assert words("en").keys() == words("zh-CN").keys()
    for name, text in words("en").items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", words("zh-CN")[name])), name


def test_a_letter_that_the_seller_edited_keeps_its_words_and_gets_new_numbers() -> None:
    """Fields in braces follow the case; the rest is the seller's."""
    (first, *_) = letters(facts_of(), HELD, edited={"technical_issue": "Subject: {orders} orders\n\nMy words."})
    assert first.text == "Subject: 4 orders\n\nMy words.\n"


def test_an_edited_letter_with_an_unknown_field_is_refused() -> None:
    """The seller learns which fields there are."""
    with pytest.raises(LetterError, match=r"\{buyer_name\} can not be filled in. Fields are \{orders\}"):
        letters(facts_of(), HELD, edited={"annotation": "{buyer_name}"})


def test_the_template_to_edit_fills_to_the_letter_itself() -> None:
    """What the seller starts from is what would be sent."""
    edited = {name: letter_template(name) for name in LETTERS}
    assert letters(facts_of(), HELD, edited=edited) == letters(facts_of(), HELD)


def test_values_are_never_read_as_fields() -> None:
    """A SKU or an advice with braces or line breaks stays what it is."""
    word = replace(HELD, advice=(Advice("{orders}", "{units}", "a {reason}\nb"),))
    text = letters(facts_of([row(1, sku="{orders}\nX")]), word)[1].text
    assert "- {orders}, case {units}: a {reason} b" in text
    assert "- {orders} X (ASIN" in text


@pytest.mark.parametrize(
    ("text", "words_wanted"),
    [
        ("We are sorry.", "leave feelings out: 'sorry'"),
        ("Reason: out of stock.", "NoInventory counts"),
        ("We have a 72-hour right.", "72-hour"),
        ("It was a system error.", "must be true"),
        ("We asked the buyers to cancel.", "forbids"),
        ("Write to ada@marketplace.amazon.example.", "e-mail addresses"),
        ("The buyer is Ada Example.", "buyers' names"),
        ("[FILL IN: when]", "fill in: when"),
    ],
)
def test_what_is_wrong_with_a_letter_is_said(text: str, words_wanted: str) -> None:
    """Gaps, feelings, bad advice and buyers' data, each in words."""
    assert any(words_wanted in concern for concern in concerns(text, private=["Ada Example"]))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_guide_warns_of_bad_advice(language: str) -> None:
    """Eight pieces of advice from the web, each with why not."""
    text = how_to(language)
    assert "{bad_advice}" not in text
    assert "72" in text
    assert "91.3" in text
    assert "NoInventory" in text


def test_one_order_is_one_order() -> None:
    """A single victim does not read "1 orders"."""
    (first, *_) = letters(facts_of([row(1)]), HELD)
    assert first.text.startswith("Subject: Request to treat 1 order of")
    assert "cancel the 1 unshipped seller-fulfilled order with" in first.text


def test_no_orders_no_invention() -> None:
    """With nothing chosen the fields say unknown and zero."""
    orders = order_table([])
    facts = incident_facts(orders, pd.Series([], dtype=bool))
    assert fields_of(facts, Word())["onset"] == "unknown"
    assert facts.orders == 0
