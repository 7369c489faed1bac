"""A case: one folder with the reports as given, what the seller decided, and every export."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from promofix_lib.case.case_file import CaseFile, Settings, State
from promofix_lib.case.decisions import Action, Decision, Decisions, chosen, rebased
from promofix_lib.errors import CaseError
from promofix_lib.finding import Finding, Findings, NormalPrice, Thresholds, find_incidents
from promofix_lib.incident import Incident
from promofix_lib.marketplaces import Marketplace, main_marketplace
from promofix_lib.merging import Reading, read_orders
from promofix_lib.places import cases_folder, sample_reports
from promofix_lib.stored import checked_case_name, content, free_name, safe_file_name, sha256, write_atomically

LANGUAGES = ("en", "zh-CN")
"""Languages of the seller and of the assistant."""


def _watched() -> bool:
    """Whether somebody looks at a progress bar: on a terminal or in a notebook, not when piped."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def _now() -> datetime:
    return datetime.now(UTC)


class Case:
    """One night's work in one folder; every change is saved as it is made.

    Two notebooks may work on one case: each change is read from disk, made and written back under a lock.

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
        self._clock = clock
        self._file = CaseFile(folder)
        self._reading: tuple[tuple[tuple[str, str], ...], Reading] | None = None
        self._findings: tuple[object, Findings] | None = None

    # -- opening ------------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, name: str | Path, *, language: str = "", clock: Callable[[], datetime] = _now) -> Case:
        """The case of that name, made when it is not there yet.

        Parameters
        ----------
        name : str or Path
            A name lives in ``data/cases/`` (or in the folder that the environment variable PROMOFIX_CASES names); a
            `Path` is used as it is. The name ``sample`` begins with the sample reports and their incident.
        language : str
            ``en`` or ``zh-CN``, kept in the case from then on; empty leaves it as it was.
        clock : callable
            Gives the present time, with a zone.

        Raises
        ------
        CaseError
            A name that is no folder name; a damaged or newer ``case.json``; a language that promofix does not speak.
        """
        folder = name if isinstance(name, Path) else cases_folder() / checked_case_name(name)
        case = cls(folder, clock)
        case._load()  # a damaged case is refused before anything is made in it
        try:
            (folder / "reports").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CaseError(
                f"{folder}: this folder cannot be made ({error.strerror}). "
                "Choose another case name, or free the folder."
            ) from error
        if language not in ("", *LANGUAGES):
            raise CaseError(f"language: {language!r} is not spoken here. Use one of {', '.join(LANGUAGES)}.")
        if language:
            case.change_settings(language=language)
        if name == "sample" and not case.reports:
            case.add_reports(sample_reports())
            case.choose_incident(case.findings.incidents[0])  # so that each notebook shows something by itself
        return case

    @classmethod
    def existing(cls, name: str | Path) -> Case:
        """A case that is there already, by its name or its folder.

        Raises
        ------
        CaseError
            There is no such case.
        """
        for folder in (Path(name), cases_folder() / name):
            if (folder / "case.json").is_file():
                return cls(folder)
        raise CaseError(f"{name}: there is no such case. Cases lie in {cases_folder()}.")

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    def __repr__(self) -> str:
        """What is in the case, in a few lines."""
        rule, names = self.incident, [path.name for path in self.reports]
        cause = ", ".join((*rule.promotion_ids, *rule.skus)) if rule else ""
        lines = [
            f"Case {self.name}",
            f"  folder    {self.folder}",
            f"  reports   {len(names)}{': ' + ', '.join(names[:6]) if names else ' (none yet: notebook 1)'}",
            f"  incident  {cause or ('chosen in notebook 2' if rule else 'none chosen yet (notebook 2)')}",
            f"  exports   {len(self.exports)}",
        ]
        return "\n".join(lines)

    @property
    def revision(self) -> int:
        """A number that grows with every change, also one made by another notebook."""
        return self._load().revision

    # -- reports ------------------------------------------------------------------------------------------------

    @property
    def reports_folder(self) -> Path:
        """Where the reports as given lie; files dropped into it are part of the case."""
        return self.folder / "reports"

    @property
    def reports(self) -> tuple[Path, ...]:
        """The reports of the case, by name; hidden files and folders are not reports."""
        found = self.reports_folder.iterdir()
        return tuple(sorted(path for path in found if path.is_file() and not path.name.startswith((".", "~$"))))

    def add_reports(self, paths: Iterable[Path | str]) -> tuple[Path, ...]:
        """Copy reports into the case; the same content is taken once, another file of the same name gets a new name.

        Raises
        ------
        CaseError
            A file that is not there.
        """
        return tuple(self._add_report(Path(path).name, content(Path(path))) for path in paths)

    def add_report(self, name: str, content: bytes) -> Path:
        """A report that arrived as bytes (an upload) laid into the case."""
        return self._add_report(name, content)

    def _add_report(self, name: str, content: bytes) -> Path:
        digest = hashlib.sha256(content).hexdigest()
        for path in self.reports:
            if sha256(path) == digest:
                return path
        place = free_name(self.reports_folder, safe_file_name(name))
        write_atomically(place, content)
        self._change(lambda state: replace(state, reports=state.reports | {place.name: digest}))
        return place

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every report, by file name; files dropped into the folder are recorded when first seen.

        Raises
        ------
        CaseError
            A report that is no longer what it was when it was recorded.
        """
        digests = {path.name: sha256(path) for path in self.reports}
        known = self._load().reports
        changed = [name for name, digest in digests.items() if known.get(name, digest) != digest]
        if changed:
            raise CaseError(
                f"{self.reports_folder}: {', '.join(changed)} changed since promofix first read it (was it opened and "
                "saved in Excel?). Put the original back, or save the new one under another name."
            )
        if digests.items() - known.items():
            self._change(lambda state: replace(state, reports=state.reports | digests))
        return digests

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
        if not self.reports:
            raise CaseError(
                f"The case {self.name!r} has no report yet. Put the files you downloaded from Seller Central into "
                f"{self.reports_folder}, or choose them in notebook 1."
            )
        state = tuple(sorted(self.hashes().items()))
        if self._reading is None or self._reading[0] != state:
            self._reading = (state, read_orders(self.reports, cache=self.folder / "cache", progress=_watched()))
        return self._reading[1]

    @property
    def orders(self) -> pd.DataFrame:
        """The order table of all reports."""
        return self.reading.orders

    @property
    def marketplace(self) -> Marketplace:
        """The marketplace that most orders come from; its zone is the one shown."""
        counts = self.orders[["sales_channel", "currency"]].value_counts(dropna=False).index
        return main_marketplace([counts[0][0]] if len(counts) else [], [counts[0][1]] if len(counts) else [])

    # -- finding and deciding -----------------------------------------------------------------------------------

    @property
    def findings(self) -> Findings:
        """The incidents in the order table, gravest first, by the seller's thresholds and normal prices."""
        settings, orders = self.settings, self.orders
        question = (id(orders), repr(settings.thresholds), repr(settings.normal_prices))
        if self._findings is None or self._findings[0] != question:
            thresholds = Thresholds(**settings.thresholds)  # type: ignore[arg-type]
            found = find_incidents(orders, thresholds=thresholds, normal_prices=own_prices(settings))
            self._findings = (question, found)
        return self._findings[1]

    @property
    def decisions(self) -> Decisions:
        """What was decided, with undo."""
        return self._load().decisions

    @property
    def incident(self) -> Incident | None:
        """The rule that was taken as the mistake."""
        return self.decisions.incident

    @property
    def finding(self) -> Finding | None:
        """The evidence behind the incident that was taken; None when today's reports no longer show it."""
        rule = self.incident
        matches = [found for found in self.findings.incidents if rule is not None and _same_cause(found.rule, rule)]
        return next((found for found in matches if found.rule == rule), matches[0] if matches else None)

    @property
    def filter(self) -> Incident:
        """The rule as the seller adjusted it; it asks nothing as long as no incident was taken."""
        return self.decisions.filter or Incident()

    def choose_incident(self, found: Finding | Incident) -> Case:
        """Take an incident as the mistake. The same one again changes nothing; adjustments of the rule are kept."""
        rule = found if isinstance(found, Incident) else found.rule
        decisions = self.decisions
        if decisions.incident == rule:
            return self
        self._decide(Decision("incident", self._clock(), rule=rule))
        if decisions.incident and decisions.filter and _same_cause(decisions.incident, rule):
            return self.set_filter(rebased(decisions.filter, decisions.incident, rule))
        return self

    def set_filter(self, rule: Incident) -> Case:
        """Adjust the rule; the same rule again changes nothing."""
        return self if self.filter == rule else self._decide(Decision("filter", self._clock(), rule=rule))

    def decide(self, action: Action, keys: Iterable[str], reason: str = "") -> Case:
        """Put order items in (``add``) or out (``leave_out``) by hand, or back to what the rule says (``as_rule``)."""
        items = tuple(keys)
        return self._decide(Decision(action, self._clock(), items=items, reason=reason)) if items else self

    def _decide(self, decision: Decision) -> Case:
        return self._change(lambda state: replace(state, decisions=state.decisions.then(decision)))

    def undo(self) -> Case:
        """Take the last decision back."""
        return self._change(lambda state: replace(state, decisions=state.decisions.undo()))

    def redo(self) -> Case:
        """Make the last undone decision again."""
        return self._change(lambda state: replace(state, decisions=state.decisions.redo()))

    @property
    def can_undo(self) -> bool:
        """Whether there is a decision to take back."""
        return bool(self.decisions.done)

    @property
    def can_redo(self) -> bool:
        """Whether there is an undone decision."""
        return bool(self.decisions.undone)

    def chosen(self) -> pd.Series[bool]:
        """Mask over `orders`: the rule, with what was put in and without what was left out by hand."""
        return chosen(self.orders, self.decisions)

    # -- settings, presets, log ---------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """What the seller set for the case."""
        return self._load().settings

    def change_settings(self, **changes: Any) -> Case:
        """Change settings by name; the same values again change nothing.

        Raises
        ------
        ValueError
            A setting that does not exist.
        """
        strange = set(changes) - {item.name for item in fields(Settings)}
        if strange:
            raise ValueError(f"There is no setting {', '.join(sorted(strange))}.")
        if replace(self.settings, **changes) == self.settings:
            return self
        return self._change(lambda state: replace(state, settings=replace(state.settings, **changes)))

    @property
    def presets(self) -> dict[str, Incident]:
        """Rules that the seller saved under a name."""
        return dict(self._load().presets)

    def save_preset(self, name: str, rule: Incident) -> Case:
        """Keep a rule under a name."""
        return self._change(lambda state: replace(state, presets=state.presets | {name: rule}))

    @property
    def log(self) -> tuple[dict[str, Any], ...]:
        """What happened and when: exports, Amazon's advice with its case id, what came back."""
        return self._load().log

    def note(self, what: str, **facts: Any) -> Case:
        """Write one line into the log, with the present time; the facts are plain JSON values."""
        entry = {"at": self._clock().isoformat(), "what": what, **facts}
        return self._change(lambda state: replace(state, log=(*state.log, entry)))

    # -- exports ------------------------------------------------------------------------------------------------

    @property
    def exports(self) -> tuple[Path, ...]:
        """Folders of earlier exports, oldest first."""
        folder = self.folder / "exports"
        return tuple(sorted(path for path in folder.iterdir() if path.is_dir())) if folder.exists() else ()

    def new_export(self, now: datetime | None = None) -> Path:
        """Path of a folder for a new export, named after its time; it does not exist yet."""
        stamp = (now or self._clock()).strftime("%Y-%m-%dT%H%M%S")
        return free_name(self.folder / "exports", stamp)

    # -- the file -----------------------------------------------------------------------------------------------

    def _load(self) -> State:
        return self._file.load()

    def _change(self, change: Callable[[State], State]) -> Case:
        self._file.change(change)
        return self


def _same_cause(one: Incident, other: Incident) -> bool:
    if one.promotion_ids or other.promotion_ids:
        return bool(set(one.promotion_ids) & set(other.promotion_ids))
    return bool({item.sku for item in one.ceilings} & {item.sku for item in other.ceilings})


def own_prices(settings: Settings) -> tuple[NormalPrice, ...]:
    """The seller's own normal prices.

    Raises
    ------
    CaseError
        A price that is no number.
    """
    try:
        return tuple(
            NormalPrice(
                row["sku"],
                row.get("sales_channel", ""),
                row.get("currency", ""),
                Decimal(row["price"]),
                "given by the seller",
            )
            for row in settings.normal_prices
        )
    except (KeyError, ArithmeticError) as error:
        raise CaseError(
            "A normal price that you gave needs a SKU and a price such as 58.99; correct it in notebook 2."
        ) from error
