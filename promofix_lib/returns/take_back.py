"""Files that came back, of whatever kind: what they say becomes lines of the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.case.records import Answer, ExportRecord, Record, Returned, UploadAnswer
from promofix_lib.errors import ReportError
from promofix_lib.export.sheet import Value
from promofix_lib.places import trouble_of_case_told
from promofix_lib.reports import ProcessingReport, read_processing_report
from promofix_lib.returns.compare import Desk, Heard, TakenBack, Task
from promofix_lib.returns.sheets import Worked, is_list, read_worked
from promofix_lib.returns.uploads import Source, match_upload
from promofix_lib.status import records, status
from promofix_lib.status.past import SELLER


@trouble_of_case_told
def follow_up(case: Case, paths: Iterable[Path | str], *, now: datetime, hand: str = "") -> TakenBack:
    """Read back several files, in the order given; all are read before the first one changes anything.

    Parameters
    ----------
    case : Case
    paths : iterable of Path
        Worked lists and Amazon's processing reports.
    now : datetime with a zone
        When they were read.
    hand : str, optional
        Who worked on the lists; taken from each file and its name when left out.

    Raises
    ------
    ReportError
        A file that is neither of the two, or about another case; nothing was changed then.
    """
    came = [_read(Path(path), now) for path in paths]
    for source, content in came:
        if isinstance(content, ProcessingReport):
            _amazon(case, source, content)
    heard = Heard(case)
    return sum((_take(case, source, content, hand, heard) for source, content in came), TakenBack())


def take_back(case: Case, path: Path | str, *, now: datetime, hand: str = "") -> TakenBack:
    """Read one file that came back: a worked list as the assistant's answers, a processing report as Amazon's.

    A cell is compared with what was handed out: one that nobody touched never undoes an answer. What a hand says anew
    follows what it said before; two hands that say different things are a conflict, kept and shown with both. The same
    file again changes nothing.

    Parameters
    ----------
    case : Case
    path : Path
    now : datetime with a zone
        When it was read.
    hand : str, optional
        Who worked on it. When left out: who saved the workbook last, where it tells, and the file's name.

    Raises
    ------
    ReportError
        Neither of the two, or about another case.
    """
    return follow_up(case, [path], now=now, hand=hand)


def settle(case: Case, order_id: str, field: Task, value: Value, *, now: datetime, note: str = "") -> None:
    """The seller's word on a task: it ends a conflict, and stands until somebody says something new."""
    answer = Answer(order_id, field, value, note, SELLER, "", "", "", now)
    case.journal.add(answer.entry, answer.to_json(), SELLER)


def _read(path: Path, now: datetime) -> tuple[Source, Worked | ProcessingReport]:
    if not path.is_file():
        raise ReportError("returns.not_there", file=str(path))
    source = Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), now)
    return source, read_worked(path) if is_list(path) else read_processing_report(path)


def _take(case: Case, source: Source, content: Worked | ProcessingReport, hand: str, heard: Heard) -> TakenBack:
    known = any(one.sha256 == source.sha256 for one in records(case, Returned))
    if isinstance(content, Worked):
        worked = replace(content, hand=hand, signed=True) if hand else content
        desk = Desk(heard, source, worked, known=known)
        result, lines, kind, by = desk.take(), list[Record](desk.answers), "todo", "assistant"
    else:
        (result, lines), kind, by = _amazon(case, source, content), "processing_report", "amazon"
    if not known:
        lines.append(Returned(source.name, source.sha256, kind, source.at))
        case.journal.add_many(((line.entry, line.to_json()) for line in lines), by)
    return result


def _amazon(case: Case, source: Source, report: ProcessingReport) -> tuple[TakenBack, list[Record]]:
    before = records(case, UploadAnswer)
    same = next((one for one in before if one.sha256 == source.sha256), None)
    answer = same or match_upload(source, report, records(case, ExportRecord), before)
    lines = len(answer.accepted) + len(answer.refused)
    result = TakenBack(max(lines, report.processed), 0 if same else lines, warnings=answer.warnings)
    return result, [] if same else [answer]


def report_of(result: TakenBack, case: Case) -> dict[str, Any]:
    """What ``promofix follow-up --json`` prints."""
    return result.to_json(case.language) | {"status": status(case).to_json()}


__all__ = ["TakenBack", "follow_up", "report_of", "settle", "take_back"]
