"""The workbook's other sheets: the mail list for mail programs, the messages, the summary, the assistant's steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from promofix_lib.amounts import Money
from promofix_lib.errors import ExportError
from promofix_lib.export.contents import Handed, Work
from promofix_lib.export.todo import links_per_row, todo_page
from promofix_lib.export.workbook import HEADER, INK, PALE, Cell, Look, Page, clean, height_for, write_workbook
from promofix_lib.letters.languages import LANGUAGES
from promofix_lib.letters.messages import Message, shortened
from promofix_lib.letters.texts import FIELDS, LONGEST_CELL, Template, builtin_template, texts
from promofix_lib.rules import rule
from promofix_lib.say import moment_text
from promofix_lib.status import facts_of

SHEETS = ("mail_merge", "todo", "message", "summary", "how_to")
"""The workbook's sheets, in order, the same in every language; the first is what mail programs read."""

OPENS_ON = "how_to"

MERGE_LINES = 6
"""Paragraphs of our own messages: the fields ``line_1`` … ``line_6`` of the mail list."""

NOWHERE = "not-to-be-sent@example.invalid"
"""Stands for the buyers' addresses in a draft: no mail program gets it delivered."""

_BLANK = "\u00a0"  # a shorter letter of the seller's: blank, yet not empty
_TITLE = Look(bold=True, size=16, colour=INK)
_HINT = Look(colour="555555")
_CELL = Look(wrap=True, lines=True)
_TALL = Look(wrap=True, lines=True, top=True)
_FROM_THE_RIGHT = Look(wrap=True, lines=True, top=True, right_to_left=True)
_STRONG = Look(bold=True, wrap=True, lines=True, fill=PALE)
_STEP = Look(bold=True, wrap=True, lines=True, fill=PALE, top=True)
_NUMBER = Look(lines=True, centre=True)
_TOTAL = Look(lines=True, centre=True, bold=True, fill=PALE)
_MERGE = Look(lines=True, text=True)
_MERGE_WIDTHS = {"order_id": 22, "buyer_email": 34, "buyer_name": 22, "subject": 46, "product": 34, "message_id": 32}
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


# -- the mail list ----------------------------------------------------------------------------------------------------


def merge_names(messages: Sequence[Message]) -> tuple[str, ...]:
    """Row 1 of the mail list: ``line_1`` … ``line_n`` are the paragraphs, so one letter serves every language.

    >>> merge_names(())[:5]
    ('order_id', 'buyer_email', 'buyer_name', 'subject', 'line_1')
    """
    lines = max((len(message.template.paragraphs) for message in messages), default=MERGE_LINES)
    return (
        "order_id", "buyer_email", "buyer_name", "subject", *(f"line_{n + 1}" for n in range(lines)), "seller_name",
        "order_date", "product", "units", "paid_per_unit", "language", "marketplace", "buyers_orders", "message_id",
        "batch", "send", "merge_status",
    )  # fmt: skip


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
        [_MERGE_WIDTHS.get(name, 40 if "line" in name else 14) for name in names],
        tab="0072B2",
        height=18,
        frozen="B2",
        printed=(len(names), 1),
        footer=handed.say("page"),
        mark=handed.mark,
    )


def _merge_rows(names: tuple[str, ...], handed: Handed) -> Iterator[list[Cell | None]]:
    yield [(name, HEADER) for name in names]
    lines, unknown = sum(name.startswith("line_") for name in names), handed.say("unknown")
    for number, message in enumerate(handed.listed):
        cells = _facts(message, handed.texts[message.message_id], lines, unknown)
        cells["batch"] = str(number // handed.per_day + 1)
        if handed.draft:
            cells |= _unsent(handed, lines)
        yield [(text, _MERGE) if (text := clean(cells[name])) else None for name in names]


def _facts(message: Message, text: tuple[str, tuple[str, ...]], lines: int, unknown: str) -> dict[str, str]:
    paragraphs = [*text[1], *[_BLANK] * lines][:lines]
    values = message.values
    return {
        "order_id": message.order_id,
        "buyer_email": message.buyer_email,
        "buyer_name": message.buyer_name or texts(message.language)["customer"],
        "subject": text[0],
        **{f"line_{n}": paragraph for n, paragraph in enumerate(paragraphs, 1)},
        "seller_name": values["seller_name"],
        "order_date": values["order_date"] or unknown,
        "product": values["product"],
        "units": values["quantity"],
        "paid_per_unit": shortened(message.paid_per_unit, LONGEST_CELL) or unknown,
        "language": message.language,
        "marketplace": message.marketplace or unknown,
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
        subject, paragraphs = handed.texts[message.message_id]
        for number, text in enumerate((subject, *paragraphs)):
            if len(text) > LONGEST_CELL:
                faults[f"{message.variant}.{message.language}: {f'line_{number}' if number else 'subject'}"] = None
    if faults:
        raise ExportError("export.cell_too_long", most=LONGEST_CELL, places=tuple(faults))


# -- sheets to read ---------------------------------------------------------------------------------------------------


def message_page(handed: Handed) -> Page:
    """Every text that is sent, once per language, with what it says in the reader's own language beside it."""
    rows: list[list[Cell | None]] = [
        [(handed.say("message_title"), _TITLE)],
        [(handed.say("draft_note", why=handed.draft) if handed.draft else handed.say("message_hint"), _HINT)],
    ]
    page = _read_page("message", rows, (12, 18, 8, 26, 50, 50), handed)
    if handed.draft:
        return page
    columns = ("language", "kind", "buyers", "subject", "text", "meaning")
    rows += [[], [(handed.say(f"message_{name}"), HEADER) for name in columns]]
    for (language, variant, template, prepaid), count in _kinds(handed).items():
        subject, body = _shown(template, handed)
        meaning = "" if language == handed.language else _meaning(variant, handed, prepaid=prepaid)
        own = _FROM_THE_RIGHT if language == "ar" else _TALL
        rows.append(
            [
                (LANGUAGES[language], _TALL),
                (handed.say(f"variant_{variant}"), _TALL),
                (count, replace_top(_NUMBER)),
                (clean(subject), own),
                (clean(body), own),
                (clean(meaning), _TALL),
            ]
        )
        page.heights[len(rows)] = height_for((subject, 26), (body, 50), (meaning, 50)) + 6  # type: ignore[index]
    return page


def replace_top(look: Look) -> Look:
    """The look with its text at the top."""
    return Look(**{**look.__dict__, "top": True})


def _kinds(handed: Handed) -> Counter[tuple[str, str, Template, bool]]:
    return Counter((one.language, one.variant, one.template, one.prepaid) for one in handed.to_write)


def _shown(template: Template, handed: Handed) -> tuple[str, str]:
    marks = {name: f"«{handed.say(f'field_{name}')}»" for name in FIELDS}
    subject, paragraphs = template.fill(marks)
    return subject, "\n\n".join(paragraphs) + "\n" + (handed.wording.seller_name or marks["seller_name"])


def _meaning(variant: str, handed: Handed, *, prepaid: bool) -> str:
    reason = handed.wording.cancel_reason
    template = builtin_template(variant, handed.language, reason=reason, prepaid=prepaid)
    return _shown(template, handed)[1]


def summary_page(handed: Handed) -> Page:
    """How many orders, items and units, what was paid and lost, and who is not in the mail list and why."""
    facts = facts_of(handed.book, handed.chosen)
    made = handed.say("made", made=moment_text(handed.made_at, handed.language, zone=True), copy=handed.copy)
    rows: list[list[Cell | None]] = [[(handed.say("summary_title"), _TITLE)], [(made, _HINT)]]
    rows += [[(note, _HINT)] for note in _notes(handed)]
    totals = [(handed.say(f"summary_{name}"), facts[name]) for name in ("orders", "items", "units")]
    triage = [(handed.say(f"triage_{word}"), count) for word, count in facts["triage"].items()]
    _table(rows, handed, ("figures", "count"), totals)
    _table(rows, handed, ("task", "orders"), triage, total=True)
    _table(rows, handed, ("currency", "paid", "normal_value", "loss", "items_not_known"), _money(handed))
    if not handed.draft:
        mail = Counter(_in_list(work, handed) for work in handed.works)
        _table(rows, handed, ("mail", "orders"), mail.items(), total=True)
        languages = Counter(LANGUAGES[message.language] for message in handed.listed)
        _table(rows, handed, ("language", "messages"), languages.items(), total=True)
    markets = Counter(work.market.sales_channel or handed.say("unknown") for work in handed.works)
    _table(rows, handed, ("market", "orders"), markets.items(), total=True)
    _table(rows, handed, ("overruled", "reason"), handed.overruled.items())
    sources = handed.book.orders.loc[handed.chosen, "source_file"].dropna().value_counts(sort=False)
    _table(rows, handed, ("source", "items"), [(str(name), int(count)) for name, count in sources.items()])
    return _read_page("summary", rows, (52, 20, 20, 20, 20), handed)


def _notes(handed: Handed) -> Iterator[str]:
    if handed.draft:
        yield handed.say("draft_note", why=handed.draft)
    several = (work.message for work in handed.works if work.message and work.message.turns > 1)
    if buyers := len({message.buyer_email.lower() for message in several}):
        yield handed.say("summary_several", n=buyers)
    if links_per_row(len(handed.works)) < 2:
        yield handed.say("summary_no_links")


def _in_list(work: Work, handed: Handed) -> str:
    if work.listed:
        return handed.say("mail_yes")
    return handed.say("mail_no", why=work.message.why) if work.message else handed.say("mail_nothing")


def _money(handed: Handed) -> list[tuple[Any, ...]]:
    return [
        (
            one.currency or handed.say("unknown"),
            *(Money(amount, one.currency).text(handed.language) for amount in (one.paid, one.normal_value, one.loss)),
            one.items_not_known,
        )
        for one in handed.book.ledger.sums(handed.chosen)
    ]


def _table(
    rows: list[list[Cell | None]],
    handed: Handed,
    titles: tuple[str, ...],
    cells: Iterable[tuple[Any, ...]],
    *,
    total: bool = False,
) -> None:
    lines = list(cells)
    if not lines:
        return
    rows += [[], [(handed.say(f"summary_{title}"), HEADER) for title in titles]]
    for line in lines:
        rows.append([(cell, _NUMBER) if isinstance(cell, int) else (clean(cell), _CELL) for cell in line])
    if total and len(lines) > 1:
        rows.append([(handed.say("summary_total"), _STRONG), (sum(line[1] for line in lines), _TOTAL)])


def how_to_page(handed: Handed) -> Page:
    """The assistant's steps; of a draft only what it is."""
    rows: list[list[Cell | None]] = [[(handed.say("how_to_title"), _TITLE)]]
    if handed.draft:
        rows += [[], [(handed.mark, _STEP), (handed.say("draft_note", why=handed.draft), _TALL)]]
        steps: tuple[str, ...] = ("before",)
    else:
        rows += [[], [(handed.say("how_to_step"), HEADER), (handed.say("how_to_what"), HEADER)]]
        steps = _STEPS
    facts = {"reason": handed.say(f"called_{handed.wording.cancel_reason}"), "batches": _batches(handed)}
    facts["days"] = str(rule("buyers_data.keep_days"))
    page = _read_page("how_to", rows, (34, 100), handed)
    for name in steps:
        title, text = handed.say(f"step_{name}_title"), handed.say(f"step_{name}", **facts)
        rows.append([(title, _STEP), (text, _TALL)])
    for number, row in enumerate(rows[2:], 3):
        page.heights[number] = height_for((str(row[0][0]), 30), (str(row[1][0]), 100)) + 6  # type: ignore[index]
    return page


def _batches(handed: Handed) -> str:
    """The daily quota of messages as the batches of the mail list."""
    count, size = len(handed.listed), handed.per_day
    if count <= size:
        return handed.say("batches_one", n=count, most=size)
    days = [
        handed.say("batch", batch=n // size + 1, first=n + 2, last=min(n + size, count) + 1)
        for n in range(0, count, size)
    ]
    return handed.say("batches", n=count, most=size, days=tuple(days))


def _read_page(name: str, rows: list[list[Cell | None]], widths: tuple[int, ...], handed: Handed) -> Page:
    if handed.draft:
        text, look = rows[0][0][0], rows[0][0][1]  # type: ignore[index]
        rows[0] = [(f"{handed.mark} · {text}", look)]
    return Page(name, rows, widths, heights={1: 28}, footer=handed.say("page"), mark=handed.mark)
