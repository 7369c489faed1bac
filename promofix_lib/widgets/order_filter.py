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
from promofix_lib.widgets.choice import Choice, Look, ceilings_text, with_choice, with_number, with_window, with_words
from promofix_lib.widgets.counts import Mask
from promofix_lib.widgets.followed import Followed
from promofix_lib.widgets.form import FOLDER, front_end
from promofix_lib.widgets.panel_view import PanelView, Selection


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

    shown = traitlets.Dict().tag(sync=True)
    """The parts of the screen by their names."""
    answer = traitlets.Unicode().tag(sync=True)
    """The question of the screen that was answered last."""

    def __init__(self, case: Case) -> None:
        self._case, self._look, self._said = case, Look(), ""
        self._read()
        self._prepare()
        shown, self.told = self._parts()
        super().__init__(shown=shown)
        self.on_msg(self._on_message)

    def _read(self) -> None:
        """Take the case as it is now, and speak its language; the incident at work stays the one at work."""
        speak(self.language)
        self._choice = Choice.of(self._case, self._look)
        self._see(number=self._choice.number)

    def _prepare(self) -> None:
        """Make the view new, for the orders as they are now."""
        case = self._case
        self._book = self._newest_book()
        zone, found = (case.zone, case.findings.incidents) if self._book else (ZoneInfo("UTC"), ())
        unjudged = (key for one in found for key in one.cannot_judge)
        self._view = PanelView(self._book or Book(order_table()), zone, unjudged)
        self._zoom("window")

    def _newest_book(self) -> Book | None:
        return self._case.book if self._case.reports else None

    # -- what Python says -----------------------------------------------------------------------------------------

    @property
    def rule(self) -> Incident:
        """The filters as they stand on the screen."""
        return self._choice.rule

    @property
    def selection(self) -> Selection:
        """Which rows are in, over the case's order table."""
        return self._view.selection(self._choice)

    def facts(self) -> dict[str, Any]:
        """What the panel shows now, as the keys ``"orders"`` to ``"triage"`` of ``promofix status --json``."""
        return facts_of(self._view.book, self.selection.chosen)

    # -- state to screen ------------------------------------------------------------------------------------------

    def _parts(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every part of the screen, from the case, the decisions and the look; those apart that name buyers."""
        choice, look, view, selection = self._choice, self._look, self._view, self.selection
        done, hint = self._case.decisions, "" if choice.rules else view.say("no_incident")
        shown = {
            "words": sentences("widgets.panel_", self.language) | {"language": self.language},
            "incidents": view.incidents(choice),
            "chart": view.chart(choice, selection, look),
            "facets": view.choices(choice, look),
            "fields": self._fields(),
            "totals": view.totals(selection),
            "hand": {"can_undo": bool(done.done), "can_redo": bool(done.undone)},
            "notice": {"kind": "hint", "text": self._said or hint},
        }
        if self._book is None:
            shown["notice"] = {"kind": "empty", "text": view.say("no_report")}
        return shown, {"page": view.page(selection, choice, look), "details": view.details(look.details)}

    def _fields(self) -> dict[str, Any]:
        rule, found = self.rule, self._choice.rule_found
        numbers = {name: getattr(rule, name) for name in ("max_unit_price", "min_quantity", "max_quantity")}
        text = ceilings_text(found.ceilings)
        return {
            **{name: "" if number is None else str(number) for name, number in numbers.items()},
            "ceilings": bool(rule.ceilings),
            "ceilings_text": self._view.say("ceilings", list=text) if text else "",
            "presets": sorted(self._case.presets),
            "adjusted": rule != found,
        }

    def refresh(self) -> None:
        """Show the case as it is now, also with reports that came since."""
        self._show(newest=True)

    def look(self) -> None:
        """Tell what changed since in another notebook; show it where nothing can move under the seller's hands."""
        speak(self.language)  # a timer is apart from the cell that opened the case, and so is a message
        changed = self._case.revision != self._choice.revision
        if self._case.reports and (self._book is None or (changed and not self._choice.rules)):
            self.refresh()
        elif changed and self._book:
            self._notify("changed", self._view.say("changed_elsewhere"))

    def _notify(self, kind: str, text: str) -> None:
        self.shown = {**self.shown, "notice": {"kind": kind, "text": text}}

    def _show(self, question: str = "", newest: bool = False) -> None:
        """Show what is decided now, as an answer to a question, where asked with reports that came since.

        Only what changed is sent.
        """
        found = self._choice.found
        with self._case.journal.still(), self.hold_sync():
            self._read()
            if found != self._choice.found or (newest and self._newest_book() is not self._book):
                self._prepare()
            self.shown, told = self._parts()
            self.answer = question or self.answer
        news = {name: part for name, part in told.items() if part != self.told[name]}
        self.told = told
        if news:
            self.send(news)

    # -- screen to state ------------------------------------------------------------------------------------------

    def _on_message(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        facts = {name: value for name, value in message.items() if name not in ("do", "question", "latest")}
        asked, question = message.get("do"), str(message.get("question", ""))
        speak(self.language)
        try:
            if asked == "draw":
                self.send(self.told)
            else:
                self._said = ""
                if action := self._actions().get(str(asked)):
                    action(**facts)
                self._show(question)
        except (PromofixError, OSError) as error:  # a wrong number; a full disk, a case locked by another notebook
            with self.hold_sync():
                self._notify("error", str(error))
                self.answer = question

    def _actions(self) -> dict[str, Callable[..., object]]:
        """What the screen can ask for, by its name there."""
        return {
            "incident": self._work_on,
            "window": self._set_window,
            "moment": self._set_moment,
            "choose": lambda name, value, on: self._save(with_choice(self.rule, name, value, on)),
            "any": lambda name: self._save(with_words(self.rule, name, ())),
            "together": lambda on: self._save(replace(self.rule, together=on)),
            "number": lambda name, text: self._save(with_number(self.rule, name, text)),
            "ceilings": lambda on: self._save(
                replace(self.rule, ceilings=self._choice.rule_found.ceilings if on else ())
            ),
            "as_found": lambda: self._save(self._choice.rule_found),
            "save_preset": self._save_preset,
            "use_preset": lambda name: self._save(self._case.presets.get(name, self.rule)),
            "tick": lambda key, on, reason: self._decide(self._view.book.named([key]), on, reason),
            "reason": self._change_reason,
            "decide_shown": self._decide_shown,
            "undo": self._case.undo,
            "redo": self._case.redo,
            "reload": self.refresh,
            "zoom": self._zoom,
            "see": self._see,
            "find": lambda name, text: self._see(find={**self._look.find, name: text}),
            "more": lambda name: self._see(opened=(*self._look.opened, name)),
        }

    def _see(self, **changes: Any) -> None:
        self._look = replace(self._look, **changes)

    def _work_on(self, number: int) -> None:
        self._see(number=number, preview=None)
        self._read()
        self._zoom("window")

    def _save(self, rule: Incident) -> None:
        self._see(preview=None, page=1)
        self._read()
        if self._choice.number:
            self._case.set_rule(self._choice.number, rule)
        elif self._book and rule != Incident():
            self._case.take(rule)

    # the window and the other filters

    def _set_window(self, onset: float | None, end: float | None, commit: bool) -> None:
        moments = [None if second is None else datetime.fromtimestamp(second, UTC) for second in (onset, end)]
        rule = with_window(self.rule, onset=moments[0], end=moments[1])
        if commit:
            self._save(rule)
        else:
            self._see(preview=rule)

    def _set_moment(self, side: str, text: str) -> None:
        moment = self._view.hours.moment(text, end=side == "end")
        self._save(with_window(self.rule, **{side: moment}))

    def _save_preset(self, name: str) -> None:
        if not name.strip():
            raise CaseError("widgets.panel_no_name")
        self._case.save_preset(name.strip(), self.rule)

    def _zoom(self, how: str) -> None:
        first, last = self._view.zoomed(self._look, self.rule, how)
        self._see(first=first, last=last)

    # orders by hand

    def _decide_shown(self, on: bool, reason: str) -> None:
        rows = self._view.shown(self.selection, self._look)
        self._decide(rows, on, reason)
        self._said = self._view.say("taken_in_all" if on else "left_out_all", n=int(rows.sum()))

    def _decide(self, rows: Mask, on: bool, reason: str) -> None:
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
