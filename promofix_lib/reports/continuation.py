"""Lines that are one order item: several promotions of one item, or one item split over lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_ADDED = ("item_promotion_discount", "ship_promotion_discount")
_SUMMED = ("quantity", "item_price", *_ADDED)


def folded(table: pa.Table, *, continues: bool) -> tuple[pa.Table, list[str]]:
    """One row per order item where lines carry the same order item id.

    In New Orders a further line of an item adds its promotion and discount; its price is the same price again and is
    never added. In other reports a further line that is equal to the first is the same line again, and one that is not
    is another part of the item: quantities and amounts are added up.

    Parameters
    ----------
    table : Table
        Rows of one report.
    continues : bool
        The report writes one line per promotion (New Orders).

    Returns
    -------
    table : Table
        In the order of each item's first line.
    warnings : list of str
        Which lines were put together, when that is not how the report is meant.

    Examples
    --------
    >>> from decimal import Decimal
    >>> table = pa.table({"order_id": ["A", "A"], "order_item_id": ["7", "7"], "promotion_ids": [["P"], ["Q"]],
    ...                   "item_price": [Decimal("9.00"), None], "source_line": [2, 3]})
    >>> (item,) = folded(table, continues=True)[0].to_pylist()
    >>> item["promotion_ids"], item["item_price"], item["source_line"]
    (['P', 'Q'], Decimal('9.00'), 2)
    """
    if "order_item_id" not in table.column_names or _all_different(table["order_item_id"]):
        return table, []
    groups = _repeated(table)
    if not groups:
        return table, []
    warnings: list[str] = []
    heads = {group[0]: _one(table.take(group).to_pylist(), continues, warnings) for group in groups}
    dropped = np.ones(table.num_rows, dtype=bool)
    for group in groups:
        dropped[group] = False
    rest = table.filter(pa.array(dropped))
    together = pa.concat_tables([rest, pa.Table.from_pylist(list(heads.values()), schema=table.schema)])
    return together.sort_by("source_line"), warnings[:20]


def _all_different(ids: pa.ChunkedArray) -> bool:
    try:
        numbers = np.sort(pc.cast(ids.drop_null(), pa.int64()).to_numpy())
    except pa.ArrowInvalid:
        return False
    return bool((numbers[1:] != numbers[:-1]).all())


def _repeated(table: pa.Table) -> list[list[int]]:
    keys = pd.DataFrame({name: table[name].to_pandas() for name in ("order_id", "order_item_id")})
    again = keys[keys.duplicated(keep=False) & keys["order_item_id"].notna()]
    groups = again.groupby(["order_id", "order_item_id"], sort=False).indices.values()
    return [[int(row) for row in again.index[places]] for places in groups]


def _one(rows: list[dict[str, Any]], continues: bool, warnings: list[str]) -> dict[str, Any]:
    first = dict(rows[0])
    seen = [_without_place(first)]
    for row in rows[1:]:
        plain = _without_place(row)
        if plain in seen:
            warnings.append(f"line {row['source_line']} repeats line {first['source_line']} and counts once.")
            continue
        seen.append(plain)
        _add(first, row, _ADDED if continues else _SUMMED)
        if not continues:
            warnings.append(f"lines {first['source_line']} and {row['source_line']} are parts of one order item.")
    return first


def _without_place(row: dict[str, Any]) -> dict[str, Any]:
    return {name: cell for name, cell in row.items() if name != "source_line"}


def _add(first: dict[str, Any], row: dict[str, Any], summed: tuple[str, ...]) -> None:
    for name, cell in row.items():
        if cell is None:
            continue
        if first[name] is None:
            first[name] = cell
        elif name in summed:
            first[name] += cell
        elif isinstance(cell, list):
            first[name] = [*first[name], *(word for word in cell if word not in first[name])]
