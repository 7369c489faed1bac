"""What holds for all tests: chance is seeded, no clock judges, English is spoken."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "promofix", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("promofix")
os.environ["PROMOFIX_LANGUAGE"] = "en"  # whatever the machine speaks
