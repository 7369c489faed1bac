"""The evidence pack: what happened, in numbers that anyone can check, without one buyer in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from promofix_lib.as_csv import as_text, csv_text
from promofix_lib.case.case import Case
from promofix_lib.case.records import ExportRecord
from promofix_lib.charts.style import Picture
from promofix_lib.errors import ExportError
from promofix_lib.export.evidence_page import evidence_page
from promofix_lib.letters.amazon import advice_of, incident_parts, recorded
from promofix_lib.letters.texts import one_line
from promofix_lib.say import ENGLISH, Told, told, zone_text
from promofix_lib.status.status import Status, status

ORDER_COLUMNS = (
    "order_id", "order_item_id", "purchase_date", "sales_channel", "sku", "asin", "quantity", "currency", "paid",
    "unit_price", "normal_unit_price", "incident", "triage", "state",
)  # fmt: skip
"""Columns of ``order-ids.csv``: none of them says who bought."""

_ON_PAGE = ("incident-hours", "unit-prices")


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
        pages[name] = evidence_page(case, stands, now, _events(case, stands), shown, language)
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
