"""The charts of the rate: what is drawn is what was worked out, and the limit is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from promofix_lib.account.account import Account, Outlook
from promofix_lib.charts.rate import plot_rate
from promofix_lib.charts.style import Picture, look
from promofix_lib.money import NormalPrice
from tests.seller_month import seller_month, standing
from tests.test_cancel_rate import table

PRICES = [NormalPrice(sku, "", "USD", Decimal("58.99")) for sku in ("HP-BLK", "HP-RED")]


@pytest.fixture(scope="module")
def one() -> Outlook:
    """A month with 300 wrong orders, 180 of them left out by hand."""
    orders = seller_month()
    wrong = orders["promotion_ids"].notna()
    kept = wrong & (wrong.cumsum() > 120)
    (found,) = Account(standing(orders, wrong & ~kept, left_out=kept, prices=PRICES)).channels
    return found


def drawn(plot: Callable[..., Axes], what: Any, **given: Any) -> Axes:
    """A chart on its own."""
    with look():
        return plot(what, Figure(figsize=(10, 3.6)).subplots(), **given)


def picture(one: Outlook, **given: Any) -> Picture:
    """The chart as it is shown and kept."""

    def figure() -> Figure:
        made = Figure(figsize=(10, 3.6))
        plot_rate(one, made.subplots(), **given)
        return made

    return Picture("rate", "", figure)


def words(ax: Axes) -> str:
    """Every text on the Axes."""
    texts = [text.get_text() for text in ax.texts]
    return " | ".join([ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel(), *texts])


def test_the_rate_names_limit_zone_and_selections(one: Outlook):
    """Three selections, the limit as a labelled line, days in the named zone."""
    said = words(drawn(plot_rate, one))
    for part in ("Cancel rate, Amazon.com", "Amazon's limit: under 2.5%", "America/Los Angeles", "reports end"):
        assert part in said
    for part in ("as it stands", "cancel the 120 still open", "cancel all 300 affected"):
        assert part in said


def test_the_line_is_the_high_reading(one: Outlook):
    """What is drawn for the last known day is the rate of the orders behind it."""
    ax = drawn(plot_rate, one)
    heights = {round(float(height), 6) for line in ax.lines for height in line.get_ydata() if np.isfinite(height)}
    assert round(float(one.clock.days["likely"].max()) * 100, 6) in heights


def test_a_rate_on_the_chart_reads_as_in_the_sentence():
    """One of 32 is 3.125 %: rounded as on the page and in the letter, not as a float is printed."""
    orders = table(*[{}] * 32)
    account = Account(standing(orders, orders.index.to_series() < 1))
    assert "3.13%" in str(account.channels[0].after.share().text("en"))
    assert "up to 3.13%" in words(drawn(plot_rate, account.channels[0]))


def test_the_way_back_is_marked(one: Outlook):
    """The day on which the rate is under the limit again is on the chart."""
    assert "back under: Thu, Nov 26" in words(drawn(plot_rate, one))


def test_a_rate_that_never_exceeds_has_no_way_back(one: Outlook):
    """Nothing is marked when there is nothing to come back from."""
    assert "back under:" not in words(drawn(plot_rate, replace(one, added=one.added & False)))


def test_the_figure_is_the_same_bytes_each_time(one: Outlook):
    """Evidence is reproducible."""
    assert picture(one).png(dpi=40) == picture(one).png(dpi=40)


def test_the_chart_speaks_chinese(one: Outlook):
    """Every sign has a glyph (a missing one warns)."""
    assert picture(one, language="zh-CN").png(40)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("usual_risk", [0.0, 1.0])
def test_no_label_runs_out_or_lies_on_another(one: Outlook, language: str, usual_risk: float):
    """Also the longest word about the way back."""
    told = replace(one)
    vars(told)["clock"] = replace(one.clock, usual_risk=usual_risk)
    ax = drawn(plot_rate, told, language=language)
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert all(box.x0 >= 0 and box.x1 <= ax.figure.bbox.width for box in boxes)
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_a_name_from_a_report_is_not_mathematics(one: Outlook):
    """A sales channel with dollar signs is drawn as it is."""
    ax = drawn(plot_rate, replace(one, book=replace(one.book, sales_channel="Shop $x^$ €")))
    ax.figure.draw_without_rendering()
    assert "Shop $x^$ €" in ax.get_title(loc="left")
