"""How the assistant's workbook looks: fonts, fills and cells that can never turn into formulas."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.hyperlink import Hyperlink

# Okabe and Ito's colours, which the colour-blind can tell apart, lightened for a fill behind black words.
STATUS_FILLS = {"done": "CDEBDF", "waiting": "FBEFC4", "problem": "F8D3BD", "not_needed": "E7E7E7"}
TRIAGE_FILLS = {
    "cancel": "FBE4D6",
    "ask_amazon": "CFE3F1",
    "wait": "FBEFC4",
    "shipped": "EBD9E6",
    "buyer_asked": "DDF0FA",
    "already_cancelled": "E7E7E7",
    "set_aside": "E7E7E7",
}
INK, PALE, LINE = "1F3A4D", "F3F6F8", "D5DCE1"
LONGEST_TEXT = 32_767

_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as the letter A
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True)
class Style:
    """One look of a cell."""

    bold: bool = False
    size: int = 10
    colour: str = "1A1A1A"
    fill: str = ""
    wrap: bool = False
    centre: bool = False
    top: bool = False
    right_to_left: bool = False
    underline: bool = False
    lines: bool = False
    text: bool = False  # Excel's format "Text": what starts with "=" stays text even after somebody edits it
    quoted: bool = False


HEADER = Style(bold=True, colour="FFFFFF", fill=INK, wrap=True, lines=True)


def excel_text(value: object) -> str:
    r"""Text that a worksheet can hold: no control characters, at most 32,767 characters, missing = empty.

    Examples
    --------
    >>> excel_text("a\x00b\r\nc"), len(excel_text("x" * 40_000)), excel_text(None)
    ('a b\nc', 32767, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.isprintable() and "_x" not in value and len(value) <= LONGEST_TEXT:
        return value  # almost every cell
    text = _NOT_IN_XML.sub(" ", str(value).replace("\r\n", "\n").replace("\r", "\n"))
    text = _LIKE_AN_ESCAPE.sub("_x005F_", text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


class Pen:
    """Makes the cells of one write-only sheet; equal styles share one object, which is what makes 50,000 rows fast."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._styles: dict[Style, Any] = {}

    def text(self, value: object, style: Style, link: str = "") -> Any:
        """A cell of text, whatever the text looks like."""
        text = excel_text(value)
        cell: Any = WriteOnlyCell(self._sheet, text)
        cell.data_type = "s"  # a buyer's name that starts with "=" stays a name
        cell._style = self._styled(style if not text.startswith(_LIKE_A_FORMULA) else _quoted(style))
        if link:
            cell._hyperlink = Hyperlink(ref="", target=link)  # the setter wants a row and a column
        return cell

    def number(self, value: int, style: Style) -> Any:
        """A cell of a whole number."""
        cell: Any = WriteOnlyCell(self._sheet, value)
        cell._style = self._styled(style)
        return cell

    def formula(self, formula: str, style: Style) -> Any:
        """A cell that counts. Only for our own formulas over our own cells, never for text of a report."""
        cell: Any = WriteOnlyCell(self._sheet, formula)
        cell._style = self._styled(style)
        return cell

    def _styled(self, style: Style) -> Any:
        if style not in self._styles:
            self._styles[style] = _style_array(self._sheet, style)
        return self._styles[style]


def height_for(*texts: tuple[str, int]) -> float:
    r"""Row height in points that shows every text whole, each given with its column's width in characters.

    Examples
    --------
    >>> height_for(("short", 20)), height_for(("x" * 50, 20), ("one\n\ntwo", 40))
    (20.0, 46.0)
    """
    most = max(_lines_of(text, width) for text, width in texts)
    return min(7.0 + 13.0 * most, 409.0)  # Excel's tallest row


def _lines_of(text: str, width: int) -> int:
    room = max(int(width * 1.1) - 2, 1)  # a column is measured in digits, and most letters are narrower
    wide = (sum(2 if "\u2e80" <= sign <= "\uffdc" else 1 for sign in line) for line in text.split("\n"))
    return sum(max(1, -(-length // room)) for length in wide)


def _side(style: Style) -> Literal["center", "right", "left"] | None:
    if style.centre:
        return "center"
    return "right" if style.right_to_left else "left" if style.lines else None


def _quoted(style: Style) -> Style:
    return Style(**{**style.__dict__, "quoted": True})


def _style_array(sheet: Any, style: Style) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.font = Font(
        name="Arial",
        bold=style.bold,
        size=style.size,
        color=style.colour,
        underline="single" if style.underline else None,
    )
    cell.alignment = Alignment(
        vertical="top" if style.top else "center",
        wrap_text=style.wrap,
        horizontal=_side(style),
        indent=int(style.lines and not style.centre),
        readingOrder=2 if style.right_to_left else 0,
    )
    if style.fill:
        cell.fill = PatternFill("solid", fgColor=style.fill)
    if style.lines:
        side = Side(style="thin", color=LINE)
        cell.border = Border(top=side, bottom=side, left=side, right=side)
    if style.text:
        cell.number_format = "@"
    if style.quoted:
        cell.quotePrefix = True
    return copy(cell._style)


def print_wide(sheet: Any, page: str, repeated: str) -> None:
    """A long list on paper: A4 across, as wide as the page, the header on each, numbered."""
    sheet.print_title_rows = repeated
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.6, 0.8, 0.4
    sheet.oddFooter.right.text = page
    sheet.oddFooter.left.text = "&A"
