"""Until the letters' room has its own: the letters and the evidence of an export."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def letters(job: Any) -> tuple[Path, ...]:  # noqa: ARG001
    """None yet."""
    return ()


def evidence(job: Any) -> tuple[Path, ...]:  # noqa: ARG001
    """None yet."""
    return ()
