"""Forms of ipywidgets: parts known by their names, labelled from the catalogue, made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import anywidget
import ipywidgets as w

from promofix_lib.say import known_key, say
from promofix_lib.widgets.followed import Followed
from promofix_lib.widgets.html import Cell, listed, paragraph, table

Part: TypeAlias = Any  # a widget; ipywidgets has no types
Does: TypeAlias = Callable[..., object] | None  # what a part does: with the value that the seller gave it, or pressed

_WIDE = {"description_width": "initial"}
FOLDER = Path(__file__).resolve().parent


def front_end(*names: str, render: str = "render") -> str:
    """JavaScript joined from the files beside this one, and what is saved of it; nothing is loaded from elsewhere."""
    parts = ((FOLDER / name).read_text("utf-8") for name in ("kept.js", *names))
    return "\n".join([*parts, f"export default {{ initialize, render: {render} }};"])


class Aside(anywidget.AnyWidget):
    """Words that name a buyer, sent when they are shown: no state that may be saved with a page holds them.

    Each form has one, empty, for its style sheet and for what is saved of a page.
    """

    _esm = front_end(render="showAside")
    _css = (FOLDER / "desk.css").read_text("utf-8")

    def __init__(self) -> None:
        self.told = {"words": "", "language": ""}
        super().__init__()
        self.add_class("pf-aside").on_msg(lambda *_asked: self.send(self.told))

    def tell(self, words: str, language: str) -> None:
        """Show these words, of this language, as typed."""
        self.told = {"words": words, "language": language}
        self.send(self.told)


class Form(Followed, w.VBox):
    """Parts with a name each, and what they do.

    The name's first word is the part's label in the catalogue (``widgets.name``, its hint ``widgets.name_hint``). Each
    part is made once: shown again it takes the new words and values and keeps the keyboard's place. What a report says
    stands in HTML texts and in the choices of menus only: a label is read for formulas. A false part is not shown.
    """

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        """The parts by their names."""
        self._quiet = False
        super().__init__()

    def _done(self, name: str, *value: Any) -> None:
        """The seller pressed a part, or gave it a value."""
        raise NotImplementedError

    def say(self, key: str, **facts: Any) -> str:
        """A sentence of the catalogue's room ``widgets`` (or of the room named) in the language that is spoken."""
        return say(key if "." in key else f"widgets.{key}", **facts)

    def words(self, prefix: str, names: Sequence[str]) -> list[str]:
        """Several of them, such as the heads of a table."""
        return [self.say(f"{prefix}{name}") for name in names]

    def number(self, n: int) -> str:
        """A whole number as it is written in the language."""
        return self.say("number", n=n)

    # -- parts that show --------------------------------------------------------------------------------------------

    def _part(self, name: str, make: Callable[[], Part]) -> Part:
        return self.parts[name] if name in self.parts else self.parts.setdefault(name, make())

    def html(self, name: str, code: str) -> w.HTML:
        """HTML in which every value is escaped already."""
        part = self._part(name, w.HTML)
        part.value = code
        return part

    def text(self, name: str, words: str, look: str = "", language: str = "") -> w.HTML:
        """A paragraph, as typed; `language` is that of the words where it is not the page's."""
        return self.html(name, paragraph(words, look=look, language=language))

    def aside(self, name: str, words: str, language: str) -> Aside:
        """Words that name a buyer, as typed."""
        part = self._part(name, Aside)
        part.tell(words, language)
        return part

    def said(self, key: str, look: str = "", to: int | None = None, **facts: Any) -> w.HTML:
        """A sentence of the catalogue as a part of its name, with a link to a page where it names one."""
        return self.html(key, paragraph(self.say(key, **facts), look=look, to=to))

    def bullets(self, key: str, items: Iterable[object], name: str = "") -> w.HTML:
        """A list with its title of the catalogue, each item once; nothing when there is none."""
        return self.html(name or key, listed(self.say(key), list(dict.fromkeys(map(str, items)))))

    def table(self, name: str, caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> w.HTML:
        """A table; the first cell of each row names the row."""
        return self.html(name, table(caption, head, rows))

    def row(self, *parts: Part) -> w.HBox:
        """Parts beside each other."""
        return self._box(f"row of {id(parts[0])}", parts, "row wrap")

    def folded(self, name: str, parts: Callable[[], Sequence[Part]], **facts: Any) -> w.VBox:
        """Parts that are made and shown when the seller asks for them."""
        opened = self._asking(f"{name} opened", w.ToggleButton, None, facts)
        opened.icon = "caret-down" if opened.value else "caret-right"
        return self._box(name, (opened, *(parts() if opened.value else ())), "column")

    def _box(self, name: str, parts: Sequence[Part], flow: str) -> w.Box:
        align = "stretch" if flow == "column" else "baseline"
        box = self._part(name, lambda: w.Box(layout=w.Layout(flex_flow=flow, align_items=align)))
        if box.children != (there := tuple(filter(None, parts))):
            box.children = there
        return box

    # -- parts that ask ---------------------------------------------------------------------------------------------

    def _asking(
        self, name: str, make: Callable[[], Part], does: Does, facts: Mapping[str, Any], value: Any = None
    ) -> Part:
        """A part with its label and value; pressed, or when the seller changes that, it does what it is for."""

        def made() -> Part:
            part = make()
            if isinstance(part, w.Button):
                part.on_click(lambda _button: self._done(name))
            else:
                part.observe(lambda change: self._done(name, change["new"]), "value")
            return part

        part = self._part(name, made)
        part.does, part.description = does, self.say(name.partition(" ")[0], **facts)
        if value is not None:
            part.value = value
        return part

    def button(self, name: str, does: Does, *, main: bool = False, off: bool = False, **facts: Any) -> w.Button:
        """A button."""
        part = self._asking(name, w.Button, does, facts)
        part.disabled, part.button_style = off, "primary" if main else ""
        return part

    def tick(self, name: str, on: bool, does: Does, **facts: Any) -> w.Checkbox:
        """A check box."""
        return self._asking(name, partial(w.Checkbox, indent=False), does, facts, on)

    def field(
        self, name: str, value: str, does: Does = None, *, width: str = "auto", rows: int = 0, **facts: Any
    ) -> w.Box:
        """A field to type in, of so many rows; it speaks when it is left (or, of one row, when Enter is pressed)."""
        looks = {"continuous_update": False, "style": _WIDE, "layout": w.Layout(width=width, max_width="100%")}
        make = partial(w.Textarea, rows=rows, **looks) if rows else partial(w.Text, **looks)
        part = self._asking(name, make, does, facts, value)
        return self._with_hint(name, part, facts, "column" if rows else "row wrap")

    def select(self, name: str, value: str, choices: Mapping[str, str], does: Does = None, **facts: Any) -> w.Box:
        """One of several; `choices` maps each value to its label, which may be a report's own words."""
        looks = {"style": _WIDE, "layout": w.Layout(width="auto", max_width="100%")}
        part = self._asking(name, partial(w.Dropdown, **looks), does, facts)
        options = tuple((words, key) for key, words in choices.items())
        if part.options != options:
            part.options = options
        part.value = value if value in choices else None
        return self._with_hint(name, part, facts, "row wrap")

    def typed(self, name: str, first: str = "") -> str:
        """What stands in a field that is not saved by itself, and what stands there at first."""
        return str(self.parts[name].value) if name in self.parts else first

    def empty(self, *names: str, value: Any = "") -> None:
        """Empty such fields."""
        self._quiet = True
        for name in names:
            self.parts[name].value = value
        self._quiet = False

    def upload(self, name: str, suffixes: Sequence[str], does: Callable[[list[tuple[str, bytes]]], object]) -> Part:
        """Files given through the browser: `does` gets a list of (name, bytes)."""

        def given(files: Sequence[Mapping[str, Any]]) -> None:
            self.empty(name, value=())
            does([(one["name"], bytes(one["content"])) for one in files])

        return self._asking(name, partial(w.FileUpload, multiple=True, accept=",".join(suffixes)), given, {})

    def _with_hint(self, name: str, part: Part, facts: Mapping[str, Any], flow: str) -> w.Box:
        key = f"{name.partition(' ')[0]}_hint"
        hint = known_key(f"widgets.{key}") and self.text(f"{name} hint", self.say(key, **facts), look="quiet")
        return self._box(f"{name} box", (part, hint), flow)
