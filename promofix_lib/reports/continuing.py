"""Further promotions: which order a row without an order id belongs to, if one can be known for certain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from promofix_lib.reports.kinds import facts
from promofix_lib.reports.report import Quarantined
from promofix_lib.reports.texts import CellError
from promofix_lib.say import Told, told


class Above:
    """The row above, to which rows without an order id add a promotion in a kind of report that continues.

    Attributes
    ----------
    cells : mapping
        Its cells as they were read; none when nothing can be continued.
    ids : mapping
        What the rows below have from it, in Amazon's form.
    loose : dict
        Rows that nothing but their place ties to it: by their line, how they would be set aside.
    strange : set of int
        Those of them that name no other promotion, or stand below an order that names none.
    gaps : list of int
        Lines before which a blank line or a header stands: nothing is tied across it.
    """

    def __init__(self, continues: bool) -> None:
        self.continues = continues
        self.cells: Mapping[str, str] = {}
        self.ids: Mapping[str, str] = {}
        self.loose: dict[int, list[Quarantined]] = {}
        self.strange: set[int] = set()
        self.gaps: list[int] = []
        self._said: list[tuple[str, ...]] = []

    def forget(self, before: int = 0) -> None:
        """What comes next continues nothing; `before` is its line where a gap is the reason."""
        self.cells = {}
        self.gaps += [before] * bool(before)

    def ids_for(self, cells: Mapping[str, str]) -> dict[str, str]:
        """What a row without an order id has from the row above, if it only adds a promotion; else it begins anew.

        Whatever else it says, the row above says too.

        Raises
        ------
        CellError
            There is nothing that it could continue.
        """
        without_id = self.continues and not cells.get("order_id", "").strip()
        if without_id and not self.cells and not cells.get("order_item_id", "").strip():
            raise CellError("reports.fault.continues_nothing")
        if without_id and all(
            not cell.strip() or "promotion" in name or cell.strip() == self.cells.get(name, "").strip()
            for name, cell in cells.items()
        ):
            return {name: cell for name, cell in self.ids.items() if not cells.get(name, "").strip()}
        self.forget()
        return {}

    def begin(self, cells: Mapping[str, str], known: Mapping[str, Any]) -> None:
        """An order's own row: its cells as they were read, and as they are known."""
        if self.continues:
            self.cells, self._said = cells, [_promotions(cells)]
            self.ids = {name: str(known.get(name) or "") for name in facts().columns["carried"]}

    def go_on(self, cells: Mapping[str, str], aside: list[Quarantined]) -> None:
        """A row that adds a promotion, and how it would be set aside."""
        said, line = _promotions(cells), aside[0].line
        if not cells.get("order_item_id", "").strip():
            self.loose[line] = aside
            if (any(said) and said in self._said) or not any(self.cells[name].strip() for name in _names(self.cells)):
                self.strange.add(line)
        self._said.append(said)


def _names(cells: Mapping[str, str]) -> list[str]:
    return [name for name in cells if "promotion" in name]


def _promotions(cells: Mapping[str, str]) -> tuple[str, ...]:
    """Which promotions a row names: no two rows of one item name the same."""
    return tuple(cells[name].strip() for name in _names(cells) if "discount" not in name)


def tied(table: pa.Table, above: Above) -> tuple[pa.Table, list[Told], list[Quarantined]]:
    """The rows that are an order's for certain, as far as the file can tell.

    A program that sorts puts empty cells last, and a filter leaves promotions below an order that has the same one, or
    none: there the place of a row tells nothing. Where one order alone can be meant it does not matter.

    Returns
    -------
    table : Table
        Without the rows whose promotion is nobody's.
    warnings : list of Told
        That others may be misplaced too: some are, or the orders do not stand by date.
    aside : list of Quarantined
        Lines whose promotion is nobody's.
    """
    if not above.loose:
        return table, [], []
    rows = table.select([name for name in _TIES if name in table.column_names]).to_pandas().reindex(columns=[*_TIES])
    rows["words"] = rows["promotion_ids"].map(lambda ids: ",".join(ids).lower(), na_action="ignore")
    rows["loose"] = rows["source_line"].isin(list(above.loose))
    rows["strange"] = rows["source_line"].isin(list(above.strange))
    sections = np.searchsorted(above.gaps, rows["source_line"], side="right")  # what nothing interrupts
    with_loose = [part for _, part in rows.groupby(sections) if part["loose"].any()]
    gone = pd.concat([_untied(part) for part in with_loose]).reindex(rows.index, fill_value=False)
    gone &= (~rows["loose"]).sum() > 1
    by_date = all(_in_a_row(part.loc[~part["loose"], "purchase_date"]) for part in with_loose)
    left = int((rows["loose"] & ~gone).sum())
    aside = [line for place in rows["source_line"][gone] for line in above.loose[place]]
    unsure = left > 0 and (bool(gone.any()) or not by_date)
    return table.filter(pa.array(~gone)), [told("reports.further_promotions", n=left)] * unsure, aside


_TIES = ("source_line", "purchase_date", "promotion_ids", "item_promotion_discount")


def _untied(rows: pd.DataFrame) -> pd.Series[bool]:
    """Of rows that nothing interrupts, those that are tied to none of the orders among them."""
    loose = rows["loose"]
    run = (~loose).cumsum()
    strange = rows["strange"].groupby(run).transform("any")  # where one row below an order is strange, all are
    named = ~loose & rows[["words", "item_promotion_discount"]].notna().any(axis=1)
    moved = named.sum() > 1 and any(map(_in_a_row, (loose, rows["words"], rows["item_promotion_discount"])))
    all_gone = moved or (strange & ~loose).sum() > 1
    return loose & (strange | all_gone)


def _in_a_row(cells: pd.Series[Any]) -> bool:
    """Whether cells stand as a program sorts them, either way, the empty ones last."""
    known = pd.factorize(cells, sort=True)[0]
    first = known[: np.count_nonzero(known >= 0)]
    steps = np.diff(first)
    return bool((first >= 0).all() and ((steps >= 0).all() or (steps <= 0).all()))
