"""The cancel rate as a picture: day by day, until it is back under the limit."""

from __future__ import annotations

from fractions import Fraction
from textwrap import fill
from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from promofix_lib.account.account import Outlook
from promofix_lib.account.rate import percent, short_percent
from promofix_lib.account.recovery import Recovery
from promofix_lib.charts import colours
from promofix_lib.charts.style import day_label, note, printable, quiet, spoken
from promofix_lib.say import say, zone_text

DASHED = (0, (5, 3))
HALF_DAY = pd.Timedelta(hours=12)


def plot_rate(one: Outlook, ax: Axes, *, language: str = "en") -> Axes:
    """The rate of the seven days that end on each day: as it stands, if the rest is cancelled, if all affected are.

    A line is the high reading, the shade below it reaches down to the low one; after the reports end it is the middle
    of the futures, and the shade of what is to be cancelled is the band of the seller's usual volume. The day on which
    that is back under the limit is marked. Windows that begin before the reports are dotted.
    """
    clocks, limit, language = one.clocks, float(one.limit), spoken(language)
    first = min(clock.days.index[0] for clock in clocks.values())
    last = max(clock.shown_until for clock in clocks.values())
    shown = {name: clock.days.loc[first:last] for name, clock in clocks.items()}
    looks: dict[str, tuple[str, Any, float]] = {
        "none": (colours.OTHERS, "-", 2.2),
        "chosen": (colours.AFFECTED, "-", 2.6),
        "all": (colours.incident(2), (0, (4, 2)), 2.0),
    }
    _shade_future(quiet(ax), max(shown.values(), key=len), language)
    for name in ("all", "none", "chosen"):
        _draw_scenario(ax, shown[name], *looks[name], future=name == "chosen")
    ax.set_ylim(0, max(*(float(days["high"].max()) for days in shown.values()), limit * 2) * 118)
    numbers = {name: len(clock.order_ids) for name, clock in clocks.items()} | {"chosen": int(one.added.sum())}
    # selections that reach the same height need one label, that of the more telling name
    heights = {round(float(shown[name]["likely"].max()), 9): name for name in ("all", "chosen", "none")}
    for name in heights.values():
        what, rate = say(f"charts.{name}", language=language, n=numbers[name]), float(shown[name]["likely"].max())
        peak = percent(Fraction(rate).limit_denominator(10**9), one.limit)
        text = say("charts.up_to", language=language, rate=peak, what=what)
        colour = colours.FAINT if name == "none" else looks[name][0]
        _label_peak(ax, shown[name], text, colour, at_end=name == "none", limit=limit)
    _draw_limit(ax, one.limit, language, first)
    if one.clock.risk >= 0.5:
        _mark_back(ax, one.clock, language)
    channel = printable(one.book.sales_channel) or say("account.no_channel", language=language)
    ax.set_title(say("charts.rate", language=language, channel=channel), parse_math=False)
    ax.yaxis.set_major_formatter(FuncFormatter(_percents))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=8, interval_multiples=False))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: day_label(mdates.num2date(value).date(), language)))
    days = say("charts.days", language=language, zone=zone_text(one.book.zone_name))
    ax.set_xlabel(days, loc="right", size=8, color=colours.FAINT)
    ax.set_ylabel(say("charts.share", language=language), size=8, color=colours.FAINT)
    return ax


def _percents(value: float, _: Any) -> str:
    return f"{value:g}%"


def _draw_scenario(ax: Axes, days: pd.DataFrame, colour: str, style: Any, width: float, *, future: bool) -> None:
    line, shaded = days["likely"] * 100, days["known"].to_numpy(dtype=bool) | future
    low, high = ((days[side] * 100).where(shaded) for side in ("low", "high"))
    ax.fill_between(days.index, low, high, color=colour, alpha=0.16, linewidth=0, step="mid")
    whole = days["complete"].to_numpy(dtype=bool)
    ax.step(days.index, line.where(whole), where="mid", color=colour, linestyle=style, linewidth=width)
    ax.step(days.index, line.where(~whole), where="mid", color=colour, linestyle=":", linewidth=width * 0.7)


def _label_peak(ax: Axes, days: pd.DataFrame, text: str, colour: str, *, at_end: bool, limit: float) -> None:
    likely = days["likely"]
    look: dict[str, Any] = {"va": "center", "color": colour, "weight": "bold", "size": 9}
    if at_end:
        note(ax, text, (days.index[-1], max(float(likely.iloc[-1]), limit) * 100), (0, 9), ha="right", **look)
        return
    high = days.index[likely >= 0.8 * likely.max()][0] - HALF_DAY
    left = mdates.date2num(high) < sum(ax.get_xlim()) / 2
    side = "left" if left else "right"
    note(ax, text, (high, float(likely.max()) * 100), (4, 8) if left else (-6, 0), ha=side, **look)


def _shade_future(ax: Axes, days: pd.DataFrame, language: str) -> None:
    end = days.index[days["known"].to_numpy(dtype=bool)][-1] + HALF_DAY
    ax.axvspan(end, days.index[-1] + HALF_DAY, color=colours.OTHERS, alpha=0.12, linewidth=0)
    look: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "size": 8, "va": "top", "annotation_clip": False}
    note(ax, say("charts.reports_end", language=language), (end, 1), (4, -4), color=colours.FAINT, **look)
    ax.set_xlim(days.index[0] - HALF_DAY, days.index[-1] + HALF_DAY)


def _draw_limit(ax: Axes, limit: Fraction, language: str, left: Any) -> None:
    height = float(limit) * 100
    ax.axhline(height, color=colours.INK, linewidth=1.2, linestyle=DASHED, zorder=2)
    box = {"facecolor": colours.GROUND, "alpha": 0.85, "edgecolor": "none", "pad": 1.5}
    text = say("charts.limit", language=language, limit=short_percent(limit))
    note(ax, text, (left, height), (0, 4), size=9, zorder=5, va="bottom", bbox=box)


def _mark_back(ax: Axes, clock: Recovery, language: str) -> None:
    likely = clock.likely
    first, last, height = clock.earliest or likely, clock.latest or likely, float(clock.limit) * 100
    if likely is None or first is None or last is None:
        return
    span = [mdates.date2num(day) for day in (first, last)]
    ax.plot(span, [height, height], color=colours.GOOD, linewidth=7, alpha=0.4, solid_capstyle="round", zorder=4)
    ax.scatter([mdates.date2num(likely)], [height], s=70, color=colours.GOOD, zorder=6, edgecolors=colours.GROUND)
    days = {name: day_label(day, language) for name, day in (("day", likely), ("first", first), ("last", last))}
    # where the usual cancellations alone go over the limit, the line stays above it
    key = "out" if clock.usual_risk >= 0.5 else "back" if first == last else "back_between"
    text = say(f"charts.{key}", language=language, **days)
    look: dict[str, Any] = {"weight": "bold", "color": colours.GOOD_TEXT, "va": "bottom"}
    # inside the chart, whatever the day: to the right of it, or back from the right edge
    late = mdates.date2num(likely) > sum(ax.get_xlim()) / 2
    place = {"xytext": (1, 0.22), "ha": "right"} if late else {"xytext": (0.45, 0.22), "ha": "left"}
    ax.annotate(fill(text, 24), (mdates.date2num(likely), height), textcoords="axes fraction", **place, **look)
