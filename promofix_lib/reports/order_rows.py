"""From a report's own columns to the order table's: one spelling, lists, what the kind implies, lines put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.orders import COLUMNS, complete
from promofix_lib.reports.kinds import Kind, facts
from promofix_lib.reports.report import Quarantined
from promofix_lib.say import Told, told

_NEVER_NEGATIVE = ("item_promotion_discount", "ship_promotion_discount")
_SUMMED = ("quantity", "item_price", *_NEVER_NEGATIVE)
_SAME_ITEM = ("sku", "asin", "currency")
_FEW = 2_000  # groups of lines that are put together in place; more of them are cheaper in one go
_SHOWN = 20
_PIECE = 1 << 16


def order_rows(table: pa.Table, kind: Kind) -> pa.Table:
    """A report's rows in the order table's columns.

    Parameters
    ----------
    table : Table
        Typed cells with ``source_line``.
    kind : Kind
        The kind of report.

    Examples
    --------
    >>> from promofix_lib.reports.kinds import kind_named
    >>> table = pa.table({"sku": ["A"], "quantity": pa.array([2], pa.decimal128(18, 0)), "source_line": [2]})
    >>> order_rows(table, kind_named("New Orders")).to_pylist()[0]
    {'sku': 'A', 'quantity': 2, 'source_line': 2, 'fulfillment_channel': 'merchant'}
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
    return table


def throughout(value: pa.Scalar, rows: int) -> pa.ChunkedArray:
    """A column of one value: the same few bytes serve all of its pieces."""
    piece = pa.repeat(value, min(rows, _PIECE))
    return pa.chunked_array([piece.slice(0, min(rows - at, _PIECE)) for at in range(0, rows, _PIECE)], value.type)


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


def completed(table: pa.Table) -> pa.Table:
    """The cells with every column that an order table has, the missing ones without a value."""
    for name, dtype in COLUMNS.items():
        if name not in table.column_names and name != "unit_price":
            type_ = dtype.pyarrow_dtype if isinstance(dtype, pd.ArrowDtype) else pa.timestamp("us", "UTC")
            table = table.append_column(name, throughout(pa.scalar(None, type_), table.num_rows))
    return table


def as_orders(table: pa.Table) -> pd.DataFrame:
    """The order table of `completed` cells, the report's further columns behind; other cells as they are."""
    frame = as_frame(table)
    return complete(frame) if "sku" in frame and "item_price" in frame else frame


# -- words ------------------------------------------------------------------------------------------------------------


def status(word: str) -> str:
    """One word for an order's status, whoever wrote it.

    Examples
    --------
    >>> status("Canceled"), status("Shipped - Delivered to Buyer"), status("PARTIALLY_SHIPPED"), status("Lost")
    ('Cancelled', 'Shipped', 'PartiallyShipped', 'Lost')
    """
    plain = word.strip()
    first = plain.split(" - ")[0]
    return str(facts().words["status"].get(first.lower().replace("_", "").replace(" ", ""), plain))


def channel(word: str) -> str:
    """``merchant`` or ``amazon``.

    Examples
    --------
    >>> channel("AFN"), channel("Merchant"), channel("MFN"), channel("Easy Ship")
    ('amazon', 'merchant', 'merchant', 'easy ship')
    """
    plain = word.strip().lower()
    return str(facts().words["channel"].get(plain, plain))


_WORDS: dict[str, Callable[[str], str]] = {
    "order_status": status,
    "item_status": status,
    "fulfillment_channel": channel,
    "sales_channel": str.strip,
    "currency": lambda word: word.strip().upper(),
}


def one_spelling(table: pa.Table) -> pa.Table:
    """The table with one spelling per word; a changed status keeps its original as ``…_given``.

    Examples
    --------
    >>> table = one_spelling(pa.table({"order_status": ["Canceled", "Shipped"]}))
    >>> table["order_status"].to_pylist(), table["order_status_given"].to_pylist()
    (['Cancelled', 'Shipped'], ['Canceled', None])
    """
    for name, spell in _WORDS.items():
        if name not in table.column_names:
            continue
        given = table[name]
        plain = _respelled(given, spell)
        if plain is given:
            continue
        table = _with(table, name, plain)
        if name in ("order_status", "item_status"):
            changed = pc.fill_null(pc.not_equal(given, plain), False)
            table = table.append_column(f"{name}_given", pc.if_else(changed, given, None))
    return table


def _respelled(given: pa.ChunkedArray, spell: Callable[[str], str]) -> pa.ChunkedArray:
    coded = [chunk.dictionary_encode() for chunk in given.chunks]
    words = [pa.array([spell(word) or None for word in chunk.dictionary.to_pylist()], pa.string()) for chunk in coded]
    if all(word.equals(chunk.dictionary) for word, chunk in zip(words, coded, strict=True)):
        return given
    return pa.chunked_array([word.take(chunk.indices) for word, chunk in zip(words, coded, strict=True)], pa.string())


def id_lists(cells: pa.ChunkedArray, joined_by: str) -> pa.ChunkedArray:
    """Promotion cells as lists; blank cells stay missing.

    Parameters
    ----------
    cells : ChunkedArray of string
        One or several ids per cell.
    joined_by : str
        What stands between them; empty when a cell holds one id.

    Examples
    --------
    >>> id_lists(pa.chunked_array([["A, B", None, "C,", '"A,B"']]), ",").to_pylist()
    [['A', 'B'], None, ['C'], ['A', 'B']]
    >>> id_lists(pa.chunked_array([["['A', 'B']", '["A"]', "[sale] A"]]), ",").to_pylist()
    [['A', 'B'], ['A'], ['[sale] A']]
    """
    plain = pc.utf8_trim_whitespace(cells)
    if pc.any(pc.starts_with(plain, "[")).as_py():  # a list as a program writes it
        for sign in "'\"":
            words = pc.replace_substring_regex(plain, rf"^\[{sign}|{sign}\]$", "")
            words = pc.replace_substring_regex(words, rf"{sign}\s*,\s*{sign}", joined_by or "\0")
            plain = pc.if_else(pc.match_substring_regex(plain, rf"^\[{sign}.*{sign}\]$"), words, plain)
    if pc.any(pc.starts_with(plain, '"')).as_py():  # a spreadsheet's, in a file that is half its and half Amazon's
        plain = pc.replace_substring_regex(plain, '^"(.*)"$', r"\1")
    if joined_by:
        one_by_one = pc.replace_substring_regex(plain, rf"\s*{joined_by}[\s{joined_by}]*", joined_by)
        plain = pc.utf8_trim(one_by_one, characters=f" {joined_by}")
    known = pc.if_else(pc.equal(plain, ""), None, plain)
    return pc.split_pattern(known, joined_by or "\0")


# -- lines that are one order item ------------------------------------------------------------------------------------


def folded(table: pa.Table, *, continues: bool) -> tuple[pa.Table, list[Told], list[Quarantined]]:
    """One row per order item where lines carry the same order item id.

    In New Orders a further line of an item adds its promotion and discount; its price is the same price again and is
    never added. In other reports a further line that is equal to the first is the same line again, and one that is not
    is another part of the item: quantities and amounts are added up. A line that names another SKU under the same id is
    no line of that item: it is set aside.

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
    warnings : list of Told
        Which lines were put together, when that is not how the report is meant.
    set_aside : list of Quarantined
        Lines that bear the id of another item.

    Examples
    --------
    >>> from decimal import Decimal
    >>> table = pa.table({"order_id": ["A", "A"], "order_item_id": ["7", "7"], "promotion_ids": [["P"], ["Q"]],
    ...                   "item_price": [Decimal("9.00"), None], "source_line": [2, 3]})
    >>> (item,) = folded(table, continues=True)[0].to_pylist()
    >>> item["promotion_ids"], item["item_price"], item["source_line"]
    (['P', 'Q'], Decimal('9.00'), 2)
    """
    groups = _repeated(table) if "order_item_id" in table.column_names else []
    if not groups:
        return table, [], []
    warnings: list[Told] = []
    aside: list[Quarantined] = []
    picked, begins = _picked(table, np.concatenate(groups)), np.cumsum([0, *map(len, groups)])
    lines = (picked.slice(at, len(group)).to_pylist() for at, group in zip(begins, groups, strict=False))
    heads = [_one(rows, continues, warnings, aside) for rows in lines]
    together = pa.Table.from_pylist(heads, schema=table.schema)
    return _replaced(table, groups, together), warnings[:_SHOWN], aside


def _picked(table: pa.Table, rows: Any) -> pa.Table:
    """These rows. Few are cut out: to take them would make one piece of every column first."""
    if len(rows) > _FEW:
        return table.take(pa.array(rows))
    return pa.concat_tables([table.slice(int(row), 1) for row in rows]).combine_chunks()


def _repeated(table: pa.Table) -> list[list[int]]:
    """Rows of each order item that has several; only ids that occur twice are looked at as texts."""
    ids = table["order_item_id"]
    try:
        numbers = pc.fill_null(pc.cast(ids, pa.int64()), -1).to_numpy()
        ordered = np.sort(numbers)
        twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        rows = np.flatnonzero(np.isin(numbers, twice[twice >= 0])) if len(twice) else twice
    except pa.ArrowInvalid:
        rows = np.flatnonzero(pc.is_valid(ids).to_numpy(zero_copy_only=False))
    if not len(rows):
        return []
    keys = _picked(table.select(["order_id", "order_item_id"]), rows).to_pandas()
    again = keys[keys.duplicated(keep=False) & keys["order_item_id"].notna()]
    groups = again.groupby(["order_id", "order_item_id"], sort=False).indices.values()
    return [[int(row) for row in rows[again.index[places]]] for places in groups]


def _replaced(table: pa.Table, groups: list[list[int]], heads: pa.Table) -> pa.Table:
    """The table with one row in place of each group, where its first row was; few groups copy nothing."""
    if len(groups) > _FEW:
        kept = np.ones(table.num_rows, dtype=bool)
        kept[[row for group in groups for row in group]] = False
        return pa.concat_tables([table.filter(pa.array(kept)), heads]).sort_by("source_line")
    first = {group[0]: number for number, group in enumerate(groups)}
    pieces, at = [], 0
    for row in sorted(row for group in groups for row in group):
        pieces.append(table.slice(at, row - at))
        if row in first:
            pieces.append(heads.slice(first[row], 1))
        at = row + 1
    return pa.concat_tables([piece for piece in [*pieces, table.slice(at)] if piece.num_rows])


def _one(rows: list[dict[str, Any]], continues: bool, warnings: list[Told], aside: list[Quarantined]) -> dict[str, Any]:
    first = dict(rows[0])
    seen = [_told(first)]
    for row in rows[1:]:
        places = {"line": int(row["source_line"]), "first": int(first["source_line"])}
        if any(_differ(first.get(name), row.get(name)) for name in _SAME_ITEM):
            shown = f"order_id: {row['order_id']}, order_item_id: {row['order_item_id']}, sku: {row.get('sku')}"
            aside.append(Quarantined(places["line"], told("reports.fault.other_item", first=places["first"]), shown))
            continue
        plain = _told(row)
        if plain in seen:
            warnings.append(told("reports.repeated_line", **places))
            continue
        seen.append(plain)
        if continues and any(_differ(first.get(name), row.get(name)) for name in ("quantity", "item_price")):
            warnings.append(told("reports.other_price", **places))
        _add(first, row, _NEVER_NEGATIVE if continues else _SUMMED)
        if not continues:
            warnings.append(told("reports.parts", **places))
    return first


def _differ(one: Any, other: Any) -> bool:
    return one is not None and other is not None and one != other


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """What makes a line another one: the cells that decide or tell, the same ones however much of a report is kept."""
    return {name: cell for name, cell in row.items() if name in facts().tells}


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
