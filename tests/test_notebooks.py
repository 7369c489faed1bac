"""The notebooks guide: they run in order, twice, headless; cells call and never define."""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from promofix_lib.case.case import Case
from tests.made_sample import make_sample

PROJECT = Path(__file__).parent.parent
NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]


def cells(path: Path, kind: str) -> list[Any]:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def run(path: Path) -> list[Any]:
    """The outputs of a notebook, run beside its own folder as a seller would; it stops at the first error."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(path.parent)}})
    with contextlib.suppress(CellExecutionError):
        client.execute()
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_there_are_seven_steps():
    """One notebook for each step of the work, in order."""
    assert [name[0] for name in NAMES] == list("0123456")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_cells_call_and_do_not_define(path: Path):
    """Ten to sixteen cells, code of one to four lines, nothing defined, no loop: that belongs into the library."""
    notebook = nbformat.read(path, as_version=4)
    assert 10 <= len(notebook.cells) <= 16
    kinds = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.Lambda, ast.With)
    for cell in cells(path, "code"):
        assert len(cell.source.splitlines()) <= 4, cell.source
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)], cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_the_seller_edits_one_cell(path: Path):
    """The parameters stand in one tagged cell right after the title; the imports are one line."""
    notebook = nbformat.read(path, as_version=4)
    tagged = [n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", [])]
    assert tagged == [1]
    assert 'case_name = "sample"' in notebook.cells[1].source
    assert notebook.cells[2].source.startswith("from promofix_lib import ")
    assert len(notebook.cells[2].source.splitlines()) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_links_lead_on_and_back(path: Path):
    """Each notebook names what is needed, what one gets, how long it takes, and links to notebooks that are there."""
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    assert all(word in text for word in ("**You need**", "**You get**", "**Takes**", "## Check"))
    linked = {part.split(")")[0] for part in text.split("](")[1:]}
    place = NAMES.index(path.stem)
    assert {path.name for path in (NOTEBOOKS[max(place - 1, 0)], NOTEBOOKS[min(place + 1, 6)])} - {path.name} <= linked
    assert {target for target in linked if target.endswith(".ipynb")} <= {other.name for other in NOTEBOOKS}


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, list[Any]]]]:
    """Every notebook run in order, and all of them again, on one folder of cases: the folder and the outputs."""
    folder = tmp_path_factory.mktemp("cases")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROMOFIX_CASES", str(folder))
        known = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(known))
        yield folder, {f"{path.stem} {time}": run(path) for time in ("first", "again") for path in NOTEBOOKS}


@pytest.mark.parametrize("time", ["first", "again"])
@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_runs_headless_in_order_twice(rounds: tuple[Path, dict[str, list[Any]]], name: str, time: str):
    """On the sample case, top to bottom, without an error or a warning."""
    outputs = rounds[1][f"{name} {time}"]
    assert [output["evalue"] for output in outputs if output["output_type"] == "error"] == []
    assert [
        output["text"] for output in outputs if output.get("name") == "stderr" and "Warning" in output["text"]
    ] == []


def test_running_all_again_changed_nothing(rounds: tuple[Path, dict[str, list[Any]]]):
    """After two rounds the case holds the incident, all 300 orders, and one decision: that this is the mistake."""
    case = Case.open(rounds[0] / "sample")
    assert [decision.action for decision in case.decisions.done] == ["incident"]
    assert sorted(case.orders.loc[case.chosen(), "order_id"]) == sorted(make_sample().truth["order_ids"])
