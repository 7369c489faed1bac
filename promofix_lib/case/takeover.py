"""A case of promofix 0.1 (``case.json``, ``returns/``, records of exports) becomes rows of the journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promofix_lib.case.decisions import Story
from promofix_lib.case.journal import Journal, Row
from promofix_lib.case.records import Advice, Answer, Decision, Entry, ExportRecord, KeptReport, Returned, UploadAnswer
from promofix_lib.errors import CaseError
from promofix_lib.file_names import free_name
from promofix_lib.places import sha256, trouble_told
from promofix_lib.plain import Record, checked, typed
from promofix_lib.say import Told, told

OLD_NAME = "case.json"
KIND = "taken_over"

_TASKS = {"to_do": "todo", "done": "done", "not_needed": "not_needed"}
_RETIRED = frozenset(
    "basket_share flood_chance gift_share habit_depth habit_growth history_days least_orders_extreme pure_share "
    "shift_depth shift_to straggler_hours straggler_part trickle_share promotion_part same_level pause_hours_least "
    "pause_hours_most".split()
)
"""Thresholds that the finder does not judge by any more: a case that moved one opens without it."""


def taken_over(folder: Path) -> list[Row]:
    """The rows that say what a case of 0.1 says. Nothing is written or changed.

    Raises
    ------
    CaseError
        A file that is damaged or was edited by hand: its name, what is wrong, what to do.
    """
    with _old_file(folder / OLD_NAME) as (old, digest):
        checked(
            _version(old) == 1 and old["format"] == "promofix case", old.get("format"), "format", "case.expect_text"
        )
        done, undone = old["decisions"]["done"], old["decisions"]["undone"]
        began = min((_moment(one) for one in done), default=datetime(2026, 1, 1, tzinfo=UTC))
        rows: list[Row] = [(began, KIND, "promofix", {"file": OLD_NAME, "sha256": digest})]
        rows += [
            _row(began, KeptReport, "promofix", {"name": name, "sha256": sha}) for name, sha in old["reports"].items()
        ]
        moved = {name: one for name, one in old["settings"].get("thresholds", {}).items() if name not in _RETIRED}
        rows.append((began, "settings", "seller", old["settings"] | {"thresholds": moved}))
        rows += [(began, "preset", "seller", {"name": name, "rule": rule}) for name, rule in old["presets"].items()]
        rows += _decisions([*done, *reversed(undone)], len(undone), len(rows))
        exports = dict(_exports(folder))
        dated = [*exports.values(), *_log(old["log"], exports.keys()), *_returns(folder, exports)]
        rows += sorted(dated, key=lambda one: one[0])
        story = Story()
        for number, (at, kind, hand, facts) in enumerate(rows, 1):  # as the journal will: what opens once opens again
            story.apply(Entry(number, at, kind, hand, json.loads(json.dumps(facts))))
    return rows


def put_aside(folder: Path, journal: Journal) -> tuple[Told, ...]:
    """Give the old ``case.json`` another name once the journal holds it; what is to be said when it does not."""
    path = folder / OLD_NAME
    with trouble_told(path):
        digest = sha256(path)
    if digest not in {entry.facts.get("sha256") for entry in journal.entries(KIND)}:
        return (told("case.old_beside_new", file=path, journal=journal.path.name),)
    with suppress(OSError):  # a folder that may not be changed: the journal holds it all the same
        path.rename(free_name(folder, "case-0.1.json"))
    return ()


@contextmanager
def _old_file(path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """What a JSON file holds, and its SHA-256; whatever does not fit is told of this file."""
    with trouble_told(path):
        content = path.read_bytes()
    try:
        old = json.loads(content.decode("utf-8-sig"))
        yield checked(isinstance(old, dict), old, path.name, "case.expect_names"), hashlib.sha256(content).hexdigest()
    except CaseError as error:
        if error.key in ("case.newer", "case.old_file"):
            raise CaseError(error.key, **{"file": path, **error.facts}) from error
        raise CaseError("case.old_file", file=path, why=told(error.key, **error.facts)) from error
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        why = told("case.no_sense", why=f"{type(error).__name__}: {error}")
        raise CaseError("case.old_file", file=path, why=why) from error


def _version(old: dict[str, Any]) -> int:
    version = typed(int, old.get("version"), "version")
    if version > 1:
        raise CaseError("case.newer", found=version, known=1)
    return version


def _moment(one: Mapping[str, Any], name: str = "at") -> datetime:
    return typed(datetime, one[name], name)


def _row(at: datetime, kind: type[Record], hand: str, facts: Mapping[str, Any]) -> Row:
    return at, kind.entry, hand, kind.from_json(facts).to_json()


def _decisions(made: list[dict[str, Any]], undone: int, before: int) -> Iterator[Row]:
    """Rows of decisions in the order in which they were made, those undone last, then the undoing itself."""
    begun = False
    for one in made:
        facts = {name: cell for name, cell in one.items() if name in ("items", "reason") and cell}
        if one["action"] in ("incident", "filter"):
            begins, rule, begun = one["action"] == "incident" or not begun, one.get("rule") or {}, True
            facts = {"action": "take" if begins else "rule", "number": 1, "rule": rule} | (
                {"found": rule} if begins else {}
            )
        else:
            facts["action"] = one["action"]
        yield _row(_moment(one), Decision, "seller", facts)
    for n in range(undone):
        yield _row(_moment(made[-1 - n]), Decision, "seller", {"action": "undo", "of": before + len(made) - n})


def _exports(folder: Path) -> Iterator[tuple[str, Row]]:
    for path in sorted(folder.glob("exports/*/handed_over.json")):
        with _old_file(path) as (old, _):
            _version(old)
            asked = dict.fromkeys(item["order_id"] for item in old["items"] if item["triage"] == "ask_amazon")
            facts = {name: old[name] for name in ("made_at", "items", "uploads", "files")}
            facts |= {"folder": path.parent.name, "requests": list(asked)}
            yield path.parent.name, _row(_moment(old, "made_at"), ExportRecord, "seller", facts)


def _log(log: list[dict[str, Any]], recorded: Any) -> Iterator[Row]:
    for entry in log:
        facts = {name: cell for name, cell in entry.items() if name not in ("at", "what")}
        if entry["what"] == "amazon_advice":
            yield _row(_moment(entry), Advice, "seller", facts)
        elif entry["what"] != "export" or facts.get("folder") not in recorded:
            yield _moment(entry), f"log_{typed(str, entry['what'], 'what')}", "seller", facts


def _returns(folder: Path, exports: Mapping[str, Row]) -> Iterator[Row]:
    held = {name: {item["order_id"] for item in export[3]["items"]} for name, export in exports.items()}
    for path in sorted(folder.glob("returns/*.json")):
        with _old_file(path) as (old, _):
            at, file, digest = _moment(old), old["name"], old["sha256"]
            facts = {"file": file, "sha256": digest, "kind": old["kind"], "at": old["at"]}
            yield _row(at, Returned, "seller", facts)
            for one in (old.get("sheet") or {}).get("answers", ()):
                holding = [name for name, orders in held.items() if one["order_id"] in orders]
                facts = {"order_id": one["order_id"], "hand": "assistant", "file": file, "copy": "", "at": old["at"]}
                facts["export"] = holding[-1] if holding else ""
                task = {"field": "task", "value": _TASKS.get(one["status"], "problem"), "note": one["note"]}
                yield _row(at, Answer, "assistant", facts | task)
                if mail := one["mail"]:
                    sent = "problem" if "bounce" in mail.lower() else "done"
                    yield _row(at, Answer, "assistant", facts | {"field": "message", "value": sent, "note": mail})
            for sentence in (old.get("sheet") or {}).get("conflicts", ()):
                yield at, "log_conflict", "assistant", {"file": file, "text": typed(str, sentence, "conflicts")}
            if upload := old.get("upload"):
                facts = {"export": upload["export"], "file": upload["file"], "source_name": file, "sha256": digest}
                facts["accepted"] = list(dict.fromkeys(key for line in upload["accepted"] for key in line["keys"]))
                facts["refused"] = [
                    [one["line"]["order_id"], one["line"]["keys"], one["code"], one["message"]]
                    for one in upload["failed"]
                ]
                facts["warnings"] = [{"key": typed(str, text), "facts": {}} for text in upload["warnings"]]
                yield _row(at, UploadAnswer, "amazon", facts | {"at": old["at"]})
