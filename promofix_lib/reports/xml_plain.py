"""Whole messages without anything odd, as lines of tab-separated cells: a few passes of NumPy and no tree.

The same cells as `xml_orders` finds in a tree, which is asked whenever something here is not as plain as it should be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.reports.xml_orders import CURRENCY, IN_PRICE, NAMES, PROMOTIONS_AT, amount_kind, promotion_cells
from promofix_lib.reports.xml_places import (
    AMOUNT,
    CELL,
    ITEM,
    NOWHERE,
    ORDER,
    PRICE_PART,
    PROMOTION_LEAVES,
    PROMOTION_PART,
    TYPE,
    Map,
)

Places = npt.NDArray[np.int64]
_END, _ALONE, _START = -1, 0, 1
_TAG = re.compile(rb"(/?)([A-Za-z_][\w.-]*)\s*(/?)")
_AMOUNT = re.compile(rb'Amount\s+currency="([A-Za-z]*)"\s*')
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_DEEPEST = 6  # Message, OrderReport, Item, ItemPrice, Component, Amount


class OddError(Exception):
    """Something that only a real parser should judge."""


@dataclass(frozen=True)
class Lines:
    """One line of cells per order item, and the line breaks before each item in the text."""

    lines: list[str]
    breaks: Places


def plain_lines(root: bytes, text: bytes, where: Map) -> Lines | None:
    r"""The order items in whole messages; None when the text is damaged or has anything out of the ordinary.

    Parameters
    ----------
    root : bytes
        The start tag of the document.
    text : bytes
        Whole messages, UTF-8.
    where : Map
        Which element stands for what in this kind of report.

    Examples
    --------
    >>> from promofix_lib.reports.xml_places import ORDER_REPORT
    >>> item = b"<Item><SKU>007</SKU><Title>a &amp; b</Title></Item>"
    >>> message = b"<Message><OrderReport>" + item + b"</OrderReport></Message>"
    >>> plain = plain_lines(b"<AmazonEnvelope>", message, ORDER_REPORT)
    >>> plain.lines[0].split("\t")[NAMES.index("sku")], plain.lines[0].split("\t")[NAMES.index("product_name")]
    ('007', 'a & b')
    >>> plain_lines(b"<AmazonEnvelope>", b"<Message><!-- odd --></Message>", ORDER_REPORT) is None
    True
    """
    if b"&#" in text or b"xmlns=" in root:
        return None
    try:
        return _Messages(text, where, root).lines()
    except (OddError, expat.ExpatError, UnicodeDecodeError, pa.ArrowInvalid):
        return None


@lru_cache(maxsize=4096)
def _tag(content: bytes) -> tuple[int, str, str]:
    """Whether a tag opens or closes, the element's name, and the currency it states."""
    amount = _AMOUNT.fullmatch(content)
    if amount:
        return _START, "Amount", amount[1].decode()
    found = _TAG.fullmatch(content)
    if not found or (found[3] and (found[1] or found[2] in (b"Type", b"Amount"))):
        raise OddError(content)
    turn = _END if found[1] else _ALONE if found[3] else _START
    return turn, found[2].decode(), ""


class _Messages:
    """The elements of a text: where each begins, what it is, and the text it begins with."""

    def __init__(self, text: bytes, where: Map, root: bytes) -> None:
        self.bytes = np.frombuffer(text, np.uint8)
        self.opened = np.flatnonzero(self.bytes == ord("<"))
        closed = np.flatnonzero(self.bytes == ord(">"))
        if len(self.opened) != len(closed) or not len(closed) or not _take_turns(self.opened, closed):
            raise OddError
        tags = _between(text, self.opened + 1, closed)
        tags = tags.take(pa.array(np.arange(0, len(tags), 2))).dictionary_encode()
        known = [_tag(content) for content in tags.dictionary.to_pylist()]
        _check_well_formed(root, text)
        of_tag = tags.indices.to_numpy()
        turns = np.array([turn for turn, _, _ in known], np.int8)[of_tag]
        names = np.array([where.names.get(name, 0) for _, name, _ in known], np.int16)[of_tag]
        self.currency = np.array([currency for _, _, currency in known], object)
        self.of_tag = of_tag
        self.texts = _between(text, closed + 1, np.append(self.opened[1:], len(text)))
        self.has_text = np.append(self.opened[1:], len(text)) > closed + 1
        self.place = _placed(turns, names, where)

    def lines(self) -> Lines:
        """A line per order item."""
        orders, items = self._at(ORDER), self._at(ITEM)
        order_of_item = _owner(orders, items)
        if np.count_nonzero(np.diff(order_of_item, prepend=-1)) != len(orders):
            raise OddError  # an order without an item
        if not len(items):
            return Lines([], items)
        prices, currency = self._prices(items)
        columns = self._columns(self._cells(orders, items, order_of_item) | prices)
        columns |= currency | self._promotions(items)
        empty = pa.repeat(pa.scalar(""), len(items))
        joined = pc.binary_join_element_wise(*(columns.get(at, empty) for at in range(len(NAMES))), "\t")
        lines = joined.to_pylist()
        text = "\n".join(lines)
        if text.count("\t") != len(lines) * (len(NAMES) - 1) or text.count("\n") != len(lines) - 1 or "\r" in text:
            raise OddError  # a cell holds a tab or a line end
        breaks = np.flatnonzero(self.bytes == ord("\n"))
        return Lines(lines, np.searchsorted(breaks, self.opened[items]))

    def _at(self, place: int) -> Places:
        return np.flatnonzero(self.place == place)

    def _text(self, elements: Places) -> pa.Array:
        """The texts of elements; empty where the number is −1."""
        return _told(self.texts.take(pa.array(2 * elements, mask=elements < 0)).cast(pa.string()))

    def _columns(self, elements: dict[int, Places]) -> dict[int, pa.Array]:
        """The texts of all columns at once: one call of Arrow costs as much as a thousand cells."""
        texts = self._text(np.concatenate([*elements.values(), np.empty(0, np.int64)]))
        ends = np.cumsum([0, *(len(column) for column in elements.values())])
        return {at: texts.slice(ends[i], len(elements[at])) for i, at in enumerate(elements)}

    def _cells(self, orders: Places, items: Places, order_of_item: Places) -> dict[int, Places]:
        elements = np.flatnonzero((self.place >= CELL) & self.has_text)
        columns, found = self.place[elements] - CELL, {}
        for column in np.flatnonzero(np.bincount(columns)):
            mine = elements[columns == column]
            of_item = NAMES[column] in Map.ITEM_CELLS
            pick = _last(mine, _owner(items if of_item else orders, mine), len(items if of_item else orders))
            found[int(column)] = pick if of_item else pick[order_of_item]
        return found

    def _parts(self, place: int) -> tuple[Places, Places, pa.DictionaryArray]:
        """Components of prices or promotions that have an amount: themselves, their amounts, their types."""
        parts = self._at(place)
        types, amounts = (_only(parts, self._at(place + of)) for of in (TYPE, AMOUNT))
        parts, types, amounts = (each[amounts >= 0] for each in (parts, types, amounts))
        return parts, amounts, self._text(types).dictionary_encode()

    def _prices(self, items: Places) -> tuple[dict[int, Places], dict[int, pa.Array]]:
        parts, amounts, types = self._parts(PRICE_PART)
        owner = _owner(items, parts)
        known = [IN_PRICE.get(kind, -1) for kind in types.dictionary.to_pylist()]
        columns = np.array(known, np.int64)[types.indices.to_numpy()]
        found = {}
        for column in np.flatnonzero(np.bincount(columns[columns >= 0])):
            mine = columns == column
            found[int(column)] = _last(amounts[mine], owner[mine], len(items))
        currencies = self.currency[self.of_tag[amounts]]
        named = currencies != ""
        first = np.full(len(items), "", object)
        first[owner[named][::-1]] = currencies[named][::-1]
        return found, {CURRENCY: pa.array(first, pa.string())}

    def _promotions(self, items: Places) -> dict[int, pa.Array]:
        parts, amounts, types = self._parts(PROMOTION_PART)
        leaves = np.flatnonzero((self.place >= min(PROMOTION_LEAVES)) & (self.place <= max(PROMOTION_LEAVES)))
        if not len(parts) + len(leaves):
            return {}
        told = [*zip(parts.tolist(), map(amount_kind, types.to_pylist()), self._text(amounts).to_pylist(), strict=True)]
        kinds = [PROMOTION_LEAVES[int(place)] for place in self.place[leaves]]
        told += zip(leaves.tolist(), kinds, self._text(leaves).to_pylist(), strict=True)
        told.sort()
        owners = _owner(items, np.array([element for element, _, _ in told]))
        of_item: dict[int, _Found] = {}
        for owner, (_, kind, text) in zip(owners.tolist(), told, strict=True):
            of_item.setdefault(owner, _Found()).texts.append((kind, text))
        cells = [promotion_cells(of_item[row].texts) if row in of_item else ("",) * 4 for row in range(len(items))]
        return {PROMOTIONS_AT + at: pa.array(column, pa.string()) for at, column in enumerate(zip(*cells, strict=True))}


@dataclass
class _Found:
    texts: list[tuple[str, str]] = field(default_factory=list)


def _take_turns(opened: Places, closed: Places) -> bool:
    return bool((opened < closed).all() and (closed[:-1] < opened[1:]).all())


def _check_well_formed(root: bytes, text: bytes) -> None:
    parser = expat.ParserCreate()
    parser.Parse(root)
    parser.Parse(text)
    parser.Parse(b"</AmazonEnvelope>", True)


def _between(text: bytes, starts: Places, ends: Places) -> pa.Array:
    """Pieces of a text, without copying it: each second one lies between a start and its end, the others are gaps."""
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers, null_count=0)


def _placed(turns: npt.NDArray[np.int8], names: npt.NDArray[np.int16], where: Map) -> npt.NDArray[np.int16]:
    """What each tag stands for, told by its name and by what the element around it stands for."""
    depth = np.cumsum(turns, dtype=np.int64) + (turns == _ALONE)
    place = np.full(len(turns), NOWHERE, np.int16)
    around = np.empty(0, np.int64)
    for level in range(1, _DEEPEST + 1):
        here = np.flatnonzero((turns == _START) & (depth == level))
        outer = place[around[_owner(around, here)]] if len(around) else np.full(len(here), where.outside, np.int16)
        place[here] = where.steps[outer, names[here]]
        around = here
    if (where.must_be_placed[names] & (turns != _END) & (place == NOWHERE)).any():
        raise OddError  # a message, an order or an item where none belongs
    return place


def _owner(owners: Places, elements: Places) -> Places:
    """For each element the number of the last owner that begins before it."""
    return np.searchsorted(owners, elements, side="right") - 1


def _last(elements: Places, owner: Places, owners: int) -> Places:
    pick = np.full(owners, -1, np.int64)
    pick[owner] = elements
    return pick


def _only(parts: Places, elements: Places) -> Places:
    owner = _owner(parts, elements)
    if not np.diff(owner).all():
        raise OddError  # two amounts in one component
    return _last(elements, owner, len(parts))


def _told(texts: Any) -> Any:
    """What the texts of elements say: entities resolved, no blanks around, and empty where there is none."""
    texts = pc.fill_null(texts, "")
    escaped = pc.match_substring(texts, "&")
    if pc.any(escaped).as_py():
        resolved = texts.filter(escaped)
        for entity, letter in _ENTITIES:
            resolved = pc.replace_substring(resolved, entity, letter)
        texts = pc.replace_with_mask(texts, escaped, resolved)
    return pc.utf8_trim_whitespace(texts)
