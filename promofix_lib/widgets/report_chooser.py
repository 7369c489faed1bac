"""Which files are the reports? They lie in a folder, or are uploaded when they are small."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.reports import read_report
from promofix_lib.widgets.files import size_text
from promofix_lib.widgets.form import Form, Part, bullets, button, checks, text

SUFFIXES = (".txt", ".tsv", ".csv", ".xml", ".zip", ".gz", ".xlsx", ".xls")
"""Endings of files that can be reports."""

MOST_MEGABYTES = 8
"""Largest upload: JupyterLab drops a message over 10 MB without a word unless it was started with a higher limit."""


class ReportChooser(Form):
    """Choose the downloaded reports; each is read before it is taken into the case.

    Parameters
    ----------
    case : Case
        Where the reports go, unchanged.
    folder : Path, optional
        Where the files lie; the notebook's own folder by default, for JupyterLab's list of files shows it.
    """

    def __init__(self, case: Case, folder: Path | None = None) -> None:
        self._case = case
        self._folder = folder or Path.cwd()
        self._ticked: set[str] = set()
        super().__init__(case.settings.language, "chooser")

    def show(self) -> list[Part]:
        """The files found, the upload and the reports of the case."""
        words, files = self.words, self._found()
        where = words["chooser_folder" if files else "chooser_none"].format(folder=self._folder)
        taken = [path.name for path in self._case.reports]
        labels = {path.name: (self._label(path), path.name in self._ticked) for path in files}
        return [
            text("how", words["chooser_how"]),
            checks("tick", where, labels) if files else text("none", where),
            button("look", words["look_again"]),
            button("read", words["read_these"], main=True, disabled=not self._ticked),
            self._upload_part(),
            bullets(
                "in_case", words["in_case" if taken else "in_case_none"].format(folder=self._case.reports_folder), taken
            ),
        ]

    def _upload_part(self) -> Part:
        return {
            "kind": "upload",
            "name": "upload",
            "label": self.words["upload"],
            "hint": self.words["upload_hint"].format(most=MOST_MEGABYTES),
            "accept": ",".join(SUFFIXES),
            "most": MOST_MEGABYTES * 1_000_000,
        }

    def _found(self) -> list[Path]:
        names = (path for path in self._folder.iterdir() if path.suffix.lower() in SUFFIXES)
        return sorted(path for path in names if path.is_file() and not path.name.startswith((".", "~$")))

    def _label(self, path: Path) -> str:
        facts = path.stat()
        when = datetime.fromtimestamp(facts.st_mtime).strftime("%Y-%m-%d %H:%M")
        return self.words["chooser_file"].format(name=path.name, size=size_text(facts.st_size), when=when)

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:
        """Tick, look again, read what is ticked, or take an upload."""
        if name == "tick":
            self._ticked = self._ticked | {value["value"]} if value["on"] else self._ticked - {value["value"]}
        elif name == "read":
            self._read()
        elif name == "upload":
            self._upload(value, contents)

    def _read(self) -> None:
        paths = [path for path in self._found() if path.name in self._ticked]
        if not paths:
            return self.say("nothing_ticked", "error")
        for path in paths:
            with self.working("reading", name=path.name):
                read_report(path)  # a file that cannot be used is refused before the case has it
                self._case.add_reports([path])
            self._ticked.discard(path.name)
        return self.say("taken", names=", ".join(path.name for path in paths))

    def _upload(self, value: dict[str, list[str]], contents: Sequence[memoryview]) -> None:
        for name, content in zip(value["names"], contents, strict=True):
            with self.working("reading", name=name):
                self._take(name, bytes(content))
        if value["refused"]:
            return self.say("upload_too_big", "error", most=MOST_MEGABYTES, names=", ".join(value["refused"]))
        return self.say("taken", names=", ".join(value["names"]))

    def _take(self, name: str, content: bytes) -> None:
        before = set(self._case.reports)
        path = self._case.add_report(name, content)
        try:
            read_report(path)
        except Exception:
            if path not in before:
                path.unlink()  # it never became part of the case
            raise
