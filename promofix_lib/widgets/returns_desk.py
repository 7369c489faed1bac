"""What came back: the assistant's workbook, Amazon's processing report; and the next round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.export.handover import Handover, export
from promofix_lib.letters.sheet_words import SHEET_LANGUAGES, sheet_words
from promofix_lib.returns import failed_keys, next_round, upload_again
from promofix_lib.returns.inbox import REPORTS, WORKBOOKS, drop_in, inbox, returned_files, take_back
from promofix_lib.returns.returns import Return, read_returns, sha256_of
from promofix_lib.returns.rounds import Round
from promofix_lib.widgets.desk_words import desk_words
from promofix_lib.widgets.export_button import outcome_parts
from promofix_lib.widgets.files import size_text
from promofix_lib.widgets.form import Form, Part, bullets, button, checks, table, text
from promofix_lib.widgets.report_chooser import MOST_MEGABYTES

_SHOWN = 20


def _now() -> datetime:
    return datetime.now(UTC)


class ReturnsDesk(Form):
    """Read back what came back, write the refused cancellations again, and export the next round.

    Files lie in the folder ``returned`` of the case, or are uploaded into it. Of the assistant's workbook only order
    ids, statuses and contradictions are shown: the table of what is left holds the notes.

    Parameters
    ----------
    case : Case
        It keeps what the files say.
    clock : callable
        Gives the present time with a zone.

    Attributes
    ----------
    handover : Handover or None
        What the last press of one of the two export buttons wrote.
    """

    def __init__(self, case: Case, clock: Callable[[], datetime] = _now) -> None:
        self._case = case
        self._clock = clock
        self._ticked: set[str] = set()
        self.handover: Handover | None = None
        super().__init__(case.settings.language, "returns_desk", desk_words(case.settings.language))

    def show(self) -> list[Part]:
        """The files, what they said, what failed, and the next round."""
        came = read_returns(self._case.folder)
        return [
            *self._file_parts({returned.sha256 for returned in came}),
            *self._said_parts(came),
            *self._failed_parts(came),
            *self._round_parts(),
            *(outcome_parts(self.handover, self.words) if self.handover else []),
        ]

    # -- files --------------------------------------------------------------------------------------------------

    def _file_parts(self, read: Collection[str]) -> list[Part]:
        words, files = self.words, returned_files(self._case)
        labels = {path.name: (self._label(path, read), path.name in self._ticked) for path in files}
        return [
            text("how", words["returns_how"].format(folder=inbox(self._case))),
            checks("tick", words["returns_files"], labels) if files else text("none", words["returns_none"]),
            button("look", words["look_again"]),
            button("read", words["read_these"], main=True, disabled=not self._ticked),
            {
                "kind": "upload",
                "name": "upload",
                "label": words["upload"],
                "hint": words["upload_hint"].format(most=MOST_MEGABYTES),
                "accept": ",".join((*WORKBOOKS, *REPORTS)),
                "most": MOST_MEGABYTES * 1_000_000,
            },
        ]

    def _label(self, path: Path, read: Collection[str]) -> str:
        facts = path.stat()
        when = datetime.fromtimestamp(facts.st_mtime).strftime("%Y-%m-%d %H:%M")
        label = self.words["chooser_file"].format(name=path.name, size=size_text(facts.st_size), when=when)
        return self.words["returns_read_before"].format(label=label) if sha256_of(path) in read else label

    # -- what they said -----------------------------------------------------------------------------------------

    def _said_parts(self, came: Sequence[Return]) -> list[Part]:
        words = self.words
        if not came:
            return [text("nothing", words["returns_nothing"])]
        zone = self._case.marketplace.zone
        head = [words["file"], words["returns_when"].format(zone=zone.key), words["returns_said"]]
        rows = [[one.name, f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}", self._said(one)] for one in came]
        sheets = [one.sheet for one in came if one.sheet]
        remarks = [remark for one in came if one.upload for remark in one.upload.warnings]
        return [
            table("said", words["returns_what"], head, rows),
            *self._listed("conflicts", words["returns_conflicts"], sheets[-1].conflicts if sheets else ()),
            *self._listed("remarks", words["returns_warnings"], remarks),
        ]

    def _said(self, one: Return) -> str:
        if one.upload:
            facts = {"accepted": len(one.upload.accepted), "refused": len(one.upload.failed)}
            return self.words["returns_upload"].format(file=one.upload.file, export=one.upload.export, **facts)
        sheet = one.sheet
        language = self._case.settings.language
        names = sheet_words(language if language in SHEET_LANGUAGES else "en")["status"]
        counts = Counter(answer.status for answer in sheet.answers) if sheet else Counter[str]()
        told = ", ".join(f"{names[status]} {counts[status]}" for status in names if counts[status])
        return self.words["returns_sheet"].format(n=len(sheet.order_ids) if sheet else 0, counts=told)

    def _failed_parts(self, came: Sequence[Return]) -> list[Part]:
        refused = still_refused(came, frozenset(failed_keys(self._case)))
        return [
            *self._listed("failed", self.words["returns_failed"], list(refused.values())),
            *([button("again", self.words["returns_again"])] if refused else []),
        ]

    # -- the next round -----------------------------------------------------------------------------------------

    def _round_parts(self) -> list[Part]:
        words, coming = self.words, next_round(self._case)
        if coming.number == 1:
            return [text("round", words["round_first"])]
        return [
            text("round", coming.sentence(words["language"]), "notice" if coming.bleeding else ""),
            *self._round_lists(coming),
            text("round_how", words["round_how"]),
            button("export", words["round_export"], main=True, disabled=not coming.keys),
        ]

    def _round_lists(self, coming: Round) -> list[Part]:
        lists = {
            "round_late": coming.after_the_end,
            "round_shipped": coming.shipped_meanwhile,
            "round_cancelled": coming.cancelled_meanwhile,
        }
        return [part for name, orders in lists.items() for part in self._listed(name, self.words[name], orders)]

    def _listed(self, name: str, title: str, items: Sequence[str]) -> list[Part]:
        shown = list(dict.fromkeys(items))
        left = len(shown) - _SHOWN
        more = [self.words["returns_more"].format(n=f"{left:,}")] if left > 0 else []
        return [bullets(name, title, [*shown[:_SHOWN], *more])] if shown else []

    # -- acting -------------------------------------------------------------------------------------------------

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:
        """Tick, read, take an upload, or export what failed or what is new."""
        if name == "tick":
            self._ticked = self._ticked | {value["value"]} if value["on"] else self._ticked - {value["value"]}
        elif name == "read":
            self._read()
        elif name == "upload":
            self._upload(value, contents)
        elif name == "again":
            self._export(lambda: upload_again(self._case, now=self._clock()))
        elif name == "export":
            new = next_round(self._case).keys
            self._export(lambda: export(self._case, now=self._clock(), only=new))

    def _read(self) -> None:
        paths = [path for path in returned_files(self._case) if path.name in self._ticked]
        if not paths:
            return self.say("nothing_ticked", "error")
        for path in paths:
            self._take_back(path)
            self._ticked.discard(path.name)
        return self.say("returns_read", names=", ".join(path.name for path in paths))

    def _take_back(self, path: Path) -> None:
        with self.working("reading", name=path.name):
            take_back(self._case, path, now=self._clock())

    def _upload(self, value: Mapping[str, list[str]], contents: Sequence[memoryview]) -> None:
        read = []
        for name, content in zip(value["names"], contents, strict=True):
            read.append(self._drop_in(name, bytes(content)))
        if value["refused"]:
            return self.say("upload_too_big", "error", most=MOST_MEGABYTES, names=", ".join(value["refused"]))
        return self.say("returns_read", names=", ".join(path.name for path in read))

    def _drop_in(self, name: str, content: bytes) -> Path:
        before = set(returned_files(self._case))
        path = drop_in(self._case, name, content)
        try:
            self._take_back(path)
        except Exception:
            if path not in before:
                path.unlink()  # it says nothing about this case, and may name buyers
            raise
        return path

    def _export(self, write: Callable[[], Handover]) -> None:
        with self.working("exporting"):
            self.handover = write()
        self.say("exported", folder=self.handover.folder)


def still_refused(came: Sequence[Return], failed: frozenset[str]) -> dict[str, str]:
    """Orders whose newest answer of Amazon is a refusal: order id to the refusal in words.

    Parameters
    ----------
    came : sequence of Return
        Oldest first.
    failed : frozenset of str
        Item keys that `followup.failed_keys` gives.
    """
    answers = [fault for one in came if one.upload for fault in one.upload.failed]
    return {
        fault.line.order_id: f"{fault.line.order_id}: {fault.code} {fault.message}".strip()
        for fault in answers
        if not failed.isdisjoint(fault.line.keys)
    }
