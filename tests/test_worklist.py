"""The plan of work: order, deadlines, batches and the orders behind each step; nothing about what is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from promofix_lib.account.account import Account
from promofix_lib.account.worklist import Step, message_quota, page_of, plan_of_work
from promofix_lib.case.settings import Settings
from promofix_lib.marketplaces import marketplace_of
from promofix_lib.orders import TEXT, order_table
from promofix_lib.places import NOTEBOOKS
from promofix_lib.status.status import status
from tests.seller_month import seller_month, standing
from tests.status_case import LooseCase, line, order_id

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # 3 a.m. in Los Angeles
ZONE = ZoneInfo("America/Los_Angeles")
HOME = marketplace_of("Amazon.com")


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


def steps_of(orders: pd.DataFrame, now: datetime = NOW, batch_orders: int = 0, **known: Any) -> dict[str, Step]:
    """The plan for cancelling every row, by key."""
    status = standing(orders, pd.Series(True, index=orders.index), **known)
    steps = Account(status, Settings(batch_size=batch_orders), HOME).plan_of_work(now)
    assert [step.when for step in steps] == sorted(step.when for step in steps)
    assert len({step.key for step in steps}) == len(steps)
    return {step.key: step for step in steps}


def test_the_work_has_an_order():
    """Bleed, reports, FBA, letter, export, cancel, message, letter, checks, deleting: each before the next."""
    month = seller_month(days=8, a_day=30, wrong=60)
    wrong = month["promotion_ids"].notna() | (month["fulfillment_channel"] == "amazon").fillna(False)
    status = standing(month, wrong, gate_open=False, steps={"cancel": "confirm_end"})
    steps = Account(status, market=HOME).plan_of_work(NOW)
    keys = [step.key for step in steps]
    wanted = ["stop_bleed", "save_reports", "ask_amazon", "letter_before", "hand_over", "cancel_1"]
    wanted += ["message_1", "letter_after", "round_1", "check_rate_1", "purge"]
    places = [keys.index(key) for key in wanted]
    assert places == sorted(places)
    clock = [f"{step.when:%H:%M}" for step in steps if step.key in wanted][:8]
    assert clock == ["03:00", "03:15", "03:30", "04:00", "04:05", "04:15", "04:45", "06:45"]


@pytest.mark.parametrize(
    ("word", "desk"),
    [
        *[("confirm_end", "StartDesk"), ("stop_bleed", "StartDesk"), ("ask_amazon", "SafetyDesk")],
        *[("decide", "ExportButton"), ("hand_over", "ExportButton"), ("upload", "ExportButton")],
        *[
            ("write_buyer", "WordingDesk"),
            ("settle_conflict", "ReturnsDesk"),
            ("letter_before", "LetterDesk"),
            ("save_reports", "ReportChooser"),
        ],
    ],
)
def test_a_step_leads_to_the_page_on_which_it_is_done(word: str, desk: str):
    """Whoever asks (the order of work, the head of a page), the notebook has the desk for it."""
    page = next(NOTEBOOKS.glob(f"{page_of(word)}_*.ipynb")).read_text(encoding="utf-8")
    assert f"{desk}(" in page


@pytest.mark.parametrize(("batch", "sizes"), [(0, [50]), (20, [20, 20, 10]), (25, [25, 25]), (50, [50])])
def test_a_step_of_cancelling_is_a_file_of_the_export(batch: int, sizes: list[int]):
    """As many orders at once as the case says, none twice and none forgotten; the first of several is the trial."""
    orders = night(50)
    found = {key: step for key, step in steps_of(orders, batch_orders=batch).items() if key.startswith("cancel")}
    assert [len(step.order_ids) for step in found.values()] == sizes
    names = ["cancel_trial", "cancel_2", "cancel_3"] if len(sizes) > 1 else ["cancel_1"]
    assert [*found] == names[: len(sizes)]
    assert [name for step in found.values() for name in step.order_ids] == orders["order_id"].tolist()


def test_what_buyers_asked_to_cancel_has_a_step_of_its_own():
    """It stands in a file of its own, which somebody has to upload."""
    orders = night(3, is_buyer_requested_cancellation=True)
    steps = steps_of(orders, steps={"buyer_asked": "upload"})
    assert steps["cancel_wished"].order_ids == ("O0", "O1", "O2")
    assert "letter_before" not in steps
    assert "cancel_again" in steps_of(orders, steps={"buyer_asked": "upload_again"})
    assert "stop_bleed" in steps_of(orders, steps={"buyer_asked": "confirm_end"}, gate_open=False)


def test_a_deadline_decides_what_comes_first():
    """What ships in five hours is in the first batch and says so; what ships within the hour is done at once."""
    due = {"O7": NOW + timedelta(hours=5), "O3": NOW + timedelta(hours=9)}
    steps = steps_of(night(12), ship_by=due)
    assert steps["cancel_1"].order_ids[:2] == ("O7", "O3")
    assert steps["cancel_1"].urgent is not None
    assert steps["cancel_1"].urgent.text("en") == "ships in 5 h"
    hurry = steps_of(night(12), ship_by={"O7": NOW + timedelta(minutes=40)}, gate_open=False)
    assert list(hurry)[:3] == ["stop_bleed", "save_reports", "cancel_1"]
    assert hurry["cancel_1"].when == NOW
    assert hurry["save_reports"].when == NOW
    assert hurry["letter_before"].when > NOW


@pytest.mark.parametrize(("hours", "words"), [(47.9, "ships in 47 h"), (48, "ships by 2026-11-22 03:00")])
def test_a_deadline_is_told_in_hours_for_two_days(hours: float, words: str):
    """Further away it is told by its date."""
    step = steps_of(night(2), ship_by={"O1": NOW + timedelta(hours=hours)})["cancel_1"]
    assert step.urgent is not None
    assert step.urgent.text("en") == words


def test_what_should_have_shipped_says_since_when():
    """A deadline that has passed is not told in hours."""
    late = steps_of(night(2), ship_by={"O1": NOW - timedelta(hours=3)})["cancel_1"]
    assert late.urgent is not None
    assert late.urgent.text("en") == "should have shipped by 2026-11-20 00:00"
    assert late.when == NOW


def test_honoured_orders_are_shipped_before_their_deadline():
    """Orders that the seller honours get a step of their own, early enough."""
    orders, out = night(3), pd.Series([False, True, True])
    status = standing(orders, ~out, left_out=out, ship_by={"O2": NOW + timedelta(hours=5)})
    ship = next(step for step in Account(status, market=HOME).plan_of_work(NOW) if step.key == "ship")
    assert ship.order_ids == ("O2", "O1")
    assert ship.when == NOW + timedelta(hours=4)
    assert ship.what.text("en") == "Ship the 2 orders that you honour."


def test_nothing_is_said_of_what_there_is_not():
    """No order is honoured: nobody is told to ship. All is done: no bleed, no batch, no report to save."""
    orders = night(9)
    assert "ship" not in steps_of(orders)
    done = set(steps_of(orders, known_cancelled=orders["order_id"]))
    assert {key.rstrip("_0123456789") for key in done} == {"letter_after", "check_rate", "purge"}


def test_reports_that_are_there_need_not_be_saved():
    """Only for orders whose buyer no report names is a report to be saved, and they are counted."""
    names, mails = pd.Series(["Ada", None, None], dtype=TEXT), pd.Series([None, "b@example.com", None], dtype=TEXT)
    step = steps_of(night(3).assign(buyer_name=names, buyer_email=mails))["save_reports"]
    assert step.order_ids == ("O2",)
    assert step.what.text("en").endswith("do not name the buyer of one order that is to be cancelled.")
    assert "save_reports" not in steps_of(night(3, buyer_name="Ada"))


def test_an_open_gate_needs_no_bleeding_stopped():
    """The seller has said that it ended; where it still sells, that comes first, with the orders."""
    assert "stop_bleed" not in steps_of(night(3))
    assert "stop_bleed" in steps_of(night(3), gate_open=False)
    still = steps_of(night(3), after_end=("O1", "O2"))
    assert next(iter(still)) == "still_selling"
    assert still["still_selling"].order_ids == ("O1", "O2")


@pytest.mark.parametrize("hurry", [{}, {"promise_date": NOW + timedelta(minutes=40)}])
def test_what_was_left_out_after_the_export_is_taken_out_of_the_file_before_it_is_uploaded(hurry: dict[str, Any]):
    """The file handed out still holds it: a new export comes before the first batch, and takes the step away.

    However soon another order of that file ships.
    """
    case = LooseCase([line(1, **hurry), line(2), line(3)])
    case.export()
    case.left_out = {f"{order_id(3)}/{3:014d}": "a friend"}
    case.renew(case.lines)
    steps = {step.key: step for step in Account(status(case), market=HOME).plan_of_work(NOW)}
    assert steps["withdraw"].order_ids == (order_id(3),)
    assert steps["withdraw"].when <= steps["cancel_1"].when
    assert str(status(case).told()[0]).startswith("1 order that you left out still stands in the files")
    case.export(folder="E2")
    assert "withdraw" not in {step.key for step in Account(status(case), market=HOME).plan_of_work(NOW)}
    assert status(case).told() == ()


def test_messages_stay_within_the_quota_of_each_day():
    """1,500 messages at a quota of 600 take three mornings."""
    days = [step for key, step in steps_of(night(1500)).items() if key.startswith("message_")]
    assert [len(step.order_ids) for step in days] == [600, 600, 300]
    local = [step.when for step in days]
    assert len({at.date() for at in local}) == 3
    assert all(at.hour == 9 for at in local[1:])


def test_the_quota_is_five_times_the_average_and_600():
    """At about 30 orders a day: about 750 messages; the wrong night does not raise it, the seller's word decides."""
    month = seller_month(days=8, a_day=30, wrong=60)
    status = standing(month, month["promotion_ids"].notna())
    assert 700 < message_quota(status, ZONE) < 850
    assert message_quota(status, ZONE, 20) == 700
    assert message_quota(standing(order_table(), pd.Series([], dtype=bool)), ZONE) == 600


@pytest.mark.parametrize(
    ("row", "key", "there"),
    [
        ({"fulfillment_channel": "amazon"}, "ask_amazon", True),
        ({}, "ask_amazon", False),
        ({}, "cancel_1", True),
        ({"order_status": "Shipped"}, "cancel_1", False),
        ({"order_status": "Shipped"}, "decide", True),
        ({"order_status": "Cancelled"}, "message_1", False),
    ],
)
def test_steps_without_an_order_are_left_out(row: dict[str, Any], key: str, there: bool):
    """Nobody is sent to do what there is nothing to do for."""
    assert (key in steps_of(night(**row))) == there


def test_what_is_to_be_decided_can_wait_until_the_day_after_tomorrow():
    """Shipped orders run away from nobody: nine in the morning, after the work of the night and of the next day."""
    assert steps_of(night(order_status="Shipped"))["decide"].when.isoformat() == "2026-11-22T09:00:00-08:00"


@pytest.mark.parametrize(
    ("next_step", "key"), [("upload_again", "cancel_again"), ("settle_conflict", "settle_conflict")]
)
def test_what_came_back_is_worked_on(next_step: str, key: str):
    """What Amazon refused is uploaded again; what two hands answered differently is settled."""
    steps = steps_of(night(2), steps={"cancel": next_step})
    assert steps[key].order_ids == ("O0", "O1")
    assert "cancel_1" not in steps


def test_the_rate_is_checked_when_the_clock_says():
    """On the day the rate should be under the limit again there is a step, at nine on the seller's clock."""
    month = seller_month(days=8, a_day=30, wrong=60)
    account = Account(standing(month, month["promotion_ids"].notna()), market=HOME)
    now = datetime(2026, 11, 20, 11, tzinfo=UTC)
    checks = [step.when for step in account.plan_of_work(now) if step.key.startswith("check_rate")]
    likely = account.channels[0].clock.likely
    assert likely is None or likely <= now.date() or likely in {at.date() for at in checks}
    assert {at.hour for at in checks} == {9}


@pytest.mark.parametrize(("state", "days"), [("Unshipped", [1, 4, 6]), ("Shipped", [1, 6])])
def test_the_rate_is_not_checked_today_and_once_more_after_cancelling(state: str, days: list[int]):
    """Each coming day of the clock, and four days on where orders are cancelled: Account Health is that late."""
    orders = night(3, order_status=state)
    today = NOW.astimezone(ZONE).date()
    some = {
        "earliest": today,
        "likely": None,
        "latest": today + timedelta(days=1),
        "certain": today + timedelta(days=6),
    }
    every = pd.Series(True, index=orders.index)
    steps = plan_of_work(standing(orders, every), NOW, Settings(), zone=ZONE, clock=SimpleNamespace(**some))  # type: ignore[arg-type]
    checks = [(step.when.date() - today).days for step in steps if step.key.startswith("check_rate")]
    assert checks == days


def test_mornings_stay_mornings_when_the_clocks_change():
    """Nine o'clock after the end of summer time is nine o'clock, 25 hours later."""
    now = datetime(2026, 10, 31, 16, tzinfo=UTC)  # 9:00 PDT, the day before the change
    first = steps_of(night(), now)["look_1"].when
    assert first - now == timedelta(hours=25)
    assert (first.hour, first.tzinfo) == (9, ZONE)


@pytest.mark.parametrize("later", [0, 9, 28])
def test_buyers_data_is_deleted_thirty_days_after_the_newest_order(later: int):
    """One day, whenever the plan is looked at; by then `purge --older-than 30d` takes the case, too."""
    steps = steps_of(night(purchase_date="2026-11-19T20:00:00Z"), NOW + timedelta(days=later))
    assert f"{steps['purge'].when:%m-%d %H:%M}" == "12-20 09:00"


def test_buyers_data_stays_as_long_as_somebody_has_to_be_written_to():
    """A mistake of the summer: what is to be done with its orders comes first."""
    steps = steps_of(night(700, purchase_date="2026-08-01T20:00:00Z"))
    assert steps["purge"].when == steps["message_2"].when > NOW
    assert list(steps).index("purge") > list(steps).index("message_2")


def test_a_time_without_a_zone_is_refused():
    """The plan has times; a clock that nobody knows gives none."""
    with pytest.raises(ValueError, match="has no time zone"):
        steps_of(night(), datetime(2026, 11, 20, 3))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_step_says_what_and_why(language: str):
    """In the language asked for, with no fact missing."""
    for step in steps_of(night(9), gate_open=False, ship_by={"O1": NOW + timedelta(days=4)}).values():
        said = [step.what.text(language), step.why.text(language), step.urgent.text(language) if step.urgent else "-"]
        assert not any("account." in text or "{" in text for text in said)


def test_the_plan_follows_the_case_to_its_end():
    """From the first export to the newer report: what is done disappears, what is left stays with its orders."""
    case = LooseCase([line(n) for n in range(1, 5)], left_out={f"{order_id(4)}/{4:014d}": "a friend"})

    def plan(now: datetime = NOW) -> dict[str, tuple[str, ...]]:
        steps = Account(status(case), market=HOME).plan_of_work(now)
        return {step.key: step.order_ids for step in steps if not step.key.startswith(("look", "check", "purge"))}

    three, four = tuple(order_id(n) for n in (1, 2, 3)), (order_id(4),)
    assert plan()["hand_over"] == plan()["cancel_1"] == three
    case.export()
    assert "hand_over" not in plan()
    case.amazon_said(accepted=[1, 2], refused=[3])
    assert plan()["cancel_again"] == (order_id(3),)
    assert plan()["message_1"] == three
    case.amazon_said(accepted=[3])
    for number in (1, 2, 3):
        case.answered(number, "done", task="message")
    assert plan() == {"ship": four, "letter_after": ()}
    case.renew([*(line(n, order_status="Cancelled") for n in (1, 2, 3)), line(4, order_status="Shipped")])
    assert plan() == plan(NOW + timedelta(days=5)) == {"letter_after": ()}
    assert plan(NOW + timedelta(days=6)) == {}  # the 26th, when no seven days hold one of these orders any more
    (one,) = Account(status(case)).channels
    assert (set(one.before.counted), one.before.low) == (set(three), one.before.high)
