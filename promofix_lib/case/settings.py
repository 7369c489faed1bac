"""What the seller set once for the case: typed, and checked whenever it is read or changed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict

from promofix_lib.filters import particular_first
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import NormalPrice
from promofix_lib.plain import checked, typed
from promofix_lib.say import languages

CancelReason = Literal[
    "PricingError",
    "GeneralAdjustment",
    "NoInventory",
    "CustomerExchange",
    "ShippingAddressUndeliverable",
    "BuyerCanceled",
]
"""Reason codes of an order cancellation that Amazon's template knows."""


# -- what a value must be beyond its type -----------------------------------------------------------------------------


def _spoken(name: str, place: str) -> None:
    checked(name in languages(), name, place, "case.expect_one_of", words=languages())


def _not_negative(number: float, place: str) -> None:
    checked(0 <= number < math.inf, number, place, "case.expect_not_negative")


def _filled(text: str, place: str) -> None:
    checked(bool(text), text, place, "case.expect_something")


def _time_or_nothing(text: str, place: str) -> None:
    try:
        datetime.fromisoformat(text.strip() or "2026-01-01")
    except ValueError:
        checked(False, text, place, "case.expect_time")


def _of_the_finder(values: Mapping[str, float], place: str) -> None:
    known = {one.name for one in fields(Thresholds)}
    for name, value in values.items():
        checked(name in known, value, f"{place}.{name}", "case.expect_known_name")
        checked(math.isfinite(value), value, f"{place}.{name}", "case.expect_number")


def _price(cell: Any, place: str) -> None:
    """An amount as promofix writes it: plain digits with a point; what a person types was understood before."""
    plain = isinstance(cell, str | int) and re.fullmatch(r"\d+(\.\d+)?", str(cell), re.ASCII)
    checked(bool(plain), cell, place, "case.expect_amount")


def _price_above_zero(cell: str, place: str) -> None:
    _price(cell, place)
    checked(Decimal(cell) > 0, cell, place, "case.expect_amount")


def _cost(cell: Any, place: str) -> None:
    if cell not in ("", None):
        _price(cell, place)


def _stock(cell: Any, place: str) -> None:
    _cost(cell, place)
    checked(not cell or Decimal(cell) % 1 == 0, cell, place, "case.expect_whole")


class _Priced(TypedDict):
    sku: Annotated[str, _filled]
    price: Annotated[str, _price_above_zero]


class PriceRow(_Priced, total=False):
    """What one SKU normally costs, in the seller's own words."""

    sales_channel: str
    currency: str


class Cost(TypedDict, total=False):
    """What honouring an order of one SKU costs; amounts as text."""

    unit_cost: Annotated[Any, _cost]
    shipping: Annotated[Any, _cost]
    fees: Annotated[Any, _cost]
    stock: Annotated[Any, _stock]


# -- the settings -----------------------------------------------------------------------------------------------------


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

    language: Annotated[str, _spoken] = "en"
    cancel_reason: CancelReason = "PricingError"
    seller_name: str = ""
    promotion_ended: bool = False
    price_right: bool = False
    stock_as_wanted: bool = False
    promotion_ended_at: Annotated[str, _time_or_nothing] = ""
    shipped_choice: Literal["", "keep", "return", "refunded"] = ""
    batch_size: Annotated[int, _not_negative] = 0
    refund_adjustments: bool = False
    acknowledgement_xml: bool = False
    overruled: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    thresholds: Annotated[Mapping[str, float], _of_the_finder] = field(default_factory=dict)
    normal_prices: list[PriceRow] = field(default_factory=list)
    costs: Mapping[str, Cost] = field(default_factory=dict)
    usual_orders_per_day: Annotated[float, _not_negative] = 0.0

    @property
    def own_prices(self) -> tuple[NormalPrice, ...]:
        """The seller's own normal prices, to be asked before any estimate."""
        prices = (
            NormalPrice(row["sku"], row.get("sales_channel", ""), row.get("currency", ""), Decimal(row["price"]))
            for row in self.normal_prices
        )
        return tuple(particular_first(prices))


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
    wanted = typed(Settings, dict(changes), place)
    return replace(settings, **{name: getattr(wanted, name) for name in changes})
