"""LibreOffice for the tests that open our files in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

collect_ignore = ["merge_letters.py", "sort_list.py"]  # run under the Python that has LibreOffice's uno
UNO_PYTHONS = ("/usr/bin/python3", "/usr/lib/libreoffice/program/python", "/opt/libreoffice/program/python")


def lacking() -> str:
    """What is missing on this computer, empty when nothing is."""
    missing = [name for name in ("soffice", "pdftotext") if shutil.which(name) is None]
    return ", ".join(missing + ["python3-uno"] * (uno_python() is None))


def uno_python() -> str | None:
    for python in UNO_PYTHONS:
        if Path(python).exists() and subprocess.run([python, "-c", "import uno"], capture_output=True).returncode == 0:
            return python
    return None


@pytest.fixture(scope="session")
def office() -> str:
    """The Python that can talk to LibreOffice; the test is skipped where there is none, unless it is required."""
    missing = lacking()
    if missing and "office" in os.environ.get("PROMOFIX_REQUIRE", ""):
        pytest.fail(f"PROMOFIX_REQUIRE asks for LibreOffice, but these are missing: {missing}")
    if missing:
        pytest.skip(f"LibreOffice is not complete here, missing: {missing}")
    python = uno_python()
    assert python is not None
    return python
