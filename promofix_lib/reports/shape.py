"""What a report looks like with every value masked: a file that promofix does not know can be shown to strangers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import encoding_of, text_blocks, text_in
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
    return "\n\n".join(map(_described, texts_of(Path(path))))


def _described(source: Source) -> str:
    encoding = encoding_of(source)
    blocks = (text_in(block)[0] for block in text_blocks(source, encoding))
    lines = list(islice((line for block in blocks for line in block.split("\n")), _ROWS))
    between = "xml" if is_xml(source.start()) else "\t" if source.of else _between(source, lines)
    if between == "xml":
        found = re.findall(r"<([A-Za-z][\w:.-]*)[^>]*>([^<]*)</", "\n".join(lines))
        rows: Rows = [(text,) for _, text in found]
        head: list[str] = []
        columns = [(name, [text for other, text in found if other == name]) for name in dict(found)]
    else:
        rows = [split_line(line, between) for line in lines]
        head, columns = _table(rows)
    facts: dict[str, Any] = {"file": source.name, "encoding": "xlsx" if source.of else encoding}
    facts |= {"lines": len(rows), "n": len(_filled(rows)), "between": {"\t": "tab"}.get(between, between)}
    return "\n".join([say("reports.shape.file", **facts), *head, *(_column(*column) for column in columns)])


def _between(source: Source, lines: Sequence[str]) -> str:
    """The sign that divides the lines best: cells a line, times the share of lines with that many."""
    filled = [line for line in lines if line.strip()]

    def evenness(sign: str) -> float:
        widths = Counter(len(split_line(line, sign)) for line in filled[:500])
        return max((width * times for width, times in widths.items() if width > 1), default=0)

    best = max(DELIMITERS, key=evenness)
    if not evenness(best):
        raise ReportError("reports.refused", file=source.name, what=stranger(source, filled[0] if filled else ""))
    return best


def _filled(rows: Rows) -> Rows:
    return [row for row in rows if any(cell.strip() for cell in row)]


def _table(rows: Rows) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """What is said of the header of a table, and its columns, each with its name and cells."""
    at = next((at for at, row in enumerate(rows[:HEADER_WITHIN]) if _is_header(row, rows[at + 1 : at + 200])), None)
    body = _filled(rows if at is None else rows[at + 1 :])
    wide = max(map(len, body), default=0)
    if at is None:
        head, names = say("reports.shape.no_header"), [f"#{number}" for number in range(1, wide + 1)]
    else:
        kind = kind_of(rows[at])
        head = say("reports.shape.header", line=at + 1, kind=kind.name if kind else told("reports.shape.unknown_kind"))
        glued = len(rows[at]) > wide > 0  # to the first row, whose cells are no names
        names = [mask(name) if glued and not is_known(name) else name.strip('\ufeff "') for name in rows[at]]
    return [head], [(name, [row[i] for row in body if i < len(row)]) for i, name in enumerate(names)]


def _is_header(row: Sequence[str], below: Rows) -> bool:
    """Whether a line names columns: those of a known report, or words over columns that hold more than words.

    >>> _is_header(["Order No", "Total"], [["1", "9.99"]]), _is_header(["Jane Doe", "Springfield"], [["Bo", "Ames"]])
    (True, False)
    """
    if kind_of(row) or sum(1 for cell in row if cell.strip() and is_known(cell)) >= 3:
        return True
    alike = [other for other in below if len(other) == len(row) > 1]
    return all(map(_is_name, row)) and any(_has_figures(i, alike) for i in range(len(row)))


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
