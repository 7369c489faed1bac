"""Letters to Amazon: the request before cancelling, the request after it, and the plan of action in three answers."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from promofix_lib.account.rate import LIMIT, percent, short_percent
from promofix_lib.case.records import Advice
from promofix_lib.errors import CaseError, LetterError
from promofix_lib.letters.incidents import amount_lines, between, headline, incident_parts, moment_of, recorded
from promofix_lib.letters.texts import PLACEHOLDER, fill, one_line
from promofix_lib.say import ENGLISH, Told, say, told
from promofix_lib.status.rows import OPEN
from promofix_lib.status.status import status

if TYPE_CHECKING:
    from promofix_lib.case.case import Case
    from promofix_lib.status.rows import OrderRow
    from promofix_lib.status.status import Status

LETTERS = ("technical_issue", "annotation", "plan_of_action")
"""The letters, in the order in which they are needed."""

_GAP = re.compile(r"\[(?:FILL IN|请填写)[:：]\s*([^\]]*)\]")
_BECAME = {"cancelled": "cancelled", "asked": "asked", "shipped": "shipped_now", "closed": "shipped_now"}


@dataclass(frozen=True)
class Letter:
    """One letter: `text` for Amazon's English-speaking teams, `gloss` the same in the seller's language or empty."""

    name: str
    title: Told
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
        >>> Letter("annotation", told("letters.title_annotation"), "We [FILL IN: what you did].", "").gaps()
        ('what you did',)
        """
        return tuple(_GAP.findall(self.text))


def letters_of(
    case: Case, rates: Sequence[Mapping[str, Any]] = (), edited: Mapping[str, str] | None = None
) -> tuple[Letter, ...]:
    """The three letters, filled with what the case knows now.

    Parameters
    ----------
    case : Case
        Its status gives the figures, its journal what was done, its settings the name and the reason.
    rates : sequence of dict, optional
        The cancel rates as `Account.rates_json` gives them.
    edited : dict of str to str, optional
        Letters as the seller rewrote them, by name (those of the settings by default); fields in braces are filled.

    Raises
    ------
    LetterError
        An edited letter with a field that does not exist.
    """
    texts = case.settings.texts if edited is None else edited
    english, own = (
        case.once(f"letter fields {language}", partial(_fields, case, rates, language), also=rates)
        for language in (ENGLISH, case.language)
    )

    def letter(name: str) -> Letter:
        text = _filled(texts.get(name) or say(f"letters.letter_{name}", language=ENGLISH), english, name)
        gloss = _filled(say(f"letters.letter_{name}", language=case.language), own, name)
        return Letter(name, told(f"letters.title_{name}"), text, "" if case.language == ENGLISH else gloss)

    return tuple(letter(name) for name in LETTERS)


def how_to(language: str | None = None) -> str:
    """Which letter to send when, and the bad advice that is not to be followed."""
    return say("letters.how_to", language=language, bad_advice=told("letters.bad_advice"))


def record_advice(case: Case, *, given_on: str, case_id: str, text: str) -> Case:
    """Write down what Amazon advised; the same advice again changes nothing.

    Parameters
    ----------
    case : Case
        Its journal keeps the advice, also after a purge.
    given_on : str
        Day of the answer, ``2026-11-20``.
    case_id : str
        Number of the Seller Support case.
    text : str
        The words of the answer, without buyers' names.

    Raises
    ------
    CaseError
        A day that is no day, or no words.
    """
    try:
        date.fromisoformat(given_on)
    except ValueError as error:
        raise CaseError("letters.advice_day", found=given_on) from error
    if not text.strip():
        raise CaseError("letters.advice_words")
    advice = Advice(given_on, case_id, text)
    if advice not in advice_of(case):
        case.journal.keep([advice])
    return case


def advice_of(case: Case) -> tuple[Advice, ...]:
    """What Amazon advised, by day."""
    return tuple(sorted(case.journal.records(Advice), key=lambda advice: advice.given_on))


# -- filling ----------------------------------------------------------------------------------------------------------


def _filled(text: str, values: Mapping[str, str], name: str) -> str:
    strange = sorted(set(PLACEHOLDER.findall(text)) - set(values))
    if strange:
        found, known = (tuple(f"{{{field}}}" for field in fields) for fields in (strange, values))
        raise LetterError("letters.strange_fields", name=name, found=found, fields=known)
    return re.sub(r"\n{3,}", "\n\n", fill(text, values)).strip() + "\n"


def _fields(case: Case, rates: Sequence[Mapping[str, Any]], language: str) -> dict[str, str]:
    """What each field of a letter is filled with, in one language."""
    stands, advice, incidents = status(case), advice_of(case), incident_parts(case)

    def lines(sentences: Iterable[Told]) -> str:
        return "\n".join(one_line(sentence.text(language)) for sentence in sentences)

    day, causes = headline(incidents)
    state, reason, gone = stands.triage, case.settings.cancel_reason, len(stands.known_cancelled & {*stands.order_ids})
    waiting = len(stands.rows_of(order_id={*stands.order_ids}, triage="cancel", state=OPEN))
    to_come = waiting or "wait" in state
    questions = [
        told("letters.ask_technical_issue"),
        told("letters.may_cancel", n=waiting, reason=reason) if waiting else gone and told("letters.none_to_cancel"),
        "ask_amazon" in state and told("letters.fba", n=state["ask_amazon"]),
        told("letters.ask_case_id"),
    ]
    opening = "opening_later" if gone else "opening" if to_come else "opening_none"
    ended, rate_lines = [*_ended(stands, causes, case)], [*_rates(rates, any_made=bool(stands.known_cancelled))]
    values: dict[str, Told | str] = {
        "orders": f"{stands.orders:,}",
        "units": f"{stands.units:,}",
        "n_orders": told("letters.n_orders", n=stands.orders),
        "n_units": told("letters.n_units", n=stands.units),
        "day": day or told("letters.unknown"),
        "draft": "" if stands.gate.open else told("letters.draft", why=stands.gate.why),
        "opening": told(f"letters.{opening}", n=gone),
        "this_incident": told("letters.this_incident", n=max(len(stands.incidents), 1)),
        "cause_short": told(f"letters.cause_short_{causes}"),
        "incident_lines": "\n\n".join(lines(one.told()) for one in incidents),
        "amount_lines": lines(amount_lines(stands)),
        "state_lines": lines(told(f"letters.state_{word}", n=count) for word, count in state.items()),
        "cancelled_lines": lines(_cancelled(stands)),
        "rate_lines": lines((told("letters.rates"), *rate_lines)) if rate_lines else "",
        "reason": reason,
        "ended_line": lines(ended),
        "hold_line": told("letters.hold") if to_come else "",
        "ask_lines": lines(told("letters.ask", number=n, what=one) for n, one in enumerate(filter(None, questions), 1)),
        "done_lines": lines(_done(case, stands, ended)),
        "advice_sentence": _advice("letters.advised", advice[-1]) if advice else told("letters.not_advised"),
        "advice_lines": lines(_advice("letters.advice", one) for one in advice) or told("letters.no_advice"),
        "seller_name": case.settings.seller_name or told("letters.name"),
    }
    return {name: value.text(language) if isinstance(value, Told) else value for name, value in values.items()}


def _cancelled(stands: Status) -> Iterable[Told]:
    """What became of the orders, each in one line, as far as Amazon or a newer report confirms it; then the others."""
    mine = {*stands.order_ids}
    rows = [row for row in stands.rows if row.order_id in mine]
    counts = Counter(_became(row, stands) for row in rows)
    named = ("confirmed", "buyer_wished", "cancelled", "asked", "shipped_now", "set_aside")
    yield from (told(f"letters.now_{name}", n=counts[name]) for name in named if counts[name])
    if not stands.known_cancelled:
        to_come = any(row.triage in ("cancel", "wait") for row in rows)
        yield told("letters.now_none_confirmed" if to_come else "letters.now_none_at_all")
    elif counts["open"]:
        yield told("letters.now_open", n=counts["open"])
    besides = {"cancelled": len(stands.known_cancelled - mine), "honoured": len(stands.rows_of(next="ship"))}
    yield from (told(f"letters.besides_{name}", n=count) for name, count in besides.items() if count)


def _became(row: OrderRow, stands: Status) -> str:
    if row.order_id in stands.known_cancelled:
        return "confirmed"
    if row.order_id in stands.asked_by_buyer and row.state in ("accepted", "cancelled"):
        return "buyer_wished"
    return _BECAME.get(row.state, "set_aside" if row.triage == "set_aside" else "open")


def _rates(rates: Sequence[Mapping[str, Any]], *, any_made: bool) -> Iterable[Told]:
    """The rate without and with what is still to be cancelled; what is cancelled already stands in both."""
    for one in rates:
        readings = {when: _span(one[when]) for when in ("before", "after")}
        if all(readings.values()):
            channel = one["sales_channel"] or told("letters.all_channels")
            limit = short_percent(Fraction(str(one["limit"])))
            differ = one["before"] != one["after"]
            key = "letters.rate" if not any_made else "letters.rate_so_far" if differ else "letters.rate_with"
            yield told(key, sales_channel=channel, limit=limit, **readings)


def _span(reading: Mapping[str, Any]) -> Told | str | None:
    ends = [percent(Fraction(str(end)), LIMIT) for end in (reading["low"], reading["high"]) if end is not None]
    return between(*ends) if len(ends) == 2 else None


def _ended(stands: Status, causes: str, case: Case) -> Iterable[Told]:
    """What the seller has said about the end; a gap where it was not said, or where an order speaks against it."""
    gate = stands.gate
    if gate.after_end:
        yield told("letters.still_selling", n=len(gate.after_end), time=moment_of(gate.ended_at))
    elif not gate.promotion_ended:
        yield told("letters.not_ended")
    else:
        # without a time of the seller's own, `ended_at` is when it was said: the end may be much earlier
        exact = gate.ended_at is not None and gate.ended_at == case.promotion_ended_at
        what = "several" if len(stands.incidents) > 1 else "price" if causes == "price" else "promotion"
        yield told(f"letters.ended_{what}{'_at' if exact else ''}", time=moment_of(gate.ended_at) or "…")
        if gate.price_right:
            yield told("letters.price_right")


def _done(case: Case, stands: Status, ended: Iterable[Told]) -> Iterable[Told]:
    """What the journal holds: nothing else is claimed."""
    yield from (told("letters.done", what=line) for line in ended)
    yield told("letters.done_listed", n=stands.orders)
    for at, what, facts in recorded(case):
        yield told(f"letters.done_{what}", day=at.astimezone(case.zone).date(), **facts)
    if written := sum(row.message == "sent" for row in stands.rows):
        yield told("letters.done_written", n=written)
    yield from (_advice("letters.done_advice", one) for one in advice_of(case))


def _advice(key: str, one: Advice) -> Told:
    return told(key, date=one_line(one.given_on), case_id=one_line(one.case_id), text=one_line(one.text))


# -- what is still wrong with a letter --------------------------------------------------------------------------------


@cache
def _words() -> Mapping[str, Any]:
    """What no letter should hold: feelings, advice that is not to be followed, contacts."""
    return tomllib.loads(files("promofix_lib.letters").joinpath("letter-words.toml").read_text(encoding="utf-8"))


def concerns(text: str, private: Iterable[str] = (), language: str | None = None) -> tuple[str, ...]:
    """What to put right before a letter goes to Amazon; empty when nothing was found.

    Parameters
    ----------
    text : str
        The letter as it would be sent.
    private : iterable of str
        Names and addresses of buyers, none of which may be in it.
    language : str, optional
        Of the answer; the current one by default.

    Examples
    --------
    >>> concerns("We are deeply sorry. [FILL IN: date]", language="en")
    ('fill in: date', 'leave feelings out: deeply, sorry')
    """
    plain, unwanted = text.lower(), _words()
    felt = tuple(dict.fromkeys(word for word in re.findall(r"[a-z]+", plain) if word in unwanted["feelings"].split()))
    found = [told("letters.concern_gap", gap=gap) for gap in _GAP.findall(text)]
    found += [told("letters.concern_feelings", words=felt)] if felt else []
    found += [told(f"letters.concern_{name}") for name, sign in unwanted["advice"].items() if re.search(sign, plain)]
    found += [told("letters.concern_contacts")] if re.search(unwanted["contacts"], text) else []
    found += [told("letters.concern_names")] if any(name in text for name in private if len(name) > 3) else []
    return tuple(one.text(language) for one in found)
