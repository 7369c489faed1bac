"""The panel of notebook 3 in a real JupyterLab: by keyboard, in both themes, across a restart."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Lab

pytestmark = pytest.mark.browser

IMPORTS = (
    "from pathlib import Path\n"
    "from promofix_lib.widgets.order_filter import OrderFilter\n"
    "from tests.panel_case import TableCase, night_of_orders"
)


def panel_of(lab: Lab, page: Any, name: str, size: int = 300) -> Any:
    """A notebook with the panel on a fresh case, run; gives the panel on the page."""
    cell = f"case = TableCase.of(Path({name!r}), night_of_orders({size}))\nOrderFilter(case)"
    lab.write(f"{name}.ipynb", IMPORTS, cell)
    lab.open(page, f"{name}.ipynb")
    lab.run_all(page, f"{name}.ipynb")
    panel = page.locator(".promofix")
    panel.locator("tbody tr").first.wait_for(timeout=30_000)
    return panel


def orders_affected(panel: Any) -> int:
    """The large number at the top."""
    return int(panel.locator(".pf-figures dd").first.inner_text().replace(",", ""))


def becomes(panel: Any, number: int) -> None:
    """Wait until that many orders are affected."""
    panel.locator(".pf-figures dd").first.get_by_text(f"{number:,}", exact=True).wait_for(timeout=20_000)


def violations(page: Any, axe: str) -> list[str]:
    """What axe-core finds wrong inside our widgets."""
    page.evaluate(axe)
    page.evaluate(
        "document.querySelectorAll('.promofix, .pf-desk').forEach(node => node.setAttribute('data-ours', ''))"
    )
    found = page.evaluate("axe.run('[data-ours]').then(result => result.violations)")
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def picture(page: Any, name: str) -> None:
    """Keep a screenshot where PROMOFIX_PICTURES says, to be looked at."""
    if folder := os.environ.get("PROMOFIX_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_the_window_moves_by_keyboard(jupyterlab: Lab, page: Any):
    """With the arrow keys alone the first affected hour moves, says its new time, keeps the focus and is saved."""
    panel = panel_of(jupyterlab, page, "keyboard")
    assert orders_affected(panel) == 100
    handle = panel.get_by_role("slider", name="First affected hour")
    assert handle.get_attribute("aria-valuetext").endswith("21:21")
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.getAttribute('aria-valuetext')?.endsWith('22:00')")
    page.wait_for_timeout(1000)
    fewer = orders_affected(panel)
    assert 0 < fewer < 100
    panel.get_by_role("button", name="Undo").click()
    becomes(panel, 100)
    panel.get_by_role("button", name="Redo").click()
    becomes(panel, fewer)


def test_the_window_moves_by_mouse(jupyterlab: Lab, page: Any):
    """Dragging a handle moves the window while the mouse is down, and the place where it is let go counts."""
    panel = panel_of(jupyterlab, page, "mouse")
    box = panel.get_by_role("slider", name="First affected hour").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y, steps=4)
    page.mouse.move(x + 40, y, steps=4)
    page.mouse.up()
    page.wait_for_timeout(800)
    assert orders_affected(panel) < 100
    panel.locator(".pf-filters summary").click()
    panel.get_by_role("button", name="Back to the incident as found").click()
    becomes(panel, 100)


def test_a_decision_survives_a_restarted_kernel(jupyterlab: Lab, page: Any):
    """An order unticked by keyboard is out after the kernel was restarted and all cells were run again."""
    panel = panel_of(jupyterlab, page, "restart")
    box = panel.locator("tbody input[type=checkbox]").first
    name = box.get_attribute("aria-label")
    box.press("Space")
    becomes(panel, 99)
    jupyterlab.restart(page, "restart.ipynb")
    jupyterlab.run_all(page, "restart.ipynb")
    panel.get_by_role("checkbox", name=name).wait_for(timeout=30_000)
    becomes(panel, 99)
    assert not panel.get_by_role("checkbox", name=name).is_checked()
    panel.get_by_role("button", name="Undo").click()
    becomes(panel, 100)


def test_a_panel_without_a_kernel_says_run_this_cell_again(jupyterlab: Lab, page: Any):
    """After a restart the old panel still looks alive: used, it says within seconds what to do."""
    panel = panel_of(jupyterlab, page, "silent")
    jupyterlab.restart(page, "silent.ipynb")
    panel.locator("tbody input[type=checkbox]").first.press("Space")
    panel.get_by_text("run this cell again").wait_for(timeout=20_000)


def test_all_shown_on_the_button_and_reasons_beside_the_row(jupyterlab: Lab, page: Any):
    """Search, leave out all that is shown with the number on the button, and read the reason in the row."""
    panel = panel_of(jupyterlab, page, "shown")
    panel.get_by_label("Reason for changes by hand").fill("honoured for the press")
    panel.get_by_label("Find an order").fill("114-000001")
    button = panel.get_by_role("button", name=re.compile(r"^Leave out 10 shown$"))
    button.click()
    becomes(panel, 90)
    assert panel.locator("tbody .pf-hand input").first.input_value() == "honoured for the press"
    panel.get_by_role("button", name=re.compile(r"^Take in 10 shown$")).click()
    becomes(panel, 100)


def test_details_tell_file_and_line(jupyterlab: Lab, page: Any):
    """The details of an order open by keyboard, name the report and the line, and give the focus back."""
    panel = panel_of(jupyterlab, page, "details")
    order = panel.locator("tbody .pf-link").nth(2)
    order.press("Enter")
    panel.get_by_text(re.compile(r"Item 1: orders\.txt, line \d+")).wait_for(timeout=20_000)
    assert order.get_attribute("aria-expanded") == "true"
    panel.get_by_role("button", name="Close", exact=True).press("Enter")
    panel.locator(".pf-details").wait_for(state="hidden", timeout=20_000)
    assert order.evaluate("node => node === document.activeElement")


def test_two_notebooks_on_one_case(jupyterlab: Lab, page: Any):
    """A change made in another kernel is told, and shown when asked for."""
    panel = panel_of(jupyterlab, page, "two")
    cell = "case = TableCase.of(Path('two'), night_of_orders(300))\ncase.undo() and None"
    panel.locator("tbody input[type=checkbox]").first.press("Space")
    becomes(panel, 99)
    other = page.context.new_page()
    jupyterlab.write("other.ipynb", IMPORTS, cell)
    jupyterlab.open(other, "other.ipynb")
    jupyterlab.run_all(other, "other.ipynb")
    other.close()
    page.bring_to_front()
    panel.get_by_text("changed in another notebook").wait_for(timeout=20_000)
    panel.get_by_role("button", name="Show the newest state").click()
    becomes(panel, 100)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_fault_in_either_theme(theme: str, request: Any, page: Any, axe: str):
    """The accessibility checker axe-core finds nothing, with filters set, a row by hand and details open."""
    lab = request.getfixturevalue("jupyterlab" if theme == "light" else "dark_lab")
    panel = panel_of(lab, page, f"axe_{theme}")
    assert page.evaluate("document.body.dataset.jpThemeLight") == str(theme == "light").lower()
    picture(page, f"panel-{theme}")
    assert violations(page, axe) == []
    panel.locator("tbody input[type=checkbox]").first.press("Space")
    becomes(panel, 99)
    panel.locator(".pf-filters summary").click()
    panel.get_by_label("Unshipped").first.press("Space")
    panel.locator("tbody .pf-link").first.press("Enter")
    panel.get_by_text(re.compile("Item 1:")).wait_for(timeout=20_000)
    picture(page, f"panel-{theme}-details")
    assert violations(page, axe) == []


def test_ten_thousand_orders_follow_the_keys(jupyterlab: Lab, page: Any):
    """With 10,000 orders a pressed key changes the orange bars."""
    panel = panel_of(jupyterlab, page, "large", size=10_000)
    handle = panel.get_by_role("slider", name="First affected hour")
    before = panel.locator(".pf-chosen").first.get_attribute("d")
    handle.press("ArrowRight")
    page.wait_for_function(
        "old => document.querySelector('.pf-chosen').getAttribute('d') !== old", arg=before, timeout=20_000
    )


def test_a_tick_that_could_not_be_saved_is_taken_back(jupyterlab: Lab, page: Any):
    """When saving fails the box shows again what is saved, and one sentence says why."""
    panel = panel_of(jupyterlab, page, "full")
    with sqlite3.connect(jupyterlab.root / "full" / "case.db") as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    box = panel.locator("tbody input[type=checkbox]").first
    box.press("Space")
    panel.locator(".pf-notice.pf-error").wait_for(timeout=30_000)
    assert box.is_checked()
    assert orders_affected(panel) == 100


def test_few_tab_stops_and_saving_from_anywhere(jupyterlab: Lab, page: Any):
    """At most 25 Tab presses lead from the chart to the first row, and Ctrl+S saves the page from there."""
    panel = panel_of(jupyterlab, page, "tabs")
    first = panel.locator(".pf-orders tbody input[type=checkbox]").first
    panel.get_by_role("slider", name="First affected hour").focus()
    for _press in range(25):
        page.keyboard.press("Tab")
        if first.evaluate("node => node === document.activeElement"):
            break
    assert first.evaluate("node => node === document.activeElement")
    saved = (jupyterlab.root / "tabs.ipynb").read_text("utf-8")
    page.keyboard.press("ControlOrMeta+s")
    page.locator(".jp-mod-dirty").first.wait_for(state="detached", timeout=10_000)
    page.wait_for_timeout(500)
    now = (jupyterlab.root / "tabs.ipynb").read_text("utf-8")
    assert now != saved
    assert "example.com" not in now
