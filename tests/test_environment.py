"""Set-up: the two ways to install promofix ask for the same, and no file names a registry."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

PROJECT = Path(__file__).parent.parent
CONDA_NAMES = {"tzdata": "python-tzdata"}  # conda's "tzdata" is the system's own table


def requirements() -> list[Requirement]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in project["dependencies"]]


def conda() -> list[object]:
    found: list[object] = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    return found


def test_conda_and_pip_install_the_same():
    """environment.yml lists the dependencies of pyproject.toml, with the same lowest versions."""
    wanted = {f"{CONDA_NAMES.get(item.name, item.name)}{item.specifier}" for item in requirements()}
    listed = {item for item in conda() if isinstance(item, str)} - {"pip", "python>=3.11"}
    assert listed == wanted


def test_conda_installs_the_clone_itself_last():
    """The environment ends with the clone, editable, so notebooks and package are one."""
    assert conda()[-1] == {"pip": ["-e ."]}


def test_python_version_is_the_same_everywhere():
    """pyproject.toml, environment.yml and the linter speak of one Python."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'requires-python = ">=3.11"' in text
    assert 'target-version = "py311"' in text
    assert "python>=3.11" in conda()


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a git clone")
    return [PROJECT / name for name in listed.stdout.decode().split("\0") if name and (PROJECT / name).is_file()]


def test_no_file_names_a_registry():
    """Where packages come from is the machine's business: no file of ours names a host of a registry."""
    hosts = re.compile(rb"pypi\.(org|python)|pythonhosted|registry\.npmjs|npmjs\.(org|com)|deb\.debian|conda\.anaconda")
    own = Path(__file__).resolve()
    named = [path.name for path in tracked_files() if path.resolve() != own and hosts.search(path.read_bytes())]
    assert named == []


def test_no_notebook_keeps_what_it_printed():
    """Outputs, execution counts and widget state would hold buyers' names and addresses."""
    for path in tracked_files():
        if path.suffix == ".ipynb":
            notebook = json.loads(path.read_text(encoding="utf-8"))
            kept = [cell for cell in notebook["cells"] if cell.get("outputs") or cell.get("execution_count")]
            assert not kept, path.name
            assert "widgets" not in notebook["metadata"], path.name


def test_buyers_never_enter_the_repository():
    """Cases are ignored by git."""
    assert "data/cases/" in (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert not [path for path in tracked_files() if path.is_relative_to(PROJECT / "data" / "cases")]
