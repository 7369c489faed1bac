"""The plan of work: order, times, batches and the orders behind each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from promofix_lib.account.recovery import recovery
from promofix_lib.account.seller_orders import seller_orders
from promofix_lib.account.worklist import Step, message_quota, plan_of_work, worklist_text
from promofix_lib.account.worklist_words import STEPS
from promofix_lib.orders import order_table
from tests.seller_month import seller_month

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # 3 a.m. in Los Angeles
ZONE = ZoneInfo("America/Los_Angeles")


def night(orders: int = 1, **row: Any) -> pd.DataFrame:
    """Affected orders of one night."""
    base = {
        "purchase_date": "2026-11-19T12:00:00Z",
        "fulfillment_channel": "merchant",
        "order_status": "Unshipped",
        "sales_channel": "Amazon.com",
        "quantity": 1,
    }
    return order_table([{**base, "order_id": f"O{n}", **row} for n in range(orders)])


def steps_of(orders: pd.DataFrame, **given: Any) -> dict[str, Step]:
    """The plan for cancelling every row, by key."""
    every = pd.Series(True, index=orders.index)
    return {step.key: step for step in plan_of_work(orders, every, now=NOW, zone=ZONE, **given)}


def test_the_work_has_an_order():
    """Bleed, reports, FBA, letter, cancel, message, letter, deleting: each before the next."""
    month = seller_month()
    wrong = month["promotion_ids"].notna() | (month["fulfillment_channel"] == "amazon").fillna(False)
    clock = recovery(seller_orders(month)[0], wrong)
    steps = plan_of_work(month, wrong, now=NOW, zone=ZONE, clock=clock)
    assert [step.when for step in steps] == sorted(step.when for step in steps)
    keys = [step.key for step in steps]
    wanted = ["stop_bleed", "save_reports", "ask_amazon", "letter_before", "cancel_trial", "cancel_1", "message_1"]
    wanted += ["letter_after", "round_1", "check_rate_1", "purge"]
    places = [keys.index(key) for key in wanted]
    assert places == sorted(places)
    assert len(set(keys)) == len(keys)


def test_every_chosen_order_is_cancelled_in_one_batch_only():
    """A first batch of five, then batches of at most 500, none twice and none forgotten."""
    steps = steps_of(night(1200))
    batches = [step.order_ids for key, step in steps.items() if key.startswith("cancel_")]
    assert [len(batch) for batch in batches] == [5, 500, 500, 195]
    assert [name for batch in batches for name in batch] == [f"O{n}" for n in range(1200)]


def test_messages_stay_within_the_quota_of_each_day():
    """3,500 messages at 20 orders a day (quota 700) take five mornings."""
    steps = steps_of(night(3500))
    days = [step for key, step in steps.items() if key.startswith("message_")]
    assert [len(step.order_ids) for step in days] == [600] * 5 + [500]
    local = [step.when.astimezone(ZONE) for step in days]
    assert len({at.date() for at in local}) == 6
    assert all(at.hour == 9 for at in local[1:])


def test_the_quota_is_five_times_the_average_and_600():
    """At about 100 orders a day: about 1,100 messages; the wrong night does not raise it."""
    month = seller_month()
    quota = message_quota(month, month["promotion_ids"].notna(), ZONE)
    assert 1050 < quota < 1250
    assert message_quota(order_table(), pd.Series([], dtype=bool), ZONE) == 600


@pytest.mark.parametrize(
    ("row", "key", "there"),
    [
        ({"fulfillment_channel": "amazon"}, "ask_amazon", True),
        ({}, "ask_amazon", False),
        ({}, "cancel_trial", True),
        ({"order_status": "Shipped"}, "cancel_trial", False),
        ({"order_status": "Shipped"}, "shipped", True),
        ({"order_status": "Cancelled"}, "message_1", False),
    ],
)
def test_steps_without_an_order_are_left_out(row: dict[str, Any], key: str, there: bool):
    """Nobody is sent to do what there is nothing to do for."""
    assert (key in steps_of(night(**row))) == there


def test_honoured_orders_are_shipped_in_time():
    """Orders that the seller honours get a step of their own, with their ids."""
    orders = night(3)
    chosen = pd.Series([True, False, False])
    steps = plan_of_work(orders, chosen, now=NOW, zone=ZONE, honoured=~chosen)
    assert next(step for step in steps if step.key == "ship").order_ids == ("O1", "O2")


def test_the_rate_is_checked_when_the_clock_says():
    """On the day the rate should be under the limit again there is a step, at nine on the seller's clock."""
    month = seller_month()
    wrong = month["promotion_ids"].notna()
    clock = recovery(seller_orders(month)[0], wrong)
    steps = plan_of_work(month, wrong, now=NOW, zone=ZONE, clock=clock)
    checks = [step.when.astimezone(ZONE) for step in steps if step.key.startswith("check_rate")]
    assert clock.likely in {at.date() for at in checks}
    assert {at.hour for at in checks} == {9}


def test_mornings_stay_mornings_when_the_clocks_change():
    """Nine o'clock after the end of summer time is nine o'clock, 25 hours later."""
    orders, now = night(), datetime(2026, 10, 31, 16, tzinfo=UTC)  # 9:00 PDT, the day before the change
    steps = plan_of_work(orders, pd.Series([True]), now=now, zone=ZONE)
    first = next(step for step in steps if step.key == "round_1")
    assert first.when - now == timedelta(hours=25)


def test_buyers_data_is_deleted_after_thirty_days():
    """The last step is to delete."""
    last = list(steps_of(night()).values())[-1]
    assert (last.key, (last.when.astimezone(ZONE).date() - NOW.astimezone(ZONE).date()).days) == ("purge", 30)


def test_a_time_without_a_zone_is_refused():
    """The plan has times; a clock that nobody knows gives none."""
    with pytest.raises(ValueError, match="has no time zone"):
        plan_of_work(night(), pd.Series([True]), now=datetime(2026, 11, 20, 3), zone=ZONE)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Times in America/Los Angeles"), ("zh-CN", "时间：America/Los Angeles")]
)
def test_the_checklist_names_its_zone_and_what_is_done(language: str, words: str):
    """Plain text, a box per step, ticked when done."""
    steps = list(steps_of(night(9), language=language).values())
    text = worklist_text(steps, ZONE, done=["stop_bleed"], language=language)
    assert text.splitlines()[0] == words
    assert text.count("[x]") == 1
    assert text.count("[ ]") == len(steps) - 1
    assert "O0, O1, O2" in text


def test_every_step_speaks_both_languages():
    """English and Chinese name the same numbers."""
    for key, (english, chinese) in STEPS.items():
        for fact in ("{n}", "{number}", "{zone}"):
            assert (fact in english) == (fact in chinese), key
