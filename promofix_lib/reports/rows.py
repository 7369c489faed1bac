"""Cells to typed rows, on two ways to one table: a flawless block at pyarrow's speed, any other cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from promofix_lib.reports import texts
from promofix_lib.reports.cells import EARLIEST, FALSE, LARGEST, LATEST, MOST_UNITS, TRUE, typed
from promofix_lib.reports.continuing import Above
from promofix_lib.reports.kinds import MONEY, TEXT, TIME, WHOLE, Column, Kind, facts
from promofix_lib.reports.lines import Record
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.texts import CellError
from promofix_lib.say import Told, told

_LISTS = ("promotion_ids", "claim_codes")
_PIECE = 1 << 20
# jemalloc hands memory back to the system less eagerly than mimalloc: a third fewer CPU seconds for many small blocks
_POOL = pa.jemalloc_memory_pool() if "jemalloc" in pa.supported_memory_backends() else pa.default_memory_pool()
_ENDS = {TIME: (EARLIEST, LATEST), MONEY: (-LARGEST + 1, LARGEST - 1), WHOLE: (0, MOST_UNITS)}
_FORMS = {"order": texts.ORDER_ID, "item": texts.ITEM_ID}
_TABS = csv.ParseOptions(delimiter="\t", quote_char=False, double_quote=False, escape_char=False)


def flawless(block: bytes, columns: tuple[Column, ...], lines: int) -> pa.Table | None:
    r"""The lines of a block as a table; None when any line needs a closer look.

    Parameters
    ----------
    block : bytes
        Whole lines of UTF-8 text, cells separated by tabs.
    columns : tuple of Column
        All columns of the file.
    lines : int
        How many lines the block has.

    Examples
    --------
    >>> columns = (Column("order_id", "order-id", needed=True), Column("sku", "sku"))
    >>> flawless(b'A\t"Deluxe\nB\t007\n', columns, 2)["sku"].to_pylist()
    ['"Deluxe', '007']
    >>> flawless(b"A\t1\t2\n", columns, 1) is None
    True
    """
    if texts.odd_bytes(block, lines * len(columns)):
        return None
    try:
        table = csv.read_csv(pa.BufferReader(block), _names(columns, len(block)), _TABS, _types(columns), _POOL)
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    kept = (column for column in columns if column.kept)
    if table.num_rows != lines or not all(_as_it_should(table[column.name], column) for column in kept):
        return None
    return table


def _names(columns: tuple[Column, ...], size: int) -> Any:
    # one thread and pieces that fit the processor's cache: half the CPU seconds of whole blocks on all threads
    piece = min(size + 1, _PIECE)
    return csv.ReadOptions(column_names=[column.name for column in columns], block_size=piece, use_threads=False)


def _types(columns: tuple[Column, ...]) -> Any:
    return csv.ConvertOptions(
        column_types={column.name: column.type for column in columns},
        include_columns=[column.name for column in columns if column.kept],
        null_values=[""],
        strings_can_be_null=True,
        true_values=TRUE,
        false_values=FALSE,
    )


def _as_it_should(cells: pa.ChunkedArray, column: Column) -> bool:
    if column.needed and cells.null_count:
        return False
    if column.id:
        return pc.all(pc.match_substring_regex(cells, f"^{_FORMS[column.id].pattern}$")).as_py() is not False
    if column.type in _ENDS:
        least, most = _ENDS[column.type]
        ends = pc.min_max(cells).as_py()
        return ends["min"] is None or bool(least <= ends["min"] and ends["max"] <= most)
    return column.name not in _LISTS or not (_says_nothing(cells) or pc.any(pc.starts_with(cells, "[")).as_py())


def _says_nothing(cells: pa.ChunkedArray) -> bool:
    if cells.null_count == len(cells):
        return False
    short = cells.filter(pc.less_equal(pc.binary_length(cells), 8)).drop_null().unique()
    return any(map(texts.is_nothing, short.to_pylist()))


@dataclass
class RowTyper:
    """Types one row after another and keeps what does not fit.

    Parameters
    ----------
    columns : tuple of Column
        All columns of the file.
    count : Counter
        What is counted on the way: what was put right, and by column what could not be read.
    kind : Kind
        The kind of report.
    sign : str
        The file's decimal sign.
    """

    columns: tuple[Column, ...]
    count: Counter[str]
    kind: Kind
    sign: str = "."
    quarantined: list[Quarantined] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.above = Above(self.kind.continues)
        self._names = [column.name for column in self.columns]

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

    def follow(self, block: bytes, gap: int) -> None:
        """What comes next may continue the last row of this block, all of which was flawless; `gap` as for `Above`."""
        if self.kind.continues:
            self.above.forget(before=gap)
            line = block.rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
            cells = dict(zip(self._names, line.split("\t"), strict=False))
            self.above.begin(cells, cells)

    def _row(self, record: Record) -> list[Any]:
        if record.fault:
            self.above.forget()
            raise record.fault
        if record.after_gap:
            self.above.forget(before=record.line)
        cells = tuple(map(self._tidy, record.cells)) if texts.is_odd("".join(record.cells)) else record.cells
        named = dict(zip(self._names, cells, strict=True))
        above = self.above.ids_for(named)
        own = named | above
        known = {column.name: self._cell(column, own[column.name]) for column in self.columns if column.kept}
        if above:
            self.above.go_on(named, self._aside(record, told("reports.fault.not_tied")))
        else:
            self.above.begin(named, known)
        return list(known.values())

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
        if column.name in _LISTS and (plain := texts.opened(text, self.kind.ids_joined_by or "\0")) != text:
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
    return column.type != TEXT or bool(column.id) or column.name in _LISTS
