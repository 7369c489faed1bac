"""The incident: a frozen rule that says which order items a mistake touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.filters import (
    first_that_fits,
    in_window,
    is_cancelled,
    one_of,
    particular_first,
    priced_at_most,
    with_promotions,
)
from promofix_lib.orders import is_true, item_keys


@dataclass(frozen=True)
class Ceiling:
    """The highest unit price that counts as the mistake, for one SKU in one sales channel and currency.

    An empty sales channel or currency matches every one, also a missing one.
    """

    sku: str
    sales_channel: str
    currency: str
    price: Decimal


@dataclass(frozen=True)
class Incident:
    """A rule over the order table. Rules are saved, lists are recomputed: it runs on tomorrow's report too.

    An empty tuple or None asks nothing. All questions must be answered with yes.

    Parameters
    ----------
    onset, end : datetime with a zone, or None
        Purchase time of the first and of the last affected order, both inside.
    promotion_ids : tuple of str
        The order item carries one of these, or all of them when `together`.
    ceilings : tuple of Ceiling
        Highest unit price per SKU, sales channel and currency; SKUs not named are out.
    max_unit_price : Decimal or None
        Highest unit price for every SKU.
    skus, sales_channels, currencies, order_statuses, fulfillment_channels, ship_countries : tuple of str
        Allowed words; the empty text stands for a missing cell.
    is_business_order : bool or None
        Only business orders, only others, or both.
    min_quantity, max_quantity : int or None
        Units per order item.
    except_items : tuple of str
        Keys of order items (`item_keys`) that all other questions let in and the evidence clears: a gift beside a
        purchase, a reviewer's free unit.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"sku": "A", "item_price": "1.00", "quantity": 1, "promotion_ids": ["P"]},
    ...                       {"sku": "A", "item_price": "58.99", "quantity": 1}])
    >>> affected(orders, Incident(promotion_ids=("P",))).tolist()
    [True, False]
    """

    onset: datetime | None = None
    end: datetime | None = None
    promotion_ids: tuple[str, ...] = ()
    together: bool = False
    ceilings: tuple[Ceiling, ...] = ()
    max_unit_price: Decimal | None = None
    skus: tuple[str, ...] = ()
    sales_channels: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    order_statuses: tuple[str, ...] = ()
    fulfillment_channels: tuple[str, ...] = ()
    ship_countries: tuple[str, ...] = ()
    is_business_order: bool | None = None
    min_quantity: int | None = None
    max_quantity: int | None = None
    except_items: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        """What the rule is about, in short: its promotions, else its SKUs."""
        names = self.promotion_ids or self.skus or tuple(dict.fromkeys(ceiling.sku for ceiling in self.ceilings))
        return ", ".join(names[:2]) + (" …" if len(names) > 2 else "")


def affected(orders: pd.DataFrame, incident: Incident) -> pd.Series[bool]:
    """Order items that the rule touches: every question of `QUESTIONS` that it asks is answered with yes.

    An item without a price (pending, or its discount is printed at shipping) counts when its promotion tells, unless
    it is cancelled; without a promotion in the rule an unpriced item can not be judged and is out.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    incident : Incident
        The rule.

    Returns
    -------
    Series
        Boolean mask.
    """
    return pd.Series(Answers(orders).mask(incident), index=orders.index)


_EMPTY = Incident()


@dataclass(frozen=True)
class Question:
    """One question of a rule: the fields of `Incident` that it reads, and its mask over the order table."""

    fields: tuple[str, ...]
    answer: Callable[[pd.DataFrame, Incident], pd.Series[bool]]
    column: str = ""
    """The column whose words it allows, where it is such a question."""

    def asked(self, incident: Incident) -> bool:
        """Whether the rule asks it."""
        return any(getattr(incident, name) != getattr(_EMPTY, name) for name in self.fields)


def _allowed(field: str, column: str) -> Question:
    return Question((field,), lambda orders, rule: one_of(orders, column, getattr(rule, field)), column=column)


def _quantity(orders: pd.DataFrame, incident: Incident) -> pd.Series[bool]:
    edges = (incident.min_quantity, 0), (incident.max_quantity, 2**63 - 1)
    least, most = (open_edge if edge is None else edge for edge, open_edge in edges)
    return orders["quantity"].between(least, most).fillna(False).astype(bool)


def _not_excepted(orders: pd.DataFrame, incident: Incident) -> pd.Series[bool]:
    # a key numbers equal lines within one order, so whole orders are enough to work it out
    company = orders[one_of(orders, "order_id", {key.split("/")[0] for key in incident.except_items})]
    cleared = item_keys(company).isin(incident.except_items)
    return ~cleared.reindex(orders.index, fill_value=False).astype(bool)


def cheap_enough(orders: pd.DataFrame, incident: Incident) -> pd.Series[bool]:
    """Items whose price does not speak against the rule: cheap enough, or unpriced where the promotion tells.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"item_price": "1.00", "quantity": 1}, {"item_price": "9.00", "quantity": 1}, {}])
    >>> cheap_enough(orders, Incident(promotion_ids=("P",), max_unit_price=Decimal("1.00"))).tolist()
    [True, False, True]
    """
    asks_price = bool(incident.ceilings) or incident.max_unit_price is not None
    unpriced = orders["unit_price"].isna()
    told = unpriced & ~is_cancelled(orders) if incident.promotion_ids else unpriced & (not asks_price)
    cheap = ~unpriced
    if incident.max_unit_price is not None:
        cheap &= priced_at_most(orders, incident.max_unit_price)
    if incident.ceilings:
        limit = _limits(orders, incident.ceilings)
        cheap &= (orders["unit_price"] <= limit).fillna(False).astype(bool)
        told &= limit.notna()
    return cheap | told


def _limits(orders: pd.DataFrame, ceilings: tuple[Ceiling, ...]) -> pd.Series[Any]:
    ranked = particular_first(ceilings)
    prices = pd.Series([*(one.price for one in ranked), None], dtype=orders["unit_price"].dtype)
    return prices.take(first_that_fits(orders, ranked)).set_axis(orders.index)


QUESTIONS: dict[str, Question] = {
    "window": Question(("onset", "end"), lambda orders, rule: in_window(orders, rule.onset, rule.end)),
    "promotion_ids": Question(
        ("promotion_ids", "together"),
        lambda orders, rule: with_promotions(orders, rule.promotion_ids, together=rule.together),
    ),
    "price": Question(("ceilings", "max_unit_price", "promotion_ids"), cheap_enough),
    "skus": _allowed("skus", "sku"),
    "order_statuses": _allowed("order_statuses", "order_status"),
    "fulfillment_channels": _allowed("fulfillment_channels", "fulfillment_channel"),
    "sales_channels": _allowed("sales_channels", "sales_channel"),
    "ship_countries": _allowed("ship_countries", "ship_country"),
    "currencies": _allowed("currencies", "currency"),
    "is_business_order": Question(
        ("is_business_order",), lambda orders, rule: is_true(orders["is_business_order"]) == rule.is_business_order
    ),
    "quantity": Question(("min_quantity", "max_quantity"), _quantity),
    "except_items": Question(("except_items",), _not_excepted),
}
"""Every question a rule can ask, each with its one mask. `affected` is their AND; a panel's counts leave one out."""


class Answers:
    """The questions answered for one order table, the last masks kept: moving the window works out one mask, not ten.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> answers = Answers(order_table([{"sku": "A", "item_price": "1", "quantity": 1}, {"sku": "B"}]))
    >>> rule = Incident(skus=("A",), promotion_ids=("P",))
    >>> answers.mask(rule).tolist(), answers.without("promotion_ids", rule).tolist()
    ([False, False], [True, False])
    """

    def __init__(self, orders: pd.DataFrame, kept: int = 64) -> None:
        self._orders = orders
        self._answer = lru_cache(kept)(partial(_mask, orders))

    @cached_property
    def keys(self) -> pd.Series[Any]:
        """`item_keys` of the order table."""
        return item_keys(self._orders)

    def mask(self, incident: Incident) -> npt.NDArray[np.bool_]:
        """The same as `affected`."""
        return self.without("", incident)

    def without(self, left_out: str, incident: Incident) -> npt.NDArray[np.bool_]:
        """Rows that answer every question but one with yes."""
        mask = np.ones(len(self._orders), dtype=np.bool_)
        for name, question in QUESTIONS.items():
            if name != left_out and question.asked(incident):
                mask &= self._answer(name, *(getattr(incident, field) for field in question.fields))
        return mask


def _mask(orders: pd.DataFrame, name: str, *values: Any) -> npt.NDArray[np.bool_]:
    question = QUESTIONS[name]
    alone = Incident(**dict(zip(question.fields, values, strict=True)))
    return question.answer(orders, alone).to_numpy(dtype=np.bool_)
