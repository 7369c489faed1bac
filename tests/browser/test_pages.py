"""The seven pages in a real JupyterLab: short, never red, without an accessibility fault, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from promofix_lib.widgets.html import PAGES
from tests.browser.lab import Lab
from tests.browser.test_panel import picture, violations

pytestmark = pytest.mark.browser

HEIGHTS = (
    "[...document.querySelectorAll('.jp-Notebook .jp-Cell')].reduce((s, c) => s + c.getBoundingClientRect().height, 0)"
)
BEYOND = """[...document.querySelectorAll('[data-ours], [data-ours] *')]
  .filter(node => node.scrollWidth > node.clientWidth + 2 && node.clientWidth)
  .filter(node => getComputedStyle(node).overflowX !== 'visible')
  .filter(node => !node.matches('input, select, caption, span, .pf-scroll'))
  .map(node => node.outerHTML.slice(0, 120))"""
UNFOLD = "document.querySelectorAll('.pf-desk details').forEach(node => node.open = true)"
SCREEN = 900


def opened(lab: Lab, page: Any, name: str) -> None:
    """A page, run from top to bottom."""
    lab.open(page, name)
    lab.run_all(page, name)
    page.wait_for_timeout(500)


def speaks(lab: Lab, page: Any, language: str) -> None:
    """Choose the language once, on page 0."""
    opened(lab, page, f"notebooks/{PAGES[0]}.ipynb")
    page.locator(".pf-startdesk select").nth(1).select_option(label=language)
    page.wait_for_timeout(1500)
    lab.shut_down()


@pytest.mark.parametrize(("theme", "language"), [("light", "English"), ("dark", "简体中文")])
def test_every_page_is_short_and_without_a_fault(theme: str, language: str, request: Any, page: Any, axe: str):
    """On the sample: no error, no accessibility fault, nothing too wide, at most 2.5 screens, 9 for 0 to 4."""
    lab = request.getfixturevalue("jupyterlab" if theme == "light" else "dark_lab")
    page.set_viewport_size({"width": 1280, "height": SCREEN})
    speaks(lab, page, language)
    folder = "notebooks" if language == "English" else "notebooks/zh-CN"
    heights = []
    for name in PAGES:
        opened(lab, page, f"{folder}/{name}.ipynb")
        heights.append(page.evaluate(HEIGHTS) / SCREEN)
        assert (
            page.locator(
                ".jp-OutputArea-output[data-mime-type*=error], .jp-RenderedText[data-mime-type*=stderr]"
            ).count()
            == 0
        )
        picture(page, f"page-{theme}-{name}")
        page.evaluate(UNFOLD)
        assert violations(page, axe) == [], name
        assert page.evaluate(BEYOND) == [], name
        if language != "English":
            words = page.locator("[data-ours]").all_inner_texts()
            assert not re.findall(r"\b(?:affected orders?|Choose|Export|Order of|reports?)\b", "\n".join(words)), name
        lab.shut_down()
    speaks(lab, page, "English")
    assert max(heights) <= 2.5, heights
    assert sum(heights[:5]) <= 9, heights
