"""A small case for the tests of what leaves and what comes back: a night of twelve wrong orders, nobody real in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.export.contents import Handed, works_of
from promofix_lib.incident import Incident
from promofix_lib.letters.messages import messages_for
from promofix_lib.letters.texts import Wording
from promofix_lib.status.status import status
from tests.status_case import NIGHT, NOW, LooseCase, order_id

PROMOTION = "Percentage Off 2026/11/19 21-14-3-482"
VICTIMS = 12

_ALL = (
    "amazon-order-id purchase-date order-status fulfillment-channel sales-channel item-status sku asin quantity "
    "currency item-price item-promotion-discount promotion-ids order-item-id ship-city"
).split()
_NEW = (
    "order-id order-item-id purchase-date buyer-email buyer-name sku product-name quantity-purchased currency "
    "item-price ship-address-1 ship-city"
).split()


def line(number: int, at: datetime, *, wrong: bool = False, **more: Any) -> dict[str, Any]:
    """One line of the All Orders report."""
    return {
        "amazon-order-id": order_id(number),
        "order-item-id": f"{number:014d}",
        "purchase-date": f"{at:%Y-%m-%dT%H:%M:%S+00:00}",
        "order-status": "Unshipped" if wrong else "Shipped",
        "item-status": "Unshipped" if wrong else "Shipped",
        "fulfillment-channel": "Merchant",
        "sales-channel": "Amazon.com",
        "sku": "HP-BT700",
        "asin": "B0EXAMPLE1",
        "quantity": 1,
        "currency": "USD",
        "item-price": "58.99",
        "item-promotion-discount": "57.99" if wrong else "",
        "promotion-ids": PROMOTION if wrong else "",
        "ship-city": "Exampleville",
        **more,
    }


def usual() -> list[dict[str, Any]]:
    """Forty days of normal sales."""
    return [line(5000 + n, NIGHT - timedelta(hours=7 * n + 2)) for n in range(130)]


def victims(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """The twelve wrong orders; 10 is FBA, 11 pending, 12 shipped; ``v3={...}`` changes the third."""
    special: dict[int, dict[str, Any]] = {
        10: {"fulfillment-channel": "Amazon"},
        11: {"order-status": "Pending", "item-status": ""},
        12: {"order-status": "Shipped", "item-status": "Shipped"},
    }
    return [
        line(n, NIGHT + timedelta(minutes=10 * n), wrong=True, **{**special.get(n, {}), **changed.get(f"v{n}", {})})
        for n in range(1, VICTIMS + 1)
    ]


def all_orders(lines: Iterable[dict[str, Any]], *, item_ids: bool = True) -> bytes:
    """The All Orders report as bytes; before May 2026 it had no item ids."""
    names = [name for name in _ALL if item_ids or name != "order-item-id"]
    rows = ["\t".join(names), *("\t".join(str(row[name]) for name in names) for row in lines)]
    return ("\r\n".join(rows) + "\r\n").encode()


def buyer(number: int) -> dict[str, str]:
    """The invented buyer of an order."""
    return {
        "buyer-name": f"Ada Example-{number:04d}",
        "buyer-email": f"buyer{number:04d}@marketplace.amazon.example",
        "ship-address-1": f"{number:04d} Specimen Street",
    }


def new_orders(lines: Iterable[dict[str, Any]]) -> bytes:
    """The New Orders report of the seller-fulfilled lines that are not pending, as bytes: it names the buyers."""
    rows = ["\t".join(_NEW)]
    for row in lines:
        if row["fulfillment-channel"] == "Merchant" and row["order-status"] != "Pending":
            number = int(row["amazon-order-id"].split("-")[1])
            facts = {
                **row,
                **buyer(number),
                "order-id": row["amazon-order-id"],
                "product-name": "Lumen BT700 Headphones",
            }
            facts["quantity-purchased"] = row["quantity"]
            rows.append("\t".join(str(facts[name]) for name in _NEW))
    return ("\n".join(rows) + "\n").encode()


def make_case(folder: Path, reports: dict[str, bytes] | None = None, **settings: Any) -> Case:
    """A case with both reports (or those given), the incident taken, and the gate open."""
    if reports is None:
        shutil.copytree(_night().name, folder, dirs_exist_ok=True)
        case = Case.open(folder, clock=lambda: NOW)
    else:
        case = _found(folder, reports)
    ended = "2026-11-20T07:30:00+00:00"
    gate = {"promotion_ended": True, "price_right": True, "stock_as_wanted": True, "promotion_ended_at": ended}
    return case.change_settings(seller_name="Lumen Audio", **{**gate, **settings})


@cache
def _night() -> TemporaryDirectory[str]:
    """Both reports, read and looked at once; the folder goes with the process."""
    folder = TemporaryDirectory(prefix="promofix-night-", ignore_cleanup_errors=True)
    both = {"AllOrders-1.txt": all_orders([*usual(), *victims()]), "NewOrders-1.txt": new_orders(victims())}
    _found(Path(folder.name), both)
    return folder


def _found(folder: Path, reports: dict[str, bytes]) -> Case:
    case = Case.open(folder, clock=lambda: NOW)
    for name, content in reports.items():
        case.add_report(name, content)
    case.take_found()
    return case


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One order item as a row of the order table, unshipped and seller-fulfilled, with its invented buyer."""
    usual = {
        "order_id": f"111-{number:07d}-0000001",
        "order_item_id": f"{10_000_000_000_000 + number}",
        "purchase_date": "2026-03-01T20:00:00Z",
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sales_channel": "Amazon.com",
        "currency": "USD",
        "sku": "HP-1",
        "product_name": "Example Headphones",
        "quantity": 1,
        "item_price": "58.99",
        "item_promotion_discount": "57.99",
        "buyer_name": "Test Buyer",
        "buyer_email": f"a{number}@example.com",
        "source_file": "orders.txt",
    }
    return usual | changes


def handed_rows(rows: Sequence[Mapping[str, Any]], wording: Wording | None = None, **more: Any) -> Handed:
    """What a workbook tells of these rows, all of them chosen; ``open_gate=False`` makes it a draft."""
    stand = status(LooseCase(rows, rule=Incident(), open_gate=more.pop("open_gate", True)))
    wording = wording or Wording(seller_name="Example Store")
    usual = {
        "language": "en",
        "export": "2026-03-02T090000",
        "made_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "per_day": 700,
        "overruled": {},
    }
    works = works_of(stand, stand.chosen, messages_for(stand, wording))
    return Handed(stand=stand, chosen=stand.chosen, works=works, wording=wording, **usual | more)
