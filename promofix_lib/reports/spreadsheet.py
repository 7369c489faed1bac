"""Reports that were saved again as a spreadsheet: every sheet that holds one is read, the others are named."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from promofix_lib.errors import ReportError
from promofix_lib.reports.archive import BLOCK, HARMLESS, LARGEST, RATIO, Source, is_office
from promofix_lib.reports.flat_file import FlatFile, Read
from promofix_lib.reports.kinds import english
from promofix_lib.reports.lines import Header, header_among
from promofix_lib.say import Told, told

_MOST_CELLS = 60_000_000
_CELL = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_IN_ONE_COLUMN = re.compile("\t|(?:\xa0 ){2,}\xa0?")
_WHOLE_IDS = (1e13, 1e15)  # an item id that a spreadsheet holds as a number is whole if it has 14 or 15 digits

Sheet = tuple[str, Header, Read]


def is_workbook(start: bytes, source: Source) -> bool:
    """Whether a file is an Excel workbook (.xlsx)."""
    return start.startswith(b"PK\x03\x04") and is_office(source, "xl/")


def read_workbook(source: Source) -> tuple[list[Sheet], list[Told]]:
    """Every sheet that holds a known report, and the sheets that were passed over because they hold none.

    Raises
    ------
    ReportError
        No sheet holds one, the file is damaged or harmful, or Excel has ruined the ids.
    """
    found: list[Sheet] = []
    passed: list[Told] = []
    for name, rows in _sheets(source):
        sheet = _header_and_rows(rows)
        if sheet:
            found.append((name, sheet[0], _read(source.name, *sheet)))
        elif any(_text(cell).strip() for row in rows for cell in row):
            passed.append(told("reports.sheet_passed_over", file=source.name, sheet=name, n=len(rows)))
    if not found:
        raise ReportError("reports.no_sheet", file=source.name)
    return found, passed


def raw_sheets(source: Source) -> list[tuple[str, list[list[str]]]]:
    """Every sheet's name and cells as texts, whatever it holds."""
    return [(name, [[_text(cell) for cell in row] for row in rows]) for name, rows in _sheets(source)]


def _sheets(source: Source) -> list[tuple[str, list[list[Any]]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _check_size(source)
    source.stream.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(source.stream.read()))
        names = list(book.sheet_names)
        if "mail_merge" in names and "todo" in names:
            raise ReportError("reports.own_workbook", file=source.name)
        return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise ReportError("reports.damaged_workbook", file=source.name, why=str(error)[:80]) from error


def _read(name: str, header: Header, rows: list[list[Any]]) -> Read:
    _check_ids(name, header, rows)
    return FlatFile(header).read_cells([[_text(cell) for cell in row] for row in rows])


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
            if isinstance(cell, float) and not _WHOLE_IDS[0] <= cell < _WHOLE_IDS[1]:
                raise ReportError("reports.excel_lost_zeros", file=name, line=number, found=f"{cell:.6g}")


def _check_size(source: Source) -> None:
    """Refuse workbooks that unpack to far too much, or whose one far-off cell would make a giant table."""
    try:
        with zipfile.ZipFile(source.stream) as archive:
            packed = sum(info.compress_size for info in archive.infolist())
            size = sum(info.file_size for info in archive.infolist())
            if size > LARGEST or (size > HARMLESS and size > RATIO * max(packed, 1)):
                raise ReportError("reports.unpacks_to_too_much", file=source.name, megabytes=size >> 20)
            for info in archive.infolist():
                if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                    with archive.open(info) as sheet:
                        _check_extent(source.name, iter(lambda: sheet.read(BLOCK), b""))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ReportError("reports.damaged_workbook", file=source.name, why=str(error)[:80]) from error


def _check_extent(name: str, blocks: Iterator[bytes]) -> None:
    columns, last_row = 0, 0
    for block in blocks:
        cells = _CELL.findall(block)
        columns = max([columns, *(_number(letters) for letters in {letters for letters, _ in cells})])
        last_row = max([last_row, *(int(row) for _, row in cells)])
        if columns * last_row > _MOST_CELLS:
            raise ReportError("reports.far_off_cell", file=name, rows=last_row, columns=columns)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
