"""The order table as text, and texts as CSV that no spreadsheet takes for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from promofix_lib.amounts import smallest_coin
from promofix_lib.errors import ExportError
from promofix_lib.orders import COLUMNS, MONEY, TEXT, TEXTS, UNIT_MONEY, YES_NO
from promofix_lib.places import whole
from promofix_lib.say import harmless


def as_text(orders: pd.DataFrame) -> pd.DataFrame:
    """The order table as plain text for a CSV file: lists joined by ``, ``, times ISO 8601 in UTC, missing = empty.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"item_price": "10", "quantity": 3, "currency": "USD"}])
    >>> as_text(orders).loc[0, ["item_price", "unit_price", "sku"]].tolist()
    ['10.00', '3.333333', '']
    """
    return pd.DataFrame({str(name): _as_text(orders[name], orders["currency"]) for name in orders.columns})


def _as_text(column: pd.Series[Any], currency: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        whole = column.dt.strftime("%Y-%m-%dT%H:%M:%SZ").fillna("")
        return whole.where(column.isna() | (column.dt.microsecond == 0), column.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    if column.dtype == TEXTS:
        return pd.Series(["" if cell is pd.NA else ", ".join(cell) for cell in column], index=column.index)
    if column.dtype in (MONEY, UNIT_MONEY):
        cents = column.astype(TEXT).str.replace(r"^(-?\d+\.\d{2}\d*?)0*$", r"\1", regex=True)
        whole = currency.isin([code for code in currency.dropna().unique() if smallest_coin(code) == 1])
        return cents.where(~whole.fillna(False).astype(bool), cents.str.replace(r"\.00$", "", regex=True)).fillna("")
    if column.dtype == YES_NO:
        return column.map({True: "true", False: "false"}).fillna("")
    return column.astype(TEXT).fillna("")


def tame(texts: pd.DataFrame) -> pd.DataFrame:
    """Texts that no spreadsheet takes for a formula: an apostrophe stands before what would begin one.

    Also behind a semicolon, where a spreadsheet with decimal commas cuts a cell; a line break in a cell is a blank.

    Examples
    --------
    >>> tame(pd.DataFrame({"sku": ["=1+1", "A;=2+2", "HP-7"], "item_price": ["-2.00", "", "1.00"]})).values.tolist()
    [["'=1+1", '-2.00'], ["A;'=2+2", ''], ['HP-7', '1.00']]
    """
    return pd.DataFrame({name: _tamed(texts[name].astype(TEXT)) for name in texts})


def _tamed(column: pd.Series[Any]) -> pd.Series[Any]:
    risky = column.str.contains(r"^\s*[=+@-]|;\s*[=+@-]|[\t\r\n]").fillna(False)
    number = column.str.fullmatch(r"-?\d+(?:\.\d+)?").fillna(False)
    found = (risky & ~number).astype(bool)
    return column.where(~found, column[found].map(_tamed_text)) if found.any() else column


def _tamed_text(text: str) -> str:
    return re.sub(r"(^|;)(\s*[=+@-])", r"\1'\2", re.sub(r"[\t\r\n]+", " ", text))


def csv_text(rows: Iterable[Iterable[object]], columns: Sequence[str], *, header: bool = True) -> str:
    r"""Rows as CSV that any spreadsheet opens: each cell on one line, none of them a formula.

    >>> csv_text([["=1+1", "two\nlines"]], ["a", "b"])
    "a,b\n'=1+1,two lines\n"
    """
    texts = [[harmless(" ".join(str(cell).split())) for cell in row] for row in rows]
    return tame(pd.DataFrame(texts, columns=list(columns))).to_csv(index=False, header=header, lineterminator="\n")


def write_csv(orders: pd.DataFrame, path: Path, *, never: Iterable[Path] = ()) -> Path:
    """Write the order table as CSV (UTF-8, comma, quoted where needed), by `as_text` and `tame`; gives the path.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    path : Path
        An order table that was written there before is replaced.
    never : iterable of Path
        Files that must not be written to: the reports themselves.

    Raises
    ------
    ExportError
        `path` is a report, or holds something that promofix did not write.
    CaseError
        A folder that is not there, a full disk: nothing is left half written.
    """
    header = ",".join(COLUMNS)
    if any(path.exists() and report.exists() and path.samefile(report) for report in never):
        raise ExportError("orders.is_a_report", file=str(path))
    with whole(path) as draft:
        if path.exists() and not _starts_with(path, header):
            raise ExportError("orders.is_another_file", file=str(path))
        tame(as_text(orders)).to_csv(draft, index=False, lineterminator="\n", encoding="utf-8")
    return path


def _starts_with(path: Path, header: str) -> bool:
    with path.open("rb") as file:
        return file.read(len(header)) in (header.encode(), b"")
