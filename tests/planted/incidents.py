"""Kinds of incident, each planted into an ordinary seller's report."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.planted.sellers import BEST, DAY, HOUR, Line, Seller, add_order, take, take_sum

Truths = dict[str, tuple[str, ...]]  # name of the incident: its promotion ids
INCIDENTS: dict[str, Callable[[Seller], Truths]] = {}


def nothing(line: Line) -> None:
    """The line stays as it is."""


def a_cent(line: Line) -> int:
    """What a repricer without a floor asks for anything."""
    return 1 if line.unit else 0


def kind(plant: Callable[[Seller], Truths]) -> Callable[[Seller], Truths]:
    INCIDENTS[plant.__name__] = plant
    return plant


def promotion_name(seller: Seller) -> str:
    draw = seller.draw
    made = int(draw.integers(1, 28))
    return str(
        draw.choice(
            [
                f"Percentage Off 2026/{int(draw.integers(1, 12))}/{made} {int(draw.integers(24))}-"
                f"{int(draw.integers(60))}-59-{int(draw.integers(999))}",
                f"PLM-{int(draw.integers(1 << 40)):010x}",
                f"Spring sale {int(draw.integers(999))}% team {int(draw.integers(99))}",
                f"Duplicated A{int(draw.integers(1 << 30))} {int(draw.integers(1 << 40))}",
            ]
        )
    )


def start_of(seller: Seller, hours: float) -> float:
    """A start in the last two thirds of the report, so that there is history, and room for the end."""
    draw = seller.draw
    return float(np.floor(draw.uniform(seller.begin + 0.35 * seller.days * DAY, seller.end - hours * HOUR - 0.6 * DAY)))


def size_of(seller: Seller) -> int:
    return int(np.exp(seller.draw.uniform(np.log(4), np.log(350))))


def hours_of(seller: Seller) -> float:
    return float(seller.draw.choice([0.4, 1, 2, 4, 8, 12, 20, 30]))


def flood_times(seller: Seller, start: float, hours: float, count: int) -> list[float]:
    """Times of a flood: even, growing by word of mouth, or at once."""
    draw = seller.draw
    shape = draw.choice(["even", "growing", "sudden"])
    share = draw.random(count) if shape == "even" else draw.random(count) ** (0.4 if shape == "growing" else 2.5)
    return [float(np.floor(start + one * hours * HOUR)) for one in share]


def flood(
    seller: Seller,
    name: str,
    take_off: Callable[[Line], object],
    count: int,
    start: float,
    hours: float,
    skus: list[int],
    markets: list[int] | None = None,
) -> list[Line]:
    """Orders drawn by a promotion, on top of the ordinary ones."""
    found = []
    for time in flood_times(seller, start, hours, count):
        market = int(seller.draw.choice(markets if markets is not None else range(len(seller.markets))))
        line = add_order(seller, time, int(seller.draw.choice(skus)), market, affected=name)
        line.ids = [one for one in line.ids if one != seller.coupon[0]]
        line.discount = 0
        take_off(line)
        seller.draw.shuffle(line.ids)
        found.append(line)
    return found


def some_skus(seller: Seller, most: int) -> list[int]:
    """SKUs that sell, so that they have a history."""
    count = int(seller.draw.integers(1, most + 1))
    sold = np.bincount([line.sku for line in seller.lines], minlength=len(seller.prices))
    well = np.flatnonzero(sold >= 6)
    well = well if len(well) else np.array([int(np.argmax(sold))])
    return [int(sku) for sku in seller.draw.choice(well, min(count, len(well)), replace=False)]


def sold_wrong(
    seller: Seller,
    name: str,
    start: float,
    hours: float,
    skus: list[int],
    wrong: Callable[[Line], int],
    *,
    markets: list[int] | None = None,
    extra: int = 0,
    who: Callable[[Line], bool] = bool,
) -> None:
    """A wrong list price: everyone who buys in the window gets it, and more come."""
    market_pool = markets if markets is not None else list(range(len(seller.markets)))
    for time in flood_times(seller, start, hours, extra):
        line = add_order(seller, time, int(seller.draw.choice(skus)), int(seller.draw.choice(market_pool)))
        line.business = line.business or not who(line)
    for line in seller.lines:
        inside = start <= line.time <= start + hours * HOUR
        if inside and line.sku in skus and line.market in market_pool and who(line) and not line.replacement:
            share = line.discount / max(line.unit * line.quantity, 1)
            line.unit = max(1, wrong(line))
            if seller.markets[line.market][1] == "JPY":
                line.unit = max(100, line.unit // 100 * 100)
            line.discount = round(line.unit * line.quantity * share)
            line.affected = name


# -- promotions -------------------------------------------------------------------------------------------------------


@kind
def wrong_code_night(seller: Seller) -> Truths:
    """A claim code of 80-99 % goes around for a night."""
    name, off, hours = promotion_name(seller), float(seller.draw.uniform(0.8, 0.99)), hours_of(seller)
    flood(
        seller,
        "a",
        lambda line: take(line, name, off),
        size_of(seller),
        start_of(seller, hours),
        hours,
        some_skus(seller, 4),
    )
    return {"a": (name,)}


@kind
def to_one_unit_of_money(seller: Seller) -> Truths:
    """A promotion brings one product to exactly 1.00."""
    name, hours = promotion_name(seller), hours_of(seller)
    flood(
        seller,
        "a",
        lambda line: take_sum(line, name, max(line.unit - 100, 0)) if line.unit > 100 else take(line, name, 0.99),
        size_of(seller),
        start_of(seller, hours),
        hours,
        some_skus(seller, 1),
    )
    return {"a": (name,)}


@kind
def percent_slip_for_everyone(seller: Seller) -> Truths:
    """90 typed for 9: applied to whoever buys."""
    name, off, hours = promotion_name(seller), float(seller.draw.choice([0.6, 0.7, 0.9, 0.99])), hours_of(seller)
    skus, start = some_skus(seller, 6), start_of(seller, hours)
    lines = flood(seller, "a", nothing, size_of(seller), start, hours, skus)
    del lines
    for line in seller.lines:
        if start <= line.time <= start + hours * HOUR and line.sku in skus:
            line.discount, line.ids = 0, [one for one in line.ids if one != seller.coupon[0]]
            take(line, name, off)
            line.affected = "a"
    return {"a": (name,)}


@kind
def sixty_percent(seller: Seller) -> Truths:
    """60 % where 6 % was meant: not extreme, but never done before."""
    name, hours = promotion_name(seller), float(seller.draw.choice([4, 8, 20]))
    flood(
        seller,
        "a",
        lambda line: take(line, name, 0.6),
        max(size_of(seller), 6),
        start_of(seller, hours),
        hours,
        some_skus(seller, 3),
    )
    return {"a": (name,)}


@kind
def amount_for_percent(seller: Seller) -> Truths:
    """A sum instead of a percentage: cheap goods free, dear goods nearly at price; all are affected."""
    name, hours = promotion_name(seller), hours_of(seller)
    skus = some_skus(seller, 8)
    cheapest = min(seller.prices[sku] for sku in skus)
    off = max(200, round(cheapest * seller.markets[0][2] * 0.9 / 100) * 100)
    start = start_of(seller, hours)
    flood(seller, "a", lambda line: take_sum(line, name, off), max(size_of(seller), 10), start, hours, skus, [0])
    cheap = min(skus, key=lambda sku: seller.prices[sku])
    flood(seller, "a", lambda line: take_sum(line, name, off), 4, start, hours, [cheap], [0])
    return {"a": (name,)}


@kind
def stacked_two(seller: Seller) -> Truths:
    """Two ordinary promotions, together over 80 % off."""
    one, two = promotion_name(seller) + " A", promotion_name(seller) + " B"
    first, second = float(seller.draw.uniform(0.35, 0.48)), float(seller.draw.uniform(0.35, 0.48))
    hours, skus = hours_of(seller), some_skus(seller, 3)
    start = start_of(seller, hours)
    for name, off in ((one, first), (two, second)):
        for time in flood_times(seller, seller.begin, seller.days * 24 - 1, 25):
            line = add_order(seller, time, int(seller.draw.choice(skus)))
            line.discount, line.ids = 0, []
            take(line, name, off)
    flood(seller, "a", lambda line: take(take(line, one, first), two, second), size_of(seller), start, hours, skus)
    return {"a": (one, two)}


@kind
def two_codes_of_half(seller: Seller) -> Truths:
    """Two codes of 50 % make a gift of everything."""
    one, two = promotion_name(seller) + " C", promotion_name(seller) + " D"
    hours, skus = hours_of(seller), some_skus(seller, 3)
    start = start_of(seller, hours)
    for name in (one, two):
        for time in flood_times(seller, start - 3 * DAY, hours + 72, 15):
            line = add_order(seller, time, int(seller.draw.choice(skus)))
            line.discount, line.ids = 0, []
            take(line, name, 0.5)
    flood(seller, "a", lambda line: take(take(line, one, 0.5), two, 0.5), size_of(seller), start, hours, skus)
    return {"a": (one, two)}


@kind
def forgotten_coupon_on_a_deal(seller: Seller) -> Truths:
    """A deal price of 40 % off meets a coupon of 45 % that was forgotten."""
    name, hours = promotion_name(seller), float(seller.draw.choice([6, 12, 24]))
    skus, start = some_skus(seller, 3), start_of(seller, hours)

    def deal(line: Line) -> None:
        line.unit = round(line.unit * 0.6)
        take(line, name, 0.45)

    flood(seller, "a", deal, max(size_of(seller), 8), start, hours, skus)
    return {"a": (name,)}


@kind
def reused_id(seller: Seller) -> Truths:
    """A promotion of 10 % is edited to 85 %."""
    name, off, hours = promotion_name(seller), float(seller.draw.uniform(0.6, 0.97)), hours_of(seller)
    skus, start = some_skus(seller, 3), start_of(seller, hours)
    for time in flood_times(seller, seller.begin, (start - seller.begin) / HOUR, 30):
        line = add_order(seller, time, int(seller.draw.choice(skus)))
        line.discount, line.ids = 0, []
        take(line, name, 0.1)
    flood(seller, "a", lambda line: take(line, name, off), size_of(seller), start, hours, skus)
    return {"a": (name,)}


@kind
def edited_and_put_right(seller: Seller) -> Truths:
    """A promotion of 10 % is 90 % for one night, then 10 % again."""
    name, hours = promotion_name(seller), hours_of(seller)
    skus, start = some_skus(seller, 3), start_of(seller, hours)
    for left, right in ((seller.begin, start - HOUR), (start + (hours + 1) * HOUR, seller.end)):
        for time in flood_times(seller, left, (right - left) / HOUR, 20):
            line = add_order(seller, time, int(seller.draw.choice(skus)))
            line.discount, line.ids = 0, []
            take(line, name, 0.1)
    flood(seller, "a", lambda line: take(line, name, 0.9), size_of(seller), start, hours, skus)
    return {"a": (name,)}


@kind
def buy_one_get_31(seller: Seller) -> Truths:
    """Buy one, get 31 free, in one line."""
    name, hours = promotion_name(seller), hours_of(seller)

    def greedy(line: Line) -> None:
        line.quantity = 32
        line.discount = line.unit * 31
        line.ids.append(name)

    flood(seller, "a", greedy, size_of(seller), start_of(seller, hours), hours, some_skus(seller, 2))
    return {"a": (name,)}


@kind
def paid_line_and_free_line(seller: Seller) -> Truths:
    """Buy one, get 31 free: a paid line and a free line of 31."""
    name, hours = promotion_name(seller), hours_of(seller)
    for paid in flood(seller, "", nothing, size_of(seller), start_of(seller, hours), hours, some_skus(seller, 2)):
        paid.quantity = 1
        free = Line(paid.order, paid.time, paid.sku, paid.market, 31, paid.unit, affected="a")
        seller.lines.append(take(free, name, 1.0))
    return {"a": (name,)}


@kind
def slow_leak(seller: Seller) -> Truths:
    """Three orders an hour for one to three days: no hour stands out."""
    name, hours = promotion_name(seller), float(seller.draw.choice([24, 48, 72]))
    flood(
        seller,
        "a",
        lambda line: take(line, name, 0.95),
        int(hours * 3),
        start_of(seller, hours),
        hours,
        some_skus(seller, 2),
    )
    return {"a": (name,)}


@kind
def everywhere_at_once(seller: Seller) -> Truths:
    """One id on many SKUs in every marketplace."""
    name, hours = promotion_name(seller), hours_of(seller)
    flood(
        seller,
        "a",
        lambda line: take(line, name, 0.88),
        max(60, size_of(seller)),
        start_of(seller, hours),
        hours,
        list(range(len(seller.prices))),
    )
    return {"a": (name,)}


@kind
def recurring_nights(seller: Seller) -> Truths:
    """The same wrong code on two or three nights in a row: each night is one incident."""
    name, nights = promotion_name(seller), int(seller.draw.integers(2, 4))
    skus = [BEST]
    start, truths = start_of(seller, nights * 24.0), {}
    for night in range(nights):
        flood(
            seller,
            f"n{night}",
            lambda line: take(line, name, 0.93),
            int(seller.draw.integers(12, 50)),
            start + night * DAY,
            6,
            skus,
        )
        for time in flood_times(seller, start + night * DAY + 8 * HOUR, 12, 8):
            add_order(seller, time, skus[0])
        truths[f"n{night}"] = (name,)
    return truths


@kind
def stragglers_before(seller: Seller) -> Truths:
    """The seller tries the code twice the day before."""
    name, hours = promotion_name(seller), 8.0
    skus, start = some_skus(seller, 1), start_of(seller, hours)
    flood(seller, "a", lambda line: take(line, name, 0.95), max(30, size_of(seller)), start, hours, skus)
    flood(seller, "a", lambda line: take(line, name, 0.95), 2, start - 20 * HOUR, 3, skus)
    return {"a": (name,)}


@kind
def pending_orders(seller: Seller) -> Truths:
    """A third of the flood is pending: no price yet, but the id stands there."""
    name, hours = promotion_name(seller), hours_of(seller)
    lines = flood(
        seller,
        "a",
        lambda line: take(line, name, 0.9),
        max(12, size_of(seller)),
        seller.end - hours * HOUR,
        hours,
        some_skus(seller, 2),
    )
    for line in lines:
        if seller.draw.random() < 0.35:
            line.unpriced, line.status = True, "Pending"
    return {"a": (name,)}


@kind
def discount_printed_later(seller: Seller) -> Truths:
    """Unshipped orders show the full price and the id, the discount comes when they ship."""
    name, hours = promotion_name(seller), hours_of(seller)
    lines = flood(
        seller,
        "a",
        lambda line: take(line, name, 0.9),
        max(12, size_of(seller)),
        seller.end - hours * HOUR,
        hours,
        some_skus(seller, 2),
    )
    for line in lines:
        if seller.draw.random() < 0.4:
            line.discount_blank, line.status = True, "Unshipped"
    return {"a": (name,)}


@kind
def one_buyer_takes_all(seller: Seller) -> Truths:
    """Three orders of many units at nothing."""
    name = promotion_name(seller)
    for line in flood(seller, "a", nothing, 3, start_of(seller, 2), 1.5, some_skus(seller, 2)):
        line.quantity = int(seller.draw.integers(40, 300))
        take(line, name, 1.0)
    return {"a": (name,)}


@kind
def new_sku_wrong_promotion(seller: Seller) -> Truths:
    """The launch of a new SKU with a wrong promotion: no history at all."""
    name, hours = promotion_name(seller), hours_of(seller)
    seller.prices.append(4500.0)
    flood(
        seller,
        "a",
        lambda line: take(line, name, 0.9),
        size_of(seller),
        start_of(seller, hours),
        hours,
        [len(seller.prices) - 1],
    )
    return {"a": (name,)}


@kind
def among_a_deal(seller: Seller) -> Truths:
    """A wrong code while an ordinary deal of 20 % runs for everyone."""
    name, deal, hours = promotion_name(seller), "Prime Big Deal Days 2026", float(seller.draw.choice([6, 12, 24]))
    start = start_of(seller, hours)
    flood(seller, "a", lambda line: take(line, name, 0.7), max(10, size_of(seller)), start, hours, some_skus(seller, 3))
    for time in flood_times(seller, start, hours, 40):
        add_order(seller, time)
    for line in seller.lines:
        if start - 6 * HOUR <= line.time <= start + (hours + 6) * HOUR and seller.coupon[0] not in line.ids:
            take(line, deal, 0.2)
    return {"a": (name,)}


@kind
def several_promotions(seller: Seller) -> Truths:
    """Three wrong promotions at overlapping times."""
    truths, hours = {}, hours_of(seller)
    start = start_of(seller, hours + 6)
    for number in range(3):
        name = f"{promotion_name(seller)} {number}"
        flood(
            seller,
            f"p{number}",
            lambda line, name=name, off=0.75 + 0.1 * number: take(line, name, off),
            max(8, size_of(seller)),
            start + number * HOUR,
            hours,
            some_skus(seller, 2),
        )  # type: ignore[misc]
        truths[f"p{number}"] = (name,)
    return truths


# -- prices -----------------------------------------------------------------------------------------------------------


@kind
def digit_slipped(seller: Seller) -> Truths:
    """62.99 becomes 6.29."""
    hours = hours_of(seller)
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        some_skus(seller, 1),
        lambda line: line.unit // 10,
        markets=[0],
        extra=size_of(seller),
    )
    return {"a": ()}


@kind
def first_digit_missing(seller: Seller) -> Truths:
    """129.99 becomes 29.99 (or what is left when it must be less than half)."""
    hours, sku = hours_of(seller), some_skus(seller, 1)
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        sku,
        lambda line: round(line.unit * 0.23),
        markets=[0],
        extra=size_of(seller),
    )
    return {"a": ()}


@kind
def repricer_to_a_cent(seller: Seller) -> Truths:
    """A repricer sets the whole catalogue to 0.01 for an hour."""
    hours = float(seller.draw.choice([0.4, 1, 2]))
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        list(range(len(seller.prices))),
        a_cent,
        extra=max(10, size_of(seller)),
    )
    return {"a": ()}


@kind
def a_tenth_of_everything(seller: Seller) -> Truths:
    """An upload with a slipped decimal point: many SKUs at a tenth."""
    hours = hours_of(seller)
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        some_skus(seller, 30),
        lambda line: line.unit // 10,
        markets=[0],
        extra=max(10, size_of(seller)),
    )
    return {"a": ()}


@kind
def one_price_for_all(seller: Seller) -> Truths:
    """Every dear SKU at the same small price."""
    hours = hours_of(seller)
    dear = [sku for sku in some_skus(seller, 40) if seller.prices[sku] > 3000] or [int(np.argmax(seller.prices))]
    wrong = round(min(seller.prices[sku] for sku in dear) * seller.markets[0][2] * 0.3)
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        dear,
        lambda line: min(wrong, line.unit),
        markets=[0],
        extra=max(8, size_of(seller)),
    )
    return {"a": ()}


@kind
def each_to_its_floor(seller: Seller) -> Truths:
    """A tool sets each SKU to its own wrong floor price, between a tenth and four tenths."""
    hours, skus = hours_of(seller), some_skus(seller, 25)
    floors = {sku: float(seller.draw.uniform(0.1, 0.4)) for sku in skus}
    if len(skus) < 5:
        floors = dict.fromkeys(skus, 0.2)
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        skus,
        lambda line: round(line.unit * floors[line.sku]),
        markets=[0],
        extra=max(40, 4 * len(skus)),
    )
    return {"a": ()}


@kind
def wrong_currency(seller: Seller) -> Truths:
    """In one marketplace the price of another currency is typed."""
    hours, market = hours_of(seller), len(seller.markets) - 1
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        some_skus(seller, 10),
        lambda line: round(line.unit * 0.11),
        markets=[market],
        extra=max(6, size_of(seller)),
    )
    return {"a": ()}


@kind
def business_price_slip(seller: Seller) -> Truths:
    """Only business buyers get a fifth of the price; all others buy at the normal one."""
    hours, skus = float(seller.draw.choice([8, 20, 40])), some_skus(seller, 1)
    start = start_of(seller, hours)
    for time in flood_times(seller, start, hours, 12):
        line = add_order(seller, time, skus[0], 0)
        line.business = True
    sold_wrong(
        seller, "a", start, hours, skus, lambda line: line.unit // 5, markets=[0], who=lambda line: line.business
    )
    return {"a": ()}


@kind
def quantity_price_slip(seller: Seller) -> Truths:
    """The price step from five units on has a digit too few."""
    hours, skus = float(seller.draw.choice([8, 20, 40])), some_skus(seller, 1)
    start = start_of(seller, hours)
    for time in flood_times(seller, start, hours, 10):
        line = add_order(seller, time, skus[0], 0)
        line.quantity = int(seller.draw.integers(5, 40))
    sold_wrong(
        seller, "a", start, hours, skus, lambda line: line.unit // 10, markets=[0], who=lambda line: line.quantity >= 5
    )
    return {"a": ()}


@kind
def slip_at_a_small_seller(seller: Seller) -> Truths:
    """A few orders a day, and a price of a sixth for two days."""
    hours = 48.0
    sold_wrong(
        seller,
        "a",
        start_of(seller, hours),
        hours,
        [BEST],
        lambda line: line.unit // 6,
        markets=[0],
        extra=5,
    )
    return {"a": ()}


@kind
def begins_inside(seller: Seller) -> Truths:
    """The report begins in the middle of the incident."""
    hours = 10.0
    sold_wrong(
        seller,
        "a",
        seller.begin,
        hours,
        some_skus(seller, 2),
        lambda line: line.unit // 10,
        markets=[0],
        extra=size_of(seller),
    )
    return {"a": ()}


@kind
def ends_inside(seller: Seller) -> Truths:
    """The report ends in the middle of the incident."""
    hours = 10.0
    sold_wrong(
        seller,
        "a",
        seller.end - hours * HOUR,
        hours,
        some_skus(seller, 2),
        lambda line: line.unit // 10,
        markets=[0],
        extra=size_of(seller),
    )
    return {"a": ()}


@kind
def twice_with_a_day_between(seller: Seller) -> Truths:
    """The same slip on two days with normal sales between: two incidents."""
    skus = [BEST]
    start = start_of(seller, 60)
    sold_wrong(seller, "a", start, 4, skus, lambda line: line.unit // 10, markets=[0], extra=15)
    for time in flood_times(seller, start + 5 * HOUR, 40, 30):
        add_order(seller, time, skus[0], 0)
    sold_wrong(seller, "b", start + 48 * HOUR, 4, skus, lambda line: line.unit // 10, markets=[0], extra=15)
    return {"a": (), "b": ()}


@kind
def price_and_promotion_at_once(seller: Seller) -> Truths:
    """A wrong code on one SKU and a slipped digit on another in the same night."""
    name, hours = promotion_name(seller), 8.0
    start = start_of(seller, hours)
    skus = some_skus(seller, 2)
    flood(seller, "p", lambda line: take(line, name, 0.92), max(10, size_of(seller)), start, hours, skus[:1])
    others = [sku for sku in range(len(seller.prices)) if sku != skus[0]]
    if not others:
        return {"p": (name,)}
    sold_wrong(
        seller,
        "a",
        start,
        hours,
        others[:1],
        lambda line: line.unit // 10 if not line.affected else line.unit,
        markets=[0],
        extra=max(10, size_of(seller)),
        who=lambda line: not line.affected,
    )
    return {"p": (name,), "a": ()}


@kind
def leak_in_a_viral_night(seller: Seller) -> Truths:
    """A thousand orders at the normal price hide twenty wrong ones."""
    name, hours = promotion_name(seller), 10.0
    start, skus = start_of(seller, hours), some_skus(seller, 1)
    for time in flood_times(seller, start, hours, 400):
        add_order(seller, time, skus[0])
    flood(seller, "a", lambda line: take(line, name, 0.9), 20, start, hours, skus)
    return {"a": (name,)}


# -- what is rarer ----------------------------------------------------------------------------------------------------


@kind
def three_for_nothing(seller: Seller) -> Truths:
    """Buy three, the cheapest is free, becomes: all three are free."""
    name, hours = promotion_name(seller), hours_of(seller)
    for first in flood(seller, "a", nothing, size_of(seller), start_of(seller, hours), hours, some_skus(seller, 5)):
        others = [
            Line(
                first.order, first.time, sku, first.market, 1, seller.price(sku, first.market, first.time), affected="a"
            )
            for sku in (seller.pick(), seller.pick())
        ]
        seller.lines += others
        for line in (first, *others):
            take(line, name, 1.0)
    return {"a": (name,)}


@kind
def first_unit_only(seller: Seller) -> Truths:
    """95 % off, but only on the first unit of a line: lines of two and three look half as bad."""
    name, hours = promotion_name(seller), hours_of(seller)

    def first_unit(line: Line) -> None:
        line.quantity = int(seller.draw.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3]))
        line.discount = round(line.unit * 0.95)
        line.ids.append(name)

    flood(seller, "a", first_unit, max(20, size_of(seller)), start_of(seller, hours), hours, some_skus(seller, 2))
    return {"a": (name,)}


@kind
def on_top_of_a_standing_coupon(seller: Seller) -> Truths:
    """A wrong code of 65 % while nearly everyone has a coupon of 20 %."""
    name, hours, skus = promotion_name(seller), hours_of(seller), some_skus(seller, 2)
    start = start_of(seller, hours)
    flood(seller, "a", lambda line: take(line, name, 0.65), max(8, size_of(seller)), start, hours, skus)
    for line in seller.lines:
        if line.sku in skus and seller.coupon[0] not in line.ids and seller.draw.random() < 0.9:
            take(line, "PLM-standing-20", 0.2)
    return {"a": (name,)}


@kind
def on_an_inflated_list_price(seller: Seller) -> Truths:
    """The list price is trebled and 65 % off is usual; a code takes 93 % off."""
    usual, name, hours = promotion_name(seller) + " u", promotion_name(seller) + " w", hours_of(seller)
    skus = some_skus(seller, 2)
    start = start_of(seller, hours)
    flood(seller, "a", nothing, max(8, size_of(seller)), start, hours, skus)
    for line in seller.lines:
        if line.sku in skus:
            line.unit *= 3
            line.discount, line.ids = 0, [one for one in line.ids if one != seller.coupon[0]]
            take(line, name if line.affected else usual, 0.95 if line.affected else 0.65)
    return {"a": (name,)}


@kind
def gift_without_purchase(seller: Seller) -> Truths:
    """A free item with a purchase, until someone finds that it is free alone."""
    name, bought, hours = promotion_name(seller), some_skus(seller, 1)[0], 8.0
    seller.prices.append(2500.0)
    gift, start = len(seller.prices) - 1, start_of(seller, 8.0)
    for time in flood_times(seller, seller.begin, (start - seller.begin) / HOUR, 30):
        paid = add_order(seller, time, bought, 0)
        free = Line(paid.order, paid.time, gift, 0, 1, seller.price(gift, 0, time))
        seller.lines.append(take(free, name, 1.0))
    flood(seller, "a", lambda line: take(line, name, 1.0), max(10, size_of(seller)), start, hours, [gift], [0])
    return {"a": (name,)}


@kind
def nothing_else_in_the_report(seller: Seller) -> Truths:
    """The report of one night, saved in a hurry: hardly anything but the incident."""
    name = promotion_name(seller)
    seller.begin = seller.end - 9 * HOUR
    seller.lines = [line for line in seller.lines if line.time >= seller.begin]
    skus = [BEST]
    flood(seller, "a", lambda line: take(line, name, 0.92), max(20, size_of(seller)), seller.begin + HOUR, 7, skus)
    return {"a": (name,)}


@kind
def weekly_cent(seller: Seller) -> Truths:
    """A repricer goes to a cent every week for an hour: four incidents, and no habit."""
    seller.days = max(seller.days, 30.0)
    sku, truths = [BEST], {}
    for week in range(4):
        start = seller.begin + (2.5 + 7 * week) * DAY
        for time in flood_times(seller, start - 40 * HOUR, 30, 6):
            add_order(seller, time, sku[0], 0)
        sold_wrong(seller, f"w{week}", start, 1, sku, a_cent, markets=[0], extra=12)
        truths[f"w{week}"] = ()
    return truths


@kind
def three_days_at_two_fifths(seller: Seller) -> Truths:
    """A wrong price of 40 % over a long weekend at a seller of the usual pace."""
    skus = [BEST]
    start = start_of(seller, 66)
    for time in flood_times(seller, seller.begin, seller.days * 24 - 1, 60):
        add_order(seller, time, skus[0], 0)
    sold_wrong(seller, "a", start, 66, skus, lambda line: round(line.unit * 0.4), markets=[0], extra=20)
    return {"a": ()}


@kind
def codes_for_one_use_each(seller: Seller) -> Truths:
    """Every buyer has a code of his own, each with its own id; together they are one mistake without one name."""
    hours, stem = hours_of(seller), promotion_name(seller)
    count = max(6, size_of(seller) // 3)
    numbers = iter(range(count))
    flood(
        seller,
        "a",
        lambda line: take(line, f"{stem}-{next(numbers):05d}", 0.9),
        count,
        start_of(seller, hours),
        hours,
        some_skus(seller, 2),
    )
    return {"a": tuple(f"{stem}-{number:05d}" for number in range(count))}


@kind
def sum_spread_over_a_basket(seller: Seller) -> Truths:
    """A fixed sum per order, spread over its lines by their value."""
    name, hours, skus = promotion_name(seller), hours_of(seller), some_skus(seller, 4)
    off = round(max(seller.prices[sku] for sku in skus) * seller.markets[0][2] * 0.9 / 100) * 100
    start = start_of(seller, hours)
    for first in flood(seller, "a", nothing, max(12, size_of(seller)), start, hours, skus, [0]):
        lines = [first]
        if seller.draw.random() < 0.3:
            sku = int(seller.draw.choice(skus))
            other = Line(first.order, first.time, sku, 0, 1, seller.price(sku, 0, first.time), affected="a")
            seller.lines.append(other)
            lines.append(other)
        total = sum(line.unit * line.quantity for line in lines)
        for line in lines:
            take(line, name, min(1.0, off / total))
    return {"a": (name,)}


# -- met in public ----------------------------------------------------------------------------------------------------


@kind
def vouchers_pile_up(seller: Seller) -> Truths:
    """Vouchers of 15-25 %, each in ordinary use; one night orders take several of them at once, each its own mix."""
    stem, hours, skus = promotion_name(seller), float(seller.draw.choice([4, 8, 12])), some_skus(seller, 3)
    names = [f"{stem}-v{number:02d}" for number in range(12)]
    start = start_of(seller, hours)
    for name in names:
        for time in flood_times(seller, seller.begin, seller.days * 24 - 1, 6):
            line = add_order(seller, time, int(seller.draw.choice(skus)))
            line.discount, line.ids = 0, []
            take(line, name, 0.2)

    def several(line: Line) -> None:
        for name in seller.draw.choice(names, int(seller.draw.integers(4, 6)), replace=False):
            take(line, str(name), 0.2)

    lines = flood(seller, "a", several, max(10, min(size_of(seller), 80)), start, hours, skus)
    return {"a": tuple({name for line in lines for name in line.ids if name.startswith(stem)})}


@kind
def two_listings_of_one_product(seller: Seller) -> Truths:
    """One product under two SKUs; a slipped digit on both, the second never sold before."""
    hours, sku = hours_of(seller), some_skus(seller, 1)[0]
    seller.prices.append(seller.prices[sku])
    second = len(seller.prices) - 1
    seller.same_asin[second] = sku
    start = start_of(seller, hours)
    for time in flood_times(seller, start, hours, max(4, size_of(seller) // 4)):
        add_order(seller, time, second, 0)
    sold_wrong(
        seller,
        "a",
        start,
        hours,
        [sku, second],
        lambda line: line.unit // 10,
        markets=[0],
        extra=max(4, size_of(seller)),
    )
    return {"a": ()}


@kind
def new_marketplace_in_the_wrong_currency(seller: Seller) -> Truths:
    """A marketplace opens with the home currency's numbers: 29.99 kronor for what costs 29.99 euros."""
    seller.markets = [*seller.markets, ("Amazon.se", "SEK", 1.0, 1)]
    market, hours = len(seller.markets) - 1, float(seller.draw.choice([4, 8, 20]))
    home = seller.markets[0][2] if seller.markets[0][1] != "JPY" else 1.0
    seller.markets[market] = ("Amazon.se", "SEK", home if home < 5 else 1.0, 1)
    for time in flood_times(seller, start_of(seller, hours), hours, max(8, min(size_of(seller), 60))):
        line = add_order(seller, time, int(seller.draw.choice(some_skus(seller, 5))), market)
        for one in seller.lines[-2:]:
            if one.order == line.order:
                one.affected, one.discount, one.ids = "a", 0, []
    return {"a": ()}


@kind
def three_for_two_becomes_three_for_nothing(seller: Seller) -> Truths:
    """Three for two for days; then the same promotion gives all three away."""
    name, hours = promotion_name(seller), float(seller.draw.choice([3, 6, 10]))
    start = start_of(seller, hours)

    def basket(time: float, free: int, affected: str) -> None:
        first = add_order(seller, time, market=0)
        others = [
            Line(first.order, time, sku, 0, 1, seller.price(sku, 0, time)) for sku in (seller.pick(), seller.pick())
        ]
        for line in seller.lines[-2:]:
            if line.order == first.order and line is not first:
                seller.lines.remove(line)
        seller.lines += others
        lines = sorted([first, *others], key=lambda line: line.unit)
        for line in lines:
            line.quantity, line.discount, line.ids = 1, 0, []
        for line in lines[:free]:
            take(line, name, 1.0)
            line.affected = affected

    for time in flood_times(seller, seller.begin + DAY, (start - seller.begin - 2 * DAY) / HOUR, 25):
        basket(time, 1, "")
    for time in flood_times(seller, start, hours, max(8, min(size_of(seller), 60))):
        basket(time, 3, "a")
    return {"a": (name,)}


@kind
def changed_twice_and_restored(seller: Seller) -> Truths:
    """A price is corrected to another wrong one before it is put right: one incident."""
    skus, start = some_skus(seller, 1), start_of(seller, 12)
    for time in flood_times(seller, seller.begin, seller.days * 24 - 1, 40):
        add_order(seller, time, skus[0], 0)
    sold_wrong(seller, "a", start, 4, skus, lambda line: line.unit // 20, markets=[0], extra=12)
    sold_wrong(seller, "a", start + 4 * HOUR + 60, 5, skus, lambda line: line.unit // 4, markets=[0], extra=12)
    return {"a": ()}


@kind
def basket_discount(seller: Seller) -> Truths:
    """90 % off whatever lies in the basket, dear things too."""
    name, hours = promotion_name(seller), hours_of(seller)
    for first in flood(
        seller, "a", nothing, max(8, min(size_of(seller), 120)), start_of(seller, hours), hours, some_skus(seller, 6)
    ):
        lines = [first]
        for _ in range(int(seller.draw.integers(0, 4))):
            sku = seller.pick()
            lines.append(
                Line(first.order, first.time, sku, first.market, 1, seller.price(sku, first.market, first.time))
            )
        for line in lines:
            line.affected = "a"
            take(line, name, 0.9)
        seller.lines += lines[1:]
    return {"a": (name,)}


@kind
def meant_before_and_after(seller: Seller) -> Truths:
    """A code of 20 % is 90 % for some hours; a day earlier and a day later it gives what it was meant to give."""
    name, hours, skus = promotion_name(seller), float(seller.draw.choice([2, 3, 8])), some_skus(seller, 3)
    start = start_of(seller, hours + 48)
    for left in (start - 36 * HOUR, start + (hours + 20) * HOUR):
        for time in flood_times(seller, left, 14, 3):
            line = add_order(seller, time, int(seller.draw.choice(skus)))
            line.discount, line.ids = 0, []
            take(line, name, 0.2)
    flood(seller, "a", lambda line: take(line, name, 0.9), max(12, size_of(seller)), start, hours, skus)
    return {"a": (name,)}


@kind
def a_leak_of_days(seller: Seller) -> Truths:
    """A deep code is used a few times a day for three to six days, while others pay the price."""
    name, days, skus = promotion_name(seller), float(seller.draw.uniform(3, 6)), some_skus(seller, 1)
    start = start_of(seller, days * 24)
    flood(
        seller,
        "a",
        lambda line: take(line, name, 0.9),
        int(days * seller.draw.integers(2, 6)) + 2,
        start,
        days * 24,
        skus,
    )
    return {"a": (name,)}


@kind
def two_printed_in_the_night(seller: Seller) -> Truths:
    """The first hours: a third of the discounts printed, a third not yet, a third pending without a price."""
    name, skus = promotion_name(seller), some_skus(seller, 1)
    lines = flood(seller, "a", lambda line: take(line, name, 0.9), 9, seller.end - 2 * HOUR, 1.9, skus)
    for number, line in enumerate(lines):
        if number % 3 == 1:
            line.discount_blank, line.status = True, "Unshipped"
        if number % 3 == 2:
            line.unpriced, line.status = True, "Pending"
    return {"a": (name,)}


def longer(seller: Seller, days: float) -> None:
    """The report of so many days at least, with ordinary orders to its end."""
    if seller.days < days:
        for _ in range(seller.draw.poisson(seller.per_day * (days - seller.days))):
            add_order(seller, seller.moment(seller.end, seller.begin + days * DAY))
        seller.days = days


def leak(seller: Seller, days: int, pause: tuple[float, float] = (0.0, 0.0)) -> Truths:
    """A deep code, two to six uses a day at any hour, begun in the second week; none in a part of it."""
    name, off, skus = promotion_name(seller), float(seller.draw.choice([0.85, 0.9, 0.95])), some_skus(seller, 2)
    longer(seller, days + 16)
    start = seller.begin + np.floor(seller.draw.uniform(7, 10) * DAY)
    for share in np.r_[0, np.sort(seller.draw.random(days * int(seller.draw.integers(2, 7)))), 1]:
        if not pause[0] < share * days < pause[1]:
            line = add_order(seller, start + np.floor(share * days * DAY), int(seller.draw.choice(skus)), affected="a")
            line.ids, line.discount = [], 0
            take(line, name, off)
    return {"a": (name,)}


@kind
def a_leak_of_weeks(seller: Seller) -> Truths:
    """A deep code is used a few times a day for eight to twenty days: nobody looked."""
    return leak(seller, int(seller.draw.choice([8, 10, 14, 20])))


@kind
def a_leak_with_a_pause(seller: Seller) -> Truths:
    """The same, and nobody used it for two days in between: one mistake."""
    days, half = int(seller.draw.choice([8, 10, 14, 20])), float(seller.draw.uniform(0.3, 0.5))
    return leak(seller, days, (half * days, half * days + float(seller.draw.uniform(1.5, 2.5))))
