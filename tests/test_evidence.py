"""The evidence pack: complete, checkable, on one page, and without one buyer."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from promofix_lib.errors import ExportError
from promofix_lib.export.evidence import Chart, Event, Evidence, Source, order_ids_csv, page_of, write_evidence
from promofix_lib.finding import NormalPrice
from promofix_lib.letters.amazon_facts import Advice, incident_facts
from promofix_lib.orders import order_table

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


NORMAL = [NormalPrice("HP-BT700", "Amazon.com", "USD", Decimal("58.99"))]


def row(number: int, **more: Any) -> dict[str, Any]:
    """A headphone sold for 1.00 to an invented buyer."""
    return {
        "order_id": f"111-{number:07d}-{number:07d}",
        "order_item_id": f"{number:014d}",
        "purchase_date": f"2026-11-20T05:{number:02d}:00Z",
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sales_channel": "Amazon.com",
        "sku": "HP-BT700",
        "asin": "B0EXAMPLE1",
        "quantity": 1,
        "currency": "USD",
        "item_price": "58.99",
        "item_promotion_discount": "57.99",
        "buyer_name": "Ada Example",
        "buyer_email": "ada@marketplace.amazon.example",
        "ship_city": "Exampleville",
        **more,
    }


@pytest.fixture
def pack(tmp_path: Path) -> Evidence:
    """Two affected orders, one that is not, one chart, one report, one piece of advice."""
    orders = order_table([row(1), row(2, order_status="Shipped"), row(3, order_id="111-9999999-9999999")])
    chosen = pd.Series([True, True, False])
    (tmp_path / "night.png").write_bytes(PIXEL)
    return Evidence(
        incident_facts(orders, chosen, promotion_ids=["P <1> & more"], normal_prices=NORMAL),
        orders,
        chosen,
        datetime(2026, 11, 23, 7, 15, 2, tzinfo=UTC),
        NORMAL,
        [Chart(tmp_path / "night.png", 'Orders per "hour"')],
        [Source("All<b>.txt", "All Orders", 3, hashlib.sha256(b"x").hexdigest())],
        [Event(datetime(2026, 11, 20, 15, 0, tzinfo=UTC), "promotion ended")],
        [Advice("2026-11-20", "12345678901", "Cancel <script>all</script>")],
        "Sold for 1.00 instead of 58.99.",
        "Lumen Audio",
    )


def test_the_pack_holds_its_files(pack: Evidence, tmp_path: Path) -> None:
    """One page, the order ids, the timeline, the hashes, Amazon's advice, the charts."""
    written = write_evidence(pack, tmp_path / "evidence")
    advice = (tmp_path / "evidence" / "amazon-advice.csv").read_text(encoding="utf-8")
    assert advice.splitlines()[1] == "2026-11-20,12345678901,Cancel <script>all</script>"
    assert [path.name for path in written] == [
        "evidence.html",
        "order-ids.csv",
        "timeline.csv",
        "reports-sha256.txt",
        "amazon-advice.csv",
        "night.png",
    ]
    assert sorted(path.name for path in (tmp_path / "evidence").iterdir()) == sorted(path.name for path in written)


def test_no_buyer_is_in_any_file(pack: Evidence, tmp_path: Path) -> None:
    """Neither names nor addresses nor cities."""
    for path in write_evidence(pack, tmp_path / "evidence"):
        content = path.read_bytes().decode("utf-8", "replace")
        assert not any(word in content for word in ("Ada", "marketplace.amazon", "Exampleville")), path


def test_the_order_list_is_exactly_the_affected_items(pack: Evidence) -> None:
    """Ids, amounts and states; an order that was not chosen is not there."""
    rows = list(csv.DictReader(io.StringIO(order_ids_csv(pack.orders, pack.chosen, NORMAL))))
    assert [(line["order_id"], line["paid"], line["normal_unit_price"], line["state"]) for line in rows] == [
        ("111-0000001-0000001", "1.00", "58.99", "cancel"),
        ("111-0000002-0000002", "1.00", "58.99", "shipped"),
    ]


def test_a_sku_can_not_become_a_formula() -> None:
    """A cell that begins like a formula is written as text."""
    orders = order_table([row(1, sku="=cmd|' /C calc'!A0")])
    (line,) = csv.DictReader(io.StringIO(order_ids_csv(orders, pd.Series([True]))))
    assert line["sku"].startswith("'=cmd")


def test_the_hashes_can_be_checked_with_sha256sum(pack: Evidence, tmp_path: Path) -> None:
    """Digest, two blanks, file name."""
    write_evidence(pack, tmp_path / "evidence")
    text = (tmp_path / "evidence" / "reports-sha256.txt").read_text(encoding="utf-8")
    assert text == f"{hashlib.sha256(b'x').hexdigest()}  All<b>.txt\n"


def test_the_timeline_is_in_order_and_names_its_zone(pack: Evidence, tmp_path: Path) -> None:
    """First order, last order, end of the promotion; UTC and the marketplace's own clock."""
    write_evidence(pack, tmp_path / "evidence")
    text = (tmp_path / "evidence" / "timeline.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(line["time_utc"], line["what"]) for line in rows] == [
        ("2026-11-20T05:01:00Z", "first affected order"),
        ("2026-11-20T05:02:00Z", "last affected order"),
        ("2026-11-20T15:00:00Z", "promotion ended"),
    ]
    assert rows[0]["time"] == "2026-11-19 21:01 (America/Los_Angeles)"


class Tags(HTMLParser):
    """Collects tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more tag."""
        self.seen.append((tag, dict(attrs)))


def test_the_page_asks_nothing_of_the_network(pack: Evidence) -> None:
    """No script, no link, no address outside: pictures are inside, and a policy forbids the rest."""
    page = page_of(pack)
    tags = Tags()
    tags.feed(page)
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "link", "iframe", "object", "a", "form", "b>", "base"}
    assert all(
        (facts.get("src") or "data:").startswith("data:image/png;base64,") for tag, facts in tags.seen if tag == "img"
    )
    assert not re.search(r"https?:|url\(|@import", page)
    assert "default-src 'none'" in page


def test_nothing_from_a_report_becomes_a_tag(pack: Evidence) -> None:
    """Promotion names, file names and advice are escaped."""
    page = page_of(pack)
    assert "P &lt;1&gt; &amp; more" in page
    assert "All&lt;b&gt;.txt" in page
    assert "&lt;script&gt;" in page
    assert "Orders per &quot;hour&quot;" in page


def test_the_page_tells_the_numbers(pack: Evidence) -> None:
    """Orders, money, window, states, advice with its case id."""
    text = re.sub(r"<[^>]+>", " ", page_of(pack))
    for words in ("2.00 USD", "115.98 USD", "2026-11-19 21:01", "seller-fulfilled, not shipped", "case 12345678901"):
        assert words in text


def test_the_same_pack_gives_the_same_page(pack: Evidence) -> None:
    """No clock, no random number."""
    assert page_of(pack) == page_of(pack)


def test_a_missing_chart_is_named_before_anything_is_written(pack: Evidence, tmp_path: Path) -> None:
    """No half pack is left behind."""
    broken = replace(pack, charts=[Chart(tmp_path / "gone.png", "gone")])
    with pytest.raises(ExportError, match=r"charts are not there: .*gone\.png"):
        write_evidence(broken, tmp_path / "evidence")
    assert not (tmp_path / "evidence").exists()


def test_an_earlier_pack_is_never_replaced(pack: Evidence, tmp_path: Path) -> None:
    """The folder must be new."""
    write_evidence(pack, tmp_path / "evidence")
    with pytest.raises(ExportError, match="never replaced"):
        write_evidence(pack, tmp_path / "evidence")


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_the_page_prints_on_one_sheet(pack: Evidence, tmp_path: Path) -> None:
    """Chromium prints it as a PDF of exactly one page."""
    write_evidence(pack, tmp_path / "evidence")
    pdf = tmp_path / "page.pdf"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={pdf}"]
    page = (tmp_path / "evidence" / "evidence.html").as_uri()
    subprocess.run([*command, page], check=True, capture_output=True, timeout=60)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1
