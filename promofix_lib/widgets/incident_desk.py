"""Notebook 2: what was found, with its picture and a tick each; what counts as a mistake, folded away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from promofix_lib.amounts import Money, TypedError, amount_text, typed_amount
from promofix_lib.case.case import TakenIncident
from promofix_lib.charts.colours import LIGHT
from promofix_lib.charts.of_case import incident_picture
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import NormalPrice
from promofix_lib.status import facts_of
from promofix_lib.widgets.desk import Desk, Part
from promofix_lib.widgets.html import Cell, Html, link_to, paragraph

SHARES = ("deep_share", "never_decided_share")
NUMBERS = ("least_orders", "decided_days", "habit_days")
"""Thresholds that the seller may move: shares, shown in per cent, and plain numbers."""

"""The mark of each incident, by its number (Okabe and Ito); the panel's style sheet has the same."""

_LEAST = {"deep_share": 2, "never_decided_share": 1, "least_orders": 1, "habit_days": 1}
_MOST_PRICES = 12
_FACTS = ("first_order", "last_order", "orders", "paid", "lost", "not_known", "promotion", "skus", "how_sure")


class MistakeSettings(Desk):
    """The incidents found, each with a tick; all are taken unless the seller unticks one.

    Parameters
    ----------
    case : Case
        The case; ticks, thresholds and normal prices are saved in it.
    """

    title = "mistake"

    def show(self) -> list[Part]:
        """The picture, a small table of facts, the ticks; evidence and the numbers that decide are folded away."""
        case = self._case
        case.take_found()
        incidents = case.incidents
        if not incidents:
            return [
                self.html("none", paragraph(self.say("found_none"), look="told") + link_to(3, self.language)),
                *self._looks(),
                self._numbers(),
            ]
        return [
            self._picture(incidents),
            self._table(incidents),
            self.row("ticks", [self._tick(one) for one in incidents]),
            self._evidence(incidents),
            *self._looks(),
            self._numbers(),
        ]

    def _picture(self, incidents: tuple[TakenIncident, ...]) -> Part:
        case = self._case
        shown = (self.language, tuple((one.rule, one.taken) for one in incidents), case.put_in, case.left_out)
        drawn = case.once("picture", lambda: incident_picture(case)._repr_html_(), per="reading", also=shown)
        return self.html("picture", drawn)

    def _tick(self, one: TakenIncident) -> Part:
        return self.tick(f"incident {one.number}", self.say("take_incident", number=one.number), one.taken)

    def _table(self, incidents: tuple[TakenIncident, ...]) -> Part:
        columns = [self._facts(one) for one in incidents]
        head = [self.say("what"), *(self.say("incident_n", number=one.number) for one in incidents)]
        marks: list[Cell] = [
            Html(f'<span aria-hidden="true" style="color:{LIGHT.incident(one.number)}">■</span>') for one in incidents
        ]
        rows: list[list[Cell]] = [
            [self.say(name), *(column[name] for column in columns)] for name in _FACTS if any(c[name] for c in columns)
        ]
        return self.table("facts", "", head, [[self.say("mark"), *marks], *rows] if len(incidents) > 1 else rows)

    def _facts(self, one: TakenIncident) -> dict[str, str]:
        case, finding = self._case, one.finding
        mask = case.mask(one.rule)
        facts = facts_of(case.book, mask)
        times = case.orders.loc[mask, "purchase_date"].dropna()
        edges = [times.min(), times.max()] if len(times) else []
        first, last = [self.say("moment_zone", at=edge.astimezone(case.zone)) for edge in edges] or ("–", "–")
        skus = [str(sku) for sku in case.orders.loc[mask, "sku"].value_counts().index]
        unknown = sum(amounts["items_not_known"] for amounts in facts["amounts"])
        return {
            "first_order": first,
            "last_order": last,
            "orders": self.say("orders_and_units", n=facts["orders"], units=facts["units"]),
            "paid": self._money(facts["amounts"], "paid"),
            "lost": self._money(facts["amounts"], "loss"),
            "not_known": self.say("items_not_known", n=unknown) if unknown else "",
            "promotion": ", ".join(one.rule.promotion_ids or (finding.promotion_ids if finding else ())) or "–",
            "skus": ", ".join(skus[:4]) + (" …" if len(skus) > 4 else ""),
            "how_sure": f"{finding.confidence:.0%}" if finding else self.say("no_evidence"),
        }

    def _money(self, amounts: list[dict[str, Any]], name: str) -> str:
        sums = (Money(Decimal(one[name]), one["currency"]).text(self.language) for one in amounts)
        return " + ".join(sums)

    def _evidence(self, incidents: tuple[TakenIncident, ...]) -> Part:
        told = [str(one.finding.sentence) for one in incidents if one.finding]
        return self.fold("evidence", self.say("evidence"), "\n\n".join(told))

    def _looks(self) -> list[Part]:
        looks = [f"{look.sentence} {look.why_not}" for look in self._case.findings.worth_a_look]
        return [self.fold("looks", self.say("worth_a_look", n=len(looks)), "\n\n".join(looks))] if looks else []

    # -- the numbers that decide ----------------------------------------------------------------------------------

    def _numbers(self) -> Part:
        parts = [
            *self._prices(),
            *(self._threshold(name) for name in (*SHARES, *NUMBERS)),
            self.button("defaults", self.say("defaults"), off=not self._case.settings.thresholds),
        ]
        return self.folded("numbers", self.say("numbers_that_decide"), parts)

    def _threshold(self, name: str) -> Part:
        value = self._case.settings.thresholds.get(name, getattr(Thresholds(), name))
        shown = f"{value * 100:g}" if name in SHARES else f"{value:g}"
        return self.field(name, self.say(name), shown, self.say(f"{name}_hint"))

    def _known_prices(self) -> tuple[NormalPrice, ...]:
        prices = (price for one in self._case.incidents if one.finding for price in one.finding.normal_prices)
        return tuple(dict.fromkeys(prices))[:_MOST_PRICES]

    def _prices(self) -> list[Part]:
        return [self._price(place, price) for place, price in enumerate(self._known_prices(), 1)]

    def _price(self, place: int, price: NormalPrice) -> Part:
        channel = f", {price.sales_channel}" if price.sales_channel else ""
        hint = self.say(
            "normal_price_hint", sku=price.sku, currency=price.currency, channel=channel, how=str(price.how_known)
        )
        shown = amount_text(price.price, price.currency, self.language).removesuffix(f" {price.currency}")
        return self.field(f"price {place}", self.say("normal_price", n=place), shown, hint)

    def act(self, name: str, value: Any) -> None:
        """Tick an incident, move a threshold or a normal price and find again."""
        if name.startswith("incident "):
            self._case.take(int(name.removeprefix("incident ")), bool(value))
        elif name == "defaults":
            self._find_with(thresholds={})
        elif name.startswith("price "):
            self._set_price(self._known_prices()[int(name.removeprefix("price ")) - 1], str(value))
        elif name in (*SHARES, *NUMBERS):
            self._set_threshold(name, str(value))

    def _set_threshold(self, name: str, typed: str) -> None:
        number = typed_amount(typed.strip().rstrip("%").strip(), self.language)
        wrong = TypedError("amounts.not_a_number", found=typed, example="50" if name in SHARES else "3")
        if number < _LEAST.get(name, 0):
            raise wrong
        value = float(number / 100) if name in SHARES else float(number)
        value = int(value) if name in ("least_orders", "habit_days") else value
        try:
            Thresholds(**{name: value})  # type: ignore[arg-type]
        except ValueError as error:
            raise wrong from error
        self._find_with(thresholds={**self._case.settings.thresholds, name: value})

    def _set_price(self, price: NormalPrice, typed: str) -> None:
        number = typed_amount(typed, self.language)
        if number <= 0:
            raise TypedError("amounts.not_a_number", found=typed, example="58.99")
        names = ("sku", "sales_channel", "currency")
        row = {name: getattr(price, name) for name in names} | {"price": str(number)}
        mine = self._case.settings.normal_prices
        others = [other for other in mine if any(other.get(name, "") != row[name] for name in names)]
        self._find_with(normal_prices=[*others, row])

    def _find_with(self, **changes: Any) -> None:
        with self.working("finding"):
            self._case.change_settings(**changes)
            self._case.take_found()
        self.tell("found", n=len(self._case.findings.incidents))
