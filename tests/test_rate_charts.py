"""The charts of the rate: what is drawn is what was worked out, and the limit is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.axes import Axes
from promofix_lib.account.outlook import Outlook, outlook

from promofix_lib.charts.rate import plot_frontier, plot_rate, plot_recovery, rate_figure
from promofix_lib.charts.style import save_chart
from tests.seller_month import seller_month

NORMAL = [
    SimpleNamespace(sku=sku, sales_channel="", currency="USD", price=Decimal("58.99")) for sku in ("HP-BLK", "HP-RED")
]


@pytest.fixture(scope="module")
def one() -> Outlook:
    """A month with 300 wrong orders, 120 of them chosen."""
    orders = seller_month()
    wrong = orders["promotion_ids"].notna()
    chosen = wrong & (wrong.cumsum() <= 120)
    (found,) = outlook(orders, chosen, affected=wrong, normal_prices=NORMAL)
    return found


def words(ax: Axes) -> str:
    """Every text on the Axes."""
    texts = [text.get_text() for text in ax.texts]
    return " | ".join([ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel(), *texts])


def test_the_rate_names_limit_zone_and_selections(one: Outlook):
    """Three selections, the limit as a labelled line, days in the named zone."""
    said = words(plot_rate(one.clocks, sales_channel="Amazon.com"))
    for part in ("Cancel rate, Amazon.com", "Amazon's limit: under 2.5%", "America/Los Angeles", "reports end"):
        assert part in said
    for part in ("cancel none", "cancel the 120 chosen", "cancel all 300 affected"):
        assert part in said


def test_the_line_is_the_high_reading(one: Outlook):
    """What is drawn for the last known day is the rate of the orders behind it."""
    ax = plot_rate({"chosen": one.clocks["chosen"]})
    heights = max(np.nanmax(line.get_ydata()) for line in ax.lines if np.isfinite(line.get_ydata()[3:]).any())
    assert heights == pytest.approx(float(one.clocks["chosen"].days["likely"].max()) * 100)
    assert float(one.after.high or 0) * 100 <= heights


def test_the_way_back_is_marked(one: Outlook):
    """The day on which the rate is under the limit again is on the chart."""
    said = words(plot_recovery(one.clocks["chosen"]))
    assert "back under: Thu 26 Nov" in said
    assert "When the rate is back under 2.5%" in said


def test_a_rate_that_never_exceeds_has_no_way_back(one: Outlook):
    """Nothing is marked when there is nothing to come back from."""
    assert "back under:" not in words(plot_recovery(one.clocks["none"]))


def test_the_frontier_marks_the_best_plan_under_the_limit(one: Outlook):
    """Its orders, its rate and its money are the plan's."""
    plans = one.plans(points=20)
    best = max((plan for plan in plans if plan.rate < Fraction(25, 1000)), key=lambda plan: plan.rate)
    said = words(plot_frontier(plans))
    assert f"best plan under 2.5%: cancel {len(best.cancel_orders)}" in said
    assert f"USD {best.loss:,.2f}" in said
    assert "lost by honouring (USD)" in said


def test_plans_in_two_currencies_are_refused(one: Outlook):
    """Two currencies share no axis."""
    plan = one.plans(points=3)[0]
    with pytest.raises(ValueError, match="all in one currency"):
        plot_frontier([plan, replace(plan, currency="EUR")])
    with pytest.raises(ValueError, match="needs plans"):
        plot_frontier([])


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_figure_is_the_same_bytes_each_time(one: Outlook, language: str, tmp_path: Path):
    """Evidence is reproducible, in both languages, and every sign has a glyph (a missing one warns)."""
    written = []
    for name in ("a", "b"):
        figure = rate_figure(one.clocks, one.plans(points=10), sales_channel="Amazon.com", language=language)
        written.append(save_chart(figure, tmp_path / name)[0].read_bytes())
    assert written[0] == written[1]
    assert written[0].startswith(b"\x89PNG")


def test_labels_stay_inside_the_picture(one: Outlook):
    """No text runs out of the figure to the left or right."""
    figure = rate_figure(one.clocks, one.plans(points=10), sales_channel="Amazon.com")
    figure.draw_without_rendering()
    for ax in figure.axes:
        for text in ax.texts:
            box = text.get_window_extent()
            assert box.x0 >= 0
            assert box.x1 <= figure.bbox.width


def test_a_name_from_a_report_is_not_mathematics(one: Outlook):
    """A sales channel with dollar signs is drawn as it is."""
    figure = rate_figure(one.clocks, sales_channel="Shop $x^$ €")
    figure.draw_without_rendering()
    assert "Shop $x^$ €" in figure.axes[0].get_title(loc="left")
