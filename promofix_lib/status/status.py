"""The state of a case: one row per affected order, and the sums; whatever is shown, written or counted asks here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from promofix_lib.case.records import Answer, ExportRecord, UploadAnswer
from promofix_lib.money import Amounts
from promofix_lib.plain import shown
from promofix_lib.say import Told, told
from promofix_lib.status.book import Book, Mask, facts_of
from promofix_lib.status.past import pasts
from promofix_lib.status.rows import FACTS, NEXT, STATES, Gate, OrderRow, iso
from promofix_lib.status.table import order_rows, urgency, withdrawn

if TYPE_CHECKING:
    from promofix_lib.case.case import Case


@dataclass(frozen=True, eq=False)
class Status:
    """Where a case stands, at one revision.

    Parameters
    ----------
    case : str
        Its name.
    revision : int
    language : str
    book : Book
        The order table, prepared.
    chosen : array of bool
        The affected order items: the taken incidents, with what was put in and without what was left out by hand.
    incidents : tuple of dict
        As in ``status --json``.
    orders, items, units, order_ids, amounts, triage
        The figures of `chosen`, as `facts_of` gives them.
    gate : Gate
    rows : tuple of OrderRow
        The affected orders, those left out, those that came after the end, and all that was ever handed over; the most
        urgent deadline first, then by time of purchase.
    in_no_export : tuple of str
        Affected orders that no export holds.
    new_since_export : int
        Orders that became affected since the newest export.
    put_in : tuple of str
        Orders that were put in by hand.
    to_hand_over : tuple of str
        Orders for the next round, whether the gate is open or not: those that no export holds, and those that can be
        worked on only now.
    withdrawn : tuple of str
        Orders left out, or let go by the rules, after they were handed over: the files of their export, which are still
        to be used, hold them.
    known_cancelled : frozenset of str
        Cancelled by the seller for sure: Amazon accepted the cancellation, or a report shows it after our file.
    asked_by_buyer : frozenset of str
        Affected orders that are or will be cancelled at the buyer's wish: they do not count.
    """

    case: str
    revision: int
    language: str
    book: Book
    chosen: Mask
    incidents: tuple[dict[str, Any], ...]
    orders: int
    items: int
    units: int
    order_ids: tuple[str, ...]
    amounts: tuple[Amounts, ...]
    triage: dict[str, int]
    gate: Gate
    rows: tuple[OrderRow, ...]
    in_no_export: tuple[str, ...]
    new_since_export: int
    put_in: tuple[str, ...]
    to_hand_over: tuple[str, ...]
    withdrawn: tuple[str, ...]
    known_cancelled: frozenset[str]
    asked_by_buyer: frozenset[str]

    @cached_property
    def states(self) -> dict[str, int]:
        """Orders of `rows` per state, those that occur."""
        return _counted((row.state for row in self.rows), STATES)

    @cached_property
    def next(self) -> dict[str, int]:
        """Orders of `rows` per next step, in the order of work."""
        return _counted((row.next for row in self.rows), NEXT)

    def told(self) -> tuple[Told, ...]:
        """What must not be overlooked, wherever the case is shown: orders in no export, and in files from before."""
        counts = {"in_no_export": len(self.in_no_export), "withdrawn": len(self.withdrawn)}
        return tuple(told(f"status.{name}", n=n) for name, n in counts.items() if n)

    def rows_of(self, **wanted: str | Collection[str]) -> tuple[OrderRow, ...]:
        """Rows whose fields have the wanted words: ``rows_of(state="written", next=("upload", "upload_again"))``."""
        asked = {name: {words} if isinstance(words, str) else set(words) for name, words in wanted.items()}
        return tuple(row for row in self.rows if all(getattr(row, name) in words for name, words in asked.items()))

    def to_json(self, *, orders: bool = False) -> dict[str, Any]:
        """What ``promofix status --json`` prints, without the cancel rates, which `account` adds.

        Parameters
        ----------
        orders : bool
            Also one row per order.
        """
        figures = ("orders", "items", "units", "order_ids", "amounts", "triage")
        whole = shown(self, "case", "revision", "language", "incidents", *figures, "states", "next")
        counts = {
            "in_no_export": len(self.in_no_export),
            "new_since_export": self.new_since_export,
            "left_out": len(self.rows_of(state="left_out")),
            "put_in": len(self.put_in),
            "after_end": len(self.gate.after_end),
        }
        return whole | counts | ({"rows": [row.to_json(self.language) for row in self.rows]} if orders else {})


CONFIRMED = "confirmed"
"""Kind of the journal's entry that says once more that the promotion has ended, now."""


def confirm_end(case: Case) -> None:
    """The seller's word, now, that promotion, price and stock are as they should be; said again it tells a new end."""
    case.change_settings(promotion_ended=True, price_right=True, stock_as_wanted=True)
    case.journal.add(CONFIRMED, {})


def status(case: Case, handing: ExportRecord | None = None) -> Status:
    """Where the case stands; worked out once per revision.

    Parameters
    ----------
    case : Case
    handing : ExportRecord, optional
        An export that is being made: then where the case stands once it is handed over.

    Raises
    ------
    CaseError
        The case has no report yet.
    """
    if handing is not None:
        return _status(case, [handing])
    return case.once("status", lambda: _status(case))


def _status(case: Case, handing: Sequence[ExportRecord] = ()) -> Status:
    book, exports = case.book, [*case.journal.records(ExportRecord), *handing]
    past = pasts(exports, case.journal.records(UploadAnswer), case.journal.records(Answer))
    handed = {order_id: was.keys for order_id, was in past.items() if was.keys}
    numbers = case.incident_of().to_numpy()
    chosen = case.chosen().to_numpy(dtype=np.bool_)
    left = book.named(case.left_out) & (numbers > 0) & ~chosen
    gate, late = _gate(case, book, chosen)
    affected = chosen | late
    left &= ~np.isin(book.order_codes, book.order_codes[affected])
    shown = {*book.orders_of(affected | left)}
    gone = book.named(key for order_id, keys in handed.items() if order_id not in shown for key in keys)
    if gone.any():  # items of orders that were handed over and that are not affected any more
        left |= gone & ~_reached(case, chosen, order_statuses=())  # which status a rule asks for lets go of nothing
    groups = _grouped(book, affected | left | gone)
    groups |= {order_id: [] for order_id in handed if order_id not in groups}
    rows = list(order_rows(case, book, gate, past, groups, left))
    facts = facts_of(book, chosen)
    in_none = tuple(order_id for order_id in book.orders_of(affected) if order_id not in handed)
    return Status(
        case=case.name,
        revision=case.revision,
        language=case.language,
        book=book,
        chosen=chosen,
        incidents=tuple(_incident(one, book, chosen & (numbers == one.number)) for one in case.incidents if one.taken),
        **facts | {"order_ids": tuple(facts["order_ids"]), "amounts": book.ledger.part(chosen).sums()},
        gate=gate,
        rows=tuple(sorted(rows, key=urgency)),
        in_no_export=in_none,
        new_since_export=len(in_none) if exports else 0,
        put_in=book.orders_of(book.named(case.put_in) & chosen),
        to_hand_over=tuple(dict.fromkeys((*in_none, *(row.order_id for row in rows if row.step == "hand_over")))),
        withdrawn=withdrawn(rows),
        known_cancelled=frozenset(row.order_id for row in rows if row.cancelled_by_seller),
        asked_by_buyer=frozenset(row.order_id for row in rows if row.at_buyers_wish),
    )


def _gate(case: Case, book: Book, chosen: Mask) -> tuple[Gate, Mask]:
    end = _end(case)
    late = np.zeros(len(chosen), dtype=np.bool_)
    if end is not None:
        mine = _reached(case, chosen, end=None) & ~book.named(case.left_out)
        times = book.orders["purchase_date"] > pd.Timestamp(end)
        late = mine & times.to_numpy(dtype=np.bool_) & (book.triage != "set_aside").to_numpy(dtype=np.bool_)
    facts: dict[str, bool] = {name: getattr(case.settings, name) for name in FACTS}
    return Gate(**facts, ended_at=end and end.astimezone(case.zone), after_end=book.orders_of(late)), late


def _end(case: Case) -> datetime | None:
    """When the promotion ended: what the seller told, or the moment at which it was last said that it had."""
    told_at, said_at = case.promotion_ended_at, None
    for entry in case.journal.entries():
        if entry.kind == "settings" and entry.facts.get("promotion_ended_at"):
            said_at = None
        elif entry.kind == CONFIRMED or (entry.kind == "settings" and entry.facts.get("promotion_ended")):
            said_at = entry.at if entry.kind == CONFIRMED or told_at is None else said_at
    return said_at or told_at if case.settings.promotion_ended else told_at


def _reached(case: Case, chosen: Mask, **instead: Any) -> Mask:
    """What is chosen, and what the taken incidents would touch if their rules asked this instead."""
    rules = (replace(one.rule, **instead) for one in case.incidents if one.taken)
    return np.logical_or.reduce([chosen, *map(case.mask, rules)])


def _grouped(book: Book, mask: Mask) -> dict[str, list[int]]:
    rows = np.flatnonzero(mask)
    groups: dict[str, list[int]] = {}
    for row, name in zip(rows.tolist(), book.order_names[book.order_codes[rows]].tolist(), strict=True):
        groups.setdefault(name, []).append(row)
    return groups


def _incident(one: Any, book: Book, mine: Mask) -> dict[str, Any]:
    items = book.orders.loc[mine, ["purchase_date", "sku"]]
    times = items["purchase_date"].dropna()
    return {
        "number": one.number,
        "onset": iso(times.min() if len(times) else one.rule.onset),
        "end": iso(times.max() if len(times) else one.rule.end),
        "promotion_ids": list(one.rule.promotion_ids or (one.finding.promotion_ids if one.finding else ())),
        "skus": [str(sku) for sku in items["sku"].value_counts().index],
        "orders": len(book.orders_of(mine)),
    }


def _counted(words: Iterable[str], order: tuple[str, ...]) -> dict[str, int]:
    counts = Counter(words)
    return {word: counts[word] for word in order if counts[word]}
