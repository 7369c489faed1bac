"""The cancel rate: what counts, in which seven days, and what the reports cannot tell."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.account.account import Account
from promofix_lib.account.rate import LIMIT, Rate, over, percent, rate_on, room, seven_days
from promofix_lib.account.risks import late_if_held, offers_at_risk
from promofix_lib.account.seller_orders import SellerOrders, as_date
from promofix_lib.orders import order_table
from tests.seller_month import books, seller_month, standing

ROW: dict[str, Any] = {
    "purchase_date": "2026-11-20T20:00:00Z",
    "sales_channel": "Amazon.com",
    "currency": "USD",
    "fulfillment_channel": "merchant",
    "order_status": "Unshipped",
    "quantity": 1,
}


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of one evening, each its own order unless it says otherwise."""
    return order_table([{**ROW, "order_id": f"111-{n:07d}-0000001", **row} for n, row in enumerate(rows)])


def only(orders: pd.DataFrame, **known: Any) -> SellerOrders:
    """The one sales channel of a table."""
    (book,) = books(orders, **known)
    return book


def rate_of(book: SellerOrders, day: date | None = None, chosen: pd.Series | None = None) -> Rate:
    """The rate of the seven days that end on a day, the last one of the reports by itself."""
    last = book.last if day is None else (day - date(1970, 1, 1)).days
    return rate_on(book, last, False if chosen is None else book.added_by(chosen.to_numpy(dtype=bool)))


def test_two_of_twenty_one_is_9_52_percent():
    """The example that sellers quote: two cancellations among 21 orders."""
    orders = table(*[{}] * 21)
    rate = rate_of(only(orders), chosen=orders.index.to_series() < 2)
    assert (rate.low, rate.high) == (Fraction(2, 21), Fraction(2, 21))
    assert percent(rate.low) == "9.52%"
    assert "9.52% (2 cancelled of 21)" in rate.told().text("en")
    assert "9.52%" in rate.told().text("zh-CN")


@pytest.mark.parametrize(
    ("row", "counted", "unsure", "in_total"),
    [
        ({}, 0, 0, 1),
        ({"order_status": "Cancelled"}, 0, 1, 1),
        ({"order_status": "Shipped", "item_status": "Cancelled"}, 0, 1, 1),
        ({"order_status": "Cancelled", "is_buyer_requested_cancellation": True}, 0, 0, 1),
        ({"order_status": "Cancelled", "is_buyer_requested_cancellation": False}, 0, 1, 1),
        ({"order_status": "Cancelled", "fulfillment_channel": "amazon"}, 0, 0, 0),
        ({"order_status": "Cancelled", "fulfillment_channel": None}, 0, 0, 0),
        ({"is_replacement_order": True}, 0, 0, 0),
        ({"promotion_ids": ["vine.enrollment.1"]}, 0, 0, 0),
        ({"is_replacement_order": True, "order_status": "Cancelled", "quantity": 0}, 0, 0, 0),
        ({"promotion_ids": ["vine.enrollment.1"], "order_status": "Cancelled"}, 0, 0, 0),
        ({"sales_channel": "Non Amazon"}, 0, 0, 0),
    ],
)
def test_what_counts(row: dict[str, Any], counted: int, unsure: int, in_total: int):
    """Seller-fulfilled orders are the total; a cancellation counts unless the buyer asked through Amazon."""
    rate = rate_of(only(table({}, row)))
    assert (len(rate.counted), len(rate.unsure), len(rate.order_ids)) == (counted, unsure, 1 + in_total)


@pytest.mark.parametrize(
    ("row", "adds"),
    [
        ({}, 1),
        ({"order_status": "Pending"}, 1),
        ({"order_status": "Shipped"}, 0),
        ({"order_status": "Cancelled", "is_buyer_requested_cancellation": True}, 0),
        ({"is_buyer_requested_cancellation": True}, 0),
        ({"fulfillment_channel": "amazon"}, 0),
        ({"is_replacement_order": True}, 0),
    ],
)
def test_what_choosing_an_order_adds(row: dict[str, Any], adds: int):
    """Only a seller-fulfilled order the seller can still cancel, unasked by the buyer, adds to the rate."""
    orders = table({}, row)
    rate = rate_of(only(orders), chosen=pd.Series([False, True]))
    assert len(rate.counted) == adds


def test_an_order_with_three_cancelled_items_counts_once():
    """The rate is counted in orders; item-level cancellations are in it."""
    orders = table(*[{"order_id": "A", "order_item_id": str(n)} for n in range(3)], {}, {})
    rate = rate_of(only(orders), chosen=orders["order_id"] == "A")
    assert (rate.counted, len(rate.order_ids)) == (("A",), 3)


def test_who_cancelled_is_not_in_the_report():
    """Unexplained cancellations give a low and a high reading, and the result says why."""
    rate = rate_of(only(table({"order_status": "Cancelled"}, {}, {}, {})))
    assert (rate.low, rate.high) == (Fraction(0), Fraction(1, 4))
    assert "between 0.00% and 25.00%" in rate.told().text("en")
    assert "one more was cancelled and no report says by whom" in rate.told().text("en")
    assert any("No report says who cancelled" in note.text("en") for note in rate.cannot_tell())


def test_how_many_can_be_cancelled_has_two_readings_too():
    """Twelve unexplained cancellations of 540 orders leave room for one more, or for thirteen."""
    orders = table(*[{"order_status": "Cancelled"}] * 12, *[{}] * 528)
    rate = rate_of(only(orders))
    assert rate.room == (1, 13)
    assert "1 (high reading) to 13 (low reading) more orders" in rate.room_told().text("en")


def test_what_no_report_tells_is_always_said():
    """Automatic cancellations for late shipment and wishes sent by message are invisible, and said to be."""
    notes = " ".join(note.text("en") for note in rate_of(only(table({}))).cannot_tell())
    assert "not confirmed in time" in notes
    assert "only by message" in notes


def test_the_sellers_own_record_settles_who_cancelled():
    """An order that the seller knows to have cancelled counts on both readings."""
    orders = table({"order_status": "Cancelled"}, {}, {}, {})
    rate = rate_of(only(orders, by_seller=[orders["order_id"].iloc[0]]))
    assert rate.low == rate.high == Fraction(1, 4)


def test_the_sellers_own_knowledge_of_the_buyers_wish_settles_it_too():
    """An order that the seller knows the buyer cancelled while it was pending does not count on either reading."""
    orders = table({"order_status": "Cancelled"}, {}, {}, {})
    rate = rate_of(only(orders, by_buyer=[orders["order_id"].iloc[0]]))
    assert rate.low == rate.high == 0


def test_a_pending_order_is_in_the_total_of_the_low_reading_only():
    """A pending order may fall away, which makes the total smaller."""
    orders = table({}, {}, {}, {"order_status": "Pending"})
    rate = rate_of(only(orders), chosen=orders.index.to_series() == 0)
    assert (rate.low, rate.high) == (Fraction(1, 4), Fraction(1, 3))
    assert any("1 pending order is in the total" in note.text("en") for note in rate.cannot_tell())
    assert "one of them is pending and may fall away" in rate.told().text("en")


def test_a_day_begins_at_midnight_in_the_marketplace():
    """23:30 on Friday in Los Angeles is Saturday in UTC, and counts as Friday."""
    orders = table({"purchase_date": "2026-11-21T07:30:00Z"}, {"purchase_date": "2026-11-21T08:00:00Z"})
    book = only(orders)
    assert (as_date(book.first), as_date(book.last)) == (date(2026, 11, 20), date(2026, 11, 21))
    assert len(rate_of(book, date(2026, 11, 20)).order_ids) == 1


def test_seven_days_are_seven_calendar_days():
    """The window that ends on the 20th begins on the 14th, both inside."""
    days = [f"2026-11-{day}T20:00:00Z" for day in (13, 14, 20, 21)]
    book = only(table(*[{"purchase_date": at} for at in days]))
    rate = rate_of(book, date(2026, 11, 20))
    assert (rate.first_day, rate.last_day, len(rate.order_ids)) == (date(2026, 11, 14), date(2026, 11, 20), 2)


def test_a_window_longer_than_the_reports_says_so():
    """Seven days of which the reports know five are marked and explained."""
    book = only(table({"purchase_date": "2026-11-16T20:00:00Z"}, {}))
    assert "begin on 2026-11-16" in rate_of(book).cannot_tell()[0].text("en")


def test_one_rate_per_marketplace():
    """An account has one rate per marketplace; what sold outside Amazon has none, nor where Amazon ships everything."""
    mexico = {"sales_channel": "Amazon.com.mx", "currency": "MXN", "fulfillment_channel": "amazon"}
    canada, outside = {"sales_channel": "Amazon.ca", "currency": "CAD"}, {"sales_channel": "Non-Amazon US"}
    orders = table({}, {}, canada, outside, mexico)
    assert [(book.sales_channel, len(book.order_ids)) for book in books(orders)] == [
        ("Amazon.com", 2),
        ("Amazon.ca", 1),
    ]


def test_a_missing_sales_channel_is_told_by_its_currency():
    """A New Orders report without the column: USD is Amazon.com."""
    orders = table({}, {"sales_channel": None}, {"sales_channel": None, "currency": None})
    found = books(orders)
    assert [(book.sales_channel, len(book.order_ids)) for book in found] == [("Amazon.com", 2), ("", 1)]
    assert "Cancel rate in (sales channel not stated)" in rate_of(found[1]).told().text("en")


def test_days_without_an_order_in_one_channel_are_still_covered():
    """A report that spans a month spans it for every sales channel in it, no other; an undated row dates none."""
    early, undated = ({"purchase_date": at, "source_file": "a.txt"} for at in ("2026-11-01T20:00:00Z", None))
    late = {"sales_channel": "Amazon.ca", "currency": "CAD", "source_file": "a.txt"}
    elsewhere = {"purchase_date": "2026-10-01T20:00:00Z", "source_file": "b.txt"}
    (_, canada) = books(table(early, early, late, undated, elsewhere))
    assert as_date(canada.first) == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("orders", "counted", "most"),
    [(400, 0, 9), (1000, 0, 24), (12_001, 0, 300), (12_000, 0, 299), (0, 0, 0), (40, 1, 0)],
)
def test_under_the_limit_means_under(orders: int, counted: int, most: int):
    """2.5 % itself is not under 2.5 %: of 400 orders 9 can be cancelled, not 10."""
    assert max(room(orders, counted), 0) == most


@given(st.integers(0, 20_000), st.integers(0, 300))
def test_the_most_that_can_be_cancelled_is_the_most(orders: int, counted: int):
    """One more order would reach the limit, that many do not."""
    left = room(orders, counted)
    if left >= 0 and orders:
        assert Fraction(counted + left, orders) < LIMIT
    assert Fraction(counted + max(left, -1) + 1, max(orders, 1)) >= LIMIT or orders == 0


def test_no_orders_no_rate():
    """A day without seller-fulfilled orders has no rate, not a rate of zero."""
    assert books(order_table()) == ()
    book = only(table({"purchase_date": "2026-11-01T20:00:00Z"}, {}))
    rate = rate_of(book, date(2026, 11, 15))
    assert (rate.low, rate.high) == (None, None)
    assert "no seller-fulfilled orders" in rate.told().text("en")


def test_a_month_with_one_wrong_night():
    """About 100 orders a day and 300 wrong ones: far over the limit for seven days, then under it again."""
    orders = seller_month(days=45, fba=0.0)
    book = only(orders)
    wrong = orders["promotion_ids"].map(lambda ids: ids is not pd.NA).astype(bool)
    added = book.added_by(wrong.to_numpy())
    counted, of = (seven_days(book.per_day(flags)) for flags in book.read("low", added))
    too_many = np.flatnonzero(over(counted, of)) + book.first
    assert [as_date(day) for day in too_many] == [date(2026, 11, 19) + timedelta(days=n) for n in range(7)]
    (one,) = Account(standing(orders, wrong)).channels
    assert len(one.after.counted) == 300
    assert 0.25 < float(one.after.low or 0) < 0.35


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "order_id": st.sampled_from([f"111-{n:07d}-0000001" for n in range(12)]),
            "purchase_date": st.integers(0, 14 * 24 - 1).map(
                lambda hour: (pd.Timestamp("2026-11-01T00:00Z") + timedelta(hours=hour)).isoformat()
            ),
            "fulfillment_channel": st.sampled_from(["merchant", "merchant", "amazon", None]),
            "order_status": st.sampled_from(["Unshipped", "Pending", "Shipped", "Cancelled"]),
            "is_buyer_requested_cancellation": st.sampled_from([True, False, None]),
            "is_replacement_order": st.sampled_from([False, False, True]),
        }
    ),
    min_size=1,
    max_size=30,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_rate_holds_over_random_tables(rows: list[dict[str, Any]], random: Any):
    """FBA never counts, low is never above high, and every day's numbers have their orders behind them."""
    orders = order_table([{**ROW, **row} for row in rows])
    chosen = pd.Series([random.random() < 0.4 for _ in rows])
    merchant = set(orders.loc[orders["fulfillment_channel"].eq("merchant").fillna(False), "order_id"])
    for book in books(orders):
        added = book.added_by(chosen.to_numpy())
        days = [seven_days(book.per_day(flags)) for name in ("low", "high") for flags in book.read(name, added)]
        for place, day in enumerate(range(book.first, book.last + 1)):
            rate = rate_of(book, as_date(day), chosen)
            assert set(rate.order_ids) <= merchant
            assert {*rate.counted, *rate.unsure, *rate.pending} <= set(rate.order_ids)
            low, high = len(rate.counted), len(rate.counted) + len(rate.unsure)
            orders = len(rate.order_ids)
            assert [int(counts[place]) for counts in days] == [low, orders, high, orders - len(rate.pending)]
            assert rate.high is None or (rate.low or 0) <= rate.high <= 1


def test_two_in_a_row_put_the_offer_at_risk():
    """Amazon may remove an offer after two consecutive cancellations; the order ids of the run are given."""
    orders = table(*[{"sku": "HP", "purchase_date": f"2026-11-20T0{n}:00:00Z"} for n in range(6)], {"sku": "CASE"})
    chosen = orders.index.to_series().isin([1, 2, 3, 5, 6])
    assert offers_at_risk(orders, only(orders), chosen.to_numpy()) == {"HP": tuple(orders["order_id"][1:4])}


def test_the_offers_at_risk_are_named_and_counted():
    """Five SKUs by name, the rest as dots; two orders of a SKU in a row are enough, one is not."""
    orders = table(*[{"sku": f"S{n // 2}"} for n in range(12)], {"sku": "ONE"})
    said = " ".join(Account(standing(orders, orders["sku"].notna())).sentences("en"))
    assert (
        "6 offers would have two cancellations in a row among orders of the last 30 days: S0, S1, S2, S3, S4, …."
        in said
    )


def test_an_offer_that_the_choice_does_not_touch_is_not_named():
    """Unexplained cancellations in a row elsewhere are not this choice's doing; joined to it they are."""
    times = [f"2026-11-20T0{n}:00:00Z" for n in range(5)]
    rows = [{"sku": "HP", "purchase_date": at, "order_status": "Cancelled"} for at in times[:2]]
    rows += [{"sku": "HP", "purchase_date": at} for at in times[2:]]
    orders = table(*rows)
    assert offers_at_risk(orders, only(orders), (orders.index == 4)) == {}
    (run,) = offers_at_risk(orders, only(orders), orders.index == 2).values()
    assert len(run) == 3


def test_an_old_cancellation_does_not_put_an_offer_at_risk():
    """Only orders placed in the last 30 days are looked at."""
    rows = [{"sku": "HP", "purchase_date": f"2026-{day}T20:00:00Z"} for day in ("10-01", "10-02", "11-20")]
    orders = table(*rows)
    assert offers_at_risk(orders, only(orders), np.ones(3, dtype=bool)) == {}
    for day, runs in (("10-21", 0), ("10-22", 1)):
        edge = table({"sku": "HP", "purchase_date": f"2026-{day}T20:00:00Z"}, {"sku": "HP"})
        assert len(offers_at_risk(edge, only(edge), np.ones(2, dtype=bool))) == runs


def test_orders_are_in_a_row_by_their_time():
    """Whatever their ids: between the first and the last of these three another was bought that is not cancelled."""
    times = [f"2026-11-20T0{n}:00:00Z" for n in (3, 1, 2)]
    orders = table(*[{"sku": "HP", "purchase_date": at} for at in times])
    assert offers_at_risk(orders, only(orders), orders.index.to_numpy() < 2) == {}


def test_holding_orders_back_threatens_the_late_shipment_rate():
    """Ten of a hundred unshipped orders held back: 10 %."""
    orders = table(*[{}] * 100)
    chosen, book = orders.index.to_series() < 10, only(orders)
    assert late_if_held(book, book.added_by(chosen.to_numpy()), 10) == Fraction(1, 10)
    assert "10.00% over 10 days" in " ".join(Account(standing(orders, chosen)).sentences("en"))
    assert "10 days" not in " ".join(Account(standing(orders, chosen & False)).sentences("en"))


def test_only_the_last_days_and_what_was_not_cancelled_can_be_late():
    """Of the orders of ten days ten are held back; older ones and cancelled ones are not among them."""
    old, gone = {"purchase_date": "2026-11-01T20:00:00Z"}, {"order_status": "Cancelled", "item_status": "Cancelled"}
    orders = table(*[{}] * 100, *[old] * 50, *[gone] * 20)
    book, held = only(orders), orders.index.to_numpy() < 10
    assert late_if_held(book, book.added_by(held), 10) == Fraction(1, 10)
    assert late_if_held(book, book.added_by(held), 30) == Fraction(1, 15)
    edge = table({}, {"purchase_date": "2026-11-11T20:00:00Z"}, {"purchase_date": "2026-11-10T20:00:00Z"})
    assert only(edge).last == (date(2026, 11, 20) - date(1970, 1, 1)).days
    assert late_if_held(only(edge), np.array([True, False, False]), 10) == Fraction(1, 2)


def test_a_rate_just_under_the_limit_does_not_read_as_the_limit():
    """2.4999 % is not shown as 2.50 %."""
    shown = percent(Fraction(24_999, 1_000_000), LIMIT)
    assert Decimal(shown[:-1]) < Decimal("2.5")
