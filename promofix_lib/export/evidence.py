"""The evidence pack: what happened, in numbers that anyone can check, without one buyer in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from promofix_lib.case.case import Case
from promofix_lib.charts.style import Picture
from promofix_lib.errors import ExportError
from promofix_lib.export.evidence_page import Page, evidence_page
from promofix_lib.letters.amazon import advice_of, incident_parts, recorded
from promofix_lib.letters.texts import one_line
from promofix_lib.orders import as_text
from promofix_lib.say import ENGLISH, Told, told
from promofix_lib.status import Status, status

ORDER_COLUMNS = (
    "order_id", "order_item_id", "purchase_date", "sales_channel", "sku", "asin", "quantity", "currency", "paid",
    "unit_price", "normal_unit_price", "incident", "triage", "state",
)  # fmt: skip
"""Columns of ``order-ids.csv``: none of them says who bought."""

_ON_PAGE = ("incident-hours", "unit-prices")


@dataclass(frozen=True)
class Event:
    """Something that happened at a time with a zone."""

    at: datetime
    what: Told


def write_evidence(
    case: Case, folder: Path, now: datetime, pictures: Sequence[Picture] | None = None
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

    Raises
    ------
    ExportError
        The folder is there already.
    """
    stands, language = status(case), case.language
    charts = _charts(case, ENGLISH) if pictures is None else tuple(pictures)
    images = {chart.name: chart.png() for chart in charts if chart.draw}
    pages = {"evidence.html": _page(case, stands, now, charts, images, ENGLISH)}
    if language != ENGLISH:
        own = {chart.name: chart for chart in (_charts(case, language) if pictures is None else charts)}
        drawn = {name: own[name].png() if name in own else png for name, png in images.items()}
        shown = [own.get(chart.name, chart) for chart in charts]
        pages[f"evidence-{language}.html"] = _page(case, stands, now, shown, drawn, language)
    files: dict[str, bytes] = {
        **{name: text.encode() for name, text in pages.items()},
        "order-ids.csv": order_ids_csv(case, stands).encode(),
        "timeline.csv": _csv(("time_utc", "time", "what"), _timeline_rows(case, stands)).encode(),
        "reports-sha256.txt": "".join(f"{one.sha256}  {one_line(one.name)}\n" for one in case.reading.reports).encode(),
        **{f"{name}.png": png for name, png in images.items()},
    }
    advice = [(one.given_on, one.case_id, one_line(one.text)) for one in advice_of(case)]
    if advice:
        files["amazon-advice.csv"] = _csv(("given_on", "case_id", "text"), advice).encode()
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise ExportError("evidence.there_already", folder=folder) from error
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in files)


def _charts(case: Case, language: str) -> tuple[Picture, ...]:
    from promofix_lib.charts.of_case import evidence_pictures  # matplotlib is loaded when something is drawn

    return evidence_pictures(case, language)


def order_ids_csv(case: Case, stands: Status) -> str:
    """The affected order items with amounts, incident, triage and state, as CSV; nothing in it names a buyer."""
    book, mask = stands.book, np.asarray(stands.chosen, dtype=np.bool_)
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
    return _csv(ORDER_COLUMNS, as_text(table)[list(ORDER_COLUMNS)].itertuples(index=False))


def _page(
    case: Case, stands: Status, now: datetime, charts: Sequence[Picture], images: dict[str, bytes], language: str
) -> str:
    taken = [one.finding.sentence for one in case.incidents if one.taken and one.finding]
    return evidence_page(
        Page(
            stands=stands,
            incidents=incident_parts(case, stands),
            zone=case.zone,
            made_at=now.astimezone(case.zone),
            seller_name=case.settings.seller_name,
            sentences=tuple(taken),
            timeline=tuple((event.at.astimezone(case.zone), event.what) for event in _events(case, stands)),
            pictures=tuple(
                (chart.words, images[chart.name])
                for chart in charts
                if chart.name in images and chart.name.startswith(_ON_PAGE)
            ),
            advice=advice_of(case),
            reports=tuple((one.name, one.kind, one.items, one.sha256) for one in case.reading.reports),
        ),
        language,
    )


def _events(case: Case, stands: Status) -> list[Event]:
    """The incidents' first and last orders, the end that the seller told, and what the journal holds."""
    return sorted(_all_events(case, stands), key=lambda event: event.at)


def _all_events(case: Case, stands: Status) -> Iterator[Event]:
    parts = incident_parts(case, stands)
    for one in parts:
        several = {"number": one.number} if len(parts) > 1 else {}
        for name, at in (("first_order", one.onset), ("last_order", one.end)):
            if at is not None:
                key = f"evidence.{name}_of" if several else f"evidence.{name}"
                yield Event(at, told(key, **several))
    if stands.gate.promotion_ended and stands.gate.ended_at is not None:
        yield Event(stands.gate.ended_at, told("evidence.promotion_ended"))
    yield from (Event(at, told(f"evidence.{what}", **facts)) for at, what, facts in recorded(case))


def _timeline_rows(case: Case, stands: Status) -> Iterator[tuple[str, str, str]]:
    for event in _events(case, stands):
        utc = f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        yield utc, _local(event.at, case.zone), one_line(event.what.text(ENGLISH))


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _csv(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(str(cell)) for cell in row] for row in rows)
    return out.getvalue()


def _cell(text: str) -> str:
    plain = one_line(text)
    # a spreadsheet would run it as a formula
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) else plain
