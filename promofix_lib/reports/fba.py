"""Reports of Fulfillment by Amazon as order items: shipped parts, units of a SKU, promotions of a shipment."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.reports.order_rows import as_arrow, as_frame

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
    return pa.concat_tables([as_arrow(parts[~split]), _added_up(parts[split])], promote_options="permissive")


def _added_up(parts: pd.DataFrame) -> pa.Table:
    keys = ["order_id", "order_item_id"]
    heads = parts.drop_duplicates(keys).reset_index(drop=True)
    for name in (name for name in _AMOUNTS if name in parts):
        sums = parts.groupby(keys, sort=False)[name].sum(min_count=1)
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
    prices = pc.cast(pc.multiply(cells["item_price_per_unit"], cells["quantity"]), pa.decimal128(18, 4))
    lines = table.assign(item_price=as_frame(pa.table({"item_price": prices}))["item_price"])
    heads = lines.drop_duplicates(["order_id", "sku"]).reset_index(drop=True)
    for name in ("quantity", "item_price"):
        sums = lines.groupby(["order_id", "sku"], sort=False, dropna=False)[name].sum(min_count=1)
        heads[name] = pd.Series(sums.tolist(), dtype=lines[name].dtype)
    return as_arrow(heads)


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
