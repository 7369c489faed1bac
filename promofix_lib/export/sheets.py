"""The assistant's workbook, with its sheets to read: the messages, the summary, the steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from promofix_lib.amounts import Money
from promofix_lib.errors import ExportError
from promofix_lib.export.contents import Handed
from promofix_lib.export.mailmerge import check_cells, merge_page
from promofix_lib.export.page import (
    HEADER,
    INK,
    PALE,
    Look,
    Page,
    Row,
    Value,
    clean,
    height_for,
    lines_within,
    row,
)
from promofix_lib.export.todo import links_per_row, todo_page
from promofix_lib.export.workbook import write_workbook
from promofix_lib.letters.messages import Message
from promofix_lib.letters.texts import FIELDS, Template, builtin_template
from promofix_lib.rules import rule
from promofix_lib.say import language_name, say
from promofix_lib.status.book import facts_of

SHEETS = ("mail_merge", "todo", "message", "summary", "how_to")
"""The workbook's sheets, in order, the same in every language; the first is what mail programs read."""

OPENS_ON = "how_to"

_TITLE = Look(bold=True, size=16, colour=INK)
_HINT = Look(colour="555555")
_CELL = Look(wrap=True, lines=True)
_TALL = Look(wrap=True, lines=True, top=True)
_STRONG = Look(bold=True, wrap=True, lines=True, fill=PALE)
_STEP = Look(bold=True, wrap=True, lines=True, fill=PALE, top=True)
_NUMBER = Look(lines=True, centre=True)
_TOTAL = Look(lines=True, centre=True, bold=True, fill=PALE)
_WIDTHS = {"message": (12, 14, 8, 24, 46, 46), "summary": (36, 16, 16, 16, 16), "how_to": (24, 76)}
_UPRIGHT = 100.0
"""An upright A4 is 100 digits wide, across 150."""

_ADDED = ("task", "mail", "language", "market")
"""Tables of the summary whose numbers are added up."""

_STEPS = ("before", "sender", "todo", "first", "cancel", "send", "text", "track", "back")


def write_buyers(handed: Handed, path: Path) -> Path:
    """The file that goes to the assistant; Word, LibreOffice, Google and Thunderbird can merge its first sheet.

    Parameters
    ----------
    handed : Handed
    path : Path
        The file to write; it must not exist yet.

    Raises
    ------
    ExportError
        The file exists, nothing is handed over, or a text is too long for a cell of a mail merge.
    """
    if path.exists():
        raise ExportError("export.never_replaced", file=path)
    if not handed.works:
        raise ExportError("export.nothing_chosen")
    check_cells(handed)
    return write_workbook(pages_of(handed), path, opens_on=OPENS_ON, rows=len(handed.works))


def pages_of(handed: Handed) -> list[Page]:
    """Every sheet, in order."""
    return [merge_page(handed), todo_page(handed), message_page(handed), summary_page(handed), how_to_page(handed)]


def message_page(handed: Handed) -> Page:
    """Every text that is sent, once per language, with what it says in the reader's own language beside it."""
    columns = ("language", "kind", "count", "subject", "text", "meaning")
    rows = [_titled("message_title", handed)]
    if handed.draft:
        rows += _said(handed.note)
        return replace(_read_page("message", rows, handed), printed=(len(columns), len(rows), 1))
    rows.append(row((handed.say("message_hint"), _HINT)))
    rows += [row(), row(*((handed.say(f"message_{name}"), HEADER) for name in columns))]
    kinds: dict[tuple[str, str, Template], list[Message]] = {}
    for one in handed.to_write:
        kinds.setdefault((one.language, one.variant, one.template), []).append(one)
    for (language, variant, template), some in kinds.items():
        own = replace(_TALL, right_to_left=language == "ar")
        called: list[Value] = [language_name(language), handed.say(f"variant_{variant}"), len(some)]
        cells = [*called, *_shown(template, handed), _meaning(some[0], handed)]
        rows.append((cells, (_TALL, _TALL, replace(_NUMBER, top=True), own, own, _TALL)))
    return replace(_read_page("message", rows, handed), printed=(len(columns), len(rows), 4))


def _shown(template: Template, handed: Handed) -> tuple[str, str]:
    marks = {name: f"«{handed.say(f'field_{name}')}»" for name in FIELDS}
    subject, paragraphs = template.fill(marks)
    return subject, "\n\n".join(paragraphs) + "\n" + (handed.wording.seller_name or marks["seller_name"])


def _meaning(message: Message, handed: Handed) -> str:
    """The same in the reader's language; nobody but the seller knows what the seller's own text says."""
    if message.language == handed.language or f"{message.variant}.{message.language}" in handed.wording.templates:
        return ""
    kind: dict[str, Any] = {"reason": handed.wording.cancel_reason, "prepaid": message.prepaid}
    return _shown(builtin_template(message.variant, handed.language, part=message.others_stay, **kind), handed)[1]


def summary_page(handed: Handed) -> Page:
    """How many orders, items and units, what was paid and lost, and who is not in the mail list and why."""
    book, unknown = handed.stand.book, handed.say("unknown")
    facts = facts_of(book, handed.chosen)
    tasks = [(say(f"status.triage_{word}", language=handed.language), n) for word, n in handed.tasks.items()]
    rows = [_titled("summary_title", handed), *_said(handed.made, *_notes(handed))]
    sources = book.orders.loc[handed.chosen, "source_file"].dropna().value_counts(sort=False)
    tongues = Counter(one.language for one in handed.listed if not handed.draft)
    tables: dict[tuple[str, ...], Iterable[tuple[Any, ...]]] = {
        ("figures", "count"): [(handed.say(f"summary_{name}"), facts[name]) for name in ("orders", "items", "units")],
        ("task", "orders"): tasks,
        ("currency", "paid", "normal_value", "loss", "items_not_known"): _money(handed),
        ("mail", "orders"): Counter(handed.in_list(work) for work in handed.works if not handed.draft).items(),
        ("language", "messages"): [(language_name(name), count) for name, count in tongues.items()],
        ("market", "orders"): Counter(work.market.sales_channel or unknown for work in handed.works).items(),
        ("overruled", "reason"): handed.overruled.items(),
        ("source", "items"): [(str(name), int(count)) for name, count in sources.items()],
    }
    for titles, cells in tables.items():
        lines = list(cells)
        rows += _table(titles, lines, handed)
        if len(lines) > 1 and titles[0] in _ADDED:
            rows.append(row((handed.say("summary_total"), _STRONG), (sum(line[1] for line in lines), _TOTAL)))
    return _read_page("summary", rows, handed)


def _table(titles: tuple[str, ...], lines: list[tuple[Any, ...]], handed: Handed) -> Iterator[Row]:
    if lines:
        yield from (row(), row(*((handed.say(f"summary_{title}"), HEADER) for title in titles)))
    for line in lines:
        yield line, tuple(_NUMBER if isinstance(cell, int) else _CELL for cell in line)


def _notes(handed: Handed) -> Iterator[str]:
    if handed.draft:
        yield handed.note
    several = (work.message for work in handed.works if work.message and work.message.turns > 1)
    if buyers := len({message.buyer_email.lower() for message in several}):
        yield handed.say("summary_several", n=buyers)
    if links_per_row(len(handed.works)) < 2:
        yield handed.say("summary_no_links")


def _money(handed: Handed) -> list[tuple[Any, ...]]:
    unknown = handed.say("unknown")
    return [
        (
            one.currency or unknown,
            *(
                Money(amount, one.currency).text(handed.language) if one.known else unknown
                for amount in (one.paid, one.normal_value, one.loss)
            ),
            one.items_not_known,
        )
        for one in handed.stand.book.ledger.part(handed.chosen).sums()
    ]


def how_to_page(handed: Handed) -> Page:
    """The assistant's steps; of a draft only what it is."""
    facts = {"reason": handed.say(f"called_{handed.wording.cancel_reason}"), "batches": _batches(handed)}
    facts["days"] = str(rule("buyers_data.keep_days"))
    head = (handed.mark, handed.note) if handed.draft else (handed.say("how_to_step"), handed.say("how_to_what"))
    no_list = {} if handed.listed else {"send": "by_hand"}
    steps = [no_list.get(name, name) for name in (_STEPS[:1] if handed.draft else _STEPS)]
    lines = [head, *((handed.say(f"step_{name}_title"), handed.say(f"step_{name}", **facts)) for name in steps)]
    looks = [(_STEP, _TALL) if handed.draft or number else (HEADER, HEADER) for number in range(len(lines))]
    return _read_page("how_to", [_titled("how_to_title", handed), row(), *zip(lines, looks, strict=True)], handed)


def _batches(handed: Handed) -> str:
    """The daily quota of messages as the batches of the mail list."""
    count, size = len(handed.listed), handed.per_day
    quota = {"most": size, "each": rule("messages.per_daily_order"), "base": rule("messages.each_day")}
    if count <= size:
        return handed.say("batches_one", n=count, **quota)
    days = [
        handed.say("batch", batch=n // size + 1, first=n + 2, last=min(n + size, count) + 1)
        for n in range(0, count, size)
    ]
    return handed.say("batches", n=count, **quota, days=tuple(days))


def _said(*notes: str) -> Iterator[Row]:
    """Notes over all columns of an upright page, as many rows as they want: none makes the print smaller."""
    yield from (row((line.rstrip(), _HINT)) for note in notes for line in lines_within(note, _UPRIGHT))


def _titled(name: str, handed: Handed) -> Row:
    return row((handed.titled(handed.say(name)), _TITLE))


def _read_page(name: str, rows: list[Row], handed: Handed) -> Page:
    """A page to read: every row as tall as the texts in it that wrap."""
    widths = _WIDTHS[name]
    heights = {1: 28.0}
    for number, (values, looks) in enumerate(rows, 1):
        cells = zip(map(clean, values), looks, widths, strict=False)
        if wrapped := [(text, width) for text, look, width in cells if look.wrap]:
            heights[number] = height_for(*wrapped)
    return Page(name, rows, widths, heights=heights, footer=handed.say("page"), mark=handed.mark)
