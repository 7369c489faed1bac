"""Reports that were saved again as a spreadsheet: read where Excel left the numbers alone, refused where it did not."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from promofix_lib.errors import ReportError
from promofix_lib.reports.archive import HARMLESS, LARGEST, RATIO, Source
from promofix_lib.reports.flat_file import FlatFile, Read
from promofix_lib.reports.lines import Header, header_among
from promofix_lib.reports.names import english

_MOST_CELLS = 60_000_000
_BLOCK = 1 << 20
_CELL = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_IN_ONE_COLUMN = re.compile("\t|(?:\xa0 ){2,}\xa0?")
_AGAIN = "Download the report again as text (.txt) and give that file as it is, without opening it in Excel."


def is_workbook(start: bytes, source: Source) -> bool:
    """Whether a file is an Excel workbook (.xlsx)."""
    if not start.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(source.stream) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return False
    finally:
        source.stream.seek(0)


def read_workbook(source: Source) -> tuple[Header, Read]:
    """The first sheet that holds a known report.

    Raises
    ------
    ReportError
        No sheet holds one, the file is damaged or harmful, or Excel has ruined the ids.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    _check_size(source)
    source.stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(source.stream.read()))
        names = list(book.sheet_names)
        if "mail_merge" in names and "todo" in names:
            raise ReportError(
                f"{source.name}: this is promofix's own workbook, not a report. Notebook 6 reads the assistant's marks "
                "in it; here, give the reports from Seller Central."
            )
        sheets = (book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names)
        found = next((pair for pair in map(_header_and_rows, sheets) if pair), None)
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise ReportError(f"{source.name}: this workbook is damaged ({str(error)[:80]}). {_AGAIN}") from error
    if found is None:
        raise ReportError(f"{source.name}: no sheet of this workbook holds a report. {_AGAIN}")
    header, rows = found
    _check_ids(source.name, header, rows)
    texts = [[_text(cell) for cell in row] for row in rows]
    return header, FlatFile(header).read_cells(texts)


def _header_and_rows(rows: list[list[Any]]) -> tuple[Header, list[list[Any]]] | None:
    header = header_among([_text(cell) for cell in row] for row in rows[:50])
    if header:
        return header, rows
    split: list[list[Any]] = [list(_IN_ONE_COLUMN.split(_text(row[0]))) if row else [] for row in rows]
    header = header_among(split[:50])
    return (header, split) if header else None


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return "" if cell is None or isinstance(cell, timedelta) else str(cell)


def _check_ids(name: str, header: Header, rows: list[list[Any]]) -> None:
    """An id that Excel holds as a number has lost its leading zeros, unless it has as many digits as ids have."""
    places = [i for i, cell in enumerate(header.cells) if english(cell).endswith("order-item-id")]
    for number, row in enumerate(rows[header.line :], start=header.line + 1):
        for place in places:
            cell = row[place] if place < len(row) else ""
            if isinstance(cell, float) and not 1e13 <= cell < 1e15:
                raise ReportError(
                    f"{name}: line {number}: Excel has turned the order item id into the number {cell:.6g}, and its "
                    f"leading zeros are lost. {_AGAIN}"
                )


def _check_size(source: Source) -> None:
    """Refuse workbooks that unpack to far too much, or whose one far-off cell would make a giant table."""
    try:
        with zipfile.ZipFile(source.stream) as archive:
            packed = sum(info.compress_size for info in archive.infolist())
            size = sum(info.file_size for info in archive.infolist())
            if size > LARGEST or (size > HARMLESS and size > RATIO * max(packed, 1)):
                raise ReportError(
                    f"{source.name}: this workbook unpacks to {size >> 20} MB. It is not a report. {_AGAIN}"
                )
            for info in archive.infolist():
                if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                    with archive.open(info) as sheet:
                        _check_extent(source.name, iter(lambda: sheet.read(_BLOCK), b""))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ReportError(f"{source.name}: this workbook is damaged or locked ({str(error)[:80]}). {_AGAIN}") from error


def _check_extent(name: str, blocks: Iterator[bytes]) -> None:
    columns, last_row = 0, 0
    for block in blocks:
        cells = _CELL.findall(block)
        columns = max([columns, *(_number(letters) for letters in {letters for letters, _ in cells})])
        last_row = max([last_row, *(int(row) for _, row in cells)])
        if columns * last_row > _MOST_CELLS:
            raise ReportError(f"{name}: a sheet of this workbook spans {last_row} x {columns} cells. {_AGAIN}")


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
