"""``promofix test``: all checks of a clone; from a wheel, which brings no tests, the examples in the documentation."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Sequence

from promofix_lib.places import PROJECT
from promofix_lib.say import current_language, say, speak


def run_checks(pytest_arguments: Sequence[str] = (), *, long: float = 0) -> int:
    """Run what ``tests/checks.py`` runs; gives 0 when all pass.

    Parameters
    ----------
    pytest_arguments : sequence of str
        When there are any, only pytest runs, with these arguments.
    long : float
        Minutes for what takes longer; 0 leaves it out.
    """
    if not (PROJECT / "tests").is_dir():
        return _examples()
    asked = ["pytest", *pytest_arguments] if pytest_arguments else ["tests.checks", str(long)]
    return subprocess.run([sys.executable, "-m", *asked], cwd=PROJECT).returncode


def _examples() -> int:
    names = [module.name for module in pkgutil.walk_packages([str(PROJECT / "promofix_lib")], "promofix_lib.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    spoken = current_language()
    speak("en")  # as the examples are written
    results = [doctest.testmod(module, optionflags=flags) for module in modules]
    speak(spoken)
    failed, tried = (sum(getattr(result, part) for result in results) for part in ("failed", "attempted"))
    sys.stdout.write(say("app.checked_examples", n=tried, failed=failed) + "\n")
    return 1 if failed else 0
