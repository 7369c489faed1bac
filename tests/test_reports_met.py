"""Files of the kinds that strangers met, one defect each (tests/data/reports/met): read right, or one true sentence."""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from promofix_lib.errors import ReportError
from promofix_lib.reports.feed_result import FeedError, read_processing_report
from promofix_lib.reports.merging import read_orders
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Reading

MET = Path(__file__).parent / "data" / "reports" / "met"


def met(*names: str) -> Reading:
    """These files read together; every line of each is accounted for."""
    reading = read_orders([MET / name for name in names])
    for report in reading.reports:
        assert report.headers + report.blanks + report.rows + len(report.quarantined) == report.lines
    return reading


def said(reading: Reading) -> str:
    """All warnings in English."""
    return "\n".join(warning.text("en") for warning in reading.warnings)


def test_names_that_were_encoded_twice_are_mended_and_counted():
    """No buyer is greeted as JÃ¼rgen."""
    reading = met("01-names-encoded-twice.txt")
    assert reading.orders["buyer_name"].tolist() == ["Jürgen Müßig", "Anne O’Neil", "Invented Buyer"]
    assert "2 cells were encoded twice" in said(reading)


ROWS = {
    "02-cr-cr-lf.txt": 3,
    "17-control-letters.txt": 5,
    "18-names.txt": 2,
    "47-index-column.csv": 3,
    "53-dollar-sign.txt": 1,
    "54-mac.zip": 3,
}


@pytest.mark.parametrize("name", ROWS)
def test_what_only_looks_odd_is_read(name: str):
    """Every order is there."""
    assert len(met(name).orders) == ROWS[name]


def test_a_wrapped_row_and_a_swallowed_cell_are_not_guessed():
    """Rows in which a cell or the tab before it is missing are set aside, not shifted."""
    (report,) = met("03-wrapped-and-swallowed.txt").reports
    assert report.items == 1
    assert [bad.line for bad in report.quarantined] == [3, 4, 5]
    assert report.quarantined[2].reason.text("en") == "has 14 cells where the header has 15"


REFUSED = {
    "04-json-string.txt": "no line names the columns",
    "04-bytes-literal.txt": "no line names the columns",
    "04-json-answer.txt": "JSON answer",
    "05-buyers-own-history.csv": "All Orders",
    "06-fba-returns.txt": "All Orders",
    "52-dates-two-ways.txt": "has no time zone",
    "55-sign-in-page.txt": "this is a web page",
    "57-password.xlsx": "is locked with a password",
    "20-answer-heading-refused.txt": "notebook 6",
    "22-answer.xml": "notebook 6",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(name: str):
    """It says what the file is, in the language of the moment it is shown."""
    with pytest.raises(ReportError) as refused:
        met(name)
    assert REFUSED[name] in refused.value.text("en")
    assert refused.value.text("zh-CN") != refused.value.text("en")
    assert "\n" not in refused.value.text("en")


def test_one_sku_twice_in_an_order_stays_two_items():
    """Told apart by quantity and price where no item id tells."""
    orders = met("07-same-sku-twice-all.txt", "07-same-sku-twice-new.txt").orders
    assert orders["quantity"].tolist() == [1, 3, 1]
    assert orders["order_item_id"].tolist() == ["10000000000001", "10000000000009", "10000000000002"]


@pytest.mark.parametrize("encoding", ["cp932", "utf8"])
def test_a_letter_cut_in_two_costs_that_letter_alone(encoding: str):
    """Name and city of the line stay readable, the title loses its last sign, and it is counted."""
    reading = met(f"08-letter-cut-{encoding}.txt")
    second = reading.orders.iloc[1]
    assert (second["buyer_name"], second["ship_city"]) == ("佐藤 花子", "大阪市")
    assert second["product_name"] == "折りたたみ式イヤホ"
    assert "1 cell holds a letter that was cut in two" in said(reading)


def test_order_ids_are_mended_or_set_aside():
    """Typographic hyphens, apostrophes, blanks, no hyphens: certain. Half an id is not."""
    reading = met("10-order-ids-spoilt.txt", "10-order-ids-right.txt")
    assert len(reading.orders) == 5
    assert reading.orders["buyer_email"].notna().all()
    assert [bad.line for bad in reading.reports[0].quarantined] == [7]
    assert "4 ids were not written as Amazon writes them" in said(reading)


def test_names_carry_no_control_letters():
    """Line separators are blanks, everything else of that kind is left out."""
    assert set(met("17-control-letters.txt").orders["buyer_name"]) == {"Jane Doe"}


def test_item_ids_that_became_floats_meet_the_true_ones():
    """One row per item: an id that lost zeros is not believed, and pairs by SKU."""
    reading = met("48-floats.txt", "48-true-ids.txt")
    assert reading.orders["order_item_id"].tolist() == ["12345678901231", "12345678901232", "00938446464647"]
    assert reading.orders["quantity"].sum() == 3
    assert "1 order item id was made a number" in said(reading)


def test_empty_cells_spelled_out_are_empty():
    """NULL, nan, None and #N/A are no promotion and no discount."""
    orders = met("46-empty-cells-spelled-out.txt").orders
    assert orders["promotion_ids"].isna().tolist() == [True, True, False]
    assert orders["item_promotion_discount"].isna().tolist() == [True, True, False]


def test_all_sheets_of_a_workbook_are_read():
    """One sheet a month is one report a month."""
    reading = met("40-one-sheet-a-month.xlsx")
    assert [report.name for report in reading.reports] == [
        "40-one-sheet-a-month.xlsx: Sep",
        "40-one-sheet-a-month.xlsx: Oct",
    ]
    assert len(reading.orders) == 5


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("42-notes-first.xlsx", "42-notes-first.xlsx: Notes: no line names"), ("54-with-a-stranger.zip", "readme.txt")],
)
def test_what_is_passed_over_is_named(name: str, sentence: str):
    """Sheets and files that hold no report; then the reading is not whole. Empty ones need no word."""
    reading = met(name)
    assert sentence in said(reading)
    assert "Empty" not in said(reading)
    assert not reading.is_whole


@pytest.mark.parametrize("bad", ["55-sign-in-page.txt", "57-password.xlsx"])
def test_a_file_that_is_no_report_does_not_stop_the_good_ones(bad: str):
    """It is named, and the reading is not whole: nobody says that nothing was found."""
    reading = read_orders([MET / bad, MET / "42-notes-first.xlsx"])
    assert len(reading.orders) == len(met("42-notes-first.xlsx").orders)
    assert not reading.is_whole
    assert f"Passed over, the rest was read: {bad}" in said(reading)
    with pytest.raises(ReportError, match=bad):
        read_orders([MET / bad])


def test_a_lock_file_is_passed_over(tmp_path: Path):
    """``*.xlsx`` brings it along while the workbook is open; alone it is refused."""
    lock, book = tmp_path / "~$AllOrders.xlsx", MET / "42-notes-first.xlsx"
    shutil.copy(MET / "56-lock-file.bin", lock)
    reading = read_orders([lock, book])
    assert len(reading.orders) == 3
    assert "~$AllOrders.xlsx: passed over" in said(reading)
    with pytest.raises(ReportError, match="begins with ~"):
        read_orders([lock])


@pytest.mark.skipif(os.name == "nt", reason="Windows names are Unicode")
def test_a_name_in_another_encoding_is_no_obstacle(tmp_path: Path):
    """Unzipped from a Windows zip: the report is read, cached and told of."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/Bestellungen_f\xfcr_Okt.txt"))
    try:
        shutil.copy(MET / "18-names.txt", path)
    except OSError:
        pytest.skip("this file system takes no such names")
    for _ in range(2):
        reading = read_orders([path], cache=tmp_path / "cache")
        assert reading.orders["source_file"][0] == "Bestellungen_für_Okt.txt"
        str(reading.to_json()).encode("utf-8")


def test_payments_with_decimal_commas_are_read():
    """And say that orders are missing."""
    (report,) = read_report(MET / "43-settlement-decimal-comma.txt")
    assert report.table["amount"].tolist() == [Decimal("49.90"), Decimal("1847.32")]
    assert [lack.key for lack in report.lacks] == ["orders"]


def test_the_latest_ship_date_is_a_moment():
    """It becomes promise_date, in UTC."""
    orders = met("18-names.txt").orders
    assert orders["promise_date"][0] == pd.Timestamp("2026-10-23T06:59:59Z")


ANSWERS = {
    "20-answer-heading-refused.txt": (0, 0, FeedError(0, None, None, "90011", "Fatal", "The file's")),
    "21-answer-ids-reformatted.txt": (3, 2, FeedError(1, "1.11E+16", None, "13003", "Error", "Invalid")),
    "22-answer.xml": (3, 2, FeedError(3, "111-0000003-0000001", None, "20010", "Error", "Already shipped.")),
    "23-answer.json": (3, 2, FeedError(3, None, None, "20010", "Error", "already shipped")),
    "24-answer-from-the-browser.txt": (3, 2, FeedError(3, "111-0000003-0000001", None, "20010", "Error", "Already")),
    "25-answer-warnings-only.txt": (3, 3, FeedError(3, "111-0000003-0000001", None, "20015", "Warning", "Already")),
    "27-answer-some-unnamed.txt": (5, 1, FeedError(3, "111-0000003-0000001", None, "20010", "Error", "Already")),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_amazons_answers_are_read_in_every_dress(name: str):
    """As text, XML, JSON, or copied from the page."""
    answer = read_processing_report(MET / name)
    processed, successful, wanted = ANSWERS[name]
    assert (answer.processed, answer.successful) == (processed, successful)
    (error,) = answer.errors
    assert (error.record, error.order_id, error.code, error.kind) == (
        wanted.record,
        wanted.order_id,
        wanted.code,
        wanted.kind,
    )
    assert error.message.startswith(wanted.message)


def test_a_refusal_that_cannot_be_read_is_no_success():
    """Never 0 refused where one stands there."""
    with pytest.raises(ReportError, match="counts 1 refused record, but the table that names it is missing"):
        read_processing_report(MET / "26-answer-table-lost.txt")


def test_what_another_report_brings_is_not_lacking():
    """Lacks are said for the whole load: All Orders brings the status, New Orders the buyers."""
    apart = {lack.key for name in ("48-floats.txt", "48-true-ids.txt") for lack in read_report(MET / name)[0].lacks}
    together = {lack.key for lack in met("48-floats.txt", "48-true-ids.txt").lacks}
    assert {"status", "buyers", "promotions"} <= apart
    assert together == {"claim_codes"}


def test_a_cached_reading_speaks_any_language(tmp_path: Path):
    """Warnings, reasons and lacks are worded when they are shown, not when they were read."""
    path = MET / "10-order-ids-spoilt.txt"
    first = read_orders([path], cache=tmp_path)
    again = read_orders([path], cache=tmp_path)
    for language in ("en", "zh-CN"):
        assert again.warnings[0].text(language) == first.warnings[0].text(language)
        assert again.reports[0].quarantined[0].reason.text(language) == first.reports[0].quarantined[0].reason.text(
            language
        )
    assert again.reports[0].lacks[0].what.text("zh-CN") == "买家姓名和邮箱"


def test_hyphens_of_a_typesetter_are_hyphens_everywhere(tmp_path: Path):
    """A program that prettifies text changes them in column names and times as well as in ids."""
    path = tmp_path / "new.txt"
    plain = (MET / "10-order-ids-right.txt").read_text(encoding="utf-8")
    path.write_text(plain.replace("-", "\u2011"), encoding="utf-8")
    times = read_orders([path]).orders["purchase_date"].tolist()
    assert times == met("10-order-ids-right.txt").orders["purchase_date"].tolist()
