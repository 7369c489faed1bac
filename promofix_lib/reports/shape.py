"""What a report looks like with every value masked: a file that promofix does not know can be shown to strangers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import encoding_of, lenient, text_blocks
from promofix_lib.reports.kinds import is_known, kind_of, look_again
from promofix_lib.reports.lines import DELIMITERS, HEADER_WITHIN, split_line
from promofix_lib.reports.source import Source, stranger
from promofix_lib.reports.spreadsheet import texts_of
from promofix_lib.reports.xml import is_xml
from promofix_lib.say import say, told

_ROWS = 20_000  # lines that are looked at
_SHOWN = 3  # masks per column
_LONGEST_NAME = 60
_KINDS = (
    ("empty", re.compile(r"\s*")),
    ("order_id", re.compile(r"\d{3}-\d{7}-\d{7}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("moment", re.compile(r"\d{1,4}[-/.年]\d\d?[-/.月]\d{1,4}.*|.*\d\d?:\d\d.*")),
    ("whole", re.compile(r"[+-]?\d+")),
    ("number", re.compile(r"[(+-]?[^\w\s]?\s?\d[\d.,'\s]*[)%]?")),
    ("yes_no", re.compile(r"(?i:true|false|yes|no)")),
    ("digits", re.compile(r".*\d.*", re.DOTALL)),
)
_TEXT = "text"

Rows = Sequence[Sequence[str]]


def shape(path: Path) -> str:
    """Header, kinds of cells and counts of a file, every value masked, in the current language.

    Parameters
    ----------
    path : Path
        Any file. Column names are shown as they are where the line can only be a header; else masked like a value.

    Raises
    ------
    ReportError
        A file that holds no table, with what it looks like.
    """
    look_again()
    parts = []
    for source in texts_of(Path(path)):
        if isinstance(source, ReportError):
            raise source
        parts.append(_described(source.name, *_table(source)))
    return "\n\n".join(parts)


def _table(source: Source) -> tuple[str, Rows, str]:
    encoding = encoding_of(source)
    blocks = text_blocks(source, encoding)
    lines = list(islice((lenient(line) for block in blocks for line in block.split(b"\n")), _ROWS))
    if is_xml(source.start()):
        return encoding, _elements(lines), "xml"
    texts = [line for line in lines if line.strip()]
    between = "\t" if source.of else max(DELIMITERS, key=lambda sign: _evenness(texts, sign))
    if not source.of and _evenness(texts, between) <= 0:
        raise ReportError("reports.refused", file=source.name, what=stranger(source, texts[0] if texts else ""))
    return "xlsx" if source.of else encoding, [split_line(line, between) for line in lines], between


def _evenness(lines: Sequence[str], between: str) -> float:
    """How well a sign divides the lines: cells a line, times the share of lines with that many."""
    widths = Counter(len(split_line(line, between)) for line in lines[:500])
    width, times = max(((width, times) for width, times in widths.items() if width > 1), default=(0, 0))
    return width * times / max(len(lines[:500]), 1) if width else 0


def _elements(lines: Sequence[str]) -> Rows:
    """Element names of an XML document and the text in them, as two columns."""
    found = re.findall(r"<([A-Za-z][\w:.-]*)[^>]*>([^<]*)</", "\n".join(lines))
    return [["element", "text"], *([name, text] for name, text in found)]


def _described(name: str, encoding: str, rows: Rows, between: str) -> str:
    at = 0 if between == "xml" else _header_at(rows)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    facts: dict[str, Any] = {"file": name, "encoding": encoding, "lines": len(rows), "n": len(filled)}
    parts = [say("reports.shape.file", between=_sign(between), **facts)]
    if between == "xml":
        counts = Counter(row[0] for row in rows[1:])
        kinds = {element: [row[1] for row in rows[1:] if row[0] == element] for element in counts}
        return "\n".join([*parts, *(_column(element, cells) for element, cells in kinds.items())])
    if at is None:
        parts.append(say("reports.shape.no_header"))
        header, body = [f"#{number}" for number in range(1, max(map(len, filled), default=0) + 1)], filled
    else:
        kind = kind_of(rows[at])
        what = kind.name if kind else told("reports.shape.unknown_kind")
        parts.append(say("reports.shape.header", line=at + 1, kind=what))
        header, body = list(rows[at]), [row for row in rows[at + 1 :] if any(cell.strip() for cell in row)]
    glued = len(header) > max(map(len, body), default=0) > 0  # to the first row, whose cells are no names
    for number, column in enumerate(header):
        shown = mask(column) if glued and not is_known(column) else column.strip('\ufeff "')
        parts.append(_column(shown, [row[number] for row in body if number < len(row)]))
    return "\n".join(parts)


def _sign(between: str) -> str:
    return {"\t": "tab", "": "-"}.get(between, between)


def _header_at(rows: Rows) -> int | None:
    """The line of the header: of a known report, or one of words over columns that hold more than words.

    >>> _header_at([["Order No", "Total"], ["1", "9.99"]]), _header_at([["Jane Doe", "Springfield"], ["Bo", "Ames"]])
    (0, None)
    """
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        known = sum(1 for cell in row if cell.strip() and is_known(cell))
        if kind_of(row) or known >= 3:
            return at
        below = [other for other in rows[at + 1 : at + 200] if len(other) == len(row)]
        if (
            len(row) > 1
            and below
            and all(_is_name(cell) for cell in row)
            and any(_has_figures(i, below) for i in range(len(row)))
        ):
            return at
    return None


def _is_name(cell: str) -> bool:
    return len(cell) <= _LONGEST_NAME and (not cell.strip() or kind_of_cell(cell) == _TEXT)


def _has_figures(column: int, rows: Rows) -> bool:
    kinds = Counter(kind_of_cell(row[column]) for row in rows)
    return kinds[_TEXT] == 0 and kinds.total() > kinds["empty"]


def _column(name: str, cells: Sequence[str]) -> str:
    kinds = Counter(kind_of_cell(cell.strip()) for cell in cells)
    masks = Counter(mask(cell) for cell in cells if cell.strip())
    counted = tuple(
        told("reports.shape.count", n=n, what=told(f"reports.shape.{kind}")) for kind, n in kinds.most_common()
    )
    shown = " · ".join(text for text, _ in masks.most_common(_SHOWN))
    star = "" if is_known(name) else " *"
    return f"  {name}{star}: {told('say.list_of', what=counted)}" + (f" | {shown}" if shown else "")


def kind_of_cell(cell: str) -> str:
    """The kind of a cell, a word of the catalogue's ``reports.shape``.

    >>> [kind_of_cell(cell) for cell in ("", "111-0000001-0000001", "a@example.com", "2026-03-01", "5", "5.10", "Hat")]
    ['empty', 'order_id', 'email', 'moment', 'whole', 'number', 'text']
    """
    return next((kind for kind, form in _KINDS if form.fullmatch(cell)), _TEXT)


def mask(cell: str) -> str:
    """A value with its letters and digits hidden; runs of letters are one letter.

    >>> mask("Jane Doe, 12 Elm St."), mask("111-0000001-0000001"), mask("東京")
    ('Aa Aa, 99 Aa Aa.', '999-9999999-9999999', '文')
    """
    hidden = (
        "9" if letter.isdigit() else "A" if letter.isupper() else "a" if letter.islower()
        else "文" if letter.isalpha() else letter if letter.isascii() else "·"
        for letter in cell.strip()[:80]
    )  # fmt: skip
    return re.sub(r"(A|a|文)\1+", r"\1", "".join(hidden))
