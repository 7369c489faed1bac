"""What only Amazon can stop, and money back for what has shipped: the FBA request list and the refund file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from promofix_lib.amounts import plain_amount
from promofix_lib.as_csv import as_text
from promofix_lib.export.cancellation import ITEM_CODE, ORDER_ID
from promofix_lib.letters.texts import one_line
from promofix_lib.marketplaces import marketplace_of
from promofix_lib.say import Told, say, told
from promofix_lib.status.book import Book, Mask

REFUND_COLUMNS = (
    "order-id", "order-item-id", "adjustment-reason-code", "currency", "item-price-adj", "item-tax-adj",
    "shipping-price-adj", "shipping-tax-adj", "gift-wrap-price-adj", "gift-wrap-tax-adj", "quantity-cancelled",
)  # fmt: skip
"""Header of the refund file; Amazon asks to leave out its four promotion columns when they are not used."""

REFUND_REASON = "GeneralAdjustment"
"""Reason code of the refunds, one of Amazon's for an order adjustment (Seller Central help 661)."""


@dataclass(frozen=True)
class RefundFile:
    """The refund file's text, the order and item id of each line, and the orders left out of it, with the reason."""

    text: str
    items: tuple[str, ...]
    withheld: tuple[tuple[str, Told], ...]


def fba_requests(book: Book, chosen: Mask | pd.Series[bool]) -> str:
    """Text to paste into a case of Seller Support: the chosen orders that Amazon fulfils and has not shipped.

    Amazon stops such orders on request only, names no promise, and asks for the ASINs. Orders of several marketplaces
    are a case each, below the address where it is opened. Empty when there are none.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> book = Book(order_table([{"order_id": "111-0000001-0000001", "asin": "B0EXAMPLE1", "quantity": 2, "sku": "S",
    ...     "fulfillment_channel": "amazon", "order_status": "Unshipped", "sales_channel": "Amazon.com"}]))
    >>> fba_requests(book, [True]).splitlines()[-1]
    '111-0000001-0000001  B0EXAMPLE1      2  S'
    """
    mask = np.asarray(chosen, dtype=np.bool_) & (book.triage == "ask_amazon").to_numpy(dtype=np.bool_)
    items = as_text(book.orders.loc[mask, ["order_id", "asin", "quantity", "sku", "sales_channel", "currency"]])
    cases = {name: _support_case(items[items["sales_channel"] == name]) for name in items["sales_channel"].unique()}
    if len(cases) == 1:
        return next(iter(cases.values()))
    return "\n".join(f"https://{marketplace_of(name).host}\n\n{case}" for name, case in cases.items())


def _support_case(items: pd.DataFrame) -> str:
    asins = sorted(set(items["asin"]) - {""})
    columns = (map(one_line, items[name]) for name in ("order_id", "asin", "quantity", "sku"))
    rows = [
        f"{order:<19}  {asin or '(unknown)':<10}  {units or '?':>5}  {sku}"
        for order, asin, units, sku in zip(*columns, strict=True)
    ]
    return _template().format(
        orders=say("say.orders", language="en", n=items["order_id"].nunique()),
        asins=", ".join(one_line(asin) for asin in asins) or "not in the report; see the order ids",
        rows="\n".join(rows),
    )


def _template() -> str:
    return files("promofix_lib.export").joinpath("fba-request.txt").read_text(encoding="utf-8")


def refund_adjustments(
    book: Book, chosen: Mask | pd.Series[bool], handed: Mapping[str, str] | None = None
) -> RefundFile:
    r"""The refund file for chosen, shipped, seller-fulfilled items: what the buyer paid for each line, and its tax.

    Parameters
    ----------
    book : Book
    chosen : array or Series of bool
        One truth value per order item.
    handed : mapping of str to str, optional
        What an earlier refund file holds, by order and item id, and the export it is in: it stays there.

    References
    ----------
    Feed POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA: two decimals, no thousands sign, line totals, positive = refund.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> book = Book(order_table([{"order_id": "111-0000001-0000001", "order_item_id": "07", "currency": "USD",
    ...     "order_status": "Shipped", "fulfillment_channel": "merchant", "quantity": 1, "item_price": "58.99",
    ...     "item_promotion_discount": "57.99"}]))
    >>> refund_adjustments(book, [True]).text.splitlines()[1].split("\t")[3:5]
    ['USD', '1.00']
    """
    mask = np.asarray(chosen, dtype=np.bool_) & (book.triage == "shipped").to_numpy(dtype=np.bool_)
    columns = {
        "paid": book.ledger.table["paid"].to_numpy()[mask],
        "code": book.ledger.table["currency"].to_numpy()[mask],
    }
    answers = [_refund_line(row, handed or {}) for row in book.orders[mask].assign(**columns).to_dict("records")]
    lines = {_item(*answer.split("\t")[:2]): answer for answer in answers if isinstance(answer, str)}
    withheld = tuple(answer for answer in answers if not isinstance(answer, str))
    text = "".join(f"{line}\r\n" for line in ("\t".join(REFUND_COLUMNS), *lines.values()))
    return RefundFile(text, tuple(lines), withheld)


def _item(order_id: str, item_id: str) -> str:
    return f"{order_id}/{item_id}"


def _refund_line(row: dict[Any, Any], handed: Mapping[str, str]) -> str | tuple[str, Told]:
    order_id, item_id = (row[name] if isinstance(row[name], str) else "" for name in ("order_id", "order_item_id"))
    paid, currency = row["paid"], str(row["code"])
    faults = (
        (row["fulfillment_channel"] == "amazon", "refund_fba"),
        (not re.fullmatch(ORDER_ID, order_id) or not re.fullmatch(ITEM_CODE, item_id), "refund_no_item"),
        (not isinstance(paid, Decimal) or paid <= 0 or not re.fullmatch(r"[A-Z]{3}", currency), "refund_unpaid"),
    )
    why = next((word for fault, word in faults if fault), "")
    if why:
        return order_id, told(f"export.{why}")
    if folder := handed.get(_item(order_id, item_id)):
        return order_id, told("export.refund_handed", folder=folder)
    amounts = (plain_amount(paid, currency), _tax(row, currency))
    return "\t".join([order_id, item_id, REFUND_REASON, currency, *amounts, *[""] * 5])


def _tax(row: dict[Any, Any], currency: str) -> str:
    try:
        tax = Decimal(str(row.get("item_tax") or "0").strip())
    except (InvalidOperation, TypeError):
        return ""
    return plain_amount(tax, currency) if tax.is_finite() and tax > 0 else ""
