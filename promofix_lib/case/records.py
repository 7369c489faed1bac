"""What rooms write into the journal for each other: frozen records that are checked, word by word, when read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

from promofix_lib.incident import Incident
from promofix_lib.plain import Record
from promofix_lib.say import Told


@dataclass(frozen=True)
class Entry:
    """One row of the journal: its number, when, what kind, whose hand (seller, assistant, amazon, promofix), facts."""

    id: int
    at: datetime
    kind: str
    hand: str
    facts: Mapping[str, Any]


New = Record | tuple[str, Mapping[str, Any]]
"""An entry of the journal that is to be written: a record, or a kind and its facts."""


# -- the decisions ----------------------------------------------------------------------------------------------------

Action = Literal["take", "untick", "rule", "add", "leave_out", "as_rule", "undo", "redo"]


@dataclass(frozen=True)
class Decision(Record, entry="decision"):
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


P = TypeVar("P", HandedItem, Cancellation)


MessageState = Literal["written", "held", "none"]


@dataclass(frozen=True)
class ExportRecord(Record, entry="export"):
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
    refunds : tuple of str
        Order id and item id, with a stroke between them, of each line of the refund file.
    """

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
    refunds: tuple[str, ...] = ()


def by_order(parts: Iterable[P]) -> dict[str, list[P]]:
    """Items or lines of an export by the order that they belong to.

    Examples
    --------
    >>> lines = [Cancellation(order_id, "PricingError", code, ()) for order_id, code in ("A1", "B1", "A2")]
    >>> {order_id: [line.item_code for line in mine] for order_id, mine in by_order(lines).items()}
    {'A': ['1', '2'], 'B': ['1']}
    """
    orders: dict[str, list[P]] = {}
    for part in parts:
        orders.setdefault(part.order_id, []).append(part)
    return orders


# -- what came back ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer(Record, entry="answer"):
    """What somebody answered for one order: its task, or the buyer's message."""

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
class UploadAnswer(Record, entry="upload_answer"):
    """What Amazon's processing report says of one uploaded file.

    `accepted` are item keys of the lines it does not name; `refused` holds order id, item keys, code and message.
    """

    export: str
    file: str
    source_name: str
    sha256: str
    at: datetime
    accepted: tuple[str, ...] = ()
    refused: tuple[tuple[str, tuple[str, ...], str, str], ...] = ()
    warnings: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Returned(Record, entry="returned"):
    """A file that was read back; read again it changes nothing."""

    file: str
    sha256: str
    kind: str
    at: datetime


@dataclass(frozen=True)
class Advice(Record, entry="advice"):
    """What Amazon said, when (as the seller noted it), and in which case of Seller Support."""

    given_on: str
    case_id: str
    text: str


@dataclass(frozen=True)
class KeptReport(Record, entry="report"):
    """A report as it was recorded: name, SHA-256, and the size and time by which it is known to be unchanged."""

    name: str
    sha256: str
    size: int = -1
    changed: int = -1


@dataclass(frozen=True)
class Meant(Record, entry="meant"):
    """A cause of which the seller said *this was meant*: it is no mistake, now and later; `on` false takes it back."""

    promotion_ids: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    on: bool = True
