"""Set-up before anything is installed, and the notebook server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from promofix_lib import bootstrap, server
from promofix_lib.errors import PromofixError
from promofix_lib.places import PROJECT


@pytest.mark.parametrize(
    ("requirement", "there"),
    [("pytest>=8.0", True), ("pytest>=999.0", False), ("no-such-package>=1.0", False)],
)
def test_a_requirement_is_there_or_not(requirement: str, there: bool):
    """A package that is missing and one that is too old are both missing."""
    assert bootstrap._satisfied(requirement) is there


def test_requirements_are_all_understood():
    """pyproject.toml states them as name>=version, for running and for testing."""
    assert all(re.fullmatch(r"[\w.-]+>=[\d.]+", text) for text in bootstrap._requirements("test"))


def test_a_bare_python_sets_up_an_environment_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Without the dependencies a .venv is made and filled, and the command runs in it; the second time at once."""
    commands: list[list[str]] = []

    def pretend(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        return subprocess.CompletedProcess(command, 0)

    (tmp_path / "pyproject.toml").write_bytes((PROJECT / "pyproject.toml").read_bytes())
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path)
    monkeypatch.setattr(bootstrap, "_missing", lambda _extra: ["pandas>=3.0"])
    monkeypatch.setattr(bootstrap.subprocess, "run", pretend)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    monkeypatch.setattr(bootstrap.os, "name", "posix")
    for _ in range(2):
        assert bootstrap.with_everything_installed(["find", "x.txt"]) == 0
    modules = [command[2] for command in commands]
    assert modules == ["venv", "pip", "promofix_lib", "promofix_lib"]
    assert commands[1][-2:] == ["--editable", str(tmp_path)]


def test_a_python_without_venv_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """One clear line, exit status 2, and no half-made environment."""
    (tmp_path / "pyproject.toml").write_bytes((PROJECT / "pyproject.toml").read_bytes())
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path)
    monkeypatch.setattr(bootstrap, "_missing", lambda _extra: ["pandas>=3.0"])
    monkeypatch.setattr(bootstrap, "_done", lambda _command: False)
    assert bootstrap.with_everything_installed(["open"]) == 2
    assert "python3-venv" in capsys.readouterr().err
    assert not (tmp_path / ".venv").exists()


def test_outside_a_clone_the_notebooks_are_missed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """An installed package without the project says what to download."""
    monkeypatch.setattr(server, "PROJECT", tmp_path)
    with pytest.raises(PromofixError, match="Download the whole project"):
        server.open_notebooks(browser=False)


def test_jupyterlab_is_kept_quiet(tmp_path: Path):
    """No news and no update check; other settings stay, a broken file is left alone."""
    file = tmp_path / "share/jupyter/lab/settings/overrides.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"theirs": {"a": 1}}', encoding="utf-8")
    server.quiet_jupyterlab(tmp_path)
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["theirs"] == {"a": 1}
    assert told["@jupyterlab/apputils-extension:notification"] == {"fetchNews": "false", "checkForUpdates": False}
    file.write_text("{", encoding="utf-8")
    server.quiet_jupyterlab(tmp_path)
    assert file.read_text(encoding="utf-8") == "{"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to end the server with")
def test_open_serves_the_first_notebook(tmp_path: Path):
    """``promofix open`` starts JupyterLab, offline, on the guide; it ends when it is told to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folders = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [sys.executable, "-m", "promofix_lib", "open", "--no-browser", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | folders, stdout=log, stderr=log, start_new_session=True
        )
        try:
            token = _token(tmp_path / "log")
            request = f"http://127.0.0.1:{port}/doc/tree/notebooks/0_start_here.ipynb?token={token}"
            with urllib.request.urlopen(request, timeout=30) as page:
                assert page.status == 200
                assert b"jupyter-config-data" in page.read()
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait(timeout=30)


def _token(log: Path) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if found := re.search(r"token=([0-9a-f]{20,})", log.read_text(encoding="utf-8", errors="replace")):
            return found[1]
        time.sleep(0.3)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
