"""Buyers' data removed when the job is done; the evidence and the decisions stay."""

from promofix_lib.purge.removal import Purge, purge, purge_older_than, what_would_go
from promofix_lib.purge.search import Searcher, people_of

__all__ = ["Purge", "Searcher", "people_of", "purge", "purge_older_than", "what_would_go"]
