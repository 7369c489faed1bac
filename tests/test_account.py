"""The case's own answers: its prices, costs and stock, its plan of work."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.account.honour import NoPlan, Plan
from promofix_lib.account.of_case import account_outlook, costs_of, outlook_settings, stock_of, work_of
from promofix_lib.case.settings import Settings
from promofix_lib.errors import CaseError
from promofix_lib.widgets.rate_panel import RatePanel
from tests.panel_case import TableCase, night_of_orders

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)


@pytest.fixture
def case(tmp_path: Path) -> TableCase:
    """A case of 900 order items, a third of them from the wrong night."""
    return TableCase.of(tmp_path / "case", night_of_orders(900))


def test_the_case_knows_its_prices(case: TableCase):
    """The finding's normal prices are what honouring is measured by."""
    (one,) = account_outlook(case)
    assert isinstance(one.plan, Plan | NoPlan)
    assert not one.choices.undecided
    assert {line.basis for order in one.choices.orders for line in order.lines} == {"normal price"}


def test_costs_and_stock_of_the_settings_are_used(case: TableCase):
    """Unit cost, shipping and fees replace the normal price; no stock leaves nothing to honour."""
    case.change_settings(costs={"HP-BT700-BLK": {"unit_cost": "12.00", "shipping": "3.50", "stock": 0}})
    (one,) = account_outlook(case)
    assert {line.basis for order in one.choices.orders for line in order.lines} == {"costs"}
    assert isinstance(one.plan, NoPlan)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"unit_cost": "a lot"}, "unit_cost should be an amount such as 12.50, got 'a lot'"),
        ({"unit_cost": "12", "fees": "-1"}, "fees should be an amount"),
        ({"unit_cost": "NaN"}, "unit_cost should be an amount"),
    ],
)
def test_a_cost_that_is_no_amount_is_an_instruction(row: dict[str, Any], words: str):
    """Which SKU, what was expected, what was found."""
    with pytest.raises(CaseError, match=words):
        costs_of(Settings(costs={"HP": row}), "USD")


@pytest.mark.parametrize("stock", ["some", "1.5", -1])
def test_a_stock_that_is_no_whole_number_is_an_instruction(stock: object):
    """Units are whole and not negative."""
    with pytest.raises(CaseError, match="SKU HP: stock should be a whole number"):
        stock_of(Settings(costs={"HP": {"stock": stock}}))


def test_money_in_the_settings_stays_exact():
    """Text becomes a decimal, never a float."""
    (cost,) = costs_of(Settings(costs={"HP": {"unit_cost": "0.1", "shipping": "0.2"}}), "EUR")
    assert (cost.price, cost.currency) == (Decimal("0.3"), "EUR")


def test_the_plan_of_work_follows_the_settings(case: TableCase):
    """Batches and language are the case's."""
    case.change_settings(batch_size=20, language="zh-CN")
    steps = work_of(case, NOW)
    batches = [step for step in steps if step.key.startswith("cancel_") and step.key != "cancel_trial"]
    assert {len(step.order_ids) for step in batches[:-1]} == {20}
    assert "止损" in steps[0].what


def test_what_the_panel_takes_is_what_the_outlook_takes(case: TableCase):
    """One set of facts for the panel, the summary and the charts."""
    panel = RatePanel(case.orders, case.chosen(), **outlook_settings(case))
    (one,) = account_outlook(case)
    assert panel.outlook is not None
    assert panel.outlook.plan == one.plan
    assert panel.outlook.text() == one.text()


def test_what_was_left_out_by_hand_is_affected_and_not_chosen(case: TableCase):
    """Left out means honoured: it is not cancelled, and has to be shipped."""
    (before,) = account_outlook(case)
    line = before.choices.orders[0].lines[0]
    case.decide("leave_out", [line.key], "kept")
    (after,) = account_outlook(case)
    assert len(after.clocks["chosen"].order_ids) == len(before.clocks["chosen"].order_ids) - 1
    ship = next(step for step in work_of(case, NOW) if step.key == "ship")
    assert ship.order_ids == (before.choices.orders[0].order_id,)
