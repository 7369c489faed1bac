"""What rooms write into the journal for each other: frozen records that are checked, word by word, when read back."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from promofix_lib.errors import CaseError
from promofix_lib.incident import Incident
from promofix_lib.say import Told, told


@dataclass(frozen=True)
class Entry:
    """One row of the journal: its number, when, what kind, whose hand (seller, assistant, amazon, promofix), facts."""

    id: int
    at: datetime
    kind: str
    hand: str
    facts: Mapping[str, Any]


class Record:
    """A frozen dataclass that goes through JSON and back; fields that hold their default are left out.

    Examples
    --------
    >>> Advice.from_json(Advice("2026-11-20", "1234567890", "cancel them").to_json()).case_id
    '1234567890'
    >>> Advice.from_json({"given_on": 7, "case_id": "", "text": ""})
    Traceback (most recent call last):
    promofix_lib.errors.CaseError: given_on: should be a text, found 7.
    """

    entry: ClassVar[str] = ""
    """Kind of the journal's entries that hold it."""

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


New = Record | tuple[str, Mapping[str, Any]]
"""An entry of the journal that is to be written: a record, or a kind and its facts."""


# -- the decisions ----------------------------------------------------------------------------------------------------

Action = Literal["take", "untick", "rule", "add", "leave_out", "as_rule", "undo", "redo"]


@dataclass(frozen=True)
class Decision(Record):
    """One thing that was decided.

    Parameters
    ----------
    action : str
        ``take`` / ``untick`` (an incident, by its number), ``rule`` (as the seller adjusted it), ``add`` /
        ``leave_out`` / ``as_rule`` (items by hand), ``undo`` / ``redo`` (of another decision).
    number : int
        The incident.
    found, rule : Incident or None
        The rule as found, and as adjusted.
    items : tuple of str
        Item keys.
    reason : str
        In the seller's words.
    of : int
        The entry that is undone or redone.
    """

    entry: ClassVar[str] = "decision"

    action: Action
    number: int = 0
    found: Incident | None = None
    rule: Incident | None = None
    items: tuple[str, ...] = ()
    reason: str = ""
    of: int = 0


# -- what was handed out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HandedItem(Record):
    """One order item of an export: its key, the key it has without item ids, its triage and incident that day."""

    key: str
    sku_key: str
    order_id: str
    triage: str
    incident: int = 1


@dataclass(frozen=True)
class Cancellation(Record):
    """One line of a cancellation file: a whole order, or one item when `item_code` is given; `keys` are its items."""

    order_id: str
    reason: str
    item_code: str
    keys: tuple[str, ...]


MessageState = Literal["written", "held", "none"]


@dataclass(frozen=True)
class ExportRecord(Record):
    """What one export handed out.

    Parameters
    ----------
    folder : str
        Name of the folder below ``exports/``.
    made_at : datetime with a zone
    round : int
        1, or 2 for what was new since.
    draft : bool
        Made while the gate was closed: nothing in it is to be done.
    items : tuple of HandedItem
    uploads : dict of str to tuple of Cancellation
        Lines of each cancellation file by its name, in the order written: Amazon answers by line number.
    requests : tuple of str
        Order ids of the FBA request list.
    messages : dict of str to (order id, state, why)
        By message id; why it is held, or why there is none.
    withheld : dict of str to Told
        Orders of the export that stand in no file, and why.
    rows : dict of str to (order id, dict of column to text)
        Answer cells as they left: the base when a sheet comes back.
    files : dict of str to str
        SHA-256 by path, of everything that was written.
    """

    entry: ClassVar[str] = "export"

    folder: str
    made_at: datetime
    round: int = 1
    draft: bool = False
    items: tuple[HandedItem, ...] = ()
    uploads: Mapping[str, tuple[Cancellation, ...]] = field(default_factory=dict)
    requests: tuple[str, ...] = ()
    messages: Mapping[str, tuple[str, MessageState, Told | None]] = field(default_factory=dict)
    withheld: Mapping[str, Told] = field(default_factory=dict)
    rows: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the items, also as they are named when no report tells item ids."""
        return frozenset(key for item in self.items for key in (item.key, item.sku_key))


# -- what came back ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer(Record):
    """What somebody answered for one order: its task, or the buyer's message."""

    entry: ClassVar[str] = "answer"

    order_id: str
    field: Literal["task", "message"]
    value: Literal["todo", "done", "problem", "not_needed"]
    note: str
    hand: str
    file: str
    export: str
    copy: str
    at: datetime


@dataclass(frozen=True)
class UploadAnswer(Record):
    """What Amazon's processing report says of one uploaded file.

    `accepted` are item keys of the lines it does not name; `refused` holds order id, item keys, code and message.
    """

    entry: ClassVar[str] = "upload_answer"

    export: str
    file: str
    source_name: str
    sha256: str
    at: datetime
    accepted: tuple[str, ...] = ()
    refused: tuple[tuple[str, tuple[str, ...], str, str], ...] = ()
    warnings: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Returned(Record):
    """A file that was read back; read again it changes nothing."""

    entry: ClassVar[str] = "returned"

    file: str
    sha256: str
    kind: str
    at: datetime


@dataclass(frozen=True)
class Advice(Record):
    """What Amazon said, when (as the seller noted it), and in which case of Seller Support."""

    entry: ClassVar[str] = "advice"

    given_on: str
    case_id: str
    text: str


@dataclass(frozen=True)
class KeptReport(Record):
    """A report as it was recorded: name, SHA-256, and the size and time by which it is known to be unchanged."""

    entry: ClassVar[str] = "report"

    name: str
    sha256: str
    size: int = -1
    changed: int = -1


@dataclass(frozen=True)
class Meant(Record):
    """A cause of which the seller said *this was meant*: it is no mistake, now and later; `on` false takes it back."""

    entry: ClassVar[str] = "meant"

    promotion_ids: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    on: bool = True


# -- to JSON and back -------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as JSON: records, rules, sentences, moments, amounts, tuples and mappings; a default is left out.

    >>> plain(HandedItem("A/1", "A/S/1", "A", "cancel"))
    {'key': 'A/1', 'sku_key': 'A/S/1', 'order_id': 'A', 'triage': 'cancel'}
    """
    if isinstance(value, Told):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        cells = ((name, getattr(value, name), default) for name, (_, default) in _shape(type(value)).items())
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
    shape = _shape(hint)
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
def _shape(record: Any) -> dict[str, tuple[Any, Any]]:
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
