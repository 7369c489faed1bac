"""The order table as plain arrays of numbers, so that a million order items are judged in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.filters import is_cancelled, is_shipped, is_vine, sold_outside
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.orders import is_true, money_as_integers

Ints: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.int32]  # half the memory, for what is compared and never multiplied
Floats: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

HOUR = 3_600_000_000  # microseconds
DAY = 24 * HOUR
_NEARLY_FREE = 1e-4  # stands for a price of nothing where a logarithm is taken
_DEFAULT = Thresholds()


@dataclass(frozen=True)
class Promotions:
    """Which order item carries which promotion id: two arrays of equal length, and the names of the ids."""

    rows: Ints
    ids: Ints
    names: tuple[str, ...]


class Rows:
    """Rows by a key: those of some keys, key by key, each in the order in which they were given.

    >>> rows = Rows(np.array([7, 3, 7]), np.array([10, 11, 12]))
    >>> rows(7).tolist(), rows([3, 7, 9]).tolist()
    ([10, 12], [11, 10, 12])
    """

    def __init__(self, keys: Any, rows: Ints) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys, self._rows = keys[order], rows[order]

    def __call__(self, keys: Any) -> Ints:
        """The rows of one key or of several."""
        wanted = np.asarray(keys, dtype=self._keys.dtype).reshape(-1)
        begin, end = (np.searchsorted(self._keys, wanted, side=side) for side in ("left", "right"))
        count = end - begin
        return self._rows[np.repeat(end - np.cumsum(count), count) + np.arange(count.sum())]


class Sales:
    """The order table as arrays, and the numbers it is to be judged by; one entry per row, in its order.

    A *sale* has a time, units and a price above zero, and is no replacement, no Vine unit and not sold outside Amazon:
    `sold`. Codes are -1 where a cell is missing. `group` numbers what has a price of its own: a SKU in one sales
    channel and one currency. `list_price` and `net_price` are natural logarithms of the price per unit before and after
    the discount (NaN where unknown), `depth` is the share of the list price that the discount takes, `gives` says per
    promotion id whether it gives discounts on items at all: most of its items with a printed discount have one, so
    free-shipping and financing ids drop out without a list of names. Floats here only steer the search; money that is
    shown is summed from the exact columns.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"sku": "A", "item_price": "40", "item_promotion_discount": "30", "quantity": 2,
    ...                        "purchase_date": "2026-03-01T00:00:00Z"}, {"sku": "A", "quantity": 1}])
    >>> sales = Sales(orders)
    >>> sales.depth.tolist(), np.exp(sales.net_price[:1]).round(2).tolist(), sales.sold.tolist()
    ([0.75, nan], [5.0], [True, False])
    """

    def __init__(self, orders: pd.DataFrame, thresholds: Thresholds = _DEFAULT) -> None:
        self.orders, self.thresholds = orders, thresholds
        self.order: Codes = pd.factorize(orders["order_id"])[0].astype(np.int32)
        pa.default_memory_pool().release_unused()  # a dictionary of all order ids is as large as all that follows
        self.sku, self.sku_names = _coded(orders["sku"])
        self.asin: Codes = pd.factorize(orders["asin"])[0].astype(np.int32)
        self.channel, self.channel_names = _coded(orders["sales_channel"])
        self.currency, self.currency_names = _coded(orders["currency"])
        self.group = _grouped(self.sku, self.channel, self.currency)
        self.promotions = _promotions(orders["promotion_ids"])
        self.quantity: Ints = orders["quantity"].to_numpy(dtype=np.int64, na_value=0)
        self.time: Ints = orders["purchase_date"].to_numpy(dtype="datetime64[us]").astype(np.int64)
        self.dated: Mask = orders["purchase_date"].notna().to_numpy(dtype=np.bool_)
        self.business: Mask = is_true(orders["is_business_order"]).to_numpy()
        self.cancelled: Mask = is_cancelled(orders).to_numpy()
        price, priced = money_as_integers(orders["item_price"])
        discount, discounted = money_as_integers(orders["item_promotion_discount"])
        taken = np.minimum(np.where(discounted, np.abs(discount), 0), price)
        has_price = priced & (price > 0) & (self.quantity > 0)
        self.sold: Mask = self.dated & has_price & ~_not_for_sale(orders, self.promotions)
        self.depth_known, self.gives = _depth_known(orders, self.promotions, self.sold, taken, thresholds.most)
        self.listed: Floats = np.where(has_price, price / 10_000, np.nan)
        self.paid: Floats = np.where(has_price, (price - taken) / 10_000, np.nan)
        self.depth: Floats = np.where(has_price, taken / np.where(price > 0, price, 1), np.nan)
        self.list_price: Floats = np.log(self.listed / np.where(has_price, self.quantity, 1))
        self.net_price: Floats = self.list_price + np.log(np.maximum(1 - self.depth, _NEARLY_FREE))

    @cached_property
    def sold_in(self) -> Rows:
        """Rows sold in a group, by time."""
        rows = np.flatnonzero(self.sold)
        rows = rows[np.argsort(self.time[rows], kind="stable")]
        return Rows(self.group[rows], rows)

    @cached_property
    def sold_at(self) -> Rows:
        """Rows sold at exactly this list price (a logarithm), to a hundredth of a per cent."""
        rows = np.flatnonzero(self.sold)
        return Rows(self.list_price[rows].round(4), rows)

    @cached_property
    def carrying(self) -> Rows:
        """Rows that carry a promotion id, in file order."""
        return Rows(self.promotions.ids, self.promotions.rows)

    @cached_property
    def span(self) -> int:
        """From the first sale to the last, microseconds; never 0."""
        return max(int(self.time[self.sold].max()) - self.begin, 1)

    @cached_property
    def begin(self) -> int:
        """Time of the first sale."""
        return int(self.time[self.sold].min())

    @cached_property
    def block(self) -> int:
        """Length of the parts that a report is cut into, microseconds."""
        return int(np.clip(self.span // self.thresholds.parts, HOUR, DAY))

    def key(self, row: int) -> tuple[str, str, str]:
        """SKU, sales channel and currency of a row; the empty text where missing."""
        sku, channel, currency = self.sku[row], self.channel[row], self.currency[row]
        return self.sku_names[sku], self.channel_names[channel], self.currency_names[currency]

    def orders_of(self, rows: Ints) -> Ints:
        """A number per order; a missing order id counts each row."""
        return np.where(self.order[rows] >= 0, self.order[rows], -1 - rows)

    def count(self, rows: Ints) -> int:
        """Different orders among the rows."""
        return len(np.unique(self.orders_of(rows)))


def middle(values: Floats) -> float:
    """The median, in a tenth of the time that numpy's takes for a few numbers.

    >>> middle(np.array([3.0, 1.0, 2.0])), middle(np.array([4.0, 1.0]))
    (2.0, 2.5)
    """
    values, half = np.sort(values), len(values) // 2
    return float(values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2)


def marked(places: Any, count: int) -> Mask:
    """A mask over so many that is True at these places.

    >>> marked([0, 2, 2], 4).tolist()
    [True, False, True, False]
    """
    mask = np.zeros(count, dtype=np.bool_)
    mask[places] = True
    return mask


def extent(keys: Ints, values: Any, count: int) -> tuple[Any, Any]:
    """The lowest and the highest value per key; the highest and the lowest number there is where a key has none.

    >>> [ends.tolist() for ends in extent(np.array([1, 0, 1]), np.array([7, 5, 3]), 2)]
    [[5, 3], [5, 7]]
    """
    ends = np.iinfo(values.dtype) if values.dtype.kind == "i" else np.finfo(values.dtype)
    low, high = np.full(count, ends.max, values.dtype), np.full(count, ends.min, values.dtype)
    np.minimum.at(low, keys, values)
    np.maximum.at(high, keys, values)
    return low, high


def _coded(column: pd.Series[Any]) -> tuple[Codes, tuple[str, ...]]:
    """Codes in the alphabetical order of the words, so that the order of the rows decides nothing.

    A missing cell is -1, and the last word is its empty one.
    """
    codes, words = pd.factorize(column, sort=True)
    return codes.astype(np.int32), (*words.tolist(), "")


def _promotions(lists: pd.Series[Any]) -> Promotions:
    array = lists.array.__arrow_array__()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    ids, names = _coded(pd.Series(pd.arrays.ArrowExtensionArray(pc.list_flatten(array))))
    rows = pc.list_parent_indices(array).to_numpy(zero_copy_only=False).astype(np.int64)
    pairs = rows * (len(names) + 1) + ids
    once = np.unique(pairs[ids >= 0])  # by row, each id of it once
    return Promotions(once // (len(names) + 1), once % (len(names) + 1), names)


def _not_for_sale(orders: pd.DataFrame, promotions: Promotions) -> Mask:
    outside = sold_outside(orders).to_numpy()
    vine = np.array([is_vine(name) for name in promotions.names], dtype=np.bool_)
    reviewers = marked(promotions.rows[vine[promotions.ids]], len(orders))
    return outside | reviewers | is_true(orders["is_replacement_order"]).to_numpy()


def _depth_known(
    orders: pd.DataFrame, promotions: Promotions, sold: Mask, taken: Ints, most: float
) -> tuple[Mask, Mask]:
    """Where the discount is printed, and which ids give one.

    The discount can be printed only when the order ships, while the id already stands there; so an item that is not
    shipped and shows no discount says nothing when it carries an id that gives one.
    """
    printed = sold & ((taken > 0) | is_shipped(orders).to_numpy())
    rows, ids, count = promotions.rows, promotions.ids, len(promotions.names)
    told = np.bincount(ids[printed[rows]], minlength=count)
    given = np.bincount(ids[sold[rows] & (taken > 0)[rows]], minlength=count)
    gives = (given >= most * told) & (given > 0)
    return sold & (printed | ~marked(rows[gives[ids]], len(orders))), gives


def _grouped(sku: Codes, channel: Codes, currency: Codes) -> Ints:
    channels, currencies = int(channel.max(initial=0)) + 2, int(currency.max(initial=0)) + 2
    keys = (sku.astype(np.int64) * channels + channel) * currencies + currency
    return pd.factorize(keys, sort=True)[0].astype(np.int64)
