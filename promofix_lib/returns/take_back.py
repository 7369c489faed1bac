"""Files that came back, of whatever kind: what they say becomes lines of the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from promofix_lib.case.case import Case
from promofix_lib.case.decisions import SELLER
from promofix_lib.case.records import Answer, ExportRecord, Returned, UploadAnswer
from promofix_lib.errors import ReportError
from promofix_lib.export.sheet import Value
from promofix_lib.places import content, trouble_of_case_told
from promofix_lib.plain import Record
from promofix_lib.reports.feed_result import ProcessingReport, read_processing_report
from promofix_lib.returns.compare import Desk, TakenBack
from promofix_lib.returns.sheets import Worked, is_list, read_worked
from promofix_lib.returns.uploads import match_upload
from promofix_lib.status.past import Task


@trouble_of_case_told
def follow_up(case: Case, paths: Iterable[Path | str], *, now: datetime) -> TakenBack:
    """Read back what came: worked lists as the assistants' answers, processing reports as Amazon's.

    A cell is compared with what was handed out: one that nobody touched never undoes an answer. What a hand says anew
    follows what it said before; two hands that say different things are a conflict, kept and shown with both. The same
    file again changes nothing.

    Parameters
    ----------
    case : Case
    paths : iterable of Path
        One file or several, in the order in which they are to be heard; all are read before the first one changes
        anything.
    now : datetime with a zone
        When they were read.

    Raises
    ------
    ReportError
        A file that is neither of the two, or about another case; nothing was changed then.
    """
    files = [_read(Path(path), now) for path in paths]
    for came, read in files:
        if isinstance(read, ProcessingReport):
            _matched(case, came, read)
    desk = Desk(case)
    for came, read in files:
        _take(case, came, read, desk)
    return desk.taken_back()


def settle(case: Case, order_id: str, field: Task, value: Value, *, now: datetime, note: str = "") -> None:
    """The seller's word on a task: it ends a conflict, and stands until somebody says something new."""
    answer = Answer(order_id, field, value, note, SELLER, "", "", "", now)
    case.journal.keep([answer], SELLER)


def _read(path: Path, now: datetime) -> tuple[Returned, Worked | ProcessingReport]:
    if not path.is_file():
        raise ReportError("returns.not_there", file=str(path))
    kind, read = ("todo", read_worked) if is_list(path) else ("processing_report", read_processing_report)
    return Returned(path.name, hashlib.sha256(content(path)).hexdigest(), kind, now), read(path)


def _take(case: Case, came: Returned, read: Worked | ProcessingReport, desk: Desk) -> None:
    known = any(one.sha256 == came.sha256 for one in case.journal.records(Returned))
    lines: list[Record]
    if isinstance(read, Worked):
        lines, by = [*desk.take(came, read, known=known)], "assistant"
    else:
        answer, new = _matched(case, came, read)
        told = len(answer.accepted) + len(answer.refused)
        desk.understood += max(told, read.processed)
        desk.changed += told * new
        desk.warnings.update(dict.fromkeys(answer.warnings))
        lines, by = [answer] * new, "amazon"
    if not known:
        case.journal.keep([*lines, came], by)


def _matched(case: Case, came: Returned, report: ProcessingReport) -> tuple[UploadAnswer, bool]:
    """Amazon's answer, and whether it is a new one."""
    before = case.journal.records(UploadAnswer)
    same = next((one for one in before if one.sha256 == came.sha256), None)
    return same or match_upload(came, report, case.journal.records(ExportRecord), before), same is None
