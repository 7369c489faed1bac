"""What counts as a mistake, and which incident it was."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.finding import Finding, NormalPrice
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.orders import money_text
from promofix_lib.widgets.form import Form, Part, bullets, button, field, radios, text

SHARES = ("deep_share", "never_decided_share")
NUMBERS = ("least_orders", "decided_days", "habit_days")
"""Thresholds that the seller may move: shares, shown in per cent, and plain numbers."""

_LEAST = {"deep_share": 2, "never_decided_share": 1, "least_orders": 1, "habit_days": 1}
_MOST_PRICES = 12


class MistakeSettings(Form):
    """Move the thresholds, see at once what is found, and say which incident is the mistake.

    As long as none was taken, the gravest is.

    Parameters
    ----------
    case : Case
        The case; thresholds, normal prices and the incident are saved in it.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        found = case.findings.incidents
        if case.incident is None and found:
            case.choose_incident(found[0])
        super().__init__(case.settings.language, "mistake")

    def show(self) -> list[Part]:
        """The incidents, normal prices, what was seen but not counted, and the thresholds."""
        words, findings = self.words, self._case.findings
        found = findings.incidents
        looks = [f"{look.sentence} {look.why_not}" for look in findings.worth_a_look]
        return [
            self._incidents(found),
            *self._prices(),
            *([bullets("looks", words["worth_a_look"], looks)] if looks else []),
            *(self._threshold(name) for name in (*SHARES, *NUMBERS)),
            button("defaults", words["defaults"], disabled=not self._case.settings.thresholds),
        ]

    def _incidents(self, found: tuple[Finding, ...]) -> Part:
        if not found:
            return text("none", self.words["found_none"])
        choices = {str(place): str(finding.sentence) for place, finding in enumerate(found)}
        return radios("which", self.words["which"].format(n=len(found)), self._chosen(found), choices)

    def _chosen(self, found: tuple[Finding, ...]) -> str:
        return next((str(place) for place, finding in enumerate(found) if finding == self._case.finding), "")

    def _threshold(self, name: str) -> Part:
        value = self._case.settings.thresholds.get(name, getattr(Thresholds(), name))
        shown = f"{value * 100:g}" if name in SHARES else f"{value:g}"
        return field(name, self.words[name], shown, self.words[f"{name}_hint"], numeric=True, size=6)

    def _prices(self) -> list[Part]:
        finding = self._case.finding
        prices = finding.normal_prices if finding else ()
        return [self._price(place, price) for place, price in enumerate(prices[:_MOST_PRICES])]

    def _price(self, place: int, price: NormalPrice) -> Part:
        channel = f", {price.sales_channel}" if price.sales_channel else ""
        label = self.words["normal_price"].format(sku=price.sku, currency=price.currency, channel=channel)
        hint = self.words["normal_price_hint"].format(how=price.how_known)
        shown = money_text(price.price, price.currency or None)
        return field(f"price {place}", label, shown, hint, numeric=True, size=10)

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:  # noqa: ARG002
        """Move a threshold or a normal price and find again, or take an incident."""
        if name == "which":
            self._case.choose_incident(self._case.findings.incidents[int(value)])
        elif name == "defaults":
            self._find_with(thresholds={})
        elif name.startswith("price "):
            self._set_price(int(name.removeprefix("price ")), str(value))
        elif name in (*SHARES, *NUMBERS):
            self._set_threshold(name, str(value))

    def _set_threshold(self, name: str, typed: str) -> None:
        example = "50" if name in SHARES else "3"
        number = self._number(typed, example)
        if number < _LEAST.get(name, 0):
            raise PromofixError(self.words["not_a_number"].format(text=typed, example=example))
        value = float(number / 100) if name in SHARES else float(number)
        value = int(value) if name in ("least_orders", "habit_days") else value
        try:
            Thresholds(**{name: value})  # type: ignore[arg-type]
        except ValueError as error:
            raise PromofixError(self.words["not_a_number"].format(text=typed, example=example)) from error
        self._find_with(thresholds=self._case.settings.thresholds | {name: value})

    def _set_price(self, place: int, typed: str) -> None:
        finding = self._case.finding
        if finding is None:
            return
        price = finding.normal_prices[place]
        row = {
            "sku": price.sku,
            "sales_channel": price.sales_channel,
            "currency": price.currency,
            "price": str(self._number(typed, "58.99")),
        }
        others = [
            other
            for other in self._case.settings.normal_prices
            if any(other.get(name, "") != row[name] for name in ("sku", "sales_channel", "currency"))
        ]
        self._find_with(normal_prices=[*others, row])

    def _number(self, typed: str, example: str) -> Decimal:
        plain = typed.strip().rstrip("%").strip()
        try:
            number = Decimal(plain if "." in plain else plain.replace(",", "."))
            if not number.is_finite() or not 0 < number < 10**9:
                raise InvalidOperation
        except InvalidOperation as error:
            raise PromofixError(self.words["not_a_number"].format(text=typed, example=example)) from error
        return number

    def _find_with(self, **changes: Any) -> None:
        """Find again; the seller's choice of the incident stays as long as its cause is still found."""
        with self.working("finding"):
            self._case.change_settings(**changes)
            found = self._case.findings.incidents
            finding = self._case.finding
            if finding is not None:
                self._case.choose_incident(finding)
            elif found and self._case.incident is None:
                self._case.choose_incident(found[0])
        self.say("found", n=len(found))
