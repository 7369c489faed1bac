"""A worked list compared, cell by cell, with what was handed out and with what others said before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.case.records import Answer, ExportRecord, Returned, by_order
from promofix_lib.export.sheet import Value, status_of
from promofix_lib.plain import Shown
from promofix_lib.returns.handed import HandedOut
from promofix_lib.returns.sheets import Line, Worked, mail_status
from promofix_lib.say import Told, told
from promofix_lib.status.past import COLUMNS, FINISHED, Past, Task, is_remark

_MAIL: dict[Task, str] = {"message": "merge_status"}
_SHOWN = 5


@dataclass(frozen=True)
class Clash(Shown):
    """Two hands that say different things of one task: what was known before, and what this file says."""

    order_id: str
    field: Task
    ours: str
    theirs: str
    file: str


@dataclass(frozen=True)
class NotUnderstood(Shown):
    """A cell or a row that says nothing for sure: it changes nothing."""

    file: str
    place: Told
    why: Told


@dataclass(frozen=True)
class TakenBack(Shown):
    """What was understood of one file or of several.

    Parameters
    ----------
    understood : int
        Rows of lists and lines of uploads that were read.
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


@dataclass(frozen=True)
class _Cell:
    """What one row says of one task: read from where, and whether somebody touched the status or the note."""

    row: str
    value: Value
    touched: bool
    note: str


Cells = dict[tuple[str, Task], list[_Cell]]


class Desk:
    """What was handed out, what each hand said of it, and what comes of the files that are read one after the other.

    Parameters
    ----------
    case : Case
        Its journal tells what was handed out and heard so far; nothing is written into it.
    """

    def __init__(self, case: Case) -> None:
        self.handed = HandedOut(case.journal.records(ExportRecord))
        self.last: dict[tuple[str, str], dict[str, Answer]] = {}
        self.open: defaultdict[str, Past] = defaultdict(Past)
        self.in_this_call: set[str] = set()
        self.understood = self.changed = 0
        self.conflicts: dict[Clash, None] = {}
        self.not_understood: list[NotUnderstood] = []
        self.warnings: dict[Told, None] = {}
        for answer in case.journal.records(Answer):
            self._hear(answer)

    def take(self, came: Returned, worked: Worked, *, known: bool) -> list[Answer]:
        """Compare the lists of one file with what was heard before; gives the new answers.

        Parameters
        ----------
        came : Returned
        worked : Worked
        known : bool
            The file was read before: it says nothing new, its conflicts are shown again.
        """
        self.came, self.worked, self.known = came, worked, known
        self.answers: list[Answer] = []
        spoke = []
        for number, (sheet, lines) in enumerate(worked.lists.items()):
            cells = self._cells(lines, COLUMNS)
            if any(cell.touched or cell.note for some in cells.values() for cell in some):
                spoke.append(sheet)
            self._say(cells, f"{worked.hand} [{sheet}]" if number else worked.hand)
            self._of_the_export({line.order_id for line in lines})
        filled = [line for line in worked.mails if line.cells.get("merge_status")]
        self._say(self._cells(filled, _MAIL), worked.hand)
        if len(spoke) > 1:
            self.warnings[told("returns.several_lists", file=came.file, sheets=tuple(spoke))] = None
        self.changed += len(self.answers)
        return self.answers

    def taken_back(self) -> TakenBack:
        """What was understood of all files."""
        found = (tuple(self.conflicts), tuple(self.not_understood), tuple(self.warnings))
        return TakenBack(self.understood, self.changed, *found)

    def _hear(self, answer: Answer) -> None:
        """One more answer; the seller's closes what was open."""
        self.last.setdefault((answer.order_id, answer.field), {})[answer.hand] = answer
        self.open[answer.order_id].hear(answer)

    # -- reading rows -------------------------------------------------------------------------------------------------

    def _cells(self, lines: Sequence[Line], columns: Mapping[Task, str]) -> Cells:
        self.export, self.copy = self.handed.source_of(lines)
        cells: Cells = {}
        for line in lines:
            if line.order_id not in self.handed.rows:
                self._unknown(line)
                continue
            self.understood += 1
            row, base = self.handed.row(line, self.export)
            note = line.cells.get("note", "")
            for task, column in columns.items():
                if column in line.cells:
                    value, touched = self._value(line, column, base.get(column, ""))
                    remark = note if task == "task" and note != base.get("note", "") else ""
                    cells.setdefault((line.order_id, task), []).append(_Cell(row, value, touched, remark))
        return cells

    def _value(self, line: Line, column: str, handed_out: str) -> tuple[Value, bool]:
        """What a cell says, and whether somebody changed it."""
        text, before = line.cells[column], status_of(handed_out) or "todo"
        value = _read(column, text) if text and text != handed_out else before
        if value is None:
            self._tell(line.place, told("returns.strange_status", order_id=line.order_id, found=text))
        elif value != "todo" or "place" in line.cells:  # else of which export nobody can say
            return value, value != before
        return before, False

    def _unknown(self, line: Line) -> None:
        cells = ((name, line.cells.get(name)) for name in (*COLUMNS.values(), *_MAIL.values()))
        if line.order_id:
            self._tell(line.place, told("returns.never_handed_out", order_id=line.order_id))
        elif line.cells.get("note") or {_read(name, cell) for name, cell in cells if cell} - {"todo"}:
            self._tell(line.place, told("returns.no_order_id"))

    def _tell(self, place: Told, why: Told) -> None:
        self.not_understood.append(NotUnderstood(self.came.file, place, why))

    def _of_the_export(self, seen: set[str]) -> None:
        record = self.handed.exports.get(self.export)
        handed = by_order(record.items) if record else {}
        if record and seen & handed.keys():
            self._warn("returns.rows_gone", [order_id for order_id in handed if order_id not in seen])
            if record.draft:
                self.warnings[told("returns.of_a_draft", file=self.came.file)] = None

    def _warn(self, key: str, orders: Iterable[str], **facts: Any) -> None:
        named = tuple(dict.fromkeys(orders))
        if named:
            shown = (*named[:_SHOWN], *(["…"] if len(named) > _SHOWN else []))
            self.warnings[told(key, n=len(named), file=self.came.file, orders=shown, **facts)] = None

    # -- whose hand ---------------------------------------------------------------------------------------------------

    def _hand(self, name: str, cells: Cells) -> str:
        """Whose list this is: the hand of that name which it goes on from, else one more of that name.

        Two assistants may send back files of the same name. What a hand answered in a copy stands in its next return of
        that copy; a list in which it is untouched again comes from another hand, is older, or was taken back. Where
        nothing tells whose a list is, another answer is another hand's, unless that hand's own notes stand in it.
        """
        names = (name if number == 1 else f"{name} ({number})" for number in count(1))
        hand = next(one for one in names if self._goes_on(one, cells))
        if not self.worked.signed:
            self.in_this_call.add(hand)
        elif hand != name:
            gone = (task[0] for task, some in cells.items() if self._given(name, task) and not _touched(some))
            self._warn("returns.not_in_it", gone, hand=name)
        return hand

    def _said(self, hand: str, task: tuple[str, Task]) -> Answer | None:
        """What a hand answered last."""
        said = self.last.get(task, {}).get(hand)
        return said if said and not is_remark(said) else None

    def _given(self, hand: str, task: tuple[str, Task]) -> Answer | None:
        """The same, if it did so in this copy of the list."""
        said = self._said(hand, task)
        return said if said and (said.export, said.copy) == (self.export, self.copy) else None

    def _goes_on(self, hand: str, cells: Cells) -> bool:
        """Whether what a hand answered in a copy still stands in these cells, or was changed by that hand for sure."""
        unsure = hand in self.in_this_call or (self.worked.nameless and not self._own_words(hand, cells))
        saved = self.worked.saved if self.worked.signed else None
        for task, some in cells.items():
            if said := self._said(hand, task):
                here, values = bool(self._given(hand, task)), _touched(some)
                knew = saved and said.at < saved <= self.came.at  # saved when that answer had been read already
                gone = here and not values and not knew
                later = not here and self.handed.age[said.export] >= self.handed.age[self.export]
                if gone or ((later or unsure) and values - {said.value}):
                    return False
        return True

    def _own_words(self, hand: str, cells: Cells) -> bool:
        """Whether a note that a hand wrote into this copy stands in it again: nobody else types the same."""
        given = ((self._given(hand, task), some) for task, some in cells.items())
        return any(said and said.note and any(cell.note == said.note for cell in some) for said, some in given)

    # -- saying -------------------------------------------------------------------------------------------------------

    def _say(self, cells: Cells, name: str) -> None:
        hand = self._hand(name, cells)
        changed = []
        for task, some in cells.items():
            given = self._given(hand, task)
            if given and not _touched(some):  # taken back by the hand that gave it
                some = [replace(cell, touched=True) for cell in some]
            for number, (value, note) in enumerate(_statements(some)):
                said_by = hand if not number else f"{hand} #{number + 1}"
                file, at = self.came.file, self.came.at
                new = self._answer(Answer(*task, value, note, said_by, file, self.export, self.copy, at))
                if new and given and given.value != value and not self.worked.signed:
                    changed.append(task[0])
        self._warn("returns.changed", changed)

    def _answer(self, answer: Answer) -> bool:
        """Whether it is new; what differs from another hand's open answer is a conflict."""
        task = (answer.order_id, answer.field)
        before = self.last.get(task, {}).get(answer.hand)
        if before and is_remark(answer) and not is_remark(before):
            answer = replace(answer, value=before.value)  # a note beside an answer that stands
        new = not before or before.value != answer.value or answer.note not in ("", before.note)
        if new and self.known:
            return False
        if new:
            answer = replace(answer, note=answer.note or (before.note if before else ""))
            self._hear(answer)
            self.answers.append(answer)
        said = self.open[answer.order_id].answers.get(answer.field, {})
        if answer.hand in said and not is_remark(answer):  # else settled: it counts when that hand says something new
            others = [one.value for one in said.values() if one.value != answer.value and not is_remark(one)]
            self.conflicts |= {Clash(*task, value, answer.value, self.came.file): None for value in others}
        return new


def _read(column: str, text: str) -> Value | None:
    return mail_status(text) if column == _MAIL["message"] else status_of(text)


def _touched(cells: Iterable[_Cell]) -> set[Value]:
    return {cell.value for cell in cells if cell.touched}


def _statements(cells: Sequence[_Cell]) -> list[tuple[Value, str]]:
    """What a list says of one task: one value, or several where one row stands in it twice and says two things.

    Rows that each hold some of the order's items are one answer: done when all are.
    """
    note = "; ".join(dict.fromkeys(cell.note for cell in cells if cell.note))
    firm = dict.fromkeys((cell.row, cell.value) for cell in cells if cell.touched)
    by_row = dict(firm.keys())
    if len(by_row) < len(firm):
        return [(value, note) for value in dict.fromkeys(value for _, value in firm)]
    said = {by_row.get(cell.row, "todo") for cell in cells}
    if "problem" in said:
        return [("problem", note)]
    if by_row and said <= set(FINISHED):
        return [("done" if "done" in said else "not_needed", note)]
    if set(by_row.values()) == {"todo"}:
        return [("problem" if note else "todo", note)]  # an answer taken back, with a reason, is something to look at
    return [("todo", note)] if note else []
