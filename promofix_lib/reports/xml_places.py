"""What an element of Amazon's XML stands for, told by its name and the element around it: a table of small numbers."""

from __future__ import annotations

from typing import ClassVar, Final

import numpy as np

from promofix_lib.reports.xml_orders import (
    DISCOUNTS,
    IDS,
    IN_ADDRESS,
    IN_BILLING,
    IN_FULFILMENT,
    IN_ITEM,
    IN_ORDER,
    NAMES,
)

NOWHERE, MESSAGE, ORDER, ITEM, BILLING, FULFILMENT, ADDRESS, PRICE, PROMOTION, OUTSIDE = range(10)
PRICE_PART, PROMOTION_PART = 10, 13
TYPE, AMOUNT = 1, 2
"""Added to the place of a component: its type and its amount."""
_FIRST_LEAF = 16
PROMOTION_LEAVES: Final = dict(enumerate(("PromotionClaimCode", *IDS, *DISCOUNTS), start=_FIRST_LEAF))
"""Places of what a promotion says beside its components, and their elements."""
CELL = _FIRST_LEAF + len(PROMOTION_LEAVES)
"""Added to the number of a cell of the row."""


class Map:
    """Which element stands for what in one kind of report.

    Parameters
    ----------
    order, item : str
        The elements of an order and of its items.

    Examples
    --------
    >>> names, steps = ORDER_REPORT.names, ORDER_REPORT.steps
    >>> int(steps[FULFILMENT, names["Address"]]) == ADDRESS, int(steps[BILLING, names["Address"]]) == NOWHERE
    (True, True)
    """

    ITEM_CELLS: ClassVar[frozenset[str]] = frozenset(NAMES[at] for at in IN_ITEM.values())
    outside = OUTSIDE

    def __init__(self, order: str, item: str) -> None:
        part = {"Component": PRICE_PART}
        steps: dict[int, dict[str, int]] = {
            OUTSIDE: {"Message": MESSAGE},
            MESSAGE: {order: ORDER},
            ORDER: _cells(IN_ORDER) | {item: ITEM, "BillingData": BILLING, "FulfillmentData": FULFILMENT},
            BILLING: _cells(IN_BILLING),
            FULFILMENT: _cells(IN_FULFILMENT) | {"Address": ADDRESS},
            ADDRESS: _cells(IN_ADDRESS),
            ITEM: _cells(IN_ITEM) | {"ItemPrice": PRICE, "Promotion": PROMOTION},
            PRICE: part,
            PROMOTION: {"Component": PROMOTION_PART} | {name: place for place, name in PROMOTION_LEAVES.items()},
            PRICE_PART: {"Type": PRICE_PART + TYPE, "Amount": PRICE_PART + AMOUNT},
            PROMOTION_PART: {"Type": PROMOTION_PART + TYPE, "Amount": PROMOTION_PART + AMOUNT},
        }
        never_elsewhere = ("Message", "OrderReport", "Order", "Item", "OrderItem")
        known = dict.fromkeys([*never_elsewhere, *(name for names in steps.values() for name in names)])
        self.names = {name: number for number, name in enumerate(known, start=1)}
        self.steps = np.full((CELL + len(NAMES), len(known) + 1), NOWHERE, np.int16)
        for outer, names in steps.items():
            for name, place in names.items():
                self.steps[outer, self.names[name]] = place
        self.must_be_placed = np.arange(len(known) + 1) <= len(never_elsewhere)
        self.must_be_placed[0] = False


def _cells(places: dict[str, int]) -> dict[str, int]:
    return {tag: CELL + at for tag, at in places.items()}


ORDER_REPORT = Map("OrderReport", "Item")
ALL_ORDERS = Map("Order", "OrderItem")
