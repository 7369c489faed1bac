"""Lines to cells: where the column names stand, and records of exactly as many cells as the file has columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promofix_lib.reports.encodings import text_in
from promofix_lib.reports.kinds import Column, Kind, is_known, kind_of, spelled
from promofix_lib.reports.texts import ORDER_ID, CellError

DELIMITERS = ("\t", ",", ";", "|")
BROKEN_OVER = 9  # lines that one row may be broken over
HEADER_WITHIN = 40  # a payments report explains itself on up to nine lines before its header
_IN_QUOTES = re.compile(r'[\ufeff \r]*".*"[\ufeff \r]*')
_BY_EXCEL = re.compile(r'"(?:[^"]|"")*"')
_LOOKED_AT = 1 << 18  # bytes
_A_HEADER = 4  # cells that are names of our columns make a line one of names, also where it lost its first ones
_THE_REST = 3  # so many below it are what is left of it
_NO_NAME = re.compile(r"\s*(?:[\d.,]+|.*=)\s*")  # of a row glued to its header, or of a mail that broke its lines
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
    lines = first_block[: 1 << 20].split(b"\n", HEADER_WITHIN)[:HEADER_WITHIN]
    for number, line in enumerate((text_in(line[:100_000])[0] for line in lines), start=1):
        for delimiter in DELIMITERS:
            cells = split_line(line, delimiter)
            names = len(cells) > 1 and "\r" not in line.rstrip("\r") and not any(map(_NO_NAME.fullmatch, cells))
            names = names and not _goes_on(cells[-1], b"".join(lines[number : number + 1]), delimiter)
            kind = kind_of(cells) if names else None
            if kind:
                quoted = delimiter != "\t" or all(_IN_QUOTES.fullmatch(cell) for cell in cells if cell.strip())
                quoted = quoted or _quoted_where_needed(text_in(first_block[:_LOOKED_AT])[0].split("\n")[number:-1])
                while not cells[-1].strip():
                    cells.pop()
                return Header(kind, tuple(cells), delimiter, number, quoted)
    return None


def _goes_on(name: str, line: bytes, delimiter: str) -> bool:
    r"""Whether a mail broke the line inside this name: it is none, and with what stands below it is one.

    >>> _goes_on("fulfillment-chann", b"el\tsku", "\t"), _goes_on("sku", b"112-1", "\t"), _goes_on("x", b"", "\t")
    (True, False, False)
    """
    below = split_line(text_in(line[:100_000])[0], delimiter)[:1]
    return not is_known(name) and is_known(name + "".join(below))


def _quoted_where_needed(lines: Sequence[str]) -> bool:
    r"""Whether all cells with a comma or a quote stand in quotes, as Excel saves "Text (Tab delimited)".

    >>> _quoted_where_needed(['1\t"12"" pan"\t"P,Q"']), _quoted_where_needed(['1\t"Deluxe" pan\tP,Q'])
    (True, False)
    """
    odd = [cell.rstrip("\r") for line in lines for cell in line.split("\t") if "," in cell or '"' in cell]
    return bool(odd) and all(_BY_EXCEL.fullmatch(cell) and ("," in cell or '""' in cell[1:-1]) for cell in odd)


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


@dataclass(frozen=True)
class Record:
    """The cells of one row and the physical lines they stand on.

    ``fault`` says why they cannot be used; ``after_gap`` that a blank line or a header stands before the row.
    """

    line: int
    lines: int
    cells: tuple[str, ...]
    fault: CellError | None = None
    after_gap: bool = False


class LineReader:
    """Turns physical lines into records of exactly as many cells as the file has columns.

    Parameters
    ----------
    columns : tuple of Column
        All columns of the file.
    delimiter : str
        Tab, comma, semicolon or bar.
    count : Counter
        What is counted on the way: blanks, and what was put right.
    quoted : bool
        Cells may stand in quotes and run over several lines; otherwise a quote is a letter like any other.
    """

    def __init__(self, columns: tuple[Column, ...], delimiter: str, count: Counter[str], *, quoted: bool) -> None:
        self.columns, self.delimiter, self.count, self.quoted = columns, delimiter, count, quoted
        self.foreign = 0  # the line of a header that names other columns, while what stands under it is read
        self._gap = self._begun = False
        self._widths: set[int] = set()  # a file whose last line has no end is cut off unless other lines are as short
        names = [column.header for column in columns if column.header and is_known(column.header)]
        self._named = {name: place for place, name in enumerate(names)}
        self._header = tuple(spelled(column.header) for column in columns)
        self._enough = max((i + 1 for i, column in enumerate(columns) if _wanted(column)), default=1)

    def records(self, block: bytes, places: Sequence[int], *, last: bool) -> Iterator[Record]:
        """Records of a block of whole lines, each with its place; `last` when the file ends with it."""
        text, recoded = text_in(block)
        self.count["recoded"] += recoded
        ended = text.endswith("\n")
        lines = [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]
        return self._quoted(places, lines) if self.quoted else self._tabbed(places, lines, last and not ended)

    def _tabbed(self, places: Sequence[int], lines: list[str], cut_off: bool) -> Iterator[Record]:
        end = 0
        while (at := end) < len(lines):
            end += 1
            if not self._is_no_row(lines[at].split("\t")):
                end = at + self._taken(lines[at : at + BROKEN_OVER])
                self.count["joined"] += end > at + 1
                cells = "\n".join(lines[at:end]).split("\t")
                yield self._record(places[at], end - at, cells, cut_off and end == len(lines))

    def _taken(self, lines: list[str]) -> int:
        """How many lines the row of the first one takes: more than one where a cell of it is broken over them."""
        width = 0
        for number, cells in enumerate((line.split("\t") for line in lines), start=1):
            width += len(cells) - (number > 1)
            another = len(cells) >= len(self.columns) or tuple(map(spelled, cells[:2])) == self._header[:2]
            if width > len(self.columns) or (another and number > 1):
                return 1
            if width == len(self.columns):
                orders = filter(ORDER_ID.fullmatch, "\t".join(lines[:number]).split("\t")) if number > 1 else ()
                return number if len(set(orders)) < 2 else 1
        return 1

    def _quoted(self, places: Sequence[int], lines: list[str]) -> Iterator[Record]:
        csv.field_size_limit(_LONGEST)
        reader = csv.reader((line + "\n" for line in lines), delimiter=self.delimiter)
        while True:
            before, fault = reader.line_num, None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells, fault = [], CellError("reports.fault.no_csv", why=str(error))
            at, taken = places[before], reader.line_num - before
            if fault:
                whole = "\n".join(lines[before : before + taken])
                self._names_in(at, [cell.strip('"') for cell in whole.split(self.delimiter)])
                yield Record(at, taken, (), fault)
            elif not self._is_no_row(cells, taken):
                yield self._record(at, taken, cells)

    def _is_no_row(self, cells: list[str], lines: int = 1) -> bool:
        if not any(cell.strip() for cell in cells):
            self.count["blanks"] += lines
            self._gap = True
            return True
        first = int(len(self._header) >= _A_HEADER)  # whose name may have met a byte order mark, or the row before
        if tuple(map(spelled, cells[first : len(self._header)])) == self._header[first:]:
            self.count["put_together"] += lines
            self._gap, self.foreign = True, 0
            return True
        return False

    def passed(self) -> bool:
        """Rows that another way read come next: whether a blank line or a header stands before them."""
        self._begun = True
        return self._after_gap()

    def _after_gap(self) -> bool:
        gap, self._gap = self._gap, False
        return gap

    def _names_in(self, line: int, cells: list[str]) -> list[int]:
        """Places of the column names in a row; where there are many, what stands below it is of another layout."""
        named = [self._named[cell] for cell in cells if cell in self._named]
        # right below the header names of any kind are the rest of it: a program broke it at some width, and all rows
        goes_on = not self._begun and sum(map(is_known, filter(str.strip, cells))) >= _THE_REST
        self._begun = True
        if goes_on or len(named) >= _A_HEADER or (is_known(cells[0]) and kind_of(cells)):
            self.foreign = line
        return named

    def _record(self, line: int, lines: int, cells: list[str], cut_off: bool = False) -> Record:
        gap = self._after_gap()
        wide = len(self.columns)
        named = self._names_in(line, cells)
        if len(named) >= max(_A_HEADER, len(self._named) - 1) and named != sorted(named):
            return Record(line, lines, tuple(cells), CellError("reports.fault.other_order"))
        while len(cells) > wide and not cells[-1].strip():
            cells = cells[:-1]
        cut_off = cut_off and len(cells) < wide and len(cells) not in self._widths
        if self.foreign:
            return Record(line, lines, tuple(cells), CellError("reports.fault.other_layout", header=self.foreign))
        if cut_off or not self._enough <= len(cells) <= wide:
            key = "reports.fault.cut_off" if cut_off else "reports.fault.width"
            return Record(line, lines, tuple(cells), CellError(key, cells=len(cells), header=wide))
        self.count["padded"] += len(cells) < wide
        self._widths.add(len(cells))
        return Record(line, lines, (*cells, *[""] * (wide - len(cells))), after_gap=gap)


def _wanted(column: Column) -> bool:
    return column.decides or column.needed or column.name in ("order_item_id", "sku", "currency", "promotion_ids")
