"""What only Windows has: its names, its 260 letters, its consoles; tried by its rules on every system."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import warnings
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from promofix_lib.file_names import is_plain_name, safe_file_name
from promofix_lib.places import PROJECT

NAMES = [
    "CON",
    "nul.txt",
    "Aux .txt",
    "com1.log",
    "LPT9",
    "COM¹.txt",
    "CONIN$",
    "a.txt.",
    "a.txt ",
    "a:b.txt",
    "C:a.txt",
]
NAMES += [
    "..\\..\\a.txt",
    "a/b/c.txt",
    "a\tb.txt",
    "a?*|<>.txt",
    "x" * 300 + ".txt",
    "报" * 300 + ".txt",
    "..",
    "~$a.xlsx",
    "\u3000a.txt",
    "a.txt.\u00a0",
    "x" * 50 + " " + "a" * 85 + ".txt",
    "报" * 30 + " " + "箱" * 62 + " a.txt",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_from_outside_becomes_one_that_windows_takes(name: str):
    """No device, no other folder, no letter that is not allowed, no dot or space at the end; its ending stays."""
    made = safe_file_name(name)
    assert PureWindowsPath(made).name == made == PurePosixPath(made).name
    with warnings.catch_warnings(action="ignore"):  # Python 3.13 asks for os.path.isreserved, which 3.11 has not
        assert not PureWindowsPath(made).is_reserved()
    assert not set(made) & set('<>:"/\\|?*\t')
    assert made == made.rstrip(". ")
    assert is_plain_name(made)
    assert not name.rstrip(". ").endswith(".txt") or made.endswith(".txt")


@pytest.mark.parametrize("name", [*NAMES[:11], "a/b", "a\\b", "..", "a\tb", "a?"])
def test_a_packed_file_or_a_case_can_have_no_such_name(name: str):
    """What one system would lay elsewhere, or not at all, is refused on every system."""
    assert not is_plain_name(name)


def test_the_longest_path_stays_under_260_letters():
    """A case with the longest name in the Downloads of a seller, the longest report in it."""
    cases = PureWindowsPath("C:/Users/some seller/Downloads/promofix-main/data/cases")
    report = safe_file_name("x" * 300 + ".txt")
    assert len(str(cases / ("n" * 80) / "reports" / report)) < 260
    assert len(str(cases / ("n" * 80) / "exports/2026-11-23T071502-2/message-template-right-to-left.docx")) < 260


@pytest.mark.parametrize(
    ("console", "command"),
    [
        ("cp1252", ["-m", "promofix_lib", "--help"]),
        ("cp936", ["-m", "promofix_lib", "--help"]),
        ("cp1252", ["-c", "from promofix_lib.app.bootstrap import _say; _say('done')"]),
    ],
)
def test_any_console_can_be_spoken_to_in_chinese(console: str, command: list[str]):
    """Letters that it does not have raise nothing, before and after set-up."""
    surroundings = {**os.environ, "PYTHONIOENCODING": console, "PROMOFIX_LANGUAGE": "zh-CN", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, *command], env=surroundings, capture_output=True, cwd=PROJECT)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


def test_nothing_is_imported_that_one_system_alone_has():
    """No fcntl, no termios, no winreg: what differs is asked for by `os.name` inside Python's own modules."""
    alone = {"fcntl", "termios", "pwd", "grp", "resource", "pty", "msvcrt", "winreg", "_winapi"}
    for path in sorted((PROJECT / "promofix_lib").rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        names = {name.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for name in node.names}
        names |= {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
        assert not names & alone, path


def test_every_text_file_is_opened_with_its_encoding():
    """Windows would take the console's: a Chinese name would not come back as it went."""
    ruff = [sys.executable, "-m", "ruff", "check", "--quiet", "--preview", "--isolated", "--select", "PLW1514"]
    assert subprocess.run([*ruff, "promofix_lib"], cwd=PROJECT, capture_output=True, text=True).stdout == ""
