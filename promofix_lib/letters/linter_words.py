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
_GAP = "\ue002"
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
    """Rule to language to words, as ``forbidden-words.txt`` has them, folded; a gap is U+E002."""
    source = files("promofix_lib.letters").joinpath("forbidden-words.txt").read_text(encoding="utf-8")
    source = folded(normal(source.replace("…", _GAP)))[0]
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


def pattern_of(plain: str, rule: str, language: str, kinds: str = "-=") -> re.Pattern[str] | None:
    """What finds the words of a rule in a folded text that should be in `language`; None where none can be there.

    `kinds`: ``-`` for words of every language, ``=`` for those of this one only, ``~`` for those that may also tell
    what went wrong.
    """
    words = tuple(word for kind in kinds for word, hint in _hinted(rule, language, kind) if hint in plain)
    return _compiled(words) if words else None


@cache
def _hinted(rule: str, language: str, kind: str) -> tuple[tuple[str, str], ...]:
    """The words of one kind, each with its longest piece: a text without that needs no pattern for the word."""
    homes = forbidden_words()[rule]
    listed = homes.get(language, ()) if kind == "=" else [word for home in homes.values() for word in home]
    mine = (word.lstrip("=~") for word in listed if (word[0] if word[0] in "=~" else "-") == kind)
    return tuple((word, max(re.split(rf"[\s*^'{_GAP}]", word), key=len)) for word in mine)


@cache
def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    by_start: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        start, rest = _as_pattern(word)
        by_start.setdefault(start, []).append(rest)
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
    strong, weak = pattern_of(plain, rule, language), pattern_of(plain, rule, language, "~")
    found = list(strong.finditer(plain)) if strong else []
    found += [match for match in weak.finditer(plain) if not _set_wrongly(plain, match)] if weak else []
    for match in found:
        start, end = places[match.start()], places[match.end() - 1] + 1
        yield start, text[start:end].strip()


def _set_wrongly(plain: str, match: re.Match[str]) -> bool:
    """Whether the sentence around a word says that a promotion was set wrongly: what happened, and no offer."""
    start = max(plain.rfind(end, 0, match.start()) for end in _ENDS) + 1
    end = min((place for sign in _ENDS if (place := plain.find(sign, match.end())) >= 0), default=len(plain))
    wrong = pattern_of(plain[start:end], "set_wrongly", "")
    return bool(wrong and wrong.search(plain, start, end))


def _as_pattern(word: str) -> tuple[str, str]:
    """What must stand before a word, and the word itself up to its end."""
    at_start, word = word.startswith("^"), word.removeprefix("^")
    own = bool(re.match(f"[{_CJK}]", word))
    pattern = "".join(_part(part, own) for part in re.split(rf"(\s*{_GAP}\s*|\*|\s+|')", word))
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
    if _GAP in part and unspaced:
        return f"[^{_ENDS}]{{0,40}}?"
    if _GAP in part:
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
