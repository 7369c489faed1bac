"""Reports that promofix does not know: shown without showing a buyer, and added without code."""

from __future__ import annotations

from pathlib import Path

import pytest

from promofix_lib.errors import ReportError
from promofix_lib.reports.merging import read_orders
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.shape import shape
from promofix_lib.say import speak

UNKNOWN = (
    "Bestell-Nr;Zeit;Artikel;Menge;Summe;Käufer;E-Mail\n"
    "302-0000001-0000001;2026-10-20T10:00:00+02:00;LMP-2;1;24,50;Jürgen Müßig;juergen@example.com\n"
    "302-0000002-0000002;2026-10-20T11:00:00+02:00;LMP-2;2;49,00;Anne O'Neil;anne@example.com\n"
)
KIND = """
[[kind]]
name = "Bestellliste"
has = ["bestell-nr", "zeit", "summe"]
implied = { currency = "EUR", fulfillment_channel = "merchant" }
source = "the shop's own export"
read = 2026-10-21

[kind.renamed]
Bestell-Nr = "order_id"
Zeit = "purchase_date"
Artikel = "sku"
Menge = "quantity"
Summe = "item_price"
"Käufer" = "buyer_name"
E-Mail = "buyer_email"
"""


@pytest.fixture
def unknown(tmp_path: Path) -> Path:
    """A report that nobody has told promofix of."""
    path = tmp_path / "liste.csv"
    path.write_text(UNKNOWN, encoding="utf-8")
    return path


@pytest.fixture
def kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The seller's folder of kinds."""
    folder = tmp_path / "kinds"
    folder.mkdir()
    monkeypatch.setenv("PROMOFIX_KINDS", str(folder))
    return folder


def test_the_shape_shows_columns_and_kinds_of_cells_and_no_value(unknown: Path):
    """Enough to write the paragraph of TOML; no name, no address, no order."""
    text = shape(unknown)
    assert "divided by ;" in text
    assert "Käufer *: 2 text | Aa Aa" in text
    assert "Bestell-Nr *: 2 order id | 999-9999999-9999999" in text
    for private in ("Jürgen", "Anne", "example", "302-", "24,50", "LMP-2", "2026-10-20"):
        assert private not in text


def test_a_first_line_that_may_be_a_buyer_is_masked(tmp_path: Path):
    """Without a header the columns have numbers."""
    path = tmp_path / "x.txt"
    path.write_text("Jane Doe\tSpringfield\t12\nAnn Roe\tAmes\t13\n", encoding="utf-8")
    assert "Jane" not in shape(path)
    assert "#1 *: 2 text | Aa Aa" in shape(path)


def test_the_shape_speaks_chinese(unknown: Path):
    """Words are of the language of the moment."""
    speak("zh-CN")
    try:
        assert "分隔符" in shape(unknown)
    finally:
        speak("")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n1 0 obj\n", b"\x89PNG\r\n\x1a\n\0\0\0", b"x" * (5 << 20)])
def test_what_is_no_table_has_no_shape(tmp_path: Path, content: bytes):
    """It is refused as any other file is."""
    path = tmp_path / "x.txt"
    path.write_bytes(content)
    with pytest.raises(ReportError, match="Seller Central"):
        shape(path)


def test_a_paragraph_of_toml_adds_a_kind(unknown: Path, kinds: Path, tmp_path: Path):
    """Without it the report is refused; with it it is read, also where the refusal came a moment before."""
    with pytest.raises(ReportError, match="promofix shape"):
        read_report(unknown)
    (kinds / "mine.toml").write_text(KIND, encoding="utf-8")
    reading = read_orders([unknown], cache=tmp_path / "cache")
    assert reading.reports[0].kind == "Bestellliste"
    assert reading.orders["buyer_name"].tolist() == ["Jürgen Müßig", "Anne O'Neil"]
    assert [str(price) for price in reading.orders["unit_price"]] == ["24.500000", "24.500000"]
    assert reading.orders["currency"].tolist() == ["EUR", "EUR"]
    assert "buyers" not in {lack.key for lack in reading.lacks}


@pytest.mark.parametrize("content", ["not toml", "x = 1", '[[kind]]\nname = "x"\n', '[[kind]]\nname = "x"\nhas = 5\n'])
def test_a_damaged_paragraph_is_said_with_its_file(unknown: Path, kinds: Path, content: str):
    """Which file, and why; nothing is read by half a description."""
    (kinds / "mine.toml").write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=r"mine\.toml: this file describes a kind of report"):
        read_report(unknown)


def test_a_header_that_swallowed_the_first_row_shows_no_buyer(tmp_path: Path):
    """Where the line end behind the column names is lost, what follows them is masked."""
    row = "111-0000001-0000001\tJane Doe\tS-1"
    path = tmp_path / "glued.txt"
    path.write_text(f"order-id\tbuyer-name\tsku{row}\n{row}\n", encoding="utf-8")
    assert "Jane" not in shape(path)
