"""What was read and what was found, as plain text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from promofix_lib.finding import Findings
from promofix_lib.reports import Report
from promofix_lib.reports.merging import Reading


def reading_text(reading: Reading) -> str:
    """The reading report in words: what each file is, what was set aside and why, what is missing."""
    parts = [_report_text(report) for report in reading.reports]
    return "\n\n".join([*parts, _together(reading), *(f"Warning: {warning}" for warning in reading.warnings)])


def _report_text(report: Report) -> str:
    lines = [
        f"{report.name}: {report.kind}, {report.encoding}",
        f"  {report.lines:,} lines = {report.rows:,} rows + {len(report.quarantined):,} set aside + "
        f"{report.headers:,} header + {report.blanks:,} blank; {report.items:,} order items",
    ]
    lines += [f"  set aside: line {bad.line}: {bad.reason}" for bad in report.quarantined[:10]]
    if len(report.quarantined) > 10:
        lines.append(f"  … and {len(report.quarantined) - 10:,} more lines set aside (--json lists them all)")
    lines += [_wrapped(f"it lacks {lack.what}. {lack.how_to_get_it}") for lack in report.lacks]
    return "\n".join([*lines, *(_wrapped(f"warning: {warning}") for warning in report.warnings)])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 110, initial_indent="  ", subsequent_indent="    ")


def _together(reading: Reading) -> str:
    orders = reading.orders
    times = orders["purchase_date"].dropna()
    span = f", bought from {_moment(times.min())} to {_moment(times.max())}" if len(times) else ""
    currencies = ", ".join(str(code) for code in orders["currency"].dropna().unique())
    return (
        f"Together: {orders['order_id'].nunique():,} orders with {len(orders):,} order items{span}"
        f"{f', in {currencies}' if currencies else ''}."
    )


def _moment(time: object) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def findings_text(findings: Findings, reports: Sequence[Report] = ()) -> str:
    """The incidents as numbered sentences, then what is worth a look.

    When nothing was found and no report could have shown it, that is no all-clear: what is lacking is said instead.
    """
    unseen = _unseen(reports)
    if not findings.incidents and unseen:
        parts = [
            "No incident was found, but none of these reports shows everything an incident would show in.",
            *unseen,
        ]
    elif not findings.incidents:
        parts = [
            "No incident was found: nothing was sold far below what it usually costs."
            if all(report.is_whole for report in reports)
            else "In what could be read nothing was sold far below what it usually costs; a part was not read."
        ]
    else:
        parts = [
            textwrap.fill(f"{number}. {found.sentence}", 110, subsequent_indent="   ")
            for number, found in enumerate(findings.incidents, 1)
        ]
    looks = [_wrapped(f"- {look.sentence} {look.why_not}") for look in findings.worth_a_look]
    if looks:
        parts.append("Worth a look, but not counted as an incident:\n" + "\n".join(looks))
    passed = [str(sentence) for report in reports for sentence in report.passed_over]
    return "\n\n".join([*parts, *(_wrapped(line) for line in [*passed, *set_aside(reports)])])


def set_aside(reports: Sequence[Report]) -> list[str]:
    """One sentence per report with lines that could not be read: an affected order may be among them."""
    return [
        f"{report.name}: {_lines_were(len(report.quarantined))} set aside (line {report.quarantined[0].line}: "
        f"{report.quarantined[0].reason}) and not looked at. 'promofix read' lists them; look for these orders by hand."
        for report in reports
        if report.quarantined
    ]


def _lines_were(count: int) -> str:
    return "1 line was" if count == 1 else f"{count:,} lines were"


def _unseen(reports: Sequence[Report]) -> list[str]:
    """Prices or promotions that every one of the reports lacks, each with the clicks that bring it."""
    lacking = [{lack.key for lack in report.lacks} for report in reports]
    of_orders = [keys for keys in lacking if "orders" not in keys] or lacking
    everywhere = {"orders", "prices", "promotions"}.intersection(*of_orders) if of_orders else set()
    ways = {lack.what: lack.how_to_get_it for report in reports for lack in report.lacks if lack.key in everywhere}
    return [_wrapped(f"They lack {what}. {how}") for what, how in ways.items()]
