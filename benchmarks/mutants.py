"""How many single changes of the code do the tests notice? An operator, a number or a condition turned round, one each.

    python benchmarks/mutants.py --count 400 --seed 1 [--room money.py …] [--minutes 30] [--touched FILE]

First all tests run once (but for browser and office), and it is written down which test calls which function; what is
prepared for one test of a file is prepared for all of them. Then each change is made in a copy, where the tests that
call its function run until the first one fails, the quickest first. One that never ends is noticed, too. Those that no
test notices are listed with file and line. POSIX only (it forks, so that pandas is imported once).
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = ("incident.py", "money.py", "status", "account", "finding", "export")
SECONDS = 90.0  # of tests for one change
PATIENCE = 5  # a change after which they take so many times longer has been noticed
BYTES = 6 << 30  # … or one that wants more memory
FEW = 40  # tests that run first, by themselves: to collect all of them takes longer than most changes need
COMPARED = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
COMPARED |= {ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in"}
WORKED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.BitAnd: "|", ast.BitOr: "&", ast.FloorDiv: "*"}


@dataclass(frozen=True)
class Change:
    """One change: the text between two places of a file becomes another."""

    file: Path
    line: int
    start: int
    end: int
    new: str
    old: str


def changes_of(file: Path) -> Iterator[Change]:
    """Every single change that can be made to a file."""
    source = file.read_bytes()
    starts = [0]
    for row in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))

    def place(row: int, column: int) -> int:
        return starts[row - 1] + column

    def change(first: ast.AST, start: int, end: int, new: str) -> Change:
        return Change(file, getattr(first, "lineno", 0), start, end, new, source[start:end].decode())

    for node in ast.walk(_what_works(ast.parse(source))):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARED:
            left, right = node.left, node.comparators[0]
            start, end = place(left.end_lineno or 0, left.end_col_offset or 0), place(right.lineno, right.col_offset)
            if b"(" not in source[start:end] and b")" not in source[start:end]:
                yield change(node, start, end, f" {COMPARED[type(node.ops[0])]} ")
        elif isinstance(node, ast.BinOp) and type(node.op) in WORKED:
            start = place(node.left.end_lineno or 0, node.left.end_col_offset or 0)
            end = place(node.right.lineno, node.right.col_offset)
            if not set(b"()") & set(source[start:end]):
                yield change(node, start, end, f" {WORKED[type(node.op)]} ")
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
            start, end = place(node.lineno, node.col_offset), place(node.end_lineno or 0, node.end_col_offset or 0)
            yield change(node, start, end, str(not node.value if isinstance(node.value, bool) else node.value + 1))
        elif isinstance(node, ast.If | ast.IfExp) and (test := node.test) and ast.unparse(test) != "TYPE_CHECKING":
            start, end = place(test.lineno, test.col_offset), place(test.end_lineno or 0, test.end_col_offset or 0)
            yield change(node, start, end, f"(not ({source[start:end].decode()}))")


def _what_works(tree: ast.Module) -> ast.Module:
    """Without annotations and decorators, which do nothing at run time that a test should notice."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            node.decorator_list = []
            for argument in [*node.args.args, *node.args.kwonlyargs]:
                argument.annotation = None
        elif isinstance(node, ast.ClassDef):
            node.decorator_list = []
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant("")
            ast.copy_location(node.annotation, node)
        elif isinstance(node, ast.Call):  # `strict` says what is so anyway, `copy` what it costs
            node.keywords = [one for one in node.keywords if one.arg not in ("strict", "copy")]
    return tree


class Touched:
    """A plugin of pytest: which test calls which functions of promofix, and how long it takes."""

    def __init__(self, copy: Path) -> None:
        self.home = f"{copy / 'promofix_lib'}{os.sep}"
        self.tests: dict[str, dict[str, Any]] = {}
        self.prepared: dict[str, set[str]] = {}
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test that fails where nothing is changed notices nothing."""
        if report.failed:
            self.failed.add(report.nodeid)

    def pytest_runtest_setup(self, item: Any) -> Iterator[Any]:
        """Watch what is prepared for a test, which may be kept for the others of its file."""
        with self._watching(self.prepared.setdefault(item.nodeid.split("::")[0], set())):
            return (yield)

    def pytest_runtest_call(self, item: Any) -> Iterator[Any]:
        """Watch the calls of one test."""
        begun, seen = time.monotonic(), set[str]()
        try:
            with self._watching(seen):
                return (yield)
        finally:
            self.tests[item.nodeid] = {"seconds": time.monotonic() - begun, "functions": seen}

    @contextmanager
    def _watching(self, seen: set[str]) -> Iterator[None]:
        codes: set[Any] = set()

        def called(frame: Any, _event: str, _argument: Any) -> None:
            codes.add(frame.f_code)

        threading.settrace(called)
        sys.settrace(called)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            ours = (code for code in codes if code.co_filename.startswith(self.home))
            seen |= {f"{code.co_filename.removeprefix(self.home)}:{code.co_firstlineno}" for code in ours}

    def passed(self) -> dict[str, Any]:
        """Test → its seconds and functions, those of what was prepared among them."""
        return {
            test: facts | {"functions": sorted(facts["functions"] | self.prepared[test.split("::")[0]])}
            for test, facts in self.tests.items()
            if test not in self.failed
        }


def watched(file: Path) -> dict[str, Any]:
    """Test → its seconds and the functions that it calls; kept in ``file`` for the next time."""
    if not file.exists():

        def run(copy: Path) -> int:
            import pytest  # here, so that what it rewrites is not imported yet

            for hook in ("pytest_runtest_setup", "pytest_runtest_call"):
                setattr(Touched, hook, pytest.hookimpl(wrapper=True)(getattr(Touched, hook)))
            plugin = Touched(copy)
            pytest.main(["-q", "-p", "no:xdist", "--ignore=tests/browser", "--ignore=tests/office"], [plugin])
            file.write_text(json.dumps({"passed": plugin.passed(), "failed": sorted(plugin.failed)}), encoding="utf-8")
            return 0

        if _in_a_copy(run, 3600):
            sys.exit("The tests could not be run.")
    found = json.loads(file.read_text(encoding="utf-8"))
    for test in found["failed"]:
        print(f"left out, for it fails without any change: {test}")
    return dict(found["passed"])


def tests_of(change: Change, tests: dict[str, Any]) -> list[str]:
    """Tests that call the changed function, the quickest first, and after them others that touch its file."""
    file = change.file.relative_to(PROJECT / "promofix_lib").as_posix()
    functions = [
        (node.lineno, min([node.lineno, *(one.lineno for one in node.decorator_list)]))
        for node in ast.walk(ast.parse(change.file.read_bytes()))
        if isinstance(node, ast.FunctionDef) and node.lineno <= change.line <= (node.end_lineno or 0)
    ]
    own = f"{file}:{max(functions)[1]}" if functions else ""
    touching = {
        test: one for test, one in tests.items() if any(name.startswith(f"{file}:") for name in one["functions"])
    }
    left, chosen = SECONDS, []
    for test, one in sorted(
        touching.items(), key=lambda named: (own not in named[1]["functions"], named[1]["seconds"])
    ):
        left -= one["seconds"]
        if left < 0:
            break
        chosen.append(test)
    return chosen


def noticed(change: Change, tests: dict[str, Any]) -> bool:
    """Whether one of the tests that touch it fails once the change is made."""

    def run(some: list[str], copy: Path) -> int:
        import pytest

        place = copy / change.file.relative_to(PROJECT)
        source = change.file.read_bytes()
        place.write_bytes(source[: change.start] + change.new.encode() + source[change.end :])
        return int(pytest.main(["-x", "-q", "-p", "no:xdist", "-o", "cache_dir=cache", *some]))

    chosen = tests_of(change, tests)
    parts = [some for some in (chosen[:FEW], chosen[FEW:]) if some]
    usual = [SECONDS / 3 + sum(tests[name]["seconds"] for name in some) for some in parts]
    return any(_in_a_copy(partial(run, some), PATIENCE * long) for some, long in zip(parts, usual, strict=True))


def _in_a_copy(run: Callable[[Path], int], seconds: float) -> bool:
    """Whether ``run``, in a process of its own and beside a copy of the project, fails or takes too much."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name).resolve()
        for part in ("promofix_lib", "tests", "conftest.py", "pyproject.toml"):
            home = PROJECT / part
            if home.is_dir():
                shutil.copytree(home, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(home, copy)
        for home in PROJECT.iterdir():
            if not (copy / home.name).exists():
                (copy / home.name).symlink_to(home)
        child = os.fork()
        if not child:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
            quiet = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(quiet, stream)
            os.chdir(copy)
            sys.path[:] = [str(copy), *(place for place in sys.path if Path(place or ".").resolve() != PROJECT)]
            code = 1
            try:
                code = run(copy)
            finally:
                os._exit(code)
        until = time.monotonic() + seconds
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if time.monotonic() > until:
                os.killpg(child, signal.SIGKILL)
            time.sleep(0.02)
        return os.waitstatus_to_exitcode(ended[1]) != 0


def main() -> None:
    """Make the changes and say what was noticed."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--count", type=int, default=400)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--minutes", type=float, default=60)
    reader.add_argument("--room", nargs="*", default=list(ROOMS))
    reader.add_argument("--touched", type=Path, help="where it is kept which test calls which function")
    asked = reader.parse_args()
    os.environ["PROMOFIX_EACH_ANEW"] = "yes"  # what a case asks is worked out in each test, as `once` in conftest.py
    import matplotlib  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas  # noqa: F401

    found: list[Change] = []
    for room in asked.room:
        home = PROJECT / "promofix_lib" / room
        files = [home] if home.is_file() else sorted(home.rglob("*.py"))
        found += [change for file in files for change in changes_of(file)]
    with tempfile.TemporaryDirectory() as folder:
        tests = watched((asked.touched or Path(folder) / "touched.json").resolve())
    chosen = random.Random(asked.seed).sample(found, min(asked.count, len(found)))
    nothing = [replace(change, new=change.old) for change in chosen[:1]]
    if any(noticed(change, tests) for change in nothing):
        sys.exit("The tests fail without any change.")
    until = time.monotonic() + asked.minutes * 60
    tried, seen = 0, 0
    for change in chosen:
        if time.monotonic() > until:
            break
        tried += 1
        if noticed(change, tests):
            seen += 1
        else:
            where = f"{change.file.relative_to(PROJECT)}:{change.line}"
            print(f"not noticed: {where}: {change.old.strip()!r} -> {change.new.strip()!r}", flush=True)
    share = f"{seen / max(tried, 1):.1%}"
    print(f"{seen} of {tried} changes noticed ({share}); {len(found):,} are possible, seed {asked.seed}")


if __name__ == "__main__":
    main()
