"""What was decided: which incidents are taken, their rules as adjusted, order items by hand; with undo and redo."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from promofix_lib.case.records import Action, Decision, plain
from promofix_lib.errors import CaseError
from promofix_lib.incident import Answers, Ceiling, Incident
from promofix_lib.orders import item_keys

New = tuple[str, dict[str, Any]]
SELLER = "seller"


class Rows(NamedTuple):
    """The order table as rules ask it: its answers, and its item keys."""

    answers: Answers
    keys: pd.Series[Any]

    @classmethod
    def of(cls, orders: pd.DataFrame) -> Rows:
        """The rows of an order table."""
        return cls(Answers(orders), item_keys(orders))


@dataclass(frozen=True)
class Known:
    """One incident of the case: its number, the rule as found, the rule as adjusted, and whether it is taken."""

    number: int
    found: Incident
    rule: Incident
    taken: bool


@dataclass(frozen=True)
class ByHand:
    """The last word on one order item: entry, action and reason."""

    id: int
    action: Action
    reason: str


class _Story:
    """The decisions about one incident, each with what was so after it; one may be taken out again or put back."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._ids: list[int] = []
        self._steps: list[Decision] = []
        self._after: list[Known | None] = []

    @property
    def now(self) -> Known | None:
        return self._after[-1] if self._after else None

    def put(self, number: int, step: Decision) -> None:
        place = bisect_left(self._ids, number)
        self._ids.insert(place, number)
        self._steps.insert(place, step)
        self._tell_from(place)

    def drop(self, number: int) -> None:
        place = bisect_left(self._ids, number)
        del self._ids[place], self._steps[place]
        self._tell_from(place)

    def _tell_from(self, place: int) -> None:
        del self._after[place:]
        for step in self._steps[place:]:
            self._after.append(self._then(self.now, step))

    def _then(self, now: Known | None, step: Decision) -> Known | None:
        if step.action == "rule":
            rule = step.rule or Incident()
            return replace(now, rule=rule) if now else Known(self.number, rule, rule, True)
        taken = step.action == "take"
        if now is None:
            found = step.found
            return None if found is None else Known(self.number, found, step.rule or found, taken)
        if step.found is None:
            return replace(now, taken=taken)
        rule = step.rule or rebased(now.rule, now.found, step.found)
        return Known(self.number, step.found, rule, taken)


class Decisions:
    """Everything decided so far; each row of the journal is taken in once, at the same cost however many there are.

    Undo takes back what the seller did last, not what promofix took by itself.
    """

    def __init__(self) -> None:
        self.done: list[tuple[int, Decision]] = []
        self.undone: list[tuple[int, Decision]] = []
        self._stories: dict[int, _Story] = {}
        self._hand: dict[str, list[ByHand]] = {}

    def apply(self, number: int, hand: str, decision: Decision) -> None:
        """Take in one row of the journal.

        Raises
        ------
        CaseError
            An undo or redo of something else than what stands last.
        """
        if decision.action in ("undo", "redo"):
            source, target = (self.done, self.undone) if decision.action == "undo" else (self.undone, self.done)
            if not source or source[-1][0] != decision.of:
                raise CaseError("case.undo_of_nothing", number=decision.of)
            target.append(source.pop())
            (self._drop if decision.action == "undo" else self._put)(*target[-1])
            return
        self._put(number, decision)
        if hand == SELLER:
            self.done.append((number, decision))
            self.undone.clear()

    def _put(self, number: int, decision: Decision) -> None:
        if decision.action in ("take", "untick", "rule"):
            self._stories.setdefault(decision.number, _Story(decision.number)).put(number, decision)
        for item in decision.items:
            self._hand.setdefault(item, []).append(ByHand(number, decision.action, decision.reason))

    def _drop(self, number: int, decision: Decision) -> None:
        if decision.action in ("take", "untick", "rule"):
            self._stories[decision.number].drop(number)
        for item in decision.items:
            words = self._hand[item]
            words.pop()
            if not words:
                del self._hand[item]

    # -- what is so now -----------------------------------------------------------------------------------------------

    @property
    def known(self) -> tuple[Known, ...]:
        """The incidents of the case, taken or not, by number."""
        told = (self._stories[number].now for number in sorted(self._stories))
        return tuple(one for one in told if one is not None)

    @property
    def by_hand(self) -> dict[str, ByHand]:
        """The last word on each order item that was ever decided by hand."""
        return {item: words[-1] for item, words in self._hand.items()}

    def said_by_hand(self, item: str) -> ByHand | None:
        """The last word on one order item."""
        return self._hand[item][-1] if item in self._hand else None

    @property
    def added(self) -> dict[str, str]:
        """Items put in by hand, with the reason."""
        return {item: words[-1].reason for item, words in self._hand.items() if words[-1].action == "add"}

    @property
    def left_out(self) -> dict[str, str]:
        """Items left out by hand, with the reason."""
        return {item: words[-1].reason for item, words in self._hand.items() if words[-1].action == "leave_out"}

    # -- what a change writes -----------------------------------------------------------------------------------------

    def take(self, what: int | Incident, on: bool, rows: Rows | None = None) -> Iterator[New]:
        """Rows that tick an incident, or take the tick away; a rule that is not known yet becomes a new incident."""
        action: Action = "take" if on else "untick"
        same = self._numbered(what) if isinstance(what, int) else self._same(what)
        if same is None and isinstance(what, Incident):
            yield row(Decision(action, max(self._stories, default=0) + 1, found=what))
        elif same is not None:
            grown = widened(same.found, what, rows) if on and isinstance(what, Incident) else same.found
            if grown != same.found:
                yield row(Decision(action, same.number, found=grown))
            elif same.taken != on:
                yield row(Decision(action, same.number))

    def take_found(self, found: Sequence[Incident], rows: Rows) -> Iterator[New]:
        """Rows that take what was found today: new causes, and known ones that have grown; not what was unticked."""
        known, pairs = self.known, matched(self.known, found)
        following = max(self._stories, default=0) + 1
        for place, rule in enumerate(found):
            same = pairs.get(place)
            if same is None:
                alike = [one for one in known if same_cause(one.found, rule)]
                refused = bool(alike) and not any(one.taken for one in alike)
                yield row(Decision("untick" if refused else "take", following, found=rule))
                following += 1
            elif same.taken and (grown := widened(same.found, rule, rows)) != same.found:
                yield row(Decision("take", same.number, found=grown))

    def set_rule(self, number: int, rule: Incident) -> Iterator[New]:
        """The row that adjusts the rule of an incident."""
        if self._numbered(number).rule != rule:
            yield row(Decision("rule", number, rule=rule))

    def decide(self, action: Action, items: Iterable[str], reason: str) -> Iterator[New]:
        """The row that puts items in or out by hand; none where that is said already."""
        wanted = tuple(dict.fromkeys(items))
        said = (self.said_by_hand(item) for item in wanted)
        if not all(one is not None and (one.action, one.reason) == (action, reason) for one in said):
            yield row(Decision(action, items=wanted, reason=reason))

    def step(self, action: Action) -> Iterator[New]:
        """The row that takes the last decision back, or makes the last undone one again."""
        source = self.done if action == "undo" else self.undone
        if source:
            yield row(Decision(action, of=source[-1][0]))

    def _numbered(self, number: int) -> Known:
        story = self._stories.get(number)
        if story is None or story.now is None:
            raise CaseError("case.no_such_incident", number=number, known=tuple(one.number for one in self.known))
        return story.now

    def _same(self, rule: Incident) -> Known | None:
        return matched(self.known, [rule]).get(0)


def row(decision: Decision) -> New:
    """A decision as a row of the journal."""
    return Decision.entry, plain(decision)


# -- the same mistake, found again ------------------------------------------------------------------------------------


def same_cause(one: Incident, other: Incident) -> bool:
    """Whether two rules are about the same promotion, or, without one, about the price of the same SKU.

    Examples
    --------
    >>> same_cause(Incident(promotion_ids=("P", "Q")), Incident(promotion_ids=("Q",)))
    True
    """
    if one.promotion_ids or other.promotion_ids:
        return bool(set(one.promotion_ids) & set(other.promotion_ids))
    mine, theirs = ({item.sku for item in rule.ceilings} | set(rule.skus) for rule in (one, other))
    return bool(mine & theirs) or one == other


def matched(known: Sequence[Known], found: Sequence[Incident]) -> dict[int, Known]:
    """By the place of each rule found: the incident of the case that it is. Each is used once, equal rules first."""
    pairs: dict[int, Known] = {}
    for fits in (lambda one, rule: one.found == rule, lambda one, rule: same_cause(one.found, rule)):
        for place, rule in enumerate(found):
            used = {one.number for one in pairs.values()}
            free = [one for one in known if one.number not in used and place not in pairs and fits(one, rule)]
            if free:
                pairs[place] = min(free, key=lambda one, rule=rule: (_apart(one.found, rule), one.number))  # type: ignore[misc]
    return pairs


def _apart(one: Incident, other: Incident) -> float:
    """Seconds between two windows; 0 where they touch or one has no end."""
    gaps = [
        (later.onset - earlier.end).total_seconds()
        for earlier, later in ((one, other), (other, one))
        if earlier.end is not None and later.onset is not None
    ]
    return max([0.0, *gaps])


_LISTS = ("skus", "sales_channels", "currencies", "order_statuses", "fulfillment_channels", "ship_countries")


def widened(old: Incident, new: Incident, rows: Rows | None = None) -> Incident:
    """The rule of the same mistake, found again, that lets go of no order item that the old rule touches.

    Parameters
    ----------
    old, new : Incident
        As it was taken, and as it is found in newer reports.
    rows : Rows, optional
        The order table; with it the new rule is taken as it is where it touches all that the old one does, and order
        items that neither of the two touches are excepted by name.

    Examples
    --------
    >>> from datetime import UTC
    >>> nine, ten = (datetime(2026, 11, 19, hour, tzinfo=UTC) for hour in (21, 22))
    >>> both = widened(Incident(end=ten, promotion_ids=("P",)), Incident(end=nine, promotion_ids=("P",)))
    >>> both.end == ten
    True
    """
    if rows is None or old == new:
        return old if old == new else _union(old, new)
    was, now = rows.answers.mask(old), rows.answers.mask(new)
    if not (now & ~was).any():
        return old
    if not (was & ~now).any():
        return new
    both, either = _union(old, new), was | now
    cleared = (set(old.except_items) | set(new.except_items)) - set(rows.keys[either])
    beyond = set(rows.keys[rows.answers.mask(replace(both, except_items=())) & ~either])
    return replace(both, except_items=tuple(sorted(cleared | beyond)))


def _union(old: Incident, new: Incident) -> Incident:
    sides: dict[str, Any] = {name: _edge(name, getattr(old, name), getattr(new, name)) for name in ("onset", "end")}
    lists: dict[str, Any] = {name: _either(getattr(old, name), getattr(new, name)) for name in _LISTS}
    bounds = (("max_unit_price", max), ("max_quantity", max), ("min_quantity", min))
    numbers = {name: _bound(getattr(old, name), getattr(new, name), pick) for name, pick in bounds}
    ids = _either(old.promotion_ids, new.promotion_ids)
    return Incident(
        **sides,
        **lists,
        **numbers,
        promotion_ids=ids,
        together=old.together and new.together and set(old.promotion_ids) == set(new.promotion_ids),
        ceilings=_highest(old.ceilings, new.ceilings),
        is_business_order=old.is_business_order if old.is_business_order == new.is_business_order else None,
        except_items=tuple(key for key in old.except_items if key in set(new.except_items)),
    )


def _edge(name: str, one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return None
    return min(one, other) if name == "onset" else max(one, other)


def _bound(one: Any, other: Any, pick: Any) -> Any:
    return None if one is None or other is None else pick(one, other)


def _either(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Both lists; an empty one asks nothing, so then nothing is asked."""
    return tuple(dict.fromkeys((*one, *other))) if one and other else ()


def _highest(one: tuple[Ceiling, ...], other: tuple[Ceiling, ...]) -> tuple[Ceiling, ...]:
    if not one or not other:
        return ()
    by_place: dict[tuple[str, str, str], Ceiling] = {}
    for ceiling in (*one, *other):
        place = (ceiling.sku, ceiling.sales_channel, ceiling.currency)
        known = by_place.setdefault(place, ceiling)
        by_place[place] = max(known, ceiling, key=lambda each: each.price)
    return tuple(by_place[place] for place in sorted(by_place))


def rebased(adjusted: Incident, old: Incident, new: Incident) -> Incident:
    """The new rule with what the seller had changed in the old one: words added and removed, edges moved, numbers set.

    Examples
    --------
    >>> old, new = Incident(skus=("A",)), Incident(skus=("A", "B"))
    >>> rebased(Incident(skus=("A", "C"), max_quantity=2), old, new)
    ... # doctest: +ELLIPSIS
    Incident(... skus=('A', 'B', 'C'), ... max_quantity=2, except_items=())
    """
    changes = {}
    for name in (field.name for field in fields(Incident)):
        was, now, to_be = getattr(old, name), getattr(adjusted, name), getattr(new, name)
        if now != was:
            changes[name] = _moved(name, was, now, to_be)
    return replace(new, **changes)


def _moved(name: str, was: Any, now: Any, to_be: Any) -> Any:
    if name in ("onset", "end"):
        wider = now is None or (was is not None and (now < was if name == "onset" else now > was))
        return _edge(name, now, to_be) if wider else now
    if name == "ceilings":
        return _moved_ceilings(was, now, to_be) if was and now else now
    if not isinstance(now, tuple) or not ((was and now) or name == "except_items"):
        return now  # a number, yes or no, a list that now asks where it did not, or asks no longer
    removed = set(was) - set(now)
    return tuple(word for word in dict.fromkeys((*to_be, *now)) if word not in removed)


def _moved_ceilings(
    was: tuple[Ceiling, ...], now: tuple[Ceiling, ...], to_be: tuple[Ceiling, ...]
) -> tuple[Ceiling, ...]:
    before, mine, found = (
        {(one.sku, one.sales_channel, one.currency): one for one in all_} for all_ in (was, now, to_be)
    )
    kept: Mapping[Any, Ceiling] = {place: one for place, one in found.items() if place in mine or place not in before}
    set_by_hand = {place: one for place, one in mine.items() if before.get(place) != one}
    return tuple(dict(sorted({**kept, **set_by_hand}.items())).values())
