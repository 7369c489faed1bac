"""What an export, an answer and a purge tell the seller, in English and Chinese."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from promofix_lib.letters.sheet_words import SHEET_LANGUAGES


def tell(key: str, language: str = "en", **facts: object) -> str:
    """A sentence for the seller; English where there is no other.

    Examples
    --------
    >>> tell("order", order="111-0000001-0000001"), tell("order", "zh-CN", order="111-0000001-0000001")
    ('order 111-0000001-0000001', '订单 111-0000001-0000001')
    """
    return _words(language if language in SHEET_LANGUAGES else "en")[key].format(**facts)


@cache
def _words(language: str) -> dict[str, str]:
    text = files("promofix_lib.letters").joinpath(f"seller-words-{language}.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)
    return words
