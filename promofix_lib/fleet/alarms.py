"""What a watch has told and tells: an alarm per incident, kept from round to round; the ways by which it goes out."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from promofix_lib.errors import CaseError
from promofix_lib.finding.findings import Cause, Finding
from promofix_lib.fleet.looking import Look
from promofix_lib.places import content, to_install, write_atomically
from promofix_lib.plain import Record, Shown
from promofix_lib.say import Told, say, told

STATE_NAME = ".promofix-watch.json"
_APART = timedelta(days=2)  # a cause that comes back after so long a rest is another mistake

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


def after(state: State, look: Look) -> tuple[State, list[Alarmed], tuple[tuple[Finding, Told], ...]]:
    """The state once this look is told; the incidents in it, and what is only worth a look, each with the reason."""
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
    moments = [state.until] if state.until else []
    if look.reading and pd.notna(newest := look.reading.orders["purchase_date"].max()):
        moments.append(newest.to_pydatetime())
    known_now = replace(state, alarms=tuple(alarms.values()), until=max(moments, default=None))
    return known_now, list(told_now.values()), tuple(quiet)


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
