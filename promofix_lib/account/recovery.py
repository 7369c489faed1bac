"""The recovery clock: on which day the cancel rate is under the limit again, as a band and not as one date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.account.rate import LIMIT, WINDOW_DAYS, over, seven_days, short_percent
from promofix_lib.account.seller_orders import Flags, Reading, SellerOrders, Whole, as_date
from promofix_lib.rules import rule
from promofix_lib.say import Told, told, zone_text

SURE = float(rule("recovery.sure"))
FUTURES: int = rule("recovery.futures")
SHOWN_BEFORE = 14  # days before the first cancelled order that the chart shows


@dataclass(frozen=True, eq=False)
class UsualVolume:
    """The seller's own whole days, without the affected orders: what a coming day may look like.

    Parameters
    ----------
    days : array of int64
        Days since 1970-01-01, in the marketplace's zone.
    orders, unsure : array of int64
        Seller-fulfilled orders of that day, and of these the cancellations that nothing explains.
    last : int
        Last day of the reports; the first day to guess is the next.
    """

    days: Whole
    orders: Whole
    unsure: Whole
    last: int

    def futures(self, horizon: int, count: int = FUTURES) -> tuple[Whole, Whole]:
        """`count` futures of `horizon` days: each day drawn from past days of the same weekday, else from all days.

        The seed is fixed: the same reports give the same answer.

        Returns
        -------
        orders, unsure : array of int64
            One row per future, one column per day. Without a known day all are zero.
        """
        if not self.days.size:
            return np.zeros((count, horizon), dtype=np.int64), np.zeros((count, horizon), dtype=np.int64)
        random = np.random.default_rng(0)
        picks = np.column_stack([random.choice(self._like(self.last + 1 + day), count) for day in range(horizon)])
        return self.orders[picks], self.unsure[picks]

    def at_least(self) -> tuple[int, ...]:
        """Orders that the first 1, 2, … 6 coming days bring together in nine of ten futures."""
        sums = np.cumsum(self.futures(WINDOW_DAYS - 1)[0], axis=1)
        return tuple(int(n) for n in np.quantile(sums, 1 - SURE, axis=0, method="lower"))

    def _like(self, day: int) -> npt.NDArray[np.intp]:
        same = np.flatnonzero((self.days - day) % 7 == 0)
        return same if len(same) >= rule("recovery.same_weekday") else np.arange(len(self.days))


def usual_volume(book: SellerOrders, affected: Flags) -> UsualVolume:
    """The seller's usual days: whole days of the reports (not the first and the last), without the affected orders.

    Parameters
    ----------
    book : SellerOrders
    affected : array of bool
        Orders of `book` that the mistake touched: they are no usual volume.
    """
    usual = ~affected & ~book.sure
    days, orders, unsure = np.arange(book.first, book.last + 1), book.per_day(usual), book.per_day(usual & book.unsure)
    return UsualVolume(days[1:-1], orders[1:-1], unsure[1:-1], book.last)


@dataclass(frozen=True, eq=False)
class Recovery:
    """When the rate is under the limit again, as far as the affected orders are concerned.

    Parameters
    ----------
    zone_name : str
        Zone of all days.
    limit : Fraction
        The rate must stay under it.
    risk : float
        Share of futures in which the high reading is not under the limit on some day before `certain`.
    usual_risk : float
        The same for the days from `certain` on: what unexplained cancellations do without the affected orders.
    earliest, likely, latest : date or None
        First day whose seven days, and all later ones, are under the limit, or `certain`, whichever is first.
        `earliest`: one future in ten of the low reading is that quick; `likely`: half the futures of the high reading;
        `latest`: nine in ten of the high reading. The day of the first cancelled order when never over. None when
        nothing is cancelled.
    certain : date or None
        First day on which no window holds a cancelled order of the incident any more, whatever is sold.
    days : DataFrame
        Index ``day``; ``low``, ``likely``, ``high`` (rates: one future in ten of the low reading, half and nine in
        ten of the high reading), ``known`` (the day is in the reports) and ``complete`` (the reports reach back over
        all seven days).
    order_ids : tuple of str
        The orders of the incident that are or will be cancelled.
    volume_known : bool
        False: there was no whole day to learn from, no coming orders are counted on.
    """

    zone_name: str
    limit: Fraction
    risk: float
    usual_risk: float
    earliest: date | None
    likely: date | None
    latest: date | None
    certain: date | None
    days: pd.DataFrame
    order_ids: tuple[str, ...]
    volume_known: bool

    @property
    def shown_until(self) -> pd.Timestamp:
        """Last day worth drawing: a week after the reports, and some days after the rate is well again."""
        known = self.days.index[self.days["known"].to_numpy(dtype=bool)][-1] + pd.Timedelta(days=WINDOW_DAYS)
        well = known if self.certain is None else pd.Timestamp(self.certain) + pd.Timedelta(days=6)
        return min(max(known, well), self.days.index[-1])

    def told(self) -> tuple[Told, ...]:
        """The clock in one to three sentences; none when nothing is cancelled."""
        if self.certain is None:
            return ()
        zone = zone_text(self.zone_name)
        facts: dict[str, Any] = {name: getattr(self, name) for name in ("earliest", "likely", "latest", "certain")}
        back = "account.back_sure" if self.earliest == self.latest == self.certain else "account.back_between"
        over_or_not = "account.never_over" if self.risk <= 1 - SURE else "account.may_be_over"
        key = back if self.risk >= 0.5 else over_or_not
        texts = [told(key, limit=short_percent(self.limit), zone=zone, hundred=round(self.risk * 100), **facts)]
        if self.usual_risk > 1 - SURE:
            texts.append(told("account.usual_risk", hundred=round(self.usual_risk * 100)))
        if not self.volume_known:
            texts.append(told("account.usual_unknown"))
        return tuple(texts)


def recovery(
    book: SellerOrders,
    added: Flags,
    *,
    usual: UsualVolume,
    already: Flags | None = None,
    limit: Fraction = LIMIT,
) -> Recovery:
    """When the cancel rate is back under the limit if the orders `added` are cancelled and business goes on as usual.

    Cancellations count on the day of the order, so the clock runs from the last affected order, not from the day of
    cancelling. Coming days are drawn from the seller's own days (a bootstrap within the weekday), orders and
    unexplained cancellations together. The last day of the reports counts as it is, also when it is cut short.

    Parameters
    ----------
    book : SellerOrders
    added : array of bool
        Orders to cancel on top of what is cancelled.
    usual : UsualVolume
        From `usual_volume`.
    already : array of bool, optional
        Orders of the incident that are cancelled already, whoever did it: the clock runs for them too.
    limit : Fraction
        The rate must stay under it.

    References
    ----------
    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979), 1-26.
    """
    mine = added | book.sure if already is None else added | book.sure | already
    some = bool(mine.any())
    start, certain = (book.last, book.last + 1)
    if some:
        start, certain = int(book.days[mine].min()), int(book.days[mine].max()) + WINDOW_DAYS
    first = max(start - SHOWN_BEFORE, book.first)
    coming = usual.futures(max(certain - book.last, 0) + rule("recovery.days_ahead"))
    of_low, of_high = _futures(book, "low", added, coming, first), _futures(book, "high", added, coming, first)
    inside, later = slice(start - first, certain - first), slice(certain - first, None)
    low, high = over(*of_low, limit), over(*of_high, limit)

    def day(over_limit: Flags, quantile: float) -> date | None:
        back = np.quantile(_first_day_under(over_limit[:, inside]), quantile, method="higher")
        return as_date(start + int(back)) if some else None

    return Recovery(
        zone_name=book.zone_name,
        limit=limit,
        risk=float(high[:, inside].any(axis=1).mean()),
        usual_risk=float(high[:, later].any(axis=1).mean()),
        earliest=day(low, 1 - SURE),
        likely=day(high, 0.5),
        latest=day(high, SURE),
        certain=as_date(certain) if some else None,
        days=_band(book, of_low, of_high, first),
        order_ids=book.ids(mine),
        volume_known=bool(usual.days.size),
    )


def _futures(
    book: SellerOrders, reading: Reading, added: Flags, coming: tuple[Whole, Whole], first: int
) -> tuple[Whole, Whole]:
    """Seven-day sums of cancelled and of all orders: one row per future, one column per day from `first`."""
    head = max(first - WINDOW_DAYS + 1, book.first)  # days that only the first windows reach back to
    more, unexplained = coming
    future = {"low": np.zeros_like(more), "high": unexplained}[reading], more

    def window(flags: Flags, ahead: Whole) -> Whole:
        known = book.per_day(flags)[head - book.first :]
        days = np.concatenate([np.broadcast_to(known, (len(ahead), len(known))), ahead], axis=1)
        return seven_days(days)[:, first - head :]

    cancelled, orders = map(window, book.read(reading, added), future)
    return cancelled, orders


def _band(book: SellerOrders, of_low: tuple[Whole, Whole], of_high: tuple[Whole, Whole], first: int) -> pd.DataFrame:
    of_low_rate, of_high_rate = (part / np.maximum(whole, 1) for part, whole in (of_low, of_high))  # no orders: no rate
    low = np.quantile(of_low_rate, 1 - SURE, axis=0)
    likely, high = np.quantile(of_high_rate, [0.5, SURE], axis=0)
    days = first + np.arange(len(low))
    complete = days - WINDOW_DAYS + 1 >= book.first
    columns = {"low": low, "likely": likely, "high": high, "known": days <= book.last, "complete": complete}
    return pd.DataFrame(columns, index=pd.DatetimeIndex(pd.to_datetime(days, unit="D"), name="day"))


def _first_day_under(over_limit: Flags) -> Whole:
    last = over_limit.shape[1] - 1 - np.argmax(over_limit[:, ::-1], axis=1)
    return np.where(over_limit.any(axis=1), last + 1, 0)
