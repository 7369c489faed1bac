"""The evidence on one page: HTML that asks nothing of the network and prints on one sheet."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from promofix_lib.amounts import Money
from promofix_lib.letters.amazon import IncidentPart, advice_of, amount_lines, days_of, headline, incident_parts
from promofix_lib.say import Told, moment_text, say, told, zone_text

if TYPE_CHECKING:
    from promofix_lib.case.case import Case
    from promofix_lib.status.status import Status

_ITEMS_SHOWN = 8


def evidence_page(
    case: Case,
    stands: Status,
    made_at: datetime,
    timeline: Iterable[tuple[datetime, Told]],
    pictures: Iterable[tuple[str, bytes]],
    language: str,
) -> str:
    """The page as HTML in a language; every text is escaped, so that nothing from a report can become a tag.

    Parameters
    ----------
    case : Case
    stands : Status
        Every figure.
    made_at : datetime with a zone
    timeline : iterable of (moment, what)
    pictures : iterable of (caption, PNG bytes)
    language : str
    """

    def text(key: str, **facts: object) -> str:
        return say(f"evidence.{key}", language=language, **facts)

    incidents = incident_parts(case)
    onset, end, causes = headline(incidents)
    title = text("title", n=stands.orders, day=days_of(onset, end), cause=told(f"letters.cause_short_{causes}"))
    found = [one.finding for one in case.incidents if one.taken and one.finding]
    lead = [f"{one.sentence.text(language)} {one.evidence.text(language)}" for one in found]
    lead = lead or [say(f"letters.cause_{'price' if causes == 'price' else 'promotion'}", language=language)]
    by = [case.settings.seller_name, text("made", at=moment_text(made_at.astimezone(case.zone), language, zone=True))]
    sums = [line.text(language).removeprefix("- ") for line in amount_lines(stands)]
    times = [(moment_text(at.astimezone(case.zone), language), what.text(language)) for at, what in timeline]
    told_by = advice_of(case)
    advice = [(one.given_on, text("case", case_id=one.case_id) if one.case_id else "", one.text) for one in told_by]
    body = [
        f'<header><p class="kicker">{escape(text("kicker"))}</p><h1>{escape(title)}</h1>'
        f'<p class="by">{escape(" · ".join(part for part in by if part))}</p></header>',
        "" if stands.gate.open else f'<p class="lead"><b>{escape(stands.gate.why.text(language))}</b></p>',
        *(f'<p class="lead">{escape(sentence)}</p>' for sentence in lead),
        _tiles(stands, incidents, language),
        *(_figure(caption, png) for caption, png in pictures),
        '<div class="two"><div>',
        _section(text("timeline", zone=zone_text(case.zone)), _table(times)),
        _section(text("states"), _bars(stands, language)),
        "</div><div>",
        _section(text("items"), _list(_items(incidents, language))),
        _section(text("sums"), _list(sums)),
        "</div></div>",
        _section(text("advice"), _table(advice)) if advice else "",
        _section(text("reports"), _reports(case, language)),
        f"<footer>{escape(text('footer'))}</footer>",
    ]
    page = files("promofix_lib.export").joinpath("evidence.html").read_text(encoding="utf-8")
    for name, part in {"language": escape(language), "title": escape(title), "body": "\n".join(body)}.items():
        page = page.replace(f"<!--{name}-->", part)
    return page


def _tiles(stands: Status, incidents: Sequence[IncidentPart], language: str) -> str:
    tiles = [
        (say("evidence.orders", language=language, n=stands.orders), f"{stands.orders:,}"),
        (say("evidence.units", language=language, n=stands.units), f"{stands.units:,}"),
    ]
    for one in incidents:
        if one.onset and one.end and one.number:
            name = "evidence.span_of" if one.of > 1 else "evidence.span"
            hours, minutes = divmod(int((one.end - one.onset).total_seconds()) // 60, 60)
            span = say("evidence.duration", language=language, hours=hours, minutes=minutes)
            tiles.append((say(name, language=language, number=one.number), span))
    for sums in (one for one in stands.amounts[:3] if one.known):
        for name, amount in (("evidence.paid", sums.paid), ("evidence.loss", sums.loss)):
            tiles.append((say(name, language=language), Money(amount, sums.currency).text(language)))
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in tiles)
    return f'<div class="tiles">{cells}</div>'


def _figure(caption: str, png: bytes) -> str:
    image = base64.b64encode(png).decode("ascii")
    text = escape(caption)
    return f'<figure><img alt="{text}" src="data:image/png;base64,{image}"><figcaption>{text}</figcaption></figure>'


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _table(rows: Iterable[Sequence[str]]) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table class='told'><tbody>{body}</tbody></table>"


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _items(incidents: Sequence[IncidentPart], language: str) -> Iterator[str]:
    for one in incidents:
        yield from (line.text(language) for line in (*one.heading, *one.names))
        for line in one.items[:_ITEMS_SHOWN]:  # the page is finished: what a letter asks the seller for is not known
            shown = Told("evidence.item_unknown", line.facts) if line.key == "letters.item_unknown" else line
            yield shown.text(language).removeprefix("- ")
        rest = len(one.items) - _ITEMS_SHOWN
        if rest > 0:
            yield say("letters.more_items", language=language, n=rest).removeprefix("- ")


def _bars(stands: Status, language: str) -> str:
    most = max(stands.triage.values(), default=1)
    rows = (
        f'<tr><td>{escape(say(f"evidence.state_{word}", language=language))}</td><td class="n">{count:,}</td>'
        f'<td class="bar"><i style="width:{100 * count / most:.0f}%"></i></td></tr>'
        for word, count in stands.triage.items()
    )
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _reports(case: Case, language: str) -> str:
    names = [escape(say(f"evidence.column_{name}", language=language)) for name in ("file", "kind", "items")]
    head = f"<tr><th>{names[0]}</th><th>{names[1]}</th><th class='n'>{names[2]}</th><th>SHA-256</th></tr>"
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{escape(one.kind_text(language))}</td>"
        f'<td class="n">{one.items:,}</td><td><code>{escape(one.sha256)}</code></td></tr>'
        for one in case.reading.reports
    )
    return f'<table class="sources"><thead>{head}</thead><tbody>{rows}</tbody></table>'
