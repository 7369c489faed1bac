"""The evidence pack: what happened, in numbers that anyone can check, without one buyer in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd

from promofix_lib.amounts import Money
from promofix_lib.as_csv import as_text, csv_text
from promofix_lib.as_html import html_page
from promofix_lib.case.case import Case
from promofix_lib.case.records import ExportRecord
from promofix_lib.charts.style import Picture
from promofix_lib.errors import ExportError
from promofix_lib.letters.amazon import advice_of
from promofix_lib.letters.incidents import IncidentPart, amount_lines, headline, incident_parts, recorded
from promofix_lib.letters.texts import one_line
from promofix_lib.say import ENGLISH, Told, moment_text, say, told, zone_text
from promofix_lib.status.status import Status, status

ORDER_COLUMNS = (
    "order_id", "order_item_id", "purchase_date", "sales_channel", "sku", "asin", "quantity", "currency", "paid",
    "unit_price", "normal_unit_price", "incident", "triage", "state",
)  # fmt: skip
"""Columns of ``order-ids.csv``: none of them says who bought."""

_ON_PAGE = ("incident-hours", "unit-prices")
_ITEMS_SHOWN = 8


def write_evidence(
    case: Case,
    folder: Path,
    now: datetime,
    pictures: Sequence[Picture] | None = None,
    *,
    handing: ExportRecord | None = None,
) -> tuple[Path, ...]:
    """Write the pack into a new folder and give the paths, ``evidence.html`` first.

    Every figure is that of `status`; where the case speaks another language, a page in it stands beside the English.

    Parameters
    ----------
    case : Case
        With affected orders.
    folder : Path
        A folder that does not exist yet.
    now : datetime with a zone
    pictures : sequence of Picture, optional
        The charts, `evidence_pictures` by default.
    handing : ExportRecord, optional
        The export that the pack is part of: orders stand as it leaves them.

    Raises
    ------
    ExportError
        The folder is there already.
    """
    from promofix_lib.charts.of_case import evidence_pictures  # matplotlib is loaded when something is drawn

    stands, pages = status(case, handing), {}
    images: dict[str, bytes] = {}
    for language in dict.fromkeys((ENGLISH, case.language)):
        charts = evidence_pictures(case, language) if pictures is None else pictures
        drawn = {chart.name: chart.png() for chart in charts if chart.draw}
        images = images or drawn
        shown = [(one.words, drawn[one.name]) for one in charts if one.draw and one.name.startswith(_ON_PAGE)]
        name = "evidence.html" if language == ENGLISH else f"evidence-{language}.html"
        pages[name] = _page(case, stands, now, shown, language)
    files: dict[str, bytes] = {
        **{name: text.encode() for name, text in pages.items()},
        "order-ids.csv": order_ids_csv(case, stands).encode(),
        "timeline.csv": csv_text(_timeline_rows(case, stands), ("time_utc", "time", "what")).encode(),
        "reports-sha256.txt": "".join(f"{one.sha256}  {one_line(one.name)}\n" for one in case.reading.reports).encode(),
        **{f"{name}.png": png for name, png in images.items()},
    }
    advice = [(one.given_on, one.case_id, one.text) for one in advice_of(case)]
    if advice:
        files["amazon-advice.csv"] = csv_text(advice, ("given_on", "case_id", "text")).encode()
    try:
        folder.mkdir()
    except FileExistsError as error:
        raise ExportError("evidence.there_already", folder=folder) from error
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in files)


def order_ids_csv(case: Case, stands: Status) -> str:
    """The affected order items with amounts, incident, triage and state, as CSV; nothing in it names a buyer."""
    book, mask = stands.book, stands.chosen
    rows, money = book.orders[mask], book.ledger.table[mask].set_axis(book.orders.index[mask])
    states = {row.order_id: row.state for row in stands.rows}
    table = pd.DataFrame(
        {
            **{name: rows[name] for name in ORDER_COLUMNS if name in rows},
            "paid": money["paid"],
            "normal_unit_price": (money["normal"] / rows["quantity"]).astype(rows["unit_price"].dtype),
            "unit_price": rows["unit_price"].where(money["paid"].notna()),
            "incident": case.incident_of()[mask].astype(str),
            "triage": book.triage[mask],
            "state": [states.get(name, "") for name in rows["order_id"].fillna("")],
        }
    )
    return csv_text(as_text(table)[list(ORDER_COLUMNS)].itertuples(index=False), ORDER_COLUMNS)


def _events(case: Case, stands: Status) -> list[tuple[datetime, Told]]:
    """The incidents' first and last orders, the end that the seller told, and what the journal holds."""
    return sorted(_all_events(case, stands), key=lambda event: event[0])


def _all_events(case: Case, stands: Status) -> Iterator[tuple[datetime, Told]]:
    parts = incident_parts(case)
    for one in parts:
        whose = "_of" if one.number and one.of > 1 else "_by_hand" if not one.number and one.of else ""
        for name, at in (("first_order", one.onset), ("last_order", one.end)):
            if at is not None:
                yield at, told(f"evidence.{name}{whose}", number=one.number)
    if stands.gate.promotion_ended and stands.gate.ended_at is not None:
        yield stands.gate.ended_at, told("evidence.promotion_ended")
    yield from ((at, told(f"evidence.{what}", **facts)) for at, what, facts in recorded(case))


def _timeline_rows(case: Case, stands: Status) -> Iterator[tuple[str, str, str]]:
    for at, what in _events(case, stands):
        local = f"{at.astimezone(case.zone):%Y-%m-%d %H:%M} ({zone_text(case.zone)})"
        yield f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", local, what.text(ENGLISH)


def _page(case: Case, stands: Status, made_at: datetime, pictures: Sequence[tuple[str, bytes]], language: str) -> str:
    """Everything on one page, which asks nothing of the network and prints on one sheet."""
    incidents, text = incident_parts(case), partial(say, language=language)
    day, causes = headline(incidents)
    cause = told(f"letters.cause_short_{causes}")
    found = [one.finding for one in case.incidents if one.taken and one.finding]
    lead = [f"{one.sentence.text(language)} {one.evidence.text(language)}" for one in found]
    made = moment_text(made_at.astimezone(case.zone), language, zone=True)
    return html_page(
        "export/evidence.html",
        language,
        title=text("evidence.title", n=stands.orders, day=day, cause=cause),
        by=[case.settings.seller_name, text("evidence.made", at=made)],
        draft="" if stands.gate.open else stands.gate.why.text(language),
        lead=lead or [text(f"letters.cause_{'price' if causes == 'price' else 'promotion'}")],
        tiles=list(_tiles(stands, incidents, language)),
        pictures=[(caption, base64.b64encode(png).decode("ascii")) for caption, png in pictures],
        zone=zone_text(case.zone),
        times=[
            (moment_text(at.astimezone(case.zone), language), what.text(language)) for at, what in _events(case, stands)
        ],
        states=stands.triage,
        items=list(_items(incidents, language)),
        sums=[line.text(language).removeprefix("- ") for line in amount_lines(stands)],
        advice=[
            (one.given_on, text("evidence.case", case_id=one.case_id) if one.case_id else "", one.text)
            for one in advice_of(case)
        ],
        reports=case.reading.reports,
    )


def _tiles(stands: Status, incidents: Sequence[IncidentPart], language: str) -> Iterator[tuple[str, str]]:
    """The large figures, each with its name."""
    for name, count in (("orders", stands.orders), ("units", stands.units)):
        yield say(f"evidence.{name}", language=language, n=count), f"{count:,}"
    for one in incidents:
        if one.onset and one.end and one.number:
            key = "evidence.span_of" if one.of > 1 else "evidence.span"
            span = say("say.list_of", language=language, what=one.end - one.onset)
            yield say(key, language=language, number=one.number), span
    for sums in (one for one in stands.amounts[:3] if one.known):
        for name, amount in (("paid", sums.paid), ("loss", sums.loss)):
            yield say(f"evidence.{name}", language=language), Money(amount, sums.currency).text(language)


def _items(incidents: Sequence[IncidentPart], language: str) -> Iterator[str]:
    for one in incidents:
        yield from (line.text(language) for line in (*one.heading, *one.names))
        for line in one.items[:_ITEMS_SHOWN]:  # the page is finished: what a letter asks the seller for is not known
            shown = Told("evidence.item_unknown", line.facts) if line.key == "letters.item_unknown" else line
            yield shown.text(language).removeprefix("- ")
        rest = len(one.items) - _ITEMS_SHOWN
        if rest > 0:
            yield say("letters.more_items", language=language, n=rest).removeprefix("- ")
