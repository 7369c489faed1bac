"""The assistant's workbook: safe to open, safe to merge, and able to come back."""

from __future__ import annotations

import gc
import re
import textwrap
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import column_index_from_string, get_column_letter
from python_calamine import CalamineWorkbook

from promofix_lib.errors import ExportError
from promofix_lib.export import workbook
from promofix_lib.export.contents import Handed, works_of
from promofix_lib.export.mailmerge import NOWHERE, check_cells
from promofix_lib.export.page import Look, Page, height_for, lines_within
from promofix_lib.export.page import row as cells_of
from promofix_lib.export.sheet import (
    ANSWERS,
    COLUMNS,
    HEADER_ROW,
    HIDDEN,
    NAME_CELL,
    VALUES,
    Place,
    column_of,
    heading,
    is_name_label,
    status_of,
    status_word,
)
from promofix_lib.export.sheets import SHEETS, write_buyers
from promofix_lib.export.todo import _WIDTHS, base_rows, links_per_row
from promofix_lib.letters.messages import EMAIL
from promofix_lib.letters.texts import LONGEST_CELL, Template, Wording
from promofix_lib.say import languages
from tests.handed_case import handed_rows, row

CHANNELS = (
    ("Amazon.com", "USD"),
    ("Amazon.de", "EUR"),
    ("Amazon.co.jp", "JPY"),
    ("Amazon.sa", "SAR"),
    ("Non-Amazon", None),
)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "#N/A", "#REF!", "==", "=")
WORDING = Wording(seller_name="Example Store", variants={"cancel": "cancelled", "shipped": "shipped_keep"})
WRITERS = (workbook.by_openpyxl, workbook.by_xlsxwriter)
FIRST = HEADER_ROW + 1


def night(count: int) -> list[dict[str, Any]]:
    """A night's orders of every sort: channels, answers, several orders a buyer, missing cells, nasty names."""
    statuses = ("Unshipped", "Unshipped", "Pending", "Shipped", "Cancelled")
    return [
        row(
            number,
            sales_channel=CHANNELS[number % 5][0],
            currency=CHANNELS[number % 5][1],
            order_status=statuses[number % 7 % 5],
            fulfillment_channel="amazon" if number % 11 == 0 else "merchant",
            quantity=number % 3,
            item_price="120" if number % 5 == 2 else None if number % 13 == 0 else "58.99",
            item_promotion_discount="119" if number % 5 == 2 else "57.99",
            buyer_name=(*FORMULAS, "Test Buyer", None, "テスト 花子", "x\x00\x1f\ufffe\u2028\ufeff\x85y")[number % 15],
            product_name=(*FORMULAS, "Example Headphones", None, "x" * 600, "<b>Lamp</b>")[number % 15],
            buyer_email=(None, "", "nobody", f"a{number // 2}@example.com")[number % 17 if number % 17 < 3 else 3],
        )
        for number in range(1, count + 1)
    ]


def written(path: Path, handed: Handed | Sequence[dict[str, Any]]) -> Any:
    """The workbook as openpyxl reads it."""
    told = handed if isinstance(handed, Handed) else handed_rows(handed)
    return openpyxl.load_workbook(write_buyers(told, path))


@pytest.fixture(scope="module")
def handed() -> Handed:
    return handed_rows(night(150), WORDING)


@pytest.fixture(scope="module", params=WRITERS, ids=["openpyxl", "xlsxwriter"])
def path(handed: Handed, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("export") / "buyers.xlsx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook, "MANY_ROWS", 0 if request.param is workbook.by_xlsxwriter else 10**6)
        return write_buyers(handed, file)


@pytest.fixture(scope="module")
def book(path: Path) -> Any:
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Any:
    told = handed_rows(night(30), WORDING, open_gate=False)
    return written(tmp_path_factory.mktemp("draft") / "buyers.xlsx", told)


def check_merge_sheet(sheet: Any) -> None:
    """The contract that Word, LibreOffice, Google Sheets add-ons, Gmail and Thunderbird can all read."""
    names = [cell.value for cell in sheet[1]]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) for name in names)
    assert len({name.lower() for name in names}) == len(names)
    assert [name for name in names if "mail" in name] == ["buyer_email"]
    for cells in (names, *rows):
        assert len(cells) == len(names)
        filled = cells if cells is names else cells[:-1]
        assert all(isinstance(cell, str) and 0 < len(cell) <= LONGEST_CELL for cell in filled)
    assert names[-2:] == ["send", "merge_status"]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    like_emails = [name for name, column in columns.items() if any(map(EMAIL.fullmatch, filter(None, column)))]
    assert like_emails == (["buyer_email"] if rows else [])
    assert not sheet.merged_cells.ranges
    assert sheet.auto_filter.ref is None
    dimensions = (*sheet.row_dimensions.values(), *sheet.column_dimensions.values())
    assert not any(dimension.hidden for dimension in dimensions)
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value is not None)


def table(sheet: Any) -> pd.DataFrame:
    names, *rows = sheet.iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=names)


def todo(sheet: Any) -> pd.DataFrame:
    """The list by its machine names, as it is read back."""
    rows = list(sheet.iter_rows(min_row=HEADER_ROW, max_col=len(COLUMNS), values_only=True))
    return pd.DataFrame(rows[1:], columns=[column_of(cell) for cell in rows[0]])


def text_of(sheet: Any) -> str:
    return "\n".join(str(cell) for line in sheet.iter_rows(values_only=True) for cell in line if cell is not None)


# -- the mail list ----------------------------------------------------------------------------------------------------


def test_the_sheets_stand_in_their_order_and_the_steps_are_seen_first(book: Any):
    """The mail list comes first, for mail programs take the first sheet; a person reads what to do."""
    assert tuple(book.sheetnames) == SHEETS == ("mail_merge", "todo", "message", "summary", "how_to")
    assert book.active.title == "how_to"
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == ["how_to"]


def test_the_mail_list_keeps_its_contract(book: Any):
    """Every mail program can read it."""
    check_merge_sheet(book["mail_merge"])


def test_the_mail_list_has_one_row_per_message(book: Any, handed: Handed):
    """Each row names its own order, says yes to sending, and has a place for what happened."""
    merge = table(book["mail_merge"])
    assert len(merge) == len(handed.listed) > 50
    assert merge["message_id"].is_unique
    assert set(merge["send"]) == {"yes"}
    assert merge["merge_status"].isna().all()
    assert all(order in text for order, text in zip(merge["order_id"], merge["line_2"], strict=True))
    assert set(merge["language"]) == {"en", "de", "ja", "ar"}


def test_the_daily_quota_parts_the_list_into_batches(tmp_path: Path):
    """Amazon withholds what goes over it: each row says its day, the steps say which rows are which."""
    book = written(tmp_path / "buyers.xlsx", handed_rows([row(n) for n in range(1, 6)], per_day=2))
    assert table(book["mail_merge"])["batch"].tolist() == ["1", "1", "2", "2", "3"]
    full = text_of(written(tmp_path / "full.xlsx", handed_rows([row(1), row(2)], per_day=2))["how_to"])
    assert "All 2 messages fit into one day" in full
    assert "batch 1 = rows 2 to 3, batch 2 = rows 4 to 5, batch 3 = rows 6 to 6" in text_of(book["how_to"])


@settings(max_examples=8)
@given(name=st.text(max_size=300), seller=st.text(max_size=400))
def test_no_text_of_a_report_breaks_the_contract(tmp_path_factory, handed: Handed, name: str, seller: str):
    """Whatever stands in a report or in the seller's name, the file is written, has no formula of it, and merges."""
    name, seller = (text.encode("utf-8", "ignore").decode() for text in (name, seller))
    told = handed_rows([row(buyer_name=name, product_name=name, sku=name), row(2)], Wording(seller_name=seller))
    book = written(tmp_path_factory.mktemp("any") / "buyers.xlsx", told)
    check_merge_sheet(book["mail_merge"])
    formulas = {cell.coordinate for row in book["todo"].iter_rows() for cell in row if cell.data_type == "f"}
    assert formulas == {"E2"}


def test_an_export_without_messages_still_has_a_mail_list(tmp_path: Path):
    """FBA orders only: the first sheet keeps its header and has no rows, todo says why."""
    book = written(tmp_path / "buyers.xlsx", [row(fulfillment_channel="amazon")])
    assert book["mail_merge"].max_row == 1
    check_merge_sheet(book["mail_merge"])
    assert todo(book["todo"]).loc[0, "mail"].startswith("no: ")
    assert todo(book["todo"]).loc[0, "message_status"] == "none needed"


def test_a_shorter_own_message_leaves_no_empty_cell(tmp_path: Path):
    """A text of fewer paragraphs beside ours fills its last columns with a blank that is not empty."""
    own = Template("Order {order_id}", ("We had to cancel {order_id} because of an error on our side.",))
    rows = [row(1), row(2, sales_channel="Amazon.de", currency="EUR")]
    book = written(tmp_path / "buyers.xlsx", handed_rows(rows, Wording(templates={"cancelled.en": own})))
    check_merge_sheet(book["mail_merge"])


def test_a_paragraph_that_word_would_cut_stops_the_export(tmp_path: Path):
    """A cell of a mail merge holds 255 characters; nothing is half-written."""
    own = Template("Order", ("{order_id} " + "We had to cancel it. " * 13,))
    told = handed_rows([row()], Wording(templates={"cancelled.en": own}))
    with pytest.raises(ExportError, match=r"too long for one cell .* cancelled.en: line_1"):
        write_buyers(told, tmp_path / "buyers.xlsx")
    assert list(tmp_path.iterdir()) == []
    check_cells(handed_rows([row()]))


# -- the to-do list ---------------------------------------------------------------------------------------------------


def test_todo_has_every_order_once_with_its_keys(book: Any, handed: Handed):
    """Nothing is lost between the order table and the list, and each row can be found again."""
    rows = todo(book["todo"])
    assert rows["order_id"].is_unique
    assert sorted("\n".join(rows["item_keys"]).split("\n")) == sorted(handed.stand.book.keys)
    assert set(rows["triage"]) == {"cancel", "ask_amazon", "wait", "shipped", "already_cancelled", "set_aside"}
    assert all(order in keys for order, keys in zip(rows["order_id"], rows["item_keys"], strict=True))


def test_todo_is_one_table_with_all_its_columns_and_an_empty_row_above(book: Any, handed: Handed):
    """However it is sorted, a key moves with its row, and the lines above are never taken for part of the list."""
    sheet = book["todo"]
    [found] = sheet.tables.values()
    last = HEADER_ROW + len(handed.works)
    assert found.ref == f"A{HEADER_ROW}:U{last}"
    assert found.autoFilter is not None
    assert [column.name for column in found.tableColumns] == [cell.value for cell in sheet[HEADER_ROW][: len(COLUMNS)]]
    assert [column_of(column.name) for column in found.tableColumns] == list(COLUMNS)
    assert all(cell.value is None for cell in sheet[HEADER_ROW - 1])
    assert sheet.max_row == last
    hidden = "".join(letter for letter, dimension in sheet.column_dimensions.items() if dimension.hidden)
    assert hidden in ("S", "STU")  # XlsxWriter's three are one range
    assert COLUMNS[-3:] == HIDDEN


def test_a_visible_column_names_export_copy_and_row(book: Any, handed: Handed):
    """What was handed out stands in the journal by that name."""
    rows, base = todo(book["todo"]), base_rows(handed)
    places = [Place.of(cell) for cell in rows["place"]]
    assert "place" not in HIDDEN
    assert [(place.export, place.copy) for place in places] == [("2026-03-02T090000", 1)] * len(rows)
    assert [base[place.key][0] for place in places] == rows["order_id"].tolist()
    cells = rows[list(ANSWERS)].fillna("").to_dict("records")
    assert [base[place.key][1] for place in places] == cells


def test_each_task_has_a_status_of_its_own(book: Any, handed: Handed):
    """Two drop-downs with words, colours that repeat them, each for one of the order's two tasks."""
    sheet = book["todo"]
    offers = {str(offer.sqref)[0]: offer for offer in sheet.data_validations.dataValidation}
    assert offers["A"].formula1 == '"to do,done,problem,not needed"'
    assert offers["E"].formula1 == '"to send,sent,came back,none needed"'
    assert all(len(offer.prompt) <= 255 and len(offer.promptTitle) <= 32 for offer in offers.values())
    areas = [str(area.sqref) for area in sheet.conditional_formatting]
    assert sorted(areas) == [f"A{FIRST}:J{sheet.max_row}", f"E{FIRST}:E{sheet.max_row}"]
    assert sheet.freeze_panes == f"D{FIRST}"


def test_the_progress_is_text_with_the_live_count_beside_it(book: Any):
    """Mail previews and telephones calculate nothing; what is cancelled already needs nobody."""
    sheet = book["todo"]
    assert re.fullmatch(r"Finished: 64 of 150 \(43%\) when this file was made", sheet["A2"].value)
    assert sheet["E2"].value.startswith('="Now: "&(COUNTIF($A$7')
    assert [cell.coordinate for line in sheet.iter_rows() for cell in line if cell.data_type == "f"] == ["E2"]


def test_the_assistant_can_write_a_name(book: Any):
    """Two hands that disagree are told by name."""
    assert is_name_label(book["todo"]["A3"].value)
    assert book["todo"][NAME_CELL].value in (None, "")


@pytest.mark.parametrize(("language", "words"), [("en", "only this item"), ("zh-CN", "只取消此商品")])
def test_an_order_that_is_cancelled_in_part_is_told_apart(tmp_path: Path, language: str, words: str):
    """The assistant who has only the workbook must not cancel the item that was sold at the right price."""
    rows = [row(1), row(1, sku="CASE", order_item_id="77", order_status="Shipped"), row(2), row(3, sku="X")]
    tasks = todo(written(tmp_path / "buyers.xlsx", handed_rows(rows, language=language))["todo"])["task"].tolist()
    assert [words in task for task in tasks] == [True, False, False]


def test_an_order_whose_items_differ_is_one_row_with_both_tasks(tmp_path: Path):
    """One item to cancel and one that has shipped: the order's id decides, so it stands there once."""
    rows = [row(1), row(1, order_item_id="77", item_status="Shipped")]
    listed = todo(written(tmp_path / "buyers.xlsx", rows)["todo"])
    assert listed["task"].tolist() == ["Cancel only this item, not the order; Shipped: do as the seller decides"]
    assert listed["units"].tolist() == [2]


def test_the_most_urgent_deadline_stands_first(tmp_path: Path):
    """Two hours to the promise date come before everything else; the time is the marketplace's, with its name."""
    rows = [
        row(n, purchase_date=f"2026-03-01T0{n}:00:00Z", promise_date=f"2026-03-0{day}T08:00:00Z" if day else None)
        for n, day in ((1, 0), (2, 4), (3, 3))
    ]
    listed = todo(written(tmp_path / "buyers.xlsx", rows)["todo"])
    assert listed["order_id"].str[4:11].tolist() == ["0000003", "0000002", "0000001"]
    assert listed["ship_by"].fillna("").tolist() == ["2026-03-03 00:00 PST", "2026-03-04 00:00 PST", ""]


def test_what_is_known_already_is_handed_out_again(handed: Handed):
    """An answer that came back stays answered in the next workbook, so an untouched cell undoes nothing."""
    works = [
        replace(work, row=replace(work.row, answer="done", message="bounced", note="odd")) for work in handed.works[:1]
    ]
    assert base_rows(replace(handed, works=tuple(works)))["1"][1] == {
        "status": "done",
        "message_status": "came back",
        "note": "odd",
    }


def test_nobody_is_written_to_twice(handed: Handed):
    """Whoever was sent the message stands in no mail list, and nothing in the row tempts to send it again."""
    first = next(work for work in handed.works if work.listed)
    sent = replace(first, row=replace(first.row, message="sent"))
    again = replace(handed, works=tuple(sent if work is first else work for work in handed.works))
    assert [message.order_id for message in again.listed] == [one.order_id for one in handed.listed[1:]]
    assert first.message not in again.to_write
    assert again.in_list(sent) == "no: sent already"
    assert sent.message_answer == "done"


def test_a_returned_message_can_be_sent_again(handed: Handed):
    """It came back, perhaps because the sender was not approved yet: it stays in the list."""
    first = next(work for work in handed.works if work.listed)
    assert replace(first, row=replace(first.row, message="bounced")).listed == first.message


def test_what_amazon_has_cancelled_is_no_task(tmp_path: Path):
    """The row says so, counts as finished, and keeps the task of an item that Amazon has not accepted."""
    stand = handed_rows([row(1), row(2), row(2, order_item_id="77", sku="HP-2")]).stand
    keys = stand.book.keys.tolist()
    works = works_of(stand, stand.chosen, (), accepted={keys[0], keys[1]})
    assert [(work.words, work.answer) for work in works] == [
        (("already_cancelled",), "not_needed"),
        (("cancel", "already_cancelled"), "todo"),
    ]
    told = handed_rows([row(1), row(2)])
    told = replace(told, works=works_of(told.stand, told.stand.chosen, (), accepted={told.stand.book.keys[0]}))
    book = written(tmp_path / "buyers.xlsx", told)
    sheet = book["todo"]
    assert {("cancel", 1), ("already cancelled", 1)} <= {line[:2] for line in book["summary"].values}
    assert todo(sheet)[["status", "task"]].values.tolist() == [
        ["not needed", "Nothing: already cancelled"],
        ["to do", "Cancel in Seller Central"],
    ]
    assert "1 of 2" in sheet["A2"].value


def test_whoever_is_not_in_the_mail_list_is_told_why(book: Any):
    """The todo list says yes exactly for the orders of the mail list, and gives a reason for each other."""
    rows, merge = todo(book["todo"]), table(book["mail_merge"])
    assert sorted(rows.loc[rows["mail"] == "yes", "message_id"]) == sorted(merge["message_id"])
    others = rows[rows["mail"] != "yes"]
    assert others["mail"].str.match("no: .{5,}").all()


def test_a_buyer_without_an_address_gets_the_text_by_hand(tmp_path: Path):
    """All Orders alone tells no address: the assistant opens each order's message page and pastes the row's text."""
    rows = [row(buyer_email=None, buyer_name=None), row(2, buyer_email=None, sales_channel="Amazon.de")]
    book = written(tmp_path / "buyers.xlsx", rows)
    assert len(table(book["mail_merge"])) == 0
    listed = todo(book["todo"])
    assert listed["text"].str.contains("111-000000").all()
    assert listed["message_status"].tolist() == ["to send"] * 2
    texts = [[cell.value for cell in line] for line in book["message"].iter_rows(min_row=5)]
    assert [(line[0], line[2]) for line in texts] == [("English", 1), ("Deutsch", 1)]
    assert all("«" in line[3] and "«" in line[4] for line in texts)


def test_todo_links_lead_to_the_marketplace_of_the_order(book: Any):
    """Order page and message page, on the right host, and never the page that asks for a review."""
    order, message, market = (COLUMNS.index(name) for name in ("order_id", "message", "marketplace"))
    lines = [line for line in book["todo"].iter_rows(min_row=FIRST) if line[market].value == "Amazon.de"]
    assert lines
    for line in lines:
        host = "https://sellercentral.amazon.de"
        assert line[order].hyperlink.target == f"{host}/orders-v3/order/{line[order].value}"
        to_write = line[message].hyperlink.target if line[message].value else ""
        assert not to_write or to_write.startswith(f"{host}/messaging/contact?orderID={line[order].value}")
    assert any(line[message].value for line in lines)


def test_where_nothing_is_to_be_written_no_link_invites_to_write(tmp_path: Path):
    """Amazon tells the buyers of its own shipments, and a pending order has none yet: no link to a message."""
    rows = [row(1), row(2, fulfillment_channel="amazon"), row(3, order_status="Pending")]
    lines = list(written(tmp_path / "buyers.xlsx", rows)["todo"].iter_rows(min_row=FIRST))
    assert [bool(line[COLUMNS.index("message")].value) for line in lines] == [True, False, False]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_count_of_none_is_a_zero(tmp_path: Path, writer: Any):
    """A number that is zero stands in its cell, an empty text is an empty cell."""
    page = Page("summary", [cells_of((0, Look()), ("", Look()))], (9, 9))
    writer([page], tmp_path / "a.xlsx", "summary")
    cells = next(openpyxl.load_workbook(tmp_path / "a.xlsx")["summary"].iter_rows(values_only=True))
    assert cells == (0, None)


def test_a_sum_of_which_nothing_is_known_is_no_zero(tmp_path: Path):
    """A pending order without a price: paid, usual value and loss are not known, and not 0.00."""
    text = text_of(written(tmp_path / "buyers.xlsx", [row(order_status="Pending", item_price=None)])["summary"])
    assert "0.00" not in text
    assert "not known" in text


@pytest.mark.parametrize("writer", WRITERS)
def test_links_stay_below_excels_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Any):
    """Excel damages a sheet with more than 65,530 links: then only the order is linked, the other address is text."""
    assert [links_per_row(rows) for rows in (32_765, 32_766, 65_530, 65_531)] == [2, 1, 1, 0]
    monkeypatch.setattr("promofix_lib.export.todo.MOST_LINKS", 5)
    monkeypatch.setattr(workbook, "MANY_ROWS", 0 if writer is workbook.by_xlsxwriter else 10**6)
    book = written(tmp_path / "buyers.xlsx", [row(number) for number in range(1, 5)])
    cells = list(book["todo"].iter_rows(min_row=FIRST))
    assert [bool(line[COLUMNS.index("order_id")].hyperlink) for line in cells] == [True] * 4
    assert [bool(line[COLUMNS.index("message")].hyperlink) for line in cells] == [False] * 4
    assert cells[0][COLUMNS.index("message")].value.startswith("https://sellercentral.amazon.com/messaging/contact")
    assert "65,530" in text_of(book["summary"])
    assert links_per_row(5) == 1


def test_a_buyer_with_several_orders_is_shown_as_such(tmp_path: Path):
    """Amazon's address of a buyer is the same for all orders: the assistant sees 1 of 2."""
    book = written(tmp_path / "buyers.xlsx", [row(1), row(2, buyer_email="A1@example.com"), row(3)])
    assert todo(book["todo"])["turn"].tolist() == ["1 of 2", "2 of 2", "only this one"]
    assert table(book["mail_merge"])["buyers_orders"].tolist() == ["1 / 2", "2 / 2", "1 / 1"]
    assert "1 buyer has more than one order." in text_of(book["summary"])


@pytest.mark.parametrize(
    ("variants", "task"),
    [({}, "Shipped: do as the seller decides"), ({"shipped": "shipped_return"}, "Shipped: please send it back")],
)
def test_what_to_do_with_a_shipped_order_is_what_the_seller_chose(tmp_path: Path, variants: dict[str, str], task: str):
    """Until the seller has chosen, the assistant is told to wait for that."""
    told = handed_rows([row(order_status="Shipped")], Wording(variants=variants))
    assert todo(written(tmp_path / "buyers.xlsx", told)["todo"]).loc[0, "task"] == task


def width_of(sheet: Any, column: int) -> float:
    """Of a column, also of one that shares its entry with its neighbours."""
    return next(one.width for one in sheet.column_dimensions.values() if one.min <= column <= one.max)


@pytest.mark.parametrize("name", SHEETS)
def test_it_prints_on_a4_at_a_size_that_can_be_read(book: Any, name: str):
    """As wide as the page, lists across with their headings on each: the printed columns leave 9 points of 10."""
    sheet = book[name]
    across = name in ("mail_merge", "todo", "message")
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == (
        "landscape" if across else "portrait",
        9,
    )
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    last = get_column_letter(sheet.max_column)
    if across:
        heading = {"todo": HEADER_ROW, "message": 4}.get(name, 1)
        assert sheet.print_title_rows == f"${heading}:${heading}"
        area = re.fullmatch(rf"'{name}'!\$A\$1:\$([A-Z]+)\${sheet.max_row}", sheet.print_area)
        assert area, sheet.print_area
        last = area[1]
    points = sum(width_of(sheet, column) * 5.25 for column in range(1, column_index_from_string(last) + 1))
    assert 10 * ((842 if across else 595) - 2 * 0.35 * 72) / points >= 9.0


def test_rows_to_read_are_as_tall_as_their_texts(book: Any):
    """Nothing is cut, also where a heading takes two lines, and no row is a third taller than its longest text."""
    pairs = []
    for name in ("message", "summary", "how_to"):
        for cells in book[name].iter_rows():
            texts = [(cell.value, width_of(book[name], cell.column)) for cell in cells if cell.alignment.wrap_text]
            lines = max((lines_of(str(text), width) for text, width in texts if text), default=0)
            pairs.append((lines, book[name].row_dimensions[cells[0].row].height or 20))
    assert all(12.7 * lines <= height for lines, height in pairs)
    assert all(height < 12.75 * 1.33 * lines + 12 for lines, height in pairs if lines > 4)


def lines_of(text: str, width: float) -> int:
    """Lines in a column, at 1.2 letters of Arial in the room of a digit, as LibreOffice printed them."""
    return sum(len(textwrap.wrap(line, int((width - 2) * 1.2))) or 1 for line in text.split("\n"))


# -- a draft ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("writer", WRITERS)
def test_a_row_is_as_tall_as_its_words_want(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Any):
    """A long name of a product is not cut on paper; a row after it is as before."""
    monkeypatch.setattr(workbook, "MANY_ROWS", 0 if writer is workbook.by_xlsxwriter else 10**6)
    rows = [row(1, product_name="Wireless over-ear headphones with a case, a cable and a charger, black"), row(2)]
    sheet = written(tmp_path / "buyers.xlsx", rows)["todo"]
    lines = lines_of(sheet.cell(HEADER_ROW + 1, COLUMNS.index("product") + 1).value, 22)
    assert lines > 2
    assert sheet.row_dimensions[HEADER_ROW + 1].height >= 12.75 * lines
    assert sheet.row_dimensions[HEADER_ROW + 2].height in (None, 30)


def test_what_a_draft_says_above_the_list_fits_on_the_page(draft: Any):
    """In one line of the printed columns; the reasons stand on the sheet with the steps."""
    assert len(draft["todo"]["A4"].value) < 110


@pytest.mark.parametrize("language", languages())
def test_a_draft_prints_as_large_as_any_other(tmp_path: Path, language: str):
    """Text that runs on beside the page makes a spreadsheet print all of it smaller: notes are broken into lines."""
    book = written(tmp_path / "buyers.xlsx", handed_rows(night(30), open_gate=False, language=language))
    for name in ("message", "summary", "how_to"):
        single = [
            cell
            for line in book[name].iter_rows(min_row=2)
            for cell in line
            if cell.value and not cell.alignment.wrap_text
        ]
        assert all(lines_within(str(cell.value), 10 * 100 / cell.font.size)[1:] == [] for cell in single), name
    assert book["message"].print_area.startswith("'message'!$A$1:$F$")  # across, with the title inside
    assert (book["message"].page_setup.orientation, book["message"].print_title_rows) == ("landscape", "$1:$1")
    notes = [str(line[0]) for line in book["summary"].iter_rows(min_row=3, max_row=7, max_col=1, values_only=True)]
    assert " ".join(handed_rows(night(30), open_gate=False, language=language).note.split()) in " ".join(
        " ".join(notes).split()
    ) or language.startswith("zh")


def test_every_sheet_and_row_of_a_draft_says_that_it_is_one(draft: Any):
    """The gate is closed: whoever opens any sheet, or prints it, sees it."""
    for sheet in draft:
        assert "DRAFT" in text_of(sheet), sheet.title
        assert "DRAFT" in sheet.oddHeader.center.text
    assert todo(draft["todo"])["task"].eq("DRAFT: do nothing yet").all()
    mark = "DRAFT - do not send, do not cancel anything"
    assert draft["summary"]["A1"].value == f"{mark} · Summary"
    assert "Before you begin" in text_of(draft["how_to"])
    assert "Check the sender first" not in text_of(draft["how_to"])


def test_what_is_no_draft_has_its_plain_title(book: Any):
    """Nothing stands before it."""
    assert (book["todo"]["A1"].value, book["summary"]["A1"].value) == ("To do: 150 orders", "Summary")


def test_nothing_in_a_draft_can_be_sent_or_done_by_mistake(draft: Any):
    """No text that an order was cancelled, no address, no link to write, and add-ons skip every row."""
    check = [line for sheet in draft for line in text_of(sheet).splitlines()]
    assert not any(re.search(r"had to cancel|corrected|Cancel in Seller Central|we cancelled", line) for line in check)
    merge = table(draft["mail_merge"])
    assert len(merge) > 5
    assert set(merge["send"]) == {"no"}
    assert set(merge["buyer_email"]) == {NOWHERE}
    assert merge["merge_status"].str.contains("DRAFT").all()
    listed = todo(draft["todo"])
    assert listed[["message", "text", "message_id"]].isna().all().all()
    assert set(listed["message_status"]) == {"none needed"}
    assert "a1@example.com" not in "\n".join(check)


# -- texts of reports -------------------------------------------------------------------------------------------------


def test_formulas_are_only_our_own(path: Path):
    """In the whole file only the live count counts."""
    with zipfile.ZipFile(path) as package:
        names = sorted(name for name in package.namelist() if name.startswith("xl/worksheets/sheet"))
        sheets = [package.read(name).decode() for name in names]
    assert [len(re.findall("<f>", sheet)) for sheet in sheets] == [0, 1, 0, 0, 0]
    assert not any(re.search(r"<c [^>]*t=\"e\"", sheet) for sheet in sheets)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_name_like_a_formula_stays_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Any):
    """Also after somebody edits the cell: it carries Excel's quote prefix and the format Text."""
    monkeypatch.setattr(workbook, "MANY_ROWS", 0 if writer is workbook.by_xlsxwriter else 10**6)
    book = written(tmp_path / "buyers.xlsx", [row(n, buyer_name=name) for n, name in enumerate(FORMULAS, 1)])
    for line, name in zip(book["todo"].iter_rows(min_row=FIRST), FORMULAS, strict=True):
        cell = line[COLUMNS.index("buyer_name")]
        assert (cell.data_type, cell.number_format) == ("s", "@")
        assert cell.value.strip() == name.replace("\r", "\n").strip()
        assert cell.quotePrefix or not name.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("writer", WRITERS)
def test_texts_come_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Any):
    """Excel reads _x0041_ as the letter A; an SKU that holds it is found again. Control characters are gone."""
    monkeypatch.setattr(workbook, "MANY_ROWS", 0 if writer is workbook.by_xlsxwriter else 10**6)
    told = handed_rows(
        [row(order_item_id=None, sku="A _x0041_ _x000D_", buyer_name="x\x00\u2028\x85\ufeff\x0b\u202e\u2066y")]
    )
    write_buyers(told, tmp_path / "buyers.xlsx")
    rows = CalamineWorkbook.from_path(str(tmp_path / "buyers.xlsx")).get_sheet_by_name("todo").to_python()
    assert rows[HEADER_ROW][COLUMNS.index("item_keys")] == told.stand.book.keys[0]
    assert rows[HEADER_ROW][COLUMNS.index("buyer_name")].split() == ["x", "y"]


def test_only_what_the_assistant_needs_is_in_it(tmp_path: Path):
    """Streets and telephone numbers that a report brings stay out of the file."""
    file = tmp_path / "buyers.xlsx"
    written(file, [row(ship_address_1="1 Secret Street", buyer_phone_number="555-0100-999")])
    with zipfile.ZipFile(file) as package:
        whole = b"".join(package.read(name) for name in package.namelist())
    assert b"Test Buyer" in whole
    assert b"Secret" not in whole
    assert b"555-0100" not in whole


# -- sheets to read ---------------------------------------------------------------------------------------------------


def test_the_message_sheet_shows_what_is_sent_and_what_it_says(tmp_path: Path):
    """Each text once per language, with its meaning in the reader's language beside it."""
    rows = [row(1), row(2), row(3, sales_channel="Amazon.de", currency="EUR")]
    book = written(tmp_path / "buyers.xlsx", handed_rows(rows, language="zh-CN"))
    told = [[cell.value for cell in line] for line in book["message"].iter_rows(min_row=5)]
    assert [line[0] for line in told] == ["English", "Deutsch"]
    assert [line[2] for line in told] == [2, 1]
    assert "您没有被扣款" in told[1][5]
    assert all(line[4].endswith("Example Store") for line in told)


def test_what_a_message_says_is_all_that_it_says(tmp_path: Path):
    """Also that other items of the order stay; of the seller's own text nobody else knows what it says."""
    two = [row(1, sales_channel="Amazon.de", currency="EUR"), row(1, order_item_id="8", order_status="Shipped")]
    own = Template("{order_id}", ("{greeting}", "Die Bestellung kommt nicht."))
    french = row(2, sales_channel="Amazon.fr", currency="EUR")
    wording = Wording(seller_name="Example Store", templates={"cancelled.fr": own})
    told = [
        [cell.value for cell in line]
        for line in written(tmp_path / "buyers.xlsx", handed_rows([*two, french], wording))["message"].iter_rows(
            min_row=5
        )
    ]
    meanings = {line[0]: line[5] for line in told}
    assert "The other items of your order are not affected." in meanings["Deutsch"]
    assert meanings["Français"] is None


def test_the_summary_has_the_figures_of_the_status(tmp_path: Path):
    """Orders once, units, money per currency exact and never added over currencies, and what is not known."""
    rows = [row(1, quantity=3), row(2), row(3, sales_channel="Amazon.de", currency="EUR"), row(4, item_price=None)]
    told = handed_rows([{**one, "sku": "HP"} for one in rows], overruled={"review": "Approved in case 42."})
    book = written(tmp_path / "buyers.xlsx", told)
    lines = [tuple(cell for cell in line if cell is not None) for line in book["summary"].iter_rows(values_only=True)]
    for line in [
        ("Orders", 4),
        ("Units", 6),
        ("cancel", 4),
        ("USD", "2.00 USD", "235.96 USD", "233.96 USD", 1),
        ("orders.txt", 4),
        ("review", "Approved in case 42."),
    ]:
        assert line in lines
    assert any(str(line[0]).startswith("Made 2026-03-02 09:00 (UTC)") for line in lines if line)


def test_the_steps_begin_with_the_sender_and_name_reason_and_quota(book: Any):
    """The assistant checks the sender first, and reads which reason to take and how many messages fit into a day."""
    text = text_of(book["how_to"])
    assert re.search(r"Before you begin(?s:.*)1\. Check the sender first(?s:.*)Messaging Permissions", text)
    assert "take the reason “Pricing Error”" in text
    assert "Amazon allows 700 a day" in text
    assert "{" not in text


def test_without_a_mail_list_no_step_speaks_of_one(tmp_path: Path):
    """No report tells an address: the assistant writes from each order's page, and looks for no missing file."""
    text = text_of(written(tmp_path / "buyers.xlsx", [row(1, buyer_email=None)])["how_to"])
    assert "5. Write to the buyers" in text
    assert "“Text to copy”" in text
    assert not re.search(r"message-template|mbox|All 0|0 messages", text)


# -- what comes back --------------------------------------------------------------------------------------------------


def test_no_chinese_heading_is_broken_before_its_bracket():
    """Chinese breaks after any sign: a heading with a bracket stands on one line of its column."""
    named = {name: heading(name, "zh-CN") for name in COLUMNS if "）" in heading(name, "zh-CN")}
    assert "order_id" in named
    assert {name: height_for((text, _WIDTHS[name])) for name, text in named.items()} == dict.fromkeys(named, 22.0)


def test_the_summary_adds_up_only_what_is_several(tmp_path: Path):
    """One line needs no total; files stand in the order in which they were read; nothing is said of links."""
    rows = [row(1, source_file="b.txt"), *(row(n, source_file="a.txt") for n in (2, 3))]
    book = written(tmp_path / "buyers.xlsx", rows)["summary"]
    lines = [line[:2] for line in book.values if line[0]]
    assert "Total" not in dict(lines)
    assert lines[-2:] == [("b.txt", 1), ("a.txt", 2)]
    assert "65,530" not in text_of(book)


def test_a_heading_of_an_earlier_version_is_read_back():
    """A list that was handed out before a heading was reworded still comes back."""
    assert column_of("订单号（打开订单页面）") == "order_id"


@pytest.mark.parametrize("language", languages())
def test_every_heading_and_status_is_read_back_from_every_language(language: str):
    """A Chinese sheet that comes back to an English seller is understood."""
    assert [column_of(heading(name, language)) for name in COLUMNS] == list(COLUMNS)
    assert len({heading(name, language).casefold() for name in COLUMNS}) == len(COLUMNS)
    for column in ("status", "message_status"):
        words = [status_word(value, column, language) for value in VALUES]
        assert [status_of(word) for word in words] == list(VALUES)
        assert not any("," in word or '"' in word for word in words)
        assert len(",".join(words)) <= 255


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("DONE.", "done"),
        ("Ok", "done"),
        ("完成 ", "done"),
        ("✔️", "done"),
        (True, "done"),
        ("n/a", "not_needed"),
        ("EMAIL_SENT", "done"),
        ("Bounced", "problem"),
        ("waiting", "todo"),
        (False, "todo"),
        ("perhaps", None),
    ],
)
def test_a_status_in_other_words_is_understood_or_not_guessed(cell: object, value: str | None):
    """What people write instead of the words of the list."""
    assert status_of(cell) == value


# -- whole or not at all ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [lambda told: replace(told, works=()), None])
def test_nothing_is_replaced_and_nothing_empty_is_written(tmp_path: Path, make: Callable[[Handed], Handed] | None):
    """Somebody may have worked in the file; a workbook of no orders helps nobody."""
    file, told = tmp_path / "buyers.xlsx", handed_rows([row()])
    if make is None:
        file.write_bytes(b"mine")
    with pytest.raises(ExportError, match="never replaced" if make is None else "Choose them in notebook 3"):
        write_buyers(make(told) if make else told, file)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"] * (make is None)


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file is whole or not there at all."""
    save_whole = openpyxl.Workbook.save

    def save(self: Any, path: Path) -> None:
        save_whole(self, path)
        path.write_bytes(path.read_bytes()[:1000])
        raise OSError("No space left on device")

    monkeypatch.setattr("openpyxl.Workbook.save", save)
    with pytest.raises(OSError, match="No space left"):
        write_buyers(handed_rows([row()]), tmp_path / "buyers.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_both_writers_write_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Above the size where it pays XlsxWriter writes; nobody who opens, filters or prints the file can tell."""
    told, books = handed_rows(night(40), WORDING), []
    for writer in WRITERS:
        monkeypatch.setattr(workbook, "MANY_ROWS", 0 if writer is workbook.by_xlsxwriter else 10**6)
        books.append(written(tmp_path / f"{writer.__name__}.xlsx", told))
    assert books[0].active.title == books[1].active.title == "how_to"
    assert [book._fonts[0].sz for book in books] == [10, 10]  # columns are measured in its digits
    for one, other in zip(*books, strict=True):
        assert seen_in(one) == seen_in(other), one.title
        assert heights_of(one) == pytest.approx(heights_of(other), abs=0.5), one.title


def seen_in(sheet: Any) -> dict[str, Any]:
    """Everything of a sheet that can be seen, chosen or printed, but for its heights."""
    view, page, columns = sheet.sheet_view, sheet.page_setup, sheet.column_dimensions.values()
    return {
        "cells": {cell.coordinate: look_of(cell) for line in sheet.iter_rows() for cell in line if cell.has_style},
        "widths": [(n, round(one.width, 1), one.hidden) for one in columns for n in range(one.min, one.max + 1)],
        "shown": (bool(view.tabSelected), sheet.sheet_format.customHeight),
        "view": (sheet.freeze_panes, view.showGridLines in (None, True), colour_of(sheet.sheet_properties.tabColor)),
        "page": (page.orientation, page.paperSize, page.fitToWidth or 1, page.fitToHeight, vars(sheet.page_margins)),
        "printed": (sheet.print_area, sheet.print_title_rows, sheet.sheet_properties.pageSetUpPr.fitToPage),
        "edges": (sheet.oddFooter.left.text, sheet.oddFooter.right.text, sheet.oddHeader.center.text),
        "tables": [(one.name, one.ref, one.autoFilter.ref, one.column_names) for one in sheet.tables.values()],
        "stripes": [
            (one.tableStyleInfo.name, bool(one.tableStyleInfo.showRowStripes)) for one in sheet.tables.values()
        ],
        "choices": sorted(
            (str(one.sqref), one.type, one.formula1, one.showInputMessage, one.showErrorMessage, one.allow_blank)
            for one in sheet.data_validations.dataValidation
        ),
        "hints": sorted(
            (str(one.sqref), one.promptTitle, one.prompt, one.errorTitle, one.error)
            for one in sheet.data_validations.dataValidation
        ),
        "fills": sorted(  # the priority says which comes first, not the place in the file
            (rule.priority, str(area.sqref), rule.formula, rule.stopIfTrue, colour_of(rule.dxf.fill.bgColor))
            for area in sheet.conditional_formatting
            for rule in area.rules
        ),
    }


def heights_of(sheet: Any) -> list[float]:
    """Of every row; XlsxWriter writes whole points of the screen."""
    usual = sheet.sheet_format.defaultRowHeight
    return [sheet.row_dimensions[number].height or usual for number in range(1, sheet.max_row + 1)]


def look_of(cell: Any) -> tuple[Any, ...]:
    """A cell's value and everything about how it looks."""
    font, place, link = cell.font, cell.alignment, cell.hyperlink
    return (
        *(cell.value, link and link.target, cell.number_format, cell.quotePrefix),
        *(font.name, font.sz, bool(font.b), font.u, colour_of(font.color)),
        *(place.horizontal, place.vertical, bool(place.wrap_text), place.indent, place.readingOrder),
        *(cell.fill.fill_type, colour_of(cell.fill.fgColor), cell.border.left.style, cell.border.bottom.style),
        colour_of(cell.border.top.color),
    )


def colour_of(colour: Any) -> str | None:
    """Without the part for transparency, which Excel passes over."""
    return colour and str(colour.rgb)[-6:]


HEADING = "bold 10 FFFFFF on 1F3A4D framed wrapped left"
TITLE, HINT = "bold 16 1F3A4D", "10 555555"


@pytest.mark.parametrize(
    ("sheet", "cells", "look"),
    [
        ("mail_merge", "A1 T1", HEADING),
        ("mail_merge", "A2 T2", "10 1A1A1A framed left as text"),
        ("todo", "A1", TITLE),
        ("todo", "A2 E2", "bold 12 1F3A4D"),
        ("todo", "A3 E3 A4", HINT),
        ("todo", "C3", "10 1A1A1A framed left as text"),
        ("todo", "A6 U6", HEADING),
        ("todo", "A7", "bold 10 1A1A1A framed left as text"),
        ("todo", "A8", "bold 10 1A1A1A on F3F6F8 framed left as text"),
        ("todo", "B7", "10 1A1A1A on FBE4D6 framed wrapped left as text"),
        ("todo", "C7 F7", "10 0B5394 underlined framed wrapped left as text"),
        ("todo", "D7 G7 J7", "10 1A1A1A framed wrapped left as text"),
        ("todo", "L7 S7", "10 1A1A1A framed left as text"),
        ("message", "A1", TITLE),
        ("message", "A2", HINT),
        ("message", "A4 F4", HEADING),
        ("message", "A5 B5 D5 E5", "10 1A1A1A framed wrapped left top"),
        ("message", "C5", "10 1A1A1A framed center top"),
        ("summary", "A1", TITLE),
        ("summary", "A2 A3", HINT),
        ("summary", "A5 B5", HEADING),
        ("summary", "A6 A11", "10 1A1A1A framed wrapped left"),
        ("summary", "B6 B11", "10 1A1A1A framed center"),
        ("summary", "A17", "bold 10 1A1A1A on F3F6F8 framed wrapped left"),
        ("summary", "B17", "bold 10 1A1A1A on F3F6F8 framed center"),
        ("how_to", "A1", TITLE),
        ("how_to", "A3 B3", HEADING),
        ("how_to", "A4 A12", "bold 10 1A1A1A on F3F6F8 framed wrapped left top"),
        ("how_to", "B4", "10 1A1A1A framed wrapped left top"),
    ],
)
def test_each_kind_of_cell_has_its_look(book: Any, sheet: str, cells: str, look: str):
    """Headings stand out, texts of reports keep Excel's format "Text", every other row is shaded, numbers centred."""
    assert {in_words(book[sheet][cell]) for cell in cells.split()} == {look}


def in_words(cell: Any) -> str:
    """How a cell looks: weight, size, colour, fill, frame, place."""
    font, place, filled = cell.font, cell.alignment, cell.fill.fill_type
    words = {
        "bold": font.b,
        f"{font.sz:g} {colour_of(font.color)}": True,
        "underlined": font.u,
        f"on {colour_of(cell.fill.fgColor)}": filled,
        "framed": cell.border.left.style == "thin",
        "wrapped": place.wrap_text,
        str(place.horizontal): place.horizontal,
        "top": place.vertical == "top",
        "as text": cell.number_format == "@",
    }
    return " ".join(word for word, holds in words.items() if holds)


def test_what_asks_for_care_is_bold(book: Any):
    """More than one unit, and a buyer with more than one order."""
    lines = list(book["todo"].iter_rows(min_row=FIRST))
    units, turn = (COLUMNS.index(name) for name in ("units", "turn"))
    assert {bool(line[units].font.b) for line in lines if line[units].value > 1} == {True}
    assert {bool(line[units].font.b) for line in lines if line[units].value < 2} == {False}
    alone = {line[turn].value == "only this one" for line in lines}
    assert alone == {True, False}
    assert all(bool(line[turn].font.b) == (line[turn].value != "only this one") for line in lines)


def test_rows_have_the_height_of_their_kind(book: Any):
    """Two lines of the list stand in each row; titles have air; the row above the list is thin."""
    heights = {sheet.title: heights_of(sheet)[:6] for sheet in book}
    assert heights["todo"] == pytest.approx([26, 20, 20, 18, 8, 32], abs=0.5)
    assert [heights[name][0] for name in ("message", "summary", "how_to")] == pytest.approx([28] * 3, abs=0.5)
    usual = [sheet.sheet_format.defaultRowHeight for sheet in book]
    assert usual == pytest.approx([18, 30, 20, 20, 20], abs=0.5)


def test_a_writer_leaves_the_computer_as_it_was(tmp_path: Path):
    """Python's search for rings of memory is held only while it writes; the file is called what it is."""
    book = written(tmp_path / "buyers.xlsx", [row()])
    assert gc.isenabled()
    assert (book.properties.creator, book.properties.title) == ("promofix", "buyers")
    gc.disable()
    try:
        written(tmp_path / "buyers-2.xlsx", [row()])
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("sheet", "widths"),
    [
        ("mail_merge", [22, 44, 24, 58, *[40] * 6, 14, 14, 34, *[14] * 5, 32, 14, 14, 14]),
        ("todo", [11, 22, 21, 13, 11, 17, 17, 23, 7, 14, 14, 30, 14, 21, 15, 13, 18, 27, 12, 12, 12]),
        ("message", [12, 14, 8, 24, 46, 46]),
        ("summary", [36, 16, 16, 16, 16]),
        ("how_to", [24, 76]),
    ],
)
def test_columns_are_as_wide_as_what_stands_in_them(book: Any, sheet: str, widths: list[int]):
    """An order id stands on one line, an address nearly always; the printed ones together fill the page."""
    assert [width_of(book[sheet], n) for n, _ in enumerate(widths, 1)] == pytest.approx(widths, abs=0.05)
    last = {"mail_merge": "D", "todo": "J", "message": "F"}.get(sheet)
    assert (book[sheet].print_area or "").split("$")[3:4] == ([last] if last else [])
