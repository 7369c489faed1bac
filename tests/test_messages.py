"""What each buyer reads."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import LANGUAGES, buyer_language, check_languages
from promofix_lib.letters.linter_words import find_words
from promofix_lib.letters.messages import Message, Wording, message_for, messages_for, usable_name, why_no_message
from promofix_lib.letters.messages_check import check_messages, lint_messages
from promofix_lib.letters.messages_orders import buyer_orders
from promofix_lib.letters.messages_texts import (
    CANCEL_REASONS,
    LONGEST_CELL,
    VARIANTS,
    Template,
    builtin_template,
    parse_template,
    texts,
)
from promofix_lib.marketplaces import MARKETPLACES
from promofix_lib.orders import order_table

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


def messages(*rows: dict[str, Any], wording: Wording | None = None) -> tuple[Message, ...]:
    orders = order_table(rows)
    return messages_for(orders, pd.Series(True, index=orders.index), wording)


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
    assert (message.paid_per_unit, message.marketplace, message.language) == ("$1.00", "Amazon.com", "en")


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
@pytest.mark.parametrize("variant", ["cancelled", "fba_asked", "fba_cancelled"])
def test_nothing_was_charged_so_nothing_is_refunded(language: str, variant: str):
    """Messages about unshipped orders hold no word of refund, and those about cancelled ones differ from prepaid."""
    text = builtin_template(variant, language).text()
    assert list(find_words(text, "refund", language)) == []
    if variant != "fba_asked":
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
    """Two cancelled items of one order are told once, with both names; the item keys of both are kept."""
    [message] = messages(row(), row(order_item_id="10000000000002", product_name="Example Cable", quantity=2))
    assert "Example Headphones and Example Cable" in message.body
    assert message.item_keys == (f"{ORDER}/10000000000001", f"{ORDER}/10000000000002")
    assert message.order.units == 3


def test_an_order_of_two_answers_is_two_pieces_of_work():
    """An item that shipped and one that did not are told apart, and only one is written about."""
    orders = order_table([row(), row(order_item_id="10000000000002", item_status="Shipped")])
    found = buyer_orders(orders, pd.Series(True, index=orders.index))
    assert [order.triage for order in found] == ["cancel", "shipped"]
    assert len(messages_for(orders, pd.Series(True, index=orders.index))) == 1


def test_a_buyer_with_several_orders_gets_one_message_each():
    """Each message names its own order, and says which of how many it is."""
    written = messages(
        row(), row(order_id="111-0000002-0000002"), row(order_id="111-0000003-0000003", buyer_email="b@example.com")
    )
    assert [(message.order.turn, message.order.turns) for message in written] == [(1, 2), (2, 2), (1, 1)]
    assert all(message.order_id in message.body for message in written)


def test_only_the_chosen_items_are_written_about():
    """The mask decides by the row's own label, also when it is shorter or in another order."""
    orders = order_table([row(), row(order_id="111-0000002-0000002")])
    chosen = pd.Series([True, False], index=[1, 0])
    assert [message.order_id for message in messages_for(orders, chosen)] == ["111-0000002-0000002"]
    assert messages_for(orders, pd.Series([False, False])) == ()


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
        ({"order_id": None}, "no_order_id"),
        ({"fulfillment_channel": "amazon"}, "fba"),
        ({"order_status": "Pending"}, "not_now"),
        ({"order_status": "Shipped"}, "decide"),
        ({"order_status": "Cancelled"}, "not_now"),
        ({"is_buyer_requested_cancellation": True}, "not_now"),
        ({"is_replacement_order": True}, "not_now"),
    ],
)
def test_why_there_is_no_message(changes: dict[str, Any], why: str):
    """Whoever gets no message has a reason that can be shown."""
    orders = order_table([row(**changes)])
    [order] = buyer_orders(orders, pd.Series([True]))
    assert why_no_message(order, Wording()) == why
    assert (message_for(order) is None) is bool(why)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_seller_can_choose_what_is_said(variant: str):
    """Any variant can be set for any triage answer."""
    [message] = messages(row(order_status="Shipped"), wording=Wording(variants={"shipped": variant}))
    assert message.variant == variant
    assert message.message_id == f"{ORDER}/{variant}"


def test_an_unknown_variant_is_refused():
    """A word that is no variant is named, with those that are."""
    with pytest.raises(
        LetterError, match=r"Message variant 'sorry' does not exist. Choose one of cancelled, fba_asked"
    ):
        messages(row(), wording=Wording(variants={"cancel": "sorry"}))


def test_the_seller_can_choose_the_language_of_a_marketplace():
    """Belgium is written to in French unless the seller says Dutch."""
    market = next(market for market in MARKETPLACES if market.code == "BE")
    assert buyer_language(market) == "fr"
    [message] = messages(
        row(sales_channel="Amazon.com.be", currency="EUR"), wording=Wording(languages={"Amazon.com.be": "nl"})
    )
    assert message.language == "nl"
    with pytest.raises(LetterError, match="there are no texts in 'ru'"):
        buyer_language(market, {"Amazon.com.be": "ru"})
    with pytest.raises(LetterError, match=r"not known: Amazon.bd: en; Amazon.ca: ru"):
        check_languages({"Amazon.bd": "en", "Amazon.ca": "ru"})


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


@settings(deadline=None)
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
    [message] = messages(row(), wording=Wording(templates={("cancelled", "en"): own}))
    assert message.subject == f"Sorry about {ORDER}"
    assert (
        message.paragraphs[1] == f"we had to cancel Order {ORDER}, March 1, 2026: Example Headphones. It was our error."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello", "no line 'Subject: …' on top; no paragraph below the subject; {order_id} is missing"),
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
    written = messages(row(), wording=Wording(templates={("cancelled", "en"): own}))
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
    found = lint_messages(messages(*rows, wording=Wording(templates={("cancelled", "en"): own})))
    assert [fault.fault.rule for fault in found] == ["review"]


def test_money_of_a_message_is_exact():
    """A third of a cent is not rounded away, and a yen has no cents."""
    [message] = messages(row(quantity=3, item_price="1.00", item_promotion_discount=None))
    assert message.paid_per_unit == "$0.333333"
    [message] = messages(
        row(sales_channel="Amazon.co.jp", currency="JPY", item_price="1062", item_promotion_discount=None)
    )
    assert message.paid_per_unit == "￥1,062"
    assert message.order.paid == Decimal("1062")


@pytest.mark.parametrize("channel", ["Amazon.com", "Amazon.de", "Amazon.co.jp", "Amazon.fr", "Amazon.sa"])
def test_the_subject_names_the_item_when_the_rest_of_the_order_stays(channel: str):
    """Nobody may read "order cancelled" about an order of which one item is sent."""
    item = {
        "order_id": "111-0000001-0000001",
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sales_channel": channel,
        "quantity": 1,
        "buyer_email": "a1@example.com",
    }
    orders = order_table([item | {"product_name": "Example Headphones"}, item | {"product_name": "Example Case"}])
    [part] = messages_for(orders, pd.Series([True, False]))
    [whole] = messages_for(orders, pd.Series([True, True]))
    assert "111-0000001-0000001 (Example Headphones)" in part.subject
    assert "Example" not in whole.subject
    check_messages([part, whole])
