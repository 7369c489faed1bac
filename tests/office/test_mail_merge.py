"""LibreOffice opens what we write: the mail list merges into letters, and every sheet shows what it should."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.export.mailmerge import write_word_template
from promofix_lib.export.sheets import write_buyers
from promofix_lib.letters.messages import Message
from promofix_lib.letters.texts import Wording
from promofix_lib.marketplaces import MARKETPLACES
from tests.handed_case import handed_rows
from tests.office.conftest import Office

pytestmark = pytest.mark.office
WORDING = Wording(seller_name="Example & Sons", variants={"cancel": "cancelled", "shipped": "shipped_keep"})


def orders_everywhere() -> list[dict[str, Any]]:
    names = ("Test Buyer", "=1+1", "O'Example, Ann", None, "Zoë Ünlü-Łódź", "テスト 花子", '"Quote" Example')
    return [
        {
            "order_id": f"111-{number:07d}-{number * 7919 % 10**7:07d}",
            "purchase_date": "2026-03-01T20:00:00Z",
            "order_status": "Shipped" if number % 10 == 9 else "Unshipped",
            "fulfillment_channel": "merchant",
            "sales_channel": market.sales_channel,
            "currency": market.currency,
            "sku": "HP-1",
            "product_name": ("Example Headphones", "=SUM(A1)", "10.00", "1/2", "x" * 400)[number % 5],
            "quantity": 1,
            "item_price": "1.00",
            "buyer_name": names[number % len(names)],
            "buyer_email": f"a{number}@example.com",
        }
        for number, market in enumerate(MARKETPLACES * 2)
    ]


@pytest.fixture(scope="module")
def merged(office: Office, tmp_path_factory: pytest.TempPathFactory) -> tuple[tuple[Message, ...], list[str], str]:
    """The messages, the pages of the merged PDF, and what LibreOffice said about tables and fields."""
    folder = tmp_path_factory.mktemp("merge")
    handed = handed_rows(orders_everywhere(), WORDING)
    workbook = write_buyers(handed, folder / "buyers.xlsx")
    template = write_word_template(folder / "message-template.docx")
    told = office("merge_letters.py", workbook, template, folder)
    [letters] = folder.glob("letters*.pdf")
    text = subprocess.run(
        ["pdftotext", "-layout", str(letters), "-"], capture_output=True, text=True, check=True
    ).stdout
    return handed.listed, text.split("\f")[:-1], told


def plain(text: str) -> str:
    return re.sub(r"[\s\u00a0\u200e\u200f\u202a-\u202e]+", "", text)


def test_every_order_gets_one_letter_with_its_own_words(merged: tuple[tuple[Message, ...], list[str], str]):
    """One page per message; each page holds its order id and nobody else's, and the whole text as we wrote it."""
    messages, pages, _ = merged
    assert len(pages) == len(messages) == 46
    by_order = {message.order_id: message for message in messages}
    seen = []
    for page in pages:
        [order_id] = set(re.findall(r"\d{3}-\d{7}-\d{7}", plain(page)))
        seen.append(order_id)
        message = by_order[order_id]
        if message.language != "ar":  # a PDF keeps Arabic letters in the order they are drawn
            assert plain(message.body) == plain(page)
    assert sorted(seen) == sorted(by_order)


def test_the_template_asks_only_for_columns_of_the_list(merged: tuple[tuple[Message, ...], list[str], str]):
    """Every merge field was found and filled; no placeholder is left."""
    _, pages, told = merged
    assert "fields: line_1 line_2 line_3 line_4 line_5 line_6 seller_name" in told
    assert re.search(r"tables: mail_merge\b", told)
    assert not any(re.search("«line|<line|MERGEFIELD", page) for page in pages)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_sheet_opens_and_counts(office: Office, tmp_path: Path, language: str):
    """LibreOffice shows all sheets, works out the live count, and finds no error in any cell."""
    handed = handed_rows(orders_everywhere(), WORDING, language=language)
    workbook = write_buyers(handed, tmp_path / "buyers.xlsx")
    office("save_as.py", workbook, tmp_path / "buyers.pdf")
    pdf = str(tmp_path / "buyers.pdf")
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    progress = {"en": ("Finished: 0 of 46 (0%)", "Now: 0 of 46"), "zh-CN": ("已处理：0 / 46（0%）", "现在：0 / 46")}
    assert all(words in text for words in progress[language])
    assert not re.search(r"Err:\d|#NAME|#REF|#VALUE|#DIV", text)
    for words in {"en": ("Summary", "How to work"), "zh-CN": ("汇总", "如何使用本文件")}[language]:
        assert words in text
