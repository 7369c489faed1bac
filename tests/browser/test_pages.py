"""All pages, once per language, in JupyterLab and Notebook 7, light and dark, from page 0 to the second round."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import expect

from promofix_lib.case.case import Case
from promofix_lib.places import sample_reports
from promofix_lib.status.status import status
from promofix_lib.widgets.html import PAGES
from tests.browser.lab import SENT, Lab
from tests.made_sample import make_sample

pytestmark = pytest.mark.browser

TRUTH = make_sample().truth
SCREEN = 900
HEIGHT = (
    "[...document.querySelectorAll('.jp-Notebook .jp-Cell')].reduce((s, c) => s + c.getBoundingClientRect().height, 0)"
)
OURS = "document.querySelectorAll('.promofix, .pf-desk').forEach(node => node.setAttribute('data-ours', ''))"
BEYOND = """[...document.querySelectorAll('[data-ours], [data-ours] *, .jp-WindowedPanel-outer')]
  .filter(node => node.scrollWidth > node.clientWidth + 2 && node.clientWidth)
  .filter(node => getComputedStyle(node).overflowX !== 'visible')
  .filter(node => !node.matches('input, select, caption, span, .pf-scroll'))
  .map(node => node.outerHTML.slice(0, 120))"""
HIDDEN = """[...document.querySelectorAll('.pf-details')]
  .filter(node => node.scrollHeight > node.clientHeight + 2 || node.scrollWidth > node.clientWidth + 2).length"""
"""Opened orders of which a part hides in a box that scrolls."""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
NARROW = """[...document.querySelectorAll('.pf-desk input[type=text], .pf-desk select')]
  .filter(node => node.clientWidth && node.clientWidth < 60).map(node => node.outerHTML.slice(0, 120))"""
"""Fields in which what was typed cannot be read."""
OPENED = """[...document.querySelectorAll('.pf-desk .widget-toggle-button:not(.mod-active)')]
  .map(node => node.click()).length"""
"""How many folded parts of desks were unfolded; one may lie in another."""
UNFOLD = "document.querySelectorAll('.promofix details').forEach(node => node.open = true)"
RED = ".jp-OutputArea-output[data-mime-type*=error], .jp-RenderedText[data-mime-type*=stderr]"
WORDS = """() => {
  const foreign = node => {
    const near = node.closest('[lang], [data-ours]');
    return node.closest('[translate=no], style, script, textarea') || (near?.lang && !near.lang.startsWith('zh'));
  };
  const said = node => ['aria-label', 'placeholder', 'title', 'alt'].map(name => node.getAttribute(name) ?? '');
  const own = node => [...node.childNodes].filter(child => child.nodeType === 3).map(child => child.data);
  return [...document.querySelectorAll('[data-ours], [data-ours] *')]
    .filter(node => !foreign(node)).flatMap(node => [...own(node), ...said(node)]);
}"""
"""What stands on a page in the page's language: no cell of a report, nothing that goes to a buyer or to Amazon."""
ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,}|\b(?:and|or|the|not|of|Choose|Export|[Oo]rders?|[Rr]eports?|[Ii]tems?)\b")
FEED = "Feed Processing Summary:\n\tNumber of records processed\t\t{n}\n\tNumber of records successful\t\t{good}\n\n"
COLUMNS = "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"


@dataclass
class Seller:
    """Somebody who opens one page after the other; presses are counted."""

    lab: Lab
    page: Any
    axe: str
    look: str
    folder: str = "notebooks"
    pressed: int = 0

    def opens(self, number: int) -> None:
        """Open a notebook and run all cells: the case was chosen once, on page 0."""
        self.lab.opened(self.page, f"{self.folder}/{PAGES[number]}.ipynb")

    def desk(self, name: str) -> Any:
        """One of our desks."""
        return self.page.locator(f".pf-{name.lower()}")

    def clicks(self, part: Any) -> None:
        """Press once, as soon as it can be pressed."""
        expect(part).to_be_enabled()
        part.click()
        self.pressed += 1

    def button(self, desk: str, name: Any) -> Any:
        """A button of a desk."""
        return self.desk(desk).get_by_role("button", name=name, exact=True)

    def follows(self, number: int) -> None:
        """Follow the link to that page: one click, it opens in the same window and runs."""
        self.lab.attach(f"{self.folder}/{PAGES[number]}.ipynb")
        here = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        here.locator(".pf-desk:visible").first.wait_for()  # before it has run, a page opens others without running them
        self.clicks(here.locator(f"a[href*='{PAGES[number]}.ipynb']").last)
        self.page.wait_for_url(f"**/{PAGES[number]}.ipynb*")
        self.lab.ready(self.page)

    def sees(self, name: str) -> float:
        """Nothing red, nothing too wide, no accessibility fault, also unfolded; gives the height in screens."""
        page = self.page
        height = float(page.evaluate(HEIGHT)) / SCREEN
        assert page.locator(RED).count() == 0, name
        self.keeps(None, f"{self.look}-{name}")
        page.set_viewport_size({"width": 1280, "height": 4 * SCREEN})  # a cell out of sight may be taken off the page
        while page.evaluate(OPENED):
            page.evaluate(DRAWN)
        page.evaluate(UNFOLD)
        for order in page.locator("tbody .pf-link").all()[:1]:
            order.click()
            page.locator(".pf-details table").first.wait_for()
        page.evaluate(OURS)
        assert page.evaluate(NARROW) == [], name
        assert page.evaluate(BEYOND) == [], name
        page.set_viewport_size({"width": 640, "height": SCREEN // 2})  # as wide as at a zoom of 200 %
        page.evaluate(DRAWN)
        assert page.evaluate(BEYOND) == [], name
        page.set_viewport_size({"width": 1280, "height": SCREEN})
        if page.evaluate("!window.axe"):
            page.evaluate(self.axe)
        asked = "{resultTypes: ['violations'], selectors: false}"
        found = page.evaluate(f"axe.run('[data-ours]', {asked}).then(result => result.violations)")
        assert [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]] == [], name
        return height

    def keeps(self, part: Any, name: str) -> None:
        """A picture of the page, or a part of it, where PROMOFIX_PICTURES says, to be looked at."""
        if folder := os.environ.get("PROMOFIX_PICTURES"):
            self.page.set_viewport_size({"width": 1280, "height": 2400})
            (part or self.page).screenshot(path=str(Path(folder) / f"{name}.png"))
            self.page.set_viewport_size({"width": 1280, "height": SCREEN})


def check_heights(heights: list[float]) -> None:
    assert max(heights) <= 2.5, heights
    assert sum(heights[:5]) <= 9, heights


def test_the_whole_way_in_jupyterlab(lab: Lab, desktop: Any, axe: str):
    """Begin a case, read files, see the night, choose by keyboard, restart, export, write, take back, follow up."""
    page = desktop
    seller = Seller(lab, page, axe, "light")
    heights = []
    seller.opens(0)
    heights.append(seller.sees("0"))
    seller.desk("StartDesk").get_by_label("A case of your own").fill("my-night")
    seller.clicks(seller.button("StartDesk", "Begin it"))
    seller.desk("StartDesk").get_by_text("The case my-night is open now").wait_for()
    case = Case.existing(lab.cases / "my-night")

    for report in sample_reports():  # dragged onto JupyterLab's list of files
        shutil.copy(report, lab.root / "notebooks")
    seller.opens(1)
    for number in (1, 2, 3):
        expect(seller.desk("ReportChooser").get_by_role("checkbox", name=f"File {number}")).to_be_checked()
    seller.clicks(seller.button("ReportChooser", "Read these"))
    page.get_by_role("rowheader", name=re.compile("AllOrders")).wait_for()
    seller.desk("PageHead").get_by_text("300 affected orders are in no export").wait_for()
    for report in sample_reports():
        (lab.root / "notebooks" / report.name).unlink()
    seller.desk("ReportChooser").get_by_role("checkbox", name="File 1").wait_for(state="detached")
    heights.append(seller.sees("1"))

    seller.opens(2)
    drawn = page.locator("img[alt*='300 affected orders']:visible")
    drawn.wait_for()
    seller.keeps(drawn, "incident")
    assert list(case.incidents[0].finding.order_ids) == TRUTH["order_ids"]
    heights.append(seller.sees("2"))

    seller.opens(3)
    panel = page.locator(".promofix").first
    orders = panel.locator(".pf-figures dd").first
    expect(orders).to_have_text("300")
    seller.keeps(panel, "panel")
    panel.get_by_role("slider", name="First affected hour").press("ArrowRight")
    page.wait_for_function("Number(document.querySelector('.pf-figures dd').innerText) < 300")
    panel.get_by_role("button", name="Undo").and_(panel.locator(":enabled")).click()
    expect(orders).to_have_text("300")
    heights.append(seller.sees("3"))
    assert page.evaluate(HIDDEN) == 0
    panel.get_by_label("Reason for changes by hand").fill("our own test order")
    panel.locator("tbody input[type=checkbox]").first.press("Space")
    expect(orders).to_have_text("299")
    seller.opens(3)
    expect(orders).to_have_text("299")
    assert list(case.left_out.values()) == ["our own test order"]

    seller.opens(4)
    heights.append(seller.sees("4"))
    for words in ("The promotion has ended", "The price is right", "The stock is what I want"):
        seller.clicks(seller.desk("ExportButton").get_by_role("checkbox", name=re.compile(words)))
    seller.clicks(seller.button("ExportButton", "Export"))
    seller.desk("ExportButton").get_by_role("link", name="buyers.xlsx").wait_for()
    mail = openpyxl.load_workbook(case.exports[-1] / "buyers.xlsx")["mail_merge"]
    head, *rows = [[cell.value for cell in row] for row in mail.iter_rows()]
    written = {row[head.index("order_id")] for row in rows}
    assert written <= set(TRUTH["order_ids"][1:])
    assert len(written) > 200
    lines = (case.exports[-1] / "order-cancellation.txt").read_bytes().decode("ascii").split("\r\n")[2:-1]
    assert TRUTH["order_ids"][0] not in {line.split("\t")[0] for line in lines}
    assert len(lines) == 211
    lab.saves(page)
    kept = [saved.read_text("utf-8") for saved in (lab.root / "notebooks").rglob("4_export*.ipynb")]
    sent = page.evaluate(SENT)
    assert "Run this cell to open it" in sent
    assert '"state":{}' in sent  # "save widget state automatically" is on
    for words in (*kept, sent):
        assert not re.search(r"@|\d{3}-\d{7}-\d{7}|" + mail["B2"].value, words)

    seller.opens(5)
    assert "299" in seller.desk("LetterDesk").locator("textarea").first.input_value()
    heights.append(seller.sees("5"))

    returned = case.folder / "returned"
    returned.mkdir(exist_ok=True)
    refused = lines[6].split("\t")[0]
    answer = FEED.format(n=len(lines), good=len(lines) - 1) + COLUMNS
    answer += f"7\t{refused}\t\t90012\tError\tThe order is being shipped.\n"
    (returned / "processing-report.txt").write_text(answer, encoding="utf-8")
    seller.opens(6)
    seller.clicks(seller.button("ReturnsDesk", "Read these"))
    seller.desk("ReturnsDesk").get_by_text(refused).first.wait_for()
    heights.append(float(page.evaluate(HEIGHT)) / SCREEN)
    seller.clicks(seller.desk("TruthTable").get_by_role("button", name=re.compile(r"upload again.*\(1\)")))
    seller.desk("TruthTable").get_by_text("1–1 of 1 order").wait_for()
    seller.desk("TruthTable").get_by_role("rowheader", name=refused).wait_for()
    heights.append(seller.sees("6"))
    check_heights(heights)


def test_all_pages_fill_themselves_in_notebook_7_in_chinese(
    lab: Lab, page: Any, axe: str, monkeypatch: pytest.MonkeyPatch
):
    """Run on an empty case no page is red; when reports come by another way each fills itself; all of it Chinese."""
    monkeypatch.setenv("PROMOFIX_CASES", str(lab.cases))
    lab.looks("Dark", "notebooks")
    seller = Seller(lab, page, axe, "dark", "notebooks/zh-CN")
    heights = []
    for number in range(len(PAGES)):
        case = Case.choose(f"leer-{number}", "zh-CN" if number else "en")
        seller.opens(number)
        if number == 0:
            start = seller.desk("StartDesk")
            start.locator("select").nth(1).select_option(label="简体中文")
            start.get_by_role("button", name="开始", exact=True).wait_for()  # the form is there in Chinese
            start.locator("input[type=text]").first.fill("leer")
            start.locator("button").first.click()
            start.locator("[role=status]", has_text="leer").wait_for()
            case = Case.existing(lab.cases / "leer")
        assert page.locator(RED).count() == 0
        case.add_reports(sample_reports())
        case.take_found()
        if number == 0:
            start.locator(f"a[href='{PAGES[2]}.ipynb']").wait_for()
        if 0 < number < 7:
            seller.desk("PageHead").get_by_text("17,397.00").wait_for()
            expect(page.get_by_text("还没有报告")).to_have_count(0)
        if number == 1:
            seller.desk("ReportChooser").locator("table").wait_for()
        if number == 3:  # the zone came with the reports
            expect(seller.page.locator(".pf-caption")).to_contain_text("11月19日 22:05")
        heights.append(seller.sees(str(number)))
        words = re.sub(r"/[\w/.-]+|[\w.-]+\.(?:txt|xlsx|toml)", "", "\n".join(page.evaluate(WORDS)))  # a path
        assert [line for line in words.split("\n") if ENGLISH.search(line)] == [], number
    check_heights(heights)


def test_nine_presses_lead_from_page_0_to_the_exported_folder(lab: Lab, desktop: Any):
    """The stopwatch walk on the sample, as `promofix open` shows it: run, tick, look at each page, export."""
    desktop.evaluate("jupyterapp.shell.mode = 'single-document'")
    (lab.cases / ".open").unlink(missing_ok=True)  # as on the first day: the sample is open, and nobody worked on it
    shutil.rmtree(lab.cases / "sample", ignore_errors=True)
    seller = Seller(lab, desktop, "", "walk")
    seller.opens(0)
    seller.pressed += 2
    start = seller.desk("StartDesk")
    for tick in range(3):
        seller.clicks(start.get_by_role("checkbox").nth(tick))
    seller.follows(2)
    seller.desk("MistakeSettings").locator("img:visible").wait_for()
    seller.follows(3)
    seller.follows(4)
    seller.clicks(seller.desk("ExportButton").locator("button.mod-primary"))
    seller.desk("ExportButton").get_by_role("link", name="buyers.xlsx").wait_for()
    desktop.evaluate("jupyterapp.shell.mode = 'multiple-document'")
    assert seller.pressed <= 9
    assert status(Case.existing(lab.cases / "sample")).in_no_export == ()
