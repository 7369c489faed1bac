"""What cancelling does to the account, what honouring costs, and the order of work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from promofix_lib.account.of_case import account_outlook, work_of
from promofix_lib.amounts import typed_amount, typed_whole
from promofix_lib.case.case import Case
from promofix_lib.charts.of_case import rate_pictures
from promofix_lib.widgets.desk import Desk, Part

COSTS = ("unit_cost", "shipping", "fees", "stock")
"""What can be told about a SKU; all of it is optional."""

MOST_SKUS = 12


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
        """The two fields, the sentences, the chart."""
        case = self._case
        found = case.once("outlook", lambda: account_outlook(case), also=self.language)
        if not found:
            return [self.text("none", self.say("rate_nothing"))]
        pictures = case.once("rate_html", lambda: tuple(p._repr_html_() for p in rate_pictures(case)))
        channels = [one.book.sales_channel for one in found]
        place = channels.index(self._channel) if self._channel in channels else 0
        shown = found[place]
        return [
            self.row(
                "asked",
                [
                    *([self._which(channels, place)] if len(channels) > 1 else []),
                    self.field("most", self.say("rate_most_field"), self._most, self.say("rate_most_hint")),
                ],
            ),
            self.text("plan", self._plan(shown)),
            self.html("picture", pictures[place]),
            self.fold("words", self.say("rate_in_words"), shown.text()),
        ]

    def _which(self, channels: list[str], place: int) -> Part:
        names = {channel: channel or self.say("panel_not_stated") for channel in channels}
        return self.select("channel", self.say("rate_channel"), channels[place], names)

    def _plan(self, shown: Any) -> str:
        plans = shown.plans()
        if not plans:
            return str(shown.after.sentence(self.language))
        if self._most:
            wanted = int(self._most)
            plan = min(plans, key=lambda one: abs(len(one.cancel_orders) - wanted))
        else:
            under = [one for one in plans if one.rate < shown.limit]
            plan = max(under, key=lambda one: len(one.cancel_orders)) if under else plans[0]
        return str(plan.sentence(self.language))

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
        rows = [
            [
                self.say("moment", at=step.when.astimezone(case.zone)),
                str(step.what),
                str(step.why),
                self.say("number", n=len(step.order_ids)) if step.order_ids else "",
            ]
            for step in work_of(case, now=self._clock())
        ]
        zone = case.marketplace.zone_name.replace("_", " ")
        return [self.table("work", self.say("work_caption", zone=zone), head, [list(row) for row in rows])]

    def act(self, name: str, value: Any) -> None:
        """Nothing can be changed here."""
