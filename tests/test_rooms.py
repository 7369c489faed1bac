"""Every line has a room: imports go one way, and each outside package has one."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "promofix_lib"

# From facts to hands; a module may import from modules of its own row and of the rows above.
ROWS = (
    ("errors", "amounts", "say", "plain"),
    ("marketplaces", "file_names", "places", "rules", "orders", "as_csv", "as_html"),
    ("filters", "reports"),
    ("money", "incident"),
    ("finding",),
    ("case",),
    ("status",),
    ("account",),
    ("letters",),
    ("charts",),
    ("export",),
    ("returns", "purge"),
    ("fleet",),
    ("widgets",),
    ("app",),
    ("__main__", "__init__"),
)
HOMES = {"matplotlib": {"charts"}, "ipywidgets": {"widgets"}, "anywidget": {"widgets"}, "openpyxl": {"export"}}
HOMES |= {"xlsxwriter": {"export"}, "jinja2": {"as_html"}}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def row(name: str) -> int:
    found = [number for number, names in enumerate(ROWS) if name in names]
    assert found, f"{name} has no place in the order of rooms: add it to ROWS and to CONTRIBUTING.md"
    return found[0]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path):
    """A room imports only from rooms above it."""
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "promofix_lib":
            assert len(parts) > 1 or path.name == "__main__.py", f"{path.name} imports from promofix_lib itself"
            assert row(parts[1]) <= row(room(path)), f"{room(path)} imports {parts[1]}, which comes after it"


@cache
def borrowed(module: str) -> set[str]:
    """Names that a module of ours has from another one, or that a package only hands on."""
    path = PACKAGE.parent / f"{module.replace('.', '/')}.py"
    tree = ast.parse((path if path.exists() else path.with_suffix("") / "__init__.py").read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_name_comes_from_the_module_that_defines_it(path: Path):
    """Whoever looks for a name finds it where the import says."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("promofix_lib."):
            names = {alias.name for alias in node.names}
            assert not names & borrowed(node.module), f"{node.module} does not define {names & borrowed(node.module)}"


@pytest.mark.parametrize("package", sorted(HOMES))
def test_each_outside_package_has_one_room(package: str):
    """Matplotlib lives in charts, widgets in widgets, openpyxl in the workbook."""
    users = {room(path) for path in modules() if any(name.split(".")[0] == package for name in imported(path))}
    assert users <= HOMES[package]


def test_nothing_heavy_is_imported_before_it_is_needed():
    """``python -m promofix_lib`` starts on a bare Python: these modules use the standard library only."""
    for name in ("__init__", "__main__", "app/__init__", "app/bootstrap", "places", "file_names", "errors"):
        outside = {module.split(".")[0] for module in imported(PACKAGE / f"{name}.py")} - {"promofix_lib"}
        assert outside <= set(__import__("sys").stdlib_module_names), name


def test_an_empty_case_opens_without_what_reads_and_finds(tmp_path: Path):
    """A notebook's first cell waits for pandas and little more: readers and finder come when a report is there."""
    opens = f"from promofix_lib import Case; Case.open(__import__('pathlib').Path({str(tmp_path / 'case')!r}))"
    code = f"{opens}; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    heavy = ("promofix_lib.reports.", "promofix_lib.finding.search", "promofix_lib.status.", "matplotlib", "ipywidgets")
    assert [name for name in done.stdout.split() if name.startswith(heavy)] == []
