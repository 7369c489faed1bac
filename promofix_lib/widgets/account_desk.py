"""What cancelling does to the account, what honouring costs, and the order of work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

from promofix_lib.account.account import Outlook, account_of
from promofix_lib.account.worklist import Step
from promofix_lib.amounts import typed_amount, typed_whole
from promofix_lib.case.case import Case
from promofix_lib.charts.of_case import rate_pictures
from promofix_lib.widgets.desk import Desk, Part
from promofix_lib.widgets.html import PAGES, Cell, Html, link_to, table

COSTS = ("unit_cost", "shipping", "fees", "stock")
"""What can be told about a SKU; all of it is optional."""

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

    def __init__(self, case: Case) -> None:
        self._channel, self._most = "", ""
        super().__init__(case)

    def show(self) -> list[Part]:
        """The sentence that matters, the two fields; chart and words folded away."""
        case, channels = self._case, account_of(self._case).channels
        if not channels:
            return [self.text("none", self.say("rate_nothing"))]
        names = [one.book.sales_channel for one in channels]
        place = names.index(self._channel) if self._channel in names else 0
        shown = channels[place]

        def drawn() -> list[Part]:
            pictures = case.once("rate_html", lambda: tuple(picture._repr_html_() for picture in rate_pictures(case)))
            return [self.html("picture", pictures[place])]

        words = "\n".join(sentence.text(self.language) for sentence in (*shown.told(), *shown.warnings))
        return [
            self.text("rate", "\n".join(sentence.text(self.language) for sentence in shown.told()[:2])),
            self.row(
                "asked",
                [
                    *([self._which(names, place)] if len(names) > 1 else []),
                    self.field("most", self.say("rate_most_field"), self._most, self.say("rate_most_hint")),
                ],
            ),
            self.text("plan", self._plan(shown)),
            self.folded("charts", self.say("rate_chart"), drawn),
            self.fold("words", self.say("rate_in_words"), words),
        ]

    def _which(self, names: list[str], place: int) -> Part:
        choices = {name: name or self.say("panel_not_stated") for name in names}
        return self.select("channel", self.say("rate_channel"), names[place], choices)

    def _plan(self, shown: Outlook) -> str:
        plans = shown.plans() if self._most else ()
        wanted = int(self._most or 0)
        plan = min(plans, key=lambda one: abs(len(one.cancel) - wanted), default=shown.plan)
        return plan.told().text(self.language)

    def act(self, name: str, value: Any) -> None:
        """Another sales channel, or another number of orders."""
        if name == "channel":
            self._channel = str(value)
        elif name == "most":
            self._most = str(typed_whole(str(value), self.language)) if str(value).strip() else ""


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
        case = self._case
        counts = case.orders.loc[case.chosen(), "sku"].dropna().value_counts()
        if counts.empty:
            return [self.text("none", self.say("costs_none"))]
        self._skus = [str(sku) for sku in counts.index[:MOST_SKUS]]
        parts: list[Part] = [self.text("how", self.say("costs_how", currency=case.marketplace.currency or "–"))]
        for place, sku in enumerate(self._skus):
            parts.append(self.text(f"sku {place}", self.say("costs_items", sku=sku, n=int(counts[sku]))))
            parts.append(self.row(f"costs {place}", [self._cost(place, sku, name) for name in COSTS]))
        if len(counts) > MOST_SKUS:
            parts.append(self.text("more", self.say("costs_more", n=len(counts) - MOST_SKUS)))
        return [self.folded("all", self.say("costs"), parts)]

    def _cost(self, place: int, sku: str, name: str) -> Part:
        value = str(self._case.settings.costs.get(sku, {}).get(name, ""))
        return self.field(f"{place} {name}", self.say(f"costs_{name}", n=place + 1), value)

    def act(self, name: str, value: Any) -> None:
        """Keep one number; what is no amount is refused and changes nothing."""
        place, _, what = name.partition(" ")
        if what not in COSTS or not place.isdecimal():
            return
        sku, typed, settings = self._skus[int(place)], str(value).strip(), self._case.settings
        read = typed_whole if what == "stock" else typed_amount
        told = {key: cell for key, cell in settings.costs.get(sku, {}).items() if key != what}
        row = told | ({what: str(read(typed, self.language))} if typed else {})
        costs = {**settings.costs, sku: row}
        self._case.change_settings(costs={key: cells for key, cells in costs.items() if cells})
        self.tell("costs_saved")


def _now() -> datetime:
    return datetime.now(UTC)


class OrderOfWork(Desk):
    """The checklist of the next days for the chosen orders, times in the marketplace's zone.

    Parameters
    ----------
    case : Case
    clock : callable
        Gives the present time with a zone.
    """

    title = "work"

    def __init__(self, case: Case, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        super().__init__(case)

    def show(self) -> list[Part]:
        """What to do when, why, and with how many orders."""
        case = self._case
        if not case.chosen().any():
            return [self.text("none", self.say("nothing_chosen"))]
        head = [self.say(f"work_{name}") for name in ("when", "what", "why", "orders")]
        rows = [self._row(step) for step in account_of(case).plan_of_work(self._clock())]
        zone = case.marketplace.zone_name.replace("_", " ")
        later = table(self.say("work_later"), head, rows[_FIRST_STEPS:]).html
        return [
            self.table("work", self.say("work_caption", zone=zone), head, rows[:_FIRST_STEPS]),
            self.html("later", f"<details><summary>{escape(self.say('work_later'))}</summary>{later}</details>"),
        ]

    def _row(self, step: Step) -> list[Cell]:
        language = self.language
        what = escape(step.what.text(language))
        page = PAGES.index(step.page.removesuffix(".ipynb")) if step.page else None
        link = f" {link_to(page, language)}" if page is not None else ""
        due = f" ({step.urgent.text(language)})" if step.urgent else ""
        return [
            self.say("moment", at=step.when.astimezone(self._case.zone)) + due,
            Html(what + link),
            step.why.text(language),
            self.say("number", n=len(step.order_ids)) if step.order_ids else "",
        ]
