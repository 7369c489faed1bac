"""The assistant's workbook: safe to open, safe to merge, and able to come back."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promofix_lib.errors import ExportError, LetterError
from promofix_lib.export.workbook import SHEETS, write_buyers_workbook
from promofix_lib.export.workbook.todo_list import FIRST_ROW
from promofix_lib.letters.messages import EMAIL, Wording
from promofix_lib.letters.messages_texts import LONGEST_CELL, Template
from promofix_lib.letters.sheet_words import STATUSES, TODO_COLUMNS, sheet_words, status_of
from promofix_lib.orders import item_keys, order_table
from promofix_lib.triage import triage

CHANNELS = (
    ("Amazon.com", "USD"),
    ("Amazon.de", "EUR"),
    ("Amazon.co.jp", "JPY"),
    ("Amazon.sa", "SAR"),
    ("Non-Amazon", None),
)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "#N/A", "#REF!", "==", "=")


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    usual = {
        "order_id": f"111-{number:07d}-0000001",
        "order_item_id": f"{10_000_000_000_000 + number}",
        "purchase_date": "2026-03-01T20:00:00Z",
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sales_channel": "Amazon.com",
        "currency": "USD",
        "sku": "HP-1",
        "product_name": "Example Headphones",
        "quantity": 1,
        "item_price": "58.99",
        "item_promotion_discount": "57.99",
        "buyer_name": "Test Buyer",
        "buyer_email": f"a{number}@example.com",
        "source_file": "orders.txt",
    }
    return usual | changes


def night(count: int) -> pd.DataFrame:
    """A night's orders of every sort: channels, answers, several orders a buyer, missing cells, nasty names."""
    statuses = ("Unshipped", "Unshipped", "Pending", "Shipped", "Cancelled")
    return order_table(
        row(
            number,
            sales_channel=CHANNELS[number % 5][0],
            currency=CHANNELS[number % 5][1],
            order_status=statuses[number % 7 % 5],
            fulfillment_channel="amazon" if number % 11 == 0 else "merchant",
            quantity=number % 3,
            item_price="120" if number % 5 == 2 else None if number % 13 == 0 else "58.99",
            item_promotion_discount="119" if number % 5 == 2 else "57.99",
            buyer_name=(*FORMULAS, "Test Buyer", None, "テスト 花子", "x\x00\x1f\ufffe")[number % 15],
            product_name=(*FORMULAS, "Example Headphones", None, "x" * 600, "<b>Lamp</b>")[number % 15],
            buyer_email=(None, "", "nobody", f"a{number // 2}@example.com")[number % 17 if number % 17 < 3 else 3],
        )
        for number in range(1, count + 1)
    )


def written(path: Path, orders: pd.DataFrame, **more: Any) -> Any:
    chosen = pd.Series(True, index=orders.index)
    write_buyers_workbook(orders, chosen, path, **{"wording": Wording(seller_name="Example Store")} | more)
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("export") / "buyers.xlsx"
    wording = Wording(
        seller_name="Example Store",
        variants={"cancel": "cancelled", "ask_amazon": "fba_asked", "shipped": "shipped_keep"},
    )
    written(file, night(150), wording=wording, made_at=datetime(2026, 3, 2, 9, tzinfo=UTC), messages_per_day=700)
    return file


@pytest.fixture(scope="module")
def book(path: Path) -> Any:
    return openpyxl.load_workbook(path)


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
    assert names[-1] == "merge_status"
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    like_emails = [name for name, column in columns.items() if any(map(EMAIL.fullmatch, filter(None, column)))]
    assert like_emails == (["buyer_email"] if rows else [])
    assert not sheet.merged_cells.ranges
    assert sheet.auto_filter.ref is None
    assert not any(
        dimension.hidden for dimension in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values())
    )
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value is not None)


def table(sheet: Any) -> pd.DataFrame:
    names, *rows = sheet.iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=names)


def todo(sheet: Any) -> pd.DataFrame:
    rows = list(sheet.iter_rows(values_only=True))
    return pd.DataFrame(rows[FIRST_ROW - 1 :], columns=rows[FIRST_ROW - 3])


def test_the_sheets_stand_in_their_order(book: Any):
    """The mail list comes first, for mail programs take the first sheet."""
    assert tuple(book.sheetnames) == SHEETS == ("mail_merge", "todo", "message", "summary", "how_to")


def test_the_mail_list_keeps_its_contract(book: Any):
    """Every mail program can read it."""
    check_merge_sheet(book["mail_merge"])


def test_the_mail_list_has_one_row_per_message(book: Any):
    """Each row names its own order, says yes to sending, and has a place for what happened."""
    merge = table(book["mail_merge"])
    assert len(merge) > 50
    assert merge["message_id"].is_unique
    assert set(merge["send"]) == {"yes"}
    assert merge["merge_status"].isna().all()
    assert all(order in text for order, text in zip(merge["order_id"], merge["line_2"], strict=True))
    assert set(merge["language"]) == {"en", "de", "ja", "ar"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(max_size=300), product=st.text(max_size=300), sku=st.text(max_size=40), seller=st.text(max_size=400)
)
def test_no_text_of_a_report_breaks_the_contract(tmp_path_factory, name: str, product: str, sku: str, seller: str):
    """Whatever stands in a report or in the seller's name, the file is written, has no formula of it, and merges."""
    name, product, sku, seller = (text.encode("utf-8", "ignore").decode() for text in (name, product, sku, seller))
    file = tmp_path_factory.mktemp("any") / "buyers.xlsx"
    orders = order_table([row(buyer_name=name, product_name=product, sku=sku), row(2)])
    book = written(file, orders, wording=Wording(seller_name=seller), overruled=LET_THROUGH)
    check_merge_sheet(book["mail_merge"])
    assert {cell.coordinate for row in book["todo"].iter_rows() for cell in row if cell.data_type == "f"} == {
        "A2",
        "A3",
    }


LET_THROUGH = dict.fromkeys(("link", "email", "emoji", "markup", "phone"), "A made-up seller's name in a test.")


@pytest.mark.parametrize(("language", "words"), [("en", "only this item"), ("zh-CN", "只取消此商品")])
def test_an_order_that_is_cancelled_in_part_is_told_apart(tmp_path: Path, language: str, words: str):
    """The assistant who has only the workbook must not cancel the item that was sold at the right price."""
    orders = order_table([row(1), row(1, sku="CASE", order_item_id="77"), row(2), row(3), row(3, sku="X", quantity=0)])
    chosen = pd.Series([True, False, True, True, False])
    write_buyers_workbook(orders, chosen, tmp_path / "buyers.xlsx", language=language)
    tasks = todo(openpyxl.load_workbook(tmp_path / "buyers.xlsx")["todo"])["task"].tolist()
    assert [words in task for task in tasks] == [True, False, False]


def test_a_buyer_without_an_address_gets_the_text_by_hand(tmp_path: Path):
    """All Orders alone tells no address: the assistant opens each order's message page, and needs the text to paste."""
    orders = order_table([row(buyer_email=None, buyer_name=None), row(2, buyer_email=None, sales_channel="Amazon.de")])
    book = written(tmp_path / "buyers.xlsx", orders)
    assert len(table(book["mail_merge"])) == 0
    texts = [[cell.value for cell in line] for line in book["message"].iter_rows(min_row=5)]
    assert [(line[0], line[2]) for line in texts] == [("English", "1"), ("Deutsch", "1")]
    assert all("«" in line[3] and "«" in line[4] for line in texts)


def test_a_text_that_breaks_the_rules_is_refused_also_by_hand(tmp_path: Path):
    """Amazon reads what is pasted into the message page as well."""
    own = Template("Order {order_id}", ("We had to cancel {order_id}. Please leave feedback.",))
    orders = order_table([row(buyer_email=None)])
    with pytest.raises(LetterError, match="feedback"):
        written(tmp_path / "buyers.xlsx", orders, wording=Wording(templates={("cancelled", "en"): own}))


def test_an_export_without_messages_still_has_a_mail_list(tmp_path: Path):
    """FBA orders only: the first sheet keeps its header and has no rows, todo says why."""
    book = written(tmp_path / "buyers.xlsx", order_table([row(fulfillment_channel="amazon")]))
    assert book["mail_merge"].max_row == 1
    check_merge_sheet(book["mail_merge"])
    assert todo(book["todo"]).loc[0, "mail"] == "no: FBA, Amazon writes itself"


def test_formulas_are_only_our_own(path: Path):
    """In the whole file only the two lines of progress count; texts of reports are inline strings."""
    with zipfile.ZipFile(path) as package:
        sheets = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
    assert [len(re.findall("<f>", sheet)) for sheet in sheets] == [0, 2, 0, 0, 0]
    assert not any(re.search(r"<c [^>]*t=\"e\"", sheet) for sheet in sheets)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_like_a_formula_stays_a_name(tmp_path: Path, name: str):
    """It is shown as written, as text, and stays text when somebody edits the cell."""
    book = written(tmp_path / "buyers.xlsx", order_table([row(buyer_name=name, product_name=name, sku=name)]))
    cells = book["todo"][FIRST_ROW]
    cell = cells[TODO_COLUMNS.index("buyer_name")]
    assert (cell.data_type, cell.number_format) == ("s", "@")
    assert cell.value.strip() == name.replace("\r", "\n").strip()
    assert cell.quotePrefix or not name.startswith(("=", "+", "-", "@"))


def test_a_text_like_an_escape_of_excel_comes_back_unchanged(tmp_path: Path):
    """Excel reads _x0041_ as the letter A; an SKU that holds it is still found when the sheet comes back."""
    from python_calamine import CalamineWorkbook

    orders = order_table([row(order_item_id=None, sku="A _x0041_ _x000D_")])
    written(tmp_path / "buyers.xlsx", orders)
    rows = CalamineWorkbook.from_path(str(tmp_path / "buyers.xlsx")).get_sheet_by_name("todo").to_python()
    assert rows[FIRST_ROW - 1][TODO_COLUMNS.index("item_keys")] == item_keys(orders)[0]


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file is whole or not there at all."""
    save_whole = openpyxl.Workbook.save

    def save(self: Any, path: Path) -> None:
        save_whole(self, path)
        path.write_bytes(path.read_bytes()[:1000])
        raise OSError("No space left on device")

    monkeypatch.setattr("promofix_lib.export.workbook.Workbook.save", save)
    with pytest.raises(OSError, match="No space left"):
        written(tmp_path / "buyers.xlsx", order_table([row()]))
    assert list(tmp_path.iterdir()) == []


def test_a_chinese_seller_reads_faults_in_chinese(tmp_path: Path):
    """The reason why an export stops is told in the seller's language."""
    wording = Wording(templates={("cancelled", "en"): Template("Order", ("We cancelled {order_id}. Leave feedback.",))})
    with pytest.raises(LetterError, match="禁止提及评论"):
        written(tmp_path / "buyers.xlsx", order_table([row()]), wording=wording, language="zh-CN")


def test_todo_has_every_chosen_order(book: Any):
    """One row per order and answer, in the order of work, with the keys by which it is read back."""
    orders = night(150)
    rows = todo(book["todo"])
    assert sorted("\n".join(rows["item_keys"]).split("\n")) == sorted(item_keys(orders))
    expected = dict(zip(item_keys(orders), triage(orders), strict=True))
    assert all(
        expected[key] == word
        for keys, word in zip(rows["item_keys"], rows["triage"], strict=True)
        for key in keys.split("\n")
    )
    assert list(dict.fromkeys(rows["triage"])) == [
        "cancel",
        "ask_amazon",
        "wait",
        "shipped",
        "already_cancelled",
        "set_aside",
    ]


def test_whoever_is_not_in_the_mail_list_is_told_why(book: Any):
    """The todo list says yes exactly for the orders of the mail list, and gives a reason for each other."""
    rows, merge = todo(book["todo"]), table(book["mail_merge"])
    assert sorted(rows.loc[rows["mail"] == "yes", "message_id"]) == sorted(merge["message_id"])
    others = rows[rows["mail"] != "yes"]
    assert others["message_id"].isna().all()
    assert set(others["mail"]) == {
        "no: no e-mail in the report",
        "no: e-mail address is damaged",
        "no: nothing to say now",
    }


def test_todo_links_lead_to_the_marketplace_of_the_order(book: Any):
    """Order page and message page, on the right host, and never the page that asks for a review."""
    cells = [
        row
        for row in book["todo"].iter_rows(min_row=FIRST_ROW)
        if row[TODO_COLUMNS.index("marketplace")].value == "Amazon.de"
    ]
    assert cells
    for line in cells:
        order, message = line[TODO_COLUMNS.index("order_id")], line[TODO_COLUMNS.index("message")]
        assert order.hyperlink.target == f"https://sellercentral.amazon.de/orders-v3/order/{order.value}"
        assert message.hyperlink.target.startswith(
            f"https://sellercentral.amazon.de/messaging/contact?orderID={order.value}"
        )


def test_todo_offers_statuses_filters_and_a_frozen_header(book: Any):
    """A drop-down with words, colours that repeat them, filters, frozen panes, and a print set-up."""
    sheet = book["todo"]
    [offer] = sheet.data_validations.dataValidation
    assert offer.formula1 == '"to do,done,waiting,problem,not needed"'
    assert str(offer.sqref).startswith(f"A{FIRST_ROW}:A")
    assert len(list(sheet.conditional_formatting)) == 1
    assert sheet.freeze_panes == f"D{FIRST_ROW}"
    assert sheet.auto_filter.ref.startswith(f"A{FIRST_ROW - 1}:")
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToWidth == 1
    assert sheet.print_title_rows == f"${FIRST_ROW - 1}:${FIRST_ROW - 1}"
    hidden = [
        name
        for name, letter in zip(TODO_COLUMNS, "ABCDEFGHIJKLMNOPQ", strict=True)
        if sheet.column_dimensions[letter].hidden
    ]
    assert hidden == ["triage", "message_id", "item_keys"]
    assert sheet.row_dimensions[FIRST_ROW - 2].hidden


def test_a_buyer_with_several_orders_is_shown_as_such(tmp_path: Path):
    """Amazon's address of a buyer is the same for all orders: the assistant sees 1 of 2."""
    orders = order_table([row(1), row(2, buyer_email="A1@example.com"), row(3)])
    book = written(tmp_path / "buyers.xlsx", orders)
    assert todo(book["todo"])["turn"].tolist() == ["1 of 2", "2 of 2", "only this one"]
    assert table(book["mail_merge"])["buyers_orders"].tolist() == ["1 / 2", "2 / 2", "1 / 1"]


@pytest.mark.parametrize(
    ("variants", "task"),
    [({}, "Shipped: do as the seller decides"), ({"shipped": "shipped_return"}, "Shipped: please send it back")],
)
def test_what_to_do_with_a_shipped_order_is_what_the_seller_chose(tmp_path: Path, variants: dict[str, str], task: str):
    """Until the seller has chosen, the assistant is told to wait for that."""
    book = written(
        tmp_path / "buyers.xlsx", order_table([row(order_status="Shipped")]), wording=Wording(variants=variants)
    )
    assert todo(book["todo"]).loc[0, "task"] == task


def test_only_what_the_assistant_needs_is_in_it(tmp_path: Path):
    """Streets and telephone numbers that a report brings stay out of the file."""
    orders = order_table([row(ship_address_1="1 Secret Street", buyer_phone_number="555-0100-999")])
    file = tmp_path / "buyers.xlsx"
    written(file, orders)
    with zipfile.ZipFile(file) as package:
        whole = b"".join(package.read(name) for name in package.namelist())
    assert b"Test Buyer" in whole
    assert b"Secret" not in whole
    assert b"555-0100" not in whole


def test_the_message_sheet_shows_what_is_sent_and_what_it_says(tmp_path: Path):
    """Each text once per language, with its meaning in the reader's language beside it."""
    orders = order_table([row(1), row(2), row(3, sales_channel="Amazon.de", currency="EUR")])
    book = written(tmp_path / "buyers.xlsx", orders, language="zh-CN")
    told = [[cell.value for cell in line] for line in book["message"].iter_rows(min_row=5)]
    assert [line[0] for line in told] == ["English", "Deutsch"]
    assert [line[2] for line in told] == ["2", "1"]
    assert "wurde Ihnen" in told[1][4] or "Ihnen wurde dafür nichts berechnet" in told[1][4]
    assert "您没有被扣款" in told[1][5]
    assert all(line[4].endswith("Example Store") for line in told)


def test_the_summary_adds_up(tmp_path: Path):
    """Orders and units per answer, money per marketplace and currency, exact and never added over currencies."""
    orders = order_table(
        [row(1, quantity=3), row(2), row(3, sales_channel="Amazon.de", currency="EUR"), row(4, order_status="Shipped")]
    )
    book = written(tmp_path / "buyers.xlsx", orders, made_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    rows = [tuple(cell for cell in line if cell is not None) for line in book["summary"].iter_rows(values_only=True)]
    assert ("Made 2026-03-02 09:00 (UTC)",) in rows
    assert ("Cancel", 3, 5) in rows
    assert ("Already shipped", 1, 1) in rows
    assert ("Total", 4, 6) in rows
    assert ("Amazon.com", 3, 5, "$3.00") in rows
    assert ("Amazon.de", 1, 1, "€1.00") in rows
    assert ("no: seller decides first", 1) in rows
    assert ("orders.txt", 4) in rows


def test_the_steps_name_reason_and_quota(book: Any):
    """The assistant reads which reason to take and how many messages a day are allowed."""
    text = "\n".join(str(cell) for line in book["how_to"].iter_rows(values_only=True) for cell in line if cell)
    assert "take the reason “Pricing Error”" in text
    assert "at most 700 messages a day" in text
    assert "{" not in text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_both_languages_have_all_words(language: str):
    """Headers, statuses and steps exist in English and Chinese, and every status is read back from either."""
    words, english = sheet_words(language), sheet_words("en")
    assert words.keys() == english.keys()
    for name, value in english.items():
        assert not isinstance(value, dict) or words[name].keys() == value.keys(), name
        assert not isinstance(value, list) or len(words[name]) == len(value), name
    assert tuple(words["columns"]) == TODO_COLUMNS
    assert [status_of(words["status"][status]) for status in STATUSES] == list(STATUSES)


def test_the_chinese_file_has_the_same_hidden_names(tmp_path: Path):
    """The todo list is read back by names that no language changes."""
    book = written(tmp_path / "buyers.xlsx", order_table([row()]), language="zh-CN")
    assert tuple(cell.value for cell in book["todo"][FIRST_ROW - 2]) == TODO_COLUMNS
    assert book["todo"].cell(FIRST_ROW - 1, 1).value == "状态"
    check_merge_sheet(book["mail_merge"])


def test_an_existing_file_is_never_replaced(tmp_path: Path):
    """Somebody may have worked in it."""
    file = tmp_path / "buyers.xlsx"
    file.write_bytes(b"the assistant's work")
    with pytest.raises(ExportError, match=r"buyers.xlsx: this file exists.*Export again"):
        written(file, order_table([row()]))
    assert file.read_bytes() == b"the assistant's work"


def test_nothing_chosen_is_an_error(tmp_path: Path):
    """An empty workbook would look like a finished job."""
    orders = order_table([row()])
    with pytest.raises(ExportError, match="no orders are chosen"):
        write_buyers_workbook(orders, pd.Series([False]), tmp_path / "buyers.xlsx")


@pytest.mark.parametrize(
    ("paragraph", "words"),
    [
        ("Leave feedback on {order_id}.", "feedback"),
        ("{order_id} " + "We had to cancel it. " * 13, "too long for one cell .* paragraph 1"),
    ],
)
def test_a_faulty_message_stops_the_export(tmp_path: Path, paragraph: str, words: str):
    """Nothing is half-written when a message breaks a rule or would be cut off."""
    wording = Wording(templates={("cancelled", "en"): Template("Order", (paragraph,))})
    with pytest.raises(LetterError, match=f"(?s){words}"):
        written(tmp_path / "buyers.xlsx", order_table([row()]), wording=wording)
    assert list(tmp_path.iterdir()) == []


def test_an_overruled_rule_is_recorded(tmp_path: Path):
    """The reason in writing stands in the summary."""
    wording = Wording(
        templates={
            ("cancelled", "en"): Template(
                "Order", ("We cancelled {order_id} because of an error, no feedback needed.",)
            )
        }
    )
    book = written(
        tmp_path / "buyers.xlsx", order_table([row()]), wording=wording, overruled={"review": "Approved in case 42."}
    )
    assert ("review", "Approved in case 42.") in [line[:2] for line in book["summary"].iter_rows(values_only=True)]


def test_a_shorter_own_message_leaves_no_empty_cell(tmp_path: Path):
    """A text of fewer paragraphs beside ours fills its last columns with a blank that is not empty."""
    own = Template("Order {order_id}", ("We had to cancel {order_id} because of an error on our side.",))
    orders = order_table([row(1), row(2, sales_channel="Amazon.de", currency="EUR")])
    book = written(tmp_path / "buyers.xlsx", orders, wording=Wording(templates={("cancelled", "en"): own}))
    check_merge_sheet(book["mail_merge"])


def test_links_stay_below_excels_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Excel damages a sheet with more than 65,530 links: then only the order is linked, the other address is text."""
    monkeypatch.setattr("promofix_lib.export.workbook.todo_list.MOST_LINKS", 5)
    book = written(tmp_path / "buyers.xlsx", order_table(row(number) for number in range(1, 5)))
    cells = list(book["todo"].iter_rows(min_row=FIRST_ROW))
    assert [bool(line[TODO_COLUMNS.index("order_id")].hyperlink) for line in cells] == [True] * 4
    assert [bool(line[TODO_COLUMNS.index("message")].hyperlink) for line in cells] == [False] * 4
    assert cells[0][TODO_COLUMNS.index("message")].value.startswith(
        "https://sellercentral.amazon.com/messaging/contact"
    )
    assert any("65,530" in str(line[0]) for line in book["summary"].iter_rows(values_only=True))


def test_progress_is_shown_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A bar on request, silence otherwise."""
    orders = order_table([row()])
    write_buyers_workbook(orders, pd.Series([True]), tmp_path / "a.xlsx")
    assert capsys.readouterr().err == ""
    write_buyers_workbook(orders, pd.Series([True]), tmp_path / "b.xlsx", progress=True)
    assert "b.xlsx" in capsys.readouterr().err
