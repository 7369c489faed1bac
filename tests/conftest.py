"""What holds for all tests: chance is seeded, no clock judges, English is spoken."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "promofix", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("promofix")
os.environ["PROMOFIX_LANGUAGE"] = "en"  # whatever the machine speaks


TOGETHER = ("browser/", "office/", "test_notebooks", "test_evidence", "test_purge", "test_returns")
"""What shares something costly (one JupyterLab and one Chromium, one LibreOffice, a made case) runs in one process."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook, and would come first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares something costly, and begin with it: it takes longest."""
    for item in items:
        place = item.nodeid.removeprefix("tests/")
        if group := next((name for name in TOGETHER if place.startswith(name)), ""):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What could not be checked here, one line each."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "" for report in skipped)
    for reason, tests in sorted(reasons.items()):
        terminalreporter.write_line(f"not checked here ({tests} tests): {reason.removeprefix('Skipped: ')}")
