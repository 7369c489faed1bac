"""XML reports: orders out of a stream, message by message, so that memory does not grow with the file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree import ElementTree

import pyarrow as pa

from promofix_lib.errors import ReportError
from promofix_lib.reports.archive import Source
from promofix_lib.reports.encodings import encoding_of
from promofix_lib.reports.flat_file import Read, put_right
from promofix_lib.reports.kinds import Kind, columns_of, kind_named
from promofix_lib.reports.lines import Record
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.rows import RowTyper, flawless
from promofix_lib.reports.xml_orders import names, rows_of
from promofix_lib.say import Told, told

_BLOCK = 1 << 20
_TREE = 16 << 10  # small trees stay in the processor's cache
_BATCH = 2_000  # order items that are typed at once
_HELD = 4 << 20  # bytes of XML whose rows wait to be typed
_LONGEST_MESSAGE = 4 << 20
_END = b"</Message>"
_ALWAYS = ("order_id", "purchase_date", "item_price", "item_promotion_discount", "promotion_ids", "claim_codes")
_ITEM = re.compile(rb"<(?:Item|OrderItem)[\s>]")
_ROOT = re.compile(rb"<(?![?!])([A-Za-z_][^\s/>]*)[^>]*>")
_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']")


@dataclass
class _Chunk:
    """Whole messages and the physical line they begin on."""

    text: bytes
    line: int


def is_xml(start: bytes) -> bool:
    """Whether a file begins like XML and not like a web page."""
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<"))
    text = (start.replace(b"\0", b"") if wide else start).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return text.startswith((b"<?xml", b"<!doctype", b"<!--", b"<amazonenvelope")) and b"html" not in text[:200]


def read_xml(source: Source) -> tuple[Kind, str, Read]:
    """Every order item of an XML report.

    Returns
    -------
    kind : Kind
        XML Order Report or XML All Orders.
    encoding : str
        How the bytes were read.
    read : Read
        Its lines are order items; each keeps the physical line on which it begins.

    Raises
    ------
    ReportError
        Another document, a DOCTYPE, an entity, or XML that is damaged before the first order.
    """
    encoding = _encoding(source)
    reader = _MessageReader(source.name)
    for chunk in reader.chunks(_utf8(source.stream, encoding)):
        reader.take(chunk)
    if reader.kind is None:
        raise ReportError("reports.xml_without_orders", file=source.name)
    return reader.kind, encoding, reader.result()


def _encoding(source: Source) -> str:
    start = source.start()
    declared = _DECLARED.search(start[:200])
    if declared and not start.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        try:
            return codecs.lookup(declared[1].decode("ascii")).name
        except LookupError as error:
            found = declared[1].decode("ascii")
            raise ReportError("reports.unknown_encoding", file=source.name, found=found) from error
    return encoding_of(source)


def _utf8(stream: IO[bytes], encoding: str) -> Iterator[bytes]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    plain = encoding in ("utf-8", "ascii")
    while block := stream.read(_BLOCK):
        yield block if plain else decoder.decode(block).encode("utf-8", "replace")


class _MessageReader:
    """Cuts the stream after whole messages and turns their orders into rows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kind: Kind | None = None
        self._root = b""
        self._columns = columns_of(kind_named("XML Order Report"), names())
        self._typer = RowTyper(self._columns)
        self._read = Read(self._typer.table())
        self._tables = [self._read.table]
        self._rows: list[tuple[str, ...]] = []
        self._places: list[int] = []
        self._held = 0

    def chunks(self, blocks: Iterator[bytes]) -> Iterator[_Chunk]:
        """Whole messages; the root element stands before the first, and something wrong after the last is set aside."""
        rest, line = b"", 1
        for block in blocks:
            rest += block
            if not self._root:
                rest, line = self._after_root(rest, line)
            end = rest.rfind(_END) + len(_END)
            if self._root and end >= len(_END):
                yield _Chunk(rest[:end], line)
                line += rest.count(b"\n", 0, end)
                rest = rest[end:]
            self._check_length(rest)
        self._close(rest, line)

    def _after_root(self, text: bytes, line: int) -> tuple[bytes, int]:
        self._refuse_declarations(text)
        found = _ROOT.search(re.sub(rb"<!--.*?-->", lambda m: b" " * len(m[0]), text, flags=re.DOTALL))
        if not found:
            return text, line
        if b"<MessageType>ProcessingReport<" in text:
            raise ReportError("reports.refused", file=self.name, what=told("reports.stranger.processing_report"))
        if found[1] != b"AmazonEnvelope":
            shown = found[1].decode("utf-8", "replace")[:40]
            raise ReportError("reports.other_xml", file=self.name, root=shown)
        self._root = found[0]
        return text[found.end() :], line + text.count(b"\n", 0, found.end())

    def _refuse_declarations(self, text: bytes) -> None:
        at = text.find(b"<!")
        while at >= 0:
            if not text.startswith((b"<!--", b"<![CDATA["), at) and len(text) > at + 9:
                raise ReportError("reports.xml_declares", file=self.name)
            at = text.find(b"<!", at + 2)

    def _check_length(self, rest: bytes) -> None:
        if len(rest) > _LONGEST_MESSAGE:
            raise ReportError("reports.xml_long_message", file=self.name, megabytes=_LONGEST_MESSAGE >> 20)

    def _close(self, rest: bytes, line: int) -> None:
        if not self._root:
            raise ReportError("reports.xml_empty", file=self.name)
        if re.fullmatch(rb"\s*(</AmazonEnvelope>\s*)?(<!--.*?-->\s*)*", rest, re.DOTALL):
            return
        if self.kind is None:
            self.kind = _kind(rest)
        if b"<Message" in rest or not rest.rstrip().endswith(b"</AmazonEnvelope>"):
            line += len(rest) - len(rest.lstrip()) and rest[: len(rest) - len(rest.lstrip())].count(b"\n")
            self._set_aside(line, told("reports.fault.xml_cut_off"), rest)

    def take(self, chunk: _Chunk) -> None:
        """Turn the orders of whole messages into rows; a damaged message is set aside alone."""
        for part in _parts(chunk):
            self._take(part)

    def _take(self, chunk: _Chunk) -> None:
        self._refuse_declarations(chunk.text)
        try:
            envelope = self._parsed(chunk.text)
        except ElementTree.ParseError:
            self._take_one_by_one(chunk)
            return
        self._add(envelope, chunk)

    def _parsed(self, text: bytes) -> ElementTree.Element:
        return ElementTree.fromstring(b"".join([self._root, text, b"</AmazonEnvelope>"]))

    def _take_one_by_one(self, chunk: _Chunk) -> None:
        line = chunk.line
        for message in chunk.text.split(_END)[:-1]:
            whole = _Chunk(message + _END, line)
            try:
                envelope = self._parsed(whole.text)
            except ElementTree.ParseError as error:
                self._set_aside(line, told("reports.fault.damaged_xml", why=str(error)), message)
            else:
                self._add(envelope, whole)
            line += message.count(b"\n")

    def _add(self, envelope: ElementTree.Element, chunk: _Chunk) -> None:
        self.kind = self.kind or _kind(chunk.text)
        kind = self.kind or kind_named("XML All Orders")
        rows = [row for message in envelope.iter("Message") for row in rows_of(message, kind)]
        self._rows += rows
        self._places += _places(chunk, len(rows))
        self._held += len(chunk.text)
        if len(self._rows) >= _BATCH or self._held >= _HELD:
            self._type_rows()

    def _type_rows(self) -> None:
        rows, places, self._rows, self._places, self._held = self._rows, self._places, [], [], 0
        if not rows:
            return
        table = self._at_once(rows)
        if table is not None:
            at = table.column_names.index("source_line")
            self._tables.append(table.set_column(at, "source_line", [places]))
            self._read.rows += len(rows)
            return
        for cells, place in zip(rows, places, strict=True):
            fault = None if cells else told("reports.fault.no_items")
            self._read.rows += self._typer.add(Record(place, 1, cells, fault))
        self._tables.append(self._typer.table())

    def _at_once(self, rows: list[tuple[str, ...]]) -> pa.Table | None:
        text = "\n".join(map("\t".join, rows))
        if (
            text.count("\t") != len(rows) * (len(self._columns) - 1)
            or text.count("\n") != len(rows) - 1
            or "\r" in text
        ):
            return None
        return flawless(text.encode("utf-8", "replace"), self._columns, 1, len(rows))

    def _set_aside(self, line: int, reason: Told, text: bytes) -> None:
        found = re.search(rb"<AmazonOrderID>\s*([\w-]{1,40})", text)
        shown = f"AmazonOrderID: {found[1].decode()}" if found else ""
        self._typer.quarantined.append(Quarantined(line, reason, shown))

    def result(self) -> Read:
        """What came of it."""
        self._type_rows()
        read = self._read
        read.table = _known_columns(pa.concat_tables(self._tables))
        read.quarantined = self._typer.quarantined
        read.lines = read.rows + len(read.quarantined)
        read.warnings = put_right(self._typer)
        return read


def _known_columns(table: pa.Table) -> pa.Table:
    """Without the columns that no order fills, so that the report does not seem to know them."""
    empty = [name for name in table.column_names if table[name].null_count == len(table) and name not in _ALWAYS]
    return table.drop_columns(empty)


def _kind(text: bytes) -> Kind | None:
    if b"<OrderReport>" in text or b"<MessageType>OrderReport<" in text:
        return kind_named("XML Order Report")
    if b"<Order>" in text or b"<MessageType>AllOrdersReport<" in text:
        return kind_named("XML All Orders")
    return None


def _parts(chunk: _Chunk) -> Iterator[_Chunk]:
    """The same messages in pieces of a size that suits a tree."""
    at, line = 0, chunk.line
    while at < len(chunk.text):
        end = chunk.text.find(_END, at + _TREE)
        end = len(chunk.text) if end < 0 else end + len(_END)
        yield _Chunk(chunk.text[at:end], line)
        line += chunk.text.count(b"\n", at, end)
        at = end


def _places(chunk: _Chunk, rows: int) -> list[int]:
    """The physical line of each item; of the message when the items cannot be told apart in the text."""
    places, line, at = [], chunk.line, 0
    for found in _ITEM.finditer(chunk.text):
        line += chunk.text.count(b"\n", at, found.start())
        at = found.start()
        places.append(line)
    return places if len(places) == rows else [chunk.line] * rows
