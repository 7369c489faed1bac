"""How many single changes of the code do the tests notice? An operator, a number or a condition turned round, one each.

    python benchmarks/mutants.py --count 400 --seed 1 [--room money …] [--minutes 30]

Each change is made in a copy; the tests of its room run until the first one fails. Those that no test notices are
listed with file and line. POSIX only (it forks, so that pandas is imported once).
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = {  # the fast tests of each room, the quickest first: a change is over with the first that fails
    "incident.py": ["test_incident.py", "test_rules.py"],
    "money.py": ["test_money.py", "test_status.py", "test_same_figures.py"],
    "status": ["test_triage.py", "test_status.py", "test_returns.py"],
    "account": ["test_account.py", "test_worklist.py", "test_cancel_rate.py", "test_recovery.py", "test_honour.py"],
    "finding": ["test_detection.py", "test_detection_planted.py", "test_baselines.py", "test_detection_real.py"],
    "export": [
        *("test_amazon_requests.py", "test_amazon_files.py", "test_mailmerge.py"),
        *("test_workbook.py", "test_handover.py", "test_evidence.py"),
    ],
}
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

    for node in ast.walk(_without_annotations(ast.parse(source))):
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
        elif isinstance(node, ast.If | ast.IfExp):
            test = node.test
            start, end = place(test.lineno, test.col_offset), place(test.end_lineno or 0, test.end_col_offset or 0)
            yield change(node, start, end, f"(not ({source[start:end].decode()}))")


def _without_annotations(tree: ast.Module) -> ast.Module:
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
    return tree


def noticed(change: Change, room: str) -> bool:
    """Whether a test of the room fails once the change is made."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for part in ("promofix_lib", "tests"):
            shutil.copytree(PROJECT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(PROJECT / "conftest.py", copy)
        for part in ("pyproject.toml", "data", "notebooks"):
            (copy / part).symlink_to(PROJECT / part)
        source = change.file.read_bytes()
        place = copy / change.file.relative_to(PROJECT)
        place.write_bytes(source[: change.start] + change.new.encode() + source[change.end :])
        child = os.fork()
        if not child:
            _test(copy, [str(place.relative_to(copy)), *_nearest_first(ROOMS[room], place)])
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def _nearest_first(tests: list[str], changed: Path) -> list[str]:
    """The tests that name the changed module before the others: most changes are over with them."""
    known = [PROJECT / "tests" / test for test in tests if (PROJECT / "tests" / test).exists()]
    named = re.compile(rf"\b{changed.stem} import|import {changed.stem}\b")
    known.sort(key=lambda test: not named.search(test.read_text(encoding="utf-8")))
    return [f"tests/{test.name}" for test in known]


def _test(copy: Path, tests: list[str]) -> None:
    import pytest  # here, so that what it rewrites is not imported yet

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.chdir(copy)
    sys.path[:] = [str(copy), *(place for place in sys.path if Path(place or ".").resolve() != PROJECT)]
    os._exit(int(pytest.main(["-x", "-q", "-m", "not long", *tests])))


def main() -> None:
    """Make the changes and say what was noticed."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--count", type=int, default=400)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--minutes", type=float, default=60)
    reader.add_argument("--room", nargs="*", default=list(ROOMS))
    asked = reader.parse_args()
    import matplotlib  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas  # noqa: F401

    found: list[tuple[Change, str]] = []
    for room in asked.room:
        home = PROJECT / "promofix_lib" / room
        files = [home] if home.is_file() else sorted(home.rglob("*.py"))
        found += [(change, room) for file in files for change in changes_of(file)]
    nothing = Change(found[0][0].file, 0, 0, 0, "", "")
    if noticed(nothing, found[0][1]):
        sys.exit("The tests fail without any change.")
    chosen = random.Random(asked.seed).sample(found, min(asked.count, len(found)))
    until = time.monotonic() + asked.minutes * 60
    tried, seen = 0, 0
    for change, room in chosen:
        if time.monotonic() > until:
            break
        tried += 1
        if noticed(change, room):
            seen += 1
        else:
            where = f"{change.file.relative_to(PROJECT)}:{change.line}"
            print(f"not noticed: {where}: {change.old.strip()!r} -> {change.new.strip()!r}", flush=True)
    share = f"{seen / max(tried, 1):.1%}"
    print(f"{seen} of {tried} changes noticed ({share}); {len(found):,} are possible, seed {asked.seed}")


if __name__ == "__main__":
    main()
