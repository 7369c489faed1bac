"""Orders by hour with what is usual, and the price paid per unit: the picture in which the mistake is plain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from promofix_lib.charts.style import AFFECTED, INK, OTHERS, USUAL, WINDOW, look, printable, quiet, speaks_chinese
from promofix_lib.volume import hourly_orders, usual_level

_WORDS: dict[str, Mapping[str, str]] = {
    "en": {
        "by_hour": "Orders per hour",
        "by_day": "Orders per day",
        "zoomed": "The incident, hour by hour",
        "prices": "Paid per unit",
        "affected": "affected orders",
        "others": "other orders",
        "usual": "usual level, and where 99 of 100 usual hours lie",
        "first": "first {time}",
        "last": "last {time}",
        "silent": "then none of these SKUs for {hours} h:\nsold out, or ended?",
        "clock": "Time in {zone}",
        "none": "no order has a price yet",
    },
    "zh-CN": {
        "by_hour": "每小时订单数",
        "by_day": "每天订单数",
        "zoomed": "事故期间，逐小时",
        "prices": "每件实付价格",
        "affected": "受影响的订单",
        "others": "其他订单",
        "usual": "平常水平（100 个正常小时中 99 个落在带内）",
        "first": "首单 {time}",
        "last": "末单 {time}",
        "silent": "此后 {hours} 小时这些 SKU 无订单：\n售罄，或已结束？",
        "clock": "时间：{zone}",
        "none": "尚无订单有价格",
    },
}


def _words(language: str) -> Mapping[str, str]:
    return _WORDS["zh-CN" if language.startswith("zh") and speaks_chinese() else "en"]


def incident_figure(
    orders: pd.DataFrame, affected: pd.Series[bool], zone: ZoneInfo, *, title: str = "", language: str = "en"
) -> Figure:
    """The incident in three pictures: the whole report, the night hour by hour, the price paid per unit.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    affected : Series of bool
        Mask of the affected order items.
    zone : ZoneInfo
        Zone of the clock shown; it is named under the chart.
    title : str
        Headline; strings of reports are safe in it.
    language : str
        ``en`` or ``zh-CN`` (English where the machine has no Chinese font).

    Returns
    -------
    Figure
        Not registered with pyplot: show it by naming it in a cell, keep it with `save_chart`.
    """
    with look():
        figure = Figure(figsize=(10, 9.2), layout="constrained")
        whole, night, prices = figure.subplots(3, 1, gridspec_kw={"height_ratios": [1, 1.5, 1.5]})
        if title:
            figure.suptitle(printable(title, 110), x=0.01, ha="left", weight="bold", size=13, parse_math=False)
        plot_orders_by_hour(orders, affected, zone, ax=whole, language=language)
        plot_night(orders, affected, zone, ax=night, language=language)
        plot_unit_prices(orders, affected, zone, ax=prices, language=language)
    return figure


def plot_orders_by_hour(
    orders: pd.DataFrame, affected: pd.Series[bool], zone: ZoneInfo, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Orders by hour over the whole report (by day beyond 45 days): usual level with its band, affected in colour."""
    ax, words = quiet(ax or _axes()), _words(language)
    hours, hit = _counts(orders, affected, zone)
    usual = usual_level(hours, unusual=hit)
    long = len(hours) > 45 * 24
    if long:
        hours, hit, usual = _by_day(hours), _by_day(hit), _by_day(usual)
    _draw_bars(ax, hours, hit, words, step=timedelta(days=1) if long else timedelta(hours=1))
    _draw_usual(ax, usual, words)
    _shade(ax, orders, affected)
    ax.set_title(words["by_day" if long else "by_hour"], loc="left")
    return _finish(ax, zone, words, legend=True)


def plot_night(
    orders: pd.DataFrame, affected: pd.Series[bool], zone: ZoneInfo, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """The hours around the incident, with the first and the last affected order marked to the minute."""
    ax, words = quiet(ax or _axes()), _words(language)
    hours, hit = _counts(orders, affected, zone)
    usual = usual_level(hours, unusual=hit)
    _draw_bars(ax, hours, hit, words, step=timedelta(hours=1))
    _draw_usual(ax, usual, words)
    _shade(ax, orders, affected)
    _mark_edges(ax, orders, affected, zone, words)
    _zoom(ax, orders, affected)
    ax.set_title(words["zoomed"], loc="left")
    return _finish(ax, zone, words, legend=False)


def plot_unit_prices(
    orders: pd.DataFrame, affected: pd.Series[bool], zone: ZoneInfo, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """What buyers paid per unit of the affected SKUs over time; a log scale where prices differ more than tenfold.

    Only the currency that most affected orders paid in is drawn: two currencies have no common axis.
    """
    ax, words = quiet(ax or _axes()), _words(language)
    shown, currency = _priced_like_affected(orders, affected)
    ax.set_title(f"{words['prices']} ({currency})" if currency else words["prices"], loc="left", parse_math=False)
    if shown.empty:
        ax.text(0.5, 0.5, words["none"], ha="center", transform=ax.transAxes)
        return ax
    hit = affected[shown.index].to_numpy()
    price = shown["unit_price"].astype("float64[pyarrow]").to_numpy(dtype=np.float64)
    times = shown["purchase_date"].dt.tz_convert(zone)
    for mask, colour, size, label in ((~hit, OTHERS, 9, "others"), (hit, AFFECTED, 14, "affected")):
        ax.scatter(
            times[mask], price[mask], s=size, c=colour, alpha=0.55, linewidths=0, label=words[label], rasterized=True
        )
    _price_scale(ax, price)
    _shade(ax, orders, affected)
    return _finish(ax, zone, words, legend=True)


def _axes() -> Axes:
    return Figure(figsize=(10, 3.4), layout="constrained").subplots()


def _counts(orders: pd.DataFrame, affected: pd.Series[bool], zone: ZoneInfo) -> tuple[pd.Series[int], pd.Series[int]]:
    hours = hourly_orders(orders, zone)
    hit = hourly_orders(orders[affected], zone).reindex(hours.index, fill_value=0)
    return hours, hit


def _by_day(hours: Any) -> Any:
    return hours.groupby(hours.index.normalize()).sum()


def _draw_bars(
    ax: Axes, hours: pd.Series[int], hit: pd.Series[int], words: Mapping[str, str], *, step: timedelta
) -> None:
    if hours.empty:
        return
    edges = mdates.date2num([*hours.index, hours.index[-1] + step])
    total, bad = hours.to_numpy(), hit.to_numpy()
    ax.stairs(total, edges, baseline=bad, fill=True, color=OTHERS, label=words["others"])
    ax.stairs(bad, edges, fill=True, color=AFFECTED, label=words["affected"])
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    ax.set_ylim(0, max(1, total.max()) * 1.12)


def _draw_usual(ax: Axes, usual: pd.DataFrame, words: Mapping[str, str]) -> None:
    times = mdates.date2num(list(usual.index))
    ax.fill_between(times, usual["low"], usual["high"], step="post", color=USUAL, alpha=0.13, linewidth=0)
    ax.step(times, usual["level"], where="post", color=USUAL, linewidth=1, label=words["usual"])


def _window(orders: pd.DataFrame, affected: pd.Series[bool]) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    times = orders.loc[affected, "purchase_date"].dropna()
    return (times.min(), times.max()) if len(times) else None


def _shade(ax: Axes, orders: pd.DataFrame, affected: pd.Series[bool]) -> None:
    if window := _window(orders, affected):
        ax.axvspan(*mdates.date2num(list(window)), color=WINDOW, alpha=0.25, linewidth=0, zorder=0)


def _mark_edges(
    ax: Axes, orders: pd.DataFrame, affected: pd.Series[bool], zone: ZoneInfo, words: Mapping[str, str]
) -> None:
    window = _window(orders, affected)
    if window is None:
        return
    top = ax.get_ylim()[1]
    ax.set_ylim(0, top * 1.22)
    for moment, name, side in ((window[0], "first", "right"), (window[1], "last", "left")):
        local = moment.tz_convert(zone)
        ax.axvline(mdates.date2num(moment), color=INK, linewidth=1)
        ax.annotate(
            words[name].format(time=f"{local:%a %d %b %H:%M}"),
            (mdates.date2num(moment), top * 1.2),
            xytext=(-5 if side == "right" else 5, 0),
            textcoords="offset points",
            ha=side,
            va="top",
            weight="bold",
        )
    silent = hours_without_orders(orders, affected)
    if silent >= 2:
        ax.annotate(
            words["silent"].format(hours=f"{silent:.0f}"),
            (mdates.date2num(window[1]), top * 1.08),
            xytext=(5, 0),
            textcoords="offset points",
            va="top",
            color="#555555",
        )


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
    window = _window(orders, affected)
    if window is None:
        return 0.0
    later = orders[orders["purchase_date"] > window[1]]
    same = later[later["sku"].isin(orders.loc[affected, "sku"].dropna().unique()).fillna(False).astype(bool)]
    until = same["purchase_date"].min() if len(same) else orders["purchase_date"].max()
    return float((until - window[1]) / pd.Timedelta(hours=1))


def _zoom(ax: Axes, orders: pd.DataFrame, affected: pd.Series[bool]) -> None:
    if window := _window(orders, affected):
        margin = max(pd.Timedelta(hours=9), (window[1] - window[0]) * 0.6)
        ax.set_xlim(*mdates.date2num([window[0] - margin, window[1] + margin]))


def _priced_like_affected(orders: pd.DataFrame, affected: pd.Series[bool]) -> tuple[pd.DataFrame, str]:
    priced = orders["unit_price"].notna() & orders["purchase_date"].notna() & orders["currency"].notna()
    counts = orders.loc[affected & priced, "currency"].value_counts()
    if counts.empty:
        return orders[:0], ""
    currency = str(counts.index[0])
    skus = orders.loc[affected, "sku"].dropna().unique()
    same_sku = orders["sku"].isin(skus).fillna(False).astype(bool)
    same_currency = (orders["currency"] == currency).fillna(False).astype(bool)
    return orders[priced & same_currency & (same_sku | affected)], currency


def _price_scale(ax: Axes, price: Any) -> None:
    positive = price[price > 0]
    if len(positive) and positive.max() > 10 * positive.min():
        ax.set_yscale("symlog", linthresh=float(positive.min()), linscale=0.4)
        ax.set_ylim(0, float(positive.max()) * 1.6)
        ax.set_yticks(_telling_prices(positive))
        ax.minorticks_off()
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
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


def _finish(ax: Axes, zone: ZoneInfo, words: Mapping[str, str], *, legend: bool) -> Axes:
    locator = mdates.AutoDateLocator(tz=zone, minticks=4, maxticks=10)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, tz=zone, show_offset=False))
    ax.set_xlabel(words["clock"].format(zone=zone.key.replace("_", " ")), loc="right", size=8, color="#777777")
    if legend:
        ax.legend(loc="lower left", bbox_to_anchor=(0.3, 0.98), ncols=3, fontsize=8, borderpad=0)
    return ax
