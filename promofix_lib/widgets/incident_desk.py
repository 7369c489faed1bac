"""Notebook 2: what was found, with its picture and a tick each; what counts as a mistake, folded away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from promofix_lib.amounts import Money, TypedError, amount_text, typed_amount
from promofix_lib.case.growth import TakenIncident
from promofix_lib.charts import colours
from promofix_lib.charts.of_case import incident_picture
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import NormalPrice
from promofix_lib.status.book import facts_of
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.html import Cell, Html, as_it_is

_LEAST = {"deep_share": 2, "never_decided_share": 1, "least_orders": 1, "decided_days": 0, "habit_days": 1}
"""Thresholds that the seller may move, each with the least that makes sense; shares are shown in per cent."""

_MOST_PRICES = 12
_FACTS = ("mark", "first_order", "last_order", "orders", "paid", "lost", "not_known", "promotion", "skus", "how_sure")


class MistakeSettings(Desk):
    """The incidents found, each with a tick; all are taken unless the seller unticks one, or says that it was meant.

    Parameters
    ----------
    case : Case
        The case; ticks, thresholds and normal prices are saved in it.
    """

    title = "mistake"

    def show(self) -> list[Part]:
        """The picture, a small table of facts, the ticks; evidence and the numbers that decide are folded away."""
        case = self._case.take_found()
        incidents, found = case.incidents, case.findings
        let_be = len(found.worth_a_look) + len(found.not_looked_at)
        told = [f"{one.finding.sentence} {one.finding.evidence}" for one in incidents if one.finding]
        here: list[Part] = [
            self._picture(incidents),
            self._table(incidents),
            *(self._ticks(one) for one in incidents),
            self.folded("evidence", lambda: [self.text("in words", "\n\n".join(told))]),
        ]
        nothing = self.said("found_none", look="told", to=3)
        return [
            *(here if incidents else [nothing]),
            let_be and self.folded("worth_a_look", self._let_be, n=let_be),
            self.folded("numbers_that_decide", self._numbers),
        ]

    # -- what was found -------------------------------------------------------------------------------------------

    def _picture(self, incidents: tuple[TakenIncident, ...]) -> Part:
        case = self._case
        shown = (self.language, tuple((one.rule, one.taken) for one in incidents), case.put_in, case.left_out)
        drawn = case.once("picture", lambda: incident_picture(case)._repr_html_(), per="reading", also=shown)
        return self.html("picture", drawn)

    def _ticks(self, one: TakenIncident) -> Part:
        n = one.number
        return self.row(
            self.tick(f"take_incident {n}", one.taken, partial(self._case.take, n), number=n),
            self.button(f"was_meant {n}", partial(self._meant, n), off=not one.taken, number=n),
        )

    def _meant(self, n: int) -> None:
        self._case.this_was_meant(n)
        self.tell("meant", number=n)

    def _table(self, incidents: tuple[TakenIncident, ...]) -> Part:
        columns = [self._facts(one) for one in incidents]
        rows = [[name, *cells] for name, *cells in zip(self.words("", _FACTS), *columns, strict=True) if any(cells)]
        head = [self.say("what"), *(self.say("incident_n", number=one.number) for one in incidents)]
        return self.table("facts", "", head, rows[len(incidents) == 1 :])  # a mark tells one from another

    def _facts(self, one: TakenIncident) -> list[Cell]:
        """What is known of an incident, by `_FACTS`; an empty text where there is nothing to tell."""
        case, finding = self._case, one.finding
        mask = (case.chosen() & (case.incident_of() == one.number)).to_numpy() if one.taken else case.mask(one.rule)
        facts, sums = facts_of(case.book, mask), case.book.ledger.part(mask).sums()
        times = case.orders.loc[mask, "purchase_date"].dropna()
        edges = [self.moment(edge, zone=True) for edge in (times.min(), times.max())] if len(times) else ["–", "–"]
        skus = [str(sku) for sku in case.orders.loc[mask, "sku"].value_counts().index]
        unknown = sum(amounts.items_not_known for amounts in sums)
        causes = one.rule.promotion_ids or (finding.promotion_ids if finding else ())
        return [
            Html(f'<i class="promofix-picture" aria-hidden="true" style="color:{colours.incident(one.number)}">■</i>'),
            *edges,
            self.say("orders_and_units", n=facts["orders"], units=facts["units"]),
            self._money((some.paid, some.currency) for some in sums if some.known),
            self._money((some.loss, some.currency) for some in sums if some.known),
            self.say("items_not_known", n=unknown) if unknown else "",
            as_it_is(", ".join(causes) or "–"),
            as_it_is(", ".join(skus[:4]) + (" …" if len(skus) > 4 else "")),
            f"{finding.confidence:.0%}" if finding else self.say("no_evidence"),
        ]

    def _money(self, sums: Iterable[tuple[Decimal, str]]) -> str:
        return " + ".join(Money(*one).text() for one in sums) or self.say("export.unknown")

    def _let_be(self) -> list[Part]:
        found = self._case.findings
        parts: list[Part] = [self.text("not looked at", "\n".join(map(str, found.not_looked_at)))]
        for n, look in enumerate(found.worth_a_look, 1):
            takes = self.button(f"take_it {n}", partial(self._case.take, look.rule), n=n)
            parts += [self.text(f"look {n}", f"{look.sentence} {look.why_not}"), takes]
        return parts

    # -- the numbers that decide ----------------------------------------------------------------------------------

    def _numbers(self) -> list[Part]:
        settings = self._case.settings
        return [
            *(self._price(place, price) for place, price in enumerate(self._known_prices(), 1)),
            *(self._threshold(name) for name in _LEAST),
            self.button("defaults", partial(self._find_with, thresholds={}), off=not settings.thresholds),
        ]

    def _threshold(self, name: str) -> Part:
        usual, scale = getattr(Thresholds(), name), _scale(name)
        value = self._case.settings.thresholds.get(name, usual)
        return self.field(name, f"{value * scale:g}", partial(self._set_threshold, name), usual=f"{usual * scale:g}")

    def _set_threshold(self, name: str, typed: str) -> None:
        number = typed_amount(typed.strip().rstrip("%").strip())
        share = float(number / _scale(name))
        value = int(share) if share.is_integer() else share
        try:
            if number < _LEAST[name]:
                raise ValueError(number)
            Thresholds(**{name: value})  # type: ignore[arg-type]
        except ValueError as error:
            raise TypedError("amounts.not_a_number", found=typed, example=f"{50 * _scale(name) // 100 or 3}") from error
        self._find_with(thresholds={**self._case.settings.thresholds, name: value})

    def _known_prices(self) -> tuple[NormalPrice, ...]:
        prices = (price for one in self._case.incidents if one.finding for price in one.finding.normal_prices)
        return tuple(dict.fromkeys(prices))[:_MOST_PRICES]

    def _price(self, place: int, price: NormalPrice) -> Part:
        shown = amount_text(price.price, price.currency).removesuffix(f" {price.currency}")
        channel = f", {price.sales_channel}" if price.sales_channel else ""
        facts: dict[str, Any] = {
            "sku": price.sku,
            "currency": price.currency,
            "channel": channel,
            "how": price.how_known,
        }
        return self.field(f"normal_price {place}", shown, partial(self._set_price, price), n=place, **facts)

    def _set_price(self, price: NormalPrice, typed: str) -> None:
        number = typed_amount(typed)
        if number <= 0:
            raise TypedError("amounts.not_a_number", found=typed, example="58.99")
        row = replace(price, price=number).to_json()
        mine, names = self._case.settings.normal_prices, ("sku", "sales_channel", "currency")
        others = [other for other in mine if any(other.get(name, "") != row[name] for name in names)]
        self._find_with(normal_prices=[*others, row])

    def _find_with(self, **changes: Any) -> None:
        with self.working("finding"):
            self._case.change_settings(**changes)
            self._case.take_found()
        self.tell("found", n=len(self._case.findings.incidents))


def _scale(name: str) -> int:
    return 100 if name.endswith("share") else 1
