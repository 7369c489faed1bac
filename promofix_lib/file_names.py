"""Names of files and cases: what every system takes, and what came from outside made harmless.

Standard library only: set-up needs it before anything is installed.
"""

from __future__ import annotations

import re
from pathlib import Path

from promofix_lib.errors import CaseError

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = {
    "con", "prn", "aux", "nul", "conin$", "conout$",
    *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"),
}  # fmt: skip
_LONGEST_NAME = 255
_LETTERS = 90  # of a file's name: Windows allows 260 for its whole path
_NAME_BYTES = 200  # most systems allow 255, and a number or an ending may still be put behind


def checked_case_name(name: str) -> str:
    """The name, if a folder can be called so on every system.

    Raises
    ------
    CaseError
        A name that is none, with an example of a good one.

    Examples
    --------
    >>> checked_case_name("2026-11-headphones")
    '2026-11-headphones'
    """
    if not is_plain_name(name) or name.startswith(".") or len(name) > 80 or len(name.encode()) > _NAME_BYTES:
        raise CaseError("places.no_case_name", name=name)
    return name


def is_plain_name(name: str) -> bool:
    """Whether a file can be called so on every system, and the name leads nowhere else.

    >>> is_plain_name("AllOrders.txt"), is_plain_name(".."), is_plain_name("C:evil"), is_plain_name("con.txt")
    (True, False, False, False)
    """
    plain = name == name.strip() and name.rstrip(". ") == name and not _FORBIDDEN.search(name)
    short = 0 < len(name.encode("utf-8", "replace")) <= _LONGEST_NAME
    return plain and short and not _is_reserved(name)


def _is_reserved(name: str) -> bool:
    return name.split(".")[0].rstrip().lower() in _RESERVED  # of a device on Windows, whatever the ending


def is_finished(name: str) -> bool:
    """Whether a file of this name is one to read: no download that still runs, no lock file, nothing hidden.

    Examples
    --------
    >>> [is_finished(name) for name in ("a.txt", "a.txt.part", "~$a.xlsx", ".a.txt", "A.CRDOWNLOAD")]
    [True, False, False, False, False]
    """
    return not name.startswith(("~$", ".")) and not name.lower().endswith((".part", ".crdownload", ".download", ".tmp"))


def safe_file_name(name: str) -> str:
    """The last part of a name that came from outside, with nothing in it that leads elsewhere.

    Examples
    --------
    >>> safe_file_name("../../buyers:1.xlsx"), safe_file_name("con.txt")
    ('buyers_1.xlsx', '_con.txt')
    """
    last = name.encode("utf-8", "replace").decode().replace("\\", "/").rsplit("/", 1)[-1]
    plain = " ".join(_FORBIDDEN.sub("_", last).split()).strip(". ")[-_LETTERS:].lstrip()
    while len(plain.encode()) > _NAME_BYTES:  # the ending says what it is, so the beginning goes
        plain = plain[1:].lstrip()
    return f"_{plain}" if not plain or _is_reserved(plain) or plain[0] in ".~" else plain


def free_name(folder: Path, name: str) -> Path:
    """The path for a new file of that name; numbered when the name is taken."""
    stem, dot, suffix = name.partition(".")
    candidates = (folder / (name if n == 1 else f"{stem}-{n}{dot}{suffix}") for n in range(1, 10_000))
    return next(path for path in candidates if not path.exists())
