"""The panel of notebook 3 in a real JupyterLab: by keyboard, by mouse, across a restart."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from promofix_lib.charts import colours
from promofix_lib.incident import Incident
from tests.browser.lab import SENT, Lab
from tests.panel_case import TableCase, night_of_orders

pytestmark = pytest.mark.browser

NAME = "notebooks/panel.ipynb"
CELL = """from pathlib import Path
from promofix_lib.widgets.order_filter import OrderFilter
from tests.panel_case import TableCase, night_of_orders

name, size = Path("panel.txt").read_text().split()
case = TableCase.of(Path(name).absolute(), night_of_orders(int(size)))
OrderFilter(case.change_settings(language="en"))"""


@dataclass
class Panel:
    """The panel on the page, on a case of its own."""

    lab: Lab
    page: Any
    number: int = 0

    @property
    def on(self) -> Any:
        """The panel's element."""
        return self.page.locator(".promofix")

    @property
    def folder(self) -> Path:
        """Of the case."""
        return self.lab.root / "notebooks" / f"case-{self.number}"

    def case(self) -> TableCase:
        """The case as another notebook would open it."""
        return TableCase.of(self.folder, night_of_orders(300))

    def fresh(self, size: int = 300) -> Panel:
        """Run the page: a new case with so many orders, and the panel on it."""
        self.number += 1
        (self.lab.root / "notebooks" / "panel.txt").write_text(f"case-{self.number} {size}")
        self.lab.run_all(self.page)
        self.becomes(size // 3)
        return self

    def becomes(self, number: int) -> None:
        """Wait until that many orders are affected."""
        self.on.locator(".pf-figures dd").first.get_by_text(f"{number:,}", exact=True).wait_for()

    def changes(self) -> int:
        """Wait until it is no longer the 100 at first; how many orders are affected then."""
        self.page.wait_for_function("document.querySelector('.pf-figures dd').innerText !== '100'")
        return int(self.on.locator(".pf-figures dd").first.inner_text())

    def press(self, name: Any) -> None:
        """Press a button."""
        self.on.get_by_role("button", name=name).click()

    @property
    def box(self) -> Any:
        """The first row's tick."""
        return self.on.locator("tbody input[type=checkbox]").first

    @property
    def handle(self) -> Any:
        """The chart's left handle."""
        return self.on.get_by_role("slider", name="First affected hour")


@pytest.fixture(scope="module")
def notebook(lab: Lab, desktop: Any) -> Panel:
    """The page of these tests."""
    lab.write(NAME, CELL)
    lab.open(desktop, NAME)
    return Panel(lab, desktop)


@pytest.fixture
def panel(notebook: Panel) -> Panel:
    """The panel on a fresh case of 300 orders, 100 of them affected."""
    return notebook.fresh()


def test_the_window_moves_by_mouse_and_by_keyboard(panel: Panel):
    """A handle is dragged, and the place where it is let go counts; with the arrow keys it says its new time too.

    It keeps the focus, and what was pressed is saved.
    """
    box = panel.handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 60
    panel.page.mouse.move(x, y)
    panel.page.mouse.down()
    panel.page.mouse.move(x + 40, y, steps=6)
    panel.page.mouse.up()
    assert panel.changes() < 100
    panel.on.locator(".pf-filters summary").click()
    panel.press("Back to the incident as found")
    panel.becomes(100)
    assert panel.handle.get_attribute("aria-valuetext").endswith("21:21")
    panel.handle.press("ArrowRight")
    panel.page.wait_for_function("document.activeElement.getAttribute('aria-valuetext')?.endsWith('22:00')")
    fewer = panel.changes()
    panel.on.get_by_role("button", name="Undo").and_(panel.on.locator(":enabled")).click()
    panel.becomes(100)
    panel.press("Redo")
    panel.becomes(fewer)


def test_one_order_and_all_that_are_shown(panel: Panel):
    """Details name file and line and give the focus back; the page keeps no buyer; search, and leave out what is found.

    At most 25 Tab presses lead from the chart to the first row; Ctrl+S saves from there.
    """
    order = panel.on.locator("tbody .pf-link").nth(2)
    order.press("Enter")
    panel.on.get_by_text(re.compile(r"Item 1: orders\.txt, line \d+")).wait_for()
    panel.on.get_by_text("Invented Buyer").first.wait_for()
    assert order.get_attribute("aria-expanded") == "true"
    panel.handle.focus()
    for _press in range(25):
        panel.page.keyboard.press("Tab")
        if panel.box.evaluate("node => node === document.activeElement"):
            break
    assert panel.box.evaluate("node => node === document.activeElement")
    panel.lab.saves(panel.page)
    saved = (panel.lab.root / NAME).read_text("utf-8")
    assert "Run this cell to open it" in saved
    for words in (saved, panel.page.evaluate(SENT)):
        assert not re.search(r"example\.com|Invented Buyer|114-\d", words)
    panel.on.get_by_role("button", name="Close", exact=True).press("Enter")
    panel.on.locator(".pf-details").wait_for(state="hidden")
    assert order.evaluate("node => node === document.activeElement")
    panel.on.get_by_label("Reason for changes by hand").fill("honoured for the press")
    panel.on.get_by_label("Find an order").fill("114-000001")
    panel.press(re.compile(r"^Leave out 10 shown$"))
    panel.becomes(90)
    assert panel.on.locator("tbody .pf-hand input").first.input_value() == "honoured for the press"
    panel.press(re.compile(r"^Take in 10 shown$"))
    panel.becomes(100)


def test_a_change_made_elsewhere_is_told_and_two_incidents_stand_beside_each_other(panel: Panel):
    """What another notebook took is told, and shown when asked for: with its colour, its mark, its own filters."""
    panel.case().take(Incident(skus=("CABLE-2M",)))
    panel.on.get_by_text("changed in another notebook").wait_for()
    panel.becomes(100)
    panel.press("Show the newest state")
    assert panel.changes() > 100
    second = panel.on.get_by_role("button", name=re.compile("^2: CABLE-2M"))
    second.click()
    panel.on.locator(".pf-filters summary", has_text="SKU: CABLE-2M").wait_for()
    assert second.get_attribute("aria-pressed") == "true"
    fills = "[...document.querySelectorAll('.pf-chosen')].map(node => getComputedStyle(node).fill)"
    assert len(set(panel.page.evaluate(fills))) == 2
    for sku, number in (("CABLE-2M", 2), ("HP-BT700-BLK", 1)):
        panel.on.get_by_label("Find an order").fill(sku)
        mark = panel.on.locator("tbody tr", has_text=sku).locator(f".pf-mark.pf-part-{number}:visible").first
        red, green, blue = bytes.fromhex(colours.incident(number)[1:])
        expect(mark).to_have_css("background-color", f"rgb({red}, {green}, {blue})")


def test_a_tick_that_could_not_be_saved_is_taken_back(panel: Panel):
    """When saving fails the box shows again what is saved, and one sentence says why."""
    with sqlite3.connect(panel.folder / "case.db") as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    panel.box.press("Space")
    panel.on.locator(".pf-notice.pf-error").wait_for()
    assert panel.box.is_checked()
    panel.becomes(100)


def test_ten_thousand_orders_follow_the_keys(notebook: Panel):
    """With 10,000 orders a pressed key changes the coloured bars."""
    panel = notebook.fresh(10_000)
    before = panel.on.locator(".pf-chosen").first.get_attribute("d")
    panel.handle.press("ArrowRight")
    panel.page.wait_for_function("old => document.querySelector('.pf-chosen').getAttribute('d') !== old", arg=before)


def test_a_decision_survives_a_restarted_kernel(panel: Panel):
    """The old panel says within seconds what to do; run again, it shows what was decided."""
    name = panel.box.get_attribute("aria-label")
    panel.box.press("Space")
    panel.becomes(99)
    panel.lab.restart()
    panel.lab.ready(panel.page)
    panel.box.press("Space")
    panel.on.get_by_text("run this cell again").wait_for()
    panel.lab.opened(panel.page, NAME)
    panel.becomes(99)
    assert not panel.on.get_by_role("checkbox", name=name).is_checked()
