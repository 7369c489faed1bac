"""The smaller widgets in a real JupyterLab: reports, thresholds, export, follow-up, on the sample case."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.lab import Lab
from tests.browser.test_panel import picture, violations

pytestmark = pytest.mark.browser

IMPORTS = (
    "from pathlib import Path\n"
    "from promofix_lib.case.case import Case\nfrom promofix_lib.places import sample_reports\n"
    "from promofix_lib.widgets.report_chooser import ReportChooser\n"
    "from promofix_lib.widgets.reading_table import reading_table\n"
    "from promofix_lib.widgets.mistake_settings import MistakeSettings\n"
    "from promofix_lib.widgets.export_button import ExportButton\n"
    "from promofix_lib.widgets.previews import merge_preview, message_preview\n"
    "from promofix_lib.widgets.truth_table import TruthTable\n"
    "case = Case.open(Path({name!r}) / 'case')"
)


def notebook(lab: Lab, page: Any, name: str, *cells: str) -> None:
    """Write, open and run a notebook on a fresh case with the sample's reports."""
    lab.write(f"{name}.ipynb", IMPORTS.format(name=name), *cells)
    lab.open(page, f"{name}.ipynb")
    lab.run_all(page, f"{name}.ipynb")


def test_reports_are_ticked_and_read_by_keyboard(jupyterlab: Lab, page: Any, axe: str):
    """The files in the folder are ticked with the space bar and read; an upload is taken too."""
    notebook(jupyterlab, page, "reports", "ReportChooser(case, Path('data/sample'))")
    form = page.get_by_role("group", name="Choose the reports to read")
    box = form.get_by_role("checkbox", name=re.compile(r"^AllOrders-.*\.txt"))
    box.press("Space")
    form.get_by_role("button", name="Read these").press("Enter")
    form.get_by_text("In the case now: AllOrders").wait_for(timeout=20_000)
    assert not box.is_checked()
    sample = next((jupyterlab.root / "data/sample").glob("NewOrders*.txt"))
    form.locator("input[type=file]").set_input_files(sample)
    form.get_by_text("In the case now: NewOrders").wait_for(timeout=20_000)
    taken = next((jupyterlab.root / "reports/case/reports").glob("NewOrders*"))
    assert taken.read_bytes() == sample.read_bytes()
    picture(page, "reports")
    assert violations(page, axe) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_settings_export_and_follow_up(theme: str, request: Any, page: Any, axe: str):
    """From the thresholds to the export and what is left, in both themes, without an accessibility fault."""
    lab = request.getfixturevalue("jupyterlab" if theme == "light" else "dark_lab")
    take = "case.add_reports(sample_reports())"
    cells = (take, "reading_table(case.reading)", "MistakeSettings(case)", "ExportButton(case)", "TruthTable(case)")
    notebook(lab, page, f"forms_{theme}", *cells, "message_preview(case)")
    settings = page.get_by_role("group", name="What counts as a mistake")
    settings.get_by_label("Usual price of HP-BT700-BLK, USD").fill("60")
    page.keyboard.press("Tab")
    settings.get_by_text("Incidents found: 1").wait_for(timeout=20_000)
    form = page.get_by_role("group", name="Stop the bleed, then export")
    for words in ("The promotion has ended", "The price is right", "The stock is what I want"):
        form.get_by_role("checkbox", name=re.compile(words)).press("Space")
    form.get_by_role("button", name="Export", exact=True).press("Enter")
    form.get_by_text(re.compile(r"^Written to ")).wait_for(timeout=60_000)
    assert form.get_by_role("rowheader", name="order-cancellation.txt").count() == 1
    for place, part in enumerate(page.locator(".jp-Notebook .jp-OutputArea-output").all()):
        part.scroll_into_view_if_needed()
        picture(page, f"form-{theme}-{place}")
    assert violations(page, axe) == []
