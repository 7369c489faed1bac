"""What the journal says of each order (exports, Amazon's answers, the assistants'), and the step that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from promofix_lib.case.records import Answer, ExportRecord, UploadAnswer
from promofix_lib.say import Told, told
from promofix_lib.status.book import order_triage

SELLER = "seller"
"""The hand whose word settles a conflict."""

FINISHED = ("done", "not_needed")

Task = Literal["task", "message"]
COLUMNS: Mapping[Task, str] = {"task": "status", "message": "message_status"}
"""Where each task of an order is answered in the to-do sheet, in the words of that column."""


def is_remark(answer: Answer) -> bool:
    """Whether somebody only wrote a note, or (in a list of promofix 0.1) left the row as it was."""
    return answer.value == "todo" and bool(answer.note or not answer.copy)


@dataclass
class Past:
    """What happened to one order so far.

    Parameters
    ----------
    handed_as : str
        Triage with which the newest export that is no draft handed it over; empty when none did.
    export : str
        That export.
    keys : tuple of str
        Keys of its items in it.
    drafted : bool
        A draft holds it.
    in_file : bool
        It stands in a cancellation file.
    by_buyer : bool
        The newest of these files names the buyer's own wish as the reason.
    asked : bool
        It stands in a list for Seller Support.
    withheld : Told or None
        Why the newest export wrote it into no file.
    outcome : str
        ``uploaded``, ``accepted`` or ``refused`` by Amazon's processing report; empty when none speaks of it.
    refusal : Told or None
    message : str
        ``none``, ``held`` or ``written``.
    answers : dict
        Per task (``task``, ``message``) the last answer of each hand, oldest hand first, since the seller last settled.
    """

    handed_as: str = ""
    export: str = ""
    keys: tuple[str, ...] = ()
    drafted: bool = False
    in_file: bool = False
    by_buyer: bool = False
    asked: bool = False
    withheld: Told | None = None
    outcome: str = ""
    refusal: Told | None = None
    message: str = "none"
    answers: dict[str, dict[str, Answer]] = field(default_factory=dict)

    def answer(self, task: Task = "task") -> Answer | None:
        """What holds for a task: the hand that spoke first, for those after it agree or are in conflict with it.

        Of two lists of one workbook that say different things neither holds.
        """
        said = list(self.answers.get(task, {}).values())
        firm = [answer for answer in said if not is_remark(answer)]
        if not firm:
            return said[0] if said else None
        lists = (f"{firm[0].hand} [", f"{firm[0].hand} #")  # as `returns` names further lists and rows of one file
        twice = [firm[0], *(one for one in firm if one.at == firm[0].at and one.hand.startswith(lists))]
        return firm[0] if len({one.value for one in twice}) == 1 else None

    def conflict(self, task: Task = "task") -> Told | None:
        """Two hands that say different things, both named."""
        said = [answer for answer in self.answers.get(task, {}).values() if not is_remark(answer)]
        other = next((answer for answer in said if answer.value != said[0].value), None)
        if other is None:
            return None
        sides = {"ours": said[0], "theirs": other}
        words = {name: told(f"sheet.{COLUMNS[task]}_{answer.value}") for name, answer in sides.items()}
        hands = {f"{name}_by": answer.hand for name, answer in sides.items()}
        return told(f"status.conflict_{task}", **words, **hands, file=other.file)

    @property
    def note(self) -> str:
        """What the hands wrote, each note once."""
        notes = [answer.note for task in self.answers.values() for answer in task.values() if answer.note]
        return "; ".join(dict.fromkeys(notes))

    @property
    def message_state(self) -> str:
        """The message's state: ``none``, ``held``, ``written``, ``sent`` or ``bounced``."""
        answer = self.answer("message")
        return {"done": "sent", "problem": "bounced"}.get(answer.value if answer else "", self.message)

    def says(self, *values: str) -> bool:
        """Whether the order's task has one of these answers, undisputed."""
        answer = self.answer()
        return answer is not None and answer.value in values and self.conflict() is None


def pasts(
    exports: Iterable[ExportRecord], uploads: Iterable[UploadAnswer], answers: Iterable[Answer]
) -> dict[str, Past]:
    """What happened to each order that was ever handed over, oldest first.

    Parameters
    ----------
    exports, uploads, answers
        The journal's records, each in the order in which they were written.
    """
    found: dict[str, Past] = {}
    accepted: set[str] = set()
    replies = {(reply.export, reply.file): reply for reply in uploads}
    for record in exports:
        _handed(found, record)
        for file, lines in record.uploads.items():
            orders: dict[str, list[str]] = {}
            for line in lines:
                orders.setdefault(line.order_id, []).extend(line.keys)
                found.setdefault(line.order_id, Past()).by_buyer = line.reason == "BuyerCanceled"
            _replied(found, orders, replies.get((record.folder, file)), accepted)
    for answer in answers:
        said = found.setdefault(answer.order_id, Past()).answers
        if answer.hand == SELLER:
            said[answer.field] = {}
        said.setdefault(answer.field, {})[answer.hand] = answer
    return found


def _handed(found: dict[str, Past], record: ExportRecord) -> None:
    words: dict[str, list[str]] = {}
    keys: dict[str, list[str]] = {}
    for item in record.items:
        words.setdefault(item.order_id, []).append(item.triage)
        keys.setdefault(item.order_id, []).append(item.key)
    for order_id, mine in words.items():
        past = found.setdefault(order_id, Past())
        past.withheld = record.withheld.get(order_id)
        past.drafted |= record.draft
        if not record.draft:
            past.handed_as, past.export, past.keys = order_triage(mine), record.folder, tuple(keys[order_id])
        past.keys = past.keys or tuple(keys[order_id])
    for order_id in record.requests:
        found.setdefault(order_id, Past()).asked |= not record.draft
    for order_id, state, _why in record.messages.values():
        found.setdefault(order_id, Past()).message = state


def _replied(
    found: dict[str, Past], orders: dict[str, list[str]], reply: UploadAnswer | None, accepted: set[str]
) -> None:
    if reply is not None:
        accepted |= set(reply.accepted)
    refused = {order_id: (code, message) for order_id, _, code, message in reply.refused} if reply else {}
    for order_id, keys in orders.items():
        past = found.setdefault(order_id, Past())
        past.in_file = True
        if accepted >= set(keys):
            past.outcome, past.refusal = "accepted", None
        elif order_id in refused:
            code, message = refused[order_id]
            past.outcome, past.refusal = "refused", told("status.refused_why", code=code, message=message)
        else:  # a newer file that nobody answered yet takes the place of the refused one
            past.outcome, past.refusal = ("uploaded" if reply else ""), past.refusal


def standing(
    word: str, past: Past, *, late: bool, shipped_choice: str, coded: bool, left: bool = False
) -> tuple[str, Told | None, str]:
    """State, why, and next step of an order; what the newest report shows wins over every word.

    Parameters
    ----------
    word : str
        Triage today.
    past : Past
    late : bool
        Bought after the end of the promotion that the seller told.
    shipped_choice : str
        What the seller decided about shipped orders; empty as long as nothing is decided.
    coded : bool
        The reports now tell item codes that the export did not have.
    left : bool
        Left out by hand, or let go by the rules: it is honoured, unless it is gone already.
    """
    write = "write_buyer" if past.message_state == "written" and (past.handed_as or past.in_file) else ""
    if left and word != "already_cancelled" and past.outcome not in ("uploaded", "accepted"):
        return (
            "left_out",
            None,
            {"cancel": "wait" if past.says("done") else "ship", "wait": "wait"}.get(word, "nothing"),
        )
    if word == "already_cancelled":
        return "cancelled", None, write or "nothing"
    if word == "shipped":
        return _shipped(past, shipped_choice, write)
    finished = past.says(*FINISHED)
    if past.in_file:
        state = past.outcome or "written"
        if past.outcome in ("accepted", "uploaded") or finished or word not in ("cancel", "buyer_asked"):
            return state, past.refusal, (write if past.outcome == "accepted" or finished else "") or "wait"
        return state, past.refusal, "upload_again" if past.outcome == "refused" else "upload"
    if word == "ask_amazon" and past.handed_as and finished:
        return "asked", None, "wait"
    if past.asked:
        return "written", None, "ask_amazon" if word == "ask_amazon" else "wait"
    open_step = {"set_aside": "nothing", "wait": "wait"}.get(word, "hand_over")
    if late:
        return "still_selling", None, open_step
    if not past.handed_as:
        return (
            ("withheld", past.withheld or told("status.draft"), open_step) if past.drafted else ("new", None, open_step)
        )
    if open_step == "hand_over" and (finished or (word == past.handed_as and not coded)):
        open_step = (write if finished else "") or "wait"
    return "withheld", past.withheld or told(f"status.withheld_{word}"), open_step


def _shipped(past: Past, choice: str, write: str) -> tuple[str, Told | None, str]:
    told_done = past.says(*FINISHED) and past.handed_as == "shipped"
    if told_done or (choice in ("keep", "refunded") and past.handed_as):
        return "closed", told(f"status.closed_{choice}") if choice else None, write or "nothing"
    if not choice:
        return "shipped", None, "decide"
    return "shipped", None, (write or "wait") if past.handed_as else "hand_over"
