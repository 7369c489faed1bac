"""How many orders stand behind every choice, given all the other choices; no widget in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.filters import in_window
from promofix_lib.incident import Incident, affected, cheap_enough
from promofix_lib.orders import flat_lists

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

WORD_FACETS = {
    "skus": "sku",
    "order_statuses": "order_status",
    "fulfillment_channels": "fulfillment_channel",
    "sales_channels": "sales_channel",
    "ship_countries": "ship_country",
    "currencies": "currency",
}
"""Fields of the rule that list allowed words, and the column each one asks."""

FACETS = ("promotion_ids", *WORD_FACETS, "is_business_order")
"""Fields of the rule whose values are counted, in the order in which they are shown."""

_KEPT_MASKS = 64


class OrdersPer:
    """Orders counted per value: an order with several rows of one value counts once there.

    Parameters
    ----------
    rows : array of int
        Row of the order table, one per cell (a list column has several cells in a row, or none).
    codes : array of int
        The value of each cell as a number below `count`.
    count : int
        How many values there are.
    order_codes : array of int
        A number per row of the order table: its order.

    Examples
    --------
    >>> per = OrdersPer(np.arange(3), np.array([0, 0, 1]), 2, np.array([7, 7, 8]))
    >>> per.orders(np.array([True, True, True])).tolist()
    [1, 1]
    """

    def __init__(self, rows: Codes, codes: Codes, count: int, order_codes: Codes) -> None:
        self._rows = None if _is_every_row(rows, len(order_codes)) else rows
        self._codes, self._count = codes, count
        pairs, distinct = pd.factorize(order_codes[rows] * max(count, 1) + codes)
        # mostly every cell is its own pair of order and value: then there is nothing to count only once
        self._pairs = None if len(distinct) == len(codes) else pairs
        self._value_of_pair = np.asarray(distinct, dtype=np.int64) % max(count, 1)

    def orders(self, mask: Mask) -> Codes:
        """Orders with at least one row inside `mask`, for every value."""
        cells = mask if self._rows is None else mask[self._rows]
        if self._pairs is None:
            return np.bincount(self._codes[cells], minlength=self._count)
        seen = np.zeros(len(self._value_of_pair), dtype=np.bool_)
        seen[self._pairs[cells]] = True
        return np.bincount(self._value_of_pair[seen], minlength=self._count)


def _is_every_row(rows: Codes, size: int) -> bool:
    return len(rows) == size and bool((rows == np.arange(size)).all())


class Facet:
    """The values of one column, and the orders behind each.

    Parameters
    ----------
    rows : array of int
        Row of the order table, one per cell.
    words : array of str
        The value of each cell; the empty text is a missing cell.
    order_codes : array of int
        A number per row of the order table: its order.
    """

    def __init__(self, rows: Codes, words: npt.NDArray[Any], order_codes: Codes) -> None:
        codes, values = pd.factorize(words)
        self.values: list[str] = [str(value) for value in values]
        self._place = {value: code for code, value in enumerate(self.values)}
        self._rows, self._codes, self._size = rows, codes.astype(np.int64), len(order_codes)
        self._per = OrdersPer(rows, self._codes, len(values), order_codes)
        everyone = self.orders(np.ones(self._size, dtype=np.bool_))
        self.by_frequency: list[str] = [self.values[code] for code in np.argsort(-everyone, kind="stable")]

    def mask(self, wanted: Collection[str]) -> Mask:
        """Rows that hold at least one of `wanted`."""
        hit = np.zeros(len(self.values) + 1, dtype=np.bool_)
        hit[[self._place[value] for value in wanted if value in self._place]] = True
        mask = np.zeros(self._size, dtype=np.bool_)
        mask[self._rows[hit[self._codes]]] = True
        return mask

    def orders(self, mask: Mask) -> Codes:
        """Orders with at least one row inside `mask`, for every value."""
        return self._per.orders(mask)


class Facets:
    """The order table, prepared once so that every change of the rule is answered at once.

    Every question of the rule gets its own mask, and the last masks are kept: moving the window works out one mask,
    not nine. `mask` always equals `incident.affected`.

    Parameters
    ----------
    orders : DataFrame
        Order table.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> facets = Facets(order_table([
    ...     {"order_id": "A", "sku": "S", "order_status": "Pending", "item_price": "1", "quantity": 1},
    ...     {"order_id": "A", "sku": "T", "order_status": "Pending", "item_price": "1", "quantity": 1},
    ...     {"order_id": "B", "sku": "S", "order_status": "Shipped", "item_price": "1", "quantity": 1}]))
    >>> rule = Incident(skus=("T",), order_statuses=("Pending", "Shipped"))
    >>> facets.counts(rule, "skus")  # as if no SKU were asked for
    {'S': 2, 'T': 1}
    >>> facets.counts(rule, "order_statuses")  # with SKU T only
    {'Pending': 1, 'Shipped': 0}
    """

    def __init__(self, orders: pd.DataFrame) -> None:
        self.orders = orders
        self.order_codes: Codes = pd.factorize(orders["order_id"], use_na_sentinel=False)[0].astype(np.int64)
        self.order_count = int(self.order_codes.max()) + 1 if len(orders) else 0
        self._facets: dict[str, Facet] = {}
        self._masks: OrderedDict[Hashable, Mask] = OrderedDict()

    def facet(self, name: str) -> Facet:
        """The values of one field of the rule, made when first asked for."""
        if name not in self._facets:
            self._facets[name] = Facet(*self._cells(name), self.order_codes)
        return self._facets[name]

    def _cells(self, name: str) -> tuple[Codes, npt.NDArray[Any]]:
        if name == "promotion_ids":
            return flat_lists(self.orders[name])
        rows = np.arange(len(self.orders), dtype=np.int64)
        if name == "is_business_order":
            yes = self.orders[name].fillna(False).to_numpy(dtype=bool)
            return rows, np.where(yes, "true", "false")
        return rows, self.orders[WORD_FACETS[name]].fillna("").to_numpy(dtype=object)

    def count_orders(self, mask: Mask) -> int:
        """Orders with at least one row inside `mask`."""
        seen = np.zeros(self.order_count, dtype=np.bool_)
        seen[self.order_codes[mask]] = True
        return int(seen.sum())

    def mask(self, rule: Incident) -> Mask:
        """Order items that the rule touches: the same as `incident.affected`."""
        return _all(list(self._questions(rule).values()), len(self.orders))

    def counts(self, rule: Incident, name: str) -> dict[str, int]:
        """Orders that would be in, were a value the only one ticked of its field, given every other question."""
        if name == "promotion_ids":
            rule = replace(rule, promotion_ids=rule.promotion_ids or ("any",))  # a promotion lets unpriced items in
        masks = [mask for asked, mask in self._questions(rule).items() if asked != name]
        facet = self.facet(name)
        return dict(zip(facet.values, facet.orders(_all(masks, len(self.orders))).tolist(), strict=True))

    def _questions(self, rule: Incident) -> dict[str, Mask]:
        """One mask per question that the rule asks."""
        masks = {"price": self._kept(("price", _price_only(rule)), lambda: self._price(rule))}
        if rule.onset or rule.end:
            masks["window"] = _plain(in_window(self.orders, rule.onset, rule.end))
        for name in ("promotion_ids", *WORD_FACETS):
            wanted: tuple[str, ...] = getattr(rule, name)
            if wanted:
                masks[name] = self._kept(
                    (name, wanted, rule.together), partial(self._words, name, wanted, rule.together)
                )
        if rule.is_business_order is not None:
            masks["is_business_order"] = self.facet("is_business_order").mask([str(rule.is_business_order).lower()])
        if rule.min_quantity is not None or rule.max_quantity is not None:
            asked = Incident(min_quantity=rule.min_quantity, max_quantity=rule.max_quantity)
            masks["quantity"] = self._kept(asked, lambda: _plain(affected(self.orders, asked)))
        return masks

    def _words(self, name: str, wanted: tuple[str, ...], together: bool) -> Mask:
        if name == "promotion_ids" and together:
            return _all([self.facet(name).mask([word]) for word in wanted], len(self.orders))
        return self.facet(name).mask(wanted)

    def _price(self, rule: Incident) -> Mask:
        return _plain(cheap_enough(self.orders, _price_only(rule)))

    def _kept(self, question: Hashable, answer: Callable[[], Mask]) -> Mask:
        if question not in self._masks:
            self._masks[question] = answer()
            if len(self._masks) > _KEPT_MASKS:
                self._masks.popitem(last=False)
        self._masks.move_to_end(question)
        return self._masks[question]


def _price_only(rule: Incident) -> Incident:
    """What decides about the price: whether an item without one counts depends on there being a promotion."""
    ids = ("any",) if rule.promotion_ids else ()
    return Incident(promotion_ids=ids, ceilings=rule.ceilings, max_unit_price=rule.max_unit_price)


def _all(masks: list[Mask], size: int) -> Mask:
    return np.logical_and.reduce(masks) if masks else np.ones(size, dtype=np.bool_)


def _plain(mask: pd.Series[bool]) -> Mask:
    return mask.to_numpy(dtype=np.bool_)
