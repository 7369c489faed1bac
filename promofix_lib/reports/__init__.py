"""Bytes, encodings, tabs, XML and Amazon's headers: rows with their place, merged into one order table."""

from promofix_lib.reports.feed_result import FeedError, ProcessingReport, read_processing_report
from promofix_lib.reports.merging import merged, read_orders
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Lack, Quarantined, Reading, Report
from promofix_lib.reports.shape import shape

__all__ = [
    "FeedError",
    "Lack",
    "ProcessingReport",
    "Quarantined",
    "Reading",
    "Report",
    "merged",
    "read_orders",
    "read_processing_report",
    "read_report",
    "shape",
]
