"""Files that are not reports: what they look like, and what to download instead."""

from __future__ import annotations

import re

from promofix_lib.reports.archive import Source, is_packed
from promofix_lib.say import Told, told

_MAGIC = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"\xd0\xcf\x11\xe0", "old_office"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "seven_zip"),
    (b"SQLite format 3", "database"),
    (b"{\\rtf", "rich_text"),
    (b"PK\x03\x04", "office"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)
_TEXTS = (
    (r"TemplateType=OrderCancellation", "own_upload"),
    (r"TemplateType=", "template"),
    (r"Feed Processing Summary", "processing_report"),
    (r"[{\[]", "json"),
    (r"order_id,order_item_id,purchase_date", "own_table"),
    (r"(index,)?Order ID,Date,Status", "exercise"),
)
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_LARGEST_LOCKED = 256 << 20


def stranger(source: Source, first_line: str) -> Told:
    """What an unknown file looks like, and what to do: a sentence without its subject, which is the file.

    Parameters
    ----------
    source : Source
        The file.
    first_line : str
        Its first line that is not blank, as text.
    """
    start = source.start()
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.strip(b"\xef\xbb\xbf \t\r\n\0"):
        return told("reports.stranger.empty")
    if re.match(rb"<!doctype html|<html|<head|<body", text):
        return told("reports.stranger.web_page")
    if source.packed and is_packed(start):
        return told("reports.stranger.archive_in_archive")
    what = next((what for magic, what in _MAGIC if start.startswith(magic)), "")
    if what == "old_office" and _LOCKED in source.start(_LARGEST_LOCKED):
        return told("reports.stranger.locked")
    if what:
        return told("reports.stranger.other", what=told(f"reports.looks.{what}"))
    return _text_stranger(first_line.strip("\ufeff "))


def _text_stranger(line: str) -> Told:
    what = next((what for pattern, what in _TEXTS if re.match(pattern, line)), "")
    if what:
        return told(f"reports.stranger.{what}")
    shown = ", ".join(cell.strip()[:30] for cell in re.split(r"[\t,;|]", line)[:6])
    return told("reports.stranger.unknown", found=shown)
