"""What came back to the case, kept as small records: the assistant's answers and Amazon's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from promofix_lib.errors import CaseError
from promofix_lib.export.cancellation import Cancellation
from promofix_lib.returns.todo_sheet import Answer, WorkedSheet
from promofix_lib.returns.uploads import Failed, UploadAnswer
from promofix_lib.stored import write_atomically

FOLDER = "returns"
"""Folder of a case that holds the records; a purge takes the assistant's notes out of them."""


@dataclass(frozen=True)
class Return:
    """One file that came back: when it was read, its name and content's SHA-256, and what it said."""

    at: datetime
    kind: Literal["todo", "processing_report"]
    name: str
    sha256: str
    sheet: WorkedSheet | None = None
    upload: UploadAnswer | None = None


def keep_return(case_folder: Path, returned: Return) -> Return:
    """Keep a record; the same content is kept once, with the time at which it was first read."""
    for earlier in read_returns(case_folder):
        if (earlier.kind, earlier.sha256) == (returned.kind, returned.sha256):
            return earlier
    folder = case_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{returned.at:%Y-%m-%dT%H%M%S}-{returned.kind}-{returned.sha256[:8]}.json"
    content = json.dumps(_plain(returned), ensure_ascii=False, indent=1)
    write_atomically(folder / name, content.encode())
    return returned


def read_returns(case_folder: Path) -> tuple[Return, ...]:
    """Everything that came back, oldest first.

    Raises
    ------
    CaseError
        A damaged record.
    """
    paths = sorted((case_folder / FOLDER).glob("*.json"))
    return tuple(sorted((_read(path) for path in paths), key=lambda returned: returned.at))


def without_notes(case_folder: Path) -> tuple[Path, ...]:
    """Take the assistant's notes, which may name buyers, out of the records; gives the records that had some."""
    changed = []
    for path in sorted((case_folder / FOLDER).glob("*.json")):
        returned = _read(path)
        if returned.sheet and any(answer.note for answer in returned.sheet.answers):
            answers = tuple(replace(answer, note="") for answer in returned.sheet.answers)
            bare = replace(returned, sheet=replace(returned.sheet, answers=answers))
            write_atomically(path, json.dumps(_plain(bare), ensure_ascii=False, indent=1).encode())
            changed.append(path)
    return tuple(changed)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _plain(returned: Return) -> dict[str, Any]:
    return asdict(returned) | {"at": returned.at.isoformat()}


def _read(path: Path) -> Return:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        sheet, upload = content["sheet"], content["upload"]
        return Return(
            datetime.fromisoformat(content["at"]),
            content["kind"],
            content["name"],
            content["sha256"],
            WorkedSheet(tuple(map(_answer, sheet["answers"])), tuple(sheet["conflicts"])) if sheet else None,
            _upload(upload) if upload else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaseError(
            f"{path}: this record can not be read ({error}). Delete it and read the file that came back again."
        ) from error


def _answer(content: dict[str, Any]) -> Answer:
    return Answer(**{**content, "keys": tuple(content["keys"])})


def _upload(content: dict[str, Any]) -> UploadAnswer:
    failed = tuple(Failed(_line(entry["line"]), entry["code"], entry["message"]) for entry in content["failed"])
    accepted = tuple(_lines(content["accepted"]))
    return UploadAnswer(content["export"], content["file"], failed, accepted, tuple(content["warnings"]))


def _lines(contents: Iterable[dict[str, Any]]) -> Iterable[Cancellation]:
    return (_line(content) for content in contents)


def _line(content: dict[str, Any]) -> Cancellation:
    return Cancellation(**{**content, "keys": tuple(content["keys"])})
