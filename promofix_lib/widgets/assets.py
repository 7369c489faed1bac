"""The widgets' JavaScript and style, joined from the files beside this one; nothing is loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


@cache
def module(*names: str) -> str:
    """One JavaScript module made of these files, in this order; the last one defines ``render``.

    Examples
    --------
    >>> module("page.js", "order_filter.js").endswith("export default { render };")
    True
    """
    return "\n".join([*((_FOLDER / name).read_text("utf-8") for name in names), "export default { render };"])


@cache
def style() -> str:
    """The style sheet of all widgets: JupyterLab's own colours, so that it follows the theme."""
    return (_FOLDER / "panel.css").read_text("utf-8")
