"""Everything that must pass before a change lands: format, lint, types, stripped notebooks, tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from promofix_lib.places import PROJECT


def run_checks(pytest_arguments: Sequence[str] = ()) -> int:
    """Run the style checks and the tests; gives 0 when all pass.

    Parameters
    ----------
    pytest_arguments : sequence of str
        When given, only pytest runs, with these.
    """
    python = [sys.executable, "-m"]
    style = [
        [*python, "ruff", "format", "--check", "."],
        [*python, "ruff", "check", "."],
        [*python, "mypy"],
    ]
    tests = [*python, "pytest", *pytest_arguments]
    commands = [tests] if pytest_arguments else [*style, tests]
    failed = [command for command in commands if subprocess.run(command, cwd=PROJECT).returncode]
    for command in failed:
        sys.stderr.write(f"promofix test: failed: {' '.join(command[2:])}\n")
    return 1 if failed else 0
