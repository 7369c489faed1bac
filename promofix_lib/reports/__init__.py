"""Bytes, encodings, tabs, XML and Amazon's headers: rows with their place."""

from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Lack, Quarantined, Report

__all__ = ["Lack", "Quarantined", "Report", "read_report"]
