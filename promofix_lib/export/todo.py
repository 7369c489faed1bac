"""The list that the assistant works through, and by which promofix learns what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from promofix_lib.amounts import Money
from promofix_lib.charts import colours
from promofix_lib.export.contents import Handed, Work
from promofix_lib.export.page import (
    HEADER,
    INK,
    LINK,
    PALE,
    Choices,
    Formula,
    Link,
    Look,
    Page,
    Row,
    Value,
    clean,
    height_for,
    row,
)
from promofix_lib.export.sheet import (
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
from promofix_lib.letters.names import shortened
from promofix_lib.say import moment_text, say
from promofix_lib.status.past import FINISHED

_WIDTHS = {
    "status": 11, "task": 22, "order_id": 21, "ship_by": 13, "message_status": 11, "message": 17, "buyer_name": 17,
    "product": 23, "units": 7, "note": 14, "text": 14, "mail": 30, "paid_per_unit": 14, "ordered": 21,
    "marketplace": 15, "turn": 13, "sku": 18, "place": 27,
}  # fmt: skip

# Okabe and Ito's colours, which the colour-blind can tell apart, lightened for a fill behind black words.
FILLS = {
    "done": "CDEBDF", "problem": "F8D3BD", "not_needed": "E7E7E7",
    "cancel": "FBE4D6", "ask_amazon": "CFE3F1", "wait": "FBEFC4", "shipped": "EBD9E6", "buyer_asked": "DDF0FA",
    "already_cancelled": "E7E7E7", "set_aside": "E7E7E7",
}  # fmt: skip
MOST_LINKS = 65_530  # Excel repairs, that is damages, a sheet with more
_TALL = ("task", "product", "buyer_name", "note", "ship_by", "message_status", "message")
_LONG = _TALL[:5]
"""Columns whose words may want more than the two lines that every row has."""

_HEIGHT = 30.0


def answer_cells(work: Work, handed: Handed) -> dict[str, str]:
    """The cells that the assistant fills in, as they are handed out: with what is known already."""
    message = "not_needed" if handed.draft else work.message_answer
    return {
        "status": status_word(work.answer, "status", handed.language),
        "message_status": status_word(message, "message_status", handed.language),
        "note": clean(work.row.note),
    }


def links_per_row(rows: int) -> int:
    """How many links each row may have: order and message, only the order, or none.

    >>> [links_per_row(rows) for rows in (300, 32_765, 32_766, 65_530, 65_531)]
    [2, 2, 1, 1, 0]
    """
    return min(2, MOST_LINKS // max(rows, 1))


def todo_page(handed: Handed) -> Page:
    """The working sheet: one Excel table of all columns, keys too, with a status for each of an order's two tasks."""
    last = HEADER_ROW + len(handed.works)
    note, message = COLUMNS.index("note") + 1, COLUMNS.index("message_status") + 1
    heights = {1: 26.0, 2: 20.0, 3: 20.0, 4: 18.0, 5: 8.0, HEADER_ROW: 32.0}
    return Page(
        SHEET,
        _rows(handed, last, heights),
        [_WIDTHS.get(name, 12) for name in COLUMNS],
        tab=colours.AFFECTED.removeprefix("#"),
        height=_HEIGHT,
        heights=heights,
        hidden=frozenset(COLUMNS.index(name) + 1 for name in HIDDEN),
        frozen=f"D{HEADER_ROW + 1}",
        table=(HEADER_ROW, last, tuple(heading(name, handed.language) for name in COLUMNS)),
        choices=(_offer("message_status", message, (message, message), handed), _offer("status", 1, (1, note), handed)),
        printed=(len(PRINTED), last, HEADER_ROW),
        footer=handed.say("page"),
        mark=handed.mark,
    )


def _offer(name: str, column: int, filled: tuple[int, int], handed: Handed) -> Choices:
    words = {value: status_word(value, name, handed.language) for value in VALUES}
    fills = {words[value]: FILLS[value] for value in VALUES if value in FILLS}
    title = heading(name, handed.language)[:32]
    return Choices(column, tuple(words.values()), title, handed.say("status_prompt"), fills, filled)


def _rows(handed: Handed, last: int, heights: dict[int, float]) -> Iterator[Row]:
    yield from _head(handed, last)
    for number, work in enumerate(handed.works, 1):
        cells = _cells(work, number, handed)
        several = bool(work.message and work.message.turns > 1)
        linked = tuple(name for name in ("order_id", "message") if isinstance(cells[name], Link))
        looks = _looks(work.words[0], number % 2 == 0, several, work.units > 1, linked)
        height = height_for(*((str(cells[name]), _WIDTHS[name]) for name in _LONG))
        if height > _HEIGHT + 3:
            heights[HEADER_ROW + number] = height
        yield [cells[name] for name in COLUMNS], looks


@lru_cache(maxsize=256)
def _looks(triage: str, striped: bool, several: bool, units: bool, linked: tuple[str, ...]) -> tuple[Look, ...]:
    fill = PALE if striped else ""
    plain = {name: Look(lines=True, text=True, fill=fill, wrap=name in _TALL) for name in COLUMNS}
    looks = plain | {
        "status": replace(plain["status"], bold=True),
        "task": replace(plain["task"], fill=FILLS[triage]),
        "turn": replace(plain["turn"], bold=several),
        "units": Look(lines=True, centre=True, bold=units, fill=fill),
        **{name: replace(plain["message"], colour=LINK, underline=True) for name in linked},
    }
    return tuple(looks.values())


def _cells(work: Work, number: int, handed: Handed) -> dict[str, Value]:
    """One row, column by column."""
    word, row, links = handed.say, work.row, links_per_row(len(handed.works))
    message = None if handed.draft else work.to_write
    address = work.market.message_url(row.order_id) if message and row.order_id else ""
    return {
        **answer_cells(work, handed),
        "task": say("sheet.draft_task", language=handed.language) if handed.draft else _task(work, handed),
        "order_id": Link(row.order_id, work.market.order_url(row.order_id)) if row.order_id and links else row.order_id,
        "ship_by": _moment(row.ship_by, work, handed),
        "message": Link(word("write"), address) if address and links == 2 else address,
        "buyer_name": work.buyer_name,
        "product": shortened("; ".join(work.products or work.skus), 80),
        "units": work.units,
        "text": message.body if message else "",
        "mail": handed.in_list(work),
        "paid_per_unit": _prices(work, handed) or word("unknown"),
        "ordered": _moment(row.purchased, work, handed),
        "marketplace": work.market.sales_channel or word("unknown"),
        "turn": _turn(work, handed),
        "sku": "; ".join(work.skus),
        "place": Place(handed.export, handed.copy, number).text(),
        "triage": row.triage,
        "message_id": message.message_id if message else "",
        "item_keys": "\n".join(work.keys),
    }


def _task(work: Work, handed: Handed) -> str:
    variants, part = handed.wording.variants, bool(work.message and work.message.others_stay)
    tasks = {word: f"task_{word}" for word in work.words}
    if "shipped" in tasks and "shipped" in variants:
        tasks["shipped"] = f"variant_{variants['shipped']}"
    if "cancel" in tasks and part:
        tasks["cancel"] = "task_one_item"
    return "; ".join(map(handed.say, tasks.values()))


def _turn(work: Work, handed: Handed) -> str:
    message = work.message
    if message is None or message.turns == 1:
        return handed.say("only_one")
    return handed.say("turn", turn=message.turn, turns=message.turns)


def _prices(work: Work, handed: Handed) -> str:
    prices = work.message.unit_prices if work.message else ()
    return " / ".join(dict.fromkeys(_money(price, handed.language) for price in prices))


@lru_cache(maxsize=4096)
def _money(price: Money, language: str) -> str:
    return price.text(language)


def _moment(moment: datetime | None, work: Work, handed: Handed) -> str:
    """A moment in the marketplace's zone, with the zone's short name."""
    if moment is None:
        return ""
    local = moment.astimezone(work.market.zone)
    return f"{moment_text(local, handed.language)} {local.tzname()}"


def _head(handed: Handed, last: int) -> Iterator[Row]:
    values = [work.answer for work in handed.works]
    finished = sum(value in FINISHED for value in values)
    strong, hint = Look(bold=True, size=12, colour=INK), Look(colour="555555")
    now = {"done": finished, "all": len(values), "percent": f"{finished / len(values):.0%}"}
    asks = say("sheet.your_name", language=handed.language)
    yield row((handed.titled(handed.say("todo_title", n=len(values))), Look(bold=True, size=16, colour=INK)))
    yield row((handed.say("progress", **now), strong), None, None, None, (_live(handed, last), strong))
    yield row((asks, hint), None, ("", Look(lines=True, text=True)), None, (handed.made, hint))
    yield row((handed.say("todo_draft" if handed.draft else "todo_hint"), hint))
    yield row()
    yield [heading(name, handed.language) for name in COLUMNS], (HEADER,) * len(COLUMNS)


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
    return {str(number): (work.row.order_id, answer_cells(work, handed)) for number, work in enumerate(handed.works, 1)}
