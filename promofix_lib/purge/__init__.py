"""Buyers' data removed when the job is done; the evidence and the decisions stay."""
