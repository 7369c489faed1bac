"""What shows a case follows it: shown again as things are, and looked at every few seconds."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, ClassVar
from weakref import WeakSet

from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.say import say

LOOK_EVERY = 3.0
"""Seconds between two looks whether the case has changed."""


class Followed:
    """What shows a case: shown again as things are, and looked at every few seconds."""

    title: ClassVar[str] = ""
    _case: Case

    @property
    def case(self) -> Case:
        """The case that is shown."""
        return self._case

    @property
    def language(self) -> str:
        """The seller's language."""
        return self._case.language

    def refresh(self) -> None:
        """Show everything as it is now."""
        raise NotImplementedError

    def look(self) -> None:
        """Show what changed since, in another notebook or by another widget of this one."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """One line that makes sense where no widget can be drawn; it holds no value, for it is saved with the page."""
        title = say(f"widgets.{self.title}", language=self.language)
        return say("widgets.plain", title=title, language=self.language)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        self.refresh()  # shown again: as things are now
        _follow(self)
        return super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]


_followers: WeakSet[Followed] = WeakSet()
_timer: list[asyncio.TimerHandle] = []


def _follow(widget: Followed) -> None:
    """Look every few seconds whether the case has changed, as long as a kernel's loop runs and the widget is there."""
    _followers.add(widget)
    if not _timer:
        _again()


def _again() -> None:
    with suppress(RuntimeError):  # no notebook: nobody is looking
        _timer[:] = [asyncio.get_running_loop().call_later(LOOK_EVERY, _look)]


def _look() -> None:
    for widget in tuple(_followers):
        with suppress(PromofixError, OSError):  # a folder that is away for a moment: the next look tells
            widget.look()
    _timer.clear()
    if _followers:
        _again()
