"""What a scan leaves for people: a table for spreadsheets, a page for browsers, an audit for each client."""

from __future__ import annotations

from pathlib import Path

from promofix_lib.amounts import plain_amount
from promofix_lib.as_csv import csv_text
from promofix_lib.as_html import html_page
from promofix_lib.charts import colours
from promofix_lib.fleet.rows import Row, Scan
from promofix_lib.places import content, write_atomically
from promofix_lib.say import current_language

_COLUMNS = ("account", "incidents", "since", "orders", "loss", "promotions", "failed")
_AUDIT = ("looked_at", "what", "name", "sha256", "lines", "set_aside", "onset", "end", "orders", "loss", "why")
_COLOURS = {"others": colours.OTHERS, "affected": colours.AFFECTED}


def write_csv(done: Scan) -> None:
    """One line per account, as programs and spreadsheets read it: no live formula, amounts per currency."""
    lines: list[tuple[object, ...]] = []
    for row in done.rows:
        loss = "; ".join(f"{currency} {plain_amount(lost, currency)}" for currency, lost in row.losses.items())
        found = (row.account, len(row.incidents), row.since, row.orders, loss, row.promotions_text())
        lines.append((*found, row.failed or ""))
    write_atomically(done.csv, csv_text(lines, _COLUMNS).encode())


def add_to_audit(path: Path, row: Row) -> None:
    """What was looked at and found in one account, a line per file and per incident, behind what stands there."""
    lines: list[dict[str, object]] = [
        {"what": "file", "name": name, "sha256": digest, "lines": lines, "set_aside": aside}
        for name, digest, lines, aside in row.files
    ]
    for found in row.incidents:
        loss = "; ".join(f"{one['currency']} {one['loss']}" for one in found["amounts"])
        facts = {name: found[name] for name in ("onset", "end", "orders")}
        lines.append({"what": "incident", "name": ", ".join(found["promotion_ids"]), **facts, "loss": loss})
    lines += [{"what": "failed", "why": row.failed}] if row.failed else []
    before = content(path) if path.exists() else b""
    added = ([{**line, "looked_at": row.looked_at}.get(name, "") for name in _AUDIT] for line in lines)
    write_atomically(path, before + csv_text(added, _AUDIT, header=not before).encode())


def write_html(done: Scan) -> None:
    """The same as a page that sorts by a click on a column's head, with a small chart an account; it asks nobody."""
    page = html_page("fleet/scan.html", current_language(), done=done, **_COLOURS)
    write_atomically(done.html, page.encode("utf-8", "replace"))


def chart(row: Row) -> str:
    """An account's days as a small drawing: a bar for the orders, its affected part in the colour of an incident."""
    return html_page("fleet/days.html", current_language(), row=row, **_COLOURS)
