"""Where the column names of a report stand, and how its lines are divided into cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from promofix_lib.reports.encodings import text_in
from promofix_lib.reports.kinds import Kind, is_known, kind_of

DELIMITERS = ("\t", ",", ";", "|")
HEADER_WITHIN = 40  # a payments report explains itself on up to nine lines before its header
_IN_QUOTES = re.compile(r'[\ufeff \r]*".*"[\ufeff \r]*')
_BY_EXCEL = re.compile(r'"(?:[^"]|"")*"')
_LOOKED_AT = 1 << 18  # bytes
_NO_NAME = re.compile(r"\s*(?:[\d.,]+|.*=)\s*")  # of a row glued to its header, or of a mail that broke its lines


@dataclass(frozen=True)
class Header:
    """The line that names the columns.

    Parameters
    ----------
    kind : Kind
        What the names say the report is.
    cells : tuple of str
        The names as they are written; blank ones at the end are dropped.
    delimiter : str
        Tab, comma, semicolon or bar.
    line : int
        Its physical line, counted from 1.
    quoted : bool
        Cells may stand in quotes. Amazon's own tab files never mean a quote as one; a tab file whose very column names
        stand in quotes was saved again by another program.
    """

    kind: Kind
    cells: tuple[str, ...]
    delimiter: str
    line: int
    quoted: bool = False


def header_of(first_block: bytes) -> Header | None:
    r"""The first line of a file that names the columns of a known report, None when none does.

    Examples
    --------
    >>> found = header_of(b"All amounts in USD\r\n\"date/time\",\"type\",\"total\"\r\n")
    >>> found.line, found.delimiter, found.kind.name
    (2, ',', 'Transactions')
    """
    lines = first_block[: 1 << 20].split(b"\n", HEADER_WITHIN)[:HEADER_WITHIN]
    for number, line in enumerate((text_in(line[:100_000])[0] for line in lines), start=1):
        for delimiter in DELIMITERS:
            cells = split_line(line, delimiter)
            names = len(cells) > 1 and "\r" not in line.rstrip("\r") and not any(map(_NO_NAME.fullmatch, cells))
            names = names and not _goes_on(cells[-1], b"".join(lines[number : number + 1]), delimiter)
            kind = kind_of(cells) if names else None
            if kind:
                quoted = delimiter != "\t" or all(_IN_QUOTES.fullmatch(cell) for cell in cells if cell.strip())
                quoted = quoted or _quoted_where_needed(text_in(first_block[:_LOOKED_AT])[0].split("\n")[number:-1])
                while not cells[-1].strip():
                    cells.pop()
                return Header(kind, tuple(cells), delimiter, number, quoted)
    return None


def _goes_on(name: str, line: bytes, delimiter: str) -> bool:
    r"""Whether a mail broke the line inside this name: it is none, and with what stands below it is one.

    >>> _goes_on("fulfillment-chann", b"el\tsku", "\t"), _goes_on("sku", b"112-1", "\t"), _goes_on("x", b"", "\t")
    (True, False, False)
    """
    below = split_line(text_in(line[:100_000])[0], delimiter)[:1]
    return not is_known(name) and is_known(name + "".join(below))


def _quoted_where_needed(lines: Sequence[str]) -> bool:
    r"""Whether all cells with a comma or a quote stand in quotes, as Excel saves "Text (Tab delimited)".

    >>> _quoted_where_needed(['1\t"12"" pan"\t"P,Q"']), _quoted_where_needed(['1\t"Deluxe" pan\tP,Q'])
    (True, False)
    """
    odd = [cell.rstrip("\r") for line in lines for cell in line.split("\t") if "," in cell or '"' in cell]
    return bool(odd) and all(_BY_EXCEL.fullmatch(cell) and ("," in cell or '""' in cell[1:-1]) for cell in odd)


def split_line(line: str, delimiter: str) -> list[str]:
    r"""The cells of one line: Amazon's tab files know no quotes, comma files do.

    Examples
    --------
    >>> split_line('a\t"b', "\t"), split_line('a,"b,c"', ",")
    (['a', '"b'], ['a', 'b,c'])
    """
    plain = line.rstrip("\r\n")
    if delimiter == "\t":
        return plain.split("\t")
    try:
        return next(csv.reader([plain.lstrip("\ufeff")], delimiter=delimiter), [])
    except csv.Error:
        return []
