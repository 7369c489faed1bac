"""From a report's own columns to the order table's: words, signs, lists, and what the kind implies."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.orders import complete
from promofix_lib.reports.kinds import Kind
from promofix_lib.reports.words import id_lists, one_spelling

_NEVER_NEGATIVE = ("item_promotion_discount", "ship_promotion_discount")


def order_rows(table: pa.Table, kind: Kind, name: str) -> pa.Table:
    """A report's rows in the order table's columns, with ``source_file``.

    Parameters
    ----------
    table : Table
        Typed cells with ``source_line``.
    kind : Kind
        The kind of report.
    name : str
        The report's name.

    Examples
    --------
    >>> from promofix_lib.reports.kinds import KINDS
    >>> table = pa.table({"order_id": ["A "], "quantity": pa.array([2], pa.decimal128(18, 0)), "source_line": [2]})
    >>> order_rows(table, KINDS[-1], "new.txt").to_pylist()[0]
    {'order_id': 'A', 'quantity': 2, 'source_line': 2, 'fulfillment_channel': 'merchant', 'source_file': 'new.txt'}
    """
    table = one_spelling(table)
    for column in _NEVER_NEGATIVE:
        if column in table.column_names:
            table = _with(table, column, pc.abs(table[column]))
    if "quantity" in table.column_names:
        table = _with(table, "quantity", pc.cast(table["quantity"], pa.int64()))
    for column in ("promotion_ids", "claim_codes"):
        if column in table.column_names:
            table = _with(table, column, id_lists(table[column], kind.ids_joined_by))
    for column, word in kind.implied.items():
        given = table[column] if column in table.column_names else pa.nulls(table.num_rows, pa.string())
        table = _with(table, column, pc.fill_null(given, word))
    return _with(table, "source_file", pa.repeat(pa.scalar(name), table.num_rows))


def _with(table: pa.Table, name: str, cells: Any) -> pa.Table:
    if name not in table.column_names:
        return table.append_column(name, cells)
    return table.set_column(table.column_names.index(name), name, cells)


def as_frame(table: pa.Table) -> pd.DataFrame:
    """The same cells as a DataFrame with the order table's types: Arrow's own, and pandas' for moments in UTC."""
    return table.to_pandas(types_mapper=_pandas_type)


def _pandas_type(type_: pa.DataType) -> Any:
    return None if pa.types.is_timestamp(type_) else pd.ArrowDtype(type_)


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    """The same cells as an Arrow table, without copying the Arrow columns."""
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def as_orders(table: pa.Table) -> pd.DataFrame:
    """The order table: every column it must have, then the report's further ones."""
    return complete(as_frame(table))
