"""One export: everything that leaves the case, in one folder with its date and time, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tqdm.auto import tqdm

from promofix_lib.case.case import Case
from promofix_lib.case.decisions import named
from promofix_lib.errors import ExportError
from promofix_lib.export.amazon_files import write_new
from promofix_lib.export.amazon_requests import withheld_together
from promofix_lib.export.cancellation import WholeOrders, Withheld
from promofix_lib.export.handover.parts import PARTS, Job, Part
from promofix_lib.export.handover.record import RECORD, ExportRecord, HandedItem, record_text
from promofix_lib.orders import item_keys, sku_keys
from promofix_lib.triage import triage

__all__ = ["Handover", "Withheld", "export"]


@dataclass(frozen=True)
class Handover:
    """What an export wrote, what it did not and why, and what to know before using it."""

    folder: Path
    written: tuple[Path, ...]
    withheld: tuple[Withheld, ...]
    warnings: tuple[str, ...] = ()


def export(
    case: Case,
    *,
    now: datetime,
    only: Collection[str] | None = None,
    whole_orders: WholeOrders = "reason",
    parts: Sequence[Callable[[Job], Part]] = PARTS,
    progress: bool = False,
) -> Handover:
    """Write the workbook, the files for Amazon, the messages, the letters and the evidence of a case.

    Parameters
    ----------
    case : Case
        Its chosen orders are handed over.
    now : datetime with a zone
        Names the folder.
    only : collection of str, optional
        Item keys: hand over exactly these instead of the chosen ones (round 2), less those left out by hand.
    whole_orders : {"reason", "each_item", "order_id"}
        See `plan_cancellations`.
    parts : sequence
        Of `promofix_lib.export.handover.parts`; all of them by default.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Handover
        A new folder below ``exports/``; nothing in an earlier one is touched, and nothing half-written is left
        when it fails.

    Raises
    ------
    ExportError
        No orders are chosen.
    CaseError
        A setting that can not be read.
    """
    if now.tzinfo is None:
        raise ValueError(f"{now} has no time zone.")
    orders = case.orders
    chosen = case.chosen() if only is None else named(orders, only) & ~named(orders, case.decisions.left_out)
    if not chosen.any():
        raise ExportError("Nothing to export: no orders are chosen. Choose them in notebook 3.")
    job = Job(case, orders, chosen, _draft_folder(case), now, whole_orders, progress)
    try:
        return _export(job, parts)
    finally:
        shutil.rmtree(job.folder, ignore_errors=True)


def _export(job: Job, wanted: Sequence[Callable[[Job], Part]]) -> Handover:
    steps = tqdm(wanted, disable=not job.progress, desc="export", unit="step")
    parts = [part(job) for part in steps]
    written = [path for part in parts for path in part.written]
    written.append(write_new(job.folder / RECORD, record_text(_record(job, parts, written)).encode()))
    folder = _publish(job)
    job.case.note("export", folder=folder.name, orders=int(job.orders.loc[job.chosen, "order_id"].nunique()))
    return Handover(
        folder,
        tuple(folder / path.relative_to(job.folder) for path in written),
        withheld_together((entry for part in parts for entry in part.withheld), job.case.settings.language),
        tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
    )


def _draft_folder(case: Case) -> Path:
    case.folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, 10_000):
        draft = case.folder / f".export-{number}.part"
        with suppress(FileExistsError):  # another notebook is exporting too, or was stopped by force
            draft.mkdir()
            return draft
    raise ExportError(f"{case.folder}: too many unfinished exports. Delete the folders named .export-*.part in it.")


def _publish(job: Job) -> Path:
    """The finished folder under its own name: a reader sees all of it or none."""
    for _ in range(100):
        folder = job.case.new_export(job.now)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # another export took this second's name
            return job.folder.rename(folder)
    raise ExportError(f"{job.case.folder / 'exports'}: the new export can not be put there. Is the folder locked?")


def _record(job: Job, parts: Sequence[Part], written: Iterable[Path]) -> ExportRecord:
    uploads = {name: lines for part in parts for name, lines in part.uploads.items()}
    digests = {path.relative_to(job.folder).as_posix(): _sha256(path) for path in written}
    return ExportRecord(job.folder, job.now, _items(job), uploads, digests)


def _items(job: Job) -> tuple[HandedItem, ...]:
    orders, chosen = job.orders, job.chosen
    columns = (item_keys(orders), sku_keys(orders), orders["order_id"].fillna(""), triage(orders))
    return tuple(
        HandedItem(str(key), str(sku_key), str(order_id), str(word))
        for key, sku_key, order_id, word in zip(*(column[chosen] for column in columns), strict=True)
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
