"""What the journal says of each order (exports, Amazon's answers, the assistants'), and the step that follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

from promofix_lib.case.decisions import SELLER
from promofix_lib.case.records import Answer, Cancellation, ExportRecord, UploadAnswer, by_order
from promofix_lib.say import Told, told
from promofix_lib.status.book import order_triage

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

    def hear(self, answer: Answer) -> None:
        """One more answer; the seller's word settles what was said before."""
        before = {} if answer.hand == SELLER else self.answers.get(answer.field, {})
        self.answers[answer.field] = before | {answer.hand: answer}

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
    found: defaultdict[str, Past] = defaultdict(Past)
    accepted: set[str] = set()
    replies = {(reply.export, reply.file): reply for reply in uploads}
    for record in exports:
        _handed(found, record)
        for file, lines in record.uploads.items():
            reply = replies.get((record.folder, file))
            accepted |= set(reply.accepted if reply else ())
            _filed(found, lines, reply, accepted)
    for answer in answers:
        found[answer.order_id].hear(answer)
    return found


def _handed(found: Mapping[str, Past], record: ExportRecord) -> None:
    for order_id, items in by_order(record.items).items():
        past, keys = found[order_id], tuple(item.key for item in items)
        past.withheld = record.withheld.get(order_id)
        past.drafted |= record.draft
        if not record.draft:
            past.handed_as, past.export, past.keys = order_triage(item.triage for item in items), record.folder, keys
        past.keys = past.keys or keys
    for order_id in record.requests:
        found[order_id].asked |= not record.draft
    for order_id, state, _why in record.messages.values():
        found[order_id].message = state


def _filed(
    found: Mapping[str, Past], lines: Iterable[Cancellation], reply: UploadAnswer | None, accepted: Set[str]
) -> None:
    refused = {order_id: (code, message) for order_id, _, code, message in reply.refused} if reply else {}
    for order_id, mine in by_order(lines).items():
        past = found[order_id]
        past.in_file, past.by_buyer = True, mine[-1].reason == "BuyerCanceled"
        if accepted >= {key for line in mine for key in line.keys}:
            past.outcome, past.refusal = "accepted", None
        elif order_id in refused:
            code, message = refused[order_id]
            past.outcome, past.refusal = "refused", told("status.refused_why", code=code, message=message)
        else:  # a newer file that nobody answered yet takes the place of the refused one
            past.outcome = "uploaded" if reply else ""


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

    Examples
    --------
    >>> facts = {"late": False, "shipped_choice": "", "coded": False}
    >>> standing("cancel", Past(), **facts), standing("cancel", Past("cancel", in_file=True), **facts)
    (('new', None, 'hand_over'), ('written', None, 'upload'))
    """
    handed, outcome, finished = past.handed_as, past.outcome, past.says(*FINISHED)
    gone = outcome in ("uploaded", "accepted")
    write = "write_buyer" if past.message_state == "written" and (handed or past.in_file) else ""
    after = (write if finished or outcome == "accepted" else "") or "wait"
    honour = {"cancel": "wait" if past.says("done") else "ship", "wait": "wait"}.get(word, "nothing")
    ready = {"set_aside": "nothing", "wait": "wait"}.get(word, "hand_over")
    settled = handed and (shipped_choice in ("keep", "refunded") or (finished and handed == "shipped"))
    closed = told(f"status.closed_{shipped_choice}") if shipped_choice else None
    as_handed = finished or (word == handed and not coded)
    withheld = past.withheld or told(f"status.withheld_{word}" if handed else "status.draft")
    ways = (  # the first that is so
        (left and word != "already_cancelled" and not gone, "left_out", None, honour),
        (word == "already_cancelled", "cancelled", None, write or "nothing"),
        (word == "shipped" and settled, "closed", closed, write or "nothing"),
        (word == "shipped" and not shipped_choice, "shipped", None, "decide"),
        (word == "shipped", "shipped", None, (write or "wait") if handed else "hand_over"),
        (past.in_file and (gone or finished), outcome or "written", past.refusal, after),
        (past.in_file and word not in ("cancel", "buyer_asked"), outcome or "written", past.refusal, "wait"),
        (past.in_file, outcome or "written", past.refusal, "upload_again" if outcome == "refused" else "upload"),
        (word == "ask_amazon" and handed and finished, "asked", None, "wait"),
        (past.asked, "written", None, "ask_amazon" if word == "ask_amazon" else "wait"),
        (late, "still_selling", None, ready),
        (not handed and not past.drafted, "new", None, ready),
        (handed and ready == "hand_over" and as_handed, "withheld", withheld, after),
        (True, "withheld", withheld, ready),
    )
    return next((state, why, step) for so, state, why, step in ways if so)
