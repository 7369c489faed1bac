"""How many orders stand behind every choice, given all the other choices; no widget in it."""

from __future__ import annotations

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
        self._values: dict[str, tuple[list[str], Codes, Codes, Any]] = {}

    def by_frequency(self, name: str) -> list[str]:
        """The values of one field of the rule, the most frequent first; the empty text is a missing cell."""
        orders = self._orders(name, np.ones(len(self._book.orders), dtype=np.bool_))
        return sorted(orders, key=lambda value: -orders[value])

    def counts(self, rule: Incident, name: str) -> dict[str, int]:
        """Orders that would be in, were a value the only one ticked of its field, given every other question."""
        if name == "promotion_ids":
            rule = replace(rule, promotion_ids=rule.promotion_ids or ("any",))  # a promotion lets unpriced items in
        return self._orders(name, self.answers.without(name, rule))

    def _orders(self, name: str, mask: Mask) -> dict[str, int]:
        """Orders with a row inside the mask, by value; an order with several rows of one value counts once there."""
        if name not in self._values:
            rows, words = self._cells(name)
            codes, values = pd.factorize(words)
            pairs = pd.factorize(self._book.order_codes[rows] * max(len(values), 1) + codes)
            self._values[name] = ([str(value) for value in values], rows, *pairs)
        told, rows, pair_of_cell, pairs = self._values[name]
        seen = np.zeros(len(pairs), dtype=np.bool_)
        seen[pair_of_cell[mask[rows]]] = True
        counts = np.bincount(pairs[seen] % max(len(told), 1), minlength=len(told))
        return dict(zip(told, counts.tolist(), strict=True))

    def _cells(self, name: str) -> tuple[Codes, npt.NDArray[Any]]:
        orders = self._book.orders
        if name == "promotion_ids":
            return flat_lists(orders[name])
        rows = np.arange(len(orders), dtype=np.int64)
        if name == "is_business_order":
            return rows, np.where(is_true(orders[name]).to_numpy(), "true", "false")
        return rows, orders[WORD_FACETS[name]].fillna("").to_numpy(dtype=object)
