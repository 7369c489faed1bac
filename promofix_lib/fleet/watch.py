"""A folder that is watched: each report is read once, each incident gives one alarm, as early as the reports allow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from promofix_lib.errors import CaseError
from promofix_lib.finding.findings import Finding
from promofix_lib.fleet.alarms import STATE_NAME, Alarmed, Stamp, State, after
from promofix_lib.fleet.looking import NotRead, finished_files, look_at, read_narrow
from promofix_lib.plain import Shown, shown
from promofix_lib.reports.report import Report
from promofix_lib.say import Told, told

_SETTLING = 1.0  # seconds in which a file that is still being written grows


@dataclass(frozen=True)
class Round(Shown):
    """What one look at the folder brought.

    Parameters
    ----------
    checked : tuple of Path
        Files that are new or have changed, and were read.
    alarms : tuple of Alarmed
        Incidents that nobody was told of before.
    updates : tuple of Alarmed
        Known ones that hold more orders now.
    worth_a_look : tuple of (Finding, Told)
        What may be a mistake, and nobody is woken for, each with the reason.
    known : int
        Incidents that were told before and are there still.
    failed : tuple of NotRead
        Files that could not be read; they are tried again in each round.
    files : int
        How many finished files lie in the folder.
    """

    checked: tuple[Path, ...] = ()
    alarms: tuple[Alarmed, ...] = ()
    updates: tuple[Alarmed, ...] = ()
    worth_a_look: tuple[tuple[Finding, Told], ...] = ()
    known: int = 0
    failed: tuple[NotRead, ...] = ()
    files: int = 0

    @property
    def exit_status(self) -> int:
        """0 nothing new, 1 a new alarm, 2 nothing could be read."""
        return 1 if self.alarms else 2 if self.failed and len(self.failed) == self.files else 0

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """As ``watch --once --json`` prints it."""
        looks = [{**one.to_json(language), "why_not": why.text(language)} for one, why in self.worth_a_look]
        facts = shown(self, "checked", "alarms", "updates", "known", "failed", language=language)
        return facts | {"worth_a_look": looks}


Tell = Callable[[Round], bool]
"""Tells people what a round brought; False when somebody did not hear of it."""


class Watch:
    """The watch over one folder: one account's reports, as they arrive.

    Parameters
    ----------
    folder : Path
        Where reports are laid, by hand, by a schedule, by ``promofix fetch``.
    state : Path, optional
        Where to remember what was read and told; in the folder itself by default.

    Examples
    --------
    >>> import shutil, tempfile
    >>> from promofix_lib.places import sample_reports
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = [shutil.copy(report, folder) for report in sample_reports()]
    ...     first, second = (Watch(Path(folder)).round() for _ in range(2))
    >>> (len(first.alarms), first.exit_status), (len(second.alarms), second.known, second.exit_status)
    ((1, 1), (0, 1, 0))
    """

    def __init__(self, folder: Path, state: Path | None = None) -> None:
        self.folder = folder
        self.state = state or folder / STATE_NAME
        self._read: dict[tuple[Path, Stamp], tuple[Report, ...]] = {}

    def round(self, tell: Tell = lambda _round: True) -> Round:
        """Look once: read what is new, search all together, tell, remember.

        A file that changes while it is read is left alone until the next round. What is remembered is written last, and
        only when `tell` says that everybody heard of it: a watch that is killed, or whose message did not go out, may
        tell an incident twice, and never not at all.
        """
        state = State.load(self.state)
        stamps = {path: _stamp(path) for path in finished_files(self.folder)}
        new = tuple(path for path, stamp in stamps.items() if state.read.get(path.name) != stamp)
        if not new:
            done = Round(known=len(state.alarms), files=len(stamps))
            tell(done)
            return done
        before, self._read = self._read, {}

        def read_once(path: Path) -> tuple[Report, ...]:
            place = (path, stamps[path])
            self._read[place] = before[place] if place in before else read_narrow(path)
            return self._read[place]

        look = look_at(list(stamps), meant=[one.cause for one in state.alarms if one.meant], read=read_once)
        known, told_now, quiet = after(state, look)
        broken = {one.path for one in look.failed}
        read = {path.name: stamp for path, stamp in stamps.items() if path not in broken and _stamp(path) == stamp}
        done = Round(
            checked=new,
            alarms=tuple(one for one in told_now if not one.before),
            updates=tuple(one for one in told_now if 0 < one.before < one.found.orders),
            worth_a_look=quiet,
            known=sum(one.before > 0 for one in told_now),
            failed=look.failed,
            files=len(stamps),
        )
        if tell(done):
            replace(known, read=read).save(self.state)
        return done

    def rounds(
        self, every: float, tell: Tell = lambda _round: True, *, pause: Callable[[float], None] = time.sleep
    ) -> Iterator[Round]:
        """Look again whenever a file arrives, and every so many seconds where a folder tells nothing of its own.

        Once the watch has begun, a folder that cannot be looked into is told as a file that cannot be read is.
        """
        yield self.round(tell)
        for _ in _events(self.folder, every, pause):
            try:
                before = None
                while before != (before := [_stamp(path) for path in finished_files(self.folder)]):
                    pause(_SETTLING)
                done = self.round(tell)
            except CaseError as error:  # a drive of the network that is away comes back
                done = Round(failed=(NotRead(self.folder, told(error.key, **error.facts)),), files=1)
                tell(done)
            yield done


def _stamp(path: Path) -> Stamp:
    with suppress(OSError):
        facts = path.stat()
        return (facts.st_size, facts.st_mtime_ns)
    return (-1, -1)


def _events(folder: Path, every: float, pause: Callable[[float], object]) -> Iterable[object]:
    try:
        from watchfiles import watch
    except ImportError:
        return (pause(every) for _ in count())
    # an empty set of changes comes after `every`: network folders give no events of their own
    return watch(folder, rust_timeout=int(every * 1000), yield_on_timeout=True, recursive=False)
