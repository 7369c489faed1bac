"""The journal: ``case.db``, SQLite, one row for each thing that was decided, handed over or answered."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast
from urllib.parse import quote

from promofix_lib.case.decisions import Story
from promofix_lib.case.records import Entry, New
from promofix_lib.errors import CaseError
from promofix_lib.places import trouble_told, whole
from promofix_lib.plain import Record, plain
from promofix_lib.say import told

NAME = "case.db"
VERSION = 1
CLEANED = "cleaned"
"""Kind of the entry that says: older entries were changed in place (buyers' data taken out)."""

_WAIT = 60.0  # seconds for which a notebook waits while others write; a write takes a few milliseconds
_SETTLED = 5_000_000_000  # nanoseconds: two writes within a tick of the coarsest file clock have the same time
_SELECT = "SELECT id, at, kind, hand, facts FROM entry WHERE id >= ? ORDER BY id"
_SCHEMA = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, kind TEXT NOT NULL, hand TEXT NOT NULL, facts TEXT NOT NULL
)"""

Row = tuple[datetime, str, str, Mapping[str, Any]]
"""Time, kind, hand and facts."""
Rec = TypeVar("Rec", bound=Record)


@dataclass
class _Taken:
    """What a process has read of the file: the rows, what they add up to, the last one as it stands there."""

    state: Story = field(default_factory=Story)
    entries: list[Entry] = field(default_factory=list)
    records: dict[str, list[Record]] = field(default_factory=dict)
    last: tuple[Any, ...] = (0,)
    stamp: tuple[int, int, int] | None = None


class Journal:
    """``case.db`` of a case folder: rows are added, read once per process, and never rewritten but by `clean`.

    The connection is closed after each call. Several processes may write: each write is made under SQLite's own lock,
    on what is in the file then.

    Parameters
    ----------
    folder : Path
        The case.
    clock : callable
        Gives the present time, with a zone.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.path = folder / NAME
        self._clock = clock
        self._lock = RLock()
        self._held = 0
        self._taken = _Taken()

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> Story:
        """What all rows add up to now, also those of other processes."""
        return self._now().state

    @property
    def revision(self) -> int:
        """Number of the last row: it grows with every change."""
        return int(self._now().last[0])

    def entries(self, kind: str = "") -> tuple[Entry, ...]:
        """Rows of one kind, or all, oldest first."""
        return tuple(entry for entry in self._now().entries if kind in ("", entry.kind))

    def records(self, of: type[Rec]) -> tuple[Rec, ...]:
        """Records of one kind, oldest first, each read once."""
        with self._lock:
            entries, known = self.entries(of.entry), self._taken.records.setdefault(of.entry, [])
            known += [of.from_json(entry.facts) for entry in entries[len(known) :]]
            return cast("tuple[Rec, ...]", tuple(known))

    def check(self) -> None:
        """Look through the whole file once.

        Raises
        ------
        CaseError
            It is damaged, no journal of promofix, or a newer promofix wrote it.
        """
        with self._lock, self._opened("BEGIN") as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise CaseError("places.damaged", file=self.path, why=found)
            self._catch_up(database)

    @contextmanager
    def still(self) -> Iterator[None]:
        """What is read inside is the state of one moment, the first, with what is written inside; others wait."""
        with self._lock:
            self._now()
            self._held += 1
            try:
                yield
            finally:
                self._held -= 1

    def _now(self) -> _Taken:
        with self._lock:
            if self._held and self._taken.entries:
                return self._taken
            stamp = None
            with suppress(OSError):  # reading it will say what is wrong
                about = self.path.stat()
                stamp = about.st_mtime_ns, about.st_size, about.st_ino
            if not stamp or stamp != self._taken.stamp or time.time_ns() - stamp[0] <= _SETTLED:
                with self._opened("BEGIN") as database:
                    self._catch_up(database)
                self._taken.stamp = stamp
            return self._taken

    def _catch_up(self, database: sqlite3.Connection) -> None:
        """Take in the rows that came since; all of them again when the file is another one or rows were cleaned."""
        rows = database.execute(_SELECT, self._taken.last[:1]).fetchall()
        if self._taken.entries and (rows[:1] != [self._taken.last] or any(row[2] == CLEANED for row in rows[1:])):
            self._taken = _Taken()
            rows = database.execute(_SELECT, self._taken.last).fetchall()
        for row in rows[1:] if self._taken.entries else rows:
            self._take_in(row)

    def _take_in(self, row: tuple[Any, ...]) -> Entry:
        number, at, kind, hand, text = row
        try:
            facts, moment = json.loads(text), datetime.fromisoformat(at)
            if not isinstance(facts, dict) or moment.tzinfo is None:
                raise ValueError(text[:80])
            entry = Entry(number, moment, kind, hand, facts)
            self._taken.state.apply(entry)
        except (CaseError, ValueError, TypeError, AttributeError, ArithmeticError, LookupError) as error:
            why = told(error.key, **error.facts) if isinstance(error, CaseError) else f"{type(error).__name__}: {error}"
            raise CaseError("case.entry", file=self.path, number=number, why=why) from error
        self._taken.entries.append(entry)
        self._taken.last = row
        return entry

    # -- writing ------------------------------------------------------------------------------------------------------

    def add(self, kind: str, facts: Mapping[str, Any], hand: str = "seller") -> Entry:
        """Write one row; it is on the disk when this comes back.

        Raises
        ------
        CaseError
            The disk is full, the folder gone or read-only, the file locked for a minute; nothing was written then.
        """
        return self.keep([(kind, facts)], hand)[0]

    def keep(self, entries: Iterable[New], hand: str = "seller") -> tuple[Entry, ...]:
        """Write rows in one go: all of them or none."""
        return self.decide(lambda _state: entries, hand)

    def decide(self, make: Callable[[Story], Iterable[New]], hand: str = "seller") -> tuple[Entry, ...]:
        """Write what `make` says, given the state as it is under the lock; nothing when it says nothing."""
        with self._lock, self._opened("BEGIN IMMEDIATE") as database:
            self._catch_up(database)
            return tuple(self._take_in(self._written(database, one, hand)) for one in make(self._taken.state))

    def _written(self, database: sqlite3.Connection, new: New, hand: str) -> tuple[Any, ...]:
        kind, facts = (new.entry, new) if isinstance(new, Record) else new
        return _insert(database, (self._clock(), kind, hand, plain(facts)))

    def clean(self, change: Callable[[str, Any], Any], facts: Mapping[str, Any]) -> int:
        """Change rows in place so that nothing of the old content stays in the file; for a purge only.

        Parameters
        ----------
        change : callable
            Given a row's kind and facts, gives the facts as they shall be.
        facts : dict
            Of the row that says it was done, written even when nothing changed.

        Returns
        -------
        int
            How many rows were changed.
        """
        with self._lock:
            with self._opened("BEGIN IMMEDIATE") as database:
                rows = database.execute("SELECT facts, kind, id FROM entry").fetchall()
                new = [(as_json(change(kind, json.loads(text))), number) for text, kind, number in rows]
                changed = [one for one, row in zip(new, rows, strict=True) if one[0] != row[0]]
                database.executemany("UPDATE entry SET facts = ? WHERE id = ?", changed)
                self._written(database, (CLEANED, {**facts, "rows": len(changed)}), "promofix")
            with self._opened("") as database:
                database.execute("VACUUM")
            self._taken = _Taken()
        return len(changed)

    def create(self, rows: Iterable[Row] = ()) -> None:
        """Make the file with its first rows: whole, private, or not at all.

        Where another process was quicker, its file stays.
        """
        with whole(self.path, replace=False) as draft, _connected(draft, "BEGIN IMMEDIATE") as database:
            database.execute(_SCHEMA)
            database.execute(f"PRAGMA user_version = {VERSION}")
            for row in rows:
                _insert(database, row)

    def copy(self, path: Path) -> None:
        """Lay a copy of the journal as it is at this moment into another file, also while others write into it."""
        with trouble_told(path):
            path.touch(0o600)
            with self._opened("") as database, _connected(path, "") as copy:
                database.backup(copy)

    # -- the file -----------------------------------------------------------------------------------------------------

    @contextmanager
    def _opened(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            with trouble_told(self.path), _connected(self.path, begin) as database:
                version = database.execute("PRAGMA user_version").fetchone()[0]
                if version > VERSION:
                    raise CaseError("case.newer", file=self.path, found=version, known=VERSION)
                if version < 1:
                    raise CaseError("places.damaged", file=self.path, why=f"user_version {version}")
                yield database
        except BaseException:
            self._taken = _Taken()  # rows taken in may not have been written, or only half of them were
            raise


@contextmanager
def _connected(path: Path, begin: str) -> Iterator[sqlite3.Connection]:
    """The file opened; what happens inside is one transaction if it begins with a word of SQL, else each statement."""
    place = path.absolute().as_posix()
    address = f"file://{'' if place.startswith('/') else '/'}{quote(os.fsencode(place))}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=_WAIT, isolation_level=None)) as database, database:
        for pragma in ("synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        database.execute(begin)
        yield database


def _insert(database: sqlite3.Connection, row: Row) -> tuple[Any, ...]:
    at, kind, hand, facts = row
    cells = (at.astimezone(UTC).isoformat(), kind, hand, as_json(facts))
    return database.execute("INSERT INTO entry (at, kind, hand, facts) VALUES (?, ?, ?, ?)", cells).lastrowid, *cells


def as_json(facts: Any) -> str:
    """Plain facts as compact JSON text."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
