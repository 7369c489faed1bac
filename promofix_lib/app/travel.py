"""A case on its way to another computer: one file, each part with its fingerprint, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import stat
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from promofix_lib.case.case import Case
from promofix_lib.case.journal import NAME, Journal
from promofix_lib.case.records import ExportRecord
from promofix_lib.errors import CaseError
from promofix_lib.export.cancellation import Withheld
from promofix_lib.file_names import checked_case_name, free_name, is_plain_name
from promofix_lib.places import (
    DRAFTS,
    cases_folder,
    keep_private,
    private_folder,
    sha256,
    sweep,
    trouble_of_case_told,
    trouble_told,
    whole,
)
from promofix_lib.plain import Record, Shown
from promofix_lib.purge.removal import planned, without_buyers
from promofix_lib.purge.search import Searcher
from promofix_lib.say import Told, say, told

LIST = "promofix-case.json"
"""Member that names the others, each with its SHA-256."""

_VERSION = 1
_STEP = 1 << 20
_MOST_FILES = 20_000
_TRAP = 64 << 20
_RATIO = 250
"""What unpacks to more than `_TRAP` bytes and `_RATIO` times its size is a trap: reports shrink 5 to 40 times."""


@dataclass(frozen=True)
class _Listed(Record):
    """What `LIST` holds."""

    format: Literal["promofix case, packed"]
    version: int
    name: str
    packed_at: datetime
    without_buyers: bool
    files: Mapping[str, str]


@dataclass(frozen=True)
class Packed(Shown):
    """A case in one file: how many of its files, and those that stayed behind, each with why."""

    file: Path
    case: str
    files: int
    without_buyers: bool
    left_out: tuple[Withheld, ...]

    def text(self) -> str:
        """Where the file is, what stayed behind, and whether buyers are in it."""
        said = [say("app.packed", file=str(self.file), n=self.files)]
        said += [say("app.left_behind", what=one.what, why=one.why) for one in self.left_out]
        said.append(say("app.packed_without_buyers" if self.without_buyers else "app.packed_with_buyers"))
        return "\n".join(said)


@trouble_of_case_told
def pack(case: Case, folder: Path, *, without: bool = False, now: datetime | None = None) -> Packed:
    """The case as one file in a folder; the case itself stays as it is.

    The journal is copied by SQLite itself, so that a case in which somebody works is packed whole.

    Parameters
    ----------
    case : Case
    folder : Path
        Where the file is laid.
    without : bool
        Leave out whatever holds buyers' data, as `purge` knows it, and clean the copy of the journal.
    now : datetime with a zone, optional
        The present by default.

    Raises
    ------
    CaseError
        A file that can not be read or written; no half of a file is left.
    """
    moment = now or datetime.now(UTC)
    target = free_name(folder, f"{case.name}-{moment:%Y-%m-%dT%H%M%S}.promofix.zip")
    searcher, stays = _without_buyers(case) if without else (None, {})
    taken, left_out = [], []
    for path in _files(case.folder):
        name = path.relative_to(case.folder).as_posix()
        why = next((why for gone, why in stays.items() if path.is_relative_to(gone)), None)
        if searcher and searcher.without(name, "") != name:
            why = told("app.holds_buyers")
        if not all(map(is_plain_name, name.split("/"))):
            why = told("app.no_plain_name")
        left_out.append(Withheld(Told(name), why)) if why else taken.append((name, path))
    with trouble_told(target), _scratch(target.parent, ".pack-") as scratch, whole(target) as draft:
        copy = Journal(scratch, lambda: moment)
        case.journal.copy(copy.path)
        if searcher:
            copy.clean(lambda _kind, facts: without_buyers(facts, searcher), {"packed": True})
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as package:
            digests = {name: _added(package, name, path) for name, path in [(NAME, copy.path), *taken]}
            listed = _Listed("promofix case, packed", _VERSION, case.name, moment, without, digests)
            package.writestr(LIST, json.dumps(listed.to_json(), ensure_ascii=False, indent=1))
    return Packed(target, case.name, len(digests), without, tuple(left_out))


def unpack(file: Path, name: str = "") -> Case:
    """A packed case laid into the cases folder.

    Parameters
    ----------
    file : Path
        As `pack` wrote it.
    name : str
        Of the case here; the one it had by default.

    Raises
    ------
    CaseError
        A file that is none of `pack` or not as it was packed, a case of that name that is here already. Nothing is
        left then.
    """
    keep_private()
    private_folder(cases_folder())
    with _opened(file) as (package, listed):
        target = cases_folder() / checked_case_name(name or listed.name)
        if target.exists():
            raise CaseError("app.case_is_there", folder=target)
        with trouble_told(target), _scratch(cases_folder(), ".unpack-") as scratch:
            draft = private_folder(scratch / "case")
            for member, digest in listed.files.items():
                package.extract(member, draft)
                if sha256(draft / member) != digest:
                    raise _none(file, "app.pack_changed", name=member)
            Journal(draft, lambda: listed.packed_at).check()
            draft.rename(target)
    return Case.existing(target)


# -- packing ----------------------------------------------------------------------------------------------------------


def _without_buyers(case: Case) -> tuple[Searcher, dict[Path, Told]]:
    """Who finds the buyers of a case, and what stays behind for their sake: what is shut, too, unless it is ours."""
    plan, searcher = planned(case)
    ours = {digest for record in case.journal.records(ExportRecord) for digest in record.files.values()}
    shut = [path for path in plan.shut if sha256(path) not in ours]
    why = told("app.holds_buyers")
    return searcher, {**dict.fromkeys(plan.removed, why), **dict.fromkeys(shut, told("app.cannot_look"))}


def _files(folder: Path) -> Iterator[Path]:
    """The files of a case but its journal, hidden ones, the cache and what a link leads to."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        ours = parts[0] in ("cache", LIST) or ".db" in parts[0]
        hidden = any(part.startswith((".", "~$")) for part in parts)
        if not ours and not hidden and path.is_file() and not path.is_symlink():
            yield path


@contextmanager
def _scratch(folder: Path, begins: str) -> Iterator[Path]:
    """A private folder that is gone afterwards; what a killed process left goes with it."""
    sweep(folder, (f"{begins}*", DRAFTS))
    with tempfile.TemporaryDirectory(prefix=begins, dir=folder, ignore_cleanup_errors=True) as scratch:
        yield Path(scratch)


def _added(package: zipfile.ZipFile, name: str, path: Path) -> str:
    digest = hashlib.sha256()
    with trouble_told(path), path.open("rb") as source, package.open(name, "w", force_zip64=True) as member:
        while piece := source.read(_STEP):
            digest.update(piece)
            member.write(piece)
    return digest.hexdigest()


# -- unpacking --------------------------------------------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, _Listed]]:
    try:
        with zipfile.ZipFile(file) as package:
            yield package, _looked_through(package, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise _none(file, "app.pack_no_zip", why=str(error)) from error
    except OSError as error:
        raise CaseError("places.unreadable", file=file, why=error.strerror or str(error)) from error


def _looked_through(package: zipfile.ZipFile, file: Path) -> _Listed:
    """The list of a packed case, once everything that it names is known to be harmless."""
    members = {member.filename: member for member in package.infolist()}
    sizes = [(one.file_size, one.compress_size) for one in members.values()]
    sizes.append((sum(size for size, _ in sizes), file.stat().st_size))
    if len(members) > _MOST_FILES or any(size > _TRAP and size > _RATIO * packed for size, packed in sizes):
        raise _none(file, "app.pack_trap", n=sizes[-1][0] >> 20)
    names = Counter(member.filename.casefold() for member in package.infolist())
    for name, member in members.items():
        plain = all(map(is_plain_name, name.split("/"))) and names[name.casefold()] == 1
        kind = stat.S_IFMT(member.external_attr >> 16)
        known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not member.flag_bits & 1
        if not plain or kind not in (0, stat.S_IFREG) or not known:
            raise _none(file, "app.pack_odd", name=name)
    try:
        facts = dict(json.loads(package.read(LIST)))
        listed = None if facts["version"] > _VERSION else _Listed.from_json(facts)
    except (CaseError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise _none(file, "app.pack_list", name=LIST) from error
    if listed is None:
        raise CaseError("case.newer", file=file, found=facts["version"], known=_VERSION)
    if odd := sorted({NAME, LIST, *listed.files} ^ members.keys()):
        raise _none(file, "app.pack_list", name=odd[0])
    return listed


def _none(file: Path, key: str, /, **facts: Any) -> CaseError:
    return CaseError("app.no_packed_case", file=file, why=told(key, **facts))
