"""The same mistake, found again in newer reports: which incident of the case it is, and how its rule grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from promofix_lib.finding.findings import Cause, Finding
from promofix_lib.incident import Answers, Ceiling, Incident


@dataclass(frozen=True)
class TakenIncident:
    """One incident of the case, ticked or not.

    Parameters
    ----------
    number : int
        It never changes: 1 was the gravest when it was first taken.
    found, rule : Incident
        The rule as found, and as adjusted.
    taken : bool
        Whether it is ticked.
    finding : Finding or None
        The evidence in today's reports; None when they no longer show it.
    """

    number: int
    found: Incident
    rule: Incident
    taken: bool
    finding: Finding | None = None


def cause_of(rule: Incident) -> Cause:
    """What went wrong by a rule alone: its promotions, or, without one, the SKUs whose price it names."""
    skus = () if rule.promotion_ids else tuple(dict.fromkeys((*(cap.sku for cap in rule.ceilings), *rule.skus)))
    return Cause(rule.promotion_ids, skus)


def same_cause(one: Incident, other: Incident) -> bool:
    """Whether two rules are about the same promotion, or, without one, about the price of the same SKU.

    Examples
    --------
    >>> same_cause(Incident(promotion_ids=("P", "Q")), Incident(promotion_ids=("Q",)))
    True
    """
    mine, theirs = cause_of(one), cause_of(other)
    shared = {*mine.promotion_ids} & {*theirs.promotion_ids} or {*mine.skus} & {*theirs.skus}
    return bool(shared) or one == other


def matched(known: Sequence[TakenIncident], found: Sequence[Incident]) -> dict[int, TakenIncident]:
    """By the place of each rule found: the incident of the case that it is. Each is used once, equal rules first."""
    pairs: dict[int, TakenIncident] = {}
    for fits in (Incident.__eq__, same_cause):
        for place, rule in enumerate(found):
            used = {one.number for one in pairs.values()}
            free = [one for one in known if one.number not in used and place not in pairs and fits(one.found, rule)]
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


# -- the wider of two -------------------------------------------------------------------------------------------------

_WIDER: dict[str, Any] = {"onset": min, "end": max, "max_unit_price": max, "max_quantity": max, "min_quantity": min}
_LISTS = tuple(one.name for one in fields(Incident) if one.default == () and one.name != "except_items")


def widened(old: Incident, new: Incident, answers: Answers | None = None) -> Incident:
    """The rule of the same mistake, found again, that lets go of no order item that the old rule touches.

    Parameters
    ----------
    old, new : Incident
        As it was taken, and as it is found in newer reports.
    answers : Answers, optional
        Of the order table; with them the new rule is taken as it is where it touches all that the old one does, and
        order items that neither of the two touch are excepted by name.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> nine, ten = (datetime(2026, 11, 19, hour, tzinfo=UTC) for hour in (21, 22))
    >>> both = widened(Incident(end=ten, promotion_ids=("P",)), Incident(end=nine, promotion_ids=("P",)))
    >>> both.end == ten
    True
    """
    if answers is None or old == new:
        return old if old == new else _union(old, new)
    was, now = answers.mask(old), answers.mask(new)
    if not (now & ~was).any():
        return old
    if not (was & ~now).any():
        return new
    both, either = _union(old, new), was | now
    cleared = (set(old.except_items) | set(new.except_items)) - set(answers.keys[either])
    beyond = set(answers.keys[answers.mask(replace(both, except_items=())) & ~either])
    return replace(both, except_items=tuple(sorted(cleared | beyond)))


def _union(old: Incident, new: Incident) -> Incident:
    """What either asks for; what one of them does not ask is not asked."""
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in (*_WIDER, *_LISTS)}
    edges: dict[str, Any] = {name: _widest(name, *pairs[name]) for name in _WIDER}
    lists: dict[str, Any] = {name: _either(*pairs[name]) if all(pairs[name]) else () for name in _LISTS}
    return Incident(
        **edges,
        **lists,
        together=old.together and new.together and set(old.promotion_ids) == set(new.promotion_ids),
        is_business_order=old.is_business_order if old.is_business_order == new.is_business_order else None,
        except_items=tuple(key for key in old.except_items if key in set(new.except_items)),
    )


def _widest(name: str, one: Any, other: Any) -> Any:
    return None if one is None or other is None else _WIDER[name](one, other)


def _either(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    mine, theirs = _by_name(one), _by_name(other)
    higher = {name for name in mine.keys() & theirs.keys() if _price(mine[name]) > _price(theirs[name])}
    return tuple((mine | theirs | {name: mine[name] for name in higher}).values())


def _by_name(values: tuple[Any, ...]) -> dict[Any, Any]:
    """Words by themselves, ceilings by what they are for."""
    return {(one.sku, one.sales_channel, one.currency) if isinstance(one, Ceiling) else one: one for one in values}


def _price(one: Any) -> Any:
    return one.price if isinstance(one, Ceiling) else 0


# -- what the seller adjusted, on the rule as it is found now ---------------------------------------------------------


def rebased(adjusted: Incident, old: Incident, new: Incident) -> Incident:
    """The new rule with what the seller had changed in the old one: words added and removed, edges moved, numbers set.

    Examples
    --------
    >>> old, new = Incident(skus=("A",)), Incident(skus=("A", "B"))
    >>> rebased(Incident(skus=("A", "C"), max_quantity=2), old, new)
    ... # doctest: +ELLIPSIS
    Incident(... skus=('A', 'B', 'C'), ... max_quantity=2, except_items=())
    """
    names = [field.name for field in fields(Incident)]
    sides = {name: (getattr(old, name), getattr(adjusted, name), getattr(new, name)) for name in names}
    return replace(new, **{name: _moved(name, *side) for name, side in sides.items() if side[0] != side[1]})


def _moved(name: str, was: Any, now: Any, to_be: Any) -> Any:
    if name in ("onset", "end"):
        return _widest(name, now, to_be) if _widest(name, was, now) == now else now
    if not isinstance(now, tuple) or not ((was and now) or name == "except_items"):
        return now  # a number, yes or no, a list that now asks where it did not, or asks no longer
    before, mine, found = map(_by_name, (was, now, to_be))
    by_hand = {key: one for key, one in mine.items() if key not in found or before.get(key) != one}
    removed = before.keys() - mine.keys()
    return tuple(one for key, one in (found | by_hand).items() if key not in removed)
