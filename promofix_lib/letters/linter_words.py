"""Words that rules look for, in every language: case, accents and full-width letters make no difference."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files

FIELD_START, FIELD_END = "\ue000", "\ue001"
"""Stand around a fact of the order (a buyer's or a product's name), which is no word of the message's own."""

_MASK = "\ufffc"
_ENDS = ".!?\n\u3002\uff01\uff1f\u061f"
_CJK = "\u3040-\u30ff\u3400-\u9fff"
_ARABIC = "\u0600-\u06ff"
_SAME = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "’": "'", "ʼ": "'", "‘": "'"})


def marked(value: str) -> str:
    """A fact of the order, marked so that rules about words pass over it.

    Examples
    --------
    >>> masked("Dear " + marked("Review Star") + ",")
    'Dear \ufffc\ufffc\ufffc\ufffc\ufffc\ufffc\ufffc\ufffc\ufffc\ufffc\ufffc\ufffc\ufffc,'
    """
    return FIELD_START + value.replace(FIELD_START, "").replace(FIELD_END, "") + FIELD_END


def masked(text: str) -> str:
    """The text with every marked fact blotted out."""
    return re.sub(f"{FIELD_START}[^{FIELD_END}]*{FIELD_END}?", lambda match: _MASK * len(match[0]), text)


def unmarked(text: str) -> str:
    """The text as the buyer reads it."""
    return text.replace(FIELD_START, "").replace(FIELD_END, "")


def normal(text: str) -> str:
    """The text with one way of writing each sign, and without signs that cannot be seen.

    Examples
    --------
    >>> normal("ﾚﾋﾞｭｰ"), normal("re\u200bview")
    ('レビュー', 'review')
    """
    composed = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(sign for sign in composed if unicodedata.category(sign) != "Cf")


@lru_cache(maxsize=64)
def folded(text: str) -> tuple[str, tuple[int, ...]]:
    """Lower case without accents, and for each sign its place in `text`.

    Examples
    --------
    >>> folded("Évaluez!")[0], folded("ÖNEMLİ")[0]
    ('evaluez!', 'onemli')
    """
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if unicodedata.category(sign) == "Mn":
            continue
        base = sign if "\u3040" <= sign <= "\u30ff" else unicodedata.normalize("NFKD", sign)[0]
        signs.append(base.lower()[0].translate(_SAME))
        places.append(place)
    return "".join(signs), tuple(places)


@cache
def forbidden_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Rule to language to words, as written in ``forbidden-words.txt``."""
    source = files("promofix_lib.letters").joinpath("forbidden-words.txt").read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if line and not line.startswith("#")]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            rule = line[1:-1]
            found[rule] = {}
        else:
            language, _, words = line.partition(": ")
            found[rule][language] = tuple(word.strip() for word in words.split(","))
    return found


def patterns_of(rule: str, language: str) -> tuple[re.Pattern[str], ...]:
    """What finds the words of a rule in a folded text that should be in `language`."""
    own = _pattern(rule, language)
    return (_pattern(rule, ""), own) if own.pattern else (_pattern(rule, ""),)


@cache
def _pattern(rule: str, language: str) -> re.Pattern[str]:
    """The words that hold in every language, or those (written with ``=``) that hold in this one only."""
    listed = forbidden_words()[rule]
    if language:
        words = [word[1:] for word in listed.get(language, ()) if word.startswith("=")]
    else:
        words = [word for home in listed.values() for word in home if not word.startswith("=")]
    by_start: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        start, rest = _as_pattern(word)
        by_start.setdefault(start, []).append(rest)
    # What must stand before a word is asked once, not once per word: five times faster.
    return re.compile("|".join(f"{start}(?:{'|'.join(rests)})" for start, rests in by_start.items()))


def find_words(text: str, rule: str, language: str) -> Iterator[tuple[int, str]]:
    """Place and wording of everything in `text` (as `normal` gives it) that breaks a rule about words.

    Examples
    --------
    >>> list(find_words("Leave us a Review, please. Bewerten Sie uns!", "review", "en"))
    [(11, 'Review'), (27, 'Bewerten')]
    """
    plain, places = folded(text)
    for pattern in patterns_of(rule, language):
        for match in pattern.finditer(plain):
            start, end = places[match.start()], places[match.end() - 1] + 1
            yield start, text[start:end].strip()


def _as_pattern(word: str) -> tuple[str, str]:
    """What must stand before a word, and the word itself up to its end."""
    at_start, word = word.startswith("^"), folded(normal(word.replace("…", "\ue002")).removeprefix("^"))[0]
    pattern = "".join(_part(part) for part in re.split(r"(\s*\ue002\s*|\*|\s+|')", word))
    if at_start:
        return rf"(?:^|(?<=\n)|(?<=[{_ENDS}] ))", pattern + _end(word)
    if re.match(f"[{_ARABIC}]", word):
        return r"(?<!\w)(?:[وفبلك]|ال|وال|بال|فال|لل)?", pattern + ("" if word.endswith("*") else r"(?!\w)")
    if re.match(f"[{_CJK}]", word):
        return "", pattern
    return (r"(?<![a-z0-9ß])" if word[0].isalnum() else ""), pattern + _end(word)


def _end(word: str) -> str:
    return "" if word.endswith("*") or not word[-1].isalnum() else r"(?![a-z0-9ß])"


def _part(part: str) -> str:
    if part == "*":
        return r"\w*"
    if "\ue002" in part:
        return rf"\W[^{_ENDS}]{{0,60}}?(?<!\w)"
    if part.isspace():
        return r"[\s,،、]+"
    return re.escape(part)
