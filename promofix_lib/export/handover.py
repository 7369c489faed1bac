"""One export: everything that leaves the case, in one folder with its date and time, whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from promofix_lib.account.account import account_of
from promofix_lib.case.case import Case
from promofix_lib.case.records import ExportRecord, HandedItem
from promofix_lib.errors import ExportError, LetterError
from promofix_lib.export.cancellation import (
    BUYER_ASKED,
    MERCHANT_TOKEN,
    CancellationPlan,
    Withheld,
    acknowledgement_xml,
    batches,
    cancellation_text,
    stock_effect,
    write_new,
)
from promofix_lib.export.contents import Handed, prepared
from promofix_lib.export.evidence import write_evidence
from promofix_lib.export.mailmerge import write_drafts, write_word_templates
from promofix_lib.export.requests import fba_requests, refund_adjustments
from promofix_lib.export.sheets import write_buyers
from promofix_lib.export.todo import base_rows
from promofix_lib.letters.amazon import how_to, letters_of
from promofix_lib.letters.linter import check_messages
from promofix_lib.places import sha256, trouble_of_case_told
from promofix_lib.say import Told, say, told
from promofix_lib.status.book import Book, Mask
from promofix_lib.status.status import Status, status

_LOCK = ".export.lock"
_SHOWN = 3  # order ids in a sentence, so that a reader sees three and not three hundred
_WAIT = 300.0  # seconds for which another export of the same case may take


@dataclass(frozen=True)
class Handover:
    """What an export wrote, what it did not and why, and what to know before using it."""

    folder: Path
    written: tuple[Path, ...]
    withheld: tuple[Withheld, ...]
    warnings: tuple[Told, ...] = ()


@dataclass
class Job:
    """An export in the making, in a folder that nobody sees yet: what is handed over, and what its parts make of it.

    Parameters
    ----------
    case, folder, copies
    plans : mapping of str to CancellationPlan
        By the name of the file.
    handed : Handed
        What the sheets tell.
    kept : ExportRecord
        What the journal keeps; the parts add to it.
    written : list of Path
    withheld : list of Withheld
        Files that were not written.
    orders : list of (order id, reason)
        Orders that stand in no file.
    warnings : list of Told
    """

    case: Case
    folder: Path
    copies: int
    plans: Mapping[str, CancellationPlan]
    handed: Handed
    kept: ExportRecord
    written: list[Path] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    orders: list[tuple[str, Told]] = field(default_factory=list)
    warnings: list[Told] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> None:
        """One file more."""
        self.written.append(write_new(self.folder / name, content.encode() if isinstance(content, str) else content))

    def keep(self, **facts: Any) -> None:
        """What the journal keeps of a part, by the names of `ExportRecord`."""
        self.kept = replace(self.kept, **facts)

    def record(self) -> ExportRecord:
        """What the journal keeps of what was written so far."""
        sums = {path.relative_to(self.folder).as_posix(): sha256(path) for path in self.written}
        return replace(self.kept, withheld=dict(self.orders), files=sums)


@trouble_of_case_told
def export(
    case: Case,
    *,
    now: datetime,
    round: int = 1,
    only: Collection[str] | None = None,
    copies: int = 1,
) -> Handover:
    """Write the workbook, the files for Amazon, the messages, the letters and the evidence of a case.

    While the gate is closed the export is a draft: no cancellation or refund file, no message, and every sheet says so.

    Parameters
    ----------
    case : Case
        Its chosen orders are handed over.
    now : datetime with a zone
        Names the folder.
    round : int
        From 2 on: only what is new, or can be worked on only now, since the last export.
    only : collection of str, optional
        Item keys: exactly these instead, less those left out by hand.
    copies : int
        Workbooks to hand out, one for each assistant.

    Returns
    -------
    Handover
        A new folder below ``exports/``; nothing in an earlier one is touched, and nothing half-written is left
        when it fails. The journal has an `ExportRecord` of it.

    Raises
    ------
    ExportError
        No orders are chosen, or none are new.
    CaseError
        A setting that can not be read.
    """
    if now.tzinfo is None:
        raise ValueError(f"{now} has no time zone.")
    with _alone(case.folder), case.journal.still():
        stand = status(case)
        chosen = _chosen(case, stand, round, only)
        if not chosen.any():
            raise ExportError("export.nothing_new" if round > 1 else "export.nothing_chosen")
        for left_behind in case.folder.glob(".export-*.part"):
            shutil.rmtree(left_behind, ignore_errors=True)
        place = case.new_export(now)
        plans, handed = prepared(case, chosen, now, place.name)
        items = _items(case, handed.stand.book, chosen)
        kept = ExportRecord(place.name, now, round, draft=bool(handed.draft), items=items)
        job = Job(case, case.folder / f".export-{place.name}.part", copies, plans, handed, kept)
        job.folder.mkdir()
        try:
            for part in tqdm(PARTS, disable=None, desc="export", unit="step"):
                part(job)
            record = job.record()
            job.folder.rename(place)
        finally:
            shutil.rmtree(job.folder, ignore_errors=True)
        try:
            case.journal.keep([record])
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    orders = [pair for pair in job.orders if pair[1] != job.handed.draft]  # the draft is said of the file
    written = tuple(place / path.relative_to(job.folder) for path in job.written)
    return Handover(place, written, (*job.withheld, *_together(orders)), tuple(dict.fromkeys(job.warnings)))


def _items(case: Case, book: Book, chosen: Mask) -> tuple[HandedItem, ...]:
    rows = np.flatnonzero(chosen)
    columns = (book.keys, book.sku_keys, book.triage, case.incident_of())
    cells = zip(*(column.iloc[rows] for column in columns), book.order_names[book.order_codes[rows]], strict=True)
    return tuple(HandedItem(str(key), str(sku), str(order), str(word), int(n)) for key, sku, word, n, order in cells)


def _chosen(case: Case, stand: Status, number: int, only: Collection[str] | None) -> Mask:
    if only is not None:
        return stand.book.named(only) & ~stand.book.named(case.left_out)
    if number < 2:
        return stand.chosen
    new = set(stand.to_hand_over)
    return stand.book.named(key for row in stand.rows if row.order_id in new for key in row.keys)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One export of a case at a time, so that what is found half-made is nobody's any more."""
    with closing(sqlite3.connect(folder / _LOCK, timeout=_WAIT, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise ExportError("export.busy", folder=folder) from error
        yield


def _together(orders: Iterable[tuple[str, Told]]) -> Iterator[Withheld]:
    """Orders with the same reason as one entry."""
    by_reason: dict[Told, dict[str, None]] = {}
    for order_id, why in orders:
        by_reason.setdefault(why, {})[order_id] = None
    for why, ids in by_reason.items():
        shown = tuple(name or repr(name) for name in ids)[:_SHOWN]
        rest = {"rest": len(ids) - _SHOWN} if len(ids) > _SHOWN else {}
        yield Withheld(told("export.some_orders" if rest else "export.orders", n=len(ids), ids=shown, **rest), why)


# -- the parts --------------------------------------------------------------------------------------------------------


def cancellations(job: Job) -> None:
    """``order-cancellation.txt``, and as XML when the seller wants it, and what buyers asked; withheld in a draft."""
    draft, settings = job.handed.draft, job.case.settings
    for name, plan in job.plans.items():
        job.orders += plan.withheld
        job.warnings += plan.warnings
        if draft and plan.lines:
            held = told("export.gate", why=draft, effect=stock_effect(plan.reason))
            job.withheld.append(Withheld(Told(f"{name}.txt"), held))
            job.orders += [(order_id, draft) for order_id in plan.order_ids]
            continue
        uploads = {f"{name}{tail}.txt": lines for tail, lines in batches(plan.lines, settings.batch_size).items()}
        job.keep(uploads={**job.kept.uploads, **uploads})
        for file, lines in uploads.items():
            job.write(file, cancellation_text(lines))
        if plan.lines and plan.reason != BUYER_ASKED and settings.acknowledgement_xml:
            job.write(f"{name}.xml", acknowledgement_xml(plan.lines))
            job.warnings.append(told("export.token", token=MERCHANT_TOKEN))


def requests(job: Job) -> None:
    """``fba-requests.txt``: what only Seller Support can stop."""
    text = fba_requests(job.handed.stand.book, job.handed.chosen)
    if text:
        head = f"{say('export.draft_page', language=job.case.language)}\n\n" if job.handed.draft else ""
        job.write("fba-requests.txt", head + text)
        asked = (item.order_id for item in job.kept.items if item.triage == "ask_amazon")
        job.keep(requests=tuple(dict.fromkeys(asked)))


def refunds(job: Job) -> None:
    """``refund-adjustments.txt``, only when the seller wished it after reading the warning."""
    if not job.case.settings.refund_adjustments:
        return
    earlier = {item: one.folder for one in job.case.journal.records(ExportRecord) for item in one.refunds}
    name, file = "refund-adjustments.txt", refund_adjustments(job.handed.stand.book, job.handed.chosen, earlier)
    kept = told("export.refund_keep") if job.case.settings.shipped_choice == "keep" else None
    if file.items and (why := job.handed.draft or kept):
        job.withheld.append(Withheld(Told(name), why))
    elif file.items:
        job.write(name, file.text)
        job.keep(refunds=file.items)
    if not job.handed.draft:
        job.withheld += [Withheld(told("export.refund", ids=one.what), one.why) for one in _together(file.withheld)]


def for_the_assistant(job: Job) -> None:
    """``buyers.xlsx`` (one for each copy), the Word template and the drafts; in a draft the workbook alone."""
    handed, held = job.handed, None
    names = ["buyers.xlsx", *(f"buyers-{copy}.xlsx" for copy in range(2, job.copies + 1))]
    try:
        check_messages(handed.to_write, job.case.settings.overruled)
        job.written += [write_buyers(replace(handed, copy=n), job.folder / name) for n, name in enumerate(names, 1)]
    except (LetterError, ExportError) as error:
        held = Told(error.key, tuple(error.facts.items()))
        job.withheld.append(Withheld(told("export.workbook"), held))
    else:
        job.keep(rows=base_rows(handed))
        if handed.listed and handed.draft:
            job.withheld.append(Withheld(told("export.messages"), handed.draft))
        elif handed.listed:
            job.written += write_word_templates(handed.listed, job.folder)
            job.written += write_drafts(handed.listed, job.folder, per_day=handed.per_day)
    messages = {}
    for message in (work.message for work in handed.works if work.message):
        state, why = ("held", held) if held and message.state == "written" else (message.state, message.why)
        messages[message.message_id] = (message.order_id, state, why)
    job.keep(messages=messages)


def letters(job: Job) -> None:
    """``letter-to-amazon-….txt``, with a reading in the seller's language, and what to send when."""
    language = job.case.language
    job.write("letters-to-amazon-READ-FIRST.txt", how_to(language) + "\n")
    for letter in letters_of(job.case, account_of(job.case).rates_json()):
        job.write(letter.file_name, letter.text)
        if letter.gloss:
            job.write(letter.file_name.replace(".txt", f"-{language}.txt"), letter.gloss)


def evidence(job: Job) -> None:
    """``evidence/``: charts, timeline, order ids and hashes, and one page; orders stand as this export leaves them."""
    job.written += write_evidence(job.case, job.folder / "evidence", job.kept.made_at, handing=job.record())


PARTS: tuple[Callable[[Job], None], ...] = (
    cancellations,
    requests,
    refunds,
    for_the_assistant,
    letters,
    evidence,
)
"""Every part of an export, in the order in which the files are wanted."""
