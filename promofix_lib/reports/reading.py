"""Reads one file: finds out what it is, reads every line, and says what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.errors import ReportError
from promofix_lib.reports.continuing import tied
from promofix_lib.reports.encodings import BLOCK, encoding_of, text_blocks, text_in
from promofix_lib.reports.flat_file import FlatFile
from promofix_lib.reports.items import folded
from promofix_lib.reports.kinds import PAYMENTS, SHIPMENTS, is_known, lacks_of, look_again
from promofix_lib.reports.lines import header_of
from promofix_lib.reports.report import Report, completed
from promofix_lib.reports.source import Source, stranger
from promofix_lib.reports.spreadsheet import texts_of
from promofix_lib.reports.xml import is_xml, read_xml
from promofix_lib.say import Told, told

T = TypeVar("T")


def read_report(path: Path, *, progress: bool = False, columns: frozenset[str] | None = None) -> tuple[Report, ...]:
    """Read one file: a report, or all reports of a zip or of a workbook.

    Parameters
    ----------
    path : Path
        A report as Seller Central gave it: text, XML, spreadsheet, gzip or zip.
    progress : bool
        Show a progress bar when it takes longer than a second.
    columns : frozenset of str, optional
        Columns that are kept beside those that decide about an item; all by default.

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
    return all_read(texts_of(Path(path)), lambda source: (_read(replace(source, progress=progress), columns),))


def all_read(sources: Iterable[T], read: Callable[[T], tuple[Report, ...]]) -> tuple[Report, ...]:
    """The reports of all sources, the first of which tells what was passed over beside them.

    Raises
    ------
    ReportError
        A file cannot be opened, or none of them holds a report; then what is wrong with the first.
    """
    reports: list[Report] = []
    refused: list[ReportError] = []
    for source in sources:
        try:
            reports += read(source)
        except ReportError as error:
            if error.key == "reports.cannot_be_opened":
                raise
            refused.append(error)
    if refused:
        if not reports:
            raise refused[0]
        passed = tuple(told("reports.passed_over", why=told(error.key, **error.facts)) for error in refused)
        one = reports[0]
        reports[0] = replace(one, passed_over=one.passed_over + passed, warnings=one.warnings + passed)
    return tuple(reports)


def _read(source: Source, columns: frozenset[str] | None) -> Report:
    if is_xml(source.start()):
        return _report(source, *read_xml(source, columns))
    encoding = encoding_of(source)
    size = BLOCK if columns is None else BLOCK // 4  # who asks for little wants little memory
    blocks = source.watched(text_blocks(source, encoding, size))
    first = next(blocks, b"")
    header = header_of(first)
    if header is None:
        line = next((line for line in text_in(first[:20_000])[0].split("\n") if line.strip()), "")
        raise ReportError("reports.refused", file=source.name, what=stranger(source, line))
    read = FlatFile(source.name, header, columns).of_lines(chain([first], blocks))
    return _report(source, "xlsx" if source.of else encoding, read)


def _report(source: Source, encoding: str, read: FlatFile) -> Report:
    _check_rows(read)
    table, warnings, aside = tied(read.table, read.reader.above)
    if read.kind.role not in (PAYMENTS, SHIPMENTS):
        table, more, others = folded(table, continues=read.kind.continues)
        warnings, aside = [*warnings, *more], [*aside, *others]
    table = table if read.kind.role == PAYMENTS else completed(table)
    quarantined = tuple(sorted([*read.reader.quarantined, *aside], key=lambda line: line.line))
    return Report(
        path=source.path,
        name=source.name,
        kind=read.kind.name,
        encoding=encoding,
        sha256=source.sha256(),
        lines=read.lines,
        headers=read.header.line + read.count["put_together"],
        blanks=read.count["blanks"],
        rows=read.rows - len(aside),
        items=table.num_rows,
        quarantined=quarantined,
        ignored_columns=tuple(cell for cell in read.header.cells if not is_known(cell)),
        lacks=lacks_of(read.kind, {column.name for column in read.columns}),
        warnings=tuple(told("reports.of_file", file=source.name, what=what) for what in [*read.warnings(), *warnings]),
        arrow=table,
        span=_span(table),
    )


def _span(table: pa.Table) -> tuple[datetime, ...]:
    ends = pc.min_max(table["purchase_date"]).as_py() if "purchase_date" in table.column_names else {}
    return tuple(end for end in ends.values() if end)


def _check_rows(read: FlatFile) -> None:
    aside = read.reader.quarantined
    faults = [dict(line.reason.facts).get("fault") for line in aside]
    # Excel made numbers like 1.40E+14 of the ids: no line of the file is to be trusted
    if any(isinstance(fault, Told) and fault.key == "reports.fault.scientific" for fault in faults):
        raise ReportError("reports.ruined_ids", file=read.name)
    if order := next((line for line in aside if line.reason.key == "reports.fault.other_order"), None):
        raise ReportError("reports.two_orders_of_columns", file=read.name, line=order.line)
    if aside and not read.rows:
        facts = {"n": len(aside), "line": aside[0].line, "why": aside[0].reason}
        raise ReportError("reports.nothing_readable", file=read.name, **facts)
