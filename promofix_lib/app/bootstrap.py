"""Set-up before anything is installed: finds or makes a Python that has what promofix needs. Standard library only."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from promofix_lib.places import PROJECT

_DEVELOPER_COMMANDS = ("test",)


def with_everything_installed(arguments: list[str]) -> int:
    """Run the command line in a Python that has everything; gives its exit status.

    The running Python is used when it has the dependencies (conda, uv, a virtual environment); otherwise ``.venv`` in
    the clone is filled once, with uv when it is there, else with pip.
    """
    extra = "test" if arguments[:1] and arguments[0] in _DEVELOPER_COMMANDS else None
    if not _missing(extra):
        from promofix_lib.app.cli import run

        return run(arguments)
    if not (PROJECT / "pyproject.toml").exists():
        return _say_and_fail("promofix is installed without some of its dependencies. Run: pip install promofix")
    python = _ready_environment(extra)
    if python is None:
        return 2
    return subprocess.run([str(python), "-m", "promofix_lib", *arguments], env=_environment()).returncode


def _requirements(extra: str | None) -> list[str]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]


def _missing(extra: str | None) -> list[str]:
    """Names of distributions that are not there or too old."""
    if not (PROJECT / "pyproject.toml").exists():
        return []
    return [requirement for requirement in _requirements(extra) if not _satisfied(requirement)]


def _satisfied(requirement: str) -> bool:
    match = re.fullmatch(r"([A-Za-z0-9._-]+)>=([0-9.]+)", requirement)
    if match is None:
        raise ValueError(f"pyproject.toml: {requirement!r} should look like name>=1.2")
    try:
        installed = metadata.version(match[1])
    except metadata.PackageNotFoundError:
        return False
    return _numbers(installed) >= _numbers(match[2])


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def _ready_environment(extra: str | None) -> Path | None:
    folder = PROJECT / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / f"promofix-{extra or 'run'}.stamp"
    wanted = _fingerprint()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    _say(f"Setting up promofix in {folder} (once, one to three minutes, about 500 MB) …")
    if not (_made(folder, python) and _filled(python, extra)):
        return None
    stamp.write_text(wanted, encoding="utf-8")
    _say("Set-up is done.")
    return python


def _fingerprint() -> str:
    content = (PROJECT / "pyproject.toml").read_bytes() + sys.version.encode()
    return hashlib.sha256(content).hexdigest()


def _made(folder: Path, python: Path) -> bool:
    if python.exists():
        return True
    if uv := shutil.which("uv"):
        return _done([uv, "venv", "--python", sys.executable, str(folder)])
    if _done([sys.executable, "-m", "venv", str(folder)]):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    _say(
        "This Python cannot make virtual environments. On Debian or Ubuntu install the missing part with "
        f"'sudo apt install python3-venv' (python{sys.version_info[0]}.{sys.version_info[1]}-venv), then try again."
    )
    return False


def _filled(python: Path, extra: str | None) -> bool:
    what = f"{PROJECT}[{extra}]" if extra else str(PROJECT)
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--quiet", "--python", str(python), "--editable", what]
    else:
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", what]
    if _done(install):
        return True
    _say("The packages could not be installed; the lines above say why. Check the internet connection and try again.")
    return False


def _done(command: list[str]) -> bool:
    return subprocess.run(command, stdout=sys.stderr).returncode == 0


def _environment() -> dict[str, str]:
    # without .pyc files every start would take seconds longer
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _say_and_fail(text: str) -> int:
    _say(text)
    return 2
