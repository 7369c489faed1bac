"""How the tests use a desk: press, tick and type as a seller does, and read what stands there."""

from __future__ import annotations

import re
from html import unescape
from types import SimpleNamespace
from typing import Any

import ipywidgets as w
import pytest

from promofix_lib.widgets.desk import Desk


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are not drawn here: `tests/test_notebooks.py` and the tests of their own room do that."""
    drawn = SimpleNamespace(_repr_html_=lambda: '<img alt="a chart">')
    monkeypatch.setattr("promofix_lib.widgets.incident_desk.incident_picture", lambda _case: drawn)
    monkeypatch.setattr("promofix_lib.widgets.account_desk.rate_pictures", lambda _case: (drawn,) * 9)


def ask(desk: Desk, name: str, value: Any = None) -> None:
    """Press the button, or set the value, of the part of that name; one that is not shown is asked for by its name."""
    part = desk.parts.get(name)
    if isinstance(part, w.Button):
        part.click()
    elif value is None or part is None or isinstance(part, w.FileUpload) or part.value == value:
        desk._done(name, value)
    else:
        part.value = value
    assert desk._busy.value == ""


def part(desk: Desk, name: str) -> dict[str, Any]:
    """What the part of that name shows: its text, items, rows, choices, value."""
    shown = desk.parts[name]
    code = str(getattr(shown, "value", ""))
    return {
        "value": getattr(shown, "value", None),
        "text": plain(code),
        "items": [plain(item) for item in re.findall(r"<li>(.*?)</li>", code, re.DOTALL)],
        "rows": [
            [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr>(.*?)</tr>", code.split("<tbody>")[-1], re.DOTALL)
        ],
        "choices": [{"label": label, "value": value} for label, value in getattr(shown, "options", ())],
        "label": getattr(shown, "description", ""),
        "off": getattr(shown, "disabled", False),
    }


def plain(code: str) -> str:
    """HTML as the text that is read."""
    return unescape(re.sub(r"<[^>]+>", "", code.replace("<br>", "\n")))


def notice(desk: Desk) -> str:
    """The sentence below the form."""
    return plain(desk._notice.value)


def names(desk: Desk) -> set[str]:
    """Names of the parts that are shown, folded ones opened."""
    for name, one in list(desk.parts.items()):
        if name.endswith(" opened"):
            one.value = True
    desk.refresh()
    seen: set[int] = set()
    waiting: list[Any] = [desk]
    while waiting:
        one = waiting.pop()
        seen.add(id(one))
        waiting.extend(getattr(one, "children", ()))
    return {name for name, one in desk.parts.items() if id(one) in seen}
