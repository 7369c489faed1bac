"""What each export handed over, kept beside it, so that answers can be matched and nobody is asked twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from promofix_lib.errors import CaseError
from promofix_lib.export.cancellation import Cancellation

RECORD = "handed_over.json"
"""Name of the record in each export folder. It holds order ids and no buyer, and stays after a purge."""

_VERSION = 1


@dataclass(frozen=True)
class HandedItem:
    """One order item that was handed over: its key, the key it has without item ids, and its triage that day."""

    key: str
    sku_key: str
    order_id: str
    triage: str


@dataclass(frozen=True)
class ExportRecord:
    """What one export handed over.

    Parameters
    ----------
    folder : Path
        The export's folder.
    made_at : datetime with a zone
    items : tuple of HandedItem
    uploads : dict of str to tuple of Cancellation
        Lines of each cancellation file by its name, in the order written: Amazon answers by line number.
    files : dict of str to str
        SHA-256 by path, of everything that was written.
    """

    folder: Path
    made_at: datetime
    items: tuple[HandedItem, ...]
    uploads: Mapping[str, tuple[Cancellation, ...]]
    files: Mapping[str, str]

    @property
    def keys(self) -> frozenset[str]:
        """Keys of the items, also as they are named when no report tells item ids."""
        return frozenset(key for item in self.items for key in (item.key, item.sku_key))


def record_text(record: ExportRecord) -> str:
    """The record as JSON."""
    content = {
        "version": _VERSION,
        "made_at": record.made_at.isoformat(),
        "items": [asdict(item) for item in record.items],
        "uploads": {name: [asdict(line) for line in lines] for name, lines in record.uploads.items()},
        "files": dict(record.files),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def read_record(path: Path) -> ExportRecord:
    """The record that `record_text` wrote.

    Raises
    ------
    CaseError
        A damaged record, or one of a newer version.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']}")
        return ExportRecord(
            path.parent,
            datetime.fromisoformat(content["made_at"]),
            tuple(HandedItem(**item) for item in content["items"]),
            {name: tuple(_line(line) for line in lines) for name, lines in content["uploads"].items()},
            content["files"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaseError(
            f"{path}: this record of an export can not be read ({error}). It was changed, or written by a newer "
            "promofix. Take the file from a backup, or move its folder out of the case; its orders then count as new."
        ) from error


def _line(content: dict[str, Any]) -> Cancellation:
    return Cancellation(content["order_id"], content["reason"], content["item_code"], tuple(content["keys"]))


def read_records(case_folder: Path) -> tuple[ExportRecord, ...]:
    """Every export of a case, oldest first; folders without a record (older or by hand) are passed over."""
    paths = (case_folder / "exports").glob(f"*/{RECORD}")
    return tuple(sorted((read_record(path) for path in paths), key=lambda record: (record.made_at, record.folder.name)))
