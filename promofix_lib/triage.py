"""Until every room asks `promofix_lib.status`: triage under its old name."""

from promofix_lib.status.book import WORDS, orders_by_triage, triage

__all__ = ["WORDS", "orders_by_triage", "triage"]
