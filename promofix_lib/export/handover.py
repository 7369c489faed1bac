"""One export: everything that leaves the case, in one folder with its date and time, whole or not at all."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import cast

import numpy as np
from tqdm.auto import tqdm

from promofix_lib.account.account import account_of
from promofix_lib.account.worklist import message_quota
from promofix_lib.case.case import Case
from promofix_lib.case.records import Cancellation, ExportRecord, HandedItem, MessageState, UploadAnswer
from promofix_lib.errors import ExportError, LetterError
from promofix_lib.export.cancellation import (
    BUYER_ASKED,
    MERCHANT_TOKEN,
    CancellationPlan,
    Withheld,
    acknowledgement_xml,
    batches,
    cancellation_text,
    plan_cancellations,
    stock_effect,
    write_new,
)
from promofix_lib.export.contents import Handed, works_of
from promofix_lib.export.evidence import write_evidence
from promofix_lib.export.mailmerge import write_drafts, write_word_templates
from promofix_lib.export.requests import fba_requests, refund_adjustments
from promofix_lib.export.sheets import write_buyers
from promofix_lib.export.todo import base_rows
from promofix_lib.letters.amazon import how_to, letters_of
from promofix_lib.letters.linter import check_messages
from promofix_lib.letters.messages import messages_for, wording_of
from promofix_lib.places import sha256, trouble_of_case_told
from promofix_lib.say import Told, say, told
from promofix_lib.status.book import Mask
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


@dataclass(frozen=True)
class Job:
    """What to export: what the sheets tell and the lines to cancel, into a folder that nobody sees yet."""

    case: Case
    folder: Path
    now: datetime
    copies: int
    round: int
    plans: Mapping[str, CancellationPlan]
    handed: Handed
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """What one part of an export wrote and did not write, and what the journal keeps of it.

    Parameters
    ----------
    written : tuple of Path
    withheld : tuple of Withheld
        Files.
    orders : tuple of (order id, reason)
        Orders that stand in no file.
    warnings : tuple of Told
    uploads, requests, messages, rows
        As in `ExportRecord`.
    """

    written: tuple[Path, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    orders: tuple[tuple[str, Told], ...] = ()
    warnings: tuple[Told, ...] = ()
    uploads: Mapping[str, tuple[Cancellation, ...]] = field(default_factory=dict)
    requests: tuple[str, ...] = ()
    messages: Mapping[str, tuple[str, MessageState, Told | None]] = field(default_factory=dict)
    rows: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)


@trouble_of_case_told
def export(
    case: Case,
    *,
    now: datetime,
    round: int = 1,
    only: Collection[str] | None = None,
    copies: int = 1,
    progress: bool = False,
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
        From 2 on: only what is new since the last export.
    only : collection of str, optional
        Item keys: exactly these instead, less those left out by hand.
    copies : int
        Workbooks to hand out, one for each assistant.
    progress : bool
        Show a progress bar.

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
        folder = case.folder / f".export-{place.name}.part"
        accepted = frozenset(key for one in case.journal.records(UploadAnswer) for key in one.accepted)
        plans = {
            name: plan_cancellations(stand.book, chosen, reason=why, accepted=accepted)
            for name, why in _reasons(case).items()
        }
        job = Job(case, folder, now, copies, round, plans, _handed(case, chosen, place.name, now, plans, accepted))
        job.folder.mkdir()
        try:
            for part in tqdm(PARTS, disable=not progress, desc="export", unit="step"):
                job.parts.append(part(job))
            record = _record(job)
            job.folder.rename(place)
        finally:
            shutil.rmtree(job.folder, ignore_errors=True)
        try:
            case.journal.keep([record])
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
    draft, parts = job.handed.draft, job.parts  # the draft is said of the file
    orders = [pair for part in parts for pair in part.orders if pair[1] != draft]
    written = tuple(place / path.relative_to(job.folder) for part in parts for path in part.written)
    files = tuple(entry for part in parts for entry in part.withheld)
    warnings = tuple(dict.fromkeys(text for part in parts for text in part.warnings))
    return Handover(place, written, (*files, *_together(orders)), warnings)


def _reasons(case: Case) -> dict[str, str]:
    """The cancellation files, each with the reason in it."""
    return {"order-cancellation": case.settings.cancel_reason, "buyer-asked-cancellation": BUYER_ASKED}


def _handed(
    case: Case,
    chosen: Mask,
    name: str,
    now: datetime,
    plans: Mapping[str, CancellationPlan],
    accepted: Collection[str],
) -> Handed:
    stand, settings, wording = status(case), case.settings, wording_of(case.settings)
    withheld = dict(pair for plan in plans.values() for pair in plan.withheld)
    return Handed(
        stand=stand,
        chosen=chosen,
        works=works_of(stand, chosen, messages_for(stand, wording, withheld=withheld), accepted),
        wording=wording,
        language=case.language,
        export=name,
        made_at=now.astimezone(case.zone),
        per_day=message_quota(stand, case.zone, settings.usual_orders_per_day),
        overruled=settings.overruled,
    )


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


def _record(job: Job) -> ExportRecord:
    """What the parts written so far come to."""
    parts = job.parts
    return ExportRecord(
        job.handed.export,
        job.now,
        job.round,
        bool(job.handed.draft),
        _items(job),
        {name: lines for part in parts for name, lines in part.uploads.items()},
        tuple(order_id for part in parts for order_id in part.requests),
        {name: entry for part in parts for name, entry in part.messages.items()},
        dict(pair for part in parts for pair in part.orders),
        {name: row for part in parts for name, row in part.rows.items()},
        {path.relative_to(job.folder).as_posix(): sha256(path) for part in parts for path in part.written},
    )


def _items(job: Job) -> tuple[HandedItem, ...]:
    book, rows = job.handed.stand.book, np.flatnonzero(job.handed.chosen)
    numbers = job.case.incident_of().to_numpy()[rows]
    columns = (book.keys.iloc[rows], book.sku_keys.iloc[rows], book.order_names[book.order_codes[rows]])
    cells = zip(*columns, book.triage.iloc[rows], numbers, strict=True)
    return tuple(
        HandedItem(str(key), str(sku_key), str(order_id), str(word), int(number))
        for key, sku_key, order_id, word, number in cells
    )


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


def cancellations(job: Job) -> Part:
    """``order-cancellation.txt``, and the same as XML when the seller wants it; withheld in a draft."""
    name = "order-cancellation"
    plan, part = job.plans[name], _upload(job, name)
    if not part.written or not job.case.settings.acknowledgement_xml:
        return part
    xml = write_new(job.folder / f"{name}.xml", acknowledgement_xml(plan.lines))
    warnings = (*part.warnings, told("export.token", token=MERCHANT_TOKEN))
    return replace(part, written=(*part.written, xml), warnings=warnings)


def buyer_cancellations(job: Job) -> Part:
    """``buyer-asked-cancellation.txt``: orders whose buyers asked through Amazon; these do not count."""
    return _upload(job, "buyer-asked-cancellation")


def _upload(job: Job, name: str) -> Part:
    plan = job.plans[name]
    if job.handed.draft and plan.lines:
        held = told("export.gate", why=job.handed.draft, effect=stock_effect(plan.reason))
        orders = tuple((order_id, job.handed.draft) for order_id in plan.order_ids)
        return Part((), (Withheld(Told(f"{name}.txt"), held),), (*plan.withheld, *orders), plan.warnings)
    tails = batches(plan.lines, job.case.settings.batch_size) if plan.lines else {}
    files = {f"{name}{tail}.txt": lines for tail, lines in tails.items()}
    written = [write_new(job.folder / file, cancellation_text(lines).encode("ascii")) for file, lines in files.items()]
    return Part(tuple(written), (), plan.withheld, plan.warnings, files)


def requests(job: Job) -> Part:
    """``fba-requests.txt``: what only Seller Support can stop."""
    text = fba_requests(job.handed.stand.book, job.handed.chosen)
    if not text:
        return Part()
    head = f"{say('export.draft_page', language=job.case.language)}\n\n" if job.handed.draft else ""
    asked = job.handed.chosen & (job.handed.stand.book.triage == "ask_amazon").to_numpy(dtype=np.bool_)
    names = job.handed.stand.book.order_names[job.handed.stand.book.order_codes[asked]]
    file = write_new(job.folder / "fba-requests.txt", (head + text).encode())
    return Part((file,), requests=tuple(dict.fromkeys(map(str, names))))


def refunds(job: Job) -> Part:
    """``refund-adjustments.txt``, only when the seller wished it after reading the warning."""
    if not job.case.settings.refund_adjustments:
        return Part()
    name = "refund-adjustments.txt"
    file = refund_adjustments(job.handed.stand.book, job.handed.chosen)
    if job.handed.draft:
        return Part(withheld=(Withheld(Told(name), job.handed.draft),)) if file.lines else Part()
    written = (write_new(job.folder / name, file.text.encode()),) if file.lines else ()
    withheld = tuple(Withheld(told("export.refund", ids=entry.what), entry.why) for entry in _together(file.withheld))
    return Part(written, withheld)


def for_the_assistant(job: Job) -> Part:
    """``buyers.xlsx`` (one for each copy), the Word template and the drafts; in a draft the workbook alone."""
    handed = job.handed
    try:
        check_messages(handed.to_write, job.case.settings.overruled)
        names = ["buyers.xlsx", *(f"buyers-{copy}.xlsx" for copy in range(2, job.copies + 1))]
        books = [write_buyers(replace(handed, copy=n), job.folder / name) for n, name in enumerate(names, 1)]
    except (LetterError, ExportError) as error:
        why = Told(error.key, tuple(error.facts.items()))
        return Part(withheld=(Withheld(told("export.workbook"), why),), messages=_messages(job, why))
    if job.handed.draft:
        held = (Withheld(told("export.messages"), job.handed.draft),) if handed.listed else ()
        return Part(tuple(books), held, messages=_messages(job), rows=base_rows(handed))
    drafts = write_drafts(handed.listed, job.folder, per_day=job.handed.per_day)
    templates = write_word_templates(handed.listed, job.folder) if handed.listed else ()
    return Part((*books, *templates, *drafts), messages=_messages(job), rows=base_rows(handed))


def _messages(job: Job, held: Told | None = None) -> dict[str, tuple[str, MessageState, Told | None]]:
    """State of each message; `held` is why none of them was written."""
    found: dict[str, tuple[str, MessageState, Told | None]] = {}
    for message in (work.message for work in job.handed.works):
        if message is not None:
            state, why = ("held", held) if held and message.state == "written" else (message.state, message.why)
            found[message.message_id] = (message.order_id, cast("MessageState", state), why)
    return found


def letters(job: Job) -> Part:
    """``letter-to-amazon-….txt``, with a reading in the seller's language, and what to send when."""
    language = job.case.language
    files = {"letters-to-amazon-READ-FIRST.txt": how_to(language)}
    for letter in letters_of(job.case, account_of(job.case).rates_json()):
        files[letter.file_name] = letter.text
        if letter.gloss:
            files[letter.file_name.replace(".txt", f"-{language}.txt")] = letter.gloss
    return Part(tuple(write_new(job.folder / name, text.encode()) for name, text in files.items()))


def evidence(job: Job) -> Part:
    """``evidence/``: charts, timeline, order ids and hashes, and one page; orders stand as this export leaves them."""
    return Part(write_evidence(job.case, job.folder / "evidence", job.now, handing=_record(job)))


PARTS: tuple[Callable[[Job], Part], ...] = (
    cancellations,
    buyer_cancellations,
    requests,
    refunds,
    for_the_assistant,
    letters,
    evidence,
)
"""Every part of an export, in the order in which the files are wanted."""
