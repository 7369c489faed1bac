"""A sheet before anybody writes it: its cells and their looks, and how tall a row must be to show its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

INK, PALE, LINE, LINK = "1F3A4D", "F3F6F8", "D5DCE1", "0B5394"
LONGEST_TEXT = 32_767
_CONTROL = re.compile(  # and what turns the signs after it round, so that exe.png reads gnp.exe
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True)
class Look:
    """How a cell looks. `text` is Excel's format "Text": what starts with "=" stays text even after it was edited."""

    bold: bool = False
    size: int = 10
    colour: str = "1A1A1A"
    fill: str = ""
    wrap: bool = False
    centre: bool = False
    top: bool = False
    right_to_left: bool = False
    underline: bool = False
    lines: bool = False
    text: bool = False
    quoted: bool = False


HEADER = Look(bold=True, colour="FFFFFF", fill=INK, wrap=True, lines=True)


@dataclass(frozen=True)
class Formula:
    """A formula of ours over cells of ours, never with text of a report in it."""

    text: str


@dataclass(frozen=True)
class Link:
    """A text and the address that it links to."""

    text: str
    url: str


Value = str | int | Formula | Link | None
Row = tuple[Sequence[Value], Sequence[Look]]
"""The values of a row, and how each looks: the same looks in the same sequence for all rows that look alike."""


def row(*cells: tuple[Value, Look] | None) -> Row:
    """A row of single cells, None where one is left out."""
    return [cell[0] if cell else None for cell in cells], tuple(cell[1] if cell else Look() for cell in cells)


@dataclass(frozen=True)
class Choices:
    """A drop-down in a column: its words, the title and words of its hint, and how a row is filled by its word."""

    column: int
    words: tuple[str, ...]
    title: str
    hint: str
    fills: Mapping[str, str]
    filled: tuple[int, int]


@dataclass
class Page:
    """One sheet, top to bottom; columns and rows are counted from 1.

    Parameters
    ----------
    name, tab : str
        Name, and colour of its tab.
    rows : iterable of Row
        A text that is empty is a cell that shows its look; None is no cell.
    widths : sequence of float
    heights : dict of int to float
        Of rows that differ from `height`; `rows` may still add that of the row which it gives next.
    hidden : collection of int
        Columns.
    frozen : str
        First cell that scrolls.
    table : (row of the headings, last row, headings), optional
        Makes it one Excel table, which sorts and filters with all its columns.
    choices : tuple of Choices
        In the rows of the table.
    printed : (last column, last row, repeated row), optional
        Of a long list, which lies across the paper; any other page stands upright and is printed as it is.
    footer, mark : str
        At the bottom of each printed page, and at its top.
    """

    name: str
    rows: Iterable[Row]
    widths: Sequence[float]
    tab: str = ""
    height: float = 20
    heights: dict[int, float] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    frozen: str = ""
    table: tuple[int, int, tuple[str, ...]] | None = None
    choices: tuple[Choices, ...] = ()
    printed: tuple[int, int, int] | None = None
    footer: str = ""
    mark: str = ""


def clean(value: object) -> str:
    r"""Text that a worksheet can hold: no control characters, at most 32,767 characters, missing = empty.

    Examples
    --------
    >>> clean("a\x00b\u2028\r\nc"), len(clean("x" * 40_000)), clean(None)
    ('a b \nc', 32767, '')
    """
    if value is None:
        return ""
    text = str(value)
    if not text.isprintable():
        text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def height_for(*texts: tuple[str, float], at_least: float = 20.0) -> float:
    r"""Row height in points that shows every text whole, each given with its column's width in characters.

    Examples
    --------
    >>> height_for(("short", 20)), height_for(("x" * 50, 20), ("one\n\ntwo", 40))
    (20.0, 45.25)
    """
    return max(at_least, min(7.0 + max(_points(text, width) for text, width in texts), 409.0))  # Excel's tallest row


@lru_cache(maxsize=4096)
def _points(text: str, width: float) -> float:
    tall = 15.0 if re.search(_WIDE_SIGN, text) else 12.75  # Chinese and Japanese fonts; Excel's Arial
    return tall * sum(len(lines_within(line, width)) for line in text.split("\n"))


_WIDE_SIGN = "[\u2e80-\uffdc]"
_NARROW, _BROAD = frozenset("fijlrtI.,:;'’|!()[]/- "), frozenset("mw@%«»—…")


def lines_within(line: str, width: float) -> list[str]:
    """The lines that a spreadsheet breaks a text into, in a column so wide; Arial's signs are measured in digits.

    Examples
    --------
    >>> lines_within("Nothing is cancelled before the promotion has ended.", 30)
    ['Nothing is cancelled before the ', 'promotion has ended.']
    """
    room = width * 0.97 - 2.5  # between indent and border; Excel draws a little wider than LibreOffice
    lines, used = [""], 0.0
    for word in re.findall(rf"{_WIDE_SIGN}|(?:(?!{_WIDE_SIGN})\S)+\s*|\s+", line):
        size = sum(map(_digits, word.rstrip()))
        if used and used + size > room:
            lines, used = [*lines, ""], 0.0
        lines[-1] += word
        lines += [""] * int(size // room) if room > 0 else []  # a word longer than a line
        used += size % room + 0.5 * (len(word) - len(word.rstrip()))
    return lines


def _digits(sign: str) -> float:
    if sign in _NARROW:
        return 0.55
    return 1.8 if sign > "\u2e80" else 1.3 if sign in _BROAD or sign.isupper() else 1.0
