"""What else cancelling does to the account: offers that Amazon may remove, late shipments when orders are held."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from promofix_lib.account.rate import LIMIT, percent, short_percent
from promofix_lib.account.seller_orders import Flags, SellerOrders, local_days
from promofix_lib.rules import rule
from promofix_lib.say import Told, told

MOST_SKUS_NAMED = 5


def warnings_of(orders: pd.DataFrame, book: SellerOrders, chosen: Flags, *, over_limit: bool) -> tuple[Told, ...]:
    """What the seller should know before cancelling the chosen rows, the gravest first."""
    added, offers = book.added_by(chosen), offers_at_risk(orders, book, chosen)
    notes = [told("account.warn_over", limit=short_percent(LIMIT))] if over_limit else []
    if offers:
        shown = (*[*offers][:MOST_SKUS_NAMED], *(["…"] if len(offers) > MOST_SKUS_NAMED else []))
        notes.append(told("account.warn_offers", n=len(offers), skus=shown, days=rule("offer_removal.days")))
    late, most = [late_if_held(book, added, days) for days in (10, 30)], Fraction(rule("late_shipment.limit"))
    if max(rate or 0 for rate in late) >= most:
        ten, thirty = (percent(rate, most) for rate in late)
        facts = {"n": int(added.sum()), "ten": ten, "thirty": thirty, "limit": short_percent(most)}
        notes.append(told("account.warn_late", **facts))
    return tuple(notes)


def late_if_held(book: SellerOrders, added: Flags, days: int) -> Fraction | None:
    """The late shipment rate if every affected unshipped order went out late, over the last 10 or 30 days.

    Only these orders are in it: reports do not say how many others shipped late. None when there were no orders.
    """
    inside = book.days > book.last - days
    orders = int((inside & ~book.unsure & ~book.sure).sum())
    return Fraction(int((added & inside).sum()), orders) if orders else None


def offers_at_risk(orders: pd.DataFrame, book: SellerOrders, chosen: Flags) -> dict[str, tuple[str, ...]]:
    """Offers that Amazon may remove if the chosen rows are cancelled: per SKU the longest run of orders, oldest first.

    Amazon may remove an offer after two consecutive seller cancellations for orders placed in the last 30 days; it
    then shows as *Inactive (Ineligible for seller-fulfillment)* until its price is edited. Known, unexplained and
    chosen cancellations count; the 30 days end with the reports. The longest run comes first.

    References
    ----------
    Seller Central help 200285210.
    """
    recent = (book.row_order >= 0) & orders["sku"].notna().to_numpy()
    recent &= local_days(orders["purchase_date"], book.zone_name) > book.last - rule("offer_removal.days")
    mine = chosen & book.row_counts
    flags = {"gone": (book.row_gone | mine)[recent], "mine": mine[recent]}
    rows = orders.loc[recent, ["order_id", "sku", "purchase_date"]].assign(**flags)
    once = (
        rows.sort_values("purchase_date", kind="stable")
        .groupby(["sku", "order_id"], sort=False, as_index=False)[["gone", "mine"]]
        .max()
    )
    found = {str(sku): _longest_run(some) for sku, some in once.groupby("sku", sort=False) if some["mine"].any()}
    risky = [(sku, run) for sku, run in found.items() if len(run) >= rule("offer_removal.in_a_row")]
    return dict(sorted(risky, key=lambda one: -len(one[1])))


def _longest_run(once: pd.DataFrame) -> tuple[str, ...]:
    """The longest run of cancelled orders that holds one of ours."""
    gone, mine = once["gone"].to_numpy(dtype=np.bool_), once["mine"].to_numpy(dtype=np.bool_)
    edges = np.flatnonzero(np.diff(gone.astype(np.int8), prepend=0, append=0))
    runs = [slice(first, end) for first, end in zip(edges[::2], edges[1::2], strict=True) if mine[first:end].any()]
    best = max(runs, key=lambda run: run.stop - run.start, default=slice(0, 0))
    return tuple(once["order_id"].iloc[best].tolist())
