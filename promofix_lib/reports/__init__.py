"""Bytes, encodings, tabs, XML and Amazon's headers: rows with their place."""

from promofix_lib.reports.feed_result import FeedError, ProcessingReport, read_processing_report
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Lack, Quarantined, Report

__all__ = [
    "FeedError",
    "Lack",
    "ProcessingReport",
    "Quarantined",
    "Report",
    "read_processing_report",
    "read_report",
]
