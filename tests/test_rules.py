"""The saved rule gives exactly the affected order items back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from promofix_lib.finding.search import find_incidents
from promofix_lib.incident import Ceiling, Incident, affected
from promofix_lib.orders import item_keys, order_table
from promofix_lib.plain import plain, typed
from tests.test_detection import ids, night, sale, the_one, usual


def test_a_reviewers_free_unit_in_the_window_is_excepted_by_name():
    """It is cheaper than any ceiling, and still not affected: the rule names it."""
    wrong = [sale(400 + n / 60, 5000 + n, item_price="5.89") for n in range(40)]
    vine = [sale(400.3, 7000, promotion_ids=["vine.enrollment.0"], item_promotion_discount="58.99")]
    found = the_one(order_table(usual() + wrong + vine))
    assert found.rule.except_items == ("111-0000000-0007000/HP/1",)
    assert found.order_ids == ids(wrong)


def test_excepted_items_are_kept_in_the_saved_rule():
    """JSON and back; equal lines of an order are told apart."""
    twice = [sale(1, 1), sale(1, 1), sale(2, 2)]
    rule = typed(Incident, plain(Incident(skus=("HP",), except_items=("111-0000000-0000001/HP/2",))))
    assert affected(order_table(twice), rule).tolist() == [True, False, True]


def test_the_plainest_rule_is_the_window_and_the_promotion():
    """No ceilings, SKUs or exceptions where the promotion says it all."""
    rule = the_one(order_table(usual() + night(40))).rule
    assert set(plain(rule)) == {"onset", "end", "promotion_ids"}


def test_a_known_id_that_went_deeper_needs_a_ceiling():
    """Uses of the same id at its ordinary depth stay out, also inside the window."""
    ordinary = [sale(10 * n, 3000 + n, promotion_ids=["P"], item_promotion_discount="5.90") for n in range(60)]
    wrong = night(40, start=399.9, promotion_ids=["P"])
    found = the_one(order_table(usual() + ordinary + wrong))
    assert found.order_ids == ids(wrong)
    assert found.rule.ceilings


def test_the_rule_finds_new_victims_in_a_newer_report():
    """Without its end the rule runs on tomorrow's report."""
    rule = the_one(order_table(usual() + night(40))).rule
    late = night(3, start=410, first=8000)
    newer = order_table(usual() + night(40) + late)
    assert affected(newer, replace(rule, end=None)).sum() == 43


def test_orders_without_an_id_are_still_told_apart():
    """A report without order ids: the rule speaks of items all the same."""
    rows = [{**row, "order_id": None} for row in usual() + night(12)]
    orders = order_table(rows)
    found = find_incidents(orders).incidents[0]
    assert tuple(item_keys(orders)[affected(orders, found.rule)]) == found.items
    assert found.orders == 12


def test_a_ceiling_that_names_its_channel_speaks_first():
    """A ceiling for all channels holds where none is named for the channel itself; SKUs without one are out."""
    rows = [
        {
            "sku": "A",
            "sales_channel": channel,
            "currency": "USD",
            "item_price": "5.00",
            "quantity": 1,
            "order_id": channel,
        }
        for channel in ("Amazon.com", "Amazon.ca", None)
    ]
    orders = order_table(
        [*rows, {"sku": "B", "item_price": "0.01", "quantity": 1}, {"item_price": "0.01", "quantity": 1}]
    )
    everywhere, here = Ceiling("A", "", "", Decimal("9")), Ceiling("A", "Amazon.com", "", Decimal("4"))
    for ceilings in ((everywhere, here), (here, everywhere)):
        assert affected(orders, Incident(ceilings=ceilings)).tolist() == [False, True, True, False, False]


def test_two_thousand_ceilings_are_one_look_up():
    """A catalogue of 2,000 wrong prices is judged SKU by SKU, each by its own ceiling."""
    rows = [
        {"order_id": f"{side}{n}", "sku": f"S{n}", "currency": "USD", "sales_channel": "Amazon.com", "quantity": 1}
        | {"item_price": f"{n + 1 + side}.00"}
        for n in range(2000)
        for side in (0, 1)
    ]
    ceilings = tuple(Ceiling(f"S{n}", "Amazon.com", "USD", Decimal(n + 1)) for n in range(2000))
    assert affected(order_table(rows), Incident(ceilings=ceilings)).tolist() == [True, False] * 2000
