"""Amounts in reports: exact, whatever sign stands before the cents."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED = {
    ".": re.compile(r"[+-]?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?", re.ASCII),
    ",": re.compile(r"[+-]?\d{1,3}(?:[. \u00a0\u202f']\d{3})+(?:,\d*)?", re.ASCII),
}
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
LARGEST = Decimal(10) ** 14
_SMALLEST = Decimal("0.0001")


def decimal_sign(cells: Iterable[str]) -> str:
    """The sign before the cents in this file, ``"."`` or ``","``, from the cells that leave no doubt.

    Examples
    --------
    >>> decimal_sign(["1,200.00", "4.99"]), decimal_sign(["1.234,56", "1.200"]), decimal_sign(["12,50"])
    ('.', ',', ',')
    """
    votes = {".": 0, ",": 0}
    for cell in cells:
        found = re.search(r"([.,])\d*$", cell.strip(" ()\u00a0"))
        others = re.findall(r"[.,]", cell)
        if not found or (len(cell.rsplit(found[1], 1)[1].strip(" )")) == 3 and len(set(others)) == 1):
            continue  # "1,200" and "1.200" could be either
        votes[found[1]] += 1
    return "," if votes[","] > votes["."] else "."


def amount(text: str, sign: str = ".") -> Decimal:
    """The exact amount that a cell means.

    Parameters
    ----------
    text : str
        For example ``-2.00``, ``1,44,957.78``, ``1.234,56``, ``(55.00)``.
    sign : str
        The decimal sign of the file, see `decimal_sign`.

    Raises
    ------
    ValueError
        Not an amount, more than four decimals, or more than 14 digits before them.

    Examples
    --------
    >>> amount("(55.00)"), amount("1,44,957.78"), amount("1.234,56", ",")
    (Decimal('-55.00'), Decimal('144957.78'), Decimal('1234.56'))
    """
    plain = text.strip().replace("\u2212", "-")
    if plain.startswith("(") and plain.endswith(")"):
        return -amount(plain[1:-1], sign)
    value = Decimal(_with_dot(plain, sign))
    if abs(value) >= LARGEST or value != value.quantize(_SMALLEST):
        raise ValueError("has more digits than money has")
    return value


def _with_dot(plain: str, sign: str) -> str:
    if _GROUPED[sign].fullmatch(plain):
        plain = re.sub(r"[ \u00a0\u202f']", "", plain.replace("," if sign == "." else ".", ""))
    if sign == "," and (_COMMA.fullmatch(plain) or "," in plain):
        plain = plain.replace(",", ".")
    if not _PLAIN.fullmatch(plain):
        raise ValueError("is not an amount")
    return plain
