"""The colours of the house, safe for the colour-blind: whoever shows an affected order takes its colour from here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """What is drawn in which colour, on a light or on a dark page.

    Parameters
    ----------
    affected, others, usual, good : str
        Affected orders, all others, what is usual, what is under the limit.
    good_text : str
        Text about what is good: the same hue, with more contrast.
    window : str
        Shade from the first affected order to the last.
    ink, faint, grid, ground : str
        Text, text beside, lines behind, the page.

    References
    ----------
    M. Okabe and K. Ito, "Color universal design" (2008).
    """

    affected: str = "#D55E00"
    others: str = "#9AA0A6"
    usual: str = "#0072B2"
    good: str = "#009E73"
    good_text: str = "#00694D"
    window: str = "#F0B45A"
    ink: str = "#222222"
    faint: str = "#5F6368"
    grid: str = "#E6E6E6"
    ground: str = "#FFFFFF"


LIGHT = Colours()
DARK = Colours(
    affected="#F07E26",
    others="#8A9096",
    usual="#56B4E9",
    good="#2BC79A",
    good_text="#5FDDB8",
    window="#B9822F",
    ink="#EDEDED",
    faint="#B0B4B8",
    grid="#333333",
    ground="#111111",
)
AFFECTED = LIGHT.affected
"""The colour of an affected order: in charts, in the panel, in the workbook."""
