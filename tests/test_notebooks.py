"""The notebooks guide: they run in order, headless, on any case; cells only call; two languages, one code."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.case.case import Case
from promofix_lib.places import sample_reports
from promofix_lib.status.status import status
from promofix_lib.widgets.html import PAGES
from tests.made_sample import make_sample

PROJECT = Path(__file__).parent.parent
ENGLISH = sorted((PROJECT / "notebooks").glob("*.ipynb"))
CHINESE = sorted((PROJECT / "notebooks" / "zh-CN").glob("*.ipynb"))
NOTEBOOKS = [*ENGLISH, *CHINESE]
NAMES = [f"{path.parent.name}-{path.stem}" for path in NOTEBOOKS]

ANEW = """from ipywidgets import Widget
Widget.close_all()
for name in get_ipython().user_ns.keys() - get_ipython().user_ns_hidden.keys():
    del get_ipython().user_ns[name]"""
"""No name is defined and no widget is left, as in a new kernel."""


@cache
def read(path: Path) -> Any:
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type] # a grammar that takes seconds, for nothing
    import nbformat

    return nbformat.read(path, as_version=4)


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == kind]


def sources(folder: Path, pages: list[Path]) -> list[str]:
    """Cells of pages run one after the other on one case; each begins as in its own kernel."""
    code = [source for path in pages for source in (ANEW, *(cell.source for cell in cells(path, "code")))]
    return [f"%env PROMOFIX_CASES={folder}", *code]


def test_there_are_eight_pages_in_each_language():
    """One notebook for each step of the work, in order, under the same names."""
    assert [path.stem for path in ENGLISH] == [path.stem for path in CHINESE] == list(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_hold_the_same_code(name: str):
    """The Chinese page differs from the English one in its words only."""
    pages = [read(PROJECT / "notebooks" / folder / f"{name}.ipynb") for folder in ("", "zh-CN")]
    english, chinese = ([(cell.cell_type, cell.id) for cell in page.cells] for page in pages)
    assert english == chinese
    one, other = ([cell.source for cell in page.cells if cell.cell_type == "code"] for page in pages)
    assert one == other
    words = "".join(cell.source for cell in pages[1].cells if cell.cell_type == "markdown")
    assert len(re.findall("[\u4e00-\u9fff]", words)) > 80


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_cells_call_and_do_not_define(path: Path):
    """At most a dozen cells, code of one to four lines, nothing defined, no loop, no case's name, nothing to edit."""
    notebook = read(path)
    assert len(notebook.cells) <= 12
    kinds = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.Lambda, ast.With)
    for cell in cells(path, "code"):
        assert len(cell.source.splitlines()) <= 4, cell.source
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)], cell.source
        assert not cell.outputs
        assert cell.execution_count is None
    first, begins = cells(path, "code")[0].source.split("\n\n")
    assert first.startswith("from promofix_lib import ")
    assert len(first.splitlines()) == 1
    alone = {"0": "StartDesk()", "7": "AccountsDesk()"}
    assert begins == alone.get(path.stem[0], "case = Case.open()\nPageHead(case)")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_links_lead_on_and_back(path: Path):
    """Each notebook links to the one before and the one after, and every link leads to a file that is there."""
    text = "\n".join(cell.source for cell in cells(path, "markdown"))
    linked = {part.split(")")[0] for part in text.split("](")[1:]}
    place = PAGES.index(path.stem)
    around = {PAGES[max(place - 1, 0)], PAGES[min(place + 1, 7)]} - {path.stem}
    assert {f"{name}.ipynb" for name in around} <= linked
    assert [target for target in linked if not (path.parent / target).exists()] == []


# -- run -------------------------------------------------------------------------------------------------------------


def sample(case: Case) -> None:
    """The sample as it comes."""
    case.add_reports(sample_reports())


def without_an_incident(case: Case) -> None:
    """One quiet order."""
    case.add_report("orders.txt", _report([("111-0000001-0000001", "Unshipped", "")]))


def everything_cancelled(case: Case) -> None:
    """A night of which nothing is left to cancel."""
    usual = [(f"111-00001{n:02d}-0000001", "Shipped", "") for n in range(9)]
    wrong = [(f"111-00000{n:02d}-0000001", "Cancelled", "P") for n in range(9)]
    case.add_report("orders.txt", _report([*usual, *wrong]))


def _report(orders: list[tuple[str, str, str]]) -> bytes:
    head = (
        "amazon-order-id purchase-date order-status fulfillment-channel sales-channel sku quantity currency item-price "
        "item-promotion-discount promotion-ids"
    )
    lines = ["\t".join(head.split())]
    for n, (order_id, state, promotion) in enumerate(orders):
        discount = "57.99" if promotion else "0"
        moment = f"2026-11-{20 if promotion else 10 + n % 9}T0{n % 9}:00:00+00:00"
        lines.append(
            "\t".join(
                (order_id, moment, state, "Merchant", "Amazon.com", "S", "1", "USD", "58.99", discount, promotion)
            )
        )
    return "\r\n".join([*lines, ""]).encode()


def nothing(_case: Case) -> None:
    """No report at all."""


CASES = [sample, nothing, without_an_incident, everything_cancelled]


@pytest.fixture(scope="module")
def all_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Any, tuple[Case, list[Any]]]]:
    """By kind of case, all pages run in order in one kernel, the sample's twice: the case, and each output."""
    import nbformat
    from nbclient import NotebookClient

    cases, parts = {}, {}
    with pytest.MonkeyPatch.context() as patch:
        known = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(known))
        for make in CASES:
            folder = tmp_path_factory.mktemp("cases")
            patch.setenv("PROMOFIX_CASES", str(folder))
            cases[make] = Case.choose("night")
            make(cases[make])
            code = sources(folder, ENGLISH * 2 if make is sample else ENGLISH)
            parts[make] = [nbformat.v4.new_code_cell(source) for source in code]
        notebook = nbformat.v4.new_notebook(cells=[cell for part in parts.values() for cell in part])
        where = {"metadata": {"path": str(PROJECT / "notebooks")}}
        NotebookClient(notebook, timeout=180, resources=where, allow_errors=True).execute()
        yield {
            make: (cases[make], [output for cell in part for output in cell.outputs]) for make, part in parts.items()
        }


@pytest.fixture(params=CASES, ids=[case.__name__ for case in CASES])
def pages_run(request: Any, all_run: dict[Any, tuple[Case, list[Any]]]) -> tuple[Case, list[Any]]:
    """The case of one kind, and each output of the pages."""
    return all_run[request.param]


def test_no_page_is_ever_red(pages_run: tuple[Case, list[Any]]):
    """Run All on the sample, twice, on an empty case, without an incident, with everything cancelled: no error."""
    outputs = pages_run[1]
    assert [output["evalue"] for output in outputs if output["output_type"] == "error"] == []
    assert [
        output["text"] for output in outputs if output.get("name") == "stderr" and "Warning" in output["text"]
    ] == []
    assert sum(output["output_type"] in ("execute_result", "display_data") for output in outputs) >= 20


def test_what_is_saved_with_a_page_names_nobody(pages_run: tuple[Case, list[Any]]):
    """The outputs that a page keeps hold one plain line for each widget, no order and no buyer."""
    case, outputs = pages_run
    saved = "\n".join(str(output.get("data", output)) for output in outputs)
    assert not re.search(r"\d{3}-\d{7}-\d{7}|@", saved)
    if case.reports and "buyer_name" in case.orders:
        assert not [name for name in case.orders["buyer_name"].dropna() if name in saved]


def test_running_all_again_decides_nothing(pages_run: tuple[Case, list[Any]]):
    """The pages take what is found and decide nothing in the seller's place; the sample holds its 300 orders."""
    case = Case.open(pages_run[0].folder)
    assert case.decisions.done == []
    if len(case.reports) == len(sample_reports()):
        assert sorted(status(case).order_ids) == sorted(make_sample().truth["order_ids"])
