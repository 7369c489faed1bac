"""What is left to do: every affected order, its state and its next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from promofix_lib.case.case import Case
from promofix_lib.returns import table_of_truth
from promofix_lib.widgets.form import Form, Part, button, select, table, text
from promofix_lib.widgets.words import words_of

COLUMNS = ("order_id", "ordered", "units", "state", "next", "cancellation", "assistant", "mail", "note", "history")
"""Columns shown."""

_ROWS = 25


class TruthTable(Form):
    """Every affected order with its state, one next step at a time.

    Parameters
    ----------
    case : Case
        Its newest reports, exports and the answers read back. Nothing is changed.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._next = ""
        self._page = 0
        super().__init__(case.settings.language, "truth")

    def show(self) -> list[Part]:
        """The choice of the next step, and one page of its orders."""
        words, orders = self.words, table_of_truth(self._case)
        if orders.empty:
            return [text("none", words["truth_none"])]
        rows = orders[orders["next"] == self._next] if self._next else orders
        self._page = min(max(self._page, 0), max(0, (len(rows) - 1) // _ROWS))
        first = self._page * _ROWS
        part = rows.iloc[first : first + _ROWS]
        caption = words["truth_rows"].format(first=min(first + 1, len(rows)), last=first + len(part), n=len(rows))
        head = [words[f"truth_{name}"] for name in COLUMNS]
        return [
            select("next", words["truth_choose"], self._next, self._choices(orders)),
            table("orders", caption, head, _cells(part, words_of(self._case.settings.language))),
            button("earlier", words["earlier"], disabled=first == 0),
            button("later", words["later"], disabled=first + len(part) >= len(rows)),
        ]

    def _choices(self, orders: pd.DataFrame) -> dict[str, str]:
        counts = orders["next"].value_counts()
        listed = {str(step): self.words["truth_choice"].format(next=step, n=n) for step, n in counts.items()}
        return {"": self.words["truth_all"].format(n=len(orders)), **listed}

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:  # noqa: ARG002
        """Choose a next step, or turn the page."""
        if name == "next":
            self._next, self._page = str(value), 0
        elif name in ("earlier", "later"):
            self._page += 1 if name == "later" else -1


def _cells(rows: pd.DataFrame, words: dict[str, str]) -> list[list[str]]:
    shown = rows[list(COLUMNS)].astype(object).fillna("").astype(str)
    shown["state"] = [_states(cell, words) for cell in shown["state"]]
    return shown.to_numpy().tolist()


def _states(cell: str, words: dict[str, str]) -> str:
    """The triage words of an order in the seller's language."""
    return ", ".join(words.get(f"word_{word}", word) for word in cell.split(", "))
