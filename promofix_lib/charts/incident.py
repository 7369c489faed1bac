"""Orders by hour with what is usual, and the price paid per unit: the picture in which the mistake is plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from promofix_lib.amounts import amount_text
from promofix_lib.charts import colours
from promofix_lib.charts.style import clock_label, note, printable, quiet, sheet, spoken
from promofix_lib.charts.usual import hourly_orders, usual_level
from promofix_lib.say import say, zone_text

MARKS = "os^Dv"
"""Points of the first, second … incident."""

MOST_NIGHTS = 3
_LONG = 45  # days beyond which a day is a bar, not an hour


@dataclass(frozen=True, eq=False)
class Night:
    """What there is to draw.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    affected : Series of bool
        The affected order items.
    zone : ZoneInfo
        Zone of the clock shown; it is named under each chart.
    language : str
        Of titles and labels.
    numbers : Series of int, optional
        Per order item the number of the incident that touches it; by itself all affected are of incident 1.
    causes : mapping of int to str
        Per incident what brought it about, for its title.
    """

    orders: pd.DataFrame
    affected: pd.Series[bool]
    zone: ZoneInfo
    language: str = "en"
    numbers: pd.Series[int] | None = None
    causes: Any = ()

    @cached_property
    def incidents(self) -> dict[int, pd.Series[bool]]:
        """Affected items per incident; behind them, under 0, those that were put in by hand beside one."""
        numbers = {0} if self.numbers is None else {int(n) for n in self.numbers[self.affected]}
        if self.numbers is None or not any(numbers):
            return {1: self.affected}
        return {n: self.affected & (self.numbers == n) for n in sorted(numbers, key=lambda n: (not n, n))}

    @cached_property
    def hours(self) -> pd.DataFrame:
        """Per hour of the report the usual level with its band, all orders, and the affected ones per incident."""
        hours = hourly_orders(self.orders, self.zone)
        hit = {
            number: hourly_orders(self.orders[mask], self.zone).reindex(hours.index, fill_value=0)
            for number, mask in self.incidents.items()
        }
        return usual_level(hours, unusual=sum(hit.values(), 0 * hours)).assign(all=hours).join(pd.DataFrame(hit))

    @cached_property
    def several(self) -> bool:
        """Whether incidents have to be told apart."""
        return sum(number > 0 for number in self.incidents) > 1

    @cached_property
    def windows(self) -> dict[int, tuple[pd.Timestamp, pd.Timestamp]]:
        """Per incident its first and its last affected order; incidents without a date are left out."""
        times = {n: self.orders.loc[mask, "purchase_date"].dropna() for n, mask in self.incidents.items() if n}
        return {n: (mine.min(), mine.max()) for n, mine in times.items() if len(mine)}

    def label(self, number: int) -> str:
        """What the affected orders of an incident are called."""
        if not number:
            return self.say("by_hand")
        return self.say("affected_by", number=number) if self.several else self.say("affected")

    def say(self, key: str, **facts: Any) -> str:
        """A label in the language of the chart."""
        return say(f"charts.{key}", language=spoken(self.language), **facts)


def incident_figure(night: Night, *, title: str = "") -> Figure:
    """The whole report, each incident hour by hour, the price paid per unit: one under the other."""
    numbers = [*night.windows][:MOST_NIGHTS] or [*night.incidents][:1]
    each = 2.2 if len(numbers) == 1 else 1.6  # several fit on the page too
    figure, (whole, *nights, prices) = sheet([1.5, *(each for _ in numbers), 2.0])
    if title:
        figure.suptitle(printable(title, 100), x=0.01, y=0.995, ha="left", weight="bold", size=13, parse_math=False)
    plot_hours(night, whole)
    for number, ax in zip(numbers, nights, strict=True):
        plot_night(night, ax, number)
    plot_prices(night, prices)
    return figure


def plot_hours(night: Night, ax: Axes) -> Axes:
    """Orders by hour over the whole report (by day beyond 45 days): usual level with its band, affected in colour."""
    hours, step = night.hours, timedelta(hours=1)
    if len(hours) > _LONG * 24:
        hours, step = hours.groupby(pd.DatetimeIndex(hours.index).normalize()).sum(), timedelta(days=1)
    _draw_bars(night, quiet(ax), hours, step)
    _shade(night.windows, ax, named=night.several)
    ax.set_title(night.say("by_hour" if step < timedelta(days=1) else "by_day"))
    return _finish(night, ax, legend=True)


def plot_night(night: Night, ax: Axes, number: int = 1) -> Axes:
    """The hours around an incident, with its first and its last affected order marked to the minute."""
    _draw_bars(night, quiet(ax), night.hours, timedelta(hours=1))
    span = timedelta()
    if number in night.windows:
        first, last = night.windows[number]
        span = last - first
        _shade({number: (first, last)}, ax)
        margin = max(pd.Timedelta(hours=9), span * 0.6)
        ax.set_xlim(*mdates.date2num([first - margin, last + margin]))
        _mark_edges(night, ax, number, max([1, *night.hours.loc[first - margin : last + margin, "all"]]))
    count = night.orders.loc[night.incidents[number], "order_id"].nunique()
    cause = printable(dict(night.causes).get(number, ""), 50)
    key = "night_of" if night.several else "night"
    ax.set_title(night.say(key, n=count, span=span, number=number, cause=cause), parse_math=False)
    return _finish(night, ax)


def plot_prices(night: Night, ax: Axes) -> Axes:
    """What buyers paid per unit of the affected SKUs over time; a log scale where prices differ more than tenfold.

    Only the currency that most affected orders paid in is drawn: two currencies have no common axis.
    """
    shown, currency = _priced_like_affected(night.orders, night.affected)
    quiet(ax)
    if shown.empty:
        ax.text(0.5, 0.5, night.say("no_price"), ha="center", transform=ax.transAxes)
        return ax

    def money(price: Decimal) -> str:
        return amount_text(price, printable(currency), night.language)

    paid = shown.loc[night.affected[shown.index], "unit_price"]
    ends = dict.fromkeys((money(paid.min()), money(paid.max())))
    ax.set_title(night.say("prices_in", paid=" – ".join(ends)), parse_math=False)
    price = shown["unit_price"].astype("float64[pyarrow]").to_numpy(dtype=np.float64)
    times = shown["purchase_date"].dt.tz_convert(None).to_numpy()  # in UTC, as the axis counts; its clock is the zone's
    layers = [(~night.affected[shown.index], colours.OTHERS, 9, "o", night.say("others"))]
    for place, (number, mask) in enumerate(night.incidents.items()):
        mark = MARKS[place % len(MARKS)]
        layers.append((mask[shown.index], colours.incident(number), 16, mark, night.label(number)))
    for mask, colour, size, mark, label in layers:
        here = np.asarray(mask, dtype=np.bool_)
        points: dict[str, Any] = {"s": size, "c": colour, "marker": mark, "label": label, "alpha": 0.6}
        ax.scatter(times[here], price[here], linewidths=0, rasterized=True, **points)
    _price_scale(ax, price)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: money(Decimal(f"{value:.10g}"))))
    ax.tick_params(axis="y", labelsize=7)
    _shade(night.windows, ax)
    return _finish(night, ax, legend=True)


def hours_without_orders(orders: pd.DataFrame, affected: pd.Series[bool]) -> float:
    """Hours from the last affected order to the next order of the same SKUs, at any price, or to the report's end.

    A long silence after a flood usually means that the stock was gone.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"sku": "A", "purchase_date": "2026-03-01T01:00:00Z"},
    ...                       {"sku": "B", "purchase_date": "2026-03-01T04:00:00Z"}])
    >>> hours_without_orders(orders, pd.Series([True, False]))
    3.0
    """
    last = orders.loc[affected, "purchase_date"].max()
    if last is pd.NaT:
        return 0.0
    same = _of_same_sku(orders, affected)
    later = orders.loc[(orders["purchase_date"] > last) & same, "purchase_date"]
    until = later.min() if len(later) else orders["purchase_date"].max()
    return float((until - last) / pd.Timedelta(hours=1))


def _of_same_sku(orders: pd.DataFrame, affected: pd.Series[bool]) -> pd.Series[bool]:
    return orders["sku"].isin(orders.loc[affected, "sku"].dropna().unique()).fillna(False).astype(bool)


def _draw_bars(night: Night, ax: Axes, hours: pd.DataFrame, step: timedelta) -> None:
    if hours.empty:
        return
    edges = mdates.date2num([*hours.index, hours.index[-1] + step])
    bad = hours[list(night.incidents)].sum(axis=1).to_numpy()
    top, base = np.maximum(hours["all"].to_numpy(), bad), 0 * bad

    def bars(low: Any, high: Any, colour: str, label: str) -> None:
        # as `stairs` does, without its slow look for the limits, which the band and our own set
        ax.add_artist(StepPatch(high, edges, baseline=low, fill=True, facecolor=colour, linewidth=0, label=label))

    bars(bad, top, colours.OTHERS, night.say("others"))
    for number in night.incidents:
        height = base + hours[number].to_numpy()
        bars(base, height, colours.incident(number), night.label(number))
        base = height
    band: dict[str, Any] = {"step": "post", "color": colours.USUAL, "alpha": 0.12, "linewidth": 0, "zorder": 0.5}
    ax.fill_between(edges[:-1], hours["low"], hours["high"], **band)
    ax.step(edges[:-1], hours["level"], where="post", color=colours.USUAL, linewidth=1, label=night.say("usual"))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.set_ylim(0, max(1, top.max()) * 1.12)


def _shade(windows: Mapping[int, tuple[pd.Timestamp, pd.Timestamp]], ax: Axes, *, named: bool = False) -> None:
    """The windows in colour; where they are to be told apart with their numbers, of near ones in one mark."""
    edges = {number: mdates.date2num(list(window)) for number, window in windows.items()}
    for first, last in edges.values():
        ax.axvspan(first, last, color=colours.WINDOW, alpha=0.25, linewidth=0, zorder=0)
    if named and edges:
        numbers = sorted(edges, key=lambda number: float(edges[number].mean()))
        middles = np.array([edges[number].mean() for number in numbers])
        far = np.diff(middles) >= 0.03 * np.ptp(ax.get_xlim())
        for near in np.split(np.arange(len(numbers)), np.flatnonzero(far) + 1):
            top: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "top"}
            text = ", ".join(str(numbers[place]) for place in near)
            note(ax, text, (middles[near].mean(), 0.99), weight="bold", size=11, **top)


def _mark_edges(night: Night, ax: Axes, number: int, top: float) -> None:
    ax.set_ylim(0, top * 1.5)
    sides = (("first", -5, "right"), ("last", 5, "left"))
    for moment, (name, offset, side) in zip(night.windows[number], sides, strict=True):
        place = mdates.date2num(moment)
        ax.axvline(place, color=colours.INK, linewidth=1)
        text = night.say(name, time=moment.tz_convert(night.zone).to_pydatetime())
        note(ax, text, (place, top * 1.47), (offset, 0), ha=side, va="top", weight="bold")
    silent = hours_without_orders(night.orders, night.incidents[number])
    if silent >= 2:
        text = night.say("silent", n=round(silent))
        note(ax, text, (place, top * 1.33), (5, 0), ha="left", va="top", color=colours.FAINT)


def _priced_like_affected(orders: pd.DataFrame, affected: pd.Series[bool]) -> tuple[pd.DataFrame, str]:
    priced = orders["unit_price"].notna() & orders["purchase_date"].notna() & orders["currency"].notna()
    counts = orders.loc[affected & priced, "currency"].value_counts()
    if counts.empty:
        return orders[:0], ""
    currency = str(counts.index[0])
    same_currency = (orders["currency"] == currency).fillna(False).astype(bool)
    return orders[priced & same_currency & (_of_same_sku(orders, affected) | affected)], currency


def _price_scale(ax: Axes, price: Any) -> None:
    positive = price[price > 0]
    if len(positive) and positive.max() > 10 * positive.min():
        ax.set_yscale("symlog", linthresh=float(positive.min()), linscale=0.4)
        ax.set_ylim(0, float(positive.max()) * 1.6)
        ax.set_yticks(_telling_prices(positive))
        ax.minorticks_off()
    else:
        ax.set_ylim(0, float(price.max() or 1) * 1.15)


def _telling_prices(price: Any) -> list[float]:
    """Prices worth a line: those that buyers really paid most often, none too near another on a log scale."""
    values, counts = np.unique(price, return_counts=True)
    told: list[float] = []
    for value in values[np.argsort(-counts, kind="stable")]:
        if all(abs(np.log(value / other)) > 0.35 for other in told) and len(told) < 5:
            told.append(float(value))
    return sorted(told)


def _finish(night: Night, ax: Axes, *, legend: bool = False) -> Axes:
    ax.xaxis.set_major_locator(mdates.AutoDateLocator(tz=night.zone, minticks=4, maxticks=10))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock_label(value, night.zone, night.language)))
    ax.set_xlabel(night.say("clock", zone=zone_text(night.zone)), loc="right", size=8, color=colours.FAINT)
    handles, names = ax.get_legend_handles_labels()
    if legend and handles:
        parts = len(night.incidents) > 1
        later = {night.label(number): str(number) for number in [*night.incidents][1:] if number}  # one line for all
        look: dict[str, Any] = {"fontsize": 7, "columnspacing": 1} if parts else {"fontsize": 8}
        look |= {"loc": "lower right", "bbox_to_anchor": (1.0, 0.98), "borderpad": 0, "ncols": 12}
        ax.legend(handles, [later.get(name, name) for name in names], **look)
        if parts:  # too wide to stand beside the title: the title stands above it
            ax.set_title(ax.get_title(loc="left"), pad=18)
    return ax
