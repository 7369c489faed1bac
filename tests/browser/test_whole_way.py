"""The whole way, once, as the seller goes it: notebooks 0 to 6 in a real JupyterLab, on a case of his own."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from promofix_lib.case.case import Case
from promofix_lib.places import sample_reports
from promofix_lib.widgets.html import PAGES
from tests.browser.lab import Lab
from tests.browser.test_panel import becomes, violations
from tests.made_sample import make_sample

pytestmark = pytest.mark.browser

TRUTH = make_sample().truth
HEAD = "Feed Processing Summary:\n\tNumber of records processed\t\t{n}\n\tNumber of records successful\t\t{good}\n\n"
COLUMNS = "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"


class Seller:
    """One page on which the seller opens one notebook after the other."""

    def __init__(self, lab: Lab, page: Any, axe: str, theme: str) -> None:
        self.lab, self.page, self.axe, self.theme = lab, page, axe, theme
        self.name = ""

    def opens(self, number: int) -> None:
        """Open a notebook as it is and run all cells: the case was chosen once, on page 0."""
        self.name = f"notebooks/{PAGES[number]}.ipynb"
        self.lab.open(self.page, self.name)
        self.runs_all()

    def runs_all(self) -> None:
        """Run every cell again."""
        self.lab.run_all(self.page, self.name)

    def desk(self, name: str) -> Any:
        """One of our desks, when it is on the page."""
        desk = self.page.locator(f".pf-{name.lower()}")
        desk.wait_for(timeout=30_000)
        return desk

    def presses(self, desk: Any, name: str) -> None:
        """Press a button by keyboard as soon as it can be pressed."""
        button = desk.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled(timeout=60_000)
        button.press("Enter")

    def looks(self, picture: str) -> None:
        """No accessibility fault in our widgets; a picture where PROMOFIX_PICTURES says."""
        assert violations(self.page, self.axe) == []
        if folder := os.environ.get("PROMOFIX_PICTURES"):
            self.page.wait_for_timeout(500)
            self.page.screenshot(path=str(Path(folder) / f"way-{self.theme}-{picture}.png"))

    def keeps(self, part: Any, picture: str) -> None:
        """A picture of one part of the page, where PROMOFIX_PICTURES says: those of the README are made so."""
        if (folder := os.environ.get("PROMOFIX_PICTURES")) and self.theme == "light":
            self.page.set_viewport_size({"width": 1400, "height": 2400})
            part.scroll_into_view_if_needed()
            self.page.wait_for_timeout(700)
            part.screenshot(path=str(Path(folder) / f"{picture}.png"))
            self.page.set_viewport_size({"width": 1400, "height": 1250})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_from_the_wrong_promotion_to_the_second_round(theme: str, request: Any, page: Any, axe: str):
    """Choose files, see the night, move the brush by keyboard, untick, undo, restart, export, take back, follow up."""
    lab: Lab = request.getfixturevalue("jupyterlab" if theme == "light" else "dark_lab")
    seller = Seller(lab, page, axe, theme)
    seller.opens(0)
    start = seller.desk("StartDesk")
    start.get_by_label("A case of your own").fill("my-night")
    seller.presses(start, "Begin it")
    start.get_by_text("The case my-night is open now").wait_for(timeout=20_000)

    for report in sample_reports():  # dragged onto JupyterLab's list of files
        shutil.copy(report, lab.root / "notebooks")
    seller.opens(1)
    page.get_by_text("has no report yet").first.wait_for(timeout=20_000)
    chooser = seller.desk("ReportChooser")
    for number in (1, 2, 3):
        chooser.get_by_role("checkbox", name=f"File {number}").press("Space")
    seller.presses(chooser, "Read these")
    chooser.get_by_text("In the case my-night now").wait_for(timeout=60_000)
    page.get_by_role("rowheader", name=re.compile("AllOrders")).wait_for(timeout=30_000)
    seller.desk("PageHead").get_by_text("300 affected orders are in no export").wait_for(timeout=20_000)
    seller.looks("1-loaded")
    case = Case.existing(lab.root.parent / "cases" / "my-night")

    seller.opens(2)
    drawn = page.locator("img[alt*='300 affected orders']:visible")
    drawn.wait_for(timeout=60_000)
    seller.keeps(drawn, "incident")
    assert list(case.incidents[0].finding.order_ids) == TRUTH["order_ids"]
    seller.looks("2-found")

    seller.opens(3)
    panel = page.locator(".promofix").first
    becomes(panel, 300)
    handle = panel.get_by_role("slider", name="First affected hour")
    handle.press("ArrowRight")
    page.wait_for_function("Number(document.querySelector('.pf-figures dd').innerText) < 300")
    panel.get_by_role("button", name="Undo").click()
    becomes(panel, 300)
    seller.looks("3-chosen")
    seller.keeps(panel, "panel")
    panel.get_by_label("Reason for changes by hand").fill("our own test order")
    box = panel.locator("tbody input[type=checkbox]").first
    label = box.get_attribute("aria-label")
    box.press("Space")
    becomes(panel, 299)
    lab.restart(page, seller.name)
    seller.runs_all()
    panel.get_by_role("checkbox", name=label).wait_for(timeout=30_000)
    becomes(panel, 299)
    assert not panel.get_by_role("checkbox", name=label).is_checked()
    assert list(case.left_out.values()) == ["our own test order"]

    seller.opens(4)
    export = seller.desk("ExportButton")
    for words in ("The promotion has ended", "The price is right", "The stock is what I want"):
        export.get_by_role("checkbox", name=re.compile(words)).press("Space")
    seller.presses(export, "Export")
    export.get_by_text(re.compile("Written to ")).wait_for(timeout=120_000)
    seller.looks("4-exported")
    folder = case.exports[-1]
    mail = openpyxl.load_workbook(folder / "buyers.xlsx")["mail_merge"]
    head, *rows = [[cell.value for cell in row] for row in mail.iter_rows()]
    written = {row[head.index("order_id")] for row in rows}
    assert written <= set(TRUTH["order_ids"][1:])
    assert len(written) > 200
    lines = (folder / "order-cancellation.txt").read_bytes().decode("ascii").split("\r\n")[2:-1]
    assert TRUTH["order_ids"][0] not in {line.split("\t")[0] for line in lines}
    assert len(lines) == 211

    seller.opens(5)
    letter = seller.desk("LetterDesk").locator("textarea").first
    assert "299" in letter.input_value()
    seller.looks("5-letters")

    returned = case.folder / "returned"
    returned.mkdir(exist_ok=True)
    refused = lines[6].split("\t")[0]
    answer = HEAD.format(n=len(lines), good=len(lines) - 1) + COLUMNS
    answer += f"7\t{refused}\t\t90012\tError\tThe order is being shipped.\n"
    (returned / "processing-report.txt").write_text(answer, encoding="utf-8")
    seller.opens(6)
    desk = seller.desk("ReturnsDesk")
    desk.get_by_role("checkbox", name="File 1").press("Space")
    seller.presses(desk, "Read these")
    desk.get_by_text(refused).first.wait_for(timeout=60_000)
    seller.desk("TruthTable").get_by_role("button", name=re.compile(r"upload again.*\(1\)")).press("Enter")
    seller.desk("TruthTable").get_by_role("rowheader", name=refused).wait_for(timeout=30_000)
    seller.looks("6-followed")
