"""Moments in reports: every spelling Amazon uses, exact, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d)(?::?(\d\d))?(?::?(\d\d))?(?:[.,](\d{1,6})\d*)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)",
)
_DAY_FIRST = re.compile(r"(\d\d)[-./](\d\d)[-./](\d{4})[T ](\d\d):(\d\d)(?::(\d\d))? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)")
EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Amazon's first year of sales, and a year that no order of today carries."""


def offset_of(zone: str) -> timezone:
    """A fixed offset from ``Z``, ``+09:00``, ``-0700`` or ``+07``.

    Examples
    --------
    >>> offset_of("-0730").utcoffset(None) == -timedelta(hours=7, minutes=30)
    True
    """
    if zone in ("Z", "UTC", "GMT"):
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"no such offset: {zone}")
    return timezone((-1 if zone[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def moment(text: str) -> datetime:
    """The moment in UTC that a report's date and time mean.

    Parameters
    ----------
    text : str
        ISO 8601 with an offset, or day first as in settlements and in Spanish help pages (``14-07-2010T18:53:56+00:00``).

    Raises
    ------
    ValueError
        Not a moment: no time, no zone, or a day that does not exist.

    Examples
    --------
    >>> moment("2026-03-08T01:30:00-08:00").isoformat(), moment("05.03.2026 00:00:00 UTC").isoformat()
    ('2026-03-08T09:30:00+00:00', '2026-03-05T00:00:00+00:00')
    """
    found = _ISO.fullmatch(text.strip())
    if found:
        year, month, day, hour, minute, second, fraction, zone = found.groups()
    else:
        found = _DAY_FIRST.fullmatch(text.strip())
        if not found:
            raise ValueError(_what_is_missing(text))
        day, month, year, hour, minute, second, zone = found.groups()
        fraction = None
    micro = int((fraction or "0").ljust(6, "0"))
    local = datetime(int(year), int(month), int(day), int(hour), int(minute or 0), int(second or 0), micro)
    return _plausible(local.replace(tzinfo=offset_of(zone)).astimezone(UTC))


def _plausible(time: datetime) -> datetime:
    if not EARLIEST <= time <= LATEST:
        raise ValueError("is not a year in which Amazon sold anything")
    return time


def _what_is_missing(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?", text.strip()):
        return "has no time zone"
    return "is not a date and time with its zone"
