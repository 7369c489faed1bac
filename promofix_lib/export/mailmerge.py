"""What a mail program opens: the mail list, a Word template with merge fields, the drafts. Nothing is ever sent."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from email.charset import QP, Charset
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message as Mail
from email.policy import compat32
from email.utils import formataddr
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from promofix_lib.errors import ExportError
from promofix_lib.export.cancellation import write_new
from promofix_lib.export.contents import Handed
from promofix_lib.export.page import HEADER, Look, Page, Row
from promofix_lib.letters.messages import Message
from promofix_lib.letters.names import shortened
from promofix_lib.letters.texts import LONGEST_CELL, texts

MERGE_LINES = 6
"""Paragraphs of our own messages: the fields ``line_1`` … ``line_6`` of the mail list."""

NOWHERE = "not-to-be-sent@example.invalid"
"""Stands for the buyers' addresses in a draft: no mail program gets it delivered."""

_BLANK = "\u00a0"  # a shorter letter of the seller's: blank, yet not empty
_CELL = Look(lines=True, text=True)
_WIDTHS = {"order_id": 22, "buyer_email": 44, "buyer_name": 24, "subject": 58, "product": 34, "message_id": 32}
_QUOTED = Charset("utf-8")
_QUOTED.body_encoding = QP


def merge_names(messages: Sequence[Message]) -> tuple[str, ...]:
    """Row 1 of the mail list: ``line_1`` … ``line_n`` are the paragraphs, so one letter serves every language.

    >>> merge_names(())[:5]
    ('order_id', 'buyer_email', 'buyer_name', 'subject', 'line_1')
    """
    lines = _lines(messages)
    return (
        "order_id", "buyer_email", "buyer_name", "subject", *(f"line_{n + 1}" for n in range(lines)), "seller_name",
        "order_date", "product", "units", "paid_per_unit", "language", "marketplace", "buyers_orders", "message_id",
        "batch", "send", "merge_status",
    )  # fmt: skip


def _lines(messages: Sequence[Message]) -> int:
    return max((len(message.template.paragraphs) for message in messages), default=MERGE_LINES)


def merge_page(handed: Handed) -> Page:
    """The first sheet: names in row 1, one message a row, nothing else; every cell is a text, only the last is empty.

    A filled ``merge_status`` makes add-ons skip a row: in a draft it is filled.

    References
    ----------
    One cell of a merge sheet holds 255 characters: Word cuts the rest.
    """
    names = merge_names(handed.listed)
    return Page(
        "mail_merge",
        _merge_rows(names, handed),
        [_WIDTHS.get(name, 40 if "line" in name else 14) for name in names],
        tab="0072B2",
        height=18,
        frozen="B2",
        printed=(names.index("line_1"), len(handed.listed) + 1, 1),
        footer=handed.say("page"),
        mark=handed.mark,
    )


def _merge_rows(names: tuple[str, ...], handed: Handed) -> Iterator[Row]:
    yield names, (HEADER,) * len(names)
    looks = (_CELL,) * len(names)
    lines, unknown = sum(name.startswith("line_") for name in names), handed.say("unknown")
    for number, message in enumerate(handed.listed):
        cells = _facts(message, lines, unknown)
        cells["batch"] = str(number // handed.per_day + 1)
        if handed.draft:
            cells |= _unsent(handed, lines)
        yield [cells[name] or None for name in names], looks


def _facts(message: Message, lines: int, unknown: str) -> dict[str, str]:
    paragraphs = [*message.paragraphs, *[_BLANK] * lines][:lines]
    values = message.values
    return {
        "order_id": message.order_id,
        "buyer_email": message.buyer_email,
        "buyer_name": message.buyer_name or texts(message.language)["customer"],
        "subject": message.subject,
        **{f"line_{n}": paragraph for n, paragraph in enumerate(paragraphs, 1)},
        "seller_name": values["seller_name"],
        "order_date": values["order_date"] or unknown,
        "product": values["product"],
        "units": values["quantity"],
        "paid_per_unit": shortened(message.paid_per_unit, LONGEST_CELL) or unknown,
        "language": message.language,
        "marketplace": message.market.sales_channel or unknown,
        "buyers_orders": f"{message.turn} / {message.turns}",
        "message_id": message.message_id,
        "send": "yes",
        "merge_status": "",
    }


def _unsent(handed: Handed, lines: int) -> dict[str, str]:
    blank = {f"line_{n}": _BLANK for n in range(1, lines + 1)}
    mark = handed.mark
    return {**blank, "buyer_email": NOWHERE, "subject": mark, "line_1": mark, "send": "no", "merge_status": mark}


def check_cells(handed: Handed) -> None:
    """Nothing when every paragraph fits into one cell of a merge sheet.

    Raises
    ------
    ExportError
        Naming every text that is too long, once per kind of message.
    """
    faults: dict[str, None] = {}
    for message in handed.listed:
        for number, text in enumerate((message.subject, *message.paragraphs)):
            if len(text) > LONGEST_CELL:
                faults[f"{message.variant}.{message.language}: {f'line_{number}' if number else 'subject'}"] = None
    if faults:
        raise ExportError("export.cell_too_long", most=LONGEST_CELL, places=tuple(faults))


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
    lines = _lines(messages)
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
    parts = tomllib.loads(files("promofix_lib.export").joinpath("word.toml").read_text(encoding="utf-8"))
    paragraphs = _paragraphs(lines, right_to_left)
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as package:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else the bytes would differ between Windows and the others
            package.writestr(entry, text.replace("<!--paragraphs-->", paragraphs).encode())
    return write_new(Path(path), buffer.getvalue())


def _paragraphs(lines: int, right_to_left: bool) -> str:
    names = [f"line_{number + 1}" for number in range(lines)]
    direction = "<w:bidi/>" if right_to_left else ""
    tight = '<w:spacing w:after="0"/>'  # the seller's name follows close upon the last line
    return "".join(_paragraph(name, direction + tight * (name == names[-1])) for name in (*names, "seller_name"))


def _paragraph(name: str, properties: str) -> str:
    field = f'<w:fldSimple w:instr=" MERGEFIELD {name} "><w:r><w:t>«{name}»</w:t></w:r></w:fldSimple>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{field}</w:p>"


def draft(message: Message) -> Mail:
    r"""One message as a draft that a mail program opens; it asks for the sender.

    Parameters
    ----------
    message : Message
        What to say to whom.
    """
    mail = Mail(policy=compat32.clone(linesep="\r\n"))
    mail.set_payload(message.body, _QUOTED)
    mail["X-Unsent"] = "1"  # Outlook opens it for sending instead of for reading
    mail["To"] = _receiver(message)
    mail["Subject"] = _encoded(message.subject, "Subject")
    mail["Content-Language"] = message.language
    return mail


def _receiver(message: Message) -> str:
    name, address = " ".join(message.buyer_name.split()), message.buyer_email
    return formataddr((name, address)) if name.isascii() else f"{_encoded(name, 'To')} <{address}>"


def _encoded(text: str, header: str) -> str:
    """One header's text in ASCII; the email package's newer way of folding adds blanks to some subjects."""
    plain = " ".join(text.splitlines())  # nothing that could begin a new line
    charset = "us-ascii" if plain.isascii() else "utf-8"
    return Header(plain, charset, header_name=header).encode(linesep="\r\n")


def write_drafts(messages: Sequence[Message], folder: Path, *, per_day: int) -> tuple[Path, ...]:
    """The messages as drafts in one mbox file, which Thunderbird and Apple Mail open; one a day where the limit binds.

    Parameters
    ----------
    messages : sequence of Message
        They should have passed `check_messages`.
    folder : Path
        Gets ``message-drafts.mbox``, or ``message-drafts-day-1-of-3.mbox`` …
    per_day : int
        See `account.worklist.message_quota`.

    Returns
    -------
    tuple of Path
        Empty without messages.

    Raises
    ------
    ExportError
        A file exists, or `per_day` is not positive.
    """
    if per_day < 1:
        raise ExportError("export.per_day", found=per_day)
    days = [messages[first : first + per_day] for first in range(0, len(messages), per_day)]
    written = []
    for number, day in enumerate(days, 1):
        ending = f"-day-{number}-of-{len(days)}" if len(days) > 1 else ""
        content = b"".join(_in_mbox(draft(message)) for message in day)
        written.append(write_new(Path(folder) / f"message-drafts{ending}.mbox", content))
    return tuple(written)


def _in_mbox(mail: Mail) -> bytes:
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=True, policy=mail.policy.clone(linesep="\n")).flatten(mail)
    return b"From promofix Thu Jan  1 00:00:00 1970\n" + buffer.getvalue() + b"\n"
