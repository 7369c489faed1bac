"""Amazon's answer to an uploaded file, as text, XML or JSON: how many lines it took, and what it refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import LongLineError, encoding_of, lenient, text_blocks
from promofix_lib.reports.kinds import spelled
from promofix_lib.reports.source import Source, sources_of, stranger
from promofix_lib.reports.texts import cleaned

_COLUMNS = ("original-record-number", "order-id", "order-item-id", "error-code", "error-type", "error-message")
_KINDS = {"fatal": "Fatal", "error": "Error", "warning": "Warning"}
_LARGEST = 64 << 20  # an answer of a million lines; more is no answer
_TITLE = "feed processing summary"
_WITHIN = 200  # lines before the title, where the whole page was copied from the browser
# A line of the answer whose tabs became blanks on the way through the clipboard.
_BLANKS = re.compile(
    r"\s*(?P<record>\d+)\s+(?:(?P<order>\S*\d\S*)\s+)??(?:(?P<item>\d{8,}|\d[\d.,]*E\+\d+)\s+)?"
    r"(?P<code>\d{3,6})\s+(?P<kind>Fatal|Error|Warning)\s*(?P<message>.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FeedError:
    """One thing Amazon said about one line of the uploaded file.

    Parameters
    ----------
    record : int
        Number of the line among the uploaded data lines, from 1; 0 speaks of the whole file.
    order_id, order_item_id : str or None
        None where Amazon names none.
    code : str
        For example ``"90012"``.
    kind : str
        ``"Fatal"``, ``"Error"`` or ``"Warning"``; a line with a warning was taken.
    message : str
        Amazon's sentence.
    """

    record: int
    order_id: str | None
    order_item_id: str | None
    code: str
    kind: str
    message: str


@dataclass(frozen=True)
class ProcessingReport:
    """How many lines of an upload Amazon read and took, and what it said about the others."""

    processed: int
    successful: int
    errors: tuple[FeedError, ...]


def read_processing_report(path: Path) -> ProcessingReport:
    """Amazon's processing report for an uploaded file.

    Parameters
    ----------
    path : Path
        The text file behind "Processing Report" on the upload page, the XML or JSON answer to a feed, or a text file
        with what was copied from the page.

    Raises
    ------
    ReportError
        Some other file, or an answer with a refusal that could not be read.
    """
    for source in sources_of(Path(path)):
        if isinstance(source, ReportError):
            raise source
        return _read(source)
    raise ReportError("reports.empty_archive", file=Path(path).name)


def _read(source: Source) -> ProcessingReport:
    start = source.start().replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    text = _text(source)
    if start.startswith(b"<") and b"ProcessingReport" in start:
        report = _from_xml(source.name, text)
    elif start.startswith(b"{"):
        report = _from_json(source, text)
    else:
        report = _from_text(source, text)
    _check(source.name, report)
    return report


def _text(source: Source) -> str:
    if len(source.start(_LARGEST + 1)) > _LARGEST:
        raise _no_answer(source, "")
    try:
        return lenient(b"".join(text_blocks(source.stream, encoding_of(source))))
    except LongLineError as error:
        raise _no_answer(source, "") from error


def _no_answer(source: Source, first: str) -> ReportError:
    return ReportError("reports.no_processing_report", file=source.name, what=stranger(source, first))


def _check(name: str, report: ProcessingReport) -> None:
    """Counts that cannot be, and refusals that are counted and not named although Amazon says something."""
    if report.successful > report.processed:
        raise ReportError("reports.answer_counts", file=name, processed=report.processed, successful=report.successful)


# -- text -------------------------------------------------------------------------------------------------------------


def _from_text(source: Source, text: str) -> ProcessingReport:
    lines = [line.rstrip("\r") for line in text.split("\n")]
    title = next((at for at, line in enumerate(lines[:_WITHIN]) if _TITLE in line.lower()), None)
    if title is None:
        raise _no_answer(source, next((line for line in lines if line.strip()), ""))
    lines = lines[title:]
    processed, successful = (_number(source.name, lines, word) for word in ("processed", "successful"))
    return ProcessingReport(processed, successful, tuple(_errors(source.name, lines, processed - successful)))


def _number(name: str, lines: list[str], word: str) -> int:
    start = " ".join(lines[:20])
    found = re.search(rf"records\s+{word}\s*:?\s*(\d+)", start, re.IGNORECASE)
    if not found:
        raise ReportError("reports.answer_without_count", file=name, word=word)
    return int(found[1])


def _errors(name: str, lines: list[str], refused: int) -> Iterator[FeedError]:
    at = next((at for at, line in enumerate(lines) if "error-code" in spelled(line)), None)
    if at is None:
        # without the table there must be nothing to tell: else a refusal would pass for a success
        said = [line for line in lines if _BLANKS.fullmatch(line)]
        if said or (refused and any(line.strip() for line in _after_counts(lines))):
            raise ReportError("reports.answer_without_table", file=name, n=refused)
        return
    names = [spelled(cell) for cell in lines[at].split("\t")]
    for number, line in enumerate(lines[at + 1 :], start=at + 2):
        if line.strip():
            error = _by_tabs(names, line) if "error-code" in names and "\t" in line else _by_blanks(line)
            if error is not None:
                yield error
            elif _is_foreign(line):
                return  # the foot of the page that was copied along
            else:
                raise ReportError("reports.answer_unreadable", file=name, line=number, found=cleaned(line)[:80])


def _after_counts(lines: list[str]) -> list[str]:
    last = max(at for at, line in enumerate(lines[:20]) if "successful" in line.lower())
    return [line for line in lines[last + 1 :] if not re.fullmatch(r"\s*\d*\s*", line)]


def _is_foreign(line: str) -> bool:
    return not re.match(r"\s*\d+\s", line) and not re.search(r"\b(error|fatal|warning)\b", line, re.IGNORECASE)


def _by_tabs(names: list[str], line: str) -> FeedError | None:
    row = dict(zip(names, line.split("\t"), strict=False))
    record, order, item, code, kind, message = (row.get(name, "").strip() for name in _COLUMNS)
    if not code and not kind:
        return _by_blanks(line)
    return FeedError(_whole(record), order or None, item or None, code, _kind(kind), message)


def _by_blanks(line: str) -> FeedError | None:
    found = _BLANKS.fullmatch(line)
    if not found:
        return None
    order, item = found["order"], found["item"]
    return FeedError(int(found["record"]), order, item, found["code"], _kind(found["kind"]), found["message"].strip())


def _kind(word: str) -> str:
    """Amazon's word; one that is not known is taken for a refusal.

    >>> _kind("WARNING"), _kind("")
    ('Warning', 'Error')
    """
    return _KINDS.get(word.strip().lower(), "Error")


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0


# -- XML and JSON -----------------------------------------------------------------------------------------------------


def _from_xml(name: str, text: str) -> ProcessingReport:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ReportError("reports.xml_declares", file=name)
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*\ufeff?\s*<\?xml[^>]*\?>", "", text))
    except ElementTree.ParseError as error:
        raise ReportError("reports.answer_damaged", file=name, why=str(error)) from error
    said = [element for element in root.iter() if _tag(element) == "Result"]
    counts = {_tag(element): (element.text or "").strip() for element in root.iter()}
    for word in ("MessagesProcessed", "MessagesSuccessful"):
        if not counts.get(word, "").isdecimal():
            raise ReportError("reports.answer_without_count", file=name, word=word)
    errors = tuple(_result(element) for element in said)
    return ProcessingReport(int(counts["MessagesProcessed"]), int(counts["MessagesSuccessful"]), errors)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _result(element: ElementTree.Element) -> FeedError:
    cells = {_tag(child): (child.text or "").strip() for child in element.iter()}
    return FeedError(
        _whole(cells.get("MessageID", "")),
        cells.get("AmazonOrderID") or None,
        cells.get("AmazonOrderItemCode") or None,
        cells.get("ResultMessageCode", ""),
        _kind(cells.get("ResultCode", "")),
        cells.get("ResultDescription", ""),
    )


def _from_json(source: Source, text: str) -> ProcessingReport:
    try:
        answer: Any = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ReportError("reports.answer_damaged", file=source.name, why=str(error)[:120]) from error
    summary = answer.get("summary") if isinstance(answer, dict) else None
    if not isinstance(summary, dict) or "messagesProcessed" not in summary:
        raise _no_answer(source, text[:200])
    processed = summary["messagesProcessed"]
    accepted = summary.get("messagesAccepted", summary.get("messagesSuccessful"))
    issues = answer.get("issues", [])
    if not isinstance(processed, int) or not isinstance(accepted, int) or not isinstance(issues, list):
        raise ReportError("reports.answer_without_count", file=source.name, word="messagesAccepted")
    errors = (_issue(issue) for issue in issues if isinstance(issue, dict))
    return ProcessingReport(processed, accepted, tuple(error for error in errors if error))


def _issue(issue: dict[str, Any]) -> FeedError | None:
    said = {name: str(issue.get(name, "")) for name in ("messageId", "code", "severity", "message")}
    if said["severity"].upper() == "INFO":
        return None
    order = issue.get("amazonOrderId") or issue.get("orderId")
    record = _whole(said["messageId"])
    return FeedError(
        record, str(order) if order else None, None, said["code"], _kind(said["severity"]), said["message"]
    )
