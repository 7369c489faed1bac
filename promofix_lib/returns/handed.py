"""What was handed out: of which export a list is a copy, and what stood in each of its rows when it left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from promofix_lib.case.records import ExportRecord, by_order
from promofix_lib.export.sheet import Place
from promofix_lib.returns.sheets import Line

Row = tuple[str, Mapping[str, str]]
"""What a row is called (its place, its key in the record or its item keys), and its answer cells as they left."""


class HandedOut:
    """The rows of every list that a case handed out.

    Parameters
    ----------
    exports : iterable of ExportRecord
        The exports of the case, oldest first.

    Attributes
    ----------
    exports : dict of str to ExportRecord
        By the name of the folder.
    age : dict of str to int
        Number of each export, the first one is 1; 0 for any other name.
    rows : dict of str to dict of str to list of Row
        Per order and export; without a row where an export of promofix 0.1 only tells its items.
    """

    def __init__(self, exports: Iterable[ExportRecord]) -> None:
        self.exports = {one.folder: one for one in exports}
        self.age = Counter({folder: number for number, folder in enumerate(self.exports, start=1)})
        self.rows: dict[str, dict[str, list[Row]]] = {}
        for folder, one in self.exports.items():
            for order_id in by_order(one.items):
                self.rows.setdefault(order_id, {})[folder] = []
            for key, (order_id, cells) in one.rows.items():
                self.rows.setdefault(order_id, {}).setdefault(folder, []).append((key, cells))

    def source_of(self, lines: Sequence[Line]) -> tuple[str, str]:
        """The export that a list comes from, and which copy of it: what most rows say, else the newest that fits."""
        places = (Place.of(line.cells.get("place", "")) for line in lines)
        named = Counter((place.export, str(place.copy)) for place in places if place and self._named(place))
        if named:
            return named.most_common(1)[0][0]
        fitting = Counter(folder for line in lines for folder in self.rows.get(line.order_id, ()))
        return max(reversed(self.exports), key=lambda folder: fitting[folder], default=""), "1"

    def row(self, line: Line, export: str) -> Row:
        """The row of a line as it left; the order id that a person sees decides, never a key beside it."""
        place, found = Place.of(line.cells.get("place", "")), self.rows[line.order_id]
        named = self._named(place) if place else None
        if place and named and named[0] == line.order_id:
            return place.text(), named[1]
        key, cells = (found.get(export) or next(reversed(found.values())) or [("", {})])[-1]
        old_keys = line.cells.get("item_keys", "").split()  # a list of 0.1 has a row for each item
        mine = old_keys and all(one.startswith(f"{line.order_id}/") for one in old_keys)
        return " ".join(old_keys) if mine else key, cells

    def _named(self, place: Place) -> tuple[str, Mapping[str, str]] | None:
        """Order and answer cells of the row that a place names."""
        record = self.exports.get(place.export)
        return record.rows.get(place.key) if record else None
