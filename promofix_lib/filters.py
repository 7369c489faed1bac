"""Is this row in or out? Masks over the order table; a mask over a missing value is False."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.orders import flat_lists, has_any, is_true

_OUTSIDE = re.compile(r"non.amazon", re.IGNORECASE)
SOLD_AS = ("sku", "sales_channel", "currency")
"""What has a price of its own: a SKU in one sales channel and one currency."""


def in_window(orders: pd.DataFrame, start: datetime | None, end: datetime | None) -> pd.Series[bool]:
    """Orders bought from `start` to `end`, both moments inside.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    start, end : datetime with a zone, or None
        None leaves that side open.

    Raises
    ------
    ValueError
        A time without a zone.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"purchase_date": "2026-03-01T01:00:00Z"}, {"purchase_date": "2026-03-01T02:00:01Z"}])
    >>> end = datetime.fromisoformat("2026-03-01T02:00:00+00:00")
    >>> in_window(orders, None, end).tolist()
    [True, False]
    """
    times = orders["purchase_date"]
    mask = times.notna()
    for moment in (start, end):
        if moment is not None and moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone: write it as 2026-03-01T00:00:00+00:00.")
    if start is not None:
        mask &= times >= pd.Timestamp(start)
    if end is not None:
        mask &= times <= pd.Timestamp(end)
    return mask


def priced_at_most(orders: pd.DataFrame, price: Decimal) -> pd.Series[bool]:
    """Orders whose unit price is `price` or less; unknown prices are not.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    price : Decimal
        Highest unit price that counts, in the order's own currency.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"item_price": "3.00", "quantity": 3}, {"item_price": "29.99", "quantity": 1}, {}])
    >>> priced_at_most(orders, Decimal("1.00")).tolist()
    [True, False, False]
    """
    return (orders["unit_price"] <= price).fillna(False).astype(bool)


def one_of(orders: pd.DataFrame, column: str, values: Collection[str]) -> pd.Series[bool]:
    """Orders whose `column` is one of `values`; the empty text stands for a missing cell.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"sku": "A"}, {"sku": "B"}, {}])
    >>> one_of(orders, "sku", ["A"]).tolist(), one_of(orders, "sku", [""]).tolist()
    ([True, False, False], [False, False, True])
    """
    words = pa.array([value or None for value in values], pa.string())
    mask = pc.is_in(orders[column].array.__arrow_array__(), words, skip_nulls="" not in values)
    return pd.Series(np.asarray(mask), orders.index, dtype=bool)


def with_promotions(orders: pd.DataFrame, ids: Collection[str], *, together: bool = False) -> pd.Series[bool]:
    """Orders that carry one of the promotion ids, or all of them when `together`.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"promotion_ids": ["P", "Q"]}, {"promotion_ids": ["P"]}, {}])
    >>> with_promotions(orders, ["P", "Q"], together=True).tolist()
    [True, False, False]
    """
    if not together:
        return has_any(orders["promotion_ids"], ids)
    mask = pd.Series(True, index=orders.index)
    for promotion_id in ids:
        mask &= has_any(orders["promotion_ids"], [promotion_id])
    return mask


def is_cancelled(orders: pd.DataFrame) -> pd.Series[bool]:
    """Items whose order or whose own line is cancelled.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_status": "Shipped", "item_status": "Cancelled"}, {"order_status": "Shipped"}])
    >>> is_cancelled(orders).tolist()
    [True, False]
    """
    return one_of(orders, "order_status", ["Cancelled"]) | one_of(orders, "item_status", ["Cancelled"])


def has_no_units(orders: pd.DataFrame) -> pd.Series[bool]:
    """Lines of no unit."""
    return (orders["quantity"] == 0).fillna(False).astype(bool)


def is_given_away(orders: pd.DataFrame) -> pd.Series[bool]:
    """Replacements and Vine units: by design nobody pays for them.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"is_replacement_order": True}, {"promotion_ids": ["vine.enrollment.1"]}, {}])
    >>> is_given_away(orders).tolist()
    [True, True, False]
    """
    vine = [name for name in set(flat_lists(orders["promotion_ids"])[1]) if is_vine(name)]
    return is_true(orders["is_replacement_order"]) | has_any(orders["promotion_ids"], vine)


def is_vine(promotion: str) -> bool:
    """Whether a promotion id is that of a Vine unit."""
    return promotion.lower().startswith("vine.")


def sold_outside(orders: pd.DataFrame) -> pd.Series[bool]:
    """Orders that Amazon only ships: what was sold elsewhere.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> sold_outside(order_table([{"sales_channel": "Non-Amazon US"}, {"sales_channel": "Amazon.com"}, {}])).tolist()
    [True, False, False]
    """
    names = [name for name in orders["sales_channel"].dropna().unique() if _OUTSIDE.match(name)]
    return one_of(orders, "sales_channel", names)


def is_shipped(orders: pd.DataFrame) -> pd.Series[bool]:
    """Items that left, or are leaving: their own line says so, or their order does and the line does not deny it.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_status": "Shipped"}, {"order_status": "Shipping", "item_status": "Unshipped"}])
    >>> is_shipped(orders).tolist()
    [True, False]
    """
    by_order = one_of(orders, "order_status", ["Shipped", "Shipping"]) & ~one_of(orders, "item_status", ["Unshipped"])
    return one_of(orders, "item_status", ["Shipped"]) | by_order


def particular_first(prices: Iterable[Any]) -> list[Any]:
    """Prices as `first_that_fits` asks them: one that names its sales channel and currency before one for all."""
    return sorted(prices, key=lambda one: (not one.sales_channel, not one.currency))


def first_that_fits(orders: pd.DataFrame, prices: Sequence[Any]) -> npt.NDArray[np.int64]:
    """Per order item the place of the first price that is for it, -1 where none is.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    prices : sequence
        What has a ``sku``, ``sales_channel`` and ``currency``; an empty channel or currency stands for every one.

    Examples
    --------
    >>> from promofix_lib.incident import Ceiling
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"sku": "A", "currency": "USD"}, {"sku": "A"}, {"sku": "B"}])
    >>> first_that_fits(orders, [Ceiling("A", "", "USD", Decimal(2)), Ceiling("A", "", "", Decimal(1))]).tolist()
    [0, 1, -1]
    """
    kind = np.zeros(len(orders), dtype=np.int64)  # the same where no price can tell two rows apart
    for column in SOLD_AS:
        words = pa.array({getattr(one, column) or None for one in prices}, pa.string())
        place = pc.index_in(orders[column].array.__arrow_array__(), words)
        kind = kind * (len(words) + 1) + np.asarray(place.fill_null(len(words)), dtype=np.int64)
    alike, first = pd.factorize(kind)[0], np.flatnonzero(~pd.Series(kind).duplicated())
    cells = {column: orders[column].iloc[first].fillna("").to_numpy() for column in SOLD_AS}
    fits = np.full(len(first), -1, dtype=np.int64)
    for number in reversed(range(len(prices))):  # the first that fits has the last word
        words_of = {column: getattr(prices[number], column) for column in SOLD_AS}
        same = [cells[column] == word for column, word in words_of.items() if word or column == "sku"]
        fits[np.logical_and.reduce(same)] = number
    return fits[alike]
