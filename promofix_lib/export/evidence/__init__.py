"""The evidence pack: what happened, in numbers that anyone can check, without one buyer in it."""

from promofix_lib.export.evidence.pack import Chart, Event, Evidence, Source, order_ids_csv, page_of, write_evidence

__all__ = ["Chart", "Event", "Evidence", "Source", "order_ids_csv", "page_of", "write_evidence"]
