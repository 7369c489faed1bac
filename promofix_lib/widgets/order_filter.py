"""The panel of notebook 3: which orders are affected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anywidget
import numpy as np
import traitlets

from promofix_lib.case.case import Case
from promofix_lib.case.decisions import Decisions
from promofix_lib.case.records import Action
from promofix_lib.errors import PromofixError
from promofix_lib.incident import Incident
from promofix_lib.widgets.assets import module, style
from promofix_lib.widgets.facets import Mask
from promofix_lib.widgets.pages import Order
from promofix_lib.widgets.panel_view import Look, PanelView, Selection, ceilings_text
from promofix_lib.widgets.rule_edits import with_choice, with_number, with_window, with_words
from promofix_lib.widgets.words import words_of


class OrderFilter(anywidget.AnyWidget):
    """Choose the affected orders: chart, filters, table, and changes by hand, each saved in the case as it is made.

    The state is the case's rule and decisions; the panel only shows them and asks for changes. It starts from what was
    last decided, so *Run All* repeats nothing and undoes nothing.

    Parameters
    ----------
    case : Case
        The case, with at least one report.

    Raises
    ------
    CaseError
        The case has no report yet.
    """

    _esm = module("page.js", "chart.js", "filters.js", "table.js", "order_filter.js")
    _css = style()

    words = traitlets.Dict().tag(sync=True)
    chart = traitlets.Dict().tag(sync=True)
    facets = traitlets.List().tag(sync=True)
    fields = traitlets.Dict().tag(sync=True)
    totals = traitlets.Dict().tag(sync=True)
    page = traitlets.Dict().tag(sync=True)
    hand = traitlets.Dict().tag(sync=True)
    details = traitlets.Dict().tag(sync=True)
    notice = traitlets.Dict().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    revision = traitlets.Int()
    """The case's revision that is shown; changes after the screen was answered, so that others may follow it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._look = Look()
        self._preview: Incident | None = None
        self._prepare()
        super().__init__(**self._parts(self._case.decisions))
        self.on_msg(self._on_message)

    def _prepare(self) -> None:
        """Make the view new, for the orders and the language as they are now."""
        case = self._case
        self._orders, self._language = case.orders, case.settings.language
        finding = case.finding
        prices, unjudged = (finding.normal_prices, finding.cannot_judge) if finding else ((), ())
        words = words_of(self._language)
        self._view = PanelView(self._orders, case.marketplace.zone, prices, words, unjudged, case.incident)
        self._incident = case.incident
        first, last = self._view.zoomed(self._look, case.filter, "window")
        self._look = replace(self._look, first=first, last=last)
        self.revision = case.revision

    # -- what Python says -----------------------------------------------------------------------------------------

    @property
    def decisions(self) -> Decisions:
        """What is decided in the case now."""
        return self._case.decisions

    @property
    def rule(self) -> Incident:
        """The filters as they stand on the screen."""
        return self._preview or self._case.filter

    @property
    def selection(self) -> Selection:
        """Which rows are in, over the case's order table."""
        return self._selected(self._case.decisions)

    def __repr__(self) -> str:
        """One line that makes sense where no widget can be drawn."""
        return self._view.words["plain"].format(orders=self.totals["orders"])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self._reload()  # shown again: as things are now
        return super()._repr_mimebundle_(**kwargs)

    # -- state to screen ------------------------------------------------------------------------------------------

    def _selected(self, decisions: Decisions) -> Selection:
        return self._view.selection(self._preview or decisions.filter, decisions)

    def _parts(self, decisions: Decisions) -> dict[str, Any]:
        """Every part of the screen, from the rule, the decisions and the look."""
        rule, look, view = self._preview or decisions.filter, self._look, self._view
        selection = self._selected(decisions)
        return {
            "words": view.words,
            "chart": view.chart(rule, selection, look) | {"preview": self._preview is not None},
            "facets": view.choices(rule, look),
            "fields": self._fields(rule or Incident()),
            "totals": view.totals(selection),
            "page": view.page(selection, decisions, look),
            "hand": {"can_undo": bool(decisions.done), "can_redo": bool(decisions.undone)},
            "details": view.details(look.details),
            "notice": {"kind": "hint", "text": "" if rule else view.words["no_incident"]},
        }

    def _fields(self, rule: Incident) -> dict[str, Any]:
        numbers = {name: getattr(rule, name) for name in ("max_unit_price", "min_quantity", "max_quantity")}
        found = self._incident.ceilings if self._incident else ()
        return {
            **{name: "" if number is None else str(number) for name, number in numbers.items()},
            "ceilings": bool(rule.ceilings),
            "ceilings_text": self._view.words["ceilings"].format(list=ceilings_text(found)) if found else "",
            "presets": sorted(self._case.presets),
            "adjusted": self._incident is not None and rule != self._incident,
        }

    def _reload(self) -> None:
        """Show the case as it is now, also with reports that came since."""
        if self._case.orders is not self._orders:
            self._prepare()
        self._refresh()

    def _refresh(self, **also: Any) -> None:
        """Show the state as it is in the case now; only what changed is sent."""
        case = self._case
        if case.settings.language != self._language or case.incident != self._incident:
            self._prepare()
        parts = self._parts(case.decisions) | also
        seen = case.revision
        with self.hold_sync():
            for name, value in parts.items():
                setattr(self, name, value)
        self.revision = seen

    # -- screen to state ------------------------------------------------------------------------------------------

    def _on_message(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        question = str(message.get("question", ""))
        try:
            if message.get("do") == "look":
                self._look_for_changes(question)
            else:
                self._do(message)
                self._refresh(answer=question)
        except (PromofixError, OSError) as error:  # a wrong number; a full disk, a case locked by another notebook
            with self.hold_sync():
                self.notice, self.answer = {"kind": "error", "text": str(error)}, question

    def _do(self, message: dict[str, Any]) -> None:
        facts = {name: value for name, value in message.items() if name not in ("do", "question", "latest", "quiet")}
        action = self._actions().get(str(message.get("do")))
        if action is not None:
            action(**facts)

    def _actions(self) -> dict[str, Callable[..., None]]:
        """What the screen can ask for, by its name there."""
        return {
            "window": self._set_window,
            "moment": self._set_moment,
            "choose": lambda name, value, on: self._save(with_choice(self.rule, name, value, on)),
            "any": lambda name: self._save(with_words(self.rule, name, ())),
            "together": lambda on: self._save(replace(self.rule, together=on)),
            "number": lambda name, text: self._save(
                with_number(self.rule, name, text, self._view.words["not_a_number"])
            ),
            "ceilings": self._set_ceilings,
            "as_found": lambda: self._save(self._incident or Incident()),
            "save_preset": self._save_preset,
            "use_preset": lambda name: self._save(self._case.presets.get(name, self.rule)),
            "tick": self._tick,
            "reason": self._change_reason,
            "take_in_shown": lambda reason: self._decide_shown(True, reason),
            "leave_out_shown": lambda reason: self._decide_shown(False, reason),
            "undo": lambda: self._step(self._case.undo),
            "redo": lambda: self._step(self._case.redo),
            "reload": self._reload,
            "zoom": self._zoom,
            "find": lambda name, text: self._see(find=self._look.find | {name: text}),
            "more": lambda name: self._see(opened=(*self._look.opened, name)),
            "search": lambda text: self._see(search=text, page=1),
            "show": lambda which: self._see(show=which, page=1),
            "sort": self._sort,
            "page": lambda number: self._see(page=number),
            "page_size": lambda size: self._see(size=size if size in (25, 50) else 25, page=1),
            "details": lambda key: self._see(details=key),
        }

    def _see(self, **changes: Any) -> None:
        self._look = replace(self._look, **changes)

    def _save(self, rule: Incident) -> None:
        self._preview = None
        self._see(page=1)
        if rule != self._case.filter or self._case.decisions.filter is None:
            self._case.set_filter(rule)

    def _step(self, step: Callable[[], Case]) -> None:
        self._preview = None
        step()

    def _look_for_changes(self, question: str) -> None:
        changed = self._case.revision != self.revision
        with self.hold_sync():
            self.answer = question
            if changed:
                self.notice = {"kind": "changed", "text": self._view.words["changed_elsewhere"]}

    # the window and the other filters

    def _set_window(self, onset: float | None, end: float | None, commit: bool) -> None:
        moments = [None if second is None else datetime.fromtimestamp(second, UTC) for second in (onset, end)]
        self._preview = with_window(self.rule, self._exact("onset", moments[0]), self._exact("end", moments[1]))
        if commit:
            self._save(self._preview)

    def _exact(self, side: str, moment: datetime | None) -> datetime | None:
        """The screen counts whole seconds; a side that was not moved keeps its exact moment."""
        now: datetime | None = getattr(self.rule, side)
        same = now is not None and moment is not None and int(now.timestamp()) == int(moment.timestamp())
        return now if same else moment

    def _set_moment(self, side: str, text: str) -> None:
        try:
            moment = self._view.hours.moment(text, end=side == "end") if text else None
        except ValueError as error:
            raise PromofixError(self._view.words["not_a_moment"].format(text=text)) from error
        rule = self.rule
        onset, end = (moment, rule.end) if side == "onset" else (rule.onset, moment)
        self._save(with_window(rule, onset, end))

    def _set_ceilings(self, on: bool) -> None:
        found = self._incident.ceilings if self._incident else ()
        self._save(replace(self.rule, ceilings=found if on else ()))

    def _save_preset(self, name: str) -> None:
        if not name.strip():
            raise PromofixError(self._view.words["no_name"])
        self._case.save_preset(name.strip(), self.rule)

    def _zoom(self, how: str) -> None:
        first, last = self._view.zoomed(self._look, self.rule, how)
        self._see(first=first, last=last)

    def _sort(self, column: str) -> None:
        now = self._look.order
        self._see(order=Order(column, column == now.column and not now.descending), page=1)

    # orders by hand

    def _tick(self, key: str, on: bool, reason: str) -> None:
        rows = np.zeros(len(self._orders), dtype=np.bool_)
        rows[self._view.pages.named([key])] = True
        self._decide_rows(rows, on, reason)

    def _decide_shown(self, on: bool, reason: str) -> None:
        self._decide_rows(self._view.shown(self.selection, self._look), on, reason)

    def _decide_rows(self, rows: Mask, on: bool, reason: str) -> None:
        """Put rows in or out: back to the rule where the rule says the same, else by hand; always one step to undo."""
        selection = self.selection
        rows = rows & (selection.chosen != on)
        by_rule = bool((selection.rule[rows] == on).all())
        action: Action = "as_rule" if by_rule else "add" if on else "leave_out"
        self._case.decide(action, self._view.pages.keys[rows].tolist(), "" if by_rule else self._reason(reason))

    def _change_reason(self, key: str, reason: str) -> None:
        action: Action = "add" if key in self._case.decisions.added else "leave_out"
        self._case.decide(action, [key], self._reason(reason))

    def _reason(self, reason: str) -> str:
        return reason.strip() or self._view.words["reason_default"]
