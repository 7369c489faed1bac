"""What each buyer reads."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.errors import LetterError
from promofix_lib.incident import Incident
from promofix_lib.letters.languages import LANGUAGES, buyer_language
from promofix_lib.letters.linter import check_messages, lint_messages
from promofix_lib.letters.linter_words import find_words
from promofix_lib.letters.messages import Message, messages_for
from promofix_lib.letters.names import usable_name
from promofix_lib.letters.texts import (
    CANCEL_REASONS,
    LONGEST_CELL,
    VARIANTS,
    Template,
    Wording,
    builtin_template,
    parse_template,
    texts,
)
from promofix_lib.marketplaces import MARKETPLACES
from promofix_lib.say import told
from promofix_lib.status.status import status
from tests.status_case import LooseCase

ORDER = "111-0000001-0000001"


def row(**changes: Any) -> dict[str, Any]:
    usual = {
        "order_id": ORDER,
        "order_item_id": "10000000000001",
        "purchase_date": "2026-03-01T20:00:00Z",
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sales_channel": "Amazon.com",
        "currency": "USD",
        "sku": "HP-1",
        "product_name": "Example Headphones",
        "quantity": 1,
        "item_price": "58.99",
        "item_promotion_discount": "57.99",
        "buyer_name": "Test Buyer",
        "buyer_email": "a1@example.com",
    }
    return usual | changes


def case_of(*rows: dict[str, Any], **facts: Any) -> LooseCase:
    """Every item is affected; the gate is open."""
    return LooseCase(rows, **{"rule": Incident(), **facts})


def messages(*rows: dict[str, Any], wording: Wording | None = None, **facts: Any) -> tuple[Message, ...]:
    return messages_for(status(case_of(*rows, **facts)), wording)


def test_a_buyer_reads_what_happened_and_that_nothing_was_charged():
    """The whole message of the usual case, word for word."""
    [message] = messages(row(), wording=Wording(seller_name="Example Store"))
    assert message.subject == f"Order {ORDER}: cancelled because of our error, with our apologies"
    assert message.body == (
        "Hello Test Buyer,\n\n"
        f"Order {ORDER}, March 1, 2026: Example Headphones\n\n"
        "A technical error on our side put this item on sale at a wrong price. We are unable to fulfil the purchase at "
        "that price and had to cancel it. The reason shown by Amazon is “pricing error”.\n\n"
        "You were not charged for it. If your bank shows a reserved amount, it is released automatically. There is "
        "nothing you need to do.\n\n"
        "We are sorry for the disappointment and the inconvenience. The error has since been corrected.\n\n"
        "Kind regards,\nExample Store\n"
    )
    assert (message.paid_per_unit, message.market.sales_channel, message.language) == ("$1.00", "Amazon.com", "en")


@pytest.mark.parametrize("market", MARKETPLACES, ids=lambda market: market.code)
def test_every_marketplace_is_written_to_in_its_main_language(market):
    """The language, the date and the money are the buyer's own; the message passes every rule."""
    written = messages(row(sales_channel=market.sales_channel, currency=market.currency))
    assert [message.language for message in written] == [market.languages[0]]
    assert lint_messages(written) == ()
    assert ORDER in written[0].subject
    assert ORDER in written[0].body


@pytest.mark.parametrize("language", [*LANGUAGES, "zh-CN"])
def test_every_language_has_every_text_with_the_same_placeholders(language: str):
    """No text is missing, none has lost or gained a placeholder, and none is longer than a merge cell."""
    ours, english = texts(language), texts("en")
    assert list(ours) == list(english)
    for name, text in ours.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[name])), name
        assert 0 < len(text) <= LONGEST_CELL, name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", ["cancelled", "cancelling"])
def test_nothing_was_charged_so_nothing_is_refunded(language: str, variant: str):
    """Messages about unshipped orders hold no word of refund, and differ from those to who has paid in advance."""
    text = builtin_template(variant, language).text()
    assert list(find_words(text, "refund", language)) == []
    assert text != builtin_template(variant, language, prepaid=True).text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_agrees_with_the_reason_that_amazon_shows(language: str):
    """Each cancel reason has its own sentence, and a quotation of what the buyer sees."""
    told = [builtin_template("cancelled", language, reason=reason).paragraphs[2] for reason in CANCEL_REASONS]
    assert len(set(told)) == len(CANCEL_REASONS)
    assert all(re.search('[“”„«「"]', text) for text in told)


def test_an_untrue_reason_is_refused():
    """A message never says that the buyer cancelled."""
    with pytest.raises(LetterError, match=r"Cancel reason 'BuyerCanceled': Amazon shows it to the buyer.*untrue"):
        messages(row(), wording=Wording(cancel_reason="BuyerCanceled"))


def test_no_inventory_is_told_as_such():
    """With another reason in the cancellation file the message gives that reason too."""
    [message] = messages(row(), wording=Wording(cancel_reason="NoInventory"))
    assert "no inventory" in message.body
    assert "pricing error" not in message.body


@pytest.mark.parametrize(
    ("changes", "prepaid"),
    [
        ({"sales_channel": "Amazon.co.jp", "currency": "JPY"}, True),
        ({"payment_method": "CVS"}, True),
        ({"payment_method_details": "ConvenienceStore"}, True),
        ({"payment_method": "Standard"}, False),
        ({}, False),
    ],
)
def test_who_may_have_paid_before_dispatch_is_told_so(changes: dict[str, Any], prepaid: bool):
    """Buyers who can pay in advance are not told that nothing was charged and nothing comes back."""
    [message] = messages(row(**changes))
    assert message.prepaid is prepaid
    assert message.unshipped is not prepaid
    assert lint_messages([message]) == ()


def test_one_message_per_order_however_many_items():
    """Two cancelled items of one order are told once, with both names and all units."""
    [message] = messages(row(), row(order_item_id="10000000000002", product_name="Example Cable", quantity=2))
    assert "Example Headphones and Example Cable" in message.body
    assert message.values["quantity"] == "3"


def test_an_order_of_two_answers_is_written_about_what_is_cancelled():
    """An item that shipped and one that did not are told apart: the message is about the latter and says so."""
    [message] = messages(row(), row(order_item_id="10000000000002", item_status="Shipped", product_name="Case"))
    assert "Case" not in message.body
    assert "The other items of your order are not affected." in message.body


def test_a_buyer_with_several_orders_gets_one_message_each():
    """Each message names its own order, and says which of how many it is."""
    written = messages(
        row(), row(order_id="111-0000002-0000002"), row(order_id="111-0000003-0000003", buyer_email="b@example.com")
    )
    assert [(message.turn, message.turns) for message in written] == [(1, 2), (2, 2), (1, 1)]
    assert all(message.order_id in message.body for message in written)


def test_only_the_affected_orders_are_written_about():
    """What was left out by hand gets no message."""
    case = case_of(row(), row(order_id="111-0000002-0000002"), left_out={f"{ORDER}/10000000000001": "a friend"})
    assert [message.order_id for message in messages_for(status(case))] == ["111-0000002-0000002"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"buyer_email": None}, "no_email"),
        ({"buyer_email": " "}, "no_email"),
        ({"buyer_email": "a@example.com\nBcc: all@example.com"}, "bad_email"),
        ({"buyer_email": "a@example.com, b@example.com"}, "bad_email"),
        ({"buyer_email": "nobody"}, "bad_email"),
        ({"order_id": "S01-1234567-1234567"}, "no_order_id"),
        ({"fulfillment_channel": "amazon"}, "fba"),
        ({"order_status": "Pending"}, "not_now"),
        ({"order_status": "Shipped"}, "decide"),
        ({"order_status": "Cancelled"}, "not_now"),
        ({"is_buyer_requested_cancellation": True}, "not_now"),
    ],
)
def test_why_there_is_no_message(changes: dict[str, Any], why: str):
    """Whoever gets no message has a reason that can be shown; without an address there is a text to send by hand."""
    [message] = messages(row(**changes))
    assert message.why == (told(f"letters.none_{why}") if why else None)
    assert message.state == ("none" if why else "written")
    assert message.by_hand == (why in ("no_email", "bad_email"))
    assert bool(message.body) == bool(not why or message.by_hand or (why == "fba" and message.variant))


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_seller_can_choose_what_is_said(variant: str):
    """Any variant can be set for any triage answer."""
    [message] = messages(row(order_status="Shipped"), wording=Wording(variants={"shipped": variant}))
    assert message.variant == variant
    assert message.message_id == f"{ORDER}/{variant}"


def test_an_unknown_variant_is_refused():
    """A word that is no variant is named, with those that are."""
    with pytest.raises(
        LetterError, match=r"Message variant 'sorry' does not exist. Choose one of cancelled, cancelling"
    ):
        messages(row(), wording=Wording(variants={"cancel": "sorry"}))


def test_a_marketplace_of_several_languages_is_written_to_in_its_first():
    """Belgium is written to in French; a language without texts is refused."""
    market = next(market for market in MARKETPLACES if market.code == "BE")
    [message] = messages(row(sales_channel="Amazon.com.be", currency="EUR"))
    assert message.language == buyer_language(market) == "fr"
    with pytest.raises(LetterError, match="There are no texts in 'ru'"):
        buyer_language(replace(market, languages=("ru",)))


def test_missing_facts_leave_no_holes():
    """Without name, date and product the message still reads well; nothing says None or nan."""
    [message] = messages(row(buyer_name=None, purchase_date=None, product_name=None, item_price=None))
    assert message.body.startswith(f"Hello,\n\nOrder {ORDER}: your item\n\n")
    assert not re.search(r"None|nan|NaT|<NA>", message.body + message.subject + message.paid_per_unit)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Test Buyer", "Test Buyer"),
        ("=cmd|' /C calc'!A0", ""),
        ("a@example.com", ""),
        ("www.example.com", ""),
        ("Call 555-0100", ""),
        ("<script>", ""),
        ("Anna\nBcc: x", "Anna Bcc: x"),
        ("Anna\u202eelpmaxe", "Anna elpmaxe"),
        ("😀", ""),
        ("---", ""),
        ("", ""),
        (None, ""),
        ("Ł" * 80, "Ł" * 59 + "…"),
    ],
)
def test_only_a_name_is_greeted(name: str | None, shown: str):
    """What a buyer or a prankster put into the name field never becomes a link, a formula or a header."""
    assert usable_name(name) == shown


ODD = st.text(max_size=80) | st.text("abcweht.,:;/@<>&()[]{}*$« +=-_0123😀\n", max_size=80)


@given(ODD, ODD)
def test_any_name_and_product_make_a_message_that_may_go_out(name: str, product: str):
    """Names cannot smuggle anything into a message: it passes every rule and fits into merge cells."""
    name, product = (text.encode("utf-8", "ignore").decode() for text in (name, product))
    [message] = messages(row(buyer_name=name, product_name=product))
    assert lint_messages([message]) == ()
    assert max(map(len, (message.subject, *message.paragraphs))) <= LONGEST_CELL
    assert len(message.body.splitlines()) == 2 * len(message.paragraphs)


def test_an_order_number_in_arabic_text_keeps_its_direction():
    """Marks of direction around it keep 111-… from being shown as …-111 between Arabic letters."""
    [message] = messages(row(sales_channel="Amazon.sa", currency="SAR"))
    assert f"\u200e{ORDER}\u200e" in message.subject
    assert f"\u200e{ORDER}\u200e" in message.body


def test_a_placeholder_in_a_name_stays_a_name():
    """A value is never read as a placeholder again."""
    [message] = messages(
        row(product_name="Lamp {seller_name} {order_id}"), wording=Wording(seller_name="Example Store")
    )
    assert "Lamp {seller_name} {order_id}" in message.paragraphs[1]


def test_a_seller_can_edit_the_text_and_it_is_read_back_the_same():
    """Our text, saved and read again, is the same template; an edited one is used in place of ours."""
    ours = builtin_template("cancelled", "en")
    assert parse_template(ours.text()) == ours
    own = parse_template(
        "Subject: Sorry about {order_id}\n\n{greeting}\n\nwe had to cancel {reference}.\nIt was our error.\n"
    )
    [message] = messages(row(), wording=Wording(templates={"cancelled.en": own}))
    assert message.subject == f"Sorry about {ORDER}"
    assert (
        message.paragraphs[1] == f"we had to cancel Order {ORDER}, March 1, 2026: Example Headphones. It was our error."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello", "no line 'Subject: …' on top, no paragraph below the subject, {order_id} is missing"),
        ("Subject: x\n\n{order_id} {buyer_name}", r"{buyer_name} is not a placeholder \(write {greeting}\)"),
        ("Subject: x\n\n{order_id} {", "'{' is no placeholder of promofix"),
        ("Subject: x\n\n{order_id} {order id}", "'{' is no placeholder of promofix"),
        ("Subject: x\n\n{order_id} ${name}", r"'\${' is no placeholder"),
        ("Subject: x\n\n{order_id} «Name»", "'«Name»' is no placeholder"),
        ("Subject: x\n\n{order_id} [[name]]", r"'\[\[' is no placeholder"),
        ("Subject: x\n\n{order_id.__class__}", "no placeholder"),
        ("Subject:\n\n{order_id}", "no line 'Subject: …' on top"),
    ],
)
def test_a_broken_template_says_what_is_wrong(text: str, words: str):
    """Every fault of a seller's text is named, with the file's name and the placeholders there are."""
    with pytest.raises(LetterError, match=rf"own.en.txt: .*{words}.*Placeholders are .*greeting"):
        parse_template(text, "own.en.txt")


def test_a_text_that_breaks_a_rule_is_stopped_unless_overruled_in_writing():
    """The export is blocked, the fault is named, and a reason in writing lets it through."""
    own = Template("Order {order_id}", ("{greeting}", "We are sorry, we cancelled {order_id}. Leave feedback."))
    written = messages(row(), wording=Wording(templates={"cancelled.en": own}))
    with pytest.raises(LetterError, match=r"(?s)cancelled in en .*line 3: “feedback”.*Mend the text, or overrule"):
        check_messages(written)
    check_messages(written, {"review": "Amazon asked us for it in case 1."})
    with pytest.raises(LetterError, match="needs a reason in writing"):
        check_messages(written, {"review": "because"})
    with pytest.raises(LetterError, match="There is no rule 'feedback' to overrule"):
        check_messages(written, {"feedback": "Amazon asked us for it."})


def test_each_kind_of_message_is_read_once_and_every_fact_always():
    """A thousand buyers of one text give its fault once."""
    own = Template("Order {order_id}", ("We are sorry, we cancelled {order_id}. Leave feedback.",))
    rows = [row(order_id=f"111-0000001-{number:07d}") for number in range(50)]
    found = lint_messages(messages(*rows, wording=Wording(templates={"cancelled.en": own})))
    assert [fault.rule for _, fault in found] == ["review"]


def test_money_of_a_message_is_exact():
    """A third of a cent is not rounded away, and a yen has no cents."""
    [message] = messages(row(quantity=3, item_price="1.00", item_promotion_discount=None))
    assert message.paid_per_unit == "$0.333333"
    [message] = messages(
        row(sales_channel="Amazon.co.jp", currency="JPY", item_price="1062", item_promotion_discount=None)
    )
    assert message.paid_per_unit == "￥1,062"
    assert message.values["paid"] == "￥1,062"


def in_two(channel: str, **more: Any) -> list[dict[str, Any]]:
    """One order of two items."""
    market = next(market for market in MARKETPLACES if market.sales_channel == channel)
    usual = {"sales_channel": channel, "currency": market.currency, **more}
    return [row(**usual), row(**usual, order_item_id="10000000000002", product_name="Example Case", sku="C")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ended", [True, False])
def test_a_partly_cancelled_order_names_the_item_and_what_stays(language: str, ended: bool):
    """Nobody may read "order cancelled" about an order of which one item is sent, in no language."""
    channel = next(market.sales_channel for market in MARKETPLACES if market.languages[0] == language)
    lines = in_two(channel)
    facts: dict[str, Any] = {"rule": Incident(skus=("HP-1",)), "open_gate": ended, "ended_at": None}
    [part] = messages(*lines, **facts)
    [whole] = messages(*lines, open_gate=ended, ended_at=None)
    assert part.language == language
    assert "Example Headphones" in part.subject
    assert texts(language)["part"] in part.body
    assert texts(language)["part"] not in whole.body
    assert "Example" not in whole.subject
    assert lint_messages([part, whole]) == ()
    assert max(map(len, (part.subject, *part.paragraphs))) <= LONGEST_CELL


# -- what is said follows from where the order stands -----------------------------------------------------------------


@pytest.mark.parametrize("channel", [market.sales_channel for market in MARKETPLACES])
def test_a_draft_tells_nobody_that_anything_was_done(channel: str):
    """While the gate is closed every message is held, and speaks of no cancellation done and of no error mended."""
    market = next(market for market in MARKETPLACES if market.sales_channel == channel)
    [draft] = messages(row(sales_channel=channel, currency=market.currency), open_gate=False)
    assert (draft.state, draft.variant) == ("held", "cancelling")
    assert "not" in str(draft.why)
    words = texts(draft.language)
    assert words["corrected"] not in draft.body
    assert words["what cancelled PricingError"] not in draft.body
    assert words["subject cancelled"].partition("}")[2] not in draft.subject


def test_a_late_order_closes_the_gate_for_all_messages():
    """An affected order after the end that was told: it still sells, and nothing is said to anybody."""
    rows = [row(), row(order_id="111-0000002-0000002", purchase_date="2027-03-01T20:00:00Z")]
    assert {message.state for message in messages(*rows)} == {"held"}


def test_what_amazon_refused_or_the_export_withholds_is_not_called_cancelled():
    """Its buyer may not be told of a cancellation; the message waits and says why."""
    case = case_of(row(promotion_ids=["P-1"]))
    case.export()
    case.amazon_said(refused=[1])
    [refused] = messages_for(status(case))
    assert (refused.state, refused.variant) == ("held", "cancelling")
    why = told("letters.held_refused")
    [withheld] = messages_for(status(case_of(row())), withheld={ORDER: why})
    assert (withheld.state, withheld.variant, withheld.why) == ("held", "cancelling", why)


def test_replacements_get_no_message():
    """What is free by design is set aside."""
    assert messages(row(is_replacement_order=True)) == ()
