"""The panel as plain data: one choice and one look at it become chart, filters, totals and a page; no widget in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from promofix_lib.amounts import amount_text
from promofix_lib.incident import Incident
from promofix_lib.say import known_key, say
from promofix_lib.status.book import Book, facts_of
from promofix_lib.widgets.choice import Choice, Look, chosen_words
from promofix_lib.widgets.counts import DAY, FACETS, HOUR, Codes, Facets, Hours, Mask
from promofix_lib.widgets.pages import Pages

_FEW, _MANY = 8, 200
_ROWS_A_PAGE = 25
_WORDED = {"order_statuses": "status", "fulfillment_channels": "value", "is_business_order": "value"}
"""Fields of the rule whose values have words in the catalogue, and how those begin."""


@dataclass(frozen=True)
class Selection:
    """Which rows are in, and why.

    Parameters
    ----------
    numbers : array of int
        Number of the incident that touches the row; 0 for none.
    chosen, added, left_out : array of bool
        In all; put in by hand; left out by hand.
    """

    numbers: Codes
    chosen: Mask
    added: Mask
    left_out: Mask


class PanelView:
    """The order table, prepared once for the panel.

    Parameters
    ----------
    book : Book
        The order table, prepared.
    zone : ZoneInfo
        The marketplace's zone.
    unjudged : iterable of str
        Keys of items in an incident's window that nobody can judge yet.
    """

    def __init__(self, book: Book, zone: ZoneInfo, unjudged: Iterable[str] = ()) -> None:
        self.book = book
        self.facets = Facets(book)
        self.hours = Hours(book, zone)
        self.pages = Pages(book)
        self._unjudged = book.named(unjudged)

    def say(self, name: str, **facts: Any) -> str:
        """One of the panel's own sentences."""
        return say(f"widgets.panel_{name}", **facts)

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
        first, last = self.hours.whole()
        moments = {side: getattr(choice.rule, side) for side in ("onset", "end")}
        return {
            "zone": str(self.hours.zone),
            "bars": self.hours.bars(self._numbers_of_orders(selection, choice), look.first, look.last),
            "days": self.hours.days(look.first, look.last),
            "from": look.first,
            "to": look.last,
            "first": first,
            "last": last,
            "preview": look.preview is not None,
            **{side: moment and moment.timestamp() for side, moment in moments.items()},
            **{f"{side}_text": self.hours.local(moment) for side, moment in moments.items()},
        }

    def _numbers_of_orders(self, selection: Selection, choice: Choice) -> Codes:
        """Per chosen row the gravest incident of its order, -1 for rows that are out: an order has one colour."""
        of_order: Codes = np.zeros(len(self.book.order_names), dtype=np.int64)
        for number in reversed([*choice.rules]):
            of_order[self.book.order_codes[selection.chosen & (selection.numbers == number)]] = number
        return np.where(selection.chosen, of_order[self.book.order_codes], -1)

    def choices(self, choice: Choice, look: Look) -> list[dict[str, Any]]:
        """The check boxes with their counts; a field with nothing to choose from is left out.

        What the incident touches, as it was found, is listed first.
        """
        groups = (self._group(choice.rule, choice.rule_found, name, look) for name in FACETS)
        return [group for group in groups if group]

    def _group(self, rule: Incident, found: Incident, name: str, look: Look) -> dict[str, Any] | None:
        asked = chosen_words(rule, name)
        values = list(dict.fromkeys((*self.facets.listed(name, found), *asked)))
        if len(values) < 2 and not asked and name != "promotion_ids":
            return None
        counts = self.facets.counts(rule, name)
        labels = {value: self._label(name, value) for value in values}
        wanted = look.find.get(name, "").strip().lower()
        fitting = [value for value in values if wanted in labels[value].lower()]
        most = _MANY if wanted or name in look.opened else _FEW
        visible = [value for place, value in enumerate(fitting) if place < most or value in asked]
        return {
            "name": name,
            "title": self.say(f"facet_{name}"),
            "asked": [labels[value] for value in asked],
            "together": rule.together if name == "promotion_ids" and len(asked) > 1 else None,
            "find": len(values) > _FEW,
            "hidden": 0 if most == _MANY else len(fitting) - len(visible),
            "choices": [
                {"value": one, "label": labels[one], "orders": counts.get(one, 0), "chosen": one in asked}
                for one in visible
            ],
        }

    def _label(self, name: str, value: str) -> str:
        return self.word(_WORDED.get(name, "as_it_is"), value) if value else self.say("not_stated")

    def word(self, kind: str, value: str) -> str:
        """A word of the reports in the seller's language; as it is where nobody translated it."""
        key = f"widgets.{kind}_{value.lower()}"
        return say(key) if known_key(key) else value

    def totals(self, selection: Selection) -> dict[str, Any]:
        """The figures of what is chosen, worded: all of them come from `status.facts_of`."""
        facts, by_rule = facts_of(self.book, selection.chosen), selection.numbers > 0
        rows = {
            "by_rule": by_rule,
            "added": selection.added & ~by_rule,
            "left_out": selection.left_out & by_rule,
            "unjudged": self._unjudged & ~selection.chosen & ~selection.left_out,
        }
        counts = {name: int(mask.sum()) for name, mask in rows.items()}
        counts["without_loss"] = sum(amounts["items_not_known"] for amounts in facts["amounts"])
        figures = [self._counted(self.say(name, n=facts[name]), facts[name]) for name in ("orders", "units")]
        for amounts in facts["amounts"]:
            if loss := Decimal(amounts["loss"]):
                text = amount_text(loss, amounts["currency"])
                lost = self.say("lost", currency=amounts["currency"])
                figures.append([lost, text.removesuffix(f" {amounts['currency']}")])
        return {
            "figures": figures,
            "words": [self._counted(self.triage(word), n) for word, n in facts["triage"].items()],
            "note": " · ".join(self.say(name, n=n) for name, n in counts.items() if n or name == "by_rule"),
        }

    def _counted(self, label: str, n: int) -> list[str]:
        return [label, self.say("count", n=n)]

    def triage(self, word: str) -> str:
        """A triage word as the seller reads it."""
        return say(f"status.triage_{word}")

    def page(self, selection: Selection, choice: Choice, look: Look) -> dict[str, Any]:
        """One page of rows, and where it stands."""
        shown = self.shown(selection, look)
        count = int(shown.sum())
        pages = max(1, -(-count // _ROWS_A_PAGE))
        number = min(max(look.page, 1), pages)
        start = (number - 1) * _ROWS_A_PAGE
        places = self.pages.sorted(shown, look.sort, look.descending)[start : start + _ROWS_A_PAGE]
        return {
            "rows": self._rows(places, selection, choice),
            "look": {name: getattr(look, name) for name in ("search", "show", "sort", "descending")},
            "first": min(start + 1, count),
            "last": start + len(places),
            "count": count,
            "number": number,
            "pages": pages,
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
            for kind in ("status", "fulfilment"):
                row[kind] = row[kind] and self.word(kind, row[kind])
        return rows

    def details(self, key: str | None) -> dict[str, Any]:
        """Every cell of every item of one order, and the file and line each item came from."""
        items = self.pages.details(key) if key else []
        places = [[cells.get(name, "?") for name in ("source_file", "source_line")] for cells in items]
        titles = [self.say("details_item", n=n, file=file, line=line) for n, (file, line) in enumerate(places, 1)]
        order = items[0].get("order_id", self.say("no_order_id")) if items else ""
        cells = [list(one.items()) for one in items]
        return {"key": key if items else None, "order": order, "items": list(zip(titles, cells, strict=True))}

    # -- looking closer or wider ----------------------------------------------------------------------------------

    def zoomed(self, look: Look, rule: Incident, how: str) -> tuple[int, int]:
        """The part of the report that is on the chart after one of the zoom buttons."""
        first, last = self.hours.whole()
        if how == "window":
            return self.hours.around(rule.onset, rule.end)
        width = look.last - look.first
        wanted = {"closer": width // 2, "wider": width * 2, "whole": last - first}.get(how, width)
        width = min(max(wanted, 12 * HOUR), last - first)
        step = {"earlier": -DAY, "later": DAY}.get(how)
        low = look.first + step if step else (_centre(rule, look) - width // 2) // HOUR * HOUR
        low = min(max(low, first), last - width)
        return low, low + width


def _centre(rule: Incident, look: Look) -> int:
    if rule.onset and rule.end and look.first <= rule.onset.timestamp() <= look.last:
        return int(rule.onset.timestamp() + min(rule.end.timestamp(), look.last)) // 2
    return (look.first + look.last) // 2
