"""Everything that must pass before a change lands: format, lint, types, stripped notebooks, tests; `promofix test`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from promofix_lib.places import PROJECT

_PYTHONS = ("3.14", "3.13", "3.12", "3.11")  # the newest first: when the time is over, the middle is left out
_WORKERS = str(min((os.cpu_count() or 1) + 1, 4))  # one more than cores: one of them waits for a browser or an office
_TESTS = ("-m", "pytest", "-q", "-n", _WORKERS, "--dist", "loadscope", "--no-loadscope-reorder")


def run_all(long: float = 0) -> int:
    """Run the style checks and the tests; gives 0 when all pass. What could not be checked stands at the end.

    Parameters
    ----------
    long : float
        Minutes for what takes longer: the lowest versions, other Pythons, the tests marked ``long``, which are cut to
        fit; 0 leaves it out.
    """
    python = [sys.executable, "-m"]
    with tempfile.TemporaryDirectory(prefix="promofix-", dir=_quickest_disk()) as folder:
        untold = Path(folder) / "not-checked.txt"
        untold.touch()
        surroundings = os.environ | {"PROMOFIX_NOT_CHECKED": str(untold), "TMPDIR": folder}
        surroundings.pop("PYTHONDONTWRITEBYTECODE", None)  # without .pyc files every start takes seconds longer
        # the type checker works beside the tests: it waits for nobody, and they wait for browsers
        types = subprocess.Popen([*python, "mypy"], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        commands = {
            "format": [*python, "ruff", "format", "--check", "."],
            "lint": [*python, "ruff", "check", "."],
            "tests": [sys.executable, *_TESTS],
        }
        failed = [name for name, command in commands.items() if _failed(command, surroundings)]
        told, _ = types.communicate()
        sys.stdout.write(told.decode(errors="replace"))
        failed += ["types"] if types.returncode else []
        if long:
            failed += _long_ones(surroundings, long)
        sys.stdout.writelines(sorted(set(untold.read_text(encoding="utf-8").splitlines(keepends=True))))
    for name in failed:
        sys.stderr.write(f"promofix test: failed: {name}\n")
    return 1 if failed else 0


def _quickest_disk() -> str | None:
    """Where the tests keep their files: in memory where there is room, for each of thousands of journals is synced."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 4e9 or os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return None
    return str(memory)


def _failed(command: Sequence[str], surroundings: Mapping[str, str]) -> bool:
    sys.stdout.flush()
    return subprocess.run(command, cwd=PROJECT, env=surroundings).returncode != 0


def _long_ones(surroundings: Mapping[str, str], minutes: float) -> list[str]:
    """The lowest versions, other Pythons, and for at least a third of the time the long tests; gives what failed."""
    end = time.monotonic() + 60 * minutes
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    others = [("lowest versions", here, "lowest-direct")]
    others += [(f"Python {other}", other, "highest") for other in _PYTHONS if other != here]
    middle = end - 20 * minutes
    failed = [name for name, python, versions in others if not _fine(name, python, versions, surroundings, middle)]
    rest = max((end - time.monotonic()) / 60, minutes / 3)
    chosen = [sys.executable, *_TESTS, "-m", "long or hypothesis"]
    if _failed(chosen, {**surroundings, "PROMOFIX_LONG_MINUTES": f"{rest:.2f}"}):
        failed.append("long tests")
    return failed


def _fine(name: str, python: str, versions: str, surroundings: Mapping[str, str], end: float) -> bool:
    """Whether the tests, but for browser and office, pass with other versions; what cannot be had is said."""
    folder, uv = PROJECT / ".cache" / name.replace(" ", "-"), [sys.executable, "-m", "uv"]
    found, why = _found(python), ""
    if not found:
        why = f"no Python {python} is on this machine"
    elif time.monotonic() > end:
        why = "the time was over"
    else:
        bin_python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        wanted = ["--python", str(bin_python), "--resolution", versions, "-r", "pyproject.toml", "--extra", "test"]
        made = [
            [*uv, "venv", "--quiet", "--clear", "--no-project", "--python", found, str(folder)],
            [*uv, "pip", "install", "--quiet", *wanted],
        ]
        if any(_failed(command, surroundings) for command in made):
            why = "the packages could not be installed"
    if why:
        with Path(surroundings["PROMOFIX_NOT_CHECKED"]).open("a", encoding="utf-8") as file:
            file.write(f"not checked here ({name}): {why}\n")
        return True
    sys.stdout.write(f"{name}:\n")
    return not _failed([str(bin_python), *_TESTS, "--ignore=tests/browser", "--ignore=tests/office"], surroundings)


def _found(version: str) -> str:
    """A Python of that version: this one, one on the path, or one that pyenv keeps; empty where there is none."""
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return sys.executable
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    paths = filter(None, [shutil.which(f"python{version}"), *map(str, kept.glob(f"{version}.*/bin/python"))])
    tried = ((path, subprocess.run([path, "-c", ""], capture_output=True).returncode) for path in paths)
    return next((path for path, code in tried if code == 0), "")


if __name__ == "__main__":
    try:
        sys.exit(run_all(float(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)
