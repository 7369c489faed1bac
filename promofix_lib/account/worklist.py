"""The order of work: what to do when, why, and with which orders, from stopping the bleed to deleting the data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from promofix_lib.account.recovery import Recovery
from promofix_lib.account.seller_orders import local_days
from promofix_lib.account.words import LANGUAGES, day_text
from promofix_lib.account.worklist_words import STEPS
from promofix_lib.triage import triage

TRIAL_ORDERS = 5
BATCH_ORDERS = 500
MORNING = time(9)
KEEP_DAYS = 30
"""Buyers' data is deleted after this many days."""


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Parameters
    ----------
    key : str
        Name of its done-state, the same each time the plan is made.
    when : datetime
        When to begin, in UTC.
    what, why : str
        In the seller's language.
    order_ids : tuple of str
        The orders it is about, in file order; empty when it is about all of them.
    """

    key: str
    when: datetime
    what: str
    why: str
    order_ids: tuple[str, ...] = ()


def plan_of_work(
    orders: pd.DataFrame,
    chosen: pd.Series[bool],
    *,
    now: datetime,
    zone: ZoneInfo,
    clock: Recovery | None = None,
    honoured: pd.Series[bool] | None = None,
    batch_orders: int = BATCH_ORDERS,
    orders_per_day: float | None = None,
    language: str = "en",
) -> tuple[Step, ...]:
    """The work of the next days in the order in which it should be done; steps without any order are left out.

    FBA orders come first because they ship soonest. Reports are saved before anything is cancelled because buyers'
    data vanishes for cancelled orders. Cancelling begins with a small batch. Messages stay within Amazon's daily
    quota.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    chosen : Series of bool
        Rows to cancel.
    now : datetime with a zone
        When the work begins.
    zone : ZoneInfo
        The seller's zone: mornings are mornings there.
    clock : Recovery, optional
        When to look whether the rate is back under the limit.
    honoured : Series of bool, optional
        Affected rows that are honoured; those that can still be shipped must be, in time.
    batch_orders : int
        Most orders in one cancellation file.
    orders_per_day : float, optional
        For the message quota; taken from the reports when left out.
    language : str
        ``en`` or ``zh-CN``.

    Returns
    -------
    tuple of Step
        In time order.

    Raises
    ------
    ValueError
        `now` without a zone.

    References
    ----------
    Seller Central help 200285210 (cancel rate), 200198080 (cancelling), TV8NTY5RM6N9LUN (writing to buyers).

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "A", "fulfillment_channel": "amazon", "order_status": "Unshipped",
    ...                        "quantity": 1, "purchase_date": "2026-11-20T09:00:00Z"}])
    >>> now = datetime(2026, 11, 21, 3, tzinfo=UTC)
    >>> steps = plan_of_work(orders, orders["order_id"] == "A", now=now, zone=ZoneInfo("UTC"))
    >>> [step.key for step in steps][:4]
    ['stop_bleed', 'save_reports', 'ask_amazon', 'letter_before']
    """
    if now.tzinfo is None:
        raise ValueError(f"{now} has no time zone: write it as 2026-11-21T03:00:00+00:00.")
    work = _Work(now.astimezone(UTC), zone, language)
    answers = _orders_by_answer(orders, chosen)
    to_cancel = answers.get("cancel", ())
    work.add("stop_bleed", timedelta())
    work.add("save_reports", timedelta(minutes=15))
    work.add("ask_amazon", timedelta(minutes=30), answers.get("ask_amazon", ()), needed=True)
    work.add("letter_before", timedelta(minutes=60))
    cancelled = _add_cancelling(work, to_cancel, batch_orders)
    quota = message_quota(orders, chosen, zone) if orders_per_day is None else 600 + int(5 * orders_per_day)
    _add_messages(work, to_cancel, quota, cancelled)
    work.add("letter_after", cancelled + timedelta(hours=2))
    keep = {} if honoured is None else _orders_by_answer(orders, honoured)
    work.add("ship", timedelta(hours=24), keep.get("cancel", ()), needed=True)
    _add_rounds(work, answers.get("wait", ()))
    work.add("shipped", work.morning(2), answers.get("shipped", ()), needed=True)
    _add_checks(work, clock, to_cancel)
    work.add("purge", work.morning(KEEP_DAYS))
    return tuple(sorted(work.steps, key=lambda step: step.when))


def message_quota(orders: pd.DataFrame, chosen: pd.Series[bool], zone: ZoneInfo) -> int:
    """Messages that Amazon lets the seller send in one day: 5 × average daily orders + 600.

    The average is taken over the whole days of the reports (not the first and the last), without the chosen orders,
    rounded down to whole orders.

    References
    ----------
    Amazon's seller forums (UK), announcement on the quota for buyer-seller messages.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": str(n), "purchase_date": f"2026-11-0{1 + n % 3}T09:00:00Z"}
    ...                       for n in range(60)])
    >>> message_quota(orders, orders["order_id"] == "", ZoneInfo("UTC"))
    700
    """
    known = orders["purchase_date"].notna() & ~chosen
    if not bool(known.any()):
        return 600
    days = local_days(orders.loc[known, "purchase_date"], zone.key)
    first_rows = ~orders.loc[known, "order_id"].duplicated().to_numpy(dtype=np.bool_)
    counts = np.bincount((days - days.min())[first_rows])[1:-1]
    return 600 + 5 * int(counts.mean() if len(counts) else 0)


def worklist_text(
    steps: Sequence[Step], zone: ZoneInfo, *, done: Collection[str] = (), language: str = "en", most_ids: int = 3
) -> str:
    """The plan as a checklist in plain text, times in the seller's zone, which is named.

    Examples
    --------
    >>> step = Step("stop_bleed", datetime(2026, 11, 21, 11, tzinfo=UTC), "End the promotion.", "It still sells.")
    >>> print(worklist_text([step], ZoneInfo("America/Los_Angeles")))
    Times in America/Los Angeles
    [ ] Sat 21 Nov 2026 03:00  End the promotion.
        It still sells.
    """
    lines = [_said("times_in", language).format(zone=zone.key.replace("_", " "))]
    for step in steps:
        at = step.when.astimezone(zone)
        mark = "x" if step.key in done else " "
        lines += [f"[{mark}] {day_text(at.date(), language)} {at:%H:%M}  {step.what}", f"    {step.why}"]
        if step.order_ids:
            more = len(step.order_ids) - most_ids
            rest = _said("and_more", language).format(n=more) if more > 0 else ""
            lines.append(f"    {', '.join(step.order_ids[:most_ids])}{rest}")
    return "\n".join(lines)


class _Work:
    """Steps as they are added, with the clock that they are counted from."""

    def __init__(self, now: datetime, zone: ZoneInfo, language: str) -> None:
        self.now, self.zone, self.language = now, zone, language
        self.steps: list[Step] = []

    def add(
        self, key: str, after: timedelta, order_ids: tuple[str, ...] = (), *, number: int = 0, needed: bool = False
    ) -> None:
        """Add a step; one that is `needed` only for some orders is left out when there are none."""
        if needed and not order_ids:
            return
        facts = {"n": len(order_ids), "number": number}
        what, why = (_said(f"{key}_{part}", self.language).format(**facts) for part in ("what", "why"))
        self.steps.append(Step(f"{key}_{number}" if number else key, self.now + after, what, why, order_ids))

    def morning(self, days: int) -> timedelta:
        """From now to nine in the morning, `days` days later, on the seller's clock."""
        local = self.now.astimezone(self.zone)
        at = datetime.combine(local.date() + timedelta(days=days), MORNING, self.zone)
        return at.astimezone(UTC) - self.now


def _add_cancelling(work: _Work, order_ids: tuple[str, ...], batch_orders: int) -> timedelta:
    after = timedelta(minutes=75)
    if not order_ids:
        return after
    trial, rest = order_ids[:TRIAL_ORDERS], order_ids[TRIAL_ORDERS:]
    work.add("cancel_trial", after, trial)
    for number, start in enumerate(range(0, len(rest), batch_orders), start=1):
        after += timedelta(minutes=45)
        work.add("cancel", after, rest[start : start + batch_orders], number=number)
    return after + timedelta(minutes=30)


def _add_messages(work: _Work, order_ids: tuple[str, ...], quota: int, after: timedelta) -> None:
    for number, start in enumerate(range(0, len(order_ids), quota), start=1):
        when = after if number == 1 else max(work.morning(number - 1), after)
        work.add("message", when, order_ids[start : start + quota], number=number)


def _add_rounds(work: _Work, waiting: tuple[str, ...]) -> None:
    for number, days in enumerate((1, 3, 7), start=1):
        work.add("round", work.morning(days), waiting, number=number)


def _add_checks(work: _Work, clock: Recovery | None, to_cancel: tuple[str, ...]) -> None:
    if clock is None or not to_cancel:
        return
    days = [day for day in (clock.earliest, clock.likely, clock.latest, clock.clear_day) if day is not None]
    today = work.now.astimezone(work.zone).date()
    wanted = sorted({(day - today).days for day in days if day > today} | {4})
    for number, ahead in enumerate(wanted, start=1):
        work.add("check_rate", work.morning(ahead), clock.order_ids, number=number)


def _orders_by_answer(orders: pd.DataFrame, chosen: pd.Series[bool]) -> dict[str, tuple[str, ...]]:
    rows = orders.loc[chosen & orders["order_id"].notna(), ["order_id"]].assign(word=triage(orders))
    return {str(word): tuple(dict.fromkeys(some["order_id"])) for word, some in rows.groupby("word", sort=False)}


def _said(key: str, language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}.")
    return STEPS[key][LANGUAGES.index(language)]
