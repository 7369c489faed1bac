"""What the finder hands on: incidents with their evidence, what it looked at and let be, what it did not look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from promofix_lib.amounts import Money, plain_amount
from promofix_lib.finding.thresholds import SURE
from promofix_lib.incident import Incident
from promofix_lib.marketplaces import UNKNOWN, Marketplace
from promofix_lib.money import Amounts, NormalPrice
from promofix_lib.plain import Shown, shown
from promofix_lib.say import Told, told


@dataclass(frozen=True)
class Cause:
    """What went wrong, so that the seller can say once and for all: this was meant.

    Parameters
    ----------
    promotion_ids : tuple of str
        The promotions; empty where the price itself is the cause.
    skus : tuple of str
        The SKUs whose price it is; empty for a promotion.

    Examples
    --------
    >>> Cause(("P", "Q")).covers(Cause(("Q",))), Cause((), ("S",)).covers(Cause((), ("S", "T")))
    (True, False)
    """

    promotion_ids: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()

    def covers(self, other: Cause) -> bool:
        """Whether what was said of this cause holds for the other: nothing is in it that was not in this one."""
        return {*other.promotion_ids} <= {*self.promotion_ids} and {*other.skus} <= {*self.skus}


@dataclass(frozen=True)
class Finding(Shown):
    """One incident: a rule, the order items it touches today, and the evidence.

    Parameters
    ----------
    rule : Incident
        ``affected(orders, rule)`` gives exactly `items` back.
    onset, end : datetime, UTC
        Purchase time of the first and of the last affected order.
    promotion_ids : tuple of str
        The guilty ids; empty when the price itself was wrong.
    claim_codes : tuple of str
        Codes that stand on most of the affected order items, where a report tells codes.
    skus : tuple of str
        Affected SKUs, the most affected first.
    items : tuple of str
        Keys of the affected order items (`item_keys`), in file order.
    order_ids : tuple of str
        Affected orders, in file order, each once.
    orders, units : int
        Number of affected orders and units.
    amounts : tuple of Amounts
        Per currency, the largest loss first: the ledger's sums by the normal prices of all findings.
    normal_prices : tuple of NormalPrice
        What each SKU normally costs, and how that is known.
    cannot_judge : tuple of str
        Keys of order items in the window without price and without a guilty id: not affected as far as anyone can tell.
    confidence : float
        Probability that this is a mistake: 0 to 1. Of what is said with 0.9 or more, at least 95 % is true.
    expected : float
        How many runs like this one the shop's own life would bring into a report like this; `confidence` is made of it.
    sentence : Told
        Since when, how many orders, what they paid, by what, how sure that is: in one breath.
    evidence : Told
        What stands beside it: first order, where else the promotion is, the sums and what is not known.
    shipping : tuple of Money
        What was taken off the shipping of these orders; it is in no other amount.
    planned : Told or None
        Why a seller may have planned it: a code as old as the report, half to four fifths off for the first time.
    market : Marketplace
        That most of its order items come from: where it is ended, in whose zone it is told.
    """

    rule: Incident
    onset: datetime
    end: datetime
    promotion_ids: tuple[str, ...]
    claim_codes: tuple[str, ...]
    skus: tuple[str, ...]
    items: tuple[str, ...]
    order_ids: tuple[str, ...]
    orders: int
    units: int
    amounts: tuple[Amounts, ...]
    normal_prices: tuple[NormalPrice, ...]
    cannot_judge: tuple[str, ...]
    confidence: float
    sentence: Told
    evidence: Told
    expected: float = 0.0
    shipping: tuple[Money, ...] = ()
    planned: Told | None = None
    market: Marketplace = UNKNOWN

    def why_no_alarm(self, since: datetime | None = None) -> Told | None:
        """Why nobody is woken for it, who looks again and again and looked at what was bought until `since`; or None.

        Each look is a chance of a false alarm, and a run that is over was looked at often enough: it must be almost
        certain. A little older than the last look is new, too: prices and discounts are printed later.
        """
        if self.planned:
            return self.planned
        new = since is None or self.end > since - timedelta(days=1)
        return None if new or self.confidence >= SURE else told("finding.why_over")

    @property
    def cause(self) -> Cause:
        """What to keep when the seller says that this was meant."""
        return Cause(self.promotion_ids) if self.promotion_ids else Cause((), tuple(sorted(self.skus)))

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """The finding as plain JSON: times ISO 8601 in UTC, money as text, sentences in a language."""
        names = ("onset", "end", "promotion_ids", "claim_codes", "skus", "order_ids", "orders", "units", "amounts")
        taken = [{"currency": m.currency, "taken_off": plain_amount(m.amount, m.currency)} for m in self.shipping]
        prices = [{**one.to_json(), "how_known": one.how_known.text(language)} for one in self.normal_prices]
        return {
            **shown(self, *names, language=language),
            "shipping": taken,
            "normal_unit_prices": prices,
            **shown(self, "cannot_judge", "confidence", "sentence", "evidence", language=language),
        }


@dataclass(frozen=True)
class WorthALook(Shown):
    """Something cheap that is no incident, with the reason; `rule` takes it as the incident all the same."""

    sentence: Told
    why_not: Told
    cause: Cause
    worked_out: Callable[[], Incident] = field(repr=False, compare=False)

    @cached_property
    def rule(self) -> Incident:
        """The rule that gives these order items; worked out when it is asked for."""
        return self.worked_out()

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """Sentence and reason as plain JSON."""
        return shown(self, "sentence", "why_not", language=language)


@dataclass(frozen=True)
class Findings(Shown):
    """All incidents, the gravest loss first; what was looked at and let be; what was not looked at.

    Parameters
    ----------
    orders : int
        Affected orders of all incidents, each once: two may touch one.
    amounts : tuple of Amounts
        Sums over all incidents, each order item once.

    Examples
    --------
    >>> Findings((), ()).to_json()
    {'incidents': [], 'worth_a_look': [], 'not_looked_at': []}
    """

    incidents: tuple[Finding, ...]
    worth_a_look: tuple[WorthALook, ...]
    not_looked_at: tuple[Told, ...] = ()
    orders: int = 0
    amounts: tuple[Amounts, ...] = ()

    def to_json(self, language: str | None = None) -> dict[str, Any]:
        """As ``find --json`` prints it."""
        return shown(self, "incidents", "worth_a_look", "not_looked_at", language=language)
