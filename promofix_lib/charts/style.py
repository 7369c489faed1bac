"""How the charts look, and how they are shown: fonts that are there, nothing read as mathematics, light and dark."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib
from babel.dates import format_skeleton
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.dates import num2date
from matplotlib.figure import Figure

from promofix_lib.charts import colours

_CHINESE = ("Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", "SimHei", "WenQuanYi Micro Hei")

# JupyterLab and Notebook mark their theme on the body; on a dark page light and dark change places and hues stay
_THEME = """<style>body[data-jp-theme-light="false"] .promofix-picture
{filter: invert(0.93) hue-rotate(180deg)}</style>"""


@dataclass(frozen=True)
class Picture:
    """A chart that is drawn when it is shown; the words say the same where no image can be seen.

    Parameters
    ----------
    name : str
        A file's name without its ending.
    words : str
        What the picture shows, for screen readers and for text.
    draw : callable, optional
        Makes the figure; without it there are only words.

    Examples
    --------
    >>> picture = Picture("night", "300 orders in one night", lambda: Figure())
    >>> picture
    300 orders in one night
    >>> picture._repr_html_().count('alt="300 orders'), picture.png()[1:4]
    (1, b'PNG')
    """

    name: str
    words: str
    draw: Callable[[], Figure] | None = None

    def png(self, dpi: int = 150) -> bytes:
        """The picture as PNG; the same data gives the same bytes."""
        if self.draw is None:
            raise ValueError(f"{self.name}: there is nothing to draw.")
        written = io.BytesIO()
        with look():
            given: Any = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}}  # a fifth quicker
            self.draw().savefig(written, format="png", dpi=dpi, **given)
        return written.getvalue()

    def _repr_html_(self) -> str:
        if self.draw is None:
            return f"<p>{escape(self.words)}</p>"
        image = base64.b64encode(self.png(110)).decode()
        source = f'style="display:block;max-width:100%" src="data:image/png;base64,{image}"'
        return f'{_THEME}<img class="promofix-picture" alt="{escape(self.words)}" {source}>'

    def __repr__(self) -> str:
        return self.words


@cache
def fonts() -> tuple[str, ...]:
    """Font families to draw with: the plain one, then those with Chinese signs that this machine has."""
    names = set(font_manager.get_font_names())
    return ("DejaVu Sans", *(name for name in _CHINESE if name in names))


def spoken(language: str) -> str:
    """The language to write on a chart: English where the machine has no font for Chinese signs."""
    return language if len(fonts()) > 1 or not language.startswith("zh") else "en"


def look() -> AbstractContextManager[None]:
    """Figures made in here have our fonts, sizes and colours, whatever the notebook's own style is."""
    edges = dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), colours.FAINT)
    texts = dict.fromkeys(("axes.labelcolor", "text.color"), colours.INK)
    grounds = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), colours.GROUND)
    plain = {
        "font.family": list(fonts()),
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.titlesize": 11,
        "grid.color": colours.GRID,
        "legend.frameon": False,
    }
    return matplotlib.rc_context({**plain, **edges, **texts, **grounds})


def day_label(day: date, language: str, skeleton: str = "MMMEd") -> str:
    """A day as an axis names it, in a language.

    >>> day_label(date(2026, 11, 23), "en"), day_label(date(2026, 11, 23), "en", "MMMd")
    ('Mon, Nov 23', 'Nov 23')
    """
    return format_skeleton(skeleton, day, locale=spoken(language).replace("-", "_"))


def clock_label(value: float, zone: ZoneInfo, language: str) -> str:
    """A moment as an axis names it: the day at midnight, else the hour.

    >>> clock_label(0.5, ZoneInfo("UTC"), "en"), clock_label(1, ZoneInfo("UTC"), "en")
    ('12:00', 'Jan 2')
    """
    moment = num2date(value, tz=zone)
    return f"{moment:%H:%M}" if moment.hour or moment.minute else day_label(moment.date(), language, "MMMd")


def sheet(heights: Sequence[float]) -> tuple[Figure, list[Axes]]:
    """A figure ten inches wide with charts of these heights, one under the other; its margins are ours."""
    size, between = sum(heights), 0.75
    height = size + between * (len(heights) - 1) + 1.2
    figure = Figure(figsize=(10, height))
    places = {"left": 0.075, "right": 0.955, "bottom": 0.55 / height, "top": 1 - 0.65 / height}
    given = {**places, "height_ratios": list(heights), "hspace": between * len(heights) / size}
    return figure, list(figure.subplots(len(heights), 1, squeeze=False, gridspec_kw=given)[:, 0])


def quiet(ax: Axes) -> Axes:
    """Only thin horizontal lines, behind the data."""
    ax.grid(axis="y", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    return ax


def note(ax: Axes, text: str, point: tuple[Any, Any], offset: tuple[float, float] = (0, 0), **given: Any) -> None:
    """A text so many points beside a point of the chart."""
    ax.annotate(text, point, xytext=offset, textcoords="offset points", **given)


def printable(text: str, longest: int = 70) -> str:
    """A text from a report that any font can draw: signs without a glyph become a box, long ones are cut.

    Examples
    --------
    >>> printable("Percentage Off 2026/11/19" + "x" * 99, 28)
    'Percentage Off 2026/11/19xx…'
    """
    plain = "".join(sign if sign.isprintable() and ord(sign) in _glyphs() else "□" for sign in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


@cache
def _glyphs() -> frozenset[int]:
    paths = [font_manager.findfont(name) for name in fonts()]
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())
