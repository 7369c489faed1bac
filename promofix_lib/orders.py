"""The order table: one row per order item, times in UTC, money exact, what is missing stays missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TEXT = pd.ArrowDtype(pa.string())
TEXTS = pd.ArrowDtype(pa.list_(pa.string()))
WHOLE = pd.ArrowDtype(pa.int64())
YES_NO = pd.ArrowDtype(pa.bool_())
MONEY = pd.ArrowDtype(pa.decimal128(18, 4))
UNIT_MONEY = pd.ArrowDtype(pa.decimal128(18, 6))
UTC = pd.DatetimeTZDtype("us", "UTC")

_PIECE = 1 << 18  # rows that are worked on at once: what lies between two steps of arithmetic stays small

COLUMNS: dict[str, Any] = {
    "order_id": TEXT,
    "order_item_id": TEXT,
    "purchase_date": UTC,
    "order_status": TEXT,
    "item_status": TEXT,
    "fulfillment_channel": TEXT,
    "sales_channel": TEXT,
    "sku": TEXT,
    "asin": TEXT,
    "product_name": TEXT,
    "quantity": WHOLE,
    "currency": TEXT,
    "item_price": MONEY,
    "item_promotion_discount": MONEY,
    "unit_price": UNIT_MONEY,
    "promotion_ids": TEXTS,
    "claim_codes": TEXTS,
    "buyer_name": TEXT,
    "buyer_email": TEXT,
    "ship_country": TEXT,
    "is_business_order": YES_NO,
    "price_designation": TEXT,
    "is_replacement_order": YES_NO,
    "is_buyer_requested_cancellation": YES_NO,
    "source_file": TEXT,
    "source_line": WHOLE,
}
"""Columns that every order table has, with their types. Columns that a report brings beyond these follow them."""


def order_table(rows: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """An order table from plain rows: texts, numbers and lists; columns left out are missing.

    Parameters
    ----------
    rows : iterable of mapping
        Column name to value. Money as text or `Decimal`, never float; times as ISO 8601 text with an offset.

    Returns
    -------
    DataFrame
        Order table, `unit_price` worked out.

    Raises
    ------
    ValueError
        Money given as a float, or a time without a zone.

    Examples
    --------
    >>> orders = order_table([{"order_id": "111-0000001-0000001", "item_price": "3.00", "quantity": 3},
    ...                       {"order_id": "111-0000002-0000002", "item_price": "29.99", "quantity": 1}])
    >>> [str(price) for price in orders["unit_price"]]
    ['1.000000', '29.990000']
    """
    rows = list(rows)
    names = [*COLUMNS, *(name for name in dict.fromkeys(name for row in rows for name in row) if name not in COLUMNS)]
    cells = {name: [row.get(name) for row in rows] for name in names if name != "unit_price"}
    return complete(pd.DataFrame({name: _column(name, values) for name, values in cells.items()}))


def _column(name: str, values: list[Any]) -> pd.Series[Any]:
    dtype = COLUMNS.get(name, TEXT)
    if dtype in (MONEY, UNIT_MONEY):
        if any(isinstance(value, float) for value in values):
            raise ValueError(f"{name} is money: give it as text or Decimal, not as a float.")
        values = [None if value is None or value is pd.NA else Decimal(str(value)) for value in values]
    if dtype is UTC:
        times: list[Any] = [pd.Timestamp(value) for value in values]
        if any(time is not pd.NaT and time.tzinfo is None for time in times):
            raise ValueError(f"{name} needs a time zone, for example 2026-03-01T00:00:00Z.")
        return pd.Series([time.tz_convert("UTC") for time in times], dtype=UTC)
    return pd.Series(values, dtype=dtype)


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """An order table from columns of the right types: missing columns added, `unit_price` worked out, order fixed.

    Parameters
    ----------
    frame : DataFrame
        Any of the order table's columns, typed as in `COLUMNS`, and any further ones.

    Returns
    -------
    DataFrame
        Order table with a fresh index 0, 1, 2 …; `frame` is not changed.
    """
    cells = {str(name): frame[name].array for name in frame.columns}
    cells = {name: cells[name] if name in cells else _missing(name, len(frame)) for name in COLUMNS} | cells
    return pd.DataFrame(cells).assign(unit_price=unit_prices)


def _missing(name: str, size: int) -> Any:
    return COLUMNS[name].__from_arrow__(pa.nulls(size, arrow_type(name)))


def arrow_type(name: str) -> pa.DataType:
    """Arrow's type of a column that every order table has.

    >>> arrow_type("purchase_date"), arrow_type("sku")
    (TimestampType(timestamp[us, tz=UTC]), DataType(string))
    """
    return getattr(COLUMNS[name], "pyarrow_dtype", pa.timestamp("us", "UTC"))


def unit_prices(orders: pd.DataFrame) -> pd.Series[Any]:
    """What the buyer pays per unit: (item price − discount) ÷ quantity, exact to a millionth, never below zero.

    Amazon's ``item-price`` is the total of the line. A missing discount is no discount; a missing price or a quantity
    of zero has no unit price.

    Examples
    --------
    >>> orders = order_table([{"item_price": "120.00", "item_promotion_discount": "117.00", "quantity": 3},
    ...                       {"item_price": None, "quantity": 1}, {"item_price": "5.00", "quantity": 0}])
    >>> unit_prices(orders).tolist()
    [Decimal('1.000000'), <NA>, <NA>]
    """
    cells = orders[["item_price", "item_promotion_discount", "quantity"]]
    pieces = [_unit_prices(cells.iloc[at : at + _PIECE]) for at in range(0, max(len(cells), 1), _PIECE)]
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array(pieces)), index=orders.index)


def _unit_prices(orders: pd.DataFrame) -> Any:
    price, priced = money_as_integers(orders["item_price"])
    discount, discounted = money_as_integers(orders["item_promotion_discount"])
    quantity = orders["quantity"].to_numpy(dtype=np.int64, na_value=0)
    known = priced & (quantity > 0)
    net = np.maximum(price - np.where(discounted, np.abs(discount), 0), 0)
    share = np.where(known, quantity, 1)
    per_unit = (net * 100 + share // 2) // share  # ten-thousandths to millionths, rounded half up
    return decimals(per_unit, known, 6)


def money_as_integers(column: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Exact money as whole numbers for fast arithmetic, and where it is known.

    Returns
    -------
    values : array of int64
        The column in units of its own last decimal place (``item_price``: ten-thousandths, ``unit_price``:
        millionths); 0 where missing.
    known : array of bool
        False where the cell is missing.

    Examples
    --------
    >>> values, known = money_as_integers(order_table([{"item_price": "1.50"}, {}])["item_price"])
    >>> values.tolist(), known.tolist()
    ([15000, 0], [True, False])
    """
    array = column.array.__arrow_array__()
    whole = pc.multiply(array, pa.scalar(Decimal(10**array.type.scale))).cast(pa.int64())
    return whole.fill_null(0).to_numpy(), column.notna().to_numpy()


def decimals(values: npt.NDArray[np.int64], known: npt.NDArray[np.bool_], places: int) -> Any:
    """Whole numbers in units of their last decimal place as exact money (Arrow), missing where not known.

    >>> decimals(np.array([15000, 0]), np.array([True, False]), 4).to_pylist()
    [Decimal('1.5000'), None]
    """
    whole = pa.array(values, mask=~known).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar(Decimal(1).scaleb(-places))).cast(pa.decimal128(18, places))


def item_keys(orders: pd.DataFrame) -> pd.Series[Any]:
    """One name per order item that stays the same when rows are sorted, filtered or downloaded again.

    ``order id/order item id`` where the report gives item ids, else ``order id/sku/n`` for the n-th line with that SKU
    in that order (All Orders reports before May 2026 have no item id, and equal lines in them are real).

    Examples
    --------
    >>> item_keys(order_table([{"order_id": "A", "order_item_id": "7", "sku": "S"},
    ...                        {"order_id": "B", "sku": "S"}, {"order_id": "B", "sku": "S"}])).tolist()
    ['A/7', 'B/S/1', 'B/S/2']
    """
    keys = (orders["order_id"].fillna("") + "/" + orders["order_item_id"]).rename("item_key")
    return keys.fillna(sku_keys(orders)) if keys.hasnans else keys


def sku_keys(orders: pd.DataFrame) -> pd.Series[Any]:
    """The names that `item_keys` would give if no report held order item ids.

    A choice made on an All Orders report is found again by these after a New Orders report has brought the item ids.

    Examples
    --------
    >>> sku_keys(order_table([{"order_id": "A", "order_item_id": "7", "sku": "S"}])).tolist()
    ['A/S/1']
    """
    line = orders["order_id"].fillna("") + "/" + orders["sku"].fillna("")
    number = pd.Series(pd.factorize(line)[0], orders.index)
    return line + "/" + (number.groupby(number, sort=False).cumcount() + 1).astype(TEXT)


def is_true(flags: pd.Series[Any]) -> pd.Series[bool]:
    """Where a yes/no column says yes; missing is no.

    Examples
    --------
    >>> is_true(pd.Series([True, None, False], dtype=YES_NO)).tolist()
    [True, False, False]
    """
    return flags.fillna(False).astype(bool)


def totals(orders: pd.DataFrame, column: str) -> dict[str, Decimal]:
    """Sum of a money column per currency, the largest first; rows without that money are left out.

    Examples
    --------
    >>> orders = order_table([{"currency": "USD", "item_price": "1.10"}, {"currency": "GBP", "item_price": "9"},
    ...                       {"currency": "USD", "item_price": "2.20"}, {"currency": "JPY"}])
    >>> totals(orders, "item_price")
    {'GBP': Decimal('9.0000'), 'USD': Decimal('3.3000')}
    """
    known = orders.loc[orders[column].notna() & orders["currency"].notna(), ["currency", column]]
    sums = known.groupby("currency")[column].sum()
    return dict(sorted(((str(key), Decimal(value)) for key, value in sums.items()), key=lambda pair: -pair[1]))


def has_any(lists: pd.Series[Any], wanted: Iterable[str]) -> pd.Series[bool]:
    """Rows of a list column that hold at least one of `wanted`.

    Examples
    --------
    >>> has_any(order_table([{"promotion_ids": ["A", "B"]}, {"promotion_ids": ["C"]}, {}])["promotion_ids"],
    ...         ["B"]).tolist()
    [True, False, False]
    """
    rows, words = flat_lists(lists)
    mask = np.zeros(len(lists), dtype=np.bool_)
    mask[rows[np.isin(words, list(wanted))]] = True
    return pd.Series(mask, index=lists.index)


def flat_lists(lists: pd.Series[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """A list column as two arrays: the row number of each entry, and the entry.

    Examples
    --------
    >>> orders = order_table([{"promotion_ids": ["A", "B"]}, {}, {"promotion_ids": ["C"]}])
    >>> rows, words = flat_lists(orders["promotion_ids"])
    >>> rows.tolist(), words.tolist()
    ([0, 0, 2], ['A', 'B', 'C'])
    """
    array = lists.array.__arrow_array__()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    rows = pc.list_parent_indices(array).to_numpy(zero_copy_only=False)
    coded = pc.list_flatten(array).dictionary_encode("encode")  # each word once in memory, however often it stands
    return rows.astype(np.int64), coded.dictionary.to_numpy(zero_copy_only=False)[coded.indices.to_numpy()]


FEW_WORDS = ("order_status", "item_status", "fulfillment_channel", "sales_channel", "currency", "asin")
_CODED = pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string()))


def coded(orders: pd.DataFrame) -> pd.DataFrame:
    """The same table with each word of its columns of few words once in memory: a fifth less for a large report.

    Such columns are counted, compared and looked up as texts are; `uncoded` makes texts of them again.

    Examples
    --------
    >>> orders = coded(order_table([{"currency": "USD"}, {"currency": "GBP"}, {"currency": "USD"}]))
    >>> (orders["currency"] == "USD").tolist(), uncoded(orders)["currency"].dtype
    ([True, False, True], string[pyarrow])
    """
    return orders.assign(**{name: orders[name].astype(_CODED) for name in FEW_WORDS})


def uncoded(orders: pd.DataFrame) -> pd.DataFrame:
    """Rows of a `coded` table with texts in all columns of text."""
    return orders.assign(**{name: orders[name].astype(TEXT) for name in FEW_WORDS})
