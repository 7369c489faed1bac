"""A chart in a notebook: an image with its description, the same in the light and in the dark theme."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from html import escape

from matplotlib.figure import Figure

from promofix_lib.charts.style import look


@dataclass(frozen=True)
class Picture:
    """A figure as a cell shows it; the words say the same where no image can be seen.

    Parameters
    ----------
    figure : Figure
        Kept with `charts.style.save_chart`.
    words : str
        What the picture shows, for screen readers and for text.

    Examples
    --------
    >>> Picture(Figure(), "300 orders in one night")
    300 orders in one night
    >>> 'alt="300 orders' in Picture(Figure(), "300 orders in one night")._repr_html_()
    True
    """

    figure: Figure = field(repr=False)
    words: str

    def _repr_html_(self) -> str:
        drawn = io.BytesIO()
        with look():
            self.figure.savefig(drawn, format="png", dpi=110, metadata={"Software": None})
        image = base64.b64encode(drawn.getvalue()).decode()
        return f'<img alt="{escape(self.words)}" style="max-width:100%" src="data:image/png;base64,{image}">'

    def __repr__(self) -> str:
        return self.words
