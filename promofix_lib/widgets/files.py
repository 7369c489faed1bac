"""Files as a seller sees them."""

from __future__ import annotations


def size_text(size: int) -> str:
    """A file's size in words: kB below a megabyte, rounded up.

    Examples
    --------
    >>> size_text(1_234), size_text(5_600_000)
    ('2 kB', '5.6 MB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{-(-size // 1000)} kB"
