"""The evidence pack: what happened, in numbers that anyone can check, without one buyer in it."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from promofix_lib.errors import ExportError
from promofix_lib.export.cancellation import write_new
from promofix_lib.export.evidence.page import evidence_page
from promofix_lib.finding import NormalPrice
from promofix_lib.letters.amazon_facts import Advice, IncidentFacts, normal_unit_prices, paid_per_line
from promofix_lib.orders import as_text
from promofix_lib.triage import triage


@dataclass(frozen=True)
class Chart:
    """A picture for the pack: a PNG file, what it shows, and whether it stands on the page or only beside it."""

    path: Path
    caption: str
    on_page: bool = True


@dataclass(frozen=True)
class Source:
    """A report behind the numbers: name, kind, order items read from it, and the SHA-256 of its bytes."""

    name: str
    kind: str
    items: int
    sha256: str


@dataclass(frozen=True)
class Event:
    """Something that happened at a time with a zone."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Evidence:
    """What the pack is made of.

    Parameters
    ----------
    facts : IncidentFacts
        The incident's numbers.
    orders, chosen : DataFrame, Series
        Order table and the mask of the affected items.
    normal_prices : sequence
        What a unit normally costs.
    charts, sources, events, advice : sequence
        Pictures, reports, further points of the timeline, Amazon's answers.
    sentence : str
        How the incident was found, in one sentence.
    seller_name : str
    made_at : datetime with a zone
    """

    facts: IncidentFacts
    orders: pd.DataFrame
    chosen: pd.Series[bool]
    made_at: datetime
    normal_prices: Sequence[NormalPrice] = ()
    charts: Sequence[Chart] = ()
    sources: Sequence[Source] = ()
    events: Sequence[Event] = ()
    advice: Sequence[Advice] = ()
    sentence: str = ""
    seller_name: str = ""


ORDER_COLUMNS = (
    "order_id",
    "order_item_id",
    "purchase_date",
    "sales_channel",
    "sku",
    "asin",
    "quantity",
    "currency",
    "paid",
    "unit_price",
    "normal_unit_price",
    "state",
)
"""Columns of ``order-ids.csv``: none of them says who bought."""


def write_evidence(pack: Evidence, folder: Path) -> tuple[Path, ...]:
    """Write the pack into a new folder and give the paths, ``evidence.html`` first.

    Parameters
    ----------
    pack : Evidence
        What is known.
    folder : Path
        A folder that does not exist yet.

    Raises
    ------
    ExportError
        The folder is there already, or a chart is missing.
    """
    missing = [str(chart.path) for chart in pack.charts if not chart.path.is_file()]
    if missing:
        raise ExportError(f"evidence: these charts are not there: {', '.join(missing)}. Export again.")
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise ExportError(f"{folder}: it is there already and is never replaced. Export again.") from error
    pictures = [Path(shutil.copyfile(chart.path, folder / chart.path.name)) for chart in pack.charts]
    written = [
        ("evidence.html", page_of(pack)),
        ("order-ids.csv", order_ids_csv(pack.orders, pack.chosen, pack.normal_prices)),
        ("timeline.csv", _csv(("time_utc", "time", "what"), _timeline_rows(pack))),
        ("reports-sha256.txt", "".join(f"{source.sha256}  {source.name}\n" for source in pack.sources)),
    ]
    if pack.advice:
        rows = [(entry.date, entry.case_id, " ".join(entry.text.split())) for entry in pack.advice]
        written.append(("amazon-advice.csv", _csv(("given_on", "case_id", "text"), rows)))
    return (*(write_new(folder / name, text.encode()) for name, text in written), *pictures)


def page_of(pack: Evidence) -> str:
    """The one-page summary as HTML that asks nothing of the network: pictures inside, ready to print."""
    return evidence_page(
        pack.facts,
        timeline=[(local.partition(" (")[0], what) for _, local, what in _timeline_rows(pack)],
        charts=[(chart.caption, chart.path.read_bytes()) for chart in pack.charts if chart.on_page],
        sources=[(source.name, source.kind, source.items, source.sha256) for source in pack.sources],
        advice=pack.advice,
        sentence=pack.sentence,
        seller_name=pack.seller_name,
        made_at=_local(pack.made_at, ZoneInfo(pack.facts.zone_name)),
    )


def order_ids_csv(orders: pd.DataFrame, chosen: pd.Series[bool], normal_prices: Sequence[NormalPrice] = ()) -> str:
    """The affected order items with amounts and state, as CSV; nothing in it names a buyer.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "111-0000001-0000001", "item_price": "3.00", "quantity": 3,
    ...                        "currency": "USD", "buyer_name": "Ada Example", "order_status": "Pending"}])
    >>> order_ids_csv(orders, pd.Series([True])).splitlines()[1]
    '111-0000001-0000001,,,,,,3,USD,3.00,1.00,,wait'
    """
    rows = orders[chosen.reindex(orders.index, fill_value=False).astype(bool)]
    table = pd.DataFrame(
        {
            **{name: rows[name] for name in ORDER_COLUMNS if name in rows},
            "paid": paid_per_line(rows),
            "normal_unit_price": normal_unit_prices(rows, normal_prices),
            "state": triage(rows),
        }
    )
    text = as_text(table)[list(ORDER_COLUMNS)]
    return _csv(ORDER_COLUMNS, text.itertuples(index=False))


def _csv(header: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(str(cell)) for cell in row] for row in rows)
    return out.getvalue()


def _cell(text: str) -> str:
    # a spreadsheet would run it as a formula
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _timeline_rows(pack: Evidence) -> list[tuple[str, str, str]]:
    facts = pack.facts
    zone = ZoneInfo(facts.zone_name)
    ends = [(facts.onset, "first affected order"), (facts.end, "last affected order")]
    points = [Event(at, what) for at, what in ends if at is not None] + list(pack.events)
    return [
        (f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", _local(event.at, zone), " ".join(event.what.split()))
        for event in sorted(points, key=lambda event: event.at)
    ]


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
