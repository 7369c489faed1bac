"""Lines that need a closer look: broken, blank, repeated, too short, too long, or with a strange cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from promofix_lib.reports.columns import Column
from promofix_lib.reports.encodings import lenient
from promofix_lib.reports.names import spelled

_LONGEST = 10_000_000  # characters in one cell of a comma file


@dataclass(frozen=True)
class Record:
    """The cells of one row and the physical lines they stand on; `fault` says why they cannot be used."""

    line: int
    lines: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass
class Count:
    """Lines that are not rows."""

    headers: int = 0
    blanks: int = 0
    padded: int = 0
    recoded: int = 0
    joined: int = 0


class NotUtf8Error(ValueError):
    """The file is in another encoding than UTF-8."""


class LineReader:
    """Turns physical lines into records of exactly as many cells as the file has columns.

    Parameters
    ----------
    columns : tuple of Column
        All columns of the file.
    delimiter : str
        Tab, comma, semicolon or bar.
    quoted : bool
        Cells may stand in quotes and run over several lines; otherwise a quote is a letter like any other.
    strict : bool
        Raise `NotUtf8Error` at a line that is not UTF-8, instead of reading it as Windows-1252.
    """

    def __init__(self, columns: tuple[Column, ...], delimiter: str, *, quoted: bool, strict: bool = False) -> None:
        self.columns, self.delimiter, self.quoted = columns, delimiter, quoted
        self.count, self.strict = Count(), strict
        self._widths: set[int] = set()  # a file whose last line has no end is cut off unless other lines are as short
        self._header = tuple(spelled(column.header) for column in columns)
        self._enough = max((i + 1 for i, column in enumerate(columns) if _wanted(column)), default=1)

    def records(self, block: bytes, first_line: int, *, last: bool) -> Iterator[Record]:
        """Records of a block of whole lines; `last` when the file ends with it."""
        lines = block.split(b"\n")
        ended = lines[-1] == b""
        numbered = enumerate((self._text(line) for line in (lines[:-1] if ended else lines)), start=first_line)
        if self.quoted:
            yield from self._quoted(iter(list(numbered)))
        else:
            yield from self._tabbed(list(numbered), cut_off=last and not ended)

    def from_cells(self, rows: Iterable[tuple[int, list[str]]]) -> Iterator[Record]:
        """Records of rows whose cells are known already, each with its line: those of a spreadsheet."""
        for line, cells in rows:
            if not self._is_no_row(cells):
                yield self._record(line, 1, cells, cut_off=False)

    def _text(self, line: bytes) -> str:
        try:
            return line.rstrip(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            if self.strict:
                raise NotUtf8Error from error
            self.count.recoded += 1
            return lenient(line.rstrip(b"\r"))

    def _tabbed(self, lines: list[tuple[int, str]], *, cut_off: bool) -> Iterator[Record]:
        at = 0
        while at < len(lines):
            number, text = lines[at]
            at += 1
            cells = text.split("\t")
            if self._is_no_row(cells):
                continue
            taken = 0 if len(cells) >= len(self.columns) else self._broken_over(cells, lines[at : at + 8])
            if taken:
                cells = "\n".join([text, *(more for _, more in lines[at : at + taken])]).split("\t")
                self.count.joined += 1
                at += taken
            yield self._record(number, 1 + taken, cells, cut_off=cut_off and at == len(lines))

    def _broken_over(self, cells: list[str], following: list[tuple[int, str]]) -> int:
        """How many of the next lines complete a row that was broken inside a cell; 0 when none do."""
        width = len(cells)
        for taken, (_, text) in enumerate(following, start=1):
            more = text.split("\t")
            width += len(more) - 1
            if self._looks_like_row(more) or width > len(self.columns):
                return 0
            if width == len(self.columns):
                return taken
        return 0

    def _looks_like_row(self, cells: list[str]) -> bool:
        return len(cells) >= len(self.columns) or tuple(map(spelled, cells[:2])) == self._header[:2]

    def _quoted(self, lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
        number = before = 0

        def feed() -> Iterator[str]:
            nonlocal number
            for _, text in lines:
                number += 1
                yield text + "\n"

        first = next(lines, None)
        if first is None:
            return
        start, lines = first[0], chain([first], lines)
        csv.field_size_limit(_LONGEST)
        reader = csv.reader(feed(), delimiter=self.delimiter)
        while True:
            try:
                cells, fault = next(reader), ""
            except StopIteration:
                return
            except csv.Error as error:
                cells, fault = [], f"is not a row of a comma file ({error})"
            taken, at, before = number - before, start + before, number
            if fault:
                yield Record(at, taken, (), fault)
            elif not self._is_no_row(cells, taken):
                yield self._record(at, taken, cells, cut_off=False)

    def _is_no_row(self, cells: list[str], lines: int = 1) -> bool:
        if not any(cell.strip() for cell in cells):
            self.count.blanks += lines
            return True
        if tuple(map(spelled, cells[: len(self._header)])) == self._header:
            self.count.headers += lines
            return True
        return False

    def _record(self, line: int, lines: int, cells: list[str], *, cut_off: bool) -> Record:
        wide = len(self.columns)
        while len(cells) > wide and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) > wide:
            return Record(line, lines, tuple(cells), f"has {len(cells)} cells where the header has {wide}")
        cut_off = cut_off and len(cells) not in self._widths
        if len(cells) < wide and (cut_off or len(cells) < self._enough):
            end = ": the file ends in the middle of it" if cut_off else ""
            return Record(line, lines, tuple(cells), f"has {len(cells)} cells where the header has {wide}{end}")
        self.count.padded += len(cells) < wide
        self._widths.add(len(cells))
        return Record(line, lines, (*cells, *[""] * (wide - len(cells))))


def _wanted(column: Column) -> bool:
    return column.decides or column.needed or column.name in ("order_item_id", "sku", "currency", "promotion_ids")
