"""Letters to Amazon: the request before cancelling, the request after it, and the plan of action in three answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from promofix_lib.errors import LetterError
from promofix_lib.letters.amazon_facts import Advice, IncidentFacts, ItemFacts
from promofix_lib.orders import money_text

LETTERS = ("technical_issue", "annotation", "plan_of_action")
"""The letters, in the order in which they are needed."""

GLOSSES = ("zh-CN",)
"""Languages in which a seller can read what the English letter says."""

_FIELD = re.compile(r"\{(\w+)\}")
_GAP = re.compile(r"\[(?:FILL IN|请填写)[:：]\s*([^\]]*)\]")


@dataclass(frozen=True)
class Letter:
    """One letter: `text` for Amazon's English-speaking teams, `gloss` the same in the seller's language or empty."""

    name: str
    title: str
    text: str
    gloss: str

    @property
    def file_name(self) -> str:
        """What the letter is called in an export, such as ``letter-to-amazon-2-annotation.txt``."""
        return f"letter-to-amazon-{LETTERS.index(self.name) + 1}-{self.name.replace('_', '-')}.txt"

    def gaps(self) -> tuple[str, ...]:
        """What only the seller knows and must still write in before sending.

        Examples
        --------
        >>> Letter("annotation", "", "We [FILL IN: what you did].", "").gaps()
        ('what you did',)
        """
        return gaps_in(self.text)


@dataclass(frozen=True)
class Word:
    """What the seller knows besides the orders.

    Parameters
    ----------
    seller_name : str
    reason : str
        Cancel reason code that the buyers are shown.
    promotion_ended : bool
        The seller's word.
    promotion_ended_at : datetime with a zone, or None
    advice : sequence of Advice
        What Amazon said so far, oldest first.
    """

    seller_name: str = ""
    reason: str = "PricingError"
    promotion_ended: bool = False
    promotion_ended_at: datetime | None = None
    advice: Sequence[Advice] = field(default=())


def gaps_in(text: str) -> tuple[str, ...]:
    """Every ``[FILL IN: …]`` of a text."""
    return tuple(_GAP.findall(text))


def letters(
    facts: IncidentFacts, word: Word, *, language: str = "en", edited: Mapping[str, str] | None = None
) -> tuple[Letter, ...]:
    """The three letters, filled with the incident's own numbers.

    Parameters
    ----------
    facts : IncidentFacts
        From `incident_facts`.
    word : Word
        What the seller knows besides.
    language : str
        ``zh-CN`` adds the same letters in Chinese, to read.
    edited : mapping of str to str, optional
        Letters as the seller rewrote them, by name; fields in braces are filled with today's numbers.

    Raises
    ------
    LetterError
        An edited letter with a field that does not exist.
    """
    texts = edited or {}
    return tuple(_letter(name, facts, word, language, texts.get(name)) for name in LETTERS)


def _letter(name: str, facts: IncidentFacts, word: Word, language: str, edited: str | None) -> Letter:
    shown = language if language in GLOSSES else "en"
    text = _filled(edited or words("en")[f"letter {name}"], fields_of(facts, word, "en"), name)
    gloss = _filled(words(shown)[f"letter {name}"], fields_of(facts, word, shown), name) if shown != "en" else ""
    return Letter(name, words(shown)[f"title {name}"], text, gloss)


def letter_template(name: str) -> str:
    """The English letter with its fields in braces, for the seller to edit.

    Examples
    --------
    >>> "{orders} orders" in letter_template("annotation")
    True
    """
    return words("en")[f"letter {name}"]


def how_to(language: str = "en") -> str:
    """Which letter to send when, and the bad advice that is not to be followed."""
    known = words(language if language in GLOSSES else "en")
    return known["how_to"].replace("{bad_advice}", known["bad_advice"])


@cache
def words(language: str) -> dict[str, str]:
    """Every text about Amazon in one language, by its name."""
    source = files("promofix_lib.letters").joinpath(f"amazon-{language}.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[([a-z_]+(?: [a-z_]+)?)\]\n", source, flags=re.MULTILINE)
    return {name: body.rstrip("\n") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _filled(text: str, values: Mapping[str, str], name: str) -> str:
    strange = sorted(set(_FIELD.findall(text)) - set(values))
    if strange:
        raise LetterError(
            f"Letter {name}: {', '.join('{' + field + '}' for field in strange)} can not be filled in. "
            f"Fields are {', '.join('{' + field + '}' for field in values)}."
        )
    filled = _FIELD.sub(lambda match: values[match[1]], text)
    return re.sub(r"\n{3,}", "\n\n", singular(filled)).strip() + "\n"


def singular(text: str) -> str:
    """English with "1 order" where a number was filled in before "orders".

    Examples
    --------
    >>> singular("the 1 unshipped seller-fulfilled orders, 1 units, 21 orders, 4.1 units")
    'the 1 unshipped seller-fulfilled order, 1 unit, 21 orders, 4.1 units'
    """
    return re.sub(r"(?<![\d.,:-])1 ((?:[A-Za-z-]+ ){0,3})(order|unit)s\b", r"1 \1\2", text)


def fields_of(facts: IncidentFacts, word: Word, language: str = "en") -> dict[str, str]:
    """What each field of a letter is filled with."""
    known, zone = words(language), ZoneInfo(facts.zone_name)
    cause = "promotion" if facts.promotion_ids else "price"
    state = facts.state
    return {
        "orders": f"{facts.orders:,}",
        "units": f"{facts.units:,}",
        "day": facts.onset.astimezone(zone).strftime("%Y-%m-%d") if facts.onset else known["unknown"],
        "onset": _time(facts.onset, zone) or known["unknown"],
        "end": _time(facts.end, zone) or known["unknown"],
        "cause_sentence": known[f"cause {cause}"],
        "cause_short": known[f"cause_short {cause}"],
        "promotion_lines": _promotion_lines(facts, known),
        "item_lines": "\n".join(_item_line(item, known) for item in facts.items),
        "amount_lines": _amount_lines(facts, known),
        "state_lines": "\n".join(_put(known[f"state {name}"], orders=f"{count:,}") for name, count in state.items()),
        "to_cancel": f"{state.get('cancel', 0):,}",
        "reason": word.reason,
        "ended_line": _ended_line(word, known, zone),
        "fba_question": _put(known["fba" if state.get("ask_amazon") else "no_fba"], orders=state.get("ask_amazon", 0)),
        "advice_sentence": _advice_sentence(word, known),
        "advice_lines": "\n".join(_advice_line(advice, known) for advice in word.advice) or known["no_advice"],
        "seller_name": word.seller_name or known["name"],
    }


def _put(text: str, /, **values: Any) -> str:
    # one pass: a value that looks like a field stays as it is
    return _FIELD.sub(lambda match: str(values[match[1]]), text)


def _time(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S} ({zone.key})"


def _promotion_lines(facts: IncidentFacts, known: Mapping[str, str]) -> str:
    named = (("promotion", facts.promotion_ids), ("claim_code", facts.claim_codes))
    lines = [_put(known[kind], names=", ".join(map(_one_line, names))) for kind, names in named if names]
    return "\n".join(lines)


def _item_line(item: ItemFacts, known: Mapping[str, str]) -> str:
    return _put(
        known["item" if item.normal is not None else "item_unknown"],
        sku=_one_line(item.sku) or known["unknown"],
        asin=_one_line(item.asin) or known["unknown"],
        paid=_range(item) or known["unknown"],
        normal=_money(item.normal, item.currency) if item.normal is not None else "",
        units=f"{item.units:,}",
    )


def _range(item: ItemFacts) -> str:
    ends = [_money(price, item.currency) for price in (item.lowest, item.highest) if price is not None]
    return " - ".join(dict.fromkeys(ends))


def _money(amount: Decimal, currency: str) -> str:
    """An amount with thousands signs and its currency: the letters are read by people in one language only."""
    whole, dot, decimals = money_text(amount, currency).partition(".")
    return f"{int(whole):,}{dot}{decimals} {currency}".strip()


def _amount_lines(facts: IncidentFacts, known: Mapping[str, str]) -> str:
    lines = [
        _put(
            known["amount" if amount.normal is not None else "amount_paid"],
            currency=amount.currency,
            paid=_money(amount.paid, amount.currency),
            normal="" if amount.normal is None else _money(amount.normal, amount.currency),
            loss="" if amount.loss is None else _money(amount.loss, amount.currency),
        )
        for amount in facts.amounts
    ]
    return "\n".join(lines + ([_put(known["unpriced"], items=facts.unpriced)] if facts.unpriced else []))


def _ended_line(word: Word, known: Mapping[str, str], zone: ZoneInfo) -> str:
    if not word.promotion_ended:
        return known["not_ended"]
    if word.promotion_ended_at is None:
        return known["ended"]
    return _put(known["ended at"], time=_time(word.promotion_ended_at, zone))


def _advice_sentence(word: Word, known: Mapping[str, str]) -> str:
    if not word.advice:
        return known["not_advised"]
    last = word.advice[-1]
    return _put(known["advised"], date=_one_line(last.date), case_id=_one_line(last.case_id))


def _advice_line(advice: Advice, known: Mapping[str, str]) -> str:
    cells = {name: _one_line(getattr(advice, name)) for name in ("date", "case_id", "text")}
    return _put(known["advice"], **cells)


def _one_line(text: str) -> str:
    return " ".join(text.split())
