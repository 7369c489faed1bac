"""Set-up before anything is installed, and the notebook server."""

from __future__ import annotations

import errno
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

from promofix_lib.app import bootstrap, server
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
    monkeypatch.setattr(bootstrap, "_run_in", lambda _python, command: commands.append(command) or 0)
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
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda _name: None)
    assert bootstrap.with_everything_installed(["open"]) == 2
    assert "python3-venv" in capsys.readouterr().err
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "cannot be written (Permission denied)"), ("zh-CN", "无法写入")]
)
def test_a_folder_that_cannot_be_written_says_so(
    language: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The true sentence, in the seller's language, not "install python3-venv"."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".venv"))

    (tmp_path / "pyproject.toml").write_bytes((PROJECT / "pyproject.toml").read_bytes())
    monkeypatch.setenv("PROMOFIX_LANGUAGE", language)
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path)
    monkeypatch.setattr(bootstrap, "_missing", lambda _extra: ["pandas>=3.0"])
    monkeypatch.setattr(Path, "mkdir", refused)
    assert bootstrap.with_everything_installed(["open"]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "python3-venv" not in said


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
@pytest.mark.parametrize("by", ["Ctrl+C", "SIGTERM"])
def test_open_serves_the_first_notebook(by: str, tmp_path: Path):
    """``promofix open`` starts JupyterLab, offline, on the guide; told to, it ends the server and says good-bye."""
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
            os.kill(running.pid, signal.SIGINT if by == "Ctrl+C" else signal.SIGTERM)
            assert running.wait(timeout=30) == 0
    said = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert said[-1] == "promofix has stopped. What you decided is saved."
    assert len(said) == 3, said  # the address, how to stop it, good-bye
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))  # nobody listens there any more


def _token(log: Path) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if found := re.search(r"token=([0-9a-f]{20,})", log.read_text(encoding="utf-8", errors="replace")):
            return found[1]
        time.sleep(0.3)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
