"""Lines and cells of a report become its table: each is part of a row, a header, a blank, or is set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.reports.cells import decimal_sign
from promofix_lib.reports.encodings import Letters, lenient
from promofix_lib.reports.kinds import MONEY, columns_of
from promofix_lib.reports.lines import Header, LineReader, Record, split_line
from promofix_lib.reports.order_rows import order_rows
from promofix_lib.reports.report import EVERYTHING, Quarantined, Want
from promofix_lib.reports.rows import RowTyper, flawless
from promofix_lib.say import Told, told

_PIECE = 1 << 16  # rows
_LOOKED_AT = 500  # lines from which the decimal sign is known


@dataclass
class Read:
    """What a report's lines became; `columns` are those that the file has, kept in `table` or not."""

    table: pa.Table
    columns: tuple[str, ...] = ()
    lines: int = 0
    headers: int = 0
    blanks: int = 0
    rows: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    warnings: list[Told] = field(default_factory=list)


class FlatFile:
    """Reads a report piece by piece: at full speed where it is flawless, line by line where it is not.

    Parameters
    ----------
    name : str
        The report's name.
    header : Header
        Where the column names stand.
    strict : bool
        Bytes that are not UTF-8 stop the reading (`NotUtf8Error`), so that another encoding can be tried.
    want : Want
        What is kept of it.
    """

    def __init__(self, name: str, header: Header, *, strict: bool = False, want: Want = EVERYTHING) -> None:
        self.name, self.header, self.kind = name, header, header.kind
        self.columns = columns_of(header.kind, header.cells, want)
        letters = Letters(strict=strict)
        self.reader = LineReader(self.columns, header.delimiter, quoted=header.quoted, letters=letters)
        self.typer = RowTyper(self.columns, continues=header.kind.continues)
        self.read = Read(pa.table({}), tuple(column.name for column in self.columns))
        self._orders = None if want.orders is None else pa.array(sorted(want.orders), pa.string())
        self._narrow = want.columns is not None
        self._tables: list[pa.Table] = []
        self._pieces: list[pa.Table] = []
        self._line = 1

    def of_lines(self, blocks: Iterator[bytes]) -> Read:
        """All of a text, from blocks of whole lines in UTF-8."""
        waiting = next(blocks, b"")
        while waiting:
            following = next(blocks, b"")
            body = self._after_header(waiting) if self._line == 1 else waiting
            if body:
                self._take(body, last=not following)
            waiting = following
        self.read.lines = self._line - 1
        return self.done()

    def of_cells(self, rows: Sequence[list[str]]) -> Read:
        """All of it, from rows whose cells are known already: a spreadsheet's, header included."""
        at = self.header.line
        self.read.headers, self.read.lines = at, len(rows)
        self._find_sign(rows[at : at + _LOOKED_AT])
        self.take_records(self.reader.from_cells(enumerate(rows[at:], start=at + 1)))
        return self.done()

    def _find_sign(self, rows: Iterable[Sequence[str]]) -> None:
        money = [i for i, column in enumerate(self.columns) if column.type == MONEY]
        self.typer.sign = decimal_sign(row[i].strip('"') for row in rows for i in money if i < len(row))

    def _after_header(self, block: bytes) -> bytes:
        at = 0
        for _ in range(self.header.line):
            end = block.find(b"\n", at)
            at = len(block) if end < 0 else end + 1
        self.read.headers = self.header.line
        self._line = self.header.line + 1
        start = block[at : at + 200_000].split(b"\n")[:_LOOKED_AT]
        self._find_sign(split_line(lenient(line), self.header.delimiter) for line in start)
        return block[at:]

    def _take(self, block: bytes, *, last: bool) -> None:
        first = self._line
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        self._line += lines
        table = None if self.header.quoted or self.typer.sign != "." else flawless(block, self.columns, first, lines)
        if table is None:
            self.take_records(self.reader.records(block, first, last=last))
        else:
            self.typer.follow(table, block)
            self._keep(table, lines)

    def take_rows(self, rows: Sequence[tuple[int, tuple[str, ...]]]) -> None:
        """Rows of as many cells as there are columns, each with its place."""
        text = "\n".join("\t".join(cells) for _, cells in rows)
        tabs = len(rows) * (len(self.columns) - 1)
        table = None
        if text.count("\t") == tabs and text.count("\n") == len(rows) - 1:
            table = flawless(text.encode("utf-8", "replace"), self.columns, 1, len(rows))
        if table is None:
            self.take_records(Record(line, 1, cells) for line, cells in rows)
        else:
            places = pa.array([line for line, _ in rows], pa.int64())
            self._keep(table.set_column(table.num_columns - 1, "source_line", places), len(rows))

    def take_records(self, records: Iterable[Record]) -> None:
        """Rows one by one; what cannot be read is set aside."""
        lines = sum(map(self.typer.add, records))
        self._keep(self.typer.table(), lines)

    def _keep(self, table: pa.Table, lines: int) -> None:
        self.read.rows += lines
        if self._orders is not None and "order_id" in table.column_names:
            table = table.filter(pc.is_in(table["order_id"], value_set=self._orders))
        self._pieces.append(order_rows(table, self.kind, self.name))
        if sum(piece.num_rows for piece in self._pieces) >= _PIECE:
            self._put_together()

    def _put_together(self) -> None:
        """One piece out of many, where memory counts: the parser's own take twice the room."""
        if self._narrow:
            self._pieces = [pa.concat_tables(self._pieces, promote_options="default").combine_chunks()]
        self._tables += self._pieces
        self._pieces = []

    def done(self) -> Read:
        """What came of it."""
        count, read = self.reader.count, self.read
        if not self._tables and not self._pieces:
            self.take_records(())
        if self._pieces:
            self._put_together()
        read.table = pa.concat_tables(self._tables, promote_options="default")
        read.headers += count.headers
        read.blanks = count.blanks
        read.quarantined = self.typer.quarantined
        numbers = {
            "put_together": count.headers if read.rows else 0,
            "padded": count.padded,
            "joined": count.joined,
            "recoded": self.reader.letters.recoded,
            **dict(sorted(self.typer.put_right.items())),
        }
        read.warnings += [told(f"reports.{name}", n=number) for name, number in numbers.items() if number]
        read.warnings += [told("reports.unread", n=n, column=header) for header, n in self.typer.unread.items()]
        return read
