"""What only Amazon can stop, and money back for what has shipped: the FBA request list and the refund file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from promofix_lib.errors import ExportError
from promofix_lib.export.cancellation import Withheld
from promofix_lib.filters import one_of
from promofix_lib.letters.amazon import singular
from promofix_lib.letters.seller_words import tell
from promofix_lib.marketplaces import marketplace_of
from promofix_lib.orders import as_text, money_text
from promofix_lib.triage import triage

REFUND_COLUMNS = (
    "order-id",
    "order-item-id",
    "adjustment-reason-code",
    "currency",
    "item-price-adj",
    "item-tax-adj",
    "shipping-price-adj",
    "shipping-tax-adj",
    "gift-wrap-price-adj",
    "gift-wrap-tax-adj",
    "quantity-cancelled",
)
"""Header of the refund file; Amazon asks to leave out its four promotion columns when they are not used."""

REFUND_REASONS = ("GeneralAdjustment", "CustomerReturn", "CouldNotShip", "NoInventory", "DifferentItem")
"""Reason codes of an order adjustment (Seller Central help 661)."""

REFUND_WARNING = tell("refund_warning")
"""What a seller must have read before `refund_adjustments` writes anything."""


@dataclass(frozen=True)
class RefundFile:
    """The refund file's text, how many lines it has, and what was left out of it and why."""

    text: str
    lines: int
    withheld: tuple[Withheld, ...]


def fba_requests(orders: pd.DataFrame, chosen: pd.Series[bool]) -> str:
    """Text for a Seller Support case: the chosen orders that Amazon fulfils and has not shipped, one block per market.

    Amazon stops such orders on request only, names no promise, and asks for the ASINs. Empty when there are none.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "111-0000001-0000001", "asin": "B0EXAMPLE1", "quantity": 2, "sku": "S",
    ...     "fulfillment_channel": "amazon", "order_status": "Unshipped", "sales_channel": "Amazon.com"}])
    >>> fba_requests(orders, pd.Series([True])).splitlines()[-1]
    '111-0000001-0000001  B0EXAMPLE1      2  S'
    """
    mask = chosen.reindex(orders.index, fill_value=False).astype(bool) & (triage(orders) == "ask_amazon").astype(bool)
    items = as_text(orders.loc[mask, ["order_id", "asin", "quantity", "sku", "sales_channel", "currency"]])
    channels = dict.fromkeys(items["sales_channel"])
    return "\n\n".join(singular(_support_case(name, items[items["sales_channel"] == name])) for name in channels)


def _support_case(channel: str, items: pd.DataFrame) -> str:
    count, asins = items["order_id"].nunique(), sorted(set(items["asin"]) - {""})
    columns = (map(_one_line, items[name]) for name in ("order_id", "asin", "quantity", "sku"))
    rows = [
        f"{order:<19}  {asin or '(unknown)':<10}  {units or '?':>5}  {sku}"
        for order, asin, units, sku in zip(*columns, strict=True)
    ]
    return "\n".join(
        [
            f"PASTE THIS INTO A SELLER SUPPORT CASE at https://{marketplace_of(channel).host} "
            "(Help > Get support > Fulfilment by Amazon > Orders):",
            "",
            f"Subject: Request to cancel {count} unshipped FBA orders placed under an unintended promotion",
            "",
            f"Please cancel the following {count} orders, which Amazon fulfils and which had not shipped when our",
            "report was made. They were placed under an unintended promotion of ours. Please tell us for each order",
            "whether it could be stopped.",
            "",
            f"ASINs: {', '.join(_one_line(asin) for asin in asins) or 'not in the report; see the order ids'}",
            "",
            f"{'Order id':<19}  {'ASIN':<10}  {'Units':>5}  SKU",
            *rows,
        ]
    )


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def refund_adjustments(
    orders: pd.DataFrame,
    chosen: pd.Series[bool],
    *,
    warning_read: bool,
    reason: str = "GeneralAdjustment",
    language: str = "en",
) -> RefundFile:
    r"""The refund file for chosen, shipped, seller-fulfilled items: what the buyer paid for each line, and its tax.

    Parameters
    ----------
    orders : DataFrame
        Order table; an extra column ``item_tax`` (All Orders and New Orders have it) is refunded too.
    chosen : Series
        Boolean mask over `orders`.
    warning_read : bool
        That the seller has read `REFUND_WARNING` and wants the file all the same.
    reason : str
        One of `REFUND_REASONS`.
    language : str
        Of what is told about items left out: ``en`` or ``zh-CN``.

    Returns
    -------
    RefundFile
        Line totals with the currency's decimals, no thousands sign; a positive amount is a refund.

    Raises
    ------
    ExportError
        The warning was not read, or the reason is not one of Amazon's.

    References
    ----------
    developer-docs.amazon.com/sp-api/docs/order-feed-type-values, feed POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA;
    Seller Central help 661.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "111-0000001-0000001", "order_item_id": "07", "order_status": "Shipped",
    ...     "item_price": "120.00", "item_promotion_discount": "117.00", "quantity": 3, "currency": "USD"}])
    >>> refund_adjustments(orders, pd.Series([True]), warning_read=True).text.splitlines()[1].split("\t")[3:5]
    ['USD', '3.00']
    """
    if not warning_read:
        raise ExportError(
            f"refund-adjustments.txt: not written. {REFUND_WARNING} Say in notebook 4 that you read this."
        )
    if reason not in REFUND_REASONS:
        raise ExportError(f"Refund reason: {reason!r} is not Amazon's. Choose one of: {', '.join(REFUND_REASONS)}.")
    mask = chosen.reindex(orders.index, fill_value=False).astype(bool) & (triage(orders) == "shipped").astype(bool)
    items = orders[mask].assign(by_amazon=one_of(orders, "fulfillment_channel", ["amazon"])[mask])
    answers = [_refund_line(row, reason, language) for row in items.to_dict("records")]
    lines = [answer for answer in answers if isinstance(answer, str)]
    withheld = tuple(answer for answer in answers if isinstance(answer, Withheld))
    return RefundFile("".join(f"{line}\r\n" for line in ("\t".join(REFUND_COLUMNS), *lines)), len(lines), withheld)


def _refund_line(row: dict[Any, Any], reason: str, language: str) -> str | Withheld:
    order_id, item_id, currency = (_text(row[name]) for name in ("order_id", "order_item_id", "currency"))
    paid = _paid(row)
    named = re.fullmatch(r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}", order_id) and re.fullmatch(r"[0-9]{1,20}", item_id)
    faults = (
        (row["by_amazon"], "refund_fba"),
        (not named, "refund_no_item"),
        (not paid or not re.fullmatch(r"[A-Z]{3}", currency), "refund_unpaid"),
    )
    why = next((word for fault, word in faults if fault), "")
    if why or paid is None:
        return Withheld(tell("refund", language, order=order_id if named else repr(order_id)), tell(why, language))
    tax = _tax(row, currency)
    return "\t".join([order_id, item_id, reason, currency, money_text(paid, currency), tax, "", "", "", "", ""])


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _paid(row: dict[Any, Any]) -> Decimal | None:
    price, discount = row["item_price"], row["item_promotion_discount"]
    if not isinstance(price, Decimal):
        return None
    return max(price - (abs(discount) if isinstance(discount, Decimal) else Decimal(0)), Decimal(0))


def _tax(row: dict[Any, Any], currency: str) -> str:
    try:
        tax = Decimal(str(row.get("item_tax") or "0").strip())
    except (InvalidOperation, TypeError):
        return ""
    return money_text(tax, currency) if tax.is_finite() and tax > 0 else ""


def withheld_together(entries: Iterable[Withheld], language: str = "en", most: int = 3) -> tuple[Withheld, ...]:
    """Entries with the same reason as one, so that a reader sees three lines and not three hundred.

    Examples
    --------
    >>> withheld_together([Withheld("order A", "no code."), Withheld("order B", "no code.")], most=1)
    (Withheld(what='order A and 1 more', why='no code.'),)
    """
    whats: dict[str, list[str]] = {}
    for entry in entries:
        whats.setdefault(entry.why, []).append(entry.what)
    return tuple(Withheld(_some(names, most, language), why) for why, names in whats.items())


def _some(names: list[str], most: int, language: str) -> str:
    shown, rest = ", ".join(names[:most]), len(names) - most
    return tell("and_more", language, names=shown, rest=rest) if rest > 0 else shown
