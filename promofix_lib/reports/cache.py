"""What was read once, kept so that it opens at once: keyed by content, name and reader; rebuilt when damaged."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather

from promofix_lib.reports.order_rows import as_arrow, as_frame
from promofix_lib.reports.report import Lack, Quarantined, Report


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
    return f"{_sha256(path, folder)[:40]}-{hashlib.sha256(path.name.encode()).hexdigest()[:8]}-{_reader()}"


def _sha256(path: Path, folder: Path) -> str:
    """Of the file's content; a file that nobody has touched since is not read again for it."""
    about = path.stat()
    stamp = f"{path.resolve()} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns} {about.st_ino}"
    note = folder / f"{hashlib.sha256(stamp.encode()).hexdigest()[:40]}.sha256"
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
def _reader() -> str:
    """A short name of this version of the reader: other code, other cache."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
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
    raw = file.read_bytes()
    if f"{zlib.crc32(raw):08x}" != file.stem.rsplit("-", 1)[-1]:
        raise ValueError(f"{file.name} is damaged")
    table = feather.read_table(pa.BufferReader(raw), memory_map=False)
    facts = json.loads(table.schema.metadata[b"report"])
    facts["quarantined"] = tuple(Quarantined(**line) for line in facts["quarantined"])
    facts["lacks"] = tuple(Lack(**lack) for lack in facts["lacks"])
    for name in ("ignored_columns", "warnings"):
        facts[name] = tuple(facts[name])
    count = facts.pop("count")
    return Report(path=path, table=as_frame(table.replace_schema_metadata(None)), **facts), int(count)


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
    table = as_arrow(report.table).replace_schema_metadata({b"report": json.dumps(_facts(report, count)).encode()})
    temporary = folder / f"{key}-{os.getpid()}.part"
    feather.write_feather(table, str(temporary), compression="uncompressed")
    check = 0
    with temporary.open("rb") as file:
        while block := file.read(1 << 20):
            check = zlib.crc32(block, check)
    temporary.replace(folder / f"{key}-{check:08x}.arrow")


def _facts(report: Report, count: int) -> dict[str, Any]:
    facts = {field.name: getattr(report, field.name) for field in fields(report) if field.name not in ("path", "table")}
    facts["quarantined"] = [asdict(line) for line in report.quarantined]
    facts["lacks"] = [asdict(lack) for lack in report.lacks]
    return {**facts, "count": count}
