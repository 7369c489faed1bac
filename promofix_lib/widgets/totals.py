"""What a choice of order items amounts to: orders, units, money lost per currency, what can still be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.filters import one_of
from promofix_lib.finding import NormalPrice
from promofix_lib.orders import money_as_integers
from promofix_lib.triage import WORDS, triage
from promofix_lib.widgets.facets import Facet, Facets, Mask

_SCALE = Decimal(10_000)  # item_price and discount are kept in ten-thousandths


@dataclass(frozen=True)
class Totals:
    """A choice of order items in numbers.

    Parameters
    ----------
    orders, items, units : int
        Orders touched, their chosen order items, the units in these.
    lost : dict of str to Decimal
        Normal value less what the buyers pay, per currency (never added up), the largest first.
    without_loss : int
        Chosen order items whose loss is not known: no price yet, or no normal price.
    words : dict of str to int
        Orders per triage word, every word of `triage.WORDS`; an order with two answers counts in both.
    """

    orders: int
    items: int
    units: int
    lost: dict[str, Decimal]
    without_loss: int
    words: dict[str, int]


class Ledger:
    """The order table with each item's loss and triage word worked out once.

    Parameters
    ----------
    facets : Facets
        The prepared order table.
    normal_prices : iterable of NormalPrice
        What a unit normally costs, by SKU, sales channel and currency.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "A", "sku": "S", "currency": "USD", "item_price": "2.00", "quantity": 2},
    ...                       {"order_id": "B", "sku": "S", "currency": "USD", "quantity": 1}])
    >>> price = NormalPrice("S", "", "USD", Decimal("58.99"), "usual")
    >>> totals = Ledger(Facets(orders), [price]).totals(np.array([True, True]))
    >>> totals.lost, totals.without_loss
    ({'USD': Decimal('115.9800')}, 1)
    """

    def __init__(self, facets: Facets, normal_prices: Iterable[NormalPrice] = ()) -> None:
        orders = facets.orders
        self._facets = facets
        self._units = orders["quantity"].to_numpy(dtype=np.int64, na_value=0)
        self.words = triage(orders).to_numpy(dtype=object)
        rows = np.arange(len(orders), dtype=np.int64)
        self._words = Facet(rows, self.words, facets.order_codes)
        self._lost, self._known = _losses(orders, tuple(normal_prices))
        self._currencies = {
            str(code): one_of(orders, "currency", [str(code)]).to_numpy()
            for code in orders["currency"].dropna().unique()
        }

    def totals(self, mask: Mask) -> Totals:
        """The chosen items in numbers."""
        return Totals(
            orders=self._facets.count_orders(mask),
            items=int(mask.sum()),
            units=int(self._units[mask].sum()),
            lost=self._lost_per_currency(mask & self._known),
            without_loss=int((mask & ~self._known).sum()),
            words=self._orders_per_word(mask),
        )

    def _lost_per_currency(self, mask: Mask) -> dict[str, Decimal]:
        inside = {code: mask & rows for code, rows in self._currencies.items()}
        lost = {code: Decimal(int(self._lost[rows].sum())) / _SCALE for code, rows in inside.items() if rows.any()}
        exact = {code: amount.quantize(Decimal("0.0001")) for code, amount in lost.items()}
        return dict(sorted(exact.items(), key=lambda pair: -pair[1]))

    def _orders_per_word(self, mask: Mask) -> dict[str, int]:
        found = dict(zip(self._words.values, self._words.orders(mask).tolist(), strict=True))
        return {word: found.get(word, 0) for word in WORDS}


def _losses(
    orders: pd.DataFrame, normal_prices: tuple[NormalPrice, ...]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Normal value less what is paid, per item in ten-thousandths, and where it is known; never below zero."""
    price, priced = money_as_integers(orders["item_price"])
    discount, _ = money_as_integers(orders["item_promotion_discount"])
    paid = np.maximum(price - np.abs(discount), 0)
    normal = np.zeros(len(orders), dtype=np.int64)
    known = np.zeros(len(orders), dtype=np.bool_)
    for normal_price in normal_prices:
        rows = _sold_as(orders, normal_price)
        normal[rows] = int((normal_price.price * _SCALE).to_integral_value())
        known |= rows
    units = orders["quantity"].to_numpy(dtype=np.int64, na_value=0)
    known &= priced & (units > 0)
    return np.where(known, np.maximum(normal * units - paid, 0), 0), known


def _sold_as(orders: pd.DataFrame, normal_price: NormalPrice) -> npt.NDArray[np.bool_]:
    rows = one_of(orders, "sku", [normal_price.sku])
    if normal_price.sales_channel:
        rows &= one_of(orders, "sales_channel", [normal_price.sales_channel])
    if normal_price.currency:
        rows &= one_of(orders, "currency", [normal_price.currency])
    return rows.to_numpy()
