"""What the assistant's workbook tells, before any cell is written: one piece of work per order, with its message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

from promofix_lib.account.worklist import message_quota
from promofix_lib.case.case import Case
from promofix_lib.case.folder import now
from promofix_lib.case.records import UploadAnswer
from promofix_lib.export.cancellation import BUYER_ASKED, CancellationPlan, plan_cancellations
from promofix_lib.letters.messages import Item, Message, distinct, items_of, messages_for
from promofix_lib.letters.texts import Wording, wording_of
from promofix_lib.marketplaces import Marketplace, marketplace_of
from promofix_lib.say import Told, moment_text, say
from promofix_lib.status.book import WORDS, Mask
from promofix_lib.status.rows import OrderRow
from promofix_lib.status.status import Status, status

_NOTHING_TO_DO = {"already_cancelled", "set_aside"}
_ANSWERED = {"sent": "done", "bounced": "problem"}


@dataclass(frozen=True)
class Work:
    """One row of the to-do list.

    Parameters
    ----------
    row : OrderRow
        Where the order stands.
    message : Message or None
        What its buyer reads, with the reason where nothing is to be sent; None for an order that is free by design.
    words : tuple of str
        What its handed items are: one may have shipped, another not; ``already_cancelled`` as well once Amazon has
        accepted the cancellation.
    keys, products, skus : tuple of str
        Of these items.
    units : int
    market : Marketplace
    buyer_name : str
    """

    row: OrderRow
    message: Message | None
    words: tuple[str, ...]
    keys: tuple[str, ...]
    products: tuple[str, ...]
    skus: tuple[str, ...]
    units: int
    market: Marketplace
    buyer_name: str

    @property
    def sent(self) -> bool:
        """The buyer has been written to: no list and no draft tempts anybody to do it twice."""
        return self.row.message == "sent"

    @property
    def listed(self) -> Message | None:
        """The message, where it stands in the mail list."""
        return self.to_write if self.message and self.message.state == "written" else None

    @property
    def to_write(self) -> Message | None:
        """The message, where the assistant sends it, by the mail list or from the order's page."""
        due = self.message and not self.sent and (self.message.state == "written" or self.message.by_hand)
        return self.message if due else None

    @property
    def answer(self) -> str:
        """What is answered so far about the order's task."""
        answer = self.row.answer or "todo"
        return "not_needed" if answer == "todo" and {*self.words} <= _NOTHING_TO_DO else answer

    @property
    def message_answer(self) -> str:
        """What is answered so far about the buyer's message."""
        return _ANSWERED.get(self.row.message) or ("todo" if self.to_write else "not_needed")


@dataclass(frozen=True, kw_only=True)
class Handed:
    """Everything the sheets tell.

    Parameters
    ----------
    stand : Status
    chosen : array of bool
        The order items that are handed over.
    works : tuple of Work
        In the order of work.
    wording : Wording
    language : str
        Of the assistant.
    export : str
    copy : int
        What the column ``place`` says.
    made_at : datetime with a zone
    per_day : int
        Most messages a day.
    overruled : mapping of str to str
        Rules of the message check that the seller overruled, with the reasons.
    """

    stand: Status
    chosen: Mask
    works: tuple[Work, ...]
    wording: Wording
    language: str
    export: str
    made_at: datetime
    per_day: int
    overruled: Mapping[str, str]
    copy: int = 1

    @cached_property
    def draft(self) -> Told | None:
        """Why the gate is closed: then nothing in the export may be done or sent; None when it is open."""
        return None if self.stand.gate.open else self.stand.gate.why

    @cached_property
    def tasks(self) -> dict[str, int]:
        """Orders per word of what is to be done with them."""
        counts = Counter(work.words[0] for work in self.works)
        return {word: counts[word] for word in WORDS if counts[word]}

    @cached_property
    def listed(self) -> tuple[Message, ...]:
        """The mail list, in the order of work; in a draft what would be in it."""
        wanted = "held" if self.draft else "written"
        found = (work.message for work in self.works if not work.sent)
        return tuple(message for message in found if message and message.state == wanted)

    @cached_property
    def to_write(self) -> tuple[Message, ...]:
        """Every message that the assistant sends; none of a draft."""
        return () if self.draft else tuple(work.to_write for work in self.works if work.to_write)

    def in_list(self, work: Work) -> str:
        """Whether an order's message stands in the mail list, and why not."""
        if self.draft:
            return self.say("mail_draft")
        if work.message is None or work.sent:
            return self.say("mail_sent" if work.sent else "mail_nothing")
        return self.say("mail_yes") if work.listed else self.say("mail_no", why=work.message.why)

    @property
    def mark(self) -> str:
        """What every sheet says of a draft; empty when it is none."""
        return self.say("draft_page") if self.draft else ""

    @property
    def made(self) -> str:
        """When, and which copy."""
        return self.say("made", made=moment_text(self.made_at, self.language, zone=True), copy=self.copy)

    @property
    def note(self) -> str:
        """What a draft lacks; empty when it is none."""
        return self.say("draft_note", why=self.draft) if self.draft else ""

    def titled(self, title: str) -> str:
        """A sheet's title, marked where it is of a draft."""
        return f"{self.mark} · {title}" if self.draft else title

    @cached_property
    def say(self) -> Callable[..., str]:
        """A sentence of this room in the assistant's language; what many rows say is looked up once."""
        return cache(lambda name, **facts: say(f"export.{name}", language=self.language, **facts))


def going_out(case: Case) -> Handed:
    """What an export of all chosen orders would hand over now; worked out once per revision."""
    return case.once("going_out", lambda: prepared(case, status(case).chosen, now())[1])


def prepared(
    case: Case, chosen: Mask, made_at: datetime, export: str = ""
) -> tuple[Mapping[str, CancellationPlan], Handed]:
    """What an export of these order items writes into each cancellation file, and what its sheets tell.

    Parameters
    ----------
    case : Case
    chosen : array of bool
    made_at : datetime with a zone
    export : str
        Its name.
    """
    stand, settings, wording = status(case), case.settings, wording_of(case.settings)
    accepted = frozenset(key for one in case.journal.records(UploadAnswer) for key in one.accepted)
    reasons = {"order-cancellation": settings.cancel_reason, "buyer-asked-cancellation": BUYER_ASKED}
    plans = {
        file: plan_cancellations(stand.book, chosen, reason=reason, accepted=accepted)
        for file, reason in reasons.items()
    }
    withheld = dict(pair for plan in plans.values() for pair in plan.withheld)
    return plans, Handed(
        stand=stand,
        chosen=chosen,
        works=works_of(stand, chosen, messages_for(stand, wording, withheld=withheld), accepted),
        wording=wording,
        language=case.language,
        export=export,
        made_at=made_at.astimezone(case.zone),
        per_day=message_quota(stand, case.zone, settings.usual_orders_per_day),
        overruled=settings.overruled,
    )


def works_of(
    stand: Status, chosen: Mask, messages: Sequence[Message], accepted: Collection[str] = ()
) -> tuple[Work, ...]:
    """The chosen orders as `status` sorts them, the most urgent first, each with its message.

    Parameters
    ----------
    stand : Status
    chosen : array of bool
        The order items that are handed over.
    messages : sequence of Message
        As `messages_for` gives them.
    accepted : collection of str
        Keys of the items whose cancellation Amazon has accepted.
    """
    by_order, items = {message.order_id: message for message in messages}, items_of(stand.book, chosen)
    for item in (one for some in items.values() for one in some if one["key"] in accepted):
        item["triage"] = "already_cancelled"
    rows = (row for row in stand.rows if row.order_id in items)
    return tuple(_work(row, by_order.get(row.order_id), items[row.order_id]) for row in rows)


def _work(row: OrderRow, message: Message | None, items: list[Item]) -> Work:
    channel, currency, buyer = (
        next(iter(distinct(items, column)), None) for column in ("sales_channel", "currency", "buyer_name")
    )
    return Work(
        row,
        message,
        tuple(sorted(distinct(items, "triage"), key=WORDS.index)),
        tuple(item["key"] for item in items),
        distinct(items, "product_name"),
        distinct(items, "sku"),
        sum(item.get("quantity", 0) for item in items),
        marketplace_of(channel, currency),
        buyer or "",
    )
