"""The rate panel in a real JupyterLab: by keyboard, by mouse, in both themes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.lab import Lab
from tests.browser.test_panel import picture, violations

pytestmark = pytest.mark.browser

CELL = """from decimal import Decimal
from types import SimpleNamespace
from promofix_lib.widgets.rate_panel import RatePanel
from tests.seller_month import seller_month
orders = seller_month()
wrong = orders["promotion_ids"].notna()
skus = ("HP-BLK", "HP-RED")
normal = [SimpleNamespace(sku=sku, sales_channel="", currency="USD", price=Decimal("58.99")) for sku in skus]
chosen = wrong & (wrong.cumsum() <= {most})
panel = RatePanel(orders, chosen, affected=wrong, normal_prices=normal, language={language!r})
panel"""


def shown(lab: Lab, page: Any, name: str, language: str = "en", most: int = 300) -> Any:
    """A notebook with the panel, run; gives the panel on the page."""
    lab.write(
        f"{name}.ipynb", CELL.format(language=language, most=most), "print('cancel', len(panel.plan.cancel_orders))"
    )
    lab.open(page, f"{name}.ipynb")
    lab.run_all(page, f"{name}.ipynb")
    panel = page.locator(".pf-rate")
    panel.locator(".pf-frontier circle.pf-here").wait_for(timeout=30_000)
    return panel


def test_the_step_moves_by_keyboard_and_python_knows(jupyterlab: Lab, page: Any):
    """With the arrow keys alone the plan changes, is read out, and is the one the next cell reads."""
    panel = shown(jupyterlab, page, "rate-keyboard")
    slider = panel.get_by_role("slider", name="Orders to cancel, the dearest first")
    first = panel.locator(".pf-plan").inner_text()
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    second = panel.locator(".pf-plan").inner_text()
    assert first != second
    assert second.endswith("That is not under 2.5%.")
    cancelled = second.split()[1]
    assert f"cancel {cancelled}" in slider.get_attribute("aria-valuetext")
    page.locator(".jp-CodeCell").nth(1).click()
    page.keyboard.press("Control+Enter")
    page.get_by_text(f"cancel {cancelled}", exact=True).wait_for(timeout=10_000)


def test_the_step_moves_by_mouse(jupyterlab: Lab, page: Any):
    """A click on the curve goes to the nearest plan; a button goes back to the best one."""
    panel = shown(jupyterlab, page, "rate-mouse")
    first = panel.locator(".pf-plan").inner_text()
    curve = panel.locator("svg.pf-frontier")
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5)
    page.wait_for_timeout(300)
    assert panel.locator(".pf-plan").inner_text() != first
    panel.get_by_role("button", name="Best under 2.5%").click()
    page.wait_for_timeout(300)
    assert panel.locator(".pf-plan").inner_text() == first


@pytest.mark.parametrize(("theme", "language"), [("jupyterlab", "en"), ("dark_lab", "zh-CN")])
def test_it_can_be_seen_and_nothing_runs_over(theme: str, language: str, request: Any, page: Any):
    """In both themes and languages no text of the charts leaves its picture."""
    panel = shown(request.getfixturevalue(theme), page, f"rate-{theme}", language, most=120)
    picture(page, f"rate-{theme}-{language}")
    outside = panel.evaluate(
        "root => [...root.querySelectorAll('svg')].flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {"
        "const a = svg.getBoundingClientRect(), b = text.getBoundingClientRect();"
        "return b.left < a.left - 1 || b.right > a.right + 1 }).map(text => text.textContent))"
    )
    assert outside == []


@pytest.mark.parametrize("theme", ["jupyterlab", "dark_lab"])
def test_no_accessibility_fault_in_either_theme(theme: str, request: Any, page: Any, axe: str):
    """The accessibility checker axe-core finds nothing, with the tables open."""
    panel = shown(request.getfixturevalue(theme), page, f"rate-axe-{theme}")
    for summary in panel.locator("summary").all():
        summary.click()
    assert violations(page, axe) == []
