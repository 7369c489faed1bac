"""Buyers' data removed when the job is done; the evidence and the decisions stay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.export.handover.record import RECORD
from promofix_lib.letters.seller_words import tell
from promofix_lib.purge.traces import Needles, buyers_words, find_traces, needles, words_in
from promofix_lib.reports import Report, read_report
from promofix_lib.returns.inbox import INBOX, WORKBOOKS
from promofix_lib.returns.returns import FOLDER as RETURNS
from promofix_lib.returns.returns import without_notes
from promofix_lib.stored import write_atomically

DAYS = 30
"""Amazon's developers must delete buyers' data this many days after delivery; a sane rule for every seller."""

_TAKEN_OUT = "[removed]"
_MADE_FOR_THE_ASSISTANT = ("buyers*.xlsx", "messages", "message-template.docx")


@dataclass(frozen=True)
class Purge:
    """What goes, or went, and what stays.

    Parameters
    ----------
    folder : Path
        The case.
    removed, kept, cleaned : tuple of Path
        Files and folders; `cleaned` are records of ours out of which buyers' names were (or will be) taken.
    done : bool
        False while it is only said.
    """

    folder: Path
    removed: tuple[Path, ...]
    kept: tuple[Path, ...]
    cleaned: tuple[Path, ...]
    done: bool

    def text(self, language: str = "en") -> str:
        """The purge in words, for the seller."""
        lists = (
            ("purge_removed" if self.done else "purge_would", self.removed),
            ("purge_cleaned" if self.done else "purge_would_clean", self.cleaned),
            ("purge_kept", self.kept),
        )
        parts = [self._listed(tell(title, language), paths) for title, paths in lists]
        return "\n\n".join([*(part for part in parts if part), tell("purge_end", language, days=DAYS)])

    def _listed(self, title: str, paths: tuple[Path, ...]) -> str:
        names = [path.relative_to(self.folder).as_posix() for path in paths]
        return "\n".join([f"{title}:", *(f"  {name}" for name in names)]) if names else ""


def what_would_go(case: Case) -> Purge:
    """What `purge` would remove, clean and keep; nothing is changed."""
    words, suspects = _buyers_of(case)
    wanted = needles(words)
    removed = tuple(_to_remove(case, wanted, suspects))
    left = [path for path in _files(case.folder) if not any(path.is_relative_to(gone) for gone in removed)]
    cleaned = tuple(path for path in left if _is_ours(case, path) and words_in(path, wanted))
    return Purge(case.folder, removed, tuple(path for path in left if path not in cleaned), cleaned, done=False)


def purge(case: Case, now: datetime | None = None) -> Purge:
    """Remove buyers' data from a case; keep the evidence, the order ids and the decisions.

    Reports that name buyers, workbooks, messages, the cache and old versions of the case go; so does every other file
    of the folder in which a buyer's name or address is found, also inside archives. In the case's own records such
    names are overwritten, and the assistant's notes are taken out.

    Parameters
    ----------
    case : Case
        Afterwards its reports without buyers are still there.
    now : datetime with a zone, optional
        Written into the log; the case's clock by default.

    Returns
    -------
    Purge

    Raises
    ------
    CaseError
        A file that can not be removed (it is open in another program), or in which a name was found again.

    References
    ----------
    Amazon's Data Protection Policy: personal data no longer than 30 days after delivery.
    """
    words, reports = _buyers_of(case)
    plan = what_would_go(case)
    _remove_all(path for path in plan.removed if path not in reports)
    _remove_all(reports)  # last: they tell whom to look for when something above is stuck
    cleaned = {*plan.cleaned, *without_notes(case.folder)}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    for path in (path for path in plan.cleaned if path != case.journal.path):
        _clean(path, words)
    facts = {"at_time": now.isoformat()} if now else {}
    case.journal.clean(lambda _kind, facts: _without(facts, longest_first), {})
    case.note("purge", removed=len(plan.removed), cleaned=len(cleaned), **facts)
    shutil.rmtree(case.folder / "history", ignore_errors=True)  # the note above has just kept one more old version
    left = find_traces(case.folder, words)
    if left:
        raise CaseError(
            f"{case.folder}: buyers' data is still in {', '.join(trace.name for trace in left)}. "
            "Close these files in other programs and purge again, or delete them by hand."
        )
    return Purge(case.folder, plan.removed, plan.kept, tuple(sorted(cleaned)), done=True)


def _buyers_of(case: Case) -> tuple[frozenset[str], frozenset[Path]]:
    """Names and addresses that the reports hold, and the reports that hold some or can not be read."""
    words: set[str] = set()
    suspects: set[Path] = set()
    for path in case.reports:
        try:
            found = frozenset().union(*(_words_of(report) for report in read_report(path)))
        except PromofixError:
            suspects.add(path)  # nobody can say what is in it
            continue
        words |= found
        if found:
            suspects.add(path)
    return frozenset(words), frozenset(suspects)


def _words_of(report: Report) -> frozenset[str]:
    return buyers_words(report.table)


def _to_remove(case: Case, wanted: Needles, suspects: frozenset[Path]) -> Iterator[Path]:
    yield from sorted(suspects)
    for name in ("cache", "history"):
        if (case.folder / name).exists():
            yield case.folder / name
    gone: list[Path] = []
    for folder in case.exports:
        for pattern in _MADE_FOR_THE_ASSISTANT:
            gone += sorted(folder.glob(pattern))
    gone += sorted(case.folder.glob(".export-*.part"))
    gone += sorted(path for path in (case.folder / INBOX).glob("*") if path.suffix.lower() in WORKBOOKS)
    yield from gone
    known = {*suspects, *gone, case.folder / "cache", case.folder / "history"}
    for path in _files(case.folder):
        covered = any(path.is_relative_to(other) for other in known)
        if not covered and not _is_ours(case, path) and words_in(path, wanted):
            yield path


def _is_ours(case: Case, path: Path) -> bool:
    """Records that promofix reads again: they are cleaned, not removed."""
    return path == case.journal.path or path.name == RECORD or path.parent == case.folder / RETURNS


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")


def _remove_all(paths: Iterable[Path]) -> None:
    stuck = []
    for path in paths:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                with suppress(FileNotFoundError):
                    path.unlink()
        except OSError as error:
            stuck.append(f"{path} ({error.strerror})")
    if stuck:
        raise CaseError(
            f"These can not be removed: {', '.join(stuck)}. Close them in other programs and purge again; "
            "what could be removed is gone."
        )


def _clean(path: Path, words: frozenset[str]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    write_atomically(path, json.dumps(_without(content, longest_first), ensure_ascii=False, indent=1).encode())


def _without(value: Any, words: list[str]) -> Any:
    if isinstance(value, dict):
        return {_without(name, words): _without(cell, words) for name, cell in value.items()}
    if isinstance(value, list):
        return [_without(cell, words) for cell in value]
    if isinstance(value, str):
        for word in words:
            value = value.replace(word, _TAKEN_OUT)
    return value
