"""Kinds of report in which there is nothing to find, however cheap or busy it looks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.planted.incidents import flood_times, longer, promotion_name, some_skus, start_of
from tests.planted.sellers import DAY, HOUR, Line, Seller, add_order, take

INNOCENTS: dict[str, Callable[[Seller], None]] = {}


def kind(plant: Callable[[Seller], None]) -> Callable[[Seller], None]:
    INNOCENTS[plant.__name__] = plant
    return plant


def clean(line: Line) -> Line:
    line.discount, line.ids = 0, []
    return line


def cheaper(seller: Seller, start: float, stop: float, skus: list[int], factor: float) -> None:
    for line in seller.lines:
        if start <= line.time <= stop and line.sku in skus:
            line.unit, line.discount = max(1, round(line.unit * factor)), round(line.discount * factor)


@kind
def quiet(seller: Seller) -> None:
    """Nothing happens."""


@kind
def viral_night(seller: Seller) -> None:
    """Hundreds of orders at the normal price."""
    skus, start = some_skus(seller, 2), start_of(seller, 8)
    for time in flood_times(seller, start, 8, 500):
        add_order(seller, time, int(seller.draw.choice(skus)))


@kind
def prime_day(seller: Seller) -> None:
    """Two days of 20-45 % with an id, five times the orders."""
    start, name, off = start_of(seller, 48), "Prime Day 2026 PAWS-1", float(seller.draw.uniform(0.2, 0.45))
    for time in flood_times(seller, start, 48, int(8 * seller.per_day)):
        take(clean(add_order(seller, time)), name, off)


@kind
def lightning_deal(seller: Seller) -> None:
    """Six hours at 30-45 % off the list price, no id."""
    skus, start = some_skus(seller, 2), start_of(seller, 6)
    for time in flood_times(seller, start, 6, 120):
        add_order(seller, time, int(seller.draw.choice(skus)))
    cheaper(seller, start, start + 6 * HOUR, skus, float(seller.draw.uniform(0.55, 0.7)))
    for line in seller.lines:
        if start <= line.time <= start + 6 * HOUR and line.sku in skus:
            clean(line)


@kind
def clearance(seller: Seller) -> None:
    """Down in steps over weeks, to 30 % of the price."""
    skus = some_skus(seller, 4)
    for step in range(4):
        start = seller.begin + seller.days * DAY * (0.3 + 0.175 * step)
        cheaper(seller, start, seller.end, skus, 0.74)


@kind
def planned_cut(seller: Seller) -> None:
    """A markdown by 60 % that stays."""
    start = seller.begin + seller.days * DAY * float(seller.draw.uniform(0.3, 0.6))
    cheaper(seller, start, seller.end, some_skus(seller, 3), 0.4)


@kind
def half_price_coupon(seller: Seller) -> None:
    """The largest coupon Amazon allows, for one day."""
    skus, start, name = some_skus(seller, 3), start_of(seller, 24), promotion_name(seller)
    for time in flood_times(seller, start, 24, 80):
        take(clean(add_order(seller, time, int(seller.draw.choice(skus)))), name, 0.5)


@kind
def friday_flash(seller: Seller) -> None:
    """60 % off with a code for a few hours every week, five weeks long."""
    seller.days = max(seller.days, 40)
    skus = some_skus(seller, 2)
    for week in range(5):
        name = f"Flash Friday {week}"
        for time in flood_times(seller, seller.begin + (3 + 7 * week) * DAY, 5, int(seller.draw.integers(8, 14))):
            take(clean(add_order(seller, time, int(seller.draw.choice(skus)))), name, 0.6)


@kind
def influencer_samples(seller: Seller) -> None:
    """A code of 100 % for creators, one or two orders a day."""
    name, sku = promotion_name(seller), some_skus(seller, 1)[0]
    for time in seller.draw.uniform(seller.begin, seller.end - HOUR, int(seller.days * 1.5)).round():
        line = take(clean(add_order(seller, float(time), sku)), name, 1.0)
        line.quantity = 1
        line.discount = line.unit


@kind
def vine(seller: Seller) -> None:
    """Free units for Vine reviewers, fifteen in two days."""
    skus, start = some_skus(seller, 2), start_of(seller, 48)
    for time in flood_times(seller, start, 48, 15):
        line = clean(add_order(seller, time, int(seller.draw.choice(skus))))
        line.quantity = 1
        take(line, "vine.enrollment.00000000-aaaa-4bbb-8ccc-000000000001", 1.0)


@kind
def replacements(seller: Seller) -> None:
    """Free replacements at 0.00, a bad batch in one day."""
    skus, start = some_skus(seller, 1), start_of(seller, 24)
    for number, time in enumerate(flood_times(seller, start, 24, 12)):
        line = clean(add_order(seller, time, skus[0]))
        line.unit, line.replacement = 0, number % 2 == 0


@kind
def gift_with_purchase(seller: Seller) -> None:
    """A free item with one particular SKU."""
    name, bought = promotion_name(seller), some_skus(seller, 1)[0]
    seller.prices.append(1500.0)
    gift = len(seller.prices) - 1
    for time in flood_times(seller, start_of(seller, 60), 60, 60):
        paid = clean(add_order(seller, time, bought, 0))
        free = Line(paid.order, paid.time, gift, 0, 1, seller.price(gift, 0, time))
        seller.lines.append(take(free, name, 1.0))
    for time in flood_times(seller, seller.begin, seller.days * 24 - 1, 30):
        add_order(seller, time, gift)


@kind
def three_for_two(seller: Seller) -> None:
    """Buy three, the cheapest is free."""
    name, start = promotion_name(seller), start_of(seller, 48)
    for time in flood_times(seller, start, 48, 50):
        first = clean(add_order(seller, time, market=0))
        first.quantity = 1
        others = [
            Line(first.order, time, sku, 0, 1, seller.price(sku, 0, time)) for sku in (seller.pick(), seller.pick())
        ]
        seller.lines += others
        take(min([first, *others], key=lambda line: line.unit), name, 1.0)


@kind
def one_for_one(seller: Seller) -> None:
    """Buy one, get one, in one line: exactly half."""
    name, skus = promotion_name(seller), some_skus(seller, 2)
    for time in flood_times(seller, start_of(seller, 30), 30, 60):
        line = clean(add_order(seller, time, int(seller.draw.choice(skus))))
        line.quantity = 2
        take(line, name, 0.5)


@kind
def quantity_discounts(seller: Seller) -> None:
    """Business buyers of 10 and more pay up to 45 % less."""
    skus = some_skus(seller, 3)
    for time in flood_times(seller, seller.begin, seller.days * 24 - 1, 40):
        line = clean(add_order(seller, time, int(seller.draw.choice(skus))))
        line.business, line.quantity = True, int(seller.draw.integers(10, 80))
        line.unit = round(line.unit * (0.55 if line.quantity > 40 else 0.7))


@kind
def inflated_list_price(seller: Seller) -> None:
    """Trebled list prices with a standing promotion of 65 %."""
    name, skus = promotion_name(seller), some_skus(seller, 5)
    for line in seller.lines:
        if line.sku in skus:
            line.unit *= 3
            take(clean(line), name, 0.65)


@kind
def inflated_for_an_event(seller: Seller) -> None:
    """The list price trebles for three days and a promotion of 65 % runs: buyers pay the usual."""
    name, skus, start = promotion_name(seller), some_skus(seller, 3), start_of(seller, 72)
    for line in seller.lines:
        if line.sku in skus and start <= line.time <= start + 72 * HOUR:
            line.unit *= 3
            take(clean(line), name, 0.65)


@kind
def graded_goods(seller: Seller) -> None:
    """Used goods at prices that scatter by a factor of three."""
    for line in seller.lines:
        line.unit = max(1, round(line.unit * float(np.exp(seller.draw.normal(0, 0.55)))))
        line.discount = 0
        line.ids = [one for one in line.ids if one != seller.coupon[0]]


@kind
def launch_price(seller: Seller) -> None:
    """A new SKU at 40 % of its later price for its first week."""
    seller.prices.append(6000.0)
    sku = len(seller.prices) - 1
    for time in flood_times(seller, seller.begin + 5 * DAY, (seller.days - 5) * 24 - 1, 120):
        add_order(seller, time, sku)
    cheaper(seller, seller.begin, seller.begin + 12 * DAY, [sku], 0.4)


@kind
def raised_and_back(seller: Seller) -> None:
    """A price two and a half times as high for a week, then back."""
    start = seller.begin + seller.days * DAY * 0.5
    cheaper(seller, start, start + float(seller.draw.choice([3, 6, 9])) * DAY, some_skus(seller, 2), 2.5)


@kind
def single_odd_order(seller: Seller) -> None:
    """One order at a strange price."""
    line = add_order(seller, start_of(seller, 2), some_skus(seller, 1)[0])
    line.quantity, line.discount = 1, 0
    line.unit = max(1, line.unit // 3)


@kind
def standing_deep_code(seller: Seller) -> None:
    """70 % off with a code for nine days."""
    name, skus = promotion_name(seller), some_skus(seller, 2)
    start = seller.begin + 0.25 * seller.days * DAY
    for time in flood_times(seller, start, 9 * 24, 100):
        take(clean(add_order(seller, time, int(seller.draw.choice(skus)))), name, 0.7)


@kind
def payment_bug(seller: Seller) -> None:
    """Two hundred orders in half an hour at the normal price, most of them cancelled or pending."""
    sku, start = some_skus(seller, 1)[0], start_of(seller, 2)
    for time in flood_times(seller, start, 0.5, 200):
        line = add_order(seller, time, sku)
        if seller.draw.random() < 0.7:
            line.status, line.unpriced = ("Cancelled", True) if seller.draw.random() < 0.6 else ("Pending", True)


@kind
def coupon_begins(seller: Seller) -> None:
    """A new coupon of 30-45 % from one day to the next, on everything."""
    name, off = promotion_name(seller), float(seller.draw.uniform(0.3, 0.45))
    start = seller.begin + seller.days * DAY * 0.6
    for line in seller.lines:
        if line.time >= start and seller.draw.random() < 0.7:
            take(clean(line), name, off)


# -- habits: what was there when the report began ---------------------------------------------------------------------


def always(seller: Seller, a_day: float) -> np.ndarray:
    """Times at a pace of so many a day, from the report's first day to its last."""
    count = max(int(seller.draw.poisson(a_day * seller.days)), 8)
    return np.floor(seller.draw.uniform(seller.begin, seller.end - HOUR, count))


@kind
def subscribe_and_save(seller: Seller) -> None:
    """5 to 15 % for regular deliveries on a third of all orders, under one standing id."""
    name, off = promotion_name(seller), float(seller.draw.choice([0.05, 0.1, 0.15]))
    for line in seller.lines:
        if seller.draw.random() < 0.33:
            take(clean(line), name, off)


@kind
def standing_voucher(seller: Seller) -> None:
    """A voucher of 85 to 95 % for friends and staff, as it has always been: some use it every few days."""
    name, off = promotion_name(seller), float(seller.draw.choice([0.85, 0.9, 0.95]))
    for time in always(seller, float(seller.draw.choice([0.7, 1.5, 3]))):
        take(clean(add_order(seller, float(time))), name, off)


@kind
def voucher_of_the_weekend(seller: Seller) -> None:
    """A voucher of nine tenths for members, five to ten uses each Saturday."""
    longer(seller, 40)
    name, sku, begin = promotion_name(seller), some_skus(seller, 1)[0], seller.begin + seller.draw.integers(6) * DAY
    for start in np.arange(begin, seller.end - DAY, 7 * DAY):
        for time in flood_times(seller, start, 20, int(seller.draw.integers(5, 11))):
            take(clean(add_order(seller, time, sku)), name, 0.9)


@kind
def wholesale_customers(seller: Seller) -> None:
    """Three shops have 55 to 75 % off by contract, under an id each, and order every week."""
    for customer in range(3):
        name, off = f"{promotion_name(seller)} W{customer}", float(seller.draw.uniform(0.55, 0.75))
        for time in always(seller, 0.6):
            line = clean(add_order(seller, float(time)))
            line.business, line.quantity = True, int(seller.draw.integers(6, 40))
            take(line, name, off)


@kind
def loss_leader(seller: Seller) -> None:
    """One SKU for a tenth, by an automatic promotion, to whoever buys, all the time."""
    name, sku = promotion_name(seller), some_skus(seller, 1)[0]
    for line in seller.lines:
        if line.sku == sku:
            take(clean(line), name, 0.9)
