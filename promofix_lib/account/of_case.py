"""A case's own answers: what cancelling does to the account, and the order of work, from what the seller saved."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from promofix_lib.account.choices import SkuCost
from promofix_lib.account.outlook import Outlook, outlook
from promofix_lib.account.worklist import BATCH_ORDERS, Step, plan_of_work
from promofix_lib.case.case import Case
from promofix_lib.case.settings import Settings
from promofix_lib.errors import CaseError
from promofix_lib.incident import affected


def account_outlook(case: Case, **given: Any) -> tuple[Outlook, ...]:
    """What cancelling the case's chosen orders does, per sales channel; `given` as in `outlook.outlook`."""
    return outlook(case.orders, case.chosen(), **{**outlook_settings(case), **given})


def outlook_settings(case: Case) -> dict[str, Any]:
    """What the case knows for `outlook.outlook` and the rate panel: affected rows, prices, costs, stock, language."""
    finding, settings, market = case.finding, case.settings, case.marketplace
    return {
        "affected": rule_mask(case),
        "normal_prices": finding.normal_prices if finding else (),
        "costs": costs_of(settings, market.currency),
        "stock": {market.sales_channel: stock_of(settings)},
        "language": settings.language,
    }


def rule_mask(case: Case) -> pd.Series[bool]:
    """All rows that the incident touched, left out by hand or not; the chosen rows where no incident was taken."""
    return affected(case.orders, case.incident) if case.incident else case.chosen()


def costs_of(settings: Settings, currency: str) -> tuple[SkuCost, ...]:
    """What one unit costs the seller, for the SKUs whose unit cost is given.

    Raises
    ------
    CaseError
        A cost that is no number.

    Examples
    --------
    >>> costs_of(Settings(costs={"HP": {"unit_cost": "12.00", "fees": "1.25"}}), "USD")[0].price
    Decimal('13.25')
    """
    return tuple(
        SkuCost(sku, currency, *(_amount(sku, name, row.get(name)) for name in ("unit_cost", "shipping", "fees")))
        for sku, row in settings.costs.items()
        if row.get("unit_cost")
    )


def stock_of(settings: Settings) -> dict[str, int]:
    """Units that may go to these orders, for the SKUs whose stock is given.

    Raises
    ------
    CaseError
        A stock that is no whole number.

    Examples
    --------
    >>> stock_of(Settings(costs={"HP": {"stock": 120}, "CASE": {"unit_cost": "2.00"}}))
    {'HP': 120}
    """
    return {sku: _units(sku, row["stock"]) for sku, row in settings.costs.items() if row.get("stock") not in (None, "")}


def work_of(case: Case, now: datetime, found: tuple[Outlook, ...] | None = None) -> tuple[Step, ...]:
    """The case's plan of work, in its language and its marketplace's zone.

    Parameters
    ----------
    case : Case
        The case.
    now : datetime with a zone
        When the work begins.
    found : tuple of Outlook, optional
        ``account_outlook(case)`` when it is there already; the clock of the largest sales channel is used.
    """
    settings, chosen = case.settings, case.chosen()
    shown = account_outlook(case) if found is None else found
    return plan_of_work(
        case.orders,
        chosen,
        now=now,
        zone=case.marketplace.zone,
        clock=shown[0].clocks["chosen"] if shown else None,
        honoured=rule_mask(case) & ~chosen,
        batch_orders=settings.batch_size or BATCH_ORDERS,
        orders_per_day=settings.usual_orders_per_day or None,
        language=settings.language,
    )


def _amount(sku: str, name: str, text: object) -> Decimal:
    try:
        amount = Decimal(str(text or "0"))
        if not amount.is_finite() or amount < 0:
            raise InvalidOperation
    except InvalidOperation as error:
        raise CaseError(
            f"Costs, SKU {sku}: {name} should be an amount such as 12.50, got {text!r}. Correct it in notebook 3."
        ) from error
    return amount


def _units(sku: str, text: object) -> int:
    try:
        units = int(str(text))
        if units < 0:
            raise ValueError(text)
    except ValueError as error:
        raise CaseError(
            f"Costs, SKU {sku}: stock should be a whole number such as 120, got {text!r}. Correct it in notebook 3."
        ) from error
    return units
