"""Notebook 4: what will go out and to whom, the gate, one button, and then links to what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promofix_lib.amounts import typed_whole
from promofix_lib.errors import CaseError
from promofix_lib.export.contents import going_out
from promofix_lib.letters.texts import CANCEL_REASONS
from promofix_lib.status.status import status
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.page_head import export_links
from promofix_lib.widgets.start_desk import gate_parts, names_of_languages

if TYPE_CHECKING:
    from promofix_lib.export.handover import Handover

_SHIPPED = ("", "keep", "return", "refunded")


class Exporting(Desk):
    """A desk that exports, and shows what came of it.

    Attributes
    ----------
    handover : Handover or None
        What the last press of a button wrote.
    """

    handover: Handover | None = None

    def export(self, **which: Any) -> None:
        """Write a new export.

        Raises
        ------
        CaseError
            Another case was opened since this page opened its own: its name, and what to do.
        """
        if other := self._case.replaced_by:
            raise CaseError("widgets.other_case", name=self._case.name, other=other)
        from promofix_lib.export.handover import export  # openpyxl and its like load when something is exported

        with self.working("exporting"):
            self.handover = export(self._case, now=self._clock(), **which)
        self.tell("exported", folder=self.handover.folder)

    def outcome(self) -> list[Part]:
        """Links to what was written; what was withheld and why, and what to know before it is used."""
        done = self.handover
        if done is None:
            return []
        rows = [[str(item.what), str(item.why)] for item in done.withheld]
        return [
            export_links(self, done.folder),
            rows and self.table("withheld", self.say("withheld"), self.words("", ("what", "why")), rows),
            self.bullets("warnings", done.warnings),
        ]


class ExportButton(Exporting):
    """What will go out, the stop-the-bleed gate, the settings of the export, the button, and what came of it.

    Parameters
    ----------
    case : Case
        Its chosen orders are handed over; the settings are saved in it.
    clock : callable
        Gives the present time with a zone; it names the export's folder.
    """

    title = "exporter"

    def show(self) -> list[Part]:
        """What will go out, one message, the gate, the settings, the button, and what came out."""
        case, now = self._case, status(self._case)
        if not now.orders:
            return [self.said("nothing_chosen")]
        shipped = {name: self.say(f"shipped_{name or 'undecided'}") for name in _SHIPPED}
        before = [] if self.handover else [export_links(self, folder) for folder in case.exports[-1:]]
        return [
            self._going(),
            self._preview(),
            *gate_parts(self),
            self.select("shipped_choice", case.settings.shipped_choice, shipped, self.keeps("shipped_choice")),
            self.field("copies", self.typed("copies", "1")),
            self.folded("options", self._options),
            not now.gate.open and self.text("closed", str(now.gate.why), look="told"),
            self.button("export" if now.gate.open else "export_draft", self._export, main=True),
            *before,
            *self.outcome(),
        ]

    def _export(self) -> None:
        self.export(copies=max(typed_whole(self.typed("copies")), 1))

    def _going(self) -> Part:
        tasks = going_out(self._case).tasks
        rows = [
            [self.say(f"status.triage_{word}"), self.number(n), self.say(f"goes_{word}")] for word, n in tasks.items()
        ]
        return self.table("going", self.say("going"), self.words("going_", ("what", "orders", "where")), rows)

    def _preview(self) -> Part:
        messages = going_out(self._case).listed
        if not messages:
            return self.said("no_message")
        one = messages[0]

        def parts() -> list[Part]:
            to = self.aside("to", f"{self.say('to')}: {one.buyer_email}", self.language)
            return [to, self.aside("words", f"{one.subject}\n\n{one.body}", one.language)]

        return self.folded("message_preview", parts, n=len(messages), order=one.order_id)

    def _options(self) -> list[Part]:
        settings = self._case.settings
        reasons = {code: self.say(f"reason_{code.lower()}") for code in CANCEL_REASONS}
        return [
            self.select("cancel_reason", settings.cancel_reason, reasons, self.keeps("cancel_reason")),
            self.select("language_of_export", settings.language, names_of_languages(), self.keeps("language")),
            self.field("seller_name", settings.seller_name, self.keeps("seller_name")),
            self.field("batch_size", str(settings.batch_size), self.keeps("batch_size", typed_whole)),
            self.tick("refund_adjustments", settings.refund_adjustments, self.keeps("refund_adjustments")),
            self.tick("acknowledgement_xml", settings.acknowledgement_xml, self.keeps("acknowledgement_xml")),
            self.said("refund_warning"),
        ]
