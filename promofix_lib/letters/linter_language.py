"""Which language a text is in, told by its script and its small words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_LEAST_WORDS = 5
_CLEARLY = 1.5


def language_of(text: str, expected: str = "") -> str | None:
    """The language of a text, or None when the text is too short or does not tell.

    Parameters
    ----------
    text : str
        Any text; facts of the order should be masked.
    expected : str
        This language gets the benefit of the doubt.

    Examples
    --------
    >>> language_of("Sie müssen nichts weiter tun, und Ihnen wurde nichts berechnet.")
    'de'
    >>> language_of("Order 111-0000001-0000001: Lamp") is None
    True
    >>> language_of("代金は請求されておりません。"), language_of("您没有被扣款，无需进行任何操作。")
    ('ja', 'zh')
    """
    script = _by_script(text)
    if script:
        return script
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _LEAST_WORDS:
        return None
    scores = Counter({language: sum(word in small for word in words) for language, small in _small_words().items()})
    best, hits = max(scores.items(), key=lambda pair: (pair[1], pair[0] == expected))
    if best != expected and hits <= scores[expected] * _CLEARLY:
        best, hits = expected, scores[expected]
    return best if hits >= 2 and hits * 8 >= len(words) else None


def _by_script(text: str) -> str | None:
    kana = len(re.findall("[\u3040-\u30ff]", text))
    han = len(re.findall("[\u3400-\u9fff]", text))
    arabic = len(re.findall("[\u0600-\u06ff]", text))
    latin = len(re.findall("[A-Za-z\u00c0-\u024f]", text))
    if kana + han >= 4 and 2 * (kana + han) >= latin:
        return "ja" if kana * 8 >= han else "zh"
    return "ar" if arabic >= 8 and arabic >= latin else None


@cache
def _small_words() -> Mapping[str, frozenset[str]]:
    source = files("promofix_lib.letters").joinpath("language-words.txt").read_text(encoding="utf-8")
    pairs = (line.partition(": ") for line in source.splitlines() if line)
    return {language: frozenset(words.split(", ")) for language, _, words in pairs}
