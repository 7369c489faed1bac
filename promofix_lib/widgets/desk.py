"""The frame of the smaller widgets: ipywidgets by name, one thing done at a time, errors said in the widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import ipywidgets as w

from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.say import moment_text, speak
from promofix_lib.widgets.form import Aside, Does, Form, Part
from promofix_lib.widgets.html import paragraph


def _now() -> datetime:
    return datetime.now(UTC)


class Desk(Form):
    """A form about a case. A child says in `show` which parts it has, with the name of each and what it does.

    Parameters
    ----------
    case : Case
        What the desk shows and changes; another notebook's changes appear by themselves.
    clock : callable
        Gives the present time with a zone.
    """

    needs_reports: ClassVar[bool] = True

    def __init__(self, case: Case, clock: Callable[[], datetime] = _now) -> None:
        self._case, self._clock = case, clock
        self._style, self._busy, self._notice = Aside(), w.HTML(), w.HTML()
        self._seen: object = None
        super().__init__()
        self.add_class("pf-desk").add_class(f"pf-{type(self).__name__.lower()}")
        self.refresh()

    def show(self) -> list[Part]:
        """The parts as things are now."""
        raise NotImplementedError

    # -- words ----------------------------------------------------------------------------------------------------

    def moment(self, at: datetime, *, zone: bool = False) -> str:
        """A moment on the marketplace's clock."""
        return moment_text(at.astimezone(self._case.zone), zone=zone)

    def tell(self, key: str, to: int | None = None, **facts: Any) -> None:
        """One sentence below the form, with a link to a page where it names one."""
        self._notice.value = paragraph(self.say(key, **facts), role="status", to=to)

    def refuse(self, *why: str) -> None:
        """What stands in the way, a paragraph each, below what else is told."""
        self._notice.value += "".join(paragraph(words, role="alert", look="told") for words in why)

    @contextmanager
    def working(self, key: str, **facts: Any) -> Iterator[None]:
        """Long work: the screen shows that it goes on."""
        self._busy.value = paragraph(self.say(key, **facts), role="status")
        try:
            yield
        finally:
            self._busy.value = ""

    # -- showing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show everything as it is now; what stands in the way of it is said with the way out."""
        speak(self.language)  # a kernel runs timers and presses apart from the cell that opened the case
        self._seen, self._quiet = self._mark(), True
        try:
            with self._case.journal.still():
                needs = self.needs_reports and not self._case.reports
                shown = [self.said("no_report", to=1)] if needs else self.show()
        except PromofixError as error:
            shown = [self.text("error", str(error), look="told")]
        finally:
            self._quiet = False
        self.children = (self._style, *filter(None, shown), self._busy, self._notice)

    def _mark(self) -> object:
        return self._case.revision, self._case.replaced_by, tuple(path.name for path in self._case.reports)

    def look(self) -> None:
        """Show again what changed since, in another notebook or by another widget of this one."""
        if self._mark() != self._seen:
            self.refresh()

    # -- acting ---------------------------------------------------------------------------------------------------

    def _done(self, name: str, *value: Any) -> None:
        """The seller pressed a part, or gave it a value: do what it is for, say what stands in the way, show it."""
        if self._quiet:
            return
        speak(self.language)
        self._notice.value = ""
        try:
            if does := self.parts[name].does:
                does(*value)
        except PromofixError as error:
            self.refuse(str(error))
        except OSError as error:  # a full disk, a locked file: the seller can put it right
            self.refuse(f"{error.filename or ''} {error.strerror or error}".strip())
        self.refresh()

    def keeps(self, name: str, read: Callable[[Any], Any] = lambda value: value) -> Does:
        """What keeps a setting of the case as it was given, read by `read`."""
        return lambda value: self._case.change_settings(**{name: read(value)})
