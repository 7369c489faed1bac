"""What is still wrong with a letter to Amazon: gaps, feelings, buyers' data, advice that must not be followed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from promofix_lib.letters.amazon import gaps_in

EMOTIVE_WORDS = (
    "unfortunately devastated devastating desperate desperately bankrupt bankruptcy ruined unfair unjust beg begging "
    "heartfelt sincerely sincere sorry regret apologise apologize apologies nightmare disaster disastrous terrible "
    "horrible shocked honest honestly hardworking loyal valued livelihood family hopefully deeply truly extremely"
).split()
"""Words that Seller Performance asks to leave out of a plan of action."""

_BAD_ADVICE = (
    (r"out of stock|noinventory", "NoInventory counts like the other reasons, and it must be true"),
    (r"72[- ]hours?", "no text of Amazon gives a 72-hour right"),
    (r"91\.3 ?%", "no text of Amazon exempts 91.3 %"),
    (r"software (?:error|bug|glitch)|system error", "say what really happened; a software error must be true"),
    (r"ask(?:ed)? (?:the )?buyers? to cancel", "Amazon forbids asking buyers to cancel"),
    (r"remove (?:the |their )?(?:reviews?|feedback)", "never ask for reviews or feedback to be removed in this letter"),
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\d-])\+\d[\d ()-]{7,}\d")


def concerns(text: str, private: Iterable[str] = ()) -> tuple[str, ...]:
    """What to put right before a letter goes to Amazon; empty when nothing was found.

    Parameters
    ----------
    text : str
        The letter as it would be sent.
    private : iterable of str
        Names and addresses of buyers, none of which may be in it.

    Examples
    --------
    >>> concerns("We are deeply sorry. [FILL IN: date]")
    ('fill in: date', "leave feelings out: 'deeply', 'sorry'")
    """
    found = [f"fill in: {gap}" for gap in gaps_in(text)]
    felt = [word for word in re.findall(r"[a-z]+", text.lower()) if word in EMOTIVE_WORDS]
    if felt:
        found.append(f"leave feelings out: {', '.join(repr(word) for word in dict.fromkeys(felt))}")
    found += [f"do not follow bad advice: {why}" for pattern, why in _BAD_ADVICE if re.search(pattern, text.lower())]
    if _EMAIL.search(text) or _PHONE.search(text):
        found.append("take out e-mail addresses and telephone numbers: Amazon knows its buyers")
    if any(name in text for name in private if len(name) > 3):
        found.append("take out the buyers' names: Amazon knows its buyers")
    return tuple(found)
