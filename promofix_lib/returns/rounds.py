"""What is left: answers read back, who is new, what shipped meanwhile, whether the promotion still bleeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from promofix_lib.case.case import Case
from promofix_lib.case.decisions import named
from promofix_lib.errors import ExportError
from promofix_lib.export.handover.briefing import ended_at
from promofix_lib.export.handover.folder import Handover, export
from promofix_lib.export.handover.parts import buyer_cancellations, cancellations
from promofix_lib.export.handover.record import ExportRecord, HandedItem, read_records
from promofix_lib.incident import affected
from promofix_lib.letters.seller_words import tell
from promofix_lib.orders import TEXT, item_keys, sku_keys
from promofix_lib.reports import read_processing_report
from promofix_lib.returns.returns import Return, keep_return, read_returns, sha256_of
from promofix_lib.returns.todo_sheet import WorkedSheet, read_worked_sheet
from promofix_lib.returns.uploads import UploadAnswer, match_upload
from promofix_lib.triage import triage

_WORDS = {
    "en": {
        "round": "Round {number}: {new} new order items, {possible} that were pending and can be worked on now. "
        "Since the last export {shipped} orders shipped and {cancelled} were cancelled. ",
        "unknown": "When the promotion ended is not set (notebook 4), so nobody can say whether it still sells.",
        "bleeding": "THE PROMOTION STILL SELLS: {late} affected orders came after you ended it.",
        "ended": "No affected order came after the promotion ended.",
    },
    "zh-CN": {
        "round": "第 {number} 轮：{new} 个新的订单商品，{possible} 个原先付款待处理、现在可以处理。"
        "自上次导出以来，{shipped} 个订单已发货，{cancelled} 个已取消。",
        "unknown": "未设置促销结束时间（笔记本 4），因此无法判断是否仍在销售。",
        "bleeding": "促销仍在销售：您结束促销后又有 {late} 个受影响的订单。",
        "ended": "促销结束后没有受影响的订单。",
    },
}


@dataclass(frozen=True)
class Round:
    """What a newer report changes.

    Parameters
    ----------
    number : int
        2 after one export.
    new : tuple of str
        Item keys of affected items that were in no earlier export.
    now_possible : tuple of str
        Items handed over as waiting (payment pending) that something can be done with now.
    shipped_meanwhile, cancelled_meanwhile : tuple of str
        Order ids that could still be stopped when they were handed over.
    after_the_end : tuple of str
        Order ids of affected orders placed after the seller said that the promotion had ended.
    ended_at : datetime or None
        That moment; None when the seller did not say.
    """

    number: int
    new: tuple[str, ...]
    now_possible: tuple[str, ...]
    shipped_meanwhile: tuple[str, ...]
    cancelled_meanwhile: tuple[str, ...]
    after_the_end: tuple[str, ...]
    ended_at: datetime | None

    @property
    def keys(self) -> tuple[str, ...]:
        """Items to hand over in this round, for ``export(case, only=…)``."""
        return (*self.new, *self.now_possible)

    @property
    def bleeding(self) -> bool | None:
        """Whether the promotion still sells; None when the seller did not say when it ended."""
        return bool(self.after_the_end) if self.ended_at else None

    def sentence(self, language: str = "en") -> str:
        """The round in words, in English or Chinese (``zh-CN``)."""
        words = _WORDS.get(language, _WORDS["en"])
        bleeding = {None: "unknown", True: "bleeding", False: "ended"}[self.bleeding]
        told = words["round"].format(
            number=self.number,
            new=len(self.new),
            possible=len(self.now_possible),
            shipped=len(self.shipped_meanwhile),
            cancelled=len(self.cancelled_meanwhile),
        )
        return told + words[bleeding].format(late=len(self.after_the_end))


def take_back_sheet(case: Case, path: Path, *, now: datetime) -> WorkedSheet:
    """Read the assistant's worked workbook and keep its answers in the case; the same file again changes nothing.

    Parameters
    ----------
    case : Case
    path : Path
        The workbook that came back.
    now : datetime with a zone
        When it was read.

    Returns
    -------
    WorkedSheet
        Its `conflicts` also name orders that this case never handed over, and those that are no longer in the sheet.

    Raises
    ------
    ReportError
        No workbook, or none with a to-do list.
    """
    language = case.settings.language
    sheet = read_worked_sheet(path, language)
    sheet = WorkedSheet(sheet.answers, (*sheet.conflicts, *_strangers(sheet, read_records(case.folder), language)))
    keep_return(case.folder, Return(now, "todo", path.name, sha256_of(path), sheet=sheet))
    return sheet


def _strangers(sheet: WorkedSheet, records: Iterable[ExportRecord], language: str) -> tuple[str, ...]:
    handed = [{item.order_id for item in record.items} for record in records]
    known = set().union(*handed)
    seen = set(sheet.order_ids)
    strange = [order for order in sheet.order_ids if order not in known]
    told = [tell("never_handed", language, orders=_some(strange))] if strange else []
    # the export that the sheet comes from: the newest with which it shares most orders
    source = max(reversed(handed), key=lambda orders: len(orders & seen), default=set[str]())
    gone = sorted(source - seen) if source & seen else []
    if gone:
        told.append(tell("rows_gone", language, count=len(gone), orders=_some(gone)))
    return tuple(told)


def _some(orders: Sequence[str]) -> str:
    return ", ".join(orders[:5]) + (" …" if len(orders) > 5 else "")


def take_back_processing_report(case: Case, path: Path, *, now: datetime) -> UploadAnswer:
    """Read Amazon's processing report, find the upload it answers, and keep the answer in the case.

    Raises
    ------
    ReportError
        Not a processing report, or none of this case's uploads.
    """
    answer = match_upload(path.name, read_processing_report(path), read_records(case.folder))
    kept = Return(now, "processing_report", path.name, sha256_of(path), upload=answer)
    return keep_return(case.folder, kept).upload or answer


def failed_keys(case: Case) -> tuple[str, ...]:
    """Order items whose cancellation Amazon refused, and did not accept in a later upload."""
    last: dict[str, bool] = {}
    for returned in read_returns(case.folder):
        if returned.upload:
            last |= dict.fromkeys(returned.upload.failed_keys, True)
            last |= dict.fromkeys((key for line in returned.upload.accepted for key in line.keys), False)
    return tuple(key for key, failed in last.items() if failed)


def upload_again(case: Case, *, now: datetime, progress: bool = False) -> Handover:
    """A cancellation file of only the failed lines, each item with its code where it is known.

    Raises
    ------
    ExportError
        No cancellation failed, or none of the failed can be cancelled any more.
    """
    keys = failed_keys(case)
    if not keys:
        raise ExportError("Nothing to upload again: no processing report of this case names a failed cancellation.")
    orders = case.orders
    again = named(orders, keys) & triage(orders).isin(["cancel", "buyer_asked"]).astype(bool)
    again &= ~named(orders, case.decisions.left_out)
    if not again.any():
        raise ExportError(
            f"Nothing to upload again: by the newest reports none of the {len(keys)} failed items can be cancelled any "
            "more (shipped, cancelled or left out meanwhile). The table of truth says what is left for each."
        )
    parts = (cancellations, buyer_cancellations)
    only = item_keys(orders)[again].tolist()
    return export(case, now=now, only=only, whole_orders="each_item", parts=parts, progress=progress)


def next_round(case: Case) -> Round:
    """What the newest reports change: new victims, orders that shipped meanwhile, and whether it still bleeds.

    The incident's rule is asked without its end, so that it finds what the promotion sold since; orders that the
    seller left out by hand stay out.
    """
    records, orders = read_records(case.folder), case.orders
    mask = touched(case, orders)
    words, keys = triage(orders), item_keys(orders)
    last = _last_handed(records)
    before = _handed_before(orders, last)
    fresh = mask & before.isna() & ~words.isin(["set_aside", "already_cancelled"]).astype(bool)
    ready = mask & (before == "wait").fillna(False).astype(bool)
    ready &= words.isin(["cancel", "ask_amazon", "buyer_asked"]).astype(bool)
    open_before = before.isin(["cancel", "ask_amazon", "wait", "buyer_asked"]).fillna(False).astype(bool)
    ended = ended_at(case)
    late = mask & (orders["purchase_date"] > pd.Timestamp(ended)) if ended else pd.Series(False, index=orders.index)
    return Round(
        _rounds(records) + 1,
        tuple(keys[fresh]),
        tuple(keys[ready]),
        _order_ids(orders, open_before & (words == "shipped").astype(bool)),
        _order_ids(orders, open_before & (words == "already_cancelled").astype(bool)),
        _order_ids(orders, late),
        ended,
    )


def touched(case: Case, orders: pd.DataFrame) -> pd.Series[bool]:
    """Order items that the open-ended rule touches or the seller put in, without those left out by hand."""
    decisions = case.decisions
    by_rule = affected(orders, case.filter.open_ended()) if case.incident else pd.Series(False, index=orders.index)
    return (by_rule | named(orders, decisions.added)) & ~named(orders, decisions.left_out)


def _order_ids(orders: pd.DataFrame, mask: pd.Series[bool]) -> tuple[str, ...]:
    return tuple(str(order) for order in orders.loc[mask, "order_id"].dropna().unique())


def _rounds(records: Iterable[ExportRecord]) -> int:
    """Exports that handed over somebody new; an upload repeated is no round."""
    seen: set[str] = set()
    count = 0
    for record in records:
        fresh = {item.order_id for item in record.items} - seen
        seen |= fresh
        count += bool(fresh)
    return count


def _last_handed(records: Iterable[ExportRecord]) -> dict[str, HandedItem]:
    return {item.key: item for record in records for item in record.items}


def _handed_before(orders: pd.DataFrame, last: dict[str, HandedItem]) -> pd.Series[str]:
    """Triage with which each item was last handed over, missing where it never was.

    A report with item ids may follow one without, or the other way round: then the key by SKU tells.
    """
    exact = {key: item.triage for key, item in last.items()}
    nameless = {item.sku_key: item.triage for item in last.values() if item.key == item.sku_key}
    by_sku = {item.sku_key: item.triage for item in last.values()}
    pairs = zip(item_keys(orders), sku_keys(orders), strict=True)
    found = [exact.get(key) or nameless.get(sku) or (by_sku.get(sku) if key == sku else None) for key, sku in pairs]
    return pd.Series(found, index=orders.index, dtype=TEXT, name="handed_as")
