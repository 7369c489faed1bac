"""The whole answer in one piece: rate, plan, clock, warnings, each number with its orders."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pandas as pd
import pytest

from promofix_lib.account.honour import NoPlan, Plan
from promofix_lib.account.outlook import outlook, rate_section
from promofix_lib.orders import item_keys, order_table
from tests.seller_month import seller_month

NORMAL = [
    SimpleNamespace(sku=sku, sales_channel="Amazon.com", currency="USD", price=Decimal("58.99"))
    for sku in ("HP-BLK", "HP-RED")
]


def month(**given: float) -> tuple[pd.DataFrame, pd.Series]:
    """A seller's month, and its wrong orders."""
    orders = seller_month(**given)
    return orders, orders["promotion_ids"].notna()


def test_three_hundred_wrong_orders_in_one_piece():
    """Far over the limit, back under it on the 26th, a plan under 2.5 %, offers at risk, and all of it said."""
    orders, wrong = month()
    (one,) = outlook(orders, wrong, normal_prices=NORMAL)
    assert len(one.after.counted) == 300
    assert float(one.before.low or 0) == 0.0
    assert float(one.after.low or 0) > 0.3
    assert one.clocks["chosen"].likely == date(2026, 11, 26)
    assert isinstance(one.plan, Plan)
    assert one.plan.rate < Fraction(25, 1000)
    assert {offer.sku for offer in one.offers} == {"HP-BLK", "HP-RED"}
    assert any("deactivate" in warning for warning in one.warnings)


def test_every_number_has_its_orders():
    """The JSON's numbers are the lengths of lists of ids that are in the order table."""
    orders, wrong = month()
    record, _ = rate_section(orders, wrong, normal_prices=NORMAL)
    (one,) = json.loads(json.dumps(record))["sales_channels"]
    ids, keys = set(orders["order_id"]), set(item_keys(orders)[wrong])
    assert set(one["after"]["counted"]) == set(orders.loc[wrong, "order_id"])
    assert set(one["after"]["unsure"]) | set(one["after"]["pending"]) <= ids
    assert set(one["plan"]["cancel"]) | set(one["plan"]["honour"]) == keys
    assert Decimal(one["plan"]["loss"]) + Decimal(one["plan"]["saved"]) > 0


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_section_reads_in_both_languages(language: str):
    """Rate before and after, most to cancel, recovery, plan, warnings, and what the reports cannot tell."""
    orders, wrong = month()
    (one,) = outlook(orders, wrong, normal_prices=NORMAL, language=language)
    _, text = rate_section(orders, wrong, normal_prices=NORMAL, language=language)
    assert all(sentence in text for sentence in (*one.sentences(), *one.warnings, *one.after.cannot_tell(language)))


def test_the_plan_is_per_sales_channel():
    """Two marketplaces, two rates, two plans, two currencies."""
    row = {"purchase_date": "2026-11-20T12:00:00Z", "fulfillment_channel": "merchant", "quantity": 1, "sku": "HP"}
    usa = {**row, "sales_channel": "Amazon.com", "currency": "USD", "item_price": "1.00"}
    germany = {**row, "sales_channel": "Amazon.de", "currency": "EUR", "item_price": "1.00"}
    orders = order_table([{**(usa if n % 3 else germany), "order_id": str(n)} for n in range(99)])
    found = outlook(orders, pd.Series(True, index=orders.index))
    assert [(one.book.sales_channel, len(one.after.counted)) for one in found] == [
        ("Amazon.com", 66),
        ("Amazon.de", 33),
    ]


def test_nothing_to_cancel_has_no_outlook():
    """FBA orders touch no cancel rate: nothing is claimed about it."""
    orders, _ = month(fba=1.0, wrong=0)
    assert outlook(orders, pd.Series(True, index=orders.index)) == ()
    record, text = rate_section(orders, pd.Series(True, index=orders.index))
    assert record == {"sales_channels": []}
    assert "Nothing chosen can still be cancelled" in text


def test_stock_may_leave_no_plan():
    """With no stock all must be cancelled, and the reason names how many."""
    orders, wrong = month()
    (one,) = outlook(orders, wrong, normal_prices=NORMAL, stock={"Amazon.com": {"HP-BLK": 0, "HP-RED": 0}})
    assert isinstance(one.plan, NoPlan)
    assert one.plan.at_least == 300


def test_an_unknown_normal_price_is_not_guessed():
    """Without normal price or costs the orders are undecided, and said to be."""
    orders, wrong = month()
    (one,) = outlook(orders, wrong)
    assert len(one.choices.undecided) == 300
    assert any("no known price or cost" in sentence for sentence in one.sentences())


def test_unexplained_cancellations_alone_do_not_leave_the_seller_without_a_plan():
    """Where the high reading is over the limit from the start, the plan takes the low one and says so."""
    orders, wrong = month()
    usual = ~wrong & (orders["fulfillment_channel"] == "merchant").fillna(False)
    orders.loc[usual & (orders.index % 25 == 0), "order_status"] = "Cancelled"
    (one,) = outlook(orders, wrong, normal_prices=NORMAL)
    assert one.reading == "low"
    assert isinstance(one.plan, Plan)
    assert any("takes the low reading" in sentence for sentence in one.sentences())
    (strict,) = outlook(orders, wrong, normal_prices=NORMAL, reading="high")
    assert isinstance(strict.plan, NoPlan)
    assert strict.plan.reason == "already_over"


def test_by_item_loses_no_more_than_whole_orders():
    """Item by item every plan for whole orders is still there, so the best one is at least as good."""
    orders, wrong = month()
    first = orders.index[wrong][0]
    orders.loc[wrong & (orders.index < first + 40), "order_id"] = orders.loc[first, "order_id"]
    (whole,) = outlook(orders, wrong, normal_prices=NORMAL)
    (items,) = outlook(orders, wrong, normal_prices=NORMAL, by_item=True)
    assert isinstance(whole.plan, Plan)
    assert isinstance(items.plan, Plan)
    assert items.plan.loss <= whole.plan.loss
    assert len(whole.plan.cancel) > len(whole.plan.cancel_orders)
