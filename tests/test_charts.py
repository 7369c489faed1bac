"""Charts of the incident: right bars, right edges, safe strings, any amount of data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from promofix_lib.charts import colours
from promofix_lib.charts.incident import (
    Night,
    hours_without_orders,
    incident_figure,
    plot_hours,
    plot_night,
    plot_prices,
)
from promofix_lib.charts.style import Picture, look, printable
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


def drawn(plot: Callable[..., Axes], orders: pd.DataFrame, affected: pd.Series, **given: Any) -> Axes:
    with look():
        ax = Figure(figsize=(10, 3.6)).subplots()
        return plot(Night(orders, affected, LA, **given), ax)


def picture(orders: pd.DataFrame, affected: pd.Series, title: str = "", **given: Any) -> Picture:
    night = Night(orders, affected, LA, **given)
    return Picture("night", title, lambda: incident_figure(night, title=title))


def bars(ax: object) -> list[np.ndarray]:
    return [patch.get_data().values for patch in ax.patches if isinstance(patch, StepPatch)]


def test_affected_and_other_orders_add_up():
    """Orange and grey together are every order, hour by hour."""
    orders = orders_every(timedelta(minutes=20), 72)
    affected = pd.Series([30 <= n < 60 for n in range(72)])
    total, hit = bars(drawn(plot_hours, orders, affected))
    assert (total.sum(), hit.sum()) == (72, 30)
    assert (hit <= total).all()


def test_the_hour_that_comes_twice_is_drawn_twice():
    """On the night the clocks go back the day has 25 bars."""
    orders = orders_every(timedelta(hours=1), 25, start="2026-11-01T07:00:00+00:00")
    assert len(bars(drawn(plot_hours, orders, orders["sku"].isna()))[0]) == 25


def test_first_and_last_are_marked_to_the_minute():
    """In the marketplace's zone, which is named."""
    orders = orders_every(timedelta(minutes=17), 40, start="2026-11-20T05:21:00+00:00")
    affected = pd.Series([n < 20 for n in range(40)])
    ax = drawn(plot_night, orders, affected)
    texts = [text.get_text() for text in ax.texts]
    assert "first 2026-11-19 21:21" in texts
    assert "last 2026-11-20 02:44" in texts
    assert "America/Los Angeles" in ax.get_xlabel()
    window = mdates.date2num([datetime(2026, 11, 20, 5, 21, tzinfo=UTC), datetime(2026, 11, 20, 10, 44, tzinfo=UTC)])
    assert [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1] == list(window)


def test_a_year_is_drawn_by_day():
    """8,760 hours would be a hedge; 365 days are a chart."""
    orders = orders_every(timedelta(hours=3), 8 * 365)
    ax = drawn(plot_hours, orders, orders["sku"].isna())
    assert ax.get_title(loc="left") == "Orders per day"
    assert len(bars(ax)[0]) <= 367


def test_two_currencies_have_no_common_axis():
    """Only the currency of most affected orders is drawn."""
    orders = pd.concat([orders_every(timedelta(hours=1), 4), orders_every(timedelta(hours=1), 2, currency="JPY")])
    orders = orders.reset_index(drop=True)
    ax = drawn(plot_prices, orders, pd.Series([True] * 6))
    assert ax.get_title(loc="left") == "Affected orders paid 58.99 USD a unit"
    assert sum(len(points.get_offsets()) for points in ax.collections if len(points.get_offsets()) > 1) == 4


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_and_one_order_can_be_drawn(number: int):
    """No error on an empty table, with and without an affected order."""
    orders = orders_every(timedelta(hours=1), number)
    for affected in (orders["sku"].notna(), orders["sku"].isna()):
        assert picture(orders, affected).png(dpi=40).startswith(b"\x89PNG")


def test_orders_without_a_price_are_said_not_drawn():
    """Pending orders have no price yet: not zero."""
    orders = orders_every(timedelta(hours=1), 3, item_price=None)
    ax = drawn(plot_prices, orders, orders["sku"].notna())
    assert [text.get_text() for text in ax.texts] == ["no order has a price yet"]


@pytest.mark.parametrize("title", ["$x_{1}$ 100 % off", r"\frac{", "促销 一折", "\x00\x1b[31m", "x" * 500])
def test_strings_of_reports_are_drawn_as_they_are(title: str):
    """A promotion id is not mathematics, and a sign without a glyph is no warning."""
    orders = orders_every(timedelta(hours=1), 3)
    causes, numbers = {1: title, 2: title}, pd.Series([1, 2, 2])
    shown = picture(orders, orders["sku"].notna(), title, numbers=numbers, causes=causes)
    assert shown.png().startswith(b"\x89PNG")
    assert printable("\x00a") == "□a"


def test_the_same_chart_is_the_same_file():
    """A picture drawn twice is equal byte for byte."""
    orders = orders_every(timedelta(minutes=30), 50)
    affected = pd.Series([n > 40 for n in range(50)])
    assert picture(orders, affected).png(dpi=40) == picture(orders, affected).png(dpi=40)


def test_every_incident_has_its_night_and_its_mark():
    """Two incidents: a number over each window, a night of its own, its own points among the prices."""
    orders = orders_every(timedelta(minutes=30), 200)
    numbers = pd.Series([1 if 20 <= n < 40 else 2 if 120 <= n < 150 else 0 for n in range(200)])
    night = Night(orders, numbers > 0, LA, numbers=numbers, causes={1: "CODE-A", 2: "CODE-B"})
    with look():
        figure = incident_figure(night)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[1:3] == [
        "Incident 1: 20 orders in 9 h 30 min · CODE-A",
        "Incident 2: 30 orders in 14 h 30 min · CODE-B",
    ]
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "2"]
    labels = figure.axes[-1].get_legend_handles_labels()[1]
    assert labels == ["other orders", "affected, incident 1", "affected, incident 2"]


@pytest.mark.parametrize(("language", "title"), [("en", "20 orders in 57 min"), ("zh-CN", "57 分钟内 20 个订单")])
def test_a_night_of_less_than_an_hour_is_told_in_minutes(language: str, title: str):
    """No hours where there are none."""
    orders = orders_every(timedelta(minutes=3), 40)
    ax = drawn(plot_night, orders, pd.Series([10 <= n < 30 for n in range(40)]), language=language)
    assert ax.get_title(loc="left") in (title, "20 orders in 57 min")


@pytest.mark.parametrize("several", [False, True])
def test_what_was_put_in_by_hand_is_of_no_incident(several: bool):
    """It has a colour and a name of its own: neither the incident's count nor its first and last order are its."""
    orders = orders_every(timedelta(minutes=30), 200)
    numbers = pd.Series([1 if 20 <= n < 40 else 2 if several and 120 <= n < 150 else 0 for n in range(200)])
    by_hand = pd.Series([n in (3, 190) for n in range(200)])
    night = Night(orders, (numbers > 0) | by_hand, LA, numbers=numbers, causes={1: "CODE-A", 2: "CODE-B"})
    with look():
        figure = incident_figure(night)
    assert "20 orders in 9 h 30 min" in figure.axes[1].get_title(loc="left")
    assert len(figure.axes) == 3 + several
    assert [text.get_text() for text in figure.axes[0].texts] == (["1", "2"] if several else [])
    assert figure.axes[-1].get_legend_handles_labels()[1][-1] == "put in by hand"


def test_marks_of_incidents_hours_apart_do_not_overlap():
    """In a month two windows five hours apart share one mark; a third a week later has its own."""
    orders = orders_every(timedelta(hours=1), 30 * 24)
    numbers = pd.Series([{300: 2, 305: 1, 480: 3}.get(n, 0) for n in range(30 * 24)])
    ax = drawn(plot_hours, orders, numbers > 0, numbers=numbers)
    assert [text.get_text() for text in ax.texts] == ["2, 1", "3"]
    assert not ax.get_legend().get_window_extent().overlaps(ax._left_title.get_window_extent())


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("plot", [plot_hours, plot_prices])
def test_the_names_of_nine_incidents_stand_in_one_line(plot: Any, language: str):
    """From the second on by their number: the line ends inside the chart and leaves the title alone."""
    orders = orders_every(timedelta(hours=1), 30 * 24)
    numbers = pd.Series([n // 72 if n % 72 < 3 else 0 for n in range(30 * 24)])
    ax = drawn(plot, orders, numbers > 0, numbers=numbers, language=language)
    shown = ax.get_legend()
    assert [text.get_text() for text in shown.get_texts()][2:10] == [str(number) for number in range(2, 10)]
    assert shown.get_window_extent().x0 > 0
    assert not shown.get_window_extent().overlaps(ax._left_title.get_window_extent())


def test_the_chart_speaks_chinese_where_the_machine_can():
    """Days and labels; every sign has a glyph (a missing one warns)."""
    orders = orders_every(timedelta(hours=1), 30)
    ax = drawn(plot_hours, orders, orders["sku"].isna(), language="zh-CN")
    assert ax.get_title(loc="left") in ("每小时订单数", "Orders per hour")
    assert picture(orders, orders["sku"].notna(), language="zh-CN").png(dpi=40)


def test_the_picture_follows_the_theme():
    """One image; where JupyterLab is dark, light and dark change places and the hues stay."""
    page = Picture("night", "three orders", lambda: Figure(figsize=(1, 1)))._repr_html_()
    assert page.count("<img") == 1
    assert "invert(0.93) hue-rotate(180deg)" in page
    assert 'body[data-jp-theme-light="false"] .promofix-picture' in page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_is_drawn_can_be_seen_in_both_themes(dark: bool):
    """WCAG 2.1: text against the page 4.5 to 1, what shows the data 3 to 1 (a share of it beside a line: less)."""

    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        if dark:
            # Filter Effects 1, 8.4: hue-rotate(180deg) takes each part to twice the luma less itself
            parts = [0.93 - 0.86 * part for part in parts]
            luma = sum(share * part for share, part in zip((0.213, 0.715, 0.072), parts, strict=True))
            parts = [min(max(2 * luma - part, 0), 1) for part in parts]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(colour: str) -> float:
        low, high = sorted([light(colour), light(colours.GROUND)])
        return (high + 0.05) / (low + 0.05)

    assert min(map(contrast, (colours.INK, colours.FAINT, colours.GOOD_TEXT, colours.USUAL))) > 4.5
    assert min(map(contrast, (*colours.INCIDENTS[:3], colours.GOOD))) > 3
    assert min(map(contrast, (*colours.INCIDENTS, colours.OTHERS))) > 2


def test_silence_after_the_flood_is_measured():
    """To the next order of the same SKU at any price, or to the end of the report."""
    orders = orders_every(timedelta(hours=2), 5)
    assert hours_without_orders(orders, pd.Series([True, False, False, False, False])) == 2.0
    assert hours_without_orders(orders, pd.Series([False] * 5)) == 0.0


def test_a_picture_says_in_words_what_it_shows():
    """For screen readers, escaped; without anything to draw there are only the words."""
    shown = Picture("night", '3 orders of "<HP>"', lambda: Figure(figsize=(1, 1)))
    assert shown._repr_html_().count('alt="3 orders of &quot;&lt;HP&gt;&quot;"') == 1
    assert Picture("night", "nothing < yet")._repr_html_() == "<p>nothing &lt; yet</p>"
    with pytest.raises(ValueError, match="nothing to draw"):
        Picture("night", "nothing").png()
