"""The sheets to read: the messages, the summary and the assistant's steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from openpyxl.utils import get_column_letter

from promofix_lib.export.workbook.contents import Handed
from promofix_lib.export.workbook.style import HEADER, INK, PALE, Pen, Style, height_for
from promofix_lib.export.workbook.todo_list import links_per_row
from promofix_lib.letters.languages import LANGUAGES, money_for_reader
from promofix_lib.letters.messages_texts import FIELDS, Template, builtin_template
from promofix_lib.marketplaces import Marketplace

_TITLE = Style(bold=True, size=16, colour=INK)
_HINT = Style(colour="555555", wrap=False)
_CELL = Style(wrap=True, lines=True)
_TALL = Style(wrap=True, lines=True, top=True)
_FROM_THE_RIGHT = Style(wrap=True, lines=True, top=True, right_to_left=True)
_STRONG = Style(bold=True, wrap=True, lines=True, fill=PALE)
_STEP = Style(bold=True, wrap=True, lines=True, fill=PALE, top=True)
_NUMBER = Style(lines=True, centre=True)
_TOTAL = Style(lines=True, centre=True, bold=True, fill=PALE)


def write_message(sheet: Any, handed: Handed) -> None:
    """Every text that is sent, once per language, with what it says in the reader's own language beside it."""
    words = handed.words
    _set_up(sheet, (14, 20, 9, 30, 64, 64))
    pen = Pen(sheet)
    sheet.append([pen.text(words["message_title"], _TITLE)])
    sheet.append([pen.text(words["message_hint"], _HINT)])
    sheet.append([])
    sheet.append([pen.text(name, HEADER) for name in words["message_columns"]])
    number = 4
    for (language, variant, template, prepaid), count in _kinds(handed).items():
        subject, body = _shown(template, handed)
        cells = (LANGUAGES[language], words["variant"][variant], count, subject, body)
        meaning = "" if language == handed.language else _translation(variant, handed, prepaid=prepaid)
        number += 1
        sheet.row_dimensions[number].height = height_for((subject, 30), (body, 64), (meaning, 64)) + 6
        own = _FROM_THE_RIGHT if language == "ar" else _TALL
        styles = (_TALL, _TALL, _TALL, own, own, _TALL)
        sheet.append([pen.text(cell, style) for cell, style in zip((*cells, meaning), styles, strict=True)])


def _kinds(handed: Handed) -> Counter[tuple[str, str, Template, bool]]:
    every = (*handed.messages, *handed.by_hand)
    return Counter((one.language, one.variant, one.template, one.prepaid) for one in every)


def _shown(template: Template, handed: Handed) -> tuple[str, str]:
    marks = {name: f"«{handed.words['fields'][name]}»" for name in FIELDS}
    subject, paragraphs = template.fill(marks)
    return subject, "\n\n".join(paragraphs) + "\n" + (handed.wording.seller_name or marks["seller_name"])


def _translation(variant: str, handed: Handed, *, prepaid: bool) -> str:
    reason = handed.wording.cancel_reason
    return _shown(builtin_template(variant, handed.language, reason=reason, prepaid=prepaid), handed)[1]


def write_summary(sheet: Any, handed: Handed) -> None:
    """How many orders, units and messages, what was paid, and who is not in the mail list and why."""
    words, titles = handed.words, handed.words["summary_headers"]
    _set_up(sheet, (50, 16, 16, 34), pages=1)
    pen = Pen(sheet)
    sheet.append([pen.text(words["summary_title"], _TITLE)])
    if handed.made_at:
        sheet.append([pen.text(words["summary_made"].format(made=f"{handed.made_at:%Y-%m-%d %H:%M}"), _HINT)])
    for note in _notes(handed):
        sheet.append([pen.text(note, _HINT)])
    _table(sheet, pen, titles["triage"], _by_triage(handed), words["summary_total"])
    _table(sheet, pen, titles["mail"], _by_mail(handed), words["summary_total"])
    _table(sheet, pen, titles["market"], _by_market(handed))
    by_language = Counter(LANGUAGES[message.language] for message in handed.messages)
    _table(sheet, pen, titles["language"], by_language.items(), words["summary_total"])
    _table(sheet, pen, titles["overruled"], handed.overruled.items())
    _table(sheet, pen, titles["source"], handed.sources.items())


def _notes(handed: Handed) -> list[str]:
    buyers = len({order.buyer_email for order in handed.orders if order.turns > 1})
    several = [f"{handed.words['summary_several']}: {buyers}"] if buyers else []
    return several + [handed.words["summary_no_links"]] * (links_per_row(len(handed.orders)) < 2)


def _by_triage(handed: Handed) -> list[tuple[Any, ...]]:
    orders = Counter(order.triage for order in handed.orders)
    units: Counter[str] = Counter()
    for order in handed.orders:
        units[order.triage] += order.units
    return [(handed.words["triage"][word], count, units[word]) for word, count in orders.items()]


def _by_mail(handed: Handed) -> list[tuple[Any, ...]]:
    return [(handed.words["mail"][why], count) for why, count in Counter(handed.why_not.values()).items()]


def _by_market(handed: Handed) -> list[tuple[Any, ...]]:
    found: dict[tuple[Marketplace, str], list[Any]] = {}
    for order in handed.orders:
        row = found.setdefault((order.market, order.currency or ""), [0, 0, None])
        row[0] += 1
        row[1] += order.units
        if order.paid is not None and order.currency:
            row[2] = (row[2] or 0) + order.paid
    unknown = handed.words["unknown"]
    return [
        (
            market.sales_channel or unknown,
            *row[:2],
            unknown if row[2] is None else money_for_reader(row[2], code, handed.language),
        )
        for (market, code), row in found.items()
    ]


def write_how_to(sheet: Any, handed: Handed) -> None:
    """The assistant's steps."""
    words = handed.words
    quota = handed.messages_per_day
    facts = {
        "reason": words["reason"].get(handed.wording.cancel_reason, handed.wording.cancel_reason),
        "quota": words["quota"].format(quota=quota) if quota else words["quota_unknown"],
    }
    _set_up(sheet, (34, 100), pages=1)
    pen = Pen(sheet)
    sheet.append([pen.text(words["how_to_title"], _TITLE)])
    sheet.append([])
    sheet.append([pen.text(name, HEADER) for name in words["how_to_headers"]])
    for number, (step, text) in enumerate(words["how_to"], 4):
        told = text.format(**facts)
        sheet.row_dimensions[number].height = height_for((step, 30), (told, 100)) + 6
        sheet.append([pen.text(step, _STEP), pen.text(told, _TALL)])


def _table(sheet: Any, pen: Pen, titles: list[str], rows: Iterable[tuple[Any, ...]], total: str = "") -> None:
    rows = list(rows)
    if not rows:
        return
    sheet.append([])
    sheet.append([pen.text(title, HEADER) for title in titles])
    for row in rows:
        sheet.append(_row(pen, row))
    if total and len(rows) > 1:
        sums = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
        sheet.append([pen.text(total, _STRONG), *(pen.number(number, _TOTAL) for number in sums)])


def _row(pen: Pen, cells: Iterable[Any]) -> list[Any]:
    return [pen.number(cell, _NUMBER) if isinstance(cell, int) else pen.text(cell, _CELL) for cell in cells]


def _set_up(sheet: Any, widths: tuple[int, ...], *, pages: int = 0) -> None:
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, pages
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = 20, True
    sheet.row_dimensions[1].height = 28
    sheet.sheet_view.showGridLines = False
