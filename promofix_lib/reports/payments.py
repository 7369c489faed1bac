"""The money check: what payments reports say buyers paid, against what order reports say."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pandas as pd

from promofix_lib.orders import money_text
from promofix_lib.reports.report import Report
from promofix_lib.reports.translations import ORDER_WORDS

_SHOWN = 5
# European payments leave out VAT, which is 27 % of the net price at most; a wrong price is further off than that.
_VAT = Decimal("0.30")


def money_check(orders: pd.DataFrame, reports: Iterable[Report]) -> list[str]:
    """Orders for which payments and order reports disagree by more than a tax could explain.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    reports : iterable of Report
        Settlements and transactions; they overlap when several are given, so each order is checked against each.

    Returns
    -------
    list of str
        At most five sentences per report, then how many more.
    """
    payments = list(reports)
    paid = _paid(orders) if payments else {}
    return [sentence for report in payments for sentence in _check(paid, report)]


def _paid(orders: pd.DataFrame) -> dict[str, Decimal]:
    """What the buyer paid per order; orders with an unpriced item are left out."""
    columns = orders[["order_id", "item_price", "item_promotion_discount"]]
    open_orders = set(columns.loc[columns["item_price"].isna(), "order_id"].dropna())
    known = columns[~columns["order_id"].isin(open_orders)]
    net = known["item_price"] - known["item_promotion_discount"].fillna(0)
    return {str(order): Decimal(value) for order, value in net.groupby(known["order_id"]).sum().items()}


def _check(paid: dict[str, Decimal], report: Report) -> list[str]:
    settled = order_sales(report.table)
    wrong = [order for order, amount in settled.items() if order in paid and _differs(amount, paid[order])]
    sentences = [
        f"Order {order}: the order reports say that the buyer paid {money_text(paid[order])}, "
        f"{report.name} says {money_text(settled[order])}. Look at the order in Seller Central before you act on it."
        for order in wrong[:_SHOWN]
    ]
    more = len(wrong) - _SHOWN
    return [*sentences, f"{more} more orders have another amount in {report.name}."] if more > 0 else sentences


def _differs(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > _VAT * max(abs(one), abs(other))


def order_sales(payments: pd.DataFrame) -> dict[str, Decimal]:
    """Price less promotions per order, refunds and fees left out.

    Parameters
    ----------
    payments : DataFrame
        Lines of a settlement or of a transaction report.

    Examples
    --------
    >>> order_sales(pd.DataFrame({"order_id": ["A", "A"], "type": ["Order", "Refund"],
    ...                           "product_sales": [Decimal("9.99"), Decimal("-9.99")],
    ...                           "promotional_rebates": [Decimal("-8.99"), None]}))
    {'A': Decimal('1.00')}
    """
    sales: dict[str, Decimal] = {}
    for row in payments.to_dict("records"):
        order, amount = row.get("order_id"), _principal({str(name): cell for name, cell in row.items()})
        if isinstance(order, str) and amount is not None:
            sales[order] = sales.get(order, Decimal(0)) + amount
    return sales


def _principal(row: dict[str, object]) -> Decimal | None:
    kind = row.get("type", row.get("transaction_type"))
    if not isinstance(kind, str) or kind.strip().lower() not in ORDER_WORDS:
        return None
    if "product_sales" in row:
        return _sum(row["product_sales"], row.get("promotional_rebates"))
    if "amount_type" in row:
        counts = row["amount_type"] in ("ItemPrice", "Promotion") and row.get("amount_description") == "Principal"
        return _sum(row.get("amount")) if counts else None
    return _sum(
        row.get("price_amount") if row.get("price_type") == "Principal" else None,
        row.get("promotion_amount") if row.get("promotion_type") == "Principal" else None,
    )


def _sum(*cells: object) -> Decimal | None:
    known = [cell for cell in cells if isinstance(cell, Decimal)]
    return sum(known, Decimal(0)) if known else None
