"""Word template and drafts: opened by every mail program, sent by none of them on its own."""

from __future__ import annotations

import email
import hashlib
import mailbox
import re
import zipfile
from dataclasses import replace
from email.policy import default
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.errors import ExportError
from promofix_lib.export.mailmerge import (
    MERGE_LINES,
    draft,
    merge_names,
    write_drafts,
    write_word_template,
    write_word_templates,
)
from promofix_lib.letters.messages import Message
from promofix_lib.letters.texts import Template, Wording
from promofix_lib.marketplaces import MARKETPLACES
from tests.handed_case import handed_rows, row

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def messages(count: int = 1, wording: Wording | None = None, **changes: Any) -> tuple[Message, ...]:
    return handed_rows([row(number, **changes) for number in range(1, count + 1)], wording).listed


[MESSAGE] = messages()


def drafts_in(path: Path) -> list[Any]:
    """What a mail program finds in an mbox file."""
    box = mailbox.mbox(path, create=False)
    found = [email.message_from_bytes(box.get_bytes(key), policy=default) for key in box.keys()]  # noqa: SIM118
    box.close()
    return found


def test_a_draft_opens_with_receiver_subject_and_text(tmp_path: Path):
    """What a mail program shows is what the preview showed."""
    [message] = messages()
    [path] = write_drafts([message], tmp_path, per_day=700)
    [mail] = drafts_in(path)
    assert path.name == "message-drafts.mbox"
    assert (mail["From"], mail["To"]) == (None, "Test Buyer <a1@example.com>")
    assert mail["Subject"] == message.subject
    assert mail["X-Unsent"] == "1"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == message.body


@pytest.mark.parametrize("market", MARKETPLACES, ids=lambda market: market.code)
def test_a_draft_reads_the_same_in_every_language(market):
    """Subject and body survive the way through a mail file, in every script."""
    [message] = messages(sales_channel=market.sales_channel, buyer_name="Zoë テスト")
    mail = email.message_from_bytes(draft(message).as_bytes(), policy=default)
    assert mail["Subject"] == message.subject
    assert mail.get_content().replace("\r\n", "\n") == message.body
    assert mail["Content-Language"] == message.language
    assert mail["To"].addresses[0].display_name == "Zoë テスト"
    assert all(len(line) <= 998 for line in draft(message).as_bytes().splitlines())


@given(text=st.text(max_size=120))
def test_no_text_becomes_a_header(text: str):
    """Line breaks in names and titles cannot add a receiver or any other header."""
    evil = text.encode("utf-8", "ignore").decode() + "\r\nBcc: all@example.com\r\n\r\nbody"
    message = replace(MESSAGE, buyer_name=evil, values=dict.fromkeys(MESSAGE.values, evil))
    mail = email.message_from_bytes(draft(message).as_bytes(), policy=default)
    assert set(mail.keys()) == {
        "X-Unsent",
        "To",
        "Subject",
        "Content-Language",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }
    assert [address.addr_spec for address in mail["To"].addresses] == ["a1@example.com"]


def test_a_subject_of_two_lines_becomes_one():
    """A seller's own subject cannot break the header either."""
    own = Template("Order {order_id}\r\nBcc: all@example.com", ("We had to cancel {order_id}.",))
    [message] = messages(1, Wording(templates={"cancelled.en": own}))
    mail = email.message_from_bytes(draft(message).as_bytes(), policy=default)
    assert mail["Subject"] == "Order 111-0000001-0000001 Bcc: all@example.com"
    assert mail["Bcc"] is None


def test_drafts_are_parted_by_day(tmp_path: Path):
    """No file holds more than a day's quota, and each message stands in one of them."""
    written = write_drafts(messages(5), tmp_path, per_day=2)
    assert [path.name for path in written] == [f"message-drafts-day-{n}-of-3.mbox" for n in (1, 2, 3)]
    found = [drafts_in(path) for path in written]
    assert [len(day) for day in found] == [2, 2, 1]
    assert {mail["To"].addresses[0].addr_spec for day in found for mail in day} == {
        f"a{n}@example.com" for n in range(1, 6)
    }
    two = write_drafts(messages(3), tmp_path, per_day=2)
    assert [path.name for path in two] == [f"message-drafts-day-{n}-of-2.mbox" for n in (1, 2)]
    assert write_drafts((), tmp_path, per_day=2) == ()


def test_a_line_that_begins_like_an_envelope_parts_no_message(tmp_path: Path):
    """In an mbox file a line with "From " begins the next message; ours is marked."""
    own = Template("Order {order_id}", ("About {order_id}:", "From now on the price is right."))
    [path] = write_drafts(messages(2, Wording(templates={"cancelled.en": own})), tmp_path, per_day=9)
    assert path.read_bytes().isascii()
    assert len(drafts_in(path)) == 2


def test_drafts_are_never_replaced(tmp_path: Path):
    """Somebody may be working with them; a wrong number per day is refused too."""
    write_drafts(messages(), tmp_path, per_day=1)
    with pytest.raises(ExportError, match=r"never replaced"):
        write_drafts(messages(), tmp_path, per_day=1)
    with pytest.raises(ExportError, match="Messages per day should be 1 or more, got 0"):
        write_drafts(messages(), tmp_path / "new", per_day=0)
    assert not (tmp_path / "new").exists()


def test_the_template_is_the_same_each_time_and_names_no_data_source(tmp_path: Path):
    """Equal bytes, no path of this computer, no data source, no macro; Word and LibreOffice ask for the list."""
    first, second = (write_word_template(tmp_path / f"{n}.docx") for n in (1, 2))
    assert first.read_bytes() == second.read_bytes()
    assert hashlib.sha256(first.read_bytes()).hexdigest() == TEMPLATE_SHA256
    with zipfile.ZipFile(first) as package:
        whole = b"".join(package.read(name) for name in package.namelist())
        assert "word/settings.xml" not in package.namelist()
    assert str(tmp_path).encode() not in whole
    assert not re.search(rb"mailMerge|dataSource|externalLink|TargetMode|vbaProject", whole)


TEMPLATE_SHA256 = "7b986fad129be60d5e898f52fb5d72041c7075b0fad12d0db54fe0eb3ebe0736"


def test_the_template_asks_for_columns_of_the_mail_list(tmp_path: Path):
    """Every merge field is a column of the mail list, in reading order."""
    with zipfile.ZipFile(write_word_template(tmp_path / "t.docx")) as package:
        document = ElementTree.fromstring(package.read("word/document.xml"))
        for name in package.namelist():
            ElementTree.fromstring(package.read(name))
    fields = [element.get(f"{WORD}instr", "").split()[1] for element in document.iter(f"{WORD}fldSimple")]
    columns = merge_names(messages())
    assert fields == [f"line_{n}" for n in range(1, MERGE_LINES + 1)] + ["seller_name"]
    assert set(fields) <= set(columns)


def test_templates_have_as_many_lines_as_the_messages(tmp_path: Path):
    """A longer text of the seller's gets a longer template; Arabic gets one from right to left."""
    own = Template("{order_id}", tuple(f"Line {n} about {{order_id}}." for n in range(9)))
    [longer] = write_word_templates(messages(1, Wording(templates={"cancelled.en": own})), tmp_path)
    with zipfile.ZipFile(longer) as package:
        assert package.read("word/document.xml").count(b"MERGEFIELD line_") == 9
    longer.unlink()
    written = write_word_templates(messages(sales_channel="Amazon.sa"), tmp_path)
    assert [path.name for path in written] == ["message-template.docx", "message-template-right-to-left.docx"]
    with zipfile.ZipFile(written[1]) as package:
        assert package.read("word/document.xml").count(b"<w:bidi/>") == MERGE_LINES + 1
