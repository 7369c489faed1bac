"""The to-do sheet as it travels: its columns, the words for a status in every language, and the name of each row."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from promofix_lib.say import languages, say

SHEET = "todo"
"""Name of the sheet, and of the Excel table in it, in every language."""

COLUMNS = (
    "status", "task", "order_id", "ship_by", "message_status", "message", "buyer_name", "product", "units", "note",
    "text", "mail", "paid_per_unit", "ordered", "marketplace", "turn", "sku", "place", "triage", "message_id",
    "item_keys",
)  # fmt: skip
"""Columns from left to right; above them stand their words in the reader's language (`heading`).

``order_id`` decides which order a row speaks of; ``item_keys`` (keys of `item_keys`, one a line) and ``message_id``
(ids of its messages, one a line) count only where they belong to it. ``place`` names export, copy and row (`Place`)."""

HIDDEN = ("triage", "message_id", "item_keys")
"""Columns that only promofix reads; they stand inside the table, so that a sort moves them with their row."""

PRINTED = COLUMNS[: COLUMNS.index("note") + 1]
"""Columns that are printed."""

ANSWERS = ("status", "message_status", "note")
"""Columns that the assistant fills in; as they were handed out they stand in `ExportRecord.rows`."""

Value = Literal["todo", "done", "problem", "not_needed"]
VALUES: tuple[Value, ...] = ("todo", "done", "problem", "not_needed")
"""What can be answered, of the order's task and of the buyer's message alike."""

HEADER_ROW = 6
"""Row of the headings; the row above it is empty, so that no program takes the lines above for part of the list."""

NAME_CELL = "C3"
"""Where the assistant writes a name; the cell to its left in column A says so (`sheet.your_name`)."""


@dataclass(frozen=True)
class Place:
    """Which row of which copy of which export: what the visible column ``place`` says.

    Examples
    --------
    >>> Place("2026-11-20T160000", 2, 17).text()
    '2026-11-20T160000 / 2 / 17'
    >>> Place.of(" 2026-11-20T160000/2/17.0 ").row, Place.of("17"), Place.of("2026-11-20T160000-2 / 1 / 3").export
    (17, None, '2026-11-20T160000-2')
    """

    export: str
    copy: int
    row: int

    def text(self) -> str:
        """The place as it stands in the cell."""
        return f"{self.export} / {self.copy} / {self.row}"

    @property
    def key(self) -> str:
        """Name of the row in `ExportRecord.rows`: its number, the same in every copy."""
        return str(self.row)

    @classmethod
    def of(cls, cell: object) -> Place | None:
        """The place that a cell names; None when it is another text."""
        found = re.fullmatch(r"\s*(\S+?)\s*/\s*(\d+)\s*/\s*(\d+)(?:\.0)?\s*", str(cell))
        return cls(found[1], int(found[2]), int(found[3])) if found else None


def heading(column: str, language: str | None = None) -> str:
    """The word above a column.

    >>> heading("order_id", "en"), heading("status", "zh-CN")
    ('Order (opens the order page)', '状态')
    """
    return say(f"sheet.column_{column}", language=language)


def column_of(cell: object) -> str | None:
    """The column that a heading names, in any language, by its machine name or as earlier versions wrote it; or None.

    Examples
    --------
    >>> column_of(" Status "), column_of("订单号（打开订单页面）"), column_of("order_id"), column_of("Shoe size")
    ('status', 'order_id', 'order_id', None)
    """
    return _columns().get(_plain(cell))


_EARLIER = {"order_id": ("订单号（打开订单页面）",)}
"""Headings as earlier versions wrote them: their lists still come back."""


@cache
def _columns() -> dict[str, str]:
    return {
        _plain(word): name
        for name in COLUMNS
        for word in (name, *_words(f"sheet.column_{name}"), *_EARLIER.get(name, ()))
    }


def status_word(value: str, column: str = "status", language: str | None = None) -> str:
    """How an answer is written in the column ``status`` or ``message_status``.

    >>> status_word("done", "status", "en"), status_word("done", "message_status", "en")
    ('done', 'sent')
    """
    return say(f"sheet.{column}_{value}", language=language)


def status_of(cell: object) -> Value | None:
    """The answer that a cell gives, in any language, with the words people use instead; None when it is none of them.

    An empty cell is no answer. Several words are one where all say the same; dates and signs between them say nothing.

    Examples
    --------
    >>> [status_of(cell) for cell in (" Done ", "完成", "OK!", "✓", True, "sent", "waiting", "who knows", "", None)]
    ['done', 'done', 'done', 'done', 'done', 'done', 'todo', None, None, None]
    >>> [status_of(cell) for cell in ("DONE ✓", "yes - cancelled 11/25", "done, no", "not cancelled", "done?")]
    ['done', 'done', None, None, None]
    """
    text = _plain(cell)
    said = {_statuses().get(word) for word in _SAYING.findall(text)}
    return _statuses().get(text) or (said.pop() if len(said) == 1 else None)


_SAYING = re.compile(r"[^\W\d]+|[^\w\s.,;:!/()–—，。；：！、（）-]")


@cache
def _statuses() -> dict[str, Value]:
    told = tomllib.loads(files("promofix_lib.export").joinpath("status-words.toml").read_text(encoding="utf-8"))
    ours = {value: (*_words(f"sheet.status_{value}"), *_words(f"sheet.message_status_{value}")) for value in VALUES}
    return {_plain(word): value for value in VALUES for word in (*told[value], *ours[value])}


def is_name_label(cell: object) -> bool:
    """Whether a cell is the one that asks for the assistant's name; the name stands to the right of it.

    >>> is_name_label("Your name:"), is_name_label("Name")
    (True, False)
    """
    return _plain(cell) in {_plain(word) for word in _words("sheet.your_name")}


def _words(key: str) -> tuple[str, ...]:
    """A word in every language that has it."""
    return tuple(dict.fromkeys(say(key, language=language) for language in languages()))


def _plain(cell: object) -> str:
    """Text as it is compared: width, case, blanks and the full stop or colon behind it do not count."""
    text = "" if cell is None else unicodedata.normalize("NFKC", str(cell))
    return " ".join(text.replace("\ufe0f", "").split()).casefold().strip(" .!:")
