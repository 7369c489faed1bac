"""A case: what its reports and decisions add up to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.case.folder import CHOSEN, SAMPLE, CaseFolder, now
from promofix_lib.case.growth import TakenIncident, cause_of, matched
from promofix_lib.case.records import Action, Meant
from promofix_lib.case.report_folder import where_allowed
from promofix_lib.errors import CaseError
from promofix_lib.finding.findings import Cause, Finding, Findings
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.incident import Answers, Incident
from promofix_lib.marketplaces import Marketplace, main_marketplace
from promofix_lib.money import NormalPrice
from promofix_lib.orders import sku_keys
from promofix_lib.places import cases_folder, private_folder, sample_reports, trouble_told, write_atomically

if TYPE_CHECKING:  # an empty case opens without what reads and finds
    from promofix_lib.reports.report import Reading


class Case(CaseFolder):
    """One night's work in one folder; every change is on the disk when the call comes back.

    Several notebooks and commands may work on one case: each change is made to what is in the journal then.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "headphones"
    >>> Case.open(folder).change_settings(seller_name="Lumen Audio").settings.seller_name
    'Lumen Audio'
    >>> Case.open(folder).settings.seller_name  # tomorrow, in another notebook
    'Lumen Audio'
    """

    @classmethod
    def open(cls, name: str | Path | None = None, language: str = "", clock: Callable[[], datetime] = now) -> Self:
        """A case, made when it is not there yet; its language is spoken from now on.

        Parameters
        ----------
        name : str or Path, optional
            A name lives in the cases folder (``data/cases/`` of a clone, or what PROMOFIX_CASES names); a `Path` is
            used as it is. Without one: the case that PROMOFIX_CASE names (a name or a folder), else the case that was
            chosen last, else the sample, which begins with the sample reports and their incidents taken.
        language : str
            ``en`` or ``zh-CN``, kept in the case from then on; empty leaves it as it was.
        clock : callable
            Gives the present time, with a zone.

        Raises
        ------
        CaseError
            A name that is no folder name; a damaged or newer journal; a language that promofix does not speak.
        """
        case = cls._opened(name, language, clock)
        if case.folder == cases_folder() / SAMPLE and not isinstance(name, Path) and not case.decisions.known:
            case.add_reports(sample_reports())
            case.take_found()
        return case

    @classmethod
    def choose(cls, name: str | Path, language: str = "") -> Self:
        """Open a case and make it the one that `Case.open()` gives from now on, in every notebook."""
        case = cls.open(name, language)
        private_folder(cases_folder())
        place = case.folder.absolute()
        chosen = place.name if place.parent == cases_folder().absolute() else str(place)
        write_atomically(cases_folder() / CHOSEN, os.fsencode(chosen))
        return case

    # -- what was read -------------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Reading:
        """All reports of the case, read and merged.

        Raises
        ------
        CaseError
            The case has no report yet.
        ReportError
            A report that cannot be used, with what to do.
        """
        return self.once("reading", self._read, per="reading")

    def _read(self) -> Reading:
        from promofix_lib.reports.merging import read_orders

        if not self.reports:
            raise CaseError("case.no_report", name=self.name, folder=self.reports_folder)
        watched = sys.stderr.isatty() or "ipykernel" in sys.modules  # by somebody, not a pipe
        with where_allowed():
            private_folder(self.folder / "cache")
        with trouble_told(self.reports_folder):
            return read_orders(self.reports, cache=self.folder / "cache", progress=watched)

    @property
    def orders(self) -> pd.DataFrame:
        """The order table of all reports."""
        return self.reading.orders

    @property
    def keys(self) -> pd.Series[Any]:
        """`item_keys` of the orders."""
        return self._answers.keys

    @property
    def sku_keys(self) -> pd.Series[Any]:
        """`sku_keys` of the orders: the keys that hold without order item ids."""
        return self.once("sku_keys", lambda: sku_keys(self.orders), per="reading")

    @property
    def marketplace(self) -> Marketplace:
        """The marketplace that most orders come from; its zone is the one shown."""
        return self.once("marketplace", lambda: main_marketplace(self.orders), per="reading")

    @property
    def zone(self) -> ZoneInfo:
        """The marketplace's time zone, in which times are shown."""
        return self.marketplace.zone

    # -- finding ------------------------------------------------------------------------------------------------------

    @property
    def findings(self) -> Findings:
        """The incidents in the order table, gravest first, by the seller's thresholds and normal prices."""
        settings, meant = self.settings, self.meant

        def find() -> Findings:
            from promofix_lib.finding.search import find_incidents

            thresholds = Thresholds(**cast("dict[str, Any]", settings.thresholds))
            return find_incidents(self.orders, thresholds=thresholds, normal_prices=settings.own_prices, meant=meant)

        settled = (settings.thresholds, settings.normal_prices, meant)
        return self.once("findings", find, per="reading", also=settled)

    @property
    def meant(self) -> tuple[Cause, ...]:
        """Causes of which the seller said that they were meant; found no more, until one is ticked again."""
        said = {Cause(one.promotion_ids, one.skus): one.on for one in self.journal.records(Meant)}
        ticked = {cause_of(one.found) for one in self.decisions.known if one.taken} - {Cause()}
        return tuple(cause for cause, on in said.items() if on and not any(map(cause.covers, ticked)))

    def this_was_meant(self, number: int, on: bool = True) -> Self:
        """Say of an incident that it was meant: it is unticked, and its cause is silent from then on.

        Parameters
        ----------
        number : int
            Of the incident.
        on : bool
            False takes it back and ticks it again.

        Raises
        ------
        CaseError
            There is no incident of that number.
        """
        rule, finding = self.decisions.numbered(number).found, self._evidence().get(number)
        cause = finding.cause if finding else cause_of(rule)
        self.journal.keep([Meant(cause.promotion_ids, cause.skus, on)])
        return self.take(number, not on)

    @property
    def normal_prices(self) -> tuple[NormalPrice, ...]:
        """What SKUs normally cost: the seller's own word first, then what the findings know."""
        found = (price for one in self.findings.incidents for price in one.normal_prices)
        return tuple(dict.fromkeys((*self.settings.own_prices, *found)))

    # -- incidents ----------------------------------------------------------------------------------------------------

    def take_found(self) -> Self:
        """Take every incident that is found, unless its cause was unticked; a known one that has grown grows.

        What was affected stays affected, numbers and ticks stay; the same again changes nothing.
        """
        rules, answers = [one.rule for one in self.findings.incidents], self._answers
        return self._decide(lambda decisions: decisions.take_found(rules, answers), "promofix")

    @property
    def incidents(self) -> tuple[TakenIncident, ...]:
        """The incidents of the case, ticked or not, by number."""
        evidence = self._evidence()
        return tuple(replace(one, finding=evidence.get(one.number)) for one in self.decisions.known)

    def _evidence(self) -> dict[int, Finding]:
        """Today's findings by the number of their incident, gravest first."""
        known = self.decisions.known
        if not (known and self.reports):
            return {}
        found = self.findings.incidents
        pairs = matched(known, [one.rule for one in found])
        return {pairs[place].number: one for place, one in enumerate(found) if place in pairs}

    @property
    def gravest_first(self) -> tuple[int, ...]:
        """Numbers of the taken incidents, by the loss that today's reports show; those they show no more come last."""
        taken = [one.number for one in self.decisions.known if one.taken]
        graver = self._evidence() if len(taken) > 1 else ()
        return tuple(number for number in dict.fromkeys((*graver, *taken)) if number in taken)

    def take(self, what: int | Incident | Finding, on: bool = True) -> Self:
        """Tick an incident, by its number or its rule, or take the tick away; a rule not known yet is a new one."""
        wanted = what.rule if isinstance(what, Finding) else what
        answers = self._answers if isinstance(wanted, Incident) and self.reports else None
        return self._decide(lambda decisions: decisions.take(wanted, on, answers))

    def incident_of(self) -> pd.Series[int]:
        """Per order item the number of the taken incident that touches it, the gravest where several do; 0 for none."""
        return self.once("incident_of", self._incident_of)

    def _incident_of(self) -> pd.Series[int]:
        rules = {one.number: one.rule for one in self.decisions.known}
        numbers = np.zeros(len(self.orders), dtype=np.int64)
        for number in reversed(self.gravest_first):
            numbers[self.mask(rules[number])] = number
        return pd.Series(numbers, index=self.orders.index, name="incident")

    def mask(self, rule: Incident) -> npt.NDArray[np.bool_]:
        """Order items that a rule touches; what was asked before is not worked out again."""
        return self._answers.mask(rule)

    @property
    def _answers(self) -> Answers:
        return self.once("answers", lambda: Answers(self.orders), per="reading")

    @property
    def put_in(self) -> dict[str, str]:
        """Order items put in by hand, by today's item key, with the reason."""
        return self._by_hand("add")

    @property
    def left_out(self) -> dict[str, str]:
        """Order items left out by hand, by today's item key, with the reason."""
        return self._by_hand("leave_out")

    def chosen(self) -> pd.Series[bool]:
        """Mask over `orders`: every taken incident, with what was put in and without what was left out by hand."""

        def choose() -> pd.Series[bool]:
            put_in, left_out = (self.keys.isin(some).astype(bool) for some in (self.put_in, self.left_out))
            return ((self.incident_of() > 0) | put_in) & ~left_out

        return self.once("chosen", choose).copy()

    def _by_hand(self, action: Action) -> dict[str, str]:
        said = self.once("by_hand", lambda: self.decisions.said_of(self.keys, self.sku_keys))
        return {key: one.reason for key, one in said.items() if one.action == action}

    @property
    def book(self) -> Any:
        """Level 1 of `status`: the order table with its triage, keys and ledger, made once per set of reports."""
        make = import_module("promofix_lib.status.book").Book  # it stands behind the case and is met only when asked
        prices, rules = self.normal_prices, [one.found for one in self.decisions.known]
        rules += [one.rule for one in self.findings.incidents]
        wrong = tuple(sorted({name for rule in rules for name in rule.promotion_ids}))
        given = (self.orders, prices, self.keys, self.sku_keys, wrong)
        return self.once("book", lambda: make(*given), per="reading", also=(prices, wrong))

    @property
    def promotion_ended_at(self) -> datetime | None:
        """When the promotion ended, as the seller told; without a zone it is the marketplace's."""
        text = self.settings.promotion_ended_at.strip()
        moment = datetime.fromisoformat(text) if text else None
        if moment is None or moment.tzinfo is not None:
            return moment
        return moment.replace(tzinfo=self.zone if self.reports else UTC)
