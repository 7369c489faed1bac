"""What shows a case follows it: shown again as things are, soon after each decision and every few seconds."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, ClassVar
from weakref import WeakSet

from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.say import say

LOOK_EVERY, LOOK_SOON = 3.0, 0.25
"""Seconds between two looks whether the case has changed, and from what was decided here to the next look."""


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
_next_look: dict[asyncio.AbstractEventLoop, asyncio.TimerHandle] = {}
"""By the kernel's own loop. A press may come from another one, which ends with the page that it serves."""


def _follow(widget: Followed) -> None:
    """Look every few seconds whether the case has changed, as long as the kernel's loop runs."""
    _followers.add(widget)
    with suppress(RuntimeError):  # no notebook: nobody is looking
        if all(loop.is_closed() for loop in _next_look):
            _look_in(asyncio.get_running_loop(), LOOK_EVERY)


def look_soon() -> None:
    """What was decided in one widget stands in the others of the page at once, not after the next look."""
    for loop in tuple(_next_look):
        if not loop.is_closed():
            loop.call_soon_threadsafe(_look_in, loop, LOOK_SOON)


def _look_in(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    if planned := _next_look.get(loop):
        planned.cancel()
    _next_look[loop] = loop.call_later(seconds, _look, loop)


def _look(loop: asyncio.AbstractEventLoop) -> None:
    try:
        for widget in tuple(_followers):
            with suppress(PromofixError, OSError):  # a folder that is away for a moment: the next look tells
                widget.look()
    finally:
        _look_in(loop, LOOK_EVERY)
