"""Stop the bleed, then export: what is true now, and one button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.export.cancellation import CANCEL_REASONS
from promofix_lib.export.handover import Handover, export
from promofix_lib.letters.seller_words import tell
from promofix_lib.widgets.files import size_text
from promofix_lib.widgets.form import Form, Part, bullets, button, checks, field, select, table, text

OPTIONS = ("refund_adjustments", "acknowledgement_xml")
SHIPPED = ("", "keep", "return", "refunded")
GATE = ("promotion_ended", "price_right", "stock_as_wanted")
_REASONS = ("PricingError", "GeneralAdjustment", "NoInventory")
_LANGUAGES = {"en": "English", "zh-CN": "简体中文"}


def _now() -> datetime:
    return datetime.now(UTC)


class ExportButton(Form):
    """The stop-the-bleed gate, the settings of the export, and what was written and withheld.

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

    def __init__(self, case: Case, clock: Callable[[], datetime] = _now) -> None:
        self._case = case
        self._clock = clock
        self.handover: Handover | None = None
        super().__init__(case.settings.language, "exporter")

    def show(self) -> list[Part]:
        """The gate, the settings, the button, and what came out."""
        words, settings = self.words, self._case.settings
        gate = {name: (words[name], bool(getattr(settings, name))) for name in GATE}
        shipped = {name: words[f"shipped_{name or 'undecided'}"] for name in SHIPPED}
        reasons = {code: f"{code}: {CANCEL_REASONS[code]}" for code in _REASONS}
        return [
            checks("gate", words["gate"], gate),
            field(*self._setting("promotion_ended_at"), words["promotion_ended_at_hint"].format(zone=self._zone())),
            select(
                "cancel_reason", words["cancel_reason"], settings.cancel_reason, reasons, words["cancel_reason_hint"]
            ),
            select(*self._setting("shipped_choice"), shipped),
            select(*self._setting("language", "language_of_export"), _LANGUAGES),
            field(*self._setting("seller_name")),
            checks("options", words["options"], self._options()),
            field("batch_size", words["batch_size"], str(settings.batch_size), words["batch_size_hint"], numeric=True),
            text("chosen", self._chosen()),
            button("export", words["export"], main=True),
            *self._outcome(),
        ]

    def _setting(self, name: str, label: str = "") -> tuple[str, str, str]:
        return name, self.words[label or name], getattr(self._case.settings, name)

    def _options(self) -> dict[str, tuple[str, bool]]:
        warning = tell("refund_warning", self._case.settings.language)
        return {
            name: (self.words[name].format(warning=warning), bool(getattr(self._case.settings, name)))
            for name in OPTIONS
        }

    def _zone(self) -> str:
        return self._case.marketplace.zone_name.replace("_", " ")

    def _chosen(self) -> str:
        orders = self._case.orders[self._case.chosen()]
        return self.words["chosen_now"].format(orders=f"{orders['order_id'].nunique():,}", items=f"{len(orders):,}")

    def _outcome(self) -> list[Part]:
        return outcome_parts(self.handover, self.words) if self.handover else []

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:  # noqa: ARG002
        """Save what is true now or a setting, or export."""
        if (name == "gate" and value["value"] in GATE) or (name == "options" and value["value"] in OPTIONS):
            self._case.change_settings(**{value["value"]: bool(value["on"])})
        elif name == "export":
            self._export()
        elif name == "batch_size":
            self._set_batch(str(value).strip())
        elif name == "promotion_ended_at":
            self._set_end(str(value).strip())
        elif self._is_allowed(name, value):
            self._case.change_settings(**{name: str(value)})

    def _set_batch(self, typed: str) -> None:
        if not (typed.isascii() and typed.isdecimal() and len(typed) < 7):
            raise PromofixError(self.words["not_a_count"].format(text=typed))
        self._case.change_settings(batch_size=int(typed))

    def _set_end(self, typed: str) -> None:
        try:
            moment = datetime.fromisoformat(typed).isoformat(timespec="minutes") if typed else ""
        except ValueError as error:
            raise PromofixError(self.words["not_a_time"].format(text=typed)) from error
        self._case.change_settings(promotion_ended_at=moment)

    def _is_allowed(self, name: str, value: Any) -> bool:
        allowed = {"cancel_reason": _REASONS, "shipped_choice": SHIPPED, "language": _LANGUAGES}
        return name == "seller_name" or value in allowed.get(name, ())

    def _export(self) -> None:
        with self.working("exporting"):
            self.handover = export(self._case, now=self._clock())
        self.say("exported", folder=self.handover.folder)


def outcome_parts(done: Handover, words: Mapping[str, str]) -> list[Part]:
    """What an export wrote, what it withheld and why, and what to know before it is used."""
    head = [words["file"], words["files"], words["written_size"]]
    parts = [table("written", words["written"], head, written_rows(done))]
    if done.withheld:
        rows = [[item.what, item.why] for item in done.withheld]
        parts.append(table("withheld", words["withheld"], [words["what"], words["why"]], rows))
    return [*parts, *([bullets("warnings", words["warnings"], list(done.warnings))] if done.warnings else [])]


def written_rows(done: Handover) -> list[list[str]]:
    """What was written: a row per file of the export's folder, and one per folder inside it."""
    sizes: dict[str, list[int]] = {}
    for path in done.written:
        first, *inner = path.relative_to(done.folder).parts
        sizes.setdefault(f"{first}/" if inner else first, []).append(path.stat().st_size)
    return [[name, f"{len(found):,}", size_text(sum(found))] for name, found in sizes.items()]
