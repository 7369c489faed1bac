"""The list that the assistant works through, and by which promofix learns what was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from openpyxl.formatting.rule import Rule
from openpyxl.styles import PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from promofix_lib.export.workbook.contents import Handed
from promofix_lib.export.workbook.style import HEADER, INK, PALE, STATUS_FILLS, TRIAGE_FILLS, Pen, Style, print_wide
from promofix_lib.letters.languages import money_for_reader
from promofix_lib.letters.messages import Message, shortened
from promofix_lib.letters.messages_orders import BuyerOrder
from promofix_lib.letters.sheet_words import HIDDEN_COLUMNS, STATUSES, TODO_COLUMNS

MOST_LINKS = 65_530  # Excel repairs, that is damages, a sheet with more
FIRST_ROW = 7  # of the list, below title, progress, counts, hint, hidden names and headers

_WIDTHS = {
    "status": 13, "task": 34, "order_id": 22, "message": 18, "mail": 34, "buyer_name": 24, "turn": 13, "product": 46,
    "units": 7, "paid_per_unit": 15, "ordered": 22, "marketplace": 15, "note": 36, "sku": 18,
}  # fmt: skip


def write_todo(sheet: Any, handed: Handed, done: Callable[[], object]) -> None:
    """The working sheet: a status to choose, links, and the hidden keys by which promofix reads it back."""
    last = FIRST_ROW + len(handed.orders) - 1
    _set_up_todo(sheet, handed, last)
    pen = Pen(sheet)
    _write_head(sheet, pen, handed, last)
    by_order = {message.order.key: message for message in handed.messages}
    for number, order in enumerate(handed.orders):
        sheet.append(_todo_row(pen, order, by_order.get(order.key), handed, striped=bool(number % 2)))
        done()


def links_per_row(rows: int) -> int:
    """How many links each row may have: order and message, only the order, or none.

    >>> [links_per_row(rows) for rows in (300, 32_765, 32_766, 65_530, 65_531)]
    [2, 2, 1, 1, 0]
    """
    return min(2, MOST_LINKS // rows)


@lru_cache(maxsize=64)
def _looks(triage: str, *, striped: bool, several: bool, units: bool) -> dict[str, Style]:
    fill = PALE if striped else ""
    plain = {name: Style(lines=True, text=True, fill=fill) for name in TODO_COLUMNS}
    return plain | {
        "status": replace(plain["status"], bold=True),
        "task": replace(plain["task"], fill=TRIAGE_FILLS[triage]),
        "turn": replace(plain["turn"], bold=several),
        "units": Style(lines=True, centre=True, bold=units, fill=fill),
        "note": replace(plain["note"], wrap=True),
        "link": replace(plain["order_id"], colour="0B5394", underline=True),
    }


def _todo_row(pen: Pen, order: BuyerOrder, message: Message | None, handed: Handed, *, striped: bool) -> list[Any]:
    looks = _looks(order.triage, striped=striped, several=order.turns > 1, units=order.units > 1)
    told = _told(order, message, handed)
    links = links_per_row(len(handed.orders)) if order.order_id else 0
    cells = {"units": pen.number(order.units, looks["units"])}
    if links:
        cells["order_id"] = pen.text(order.order_id, looks["link"], order.market.order_url(order.order_id))
    if links == 2:
        url = order.market.message_url(order.order_id)
        cells["message"] = pen.text(handed.words["write"], looks["link"], url)
    return [cells.get(name) or pen.text(told[name], looks[name]) for name in TODO_COLUMNS]


def _told(order: BuyerOrder, message: Message | None, handed: Handed) -> dict[str, str | None]:
    """The words of one row, column by column."""
    words = handed.words
    turn = words["turn"].format(turn=order.turn, turns=order.turns) if order.turns > 1 else words["only_one"]
    return {
        "status": words["status"]["to_do"],
        "task": _task(order, handed),
        "order_id": order.order_id,
        "message": order.market.message_url(order.order_id) if order.order_id else "",
        "mail": words["mail"][handed.why_not[order.key]],
        "buyer_name": order.buyer_name,
        "turn": turn,
        "product": "; ".join(shortened(name, 44) for name in order.products),
        "paid_per_unit": _prices(order, handed.language) or words["unknown"],
        "ordered": _ordered(order),
        "marketplace": order.market.sales_channel or words["unknown"],
        "note": "",
        "sku": "; ".join(order.skus),
        "triage": order.triage,
        "message_id": message.message_id if message else "",
        "item_keys": "\n".join(order.item_keys),
    }


def _task(order: BuyerOrder, handed: Handed) -> str:
    if order.triage == "cancel" and order.others_stay:
        return str(handed.words["task_one_item"])
    chosen = handed.wording.variants.get(order.triage) if order.triage == "shipped" else None
    words: str = handed.words["variant"][chosen] if chosen else handed.words["task"][order.triage]
    return words


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
    print_wide(sheet, handed.words["page"], f"{FIRST_ROW - 1}:{FIRST_ROW - 1}")
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
    sheet.append([pen.text(words["columns"][name], HEADER) for name in TODO_COLUMNS])


def _sentence(text: str, parts: Mapping[str, str]) -> str:
    """A formula that says `text` with formulas in its places.

    >>> _sentence("Done: {done}!", {"done": "COUNT(A1:A9)"})
    '="Done: "&COUNT(A1:A9)&"!"'
    """
    formula = '"' + text.replace('"', '""') + '"'
    for name, part in parts.items():
        formula = formula.replace("{" + name + "}", f'"&{part}&"')
    return "=" + formula.removesuffix('&""').replace('""&', "")
