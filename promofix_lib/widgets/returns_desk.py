"""Notebook 6: what came back, what is left to do by next step, and the next round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promofix_lib.case.case import Case
from promofix_lib.case.records import Returned, UploadAnswer
from promofix_lib.returns import TakenBack, drop_in, follow_up, inbox, returned_files, settle
from promofix_lib.returns.inbox import ENDINGS
from promofix_lib.say import say
from promofix_lib.status import OrderRow, records, status
from promofix_lib.widgets.desk import Desk, Part, check_still_open
from promofix_lib.widgets.export_desk import outcome_parts
from promofix_lib.widgets.html import listed
from promofix_lib.widgets.page_head import export_links
from promofix_lib.widgets.reports_desk import file_ticks

if TYPE_CHECKING:
    from promofix_lib.export.handover import Handover

_SHOWN = 20
_ROWS = 8


def _now() -> datetime:
    return datetime.now(UTC)


class ReturnsDesk(Desk):
    """Read back what came back, write the refused cancellations again, and export the next round.

    Files lie in the folder ``returned`` of the case, or are uploaded into it.

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

    title = "returns_desk"

    def __init__(self, case: Case, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        self._ticked: set[str] = set()
        self.handover: Handover | None = None
        self._understood = TakenBack()
        super().__init__(case)

    def show(self) -> list[Part]:
        """The files, what they said, what failed, and the next round."""
        files = returned_files(self._case)
        came = records(self._case, Returned)
        read = {one.file for one in came}
        notes = [self.say("returns_read_before") if path.name in read else "" for path in files]
        return [
            self.text("how", self.say("returns_how", folder=inbox(self._case))),
            *file_ticks(self, files, self._ticked, notes),
            self.row(
                "buttons",
                [
                    self.upload("upload", self.say("upload"), ENDINGS),
                    self.button("look", self.say("look_again")),
                    self.button("read", self.say("read_these"), main=True, off=not self._ticked),
                ],
            ),
            *self._said(came),
            *self._refused(),
            *self._round(),
            *([export_links(self, self.handover.folder)] if self.handover else []),
            *outcome_parts(self, self.handover),
        ]

    def _said(self, came: Sequence[Returned]) -> list[Part]:
        answers = records(self._case, UploadAnswer)
        lines = self._understood.not_understood
        strange = [f"{one.file}: {one.place.text(self.language)}: {one.why.text(self.language)}" for one in lines]
        remarks = [remark.text(self.language) for answer in answers for remark in answer.warnings]
        names = [self.say("returns_file", name=one.file, at=one.at.astimezone(self._case.zone)) for one in came]
        return [
            *self._listed("said", "returns_what", names),
            *self._listed("strange", "returns_strange", strange),
            *self._conflicts(),
            *self._listed("remarks", "returns_warnings", remarks),
        ]

    def _conflicts(self) -> list[Part]:
        """Each contradiction with a button for what is so."""
        rows = status(self._case).rows_of(next="settle_conflict")
        parts: list[Part] = []
        for n, row in enumerate(rows[:_SHOWN], 1):
            words = row.conflict.text(self.language) if row.conflict else ""
            buttons = [
                self.button(f"settle {n} {value}", say(f"status.answer_{value}", language=self.language))
                for value in ("done", "todo", "problem", "not_needed")
            ]
            parts.append(
                self.row(f"conflict {n}", [self.text(f"conflict {n} words", f"{row.order_id}: {words}"), *buttons])
            )
        return [self.text("conflicts", self.say("returns_conflicts")), *parts] if parts else []

    def _settle(self, place: int, value: str) -> None:
        row = status(self._case).rows_of(next="settle_conflict")[place - 1]
        field = "message" if row.conflict and row.conflict.key.endswith("message") else "task"
        settle(self._case, row.order_id, field, value, now=self._clock())  # type: ignore[arg-type]

    def _refused(self) -> list[Part]:
        rows = status(self._case).rows_of(state="refused")
        told = [f"{row.order_id}: {row.why.text(self.language) if row.why else ''}" for row in rows]
        listed = self._listed("failed", "returns_failed", told)
        return [*listed, self.button("again", self.say("returns_again"))] if listed else []

    def _round(self) -> list[Part]:
        if not self._case.exports:
            return [self.text("round", self.say("round_first"))]
        now = status(self._case)
        late = list(now.after_end)
        return [
            self.text("round", self.say("round_new", n=now.new_since_export), look="told" if late else ""),
            *self._listed("round_late", "round_late", late),
            self.button("export", self.say("round_export"), main=True, off=not now.new_since_export),
            self.text("round_how", self.say("round_how")),
        ]

    def _listed(self, name: str, title: str, items: Sequence[str]) -> list[Part]:
        shown = list(dict.fromkeys(items))
        left = len(shown) - _SHOWN
        more = [self.say("and_more", n=left)] if left > 0 else []
        return [self.bullets(name, self.say(title), [*shown[:_SHOWN], *more])] if shown else []

    # -- acting -------------------------------------------------------------------------------------------------

    def act(self, name: str, value: Any) -> None:
        """Tick, read, take an upload, or export what failed or what is new."""
        if name.startswith("tick "):
            self._ticked ^= {self.parts[name].pf_file}
        elif name == "read":
            paths = [path for path in returned_files(self._case) if path.name in self._ticked]
            self._follow_up(paths)
            self._ticked.clear()
        elif name == "upload":
            before = set(returned_files(self._case))
            paths = [drop_in(self._case, file, content) for file, content in value]
            try:
                self._follow_up(paths)
            except Exception:
                for path in set(paths) - before:
                    path.unlink()  # it says nothing about this case, and may name buyers
                raise
        elif name.startswith("settle "):
            place, _, answer = name.removeprefix("settle ").partition(" ")
            self._settle(int(place), answer)
        elif name == "again":
            refused = [key for row in status(self._case).rows_of(state="refused") for key in row.keys]
            self._export(only=refused)
        elif name == "export":
            self._export(round=2)

    def _follow_up(self, paths: Sequence[Path]) -> None:
        with self.working("reading", name=", ".join(path.name for path in paths)):
            self._understood = follow_up(self._case, paths, now=self._clock())
        said = self._understood
        warnings = [warning.text(self.language) for warning in said.warnings]
        names = tuple(path.name for path in paths)
        self.tell("returns_read", names=names, n=said.understood, changed=said.changed)
        if warnings:
            self._notice.value += listed(self.say("warnings"), warnings).html

    def _export(self, **which: Any) -> None:
        check_still_open(self._case)
        from promofix_lib.export.handover import export  # openpyxl and its like load when something is exported

        with self.working("exporting"):
            self.handover = export(self._case, now=self._clock(), **which)
        self.tell("exported", folder=self.handover.folder)


class TruthTable(Desk):
    """Every affected order: counts by next step, each a filter, then the orders, one page at a time.

    Parameters
    ----------
    case : Case
        Nothing is changed in it.
    """

    title = "truth"

    def __init__(self, case: Case) -> None:
        self._next = ""
        self._page = 0
        super().__init__(case)

    def show(self) -> list[Part]:
        """A button per next step with its count, and one page of the orders."""
        now = status(self._case)
        if not now.rows:
            return [self.text("none", self.say("truth_none"))]
        rows = now.rows_of(next=self._next) if self._next in now.next else now.rows
        self._page = min(max(self._page, 0), max(0, (len(rows) - 1) // _ROWS))
        first = self._page * _ROWS
        part = rows[first : first + _ROWS]
        caption = self.say("truth_rows", first=min(first + 1, len(rows)), last=first + len(part), n=len(rows))
        head = [self.say(f"truth_{name}") for name in ("order", "triage", "state", "next", "message", "answer", "due")]
        return [
            self.row("steps", [self._step("", len(now.rows)), *(self._step(*pair) for pair in now.next.items())]),
            self.table("orders", caption, head, [self._cells(row) for row in part]),
            self.row(
                "pages",
                [
                    self.button("earlier", self.say("earlier"), off=first == 0),
                    self.button("later", self.say("later"), off=first + len(part) >= len(rows)),
                ],
            ),
        ]

    def _step(self, step: str, n: int) -> Part:
        label = say(f"status.next_{step}", language=self.language) if step else self.say("truth_all")
        part = self.button(f"step {step}", self.say("truth_step", step=label, n=n))
        part.button_style = "info" if step == self._next else ""
        return part

    def _cells(self, row: OrderRow) -> list[Any]:
        words = {
            kind: say(f"status.{kind}_{getattr(row, kind)}", language=self.language)
            for kind in ("triage", "state", "next", "message")
        }
        state = words["state"] + (f" ({row.why.text(self.language)})" if row.why else "")
        answer = say(f"status.answer_{row.answer}", language=self.language) if row.answer else ""
        told = " · ".join(filter(None, (answer, row.note, row.conflict.text(self.language) if row.conflict else "")))
        due = self.say("moment", at=row.ship_by.astimezone(self._case.zone)) if row.ship_by else ""
        return [row.order_id, words["triage"], state, words["next"], words["message"], told, due]

    def act(self, name: str, value: Any) -> None:  # noqa: ARG002
        """Choose a next step, or turn the page."""
        if name.startswith("step "):
            self._next, self._page = name.removeprefix("step "), 0
        elif name in ("earlier", "later"):
            self._page += 1 if name == "later" else -1
