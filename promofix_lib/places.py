"""Where things lie and how they are kept: private folders, whole files, trouble told in one sentence.

Standard library only: set-up needs it before anything is installed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

from promofix_lib.errors import CaseError

F = TypeVar("F", bound=Callable[..., Any])

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parent
_BROUGHT = PACKAGE / "brought"  # by a wheel; a clone has the same beside the package
FROM_WHEEL = _BROUGHT.is_dir()
SAMPLE = (_BROUGHT if FROM_WHEEL else PROJECT) / "data" / "sample"
NOTEBOOKS = (_BROUGHT if FROM_WHEEL else PROJECT) / "notebooks"
PAGES_LIST = ".promofix-pages.json"
"""What marks a folder into which ``promofix open`` has laid the notebooks."""
SERVED = "PROMOFIX_SERVED"
"""Variable that tells a page's kernel where the server of ``promofix open`` gives out the files of exports."""

_SYNCHRONISERS = re.compile(
    r"^(?:onedrive|dropbox|google ?drive|my drive$|icloud|mobile documents$|cloudstorage$|box sync|nextcloud|owncloud|"
    r"syncthing|synologydrive|nutstore|baidusyncdisk|pcloud|megasync)|坚果云|百度网盘|wps云盘|阿里云盘|微云|云端硬盘",
    re.IGNORECASE,
)
_TABLES = (("many-accounts", "scan.html"), ("many-accounts", "scan.csv"))
_MOUNTS = Path("/proc/self/mounts")
_FAR_AWAY = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "davfs", "fuse.rclone", "afs")


# -- places -----------------------------------------------------------------------------------------------------------


def seller_folder() -> Path:
    """Where the seller's pages and cases are: around this folder, if ``promofix open`` laid them there, else the clone.

    Without a clone it is ``promofix`` at home.
    """
    with suppress(OSError):  # the folder in which the terminal stands may be gone
        here = Path.cwd()
        if laid := next((one for one in (here, *here.parents) if (one / PAGES_LIST).is_file()), None):
            return laid
    return Path.home() / "promofix" if FROM_WHEEL else PROJECT


def cases_folder() -> Path:
    """Where cases live: PROMOFIX_CASES, else ``data/cases`` of the clone, else ``cases`` in the seller's folder."""
    if named := os.environ.get("PROMOFIX_CASES"):
        return Path(named)
    home = seller_folder()
    return home / "data" / "cases" if home == PROJECT else home / "cases"


def exported(path: Path) -> str:
    """Where a file of an export, or the table of many accounts, lies below the cases folder; empty for any other file.

    Examples
    --------
    >>> exported(cases_folder() / "night/exports/now/buyers.xlsx"), exported(cases_folder() / "night/case.db")
    ('night/exports/now/buyers.xlsx', '')
    """
    place, cases = path.resolve(), cases_folder().resolve()
    parts = place.relative_to(cases).parts if place.is_relative_to(cases) else ()
    given = len(parts) > 3 and parts[1] == "exports"
    return "/".join(parts) if given or parts in _TABLES else ""


def sample_reports() -> tuple[Path, ...]:
    """The sample reports that came with promofix."""
    return tuple(sorted(path for path in SAMPLE.glob("*") if path.suffix in (".txt", ".xml")))


def synchronised(folder: Path) -> bool:
    """Whether a folder lies where a program copies it to other computers, or on another computer, by its path.

    Examples
    --------
    >>> synchronised(Path("/home/me/OneDrive - Lumen/cases/night")), synchronised(Path("/home/me/cases"))
    (True, False)
    """
    names = [part for place in (folder.absolute(), folder.resolve()) for part in place.parts]
    return any(map(_SYNCHRONISERS.search, names)) or _is_far_away(folder.resolve())


def _is_far_away(place: Path) -> bool:
    """Whether a folder lies on a drive of the network, as far as the system tells."""
    if os.name == "nt":
        import ctypes

        remote = 4  # DRIVE_REMOTE
        return place.anchor.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(place.anchor) == remote  # type: ignore[attr-defined,unused-ignore]
    try:
        mounts = [line.split(" ") for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return False
    around = [(len(at), kind) for _, at, kind, *_ in mounts if place.is_relative_to(at.replace("\\040", " "))]
    return max(around, default=(0, ""))[1] in _FAR_AWAY


def to_install(extra: str) -> str:
    """What is typed to add the packages of an extra to the running Python: a clone is in no index, uv brings no pip."""
    what = f'"promofix[{extra}]"' if FROM_WHEEL else f'-e "{PROJECT}[{extra}]"'
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f"{python} -m pip install {what}" if find_spec("pip") else f"uv pip install --python {python} {what}"


# -- files ------------------------------------------------------------------------------------------------------------


def private_folder(path: Path) -> Path:
    """A folder that only its owner looks into, made with those above it; one that is there stays as it is.

    Raises
    ------
    CaseError
        It cannot be made.
    """
    with trouble_told(path):
        missing = [one for one in (path, *path.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    return path


def keep_private() -> None:
    """What this process makes from now on is for its owner's eyes: folders 0700, files 0600."""
    os.umask(0o077)


def content(path: Path) -> bytes:
    """The bytes of a file that the seller named.

    Raises
    ------
    CaseError
        A file that cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise CaseError("places.unreadable", file=path, why=_why(error)) from error


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


DRAFTS = ".promofix-*.new"
"""What files are called while they are being written."""


@contextmanager
def whole(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """A draft, private to its owner, that takes a file's place at the end: a reader never sees half of it.

    Parameters
    ----------
    path : Path
        Of the file.
    replace : bool
        False: a file that has come there meanwhile stays.

    Raises
    ------
    CaseError
        A full disk, a folder that is gone or read-only; the old file stays and no draft beside it.
    """
    with trouble_told(path):
        handle, name = tempfile.mkstemp(prefix=".promofix-", suffix=".new", dir=path.parent)  # mode 0600
        os.close(handle)
        draft = Path(name)
        try:
            yield draft
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            (_replace if replace else _put)(draft, path)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by these bytes, as `whole` does."""
    with whole(path) as draft:
        draft.write_bytes(content)


def sweep(folder: Path, patterns: Iterable[str], older_than: float = 3600) -> None:
    """Remove what was left half made when a process was killed: drafts that nobody has touched for so many seconds."""
    with suppress(OSError):  # what can not be swept now is swept when it is opened next
        for path in [path for pattern in patterns for path in folder.glob(pattern)]:
            if time.time() - path.stat().st_mtime > older_than:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def _put(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except OSError:  # it has come there meanwhile, or a file system without links
        if not path.exists():
            draft.rename(path)


def _replace(draft: Path, path: Path) -> None:
    for pause in (0.1, 0.2, 0.4, 0.8) if os.name == "nt" else ():
        with suppress(PermissionError):  # while a virus scanner or a sync client holds the old file
            draft.replace(path)
            return
        time.sleep(pause)
    draft.replace(path)


# -- trouble ----------------------------------------------------------------------------------------------------------

_BY_ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "places.disk_full"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "places.not_allowed"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.ESTALE), "places.gone"),
    errno.ENAMETOOLONG: "places.name_too_long",
}
_BY_SQLITE = {
    sqlite3.SQLITE_FULL: "places.disk_full",
    **dict.fromkeys((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN), "places.not_allowed"),
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), "places.busy"),
    sqlite3.SQLITE_IOERR: "places.disk_trouble",
}


@contextmanager
def trouble_told(path: Path) -> Iterator[None]:
    """Turn what the system or SQLite says about a file into one sentence with what to do.

    Raises
    ------
    CaseError
        In place of `OSError` and `sqlite3.Error`.

    Examples
    --------
    >>> with trouble_told(Path("case.db")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
    promofix_lib.errors.CaseError: case.db: the disk is full. ...
    """
    try:
        yield
    except OSError as error:
        key = _BY_ERRNO.get(error.errno or 0, "places.disk_trouble")
        raise CaseError(key, file=path, why=_why(error)) from error
    except sqlite3.Error as error:
        key = _BY_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "places.damaged")
        gone = key == "places.not_allowed" and not path.exists()
        raise CaseError("places.gone" if gone else key, file=path, why=str(error)) from error


def trouble_of_case_told(act: F) -> F:
    """The same function of a case, with `trouble_told` of its folder around it: for what writes many files."""

    @wraps(act)
    def told(case: Any, *args: Any, **named: Any) -> Any:
        with trouble_told(case.folder):
            return act(case, *args, **named)

    return cast("F", told)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
