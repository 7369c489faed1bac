"""What a cell's letters were meant to be: control letters cleaned, double encoding undone, ids in Amazon's form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pyarrow as pa

from promofix_lib.errors import PromofixError
from promofix_lib.say import Told, told

LOST = "\ufffd"
"""Stands where bytes are no letter."""

_BREAKS = re.compile(" *[\x0b\x0c\r\x85\u2028\u2029]+ *")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")
_NO_LETTER = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffd]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffd\u00c2-\u00f4]")
# How the second byte of a letter looks when the bytes were read as Windows-1252 or Latin-1.
_TRAIL = "\u0080-\u00bfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"
_TWICE = re.compile(f"[\u00c2-\u00df][{_TRAIL}]|[\u00e0-\u00ef][{_TRAIL}]{{2}}|[\u00f0-\u00f4][{_TRAIL}]{{3}}")
_AFTER_A_LETTER = frozenset("\u00a0»«°²³·…’‘“”–—")  # signs that stand behind an accented letter in honest text
_PLAUSIBLE = re.compile(
    "[\x00-\x7f\u00a0-\u017f\u0370-\u04ff\u0590-\u06ff\u0e00-\u0e7f\u1ea0-\u1ef9\u2010-\u2044\u20ac\u2122"
    "\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef\U0001f000-\U0001faff\ufe0f\u200d]+"
)
HYPHENS = str.maketrans(dict.fromkeys("\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"))
_AROUND = "'\"`´‘’“”=\u200b\u200e\u200f\ufeff"
ORDER_ID = re.compile(r"[0-9A-Za-z]{3}-[0-9A-Za-z]{7}-[0-9A-Za-z]{7}")
ITEM_ID = re.compile(r"[0-9]{1,20}")
_A_NUMBER = re.compile(r"\d+(\.\d+)?(e\+?\d{1,2})?", re.ASCII)
_SURE_DIGITS = 14  # an item id has 14 or 15 digits; with fewer, zeros at its beginning may have been lost
_LISTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_A_LIST = re.compile(r"""\[(?:\s*(?:'[^']*'|"[^"]*"|None|nan|null)\s*,?)*\s*\]""")
_NOTHING = frozenset(("null", "nan", "none", "#n/a", "n/a", "<na>", "nat", "nil", "#null!"))


class CellError(PromofixError, ValueError):
    """What is wrong with a cell; a sentence without its subject, which is the column."""

    @property
    def told(self) -> Told:
        """The sentence, to be worded where it is shown."""
        return told(self.key, **self.facts)


def is_odd(text: str) -> bool:
    r"""Whether a text may hold control letters, lost letters or letters encoded twice.

    >>> is_odd("Jane Doe"), is_odd("JÃ¼rgen"), is_odd("a\u2028b")
    (False, True, True)
    """
    return bool(_ODD.search(text))


def cleaned(text: str) -> str:
    r"""A cell without control letters; what breaks a line elsewhere is a blank here, tabs and line feeds stay.

    >>> cleaned("Jane\u2028Doe\x07"), cleaned("\ufeffHat"), cleaned("two\nlines")
    ('Jane Doe', 'Hat', 'two\nlines')
    """
    return _BREAKS.sub(" ", _CONTROL.sub("", text))


def western(raw: bytes) -> str:
    """Bytes as Windows-1252; where one of them means nothing there, as Latin-1."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def mended(text: str) -> str:
    r"""A text that was encoded twice, or more often, as it was meant; any other text as it is.

    Examples
    --------
    >>> mended("JÃ¼rgen MÃ¼ÃŸig"), mended("ä¸­æ–‡"), mended("café\u00a0»"), mended("SÃO PAULO")
    ('Jürgen Müßig', '中文', 'café\xa0»', 'SÃO PAULO')
    """
    found = _TWICE.findall(text)
    if not found or all(map(_is_honest, found)):
        return text
    try:
        meant = b"".join(map(_byte, text)).decode("utf-8")
    except ValueError:
        return text
    return mended(meant) if _PLAUSIBLE.fullmatch(meant) else text  # shorter each time


def _is_honest(letters: str) -> bool:
    return letters[0] not in "ÂÃ" and _AFTER_A_LETTER.issuperset(letters[1:])


def _byte(letter: str) -> bytes:
    return letter.encode("latin-1") if letter < "\u0100" else letter.encode("cp1252")


def is_spoilt(text: str) -> bool:
    """Whether a text still looks encoded twice, and cannot be mended for certain.

    >>> is_spoilt("JÃ¼rgen – Jörg ü"), is_spoilt("São João")
    (True, False)
    """
    return bool(re.search("[ÂÃ][\u0080-\u00bf]", text))


def is_nothing(text: str) -> bool:
    """Whether a cell says in a program's word that it is empty.

    >>> is_nothing("NULL"), is_nothing(" nan "), is_nothing("0")
    (True, True, False)
    """
    return text.strip().lower() in _NOTHING


def opened(text: str, joined_by: str) -> str:
    """Ids that a program wrote as a list of Python or of JSON, joined; any other text as it is.

    >>> opened("['A', 'B']", ","), opened('["A, 10 %"]', ","), opened("[]", ","), opened("[Summer]", ",")
    ('A,B', 'A, 10 %', '', '[Summer]')
    """
    if not _A_LIST.fullmatch(text.strip()):
        return text
    return joined_by.join(one or other for one, other in _LISTED.findall(text))


def order_id(text: str) -> str:
    """An order id in Amazon's form, mended where that is certain.

    Raises
    ------
    CellError
        It is of another form.

    Examples
    --------
    >>> order_id("'112–1894411–1620776 "), order_id("11295635001239655")
    ('112-1894411-1620776', '112-9563500-1239655')
    """
    plain = _bare(text)
    if ORDER_ID.fullmatch(plain):
        return plain
    if re.fullmatch(r"\d{17}", plain, re.ASCII):
        if plain.endswith("00"):
            raise CellError("reports.fault.rounded_order_id")  # a spreadsheet keeps 15 digits of a number
        return f"{plain[:3]}-{plain[3:10]}-{plain[10:]}"
    raise CellError("reports.fault.no_order_id")


def item_id(text: str) -> str:
    """An order item id, mended where that is certain.

    Raises
    ------
    CellError
        It is no number, or a number that may have lost its first zeros.

    Examples
    --------
    >>> item_id("12345678901234.0"), item_id("'01234567890123")
    ('12345678901234', '01234567890123')
    """
    plain = _bare(text)
    if re.fullmatch(r"\d+[.,]0+", plain, re.ASCII):
        plain = re.split("[.,]", plain)[0]
        if len(plain) < _SURE_DIGITS:
            raise CellError("reports.fault.lost_zeros")
    if re.fullmatch(r"\d[.,]?\d*[Ee]\+?\d+", plain, re.ASCII):
        raise CellError("reports.fault.scientific")
    if not ITEM_ID.fullmatch(plain):
        raise CellError("reports.fault.no_item_id")
    return plain


def sku_key(text: str) -> str:
    """A SKU as it is whatever a spreadsheet made of it: zeros lost, blanks or an apostrophe added, a number made of it.

    >>> sku_key("'00123"), sku_key("1.00E+05") == sku_key("1E5"), sku_key("Lamp-01 ")
    ('123', True, 'lamp-01')
    """
    plain = _bare(text).lower()
    return f"{Decimal(plain).normalize():f}" if _A_NUMBER.fullmatch(plain) else plain


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(HYPHENS)).translate(HYPHENS)
    return re.sub(r"[\s\u200b\u200c\u200d\u2060]+", "", plain).strip(_AROUND)


# -- the same question to a block of bytes, at the speed of NumPy ------------------------------------------------------


def odd_bytes(block: bytes, cells: int) -> bool:
    r"""Whether UTF-8 lines of `cells` cells in all may hold what `is_odd` asks for.

    >>> odd_bytes(b"a\tb\r\n", 2), odd_bytes(b"a\x07\tb\n", 2), odd_bytes("JÃ¼rgen\n".encode(), 1)
    (False, True, True)
    >>> odd_bytes(b"a\tb\rc\td\n\n", 4)  # a lone carriage return is no line end
    True
    >>> odd_bytes("réservé\u00a0: Beyoncé’s\n".encode(), 1)
    False
    """
    letters = np.frombuffer(block, np.uint8)
    separators = cells - (not block.endswith(b"\n"))
    returns = np.flatnonzero(letters[:-1] == ord("\r"))
    if np.count_nonzero(letters < 32) != separators + len(returns) or np.any(letters[returns + 1] != ord("\n")):
        return True
    beyond = np.flatnonzero(letters > 126)
    apart = np.flatnonzero(np.diff(beyond) > 1) + 1
    text = np.insert(letters[beyond], apart, ord(" ")).tobytes().decode("utf-8", "ignore")
    return bool(_NO_LETTER.search(text)) or any(not _is_honest(found[0]) for found in _TWICE.finditer(text))


# -- a column ----------------------------------------------------------------------------------------------------------


def respelled(cells: pa.ChunkedArray, spell: Callable[[str], str]) -> pa.ChunkedArray:
    """The column with each of its words spelled anew, a blank one missing; the same one where nothing changes."""
    coded = [chunk.dictionary_encode() for chunk in cells.chunks]
    words = [pa.array([spell(word) or None for word in chunk.dictionary.to_pylist()], pa.string()) for chunk in coded]
    if all(word.equals(chunk.dictionary) for word, chunk in zip(words, coded, strict=True)):
        return cells
    return pa.chunked_array([word.take(chunk.indices) for word, chunk in zip(words, coded, strict=True)], pa.string())
