"""What in a message breaks one of Amazon's rules for messages to buyers: line, words, rule and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import LANGUAGES
from promofix_lib.letters.linter_language import language_of
from promofix_lib.letters.linter_words import (
    FIELD_END,
    FIELD_START,
    find_words,
    folded,
    masked,
    normal,
    patterns_of,
    unmarked,
)
from promofix_lib.marketplaces import MARKETPLACES

ORDER_NUMBER = re.compile(r"(?<![\w-])\d{3}-\d{7}-\d{7}(?![\w-])")
LONGEST_MESSAGE = 2_000

_WORD_RULES = ("review", "marketing", "ask_to_cancel", "attachment", "opt_out", "link", "other_contact", "confirmation")
_TOP_LEVEL = (
    "com|net|org|info|biz|shop|store|online|site|app|io|eu|de|at|ch|fr|it|es|nl|be|se|pl|pt|jp|tr|ae|sa|eg|uk|us|ca|mx"
    "|br|au|in|sg|cn|co|ly|me"
)
_LINKS = re.compile(
    r"https?://\S+|\bwww\.\S+|(?<![\w.-])(?:[\w-]+\.)+[a-z]{2,}/\S*"  # Amazon's name alone is no link
    rf"|(?<![\w@.-])(?!(?i:amazon)\.)(?:[\w-]+\.)+(?:{_TOP_LEVEL})(?:/\S*)?(?![\w@-])"
)
_EMAILS = re.compile(
    r"(?<![\w.+-])[\w.+-]+\s?@\s?[\w-]+(?:\s?\.\s?\w{2,})+|(?<![\w.+-])[\w.+-]+\s?[(\[{]\s?at\s?[)\]}]\s?[\w-]+\S*"
    r"|\b\w+\s+at\s+[\w-]+\s+dot\s+\w+",
    re.IGNORECASE,
)
_CODES = "|".join(sorted({market.currency for market in MARKETPLACES}))
_NOT_A_PHONE = re.compile(
    r"(?<![\d.,/-])(?:"
    r"\d{3}-\d{7}-\d{7}"  # order number
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?"  # date, time
    rf"|\d{{1,3}}(?:[., ]\d{{3}})*[.,]\d{{2}}|[$€£¥]\s?\d[\d.,]{{0,14}}|\d[\d.,]{{0,14}}\s?(?:[$€£¥円]|(?:{_CODES})\b)"
    r")(?![.,/-]?\d)"
)
_PHONES = re.compile(r"(?<![0-9A-Za-z-])(?:\+\s?)?\(?\d(?:[\s().\-/]{0,2}\d){6,12}(?![0-9A-Za-z-])")
_EMOJI = re.compile(
    "[\u2190-\u21ff\u2300-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]|(?<!\\w)[:;=]-?[()DPp](?!\\w)|\\^_\\^|<3"
)
_MARKUP = re.compile(
    r"</?[a-zA-Z!][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,6});|\[/?(?:b|i|u|url|img|color)[=\]]|\*\*[^*\n]+\*\*"
)
_PLACEHOLDERS = re.compile(r"\{\w*\}|\$\{?[A-Za-z_]\w*\}?|«\w+»|\[(?:NAME|ORDER|PRODUCT)[A-Z _]*\]|<<\w+>>|%\w+%")
_SPELLING = re.compile(
    r"\b([^\W\d_]{2,})\s+\1\b(?!-)|[!?]{2,}|\s[,.](?=\s|$)|(?<=[^\W\d_]),(?=[^\W\d_])", re.IGNORECASE
)
_TWICE_IS_FINE = {"de": {"die", "das", "der", "sie"}, "fr": {"nous", "vous"}, "nl": {"dat", "die"}, "es": {"le"}}


@dataclass(frozen=True)
class Fault:
    """One place that Amazon would withhold or punish.

    Parameters
    ----------
    line : int
        Line of the text, the first one is 1; 0 is the subject, or the message as a whole.
    words : str
        What stands there.
    rule : str
        Short name of the rule, by which it can be overruled.
    why : str
        The rule in a sentence.
    """

    line: int
    words: str
    rule: str
    why: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else "subject or whole message"
        return (
            f"{place}: “{self.words}” – {self.why} [{self.rule}]"
            if self.words
            else f"{place}: {self.why} [{self.rule}]"
        )


@cache
def rules(reader: str = "en") -> Mapping[str, str]:
    """Every rule by its short name, in the words of the seller's language ("en" or "zh-CN")."""
    text = files("promofix_lib.letters").joinpath(f"rules-{reader}.json").read_text(encoding="utf-8")
    told: dict[str, str] = json.loads(text)
    return told


def lint_message(
    text: str, language: str, *, subject: str = "", order_id: str = "", unshipped: bool = True, reader: str = "en"
) -> tuple[Fault, ...]:
    r"""Everything in a message that breaks one of Amazon's rules, from top to bottom.

    Parameters
    ----------
    text : str
        The body with every placeholder filled in. Facts of the order (names) may be wrapped in `linter_words.marked`:
        rules about words pass over them, rules about links, addresses and pictures do not.
    language : str
        The buyer's language, one of `LANGUAGES`.
    subject : str
        The subject line.
    order_id : str
        The order the message is about; when empty any order number will do.
    unshipped : bool
        Nothing has been charged yet, so words of refund are untrue.
    reader : {"en", "zh-CN"}
        Language of the explanations.

    Returns
    -------
    tuple of Fault
        Empty when the message may go out.

    Raises
    ------
    LetterError
        A language whose words promofix does not know.

    References
    ----------
    Communication Guidelines, Seller Central help G1701; permitted and forbidden content since November 2020;
    scanning since March 2021; SP-API messaging (1 to 2,000 characters); Seller Central help 200383320 ([Important]).

    Examples
    --------
    >>> text = "Hello,\n\nwe had to cancel order 111-0000001-0000001. Please cancel the other one and leave feedback."
    >>> [(fault.line, fault.words, fault.rule) for fault in lint_message(text, "en")]
    [(3, 'Please cancel', 'ask_to_cancel'), (3, 'feedback', 'review')]
    """
    if language not in LANGUAGES:
        raise LetterError(f"Messages in {language!r} cannot be checked. Choose one of {', '.join(LANGUAGES)}.")
    why = rules(reader)
    body, head = normal(text), normal(subject)
    head_faults = (*_in_text(head, language, unshipped), *_words(head, "important", language))
    body_faults = sorted(_in_text(body, language, unshipped))
    places = [
        *_as_a_whole(body, head, language, order_id),
        *((0, words, rule) for _, words, rule in sorted(head_faults)),
        *((_line(body, place), words, rule) for place, words, rule in body_faults),
    ]
    faults = dict.fromkeys(Fault(line, words, rule, why[rule]) for line, words, rule in places)
    return tuple(sorted(faults, key=lambda fault: fault.line))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _in_text(text: str, language: str, unshipped: bool) -> Iterator[tuple[int, str, str]]:
    own = masked(text)
    for rule in (*_WORD_RULES, *(("refund",) if unshipped else ())):
        yield from _words(own, rule, language)
    numbers = _NOT_A_PHONE.sub(lambda match: "\ufffc" * len(match[0]), own)
    yield from ((match.start(), match[0].strip(), "phone") for match in _PHONES.finditer(numbers))
    yield from _spelling(own, language)
    yield from ((match.start(), match[0], "placeholder") for match in _PLACEHOLDERS.finditer(own))
    yield from hard_faults(text)


def _words(text: str, rule: str, language: str) -> Iterator[tuple[int, str, str]]:
    return ((place, words, rule) for place, words in find_words(text, rule, language))


def hard_faults(text: str) -> Iterator[tuple[int, str, str]]:
    """What Amazon's scanner finds wherever it stands, also in a product's name: place, words, rule."""
    text = text.replace(FIELD_START, " ").replace(FIELD_END, " ")
    emails = list(_EMAILS.finditer(text))
    yield from ((match.start(), match[0], "email") for match in emails)
    inside = {place for match in emails for place in range(*match.span())}
    links = (match for match in _LINKS.finditer(text) if match.start() not in inside)
    yield from ((match.start(), match[0], "link") for match in links)
    yield from ((match.start(), match[0], "markup") for match in _MARKUP.finditer(text))
    yield from ((match.start(), match[0], "emoji") for match in _EMOJI.finditer(text))


def _spelling(text: str, language: str) -> Iterator[tuple[int, str, str]]:
    for match in _SPELLING.finditer(text):
        if match[1] and match[1].lower() in _TWICE_IS_FINE.get(language, ()):
            continue
        yield match.start(), match[0].strip(), "spelling"


def _as_a_whole(body: str, head: str, language: str, order_id: str) -> Iterator[tuple[int, str, str]]:
    numbers = ORDER_NUMBER.findall(unmarked(head) + "\n" + unmarked(body))
    if not numbers or (order_id and order_id not in numbers):
        yield 0, "", "order_id"
    if order_id:
        yield from ((0, number, "other_order") for number in numbers if number != order_id)
    length = len(unmarked(body).strip())
    if not 1 <= length <= LONGEST_MESSAGE:
        yield 0, f"{length:,}", "length"
    for match in re.finditer(r"\n(?:[^\S\n]*\n){2,}", body):
        yield _line(body, match.start()) + 1, "", "line_breaks"
    yield from _language_faults(body, language)
    if _only_thanks(masked(body), language):
        yield 0, "", "only_thanks"


def _language_faults(body: str, language: str) -> Iterator[tuple[int, str, str]]:
    own = masked(body)
    for number, line in enumerate(own.split("\n"), 1):
        found = language_of(line, language)
        if found is not None and found != language:
            yield number, f"{LANGUAGES.get(found, '中文')}?", "language"


def _only_thanks(body: str, language: str) -> bool:
    """Whether nothing is left when sentences of thanks, greetings and the order number are taken away."""
    plain = folded(ORDER_NUMBER.sub("", body))[0]
    sentences = re.split("[.!?\n\u3002\uff01\uff1f\u061f]", plain)
    thanks = patterns_of("only_thanks", language)
    kept = [sentence for sentence in sentences if not any(pattern.search(sentence) for pattern in thanks)]
    return sum(sign.isalpha() for sign in "".join(kept)) < 12
