"""Orders per hour with no gaps, and what is usual for that hour. It is drawn for the eye; prices decide, not counts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

_HOUR = pd.Timedelta(hours=1)
_BUSY = 2.0  # a day of so many times the usual orders, and three, does not say what is usual
_FORTNIGHT = 15  # the day itself in the middle
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

    The level is the mean of the same hour of the day, neighbours sharing what they know, times what the fortnight
    around sold against the whole report; a median would be zero for a seller of five orders a day. Days of twice the
    usual orders have no say in it. The band comes from the scatter on a square-root scale, where counts scatter evenly.

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
    index = pd.DatetimeIndex(hours.index)
    taken_off = 0 if unusual is None else unusual.reindex(index, fill_value=0)
    ordinary = (hours - taken_off).clip(lower=0).astype("float64")
    if ordinary.empty:
        return pd.DataFrame({"level": ordinary, "low": ordinary, "high": ordinary})
    days = ordinary.groupby(index.normalize()).mean()
    calm = days[days <= _BUSY * days.median() + 3 / 24]
    known = ordinary[index.normalize().isin(calm.index)]
    clock = (
        known.groupby(pd.DatetimeIndex(known.index).hour).mean().reindex(range(24), fill_value=known.mean()).to_numpy()
    )
    shared = (np.roll(clock, 1) + 2 * clock + np.roll(clock, -1)) / 4
    around = calm.rolling(_FORTNIGHT, center=True, min_periods=1).mean() / (calm.mean() or 1)
    level = shared[index.hour] * around.reindex(index.normalize(), method="nearest").to_numpy()
    root = np.sqrt(level + 3 / 8)
    scatter = max(1.0, float(np.median(np.abs(np.sqrt(ordinary + 3 / 8) - root))) * 2 / 0.6745)
    low, high = ((root + side * scatter / 2).clip(min=0) ** 2 - 3 / 8 for side in (-_BAND, _BAND))
    return pd.DataFrame({"level": level, "low": low.clip(min=0), "high": high}, index=index)
