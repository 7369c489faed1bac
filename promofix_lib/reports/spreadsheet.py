"""Reports that were saved again as a spreadsheet: every sheet that holds one is read, the others are named."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from promofix_lib.errors import ReportError
from promofix_lib.reports.flat_file import FlatFile, Read
from promofix_lib.reports.kinds import english
from promofix_lib.reports.lines import Header, header_among
from promofix_lib.reports.report import EVERYTHING, Want
from promofix_lib.reports.source import BLOCK, DAMAGES, Source, check_size, is_office
from promofix_lib.say import Told, told

_MOST_CELLS = 60_000_000
_CELL = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_REPEATED = re.compile(rb"number-(columns|rows)-repeated=[\"'](\d{1,9})[\"']")
_IN_ONE_COLUMN = re.compile("\t|(?:\xa0 ){2,}\xa0?")
_WHOLE_IDS = (1e13, 1e15)  # an item id that a spreadsheet holds as a number is whole if it has 14 or 15 digits

Sheet = tuple[str, Header, Read]


def is_workbook(start: bytes, source: Source) -> bool:
    """Whether a file is an Excel workbook (.xlsx) or an OpenDocument one (.ods)."""
    return start.startswith(b"PK\x03\x04") and (is_office(source, "xl/") or b"opendocument.spreadsheet" in start[:120])


def read_workbook(source: Source, want: Want = EVERYTHING) -> tuple[list[Sheet], list[Told]]:
    """Every sheet that holds a known report, by the report's name, and the sheets that were passed over.

    Raises
    ------
    ReportError
        No sheet holds one, the file is damaged or harmful, or Excel has ruined the ids.
    """
    found: list[tuple[str, Header, list[list[Any]]]] = []
    passed: list[Told] = []
    for name, rows in _sheets(source):
        sheet = _header_and_rows(rows)
        if sheet:
            found.append((name, *sheet))
        elif any(_text(cell).strip() for row in rows for cell in row):
            passed.append(told("reports.sheet_passed_over", file=source.name, sheet=name, n=len(rows)))
    if not found:
        raise ReportError("reports.no_sheet", file=source.name)
    sheets = []
    for name, header, rows in found:
        _check_ids(source.name, header, rows)
        place = f"{source.name}: {name}" if len(found) > 1 else source.name
        texts = [[_text(cell) for cell in row] for row in rows]
        sheets.append((place, header, FlatFile(place, header, want=want).of_cells(texts)))
    return sheets, passed


def raw_sheets(source: Source) -> list[tuple[str, list[list[str]]]]:
    """Every sheet's name and cells as texts, whatever it holds."""
    return [(name, [[_text(cell) for cell in row] for row in rows]) for name, rows in _sheets(source)]


def _sheets(source: Source) -> list[tuple[str, list[list[Any]]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        _check(source)
        source.stream.seek(0)
        book = CalamineWorkbook.from_filelike(BytesIO(source.stream.read()))
        names = list(book.sheet_names)
        if "mail_merge" in names and "todo" in names:
            raise ReportError("reports.own_workbook", file=source.name)
        return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except (CalamineError, *DAMAGES) as error:
        raise ReportError("reports.damaged_workbook", file=source.name, why=str(error)[:80]) from error


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


def _check(source: Source) -> None:
    """Refuse what unpacks to far too much, has a password, or whose one far-off cell would make a giant table."""
    with zipfile.ZipFile(source.stream) as archive:
        members = archive.infolist()
        check_size(source.name, sum(one.file_size for one in members), sum(one.compress_size for one in members))
        for info in members:
            with archive.open(info) as member:
                if info.filename == "META-INF/manifest.xml" and b"encryption-data" in member.read(BLOCK):
                    raise ReportError("reports.refused", file=source.name, what=told("reports.stranger.locked"))
                if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
                    _check_extent(source.name, iter(lambda: member.read(BLOCK), b""))
                if info.filename == "content.xml":
                    _check_repeats(source.name, member.read())


def _check_extent(name: str, blocks: Iterator[bytes]) -> None:
    columns, last_row = 0, 0
    for block in blocks:
        cells = _CELL.findall(block)
        columns = max([columns, *(_number(letters) for letters in {letters for letters, _ in cells})])
        last_row = max([last_row, *(int(row) for _, row in cells)])
        _check_cells(name, last_row, columns)


def _check_cells(name: str, rows: int, columns: int) -> None:
    if columns * rows > _MOST_CELLS:
        raise ReportError("reports.far_off_cell", file=name, rows=rows, columns=columns)


def _check_repeats(name: str, content: bytes) -> None:
    """The same of an OpenDocument sheet, whose cells and rows say how often they stand there."""
    rows = columns = 0
    for row in content.split(b"<table:table-row")[1:]:
        filled = row[: row.rfind(b"<text:p") + 1]
        if not filled:
            continue  # neither empty rows nor empty cells at the end of a row cost anything
        times: dict[bytes, int] = {b"rows": 1, b"columns": 0}
        for what, number in _REPEATED.findall(filled):
            times[what] += int(number)
        rows, columns = rows + times[b"rows"], max(columns, times[b"columns"] + filled.count(b"<table:table-cell"))
        _check_cells(name, rows, columns)


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
