"""promofix: from a wrong promotion to a list of orders, a workbook, letters, and a healthy account again.

Names are loaded when they are first used, so that ``python -m promofix_lib`` starts before anything is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Incident": "promofix_lib.incident",
    "affected": "promofix_lib.incident",
    "order_table": "promofix_lib.orders",
    "triage": "promofix_lib.triage",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
