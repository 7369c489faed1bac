"""Where the files of many accounts lie: folders on this machine, or behind an address that fsspec reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from promofix_lib.errors import CaseError
from promofix_lib.file_names import is_finished, safe_file_name
from promofix_lib.fleet.looking import finished_files
from promofix_lib.places import content, sha256, to_install, trouble_told

_TIMES = ("LastModified", "last_modified", "mtime", "created")  # as the systems behind fsspec call it


@dataclass(frozen=True)
class Account:
    """One account: its name, and where its files are (a folder here, or an address)."""

    name: str
    place: str

    @property
    def is_remote(self) -> bool:
        """Whether the files are behind an address."""
        return "://" in self.place

    def marks(self) -> list[tuple[str, str]]:
        """Its finished files, each with a mark that changes when its content does.

        Raises
        ------
        CaseError, OSError
            An address that does not answer, a file that cannot be read.
        """
        if not self.is_remote:
            return [(path.name, sha256(path)) for path in finished_files(Path(self.place))]
        with _behind(self.place) as (system, place):
            return [(name, str(system.ukey(name))) for name in _names(system, place, "file")]

    def files(self, room: Path) -> tuple[Path, ...]:
        """Its finished files, the oldest first: where they lie, or fetched into a room."""
        if not self.is_remote:
            return finished_files(Path(self.place))
        with _behind(self.place) as (system, place):
            names = _names(system, place, "file")
            here = [room / safe_file_name(PurePosixPath(name).name) for name in names]
            for name, path in zip(names, here, strict=True):
                system.get_file(name, str(path))
        return tuple(here)


def accounts_under(root: str) -> list[Account]:
    """The accounts of a root, by name.

    Raises
    ------
    CaseError
        No folder there, or no account in it.
    """
    if "://" in root:
        with _behind(root) as (system, place):
            places = [f"{root.partition(':')[0]}://{one.strip('/')}" for one in _names(system, place, "directory")]
    else:
        with trouble_told(Path(root)):
            places = [str(one.absolute()) for one in Path(root).iterdir() if one.is_dir()]
    found = [Account(Path(one).name, one) for one in places if not Path(one).name.startswith(".")]
    if not found:
        raise CaseError("fleet.no_accounts", root=root)
    return sorted(found, key=lambda one: one.name)


def text_beside(root: str, name: str) -> str:
    """What a file beside the accounts says; nothing where there is none."""
    if "://" in root:
        with _behind(f"{root.rstrip('/')}/{name}") as (system, place):
            text: bytes = system.cat_file(place) if system.exists(place) else b""
    else:
        text = content(Path(root, name)) if Path(root, name).is_file() else b""
    return text.decode("utf-8-sig")


@contextmanager
def _behind(address: str) -> Iterator[tuple[Any, str]]:
    """The system behind an address and the place in it; what it cannot do is one sentence."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise CaseError("fleet.needs_extra", command=to_install("cluster")) from error
    try:
        yield url_to_fs(address)
    except (OSError, ValueError, ImportError) as error:
        raise CaseError("fleet.no_answer", address=address, why=str(error)) from error


def _names(system: Any, place: str, kind: str) -> list[str]:
    """The files or the folders in a place, the oldest first as far as the system tells their times."""
    found = [one for one in system.ls(place, detail=True, refresh=True) if one["type"] == kind]
    found.sort(key=lambda one: (str(next((one[name] for name in _TIMES if name in one), "")), one["name"]))
    return [one["name"] for one in found if kind == "directory" or is_finished(PurePosixPath(one["name"]).name)]
