"""The rate panel without a browser: what it shows, what it is asked, what it answers."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from promofix_lib.account.honour import Plan
from promofix_lib.orders import order_table
from promofix_lib.widgets.rate_panel import RatePanel
from tests.seller_month import seller_month

NORMAL = [
    SimpleNamespace(sku=sku, sales_channel="", currency="USD", price=Decimal("58.99")) for sku in ("HP-BLK", "HP-RED")
]


@pytest.fixture(scope="module")
def month() -> tuple[pd.DataFrame, pd.Series]:
    """A seller's month, and its 300 wrong orders."""
    orders = seller_month()
    return orders, orders["promotion_ids"].notna()


def panel_of(month: tuple[pd.DataFrame, pd.Series], **given: Any) -> RatePanel:
    """The panel with every wrong order chosen."""
    return RatePanel(*month, normal_prices=NORMAL, **given)


def ask(panel: RatePanel, **message: Any) -> None:
    """What the page sends."""
    panel._handle_custom_msg({**message, "question": "q"}, [])


def test_it_starts_on_the_best_plan_under_the_limit(month: tuple[pd.DataFrame, pd.Series]):
    """The step on the screen is the plan that loses least under 2.5 %."""
    panel = panel_of(month)
    assert isinstance(panel.plan, Plan)
    assert panel.outlook is not None
    assert panel.plan == panel.outlook.plan
    assert panel.view["plans"][panel.place]["under"]


def test_stepping_changes_the_plan_and_is_answered(month: tuple[pd.DataFrame, pd.Series]):
    """A step further cancels more orders, loses less money and has a higher rate."""
    panel = panel_of(month)
    before = panel.plan
    ask(panel, do="step", place=panel.place + 1)
    assert isinstance(before, Plan)
    assert isinstance(panel.plan, Plan)
    assert len(panel.plan.cancel_orders) > len(before.cancel_orders)
    assert panel.plan.loss < before.loss
    assert panel.answer == "q"


@pytest.mark.parametrize(("asked", "shown"), [(-5, 0), (10_000, -1)])
def test_a_step_beyond_the_ends_stays_at_the_end(month: tuple[pd.DataFrame, pd.Series], asked: int, shown: int):
    """There is nothing before none and nothing after all."""
    panel = panel_of(month)
    ask(panel, do="step", place=asked)
    assert panel.view["plans"][panel.place] == panel.view["plans"][shown]


def test_it_moves_with_the_filters(month: tuple[pd.DataFrame, pd.Series]):
    """Another choice, other figures; the seller's step stays as near as may be."""
    orders, wrong = month
    panel = panel_of(month)
    ask(panel, do="step", place=len(panel.view["plans"]) - 1)
    whole = panel.view["figures"][1]
    panel.update(orders, wrong & (wrong.cumsum() <= 100), affected=wrong)
    assert panel.view["figures"][1] != whole
    assert "100 chosen" in panel.view["figures"][1][0]
    assert panel.place == len(panel.view["plans"]) - 1


def test_what_was_affected_is_remembered(month: tuple[pd.DataFrame, pd.Series]):
    """A new choice without a word on what is affected is compared with what was affected before."""
    orders, wrong = month
    panel = panel_of(month, affected=wrong)
    panel.update(orders, wrong & (wrong.cumsum() <= 100))
    assert [line["name"] for line in panel.view["days"]["lines"]] == ["none", "chosen", "all"]
    assert "300" in panel.view["days"]["lines"][2]["text"]


def test_nothing_chosen_shows_nothing_and_comes_back(month: tuple[pd.DataFrame, pd.Series]):
    """An empty choice is no error; the next choice is shown again."""
    orders, wrong = month
    panel = panel_of(month)
    panel.update(orders, wrong & False)
    assert (panel.view, panel.plan, panel.outlooks) == ({}, None, ())
    assert "Nothing chosen touches a cancel rate" in repr(panel)
    panel.update(orders, wrong)
    assert isinstance(panel.plan, Plan)


def test_everything_shown_is_plain_json(month: tuple[pd.DataFrame, pd.Series]):
    """What goes to the page has no not-a-number in it: a page cannot read it."""
    panel = panel_of(month)
    text = json.dumps([panel.view, panel.words], allow_nan=False)
    assert "Amazon.com" in text


def test_numbers_on_the_screen_are_the_outlooks(month: tuple[pd.DataFrame, pd.Series]):
    """Figures, sentences, warnings and points are those of the outlook, whose orders are known by id."""
    panel = panel_of(month)
    one = panel.outlook
    assert one is not None
    assert panel.view["recovery"] in one.sentences()
    assert panel.view["hints"] == list(one.hints())
    assert panel.view["warnings"] == list(one.warnings)
    assert panel.view["figures"][2][1].startswith(str(one.before.most_cancellable))
    steps = [(plan["cancel"], plan["honour"]) for plan in panel.view["plans"]]
    assert steps == [(len(plan.cancel_orders), len(plan.honour_orders)) for plan in one.plans(points=40)]


def test_a_sales_channel_is_chosen():
    """Each marketplace has its own rate; the seller looks at one at a time."""
    row = {"purchase_date": "2026-11-20T12:00:00Z", "fulfillment_channel": "merchant", "quantity": 1, "sku": "HP"}
    usa = {**row, "sales_channel": "Amazon.com", "currency": "USD", "item_price": "1.00"}
    germany = {**row, "sales_channel": "Amazon.de", "currency": "EUR", "item_price": "1.00"}
    orders = order_table([{**(usa if n % 3 else germany), "order_id": str(n)} for n in range(99)])
    panel = RatePanel(orders, pd.Series(True, index=orders.index))
    assert panel.view["channels"] == ["Amazon.com", "Amazon.de"]
    ask(panel, do="channel", channel="Amazon.de")
    assert panel.view["channel"] == "Amazon.de"
    assert "Europe/Berlin" in panel.view["titles"]["zone"]


def test_the_panel_speaks_chinese(month: tuple[pd.DataFrame, pd.Series]):
    """Figures, sentences and labels in zh-CN."""
    panel = panel_of(month, language="zh-CN")
    assert panel.words["language"] == "zh-CN"
    assert "取消" in panel.view["figures"][0][0]
    assert "取消率" in repr(panel)


def test_another_limit_is_another_plan(month: tuple[pd.DataFrame, pd.Series]):
    """The limit is the seller's choice; the words follow it."""
    panel = panel_of(month, limit=Fraction(1, 10))
    assert isinstance(panel.plan, Plan)
    assert Fraction(5, 100) < panel.plan.rate < Fraction(1, 10)
    assert "10%" in panel.words["limit"]


def test_no_slider_of_ours_is_without_a_name():
    """The page's own range input has a label; nothing is loaded from elsewhere."""
    source = RatePanel._esm if isinstance(RatePanel._esm, str) else str(RatePanel._esm)
    assert 'h("label", { for: slider.id }' in source
    assert "https://" not in source
