"""Amazon's processing report matched to the cancellation file it answers: which lines failed, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promofix_lib.case.records import Cancellation, ExportRecord, Returned, UploadAnswer
from promofix_lib.errors import ReportError
from promofix_lib.reports.feed_result import FeedError, ProcessingReport
from promofix_lib.say import Told, told

_HEADER_LINES = 3  # if Amazon counts the template's own lines, its first order is record 3 at most

Lines = Sequence[Cancellation]


def match_upload(
    came: Returned, report: ProcessingReport, exports: Sequence[ExportRecord], answered: Iterable[UploadAnswer] = ()
) -> UploadAnswer:
    """The answer to the upload that fits the report: its number of lines and its orders.

    Where several fit, the newest that has no answer yet, else the newest. Lines that the report does not name were
    accepted, unless Amazon counts more refusals than it names: then nobody knows which, and none is said to be.

    Parameters
    ----------
    came : Returned
        The file that brought the report.
    report : ProcessingReport
        Record number 1 is the first order of the uploaded file.
    exports : sequence of ExportRecord
        The exports of the case, oldest first.
    answered : iterable of UploadAnswer
        What came before.

    Raises
    ------
    ReportError
        No cancellation file of this case fits.
    """
    uploads = [(record.folder, file, lines) for record in exports for file, lines in record.uploads.items()]
    fitting = [upload for upload in uploads if _fits(report, upload[2])]
    if not fitting:
        raise ReportError("returns.no_upload", file=came.file, n=len(uploads), records=report.processed)
    before = {(reply.export, reply.file) for reply in answered}
    export, file, lines = next((one for one in reversed(fitting) if one[:2] not in before), fitting[-1])
    return _answer(came, export, file, lines, report)


def _fits(report: ProcessingReport, lines: Lines) -> bool:
    named = {fault.order_id for fault in report.errors if fault.order_id}
    refused_whole = any(_is_about_the_file(fault) for fault in report.errors) and not report.processed
    return named <= {line.order_id for line in lines} and (report.processed == len(lines) or refused_whole)


def _is_about_the_file(fault: FeedError) -> bool:
    return fault.kind == "Fatal" and not fault.order_id and fault.record <= 0


def _answer(came: Returned, export: str, file: str, lines: Lines, report: ProcessingReport) -> UploadAnswer:
    faults = [fault for fault in report.errors if fault.kind != "Warning"]
    remarks = [_remark(fault) for fault in report.errors if fault.kind == "Warning"]
    shift = _shift(lines, faults)
    failed: dict[int, FeedError] = {}
    for fault in faults:
        hit = range(len(lines)) if _is_about_the_file(fault) else _lines_of(fault, lines, shift)
        if not hit:
            remarks.append(told("returns.no_line", record=fault.record, file=file, why=_remark(fault)))
        for number in hit:
            failed.setdefault(number, fault)
    counted = report.processed - report.successful
    sure = counted == len(failed) or not report.processed
    if not sure:
        remarks.append(told("returns.counts_differ", file=came.file, counted=counted, named=len(failed)))
    accepted = tuple(
        key for number, line in enumerate(lines) for key in line.keys if number not in failed and (sure or not counted)
    )
    refused = tuple(
        (lines[number].order_id, lines[number].keys, failed[number].code, failed[number].message)
        for number in sorted(failed)
    )
    return UploadAnswer(export, file, came.file, came.sha256, came.at, accepted, refused, tuple(remarks))


def _remark(fault: FeedError) -> Told:
    return told("status.refused_why", code=fault.code, message=fault.message)


def _shift(lines: Lines, faults: Iterable[FeedError]) -> int:
    """By how much Amazon's record numbers run ahead of ours, told by the records that also name their order."""
    named = {(fault.record, fault.order_id) for fault in faults if fault.order_id and fault.record > 0}
    for shift in range(_HEADER_LINES):
        if named <= set(enumerate((line.order_id for line in lines), start=1 + shift)):
            return shift
    return 0


def _lines_of(fault: FeedError, lines: Lines, shift: int) -> Sequence[int]:
    number = fault.record - 1 - shift
    if not fault.order_id:
        return [number] if 0 <= number < len(lines) else []
    of_order = [place for place, line in enumerate(lines) if line.order_id == fault.order_id]
    of_item = [place for place in of_order if fault.order_item_id and lines[place].item_code == fault.order_item_id]
    return of_item or ([number] if number in of_order else of_order)
