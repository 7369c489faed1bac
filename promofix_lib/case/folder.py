"""What is kept of a case: its folder with the reports as given, the journal of what was decided, every export."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from promofix_lib.case.decisions import SELLER, Decisions, Story
from promofix_lib.case.journal import NAME
from promofix_lib.case.records import Action, Decision
from promofix_lib.case.report_folder import ReportFolder
from promofix_lib.case.settings import Settings, changed
from promofix_lib.case.takeover import OLD_NAME, put_aside, taken_over
from promofix_lib.errors import CaseError
from promofix_lib.file_names import checked_case_name, free_name
from promofix_lib.incident import Incident
from promofix_lib.places import cases_folder, keep_private, private_folder, sweep, synchronised, trouble_told
from promofix_lib.plain import plain
from promofix_lib.say import Told, current_language, languages, say, speak, told

SAMPLE = "sample"
CHOSEN = ".open"
"""File of the cases folder that names the case which was chosen last."""

_HALF_MADE = (".*.new*", "reports/.*.new", ".export-*.part")


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class CaseFolder(ReportFolder):
    """The folder of a case and what is kept in it. `Case` adds what it all adds up to."""

    warnings: tuple[Told, ...] = ()
    """What the seller should know: a conflict copy beside the journal, a synchronised folder, a case gone."""

    _is_the_open_one = False

    # -- opening ------------------------------------------------------------------------------------------------------

    @classmethod
    def _opened(cls, name: str | Path | None, language: str, clock: Callable[[], datetime]) -> Self:
        if language and language not in languages():
            raise CaseError("case.language", found=language, known=languages())
        folder, lost = _open_one() if name is None else (_folder_of(name), ())
        case = cls(folder, clock)
        case._begin(language)
        case.warnings = (*lost, *case.warnings)
        case._is_the_open_one = name is None
        return case

    @classmethod
    def existing(cls, name: str | Path, clock: Callable[[], datetime] = now) -> Self:
        """A case that is there already, by its name or its folder.

        Raises
        ------
        CaseError
            There is no such case.
        """
        if "\0" in str(name):
            raise CaseError("places.no_case_name", name=str(name))
        with trouble_told(Path(name)):
            for folder in (Path(name).expanduser(), cases_folder() / name):
                if is_case(folder):
                    case = cls(folder, clock)
                    case._begin("")
                    return case
        raise CaseError("case.not_there", name=str(name), folder=cases_folder())

    def _begin(self, language: str) -> None:
        keep_private()
        path = self.journal.path
        with trouble_told(path):
            has_journal, has_old = path.exists(), (self.folder / OLD_NAME).exists()
            copies = tuple(sorted(one.name for one in self.folder.glob("case*.db") if one != path))
        if has_journal:
            self.journal.check()
        elif has_old:
            self.journal.create(taken_over(self.folder))
        else:
            if copies or self.exports:
                raise CaseError("case.journal_missing", folder=self.folder, beside=copies or ("exports",))
            private_folder(self.folder / "reports")
            self.journal.create([(self._clock(), "settings", "promofix", {"language": language or current_language()})])
        self.warnings += put_aside(self.folder, self.journal) if has_old else ()
        self.warnings += (told("case.conflict_copy", folder=self.folder, files=copies),) if copies else ()
        self.warnings += (told("case.synchronised", folder=self.folder),) if synchronised(self.folder) else ()
        private_folder(self.folder / "reports")
        sweep(self.folder, _HALF_MADE)
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
        folder = _open_one()[0] if self._is_the_open_one else self.folder
        return "" if folder == self.folder else folder.name

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

    # -- what was decided ---------------------------------------------------------------------------------------------

    @property
    def decisions(self) -> Decisions:
        """All that was decided, with what can be undone (`done`) and redone (`undone`)."""
        return self.journal.state.decisions

    def set_rule(self, number: int, rule: Incident) -> Self:
        """Adjust the rule of an incident; the same rule again changes nothing."""
        return self._decide(lambda decisions: decisions.set_rule(number, rule))

    def decide(self, action: Action, keys: Iterable[str], reason: str = "") -> Self:
        """Put order items in (``add``) or out (``leave_out``) by hand, or back to what the rule says (``as_rule``)."""
        return self._decide(lambda decisions: decisions.decide(action, keys, reason))

    def undo(self) -> Self:
        """Take the seller's last decision back."""
        return self._decide(lambda decisions: decisions.step("undo"))

    def redo(self) -> Self:
        """Make the last undone decision again."""
        return self._decide(lambda decisions: decisions.step("redo"))

    def _decide(self, make: Callable[[Decisions], Iterable[Decision]], hand: str = SELLER) -> Self:
        self.journal.decide(lambda story: make(story.decisions), hand)
        return self

    @property
    def settings(self) -> Settings:
        """What the seller set for the case."""
        return self.journal.state.settings

    @property
    def language(self) -> str:
        """Of the seller and the assistant."""
        return self.settings.language

    def change_settings(self, **changes: Any) -> Self:
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
    def presets(self) -> dict[str, Incident]:
        """Rules that the seller saved under a name."""
        return dict(self.journal.state.presets)

    def save_preset(self, name: str, rule: Incident) -> Self:
        """Keep a rule under a name."""
        self.journal.add("preset", {"name": name, "rule": plain(rule)})
        return self

    # -- exports ------------------------------------------------------------------------------------------------------

    @property
    def exports(self) -> tuple[Path, ...]:
        """Folders of earlier exports, oldest first: as the journal has them, also when the clock was set back."""
        folder = self.folder / "exports"
        with trouble_told(folder):
            found = [path for path in folder.iterdir() if path.is_dir()] if folder.exists() else []
        made = {entry.facts.get("folder"): entry.id for entry in self.journal.entries("export")} if found else {}
        shown = [path for path in found if not path.name.startswith(".")]
        return tuple(sorted(shown, key=lambda path: (made.get(path.name, 0), path.name)))

    def new_export(self, now: datetime | None = None) -> Path:
        """Path of a folder for a new export, named after its time; it does not exist yet."""
        stamp = (now or self._clock()).strftime("%Y-%m-%dT%H%M%S")
        return free_name(private_folder(self.folder / "exports"), stamp)


def is_case(folder: Path) -> bool:
    """Whether a folder holds a case, also one of version 0.1 that was not opened since."""
    return any((folder / file).is_file() for file in (NAME, OLD_NAME))


def all_cases() -> tuple[Path, ...]:
    """The cases of the cases folder, by name."""
    return tuple(sorted(folder for folder in cases_folder().glob("*") if is_case(folder)))


def _open_one() -> tuple[Path, tuple[Told, ...]]:
    """The folder of the case meant when none is named, and what is to be said about it."""
    if named := os.environ.get("PROMOFIX_CASE", "").strip():
        return _folder_of(_name_or_folder(named)), ()
    chosen = cases_folder() / CHOSEN
    with trouble_told(chosen):
        text = chosen.read_text(encoding="utf-8", errors="replace").strip() if chosen.is_file() else ""
        place = _name_or_folder(text or SAMPLE)
        if text and not (cases_folder() / place).is_dir():
            return cases_folder() / SAMPLE, (told("case.chosen_gone", name=text),)
    return _folder_of(place), ()


def _folder_of(case: str | Path) -> Path:
    """The folder of a case, by its name in the cases folder; a path is one already."""
    if isinstance(case, str):
        return cases_folder() / checked_case_name(case)
    if "\0" in str(case):
        raise CaseError("places.no_case_name", name=str(case))
    return case


def _name_or_folder(text: str) -> str | Path:
    is_folder = any(sign in text for sign in ("/", "\\")) or text.startswith("~") or Path(text).is_absolute()
    return Path(text).expanduser() if is_folder else text
