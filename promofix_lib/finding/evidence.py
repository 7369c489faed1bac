"""From candidates to findings: the exact rule, the exact money, and one sentence that can be counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce

import numpy as np

from promofix_lib.amounts import Money, smallest_coin
from promofix_lib.finding.chance import Candidate, Chance
from promofix_lib.finding.exact import as_moment, keys_of, normal_prices, rule_for
from promofix_lib.finding.findings import Cause, Finding, Findings, WorthALook
from promofix_lib.finding.sales import Ints, Sales
from promofix_lib.finding.thresholds import SURE, Thresholds
from promofix_lib.marketplaces import in_dollars, most_sold_in
from promofix_lib.money import Ledger, NormalPrice, ledger
from promofix_lib.orders import flat_lists, totals, uncoded
from promofix_lib.say import Told, told, zone_text


class _Told:
    """One candidate as it is told: its order items in file order, its names, its clock."""

    def __init__(self, chance: Chance, candidate: Candidate) -> None:
        self.chance, self.candidate, self.rows = chance, candidate, np.sort(candidate.rows)
        self.sales = sales = chance.sales
        self.orders, self.cause, self.skus = sales.count(self.rows), cause_of(sales, candidate), _skus(sales, self.rows)
        keys = np.stack([sales.channel[self.rows], sales.currency[self.rows]])
        pairs, counts = np.unique(keys, axis=1, return_counts=True)
        named = ((sales.channel_names[channel], sales.currency_names[currency]) for channel, currency in pairs.T)
        self.market = most_sold_in(dict(zip(named, counts.tolist(), strict=True)))
        first, *more = self.skus
        self.what = told("finding.skus", n=len(self.skus), sku=first) if more else told("finding.sku", sku=first)
        self.zone, time = zone_text(self.market.zone_name), sales.time[self.rows]
        self.onset, self.end = (as_moment(at).astimezone(self.market.zone) for at in (time.min(), time.max()))

    def finding(self, every: dict[int, NormalPrice], book: Ledger) -> Finding:
        """The incident with its evidence; `book` is the ledger of its rows."""
        sales, rows = self.sales, self.rows
        groups, counts = np.unique(sales.group[rows], return_counts=True)
        normals = {group: every[group] for group in groups.tolist() if group in every}
        main = int(groups[np.argmax(np.where(np.isin(groups, list(normals)), counts, counts - len(rows)))])
        money, waiting, shipping = book.sums(), self._cannot_judge(), self._shipping()
        lost = tuple(Money(one.loss, one.currency) for one in money if one.normal_value)
        unknown, expected = sum(one.items_not_known for one in money), self.candidate.expected
        sentence = told(
            "finding.incident",
            n=self.orders,
            when=self._when(),
            zone=self.zone,
            what=self.what,
            paid=self._paid(main, normals.get(main), book),
            why=self._why(),
        )
        beside = {
            told("finding.loss", sums=lost): lost,
            told("finding.not_in_the_money", n=unknown): unknown,
            told("finding.shipping", sums=shipping): shipping,
            told("finding.cannot_judge", n=len(waiting)): len(waiting),
        }
        counted = (*self._elsewhere(), _normal(normals.get(main)), *(said for said, much in beside.items() if much))
        return Finding(
            rule=rule_for(sales, self.candidate),
            onset=self.onset.astimezone(UTC),
            end=self.end.astimezone(UTC),
            promotion_ids=self.cause.promotion_ids,
            claim_codes=self._claim_codes(),
            skus=self.skus,
            items=tuple(keys_of(sales, rows)),
            order_ids=tuple(dict.fromkeys(str(name) for name in sales.orders["order_id"].iloc[rows].dropna())),
            orders=self.orders,
            units=int(sales.quantity[rows].sum()),
            amounts=money,
            normal_prices=tuple(normals.values()),
            cannot_judge=tuple(keys_of(sales, waiting)),
            confidence=confidence(expected),
            sentence=_then(sentence, _sureness(expected)),
            evidence=reduce(_then, counted),
            expected=expected,
            shipping=shipping,
            planned=self.chance.planned(self.candidate, expected),
            market=self.market,
        )

    def _when(self) -> datetime | Told:
        if self.onset == self.end:
            return self.onset
        same_day = self.onset.date() == self.end.date()
        return told("finding.from_to", low=self.onset, high=f"{self.end:%H:%M}" if same_day else self.end)

    def _paid(self, main: int, normal: NormalPrice | None, book: Ledger) -> Told:
        """What the most affected SKU cost, as far as the ledger knows, beside the normal price."""
        mine = self.sales.group[self.rows] == main
        known = mine & book.paid_known
        currency = self.sales.key(int(self.rows[mine][0]))[2]
        lines = zip(book.paid[known], self.sales.quantity[self.rows[known]], strict=True)
        each = [Decimal(int(paid)) / 10_000 / int(units) for paid, units in lines]
        paid: Money | Told = told("finding.not_known_yet")
        if each:
            low, paid = (Money(_said(one, currency), currency) for one in (min(each), max(each)))
            paid = told("finding.from_to", low=low, high=paid) if low != paid else low
        said = told("finding.paid_only", paid=paid)
        if normal:
            said = told("finding.paid", paid=paid, normal=Money(_said(normal.price, currency), currency))
        open_still = int((~book.paid_known).sum()) if each else 0
        return told("finding.paid_in_part", paid=said, n=open_still) if open_still else said

    def _why(self) -> Told:
        names, together = self.cause.promotion_ids, self.candidate.together
        if not names:
            return told("finding.wrong_price" if len(self.sales.promotions.rows) else "finding.wrong_price_no_ids")
        key = "finding.by" if len(names) == 1 else "finding.together" if together else "finding.codes"
        return told(key, n=len(names), names=names if together else names[:1])

    def _elsewhere(self) -> list[Told]:
        """The first order, and how many orders carry the promotion, affected and not."""
        sales, uses, ids, rows = self.sales, self.sales.promotions, self.candidate.ids, self.rows
        first = sales.orders["order_id"].iloc[[rows[np.argmin(sales.time[rows])]]].fillna("").iloc[0]
        parts = [told("finding.first", first=str(first))]
        if ids:
            every = int(sales.order.max(initial=-1)) + 1 + int((sales.order < 0).sum())
            carrying, carried = np.unique(uses.rows[np.isin(uses.ids, ids)], return_counts=True)
            carrying = carrying[carried >= (len(ids) if self.candidate.together else 1)]
            mine = np.isin(sales.orders_of(carrying), sales.orders_of(rows))
            here, there, others = sales.count(carrying[mine]), sales.count(carrying[~mine]), every - self.orders
            parts.append(told("finding.promotion", n=len(ids), here=here, there=there, others=others))
        return parts

    def _claim_codes(self) -> tuple[str, ...]:
        places, codes = flat_lists(self.sales.orders["claim_codes"].iloc[self.rows])
        names, counts = np.unique(codes.astype(str), return_counts=True)
        most = self.sales.thresholds.most * max(len(np.unique(places)), 1)
        return tuple(str(name) for name, count in zip(names, counts, strict=True) if count >= most)

    def _cannot_judge(self) -> Ints:
        sales, rows = self.sales, self.rows
        inside = sales.dated & (sales.time >= sales.time[rows].min()) & (sales.time <= sales.time[rows].max())
        open_rows = np.isnan(sales.listed) & ~sales.cancelled & (sales.quantity > 0) & inside
        mine = np.flatnonzero(open_rows & np.isin(sales.sku, np.unique(sales.sku[rows])))
        return mine[~np.isin(mine, rows)]

    def _shipping(self) -> tuple[Money, ...]:
        """What was taken off the shipping, per currency; reports without that column tell nothing."""
        orders, column = self.sales.orders.iloc[self.rows], "ship_promotion_discount"
        taken = totals(orders, column) if column in orders else {}
        return tuple(Money(abs(amount), currency) for currency, amount in taken.items() if amount)


def findings(
    chance: Chance, mistakes: list[Candidate], looks: tuple[WorthALook, ...], silent: tuple[Told, ...]
) -> Findings:
    """The incidents, gravest loss first, beside what was let be; one SKU has one normal price in all of them."""
    if not mistakes:
        return Findings((), looks, silent)
    sales, every = chance.sales, dict[int, NormalPrice]()
    for one in sorted(mistakes, key=lambda one: -sales.count(one.rows)):
        every = normal_prices(sales, chance.suspects, np.sort(one.rows)) | every
    # a missing discount is judged by what else carries the promotion; a ledger of all rows would be much larger
    uses, rows = sales.promotions, np.unique(np.concatenate([one.rows for one in mistakes]))
    places = np.union1d(rows, uses.rows[np.isin(uses.ids, uses.ids[np.isin(uses.rows, rows)])])
    parts = [_Told(chance, one) for one in mistakes]
    wrong = {name for one in parts for name in one.cause.promotion_ids}
    book = ledger(uncoded(sales.orders.iloc[places]), every.values(), wrong)
    found = [one.finding(every, book.part(np.searchsorted(places, one.rows))) for one in parts]
    sums = book.part(np.searchsorted(places, rows)).sums()
    return Findings(tuple(sorted(found, key=_gravest_first)), looks, silent, sales.count(rows), sums)


def worth_a_look(chance: Chance, candidate: Candidate, why_not: Told) -> WorthALook:
    """A near miss in one sentence, its rule worked out when it is asked for."""
    one, share = _Told(chance, candidate), round(100 * chance.depth(candidate.rows))
    sentence = told("finding.look", n=one.orders, what=one.what, share=share, onset=one.onset, zone=one.zone)
    return WorthALook(sentence, why_not, one.cause, lambda: rule_for(chance.sales, candidate))


def cause_of(sales: Sales, candidate: Candidate) -> Cause:
    """What went wrong, as the seller may say of it: this was meant."""
    if candidate.ids:
        return Cause(tuple(sales.promotions.names[one] for one in candidate.ids))
    return Cause((), tuple(sorted(_skus(sales, candidate.rows))))


def _skus(sales: Sales, rows: Ints) -> tuple[str, ...]:
    """SKUs of some rows, the most frequent first."""
    codes, counts = np.unique(sales.sku[rows], return_counts=True)
    named = [(-count, sales.sku_names[code]) for code, count in zip(codes, counts, strict=True)]
    return tuple(name for _, name in sorted(named))


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
