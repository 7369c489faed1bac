"""One affected order, and the gate before all of them: the words in which both are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from promofix_lib.money import Amounts
from promofix_lib.plain import Shown, shown
from promofix_lib.say import Told, told, zone_text
from promofix_lib.status.past import Past

STATES = (
    "still_selling", "new", "left_out", "withheld", "written", "uploaded", "accepted", "refused", "cancelled", "asked",
    "shipped", "closed",
)  # fmt: skip
"""Where an order can stand, the furthest that is known last."""

OPEN = ("still_selling", "new", "withheld", "written", "uploaded", "refused")
"""Where an order stands of which nobody knows yet that it was cancelled, asked for, shipped or let go."""

NEXT = (
    "confirm_end", "settle_conflict", "hand_over", "ask_amazon", "upload", "upload_again", "write_buyer", "ship",
    "decide", "wait", "nothing",
)  # fmt: skip
"""What can be next for an order, in the order of work."""

SETTLED = frozenset({"shipped", "already_cancelled", "set_aside"})
"""Words of triage of which nothing is to be shipped or cancelled any more."""

FACTS = ("promotion_ended", "price_right", "stock_as_wanted")
"""What the seller has to confirm."""


@dataclass(frozen=True)
class Gate:
    """Whether anything may be cancelled and any buyer told so.

    Parameters
    ----------
    promotion_ended, price_right, stock_as_wanted : bool
        The seller's word.
    ended_at : datetime with a zone, or None
        When the promotion ended, as the seller told.
    after_end : tuple of str
        Affected orders later than that: it still sells.
    """

    promotion_ended: bool
    price_right: bool
    stock_as_wanted: bool
    ended_at: datetime | None = None
    after_end: tuple[str, ...] = ()

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Which of the three the seller has not confirmed."""
        return tuple(name for name in FACTS if not getattr(self, name))

    @property
    def open(self) -> bool:
        """All three confirmed, and nothing speaks against them.

        >>> Gate(True, True, True).open, Gate(True, True, True, after_end=("A",)).open
        (True, False)
        """
        return not self.unanswered and not self.after_end

    @property
    def why(self) -> Told:
        """Why it is closed, or that it is open."""
        if self.after_end:
            zone = zone_text((self.ended_at and self.ended_at.tzinfo) or UTC)
            return told("status.gate_still_selling", n=len(self.after_end), ended_at=self.ended_at, zone=zone)
        if self.unanswered:
            questions = tuple(told(f"status.gate_{name}") for name in self.unanswered)
            return told("status.gate_closed", questions=questions)
        return told("status.gate_open")


@dataclass(frozen=True)
class OrderRow(Shown):
    """One affected order.

    Parameters
    ----------
    order_id : str
    incident : int or None
        Number of the gravest incident that touches it; None when it was put in by hand.
    triage : str
        One of `WORDS`.
    state, next : str
        One of `STATES`, one of `NEXT`.
    why : Told or None
        Why it stands there.
    ship_by : datetime or None
        Until when an open order has to be shipped, UTC; None when no report tells or nothing is to be shipped.
    message : str
        ``none``, ``held``, ``written``, ``sent``, ``bounced``.
    answer : str
        The assistant's: ``todo``, ``done``, ``problem``, ``not_needed``; empty as long as nothing was handed over.
    note, answered_by : str
    answered_at : datetime or None
    conflict : Told or None
        Two hands that say different things, until the seller or they themselves settle it.
    amounts : tuple of Amounts
    purchased : datetime or None
        UTC.
    keys : tuple of str
        Its affected order items.
    units : int
    sales_channel : str
    wished : bool
        The buyer asked Amazon to cancel it, as a report tells.
    step : str
        What would be next if the gate were open and nobody disagreed.
    past : Past
        What the journal says of it.
    """

    order_id: str
    incident: int | None
    triage: str
    state: str
    why: Told | None
    next: str
    ship_by: datetime | None = None
    message: str = "none"
    answer: str = ""
    note: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    conflict: Told | None = None
    amounts: tuple[Amounts, ...] = ()
    purchased: datetime | None = None
    keys: tuple[str, ...] = ()
    units: int = 0
    sales_channel: str = ""
    wished: bool = False
    step: str = ""
    past: Past = field(default_factory=Past)

    @property
    def at_buyers_wish(self) -> bool:
        """It is or will be cancelled because the buyer wanted it: it does not count against the seller."""
        asked = self.wished and self.triage in ("buyer_asked", "already_cancelled")
        return asked or (self.past.by_buyer and self.state in ("accepted", "cancelled"))

    @property
    def cancelled_by_seller(self) -> bool:
        """Amazon accepted our cancellation, or a newer report shows an order of our files as cancelled."""
        gone = self.state == "accepted" or (self.state == "cancelled" and self.past.in_file)
        return gone and not (self.past.by_buyer or self.at_buyers_wish)

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """The row of ``status --orders --json``; texts in a language."""
        first = ("order_id", "incident", "triage", "state", "why", "next", "ship_by", "message", "answer", "note")
        told_of = shown(self, *first, "answered_by", "answered_at", "conflict", "amounts", language=language)
        return told_of | {"answer": "done" if self.answer == "not_needed" else self.answer or None}


def iso(moment: datetime | None) -> str | None:
    """A moment in UTC as text."""
    return moment.astimezone(UTC).isoformat() if moment else None
