"""Reports beside the orders: shipped parts, units of a SKU and promotions of FBA as order items; the money check."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.amounts import Money
from promofix_lib.reports.cells import LARGEST
from promofix_lib.reports.kinds import Kind, facts, kind_named
from promofix_lib.reports.order_rows import as_arrow, as_frame
from promofix_lib.reports.report import Report
from promofix_lib.say import Told, told

_AMOUNTS = (
    "quantity",
    "item_price",
    "item_promotion_discount",
    "item_tax",
    "shipping_price",
    "shipping_tax",
    "gift_wrap_price",
    "gift_wrap_tax",
    "ship_promotion_discount",
)


def shipped_items(tables: Sequence[pd.DataFrame]) -> pa.Table:
    """One row per order item from Amazon Fulfilled Shipments: each shipped part once, its parts added up.

    Parameters
    ----------
    tables : sequence of DataFrame
        What overlapping downloads hold, in the order they were given.
    """
    parts = pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0]
    if "shipment_item_id" in parts:
        again = parts.duplicated(["order_id", "shipment_item_id"], keep="last") & parts["shipment_item_id"].notna()
        parts = parts[~again]
    split = parts.duplicated(["order_id", "order_item_id"], keep=False) & parts["order_item_id"].notna()
    if not split.any():
        return as_arrow(parts)
    together = _added_up(parts[split], ["order_id", "order_item_id"])
    return pa.concat_tables([as_arrow(parts[~split]), together], promote_options="permissive")


def _added_up(parts: pd.DataFrame, keys: list[str]) -> pa.Table:
    heads = parts.drop_duplicates(keys).reset_index(drop=True)
    for name in (name for name in _AMOUNTS if name in parts):
        sums = parts.groupby(keys, sort=False, dropna=False)[name].sum(min_count=1)
        heads[name] = pd.Series(sums.tolist(), dtype=parts[name].dtype)
    return as_arrow(heads)


def units_sold(table: pd.DataFrame) -> pa.Table:
    """One row per SKU of an order from FBA Sales, the only report with a price per unit.

    Parameters
    ----------
    table : DataFrame
        What the report holds; ``item_price_per_unit`` is for one unit.
    """
    cells = as_arrow(table)
    prices = pc.multiply(cells["item_price_per_unit"], cells["quantity"])
    possible = pc.less(pc.abs(prices), pa.scalar(LARGEST))
    prices = pc.cast(pc.if_else(possible, prices, None), pa.decimal128(18, 4))
    lines = table.assign(item_price=as_frame(pa.table({"item_price": prices}))["item_price"])
    return _added_up(lines, ["order_id", "sku"])


def placed_promotions(promotions: pd.DataFrame, items: pa.Table) -> tuple[pd.DataFrame, int]:
    """Promotions of shipments, each with the order item it belongs to.

    A promotion finds its item through the shipment item id; without an Amazon Fulfilled Shipments report, through the
    order, if that has one item only.

    Parameters
    ----------
    promotions : DataFrame
        Rows of FBA Promotions.
    items : Table
        Rows of all other reports.

    Returns
    -------
    placed : DataFrame
        `promotions` with ``order_item_id`` and ``sku``; those whose order has several items are left out.
    lost : int
        How many were left out.
    """
    known = pd.DataFrame(
        {name: _texts(items, name) for name in ("order_id", "order_item_id", "sku", "shipment_item_id")}
    )
    by_part = known[known["shipment_item_id"].notna()].drop_duplicates(["order_id", "shipment_item_id"], keep="last")
    distinct = known.drop_duplicates(["order_id", "order_item_id", "sku"])
    item_ids = distinct.groupby("order_id")["order_item_id"].nunique()
    skus = distinct.groupby("order_id")["sku"].nunique()
    lone = distinct.sort_values("order_item_id", na_position="last").drop_duplicates("order_id").set_index("order_id")
    part = promotions[["order_id", "shipment_item_id"]].merge(by_part, how="left", on=["order_id", "shipment_item_id"])
    orders = promotions["order_id"].reset_index(drop=True)
    single = (orders.map(item_ids).fillna(0) <= 1) & (orders.map(skus).fillna(0) <= 1)
    placed = promotions.reset_index(drop=True).assign(
        order_item_id=part["order_item_id"]
        .fillna(orders.map(lone["order_item_id"]).where(single))
        .astype(part["order_item_id"].dtype),
        sku=part["sku"].fillna(orders.map(lone["sku"]).where(single)).astype(part["sku"].dtype),
    )
    known_place = placed["sku"].notna() | ~orders.isin(set(known["order_id"].dropna()))
    return placed[known_place], int((~known_place).sum())


def _texts(items: pa.Table, name: str) -> pd.Series[str]:
    column = items[name] if name in items.column_names else pa.chunked_array([pa.nulls(items.num_rows, pa.string())])
    return pd.Series(pd.array(column, dtype=pd.ArrowDtype(pa.string())))


# -- payments ----------------------------------------------------------------------------------------------------------

_SHOWN = 5
# European payments leave out VAT, which is 27 % of the net price at most; a wrong price is further off than that.
_VAT = Decimal("0.30")


def money_check(orders: pd.DataFrame, reports: Iterable[Report]) -> list[Told]:
    """Orders for which payments and order reports disagree by more than a tax could explain.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    reports : iterable of Report
        Settlements and transactions; they overlap when several are given, so each order is checked against each.

    Returns
    -------
    list of Told
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


def _check(paid: dict[str, Decimal], report: Report) -> list[Told]:
    settled = order_sales(report.table, kind_named(report.kind))
    wrong = [order for order, amount in settled.items() if order in paid and _differs(amount, paid[order])]
    found = [
        told(
            "reports.other_payment",
            order=order,
            paid=Money(paid[order], ""),
            settled=Money(settled[order], ""),
            file=report.name,
        )
        for order in wrong[:_SHOWN]
    ]
    more = len(wrong) - _SHOWN
    return [*found, told("reports.other_payments", n=more, file=report.name)] if more > 0 else found


def _differs(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > _VAT * max(abs(one), abs(other))


def order_sales(payments: pd.DataFrame, kind: Kind) -> dict[str, Decimal]:
    """Price less promotions per order, refunds and fees left out.

    Parameters
    ----------
    payments : DataFrame
        Lines of a settlement or of a transaction report.
    kind : Kind
        Which of the two; its `sales` say what counts.

    Examples
    --------
    >>> order_sales(pd.DataFrame({"order_id": ["A", "A"], "type": ["Order", "Refund"],
    ...                           "product_sales": [Decimal("9.99"), Decimal("-9.99")],
    ...                           "promotional_rebates": [Decimal("-8.99"), None]}), kind_named("Transactions"))
    {'A': Decimal('1.00')}
    """
    words = facts().words["sale"].split()
    sales: dict[str, Decimal] = {}
    for row in payments.to_dict("records"):
        order, said = row.get("order_id"), str(row.get("type", row.get("transaction_type")))
        known = [row.get(sale["column"]) for sale in kind.sales if _counts(row, sale.get("where", {}))]
        amounts = [amount for amount in known if isinstance(amount, Decimal)]
        if isinstance(order, str) and amounts and said.strip().lower() in words:
            sales[order] = sum(amounts, sales.get(order, Decimal(0)))
    return sales


def _counts(row: Mapping[Hashable, Any], where: Mapping[str, Sequence[str]]) -> bool:
    return all(row.get(name) in words for name, words in where.items())
