"""Which characters the bytes of a report mean: chosen by sense, not by what happens not to fail."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from promofix_lib.errors import ReportError
from promofix_lib.reports.source import Source, stranger
from promofix_lib.reports.texts import LOST, western
from promofix_lib.say import told

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
BLOCK = 8 << 20
_GLANCE = 1 << 18  # what is looked at only stays in the processor's cache
_LONGEST_LINE = 4 << 20
_SAMPLE = 2_000  # lines with characters beyond ASCII that are looked at
_WIDER = {"gbk": "gb18030"}  # the same letters, and the rare ones
_SENSIBLE = re.compile(r"[À-ÖØ-öø-ÿŠšŽžŒœŸ’‘“”–—…€™®©°º²³½¼£§´·«»¿¡\u00a0]")
_ODD_RUN = re.compile(r"[^\x00-\x7f’‘“”–—…€\u00a0]{4,}")
_ASIAN_RUN = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uff00-\uff5e]{2,}")
_WHOLE_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CUT_LETTER = re.compile(rb"(?:[\xe0-\xef][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{1,2})$")
_COMMON_HAN = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")


def encoding_of(source: Source) -> str:
    """The encoding that makes sense of a whole file, as Python names it.

    A byte-order mark decides; then UTF-8 if all of it is; then, of Windows-1252, Japanese (cp932) and Chinese (GBK),
    the one in which most of the characters beyond ASCII are letters where letters belong. A few wrong bytes in a file
    that is UTF-8 otherwise leave it UTF-8.

    Raises
    ------
    ReportError
        A line is far longer than any report has.
    """
    start = source.start()
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), "") or _wide(start)
    if marked:
        return marked
    wrong = list(islice(_lines(source, but=_is_utf8), _SAMPLE))
    if not wrong or _mostly_utf8(source, wrong):
        return "utf-8"
    return max(("cp1252", "cp932", "gbk"), key=lambda name: _sense(wrong, name))


def _wide(start: bytes) -> str:
    head = start[:512]
    if head.count(0) * 3 < len(head) or not head:
        return ""
    return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"


def _lines(source: Source, but: Callable[[bytes], bool]) -> Iterator[bytes]:
    """The lines that are not what `but` says; blocks that are so as a whole are passed over quickly."""
    for block in _whole_lines(source, source.blocks(_GLANCE)):
        if not but(block):
            yield from (line for line in block.split(b"\n") if not but(line))


def _mostly_utf8(source: Source, wrong: list[bytes]) -> bool:
    """Whether the whole UTF-8 letters beyond ASCII outnumber by far the bytes that are none."""
    enough = filter(_is_utf8, _lines(source, but=bytes.isascii))
    texts = [line.decode("utf-8", "replace") for line in [*wrong, *islice(enough, 10 * _SAMPLE)]]
    lost = sum(text.count(LOST) for text in texts)
    letters = sum(1 for text in texts for letter in text if letter > "\x7f") - lost
    return letters > 3 * lost


def _is_utf8(raw: bytes) -> bool:
    try:
        return raw.isascii() or bool(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _sense(lines: list[bytes], encoding: str) -> float:
    text = "\n".join(line.decode(_WIDER.get(encoding, encoding), errors="replace") for line in lines)
    foreign = sum(1 for letter in text if letter > "\x7f") or 1
    nonsense = 3 * text.count("\ufffd")
    if encoding == "cp1252":
        return (len(_SENSIBLE.findall(text)) - sum(map(len, _ODD_RUN.findall(text))) - nonsense) / foreign
    runs = "".join(_ASIAN_RUN.findall(text))
    if encoding == "gbk":
        return (len(_COMMON_HAN.findall(runs.encode("gbk", "ignore"))) - nonsense) / foreign
    has_kana = bool(re.search("[\u3040-\u30ff]", runs))
    return (len(runs) * (1.0 if has_kana else 0.5) - nonsense) / foreign


def cut(blocks: Iterable[bytes], end: Callable[[bytes], int]) -> Iterator[bytes]:
    r"""The same bytes cut where `end` says; what stands behind it begins the next block.

    >>> list(cut([b"a\nb", b"c\nd"], lambda text: text.rfind(b"\n") + 1))
    [b'a\n', b'bc\n', b'd']
    """
    rest = b""
    for block in blocks:
        text = rest + block
        at = end(text)
        if at:
            yield text[:at]
        rest = text[at:]
    if rest:
        yield rest


def _whole_lines(source: Source, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks, ending where a line ends."""

    def end(text: bytes) -> int:
        at = text.rfind(b"\n") + 1
        if len(text) - at > _LONGEST_LINE:
            why = told("reports.long_line", megabytes=_LONGEST_LINE >> 20)
            raise ReportError("reports.refused_with_reason", file=source.name, why=why, what=stranger(source, ""))
        return at

    return cut(blocks, end)


def text_blocks(source: Source, encoding: str, size: int = BLOCK) -> Iterator[bytes]:
    """Blocks of whole lines in UTF-8, without byte-order mark and NUL bytes; old Macintosh line ends made new."""
    encoding, raw = _WIDER.get(encoding, encoding), source.blocks(size)
    blocks = _whole_lines(source, decoded(raw, encoding) if encoding.startswith("utf-16") else raw)
    old_macintosh = False
    for number, block in enumerate(blocks):
        text = block if encoding.startswith("utf") or block.isascii() else text_in(block, encoding)[0].encode()
        text = text.replace(b"\0", b"") if b"\0" in text else text
        if number == 0:
            text = text.removeprefix(codecs.BOM_UTF8)
            old_macintosh = b"\r" in text.lstrip().split(b"\n", 1)[0].rstrip(b"\r")  # names of columns hold none
        yield text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if old_macintosh else text


def text_of(source: Source) -> str:
    """All of a small file as text."""
    return text_in(b"".join(text_blocks(source, encoding_of(source))))[0]


def decoded(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Blocks in another encoding as UTF-8; what is no letter is lost."""
    return (text.encode("utf-8", "replace") for text in codecs.iterdecode(blocks, encoding, "replace"))


def text_in(raw: bytes, encoding: str = "utf-8") -> tuple[str, int]:
    r"""The text of lines even if some of their bytes are from another world, and how many lines were put right.

    Examples
    --------
    >>> text_in(b"Caf\xe9\nCaf\xc3\xa9\n"), text_in(b"\x81")
    (('Café\nCafé\n', 1), ('\x81', 1))
    """
    try:
        return raw.decode(encoding), 0
    except UnicodeDecodeError:
        lines = [_line(line, encoding) for line in raw.split(b"\n")]
    return "\n".join(text for text, _ in lines), sum(put_right for _, put_right in lines)


def _line(raw: bytes, encoding: str) -> tuple[str, bool]:
    if encoding in ("cp932", "gb18030"):
        return raw.decode(encoding, "replace"), False  # a letter that was cut in two is lost, its neighbours are not
    cells = [(_cell(cell), _is_utf8(cell)) for cell in raw.split(b"\t")]
    return "\t".join(text for text, _ in cells), any(LOST not in text for text, right in cells if not right)


def _cell(raw: bytes) -> str:
    """A cell of a UTF-8 file: one foreign letter makes it Windows-1252, unless it holds whole UTF-8 letters too."""
    if _is_utf8(raw) or _WHOLE_LETTER.search(raw) or _CUT_LETTER.search(raw):
        return raw.decode("utf-8", "replace")
    return western(raw)
