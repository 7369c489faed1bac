"""How far a long reading has come, shown when it takes longer than a second."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from promofix_lib.reports.archive import Source


class _Watched:
    """A stream that tells a progress bar how far it has been read; going back does not count twice."""

    def __init__(self, stream: IO[bytes], bar: Any) -> None:
        self._stream, self._bar, self._furthest = stream, bar, 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        here = self._stream.tell()
        if here > self._furthest:
            self._bar.update(here - self._furthest)
            self._furthest = here
        return block

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def watched(source: Source, *, progress: bool) -> Iterator[Source]:
    """The same source, with a progress bar while it is read."""
    if not progress:
        yield source
        return
    from tqdm.auto import tqdm

    size = source.stream.seek(0, os.SEEK_END)
    source.stream.seek(0)
    with tqdm(total=size, desc=source.name, unit="B", unit_scale=True, delay=1, leave=False) as bar:
        yield Source(source.path, source.name, cast("IO[bytes]", _Watched(source.stream, bar)))
