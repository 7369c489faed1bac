"""A worked list compared, cell by cell, with what was handed out and with what others said before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal

from promofix_lib.case.case import Case
from promofix_lib.case.records import Answer, Conflict, ExportRecord, Record
from promofix_lib.export.sheet import Place, Value, status_of
from promofix_lib.returns.sheets import Line, Worked, mail_status
from promofix_lib.returns.uploads import Source
from promofix_lib.say import Told, told
from promofix_lib.status import records
from promofix_lib.status.past import SELLER, is_remark

Task = Literal["task", "message"]

_STATUS_COLUMNS: tuple[tuple[Task, str], ...] = (("task", "status"), ("message", "message_status"))
_SHOWN = 5
_FINISHED = ("done", "not_needed")


@dataclass(frozen=True)
class Clash:
    """Two hands that say different things of one task: what was known before, and what this file says."""

    order_id: str
    field: str
    ours: str
    theirs: str
    file: str

    def to_json(self) -> dict[str, str]:
        """As ``follow-up --json`` prints it."""
        return {name: str(getattr(self, name)) for name in ("order_id", "field", "ours", "theirs", "file")}


@dataclass(frozen=True)
class NotUnderstood:
    """A cell or a row that says nothing for sure: it changes nothing."""

    file: str
    place: Told
    why: Told

    def to_json(self, language: str | None = None) -> dict[str, str]:
        """As ``follow-up --json`` prints it."""
        return {"file": self.file, "place": self.place.text(language), "why": self.why.text(language)}


@dataclass(frozen=True)
class TakenBack:
    """What was understood of one file or of several.

    Parameters
    ----------
    understood : int
        Rows of to-do lists and lines of uploads that were read.
    changed : int
        Answers that were not known before.
    conflicts : tuple of Clash
    not_understood : tuple of NotUnderstood
    warnings : tuple of Told
    """

    understood: int = 0
    changed: int = 0
    conflicts: tuple[Clash, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    warnings: tuple[Told, ...] = ()

    def __add__(self, other: TakenBack) -> TakenBack:
        """Both together."""
        return TakenBack(
            self.understood + other.understood,
            self.changed + other.changed,
            tuple(dict.fromkeys((*self.conflicts, *other.conflicts))),
            (*self.not_understood, *other.not_understood),
            tuple(dict.fromkeys((*self.warnings, *other.warnings))),
        )

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """The first five parts of what ``promofix follow-up --json`` prints."""
        return {
            "understood": self.understood,
            "changed": self.changed,
            "conflicts": [clash.to_json() for clash in self.conflicts],
            "not_understood": [one.to_json(language) for one in self.not_understood],
            "warnings": [warning.text(language) for warning in self.warnings],
        }


@dataclass(frozen=True)
class _Cell:
    """What one row says of one task: read from where, and whether somebody touched the status or the note."""

    row: str
    value: Value
    touched: bool
    note: str


class Desk:
    """Compares the lists of one file with the journal."""

    def __init__(self, case: Case, source: Source, name: str, *, known: bool) -> None:
        self.source, self.name, self.known = source, name, known
        self.exports = records(case, ExportRecord)
        self.by_folder = {one.folder: one for one in self.exports}
        self.age = Counter({one.folder: number for number, one in enumerate(self.exports, start=1)})
        self.by_order: dict[str, dict[str, list[tuple[str, Mapping[str, str]]]]] = {}
        for one in self.exports:
            for order_id in dict.fromkeys(item.order_id for item in one.items):
                self.by_order.setdefault(order_id, {})[one.folder] = []
            for key, (order_id, cells) in one.rows.items():
                self.by_order.setdefault(order_id, {}).setdefault(one.folder, []).append((key, cells))
        self.last: dict[tuple[str, str], dict[str, Answer]] = {}
        self.open: dict[tuple[str, str], dict[str, Answer]] = {}
        for answer in records(case, Answer):
            self._hear(answer)
        self.conflicts: dict[Clash, None] = {}
        self.not_understood: list[NotUnderstood] = []
        self.warnings: list[Told] = []
        self.understood = 0
        self.written: list[Record] = []

    def _hear(self, answer: Answer) -> None:
        task = (answer.order_id, answer.field)
        self.last.setdefault(task, {})[answer.hand] = answer
        if answer.hand == SELLER:
            self.open[task] = {}
        self.open.setdefault(task, {})[answer.hand] = answer

    def take(self, worked: Worked) -> tuple[TakenBack, list[Record]]:
        """The result, and the lines for the journal."""
        spoke = []
        for number, (sheet, lines) in enumerate(worked.lists.items()):
            export, copy = self._source_of(lines)
            cells = self._cells(lines, export)
            if any(cell.touched or cell.note for some in cells.values() for cell in some):
                spoke.append(sheet)
            hand = self.name if not number else f"{self.name} [{sheet}]"
            self._say(cells, self._hand(hand, cells, export, copy), export, copy)
            self._missing(lines, export)
            if cells and export in self.by_folder and self.by_folder[export].draft:
                self.warnings.append(told("returns.of_a_draft", file=self.source.name))
        if worked.mails:
            self._mails(worked.mails)
        if len(spoke) > 1:
            self.warnings.append(told("returns.several_lists", file=self.source.name, sheets=tuple(spoke)))
        changed = sum(isinstance(line, Answer) for line in self.written)
        result = TakenBack(
            self.understood, changed, tuple(self.conflicts), tuple(self.not_understood), tuple(self.warnings)
        )
        return result, self.written

    # -- reading rows -------------------------------------------------------------------------------------------------

    def _source_of(self, lines: Sequence[Line]) -> tuple[str, str]:
        """The export that a list comes from, and which copy of it: what most rows say, else the newest that fits."""
        places = [place for line in lines if (place := Place.of(line.cells.get("place", ""))) and self._row(place)]
        if places:
            named = [(place.export, str(place.copy)) for place in places]
            return max(dict.fromkeys(named), key=named.count)
        seen = {line.order_id for line in lines}
        shared = {one.folder: len(seen & {item.order_id for item in one.items}) for one in reversed(self.exports)}
        return max(shared, key=lambda folder: shared[folder], default=""), "1"

    def _base(self, line: Line, export: str) -> tuple[str, Mapping[str, str]] | None:
        """Row key and cells of what was handed out; the order id that a person sees decides, never a key beside it."""
        found = self.by_order.get(line.order_id)
        if not found:
            return None
        place = Place.of(line.cells.get("place", ""))
        named = self._row(place) if place else None
        if place and named and named[0] == line.order_id:
            return place.text(), named[1]
        rows = found.get(export) or next(reversed(found.values()))
        old_keys = line.cells.get("item_keys", "").split()
        if old_keys and all(key.startswith(f"{line.order_id}/") for key in old_keys):
            return " ".join(old_keys), rows[-1][1] if rows else {}
        return rows[-1] if rows else ("", {})

    def _row(self, place: Place) -> tuple[str, Mapping[str, str]] | None:
        record = self.by_folder.get(place.export)
        return record.rows.get(place.key) if record else None

    def _cells(self, lines: Sequence[Line], export: str) -> dict[tuple[str, Task], list[_Cell]]:
        cells: dict[tuple[str, Task], list[_Cell]] = {}
        for line in lines:
            base = self._base(line, export) if line.order_id else None
            if base is None:
                self._unknown(line)
                continue
            self.understood += 1
            note = line.cells.get("note", "")
            new_note = note if note != base[1].get("note", "") else ""
            for task, column in _STATUS_COLUMNS:
                if column in line.cells:
                    handed_out = base[1].get(column, "")
                    value, touched = self._value(line, column, handed_out)
                    remark = new_note if task == "task" else ""
                    cells.setdefault((line.order_id, task), []).append(_Cell(base[0], value, touched, remark))
        return cells

    def _value(self, line: Line, column: str, handed_out: str) -> tuple[Value, bool]:
        text, before = line.cells[column], status_of(handed_out) or "todo"
        if not text or text == handed_out:
            return before, False
        value = status_of(text)
        if value is None:
            self._tell(line.place, told("returns.strange_status", order_id=line.order_id, found=text))
        if value is None or (value == "todo" and "place" not in line.cells):  # of which export nobody can say
            return before, False
        return value, value != before

    def _unknown(self, line: Line) -> None:
        statuses = {status_of(line.cells.get(column, "")) for _, column in _STATUS_COLUMNS}
        if line.order_id:
            self._tell(line.place, told("returns.never_handed_out", order_id=line.order_id))
        elif statuses != {"todo"} or line.cells.get("note"):
            self._tell(line.place, told("returns.no_order_id"))

    def _tell(self, place: Told, why: Told) -> None:
        self.not_understood.append(NotUnderstood(self.source.name, place, why))

    def _missing(self, lines: Sequence[Line], folder: str) -> None:
        seen = {line.order_id for line in lines}
        export = self.by_folder.get(folder)
        handed = dict.fromkeys(item.order_id for item in export.items) if export else {}
        gone = tuple(order_id for order_id in handed if order_id not in seen)
        if gone and seen & handed.keys():
            orders = (*gone[:_SHOWN], *(["…"] if len(gone) > _SHOWN else []))
            self.warnings.append(told("returns.rows_gone", n=len(gone), file=self.source.name, orders=orders))

    def _mails(self, lines: Sequence[Line]) -> None:
        cells: dict[tuple[str, Task], list[_Cell]] = {}
        for line in lines:
            text = line.cells.get("merge_status", "")
            value = mail_status(text) if text else None
            if text and value is None:
                self._tell(line.place, told("returns.strange_status", order_id=line.order_id, found=text))
            elif text and line.order_id in self.by_order and value:
                row = line.cells.get("message_id", "")
                cells.setdefault((line.order_id, "message"), []).append(_Cell(row, value, value != "todo", ""))
        export, copy = self._source_of(lines)
        self._say(cells, self._hand(self.name, cells, export, copy), export, copy)

    # -- saying -------------------------------------------------------------------------------------------------------

    def _hand(self, name: str, cells: Mapping[tuple[str, Task], list[_Cell]], export: str, copy: str) -> str:
        """Whose list this is: the hand of that name whose answers it still holds, else one more of that name.

        Two assistants may send back files of the same name. What a hand answered in a copy stands in its next return of
        that copy; a list in which it is untouched again comes from another hand.
        """
        names = (name if number == 1 else f"{name} ({number})" for number in count(1))
        return next(hand for hand in names if self._goes_on(hand, cells, export, copy))

    def _goes_on(self, hand: str, cells: Mapping[tuple[str, Task], list[_Cell]], export: str, copy: str) -> bool:
        """Whether all that a hand answered in a copy still stands in these cells, and a later list does not differ."""
        for (order_id, task), some in cells.items():
            said = self.last.get((order_id, task), {}).get(hand)
            if said is None or is_remark(said):
                continue
            touched = [cell for cell in some if cell.touched]
            if (said.export, said.copy) == (export, copy):
                if not touched:
                    return False
            elif self.age[said.export] >= self.age[export] and any(cell.value != said.value for cell in touched):
                return False
        return True

    def _say(self, cells: Mapping[tuple[str, Task], list[_Cell]], hand: str, export: str, copy: str) -> None:
        for (order_id, task), some in cells.items():
            for number, (value, note) in enumerate(_statements(some)):
                name = hand if not number else f"{hand} #{number + 1}"
                self._answer(Answer(order_id, task, value, note, name, self.source.name, export, copy, self.source.at))

    def _answer(self, answer: Answer) -> None:
        task = (answer.order_id, answer.field)
        before = self.last.get(task, {}).get(answer.hand)
        if before is not None and is_remark(answer) and not is_remark(before):
            answer = replace(answer, value=before.value)  # a note beside an answer that stands
        new = before is None or before.value != answer.value or answer.note not in ("", before.note)
        if new and self.known:
            return
        if new:
            answer = replace(answer, note=answer.note or (before.note if before else ""))
            self._hear(answer)
            self.written.append(answer)
        said = self.open.get(task, {})
        if is_remark(answer) or answer.hand not in said:  # settled: it counts again when that hand says something new
            return
        for hand, other in said.items():
            if hand != answer.hand and not is_remark(other) and other.value != answer.value:
                self._clash(Clash(*task, other.value, answer.value, self.source.name), new)

    def _clash(self, clash: Clash, new: bool) -> None:
        if new and clash not in self.conflicts:
            self.written.append(Conflict(**clash.to_json(), at=self.source.at))
        self.conflicts[clash] = None


def _statements(cells: Sequence[_Cell]) -> list[tuple[Value, str]]:
    """What a list says of one task: one value, or several where one row stands in it twice and says two things.

    Rows that each hold some of the order's items are one answer: done when all are.
    """
    note = "; ".join(dict.fromkeys(cell.note for cell in cells if cell.note))
    touched = [cell for cell in cells if cell.touched]
    by_row: dict[str, list[Value]] = {}
    for cell in touched:
        by_row.setdefault(cell.row, []).append(cell.value)
    if any(len(set(values)) > 1 for values in by_row.values()):
        return [(value, note) for value in dict.fromkeys(cell.value for cell in touched)]
    values = {by_row[row][0] if row in by_row else "todo" for row in dict.fromkeys(cell.row for cell in cells)}
    if "problem" in values:
        return [("problem", note)]
    if touched and values <= set(_FINISHED):
        return [("done" if "done" in values else "not_needed", note)]
    if touched and values == {"todo"}:
        return [("problem" if note else "todo", note)]  # an answer taken back, with a reason, is something to look at
    return [("todo", note)] if note else []
