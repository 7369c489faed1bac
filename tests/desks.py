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
def uncharted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are not drawn here: `tests/test_notebooks.py` and the tests of their own room do that."""
    drawn = SimpleNamespace(_repr_html_=lambda: '<img alt="a chart">')
    monkeypatch.setattr("promofix_lib.widgets.incident_desk.incident_picture", lambda _case: drawn)
    monkeypatch.setattr("promofix_lib.widgets.account_desk.rate_pictures", lambda _case: (drawn,) * 9)


def ask(desk: Desk, name: str, value: Any = None) -> None:
    """Press the button, or set the value, of the part of that name; what is folded away is opened for it."""
    one = shown(desk, name)
    if isinstance(one, w.Button):
        one.click()
    elif isinstance(one, w.FileUpload):
        desk._done(name, [{"name": file, "content": content} for file, content in value])
    elif one.value == value:
        desk._done(name, value)
    else:
        one.value = value
    assert desk._busy.value == ""


def shown(desk: Desk, name: str) -> Any:
    """The part of that name; what is folded away is opened for it."""
    if name not in desk.parts:
        names(desk)
    return desk.parts[name]


def part(desk: Desk, name: str) -> dict[str, Any]:
    """What the part of that name shows: its text, items, rows, choices, value."""
    one = shown(desk, name)
    code = str(getattr(one, "value", ""))
    return {
        "value": getattr(one, "value", None),
        "text": plain(code),
        "items": [plain(item) for item in re.findall(r"<li>(.*?)</li>", code, re.DOTALL)],
        "rows": [
            [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr>(.*?)</tr>", code.split("<tbody>")[-1], re.DOTALL)
        ],
        "choices": [{"label": label, "value": value} for label, value in getattr(one, "options", ())],
        "label": getattr(one, "description", ""),
        "off": getattr(one, "disabled", False),
    }


def plain(code: str) -> str:
    """HTML as the text that is read."""
    return unescape(re.sub(r"<[^>]+>", "", code.replace("<br>", "\n")))


def notice(desk: Desk) -> str:
    """The sentence below the form."""
    return plain(desk._notice.value)


def names(desk: Desk) -> set[str]:
    """Names of the parts that are shown, folded ones opened."""
    while closed := [one for name, one in desk.parts.items() if name.endswith(" opened") and not one.value]:
        for one in closed:
            one.value = True
    desk.refresh()
    seen: set[int] = set()
    waiting: list[Any] = [desk]
    while waiting:
        part = waiting.pop()
        seen.add(id(part))
        waiting.extend(getattr(part, "children", ()))
    return {name for name, one in desk.parts.items() if id(one) in seen}
