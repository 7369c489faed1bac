"""Facts of Amazon that may change (limits, days, quotas), read once from ``rules.toml`` with their source and date."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any


def rule(name: str) -> Any:
    """The value of a fact: a whole number, a text, a list, or an exact `Decimal` where the file quotes a number.

    Parameters
    ----------
    name : str
        Its place in ``rules.toml``, with a dot.

    Raises
    ------
    ValueError
        There is no such fact.

    Examples
    --------
    >>> rule("cancel_rate.limit"), rule("cancel_rate.window_days")
    (Decimal('0.025'), 7)
    """
    table: Any = _table()
    for part in name.split("."):
        if part not in table:
            raise ValueError(f"rules.toml has no {name}.")
        table = table[part]
    value = table["value"]
    return Decimal(value) if isinstance(value, str) and value.replace(".", "", 1).isdecimal() else value


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("promofix_lib").joinpath("rules.toml").read_text(encoding="utf-8"))
