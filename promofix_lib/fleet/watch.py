"""A folder that is watched: each report is read once, each incident gives one alarm, as early as the reports allow."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from promofix_lib.errors import CaseError
from promofix_lib.finding.findings import Cause, Finding
from promofix_lib.fleet.looking import Look, NotRead, finished_files, look_at, read_narrow
from promofix_lib.places import content, to_install, write_atomically
from promofix_lib.plain import Record, Shown, shown
from promofix_lib.reports.report import Report
from promofix_lib.say import Told, say, told

STATE_NAME = ".promofix-watch.json"
_APART = timedelta(days=2)  # a cause that comes back after so long a rest is another mistake
_SETTLING = 1.0  # seconds in which a file that is still being written grows

Stamp = tuple[int, int]  # size, time of the last change


@dataclass(frozen=True)
class Alarm(Record):
    """An incident that was told: what is kept of it from round to round, without a buyer or an order.

    Parameters
    ----------
    id : str
        Its number in this state: what ``promofix meant`` is told.
    cause : Cause
        The promotions, or the SKUs where the price itself was wrong.
    skus : tuple of str
        All affected SKUs.
    onset, end : datetime, UTC
        First and last affected order as far as is known.
    orders : int
        How many orders were affected when it was last looked at.
    meant : bool
        Whether the seller said that it was meant.
    """

    id: str
    cause: Cause
    skus: tuple[str, ...]
    onset: datetime
    end: datetime
    orders: int
    meant: bool

    def is_of(self, found: Finding) -> bool:
        """Whether a finding is this incident: the same cause, in one run of days."""
        near = found.onset <= self.end + _APART and self.onset <= found.end + _APART
        mine, theirs = {*self.cause.promotion_ids}, {*found.promotion_ids}
        if mine and theirs:
            return near and bool(mine & theirs)
        return near and not {*self.skus}.isdisjoint(found.skus)  # the promotion is printed later than the price

    def seen(self, found: Finding) -> Alarm:
        """The alarm with what is known today; what it held before stays in it."""
        promotions = dict.fromkeys((*self.cause.promotion_ids, *found.promotion_ids))
        skus = tuple(dict.fromkeys((*self.skus, *found.skus)))
        return replace(
            self,
            cause=Cause(tuple(promotions), () if promotions else tuple(sorted(skus))),
            skus=skus,
            onset=min(self.onset, found.onset),
            end=max(self.end, found.end),
            orders=found.orders,
        )


@dataclass(frozen=True)
class State(Record):
    """What a watch remembers: which files it has read, which incidents it has told. One small private file."""

    read: dict[str, Stamp] = field(default_factory=dict)
    alarms: tuple[Alarm, ...] = ()
    until: datetime | None = None
    """When the newest order was bought that it has seen."""

    @property
    def meant(self) -> tuple[Cause, ...]:
        """Causes of which the seller said that they were meant."""
        return tuple(alarm.cause for alarm in self.alarms if alarm.meant)

    @classmethod
    def load(cls, path: Path) -> State:
        """The state as it was last written; a new one where there is no file.

        Raises
        ------
        CaseError
            A file that is no state of a watch.
        """
        try:
            return cls.from_json(json.loads(content(path))) if path.exists() else cls()
        except (ValueError, TypeError, CaseError) as error:
            raise CaseError("fleet.no_state", file=path) from error

    def save(self, path: Path) -> None:
        """Write it in one piece, for its owner's eyes."""
        write_atomically(path, json.dumps(self.to_json(), ensure_ascii=False, indent=1).encode())

    def said_meant(self, alarm: str, *, meant: bool = True) -> State:
        """The state after the seller's word on one alarm.

        Raises
        ------
        CaseError
            No alarm of that number.
        """
        known = tuple(one.id for one in self.alarms)
        if alarm not in known:
            raise CaseError("fleet.no_alarm", found=alarm, known=known or ("–",))
        return replace(self, alarms=tuple(replace(one, meant=meant) if one.id == alarm else one for one in self.alarms))


@dataclass(frozen=True)
class Alarmed(Shown):
    """One incident of a round, with its alarm's number and the orders known of it before, 0 when it is new."""

    id: str
    found: Finding
    before: int

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """The incident as ``find --json`` prints it, with the alarm's number."""
        alarm = {"id": self.id, "new": not self.before, "link": end_link(self.found)}
        return self.found.to_json(language) | alarm


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

        look = look_at(list(stamps), meant=state.meant, read=read_once)
        told_now, quiet, alarms = _matched(look, state)
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
            State(read, alarms, _until(look, state)).save(self.state)
        return done

    def rounds(
        self, every: float, tell: Tell = lambda _round: True, *, pause: Callable[[float], None] = time.sleep
    ) -> Iterator[Round]:
        """Look again whenever a file arrives, and every so many seconds where a folder tells nothing of its own."""
        yield self.round(tell)
        for _ in _events(self.folder, every, pause):
            before = None
            while before != (before := [_stamp(path) for path in finished_files(self.folder)]):
                pause(_SETTLING)
            yield self.round(tell)


def end_link(found: Finding) -> str:
    """Where in Seller Central the promotion is ended, or the price put right."""
    return f"https://{found.market.host}/{'promotions/manage' if found.promotion_ids else 'inventory'}"


def alarm_text(one: Alarmed) -> str:
    """The alarm for a person: the sentence, then what to do at once and where."""
    found = one.found
    head = say("fleet.grown" if one.before else "fleet.alarm", id=one.id, orders=say("say.orders", n=found.orders))
    what = "fleet.end_promotion" if found.promotion_ids else "fleet.mend_price"
    to_do = say(what, promotions=found.promotion_ids, skus=found.skus[:5], link=end_link(found))
    return "\n".join([head, str(found.sentence), to_do])


def _matched(look: Look, state: State) -> tuple[list[Alarmed], tuple[tuple[Finding, Told], ...], tuple[Alarm, ...]]:
    """What is told now, what is only worth a look, and all alarms as they are known now."""
    alarms = {alarm.id: alarm for alarm in state.alarms}
    told_now: dict[str, Alarmed] = {}
    quiet: list[tuple[Finding, Told]] = []
    for found in look.findings.incidents:
        known = next((one for one in alarms.values() if one.is_of(found) and not one.meant), None)
        if known is None and (why_not := found.why_no_alarm(state.until)):
            quiet.append((found, why_not))
            continue
        alarm = known or Alarm(str(len(alarms) + 1), found.cause, found.skus, found.onset, found.end, 0, False)
        alarms[alarm.id] = alarm.seen(found)
        # the graver part speaks, where one mistake was found as two
        told_now.setdefault(alarm.id, Alarmed(alarm.id, found, alarm.orders))
    return list(told_now.values()), tuple(quiet), tuple(alarms.values())


def _until(look: Look, state: State) -> datetime | None:
    moments = [state.until] if state.until else []
    if look.reading and pd.notna(newest := look.reading.orders["purchase_date"].max()):
        moments.append(newest.to_pydatetime())
    return max(moments, default=None)


def _stamp(path: Path) -> Stamp:
    try:
        facts = path.stat()
    except OSError:
        return (-1, -1)
    return (facts.st_size, facts.st_mtime_ns)


def _events(folder: Path, every: float, pause: Callable[[float], object]) -> Iterable[object]:
    try:
        from watchfiles import watch
    except ImportError:
        return (pause(every) for _ in count())
    # an empty set of changes comes after `every`: network folders give no events of their own
    return watch(folder, rust_timeout=int(every * 1000), yield_on_timeout=True, recursive=False)


_DESKTOPS = {"darwin": "macosx://", "win32": "windows://"}
"""What apprise calls a note on the desktop; elsewhere it comes by D-Bus."""


def send(texts: list[str], addresses: list[str]) -> Told | None:
    """Send alarms to the addresses that the seller named; gives None when all went out, else what did not.

    An address is one that apprise knows (e-mail, Telegram, WeChat Work …), or ``desktop`` for a note on the screen.
    Without an address nothing is imported and nothing sent.
    """
    if not texts or not addresses:
        return None
    try:
        from apprise import Apprise
    except ImportError:
        return told("fleet.needs_extra", command=to_install("watch"))
    gone = []
    for number, address in enumerate(addresses, 1):
        door = Apprise()
        known = door.add(_DESKTOPS.get(sys.platform, "dbus://") if address == "desktop" else address)
        if not known or not door.notify(title=say("fleet.title"), body="\n\n".join(texts)):
            gone.append("desktop" if address == "desktop" else str(number))  # the address itself holds keys
    return told("fleet.not_sent", which=tuple(gone)) if gone else None
