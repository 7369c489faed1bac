"""Names and bytes of files in a case folder: safe, free, whole, and known by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import time
from functools import lru_cache
from pathlib import Path

from promofix_lib.errors import CaseError

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}


def checked_case_name(name: str) -> str:
    """The name, if a folder can be called so on every system.

    Raises
    ------
    CaseError
        A name that is none, with an example of a good one.
    """
    bad = _FORBIDDEN.search(name) or not name.strip(". ") or name.split(".")[0].lower() in _RESERVED or len(name) > 80
    if bad or name != name.strip() or name.startswith("."):
        raise CaseError(
            f"{name!r} cannot be a case name. Use up to 80 letters, digits and hyphens, for example 2026-11-headphones."
        )
    return name


def safe_file_name(name: str) -> str:
    """The last part of a name that came from outside, with nothing in it that leads elsewhere.

    Examples
    --------
    >>> safe_file_name("../../buyers:1.xlsx"), safe_file_name("con.txt")
    ('buyers_1.xlsx', '_con.txt')
    """
    plain = _FORBIDDEN.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")[-120:]
    return f"_{plain}" if not plain or plain.split(".")[0].lower() in _RESERVED else plain


def free_name(folder: Path, name: str) -> Path:
    """The path for a new file of that name; numbered when the name is taken."""
    stem, dot, suffix = name.partition(".")
    candidates = (folder / (name if n == 1 else f"{stem}-{n}{dot}{suffix}") for n in range(1, 10_000))
    return next(path for path in candidates if not path.exists())


def content(path: Path) -> bytes:
    """The bytes of a file that the seller named.

    Raises
    ------
    CaseError
        A file that cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CaseError(
            f"{path}: the file cannot be read ({error.strerror}). Check the name and the folder."
        ) from error


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex; worked out again when the file's time or size changed."""
    facts = path.stat()
    return _digest(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=256)  # every look at the orders asks for the digests of all reports
def _digest(path: Path, _changed: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old content or the new, never half of it."""
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:  # a full disk: nothing half-written stays
        draft.unlink(missing_ok=True)
        raise
    for attempt in range(5):
        try:
            draft.replace(path)
        except PermissionError:  # Windows, while a virus scanner or a sync client holds the old file
            if attempt == 4:
                raise
            time.sleep(0.1 * 2**attempt)
        else:
            return
