"""The frame of the smaller widgets: ipywidgets by name, one thing done at a time, errors said in the widget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, ClassVar, TypeAlias, TypeVar
from weakref import WeakSet

import ipywidgets as w

from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.say import say
from promofix_lib.widgets.html import link_to, listed, paragraph, table

Part: TypeAlias = Any  # a widget; ipywidgets has no types
T = TypeVar("T")

LOOK_EVERY = 3.0
"""Seconds between two looks whether the case has changed."""

_STYLE = (Path(__file__).resolve().parent / "desk.css").read_text("utf-8")


class Desk(w.VBox):
    """A form of ipywidgets. A child says what it shows (`show`) and what it does (`act`).

    Each part has a name and is made once: shown again it takes the new words and values and keeps the keyboard's place.
    What a report says stands in HTML texts and in the choices of menus only: a description is read for formulas.

    Parameters
    ----------
    case : Case
        What the desk shows and changes; another notebook's changes appear by themselves.
    """

    title: ClassVar[str] = ""
    needs_reports: ClassVar[bool] = True

    def __init__(self, case: Case) -> None:
        self._case = case
        self.parts: dict[str, Part] = {}
        """The parts by their names."""
        self._quiet = False
        self._style, self._busy = w.HTML(f"<style>{_STYLE}</style>"), _text()
        self._notice = _text()
        self._seen: object = None
        super().__init__()
        self.add_class("pf-desk").add_class(f"pf-{type(self).__name__.lower()}")
        self.refresh()

    # -- what a child says ----------------------------------------------------------------------------------------

    def show(self) -> list[Part]:
        """The parts as things are now."""
        raise NotImplementedError

    def act(self, name: str, value: Any) -> None:
        """Do what the part of this name asks for; a desk that only shows does nothing."""

    def say(self, key: str, **facts: Any) -> str:
        """A sentence of the catalogue's room ``widgets`` in the case's language."""
        return say(key if "." in key else f"widgets.{key}", language=self.language, **facts)

    @property
    def language(self) -> str:
        """The seller's language."""
        return self._case.language

    def tell(self, key: str, **facts: Any) -> None:
        """One sentence below the form."""
        self._notice.value = paragraph(self.say(key, **facts), role="status")

    @contextmanager
    def working(self, key: str, **facts: Any) -> Iterator[None]:
        """Long work: the screen shows that it goes on."""
        self._busy.value = paragraph(self.say(key, **facts), role="status")
        try:
            yield
        finally:
            self._busy.value = ""

    # -- showing --------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show everything as it is now; what stands in the way of it is said with the way out."""
        self._seen, self._quiet = self._mark(), True
        try:
            shown = self.show() if self._case.reports or not self.needs_reports else [self._no_report()]
        except PromofixError as error:
            shown = [self.text("error", str(error), look="told")]
        finally:
            self._quiet = False
        children = (self._style, *shown, self._busy, self._notice)
        self.children = children

    def _no_report(self) -> Part:
        return self.html("no_report", paragraph(self.say("no_report")) + link_to(1, self.language))

    def _mark(self) -> object:
        return self._case.revision, tuple(path.name for path in self._case.reports)

    def look(self) -> None:
        """Show again what changed since, in another notebook or by another widget of this one."""
        if self._mark() != self._seen:
            self.refresh()

    def __repr__(self) -> str:
        """One line that makes sense where no widget can be drawn; it holds no value, for it is saved with the page."""
        return self.say("plain", title=self.say(self.title))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self.refresh()  # shown again: as things are now
        _follow(self)
        return super()._repr_mimebundle_(**kwargs)

    # -- parts ----------------------------------------------------------------------------------------------------

    def _part(self, name: str, make: Callable[[], T]) -> T:
        if name not in self.parts:
            self.parts[name] = make()
        part: T = self.parts[name]
        return part

    def _asking(self, name: str, make: Callable[[], T]) -> T:
        """A part whose value the seller changes: a change is an act, unless we show it."""

        def made() -> T:
            part: Any = make()
            part.observe(lambda change: self._done(name, change["new"]), "value")
            return part

        return self._part(name, made)

    def _done(self, name: str, value: Any) -> None:
        if self._quiet:
            return
        self._notice.value = ""
        try:
            self.act(name, value)
        except PromofixError as error:
            self._notice.value = paragraph(str(error), role="alert", look="told")
        except OSError as error:  # a full disk, a locked file: the seller can put it right
            words = f"{error.filename or ''} {error.strerror or error}".strip()
            self._notice.value = paragraph(words, role="alert", look="told")
        self.refresh()

    def typed(self, name: str) -> str:
        """What stands in a field that is not saved by itself."""
        return str(self.parts[name].value) if name in self.parts else ""

    def html(self, name: str, code: str) -> w.HTML:
        """HTML in which every value is escaped already."""
        part = self._part(name, _text)
        part.value = code
        return part

    def text(self, name: str, words: str, look: str = "") -> w.HTML:
        """A paragraph, as typed."""
        return self.html(name, paragraph(words, look=look))

    def bullets(self, name: str, title: str, items: Sequence[str]) -> w.HTML:
        """A list with a title."""
        return self.html(name, listed(title, items).html)

    def table(self, name: str, caption: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> w.HTML:
        """A table; the first cell of each row names the row."""
        return self.html(name, table(caption, head, rows).html)

    def fold(self, name: str, title: str, words: str, language: str = "") -> w.HTML:
        """A text of many lines to read, folded away below its title."""
        lang = f' lang="{escape(language)}"' if language else ""
        body = f'<p{lang} dir="auto" style="white-space:pre-wrap">{escape(words)}</p>'
        return self.html(name, f"<details><summary>{escape(title)}</summary>{body}</details>")

    def button(self, name: str, label: str, *, main: bool = False, off: bool = False) -> w.Button:
        """A button."""

        def make() -> w.Button:
            made = w.Button(button_style="primary" if main else "")
            made.on_click(lambda _button: self._done(name, None))
            return made

        part = self._part(name, make)
        part.description, part.disabled = label, off
        return part

    def tick(self, name: str, label: str, on: bool) -> w.Checkbox:
        """A check box with a sentence of our own."""
        part = self._asking(name, lambda: w.Checkbox(indent=False))
        part.description, part.value = label, on
        return part

    def field(self, name: str, label: str, value: str, hint: str = "", *, width: str = "auto") -> w.Box:
        """A field to type in; it speaks when it is left or Enter is pressed."""
        part = self._asking(name, lambda: w.Text(continuous_update=False, style=_WIDE, layout=_of(width)))
        part.description, part.value = label, value
        return self._with_hint(name, part, hint)

    def area(self, name: str, label: str, value: str, hint: str = "", *, rows: int = 14) -> w.Box:
        """A text of many lines to edit; it speaks when it is left."""
        part = self._asking(name, lambda: w.Textarea(continuous_update=False, style=_WIDE, layout=_of("auto")))
        part.description, part.value, part.rows = label, value, rows
        return self._with_hint(name, part, hint, below=True)

    def select(self, name: str, label: str, value: str, choices: Mapping[str, str], hint: str = "") -> w.Box:
        """One of several; `choices` maps each value to its label, which may be a report's own words."""
        part = self._asking(name, lambda: w.Dropdown(style=_WIDE, layout=_of("auto")))
        options = tuple((words, key) for key, words in choices.items())
        if part.options != options:
            part.options = options
        part.description, part.value = label, value if value in choices else None
        return self._with_hint(name, part, hint)

    def upload(self, name: str, label: str, suffixes: Sequence[str]) -> w.FileUpload:
        """Files given through the browser: `act` gets a tuple of (name, bytes)."""

        def make() -> w.FileUpload:
            made = w.FileUpload(multiple=True, accept=",".join(suffixes))

            def come(change: Mapping[str, Any]) -> None:
                files = tuple((one["name"], bytes(one["content"])) for one in change["new"])
                if files:
                    made.value = ()
                    self._done(name, files)

            made.observe(come, "value")
            return made

        part = self._part(name, make)
        part.description = label
        return part

    def folded(self, name: str, title: str, parts: Sequence[Part] | Callable[[], Sequence[Part]]) -> w.VBox:
        """Parts that are shown when the seller asks for them; a callable makes them only then."""
        opened = self._part(f"{name} opened", lambda: w.ToggleButton(value=False))
        box = self._part(name, w.VBox)

        def draw(_change: object = None) -> None:
            opened.icon = "caret-down" if opened.value else "caret-right"
            shown = (parts() if callable(parts) else parts) if opened.value else ()
            box.children = (opened, *shown)

        opened.description = title
        opened.unobserve_all("value")
        opened.observe(draw, "value")
        draw()
        return box

    def row(self, name: str, parts: Sequence[Part]) -> w.HBox:
        """Parts beside each other."""
        box = self._part(name, lambda: w.HBox(layout=w.Layout(flex_flow="row wrap", align_items="center")))
        if box.children != tuple(parts):
            box.children = tuple(parts)
        return box

    def _with_hint(self, name: str, part: Part, hint: str, *, below: bool = False) -> w.Box:
        words = self.html(f"{name} hint", paragraph(hint, look="quiet") if hint else "")
        kind = w.VBox if below else w.HBox
        box = self._part(f"{name} box", lambda: kind(layout=w.Layout(flex_flow="column" if below else "row wrap")))
        children = (part, words) if hint else (part,)
        if box.children != children:
            box.children = children
        return box


_WIDE = {"description_width": "initial"}


def _of(width: str) -> w.Layout:
    return w.Layout(width=width, max_width="100%")


def _text() -> w.HTML:
    return w.HTML()


# -- following the case -----------------------------------------------------------------------------------------------

_followers: WeakSet[Desk] = WeakSet()
_timer: list[asyncio.TimerHandle] = []


def _follow(desk: Desk) -> None:
    """Look every few seconds whether the case has changed, as long as a kernel's loop runs and the desk is there."""
    _followers.add(desk)
    if not _timer:
        _again()


def _again() -> None:
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # no notebook: nobody is looking
        return
    _timer[:] = [loop.call_later(LOOK_EVERY, _look)]


def _look() -> None:
    for desk in tuple(_followers):
        try:
            desk.look()
        except (PromofixError, OSError):
            continue  # a folder that is away for a moment: the next look tells
    _timer.clear()
    if _followers:
        _again()


def check_still_open(case: Case) -> None:
    """Nothing is exported from a page when another case was opened since.

    Raises
    ------
    CaseError
        The name of the other case, and what to do.
    """
    if other := case.replaced_by:
        raise CaseError("widgets.other_case", name=case.name, other=other)
