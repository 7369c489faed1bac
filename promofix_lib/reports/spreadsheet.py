"""Reports that were saved again as a spreadsheet: each sheet becomes the text that it was made from."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from io import BytesIO
from pathlib import Path
from typing import Any

from promofix_lib.errors import ReportError
from promofix_lib.reports.kinds import english
from promofix_lib.reports.source import BLOCK, DAMAGES, Source, check_size, is_office, sources_of
from promofix_lib.say import told

_MOST_CELLS = 60_000_000
_CELL = re.compile(rb"\br=[\"']([A-Z]{1,3})(\d{1,7})[\"']")
# A formula that no program has worked out yet: not even as an empty text, which would be t="str".
_NOT_CALCULATED = re.compile(rb'<c r="[A-Z]+\d+"(?: s="\d+")?><f[^>]*>[^<]*</f>(?:<v ?/>|<v></v>)?</c>')
_REPEATED = re.compile(rb"number-(columns|rows)-repeated=[\"'](\d{1,9})[\"']")
_IN_ONE_COLUMN = re.compile("\t|(?:\xa0 ){2,}\xa0?")
_SEPARATORS = re.compile("[\t\r\n]+")
_WHOLE_IDS = (1e13, 1e15)  # an item id that a spreadsheet holds as a number is whole if it has 14 or 15 digits


def texts_of(path: Path) -> Iterator[Source]:
    """Every text in a file: itself, each file of an archive, each sheet of a workbook, also a damaged one.

    Raises
    ------
    ReportError
        As `sources_of`.
    """
    for source in sources_of(path):
        try:
            yield from _sheets(source) if _is_workbook(source) else [source]
        except ReportError as error:
            yield replace(source, fault=error)


def _is_workbook(source: Source) -> bool:
    """Whether a file is an Excel workbook (.xlsx) or an OpenDocument one (.ods)."""
    start = source.start(120)
    return start.startswith(b"PK\x03\x04") and (is_office(source, "xl/") or b"opendocument.spreadsheet" in start)


def _sheets(source: Source) -> Iterator[Source]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        _check(source)
        source.stream.seek(0)
        book = CalamineWorkbook.from_filelike(BytesIO(source.stream.read()))
        names = list(book.sheet_names)
        if "mail_merge" in names and "todo" in names:
            raise ReportError("reports.own_workbook", file=source.name)
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (CalamineError, *DAMAGES) as error:
        raise ReportError("reports.damaged_workbook", file=source.name, why=str(error)[:80]) from error
    filled = [name for name, rows in sheets.items() if any(map(any, rows))] or names[:1]
    for name in filled:
        shown = f"{source.name}: {name}" if len(filled) > 1 else source.name
        text = "".join(f"{line}\n" for line in _lines(shown, sheets[name]))
        yield replace(source, name=shown, stream=BytesIO(text.encode("utf-8", "replace")), of=source)


def _lines(name: str, rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The rows as lines of cells between tabs.

    An id that Excel holds as a number has lost its leading zeros, unless it has as many digits as ids have.
    """
    ids: list[int] = []
    for at, row in enumerate(rows, start=1):
        texts = [_text(cell) for cell in row]
        held = [row[i] for i in ids if isinstance(row[i], float)]
        if lost := [number for number in held if not _WHOLE_IDS[0] <= number < _WHOLE_IDS[1]]:
            raise ReportError("reports.excel_lost_zeros", file=name, line=at, found=f"{lost[0]:.6g}")
        ids = ids or [i for i, text in enumerate(texts) if english(text).endswith("order-item-id")]
        if len(texts) == 1 or not any(texts[1:]):
            yield _IN_ONE_COLUMN.sub("\t", texts[0].replace("\n", " ")) if texts else ""
        else:
            yield "\t".join(_SEPARATORS.sub(" ", text) for text in texts)


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (datetime, date, time)):
        return cell.isoformat()
    return "" if cell is None or isinstance(cell, timedelta) else str(cell)


def _check(source: Source) -> None:
    """Refuse what unpacks to too much, has a password or formulas without values, or a far-off cell: a giant table."""
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
        if _NOT_CALCULATED.search(block):
            raise ReportError("reports.not_calculated", file=name)
        cells = _CELL.findall(block)
        columns = max([columns, *map(_number, {letters for letters, _ in cells})])
        last_row = max([last_row, *map(int, {row for _, row in cells})])
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
    return reduce(lambda number, letter: number * 26 + letter - 64, letters, 0)
