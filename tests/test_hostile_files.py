"""Any bytes give either an order table or one clear sentence, in bounded time and memory."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import os
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promofix_lib.as_csv import write_csv
from promofix_lib.errors import ReportError
from promofix_lib.orders import COLUMNS
from promofix_lib.reports.feed_result import read_processing_report
from promofix_lib.reports.merging import read_orders
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Reading
from promofix_lib.reports.shape import shape

SAMPLES = {
    "all.txt": (
        b"amazon-order-id\tpurchase-date\torder-status\titem-status\tsku\tproduct-name\tquantity\tcurrency\t"
        b"item-price\titem-promotion-discount\tpromotion-ids\n"
        b'111-0000001-0000001\t2026-03-08T01:59:59-08:00\tShipped\tShipped\t007\t"Deluxe Caf\xc3\xa9\t2\tUSD\t10.00\t'
        b"-2.00\tA,B\n"
        b"111-0000002-0000002\t2026-03-08T03:00:00-07:00\tPending\t\tNA\tPlain\t1\tUSD\t\t\t\n"
    ),
    "new.txt": (
        b"order-id\torder-item-id\tpurchase-date\tsku\tquantity-purchased\tcurrency\titem-price\titem-promotion-id\n"
        b"111-0000001-0000001\t01234567890123\t2026-03-08T01:59:59-08:00\t007\t2\tUSD\t10.00\tA\n"
        b"\t\t\t\t\t\t\tB\n"
    ),
    "payments.csv": (
        b'"All amounts in USD"\r\n"date/time","settlement id","type","order id","product sales","total"\r\n'
        b'"Jan 5, 2026 1:23:45 PM PST","1","Order","111-0000001-0000001","1,010.00","8.00"\r\n'
    ),
    "report.xml": (
        b'<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope><MessageType>OrderReport</MessageType>\n'
        b"<Message><OrderReport><AmazonOrderID>111-0000001-0000001</AmazonOrderID>"
        b"<OrderDate>2026-03-08T01:59:59-08:00</OrderDate>\n<Item><AmazonOrderItemCode>01234567890123"
        b"</AmazonOrderItemCode><SKU>007</SKU><Title>a &amp; b</Title><Quantity>2</Quantity><ItemPrice><Component>"
        b'<Type>Principal</Type><Amount currency="USD">10.00</Amount></Component></ItemPrice><Promotion>'
        b"<PromotionClaimCode>HELLO123</PromotionClaimCode><MerchantPromotionID>A</MerchantPromotionID></Promotion>"
        b"</Item></OrderReport></Message>\n</AmazonEnvelope>"
    ),
}


def given_file(folder: Path, name: str, content: bytes) -> Path:
    """A file with that content."""
    path = folder / name
    path.write_bytes(content)
    return path


def table_or_sentence(path: Path) -> str:
    """Read a file; what came of it. Anything but a table or a `ReportError` fails the test."""
    try:
        reading = read_orders([path])
    except ReportError as error:
        sentence = str(error)
    else:
        check_accounts(reading)
        return "read"
    assert "\n" not in sentence
    assert len(sentence) < 900
    return "refused"


def check_accounts(reading: Reading) -> None:
    """What must hold for every reading."""
    assert list(reading.orders.columns[: len(COLUMNS)]) == list(COLUMNS)
    for report in reading.reports:
        assert report.headers + report.blanks + report.rows + len(report.quarantined) == report.lines
    reading.to_json()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_themselves_are_read(tmp_path, name):
    """What is fuzzed below is a report to begin with."""
    assert table_or_sentence(given_file(tmp_path, name, SAMPLES[name])) == "read"


@pytest.mark.parametrize("name", SAMPLES)
@given(
    changes=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.sampled_from(["replace", "insert", "cut", "double", "drop"]),
            st.binary(max_size=6)
            | st.sampled_from(
                [b"\t", b"\n", b"\r", b'"', b"\0", b",", b"\xff\xfe", b"E+14", b"<", b"]]>", b"1e999", b"-"]
            ),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_changed_bytes_give_a_table_or_a_sentence(tmp_path, name, changes):
    """However a report is damaged, nothing but a `ReportError` comes out, and no line disappears uncounted."""
    content = bytearray(SAMPLES[name])
    for where, how, what in changes:
        at = int(where * len(content))
        if how == "replace":
            content[at : at + len(what)] = what
        elif how == "insert":
            content[at:at] = what
        elif how == "cut":
            del content[at:]
        elif how == "double":
            content += content[at:]
        else:
            del content[at : at + 1 + len(what)]
    table_or_sentence(given_file(tmp_path, name, bytes(content)))


@given(content=st.binary(max_size=300), name=st.sampled_from(["x.txt", "x.xml", "x.zip", "x.gz", "x.xlsx", "x.csv"]))
@example(content=b"", name="x.txt")
@example(content=b"PK\x03\x04", name="x.zip")
@example(content=b"\x1f\x8b", name="x.gz")
@example(content=b"<?xml version='1.0'?>", name="x.xml")
@example(content=b"\xff\xfe", name="x.txt")
@example(content=b"\xff\xfe<\0?\0x\0m\0l\0", name="x.xml")
def test_arbitrary_bytes_are_refused(tmp_path, content, name):
    """A file that is no report is refused in one sentence, whatever its name says."""
    assert table_or_sentence(given_file(tmp_path, name, content)) == "refused"


@given(where=st.floats(0, 1), what=st.binary(min_size=1, max_size=4), packed=st.sampled_from(["zip", "gz"]))
def test_a_damaged_archive_gives_a_table_or_a_sentence(tmp_path, where, what, packed):
    """A zip or gzip that was cut or changed on its way is refused or read, never more."""
    content = bytearray(_zipped(SAMPLES) if packed == "zip" else gzip.compress(SAMPLES["all.txt"], mtime=0))
    at = int(where * len(content))
    content[at : at + len(what)] = what
    table_or_sentence(given_file(tmp_path, f"x.{packed}", bytes(content)))


def _zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


DECLARATIONS = {
    "doctype": b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><AmazonEnvelope></AmazonEnvelope>',
    "entities": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]><AmazonEnvelope>&c;</AmazonEnvelope>',
    "late": b"<AmazonEnvelope><Message><!ENTITY b 'c'><Order></Order></Message></AmazonEnvelope>",
    "wide": '<?xml version="1.0"?><!DOCTYPE a><AmazonEnvelope></AmazonEnvelope>'.encode("utf-16"),
}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_doctypes_and_entities_are_refused_before_parsing(tmp_path, name):
    """No XML report declares a DOCTYPE or an entity, so a file that does is not opened at all."""
    with pytest.raises(ReportError, match="declares a DOCTYPE or entities"):
        read_report(given_file(tmp_path, "x.xml", DECLARATIONS[name]))


def test_a_gzip_bomb_is_refused_early(tmp_path):
    """A small file that unpacks to hundreds of megabytes of the same is refused after the first 64 of them."""
    path = given_file(tmp_path, "x.gz", gzip.compress(bytes(80 << 20), compresslevel=9, mtime=0))
    with pytest.raises(ReportError, match=r"unpacks to more than 6\d MB"):
        read_report(path)


def test_a_zip_bomb_is_refused_early(tmp_path):
    """The same inside a zip."""
    path = given_file(tmp_path, "x.zip", _zipped({"a.txt": bytes(80 << 20)}))
    with pytest.raises(ReportError, match=r"unpacks to more than 6\d MB"):
        read_report(path)


def test_a_giant_line_is_refused_early(tmp_path):
    """Megabytes without a line end are no report, and are not searched for one again and again."""
    for content in (bytes(20 << 20), b"x" * (20 << 20)):
        with pytest.raises(ReportError, match="a line is longer than 4 MB"):
            read_report(given_file(tmp_path, "x.txt", content))


def test_archives_in_archives_are_refused(tmp_path):
    """A zip in a zip is unpacked by the seller, not by us."""
    path = given_file(tmp_path, "x.zip", _zipped({"inner.zip": _zipped(SAMPLES)}))
    with pytest.raises(ReportError, match="an archive inside an archive"):
        read_report(path)


def test_names_in_a_zip_never_become_paths(tmp_path):
    """A member called ../../evil.txt is read from memory; nothing is written anywhere."""
    path = given_file(
        tmp_path, "x.zip", _zipped({"../../evil.txt": SAMPLES["all.txt"], "C:\\b.txt": SAMPLES["new.txt"]})
    )
    assert [report.name for report in read_report(path)] == ["x.zip: evil.txt", "x.zip: b.txt"]
    assert [file.name for file in tmp_path.iterdir()] == ["x.zip"]
    assert not (tmp_path.parent.parent / "evil.txt").exists()


def test_a_far_off_cell_does_not_make_a_giant_table(tmp_path):
    """One cell at the end of an Excel sheet would ask for seventeen thousand million cells."""
    from openpyxl import Workbook

    book = Workbook()
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "far.xlsx")
    with pytest.raises(ReportError, match="spans 1048576 x 16384 cells"):
        read_report(tmp_path / "far.xlsx")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    """What cannot be opened is said so, with what to check."""
    for path in (tmp_path / "missing.txt", tmp_path, Path("x" * 300), Path("a\0b")):
        with pytest.raises(ReportError, match="cannot be opened"):
            read_report(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_without_waiting(tmp_path):
    """Nobody writes into it: opening it would wait for ever."""
    os.mkfifo(tmp_path / "pipe.txt")
    for read in (
        read_report,
        lambda path: read_orders([path], cache=tmp_path / "cache"),
        read_processing_report,
        shape,
    ):
        with pytest.raises(ReportError, match="not a file"):
            read(tmp_path / "pipe.txt")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_every_packer_is_read_and_its_damage_told(tmp_path, pack):
    """Whole: read. Cut or changed: one sentence. Packed twice: one sentence."""
    packed = pack(SAMPLES["all.txt"])
    assert table_or_sentence(given_file(tmp_path, "x.packed", packed)) == "read"
    for content in (packed[:-9], packed[:20] + b"?" + packed[21:]):
        assert table_or_sentence(given_file(tmp_path, "x.packed", content)) == "refused"
    with pytest.raises(ReportError, match="an archive inside an archive"):
        read_report(given_file(tmp_path, "x.packed", pack(packed)))


@pytest.mark.parametrize("price", ["100000000000000", "99999999999999.9999", "1e14", "999999999999.99", "-1e13"])
def test_a_price_beyond_all_prices_is_set_aside_or_exact(tmp_path, price):
    """In every kind of report, also where it is multiplied by a quantity; nothing overflows."""
    content = SAMPLES["all.txt"].replace(b"10.00", price.encode())
    sales = (
        "amazon-order-id\tshipment-date\tsku\tfnsku\tquantity\tcurrency\titem-price-per-unit\n"
        f"111-0000001-0000001\t2026-03-08T01:59:59-08:00\t7\tX\t900000000\tUSD\t{price}\n"
        "111-0000002-0000002\t2026-03-08T01:59:59-08:00\t7\tX\t1\tUSD\t1.00\n"
    )
    for name, raw in (("all.txt", content), ("sales.txt", sales.encode())):
        path = given_file(tmp_path, name, raw)
        assert table_or_sentence(path) == "read"
        orders = read_orders([path, given_file(tmp_path, "new.txt", SAMPLES["new.txt"])]).orders
        known = orders["item_price"].dropna()
        assert (known.abs() < 10**12).all()
        assert orders["unit_price"].dropna().astype(str).str.fullmatch(r"\d+\.\d{6}").all()


def test_parts_that_add_up_beyond_all_prices_have_none(tmp_path):
    """A hundred and more parts of one item, each as dear as a price can be: no overflow, and no invented sum."""
    header, first, _ = SAMPLES["all.txt"].replace(b"10.00", b"999999999999").split(b"\n", 2)
    rows = [first.replace(b"A,B", b"P%d" % n) + b"\t12345678901234" for n in range(120)]
    path = given_file(tmp_path, "all.txt", b"\n".join([header + b"\torder-item-id", *rows, b""]))
    (item,) = read_orders([path]).orders.to_dict("records")
    assert (pd.isna(item["item_price"]), item["quantity"]) == (True, 240)


@pytest.mark.parametrize("letter", ["😀", "漢"])
def test_names_of_files_as_long_as_they_can_be(tmp_path, letter):
    """60 emoji or 80 Chinese letters fill a name: the report is read, cached, and its table written."""
    name = letter * (240 // len(letter.encode())) + ".txt"
    path = given_file(tmp_path, name, SAMPLES["all.txt"])
    for _ in range(2):
        assert read_orders([path], cache=tmp_path / "cache").orders["source_file"][0] == name
    out = tmp_path / (letter * (240 // len(letter.encode())) + ".csv")
    assert write_csv(read_orders([path]).orders, out).exists()


def test_the_order_table_opens_without_a_live_formula(tmp_path):
    """Neither at the beginning of a cell nor behind a semicolon, where a spreadsheet with decimal commas cuts."""
    content = SAMPLES["all.txt"].replace(b"Plain", b"A;=1+1").replace(b"NA", b"=HYPERLINK(1)").replace(b"007", b"-7+A1")
    out = write_csv(read_orders([given_file(tmp_path, "all.txt", content)]).orders, tmp_path / "orders.csv")
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sku"] for row in rows] == ["'-7+A1", "'=HYPERLINK(1)"]
    assert [row["product_name"] for row in rows] == ['"Deluxe Café', "A;'=1+1"]
    assert not [cell for row in rows for cell in row.values() if re.search(r"(^|[;\t\n])\s*[=+@-]", cell or "")]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_report_is_not_a_processing_report(tmp_path, name):
    """The follow-up refuses order reports."""
    with pytest.raises(ReportError, match="neither a worked to-do list"):
        read_processing_report(given_file(tmp_path, name, SAMPLES[name]))


def test_formulas_and_markup_stay_text(tmp_path):
    """What looks like a formula, HTML or a path in a report is a text like any other."""
    name = '=HYPERLINK("http://x") <script>alert(1)</script> ../../x 日本語 \u202e'
    content = SAMPLES["all.txt"].replace(b"Plain", name.encode())
    orders = read_orders([given_file(tmp_path, "all.txt", content)]).orders
    assert orders["product_name"][1] == name


def ods(*rows: str, locked: bool = False) -> bytes:
    """An OpenDocument spreadsheet with one sheet of these rows of XML."""
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Orders">{"".join(rows)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    entry = '<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    manifest = f'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entry}</m:manifest>'
    manifest = manifest.replace("<m:file-entry", "<m:encryption-data/><m:file-entry") if locked else manifest
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        archive.writestr(zipfile.ZipInfo("mimetype"), kind, zipfile.ZIP_STORED)
        archive.writestr(zipfile.ZipInfo("content.xml"), content, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("META-INF/manifest.xml"), manifest)
    return packed.getvalue()


def ods_rows(end: str = "") -> list[str]:
    """The rows of the All Orders sample as cells of text; `end` stands at the end of each row."""
    lines = SAMPLES["all.txt"].decode().rstrip("\n").split("\n")
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    cells = ["".join(cell.format(word) for word in line.split("\t")) for line in lines]
    return [f"<table:table-row>{row}{end}</table:table-row>" for row in cells]


def test_an_opendocument_spreadsheet_is_read(tmp_path):
    """Orders saved again by LibreOffice are read like a workbook of Excel, its endless empty rows and columns aside."""
    empty = '<table:table-cell table:number-columns-repeated="16000"/>'
    last = f'<table:table-row table:number-rows-repeated="1048000">{empty}</table:table-row>'
    path = given_file(tmp_path, "orders.ods", ods(*ods_rows(empty), last))
    (report,) = read_report(path)
    assert (report.kind, report.items) == ("All Orders", 2)
    assert report.table["promotion_ids"][0] == ["A", "B"]
    assert "amazon-order-id: 2 order id" in shape(path)


def test_an_opendocument_bomb_or_lock_is_refused(tmp_path):
    """One filled row that stands there a million times over thousands of columns; a password."""
    filled = '<table:table-cell office:value-type="string" table:number-columns-repeated="9000"><text:p>x</text:p>'
    bomb = f'<table:table-row table:number-rows-repeated="1000000">{filled}</table:table-cell></table:table-row>'
    with pytest.raises(ReportError, match="spans 1000004 x 9001 cells"):
        read_report(given_file(tmp_path, "bomb.ods", ods(*ods_rows(), bomb)))
    with pytest.raises(ReportError, match="is locked with a password"):
        read_report(given_file(tmp_path, "locked.ods", ods(*ods_rows(), locked=True)))
