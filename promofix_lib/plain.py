"""Records as plain JSON: kept and read back, checked word by word; or printed, worded in a language."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import PurePath
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin, get_type_hints, is_typeddict

from promofix_lib.errors import CaseError
from promofix_lib.say import Told, told

# -- printed ----------------------------------------------------------------------------------------------------------


class Shown:
    """A dataclass that ``--json`` prints: its facts by name."""

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """The facts as plain JSON, sentences in a language."""
        return shown(self, language=language)


def shown(record: Any, *names: str, language: str | None = None) -> dict[str, Any]:
    """Facts of a record as they are printed: sentences worded, moments ISO 8601 in UTC; all of them, or those named.

    >>> from promofix_lib.reports.report import Quarantined
    >>> Quarantined(7, told("say.orders", n=1), "…").to_json("en")
    {'line': 7, 'reason': '1 order', 'text': '…'}
    """
    wanted = names or tuple(one.name for one in fields(record))
    return {name: _printed(getattr(record, name), language) for name in wanted}


def _printed(value: Any, language: str | None) -> Any:
    if isinstance(value, Shown):
        return value.to_json(language)
    if isinstance(value, Told):
        return value.text(language)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple | list):
        return [_printed(one, language) for one in value]
    return str(value) if isinstance(value, PurePath) else value


# -- kept -------------------------------------------------------------------------------------------------------------


class Record:
    """A frozen dataclass that goes through JSON and back; fields that hold their default are left out.

    Examples
    --------
    >>> from promofix_lib.case.records import Advice
    >>> Advice.from_json(Advice("2026-11-20", "1234567890", "cancel them").to_json()).case_id
    '1234567890'
    >>> Advice.from_json({"given_on": 7, "case_id": "", "text": ""})
    Traceback (most recent call last):
    promofix_lib.errors.CaseError: given_on: should be a text, found 7.
    """

    entry: ClassVar[str] = ""
    """Kind of the journal's entries that hold it."""

    def __init_subclass__(cls, entry: str = "") -> None:
        cls.entry = entry

    def to_json(self) -> dict[str, Any]:
        """The record as plain JSON."""
        return dict(plain(self))

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The record that `to_json` wrote.

        Raises
        ------
        CaseError
            A field that is missing, unknown or of another type, with its name and what was found.
        """
        return typed(cls, dict(record))


def plain(value: Any) -> Any:
    """A value as JSON: records, rules, sentences, moments, amounts, tuples and mappings; a default is left out.

    >>> plain({"paid": Decimal("1.50"), "skus": ("A", "B")})
    {'paid': '1.50', 'skus': ['A', 'B']}
    """
    if isinstance(value, Told):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        cells = ((name, getattr(value, name), default) for name, (_, default) in shape_of(type(value)).items())
        return {name: plain(cell) for name, cell, default in cells if cell != default}
    if isinstance(value, datetime | Decimal):
        return str(value) if isinstance(value, Decimal) else value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(cell) for name, cell in value.items()}
    return [plain(cell) for cell in value] if isinstance(value, tuple | list) else value


def typed(hint: Any, value: Any, place: str = "") -> Any:
    """The JSON value as the type that is asked for; nothing is guessed. `Annotated` checks are made.

    Raises
    ------
    CaseError
        It is something else: the place, what it should be, what was found.

    Examples
    --------
    >>> typed(dict[str, tuple[int, ...]], {"A": [1, True]}, "units")
    Traceback (most recent call last):
    promofix_lib.errors.CaseError: units.A[1]: should be a whole number, found True.
    """
    if (type(value) is hint and hint is not float) or hint is Any:
        return value
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        made = typed(inner[0], value, place)
        inner[1](made, place)
        return made
    if origin in (Union, types.UnionType):
        return None if value is None else typed(inner[0], value, place)
    if origin is Literal:
        return checked(isinstance(value, str) and value in inner, value, place, "case.expect_one_of", words=inner)
    if hint in _PLAIN:
        kinds, key = _PLAIN[hint]
        return checked(isinstance(value, kinds) and isinstance(value, bool) == (hint is bool), value, place, key)
    if hint in _WRITTEN:
        return _read(*_WRITTEN[hint], value, place)
    if origin in (tuple, list):
        return _row(hint, inner, checked(isinstance(value, list), value, place, "case.expect_list"), place)
    checked(isinstance(value, dict), value, place, "case.expect_names")
    if not (is_dataclass(hint) or is_typeddict(hint)):
        return {name: typed(inner[1], cell, _inside(place, name)) for name, cell in value.items()}
    shape = shape_of(hint)
    for name in value:
        checked(name in shape, value[name], _inside(place, name), "case.expect_known_name")
    for name, (_, default) in shape.items():
        checked(name in value or default is not MISSING, None, _inside(place, name), "case.expect_something")
    return hint(**{name: typed(shape[name][0], cell, _inside(place, name)) for name, cell in value.items()})


def checked(fits: bool, value: Any, place: str, expected: str, **facts: Any) -> Any:
    """The value, if it fits; else the error that says the place, what it should be, and what was found."""
    if not fits:
        shown = repr(value)
        found = shown[:80] + "…" * (len(shown) > 80)
        raise CaseError("case.misfit", place=place, expected=told(expected, **facts), found=found)
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _amount(text: str) -> Decimal:
    amount = Decimal(typed(str, text))
    if not amount.is_finite():
        raise ValueError(text)
    return amount


_PLAIN: dict[Any, tuple[Any, str]] = {
    str: (str, "case.expect_text"),
    int: (int, "case.expect_whole"),
    float: ((int, float), "case.expect_number"),
    bool: (bool, "case.expect_yes_no"),
}
_WRITTEN: dict[Any, tuple[Callable[[Any], Any], str]] = {
    datetime: (_moment, "case.expect_moment"),
    Decimal: (_amount, "case.expect_amount"),
    Told: (Told.from_json, "case.expect_sentence"),
}


def _read(reader: Callable[[Any], Any], expected: str, value: Any, place: str) -> Any:
    try:
        return reader(value)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, CaseError):
        return checked(False, value, place, expected)


def _row(hint: Any, inner: tuple[Any, ...], value: list[Any], place: str) -> Any:
    endless = get_origin(hint) is list or inner[-1] is Ellipsis
    checked(endless or len(inner) == len(value), value, place, "case.expect_list")
    if endless and inner[0] is str and all(type(cell) is str for cell in value):  # 100,000 item keys
        return get_origin(hint)(value)
    hints = [inner[0]] * len(value) if endless else inner
    return get_origin(hint)(
        typed(one, cell, f"{place}[{n}]") for n, (one, cell) in enumerate(zip(hints, value, strict=True))
    )


@cache
def shape_of(record: Any) -> dict[str, tuple[Any, Any]]:
    """Type and default of each field; `MISSING` where it has none."""
    hints = get_type_hints(record, include_extras=True)
    if is_typeddict(record):
        return {name: (hint, MISSING if name in record.__required_keys__ else None) for name, hint in hints.items()}
    return {
        one.name: (hints[one.name], one.default if one.default_factory is MISSING else one.default_factory())
        for one in fields(record)
    }


def _inside(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)
