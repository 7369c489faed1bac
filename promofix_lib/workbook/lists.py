"""The two long sheets: the mail list that a mail program reads, and the list that the assistant works through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openpyxl.formatting.rule import Rule
from openpyxl.styles import PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import money_for_reader
from promofix_lib.letters.messages import Message, shortened
from promofix_lib.letters.messages_orders import BuyerOrder
from promofix_lib.letters.messages_texts import LONGEST_CELL, texts
from promofix_lib.letters.sheet_words import HIDDEN_COLUMNS, STATUSES, TODO_COLUMNS
from promofix_lib.workbook.contents import Handed
from promofix_lib.workbook.style import INK, PALE, STATUS_FILLS, TRIAGE_FILLS, Pen, Style

NOT_SENT = "not sent"
"""What `merge_status` says before the assistant sends. The column must not be empty, for some mail programs drop an
empty column and with it the place to write in; so it starts with words instead."""

MOST_LINKS = 65_530  # Excel repairs, that is damages, a sheet with more
FIRST_ROW = 7  # of the todo list, below title, progress, counts, hint, hidden names and headers

_HEADER = Style(bold=True, colour="FFFFFF", fill=INK, wrap=True, lines=True)
_CELL = Style(lines=True, text=True)
_WRAPPED = Style(lines=True, text=True, wrap=True)
_WHOLE = Style(lines=True, centre=True)
_LINK = Style(lines=True, text=True, colour="0B5394", underline=True)
_WIDTHS = {
    "status": 13, "task": 34, "order_id": 22, "message": 18, "mail": 34, "buyer_name": 24, "turn": 13, "product": 46,
    "units": 7, "paid_per_unit": 15, "ordered": 22, "marketplace": 15, "note": 36, "sku": 18,
}  # fmt: skip
_MAIL_WIDTHS = {"order_id": 22, "buyer_email": 34, "buyer_name": 22, "subject": 46, "product": 34, "message_id": 32}


def merge_rows(messages: tuple[Message, ...], unknown: str) -> tuple[tuple[str, ...], Any]:
    """Header names of the mail list, and its rows one after the other; every cell is a text and none is empty.

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
    for number, name in enumerate(names, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _MAIL_WIDTHS.get(name, 40 if "line" in name else 14)
    _print_wide(sheet, handed, "1:1")
    sheet.append([pen.text(name, _HEADER) for name in names])
    for row in rows:
        sheet.append([pen.text(cell, _CELL) for cell in row])
        done()


def write_todo(sheet: Any, handed: Handed, done: Callable[[], object]) -> None:
    """The working sheet: a status to choose, links, and the hidden keys by which promofix reads it back."""
    last = FIRST_ROW + len(handed.orders) - 1
    _set_up_todo(sheet, handed, last)
    pen = Pen(sheet)
    _write_head(sheet, pen, handed, last)
    by_order = {message.order.key: message for message in handed.messages}
    links = links_per_row(len(handed.orders))
    for number, order in enumerate(handed.orders):
        sheet.append(_todo_row(pen, order, by_order.get(order.key), handed, links, striped=bool(number % 2)))
        done()


def links_per_row(rows: int) -> int:
    """How many links each row may have: order and message, only the order, or none.

    >>> [links_per_row(rows) for rows in (300, 32_765, 32_766, 65_530, 65_531)]
    [2, 2, 1, 1, 0]
    """
    return min(2, MOST_LINKS // rows)


def _todo_row(
    pen: Pen, order: BuyerOrder, message: Message | None, handed: Handed, links: int, *, striped: bool
) -> list[Any]:
    words = handed.words
    fill = PALE if striped else ""
    cell, wrapped, link = (Style(**{**style.__dict__, "fill": fill}) for style in (_CELL, _WRAPPED, _LINK))
    order_url, message_url = order.market.order_url(order.order_id), order.market.message_url(order.order_id)
    turn = words["turn"].format(turn=order.turn, turns=order.turns) if order.turns > 1 else words["only_one"]
    cells = {
        "status": pen.text(words["status"]["to_do"], Style(lines=True, text=True, bold=True, fill=fill)),
        "task": pen.text(_task(order, handed), Style(lines=True, text=True, fill=TRIAGE_FILLS[order.triage])),
        "order_id": pen.text(order.order_id, link, order_url if links and order.order_id else ""),
        "message": _message_link(pen, order, message_url, links, words, link, cell),
        "mail": pen.text(words["mail"][handed.why_not[order.key]], cell),
        "buyer_name": pen.text(order.buyer_name, cell),
        "turn": pen.text(turn, Style(lines=True, text=True, bold=order.turns > 1, fill=fill)),
        "product": pen.text("; ".join(shortened(name, 44) for name in order.products), cell),
        "units": pen.number(order.units, Style(lines=True, centre=True, bold=order.units > 1, fill=fill)),
        "paid_per_unit": pen.text(_prices(order, handed.language) or words["unknown"], cell),
        "ordered": pen.text(_ordered(order), cell),
        "marketplace": pen.text(order.market.sales_channel or words["unknown"], cell),
        "note": pen.text("", wrapped),
        "sku": pen.text("; ".join(order.skus), cell),
        "triage": pen.text(order.triage, cell),
        "message_id": pen.text(message.message_id if message else "", cell),
        "item_keys": pen.text("\n".join(order.item_keys), cell),
    }
    return [cells[name] for name in TODO_COLUMNS]


def _task(order: BuyerOrder, handed: Handed) -> str:
    chosen = handed.wording.variants.get(order.triage) if order.triage == "shipped" else None
    words: str = handed.words["variant"][chosen] if chosen else handed.words["task"][order.triage]
    return words


def _message_link(
    pen: Pen, order: BuyerOrder, url: str, links: int, words: Mapping[str, Any], link: Style, cell: Style
) -> Any:
    if not order.order_id:
        return pen.text("", cell)
    return pen.text(words["write"], link, url) if links == 2 else pen.text(url, cell)


def _prices(order: BuyerOrder, reader: str) -> str:
    if not order.currency:
        return ""
    return " / ".join(money_for_reader(price, order.currency, reader) for price in order.unit_prices)


def _ordered(order: BuyerOrder) -> str:
    if order.purchase_date is None:
        return ""
    return order.purchase_date.astimezone(order.market.zone).strftime("%Y-%m-%d %H:%M %Z")


def _set_up_todo(sheet: Any, handed: Handed, last: int) -> None:
    letters = {name: get_column_letter(number) for number, name in enumerate(TODO_COLUMNS, 1)}
    for name, letter in letters.items():
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, 12)
        sheet.column_dimensions[letter].hidden = name in HIDDEN_COLUMNS
    sheet.row_dimensions[FIRST_ROW - 2].hidden = True
    sheet.row_dimensions[FIRST_ROW - 1].height = 32
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 26, 22
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = 20, True
    sheet.freeze_panes = f"D{FIRST_ROW}"
    sheet.sheet_properties.tabColor = "D55E00"
    sheet.auto_filter.ref = f"A{FIRST_ROW - 1}:{letters['sku']}{last}"
    sheet.print_area = f"A1:{letters['note']}{last}"
    _print_wide(sheet, handed, f"{FIRST_ROW - 1}:{FIRST_ROW - 1}")
    _offer_statuses(sheet, handed, last)
    for status, colour in STATUS_FILLS.items():
        word = handed.words["status"][status].replace('"', '""')
        look = DifferentialStyle(fill=PatternFill(bgColor=colour))
        rule = Rule(type="expression", dxf=look, formula=[f'$A{FIRST_ROW}="{word}"'], stopIfTrue=True)
        sheet.conditional_formatting.add(f"A{FIRST_ROW}:{letters['note']}{last}", rule)


def _offer_statuses(sheet: Any, handed: Handed, last: int) -> None:
    words = handed.words
    choices = ",".join(words["status"][status] for status in STATUSES)
    offer = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=False, sqref=f"A{FIRST_ROW}:A{last}")
    offer.promptTitle, offer.prompt = words["status_title"], words["status_prompt"]
    offer.errorTitle, offer.error = words["status_title"], words["status_error"]
    offer.showInputMessage = offer.showErrorMessage = True
    sheet.data_validations.append(offer)


def _write_head(sheet: Any, pen: Pen, handed: Handed, last: int) -> None:
    words, area = handed.words, f"$A${FIRST_ROW}:$A${last}"
    title = words["todo_title"].format(orders=len({order.order_id for order in handed.orders}))
    counted = {status: f'COUNTIF({area},"{words["status"][status]}")' for status in STATUSES}
    finished = f"({counted['done']}+{counted['not_needed']})"
    share = f"{finished}/ROWS({area})"
    bar = f'REPT("█",ROUND(20*{share},0))&REPT("░",20-ROUND(20*{share},0))'
    parts = {"done": finished, "all": f"ROWS({area})", "percent": f'TEXT({share},"0%")', "bar": bar}
    sheet.append([pen.text(title, Style(bold=True, size=16, colour=INK))])
    sheet.append([pen.formula(_sentence(words["progress"], parts), Style(bold=True, size=12, colour=INK))])
    sheet.append([pen.formula(_sentence(words["counts"], counted), Style())])
    sheet.append([pen.text(words["todo_hint"], Style(colour="555555"))])
    sheet.append([pen.text(name, Style()) for name in TODO_COLUMNS])
    sheet.append([pen.text(words["columns"][name], _HEADER) for name in TODO_COLUMNS])


def _sentence(text: str, parts: Mapping[str, str]) -> str:
    """A formula that says `text` with formulas in its places.

    >>> _sentence("Done: {done}!", {"done": "COUNT(A1:A9)"})
    '="Done: "&COUNT(A1:A9)&"!"'
    """
    formula = '"' + text.replace('"', '""') + '"'
    for name, part in parts.items():
        formula = formula.replace("{" + name + "}", f'"&{part}&"')
    return "=" + formula.removesuffix('&""').replace('""&', "")


def _print_wide(sheet: Any, handed: Handed, repeated: str) -> None:
    sheet.print_title_rows = repeated
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.6, 0.8, 0.4
    sheet.oddFooter.right.text = handed.words["page"]
    sheet.oddFooter.left.text = "&A"
