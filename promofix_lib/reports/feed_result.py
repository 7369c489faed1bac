"""Amazon's answer to an uploaded file: how many lines it took, and what it refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from promofix_lib.errors import ReportError
from promofix_lib.reports.archive import Source, sources_of
from promofix_lib.reports.encodings import encoding_of, lenient, text_blocks
from promofix_lib.reports.names import spelled
from promofix_lib.reports.strangers import stranger

_COLUMNS = ("original-record-number", "order-id", "order-item-id", "error-code", "error-type", "error-message")


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
        The text file behind "Processing Report" on the upload page.

    Raises
    ------
    ReportError
        Some other file.
    """
    for source in sources_of(Path(path)):
        return _read(source)
    raise ReportError(f"{Path(path).name}: there is no file in this archive. Download the processing report again.")


def _read(source: Source) -> ProcessingReport:
    text = b"".join(text_blocks(source.stream, encoding_of(source)))
    lines = [lenient(line).rstrip("\r") for line in text.split(b"\n")]
    if not lines[0].strip("\ufeff \t").lower().startswith("feed processing summary"):
        first = next((line for line in lines if line.strip()), "")
        raise ReportError(
            f"{source.name}: this is not a processing report: {stranger(source.start(), first)} For the processing "
            'report open Orders > Upload Order Related Files > "Check Upload Status" in Seller Central.'
        )
    processed, successful = (_number(source.name, lines, word) for word in ("processed", "successful"))
    return ProcessingReport(processed, successful, tuple(_errors(lines)))


def _number(name: str, lines: list[str], word: str) -> int:
    found = next((re.search(r"(\d+)\s*$", line) for line in lines[:10] if f"records {word}" in line.lower()), None)
    if not found:
        raise ReportError(
            f"{name}: the line that says how many records were {word} is missing. Download the processing report again."
        )
    return int(found[1])


def _errors(lines: list[str]) -> list[FeedError]:
    for at, line in enumerate(lines):
        names = [spelled(cell) for cell in line.split("\t")]
        if "error-code" in names:
            rows = (dict(zip(names, text.split("\t"), strict=False)) for text in lines[at + 1 :] if text.strip())
            return [_error(row) for row in rows]
    return []


def _error(row: dict[str, str]) -> FeedError:
    record, order, item, code, kind, message = (row.get(name, "").strip() for name in _COLUMNS)
    return FeedError(int(record) if record.isdecimal() else 0, order or None, item or None, code, kind, message)
