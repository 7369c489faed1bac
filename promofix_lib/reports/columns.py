"""Which type each column of a report has, and which cells a row cannot do without."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TEXT = pa.string()
MONEY = pa.decimal128(18, 4)
WHOLE = pa.decimal128(18, 0)
YES_NO = pa.bool_()
TIME = pa.timestamp("us", tz="UTC")

_TYPES = {
    "purchase_date": TIME,
    "last_updated_date": TIME,
    "payments_date": TIME,
    "reporting_date": TIME,
    "shipment_date": TIME,
    "quantity": WHOLE,
    "item_price": MONEY,
    "item_promotion_discount": MONEY,
    "item_tax": MONEY,
    "shipping_price": MONEY,
    "shipping_tax": MONEY,
    "gift_wrap_price": MONEY,
    "gift_wrap_tax": MONEY,
    "ship_promotion_discount": MONEY,
    "item_price_per_unit": MONEY,
    "posted_at": TIME,
    "product_sales": MONEY,
    "promotional_rebates": MONEY,
    "amount": MONEY,
    "price_amount": MONEY,
    "promotion_amount": MONEY,
    "is_business_order": YES_NO,
    "is_replacement_order": YES_NO,
    "is_buyer_requested_cancellation": YES_NO,
}
_JUDGED_BY = (
    "order_id",
    "purchase_date",
    "quantity",
    "item_price",
    "item_promotion_discount",
    "item_price_per_unit",
    "product_sales",
    "promotional_rebates",
    "amount",
    "price_amount",
    "promotion_amount",
)
TRUE, FALSE = ("true", "True", "TRUE", "yes", "Yes", "1"), ("false", "False", "FALSE", "no", "No", "0")


@dataclass(frozen=True)
class Column:
    """One column: its name in the table, the name in the file, its type, and whether a wrong cell spoils the row."""

    name: str
    header: str
    type: pa.DataType
    decides: bool
    needed: bool


def columns_for(names: tuple[str, ...], header: tuple[str, ...], needed: tuple[str, ...]) -> tuple[Column, ...]:
    """Columns of a file, in its order.

    Parameters
    ----------
    names : tuple of str
        Names in the table.
    header : tuple of str
        Names in the file.
    needed : tuple of str
        Names in the table whose cells must not be empty.

    Examples
    --------
    >>> [(column.name, str(column.type)) for column in columns_for(("order_id", "item_price"), ("a", "b"), ())]
    [('order_id', 'string'), ('item_price', 'decimal128(18, 4)')]
    """
    return tuple(
        Column(name, given.strip('\ufeff "'), _TYPES.get(name, TEXT), name in _JUDGED_BY, name in needed)
        for name, given in zip(names, header, strict=True)
    )
