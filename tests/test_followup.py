"""What comes back: the assistant's sheet, Amazon's answer, newer reports; and what is left to do."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError, ExportError, ReportError
from promofix_lib.export.cancellation import Cancellation
from promofix_lib.export.handover import export
from promofix_lib.export.handover.parts import PARTS, cancellations, evidence
from promofix_lib.export.handover.record import ExportRecord, read_records
from promofix_lib.orders import item_keys
from promofix_lib.purge import find_traces, purge
from promofix_lib.reports import FeedError, ProcessingReport
from promofix_lib.returns import (
    failed_keys,
    next_round,
    table_of_truth,
    take_back_processing_report,
    take_back_sheet,
    upload_again,
)
from promofix_lib.returns.returns import read_returns
from promofix_lib.returns.todo_sheet import read_worked_sheet
from promofix_lib.returns.uploads import match_upload
from tests.handed_case import NIGHT, NOW, all_orders, buyer, line, make_case, new_orders, order_id, usual, victims
from tests.made_sample import make_sample

FAST = tuple(part for part in PARTS if part is not evidence)
LATER = NOW + timedelta(days=2)


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case whose twelve orders were handed over once; made one time for all tests."""
    folder = tmp_path_factory.mktemp("handed") / "case"
    export(make_case(folder), now=NOW, parts=FAST)
    return folder


@pytest.fixture
def case(handed: Path, tmp_path: Path) -> Case:
    """A copy of it that a test may change."""
    shutil.copytree(handed, tmp_path / "case")
    return Case.open(tmp_path / "case", clock=lambda: NOW)


def workbook(case: Case, change: Callable[[Any], None], name: str = "worked.xlsx") -> Path:
    """The exported workbook after somebody worked on its to-do sheet."""
    book = openpyxl.load_workbook(case.exports[-1] / "buyers.xlsx")
    change(book)
    path = case.folder.parent / name
    book.save(path)
    return path


def places(sheet: Any) -> tuple[int, dict[str, int]]:
    """Row of the hidden names, and the column of each."""
    for row in sheet.iter_rows(max_row=20):
        names = {cell.value: cell.column for cell in row if cell.value}
        if {"status", "order_id", "item_keys"} <= names.keys():
            return row[0].row, names
    raise AssertionError("no hidden names")


def row_of(sheet: Any, number: int) -> int:
    """Row of an order."""
    _, names = places(sheet)
    return next(
        cell.row
        for (cell,) in sheet.iter_rows(min_col=names["order_id"], max_col=names["order_id"])
        if cell.value == order_id(number)
    )


def put(sheet: Any, number: int, name: str, value: object) -> None:
    """Write into the cell of an order."""
    sheet.cell(row_of(sheet, number), places(sheet)[1][name], value)


def statuses(path: Path) -> dict[str, str]:
    """What the sheet says, by order."""
    return {answer.order_id: answer.status for answer in read_worked_sheet(path).answers}


# -- the assistant's sheet -----------------------------------------------------------------------------------------


def test_statuses_and_notes_are_read_back(case: Case) -> None:
    """Done, problem with a note, and the rest still to do; kept in the case."""

    def work(book: Any) -> None:
        put(book["todo"], 1, "status", "done")
        put(book["todo"], 2, "status", "problem")
        put(book["todo"], 2, "note", "button is grey")

    sheet = take_back_sheet(case, workbook(case, work), now=LATER)
    told = {answer.order_id: (answer.status, answer.note) for answer in sheet.answers}
    assert (told[order_id(1)], told[order_id(2)], told[order_id(3)]) == (
        ("done", ""),
        ("problem", "button is grey"),
        ("to_do", ""),
    )
    assert (len(told), sheet.conflicts) == (12, ())
    assert read_returns(case.folder)[0].sheet == sheet


def test_the_chinese_sheet_is_understood(tmp_path: Path) -> None:
    """Words and headers in the assistant's language."""
    made = make_case(tmp_path / "zh", language="zh-CN")
    export(made, now=NOW, parts=FAST)

    def work(book: Any) -> None:
        from promofix_lib.letters.sheet_words import sheet_words

        put(book["todo"], 1, "status", sheet_words("zh-CN")["status"]["done"])

    assert statuses(workbook(made, work))[order_id(1)] == "done"


def test_moved_columns_are_found(case: Case) -> None:
    """A column put in front and the hidden names row deleted: the visible headers tell."""

    def work(book: Any) -> None:
        sheet = book["todo"]
        put(sheet, 4, "status", "done")
        sheet.delete_rows(places(sheet)[0])
        sheet.insert_cols(1, 2)
        sheet.title = "Tabelle1"

    assert statuses(workbook(case, work))[order_id(4)] == "done"


def test_sorted_filtered_and_deleted_rows_are_understood(case: Case) -> None:
    """Rows in any order and hidden by a filter count; deleted ones are named, not guessed."""

    def work(book: Any) -> None:
        sheet = book["todo"]
        put(sheet, 5, "status", "done")
        head = places(sheet)[0] + 1
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=head + 1)]
        for number, row in enumerate(reversed(rows), start=head + 1):
            for column, value in enumerate(row, start=1):
                sheet.cell(number, column, value)
        sheet.row_dimensions[row_of(sheet, 5)].hidden = True
        sheet.delete_rows(row_of(sheet, 7))
        sheet.delete_rows(row_of(sheet, 8))

    sheet = take_back_sheet(case, workbook(case, work), now=LATER)
    assert next(answer.status for answer in sheet.answers if answer.order_id == order_id(5)) == "done"
    (conflict,) = sheet.conflicts
    assert conflict.startswith("2 orders are no longer in the sheet")
    assert order_id(7) in conflict
    assert order_id(8) in conflict


def test_a_word_that_is_no_status_is_named(case: Case) -> None:
    """It is read as a problem, not as done."""
    sheet = take_back_sheet(case, workbook(case, lambda book: put(book["todo"], 1, "status", "kinda")), now=LATER)
    assert "'kinda' is not one of the list" in sheet.conflicts[0]
    assert sheet.answers[0].status == "problem"


def test_one_order_with_two_statuses_is_a_conflict(case: Case) -> None:
    """A copied row that says otherwise is named with both rows."""

    def work(book: Any) -> None:
        sheet = book["todo"]
        row = [cell.value for cell in sheet[row_of(sheet, 1)]]
        row[places(sheet)[1]["status"] - 1] = "done"
        sheet.append(row)

    sheet = take_back_sheet(case, workbook(case, work), now=LATER)
    assert any("two statuses, to_do and done" in conflict for conflict in sheet.conflicts)
    assert len(sheet.answers) == 12
    assert sheet.answers[0].status == "problem"


def test_an_order_of_another_case_is_named(case: Case) -> None:
    """A sheet of another night does not slip in."""
    sheet = take_back_sheet(
        case, workbook(case, lambda book: put(book["todo"], 1, "order_id", order_id(777))), now=LATER
    )
    assert any(f"never handed over: {order_id(777)}" in conflict for conflict in sheet.conflicts)
    assert order_id(777) not in table_of_truth(case)["order_id"].tolist()


def test_the_mail_lists_answers_are_read_too(case: Case) -> None:
    """What the assistant wrote into merge_status belongs to its order."""

    def work(book: Any) -> None:
        sheet = book["mail_merge"]
        head = [cell.value for cell in sheet[1]]
        sheet.cell(2, head.index("merge_status") + 1, "returned")

    answers = read_worked_sheet(workbook(case, work)).answers
    assert sum(answer.mail == "returned" for answer in answers) == 1


def test_the_same_sheet_twice_is_kept_once(case: Case) -> None:
    """Run All repeats nothing."""
    path = workbook(case, lambda book: put(book["todo"], 1, "status", "done"))
    for hours in (0, 5):
        take_back_sheet(case, path, now=LATER + timedelta(hours=hours))
    assert [returned.at for returned in read_returns(case.folder)] == [LATER]


def test_a_file_that_is_no_worked_sheet_is_refused(case: Case, tmp_path: Path) -> None:
    """Text, or another workbook: what was expected is said."""
    (tmp_path / "note.xlsx").write_text("hello", encoding="utf-8")
    with pytest.raises(ReportError, match="not a workbook that can be read"):
        take_back_sheet(case, tmp_path / "note.xlsx", now=LATER)
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(ReportError, match="no to-do list in it"):
        take_back_sheet(case, tmp_path / "empty.xlsx", now=LATER)


@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_a_sheet_saved_by_libreoffice_is_understood(case: Case, tmp_path: Path, ending: str) -> None:
    """Opened and saved by another program, it says the same."""
    path = workbook(case, lambda book: put(book["todo"], 3, "status", "done"))
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--convert-to",
        ending,
    ]
    subprocess.run(
        [*command, "--outdir", str(tmp_path / "out"), str(path)], check=True, capture_output=True, timeout=120
    )
    told = statuses(tmp_path / "out" / f"worked.{ending}")
    assert told == statuses(path)
    assert told[order_id(3)] == "done"


# -- Amazon's processing report ------------------------------------------------------------------------------------


def answer_text(errors: list[tuple[int, int | None]], processed: int = 9, kind: str = "Error") -> str:
    """A processing report; each error is a record number and the order it names, if any."""
    rows = [
        f"{record}\t{order_id(number) if number else ''}\t\t18028\t{kind}\tThe order has already shipped."
        for record, number in errors
    ]
    good = processed - len(errors) * (kind != "Warning")
    counts = f"\tNumber of records processed\t\t{processed}\n\tNumber of records successful\t\t{good}\n"
    head = f"Feed Processing Summary:\n{counts}\n"
    names = "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"
    return head + names + "\n".join(rows) + "\n"


def processing_report(case: Case, text: str) -> Path:
    """The report as a file."""
    path = case.folder.parent / "processing.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("errors", "failed"),
    [
        ([(2, 2), (5, 5), (9, 9)], [2, 5, 9]),
        ([(2, None), (5, None), (9, None)], [2, 5, 9]),
        ([(4, 2), (7, 5), (11, 9)], [2, 5, 9]),
        ([(0, 2), (0, 5), (0, 9)], [2, 5, 9]),
    ],
)
def test_failures_are_found_by_record_number_and_by_order(
    case: Case, errors: list[tuple[int, int | None]], failed: list[int]
) -> None:
    """Record 1 is the first order; an order id wins over a number that also counts the template's own lines."""
    answer = take_back_processing_report(case, processing_report(case, answer_text(errors)), now=LATER)
    assert [entry.line.order_id for entry in answer.failed] == [order_id(n) for n in failed]
    assert len(answer.accepted) == 6
    assert {(entry.code, entry.message) for entry in answer.failed} == {("18028", "The order has already shipped.")}
    assert answer.warnings == ()


def test_a_warning_is_no_failure(case: Case) -> None:
    """The line was taken; the remark is shown."""
    answer = take_back_processing_report(
        case, processing_report(case, answer_text([(1, 1)], kind="Warning")), now=LATER
    )
    assert answer.failed == ()
    assert "already shipped" in answer.warnings[0]


def test_a_file_that_was_refused_whole_failed_whole(case: Case) -> None:
    """Fatal, with no record read: every line must be uploaded again."""
    answer = take_back_processing_report(case, processing_report(case, answer_text([(0, None)], 0, "Fatal")), now=LATER)
    assert len(answer.failed) == 9


def test_counts_that_do_not_add_up_are_said() -> None:
    """Amazon counts three errors and names one."""
    lines = tuple(Cancellation(order_id(n), "PricingError", "", (f"{order_id(n)}/1",)) for n in range(1, 6))
    record = ExportRecord(Path("x"), NOW, (), {"order-cancellation.txt": lines}, {})
    report = ProcessingReport(5, 2, (FeedError(1, None, None, "1", "Error", "no"),))
    answer = match_upload("p.txt", report, [record])
    assert "counts 3 records with errors, but names 1" in answer.warnings[0]


def test_the_item_tells_which_line_of_an_order_failed() -> None:
    """Two lines of one order: the item id decides."""
    lines = tuple(Cancellation(order_id(1), "PricingError", str(n), (f"{order_id(1)}/{n}",)) for n in (7, 8))
    record = ExportRecord(Path("x"), NOW, (), {"f.txt": lines}, {})
    report = ProcessingReport(2, 1, (FeedError(0, order_id(1), "8", "1", "Error", "no"),))
    assert match_upload("p.txt", report, [record]).failed_keys == (f"{order_id(1)}/8",)


def test_the_report_of_another_upload_is_refused(case: Case) -> None:
    """Another number of records, or orders that are not in the file."""
    for text in (answer_text([(1, 1)], processed=44), answer_text([(1, 777)])):
        with pytest.raises(ReportError, match="answers none of the 1 cancellation files"):
            take_back_processing_report(case, processing_report(case, text), now=LATER)


def test_only_the_failed_lines_are_uploaded_again_with_their_item_codes(case: Case) -> None:
    """A new export with one file; what was accepted is not in it."""
    take_back_processing_report(case, processing_report(case, answer_text([(2, 2), (5, 5), (9, 9)])), now=LATER)
    done = upload_again(case, now=LATER)
    assert {path.name for path in done.folder.iterdir()} == {"order-cancellation.txt", "handed_over.json"}
    rows = (done.folder / "order-cancellation.txt").read_text(encoding="ascii").splitlines()[2:]
    assert rows == [f"{order_id(n)}\tPricingError\t{n:014d}" for n in (2, 5, 9)]
    assert next_round(case).number == 2  # the same orders again are no new round


def test_a_failed_order_that_shipped_meanwhile_is_not_uploaded_again(case: Case) -> None:
    """The newest report wins over the wish."""
    take_back_processing_report(case, processing_report(case, answer_text([(2, 2), (5, 5)])), now=LATER)
    shipped = {"order-status": "Shipped", "item-status": "Shipped"}
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(v2=shipped)]))
    rows = (
        (upload_again(case, now=LATER).folder / "order-cancellation.txt").read_text(encoding="ascii").splitlines()[2:]
    )
    assert [row.split("\t")[0] for row in rows] == [order_id(5)]


def test_what_was_accepted_later_is_no_longer_failed(case: Case) -> None:
    """The second upload went through: nothing is left, and the seller is told."""
    take_back_processing_report(case, processing_report(case, answer_text([(2, 2)])), now=LATER)
    upload_again(case, now=LATER)
    take_back_processing_report(
        case, processing_report(case, answer_text([], processed=1)), now=LATER + timedelta(hours=1)
    )
    assert failed_keys(case) == ()
    with pytest.raises(ExportError, match="no processing report of this case names a failed"):
        upload_again(case, now=LATER)


# -- newer reports -------------------------------------------------------------------------------------------------


def five_new() -> list[dict[str, Any]]:
    """Five orders that the promotion sold after the first export, three of them after it was said to have ended."""
    times = (NIGHT + timedelta(hours=2, minutes=20 + 10 * n) for n in range(5))
    return [line(20 + n, at, wrong=True) for n, at in enumerate(times)]


def test_round_two_is_exactly_the_new_victims(case: Case) -> None:
    """Open-ended rule, less what was handed over before; the pending one that can be cancelled now is told apart."""
    paid = {"order-status": "Unshipped", "item-status": "Unshipped"}
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(v11=paid), *five_new()]))
    found = next_round(case)
    assert found.new == tuple(f"{order_id(n)}/{n:014d}" for n in range(20, 25))
    assert found.now_possible == (f"{order_id(11)}/{11:014d}",)
    assert found.number == 2
    done = export(case, now=LATER, only=found.new, parts=FAST)
    rows = (done.folder / "order-cancellation.txt").read_text(encoding="ascii").splitlines()[2:]
    assert [row.split("\t")[0] for row in rows] == [order_id(n) for n in range(20, 25)]
    assert {item.order_id for item in read_records(case.folder)[-1].items} == {order_id(n) for n in range(20, 25)}
    assert next_round(case).new == ()
    assert next_round(case).number == 3


def test_a_promotion_that_still_sells_is_shouted(case: Case) -> None:
    """Orders after the end that the seller named; unknown without that end."""
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(), *five_new()]))
    found = next_round(case)
    assert (found.bleeding, found.after_the_end) == (True, tuple(order_id(n) for n in (22, 23, 24)))
    assert "THE PROMOTION STILL SELLS: 3 affected orders" in found.sentence()
    case.change_settings(promotion_ended_at="")
    assert next_round(case).bleeding is None
    case.change_settings(promotion_ended_at="2026-11-20T12:00:00+00:00")
    assert next_round(case).bleeding is False


def test_what_shipped_and_what_was_cancelled_meanwhile_is_said(case: Case) -> None:
    """Compared with what each order was when it was handed over."""
    shipped = {"order-status": "Shipped", "item-status": "Shipped"}
    gone = {
        "order-status": "Cancelled",
        "item-status": "Cancelled",
        "quantity": 0,
        "item-price": "",
        "item-promotion-discount": "",
    }
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(v3=shipped, v10=shipped, v4=gone)]))
    found = next_round(case)
    assert found.shipped_meanwhile == (order_id(3), order_id(10))
    assert found.cancelled_meanwhile == (order_id(4),)
    assert found.new == ()


def test_nobody_is_new_because_a_report_brought_item_ids(tmp_path: Path) -> None:
    """Handed over by SKU from an old report, found again by item id in a new one, and the other way round."""
    lines = [*usual(), *victims()]
    for name, first, second in (("a", False, True), ("b", True, False)):
        made = make_case(tmp_path / name, reports={"AllOrders-1.txt": all_orders(lines, item_ids=first)})
        export(made, now=NOW, parts=(cancellations,))
        other = Case.open(tmp_path / f"{name}2", clock=lambda: NOW)
        other.add_report("AllOrders-2.txt", all_orders(lines, item_ids=second))
        other.choose_incident(other.findings.incidents[0])
        shutil.copytree(made.folder / "exports", other.folder / "exports")
        assert next_round(other).new == ()


def test_an_order_left_out_by_hand_is_not_new(case: Case) -> None:
    """What the seller decided stays decided."""
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(), *five_new()]))
    case.decide("leave_out", [f"{order_id(20)}/{20:014d}"], "a friend")
    assert len(next_round(case).new) == 4


def test_the_sample_tells_the_same_story(tmp_path: Path) -> None:
    """300 orders, one export; three days later five late victims, and exactly those in round 2."""
    first, later = make_sample(), make_sample(days_later=3, late_victims=5)
    made = Case.open(tmp_path / "sample", clock=lambda: NOW)
    made.add_report("AllOrders-1.txt", first.all_orders)
    made.add_report("NewOrders-1.txt", first.new_orders)
    made.choose_incident(made.findings.incidents[0])
    export(made, now=NOW, parts=(cancellations,))
    made.add_report("AllOrders-2.txt", later.all_orders)
    new = set(later.truth["order_ids"]) - set(first.truth["order_ids"]) - set(first.truth["cannot_judge_order_ids"])
    found = next_round(made)
    assert len(new) == 5
    late = {key.split("/")[0] for key in found.new} - set(first.truth["cannot_judge_order_ids"])
    assert late == new


def test_the_whole_loop(case: Case) -> None:
    """Export, the assistant's work and three refusals read back, five new victims, round 2, and at last the purge."""

    def work(book: Any) -> None:
        for number in (1, 3, 4, 6, 7, 8):
            put(book["todo"], number, "status", "done")

    take_back_sheet(case, workbook(case, work), now=LATER)
    take_back_processing_report(case, processing_report(case, answer_text([(2, 2), (5, 5), (9, 9)])), now=LATER)
    again = upload_again(case, now=LATER + timedelta(minutes=5))
    gone = {
        "order-status": "Cancelled",
        "item-status": "Cancelled",
        "quantity": 0,
        "item-price": "",
        "item-promotion-discount": "",
    }
    cancelled = {f"v{n}": gone for n in (1, 3, 4, 6, 7, 8)}
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(**cancelled), *five_new()]))
    case.add_report("NewOrders-2.txt", new_orders(five_new()))
    found = next_round(case)
    assert {key.split("/")[0] for key in found.keys} == {order_id(n) for n in range(20, 25)}
    assert found.cancelled_meanwhile == tuple(order_id(n) for n in (1, 3, 4, 6, 7, 8))
    second = export(case, now=LATER + timedelta(hours=1), only=found.keys, parts=FAST)
    files = [folder / "order-cancellation.txt" for folder in (case.exports[0], again.folder, second.folder)]
    asked = [[row.split("\t")[0] for row in file.read_text(encoding="ascii").splitlines()[2:]] for file in files]
    assert asked == [
        [order_id(n) for n in range(1, 10)],
        [order_id(n) for n in (2, 5, 9)],
        [order_id(n) for n in range(20, 25)],
    ]
    table = table_of_truth(case).set_index("order_id")
    assert table.loc[order_id(1), ["state", "next"]].tolist() == ["already_cancelled", "nothing"]
    assert table.loc[order_id(20), "next"] == "upload the cancellation file"
    purge(case)
    assert find_traces(case.folder, [word for n in range(1, 25) for word in buyer(n).values()]) == ()
    assert next_round(case).new == ()
    assert len(table_of_truth(case)) == 17


# -- the table of truth --------------------------------------------------------------------------------------------


def test_the_table_tells_state_and_next_step_of_every_order(case: Case) -> None:
    """From nothing done to refused, accepted, shipped and new."""
    before = table_of_truth(case).set_index("order_id")
    assert before.loc[order_id(1), "next"] == "upload the cancellation file"
    assert before.loc[order_id(10), "next"] == "ask Seller Support (fba-requests.txt)"
    assert before.loc[order_id(11), "next"] == "wait for the payment; add a newer report"
    assert before.loc[order_id(12), "next"] == "shipped: refund or let go, you decide"
    take_back_processing_report(case, processing_report(case, answer_text([(2, 2), (5, 5)])), now=LATER)

    def work(book: Any) -> None:
        put(book["todo"], 12, "status", "done")
        put(book["todo"], 3, "status", "problem")

    take_back_sheet(case, workbook(case, work), now=LATER)
    gone = {
        "order-status": "Cancelled",
        "item-status": "Cancelled",
        "quantity": 0,
        "item-price": "",
        "item-promotion-discount": "",
    }
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(v4=gone), *five_new()]))
    table = table_of_truth(case).set_index("order_id")
    assert len(table) == 17
    assert table.loc[order_id(2), ["next", "cancellation"]].tolist() == [
        "upload again: Amazon refused it",
        "refused: 18028 The order has already shipped.",
    ]
    assert table.loc[order_id(1), "next"] == "add a newer All Orders report: cancelled?"
    assert table.loc[order_id(3), "next"] == "look at the assistant's note"
    assert table.loc[order_id(4), "next"] == "cancelled; write to the buyer"
    assert table.loc[order_id(12), "next"] == "nothing"
    assert table.loc[order_id(20), ["next", "handed_over"]].tolist() == ["new: hand over in the next round", ""]


def test_the_table_says_who_did_what_when(case: Case) -> None:
    """Export, Amazon and assistant, in order, in the marketplace's zone."""
    take_back_processing_report(case, processing_report(case, answer_text([(1, 1)])), now=LATER)
    path = workbook(case, lambda book: put(book["todo"], 1, "status", "done"))
    take_back_sheet(case, path, now=LATER + timedelta(hours=1))
    history = table_of_truth(case).set_index("order_id").loc[order_id(1), "history"].split("; ")
    assert [step.partition(") ")[2] for step in history] == [
        "handed over as cancel (2026-11-20T160000)",
        "Amazon: refused: 18028 The order has already shipped.",
        "assistant: done",
    ]
    assert history[0].startswith("2026-11-20 08:00 (America/Los_Angeles)")


def test_the_table_names_no_buyer(case: Case) -> None:
    """It can be shown to anybody."""
    assert "Ada" not in table_of_truth(case).to_csv()


def test_an_order_that_left_the_reports_keeps_its_last_state(case: Case) -> None:
    """A report that covers other days only does not make it disappear."""
    for path in case.reports:
        path.unlink()
    case.add_report("AllOrders-9.txt", all_orders(usual()))
    table = table_of_truth(case)
    assert len(table) == 12
    assert table["ordered"].tolist() == [""] * 12
    assert table.loc[0, "state"] == "cancel"


def test_the_table_speaks_chinese(tmp_path: Path) -> None:
    """For the seller who reads Chinese."""
    made = make_case(tmp_path, language="zh-CN")
    export(made, now=NOW, parts=(cancellations,))
    assert table_of_truth(made).loc[0, "next"] == "上传订单取消文件"


def test_before_any_export_everything_is_new(tmp_path: Path) -> None:
    """The table works from the first hour on."""
    made = make_case(tmp_path)
    assert set(table_of_truth(made)["next"]) == {
        "new: hand over in the next round",
        "wait for the payment; add a newer report",
    }
    assert len(next_round(made).new) == 12
    assert next_round(made).keys == tuple(item_keys(made.orders)[made.chosen()])


def test_a_damaged_answer_says_what_to_do(case: Case) -> None:
    """The record can be made again from the file that came back."""
    take_back_sheet(case, workbook(case, lambda book: book.active), now=LATER)
    next((case.folder / "returns").iterdir()).write_text("[]", encoding="utf-8")
    with pytest.raises(CaseError, match="read the file that came back again"):
        table_of_truth(case)


def test_new_buyers_reach_the_second_workbook(case: Case) -> None:
    """Round 2 with a newer New Orders report has the new buyers' names, and nobody else's."""
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(), *five_new()]))
    case.add_report("NewOrders-2.txt", new_orders([*victims(), *five_new()]))
    done = export(case, now=LATER, only=next_round(case).new, parts=FAST)
    assert sorted(statuses(done.folder / "buyers.xlsx")) == [order_id(n) for n in range(20, 25)]
