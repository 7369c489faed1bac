"""The order table: exact money, UTC times, missing stays missing, items known by their ids."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.as_csv import as_text, write_csv
from promofix_lib.errors import ExportError
from promofix_lib.orders import COLUMNS, item_keys, money_as_integers, order_table

CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)


@given(CENTS, CENTS, st.integers(1, 500))
def test_unit_price_is_exact(price: Decimal, discount: Decimal, quantity: int):
    """(price − discount) ÷ quantity, rounded half up to a millionth and never below zero."""
    orders = order_table([{"item_price": price, "item_promotion_discount": discount, "quantity": quantity}])
    exact = max(price - discount, Decimal(0)) / quantity
    assert orders["unit_price"][0] == exact.quantize(Decimal("0.000001"), rounding="ROUND_HALF_UP")


def test_three_for_2_97_is_99_cents_each():
    """What a float gets wrong is right here: 2.97 ÷ 3 is 0.99."""
    assert (order_table([{"item_price": "2.97", "quantity": 3}])["unit_price"] <= Decimal("0.99")).tolist() == [True]


@pytest.mark.parametrize("row", [{}, {"item_price": "5.00"}, {"quantity": 1}, {"item_price": "5.00", "quantity": 0}])
def test_no_price_or_no_units_has_no_unit_price(row: dict[str, object]):
    """A missing price is not zero."""
    assert order_table([row])["unit_price"].isna().tolist() == [True]


def test_a_negative_discount_is_a_discount():
    """Some reports write −2.00, some 2.00: both take two off."""
    orders = order_table([{"item_price": "20.00", "item_promotion_discount": "-2.00", "quantity": 2}])
    assert orders["unit_price"].tolist() == [Decimal("9.000000")]


def test_money_as_a_float_is_refused():
    """Whoever writes a test is told at once."""
    with pytest.raises(ValueError, match="not as a float"):
        order_table([{"item_price": 1.5}])


def test_a_time_without_a_zone_is_refused():
    """A time with no zone is an error, not a guess."""
    with pytest.raises(ValueError, match="time zone"):
        order_table([{"purchase_date": "2026-03-01T00:00:00"}])


def test_an_empty_table_has_all_columns():
    """A report with a header and no rows is a table with no rows."""
    orders = order_table([])
    assert list(orders.columns) == list(COLUMNS)
    assert len(item_keys(orders)) == 0


@given(st.lists(st.one_of(st.none(), CENTS), max_size=20))
def test_money_as_integers_loses_nothing(prices: list[Decimal | None]):
    """Integers and decimals tell the same, slices and columns in several pieces included."""
    column = order_table([{"item_price": price} for price in prices])["item_price"]
    column = pd.concat([column[1:4], column[4:]])
    values, known = money_as_integers(column)
    assert known.tolist() == [price is not None for price in prices[1:]]
    assert [Decimal(int(value)) / 10000 for value, is_known in zip(values, known, strict=True) if is_known] == [
        price for price in prices[1:] if price is not None
    ]


def test_equal_lines_of_an_order_have_different_keys():
    """All Orders without item ids holds equal lines; they are two items."""
    orders = order_table([{"order_id": "A", "sku": "S"}, {"order_id": "A", "sku": "S"}, {"order_id": "A", "sku": "T"}])
    assert item_keys(orders).tolist() == ["A/S/1", "A/S/2", "A/T/1"]


def test_keys_do_not_depend_on_other_orders():
    """An item keeps its key when rows are filtered or come in another order."""
    orders = order_table([{"order_id": name, "order_item_id": str(n), "sku": "S"} for n, name in enumerate("ABC")])
    shuffled = orders.iloc[[2, 0, 1]]
    assert item_keys(shuffled).sort_index().equals(item_keys(orders))


def test_the_csv_says_what_the_table_says(tmp_path: Path):
    """Lists joined by ', ', times in UTC, money with its decimals, missing = empty, a comma or a quote is quoted."""
    orders = order_table(
        [
            {
                "order_id": "A",
                "purchase_date": "2026-11-19T21:00:00-08:00",
                "promotion_ids": ["P", "Q"],
                "item_price": "10",
                "quantity": 3,
                "currency": "USD",
                "product_name": '10" pan, black',
                "is_business_order": True,
            }
        ]
    )
    lines = write_csv(orders, tmp_path / "orders.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split(",") == list(COLUMNS)
    again = pd.read_csv(tmp_path / "orders.csv", dtype=str, keep_default_na=False)
    wanted = {
        "purchase_date": "2026-11-20T05:00:00Z",
        "promotion_ids": "P, Q",
        "item_price": "10.00",
        "unit_price": "3.333333",
        "product_name": '10" pan, black',
        "is_business_order": "true",
        "buyer_name": "",
    }
    assert {name: again[name][0] for name in wanted} == wanted


def test_csv_times_keep_fractions_of_a_second():
    """A time is never rounded to the second behind the seller's back."""
    orders = order_table([{"purchase_date": "2026-11-19T21:00:00.250Z"}, {"purchase_date": "2026-11-19T21:00:00Z"}])
    assert as_text(orders)["purchase_date"].tolist() == ["2026-11-19T21:00:00.250000Z", "2026-11-19T21:00:00Z"]


def test_a_report_is_never_overwritten(tmp_path: Path):
    """--out may not name a report, nor anything that promofix did not write; its own table is replaced."""
    report = tmp_path / "AllOrders.txt"
    report.write_text("amazon-order-id\n", encoding="utf-8")
    with pytest.raises(ExportError, match="one of the reports"):
        write_csv(order_table([]), report, never=[report])
    with pytest.raises(ExportError, match="did not write it"):
        write_csv(order_table([]), report)
    assert report.read_text(encoding="utf-8") == "amazon-order-id\n"
    out = tmp_path / "orders.csv"
    assert write_csv(order_table([]), write_csv(order_table([{"order_id": "A"}]), out)).stat().st_size < 400


@given(st.lists(st.tuples(st.none() | CENTS, st.sampled_from([None, "USD", "JPY"])), min_size=1, max_size=10))
def test_money_is_written_exactly(cells: list[tuple[Decimal | None, str | None]]):
    """Every amount in the CSV is the amount; no exponent, no lost cent, missing is empty, also without a currency."""
    orders = order_table([{"item_price": price, "currency": currency, "quantity": 3} for price, currency in cells])
    texts = as_text(orders)
    for column in ("item_price", "unit_price"):
        for amount, text in zip(orders[column], texts[column], strict=True):
            assert (text == "") if amount is pd.NA else (Decimal(text) == amount and "E" not in text)
