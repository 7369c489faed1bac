"""A case: one folder with the reports as given, the journal of what was decided, and every export."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.case.decisions import Decisions, Known, Rows, matched
from promofix_lib.case.journal import Journal
from promofix_lib.case.records import Action, Meant, plain
from promofix_lib.case.report_folder import ReportFolder, where_allowed
from promofix_lib.case.settings import Settings, changed
from promofix_lib.case.story import Story
from promofix_lib.case.takeover import OLD_NAME, put_aside, taken_over
from promofix_lib.errors import CaseError
from promofix_lib.finding import Cause, Finding, Findings, Thresholds, find_incidents
from promofix_lib.incident import Answers, Incident
from promofix_lib.marketplaces import Marketplace, main_marketplace
from promofix_lib.money import NormalPrice
from promofix_lib.orders import item_keys, sku_keys
from promofix_lib.places import (
    cases_folder,
    checked_case_name,
    content,
    free_name,
    private_folder,
    sample_reports,
    sweep,
    synchronised,
    trouble_told,
    write_atomically,
)
from promofix_lib.reports.merging import read_orders
from promofix_lib.reports.report import Reading
from promofix_lib.say import Told, current_language, languages, say, speak, told

SAMPLE = "sample"
_CHOSEN = ".open"
T = TypeVar("T")


def _watched() -> bool:
    """Whether somebody looks at a progress bar: on a terminal or in a notebook, not when piped."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class TakenIncident:
    """One incident of the case.

    Parameters
    ----------
    number : int
        1 was the gravest when it was first taken; a number never changes its incident.
    found, rule : Incident
        The rule as found, and as the seller adjusted it.
    taken : bool
        The seller's tick.
    finding : Finding or None
        The evidence in today's reports; None when they no longer show it.
    """

    number: int
    found: Incident
    rule: Incident
    taken: bool
    finding: Finding | None


@dataclass(frozen=True)
class Gate:
    """The seller's word that the bleed has stopped, and since when; it says nothing of later orders."""

    promotion_ended: bool
    price_right: bool
    stock_as_wanted: bool
    ended_at: datetime | None

    @property
    def confirmed(self) -> bool:
        """All three facts were confirmed."""
        return self.promotion_ended and self.price_right and self.stock_as_wanted


class Case:
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

    def __init__(self, folder: Path, clock: Callable[[], datetime] = _now) -> None:
        """Use `Case.open`."""
        self.folder = folder
        self.journal: Journal[Story] = Journal(folder, clock, Story)
        self._reports = ReportFolder(folder / "reports", self.journal)
        self._clock = clock
        self._told: tuple[Told, ...] = ()
        self._is_the_open_one = False
        self._kept: dict[str, tuple[object, Any]] = {}

    # -- opening ------------------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, name: str | Path | None = None, language: str = "", clock: Callable[[], datetime] = _now) -> Case:
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
        if language and language not in languages():
            raise CaseError("case.language", found=language, known=languages())
        place, lost = (name, ()) if name is not None else _open_one()
        if isinstance(place, Path) and "\0" in str(place):
            raise CaseError("places.no_case_name", name=str(place))
        folder = place if isinstance(place, Path) else cases_folder() / checked_case_name(place)
        case = cls(folder, clock)
        case._begin(language)
        case._told = (*lost, *case._told)
        case._is_the_open_one = name is None
        if place == SAMPLE and not case.decisions.known:
            case.add_reports(sample_reports())
            case.take_found()
        return case

    @classmethod
    def existing(cls, name: str | Path, clock: Callable[[], datetime] = _now) -> Case:
        """A case that is there already, by its name or its folder.

        Raises
        ------
        CaseError
            There is no such case.
        """
        with trouble_told(Path(name)):
            for folder in (Path(name).expanduser(), cases_folder() / name):
                if any((folder / file).is_file() for file in ("case.db", OLD_NAME)):
                    case = cls(folder, clock)
                    case._begin("")
                    return case
        raise CaseError("case.not_there", name=str(name), folder=cases_folder())

    @classmethod
    def choose(cls, name: str | Path, language: str = "") -> Case:
        """Open a case and make it the one that `Case.open()` gives from now on, in every notebook."""
        case = cls.open(name, language)
        private_folder(cases_folder())
        place = case.folder.absolute()
        chosen = place.name if place.parent == cases_folder().absolute() else str(place)
        write_atomically(cases_folder() / _CHOSEN, os.fsencode(chosen))
        return case

    def _begin(self, language: str) -> None:
        with trouble_told(self.journal.path):
            has_journal, has_old = self.journal.path.exists(), (self.folder / OLD_NAME).exists()
            copies = sorted(path.name for path in self.folder.glob("case*.db") if path != self.journal.path)
        if has_journal:
            self.journal.check()
        elif has_old:
            self.journal.create(taken_over(self.folder))
        else:
            if copies or self.exports:
                raise CaseError("case.journal_missing", folder=self.folder, beside=tuple(copies) or ("exports",))
            private_folder(self.folder / "reports")
            self.journal.create([(self._clock(), "settings", "promofix", {"language": language or current_language()})])
        self._told += put_aside(self.folder, self.journal) if has_old else ()
        self._told += (told("case.conflict_copy", folder=self.folder, files=tuple(copies)),) if copies else ()
        self._told += (told("case.synchronised", folder=self.folder),) if synchronised(self.folder) else ()
        private_folder(self.folder / "reports")
        sweep(self.folder, (".case.db.*.new*", "reports/.*.new", ".export-*.part"))
        if language:
            self.change_settings(language=language)
        speak(self.language)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def replaced_by(self) -> str:
        """The name of the case that was opened since this one was given as the open one; empty when there is none."""
        place = _open_one()[0] if self._is_the_open_one else self.folder
        folder = place if isinstance(place, Path) else cases_folder() / place
        return "" if folder == self.folder else folder.name

    @property
    def warnings(self) -> tuple[Told, ...]:
        """What the seller should know: a conflict copy beside the journal, a synchronised folder, a case gone."""
        return self._told

    def __repr__(self) -> str:
        """What is in the case, in a few lines."""
        names = [path.name for path in self.reports]
        causes = [", ".join((*one.rule.promotion_ids, *one.rule.skus)) for one in self.decisions.known if one.taken]
        facts: dict[str, Any] = {
            "folder": self.folder,
            "reports": tuple(names[:6]) or told("case.none_yet", notebook=1),
            "incidents": tuple(cause or told("case.by_price") for cause in causes) or told("case.none_yet", notebook=2),
            "exports": len(self.exports),
        }
        lines = [say(f"case.has_{name}", what=what) for name, what in facts.items()]
        return "\n  ".join([say("case.title", name=self.name), *lines, *map(str, self.warnings)])

    @property
    def revision(self) -> int:
        """A number that grows with every change, also one made by another notebook."""
        return self.journal.revision

    # -- what is worked out once --------------------------------------------------------------------------------------

    def once(self, name: str, make: Callable[[], T], *, per: str = "revision", also: object = None) -> T:
        """What `make` gives, worked out once per reading of the reports, or per revision and reading.

        Parameters
        ----------
        name : str
            Of what is kept.
        make : callable
        per : {"revision", "reading"}
        also : object, optional
            Worked out anew when this differs.
        """
        orders = self.orders
        asked = (orders, self.revision if per == "revision" else 0, also)
        kept = cast("tuple[Any, Any, Any]", self._kept.get(name, ((None, 0, None), None))[0])
        if kept[0] is not orders or kept[1:] != asked[1:]:
            self._kept[name] = (asked, make())
        return cast("T", self._kept[name][1])

    # -- reports ------------------------------------------------------------------------------------------------------

    @property
    def reports_folder(self) -> Path:
        """Where the reports as given lie; files dropped into it are part of the case."""
        return self._reports.folder

    @property
    def reports(self) -> tuple[Path, ...]:
        """The reports of the case, by name; hidden files and folders are not reports."""
        return self._reports.paths

    def add_reports(self, paths: Iterable[Path | str]) -> tuple[Path, ...]:
        """Copy reports into the case; the same content is taken once, another file of the same name gets a new name.

        Raises
        ------
        CaseError
            A file that is not there.
        """
        return self._reports.add((Path(path).name, content(Path(path))) for path in paths)

    def add_report(self, name: str, content: bytes) -> Path:
        """A report that arrived as bytes (an upload) laid into the case."""
        return self._reports.add([(name, content)])[0]

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every report, by file name; files dropped into the folder are recorded when first seen.

        A report whose size and time are as they were recorded is not read again for it.

        Raises
        ------
        CaseError
            A report that is no longer what it was when it was recorded.
        """
        return self._reports.hashes()

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
        hashes = self.hashes()
        if not hashes:
            raise CaseError("case.no_report", name=self.name, folder=self.reports_folder)
        if self._kept.get("reading", (None,))[0] != hashes:
            paths = [self.reports_folder / name for name in hashes]
            with where_allowed():
                private_folder(self.folder / "cache")
            self._kept["reading"] = (hashes, read_orders(paths, cache=self.folder / "cache", progress=_watched()))
        return cast("Reading", self._kept["reading"][1])

    @property
    def orders(self) -> pd.DataFrame:
        """The order table of all reports."""
        return self.reading.orders

    @property
    def keys(self) -> pd.Series[Any]:
        """`item_keys` of the orders."""
        return self.once("keys", lambda: item_keys(self.orders), per="reading")

    @property
    def sku_keys(self) -> pd.Series[Any]:
        """`sku_keys` of the orders: the keys that hold without order item ids."""
        return self.once("sku_keys", lambda: sku_keys(self.orders), per="reading")

    @property
    def marketplace(self) -> Marketplace:
        """The marketplace that most orders come from; its zone is the one shown."""

        def most() -> Marketplace:
            counts = self.orders[["sales_channel", "currency"]].value_counts(dropna=False).index
            return main_marketplace([counts[0][0]] if len(counts) else [], [counts[0][1]] if len(counts) else [])

        return self.once("marketplace", most, per="reading")

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
            thresholds, own = (
                Thresholds(**cast("dict[str, Any]", settings.thresholds)),
                cast("Any", settings.own_prices),
            )
            return find_incidents(self.orders, thresholds=thresholds, normal_prices=own, meant=meant)

        settled = (settings.thresholds, settings.normal_prices, meant)
        return self.once("findings", find, per="reading", also=settled)

    @property
    def meant(self) -> tuple[Cause, ...]:
        """Causes of which the seller said that they were meant; they are found no more."""
        said = {Cause(one.promotion_ids, one.skus): one.on for one in self.journal.records(Meant)}
        return tuple(cause for cause, on in said.items() if on)

    def this_was_meant(self, number: int, on: bool = True) -> Case:
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
        one = next((one for one in self.incidents if one.number == number), None)
        if one is None:
            raise CaseError("case.no_such_incident", number=number, known=tuple(one.number for one in self.incidents))
        rule = one.found
        skus = () if rule.promotion_ids else tuple(dict.fromkeys((*(cap.sku for cap in rule.ceilings), *rule.skus)))
        cause = one.finding.cause if one.finding else Cause(rule.promotion_ids, skus)
        self.journal.keep([Meant(cause.promotion_ids, cause.skus, on)])
        return self.take(number, not on)

    @property
    def normal_prices(self) -> tuple[NormalPrice, ...]:
        """What SKUs normally cost: the seller's own word first, then what the findings know."""
        found = (price for one in self.findings.incidents for price in one.normal_prices)
        return tuple(dict.fromkeys((*self.settings.own_prices, *cast("Iterable[NormalPrice]", found))))

    # -- incidents ----------------------------------------------------------------------------------------------------

    def take_found(self) -> Case:
        """Take every incident that is found, unless its cause was unticked; a known one that has grown grows.

        What was affected stays affected, numbers and ticks stay; the same again changes nothing.
        """
        rules, rows = [one.rule for one in self.findings.incidents], self._rows
        self.journal.decide(lambda story: story.decisions.take_found(rules, rows), "promofix")
        return self

    @property
    def incidents(self) -> tuple[TakenIncident, ...]:
        """The incidents of the case, ticked or not, by number."""
        known = self.decisions.known
        evidence = self._evidence(known) if known else {}
        return tuple(
            TakenIncident(one.number, one.found, one.rule, one.taken, evidence.get(one.number)) for one in known
        )

    def _evidence(self, known: tuple[Known, ...]) -> dict[int, Finding]:
        """Today's findings by the number of their incident, gravest first."""
        if not self._has_orders:
            return {}
        found = self.findings.incidents
        pairs = matched(known, [one.rule for one in found])
        return {pairs[place].number: one for place, one in enumerate(found) if place in pairs}

    @property
    def _has_orders(self) -> bool:
        return bool(self.reports)

    def take(self, what: int | Incident | Finding, on: bool = True) -> Case:
        """Tick an incident, by its number or its rule, or take the tick away; a rule not known yet is a new one."""
        wanted = what.rule if isinstance(what, Finding) else what
        rows = self._rows if isinstance(wanted, Incident) and self._has_orders else None
        self.journal.decide(lambda story: story.decisions.take(wanted, on, rows))
        return self

    def set_rule(self, number: int, rule: Incident) -> Case:
        """Adjust the rule of an incident; the same rule again changes nothing."""
        self.journal.decide(lambda story: story.decisions.set_rule(number, rule))
        return self

    def incident_of(self) -> pd.Series[int]:
        """Per order item the number of the taken incident that touches it, the gravest where several do; 0 for none."""
        return self.once("incident_of", self._incident_of)

    def _incident_of(self) -> pd.Series[int]:
        taken = [one for one in self.decisions.known if one.taken]
        masks = {one.number: self.mask(one.rule) for one in taken}
        numbers = np.zeros(len(self.orders), dtype=np.int64)
        order = list(masks)
        if len(masks) > 1 and (np.sum(list(masks.values()), axis=0) > 1).any():
            gravest_first = list(self._evidence(self.decisions.known))
            order.sort(
                key=lambda number: gravest_first.index(number) if number in gravest_first else len(gravest_first)
            )
        for number in reversed(order):
            numbers[masks[number]] = number
        return pd.Series(numbers, index=self.orders.index, name="incident")

    def mask(self, rule: Incident) -> npt.NDArray[np.bool_]:
        """Order items that a rule touches; what was asked before is not worked out again."""
        return self._rows.answers.mask(rule)

    @property
    def _rows(self) -> Rows:
        return self.once("rows", lambda: Rows(Answers(self.orders), self.keys), per="reading")

    # -- order items by hand ------------------------------------------------------------------------------------------

    @property
    def decisions(self) -> Decisions:
        """All that was decided, with what can be undone (`done`) and redone (`undone`)."""
        return self.journal.state.decisions

    def decide(self, action: Action, keys: Iterable[str], reason: str = "") -> Case:
        """Put order items in (``add``) or out (``leave_out``) by hand, or back to what the rule says (``as_rule``)."""
        items = tuple(keys)
        if items:
            self.journal.decide(lambda story: story.decisions.decide(action, items, reason))
        return self

    def undo(self) -> Case:
        """Take the seller's last decision back."""
        self.journal.decide(lambda story: story.decisions.step("undo"))
        return self

    def redo(self) -> Case:
        """Make the last undone decision again."""
        self.journal.decide(lambda story: story.decisions.step("redo"))
        return self

    @property
    def put_in(self) -> dict[str, str]:
        """Order items put in by hand, by today's item key, with the reason."""
        return dict(self.once("by_hand", self._by_hand)[1])

    @property
    def left_out(self) -> dict[str, str]:
        """Order items left out by hand, by today's item key, with the reason."""
        return dict(self.once("by_hand", self._by_hand)[2])

    def chosen(self) -> pd.Series[bool]:
        """Mask over `orders`: every taken incident, with what was put in and without what was left out by hand."""

        def choose() -> pd.Series[bool]:
            verdict = self.once("by_hand", self._by_hand)[0]
            return ((self.incident_of() > 0) | (verdict > 0)) & ~pd.Series(verdict < 0, index=self.orders.index)

        return self.once("chosen", choose).copy()

    def _by_hand(self) -> tuple[npt.NDArray[np.int8], dict[str, str], dict[str, str]]:
        """Per row 1 (put in), -1 (left out) or 0; the last word counts, by whichever key it was said."""
        words = self.decisions.by_hand
        names, said, sides = list(words), list(words.values()), {"add": 1, "leave_out": -1, "as_rule": 0}
        ids = np.array([*(word.id for word in said), 0])
        verdicts = np.array([*(sides[word.action] for word in said), 0], dtype=np.int8)
        places = [_place_in(pa.array(names, pa.string()), keys) for keys in (self.keys, self.sku_keys)]
        last = np.where(ids[places[0]] >= ids[places[1]], *places)
        verdict = verdicts[last]
        lists: dict[int, dict[str, str]] = {1: {}, -1: {}}
        rows = np.flatnonzero(verdict)
        keys = self.keys.iloc[rows].to_numpy(dtype=object)
        for key, place, side in zip(keys, last[rows].tolist(), verdict[rows].tolist(), strict=True):
            lists[side][key] = said[place].reason
        in_no_report = verdicts != 0
        in_no_report[np.concatenate(places)] = False
        for place in np.flatnonzero(in_no_report).tolist():
            lists[int(verdicts[place])][names[place]] = said[place].reason
        return verdict, lists[1], lists[-1]

    @property
    def book(self) -> Any:
        """Level 1 of `status`: the order table with its triage, keys and ledger, made once per set of reports."""
        make = import_module("promofix_lib.status").Book.of  # it stands behind the case and is met only when asked
        return self.once("book", lambda: make(self), per="reading", also=self.normal_prices)

    # -- settings -----------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """What the seller set for the case."""
        return self.journal.state.settings

    @property
    def language(self) -> str:
        """Of the seller and the assistant."""
        return self.settings.language

    def change_settings(self, **changes: Any) -> Case:
        """Change settings by name; the same values again change nothing.

        Raises
        ------
        CaseError
            A setting that does not exist, or a value that is none.
        """

        def new(story: Story) -> Iterable[tuple[str, Mapping[str, Any]]]:
            after = changed(story.settings, changes)
            differ = {name: plain(value) for name, value in changes.items() if getattr(story.settings, name) != value}
            return [("settings", differ)] if after != story.settings else []

        self.journal.decide(new)
        if "language" in changes:
            speak(self.language)
        return self

    @property
    def gate(self) -> Gate:
        """The seller's word that promotion, price and stock are as they should be."""
        settings = self.settings
        text = settings.promotion_ended_at.strip()
        moment = datetime.fromisoformat(text) if text else None
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.zone if self._has_orders else UTC)
        return Gate(settings.promotion_ended, settings.price_right, settings.stock_as_wanted, moment)

    @property
    def presets(self) -> dict[str, Incident]:
        """Rules that the seller saved under a name."""
        return dict(self.journal.state.presets)

    def save_preset(self, name: str, rule: Incident) -> Case:
        """Keep a rule under a name."""
        self.journal.add("preset", {"name": name, "rule": plain(rule)})
        return self

    # -- exports ------------------------------------------------------------------------------------------------------

    @property
    def exports(self) -> tuple[Path, ...]:
        """Folders of earlier exports, oldest first."""
        folder = self.folder / "exports"
        with trouble_told(folder):
            found = folder.iterdir() if folder.exists() else ()
            return tuple(sorted(path for path in found if path.is_dir() and not path.name.startswith(".")))

    def new_export(self, now: datetime | None = None) -> Path:
        """Path of a folder for a new export, named after its time; it does not exist yet."""
        stamp = (now or self._clock()).strftime("%Y-%m-%dT%H%M%S")
        return free_name(private_folder(self.folder / "exports"), stamp)


def _open_one() -> tuple[str | Path, tuple[Told, ...]]:
    """The case meant when none is named, and what is to be said about it."""
    if named := os.environ.get("PROMOFIX_CASE", "").strip():
        return _name_or_folder(named), ()
    chosen = cases_folder() / _CHOSEN
    with trouble_told(chosen):
        text = chosen.read_text(encoding="utf-8", errors="replace").strip() if chosen.is_file() else ""
        place = _name_or_folder(text) if text else SAMPLE
        folder = place if isinstance(place, Path) else cases_folder() / place
        if text and not folder.is_dir():
            return SAMPLE, (told("case.chosen_gone", name=text),)
    return place, ()


def _name_or_folder(text: str) -> str | Path:
    is_folder = any(sign in text for sign in ("/", "\\")) or text.startswith("~") or Path(text).is_absolute()
    return Path(text).expanduser() if is_folder else text


def _place_in(names: pa.Array, keys: pd.Series[Any]) -> npt.NDArray[np.int64]:
    places = pc.index_in(keys.array.__arrow_array__(), value_set=names)
    return np.asarray(pc.fill_null(places, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _nowhere(orders: pd.DataFrame) -> npt.NDArray[np.int64]:
    return np.full(len(orders), -1, dtype=np.int64)
