"""Records as a typed table, cell by cell: what cannot be read is set aside with its reason, never guessed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from promofix_lib.reports.columns import FALSE, MONEY, TIME, TRUE, WHOLE, YES_NO, Column
from promofix_lib.reports.money import amount
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.slow_lines import Record
from promofix_lib.reports.times import moment

_SHOWN = ("order_id", "order_item_id", "sku", "purchase_date", "quantity", "currency", "item_price")
_CARRIED = ("order_id", "order_item_id", "purchase_date")
_MOST_UNITS = 10**9
_YES, _NO = {word.lower() for word in TRUE}, {word.lower() for word in FALSE}


class UnreadableError(ValueError):
    """A row that must be set aside; the text says why."""


@dataclass
class RowTyper:
    """Types one row after another and keeps what does not fit.

    Parameters
    ----------
    columns : tuple of Column
        All columns of the file.
    sign : str
        The file's decimal sign.
    continues : bool
        Rows without an order id continue the row before them (New Orders with several promotions).
    """

    columns: tuple[Column, ...]
    sign: str = "."
    continues: bool = False
    carried: dict[str, Any] | None = None
    quarantined: list[Quarantined] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    _rows: list[list[Any]] = field(default_factory=list)
    _places: list[int] = field(default_factory=list)

    def add(self, record: Record) -> int:
        """Take a record in or set it aside; how many physical lines became part of the table."""
        try:
            row = self._row(record)
        except UnreadableError as fault:
            shown = self._shown(record)
            self.quarantined += [Quarantined(record.line + i, str(fault), shown) for i in range(record.lines)]
            return 0
        self._rows.append(row)
        self._places.append(record.line)
        return record.lines

    def _row(self, record: Record) -> list[Any]:
        if record.fault:
            self.carried = None
            raise UnreadableError(record.fault)
        named = dict(zip((column.name for column in self.columns), record.cells, strict=True))
        continued = self._is_continuation(named)
        if continued and self.carried is None:
            raise UnreadableError("continues a line that could not be read")
        try:
            row = [self._cell(column, named[column.name], continued) for column in self.columns]
        except UnreadableError:
            self.carried = self.carried if continued else None
            raise
        if not continued:
            self.carried = {
                column.name: cell for column, cell in zip(self.columns, row, strict=True) if column.name in _CARRIED
            }
        return row

    def _is_continuation(self, named: dict[str, str]) -> bool:
        if not self.continues or named.get("order_id", "").strip():
            return False
        item = named.get("order_item_id", "").strip()
        return not item or (self.carried is not None and item == self.carried.get("order_item_id"))

    def _cell(self, column: Column, text: str, continued: bool) -> Any:
        if not text.strip():
            if continued and column.name in _CARRIED:
                return (self.carried or {})[column.name]
            if column.needed:
                raise UnreadableError(f"has no {column.header}")
            return text or None if column.type == pa.string() else None
        try:
            return typed(text, column.type, self.sign)
        except (ValueError, ArithmeticError) as error:
            if column.decides:
                raise UnreadableError(f"{column.header} {error}, got {text[:40]!r}") from error
            self.unread[column.header] += 1
            return None

    def _shown(self, record: Record) -> str:
        pairs = zip(self.columns, record.cells, strict=False)
        return ", ".join(f"{column.header}: {cell[:60]}" for column, cell in pairs if column.name in _SHOWN and cell)

    def table(self) -> pa.Table:
        """The good rows so far, with a ``source_line`` column; the next call starts anew."""
        rows, places = self._rows, self._places
        self._rows, self._places = [], []
        arrays = [pa.array([row[i] for row in rows], column.type) for i, column in enumerate(self.columns)]
        names = [column.name for column in self.columns]
        return pa.Table.from_arrays([*arrays, pa.array(places, pa.int64())], names=[*names, "source_line"])


def typed(text: str, type_: pa.DataType, sign: str) -> Any:
    """The value that a cell which is not blank means.

    Raises
    ------
    ValueError
        The text does not mean a value of that type; the message ends the sentence "column …".
    """
    if type_ == MONEY:
        return amount(text, sign)
    if type_ == WHOLE:
        return _whole(text, sign)
    if type_ == TIME:
        return moment(text)
    if type_ == YES_NO:
        return _yes_no(text)
    return text


def _whole(text: str, sign: str) -> Decimal:
    value = amount(text, sign)
    if value != int(value) or not 0 <= value <= _MOST_UNITS:
        raise ValueError("is not a number of units")
    return Decimal(int(value))


def _yes_no(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError("is neither true nor false")
    return word in _YES
