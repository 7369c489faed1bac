"""What the assistant's workbook tells, before any cell is written: one piece of work per order, with its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import pandas as pd

from promofix_lib.case.case import Case
from promofix_lib.letters.messages import Message, Wording, message_by_hand, message_for, why_no_message
from promofix_lib.letters.messages_orders import BuyerOrder, buyer_orders
from promofix_lib.letters.messages_texts import parse_template
from promofix_lib.say import Told, say
from promofix_lib.status import WORDS, Book, OrderRow, Status, order_triage
from promofix_lib.status.book import Mask

_FAR = datetime.max.replace(tzinfo=UTC)
_SENT: dict[str, str] = {"sent": "done", "bounced": "problem"}


@dataclass(frozen=True)
class Work:
    """One row of the to-do list: an order, or a row of a report that tells no order id.

    Parameters
    ----------
    parts : tuple of BuyerOrder
        The order's items by their triage: of two items one may have shipped.
    messages : tuple of Message
        To be sent by the mail list.
    by_hand : tuple of Message
        To be sent from the order's own page: no report tells the buyer's address.
    why : tuple of str
        Per part why there is no message in the mail list (`why_no_message`); empty where there is one.
    row : OrderRow or None
        Where the order stands.
    """

    parts: tuple[BuyerOrder, ...]
    messages: tuple[Message, ...]
    by_hand: tuple[Message, ...]
    why: tuple[str, ...]
    row: OrderRow | None = None

    @property
    def first(self) -> BuyerOrder:
        """The part that is to be done first."""
        return min(self.parts, key=lambda part: WORDS.index(part.triage))

    @property
    def triage(self) -> str:
        """The order's word."""
        return order_triage(part.triage for part in self.parts)

    @property
    def every_message(self) -> tuple[Message, ...]:
        """Those of the mail list and those to be sent by hand."""
        return (*self.messages, *self.by_hand)

    @property
    def urgency(self) -> tuple[datetime, int, datetime]:
        """The most urgent deadline first, then the order of work, then the time of purchase."""
        due = self.row.ship_by if self.row else None
        return due or _FAR, WORDS.index(self.triage), self.first.purchase_date or _FAR

    @property
    def answer(self) -> str:
        """What is answered so far about the order's task."""
        return (self.row.answer if self.row else "") or "todo"

    @property
    def message_answer(self) -> str:
        """What is answered so far about the buyer's message."""
        known = _SENT.get(self.row.message if self.row else "")
        return known or ("todo" if self.every_message else "not_needed")


@dataclass(frozen=True, kw_only=True)
class Handed:
    """Everything the sheets tell.

    Parameters
    ----------
    book : Book
    chosen : array of bool
        The order items that are handed over.
    works : tuple of Work
        In the order of work.
    wording : Wording
    language : str
        Of the assistant.
    export, copy
        What the column ``place`` says.
    made_at : datetime with a zone
    draft : Told or None
        Why the gate is closed: then nothing in the workbook may be done or sent.
    per_day : int
        Most messages a day.
    overruled : mapping of str to str
        Rules of the message check that the seller overruled, with the reasons.
    """

    book: Book
    chosen: Mask
    works: tuple[Work, ...]
    wording: Wording
    language: str
    export: str
    made_at: datetime
    per_day: int
    copy: int = 1
    draft: Told | None = None
    overruled: Mapping[str, str]

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The mail list, in the order of work."""
        return tuple(message for work in self.works for message in work.messages)

    @cached_property
    def by_hand(self) -> tuple[Message, ...]:
        """Messages that are sent from the order's own page."""
        return tuple(message for work in self.works for message in work.by_hand)

    @property
    def mark(self) -> str:
        """What every sheet says of a draft; empty when it is none."""
        return self.say("draft_page") if self.draft else ""

    def say(self, name: str, **facts: object) -> str:
        """A sentence of this room in the assistant's language."""
        return say(f"export.{name}", language=self.language, **facts)


def works_of(stand: Status, chosen: Mask | pd.Series[bool], wording: Wording) -> tuple[Work, ...]:
    """The chosen orders in the order of work, each with its messages or the reason why there is none.

    Parameters
    ----------
    stand : Status
    chosen : array or Series of bool
    wording : Wording
    """
    mask = pd.Series(chosen, index=stand.book.orders.index)
    parts: dict[str, list[BuyerOrder]] = {}
    for number, part in enumerate(buyer_orders(stand.book.orders, mask)):
        parts.setdefault(part.order_id or f"#{number}", []).append(part)
    works = (_work(tuple(mine), wording, stand.row(name)) for name, mine in parts.items())
    return tuple(sorted(works, key=lambda work: work.urgency))


def _work(parts: tuple[BuyerOrder, ...], wording: Wording, row: OrderRow | None) -> Work:
    listed = tuple(message for part in parts if (message := message_for(part, wording)))
    by_hand = tuple(message for part in parts if (message := message_by_hand(part, wording)))
    return Work(parts, listed, by_hand, tuple(why_no_message(part, wording) for part in parts), row)


_SHIPPED = {"keep": "shipped_keep", "return": "shipped_return", "refunded": "shipped_refunded"}


def wording_of(case: Case) -> Wording:
    """The seller's choices about the messages; own texts are kept under names like ``cancelled.en``."""
    settings = case.settings
    said = {"cancel": "cancelled", "shipped": _SHIPPED.get(settings.shipped_choice, "")}
    variants = {word: variant for word, variant in said.items() if variant}  # not decided yet: no message
    texts = {tuple(name.split(".", 1)): text for name, text in settings.texts.items() if "." in name}
    templates = {(key[0], key[-1]): parse_template(text, ".".join(key)) for key, text in texts.items()}
    return Wording(settings.seller_name, settings.cancel_reason, variants=variants, templates=templates)
