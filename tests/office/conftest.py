"""LibreOffice for the tests that open our files in it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

collect_ignore = ["merge_letters.py", "save_as.py", "sort_list.py"]  # run under the Python that has LibreOffice's uno
Office = Callable[..., str]
"""Called with a script of this folder and its arguments, gives what it printed."""

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
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One LibreOffice for all tests.

    The test is skipped where there is none, unless it is required.
    """
    missing = lacking()
    if missing and "office" in os.environ.get("PROMOFIX_REQUIRE", ""):
        pytest.fail(f"PROMOFIX_REQUIRE asks for LibreOffice, but these are missing: {missing}")
    if missing:
        pytest.skip(f"LibreOffice is not complete here, missing: {missing}")
    python, pipe = uno_python(), f"promofix{secrets.token_hex(8)}"
    profile = f"-env:UserInstallation={tmp_path_factory.mktemp('office').as_uri()}"
    command = ["soffice", "--headless", "--norestore", "--nologo", profile, f"--accept=pipe,name={pipe};urp"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def told(script: str, *arguments: object) -> str:
        command = [str(python), script, pipe, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=Path(__file__).parent)
        assert done.returncode == 0, done.stderr
        return done.stdout

    yield told
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
