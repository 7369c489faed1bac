"""The honour-or-cancel plan against the optimum of a solver, plan by plan, and how long each takes.

Run ``python benchmarks/honour.py``; the solver (scipy, HiGHS) is in the extra ``bench``. Losses are compared as whole
numbers. Without stock no plan may lose more than the solver's; where the stock is short the gap is shown, and whether
what the plan says of itself (a better one saves at most so much) holds. The last column is what a person would lose who
cancels the dearest orders first, as a share of all that is at stake.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from random import Random

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from promofix_lib.account.choices import Choice, Choices, Window
from promofix_lib.account.honour import Plan, best_plan
from promofix_lib.money import SCALE

DAY = date(2026, 11, 20)
LIMIT = Fraction(25, 1000)
SKUS = ("HP-BLK", "HP-RED", "CASE")


def night(random: Random, orders: int, days: int) -> Choices:
    """Orders of some days: one to three SKUs of one to five units, a few prices, some that earn money."""
    found = []
    for number in range(orders):
        units = {sku: random.randint(1, 5) for sku in random.sample(SKUS, random.choice([1, 1, 1, 2]))}
        loss = sum(count * random.choice([57_99, 38_50, 12_00, -1_50]) * SCALE // 100 for count in units.values())
        day, counts = DAY + timedelta(days=random.randrange(days)), random.random() > 0.03
        found.append(Choice(str(number), day, loss - random.randrange(3) * 50, units, counts))
    return Choices("USD", tuple(found), ())


def windows(random: Random, orders: int, days: int) -> list[Window]:
    """Every seven days that hold one of these days, some busier than others, with room for a part of the orders."""
    spans = [DAY + timedelta(days=n) for n in range(days + 6)]
    room = orders * 40 * random.choice([0.1, 0.3, 0.6])
    return [Window(last - timedelta(days=6), last, int(room * random.uniform(0.5, 1.5)), 3) for last in spans]


def optimum(choices: Choices, spans: Sequence[Window], stock: Mapping[str, int]) -> int | None:
    """The smallest loss that the solver finds, in ten-thousandths; None when there is no plan."""
    orders = choices.orders
    rows = [[float(one.counts and window.holds(one.day)) for one in orders] for window in spans]
    highest = [float(window.room(LIMIT)) for window in spans]
    for sku, units in stock.items():  # what is cancelled frees its units
        rows.append([-float(one.units.get(sku, 0)) for one in orders])
        highest.append(float(units - sum(one.units.get(sku, 0) for one in orders)))
    gains = np.array([one.loss for one in orders], dtype=float)
    fits = LinearConstraint(np.array(rows), -np.inf, np.array(highest))
    options = {"mip_rel_gap": 0.0, "time_limit": 60.0}
    found = milp(-gains, integrality=np.ones(len(orders)), bounds=Bounds(0, 1), constraints=fits, options=options)
    if found.x is None:
        return None
    return sum(one.loss for one, gone in zip(orders, found.x, strict=True) if gone < 0.5)


def dearest_first(choices: Choices, spans: Sequence[Window]) -> int:
    """What a person would do: cancel the dearest as long as every window has room; gives the loss."""
    room, loss = [window.room(LIMIT) for window in spans], 0
    for one in sorted(choices.orders, key=lambda one: -one.loss):
        inside = [n for n, window in enumerate(spans) if one.counts and window.holds(one.day)]
        if one.loss > 0 and all(room[n] > 0 for n in inside):
            for n in inside:
                room[n] -= 1
        else:
            loss += one.loss
    return loss


def compare(tries: int, orders: int, days: int, *, short: bool) -> None:
    """Print one line about `tries` nights."""
    same = worse = none = missed = broken = 0
    seconds, solver_seconds, gaps, by_hand = 0.0, 0.0, [0.0], [0.0]
    for seed in range(tries):
        random = Random(seed)
        choices, spans = night(random, orders, days), windows(random, orders, days)
        units = {sku: sum(one.units.get(sku, 0) for one in choices.orders) for sku in SKUS}
        stock = {sku: int(units[sku] * random.uniform(0.6, 1.0)) for sku in SKUS[:2]} if short else {}
        start = time.perf_counter()
        plan = best_plan(choices, spans, limit=LIMIT, stock=stock)
        middle = time.perf_counter()
        best = optimum(choices, spans, stock)
        seconds, solver_seconds = seconds + middle - start, solver_seconds + time.perf_counter() - middle
        if not isinstance(plan, Plan):
            none, missed = none + (best is None), missed + (best is not None)
            continue
        assert best is not None, "a plan where the solver finds none"
        gap = int(plan.loss * SCALE) - best
        assert gap >= 0, "a plan that breaks a demand"
        same, worse = same + (gap == 0), worse + (gap > 0)
        broken += gap > int(plan.unproved * SCALE)
        gaps.append(gap / max(best, SCALE))
        at_stake = sum(max(one.loss, 0) for one in choices.orders)
        by_hand.append((dearest_first(choices, spans) - best) / max(at_stake, 1))
    hand = "" if short else f"{max(by_hand):>9.2%}"
    print(
        f"{orders:>6} {days:>4} {'short' if short else 'enough':<6} {tries:>5} {same:>5} {worse:>6} {max(gaps):>9.3%} "
        f"{none:>5} {missed:>6} {broken:>6} {1000 * seconds / tries:>8.1f} {1000 * solver_seconds / tries:>8.1f} {hand}"
    )


def main() -> None:
    """Print the table."""
    print("orders days stock  tries  same  worse  most worse  none missed  untrue  ms plan ms solver  dearest first")
    for orders, days, tries in ((30, 1, 75), (300, 1, 75), (300, 12, 75), (300, 25, 75), (3_000, 12, 10)):
        compare(tries, orders, days, short=False)
    for orders, days, tries in ((30, 3, 75), (300, 1, 40), (300, 12, 40)):
        compare(tries, orders, days, short=True)


if __name__ == "__main__":
    main()
