"""Set-up before anything is installed: finds or makes a Python that has what promofix needs. Standard library only."""

from __future__ import annotations

import hashlib
import importlib.util
import locale
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from promofix_lib.places import PROJECT

_DEVELOPER_COMMANDS = ("test",)
_ROOM = 300 << 20  # with less left on the disk, that is why the set-up failed


def with_everything_installed(arguments: list[str]) -> int:
    """Run the command line in a Python that has everything; gives its exit status.

    The running Python is used when it has the dependencies (conda, uv, a virtual environment); otherwise ``.venv`` in
    the clone is filled once, with uv when it is there, else with pip.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without .pyc files every start would take seconds longer
    extra = "test" if arguments[:1] and arguments[0] in _DEVELOPER_COMMANDS else None
    if not _missing(extra):
        from promofix_lib.app.cli import run

        return run(arguments)
    try:
        python = _ready_environment(extra)
    except KeyboardInterrupt:
        return _say("stopped")
    except OSError as error:
        return _say("no_folder", folder=error.filename or PROJECT / ".venv", why=error.strerror)
    if python is None:
        return 2
    return _run_in(python, [str(python), "-m", "promofix_lib", *arguments])


def _run_in(python: Path, command: list[str]) -> int:
    if os.name == "posix":  # the same process goes on: Ctrl+C and SIGTERM reach the right one
        os.execv(python, command)
    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 130


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
    with suppress(metadata.PackageNotFoundError):
        return _numbers(metadata.version(match[1])) >= _numbers(match[2])
    return False


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def _ready_environment(extra: str | None) -> Path | None:
    folder = PROJECT / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / f"promofix-{extra or 'run'}.stamp"
    wanted = hashlib.sha256((PROJECT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    folder.mkdir(exist_ok=True)  # a folder that cannot be written says so itself
    _say("begin", folder=folder)
    if not (_made(folder, python) and _filled(python, extra)):
        return None
    stamp.write_text(wanted, encoding="utf-8")
    _say("done")
    return python


def _made(folder: Path, python: Path) -> bool:
    uv = shutil.which("uv")
    # one whose making was killed half way, before it had its pip, is made anew
    works = [str(python), *(["-c", ""] if uv else ["-m", "pip", "--version"])]
    if python.exists() and subprocess.run(works, capture_output=True).returncode == 0:
        return True
    if uv:
        return _done([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    if _done([sys.executable, "-m", "venv", "--clear", str(folder)]):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is None:
        return _failed("no_venv", version=f"{sys.version_info[0]}.{sys.version_info[1]}")
    return _failed("no_environment", folder=folder)


def _filled(python: Path, extra: str | None) -> bool:
    uv = shutil.which("uv")
    # without --no-compile pip compiles all 100 MB; Python compiles what is used, when it is used
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    install = [uv, "pip", "install", "--python", str(python)] if uv else pip
    brought = PROJECT / "packages"
    install += ["--no-index", "--find-links", str(brought)] if brought.is_dir() else []
    what = f"{PROJECT}[{extra}]" if extra else str(PROJECT)
    filled = _done([*install, "--quiet", "--editable", what], _as_pip_would() if uv else {})
    return filled or _failed("no_packages", folder=PROJECT)


def _failed(word: str, **facts: object) -> bool:
    """Say why, which is the disk where it is full."""
    full = shutil.disk_usage(PROJECT).free < _ROOM
    _say("no_room", folder=PROJECT) if full else _say(word, **facts)
    return False


_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}
"""Settings of pip that say where packages come from, and what uv calls them."""


def _as_pip_would() -> dict[str, str]:
    """The package index and proxy that are set for pip, for uv, which does not look there; what is set for uv wins."""
    told = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
    found = re.findall(r"^(global|install|:env:)\.([a-z-]+)=(['\"])(.*)\3$", told, re.MULTILINE)
    found.sort(key=lambda one: one[0] == ":env:")  # the environment has the last word, as with pip
    lists = {_FOR_UV[name]: value.replace("\\n", " ").split() for _, name, _, value in found if name in _FOR_UV}
    named = {name: ("," if name == "UV_FIND_LINKS" else " ").join(values) for name, values in lists.items()}
    return {name: value for name, value in named.items() if not os.environ.get(name)}


def _done(command: list[str], settings: Mapping[str, str] | None = None) -> bool:
    return subprocess.run(command, stdout=sys.stderr, env={**os.environ, **(settings or {})}).returncode == 0


def _say(word: str, **facts: object) -> int:
    """Say it on standard error; gives the exit status of a set-up that went wrong."""
    spoken = (os.environ.get("PROMOFIX_LANGUAGE") or locale.getlocale()[0] or "").lower()
    words = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[word]
    text = words["zh" if spoken.startswith(("zh", "chinese")) else "en"].format(**facts)
    print(text, file=sys.stderr, flush=True)
    return 2
