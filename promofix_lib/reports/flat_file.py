"""Text reports: every physical line becomes part of a row, a header, a blank, or is set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from promofix_lib.reports.columns import MONEY, columns_for
from promofix_lib.reports.encodings import lenient
from promofix_lib.reports.fast_lines import flawless
from promofix_lib.reports.kinds import table_names
from promofix_lib.reports.lines import Header, split_line
from promofix_lib.reports.money import decimal_sign
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.slow_lines import LineReader
from promofix_lib.reports.typed import RowTyper


@dataclass
class Read:
    """What a report's lines became."""

    table: pa.Table
    lines: int = 0
    headers: int = 0
    blanks: int = 0
    rows: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


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
        needed = header.kind.needed
        self.columns = columns_for(table_names(header.kind, header.cells), header.cells, needed)
        self.reader = LineReader(self.columns, header.delimiter, quoted=header.quoted, strict=strict)
        self.typer = RowTyper(self.columns, continues=header.kind.name == "New Orders")
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
        self._account()
        self.result.table = concat(tables) if tables else self.typer.table()
        return self.result

    def read_cells(self, rows: Sequence[list[str]]) -> Read:
        """All of it, from rows whose cells are known already: a spreadsheet's, header included."""
        self.result.headers = self.header.line
        self._line = len(rows) + 1
        body = rows[self.header.line :]
        places = [i for i, column in enumerate(self.columns) if column.type == MONEY]
        self.typer.sign = decimal_sign(row[i] for row in body[:500] for i in places if i < len(row))
        for record in self.reader.from_cells(enumerate(body, start=self.header.line + 1)):
            self.result.rows += self.typer.add(record)
        self._account()
        self.result.table = self.typer.table()
        return self.result

    def _after_header(self, block: bytes) -> bytes:
        at = 0
        for _ in range(self.header.line):
            end = block.find(b"\n", at)
            at = len(block) if end < 0 else end + 1
        self.result.headers = self.header.line
        self._line = self.header.line + 1
        self.typer.sign = self._decimal_sign(block[at : at + 200_000])
        return block[at:]

    def _decimal_sign(self, start: bytes) -> str:
        places = [i for i, column in enumerate(self.columns) if column.type == MONEY]
        rows = (split_line(lenient(line), self.header.delimiter) for line in start.split(b"\n")[:500])
        return decimal_sign(row[i].strip('"') for row in rows for i in places if i < len(row))

    def _table(self, block: bytes, *, last: bool) -> pa.Table:
        first = self._line
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        self._line += lines
        table = flawless(block, self.columns, first, lines) if not self.header.quoted else None
        if table is not None:
            self.result.rows += lines
            self.typer.carried = _ends_with(table)
            return table
        for record in self.reader.records(block, first, last=last):
            self.result.rows += self.typer.add(record)
        return self.typer.table()

    def _account(self) -> None:
        count, result = self.reader.count, self.result
        result.lines = self._line - 1
        result.headers += count.headers
        result.blanks = count.blanks
        result.quarantined = self.typer.quarantined
        put_together = count.headers if result.rows else 0
        for number, sentence in (
            (
                put_together,
                "the header stands in the file {} more times, as in downloads put together by hand. Orders that are in "
                "two of them count twice: give the downloads one by one instead.",
            ),
            (count.padded, "{} lines are shorter than the header; the cells missing at their end are taken as empty."),
            (count.joined, "{} rows were broken over several lines and joined again."),
            (count.recoded, "{} lines are in another encoding than the rest and were read as Windows-1252."),
        ):
            if number:
                result.warnings.append(sentence.format(number))
        for header, number in self.typer.unread.items():
            result.warnings.append(f"{number} cells in column {header} could not be read and are taken as missing.")


def concat(tables: list[pa.Table]) -> pa.Table:
    """Tables of the same columns under each other, without copying."""
    return pa.concat_tables(tables)


def _ends_with(table: pa.Table) -> dict[str, object]:
    last = table.slice(table.num_rows - 1).to_pylist()[0]
    return {name: last.get(name) for name in ("order_id", "order_item_id", "purchase_date")}
