"""Buyers' data removed when the job is done; the evidence and the decisions stay."""

from promofix_lib.purge.removal import DAYS, Purge, purge, what_would_go
from promofix_lib.purge.traces import Trace, find_traces

__all__ = ["DAYS", "Purge", "Trace", "find_traces", "purge", "what_would_go"]
