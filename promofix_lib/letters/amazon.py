"""Letters to Amazon: the request before cancelling, the request after it, and the plan of action in three answers."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from promofix_lib.account.rate import LIMIT, percent, short_percent
from promofix_lib.amounts import Money
from promofix_lib.case.records import Advice, ExportRecord, UploadAnswer
from promofix_lib.errors import CaseError, LetterError
from promofix_lib.letters.texts import one_line
from promofix_lib.orders import flat_lists
from promofix_lib.say import ENGLISH, Told, say, told, zone_text
from promofix_lib.status.rows import OPEN
from promofix_lib.status.status import status

if TYPE_CHECKING:
    import pandas as pd

    from promofix_lib.case.case import Case
    from promofix_lib.status.book import Mask
    from promofix_lib.status.rows import OrderRow
    from promofix_lib.status.status import Status

LETTERS = ("technical_issue", "annotation", "plan_of_action")
"""The letters, in the order in which they are needed."""

_FIELD = re.compile(r"\{(\w+)\}")
_GAP = re.compile(r"\[(?:FILL IN|请填写)[:：]\s*([^\]]*)\]")
_ITEMS_SHOWN = 20
_BECAME = {"cancelled": "cancelled", "asked": "asked", "shipped": "shipped_now", "closed": "shipped_now"}
_SITE_WIDE = "_SITE_WIDE_"  # Amazon's filler where a promotion needs no code


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


# -- what Amazon advised ----------------------------------------------------------------------------------------------


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
    strange = sorted(set(_FIELD.findall(text)) - set(values))
    if strange:
        shown = tuple(f"{{{field}}}" for field in strange)
        raise LetterError(
            "letters.strange_fields", name=name, found=shown, fields=tuple(f"{{{one}}}" for one in values)
        )
    # one pass: a value that looks like a field stays as it is
    filled = _FIELD.sub(lambda match: values[match[1]], text)
    return re.sub(r"\n{3,}", "\n\n", filled).strip() + "\n"


def _fields(case: Case, rates: Sequence[Mapping[str, Any]], language: str) -> dict[str, str]:
    """What each field of a letter is filled with, in one language."""
    stands, advice = status(case), advice_of(case)

    def lines(sentences: Iterable[Told]) -> str:
        return "\n".join(one_line(sentence.text(language)) for sentence in sentences)

    incidents = incident_parts(case)
    onset, end, causes = headline(incidents)
    cause = "price" if causes == "price" else "promotion"
    state, gone = stands.triage, len(stands.known_cancelled & {*stands.order_ids})
    waiting = len(stands.rows_of(order_id={*stands.order_ids}, triage="cancel", state=OPEN))
    asked, pending = state.get("ask_amazon", 0), state.get("wait", 0)
    reason = case.settings.cancel_reason
    none_to_cancel = told("letters.none_to_cancel") if gone else None
    questions = (
        told("letters.ask_technical_issue"),
        told("letters.may_cancel", n=waiting, reason=reason) if waiting else none_to_cancel,
        told("letters.fba", n=asked) if asked else None,
        told("letters.ask_case_id"),
    )
    rate_lines = tuple(_rates(rates, any_made=bool(stands.known_cancelled)))
    values: dict[str, Told | str] = {
        "orders": f"{stands.orders:,}",
        "units": f"{stands.units:,}",
        "n_orders": told("letters.n_orders", n=stands.orders),
        "n_units": told("letters.n_units", n=stands.units),
        "day": days_of(onset, end) or told("letters.unknown"),
        "draft": "" if stands.gate.open else told("letters.draft", why=stands.gate.why),
        "opening": told("letters.opening_later", n=gone)
        if gone
        else told("letters.opening" if waiting or pending else "letters.opening_none"),
        "this_incident": told("letters.this_incident", n=max(len(stands.incidents), 1)),
        "cause_short": told(f"letters.cause_short_{causes}"),
        "incident_lines": "\n\n".join(lines(one.told()) for one in incidents),
        "amount_lines": lines(amount_lines(stands)),
        "state_lines": lines(told(f"letters.state_{word}", n=count) for word, count in state.items()),
        "cancelled_lines": lines(_cancelled(stands)),
        "rate_lines": lines((told("letters.rates"), *rate_lines)) if rate_lines else "",
        "reason": reason,
        "ended_line": lines(_ended(stands, cause, case)),
        "hold_line": told("letters.hold") if waiting or pending else "",
        "ask_lines": lines(
            told("letters.ask", number=n, what=what) for n, what in enumerate(filter(None, questions), 1)
        ),
        "done_lines": lines(_done(case, stands, cause)),
        "advice_sentence": _advice("letters.advised", advice[-1]) if advice else told("letters.not_advised"),
        "advice_lines": lines(_advice("letters.advice", one) for one in advice) or told("letters.no_advice"),
        "seller_name": case.settings.seller_name or told("letters.name"),
    }
    return {name: value.text(language) if isinstance(value, Told) else value for name, value in values.items()}


@dataclass(frozen=True)
class IncidentPart:
    """What is said to Amazon about one incident; number 0 is what the seller put in by hand.

    Parameters
    ----------
    number, of : int
        Which of how many incidents.
    onset, end : datetime or None
        Its first and its last affected order, on the marketplace's clock.
    promotion_ids : tuple of str
    names, items : tuple of Told
        Promotions and claim codes; SKUs with what was paid, what they usually cost, and units.
    """

    number: int
    of: int
    onset: datetime | None
    end: datetime | None
    promotion_ids: tuple[str, ...]
    names: tuple[Told, ...]
    items: tuple[Told, ...]

    def told(self) -> tuple[Told, ...]:
        """The incident in lines."""
        cause = "by_hand" if not self.number else "promotion" if self.promotion_ids else "price"
        times = {"onset": _moment(self.onset), "end": _moment(self.end)}
        return (
            *self.heading,
            told(f"letters.cause_{cause}"),
            *(told(f"letters.{name}", time=time or told("letters.unknown")) for name, time in times.items()),
            *self.names,
            told("letters.items"),
            *self.items,
        )

    @property
    def heading(self) -> tuple[Told, ...]:
        """Which incident it is, where there are several."""
        return (told("letters.incident", number=self.number, of=self.of),) if self.number and self.of > 1 else ()


def incident_parts(case: Case) -> tuple[IncidentPart, ...]:
    """What is said about each taken incident, and about what was put in by hand; worked out once per revision."""
    return case.once("incident_parts", lambda: _incident_parts(case, status(case)))


def headline(incidents: Sequence[IncidentPart]) -> tuple[datetime | None, datetime | None, str]:
    """First and last affected order of all incidents, and whether promotion, price or ``both`` were wrong."""
    onsets, ends = ([at for at in found if at] for found in ([i.onset for i in incidents], [i.end for i in incidents]))
    kinds = {"promotion" if one.promotion_ids else "price" for one in incidents if one.number} or {"price"}
    return min(onsets, default=None), max(ends, default=None), kinds.pop() if len(kinds) == 1 else "both"


def _incident_parts(case: Case, stands: Status) -> tuple[IncidentPart, ...]:
    numbers, chosen = case.incident_of().to_numpy(), stands.chosen
    named = {int(one["number"]): tuple(one["promotion_ids"]) for one in stands.incidents}
    masks = {number: chosen & (numbers == number) for number in (*named, 0)}
    of = sum(bool(masks[number].any()) for number in named)
    return tuple(_part(case, stands, (n, of), mask, named.get(n, ())) for n, mask in masks.items() if mask.any())


def _part(
    case: Case, stands: Status, number: tuple[int, int], mask: Mask, promotion_ids: tuple[str, ...]
) -> IncidentPart:
    touched = stands.book.orders[mask]
    times = touched["purchase_date"].dropna()
    ends = [moment.to_pydatetime().astimezone(case.zone) for moment in (times.min(), times.max())] if len(times) else []
    codes = tuple(sorted(set(flat_lists(touched["claim_codes"])[1]) - {_SITE_WIDE}))
    named = (("promotion_ids", promotion_ids), ("claim_codes", codes))
    return IncidentPart(
        *number,
        ends[0] if ends else None,
        ends[1] if ends else None,
        promotion_ids,
        tuple(told(f"letters.{kind}", names=names) for kind, names in named if names),
        _items(stands, mask),
    )


def _items(stands: Status, mask: Mask) -> tuple[Told, ...]:
    """One line per SKU and currency, the most units first."""
    book = stands.book
    rows = book.orders.loc[mask, ["sku", "asin", "currency", "unit_price"]].fillna(
        {"sku": "", "asin": "", "currency": ""}
    )
    ledger = book.ledger
    rows["units"], rows["normal"] = book.units[mask], ledger.normal[mask]
    rows["normal_known"], rows["unit_price"] = (
        ledger.normal_known[mask],
        rows["unit_price"].where(ledger.paid_known[mask]),
    )
    found = [(int(group["units"].sum()), group) for _, group in rows.groupby(["sku", "currency"], sort=False)]
    found.sort(key=lambda one: -one[0])
    rest = len(found) - _ITEMS_SHOWN
    more = (told("letters.more_items", n=rest),) if rest > 0 else ()
    return (*(_item(group, units) for units, group in found[:_ITEMS_SHOWN]), *more)


def _item(group: pd.DataFrame, units: int) -> Told:
    first, prices, usual = group.iloc[0], group["unit_price"].dropna(), group[group["normal_known"]]
    unknown, currency = told("letters.unknown"), str(first["currency"])
    ends = tuple(dict.fromkeys(Money(price, currency) for price in (prices.min(), prices.max()))) if len(prices) else ()
    paid = told("letters.range", low=ends[0], high=ends[1]) if len(ends) > 1 else ends[0] if ends else unknown
    asin = next(filter(None, group["asin"]), "")
    facts = {"sku": one_line(str(first["sku"])) or unknown, "asin": one_line(asin) or unknown, "paid": paid}
    if usual.empty:
        return told("letters.item_unknown", n=units, **facts)
    normal = Decimal(int(usual["normal"].iloc[0])) / (10_000 * int(usual["units"].iloc[0]))
    return told("letters.item", n=units, normal=Money(normal, currency), **facts)


def amount_lines(stands: Status) -> Iterable[Told]:
    """The sums of the affected items per currency, and how many items are in none."""
    for one in stands.amounts:
        sums = {name: Money(getattr(one, name), one.currency) for name in ("paid", "normal_value", "loss")}
        if one.known:
            yield told("letters.amount", **sums)
        if one.items_not_known:
            yield told("letters.items_not_known", n=one.items_not_known)


def _cancelled(stands: Status) -> Iterable[Told]:
    """What became of the orders, each in one line, as far as Amazon or a newer report confirms it; then the others."""
    mine = {*stands.order_ids}
    counts = Counter(_became(row, stands) for row in stands.rows if row.order_id in mine)
    for name in ("confirmed", "buyer_wished", "cancelled", "asked", "shipped_now", "set_aside"):
        if counts[name]:
            yield told(f"letters.now_{name}", n=counts[name])
    if not stands.known_cancelled:
        to_come = any(row.triage in ("cancel", "wait") for row in stands.rows if row.order_id in mine)
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
    low, high = reading.get("low"), reading.get("high")
    if low is None or high is None:
        return None
    ends = [percent(Fraction(str(end)), LIMIT) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else told("letters.range", low=ends[0], high=ends[1])


def _ended(stands: Status, cause: str, case: Case) -> Iterable[Told]:
    """What the seller has said about the end; a gap where it was not said, or where an order speaks against it."""
    gate = stands.gate
    if gate.after_end:
        yield told("letters.still_selling", n=len(gate.after_end), time=_moment(gate.ended_at, case) or "")
    elif not gate.promotion_ended:
        yield told("letters.not_ended")
    else:
        # without a time of the seller's own, `ended_at` is when it was said: the end may be much earlier
        exact = gate.ended_at is not None and gate.ended_at == case.promotion_ended_at
        what = "several" if len(stands.incidents) > 1 else cause
        key = f"letters.ended_{what}{'_at' if exact else ''}"
        yield told(key, time=_moment(gate.ended_at, case) or "…")
        if gate.price_right:
            yield told("letters.price_right")


def recorded(case: Case) -> Iterator[tuple[datetime, str, dict[str, int]]]:
    """What the journal holds about the cancellations: when, ``file`` or ``answer``, and how many orders."""
    for export in case.journal.records(ExportRecord):
        orders = len({line.order_id for lines in export.uploads.values() for line in lines})
        if orders and not export.draft:
            yield export.made_at, "file", {"n": orders}
    for answer in case.journal.records(UploadAnswer):
        accepted, refused = {key.split("/")[0] for key in answer.accepted}, {one[0] for one in answer.refused}
        yield answer.at, "answer", {"n": len(accepted), "refused": len(refused)}


def _done(case: Case, stands: Status, cause: str) -> Iterable[Told]:
    """What the journal holds: nothing else is claimed."""
    yield from (told("letters.done", what=line) for line in _ended(stands, cause, case))
    yield told("letters.done_listed", n=stands.orders)
    for at, what, facts in recorded(case):
        yield told(f"letters.done_{what}", day=at.astimezone(case.zone).date(), **facts)
    if written := sum(row.message == "sent" for row in stands.rows):
        yield told("letters.done_written", n=written)
    yield from (_advice("letters.done_advice", one) for one in advice_of(case))


def _advice(key: str, one: Advice) -> Told:
    return told(key, date=one_line(one.given_on), case_id=one_line(one.case_id), text=one_line(one.text))


def days_of(onset: datetime | None, end: datetime | None) -> Told | str:
    """The day of an incident, or the days from the first to the last of several; one night is one day."""
    first, last = (str(moment.date()) if moment else "" for moment in (onset, end))
    one = not onset or not end or end - onset < timedelta(hours=24)
    return first if one else told("letters.range", low=first, high=last)


def _moment(moment: datetime | None, case: Case | None = None) -> str:
    """A moment with the name of its zone, the same in every language: these are facts for Amazon."""
    if moment is None:
        return ""
    local = moment.astimezone(case.zone) if case else moment
    return f"{local:%Y-%m-%d %H:%M:%S} ({zone_text(local.tzinfo or UTC)})"


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
