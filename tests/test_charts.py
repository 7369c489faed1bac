"""Charts of the incident: right bars, right edges, safe strings, any amount of data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import StepPatch

from promofix_lib.charts.hours import (
    hours_without_orders,
    incident_figure,
    plot_night,
    plot_orders_by_hour,
    plot_unit_prices,
)
from promofix_lib.charts.picture import Picture
from promofix_lib.charts.style import printable, save_chart
from promofix_lib.orders import order_table

LA = ZoneInfo("America/Los_Angeles")


def orders_every(
    step: timedelta, number: int, start: str = "2026-11-01T07:00:00+00:00", **cells: object
) -> pd.DataFrame:
    first = datetime.fromisoformat(start)
    row = {"sku": "HP", "currency": "USD", "item_price": "58.99", "quantity": 1} | cells
    return order_table(
        [row | {"order_id": str(n), "purchase_date": (first + n * step).isoformat()} for n in range(number)]
    )


def bars(ax: object) -> list[np.ndarray]:
    return [patch.get_data().values for patch in ax.patches if isinstance(patch, StepPatch)]


def test_affected_and_other_orders_add_up():
    """Orange and grey together are every order, hour by hour."""
    orders = orders_every(timedelta(minutes=20), 72)
    affected = pd.Series([30 <= n < 60 for n in range(72)])
    total, hit = bars(plot_orders_by_hour(orders, affected, LA))
    assert (total.sum(), hit.sum()) == (72, 30)
    assert (hit <= total).all()


def test_the_hour_that_comes_twice_is_drawn_twice():
    """On the night the clocks go back the day has 25 bars."""
    orders = orders_every(timedelta(hours=1), 25, start="2026-11-01T07:00:00+00:00")
    assert len(bars(plot_orders_by_hour(orders, orders["sku"].isna(), LA))[0]) == 25


def test_first_and_last_are_marked_to_the_minute():
    """In the marketplace's zone, which is named."""
    orders = orders_every(timedelta(minutes=17), 40, start="2026-11-20T05:21:00+00:00")
    affected = pd.Series([n < 20 for n in range(40)])
    ax = plot_night(orders, affected, LA)
    texts = [text.get_text() for text in ax.texts]
    assert "first Thu 19 Nov 21:21" in texts
    assert "last Fri 20 Nov 02:44" in texts
    assert "America/Los Angeles" in ax.get_xlabel()
    window = mdates.date2num([datetime(2026, 11, 20, 5, 21, tzinfo=UTC), datetime(2026, 11, 20, 10, 44, tzinfo=UTC)])
    assert [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1] == list(window)


def test_a_year_is_drawn_by_day():
    """8,760 hours would be a hedge; 365 days are a chart."""
    orders = orders_every(timedelta(hours=3), 8 * 365)
    ax = plot_orders_by_hour(orders, orders["sku"].isna(), LA)
    assert ax.get_title(loc="left") == "Orders per day"
    assert len(bars(ax)[0]) <= 367


def test_two_currencies_have_no_common_axis():
    """Only the currency of most affected orders is drawn."""
    orders = pd.concat([orders_every(timedelta(hours=1), 4), orders_every(timedelta(hours=1), 2, currency="JPY")])
    orders = orders.reset_index(drop=True)
    ax = plot_unit_prices(orders, pd.Series([True] * 6), LA)
    assert ax.get_title(loc="left") == "Paid per unit (USD)"
    assert sum(len(points.get_offsets()) for points in ax.collections if len(points.get_offsets()) > 1) == 4


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_and_one_order_can_be_drawn(number: int):
    """No error on an empty table, with and without an affected order."""
    orders = orders_every(timedelta(hours=1), number)
    for affected in (orders["sku"].notna(), orders["sku"].isna()):
        incident_figure(orders, affected, LA).savefig(Path("/dev/null") if Path("/dev/null").exists() else Path("nul"))


def test_orders_without_a_price_are_said_not_drawn():
    """Pending orders have no price yet: not zero."""
    orders = orders_every(timedelta(hours=1), 3, item_price=None)
    ax = plot_unit_prices(orders, orders["sku"].notna(), LA)
    assert [text.get_text() for text in ax.texts] == ["no order has a price yet"]


@pytest.mark.parametrize("title", ["$x_{1}$ 100 % off", r"\frac{", "促销 一折", "\x00\x1b[31m", "x" * 500])
def test_strings_of_reports_are_drawn_as_they_are(title: str, tmp_path: Path):
    """A promotion id is not mathematics, and a sign without a glyph is no warning."""
    orders = orders_every(timedelta(hours=1), 3)
    png, svg = save_chart(incident_figure(orders, orders["sku"].notna(), LA, title=title), tmp_path / "chart")
    assert png.stat().st_size > 10_000
    assert svg.read_text(encoding="utf-8").startswith("<?xml")
    assert printable("\x00a") == "□a"


def test_the_same_chart_is_the_same_file(tmp_path: Path):
    """A picture drawn twice is equal byte for byte."""
    orders = orders_every(timedelta(minutes=30), 50)
    affected = pd.Series([n > 40 for n in range(50)])
    one = save_chart(incident_figure(orders, affected, LA), tmp_path / "one")
    two = save_chart(incident_figure(orders, affected, LA), tmp_path / "two")
    assert one[0].read_bytes() == two[0].read_bytes()


def test_silence_after_the_flood_is_measured():
    """To the next order of the same SKU at any price, or to the end of the report."""
    orders = orders_every(timedelta(hours=2), 5)
    assert hours_without_orders(orders, pd.Series([True, False, False, False, False])) == 2.0
    assert hours_without_orders(orders, pd.Series([False] * 5)) == 0.0


def test_a_picture_says_in_words_what_it_shows():
    """For screen readers, escaped."""
    orders = orders_every(timedelta(hours=1), 3)
    picture = Picture(incident_figure(orders, orders["sku"].notna(), LA), '3 orders of "<HP>"')
    assert 'alt="3 orders of &quot;&lt;HP&gt;&quot;"' in picture._repr_html_()
