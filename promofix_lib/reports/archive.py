"""Files, gzip, xz, bzip2 and zip: where the bytes of each report come from. Names inside a zip never become paths."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol, cast

from promofix_lib.errors import ReportError
from promofix_lib.reports.report import shown_name

BLOCK = 1 << 20
LARGEST = 4 << 30
"""Bytes that one file may unpack to: ten times a year's busiest report."""
RATIO, HARMLESS = 250, 64 << 20
"""A file over 64 MB that unpacks to more than 250 times its size is not a report but a trap."""
MEMBERS = 200
"""Reports in one zip."""

_DAMAGES = (zipfile.BadZipFile, EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, NotImplementedError)
_PACKERS: dict[bytes, tuple[Any, str]] = {
    b"\x1f\x8b": (lambda stream: gzip.GzipFile(fileobj=stream), ".gz"),
    b"\xfd7zXZ": (lzma.LZMAFile, ".xz"),
    b"BZh": (bz2.BZ2File, ".bz2"),
}


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


@dataclass(frozen=True)
class Source:
    """The bytes of one report. `stream` stands at their beginning; `packed` says that they were in an archive."""

    path: Path
    name: str
    stream: IO[bytes]
    packed: bool = False

    def start(self, length: int = 4096) -> bytes:
        """The first bytes, without moving on."""
        self.stream.seek(0)
        first = self.stream.read(length)
        self.stream.seek(0)
        return first

    def sha256(self) -> str:
        """SHA-256 of all its bytes."""
        return cast("Hashed", self.stream).sha256()


def sources_of(path: Path) -> Iterator[Source | ReportError]:
    """Every file in a file: itself, what a gzip holds, or each member of a zip; an error for a damaged member.

    Raises
    ------
    ReportError
        No such file, a folder, a pipe, a damaged, locked or harmful archive, or one that unpacks to far too much.
    """
    name = shown_name(path.name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ReportError("reports.no_file", file=name)
        with path.open("rb") as stream:
            yield from _unpacked(Source(path, name, stream))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ReportError("reports.cannot_be_opened", file=name, why=why) from error


def is_packed(start: bytes) -> bool:
    """Whether bytes begin like an archive."""
    return start.startswith((b"PK\x03\x04", *_PACKERS))


def _unpacked(source: Source) -> Iterator[Source | ReportError]:
    start = source.start(8)
    packer = next((packer for magic, packer in _PACKERS.items() if start.startswith(magic)), None)
    if packer:
        member = _decompressed(source, *packer)
        with member.stream:
            yield _hashed(member)
    elif start.startswith(b"PK\x03\x04") and not is_office(source):
        yield from _members(source)
    else:
        yield _hashed(source)


def _hashed(source: Source) -> Source:
    return replace(source, stream=cast("IO[bytes]", Hashed(source.stream)))


def is_office(source: Source, within: str = "") -> bool:
    """Whether a zip is a document of an office program, and not an archive of files; `within` names a folder in it."""
    try:
        with zipfile.ZipFile(source.stream) as archive:
            names = archive.namelist()
    except (*_DAMAGES, OSError, ValueError):
        return False
    finally:
        source.stream.seek(0)
    if within:
        return any(name.startswith(within) for name in names)
    return "[Content_Types].xml" in names or "mimetype" in names


def _decompressed(source: Source, opener: Any, ending: str) -> Source:
    try:
        with opener(source.stream) as packed:
            size = source.path.stat().st_size
            return Source(source.path, source.name.removesuffix(ending), _spooled(packed, source.name, size), True)
    except (*_DAMAGES, OSError) as error:
        raise ReportError("reports.damaged_archive", file=source.name, why=str(error)) from error


def _members(source: Source) -> Iterator[Source | ReportError]:
    try:
        with zipfile.ZipFile(source.stream) as archive:
            files = [info for info in archive.infolist() if _is_file(info)]
            _check_count(source.name, files)
            for info in files:
                member = _member(source, archive, info)
                if isinstance(member, ReportError):
                    yield member
                    continue
                with member.stream:
                    yield _hashed(member)
    except (*_DAMAGES, OSError, RuntimeError, ValueError) as error:
        raise ReportError("reports.damaged_archive", file=source.name, why=str(error)) from error


def _member(source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Source | ReportError:
    name = f"{source.name}: {_plain_name(info.filename)}"
    try:
        with archive.open(info) as packed:
            return Source(source.path, name, _spooled(packed, name, max(info.compress_size, 1)), True)
    except ReportError as error:
        return error
    except (*_DAMAGES, OSError, RuntimeError, ValueError) as error:
        return ReportError("reports.damaged_archive", file=name, why=str(error)[:200])


def _is_file(info: zipfile.ZipInfo) -> bool:
    name = info.filename.rsplit("/", 1)[-1]
    return not info.is_dir() and not info.filename.startswith("__MACOSX/") and not name.startswith((".", "~$"))


def _check_count(name: str, files: list[zipfile.ZipInfo]) -> None:
    if not files:
        raise ReportError("reports.empty_archive", file=name)
    if len(files) > MEMBERS:
        raise ReportError("reports.too_many_files", file=name, n=len(files), most=MEMBERS)


def _plain_name(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:120] or "?"


def _spooled(packed: Packed, name: str, packed_size: int) -> IO[bytes]:
    spooled: IO[bytes] = SpooledTemporaryFile(max_size=HARMLESS)  # noqa: SIM115 - the caller closes it
    try:
        size = 0
        while block := packed.read(BLOCK):
            size += len(block)
            if size > LARGEST or (size > HARMLESS and size > RATIO * packed_size):
                raise ReportError("reports.unpacks_to_too_much", file=name, megabytes=size >> 20)
            spooled.write(block)
    except BaseException:
        spooled.close()
        raise
    spooled.seek(0)
    return spooled


class _Watched:
    """A stream that tells a progress bar how far it has been read; going back does not count twice."""

    def __init__(self, stream: IO[bytes], bar: Any) -> None:
        self._stream, self._bar, self._furthest = stream, bar, 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        here = self._stream.tell()
        if here > self._furthest:
            self._bar.update(here - self._furthest)
            self._furthest = here
        return block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def watched(source: Source, *, progress: bool) -> Iterator[Source]:
    """The same source, with a progress bar once its reading takes longer than a second."""
    if not progress:
        yield source
        return
    from tqdm.auto import tqdm

    size = source.stream.seek(0, os.SEEK_END)
    source.stream.seek(0)
    with tqdm(total=size, desc=source.name, unit="B", unit_scale=True, delay=1, leave=False) as bar:
        yield replace(source, stream=cast("IO[bytes]", _Watched(source.stream, bar)))
