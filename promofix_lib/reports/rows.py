"""Cells to typed rows, on two ways to one table: a flawless block at pyarrow's speed, any other cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from promofix_lib.reports import texts
from promofix_lib.reports.cells import EARLIEST, FALSE, LARGEST, LATEST, MOST_UNITS, TRUE, typed
from promofix_lib.reports.kinds import MONEY, TEXT, TIME, WHOLE, Column, Kind
from promofix_lib.reports.lines import Record
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.texts import CellError

_SHOWN = ("order_id", "order_item_id", "sku", "purchase_date", "quantity", "currency", "item_price")
_CARRIED = ("order_id", "order_item_id", "purchase_date")
_LISTS = ("promotion_ids", "claim_codes")
_PIECE = 1 << 20
# jemalloc hands memory back to the system less eagerly than mimalloc: a third fewer CPU seconds for many small blocks
_POOL = pa.jemalloc_memory_pool() if "jemalloc" in pa.supported_memory_backends() else pa.default_memory_pool()
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
        return texts.has_form(cells, column.id)
    if column.type == TIME:
        return _within(cells, EARLIEST, LATEST)
    if column.type == MONEY:
        return _within(cells, -LARGEST + 1, LARGEST - 1)
    if column.type == WHOLE:
        return _within(cells, 0, MOST_UNITS)
    return column.name not in _LISTS or not (_says_nothing(cells) or pc.any(pc.starts_with(cells, "[")).as_py())


def _within(cells: pa.ChunkedArray, least: Any, most: Any) -> bool:
    ends = pc.min_max(cells).as_py()
    return ends["min"] is None or bool(least <= ends["min"] and ends["max"] <= most)


def _says_nothing(cells: pa.ChunkedArray) -> bool:
    if cells.null_count == len(cells):
        return False
    short = cells.filter(pc.less_equal(pc.binary_length(cells), 8)).drop_null().unique()
    return any(map(texts.is_nothing, short.to_pylist()))


@dataclass(frozen=True)
class Loose:
    """A row that only its place ties to the order above: its physical lines and what is shown of it.

    It is ``strange`` where that order names no promotion, or the same one.
    """

    lines: int
    shown: str
    strange: bool


@dataclass
class RowTyper:
    """Types one row after another and keeps what does not fit.

    Parameters
    ----------
    columns : tuple of Column
        All columns of the file.
    count : Counter
        What is counted on the way: what was put right, and by column what could not be read.
    sign : str
        The file's decimal sign.
    kind : Kind
        In a kind that `continues`, rows without an order id bring a further promotion of the row before them.

    Attributes
    ----------
    loose : dict of int to Loose
        Rows by their line that nothing but their place ties to the order above.
    gaps : list of int
        Lines before which a blank line or a header stands: nothing is tied across it.
    """

    columns: tuple[Column, ...]
    count: Counter[str]
    sign: str = "."
    kind: Kind = field(default_factory=lambda: Kind(""))
    quarantined: list[Quarantined] = field(default_factory=list)
    loose: dict[int, Loose] = field(default_factory=dict)
    gaps: list[int] = field(default_factory=list)
    _said: list[tuple[str, ...]] = field(default_factory=list)
    _carried: dict[str, Any] | None = None
    _before: Mapping[str, str] = field(default_factory=dict)
    _rows: list[list[Any]] = field(default_factory=list)
    _places: list[int] = field(default_factory=list)

    def add(self, record: Record) -> int:
        """Take a record in or set it aside; how many physical lines became part of the table."""
        try:
            row = self._row(record)
        except CellError as fault:
            shown = self._shown(record)
            self.quarantined += [Quarantined(record.line + i, fault.told, shown) for i in range(record.lines)]
            return 0
        self._rows.append(row)
        self._places.append(record.line)
        return record.lines

    def follow(self, table: pa.Table, block: bytes) -> None:
        """What comes next may continue the last row of this table, which was read from that block."""
        if not self.kind.continues:
            return
        last = table.slice(table.num_rows - 1).to_pylist()[0]
        self._carried = {name: last.get(name) for name in _CARRIED}
        line = block.rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
        self._before = dict(zip((column.name for column in self.columns), line.split("\t"), strict=False))
        self._said = [_promotions(self._before)]

    def table(self) -> pa.Table:
        """The good rows so far, with a ``source_line`` column; the next call starts anew."""
        rows, places = self._rows, self._places
        self._rows, self._places = [], []
        kept = [column for column in self.columns if column.kept]
        arrays = [pa.array([row[i] for row in rows], column.type) for i, column in enumerate(kept)]
        names = [column.name for column in kept]
        return pa.Table.from_arrays([*arrays, pa.array(places, pa.int64())], names=[*names, "source_line"])

    def _row(self, record: Record) -> list[Any]:
        if record.fault:
            self._carried = None
            raise CellError(record.fault.key, **dict(record.fault.facts))
        if record.after_gap:
            self._carried = None
            self.gaps.append(record.line)
        cells = self._tidied(record.cells) if texts.is_odd("".join(record.cells)) else record.cells
        named = dict(zip((column.name for column in self.columns), cells, strict=True))
        continued = self._is_continuation(named)
        if continued and self._carried is None:
            raise CellError("reports.fault.continues_nothing")
        try:
            kept = {
                column.name: self._cell(column, named[column.name], continued) for column in self.columns if column.kept
            }
        except CellError:
            self._carried = self._carried if continued else None
            raise
        said = _promotions(named)
        if not continued:
            self._carried = {name: kept.get(name) for name in _CARRIED}
            self._before, self._said = named, []
        elif not named.get("order_item_id", "").strip():
            strange = (any(said) and said in self._said) or not _has_promotion(self._before)
            self.loose[record.line] = Loose(record.lines, self._shown(record), strange)
        self._said.append(said)
        return list(kept.values())

    def _tidied(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._tidy(cell) if texts.is_odd(cell) else cell for cell in cells)

    def _tidy(self, cell: str) -> str:
        if texts.LOST in cell:
            self.count["letters_lost"] += 1
            cell = cell.rstrip(texts.LOST)
        plain = texts.cleaned(meant := texts.mended(cell))
        self.count["encoded_twice"] += meant != cell
        self.count["control_letters"] += plain != meant
        self.count["spoilt"] += texts.is_spoilt(plain)
        return plain

    def _is_continuation(self, named: Mapping[str, str]) -> bool:
        """Whether a row without an order id only adds a promotion: whatever else it says, the row before says too."""
        if not self.kind.continues or named.get("order_id", "").strip():
            return False
        if self._carried is None:
            return not named.get("order_item_id", "").strip()
        return all(
            not cell.strip() or "promotion" in name or cell.strip() == self._before.get(name, "").strip()
            for name, cell in named.items()
        )

    def _cell(self, column: Column, text: str, continued: bool) -> Any:
        if not text.strip() or (texts.is_nothing(text) and _may_say_nothing(column)):
            if continued and column.name in _CARRIED:
                return (self._carried or {})[column.name]
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
                facts = {"column": column.header, "fault": fault.told, "found": text[:40]}
                raise CellError("reports.fault.cell", **facts) from fault
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

    def _shown(self, record: Record) -> str:
        pairs = zip(self.columns, record.cells, strict=False)
        shown = (f"{column.header}: {cell[:60]}" for column, cell in pairs if column.name in _SHOWN and cell)
        return texts.cleaned(", ".join(shown))


def _promotions(named: Mapping[str, str]) -> tuple[str, ...]:
    """Which promotions a row names: no two rows of one item name the same."""
    return tuple(cell.strip() for name, cell in named.items() if "promotion" in name and "discount" not in name)


def _has_promotion(named: Mapping[str, str]) -> bool:
    return any(cell.strip() for name, cell in named.items() if "promotion" in name)


def _may_say_nothing(column: Column) -> bool:
    return column.type != TEXT or bool(column.id) or column.name in _LISTS
