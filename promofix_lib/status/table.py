"""The rows of a status: what the reports tell of each order, what the journal says of it, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from promofix_lib.orders import is_true
from promofix_lib.say import Told
from promofix_lib.status.book import Book, Mask
from promofix_lib.status.past import Past, standing
from promofix_lib.status.rows import Gate, OrderRow

if TYPE_CHECKING:
    from promofix_lib.case.case import Case

_BEHIND_THE_GATE = frozenset({"hand_over", "ask_amazon", "upload", "upload_again", "write_buyer"})
_BY_FILE = frozenset({"ask_amazon", "upload"})
_SETTLED_WORDS = frozenset({"shipped", "already_cancelled", "set_aside"})


class Table:
    """Makes the rows of one status."""

    def __init__(
        self, case: Case, book: Book, gate: Gate, past: Mapping[str, Past], numbers: Any, late: Mask, left: Mask
    ) -> None:
        self.book, self.gate, self.past = book, gate, past
        self.numbers, self.late, self.left = numbers, late, left
        self.left_out = case.left_out
        self.shipped_choice = case.settings.shipped_choice
        self.to_hand_over: list[str] = []
        self.keys = book.keys.to_numpy(dtype=object)
        self.sku_keys = book.sku_keys.to_numpy(dtype=object)
        self.wishes = is_true(book.orders["is_buyer_requested_cancellation"]).to_numpy()
        self._wished: set[str] = set()

    def row(self, order_id: str, items: list[int]) -> OrderRow:
        """The row of an order that the reports hold."""
        if self.wishes[items].any():
            self._wished.add(order_id)
        told = self.book.told(items)
        return OrderRow(
            order_id=order_id,
            incident=min((int(number) for number in self.numbers[items] if number > 0), default=None),
            **told | ({"ship_by": None} if told["triage"] in _SETTLED_WORDS else {}),
            **self._stand(order_id, told["triage"], self.past.get(order_id, Past()), items),
        )

    def gone(self, order_id: str) -> OrderRow:
        """The row of an order that was handed over and that no report holds any more: its last state."""
        was = self.past[order_id]
        word = was.handed_as or "wait"
        return OrderRow(order_id, None, word, **self._stand(order_id, word, was, []), keys=was.keys)

    def _stand(self, order_id: str, word: str, was: Past, items: list[int]) -> dict[str, Any]:
        answer, conflict = was.answer(), was.conflict() or was.conflict("message")
        gone = word == "already_cancelled" or was.outcome in ("uploaded", "accepted")
        if items and self.left[items].all() and not gone:
            step = {"cancel": "wait" if was.says("done") else "ship", "wait": "wait"}.get(word, "nothing")
            state, why = "left_out", self._reason(items)
        else:
            late, coded = bool(items and self.late[items].any()), self._coded(was, items)
            state, why, step = standing(word, was, late=late, shipped_choice=self.shipped_choice, coded=coded)
            if step == "hand_over":
                self.to_hand_over.append(order_id)
            if was.conflict() and state in ("cancelled", "closed"):
                conflict = was.conflict("message")  # the newer report settles what it shows
            step = self._behind_the_gate("settle_conflict" if conflict else step, state)
        return {
            "state": state,
            "why": why,
            "next": step,
            "message": was.message_state,
            "answer": answer.value if answer else "todo" if was.handed_as else "",
            "note": was.note,
            "answered_by": answer.hand if answer else "",
            "answered_at": answer.at if answer else None,
            "conflict": conflict,
        }

    def _behind_the_gate(self, step: str, state: str) -> str:
        closed = not self.gate.open and (step in _BEHIND_THE_GATE or state == "still_selling")
        return "confirm_end" if closed else step

    def _reason(self, items: list[int]) -> Told | None:
        names = (name for item in items for name in (self.keys[item], self.sku_keys[item]))
        return next((Told(self.left_out[name]) for name in names if self.left_out.get(name)), None)

    def _coded(self, was: Past, items: list[int]) -> bool:
        """Whether the keys now have item codes that the export did not have."""
        return any(self.sku_keys[item] in was.keys and self.keys[item] != self.sku_keys[item] for item in items)

    def cancelled_by_us(self, row: OrderRow) -> bool:
        """Amazon accepted our cancellation, or a newer report shows an order of our files as cancelled."""
        was = self.past.get(row.order_id, Past())
        if was.by_buyer or self.buyer_asked(row):
            return False
        return row.state == "accepted" or (row.state == "cancelled" and was.in_file)

    def withdrawn(self, rows: Sequence[OrderRow]) -> tuple[str, ...]:
        """Orders left out after their export was made, of which others are still to be uploaded or asked for."""
        used = {self.past[row.order_id].export for row in rows if row.next in _BY_FILE and row.order_id in self.past}
        left = [row for row in rows if row.state == "left_out" and row.answer != "done"]
        left = [row for row in left if row.triage not in _SETTLED_WORDS]
        return tuple(row.order_id for row in left if self.past.get(row.order_id, Past()).export in used)

    def buyer_asked(self, row: OrderRow) -> bool:
        """The order is or will be cancelled at the buyer's wish."""
        wished = row.order_id in self._wished and row.triage in ("buyer_asked", "already_cancelled")
        return wished or (self.past.get(row.order_id, Past()).by_buyer and row.state in ("accepted", "cancelled"))


_FAR = datetime.max.replace(tzinfo=UTC)


def urgency(row: OrderRow) -> tuple[datetime, datetime, str]:
    """Sorts rows by the deadline of what is still to be done, then by time of purchase."""
    due = row.ship_by if row.next not in ("nothing", "wait") else None
    return due or _FAR, row.purchased or _FAR, row.order_id
