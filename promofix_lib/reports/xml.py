"""XML reports: orders out of a stream, message by message, so that memory does not grow with the file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from xml.etree.ElementTree import Element, ParseError, fromstring

import numpy as np

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import decoded, encoding_of
from promofix_lib.reports.flat_file import FlatFile
from promofix_lib.reports.kinds import Kind, facts, kind_named
from promofix_lib.reports.lines import Header
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.source import Source
from promofix_lib.say import Told, told

_BLOCK = 1 << 20
_LONGEST_MESSAGE = 4 << 20
_DAMAGED = "reports.fault.damaged_xml"
_MESSAGES = re.compile(rb"(?<=</Message>)|(?=<Message[\s>])")  # where one ends, and where one begins
_OF_AN_ORDER = re.compile(rb"<Message[\s>]|</Message>|<AmazonOrderID>")
_ALWAYS = {"order_id", "purchase_date", "item_price", "item_promotion_discount", "promotion_ids", "claim_codes"}
_ITEM = re.compile(rb"<(?:Item|OrderItem)[\s>]")
_SEPARATORS = re.compile("[\t\n]+")
_ROOT = re.compile(rb"<(?![?!])([A-Za-z_][^\s/>]*)[^>]*>")
_CLOSE = re.compile(rb"</AmazonEnvelope>\s*(<!--.*?-->\s*)*\Z", re.DOTALL)
_DECLARATION = re.compile(rb"<![A-Za-z]")
_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']")
_NO_CODE = "_SITE_WIDE_"  # Amazon's word for a promotion that needs no code


def is_xml(start: bytes) -> bool:
    """Whether a file begins like XML and not like a web page."""
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<"))
    text = (start.replace(b"\0", b"") if wide else start).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return text.startswith((b"<?xml", b"<!doctype", b"<!--", b"<amazonenvelope")) and b"html" not in text[:200]


def read_xml(source: Source, columns: frozenset[str] | None = None) -> tuple[str, FlatFile]:
    """Every order item of an XML report.

    Returns
    -------
    encoding : str
        How the bytes were read.
    read : FlatFile
        Its lines are order items; each keeps the physical line on which it begins.

    Raises
    ------
    ReportError
        Another document, a DOCTYPE, an entity, or XML that is damaged before the first order.
    """
    encoding = _encoding(source)
    blocks = source.watched(source.blocks(_BLOCK))
    reader = MessageReader(source.name, columns)
    reader.take(blocks if encoding in ("utf-8", "ascii") else decoded(blocks, encoding))
    if reader.kind is None:
        raise ReportError("reports.xml_without_orders", file=source.name)
    return encoding, reader.done()


def _encoding(source: Source) -> str:
    start = source.start()
    declared = _DECLARED.search(start[:200])
    if not declared or start.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return encoding_of(source)
    name = declared[1].decode("ascii")
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise ReportError("reports.unknown_encoding", file=source.name, found=name) from error


class MessageReader:
    """Cuts a stream where messages begin and end, and makes rows of orders; what is damaged is set aside alone."""

    def __init__(self, name: str, columns: frozenset[str] | None = None) -> None:
        self.name = name
        self.kind: Kind | None = None
        self.table = FlatFile(name, Header(kind_named("XML Order Report"), names(), "\t", 0), columns)
        self._root, self._line = b"", 1
        self._rows: list[tuple[int, tuple[str, ...]]] = []
        self._filled = set(_ALWAYS)

    def take(self, blocks: Iterable[bytes]) -> None:
        """The whole document, in blocks of UTF-8."""
        rest = b""
        for block in blocks:
            rest += block
            if _DECLARATION.search(rest):
                raise ReportError("reports.xml_declares", file=self.name)
            rest = rest if self._root else self._after_root(rest)
            if self._root:
                *whole, rest = _MESSAGES.split(rest)
                self._take(whole)
            if len(rest) > _LONGEST_MESSAGE:
                raise ReportError("reports.xml_long_message", file=self.name, megabytes=_LONGEST_MESSAGE >> 20)
        if not self._root:
            raise ReportError("reports.xml_empty", file=self.name)
        last = _CLOSE.sub(b"", rest)
        self._take([last], "reports.fault.xml_cut_off" if last == rest else _DAMAGED)

    def _after_root(self, text: bytes) -> bytes:
        found = _ROOT.search(re.sub(rb"<!--.*?-->", lambda m: b" " * len(m[0]), text, flags=re.DOTALL))
        if not found:
            return text
        if b"<MessageType>ProcessingReport<" in text:
            raise ReportError("reports.refused", file=self.name, what=told("reports.stranger.processing_report"))
        if found[1] != b"AmazonEnvelope":
            raise ReportError("reports.other_xml", file=self.name, root=found[1].decode("utf-8", "replace")[:40])
        self._root = found[0]
        if _OF_AN_ORDER.search(text, 0, found.start()):
            self._set_aside(self._line, told(_DAMAGED, why="mismatched tag"), text[: found.start()])
        self._line += text.count(b"\n", 0, found.end())
        return text[found.end() :]

    def _take(self, pieces: Iterable[bytes], fault: str = _DAMAGED) -> None:
        """Rows of messages, and of what stands between them."""
        for piece in pieces:
            self.kind = self.kind or _kind(piece)
            try:
                self._add(piece)
            except ParseError as error:
                begin = self._line + piece[: len(piece) - len(piece.lstrip())].count(b"\n")
                self._set_aside(begin, told(fault, why=str(error)), piece)
            self._line += piece.count(b"\n")
        if self._rows:
            places, rows = zip(*self._rows, strict=True)
            self._filled |= {name for name, cells in zip(names(), zip(*rows, strict=True), strict=True) if any(cells)}
            self.table.take("\n".join(map("\t".join, rows)).encode("utf-8", "replace"), np.array(places))
            self._rows = []

    def _add(self, piece: bytes) -> None:
        envelope = fromstring(b"".join([self._root, piece, b"</AmazonEnvelope>"]))
        self.table.kind = kind = self.kind or kind_named("XML All Orders")
        rows = list(rows_of(envelope, kind)) or [()] * bool(_OF_AN_ORDER.search(piece))
        for place, row in zip(_places(piece, self._line, len(rows)), rows, strict=True):
            if row:
                self._rows.append((place, row))
            else:
                self._set_aside(place, told("reports.fault.no_items"), piece)

    def _set_aside(self, line: int, reason: Told, text: bytes) -> None:
        found = re.search(rb"<AmazonOrderID>\s*([\w-]{1,40})", text)
        shown = f"AmazonOrderID: {found[1].decode()}" if found else ""
        self.table.reader.quarantined.append(Quarantined(line, reason, shown))

    def done(self) -> FlatFile:
        """What came of it, without the columns that no order fills, so that the report does not seem to know them."""
        read = self.table.done()
        read.lines = read.rows + read.count["blanks"] + len(read.reader.quarantined)
        read.columns = tuple(column for column in read.columns if column.name in self._filled)
        empty = {*names()} - self._filled - {*read.kind.implied}
        read.table = read.table.drop_columns([name for name in read.table.column_names if name in empty])
        read.header = Header(read.kind, (), "", 0)
        return read


def _kind(text: bytes) -> Kind | None:
    if b"<OrderReport>" in text or b"<MessageType>OrderReport<" in text:
        return kind_named("XML Order Report")
    if b"<Order>" in text or b"<MessageType>AllOrdersReport<" in text:
        return kind_named("XML All Orders")
    return None


def _places(message: bytes, line: int, rows: int) -> list[int]:
    """The physical line of each item; of the message when the items cannot be told apart in the text."""
    places = [line + message.count(b"\n", 0, found.start()) for found in _ITEM.finditer(message)]
    return places if len(places) == rows else [line] * rows


# -- elements to cells -------------------------------------------------------------------------------------------------


@cache
def names() -> tuple[str, ...]:
    """Names of the cells of a row, in their order."""
    return tuple(dict.fromkeys(facts().table["xml"].values()))


def rows_of(message: Element, kind: Kind) -> Iterator[tuple[str, ...]]:
    """The cells of each order item of a message; no cells for an order without items."""
    order_tag, item_tag = kind.xml
    blank = dict.fromkeys(names(), "")
    for order in message.iter(order_tag):
        items = [child for child in order if child.tag in (item_tag, "Item")]
        head: dict[str, list[str]] = {}
        _gather((child for child in order if child not in items), "", head, facts().table["xml"])
        for item in items:
            said = {name: texts.copy() for name, texts in head.items()}
            _gather(item, "", said, facts().table["xml"])
            yield tuple((blank | {name: _together(name, texts) for name, texts in said.items()}).values())
        if not items:
            yield ()


def _gather(elements: Iterable[Element], above: str, said: dict[str, list[str]], places: Mapping[str, str]) -> None:
    """What the elements and those within them say, by the name of the column that they fill."""
    for element in elements:
        place = above + element.tag
        texts = [(f"@{name}", value) for name, value in element.attrib.items()] if element.attrib else []
        if len(element):
            kind = element.findtext("Type")
            _gather(element, f"{place}[{kind.strip()}]/" if kind else f"{place}/", said, places)
        elif element.text:
            texts.append((place, element.text))
        for where, text in texts:
            if where in places and (plain := _SEPARATORS.sub(" ", text.strip())) and plain != _NO_CODE:
                said.setdefault(places[where], []).append(plain)


def _together(name: str, texts: Sequence[str]) -> str:
    """Discounts add up, ids and codes stand side by side; of anything else the last word counts."""
    if name.endswith("discount"):
        return _sum(texts)
    if name in ("promotion_ids", "claim_codes"):
        return ",".join(dict.fromkeys(texts))
    return texts[-1]


def _sum(texts: Sequence[str]) -> str:
    """The sum of the discounts; where one is no amount, their texts, so that the row is set aside and not guessed."""
    if len(texts) < 2:
        return "".join(texts)
    try:
        return str(sum((abs(Decimal(text)) for text in texts), Decimal(0)))
    except InvalidOperation:
        return "; ".join(texts)
