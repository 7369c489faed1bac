"""A worked to-do list read back: sorted, filtered, copied, its columns moved, saved by any program in any format."""

from __future__ import annotations

import csv
import html
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from promofix_lib.errors import ReportError
from promofix_lib.export.sheet import NAME_CELL, Value, column_of, is_name_label, status_of
from promofix_lib.reports.encodings import text_of
from promofix_lib.reports.lines import DELIMITERS
from promofix_lib.reports.source import sources_of
from promofix_lib.reports.texts import HYPHENS
from promofix_lib.say import Told, told

Rows = Sequence[Sequence[Any]]

WORKBOOKS = (".xlsx", ".xlsm", ".ods", ".xls")
"""Endings of a workbook."""

TEXTS = (".csv", ".txt", ".tsv", ".xml", ".json", ".zip", ".gz", ".htm", ".html", ".pdf")
"""Endings of what may be a list saved as text, or Amazon's processing report."""

TODO = ("order_id", "status")
"""What a to-do list must have."""

MAIL = ("order_id", "merge_status")
"""What a mail list must have for its statuses to be read."""

_ORDER_ID = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}(?![0-9])")
_NAME_WITHIN = ord(NAME_CELL[0]) - ord("A") + 1  # further to the right stands when the list was made
_OURS = ("promofix", "openpyxl")
_NUMBER_BEHIND = re.compile(r"[\W\d_]+$")  # "buyers (3)" is what a browser calls the third "buyers"
_HANDED_OUT_AS = re.compile(r"buyers|todo|copy of|[\W\d_]", re.IGNORECASE)
_SAVED_BY = {"docProps/core.xml": ("lastModifiedBy", "dcterms:modified"), "meta.xml": ("dc:creator", "dc:date")}


@dataclass(frozen=True)
class Line:
    """One row of a list: where it stands, the order id that is seen in it, and its cells by column name."""

    place: Told
    order_id: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Worked:
    """What a file holds.

    Parameters
    ----------
    lists : dict of str to tuple of Line
        The to-do lists by the name of their sheet.
    mails : tuple of Line
        Rows of the mail list.
    hand : str
        Who worked on it: the name that was written into it, else who saved it last and the file's name.
    signed : bool
        Whether the list itself tells that name, and not only the file's.
    nameless : bool
        Not even the file does: it is called as it was handed out.
    saved : datetime or None
        When it was saved, where it tells.
    """

    lists: Mapping[str, tuple[Line, ...]]
    mails: tuple[Line, ...]
    hand: str
    signed: bool = False
    nameless: bool = False
    saved: datetime | None = None


def read_worked(path: Path) -> Worked:
    """The to-do lists of a file that came back.

    They are found by their column names, wherever they stand; hidden and filtered rows count like all others.

    Parameters
    ----------
    path : Path
        ``.xlsx``, ``.ods``, ``.xls``, or a list saved as ``.csv`` in any of its dialects.

    Raises
    ------
    ReportError
        The file cannot be read, or holds no to-do list.
    """
    sheets = _workbook(path) if path.suffix.lower() in WORKBOOKS else _text(path)
    lists: dict[str, tuple[Line, ...]] = {}
    mails: list[Line] = []
    for name, rows in sheets.items():
        if (head := _head(rows, TODO)) is not None:
            lists[name] = tuple(_lines(name, rows, *head))
        elif (head := _head(rows, MAIL)) is not None:
            mails += _lines(name, rows, *head)
    if not lists:
        raise ReportError("returns.no_list", file=path.name)
    names = [name for rows in sheets.values() if (name := _name_in(rows))]
    (by, saved), stem = _signed(path), _NUMBER_BEHIND.sub("", path.stem) or path.stem
    hand = names[0] if names else " · ".join(filter(None, (by, stem)))
    signed = bool(names or by)
    return Worked(lists, tuple(mails), hand, signed, not signed and not _HANDED_OUT_AS.sub("", stem), saved)


def mail_status(text: str) -> Value | None:
    """What a mail program, or the assistant, wrote beside a message; None when it cannot be understood.

    >>> mail_status("EMAIL_SENT"), mail_status("Bounced (550)"), mail_status("who knows")
    ('done', 'problem', None)
    """
    if re.search(r"bounc|return|error|fail|invalid|退|失败", text, re.IGNORECASE):
        return "problem"
    if re.search(r"sent|opened|clicked|responded|unsubscribed|delivered|发送|已发", text, re.IGNORECASE):
        return "done"
    return status_of(text)


# -- sheets -----------------------------------------------------------------------------------------------------------


def _head(rows: Rows, needed: Sequence[str]) -> tuple[int, dict[str, int]] | None:
    """Row and columns of the names, the fullest of the first rows; columns may stand anywhere."""
    found = [
        (number, columns) for number, row in enumerate(rows[:50]) if (columns := _columns(row)).keys() >= {*needed}
    ]
    return max(found, key=lambda place: len(place[1]), default=None)


def _columns(row: Sequence[Any]) -> dict[str, int]:
    names = [str(cell) if cell in MAIL else column_of(cell) for cell in row]
    return {name: names.index(name) for name in names if name}


def _lines(sheet: str, rows: Rows, place: int, columns: Mapping[str, int]) -> Iterator[Line]:
    for number, row in enumerate(rows[place + 1 :], start=place + 2):
        cells = {name: _shown(row[column]) for name, column in columns.items() if column < len(row)}
        if any(cells.values()) and "order_id" not in _columns(row):  # 0.1: visible names below the hidden ones
            yield Line(told("returns.place", sheet=sheet, row=number), seen_order(cells.get("order_id", "")), cells)


def seen_order(text: str) -> str:
    """The order id that a person reads in a cell; the text itself where there is none.

    >>> seen_order("Order 111–0000001–0000001 "), seen_order("111 1")
    ('111-0000001-0000001', '111 1')
    """
    plain = unicodedata.normalize("NFKC", text).translate(HYPHENS).strip()
    found = _ORDER_ID.search(plain)
    return found[0] if found else plain


def _shown(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _workbook(path: Path) -> dict[str, Rows]:
    try:
        book = CalamineWorkbook.from_path(str(path))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise ReportError("returns.not_a_workbook", file=path.name, why=str(error)) from error


def _text(path: Path) -> dict[str, Rows]:
    """A list saved as text: with the separator under which most names are known."""
    texts = [StringIO(text_of(source), newline="") for source in sources_of(path) if not source.fault]
    found: dict[int, Rows] = {}
    with suppress(csv.Error):  # what is no table is no list
        for text, mark in product(texts, DELIMITERS):
            text.seek(0)
            rows = list(csv.reader(text, delimiter=mark))
            if head := _head(rows, TODO) or _head(rows, MAIL):
                found.setdefault(len(head[1]), rows)
    return {path.stem: found[max(found)]} if found else {}


def _name_in(rows: Rows) -> str:
    """The name that the assistant wrote beside the question for it."""
    for row in rows[:20]:
        if row and is_name_label(row[0]):
            return next((_shown(cell) for cell in row[1:_NAME_WITHIN] if _shown(cell)), "")
    return ""


def _signed(path: Path) -> tuple[str, datetime | None]:
    """Who saved a workbook last, and when in UTC; nothing where it does not tell."""
    try:
        with zipfile.ZipFile(path) as book:
            part = next(name for name in _SAVED_BY if name in book.namelist())
            told_of = book.read(part).decode("utf-8", "replace")
    except (OSError, StopIteration, zipfile.BadZipFile):
        return "", None
    by, at = (re.search(rf"{name}[^>]*>([^<]*)<", told_of) for name in _SAVED_BY[part])
    name = html.unescape(by[1]).strip() if by else ""
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(at[1]) if at and at[1].endswith("Z") else None
    return ("" if name.lower() in _OURS else name), moment


def is_list(path: Path) -> bool:
    """Whether a file is a worked list, and not an answer of Amazon."""
    with suppress(ReportError):  # whoever reads it says why it cannot be read
        return path.suffix.lower() in WORKBOOKS or bool(_text(path))
    return False
