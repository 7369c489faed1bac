"""One page of the order table: what is shown, in which order, as text; every row known by its item key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from promofix_lib.amounts import amount_text
from promofix_lib.as_csv import as_text
from promofix_lib.status.book import Book
from promofix_lib.widgets.counts import Codes, Mask

Show = Literal["affected", "all", "by_hand", "unjudged"]
COLUMNS = (
    "order_id",
    "purchase_date",
    "sku",
    "quantity",
    "unit_price",
    "item_promotion_discount",
    "order_status",
    "fulfillment_channel",
    "triage",
)
"""Columns of the page, each of which can be sorted by."""

_SEARCHED = ("order_id", "order_item_id", "sku", "asin", "product_name", "buyer_name", "buyer_email")
_SEARCHED_LISTS = ("promotion_ids", "claim_codes")


@dataclass(frozen=True)
class Order:
    """How the table is sorted: a column, and whether the largest comes first; missing cells always come last."""

    column: str = "purchase_date"
    descending: bool = False


class Pages:
    """The order table as pages of text, prepared for search and sorting.

    Parameters
    ----------
    book : Book
        The order table, prepared.
    language : str
        Of the amounts.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> pages = Pages(Book(order_table([{"order_id": "B", "sku": "S"}, {"order_id": "A", "sku": "S"}])), "en")
    >>> rows = pages.sorted(pages.containing(""), Order("order_id"))
    >>> pages.keys[rows].tolist()
    ['A/S/1', 'B/S/1']
    """

    def __init__(self, book: Book, language: str) -> None:
        self.orders = book.orders
        self.words: npt.NDArray[Any] = book.triage.to_numpy(dtype=object)
        self.keys: npt.NDArray[Any] = book.keys.to_numpy(dtype=object)
        self._book, self._language = book, language
        shown = book.orders[[*(name for name in COLUMNS if name != "triage"), "currency"]]
        # as everywhere: before shipping a discount may not be printed yet, then nobody knows what is paid
        self._shown = shown.assign(unit_price=shown["unit_price"].where(book.ledger.paid_known))
        self._text: Any = None
        self._searches: dict[str, Mask] = {}
        self._sorted: dict[Order, Codes] = {}

    # -- which rows -----------------------------------------------------------------------------------------------

    def containing(self, text: str) -> Mask:
        """Rows in which the text occurs: in an id, a SKU, a name, an address or a promotion."""
        wanted = text.strip().lower()
        if not wanted:
            return np.ones(len(self.orders), dtype=np.bool_)
        if self._text is None:  # all searched cells of a row in one text, in small letters, made once
            texts = [self.orders[name].array.__arrow_array__() for name in _SEARCHED]
            lists = [pc.binary_join(self.orders[name].array.__arrow_array__(), "\n") for name in _SEARCHED_LISTS]
            joined = pc.binary_join_element_wise(*texts, *lists, "\n", null_handling="replace", null_replacement="")
            self._text = pc.utf8_lower(joined)
        if wanted not in self._searches:
            self._searches = {wanted: np.asarray(pc.match_substring(self._text, wanted), dtype=np.bool_)}
        return self._searches[wanted]

    def sorted(self, mask: Mask, order: Order) -> Codes:
        """Rows inside the mask, in this order."""
        if order not in self._sorted:
            cells = pd.Series(self.words) if order.column == "triage" else self._shown[order.column]
            cells = cells.reset_index(drop=True)
            ordered = cells.sort_values(kind="stable", ascending=not order.descending, na_position="last")
            self._sorted[order] = ordered.index.to_numpy(dtype=np.int64)
        rows = self._sorted[order]
        return rows[mask[rows]]

    # -- as text --------------------------------------------------------------------------------------------------

    def rows(self, places: Codes) -> list[dict[str, Any]]:
        """These rows for the screen: text, times as UTC seconds; a missing cell is None."""
        cells: Any = self._shown.iloc[places].itertuples(index=False)
        return [self._row(place, row) for place, row in zip(places.tolist(), cells, strict=True)]

    def _row(self, place: int, row: Any) -> dict[str, Any]:
        return {
            "key": str(self.keys[place]),
            "order": _text(row.order_id),
            "bought": None if row.purchase_date is pd.NaT else int(row.purchase_date.timestamp()),
            "sku": _text(row.sku),
            "units": None if row.quantity is pd.NA else int(row.quantity),
            "paid_each": self._money(row.unit_price, row.currency),
            "discount": self._money(row.item_promotion_discount, ""),
            "status": _text(row.order_status),
            "fulfilment": _text(row.fulfillment_channel),
            "word": str(self.words[place]),
        }

    def _money(self, amount: Any, currency: Any) -> str | None:
        known = "" if currency is pd.NA else str(currency)
        return None if amount is pd.NA else amount_text(amount, known, self._language)

    def details(self, key: str) -> list[list[tuple[str, str]]]:
        """Every item of the order that this item belongs to: each cell that is not empty, with its column."""
        item = self._book.named([key])
        same = self.orders["order_id"].isin(self.orders["order_id"][item].dropna())
        items = as_text(self.orders[item | same])
        return [[(str(name), str(cell)) for name, cell in row.items() if cell] for _, row in items.iterrows()]


def _text(cell: Any) -> str | None:
    return None if cell is pd.NA else str(cell)
