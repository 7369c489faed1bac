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
        """Open a notebook, change one line to name the case of his own, and run all cells."""
        path = next((self.lab.root / "notebooks").glob(f"{number}_*.ipynb"))
        own = path.read_text(encoding="utf-8").replace('case_name = \\"sample\\"', 'case_name = \\"my-night\\"')
        path.write_text(own, encoding="utf-8")
        self.name = f"notebooks/{path.name}"
        self.lab.open(self.page, self.name)
        self.runs_all()

    def runs_all(self) -> None:
        """Run every cell again."""
        self.lab.run_all(self.page, self.name)

    def form(self, title: str) -> Any:
        """One of our forms, when it is on the page."""
        form = self.page.get_by_role("group", name=title)
        form.wait_for(timeout=30_000)
        return form

    def presses(self, form: Any, name: str) -> None:
        """Press a button by keyboard as soon as it can be pressed."""
        button = form.get_by_role("button", name=name, exact=True)
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
    case = Case.open(lab.root.parent / "cases" / "my-night")

    seller.opens(0)
    page.get_by_text("End the promotion, claim code or coupon").wait_for()

    for report in sample_reports():  # dragged onto JupyterLab's list of files
        shutil.copy(report, lab.root / "notebooks")
    seller.opens(1)
    page.get_by_text("has no report yet").first.wait_for(timeout=20_000)
    assert page.get_by_text("Traceback (most recent call last)").count() == 0
    chooser = seller.form("Choose the reports to read")
    for name in ("AllOrders", "NewOrders", "OrderReport"):
        chooser.get_by_role("checkbox", name=re.compile(f"^{name}")).press("Space")
    seller.presses(chooser, "Read these")
    chooser.get_by_text(re.compile("In the case now: .*OrderReport")).wait_for(timeout=60_000)
    seller.runs_all()
    page.get_by_role("rowheader", name=re.compile("AllOrders")).wait_for(timeout=30_000)
    seller.looks("1-loaded")

    seller.opens(2)
    seller.form("What counts as a mistake").get_by_text("Loss against the normal price").wait_for(timeout=30_000)
    drawn = page.locator("img[alt*='17397.00 USD'], img[alt*='17,397.00 USD']")
    drawn.wait_for(timeout=30_000)
    seller.keeps(drawn, "incident")
    assert case.finding is not None
    assert list(case.finding.order_ids) == TRUTH["order_ids"]
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
    assert list(case.decisions.left_out.values()) == ["our own test order"]

    seller.opens(4)
    export = seller.form("Stop the bleed, then export")
    for words in ("The promotion has ended", "The price is right", "The stock is what I want"):
        export.get_by_role("checkbox", name=re.compile(words)).press("Space")
    seller.presses(export, "Export")
    export.get_by_text(re.compile("^Written to ")).wait_for(timeout=120_000)
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
    letters = seller.form("Letters to Amazon")
    assert "299" in letters.get_by_label("The letter as it would be sent").input_value()
    seller.looks("5-letters")

    returned = case.folder / "returned"
    returned.mkdir(exist_ok=True)
    refused = lines[6].split("\t")[0]
    answer = HEAD.format(n=len(lines), good=len(lines) - 1) + COLUMNS
    answer += f"7\t{refused}\t\t90012\tError\tThe order is being shipped.\n"
    (returned / "processing-report.txt").write_text(answer, encoding="utf-8")
    seller.opens(6)
    desk = seller.form("What came back")
    desk.get_by_role("checkbox", name=re.compile("^processing-report")).press("Space")
    seller.presses(desk, "Read these")
    desk.get_by_text(refused).first.wait_for(timeout=60_000)
    seller.runs_all()
    page.locator("img[alt*='Back under 2.5%']").wait_for(timeout=30_000)
    seller.looks("6-followed")
