"""Files that are not reports: what they look like, and what to download instead."""

from __future__ import annotations

import re

_INSTEAD = (
    'Download "All Orders" (Reports > Fulfillment > All Orders, .txt) and "New Orders" (Orders > Order Reports, .txt) '
    "from Seller Central and give those files."
)
_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (.xls, .doc)"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a rich-text document"),
    (b"PK\x03\x04", "an office document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)


def stranger(start: bytes, first_line: str) -> str:
    """What an unknown file looks like, and what to do.

    Parameters
    ----------
    start : bytes
        Its first bytes.
    first_line : str
        Its first line that is not blank, as text.

    Examples
    --------
    >>> stranger(b"<!DOCTYPE html><html>", "")[:42]
    'this is a web page, not a report: the down'
    """
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.strip(b"\xef\xbb\xbf \t\r\n\0"):
        return f"this file is empty. {_INSTEAD}"
    if re.match(rb"<!doctype html|<html|<head|<body", text):
        return (
            "this is a web page, not a report: the download page was saved, or the session had expired. "
            f"Sign in and press the download button of the report itself. {_INSTEAD}"
        )
    for magic, what in _MAGIC:
        if start.startswith(magic):
            return f"this is {what}, not a report. {_INSTEAD}"
    return _text_stranger(first_line)


def _text_stranger(line: str) -> str:
    plain = line.strip("\ufeff ")
    if plain.startswith("TemplateType=OrderCancellation"):
        return f"this is a cancellation file to upload to Amazon, not a report from Amazon. {_INSTEAD}"
    if plain.startswith("TemplateType="):
        return f"this is a template to upload to Amazon, not a report from Amazon. {_INSTEAD}"
    if plain.startswith("Feed Processing Summary"):
        return (
            "this is Amazon's answer to an uploaded file, not an order report. "
            "Give it to notebook 6 (follow-up), which reads what was cancelled and what failed."
        )
    if plain.startswith(("{", "[")):
        return f"this is a JSON answer of Amazon's programming interface, which promofix does not read. {_INSTEAD}"
    if plain.startswith("order_id,order_item_id,purchase_date"):
        return f"this is promofix's own order table. Give the reports it was made from. {_INSTEAD}"
    if re.match(r"(index,)?Order ID,Date,Status", plain):
        return (
            "this is a re-saved copy of All Orders as shared for exercises (dates without a time of day), "
            f"in which no incident can be timed. {_INSTEAD}"
        )
    shown = ", ".join(cell.strip()[:30] for cell in re.split(r"[\t,;|]", plain)[:6])
    return f"no line names the columns of a report that promofix knows; it begins with {shown!r}. {_INSTEAD}"
