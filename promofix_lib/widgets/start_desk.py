"""Notebook 0: the case is chosen or begun, its language and marketplace, and what stops the bleed is ticked."""

from __future__ import annotations

from datetime import datetime

from promofix_lib.case.case import Case
from promofix_lib.case.folder import SAMPLE, all_cases
from promofix_lib.errors import CaseError
from promofix_lib.marketplaces import MARKETPLACES, Marketplace
from promofix_lib.say import language_name, languages, zone_text
from promofix_lib.status.rows import FACTS
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part


class StartDesk(Desk):
    """Choose or begin a case; what stops the bleed, with ticks that are kept: they are the gate of notebook 4.

    Parameters
    ----------
    case : Case, optional
        The open case by default.
    """

    title = "start"
    needs_reports = False

    def __init__(self, case: Case | None = None) -> None:
        super().__init__(case or Case.open())

    def show(self) -> list[Part]:
        """The case, its language and marketplace; the steps; the ticks."""
        case, market = self._case, market_of(self._case)
        names = dict.fromkeys([*names_of_cases(), case.name, SAMPLE])
        countries = {market.code: f"{market.code} · {market.host}" for market in MARKETPLACES}
        head = self.words("start_", ("step", "where", "why_now"))
        steps = [self.words(f"step_{n}_", ("what", "where", "why")) for n in range(1, 8)]
        return [
            self.row(
                self.select("start_case", case.name, {name: name for name in names}, self._choose),
                self.select("start_language", case.language, names_of_languages(), self.keeps("language")),
                self.select("start_country", market.code, countries, self._sell_in),
            ),
            self.row(
                self.field("start_new", self.typed("start_new", today())),
                self.button("start_begin", self._begin, main=case.name == SAMPLE),
            ),
            self.said("start_sample" if case.name == SAMPLE else "start_here", folder=case.folder),
            self.table("steps", self.say("start_steps", host=market.host), head, steps),
            *gate_parts(self),
            self.said("start_then", to=2 if case.reports else 1),
        ]

    def _begin(self) -> None:
        self._choose(begun(self.typed("start_new")))
        self.empty("start_new")

    def _choose(self, name: str) -> None:
        language = self._case.language
        new = name not in names_of_cases()
        self._case = Case.choose(name, language if new else "")
        self.tell("start_opened", name=self._case.name)

    def _sell_in(self, code: str) -> None:
        self._case.journal.add("marketplace", {"code": code})


def names_of_languages() -> dict[str, str]:
    """Every language that has a catalogue, with its own name in it."""
    return {name: language_name(name) for name in languages()}


def names_of_cases() -> tuple[str, ...]:
    """Names of the cases in the cases folder."""
    return tuple(folder.name for folder in all_cases())


def today() -> str:
    """The day, as the name of a case at first."""
    return f"{datetime.now():%Y-%m-%d}"


def begun(name: str) -> str:
    """The name of a case of the seller's own.

    Raises
    ------
    CaseError
        No name, or that of the sample.
    """
    plain = name.strip()
    if not plain or plain == SAMPLE:
        raise CaseError("widgets.start_no_name")
    return plain


def market_of(case: Case) -> Marketplace:
    """The marketplace of the case's reports; before there are any, the one that the seller named."""
    if case.reports:
        return case.marketplace
    told = [entry.facts.get("code") for entry in case.journal.entries("marketplace")]
    return next((market for market in MARKETPLACES if told and market.code == told[-1]), MARKETPLACES[0])


# -- the gate, shown in notebooks 0 and 4 -----------------------------------------------------------------------------


def gate_parts(desk: Desk) -> list[Part]:
    """The three ticks, and when the promotion ended."""
    settings = desk.case.settings
    ended, zone = settings.promotion_ended_at.replace("T", " ")[:16], zone_text(market_of(desk.case).zone_name)
    return [
        desk.said("gate"),
        *(desk.tick(name, getattr(settings, name), desk.keeps(name)) for name in FACTS),
        desk.field("promotion_ended_at", ended, desk.keeps("promotion_ended_at", _moment), zone=zone),
    ]


def _moment(typed: str) -> str:
    try:
        return datetime.fromisoformat(typed.strip()).isoformat(timespec="minutes") if typed.strip() else ""
    except ValueError as error:
        raise CaseError("widgets.not_a_time", found=typed) from error
