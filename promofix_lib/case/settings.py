"""What the seller set once for the case: typed, and checked whenever it is read or changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, get_type_hints

from promofix_lib.case.records import misfit, typed
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import NormalPrice
from promofix_lib.say import languages, told

CANCEL_REASONS = (
    "PricingError",
    "GeneralAdjustment",
    "NoInventory",
    "CustomerExchange",
    "ShippingAddressUndeliverable",
    "BuyerCanceled",
)
"""Reason codes of an order cancellation that Amazon's template knows."""


@dataclass(frozen=True)
class Settings:
    """What the seller set once for the whole case.

    Parameters
    ----------
    language : str
        Of the seller and the VA: ``en`` or ``zh-CN``.
    cancel_reason : str
        Code that the buyer will read as the reason; ``PricingError`` is the honest one for a wrong promotion.
    seller_name : str
        Signs the messages.
    promotion_ended, price_right, stock_as_wanted : bool
        The stop-the-bleed gate, the seller's word: cancelling can put units back on sale.
    promotion_ended_at : str
        ISO 8601, when the seller ended it, in the marketplace's zone where it names none; empty when unknown.
    shipped_choice : str
        What buyers of shipped orders are told: ``keep``, ``return`` or ``refunded``; empty as long as the seller has
        not decided, then they are not written to.
    batch_size : int
        Most orders in one cancellation file; 0 for one file.
    refund_adjustments, acknowledgement_xml : bool
        Write these files too.
    overruled : dict of str to str
        Faults of messages that the seller lets pass, each with the reason in writing.
    texts : dict of str to str
        Messages and letters as the seller edited them, by name.
    thresholds : dict of str to float
        What counts as a mistake, where it differs from the default.
    normal_prices : list of dict
        The seller's own normal prices: sku, sales_channel, currency, price as text.
    costs : dict of str to dict
        Per SKU what honouring costs: unit_cost, shipping, fees as text; stock as whole number.
    usual_orders_per_day : float
        For the daily message quota; 0 takes it from the reports.
    """

    language: str = "en"
    cancel_reason: str = "PricingError"
    seller_name: str = ""
    promotion_ended: bool = False
    price_right: bool = False
    stock_as_wanted: bool = False
    promotion_ended_at: str = ""
    shipped_choice: Literal["", "keep", "return", "refunded"] = ""
    batch_size: int = 0
    refund_adjustments: bool = False
    acknowledgement_xml: bool = False
    overruled: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    normal_prices: list[dict[str, str]] = field(default_factory=list)
    costs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    usual_orders_per_day: float = 0.0

    @property
    def own_prices(self) -> tuple[NormalPrice, ...]:
        """The seller's own normal prices, to be asked before any estimate."""
        return tuple(
            NormalPrice(row["sku"], row.get("sales_channel", ""), row.get("currency", ""), Decimal(row["price"]))
            for row in self.normal_prices
        )


def changed(settings: Settings, changes: Mapping[str, Any], place: str = "settings") -> Settings:
    """The settings with some of them changed.

    Raises
    ------
    CaseError
        A setting that does not exist, or a value that is none: a text where yes or no is asked opens no gate.

    Examples
    --------
    >>> changed(Settings(), {"promotion_ended": "no"})
    Traceback (most recent call last):
    promofix_lib.errors.CaseError: settings.promotion_ended: should be true or false, found 'no'.
    """
    hints = _hints()
    values = {}
    for name, value in changes.items():
        if name not in hints:
            raise misfit(f"{place}.{name}", told("case.expect_known_name"), value)
        values[name] = _value(name, hints[name], value, f"{place}.{name}")
    return replace(settings, **values)


@cache
def _hints() -> dict[str, Any]:
    known = {one.name for one in fields(Settings)}
    return {name: hint for name, hint in get_type_hints(Settings).items() if name in known}


def _value(name: str, hint: Any, value: Any, place: str) -> Any:
    if name == "normal_prices":
        return [_price_row(row, f"{place}[{n}]") for n, row in enumerate(_a_list(value, place))]
    answer = typed(hint, value, place)
    if name == "language" and answer not in languages():
        raise misfit(place, told("case.expect_one_of", words=languages()), value)
    if name == "cancel_reason" and answer not in CANCEL_REASONS:
        raise misfit(place, told("case.expect_one_of", words=CANCEL_REASONS), value)
    if name == "promotion_ended_at":
        _moment(answer, place)
    if name in ("batch_size", "usual_orders_per_day") and not 0 <= answer < math.inf:
        raise misfit(place, told("case.expect_not_negative"), value)
    if name == "thresholds":
        _thresholds(answer, place)
    if name == "costs":
        _costs(answer, place)
    return answer


def _a_list(value: Any, place: str) -> Any:
    if not isinstance(value, list):
        raise misfit(place, told("case.expect_list"), value)
    return value


def _moment(text: str, place: str) -> None:
    try:
        if text.strip():
            datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise misfit(place, told("case.expect_time"), text) from error


def _thresholds(values: Mapping[str, float], place: str) -> None:
    known = {one.name for one in fields(Thresholds)}
    for name, value in values.items():
        if name not in known:
            raise misfit(f"{place}.{name}", told("case.expect_known_name"), value)
        if not math.isfinite(value):
            raise misfit(f"{place}.{name}", told("case.expect_number"), value)


def _price_row(row: Any, place: str) -> dict[str, str]:
    cells: dict[str, str] = typed(dict[str, str], row, place)
    for name in ("sku", "price"):
        if not cells.get(name):
            raise misfit(f"{place}.{name}", told("case.expect_something"), cells.get(name))
    if strange := set(cells) - {"sku", "sales_channel", "currency", "price"}:
        raise misfit(f"{place}.{min(strange)}", told("case.expect_known_name"), cells[min(strange)])
    if _amount(cells["price"], f"{place}.price") <= 0:
        raise misfit(f"{place}.price", told("case.expect_amount"), cells["price"])
    return dict(cells)


def _costs(costs: Mapping[str, Mapping[str, Any]], place: str) -> None:
    for sku, row in costs.items():
        for name, cell in row.items():
            at = f"{place}.{sku}.{name}"
            if name not in ("unit_cost", "shipping", "fees", "stock"):
                raise misfit(at, told("case.expect_known_name"), cell)
            if cell in ("", None):
                continue
            amount = _amount(cell, at)
            if name == "stock" and amount != int(amount):
                raise misfit(at, told("case.expect_whole"), cell)


def _amount(cell: Any, place: str) -> Decimal:
    """An amount as promofix writes it: plain digits with a point; what a person types was understood before."""
    try:
        if isinstance(cell, bool | float) or not isinstance(cell, str | int) or "_" in str(cell):
            raise ValueError(cell)
        amount = Decimal(cell)
        if not amount.is_finite() or amount < 0:
            raise ValueError(cell)
    except (ValueError, InvalidOperation) as error:
        raise misfit(place, told("case.expect_amount"), cell) from error
    return amount
