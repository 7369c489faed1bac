"""Notebook 1: which files are the reports, and what was read in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from promofix_lib.case.case import Case
from promofix_lib.case.folder import SAMPLE
from promofix_lib.errors import PromofixError
from promofix_lib.file_names import is_finished
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Report
from promofix_lib.returns.sheets import WORKBOOKS
from promofix_lib.say import zone_text
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.html import Cell, Html, as_it_is
from promofix_lib.widgets.start_desk import begun, today

SUFFIXES = (".txt", ".tsv", ".csv", ".xml", ".zip", ".gz", ".xz", ".bz2", *WORKBOOKS)
"""Endings of files that can be reports."""

_SHOWN_LINES = 10


class FilesDesk(Desk):
    """A desk that takes files: found in a folder, where the new ones are ticked, or given through the browser."""

    _turned: frozenset[str] = frozenset()

    def files(self) -> Sequence[Path]:
        """The files that can be ticked."""
        raise NotImplementedError

    def known(self) -> Collection[str]:
        """Names of files that were taken before."""
        raise NotImplementedError

    def take(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Take files by name and content."""
        raise NotImplementedError

    def file_parts(self, endings: Sequence[str]) -> list[Part]:
        """A tick per file, its name beside it as text; upload, read what is ticked."""
        files, known = self.files(), self.known()
        ticked = [path for path in files if (path.name in known) == (path.name in self._turned)]
        return [
            *(self._file(n, path, path in ticked, path.name in known) for n, path in enumerate(files, 1)),
            self.row(
                self.upload("upload", endings, self.take),
                self.button("read_these", partial(self._read, ticked), main=True, off=not ticked),
            ),
        ]

    def _file(self, n: int, path: Path, ticked: bool, known: bool) -> Part:
        facts = path.stat()
        when = datetime.fromtimestamp(facts.st_mtime).strftime("%Y-%m-%d %H:%M")
        words = self.say("chooser_file", name=path.name, size=size_text(facts.st_size), when=when)
        before = f" · {self.say('returns_read_before')}" if known else ""
        tick = self.tick(f"tick_file {n}", ticked, partial(self._turn, path.name), n=n)
        return self.row(tick, self.text(f"file {n}", words + before))

    def _turn(self, name: str, _on: bool) -> None:
        self._turned ^= {name}

    def _read(self, ticked: Sequence[Path]) -> None:
        self._turned = frozenset()
        self.take([(path.name, path.read_bytes()) for path in ticked])

    def _mark(self) -> object:
        return super()._mark(), tuple(path.name for path in self.files())


class ReportChooser(FilesDesk):
    """Choose the downloaded reports; a file that cannot be used does not stay in the case; what was read is shown.

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
        super().__init__(case)

    def files(self) -> list[Path]:
        """Files in the folder that can be reports, by name."""
        found = (path for path in self._folder.iterdir() if path.suffix.lower() in SUFFIXES)
        return sorted(path for path in found if is_finished(path.name) and path.is_file())

    def show(self) -> list[Part]:
        """What was read; the files found, the upload."""
        return [
            *self._read_parts(),
            self._case.name == SAMPLE and self.field("chooser_own", self.typed("chooser_own", today())),
            self.said("chooser_folder", folder=self._folder),
            *self.file_parts(SUFFIXES),
        ]

    def known(self) -> set[str]:
        """The case's reports."""
        return {path.name for path in self._case.reports}

    def take(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Read each file and keep it in the case, unless it cannot be read; the sample takes none."""
        if self._case.name == SAMPLE:
            self._case = Case.choose(begun(self.typed("chooser_own")), self._case.language)
        wrong: dict[str, str] = {}
        for name, content in files:
            with self.working("reading", name=name):
                try:
                    self._keep(name, content)
                except PromofixError as error:
                    wrong[name] = str(error)
        if taken := tuple(name for name, _ in files if name not in wrong):
            with self.working("finding"):
                self._case.take_found()
            self.tell("taken", names=taken, case=self._case.name)
        self.refuse(*wrong.values())

    def _keep(self, name: str, content: bytes) -> None:
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
            return [self.said("in_case_none", folder=case.reports_folder)]
        reading, orders = case.reading, case.orders
        lacks = (lack for report in reading.reports for lack in report.lacks)
        caption = self.say("reading_caption", zone=zone_text(case.marketplace.zone_name))
        head = self.words("", ("file", "kind", "rows", "items", "span", "set_aside", "missing"))
        return [
            self.table("reading", caption, head, [self._row(report) for report in reading.reports]),
            self.said("read_together", orders=orders["order_id"].nunique(), items=len(orders)),
            self.bullets("lacks", [f"{lack.what}: {lack.how_to_get_it}" for lack in lacks]),
            self.bullets("warnings", reading.warnings),
        ]

    def _row(self, report: Report) -> list[Cell]:
        bad = [self.say("line", line=line.line, reason=line.reason) for line in report.quarantined[:_SHOWN_LINES]]
        more = len(report.quarantined) - len(bad)
        return [
            as_it_is(report.name),
            as_it_is(f"{report.kind_text()} ({report.encoding})"),
            self.number(report.rows),
            self.number(report.items),
            Html(f'<span class="pf-line">{self._span(report)}</span>'),
            (*bad, *([self.say("and_more", n=more)] if more else [])) or self.say("nothing"),
            tuple(str(one.what) for one in report.lacks) or self.say("nothing"),
        ]

    def _span(self, report: Report) -> str:
        return " –<br>".join(map(self.moment, report.span)) or "–"


def size_text(size: int) -> str:
    """A file's size in words: kB below a megabyte, rounded up.

    Examples
    --------
    >>> size_text(1_234), size_text(5_600_000)
    ('2 kB', '5.6 MB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{-(-size // 1000)} kB"
