"""Texts of a report that would like to be code: on every page they stand as they were typed, and none of them runs."""

from __future__ import annotations

from typing import Any

import pytest

from promofix_lib.case.case import Case
from tests.browser.lab import Lab
from tests.browser.test_pages import OURS, RED, UNFOLD, Seller
from tests.handed_case import NIGHT, all_orders, line, new_orders, usual, victims

pytestmark = [pytest.mark.browser, pytest.mark.long]

HOSTILE = (
    '<img src=x onerror="window.ran=1"><script>window.ran=2</script><svg onload="window.ran=3"> '
    "$x^2$ \\(y\\) &lt; **b** `c` [d](javascript:window.ran=4) {{e}}"
)
RAN = "typeof window.ran !== 'undefined'"
MADE = """[...document.querySelectorAll(`img[src=x], svg[onload], mjx-container, .MathJax, a[href^=javascript],
  [data-ours] script`)].map(node => node.outerHTML.slice(0, 200))"""
"""What the browser made of a hostile text."""


def hostile_reports() -> dict[str, bytes]:
    """A night of twelve wrong orders in which every text that a buyer or a seller may type is hostile."""
    typed = {"sku": HOSTILE, "ship-city": HOSTILE}
    night = [row | typed | {"promotion-ids": HOSTILE} for row in victims()]
    more = [row | typed for row in usual()]
    spare = line(900, NIGHT, **{"sku": "PLAIN", "promotion-ids": HOSTILE})
    names = new_orders(night).replace(b"Ada Example", HOSTILE.encode())
    for text in (b"Specimen Street", b"Lumen BT700 Headphones"):
        names = names.replace(text, HOSTILE.encode())
    return {
        "AllOrders <img src=x onerror=window.ran=5>.txt": all_orders([*more, *night, spare]),
        "NewOrders $x^2$ <b>.txt": names,
    }


def test_nothing_of_a_report_runs_on_any_page(lab: Lab, page: Any):
    """All pages run, unfolded, an order opened, an export made: no script ran, no formula was set, no page is red."""
    case = Case.open(lab.cases / "hostile")
    for name, content in hostile_reports().items():
        case.add_report(name, content)
    case.take_found()
    (lab.cases / ".open").write_text("hostile", encoding="utf-8")
    page.on("dialog", lambda dialog: pytest.fail(f"a page opened a dialog: {dialog.message}"))
    lab.looks("Light")
    seller = Seller(lab, page, "", "hostile")
    as_typed = 0
    for number in range(8):
        seller.opens(number)
        for order in page.locator("tbody .pf-link").all()[:1]:
            order.click()
            page.locator(".pf-details table").first.wait_for()
        page.evaluate(UNFOLD)
        page.evaluate(OURS)
        if number == 4:
            seller.clicks(seller.desk("ExportButton").locator("button.mod-primary"))
            seller.desk("ExportButton").get_by_role("link", name="buyers.xlsx").wait_for()
        assert page.locator(RED).count() == 0, number
        assert not page.evaluate(RAN), number
        assert page.evaluate(MADE) == [], number
        as_typed += page.locator("[data-ours]").get_by_text("window.ran").count()
    assert as_typed > 10
