"""What promofix says when it cannot go on: file, place, what was found, what to do next."""

from __future__ import annotations


class PromofixError(Exception):
    """Something the seller can put right; its text says how.

    In a notebook it is shown as plain lines, not as a red traceback. ``%tb`` in the next cell shows the traceback.

    Examples
    --------
    >>> PromofixError("orders.txt: the file is empty. Download it again.")._render_traceback_()
    ['orders.txt: the file is empty. Download it again.', '', '(Technical details: run %tb in a new cell.)']
    """

    def _render_traceback_(self) -> list[str]:
        """Lines that IPython prints in place of the traceback."""
        return [*str(self).splitlines(), "", "(Technical details: run %tb in a new cell.)"]


class ReportError(PromofixError):
    """A report that cannot be read, with what it looks like and what to download instead."""


class CaseError(PromofixError):
    """A case folder that cannot be opened, is damaged, or was written by a newer promofix."""


class ExportError(PromofixError):
    """An export that must not or cannot be written, and the way out."""


class LetterError(PromofixError):
    """A text that breaks one of Amazon's rules for messages."""
