"""The reports of a case: kept as given, known by their content, not read again to know that they are the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from promofix_lib.case.journal import Journal
from promofix_lib.case.records import KeptReport
from promofix_lib.errors import CaseError
from promofix_lib.places import free_name, safe_file_name, sha256, trouble_told, write_atomically


class ReportFolder:
    """The folder ``reports/`` of a case, and what the journal knows of it."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self._journal = journal

    @property
    def paths(self) -> tuple[Path, ...]:
        """The reports, by name; hidden files and folders are none."""
        return tuple(Path(one.path) for one in self._files())

    def _files(self) -> list[os.DirEntry[str]]:
        with trouble_told(self.folder), os.scandir(self.folder) as found:
            files = [one for one in found if not one.name.startswith((".", "~$")) and one.is_file()]
        return sorted(files, key=lambda one: one.name)

    def add(self, files: Iterable[tuple[str, bytes]]) -> tuple[Path, ...]:
        """Lay files (name, content) into the folder; the same content is taken once."""
        by_content = {digest: name for name, digest in self.hashes().items()}
        places, new = [], []
        for name, given in files:
            digest = hashlib.sha256(given).hexdigest()
            if digest not in by_content:
                place = free_name(self.folder, safe_file_name(name))
                write_atomically(place, given)
                by_content[digest] = place.name
                new.append(_kept(place, digest))
            places.append(self.folder / by_content[digest])
        if new:
            self._journal.keep(new)
        return tuple(places)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every report, by file name; one whose size and time are as recorded is not read for it.

        Raises
        ------
        CaseError
            A report that is no longer what it was when it was recorded.
        """
        known = self._journal.state.reports
        digests: dict[str, str] = {}
        new, strange = [], []
        for file in self._files():
            with trouble_told(Path(file.path)):
                about, report = file.stat(), known.get(file.name)
                if report is None or (report.size, report.changed) != (about.st_size, about.st_mtime_ns):
                    seen = _kept(Path(file.path), sha256(Path(file.path)))
                    if report is not None and report.sha256 != seen.sha256:
                        strange.append(file.name)
                    new.append(report := seen)
            digests[file.name] = report.sha256
        if strange:
            raise CaseError("case.report_changed", folder=self.folder, files=tuple(strange))
        if new:
            with where_allowed():
                self._journal.keep(new, "promofix")
        return digests


@contextmanager
def where_allowed() -> Iterator[None]:
    """In a folder that may only be read the case is read all the same."""
    try:
        yield
    except CaseError as error:
        if error.key != "places.not_allowed":
            raise


def _kept(path: Path, digest: str) -> KeptReport:
    with trouble_told(path):
        about = path.stat()
    return KeptReport(path.name, digest, about.st_size, about.st_mtime_ns)
