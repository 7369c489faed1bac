"""promofix: from a wrong promotion to a list of orders, a workbook, letters, and a healthy account again.

Names are loaded when they are first used, so that ``python -m promofix_lib`` starts before anything is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Case": "case.case",
    "CostsDesk": "widgets.costs_desk",
    "ExportButton": "widgets.export_button",
    "Incident": "incident",
    "LetterDesk": "widgets.letter_desk",
    "MistakeSettings": "widgets.mistake_settings",
    "OrderFilter": "widgets.order_filter",
    "ReportChooser": "widgets.report_chooser",
    "ReturnsDesk": "widgets.returns_desk",
    "TruthTable": "widgets.truth_table",
    "WordingDesk": "widgets.wording_desk",
    "affected": "incident",
    "decided": "widgets.guide",
    "find_incidents": "finding",
    "first_steps": "widgets.guide",
    "incident_picture": "charts.of_case",
    "merge_preview": "widgets.previews",
    "message_preview": "widgets.previews",
    "order_of_work": "widgets.guide",
    "order_table": "orders",
    "rate_panel": "widgets.guide",
    "rate_picture": "charts.of_case",
    "read_orders": "reports.merging",
    "reading_table": "widgets.reading_table",
    "triage": "triage",
    "what_would_go": "purge",
}

__all__ = sorted(_HOMES)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"promofix_lib.{_HOMES[name]}"), name)
