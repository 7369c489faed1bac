"""The recovery clock: a band from the seller's own days, and one day that is certain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from promofix_lib.account.recovery import Recovery, UsualVolume, recovery, usual_volume
from promofix_lib.account.seller_orders import SellerOrders, as_date
from promofix_lib.orders import order_table
from promofix_lib.rules import rule
from tests.seller_month import books, seller_month


def month(**given: float) -> tuple[pd.DataFrame, pd.Series]:
    """A seller's month, and its wrong orders."""
    orders = seller_month(**{"fba": 0.0, **given})
    return orders, orders["promotion_ids"].notna()


def of(orders: pd.DataFrame) -> SellerOrders:
    """The one sales channel of a table."""
    (book,) = books(orders)
    return book


def usual_of(book: SellerOrders, wrong: pd.Series) -> UsualVolume:
    """The usual volume without these rows."""
    return usual_volume(book, book.added_by(wrong.to_numpy(dtype=bool)))


def clock_of(book: SellerOrders, wrong: pd.Series, **given: Any) -> Recovery:
    """The clock for cancelling these rows."""
    usual = given.pop("usual", None) or usual_of(book, wrong)
    return recovery(book, book.added_by(wrong.to_numpy(dtype=bool)), usual=usual, **given)


def said(clock: Recovery, language: str = "en") -> str:
    """The clock in words."""
    return " ".join(sentence.text(language) for sentence in clock.told())


def test_three_hundred_cancellations_stay_seven_days():
    """The night of the 19th leaves every window on the 26th; no usual volume is enough before."""
    orders, wrong = month()
    book = of(orders)
    clock = clock_of(book, wrong)
    assert clock.risk == 1.0
    assert (clock.earliest, clock.likely, clock.latest) == (date(2026, 11, 26),) * 3
    assert clock.certain == date(2026, 11, 26)
    assert len(clock.order_ids) == 300
    assert "2026-11-26" in said(clock)
    assert "America/Los Angeles" in said(clock)
    assert "2026年11月26日" in said(clock, "zh-CN")


def test_the_band_says_from_which_day_its_seven_days_are_whole():
    """The first whole window ends on the seventh day of the reports; what comes after the reports is not known."""
    orders = month()[0].query("purchase_date > '2026-11-10T12:00:00Z'").reset_index(drop=True)
    book = of(orders)
    days = clock_of(book, orders["promotion_ids"].notna()).days
    whole, known = days.index[days["complete"].to_numpy(bool)], days.index[days["known"].to_numpy(bool)]
    assert (whole[0].date(), known[-1].date()) == (as_date(book.first + 6), as_date(book.last))
    assert not days["complete"].iloc[0]


def test_a_few_cancellations_are_never_over():
    """Ten of about 800 orders stay under 2.5 %."""
    orders, wrong = month()
    book = of(orders)
    clock = clock_of(book, wrong & (wrong.cumsum() <= 5), usual=usual_of(book, wrong))
    assert clock.risk < 0.1
    assert said(clock) == "These cancellations keep the rate under 2.5% in at least nine of ten futures."


def test_near_the_limit_the_answer_is_a_band():
    """When more orders can bring the rate down in time, the days differ from future to future."""
    orders, wrong = month(wrong=20)
    book = of(orders)
    clock = clock_of(book, wrong, limit=Fraction(27, 1000))
    assert clock.risk > 0.5
    assert clock.earliest is not None
    assert clock.latest is not None
    assert clock.earliest < clock.latest


def test_the_clock_is_the_same_every_time():
    """Seeded: the same reports give the same clock."""
    orders, wrong = month(wrong=30)
    book = of(orders)
    first, second = clock_of(book, wrong), clock_of(book, wrong)
    pd.testing.assert_frame_equal(first.days, second.days)


def test_days_in_the_reports_are_known_and_have_no_band():
    """Up to the last day of the reports the readings differ only by what nobody can know."""
    orders, wrong = month()
    orders = orders[orders["order_status"] != "Cancelled"].reset_index(drop=True)
    wrong = orders["promotion_ids"].notna()
    book = of(orders)
    days = clock_of(book, wrong).days
    known = days[days["known"]]
    assert known.index[-1].date() == as_date(book.last)
    assert np.allclose(known["likely"], known["high"])
    assert (days.loc[~days["known"], "low"] <= days.loc[~days["known"], "high"]).all()


def test_usual_days_are_whole_days_without_the_wrong_orders():
    """The first and the last day may be cut short and teach nothing; the wrong night teaches nothing either."""
    orders, wrong = month(days=12, wrong=0)
    book = of(orders)
    usual = usual_of(book, wrong)
    assert len(usual.days) == 10
    assert 80 < usual.orders.mean() < 140
    orders, wrong = month()
    book = of(orders)
    assert usual_of(book, wrong).orders.max() < 200


def test_without_a_whole_day_no_coming_orders_are_counted_on():
    """A report of one night knows no usual volume, and the clock says so."""
    row = {"purchase_date": "2026-11-20T20:00:00Z", "sales_channel": "Amazon.com", "fulfillment_channel": "merchant"}
    orders = order_table([{**row, "order_id": str(n), "quantity": 1} for n in range(10)])
    book = of(orders)
    clock = clock_of(book, pd.Series(True, index=orders.index))
    assert not clock.volume_known
    assert clock.likely == clock.certain == date(2026, 11, 27)
    assert "no new orders are counted on" in said(clock)


def test_what_comes_after_the_last_chosen_order_is_not_its_doing():
    """When usual unexplained cancellations alone are over the limit, the clock ends on the clear day and says so."""
    orders, wrong = month()
    book = of(orders)
    days = np.arange(book.last - 28, book.last)
    usual = UsualVolume(days, np.full(28, 100), np.full(28, 5), book.last)
    clock = clock_of(book, wrong, usual=usual)
    assert (clock.earliest, clock.latest) == (date(2026, 11, 26),) * 2
    assert clock.usual_risk == 1.0
    assert "alone could bring it over (high reading, 100 of 100 futures)" in said(clock)


def test_nothing_chosen_has_no_clock():
    """Without a chosen order there is nothing to wait for."""
    orders, wrong = month()
    book = of(orders)
    clock = clock_of(book, wrong & False)
    assert (clock.earliest, clock.likely, clock.latest, clock.certain) == (None,) * 4
    assert clock.told() == ()


@pytest.mark.parametrize("weekend", [1.0, 2.0])
def test_eight_of_ten_are_eight_of_ten(weekend: float):
    """The band for the coming seven days holds about 80 % of what then came, with and without a weekly pattern."""
    random = np.random.default_rng(11)
    last, hits = 20_777, 0
    for _ in range(300):
        days = np.arange(last - 42, last + 8)
        volume = random.poisson(np.where((days + 3) % 7 >= 5, 100 * weekend, 100))
        past = UsualVolume(days[:43], volume[:43], np.zeros(43, dtype=np.int64), last)
        sums = past.futures(7, 400)[0].sum(axis=1)
        low, high = np.quantile(sums, [0.1, 0.9])
        hits += low <= volume[43:].sum() <= high
    assert 0.68 <= hits / 300 <= 0.92


def test_at_least_is_what_nine_of_ten_futures_bring():
    """Sums over 1, 2, … 6 days rise, and stay below the average."""
    orders, wrong = month()
    book = of(orders)
    usual = usual_of(book, wrong)
    sums = usual.at_least()
    assert list(sums) == sorted(sums)
    assert len(sums) == 6
    assert sums[-1] < 6 * 1.1 * usual.orders.mean()


def test_a_clock_long_after_the_report_is_still_counted_from_the_orders():
    """The windows are counted from the order dates, so the clear day does not depend on when it is asked."""
    orders, wrong = month(days=40)
    book = of(orders)
    clock = clock_of(book, wrong)
    assert clock.certain == date(2026, 11, 19) + timedelta(days=7)
    assert clock.days.index[-1].date() == as_date(book.last) + timedelta(days=rule("recovery.days_ahead"))


def test_the_clock_runs_for_what_is_cancelled_already():
    """After all is done nothing more is to be cancelled, and the day on which it is over is still told."""
    orders, wrong = month()
    (book,) = books(orders, by_seller=orders.loc[wrong, "order_id"])
    clock = clock_of(book, wrong)
    assert not book.added_by(wrong.to_numpy()).any()
    assert (clock.likely, clock.certain, len(clock.order_ids)) == (date(2026, 11, 26), date(2026, 11, 26), 300)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (26, "Back under 2.6% on 2026-11-26 (8 of 10 futures: 2026-11-22 to 2026-11-26)"),
        (29, "Back under 2.9% on 2026-11-25 (8 of 10 futures: 2026-11-19 to 2026-11-26)"),
        (30, "stays under 3%; in 44 of 100 futures these orders bring it over, until 2026-11-26 at the latest"),
    ],
)
def test_the_clock_says_how_likely_it_is(limit: int, words: str):
    """A band where the futures differ; a share of them where most stay under the limit."""
    orders, wrong = month(wrong=20)
    assert words in said(clock_of(of(orders), wrong, limit=Fraction(limit, 1000)))


def test_the_chart_ends_some_days_after_the_rate_is_well_again():
    """A week after the reports at least; some days more while the rate is over the limit; never beyond the days."""
    orders, wrong = month()
    clock = clock_of(of(orders), wrong)
    known = clock.days.index[clock.days["known"].to_numpy(dtype=bool)][-1]
    for certain, until in (
        (None, known + timedelta(days=7)),
        (known.date(), known + timedelta(days=7)),
        ((known + timedelta(days=5)).date(), known + timedelta(days=11)),
        (date(2030, 1, 1), clock.days.index[-1]),
    ):
        assert replace(clock, certain=certain).shown_until == until
