"""Where two reports do not agree about one order item."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.orders import money_text

Numbers = npt.NDArray[np.int64]

_COMPARED = ("item_price", "currency", "quantity", "purchase_date", "sku")
_SHOWN = 10


def contradictions(rows: pa.Table, slot: Numbers, winner: Callable[[str], Numbers]) -> list[str]:
    """A sentence per contradiction, naming both files and lines; at most ten per column, then their number.

    Parameters
    ----------
    rows : Table
        Rows of all reports, with ``part`` where a row may hold only a part of the item.
    slot : array of int64
        Number of the order item of each row.
    winner : callable
        Gives, for a column, the row number per order item whose cell was taken.
    """
    return [
        sentence for name in _COMPARED if name in rows.column_names for sentence in _of(name, rows, slot, winner(name))
    ]


def _of(name: str, rows: pa.Table, slot: Numbers, chosen: Numbers) -> list[str]:
    taken = chosen[slot]
    compared = np.flatnonzero((taken >= 0) & (taken != np.arange(len(slot))) & _whole(rows))
    left, right = rows[name].take(pa.array(compared)), rows[name].take(pa.array(taken[compared]))
    differs = pc.fill_null(pc.not_equal(left, right), False).to_numpy(zero_copy_only=False)
    if name == "quantity":
        differs &= pc.not_equal(pc.fill_null(left, 0), 0).to_numpy(zero_copy_only=False)
    found = [(int(row), int(taken[row])) for row in compared[differs]]
    sentences = [
        _sentence(name, rows.slice(a, 1).to_pylist()[0], rows.slice(b, 1).to_pylist()[0]) for a, b in found[:_SHOWN]
    ]
    more = len(found) - _SHOWN
    return [*sentences, f"{more} more order items have two values of {_word(name)}."] if more > 0 else sentences


def _whole(rows: pa.Table) -> npt.NDArray[np.bool_]:
    return ~rows["part"].to_numpy(zero_copy_only=False)


def _sentence(name: str, other: dict[str, Any], taken: dict[str, Any]) -> str:
    old, new = (_shown(row[name], row["currency"]) for row in (other, taken))
    return (
        f"Order {taken['order_id']}, SKU {taken['sku']}: {_word(name)} is {old} in {other['source_file']} line "
        f"{other['source_line']}, but {new} in {taken['source_file']} line {taken['source_line']}. "
        f"The newer one ({new}) is used: look at the order in Seller Central before you act on it."
    )


def _word(name: str) -> str:
    return name.replace("_", " ")


def _shown(cell: Any, currency: str | None) -> str:
    return money_text(cell, currency) if isinstance(cell, Decimal) else str(cell)
