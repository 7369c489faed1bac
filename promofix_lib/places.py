"""Where things lie: the clone, its sample, the seller's cases. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE = PROJECT / "data" / "sample"
NOTEBOOKS = PROJECT / "notebooks"


def cases_folder() -> Path:
    """Where cases live: PROMOFIX_CASES, else ``data/cases`` of the clone, else ``promofix-cases`` here."""
    if named := os.environ.get("PROMOFIX_CASES"):
        return Path(named)
    return PROJECT / "data" / "cases" if NOTEBOOKS.is_dir() else Path.cwd() / "promofix-cases"


def sample_reports() -> tuple[Path, ...]:
    """The sample reports that came with the clone."""
    return tuple(sorted(path for path in SAMPLE.glob("*") if path.suffix in (".txt", ".xml")))
