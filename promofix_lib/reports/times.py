"""Moments in reports: every spelling Amazon uses, exact, in UTC. What could be read two ways is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Amazon's first year of sales, and a year that no order of today carries."""

_HOURS = (
    dict.fromkeys(("Z", "UTC", "GMT", "WET"), 0)
    | {"PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "EST": -5, "EDT": -4, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2}
    | {"MESZ": 2, "JST": 9, "AEST": 10, "AEDT": 11, "SGT": 8, "BRT": -3}
)
# The first three letters of the months in English, German, French, Spanish, Italian, Portuguese, Dutch and Swedish.
_MONTHS = dict(
    pair
    for number, words in enumerate(
        (
            "jan ene gen",
            "feb fév fev",
            "mar mär mrt",
            "apr avr abr",
            "may mai mag maj mei",
            "jun giu",
            "jul lug",
            "aug aoû aou ago",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez déc dic",
        ),
        start=1,
    )
    for pair in ((word, number) for word in words.split())
)
_FRENCH_SUMMER = {"juin": 6, "juil": 7}

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
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d)(?::(\d\d))?(?::(\d\d))?(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::?\d\d)?)", re.ASCII
)


def moment(text: str) -> datetime:
    """The moment in UTC that a report's date and time mean.

    Parameters
    ----------
    text : str
        ISO 8601 with an offset, or one of the local spellings of payments and of translated reports.

    Raises
    ------
    ValueError
        Not a moment: no time of day, no zone, a day that does not exist, or a day and month that could be exchanged.

    Examples
    --------
    >>> [moment(text).strftime("%d %b %Y %H:%M") for text in (
    ...     "2026-03-08T01:30:00-08:00", "05.03.2026 00:00:00 UTC", "Feb 1, 2026 12:02:19 a.m. PST")]
    ['08 Mar 2026 09:30', '05 Mar 2026 00:00', '01 Feb 2026 08:02']
    """
    plain = text.strip()
    found = _ISO.fullmatch(plain)
    if found:
        year, month, day, hour, minute, second, fraction, zone = found.groups()
        micro = int((fraction or "0").ljust(6, "0"))
        local = datetime(int(year), int(month), int(day), int(hour), int(minute or 0), int(second or 0), micro)
        return _plausible(local, offset_of(zone))
    return _local(plain)


def offset_of(zone: str) -> timezone:
    """A fixed offset from ``Z``, ``PST``, ``+09:00``, ``-0700`` or ``GMT+9``.

    Examples
    --------
    >>> offset_of("-0730").utcoffset(None) == -timedelta(hours=7, minutes=30)
    True
    >>> offset_of("PDT").utcoffset(None) == -timedelta(hours=7)
    True
    """
    if zone in _HOURS:
        return timezone(timedelta(hours=_HOURS[zone]))
    found = re.fullmatch(r"(?:GMT|UTC)?([+-])(\d\d?)(?::?([0-5]\d))?", zone)
    if not found or int(found[2]) > 23:
        raise ValueError(f"has an unknown time zone ({zone})")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)


def _local(plain: str) -> datetime:
    found = next((match for match in (pattern.fullmatch(plain) for pattern in _MOMENTS) if match), None)
    if not found:
        raise ValueError(_what_is_missing(plain))
    parts = found.groupdict()
    day, month = _day_and_month(parts)
    micro = int((parts["fraction"] or "0")[:6].ljust(6, "0"))
    local = datetime(
        int(parts["year"]), month, day, _hour(parts), int(parts["minute"] or 0), int(parts["second"] or 0), micro
    )
    return _plausible(local, offset_of(parts["zone"]))


def _day_and_month(parts: dict[str, str | None]) -> tuple[int, int]:
    if parts.get("either"):
        first, second = int(parts["either"] or 0), int(parts["other"] or 0)
        if first <= 12 and second <= 12 and first != second:
            raise ValueError("could be read with day and month exchanged")
        return (first, second) if first > 12 else (second, first)
    name = (parts.get("name") or "").lower()
    month = int(parts.get("month") or 0) or _FRENCH_SUMMER.get(name[:4]) or _MONTHS.get(name[:3], 0)
    return int(parts["day"] or 0), month


def _hour(parts: dict[str, str | None]) -> int:
    hour, word = int(parts["hour"] or 0), (parts["half"] or parts["late"] or "").lower()
    if not word:
        return hour
    if not 1 <= hour <= 12 and not (parts["half"] and hour <= 12):
        raise ValueError("has an hour that is not on a twelve-hour clock")
    late = word.startswith("p") or word in ("下午", "午後")
    return hour % 12 + (12 if late else 0)


def _plausible(local: datetime, zone: timezone) -> datetime:
    time = local.replace(tzinfo=zone)
    if not 1994 < local.year < 2201 or not EARLIEST <= time <= LATEST:
        raise ValueError("is not in a year in which Amazon sold anything")
    return time.astimezone(UTC)


def _what_is_missing(plain: str) -> str:
    if re.fullmatch(r"[\d\-/.]{8,10}", plain):
        return "has no time of day"
    if re.fullmatch(r"[\d\-/.]{8,10}[T ,]+[\d:.]+(\s?[AaPp][Mm])?", plain):
        return "has no time zone"
    return "is not a date and time with its zone"
