"""What a case tells Amazon: its facts, the seller's word, the letters, and what Amazon answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from promofix_lib.case.case import Case, own_prices
from promofix_lib.errors import CaseError
from promofix_lib.finding import NormalPrice
from promofix_lib.letters.amazon import LETTERS, Letter, Word, letters
from promofix_lib.letters.amazon_facts import Advice, IncidentFacts, incident_facts

ADVICE = "amazon_advice"
"""Name of the log's entries that hold what Amazon said."""


def record_advice(case: Case, *, given_on: str, case_id: str, text: str) -> Case:
    """Write down what Amazon advised; the same advice again changes nothing.

    Parameters
    ----------
    case : Case
        Its log keeps the advice, also after a purge.
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
        raise CaseError(f"Amazon's advice: {given_on!r} is not a day. Write it as 2026-11-20.") from error
    if not text.strip():
        raise CaseError("Amazon's advice: the words of the answer are missing. Copy them from the Seller Support case.")
    if Advice(given_on, case_id, text) in advice_in(case.log):
        return case
    return case.note(ADVICE, given_on=given_on, case_id=case_id, text=text)


def advice_in(log: Iterable[Mapping[str, Any]]) -> tuple[Advice, ...]:
    """What Amazon advised, by day.

    Examples
    --------
    >>> advice_in([{"what": "export"}, {"what": "amazon_advice", "given_on": "2026-11-20", "text": "Cancel all."}])
    (Advice(date='2026-11-20', case_id='', text='Cancel all.'),)
    """
    found = [
        Advice(str(entry.get("given_on", "")), str(entry.get("case_id", "")), str(entry.get("text", "")))
        for entry in log
        if entry.get("what") == ADVICE
    ]
    return tuple(sorted(found, key=lambda advice: advice.date))


def normal_prices_of(case: Case) -> tuple[NormalPrice, ...]:
    """Normal prices of the incident: the seller's own first, then those the reports told."""
    found = case.finding.normal_prices if case.finding else ()
    given = own_prices(case.settings)
    named = {(price.sku, price.sales_channel, price.currency) for price in given}
    return (*given, *(price for price in found if (price.sku, price.sales_channel, price.currency) not in named))


def facts_of(case: Case, affected: pd.Series[bool] | None = None) -> IncidentFacts:
    """The numbers of the orders that the seller chose, or of `affected`, a mask over the case's orders."""
    return incident_facts(
        case.orders,
        case.chosen() if affected is None else affected,
        promotion_ids=case.filter.promotion_ids or (case.finding.promotion_ids if case.finding else ()),
        normal_prices=normal_prices_of(case),
        market=case.marketplace,
    )


def word_of(case: Case) -> Word:
    """What the seller set and what Amazon advised."""
    settings = case.settings
    return Word(
        settings.seller_name,
        settings.cancel_reason,
        settings.promotion_ended,
        ended_at(case),
        advice_in(case.log),
    )


def ended_at(case: Case) -> datetime | None:
    """When the seller ended the promotion; None when that was not said.

    Raises
    ------
    CaseError
        A time that can not be read, or one without a zone.
    """
    text = case.settings.promotion_ended_at.strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CaseError(f"The promotion's end {text!r} is not a time. Write it as 2026-11-20T07:00-08:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=case.marketplace.zone)


def letters_of(case: Case, affected: pd.Series[bool] | None = None) -> tuple[Letter, ...]:
    """The three letters with today's numbers, as the seller edited them."""
    edited = {name: text for name, text in case.settings.texts.items() if name in LETTERS}
    return letters(facts_of(case, affected), word_of(case), language=case.settings.language, edited=edited)
