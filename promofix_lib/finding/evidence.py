"""From candidates to findings: the exact rule, the exact money, and one sentence that can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce

import numpy as np

from promofix_lib.amounts import Money, smallest_coin
from promofix_lib.finding.chance import Candidate, Chance
from promofix_lib.finding.exact import as_moment, keys_of, normal_prices, rule_for
from promofix_lib.finding.findings import Cause, Finding, Findings, WorthALook
from promofix_lib.finding.sales import Ints, Sales
from promofix_lib.finding.thresholds import SURE, Thresholds
from promofix_lib.marketplaces import Marketplace, in_dollars, most_sold_in
from promofix_lib.money import Ledger, NormalPrice, ledger
from promofix_lib.orders import flat_lists, totals, uncoded
from promofix_lib.say import Told, told, zone_text


@dataclass(frozen=True)
class Evidence:
    """What all findings of one order table need, read once."""

    sales: Sales
    chance: Chance
    given: Sequence[NormalPrice]

    def findings(
        self, mistakes: Sequence[Candidate], looks: tuple[WorthALook, ...], silent: tuple[Told, ...]
    ) -> Findings:
        """The incidents, gravest loss first, beside what was let be; one SKU has one normal price in all of them."""
        if not mistakes:
            return Findings((), looks, silent)
        every: dict[int, NormalPrice] = {}
        for one in sorted(mistakes, key=lambda one: -self.sales.count(one.rows)):
            every = normal_prices(self.sales, self.chance.suspects, np.sort(one.rows), self.given) | every
        # a missing discount is judged by what else carries the promotion; a ledger of all rows would be much larger
        uses, rows = self.sales.promotions, np.unique(np.concatenate([one.rows for one in mistakes]))
        places = np.union1d(rows, uses.rows[np.isin(uses.ids, uses.ids[np.isin(uses.rows, rows)])])
        wrong = {name for one in mistakes for name in self._names(one)}
        book = ledger(uncoded(self.sales.orders.iloc[places]), every.values(), wrong)
        found = [self._finding(one, every, book.part(np.searchsorted(places, np.sort(one.rows)))) for one in mistakes]
        sums = book.part(np.searchsorted(places, rows)).sums()
        return Findings(tuple(sorted(found, key=_gravest_first)), looks, silent, self.sales.count(rows), sums)

    def worth_a_look(self, candidate: Candidate, why_not: Told) -> WorthALook:
        """A near miss in one sentence, its rule worked out when it is asked for."""
        rows = candidate.rows
        sentence = told(
            "finding.look",
            n=self.sales.count(rows),
            what=self._what(self._skus(rows)),
            share=round(100 * self.chance.depth(rows)),
            onset=self._moment(rows, 0),
            zone=zone_text(self._market(rows).zone_name),
        )
        return WorthALook(sentence, why_not, self.cause_of(candidate), lambda: rule_for(self.sales, candidate))

    def cause_of(self, candidate: Candidate) -> Cause:
        """What went wrong, as the seller may say of it: this was meant."""
        if candidate.ids:
            return Cause(self._names(candidate))
        return Cause((), tuple(sorted(self._skus(candidate.rows))))

    def _names(self, candidate: Candidate) -> tuple[str, ...]:
        return tuple(self.sales.promotions.names[one] for one in candidate.ids)

    def _finding(self, candidate: Candidate, every: dict[int, NormalPrice], book: Ledger) -> Finding:
        sales, rows = self.sales, np.sort(candidate.rows)
        normals = {group: every[group] for group in np.unique(sales.group[rows]).tolist() if group in every}
        money, waiting, shipping = book.sums(), self._cannot_judge(rows), self._shipping(rows)
        groups, counts = np.unique(sales.group[rows], return_counts=True)
        main = int(groups[np.argmax(np.where(np.isin(groups, list(normals)), counts, counts - len(rows)))])
        sentence = told(
            "finding.incident",
            n=sales.count(rows),
            when=self._when(rows),
            zone=zone_text(self._market(rows).zone_name),
            what=self._what(self._skus(rows)),
            paid=self._paid(rows, main, normals.get(main), book),
            why=self._why(candidate),
        )
        beside = [*self._elsewhere(candidate, rows), _normal(normals.get(main))]
        lost = tuple(Money(one.loss, one.currency) for one in money if one.normal_value)
        unknown = sum(one.items_not_known for one in money)
        beside += [told("finding.loss", sums=lost)] * bool(lost) + [told("finding.not_in_the_money", n=unknown)] * bool(
            unknown
        )
        beside += [told("finding.shipping", sums=shipping)] * bool(shipping)
        beside += [told("finding.cannot_judge", n=len(waiting))] * bool(len(waiting))
        return Finding(
            rule=rule_for(sales, candidate),
            onset=as_moment(sales.time[rows].min()),
            end=as_moment(sales.time[rows].max()),
            promotion_ids=self._names(candidate),
            claim_codes=self._claim_codes(rows),
            skus=self._skus(rows),
            items=tuple(keys_of(sales, rows)),
            order_ids=tuple(dict.fromkeys(str(name) for name in self.sales.orders["order_id"].iloc[rows].dropna())),
            orders=sales.count(rows),
            units=int(sales.quantity[rows].sum()),
            amounts=money,
            normal_prices=tuple(normals.values()),
            cannot_judge=tuple(keys_of(sales, waiting)),
            confidence=confidence(candidate.expected),
            sentence=_then(sentence, _sureness(candidate.expected)),
            evidence=reduce(_then, beside),
            expected=candidate.expected,
            shipping=shipping,
            planned=self.chance.planned(candidate, candidate.expected),
            market=self._market(rows),
        )

    def _when(self, rows: Ints) -> datetime | Told:
        onset, end = (self._moment(rows, at) for at in (0, -1))
        if onset == end:
            return onset
        return told("finding.from_to", low=onset, high=f"{end:%H:%M}" if onset.date() == end.date() else end)

    def _paid(self, rows: Ints, main: int, normal: NormalPrice | None, book: Ledger) -> Told:
        """What the most affected SKU cost, as far as the ledger knows, beside the normal price."""
        mine = self.sales.group[rows] == main
        lines = zip(book.paid[mine & book.paid_known], self.sales.quantity[rows[mine & book.paid_known]], strict=True)
        currency = self.sales.key(int(rows[mine][0]))[2]
        each = [Decimal(int(paid)) / 10_000 / int(units) for paid, units in lines]
        if not each:
            paid: Money | Told = told("finding.not_known_yet")
        else:
            low, paid = (Money(_said(one, currency), currency) for one in (min(each), max(each)))
            paid = told("finding.from_to", low=low, high=paid) if low != paid else low
        said = told("finding.paid_only", paid=paid)
        if normal:
            said = told("finding.paid", paid=paid, normal=Money(_said(normal.price, currency), currency))
        open_still = int((~book.paid_known).sum()) if each else 0
        return told("finding.paid_in_part", paid=said, n=open_still) if open_still else said

    def _why(self, candidate: Candidate) -> Told:
        names, ids = self._names(candidate), candidate.ids
        if not ids:
            return told("finding.wrong_price" if len(self.sales.promotions.rows) else "finding.wrong_price_no_ids")
        key = "finding.by" if len(ids) == 1 else "finding.together" if candidate.together else "finding.codes"
        return told(key, n=len(ids), names=names if candidate.together else names[:1])

    def _elsewhere(self, candidate: Candidate, rows: Ints) -> list[Told]:
        """The first order, and how many orders carry the promotion, affected and not."""
        sales, uses, ids = self.sales, self.sales.promotions, candidate.ids
        first = self.sales.orders["order_id"].iloc[[rows[np.argmin(sales.time[rows])]]].fillna("").iloc[0]
        parts = [told("finding.first", first=str(first))]
        if ids:
            every = int(sales.order.max(initial=-1)) + 1 + int((sales.order < 0).sum())
            carrying, carried = np.unique(uses.rows[np.isin(uses.ids, ids)], return_counts=True)
            carrying = carrying[carried >= (len(ids) if candidate.together else 1)]
            mine = np.isin(sales.orders_of(carrying), sales.orders_of(rows))
            here, there, others = sales.count(carrying[mine]), sales.count(carrying[~mine]), every - sales.count(rows)
            parts.append(told("finding.promotion", n=len(ids), here=here, there=there, others=others))
        return parts

    def _what(self, skus: tuple[str, ...]) -> Told:
        return told("finding.sku", sku=skus[0]) if len(skus) == 1 else told("finding.skus", n=len(skus), sku=skus[0])

    def _moment(self, rows: Ints, at: int) -> datetime:
        return as_moment(np.sort(self.sales.time[rows])[at]).astimezone(self._market(rows).zone)

    def _market(self, rows: Ints) -> Marketplace:
        sales = self.sales
        pairs, counts = np.unique(np.stack([sales.channel[rows], sales.currency[rows]]), axis=1, return_counts=True)
        named = ((sales.channel_names[channel], sales.currency_names[currency]) for channel, currency in pairs.T)
        return most_sold_in(dict(zip(named, counts.tolist(), strict=True)))

    def _skus(self, rows: Ints) -> tuple[str, ...]:
        codes, counts = np.unique(self.sales.sku[rows], return_counts=True)
        named = [(-count, self.sales.sku_names[code]) for code, count in zip(codes, counts, strict=True)]
        return tuple(name for _, name in sorted(named))

    def _claim_codes(self, rows: Ints) -> tuple[str, ...]:
        places, codes = flat_lists(self.sales.orders["claim_codes"].iloc[rows])
        names, counts = np.unique(codes.astype(str), return_counts=True)
        most = self.sales.thresholds.most * max(len(np.unique(places)), 1)
        return tuple(str(name) for name, count in zip(names, counts, strict=True) if count >= most)

    def _cannot_judge(self, rows: Ints) -> Ints:
        sales = self.sales
        inside = sales.dated & (sales.time >= sales.time[rows].min()) & (sales.time <= sales.time[rows].max())
        open_rows = np.isnan(sales.listed) & ~sales.cancelled & (sales.quantity > 0) & inside
        mine = np.flatnonzero(open_rows & np.isin(sales.sku, np.unique(sales.sku[rows])))
        return mine[~np.isin(mine, rows)]

    def _shipping(self, rows: Ints) -> tuple[Money, ...]:
        """What was taken off the shipping, per currency; reports without that column tell nothing."""
        column = "ship_promotion_discount"
        taken = totals(self.sales.orders.iloc[rows], column) if column in self.sales.orders else {}
        return tuple(Money(abs(amount), currency) for currency, amount in taken.items() if amount)


def confidence(expected: float) -> float:
    """Probability of a mistake, by how many runs like it the shop's own life would bring.

    At the limit mistake and life are as likely, and a run half as likely is four times as surely a mistake: on the
    careful side of all runs, mistakes and life, of real months and made-up sellers (`benchmarks/finding.py
    --calibrate` shows how it holds).

    >>> confidence(0.02), confidence(0.01), confidence(0.005), confidence(0)
    (0.5, 0.8, 0.94, 0.99)
    """
    return min(round(1 / (1 + (expected / Thresholds().expected) ** 2), 2), 0.99)


def _sureness(expected: float) -> Told:
    sure = confidence(expected)
    how = told("finding.almost_certainly" if sure >= SURE else "finding.probably")
    return told("finding.sure", how=how, share=round(100 * sure))


def _normal(price: NormalPrice | None) -> Told:
    return told("finding.normal", sku=price.sku, how=price.how_known) if price else told("finding.no_normal_price")


def _gravest_first(found: Finding) -> tuple[float, int, datetime]:
    return -sum(in_dollars(one.loss, one.currency) for one in found.amounts), -found.orders, found.onset


def _then(first: Told, then: Told) -> Told:
    """One sentence after the other."""
    return told("finding.then", first=first, then=then)


def _said(price: Decimal, currency: str) -> Decimal:
    """A price per unit as it is said: what does not divide evenly is rounded to the currency's smallest coin.

    >>> _said(Decimal("0.405938"), "USD"), _said(Decimal("0.0004"), "USD"), _said(Decimal("10"), "JPY")
    (Decimal('0.41'), Decimal('0.0004'), Decimal('10'))
    """
    smallest = smallest_coin(currency)
    return price if price < smallest else price.quantize(smallest)
