"""Everything that must pass before a change lands: format, lint, types, stripped notebooks, tests."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Sequence

from promofix_lib.places import PROJECT
from promofix_lib.say import say


def run_checks(pytest_arguments: Sequence[str] = (), *, long: bool = False) -> int:
    """Run the style checks and the tests; gives 0 when all pass.

    Parameters
    ----------
    pytest_arguments : sequence of str
        When given, only pytest runs, with these.
    long : bool
        Also the tests marked ``long``, which take more than minutes.
    """
    if not (PROJECT / "tests").is_dir():
        return _installed_only()
    python = [sys.executable, "-m"]
    if pytest_arguments:
        return subprocess.run([*python, "pytest", *pytest_arguments], cwd=PROJECT).returncode
    workers = str(min(os.cpu_count() or 1, 4))
    # the type checker works beside the tests: it waits for nobody, and they wait for browsers
    types = subprocess.Popen([*python, "mypy"], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    marker = [] if long else ["-m", "not long"]
    commands = [
        [*python, "ruff", "format", "--check", "."],
        [*python, "ruff", "check", "."],
        [*python, "pytest", "-q", "-n", workers, "--dist", "loadgroup", *marker],
    ]
    failed = [command[2] for command in commands if subprocess.run(command, cwd=PROJECT).returncode]
    told, _ = types.communicate()
    sys.stdout.write(told.decode(errors="replace"))
    failed += ["mypy"] if types.returncode else []
    for name in failed:
        sys.stderr.write(f"promofix test: failed: {name}\n")
    return 1 if failed else 0


def _installed_only() -> int:
    """From a wheel there are no tests: the examples in the documentation are tried."""
    names = [module.name for module in pkgutil.walk_packages([str(PROJECT / "promofix_lib")], "promofix_lib.")]
    results = [doctest.testmod(importlib.import_module(name)) for name in names if not name.endswith("__main__")]
    failed, tried = (sum(getattr(result, part) for result in results) for part in ("failed", "attempted"))
    sys.stdout.write(say("app.checked_examples", n=tried, failed=failed) + "\n")
    return 1 if failed else 0
