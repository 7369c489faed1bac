"""Lines to cells: where the column names stand, and records of exactly as many cells as the file has columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from promofix_lib.reports.encodings import Letters, lenient
from promofix_lib.reports.kinds import Column, Kind, kind_of, spelled
from promofix_lib.say import Told, told

DELIMITERS = ("\t", ",", ";", "|")
HEADER_WITHIN = 40  # a payments report explains itself on up to nine lines before its header
_LONGEST = 10_000_000  # characters in one cell of a comma file


@dataclass(frozen=True)
class Header:
    """The line that names the columns.

    Parameters
    ----------
    kind : Kind
        What the names say the report is.
    cells : tuple of str
        The names as they are written; blank ones at the end are dropped.
    delimiter : str
        Tab, comma, semicolon or bar.
    line : int
        Its physical line, counted from 1.
    quoted : bool
        Cells may stand in quotes. Amazon's own tab files never mean a quote as one; a tab file whose very column names
        stand in quotes was saved again by another program.
    """

    kind: Kind
    cells: tuple[str, ...]
    delimiter: str
    line: int
    quoted: bool = False


def header_of(first_block: bytes) -> Header | None:
    r"""The first line of a file that names the columns of a known report, None when none does.

    Examples
    --------
    >>> found = header_of(b"All amounts in USD\r\n\"date/time\",\"type\",\"total\"\r\n")
    >>> found.line, found.delimiter, found.kind.name
    (2, ',', 'Transactions')
    """
    for number, line in enumerate(first_lines(first_block, HEADER_WITHIN), start=1):
        for delimiter in DELIMITERS:
            cells = split_line(line, delimiter)
            kind = kind_of(cells) if len(cells) > 1 else None
            if kind:
                quoted = delimiter != "\t" or all(_in_quotes(cell) for cell in cells if cell.strip())
                return Header(kind, _without_blank_end(cells), delimiter, number, quoted)
    return None


def header_among(rows: Iterable[list[str]]) -> Header | None:
    """The first row of a spreadsheet that names the columns of a known report, None when none does."""
    for number, cells in enumerate(islice(rows, HEADER_WITHIN), start=1):
        kind = kind_of(cells) if len(cells) > 1 else None
        if kind:
            return Header(kind, _without_blank_end(cells), "", number)
    return None


def first_lines(block: bytes, most: int) -> Iterator[str]:
    """The first lines of a block, as text."""
    start = 0
    while start < len(block) and most:
        end = block.find(b"\n", start)
        end = len(block) if end < 0 else end
        yield lenient(block[start:end][:100_000])
        start, most = end + 1, most - 1


def split_line(line: str, delimiter: str) -> list[str]:
    r"""The cells of one line: Amazon's tab files know no quotes, comma files do.

    Examples
    --------
    >>> split_line('a\t"b', "\t"), split_line('a,"b,c"', ",")
    (['a', '"b'], ['a', 'b,c'])
    """
    plain = line.rstrip("\r\n")
    if delimiter == "\t":
        return plain.split("\t")
    try:
        return next(csv.reader([plain.lstrip("\ufeff")], delimiter=delimiter), [])
    except csv.Error:
        return []


def _in_quotes(cell: str) -> bool:
    plain = cell.strip("\ufeff \r")
    return len(plain) > 1 and plain.startswith('"') and plain.endswith('"')


def _without_blank_end(cells: Sequence[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return tuple(cells)


@dataclass(frozen=True)
class Record:
    """The cells of one row and the physical lines they stand on.

    ``fault`` says why they cannot be used; ``after_gap`` that a blank line or a header stands before the row.
    """

    line: int
    lines: int
    cells: tuple[str, ...]
    fault: Told | None = None
    after_gap: bool = False


@dataclass
class Count:
    """Lines that are not rows, and rows that were put right."""

    headers: int = 0
    blanks: int = 0
    padded: int = 0
    joined: int = 0


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
    letters : Letters
        Turns bytes into text, and counts what was not UTF-8.
    """

    def __init__(self, columns: tuple[Column, ...], delimiter: str, *, quoted: bool, letters: Letters) -> None:
        self.columns, self.delimiter, self.quoted = columns, delimiter, quoted
        self.count, self.letters = Count(), letters
        self._gap = False
        self._widths: set[int] = set()  # a file whose last line has no end is cut off unless other lines are as short
        self._header = tuple(spelled(column.header) for column in columns)
        self._enough = max((i + 1 for i, column in enumerate(columns) if _wanted(column)), default=1)

    def records(self, block: bytes, first_line: int, *, last: bool) -> Iterator[Record]:
        """Records of a block of whole lines; `last` when the file ends with it."""
        lines = block.split(b"\n")
        ended = lines[-1] == b""
        texts = [self.letters.text(line.rstrip(b"\r")) for line in (lines[:-1] if ended else lines)]
        if self.quoted:
            yield from self._quoted(list(enumerate(texts, start=first_line)))
        else:
            yield from self._tabbed(list(enumerate(texts, start=first_line)), cut_off=last and not ended)

    def from_cells(self, rows: Iterable[tuple[int, list[str]]]) -> Iterator[Record]:
        """Records of rows whose cells are known already, each with its line: those of a spreadsheet."""
        for line, cells in rows:
            if not self._is_no_row(cells):
                yield self._record(line, 1, cells, cut_off=False)

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

    def _quoted(self, lines: list[tuple[int, str]]) -> Iterator[Record]:
        if not lines:
            return
        start, number, before = lines[0][0], 0, 0

        def feed() -> Iterator[str]:
            nonlocal number
            for _, text in lines:
                number += 1
                yield text + "\n"

        csv.field_size_limit(_LONGEST)
        reader = csv.reader(feed(), delimiter=self.delimiter)
        while True:
            fault: Told | None = None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells, fault = [], told("reports.fault.no_csv", why=str(error))
            taken, at, before = number - before, start + before, number
            if fault:
                yield Record(at, taken, (), fault)
            elif not self._is_no_row(cells, taken):
                yield self._record(at, taken, cells, cut_off=False)

    def _is_no_row(self, cells: list[str], lines: int = 1) -> bool:
        if not any(cell.strip() for cell in cells):
            self.count.blanks += lines
            self._gap = True
            return True
        if tuple(map(spelled, cells[: len(self._header)])) == self._header:
            self.count.headers += lines
            self._gap = True
            return True
        return False

    def _record(self, line: int, lines: int, cells: list[str], *, cut_off: bool) -> Record:
        gap, self._gap = self._gap, False
        wide = len(self.columns)
        while len(cells) > wide and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) > wide:
            return Record(line, lines, tuple(cells), told("reports.fault.width", cells=len(cells), header=wide))
        cut_off = cut_off and len(cells) not in self._widths
        if len(cells) < wide and (cut_off or len(cells) < self._enough):
            key = "reports.fault.cut_off" if cut_off else "reports.fault.width"
            return Record(line, lines, tuple(cells), told(key, cells=len(cells), header=wide))
        self.count.padded += len(cells) < wide
        self._widths.add(len(cells))
        return Record(line, lines, (*cells, *[""] * (wide - len(cells))), after_gap=gap)


def _wanted(column: Column) -> bool:
    return column.decides or column.needed or column.name in ("order_item_id", "sku", "currency", "promotion_ids")
