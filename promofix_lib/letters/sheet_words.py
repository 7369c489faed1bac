"""The words of the assistant's workbook, in English and Chinese, and how its `todo` sheet is read back."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from promofix_lib.errors import LetterError

SHEET_LANGUAGES = ("en", "zh-CN")
"""Languages in which the seller and the assistant read."""

TODO_COLUMNS = (
    "status", "task", "order_id", "message", "mail", "buyer_name", "turn", "product", "units", "paid_per_unit",
    "ordered", "marketplace", "note", "sku", "triage", "message_id", "item_keys",
)  # fmt: skip
"""Names of the `todo` sheet's columns, left to right. They stand in a hidden row right above the visible headers, the
same in every language; the header row to look for is the one whose first cell is ``status``. ``item_keys`` holds the
keys of `promofix_lib.orders.item_keys`, one a line; ``message_id`` is empty when there is no message."""

HIDDEN_COLUMNS = ("triage", "message_id", "item_keys")
"""Columns of the `todo` sheet that only promofix reads."""

STATUSES = ("to_do", "done", "waiting", "problem", "not_needed")
"""What the assistant can say about a row; `status_of` gives one of these for the word in the cell."""


@cache
def sheet_words(language: str) -> dict[str, Any]:
    """Every word of the workbook.

    Raises
    ------
    LetterError
        A language without words.

    Examples
    --------
    >>> sheet_words("en")["status"]["not_needed"]
    'not needed'
    """
    if language not in SHEET_LANGUAGES:
        raise LetterError(f"The workbook speaks {' and '.join(SHEET_LANGUAGES)}, not {language!r}. Choose one of them.")
    text = files("promofix_lib.letters").joinpath(f"sheet-words-{language}.json").read_text(encoding="utf-8")
    words: dict[str, Any] = json.loads(text)
    return words


def status_of(cell: object) -> str | None:
    """The status that a cell of the `todo` sheet names, in any of our languages; None when it is another word.

    Examples
    --------
    >>> status_of(" Done "), status_of("to do"), status_of("who knows"), status_of(None)
    ('done', 'to_do', None, None)
    """
    return _statuses().get(" ".join(str(cell).split()).lower()) if cell is not None else None


@cache
def _statuses() -> dict[str, str]:
    return {
        text.lower(): status for language in SHEET_LANGUAGES for status, text in sheet_words(language)["status"].items()
    }
