"""What goes when the job is done and what stays: planned, done so that it can be cut off anywhere, and proved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.case.folder import all_cases
from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.places import seller_folder, trouble_of_case_told, write_atomically
from promofix_lib.purge.search import Searcher, is_shut, names_people, people_of
from promofix_lib.reports.reading import read_report
from promofix_lib.returns.inbox import INBOX
from promofix_lib.returns.sheets import is_list
from promofix_lib.rules import rule
from promofix_lib.say import say, told

_TAKEN_OUT = "[removed]"
_WANTED = ".purge.json"
"""Whom a purge looks for, from its first step to its last: cut off in between, the next one still knows."""

_MADE = (
    "cache", "history", "returns", ".export-*.part", "exports/.*.part", "**/.*.new", "**/.ipynb_checkpoints",
    "exports/*/buyers*.xlsx", "exports/*/messages",
    "exports/*/message-drafts*.mbox", "exports/*/message-template*.docx",
)  # fmt: skip
"""What goes whatever is in it: leftovers, and what an export made for the assistant."""
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

    def text(self, language: str | None = None) -> str:
        """The purge in words, for the seller."""
        lists = (
            ("purge.removed" if self.done else "purge.would_remove", self.removed),
            ("purge.cleaned" if self.done else "purge.would_clean", self.cleaned),
            ("purge.kept", self.kept),
            ("purge.shut", self.shut),
        )
        parts = ["\n  ".join([say(key, language=language), *map(self._name, paths)]) for key, paths in lists if paths]
        parts += [say("purge.proved", language=language)] if self.done else []
        return "\n\n".join([*parts, say("purge.outside", language=language, n=rule("buyers_data.keep_days"))])

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)


@trouble_of_case_told
def what_would_go(case: Case) -> Purge:
    """What `purge` would remove, clean and keep; nothing is changed."""
    return planned(case)[0]


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
    _remove_all(reversed(plan.removed))  # the reports, which stand first, go last: they tell how old a case is
    for path in plan.cleaned:
        if path.suffix == ".ipynb":
            _empty(path)
    case.journal.clean(lambda _kind, facts: without_buyers(facts, searcher), {"removed": len(plan.removed)})
    _prove(case, searcher)
    wanted.unlink(missing_ok=True)
    return replace(plan, done=True)


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
            if _newest(case) <= limit and _has_buyers(plan := what_would_go(case)):
                finished.append(purge(case) if really else plan)
        except PromofixError as error:
            troubles.append(told("purge.trouble", name=folder.name, why=told(error.key, **error.facts)))
    if troubles:
        raise CaseError("purge.some_not_done", n=len(troubles), done=len(finished), cases=tuple(troubles))
    return tuple(finished)


def _newest(case: Case) -> datetime:
    """When the newest order was placed; where no report tells, when the case was last worked on."""
    with suppress(PromofixError):  # no report, or one that can not be read: its case still grows old
        if len(bought := case.orders["purchase_date"].dropna()):
            return bought.max().to_pydatetime()
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
    gone = [*with_buyers, *_made_with_buyers(case)]
    mine = [path for path in _files(case.folder) if path.relative_to(case.folder).as_posix() not in _OURS]
    left = [path for path in mine if not any(path.is_relative_to(one) for one in gone)]
    found = [path for path in left if searcher.found_in(path)]
    pages = [path for path in _pages() if searcher.found_in(path)]
    notebooks = [path for path in pages if ".ipynb_checkpoints" not in path.parts]
    removed = tuple(dict.fromkeys([*gone, *found, *(path for path in pages if path not in notebooks)]))
    shut = tuple(path for path in left if path not in found and is_shut(path))
    kept = tuple(path for path in left if path not in found and path not in shut)
    return Purge(case.folder, removed, kept, (case.journal.path, *notebooks), shut, done=False), searcher


def _buyers_of(case: Case) -> tuple[set[str], list[Path]]:
    """Whom the reports (or a purge that was cut off) name, and the reports that do or can not be read."""
    people: set[str] = set()
    with suppress(OSError, ValueError):
        people.update(json.loads((case.folder / _WANTED).read_bytes()))
    suspects = []
    for path in (path for path in _files(case.reports_folder) if not path.name.startswith(".")):
        try:
            tables = [report.table for report in read_report(path)]
        except PromofixError:
            suspects.append(path)  # nobody can say what is in it
            continue
        people.update(*map(people_of, tables))
        if any(map(names_people, tables)):
            suspects.append(path)
    return people, suspects


def _made_with_buyers(case: Case) -> list[Path]:
    made = [path for pattern in _MADE for path in sorted(case.folder.glob(pattern))]
    return made + [path for path in sorted((case.folder / INBOX).glob("*")) if is_list(path)]


def _pages() -> list[Path]:
    """The seller's notebooks with their checkpoints: their outputs may show a buyer."""
    return sorted((seller_folder() / "notebooks").rglob("*.ipynb"))


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
    files = [path for path in _files(case.folder) if path.name != _WANTED]
    if left := searcher.traces([*files, *_pages()]):
        raise CaseError("purge.left", folder=case.folder, files=left)
