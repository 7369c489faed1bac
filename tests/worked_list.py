"""A to-do list as it was handed out, and what people do to it: answer, sort, filter, copy, save as something else."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from promofix_lib.case.records import ExportRecord
from promofix_lib.export.sheet import COLUMNS, HEADER_ROW, NAME_CELL, SHEET, Place, heading, status_word
from promofix_lib.say import say

Cells = dict[str, str]


class WorkedList:
    """The rows of one copy in somebody's hands.

    Parameters
    ----------
    record : ExportRecord
        What was handed out.
    copy : int
    language : str
    """

    def __init__(self, record: ExportRecord, copy: int = 1, language: str = "en") -> None:
        self.language, self.name = language, ""
        keys: dict[str, list[str]] = {}
        for item in record.items:
            keys.setdefault(item.order_id, []).append(item.key)
        self.rows: list[Cells] = [
            dict.fromkeys(COLUMNS, "")
            | {
                "order_id": order_id,
                "place": Place(record.folder, copy, int(key)).text(),
                "item_keys": "\n".join(keys[order_id]),
                **cells,
            }
            for key, (order_id, cells) in record.rows.items()
        ]
        self.columns = list(COLUMNS)

    def answer(self, order_id: str, value: str, column: str = "status", note: str = "") -> WorkedList:
        """Choose from the drop-down, and perhaps write a note."""
        return self.write(order_id, status_word(value, column, self.language), column, note)

    def write(self, order_id: str, text: str, column: str = "status", note: str = "") -> WorkedList:
        """Type into a cell."""
        for row in self.rows:
            if row["order_id"] == order_id:
                row[column] = text
                row["note"] = note or row["note"]
        return self

    def sort(self, key: Callable[[Cells], Any], columns: Iterable[str] = COLUMNS) -> WorkedList:
        """Sort some of the columns and leave the others behind, as a program does that was shown only a part."""
        moved = list(columns)
        source = sorted(({column: row[column] for column in moved} for row in self.rows), key=lambda row: key(row))
        for row, cells in zip(self.rows, source, strict=True):
            row.update(cells)
        return self

    def table(self) -> list[list[str]]:
        """Title, name, an empty row, headings, rows."""
        above = [["To do"], [], [say("sheet.your_name", language=self.language), "", self.name, "", "Made 2026"]]
        above += [[] for _ in range(HEADER_ROW - 1 - len(above))]
        heads = [heading(column, self.language) for column in self.columns]
        return [*above, heads, *([row[column] for column in self.columns] for row in self.rows)]

    def save(self, path: Path, *, sheets: Mapping[str, WorkedList] | None = None, **text: Any) -> Path:
        """As a workbook, or as text with a separator and an encoding."""
        if path.suffix == ".csv":
            stream = io.StringIO()
            csv.writer(stream, delimiter=text.get("mark", ","), lineterminator="\r\n").writerows(self.table())
            path.write_bytes(stream.getvalue().encode(text.get("encoding", "utf-8")))
            return path
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, one in (sheets or {SHEET: self}).items():
            sheet = book.create_sheet(name)
            for row in one.table():
                sheet.append(row)
        book.properties.lastModifiedBy = text.get("by")
        book.save(path)
        return _saved_at(path, text["saved"]) if "saved" in text else path


def _saved_at(path: Path, moment: datetime) -> Path:
    """The workbook as if it had been saved then."""
    with zipfile.ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    stamp = f">{moment:%Y-%m-%dT%H:%M:%SZ}</dcterms:modified>".encode()
    members["docProps/core.xml"] = re.sub(rb">[^<]*</dcterms:modified>", stamp, members["docProps/core.xml"])
    with zipfile.ZipFile(path, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    return path


__all__ = ["NAME_CELL", "WorkedList"]
