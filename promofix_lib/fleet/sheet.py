"""What a scan leaves for people: a table for spreadsheets, a page for browsers, an audit for each client."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from promofix_lib.amounts import plain_amount
from promofix_lib.as_csv import csv_text
from promofix_lib.charts import colours
from promofix_lib.fleet.rows import Row, Scan
from promofix_lib.places import content, write_atomically
from promofix_lib.say import current_language, say

_COLUMNS = ("account", "incidents", "since", "orders", "loss", "promotions", "failed")
_AUDIT = ("looked_at", "what", "name", "sha256", "lines", "set_aside", "onset", "end", "orders", "loss", "why")
_WIDE, _HIGH = 180, 28  # pixels of an account's chart


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
    heads = "".join(
        f'<th scope="col"><button data-column="{place}">{escape(say(f"fleet.column_{name}"))}</button></th>'
        for place, name in enumerate(("account", "since", "orders", "loss", "promotions", "days", "failed"))
    )
    page = files("promofix_lib.fleet").joinpath("scan.html").read_text(encoding="utf-8")
    facts = {
        "language": current_language(),
        "title": escape(say("fleet.title")),
        "summary": escape(say("fleet.summary", **done.counts)),
        "affected": colours.AFFECTED,
        "heads": heads,
        "rows": "\n".join(_html_row(row, done.zone) for row in done.rows),
    }
    for name, text in facts.items():
        page = page.replace(f"<!--{name}-->", text)
    write_atomically(done.html, page.encode("utf-8", "replace"))


def _html_row(row: Row, zone: ZoneInfo | None) -> str:
    cells = [
        (row.account, row.account),
        (row.since, row.since_text(zone)),
        (str(row.orders), f"{row.orders:,}" if row.incidents else ""),
        (f"{row.gravity[1]:.2f}", row.loss_text()),
        ("", row.promotions_text()),
    ]
    plain = "".join(f'<td data-sort="{escape(key)}">{escape(text)}</td>' for key, text in cells)
    mark, failed = " class=found" if row.incidents else "", escape(row.failed or "")
    return f"<tr{mark}>{plain}<td>{chart(row)}</td><td>{failed}</td></tr>"


def chart(row: Row) -> str:
    """An account's days as a small drawing: a bar for the orders, its affected part in the colour of an incident."""
    if not row.days:
        return ""
    highest = max(count for _, count, _ in row.days)
    step = _WIDE / len(row.days)
    bars = []
    for place, (_, count, hit) in enumerate(row.days):
        for height, colour in ((count, colours.OTHERS), (hit, colours.AFFECTED)):
            tall = _HIGH * height / highest
            box = f'x="{place * step:.1f}" y="{_HIGH - tall:.1f}" width="{step * 0.85:.1f}" height="{tall:.1f}"'
            bars.append(f'<rect {box} fill="{colour}"/>' if height else "")
    first, last = row.days[0][0], row.days[-1][0]
    told = escape(say("fleet.chart", first=first, last=last, orders=say("say.orders", n=row.orders)))
    size = f'width="{_WIDE}" height="{_HIGH}"'
    return f'<svg role="img" aria-label="{told}" {size}><title>{told}</title>{"".join(bars)}</svg>'
