"""What comes back from reading one report: its order items, and an account of every line."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from promofix_lib.say import Told


@dataclass(frozen=True)
class Quarantined:
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

    def to_json(self) -> dict[str, Any]:
        """For ``read --json``, worded in the current language."""
        return {"line": self.line, "reason": self.reason.text(), "text": self.text}


@dataclass(frozen=True)
class Lack:
    """Something this job needs that the report does not hold, and the clicks in Seller Central that add it.

    ``key`` names it for programs: ``prices``, ``promotions``, ``status``, ``buyers`` … of ``kinds.toml``.
    """

    key: str
    what: Told
    how_to_get_it: Told

    def to_json(self) -> dict[str, Any]:
        """For ``read --json``, worded in the current language."""
        return {"what": self.what.text(), "how_to_get_it": self.how_to_get_it.text()}


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
    table : DataFrame
        Order table (for payments reports: their lines), with the report's further columns behind it.
    passed_over : tuple of Told
        Sheets of the workbook or files of the archive that hold no report, each with the reason.
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
    table: pd.DataFrame
    passed_over: tuple[Told, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read: no line set aside, no sheet and no file of the archive passed over."""
        return not self.quarantined and not self.passed_over

    def to_json(self) -> dict[str, Any]:
        """The reading report of this file, worded in the current language."""
        return {
            "path": shown_name(str(self.path)),
            "name": self.name,
            "kind": self.kind,
            "encoding": self.encoding,
            "sha256": self.sha256,
            "lines": self.lines,
            "headers": self.headers,
            "blanks": self.blanks,
            "rows": self.rows,
            "items": self.items,
            "quarantined": [line.to_json() for line in self.quarantined],
            "ignored_columns": list(self.ignored_columns),
            "lacks": [lack.to_json() for lack in self.lacks],
        }

    def without_lacks(self, keys: set[str]) -> Report:
        """The same report, where others bring what `keys` name."""
        left = tuple(lack for lack in self.lacks if lack.key not in keys)
        return self if left == self.lacks else replace(self, lacks=left)


def shown_name(name: str) -> str:
    r"""A file's name as text that can be printed and saved; bytes of another encoding are read as Windows-1252.

    >>> shown_name("Bestellungen_f\udcfcr_Okt.txt")
    'Bestellungen_für_Okt.txt'
    """
    if name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name):
        return name
    raw = os.fsencode(name) if os.name != "nt" else name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
