"""How many orders stand behind every choice and every bar of the chart; no widget in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.errors import CaseError
from promofix_lib.incident import QUESTIONS, Answers, Incident
from promofix_lib.orders import flat_lists, is_true
from promofix_lib.status.book import Book

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]

WORD_FACETS = {name: question.column for name, question in QUESTIONS.items() if question.column}
"""Fields of the rule that list allowed words, and the column each one asks."""
FACETS = ("promotion_ids", *WORD_FACETS, "is_business_order")
"""Fields of the rule whose values are counted, in the order in which they are shown; each is one of `QUESTIONS`."""

HOUR = 3600
DAY = 24 * HOUR
_STEPS = (HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY, 28 * DAY)
_MOST_BARS = 400


class Facets:
    """The order table's values, prepared once; the masks behind the counts are those of `incident.QUESTIONS`.

    Parameters
    ----------
    book : Book
        The order table, prepared.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> facets = Facets(Book(order_table([
    ...     {"order_id": "A", "sku": "S", "order_status": "Pending", "item_price": "1", "quantity": 1},
    ...     {"order_id": "A", "sku": "T", "order_status": "Pending", "item_price": "1", "quantity": 1},
    ...     {"order_id": "B", "sku": "S", "order_status": "Shipped", "item_price": "1", "quantity": 1}])))
    >>> rule = Incident(skus=("T",), order_statuses=("Pending", "Shipped"))
    >>> facets.counts(rule, "skus")  # as if no SKU were asked for
    {'S': 2, 'T': 1}
    >>> facets.counts(rule, "order_statuses")  # with SKU T only
    {'Pending': 1, 'Shipped': 0}
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self.answers = Answers(book.orders)
        self._values: dict[str, tuple[list[str], Codes, Codes, Any]] = {}
        self._listed: dict[tuple[str, Incident], list[str]] = {}

    def listed(self, name: str, found: Incident) -> list[str]:
        """The values of one field: first what the incident touches, as found, then the most frequent; worked out once.

        The empty text is a missing cell.
        """
        if (name, found) not in self._listed:
            touched = self.counts(found, name)
            orders = self._orders(name, np.ones(len(self._book.orders), dtype=np.bool_))
            self._listed[name, found] = sorted(orders, key=lambda value: (-touched[value], -orders[value]))
        return self._listed[name, found]

    def counts(self, rule: Incident, name: str) -> dict[str, int]:
        """Orders that would be in, were a value the only one ticked of its field, given every other question."""
        if name == "promotion_ids":
            rule = replace(rule, promotion_ids=rule.promotion_ids or ("any",))  # a promotion lets unpriced items in
        return self._orders(name, self.answers.without(name, rule))

    def _orders(self, name: str, mask: Mask) -> dict[str, int]:
        """Orders with a row inside the mask, by value; an order with several rows of one value counts once there."""
        if name not in self._values:
            rows, words = self._cells(name)
            codes, values = pd.factorize(words)
            pairs = pd.factorize(self._book.order_codes[rows] * max(len(values), 1) + codes)
            self._values[name] = ([str(value) for value in values], rows, *pairs)
        told, rows, pair_of_cell, pairs = self._values[name]
        seen = np.zeros(len(pairs), dtype=np.bool_)
        seen[pair_of_cell[mask[rows]]] = True
        counts = np.bincount(pairs[seen] % max(len(told), 1), minlength=len(told))
        return dict(zip(told, counts.tolist(), strict=True))

    def _cells(self, name: str) -> tuple[Codes, npt.NDArray[Any]]:
        orders = self._book.orders
        if name == "promotion_ids":
            return flat_lists(orders[name])
        rows = np.arange(len(orders), dtype=np.int64)
        if name == "is_business_order":
            return rows, np.where(is_true(orders[name]).to_numpy(), "true", "false")
        return rows, orders[WORD_FACETS[name]].fillna("").to_numpy(dtype=object)


class Hours:
    """The order table's purchase times, prepared for the chart.

    Parameters
    ----------
    book : Book
        The order table, prepared.
    zone : ZoneInfo
        The marketplace's zone: days begin and hours are named there.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "A", "purchase_date": "2026-11-20T01:59:59Z"},
    ...                       {"order_id": "B", "purchase_date": "2026-11-20T03:00:00Z"}])
    >>> hours = Hours(Book(orders), ZoneInfo("UTC"))
    >>> bars = hours.bars(np.array([-1, 1]), *hours.whole())
    >>> bars["everything"], bars["chosen"]
    ((1, 0, 1), [(1, (0, 0, 1))])
    """

    def __init__(self, book: Book, zone: ZoneInfo) -> None:
        times = book.orders["purchase_date"]
        dated = times.notna().to_numpy()
        hours = times[dated].dt.tz_convert(None).to_numpy(dtype="datetime64[h]").astype(np.int64)
        self.zone = zone
        self._codes = book.order_codes
        self._hour = np.full(len(book.order_names), -1)  # an order is bought in one moment, all its items with it
        self._hour[self._codes[dated]] = hours
        self._edges = (int(hours.min()), int(hours.max()) + 1) if len(hours) else (0, 1)

    def whole(self) -> tuple[int, int]:
        """The first and the last hour of the report, as whole hours around the orders (UTC seconds)."""
        first, last = self._edges
        return first * HOUR, last * HOUR

    def around(self, onset: datetime | None, end: datetime | None) -> tuple[int, int]:
        """The part to look at first: the window with a day and a half on both sides, inside the report."""
        first, last = self.whole()
        margin = DAY + DAY // 2
        low = max(first, int(onset.timestamp()) // HOUR * HOUR - margin) if onset else first
        high = min(last, (int(end.timestamp()) // HOUR + 1) * HOUR + margin) if end else last
        return (low, high) if low < high else (first, last)

    def bars(self, numbers: Codes, first: int, last: int) -> dict[str, Any]:
        """Bars from `first` to `last`, one an hour as long as they can be told apart, else wider.

        ``start`` of the first and ``step`` to the next, in UTC seconds; ``everything``: all orders of each; ``chosen``:
        by the number of their incident the affected ones among them, 0 for those put in by hand alone; ``top``: a round
        number of orders that no bar exceeds.

        Parameters
        ----------
        numbers : array of int
            Per row the number of the incident that its order is chosen for, 0 for one put in by hand, -1 for none.
        first, last : int
            UTC seconds.
        """
        step = next((step for step in _STEPS if (last - first) / step <= _MOST_BARS), _STEPS[-1])
        start = first // HOUR * HOUR
        count = max(1, -(-(last - start) // step))
        chosen = (int(number) for number in np.unique(numbers) if number >= 0)

        def bars(mask: Mask) -> tuple[int, ...]:
            orders = np.zeros(len(self._hour), dtype=np.bool_)
            orders[self._codes[mask]] = True
            bar = (self._hour[orders] - start // HOUR) // (step // HOUR)
            return tuple(np.bincount(bar[(bar >= 0) & (bar < count)], minlength=count).tolist())

        everything = bars(np.ones(len(self._codes), dtype=np.bool_))
        parts = [(number, bars(numbers == number)) for number in chosen]
        most = max((*everything, 2))
        top = next(nice * 10**power for power in range(20) for nice in (1, 2, 4, 5, 6, 8) if nice * 10**power >= most)
        return {"start": start, "step": step, "everything": everything, "chosen": parts, "top": top}

    def days(self, first: int, last: int) -> list[int]:
        """Every midnight in the zone from `first` to `last` (UTC seconds), also across a change of the clocks."""
        begin, end = (pd.Timestamp(second, unit="s", tz=self.zone) for second in (first, last))
        midnights = (int(day.timestamp()) for day in pd.date_range(begin, end, normalize=True))
        return [midnight for midnight in midnights if midnight >= first]

    def local(self, moment: datetime | None) -> str:
        """A moment as the fields show it and `moment` reads it, on the zone's clock; empty for none."""
        return "" if moment is None else moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def moment(self, text: str, *, end: bool = False) -> datetime | None:
        """A moment typed on the zone's clock; in the hour that the clocks repeat, the wider reading; None for nothing.

        Raises
        ------
        CaseError
            Not a date and time.
        """
        try:
            moment = datetime.fromisoformat(text.strip()) if text.strip() else None
        except ValueError as error:
            raise CaseError("widgets.panel_not_a_moment", found=text) from error
        return moment and moment.replace(tzinfo=self.zone, fold=int(end))
