"""What a cell's letters were meant to be: control letters cleaned, double encoding undone, ids in Amazon's form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from promofix_lib.say import Told, told

LOST = "\ufffd"
"""Stands where bytes are no letter."""

_BREAKS = re.compile(" *[\x0b\x0c\r\x85\u2028\u2029]+ *")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")
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
ORDER_ID = re.compile(r"[0-9A-Z]{3}-[0-9A-Z]{7}-[0-9A-Z]{7}", re.ASCII | re.IGNORECASE)
_LONGEST_ITEM_ID = 20
_A_NUMBER = re.compile(r"\d+(\.\d+)?(e\+?\d{1,2})?", re.ASCII)
_SURE_DIGITS = 14  # an item id has 14 or 15 digits; with fewer, zeros at its beginning may have been lost
_LISTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_A_LIST = re.compile(r"""\[(?:\s*(?:'[^']*'|"[^"]*"|None|nan|null)\s*,?)*\s*\]""")
_NOTHING = frozenset(("null", "nan", "none", "#n/a", "n/a", "<na>", "nat", "nil", "#null!"))


class CellError(ValueError):
    """What is wrong with a cell; a sentence without its subject, which is the column."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.told: Told = told(key, **facts)

    def __str__(self) -> str:
        return self.told.text()


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


def mended(text: str) -> str:
    r"""A text that was encoded twice as it was meant; any other text as it is.

    Examples
    --------
    >>> mended("JÃ¼rgen MÃ¼ÃŸig"), mended("ä¸­æ–‡"), mended("café\u00a0»"), mended("SÃO PAULO")
    ('Jürgen Müßig', '中文', 'café\xa0»', 'SÃO PAULO')
    """
    for _ in range(3):
        plain = _once_mended(text)
        if plain == text:
            break
        text = plain
    return text


def _once_mended(text: str) -> str:
    found = _TWICE.findall(text)
    if not found or all(_is_honest(letters) for letters in found):
        return text
    try:
        meant = b"".join(map(_byte, text)).decode("utf-8")
    except (UnicodeDecodeError, ValueError):
        return text
    return meant if _PLAUSIBLE.fullmatch(meant) else text


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
    if not re.fullmatch(rf"\d{{1,{_LONGEST_ITEM_ID}}}", plain, re.ASCII):
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


# -- the same questions to a block of bytes, and to a column, at the speed of NumPy ------------------------------------

Bytes = npt.NDArray[np.uint8]
_CLASSES = np.zeros(256, np.uint8)
_CLASSES[[*range(48, 58), *range(65, 91), *range(97, 123)]] = 1
_CLASSES[ord("-")] = 2
_ORDER_FORM = np.array([2 if at in (3, 11) else 1 for at in range(19)], np.uint8)
_TWICE_BEHIND = np.isin(np.arange(256), [0xC2, 0xC5, 0xC6, 0xCB, 0xE2])
# Two neighbours among the bytes from DEL on that may be part of a control, lost or invisible letter.
_ODD_PAIRS = np.zeros((256, 256), bool)
_ODD_PAIRS[0x7F, :] = _ODD_PAIRS[:, 0x7F] = _ODD_PAIRS[0xC2, :0xA0] = _ODD_PAIRS[0xEF, 0xBB] = True
_ODD_PAIRS[0xEF, 0xBF] = _ODD_PAIRS[0x80, 0xA8:0xAA] = True


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
    at = np.flatnonzero(letters > 126)
    if not len(at):
        return False
    high = letters[at]
    odd = _ODD_PAIRS[high[:-1], high[1:]].any() or high[-1] == 0x7F
    return bool(odd) or any(_looks_twice(block, place) for place in _twice_leads(high, at))


def _twice_leads(high: Bytes, at: npt.NDArray[np.int64]) -> list[int]:
    """Places of accented letters with a sign right behind them that the second byte of a letter may have become."""
    leads = np.flatnonzero((high[:-2] == 0xC3) & _TWICE_BEHIND[high[2:]])
    return [int(place) for place in at[leads[at[leads + 2] == at[leads] + 2]]]


def _looks_twice(block: bytes, place: int) -> bool:
    return any(not _is_honest(found) for found in _TWICE.findall(block[place : place + 12].decode("utf-8", "ignore")))


def respelled(cells: pa.ChunkedArray, spell: Callable[[str], str]) -> pa.ChunkedArray:
    """The column with each of its words spelled anew, a blank one missing; the same one where nothing changes."""
    coded = [chunk.dictionary_encode() for chunk in cells.chunks]
    words = [pa.array([spell(word) or None for word in chunk.dictionary.to_pylist()], pa.string()) for chunk in coded]
    if all(word.equals(chunk.dictionary) for word, chunk in zip(words, coded, strict=True)):
        return cells
    return pa.chunked_array([word.take(chunk.indices) for word, chunk in zip(words, coded, strict=True)], pa.string())


def has_form(cells: pa.ChunkedArray, what: str) -> bool:
    """Whether all ids of a column are of Amazon's form as they stand.

    >>> has_form(pa.chunked_array([["111-0000001-0000001"]]), "order"), has_form(pa.chunked_array([["1.0"]]), "item")
    (True, False)
    """
    return all(_has_form(chunk, what) for chunk in cells.chunks)


def _has_form(chunk: pa.Array, what: str) -> bool:
    _, offsets, data = chunk.buffers()
    if not len(chunk) or data is None:
        return True
    ends = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    letters = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    if what == "item":
        return bool(np.all(letters - np.uint8(48) < 10)) and int(np.max(np.diff(ends))) <= _LONGEST_ITEM_ID
    if chunk.null_count or not np.all(np.diff(ends) == len(_ORDER_FORM)):
        return False
    return bool(np.all(_CLASSES[letters].reshape(len(chunk), -1) == _ORDER_FORM))
