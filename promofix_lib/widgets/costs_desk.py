"""What honouring an order costs the seller: per SKU the unit's cost, shipping, fees, and the stock that is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promofix_lib.account.of_case import costs_of, stock_of
from promofix_lib.case.case import Case
from promofix_lib.widgets.form import Form, Part, field, text

COSTS = ("unit_cost", "shipping", "fees", "stock")
"""What can be told about a SKU; all of it is optional."""

MOST_SKUS = 12


class CostsDesk(Form):
    """Fields for the SKUs of the chosen orders; what is typed is saved in the case when a field is left.

    Parameters
    ----------
    case : Case
        Its settings keep the costs, in the currency of its marketplace.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        super().__init__(case.settings.language, "costs")

    def show(self) -> list[Part]:
        """Four fields per SKU, the most chosen SKUs first."""
        words, case = self.words, self._case
        counts = case.orders.loc[case.chosen(), "sku"].dropna().value_counts()
        if counts.empty:
            return [text("none", words["costs_none"])]
        skus = [str(sku) for sku in counts.index[:MOST_SKUS]]
        parts = [text("how", words["costs_how"].format(currency=case.marketplace.currency or "–"))]
        for place, sku in enumerate(skus):
            parts += [self._field(place, sku, name, int(counts[sku])) for name in COSTS]
        if len(counts) > MOST_SKUS:
            parts.append(text("more", words["costs_more"].format(n=len(counts) - MOST_SKUS)))
        self._skus = skus
        return parts

    def _field(self, place: int, sku: str, name: str, chosen: int) -> Part:
        value = str(self._case.settings.costs.get(sku, {}).get(name, ""))
        hint = self.words["costs_items"].format(n=f"{chosen:,}") if name == "unit_cost" else ""
        label = self.words[f"costs_{name}"].format(sku=sku)
        return field(f"{place} {name}", label, value, hint, numeric=True, size=10)

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:  # noqa: ARG002
        """Keep one number; what is no amount is refused and changes nothing."""
        place, _, what = name.partition(" ")
        if what not in COSTS or not place.isdecimal() or int(place) >= len(self._skus):
            return
        sku, typed, settings = self._skus[int(place)], str(value).strip(), self._case.settings
        told = {key: cell for key, cell in settings.costs.get(sku, {}).items() if key != what}
        costs = settings.costs | {sku: told | ({what: typed} if typed else {})}
        self._check(costs)
        self._case.change_settings(costs={key: cells for key, cells in costs.items() if cells})
        self.say("costs_saved")

    def _check(self, costs: dict[str, dict[str, Any]]) -> None:
        """Refuse what the account's calculations could not read, before it is saved."""
        settings = type(self._case.settings)(costs=costs)
        costs_of(settings, self._case.marketplace.currency)
        stock_of(settings)
