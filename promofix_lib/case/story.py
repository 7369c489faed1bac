"""What the rows of a journal add up to: settings, decisions, reports, rules kept under a name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from promofix_lib.case.decisions import Decisions
from promofix_lib.case.journal import Entry
from promofix_lib.case.records import Decision, Record, typed
from promofix_lib.case.settings import Settings, changed
from promofix_lib.incident import Incident


@dataclass(frozen=True)
class KeptReport(Record):
    """A report as it was recorded: name, SHA-256, and the size and time by which it is known to be unchanged."""

    entry: ClassVar[str] = "report"

    name: str
    sha256: str
    size: int = -1
    changed: int = -1


@dataclass
class Story:
    """What the journal adds up to."""

    settings: Settings = field(default_factory=Settings)
    decisions: Decisions = field(default_factory=Decisions)
    reports: dict[str, KeptReport] = field(default_factory=dict)
    presets: dict[str, Incident] = field(default_factory=dict)

    def apply(self, entry: Entry) -> None:
        """Take one row of the journal in; kinds of other rooms are theirs to read."""
        if entry.kind == Decision.entry:
            self.decisions.apply(entry.id, entry.hand, Decision.from_json(entry.facts))
        elif entry.kind == "settings":
            self.settings = changed(self.settings, entry.facts)
        elif entry.kind == KeptReport.entry:
            report = KeptReport.from_json(entry.facts)
            self.reports[report.name] = report
        elif entry.kind == "preset":
            self.presets[typed(str, entry.facts["name"], "name")] = typed(Incident, entry.facts["rule"], "rule")
