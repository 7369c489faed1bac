"""What goes when the job is done and what stays: planned, done so that it can be cut off anywhere, and proved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.case.folder import all_cases
from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.places import seller_folder, trouble_of_case_told, trouble_told, write_atomically
from promofix_lib.purge.search import Searcher, is_shut, names_people, people_of
from promofix_lib.reports.reading import read_report
from promofix_lib.returns.inbox import INBOX
from promofix_lib.returns.sheets import is_list
from promofix_lib.rules import rule
from promofix_lib.say import Told, say, told

_TAKEN_OUT = "[removed]"
_WANTED = ".purge.json"
"""Whom a purge looks for, from its first step to its last: cut off in between, the next one still knows."""

_ALWAYS = ("cache", "history", "returns", ".export-*.part", "exports/.*.part", "**/.*.new", "**/.ipynb_checkpoints")
_MADE_FOR_THE_ASSISTANT = ("buyers*.xlsx", "messages", "message-drafts*.mbox", "message-template*.docx")
_OURS = ("case.db", "case.db-journal", _WANTED)


@dataclass(frozen=True)
class Purge:
    """What goes, or went, and what stays.

    Parameters
    ----------
    folder : Path
        The case.
    removed, kept, cleaned : tuple of Path
        Files and folders; `cleaned` are the journal and notebooks out of which buyers were (or will be) taken.
    shut : tuple of Path
        Files that stay and into which nobody can look: pictures, PDF, archives with a password.
    done : bool
        False while it is only said.
    """

    folder: Path
    removed: tuple[Path, ...]
    kept: tuple[Path, ...]
    cleaned: tuple[Path, ...]
    shut: tuple[Path, ...]
    done: bool

    @property
    def outside(self) -> Told:
        """What a purge can not reach."""
        return told("purge.outside", n=rule("buyers_data.keep_days"))

    def text(self, language: str | None = None) -> str:
        """The purge in words, for the seller."""
        lists = (
            ("purge.removed" if self.done else "purge.would_remove", self.removed),
            ("purge.cleaned" if self.done else "purge.would_clean", self.cleaned),
            ("purge.kept", self.kept),
            ("purge.shut", self.shut),
        )
        parts = [self._listed(say(key, language=language), paths) for key, paths in lists]
        proof = [say("purge.proved", language=language)] if self.done else []
        return "\n\n".join([*(part for part in parts if part), *proof, self.outside.text(language)])

    def _listed(self, title: str, paths: tuple[Path, ...]) -> str:
        return "\n".join([title, *(f"  {self._name(path)}" for path in paths)]) if paths else ""

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)


@trouble_of_case_told
def what_would_go(case: Case) -> Purge:
    """What `purge` would remove, clean and keep; nothing is changed."""
    plan, _ = planned(case)
    return plan


@trouble_of_case_told
def purge(case: Case) -> Purge:
    """Remove buyers' data from a case; keep the evidence, the order ids and the decisions.

    Reports that name buyers, workbooks, drafts, worked sheets, the cache and half-made files go; so does every other
    file of the folder in which a buyer is found, in whatever encoding or archive. In the journal such names are
    overwritten (also in the file's own leftovers), and the assistants' notes are taken out; outputs of notebooks that
    show a buyer are emptied. Cut off at any point and run again, it finishes. At the end it searches again.

    Parameters
    ----------
    case : Case
        Afterwards its reports without buyers are still there.

    Raises
    ------
    CaseError
        A file that can not be removed (it is open in another program), or in which a buyer was found again.

    References
    ----------
    Amazon's Data Protection Policy: personal data no longer than 30 days after delivery.
    """
    plan, searcher = planned(case)
    wanted = case.folder / _WANTED
    write_atomically(wanted, json.dumps(sorted(searcher.people)).encode())
    reports = {path for path in plan.removed if path.parent == case.reports_folder}
    _remove_all(path for path in plan.removed if path not in reports)
    _remove_all(reports)
    for path in plan.cleaned:
        if path.suffix == ".ipynb":
            _empty(path)
    case.journal.clean(lambda _kind, facts: without_buyers(facts, searcher), {"removed": len(plan.removed)})
    _prove(case, searcher)
    with trouble_told(wanted):
        wanted.unlink(missing_ok=True)
    return Purge(case.folder, plan.removed, plan.kept, plan.cleaned, plan.shut, done=True)


def purge_older_than(days: int, now: datetime | None = None, *, really: bool = True) -> tuple[Purge, ...]:
    """Purge every case of the cases folder whose newest order is older than so many days.

    Parameters
    ----------
    days : int
    now : datetime with a zone, optional
        The present by default.
    really : bool
        False only says what would go.

    Returns
    -------
    tuple of Purge
        One for each case that held buyers' data.

    Raises
    ------
    CaseError
        Cases that could not be purged, each with why, after all others were.
    """
    limit = (now or datetime.now(UTC)) - timedelta(days=days)
    finished, troubles = [], []
    for folder in all_cases():
        try:
            case = Case.existing(folder)
            if _newest(case) <= limit and _has_buyers(what_would_go(case)):
                finished.append(purge(case) if really else what_would_go(case))
        except PromofixError as error:
            troubles.append(told("purge.trouble", name=folder.name, why=told(error.key, **error.facts)))
    if troubles:
        raise CaseError("purge.some_not_done", n=len(troubles), done=len(finished), cases=tuple(troubles))
    return tuple(finished)


def _newest(case: Case) -> datetime:
    """When the newest order was placed; where no report tells, when the case was last worked on."""
    try:
        newest = case.orders["purchase_date"].max() if case.reports else None
        if isinstance(newest, datetime) and newest == newest:  # not a missing time
            return newest
    except PromofixError:
        pass  # a report that can not be read: its case still grows old
    return max((entry.at for entry in case.journal.entries()), default=datetime.min.replace(tzinfo=UTC))


def _has_buyers(plan: Purge) -> bool:
    """More than the cache, which holds what the reports hold."""
    notebooks = any(path.suffix == ".ipynb" for path in plan.cleaned)
    return notebooks or any(path != plan.folder / "cache" for path in plan.removed)


# -- the plan ---------------------------------------------------------------------------------------------------------


def planned(case: Case) -> tuple[Purge, Searcher]:
    """What would go, and who finds the buyers of the case."""
    people, with_buyers = _buyers_of(case)
    searcher = Searcher(people)
    removed = dict.fromkeys([*sorted(with_buyers), *_made_with_buyers(case)])
    mine = [path for path in _files(case.folder) if path.relative_to(case.folder).as_posix() not in _OURS]

    def goes(path: Path) -> bool:
        return any(path.is_relative_to(gone) for gone in removed)

    removed |= dict.fromkeys([path for path in mine if not goes(path) and searcher.found_in(path)])
    checkpoints, notebooks = _notebooks(searcher)
    removed |= dict.fromkeys(checkpoints)
    kept = [path for path in mine if not goes(path)]
    shut = tuple(path for path in kept if is_shut(path))
    open_files, cleaned = tuple(path for path in kept if path not in shut), (case.journal.path, *notebooks)
    return Purge(case.folder, tuple(removed), open_files, cleaned, shut, done=False), searcher


def _buyers_of(case: Case) -> tuple[frozenset[str], frozenset[Path]]:
    """Whom the reports (or a purge that was cut off) name, and the reports that do or can not be read."""
    people: set[str] = set()
    wanted = case.folder / _WANTED
    with suppress(OSError, ValueError):
        people |= {word for word in json.loads(wanted.read_text(encoding="utf-8")) if isinstance(word, str)}
    suspects = set()
    for path in (path for path in _files(case.reports_folder) if not path.name.startswith(".")):
        try:
            tables = [report.table for report in read_report(path)]
        except PromofixError:
            suspects.add(path)  # nobody can say what is in it
            continue
        people |= {word for table in tables for word in people_of(table)}
        if any(names_people(table) for table in tables):
            suspects.add(path)
    return frozenset(people), frozenset(suspects)


def _made_with_buyers(case: Case) -> Iterator[Path]:
    for pattern in _ALWAYS:
        yield from sorted(case.folder.glob(pattern))
    for folder in case.exports:
        for pattern in _MADE_FOR_THE_ASSISTANT:
            yield from sorted(folder.glob(pattern))
    for path in sorted((case.folder / INBOX).glob("*")):
        if is_list(path):
            yield path


def _notebooks(searcher: Searcher) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Checkpoints that go, and notebooks whose outputs show a buyer."""
    found = [path for path in sorted((seller_folder() / "notebooks").rglob("*.ipynb")) if searcher.found_in(path)]
    checkpoints = tuple(path for path in found if ".ipynb_checkpoints" in path.parts)
    return checkpoints, tuple(path for path in found if path not in checkpoints)


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


# -- doing it ---------------------------------------------------------------------------------------------------------


def _remove_all(paths: Iterable[Path]) -> None:
    stuck = []
    for path in paths:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            stuck.append(f"{path} ({error.strerror})")
    if stuck:
        raise CaseError("purge.stuck", files=tuple(stuck))


def _empty(path: Path) -> None:
    """Take the outputs out of a notebook; its cells stay."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content.get("cells", ()):
        if cell.get("cell_type") == "code":
            cell |= {"outputs": [], "execution_count": None}
    content.get("metadata", {}).pop("widgets", None)
    write_atomically(path, json.dumps(content, ensure_ascii=False, indent=1).encode())


def without_buyers(value: Any, searcher: Searcher) -> Any:
    """A fact of the journal without buyers; what somebody typed into a note may name anybody, and goes."""
    if isinstance(value, Mapping):
        return {
            searcher.without(name, _TAKEN_OUT): "" if name == "note" else without_buyers(cell, searcher)
            for name, cell in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_buyers(cell, searcher) for cell in value]
    return searcher.without(value, _TAKEN_OUT) if isinstance(value, str) else value


def _prove(case: Case, searcher: Searcher) -> None:
    """Search once more, in all that is left."""
    checkpoints, notebooks = _notebooks(searcher)
    files = (path for path in _files(case.folder) if path.name != _WANTED)
    left = searcher.traces((*files, *checkpoints, *notebooks))
    if left:
        raise CaseError("purge.left", folder=case.folder, files=left)
