"""What was read once, kept so that it opens at once: mapped into memory, not copied; made anew when damaged."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from promofix_lib.errors import CaseError
from promofix_lib.places import whole
from promofix_lib.reports.kinds import own_kinds
from promofix_lib.reports.report import Reading, Report, as_arrow, as_frame
from promofix_lib.say import Told

T = TypeVar("T")
_PIECE = 1 << 15  # words of 8 bytes that are summed up at once
_ROWS = 1 << 18  # few large pieces are quicker to pick rows from
_END = 8  # bytes of the checksum behind the file
_DAMAGES = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, CaseError)
Parts = list[tuple[Any, pa.Table]]
"""Tables, each with what is told of it as plain JSON."""


class Shelf:
    """A folder of tables that were read before; it holds buyers' data, like the reports.

    Pages that have it open share the memory of the mapped files. A folder that cannot be written to only means that
    the reports are read again next time.

    Parameters
    ----------
    folder : Path
        Made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._used: set[str] = set()
        self._wrote = False

    def reading(self, paths: Sequence[Path], make: Callable[[], Reading]) -> Reading:
        """What `make` gives for these files, from the shelf if it is there."""
        return self._kept(paths, make, _of_reading, _reading)

    def reports(self, path: Path, make: Callable[[], tuple[Report, ...]]) -> tuple[Report, ...]:
        """The reports in a file, which are wanted again when another file joins it."""
        return self._kept([path], make, _of_reports, _reports)

    def tidy(self) -> None:
        """Once something new was laid here, take away what nobody asked for: of files that changed or are gone."""
        if self._wrote:
            with suppress(OSError):
                for old in self.folder.iterdir():
                    if old.suffix in (".arrow", ".new", ".part") and old.name.split(".")[0] not in self._used:
                        old.unlink()

    def _kept(self, paths: Sequence[Path], make: Callable[[], T], pack: Any, unpack: Callable[..., T]) -> T:
        key = _key([pack.__name__, *map(_stamp, paths)])
        self._used.add(key)
        kept = self.folder / f"{key}.arrow"
        try:
            return unpack(_opened(kept), paths)
        except _DAMAGES:
            pass  # not there, or damaged
        made = make()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._wrote = True
            _keep(kept, pack(made, paths))
            return unpack(_opened(kept), paths)  # mapped from now on, so that the memory is shared
        except _DAMAGES:
            return made


def _stamp(path: Path) -> str:
    """A file that nobody has touched since has the same one."""
    about = path.stat()
    return f"{path.absolute()} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"


def _key(words: Sequence[str]) -> str:
    text = "\n".join([_reader(own_kinds()), *words])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:40]


@cache
def _reader(own: tuple[tuple[str, str], ...]) -> str:
    """A short name of this version of the reader: other code or other kinds of report, other cache."""
    digest = hashlib.sha256(repr(own).encode("utf-8", "surrogateescape"))
    for source in sorted([*Path(__file__).parent.glob("*.py"), *Path(__file__).parent.glob("*.toml")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:8]


def _mapped(file: Path) -> pa.Buffer:
    if os.name == "nt":
        return pa.py_buffer(file.read_bytes())  # a mapped file could not be removed while a page has it open
    with pa.memory_map(str(file)) as opened:
        return opened.read_buffer()


def _keep(file: Path, parts: Parts) -> None:
    """Lay tables one behind the other into a file, each with what is told of it, and a checksum behind them."""
    with whole(file) as draft:
        with draft.open("wb") as stream:
            for told, table in parts:
                schema = table.schema.with_metadata({b"told": json.dumps(told).encode()})
                with ipc.new_stream(stream, schema) as writer:
                    for at in range(0, len(table), _ROWS):
                        writer.write_table(table.slice(at, _ROWS).combine_chunks())
        check = _checksum(_mapped(draft))
        with draft.open("ab") as stream:
            stream.write(check)


def _opened(file: Path) -> Parts:
    """What `_keep` laid there, if the checksum behind it is its own."""
    raw = _mapped(file)
    kept = raw.slice(0, max(len(raw) - _END, 0))
    if _checksum(kept) != raw.slice(len(kept)).to_pybytes():
        raise ValueError(f"{file.name} is damaged")
    stream, parts = pa.BufferReader(kept), []
    while stream.tell() < len(kept):
        table = ipc.open_stream(stream).read_all()
        parts.append((json.loads(table.schema.metadata[b"told"]), table.replace_schema_metadata(None)))
    return parts


def _checksum(raw: pa.Buffer) -> bytes:
    """CRC-32 over the sums of the 64-bit words, piece by piece: finds damage at the speed of memory."""
    words = np.frombuffer(raw, "<u8", len(raw) // 8)
    sums = np.add.reduceat(words, np.arange(0, len(words), _PIECE))
    return b"%08x" % zlib.crc32(sums.tobytes() + raw.slice(8 * len(words)).to_pybytes())


def _of_reports(reports: Sequence[Report], paths: Sequence[Path]) -> Parts:
    return [((paths.index(report.path), report.facts()), report.arrow) for report in reports]


def _reports(parts: Parts, paths: Sequence[Path]) -> tuple[Report, ...]:
    return tuple(Report.with_facts(paths[place], table, facts) for (place, facts), table in parts)


def _of_reading(reading: Reading, paths: Sequence[Path]) -> Parts:
    warnings = [one.to_json() for one in reading.warnings]
    return [*_of_reports(reading.reports, paths), (warnings, as_arrow(reading.orders))]


def _reading(parts: Parts, paths: Sequence[Path]) -> Reading:
    *reports, (warnings, orders) = parts
    return Reading(as_frame(orders), _reports(reports, paths), tuple(map(Told.from_json, warnings)))
