"""A case that holds nothing but an order table and a journal in memory: what `status` asks of a case, and no file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from promofix_lib.case.records import Answer, Cancellation, ExportRecord, HandedItem, UploadAnswer
from promofix_lib.incident import Incident, affected
from promofix_lib.money import NormalPrice
from promofix_lib.orders import item_keys, order_table, sku_keys
from promofix_lib.plain import Record
from promofix_lib.say import told
from promofix_lib.status.book import Book

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
NIGHT = datetime(2026, 11, 20, 5, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
ENDED = NIGHT + timedelta(hours=10)
PROMOTION = "P-1"


def order_id(number: int) -> str:
    """An order id that is plainly made up."""
    return f"111-{number:07d}-{number:07d}"


def line(number: int, **more: Any) -> dict[str, Any]:
    """One wrong order item, unshipped and seller-fulfilled unless `more` says otherwise."""
    return {
        "order_id": order_id(number),
        "order_item_id": f"{number:014d}",
        "purchase_date": NIGHT + timedelta(minutes=number),
        "order_status": "Unshipped",
        "fulfillment_channel": "merchant",
        "sales_channel": "Amazon.com",
        "sku": "HP",
        "quantity": 1,
        "currency": "USD",
        "item_price": "58.99",
        "item_promotion_discount": "57.99",
        "promotion_ids": [PROMOTION],
        **more,
    }


@dataclass(eq=False)
class LooseCase:
    """The part of a case that `status` asks."""

    lines: Sequence[Mapping[str, Any]]
    left_out: dict[str, str] = field(default_factory=dict)
    put_in: dict[str, str] = field(default_factory=dict)
    open_gate: bool = True
    ended_at: datetime | None = ENDED
    shipped_choice: str = ""
    rule: Incident = field(default_factory=lambda: Incident(promotion_ids=(PROMOTION,), max_unit_price=Decimal("1.00")))
    name: str = "loose"
    folder: Path = Path("loose")
    language: str = "en"
    zone: ZoneInfo = LOS_ANGELES
    normal_prices: tuple[NormalPrice, ...] = (NormalPrice("HP", "", "USD", Decimal("58.99")),)

    def __post_init__(self) -> None:
        self.written: list[Any] = []
        self.at = NOW
        self._kept: dict[str, Any] = {}
        self.journal = SimpleNamespace(entries=self._entries, add=self._add, keep=self._keep, records=self._records)
        self.renew(self.lines)

    def renew(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Newer reports."""
        self.orders = order_table(lines)
        if "promise_date" in self.orders:
            self.orders["promise_date"] = pd.to_datetime(self.orders["promise_date"].astype(object), utc=True)
        self.keys, self.sku_keys = item_keys(self.orders), sku_keys(self.orders)
        self._add("report", {})

    def _entries(self, kind: str = "") -> tuple[Any, ...]:
        return tuple(entry for entry in self.written if kind in ("", entry.kind))

    def _records(self, of: type[Record]) -> tuple[Any, ...]:
        return tuple(of.from_json(entry.facts) for entry in self._entries(of.entry))

    def _keep(self, records: Any, hand: str = "seller") -> None:
        for one in list(records):
            self._add(one.entry, one.to_json(), hand)

    def _add(self, kind: str, facts: Mapping[str, Any], hand: str = "seller") -> None:
        number = len(self.written) + 1
        self.written.append(
            SimpleNamespace(id=number, at=self.at, kind=kind, hand=hand, facts=json.loads(json.dumps(facts)))
        )

    def once(self, name: str, make: Any, *, per: str = "revision", also: object = None) -> Any:
        """Worked out once, as `Case.once` does."""
        asked = (id(self.orders), self.revision if per == "revision" else 0, also)
        if self._kept.get(name, (None, None))[0] != asked:
            self._kept[name] = (asked, make())
        return self._kept[name][1]

    @property
    def book(self) -> Book:
        """Level 1."""
        return self.once("book", lambda: Book(self.orders, self.normal_prices, self.keys, self.sku_keys), per="reading")

    @property
    def revision(self) -> int:
        """Grows with every line of the journal."""
        return len(self.written)

    @property
    def settings(self) -> Any:
        """What the seller chose."""
        said = dict.fromkeys(("promotion_ended", "price_right", "stock_as_wanted"), self.open_gate)
        return SimpleNamespace(shipped_choice=self.shipped_choice, language=self.language, **said)

    @property
    def promotion_ended_at(self) -> datetime | None:
        """The seller's word."""
        return self.ended_at

    @property
    def incidents(self) -> tuple[Any, ...]:
        """The one rule."""
        return (SimpleNamespace(number=1, taken=True, rule=self.rule, found=self.rule, finding=None),)

    @property
    def gravest_first(self) -> tuple[int, ...]:
        """Its number."""
        return (1,)

    def incident_of(self) -> pd.Series[Any]:
        """Its number per order item."""
        return self.once(
            "incident_of", lambda: affected(self.orders, self.rule).astype(int), per="reading", also=self.rule
        )

    def mask(self, rule: Incident) -> Any:
        """What a rule touches."""
        return self.once("mask", lambda: affected(self.orders, rule).to_numpy(), per="reading", also=rule)

    def chosen(self) -> pd.Series[Any]:
        """The rule, with what was put in and without what was left out."""
        put = self.keys.isin(self.put_in).astype(bool)
        return ((self.incident_of() > 0) | put) & ~self.keys.isin(self.left_out).astype(bool)

    # -- what happened ------------------------------------------------------------------------------------------------

    def wrote(self, record: Record, hand: str = "seller") -> None:
        """A line of the journal."""
        self._add(record.entry, record.to_json(), hand)

    def export(
        self,
        *,
        draft: bool = False,
        folder: str = "E1",
        only: Sequence[int] | None = None,
        coded: bool = True,
        messages: bool = True,
    ) -> ExportRecord:
        """An export as the room `export` writes it into the journal."""
        book, mask = self.book, self.chosen()
        rows = self.orders[mask].assign(key=book.keys, sku_key=book.sku_keys, triage=book.triage)
        if only is not None:
            rows = rows[rows["order_id"].isin([order_id(number) for number in only])]
        items = tuple(
            HandedItem(*map(str, cells))
            for cells in rows[["key", "sku_key", "order_id", "triage"]].itertuples(index=False)
        )
        files = {"cancel": "order-cancellation.txt", "buyer_asked": "order-cancellation-buyers.txt"}
        reasons = {"cancel": "PricingError", "buyer_asked": "BuyerCanceled"}
        uploads: dict[str, tuple[Cancellation, ...]] = {}
        for word, file in files.items():
            lines = tuple(
                Cancellation(one.order_id, reasons[word], one.key.split("/")[1], (one.key,))
                for one in items
                if one.triage == word and coded and not draft
            )
            uploads |= {file: lines} if lines else {}
        seen = {line.order_id for lines in uploads.values() for line in lines}
        asked = tuple(dict.fromkeys(one.order_id for one in items if one.triage == "ask_amazon" and not draft))
        withheld = {one.order_id: told("status.draft") for one in items if draft} if draft else {}
        record = ExportRecord(
            folder,
            NOW,
            draft=draft,
            items=items,
            uploads=uploads,
            requests=asked,
            messages={
                f"{one.order_id}-1": (one.order_id, "held" if draft else "written", None)
                for one in items
                if messages and (one.order_id in seen or draft)
            },
            withheld=withheld,
            rows={
                str(n): (name, self._cells(name))
                for n, name in enumerate(dict.fromkeys(one.order_id for one in items), start=1)
            },
        )
        self.wrote(record)
        return record

    def _cells(self, name: str) -> dict[str, str]:
        """The answer cells of a row, as far as they are answered already."""
        from promofix_lib.status.status import status

        row = next(iter(status(self).rows_of(order_id=name)), None)  # type: ignore[arg-type]
        done = {"sent": "sent", "bounced": "came back"}.get(row.message if row else "", "to send")
        words = {"": "to do", "todo": "to do", "not_needed": "not needed"}
        word = words.get(row.answer, row.answer) if row and not row.conflict else "to do"
        return {"status": word, "message_status": done, "note": row.note if row else ""}

    def answered(
        self, number: int, value: str, *, hand: str = "anna", task: str = "task", note: str = "", export: str = "E1"
    ) -> None:
        """An answer as the room `returns` writes it."""
        answer = Answer(order_id(number), task, value, note, hand, f"{hand}.xlsx", export, "1", NOW)  # type: ignore[arg-type]
        self.wrote(answer, hand)

    def amazon_said(
        self, *, accepted: Sequence[int] = (), refused: Sequence[int] = (), export: str = "E1", file: str = ""
    ) -> None:
        """A processing report as the room `returns` writes it."""
        names = {str(row.order_id): str(key) for key, row in zip(self.keys, self.orders.itertuples(), strict=True)}
        keys = {number: (names[order_id(number)],) for number in (*accepted, *refused)}
        self.wrote(
            UploadAnswer(
                export,
                file or "order-cancellation.txt",
                "p.txt",
                "0",
                NOW,
                tuple(key for number in accepted for key in keys[number]),
                tuple((order_id(n), keys[n], "18028", "The order has already shipped.") for n in refused),
            ),
            "amazon",
        )
