"""What a mail program opens: a Word template with merge fields, and drafts in daily batches. Nothing is ever sent."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from email.charset import QP, Charset
from email.header import Header
from email.message import Message as Mail
from email.policy import compat32
from email.utils import formataddr
from pathlib import Path
from typing import BinaryIO

from tqdm.auto import tqdm

from promofix_lib.errors import ExportError
from promofix_lib.letters.messages import EMAIL, Message

MERGE_LINES = 6
"""Paragraphs of our own messages: the fields ``line_1`` … ``line_6`` of the mail list."""

_QUOTED = Charset("utf-8")
_QUOTED.body_encoding = QP

_CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/word/document.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>\
<Override PartName="/word/styles.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>"""

_RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" \
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>"""

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

_STYLES = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="{_WORD}"><w:docDefaults><w:rPrDefault><w:rPr>\
<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:rPrDefault>\
<w:pPrDefault><w:pPr><w:spacing w:after="200" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>\
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>"""


def messages_per_day(average_daily_orders: Decimal | int) -> int:
    """How many messages a seller may send a day: 5 times the average daily orders, plus 600.

    Parameters
    ----------
    average_daily_orders : Decimal or int
        Orders per day over a usual time, not over the night of the incident.

    References
    ----------
    Seller forums, an Amazon moderator on the sending quota of buyer-seller messages.

    Examples
    --------
    >>> messages_per_day(20), messages_per_day(Decimal("0.5"))
    (700, 602)
    """
    return int(5 * Decimal(average_daily_orders) + 600)


def write_word_templates(messages: Sequence[Message], folder: Path) -> tuple[Path, ...]:
    """``message-template.docx`` with as many lines as the messages need, and one from right to left for Arabic.

    Parameters
    ----------
    messages : sequence of Message
        The messages of the mail list.
    folder : Path
        Where to write.

    Raises
    ------
    ExportError
        A file exists.
    """
    lines = max((len(message.template.paragraphs) for message in messages), default=MERGE_LINES)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = [write_word_template(folder / "message-template.docx", lines=lines)]
    if any(message.language == "ar" for message in messages):
        path = folder / "message-template-right-to-left.docx"
        written.append(write_word_template(path, lines=lines, right_to_left=True))
    return tuple(written)


def write_word_template(path: Path, *, lines: int = MERGE_LINES, right_to_left: bool = False) -> Path:
    """A letter whose words all come from the mail list, so that one template serves every language.

    It names no data source: Word and LibreOffice ask for the list, and no path of this computer travels with it. The
    bytes are the same each time.

    Parameters
    ----------
    path : Path
        The .docx file to write; it must not exist yet.
    lines : int
        Number of ``line_…`` columns in the mail list.
    right_to_left : bool
        For Arabic.

    Raises
    ------
    ExportError
        The file exists.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_word_template(Path(folder) / "message-template.docx")
    ...     "MERGEFIELD line_6 " in zipfile.ZipFile(file).read("word/document.xml").decode()
    True
    """
    office = "officeDocument"
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONS.format(kind=office, target="word/document.xml"),
        "word/_rels/document.xml.rels": _RELATIONS.format(kind="styles", target="styles.xml"),
        "word/styles.xml": _STYLES,
        "word/document.xml": _document(lines, right_to_left),
    }
    with _new_file(Path(path)) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else the bytes would differ between Windows and the others
            package.writestr(entry, text.encode())
    return Path(path)


def _document(lines: int, right_to_left: bool) -> str:
    names = [f"line_{number + 1}" for number in range(lines)]
    direction = "<w:bidi/>" if right_to_left else ""
    tight = '<w:spacing w:after="0"/>'  # the seller's name follows close upon the last line
    paragraphs = [_paragraph(name, direction + tight * (name == names[-1])) for name in (*names, "seller_name")]
    page = (
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1700" w:right="1417" w:bottom="1417" w:left="1417" '
    )
    page += 'w:header="708" w:footer="708" w:gutter="0"/></w:sectPr>'
    head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document xmlns:w="{_WORD}"><w:body>'
    return head + "".join(paragraphs) + page + "</w:body></w:document>"


def _paragraph(name: str, properties: str) -> str:
    field = f'<w:fldSimple w:instr=" MERGEFIELD {name} "><w:r><w:t>«{name}»</w:t></w:r></w:fldSimple>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{field}</w:p>"


def draft(message: Message, *, sender: str = "") -> Mail:
    r"""One message as a draft that a mail program opens.

    Parameters
    ----------
    message : Message
        What to say to whom.
    sender : str
        An address on the seller's list of approved senders; left out when empty, the mail program then asks.

    Raises
    ------
    ExportError
        `sender` is no e-mail address.

    Examples
    --------
    A line break in a name cannot begin a second header.

    >>> import pandas as pd
    >>> from promofix_lib.letters.messages import messages_for
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{
    ...     "order_id": "111-0000001-0000001", "order_status": "Unshipped", "fulfillment_channel": "merchant",
    ...     "quantity": 1, "buyer_name": "Test\nBcc: Buyer", "buyer_email": "a1@example.com",
    ... }])
    >>> [message] = messages_for(orders, pd.Series([True]))
    >>> draft(message)["To"]
    '"Test Bcc: Buyer" <a1@example.com>'
    """
    if sender and not EMAIL.fullmatch(sender):
        raise ExportError(
            f"Sender {sender!r} is not an e-mail address. Write it like orders@example.com, without a name."
        )
    mail = Mail(policy=compat32.clone(linesep="\r\n"))
    mail.set_payload(message.body, _QUOTED)
    mail["X-Unsent"] = "1"  # Outlook opens it for sending instead of for reading
    if sender:
        mail["From"] = sender
    mail["To"] = _receiver(message)
    mail["Subject"] = _encoded(message.subject, "Subject")
    mail["Content-Language"] = message.language
    return mail


def _receiver(message: Message) -> str:
    name, address = message.buyer_name, message.buyer_email
    return formataddr((name, address)) if name.isascii() else f"{_encoded(name, 'To')} <{address}>"


def _encoded(text: str, header: str) -> str:
    """One header's text in ASCII; the email package's newer way of folding adds blanks to some subjects."""
    plain = " ".join(text.splitlines())  # nothing that could begin a new line
    charset = "us-ascii" if plain.isascii() else "utf-8"
    return Header(plain, charset, header_name=header).encode(linesep="\r\n")


def write_drafts(
    messages: Sequence[Message], folder: Path, *, per_day: int, sender: str = "", progress: bool = False
) -> tuple[Path, ...]:
    """The messages as ``.eml`` files, one folder a day so that no day breaks Amazon's limit.

    Parameters
    ----------
    messages : sequence of Message
        As `messages_for` gives them; they should have passed `check_messages`.
    folder : Path
        Gets the folders ``day-1``, ``day-2`` …
    per_day : int
        See `messages_per_day`.
    sender : str
        See `draft`.
    progress : bool
        Show a progress bar.

    Raises
    ------
    ExportError
        A file exists, or `per_day` is not positive.
    """
    return _write_each(
        messages, folder, per_day, ".eml", lambda message: draft(message, sender=sender).as_bytes(), progress
    )


def write_texts(messages: Sequence[Message], folder: Path, *, per_day: int, progress: bool = False) -> tuple[Path, ...]:
    """The messages as text to paste into Seller Central, one folder a day: receiver, subject, body.

    Parameters and errors are those of `write_drafts`.
    """
    return _write_each(messages, folder, per_day, ".txt", lambda message: _text(message).encode(), progress)


def _text(message: Message) -> str:
    head = f"Order: {message.order_id}\nTo: {message.buyer_email}\nSubject: {message.subject}\n"
    return f"{head}{'-' * 60}\n{message.body}"


def _write_each(
    messages: Sequence[Message],
    folder: Path,
    per_day: int,
    ending: str,
    content: Callable[[Message], bytes],
    progress: bool,
) -> tuple[Path, ...]:
    written = []
    pairs = tqdm(list(_places(messages, Path(folder), per_day, ending)), disable=not progress, desc=Path(folder).name)
    for message, path in pairs:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _new_file(path) as file:
            file.write(content(message))
        written.append(path)
    return tuple(written)


def _places(messages: Sequence[Message], folder: Path, per_day: int, ending: str) -> Iterator[tuple[Message, Path]]:
    if per_day < 1:
        raise ExportError(f"Messages per day should be 1 or more, got {per_day}. Amazon allows at least 600.")
    to_send = [message for message in messages if message.send]
    digits = len(str(-(-len(to_send) // per_day)))
    used: dict[str, int] = {}
    for number, message in enumerate(to_send):
        name = re.sub(r"[^0-9A-Za-z-]", "_", message.order_id)[:40] or "order"
        used[name] = used.get(name, 0) + 1
        copy = f"-{used[name]}" if used[name] > 1 else ""  # one order can get two messages about two of its items
        yield message, folder / f"day-{number // per_day + 1:0{digits}}" / f"{name}{copy}{ending}"


def _new_file(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileExistsError as error:
        raise ExportError(f"{path}: this file exists and is not replaced. Export again into a new folder.") from error
