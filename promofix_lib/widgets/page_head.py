"""What stands on top of every page: which case it is, what is in it, what is next; and what cannot wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from promofix_lib.amounts import Money
from promofix_lib.case.case import Case
from promofix_lib.export.requests import fba_requests
from promofix_lib.say import say
from promofix_lib.status import OrderRow, Status, status
from promofix_lib.widgets.desk import Desk, Part
from promofix_lib.widgets.html import Cell, file_link, link_to, paragraph

_PAGE_OF = {
    "confirm_end": 0,
    "hand_over": 4,
    "upload": 4,
    "upload_again": 6,
    "ask_amazon": 2,
    "decide": 4,
    "write_buyer": 4,
    "settle_conflict": 6,
    "ship": 6,
    "wait": 6,
    "nothing": 6,
}


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
        parts, told = self._lines() if case.reports else ([self._has(), link_to(1, self.language)], [])
        if other := case.replaced_by:
            told = [self.say("other_case", name=case.name, other=other), *told]
        told = [*(warning.text(self.language) for warning in case.warnings), *told]
        line = f"<p>{' · '.join([name, *parts])}</p>"
        return [self.html("line", line + "".join(paragraph(text, look="told") for text in told))]

    def _mark(self) -> object:
        return super()._mark(), self._case.replaced_by

    def _has(self) -> str:
        return escape(self.say("head_reports", n=len(self._case.reports)))

    def _lines(self) -> tuple[list[str], list[str]]:
        case, now = self._case, status(self._case)
        parts = [self._has(), escape(self.say("head_orders", n=now.orders))]
        if not any(one.taken for one in case.incidents) and not now.orders:
            return [*parts, link_to(2, self.language)], []
        lost = tuple(Money(amounts.loss, amounts.currency) for amounts in now.amounts if amounts.loss)
        parts += [escape(self.say("head_lost", lost=lost))] if lost else []
        step = next((step for step in now.next if step != "nothing"), "nothing")
        words = say(f"status.next_{step}", language=self.language)
        parts.append(f"{escape(self.say('head_next', what=words))} {link_to(_PAGE_OF.get(step, 6), self.language)}")
        return parts, [self.say("in_no_export", n=len(now.in_no_export))] if now.in_no_export else []


def _now() -> datetime:
    return datetime.now(UTC)


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

    def __init__(self, case: Case, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        super().__init__(case)

    def show(self) -> list[Part]:
        """The text for Seller Support with the order ids to copy; the orders by their deadline."""
        now = status(self._case)
        if not now.rows:
            return [self.text("nothing", self.say("safety_nothing"))]
        asked = now.rows_of(triage="ask_amazon", state=_OPEN)
        return [*self._support(now, tuple(row.order_id for row in asked)), *self._deadlines(now)]

    def _support(self, now: Status, order_ids: tuple[str, ...]) -> list[Part]:
        if not order_ids:
            return [self.text("no_fba", self.say("safety_no_fba"))]
        words = fba_requests(now.book, now.items_of(triage="ask_amazon", state=_OPEN))
        label = self.say("safety_support", n=len(order_ids))
        return [self.area("support", label, words, self.say("safety_support_hint"), rows=6)]

    def _deadlines(self, now: Status) -> list[Part]:
        rows = [row for row in now.rows_of(triage="cancel", state=_OPEN) if row.ship_by]
        if not rows:
            return []
        groups: dict[datetime, list[OrderRow]] = {}
        for row in sorted(rows, key=lambda one: one.ship_by or datetime.max.replace(tzinfo=UTC)):
            groups.setdefault(row.ship_by or self._clock(), []).append(row)
        head = [self.say(f"safety_{name}") for name in ("due", "in", "orders", "which")]
        cells: list[list[Cell]] = []
        for due, mine in list(groups.items())[:5]:
            ids = ", ".join(row.order_id for row in mine[:3]) + (" …" if len(mine) > 3 else "")
            cells.append(
                [self.say("moment", at=due.astimezone(self._case.zone)), self._left(due), f"{len(mine):,}", ids]
            )
        return [self.table("deadlines", self.say("safety_deadlines", n=len(rows)), head, cells)]

    def _left(self, due: datetime) -> str:
        left = due - self._clock()
        if left < timedelta():
            return self.say("safety_late")
        hours = int(left.total_seconds() // 3600)
        return self.say("safety_hours", n=hours) if hours < 48 else self.say("safety_days", n=hours // 24)


_OPEN = ("still_selling", "new", "withheld", "written", "uploaded", "refused")


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
            return [self.html("none", paragraph(self.say("links_none")) + link_to(4, self.language))]
        return [export_links(self, folders[-1])]

    def _mark(self) -> object:
        return super()._mark(), self._case.exports[-1:]


def export_links(desk: Desk, folder: Any) -> Part:
    """A table of the files and folders of an export, each a link."""
    found = sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name))
    cells: list[list[Cell]] = [[file_link(path), _what_for(desk, path.name)] for path in found]
    head = [desk.say("file"), desk.say("what_for")]
    return desk.table("links", desk.say("links_in", folder=folder.name), head, cells)


def _what_for(desk: Desk, name: str) -> str:
    kinds = ("buyers", "order-cancellation", "fba-requests", "letter-to-amazon", "evidence", "messages", "refund")
    kind = next((kind for kind in kinds if name.startswith(kind)), "other")
    return desk.say(f"for_{kind.replace('-', '_')}")


__all__ = ["ExportLinks", "PageHead", "SafetyDesk", "export_links"]
