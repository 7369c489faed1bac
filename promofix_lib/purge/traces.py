"""Is a buyer still in there? Names and addresses searched in files, also inside archives and workbooks."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.feather

_PERSON = re.compile(
    r"^(?:buyer_(?:name|email|phone_number)|recipient_name|(?:ship|bill)_(?:name|phone_number)|"
    r"(?:ship_|bill_)?address_[123]|(?:ship|bill)_address_?[123]?|delivery_instructions|gift_message_text)$"
)
_STEP = 4 << 20  # bytes looked at in one go
_FIRST_IDEOGRAPH = "\u2e80"
_PREFIX = 5  # bytes by which a name is spotted before it is compared
_LARGEST = 2 << 30
_DEEPEST = 3


Needles = Mapping[int, Mapping[int, set[bytes]]]
"""What to look for, by the number that its first bytes make and by its length."""


@dataclass(frozen=True)
class Trace:
    """A file in which a buyer was found, and the place inside it when it is an archive."""

    path: Path
    inside: str = ""

    @property
    def name(self) -> str:
        """File and place."""
        return f"{self.path.name}: {self.inside}" if self.inside else self.path.name


def buyers_words(orders: pd.DataFrame) -> frozenset[str]:
    """Names, e-mail addresses, streets and telephone numbers of the buyers in an order table.

    Cities and countries are not among them: All Orders reports hold those, and they lead to nobody. A single plain
    word, such as ``Li`` or ``Lumen``, is passed over too: it would be found in innocent files, and its owner's address
    is looked for anyway.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> sorted(buyers_words(order_table([{"buyer_name": "Ada Example", "ship_city": "Exampleville"},
    ...                                   {"buyer_name": "Lumen"}, {"buyer_name": "例子太郎"}, {}])))
    ['Ada Example', '例子太郎']
    """
    columns = [name for name in orders.columns if _PERSON.match(str(name).replace("-", "_").lower())]
    cells = (str(cell).strip() for name in columns for cell in orders[name].dropna().unique())
    return frozenset(cell for cell in cells if _leads_to_somebody(cell))


def _leads_to_somebody(word: str) -> bool:
    if word and max(word) >= _FIRST_IDEOGRAPH:
        return len(word) >= 3  # three signs are a whole name in Chinese or Japanese
    return len(word) >= _PREFIX and not word.isalpha()


def find_traces(folder: Path, words: Iterable[str]) -> tuple[Trace, ...]:
    """Files below `folder` that hold one of the words, also inside zip, xlsx, docx, gz and Feather files."""
    wanted = needles(words)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and wanted:
            found += [Trace(path, inside) for inside in _places(path.read_bytes(), wanted, _DEEPEST)]
    return tuple(found)


def words_in(path: Path, wanted: Needles) -> bool:
    """Whether a file holds one of the words that `needles` was made from."""
    return any(True for _ in _places(path.read_bytes(), wanted, _DEEPEST))


def needles(words: Iterable[str]) -> Needles:
    """The words in every way in which a file may spell them: encodings, HTML, XML and JSON."""
    spellings = {spelling for word in words for spelling in (word, escape(word), escape(word, quote=False))}
    spellings |= {json.dumps(word)[1:-1] for word in spellings}
    codings = ("utf-8", "cp1252", "utf-16-le", "cp932")
    by_prefix: dict[int, dict[int, set[bytes]]] = {}
    for needle in {needle for spelling in spellings for needle in _encoded(spelling, codings)}:
        prefix = int.from_bytes(needle[:_PREFIX], "little")
        by_prefix.setdefault(prefix, {}).setdefault(len(needle), set()).add(needle)
    return by_prefix


def _encoded(text: str, codings: Iterable[str]) -> Iterator[bytes]:
    for coding in codings:
        try:
            yield text.encode(coding)
        except UnicodeEncodeError:
            continue


def _places(content: bytes, wanted: Needles, depth: int) -> Iterator[str]:
    if _holds(content, wanted):
        yield ""
    if not depth:
        return
    for name, member in _members(content):
        for inside in _places(member, wanted, depth - 1):
            yield f"{name}: {inside}" if inside else name


def _holds(content: bytes, wanted: Needles) -> bool:
    prefixes = np.array(sorted(wanted), dtype=np.uint64)
    return any(
        content[place : place + length] in same_length
        for start in range(0, len(content), _STEP)
        for place, prefix in _spotted(content, start, prefixes)
        for length, same_length in wanted[prefix].items()
    )


def _spotted(content: bytes, start: int, prefixes: npt.NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Places that begin like something looked for: thousands of names cost as much as one."""
    piece = np.frombuffer(content[start : start + _STEP + _PREFIX - 1], dtype=np.uint8).astype(np.uint64)
    if len(piece) < _PREFIX or not len(prefixes):
        return
    count = len(piece) - _PREFIX + 1
    numbers = np.zeros(count, dtype=np.uint64)
    for shift in range(_PREFIX):
        numbers |= piece[shift : shift + count] << np.uint64(8 * shift)
    nearest = np.minimum(np.searchsorted(prefixes, numbers), len(prefixes) - 1)
    for place in np.flatnonzero(prefixes[nearest] == numbers):
        yield start + int(place), int(numbers[place])


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"PK\x03\x04"):
        yield from _zipped(content)
    elif content.startswith(b"\x1f\x8b"):
        try:
            yield "gzip", gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return
    elif content.startswith((b"ARROW1", b"FEA1")):
        yield from _feather(content)


def _zipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for entry in package.infolist():
                if entry.file_size <= _LARGEST:
                    yield entry.filename, package.read(entry)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError):
        return


def _feather(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        table = pyarrow.feather.read_table(io.BytesIO(content), memory_map=False)
    except (pa.ArrowInvalid, OSError):
        return
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            yield name, "\n".join(cell for cell in column.unique().to_pylist() if cell).encode()
