"""The colours of the house, safe for the colour-blind: whoever shows an affected order takes its colour from here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """What is drawn in which colour, on a light or on a dark page.

    Parameters
    ----------
    incidents : tuple of str
        The orders of the first, the second … incident.
    others, usual, good : str
        All other orders, what is usual, what is under the limit.
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

    incidents: tuple[str, ...] = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#B8860B")
    others: str = "#9AA0A6"
    usual: str = "#3F4A54"
    good: str = "#009E73"
    good_text: str = "#00694D"
    window: str = "#F0B45A"
    ink: str = "#222222"
    faint: str = "#5F6368"
    grid: str = "#E6E6E6"
    ground: str = "#FFFFFF"

    @property
    def affected(self) -> str:
        """The colour of affected orders where there is one incident, or no difference is made."""
        return self.incidents[0]

    def incident(self, number: int) -> str:
        """The colour of an incident, by its number; they come round again after six.

        >>> LIGHT.incident(1), LIGHT.incident(7) == LIGHT.incident(1)
        ('#D55E00', True)
        """
        return self.incidents[(number - 1) % len(self.incidents)]


LIGHT = Colours()
DARK = Colours(
    incidents=("#F07E26", "#3D9BD9", "#2BC79A", "#E29BC3", "#8CD0F5", "#D4A72C"),
    others="#7C8288",
    usual="#D5DADF",
    good="#2BC79A",
    good_text="#5FDDB8",
    window="#B9822F",
    ink="#EDEDED",
    faint="#B0B4B8",
    grid="#333333",
    ground="#111111",
)
