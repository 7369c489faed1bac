"""promofix: from a wrong promotion to a list of orders, a workbook, letters, and a healthy account again.

Names are loaded when they are first used, so that ``python -m promofix_lib`` starts before anything is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "AccountsDesk": "widgets.accounts_desk",
    "Case": "case.case",
    "CostsDesk": "widgets.account_desk",
    "ExportButton": "widgets.export_desk",
    "ExportLinks": "widgets.page_head",
    "Incident": "incident",
    "LetterDesk": "widgets.letter_desk",
    "MistakeSettings": "widgets.incident_desk",
    "OrderFilter": "widgets.order_filter",
    "OrderOfWork": "widgets.account_desk",
    "PageHead": "widgets.page_head",
    "RateDesk": "widgets.account_desk",
    "ReportChooser": "widgets.reports_desk",
    "ReturnsDesk": "widgets.returns_desk",
    "SafetyDesk": "widgets.page_head",
    "StartDesk": "widgets.start_desk",
    "TruthTable": "widgets.returns_desk",
    "WordingDesk": "widgets.wording_desk",
    "affected": "incident",
    "find_incidents": "finding.search",
    "order_table": "orders",
    "read_orders": "reports.merging",
    "triage": "status.book",
    "what_would_go": "purge.removal",
}

__all__ = sorted(_HOMES)
__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"promofix_lib.{_HOMES[name]}"), name)
