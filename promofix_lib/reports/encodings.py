"""Which characters the bytes of a report mean: chosen by sense, not by what happens not to fail."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice
from typing import IO

from promofix_lib.reports.source import Source
from promofix_lib.reports.texts import LOST
from promofix_lib.say import Told, told

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
BLOCK = 8 << 20
_LONGEST_LINE = 4 << 20
_SAMPLE = 2_000  # lines with characters beyond ASCII that are looked at
_SENSIBLE = re.compile(r"[À-ÖØ-öø-ÿŠšŽžŒœŸ’‘“”–—…€™®©°º²³½¼£§´·«»¿¡\u00a0]")
_ODD_RUN = re.compile(r"[^\x00-\x7f’‘“”–—…€\u00a0]{4,}")
_ASIAN_RUN = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uff00-\uff5e]{2,}")
_WHOLE_LETTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CUT_LETTER = re.compile(rb"(?:[\xe0-\xef][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf]{1,2})$")
_COMMON_HAN = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]")


class LongLineError(ValueError):
    """A line far longer than any report has."""

    def __init__(self, what: Told) -> None:
        super().__init__(what.key)
        self.told = what


def _check_line(length: int) -> None:
    if length > _LONGEST_LINE:
        raise LongLineError(told("reports.long_line", megabytes=_LONGEST_LINE >> 20))


def encoding_of(source: Source) -> str:
    """The encoding that makes sense of a whole file, as Python names it.

    A byte-order mark decides; then UTF-8 if all of it is; then, of Windows-1252, Japanese (cp932) and Chinese (GBK),
    the one in which most of the characters beyond ASCII are letters where letters belong. A few wrong bytes in a file
    that is UTF-8 otherwise leave it UTF-8.
    """
    marked = marked_encoding(source)
    if marked:
        return marked
    wrong = list(islice(_not_utf8(source), _SAMPLE))
    if not wrong or _mostly_utf8(source, wrong):
        return "utf-8"
    return max(("cp1252", "cp932", "gbk"), key=lambda name: _sense(wrong, name))


def marked_encoding(source: Source) -> str:
    """The encoding that the first bytes give away, empty when they do not."""
    start = source.start()
    return next((name for mark, name in _MARKS if start.startswith(mark)), "") or _wide(start)


def _wide(start: bytes) -> str:
    head = start[:512]
    if head.count(0) * 3 < len(head) or not head:
        return ""
    return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"


def _not_utf8(source: Source) -> Iterator[bytes]:
    for block in whole_lines(source.stream):
        if not decodes(block, "utf-8"):
            yield from (line for line in block.split(b"\n") if not decodes(line, "utf-8"))


def _mostly_utf8(source: Source, wrong: list[bytes]) -> bool:
    """Whether the whole UTF-8 letters beyond ASCII outnumber by far the bytes that are none."""
    right = (line for block in whole_lines(source.stream) if not block.isascii() for line in block.split(b"\n"))
    enough = (line for line in right if not line.isascii() and decodes(line, "utf-8"))
    texts = [line.decode("utf-8", "replace") for line in [*wrong, *islice(enough, 10 * _SAMPLE)]]
    lost = sum(text.count(LOST) for text in texts)
    letters = sum(1 for text in texts for letter in text if letter > "\x7f") - lost
    return letters > 3 * lost


def decodes(raw: bytes, encoding: str) -> bool:
    """Whether `raw` is text in `encoding`."""
    if raw.isascii() and encoding == "utf-8":
        return True
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _sense(lines: list[bytes], encoding: str) -> float:
    text = "\n".join(line.decode(encoding, errors="replace") for line in lines)
    foreign = sum(1 for letter in text if letter > "\x7f") or 1
    nonsense = 3 * text.count("\ufffd")
    if encoding == "cp1252":
        return (len(_SENSIBLE.findall(text)) - sum(map(len, _ODD_RUN.findall(text))) - nonsense) / foreign
    runs = "".join(_ASIAN_RUN.findall(text))
    if encoding == "gbk":
        return (len(_COMMON_HAN.findall(runs.encode("gbk", "ignore"))) - nonsense) / foreign
    has_kana = bool(re.search("[\u3040-\u30ff]", runs))
    return (len(runs) * (1.0 if has_kana else 0.5) - nonsense) / foreign


def whole_lines(stream: IO[bytes], size: int = BLOCK) -> Iterator[bytes]:
    """Blocks of bytes from the beginning of a stream that end where a line ends."""
    stream.seek(0)
    rest: list[bytes] = []
    while block := stream.read(size):
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest.append(block)
            _check_line(sum(map(len, rest)))
            continue
        yield b"".join([*rest, block[:cut]])
        rest = [block[cut:]] if cut < len(block) else []
    if rest:
        yield b"".join(rest)


def text_blocks(stream: IO[bytes], encoding: str, size: int = BLOCK) -> Iterator[bytes]:
    """Blocks of whole lines in UTF-8, without byte-order mark and NUL bytes; old Macintosh line ends made new."""
    blocks = _from_wide(stream, encoding, size) if encoding.startswith("utf-16") else whole_lines(stream, size)
    old_macintosh = False
    for number, block in enumerate(blocks):
        text = block if encoding.startswith("utf") else _from_single(block, encoding)
        if number == 0:
            text = text.removeprefix(codecs.BOM_UTF8)
        text = text.replace(b"\0", b"") if b"\0" in text else text
        if number == 0:
            old_macintosh = b"\r" in text and b"\n" not in text
        yield text.replace(b"\r", b"\n") if old_macintosh else text


def _from_wide(stream: IO[bytes], encoding: str, size: int) -> Iterator[bytes]:
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    while block := stream.read(size):
        text = rest + decoder.decode(block)
        cut = text.rfind("\n") + 1
        rest = text[cut:]
        _check_line(len(rest))
        if cut:
            yield text[:cut].encode("utf-8", "replace")
    last = rest + decoder.decode(b"", final=True)
    if last:
        yield last.encode("utf-8", "replace")


def _from_single(block: bytes, encoding: str) -> bytes:
    if block.isascii():
        return block
    try:
        return block.decode(encoding).encode("utf-8")
    except UnicodeDecodeError:
        return b"\n".join(_line_from_single(line, encoding).encode("utf-8") for line in block.split(b"\n"))


def _line_from_single(line: bytes, encoding: str) -> str:
    if encoding not in ("cp932", "gbk"):
        return lenient(line, encoding)
    return line.decode(encoding, "replace")  # a letter that was cut in two is lost, its neighbours are not


class NotUtf8Error(ValueError):
    """The file is in another encoding than UTF-8."""


class Letters:
    """Turns the bytes of a line into text, UTF-8 or not, and counts the lines that were not.

    Parameters
    ----------
    strict : bool
        Raise `NotUtf8Error` at a line that is not UTF-8, so that another encoding can be tried for the whole file.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict, self.recoded = strict, 0

    def text(self, line: bytes) -> str:
        """The text of one line."""
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            if self.strict:
                raise NotUtf8Error from error
        cells = [_cell(cell) for cell in line.split(b"\t")]
        self.recoded += any(LOST not in text for text, odd in cells if odd)
        return "\t".join(text for text, _ in cells)


def _cell(raw: bytes) -> tuple[str, bool]:
    """A cell of a UTF-8 file: one foreign letter makes it Windows-1252, unless it holds whole UTF-8 letters too."""
    if decodes(raw, "utf-8"):
        return raw.decode("utf-8"), False
    if _WHOLE_LETTER.search(raw) or _CUT_LETTER.search(raw):
        return raw.decode("utf-8", "replace"), True
    return lenient(raw, "cp1252"), True


def lenient(line: bytes, encoding: str = "utf-8") -> str:
    r"""A line as text even if some of its bytes are from another world: then as Windows-1252, at last as Latin-1.

    Examples
    --------
    >>> lenient(b"Caf\xe9"), lenient(b"\x81")
    ('Café', '\x81')
    """
    for name in (encoding, "cp1252"):
        try:
            return line.decode(name)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")
