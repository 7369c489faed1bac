"""What the seller chose: the rule as adjusted, and order items put in or left out by hand, with undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

import pandas as pd

from promofix_lib.incident import Incident, affected, from_json, to_json
from promofix_lib.orders import item_keys, sku_keys

Action = Literal["incident", "filter", "add", "leave_out", "as_rule"]


@dataclass(frozen=True)
class Decision:
    """One thing the seller did, at a time, with a reason.

    Parameters
    ----------
    action : str
        ``incident`` (this is the mistake), ``filter`` (the rule adjusted), ``add`` / ``leave_out`` / ``as_rule``
        (items by hand).
    at : datetime with a zone
    rule : Incident or None
        For ``incident`` and ``filter``.
    items : tuple of str
        Item keys, for the actions by hand.
    reason : str
        In the seller's words.
    """

    action: Action
    at: datetime
    rule: Incident | None = None
    items: tuple[str, ...] = ()
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The decision as JSON."""
        record: dict[str, Any] = {"action": self.action, "at": self.at.isoformat()}
        if self.rule is not None:
            record["rule"] = to_json(self.rule)
        if self.items:
            record["items"] = list(self.items)
        return record | ({"reason": self.reason} if self.reason else {})

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Decision:
        """The decision that `to_json` wrote."""
        rule = from_json(record["rule"]) if "rule" in record else None
        items, reason = tuple(record.get("items", ())), record.get("reason", "")
        return cls(record["action"], datetime.fromisoformat(record["at"]), rule, items, reason)


@dataclass(frozen=True)
class Decisions:
    """Everything decided in a case, oldest first; what was undone waits for redo.

    Examples
    --------
    >>> from datetime import timezone
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    >>> choices = Decisions().then(Decision("leave_out", noon, items=("A/1",), reason="a friend"))
    >>> choices.left_out, choices.undo().left_out, choices.undo().redo().left_out
    ({'A/1': 'a friend'}, {}, {'A/1': 'a friend'})
    """

    done: tuple[Decision, ...] = ()
    undone: tuple[Decision, ...] = ()

    def then(self, decision: Decision) -> Decisions:
        """These decisions and one more; what was undone can no longer be redone."""
        return Decisions((*self.done, decision))

    def undo(self) -> Decisions:
        """Without the last one."""
        return Decisions(self.done[:-1], (*self.undone, self.done[-1])) if self.done else self

    def redo(self) -> Decisions:
        """With the last undone one again."""
        return Decisions((*self.done, self.undone[-1]), self.undone[:-1]) if self.undone else self

    @property
    def incident(self) -> Incident | None:
        """The rule that the seller last took as the mistake."""
        rules = [decision.rule for decision in self.done if decision.action == "incident"]
        return rules[-1] if rules else None

    @property
    def filter(self) -> Incident | None:
        """The incident as the seller adjusted it since."""
        rules = [decision.rule for decision in self.done if decision.action in ("incident", "filter")]
        return rules[-1] if rules else None

    @property
    def added(self) -> dict[str, str]:
        """Items put in by hand, with the reason."""
        return self._by_hand("add")

    @property
    def left_out(self) -> dict[str, str]:
        """Items left out by hand, with the reason."""
        return self._by_hand("leave_out")

    def _by_hand(self, wanted: Action) -> dict[str, str]:
        last: dict[str, tuple[Action, str]] = {}
        for decision in self.done:
            for item in decision.items:
                last[item] = (decision.action, decision.reason)
        return {item: reason for item, (action, reason) in last.items() if action == wanted}


def chosen(orders: pd.DataFrame, decisions: Decisions) -> pd.Series[bool]:
    """Order items that the seller means: the rule, with the items put in and without those left out by hand.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    decisions : Decisions
        Nothing is chosen as long as no incident was taken and nothing was put in by hand.

    Returns
    -------
    Series
        Boolean mask.

    Examples
    --------
    >>> from datetime import timezone
    >>> from promofix_lib.orders import order_table
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    >>> orders = order_table([{"order_id": "A", "sku": "S"}, {"order_id": "B", "sku": "S"}, {"order_id": "C"}])
    >>> choices = Decisions().then(Decision("filter", noon, rule=Incident(skus=("S",))))
    >>> chosen(orders, choices.then(Decision("leave_out", noon, items=("B/S/1",)))).tolist()
    [True, False, False]
    """
    rule = decisions.filter
    mask = pd.Series(False, index=orders.index) if rule is None else affected(orders, rule)
    return (mask | named(orders, decisions.added)) & ~named(orders, decisions.left_out)


def named(orders: pd.DataFrame, keys: Iterable[str]) -> pd.Series[bool]:
    """Order items with one of these item keys, also if the key was made before item ids were known."""
    wanted = list(keys)
    if not wanted:
        return pd.Series(False, index=orders.index)
    return (item_keys(orders).isin(wanted) | sku_keys(orders).isin(wanted)).astype(bool)


def rebased(adjusted: Incident, old: Incident, new: Incident) -> Incident:
    """The new incident with the adjustments that the seller had made to the old one.

    Examples
    --------
    >>> old, new = Incident(skus=("A",)), Incident(skus=("A", "B"))
    >>> rebased(Incident(skus=("A",), max_quantity=2), old, new) == Incident(skus=("A", "B"), max_quantity=2)
    True
    """
    names = [field.name for field in fields(Incident)]
    changes = {name: getattr(adjusted, name) for name in names if getattr(adjusted, name) != getattr(old, name)}
    return replace(new, **changes)
