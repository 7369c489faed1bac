"""One export: what it holds, what it withholds, and that nothing half-written is ever seen."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from promofix_lib.account.account import account_of
from promofix_lib.app.cli import run
from promofix_lib.case.case import Case
from promofix_lib.case.records import Answer, ExportRecord
from promofix_lib.errors import CaseError, ExportError
from promofix_lib.export import handover
from promofix_lib.export.handover import export
from promofix_lib.returns.take_back import follow_up
from promofix_lib.say import told
from promofix_lib.status.status import status
from tests.handed_case import NIGHT, NOW, all_orders, line, make_case, new_orders, order_id, usual, victims
from tests.test_returns import answer_text

LETTERS = {
    "letters-to-amazon-READ-FIRST.txt",
    "letter-to-amazon-1-technical-issue.txt",
    "letter-to-amazon-2-annotation.txt",
    "letter-to-amazon-3-plan-of-action.txt",
}


@pytest.fixture(autouse=True)
def without_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing the charts takes seconds; what they show is tested with them."""
    monkeypatch.setattr(handover, "PARTS", tuple(part for part in handover.PARTS if part.__name__ != "evidence"))


def names(folder: Path) -> set[str]:
    """Files and folders right inside `folder`."""
    return {path.name for path in folder.iterdir()}


def record_of(case: Case, number: int = -1) -> ExportRecord:
    """What the journal knows of an export."""
    return case.journal.records(ExportRecord)[number]


def uploaded(folder: Path, name: str = "order-cancellation.txt") -> list[str]:
    """Order ids in a file for Amazon."""
    return [line.split("\t")[0] for line in (folder / name).read_text(encoding="ascii").splitlines()[2:]]


def test_an_export_is_one_dated_folder_of_few_files(tmp_path: Path) -> None:
    """Workbook, files for Amazon, drafts, template and letters; the list given back is complete."""
    case = make_case(tmp_path)
    done = export(case, now=NOW)
    assert done.folder == tmp_path / "exports" / "2026-11-20T160000"
    assert names(done.folder) == {
        "buyers.xlsx",
        "message-template.docx",
        "message-drafts.mbox",
        "order-cancellation.txt",
        "fba-requests.txt",
        *LETTERS,
    }
    assert set(done.written) == {path for path in done.folder.rglob("*") if path.is_file()}
    assert done.withheld == ()
    assert not list(tmp_path.glob(".export-*.part"))


def test_an_export_is_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another notebook decides while the files are written is in all of them or in none: here in none."""
    case = make_case(tmp_path)
    chosen, items = int(status(case).chosen.sum()), status(case).rows[0].keys

    def meddle(job: handover.Job) -> None:
        Case.existing(job.case.folder).decide("leave_out", items, "a friend")

    monkeypatch.setattr(handover, "PARTS", (meddle, handover.evidence))
    folder = export(case, now=NOW).folder
    assert len((folder / "evidence/order-ids.csv").read_text("utf-8").splitlines()) == 1 + chosen
    assert set(items) <= set(case.left_out)


def test_the_evidence_stands_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page and lists are part of the export and of its record, and name no buyer."""
    parts = (handover.cancellations, handover.requests, handover.for_the_assistant, handover.evidence)
    monkeypatch.setattr(handover, "PARTS", parts)
    case = make_case(tmp_path)
    folder = export(case, now=NOW).folder / "evidence"
    assert {"evidence.html", "order-ids.csv", "timeline.csv"} <= names(folder)
    assert "evidence/order-ids.csv" in record_of(case).files
    assert "Ada Example" not in (folder / "evidence.html").read_text(encoding="utf-8")
    with (folder / "order-ids.csv").open(encoding="utf-8", newline="") as file:
        states = {row["order_id"]: row["state"] for row in csv.DictReader(file)}
    assert states == {row.order_id: row.state for row in status(case).rows}
    assert states[order_id(1)] == "written"


def test_each_order_goes_where_it_belongs(tmp_path: Path) -> None:
    """Nine to cancel, the FBA one to Seller Support; pending and shipped in neither file."""
    folder = export(make_case(tmp_path), now=NOW).folder
    assert uploaded(folder) == [order_id(n) for n in range(1, 10)]
    requests = (folder / "fba-requests.txt").read_text(encoding="utf-8")
    assert [n for n in range(1, 13) if order_id(n) in requests] == [10]


def test_the_journal_knows_what_was_handed_out(tmp_path: Path) -> None:
    """Every file with its SHA-256, every line of the upload in order, every item with its triage, and no buyer."""
    case = make_case(tmp_path, batch_size=4)
    done = export(case, now=NOW)
    record = record_of(case)
    assert set(record.files) == {path.relative_to(done.folder).as_posix() for path in done.written}
    for name, digest in record.files.items():
        assert hashlib.sha256((done.folder / name).read_bytes()).hexdigest() == digest
    assert list(record.uploads) == [f"order-cancellation-{n}-of-3.txt" for n in (1, 2, 3)]
    lines = [line.order_id for lines in record.uploads.values() for line in lines]
    assert lines == [order_id(n) for n in range(1, 10)]
    assert [item.triage for item in record.items] == ["cancel"] * 9 + ["ask_amazon", "wait", "shipped"]
    assert {item.incident for item in record.items} == {1}
    assert record.requests == (order_id(10),)
    assert (record.folder, record.made_at, record.round, record.draft) == (done.folder.name, NOW, 1, False)
    assert {order for order, _ in record.rows.values()} == {order_id(n) for n in range(1, 13)}
    assert record.rows["1"][1] == {"status": "to do", "message_status": "to send", "note": ""}
    states = {order: state for order, state, _ in record.messages.values()}
    assert [states[order_id(n)] for n in range(1, 13)] == ["written"] * 9 + ["none"] * 3
    assert "Ada Example" not in json.dumps(record.to_json())


def test_the_status_follows_from_the_export(tmp_path: Path) -> None:
    """What was written is to be uploaded, what Amazon must stop is to be asked for, nothing is in no export."""
    case = make_case(tmp_path)
    export(case, now=NOW)
    stand = status(case)
    assert stand.in_no_export == ()
    rows = {row.order_id: row for row in stand.rows}
    assert [rows[order_id(n)].next for n in (1, 10, 11, 12)] == ["upload", "ask_amazon", "wait", "decide"]
    assert (rows[order_id(1)].state, rows[order_id(1)].message) == ("written", "written")


# -- the gate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shut", ["promotion_ended", "price_right", "stock_as_wanted"])
def test_without_the_sellers_word_an_export_is_a_draft(tmp_path: Path, shut: str) -> None:
    """No cancellation, no refund, no draft of a mail; the workbook and the FBA list say what they are."""
    settings = {shut: False, "refund_adjustments": True, "acknowledgement_xml": True}
    case = make_case(tmp_path, **settings)
    done = export(case, now=NOW)
    assert names(done.folder) - LETTERS == {"buyers.xlsx", "fba-requests.txt"}
    assert (done.folder / "fba-requests.txt").read_text(encoding="utf-8").startswith("DRAFT")
    whats = [entry.what.text("en") for entry in done.withheld]
    assert whats == ["order-cancellation.txt", "refund-adjustments.txt", "the messages"]
    assert "puts the cancelled units back on sale" in done.withheld[0].why.text("en")
    record = record_of(case)
    assert record.draft
    assert record.uploads == {}
    assert set(record.withheld) == {order_id(n) for n in range(1, 10)}
    assert {state for _, state, _ in record.messages.values()} == {"held", "none"}


def test_an_order_younger_than_the_end_closes_the_gate_again(tmp_path: Path) -> None:
    """Cancelling then would sell the units again at the wrong price."""
    done = export(make_case(tmp_path, promotion_ended_at="2026-11-20T06:00:00+00:00"), now=NOW)
    assert "order-cancellation.txt" not in names(done.folder)
    assert done.withheld[0].what.text("en") == "order-cancellation.txt"


def test_after_the_sellers_word_nothing_is_held_back(tmp_path: Path) -> None:
    """A draft is followed by the real one; both are in the journal."""
    case = make_case(tmp_path, promotion_ended=False)
    export(case, now=NOW)
    case.change_settings(promotion_ended=True)
    assert "order-cancellation.txt" in names(export(case, now=NOW + timedelta(hours=1)).folder)
    assert [record_of(case, n).draft for n in (0, 1)] == [True, False]


# -- what is not written ----------------------------------------------------------------------------------------------


def test_a_partial_order_without_item_ids_is_withheld_and_named(tmp_path: Path) -> None:
    """Only All Orders without item ids: the order with a second, right item is left out, with what to download."""
    other = line(
        1, NIGHT, **{"order-status": "Unshipped", "item-status": "Unshipped", "sku": "CABLE", "item-price": "9.99"}
    )
    report = all_orders([*usual(), *victims(), other], item_ids=False)
    case = make_case(tmp_path, reports={"AllOrders.txt": report})
    done = export(case, now=NOW)
    (withheld,) = done.withheld
    assert withheld.to_json("en")["what"] == f"order {order_id(1)}"
    assert "Download New Orders" in withheld.to_json("en")["why"]
    assert order_id(1) not in uploaded(done.folder)
    assert order_id(2) in uploaded(done.folder)
    assert set(record_of(case).withheld) == {order_id(1)}


def test_refunds_and_xml_are_written_only_on_wish(tmp_path: Path) -> None:
    """Both are settings; the XML asks for the merchant token."""
    done = export(make_case(tmp_path, refund_adjustments=True, acknowledgement_xml=True), now=NOW)
    assert {"refund-adjustments.txt", "order-cancellation.xml"} <= names(done.folder)
    refunds = (done.folder / "refund-adjustments.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in refunds[1:]] == [order_id(12)]
    assert any("merchant token" in warning.text("en") for warning in done.warnings)


def test_no_refund_is_handed_out_twice(tmp_path: Path) -> None:
    """What a refund file holds stays there: in another, the money would move again; the export says where it is."""
    case = make_case(tmp_path, refund_adjustments=True, shipped_choice="refunded", promotion_ended=False)
    export(case, now=NOW)
    case.change_settings(promotion_ended=True)
    first = export(case, now=NOW + timedelta(hours=1))
    assert "refund-adjustments.txt" in names(first.folder)
    again = export(case, now=NOW + timedelta(hours=2))
    assert "refund-adjustments.txt" not in names(again.folder)
    [(what, why)] = [(one.what.text("en"), one.why.text("en")) for one in again.withheld]
    assert order_id(12) in what
    assert first.folder.name in why


def test_who_may_keep_it_is_not_refunded(tmp_path: Path) -> None:
    """The message says that the item is the buyer's at that price: no file says anything else."""
    done = export(make_case(tmp_path, refund_adjustments=True, shipped_choice="keep"), now=NOW)
    assert "refund-adjustments.txt" not in names(done.folder)
    assert [one.what.text("en") for one in done.withheld] == ["refund-adjustments.txt"]


def test_a_draft_holds_no_feed_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that a program could upload; and no bar is drawn where nobody asked for one."""
    folder = export(make_case(tmp_path, acknowledgement_xml=True, promotion_ended=False), now=NOW).folder
    assert not {name for name in names(folder) if name.startswith("order-cancellation")}
    assert capsys.readouterr().err == ""


def test_a_message_that_breaks_a_rule_withholds_messages_and_workbook_only(tmp_path: Path) -> None:
    """The cancellation file is not held up by a sentence about reviews."""
    own = "Subject: Order {order_id}\n\n{greeting}\n\nPlease remove your negative review: www.example.com\n"
    case = make_case(tmp_path, texts={"cancelled.en": own})
    done = export(case, now=NOW)
    assert [entry.what.text("en") for entry in done.withheld] == ["buyers.xlsx and the messages"]
    assert names(done.folder) - LETTERS == {"order-cancellation.txt", "fba-requests.txt"}
    assert {state for _, state, _ in record_of(case).messages.values()} == {"held", "none"}


def test_what_is_withheld_for_the_same_reason_is_told_once(tmp_path: Path) -> None:
    """Three names and a number, not three hundred lines; in the seller's language."""
    reason = told("export.no_item_code")
    [entry] = handover._together([(order_id(n), reason) for n in range(1, 6)])
    ids = ", ".join(order_id(n) for n in (1, 2, 3))
    assert entry.what.text("en") == f"5 orders: {ids} and 2 more"
    assert "另有 2 个" in entry.what.text("zh-CN")


def test_the_chinese_seller_reads_in_chinese_what_was_withheld(tmp_path: Path) -> None:
    """The gate, what it asks and what cancelling would do; the workbook too."""
    done = export(make_case(tmp_path, language="zh-CN", promotion_ended=False), now=NOW)
    assert "PricingError 会立即把取消的数量按当时的价格重新上架" in str(done.withheld[0].why)
    book = CalamineWorkbook.from_path(str(done.folder / "buyers.xlsx"))
    assert "草稿" in str(book.get_sheet_by_name("how_to").to_python())
    assert "letter-to-amazon-2-annotation-zh-CN.txt" in names(done.folder)


# -- whole or not at all ----------------------------------------------------------------------------------------------


def test_two_exports_in_one_second_are_two_folders(tmp_path: Path) -> None:
    """Nothing is overwritten, ever; each workbook names its own."""
    case = make_case(tmp_path)
    first, second = export(case, now=NOW), export(case, now=NOW)
    assert first.folder != second.folder
    book = CalamineWorkbook.from_path(str(second.folder / "buyers.xlsx"))
    assert second.folder.name in str(book.get_sheet_by_name("todo").to_python()[6])


@pytest.mark.parametrize("place", ["part", "journal"])
def test_a_failing_export_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """No half-written folder, no export, no line in the journal."""
    case = make_case(tmp_path)

    def broken(*args: Any) -> None:
        assert place == "journal" or not list((tmp_path / "exports").glob("*"))  # nobody sees it before it is whole
        raise OSError("disk full")

    if place == "part":
        monkeypatch.setattr(handover, "PARTS", (handover.cancellations, broken))
    else:
        monkeypatch.setattr(case.journal, "keep", broken)
    with pytest.raises(CaseError, match="disk full"):
        export(case, now=NOW)
    assert case.exports == ()
    assert not list(tmp_path.glob(".export-*.part"))
    assert not case.journal.entries("export")


def test_what_a_killed_export_left_is_swept_by_the_next(tmp_path: Path) -> None:
    """A half-made folder holds buyers' data and is nobody's any more."""
    case = make_case(tmp_path)
    left = tmp_path / ".export-2026-11-20T150000.part"
    left.mkdir()
    (left / "buyers.xlsx").write_bytes(b"half")
    export(case, now=NOW)
    assert not left.exists()


def test_another_export_of_the_same_case_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two notebooks never sweep each other's half-made folder away."""
    case = make_case(tmp_path)
    monkeypatch.setattr(handover, "_WAIT", 0.01)
    other = sqlite3.connect(tmp_path / handover._LOCK, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(ExportError, match="another export of this case"):
            export(case, now=NOW)
    finally:
        other.close()
    assert export(case, now=NOW).folder.is_dir()


def test_a_moment_without_a_zone_is_an_error_of_whoever_writes_the_cell(tmp_path: Path) -> None:
    """Folder names are in UTC."""
    with pytest.raises(ValueError, match="no time zone"):
        export(make_case(tmp_path), now=datetime(2026, 11, 20))


# -- rounds and choices -----------------------------------------------------------------------------------------------


def test_nothing_chosen_is_an_instruction(tmp_path: Path) -> None:
    """An empty export helps nobody, a second one of nothing new neither."""
    case = make_case(tmp_path)
    export(case, now=NOW)
    with pytest.raises(ExportError, match="Nothing new to export"):
        export(case, now=NOW, round=2)
    case.decide("leave_out", case.keys[case.chosen()].tolist(), "all friends")
    with pytest.raises(ExportError, match="Choose them in notebook 3"):
        export(case, now=NOW)


def test_round_two_hands_over_only_what_is_new(tmp_path: Path) -> None:
    """Two more victims in a newer report, and the pending one that can be cancelled by now."""
    case = make_case(tmp_path)
    export(case, now=NOW)
    more = [line(n, NIGHT + timedelta(minutes=70 + n), wrong=True) for n in (20, 21)]
    paid = victims(v11={"order-status": "Unshipped", "item-status": "Unshipped"})
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *paid, *more]))
    case.add_report("NewOrders-2.txt", new_orders([*paid, *more]))
    case.take_found()
    done = export(case, now=NOW + timedelta(hours=2), round=2)
    assert set(uploaded(done.folder)) == {order_id(n) for n in (11, 20, 21)}
    assert record_of(case).round == 2


@pytest.mark.parametrize("batch_size", [0, 4])
def test_the_order_of_work_uploads_the_files_that_there_are(tmp_path: Path, batch_size: int) -> None:
    """A step for each file, with as many orders."""
    case = make_case(tmp_path, batch_size=batch_size)
    export(case, now=NOW)
    steps = [step for step in account_of(case).plan_of_work(NOW) if step.key.startswith("cancel")]
    assert [len(step.order_ids) for step in steps] == [len(lines) for lines in record_of(case).uploads.values()]


def test_a_second_export_repeats_nothing_that_is_done(tmp_path: Path) -> None:
    """Amazon refused one order of nine, the assistant wrote to two buyers: one order goes up, seven are written to."""
    case = make_case(tmp_path / "case")
    export(case, now=NOW)
    report = tmp_path / "processing.txt"
    report.write_text(answer_text([(3, 3)], 9), encoding="utf-8")
    answers = [Answer(order_id(n), "message", "done", "", "ada", "buyers.xlsx", "", "1", NOW) for n in (1, 2)]
    case.journal.keep(answers, "assistant")
    follow_up(case, [report], now=NOW)
    done = export(case, now=NOW + timedelta(hours=2))
    assert uploaded(done.folder) == [order_id(3)]
    assert "8 orders" in " ".join(str(entry.what) for entry in done.withheld)
    book = CalamineWorkbook.from_path(str(done.folder / "buyers.xlsx"))
    listed = [line[0] for line in book.get_sheet_by_name("mail_merge").to_python()[1:]]
    rows = [line[:2] for line in book.get_sheet_by_name("todo").to_python() if line[1] == "Nothing: already cancelled"]
    assert rows == [["not needed", "Nothing: already cancelled"]] * 8
    assert sorted(listed) == [order_id(n) for n in range(4, 10)]
    assert (done.folder / "message-drafts.mbox").read_text(encoding="utf-8").count("X-Unsent") == len(listed)
    assert status(case).states["accepted"] == 8


def test_only_named_items_are_handed_over_and_never_those_left_out(tmp_path: Path) -> None:
    """Exactly the list, less what the seller took out by hand."""
    case = make_case(tmp_path)
    keys = [f"{order_id(n)}/{n:014d}" for n in (2, 3, 4)]
    case.decide("leave_out", keys[:1], "a friend")
    export(case, now=NOW, only=keys)
    assert {item.order_id for item in record_of(case).items} == {order_id(3), order_id(4)}


def test_each_assistant_gets_a_copy_with_its_own_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What comes back is known by it, so one hand never undoes another's work; the command asks for copies too."""
    case = make_case(tmp_path)
    assert run(["export", str(tmp_path), "--copies", "3"]) == 0
    assert "buyers-3.xlsx" in capsys.readouterr().out
    folder = export(case, now=NOW, copies=2).folder
    for name, copy in (("buyers.xlsx", 1), ("buyers-2.xlsx", 2)):
        rows = CalamineWorkbook.from_path(str(folder / name)).get_sheet_by_name("todo").to_python()
        assert f"2026-11-20T160000 / {copy} / 1" in rows[6]


def test_buyers_of_shipped_orders_are_told_what_the_seller_decided(tmp_path: Path) -> None:
    """Keep it, send it back, refunded; nothing at all as long as that is not decided."""
    for choice in ("keep", ""):
        case = make_case(tmp_path / (choice or "none"), shipped_choice=choice)
        drafts = (export(case, now=NOW).folder / "message-drafts.mbox").read_text(encoding="ascii")
        assert (order_id(12) in drafts) == bool(choice)


# -- buyers' data -----------------------------------------------------------------------------------------------------


def test_only_the_workbook_and_the_drafts_name_a_buyer(tmp_path: Path) -> None:
    """What goes to Amazon names none, and no export tells a street: the assistant writes e-mails."""
    folder = export(make_case(tmp_path), now=NOW).folder
    found = set()
    for path in folder.rglob("*"):
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".xlsx":
            book = CalamineWorkbook.from_path(str(path))
            text = str([book.get_sheet_by_name(name).to_python() for name in book.sheet_names])
        assert "Specimen Street" not in text
        if "Ada Example" in text or "marketplace.amazon" in text:
            found.add(path.name)
    assert found == {"buyers.xlsx", "message-drafts.mbox"}


def test_the_same_case_exports_the_same_files_for_amazon(tmp_path: Path) -> None:
    """They do not change from one export to the next, a day later."""
    case = make_case(tmp_path)
    first, second = export(case, now=NOW), export(case, now=NOW + timedelta(days=1))
    for name in ("order-cancellation.txt", "fba-requests.txt", "message-template.docx", "message-drafts.mbox"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_one_export_works_out_triage_and_keys_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are part of the case's book, not of each file that is written."""
    case, calls = make_case(tmp_path), []
    assert len(case.findings.incidents) == 1  # the search has keys of its own
    import promofix_lib.orders as orders_room
    import promofix_lib.status.book as book_room

    for module, name in ((book_room, "triage"), (orders_room, "item_keys"), (orders_room, "sku_keys")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda orders, real=real, name=name: calls.append(name) or real(orders))
    export(case, now=NOW)
    assert all(calls.count(name) <= 1 for name in set(calls)), calls
