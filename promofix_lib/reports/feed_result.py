"""Amazon's answer to an uploaded file, as text, XML or JSON: how many lines it took, and what it refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import text_of
from promofix_lib.reports.kinds import facts, spelled
from promofix_lib.reports.source import Source, sources_of
from promofix_lib.reports.texts import cleaned

_LARGEST = 64 << 20  # an answer of a million lines; more is no answer
_TITLE = "feed processing summary"
_WITHIN = 200  # lines before the title, where the whole page was copied from the browser
# A line of the answer whose tabs became blanks on the way through the clipboard.
_BLANKS = re.compile(
    r"\s*(?P<record>\d+)\s+(?:(?P<order>\S*\d\S*)\s+)??(?:(?P<item>\d{8,}|\d[\d.,]*E\+\d+)\s+)?"
    r"(?P<code>\d{3,6})\s+(?P<kind>Fatal|Error|Warning)\s*(?P<message>.*)",
    re.IGNORECASE,
)

Answer = tuple[Mapping[str, Any], list[Mapping[str, str | None]]]
"""Its counts, and the cells of what it says, under the names of its own."""


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
    return next(map(_read, sources_of(Path(path))))  # a file stays open while its source is asked for


def _read(source: Source) -> ProcessingReport:
    if len(source.start(_LARGEST + 1)) > _LARGEST:
        raise _no_answer(source, "")
    text = text_of(source).lstrip("\ufeff \t\r\n")
    is_xml = text.startswith("<") and "ProcessingReport" in text[:4096]
    read = _from_xml if is_xml else _from_json if text.startswith("{") else _from_text
    counts, said = read(source, text)
    processed, successful = _counted(source.name, counts)
    if successful > processed:
        raise ReportError("reports.answer_counts", file=source.name, processed=processed, successful=successful)
    return ProcessingReport(processed, successful, tuple(map(_error, said)))


def _counted(name: str, counts: Mapping[str, Any]) -> list[int]:
    """How many lines Amazon read, and how many it took."""
    found = []
    for word in ("processed", "successful"):
        count = next((str(counts[one]).strip() for one in facts().table["answer"][word] if one in counts), "")
        if not (count.isascii() and count.isdecimal()):
            raise ReportError("reports.answer_without_count", file=name, word=word)
        found.append(int(count))
    return found


def _error(cells: Mapping[str, str | None]) -> FeedError:
    """A line of the answer from its cells; a kind that Amazon has no word for is taken for a refusal."""
    parts = (field.name for field in fields(FeedError))
    said = (next((cells[name] or "" for name in facts().table["answer"][part] if name in cells), "") for part in parts)
    record, order, item, code, kind, message = (cell.strip() for cell in said)
    number = int(record) if record.isascii() and record.isdecimal() else 0
    word = kind.capitalize() if kind.capitalize() in ("Fatal", "Error", "Warning") else "Error"
    return FeedError(number, order or None, item or None, code, word, message)


def _no_answer(source: Source, first: str) -> ReportError:
    return ReportError("reports.no_processing_report", file=source.name, found=cleaned(first)[:60])


# -- text -------------------------------------------------------------------------------------------------------------


def _from_text(source: Source, text: str) -> Answer:
    lines = [line.rstrip("\r") for line in text.split("\n")]
    title = next((at for at, line in enumerate(lines[:_WITHIN]) if _TITLE in line.lower()), None)
    if title is None:
        raise _no_answer(source, next((line for line in lines if line.strip()), ""))
    lines = lines[title:]
    found = re.findall(r"records\s+(processed|successful)\s*:?\s*(\d+)", " ".join(lines[:20]), re.IGNORECASE)
    counts = {word.lower(): number for word, number in reversed(found)}
    at = next((at for at, line in enumerate(lines) if "error-code" in spelled(line)), None)
    if at is not None:
        return counts, list(_table(source.name, lines, at))
    # without the table there must be nothing to tell: else a refusal would pass for a success
    processed, successful = _counted(source.name, counts)
    if any(map(_BLANKS.fullmatch, lines)) or (processed > successful and any(map(str.strip, _after_counts(lines)))):
        raise ReportError("reports.answer_without_table", file=source.name, n=processed - successful)
    return counts, []


def _table(name: str, lines: list[str], at: int) -> Iterator[Mapping[str, str | None]]:
    names = [spelled(cell) for cell in lines[at].split("\t")]
    for number, line in enumerate(lines[at + 1 :], start=at + 2):
        if not line.strip():
            continue
        row = dict(zip(names, line.split("\t"), strict=False)) if "error-code" in names and "\t" in line else {}
        if row.get("error-code", "").strip() or row.get("error-type", "").strip():
            yield row
        elif in_blanks := _BLANKS.fullmatch(line):
            yield in_blanks.groupdict()
        elif _is_foreign(line):
            return  # the foot of the page that was copied along
        else:
            raise ReportError("reports.answer_unreadable", file=name, line=number, found=cleaned(line)[:80])


def _after_counts(lines: list[str]) -> list[str]:
    last = max(at for at, line in enumerate(lines[:20]) if "successful" in line.lower())
    return [line for line in lines[last + 1 :] if not re.fullmatch(r"\s*\d*\s*", line)]


def _is_foreign(line: str) -> bool:
    return not re.match(r"\s*\d+\s", line) and not re.search(r"\b(error|fatal|warning)\b", line, re.IGNORECASE)


# -- XML and JSON -----------------------------------------------------------------------------------------------------


def _from_xml(source: Source, text: str) -> Answer:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ReportError("reports.xml_declares", file=source.name)
    try:
        root = ElementTree.fromstring(re.sub(r"^<\?xml[^>]*\?>", "", text))
    except ElementTree.ParseError as error:
        raise ReportError("reports.answer_damaged", file=source.name, why=str(error)) from error
    counts = {_tag(element): element.text or "" for element in root.iter()}
    said = [element for element in root.iter() if _tag(element) == "result"]
    return counts, [{_tag(child): child.text for child in element.iter()} for element in said]


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2].lower()


def _from_json(source: Source, text: str) -> Answer:
    try:
        answer: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportError("reports.answer_damaged", file=source.name, why=str(error)[:120]) from error
    summary = answer.get("summary")
    if not isinstance(summary, dict) or "messagesProcessed" not in summary:
        raise _no_answer(source, text[:200])
    issues = answer.get("issues", [])
    if not isinstance(issues, list):
        raise ReportError("reports.answer_without_count", file=source.name, word="refused")
    said = (
        {name.lower(): str(cell) for name, cell in issue.items() if cell} for issue in issues if isinstance(issue, dict)
    )
    counts = {name.lower(): number for name, number in summary.items()}
    return counts, [cells for cells in said if cells.get("severity", "").upper() != "INFO"]
