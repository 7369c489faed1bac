"""Text blocks of whole lines, UTF-8 whatever the file was, and where their header stands."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from promofix_lib.reports.encodings import lenient
from promofix_lib.reports.kinds import Kind, kind_of

_HEADER_WITHIN = 40  # a payments report explains itself on up to nine lines before its header
DELIMITERS = ("\t", ",", ";", "|")


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
    for number, line in enumerate(islice(_starts(first_block), _HEADER_WITHIN), start=1):
        for delimiter in DELIMITERS:
            cells = split_line(line, delimiter)
            kind = kind_of(cells) if len(cells) > 1 else None
            if kind:
                quoted = delimiter != "\t" or all(_in_quotes(cell) for cell in cells if cell.strip())
                return Header(kind, _without_blank_end(cells), delimiter, number, quoted)
    return None


def _in_quotes(cell: str) -> bool:
    plain = cell.strip("\ufeff \r")
    return len(plain) > 1 and plain.startswith('"') and plain.endswith('"')


def _starts(block: bytes) -> Iterator[str]:
    start = 0
    while start < len(block):
        end = block.find(b"\n", start)
        end = len(block) if end < 0 else end
        yield lenient(block[start:end][:100_000])
        start = end + 1


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


def _without_blank_end(cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return tuple(cells)


def header_among(rows: Iterable[list[str]]) -> Header | None:
    """The first row of a spreadsheet that names the columns of a known report, None when none does."""
    for number, cells in enumerate(islice(rows, _HEADER_WITHIN), start=1):
        kind = kind_of(cells) if len(cells) > 1 else None
        if kind:
            return Header(kind, _without_blank_end(cells), "", number)
    return None
