"""What rooms write into the journal for each other: frozen records that are checked, word by word, when read back."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Literal, Self, TypeVar, Union, get_args, get_origin, get_type_hints

from promofix_lib.errors import CaseError
from promofix_lib.incident import Incident, to_json
from promofix_lib.say import Told, told

R = TypeVar("R")


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
        return typed(cls, dict(record), "")


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
class Conflict(Record):
    """Two answers that disagree; the seller settles it."""

    entry: ClassVar[str] = "conflict"

    order_id: str
    field: str
    ours: str
    theirs: str
    file: str
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
class Meant(Record):
    """A cause of which the seller said *this was meant*: it is no mistake, now and later; `on` false takes it back."""

    entry: ClassVar[str] = "meant"

    promotion_ids: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    on: bool = True


# -- to JSON and back -------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A value as JSON: records, rules, sentences, moments, tuples and mappings.

    >>> plain(HandedItem("A/1", "A/S/1", "A", "cancel"))
    {'key': 'A/1', 'sku_key': 'A/S/1', 'order_id': 'A', 'triage': 'cancel'}
    """
    if isinstance(value, Incident):
        return to_json(value)
    if isinstance(value, Told):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        cells = ((name, getattr(value, name), default) for name, default in _defaults(type(value)).items())
        return {name: plain(cell) for name, cell, default in cells if cell != default}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(cell) for name, cell in value.items()}
    return [plain(cell) for cell in value] if isinstance(value, tuple | list) else value


def typed(hint: type[R], value: Any, place: str) -> R:
    """The JSON value as the type that a field asks for; nothing is guessed.

    Raises
    ------
    CaseError
        It is something else: the place, what it should be, what was found.
    """
    return _typed(hint, value, place)


def misfit(place: str, expected: Told, found: Any) -> CaseError:
    """One field that does not hold what it should."""
    shown = repr(found)
    return CaseError("case.misfit", place=place, expected=expected, found=shown[:80] + "…" * (len(shown) > 80))


def _typed(hint: Any, value: Any, place: str) -> Any:
    if type(value) is hint and hint is not float:
        return value
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return None if value is None else _typed(next(one for one in inner if one is not type(None)), value, place)
    if origin is Literal:
        return _checked(isinstance(value, str) and value in inner, value, place, "case.expect_one_of", words=inner)
    if hint in _PLAIN:
        kinds, key = _PLAIN[hint]
        return _checked(isinstance(value, kinds) and isinstance(value, bool) == (hint is bool), value, place, key)
    if hint is datetime:
        return _moment(value, place)
    if hint is Told:
        return _read(Told.from_json, value, place, "case.expect_sentence")
    if hint is Decimal:
        return _amount(value, place)
    if origin is tuple:
        return _tuple(inner, _checked(isinstance(value, list), value, place, "case.expect_list"), place)
    _checked(isinstance(value, dict), value, place, "case.expect_names")
    if is_dataclass(hint):
        return _record(hint, value, place)
    return {name: _typed(inner[1], cell, _inside(place, name)) for name, cell in value.items()}


_PLAIN: dict[Any, tuple[Any, str]] = {
    str: (str, "case.expect_text"),
    int: (int, "case.expect_whole"),
    float: ((int, float), "case.expect_number"),
    bool: (bool, "case.expect_yes_no"),
}


def _tuple(inner: tuple[Any, ...], value: list[Any], place: str) -> tuple[Any, ...]:
    if inner[-1] is Ellipsis:
        if inner[0] is str and all(type(cell) is str for cell in value):
            return tuple(value)
        return tuple(_typed(inner[0], cell, f"{place}[{n}]") for n, cell in enumerate(value))
    _checked(len(inner) == len(value), value, place, "case.expect_list")
    return tuple(_typed(hint, cell, f"{place}[{n}]") for n, (hint, cell) in enumerate(zip(inner, value, strict=True)))


def _record(hint: Any, value: dict[str, Any], place: str) -> Any:
    hints, needed = _hints(hint)
    for name in value:
        _checked(name in hints, name, _inside(place, name), "case.expect_known_name")
    for name in needed:
        _checked(name in value, None, _inside(place, name), "case.expect_something")
    return hint(**{name: _typed(hints[name], cell, _inside(place, name)) for name, cell in value.items()})


@cache
def _hints(record: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Types of a record's fields, and the fields that have no default."""
    hints = get_type_hints(record)
    defaults = _defaults(record)
    return {name: hints[name] for name in defaults}, tuple(name for name, one in defaults.items() if one is MISSING)


@cache
def _defaults(record: Any) -> dict[str, Any]:
    return {
        one.name: one.default_factory() if one.default_factory is not MISSING else one.default for one in fields(record)
    }


def _inside(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _checked(fits: bool, value: Any, place: str, expected: str, **facts: Any) -> Any:
    if not fits:
        raise misfit(place, told(expected, **facts), value)
    return value


def _moment(value: Any, place: str) -> datetime:
    moment: datetime = _read(datetime.fromisoformat, value, place, "case.expect_moment")
    _checked(moment.tzinfo is not None, value, place, "case.expect_moment")
    return moment


def _amount(value: Any, place: str) -> Decimal:
    amount: Decimal = _read(lambda text: Decimal(_typed(str, text, place)), value, place, "case.expect_amount")
    _checked(amount.is_finite(), value, place, "case.expect_amount")
    return amount


def _read(reader: Any, value: Any, place: str, expected: str) -> Any:
    try:
        return reader(value)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, CaseError) as error:
        raise misfit(place, told(expected), value) from error
