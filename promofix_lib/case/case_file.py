"""The file ``case.json``: read, changed under a lock, replaced atomically, its last versions kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from promofix_lib.case.decisions import Decision, Decisions
from promofix_lib.errors import CaseError
from promofix_lib.incident import Incident, from_json, to_json
from promofix_lib.stored import write_atomically

VERSION = 1
_KEPT_VERSIONS = 20


@dataclass(frozen=True)
class Settings:
    """What the seller set once for the whole case.

    Parameters
    ----------
    language : str
        Of the seller and the VA: ``en`` or ``zh-CN``.
    cancel_reason : str
        Code that the buyer will read as the reason; ``PricingError`` is the honest one for a wrong promotion.
    seller_name : str
        Signs the messages.
    promotion_ended, price_right, stock_as_wanted : bool
        The stop-the-bleed gate, the seller's word: cancelling can put units back on sale.
    promotion_ended_at : str
        ISO 8601, when the seller ended it, in the marketplace's zone where it names none; empty when unknown.
    shipped_choice : str
        What buyers of shipped orders are told: ``keep``, ``return`` or ``refunded``; empty as long as the seller has
        not decided, then they are not written to.
    batch_size : int
        Most orders in one cancellation file; 0 for one file.
    refund_adjustments, acknowledgement_xml : bool
        Write these files too.
    overruled : dict of str to str
        Faults of messages that the seller lets pass, each with the reason in writing.
    texts : dict of str to str
        Messages and letters as the seller edited them, by name.
    thresholds : dict of str to float
        What counts as a mistake, where it differs from the default.
    normal_prices : list of dict
        The seller's own normal prices: sku, sales_channel, currency, price as text.
    costs : dict of str to dict
        Per SKU what honouring costs: unit_cost, shipping, fees as text; stock as whole number.
    usual_orders_per_day : float
        For the daily message quota; 0 takes it from the reports.
    """

    language: str = "en"
    cancel_reason: str = "PricingError"
    seller_name: str = ""
    promotion_ended: bool = False
    price_right: bool = False
    stock_as_wanted: bool = False
    promotion_ended_at: str = ""
    shipped_choice: str = ""
    batch_size: int = 0
    refund_adjustments: bool = False
    acknowledgement_xml: bool = False
    overruled: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    normal_prices: list[dict[str, str]] = field(default_factory=list)
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    usual_orders_per_day: float = 0.0


@dataclass(frozen=True)
class State:
    """What ``case.json`` holds."""

    revision: int = 0
    reports: dict[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    decisions: Decisions = field(default_factory=Decisions)
    presets: dict[str, Incident] = field(default_factory=dict)
    log: tuple[dict[str, Any], ...] = ()


class CaseFile:
    """``case.json`` in a case folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or written yet."""
        self.path = folder / "case.json"
        self._seen: tuple[tuple[int, int], State] | None = None

    def load(self) -> State:
        """What the file holds now; the empty state when there is no file.

        Raises
        ------
        CaseError
            A damaged file or one of a newer version, with the way out.
        """
        try:
            facts = self.path.stat()
        except FileNotFoundError:
            return State()
        stamp = (facts.st_mtime_ns, facts.st_size)
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, self._read())
        return self._seen[1]

    def _read(self) -> State:
        try:
            return _state(json.loads(self.path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CaseError(
                f"{self.path} is damaged ({type(error).__name__}). Your reports are untouched. The last good versions "
                f"lie in {self.path.parent / 'history'}: copy the newest over case.json, or delete case.json to begin "
                "again."
            ) from error

    def change(self, change: Callable[[State], State]) -> State:
        """Read, change and replace the file under a lock, so that two notebooks lose nothing of each other."""
        with FileLock(self.path.with_name(".lock"), timeout=20):
            self._seen = None
            before = self.load()
            after = replace(change(before), revision=before.revision + 1)
            if self.path.exists():
                self._keep(before.revision)
            write_atomically(self.path, json.dumps(_record(after), ensure_ascii=False, indent=1).encode())
            self._seen = None
        return after

    def _keep(self, revision: int) -> None:
        history = self.path.parent / "history"
        history.mkdir(exist_ok=True)
        shutil.copyfile(self.path, history / f"case-{revision:06}.json")
        for old in sorted(history.glob("case-*.json"))[:-_KEPT_VERSIONS]:
            old.unlink()


def _state(record: dict[str, Any]) -> State:
    version = record["version"]
    if version > VERSION:
        raise CaseError(
            f"case.json was written by a newer promofix (format {version}, this one knows {VERSION}). Update promofix."
        )
    known = {item.name for item in fields(Settings)}
    strange = sorted(set(record["settings"]) - known)
    if strange:
        raise CaseError(f"case.json has settings that this promofix does not know: {', '.join(strange)}. Update it.")
    decisions = record["decisions"]
    return State(
        revision=record["revision"],
        reports=record["reports"],
        settings=Settings(**record["settings"]),
        decisions=Decisions(
            tuple(Decision.from_json(entry) for entry in decisions["done"]),
            tuple(Decision.from_json(entry) for entry in decisions["undone"]),
        ),
        presets={name: from_json(rule) for name, rule in record["presets"].items()},
        log=tuple(record["log"]),
    )


def _record(state: State) -> dict[str, Any]:
    empty = Settings()
    settings = {name: value for name, value in asdict(state.settings).items() if value != getattr(empty, name)}
    return {
        "format": "promofix case",
        "version": VERSION,
        "revision": state.revision,
        "reports": state.reports,
        "settings": settings,
        "decisions": {
            "done": [decision.to_json() for decision in state.decisions.done],
            "undone": [decision.to_json() for decision in state.decisions.undone],
        },
        "presets": {name: to_json(rule) for name, rule in state.presets.items()},
        "log": list(state.log),
    }
