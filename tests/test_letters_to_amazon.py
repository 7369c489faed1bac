"""Letters to Amazon: the case's own figures, what the journal holds, no feelings, no buyer, no bad advice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.case.case import Case
from promofix_lib.case.records import Cancellation, ExportRecord, HandedItem, UploadAnswer
from promofix_lib.errors import CaseError, LetterError
from promofix_lib.letters.amazon import LETTERS, advice_of, concerns, how_to, letters_of, record_advice
from promofix_lib.status.status import status
from tests.handed_case import NIGHT, NOW, all_orders, buyer, line, make_case, new_orders, order_id, usual, victims

RATES = [
    {
        "sales_channel": "Amazon.com",
        "before": {"low": 0.0, "high": 0.0012},
        "after": {"low": 0.3, "high": 0.31},
        "limit": 0.025,
    }
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The night of twelve wrong orders, the gate open; nobody changes it."""
    return make_case(tmp_path_factory.mktemp("letters") / "case")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """The same night, to work on."""
    return make_case(tmp_path / "case")


@pytest.fixture
def another(tmp_path: Path) -> Callable[..., Case]:
    """A night made of other lines."""
    count = iter(range(99))

    def make(*lines: dict[str, Any], **settings: Any) -> Case:
        reports = {"AllOrders-1.txt": all_orders([*usual(), *lines]), "NewOrders-1.txt": new_orders(lines)}
        return make_case(tmp_path / f"case-{next(count)}", reports=reports, **settings)

    return make


def texts(case: Case, **more: Any) -> dict[str, str]:
    return {letter.name: letter.text for letter in letters_of(case, **more)}


def confirmed(case: Case, *numbers: int) -> Case:
    """An export was made, and Amazon's processing report accepted the orders."""
    book = status(case).book
    mask = book.orders["order_id"].isin([order_id(number) for number in numbers])
    keys = dict(zip(book.orders.loc[mask, "order_id"], book.keys[mask], strict=True))
    items = tuple(HandedItem(key, key, name, "cancel") for name, key in keys.items())
    lines = tuple(Cancellation(name, "PricingError", "", (key,)) for name, key in keys.items())
    record = ExportRecord("E1", NOW, items=items, uploads={"order-cancellation.txt": lines})
    case.journal.add(ExportRecord.entry, record.to_json())
    answer = UploadAnswer("E1", "order-cancellation.txt", "p.txt", "0", NOW, accepted=tuple(keys.values()))
    case.journal.add(UploadAnswer.entry, answer.to_json(), "amazon")
    return case


@pytest.mark.parametrize("name", LETTERS)
def test_each_letter_carries_the_figures_of_the_case(shared: Case, name: str):
    """Orders, units, window in the marketplace's named zone, SKU, ASIN, paid and usual price, promotion."""
    text = texts(shared)[name]
    for wanted in (
        "12 orders",
        "2026-11-19 21:10:00 (America/Los Angeles)",
        "HP-BT700 (ASIN B0EXAMPLE1): paid 1.00 USD per unit, usual price 58.99 USD, 12 units",
        "Promotion id: Percentage Off 2026/11/19 21-14-3-482\n",
        "2026-11-19 23:30:00 (America/Los Angeles)",
        "Lumen Audio",
    ):
        assert wanted in text
    assert not re.search(r"\{\w+\}", text)


def test_the_sums_are_those_of_status(shared: Case):
    """Paid, usual value and difference are the ledger's."""
    (amounts,) = status(shared).amounts
    paid = f"- {amounts.paid} USD paid or to be paid, usual value {amounts.normal_value} USD"
    assert f"{paid}, difference {amounts.loss} USD" in texts(shared)["technical_issue"]


def test_what_is_not_known_is_told_beside_the_sums(another: Callable[..., Case]):
    """A pending order without a price is affected, and in no sum."""
    pending = {"order-status": "Pending", "item-status": "", "item-price": "", "item-promotion-discount": ""}
    text = texts(another(*victims(v11=pending)))["technical_issue"]
    assert "- 11.00 USD paid or to be paid, usual value 648.89 USD, difference 637.89 USD" in text
    assert "- 1 order item of which price, discount or usual price is not known" in text


def test_what_the_seller_put_in_by_hand_is_told_apart(case: Case):
    """It is counted with the others, and named as what it is."""
    case.decide("add", [status(case).book.keys.iloc[0]], "a test")
    text = texts(case)["technical_issue"]
    assert "13 orders of" in text
    assert "Also affected, added by us by hand:" in text
    assert "Incident 1" not in text  # there is one


def test_nobody_asks_to_cancel_what_is_not_among_the_affected(case: Case):
    """An order after the end that was told closes the gate; in the question to Amazon it does not count."""
    (one,) = case.incidents
    case.set_rule(1, replace(one.rule, end=NIGHT + timedelta(minutes=50)))
    case.change_settings(promotion_ended_at=(NIGHT + timedelta(minutes=55)).isoformat())
    assert len(status(case).gate.after_end) == 7
    text = texts(case)["technical_issue"]
    assert "5 orders of" in text
    assert "may cancel the 5 unshipped" in text


def test_set_aside_items_are_told_apart(case: Case):
    """A free reviewer's unit is affected when the seller puts it in, and no part of the request."""
    vine = line(99, NOW, **{"promotion-ids": "vine.enrollment.1", "item-promotion-discount": "58.99"})
    case.add_report("AllOrders-2.txt", all_orders([vine]))
    case.decide("add", [key for key in case.keys if key.startswith(order_id(99))], "a test")
    assert "- 1 replacement or zero by design: not part of the request" in texts(case)["technical_issue"]


@pytest.mark.parametrize("name", LETTERS)
def test_no_letter_holds_feelings_or_buyers(shared: Case, name: str):
    """Only gaps that the seller must fill are left to complain about."""
    letter = next(letter for letter in letters_of(shared) if letter.name == name)
    people = [word for number in range(1, 13) for word in buyer(number).values()]
    assert concerns(letter.text, people, "en") == tuple(f"fill in: {gap}" for gap in letter.gaps())


def test_the_plan_of_action_gives_the_three_answers(shared: Case):
    """Root cause, actions taken, steps to prevent: in this order, and nothing before them."""
    plan = texts(shared)["plan_of_action"]
    heads = re.findall(r"^\d\. .*$", plan, flags=re.MULTILINE)
    assert heads == ["1. ROOT CAUSE", "2. ACTIONS TAKEN", "3. STEPS TO PREVENT IT"]
    assert plan.splitlines()[2] == "1. ROOT CAUSE"


def test_the_plan_claims_only_what_the_journal_holds(case: Case):
    """No cancellation file, no answer, no letter to a buyer is claimed before it is recorded."""
    before = texts(case)["plan_of_action"]
    assert not re.search(r"cancellation file|processing report accepted|written to|cancelled by us", before)
    after = texts(confirmed(case, 1, 2, 3))["plan_of_action"]
    assert "- 2026-11-20: cancellation file for 3 orders prepared." in after
    assert "- 2026-11-20: Amazon's processing report accepted the cancellation of 3 orders; refused: 0." in after
    assert "- 3 orders cancelled by us, confirmed by Amazon's processing report" in after


def test_the_letter_after_the_cancellations_tells_what_was_confirmed(case: Case):
    """With the figures of the rate, and what is still open; before that it is not to be sent."""
    assert any("no cancellation is confirmed yet" in gap for gap in letters_of(case)[1].gaps())
    text = texts(confirmed(case, 1, 2), rates=RATES)["annotation"]
    assert "- 2 orders cancelled by us" in text
    assert "orders not confirmed as cancelled yet" in text
    assert "- Amazon.com: 0.00% to 0.12% with the cancellations made so far, 30.00% to 31.00% with all of them" in text
    assert "no cancellation is confirmed yet" not in text
    assert "2 of these orders are cancelled already" in texts(case)["technical_issue"]
    everyone = texts(confirmed(case, *range(1, 13)))["technical_issue"]
    assert "No unshipped seller-fulfilled order is left to cancel" in everyone


def test_a_rate_reads_in_a_letter_as_it_does_on_the_page(case: Case):
    """One just under the limit is not told to Amazon as the limit itself."""
    rates = [RATES[0] | {"before": {"low": 0.024999, "high": 0.024999}, "after": {"low": 0.025, "high": 0.0250049}}]
    text = texts(case, rates=rates)["annotation"]
    assert "2.4999% before these cancellations, 2.50% with them (limit 2.5%)" in text


def test_the_rate_before_the_cancellations_is_told_only_before_them(case: Case):
    """Afterwards both readings hold them: nobody writes to Amazon that the rate was 30 % before."""
    assert (
        "0.00% to 0.12% before these cancellations, 30.00% to 31.00% with them (limit 2.5%)"
        in texts(case, rates=RATES)["annotation"]
    )
    done = [RATES[0] | {"before": RATES[0]["after"]}]
    text = texts(confirmed(case, *range(1, 13)), rates=done)["annotation"]
    assert "- Amazon.com: 30.00% to 31.00% with these cancellations (limit 2.5%)" in text
    assert "before these" not in text


def test_nobody_speaks_of_cancellations_where_all_are_honoured(case: Case):
    """None was made and none is to be made: Amazon is not asked to keep them out of the rate."""
    case.decide("leave_out", case.keys[case.chosen() & (case.book.triage == "cancel")], "honoured")
    text = texts(case)["technical_issue"]
    assert "to cancel" not in text
    assert "already made" not in text


def test_what_became_of_the_orders_adds_up_to_them(another: Callable[..., Case]):
    """Each order stands in one line, whoever cancelled it; what was left out stands besides."""
    shipped = {"order-status": "Shipped", "item-status": "Shipped"}
    gone = {"order-status": "Cancelled", "item-status": "Cancelled"}
    wish = {"is-buyer-requested-cancellation": "true"}
    case = confirmed(another(*victims(v1=shipped, v2=gone, v3=wish)), 4, 5, 6, 7)
    wanted = [order_id(number) for number in (7, 8, 9)]
    case.decide("leave_out", case.keys[case.orders["order_id"].isin(wanted).to_numpy()], "honoured")
    for choice in ("", "keep"):
        case.change_settings(shipped_choice=choice)
        text = texts(case)["annotation"]
        became = re.split(r"\n(?!- )", text.split("WHAT BECAME OF THESE ORDERS")[1].strip())[0].splitlines()
        assert sum(int(one[2:].split()[0]) for one in became if "besides" not in one) == status(case).orders == 9
        assert "- 3 orders cancelled by us, confirmed" in text
        assert became[-2:] == [
            "- besides, 1 order cancelled by us that we had meant to ship",
            "- besides, 2 orders that we ship as ordered",
        ]
        assert "3 of these orders are cancelled already" in texts(case)["technical_issue"]
        assert "request" not in "".join(became)  # the buyer asked, and nobody has cancelled it yet


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize("fact", ["promotion_ended", "price_right", "stock_as_wanted"])
def test_a_draft_says_that_it_is_one(case: Case, name: str, fact: str):
    """While the gate is closed each letter begins with why it must not be sent, and claims no end."""
    case.change_settings(**{fact: False})
    letter = next(letter for letter in letters_of(case) if letter.name == name)
    assert letter.gaps()[0].startswith("this is a draft, do not send it")
    if fact == "promotion_ended":
        assert "We ended" not in letter.text
        assert "price is correct" not in letter.text


def test_several_incidents_are_named_by_all_their_causes(another: Callable[..., Case]):
    """A promotion on one night and a wrong price on the next: subject and end speak of both, and of no order."""
    later = NIGHT + timedelta(hours=30)
    wrong = {"sku": "SPK-9", "item-price": "2.99", "item-promotion-discount": "", "promotion-ids": ""}
    second = [line(200 + n, later + timedelta(minutes=n), wrong=True, **wrong) for n in range(8)]
    before = [line(6000 + n, NIGHT - timedelta(hours=9 * n + 3), sku="SPK-9") for n in range(90)]
    first, *_ = letters_of(another(*before, *victims(), *second, promotion_ended_at="2026-11-21T13:00:00+00:00"))
    assert first.text.startswith(
        "Subject: Request to treat 20 orders of 2026-11-19 to 2026-11-21 as a technical issue "
    )
    assert "(unintended promotion and price)\n" in first.text
    assert "\nAll these incidents had ended by 2026-11-21 05:00:00 (America/Los Angeles).\n" in first.text


def test_an_order_after_the_end_is_said(case: Case):
    """The promotion still sells: no letter claims its end."""
    case.change_settings(promotion_ended_at="2026-11-20T06:45:00+00:00")
    first = letters_of(case)[0]
    assert any("when the promotion really ended; 2 affected orders are younger than" in gap for gap in first.gaps())
    assert "(2026-11-19 22:45, America/Los Angeles)" in first.gaps()[0]
    assert "We ended" not in first.text


@pytest.mark.parametrize(
    ("kind", "asks"),
    [
        ({"order-status": "Shipped", "item-status": "Shipped"}, ("Please give us the case id",)),
        ({"fulfillment-channel": "Amazon"}, ("Please stop the 11 unshipped orders", "Please give us the case id")),
    ],
)
def test_what_no_order_calls_for_is_not_asked(another: Callable[..., Case], kind: dict[str, str], asks: tuple):
    """Nothing left to cancel: no shipment is held back, no cancellation is claimed, and there is none to annotate."""
    lines = [{**victim, **kind} for victim in victims()]
    first, second, _ = letters_of(another(*lines))
    assert not re.search("hold back|before we cancel|already made|may cancel", first.text)
    asked = re.findall(r"^(\d)\. (.*)$", first.text, re.M)
    assert [number for number, _ in asked] == [str(n) for n in range(1, len(asks) + 2)]
    assert [line.startswith(words) for (_, line), words in zip(asked[1:], asks, strict=True)] == [True] * len(asks)
    assert any("nothing to annotate" in gap for gap in second.gaps())


def test_a_time_of_the_end_is_claimed_only_when_the_seller_told_it(case: Case):
    """Else the moment at which it was said is the latest, and the time is a gap."""
    assert "We ended the promotion at 2026-11-19 23:30:00" in texts(case)["technical_issue"]
    case.change_settings(promotion_ended_at="", promotion_ended=False)
    case.change_settings(promotion_ended=True)
    first = letters_of(case)[0]
    assert "We ended the promotion at" not in first.text
    assert any(gap.startswith("time at which it ended, 20") and gap.endswith("at the latest") for gap in first.gaps())


def test_the_chinese_gloss_says_the_same_numbers(case: Case):
    """Every number of the English letter is in the Chinese one; the letter itself stays English."""
    english = letters_of(case)
    case.change_settings(language="zh-CN")
    for before, after in zip(english, letters_of(case), strict=True):
        assert after.text == before.text
        assert before.gloss == ""
        numbers = set(re.findall(r"\d[\d.:,-]*\d|\d", before.text))
        assert numbers <= set(re.findall(r"\d[\d.:,-]*\d|\d", after.gloss))
        assert len(after.gaps()) == len(re.findall(r"\[请填写", after.gloss))


def test_amazons_advice_is_quoted_with_case_and_date(case: Case):
    """The annotation request refers to the last advice and lists all; the same advice twice is one."""
    record_advice(case, given_on="2026-11-21", case_id="B2", text="Write back.")
    record_advice(case, given_on="2026-11-20", case_id="A1", text="Cancel\nall.")
    record_advice(case, given_on="2026-11-20", case_id="A1", text="Cancel\nall.")
    annotation = letters_of(case)[1]
    assert [advice.case_id for advice in advice_of(case)] == ["A1", "B2"]
    assert "On 2026-11-21 you advised us in case B2" in annotation.text
    assert "- 2026-11-20, case A1: Cancel all." in annotation.text
    assert not any("case id" in gap for gap in annotation.gaps())


@pytest.mark.parametrize(("day", "words", "said"), [("21.11.2026", "x", "is not a day"), ("2026-11-21", " ", "words")])
def test_advice_without_a_day_or_words_is_refused(shared: Case, day: str, words: str, said: str):
    """Nothing is recorded that could not be quoted."""
    with pytest.raises(CaseError, match=said):
        record_advice(shared, given_on=day, case_id="1", text=words)


def test_without_advice_the_annotation_asks_for_it(shared: Case):
    """Case id and date are a gap, not an invention."""
    assert any("case id" in gap for gap in letters_of(shared)[1].gaps())


def test_a_letter_that_the_seller_edited_keeps_its_words_and_gets_new_numbers(shared: Case):
    """Fields in braces follow the case; the rest is the seller's."""
    own = {"technical_issue": "Subject: {orders} orders\n\nMy words."}
    assert texts(shared, edited=own)["technical_issue"] == "Subject: 12 orders\n\nMy words.\n"
    with pytest.raises(LetterError, match=r"\{buyer_name\} can not be filled in. Fields are \{orders\}"):
        letters_of(shared, edited={"annotation": "{buyer_name}"})


def test_values_are_never_read_as_fields(case: Case):
    """An advice with braces or line breaks stays what it is."""
    record_advice(case, given_on="2026-11-20", case_id="{units}", text="a {reason}\nb\x07\u202e")
    assert "- 2026-11-20, case {units}: a {reason} b\n" in texts(case)["annotation"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("We are sorry.", "leave feelings out: sorry"),
        ("Reason: out of stock.", "NoInventory counts"),
        ("We have a 72-hour right.", "72-hour"),
        ("It was a system error.", "must be true"),
        ("We asked the buyers to cancel.", "forbids"),
        ("Write to ada@marketplace.amazon.example.", "e-mail addresses"),
        ("The buyer is Ada Example.", "buyers' names"),
        ("[FILL IN: when]", "fill in: when"),
    ],
)
def test_what_is_wrong_with_a_letter_is_said(text: str, wanted: str):
    """Gaps, feelings, bad advice and buyers' data, each in words."""
    assert any(wanted in concern for concern in concerns(text, ["Ada Example"], "en"))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_guide_warns_of_bad_advice(language: str):
    """Pieces of advice from the web, each with why not."""
    text = how_to(language)
    assert all(word in text for word in ("72", "91.3", "NoInventory"))
    assert "{" not in text


def test_one_order_is_one_order(case: Case):
    """A single victim does not read "1 orders"."""
    keys = status(case).book.keys[case.chosen()]
    case.decide("leave_out", list(keys)[1:], "a test")
    text = texts(case)["technical_issue"]
    assert text.startswith("Subject: Request to treat 1 order of")
    assert "cancel the 1 unshipped seller-fulfilled order with" in text
