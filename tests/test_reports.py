"""Every kind of report, every generation of its header, every hazard of its lines."""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from promofix_lib.errors import ReportError
from promofix_lib.orders import COLUMNS
from promofix_lib.reports.cells import moment
from promofix_lib.reports.feed_result import read_processing_report
from promofix_lib.reports.flat_file import FlatFile, flawless
from promofix_lib.reports.lines import header_of
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Report

DATA = Path(__file__).parent / "data" / "reports"
HEADERS: dict[str, list[str]] = {
    name: names.split(" | ") for name, names in json.loads((DATA / "headers.json").read_text("utf-8")).items()
}
KINDS = {
    "allorders": "All Orders",
    "neworders": "New Orders",
    "unshipped": "Unshipped Orders",
    "pending": "Pending Orders",
    "archived": "Archived Orders",
    "fba_shipments": "Amazon Fulfilled Shipments",
    "fba_promotions": "FBA Promotions",
    "fba_sales": "FBA Sales",
    "payments": "Transactions",
    "settlement_v1": "Settlement (V1)",
    "settlement_v2": "Settlement (V2)",
}
ALL = HEADERS["allorders_33_us_2026"]
NEW = HEADERS["neworders_us_2026"]

ORDER: dict[str, str] = {
    "amazon-order-id": "111-0000001-0000001",
    "purchase-date": "2026-03-01T10:00:00+00:00",
    "last-updated-date": "2026-03-01T11:00:00+00:00",
    "order-status": "Shipped",
    "fulfillment-channel": "Merchant",
    "sales-channel": "Amazon.com",
    "product-name": "Headphones",
    "sku": "HP-700",
    "asin": "B000000001",
    "item-status": "Shipped",
    "quantity": "2",
    "currency": "USD",
    "item-price": "117.98",
    "is-business-order": "false",
}
BOUGHT: dict[str, str] = {
    "order-id": "111-0000001-0000001",
    "order-item-id": "01234567890123",
    "purchase-date": "2026-03-01T02:00:00-08:00",
    "buyer-email": "abc123@example.com",
    "buyer-name": "Invented Buyer",
    "sku": "HP-700",
    "product-name": "Headphones",
    "quantity-purchased": "2",
    "currency": "USD",
    "item-price": "117.98",
    "ship-country": "US",
}


def line(header: list[str], cells: dict[str, str], between: str = "\t") -> str:
    """One line of a report with these cells."""
    return between.join(cells.get(name, "") for name in header)


def text(header: list[str], *rows: dict[str, str], end: str = "\n") -> str:
    """A tab-delimited report."""
    return end.join(["\t".join(header), *(line(header, row) for row in rows), ""])


def read(folder: Path, content: str | bytes, name: str = "report.txt") -> Report:
    """The one report in a file with that content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (report,) = read_report(path)
    assert report.headers + report.blanks + report.rows + len(report.quarantined) == report.lines
    assert report.items == len(report.table)
    return report


def said(report: Report) -> list[str]:
    """Its warnings in English."""
    return [warning.text("en") for warning in report.warnings]


def kind_named(header: str) -> str:
    """The kind that a header of the collection belongs to."""
    return next(kind for prefix, kind in sorted(KINDS.items(), reverse=True) if header.startswith(prefix))


@pytest.mark.parametrize("name", HEADERS)
def test_every_header_ever_seen_is_known(tmp_path, name):
    """A header line alone is a report without orders, of the right kind; all its columns are known ones."""
    between = "," if name.startswith(("payments", "fba_shipments_arabic")) else "\t"
    report = read(tmp_path, between.join(HEADERS[name]) + "\n")
    assert report.kind == kind_named(name)
    assert (report.lines, report.headers, report.items) == (1, 1, 0)
    if not name.startswith("payments"):
        assert report.ignored_columns == ()


@pytest.mark.parametrize("name", [name for name in HEADERS if "payments" not in name])
def test_the_order_of_columns_does_not_matter(tmp_path, name):
    """A kind is known by its set of columns, also backwards, in capitals and with blanks around."""
    header = [f" {cell.upper()} " for cell in reversed(HEADERS[name])]
    assert read(tmp_path, "\t".join(header) + "\n").kind == kind_named(name)


def test_a_line_of_all_orders_becomes_an_order_item(tmp_path):
    """Every column of the order table is filled from Amazon's cell of that name; money stays exact."""
    row = ORDER | {"item-promotion-discount": "116.98", "promotion-ids": "Percentage Off 2026/03/01 1-2-3-4,PLM-1"}
    report = read(tmp_path, text(ALL, row))
    item = report.table.iloc[0]
    assert list(report.table.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert item["order_id"] == "111-0000001-0000001"
    assert item["purchase_date"] == pd.Timestamp("2026-03-01T10:00:00Z")
    assert item["fulfillment_channel"] == "merchant"
    assert (item["quantity"], item["item_price"], item["unit_price"]) == (2, Decimal("117.98"), Decimal("0.5"))
    assert item["promotion_ids"] == ["Percentage Off 2026/03/01 1-2-3-4", "PLM-1"]
    assert item["is_business_order"] is False or item["is_business_order"] == False  # noqa: E712
    assert (item["source_file"], item["source_line"]) == ("report.txt", 2)
    assert pd.isna(item["claim_codes"])


def test_a_line_of_new_orders_becomes_an_order_item(tmp_path):
    """Buyers, e-mails, leading zeros of item ids, and a purchase time with its Pacific offset."""
    item = read(tmp_path, text(NEW, BOUGHT | {"item-promotion-id": "A, B"})).table.iloc[0]
    assert item["order_item_id"] == "01234567890123"
    assert item["purchase_date"] == pd.Timestamp("2026-03-01T10:00:00Z")
    assert (item["buyer_name"], item["buyer_email"]) == ("Invented Buyer", "abc123@example.com")
    assert item["promotion_ids"] == ["A, B"]
    assert pd.isna(item["order_status"])


LOSSLESS = {
    "a quote at the start of a name": ("product-name", '"Deluxe Pillow'),
    "inches": ("product-name", 'Pillow 12" x 18"'),
    "a balanced pair of quotes": ("product-name", '"Deluxe"'),
    "a SKU called NA": ("sku", "NA"),
    "a SKU called null": ("sku", "null"),
    "a SKU with leading zeros": ("sku", "001"),
    "a SKU that looks like a date": ("sku", "2026-03-01"),
    "an accent": ("product-name", "Café Crème"),
    "a comma": ("product-name", "Blue Widget, 12 pack"),
    "a backslash": ("product-name", "C:\\new\\table"),
    "an emoji": ("product-name", "Cup ☕"),
    "Japanese": ("product-name", "ヘッドホン"),
}


@pytest.mark.parametrize("hazard", LOSSLESS)
def test_texts_arrive_as_they_were_written(tmp_path, hazard):
    """No quote, zero or word is lost, and no row swallows the next one."""
    name, cell = LOSSLESS[hazard]
    report = read(tmp_path, text(ALL, ORDER | {name: cell}, ORDER, ORDER))
    assert report.items == 3
    assert report.table[name.replace("-", "_")][0] == cell


BYTES = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "cp1252": "cp1252",
}


@pytest.mark.parametrize("encoding", BYTES)
def test_european_bytes_mean_what_they_say(tmp_path, encoding):
    """Accents and the euro sign survive every encoding Amazon and Excel write."""
    names = ["Café Crème Set, 6 pièces", "Größe XL – für Mädchen", "Señor’s 20 € bag"]
    rows = [ORDER | {"product-name": name} for name in names]
    report = read(tmp_path, text(ALL, *rows).encode(encoding))
    assert report.table["product_name"].tolist() == names
    assert report.encoding == BYTES[encoding]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp932", ["ワイヤレスヘッドホン 黒", "折りたたみ式 イヤホン", "充電ケーブル付き"]),
        ("gbk", ["无线耳机 黑色", "折叠式降噪头戴", "充电线 两米"]),
    ],
)
def test_asian_bytes_are_told_from_european_ones(tmp_path, encoding, names):
    """Both decode as Windows-1252 without an error, to rubbish: sense decides."""
    rows = [BOUGHT | {"order-id": f"250-000000{n}-0000001", "product-name": name} for n, name in enumerate(names)]
    report = read(tmp_path, text(NEW, *rows).encode(encoding))
    assert report.encoding == encoding
    assert report.table["product_name"].tolist() == names


def test_one_foreign_line_does_not_change_the_file(tmp_path):
    """A UTF-8 file with one Windows-1252 line stays UTF-8; that line is read as what it is, with a warning."""
    rows = [text(ALL, ORDER | {"product-name": f"Crème {n}"}).split("\n")[1] for n in range(30)]
    lines = ["\t".join(ALL).encode(), *(row.encode() for row in rows), rows[0].encode("cp1252")]
    report = read(tmp_path, b"\n".join([*lines, b""]))
    assert report.encoding == "utf-8"
    assert report.table["product_name"].tolist()[-1] == "Crème 0"
    assert "1 line is in another encoding" in said(report)[0]


LINES = {
    "CRLF": ("\r\n", ""),
    "blank lines at the end": ("\n", "\n\n\r\n"),
    "old Macintosh line ends": ("\r", ""),
}


@pytest.mark.parametrize("name", LINES)
def test_line_ends_do_not_matter(tmp_path, name):
    """CRLF, CR and blank lines at the end give the same orders."""
    end, more = LINES[name]
    report = read(tmp_path, text(ALL, ORDER, ORDER, end=end) + more)
    assert report.items == 2
    assert report.table["source_line"].tolist() == [2, 3]


@pytest.mark.parametrize(("header_end", "row_end"), [("\t", "\t"), ("", "\t"), ("\t", ""), ("", "\t\t\t")])
def test_trailing_tabs_shift_nothing(tmp_path, header_end, row_end):
    """A tab at the end of the header, of the rows or of both changes no cell."""
    content = "\t".join(ALL) + header_end + "\n" + (line(ALL, ORDER) + row_end + "\n") * 2
    report = read(tmp_path, content)
    assert report.table["sku"].tolist() == ["HP-700", "HP-700"]
    assert report.ignored_columns == ()


def test_repeated_headers_and_blank_lines_are_counted_and_left_out(tmp_path):
    """Downloads that were put together hold the header again; it is no order."""
    whole = text(ALL, ORDER)
    report = read(tmp_path, whole + "\n" + "\ufeff" + whole + "\t\t\t\n")
    assert (report.lines, report.headers, report.blanks, report.rows, report.items) == (6, 2, 2, 2, 2)
    assert report.table["source_line"].tolist() == [2, 5]
    assert "put together by hand" in said(report)[0]


@pytest.mark.parametrize("odd", [{}, {"sku": "HP\x07"}])
def test_what_stands_under_other_column_names_is_set_aside_until_the_first_ones_come_again(tmp_path, odd):
    """Reports of two kinds put together by hand: also where a row of the first kind needs a closer look."""
    report = read(tmp_path, text(ALL, ORDER | odd) + text(NEW, BOUGHT) + text(ALL, ORDER | odd, ORDER))
    assert report.table["source_line"].tolist() == [2, 6, 7]
    assert {(bad.line, bad.reason.key) for bad in report.quarantined} == {
        (line, "reports.fault.other_layout") for line in (3, 4)
    }


def test_nul_bytes_are_dropped(tmp_path):
    """A NUL byte in a cell is not part of the word."""
    assert read(tmp_path, text(ALL, ORDER | {"sku": "HP\0-700"})).table["sku"][0] == "HP-700"


def test_a_name_broken_over_lines_is_joined_again(tmp_path):
    """A line end inside a name makes two short lines that complete each other."""
    report = read(tmp_path, text(ALL, ORDER, ORDER | {"product-name": "two\nlines"}, ORDER))
    assert (report.rows, report.items) == (4, 3)
    assert report.table["product_name"].tolist()[1] == "two\nlines"
    assert report.table["source_line"].tolist() == [2, 3, 5]
    assert "joined again" in said(report)[0]


def test_a_wish_broken_over_lines_is_joined_again(tmp_path):
    """Also in a column far behind those that matter; what follows it is not lost."""
    broken = BOUGHT | {"delivery-Instructions": "leave at\nthe door", "sales-channel": "Amazon.com"}
    report = read(tmp_path, text(NEW, broken, BOUGHT | {"order-item-id": "2"}))
    assert (report.items, report.quarantined) == (2, ())
    assert report.table["sales_channel"][0] == "Amazon.com"


def test_a_lone_carriage_return_and_a_blank_line_are_not_two_line_ends(tmp_path):
    """Two orders joined by a carriage return are one broken line, also where a blank line makes the count fit."""
    rows = [line(ALL, ORDER | {"amazon-order-id": f"111-000000{n}-0000001"}) for n in range(4)]
    report = read(tmp_path, "\r\n".join(["\t".join(ALL), rows[0], rows[1] + "\r" + rows[2], "", rows[3], ""]))
    assert [bad.line for bad in report.quarantined] == [3]
    assert (report.blanks, report.items) == (1, 2)


def test_lone_carriage_returns_stay_in_their_cell(tmp_path):
    """A carriage return inside a name is not a line end; it is a blank."""
    report = read(tmp_path, text(ALL, ORDER | {"product-name": "one\rline"}, ORDER))
    assert report.table["product_name"].tolist() == ["one line", "Headphones"]


QUARANTINED: dict[str, tuple[dict[str, str], str]] = {
    "no order id": ({"amazon-order-id": ""}, "has no amazon-order-id"),
    "no purchase date": ({"purchase-date": " "}, "has no purchase-date"),
    "a date without zone": ({"purchase-date": "2026-03-01T10:00:00"}, "purchase-date has no time zone"),
    "a date alone": ({"purchase-date": "2026-03-01"}, "purchase-date has no time of day"),
    "no such day": ({"purchase-date": "2026-02-30T10:00:00Z"}, "purchase-date names a day or time that does not exist"),
    "day or month": ({"purchase-date": "03/04/2026 10:00:00 UTC"}, "day and month exchanged"),
    "a year out of reach": ({"purchase-date": "0026-03-01T10:00:00Z"}, "is not in a year in which Amazon sold"),
    "a price that is a word": ({"item-price": "free"}, "item-price is not an amount, got 'free'"),
    "a price with five decimals": ({"item-price": "1.23456"}, "item-price has more digits than money has"),
    "an endless price": ({"item-price": "123456789012345678.00"}, "item-price has more digits than money has"),
    "infinite": ({"item-price": "Infinity"}, "item-price is not an amount"),
    "a price in hexadecimal": ({"item-price": "0x10"}, "item-price is not an amount"),
    "half a unit": ({"quantity": "1.5"}, "quantity is not a number of units"),
    "units below zero": ({"quantity": "-1"}, "quantity is not a number of units"),
    "units in hexadecimal": ({"quantity": "0x10"}, "quantity is not an amount"),
    "a discount that is a word": ({"item-promotion-discount": "x"}, "item-promotion-discount is not an amount"),
}


@pytest.mark.parametrize("defect", QUARANTINED)
def test_a_bad_line_is_set_aside_alone(tmp_path, defect):
    """The line goes into quarantine with its number and reason; the lines around it are kept."""
    cells, reason = QUARANTINED[defect]
    report = read(tmp_path, text(ALL, ORDER, ORDER | cells, ORDER))
    assert [(bad.line, reason in bad.reason.text("en")) for bad in report.quarantined] == [(3, True)]
    assert report.table["source_line"].tolist() == [2, 4]


def test_quarantine_shows_no_buyer(tmp_path):
    """What is kept of a bad line finds the order again, and leaves the buyer's name, address and e-mail out."""
    bad = BOUGHT | {"item-price": "x", "ship-address-1": "Invented Street 1"}
    (shown,) = read(tmp_path, text(NEW, BOUGHT, bad)).quarantined
    assert "111-0000001-0000001" in shown.text
    assert not any(private in shown.text for private in ("Invented", "example.com"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (line(ALL, ORDER) + "\tsurplus", "has 34 cells where the header has 33"),
        ("111-0000001-0000001\tonly\tthree", "has 3 cells where the header has 33"),
    ],
)
def test_a_line_of_another_width_is_set_aside(tmp_path, content, reason):
    """Too many cells, or too few to hold what matters, are not guessed into place."""
    report = read(tmp_path, text(ALL, ORDER) + content + "\n" + line(ALL, ORDER) + "\n")
    assert [(bad.line, bad.reason.text("en")) for bad in report.quarantined] == [(3, reason)]
    assert report.items == 2


def test_a_short_line_that_lacks_nothing_needed_is_read(tmp_path):
    """Blank cells at the end of a line may be missing altogether; a warning counts such lines."""
    short = line(ALL, ORDER).rsplit("\t", 2)[0]
    report = read(tmp_path, "\n".join(["\t".join(ALL), short, line(ALL, ORDER), ""]))
    assert (report.items, report.quarantined) == (2, ())
    assert "1 line is shorter than the header" in said(report)[0]


def test_a_download_that_was_cut_off_says_so(tmp_path):
    """A last line without an end and with too few cells is half an order: it is set aside."""
    report = read(tmp_path, text(ALL, ORDER) + line(ALL, ORDER)[:-3])
    assert "the file ends in the middle of it" in report.quarantined[0].reason.text("en")
    assert report.items == 1


def test_a_file_of_bad_lines_only_is_refused(tmp_path):
    """If not one line can be read, the first reason is the message."""
    with pytest.raises(ReportError, match="none of the 2 lines could be read; line 2 purchase-date has no time zone"):
        read(tmp_path, text(ALL, *[ORDER | {"purchase-date": "2026-03-01 10:00"}] * 2))


def test_what_does_not_decide_is_missing_not_quarantined(tmp_path):
    """A strange tax or flag does not cost the seller the order; it is missing, and counted."""
    report = read(tmp_path, text(ALL, ORDER | {"item-tax": "?", "is-business-order": "maybe"}))
    assert report.items == 1
    assert report.table[["item_tax", "is_business_order"]].isna().all(axis=None)
    assert any("1 cell in column item-tax" in warning for warning in said(report))


WORDS = {
    "Canceled": "Cancelled",
    "Shipped - Delivered to Buyer": "Shipped",
    "Pending - Waiting for Pick Up": "Pending",
    "PENDING_AVAILABILITY": "PendingAvailability",
    "Unshipped": "Unshipped",
    "Shipping": "Shipping",
    "InvoiceUnconfirmed": "InvoiceUnconfirmed",
    "Something New": "Something New",
}


@pytest.mark.parametrize("word", WORDS)
def test_statuses_have_one_spelling(tmp_path, word):
    """One word per status; where it differs from Amazon's, Amazon's is kept beside it."""
    table = read(tmp_path, text(ALL, ORDER | {"order-status": word}, ORDER)).table
    assert table["order_status"].tolist() == [WORDS[word], "Shipped"]
    if word != WORDS[word]:
        assert table["order_status_given"][0] == word
        assert pd.isna(table["order_status_given"][1])


@pytest.mark.parametrize(("word", "channel"), [("Amazon", "amazon"), ("AFN", "amazon"), ("MFN", "merchant")])
def test_fulfilment_channels_have_one_spelling(tmp_path, word, channel):
    """Amazon and AFN are one channel, Merchant and MFN the other."""
    table = read(tmp_path, text(ALL, ORDER | {"fulfillment-channel": word})).table
    assert table["fulfillment_channel"][0] == channel


@pytest.mark.parametrize("given", ["2.00", "-2.00", "2"])
def test_discounts_have_no_sign(tmp_path, given):
    """Amazon writes the same discount with either sign."""
    table = read(tmp_path, text(ALL, ORDER | {"item-promotion-discount": given})).table
    assert table["item_promotion_discount"][0] == Decimal(2)


def test_blank_is_missing_and_zero_is_zero(tmp_path):
    """A pending order has no price; a free one costs 0.00."""
    table = read(tmp_path, text(ALL, ORDER | {"item-price": ""}, ORDER | {"item-price": "0.00"})).table
    assert pd.isna(table["item_price"][0])
    assert table["item_price"][1] == Decimal(0)


@pytest.mark.parametrize("word", ["NULL", "nan", "None", "#N/A"])
def test_an_empty_cell_spelled_out_is_missing(tmp_path, word):
    """What a script wrote for nothing is no number, no id and no promotion; a SKU may be called so."""
    names = ("item-price", "item-promotion-discount", "promotion-ids", "sku")
    item = read(tmp_path, text(ALL, ORDER | dict.fromkeys(names, word), ORDER)).table.iloc[0]
    assert item[["item_price", "item_promotion_discount", "promotion_ids"]].isna().all()
    assert item["sku"] == word


def test_times_are_exact_over_the_change_of_the_clock(tmp_path):
    """Offsets of winter and summer in one file: half an hour apart stays half an hour apart."""
    times = [
        "2026-03-08T01:45:00-08:00",
        "2026-03-08T03:15:00-07:00",
        "2026-03-08T10:30:00Z",
        "2026-03-08 19:45:00+0900",
    ]
    table = read(
        tmp_path,
        text(NEW, *({**BOUGHT, "order-item-id": str(n), "purchase-date": time} for n, time in enumerate(times))),
    ).table
    assert table["purchase_date"].dt.strftime("%H:%M").tolist() == ["09:45", "10:15", "10:30", "10:45"]


def test_identical_lines_without_an_item_id_are_real(tmp_path):
    """All Orders before May 2026: two equal lines are two order items."""
    assert read(tmp_path, text(ALL, ORDER, ORDER)).items == 2


def test_continuation_lines_become_one_item_with_all_promotions(tmp_path):
    """New Orders writes a line per promotion and leaves the rest blank; the price counts once, discounts add up."""
    first = BOUGHT | {"item-promotion-id": "A", "item-promotion-discount": "10.00"}
    blank = {"item-promotion-id": "B", "item-promotion-discount": "5.00"}
    other = BOUGHT | {"order-item-id": "01234567890124"}
    report = read(tmp_path, text(NEW, first, blank, other))
    assert (report.rows, report.items) == (3, 2)
    assert report.table["promotion_ids"][0] == ["A", "B"]
    assert report.table["item_promotion_discount"][0] == Decimal(15)
    assert report.table["item_price"].tolist() == [Decimal("117.98")] * 2


FURTHER = {
    "as downloaded": ([0, 1, 2, 3, 4, 5], [["A", "B"], None, ["A", "C"], ["A"]]),
    "sorted, empty cells last": ([5, 3, 2, 0, 1, 4], [["A"], ["A"], None, ["A"]]),
    "sorted by promotion": ([0, 3, 5, 1, 4, 2], [["A"], ["A"], ["A"], None]),
    "filtered by promotion": ([0, 6, 3, 6, 5], [["A"]] * 3),
    "below one without a promotion": ([0, 2, 1, 3, 5], [["A"], None, ["A"], ["A"]]),
    "one order only": ([0, 1], [["A", "B"]]),
    "sorted, a blank line before the last order": ([5, 3, 7, 2, 1, 4], [["A"], ["A"], None]),
}


@pytest.mark.parametrize("how", FURTHER)
def test_a_promotion_is_never_told_of_another_order(tmp_path, how):
    """Rows without an order id are an order's where they stand as Amazon wrote them; sorted ones are set aside."""
    order, meant = FURTHER[how]
    a, b, c = (
        {"item-promotion-id": name, "item-promotion-discount": amount}
        for name, amount in zip("ABC", "985", strict=True)
    )
    heads = [BOUGHT | {"order-id": f"111-0000001-000000{n}", "order-item-id": f"0123456789012{n}"} for n in range(4)]
    rows = [heads[0] | a, b, heads[1], heads[2] | a, c, heads[3] | a, a, {}]
    report = read(tmp_path, text(NEW, *(rows[i] for i in order)))
    assert report.arrow["promotion_ids"].to_pylist() == meant
    assert report.rows + report.blanks + len(report.quarantined) == len(order)
    assert all(bad.reason.key == "reports.fault.not_tied" for bad in report.quarantined)


def test_a_gap_is_one_also_where_the_last_line_has_no_end(tmp_path):
    """What stands behind a blank line says nothing of the promotions above it, also where it is read by itself."""
    promotion = {"item-promotion-id": "A", "item-promotion-discount": "1.00"}
    heads = [
        BOUGHT | promotion | {"order-id": f"111-0000001-000000{n}", "order-item-id": f"0123456789012{n}"}
        for n in range(3)
    ]
    dated = [row | {"purchase-date": f"2026-10-1{day}T01:00:00-07:00"} for row, day in zip(heads, "234", strict=True)]
    further = {"item-promotion-id": "B", "item-promotion-discount": "2.00"}
    lines = text(NEW, dated[1], further, dated[2], {}, dated[0])
    assert [read(tmp_path, written).warnings for written in (lines, lines.rstrip("\n"))] == [(), ()]
    *before, last, end = lines.split("\n")
    torn = read(tmp_path, "\n".join([*before, "a line that was torn off", last, end]))
    assert ([bad.line for bad in torn.quarantined], torn.warnings) == ([6], ())


def test_lists_of_programs_are_opened_and_told(tmp_path):
    """Python and JSON write lists with brackets: the ids are within."""
    cells = ("['A', 'B 5%']", '["A", "B 5%"]', "A,B 5%", "[]", "[Summer]")
    rows = [ORDER | {"amazon-order-id": f"111-0000001-000000{n}", "promotion-ids": c} for n, c in enumerate(cells)]
    report = read(tmp_path, text(ALL, *rows))
    assert report.arrow["promotion_ids"].to_pylist() == [["A", "B 5%"]] * 3 + [None, ["[Summer]"]]
    assert "3 cells held" in " ".join(warning.text("en") for warning in report.warnings)


def test_a_header_that_a_mail_broke_inside_a_name_is_refused(tmp_path):
    """What is left of it fits rows of fewer columns, and means something else."""
    names, row = text(ALL, ORDER).rstrip("\n").split("\n")
    cut = names.index("nel")
    short = "\t".join(row.split("\t")[: names[:cut].count("\t") + 1])
    with pytest.raises(ReportError):
        read(tmp_path, "\n".join([names[:cut], names[cut:], row, short, ""]))


def test_a_header_that_a_mail_broke_between_two_names_is_refused(tmp_path):
    """Its first half fits pieces of rows that were broken at the same width: no cell of them is whole for certain."""
    half = ["amazon-order-id", "purchase-date", "promotion-ids", "order-status", "fulfillment-channel"]
    rest = ["sales-channel", "product-name", "sku", "item-status", "quantity"]
    broken = ["\t".join(half), "\t" + "\t".join(rest), f"{ORDER['amazon-order-id']}\t{ORDER['purchase-date']}\tPLM-"]
    with pytest.raises(ReportError):
        read(tmp_path, "\n".join([*broken, "1\tShipped\tMerchant\tAmazon.com\tHeadphones\tSKU\tShipped\t1", ""]))


@pytest.mark.parametrize("glued", ["\t\t1.00\tPLM-2\t{}", "{}\tship-=", "111-1\t59,80\t{}"])
def test_a_header_that_is_no_longer_one_is_refused(tmp_path, glued):
    """With a row glued to it, or broken by a mail, it would name the cells of other columns."""
    lines = text(NEW, BOUGHT).split("\n")
    with pytest.raises(ReportError):
        read(tmp_path, "\n".join([glued.format(lines[0]), *lines[1:]]))


def test_two_rows_of_another_layout_are_not_joined_to_one(tmp_path):
    """A row that was broken inside a cell goes on below it; what bears another order id is another order."""
    row = text(NEW, BOUGHT | {"order-item-id": "7", NEW[-1]: "112-0000001-0000009"}).split("\n")[1].split("\t")
    half = NEW.index("buyer-name")
    broken = "\t".join(row[: half + 1]) + "\n" + "\t".join(["", *row[half + 1 :]]) + "\n"
    report = read(tmp_path, text(NEW, BOUGHT) + broken)
    assert report.items == 1
    assert [bad.line for bad in report.quarantined] == [3, 4]
    assert read(tmp_path, text(NEW, BOUGHT) + broken.replace("112-0000001-0000009", "")).items == 2


@pytest.mark.parametrize("glue", ["\r", "\r\ufeff"])
def test_a_second_header_within_a_broken_row_is_heeded(tmp_path, glue: str):
    """It names other columns than the first: what stands under it is not read by the first one's names."""
    other = [{"purchase-date": "payments-date", "payments-date": "purchase-date"}.get(name, name) for name in NEW]
    rows = [BOUGHT | {"order-id": f"111-0000001-000000{n}", "order-item-id": f"0123456789012{n}"} for n in range(3)]
    rows[2]["payments-date"] = "2026-03-01T22:00:00-08:00"
    written = [",".join(NEW), line(NEW, rows[0], ","), line(NEW, rows[1], ",")]
    below = "\n".join([",".join(other), line(other, rows[2], ","), ""])
    report = read(tmp_path, "\n".join(written) + glue + below, "orders.csv")
    assert report.arrow["order_id"].to_pylist() == [rows[0]["order-id"]]
    assert [bad.line for bad in report.quarantined] == [3, 4]


@pytest.mark.parametrize("first", ["\ufefforder-id", "?order-id", "order-id"])
def test_a_second_header_whose_first_name_is_spoilt_is_a_header(tmp_path, first: str):
    """Reports put one under the other: a byte order mark in the middle, or what became of it."""
    again = text(NEW, BOUGHT | {"order-id": "112-0000001-0000009", "order-item-id": "9"})
    report = read(tmp_path, text(NEW, BOUGHT) + first + again.removeprefix("order-id"))
    assert (report.items, report.headers, report.quarantined) == (2, 2, ())


def test_repeated_lines_of_one_item_become_one_item(tmp_path):
    """The same item with another promotion id is a continuation too, also when everything is written again."""
    rows = [BOUGHT | {"item-promotion-id": name, "item-promotion-discount": "1.00"} for name in ("A", "B", "B")]
    report = read(tmp_path, text(NEW, *rows))
    assert report.table["promotion_ids"].tolist() == [["A", "B"]]
    assert report.table["item_promotion_discount"][0] == Decimal(2)
    assert report.table["item_price"][0] == Decimal("117.98")


def test_a_continuation_of_a_bad_line_is_set_aside_with_it(tmp_path):
    """It must not attach itself to the order before."""
    report = read(
        tmp_path, text(NEW, BOUGHT, BOUGHT | {"order-item-id": "2", "item-price": "x"}, {"item-promotion-id": "B"})
    )
    assert [bad.line for bad in report.quarantined] == [3, 4]
    assert report.table["promotion_ids"].isna().all()


@pytest.mark.parametrize("name", ["item-price", "quantity-purchased", "sku", "order-item-id", "buyer-name"])
def test_a_row_that_says_something_else_is_no_continuation(tmp_path, name):
    """Without an order id it may only add a promotion to the item above; another price or name is of another order."""
    stray = {"item-promotion-id": "B", "item-promotion-discount": "5.00", name: "7"}
    report = read(tmp_path, text(NEW, BOUGHT, stray))
    assert [bad.line for bad in report.quarantined] == [3]
    assert report.table["promotion_ids"].isna().all()


def test_unknown_columns_are_kept_and_named(tmp_path):
    """A column that Amazon adds tomorrow is no reason to stop."""
    report = read(tmp_path, text([*ALL, "brand-new"], ORDER | {"brand-new": "x"}))
    assert report.ignored_columns == ("brand-new",)
    assert report.table["brand_new"].tolist() == ["x"]


@pytest.mark.parametrize(
    ("header", "what", "how"),
    [
        ("neworders_uk_2020", "promotion ids and discounts", "Add or remove order report columns"),
        ("neworders_29_us_2009", "the marketplace of each order", "tick sales-channel"),
        ("allorders_33_us_2026", "buyers' names and e-mail addresses", "Orders > Order Reports > New Orders"),
        ("unshipped_24", "prices", "All Orders"),
        ("fba_shipments", "promotion ids and discounts", "Promotions"),
        ("allorders_33_us_2026", "which claim code a buyer typed", "XML"),
    ],
)
def test_what_a_report_lacks_is_said_with_the_way_to_get_it(tmp_path, header, what, how):
    """The exact clicks in Seller Central stand beside what is missing."""
    report = read(tmp_path, "\t".join(HEADERS[header]) + "\n")
    assert how in {lack.what.text("en"): lack.how_to_get_it.text("en") for lack in report.lacks}[what]


def test_what_a_report_has_is_not_lacking(tmp_path):
    """All Orders since May 2026 brings item ids; New Orders with its promotion columns brings promotions."""
    has_ids = read(tmp_path, "\t".join(HEADERS["allorders_34_us_2026"]) + "\n")
    has_promotions = read(tmp_path, "\t".join(NEW) + "\n")
    assert not any(lack.key == "item_ids" for lack in has_ids.lacks)
    assert not any(lack.key == "promotions" for lack in has_promotions.lacks)


STRANGERS = {
    "a web page": (b"<!DOCTYPE html>\n<html><body>Sign in", "this is a web page"),
    "a saved page": (b"\n  <html lang='en'>", "this is a web page"),
    "a PDF": (b"%PDF-1.7\n", "a PDF document"),
    "an old Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
    "nothing": (b"", "this file is empty"),
    "blank lines": (b"\r\n\r\n", "this file is empty"),
    "our own upload": (b"TemplateType=OrderCancellation\tVersion=1.0/1.0.3\n", "a cancellation file to upload"),
    "a processing report": (b"Feed Processing Summary:\n", "Amazon's answer to an uploaded file"),
    "JSON": (b'{"payload": {"Orders": []}}', "a JSON answer"),
    "our own table": (b"order_id,order_item_id,purchase_date,order_status\n", "promofix's own order table"),
    "tabs that an e-mail made blanks": (
        b"> amazon-order-id    purchase-date    sku\n> 1    2    3\n",
        "lacks column names or",
    ),
    "a table of something else": (b"name\tprice\nx\t1\n", "no line names the columns"),
    "an exercise": (
        b"index,Order ID,Date,Status,Amount,promotion-ids\n0,4,04-30-22,Shipped,1,\n",
        "shared for exercises",
    ),
    "other XML": (b"<?xml version='1.0'?><Feed><a/></Feed>", "is a Feed, not an order report"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "a picture"),
}


@pytest.mark.parametrize("what", STRANGERS)
def test_other_files_are_refused_with_what_they_are(tmp_path, what):
    """The message says what the file looks like and what to download instead."""
    content, sentence = STRANGERS[what]
    with pytest.raises(ReportError, match=sentence) as refused:
        read(tmp_path, content)
    assert str(refused.value).startswith("report.txt: ")
    assert re.search("Orders|notebook 6", str(refused.value))


def test_gzip_and_zip_are_opened(tmp_path):
    """One report in a gzip, several in a zip, each under its own name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("march/all.txt", text(ALL, ORDER))
        archive.writestr("new.txt", text(NEW, BOUGHT))
        archive.writestr("__MACOSX/._new.txt", b"\0\5\26\7")
    (tmp_path / "both.zip").write_bytes(packed.getvalue())
    assert [(report.name, report.kind) for report in read_report(tmp_path / "both.zip")] == [
        ("both.zip: all.txt", "All Orders"),
        ("both.zip: new.txt", "New Orders"),
    ]
    assert read(tmp_path, gzip.compress(text(ALL, ORDER).encode()), "all.txt.gz").items == 1


@pytest.mark.parametrize("between", [",", ";", "|"])
def test_csv_copies_are_read(tmp_path, between):
    """A copy with commas, semicolons or bars keeps quoted separators and line ends in their cells."""
    row = ORDER | {"product-name": '"Blue, green; 12"" | pack\nin a box"', "promotion-ids": '"A,B"'}
    content = "\r\n".join([between.join(ALL), line(ALL, row, between), line(ALL, ORDER, between), ""])
    report = read(tmp_path, content, "copy.csv")
    assert report.table["product_name"].tolist() == ['Blue, green; 12" | pack\nin a box', "Headphones"]
    assert report.table["promotion_ids"][0] == ["A", "B"]
    assert report.table["source_line"].tolist() == [2, 4]


def test_a_cell_over_two_lines_is_whole_wherever_the_blocks_end():
    """A large comma file comes in blocks of whole lines: the end of one may stand in the middle of a cell."""
    name = {"product-name": '"Blue,\ngreen"'}
    lines = [",".join(ALL), line(ALL, ORDER | name, ","), line(ALL, ORDER, ","), ""]
    body = "\n".join(lines).encode().splitlines(keepends=True)
    header = header_of(body[0])
    for at in range(1, len(body)):
        read_file = FlatFile("x.csv", header).of_lines([b"".join(body[:at]), b"".join(body[at:])])
        assert read_file.table["product_name"].to_pylist() == ["Blue,\ngreen", "Headphones"]
        assert (read_file.lines, read_file.table["source_line"].to_pylist()) == (4, [2, 4])


def test_a_row_broken_over_lines_is_whole_wherever_the_blocks_end():
    """So is one of Amazon's own files, where a cell breaks; its last line, too, may be without an end."""
    lines = ["\t".join(ALL), line(ALL, ORDER | {"product-name": "Blue,\ngreen"}), line(ALL, ORDER)]
    for end in ("", "\n"):
        body = ("\n".join([*lines, line(ALL, ORDER | {"product-name": "a\nb\nc"})]) + end).encode().splitlines(True)
        header = header_of(body[0])
        for at in range(1, len(body)):
            report = FlatFile("x.txt", header).of_lines([b"".join(body[:at]), *body[at:]])
            assert report.table["product_name"].to_pylist() == ["Blue,\ngreen", "Headphones", "a\nb\nc"]
            assert (report.lines, report.table["source_line"].to_pylist()) == (7, [2, 4, 5])
            assert report.count["joined"] == 2


def test_names_below_rows_that_were_read_quickly_are_not_the_rest_of_the_header(tmp_path):
    """Where the file breaks off in a header that begins anew, that is what is said of the line."""
    report = read(tmp_path, text(ALL, ORDER, ORDER) + "\t".join(ALL[:3]))
    assert [(bad.line, bad.reason.key) for bad in report.quarantined] == [(4, "reports.fault.cut_off")]


def test_a_tab_file_in_quotes_is_read(tmp_path):
    """A program that saved it again put every cell in quotes, the column names too: there a quote is not a letter."""
    lines = ["\t".join(f'"{cell}"' for cell in cells) for cells in (ALL, [ORDER.get(name, "") for name in ALL])]
    report = read(tmp_path, "\n".join([*lines, ""]))
    assert report.table["product_name"].tolist() == ["Headphones"]
    assert report.ignored_columns == ()


def test_a_tab_file_that_excel_saved_holds_no_quotes_of_excel(tmp_path):
    """Only cells with a comma or a quote stand in quotes there: no name and no promotion id keeps them."""
    told = {"product-name": '"12"" pan, steel"', "promotion-ids": '"Percentage Off 2026/10/28,PLM-1"'}
    item = read(tmp_path, text(ALL, ORDER | told)).table.iloc[0]
    assert item["product_name"] == '12" pan, steel'
    assert list(item["promotion_ids"]) == ["Percentage Off 2026/10/28", "PLM-1"]
    half = text(ALL, ORDER | told) + line(
        ALL, ORDER | {"amazon-order-id": "111-0000002-0000002", "product-name": '12" x'}
    )
    assert list(read(tmp_path, half).table["promotion_ids"][0]) == ["Percentage Off 2026/10/28", "PLM-1"]


@pytest.mark.parametrize("between", ["", "\ufeff", "\n"])
@pytest.mark.parametrize("ended", [True, False])
def test_files_of_two_layouts_put_together_are_not_read_by_the_names_of_the_first(tmp_path, between, ended):
    """Other columns fit the types and mean something else: each such line is set aside."""
    first = text(ALL, ORDER, ORDER | {"amazon-order-id": "111-0000003-0000003"})
    second = text(NEW, BOUGHT | {"order-id": "111-0000002-0000002"})
    report = read(tmp_path, first.removesuffix("" if ended else "\n") + between + second)
    assert set(report.table["sku"]) <= {ORDER["sku"]}
    assert "one by one" in report.quarantined[-1].reason.text("en")


@pytest.mark.parametrize("between", ["", "\ufeff", "\n", "x"])
@pytest.mark.parametrize("ended", [True, False])
def test_two_orders_of_columns_in_one_file_are_refused(tmp_path, between, ended):
    """Where such a file was sorted, the lines above the second header may follow it too: nobody can tell."""
    other = [*ALL[:7], ALL[8], ALL[7], *ALL[9:]]
    first = text(ALL, ORDER, ORDER | {"amazon-order-id": "111-0000003-0000003"})
    second = text(other, ORDER | {"amazon-order-id": "111-0000002-0000002"})
    with pytest.raises(ReportError) as refused:
        read(tmp_path, first.removesuffix("" if ended else "\n") + between + second)
    assert refused.value.key == "reports.two_orders_of_columns"
    assert "one by one" in refused.value.text("en")


def test_lone_carriage_returns_behind_the_column_names_end_lines(tmp_path):
    """No name of a column holds one: a file half Macintosh, half Unix glues no order to another."""
    assert len(read(tmp_path, text(ALL, ORDER).replace("\n", "\r", 1) + "\n").table) == 1


def test_decimal_commas_are_read_as_the_file_writes_them(tmp_path):
    """A copy saved by a German Excel: 1.234,56 is a thousand and something, 1.200 is twelve hundred."""
    rows = [ORDER | {"item-price": price} for price in ("1.234,56", "1.200", "59,99")]
    content = "\n".join([";".join(ALL), *(line(ALL, row, ";") for row in rows), ""])
    prices = read(tmp_path, content).table["item_price"].tolist()
    assert prices == [Decimal("1234.56"), Decimal(1200), Decimal("59.99")]


def test_ids_ruined_by_excel_are_refused(tmp_path):
    """1.40E+14 was an order item id once; nothing brings it back."""
    with pytest.raises(ReportError, match="Excel has ruined the order item ids"):
        read(tmp_path, text(NEW, BOUGHT | {"order-item-id": "1.40E+14"}))


def sheet(tmp_path: Path, rows: list[list[Any]]) -> Path:
    """An Excel workbook with those cells."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "copy.xlsx")
    return tmp_path / "copy.xlsx"


def test_a_spreadsheet_is_read_when_its_ids_are_whole(tmp_path):
    """Text cells and 15-digit numbers are exact; prices that Excel made numbers are exact again."""
    row: list[Any] = [BOUGHT.get(name) for name in NEW]
    row[NEW.index("order-item-id")] = 140000000000001
    row[NEW.index("item-price")] = 103.96
    (report,) = read_report(sheet(tmp_path, [NEW, row]))
    item = report.table.iloc[0]
    assert (item["order_item_id"], item["item_price"]) == ("140000000000001", Decimal("103.96"))


def test_a_spreadsheet_that_lost_zeros_is_refused(tmp_path):
    """0938446464647 became 938446464647: the message says which line, and what to do."""
    row: list[Any] = [BOUGHT.get(name) for name in NEW]
    row[NEW.index("order-item-id")] = 938446464647
    with pytest.raises(ReportError, match=r"line 2: Excel has turned the order item id into the number 9\.38446e\+11"):
        read_report(sheet(tmp_path, [NEW, row]))


def test_formulas_that_nobody_worked_out_are_refused(tmp_path):
    """A program wrote them and left their values to Excel: read as they are, every price would be missing."""
    row: list[Any] = [BOUGHT.get(name) for name in NEW]
    row[NEW.index("item-price")] = "=117.98*1"
    with pytest.raises(ReportError, match="formulas without their values"):
        read_report(sheet(tmp_path, [NEW, row]))


def test_a_spreadsheet_in_one_column_is_read(tmp_path):
    """Opened without splitting, the whole line stands in the first cell."""
    (report,) = read_report(sheet(tmp_path, [["\t".join(NEW)], [line(NEW, BOUGHT)]]))
    assert report.table["buyer_email"].tolist() == ["abc123@example.com"]


def test_our_own_workbook_is_refused(tmp_path):
    """The assistant's workbook belongs into notebook 6."""
    book = Workbook()
    book.active.title = "mail_merge"
    book.create_sheet("todo")
    book.save(tmp_path / "buyers.xlsx")
    with pytest.raises(ReportError, match="promofix's own workbook"):
        read_report(tmp_path / "buyers.xlsx")


def test_a_processing_report_is_read_back(tmp_path):
    """Counts, and every error with its record, ids, code, kind and sentence; a report without errors has none."""
    path = tmp_path / "answer.txt"
    head = "Feed Processing Summary:\n\tNumber of records processed\t\t3\n\tNumber of records successful\t\t2\n\n"
    columns = "original-record-number\torder-id\torder-item-id\terror-code\terror-type\terror-message\n"
    path.write_text(head + columns + "2\t111-0000001-0000001\t\t18028\tError\tAlready shipped.\n", encoding="utf-8")
    answer = read_processing_report(path)
    assert (answer.processed, answer.successful) == (3, 2)
    (error,) = answer.errors
    assert (error.record, error.order_id, error.order_item_id) == (2, "111-0000001-0000001", None)
    assert (error.code, error.kind, error.message) == ("18028", "Error", "Already shipped.")
    path.write_text(head, encoding="utf-8")
    assert read_processing_report(path).errors == ()


CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\t\n\r\0\ufeff\x85\u2028"),
    max_size=12,
)


@given(st.lists(st.tuples(CELL, CELL, st.integers(0, 99), st.decimals(0, 99999, places=2)), min_size=1, max_size=6))
def test_what_is_written_is_read_back(tmp_path, rows):
    """Round trip: names, SKUs, quantities and prices come back as they were, row by row."""
    cells = [ORDER | {"product-name": a, "sku": b, "quantity": str(n), "item-price": str(p)} for a, b, n, p in rows]
    table = read(tmp_path, text(ALL, *cells)).table
    assert table["product_name"].fillna("").tolist() == [row[0] for row in rows]
    assert table["sku"].fillna("").tolist() == [row[1] for row in rows]
    assert table["quantity"].tolist() == [row[2] for row in rows]
    assert table["item_price"].tolist() == [row[3] for row in rows]


ODD = st.sampled_from(
    "|1| 1 |1.5|+1|.5|5.|1e3|1E-3|-2.00|NaN|0x10|99999999999999.9999|1,5|x|true|TRUE| yes|0| |A,,B|,"
    "|2026-03-01T10:00Z|2026-03-01 10:00:00.123+05:30|2026-03-01T24:00:00Z".split("|")
)


TYPED = (
    "purchase-date last-updated-date quantity item-price item-tax item-promotion-discount is-business-order sku "
    "order-status promotion-ids"
).split()


@given(st.dictionaries(st.sampled_from(TYPED), ODD, max_size=4))
def test_the_fast_and_the_exact_reader_give_the_same_table(changes):
    """Whatever the fast path accepts, the exact one reads to the same cells."""
    block = (line(ALL, ORDER | changes) + "\n").encode()
    header = header_of("\t".join(ALL).encode())
    fast = flawless(block, FlatFile("x.txt", header).columns, 1)
    exact = FlatFile("x.txt", header)
    slow, _ = exact.reader.table(exact.reader.records(block, [2]))
    if fast is not None:
        assert fast.to_pylist() == slow.drop_columns(["source_line"]).to_pylist()


def test_a_block_with_one_odd_line_reads_like_the_clean_ones(tmp_path):
    """The blocks of a long file go different ways and meet in one table, with the right line numbers."""
    rows = [ORDER | {"amazon-order-id": f"111-{n:07d}-0000001"} for n in range(300)]
    clean = read(tmp_path, text(ALL, *rows)).table
    header = header_of(text(ALL).encode())
    odd = [*rows[:150], rows[150] | {"quantity": "+2"}, *rows[151:]]
    body = text(ALL, *odd).encode().splitlines(keepends=True)
    blocks = [b"".join(body[at : at + 50]) for at in range(0, len(body), 50)]
    mixed = FlatFile("x.txt", header).of_lines(iter(blocks)).table
    assert mixed["order_id"].to_pylist() == clean["order_id"].tolist()
    assert mixed["source_line"].to_pylist() == clean["source_line"].tolist()


def test_a_progress_bar_counts_every_byte_once(tmp_path, monkeypatch):
    """It shows after a second only, and going back to look again does not move it."""
    bars: list[Any] = []

    class Bar:
        def __init__(self, **settings: Any) -> None:
            self.settings, self.n = settings, 0
            bars.append(self)

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, number: int) -> None:
            self.n += number

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    path = tmp_path / "report.txt"
    path.write_text(text(ALL, ORDER | {"product-name": "Crème"}), encoding="cp1252")
    read_report(path)
    assert bars == []
    read_report(path, progress=True)
    assert bars[0].n == bars[0].settings["total"] == path.stat().st_size
    assert bars[0].settings["delay"] == 1


def test_moments_know_utc():
    """The first and last plausible moment are UTC."""
    assert moment("Jan 5, 2026 1:23:45 PM PST") == datetime(2026, 1, 5, 21, 23, 45, tzinfo=UTC)
