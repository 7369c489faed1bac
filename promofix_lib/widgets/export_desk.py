"""Notebook 4: what will go out and to whom, the gate, one button, and then links to what was written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promofix_lib.amounts import typed_whole
from promofix_lib.case.case import Case
from promofix_lib.case.settings import CANCEL_REASONS
from promofix_lib.letters.messages import messages_for, wording_of
from promofix_lib.say import Worded, say
from promofix_lib.status import status
from promofix_lib.widgets.desk import Desk, Part, check_still_open
from promofix_lib.widgets.page_head import export_links
from promofix_lib.widgets.start_desk import GATE, gate_parts, set_gate

if TYPE_CHECKING:
    from promofix_lib.export.handover import Handover

OPTIONS = ("refund_adjustments", "acknowledgement_xml")
SHIPPED = ("", "keep", "return", "refunded")
_REASONS = ("PricingError", "GeneralAdjustment", "NoInventory")
_LANGUAGES = {"en": "English", "zh-CN": "简体中文"}


def _now() -> datetime:
    return datetime.now(UTC)


class ExportButton(Desk):
    """What will go out, the stop-the-bleed gate, the settings of the export, the button, and what came of it.

    Parameters
    ----------
    case : Case
        Its chosen orders are handed over; the settings are saved in it.
    clock : callable
        Gives the present time with a zone; it names the export's folder.

    Attributes
    ----------
    handover : Handover or None
        What the last press of the button wrote.
    """

    title = "exporter"

    def __init__(self, case: Case, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        self.handover: Handover | None = None
        super().__init__(case)

    def show(self) -> list[Part]:
        """What will go out, one message, the gate, the settings, the button, and what came out."""
        case, now = self._case, status(self._case)
        if not now.orders:
            return [self.text("none", self.say("nothing_chosen"))]
        last = (self.handover.folder,) if self.handover else case.exports[-1:]
        return [
            self._going(now.triage),
            self._preview(),
            *gate_parts(self),
            self.select("shipped_choice", self.say("shipped_choice"), case.settings.shipped_choice, self._shipped()),
            self.folded("options", self.say("options"), self._options()),
            *([] if now.gate.open else [self.text("closed", now.gate.why.text(self.language), look="told")]),
            self.button("export", self.say("export" if now.gate.open else "export_draft"), main=True),
            *self._outcome(last),
        ]

    def _going(self, triage: dict[str, int]) -> Part:
        head = [self.say(f"going_{name}") for name in ("what", "orders", "where")]
        rows = [
            [say(f"status.triage_{word}", language=self.language), self.say("number", n=n), self.say(f"goes_{word}")]
            for word, n in triage.items()
        ]
        return self.table("going", self.say("going"), head, [list(row) for row in rows])

    def _preview(self) -> Part:
        every = messages_for(status(self._case), wording_of(self._case.settings))
        messages = [one for one in every if one.variant and one.buyer_email and one.state != "none"]
        if not messages:
            return self.text("preview", self.say("no_message"))
        one = messages[0]
        title = self.say("message_preview", n=len(messages), order=one.order_id)
        head = f"{self.say('to')}: {one.buyer_email}\n{self.say('subject')}: {one.subject}"
        body = f'<blockquote lang="{escape(one.language)}" style="white-space:pre-wrap">{escape(one.body)}</blockquote>'
        words = f'<p style="white-space:pre-wrap">{escape(head)}</p>{body}'
        return self.html("preview", f"<details><summary>{escape(title)}</summary>{words}</details>")

    def _shipped(self) -> dict[str, str]:
        return {name: self.say(f"shipped_{name or 'undecided'}") for name in SHIPPED}

    def _options(self) -> list[Part]:
        settings = self._case.settings
        reasons = {code: self.say(f"reason_{code.lower()}") for code in _REASONS if code in CANCEL_REASONS}
        return [
            self.select("cancel_reason", self.say("cancel_reason"), settings.cancel_reason, reasons),
            self.select("language", self.say("language_of_export"), settings.language, _LANGUAGES),
            self.field("seller_name", self.say("seller_name"), settings.seller_name),
            self.field("batch_size", self.say("batch_size"), str(settings.batch_size), self.say("batch_size_hint")),
            *(self.tick(name, self.say(name), bool(getattr(settings, name))) for name in OPTIONS),
            self.text("refund_warning", self.say("refund_warning")),
        ]

    def _outcome(self, last: tuple[Path, ...]) -> list[Part]:
        return [*([export_links(self, last[0])] if last else []), *outcome_parts(self, self.handover)]

    def act(self, name: str, value: Any) -> None:
        """Save what is true now or a setting, or export."""
        if name == "export":
            check_still_open(self._case)
            from promofix_lib.export.handover import export  # openpyxl and its like load when something is exported

            with self.working("exporting"):
                self.handover = export(self._case, now=self._clock())
            self.tell("exported", folder=self.handover.folder)
        elif name in OPTIONS:
            self._case.change_settings(**{name: bool(value)})
        elif name == "batch_size":
            self._case.change_settings(batch_size=typed_whole(str(value), self.language))
        elif name in ("cancel_reason", "shipped_choice", "language", "seller_name") and value is not None:
            self._case.change_settings(**{name: str(value)})
        elif name in (*GATE, "promotion_ended_at"):
            set_gate(self._case, name, value)


def outcome_parts(desk: Desk, done: Handover | None) -> list[Part]:
    """What an export withheld and why, and what to know before it is used."""
    if done is None:
        return []
    rows = [[_text(item.what, desk), _text(item.why, desk)] for item in done.withheld]
    head = [desk.say("what"), desk.say("why")]
    return [
        *([desk.table("withheld", desk.say("withheld"), head, [list(row) for row in rows])] if rows else []),
        desk.bullets("warnings", desk.say("warnings"), [_text(warning, desk) for warning in done.warnings]),
    ]


def _text(words: Any, desk: Desk) -> str:
    return words.text(desk.language) if isinstance(words, Worded) else str(words)
