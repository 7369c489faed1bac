"""The panel as plain data: one rule and one look at it become chart, choices, totals and a page; no widget in it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from promofix_lib.amounts import amount_text
from promofix_lib.incident import Incident
from promofix_lib.say import known_key, say
from promofix_lib.status.book import Book, facts_of
from promofix_lib.widgets.choice import Choice, Look, Selection, chosen_words
from promofix_lib.widgets.counts import DAY, FACETS, HOUR, Codes, Facets, Hours, Mask, axis
from promofix_lib.widgets.pages import Pages

_FEW, _MANY = 8, 200
_ROWS_A_PAGE = 25


class PanelView:
    """The order table, prepared once for the panel.

    Parameters
    ----------
    book : Book
        The order table, prepared.
    zone : ZoneInfo
        The marketplace's zone.
    language : str
        The seller's.
    unjudged : iterable of str
        Keys of items in an incident's window that nobody can judge yet.
    """

    def __init__(self, book: Book, zone: ZoneInfo, language: str, unjudged: Iterable[str] = ()) -> None:
        self.book = book
        self.language = language
        self.facets = Facets(book)
        self.hours = Hours(book, zone)
        self.pages = Pages(book, language)
        self._unjudged = book.named(unjudged)
        self._listed: dict[tuple[str, Incident], list[str]] = {}

    def say(self, name: str, **facts: Any) -> str:
        """One of the panel's own sentences."""
        return say(f"widgets.panel_{name}", language=self.language, **facts)

    # -- what is in -----------------------------------------------------------------------------------------------

    def selection(self, choice: Choice) -> Selection:
        """The same rows as ``case.chosen()``, for a rule that may not be saved yet."""
        numbers = np.zeros(len(self.book.orders), dtype=np.int64)
        for number, rule in reversed(list(choice.rules.items())):
            numbers[self.facets.answers.mask(rule)] = number
        added, left_out = self.book.named(choice.put_in), self.book.named(choice.left_out)
        return Selection(numbers, ((numbers > 0) | added) & ~left_out, added, left_out)

    def shown(self, selection: Selection, look: Look) -> Mask:
        """Rows that the table shows, on all its pages."""
        by_hand = selection.added | selection.left_out
        affected = selection.chosen | selection.left_out
        kinds = {"affected": affected, "by_hand": by_hand, "unjudged": self._unjudged}
        return self.pages.containing(look.search) & kinds.get(look.show, np.True_)

    # -- the parts of the panel -----------------------------------------------------------------------------------

    def incidents(self, choice: Choice) -> list[dict[str, Any]]:
        """The incidents by their number, and which is at work."""
        return [
            {"number": n, "label": self.say("incident", number=n, cause=rule.cause), "here": n == choice.number}
            for n, rule in sorted(choice.rules.items())
        ]

    def chart(self, choice: Choice, selection: Selection, look: Look) -> dict[str, Any]:
        """Bars, days and window, in UTC seconds."""
        rule = choice.rule
        bars = self.hours.bars(self._numbers_of_orders(selection, choice), look.first, look.last)
        first, last = self.hours.whole()
        moments = {side: getattr(rule, side) for side in ("onset", "end")}
        seconds = {side: None if moment is None else int(moment.timestamp()) for side, moment in moments.items()}
        texts = {f"{side}_text": "" if at is None else self.hours.local(at) for side, at in seconds.items()}
        return {
            "zone": str(self.hours.zone),
            "bars": bars,
            **axis(bars, self.hours.days(look.first, look.last)),
            "from": look.first,
            "to": look.last,
            "first": first,
            "last": last,
            **seconds,
            **texts,
        }

    def _numbers_of_orders(self, selection: Selection, choice: Choice) -> Codes:
        """Per chosen row the gravest incident of its order, -1 for rows that are out: an order has one colour."""
        numbers = np.where(selection.chosen, selection.numbers, -1)
        if len(np.unique(selection.numbers[selection.chosen])) < 2:
            return numbers
        of_order: Codes = np.zeros(len(self.book.order_names), dtype=np.int64)
        for number in reversed([*choice.rules]):
            of_order[self.book.order_codes[numbers == number]] = number
        mine = of_order[self.book.order_codes]
        return np.where(selection.chosen & (mine > 0), mine, numbers)

    def choices(self, choice: Choice, look: Look) -> list[dict[str, Any]]:
        """The check boxes with their counts; a field with nothing to choose from is left out.

        What the incident touches, as it was found, is listed first.
        """
        groups = [self._group(choice.rule, choice.rule_found, name, look) for name in FACETS]
        return [group for group in groups if group is not None]

    def _group(self, rule: Incident, found: Incident, name: str, look: Look) -> dict[str, Any] | None:
        asked = chosen_words(rule, name)
        values = self._in_order(name, found)
        values = values + [value for value in asked if value not in values]
        if len(values) < 2 and not asked and name != "promotion_ids":
            return None
        counts = self.facets.counts(rule, name)
        wanted = look.find.get(name, "").strip().lower()
        fitting = [value for value in values if wanted in self._label(name, value).lower()]
        most = _MANY if wanted or name in look.opened else _FEW
        visible = [value for place, value in enumerate(fitting) if place < most or value in asked]
        return {
            "name": name,
            "title": self.say(f"facet_{name}"),
            "any": not asked,
            "asked": [self._label(name, value) for value in asked],
            "together": rule.together if name == "promotion_ids" and len(asked) > 1 else None,
            "find": len(values) > _FEW,
            "hidden": 0 if most == _MANY else len(fitting) - len(visible),
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

    def _in_order(self, name: str, found: Incident) -> list[str]:
        """Values of a field: first what the incident touches, then the most frequent; the same order all evening."""
        if (name, found) not in self._listed:
            touched = self.facets.counts(found, name)
            self._listed[name, found] = sorted(self.facets.by_frequency(name), key=lambda value: -touched[value])
        return self._listed[name, found]

    def _label(self, name: str, value: str) -> str:
        if not value:
            return self.say("not_stated")
        plain = name in ("fulfillment_channels", "is_business_order")
        return self.word("value", value) if plain else self.word("status", value) if name == "order_statuses" else value

    def word(self, kind: str, value: str) -> str:
        """A word of the reports in the seller's language; as it is where nobody translated it."""
        key = f"widgets.{kind}_{value.lower()}"
        return say(key, language=self.language) if known_key(key) else value

    def totals(self, selection: Selection) -> dict[str, Any]:
        """The figures of what is chosen, worded: all of them come from `status.facts_of`."""
        facts = facts_of(self.book, selection.chosen)
        by_rule = selection.numbers > 0
        unknown = sum(amounts["items_not_known"] for amounts in facts["amounts"])
        counts = {
            "by_rule": int(by_rule.sum()),
            "added": int((selection.added & ~by_rule).sum()),
            "left_out": int((selection.left_out & by_rule).sum()),
            "unjudged": int((self._unjudged & ~selection.chosen & ~selection.left_out).sum()),
            "without_loss": unknown,
        }
        counted = {name: facts[name] for name in ("orders", "units")}
        losses = {amounts["currency"]: Decimal(amounts["loss"]) for amounts in facts["amounts"]}
        lost = {currency: amount_text(loss, currency, self.language) for currency, loss in losses.items() if loss}
        return {
            "orders": facts["orders"],
            "figures": [
                *([self.say(name, n=n), self.say("count", n=n), name] for name, n in counted.items()),
                *(
                    [self.say("lost", currency=name), text.removesuffix(f" {name}"), name]
                    for name, text in lost.items()
                ),
            ],
            "words": [[self.triage(word), self.say("count", n=n), word] for word, n in facts["triage"].items()],
            "note": " · ".join(self.say(name, n=n) for name, n in counts.items() if n or name == "by_rule"),
        }

    def triage(self, word: str) -> str:
        """A triage word as the seller reads it."""
        return say(f"status.triage_{word}", language=self.language)

    def page(self, selection: Selection, choice: Choice, look: Look) -> dict[str, Any]:
        """One page of rows, and where it stands."""
        shown = self.shown(selection, look)
        count = int(shown.sum())
        pages = max(1, -(-count // _ROWS_A_PAGE))
        number = min(max(look.page, 1), pages)
        start = (number - 1) * _ROWS_A_PAGE
        places = self.pages.sorted(shown, look.order)[start : start + _ROWS_A_PAGE]
        return {
            "rows": self._rows(places, selection, choice),
            "sort": look.order.column,
            "descending": look.order.descending,
            "first": min(start + 1, count),
            "last": start + len(places),
            "count": count,
            "number": number,
            "pages": pages,
            "which": look.show,
            "text": look.search,
            "takes": bool((shown & ~selection.chosen).any()),
            "leaves": bool((shown & selection.chosen).any()),
        }

    def _rows(self, places: Codes, selection: Selection, choice: Choice) -> list[dict[str, Any]]:
        rows, reasons = self.pages.rows(places), {**choice.put_in, **choice.left_out}
        for place, row in zip(places.tolist(), rows, strict=True):
            row["chosen"] = bool(selection.chosen[place])
            row["by_hand"] = "add" if selection.added[place] else "leave_out" if selection.left_out[place] else None
            row["reason"] = reasons.get(row["key"], "")
            row["incident"] = int(selection.numbers[place])
            row["word"] = self.triage(row["word"])
            row["status"] = row["status"] and self.word("status", row["status"])
            row["fulfilment"] = row["fulfilment"] and self.word("fulfilment", row["fulfilment"])
        return rows

    def details(self, key: str | None) -> dict[str, Any]:
        """Every cell of every item of one order, and the file and line each item came from."""
        items = self.pages.details(key) if key is not None else []
        titles = [
            self.say("details_item", n=n, file=cells.get("source_file", "?"), line=cells.get("source_line", "?"))
            for n, cells in enumerate(map(dict, items), 1)
        ]
        records = [{"title": title, "cells": cells} for title, cells in zip(titles, items, strict=True)]
        order = dict(items[0]).get("order_id", self.say("no_order_id")) if items else ""
        return {"key": key if items else None, "order": order, "items": records}

    # -- looking closer or wider ----------------------------------------------------------------------------------

    def zoomed(self, look: Look, rule: Incident, how: str) -> tuple[int, int]:
        """The part of the report that is on the chart after one of the zoom buttons."""
        first, last = self.hours.whole()
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
