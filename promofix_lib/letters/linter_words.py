"""Words of messages: those that Amazon forbids, in every language, and the small ones that tell a text's language."""

from __future__ import annotations

import itertools
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

FIELD_START, FIELD_END = "\ue000", "\ue001"
"""Stand around a fact of the order (a buyer's or a product's name), which is no word of the message's own."""

_MASK = "\ufffc"
_GAP = "\ue002"
_ENDS = ".!?\n\u3002\uff01\uff1f\u061f"
_SENTENCE = re.compile(r"(?:[^.!?\n\u3002\u061f]|\.(?!\s|$))+")
_CJK = "\u3040-\u30ff\u3400-\u9fff"
_ARABIC = "\u0600-\u06ff"
_SAME = str.maketrans("ıłøđ’ʼ‘\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456", "ilod'''aeopcyxi")  # Cyrillic ones too
_SPELT_OUT = re.compile(r"(?<![^\W_])(?:a )?([^\W\d_](?:[ .*_-][^\W\d_]){3,})(?![^\W_])")


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
    """Lower case without accents and without what stands between spelt-out letters; each sign's place in `text`.

    Examples
    --------
    >>> folded("Évaluez!")[0], folded("ÖNEMLİ")[0], folded("a R.e.v.i.e.w")[0]
    ('evaluez!', 'onemli', 'a review')
    """
    between = {place for match in _SPELT_OUT.finditer(text) for place in range(match.start(1) + 1, match.end(1), 2)}
    bases = [("" if place in between else _base(sign)) for place, sign in enumerate(text)]
    return "".join(bases), tuple(place for place, base in enumerate(bases) if base)


@cache
def _base(sign: str) -> str:
    if unicodedata.category(sign) == "Mn":
        return ""
    base = sign if "\u3040" <= sign <= "\u30ff" else unicodedata.normalize("NFKD", sign)[0]
    return base.lower()[0].translate(_SAME)


@cache
def _table(name: str) -> Mapping[str, Mapping[str, Any]]:
    """A file of words, folded; a gap is U+E002."""
    source = files("promofix_lib.letters").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(folded(normal(source.replace("…", _GAP)))[0])


def forbidden_words() -> Mapping[str, Mapping[str, str]]:
    """Rule to language to words with commas between, as ``forbidden-words.toml`` has them, folded."""
    return _table("forbidden-words.toml")


@cache
def words_of(rule: str, language: str, kinds: str = "-=") -> frozenset[str]:
    """The words of a rule for a text that should be in `language`.

    `kinds`: ``-`` for words of every language, ``=`` for those of this one only, ``~`` for those that may also tell
    what went wrong.
    """
    homes = forbidden_words()[rule]
    return frozenset(
        word.lstrip("=~")
        for home, words in homes.items()
        for word in _listed(words)
        if (word[0] if word[0] in "=~" else "-") in kinds and (home == language or word[0] != "=")
    )


@cache
def _listed(words: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, words.split(","))))


def spans_of(words: frozenset[str], text: str) -> list[tuple[int, int]]:
    """Where any of the words stands in a folded text, from left to right; of two at one place the longer one."""
    matches = (match.span() for word in words & _held(text) for match in _compiled(word).finditer(text))
    found = sorted(matches, key=lambda at: (at[0], -at[1]))
    kept: list[tuple[int, int]] = []
    for start, end in found:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


@lru_cache(maxsize=1000)
def _held(text: str) -> frozenset[str]:
    """The words of all lists that a text may hold: texts hold few of thousands, which are looked for by how they begin.

    Examples
    --------
    >>> sorted({"review", "leave us a", "coupon*"} & _held("leave a review"))
    ['review']
    """
    begins = {text[at : at + long] for at in range(len(text)) for long in (1, 2, 3)}
    pieces = _pieces()
    return frozenset(word for begin in pieces.keys() & begins for piece, word in pieces[begin] if piece in text)


@cache
def _pieces() -> Mapping[str, list[tuple[str, str]]]:
    """By how it begins the longest piece of each word, without which no text holds the word."""
    pieces: dict[str, list[tuple[str, str]]] = {}
    lists = (*forbidden_words().values(), *_table("forbidden-sentences.toml").values())
    words = (words for lists_of_one in lists for words in lists_of_one.values() if isinstance(words, str))
    for word in {word.lstrip("=~") for some in words for word in _listed(some)}:
        piece = max(re.split(rf"[\s*^'{_GAP}]", word), key=len)
        pieces.setdefault(piece[:3], []).append((piece, word))
    return pieces


def find_words(text: str, rule: str, language: str) -> Iterator[tuple[int, str, str]]:
    """Place, wording and rule of everything in `text` (as `normal` gives it) that breaks a rule about words.

    A word may be forbidden as such, or a sentence by its sense: something of each group that the rule joins, and
    nothing that says the sentence only tells what happened, unless it is a fault all the same.

    Examples
    --------
    >>> list(find_words("Leave us a Review, please. Bewerten Sie uns!", "review", "en"))
    [(11, 'Review', 'review'), (27, 'Bewerten', 'review')]
    >>> list(find_words("The discount was set wrongly. Get a discount.", "marketing", "en"))
    [(36, 'discount', 'marketing')]
    >>> list(find_words("Would you be so kind as to withdraw it?", "ask_to_cancel", "en"))
    [(0, 'Would you be so kind as to withdraw', 'ask_to_cancel')]
    """
    plain, places = folded(text)
    for sentence in _SENTENCE.finditer(plain):
        for start, end in _faults_of(sentence[0], rule, language):
            first, last = sentence.start() + start, sentence.start() + end - 1
            yield places[first], text[places[first] : places[last] + 1].strip(), rule


@lru_cache(maxsize=10_000)  # letters of one night have most of their sentences in common
def _faults_of(said: str, rule: str, language: str) -> tuple[tuple[int, int], ...]:
    rules, groups = _table("forbidden-sentences.toml")["rules"], _table("forbidden-sentences.toml")[language]

    def group(name: str) -> list[tuple[int, int]]:
        return spans_of(_listed(groups.get(name, "")), said)

    if group(f"spared_{rule}"):
        return ()
    fine = bool(group(f"fine_{rule}"))
    found = spans_of(words_of(rule, language, "-=" if fine else "-=~"), said)
    if fine or not found:
        joined = rules.get(f"sure_{rule}" if fine else rule, ())
        found += itertools.islice(_by_sense((group(one), group(two)) for one, two in joined), 1)
    return tuple(found)


def _by_sense(joined: Iterable[tuple[list[tuple[int, int]], list[tuple[int, int]]]]) -> Iterator[tuple[int, int]]:
    """From the first to the last of two words that do not overlap, one of each group."""
    for one, two in joined:
        for before, after in ((one, two), (two, one)):
            if before and after and before[0][1] <= after[-1][0]:
                yield before[0][0], after[-1][1]


@cache
def _compiled(word: str) -> re.Pattern[str]:
    """What finds a word: what must stand before it, its parts, and its end where the word may not go on."""
    at_start, word = word.startswith("^"), word.removeprefix("^")
    own = bool(re.match(f"[{_CJK}]", word))
    pattern = "".join(_part(part, own) for part in re.split(rf"(\s*{_GAP}\s*|\*|\s+|')", word))
    end = "" if word.endswith("*") or not word[-1].isalnum() else r"(?![a-z0-9ß])"
    if at_start:
        return re.compile(r"^\s*" + pattern + end)
    if re.match(f"[{_ARABIC}]", word):
        before, end = r"(?<!\w)(?:[وفبلك]|ال|وال|بال|فال|لل)?", "" if word.endswith("*") else r"ا?(?!\w)"
        return re.compile(before + pattern + end)
    before = r"(?<![a-z0-9ß])" if word[0].isalnum() else ""
    return re.compile(pattern if own else before + pattern + end)


def _part(part: str, unspaced: bool) -> str:
    if part == "*":
        return r"\w*"
    if _GAP in part and unspaced:
        return f"[^{_ENDS}]{{0,40}}?"
    if _GAP in part:
        return rf"\W[^{_ENDS}]{{0,60}}?(?<!\w)"
    if part.isspace():
        return r"ا?[\s,،、]+"
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
    different = len(_small_words().get(best, frozenset()).intersection(words))  # "de" alone is a word of five
    return best if different >= 2 and hits * 8 >= len(words) else None


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
