"""What comes back: worked lists in every dress, several hands, Amazon's answers; nothing lost, nothing undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from promofix_lib.app.overview import answer_text as answer_in_words
from promofix_lib.case.records import Answer, Cancellation, ExportRecord, Returned
from promofix_lib.errors import ReportError
from promofix_lib.reports.feed_result import FeedError, ProcessingReport
from promofix_lib.returns.compare import Clash, TakenBack
from promofix_lib.returns.sheets import mail_status, read_worked
from promofix_lib.returns.take_back import follow_up, settle
from promofix_lib.returns.uploads import match_upload
from promofix_lib.say import speak
from promofix_lib.status.status import status
from tests.status_case import NOW, LooseCase, line, order_id
from tests.worked_list import WorkedList

LATER = NOW + timedelta(days=1)
DONE_ELSEWHERE = ("erledigt", "Hecho", "fait", "fatto", "gedaan", "klart", "完了", "gotowe", "tamam", "feito", "تم")


@pytest.fixture
def case() -> LooseCase:
    """Twelve orders, handed out once."""
    made = LooseCase([line(number) for number in range(1, 13)])
    made.export()
    return made


def handed_out(case: LooseCase, **options: Any) -> WorkedList:
    """One copy of the list."""
    return WorkedList(case.journal.records(ExportRecord)[-1], **options)  # type: ignore[arg-type, type-var]


def read(case: LooseCase, *paths: Path, now: datetime = LATER) -> TakenBack:
    """Read files back."""
    return follow_up(case, paths, now=now)  # type: ignore[arg-type]


def said(case: LooseCase, number: int = 1) -> tuple[str, str]:
    """The answer that holds for an order, and whose it is."""
    row = status(case).rows_of(order_id=order_id(number))[0]  # type: ignore[arg-type]
    assert row is not None
    return row.answer, row.answered_by


def open_conflicts(case: LooseCase) -> list[str]:
    """Orders with a conflict."""
    return [row.order_id for row in status(case).rows if row.conflict]  # type: ignore[arg-type]


# -- one hand ---------------------------------------------------------------------------------------------------------


def test_two_tasks_have_two_answers(case: LooseCase, tmp_path: Path):
    """The order and the message are answered apart, with a note; the rest stays to do."""
    work = handed_out(case).answer(order_id(1), "done").answer(order_id(1), "problem", "message_status", "came back")
    result = read(case, work.save(tmp_path / "anna.xlsx"))
    assert (result.understood, result.changed, result.conflicts, result.not_understood) == (12, 2, (), ())
    row = status(case).rows_of(order_id=order_id(1))[0]  # type: ignore[arg-type]
    assert row is not None
    assert (row.answer, row.message, row.note) == ("done", "bounced", "came back")
    assert said(case, 2) == ("todo", "")


def test_the_same_file_again_changes_nothing(case: LooseCase, tmp_path: Path):
    """Also when something newer was read in between."""
    first = handed_out(case).answer(order_id(1), "done").save(tmp_path / "monday.xlsx")
    second = tmp_path / "monday2" / "monday.xlsx"
    second.parent.mkdir()
    handed_out(case).answer(order_id(1), "problem").answer(order_id(2), "done").save(second)
    for path in (first, second):
        assert read(case, path).changed
    before = len(case.written)
    assert read(case, first).changed == 0
    assert (len(case.written), said(case)) == (before, ("problem", "monday"))


def test_a_newer_return_of_the_same_hand_follows_it(case: LooseCase, tmp_path: Path):
    """Somebody changes their mind: no conflict."""
    work = handed_out(case).answer(order_id(1), "problem").answer(order_id(2), "done")
    read(case, work.save(tmp_path / "anna.xlsx"))
    result = read(case, work.answer(order_id(1), "done").save(tmp_path / "anna.xlsx"))
    assert (result.changed, result.conflicts) == (1, ())
    assert said(case) == ("done", "anna")


def test_an_untouched_cell_never_undoes_an_answer(case: LooseCase, tmp_path: Path):
    """The second assistant's copy leaves the first one's hundred alone."""
    anna, ben = handed_out(case), handed_out(case)
    for number in range(1, 9):
        anna.answer(order_id(number), "done")
    ben.answer(order_id(9), "problem", note="grey button")
    read(case, anna.save(tmp_path / "anna.xlsx"))
    result = read(case, ben.save(tmp_path / "ben.xlsx"))
    assert (result.changed, result.conflicts) == (1, ())
    assert [said(case, number)[0] for number in (1, 8, 9, 10)] == ["done", "done", "problem", "todo"]


@pytest.mark.parametrize("names", [("anna.xlsx", "ben.xlsx"), ("anna/buyers.xlsx", "ben/buyers.xlsx")])
def test_two_answers_of_two_hands_are_a_conflict_shown_with_both(
    case: LooseCase, tmp_path: Path, names: tuple[str, str]
):
    """By name; the first one stands, nothing is lost, and the same file again shows it again."""
    works = [handed_out(case).answer(order_id(1), "done").answer(order_id(2), "done"), handed_out(case)]
    works[1].answer(order_id(1), "problem").answer(order_id(3), "done")
    for name, work in zip(names, works, strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        result = read(case, work.save(tmp_path / name))
    assert [clash.to_json() for clash in result.conflicts] == [
        {"order_id": order_id(1), "field": "task", "ours": "done", "theirs": "problem", "file": Path(names[1]).name}
    ]
    assert (open_conflicts(case), said(case)[0]) == ([order_id(1)], "done")
    assert read(case, tmp_path / names[1]).conflicts == result.conflicts


def test_two_lists_of_one_name_read_together_are_two_hands(case: LooseCase, tmp_path: Path):
    """Nothing in them tells whose they are, and each answers what the other one answers."""
    paths = [tmp_path / name / "buyers.xlsx" for name in ("anna", "ben")]
    for path, value in zip(paths, ("done", "problem"), strict=True):
        path.parent.mkdir()
        handed_out(case).answer(order_id(1), value).save(path)
    result = follow_up(case, paths, now=LATER)  # type: ignore[arg-type]
    assert [(clash.ours, clash.theirs) for clash in result.conflicts] == [("done", "problem")]
    assert open_conflicts(case) == [order_id(1)]


def test_another_answer_in_a_list_without_a_name_is_a_conflict(case: LooseCase, tmp_path: Path):
    """Also when it answers all that the first did: nothing in either tells whose it is; the next return follows it."""
    paths = [tmp_path / f"buyers{number}.xlsx" for number in ("", " (1)", " (2)")]
    work = handed_out(case).answer(order_id(1), "done")
    read(case, work.save(paths[0]))
    work = handed_out(case).answer(order_id(1), "problem").answer(order_id(2), "done")
    result = read(case, work.save(paths[1]))
    assert [(clash.ours, clash.theirs) for clash in result.conflicts] == [("done", "problem")]
    assert (open_conflicts(case), said(case, 2)) == ([order_id(1)], ("done", "buyers (2)"))
    result = read(case, work.answer(order_id(3), "done").save(paths[2]))
    assert (result.changed, said(case, 3)) == (1, ("done", "buyers (2)"))


def test_a_note_tells_whose_a_list_without_a_name_is(case: LooseCase, tmp_path: Path):
    """What somebody wrote in own words stands in the next return: it is the same hand, which may change its mind."""
    work = handed_out(case).answer(order_id(1), "problem", note="grey button").answer(order_id(2), "done")
    read(case, work.save(tmp_path / "buyers.xlsx"))
    result = read(case, work.answer(order_id(2), "problem").save(tmp_path / "buyers (1).xlsx"))
    assert (result.conflicts, said(case, 2)) == ((), ("problem", "buyers"))


@pytest.mark.parametrize(("first", "second", "conflicts"), [("Anna", "Ben", 1), ("Anna", "Anna", 0)])
def test_who_saved_a_list_last_tells_whose_it_is(
    case: LooseCase, tmp_path: Path, first: str, second: str, conflicts: int
):
    """Two people are two hands; the same one only changed an answer."""
    for number, (by, value) in enumerate([(first, "done"), (second, "problem")]):
        path = tmp_path / str(number) / "buyers.xlsx"
        path.parent.mkdir()
        result = read(case, handed_out(case).answer(order_id(1), value).save(path, by=by))
    assert (len(result.conflicts), len(open_conflicts(case))) == (conflicts, conflicts)


def test_another_answer_in_a_file_of_the_same_name_is_told(case: LooseCase, tmp_path: Path):
    """It is the newer word of that hand; that two people may have called their files alike is said, with the orders."""
    for folder, value in (("monday", "done"), ("tuesday", "problem")):
        (tmp_path / folder).mkdir()
        result = read(case, handed_out(case).answer(order_id(1), value).save(tmp_path / folder / "anna.xlsx"))
    assert (said(case), open_conflicts(case)) == (("problem", "anna"), [])
    (warning,) = result.warnings
    assert (warning.key, dict(warning.facts)["orders"]) == ("returns.changed", (order_id(1),))


def test_an_answer_that_is_taken_back_is_open_again(case: LooseCase, tmp_path: Path):
    """Set back to "to do" by the hand that gave it, in a list that was saved after the answer had been read."""
    work = handed_out(case).answer(order_id(1), "done").answer(order_id(2), "done")
    work.name = "Anna"
    read(case, work.save(tmp_path / "a.xlsx"))
    older = work.answer(order_id(1), "todo").save(tmp_path / "b.xlsx", saved=NOW)
    result = read(case, older, now=LATER + timedelta(hours=2))
    assert [warning.key for warning in result.warnings] == ["returns.not_in_it"]
    assert said(case) == ("done", "Anna")
    newer = work.answer(order_id(3), "done").save(tmp_path / "c.xlsx", saved=LATER + timedelta(hours=1))
    result = read(case, newer, now=LATER + timedelta(hours=2))
    assert (result.conflicts, result.warnings, open_conflicts(case)) == ((), (), [])
    assert [said(case, number)[0] for number in (1, 2, 3)] == ["todo", "done", "done"]


def test_a_name_in_the_list_says_whose_it_is(case: LooseCase, tmp_path: Path):
    """The assistant's name stands in the list, so any file name will do."""
    work = handed_out(case).answer(order_id(1), "done")
    work.name = "Li Na"
    read(case, work.save(tmp_path / "buyers (3).xlsx"))
    assert said(case) == ("done", "Li Na")
    read(case, work.answer(order_id(1), "problem").save(tmp_path / "buyers (4).xlsx"))
    assert (said(case), open_conflicts(case)) == (("problem", "Li Na"), [])


def test_the_seller_settles_a_conflict_for_good(case: LooseCase, tmp_path: Path):
    """The same words again do not open it again; something new does."""
    anna, ben = (handed_out(case).answer(order_id(1), value) for value in ("done", "problem"))
    for name, work in (("anna", anna), ("ben", ben)):
        read(case, work.save(tmp_path / f"{name}.xlsx"))
    settle(case, order_id(1), "task", "done", now=LATER)  # type: ignore[arg-type]
    assert (open_conflicts(case), said(case)) == ([], ("done", "seller"))
    result = read(case, ben.answer(order_id(2), "done").save(tmp_path / "ben.xlsx"))
    assert (result.conflicts, open_conflicts(case)) == ((), [])
    read(case, anna.answer(order_id(1), "problem", note="no").save(tmp_path / "anna.xlsx"))
    assert open_conflicts(case) == [order_id(1)]


def test_a_note_alone_is_kept_and_contradicts_nobody(case: LooseCase, tmp_path: Path):
    """One hand asks, the other one does it."""
    anna = handed_out(case).write(order_id(1), "to do", note="which button?")
    read(case, anna.save(tmp_path / "anna.xlsx"))
    result = read(case, handed_out(case).answer(order_id(1), "done").save(tmp_path / "ben.xlsx"))
    row = status(case).rows_of(order_id=order_id(1))[0]  # type: ignore[arg-type]
    assert row is not None
    assert (result.conflicts, row.answer, row.note) == ((), "done", "which button?")


# -- what people do to a list -----------------------------------------------------------------------------------------


def test_a_list_sorted_without_its_keys_still_speaks_of_the_orders_that_are_seen(case: LooseCase, tmp_path: Path):
    """Keys left behind by a sort belong to other orders: they are never used."""
    work = handed_out(case).answer(order_id(1), "done").answer(order_id(2), "problem")
    seen = [name for name in work.columns if name not in ("place", "item_keys", "triage", "message_id")]
    work.sort(lambda row: (row["status"], row["order_id"][::-1]), seen)
    assert sum(row["order_id"] not in row["item_keys"] for row in work.rows) > 8
    result = read(case, work.save(tmp_path / "anna.xlsx"))
    assert (result.understood, result.changed) == (12, 2)
    assert [said(case, number)[0] for number in range(1, 4)] == ["done", "problem", "todo"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_list_saved_as_text_is_understood(case: LooseCase, tmp_path: Path, encoding: str, mark: str):
    """Commas, semicolons, tabs; Chinese Windows, Excel's Unicode text."""
    work = handed_out(case, language="zh-CN").answer(order_id(1), "done", note="按钮是灰色的")
    result = read(case, work.save(tmp_path / "anna.csv", encoding=encoding, mark=mark))
    assert (result.understood, result.not_understood) == (12, ())
    row = status(case).rows_of(order_id=order_id(1))[0]  # type: ignore[arg-type]
    assert row is not None
    assert (row.answer, row.note) == ("done", "按钮是灰色的")


def test_a_chinese_note_in_an_english_list_is_understood(case: LooseCase, tmp_path: Path):
    """Chinese Windows, also with a sign that GB 2312 did not have yet."""
    work = handed_out(case).answer(order_id(1), "done", note="按钮是灰色的，问李喆")
    read(case, work.save(tmp_path / "anna.csv", encoding="gbk"))
    row = status(case).rows_of(order_id=order_id(1))[0]  # type: ignore[arg-type]
    assert row is not None
    assert (row.note, row.answered_by) == ("按钮是灰色的，问李喆", "anna")


def test_a_western_note_in_windows_letters_is_understood(case: LooseCase, tmp_path: Path):
    """Excel's CSV on a German Windows."""
    work = handed_out(case).answer(order_id(1), "done", note="für Müller, große Grüße")
    read(case, work.save(tmp_path / "anna.csv", encoding="cp1252", mark=";"))
    row = status(case).rows_of(order_id=order_id(1))[0]  # type: ignore[arg-type]
    assert row is not None
    assert row.note == "für Müller, große Grüße"


@pytest.mark.parametrize("sign", ["\u2028", "\u0085", "\v", "\x1c"])
def test_a_sign_that_only_some_take_for_a_line_end_ends_no_row(case: LooseCase, tmp_path: Path, sign: str):
    """A note that was pasted from elsewhere; the status of the row and its place stand behind it."""
    work = handed_out(case).answer(order_id(1), "done", note=f"asked{sign}twice")
    work.columns.sort(key=lambda name: name != "note")
    result = read(case, work.save(tmp_path / "anna.csv"))
    assert (result.understood, result.not_understood) == (12, ())
    assert said(case)[0] == "done"


def test_a_line_that_is_shorter_than_the_list_is_no_stumbling_block(case: LooseCase, tmp_path: Path):
    """Somebody wrote thanks below it: the twelve rows are understood, and the line is told or passed over."""
    work = handed_out(case).answer(order_id(1), "done")
    work.columns.sort(key=lambda name: name != "note")
    path = work.save(tmp_path / "anna.csv")
    path.write_bytes(path.read_bytes() + b"thanks\r\n")
    assert read(case, path).understood == 12
    assert said(case)[0] == "done"


def test_a_list_that_cannot_be_opened_is_not_called_empty(tmp_path: Path):
    """It says what the system says, not that there is no list in it."""
    with pytest.raises(ReportError, match=r"gone\.csv: this file cannot be opened"):
        read_worked(tmp_path / "gone.csv")


@pytest.mark.parametrize("word", ["Done ", "完成", "ok", "OK!", "✓", "TRUE", "DONE", "ｄｏｎｅ", *DONE_ELSEWHERE])
def test_a_status_in_other_words_is_understood(case: LooseCase, tmp_path: Path, word: str):
    """What people type instead of choosing."""
    read(case, handed_out(case).write(order_id(1), word).save(tmp_path / "anna.xlsx"))
    assert said(case)[0] == "done"


def test_a_word_that_nobody_knows_is_told_row_by_row(case: LooseCase, tmp_path: Path):
    """It changes nothing: neither done nor a problem."""
    result = read(case, handed_out(case).write(order_id(3), "kinda").save(tmp_path / "anna.xlsx"))
    (one,) = result.not_understood
    assert (one.file, one.place.text("en")) == ("anna.xlsx", "todo, row 9")
    assert "'kinda'" in one.why.text("en")
    assert (result.changed, said(case, 3)) == (0, ("todo", ""))


def test_an_order_of_another_case_is_told(case: LooseCase, tmp_path: Path):
    """A list of another night does not slip in, nor does a row without an order id."""
    work = handed_out(case)
    work.rows[0]["order_id"], work.rows[1]["order_id"] = order_id(777), ""
    work.rows[1]["status"] = "done"
    result = read(case, work.save(tmp_path / "anna.xlsx"))
    assert [one.why.key for one in result.not_understood] == ["returns.never_handed_out", "returns.no_order_id"]
    assert (result.understood, result.changed) == (10, 0)


def test_moved_columns_hidden_and_deleted_rows(case: LooseCase, tmp_path: Path):
    """Columns stand anywhere, some are gone; missing rows are said, and lose nothing."""
    work = handed_out(case).answer(order_id(5), "done")
    work.columns = ["note", "order_id", "sku", "status"]
    work.rows = work.rows[:9]
    result = read(case, work.save(tmp_path / "anna.xlsx"))
    assert said(case, 5)[0] == "done"
    assert [warning.text("en") for warning in result.warnings] == [
        f"anna.xlsx: 3 orders are no longer in the list: {', '.join(order_id(n) for n in (10, 11, 12))}. "
        "Their answers stay as they were."
    ]


def test_two_worked_lists_in_one_workbook_are_a_conflict(case: LooseCase, tmp_path: Path):
    """Not the first one taken: both are shown, and neither holds where they differ."""
    one, other = (handed_out(case).answer(order_id(1), value) for value in ("done", "problem"))
    one.answer(order_id(2), "done")
    result = read(case, one.save(tmp_path / "anna.xlsx", sheets={"todo": one, "todo (2)": other}))
    assert [(clash.ours, clash.theirs) for clash in result.conflicts] == [("done", "problem")]
    assert [warning.key for warning in result.warnings] == ["returns.several_lists"]
    assert (open_conflicts(case), said(case, 1)[0], said(case, 2)[0]) == ([order_id(1)], "todo", "done")


def test_an_untouched_copy_of_the_sheet_is_no_conflict(case: LooseCase, tmp_path: Path):
    """Somebody copied the sheet first, then worked in one of the two."""
    one, other = handed_out(case), handed_out(case).answer(order_id(1), "done")
    result = read(case, one.save(tmp_path / "anna.xlsx", sheets={"todo": one, "Kopie von todo": other}))
    assert (result.conflicts, result.warnings, said(case)[0]) == ((), (), "done")


def test_a_copied_row_that_says_otherwise_is_a_conflict(case: LooseCase, tmp_path: Path):
    """One order twice in the list."""
    work = handed_out(case).answer(order_id(1), "done")
    work.rows.append(work.rows[0] | {"status": "problem"})
    result = read(case, work.save(tmp_path / "anna.xlsx"))
    assert [(clash.order_id, {clash.ours, clash.theirs}) for clash in result.conflicts] == [
        (order_id(1), {"done", "problem"})
    ]
    assert open_conflicts(case) == [order_id(1)]


def test_the_mail_lists_statuses_are_read(case: LooseCase, tmp_path: Path):
    """What a mail program or the assistant wrote beside each message."""
    path = handed_out(case).save(tmp_path / "anna.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("mail_merge", 0)
    sheet.append(["order_id", "buyer_email", "merge_status"])
    for number, text in ((1, "EMAIL_SENT"), (2, "bounced: no such user"), (3, ""), (4, "?!")):
        sheet.append([order_id(number), "a@example.com", text])
    book.save(path)
    result = read(case, path)
    found = {row.order_id: row.message for row in status(case).rows}  # type: ignore[arg-type]
    assert [found[order_id(number)] for number in (1, 2, 3)] == ["sent", "bounced", "written"]
    assert [one.place.text("en") for one in result.not_understood] == ["mail_merge, row 5"]
    assert mail_status("已发送") == "done"


def test_the_list_of_a_draft_is_read_with_a_warning(tmp_path: Path):
    """Nothing in it was to be done."""
    case = LooseCase([line(1)], open_gate=False)
    case.export(draft=True)
    result = read(case, handed_out(case).answer(order_id(1), "done").save(tmp_path / "anna.xlsx"))
    assert [warning.key for warning in result.warnings] == ["returns.of_a_draft"]
    assert said(case)[0] == "done"


def test_an_answer_is_compared_with_the_export_it_came_from(case: LooseCase, tmp_path: Path):
    """A list of the first export does not undo what the second one already shows as done."""
    old, first = handed_out(case), case.journal.records(ExportRecord)[-1]  # type: ignore[arg-type, type-var]
    case.answered(1, "done")
    cells = dict(first.rows) | {"1": (order_id(1), {"status": "done", "message_status": "to send", "note": ""})}
    case.wrote(replace(first, folder="E2", rows=cells))
    old.columns = [name for name in old.columns if name != "place"]
    assert read(case, old.save(tmp_path / "old.xlsx")).changed == 0
    old.columns.append("place")
    assert read(case, old.save(tmp_path / "older.xlsx")).changed == 0
    assert said(case)[0] == "done"


def test_a_file_that_is_nothing_of_ours_is_refused(case: LooseCase, tmp_path: Path):
    """Text, another workbook, nothing at all: what was expected is said, and nothing was changed by the others."""
    good = handed_out(case).answer(order_id(1), "done").save(tmp_path / "anna.xlsx")
    (tmp_path / "note.xlsx").write_text("hello", encoding="utf-8")
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    (tmp_path / "note.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for name, match in [
        ("note.xlsx", "not a workbook that can be read"),
        ("empty.xlsx", "no to-do list in it"),
        ("note.csv", "processing report"),
        ("gone.xlsx", "no such file"),
    ]:
        with pytest.raises(ReportError, match=match):
            follow_up(case, [good, tmp_path / name], now=LATER)  # type: ignore[arg-type]
    assert not case.journal.entries("answer")


# -- Amazon's processing report ---------------------------------------------------------------------------------------


def answer_text(errors: list[tuple[int, int | None]], processed: int = 12, kind: str = "Error", good: int = -1) -> str:
    """A processing report; each error is a record number and the order it names, if any."""
    rows = [
        f"{record}\t{order_id(number) if number else ''}\t\t18028\t{kind}\tThe order has already shipped."
        for record, number in errors
    ]
    good = max(0, processed - len(errors) * (kind != "Warning")) if good < 0 else good
    counts = f"\tNumber of records processed\t\t{processed}\n\tNumber of records successful\t\t{good}\n"
    names = "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"
    return f"Feed Processing Summary:\n{counts}\n{names}" + "\n".join(rows) + "\n"


@pytest.fixture
def said_by_amazon(case: LooseCase, tmp_path: Path) -> Callable[..., tuple[TakenBack, dict[str, str]]]:
    """Read a processing report; gives what was understood, and the state of each order."""

    def said_by(*args: Any, **facts: Any) -> tuple[TakenBack, dict[str, str]]:
        path = tmp_path / "processing.txt"
        path.write_text(answer_text(*args, **facts), encoding="utf-8")
        result = read(case, path)
        return result, {row.order_id: row.state for row in status(case).rows}  # type: ignore[arg-type]

    return said_by


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
    said_by_amazon: Any, errors: list[tuple[int, int | None]], failed: list[int]
):
    """Record 1 is the first order; an order id wins over a number that also counts the template's own lines."""
    result, states = said_by_amazon(errors)
    assert {name for name, state in states.items() if state == "refused"} == {order_id(n) for n in failed}
    assert sum(state == "accepted" for state in states.values()) == 9
    assert (result.understood, result.changed, result.warnings) == (12, 12, ())


def test_a_warning_is_no_failure(said_by_amazon: Any):
    """The line was taken; the remark is shown."""
    result, states = said_by_amazon([(1, 1)], kind="Warning")
    assert set(states.values()) == {"accepted"}
    assert "already shipped" in result.warnings[0].text("en")


def test_a_file_that_was_refused_whole_failed_whole(said_by_amazon: Any):
    """Fatal, with no record read: every line must be uploaded again."""
    assert set(said_by_amazon([(0, None)], 0, "Fatal")[1].values()) == {"refused"}


def test_refusals_that_amazon_counts_and_does_not_name_make_nobody_accepted(said_by_amazon: Any):
    """Three errors counted, one named: the others are uploaded, and nothing more is claimed."""
    result, states = said_by_amazon([(1, 1)], good=9)
    assert sorted(states.values()) == ["refused"] + ["uploaded"] * 11
    assert "counts 3 records with errors but names 1" in result.warnings[0].text("en")


def test_a_processing_report_read_twice_changes_nothing(said_by_amazon: Any, case: LooseCase):
    """The same file again, also after the next export of the same orders."""
    said_by_amazon([(2, 2)])
    case.export(folder="E2")
    before = len(case.written)
    result, _ = said_by_amazon([(2, 2)])
    assert (result.changed, len(case.written)) == (0, before)


def test_the_next_answer_belongs_to_the_file_that_has_none_yet(said_by_amazon: Any, case: LooseCase, tmp_path: Path):
    """Two files of the same orders, two answers."""
    case.export(folder="E2")
    said_by_amazon([(2, 2)])
    said_by_amazon([(3, 3)])
    assert [entry.facts["export"] for entry in case.journal.entries("upload_answer")] == ["E2", "E1"]


def test_the_item_tells_which_line_of_an_order_failed():
    """Two lines of one order: the item id decides."""
    lines = tuple(Cancellation(order_id(1), "PricingError", str(n), (f"{order_id(1)}/{n}",)) for n in (7, 8))
    record = ExportRecord("E1", NOW, uploads={"f.txt": lines})
    report = ProcessingReport(2, 1, (FeedError(0, order_id(1), "8", "1", "Error", "no"),))
    answer = match_upload(Returned("p.txt", "0", "processing_report", NOW), report, [record])
    assert (answer.accepted, [refused[1] for refused in answer.refused]) == (
        (f"{order_id(1)}/7",),
        [(f"{order_id(1)}/8",)],
    )


@pytest.mark.parametrize("facts", [{"errors": [(1, 1)], "processed": 44}, {"errors": [(1, 777)]}])
def test_the_report_of_another_upload_is_refused(case: LooseCase, said_by_amazon: Any, facts: dict[str, Any]):
    """Another number of records, or orders that are not in the file."""
    with pytest.raises(ReportError, match="answers none of the 1 cancellation file of this case"):
        said_by_amazon(**facts)
    assert not case.journal.entries("upload_answer")


def test_a_report_of_another_upload_stops_all_before_anything_changes(case: LooseCase, tmp_path: Path):
    """Several files at once are read all, or none."""
    good = handed_out(case).answer(order_id(1), "done").save(tmp_path / "anna.xlsx")
    (tmp_path / "p.txt").write_text(answer_text([(1, 777)]), encoding="utf-8")
    with pytest.raises(ReportError, match="answers none"):
        follow_up(case, [good, tmp_path / "p.txt"], now=LATER)  # type: ignore[arg-type]
    assert not case.journal.entries("answer")


def test_every_answer_is_a_line_of_the_journal(case: LooseCase, tmp_path: Path):
    """Who, in which file, from which export and copy, when."""
    read(case, handed_out(case, copy=2).answer(order_id(1), "done").save(tmp_path / "anna.xlsx"))
    (answer,) = case.journal.records(Answer)  # type: ignore[arg-type, type-var]
    assert answer == Answer(order_id(1), "task", "done", "", "anna", "anna.xlsx", "E1", "2", LATER)


def test_a_terminal_tells_a_conflict_in_the_words_of_the_list():
    """In the seller's language, and a message that was returned is no “problem”."""
    clash = Clash(order_id(1), "message", "done", "problem", "ben.xlsx")
    speak("zh-CN")
    try:
        text = answer_in_words(TakenBack(1, 1, (clash,)))
    finally:
        speak("")
    assert f"订单 {order_id(1)}，消息：此处为“已发送”，ben.xlsx 中为“被退回”" in text
