"""A real LibreOffice sorts the list that was handed out and saves it as everything; it is read back order by order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promofix_lib.case.case import Case
from promofix_lib.case.records import ExportRecord
from promofix_lib.export.handover import export
from promofix_lib.purge.search import Searcher, is_shut
from promofix_lib.returns.sheets import read_worked
from promofix_lib.returns.take_back import follow_up
from promofix_lib.status.status import status
from tests import status_case
from tests.handed_case import NOW, buyer, make_case, order_id
from tests.office.conftest import Office
from tests.status_case import LooseCase
from tests.worked_list import WorkedList

pytestmark = pytest.mark.office
ANSWERS = {order_id(3): "done", order_id(7): "problem", order_id(8): "not needed", order_id(10): "done"}


@pytest.fixture(scope="module", params=["filter", "toolbar"])
def worked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, office: Office) -> Path:
    """The folder with the list as it was saved, and the case beside it."""
    folder = tmp_path_factory.mktemp(request.param)
    done = export(make_case(folder / "case"), now=NOW)
    office("sort_list.py", done.folder / "buyers.xlsx", folder, json.dumps(ANSWERS), request.param)
    assert (folder / "worked-todo.csv").exists()  # a text file is named after its sheet
    return folder


@pytest.mark.parametrize("ending", ["xlsx", "ods", "xls", "csv"])
def test_a_list_sorted_and_saved_by_libreoffice_says_the_same(worked: Path, ending: str):
    """By the arrow in the heading and by the button: every answer is at its own order, and nothing is lost."""
    case = Case.open(worked / "case")
    (path,) = worked.glob(f"worked*.{ending}")
    seen = [line.order_id for line in next(iter(read_worked(path).lists.values()))]
    (record,) = case.journal.records(ExportRecord)
    assert seen != [order for order, _ in record.rows.values()]  # it was sorted
    result = follow_up(case, [path], now=NOW)
    assert (result.understood, result.not_understood, result.conflicts) == (len(seen), (), ())
    rows = status(case).rows
    assert {row.order_id: row.answer for row in rows if row.answer not in ("", "todo")} == {
        order: word.replace(" ", "_") for order, word in ANSWERS.items()
    }


@pytest.mark.parametrize("ending", ["xlsx", "ods", "xls"])
def test_a_buyer_is_found_in_a_list_saved_as_anything(worked: Path, ending: str):
    """A purge looks into the formats of before 2007, too."""
    (path,) = worked.glob(f"worked*.{ending}")
    assert Searcher({buyer(3)["buyer-name"]}).found_in(path)
    assert not Searcher({"Ada Nobody-0003"}).found_in(path)
    assert not is_shut(path)


@pytest.mark.parametrize("ending", ["xlsx", "ods", "xls"])
def test_a_list_saved_by_libreoffice_is_understood(office: Office, tmp_path: Path, ending: str):
    """Opened and saved by another program, it says the same."""
    case = LooseCase([status_case.line(number) for number in range(1, 13)])
    case.export()
    work = WorkedList(case.journal.records(ExportRecord)[-1])  # type: ignore[arg-type, type-var]
    path = work.answer(status_case.order_id(3), "done", note="grüß 完成").save(tmp_path / "worked.xlsx")
    office("save_as.py", path, tmp_path / f"saved.{ending}")
    before, after = (read_worked(one).lists["todo"] for one in (path, tmp_path / f"saved.{ending}"))
    assert [(one.order_id, one.cells) for one in after] == [(one.order_id, one.cells) for one in before]
