"""How the charts look: colours that the colour-blind tell apart, fonts that are there, nothing read as mathematics."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito, "Color universal design" (2008)
AFFECTED = "#D55E00"
OTHERS = "#9AA0A6"
USUAL = "#0072B2"
WINDOW = "#F0B45A"
INK = "#222222"

_CHINESE = ("Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", "SimHei", "WenQuanYi Micro Hei")


@cache
def fonts() -> tuple[str, ...]:
    """Font families to draw with: the plain one, then those with Chinese signs that this machine has."""
    names = set(font_manager.get_font_names())
    return ("DejaVu Sans", *(name for name in _CHINESE if name in names))


def speaks_chinese() -> bool:
    """Whether a font with Chinese signs is there; labels stay English otherwise."""
    return len(fonts()) > 1


def look() -> Any:
    """Context in which figures are made: our fonts and sizes, whatever the notebook's own style is."""
    return matplotlib.rc_context(
        {
            "font.family": list(fonts()),
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#777777",
            "axes.labelcolor": INK,
            "text.color": INK,
            "xtick.color": "#555555",
            "ytick.color": "#555555",
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlesize": 11,
            "figure.facecolor": "white",
            "axes.facecolor": "white",
            "legend.frameon": False,
            "svg.fonttype": "none",
            "svg.hashsalt": "promofix",
        }
    )


def quiet(ax: Axes) -> Axes:
    """Only light horizontal lines, behind the data."""
    ax.grid(axis="y", color="#E6E6E6", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    return ax


def printable(text: str, longest: int = 70) -> str:
    """A text from a report that any font can draw: signs without a glyph become a box, long ones are cut.

    Examples
    --------
    >>> printable("Percentage Off 2026/11/19" + "x" * 99, 28)
    'Percentage Off 2026/11/19xx…'
    """
    plain = "".join(sign if sign.isprintable() and _has_glyph(sign) else "□" for sign in text)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


@cache
def _glyphs() -> frozenset[int]:
    paths = [font_manager.findfont(name) for name in fonts()]
    return frozenset(code for path in paths for code in font_manager.get_font(path).get_charmap())


def _has_glyph(sign: str) -> bool:
    return ord(sign) in _glyphs()


def save_chart(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write a chart as PNG (for people) and SVG (for print); gives both paths. The same data gives the same PNG."""
    png, svg = stem.with_suffix(".png"), stem.with_suffix(".svg")
    with look():
        figure.savefig(png, dpi=150, metadata={"Software": None})
        figure.savefig(svg, metadata={"Date": None})
    return png, svg
