"""One page of the order table: what is shown, in which order, as text; every row known by its item key."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from promofix_lib.amounts import amount_text
from promofix_lib.as_csv import as_text
from promofix_lib.status.book import Book
from promofix_lib.widgets.counts import Codes, Mask

COLUMNS = {
    "order": "order_id",
    "bought": "purchase_date",
    "sku": "sku",
    "units": "quantity",
    "paid_each": "unit_price",
    "word": "triage",
    "status": "order_status",
    "fulfilment": "fulfillment_channel",
    "discount": "item_promotion_discount",
}
"""Columns of the page by their names on the screen, each of which can be sorted by."""

_SEARCHED = ("order_id", "order_item_id", "sku", "asin", "product_name", "buyer_name", "buyer_email")
_SEARCHED_LISTS = ("promotion_ids", "claim_codes")


class Pages:
    """The order table as pages of text, prepared for search and sorting.

    Parameters
    ----------
    book : Book
        The order table, prepared.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> pages = Pages(Book(order_table([{"order_id": "B", "sku": "S"}, {"order_id": "A", "sku": "S"}])))
    >>> rows = pages.sorted(pages.containing(""), "order")
    >>> pages.keys[rows].tolist()
    ['A/S/1', 'B/S/1']
    """

    def __init__(self, book: Book) -> None:
        self.orders = book.orders
        self._book = book
        # as everywhere: before shipping a discount may not be printed yet, then nobody knows what is paid
        paid = book.orders["unit_price"].where(book.ledger.paid_known)
        cells = book.orders.assign(unit_price=paid, triage=book.triage, key=book.keys)
        columns = {**COLUMNS, "currency": "currency", "key": "key"}
        self._shown = pd.DataFrame({name: cells[column].array for name, column in columns.items()})
        self.keys: npt.NDArray[Any] = self._shown["key"].to_numpy(dtype=object)
        self._text: Any = None
        self._searches: dict[str, Mask] = {}
        self._sorted: dict[tuple[str, bool], Codes] = {}

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

    def sorted(self, mask: Mask, column: str, descending: bool = False) -> Codes:
        """Rows inside the mask by a column, missing cells last."""
        if (column, descending) not in self._sorted:
            ordered = self._shown[column].sort_values(kind="stable", ascending=not descending, na_position="last")
            self._sorted[column, descending] = ordered.index.to_numpy(dtype=np.int64)
        rows = self._sorted[column, descending]
        return rows[mask[rows]]

    # -- as text --------------------------------------------------------------------------------------------------

    def rows(self, places: Codes) -> list[dict[str, Any]]:
        """These rows for the screen, each with its ``key``: text, times as UTC seconds; a missing cell is None."""
        return [self._row(row) for row in self._shown.iloc[places].to_dict("records")]

    def _row(self, row: Mapping[Hashable, Any]) -> dict[str, Any]:
        cells = {str(name): None if pd.isna(cell) else cell for name, cell in row.items()}
        currency, bought = cells.pop("currency") or "", cells["bought"]
        for name, code in {"paid_each": currency, "discount": ""}.items():
            amount = cells[name]
            cells[name] = amount if amount is None else amount_text(amount, code)
        return {**cells, "bought": bought and int(bought.timestamp())}

    def details(self, key: str) -> list[dict[str, str]]:
        """Every item of the order that this item belongs to: each cell that is not empty, by its column."""
        item = self._book.named([key])
        same = self.orders["order_id"].isin(self.orders["order_id"][item].dropna())
        items = as_text(self.orders[item | same]).to_dict("records")
        return [{str(name): cell for name, cell in row.items() if cell} for row in items]
