"""What was read, as a table: every file, every line set aside, and where to get what is missing."""

from __future__ import annotations

from html import escape
from zoneinfo import ZoneInfo

import pandas as pd

from promofix_lib.marketplaces import Marketplace, main_marketplace
from promofix_lib.reports import Report
from promofix_lib.reports.merging import Reading
from promofix_lib.widgets.form_words import form_words
from promofix_lib.widgets.html import Bullets, Cell, Shown, listed, table

_SHOWN_LINES = 10


def reading_table(reading: Reading, language: str = "en") -> Shown:
    """The reading report as a table, one row per file.

    Parameters
    ----------
    reading : Reading
        All reports of a case.
    language : str
        ``en`` or ``zh-CN``.

    Returns
    -------
    Shown
        What each file is, its rows and items, from when to when in the marketplace's zone, what was set aside and why,
        and what is missing and where to get it.
    """
    words, orders = form_words(language), reading.orders
    market = _main_market(orders)
    head = [words[name] for name in ("file", "kind", "rows", "items", "span", "set_aside", "missing")]
    head[4] = head[4].format(zone=market.zone_name)
    shown = table(
        words["reading_caption"], head, [_row(report, market.zone, words, language) for report in reading.reports]
    )
    numbers = {"orders": f"{orders['order_id'].nunique():,}", "items": f"{len(orders):,}"}
    together = words["together"].format(**numbers)
    warnings = listed(words["warnings"], tuple(warning.text(language) for warning in reading.warnings))
    return Shown(
        f"{shown.html}<p>{escape(together)}</p>{warnings.html}", f"{shown.plain}\n{together}\n{warnings.plain}".strip()
    )


def _main_market(orders: pd.DataFrame) -> Marketplace:
    return main_marketplace(orders["sales_channel"].dropna(), orders["currency"].dropna())


def _row(report: Report, zone: ZoneInfo, words: dict[str, str], language: str) -> list[Cell]:
    bad = [
        words["line"].format(line=line.line, reason=line.reason.text(language))
        for line in report.quarantined[:_SHOWN_LINES]
    ]
    more = len(report.quarantined) - len(bad)
    return [
        report.name,
        f"{report.kind} ({report.encoding})",
        f"{report.rows:,}",
        f"{report.items:,}",
        _span(report.table, zone),
        Bullets((*bad, *([words["and_more"].format(n=more)] if more else [])), words["nothing"]),
        Bullets(
            tuple(f"{lack.what.text(language)}: {lack.how_to_get_it.text(language)}" for lack in report.lacks),
            words["nothing"],
        ),
    ]


def _span(orders: pd.DataFrame, zone: ZoneInfo) -> str:
    times = orders["purchase_date"].dropna() if "purchase_date" in orders else pd.Series(dtype=object)
    if times.empty:
        return "–"
    first, last = (time.tz_convert(zone).strftime("%Y-%m-%d %H:%M") for time in (times.min(), times.max()))
    return f"{first} – {last}"
