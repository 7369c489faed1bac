"""The ledger: what was paid, what it should have cost, what was lost, and what nobody can know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.money import NormalPrice, ledger
from promofix_lib.orders import order_table

ROW = {"sku": "S", "sales_channel": "Amazon.com", "currency": "USD", "quantity": 1, "order_status": "Shipped"}
PRICES = [NormalPrice("S", "", "USD", Decimal("58.99"))]


def row(order: str, **changes: Any) -> dict[str, Any]:
    return {"order_id": order, **ROW, **changes}


def sums(rows: list[dict[str, Any]], prices: list[NormalPrice] = PRICES) -> list[tuple[str, str, str, str, int]]:
    found = ledger(order_table(rows), prices).sums()
    return [(one.currency, str(one.paid), str(one.normal_value), str(one.loss), one.items_not_known) for one in found]


def test_paid_normal_and_lost_are_sums_over_the_same_items():
    """An item of which one of the three is not known is in none of the sums, and is counted."""
    rows = [
        row("A", item_price="58.99", item_promotion_discount="57.99"),
        row("B", item_price=None),
        row("C", item_price="9.00", sku="NEW"),
    ]
    assert sums(rows) == [("USD", "1.00", "58.99", "57.99", 2)]


def test_what_is_not_known_has_lost_nothing():
    """Neither a sum nor a row makes up a loss where price or normal price is missing."""
    rows = [row("A", item_price="1.00"), row("B", item_price=None), row("C", item_price="9.00", sku="NEW")]
    assert ledger(order_table(rows), PRICES).lost.tolist() == [579_900, 0, 0]


def test_a_missing_discount_of_a_shipped_order_is_none():
    """Amazon prints the discount when it ships: what is not printed then was not given."""
    assert sums([row("A", item_price="58.99")]) == [("USD", "58.99", "58.99", "0.00", 0)]


def usual(promotion: str, printed: int, bare: int) -> list[dict[str, Any]]:
    some = [
        row(f"P{n}", item_price="50", item_promotion_discount="49", promotion_ids=[promotion]) for n in range(printed)
    ]
    return some + [row(f"Q{n}", item_price="50", promotion_ids=[promotion]) for n in range(bare)]


@pytest.mark.parametrize(
    ("printed", "bare", "known"),
    [(3, 0, False), (2, 0, True), (9, 1, False), (8, 1, True)],
    ids=["3 of 3 print one", "only 2 shipped", "9 of 10", "8 of 9"],
)
def test_a_discount_not_printed_yet_is_not_known_where_one_is_usual(printed: int, bare: int, known: bool):
    """At least 3 orders tell, shipped or with a discount, and 90 % of them print one."""
    pending = row("X", item_price="50", promotion_ids=["P"], order_status="Unshipped")
    table = ledger(order_table([*usual("P", printed, bare), pending]), PRICES).table
    assert bool(table["known"].iloc[-1]) is known
    early = [one | {"order_status": "Unshipped"} for one in usual("P", printed, 0)]
    table = ledger(order_table([*early, *usual("P", 0, bare), pending]), PRICES).table
    assert bool(table["known"].iloc[-1]) is known


def test_a_paid_price_above_the_normal_one_counts_with_its_sign():
    """The loss of one order is not made larger by another that paid more."""
    rows = [row("A", item_price="1.00"), row("B", item_price="68.99")]
    assert sums(rows) == [("USD", "69.99", "117.98", "47.99", 0)]


def test_two_currencies_are_never_added():
    """Each has its own sums, the largest loss first."""
    rows = [row("A", item_price="58.00"), row("B", item_price="1", currency="CAD")]
    prices = [*PRICES, NormalPrice("S", "", "CAD", Decimal("80"))]
    assert sums(rows, prices) == [("CAD", "1.00", "80.00", "79.00", 0), ("USD", "58.00", "58.99", "0.99", 0)]


def test_an_item_without_a_currency_counts_to_its_marketplace():
    """A pending order has no price and no currency yet; it is not a currency of its own."""
    rows = [row("A", item_price="1.00"), row("B", item_price=None, currency=None)]
    assert sums(rows) == [("USD", "1.00", "58.99", "57.99", 1)]
    nowhere = [rows[0], row("B", item_price=None, currency=None, sales_channel=None)]
    assert sums(nowhere) == [("USD", "1.00", "58.99", "57.99", 1)]


def test_the_seller_s_own_price_has_the_first_word():
    """The first normal price that fits an item counts; it is told for the channel, or for all."""
    own = NormalPrice("S", "", "", Decimal("60"))
    assert sums([row("A", item_price="1.00")], [own, *PRICES]) == [("USD", "1.00", "60.00", "59.00", 0)]


def test_a_line_of_no_units_has_no_value():
    """A cancelled line keeps its price in some reports and holds nothing."""
    assert sums([row("A", item_price="58.99", quantity=0)]) == [("USD", "0.00", "0.00", "0.00", 1)]


def test_an_unknown_number_of_units_has_no_value():
    """An empty cell is missing, never one."""
    assert sums([row("A", item_price="58.99", quantity=None)]) == [("USD", "0.00", "0.00", "0.00", 1)]


def test_a_printed_discount_of_nothing_is_still_to_come_from_a_wrong_promotion():
    """It gives something, although the report of the unshipped order prints 0.00."""
    waiting = row("A", item_price="58.99", item_promotion_discount="0.00", promotion_ids=["P"], order_status="Pending")
    assert ledger(order_table([waiting]), PRICES, ["P"]).known.tolist() == [False]


CELLS = st.fixed_dictionaries(
    {
        "item_price": st.none() | st.integers(0, 10_000).map(lambda cents: str(Decimal(cents) / 100)),
        "item_promotion_discount": st.none() | st.integers(0, 10_000).map(lambda cents: str(Decimal(cents) / 100)),
        "quantity": st.none() | st.integers(0, 5),
        "currency": st.sampled_from(["USD", "EUR", None]),
        "sku": st.sampled_from(["S", "T", None]),
        "order_status": st.sampled_from(["Shipped", "Pending", "Cancelled"]),
    }
)


@given(st.lists(CELLS, max_size=12), st.randoms(use_true_random=False))
def test_the_sums_are_those_of_the_rows(cells: list[dict[str, Any]], chance: Any):
    """Added one by one by hand, for any choice of rows: the same figures, and no item is lost."""
    rows = [row(f"O{n}", **cell) for n, cell in enumerate(cells)]
    book = ledger(order_table(rows), PRICES)
    mask = np.array([chance.random() < 0.6 for _ in rows], dtype=bool)
    found, table = book.part(mask).sums(), book.table[mask]
    for one in found:
        assert one.normal_value - one.paid == one.loss
    assert sum(one.items_not_known for one in found) == int((~table["known"]).sum())
    for currency, part in table[table["known"]].groupby("currency"):
        one = next(each for each in found if each.currency == currency)
        assert one.paid == sum(part["paid"], Decimal(0))
        assert one.loss == sum(part["lost"], Decimal(0))


def test_half_a_cent_is_kept_and_what_is_finer_is_rounded_half_up():
    """Three for 1.00 is 0.333333 a unit: three of them are 1.00 again."""
    rows = [row("A", item_price="0.10", quantity=3)]
    assert sums(rows, [NormalPrice("S", "", "USD", Decimal("0.333333"))]) == [("USD", "0.10", "1.00", "0.90", 0)]
    assert sums(rows, [NormalPrice("S", "", "USD", Decimal("0.12345"))]) == [("USD", "0.10", "0.3704", "0.2704", 0)]


def test_an_amount_that_no_number_holds_is_not_known():
    """A price of 10^14 times a thousand units is left out and counted, never a wrong sum."""
    rows = [row("A", item_price="1.00", quantity=10**6)]
    assert sums(rows, [NormalPrice("S", "", "USD", Decimal(10**13))]) == [("USD", "0.00", "0.00", "0.00", 1)]


def test_a_discount_larger_than_the_price_pays_nothing():
    """The buyer is never given money back by the ledger."""
    assert sums([row("A", item_price="5.00", item_promotion_discount="9.00")])[0][1] == "0.00"


def test_only_other_orders_of_its_own_promotion_speak_for_a_discount_to_come():
    """An order with another promotion, or none, pays what is printed; three lines of one order are one order."""
    pending = row("X", item_price="50", promotion_ids=["Q"], order_status="Unshipped")
    bare = row("Y", item_price="50", promotion_ids=None, order_status="Unshipped")
    assert ledger(order_table([*usual("P", 5, 0), pending, bare]), PRICES).table["known"].tolist() == [True] * 7
    one_order = [one | {"order_id": "same"} for one in usual("P", 5, 0)]
    waiting = row("Z", item_price="50", promotion_ids=["P"], order_status="Pending")
    assert ledger(order_table([*one_order, waiting]), PRICES).table["known"].tolist() == [True] * 6
