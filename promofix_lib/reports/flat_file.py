"""Lines and cells of a report become its table: each is part of a row, a header, a blank, or is set aside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from promofix_lib.reports import texts
from promofix_lib.reports.cells import EARLIEST, FALSE, LARGEST, LATEST, MOST_UNITS, TRUE, decimal_sign
from promofix_lib.reports.encodings import cut, text_in
from promofix_lib.reports.kinds import MONEY, TIME, WHOLE, Column, Kind, columns_of, facts
from promofix_lib.reports.lines import Header, split_line
from promofix_lib.reports.report import throughout
from promofix_lib.reports.rows import BROKEN_OVER, LISTS, RowReader
from promofix_lib.reports.texts import respelled
from promofix_lib.say import Told, told

_TOLD = (
    *("put_together", "padded", "joined", "recoded", "control_letters", "encoded_twice", "ids_mended"),
    *("lists_opened", "letters_lost", "lost_zeros", "spoilt"),
)
_LOOKED_AT = 500  # lines from which the decimal sign is known
_LONGEST_CELL = 32 << 20  # bytes behind an open quote; more are the rows of a file with one quote too many


class FlatFile:
    """Reads a report piece by piece: at full speed where it is flawless, line by line where it is not.

    Parameters
    ----------
    name : str
        The report's name.
    header : Header
        Where the column names stand.
    columns : frozenset of str, optional
        Columns that are kept beside those that decide about an item; all by default.
    """

    def __init__(self, name: str, header: Header, columns: frozenset[str] | None = None) -> None:
        self.name, self.header, self.kind, self.narrow = name, header, header.kind, columns is not None
        self.columns = columns_of(header.kind, header.cells, columns)
        self.count: Counter[str] = Counter()
        self.reader = RowReader(header, self.columns, self.count)
        self.lines = self.rows = 0
        self.table = pa.table({})
        self._pieces: list[pa.Table] = []

    def of_lines(self, blocks: Iterable[bytes]) -> Self:
        """All of a text, from blocks of whole lines in UTF-8."""
        end = _end_of_cells if self.header.quoted else partial(_end_of_rows, wide=len(self.columns))
        line = self.header.line + 1
        for number, block in enumerate(cut(blocks, end)):
            body = block if number else self._after_header(block)
            ends = np.frombuffer(body, np.uint8) == ord("\n")  # a third of the time that bytes.count takes
            lines = int(np.count_nonzero(ends)) + bool(body and not body.endswith(b"\n"))
            if body:
                self.take(body, np.arange(line, line + lines))
            line += lines
        self.lines = line - 1
        return self.done()

    def _after_header(self, block: bytes) -> bytes:
        body = block.split(b"\n", self.header.line)[-1] if block.count(b"\n") >= self.header.line else b""
        lines = text_in(body[:200_000])[0].split("\n")[:_LOOKED_AT]
        start = (split_line(line, self.header.delimiter) for line in lines)
        money = [i for i, column in enumerate(self.columns) if column.type == MONEY]
        self.reader.sign = decimal_sign(row[i].strip('"') for row in start for i in money if i < len(row))
        return body

    def take(self, block: bytes, places: npt.NDArray[np.int64]) -> None:
        """Whole lines that stand at these places; what cannot be read is set aside."""
        slow = self.header.quoted or self.reader.sign != "." or self.reader.foreign
        table = None if slow else flawless(block, self.columns, len(places))
        if table is None:
            self._keep(*self.reader.table(self.reader.records(block, places.tolist())))
        else:
            self.reader.passed(block)
            self._keep(table.append_column("source_line", pa.array(places)), len(places))

    def _keep(self, table: pa.Table, lines: int) -> None:
        self.rows += lines
        piece = order_rows(table, self.kind)
        # where memory counts, one piece out of several: the parser's own take twice the room
        self._pieces.append(piece.combine_chunks() if self.narrow else piece)

    def done(self) -> Self:
        """The same, with all rows in its `table`."""
        if not self._pieces:
            self._keep(*self.reader.table([]))
        table = pa.concat_tables(self._pieces, promote_options="default")
        self.table = table.append_column("source_file", throughout(pa.scalar(self.name), table.num_rows))
        return self

    def warnings(self) -> list[Told]:
        """What was put right, and what could not be read."""
        counted = [told(f"reports.{name}", n=self.count[name]) for name in _TOLD if self.count[name]]
        unread = ((name.removeprefix("unread "), n) for name, n in self.count.items() if name.startswith("unread "))
        return [*counted, *(told("reports.unread", n=n, column=header) for header, n in unread)]


def _end_of_cells(text: bytes) -> int:
    """The end, where no quote is open: a cell over several lines is not cut between two of them."""
    return len(text) if text.count(b'"') % 2 == 0 or len(text) > _LONGEST_CELL else 0


def _end_of_rows(text: bytes, wide: int) -> int:
    """Where the last line ends that is as wide as the file: a shorter one may go on below."""
    end = len(text)
    for _ in range(BROKEN_OVER):
        begin = text.rfind(b"\n", 0, max(end - 1, 0)) + 1
        if text.count(b"\t", begin, end) >= wide - 1:
            break
        end = begin
    return end


# -- the fast way -----------------------------------------------------------------------------------------------------

_QUICK = 1 << 20
# jemalloc hands memory back to the system less eagerly than mimalloc: a third fewer CPU seconds for many small blocks
_POOL = pa.jemalloc_memory_pool() if "jemalloc" in pa.supported_memory_backends() else pa.default_memory_pool()
_ENDS = {TIME: (EARLIEST, LATEST), MONEY: (-LARGEST + 1, LARGEST - 1), WHOLE: (0, MOST_UNITS)}
_FORMS = {"order": texts.ORDER_ID, "item": texts.ITEM_ID}
_WORDS = {"null_values": [""], "strings_can_be_null": True, "true_values": TRUE, "false_values": FALSE}
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
    kept = [column for column in columns if column.kept]
    types = {column.name: column.type for column in kept}
    # one thread and pieces that fit the processor's cache: half the CPU seconds of whole blocks on all threads
    piece = min(len(block) + 1, _QUICK)
    names = csv.ReadOptions(column_names=[column.name for column in columns], block_size=piece, use_threads=False)
    cells = csv.ConvertOptions(column_types=types, include_columns=[*types], **_WORDS)
    try:
        table = csv.read_csv(pa.BufferReader(block), names, _TABS, cells, _POOL)
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    if table.num_rows != lines or not all(_as_it_should(table[column.name], column) for column in kept):
        return None
    return table


def _as_it_should(cells: pa.ChunkedArray, column: Column) -> bool:
    if column.needed and cells.null_count:
        return False
    if column.id:
        return pc.all(pc.match_substring_regex(cells, f"^{_FORMS[column.id].pattern}$")).as_py() is not False
    if column.type in _ENDS:
        least, most = _ENDS[column.type]
        ends = pc.min_max(cells).as_py()
        return ends["min"] is None or bool(least <= ends["min"] and ends["max"] <= most)
    return column.name not in LISTS or not (_says_nothing(cells) or pc.any(pc.starts_with(cells, "[")).as_py())


def _says_nothing(cells: pa.ChunkedArray) -> bool:
    if cells.null_count == len(cells):
        return False
    short = cells.filter(pc.less_equal(pc.binary_length(cells), 8)).drop_null().unique()
    return any(map(texts.is_nothing, short.to_pylist()))


# -- from a report's words to the order table's ------------------------------------------------------------------------


def order_rows(table: pa.Table, kind: Kind) -> pa.Table:
    """A report's rows in the order table's columns; a changed status keeps its original as ``…_given``.

    Parameters
    ----------
    table : Table
        Typed cells with ``source_line``.
    kind : Kind
        The kind of report.

    Examples
    --------
    >>> from promofix_lib.reports.kinds import kind_named
    >>> table = pa.table({"sku": ["A"], "quantity": pa.array([2], pa.decimal128(18, 0)), "source_line": [2]})
    >>> order_rows(table, kind_named("New Orders")).to_pylist()[0]
    {'sku': 'A', 'quantity': 2, 'source_line': 2, 'fulfillment_channel': 'merchant'}
    >>> table = order_rows(pa.table({"order_status": ["Canceled", "Shipped"]}), kind_named("All Orders"))
    >>> table["order_status"].to_pylist(), table["order_status_given"].to_pylist()
    (['Cancelled', 'Shipped'], ['Canceled', None])
    """
    cells = dict(zip(table.column_names, table.columns, strict=True))
    for name in cells.keys() & _SPELLED.keys():
        given, cells[name] = cells[name], respelled(cells[name], partial(spelling, name))
        if _SPELLED[name] == "status" and cells[name] is not given:
            changed = pc.fill_null(pc.not_equal(given, cells[name]), False)
            cells[f"{name}_given"] = pc.if_else(changed, given, None)
    for name in cells.keys() & set(facts().columns["discounts"]):
        cells[name] = pc.abs(cells[name])
    if "quantity" in cells:
        cells["quantity"] = pc.cast(cells["quantity"], pa.int64())
    for name in cells.keys() & set(LISTS):
        cells[name] = id_lists(cells[name], kind.ids_joined_by)
    for name, word in kind.implied.items():
        cells[name] = pc.fill_null(cells.get(name, pa.nulls(table.num_rows, pa.string())), word)
    return pa.table(cells)


_SPELLED = {"order_status": "status", "item_status": "status", "fulfillment_channel": "channel"}
_SPELLED |= {"sales_channel": "", "currency": ""}


def spelling(column: str, word: str) -> str:
    """The one word of a column for what Amazon spells in several ways.

    Examples
    --------
    >>> words = "Canceled", "Shipped - Delivered to Buyer", "PARTIALLY_SHIPPED", "Lost"
    >>> [spelling("order_status", word) for word in words], spelling("fulfillment_channel", "AFN")
    (['Cancelled', 'Shipped', 'PartiallyShipped', 'Lost'], 'amazon')
    """
    plain = word.strip().upper() if column == "currency" else word.strip()
    key = re.sub("[_ ]", "", plain.split(" - ")[0].lower())
    return str(facts().table["words"].get(_SPELLED[column], {}).get(key, plain))


def id_lists(cells: pa.ChunkedArray, joined_by: str) -> pa.ChunkedArray:
    """Promotion cells as lists; blank cells stay missing.

    Parameters
    ----------
    cells : ChunkedArray of string
        One or several ids per cell.
    joined_by : str
        What stands between them; empty when a cell holds one id.

    Examples
    --------
    >>> id_lists(pa.chunked_array([["A, B", None, "C,", '"A,B"']]), ",").to_pylist()
    [['A', 'B'], None, ['C'], ['A', 'B']]
    """
    plain = pc.utf8_trim_whitespace(cells)
    if pc.any(pc.starts_with(plain, '"')).as_py():  # a spreadsheet's, in a file that is half its and half Amazon's
        plain = pc.replace_substring_regex(plain, '^"(.*)"$', r"\1")
    if joined_by:
        one_by_one = pc.replace_substring_regex(plain, rf"\s*{joined_by}[\s{joined_by}]*", joined_by)
        plain = pc.utf8_trim(one_by_one, characters=f" {joined_by}")
    known = pc.if_else(pc.equal(plain, ""), None, plain)
    return pc.split_pattern(known, joined_by or "\0")
