"""Words that come from a report, as a message may hold them: a buyer's name, products."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from promofix_lib.letters.languages import listed
from promofix_lib.letters.linter import hard_faults
from promofix_lib.letters.texts import one_line

NAME_AT_MOST = 60
_PRODUCT_AT_MOST = 120
_READ_AT_MOST = 1_000


def usable_name(name: str | None) -> str:
    """A buyer's name for a greeting; empty when it is missing or looks like anything but a name.

    Examples
    --------
    >>> usable_name(" Test   Buyer "), usable_name("call 555 0100 now"), usable_name("<b>x</b>")
    ('Test Buyer', '', '')
    """
    plain = one_line((name or "")[:_READ_AT_MOST])
    strange = re.search(r"\d.*\d.*\d|[@<>{}\[\]/\\=|*_#+]|^-", plain) or any(hard_faults(plain))
    return "" if strange or not re.search(r"\w", plain) else shortened(plain, NAME_AT_MOST)


@lru_cache(maxsize=4096)
def plain_product(name: str) -> str:
    """A product name without what Amazon withholds a message for: links, addresses, telephones, HTML, pictures.

    Examples
    --------
    >>> plain_product("★ Lamp <b>LED</b> www.example.com 2-pack ★ +1 (555) 010-0199")
    'Lamp LED 2-pack'
    >>> plain_product("Case for 12 13 14 15 16 Pro (2023), 1,000 x 2,000 mm, EAN 4006381333931")
    'Case for 12 13 14 15 16 Pro (2023), 1,000 x 2,000 mm, EAN 4006381333931'
    """
    text = one_line(name[:_READ_AT_MOST])
    while found := sorted((place, words) for place, words, _ in hard_faults(text)):
        place, words = found[0]  # what is left may be a fault of its own: look again
        text = " ".join((text[:place] + " " + text[place + len(words) :]).split())
    return text.lstrip("=+-@ ")  # no formula, even in a copy of the mail list saved as CSV


def shortened(text: str, most: int) -> str:
    """`text` cut at a word's end to at most `most` characters, with an ellipsis.

    Examples
    --------
    >>> shortened("Example Headphones, black", 20)
    'Example Headphones…'
    """
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    words = cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut
    return words.rstrip(" ,;:-–") + "…"


def product_names(products: Iterable[str], language: str) -> str:
    """The products of an order in one phrase, each cut so that all fit; empty when no name is left.

    Examples
    --------
    >>> product_names(["Lamp <b>LED</b>", "Cable"], "en")
    'Lamp LED and Cable'
    """
    names = [plain_product(name) for name in products]
    each = max(_PRODUCT_AT_MOST // max(len(names), 1), 30)
    return shortened(listed([shortened(name, each) for name in names if name], language), _PRODUCT_AT_MOST)
