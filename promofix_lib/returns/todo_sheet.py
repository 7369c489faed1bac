"""The assistant's worked workbook read back: columns moved, rows sorted, filtered or deleted, saved by any program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from promofix_lib.errors import ReportError
from promofix_lib.letters.seller_words import tell
from promofix_lib.letters.sheet_words import SHEET_LANGUAGES, TODO_COLUMNS, sheet_words, status_of

_NEEDED = ("status", "order_id")
_SIGNS = 4  # so many known column names in one row make it the header


@dataclass(frozen=True)
class Answer:
    """What the assistant says about one row: the order, its item keys, a status, a note, and whether mail was sent."""

    order_id: str
    keys: tuple[str, ...]
    triage: str
    status: str
    note: str
    mail: str
    row: int


@dataclass(frozen=True)
class WorkedSheet:
    """The answers of a workbook, and what in it contradicts itself or can not be understood."""

    answers: tuple[Answer, ...]
    conflicts: tuple[str, ...]

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Orders in the sheet, each once."""
        return tuple(dict.fromkeys(answer.order_id for answer in self.answers))


def read_worked_sheet(path: Path, language: str = "en") -> WorkedSheet:
    """The `todo` sheet of a workbook that came back.

    The sheet is found by its column names, wherever it and they are; hidden and filtered rows count like all others.

    Parameters
    ----------
    path : Path
        ``.xlsx``, ``.ods`` or ``.xls``.
    language : str
        In which conflicts are told; the sheet itself may be in any of ours.

    Raises
    ------
    ReportError
        No workbook, or none with a to-do list in it.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise ReportError(
            f"{path.name}: this is not a workbook that can be read ({error}). "
            "Ask the assistant to save it as .xlsx, and close it before reading it here."
        ) from error
    found = [(rows, header) for rows in sheets.values() if (header := _header(rows)) is not None]
    if not found:
        raise ReportError(
            f"{path.name}: there is no to-do list in it: no sheet has the columns {' and '.join(_NEEDED)}. "
            "Is it the right file? It should be the buyers.xlsx of an export, worked on by the assistant."
        )
    rows, (place, columns) = found[0]
    return _worked(rows, place, columns, _mail_statuses(sheets.values()), language)


def _header(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]] | None:
    best: tuple[int, dict[str, int]] | None = None
    for number, row in enumerate(rows[:50]):
        columns = _columns(row)
        complete = len(columns) >= _SIGNS and all(name in columns for name in _NEEDED)
        if complete and (best is None or len(columns) > len(best[1])):
            best = (number, columns)
    return best


def _columns(row: Sequence[Any]) -> dict[str, int]:
    names = {name: name for name in TODO_COLUMNS}
    for language in SHEET_LANGUAGES:
        names |= {str(word): name for name, word in sheet_words(language)["columns"].items()}
    found: dict[str, int] = {}
    for number, cell in enumerate(row):
        name = names.get(" ".join(str(cell).split()))
        if name is not None:
            found.setdefault(name, number)
    return found


def _worked(
    rows: Sequence[Sequence[Any]], place: int, columns: Mapping[str, int], mails: Mapping[str, str], language: str
) -> WorkedSheet:
    answers, conflicts = [], []
    for number, row in enumerate(rows[place + 1 :], start=place + 2):
        cells = {name: _text(row[column]) if column < len(row) else "" for name, column in columns.items()}
        if not cells["order_id"] or _columns(row).keys() >= set(_NEEDED):
            continue  # an empty row, or the visible headers below the hidden names
        status = status_of(cells["status"]) if cells["status"] else "to_do"
        if status is None:
            facts = {"row": number, "order": cells["order_id"], "status": repr(cells["status"])}
            conflicts.append(tell("status_unknown", language, **facts))
        answers.append(_answer(cells, status or "problem", mails, number))
    return WorkedSheet(*_one_per_order(answers, conflicts, language))


def _answer(cells: Mapping[str, str], status: str, mails: Mapping[str, str], row: int) -> Answer:
    keys = tuple(key for key in cells.get("item_keys", "").splitlines() if key)
    mail = mails.get(cells.get("message_id", ""), "")
    return Answer(cells["order_id"], keys, cells.get("triage", ""), status, cells.get("note", ""), mail, row)


def _one_per_order(
    answers: Iterable[Answer], conflicts: list[str], language: str
) -> tuple[tuple[Answer, ...], tuple[str, ...]]:
    kept: dict[tuple[str, str, tuple[str, ...]], Answer] = {}
    for answer in answers:
        name = (answer.order_id, answer.triage, answer.keys)
        earlier = kept.setdefault(name, answer)
        if earlier.status != answer.status:
            rows = {"order": answer.order_id, "first": earlier.row, "second": answer.row}
            conflicts.append(tell("status_twice", language, **rows, one=earlier.status, other=answer.status))
            kept[name] = Answer(*name[:1], answer.keys, answer.triage, "problem", answer.note, answer.mail, earlier.row)
    return tuple(kept.values()), tuple(conflicts)


def _mail_statuses(sheets: Iterable[Sequence[Sequence[Any]]]) -> dict[str, str]:
    for rows in sheets:
        head = [_text(cell) for cell in rows[0]] if rows else []
        if "message_id" in head and "merge_status" in head:
            name, status = head.index("message_id"), head.index("merge_status")
            return {_text(row[name]): _text(row[status]) for row in rows[1:] if len(row) > max(name, status)}
    return {}


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
