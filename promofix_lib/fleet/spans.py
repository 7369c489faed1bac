"""Spans of time as people write them."""

from __future__ import annotations

from promofix_lib.errors import CaseError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """A span as people write it: ``90s``, ``15m``, ``2h``, ``3d``.

    Raises
    ------
    CaseError
        No span.

    Examples
    --------
    >>> seconds("15m"), seconds("2h")
    (900.0, 7200.0)
    """
    number, unit = text[:-1], text[-1:].lower()
    if unit not in _UNITS or not number.isdecimal() or int(number) < 1:
        raise CaseError("fleet.no_span", found=text)
    return float(int(number) * _UNITS[unit])
