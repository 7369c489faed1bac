"""What was read, found, decided and what is next, as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from promofix_lib.account.account import account_of
from promofix_lib.amounts import Money
from promofix_lib.case.case import Case
from promofix_lib.export.sheet import heading, status_word
from promofix_lib.finding.findings import Finding, Findings
from promofix_lib.marketplaces import main_marketplace
from promofix_lib.reports.report import Reading, Report
from promofix_lib.returns.compare import Clash, TakenBack
from promofix_lib.say import moment_text, say
from promofix_lib.status.past import COLUMNS
from promofix_lib.status.status import Status, status

_WIDTH = 110
_SHOWN = 10
_SENTENCES = 4  # the rate as it stands, when cancelled, how many more, when it is back
_SHOWS_INCIDENTS = ("orders", "prices", "promotions")  # what an incident would show in


def reading_text(reading: Reading) -> str:
    """The reading report in words: what each file is, what was set aside and why, what is missing."""
    lacks = [_wrapped(say("app.together_lacks", what=lack.what, how=lack.how_to_get_it)) for lack in reading.lacks]
    warnings = [_wrapped(say("app.warning", text=warning)) for warning in reading.warnings]
    return "\n\n".join([*(_report_text(report) for report in reading.reports), _together(reading), *lacks, *warnings])


def _report_text(report: Report) -> str:
    counts: dict[str, Any] = {"rows": report.rows, "headers": report.headers, "blanks": report.blanks}
    counts |= {"aside": len(report.quarantined), "lines": report.lines, "items": report.items}
    head = say("app.report", name=report.name, kind=report.kind_text(), encoding=report.encoding)
    said = [say("app.report_lines", **counts)]
    said += [say("app.line_set_aside", line=bad.line, why=bad.reason) for bad in report.quarantined[:_SHOWN]]
    if len(report.quarantined) > _SHOWN:
        said.append(say("app.more_set_aside", n=len(report.quarantined) - _SHOWN))
    said += [say("app.warning", text=warning) for warning in report.warnings]
    return "\n".join([head, *map(_wrapped, said)])


def _together(reading: Reading) -> str:
    orders = reading.orders
    times = orders["purchase_date"].dropna()
    counts = say("app.together", orders=say("say.orders", n=int(orders["order_id"].nunique())), n=len(orders))
    if not len(times):
        return counts
    ends = (time.to_pydatetime().astimezone(main_marketplace(orders).zone) for time in (times.min(), times.max()))
    first, last = (moment_text(moment, zone=True) for moment in ends)
    currencies = tuple(str(code) for code in orders["currency"].dropna().unique())
    return f"{counts} {say('app.bought_between', first=first, last=last, currencies=currencies or ('–',))}"


def findings_text(findings: Findings, reading: Reading) -> str:
    """The incidents as numbered sentences, then what is worth a look.

    When nothing was found and no report could have shown it, that is no all-clear: what is lacking is said instead.
    """
    blind = [lack for lack in reading.lacks if lack.key in _SHOWS_INCIDENTS]
    if findings.incidents:
        parts = [incidents_text(enumerate(findings.incidents, 1))]
    elif blind:
        lacks = (say("app.together_lacks", what=lack.what, how=lack.how_to_get_it) for lack in blind)
        parts = [say("app.none_found_but"), *map(_wrapped, lacks)]
    else:
        parts = [say("app.none_found" if reading.is_whole else "app.none_found_in_part")]
    looks = [_wrapped(f"- {look.sentence} {look.why_not}") for look in findings.worth_a_look]
    if looks:
        parts.append("\n".join([say("app.worth_a_look"), *looks]))
    passed = [str(sentence) for report in reading.reports for sentence in report.passed_over]
    return "\n\n".join([*parts, *map(_wrapped, [*passed, *set_aside(reading)])])


def incidents_text(incidents: Iterable[tuple[int, Finding]]) -> str:
    """One numbered sentence per incident, its evidence below."""
    parts = ((f"{number}. {found.sentence}", f"{found.evidence}") for number, found in incidents)
    return "\n\n".join(f"{_filled(said, '', '   ')}\n{_filled(facts, '   ', '   ')}" for said, facts in parts)


def set_aside(reading: Reading) -> list[str]:
    """One sentence per report with lines that could not be read: an affected order may be among them."""
    first = [(report, report.quarantined[0]) for report in reading.reports if report.quarantined]
    return [
        say("app.set_aside", name=report.name, n=len(report.quarantined), line=bad.line, why=bad.reason)
        for report, bad in first
    ]


def triage_text(shown: Status) -> str:
    """What can be done with the orders, counted."""
    return say("app.can_be_done", counts=_counted("status.triage_", shown.triage))


def status_json(case: Case, *, orders: bool = False) -> dict[str, Any]:
    """What ``promofix status --json`` prints."""
    return status(case).to_json(orders=orders) | {"cancel_rates": account_of(case).rates_json()}


def status_text(case: Case, *, orders: bool = False) -> str:
    """Where the case stands: counts, money, what is next, the rate; one line per order when asked for."""
    shown = status(case)
    parts = [say("app.case", name=case.name, folder=str(case.folder))]
    parts += [str(shown.gate.why)] if not shown.gate.open else []
    money = []
    for one in shown.amounts:
        key = "app.lost_in_part" if one.items_not_known else "app.lost"
        key = key if one.known else "widgets.items_not_known"
        facts: dict[str, Any] = {"paid": Money(one.paid, one.currency), "lost": Money(one.loss, one.currency)}
        money.append(say(key, n=one.items_not_known, **facts))
    parts.append("\n".join([say("app.affected", orders=say("say.orders", n=shown.orders), n=shown.units), *money]))
    parts.append(say("app.states", counts=_counted("status.state_", shown.states)))
    parts.append(say("app.next", counts=_counted("status.next_", shown.next)))
    parts += map(str, shown.told())
    parts += rate_text(case)
    return "\n\n".join([*parts, *([_rows(shown, case.zone)] if orders else [])])


def rate_text(case: Case) -> list[str]:
    """The cancel rate per sales channel in a few sentences; notebook 3 tells the rest."""
    outlooks = account_of(case).channels
    return [str(sentence) for one in outlooks for sentence in one.told()[:_SENTENCES]]


def _counted(prefix: str, counts: Any) -> tuple[str, ...]:
    return tuple(f"{say(prefix + word)} {n:,}" for word, n in counts.items() if n)


def _rows(shown: Status, zone: ZoneInfo) -> str:
    lines = []
    for row in shown.rows:
        cells = [row.order_id, *(say(f"status.{name}_{getattr(row, name)}") for name in ("triage", "state", "next"))]
        cells += [moment_text(row.ship_by.astimezone(zone), zone=True)] if row.ship_by else []
        cells += [str(row.why)] if row.why else []
        lines.append("  ".join(cells))
    return "\n".join(lines)


def answer_text(answer: TakenBack) -> str:
    """What came back, in words: understood, changed, conflicts, what was not understood."""
    lines = [say("app.understood", n=answer.understood, changed=answer.changed)]
    lines += [_conflict(one) for one in answer.conflicts]
    lines += [say("app.not_understood", **one) for one in answer.to_json()["not_understood"]]
    return "\n".join(_wrapped(line) for line in [*lines, *(str(warning) for warning in answer.warnings)])


def _conflict(one: Clash) -> str:
    column = COLUMNS[one.field]
    sides = {name: status_word(getattr(one, name), column) for name in ("ours", "theirs")}
    field = heading("status" if one.field == "task" else "message")
    return say("app.conflict", order_id=one.order_id, field=field, file=one.file, **sides)


def _wrapped(text: str) -> str:
    return _filled(text, "  ", "    ")


def _filled(text: str, first: str, other: str) -> str:
    """Lines of at most `_WIDTH`; an id or a SKU is never broken at its hyphens."""
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=other, break_on_hyphens=False, break_long_words=False
    )
