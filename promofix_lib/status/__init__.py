"""Where every affected order stands: what it is, what became of it, what is next, what it cost."""

from promofix_lib.status.book import WORDS, Book, facts_of, triage
from promofix_lib.status.rows import OrderRow
from promofix_lib.status.status import Status, confirm_end, status

__all__ = ["WORDS", "Book", "OrderRow", "Status", "confirm_end", "facts_of", "status", "triage"]
