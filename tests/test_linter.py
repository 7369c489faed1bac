"""What in a message Amazon would withhold or punish."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import LANGUAGES
from promofix_lib.letters.linter import RULES, Fault, lint_message
from promofix_lib.letters.linter_words import forbidden_words, language_of, marked
from promofix_lib.letters.texts import CANCEL_REASONS, VARIANTS, builtin_template, texts
from promofix_lib.say import known_key

ORDER = "111-0000001-0000001"
DATA = Path(__file__).parent / "data"


def table(name: str) -> list[tuple[str, ...]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [tuple(cell.strip() for cell in line.split(" | ")) for line in lines if line and not line.startswith("#")]


def good_message(language: str, *, more: str = "", variant: str = "cancelled") -> str:
    words = texts(language)
    values = {"greeting": marked(words["greeting_unnamed"]), "reference": marked(f"{ORDER}: Example Lamp")}
    _, paragraphs = builtin_template(variant, language).fill(values | {"order_id": ORDER})
    parts = [*paragraphs[:-1], *([more] if more else []), paragraphs[-1]]
    return "\n\n".join(parts) + "\n" + marked("Example Store") + "\n"


def found(text: str, language: str, **more) -> list[str]:
    return [fault.rule for fault in lint_message(text, language, **more)]


@pytest.mark.parametrize(("rule", "language", "sentence"), table("messages-forbidden.txt"))
def test_a_forbidden_sentence_is_caught(rule: str, language: str, sentence: str):
    """Every rule is found in every language, on the line where it stands."""
    text = good_message(language, more=sentence)
    line = text.split("\n").index(sentence) + 1
    assert rule in [fault.rule for fault in lint_message(text, language) if fault.line == line]


@pytest.mark.parametrize(("language", "sentence"), table("messages-good.txt"))
def test_a_good_sentence_is_left_alone(language: str, sentence: str):
    """Telling what happened is no fault, though it uses words like cancel, promotion, sale, prices and times."""
    assert lint_message(good_message(language, more=sentence), language, order_id=ORDER) == ()


@pytest.mark.parametrize(
    "kind",
    [
        "fresh",
        "unseen",
        "heldout",
        "more",
        "plain",
        "coupon",
        "letters1",
        "letters2",
        "letters3",
        "truth1",
        "truth2",
        "truth3",
        "lead1",
        "out1",
        "out2",
        "out3",
    ],
)
def test_fresh_sentences_are_judged_as_amazon_would(kind: str):
    """Of sentences written before the rules were mended, and of later ones, at most one in twenty is judged wrongly."""
    forbidden, good = table(f"messages-forbidden-{kind}.txt"), table(f"messages-good-{kind}.txt")
    missed = [line for line in forbidden if not found_where(*line[1:])]
    stopped = [line for line in good if found_where(*line)]
    assert len(missed) <= len(forbidden) / 20, missed
    assert len(stopped) <= len(good) / 20, stopped


def found_where(language: str, sentence: str) -> list[str]:
    return [fault.rule for fault in lint_message(f"{ORDER}\n{sentence}", language) if fault.line == 2]


def test_every_word_rule_is_tried_in_every_language():
    """The table of forbidden sentences has no gaps."""
    tried = {(rule, language) for rule, language, _ in table("messages-forbidden.txt")}
    wanted = set(forbidden_words()) - {"important", "only_thanks"}
    assert {(rule, language) for rule in wanted for language in LANGUAGES} <= tried


def kinds() -> list[tuple[str, str, str, bool]]:
    reasons = {variant: CANCEL_REASONS if variant == "cancelled" else ("PricingError",) for variant in VARIANTS}
    return [
        (language, variant, reason, prepaid)
        for language in LANGUAGES
        for variant in VARIANTS
        for reason in reasons[variant]
        for prepaid in (False, True)
    ]


@pytest.mark.parametrize(("language", "variant", "reason", "prepaid"), kinds())
def test_our_own_messages_break_no_rule(language: str, variant: str, reason: str, prepaid: bool):
    """What promofix writes itself passes in every language, kind and reason."""
    template = builtin_template(variant, language, reason=reason, prepaid=prepaid)
    values = {
        "greeting": marked(texts(language)["greeting"].replace("{buyer_name}", "Stella Review")),
        "reference": marked(f"{ORDER}, 1 March 2026: Five-Star Coupon Holder, gift for reviewers"),
        "order_id": marked(ORDER),
    }
    subject, paragraphs = template.fill(values)
    text = "\n\n".join(paragraphs) + "\n" + marked("Feedback & Sterne Shop") + "\n"
    unshipped = not variant.startswith("shipped") and not prepaid
    assert lint_message(text, language, subject=subject, order_id=ORDER, unshipped=unshipped) == ()


def test_refund_words_are_fine_once_something_was_charged():
    """A shipped order was charged, so its refund may be called one."""
    text = good_message("en", variant="shipped_refunded")
    assert "refund" in found(text, "en")
    assert "refund" not in found(text, "en", unshipped=False)


def test_names_are_not_words_of_the_message():
    """A marked buyer's or product's name trips no rule about words; unmarked, the same text does."""
    assert found(good_message("en", more=f"It was the {marked('Feedback Coupon Star')}."), "en") == []
    assert set(found(good_message("en", more="This is the Feedback Coupon Star."), "en")) == {"review", "marketing"}


def test_a_marked_name_hides_no_link():
    """Amazon's scanner does not know what a product's name is: links, addresses, HTML and emojis count everywhere."""
    bad = f"It was the {marked('Lamp 😀 <b>www.example.com</b> a@example.com')}."
    assert set(found(good_message("en", more=bad), "en")) == {"link", "email", "markup", "emoji"}


@pytest.mark.parametrize(
    ("text", "order_id", "rule"),
    [
        ("We had to cancel this purchase because of a technical error.", "", "order_id"),
        ("We had to cancel order 111-000001-0000001 because of a technical error.", "", "order_id"),
        (f"We had to cancel order {ORDER} because of a technical error.", "111-0000002-0000002", "order_id"),
        (f"We had to cancel order {ORDER} because of a technical error.", "111-0000002-0000002", "other_order"),
        ("", ORDER, "length"),
        (f"{ORDER} " + "We had to cancel this purchase. " * 63, ORDER, "length"),
        (f"We had to cancel {ORDER}, sorry.\n\n\nExample Store", ORDER, "line_breaks"),
        (f"We had to cancel {ORDER}, sorry.\r\n \r\n\t\r\nExample Store", ORDER, "line_breaks"),
        (f"Hello, thank you for your order {ORDER}! We are here to help.", ORDER, "only_thanks"),
        (f"Order {ORDER}. If you have any questions, we are at your service. Kind regards,", ORDER, "only_thanks"),
        (f"Hallo, vielen Dank für Ihre Bestellung {ORDER}. Wir sind gerne für Sie da.", ORDER, "only_thanks"),
    ],
)
def test_the_message_as_a_whole(text: str, order_id: str, rule: str):
    """Order number, length, line breaks and substance are judged over the whole message."""
    assert rule in found(text, "de" if "Hallo" in text else "en", order_id=order_id)


@pytest.mark.parametrize("subject", ["[Important] Your order", "[WICHTIG] Bestellung", "【重要】ご注文", "[important]"])
def test_important_in_the_subject_is_caught(subject: str):
    """`[Important]` is reserved for critical messages, and a cancellation is none."""
    assert [fault.rule for fault in lint_message(good_message("en"), "en", subject=subject)] == ["important"]


def test_the_subject_is_read_too():
    """A forbidden word in the subject is a fault of line 0."""
    [fault] = lint_message(good_message("en"), "en", subject="A coupon for you")
    assert (fault.line, fault.words, fault.rule) == (0, "coupon", "marketing")


def test_a_fault_says_where_what_and_why():
    """The seller reads line, words and rule in one sentence, in English or Chinese."""
    text = good_message("en", more="Leave us a review.")
    [fault] = lint_message(text, "en")
    assert fault == Fault(11, "review", "review")
    assert fault.told.text("en") == "line 11: “review” – Talk of reviews, feedback or ratings is forbidden. [review]"
    assert "第 11 行" in fault.told.text("zh-CN")


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_told(rule: str):
    """Each has its sentence."""
    assert known_key(f"letters.rule_{rule}")


def test_an_unknown_language_is_refused():
    """A message that cannot be checked is not called good."""
    with pytest.raises(LetterError, match="no texts in 'ru'"):
        lint_message("…", "ru")


@pytest.mark.parametrize(
    "trick",
    ["re\u200bview", "RÉVIEW", "ｒｅｖｉｅｗ", "review\u00ad", "r e v i e w", "R.e.v.i.e.w", "r\u0435vi\u0435w"],
)
def test_disguised_words_are_found(trick: str):
    """Invisible signs, accents, full-width, spelt-out and Cyrillic letters and capitals do not hide a word."""
    assert "review" in found(good_message("en", more=f"Please write a {trick} today."), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_known_by_its_own_message(language: str):
    """The paragraphs of our messages are taken for what they are, without a hint."""
    told = [language_of(text) for text in builtin_template("cancelled", language).paragraphs[2:4]]
    assert set(told) <= {language, None}
    assert language in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_of_names_alone_is_of_no_language(language: str):
    """A Japanese or an Arabic text too may hold a line of Latin names without one small word."""
    assert language_of("Lumen Studio Wireless Headset Midnight", language) is None


@pytest.mark.parametrize("piece", ["a", "a.", "a ", "1", "1-", "a@", "<", "please ", "{", "\n", "評", "a at "])
def test_a_long_text_is_read_to_its_end(piece: str):
    """No text, however odd, keeps the seller waiting: work that grew with a power of the length would not end here."""
    faults = lint_message(piece * (60_000 // len(piece)), "en")
    assert isinstance(faults, tuple)


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str):
    """Whatever a seller types is answered with faults, never with a crash, and each fault names a line that exists."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(0 <= fault.line <= max(lines, 1) for fault in lint_message(text, "en"))
