"""Random cases with every kind of gap: no price, no printed discount, no normal price, two currencies or incidents."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from promofix_lib.case.case import Case
from tests.handed_case import NIGHT, NOW, PROMOTION, all_orders, line, new_orders, usual

SECOND = "Save Extra 2026/11/19 20-00-00-117"
GONE = {"order-status": "Cancelled", "item-status": "Cancelled", "quantity": 0, "item-price": "", "currency": ""}
PENDING = {"order-status": "Pending", "item-status": ""}


def random_case(folder: Path, seed: int) -> Case:
    """A case whose night, gaps, ticks and hand-made choices are drawn by chance; the same seed gives the same case."""
    chance = random.Random(seed)
    lines = [*usual(), *_second_sku(), *_canadian()]
    night = _night(chance)
    case = Case.open(folder, clock=lambda: NOW)
    case.add_report("AllOrders-1.txt", all_orders([*lines, *night], item_ids=chance.random() < 0.7))
    if chance.random() < 0.8:
        case.add_report("NewOrders-1.txt", new_orders(row for row in night if row["quantity"]))
    case.take_found()
    _choose(case, chance)
    if chance.random() < 0.7:
        ended = datetime(2026, 11, 20, chance.choice([6, 7, 12]), tzinfo=UTC)
        case.change_settings(
            promotion_ended=True, price_right=True, stock_as_wanted=True, promotion_ended_at=ended.isoformat()
        )
    return case


def _second_sku() -> list[dict[str, Any]]:
    at = (NIGHT - timedelta(hours=11 * n + 4) for n in range(60))
    return [line(7000 + n, when, sku="CABLE-2", **{"item-price": "24.50"}) for n, when in enumerate(at)]


def _canadian() -> list[dict[str, Any]]:
    canada = {"sales-channel": "Amazon.ca", "currency": "CAD", "item-price": "79.99"}
    return [line(8000 + n, NIGHT - timedelta(hours=13 * n + 3), **canada) for n in range(40)]


def _night(chance: random.Random) -> list[dict[str, Any]]:
    rows = []
    for n in range(1, chance.randint(9, 24)):
        at = NIGHT + timedelta(minutes=9 * n, seconds=n)
        row = line(n, at, wrong=True, quantity=1)
        row |= _gap(chance)
        rows.append(row)
        if chance.random() < 0.2:  # an order with a second line of another kind
            rows.append(line(n, at, wrong=True, **{"order-item-id": f"{900 + n:014d}", **_company(chance)}))
    if chance.random() < 0.5:
        rows += [_slip(900 + n, NIGHT + timedelta(hours=3, minutes=7 * n)) for n in range(chance.randint(4, 8))]
    return rows


def _gap(chance: random.Random) -> dict[str, Any]:
    fba = {"fulfillment-channel": "Amazon"}
    shipped = {"order-status": "Shipped", "item-status": "Shipped"}
    gaps: list[dict[str, Any]] = [
        {},
        {},
        {},
        fba,
        shipped,
        fba | shipped,
        PENDING,
        PENDING | {"item-promotion-discount": ""},
        PENDING | {"item-promotion-discount": "", "item-price": "", "currency": ""},
        {"item-promotion-discount": ""},
        GONE,
        {"sales-channel": "Amazon.ca", "currency": "CAD", "item-price": "79.99", "item-promotion-discount": "78.99"},
        {"sku": "NEW-SKU", "item-price": "19.00", "item-promotion-discount": "18.00"},
        {"promotion-ids": f"{PROMOTION},vine.enrollment.00000000", "item-promotion-discount": "58.99"},
    ]
    return chance.choice(gaps)


def _company(chance: random.Random) -> dict[str, Any]:
    return chance.choice(
        [
            {"sku": "CABLE-2", "item-price": "24.50", "item-promotion-discount": "", "promotion-ids": ""},
            {"item-price": "58.99"},
            GONE,
            {"order-status": "Shipped", "item-status": "Shipped"},
        ]
    )


def _slip(number: int, at: datetime) -> dict[str, Any]:
    wrong = {"item-price": "0.50", "item-promotion-discount": "", "promotion-ids": SECOND if number % 2 else ""}
    return line(number, at, wrong=True, sku="CABLE-2", **wrong)


def _choose(case: Case, chance: random.Random) -> None:
    orders, keys = case.orders, case.keys
    mine = keys[case.chosen()].tolist()
    others = keys[~case.chosen() & (orders["sku"] == "CABLE-2").fillna(False)].tolist()
    if mine and chance.random() < 0.5:
        case.decide("leave_out", chance.sample(mine, min(2, len(mine))), "a friend")
    if others and chance.random() < 0.4:
        case.decide("add", chance.sample(others, 1), "looks wrong to me")
    if len(case.incidents) > 1 and chance.random() < 0.3:
        case.take(case.incidents[-1].number, False)
    if case.incidents and chance.random() < 0.2:
        case.change_settings(normal_prices=[{"sku": "HP-BT700", "price": "60.00"}])
