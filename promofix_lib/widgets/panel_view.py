"""The panel as plain data: one rule and one look at it become chart, choices, totals and a page; no widget in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from promofix_lib.case.decisions import Decisions
from promofix_lib.finding import NormalPrice
from promofix_lib.incident import Ceiling, Incident
from promofix_lib.orders import money_text
from promofix_lib.widgets.facets import FACETS, Codes, Facets, Mask
from promofix_lib.widgets.hours import DAY, HOUR, Hours, axis
from promofix_lib.widgets.pages import Order, Pages, Show
from promofix_lib.widgets.rule_edits import chosen_words
from promofix_lib.widgets.totals import Ledger

_FEW, _MANY = 8, 200


@dataclass(frozen=True)
class Look:
    """How the panel is looked at: it never changes what is chosen.

    Parameters
    ----------
    search : str
        Text that the shown rows contain.
    show : str
        ``affected`` (chosen; what was left out by hand stays in sight, unticked), ``all``, ``by_hand``
        or ``unjudged`` (in the window, without price and promotion).
    order : Order
        How the table is sorted.
    page, size : int
        Page number from 1, and rows on a page.
    first, last : int
        Part of the report on the chart, UTC seconds; both 0 before it is known.
    details : str or None
        Item key of the order that is opened.
    find : dict of str to str
        Text looked for among the choices of a field.
    opened : tuple of str
        Fields all of whose choices are shown.
    """

    search: str = ""
    show: Show = "affected"
    order: Order = field(default_factory=Order)
    page: int = 1
    size: int = 25
    first: int = 0
    last: int = 0
    details: str | None = None
    find: dict[str, str] = field(default_factory=dict)
    opened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """Which rows are in, and why.

    Parameters
    ----------
    rule, chosen, added, left_out : array of bool
        Inside the filters; in all; put in by hand; left out by hand.
    """

    rule: Mask
    chosen: Mask
    added: Mask
    left_out: Mask


class PanelView:
    """The order table, prepared once for the panel.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    zone : ZoneInfo
        The marketplace's zone.
    normal_prices : iterable of NormalPrice
        For the money lost.
    words : dict of str to str
        The seller's language.
    unjudged : iterable of str
        Keys of items in the incident's window that nobody can judge yet.
    found : Incident or None
        The incident as it was found: what it touches is listed first among the choices.
    """

    def __init__(
        self,
        orders: pd.DataFrame,
        zone: ZoneInfo,
        normal_prices: Iterable[NormalPrice],
        words: dict[str, str],
        unjudged: Iterable[str] = (),
        found: Incident | None = None,
    ) -> None:
        self.orders = orders
        self.words = words
        self.facets = Facets(orders)
        self.ledger = Ledger(self.facets, normal_prices)
        self.hours = Hours(self.facets, zone)
        self.pages = Pages(orders, self.ledger.words)
        self._unjudged = self._named(unjudged)
        self._found = found or Incident()
        self._listed: dict[str, list[str]] = {}

    # -- what is in -----------------------------------------------------------------------------------------------

    def selection(self, rule: Incident | None, decisions: Decisions) -> Selection:
        """The same rows as `decisions.chosen`, for a rule that may not be saved yet."""
        size = len(self.orders)
        inside = np.zeros(size, dtype=np.bool_) if rule is None else self.facets.mask(rule)
        added, left_out = self._named(decisions.added), self._named(decisions.left_out)
        return Selection(inside, (inside | added) & ~left_out, added, left_out)

    def _named(self, keys: Iterable[str]) -> Mask:
        mask = np.zeros(len(self.orders), dtype=np.bool_)
        mask[self.pages.named(keys)] = True
        return mask

    def shown(self, selection: Selection, look: Look) -> Mask:
        """Rows that the table shows, on all its pages."""
        by_hand = selection.added | selection.left_out
        affected = selection.chosen | selection.left_out
        kinds = {"affected": affected, "by_hand": by_hand, "unjudged": self._unjudged}
        return self.pages.containing(look.search) & kinds.get(look.show, np.True_)

    # -- the parts of the panel -----------------------------------------------------------------------------------

    def chart(self, rule: Incident | None, selection: Selection, look: Look) -> dict[str, Any]:
        """Bars, days and window, in UTC seconds."""
        rule = rule or Incident()
        bars = self.hours.bars(selection.chosen, look.first, look.last)
        first, last = self.hours.whole()
        moments = {side: getattr(rule, side) for side in ("onset", "end")}
        seconds = {side: None if moment is None else int(moment.timestamp()) for side, moment in moments.items()}
        texts = {f"{side}_text": "" if at is None else self.hours.local(at) for side, at in seconds.items()}
        return {
            "zone": str(self.hours.zone),
            "bars": {"start": bars.start, "step": bars.step, "everything": bars.everything, "chosen": bars.chosen},
            **axis(bars, self.hours.days(look.first, look.last)),
            "from": look.first,
            "to": look.last,
            "first": first,
            "last": last,
            **seconds,
            **texts,
        }

    def choices(self, rule: Incident | None, look: Look) -> list[dict[str, Any]]:
        """The check boxes with their counts; a field with nothing to choose from is left out."""
        rule = rule or Incident()
        groups = [self._group(rule, name, look) for name in FACETS]
        return [group for group in groups if group is not None]

    def _group(self, rule: Incident, name: str, look: Look) -> dict[str, Any] | None:
        asked = chosen_words(rule, name)
        values = self._in_order(name)
        values = values + [value for value in asked if value not in values]
        if len(values) < 2 and not asked and name != "promotion_ids":
            return None
        counts = self.facets.counts(rule, name)
        wanted = look.find.get(name, "").strip().lower()
        found = [value for value in values if wanted in self._label(name, value).lower()]
        most = _MANY if wanted or name in look.opened else _FEW
        visible = [value for place, value in enumerate(found) if place < most or value in asked]
        return {
            "name": name,
            "title": self.words[f"facet_{name}"],
            "any": not asked,
            "together": rule.together if name == "promotion_ids" and len(asked) > 1 else None,
            "find": len(values) > _FEW,
            "hidden": 0 if most == _MANY else len(found) - len(visible),
            "choices": [
                {
                    "value": value,
                    "label": self._label(name, value),
                    "orders": counts.get(value, 0),
                    "chosen": value in asked,
                }
                for value in visible
            ],
        }

    def _in_order(self, name: str) -> list[str]:
        """Values of a field: first what the incident touches, then the most frequent; the same order all evening."""
        if name not in self._listed:
            touched = self.facets.counts(self._found, name)
            self._listed[name] = sorted(self.facets.facet(name).by_frequency, key=lambda value: -touched[value])
        return self._listed[name]

    def _label(self, name: str, value: str) -> str:
        if not value:
            return self.words["not_stated"]
        plain = name in ("fulfillment_channels", "is_business_order")
        return self.words.get(f"value_{value}", value) if plain else value

    def totals(self, selection: Selection) -> dict[str, Any]:
        """Orders, units, money lost per currency, orders per triage word."""
        totals = self.ledger.totals(selection.chosen)
        return {
            "orders": totals.orders,
            "units": totals.units,
            "lost": [[currency, amount_text(amount, currency)] for currency, amount in totals.lost.items()],
            "without_loss": totals.without_loss,
            "unjudged": int((self._unjudged & ~selection.chosen & ~selection.left_out).sum()),
            "words": list(totals.words.items()),
            "by_rule": int(selection.rule.sum()),
            "added": int((selection.added & ~selection.rule).sum()),
            "left_out": int((selection.left_out & selection.rule).sum()),
        }

    def page(self, selection: Selection, decisions: Decisions, look: Look) -> dict[str, Any]:
        """One page of rows, and where it stands."""
        shown = self.shown(selection, look)
        count = int(shown.sum())
        pages = max(1, -(-count // look.size))
        number = min(max(look.page, 1), pages)
        start = (number - 1) * look.size
        places = self.pages.sorted(shown, look.order)[start : start + look.size]
        return {
            "rows": self._rows(places, selection, decisions),
            "sort": look.order.column,
            "descending": look.order.descending,
            "first": min(start + 1, count),
            "last": start + len(places),
            "count": count,
            "number": number,
            "pages": pages,
            "size": look.size,
            "which": look.show,
            "text": look.search,
            "takes": bool((shown & ~selection.chosen).any()),
            "leaves": bool((shown & selection.chosen).any()),
        }

    def _rows(self, places: Codes, selection: Selection, decisions: Decisions) -> list[dict[str, Any]]:
        rows = self.pages.rows(places)
        by_hand = decisions.added | decisions.left_out
        reasons = {place: reason for key, reason in by_hand.items() for place in self.pages.named([key]).tolist()}
        for place, row in zip(places.tolist(), rows, strict=True):
            row["chosen"] = bool(selection.chosen[place])
            row["by_hand"] = "add" if selection.added[place] else "leave_out" if selection.left_out[place] else None
            row["reason"] = reasons.get(place, "")
        return rows

    def details(self, key: str | None) -> dict[str, Any]:
        """Every cell of every item of one order, and the file and line each item came from."""
        items = self.pages.details(key) if key is not None else []
        titles = [
            self.words["details_item"].format(
                n=n, file=cells.get("source_file", "?"), line=cells.get("source_line", "?")
            )
            for n, cells in enumerate(map(dict, items), 1)
        ]
        records = [{"title": title, "cells": cells} for title, cells in zip(titles, items, strict=True)]
        order = dict(items[0]).get("order_id", self.words["no_order_id"]) if items else ""
        return {"key": key if items else None, "order": order, "items": records}

    # -- looking closer or wider ----------------------------------------------------------------------------------

    def zoomed(self, look: Look, rule: Incident | None, how: str) -> tuple[int, int]:
        """The part of the report that is on the chart after one of the zoom buttons."""
        first, last = self.hours.whole()
        rule = rule or Incident()
        if how in ("whole", "window"):
            return (first, last) if how == "whole" else self.hours.around(rule.onset, rule.end)
        width = look.last - look.first
        centre = _centre(rule, look)
        if how in ("closer", "wider"):
            width = max(12 * HOUR, width // 2) if how == "closer" else width * 2
            low = (centre - width // 2) // HOUR * HOUR
        else:
            low = look.first + (DAY if how == "later" else -DAY)
        width = min(width, last - first)
        low = min(max(low, first), last - width)
        return low, low + width


def _centre(rule: Incident, look: Look) -> int:
    if rule.onset and rule.end and look.first <= rule.onset.timestamp() <= look.last:
        return int(rule.onset.timestamp() + min(rule.end.timestamp(), look.last)) // 2
    return (look.first + look.last) // 2


def ceilings_text(ceilings: tuple[Ceiling, ...], most: int = 3) -> str:
    """The wrong prices that were found, in short.

    Examples
    --------
    >>> ceilings_text((Ceiling("HP-700", "Amazon.com", "USD", Decimal("1.00")),))
    'HP-700 ≤ 1.00 USD'
    """
    texts = [
        f"{item.sku} ≤ {money_text(item.price, item.currency or None)} {item.currency}".strip() for item in ceilings
    ]
    return ", ".join(texts[:most]) + (f" … ({len(texts)})" if len(texts) > most else "")


def amount_text(amount: Decimal, currency: str) -> str:
    """Money with thousands set apart and at least the currency's own decimals.

    Examples
    --------
    >>> amount_text(Decimal("17397.0000"), "USD"), amount_text(Decimal("1062"), "JPY")
    ('17,397.00', '1,062')
    """
    whole, point, rest = money_text(amount, currency).partition(".")
    return f"{int(whole):,}{point}{rest}"
