"""Text reports: every physical line becomes part of a row, a header, a blank, or is set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from promofix_lib.reports.cells import decimal_sign
from promofix_lib.reports.encodings import Letters, lenient
from promofix_lib.reports.kinds import MONEY, columns_of
from promofix_lib.reports.lines import Header, LineReader, split_line
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.rows import RowTyper, flawless
from promofix_lib.say import Told, told


@dataclass
class Read:
    """What a report's lines became."""

    table: pa.Table
    lines: int = 0
    headers: int = 0
    blanks: int = 0
    rows: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    warnings: list[Told] = field(default_factory=list)


class FlatFile:
    """Reads a text report block by block: at full speed where it is flawless, line by line where it is not.

    Parameters
    ----------
    header : Header
        Where the column names stand.
    strict : bool
        Bytes that are not UTF-8 stop the reading (`NotUtf8Error`), so that another encoding can be tried.
    """

    def __init__(self, header: Header, *, strict: bool = False) -> None:
        self.header = header
        self.columns = columns_of(header.kind, header.cells)
        letters = Letters(strict=strict)
        self.reader = LineReader(self.columns, header.delimiter, quoted=header.quoted, letters=letters)
        self.typer = RowTyper(self.columns, continues=header.kind.continues)
        self.result = Read(pa.table({}))
        self._line = 1

    def read(self, blocks: Iterator[bytes]) -> Read:
        """All of it."""
        tables = []
        waiting = next(blocks, b"")
        while waiting:
            following = next(blocks, b"")
            body = self._after_header(waiting) if self._line == 1 else waiting
            if body:
                tables.append(self._table(body, last=not following))
            waiting = following
        return self._done(pa.concat_tables(tables) if tables else self.typer.table())

    def read_cells(self, rows: Sequence[list[str]]) -> Read:
        """All of it, from rows whose cells are known already: a spreadsheet's, header included."""
        self.result.headers = self.header.line
        self._line = len(rows) + 1
        body = rows[self.header.line :]
        self.typer.sign = decimal_sign(row[i] for row in body[:500] for i in self._money() if i < len(row))
        for record in self.reader.from_cells(enumerate(body, start=self.header.line + 1)):
            self.result.rows += self.typer.add(record)
        return self._done(self.typer.table())

    def _money(self) -> list[int]:
        return [i for i, column in enumerate(self.columns) if column.type == MONEY]

    def _after_header(self, block: bytes) -> bytes:
        at = 0
        for _ in range(self.header.line):
            end = block.find(b"\n", at)
            at = len(block) if end < 0 else end + 1
        self.result.headers = self.header.line
        self._line = self.header.line + 1
        start = block[at : at + 200_000].split(b"\n")[:500]
        rows = (split_line(lenient(line), self.header.delimiter) for line in start)
        self.typer.sign = decimal_sign(row[i].strip('"') for row in rows for i in self._money() if i < len(row))
        return block[at:]

    def _table(self, block: bytes, *, last: bool) -> pa.Table:
        first = self._line
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        self._line += lines
        table = flawless(block, self.columns, first, lines) if not self.header.quoted else None
        if table is not None:
            self.result.rows += lines
            self.typer.follow(table, block)
            return table
        for record in self.reader.records(block, first, last=last):
            self.result.rows += self.typer.add(record)
        return self.typer.table()

    def _done(self, table: pa.Table) -> Read:
        count, result = self.reader.count, self.result
        result.table = table
        result.lines = self._line - 1
        result.headers += count.headers
        result.blanks = count.blanks
        result.quarantined = self.typer.quarantined
        put_together = count.headers if result.rows else 0
        numbers = {
            "put_together": put_together,
            "padded": count.padded,
            "joined": count.joined,
            "recoded": self.reader.letters.recoded,
        }
        result.warnings += [told(f"reports.{name}", n=number) for name, number in numbers.items() if number]
        result.warnings += put_right(self.typer)
        return result


def put_right(typer: RowTyper) -> list[Told]:
    """What was put right in single cells, and which cells could not be read, each with its number."""
    right = [told(f"reports.{name}", n=number) for name, number in sorted(typer.put_right.items()) if number]
    return right + [told("reports.unread", n=number, column=header) for header, number in typer.unread.items()]
