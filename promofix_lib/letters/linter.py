"""What in a message breaks one of Amazon's rules for messages to buyers, and whether the messages may go out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import LANGUAGES, known_word
from promofix_lib.letters.linter_words import (
    FIELD_END,
    FIELD_START,
    find_words,
    folded,
    language_of,
    masked,
    normal,
    spans_of,
    unmarked,
    words_of,
)
from promofix_lib.marketplaces import MARKETPLACES
from promofix_lib.rules import rule as fact
from promofix_lib.say import Told, language_name, told

if TYPE_CHECKING:
    from promofix_lib.letters.messages import Message

RULES = (
    "order_id", "other_order", "language", "review", "marketing", "ask_to_cancel", "refund", "attachment", "opt_out",
    "link", "email", "phone", "other_contact", "confirmation", "important", "emoji", "markup", "line_breaks",
    "only_thanks", "length", "placeholder", "spelling",
)  # fmt: skip
"""Short names of the rules, by which the seller can overrule them."""

ORDER_NUMBER = re.compile(r"(?<![\w-])\d{3}-\d{7}-\d{7}(?![\w-])")
SHORTEST_REASON = 10
_SHOWN = 12
_WORD_RULES = ("review", "marketing", "ask_to_cancel", "attachment", "opt_out", "link", "other_contact", "confirmation")


@cache
def _signs() -> Mapping[str, re.Pattern[str]]:
    """Regular expression per name, as ``forbidden-signs.toml`` has them."""
    source = files("promofix_lib.letters").joinpath("forbidden-signs.toml").read_text(encoding="utf-8")
    codes = "|".join(sorted({market.currency for market in MARKETPLACES}))
    signs = {name: "|".join(line.strip() for line in sign.split("\n")) for name, sign in tomllib.loads(source).items()}
    return {name: re.compile(sign.replace("CURRENCIES", codes)) for name, sign in signs.items()}


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
        One of `RULES`.
    """

    line: int
    words: str
    rule: str

    @property
    def told(self) -> Told:
        """Place, words and why, in one sentence."""
        why = told(f"letters.rule_{self.rule}", longest=fact("messages.longest"))
        key = "letters.fault_line" if self.line else "letters.fault_whole"
        return told(key, line=self.line, words=self.words, why=why, rule=self.rule)


def lint_message(
    text: str, language: str, *, subject: str = "", order_id: str = "", unshipped: bool = True
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
    known_word(LANGUAGES, language, "letters.language_unknown")
    body, head = normal(text), normal(subject)
    head_faults = (*_in_text(head, language, unshipped), *find_words(head, "important", language))
    body_faults = sorted(_in_text(body, language, unshipped))
    places = [
        *_as_a_whole(body, head, language, order_id),
        *((0, words, rule) for _, words, rule in sorted(head_faults)),
        *((_line(body, place), words, rule) for place, words, rule in body_faults),
    ]
    faults = dict.fromkeys(Fault(line, words, rule) for line, words, rule in places)
    return tuple(sorted(faults, key=lambda fault: fault.line))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _in_text(text: str, language: str, unshipped: bool) -> Iterator[tuple[int, str, str]]:
    own = masked(text)
    for rule in (*_WORD_RULES, *(("refund",) if unshipped else ())):
        yield from find_words(own, rule, language)
    yield from _phones(own, "phone")
    twice = _signs().get(f"twice_is_fine_{language}")
    for place, words, rule in (*_found(own, "spelling"), *_found(own, "placeholder")):
        if not (twice and twice.match(words) and len(words.split()) == 2):
            yield place, words, rule
    yield from hard_faults(text)


def _found(text: str, rule: str) -> Iterator[tuple[int, str, str]]:
    return ((match.start(), match[0].strip(), rule) for match in _signs()[rule].finditer(text))


def _phones(text: str, sign: str) -> Iterator[tuple[int, str, str]]:
    numbers = _signs()["not_a_phone"].sub(lambda match: "\ufffc" * len(match[0]), text)
    return ((place, words, "phone") for place, words, _ in _found(numbers, sign))


def hard_faults(text: str) -> Iterator[tuple[int, str, str]]:
    """What Amazon's scanner finds wherever it stands, also in a product's name: place, words, rule."""
    text = text.replace(FIELD_START, " ").replace(FIELD_END, " ")
    emails = list(_found(text, "email"))
    inside = {place for start, words, _ in emails for place in range(start, start + len(words))}
    links = (link for link in _found(text, "link") if link[0] not in inside)
    yield from (*emails, *links, *_phones(text, "sure_phone"), *_found(text, "markup"), *_found(text, "emoji"))


def _as_a_whole(body: str, head: str, language: str, order_id: str) -> Iterator[tuple[int, str, str]]:
    numbers = ORDER_NUMBER.findall(unmarked(head) + "\n" + unmarked(body))
    if not numbers or (order_id and order_id not in numbers):
        yield 0, "", "order_id"
    if order_id:
        yield from ((0, number, "other_order") for number in numbers if number != order_id)
    length = len(unmarked(body).strip())
    if not 1 <= length <= fact("messages.longest"):
        yield 0, str(length), "length"
    for match in re.finditer(r"\n(?:[^\S\n]*\n){2,}", body):
        yield _line(body, match.start()) + 1, "", "line_breaks"
    for number, line in enumerate(masked(body).split("\n"), 1):
        if (spoken := language_of(line, language)) not in (None, language):
            yield number, f"{language_name(spoken or language)}?", "language"
    if _only_thanks(masked(body), language):
        yield 0, "", "only_thanks"


def _only_thanks(body: str, language: str) -> bool:
    """Whether nothing is left when sentences of thanks, greetings and the order number are taken away."""
    plain = folded(ORDER_NUMBER.sub("", body))[0]
    sentences = re.split("[.!?\n\u3002\uff01\uff1f\u061f]", plain)
    kept = [sentence for sentence in sentences if not spans_of(words_of("only_thanks", language), sentence)]
    return sum(sign.isalpha() for sign in "".join(kept)) < 12


# -- all messages of an export ----------------------------------------------------------------------------------------


def lint_messages(messages: Iterable[Message]) -> tuple[tuple[Message, Fault], ...]:
    """Everything in the merged messages that breaks a rule, each with the message that it stands in.

    The words of one template are read once, with its first buyer's facts; of the others only the facts are read, for
    the rest of the text is the same.
    """
    seen, found = set(), []
    for message in (one for one in messages if one.variant):
        kind = (message.template, message.language, message.unshipped)
        faults = _facts(message) if kind in seen else _whole(message)
        seen.add(kind)
        found += [(message, fault) for fault in faults]
    return tuple(found)


def _whole(message: Message) -> tuple[Fault, ...]:
    one = message.marked()
    return lint_message(one.body, one.language, subject=one.subject, order_id=one.order_id, unshipped=one.unshipped)


def _facts(message: Message) -> Iterator[Fault]:
    values = dict.fromkeys((message.values["greeting"], message.values["product"]))
    return (Fault(0, words, rule) for value in values for _, words, rule in hard_faults(value))


def check_overruled(overruled: Mapping[str, str]) -> Mapping[str, str]:
    """Back what came in when every rule exists and has a reason in writing.

    Raises
    ------
    LetterError
        An unknown rule, or a reason of fewer than ten characters.

    Examples
    --------
    >>> check_overruled({"review": "ok"})
    Traceback (most recent call last):
    promofix_lib.errors.LetterError: Overruling 'review' needs a reason in writing, at least 10 characters. ...
    """
    for rule, reason in overruled.items():
        known_word(RULES, rule, "letters.no_such_rule")
        if len(reason.strip()) < SHORTEST_REASON:
            raise LetterError("letters.reason_too_short", rule=rule, least=SHORTEST_REASON)
    return overruled


def check_messages(messages: Iterable[Message], overruled: Mapping[str, str] | None = None) -> None:
    """Nothing when every message may go out.

    Parameters
    ----------
    messages : iterable of Message
        As they would be sent.
    overruled : mapping of str to str, optional
        Rule to the seller's reason for breaking it.

    Raises
    ------
    LetterError
        Naming the faults and how to go on.
    """
    allowed = check_overruled(overruled or {})
    faults = []
    for one, fault in lint_messages(messages):
        if fault.rule not in allowed:
            whose = {"variant": one.variant, "tongue": one.language, "message_id": one.message_id}
            faults.append(told("letters.fault_of_message", fault=fault.told, **whose))
    if faults:
        more = len(faults) - _SHOWN
        shown = [*faults[:_SHOWN], *([told("letters.more_faults", n=more)] if more > 0 else [])]
        raise LetterError("letters.faulty_messages", faults=_lines(shown))


def _lines(sentences: list[Told]) -> Told:
    """Sentences of which each stands on a line of its own."""
    rest = _lines(sentences[1:]) if sentences[1:] else ""
    return told("letters.lines", first=sentences[0], rest=rest)
