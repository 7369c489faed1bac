"""The recovery clock: on which day the cancel rate is under the limit again, as a band and not as one date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from promofix_lib.account.rate import LIMIT, WINDOW_DAYS, daily_counts, over
from promofix_lib.account.seller_orders import Flags, SellerOrders, Whole, as_date, as_number
from promofix_lib.account.words import day_text, say, short_percent

LEAST_DAYS = 3
"""Whole days of one weekday that it takes to learn from that weekday alone."""

PATHS = 2000
BAND = (0.1, 0.9)
SHOWN_BEFORE = 14  # days before the first chosen order that the chart shows


@dataclass(frozen=True, eq=False)
class UsualVolume:
    """The seller's own whole days, without the chosen orders: what a coming day may look like.

    Parameters
    ----------
    days : array of int64
        Days since 1970-01-01, in the marketplace's zone.
    orders, unsure : array of int64
        Seller-fulfilled orders of that day, and of these the cancellations that no report explains.
    last_day : date
        Last day of the reports; the first day to guess is the next.
    """

    days: Whole
    orders: Whole
    unsure: Whole
    last_day: date

    @property
    def known(self) -> bool:
        """Whether there is any whole day to learn from."""
        return len(self.days) > 0

    @property
    def average(self) -> float:
        """Orders per day; 0.0 when there is no whole day."""
        return float(self.orders.mean()) if self.known else 0.0

    def paths(self, horizon: int, *, paths: int = PATHS, seed: int = 0) -> tuple[Whole, Whole]:
        """Futures of `horizon` days: each day is drawn from past days of the same weekday, else from all days.

        Returns
        -------
        orders, unsure : array of int64
            One row per future, one column per day. Without a known day all are zero.
        """
        if not self.known:
            return np.zeros((paths, horizon), dtype=np.int64), np.zeros((paths, horizon), dtype=np.int64)
        random = np.random.default_rng(seed)
        first = as_number(self.last_day) + 1
        picks = np.column_stack([random.choice(self._like(first + ahead), paths) for ahead in range(horizon)])
        return self.orders[picks], self.unsure[picks]

    def at_least(self, horizon: int = WINDOW_DAYS - 1, *, quantile: float = BAND[0]) -> tuple[int, ...]:
        """Orders that the first 1, 2, … `horizon` coming days bring together in nine of ten futures."""
        sums = np.cumsum(self.paths(horizon)[0], axis=1)
        return tuple(int(n) for n in np.quantile(sums, quantile, axis=0, method="lower"))

    def _like(self, day: int) -> npt.NDArray[np.intp]:
        same = np.flatnonzero((self.days - day) % 7 == 0)
        return same if len(same) >= LEAST_DAYS else np.arange(len(self.days))


def usual_volume(book: SellerOrders, chosen: pd.Series[bool] | None = None) -> UsualVolume:
    """The seller's usual days: whole days of the reports (not the first and the last), without the chosen orders.

    Parameters
    ----------
    book : SellerOrders
        From `seller_orders`.
    chosen : Series of bool, optional
        Rows of the incident; their orders are no usual volume.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> from promofix_lib.account.seller_orders import seller_orders
    >>> row = {"fulfillment_channel": "merchant", "sales_channel": "Amazon.co.uk", "quantity": 1}
    >>> orders = order_table([{"order_id": str(n), "purchase_date": f"2026-06-0{1 + n // 4}T12:00:00Z", **row}
    ...                       for n in range(16)])
    >>> usual_volume(seller_orders(orders)[0], orders["order_id"] == "5").orders.tolist()
    [3, 4]
    """
    touched = book.with_chosen(chosen)
    first, size = as_number(book.first_day), (book.last_day - book.first_day).days + 1
    usual = ~touched & ~book.sure
    orders = np.bincount(book.days[usual] - first, minlength=size)
    unsure = np.bincount(book.days[usual & book.unsure] - first, minlength=size)
    whole = slice(1, max(size - 1, 1))
    return UsualVolume(np.arange(first, first + size)[whole], orders[whole], unsure[whole], book.last_day)


@dataclass(frozen=True, eq=False)
class Recovery:
    """When the rate is under the limit again, as far as the chosen orders are concerned.

    Parameters
    ----------
    zone_name : str
        Zone of all days.
    limit : Fraction
        The rate must stay under it.
    risk : float
        Share of futures in which the high reading is not under the limit on some day before `clear_day`.
    usual_risk : float
        The same for the days from `clear_day` on: what unexplained cancellations do without the chosen orders.
    earliest, likely, latest : date or None
        First day whose seven days, and all later ones, are under the limit, or `clear_day`, whichever is first.
        `earliest`: one future in ten of the low reading is that quick; `likely`: half the futures of the high reading;
        `latest`: nine in ten of the high reading. The day of the first chosen order when never over. None when nothing
        is chosen.
    clear_day : date or None
        First day on which no window holds a chosen order any more: certain, whatever is sold.
    days : DataFrame
        Index ``day``; ``low``, ``likely``, ``high`` (rates: one future in ten of the low reading, half and nine in
        ten of the high reading), ``known`` (the day is in the reports) and ``complete`` (the reports reach back over
        all seven days).
    order_ids : tuple of str
        The orders that cancelling the selection adds.
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
    clear_day: date | None
    days: pd.DataFrame
    order_ids: tuple[str, ...]
    volume_known: bool

    @property
    def shown_until(self) -> pd.Timestamp:
        """Last day worth drawing: a week after the reports, and some days after the rate is well again."""
        known = self.days.index[self.days["known"].to_numpy(dtype=bool)][-1] + pd.Timedelta(days=WINDOW_DAYS)
        well = known if self.clear_day is None else pd.Timestamp(self.clear_day) + pd.Timedelta(days=6)
        return min(max(known, well), self.days.index[-1])

    def sentence(self, language: str = "en") -> str:
        """The clock in one sentence."""
        zone, limit = self.zone_name.replace("_", " "), short_percent(self.limit)
        texts = [say(self._key(), language, limit=limit, zone=zone, n=round(self.risk * 100), **self._days(language))]
        if self.usual_risk > 1 - BAND[1] and self.order_ids:
            texts.append(say("usual_risk", language, n=round(self.usual_risk * 100)))
        if not self.volume_known:
            texts.append(say("recovery_unknown_volume", language))
        return (" " if language == "en" else "").join(texts)

    def _key(self) -> str:
        if self.risk <= 1 - BAND[1]:
            return "never_over"
        if self.risk < 0.5:
            return "may_be_over"
        return "recovery_sure" if self.earliest == self.latest == self.clear_day else "recovery"

    def _days(self, language: str) -> dict[str, str]:
        days = {"earliest": self.earliest, "likely": self.likely, "latest": self.latest, "clear": self.clear_day}
        return {name: "–" if day is None else day_text(day, language) for name, day in days.items()}


def recovery(
    book: SellerOrders,
    chosen: pd.Series[bool],
    *,
    usual: UsualVolume | None = None,
    limit: Fraction = LIMIT,
    horizon: int = 30,
    paths: int = PATHS,
    seed: int = 0,
) -> Recovery:
    """When the cancel rate is back under the limit if the chosen rows are cancelled and business goes on as usual.

    Cancellations count on the day of the order, so the clock runs from the last affected order, not from the day of
    cancelling. Coming days are drawn from the seller's own days (a bootstrap within the weekday), orders and
    unexplained cancellations together. The last day of the reports counts as it is, also when it is cut short.

    Parameters
    ----------
    book : SellerOrders
        From `seller_orders`.
    chosen : Series of bool
        Rows of the order table to cancel.
    usual : UsualVolume, optional
        ``usual_volume(book, chosen)`` when left out.
    limit : Fraction
        The rate must stay under it.
    horizon : int
        Days to look ahead after the last day of the reports, beyond the day that is certain.
    paths, seed : int
        How many futures, and the seed that makes them the same every time.

    References
    ----------
    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979), 1-26.
    """
    touched = book.with_chosen(chosen)
    usual = usual or usual_volume(book, chosen)
    start, clear = _span(book, touched)
    futures = _futures(book, touched, usual.paths(horizon, paths=paths, seed=seed), start - SHOWN_BEFORE)
    inside, later = slice(start - futures.first, clear - futures.first), slice(clear - futures.first, None)
    low, high = futures.over(limit)
    back_low, back_high = _first_day_under(low[:, inside]), _first_day_under(high[:, inside])
    chosen_any = bool(touched.any())

    def day(back: Whole, quantile: float) -> date | None:
        method: Literal["higher", "lower"] = "higher" if quantile >= 0.5 else "lower"
        return as_date(start + int(np.quantile(back, quantile, method=method))) if chosen_any else None

    return Recovery(
        zone_name=book.zone_name,
        limit=limit,
        risk=float(high[:, inside].any(axis=1).mean()),
        usual_risk=float(high[:, later].any(axis=1).mean()),
        earliest=day(back_low, BAND[0]),
        likely=day(back_high, 0.5),
        latest=day(back_high, BAND[1]),
        clear_day=as_date(clear) if chosen_any else None,
        days=futures.band(),
        order_ids=book.ids(touched),
        volume_known=usual.known,
    )


def _span(book: SellerOrders, touched: Flags) -> tuple[int, int]:
    if not touched.any():
        return as_number(book.last_day), as_number(book.last_day) + 1
    return int(book.days[touched].min()), int(book.days[touched].max()) + WINDOW_DAYS


@dataclass(frozen=True, eq=False)
class _Futures:
    """Seven-day sums: one row per future, one column per day from `first`; `known` of them are in the reports."""

    reports_begin: int
    first: int
    known: int
    counted: Whole
    orders: Whole
    cancelled: Whole
    verified: Whole

    def over(self, limit: Fraction) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        return over(self.counted, self.orders, limit), over(self.cancelled, self.verified, limit)

    def band(self) -> pd.DataFrame:
        low = np.quantile(_shares(self.counted, self.orders), BAND[0], axis=0)
        likely, high = np.quantile(_shares(self.cancelled, self.verified), [0.5, BAND[1]], axis=0)
        size = len(low)
        days = pd.to_datetime(np.arange(self.first, self.first + size), unit="D")
        ahead = np.arange(size)
        complete = self.first + ahead - WINDOW_DAYS + 1 >= self.reports_begin
        columns = {"low": low, "likely": likely, "high": high, "known": ahead < self.known, "complete": complete}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(days, name="day"))


def _futures(book: SellerOrders, touched: Flags, coming: tuple[Whole, Whole], first: int) -> _Futures:
    reports_begin, reports_end = as_number(book.first_day), as_number(book.last_day)
    first = max(first, reports_begin)
    head = max(first - WINDOW_DAYS + 1, reports_begin)  # days that only the first windows reach back to
    daily = {name: counts[head - reports_begin :] for name, counts in daily_counts(book, touched).items()}
    more, unexplained = coming

    def window(known: Whole, future: Whole) -> Whole:
        return _windows(known, future)[:, first - head :]

    return _Futures(
        reports_begin=reports_begin,
        first=first,
        known=reports_end - first + 1,
        counted=window(daily["counted"], np.zeros_like(more)),
        orders=window(daily["orders"], more),
        cancelled=window(daily["counted"] + daily["unsure"], unexplained),
        verified=window(daily["orders"] - daily["pending"], more),
    )


def _windows(known: Whole, coming: Whole) -> Whole:
    days = np.concatenate([np.broadcast_to(known, (len(coming), len(known))), coming], axis=1)
    sums = np.concatenate([np.zeros((len(days), WINDOW_DAYS), dtype=np.int64), np.cumsum(days, axis=1)], axis=1)
    return sums[:, WINDOW_DAYS:] - sums[:, :-WINDOW_DAYS]


def _first_day_under(over_limit: npt.NDArray[np.bool_]) -> Whole:
    size = over_limit.shape[1]
    last = size - 1 - np.argmax(over_limit[:, ::-1], axis=1)
    return np.where(over_limit.any(axis=1), last + 1, 0)


def _shares(part: Whole, whole: Whole) -> npt.NDArray[np.float64]:
    # days without orders have no rate; they can not be over the limit
    return part / np.maximum(whole, 1)
