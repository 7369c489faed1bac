"""A real JupyterLab in a real Chromium for the tests of this folder; no request leaves the machine.

Take the fixtures ``lab`` (a `Lab` on a temporary copy of the notebooks) and ``desktop`` or ``page`` (Playwright's).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.browser.lab import PROJECT, Lab, serve

PATIENCE = 90_000
"""Milliseconds in which what a test waits for must be there, also where ten other programs want the same two cores."""

REQUIRED = set(os.environ.get("PROMOFIX_REQUIRE", "").replace(",", " ").split())
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()


def absent(what: str, why: str) -> NoReturn:
    """Skip with a reason, or fail where this must be there (environment variable PROMOFIX_REQUIRE)."""
    if what in REQUIRED:
        pytest.fail(f"PROMOFIX_REQUIRE asks for {what}, but {why}")
    pytest.skip(why)


def chromium() -> str | None:
    """Path of an installed Chromium or Chrome; the first draws the same pages a tenth quicker, without a window."""
    named = os.environ.get("PROMOFIX_CHROMIUM")
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
    found = (shutil.which(name) for name in names)
    return named or next((path for path in found if path), None)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An installed Chromium, driven by Playwright: one window for all tests, so that JupyterLab is loaded once.

    It has a profile on the disk, as a seller's has: what it compiled of JupyterLab is there when it is loaded again.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium()
    if path is None:
        absent("browser", "no Chromium is installed (apt-get install chromium, or set PROMOFIX_CHROMIUM).")
    with playwright.sync_playwright() as driver:
        window = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=path,
            args=QUIET,
            viewport={"width": 1280, "height": 900},
            locale="en-GB",
            reduced_motion="reduce",
        )
        window.set_default_timeout(PATIENCE)
        playwright.expect.set_options(timeout=PATIENCE)
        yield window
        window.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Lab]:
    """A JupyterLab on a temporary copy of the notebooks and the sample."""
    with serve(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def desktop(lab: Lab, browser: Any) -> Any:
    """The page with JupyterLab, in light colours, that every test may use: loading it takes longest."""
    lab.looks("Light")
    window = browser.new_page()
    lab.open(window, "notebooks/0_start_here.ipynb")
    return window


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A fresh page; it, and what it opens, is closed after the test."""
    before = browser.pages
    yield browser.new_page()
    for one in browser.pages:
        if one not in before:
            one.close()


@pytest.fixture(autouse=True)
def offline(browser: Any) -> Iterator[None]:
    """No page asks anything of the outside world."""
    outside: list[str] = []

    def asked(request: Any) -> None:
        if _is_outside(request.url):
            outside.append(request.url)

    browser.on("request", asked)
    yield
    browser.remove_listener("request", asked)
    assert not outside, f"a page asked for {outside}"


def _is_outside(url: str) -> bool:
    return url.startswith(("http:", "https:", "ws:", "wss:")) and "//127.0.0.1:" not in url


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker axe-core, a development tool: PROMOFIX_AXE, or kept in ``.cache/axe``."""
    places = [os.environ.get("PROMOFIX_AXE", ""), str(PROJECT / ".cache/axe/node_modules/axe-core/axe.min.js")]
    found = next((Path(place) for place in places if place and Path(place).is_file()), None)
    if found is None:
        absent("axe", "axe-core is not there (npm install --prefix .cache/axe axe-core).")
    return found.read_text("utf-8")
