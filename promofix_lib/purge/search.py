"""Is a buyer still in there? Names, addresses and numbers searched in archives, mail, workbooks, any encoding."""

from __future__ import annotations

import bz2
import email
import email.policy
import gzip
import io
import json
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from email.header import decode_header, make_header
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from python_calamine import CalamineError

_PERSON = re.compile(
    r"^(?:buyer_(?:name|email|phone_number)|recipient_name|(?:ship|bill)_(?:name|phone_number)|"
    r"(?:ship_|bill_)?address_[123]|(?:ship|bill)_address_?[123]?|delivery_instructions|gift_message_text)$"
)
_FURTHER_LINES = re.compile(r"address_?[23]$")
_TOWN = re.compile(r"^(?:ship|bill)_(?:city|state|county|country|district)$|^(?:city|state|state_or_region)$")
_INNOCENT = ("product_name", "sku", "sales_channel", "order_id", "order_item_id", "asin")
_CODINGS = (
    "utf-8", "utf-16-le", "utf-16-be", "cp1252", "cp1250", "cp1254", "cp1256", "gb18030", "big5", "cp932", "euc_jp",
    "iso2022_jp", "mac_roman",
)  # fmt: skip
_STEP = 4 << 20  # bytes looked at in one go
_FIRST_IDEOGRAPH = "\u2e80"
_PREFIX = 5  # bytes by which a name is spotted before it is compared
_LARGEST = 2 << 30
_DEEPEST = 4
_SHUT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"7z\xbc\xaf", b"Rar!", b"GIF8")
"""How files begin that keep words in a dress of their own: PDF, pictures, 7z, rar."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def names_people(orders: pd.DataFrame) -> bool:
    """Whether a report has a cell that tells who bought.

    Examples
    --------
    >>> names_people(pd.DataFrame({"buyer_name": ["Li"]})), names_people(pd.DataFrame({"ship_city": ["Berlin"]}))
    (True, False)
    """
    return bool(_cells(orders, _columns(orders, _PERSON)))


def people_of(orders: pd.DataFrame) -> frozenset[str]:
    """What leads to a buyer: names, e-mail addresses, streets and telephone numbers in an order table.

    Never a town, a state or a country, wherever it is written (also as second line of an address), nor a word that a
    product is called by. A single plain word, such as ``Li`` or ``Lumen``, is passed over too: it would be found in
    innocent files, and its owner's address is looked for anyway.

    Examples
    --------
    >>> names, lines = ["Ada Example", "Lumen", "例子太郎"], ["New York", "Apt 4", ""]
    >>> sorted(people_of(pd.DataFrame({"buyer_name": names, "address_2": lines, "ship_city": ["New York"] * 3})))
    ['Ada Example', '例子太郎']
    """
    towns = {cell.casefold() for cell in _cells(orders, _columns(orders, _TOWN))}
    sold = "\n".join(_cells(orders, [name for name in _INNOCENT if name in orders]))
    first = [name for name in _columns(orders, _PERSON) if not _FURTHER_LINES.search(_plain(name))]
    further = [name for name in _columns(orders, _PERSON) if name not in first]
    words = {cell for cell in _cells(orders, first) if _leads_to_somebody(cell)}
    words |= {cell for cell in _cells(orders, further) if len(cell) >= 10 and re.search(r"\d", cell)}
    return frozenset(word for word in words if word.casefold() not in towns and word not in sold)


def _plain(name: object) -> str:
    return str(name).replace("-", "_").lower()


def _columns(orders: pd.DataFrame, pattern: re.Pattern[str]) -> list[str]:
    return [name for name in orders.columns if pattern.search(_plain(name))]


def _cells(orders: pd.DataFrame, columns: Iterable[str]) -> set[str]:
    return {" ".join(str(cell).split()) for name in columns for cell in orders[name].dropna().unique()} - {""}


def _leads_to_somebody(word: str) -> bool:
    if max(word) >= _FIRST_IDEOGRAPH:
        return len(word) >= 3  # three signs are a whole name in Chinese or Japanese
    return len(word) >= _PREFIX and not word.isalpha()


class Searcher:
    """Looks for people in files; thousands of names cost as much as one.

    Parameters
    ----------
    people : collection of str
        As `people_of` gives them.
    """

    def __init__(self, people: Collection[str]) -> None:
        self.people = frozenset(people)
        self._by_prefix: dict[int, dict[int, set[bytes]]] = {}
        for needle in {needle for word in self.people for needle in _needles(word)}:
            prefix = int.from_bytes(needle[:_PREFIX], "little")
            self._by_prefix.setdefault(prefix, {}).setdefault(len(needle), set()).add(needle)
        self._prefixes = np.array(sorted(self._by_prefix), dtype=np.uint64)
        longest_first = sorted(self.people, key=lambda word: (-len(word), word))
        self._words = re.compile("|".join(map(_pattern, longest_first)), re.IGNORECASE) if longest_first else None

    def found_in(self, path: Path) -> bool:
        """Whether a file holds somebody."""
        return bool(self.people) and any(True for _ in self._places(path.read_bytes(), _DEEPEST))

    def traces(self, paths: Iterable[Path]) -> tuple[str, ...]:
        """Files in which somebody is found, each with the place inside it when it is an archive."""
        places = ((path, inside) for path in paths for inside in self._places(path.read_bytes(), _DEEPEST))
        return tuple(f"{path.name}: {inside}" if inside else path.name for path, inside in places)

    def without(self, text: str, instead: str) -> str:
        """The text with everybody taken out."""
        return self._words.sub(instead, text) if self._words else text

    def _places(self, content: bytes, depth: int) -> Iterator[str]:
        if self._holds(content):
            yield ""
        if depth:
            for name, member in _members(content):
                for inside in self._places(member, depth - 1):
                    yield f"{name}: {inside}" if inside else name

    def _holds(self, content: bytes) -> bool:
        return any(
            content[place : place + length] in same_length and _stands_alone(content, place, length)
            for start in range(0, len(content), _STEP)
            for place, prefix in self._spotted(content, start)
            for length, same_length in self._by_prefix[prefix].items()
        )

    def _spotted(self, content: bytes, start: int) -> Iterator[tuple[int, int]]:
        """Places that begin like something looked for."""
        piece = np.frombuffer(content[start : start + _STEP + _PREFIX - 1], dtype=np.uint8).astype(np.uint64)
        if len(piece) < _PREFIX or not len(self._prefixes):
            return
        count = len(piece) - _PREFIX + 1
        numbers: npt.NDArray[np.uint64] = np.zeros(count, dtype=np.uint64)
        for shift in range(_PREFIX):
            numbers |= piece[shift : shift + count] << np.uint64(8 * shift)
        nearest = np.minimum(np.searchsorted(self._prefixes, numbers), len(self._prefixes) - 1)
        for place in np.flatnonzero(self._prefixes[nearest] == numbers):
            yield start + int(place), int(numbers[place])


def _is_number(word: str) -> bool:
    return not any(sign.isalpha() for sign in word)


def _pattern(word: str) -> str:
    return rf"(?<![\d-]){re.escape(word)}(?![\d-])" if _is_number(word) else re.escape(word)


def _stands_alone(content: bytes, place: int, length: int) -> bool:
    """A telephone number within a longer number (an order's) is none."""
    found = content[place : place + length]
    if any(byte >= 0x80 or chr(byte).isalpha() for byte in found if byte):
        return True
    around = content[max(place - 1, 0) : place] + content[place + length : place + length + 1]
    return not any(byte in b"0123456789-" for byte in around)


def _needles(word: str) -> Iterator[bytes]:
    """A word in every way in which a file may spell it: encodings, capitals, HTML, XML, JSON, addresses of the web."""
    spellings = {word, word.upper(), word.lower()}
    spellings |= {dress for one in spellings for dress in (escape(one), escape(one, quote=False), quote(one))}
    spellings |= {json.dumps(one)[1:-1] for one in spellings}
    spellings |= {
        one.encode("ascii", "xmlcharrefreplace").decode() for one in (word, escape(word), escape(word, quote=False))
    }
    for spelling in spellings:
        for coding in _CODINGS if not spelling.isascii() else ("utf-8", "utf-16-le", "utf-16-be"):
            try:
                needle = spelling.encode(coding)
            except UnicodeEncodeError:
                continue
            if len(needle) >= _PREFIX:
                yield needle


# -- what is inside a file --------------------------------------------------------------------------------------------


def is_shut(path: Path) -> bool:
    """Whether nobody can look into a file: PDF, picture, old Word file, archive with a password or not known here."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_OLD_OFFICE):
        return not any(True for _ in _members(path.read_bytes()))
    if start.startswith(b"PK\x03\x04"):
        with suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(path) as package:
            return any(entry.flag_bits & 1 for entry in package.infolist())
        return True
    return start.startswith(_SHUT)


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What is packed in a file, by its name there; nothing of what cannot be opened."""
    for begins, read in _READERS:
        if re.match(begins, content, re.DOTALL):
            with suppress(*_BROKEN):
                yield from read(content)
            return
    if re.search(rb"(?im)^(?:mime-version|content-transfer-encoding|subject|from|to):", content[:8192]):
        yield from _mailed(content)


def _zipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for entry in package.infolist():
            yield f"name of {entry.filename}", entry.filename.encode()
            if entry.file_size <= _LARGEST:
                yield entry.filename, package.read(entry)


def _tarred(content: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        for entry in package:
            file = package.extractfile(entry) if entry.isfile() and entry.size <= _LARGEST else None
            if file is not None:
                yield entry.name, file.read()


def _old_sheets(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The cells of an Excel file before 2007; nothing of a Word file, or where a password shuts it."""
    for name, sheet in pd.read_excel(io.BytesIO(content), sheet_name=None, header=None, engine="calamine").items():
        yield name, _cells_in(sheet)


def _cells_in(table: pd.DataFrame) -> bytes:
    return "\n".join(map(str, table.to_numpy(dtype=object).ravel())).encode()


_READERS: tuple[tuple[bytes, Callable[[bytes], Iterable[tuple[str, bytes]]]], ...] = (
    (rb"PK\x03\x04", _zipped),
    (rb"\x1f\x8b", lambda content: [("gzip", gzip.decompress(content))]),
    (rb"BZh", lambda content: [("bzip2", bz2.decompress(content))]),
    (rb"\xfd7zXZ", lambda content: [("xz", lzma.decompress(content))]),
    (_OLD_OFFICE, _old_sheets),
    (rb".{257}ustar", _tarred),
    (rb"ARROW1|FEA1", lambda content: [("cells", _cells_in(pd.read_feather(io.BytesIO(content))))]),
)
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, pa.ArrowInvalid, CalamineError, OSError, EOFError,
    ValueError, RuntimeError,
)  # fmt: skip


def _mailed(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The headers and parts of messages, decoded; several stand in one mbox file."""
    for number, piece in enumerate(re.split(rb"(?m)^From [^\n]*\n", content), start=1):
        if not piece.strip():
            continue
        message = email.message_from_bytes(piece, policy=email.policy.compat32)
        heads = []
        for value in message.values():
            with suppress(ValueError, LookupError):
                heads.append(str(make_header(decode_header(str(value)))))
        yield f"message {number}", "\n".join(heads).encode("utf-8", "replace")
        for part in message.walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield f"message {number}", payload
