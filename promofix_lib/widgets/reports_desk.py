"""Notebook 1: which files are the reports, and what was read in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from promofix_lib.case.case import SAMPLE, Case
from promofix_lib.reports import Lack, Report, read_report
from promofix_lib.widgets.desk import Desk, Part
from promofix_lib.widgets.html import Bullets, Cell
from promofix_lib.widgets.start_desk import begun

SUFFIXES = (".txt", ".tsv", ".csv", ".xml", ".zip", ".gz", ".xlsx", ".xls")
"""Endings of files that can be reports."""

_SHOWN_LINES = 10


class ReportChooser(Desk):
    """Choose the downloaded reports; each is read before it is taken into the case; what was read is shown.

    A report given to the sample begins a case of the seller's own, in place.

    Parameters
    ----------
    case : Case
        Where the reports go, unchanged.
    folder : Path, optional
        Where the files lie; the notebook's own folder by default, for JupyterLab's list of files shows it.
    """

    title = "chooser"
    needs_reports = False

    def __init__(self, case: Case, folder: Path | None = None) -> None:
        self._folder = folder or Path.cwd()
        self._ticked: set[str] = set()
        super().__init__(case)

    @property
    def case(self) -> Case:
        """The case that the reports go into."""
        return self._case

    def show(self) -> list[Part]:
        """What was read; the files found, the upload."""
        files = files_in(self._folder, SUFFIXES)
        where = self.say("chooser_folder" if files else "chooser_none", folder=self._folder)
        return [
            *self._read_parts(),
            self.upload("upload", self.say("upload"), SUFFIXES),
            self.text("where", where),
            *file_ticks(self, files, self._ticked),
            *self._own_name(),
            self.row(
                "buttons",
                [
                    self.button("read", self.say("read_these"), main=True, off=not self._ticked),
                    self.button("look", self.say("look_again")),
                ],
            ),
        ]

    def _own_name(self) -> list[Part]:
        if self._case.name != SAMPLE:
            return []
        return [self.field("own", self.say("chooser_own"), self.typed("own"), self.say("chooser_own_hint"))]

    def act(self, name: str, value: Any) -> None:
        """Tick, look again, read what is ticked, or take an upload."""
        if name.startswith("tick "):
            self._ticked ^= {self.parts[name].pf_file}
        elif name == "read":
            paths = [path for path in files_in(self._folder, SUFFIXES) if path.name in self._ticked]
            self._own_case()
            for path in paths:
                with self.working("reading", name=path.name):
                    read_report(path)  # a file that cannot be used is refused before the case has it
                    self._case.add_reports([path])
                self._ticked.discard(path.name)
            self._taken(path.name for path in paths)
        elif name == "upload":
            self._own_case()
            for file, content in value:
                with self.working("reading", name=file):
                    self._take(file, content)
            self._taken(file for file, _ in value)

    def _own_case(self) -> None:
        if self._case.name == SAMPLE:
            self._case = Case.choose(begun(self.typed("own")), self._case.language)

    def _taken(self, names: Iterable[str]) -> None:
        with self.working("finding"):
            self._case.take_found()
        self.tell("taken", names=tuple(names), case=self._case.name)

    def _take(self, name: str, content: bytes) -> None:
        before = set(self._case.reports)
        path = self._case.add_report(name, content)
        try:
            read_report(path)
        except Exception:
            if path not in before:
                path.unlink()  # it never became part of the case
            raise

    # -- what was read --------------------------------------------------------------------------------------------

    def _read_parts(self) -> list[Part]:
        case = self._case
        if not case.reports:
            return [self.text("in_case_none", self.say("in_case_none", folder=case.reports_folder))]
        reading, orders = case.reading, case.orders
        head = [self.say(name) for name in ("file", "kind", "rows", "items", "span", "set_aside", "missing")]
        rows = [self._row(report) for report in reading.reports]
        told = self.say("read_together", orders=orders["order_id"].nunique(), items=len(orders))
        return [
            self.table("reading", self.say("reading_caption", zone=case.marketplace.zone_name), head, rows),
            self.text("together", told),
            self.bullets(
                "warnings", self.say("warnings"), [warning.text(self.language) for warning in reading.warnings]
            ),
        ]

    def _row(self, report: Report) -> list[Cell]:
        bad = [self.say("line", line=line.line, reason=line.reason) for line in report.quarantined[:_SHOWN_LINES]]
        more = len(report.quarantined) - len(bad)
        return [
            report.name,
            f"{report.kind} ({report.encoding})",
            self.say("number", n=report.rows),
            self.say("number", n=report.items),
            self._span(report),
            Bullets((*bad, *([self.say("and_more", n=more)] if more else [])), self.say("nothing")),
            Bullets(tuple(self._lack(lack) for lack in report.lacks), self.say("nothing")),
        ]

    def _lack(self, lack: Lack) -> str:
        return f"{lack.what.text(self.language)}: {lack.how_to_get_it.text(self.language)}"

    def _span(self, report: Report) -> str:
        zone = self._case.zone
        return " – ".join(self.say("moment", at=time.astimezone(zone)) for time in report.span) or "–"


def files_in(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files in a folder that can be reports, by name."""
    names = (path for path in folder.iterdir() if path.suffix.lower() in suffixes)
    return sorted(path for path in names if path.is_file() and not path.name.startswith((".", "~$")))


def file_ticks(desk: Desk, files: Sequence[Path], ticked: set[str], notes: Sequence[str] = ()) -> list[Part]:
    """A tick per file; its name stands beside it as text."""
    parts: list[Part] = []
    for n, path in enumerate(files, 1):
        box = desk.tick(f"tick {n}", desk.say("tick_file", n=n), path.name in ticked)
        box.pf_file = path.name
        facts = path.stat()
        when = datetime.fromtimestamp(facts.st_mtime).strftime("%Y-%m-%d %H:%M")
        words = desk.say("chooser_file", name=path.name, size=size_text(facts.st_size), when=when)
        note = f" · {notes[n - 1]}" if notes and notes[n - 1] else ""
        parts.append(desk.row(f"file {n}", [box, desk.text(f"file {n} name", words + note)]))
    return parts


def size_text(size: int) -> str:
    """A file's size in words: kB below a megabyte, rounded up.

    Examples
    --------
    >>> size_text(1_234), size_text(5_600_000)
    ('2 kB', '5.6 MB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{-(-size // 1000)} kB"
