"""What comes back from reading one report: its order items, and an account of every line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Quarantined:
    """One physical line that could not be read, kept out of the order table and shown to the seller.

    Parameters
    ----------
    line : int
        Physical line in the file, counted from 1.
    reason : str
        What is wrong with it.
    text : str
        Enough of the line to find it again; the buyer's name, address and telephone number are left out.
    """

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class Lack:
    """Something this job needs that the report does not hold, and the clicks in Seller Central that add it."""

    what: str
    how_to_get_it: str


@dataclass(frozen=True)
class Report:
    """One report as it was read.

    ``headers + blanks + rows + len(quarantined) == lines`` always holds: no line disappears unnoticed. In XML reports
    and in spreadsheets a "line" is an order item or a sheet row.

    Parameters
    ----------
    path : Path
        The file on disk.
    name : str
        Its name, or ``"zip name: member"``.
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
    warnings : tuple of str
        What the seller should know about this file.
    table : DataFrame
        Order table (for payments reports: their lines), with the report's further columns behind it.
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
    warnings: tuple[str, ...]
    table: pd.DataFrame
