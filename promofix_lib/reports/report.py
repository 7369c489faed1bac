"""What comes back from reading one report: its order items, and an account of every line."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from promofix_lib.orders import COLUMNS, arrow_type, complete
from promofix_lib.plain import Shown, plain, shape_of, shown, typed
from promofix_lib.reports.texts import western
from promofix_lib.say import Told, known_key, say


@dataclass(frozen=True)
class Quarantined(Shown):
    """One physical line that could not be read, kept out of the order table and shown to the seller.

    Parameters
    ----------
    line : int
        Physical line in the file, counted from 1.
    reason : Told
        What is wrong with it.
    text : str
        Enough of the line to find it again; the buyer's name, address and telephone number are left out.
    """

    line: int
    reason: Told
    text: str


@dataclass(frozen=True)
class Lack(Shown):
    """Something this job needs that the report does not hold, and the clicks in Seller Central that add it.

    ``key`` names it for programs: ``prices``, ``promotions``, ``status``, ``buyers`` … of ``kinds.toml``.
    """

    key: str
    what: Told
    how_to_get_it: Told

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """For ``read --json``."""
        return shown(self, "what", "how_to_get_it", language=language)


@dataclass(frozen=True)
class Report(Shown):
    """One report as it was read.

    ``headers + blanks + rows + len(quarantined) == lines`` always holds: no line disappears unnoticed. In XML reports
    and in spreadsheets a "line" is an order item or a sheet row.

    Parameters
    ----------
    path : Path
        The file on disk.
    name : str
        Its name, ``"zip name: member"`` or ``"workbook: sheet"``.
    kind : str
        Seller Central's word for it, for example ``"All Orders"``.
    encoding : str
        How its bytes were read, for example ``"utf-8"`` or ``"cp1252"``.
    sha256 : str
        Of the report's bytes (of the member, in a zip).
    lines, headers, blanks, rows : int
        Physical lines, and among them header lines (also repeated ones and a preamble), blank ones and lines that were
        read.
    items : int
        Rows of `table`. Fewer than `rows` when lines belong together (continuation rows, broken names).
    quarantined : tuple of Quarantined
        Lines that could not be read.
    ignored_columns : tuple of str
        Column names that promofix does not know. Their cells are kept in `table`.
    lacks : tuple of Lack
        What this report cannot tell.
    warnings : tuple of Told
        What the seller should know about this file.
    arrow : pyarrow.Table
        What `table` shows.
    passed_over : tuple of Told
        Sheets of the workbook or files of the archive that hold no report, each with the reason.
    span : tuple of Timestamp
        When its first and its last order were bought; empty when no line says so.
    """

    path: Path
    name: str
    kind: str
    encoding: str
    sha256: str
    lines: int
    headers: int
    blanks: int
    rows: int
    items: int
    quarantined: tuple[Quarantined, ...]
    ignored_columns: tuple[str, ...]
    lacks: tuple[Lack, ...]
    warnings: tuple[Told, ...]
    arrow: pa.Table
    passed_over: tuple[Told, ...] = ()
    span: tuple[datetime, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read: no line set aside, no sheet and no file of the archive passed over."""
        return not self.quarantined and not self.passed_over

    def kind_text(self, language: str | None = None) -> str:
        """Seller Central's word for it in a language; a kind that the seller taught is called as it was taught."""
        key = f"reports.kind.{re.sub(r'[^a-z0-9]+', '_', self.kind.lower()).strip('_')}"
        return say(key, language=language) if known_key(key) else self.kind

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """The reading report of this file."""
        counts = ("lines", "headers", "blanks", "rows", "items")
        names = ("name", "kind", "encoding", "sha256", *counts, "quarantined", "ignored_columns", "lacks")
        return {"path": shown_name(str(self.path)), **shown(self, *names, language=language)}

    @cached_property
    def table(self) -> pd.DataFrame:
        """Order table (for payments reports: their lines), with the report's further columns behind it."""
        return as_orders(self.arrow)

    def facts(self) -> dict[str, Any]:
        """All but the table and the place on the disk, as plain JSON; `with_facts` reads it back."""
        return {name: plain(getattr(self, name)) for name in shape_of(Report) if name not in ("path", "arrow")}

    @classmethod
    def with_facts(cls, path: Path, arrow: pa.Table, facts: dict[str, Any]) -> Report:
        """The report that `facts` tells of, with its table."""
        told = {name: typed(shape_of(Report)[name][0], value, name) for name, value in facts.items()}
        return cls(path=path, arrow=arrow, **told)


@dataclass(frozen=True)
class Reading:
    """Reports read and merged.

    Parameters
    ----------
    orders : DataFrame
        Order table over all of them.
    reports : tuple of Report
        The account of each report, in the order given; their rows are in `orders`.
    warnings : tuple of Told
        What the seller should know, about single reports and about contradictions between them.
    """

    orders: pd.DataFrame
    reports: tuple[Report, ...]
    warnings: tuple[Told, ...]

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """What none of the reports brings, each once, with the way to get it."""
        return tuple({lack.key: lack for report in self.reports for lack in report.lacks}.values())

    @property
    def is_whole(self) -> bool:
        """Whether every line of every report was read: only then can nothing be missed in what is not there."""
        return all(report.is_whole for report in self.reports)

    def to_json(self) -> dict[str, Any]:
        """The reading report, ready for `json.dumps`; times ISO 8601 in UTC."""
        times = self.orders["purchase_date"].dropna()
        return {
            "files": [report.to_json() for report in self.reports],
            "orders": int(self.orders["order_id"].nunique()),
            "items": len(self.orders),
            "first": times.min().tz_convert(UTC).isoformat() if len(times) else None,
            "last": times.max().tz_convert(UTC).isoformat() if len(times) else None,
            "currencies": sorted(self.orders["currency"].dropna().unique().tolist()),
            "warnings": [warning.text() for warning in self.warnings],
        }


def shown_name(name: str) -> str:
    r"""A file's name as text that can be printed and saved; bytes of another encoding are read as Windows-1252.

    >>> shown_name("Bestellungen_f\udcfcr_Okt.txt")
    'Bestellungen_für_Okt.txt'
    """
    if name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name):
        return name
    return western(os.fsencode(name) if os.name != "nt" else name.encode("utf-8", "surrogateescape"))


# -- order table and Arrow table ---------------------------------------------------------------------------------------

_PIECE = 1 << 16


def as_frame(table: pa.Table) -> pd.DataFrame:
    """The same cells as a DataFrame with the order table's types: Arrow's own, and pandas' for moments in UTC."""
    return table.to_pandas(types_mapper=lambda type_: None if pa.types.is_timestamp(type_) else pd.ArrowDtype(type_))


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    """The same cells as an Arrow table, without copying the Arrow columns."""
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def completed(table: pa.Table) -> pa.Table:
    """The cells with every column that an order table has, the missing ones without a value."""
    for name in [name for name in COLUMNS if name not in table.column_names and name != "unit_price"]:
        table = table.append_column(name, throughout(pa.scalar(None, arrow_type(name)), table.num_rows))
    return table


def as_orders(table: pa.Table) -> pd.DataFrame:
    """The order table of `completed` cells, the report's further columns behind; other cells as they are."""
    frame = as_frame(table)
    return complete(frame) if "sku" in frame and "item_price" in frame else frame


def throughout(value: pa.Scalar, rows: int) -> pa.ChunkedArray:
    """A column of one value: the same few bytes serve all of its pieces."""
    piece = pa.repeat(value, min(rows, _PIECE))
    return pa.chunked_array([piece.slice(0, min(rows - at, _PIECE)) for at in range(0, rows, _PIECE)], value.type)
