"""Reads one file: finds out what it is, reads every line, and says what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.errors import ReportError
from promofix_lib.reports.encodings import BLOCK, encoding_of, lenient, text_blocks
from promofix_lib.reports.flat_file import FlatFile
from promofix_lib.reports.kinds import PAYMENTS, SHIPMENTS, Kind, is_known, lacks_of, look_again
from promofix_lib.reports.lines import header_of
from promofix_lib.reports.order_rows import completed, folded
from promofix_lib.reports.picking import Mask, Numbers
from promofix_lib.reports.report import Quarantined, Report
from promofix_lib.reports.rows import RowTyper
from promofix_lib.reports.source import Source, stranger
from promofix_lib.reports.spreadsheet import texts_of
from promofix_lib.reports.xml import is_xml, read_xml
from promofix_lib.say import Told, told

_TIES = ("source_line", "purchase_date", "promotion_ids", "item_promotion_discount")


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
    reports: list[Report] = []
    refused: list[ReportError] = []
    for source in texts_of(Path(path)):
        try:
            if isinstance(source, ReportError):
                raise source
            reports.append(_read(replace(source, progress=progress), columns))
        except ReportError as error:
            refused.append(error)
    return with_passed(reports, refused)


def with_passed(reports: Sequence[Report], refused: Sequence[ReportError]) -> tuple[Report, ...]:
    """The reports, the first of which tells what was passed over beside them.

    Raises
    ------
    ReportError
        The first of those given, where there is no report.
    """
    if refused and not reports:
        raise refused[0]
    passed = tuple(told("reports.passed_over", why=told(error.key, **error.facts)) for error in refused)
    told_in = (
        replace(one, passed_over=one.passed_over + passed, warnings=one.warnings + passed) for one in reports[:1]
    )
    return (*told_in, *reports[1:])


def _read(source: Source, columns: frozenset[str] | None) -> Report:
    if is_xml(source.start()):
        return _report(source, *read_xml(source, columns))
    encoding = encoding_of(source)
    size = BLOCK if columns is None else BLOCK // 4  # who asks for little wants little memory
    blocks = source.watched(text_blocks(source, encoding, size))
    first = next(blocks, b"")
    header = header_of(first)
    if header is None:
        line = next((lenient(line) for line in first[:20_000].split(b"\n") if line.strip()), "")
        raise ReportError("reports.refused", file=source.name, what=stranger(source, line))
    read = FlatFile(source.name, header, columns).of_lines(chain([first], blocks))
    return _report(source, "xlsx" if source.of else encoding, read)


def _report(source: Source, encoding: str, read: FlatFile) -> Report:
    _check_rows(read)
    rows, told_of, loose = tied(read.table, read.typer)
    table, warnings, aside = _table(rows, read.kind)
    warnings, aside = [*told_of, *warnings], [*loose, *aside]
    quarantined = tuple(sorted([*read.typer.quarantined, *aside], key=lambda line: line.line))
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


def _table(rows: pa.Table, kind: Kind) -> tuple[pa.Table, list[Told], list[Quarantined]]:
    if kind.role == PAYMENTS:
        return rows, [], []
    if kind.role == SHIPMENTS:
        return completed(rows), [], []
    rows, warnings, aside = folded(rows, continues=kind.continues)
    return completed(rows), warnings, aside


def tied(table: pa.Table, typer: RowTyper) -> tuple[pa.Table, list[Told], list[Quarantined]]:
    """Further promotions only below their own order: where rows were sorted or left out, those without an id are aside.

    A program that sorts puts empty cells last, and a filter leaves promotions below an order that has the same one, or
    none. Where one order alone can be meant the place does not matter.

    Returns
    -------
    table : Table
        The rows that are an order's for certain, as far as the file can tell.
    warnings : list of Told
        That others may be misplaced too: some are, or the orders do not stand by date.
    aside : list of Quarantined
        Lines whose promotion is nobody's.
    """
    if not typer.loose:
        return table, [], []
    rows = table.select([name for name in _TIES if name in table.column_names]).to_pandas().reindex(columns=[*_TIES])
    line, names, amounts = rows["source_line"], rows["promotion_ids"], rows["item_promotion_discount"]
    loose = line.isin(typer.loose).to_numpy()
    section, sections = np.searchsorted(typer.gaps, line, side="right"), len(typer.gaps) + 1  # what nothing interrupts

    def in_sections(these: Mask) -> Numbers:
        return np.bincount(section[these], minlength=sections)

    run = np.cumsum(~loose)
    strange = line.isin([one for one, about in typer.loose.items() if about.strange]).to_numpy()
    strange = (np.bincount(run[strange], minlength=len(run) + 1) > 0)[run]
    words = names.map(lambda ids: ",".join(ids).lower(), na_action="ignore")
    candidates = in_sections(~loose & (names.notna() | amounts.notna()).to_numpy())
    moved = np.any([_in_a_row(cells, section, sections) for cells in (pd.Series(loose), words, amounts)], axis=0)
    whole = (in_sections(~loose & strange) > 1) | ((candidates > 1) & moved)
    gone = loose & (in_sections(~loose) > 1)[section] & (whole[section] | strange)
    by_date = _in_a_row(rows["purchase_date"][~loose], section[~loose], sections)[np.unique(section[loose])].all()
    left = int(np.count_nonzero(loose & ~gone))
    unsure = left and (gone.any() or not by_date)
    aside = [
        Quarantined(one + i, told("reports.fault.not_tied"), typer.loose[one].shown)
        for one in line[gone].tolist()
        for i in range(typer.loose[one].lines)
    ]
    return table.filter(pa.array(~gone)), [told("reports.further_promotions", n=left)] * bool(unsure), aside


def _in_a_row(cells: pd.Series[Any], section: Numbers, sections: int) -> Mask:
    """For each section, whether its cells stand as a program sorts them, either way, the empty ones last."""
    known = pd.factorize(cells, sort=True)[0]
    before, after, same = known[:-1], known[1:], section[1:] == section[:-1]

    def never(these: Mask) -> Mask:
        return np.bincount(section[1:][same & these], minlength=sections) == 0

    filled = (before >= 0) & (after >= 0)
    ordered = never(filled & (after < before)) | never(filled & (after > before))
    return np.asarray(ordered & never((before < 0) & (after >= 0)))


def _span(table: pa.Table) -> tuple[datetime, ...]:
    times = table["purchase_date"] if "purchase_date" in table.column_names else pa.array([], pa.timestamp("us", "UTC"))
    ends = pc.min_max(times)
    return tuple(ends[end].as_py() for end in ("min", "max") if ends[end].is_valid)


def _check_rows(read: FlatFile) -> None:
    aside = read.typer.quarantined
    if any(_is_ruined(line.reason) for line in aside):
        raise ReportError("reports.ruined_ids", file=read.name)
    if aside and not read.rows:
        facts = {"n": len(aside), "line": aside[0].line, "why": aside[0].reason}
        raise ReportError("reports.nothing_readable", file=read.name, **facts)


def _is_ruined(reason: Told) -> bool:
    """Whether Excel made numbers like 1.40E+14 of the ids: then no line of the file is to be trusted."""
    fault = dict(reason.facts).get("fault")
    return isinstance(fault, Told) and fault.key == "reports.fault.scientific"
