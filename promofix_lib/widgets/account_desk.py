"""What cancelling does to the account, what honouring costs, and the order of work."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from html import escape
from typing import Any

from promofix_lib.account.account import COSTS, Outlook, account_of
from promofix_lib.account.honour import NoPlan, Plan
from promofix_lib.account.worklist import Step
from promofix_lib.amounts import typed_amount, typed_whole
from promofix_lib.charts.of_case import rate_pictures
from promofix_lib.say import zone_text
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.html import Cell, Html, link_to

MOST_SKUS = 12
_FIRST_STEPS = 4


class RateDesk(Desk):
    """The cancel rate before and after and the way back, as a chart and sentences; it follows the case.

    Two fields ask: which sales channel, and how many orders to cancel at most.

    Parameters
    ----------
    case : Case
        Its chosen orders, the seller's own prices and costs.
    """

    title = "rate"
    _most = ""

    def show(self) -> list[Part]:
        """The sentence that matters, the two fields; chart and words folded away."""
        channels = account_of(self._case).channels
        if not channels:
            return [self.said("rate_nothing")]
        names = {str(n): one.book.sales_channel or self.say("panel_not_stated") for n, one in enumerate(channels)}
        place = min(int(self.typed("rate_channel", "0")), len(channels) - 1)
        shown = channels[place]
        told = [*map(str, (*shown.told(), *shown.warnings))]
        channel = self.select("rate_channel", str(place), names)
        most = self.field("rate_most_field", self._most, self._at_most)
        plan = self._plan(shown)
        kept = plan.honour if isinstance(plan, Plan) else ()
        take = kept and self.button("rate_take", partial(self._honour, kept), n=len(kept))
        return [
            self.text("rate", "\n".join(told[:2])),
            self.row(channel, most) if len(names) > 1 else most,
            self.row(self.text("plan", str(plan.told())), take),
            self.folded("rate_chart", lambda: [self._picture(place), self.text("in words", "\n".join(told))]),
        ]

    def _picture(self, place: int) -> Part:
        case = self._case
        drawn = case.once("rate_html", lambda: tuple(one._repr_html_() for one in rate_pictures(case)))
        return self.html("picture", drawn[place])

    def _plan(self, shown: Outlook) -> Plan | NoPlan:
        plans = shown.plans() if self._most else ()
        wanted = int(self._most or 0)
        return min(plans, key=lambda one: abs(len(one.cancel) - wanted), default=shown.plan)

    def _honour(self, order_ids: Collection[str]) -> None:
        """Leave these orders out: one decision, which one press of *Undo* takes back."""
        case = self._case
        kept = case.chosen() & case.orders["order_id"].isin(order_ids).to_numpy()
        case.decide("leave_out", case.keys[kept], self.say("rate_reason"))
        self.tell("rate_taken", n=len(order_ids))

    def _at_most(self, typed: str) -> None:
        self._most = str(typed_whole(typed)) if typed.strip() else ""


class CostsDesk(Desk):
    """Fields for the SKUs of the chosen orders; what is typed is saved in the case when a field is left.

    Parameters
    ----------
    case : Case
        Its settings keep the costs, in the currency of its marketplace.
    """

    title = "costs"

    def show(self) -> list[Part]:
        """Four fields per SKU, the most chosen SKUs first; folded away."""
        counts = self._case.orders.loc[self._case.chosen(), "sku"].dropna().value_counts()
        if counts.empty:
            return [self.said("costs_none")]
        return [self.folded("costs", lambda: self._fields({str(sku): int(n) for sku, n in counts.items()}))]

    def _fields(self, counts: dict[str, int]) -> list[Part]:
        costs, rest = self._case.settings.costs, len(counts) - MOST_SKUS
        parts: list[Part] = [self.said("costs_how", currency=self._case.marketplace.currency or "–")]
        for place, (sku, n) in enumerate([*counts.items()][:MOST_SKUS], 1):
            told = costs.get(sku, {})
            parts.append(self.text(f"sku {place}", self.say("costs_items", sku=sku, n=n)))
            fields = (
                self.field(f"costs_{name} {place}", str(told.get(name, "")), partial(self._keep, sku, name), n=place)
                for name in (*COSTS, "stock")
            )
            parts.append(self.row(*fields))
        return [*parts, rest > 0 and self.said("costs_more", n=rest)]

    def _keep(self, sku: str, name: str, typed: str) -> None:
        costs = self._case.settings.costs
        read: Any = typed_whole if name == "stock" else typed_amount
        row = dict(costs.get(sku, {})) | {name: str(read(typed)) if typed.strip() else ""}
        row = {key: cell for key, cell in row.items() if cell}
        self._case.change_settings(costs={key: cells for key, cells in {**costs, sku: row}.items() if cells})
        self.tell("costs_saved")


class OrderOfWork(Desk):
    """The checklist of the next days for the chosen orders, times in the marketplace's zone.

    Parameters
    ----------
    case : Case
    clock : callable
        Gives the present time with a zone.
    """

    title = "work"

    def show(self) -> list[Part]:
        """What to do when, why, and with how many orders."""
        case = self._case
        if not case.chosen().any():
            return [self.said("nothing_chosen")]
        head = self.words("work_", ("when", "what", "why", "orders"))
        rows = [self._row(step) for step in account_of(case).plan_of_work(self._clock())]
        caption = self.say("work_caption", zone=zone_text(case.marketplace.zone_name))
        later = rows[_FIRST_STEPS:]
        return [
            self.table("work", caption, head, rows[:_FIRST_STEPS]),
            later and self.folded("work_later", lambda: [self.table("later", "", head, later)]),
        ]

    def _row(self, step: Step) -> list[Cell]:
        link = f" → {link_to(step.page)}" if step.page is not None else ""
        due = f" ({step.urgent})" if step.urgent else ""
        return [
            self.moment(step.when) + due,
            Html(escape(str(step.what)) + link),
            str(step.why),
            self.number(len(step.order_ids)) if step.order_ids else "",
        ]
