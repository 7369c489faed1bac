"""XML reports: orders out of a stream, message by message, so that memory does not grow with the file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import IO
from xml.etree.ElementTree import Element, ParseError, fromstring

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import encoding_of
from promofix_lib.reports.flat_file import FlatFile, Read
from promofix_lib.reports.kinds import Kind, facts, kind_named
from promofix_lib.reports.lines import Header, Record
from promofix_lib.reports.report import EVERYTHING, Quarantined, Want
from promofix_lib.reports.source import Source
from promofix_lib.say import Told, told

_BLOCK = 1 << 20
_TREE = 16 << 10  # small trees stay in the processor's cache
_LONGEST_MESSAGE = 4 << 20
_END = b"</Message>"
_ALWAYS = {"order_id", "purchase_date", "item_price", "item_promotion_discount", "promotion_ids", "claim_codes"}
_ITEM = re.compile(rb"<(?:Item|OrderItem)[\s>]")
_ROOT = re.compile(rb"<(?![?!])([A-Za-z_][^\s/>]*)[^>]*>")
_DECLARED = re.compile(rb"<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']")
_BETWEEN_IDS = "\ue000"  # as in kinds.toml: a sign that no id holds
_PROMOTIONS = ("item_promotion_discount", "ship_promotion_discount", "promotion_ids", "claim_codes")
# What an element within a promotion, or the type of its component, adds to.
_SAID = {
    **dict.fromkeys(("Principal", "ItemPromotionDiscount"), "item_promotion_discount"),
    **dict.fromkeys(("Shipping", "ShipPromotionDiscount"), "ship_promotion_discount"),
    **dict.fromkeys(("MerchantPromotionID", "PromotionID", "PromotionIDs"), "promotion_ids"),
    "PromotionClaimCode": "claim_codes",
}
_NO_CODE = "_SITE_WIDE_"  # Amazon's word for a promotion that needs no code


def is_xml(start: bytes) -> bool:
    """Whether a file begins like XML and not like a web page."""
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<"))
    text = (start.replace(b"\0", b"") if wide else start).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return text.startswith((b"<?xml", b"<!doctype", b"<!--", b"<amazonenvelope")) and b"html" not in text[:200]


def read_xml(source: Source, want: Want = EVERYTHING) -> tuple[Kind, str, Read]:
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
    reader = MessageReader(source.name, want)
    reader.take(_utf8(source.stream, encoding))
    if reader.kind is None:
        raise ReportError("reports.xml_without_orders", file=source.name)
    return reader.kind, encoding, reader.done()


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


def _utf8(stream: IO[bytes], encoding: str) -> Iterator[bytes]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    plain = encoding in ("utf-8", "ascii")
    while block := stream.read(_BLOCK):
        yield block if plain else decoder.decode(block).encode("utf-8", "replace")


class MessageReader:
    """Cuts a stream after whole messages and turns their orders into rows; a damaged message is set aside alone."""

    def __init__(self, name: str, want: Want = EVERYTHING) -> None:
        self.name = name
        self.kind: Kind | None = None
        self.table = FlatFile(name, Header(kind_named("XML Order Report"), names(), "\t", 0), want=want)
        self._root, self._why = b"", ""
        self._rows: list[tuple[int, tuple[str, ...]]] = []
        self._filled = set(_ALWAYS)

    def take(self, blocks: Iterable[bytes]) -> None:
        """The whole document, in blocks of UTF-8."""
        rest, line = b"", 1
        for block in blocks:
            rest += block
            if not self._root:
                rest, line = self._after_root(rest, line)
            end = rest.rfind(_END) + len(_END)
            if self._root and end >= len(_END):
                self._take(rest[:end], line)
                line += rest.count(b"\n", 0, end)
                rest = rest[end:]
            if len(rest) > _LONGEST_MESSAGE:
                raise ReportError("reports.xml_long_message", file=self.name, megabytes=_LONGEST_MESSAGE >> 20)
        self._close(rest, line)

    def _after_root(self, text: bytes, line: int) -> tuple[bytes, int]:
        self._refuse_declarations(text)
        found = _ROOT.search(re.sub(rb"<!--.*?-->", lambda m: b" " * len(m[0]), text, flags=re.DOTALL))
        if not found:
            return text, line
        if b"<MessageType>ProcessingReport<" in text:
            raise ReportError("reports.refused", file=self.name, what=told("reports.stranger.processing_report"))
        if found[1] != b"AmazonEnvelope":
            raise ReportError("reports.other_xml", file=self.name, root=found[1].decode("utf-8", "replace")[:40])
        self._root = found[0]
        return text[found.end() :], line + text.count(b"\n", 0, found.end())

    def _refuse_declarations(self, text: bytes) -> None:
        at = text.find(b"<!")
        while at >= 0:
            if not text.startswith((b"<!--", b"<![CDATA["), at) and len(text) > at + 9:
                raise ReportError("reports.xml_declares", file=self.name)
            at = text.find(b"<!", at + 2)

    def _close(self, rest: bytes, line: int) -> None:
        if not self._root:
            raise ReportError("reports.xml_empty", file=self.name)
        if re.fullmatch(rb"\s*(</AmazonEnvelope>\s*)?(<!--.*?-->\s*)*", rest, re.DOTALL):
            return
        self.kind = self.kind or _kind(rest)
        if b"<Message" in rest or not rest.rstrip().endswith(b"</AmazonEnvelope>"):
            line += rest[: len(rest) - len(rest.lstrip())].count(b"\n")
            self._set_aside(line, told("reports.fault.xml_cut_off"), rest)

    def _take(self, text: bytes, line: int) -> None:
        """Rows of whole messages, in trees of a size that suits the processor."""
        self._refuse_declarations(text)
        at = 0
        while at < len(text):
            end = text.find(_END, at + _TREE)
            end = len(text) if end < 0 else end + len(_END)
            if not self._added(text[at:end], line):
                self._take_one_by_one(text[at:end], line)
            line += text.count(b"\n", at, end)
            at = end
        self._type_rows()

    def _take_one_by_one(self, text: bytes, line: int) -> None:
        for message in text.split(_END)[:-1]:
            if not self._added(message + _END, line):
                self._set_aside(line, told("reports.fault.damaged_xml", why=self._why), message)
            line += message.count(b"\n")

    def _added(self, text: bytes, line: int) -> bool:
        try:
            envelope = fromstring(b"".join([self._root, text, b"</AmazonEnvelope>"]))
        except ParseError as error:
            self._why = str(error)
            return False
        self.kind = self.kind or _kind(text)
        self.table.kind = kind = self.kind or kind_named("XML All Orders")
        rows = [row for message in envelope.iter("Message") for row in rows_of(message, kind)]
        self._rows += zip(_places(text, line, len(rows)), rows, strict=True)
        return True

    def _type_rows(self) -> None:
        rows, self._rows = self._rows, []
        whole = [(line, cells) for line, cells in rows if cells]
        empty = (Record(line, 1, (), told("reports.fault.no_items")) for line, cells in rows if not cells)
        if whole:
            columns = zip(*(cells for _, cells in whole), strict=True)
            self._filled |= {name for name, cells in zip(names(), columns, strict=True) if any(cells)}
            self.table.take_rows(whole)
        self.table.take_records(empty)

    def _set_aside(self, line: int, reason: Told, text: bytes) -> None:
        found = re.search(rb"<AmazonOrderID>\s*([\w-]{1,40})", text)
        shown = f"AmazonOrderID: {found[1].decode()}" if found else ""
        self.table.typer.quarantined.append(Quarantined(line, reason, shown))

    def done(self) -> Read:
        """What came of it, without the columns that no order fills, so that the report does not seem to know them."""
        read = self.table.done()
        read.columns = tuple(name for name in names() if name in self._filled)
        empty = {*names()} - self._filled - {*self.table.kind.implied}
        read.table = read.table.select([name for name in read.table.column_names if name not in empty])
        read.lines = read.rows + len(read.quarantined)
        return read


def _kind(text: bytes) -> Kind | None:
    if b"<OrderReport>" in text or b"<MessageType>OrderReport<" in text:
        return kind_named("XML Order Report")
    if b"<Order>" in text or b"<MessageType>AllOrdersReport<" in text:
        return kind_named("XML All Orders")
    return None


def _places(text: bytes, line: int, rows: int) -> list[int]:
    """The physical line of each item; of the message when the items cannot be told apart in the text."""
    places, at, here = [], 0, line
    for found in _ITEM.finditer(text):
        here += text.count(b"\n", at, found.start())
        at = found.start()
        places.append(here)
    return places if len(places) == rows else [line] * rows


# -- elements to cells -------------------------------------------------------------------------------------------------


@cache
def names() -> tuple[str, ...]:
    """Names of the cells of a row, in their order: what the elements fill, then promotions."""
    filled = dict.fromkeys(name for part in facts().xml.values() for name in part.values())
    return (*filled, "currency", *_PROMOTIONS)


@cache
def _columns(part: str) -> dict[str, int]:
    return {tag: names().index(name) for tag, name in facts().xml[part].items()}


def rows_of(message: Element, kind: Kind) -> Iterator[tuple[str, ...]]:
    """The cells of each order item of a message; no cells for an order without items."""
    order_tag, item_tag = kind.xml
    for order in message.iter(order_tag):
        items = [item for tag in dict.fromkeys((item_tag, "Item")) for item in order.findall(tag)]
        head = [""] * len(names())
        _fill(head, order, "order")
        for child in order:
            if child.tag == "BillingData":
                _fill(head, child, "billing")
            elif child.tag == "FulfillmentData":
                _fill(head, child, "fulfilment")
                for address in child.findall("Address"):
                    _fill(head, address, "address")
        yield from (_item(head.copy(), item) for item in items)
        if not items:
            yield ()


def _item(cells: list[str], item: Element) -> tuple[str, ...]:
    _fill(cells, item, "item")
    currency = len(cells) - len(_PROMOTIONS) - 1
    for component in item.iterfind("ItemPrice/Component"):
        amount = component.find("Amount")
        if amount is None:
            continue
        cells[currency] = cells[currency] or amount.get("currency", "")
        place = _columns("price").get(component.findtext("Type", "").strip())
        if place is not None:
            cells[place] = (amount.text or "").strip()
    cells[currency + 1 :] = _promotions(item)
    return tuple(cells)


def _fill(cells: list[str], element: Element, part: str) -> None:
    places = _columns(part)
    for child in element:
        place = places.get(child.tag)
        if place is not None and child.text:
            cells[place] = child.text.strip()


def _promotions(item: Element) -> Iterator[str]:
    """What all promotions of an item come to, in the order of `_PROMOTIONS`."""
    found: dict[str, list[str]] = {name: [] for name in _PROMOTIONS}
    for child in item.iterfind("Promotion/*"):
        inner = child.tag == "Component"
        tag = child.findtext("Type", "").strip() if inner else child.tag
        text = (child.findtext("Amount", "") if inner else child.text or "").strip()
        name = _SAID.get(tag)
        if name and text and text != _NO_CODE and inner == (tag in ("Principal", "Shipping")):
            parts = text.split(",") if tag == "PromotionIDs" else [text]
            found[name] += [part.strip() for part in parts if part.strip()]
    for name in _PROMOTIONS:
        yield _sum(found[name]) if name.endswith("discount") else _BETWEEN_IDS.join(dict.fromkeys(found[name]))


def _sum(texts: list[str]) -> str:
    """The sum of the discounts; where one is no amount, their texts, so that the row is set aside and not guessed."""
    if len(texts) < 2:
        return "".join(texts)
    try:
        return str(sum((abs(Decimal(text)) for text in texts), Decimal(0)))
    except InvalidOperation:
        return "; ".join(texts)
