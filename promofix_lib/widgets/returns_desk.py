"""Notebook 6: what came back, what is left to do by next step, and the next round."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from promofix_lib.case.records import Returned, UploadAnswer
from promofix_lib.returns.compare import TakenBack
from promofix_lib.returns.inbox import ENDINGS, drop_in, inbox, returned_files
from promofix_lib.returns.take_back import follow_up, settle
from promofix_lib.status.past import COLUMNS, Task
from promofix_lib.status.rows import OrderRow
from promofix_lib.status.status import status
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.export_desk import Exporting
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.reports_desk import FilesDesk

_SHOWN = 20
_ROWS = 5
_ANSWERS = ("done", "todo", "problem", "not_needed")


class ReturnsDesk(FilesDesk, Exporting):
    """Read back what came back, write the refused cancellations again, and export the next round.

    Files lie in the folder ``returned`` of the case, or are uploaded into it.

    Parameters
    ----------
    case : Case
        It keeps what the files say.
    clock : callable
        Gives the present time with a zone.
    """

    title = "returns_desk"
    _understood = TakenBack()

    def files(self) -> Sequence[Path]:
        """What lies in the case's folder for it."""
        return returned_files(self._case)

    def known(self) -> set[str]:
        """The files that were read."""
        return {one.file for one in self._case.journal.records(Returned)}

    def show(self) -> list[Part]:
        """The files, what they said, what failed, and the next round."""
        came = self._case.journal.records(Returned)
        return [
            self.said("returns_how", folder=inbox(self._case)),
            *self.file_parts(ENDINGS),
            *self._said(came),
            *self._refused(),
            *self._round(),
            *self.outcome(),
        ]

    def take(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Lay the files into the folder and take what they say; one that says nothing of this case does not stay."""
        before = set(self.files())
        paths = [drop_in(self._case, name, content) for name, content in files]
        names = tuple(path.name for path in paths)
        try:
            with self.working("reading", name=names):
                self._understood = follow_up(self._case, paths, now=self._clock())
        except Exception:
            for path in set(paths) - before:
                path.unlink()  # it may name buyers
            raise
        said = self._understood
        self.tell("returns_read", names=names, n=said.understood, changed=said.changed)

    # -- what they said -------------------------------------------------------------------------------------------

    def _said(self, came: Sequence[Returned]) -> list[Part]:
        understood = self._understood
        remarks = [one for answer in self._case.journal.records(UploadAnswer) for one in answer.warnings]
        names = [self.say("returns_file", name=one.file, at=one.at.astimezone(self._case.zone)) for one in came]
        return [
            self._listed("returns_what", names),
            self._listed(
                "returns_strange", [f"{one.file}: {one.place}: {one.why}" for one in understood.not_understood]
            ),
            *self._conflicts(),
            self._listed("returns_warnings", remarks),
            self.bullets("warnings", understood.warnings, name="read warnings"),
        ]

    def _conflicts(self) -> list[Part]:
        """Each contradiction with a button for what is so."""
        rows = status(self._case).rows_of(next="settle_conflict")[:_SHOWN]
        return [*([self.said("returns_conflicts")] if rows else []), *(self._conflict(row) for row in rows)]

    def _conflict(self, row: OrderRow) -> Part:
        task: Task = "message" if row.conflict and row.conflict.key.endswith("message") else "task"
        does = partial(settle, self._case, row.order_id, task, now=self._clock())
        names = {value: f"sheet.{COLUMNS[task]}_{value} {row.order_id}" for value in _ANSWERS}
        buttons = (self.button(name, partial(does, value)) for value, name in names.items())
        return self.row(self.text(f"conflict {row.order_id}", f"{row.order_id}: {row.conflict}"), *buttons)

    def _refused(self) -> list[Part]:
        rows = status(self._case).rows_of(state="refused")
        told = [f"{row.order_id}: {row.why or ''}" for row in rows]
        again = partial(self.export, only=[key for row in rows for key in row.keys])
        return [self._listed("returns_failed", told), self.button("returns_again", again)] if rows else []

    def _round(self) -> list[Part]:
        if not self._case.exports:
            return [self.said("round_first")]
        now = status(self._case)
        before = len(now.to_hand_over) - now.new_since_export
        return [
            self.said("round_new", look="told" if now.gate.after_end else "", n=now.new_since_export),
            before and self.said("round_now", n=before),
            self._listed("round_late", now.gate.after_end),
            self.row(
                self.button("round_export", partial(self.export, round=2), main=True, off=not now.to_hand_over),
                self.said("round_how"),
            ),
        ]

    def _listed(self, key: str, items: Sequence[object]) -> Part:
        more = [self.say("and_more", n=len(items) - _SHOWN)] if len(items) > _SHOWN else []
        return self.bullets(key, [*items[:_SHOWN], *more])


class TruthTable(Desk):
    """Every affected order: counts by next step, each a filter, then the orders, one page at a time.

    Parameters
    ----------
    case : Case
        Nothing is changed in it.
    """

    title = "truth"
    _next, _page = "", 0

    def show(self) -> list[Part]:
        """A button per next step with its count, and one page of the orders."""
        now = status(self._case)
        if not now.rows:
            return [self.said("truth_none")]
        rows = now.rows_of(next=self._next) if self._next in now.next else now.rows
        self._page = min(max(self._page, 0), (len(rows) - 1) // _ROWS)
        first = self._page * _ROWS
        part = rows[first : first + _ROWS]
        cells = [self._cells(row) for row in part]
        columns = [name for name in cells[0] if any(row[name] for row in cells)]
        caption = self.say("truth_rows", first=first + 1, last=first + len(part), n=len(rows))
        return [
            self.row(self._step("", len(now.rows)), *(self._step(*pair) for pair in now.next.items())),
            self.table(
                "orders", caption, self.words("truth_", columns), [[row[name] for name in columns] for row in cells]
            ),
            self.row(
                self.button("earlier", partial(self._look_at, self._next, self._page - 1), off=first == 0),
                self.button("later", partial(self._look_at, self._next, self._page + 1), off=rows[-1:] == part[-1:]),
            ),
        ]

    def _step(self, step: str, n: int) -> Part:
        label = self.say(f"status.next_{step}" if step else "truth_all")
        here = step == self._next
        return self.button(f"truth_step {step}", partial(self._look_at, step, 0), main=here, step=label, n=n)

    def _look_at(self, step: str, page: int) -> None:
        self._next, self._page = step, page

    def _cells(self, row: OrderRow) -> dict[str, str]:
        kinds = ("triage", "state", "next", "message")
        words = {kind: self.say(f"status.{kind}_{getattr(row, kind)}") for kind in kinds}
        words["state"] += f" ({row.why})" if row.why else ""
        answer = self.say(f"sheet.status_{row.answer}") if row.answer else ""
        told = " · ".join(filter(None, (answer, row.note, str(row.conflict or ""))))
        return {"order": row.order_id, **words, "answer": told, "due": self.moment(row.ship_by) if row.ship_by else ""}
