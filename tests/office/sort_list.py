"""Work on a to-do list in LibreOffice Calc as an assistant would, without a screen: answer, sort, save as anything.

Run by the Python that LibreOffice talks to (``python3-uno``), not by the one of the tests:
``python3 sort_list.py PIPE buyers.xlsx folder answers.json how`` leaves ``worked.xlsx``, ``.ods``, ``.xls``, ``.csv``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import uno
from com.sun.star.table import TableSortField
from merge_letters import connected, option

FILTERS = {
    "xlsx": "Calc MS Excel 2007 XML",
    "ods": "calc8",
    "xls": "MS Excel 97",
    "csv": "Text - txt - csv (StarCalc)",
}
HEADS = 5  # zero-based row of the headings


def opened(context, path):
    """A document, as a person opens it."""
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    return desktop.loadComponentFromURL(Path(path).resolve().as_uri(), "_blank", 0, (option("Hidden", True),))


def columns(sheet, last):
    """Place of each heading."""
    return {sheet.getCellByPosition(number, HEADS).String: number for number in range(last + 1)}


def used(sheet):
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    return cursor.RangeAddress.EndColumn, cursor.RangeAddress.EndRow


def answer(sheet, answers, places, last_row):
    for row in range(HEADS + 1, last_row + 1):
        order = sheet.getCellByPosition(places["Order (opens the order page)"], row).String
        if order in answers:
            sheet.getCellByPosition(places["Status"], row).String = answers[order]


def sort_by_filter(document, sheet, column):
    """As the arrow in the heading does: the table as the program knows it, with its headings."""
    ranges = document.DatabaseRanges
    names = [name for name in ranges.ElementNames if ranges.getByName(name).DataArea.Sheet == sheet.RangeAddress.Sheet]
    area = ranges.getByName(names[0]).DataArea
    field = TableSortField()
    field.Field, field.IsAscending = column - area.StartColumn, True
    wanted = (option("SortFields", uno_sequence((field,))), option("ContainsHeader", True))
    sheet.getCellRangeByPosition(area.StartColumn, area.StartRow, area.EndColumn, area.EndRow).sort(wanted)


def uno_sequence(fields):
    return uno.Any("[]com.sun.star.table.TableSortField", fields)


def sort_by_toolbar(context, document, sheet, column):
    """As the button A-Z does: one cell is chosen, the program looks for the list around it."""
    controller = document.CurrentController
    controller.ActiveSheet = sheet
    controller.select(sheet.getCellByPosition(column, HEADS + 2))
    dispatcher = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
    dispatcher.executeDispatch(controller.Frame, ".uno:SortAscending", "", 0, ())


def main():
    pipe, workbook, folder, answers, how = (*sys.argv[1:3], Path(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5])
    context = connected(pipe)
    document = opened(context, workbook)
    sheet = document.Sheets.getByName("todo")
    last_column, last_row = used(sheet)
    places = columns(sheet, last_column)
    answer(sheet, answers, places, last_row)
    if how == "filter":
        sort_by_filter(document, sheet, places["Status"])
    else:
        sort_by_toolbar(context, document, sheet, places["Status"])
    number = document.Sheets.ElementNames.index("todo") + 1  # a text file holds one sheet
    text = option("FilterOptions", f"59,34,76,1,,0,false,true,false,false,false,{number}")
    for ending, name in FILTERS.items():
        document.storeToURL((folder / f"worked.{ending}").as_uri(), (option("FilterName", name), text))
    document.close(True)


if __name__ == "__main__":
    main()
