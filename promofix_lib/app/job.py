"""The whole job in one call: case, incidents, every export; what ``promofix run`` and ``promofix export`` do."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promofix_lib.account.account import account_of
from promofix_lib.app import overview
from promofix_lib.case.case import Case
from promofix_lib.errors import ExportError, PromofixError
from promofix_lib.export.handover import Handover, export
from promofix_lib.finding.findings import Finding, Findings
from promofix_lib.reports.report import Reading
from promofix_lib.say import Told, say, told
from promofix_lib.status.status import confirm_end, status

_NOTHING = ("export.nothing_new", "export.nothing_chosen")


@dataclass(frozen=True)
class JobDone:
    """What the job found and wrote.

    Parameters
    ----------
    reading : Reading
        What was read: it may lack what an incident would show in.
    findings : Findings
        Everything that was found.
    case : Case or None
        None when no incident was found.
    incidents : tuple of (int, Finding)
        Those that were worked on, the gravest first, each with its number in the case.
    handover : Handover or None
        None when nothing was exported.
    beside : tuple of Told
        Why there was nothing to export; whoever asked for JSON is told it beside.
    """

    reading: Reading
    findings: Findings
    case: Case | None = None
    incidents: tuple[tuple[int, Finding], ...] = ()
    handover: Handover | None = None
    beside: tuple[Told, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON of ``promofix run --json``."""
        found = [finding.to_json() for _, finding in self.incidents]
        handover = self.handover
        return {
            "incident": found[0] if found else None,
            "incidents": found,
            "triage": status(self.case).triage if self.case else {},
            "files": [str(path) for path in handover.written] if handover else [],
            "withheld": [one.to_json() for one in handover.withheld] if handover else [],
            "cancel_rates": account_of(self.case).rates_json() if self.case else [],
        }

    def text(self) -> str:
        """What was done, in words."""
        if self.beside:
            return "\n".join(map(str, self.beside))
        if self.handover is None or self.case is None:
            return overview.findings_text(self.findings, self.reading)
        folder = self.handover.folder
        parts = [overview.incidents_text(self.incidents), overview.triage_text(status(self.case))]
        parts += overview.rate_text(self.case)
        parts.append("\n".join([say("app.written_to", folder=str(folder)), *_listed(self.handover.written, folder)]))
        parts += [say("app.not_written", what=one.what, why=one.why) for one in self.handover.withheld]
        return "\n\n".join([*parts, *overview.set_aside(self.reading)])


def _listed(files: Sequence[Path], folder: Path) -> list[str]:
    """The files by name; a folder with more than a dozen of them in one line."""
    names = [path.relative_to(folder) for path in files]
    folders = Counter(name.parent for name in names)
    lines = [
        say("app.so_many_files", folder=f"{name.parent}/", n=folders[name.parent])
        if folders[name.parent] > 12
        else str(name)
        for name in names
    ]
    return [f"  {line}" for line in dict.fromkeys(lines)]


def run_job(
    files: Sequence[Path],
    out: Path,
    *,
    incident: int = 0,
    promotion_ended: bool = False,
    language: str = "",
) -> JobDone:
    """Read, find, choose by the incidents' rules, export everything into a new folder under `out`.

    Parameters
    ----------
    files : sequence of Path
        Reports.
    out : Path
        The case's folder. Nothing is made there when a report cannot be used or no incident is found.
    incident : int
        1 for the gravest; 0 for all of them.
    promotion_ended : bool
        The seller's word that the bleed has stopped; without it the export is a draft.
    language : str
        Of the case; empty leaves it as it is.

    Raises
    ------
    ReportError
        A file that cannot be used.
    PromofixError
        There are fewer incidents than asked for.
    """
    half_made = not out.exists()
    try:
        case = Case.open(out, language=language)
        case.add_reports(files)
        findings = case.findings
        if not findings.incidents:
            return JobDone(case.reading, findings)
        if incident > len(findings.incidents):
            raise PromofixError("app.fewer_incidents", asked=incident, n=len(findings.incidents))
        case.take_found()
        if incident:
            for taken in case.incidents:
                case.take(taken.number, taken.finding == findings.incidents[incident - 1])
        done = export_case(case, promotion_ended=promotion_ended)
        half_made = False
        return done
    finally:
        if half_made:
            shutil.rmtree(out, ignore_errors=True)


def export_case(
    case: Case,
    *,
    promotion_ended: bool = False,
    round: int = 1,
    copies: int = 1,
    now: datetime | None = None,
) -> JobDone:
    """A new export of a case from its decisions as they are.

    Parameters
    ----------
    case : Case
    promotion_ended : bool
        The seller's word that the bleed has stopped; it stays said.
    round : int
        2 or more: only what is new, or can be worked on only now, since the last export.
    copies : int
        Workbooks, one for each assistant.
    now : datetime, optional
        Names the export; the present time by default.

    Raises
    ------
    ExportError
        A folder that cannot be written, a text that is too long for a sheet.
    """
    if promotion_ended:
        confirm_end(case)
    handover: Handover | None = None
    beside: tuple[Told, ...] = ()
    try:
        handover = export(case, now=now or datetime.now(UTC), round=round, copies=copies)
    except ExportError as error:
        if error.key not in _NOTHING:
            raise
        beside = (told(error.key),)  # an answer like "no incident", not a fault
    findings = case.findings
    worked_on = [(one.number, one.finding) for one in case.incidents if one.taken and one.finding]
    worked_on.sort(key=lambda one: findings.incidents.index(one[1]))
    return JobDone(case.reading, findings, case, tuple(worked_on), handover, beside)
