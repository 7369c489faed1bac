"""The folder of a case into which what came back is laid, by hand or as an upload."""

from __future__ import annotations

from pathlib import Path

from promofix_lib.case.case import Case
from promofix_lib.errors import ReportError
from promofix_lib.file_names import free_name, is_finished, safe_file_name
from promofix_lib.places import private_folder, trouble_of_case_told, write_atomically
from promofix_lib.returns.sheets import TEXTS, WORKBOOKS

INBOX = "returned"
"""Name of the folder; a purge removes the lists in it, for they name buyers."""

ENDINGS = (*WORKBOOKS, *TEXTS)
"""What may come back."""


def inbox(case: Case) -> Path:
    """The folder, made when it is not there yet."""
    return private_folder(case.folder / INBOX)


@trouble_of_case_told
def returned_files(case: Case) -> tuple[Path, ...]:
    """Files in the folder that can be read back, by name; hidden ones and those of an open Excel are passed over."""
    found = (path for path in inbox(case).iterdir() if path.suffix.lower() in ENDINGS)
    return tuple(sorted(path for path in found if is_finished(path.name) and path.is_file()))


@trouble_of_case_told
def drop_in(case: Case, name: str, content: bytes) -> Path:
    """Lay an uploaded file into the folder; the same content is kept once.

    Raises
    ------
    ReportError
        A file that is neither a list nor an answer of Amazon.
    """
    plain = safe_file_name(name)
    if not plain.lower().endswith(ENDINGS):
        raise ReportError("returns.strange_file", file=plain)
    for path in returned_files(case):
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return path
    place = free_name(inbox(case), plain)
    write_atomically(place, content)
    return place
