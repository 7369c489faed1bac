"""Masks over the order table: edges are inside, a missing value is never in."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

from promofix_lib.filters import in_window, is_cancelled, one_of, priced_at_most, with_promotions
from promofix_lib.orders import order_table


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-01T{text}+00:00")


def test_the_order_after_the_last_affected_one_is_out():
    """`end` is the last moment that counts, `start` the first."""
    orders = order_table([{"purchase_date": f"2026-03-01T{time}Z"} for time in ("01:00:00", "02:00:00", "02:00:01")])
    assert in_window(orders, at("01:00:00"), at("02:00:00")).tolist() == [True, True, False]
    assert in_window(orders, None, None).tolist() == [True, True, True]


def test_an_order_without_a_time_is_in_no_window():
    """Not even in one that is open on both sides."""
    assert in_window(order_table([{}]), None, None).tolist() == [False]


def test_a_window_needs_a_zone():
    """A time with no zone is an error, not a guess."""
    with pytest.raises(ValueError, match="no time zone"):
        in_window(order_table([{}]), datetime(2026, 3, 1), None)


def test_the_price_is_per_unit_not_per_line():
    """Twenty units at 1.00 are as affected as one; a price that is not known is not."""
    rows = [{"item_price": "20.00", "quantity": 20}, {"item_price": "1.01", "quantity": 1}, {"quantity": 1}]
    assert priced_at_most(order_table(rows), Decimal("1.00")).tolist() == [True, False, False]


def test_missing_cells_can_be_asked_for():
    """The empty text stands for a missing cell, and only for that."""
    orders = order_table([{"ship_country": "US"}, {}])
    assert one_of(orders, "ship_country", ["US", ""]).tolist() == [True, True]
    assert one_of(orders, "ship_country", ["US"]).tolist() == [True, False]
    assert one_of(orders, "ship_country", []).tolist() == [False, False]


def test_promotions_alone_or_together():
    """A stack is guilty only where both ids stand on one line."""
    orders = order_table([{"promotion_ids": ids} for ids in (["P", "Q"], ["Q"], ["R"], None)])
    assert with_promotions(orders, ["P", "Q"]).tolist() == [True, True, False, False]
    assert with_promotions(orders, ["P", "Q"], together=True).tolist() == [True, False, False, False]


def test_a_cancelled_item_of_a_shipped_order_is_cancelled():
    """Order and item status are two things."""
    orders = order_table([{"order_status": "Shipped", "item_status": "Cancelled"}, {"order_status": "Shipped"}, {}])
    assert is_cancelled(orders).tolist() == [True, False, False]


def test_masks_change_nothing_and_keep_the_index():
    """Functions over the order table leave it as it was."""
    orders = order_table([{"sku": "A", "purchase_date": datetime(2026, 3, 1, tzinfo=UTC).isoformat()}, {"sku": "B"}])
    before, part = orders.copy(deep=True), orders.iloc[[1, 0]]
    masks = [in_window(part, None, None), priced_at_most(part, Decimal(1)), one_of(part, "sku", ["A"])]
    masks += [with_promotions(part, ["P"]), is_cancelled(part)]
    assert all(mask.index.equals(part.index) and mask.dtype == bool for mask in masks)
    pd.testing.assert_frame_equal(orders, before)
