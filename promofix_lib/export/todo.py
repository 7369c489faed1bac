"""The list that the assistant works through, and by which promofix learns what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from promofix_lib.amounts import Money
from promofix_lib.export.contents import Handed, Work
from promofix_lib.export.sheet import (
    ANSWERS,
    COLUMNS,
    HEADER_ROW,
    HIDDEN,
    PRINTED,
    SHEET,
    VALUES,
    Place,
    heading,
    status_word,
)
from promofix_lib.export.workbook import FILLS, HEADER, INK, LINK, MOST_LINKS, PALE, Cell, Choices, Formula, Look, Page
from promofix_lib.export.workbook import clean
from promofix_lib.letters.messages import shortened
from promofix_lib.letters.messages_orders import BuyerOrder
from promofix_lib.say import moment_text, say

_WIDTHS = {
    "status": 11, "task": 25, "order_id": 21, "ship_by": 12, "message_status": 11, "message": 16, "buyer_name": 18,
    "product": 20, "units": 6, "note": 22, "text": 14, "mail": 30, "paid_per_unit": 14, "ordered": 21,
    "marketplace": 15, "turn": 13, "sku": 18, "place": 27,
}  # fmt: skip
_TALL = ("task", "product", "buyer_name", "note", "ship_by")


def answer_cells(work: Work, handed: Handed) -> dict[str, str]:
    """The cells that the assistant fills in, as they are handed out: with what is known already."""
    message = "not_needed" if handed.draft else work.message_answer
    return {
        "status": status_word(work.answer, "status", handed.language),
        "message_status": status_word(message, "message_status", handed.language),
        "note": clean(work.row.note if work.row else ""),
    }


def links_per_row(rows: int) -> int:
    """How many links each row may have: order and message, only the order, or none.

    >>> [links_per_row(rows) for rows in (300, 32_765, 32_766, 65_530, 65_531)]
    [2, 2, 1, 1, 0]
    """
    return min(2, MOST_LINKS // max(rows, 1))


def todo_page(handed: Handed) -> Page:
    """The working sheet: one Excel table of all columns, the keys too, with a status to choose for each of two tasks."""
    last = HEADER_ROW + len(handed.works)
    note, message = COLUMNS.index("note") + 1, COLUMNS.index("message_status") + 1
    return Page(
        SHEET,
        _rows(handed, last),
        [_WIDTHS.get(name, 12) for name in COLUMNS],
        tab="D55E00",
        height=30,
        heights={1: 26, 2: 20, 3: 20, 4: 18, 5: 8, HEADER_ROW: 32},
        hidden=frozenset(COLUMNS.index(name) + 1 for name in HIDDEN),
        frozen=f"D{HEADER_ROW + 1}",
        table=(HEADER_ROW, last, tuple(heading(name, handed.language) for name in COLUMNS)),
        choices=(_offer("message_status", message, (message, message), handed), _offer("status", 1, (1, note), handed)),
        printed=(len(PRINTED), HEADER_ROW),
        footer=handed.say("page"),
        mark=handed.mark,
    )


def _offer(name: str, column: int, filled: tuple[int, int], handed: Handed) -> Choices:
    words = {value: status_word(value, name, handed.language) for value in VALUES}
    fills = {words[value]: FILLS[value] for value in VALUES if value in FILLS}
    title = heading(name, handed.language)[:32]
    return Choices(column, tuple(words.values()), title, handed.say("status_prompt"), fills, filled)


def _rows(handed: Handed, last: int) -> Iterator[list[Cell | None]]:
    yield from _head(handed, last)
    for number, work in enumerate(handed.works, 1):
        looks = _looks(work.triage, striped=number % 2 == 0, several=work.first.turns > 1, units=_units(work) > 1)
        cells = _told(work, number, handed)
        links = _links(work, handed)
        row: list[Cell | None] = []
        for name in COLUMNS:
            look = looks["link"] if name in links else looks[name]
            row.append((cells[name], look, links[name]) if name in links else (cells[name], look))
        row[COLUMNS.index("units")] = (_units(work), looks["units"])
        yield row


def _units(work: Work) -> int:
    return sum(part.units for part in work.parts)


@lru_cache(maxsize=64)
def _looks(triage: str, *, striped: bool, several: bool, units: bool) -> dict[str, Look]:
    fill = PALE if striped else ""
    plain = {name: Look(lines=True, text=True, fill=fill, wrap=name in _TALL) for name in COLUMNS}
    return plain | {
        "status": replace(plain["status"], bold=True),
        "task": replace(plain["task"], fill=FILLS[triage]),
        "turn": replace(plain["turn"], bold=several),
        "units": Look(lines=True, centre=True, bold=units, fill=fill),
        "link": replace(plain["order_id"], colour=LINK, underline=True),
    }


def _links(work: Work, handed: Handed) -> dict[str, str]:
    order = work.first
    count = links_per_row(len(handed.works)) if order.order_id else 0
    links = {"order_id": order.market.order_url(order.order_id)} if count else {}
    if count == 2 and not handed.draft:
        links["message"] = order.market.message_url(order.order_id)
    return links


def _told(work: Work, number: int, handed: Handed) -> dict[str, str]:
    """The words of one row, column by column."""
    order, draft = work.first, bool(handed.draft)
    writes = bool(order.order_id) and not draft
    linked = writes and links_per_row(len(handed.works)) == 2
    every = () if draft else work.every_message
    cells = {
        **answer_cells(work, handed),
        "task": say("sheet.draft_task", language=handed.language) if draft else _tasks(work, handed),
        "order_id": order.order_id,
        "ship_by": _moment(work.row and work.row.ship_by, order, handed.language),
        "message": handed.say("write") if linked else order.market.message_url(order.order_id) if writes else "",
        "buyer_name": order.buyer_name or "",
        "product": shortened("; ".join(name for part in work.parts for name in part.products), 80),
        "units": "",
        "text": "\n\n".join(message.body for message in every),
        "mail": handed.say("mail_draft") if draft else _mail(work, handed),
        "paid_per_unit": _prices(work, handed) or handed.say("unknown"),
        "ordered": _moment(order.purchase_date, order, handed.language),
        "marketplace": order.market.sales_channel or handed.say("unknown"),
        "turn": handed.say("turn", turn=order.turn, turns=order.turns) if order.turns > 1 else handed.say("only_one"),
        "sku": "; ".join(dict.fromkeys(sku for part in work.parts for sku in part.skus)),
        "place": Place(handed.export, handed.copy, number).text(),
        "triage": work.triage,
        "message_id": "\n".join(message.message_id for message in every),
        "item_keys": "\n".join(key for part in work.parts for key in part.item_keys),
    }
    return {name: clean(cell) for name, cell in cells.items()}


def _tasks(work: Work, handed: Handed) -> str:
    parts = sorted(work.parts, key=lambda part: part is not work.first)
    return "; ".join(dict.fromkeys(_task(part, handed) for part in parts))


def _task(part: BuyerOrder, handed: Handed) -> str:
    if part.triage == "cancel" and part.others_stay:
        return handed.say("task_one_item")
    variant = handed.wording.variants.get(part.triage) if part.triage == "shipped" else None
    return handed.say(f"variant_{variant}" if variant else f"task_{part.triage}")


def _mail(work: Work, handed: Handed) -> str:
    return "; ".join(dict.fromkeys(handed.say(f"mail_{why or 'yes'}") for why in work.why))


def _prices(work: Work, handed: Handed) -> str:
    prices = (Money(price, part.currency) for part in work.parts if part.currency for price in part.unit_prices)
    return " / ".join(dict.fromkeys(price.text(handed.language) for price in prices))


def _moment(moment: object, order: BuyerOrder, language: str) -> str:
    """A moment in the marketplace's zone, with the zone's short name."""
    from datetime import datetime

    if not isinstance(moment, datetime):
        return ""
    local = moment.astimezone(order.market.zone)
    return f"{moment_text(local, language)} {local:%Z}"


def _head(handed: Handed, last: int) -> Iterator[list[Cell | None]]:
    values = [work.answer for work in handed.works]
    finished = sum(value in ("done", "not_needed") for value in values)
    strong, hint = Look(bold=True, size=12, colour=INK), Look(colour="555555")
    title = handed.say("todo_title", n=len(handed.works))
    now = {"done": finished, "all": len(values), "percent": f"{finished / len(values):.0%}"}
    made = handed.say("made", made=moment_text(handed.made_at, handed.language, zone=True), copy=handed.copy)
    yield [(f"{handed.mark} · {title}" if handed.draft else title, Look(bold=True, size=16, colour=INK))]
    yield [(handed.say("progress", **now), strong), None, None, None, (_live(handed, last), strong)]
    asks = say("sheet.your_name", language=handed.language)
    yield [(asks, hint), None, ("", Look(lines=True, text=True)), None, (made, hint)]
    yield [(handed.say("draft_note", why=handed.draft) if handed.draft else handed.say("todo_hint"), hint)]
    yield []
    yield [(heading(name, handed.language), HEADER) for name in COLUMNS]


def _live(handed: Handed, last: int) -> Formula:
    area = f"$A${HEADER_ROW + 1}:$A${last}"
    words = {value: status_word(value, "status", handed.language) for value in VALUES}
    counted = {value: f'COUNTIF({area},"{word}")' for value, word in words.items()}
    finished = f"({counted['done']}+{counted['not_needed']})"
    share = f"{finished}/ROWS({area})"
    bar = f'REPT("█",ROUND(10*{share},0))&REPT("░",10-ROUND(10*{share},0))'
    parts = {"done": finished, "all": f"ROWS({area})", "problem": counted["problem"], "bar": bar}
    text = handed.say("live", **{name: f"{{{name}}}" for name in parts})
    return Formula(_sentence(text, parts))


def _sentence(text: str, parts: Mapping[str, str]) -> str:
    """A formula that says `text` with formulas in its places.

    >>> _sentence("Done: {done}!", {"done": "COUNT(A1:A9)"})
    '="Done: "&COUNT(A1:A9)&"!"'
    """
    formula = '"' + text.replace('"', '""') + '"'
    for name, part in parts.items():
        formula = formula.replace("{" + name + "}", f'"&{part}&"')
    return "=" + formula.removesuffix('&""').replace('""&', "")


def base_rows(handed: Handed) -> dict[str, tuple[str, dict[str, str]]]:
    """`ExportRecord.rows`: per row its order and the answer cells as they leave, the base when the sheet comes back."""
    return {
        str(number): (work.first.order_id, {name: answer_cells(work, handed)[name] for name in ANSWERS})
        for number, work in enumerate(handed.works, 1)
    }
