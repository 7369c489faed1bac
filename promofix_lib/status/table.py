"""The rows of a status: what the reports tell of each order, what the journal says of it, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class Table:
    """Makes the rows of one status."""

    def __init__(self, case: Case, book: Book, gate: Gate, past: Mapping[str, Past], late: Mask, left: Mask) -> None:
        self.book, self.gate, self.past, self.late, self.left = book, gate, past, late, left
        self.left_out, self.shipped_choice = case.left_out, case.settings.shipped_choice
        self.numbers, self.gravest_first = case.incident_of().to_numpy(), case.gravest_first
        self.keys, self.sku_keys = (names.to_numpy(dtype=object) for names in (book.keys, book.sku_keys))

    def row(self, order_id: str, items: list[int]) -> OrderRow:
        """The row of an order; without items no report holds it any more, and its last state stands."""
        was = self.past.get(order_id, Past())
        told: dict[str, Any] = {"triage": was.handed_as or "wait", "keys": was.keys}
        told = self.book.told(items) if items else told
        names = list(zip(self.keys[items], self.sku_keys[items], strict=True))
        state, why, step = standing(
            told["triage"],
            was,
            left=bool(items) and bool(self.left[items].all()),
            late=bool(self.late[items].any()),
            shipped_choice=self.shipped_choice,
            coded=any(before in was.keys and now != before for now, before in names),
        )
        answer, said = was.answer(), was.conflict() if state not in ("cancelled", "closed") else None
        conflict = said or was.conflict("message")  # the newer report settles what it shows
        return OrderRow(
            order_id=order_id,
            incident=next((number for number in self.gravest_first if number in self.numbers[items]), None),
            **told | ({"ship_by": None} if told["triage"] in SETTLED else {}),
            state=state,
            why=self._reason(names) if state == "left_out" else why,
            next=step if state == "left_out" else self._behind_the_gate("settle_conflict" if conflict else step, state),
            step=step,
            message=was.message_state,
            answer=answer.value if answer else "todo" if was.handed_as else "",
            note=was.note,
            answered_by=answer.hand if answer else "",
            answered_at=answer.at if answer else None,
            conflict=conflict,
            past=was,
        )

    def _behind_the_gate(self, step: str, state: str) -> str:
        closed = not self.gate.open and (step in _BEHIND_THE_GATE or state == "still_selling")
        return "confirm_end" if closed else step

    def _reason(self, names: Sequence[tuple[str, str]]) -> Told | None:
        """Why an order was left out, by whichever name of an item it was said."""
        return next((Told(self.left_out[name]) for pair in names for name in pair if self.left_out.get(name)), None)


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
