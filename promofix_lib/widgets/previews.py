"""What the assistant and the buyer will read, before anything is written."""

from __future__ import annotations

from html import escape
from itertools import islice

from promofix_lib.case.case import Case
from promofix_lib.export.handover.parts import wording_of
from promofix_lib.export.workbook.lists import merge_rows
from promofix_lib.letters.messages import Message, messages_for
from promofix_lib.widgets.form_words import form_words
from promofix_lib.widgets.html import Shown, table


def merge_preview(case: Case, rows: int = 5) -> Shown:
    """The first rows of the mail list, as the export will write it.

    Parameters
    ----------
    case : Case
        Its chosen orders.
    rows : int
        How many.
    """
    words, messages = form_words(case.settings.language), _messages(case)
    if not messages:
        return _nothing(words)
    names, cells = merge_rows(messages, "?")
    first = [list(row) for row in islice(cells, rows)]
    return table(words["merge_caption"].format(n=len(first), all=f"{len(messages):,}"), names, first)


def message_preview(case: Case, number: int = 1) -> Shown:
    """One message as its buyer will read it.

    Parameters
    ----------
    case : Case
        Its chosen orders.
    number : int
        Which message of the mail list, from 1.
    """
    words, messages = form_words(case.settings.language), _messages(case)
    if not messages:
        return _nothing(words)
    message = messages[min(max(number, 1), len(messages)) - 1]
    title = words["message_caption"].format(order=message.order_id, language=message.language)
    head = f"{words['to']}: {message.buyer_email}\n{words['subject']}: {message.subject}"
    html = (
        f"<section><h4>{escape(title)}</h4>"
        f'<p style="white-space:pre-wrap">{escape(head)}</p>'
        f'<blockquote lang="{escape(message.language)}" style="white-space:pre-wrap;color:inherit">'
        f"{escape(message.body)}</blockquote></section>"
    )
    return Shown(html, f"{title}\n{head}\n\n{message.body}")


def _messages(case: Case) -> tuple[Message, ...]:
    return messages_for(case.orders, case.chosen(), wording_of(case))


def _nothing(words: dict[str, str]) -> Shown:
    text = words["merge_none"].format(why=words["merge_none_why"])
    return Shown(f"<p>{escape(text)}</p>", text)
