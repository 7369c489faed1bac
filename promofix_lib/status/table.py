"""The rows of a status: what the reports tell of each order, what the journal says of it, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promofix_lib.say import Told
from promofix_lib.status.book import WORDS, Book, Mask
from promofix_lib.status.past import Past, standing
from promofix_lib.status.rows import SETTLED, Gate, OrderRow

if TYPE_CHECKING:
    from promofix_lib.case.case import Case

_BEHIND_THE_GATE = frozenset({"hand_over", "ask_amazon", "upload", "upload_again", "write_buyer"})
_BY_FILE = frozenset({"ask_amazon", "upload"})


def order_rows(
    case: Case, book: Book, gate: Gate, past: Mapping[str, Past], groups: Mapping[str, list[int]], left: Mask
) -> Iterator[OrderRow]:
    """The row of each order, from its items; without any no report holds it any more, and its last state stands.

    Parameters
    ----------
    case : Case
    book : Book
    gate : Gate
    past : dict of str to Past
        By order id.
    groups : dict of str to list of int
        The row numbers of its items, by order id.
    left : array of bool
        Order items left out by hand, or let go by the rules.
    """
    numbers, gravest_first = case.incident_of().to_numpy(), case.gravest_first
    left_out, shipped_choice = case.left_out, case.settings.shipped_choice
    late, sku_keys = {*gate.after_end}, book.sku_keys.to_numpy(dtype=object)
    for order_id, items in groups.items():
        was = past.get(order_id, Past())
        told: dict[str, Any] = book.told(items) if items else {"triage": was.handed_as or "wait", "keys": was.keys}
        names = list(zip(told["keys"], sku_keys[items], strict=True)) if items else []
        state, why, step = standing(
            told["triage"],
            was,
            left=bool(items) and bool(left[items].all()),
            late=order_id in late,
            shipped_choice=shipped_choice,
            coded=any(before in was.keys and now != before for now, before in names),
        )
        answer, said = was.answer(), was.conflict() if state not in ("cancelled", "closed") else None
        conflict = said or was.conflict("message")  # the newer report settles what it shows
        following = "settle_conflict" if conflict and state != "left_out" else step
        waits = not gate.open and (following in _BEHIND_THE_GATE or state == "still_selling")
        reason = next((left_out[key] for key in told["keys"] if left_out.get(key)), "")
        yield OrderRow(
            order_id=order_id,
            incident=next((number for number in gravest_first if number in numbers[items]), None),
            **told | ({"ship_by": None} if told["triage"] in SETTLED else {}),
            state=state,
            why=Told(reason) if state == "left_out" and reason else why,
            next="confirm_end" if waits else following,
            step=step,
            message=was.message_state,
            answer=answer.value if answer else "todo" if was.handed_as else "",
            note=was.note,
            answered_by=answer.hand if answer else "",
            answered_at=answer.at if answer else None,
            conflict=conflict,
            past=was,
        )


def withdrawn(rows: Sequence[OrderRow]) -> tuple[str, ...]:
    """Orders left out after their export was made, of which others are still to be uploaded or asked for."""
    used = {row.past.export for row in rows if row.next in _BY_FILE} - {""}
    left = [row for row in rows if row.state == "left_out" and row.answer != "done" and row.triage not in SETTLED]
    return tuple(row.order_id for row in left if row.past.export in used)


_FAR = datetime.max.replace(tzinfo=UTC)


def urgency(row: OrderRow) -> tuple[datetime, int, datetime, str]:
    """Sorts rows by the deadline of what is still to be done, then by the order of work, then by time of purchase."""
    due = row.ship_by if row.step not in ("nothing", "wait") else None
    return due or _FAR, WORDS.index(row.triage), row.purchased or _FAR, row.order_id
