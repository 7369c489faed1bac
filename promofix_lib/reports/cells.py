"""What a cell means: exact amounts, moments in UTC, yes or no. What could be read two ways is never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa

from promofix_lib.reports.kinds import MONEY, TIME, WHOLE, YES_NO, facts
from promofix_lib.reports.texts import HYPHENS, CellError

EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Amazon's first year of sales, and a year that no order of today carries."""
LARGEST = Decimal(10) ** 12
"""No order item costs as much in any currency; a price per unit to a millionth is exact below it."""
MOST_UNITS = 10**9
TRUE, FALSE = ("true", "True", "TRUE", "yes", "Yes", "1"), ("false", "False", "FALSE", "no", "No", "0")

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED = {
    ".": re.compile(r"[+-]?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?", re.ASCII),
    ",": re.compile(r"[+-]?\d{1,3}(?:[. \u00a0\u202f']\d{3})+(?:,\d*)?", re.ASCII),
}
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3})+)", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_SIGNS = "$€£¥￥₹"  # what a spreadsheet writes before or behind an amount; the currency stands in a column of its own
_SIGN = re.compile(rf"^([-+(]?)[{_SIGNS}]\s?|\s?[{_SIGNS}](?=\)?$)")
_SMALLEST = Decimal("0.0001")

_CLOCK = (
    r"(?P<half>上午|下午|午前|午後)?\s*(?P<hour>\d\d?)(?:[:.时時点](?P<minute>\d\d))?"
    r"(?:[:.分](?P<second>\d\d))?(?:[.,](?P<fraction>\d{1,9}))?秒?"
)
_ZONE = r"\s*(?P<late>(?i:[ap]\.?\s?m\.?))?\s*(?P<zone>[A-Z]{1,4}|(?:GMT|UTC)?[+-]\d\d?(?::?\d\d)?)"
_DAYS = (
    r"(?P<year>\d{4})[-/年](?P<month>\d\d?)[-/月](?P<day>\d\d?)日?",
    r"(?P<name>[^\W\d_]{3,10})\.?\s(?P<day>\d\d?),?\s(?P<year>\d{4})",
    r"(?P<day>\d\d?)\.?\s(?:de\s)?(?P<name>[^\W\d_]{3,10})\.?,?\s(?:de\s)?(?P<year>\d{4})",
    r"(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{4})",
    r"(?P<either>\d\d?)[-/](?P<other>\d\d?)[-/](?P<year>\d{4})",
)
_MOMENTS = tuple(re.compile(rf"{day}(?:T|,?\s*){_CLOCK}{_ZONE}") for day in _DAYS)


def typed(text: str, type_: pa.DataType, sign: str) -> Any:
    """The value that a cell which is not blank means, in a column of that type.

    Parameters
    ----------
    text : str
    type_ : DataType
    sign : str
        The decimal sign of the file, see `decimal_sign`.

    Raises
    ------
    CellError
        The text does not mean a value of that type.
    """
    if type_ in (MONEY, WHOLE):
        return amount(text, sign) if type_ == MONEY else _whole(text, sign)
    return moment(text) if type_ == TIME else _yes_no(text) if type_ == YES_NO else text


def _whole(text: str, sign: str) -> Decimal:
    value = amount(text, sign)
    if value != int(value) or not 0 <= value <= MOST_UNITS:
        raise CellError("reports.fault.no_units")
    return Decimal(int(value))


def _yes_no(text: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE + FALSE:
        raise CellError("reports.fault.no_yes_no")
    return word in TRUE


# -- amounts ----------------------------------------------------------------------------------------------------------


def decimal_sign(cells: Iterable[str]) -> str:
    """The sign before the cents in this file, ``"."`` or ``","``, from the cells that leave no doubt.

    Examples
    --------
    >>> decimal_sign(["1,200.00", "4.99"]), decimal_sign(["1.234,56", "1.200"]), decimal_sign(["12,50"])
    ('.', ',', ',')
    """
    votes = {".": 0, ",": 0}
    whole = 0
    for cell in cells:
        plain = cell.strip(f" ()-+\u00a0{_SIGNS}")
        if _THOUSANDS.fullmatch(plain):  # "1,200" and "1.200" could be either, but nothing costs a tenth of a cent
            whole += "." in plain and not plain.endswith("0")
        elif found := re.search(r"([.,])\d*$", plain):
            votes[found[1]] += 1
    return "," if votes[","] > votes["."] or (whole and votes["."] == 0) else "."


def amount(text: str, sign: str = ".") -> Decimal:
    """The exact amount that a cell means.

    Parameters
    ----------
    text : str
        For example ``-2.00``, ``1,44,957.78``, ``1.234,56``, ``(55.00)``, ``$1,299.00``.
    sign : str
        The decimal sign of the file, see `decimal_sign`.

    Raises
    ------
    CellError
        Not an amount, more than four decimals, or more than 12 digits before them.

    Examples
    --------
    >>> amount("(55.00)"), amount("1,44,957.78"), amount("1.234,56", ",")
    (Decimal('-55.00'), Decimal('144957.78'), Decimal('1234.56'))
    """
    plain = _SIGN.sub(r"\1", text.strip().translate(HYPHENS), count=1)
    if plain.startswith("(") and plain.endswith(")"):
        return -amount(plain[1:-1], sign)
    value = Decimal(_with_dot(plain, sign))
    if abs(value) >= LARGEST or value != value.quantize(_SMALLEST):
        raise CellError("reports.fault.too_many_digits")
    return value


def _with_dot(plain: str, sign: str) -> str:
    if _GROUPED[sign].fullmatch(plain):
        plain = re.sub(r"[ \u00a0\u202f']", "", plain.replace("," if sign == "." else ".", ""))
    if sign == "," and (_COMMA.fullmatch(plain) or "," in plain):
        plain = plain.replace(",", ".")
    if not _PLAIN.fullmatch(plain):
        raise CellError("reports.fault.no_amount")
    return plain


# -- moments ----------------------------------------------------------------------------------------------------------


def moment(text: str) -> datetime:
    """The moment in UTC that a report's date and time mean.

    Parameters
    ----------
    text : str
        ISO 8601 with an offset, or one of the local spellings of payments and of translated reports.

    Raises
    ------
    CellError
        Not a moment: no time of day, no zone, a day that does not exist, or a day and month that could be exchanged.

    Examples
    --------
    >>> [moment(text).strftime("%d %b %Y %H:%M") for text in (
    ...     "2026-03-08T01:30:00-08:00", "05.03.2026 00:00:00 UTC", "Feb 1, 2026 12:02:19 a.m. PST")]
    ['08 Mar 2026 09:30', '05 Mar 2026 00:00', '01 Feb 2026 08:02']
    """
    plain = text.strip().translate(HYPHENS)
    found = next((match for match in (pattern.fullmatch(plain) for pattern in _MOMENTS) if match), None)
    if not found:
        raise CellError(_what_is_missing(plain))
    parts = found.groupdict()
    day, month = _day_and_month(parts)
    hour, minute, second = _hour(parts), int(parts["minute"] or 0), int(parts["second"] or 0)
    micro, offset = int((parts["fraction"] or "0")[:6].ljust(6, "0")), offset_of(parts["zone"])
    try:
        time = datetime(int(parts["year"]), month, day, hour, minute, second, micro, offset)
    except ValueError as error:
        raise CellError("reports.fault.no_such_day") from error
    if not EARLIEST <= time <= LATEST:
        raise CellError("reports.fault.impossible_year")
    return time.astimezone(UTC)


def offset_of(zone: str) -> timezone:
    """A fixed offset from ``Z``, ``PST``, ``+09:00``, ``-0700`` or ``GMT+9``.

    Examples
    --------
    >>> offset_of("-0730").utcoffset(None) == -timedelta(hours=7, minutes=30)
    True
    >>> offset_of("PDT").utcoffset(None) == -timedelta(hours=7)
    True
    >>> offset_of("+5:30") == offset_of("GMT+5:30") == offset_of("+0530")
    True
    """
    hours = facts().table["words"]["zones"]
    if zone in hours:
        return timezone(timedelta(hours=hours[zone]))
    # one figure alone may be what is left of two, unless a name stands before it or minutes behind
    found = re.fullmatch(r"(?:GMT|UTC)?([+-])(\d\d|(?<=[CT][+-])[1-9]|\d(?=:))(?::?([0-5]\d))?", zone)
    if not found or int(found[2]) > 23:
        raise CellError("reports.fault.unknown_zone", zone=zone)
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)


def _day_and_month(parts: dict[str, str | None]) -> tuple[int, int]:
    if parts.get("either"):
        first, second = int(parts["either"] or 0), int(parts["other"] or 0)
        if first <= 12 and second <= 12 and first != second:
            raise CellError("reports.fault.day_or_month")
        return (first, second) if first > 12 else (second, first)
    name = (parts.get("name") or "").lower()
    named = enumerate(facts().table["words"]["months"].split("|"), start=1)
    month = next((number for number, words in named if {name[:3], name[:4]} & {*words.split()}), 0)
    return int(parts["day"] or 0), int(parts.get("month") or month)


def _hour(parts: dict[str, str | None]) -> int:
    hour, word = int(parts["hour"] or 0), (parts["half"] or parts["late"] or "").lower()
    if not word:
        return hour
    if not 1 <= hour <= 12 and not (parts["half"] and hour <= 12):
        raise CellError("reports.fault.no_twelve_hours")
    late = word.startswith("p") or word in ("下午", "午後")
    return hour % 12 + (12 if late else 0)


def _what_is_missing(plain: str) -> str:
    if re.fullmatch(r"[\d\-/.]{8,10}", plain):
        return "reports.fault.no_time_of_day"
    if re.fullmatch(r"[\d\-/.]{8,10}[T ,]+[\d:.]+(\s?[AaPp][Mm])?", plain):
        return "reports.fault.no_time_zone"
    return "reports.fault.no_moment"
