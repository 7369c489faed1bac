"""The three desks in a real JupyterLab: letters to Amazon, messages to buyers, what came back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.lab import Lab
from tests.browser.test_panel import picture, violations

pytestmark = pytest.mark.browser

IMPORTS = (
    "from pathlib import Path\n"
    "from promofix_lib.export.handover import export\n"
    "from promofix_lib.export.handover.parts import cancellations\n"
    "from promofix_lib.widgets.letter_desk import LetterDesk\n"
    "from promofix_lib.widgets.returns_desk import ReturnsDesk\n"
    "from promofix_lib.widgets.wording_desk import WordingDesk\n"
    "from tests.handed_case import NOW, make_case\n"
    "case = make_case(Path({name!r}) / 'case')"
)
ANSWER = (
    "Feed Processing Summary:\n\tNumber of records processed\t\t9\n\tNumber of records successful\t\t8\n\n"
    "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"
    "3\t111-0000003-0000003\t\t90012\tError\tThe order is being shipped.\n"
)


def notebook(lab: Lab, page: Any, name: str, *cells: str) -> None:
    """Write, open and run a notebook on the small night of twelve wrong orders."""
    lab.write(f"{name}.ipynb", IMPORTS.format(name=name), *cells)
    lab.open(page, f"{name}.ipynb")
    lab.run_all(page, f"{name}.ipynb")


def typed(page: Any, field: Any, words: str) -> None:
    """Fill a field by keyboard and leave it."""
    field.fill(words)
    field.press("Tab")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_letter_is_edited_restored_and_advice_recorded(theme: str, request: Any, page: Any, axe: str):
    """The letter's area takes every key, keeps what was typed, and our text comes back; advice is quoted in it."""
    lab = request.getfixturevalue("jupyterlab" if theme == "light" else "dark_lab")
    notebook(lab, page, f"letters_{theme}", "LetterDesk(case)")
    desk = page.get_by_role("group", name="Letters to Amazon")
    area = desk.get_by_label("The letter as it would be sent")
    area.press("ControlOrMeta+Home")
    page.keyboard.type("Dear team, dd aa bb we are sorry.\n")  # JupyterLab's own keys among them
    area.press("Tab")
    desk.get_by_text("Saved. The next export takes this text.").wait_for(timeout=20_000)
    desk.get_by_text("leave feelings out: 'sorry'").wait_for()
    assert area.input_value().startswith("Dear team, dd aa bb we are sorry.\nSubject: Request")
    typed(page, desk.get_by_label("Day of the answer"), "2026-11-20")
    typed(page, desk.get_by_label("Case id"), "123456")
    typed(page, desk.get_by_label("The words of the answer"), "Cancel them all.")
    desk.get_by_role("button", name="Record this advice").press("Enter")
    desk.get_by_text("2026-11-20, 123456: Cancel them all.").wait_for(timeout=20_000)
    picture(page, f"letters-{theme}")
    desk.get_by_role("button", name="Back to our text").press("Enter")
    desk.get_by_text("Our text is back.").wait_for(timeout=20_000)
    page.wait_for_function("document.querySelector('.promofix textarea').value.startsWith('Subject: Request')")
    desk.get_by_role("combobox").select_option("annotation")
    desk.get_by_text("Read first: what to send when").click()
    page.wait_for_function("document.querySelector('.promofix textarea').value.includes('in case 123456')")
    picture(page, f"letters-{theme}-annotation")
    assert violations(page, axe) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_fault_is_shown_and_overruled(theme: str, request: Any, page: Any, axe: str):
    """A talk of feedback is found as soon as the field is left, and a reason in writing lets it pass."""
    lab = request.getfixturevalue("jupyterlab" if theme == "light" else "dark_lab")
    notebook(lab, page, f"wording_{theme}", "WordingDesk(case)")
    desk = page.get_by_role("group", name="What buyers will read")
    area = desk.get_by_label(re.compile("^Text"))
    area.press("ControlOrMeta+End")
    page.keyboard.type("\n\nPlease leave feedback.")
    area.press("Tab")
    desk.get_by_role("rowheader", name="13").wait_for(timeout=20_000)
    assert desk.get_by_role("combobox").locator("option").first.inner_text().endswith("faults: 1")
    assert area.input_value().splitlines()[13 - 1] == "Please leave feedback."
    picture(page, f"wording-{theme}")
    assert violations(page, axe) == []
    reason = desk.get_by_label(re.compile("against the rule “review”"))
    typed(page, reason, "Our lawyer agreed to these words.")
    desk.get_by_role("cell", name="sent as it is").wait_for(timeout=20_000)
    desk.get_by_text("The export will write these messages.").wait_for()
    picture(page, f"wording-{theme}-overruled")
    assert violations(page, axe) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_amazons_answer_is_read_and_the_refused_written_again(theme: str, request: Any, page: Any, axe: str):
    """A processing report, uploaded, names the refused order; one press writes the cancellation file of it alone."""
    lab = request.getfixturevalue("jupyterlab" if theme == "light" else "dark_lab")
    name = f"returns_{theme}"
    notebook(lab, page, name, "export(case, now=NOW, parts=[cancellations]).folder.name", "ReturnsDesk(case)")
    desk = page.get_by_role("group", name="What came back")
    answer = {"name": "ProcessingReport.txt", "mimeType": "text/plain", "buffer": ANSWER.encode()}
    desk.locator("input[type=file]").set_input_files(answer)
    desk.get_by_text("111-0000003-0000003: 90012 The order is being shipped.").wait_for(timeout=20_000)
    assert (lab.root / name / "case/returned/ProcessingReport.txt").read_bytes() == ANSWER.encode()
    desk.get_by_role("button", name="Write the failed cancellations again").press("Enter")
    desk.get_by_role("rowheader", name="order-cancellation.txt").wait_for(timeout=20_000)
    assert desk.get_by_role("button", name="Export the new orders only").is_disabled()
    desk.get_by_role("button", name="Look again").scroll_into_view_if_needed()
    picture(page, name)
    assert violations(page, axe) == []
