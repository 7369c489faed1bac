"""Since when, until when, by which promotion, which orders: incidents with their evidence."""

from promofix_lib.detection.baselines import NormalPrice
from promofix_lib.detection.findings import Amounts, Finding, Findings, WorthALook
from promofix_lib.detection.search import find_incidents
from promofix_lib.detection.thresholds import Thresholds

__all__ = ["Amounts", "Finding", "Findings", "NormalPrice", "Thresholds", "WorthALook", "find_incidents"]
