"""Orders per hour with no gaps, and what is usual for that hour. It is drawn for the eye; prices decide, not counts."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_HOUR = pd.Timedelta(hours=1)
_BUSY = 3.0  # a day of so many times the usual orders does not say what is usual
_BAND = 2.576  # 99 of 100 ordinary hours lie inside


def hourly_orders(orders: pd.DataFrame, zone: ZoneInfo) -> pd.Series[int]:
    """Orders per hour of the clock in `zone`, every hour from the first order to the last one, empty hours as 0.

    An order with several items counts once, in the hour it was bought. On the night the clocks go forward the missing
    hour is missing, on the night they go back the hour that comes twice is there twice.

    Parameters
    ----------
    orders : DataFrame
        Order table; rows without a purchase date are left out.
    zone : ZoneInfo
        The marketplace's time zone.

    Returns
    -------
    Series
        Number of orders, named ``orders``; index: start of each hour, with `zone`.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "A", "purchase_date": "2026-03-29T00:30:00Z"},
    ...                       {"order_id": "A", "purchase_date": "2026-03-29T00:30:00Z"},
    ...                       {"order_id": "B", "purchase_date": "2026-03-29T02:10:00Z"}])
    >>> hours = hourly_orders(orders, ZoneInfo("Europe/Berlin"))
    >>> [(str(hour), count) for hour, count in hours.items()]
    [('2026-03-29 01:00:00+01:00', 1), ('2026-03-29 03:00:00+02:00', 0), ('2026-03-29 04:00:00+02:00', 1)]
    """
    dated = orders.loc[orders["purchase_date"].notna(), ["order_id", "purchase_date"]]
    again = dated["order_id"].duplicated() & dated["order_id"].notna()
    times = dated.loc[~again.astype(bool), "purchase_date"].dt.tz_convert(zone)
    if times.empty:
        none = pd.to_datetime(pd.Series([], dtype="datetime64[us]")).dt.tz_localize(zone)
        return pd.Series(0, index=pd.DatetimeIndex(none), name="orders", dtype="int64")
    first = _clock_hour(times.min())
    hour = ((times - first) // _HOUR).to_numpy(dtype=np.int64)
    counts = np.bincount(hour)
    index = pd.date_range(first, periods=len(counts), freq="h", unit="us")
    return pd.Series(counts, index=index, name="orders", dtype="int64")


def _clock_hour(moment: pd.Timestamp) -> pd.Timestamp:
    # minutes are taken off the absolute time, so an hour that comes twice is no question
    past = pd.Timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
    return (moment - past).as_unit("us")


def usual_level(hours: pd.Series[int], *, unusual: pd.Series[int] | None = None) -> pd.DataFrame:
    """What is usual for each hour, and the band that 99 of 100 ordinary hours lie in; an incident does not move it.

    The level is an hour-of-day profile times a weekday factor (from three weeks on) times a slow day-to-day level.
    Days of three times the usual orders have no say in the profile, and of each hour's counts the largest is cut to
    the next: a median would be zero for a seller of five orders a day. The band comes from the scatter on a
    square-root scale, where counts scatter evenly.

    Parameters
    ----------
    hours : Series
        Orders per hour, as `hourly_orders` gives them.
    unusual : Series, optional
        Affected orders per hour; they are taken off before the level is worked out.

    Returns
    -------
    DataFrame
        Columns ``level``, ``low``, ``high``; same index.

    References
    ----------
    Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35 (1948). Iglewicz and
    Hoaglin, "How to detect and handle outliers" (1993) for the median absolute deviation.

    Examples
    --------
    >>> index = pd.date_range("2026-03-01", periods=240, freq="h", tz="UTC")
    >>> hours = pd.Series(4, index=index)
    >>> hours.iloc[100:110] = 60
    >>> usual_level(hours).iloc[105].round(1).tolist()
    [4.0, 0.3, 11.0]
    """
    ordinary: Floats = np.asarray(hours, dtype=np.float64)
    if unusual is not None:
        ordinary = np.maximum(ordinary - unusual.reindex(hours.index, fill_value=0).to_numpy(dtype=np.float64), 0)
    if not len(hours):
        return pd.DataFrame({"level": [], "low": [], "high": []}, index=hours.index, dtype="float64")
    index = pd.DatetimeIndex(hours.index)
    level = _profile(ordinary, index) * _day_level(ordinary, index)
    return pd.DataFrame(dict(zip(("level", "low", "high"), _band(ordinary, level), strict=True)), index=hours.index)


def _days(ordinary: Floats, index: pd.DatetimeIndex) -> tuple[Ints, Floats, Floats]:
    """Number of each hour's day, and per day its orders in 24 hours and how many hours of it the report holds."""
    day = pd.factorize(index.normalize())[0].astype(np.int64)
    hours = np.bincount(day).astype(np.float64)
    return day, np.bincount(day, weights=ordinary) * 24 / hours, hours


def _profile(ordinary: Floats, index: pd.DatetimeIndex) -> Floats:
    """Usual orders per hour of the day, of the days that are no outliers."""
    day, totals, _ = _days(ordinary, index)
    quiet = (totals <= _BUSY * np.median(totals) + _BUSY)[day]
    clock = index.hour.to_numpy(dtype=np.int64)
    mean = np.array([_capped_mean(ordinary[quiet & (clock == one)]) for one in range(24)])
    mean = np.where(np.isnan(mean), _capped_mean(ordinary), mean)
    # neighbouring hours share what they know
    shared: Floats = (np.roll(mean, 1) + 2 * mean + np.roll(mean, -1)) / 4
    return shared[clock]


def _capped_mean(values: Floats) -> float:
    if not len(values):
        return float("nan")
    values = np.sort(values)
    return float(np.minimum(values, values[-2]).mean()) if len(values) > 2 else float(values[0])


def _day_level(ordinary: Floats, index: pd.DatetimeIndex) -> Floats:
    """Each day's level against the whole report: its weekday, times the median of the fortnight around it."""
    day, totals, hours = _days(ordinary, index)
    rates = np.where(hours >= 12, totals, np.nan)
    usual = float(np.nanmedian(rates)) if np.isfinite(rates).any() else 0.0
    if usual <= 0:
        return np.ones(len(ordinary))
    weekday = pd.factorize(index.day_of_week.to_numpy()[np.unique(day, return_index=True)[1]], sort=True)[0]
    factor = np.ones(len(rates))
    if len(rates) >= 21:
        by_weekday = pd.Series(rates).groupby(weekday).median().fillna(usual).to_numpy()
        factor = np.clip(by_weekday / usual, 0.25, 4.0)[weekday]
    around = pd.Series(rates / factor).rolling(15, center=True, min_periods=1).median().fillna(usual).to_numpy()
    return (np.clip(around / usual, 0.25, 4.0) * factor)[day]


def _band(ordinary: Floats, level: Floats) -> tuple[Floats, Floats, Floats]:
    root = np.sqrt(level + 3 / 8)
    residual: Any = 2 * (np.sqrt(ordinary + 3 / 8) - root)
    scatter = max(1.0, float(np.median(np.abs(residual))) / 0.6745)
    low = np.maximum(root - _BAND * scatter / 2, 0) ** 2 - 3 / 8
    high = (root + _BAND * scatter / 2) ** 2 - 3 / 8
    return level, np.maximum(low, 0), high
