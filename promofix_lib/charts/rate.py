"""The cancel rate as pictures: day by day, against money, and on its way back under the limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from promofix_lib.account.honour import Plan
from promofix_lib.account.rate import LIMIT
from promofix_lib.account.recovery import Recovery
from promofix_lib.account.words import percent, say, short_day, short_percent
from promofix_lib.charts.style import AFFECTED, INK, OTHERS, USUAL, look, printable, quiet, speaks_chinese

BEST, BEST_TEXT = "#009E73", "#00694D"

_LINES = {"none": (OTHERS, "-", 2.2), "chosen": (AFFECTED, "-", 2.6), "all": (USUAL, (0, (4, 2)), 2.0)}


def rate_figure(
    clocks: Mapping[str, Recovery],
    plans: Sequence[Plan] = (),
    *,
    sales_channel: str,
    limit: Fraction = LIMIT,
    language: str = "en",
) -> Figure:
    """What cancelling does to the account in two or three pictures: the rate, the way back, and money against rate.

    Parameters
    ----------
    clocks : mapping
        Scenario to `Recovery`: ``chosen``, and ``none`` and ``all`` (affected) to compare with.
    plans : sequence of Plan
        From `frontier`; without them there is no third picture.
    sales_channel : str
        Whose rate it is.
    limit : Fraction
        The rate must stay under it.
    language : str
        ``en`` or ``zh-CN`` (English where the machine has no Chinese font).

    Returns
    -------
    Figure
        Not registered with pyplot: show it by naming it in a cell, keep it with `charts.style.save_chart`.
    """
    with look():
        figure = Figure(figsize=(10, 10.5 if plans else 7.2), layout="constrained")
        axes = figure.subplots(3 if plans else 2, 1)
        plot_rate(clocks, sales_channel=sales_channel, language=language, ax=axes[0])
        plot_recovery(clocks["chosen"], language=language, ax=axes[1])
        if plans:
            plot_frontier(plans, limit=limit, language=language, ax=axes[2])
    return figure


def plot_rate(
    clocks: Mapping[str, Recovery], *, sales_channel: str = "", language: str = "en", ax: Axes | None = None
) -> Axes:
    """The rate of the seven days that end on each day, if none, the chosen or all affected orders are cancelled.

    A line is the high reading, the shade below it reaches down to the low one; after the reports end it is the middle
    of the futures. Windows that begin before the reports are dotted.

    Parameters
    ----------
    clocks : mapping
        Scenario (``none``, ``chosen``, ``all``; any of them) to `Recovery`, all with the same usual volume and limit.
    sales_channel : str
        Named in the title.
    language : str
        ``en`` or ``zh-CN``.
    ax : Axes, optional
        Where to draw.
    """
    with look():
        language, ax = _spoken(language), quiet(ax or _axes())
        first, last = (
            min(clock.days.index[0] for clock in clocks.values()),
            max(clock.shown_until for clock in clocks.values()),
        )
        shown = {name: clock.days.loc[first:last] for name, clock in clocks.items()}
        _shade_future(ax, max(shown.values(), key=len), language)
        for name, days in shown.items():
            _draw_scenario(ax, name, days)
        clock = next(iter(clocks.values()))
        ax.set_ylim(0, max(*(float(days["high"].max()) for days in shown.values()), float(clock.limit) * 2) * 118)
        for name in _unlike(shown):
            _label_peak(ax, name, shown[name], len(clocks[name].order_ids), float(clock.limit), language)
        _draw_limit(ax, clock.limit, language, first)
        _finish_days(
            ax,
            say("chart_rate", language, channel=printable(sales_channel) or say("no_channel", language)),
            clock.zone_name,
            language,
        )
        return ax


def plot_recovery(clock: Recovery, *, language: str = "en", ax: Axes | None = None) -> Axes:
    """The way back under the limit: what is known, then the band of the seller's usual volume.

    Parameters
    ----------
    clock : Recovery
        From `recovery`.
    language : str
        ``en`` or ``zh-CN``.
    ax : Axes, optional
        Where to draw.
    """
    with look():
        language, ax = _spoken(language), quiet(ax or _axes())
        days = clock.days.loc[: clock.shown_until]
        band: dict[str, Any] = {"color": AFFECTED, "alpha": 0.2, "linewidth": 0, "step": "mid"}
        ax.fill_between(days.index, days["low"] * 100, days["high"] * 100, **band)
        ax.step(days.index, days["likely"] * 100, where="mid", color=AFFECTED, linewidth=2.4)
        ax.set_ylim(0, max(float(days["high"].max()), float(clock.limit) * 2) * 118)
        _shade_future(ax, days, language)
        _draw_limit(ax, clock.limit, language, days.index[0])
        if clock.risk >= 0.5 and clock.likely is not None:
            _mark_back(ax, clock, clock.likely, language)
        _finish_days(ax, say("chart_recovery", language, limit=short_percent(clock.limit)), clock.zone_name, language)
        return ax


def plot_frontier(
    plans: Sequence[Plan], *, limit: Fraction = LIMIT, language: str = "en", ax: Axes | None = None
) -> Axes:
    """What honouring costs against what cancelling does to the rate: every point is the cheapest plan of its rate.

    Parameters
    ----------
    plans : sequence of Plan
        From `frontier`; all in one currency.
    limit : Fraction
        The best plan under it is marked and named.
    language : str
        ``en`` or ``zh-CN``.
    ax : Axes, optional
        Where to draw.

    Raises
    ------
    ValueError
        No plan, or plans in two currencies.
    """
    if len({plan.currency for plan in plans}) != 1:
        raise ValueError("plot_frontier needs plans, all in one currency.")
    with look():
        language, ax = _spoken(language), quiet(ax or _axes())
        rate, loss = [float(plan.rate) * 100 for plan in plans], [float(plan.loss) for plan in plans]
        ax.axvspan(0, float(limit) * 100, color=BEST, alpha=0.10, linewidth=0)
        ax.plot(rate, loss, color=AFFECTED, linewidth=2, drawstyle="steps-post", zorder=3)
        ax.scatter(rate, loss, s=16, color=AFFECTED, zorder=4, linewidths=0)
        ax.axvline(float(limit) * 100, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))
        top = max([*loss, 1.0])
        ax.set_ylim(min([0.0, *loss]), top * 1.22)
        ax.set_xlim(0, max([*rate, float(limit) * 200]) * 1.3)
        limit_text = say("limit", language, limit=short_percent(limit))
        ax.text(float(limit) * 100, top * 1.2, f" {limit_text}", va="top", ha="left", size=9)
        best = max((plan for plan in plans if plan.rate < limit), key=lambda plan: plan.rate, default=None)
        if best is not None:
            _mark_plan(
                ax, best, say("best_under", language, limit=short_percent(limit), n=len(best.cancel_orders)), BEST
            )
        if plans[-1] is not best:
            _mark_plan(ax, plans[-1], say("cancel_n", language, n=len(plans[-1].cancel_orders)), AFFECTED)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=5))
        ax.set_title(say("chart_frontier", language), loc="left")
        ax.set_xlabel(say("axis_frontier_rate", language), loc="right", size=8, color="#777777")
        currency = printable(plans[0].currency)
        ax.set_ylabel(
            say("axis_frontier_money", language, currency=currency), size=8, color="#777777", parse_math=False
        )
        return ax


def _spoken(language: str) -> str:
    return language if language == "en" or speaks_chinese() else "en"


def _axes() -> Axes:
    with look():
        return Figure(figsize=(10, 3.6), layout="constrained").subplots()


def _draw_scenario(ax: Axes, name: str, days: pd.DataFrame) -> None:
    colour, style, width = _LINES[name]
    low, line, known = days["low"] * 100, days["likely"] * 100, days["known"].to_numpy(dtype=bool)
    ax.fill_between(days.index, low.where(known), line.where(known), color=colour, alpha=0.16, linewidth=0, step="mid")
    whole = days["complete"].to_numpy(dtype=bool)
    ax.step(days.index, line.where(whole), where="mid", color=colour, linestyle=style, linewidth=width)
    ax.step(days.index, line.where(~whole), where="mid", color=colour, linestyle=":", linewidth=width * 0.7)


def _unlike(shown: Mapping[str, pd.DataFrame]) -> list[str]:
    # selections that reach the same height need one label, that of the more telling name
    heights = {
        round(float(shown[name]["likely"].max()), 9): name for name in ("all", "chosen", "none") if name in shown
    }
    return list(heights.values())


def _label_peak(ax: Axes, name: str, days: pd.DataFrame, orders: int, limit: float, language: str) -> None:
    peak = float(days["likely"].max())
    high = days.index[days["likely"] >= 0.8 * peak][0] - pd.Timedelta(hours=12)
    left = mdates.date2num(high) < sum(ax.get_xlim()) / 2
    point: tuple[Any, float] = (high, peak * 100)
    place: dict[str, Any] = {"xytext": (4, 8) if left else (-6, 0), "ha": "left" if left else "right"}
    if name == "none":
        point = (days.index[-1], max(float(days["likely"].iloc[-1]), limit) * 100)
        place = {"xytext": (0, 9), "ha": "right"}
    colour = "#5F6368" if name == "none" else _LINES[name][0]
    text = say("up_to", language, rate=f"{peak * 100:.2f}%", what=say(name, language, n=orders))
    ax.annotate(text, point, textcoords="offset points", va="center", color=colour, weight="bold", size=9, **place)


def _shade_future(ax: Axes, days: pd.DataFrame, language: str) -> None:
    end = days.index[days["known"].to_numpy(dtype=bool)][-1] + pd.Timedelta(hours=12)
    ax.axvspan(end, days.index[-1] + pd.Timedelta(hours=12), color=OTHERS, alpha=0.10, linewidth=0)
    place: dict[str, Any] = {"xytext": (4, -4), "textcoords": "offset points", "va": "top", "annotation_clip": False}
    text = say("report_ends", language)
    ax.annotate(text, (end, 1), xycoords=("data", "axes fraction"), size=8, color="#777777", **place)
    ax.set_xlim(days.index[0] - pd.Timedelta(hours=12), days.index[-1] + pd.Timedelta(hours=12))


def _draw_limit(ax: Axes, limit: Fraction, language: str, left: Any) -> None:
    ax.axhline(float(limit) * 100, color=INK, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
    text = say("limit", language, limit=short_percent(limit))
    box: dict[str, Any] = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
    ax.annotate(
        text,
        (left, float(limit) * 100),
        xytext=(0, 4),
        textcoords="offset points",
        size=9,
        va="bottom",
        bbox=box,
        zorder=5,
    )


def _finish_days(ax: Axes, title: str, zone_name: str, language: str) -> None:
    ax.set_title(title, loc="left", parse_math=False)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=8, interval_multiples=False))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_day(mdates.num2date(value).date(), language)))
    ax.set_xlabel(say("axis_days", language, zone=zone_name.replace("_", " ")), loc="right", size=8, color="#777777")
    ax.set_ylabel(say("axis_rate", language), size=8, color="#777777")


def _mark_back(ax: Axes, clock: Recovery, likely: date, language: str) -> None:
    first, last = clock.earliest or likely, clock.latest or likely
    height = float(clock.limit) * 100
    span = [mdates.date2num(day) for day in (first, last)]
    ax.plot(span, [height, height], color=BEST, linewidth=7, alpha=0.4, solid_capstyle="round", zorder=4)
    ax.scatter([mdates.date2num(likely)], [height], s=70, color=BEST, zorder=6, edgecolors="white")
    days = short_day(likely, language)
    if first != last:
        days += f" ({short_day(first, language)} – {short_day(last, language)})"
    text = f"{say('back_under', language)}: {days}"
    line: dict[str, Any] = {"arrowstyle": "-", "color": BEST, "linewidth": 1.2}
    place: dict[str, Any] = {
        "xytext": (6, 30),
        "textcoords": "offset points",
        "ha": "left" if first == last else "center",
    }
    ax.annotate(text, (pd.Timestamp(likely), height), weight="bold", color=BEST_TEXT, arrowprops=line, **place)


def _mark_plan(ax: Axes, plan: Plan, text: str, colour: str) -> None:
    point = (float(plan.rate) * 100, float(plan.loss))
    ax.scatter(*point, s=80, color=colour, edgecolors="white", zorder=6)
    money = f"{plan.currency} {plan.loss:,.{0 if plan.currency == 'JPY' else 2}f}"
    text = f"{text}\n{percent(plan.rate, limit=plan.limit)} · {printable(money)}"
    place: dict[str, Any] = {"xytext": (12, 5), "textcoords": "offset points", "ha": "left", "va": "bottom"}
    ax.annotate(text, point, size=9, weight="bold", color=BEST_TEXT if colour == BEST else colour, **place)
