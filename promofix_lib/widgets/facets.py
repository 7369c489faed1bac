"""How many orders stand behind every choice, given all the other choices; no widget in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.incident import QUESTIONS, Answers, Incident
from promofix_lib.orders import flat_lists, is_true
from promofix_lib.status.book import Book

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

WORD_FACETS = {name: question.column for name, question in QUESTIONS.items() if question.column}
"""Fields of the rule that list allowed words, and the column each one asks."""
FACETS = ("promotion_ids", *WORD_FACETS, "is_business_order")
"""Fields of the rule whose values are counted, in the order in which they are shown; each is one of `QUESTIONS`."""


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


class Facets:
    """The order table's values, prepared once; the masks behind the counts are those of `incident.QUESTIONS`.

    Parameters
    ----------
    book : Book
        The order table, prepared.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> facets = Facets(Book(order_table([
    ...     {"order_id": "A", "sku": "S", "order_status": "Pending", "item_price": "1", "quantity": 1},
    ...     {"order_id": "A", "sku": "T", "order_status": "Pending", "item_price": "1", "quantity": 1},
    ...     {"order_id": "B", "sku": "S", "order_status": "Shipped", "item_price": "1", "quantity": 1}])))
    >>> rule = Incident(skus=("T",), order_statuses=("Pending", "Shipped"))
    >>> facets.counts(rule, "skus")  # as if no SKU were asked for
    {'S': 2, 'T': 1}
    >>> facets.counts(rule, "order_statuses")  # with SKU T only
    {'Pending': 1, 'Shipped': 0}
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self.answers = Answers(book.orders)
        self._values: dict[str, tuple[list[str], Callable[[Mask], Codes]]] = {}

    def by_frequency(self, name: str) -> list[str]:
        """The values of one field of the rule, the most frequent first; the empty text is a missing cell."""
        values, orders = self._facet(name)
        everyone = orders(np.ones(len(self._book.orders), dtype=np.bool_))
        return [values[code] for code in np.argsort(-everyone, kind="stable")]

    def counts(self, rule: Incident, name: str) -> dict[str, int]:
        """Orders that would be in, were a value the only one ticked of its field, given every other question."""
        if name == "promotion_ids":
            rule = replace(rule, promotion_ids=rule.promotion_ids or ("any",))  # a promotion lets unpriced items in
        values, orders = self._facet(name)
        return dict(zip(values, orders(self.answers.without(name, rule)).tolist(), strict=True))

    def _facet(self, name: str) -> tuple[list[str], Callable[[Mask], Codes]]:
        if name not in self._values:
            rows, words = self._cells(name)
            codes, values = pd.factorize(words)
            per = OrdersPer(rows, codes.astype(np.int64), len(values), self._book.order_codes)
            self._values[name] = ([str(value) for value in values], per.orders)
        return self._values[name]

    def _cells(self, name: str) -> tuple[Codes, npt.NDArray[Any]]:
        orders = self._book.orders
        if name == "promotion_ids":
            return flat_lists(orders[name])
        rows = np.arange(len(orders), dtype=np.int64)
        if name == "is_business_order":
            return rows, np.where(is_true(orders[name]).to_numpy(), "true", "false")
        return rows, orders[WORD_FACETS[name]].fillna("").to_numpy(dtype=object)
