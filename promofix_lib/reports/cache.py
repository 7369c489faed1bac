"""What was read once, kept so that it opens at once: keyed by content, name and reader; rebuilt when damaged."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import fields
from functools import cache
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import feather, ipc

from promofix_lib.reports.kinds import own_files
from promofix_lib.reports.order_rows import as_arrow, as_frame
from promofix_lib.reports.report import Lack, Quarantined, Report
from promofix_lib.say import Told

_PIECE = 1 << 18  # bytes: still in the processor's cache when their checksum is worked out
_CHUNK = 1 << 16  # rows of a column with one value: the same few bytes serve all of its chunks


def cached(path: Path, folder: Path, read: Callable[[], tuple[Report, ...]]) -> tuple[Report, ...]:
    """The reports in a file, from the cache if they are there, else read and put there.

    Parameters
    ----------
    path : Path
        The file.
    folder : Path
        Where the cache is kept; made when it is not there. It holds buyers' data, like the reports.
    read : callable
        Reads the file.
    """
    key = _key(path, folder)
    known = _known(path, folder, key)
    if known is not None:
        return known
    reports = read()
    _keep(reports, folder, key)
    return reports


def _key(path: Path, folder: Path) -> str:
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]
    return f"{_sha256(path, folder)[:40]}-{name}-{_reader(own_files())}"


def _sha256(path: Path, folder: Path) -> str:
    """Of the file's content; a file that nobody has touched since is not read again for it."""
    about = path.stat()
    stamp = f"{path.resolve()} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"
    note = folder / f"{hashlib.sha256(os.fsencode(stamp)).hexdigest()[:40]}.sha256"
    try:
        known = note.read_text("ascii")
    except (OSError, ValueError):
        known = ""
    if re.fullmatch("[0-9a-f]{64}", known):
        return known
    with path.open("rb", buffering=0) as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(found, "ascii")
    return found


@cache
def _reader(own: tuple[tuple[str, int, int], ...]) -> str:
    """A short name of this version of the reader: other code or other kinds of report, other cache."""
    digest = hashlib.sha256(repr(own).encode("utf-8", "surrogateescape"))
    for source in sorted([*Path(__file__).parent.glob("*.py"), *Path(__file__).parent.glob("*.toml")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:8]


def _known(path: Path, folder: Path, key: str) -> tuple[Report, ...] | None:
    try:
        reports = [_opened(path, file) for file in sorted(folder.glob(f"{key}-*.arrow"))]
        count = {count for _, count in reports}
        return tuple(report for report, _ in reports) if count == {len(reports)} else None
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
        return None  # damaged: it is read again


def _opened(path: Path, file: Path) -> tuple[Report, int]:
    table = feather.read_table(pa.BufferReader(_checked(file)), memory_map=False)
    facts = json.loads(table.schema.metadata[b"report"])
    facts["quarantined"] = tuple(
        Quarantined(line, Told.from_json(why), text) for line, why, text in facts["quarantined"]
    )
    facts["lacks"] = tuple(Lack(key, Told.from_json(what), Told.from_json(how)) for key, what, how in facts["lacks"])
    facts["ignored_columns"] = tuple(facts["ignored_columns"])
    for name in ("warnings", "passed_over"):
        facts[name] = tuple(map(Told.from_json, facts[name]))
    count = facts.pop("count")
    return Report(path=path, table=as_frame(_whole(table)), **facts), int(count)


def _checked(file: Path) -> pa.Buffer:
    """The file's bytes, if their checksum is the one in its name."""
    # fresh memory is what opening costs; the system's own is the cheapest to get
    raw = pa.allocate_buffer(file.stat().st_size, memory_pool=pa.system_memory_pool())
    with file.open("rb") as stream:
        check = _checksum(_pieces(stream, memoryview(raw)))
    if check != file.stem.rsplit("-", 1)[-1]:
        raise ValueError(f"{file.name} is damaged")
    return raw


def _pieces(stream: IO[bytes], room: memoryview) -> Iterator[memoryview]:
    at = 0
    while got := cast("BufferedReader", stream).readinto(room[at : at + _PIECE]):
        yield room[at : at + got]
        at += got


def _checksum(pieces: Iterable[bytes | memoryview]) -> str:
    """CRC-32 over the sum of the 64-bit words of each piece: finds damage at the speed of memory."""
    check = 0
    for piece in pieces:
        words = np.frombuffer(piece, "<u8", len(piece) // 8)
        rest = bytes(piece[8 * len(words) :])
        check = zlib.crc32(b"%d %d " % (len(piece), words.sum()) + rest, check)
    return f"{check:08x}"


def _keep(reports: tuple[Report, ...], folder: Path, key: str) -> None:
    """Write the cache; a folder that cannot be written to only means that the file is read again next time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{key.rpartition('-')[0]}-*.arrow"):
            old.unlink()  # damaged, or written by another version of the reader
        for number, report in enumerate(reports):
            _write(report, folder, f"{key}-{number:03d}", len(reports))
    except OSError:
        return


def _write(report: Report, folder: Path, key: str, count: int) -> None:
    table = _slim(as_arrow(report.table), {b"report": json.dumps(_facts(report, count)).encode()})
    temporary = folder / f"{key}-{os.getpid()}.part"
    feather.write_feather(table, str(temporary), compression="uncompressed")
    with temporary.open("rb") as file:
        check = _checksum(iter(lambda: file.read(_PIECE), b""))
    temporary.replace(folder / f"{key}-{check}.arrow")


def _slim(table: pa.Table, facts: dict[bytes, bytes]) -> pa.Table:
    """Without the columns that hold one value throughout or repeat another column; `_whole` puts them back.

    Examples
    --------
    >>> table = pa.table({"order_id": ["A", "B"], "merchant_order_id": ["A", "B"], "currency": ["USD", "USD"]})
    >>> _slim(table, {}).column_names, _whole(_slim(table, {})).equals(table)
    (['order_id'], True)
    """
    same = [name for name in table.column_names if _is_one_value(table[name])]
    sources = {name: _source(table, name) for name in table.column_names if name not in same}
    kept = table.select([name for name, source in sources.items() if name == source])
    told = {"rows": table.num_rows, "sources": sources}
    first = _packed(table.slice(0, 1).replace_schema_metadata(None))
    return kept.replace_schema_metadata({**facts, b"first": first, b"columns": json.dumps(told).encode()})


def _is_one_value(cells: pa.ChunkedArray) -> bool:
    if cells.null_count or not len(cells) or pa.types.is_list(cells.type):
        return cells.null_count == len(cells)
    return cells[0] == cells[-1] and bool(pc.all(pc.equal(cells, cells[0])).as_py())


def _source(table: pa.Table, name: str) -> str:
    return next(other for other in table.column_names if other == name or _repeats(table[other], table[name]))


def _repeats(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    return bool(one.type == other.type and one[0] == other[0] and one.nbytes == other.nbytes and one.equals(other))


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _whole(table: pa.Table) -> pa.Table:
    """The table that `_slim` was given. Columns that repeat each other share their memory: Arrow never changes it."""
    told = json.loads(table.schema.metadata[b"columns"])
    first = ipc.open_stream(table.schema.metadata[b"first"]).read_all()
    sources = told["sources"]
    cells = [
        table[sources[name]] if name in sources else _one_value(first[name], told["rows"])
        for name in first.column_names
    ]
    return pa.table(cells, schema=first.schema)


def _one_value(first: pa.ChunkedArray, rows: int) -> pa.ChunkedArray:
    if not rows:
        return first
    chunk = pa.repeat(first[0], min(rows, _CHUNK))
    return pa.chunked_array([chunk.slice(0, min(rows - at, _CHUNK)) for at in range(0, rows, _CHUNK)])


def _facts(report: Report, count: int) -> dict[str, Any]:
    facts = {field.name: getattr(report, field.name) for field in fields(report) if field.name not in ("path", "table")}
    facts["quarantined"] = [(line.line, line.reason.to_json(), line.text) for line in report.quarantined]
    facts["lacks"] = [(lack.key, lack.what.to_json(), lack.how_to_get_it.to_json()) for lack in report.lacks]
    for name in ("warnings", "passed_over"):
        facts[name] = [sentence.to_json() for sentence in getattr(report, name)]
    return {**facts, "count": count}
