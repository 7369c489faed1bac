"""One sentence of evidence per incident: every number in it is counted and can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from promofix_lib.finding.baselines import NormalPrice
from promofix_lib.finding.findings import Amounts
from promofix_lib.orders import money_text


@dataclass(frozen=True)
class Evidence:
    """What `sentence` needs to know, all of it counted."""

    first_order: str
    last_order: str
    onset: datetime
    end: datetime
    zone: ZoneInfo
    promotion_ids: tuple[str, ...]
    orders: int
    units: int
    sku_count: int
    main_normal: NormalPrice | None
    main_paid: str
    share_off: float
    with_promotion: tuple[tuple[int, int], ...]
    together: bool
    others: int
    amounts: tuple[Amounts, ...]
    without_price: int
    without_normal: int
    cannot_judge: int
    has_promotions: bool


def sentence(evidence: Evidence) -> str:
    """The evidence of one incident in the seller's words."""
    parts = [_when(evidence), _price(evidence), _cause(evidence), _loss(evidence)]
    if evidence.without_price:
        parts.append(
            f"{_count(evidence.without_price, 'order item')} of these {_has(evidence.without_price)} no known price "
            "yet: counted in orders and units, but not in the money."
        )
    if evidence.without_normal:
        parts.append(
            f"{_count(evidence.without_normal, 'order item')} of these {_is(evidence.without_normal)} of SKUs whose "
            "normal price nobody knows: counted in orders and units, but not in the money."
        )
    if evidence.cannot_judge:
        parts.append(
            f"{_count(evidence.cannot_judge, 'further order item')} in this window cannot be judged yet: "
            "no price, no promotion."
        )
    return " ".join(part for part in parts if part)


def moment(time: datetime, zone: ZoneInfo) -> str:
    """A moment in UTC and on the clock of the marketplace, its zone named.

    >>> moment(datetime(2026, 2, 19, 5, 37, 4, tzinfo=UTC), ZoneInfo("America/Los_Angeles"))
    '2026-02-19 05:37:04 UTC (2026-02-18 21:37:04 America/Los_Angeles)'
    """
    text = f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return text if zone.key == "UTC" else f"{text} ({time.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key})"


def _when(evidence: Evidence) -> str:
    if evidence.orders == 1:
        return f"The one affected order is {evidence.first_order} at {moment(evidence.onset, evidence.zone)}."
    return (
        f"The first affected order is {evidence.first_order} at {moment(evidence.onset, evidence.zone)}, "
        f"the last {evidence.last_order} at {moment(evidence.end, evidence.zone)}: "
        f"{_count(evidence.orders, 'order')}, {_count(evidence.units, 'unit')}, {_count(evidence.sku_count, 'SKU')}."
    )


def _price(evidence: Evidence) -> str:
    normal = evidence.main_normal
    if normal is None:
        return "What these SKUs normally cost is not in this report: give their normal prices, or load a longer report."
    price = f"{money_text(normal.price, normal.currency)} {normal.currency}".strip()
    paid = f"; the affected orders paid {evidence.main_paid} a unit" if evidence.main_paid else ""
    name = f"SKU {normal.sku}" if evidence.sku_count == 1 else f"the most affected SKU, {normal.sku},"
    return f"Normally {name} costs {price} ({normal.how_known}){paid} ({evidence.share_off:.0%} off)."


def _cause(evidence: Evidence) -> str:
    if not evidence.promotion_ids:
        known = "no promotion explains it" if evidence.has_promotions else "the report names no promotion"
        return f"No promotion: the price itself was wrong ({known})."
    if not evidence.together:
        here, there = (sum(pair[side] for pair in evidence.with_promotion) for side in (0, 1))
        return (
            f"{len(evidence.promotion_ids):,} promotion ids of one or two uses each, "
            f"such as '{evidence.promotion_ids[0]}', "
            f"are on {here:,} of {evidence.orders:,} affected and on {there:,} of {evidence.others:,} other orders."
        )
    counts = [
        f"promotion '{name}' is on {here:,} of {evidence.orders:,} affected "
        f"and on {there:,} of {evidence.others:,} other orders"
        for name, (here, there) in zip(evidence.promotion_ids, evidence.with_promotion, strict=True)
    ]
    text = "; ".join(counts)
    together = " Each alone is ordinary; only together they make the mistake." if len(counts) > 1 else ""
    return f"{text[0].upper()}{text[1:]}.{together}"


def _loss(evidence: Evidence) -> str:
    texts = [
        f"{money_text(one.loss, one.currency)} {one.currency} (normally {money_text(one.normal_value, one.currency)}, "
        f"paid {money_text(one.paid, one.currency)})"
        for one in evidence.amounts
    ]
    return f"Loss against the normal price: {'; '.join(texts)}." if texts else ""


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def not_reported(skus: Sequence[str], orders: int, share_off: float, onset: datetime, zone: ZoneInfo) -> str:
    """One sentence about something cheap that is no incident.

    >>> not_reported(["A"], 22, 0.6, datetime(2026, 2, 19, tzinfo=UTC), ZoneInfo("UTC"))
    '60% below the normal price on 22 orders of SKU A from 2026-02-19 00:00:00 UTC on.'
    """
    names = ", ".join(skus[:3]) + (f" and {len(skus) - 3} more" if len(skus) > 3 else "")
    return (
        f"{share_off:.0%} below the normal price on {_count(orders, 'order')} of SKU{'s' * (len(skus) > 1)} {names} "
        f"from {moment(onset, zone)} on."
    )
