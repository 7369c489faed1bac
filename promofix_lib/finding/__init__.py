"""Since when, until when, by which promotion, which orders: incidents with their evidence."""

from promofix_lib.finding.baselines import NormalPrice
from promofix_lib.finding.findings import Amounts, Finding, Findings, WorthALook
from promofix_lib.finding.search import find_incidents
from promofix_lib.finding.thresholds import Thresholds

__all__ = ["Amounts", "Finding", "Findings", "NormalPrice", "Thresholds", "WorthALook", "find_incidents"]
