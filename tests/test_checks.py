"""`promofix test`: what it runs, and what it says of what it could not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.app import checks as app_checks
from promofix_lib.app.cli import run
from tests import checks


class Ran:
    """Stands in for every command that would be run; the tests say one thing that could not be checked."""

    def __init__(self, failing: str = "") -> None:
        self.commands: list[str] = []
        self.failing = failing

    def run(self, command: list[str], env: dict[str, str] | None = None, **_: Any) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run`."""
        text = " ".join(command)
        self.commands.append(text)
        if env and "pytest" in text:
            with Path(env["PROMOFIX_NOT_CHECKED"]).open("a", encoding="utf-8") as file:
                file.write("not checked here (3 tests): no browser\n")
        return subprocess.CompletedProcess(command, int(bool(self.failing) and self.failing in text))

    def Popen(self, command: list[str], **_: Any) -> Ran:  # noqa: N802 - as in subprocess
        """As `subprocess.Popen`."""
        self.commands.append(" ".join(command))
        return self

    def communicate(self) -> tuple[bytes, None]:
        """Nothing was printed."""
        return b"", None

    returncode, PIPE, STDOUT = 0, -1, -2


def test_everything_runs_and_what_could_not_be_checked_stands_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Format, lint, types, tests; each thing that is missing here in one line, once."""
    ran = Ran()
    monkeypatch.setattr(checks, "subprocess", ran)
    assert checks.run_all() == 0
    for part in ("ruff format --check", "ruff check", "mypy", "pytest"):
        assert sum(part in command for command in ran.commands) == 1, part
    assert capsys.readouterr().out == "not checked here (3 tests): no browser\n"


def test_the_long_run_tries_other_versions_and_says_which_it_could_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """The lowest versions, every other Python that is here, the long tests; what failed is named, status 1."""
    ran = Ran(failing="-m long or hypothesis")
    monkeypatch.setattr(checks, "subprocess", ran)
    monkeypatch.setattr(checks, "_found", lambda version: "" if version == "3.14" else f"python{version}")
    assert checks.run_all(5) == 1
    assert sum("--resolution lowest-direct" in command for command in ran.commands) == 1
    assert sum("--ignore=tests/browser" in command for command in ran.commands) == 3
    said = capsys.readouterr()
    assert said.out.count("not checked here (3 tests): no browser") == 1
    assert "not checked here (Python 3.14): no Python 3.14 is on this machine" in said.out
    assert said.err == "promofix test: failed: long tests\n"


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        (["test"], "-m tests.checks 0"),
        (["test", "--long", "5"], "-m tests.checks 5.0"),
        (["test", "--long"], "-m tests.checks 90"),
        (["test", "tests/test_orders.py", "-q"], "-m pytest tests/test_orders.py -q"),
    ],
)
def test_in_a_clone_the_checks_beside_the_tests_are_run(
    typed: list[str], command: str, monkeypatch: pytest.MonkeyPatch
):
    """All of them, with minutes for the long ones, or pytest alone; what they say is the exit status."""
    ran = Ran(failing="checks 5.0")
    monkeypatch.setattr(app_checks, "subprocess", ran)
    assert run(typed) == int("5" in typed)
    assert [one.removeprefix(f"{sys.executable} ") for one in ran.commands] == [command]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_from_a_wheel_the_examples_are_tried_as_they_are_written(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """In English, with the dots that stand for the rest; the answer is said in the seller's language."""
    for name in ("places", "say"):
        (tmp_path / "promofix_lib").mkdir(exist_ok=True)
        (tmp_path / "promofix_lib" / f"{name}.py").touch()
    monkeypatch.setattr(app_checks, "PROJECT", tmp_path)
    assert run(["test", "--language", language]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert re.search({"en": "^Checked: [1-9].* 0 failed", "zh-CN": "^已检查文档中的 [1-9].*0 个失败"}[language], said)
