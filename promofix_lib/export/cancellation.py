"""What is cancelled: the gate that asks whether the bleed has stopped, the reason, and one line per order or item."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from promofix_lib.errors import ExportError
from promofix_lib.filters import is_cancelled, one_of
from promofix_lib.letters.seller_words import tell
from promofix_lib.orders import item_keys
from promofix_lib.triage import triage

CANCEL_REASONS: dict[str, str] = {
    "PricingError": "the order came from a wrong price or promotion; the units go back on sale",
    "GeneralAdjustment": "for a template that does not list PricingError; the units go back on sale",
    "NoInventory": "there really is no stock left; the units do not go back on sale, and it counts like the others",
    "CustomerExchange": "an exchange that the buyer asked for; not for a wrong price",
    "ShippingAddressUndeliverable": "the address can not be delivered to; the units go back on sale",
    "BuyerCanceled": "only where the buyer asked through Amazon, which compares; the units go back on sale",
}
"""Reason codes of an order cancellation, and what each one says and does. The buyer is shown the reason."""

RESTOCKING_REASONS = frozenset(
    {"PricingError", "GeneralAdjustment", "ShippingAddressUndeliverable", "BuyerCanceled"},
)
"""Reasons after which Amazon puts the cancelled units back on sale."""

WholeOrders = Literal["reason", "each_item", "order_id"]

_ORDER_ID = r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}"
_ITEM_CODE = r"[0-9]{1,20}"


@dataclass(frozen=True)
class Withheld:
    """Something that was not written, why, and what would let it through."""

    what: str
    why: str


@dataclass(frozen=True)
class Cancellation:
    """One line of the cancellation file: a whole order, or one item of an order when `item_code` is given.

    `keys` are the order items (`item_keys`) that the line cancels.
    """

    order_id: str
    reason: str
    item_code: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class CancellationPlan:
    """What would be cancelled, what would not, and what to know before uploading it."""

    reason: str
    lines: tuple[Cancellation, ...]
    withheld: tuple[Withheld, ...]
    warnings: tuple[str, ...]

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Orders in the plan, each once, in file order."""
        return tuple(dict.fromkeys(line.order_id for line in self.lines))

    @property
    def keys(self) -> tuple[str, ...]:
        """Order items in the plan, in file order."""
        return tuple(dict.fromkeys(key for line in self.lines for key in line.keys))


@dataclass(frozen=True)
class StopTheBleed:
    """The seller's three answers before a cancellation file is written; each is no until it is said.

    Cancelling 300 units under a promotion that still runs puts 300 units back on sale at the wrong price.

    Examples
    --------
    >>> StopTheBleed(promotion_ended=True, price_right=True).unanswered()
    ('the stock is as you want it, also after the cancelled units come back',)
    """

    promotion_ended: bool = False
    price_right: bool = False
    stock_as_wanted: bool = False

    def unanswered(self, language: str = "en") -> tuple[str, ...]:
        """What the seller has not confirmed yet; empty when the gate is open."""
        questions = ("promotion_ended", "price_right", "stock_as_wanted")
        return tuple(tell(question, language) for question in questions if not getattr(self, question))

    def why_closed(self, reason: str, language: str = "en") -> str:
        """What must be confirmed first, and what cancelling before it would do; empty when the gate is open."""
        questions = "; ".join(self.unanswered(language))
        return tell("gate", language, questions=questions, effect=stock_effect(reason, language)) if questions else ""

    def check(self, reason: str = "PricingError") -> None:
        """Let pass, or say what must be confirmed first.

        Raises
        ------
        ExportError
            When one of the three answers is missing.
        """
        if self.unanswered():
            raise ExportError(f"order-cancellation.txt: not written. {self.why_closed(reason)}")


def stock_effect(reason: str, language: str = "en") -> str:
    """What cancelling with this reason does to the stock, as a sentence for the seller.

    References
    ----------
    Seller Central help 200198080, "Cancel an order" (stock effect of each reason).

    Examples
    --------
    >>> stock_effect("NoInventory")
    'NoInventory does not put the cancelled units back on sale.'
    """
    known = {"NoInventory": "restocks_not"} | dict.fromkeys(RESTOCKING_REASONS, "restocks")
    return tell(known.get(reason, "restocks_unknown"), language, reason=reason)


def check_reason(reason: str) -> str:
    """The reason code as it must be written for orders that no buyer asked to cancel.

    Raises
    ------
    ExportError
        A word Amazon does not know here, or ``BuyerCanceled``, which would not be true.

    Examples
    --------
    >>> check_reason("PricingError")
    'PricingError'
    """
    if reason == "BuyerCanceled":
        raise ExportError(
            "Cancel reason: BuyerCanceled is only for orders whose buyer asked through Amazon; these did not. Amazon "
            "compares with the buyer's own request, so it does not help the rate either. Choose PricingError."
        )
    if reason not in CANCEL_REASONS:
        known = ", ".join(code for code in CANCEL_REASONS if code != "BuyerCanceled")
        raise ExportError(f"Cancel reason: {reason!r} is not one of Amazon's codes. Choose one of: {known}.")
    return reason


def plan_cancellations(
    orders: pd.DataFrame,
    chosen: pd.Series[bool],
    *,
    reason: str = "PricingError",
    whole_orders: WholeOrders = "reason",
    language: str = "en",
) -> CancellationPlan:
    """Lines of the cancellation file for the chosen order items whose triage is ``cancel``, and for no others.

    A whole order (every item that is still alive is chosen) becomes one line without an item code; of a partial order
    each chosen item becomes a line with its code. A partial order whose item codes are not known is withheld: without
    a code Amazon would cancel what the seller wants to ship.

    Parameters
    ----------
    orders : DataFrame
        The whole order table, also the items that are not chosen: they decide whether an order is partial.
    chosen : Series
        Boolean mask over `orders`.
    reason : str
        One of `CANCEL_REASONS` except ``BuyerCanceled``; the buyer is shown it.
    whole_orders : {"reason", "each_item", "order_id"}
        How a whole order is written: order id and reason; one line per item with its code (where all are known); or
        the order id alone, Amazon's default reason.
    language : str
        Of what is told about it: ``en`` or ``zh-CN``.

    Returns
    -------
    CancellationPlan

    Raises
    ------
    ExportError
        A reason that may not be used.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> open_item = {"quantity": 1, "order_status": "Unshipped", "fulfillment_channel": "merchant"}
    >>> orders = order_table([
    ...     {"order_id": "111-0000001-0000001", "order_item_id": "10000000000001", **open_item},
    ...     {"order_id": "111-0000001-0000001", "order_item_id": "10000000000002", **open_item},
    ...     {"order_id": "111-0000002-0000002", "order_item_id": "10000000000003", **open_item}])
    >>> plan = plan_cancellations(orders, pd.Series([True, False, True]))
    >>> [(line.order_id[-1], line.reason, line.item_code) for line in plan.lines]
    [('1', 'PricingError', '10000000000001'), ('2', 'PricingError', '')]
    """
    return _plan(orders, chosen, "cancel", check_reason(reason), whole_orders, language)


def plan_buyer_cancellations(
    orders: pd.DataFrame, chosen: pd.Series[bool], *, whole_orders: WholeOrders = "reason", language: str = "en"
) -> CancellationPlan:
    """Lines with ``BuyerCanceled`` for the chosen items whose buyer asked through Amazon; they do not count.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([
    ...     {"order_id": "111-0000001-0000001", "quantity": 1, "is_buyer_requested_cancellation": True},
    ...     {"order_id": "111-0000002-0000002", "quantity": 1}])
    >>> plan_buyer_cancellations(orders, pd.Series([True, True])).order_ids
    ('111-0000001-0000001',)
    """
    return _plan(orders, chosen, "buyer_asked", "BuyerCanceled", whole_orders, language)


def _plan(
    orders: pd.DataFrame, chosen: pd.Series[bool], word: str, reason: str, whole_orders: WholeOrders, language: str
) -> CancellationPlan:
    items = _items(orders, chosen, word)
    good, withheld = _fit_to_write(items, language)
    ready = good.assign(coded=~good["whole"] | _written_item_by_item(good, whole_orders))
    lines = tuple(_lines(ready, reason, reason if whole_orders != "order_id" else ""))
    told = (stock_effect(reason, language),) if len(items) else ()
    return CancellationPlan(reason, lines, withheld, (*told, *_without_status(orders, chosen, language)))


def _items(orders: pd.DataFrame, chosen: pd.Series[bool], word: str) -> pd.DataFrame:
    keys, words = item_keys(orders), triage(orders)
    taken = chosen.reindex(orders.index, fill_value=False).astype(bool) & (words == word).astype(bool)
    alive = ~is_cancelled(orders) & ~(orders["quantity"] == 0).fillna(False).astype(bool)
    left_behind = set(orders.loc[(alive & ~taken) | one_of(orders, "order_status", ["PartiallyShipped"]), "order_id"])
    items = orders.loc[taken, ["order_id", "order_item_id", "order_status"]].assign(key=keys[taken])
    return items.assign(whole=~items["order_id"].isin(left_behind).astype(bool))


def _fit_to_write(items: pd.DataFrame, language: str) -> tuple[pd.DataFrame, tuple[Withheld, ...]]:
    named = items["order_id"].str.fullmatch(_ORDER_ID).fillna(False).astype(bool)
    coded = items["order_item_id"].str.fullmatch(_ITEM_CODE).fillna(False).astype(bool)
    uncoded = set(items.loc[named & ~items["whole"] & ~coded, "order_id"])
    partial = items["order_id"].isin(uncoded).astype(bool)
    strange = [(repr(order), "no_order_id") for order in items.loc[~named, "order_id"].fillna("").unique()]
    uncoded_orders = [(order, "no_item_code") for order in items.loc[partial, "order_id"].unique()]
    withheld = [
        Withheld(tell("order", language, order=order), tell(why, language)) for order, why in strange + uncoded_orders
    ]
    return items.assign(has_code=coded)[named & ~partial], tuple(withheld)


def _written_item_by_item(items: pd.DataFrame, whole_orders: WholeOrders) -> pd.Series[bool]:
    unknown = set(items.loc[~items["has_code"], "order_id"])
    return ~items["order_id"].isin(unknown).astype(bool) & (whole_orders == "each_item")


def _lines(items: pd.DataFrame, reason: str, reason_of_whole: str) -> Iterable[Cancellation]:
    keys: dict[tuple[str, str], dict[str, None]] = {}  # a line split between warehouses repeats its item code
    for order_id, code, coded, key in items[["order_id", "order_item_id", "coded", "key"]].itertuples(index=False):
        keys.setdefault((order_id, code if coded else ""), {})[key] = None
    for (order_id, code), cancelled in keys.items():
        yield Cancellation(order_id, reason if code else reason_of_whole, code, tuple(cancelled))


def _without_status(orders: pd.DataFrame, chosen: pd.Series[bool], language: str) -> tuple[str, ...]:
    picked = orders[chosen.reindex(orders.index, fill_value=False).astype(bool)]
    unknown = picked["order_status"].isna() & (triage(picked) == "wait").astype(bool)
    count = picked.loc[unknown, "order_id"].nunique()
    return (tell("no_status", language, orders=count),) if count else ()
