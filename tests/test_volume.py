"""Orders per hour and what is usual for the hour."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from promofix_lib.charts.usual import hourly_orders, usual_level
from promofix_lib.orders import order_table


def bought(*times: str) -> pd.DataFrame:
    return order_table([{"order_id": f"O{number}", "purchase_date": time} for number, time in enumerate(times)])


def test_empty_hours_are_zero_and_none_is_left_out():
    """Every hour from the first order to the last one is there."""
    hours = hourly_orders(bought("2026-03-01T00:59:59Z", "2026-03-01T04:00:00Z"), ZoneInfo("UTC"))
    assert hours.tolist() == [1, 0, 0, 0, 1]
    assert (hours.index.to_series().diff().dropna() == pd.Timedelta(hours=1)).all()


def test_an_order_of_three_items_counts_once():
    """Hours count orders, not order items."""
    orders = order_table([{"order_id": "A", "purchase_date": "2026-03-01T00:10:00Z", "sku": sku} for sku in "XYZ"])
    assert hourly_orders(orders, ZoneInfo("UTC")).tolist() == [1]


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-03-29T00:00:00+01:00", "2026-03-29T23:59:00+02:00", 23),
        ("2026-10-25T00:00:00+02:00", "2026-10-25T23:59:00+01:00", 25),
    ],
)
def test_a_day_of_the_clock_change_has_23_or_25_hours(first: str, last: str, hours: int):
    """No order falls into an hour that did not exist, none is counted twice."""
    counts = hourly_orders(bought(first, last), ZoneInfo("Europe/Berlin"))
    assert len(counts) == hours
    assert counts.sum() == 2
    assert counts.index.is_unique


def test_hours_begin_on_the_clock_of_a_half_hour_zone():
    """In India an hour begins at the full hour of the Indian clock."""
    counts = hourly_orders(bought("2026-03-01T00:00:00Z"), ZoneInfo("Asia/Kolkata"))
    assert [f"{hour:%H:%M}" for hour in counts.index] == ["05:00"]


def test_no_orders_no_hours():
    """An empty report has no hours, and no level."""
    hours = hourly_orders(order_table(), ZoneInfo("UTC"))
    assert len(hours) == 0
    assert list(usual_level(hours).columns) == ["level", "low", "high"]


def month(seed: int, rate: float) -> pd.Series:
    index = pd.date_range("2026-03-01", periods=720, freq="h", tz="UTC")
    clock = 1 + 0.8 * np.sin((index.hour - 9) / 24 * 2 * np.pi)
    return pd.Series(np.random.default_rng(seed).poisson(rate * clock), index=index)


@pytest.mark.parametrize("rate", [0.2, 3.0, 40.0])
def test_a_night_of_mistakes_does_not_move_the_level(rate: float):
    """400 orders in each of ten hours move the level by less than leaving that day out of thirty does."""
    hours = month(1, rate)
    flooded = hours.copy()
    flooded.iloc[500:510] += 400
    quiet, loud = usual_level(hours), usual_level(flooded)
    assert np.abs(loud["level"] - quiet["level"]).max() <= 0.25 * rate + 0.05
    assert (flooded.iloc[500:510] > loud["high"].iloc[500:510]).all()


@pytest.mark.parametrize("rate", [3.0, 40.0])
def test_ordinary_hours_lie_in_the_band(rate: float):
    """About 99 of 100 ordinary hours lie inside."""
    hours = month(2, rate)
    usual = usual_level(hours)
    inside = (hours >= usual["low"]) & (hours <= usual["high"])
    assert inside.mean() > 0.96
    assert usual["level"].mean() == pytest.approx(rate, rel=0.1)


def test_affected_orders_can_be_taken_off_first():
    """When the report is nearly all incident, the seller's list of affected orders sets the level right."""
    index = pd.date_range("2026-03-01", periods=24, freq="h", tz="UTC")
    hours, unusual = pd.Series(52, index=index), pd.Series(50, index=index)
    assert usual_level(hours, unusual=unusual)["level"].tolist() == pytest.approx([2.0] * 24)
