"""Set-up before anything is installed, and the notebook server."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from functools import partial
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from promofix_lib import places
from promofix_lib.app import bootstrap, pages, server
from promofix_lib.errors import PromofixError
from promofix_lib.places import PROJECT

NEWS = "@jupyterlab/apputils-extension:announcements"


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
    monkeypatch.setattr(bootstrap, "_done", lambda *_: False)
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


def test_an_environment_that_was_killed_while_it_was_made_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Its Python runs and has no pip yet: pip would never come, and the internet is not to blame."""
    folder = tmp_path / ".venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    made: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "_done", lambda command: made.append(command) or True)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
    assert bootstrap._made(folder, python)
    assert [command[1:4] for command in made] == [["-m", "venv", "--clear"]]
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: "uv")  # which needs no pip in there
    assert bootstrap._made(folder, python)
    assert len(made) == 1
    assert capsys.readouterr().err == ""


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Not "check the internet connection"."""
    (tmp_path / "pyproject.toml").write_bytes((PROJECT / "pyproject.toml").read_bytes())
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path)
    monkeypatch.setattr(bootstrap, "_missing", lambda _extra: ["pandas>=3.0"])
    monkeypatch.setattr(bootstrap, "_made", lambda *_: True)
    monkeypatch.setattr(bootstrap, "_done", lambda *_: False)
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**7))
    assert bootstrap.with_everything_installed(["open"]) == 2
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert "internet" not in said


def test_the_index_and_proxy_of_pip_hold_for_uv_too(monkeypatch: pytest.MonkeyPatch):
    """A mirror that is set for pip is named to uv; what is set for uv itself stays."""
    listed = "\n".join(
        [
            ":env:.index-url='https://mirror.example.com/simple'",
            "global.index-url='https://old.example.com/simple'",
            "global.find-links='/a\\n/b'",
            "global.proxy='http://proxy.example.com:8080'",
            "global.timeout='60'",
        ]
    )
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=listed))
    for name in bootstrap._FOR_UV.values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", "http://own.example.com")
    wanted = {"UV_DEFAULT_INDEX": "https://mirror.example.com/simple", "UV_FIND_LINKS": "/a,/b"}
    assert bootstrap._as_pip_would() == wanted


def test_open_imports_only_what_it_needs():
    """The address is shown before pandas comes into play, which only the pages need."""
    asked = "import sys; from promofix_lib.app import cli, commands, server; print('pandas' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("pip", "words"), [(True, "{python} -m pip install"), (None, "uv pip install --python {python}")]
)
def test_the_command_that_adds_packages_works_here(pip: bool | None, words: str, monkeypatch: pytest.MonkeyPatch):
    """It names this Python and this clone: no index knows promofix, and an environment that uv made has no pip."""
    monkeypatch.setattr(places, "find_spec", lambda _name: pip)
    monkeypatch.setattr(sys, "executable", "/a b/python")
    assert places.to_install("watch") == words.format(python='"/a b/python"') + f' -e "{PROJECT}[watch]"'


def test_without_pages_the_way_to_them_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A clone whose notebooks are gone says what to download."""
    for module in (server, places):
        monkeypatch.setattr(module, "PROJECT", tmp_path)
    with pytest.raises(PromofixError, match="Download the project again"):
        server.open_notebooks(browser=False)


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pages of a version, as a wheel brings them."""
    folder = tmp_path / "brought"
    for name in ("0_a", "1_b", "2_c", "zh-CN/0_a"):
        page(folder / f"{name}.ipynb", "of 1")
    monkeypatch.setattr(pages, "NOTEBOOKS", folder)
    return folder


def page(path: Path, *sources: str, **facts: object) -> None:
    cells = [{"cell_type": "code", "source": source, **facts} for source in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


def test_a_newer_promofix_brings_newer_pages_and_keeps_the_seller_s_aside(brought: Path, tmp_path: Path):
    """Compared by the cells: a save changes nothing; what was changed stays where no newer page comes."""
    home = tmp_path / "home"
    assert pages.lay_pages(home) == ()
    mine = home / "notebooks"
    page(mine / "0_a.ipynb", "of 1", outputs=["saved"])
    page(mine / "1_b.ipynb", "of 1", "my own")
    page(mine / "2_c.ipynb", "of 1", "my own")
    for name in ("0_a", "1_b", "zh-CN/0_a"):
        page(brought / f"{name}.ipynb", "of 2")
    assert [path.name for path in pages.lay_pages(home)] == ["1_b-yours.ipynb"]
    held = {path.relative_to(mine).as_posix(): path.read_text("utf-8") for path in mine.rglob("*.ipynb")}
    new, own = {"0_a.ipynb", "1_b.ipynb", "zh-CN/0_a.ipynb"}, {"1_b-yours.ipynb", "2_c.ipynb"}
    assert {name for name, text in held.items() if "of 2" in text} == new
    assert {name for name, text in held.items() if "my own" in text} == own
    assert pages.lay_pages(home) == ()


def test_a_wheel_brings_the_pages_and_the_sample(tmp_path: Path):
    """Both languages and the sample, nothing that a seller dropped there; the cases stand beside the pages laid."""
    clone, site = tmp_path / "clone", tmp_path / "site"
    for name in ("promofix_lib", "notebooks", "data/sample"):
        shutil.copytree(PROJECT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, clone)
    (clone / "notebooks" / "AllOrders-of-a-seller.txt").write_text("A Buyer", encoding="utf-8")
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=clone, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    brought = site / "promofix_lib" / "brought"
    pages_there = [*(PROJECT / "notebooks").glob("?_*.ipynb"), *(PROJECT / "notebooks" / "zh-CN").glob("?_*.ipynb")]
    wanted = [path.relative_to(PROJECT) for path in (*pages_there, *places.sample_reports())]
    assert [path for path in wanted if not (brought / path).is_file()] == []
    assert not list(site.rglob("*-of-a-seller*"))
    tried = (
        "from pathlib import Path\nfrom promofix_lib.app.pages import lay_pages\nfrom promofix_lib import places\n"
        "import os\nprint(places.cases_folder())\nlay_pages(Path('mine'))\nos.chdir('mine/notebooks/zh-CN')\n"
        "print(places.cases_folder())\nprint(len(places.sample_reports()))"
    )
    surroundings = {name: value for name, value in os.environ.items() if name != "PROMOFIX_CASES"}
    surroundings |= {"PYTHONPATH": str(site), "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    command = [sys.executable, "-c", tried]
    said = subprocess.run(command, cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(tmp_path / "promofix" / "cases"), str(tmp_path / "mine" / "cases"), "3"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups to end the server with")
@pytest.mark.parametrize("by", ["Ctrl+C", "SIGTERM"])
def test_open_serves_the_pages_and_nothing_else_of_the_disk(by: str, tmp_path: Path):
    """``promofix open`` starts JupyterLab on the guide, gives out exports alone; told to, it ends and says good-bye."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    night = tmp_path / "cases" / "night"
    export = night / "exports" / "now"
    export.mkdir(parents=True)
    for path in (export / "a b.txt", night / "case.db", tmp_path / "secret"):
        path.write_text("A Buyer", encoding="utf-8")
    (export / "link.txt").symlink_to(tmp_path / "secret")
    folders = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    folders["PROMOFIX_CASES"] = str(tmp_path / "cases")
    command = [sys.executable, "-m", "promofix_lib", "open", "--no-browser", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | folders,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_IGN),  # as a shell begins what runs behind it
        )
        try:
            token = _token(tmp_path / "log")

            def got(path: str, token: str = token, body: bytes | None = None) -> tuple[int, bytes]:
                asked = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", body)
                asked.add_header("Authorization", f"token {token}")
                try:
                    with urllib.request.urlopen(asked, timeout=30) as answer:
                        return answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    return error.code, b""

            status, shown = got("doc/tree/0_start_here.ipynb")
            config = json.loads(re.findall(rb'(?s)id="jupyter-config-data"[^>]*>(.*?)</script>', shown)[0])
            assert (status, config["appName"]) == (200, "JupyterLab")
            assert NEWS in config["disabledExtensions"], "no news of Jupyter, no update check: nothing leaves"
            names = {one["name"] for one in json.loads(got("api/contents/")[1])["content"]}
            assert names >= {"zh-CN", "6_follow_up.ipynb"}
            assert not names & {"data", "cases", "promofix_lib"}
            assert got("promofix/exports/night/exports/now/a%20b.txt") == (200, b"A Buyer")
            assert b"A Buyer" not in got("promofix/exports/night/exports/now/a%20b.txt", "wrong")[1]
            night_files = ("night/case.db", "night/exports/now/..%2f..%2fcase.db", "night/exports/now/link.txt")
            for place in (*night_files, "..%2fsecret", "night/exports/now"):
                assert got(f"promofix/exports/{place}")[0] in (403, 404), place
            begun = got("api/kernels", body=b"{}")
            assert begun[0] == 201  # a page that works prints nothing on the terminal
            _runs_encrypted(tmp_path / "JUPYTER_RUNTIME_DIR", json.loads(begun[1])["id"])
        finally:
            os.kill(running.pid, signal.SIGINT if by == "Ctrl+C" else signal.SIGTERM)
            assert running.wait(timeout=90) == 0
    said = _without_a_port_taken((tmp_path / "log").read_text(encoding="utf-8")).splitlines()
    assert said[-1] == "promofix has stopped. What you decided is saved."
    assert len(said) == 3, said  # the address, how to stop it, good-bye
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))  # nobody listens there any more


def _without_a_port_taken(log: str) -> str:
    """Jupyter chooses a kernel's ports before the kernel takes them: a test beside this one may be quicker, and is."""
    return re.sub(r"Exception in thread Heartbeat:\n(?:.*\n)+?.*Address already in use.*\n", "", log)


def _runs_encrypted(runtime: Path, kernel: str) -> None:
    """Where the installed Jupyter can: nobody else on the computer reads along between server and kernel."""
    place = runtime / f"kernel-{kernel}.json"
    if hasattr(KernelManager, "transport_encryption"):
        assert json.loads(place.read_text(encoding="utf-8"))["curve_publickey"]


def _token(log: Path) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if found := re.search(r"token=([0-9a-f]{20,})", log.read_text(encoding="utf-8", errors="replace")):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
