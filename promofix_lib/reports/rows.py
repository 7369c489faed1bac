"""Lines that need a closer look to typed rows, cell by cell: each is a row, a header, a blank, or is set aside."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from promofix_lib.reports import texts
from promofix_lib.reports.cells import typed
from promofix_lib.reports.continuing import Above
from promofix_lib.reports.encodings import text_in
from promofix_lib.reports.kinds import TEXT, Column, facts, is_known, kind_of, spelled
from promofix_lib.reports.lines import Header
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.texts import ORDER_ID, CellError
from promofix_lib.say import Told, told

BROKEN_OVER = 9  # lines that one row may be broken over
LISTS = ("promotion_ids", "claim_codes")
_A_HEADER = 4  # cells that are names of our columns make a line one of names, also where it lost its first ones
_THE_REST = 3  # so many below it are what is left of it
_LONGEST = 10_000_000  # characters in one cell of a comma file


class Record(NamedTuple):
    """The cells of one row and the physical lines they stand on.

    ``fault`` says why they cannot be used; ``ends`` that the file ends behind them, without the end of a line.
    """

    line: int
    lines: int
    cells: Sequence[str]
    fault: CellError | None = None
    ends: bool = False


class RowReader:
    """Reads one row after another and keeps what does not fit.

    Parameters
    ----------
    header : Header
        Where the column names stand, and how cells are divided.
    columns : tuple of Column
        All columns of the file.
    count : Counter
        What is counted on the way: blanks, what was put right, and by column what could not be read.

    Attributes
    ----------
    sign : str
        The file's decimal sign.
    foreign : int
        The line of a header that names other columns, while what stands under it is read.
    """

    def __init__(self, header: Header, columns: tuple[Column, ...], count: Counter[str]) -> None:
        self.header, self.columns, self.count, self.kind = header, columns, count, header.kind
        self.sign, self.foreign = ".", 0
        self.quarantined: list[Quarantined] = []
        self.above = Above(self.kind.continues)
        self._begun = False
        self._widths: set[int] = set()  # a file whose last line has no end is cut off unless other lines are as short
        self._names = [column.name for column in columns]
        self._header = tuple(spelled(column.header) for column in columns)
        known = [column.header for column in columns if column.header and is_known(column.header)]
        self._named = {name: place for place, name in enumerate(known)}
        self._enough = max((i + 1 for i, column in enumerate(columns) if _wanted(column)), default=1)

    def table(self, records: Iterable[Record]) -> tuple[pa.Table, int]:
        """The good rows, with a ``source_line`` column, and on how many lines they stand; others are set aside."""
        rows, lines = [], 0
        for record in records:
            try:
                rows.append([*self._row(record), record.line])
                lines += record.lines
            except CellError as fault:
                self.quarantined += self._aside(record, fault.told)
        kept = [(column.name, column.type) for column in self.columns if column.kept] + [("source_line", pa.int64())]
        arrays = [pa.array([row[i] for row in rows], type_) for i, (_, type_) in enumerate(kept)]
        return pa.table(arrays, [name for name, _ in kept]), lines

    def passed(self, block: bytes) -> None:
        """What comes next may continue the last row of this block, all of which was flawless."""
        self._begun = True
        if self.kind.continues:
            line = block.rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
            cells = dict(zip(self._names, line.split("\t"), strict=False))
            self.above.begin(cells, cells)

    # -- lines to records ---------------------------------------------------------------------------------------------

    def records(self, block: bytes, places: Sequence[int]) -> Iterator[Record]:
        """Records of a block of whole lines, each with its place; only the last line of a file may have no end."""
        text, recoded = text_in(block)
        self.count["recoded"] += recoded
        lines = [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]
        return self._quoted(places, lines) if self.header.quoted else self._tabbed(places, lines, text[-1:] != "\n")

    def _tabbed(self, places: Sequence[int], lines: list[str], cut_off: bool) -> Iterator[Record]:
        end = 0
        while (at := end) < len(lines):
            end += 1
            if not self._is_no_row(places[at], lines[at].split("\t")):
                end = at + self._taken(lines[at : at + BROKEN_OVER])
                self.count["joined"] += end > at + 1
                cells = "\n".join(lines[at:end]).split("\t")
                yield Record(places[at], end - at, cells, ends=cut_off and end == len(lines))

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
        reader = csv.reader((line + "\n" for line in lines), delimiter=self.header.delimiter)
        while (before := reader.line_num) < len(lines):
            try:
                cells, fault = next(reader), None
            except csv.Error as error:
                cells, fault = [], CellError("reports.fault.no_csv", why=str(error))
            at, taken = places[before], reader.line_num - before
            if fault:
                whole = "\n".join(lines[before : before + taken])
                self._names_in(at, [cell.strip('"') for cell in whole.split(self.header.delimiter)])
            if fault or not self._is_no_row(at, cells, taken):
                yield Record(at, taken, cells, fault)

    def _is_no_row(self, line: int, cells: list[str], lines: int = 1) -> bool:
        first = int(len(self._header) >= _A_HEADER)  # whose name may have met a byte order mark, or the row before
        blank = not any(cell.strip() for cell in cells)
        if not blank and tuple(map(spelled, cells[first : len(self._header)])) != self._header[first:]:
            return False
        self.count["blanks" if blank else "put_together"] += lines
        self.foreign = self.foreign if blank else 0
        self.above.forget(before=line)
        return True

    def _names_in(self, line: int, cells: list[str]) -> list[int]:
        """Places of the column names in a row; where there are many, what stands below it is of another layout."""
        named = [self._named[cell] for cell in cells if cell in self._named]
        # right below the header names of any kind are the rest of it: a program broke it at some width, and all rows
        goes_on = not self._begun and sum(map(is_known, filter(str.strip, cells))) >= _THE_REST
        self._begun = True
        if goes_on or len(named) >= _A_HEADER or (is_known(cells[0]) and kind_of(cells)):
            self.foreign = line
        return named

    # -- records to rows ----------------------------------------------------------------------------------------------

    def _row(self, record: Record) -> list[Any]:
        cells = [*record.cells]
        while len(cells) > len(self.columns) and not cells[-1].strip():
            cells.pop()
        if fault := record.fault or self._misfit(record, cells):
            self.above.forget()
            raise fault
        self._widths.add(len(cells))
        missing = len(self.columns) - len(cells)
        self.count["padded"] += missing > 0
        cells = [*(map(self._tidy, cells) if texts.is_odd("".join(cells)) else cells), *[""] * missing]
        named = dict(zip(self._names, cells, strict=True))
        above = self.above.ids_for(named)
        own = named | above
        known = {column.name: self._cell(column, own[column.name]) for column in self.columns if column.kept}
        if above:
            self.above.go_on(named, self._aside(record, told("reports.fault.not_tied")))
        else:
            self.above.begin(named, known)
        return list(known.values())

    def _misfit(self, record: Record, cells: list[str]) -> CellError | None:
        """Why a row does not stand under this header, if so."""
        wide = len(self.columns)
        named = self._names_in(record.line, cells)
        if len(named) >= max(_A_HEADER, len(self._named) - 1) and named != sorted(named):
            return CellError("reports.fault.other_order")
        if self.foreign:
            return CellError("reports.fault.other_layout", header=self.foreign)
        cut_off = record.ends and len(cells) < wide and len(cells) not in self._widths
        if cut_off or not self._enough <= len(cells) <= wide:
            key = "reports.fault.cut_off" if cut_off else "reports.fault.width"
            return CellError(key, cells=len(cells), header=wide)
        return None

    def _tidy(self, cell: str) -> str:
        if not texts.is_odd(cell):
            return cell
        if texts.LOST in cell:
            self.count["letters_lost"] += 1
            cell = cell.rstrip(texts.LOST)
        plain = texts.cleaned(meant := texts.mended(cell))
        self.count["encoded_twice"] += meant != cell
        self.count["control_letters"] += plain != meant
        self.count["spoilt"] += texts.is_spoilt(plain)
        return plain

    def _cell(self, column: Column, text: str) -> Any:
        if not text.strip() or (texts.is_nothing(text) and _may_say_nothing(column)):
            if column.needed:
                raise CellError("reports.fault.empty", column=column.header)
            return text or None if column.type == TEXT and not text.strip() else None
        if column.name in LISTS and (plain := texts.opened(text, self.kind.ids_joined_by or "\0")) != text:
            self.count["lists_opened"] += 1
            return plain or None
        try:
            return self._id(column, text) if column.id else typed(text, column.type, self.sign)
        except CellError as fault:
            if column.decides:
                about = {"column": column.header, "fault": fault.told, "found": text[:40]}
                raise CellError("reports.fault.cell", **about) from fault
            self.count[f"unread {column.header}"] += 1
            return None

    def _id(self, column: Column, text: str) -> str | None:
        try:
            plain = texts.order_id(text) if column.id == "order" else texts.item_id(text)
        except CellError as fault:
            if fault.told.key == "reports.fault.lost_zeros" and not self.kind.continues:
                self.count["lost_zeros"] += 1
                return None
            raise
        self.count["ids_mended"] += plain != text.strip()
        return plain

    def _aside(self, record: Record, reason: Told) -> list[Quarantined]:
        known, pairs = facts().columns["shown"], zip(self.columns, record.cells, strict=False)
        shown = (f"{column.header}: {cell[:60]}" for column, cell in pairs if cell and column.name in known)
        text = texts.cleaned(", ".join(shown))
        return [Quarantined(record.line + i, reason, text) for i in range(record.lines)]


def _may_say_nothing(column: Column) -> bool:
    return column.type != TEXT or bool(column.id) or column.name in LISTS


def _wanted(column: Column) -> bool:
    return column.decides or column.needed or column.name in ("order_item_id", "sku", "currency", "promotion_ids")
