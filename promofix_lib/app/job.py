"""The whole job in one call: case, incident, every export; what ``promofix run`` does."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promofix_lib.account.of_case import outlook_settings
from promofix_lib.account.outlook import rate_section
from promofix_lib.app.overview import findings_text, set_aside
from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.export.handover import Withheld, export
from promofix_lib.finding import Finding, Findings, find_incidents
from promofix_lib.reports import Report
from promofix_lib.reports.merging import read_orders
from promofix_lib.triage import orders_by_triage


@dataclass(frozen=True)
class JobDone:
    """What the job found and wrote.

    Parameters
    ----------
    findings : Findings
        Everything that was found.
    reports : tuple of Report
        What was read: it may lack what an incident would show in.
    finding : Finding or None
        The incident that was worked on.
    triage : dict of str to int
        Orders per triage word.
    folder : Path or None
        The export's folder.
    files : tuple of Path
        What was written.
    withheld : tuple of Withheld
        What was not, and why.
    cancel_rate : dict
        What cancelling does to the account, as JSON.
    account : str
        The same in words.
    """

    findings: Findings
    reports: tuple[Report, ...] = ()
    finding: Finding | None = None
    triage: dict[str, int] | None = None
    folder: Path | None = None
    files: tuple[Path, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    cancel_rate: dict[str, Any] = field(default_factory=dict)
    account: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON of ``promofix run --json``."""
        return {
            "incident": self.finding.to_json() if self.finding else None,
            "triage": self.triage or {},
            "files": [str(path) for path in self.files],
            "withheld": [{"what": item.what, "why": item.why} for item in self.withheld],
            "cancel_rate": self.cancel_rate,
        }

    def text(self) -> str:
        """What was done, in words."""
        if self.finding is None:
            return findings_text(self.findings, self.reports)
        counts = ", ".join(f"{word} {orders:,}" for word, orders in (self.triage or {}).items())
        parts = [self.finding.sentence, f"What can be done with these orders: {counts}.", f"Written to {self.folder}:"]
        parts[-1] += "".join(f"\n  {line}" for line in _listed(self.files, self.folder))
        if self.account:
            parts.insert(2, self.account)
        parts += [f"Not written: {item.what}. {item.why}" for item in self.withheld]
        return "\n\n".join([*parts, *set_aside(self.reports)])


def _listed(files: Sequence[Path], folder: Path | None) -> list[str]:
    """The files by name; a folder with more than a dozen of them in one line."""
    names = [path.relative_to(folder or path.parent) for path in files]
    folders = Counter(name.parent for name in names)
    lines = [
        f"{name.parent}/ ({folders[name.parent]:,} files)" if folders[name.parent] > 12 else str(name) for name in names
    ]
    return list(dict.fromkeys(lines))


def run_job(
    files: Sequence[Path],
    out: Path,
    *,
    incident: int = 1,
    promotion_ended: bool = False,
    language: str = "en",
    progress: bool = False,
    now: datetime | None = None,
) -> JobDone:
    """Read, find, choose by the incident's rule, export everything into a new folder under `out`.

    Parameters
    ----------
    files : sequence of Path
        Reports.
    out : Path
        The case's folder: ``reports/``, ``case.db`` and ``exports/`` are made in it. Nothing is made there when a
        report cannot be used or no incident is found.
    incident : int
        1 for the gravest.
    promotion_ended : bool
        The seller's word that the bleed has stopped; without it the cancellation file is withheld.
    language : str
        ``en`` or ``zh-CN``.
    progress : bool
        Show a progress bar for long work.
    now : datetime, optional
        Names the export; the present time by default.

    Raises
    ------
    ReportError
        A file that cannot be used.
    PromofixError
        There are fewer incidents than asked for.
    """
    reading = read_orders(files, progress=progress)
    findings = find_incidents(reading.orders)
    if not findings.incidents:
        return JobDone(findings, reading.reports)
    if incident > len(findings.incidents):
        raise PromofixError(
            f"--incident {incident}: only {len(findings.incidents)} found. "
            "'promofix find' lists them with their numbers."
        )
    with _whole_or_nothing(out):
        case = Case.open(out)
        case.add_reports(files)
        case.choose_incident(findings.incidents[incident - 1])
        case.change_settings(
            language=language,
            promotion_ended=promotion_ended,
            price_right=promotion_ended,
            stock_as_wanted=promotion_ended,
        )
        done = export(case, now=now or datetime.now(UTC), progress=progress)
        counts = orders_by_triage(case.orders[case.chosen()])
        rate, account = rate_section(case.orders, case.chosen(), **outlook_settings(case))
        return JobDone(
            findings,
            reading.reports,
            findings.incidents[incident - 1],
            counts,
            done.folder,
            done.written,
            done.withheld,
            rate,
            account,
        )


@contextmanager
def _whole_or_nothing(folder: Path) -> Iterator[None]:
    """Take a folder that was made on the way away again when the work fails; one that was there before stays."""
    was_there = folder.exists()
    try:
        yield
    except (PromofixError, OSError, KeyboardInterrupt):
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        raise
