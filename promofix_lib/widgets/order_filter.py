"""The panel of notebook 3: which orders are affected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import anywidget
import traitlets

from promofix_lib.case.case import Case
from promofix_lib.case.records import Action
from promofix_lib.charts import colours
from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.incident import Incident
from promofix_lib.orders import order_table
from promofix_lib.say import sentences, speak
from promofix_lib.status.book import Book, facts_of
from promofix_lib.widgets.choice import (
    Choice,
    Look,
    Selection,
    ceilings_text,
    with_choice,
    with_number,
    with_window,
    with_words,
)
from promofix_lib.widgets.counts import Mask
from promofix_lib.widgets.followed import Followed
from promofix_lib.widgets.form import FOLDER, front_end
from promofix_lib.widgets.pages import Order
from promofix_lib.widgets.panel_view import PanelView


@cache
def _colours() -> str:
    """The colours of the house, as the panel's style sheet names them."""
    parts = (f".pf-part-{n % 6} {{ --pf-part: {colours.incident(n)}; }}" for n in range(1, 7))
    return "\n".join([f".promofix {{ --pf-affected: {colours.AFFECTED}; }}", *parts])


class OrderFilter(Followed, anywidget.AnyWidget):
    """Choose the affected orders: chart, filters, table, and changes by hand, each saved in the case as it is made.

    The state is the case's rules and decisions; the panel only shows them and asks for changes. It starts from what was
    last decided, so *Run All* repeats nothing and undoes nothing. Without reports it says so, and fills itself when
    they come.

    Parameters
    ----------
    case : Case
    """

    title = "panel_panel"
    _esm = front_end("page.js", "chart.js", "filters.js", "table.js", "order_filter.js")
    _css = (FOLDER / "panel.css").read_text("utf-8") + _colours()

    words = traitlets.Dict().tag(sync=True)
    incidents = traitlets.List().tag(sync=True)
    chart = traitlets.Dict().tag(sync=True)
    facets = traitlets.List().tag(sync=True)
    fields = traitlets.Dict().tag(sync=True)
    totals = traitlets.Dict().tag(sync=True)
    hand = traitlets.Dict().tag(sync=True)
    notice = traitlets.Dict().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    page, details = traitlets.Dict(), traitlets.Dict()
    """The rows shown with what was searched for; every cell of one order: messages, in no state that may be saved."""

    def __init__(self, case: Case) -> None:
        self._case, self._look, self._said = case, Look(), ""
        self._saved = Choice.of(case)
        self._preview: Incident | None = None
        self._prepare()
        super().__init__(**self._parts())
        self.on_msg(self._on_message)

    def _prepare(self) -> None:
        """Make the view new, for the orders and the language as they are now."""
        case = self._case
        self._empty = not case.reports
        self._book = Book(order_table()) if self._empty else case.book
        unjudged = () if self._empty else (key for one in case.findings.incidents for key in one.cannot_judge)
        zone = ZoneInfo("UTC") if self._empty else case.zone
        self._view = PanelView(self._book, zone, self.language, unjudged)
        self._zoom("window")

    # -- what Python says -----------------------------------------------------------------------------------------

    @property
    def choice(self) -> Choice:
        """What is decided, with the rule at work as it is on the screen."""
        if self._preview is None:
            return self._saved
        number = self._saved.number or 1  # the first incident of all is being made
        return replace(self._saved, number=number, rules={**self._saved.rules, number: self._preview})

    @property
    def rule(self) -> Incident:
        """The filters as they stand on the screen."""
        return self.choice.rule

    @property
    def selection(self) -> Selection:
        """Which rows are in, over the case's order table."""
        return self._view.selection(self.choice)

    def facts(self) -> dict[str, Any]:
        """What the panel shows now, as the keys ``"orders"`` to ``"triage"`` of ``promofix status --json``."""
        return facts_of(self._book, self._chosen)

    # -- state to screen ------------------------------------------------------------------------------------------

    def _parts(self) -> dict[str, Any]:
        """Every part of the screen, from the rules, the decisions and the look."""
        choice, look, view = self.choice, self._look, self._view
        selection = view.selection(choice)
        self._chosen = selection.chosen
        return {
            "words": sentences("widgets.panel_", view.language) | {"language": view.language},
            "incidents": view.incidents(choice),
            "chart": view.chart(choice, selection, look) | {"preview": self._preview is not None},
            "facets": view.choices(choice, look),
            "fields": self._fields(choice),
            "totals": view.totals(selection),
            "page": view.page(selection, choice, look),
            "hand": choice.hand,
            "details": view.details(look.details),
            "notice": {"kind": "empty" if self._empty else "hint", "text": self._hint(choice)},
        }

    def _hint(self, choice: Choice) -> str:
        if self._empty:
            return self._view.say("no_report")
        return self._said or ("" if choice.rules else self._view.say("no_incident"))

    def _fields(self, choice: Choice) -> dict[str, Any]:
        rule, found = choice.rule, choice.rule_found
        numbers = {name: getattr(rule, name) for name in ("max_unit_price", "min_quantity", "max_quantity")}
        text = ceilings_text(found.ceilings, self.language)
        return {
            **{name: "" if number is None else str(number) for name, number in numbers.items()},
            "ceilings": bool(rule.ceilings),
            "ceilings_text": self._view.say("ceilings", list=text) if text else "",
            "presets": sorted(choice.presets),
            "adjusted": choice.number in choice.found and rule != found,
        }

    def refresh(self) -> None:
        """Show the case as it is now, also with reports that came since."""
        if self._empty == bool(self._case.reports) or (not self._empty and self._case.orders is not self._book.orders):
            self._saved = Choice.of(self._case, self._saved.number)
            self._prepare()
        self._show()

    def look(self) -> None:
        """Tell what changed since in another notebook; show it where nothing can move under the seller's hands."""
        changed = self._case.revision != self._saved.revision
        if self._case.reports and (self._empty or (changed and not self._saved.rules)):
            self.refresh()
        elif changed and not self._empty:
            self.notice = {"kind": "changed", "text": self._view.say("changed_elsewhere")}

    def _show(self, question: str = "") -> None:
        """Show the state as it is in the case now, as an answer to a question; only what changed is sent."""
        if self._case.revision != self._saved.revision:
            was, self._saved = self._saved, Choice.of(self._case, self._saved.number)
            if (was.language, was.found) != (self._saved.language, self._saved.found):
                self._prepare()
        parts, told = self._parts() | {"answer": question or self.answer}, self._aside()
        with self.hold_sync():
            for name, value in parts.items():
                setattr(self, name, value)
        if news := {name: part for name, part in self._aside().items() if part != told[name]}:
            self.send(news)

    def _aside(self) -> dict[str, Any]:
        """What is sent whenever it changes, and when the screen is drawn."""
        return {"page": self.page, "details": self.details}

    # -- screen to state ------------------------------------------------------------------------------------------

    def _on_message(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        question = str(message.get("question", ""))
        speak(self.language)  # a message comes apart from the cell that opened the case
        try:
            if message.get("do") == "draw":
                self.send(self._aside())
            else:
                self._said = ""
                self._do(message)
                self._show(question)
        except (PromofixError, OSError) as error:  # a wrong number; a full disk, a case locked by another notebook
            with self.hold_sync():
                self.notice, self.answer = {"kind": "error", "text": str(error)}, question

    def _do(self, message: dict[str, Any]) -> None:
        facts = {name: value for name, value in message.items() if name not in ("do", "question", "latest")}
        action = self._actions().get(str(message.get("do")))
        if action is not None:
            action(**facts)

    def _actions(self) -> dict[str, Callable[..., None]]:
        """What the screen can ask for, by its name there."""
        return {
            "incident": self._work_on,
            "window": self._set_window,
            "moment": self._set_moment,
            "choose": lambda name, value, on: self._save(with_choice(self.rule, name, value, on)),
            "any": lambda name: self._save(with_words(self.rule, name, ())),
            "together": lambda on: self._save(replace(self.rule, together=on)),
            "number": lambda name, text: self._save(with_number(self.rule, name, text, self.language)),
            "ceilings": self._set_ceilings,
            "as_found": lambda: self._save(self.choice.rule_found),
            "save_preset": self._save_preset,
            "use_preset": lambda name: self._save(self._saved.presets.get(name, self.rule)),
            "tick": self._tick,
            "reason": self._change_reason,
            "take_in_shown": lambda reason: self._decide_shown(True, reason),
            "leave_out_shown": lambda reason: self._decide_shown(False, reason),
            "undo": lambda: self._step(self._case.undo),
            "redo": lambda: self._step(self._case.redo),
            "reload": self.refresh,
            "zoom": self._zoom,
            "find": lambda name, text: self._see(find=self._look.find | {name: text}),
            "more": lambda name: self._see(opened=(*self._look.opened, name)),
            "search": lambda text: self._see(search=text, page=1),
            "show": lambda which: self._see(show=which, page=1),
            "sort": self._sort,
            "page": lambda number: self._see(page=number),
            "details": lambda key: self._see(details=key),
        }

    def _see(self, **changes: Any) -> None:
        self._look = replace(self._look, **changes)

    def _work_on(self, number: int) -> None:
        self._preview, self._saved = None, Choice.of(self._case, number)
        self._zoom("window")

    def _save(self, rule: Incident) -> None:
        self._preview = None
        self._see(page=1)
        if self._saved.number:
            self._case.set_rule(self._saved.number, rule)
        elif not self._empty and rule != Incident():
            self._case.take(rule)

    def _step(self, step: Callable[[], Case]) -> None:
        self._preview = None
        step()

    # the window and the other filters

    def _set_window(self, onset: float | None, end: float | None, commit: bool) -> None:
        moments = [None if second is None else datetime.fromtimestamp(second, UTC) for second in (onset, end)]
        window = self._exact("onset", moments[0]), self._exact("end", moments[1])
        self._preview = with_window(self.rule, *window)
        if commit:
            self._save(self._preview)

    def _exact(self, side: str, moment: datetime | None) -> datetime | None:
        """The screen counts whole seconds; a side that was not moved keeps its exact moment."""
        now: datetime | None = getattr(self.rule, side)
        same = now is not None and moment is not None and int(now.timestamp()) == int(moment.timestamp())
        return now if same else moment

    def _set_moment(self, side: str, text: str) -> None:
        try:
            moment = self._view.hours.moment(text.strip(), end=side == "end") if text.strip() else None
        except ValueError as error:
            raise CaseError("widgets.panel_not_a_moment", found=text) from error
        rule = self.rule
        onset, end = (moment, rule.end) if side == "onset" else (rule.onset, moment)
        self._save(with_window(rule, onset, end))

    def _set_ceilings(self, on: bool) -> None:
        self._save(replace(self.rule, ceilings=self.choice.rule_found.ceilings if on else ()))

    def _save_preset(self, name: str) -> None:
        if not name.strip():
            raise CaseError("widgets.panel_no_name")
        self._case.save_preset(name.strip(), self.rule)

    def _zoom(self, how: str) -> None:
        first, last = self._view.zoomed(self._look, self.rule, how)
        self._see(first=first, last=last)

    def _sort(self, column: str) -> None:
        now = self._look.order
        self._see(order=Order(column, column == now.column and not now.descending), page=1)

    # orders by hand

    def _tick(self, key: str, on: bool, reason: str) -> None:
        self._decide_rows(self._book.named([key]), on, reason)

    def _decide_shown(self, on: bool, reason: str) -> None:
        rows = self._view.shown(self.selection, self._look)
        self._decide_rows(rows, on, reason)
        self._said = self._view.say("taken_in_all" if on else "left_out_all", n=int(rows.sum()))

    def _decide_rows(self, rows: Mask, on: bool, reason: str) -> None:
        """Put rows in or out: back to the rule where the rule says the same, else by hand; always one step to undo."""
        selection = self.selection
        rows = rows & (selection.chosen != on)
        by_rule = bool(((selection.numbers[rows] > 0) == on).all())
        action: Action = "as_rule" if by_rule else "add" if on else "leave_out"
        self._case.decide(action, self._view.pages.keys[rows].tolist(), "" if by_rule else self._reason(reason))

    def _change_reason(self, key: str, reason: str) -> None:
        action: Action = "add" if key in self._case.put_in else "leave_out"
        self._case.decide(action, [key], self._reason(reason))

    def _reason(self, reason: str) -> str:
        return reason.strip() or self._view.say("reason_1")
