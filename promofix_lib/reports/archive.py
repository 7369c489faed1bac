"""Files, gzip and zip: where the bytes of each report come from. Names inside a zip never become paths."""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol, cast

from promofix_lib.errors import ReportError

BLOCK = 1 << 20
LARGEST = 4 << 30
"""Bytes that one file may unpack to: ten times a year's busiest report."""
RATIO, HARMLESS = 250, 64 << 20
"""A file over 64 MB that unpacks to more than 250 times its size is not a report but a trap."""
MEMBERS = 200
"""Reports in one zip."""


class Packed(Protocol):
    """Something that unpacks as it is read."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`."""


class Hashed:
    """A stream that works out the SHA-256 of what is read from its beginning to its end, on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._digest, self._hashed = stream, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        here = self._stream.tell()
        block = self._stream.read(size)
        if here == 0:
            self._digest, self._hashed = hashlib.sha256(), 0
        if here == self._hashed:
            self._digest.update(block)
            self._hashed += len(block)
        return block

    def sha256(self) -> str:
        """SHA-256 of all bytes; what was not read yet is read now."""
        size = self._stream.seek(0, os.SEEK_END)
        if self._hashed != size:
            self._stream.seek(0)
            while self.read(BLOCK):
                pass
        return self._digest.hexdigest()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@dataclass
class Source:
    """The bytes of one report. `stream` stands at their beginning."""

    path: Path
    name: str
    stream: IO[bytes]

    def start(self, length: int = 4096) -> bytes:
        """The first bytes, without moving on."""
        self.stream.seek(0)
        first = self.stream.read(length)
        self.stream.seek(0)
        return first

    def sha256(self) -> str:
        """SHA-256 of all its bytes."""
        return cast("Hashed", self.stream).sha256()


def sources_of(path: Path) -> Iterator[Source]:
    """Every report in a file: itself, what a gzip holds, or each member of a zip.

    Raises
    ------
    ReportError
        No such file, a folder, a damaged, locked or nested archive, or one that unpacks to far too much.
    """
    try:
        with path.open("rb") as stream:
            yield from _unpacked(Source(path, path.name, stream), depth=0)
    except OSError as error:
        raise ReportError(
            f"{path.name}: this file cannot be opened ({error.strerror or error}). "
            "Check that it exists, is a file and not a folder, and is not open in another program."
        ) from error


def _unpacked(source: Source, depth: int) -> Iterator[Source]:
    start = source.start(4)
    if start[:2] == b"\x1f\x8b":
        yield from _inside(source, depth, _gunzipped(source))
    elif start == b"PK\x03\x04" and not _is_office(source):
        for member in _members(source):
            yield from _inside(source, depth, member)
    else:
        yield Source(source.path, source.name, cast("IO[bytes]", Hashed(source.stream)))


def _inside(source: Source, depth: int, member: Source) -> Iterator[Source]:
    with member.stream:
        if depth:
            raise ReportError(f"{source.name}: an archive inside an archive. Unpack it, then give the report itself.")
        yield from _unpacked(member, depth + 1)


def _is_office(source: Source) -> bool:
    try:
        with zipfile.ZipFile(source.stream) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return False
    finally:
        source.stream.seek(0)
    return "[Content_Types].xml" in names or "mimetype" in names


def _gunzipped(source: Source) -> Source:
    name = source.name.removesuffix(".gz")
    try:
        with gzip.GzipFile(fileobj=source.stream) as packed:
            size = source.path.stat().st_size
            return Source(source.path, name, _spooled(packed, source.name, size))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ReportError(_damaged(source.name, error)) from error


def _members(source: Source) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(source.stream) as archive:
            files = [info for info in archive.infolist() if _is_report(info)]
            _check_count(source.name, files)
            for info in files:
                name = f"{source.name}: {_plain_name(info.filename)}"
                with archive.open(info) as packed:
                    spooled = _spooled(packed, name, max(info.compress_size, 1))
                yield Source(source.path, name, spooled)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError, ValueError) as error:
        raise ReportError(_damaged(source.name, error)) from error


def _is_report(info: zipfile.ZipInfo) -> bool:
    name = info.filename.rsplit("/", 1)[-1]
    return not info.is_dir() and not info.filename.startswith("__MACOSX/") and not name.startswith(".")


def _check_count(name: str, files: list[zipfile.ZipInfo]) -> None:
    if not files:
        raise ReportError(f"{name}: there is no file in this zip. Download the report again.")
    if len(files) > MEMBERS:
        raise ReportError(f"{name}: {len(files)} files in one zip. Give at most {MEMBERS} reports at once.")


def _plain_name(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:120] or "unnamed"


def _spooled(packed: Packed, name: str, packed_size: int) -> IO[bytes]:
    spooled: IO[bytes] = SpooledTemporaryFile(max_size=HARMLESS)  # noqa: SIM115 - the caller closes it
    try:
        for block in _bounded(packed, name, packed_size):
            spooled.write(block)
    except BaseException:
        spooled.close()
        raise
    spooled.seek(0)
    return spooled


def _bounded(packed: Packed, name: str, packed_size: int) -> Iterator[bytes]:
    size = 0
    while block := packed.read(BLOCK):
        size += len(block)
        if size > LARGEST or (size > HARMLESS and size > RATIO * packed_size):
            raise ReportError(
                f"{name}: this archive unpacks to more than {size >> 20} MB, far more than a report holds. "
                "It is damaged or harmful: do not open it, download the report again from Seller Central."
            )
        yield block


def _damaged(name: str, error: Exception) -> str:
    return f"{name}: this archive is damaged or locked ({error}). Download the report again."
