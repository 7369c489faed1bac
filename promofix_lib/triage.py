"""What can still be done with an order item: one word per row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from promofix_lib.filters import is_cancelled, is_shipped, one_of
from promofix_lib.orders import TEXT, flat_lists, has_any, is_true

WORDS = ("cancel", "ask_amazon", "wait", "shipped", "already_cancelled", "buyer_asked", "set_aside")
"""Every answer `triage` gives, in the order of work."""


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
    ``already_cancelled``
        Nothing to do.
    ``buyer_asked``
        The buyer asked through Amazon; cancelling it does not count against the seller.
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
    cancelled = is_cancelled(orders)
    shipped = is_shipped(orders)
    open_order = one_of(orders, "order_status", ["Unshipped"]) | (
        one_of(orders, "order_status", ["PartiallyShipped"]) & one_of(orders, "item_status", ["Unshipped"])
    )
    answers = [
        (cancelled, "already_cancelled"),
        (_zero_by_design(orders), "set_aside"),
        (shipped, "shipped"),
        (one_of(orders, "fulfillment_channel", ["amazon"]), "ask_amazon"),
        (is_true(orders["is_buyer_requested_cancellation"]), "buyer_asked"),
        (open_order & one_of(orders, "fulfillment_channel", ["merchant"]), "cancel"),
    ]
    words = np.select([mask.to_numpy() for mask, _ in answers], [word for _, word in answers], "wait")
    return pd.Series(words, index=orders.index, dtype=TEXT, name="triage")


def _zero_by_design(orders: pd.DataFrame) -> pd.Series[bool]:
    known = set(flat_lists(orders["promotion_ids"])[1])
    vine = has_any(orders["promotion_ids"], [name for name in known if name.lower().startswith("vine.")])
    no_units = (orders["quantity"] == 0).fillna(False).astype(bool)
    return is_true(orders["is_replacement_order"]) | vine | no_units


def orders_by_triage(orders: pd.DataFrame) -> dict[str, int]:
    """Orders per triage word, in the order of work; an order whose items differ counts under each of its words.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> open_order = {"order_id": "A", "order_status": "Unshipped", "fulfillment_channel": "merchant", "quantity": 1}
    >>> orders_by_triage(order_table([open_order, open_order | {"sku": "another"}]))
    {'cancel': 1}
    """
    counts = orders["order_id"].groupby(triage(orders)).nunique()
    return {word: int(counts[word]) for word in WORDS if word in counts}
