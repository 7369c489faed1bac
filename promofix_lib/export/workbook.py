"""Pages of cells as an Excel file: by openpyxl, or, where there are many, by XlsxWriter with the same contents."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import Table, TableStyleInfo
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from promofix_lib.export.page import LINE, LONGEST_TEXT, Choices, Formula, Link, Look, Page, Row, Value, clean

MANY_ROWS = 200  # from here on XlsxWriter takes about half the time (benchmarks/workbook.py)
_LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # Excel would read _x0041_ as the letter A
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t")


def write_workbook(pages: Sequence[Page], path: Path, *, opens_on: str, rows: int) -> Path:
    """The pages as an ``.xlsx`` file, whole or not at all.

    Parameters
    ----------
    pages : sequence of Page
    path : Path
        Must not exist yet.
    opens_on : str
        Name of the page that is seen first.
    rows : int
        About how many there are: decides who writes.
    """
    half, collecting = path.with_name(path.name + ".part"), gc.isenabled()
    gc.disable()  # cells by the hundred thousand and no rings among them: looking for rings takes an eighth of the time
    try:
        (by_xlsxwriter if rows >= MANY_ROWS else by_openpyxl)(pages, half, opens_on)
        half.replace(path)
    finally:
        if collecting:
            gc.enable()
        half.unlink(missing_ok=True)
    return path


class _Styles:
    """What a writer makes of the looks, made once; a text like a formula gets Excel's quote prefix as well."""

    def __init__(self, make: Callable[[Look], Any]) -> None:
        self._make = cache(make)
        self._made: dict[int, tuple[Sequence[Look], list[Any]]] = {}  # to hash a look costs more than a cell

    def of(self, row: Row) -> Iterable[tuple[Value, Any]]:
        """Each value as a worksheet can hold it, with the writer's own object for its look."""
        values, looks = list(row[0]), row[1]
        if id(looks) not in self._made:
            self._made[id(looks)] = (looks, [self._make(look) for look in looks])
        styles = self._made[id(looks)][1]
        for number, value in enumerate(values):
            if type(value) is str and not (value.isprintable() and len(value) <= LONGEST_TEXT):
                values[number] = value = clean(value)
            if type(value) is str and value.startswith(_LIKE_A_FORMULA):
                styles = [*styles[:number], self._make(replace(looks[number], quoted=True)), *styles[number + 1 :]]
        return zip(values, styles, strict=True)


# -- openpyxl ---------------------------------------------------------------------------------------------------------


def by_openpyxl(pages: Sequence[Page], path: Path, opens_on: str) -> None:
    """Write the pages with openpyxl, row by row."""
    book: Any = Workbook(write_only=True)
    book._fonts = IndexedList([Font(name="Arial", size=10)])  # the width of a column is counted in its digits
    book.properties.creator, book.properties.title = "promofix", path.name.split(".")[0]
    styles = _Styles(lambda look: _openpyxl_style(book.worksheets[0], look))
    try:
        for number, page in enumerate(pages):
            sheet: Any = book.create_sheet(page.name)
            _set_up_openpyxl(sheet, page)
            sheet.sheet_view.tabSelected = page.name == opens_on
            for row_number, row in enumerate(page.rows, 1):
                if row_number in page.heights:
                    sheet.row_dimensions[row_number].height = page.heights[row_number]
                sheet.append([_openpyxl_cell(sheet, value, style) for value, style in styles.of(row)])
            if page.name == opens_on:
                book.active = number
        book.save(path)
    finally:
        for sheet in book.worksheets:  # after a failure: else its stream ends whenever it is thrown away
            with suppress(Exception):
                sheet._writer.xf.close()


def _openpyxl_cell(sheet: Any, value: Value, style: Any) -> Any:
    if value is None:
        return None
    text = value if isinstance(value, str | int) else value.text
    if isinstance(text, str) and "_x" in text:
        text = _LIKE_AN_ESCAPE.sub("_x005F_", text)
    cell: Any = WriteOnlyCell(sheet, None if text == "" else text)
    if isinstance(value, str | Link) and text:
        cell.data_type = "s"  # a buyer's name that starts with "=" stays a name
    cell._style = style
    if isinstance(value, Link):
        cell._hyperlink = Hyperlink(ref="", target=value.url)  # the setter wants a row and a column
    return cell


def _openpyxl_style(sheet: Any, look: Look) -> Any:
    cell: Any = WriteOnlyCell(sheet)
    underline = "single" if look.underline else None
    cell.font = Font(name="Arial", bold=look.bold, size=look.size, color=look.colour, underline=underline)
    cell.alignment = Alignment(
        vertical="top" if look.top else "center",
        wrap_text=look.wrap,
        horizontal=_side(look) or None,
        indent=int(look.lines and not look.centre),
        readingOrder=2 if look.right_to_left else 0,
    )
    if look.fill:
        cell.fill = PatternFill("solid", fgColor=look.fill)
    if look.lines:
        side = Side(style="thin", color=LINE)
        cell.border = Border(top=side, bottom=side, left=side, right=side)
    if look.text:
        cell.number_format = "@"
    cell.quotePrefix = look.quoted
    return copy(cell._style)


def _side(look: Look) -> str:
    if look.centre:
        return "center"
    return "right" if look.right_to_left else "left" if look.lines else ""


def _set_up_openpyxl(sheet: Any, page: Page) -> None:
    for number, width in enumerate(page.widths, 1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width, dimension.hidden = width, number in page.hidden
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = page.height, True
    sheet.freeze_panes = page.frozen or None
    if page.tab:
        sheet.sheet_properties.tabColor = page.tab
    sheet.sheet_view.showGridLines = bool(page.table or page.printed)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape" if page.printed else "portrait", 9  # A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    for side, inches in _MARGINS.items():
        setattr(sheet.page_margins, side, inches)
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", page.footer
    sheet.oddHeader.center.text = page.mark or None
    if page.printed:
        column, last, repeated = page.printed
        sheet.print_title_rows = f"{repeated}:{repeated}"
        sheet.print_area = f"A1:{get_column_letter(column)}{last}"
    if page.table:
        first, bottom, names = page.table
        table = Table(displayName=page.name, ref=f"A{first}:{get_column_letter(len(names))}{bottom}")
        table._initialise_columns()
        for column, name in zip(table.tableColumns, names, strict=True):
            column.name = name
        table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
        sheet._tables.add(table)  # add_table() warns of missing columns, which are given here
        for choices in page.choices:
            _offer_openpyxl(sheet, choices, first + 1, bottom)


_MARGINS = {"left": 0.35, "right": 0.35, "top": 0.6, "bottom": 0.7, "header": 0.3, "footer": 0.3}


def _offer_openpyxl(sheet: Any, choices: Choices, first: int, last: int) -> None:
    letter, words = get_column_letter(choices.column), f'"{",".join(choices.words)}"'
    offer = DataValidation(type="list", formula1=words, sqref=f"{letter}{first}:{letter}{last}")
    offer.promptTitle = offer.errorTitle = choices.title
    offer.prompt = offer.error = choices.hint
    offer.showInputMessage = offer.showErrorMessage = offer.allow_blank = True
    sheet.data_validations.append(offer)
    area = ":".join(f"{get_column_letter(n)}{row}" for n, row in zip(choices.filled, (first, last), strict=True))
    for word, colour in choices.fills.items():
        said, fill = f'${letter}{first}="{word}"', PatternFill(bgColor=colour)
        sheet.conditional_formatting.add(area, FormulaRule(formula=[said], fill=fill, stopIfTrue=True))


# -- XlsxWriter -------------------------------------------------------------------------------------------------------


def by_xlsxwriter(pages: Sequence[Page], path: Path, opens_on: str) -> None:
    """Write the pages with XlsxWriter."""
    plain = {"font_name": "Arial", "font_size": 10}
    with xlsxwriter.Workbook(str(path), {"default_format_properties": plain}) as book:
        book.set_properties({"author": "promofix", "title": path.name.split(".")[0]})
        styles = _Styles(lambda look: book.add_format(_xlsxwriter_look(look)))
        for page in pages:
            sheet = book.add_worksheet(page.name)
            _set_up_xlsxwriter(book, sheet, page)
            write = sheet._write_string  # the public one looks for "A1" each time
            for number, row in enumerate(page.rows):
                if number + 1 in page.heights:
                    sheet.set_row(number, page.heights[number + 1])
                for column, (value, style) in enumerate(styles.of(row)):
                    if type(value) is str and value:
                        write(number, column, value, style)
                    elif value is not None:
                        _put(sheet, (number, column), value, style)
            if page.name == opens_on:
                sheet.activate()


_PADDING = 5 / 7  # XlsxWriter adds it; openpyxl takes a width with it


def _put(sheet: Any, place: tuple[int, int], value: Value, style: Any) -> None:
    if isinstance(value, Link):
        sheet._write_url(*place, value.url, style, value.text)
    elif isinstance(value, Formula):
        sheet._write_formula(*place, value.text, style, "")
    elif isinstance(value, int):
        sheet._write_number(*place, value, style)
    else:
        sheet._write_blank(*place, "", style)


def _xlsxwriter_look(look: Look) -> dict[str, Any]:
    return {
        "font_name": "Arial",
        "font_size": look.size,
        "font_color": f"#{look.colour}",
        "bold": look.bold,
        "underline": int(look.underline),
        "text_wrap": look.wrap,
        "valign": "top" if look.top else "vcenter",
        "reading_order": 2 if look.right_to_left else 0,
        "indent": int(look.lines and not look.centre),
        "quote_prefix": look.quoted,
        **({"align": _side(look)} if _side(look) else {}),
        **({"bg_color": f"#{look.fill}", "pattern": 1} if look.fill else {}),
        **({"border": 1, "border_color": f"#{LINE}"} if look.lines else {}),
        **({"num_format": "@"} if look.text else {}),
    }


def _set_up_xlsxwriter(book: Any, sheet: Any, page: Page) -> None:
    for number, width in enumerate(page.widths, 1):
        sheet.set_column(number - 1, number - 1, width - _PADDING, None, {"hidden": number in page.hidden})
    sheet.set_default_row(page.height)
    if page.frozen:
        sheet.freeze_panes(*xl_cell_to_rowcol(page.frozen))
    if page.tab:
        sheet.set_tab_color(f"#{page.tab}")
    sheet.hide_gridlines(1 if page.table or page.printed else 2)
    (sheet.set_landscape if page.printed else sheet.set_portrait)()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(*(_MARGINS[side] for side in ("left", "right", "top", "bottom")))
    sheet.set_footer(f"&L&A&R{page.footer}", {"margin": _MARGINS["footer"]})
    if page.mark:
        sheet.set_header(f"&C{page.mark}", {"margin": _MARGINS["header"]})
    if page.printed:
        column, last, repeated = page.printed
        sheet.repeat_rows(repeated - 1)
        sheet.print_area(0, 0, last - 1, column - 1)
    if page.table:
        first, bottom, names = page.table
        columns = [{"header": name} for name in names]
        look = {"name": page.name, "columns": columns, "style": "Table Style Light 1", "banded_rows": False}
        sheet.add_table(first - 1, 0, bottom - 1, len(names) - 1, look)
        for choices in page.choices:
            letter = xl_col_to_name(choices.column - 1)
            offer = {"validate": "list", "source": list(choices.words), "ignore_blank": True}
            told = {"input_title": choices.title, "input_message": choices.hint, "error_title": choices.title}
            place = (first, choices.column - 1, bottom - 1, choices.column - 1)
            sheet.data_validation(*place, {**offer, **told, "error_message": choices.hint})
            area = (first, choices.filled[0] - 1, bottom - 1, choices.filled[1] - 1)
            for word, colour in choices.fills.items():
                fill = book.add_format({"bg_color": f"#{colour}"})
                rule = {"type": "formula", "criteria": f'=${letter}{first + 1}="{word}"'}
                sheet.conditional_format(*area, {**rule, "format": fill, "stop_if_true": True})
