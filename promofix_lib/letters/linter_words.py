"""Words of messages: those that Amazon forbids, in every language, and the small ones that tell a text's language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
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
    return tuple(pattern for kind in ("", "=") if (pattern := _pattern(rule, language if kind else "", kind)).pattern)


@cache
def _pattern(rule: str, language: str, kind: str) -> re.Pattern[str]:
    """The words of one kind (``=``, ``~`` or neither), of one language or, when it is empty, of all."""
    homes = forbidden_words()[rule]
    listed = homes.get(language, ()) if language else [word for home in homes.values() for word in home]
    by_start: dict[str, list[str]] = {}
    for word in sorted(
        (word for word in listed if (word[0] if word[0] in "=~" else "") == kind), key=len, reverse=True
    ):
        start, rest = _as_pattern(word.removeprefix(kind))
        by_start.setdefault(start, []).append(rest)
    # What must stand before a word is asked once, not once per word: five times faster.
    return re.compile("|".join(f"{start}(?:{'|'.join(rests)})" for start, rests in by_start.items()))


def find_words(text: str, rule: str, language: str) -> Iterator[tuple[int, str]]:
    """Place and wording of everything in `text` (as `normal` gives it) that breaks a rule about words.

    Examples
    --------
    >>> list(find_words("Leave us a Review, please. Bewerten Sie uns!", "review", "en"))
    [(11, 'Review'), (27, 'Bewerten')]
    >>> list(find_words("The discount was set wrongly. Get a discount.", "marketing", "en"))
    [(36, 'discount')]
    """
    plain, places = folded(text)
    found = [match for pattern in patterns_of(rule, language) for match in pattern.finditer(plain)]
    weak = _pattern(rule, "", "~")
    found += [match for match in weak.finditer(plain) if not _set_wrongly(plain, match)] if weak.pattern else []
    for match in found:
        start, end = places[match.start()], places[match.end() - 1] + 1
        yield start, text[start:end].strip()


def _set_wrongly(plain: str, match: re.Match[str]) -> bool:
    """Whether the sentence around a word says that a promotion was set wrongly: what happened, and no offer."""
    start = max(plain.rfind(end, 0, match.start()) for end in _ENDS) + 1
    end = min((place for sign in _ENDS if (place := plain.find(sign, match.end())) >= 0), default=len(plain))
    return bool(_pattern("set_wrongly", "", "").search(plain, start, end))


def _as_pattern(word: str) -> tuple[str, str]:
    """What must stand before a word, and the word itself up to its end."""
    at_start, word = word.startswith("^"), folded(normal(word.replace("…", "\ue002")).removeprefix("^"))[0]
    own = bool(re.match(f"[{_CJK}]", word))
    pattern = "".join(_part(part, own) for part in re.split(r"(\s*\ue002\s*|\*|\s+|')", word))
    if at_start:
        return rf"(?:^|(?<=\n)|(?<=[{_ENDS}] ))", pattern + _end(word)
    if re.match(f"[{_ARABIC}]", word):
        return r"(?<!\w)(?:[وفبلك]|ال|وال|بال|فال|لل)?", pattern + ("" if word.endswith("*") else r"(?!\w)")
    if own:
        return "", pattern
    return (r"(?<![a-z0-9ß])" if word[0].isalnum() else ""), pattern + _end(word)


def _end(word: str) -> str:
    return "" if word.endswith("*") or not word[-1].isalnum() else r"(?![a-z0-9ß])"


def _part(part: str, unspaced: bool) -> str:
    if part == "*":
        return r"\w*"
    if "\ue002" in part and unspaced:
        return f"[^{_ENDS}]{{0,40}}?"
    if "\ue002" in part:
        return rf"\W[^{_ENDS}]{{0,60}}?(?<!\w)"
    if part.isspace():
        return r"[\s,،、]+"
    return re.escape(part)


# -- which language ---------------------------------------------------------------------------------------------------

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
