"""What promofix says when it cannot go on: file, place, what was found, what to do next."""

from __future__ import annotations

from typing import Any


class PromofixError(Exception):
    """Something the seller can put right; its text says how.

    It carries a key of the catalogue and facts, and is worded where it is shown. In a notebook it is shown as plain
    lines, not as a red traceback.

    Parameters
    ----------
    key : str
        ``room.name`` in the catalogue.
    **facts
        What the sentence names: file, place, what was found.

    Examples
    --------
    >>> error = PromofixError("amounts.not_a_whole_number", found="2.5")
    >>> error.text("en")
    "'2.5' is not a whole number. Write it like 120."
    """

    def __init__(self, key: str, /, **facts: Any) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts

    def text(self, language: str | None = None) -> str:
        """The sentence in a language; the current one by default."""
        from promofix_lib.say import say  # the catalogue is not needed before something goes wrong

        return say(self.key, language=language, **self.facts)

    def __str__(self) -> str:
        """The sentence in the current language."""
        return self.text()

    def _render_traceback_(self) -> list[str]:
        """Lines that IPython prints in place of the traceback."""
        from promofix_lib.say import say

        return [*str(self).splitlines(), "", say("say.technical_details")]


class ReportError(PromofixError):
    """A report that cannot be read, with what it looks like and what to download instead."""


class CaseError(PromofixError):
    """A case folder that cannot be opened, is damaged, or was written by a newer promofix."""


class ExportError(PromofixError):
    """An export that must not or cannot be written, and the way out."""


class LetterError(PromofixError):
    """A text that breaks one of Amazon's rules for messages."""
