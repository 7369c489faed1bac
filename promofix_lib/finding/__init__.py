"""Since when, until when, by which promotion, which orders: incidents with their evidence."""

from promofix_lib.finding.findings import Cause, Finding, Findings, WorthALook
from promofix_lib.finding.search import find_incidents
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import Amounts, NormalPrice

# What a search needs of a report beside what decides about an item; a reading of no more is a third of the size.
ASKED = (
    *("order_status", "item_status", "sales_channel", "sku", "asin", "currency", "promotion_ids", "claim_codes"),
    *("ship_promotion_discount", "is_business_order", "is_replacement_order"),
)

__all__ = [
    "ASKED",
    "Amounts",
    "Cause",
    "Finding",
    "Findings",
    "NormalPrice",
    "Thresholds",
    "WorthALook",
    "find_incidents",
]
