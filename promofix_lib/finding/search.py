"""Since when, until when, which promotion or price: incidents with evidence, from the order table alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from promofix_lib.finding.baselines import NormalPrice
from promofix_lib.finding.causes import Candidate, find_candidates
from promofix_lib.finding.evidence_words import Evidence, not_reported, sentence
from promofix_lib.finding.findings import Amounts, Finding, Findings, WorthALook
from promofix_lib.finding.normal_prices import amounts, money_known, normal_prices, priced
from promofix_lib.finding.rules import as_moment, keys_of, rule_for
from promofix_lib.finding.sales import Ints, Sales, as_sales
from promofix_lib.finding.suspects import Suspects, find_suspects
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.finding.chance import Chance, order_count
from promofix_lib.finding.verdicts import verdicts
from promofix_lib.marketplaces import main_marketplace
from promofix_lib.orders import flat_lists, money_text

__all__ = ["Amounts", "Finding", "Findings", "NormalPrice", "Thresholds", "WorthALook", "find_incidents"]

_DEFAULT = Thresholds()


def find_incidents(
    orders: pd.DataFrame, *, thresholds: Thresholds = _DEFAULT, normal_prices: Sequence[NormalPrice] = ()
) -> Findings:
    """Incidents in an order table, the gravest loss first, and what is worth a look.

    An incident is a matter of price: orders far below what they should cost, by a promotion or by the list price, that
    are not the seller's decision or habit. How many orders there are in an hour plays no part: viral days and payment
    bugs at the normal price are no incidents, three wrong orders an hour are one.

    Parameters
    ----------
    orders : DataFrame
        Order table, of any length; 30 days or more give a safe normal price.
    thresholds : Thresholds
        Every number that decides, to be moved by the seller.
    normal_prices : sequence of NormalPrice
        What the seller says a SKU normally costs; it wins over the estimate.

    Returns
    -------
    Findings
        Incidents and near misses. Nothing is changed in `orders`.

    Examples
    --------
    Three at a cent against sales at 20.00; a busy hour at the normal price is no incident:

    >>> from promofix_lib.orders import order_table
    >>> normal = [{"order_id": f"A{day}", "sku": "S", "item_price": "20.00", "quantity": 1, "currency": "USD",
    ...            "purchase_date": f"2026-03-{day:02}T12:00:00Z"} for day in range(1, 20)]
    >>> busy = [{**normal[9], "order_id": f"B{n}"} for n in range(50)]
    >>> wrong = [{**normal[12], "order_id": f"C{n}", "item_price": "0.01"} for n in range(3)]
    >>> found = find_incidents(order_table(normal + busy + wrong)).incidents
    >>> [(incident.order_ids, str(incident.amounts[0].loss)) for incident in found]
    [(('C0', 'C1', 'C2'), '59.97')]
    """
    sales = as_sales(orders)
    if not sales.sold.any():
        return Findings((), ())
    suspects = find_suspects(sales, normal_prices, thresholds)
    chance = Chance(sales, suspects, thresholds)
    candidates = find_candidates(sales, suspects, chance, thresholds)
    told = verdicts(sales, chance, candidates, thresholds)
    reasons = [one.why_not for one in told]
    finder = _Finder(orders, sales, suspects, chance, tuple(normal_prices), thresholds)
    judged = list(zip(candidates, reasons, strict=True))
    incidents = [finder.finding(candidate) for candidate, reason in judged if reason is None]
    looks = [finder.worth_a_look(candidate, reason) for candidate, reason in judged if reason is not None]
    return Findings(tuple(sorted(incidents, key=_gravest_first)), tuple(looks))


def _gravest_first(found: Finding) -> tuple[Decimal, int, str]:
    return -max((one.loss for one in found.amounts), default=Decimal(0)), -found.orders, found.onset.isoformat()


def _unit_text(price: Decimal, currency: str) -> str:
    """A price per unit as it is said: the rest of a line total that does not divide evenly is rounded away.

    >>> _unit_text(Decimal("0.405938"), "USD"), _unit_text(Decimal("0.0004"), "USD"), _unit_text(Decimal("10"), "JPY")
    ('about 0.41', '0.0004', '10')
    """
    smallest = Decimal(1).scaleb(-(0 if currency == "JPY" else 2))
    said = price.quantize(smallest)
    if said == price or price < smallest:
        return money_text(price, currency)
    return f"about {money_text(said, currency)}"


class _Finder:
    """Turns candidates into findings: what all of them need, read once."""

    def __init__(
        self,
        orders: pd.DataFrame,
        sales: Sales,
        suspects: Suspects,
        chance: Chance,
        given: tuple[NormalPrice, ...],
        thresholds: Thresholds,
    ) -> None:
        self.orders, self.sales, self.suspects, self.chance = orders, sales, suspects, chance
        self.given, self.thresholds = given, thresholds
        self.all_orders = int(sales.order.max(initial=-1)) + 1 + int((sales.order < 0).sum())

    def finding(self, candidate: Candidate) -> Finding:
        sales, rows = self.sales, np.sort(candidate.rows)
        normals = normal_prices(self.orders, sales, self.suspects, rows, self.given, self.thresholds)
        money = amounts(self.orders, sales, rows, normals)
        waiting = self._cannot_judge(rows)
        names = tuple(sales.promotions.names[one] for one in candidate.ids)
        return Finding(
            rule=rule_for(self.orders, sales, candidate.ids, rows, together=candidate.together),
            onset=as_moment(sales.time[rows].min()),
            end=as_moment(sales.time[rows].max()),
            promotion_ids=names,
            claim_codes=self._claim_codes(rows),
            skus=self._skus(rows),
            items=tuple(keys_of(self.orders, sales, rows)),
            order_ids=self._order_ids(rows),
            orders=order_count(sales, rows),
            units=int(sales.quantity[rows].sum()),
            amounts=money,
            normal_prices=tuple(normals.values()),
            cannot_judge=tuple(keys_of(self.orders, sales, waiting)),
            confidence=self._confidence(candidate, normals),
            sentence=sentence(self._evidence(candidate, normals, money, len(waiting))),
        )

    def worth_a_look(self, candidate: Candidate, reason: str) -> WorthALook:
        rows = candidate.rows
        share = self.chance.depth(rows)
        onset = as_moment(self.sales.time[rows].min())
        words = not_reported(self._skus(rows), order_count(self.sales, rows), share, onset, self._zone(rows))
        rule = rule_for(self.orders, self.sales, candidate.ids, np.sort(rows), together=candidate.together)
        return WorthALook(words, reason, rule)

    def _skus(self, rows: Ints) -> tuple[str, ...]:
        codes, counts = np.unique(self.sales.sku[rows], return_counts=True)
        names = [
            (-count, self.sales.sku_names[code] if code >= 0 else "") for code, count in zip(codes, counts, strict=True)
        ]
        return tuple(name for _, name in sorted(names))

    def _order_ids(self, rows: Ints) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(name) for name in self.orders["order_id"].iloc[rows].dropna()))

    def _claim_codes(self, rows: Ints) -> tuple[str, ...]:
        places, codes = flat_lists(self.orders["claim_codes"].iloc[rows])
        names, counts = np.unique(codes.astype(str), return_counts=True)
        told = max(len(np.unique(places)), 1)
        return tuple(str(name) for name, count in zip(names, counts, strict=True) if count >= 0.8 * told)

    def _cannot_judge(self, rows: Ints) -> Ints:
        sales = self.sales
        inside = sales.dated & (sales.time >= sales.time[rows].min()) & (sales.time <= sales.time[rows].max())
        open_rows = np.isnan(sales.listed) & ~sales.cancelled & (sales.quantity > 0) & inside
        mine = np.flatnonzero(open_rows & np.isin(sales.sku, np.unique(sales.sku[rows])))
        return mine[~np.isin(mine, rows)]

    def _zone(self, rows: Ints):  # type: ignore[no-untyped-def]
        keys = [self.sales.key(int(row)) for row in rows]
        return main_marketplace([key[1] or None for key in keys], [key[2] or None for key in keys]).zone

    def _confidence(self, candidate: Candidate, normals: dict[int, NormalPrice]) -> float:
        sales, rows = self.sales, candidate.rows
        depth = self.chance.depth(rows)
        count = order_count(sales, rows)
        confidence = 1.0
        confidence -= 0.3 * max(0.0, 1 - depth / 0.8)
        confidence -= 0.3 / count
        if len(normals) < len(np.unique(sales.group[rows])):
            confidence -= 0.1
        return round(min(max(confidence, 0.05), 0.99), 2)

    def _evidence(
        self, candidate: Candidate, normals: dict[int, NormalPrice], money: tuple[Amounts, ...], waiting: int
    ) -> Evidence:
        sales, rows = self.sales, candidate.rows
        rows = rows[np.argsort(sales.time[rows], kind="stable")]
        order_id = self.orders["order_id"]
        main = self._main_group(rows, normals)
        count = order_count(sales, rows)
        return Evidence(
            first_order=str(order_id.iloc[int(rows[0])]),
            last_order=str(order_id.iloc[int(rows[-1])]),
            onset=as_moment(sales.time[rows[0]]),
            end=as_moment(sales.time[rows[-1]]),
            zone=self._zone(rows),
            promotion_ids=tuple(sales.promotions.names[one] for one in candidate.ids),
            orders=count,
            units=int(sales.quantity[rows].sum()),
            sku_count=len(np.unique(sales.sku[rows])),
            main_normal=normals.get(main),
            main_paid=self._paid(rows[sales.group[rows] == main]),
            share_off=self.chance.depth(rows[sales.group[rows] == main]),
            with_promotion=tuple(self._with_promotion(one, rows) for one in candidate.ids),
            together=candidate.together,
            others=self.all_orders - count,
            amounts=money,
            without_price=int((~priced(sales, rows)).sum()),
            without_normal=int((priced(sales, rows) & ~money_known(sales, rows, normals)).sum()),
            cannot_judge=waiting,
            has_promotions=bool(len(sales.promotions.rows)),
        )

    def _main_group(self, rows: Ints, normals: dict[int, NormalPrice]) -> int:
        groups, counts = np.unique(self.sales.group[rows], return_counts=True)
        known = np.isin(groups, list(normals))
        return int(groups[np.argmax(np.where(known, counts, -1))])

    def _paid(self, rows: Ints) -> str:
        known = rows[self.sales.depth_known[rows]]
        prices = sorted(price for price in self.orders["unit_price"].iloc[known] if price is not pd.NA)
        if not prices:
            return ""
        currency = self.sales.key(int(rows[0]))[2]
        low, high = _unit_text(prices[0], currency), _unit_text(prices[-1], currency)
        return low if low == high else f"{low} to {high}"

    def _with_promotion(self, promotion: int, rows: Ints) -> tuple[int, int]:
        uses = self.sales.promotions
        carrying = uses.rows[uses.ids == promotion]
        mine = np.isin(self.sales.order[carrying], self.sales.order[rows])
        return order_count(self.sales, carrying[mine]), order_count(self.sales, carrying[~mine])
