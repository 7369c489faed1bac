"""The colours of the house, safe for the colour-blind: whoever shows an affected order takes its colour from here.

They are for a light page; on a dark one a picture is shown with its light turned round and its hues kept.

References
----------
M. Okabe and K. Ito, "Color universal design" (2008).
"""

from __future__ import annotations

INCIDENTS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#B8860B")
"""The orders of the first, the second … incident."""
AFFECTED = INCIDENTS[0]
"""Affected orders where there is one incident, or no difference is made."""
OTHERS = "#9AA0A6"
"""All other orders."""
USUAL = "#3F4A54"
GOOD = "#009E73"
"""What is under the limit."""
GOOD_TEXT = "#00694D"
"""Text about what is good: the same hue, with more contrast."""
WINDOW = "#F0B45A"
"""Shade from the first affected order to the last."""
INK, FAINT, GRID, GROUND = "#222222", "#5F6368", "#E6E6E6", "#FFFFFF"
"""Text, text beside, lines behind, the page."""


def incident(number: int) -> str:
    """The colour of an incident, by its number, 0 for what was put in by hand; they come round again after six.

    >>> incident(1), incident(7) == incident(1)
    ('#D55E00', True)
    """
    return INCIDENTS[(number - 1) % len(INCIDENTS)]
