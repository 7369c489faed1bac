"""Reads one file: finds out what it is, reads every line, and says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.errors import ReportError
from promofix_lib.reports.archive import Source, sources_of
from promofix_lib.reports.continuation import folded
from promofix_lib.reports.encodings import LongLineError, decodes, encoding_of, lenient, marked_encoding, text_blocks
from promofix_lib.reports.flat_file import FlatFile, Read
from promofix_lib.reports.kinds import PAYMENTS, SHIPMENTS, Kind
from promofix_lib.reports.known_names import KNOWN
from promofix_lib.reports.lacks import lacks_of
from promofix_lib.reports.lines import Header, header_of
from promofix_lib.reports.names import english
from promofix_lib.reports.order_rows import as_frame, as_orders, order_rows
from promofix_lib.reports.progress import watched
from promofix_lib.reports.report import Report
from promofix_lib.reports.slow_lines import NotUtf8Error
from promofix_lib.reports.spreadsheet import is_workbook, read_workbook
from promofix_lib.reports.strangers import stranger
from promofix_lib.reports.xml_report import is_xml, read_xml


def read_report(path: Path, *, progress: bool = False) -> tuple[Report, ...]:
    """Read one file: a report, or several in a zip.

    Parameters
    ----------
    path : Path
        A report as Seller Central gave it: text, XML, spreadsheet, gzip or zip.
    progress : bool
        Show a progress bar when it takes longer than a second.

    Returns
    -------
    tuple of Report
        One per report in the file.

    Raises
    ------
    ReportError
        Not a report, damaged beyond use, or harmful; the text says what it looks like and what to download instead.
    """
    return tuple(_watched(source, progress) for source in sources_of(Path(path)))


def _watched(source: Source, progress: bool) -> Report:
    with watched(source, progress=progress) as stream:
        return _read(stream)


def _read(source: Source) -> Report:
    start = source.start()
    if is_xml(start):
        kind, encoding, read = read_xml(source)
        return _report(source, encoding, kind, (), read)
    if is_workbook(start, source):
        header, read = read_workbook(source)
        return _report(source, "xlsx", header.kind, header.cells, read)
    try:
        return _read_text(source)
    except LongLineError as error:
        raise ReportError(f"{source.name}: {error}: {stranger(start, '')}") from error


def _read_text(source: Source) -> Report:
    """As UTF-8 at first; only when that fails are all of its bytes looked at to find what they mean."""
    encoding = marked_encoding(source) or "utf-8"
    try:
        header = _header(source, encoding)
        read = FlatFile(header, strict=True).read(text_blocks(source.stream, encoding))
    except NotUtf8Error:
        encoding = encoding_of(source)
        header = _header(source, encoding)
        read = FlatFile(header).read(text_blocks(source.stream, encoding))
    return _report(source, encoding, header.kind, header.cells, read)


def _header(source: Source, encoding: str) -> Header:
    first = next(text_blocks(source.stream, encoding, 1 << 16), b"")
    header = header_of(first)
    if header is None and encoding == "utf-8" and not decodes(first, "utf-8") and encoding_of(source) != "utf-8":
        raise NotUtf8Error
    if header is None:
        raise ReportError(f"{source.name}: {stranger(source.start(), _first_line(first))}")
    return header


def _first_line(block: bytes) -> str:
    return next((lenient(line) for line in block[:20_000].split(b"\n") if line.strip()), "")


def _check_rows(name: str, read: Read) -> None:
    if read.quarantined and not read.rows:
        first = read.quarantined[0]
        raise ReportError(
            f"{name}: none of the {len(read.quarantined)} lines could be read; line {first.line} {first.reason}. "
            "Download the report again as text (.txt) and do not open it in Excel first."
        )


def _report(source: Source, encoding: str, kind: Kind, header: tuple[str, ...], read: Read) -> Report:
    _check_rows(source.name, read)
    table, warnings = _table(read.table, kind, source.name)
    return Report(
        path=source.path,
        name=source.name,
        kind=kind.name,
        encoding=encoding,
        sha256=source.sha256(),
        lines=read.lines,
        headers=read.headers,
        blanks=read.blanks,
        rows=read.rows,
        items=len(table),
        quarantined=tuple(read.quarantined),
        ignored_columns=tuple(cell for cell in header if cell.strip() and english(cell) not in KNOWN),
        lacks=lacks_of(kind, read.table.column_names),
        warnings=tuple(f"{source.name}: {text}" for text in [*read.warnings, *warnings]),
        table=table,
    )


def _table(table: pa.Table, kind: Kind, name: str) -> tuple[pd.DataFrame, list[str]]:
    _check_ids(table, name)
    rows = order_rows(table, kind, name)
    if kind.role == PAYMENTS:
        return as_frame(rows), []
    if kind.role == SHIPMENTS:
        return as_orders(rows), []
    rows, warnings = folded(rows, continues=kind.name == "New Orders")
    return as_orders(rows), warnings


def _check_ids(table: pa.Table, name: str) -> None:
    if "order_item_id" not in table.column_names:
        return
    ids = table["order_item_id"]
    if not pc.any(pc.match_substring(ids, "+")).as_py():
        return
    if pc.any(pc.match_substring_regex(ids, r"^\d[.,]?\d*[Ee]\+\d+$")).as_py():
        raise ReportError(
            f"{name}: Excel has ruined the order item ids (1.40E+14 where an id was); they cannot be restored. "
            "Download the report again and give it as it is, without opening it in Excel."
        )
