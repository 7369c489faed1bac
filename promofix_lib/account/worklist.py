"""The order of work: what to do when, why, and with which orders, from stopping the bleed to deleting the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from promofix_lib.account.recovery import Recovery
from promofix_lib.account.seller_orders import local_days
from promofix_lib.case.settings import Settings
from promofix_lib.rules import rule
from promofix_lib.say import Told, told
from promofix_lib.status.rows import OrderRow
from promofix_lib.status.status import Status

SPARE = timedelta(hours=1)
"""How long before its deadline a step begins at the latest."""

_STEPS: dict[str, dict[str, Any]] = rule("work.steps")

_TO_CANCEL = ("confirm_end", "hand_over", "upload", "upload_again")
_CANCELLED_BY_FILE = ("cancel", "buyer_asked")
_TO_ASK = ("confirm_end", "hand_over", "ask_amazon")


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Parameters
    ----------
    key : str
        Its name, the same each time the plan is made.
    when : datetime
        When to begin, in the seller's zone.
    what, why : Told
    order_ids : tuple of str
        The orders it is about, the most urgent first; empty when it is about all of them.
    urgent : Told or None
        The first deadline among them in words: "ships in 5 h".
    page : int or None
        The notebook in which it is done; None when it is done in Seller Central.
    """

    key: str
    when: datetime
    what: Told
    why: Told
    order_ids: tuple[str, ...] = ()
    urgent: Told | None = None
    page: int | None = None


def plan_of_work(
    status: Status,
    now: datetime,
    settings: Settings,
    *,
    zone: ZoneInfo,
    clock: Recovery | None = None,
) -> tuple[Step, ...]:
    """The work of the next days in the order in which it should be done; what is done or has no order is left out.

    A deadline decides: what ships soonest comes first. Otherwise FBA orders come first because they ship soonest,
    reports are saved before anything is cancelled because buyers' data vanishes for cancelled orders, cancelling goes
    file by file as the export cuts them, and messages stay within Amazon's daily quota.

    Parameters
    ----------
    status : Status
        Where every order stands.
    now : datetime with a zone
        When the work begins.
    settings : Settings
        How many orders one cancellation file holds, how many orders a day are usual.
    zone : ZoneInfo
        The seller's zone: mornings are mornings there.
    clock : Recovery, optional
        When to look whether the rate is back under the limit.

    Raises
    ------
    ValueError
        `now` without a zone.

    References
    ----------
    Seller Central help 200285210 (cancel rate), 200198080 (cancelling), TV8NTY5RM6N9LUN (writing to buyers).
    """
    if now.tzinfo is None:
        raise ValueError(f"{now} has no time zone: write it as 2026-11-21T03:00:00+00:00.")
    rows = status.rows
    to_cancel = status.rows_of(triage="cancel", next=_TO_CANCEL)
    to_ask = status.rows_of(triage="ask_amazon", next=_TO_ASK)
    wished = [row for row in status.rows_of(triage="buyer_asked", next=_TO_CANCEL) if row.next != "upload_again"]
    waiting = [row for row in rows if row.triage == "wait" and row.state != "left_out"]
    work = _Work(now, zone)
    work.add("still_selling", rows=status.rows_of(order_id=status.gate.after_end))
    if not status.gate.open and not status.gate.after_end and (to_cancel or wished or to_ask or waiting):
        work.add("stop_bleed", always=True)
    work.add("settle_conflict", rows=status.rows_of(next="settle_conflict"))
    work.add("save_reports", rows=_of_no_known_buyer(status, to_cancel))
    work.add("ask_amazon", rows=to_ask)
    work.add("letter_before", always=bool(to_cancel or to_ask) and not status.known_cancelled)
    work.add("hand_over", rows=status.rows_of(order_id=status.to_hand_over))
    work.add("withdraw", rows=status.rows_of(order_id=status.withdrawn))
    work.add("cancel_again", _minutes("cancel"), status.rows_of(triage=_CANCELLED_BY_FILE, next="upload_again"))
    work.add("cancel_wished", _minutes("cancel"), wished)
    done = _add_cancelling(work, [row for row in to_cancel if row.next != "upload_again"], settings.batch_size)
    to_write = [row for row in rows if row.next == "write_buyer" or (row.triage == "cancel" and row.next in _TO_CANCEL)]
    _add_messages(work, to_write, message_quota(status, zone, settings.usual_orders_per_day), done)
    healing = bool(status.known_cancelled and clock and clock.certain and clock.certain > work.now.date())
    work.add("letter_after", done + _minutes("letter_after"), always=bool(to_cancel) or healing)
    work.add("ship", rows=status.rows_of(next="ship"))
    if to_cancel or wished or to_ask or waiting or not status.gate.open:
        look = "round" if waiting else "look"
        for number, days in enumerate(rule("work.look_again_after_days"), start=1):
            work.add(look, work.morning(days), waiting, number=number, always=True, ships=False)
    work.add("decide", work.morning(2), status.rows_of(next="decide"))
    if clock is not None:
        _add_checks(work, clock, bool(to_cancel))
    work.add("purge", _until_purge(work, status), always=bool(rows))
    return work.in_order()


def message_quota(status: Status, zone: ZoneInfo, orders_per_day: float = 0) -> int:
    """Messages that Amazon lets the seller send in one day: 5 × average daily orders + 600.

    The average is taken over the whole days of the reports (not the first and the last), without the affected orders,
    rounded down to whole orders, unless the seller told it.

    Parameters
    ----------
    status : Status
    zone : ZoneInfo
    orders_per_day : float
        What the seller told; 0 when nothing was.

    References
    ----------
    Amazon's seller forums (UK), announcement on the quota for buyer-seller messages.
    """
    base, each = rule("messages.each_day"), rule("messages.per_daily_order")
    if orders_per_day:
        return int(base + int(each * orders_per_day))
    orders = status.book.orders
    rows = orders.loc[orders["purchase_date"].notna().to_numpy() & ~status.chosen, ["order_id", "purchase_date"]]
    days = local_days(rows["purchase_date"], zone.key)[~rows["order_id"].duplicated().to_numpy(dtype=np.bool_)]
    counts = np.bincount(days - days.min())[1:-1] if len(days) else days
    return int(base + each * int(counts.mean() if len(counts) else 0))


def page_of(step: str) -> int | None:
    """The notebook in which a step of the order of work, or the next step of an order, is done.

    Examples
    --------
    >>> page_of("decide"), page_of("ship")
    (4, None)
    """
    page: int | None = _STEPS.get(step, {}).get("page")
    return page


def _until_purge(work: _Work, status: Status) -> timedelta:
    """From now to the morning on which buyers' data has been kept long enough, or to the last message."""
    newest = status.book.orders["purchase_date"].max()
    kept = work.now.date() - (work.now if pd.isna(newest) else newest.astimezone(work.zone)).date()
    morning = work.morning(rule("buyers_data.keep_days") + 1 - kept.days)  # the whole day of the newest order is over
    messages = (step.when for step in work.steps if step.key.startswith("message"))
    return max([morning, *(when.astimezone(UTC) - work.now.astimezone(UTC) for when in messages)])


def _of_no_known_buyer(status: Status, rows: Sequence[OrderRow]) -> list[OrderRow]:
    """Orders whose buyer no report names: once they are cancelled no report will."""
    orders = status.book.orders
    named = orders["buyer_name"].notna() | orders["buyer_email"].notna()
    known = set(orders.loc[named, "order_id"])
    return [row for row in rows if row.order_id not in known]


def _minutes(key: str) -> timedelta:
    return timedelta(minutes=_STEPS[key]["minutes"])


class _Work:
    """Steps as they are added, with the clock that they are counted from."""

    def __init__(self, now: datetime, zone: ZoneInfo) -> None:
        self.now = now.astimezone(zone)
        self.zone = zone
        self.steps: list[Step] = []

    def add(
        self,
        key: str,
        after: timedelta | None = None,
        rows: Sequence[OrderRow] = (),
        *,
        number: int = 0,
        always: bool = False,
        ships: bool = True,
    ) -> None:
        """Add a step about some orders, early enough for their deadline; about none only when it is `always` done."""
        if not rows and not always:
            return
        due = min((row.ship_by for row in rows if row.ship_by is not None and ships), default=None)
        begin = self.now.astimezone(UTC) + (_minutes(key) if after is None else after)
        begin = begin if due is None else max(self.now, min(begin, due - SPARE))
        facts = {"n": len(rows)} | ({"number": number} if number else {})
        self.steps.append(
            Step(
                key=f"{key}_{number}" if number else key,
                when=begin.astimezone(self.zone),
                what=told(f"account.{key}_what", **facts),
                why=told(f"account.{key}_why"),
                order_ids=tuple(row.order_id for row in rows),
                urgent=self._urgent(due) if due else None,
                page=page_of(key),
            )
        )

    def _urgent(self, due: datetime) -> Told:
        hours = int((due - self.now) / timedelta(hours=1))
        if due <= self.now:
            return told("account.overdue", since=due.astimezone(self.zone))
        if hours < 48:
            return told("account.ships_in_hours", n=hours)
        return told("account.ships_by", by=due.astimezone(self.zone))

    def morning(self, days: int) -> timedelta:
        """From now to nine in the morning, `days` days later, on the seller's clock."""
        at = datetime.combine(self.now.date() + timedelta(days=days), time(rule("work.morning")), self.zone)
        return at.astimezone(UTC) - self.now.astimezone(UTC)

    def in_order(self) -> tuple[Step, ...]:
        """The steps by time, what a cancellation needs before it."""
        moved = self.steps
        first = min((step.when for step in moved if step.key.startswith("cancel")), default=None)
        if first is not None:
            before = {key for key, facts in _STEPS.items() if facts.get("before_cancelling")}
            moved = [replace(step, when=min(step.when, first)) if step.key in before else step for step in moved]
        return tuple(sorted(moved, key=lambda step: step.when))


def _add_cancelling(work: _Work, rows: Sequence[OrderRow], orders_per_file: int) -> timedelta:
    """A step per cancellation file, as the export cuts them; the first of several shows that Amazon takes it."""
    after, size = _minutes("cancel"), orders_per_file or len(rows)
    for number, start in enumerate(range(0, len(rows), max(size, 1)), start=1):
        part, trial = rows[start : start + size], number == 1 and size < len(rows)
        work.add("cancel_trial" if trial else "cancel", after, part, number=0 if trial else number)
        after += _minutes("next_batch" if start + size < len(rows) else "message")
    return after


def _add_messages(work: _Work, rows: Sequence[OrderRow], quota: int, after: timedelta) -> None:
    for number, start in enumerate(range(0, len(rows), quota), start=1):
        when = after if number == 1 else max(work.morning(number - 1), after)
        work.add("message", when, rows[start : start + quota], number=number, ships=False)


def _add_checks(work: _Work, clock: Recovery, cancelling: bool) -> None:
    """A look at Account Health on each day on which the clock expects a change."""
    changes = (day for day in (clock.earliest, clock.likely, clock.latest, clock.certain) if day is not None)
    ahead = {(day - work.now.date()).days for day in changes} | ({4} if cancelling else set())
    for number, days in enumerate(sorted(n for n in ahead if n > 0), start=1):
        work.add("check_rate", work.morning(days), number=number, always=True)
