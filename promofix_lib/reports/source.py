"""Where the bytes of each report come from: files, gzip, xz, bzip2, zip; and what a file looks like that is no report.

Names inside a zip never become paths.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from promofix_lib.errors import ReportError
from promofix_lib.reports.kinds import facts
from promofix_lib.reports.report import shown_name
from promofix_lib.say import Told, harmless, told

BLOCK = 1 << 20
_LARGEST = 4 << 30
"""Bytes that one file may unpack to: ten times a year's busiest report."""
_RATIO, _HARMLESS = 250, 64 << 20
"""A file over 64 MB that unpacks to more than 250 times its size is not a report but a trap."""
_MEMBERS = 200
"""Reports in one zip."""

DAMAGES = (
    *(zipfile.BadZipFile, EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, NotImplementedError),
    *(OSError, RuntimeError, ValueError),
)
_ZIP = b"PK\x03\x04"
_PACKERS: dict[bytes, tuple[Any, str]] = {
    b"\x1f\x8b": (lambda stream: gzip.GzipFile(fileobj=stream), ".gz"),
    b"\xfd7zXZ": (lzma.LZMAFile, ".xz"),
    b"BZh": (bz2.BZ2File, ".bz2"),
}
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_LARGEST_LOCKED = 256 << 20


@dataclass(frozen=True)
class Source:
    """The bytes of one report.

    `packed` says that they were in an archive, `of` of which workbook they are a sheet, `fault` why there are none.
    """

    path: Path
    name: str
    stream: IO[bytes]
    packed: bool = False
    of: Source | None = None
    progress: bool = False
    fault: ReportError | None = None

    def start(self, length: int = 4096) -> bytes:
        """The first bytes, without moving on; whoever reads begins with them.

        Raises
        ------
        ReportError
            The file is damaged, or unpacks to far too much.
        """
        if self.fault:
            raise self.fault
        self.stream.seek(0)
        first = self.stream.read(length)
        self.stream.seek(0)
        return first

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """All bytes from the beginning."""
        self.stream.seek(0)
        yield from iter(lambda: self.stream.read(size), b"")

    def sha256(self) -> str:
        """SHA-256 of all its bytes; of a sheet, of its workbook's."""
        stream = cast("Any", (self.of or self).stream)
        stream.seek(0)
        return hashlib.file_digest(stream, "sha256").hexdigest()

    def watched(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Blocks read from the stream, with a progress bar where one is asked for and it takes longer than a second."""
        if not self.progress:
            yield from blocks
            return
        from tqdm.auto import tqdm

        size = self.stream.seek(0, os.SEEK_END)
        with tqdm(total=size, desc=harmless(self.name), unit="B", unit_scale=True, delay=1, leave=False) as bar:
            for block in blocks:
                bar.update(self.stream.tell() - bar.n)
                yield block


def sources_of(path: Path) -> Iterator[Source]:
    """Every file in a file: itself, what a gzip holds, or each member of a zip, also a damaged one.

    Raises
    ------
    ReportError
        No such file, a folder, a pipe, a locked or harmful archive, or one that unpacks to far too much.
    """
    name = shown_name(path.name)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ReportError("reports.no_file", file=name)
        with path.open("rb") as stream:
            yield from _within(Source(path, name, stream))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ReportError("reports.cannot_be_opened", file=name, why=why) from error


def _within(source: Source) -> Iterator[Source]:
    start, whole = source.start(8), source.stream
    packer = next((packer for magic, packer in _PACKERS.items() if start.startswith(magic)), None)
    if packer:
        opener, ending = packer
        size = source.path.stat().st_size
        yield from _unpacked(source, source.name.removesuffix(ending), partial(opener, whole), size)
    elif start.startswith(_ZIP) and not is_office(source):
        try:
            archive = zipfile.ZipFile(whole)
        except DAMAGES as error:
            raise ReportError("reports.damaged_archive", file=source.name, why=str(error)) from error
        with archive:
            files = [info for info in archive.infolist() if _is_file(info)]
            if not files:
                raise ReportError("reports.empty_archive", file=source.name)
            if len(files) > _MEMBERS:
                raise ReportError("reports.too_many_files", file=source.name, n=len(files), most=_MEMBERS)
            for info in files:
                name = f"{source.name}: {_plain_name(info.filename)}"
                yield from _unpacked(source, name, partial(archive.open, info), info.compress_size)
    else:
        yield source


def is_office(source: Source, within: str = "") -> bool:
    """Whether a zip is a document of an office program, and not an archive of files; `within` names a folder in it."""
    try:
        with zipfile.ZipFile(source.stream) as archive:
            names = archive.namelist()
    except DAMAGES:
        return False
    return any(name.startswith(within) for name in names if within or name in ("[Content_Types].xml", "mimetype"))


def _unpacked(source: Source, name: str, opener: Callable[[], Any], packed: int) -> Iterator[Source]:
    with SpooledTemporaryFile(max_size=_HARMLESS) as spooled:
        size, fault = 0, None
        try:
            with opener() as stream:
                while block := stream.read(BLOCK):
                    size += len(block)
                    check_size(name, size, packed)
                    spooled.write(block)
        except ReportError as error:
            fault = error
        except DAMAGES as error:
            fault = ReportError("reports.damaged_archive", file=name, why=str(error)[:200])
        yield Source(source.path, name, cast("IO[bytes]", spooled), packed=True, fault=fault)


def _is_file(info: zipfile.ZipInfo) -> bool:
    name = info.filename.rsplit("/", 1)[-1]
    return not info.is_dir() and not info.filename.startswith("__MACOSX/") and not name.startswith((".", "~$"))


def _plain_name(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[:120] or "?"


def check_size(name: str, size: int, packed: int) -> None:
    """Refuse what unpacks to far too much."""
    if size > _LARGEST or (size > _HARMLESS and size > _RATIO * max(packed, 1)):
        raise ReportError("reports.unpacks_to_too_much", file=name, megabytes=size >> 20)


# -- what is no report -------------------------------------------------------------------------------------------------


def stranger(source: Source, first_line: str) -> Told:
    """What an unknown file looks like, and what to do: a sentence without its subject, which is the file.

    Parameters
    ----------
    source : Source
        The file.
    first_line : str
        Its first line that is not blank, as text.
    """
    start = source.start()
    looks, beginnings = facts().table["strangers"]["looks"], facts().table["strangers"]["begins"]
    what = next((what for magic, what in looks.items() if start.startswith(magic.encode("latin-1"))), "")
    if not start.strip(b"\xef\xbb\xbf \t\r\n\0"):
        return told("reports.stranger.empty")
    if source.packed and start.startswith((_ZIP, *_PACKERS)):
        return told("reports.stranger.archive_in_archive")
    if what == "old_office" and _LOCKED in source.start(_LARGEST_LOCKED):
        return told("reports.stranger.locked")
    if what:
        return told("reports.stranger.other", what=told(f"reports.looks.{what}"))
    line = first_line.strip("\ufeff ") or start.decode("utf-8", "replace").strip()
    if kind := next((kind for pattern, kind in beginnings.items() if re.match(pattern, line)), ""):
        return told(f"reports.stranger.{kind}")
    shown = ", ".join(cell.strip()[:30] for cell in re.split(r"[\t,;|]", line)[:6])
    return told("reports.stranger.unknown", found=shown)
