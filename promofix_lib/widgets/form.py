"""The frame of the smaller widgets: parts listed in Python, one thing done at a time, errors said in the widget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import anywidget
import traitlets

from promofix_lib.errors import PromofixError
from promofix_lib.widgets.assets import module, style
from promofix_lib.widgets.form_words import form_words

Part = dict[str, Any]


class Form(anywidget.AnyWidget):
    """A form. A child says what it shows (`show`) and what it does (`act`).

    Parameters
    ----------
    language : str
        ``en`` or ``zh-CN``.
    title : str
        Key of the form's name among the words.
    words : mapping of str to str, optional
        What only this form says.
    """

    _esm = module("page.js", "form.js")
    _css = style()

    words = traitlets.Dict().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    parts = traitlets.List().tag(sync=True)
    notice = traitlets.Dict({"kind": "hint", "text": ""}).tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)

    def __init__(self, language: str, title: str, words: Mapping[str, str] | None = None) -> None:
        words = {**form_words(language), **(words or {})}
        super().__init__(words=words, title=words[title])
        self.on_msg(self._on_message)
        self._refresh()

    def show(self) -> list[Part]:
        """The parts of the form as things are now."""
        raise NotImplementedError

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:
        """Do what the part of this name asks for."""
        raise NotImplementedError

    def say(self, key: str, kind: str = "hint", **facts: Any) -> None:
        """One sentence below the form."""
        self.notice = {"kind": kind, "text": self.words[key].format(**facts) if key else ""}

    @contextmanager
    def working(self, key: str, **facts: Any) -> Iterator[None]:
        """Long work: the screen shows that it goes on."""
        self.busy = self.words[key].format(**facts)
        try:
            yield
        finally:
            self.busy = ""

    def _refresh(self) -> None:
        """Show the parts; what stands in the way of showing them is said instead."""
        try:
            self.parts = self.show()
        except PromofixError as error:
            self.notice = {"kind": "error", "text": str(error)}

    def _on_message(self, _widget: object, message: dict[str, Any], contents: Sequence[memoryview]) -> None:
        self.notice = {"kind": "hint", "text": ""}
        try:
            self.act(str(message.get("do", "")), message.get("value"), contents or ())
        except PromofixError as error:
            self.notice = {"kind": "error", "text": str(error)}
        except OSError as error:  # a full disk, a locked file: the seller can put it right
            self.notice = {"kind": "error", "text": f"{error.filename or ''} {error.strerror or error}".strip()}
        self._refresh()
        self.answer = str(message.get("question", ""))

    def __repr__(self) -> str:
        """One line that makes sense where no widget can be drawn."""
        return self.words["plain"].format(title=self.title)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self._refresh()  # shown again: as things are now
        return super()._repr_mimebundle_(**kwargs)


def text(name: str, words: str, look: str = "") -> Part:
    """A paragraph."""
    return {"kind": "text", "name": name, "text": words, "look": look}


def button(name: str, label: str, *, main: bool = False, disabled: bool = False) -> Part:
    """A button."""
    return {"kind": "button", "name": name, "label": label, "main": main, "disabled": disabled}


def field(name: str, label: str, value: str, hint: str = "", *, numeric: bool = False, size: int = 24) -> Part:
    """A field to type in; it speaks when it is left or Enter is pressed."""
    return {
        "kind": "field",
        "name": name,
        "label": label,
        "value": value,
        "hint": hint,
        "numeric": numeric,
        "size": size,
    }


def area(name: str, label: str, value: str, hint: str = "", *, rows: int = 16, language: str = "") -> Part:
    """A text of many lines to edit; it speaks when it is left. `language` is the language of the text."""
    return {
        "kind": "area",
        "name": name,
        "label": label,
        "value": value,
        "hint": hint,
        "rows": rows,
        "language": language,
    }


def fold(name: str, title: str, words: str, *, language: str = "") -> Part:
    """A text of many lines to read, folded away below its title."""
    return {"kind": "fold", "name": name, "title": title, "text": words, "language": language}


def select(name: str, label: str, value: str, choices: dict[str, str], hint: str = "") -> Part:
    """One of several short words; `choices` maps each value to its label."""
    listed = [{"value": key, "label": words} for key, words in choices.items()]
    return {"kind": "select", "name": name, "label": label, "value": value, "choices": listed, "hint": hint}


def checks(name: str, title: str, choices: dict[str, tuple[str, bool]]) -> Part:
    """Check boxes; `choices` maps each value to its label and whether it is ticked."""
    listed = [{"value": key, "label": words, "on": on} for key, (words, on) in choices.items()]
    return {"kind": "checks", "name": name, "title": title, "choices": listed}


def radios(name: str, title: str, value: str, choices: dict[str, str]) -> Part:
    """One of several sentences; `choices` maps each value to its label."""
    listed = [{"value": key, "label": words} for key, words in choices.items()]
    return {"kind": "radios", "name": name, "title": title, "value": value, "choices": listed}


def bullets(name: str, title: str, items: list[str]) -> Part:
    """A list with a title."""
    return {"kind": "list", "name": name, "title": title, "items": items}


def table(name: str, caption: str, head: list[str], rows: list[list[str]]) -> Part:
    """A table; the first cell of each row names the row."""
    return {"kind": "table", "name": name, "caption": caption, "head": head, "rows": rows}
