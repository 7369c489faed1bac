"""The account in one piece: rate before and after, the clock, the plan, the warnings; and what the case tells it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from promofix_lib.account.account import Account, costs_of
from promofix_lib.account.honour import NoPlan, Plan
from promofix_lib.amounts import Money
from promofix_lib.case.settings import Settings
from promofix_lib.marketplaces import marketplace_of
from promofix_lib.money import NormalPrice
from promofix_lib.orders import order_table
from promofix_lib.status.status import status
from tests.seller_month import seller_month, standing
from tests.status_case import LooseCase, line

PRICES = [NormalPrice(sku, "Amazon.com", "USD", Decimal("58.99")) for sku in ("HP-BLK", "HP-RED")]


@pytest.fixture(scope="module")
def month() -> tuple[pd.DataFrame, pd.Series]:
    """A seller's month, and its wrong orders."""
    orders = seller_month()
    return orders, orders["promotion_ids"].notna()


def account(orders: pd.DataFrame, chosen: pd.Series, known: dict[str, Any] | None = None, **costs: Any) -> Account:
    """The account of these affected orders."""
    return Account(
        standing(orders, chosen, prices=PRICES, **(known or {})), Settings(costs=costs), marketplace_of("Amazon.com")
    )


def test_three_hundred_wrong_orders_in_one_piece(month: Any):
    """Far over the limit, back under it on the 26th, a plan under 2.5 %, offers at risk, and all of it said."""
    (one,) = account(*month).channels
    assert len(one.after.counted) == 300
    assert float(one.before.low or 0) == 0.0
    assert float(one.after.low or 0) > 0.3
    assert one.clock.likely == date(2026, 11, 26)
    assert isinstance(one.plan, Plan)
    assert one.plan.rate < Fraction(25, 1000)
    assert any("HP-BLK" in warning.text("en") and "HP-RED" in warning.text("en") for warning in one.warnings)
    assert any("deactivate" in warning.text("en") for warning in one.warnings)


def test_the_rates_as_json(month: Any):
    """Shares of one that can be compared with the limit, and days."""
    (one,) = json.loads(json.dumps(account(*month).rates_json()))
    assert list(one) == ["sales_channel", "before", "after", "limit", "clear_on"]
    assert one["sales_channel"] == "Amazon.com"
    assert one["before"]["low"] <= one["before"]["high"] < one["limit"] == 0.025
    assert one["limit"] < one["after"]["low"] <= one["after"]["high"]
    assert one["clear_on"] == {"earliest": "2026-11-26", "likely": "2026-11-26", "certain": "2026-11-26"}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_account_speaks_both_languages(month: Any, language: str):
    """Rate before and after, most to cancel, the way back, plan, warnings, and what the reports cannot tell."""
    sentences = account(*month).sentences(language)
    assert len(sentences) >= 9
    assert not any("account." in sentence or "{" in sentence for sentence in sentences)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_channel_and_days_are_said_once(month: Any, language: str):
    """The rate as it stands names channel, days and zone; the rate once all is cancelled does not say them again."""
    now, then = account(*month).sentences(language)[:2]
    for words in ("Amazon.com", str(month[0]["purchase_date"].max().date().year), "America/Los Angeles"):
        assert (words in now, words in then) == (True, False)
    assert "%" in then


def test_after_everything_is_cancelled_it_still_answers(month: Any):
    """What Amazon accepted counts for sure: the bounds meet, the clock runs, nothing is left to be planned."""
    orders, wrong = month
    done = orders.loc[wrong, "order_id"]
    cancelled = orders.assign(order_status=orders["order_status"].mask(wrong, "Cancelled"))
    for table, chosen in ((orders, wrong), (cancelled, wrong), (cancelled, wrong & False)):
        (one,) = account(table, chosen, {"known_cancelled": done}).channels
        assert not one.added.any()
        assert set(one.before.counted) == set(done)
        assert one.before == one.after
        assert one.clock.certain == date(2026, 11, 26)
        assert one.plan.told().text("en") == "Nothing is left that you could still cancel."


def test_cancellations_that_nothing_explains_leave_two_readings(month: Any):
    """A newer report shows the orders as cancelled and nobody knows by whom: low counts none, high counts all."""
    orders, wrong = month
    cancelled = orders.assign(order_status=orders["order_status"].mask(wrong, "Cancelled"))
    (one,) = account(cancelled, wrong).channels
    assert (len(one.before.counted), len(one.before.unsure) >= 300) == (0, True)
    assert one.clock.certain == date(2026, 11, 26)
    (known,) = account(cancelled, wrong, {"asked_by_buyer": orders.loc[wrong, "order_id"]}).channels
    assert len(known.before.unsure) < 10


def test_the_plan_is_per_sales_channel():
    """Two marketplaces, two rates, two plans, two currencies."""
    row = {"purchase_date": "2026-11-20T12:00:00Z", "fulfillment_channel": "merchant", "quantity": 1, "sku": "HP"}
    usa = {**row, "sales_channel": "Amazon.com", "currency": "USD", "item_price": "1.00", "order_status": "Unshipped"}
    germany = usa | {"sales_channel": "Amazon.de", "currency": "EUR"}
    orders = order_table([{**(usa if n % 3 else germany), "order_id": str(n)} for n in range(99)])
    found = account(orders, pd.Series(True, index=orders.index))
    assert [(one.book.sales_channel, len(one.after.counted)) for one in found.channels] == [
        ("Amazon.com", 66),
        ("Amazon.de", 33),
    ]


def test_orders_of_amazons_stock_touch_no_rate():
    """FBA orders touch no cancel rate: nothing is claimed about it, and it is said."""
    orders = seller_month(days=3, fba=1.0, wrong=0)
    found = account(orders, pd.Series(True, index=orders.index))
    assert (found.rates_json(), found.channels) == ([], ())
    assert found.sentences("en") == ("The cancel rate is not touched: no affected order is yours to send.",)


def test_stock_may_leave_no_plan(month: Any):
    """With no stock all must be cancelled, and the reason names how many."""
    (one,) = account(*month, **{"HP-BLK": {"stock": 0}, "HP-RED": {"stock": 0}}).channels
    assert isinstance(one.plan, NoPlan)
    assert 100 < one.plan.at_least < 300


def test_costs_replace_the_normal_price(month: Any):
    """Honouring is measured by what the unit costs, where the seller told it."""
    costs = {sku: {"unit_cost": "2.00"} for sku in ("HP-BLK", "HP-RED")}
    plan, dearer = account(*month, **costs).channels[0].plan, account(*month).channels[0].plan
    assert isinstance(plan, Plan)
    assert isinstance(dearer, Plan)
    assert plan.loss < dearer.loss / 40


def test_an_unknown_normal_price_is_not_guessed(month: Any):
    """Without normal price or costs the orders are undecided, and said to be."""
    (one,) = Account(standing(*month)).channels
    assert len(one.choices.undecided) == 300
    assert any("no known price or cost" in sentence.text("en") for sentence in one.told())


def test_unexplained_cancellations_alone_do_not_leave_the_seller_without_a_plan(month: Any):
    """Where the high reading is over the limit from the start, the plan takes the low one and says so."""
    orders, wrong = month
    usual = ~wrong & (orders["fulfillment_channel"] == "merchant").fillna(False)
    some = orders.assign(order_status=orders["order_status"].mask(usual & (orders.index % 25 == 0), "Cancelled"))
    (one,) = account(some, wrong).channels
    assert one.reading == "low"
    assert isinstance(one.plan, Plan)
    assert any("takes the low reading" in sentence.text("en") for sentence in one.told())


@pytest.mark.parametrize(("unexplained", "reading", "room"), [(1, "high", 1), (2, "high", 0), (3, "low", 2)])
def test_the_plan_leaves_the_high_reading_only_where_it_is_over_already(unexplained: int, reading: str, room: int):
    """Two of 120 and no room for a third is not over 2.5 %; three are."""
    row = {"purchase_date": "2026-11-20T12:00:00Z", "fulfillment_channel": "merchant", "quantity": 1, "sku": "HP-BLK"}
    row |= {"sales_channel": "Amazon.com", "currency": "USD", "item_price": "1.00"}
    states = ["Cancelled"] * unexplained + ["Unshipped"] * (120 - unexplained)
    orders = order_table([{**row, "order_id": str(n), "order_status": state} for n, state in enumerate(states)])
    (one,) = account(orders, pd.Series(orders.index == 50, index=orders.index)).channels
    assert (one.reading, one.windows[0].room()) == (reading, room)


def test_what_was_left_out_by_hand_is_affected_and_not_cancelled(month: Any):
    """Left out means honoured: the rate after does not count it, the scenario of all affected orders does."""
    orders, wrong = month
    kept = wrong & (wrong.cumsum() <= 40)
    (one,) = account(orders, wrong & ~kept, {"left_out": kept}).channels
    assert {name: len(clock.order_ids) for name, clock in one.clocks.items()} == {"none": 0, "chosen": 260, "all": 300}


def test_what_the_rules_let_go_is_in_no_scenario():
    """Handed over, and no mistake as it turned out: it is not among the affected orders that could all be cancelled."""
    case = LooseCase([line(n, sku="CASE" if n == 3 else "HP") for n in (1, 2, 3)])
    case.export()
    case.rule = replace(case.rule, skus=("HP",))
    case.renew(case.lines)
    (one,) = Account(status(case), market=marketplace_of("Amazon.com")).channels
    assert {name: len(clock.order_ids) for name, clock in one.clocks.items()} == {"none": 0, "chosen": 2, "all": 2}


def test_the_steps_are_the_best_plans_of_their_rate(month: Any):
    """From cancelling none to cancelling all; the best under the limit is one of them."""
    (one,) = account(*month).channels
    assert one.plan in one.plans(points=10)


def test_what_a_unit_costs_is_a_sum():
    """Unit cost, shipping and fees, exactly; a SKU without a unit cost is not in it."""
    row = {"unit_cost": "0.1", "shipping": "0.2"}
    assert costs_of({"HP": row, "X": {"fees": "1"}}, "EUR") == {"HP": Money(Decimal("0.3"), "EUR")}
