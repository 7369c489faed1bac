"""The evidence on one page: HTML that asks nothing of the network and prints on one sheet."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from promofix_lib.letters.amazon import Word, fields_of, singular
from promofix_lib.letters.amazon_facts import Advice, AmountFacts, IncidentFacts
from promofix_lib.orders import money_text

_STATES = {
    "cancel": "seller-fulfilled, not shipped",
    "ask_amazon": "fulfilled by Amazon, not shipped",
    "wait": "payment pending",
    "shipped": "shipped",
    "already_cancelled": "cancelled",
    "buyer_asked": "buyer asked to cancel",
    "set_aside": "zero by design",
}
_PROMOTIONS_SHOWN = 4


def evidence_page(
    facts: IncidentFacts,
    *,
    timeline: Sequence[tuple[str, str]],
    charts: Sequence[tuple[str, bytes]],
    sources: Sequence[tuple[str, str, int, str]],
    advice: Sequence[Advice],
    sentence: str,
    seller_name: str,
    made_at: str,
) -> str:
    """The page as HTML.

    Parameters
    ----------
    facts : IncidentFacts
        The incident's numbers.
    timeline : sequence of (time, what)
    charts : sequence of (caption, PNG bytes)
    sources : sequence of (name, kind, order items, SHA-256)
    advice : sequence of Advice
    sentence, seller_name, made_at : str
        Every text is escaped: nothing from a report can become a tag.
    """
    fields = fields_of(facts, Word(seller_name))
    body = [
        _head(fields, seller_name, made_at),
        f'<p class="lead">{escape(sentence or fields["cause_sentence"])}</p>',
        _tiles(facts),
        *(_figure(caption, png) for caption, png in charts),
        '<div class="two"><div>',
        _section(f"Timeline ({facts.zone_name})", _table(None, timeline)),
        _section("State of the orders", _bars(facts)),
        "</div><div>",
        _section("Items", _items(fields["item_lines"], facts)),
        "</div></div>",
        _section("What Amazon advised", _advice(advice)) if advice else "",
        _section("Order reports behind these numbers", _sources(sources)),
        "<footer>The order ids with amounts are in order-ids.csv. This page and that list hold no buyers' data. "
        "Check a report: sha256sum (Linux), shasum -a 256 (macOS), certutil -hashfile FILE SHA256 (Windows).</footer>",
    ]
    return _FRAME.format(title=escape(_title(fields)), style=_style(), body="\n".join(body))


_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _style() -> str:
    return files("promofix_lib.export.evidence").joinpath("style.css").read_text(encoding="utf-8").strip()


def _title(fields: dict[str, str]) -> str:
    return singular(f"Incident of {fields['day']}: {fields['orders']} orders, {fields['cause_short']}")


def _head(fields: dict[str, str], seller_name: str, made_at: str) -> str:
    facts = [seller_name, f"made {made_at}"]
    said = " · ".join(escape(fact) for fact in facts if fact)
    return f'<header><p class="kicker">Evidence</p><h1>{escape(_title(fields))}</h1><p class="by">{said}</p></header>'


def _tiles(facts: IncidentFacts) -> str:
    tiles = [(name if count != 1 else name[:-1], f"{count:,}") for name, count in _counts(facts)]
    if facts.onset and facts.end:
        tiles.append(("first to last order", _duration((facts.end - facts.onset).total_seconds())))
    for amount in facts.amounts[:3]:
        tiles += _money_tiles(amount)
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in tiles)
    return f'<div class="tiles">{cells}</div>'


def _counts(facts: IncidentFacts) -> tuple[tuple[str, int], ...]:
    return ("orders", facts.orders), ("units", facts.units)


def _money_tiles(amount: AmountFacts) -> list[tuple[str, str]]:
    paid = ("paid or to be paid", f"{_grouped(money_text(amount.paid, amount.currency))} {amount.currency}")
    if amount.loss is None:
        return [paid]
    return [paid, ("below usual value", f"{_grouped(money_text(amount.loss, amount.currency))} {amount.currency}")]


def _grouped(number: str) -> str:
    whole, dot, decimals = number.partition(".")
    return f"{int(whole):,}{dot}{decimals}"


def _duration(seconds: float) -> str:
    """Hours and minutes.

    >>> _duration(30_300), _duration(59)
    ('8 h 25 min', '0 min')
    """
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def _figure(caption: str, png: bytes) -> str:
    image = base64.b64encode(png).decode("ascii")
    text = escape(caption)
    return f'<figure><img alt="{text}" src="data:image/png;base64,{image}"><figcaption>{text}</figcaption></figure>'


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _table(header: Sequence[str] | None, rows: Iterable[Sequence[str]]) -> str:
    head = f"<thead><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in header)}</tr></thead>" if header else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table class='told'>{head}<tbody>{body}</tbody></table>"


def _items(lines: str, facts: IncidentFacts) -> str:
    shown = [f"<li>{escape(line.removeprefix('- '))}</li>" for line in lines.splitlines()[:8]]
    rest = len(facts.items) - len(shown)
    named = [("Promotion", facts.promotion_ids), ("Claim code", facts.claim_codes)]
    more = [f"<li>and {rest} more items</li>"] if rest > 0 else []
    more += [f"<li>{kind}: {escape(_some(names))}</li>" for kind, names in named if names]
    return f"<ul>{''.join(shown + more)}</ul>"


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _PROMOTIONS_SHOWN
    return ", ".join(names[:_PROMOTIONS_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _bars(facts: IncidentFacts) -> str:
    most = max(facts.state.values(), default=1)
    rows = (
        f'<tr><td>{escape(_STATES[word])}</td><td class="n">{count:,}</td>'
        f'<td class="bar"><i style="width:{100 * count / most:.0f}%"></i></td></tr>'
        for word, count in facts.state.items()
    )
    return f"<table><tbody>{''.join(rows)}</tbody></table>"


def _advice(advice: Sequence[Advice]) -> str:
    rows = [(entry.date, f"case {entry.case_id}" if entry.case_id else "", entry.text) for entry in advice]
    return _table(None, rows)


def _sources(sources: Sequence[tuple[str, str, int, str]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(kind)}</td>"
        f'<td class="n">{items:,}</td><td><code>{escape(digest)}</code></td></tr>'
        for name, kind, items, digest in sources
    )
    head = '<thead><tr><th>File</th><th>Report</th><th class="n">Order items</th><th>SHA-256</th></tr></thead>'
    return f'<table class="sources">{head}<tbody>{rows}</tbody></table>'
