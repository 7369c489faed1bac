"""Reads one file: finds out what it is, reads every line, and says what it lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import (
    BLOCK,
    LongLineError,
    NotUtf8Error,
    decodes,
    encoding_of,
    lenient,
    marked_encoding,
    text_blocks,
)
from promofix_lib.reports.flat_file import FlatFile, Read
from promofix_lib.reports.kinds import PAYMENTS, SHIPMENTS, Kind, is_known, lacks_of, look_again
from promofix_lib.reports.lines import Header, header_of
from promofix_lib.reports.order_rows import completed, folded
from promofix_lib.reports.report import EVERYTHING, Quarantined, Report, Want
from promofix_lib.reports.source import Source, sources_of, stranger
from promofix_lib.reports.spreadsheet import is_workbook, read_workbook
from promofix_lib.reports.xml import is_xml, read_xml
from promofix_lib.say import Told, told


def read_report(path: Path, *, progress: bool = False, want: Want = EVERYTHING) -> tuple[Report, ...]:
    """Read one file: a report, or all reports of a zip or of a workbook.

    Parameters
    ----------
    path : Path
        A report as Seller Central gave it: text, XML, spreadsheet, gzip or zip.
    progress : bool
        Show a progress bar when it takes longer than a second.
    want : Want
        What is kept of its rows; all by default.

    Returns
    -------
    tuple of Report
        One per report in the file. What else is in a zip or a workbook is named in the first one's warnings.

    Raises
    ------
    ReportError
        Not a report, damaged beyond use, or harmful; the text says what it looks like and what to download instead.
    """
    look_again()
    reports: list[Report] = []
    refused: list[ReportError] = []
    for source in sources_of(Path(path)):
        try:
            if isinstance(source, ReportError):
                raise source
            with source.watched(progress=progress):
                reports += _read(source, want)
        except ReportError as error:
            refused.append(error)
    if not reports:
        raise refused[0]
    return _with_passed(reports, tuple(told("reports.passed_over", why=told(e.key, **e.facts)) for e in refused))


def _with_passed(reports: list[Report], passed: tuple[Told, ...]) -> tuple[Report, ...]:
    first, *others = reports
    if passed:
        first = replace(first, passed_over=first.passed_over + passed, warnings=first.warnings + passed)
    return (first, *others)


def _read(source: Source, want: Want) -> tuple[Report, ...]:
    start = source.start()
    if is_xml(start):
        kind, encoding, read = read_xml(source, want)
        return (_report(source, encoding, Header(kind, (), "", 0), read),)
    if is_workbook(start, source):
        sheets, passed = read_workbook(source, want)
        reports = [_report(replace(source, name=name), "xlsx", header, read) for name, header, read in sheets]
        return _with_passed(reports, tuple(passed))
    try:
        return (_read_text(source, want),)
    except LongLineError as error:
        raise _refused(source, error.told, "") from error


def _read_text(source: Source, want: Want) -> Report:
    """As UTF-8 at first; only when that fails are all of its bytes looked at to find what they mean."""
    encoding = marked_encoding(source) or "utf-8"
    size = BLOCK if want.columns is None else BLOCK // 4  # who asks for little wants little memory
    try:
        header = _header(source, encoding)
        read = FlatFile(source.name, header, strict=True, want=want).of_lines(
            text_blocks(source.stream, encoding, size)
        )
    except NotUtf8Error:
        encoding = encoding_of(source)
        header = _header(source, encoding)
        read = FlatFile(source.name, header, want=want).of_lines(text_blocks(source.stream, encoding, size))
    return _report(source, encoding, header, read)


def _header(source: Source, encoding: str) -> Header:
    first = next(text_blocks(source.stream, encoding, 1 << 16), b"")
    header = header_of(first)
    if header is None and encoding == "utf-8" and not decodes(first, "utf-8") and encoding_of(source) != "utf-8":
        raise NotUtf8Error
    if header is None:
        line = next((lenient(line) for line in first[:20_000].split(b"\n") if line.strip()), "")
        raise _refused(source, None, line)
    return header


def _refused(source: Source, why: Told | None, first_line: str) -> ReportError:
    what = stranger(source, first_line)
    if why:
        return ReportError("reports.refused_with_reason", file=source.name, why=why, what=what)
    return ReportError("reports.refused", file=source.name, what=what)


def _report(source: Source, encoding: str, header: Header, read: Read) -> Report:
    _check_rows(source.name, read)
    table, warnings, aside = _table(read.table, header.kind)
    quarantined = tuple(sorted([*read.quarantined, *aside], key=lambda line: line.line))
    return Report(
        path=source.path,
        name=source.name,
        kind=header.kind.name,
        encoding=encoding,
        sha256=source.sha256(),
        lines=read.lines,
        headers=read.headers,
        blanks=read.blanks,
        rows=read.rows - len(aside),
        items=table.num_rows,
        quarantined=quarantined,
        ignored_columns=tuple(cell for cell in header.cells if not is_known(cell)),
        lacks=lacks_of(header.kind, read.columns),
        warnings=tuple(told("reports.of_file", file=source.name, what=what) for what in [*read.warnings, *warnings]),
        arrow=table,
        span=_span(table),
    )


def _table(rows: pa.Table, kind: Kind) -> tuple[pa.Table, list[Told], list[Quarantined]]:
    if kind.role == PAYMENTS:
        return rows, [], []
    if kind.role == SHIPMENTS:
        return completed(rows), [], []
    rows, warnings, aside = folded(rows, continues=kind.continues)
    return completed(rows), warnings, aside


def _span(table: pa.Table) -> tuple[pd.Timestamp, ...]:
    times = table["purchase_date"] if "purchase_date" in table.column_names else pa.array([], pa.timestamp("us", "UTC"))
    ends = pc.min_max(times)
    return tuple(pd.Timestamp(ends[end].as_py()) for end in ("min", "max") if ends[end].is_valid)


def _check_rows(name: str, read: Read) -> None:
    if any(_is_ruined(line.reason) for line in read.quarantined):
        raise ReportError("reports.ruined_ids", file=name)
    if read.quarantined and not read.rows:
        first = read.quarantined[0]
        facts = {"n": len(read.quarantined), "line": first.line, "why": first.reason}
        raise ReportError("reports.nothing_readable", file=name, **facts)


def _is_ruined(reason: Told) -> bool:
    """Whether Excel made numbers like 1.40E+14 of the ids: then no line of the file is to be trusted."""
    fault = dict(reason.facts).get("fault")
    return isinstance(fault, Told) and fault.key == "reports.fault.scientific"
