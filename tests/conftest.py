"""What holds for all tests: chance is seeded, no clock judges, English is spoken."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings

settings.register_profile(
    "promofix", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("promofix")
os.environ["PROMOFIX_LANGUAGE"] = "en"  # whatever the machine speaks


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What could not be checked here, one line each."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else "" for report in skipped)
    for reason, tests in sorted(reasons.items()):
        terminalreporter.write_line(f"not checked here ({tests} tests): {reason.removeprefix('Skipped: ')}")
