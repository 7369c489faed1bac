"""The finder's parts, each on a table of a few lines: what an order is, what was meant, what belongs to a run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from promofix_lib.finding.chance import Chance
from promofix_lib.finding.sales import as_sales
from promofix_lib.finding.suspects import find_suspects
from promofix_lib.orders import order_table
from tests.test_detection import ids, night, sale, the_one, usual

OPEN = {"order_status": "Unshipped"}


def goods(**prices: str) -> list[dict[str, Any]]:
    """Thirty days of each SKU at its price."""
    return [row for sku, price in prices.items() for row in usual(sku=sku, item_price=price, order_id=f"O-{sku}")]


# -- chance -----------------------------------------------------------------------------------------------------------


def test_an_order_is_one_occasion_of_each_of_its_causes_by_its_deepest_line():
    """Two lines of one code are one cheap order, as deep as the deeper; two codes on an order are two occasions."""

    def line(hours: float, number: int, off: str, *codes: str) -> dict[str, Any]:
        return sale(hours, number, item_price="100.00", promotion_ids=codes, item_promotion_discount=off)

    lines = [line(300, 5000, "60.00", "P"), line(300, 5000, "90.00", "P"), line(310, 5001, "70.00", "P", "Q")]
    sales = as_sales(order_table([*usual(item_price="100.00"), *lines, line(320, 5002, "80.00", "Q")]))
    cheap = Chance(sales, find_suspects(sales, ()))._promoted
    names = [sales.promotions.names[key] for key in cheap.key]
    told = list(zip(names, cheap.depth.round(2).tolist(), strict=True))
    assert told == [("P", 0.9), ("P", 0.7), ("Q", 0.7), ("Q", 0.8)]
    assert len(cheap.orders) == 3


# -- suspects ---------------------------------------------------------------------------------------------------------

CHEAP_B = {"sku": "B", "item_price": "30.00", "item_promotion_discount": "18.00", "promotion_ids": ["WITH A"]}


@pytest.mark.parametrize(
    ("first", "second", "meant"),
    [
        ({}, CHEAP_B, True),
        ({}, CHEAP_B | {"item_promotion_discount": "27.00"}, False),
        ({}, CHEAP_B | {"item_promotion_discount": None, "item_price": "21.50", **OPEN}, False),
        ({"promotion_ids": ["VOUCHER"], **OPEN}, CHEAP_B, True),
    ],
    ids=["60 % off beside A", "90 % off", "what it takes off is still to come", "another discount is still to come"],
)
def test_a_basket_offer_leaves_half_of_what_the_order_lists(first: dict[str, Any], second: dict[str, Any], meant: bool):
    """What a line pays is what is printed; one whose discount is to come pays nothing, as far as anyone can tell."""
    offers = [sale(390, 5000 + n, sku="A", item_price="20.00") for n in range(3)]
    offers += [sale(390, 5000 + n, **CHEAP_B) for n in range(3)]
    voucher = {"promotion_ids": ["VOUCHER"], "item_promotion_discount": "2.00"}
    ordinary = [sale(100 + n, 4000 + n, sku="A", item_price="20.00", **voucher) for n in range(5)]
    order = [sale(400, 6000, sku="A", item_price="20.00", **first), sale(400, 6000, **second)]
    sales = as_sales(order_table([*goods(A="20.00", B="30.00"), *ordinary, *offers, *order]))
    suspects = find_suspects(sales, ())
    assert suspects.meant[-1] == meant


def test_a_voucher_to_come_excuses_no_wrong_price():
    """Beside a dear purchase an ordinary voucher, seen only at 10 %, makes no basket offer of a price of one dollar."""
    voucher = {"promotion_ids": ["VOUCHER"]}
    ordinary = [sale(100 + n, 4000 + n, **voucher, item_promotion_discount="5.90") for n in range(5)]
    wrong = [
        row
        for n in range(4)
        for row in (
            sale(400 + n, 5000 + n, sku="B", item_price="1.00", **voucher, **OPEN),
            sale(400 + n, 5000 + n),
        )
    ]
    sales = as_sales(order_table([*usual(), *goods(B="30.00"), *ordinary, *wrong]))
    suspects = find_suspects(sales, ())
    assert not suspects.meant.any()
    assert suspects.by_price[-8:].tolist() == [True, False] * 4


# -- causes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "reached"), [(3, False), (4, True)])
def test_four_of_five_uses_tell_for_those_to_come(wrong: int, reached: bool):
    """An order that has not shipped belongs to a code that was wrong on at least four fifths of its uses then."""
    uses = [sale(400 + n, 5000 + n, promotion_ids=["P"], item_promotion_discount="50.00") for n in range(wrong)]
    times = [100 + 24 * n for n in range(5)] + [400.5 + n for n in range(5 - wrong)]
    fair = [sale(at, 6000 + n, promotion_ids=["P"], item_promotion_discount="5.90") for n, at in enumerate(times)]
    waiting = sale(401.2, 7000, promotion_ids=["P"], **OPEN)
    found = the_one(order_table([*usual(), *uses, *fair, waiting]))
    assert found.order_ids == ids([*uses, *([waiting] if reached else [])])


# -- sales, exact prices ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "others",
    [
        ({"sku": "A", "sales_channel": "Amazon.de"}, {"sku": "B", "sales_channel": None}),
        ({"sales_channel": "Amazon.com", "currency": "USD"}, {"sales_channel": "Amazon.de", "currency": None}),
    ],
    ids=["a channel that no report tells", "a currency that no report tells"],
)
def test_each_sku_has_a_price_of_its_own_in_each_market(others: tuple[dict[str, Any], ...]):
    """Also where a cell is missing: it is never taken for the neighbour in the alphabet."""
    rows = [sale(1, 1, sku="A", sales_channel="Amazon.com", currency="EUR"), *(sale(2, 2, **cells) for cells in others)]
    assert len(np.unique(as_sales(order_table(rows)).group[1:])) == 2


def test_the_normal_price_is_exact_where_a_unit_costs_no_whole_cents():
    """Three for a dollar: what a line of three should have cost is the dollar, not 99 cents."""
    packs = usual(item_price="1.00", quantity=3)
    found = the_one(order_table(packs + night(9, item_price="1.00", item_promotion_discount="0.97", quantity=3)))
    assert found.normal_prices[0].price == Decimal("0.333333")
    assert found.amounts[0].normal_value == Decimal("9.00")
