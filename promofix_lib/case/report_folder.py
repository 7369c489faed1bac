"""The reports of a case: kept as given, known by their content, not read again to know that they are the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from promofix_lib.case.journal import Journal
from promofix_lib.case.records import KeptReport
from promofix_lib.errors import CaseError
from promofix_lib.file_names import free_name, is_finished, safe_file_name
from promofix_lib.places import content, sha256, trouble_told, write_atomically

T = TypeVar("T")


class ReportFolder:
    """A folder with ``reports/`` in it, what its journal knows of them, and what is worked out of both once."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        """Use `Case.open`."""
        self.folder = folder
        self.journal = Journal(folder, clock)
        self._clock = clock
        self._kept: dict[str, tuple[object, Any]] = {}

    @property
    def reports_folder(self) -> Path:
        """Where the reports as given lie; files dropped into it are part of the case."""
        return self.folder / "reports"

    @property
    def reports(self) -> tuple[Path, ...]:
        """The reports of the case as they came: the later knows better; no folder, nothing hidden or half loaded."""
        return tuple(Path(one.path) for one in self._files())

    def _files(self) -> list[os.DirEntry[str]]:
        with trouble_told(self.reports_folder), os.scandir(self.reports_folder) as found:
            files = [one for one in found if is_finished(one.name) and one.is_file()]
            times = {one.name: one.stat().st_mtime_ns for one in files}
        known = {name: place for place, name in enumerate(self.journal.state.reports)}
        return sorted(files, key=lambda one: (known.get(one.name, len(known)), times[one.name], one.name))

    def add_reports(self, paths: Iterable[Path | str]) -> tuple[Path, ...]:
        """Copy reports into the case; the same content is taken once, another file of the same name gets a new name.

        Raises
        ------
        CaseError
            A file that is not there.
        """
        return self._add((Path(path).name, content(Path(path))) for path in paths)

    def add_report(self, name: str, content: bytes) -> Path:
        """A report that arrived as bytes (an upload) laid into the case."""
        return self._add([(name, content)])[0]

    def _add(self, files: Iterable[tuple[str, bytes]]) -> tuple[Path, ...]:
        by_content = {digest: name for name, digest in self.hashes().items()}
        places = []
        for name, given in files:
            digest = hashlib.sha256(given).hexdigest()
            if digest not in by_content:
                place = free_name(self.reports_folder, safe_file_name(name))
                write_atomically(place, given)
                self.journal.keep([_kept(place, digest)])
                by_content[digest] = place.name
            places.append(self.reports_folder / by_content[digest])
        return tuple(places)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every report, by file name; files dropped into the folder are recorded when first seen.

        A report whose size and time are as they were recorded is not read again for it.

        Raises
        ------
        CaseError
            A report that is no longer what it was when it was recorded.
        """
        known = self.journal.state.reports
        seen = [_seen(Path(one.path), known.get(one.name)) for one in self._files()]
        changed = [one.name for one in seen if one.name in known and known[one.name].sha256 != one.sha256]
        if changed:
            raise CaseError("case.report_changed", folder=self.reports_folder, files=tuple(changed))
        if new := [one for one in seen if known.get(one.name) != one]:
            with where_allowed():
                self.journal.keep(new, "promofix")
        return {one.name: one.sha256 for one in seen}

    def once(self, name: str, make: Callable[[], T], *, per: str = "revision", also: object = None) -> T:
        """What `make` gives, worked out once per reading of the reports, or per revision and reading.

        Parameters
        ----------
        name : str
            Of what is kept.
        make : callable
        per : {"revision", "reading"}
        also : object, optional
            Worked out anew when this differs.
        """
        with self.journal.still():  # of one moment, and the journal is read once for all that is asked inside
            asked = (self.hashes(), self.journal.revision if per == "revision" else 0, also)
            if self._kept.get(name, (None, None))[0] != asked:
                self._kept[name] = (asked, make())
            return cast("T", self._kept[name][1])


@contextmanager
def where_allowed() -> Iterator[None]:
    """In a folder that may only be read the case is read all the same."""
    try:
        yield
    except CaseError as error:
        if error.key != "places.not_allowed":
            raise


def _seen(path: Path, known: KeptReport | None) -> KeptReport:
    """The report as it is now; one whose size and time are as recorded is not read for it."""
    with trouble_told(path):
        now = _kept(path, known.sha256 if known else "")
        return known if known == now else _kept(path, sha256(path))


def _kept(path: Path, digest: str) -> KeptReport:
    with trouble_told(path):
        about = path.stat()
    return KeptReport(path.name, digest, about.st_size, about.st_mtime_ns)
