"""The mail list: the first sheet, which mail programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from openpyxl.utils import get_column_letter

from promofix_lib.errors import LetterError
from promofix_lib.export.workbook.contents import Handed
from promofix_lib.export.workbook.style import HEADER, Pen, Style, print_wide
from promofix_lib.letters.messages import Message, shortened
from promofix_lib.letters.messages_texts import LONGEST_CELL, texts

NOT_SENT = ""
"""What `merge_status` holds before the assistant sends: nothing, for add-ons such as Yet Another Mail Merge skip a row
whose status is filled. The column is named in row 1, so it is there to write in; no other cell of the list is empty."""

_CELL = Style(lines=True, text=True)
_WIDTHS = {"order_id": 22, "buyer_email": 34, "buyer_name": 22, "subject": 46, "product": 34, "message_id": 32}


def merge_rows(messages: tuple[Message, ...], unknown: str) -> tuple[tuple[str, ...], Iterator[tuple[str, ...]]]:
    """Header names of the mail list, and its rows one after the other; every cell is a text, only the last is empty.

    Parameters
    ----------
    messages : tuple of Message
        One row each.
    unknown : str
        What a cell says when the report does not.

    Returns
    -------
    names : tuple of str
        ``line_1`` … ``line_n`` are the paragraphs of the message, so one letter template serves every language.
    rows : iterator of tuple of str

    References
    ----------
    One cell of a merge sheet holds 255 characters: Word cuts the rest.

    Examples
    --------
    >>> names, rows = merge_rows((), "not known")
    >>> names[:5], list(rows)
    (('order_id', 'buyer_email', 'buyer_name', 'subject', 'line_1'), [])
    """
    lines = max((len(message.template.paragraphs) for message in messages), default=6)
    names = (
        "order_id", "buyer_email", "buyer_name", "subject", *(f"line_{n + 1}" for n in range(lines)), "seller_name",
        "order_date", "product", "units", "paid_per_unit", "language", "marketplace", "buyers_orders", "message_id",
        "send", "merge_status",
    )  # fmt: skip
    return names, (_merge_row(message, lines, unknown) for message in messages)


def _merge_row(message: Message, lines: int, unknown: str) -> tuple[str, ...]:
    paragraphs = message.paragraphs
    return (
        message.order_id,
        message.buyer_email,
        message.buyer_name or texts(message.language)["customer"],
        message.subject,
        *paragraphs,
        *("\u00a0" for _ in range(lines - len(paragraphs))),  # a shorter letter of the seller's: blank, yet not empty
        message.values["seller_name"],
        message.values["order_date"] or unknown,
        message.values["product"],
        message.values["quantity"],
        shortened(message.paid_per_unit, LONGEST_CELL) or unknown,
        message.language,
        message.marketplace or unknown,
        f"{message.order.turn} / {message.order.turns}",
        message.message_id,
        "yes" if message.send else "no",
        NOT_SENT,
    )


def check_cells(messages: tuple[Message, ...]) -> None:
    """Nothing when every paragraph fits into one cell of a merge sheet.

    Raises
    ------
    LetterError
        Naming every text that is too long, once per kind of message.
    """
    faults: dict[str, None] = {}
    for message in messages:
        for number, text in enumerate((message.subject, *message.paragraphs)):
            if len(text) > LONGEST_CELL:
                place = f"paragraph {number}" if number else "the subject"
                faults[f"{message.variant} in {message.language}: {place}"] = None
    if faults:
        raise LetterError(
            f"Mail list: too long for one cell of a mail merge (at most {LONGEST_CELL} characters with the names "
            f"filled in): {'; '.join(faults)}. Part the paragraph in two with a blank line, or shorten it."
        )


def write_mail_merge(sheet: Any, handed: Handed, done: Callable[[], object]) -> None:
    """The first sheet: names in row 1, one message a row, nothing else."""
    names, rows = merge_rows(handed.messages, handed.words["unknown"])
    pen = Pen(sheet)
    sheet.freeze_panes = "B2"
    sheet.sheet_properties.tabColor = "0072B2"
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = 18, True
    for number, name in enumerate(names, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(name, 40 if "line" in name else 14)
    print_wide(sheet, handed.words["page"], "1:1")
    sheet.append([pen.text(name, HEADER) for name in names])
    for row in rows:
        sheet.append([pen.text(cell, _CELL) if cell else None for cell in row])
        done()
