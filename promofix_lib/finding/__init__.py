"""Since when, until when, by which promotion, which orders: incidents with their evidence."""

from promofix_lib.finding.findings import Cause, Finding, Findings, WorthALook
from promofix_lib.finding.search import find_incidents
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import Amounts, NormalPrice

__all__ = ["Amounts", "Cause", "Finding", "Findings", "NormalPrice", "Thresholds", "WorthALook", "find_incidents"]
