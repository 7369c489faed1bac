"""The recovery clock: a band from the seller's own days, and one day that is certain."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from promofix_lib.account.recovery import UsualVolume, recovery, usual_volume
from promofix_lib.account.seller_orders import as_number, seller_orders
from promofix_lib.orders import order_table
from tests.seller_month import seller_month


def month(**given: float) -> tuple[pd.DataFrame, pd.Series]:
    """A seller's month, and its wrong orders."""
    orders = seller_month(**{"fba": 0.0, **given})
    return orders, orders["promotion_ids"].notna()


def test_three_hundred_cancellations_stay_seven_days():
    """The night of the 19th leaves every window on the 26th; no usual volume is enough before."""
    orders, wrong = month()
    (book,) = seller_orders(orders)
    clock = recovery(book, wrong)
    assert clock.risk == 1.0
    assert (clock.earliest, clock.likely, clock.latest) == (date(2026, 11, 26),) * 3
    assert clock.clear_day == date(2026, 11, 26)
    assert len(clock.order_ids) == 300
    assert "Thu 26 Nov 2026" in clock.sentence()
    assert "America/Los Angeles" in clock.sentence()
    assert "2026年11月26日" in clock.sentence("zh-CN")


def test_a_few_cancellations_are_never_over():
    """Ten of about 800 orders stay under 2.5 %."""
    orders, wrong = month()
    (book,) = seller_orders(orders)
    clock = recovery(book, wrong & (wrong.cumsum() <= 5), usual=usual_volume(book, wrong))
    assert clock.risk < 0.1
    assert clock.sentence() == "Cancelling these keeps the rate under 2.5% in at least nine of ten futures."


def test_near_the_limit_the_answer_is_a_band():
    """When more orders can bring the rate down in time, the days differ from future to future."""
    orders, wrong = month(wrong=20)
    (book,) = seller_orders(orders)
    clock = recovery(book, wrong, limit=Fraction(27, 1000))
    assert clock.risk > 0.5
    assert clock.earliest is not None
    assert clock.latest is not None
    assert clock.earliest < clock.latest


def test_the_clock_is_the_same_every_time():
    """Seeded: the same reports give the same clock."""
    orders, wrong = month(wrong=30)
    (book,) = seller_orders(orders)
    first, second = recovery(book, wrong), recovery(book, wrong)
    pd.testing.assert_frame_equal(first.days, second.days)


def test_days_in_the_reports_are_known_and_have_no_band():
    """Up to the last day of the reports the readings differ only by what nobody can know."""
    orders, wrong = month()
    orders = orders[orders["order_status"] != "Cancelled"].reset_index(drop=True)
    wrong = orders["promotion_ids"].notna()
    (book,) = seller_orders(orders)
    days = recovery(book, wrong).days
    known = days[days["known"]]
    assert known.index[-1].date() == book.last_day
    assert np.allclose(known["likely"], known["high"])
    assert (days.loc[~days["known"], "low"] <= days.loc[~days["known"], "high"]).all()


def test_usual_days_are_whole_days_without_the_wrong_orders():
    """The first and the last day may be cut short and teach nothing; the wrong night teaches nothing either."""
    orders, wrong = month(days=12, wrong=0)
    (book,) = seller_orders(orders)
    usual = usual_volume(book, wrong)
    assert len(usual.days) == 10
    assert 80 < usual.average < 140
    orders, wrong = month()
    (book,) = seller_orders(orders)
    assert usual_volume(book, wrong).orders.max() < 200


def test_without_a_whole_day_no_coming_orders_are_counted_on():
    """A report of one night knows no usual volume, and the clock says so."""
    row = {"purchase_date": "2026-11-20T20:00:00Z", "sales_channel": "Amazon.com", "fulfillment_channel": "merchant"}
    orders = order_table([{**row, "order_id": str(n), "quantity": 1} for n in range(10)])
    (book,) = seller_orders(orders)
    clock = recovery(book, pd.Series(True, index=orders.index))
    assert not clock.volume_known
    assert clock.likely == clock.clear_day == date(2026, 11, 27)
    assert "no new orders are counted on" in clock.sentence()


def test_what_comes_after_the_last_chosen_order_is_not_its_doing():
    """When usual unexplained cancellations alone are over the limit, the clock ends on the clear day and says so."""
    last = date(2026, 11, 20)
    days = np.arange(as_number(last) - 28, as_number(last))
    orders, wrong = month()
    (book,) = seller_orders(orders)
    usual = UsualVolume(days, np.full(28, 100), np.full(28, 5), book.last_day)
    clock = recovery(book, wrong, usual=usual)
    assert (clock.earliest, clock.latest) == (date(2026, 11, 26),) * 2
    assert clock.usual_risk == 1.0
    assert "alone could bring it over (high reading, 100 of 100 futures)" in clock.sentence()


def test_nothing_chosen_has_no_clock():
    """Without a chosen order there is nothing to wait for."""
    orders, wrong = month()
    (book,) = seller_orders(orders)
    clock = recovery(book, wrong & False)
    assert (clock.earliest, clock.likely, clock.latest, clock.clear_day) == (None,) * 4


@pytest.mark.parametrize("weekend", [1.0, 2.0])
def test_eight_of_ten_are_eight_of_ten(weekend: float):
    """The band for the coming seven days holds about 80 % of what then came, with and without a weekly pattern."""
    random = np.random.default_rng(11)
    last, hits = as_number(date(2026, 11, 20)), 0
    for _ in range(300):
        days = np.arange(last - 42, last + 8)
        volume = random.poisson(np.where((days + 3) % 7 >= 5, 100 * weekend, 100))
        past = UsualVolume(days[:43], volume[:43], np.zeros(43, dtype=np.int64), date(2026, 11, 20))
        sums = past.paths(7, paths=400)[0].sum(axis=1)
        low, high = np.quantile(sums, [0.1, 0.9])
        hits += low <= volume[43:].sum() <= high
    assert 0.68 <= hits / 300 <= 0.92


def test_at_least_is_what_nine_of_ten_futures_bring():
    """Sums over 1, 2, … 6 days rise, and stay below the average."""
    orders, wrong = month()
    (book,) = seller_orders(orders)
    usual = usual_volume(book, wrong)
    sums = usual.at_least()
    assert list(sums) == sorted(sums)
    assert len(sums) == 6
    assert sums[-1] < 6 * 1.1 * usual.average


def test_a_clock_long_after_the_report_is_still_counted_from_the_orders():
    """The windows are counted from the order dates, so the clear day does not depend on when it is asked."""
    orders, wrong = month(days=40)
    (book,) = seller_orders(orders)
    assert recovery(book, wrong).clear_day == date(2026, 11, 19) + timedelta(days=7)
