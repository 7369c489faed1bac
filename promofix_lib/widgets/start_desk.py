"""Notebook 0: the case is chosen or begun, its language and marketplace, and what stops the bleed is ticked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from promofix_lib.case.case import SAMPLE, Case
from promofix_lib.errors import CaseError
from promofix_lib.marketplaces import MARKETPLACES, Marketplace
from promofix_lib.places import cases_folder
from promofix_lib.say import languages
from promofix_lib.widgets.desk import Desk, Part

GATE = ("promotion_ended", "price_right", "stock_as_wanted")
"""The three facts of the stop-the-bleed gate."""

_LANGUAGES = {"en": "English", "zh-CN": "简体中文"}


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

    @property
    def case(self) -> Case:
        """The case that is open now."""
        return self._case

    def show(self) -> list[Part]:
        """The case, its language and marketplace; the steps; the ticks."""
        case = self._case
        known = dict.fromkeys([*names_of_cases(), case.name, SAMPLE])
        countries = {market.code: f"{market.code} · {market.host}" for market in MARKETPLACES}
        return [
            self.row(
                "which",
                [
                    self.select("open", self.say("start_case"), case.name, {name: name for name in known}),
                    self.select("language", self.say("start_language"), case.language, _offered()),
                    self.select("country", self.say("start_country"), market_of(case).code, countries),
                ],
            ),
            self.row(
                "own",
                [
                    self.field("name", self.say("start_new"), self.typed("name"), self.say("start_new_hint")),
                    self.button("begin", self.say("start_begin"), main=case.name == SAMPLE),
                ],
            ),
            self.text("here", self.say("start_sample" if case.name == SAMPLE else "start_here", folder=case.folder)),
            self._steps(),
            *gate_parts(self),
        ]

    def _steps(self) -> Part:
        head = [self.say(f"start_{name}") for name in ("step", "where", "why_now")]
        rows = [[self.say(f"step_{n}_{name}") for name in ("what", "where", "why")] for n in range(1, 8)]
        host = market_of(self._case).host
        return self.table("steps", self.say("start_steps", host=host), head, [list(row) for row in rows])

    def act(self, name: str, value: Any) -> None:
        """Choose or begin a case, change its language or marketplace, tick what is true now."""
        if name == "open" and value:
            self._choose(str(value))
        elif name == "begin":
            self._choose(begun(self.typed("name")))
            self._quiet, self.parts["name"].value = True, ""
        elif name == "language" and value:
            self._case.change_settings(language=value)
        elif name == "country" and value:
            self._case.journal.add("marketplace", {"code": value})
        elif name != "name":
            set_gate(self._case, name, value)

    def _choose(self, name: str) -> None:
        language = self._case.language
        new = name not in names_of_cases()
        self._case = Case.choose(name, language if new else "")
        self.tell("start_opened", name=self._case.name)


def _offered() -> dict[str, str]:
    return {name: _LANGUAGES.get(name, name) for name in languages()}


def names_of_cases() -> tuple[str, ...]:
    """Names of the cases in the cases folder."""
    folder = cases_folder()
    found = folder.iterdir() if folder.is_dir() else ()
    return tuple(sorted(one.name for one in found if any((one / file).is_file() for file in ("case.db", "case.json"))))


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
    case, market = desk._case, market_of(desk._case)
    zone = market.zone_name.replace("_", " ")
    return [
        desk.text("gate", desk.say("gate")),
        *(desk.tick(name, desk.say(name), getattr(case.settings, name)) for name in GATE),
        desk.field(
            "promotion_ended_at",
            desk.say("promotion_ended_at"),
            case.settings.promotion_ended_at.replace("T", " ")[:16],
            desk.say("promotion_ended_at_hint", zone=zone),
        ),
    ]


def set_gate(case: Case, name: str, value: Any) -> None:
    """Keep one of the gate's facts.

    Raises
    ------
    CaseError
        What was typed is no time.
    """
    if name in GATE:
        case.change_settings(**{name: bool(value)})
    elif name == "promotion_ended_at":
        typed = str(value).strip()
        try:
            moment = datetime.fromisoformat(typed).isoformat(timespec="minutes") if typed else ""
        except ValueError as error:
            raise CaseError("widgets.not_a_time", found=typed) from error
        case.change_settings(promotion_ended_at=moment)
