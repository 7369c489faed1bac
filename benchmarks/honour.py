"""How long the honour-or-cancel plan takes, and what it gains over plainer ways, on made-up nights.

Run ``python benchmarks/honour.py``; it prints one table. Every plan is checked against its demands.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from promofix_lib.account.choices import Choice, Choices, Line, Window
from promofix_lib.account.honour import NoPlan, Plan, best_plan, fits

DAY = date(2026, 11, 20)
NIGHTS = (300, 3_000, 10_000)


def night(orders: int, *, seed: int = 3, prices: int = 4, lines: int = 2) -> Choices:
    """Orders of one night: up to `lines` items of one to five units, a few prices, over two days."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(orders):
        items = []
        for place in range(int(random.integers(1, lines + 1))):
            units, price = int(random.integers(1, 6)), int(random.integers(prices))
            loss = units * (20 + 13 * price) * 1_000_000 - int(random.integers(0, 3)) * 500_000
            items.append(Line(f"{number}/{place}", f"SKU{price}", units, loss, "normal price"))
        found.append(Choice(str(number), DAY + timedelta(days=number % 2), tuple(items)))
    return Choices("Amazon.com", "USD", tuple(found), ())


def windows(orders: int) -> list[Window]:
    """Eight windows, about twice as many orders in each as the night brought."""
    span = [DAY + timedelta(days=n) for n in range(8)]
    return [Window(last - timedelta(days=6), last, 2 * orders + 37 * n, 3) for n, last in enumerate(span)]


def by_day(choices: Choices, spans: list[Window], limit: Fraction) -> int:
    """What a person would do: cancel the dearest until a window is full, forget about stock; gives the loss."""
    left = sorted(choices.orders, key=lambda choice: -choice.loss)
    room = [window.room(limit) for window in spans]
    loss = sum(choice.loss for choice in left)
    for choice in left:
        inside = [n for n, window in enumerate(spans) if window.holds(choice.day)]
        if all(room[n] > 0 for n in inside):
            loss -= choice.loss
            for n in inside:
                room[n] -= 1
    return loss


def gone_of(choices: Choices, plan: Plan) -> dict[str, tuple[str, ...]]:
    """The plan's cancelled items per order."""
    gone = set(plan.cancel)
    return {one.order_id: tuple(line.key for line in one.lines if line.key in gone) for one in choices.orders}


def timed(choices: Choices, spans: list[Window], **given: object) -> tuple[float, Plan | NoPlan]:
    """Seconds of the second run (the first one imports the solver), and the plan."""
    best_plan(choices, spans, **given)  # type: ignore[arg-type]
    start = time.perf_counter()
    plan = best_plan(choices, spans, **given)  # type: ignore[arg-type]
    return time.perf_counter() - start, plan


def main() -> None:
    """Print the table."""
    limit = Fraction(2, 10)
    print(f"{'orders':>7} {'question':<22} {'seconds':>8} {'method':<7} {'proved':<6} {'loss':>14}")
    for orders in NIGHTS:
        choices, spans = night(orders), windows(orders)
        units = {f"SKU{n}": 0 for n in range(4)}
        for line in (line for choice in choices.orders for line in choice.lines):
            units[line.sku] += line.quantity
        stock = {"SKU0": units["SKU0"] // 3, "SKU1": units["SKU1"] // 2, "SKU2": units["SKU2"] // 2}
        for name, given in {
            "rate only": {},
            "rate, by item": {"by_item": True},
            "rate and stock": {"stock": stock},
            "rate, stock, by item": {"stock": stock, "by_item": True},
        }.items():
            seconds, plan = timed(choices, spans, limit=limit, **given)
            if isinstance(plan, NoPlan):
                print(f"{orders:>7} {name:<22} {seconds:>8.3f} {'–':<7} {plan.reason}: at least {plan.at_least}")
                continue
            assert fits(choices.orders, gone_of(choices, plan), spans, limit=limit, stock=given.get("stock"))
            print(f"{orders:>7} {name:<22} {seconds:>8.3f} {plan.method:<7} {plan.proved!s:<6} {plan.loss:>14,.2f}")
        plain = by_day(choices, spans, limit) / 1e6
        print(f"{orders:>7} {'by hand, no stock':<22} {'':>8} {'':<7} {'':<6} {plain:>14,.2f}")


if __name__ == "__main__":
    main()
