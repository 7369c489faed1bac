"""Amazon's processing report matched to the cancellation file it answers: which lines failed, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promofix_lib.errors import ReportError
from promofix_lib.export.cancellation import Cancellation
from promofix_lib.export.handover.record import ExportRecord
from promofix_lib.reports import FeedError, ProcessingReport

_HEADER_LINES = 3  # if Amazon counts the template's own lines, its first order is record 3 at most


@dataclass(frozen=True)
class Failed:
    """A line that Amazon refused."""

    line: Cancellation
    code: str
    message: str


@dataclass(frozen=True)
class UploadAnswer:
    """What became of one uploaded file.

    Parameters
    ----------
    export, file : str
        Folder name of the export, and the file in it.
    failed : tuple of Failed
    accepted : tuple of Cancellation
        Lines that the report does not name. The next All Orders report shows whether they are cancelled.
    warnings : tuple of str
        What Amazon remarked without refusing, and what does not add up.
    """

    export: str
    file: str
    failed: tuple[Failed, ...]
    accepted: tuple[Cancellation, ...]
    warnings: tuple[str, ...]

    @property
    def failed_keys(self) -> tuple[str, ...]:
        """Order items of the lines that failed."""
        return tuple(dict.fromkeys(key for failed in self.failed for key in failed.line.keys))


def match_upload(name: str, report: ProcessingReport, records: Sequence[ExportRecord]) -> UploadAnswer:
    """The answer to the upload that fits the report: its number of lines and its orders; the newest when several do.

    Parameters
    ----------
    name : str
        The report's file name, for messages.
    report : ProcessingReport
        Record number 1 is the first order of the uploaded file.
    records : sequence of ExportRecord
        The exports of the case, oldest first.

    Raises
    ------
    ReportError
        No cancellation file of this case fits.
    """
    uploads = [(record, file, lines) for record in records for file, lines in record.uploads.items()]
    fitting = [upload for upload in uploads if _fits(report, upload[2])]
    if not fitting:
        raise ReportError(
            f"{name}: this processing report answers none of the {len(uploads)} cancellation files of this case "
            f"(it counts {report.processed} records). Is it the report of another upload, or of a file that was "
            "changed before the upload?"
        )
    record, file, lines = fitting[-1]
    return _answer(name, (record.folder.name, file), lines, report)


def _fits(report: ProcessingReport, lines: Sequence[Cancellation]) -> bool:
    orders = {line.order_id for line in lines}
    named = {fault.order_id for fault in report.errors if fault.order_id}
    refused_whole = any(_is_about_the_file(fault) for fault in report.errors) and not report.processed
    return named <= orders and (report.processed == len(lines) or refused_whole)


def _is_about_the_file(fault: FeedError) -> bool:
    return fault.kind.lower() == "fatal" and not fault.order_id and fault.record <= 0


def _answer(name: str, place: tuple[str, str], lines: Sequence[Cancellation], report: ProcessingReport) -> UploadAnswer:
    remarks = [f"{fault.code}: {fault.message}" for fault in report.errors if fault.kind.lower() == "warning"]
    faults = [fault for fault in report.errors if fault.kind.lower() != "warning"]
    failed: dict[int, Failed] = {}
    shift = _shift(lines, faults)
    for fault in faults:
        hit = range(len(lines)) if _is_about_the_file(fault) else _lines_of(fault, lines, shift)
        if not hit:
            remarks.append(f"record {fault.record} is no line of {place[1]}: {fault.code}: {fault.message}")
        for number in hit:
            failed.setdefault(number, Failed(lines[number], fault.code, fault.message))
    accepted = tuple(line for number, line in enumerate(lines) if number not in failed)
    remarks += _sums(name, report, len(failed))
    return UploadAnswer(*place, tuple(failed[number] for number in sorted(failed)), accepted, tuple(remarks))


def _shift(lines: Sequence[Cancellation], faults: Iterable[FeedError]) -> int:
    """By how much Amazon's record numbers run ahead of ours, told by the records that also name their order."""
    named = [fault for fault in faults if fault.order_id and fault.record > 0]
    for shift in range(_HEADER_LINES):
        if all(_order_at(lines, fault.record - 1 - shift) == fault.order_id for fault in named):
            return shift
    return 0


def _order_at(lines: Sequence[Cancellation], number: int) -> str | None:
    return lines[number].order_id if 0 <= number < len(lines) else None


def _lines_of(fault: FeedError, lines: Sequence[Cancellation], shift: int) -> Sequence[int]:
    number = fault.record - 1 - shift
    if not fault.order_id:
        return [number] if 0 <= number < len(lines) else []
    of_order = [place for place, line in enumerate(lines) if line.order_id == fault.order_id]
    of_item = [place for place in of_order if fault.order_item_id and lines[place].item_code == fault.order_item_id]
    return of_item or ([number] if number in of_order else of_order)


def _sums(name: str, report: ProcessingReport, failed: int) -> list[str]:
    refused = report.processed - report.successful
    if refused == failed or not report.processed:
        return []
    return [
        f"{name}: Amazon counts {refused} records with errors, but names {failed}. "
        "Compare the orders with the next All Orders report."
    ]
