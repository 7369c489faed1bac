"""The folder of a case into which the seller drops what came back, and the right reader for each file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from promofix_lib.case.case import Case
from promofix_lib.errors import ReportError
from promofix_lib.returns.rounds import take_back_processing_report, take_back_sheet
from promofix_lib.returns.todo_sheet import WorkedSheet
from promofix_lib.returns.uploads import UploadAnswer
from promofix_lib.stored import free_name, safe_file_name, write_atomically

INBOX = "returned"
"""Name of the folder in the case; a purge removes the workbooks in it, for they name buyers."""

WORKBOOKS = (".xlsx", ".xlsm", ".ods", ".xls")
"""Endings of a workbook that the assistant may send back."""

REPORTS = (".txt", ".tsv", ".csv", ".zip", ".gz")
"""Endings of Amazon's processing report."""


def inbox(case: Case) -> Path:
    """The folder, made when it is not there yet."""
    folder = case.folder / INBOX
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def returned_files(case: Case) -> tuple[Path, ...]:
    """Files in the folder that can be read back, by name; hidden ones and those of an open Excel are passed over."""
    found = (path for path in inbox(case).iterdir() if path.suffix.lower() in (*WORKBOOKS, *REPORTS))
    return tuple(sorted(path for path in found if path.is_file() and not path.name.startswith((".", "~$"))))


def drop_in(case: Case, name: str, content: bytes) -> Path:
    """Lay an uploaded file into the folder; the same content is kept once.

    Raises
    ------
    ReportError
        A file that is neither a workbook nor a text.
    """
    plain = safe_file_name(name)
    if not plain.lower().endswith((*WORKBOOKS, *REPORTS)):
        raise ReportError(
            f"{plain}: this is neither a workbook nor a processing report. Upload the buyers.xlsx that came back, or "
            "Amazon's processing report as text."
        )
    for path in returned_files(case):
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return path
    place = free_name(inbox(case), plain)
    write_atomically(place, content)
    return place


def take_back(case: Case, path: Path, *, now: datetime) -> WorkedSheet | UploadAnswer:
    """Read a file that came back: a workbook as the assistant's answers, a text as Amazon's.

    Parameters
    ----------
    case : Case
        It keeps what the file says; the same file again changes nothing.
    path : Path
    now : datetime with a zone
        When it was read.

    Raises
    ------
    ReportError
        Neither of the two, or about another case.
    """
    if path.suffix.lower() in WORKBOOKS:
        return take_back_sheet(case, path, now=now)
    return take_back_processing_report(case, path, now=now)
