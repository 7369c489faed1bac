"""A case of promofix 0.1 (``case.json``, ``returns/``, records of exports) becomes rows of the journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from promofix_lib.case.journal import Entry, Journal
from promofix_lib.case.records import (
    Action,
    Advice,
    Answer,
    Cancellation,
    Decision,
    ExportRecord,
    HandedItem,
    Record,
    Returned,
    UploadAnswer,
    misfit,
    plain,
    typed,
)
from promofix_lib.case.settings import Settings, changed
from promofix_lib.case.story import Story
from promofix_lib.errors import CaseError
from promofix_lib.incident import Incident
from promofix_lib.places import free_name, trouble_told
from promofix_lib.say import Told, told

OLD_NAME = "case.json"
KIND = "taken_over"
_RECORD = "handed_over.json"
_RETURNS = "returns"
_HAND = "promofix"

Row = tuple[datetime, str, str, Mapping[str, Any]]


# -- the files as 0.1 wrote them --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _OldDecision(Record):
    action: Literal["incident", "filter", "add", "leave_out", "as_rule"]
    at: datetime
    rule: Incident | None = None
    items: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class _OldDecisions(Record):
    done: tuple[_OldDecision, ...]
    undone: tuple[_OldDecision, ...]


@dataclass(frozen=True)
class _OldCase(Record):
    version: int
    revision: int
    reports: Mapping[str, str]
    settings: Mapping[str, Any]
    decisions: _OldDecisions
    presets: Mapping[str, Incident]
    log: tuple[Mapping[str, Any], ...]
    format: Literal["promofix case"] = "promofix case"


@dataclass(frozen=True)
class _OldExport(Record):
    version: int
    made_at: datetime
    items: tuple[HandedItem, ...]
    uploads: Mapping[str, tuple[Cancellation, ...]]
    files: Mapping[str, str]


@dataclass(frozen=True)
class _OldAnswer(Record):
    order_id: str
    keys: tuple[str, ...]
    triage: str
    status: str
    note: str
    mail: str
    row: int


@dataclass(frozen=True)
class _OldSheet(Record):
    answers: tuple[_OldAnswer, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class _OldFailed(Record):
    line: Cancellation
    code: str
    message: str


@dataclass(frozen=True)
class _OldUpload(Record):
    export: str
    file: str
    failed: tuple[_OldFailed, ...]
    accepted: tuple[Cancellation, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _OldReturn(Record):
    at: datetime
    kind: str
    name: str
    sha256: str
    sheet: _OldSheet | None = None
    upload: _OldUpload | None = None


# -- taking over ------------------------------------------------------------------------------------------------------


@dataclass
class _Rows:
    """Rows to be written; what has a time of its own is put in order by it."""

    first: list[Row] = field(default_factory=list)
    dated: list[Row] = field(default_factory=list)

    def all(self) -> list[Row]:
        return [*self.first, *sorted(self.dated, key=lambda one: one[0])]


def taken_over(folder: Path) -> list[Row]:
    """The rows that say what a case of 0.1 says. Nothing is written or changed.

    Raises
    ------
    CaseError
        A file that is damaged or was edited by hand: its name, the place in it, what was found, what to do.
    """
    path = folder / OLD_NAME
    old, digest = _read_file(path, _old_case)
    began = min((decision.at for decision in old.decisions.done), default=datetime(2026, 1, 1, tzinfo=UTC))
    rows = _Rows()
    rows.first.append((began, KIND, _HAND, {"file": OLD_NAME, "sha256": digest}))
    rows.first += [(began, "report", _HAND, {"name": name, "sha256": sha}) for name, sha in old.reports.items()]
    if old.settings:
        rows.first.append((began, "settings", "seller", dict(old.settings)))
    rows.first += [
        (began, "preset", "seller", {"name": name, "rule": plain(rule)}) for name, rule in old.presets.items()
    ]
    rows.first += _decisions(old.decisions, len(rows.first))
    exports = list(_exports(folder))
    rows.dated += [(one.made_at, ExportRecord.entry, "seller", plain(one)) for one in exports]
    rows.dated += list(_log(old, {one.folder for one in exports}))
    for returned in _returns(folder):
        rows.dated += _answers(returned, exports)
    _tried(path, rows.all())
    return rows.all()


def put_aside(folder: Path, journal: Journal[Any]) -> tuple[Told, ...]:
    """Give the old ``case.json`` another name once the journal holds it; what is to be said when it does not."""
    path = folder / OLD_NAME
    with trouble_told(path):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest not in {entry.facts.get("sha256") for entry in journal.entries(KIND)}:
        return (told("case.old_beside_new", file=path, journal=journal.path.name),)
    with suppress(OSError):  # a folder that may not be changed: the journal holds it all the same
        path.rename(free_name(folder, "case-0.1.json"))
    return ()


def _read_file(path: Path, read: Callable[[Any], Any]) -> tuple[Any, str]:
    with trouble_told(path):
        content = path.read_bytes()
    try:
        return read(json.loads(content.decode("utf-8-sig"))), hashlib.sha256(content).hexdigest()
    except CaseError as error:
        if error.key == "case.newer":
            raise CaseError("case.newer", **{**error.facts, "file": path}) from error
        raise CaseError("case.old_file", file=path, why=told(error.key, **error.facts)) from error
    except (ValueError, RecursionError) as error:
        raise CaseError("case.old_file", file=path, why=told("case.no_json", why=str(error))) from error


def _versioned(record: Any, known: int) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise misfit(OLD_NAME, told("case.expect_names"), record)
    version = typed(int, record.get("version"), "version")
    if version > known:
        raise CaseError("case.newer", file="", found=version, known=known)
    if version < 1:
        raise misfit("version", told("case.expect_whole"), version)
    return record


_RETIRED = frozenset(
    "basket_share flood_chance gift_share habit_depth habit_growth history_days least_orders_extreme pure_share "
    "shift_depth shift_to straggler_hours straggler_part trickle_share".split()
)
"""Thresholds of 0.1 that the finder does not judge by any more: a case that moved one opens without it."""


def _without_retired(record: dict[str, Any]) -> dict[str, Any]:
    settings = record.get("settings")
    moved = settings.get("thresholds") if isinstance(settings, dict) else None
    if not isinstance(settings, dict) or not isinstance(moved, dict):
        return record
    kept = {name: value for name, value in moved.items() if name not in _RETIRED}
    return record | {"settings": settings | {"thresholds": kept}}


def _old_case(record: Any) -> _OldCase:
    old = _OldCase.from_json(_without_retired(_versioned(record, 1)))
    changed(Settings(), old.settings)
    for n, entry in enumerate(old.log):
        place = f"log[{n}]"
        typed(datetime, entry.get("at"), f"{place}.at")
        if typed(str, entry.get("what"), f"{place}.what") == "export":
            typed(str, entry.get("folder"), f"{place}.folder")
        if entry["what"] == "amazon_advice":
            Advice.from_json({name: cell for name, cell in entry.items() if name not in ("at", "what")})
    for name, digest in old.reports.items():
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise misfit(f"reports.{name}", told("case.expect_sha256"), digest)
    if old.revision < 0:
        raise misfit("revision", told("case.expect_not_negative"), old.revision)
    return old


_BY_HAND: dict[str, Action] = {"add": "add", "leave_out": "leave_out", "as_rule": "as_rule"}


def _decisions(old: _OldDecisions, before: int) -> Iterator[Row]:
    """Rows of decisions in the order in which they were made, those undone last, then the undoing itself."""
    made = [*old.done, *reversed(old.undone)]
    begun = False
    for one in made:
        if one.action in ("incident", "filter"):
            rule = one.rule or Incident()
            begins = one.action == "incident" or not begun
            decision = Decision("take", 1, found=rule, rule=rule) if begins else Decision("rule", 1, rule=rule)
            begun = True
        else:
            decision = Decision(_BY_HAND[one.action], items=one.items, reason=one.reason)
        yield one.at, Decision.entry, "seller", plain(decision)
    for n, one in enumerate(old.undone):
        yield one.at, Decision.entry, "seller", plain(Decision("undo", of=before + len(made) - n))


def _exports(folder: Path) -> Iterator[ExportRecord]:
    for path in sorted((folder / "exports").glob(f"*/{_RECORD}")):
        old, _ = _read_file(path, lambda record: _OldExport.from_json(_versioned(record, 1)))
        asked = tuple(dict.fromkeys(item.order_id for item in old.items if item.triage == "ask_amazon"))
        yield ExportRecord(
            path.parent.name, old.made_at, items=old.items, uploads=old.uploads, requests=asked, files=old.files
        )


def _log(old: _OldCase, recorded: set[str]) -> Iterator[Row]:
    for entry in old.log:
        facts = {name: cell for name, cell in entry.items() if name not in ("at", "what")}
        kind = {"amazon_advice": Advice.entry, "export": "export_note"}.get(entry["what"], f"log_{entry['what']}")
        if kind != "export_note" or facts.get("folder") not in recorded:
            yield datetime.fromisoformat(entry["at"]), kind, "seller", facts


def _returns(folder: Path) -> Iterator[_OldReturn]:
    for path in sorted((folder / _RETURNS).glob("*.json")):

        def read(record: Any) -> _OldReturn:
            if not isinstance(record, dict):
                raise misfit(_RETURNS, told("case.expect_names"), record)
            return _OldReturn.from_json(record)

        yield _read_file(path, read)[0]


def _answers(old: _OldReturn, exports: list[ExportRecord]) -> Iterator[Row]:
    yield old.at, Returned.entry, "seller", plain(Returned(old.name, old.sha256, old.kind, old.at))
    for one in old.sheet.answers if old.sheet else ():
        holding = [export.folder for export in exports if any(item.order_id == one.order_id for item in export.items)]
        task = _TASK.get(one.status, "problem")
        facts: dict[str, Any] = {
            "hand": "assistant",
            "file": old.name,
            "export": (holding or [""])[-1],
            "copy": "",
            "at": old.at,
        }
        yield old.at, Answer.entry, "assistant", plain(Answer(one.order_id, "task", task, one.note, **facts))
        if one.mail:
            sent: Literal["problem", "done"] = "problem" if "bounce" in one.mail.lower() else "done"
            yield old.at, Answer.entry, "assistant", plain(Answer(one.order_id, "message", sent, one.mail, **facts))
    for sentence in old.sheet.conflicts if old.sheet else ():
        yield old.at, "log_conflict", "assistant", {"file": old.name, "text": sentence}
    if old.upload:
        yield old.at, UploadAnswer.entry, "amazon", plain(_upload(old, old.upload))


_TASK: dict[str, Literal["todo", "done", "problem", "not_needed"]] = {
    "to_do": "todo",
    "done": "done",
    "not_needed": "not_needed",
}


def _upload(old: _OldReturn, upload: _OldUpload) -> UploadAnswer:
    return UploadAnswer(
        upload.export,
        upload.file,
        old.name,
        old.sha256,
        old.at,
        tuple(dict.fromkeys(key for line in upload.accepted for key in line.keys)),
        tuple((one.line.order_id, one.line.keys, one.code, one.message) for one in upload.failed),
        tuple(told(text) for text in upload.warnings),
    )


def _tried(path: Path, rows: list[Row]) -> None:
    """Read the rows as the journal will, so that nothing is taken over that could not be opened afterwards."""
    story = Story()
    for number, (at, kind, hand, facts) in enumerate(rows, 1):
        try:
            story.apply(Entry(number, at, kind, hand, json.loads(json.dumps(facts))))
        except CaseError as error:
            raise CaseError("case.old_file", file=path, why=told(error.key, **error.facts)) from error
