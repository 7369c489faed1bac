"""What stands on top of every page: which case it is, what is in it, what is next; and what cannot wait."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from promofix_lib.account.worklist import page_of
from promofix_lib.amounts import Money
from promofix_lib.export.requests import fba_requests
from promofix_lib.say import current_language, sentences
from promofix_lib.status.rows import OPEN, OrderRow
from promofix_lib.status.status import Status, status
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.html import Cell, file_link, link_to, paragraph

_FOLLOW_UP = 6  # the notebook that shows what is done elsewhere
_DEADLINES = 5


class PageHead(Desk):
    """One line on top of a page: which case, what is in it, what is next, with links; it follows the case.

    Parameters
    ----------
    case : Case
    """

    title = "head"
    needs_reports = False

    def show(self) -> list[Part]:
        """The case in one line; what is to be known before anything is done."""
        case = self._case
        name = f"<strong>{escape(self.say('head_case', name=case.name))}</strong>"
        parts, told = self._lines() if case.reports else ([self._has(), link_to(1)], [])
        if other := case.replaced_by:
            told = [self.say("other_case", name=case.name, other=other), *told]
        told = [*map(str, case.warnings), *told]
        line = f"<p>{' · '.join([name, *parts])}</p>"
        return [self.html("line", line + "".join(paragraph(text, look="told") for text in told))]

    def _has(self) -> str:
        return escape(self.say("head_reports", n=len(self._case.reports)))

    def _lines(self) -> tuple[list[str], list[str]]:
        case, now = self._case, status(self._case)
        parts = [self._has(), escape(self.say("head_orders", n=now.orders))]
        if not any(one.taken for one in case.incidents) and not now.orders:
            return [*parts, link_to(2)], []
        lost = tuple(Money(amounts.loss, amounts.currency) for amounts in now.amounts if amounts.loss)
        parts += [escape(self.say("head_lost", lost=lost))] if lost else []
        step = next((step for step in now.next if step != "nothing"), "nothing")
        what = self.say("head_next", what=self.say(f"status.next_{step}"))
        page = page_of(step)
        parts.append(f"{escape(what)} {link_to(_FOLLOW_UP if page is None else page)}")
        return parts, [*map(str, now.told())]


class SafetyDesk(Desk):
    """What cannot wait, before anything is chosen or exported: orders at Amazon's warehouses, and deadlines.

    Parameters
    ----------
    case : Case
        Its affected orders.
    clock : callable
        Gives the present time with a zone.
    """

    title = "safety"

    def show(self) -> list[Part]:
        """The text for Seller Support with the order ids to copy; the orders by their deadline."""
        now = status(self._case)
        if not now.rows:
            return [self.said("safety_nothing")]
        asked = now.rows_of(triage="ask_amazon", state=OPEN)
        return [*self._support(now, asked), *self._deadlines(now)]

    def _support(self, now: Status, asked: tuple[OrderRow, ...]) -> list[Part]:
        if not asked:
            return [self.said("safety_no_fba")]
        words = fba_requests(now.book, now.book.named(key for row in asked for key in row.keys))
        return [self.field("safety_support", words, rows=6, n=len(asked))]

    def _deadlines(self, now: Status) -> list[Part]:
        mine = now.rows_of(triage="cancel", state=OPEN)
        by_deadline: dict[datetime, list[str]] = {}
        for row in mine:
            if row.ship_by:
                by_deadline.setdefault(row.ship_by, []).append(row.order_id)
        told = sum(map(len, by_deadline.values()))
        cells: list[list[Cell]] = []
        for due in sorted(by_deadline)[:_DEADLINES]:
            ids = by_deadline.pop(due)
            which = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
            cells.append([self.moment(due), self._left(due), self.number(len(ids)), which])
        head = self.words("safety_", ("due", "in", "orders", "which"))
        left = {"safety_later": sum(map(len, by_deadline.values())), "safety_untold": len(mine) - told}
        table = told and self.table("deadlines", self.say("safety_deadlines", n=told), head, cells)
        return [table, *(self.said(name, n=n) for name, n in left.items() if n)]

    def _left(self, due: datetime) -> str:
        left = due - self._clock()
        if left < timedelta():
            return self.say("safety_late")
        hours = int(left.total_seconds() // 3600)
        return self.say("safety_hours", n=hours) if hours < 48 else self.say("safety_days", n=hours // 24)


class ExportLinks(Desk):
    """Links to the files of the newest export.

    Parameters
    ----------
    case : Case
    """

    title = "links"

    def show(self) -> list[Part]:
        """The newest folder and its files."""
        folders = self._case.exports
        if not folders:
            return [self.said("links_none", to=4)]
        return [export_links(self, folders[-1])]

    def _mark(self) -> object:
        return super()._mark(), self._case.exports[-1:]


def export_links(desk: Desk, folder: Path) -> Part:
    """A table of the files and folders of an export, each a link."""
    found = sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name))
    cells: list[list[Cell]] = [[file_link(path, folder_told=True), _purpose(path)] for path in found]
    return desk.table("links", desk.say("links_in", folder=folder), desk.words("", ("file", "what_for")), cells)


def _purpose(path: Path) -> str:
    """What a file is for: the sentence of the catalogue whose key is the longest beginning of its name."""
    purposes = sentences("widgets.for_", current_language())
    if path.stem.endswith(f"-{current_language()}"):
        return purposes["translation"]
    name = re.sub(r"\W", "_", path.name)
    return purposes[max((kind for kind in purposes if name.startswith(kind)), key=len, default="other")]
