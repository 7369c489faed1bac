"""One account's files as they lie in its folder: which are finished, what they hold, which incident is in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from promofix_lib.errors import PromofixError, ReportError
from promofix_lib.file_names import is_finished
from promofix_lib.finding.findings import Cause, Findings
from promofix_lib.finding.search import ASKED, find_incidents
from promofix_lib.orders import coded
from promofix_lib.places import trouble_told
from promofix_lib.plain import Shown
from promofix_lib.reports.merging import merged
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Reading, Report
from promofix_lib.say import Told, say, told


@dataclass(frozen=True)
class NotRead(Shown):
    """A file that could not be read, and why.

    Examples
    --------
    >>> NotRead(Path("notes.txt"), told("fleet.unreadable", why="locked")).to_json("en")
    {'path': 'notes.txt', 'why': 'It cannot be read: locked.'}
    """

    path: Path
    why: Told

    def text(self) -> str:
        """The reason with the file's name in front, where the sentence does not name it already."""
        why = self.why.text()
        return why if self.path.name in why else say("fleet.not_read", file=self.path.name, why=why)


@dataclass(frozen=True)
class Look:
    """What a search of some files brought.

    Parameters
    ----------
    reading : Reading or None
        What could be read, as one order table of the columns that a search needs; None when nothing could be read.
    findings : Findings
        What was found in it.
    failed : tuple of NotRead
        Files that could not be read. The others were read all the same.
    """

    reading: Reading | None
    findings: Findings
    failed: tuple[NotRead, ...] = ()


def finished_files(folder: Path) -> tuple[Path, ...]:
    """The reports of one folder, the oldest first: what was downloaded later knows better.

    Raises
    ------
    CaseError
        A folder that cannot be looked into.
    """
    with trouble_told(folder):
        found = [(path.stat().st_mtime_ns, path) for path in folder.iterdir() if is_finished(path.name)]
        return tuple(path for _, path in sorted(found) if path.is_file())


def read_narrow(path: Path) -> tuple[Report, ...]:
    """One file with no more than what a search needs: no buyer's name comes into memory."""
    return read_report(path, columns=frozenset(ASKED))


def look_at(
    paths: Sequence[Path],
    *,
    meant: Collection[Cause] = (),
    read: Callable[[Path], Iterable[Report]] = read_narrow,
) -> Look:
    """Read the files of one account and search them together.

    Parameters
    ----------
    paths : sequence of Path
        Its reports, the oldest first.
    meant : collection of Cause
        What the seller said was meant.
    read : callable
        How one file is read; a reading that is kept costs nothing the next time.

    Examples
    --------
    >>> from promofix_lib.places import SAMPLE, sample_reports
    >>> look = look_at([*sample_reports(), SAMPLE / "truth.json"])
    >>> [found.orders for found in look.findings.incidents], [one.path.name for one in look.failed]
    ([300], ['truth.json'])
    """
    reports: list[Report] = []
    failed: list[NotRead] = []
    for path in paths:
        try:
            reports += read(path)
        except PromofixError as error:
            failed.append(NotRead(path, told(error.key, **error.facts)))
        except OSError as error:
            failed.append(NotRead(path, told("fleet.unreadable", why=error.strerror or str(error))))
    if not reports:
        return Look(None, Findings((), ()), tuple(failed))
    try:
        reading = merged(reports)
    except ReportError as error:
        return Look(None, Findings((), ()), (*failed, NotRead(paths[-1], told(error.key, **error.facts))))
    reports.clear()  # whoever reads once keeps them no longer than this
    reading = replace(reading, orders=coded(reading.orders))
    return Look(reading, find_incidents(reading.orders, meant=meant), tuple(failed))
