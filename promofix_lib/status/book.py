"""What the reports alone say, worked out once: triage, keys and money per order item, and the facts of any choice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.filters import has_no_units, is_cancelled, is_given_away, is_shipped, one_of
from promofix_lib.money import Ledger, NormalPrice, ledger
from promofix_lib.orders import TEXT, is_true, item_keys
from promofix_lib.orders import UTC as UTC_TIME
from promofix_lib.orders import sku_keys as sku_keys_of

Mask = npt.NDArray[np.bool_]

WORDS = ("cancel", "ask_amazon", "wait", "shipped", "buyer_asked", "already_cancelled", "set_aside")
"""Every answer `triage` gives. The first one present is the answer of an order whose items differ."""


def triage(orders: pd.DataFrame) -> pd.Series[str]:
    """One word per order item that says what can still be done with it.

    ``cancel``
        Seller-fulfilled and unshipped: it goes into the cancellation file.
    ``ask_amazon``
        Fulfilled by Amazon and not shipped: only Seller Support can stop it, and that is not certain.
    ``wait``
        Pending, seller-fulfilled: Amazon offers no cancel button until the payment is verified. Also an order whose
        status or channel no report tells: load All Orders or Unshipped Orders first.
    ``shipped``
        Too late to cancel: refund or let go, the seller decides.
    ``buyer_asked``
        The buyer asked through Amazon; cancelling it does not count against the seller.
    ``already_cancelled``
        Nothing to do.
    ``set_aside``
        A replacement, a Vine unit or a line of no units: zero by design.

    Parameters
    ----------
    orders : DataFrame
        Order table.

    Returns
    -------
    Series
        One of `WORDS` per row.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> triage(order_table([
    ...     {"order_status": "Unshipped", "fulfillment_channel": "merchant", "quantity": 1},
    ...     {"order_status": "Unshipped", "fulfillment_channel": "amazon", "quantity": 1},
    ...     {"order_status": "Pending", "fulfillment_channel": "merchant", "quantity": 1},
    ... ])).tolist()
    ['cancel', 'ask_amazon', 'wait']
    """
    open_order = one_of(orders, "order_status", ["Unshipped"]) | (
        one_of(orders, "order_status", ["PartiallyShipped"]) & one_of(orders, "item_status", ["Unshipped"])
    )
    answers = [
        (is_cancelled(orders), "already_cancelled"),
        (is_given_away(orders) | has_no_units(orders), "set_aside"),
        (is_shipped(orders), "shipped"),
        (one_of(orders, "fulfillment_channel", ["amazon"]), "ask_amazon"),
        (is_true(orders["is_buyer_requested_cancellation"]), "buyer_asked"),
        (open_order & one_of(orders, "fulfillment_channel", ["merchant"]), "cancel"),
    ]
    words = np.select([mask.to_numpy() for mask, _ in answers], [word for _, word in answers], "wait")
    return pd.Series(words, index=orders.index, dtype=TEXT, name="triage")


def order_triage(words: Iterable[str]) -> str:
    """The answer of an order whose items have these: the first of `WORDS` that is present; empty for no item.

    >>> order_triage(["shipped", "cancel"]), order_triage([])
    ('cancel', '')
    """
    present = set(words)
    return next((word for word in WORDS if word in present), "")


class Book:
    """The order table with all that is asked of it again and again: worked out once per set of reports.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    normal_prices : iterable of NormalPrice
        The first that fits an order item counts.
    keys, sku_keys : Series, optional
        As `item_keys` and `sku_keys` give them, where they are worked out already.
    wrong : iterable of str
        Promotion ids of the incidents: see `ledger`.

    Attributes
    ----------
    triage, keys, sku_keys : Series
        Per order item, as `triage`, `item_keys` and `sku_keys` give them.
    ledger : Ledger
        What was paid, what it should have cost.
    order_codes : array of int64
        Per order item the number of its order, in file order.
    order_names : array of str
        The order id of each number; the empty text stands for rows without one.
    units : array of int64
        Per order item, 0 where not known.
    """

    def __init__(
        self,
        orders: pd.DataFrame,
        normal_prices: Iterable[NormalPrice] = (),
        keys: pd.Series[Any] | None = None,
        sku_keys: pd.Series[Any] | None = None,
        wrong: Iterable[str] = (),
    ) -> None:
        self.orders = orders
        self.keys = item_keys(orders) if keys is None else keys
        self.sku_keys = sku_keys_of(orders) if sku_keys is None else sku_keys
        self.triage = triage(orders)
        self._normal_prices, self._wrong = tuple(normal_prices), tuple(wrong)
        codes, names = pd.factorize(orders["order_id"].fillna("").to_numpy(dtype=object))
        self.order_codes: npt.NDArray[np.int64] = codes.astype(np.int64)
        self.order_names: npt.NDArray[Any] = np.asarray(names, dtype=object)
        self.units: npt.NDArray[np.int64] = orders["quantity"].to_numpy(dtype=np.int64, na_value=0)
        self._ranks = pd.Categorical(self.triage, categories=list(WORDS)).codes
        self._told: dict[tuple[int, ...], dict[str, Any]] = {}

    @cached_property
    def ledger(self) -> Ledger:
        """What was paid, what it should have cost."""
        return ledger(self.orders, self._normal_prices, self._wrong)

    def named(self, keys: Iterable[str]) -> Mask:
        """Order items with one of these keys, also if the key was made before item ids were known."""
        wanted = list(keys)
        return (self.keys.isin(wanted) | self.sku_keys.isin(wanted)).to_numpy(dtype=np.bool_)

    def orders_of(self, mask: Mask) -> tuple[str, ...]:
        """The orders of these items, in file order."""
        return tuple(self.order_names[np.unique(self.order_codes[mask])])

    def told(self, items: Sequence[int]) -> dict[str, Any]:
        """What the reports tell of some items of one order, by their row numbers: fields of its row; worked out once.

        The times are the earliest of the items.
        """
        place = tuple(items)
        if place not in self._told:
            rows = np.array(items)
            self._told[place] = {
                "triage": order_triage(self._texts["triage"][rows]),
                "keys": tuple(self._texts["key"][rows]),
                "units": int(self.units[rows].sum()),
                "amounts": self.ledger.part(rows).sums(),
                "purchased": _earliest(self._moments["purchase_date"][rows]),
                "ship_by": _earliest(self._moments["promise_date"][rows]),
                "wished": bool(self._wished[rows].any()),
                "sales_channel": next((str(channel) for channel in self._texts["sales_channel"][rows] if channel), ""),
            }
        return self._told[place]

    @cached_property
    def _texts(self) -> dict[str, npt.NDArray[Any]]:
        columns = {"sales_channel": self.orders["sales_channel"], "triage": self.triage, "key": self.keys}
        return {name: column.fillna("").to_numpy(dtype=object) for name, column in columns.items()}

    @cached_property
    def _wished(self) -> Mask:
        return is_true(self.orders["is_buyer_requested_cancellation"]).to_numpy()

    @cached_property
    def _moments(self) -> dict[str, npt.NDArray[Any]]:
        never = pd.Series(pd.NaT, index=self.orders.index, dtype=UTC_TIME)
        told = {name: self.orders.get(name, never) for name in ("purchase_date", "promise_date")}
        return {name: times.dt.tz_convert(None).to_numpy(dtype="datetime64[us]") for name, times in told.items()}

    def order_words(self, mask: Mask) -> npt.NDArray[np.int8]:
        """Per order number the place in `WORDS` of the answer of its items in `mask`; ``len(WORDS)`` where none is."""
        best = np.full(len(self.order_names), len(WORDS), dtype=np.int8)
        np.minimum.at(best, self.order_codes[mask], self._ranks[mask])
        return best


def _earliest(times: npt.NDArray[Any]) -> datetime | None:
    known = times[~np.isnat(times)]
    first: datetime | None = known.min().item() if len(known) else None
    return first.replace(tzinfo=UTC) if first else None


def facts_of(book: Book, mask: Mask | pd.Series[bool]) -> dict[str, Any]:
    """The figures of a choice of order items, as plain JSON: wherever one of them is shown it comes from here.

    Parameters
    ----------
    book : Book
        The order table, prepared.
    mask : array or Series of bool
        One truth value per order item.

    Returns
    -------
    dict
        ``orders``, ``items``, ``units``, ``order_ids`` (file order), ``amounts`` (per currency) and ``triage`` (orders
        per word, those that occur). An order counts once, whatever its items say.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> item = {"order_id": "A", "quantity": 2, "order_status": "Unshipped", "fulfillment_channel": "merchant"}
    >>> book = Book(order_table([item, item | {"item_status": "Shipped"}, {"order_id": "B", "quantity": 1}]))
    >>> facts = facts_of(book, np.array([True, True, False]))
    >>> facts["orders"], facts["units"], facts["order_ids"], facts["triage"]
    (1, 4, ['A'], {'cancel': 1})
    """
    chosen = np.asarray(mask, dtype=np.bool_)
    words = book.order_words(chosen)
    here = words < len(WORDS)
    counts = np.bincount(words[here], minlength=len(WORDS))
    return {
        "orders": int(here.sum()),
        "items": int(chosen.sum()),
        "units": int(book.units[chosen].sum()),
        "order_ids": book.order_names[here].tolist(),
        "amounts": [amounts.to_json() for amounts in book.ledger.part(chosen).sums()],
        "triage": {word: int(count) for word, count in zip(WORDS, counts, strict=True) if count},
    }
