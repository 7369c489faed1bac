"""What the finder hands on: incidents with their evidence, and what it looked at and let be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from promofix_lib.finding.baselines import NormalPrice
from promofix_lib.incident import Incident
from promofix_lib.orders import money_text


@dataclass(frozen=True)
class Amounts:
    """Money of the affected order items in one currency; items without a known price are not in it."""

    currency: str
    paid: Decimal
    normal_value: Decimal
    loss: Decimal

    def to_json(self) -> dict[str, str]:
        """Money as text.

        >>> Amounts("USD", Decimal("300"), Decimal("17697"), Decimal("17397")).to_json()["loss"]
        '17397.00'
        """
        amounts = {"paid": self.paid, "normal_value": self.normal_value, "loss": self.loss}
        texts = {name: money_text(amount, self.currency) for name, amount in amounts.items()}
        return {"currency": self.currency, **texts}


@dataclass(frozen=True)
class Finding:
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
        Per currency, the largest loss first.
    normal_prices : tuple of NormalPrice
        What each SKU normally costs, and how that is known.
    cannot_judge : tuple of str
        Keys of order items in the window without price and without a guilty id: not affected as far as anyone can tell.
    confidence : float
        Between 0 and 1.
    sentence : str
        The evidence, to be checked by hand.
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
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON: times ISO 8601 in UTC, money as text."""
        return {
            "onset": self.onset.astimezone(UTC).isoformat(),
            "end": self.end.astimezone(UTC).isoformat(),
            "promotion_ids": list(self.promotion_ids),
            "claim_codes": list(self.claim_codes),
            "skus": list(self.skus),
            "order_ids": list(self.order_ids),
            "orders": self.orders,
            "units": self.units,
            "amounts": [amounts.to_json() for amounts in self.amounts],
            "normal_unit_prices": [
                {
                    "sku": normal.sku,
                    "sales_channel": normal.sales_channel,
                    "currency": normal.currency,
                    "price": money_text(normal.price, normal.currency),
                    "how_known": normal.how_known,
                }
                for normal in self.normal_prices
            ],
            "cannot_judge": list(self.cannot_judge),
            "confidence": self.confidence,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class WorthALook:
    """Something cheap that is no incident, with the reason; `rule` shows it to the seller who thinks otherwise."""

    sentence: str
    why_not: str
    rule: Incident | None = None


@dataclass(frozen=True)
class Findings:
    """All incidents, the gravest loss first, and what was looked at and let be.

    Examples
    --------
    >>> Findings((), ()).to_json()
    {'incidents': [], 'worth_a_look': []}
    """

    incidents: tuple[Finding, ...]
    worth_a_look: tuple[WorthALook, ...]

    def to_json(self) -> dict[str, Any]:
        """The findings as plain JSON, as ``promofix find --json`` prints them."""
        looks = [{"sentence": look.sentence, "why_not": look.why_not} for look in self.worth_a_look]
        return {"incidents": [found.to_json() for found in self.incidents], "worth_a_look": looks}
