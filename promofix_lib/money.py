"""The ledger: what was paid for each order item, what it should have cost, what was lost, and what is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.amounts import plain_amount
from promofix_lib.filters import first_that_fits, is_shipped
from promofix_lib.marketplaces import marketplace_of
from promofix_lib.orders import MONEY, decimals, flat_lists, money_as_integers
from promofix_lib.plain import Shown
from promofix_lib.say import Told, told

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

SCALE = 10_000
"""Amounts of the ledger are whole ten-thousandths, as `item_price` and `item_promotion_discount` are kept."""
_ENOUGH = 3
_USUALLY = 0.9
_GIVEN = told("money.given_by_seller")
_LARGEST = 9e18  # an int64 holds no more


@dataclass(frozen=True)
class NormalPrice:
    """What one SKU normally costs per unit, and how that is known.

    Given by the seller it wins over every estimate; an empty sales channel or currency stands for every one.
    """

    sku: str
    sales_channel: str
    currency: str
    price: Decimal
    how_known: Told = _GIVEN

    def to_json(self) -> dict[str, str]:
        """The price as plain JSON, without how it is known."""
        price = plain_amount(self.price, self.currency)
        return {"sku": self.sku, "sales_channel": self.sales_channel, "currency": self.currency, "price": price}


@dataclass(frozen=True)
class Amounts(Shown):
    """Money of some order items in one currency.

    `paid`, `normal_value` and `loss` are sums over the same items, those of which all three are known, so
    `normal_value` − `paid` = `loss`; `items_not_known` counts the others. A text that names a sum names them too.
    """

    currency: str
    paid: Decimal
    normal_value: Decimal
    loss: Decimal
    items_not_known: int = 0

    @property
    def known(self) -> bool:
        """Whether they are sums of anything."""
        return bool(self.paid or self.normal_value)

    def to_json(self, language: str | None = None) -> dict[str, Any]:  # noqa: ARG002 - amounts for programs
        """Money as text.

        >>> Amounts("USD", Decimal("300"), Decimal("17697"), Decimal("17397")).to_json()["loss"]
        '17397.00'
        """
        amounts = {"paid": self.paid, "normal_value": self.normal_value, "loss": self.loss}
        texts = {name: plain_amount(amount, self.currency) for name, amount in amounts.items()}
        return {"currency": self.currency, **texts, "items_not_known": self.items_not_known}


@dataclass(frozen=True, eq=False)
class Ledger:
    """One row per order item, in the order of the order table; amounts in ten-thousandths, 0 where not known.

    Parameters
    ----------
    paid, normal : array of int64
        What the buyer pays for the line, and what it should cost.
    paid_known, normal_known : array of bool
    currencies : tuple of str
        Every currency that occurs; the empty text where a row tells none.
    currency : array of int64
        Per row its place in `currencies`.
    """

    paid: Ints
    paid_known: Mask
    normal: Ints
    normal_known: Mask
    currencies: tuple[str, ...]
    currency: Ints

    @cached_property
    def known(self) -> Mask:
        """Rows whose loss is known."""
        return self.paid_known & self.normal_known

    @cached_property
    def lost(self) -> Ints:
        """Normal value less what was paid, with its sign; 0 where not known."""
        return np.where(self.known, self.normal - self.paid, 0)

    def part(self, rows: Ints | Mask) -> Ledger:
        """The ledger of these rows alone, by their numbers or as a mask."""
        columns = (self.paid[rows], self.paid_known[rows], self.normal[rows], self.normal_known[rows])
        return Ledger(*columns, self.currencies, self.currency[rows])

    def sums(self) -> tuple[Amounts, ...]:
        """Sums per currency (never added up), the largest loss first."""
        per_currency = []
        for place in np.flatnonzero(np.bincount(self.currency)):
            mine = self.currency == place
            counted = mine & self.known
            paid, normal = (exact(values[counted].sum()) for values in (self.paid, self.normal))
            unknown = int(mine.sum() - counted.sum())
            per_currency.append(Amounts(self.currencies[place], paid, normal, normal - paid, unknown))
        return tuple(sorted(per_currency, key=lambda one: (-one.loss, one.currency)))

    @cached_property
    def table(self) -> pd.DataFrame:
        """The ledger as columns ``currency``, ``paid``, ``normal``, ``lost`` (missing if not known), ``known``."""
        columns = {
            "paid": (self.paid, self.paid_known),
            "normal": (self.normal, self.normal_known),
            "lost": (self.lost, self.known),
        }
        money = {name: pd.Series(decimals(*column, 4), dtype=MONEY) for name, column in columns.items()}
        return pd.DataFrame({"currency": np.array(self.currencies)[self.currency], **money, "known": self.known})


def ledger(orders: pd.DataFrame, normal_prices: Iterable[NormalPrice] = (), wrong: Iterable[str] = ()) -> Ledger:
    """What each order item brought, should have brought and lost, and whether that is known.

    The paid amount is known where the price is, and the discount: a missing discount of a shipped order is none; of an
    order that has not shipped it is not known where the order carries a promotion that usually prints one (at least
    3 orders tell, shipped or with a discount, and 90 % of them print one: Amazon prints discounts when it ships), or
    one of the incidents' own, which gives something although nobody can count yet how usually it is printed.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    normal_prices : iterable of NormalPrice
        The first that fits an order item counts.
    wrong : iterable of str
        Promotion ids of the incidents.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([
    ...     {"sku": "S", "currency": "USD", "item_price": "58.99", "item_promotion_discount": "57.99", "quantity": 1},
    ...     {"sku": "S", "currency": "USD", "item_price": "120.00", "quantity": 2},
    ...     {"sku": "NEW", "currency": "USD", "item_price": "9.00", "quantity": 1}])
    >>> ledger(orders, [NormalPrice("S", "", "USD", Decimal("58.99"))]).sums()
    (Amounts(currency='USD', paid=Decimal('121.00'), normal_value=Decimal('176.97'), loss=Decimal('55.97'),
             items_not_known=1),)
    """
    names, codes = _currencies(orders)  # what needs the most memory first, while there is least beside it
    price, priced = money_as_integers(orders["item_price"])
    discount, printed = money_as_integers(orders["item_promotion_discount"])
    units = orders["quantity"].to_numpy(dtype=np.int64, na_value=0)
    sold = units > 0
    paid_known = priced & sold & ~_discount_to_come(orders, printed & (discount != 0), printed, frozenset(wrong))
    paid = np.where(paid_known, np.maximum(price - np.abs(discount), 0), 0)
    normal, normal_known = _normal_values(orders, units, tuple(normal_prices))
    return Ledger(paid, paid_known, normal, normal_known & sold, names, codes)


def _discount_to_come(orders: pd.DataFrame, discounted: Mask, printed: Mask, wrong: Collection[str]) -> Mask:
    """Rows without a discount that have not shipped and carry a promotion that usually prints one, or a wrong one."""
    shipped = is_shipped(orders).to_numpy()
    open_rows = ~shipped & ~discounted
    if not open_rows.any():
        return open_rows
    rows, ids = flat_lists(orders["promotion_ids"])
    codes, names = pd.factorize(ids)
    order = pd.factorize(orders["order_id"].iloc[rows], use_na_sentinel=False)[0]
    printing = discounted[rows]
    carried = shipped[rows] | printing
    carrying = _orders_per_code(codes[carried], order[carried], len(names))
    telling = _orders_per_code(codes[printing], order[printing], len(names))
    usual = (carrying >= _ENOUGH) & (telling >= _USUALLY * carrying)
    awaited = open_rows[rows] & (np.isin(names, list(wrong))[codes] | usual[codes] & ~printed[rows])
    to_come = np.zeros(len(orders), dtype=np.bool_)
    to_come[rows[awaited]] = True
    return to_come


def _orders_per_code(codes: Ints, order: Ints, count: int) -> Ints:
    pairs = pd.unique(order * max(count, 1) + codes) % max(count, 1)
    return np.bincount(pairs, minlength=count)


def _normal_values(orders: pd.DataFrame, units: Ints, normal_prices: Sequence[NormalPrice]) -> tuple[Ints, Mask]:
    number = first_that_fits(orders, normal_prices)
    each = np.array([int((one.price * SCALE * 100).to_integral_value()) for one in normal_prices] or [0])
    known = (number >= 0) & (each[number] * units.astype(np.float64) < _LARGEST)
    return np.where(known, (each[number] * np.where(known, units, 0) + 50) // 100, 0), known  # half up


def _currencies(orders: pd.DataFrame) -> tuple[tuple[str, ...], Ints]:
    """A row without a currency (no price yet) has its marketplace's, else the only one that any row tells."""
    told, known = pd.factorize(orders["currency"].fillna(""))
    names = [str(name) for name in known]
    silent, unpriced = np.flatnonzero(orders["currency"].isna()), orders["item_price"].isna().to_numpy()
    which, channels = pd.factorize(orders["sales_channel"].iloc[silent].fillna(""))
    own = [marketplace_of(str(channel) or None).currency for channel in channels]
    names += [currency for currency in dict.fromkeys(own) if currency not in names]
    told[silent] = np.array([names.index(currency) for currency in own], np.int64)[which]
    if "" in names and len(names) == 2:
        told[(told == names.index("")) & unpriced] = 1 - names.index("")
    codes, present = pd.factorize(told)
    return tuple(names[place] for place in present), codes.astype(np.int64, copy=False)


def exact(ten_thousandths: Any) -> Decimal:
    """An amount in the ledger's whole numbers as a Decimal, to the cent where that is exact.

    >>> exact(15000), exact(-5)
    (Decimal('1.50'), Decimal('-0.0005'))
    """
    amount = Decimal(int(ten_thousandths)) / SCALE
    cents = amount.quantize(Decimal("0.01"))
    return cents if cents == amount else amount
