"""What else cancelling does to the account: offers that Amazon may remove, and late shipments when orders are held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from promofix_lib.account.rate import LIMIT, rates
from promofix_lib.account.seller_orders import Flags, SellerOrders, as_number, local_days
from promofix_lib.account.words import percent, say, short_percent

OFFER_DAYS = 30
LATE_LIMIT = Fraction(4, 100)
"""Late shipment rate: keep it under 4 % over 10 and over 30 days."""

MOST_SKUS_NAMED = 5


@dataclass(frozen=True)
class OfferAtRisk:
    """An offer with two or more seller cancellations in a row among orders of the last 30 days.

    Parameters
    ----------
    sku : str
        Its SKU.
    in_a_row : int
        The longest run of cancelled orders.
    order_ids : tuple of str
        The orders of that run, oldest first.
    """

    sku: str
    in_a_row: int
    order_ids: tuple[str, ...]


def offers_at_risk(orders: pd.DataFrame, book: SellerOrders, chosen: pd.Series[bool]) -> tuple[OfferAtRisk, ...]:
    """Offers that Amazon may remove if the chosen rows are cancelled, the longest run first; others are left out.

    Amazon may remove an offer after two consecutive seller cancellations for orders placed in the last 30 days; it
    then shows as *Inactive (Ineligible for seller-fulfillment)* until its price is edited. Known, unexplained and
    chosen cancellations count; the 30 days end with the reports.

    References
    ----------
    Seller Central help 200285210.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> from promofix_lib.account.seller_orders import seller_orders
    >>> row = {"fulfillment_channel": "merchant", "sales_channel": "Amazon.de", "quantity": 1, "sku": "HP"}
    >>> orders = order_table([{"order_id": name, "purchase_date": f"2026-11-20T0{n}:00:00Z", **row}
    ...                       for n, name in enumerate("ABCD")])
    >>> offers_at_risk(orders, seller_orders(orders)[0], orders["order_id"].isin(["A", "C"]))
    ()
    >>> offers_at_risk(orders, seller_orders(orders)[0], orders["order_id"].isin(["B", "C"]))[0].order_ids
    ('B', 'C')
    """
    recent = (book.row_order >= 0) & orders["sku"].notna().to_numpy()
    recent &= local_days(orders["purchase_date"], book.zone_name) > as_number(book.last_day) - OFFER_DAYS
    mine = chosen.to_numpy(dtype=np.bool_) & book.row_counts
    flags = {"gone": (_gone(book) | mine)[recent], "mine": mine[recent]}
    rows = orders.loc[recent, ["order_id", "sku", "purchase_date"]].assign(**flags)
    rows = rows.sort_values("purchase_date", kind="stable")
    once = rows.groupby(["sku", "order_id"], sort=False, as_index=False)[["gone", "mine"]].max()
    runs = once.groupby("sku", sort=False).indices.items()
    found = [_longest_run(str(sku), once.iloc[places]) for sku, places in runs if once["mine"].iloc[places].sum()]
    return tuple(sorted((offer for offer in found if offer.in_a_row >= 2), key=lambda offer: -offer.in_a_row))


def _gone(book: SellerOrders) -> Flags:
    # a row is gone when it is cancelled, or the seller is known to have cancelled its order
    return book.row_cancelled | np.append(book.sure, False)[book.row_order]


def _longest_run(sku: str, once: pd.DataFrame) -> OfferAtRisk:
    gone, mine = once["gone"].to_numpy(dtype=np.bool_), once["mine"].to_numpy(dtype=np.bool_)
    edges = np.flatnonzero(np.diff(gone.astype(np.int8), prepend=0, append=0))
    runs = [slice(first, end) for first, end in zip(edges[::2], edges[1::2], strict=True) if mine[first:end].any()]
    best = max(runs, key=lambda run: run.stop - run.start, default=slice(0, 0))
    return OfferAtRisk(sku, int(best.stop - best.start), tuple(once["order_id"].iloc[best].tolist()))


def late_if_held(book: SellerOrders, chosen: pd.Series[bool], days: int) -> Fraction | None:
    """The late shipment rate if every chosen unshipped order went out late, over the last 10 or 30 days.

    Only these orders are in it: reports do not say how many others shipped late. None when there were no orders.
    """
    inside = book.days > as_number(book.last_day) - days
    held = book.with_chosen(chosen) & inside
    orders = int((inside & ~book.unsure & ~book.sure).sum())
    return Fraction(int(held.sum()), orders) if orders else None


def warnings_of(
    orders: pd.DataFrame,
    book: SellerOrders,
    chosen: pd.Series[bool],
    *,
    language: str = "en",
    limit: Fraction = LIMIT,
    at_risk: Sequence[OfferAtRisk] | None = None,
) -> tuple[str, ...]:
    """What the seller should know before cancelling the chosen rows, the gravest first."""
    notes = []
    if bool(rates(book, chosen, limit=limit)["over_high"].any()):
        notes.append(say("warn_over", language, limit=short_percent(limit)))
    offers = offers_at_risk(orders, book, chosen) if at_risk is None else at_risk
    if offers:
        names = [offer.sku for offer in offers]
        skus = ", ".join(names[:MOST_SKUS_NAMED]) + (" …" if len(names) > MOST_SKUS_NAMED else "")
        notes.append(say("warn_offers", language, n=len(offers), skus=skus))
    held = int(book.with_chosen(chosen).sum())
    ten, thirty = (late_if_held(book, chosen, days) for days in (10, 30))
    if max(ten or 0, thirty or 0) >= LATE_LIMIT:
        notes.append(say("warn_late", language, n=held, ten=percent(ten), thirty=percent(thirty)))
    return tuple(notes)
