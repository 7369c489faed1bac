"""What the rows of a journal add up to: settings, reports, presets, and what was decided, with undo and redo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from promofix_lib.case.growth import TakenIncident, matched, rebased, same_cause, widened
from promofix_lib.case.records import Action, Decision, Entry, KeptReport
from promofix_lib.case.settings import Settings, changed
from promofix_lib.errors import CaseError
from promofix_lib.incident import Answers, Incident
from promofix_lib.plain import typed

SELLER = "seller"
"""The hand whose decisions can be undone, and whose word settles a conflict."""


class Decisions:
    """Everything decided so far; each row of the journal is taken in once, at the same cost however many there are.

    Undo takes back what the seller did last, not what promofix took by itself.
    """

    def __init__(self) -> None:
        self.done: list[tuple[int, Decision]] = []
        self.undone: list[tuple[int, Decision]] = []
        self._in_force: dict[int, Decision] = {}
        self._numbers = 0

    def apply(self, number: int, hand: str, decision: Decision) -> None:
        """Take in one row of the journal.

        Raises
        ------
        CaseError
            An undo or redo of something else than what stands last.
        """
        for worked_out in ("known", "by_hand"):
            self.__dict__.pop(worked_out, None)
        if decision.action in ("undo", "redo"):
            source, target = (self.done, self.undone) if decision.action == "undo" else (self.undone, self.done)
            if not source or source[-1][0] != decision.of:
                raise CaseError("case.undo_of_nothing", number=decision.of)
            target.append(source.pop())
            if decision.action == "undo":
                del self._in_force[decision.of]
            else:
                self._in_force = dict(sorted([*self._in_force.items(), target[-1]]))
            return
        self._in_force[number] = decision
        self._numbers = max(self._numbers, decision.number)
        if hand == SELLER:
            self.done.append((number, decision))
            self.undone.clear()

    # -- what is so now -----------------------------------------------------------------------------------------------

    @cached_property
    def known(self) -> tuple[TakenIncident, ...]:
        """The incidents of the case, taken or not, by number."""
        now: dict[int, TakenIncident | None] = {}
        for step in self._in_force.values():
            if step.number:
                now[step.number] = _then(step.number, now.get(step.number), step)
        return tuple(one for _, one in sorted(now.items()) if one is not None)

    @cached_property
    def by_hand(self) -> dict[str, Decision]:
        """The last word on each order item that was ever decided by hand, by the key it was said of, oldest first."""
        words: dict[str, Decision] = {}
        for one in self._in_force.values():
            for item in one.items:
                words.pop(item, None)
                words[item] = one
        return words

    def said_of(self, keys: pd.Series[Any], sku_keys: pd.Series[Any]) -> dict[str, Decision]:
        """The last word on each order item, by the key that it has today or, where no report holds it, by its last.

        Parameters
        ----------
        keys, sku_keys : Series
            From `item_keys` and `sku_keys`: a word counts by whichever of the two it was said.

        Examples
        --------
        >>> decisions = Decisions()
        >>> decisions.apply(1, "seller", Decision("leave_out", items=("A/S/1",), reason="a friend"))
        >>> decisions.apply(2, "seller", Decision("add", items=("gone/7",), reason="seen"))
        >>> said = decisions.said_of(pd.Series(["A/7", "B/9"]), pd.Series(["A/S/1", "B/S/1"]))
        >>> {key: (one.action, one.reason) for key, one in said.items()}
        {'A/7': ('leave_out', 'a friend'), 'gone/7': ('add', 'seen')}
        """
        named = keys.isin(self.by_hand) | sku_keys.isin(self.by_hand)
        today = zip(keys[named].tolist(), sku_keys[named].tolist(), strict=True)
        names = {name: key for key, sku_key in today for name in (sku_key, key)}
        return {names.get(name, name): one for name, one in self.by_hand.items()}

    def numbered(self, number: int) -> TakenIncident:
        """The incident of that number.

        Raises
        ------
        CaseError
            There is none.
        """
        for one in self.known:
            if one.number == number:
                return one
        raise CaseError("case.no_such_incident", number=number, known=tuple(one.number for one in self.known))

    # -- what a change writes -----------------------------------------------------------------------------------------

    def take(self, what: int | Incident, on: bool, answers: Answers | None = None) -> Iterator[Decision]:
        """Rows that tick an incident, or take the tick away; a rule that is not known yet becomes a new incident."""
        action: Action = "take" if on else "untick"
        same = self.numbered(what) if isinstance(what, int) else matched(self.known, [what]).get(0)
        if same is None and isinstance(what, Incident):
            yield Decision(action, self._numbers + 1, found=what)
        elif same is not None:
            grown = widened(same.found, what, answers) if on and isinstance(what, Incident) else same.found
            if grown != same.found or same.taken != on:
                yield Decision(action, same.number, found=grown if grown != same.found else None)

    def take_found(self, found: Sequence[Incident], answers: Answers) -> Iterator[Decision]:
        """Rows that take what was found today: new causes, and known ones that have grown; not what was unticked."""
        known, pairs, following = self.known, matched(self.known, found), self._numbers + 1
        for place, rule in enumerate(found):
            same = pairs.get(place)
            if same is None:
                alike = [one.taken for one in known if same_cause(one.found, rule)]
                yield Decision("untick" if alike and not any(alike) else "take", following, found=rule)
                following += 1
            elif same.taken and (grown := widened(same.found, rule, answers)) != same.found:
                yield Decision("take", same.number, found=grown)

    def set_rule(self, number: int, rule: Incident) -> Iterator[Decision]:
        """The row that adjusts the rule of an incident."""
        if self.numbered(number).rule != rule:
            yield Decision("rule", number, rule=rule)

    def decide(self, action: Action, items: Iterable[str], reason: str) -> Iterator[Decision]:
        """The row that puts items in or out by hand; none where that is said already."""
        wanted = tuple(dict.fromkeys(items))
        said = {item: (one.action, one.reason) for item, one in self.by_hand.items()}
        if any(said.get(item) != (action, reason) for item in wanted):
            yield Decision(action, items=wanted, reason=reason)

    def step(self, action: Action) -> Iterator[Decision]:
        """The row that takes the last decision back, or makes the last undone one again."""
        source = self.done if action == "undo" else self.undone
        if source:
            yield Decision(action, of=source[-1][0])


def _then(number: int, now: TakenIncident | None, step: Decision) -> TakenIncident | None:
    """An incident after one more decision about it."""
    if now is None:
        first = step.found or step.rule
        return TakenIncident(number, first, step.rule or first, step.action != "untick") if first else None
    adjusted = rebased(now.rule, now.found, step.found) if step.found else now.rule
    taken = now.taken if step.action == "rule" else step.action == "take"
    return replace(now, found=step.found or now.found, rule=step.rule or adjusted, taken=taken)


@dataclass
class Story:
    """What the journal adds up to."""

    settings: Settings = field(default_factory=Settings)
    decisions: Decisions = field(default_factory=Decisions)
    reports: dict[str, KeptReport] = field(default_factory=dict)
    presets: dict[str, Incident] = field(default_factory=dict)

    def apply(self, entry: Entry) -> None:
        """Take one row of the journal in; kinds of other rooms are theirs to read.

        Raises
        ------
        CaseError, KeyError
            A row that makes no sense.
        """
        if entry.kind == Decision.entry:
            self.decisions.apply(entry.id, entry.hand, Decision.from_json(entry.facts))
        elif entry.kind == "settings":
            self.settings = changed(self.settings, entry.facts)
        elif entry.kind == KeptReport.entry:
            report = KeptReport.from_json(entry.facts)
            self.reports[report.name] = report
        elif entry.kind == "preset":
            self.presets[typed(str, entry.facts["name"], "name")] = typed(Incident, entry.facts["rule"], "rule")
