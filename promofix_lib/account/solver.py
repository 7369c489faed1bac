"""The whole-number program behind `honour.best_plan`, for the cases that the greedy plan does not settle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np

from promofix_lib.account.choices import Choice, Line, Window
from promofix_lib.errors import PromofixError


@dataclass
class _Alike:
    """Orders that no demand tells apart: same windows, same items; they are counted, not named."""

    orders: list[Choice]
    rooms: tuple[bool, ...]
    first: int = 0  # column of "orders of this kind that are cancelled"
    items: tuple[int, ...] = ()  # columns of "of these, orders in which the n-th item is cancelled"


@dataclass
class _Program:
    """Columns with an upper bound and a gain; rows of demands."""

    upper: list[int]
    gain: list[int]
    entries: list[tuple[int, int, int]]
    lowest: list[float]
    highest: list[float]

    def column(self, upper: int, gain: int) -> int:
        self.upper.append(upper)
        self.gain.append(gain)
        return len(self.upper) - 1

    def between(self) -> list[tuple[float, float]]:
        return list(zip(self.lowest, self.highest, strict=True))

    def demand(self, terms: Sequence[tuple[int, int]], lowest: float, highest: float) -> None:
        row = len(self.lowest)
        self.entries += [(row, column, factor) for column, factor in terms]
        self.lowest.append(lowest)
        self.highest.append(highest)


def solve(
    orders: Sequence[Choice],
    windows: Sequence[Window],
    *,
    limit: Fraction,
    stock: Mapping[str, int],
    by_item: bool,
    seconds: float,
) -> tuple[dict[str, tuple[str, ...]], bool] | None:
    """Item keys to cancel per order, and whether that is proved to be best; None when nothing fits.

    Raises
    ------
    PromofixError
        Nothing was found before the clock stopped the search.
    RuntimeError
        The solver's answer breaks a demand when it is counted in whole numbers.
    """
    program = _Program([], [], [], [], [])
    kinds = _alike(orders, windows, stock)
    _add_orders(program, kinds, by_item, lambda line: line.loss)
    for number, window in enumerate(windows):
        places = [(kind.first, 1) for kind in kinds if kind.rooms[number]]
        program.demand(places, -np.inf, window.room(limit))
    _add_stock(program, kinds, stock)
    answer = _run(program, seconds)
    if answer is None:
        return None
    counts, proved = answer
    return _named(kinds, counts), proved


def fewest(orders: Sequence[Choice], stock: Mapping[str, int], *, by_item: bool) -> int:
    """The fewest counted orders to cancel so that what is left is in stock."""
    program = _Program([], [], [], [], [])
    kinds = _alike(orders, (), stock)
    _add_orders(program, kinds, by_item, _nothing)
    for kind in kinds:
        program.gain[kind.first] = -int(kind.orders[0].counts)
    _add_stock(program, kinds, stock)
    answer = _run(program, np.inf)
    return 0 if answer is None else -sum(int(n) * g for n, g in zip(answer[0], program.gain, strict=True))


def _alike(orders: Sequence[Choice], windows: Sequence[Window], stock: Mapping[str, int]) -> list[_Alike]:
    kinds: dict[Any, _Alike] = {}
    for choice in orders:
        rooms = tuple(choice.counts and window.holds(choice.day) for window in windows)
        lines = tuple((line.sku if line.sku in stock else "", line.quantity, line.loss) for line in choice.lines)
        kinds.setdefault((rooms, choice.counts, lines), _Alike([], rooms)).orders.append(choice)
    return list(kinds.values())


def _add_orders(program: _Program, kinds: Sequence[_Alike], by_item: bool, gain: Callable[[Line], int]) -> None:
    for kind in kinds:
        size, lines = len(kind.orders), kind.orders[0].lines
        if not by_item:
            kind.first = program.column(size, sum(map(gain, lines)))
            kind.items = (kind.first,) * len(lines)
            continue
        kind.first = program.column(size, 0)
        kind.items = tuple(program.column(size, gain(line)) for line in lines)
        for item in kind.items:
            program.demand([(item, 1), (kind.first, -1)], -np.inf, 0)


def _nothing(_line: Line) -> int:
    return 0


def _add_stock(program: _Program, kinds: Sequence[_Alike], stock: Mapping[str, int]) -> None:
    for sku, units in stock.items():
        uses = [
            (item, line.quantity * len(kind.orders), line.quantity)
            for kind in kinds
            for item, line in zip(kind.items, kind.orders[0].lines, strict=True)
            if line.sku == sku
        ]
        wanted = sum(whole for _, whole, _ in uses)
        if wanted > units:
            factors: dict[int, int] = {}
            for item, _, quantity in uses:
                factors[item] = factors.get(item, 0) + quantity
            program.demand(list(factors.items()), wanted - units, np.inf)


def _run(program: _Program, seconds: float) -> tuple[list[int], bool] | None:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    if not program.upper:
        return ([], True) if all(low <= 0 <= high for low, high in program.between()) else None
    shape = (len(program.lowest), len(program.upper))
    rows, columns, factors = zip(*program.entries, strict=True) if program.entries else ((), (), ())
    matrix = coo_array((np.array(factors, dtype=float), (rows, columns)), shape=shape).tocsr()
    unit = gcd(*program.gain) or 1
    options = {"mip_rel_gap": 0.0} | ({"time_limit": seconds} if np.isfinite(seconds) else {})
    result = milp(
        -np.array([gain // unit for gain in program.gain], dtype=float),
        integrality=np.ones(shape[1]),
        bounds=Bounds(0, np.array(program.upper, dtype=float)),
        constraints=LinearConstraint(matrix, program.lowest, program.highest) if shape[0] else (),
        options=options,
    )
    if result.status == 2:
        return None
    if result.x is None:
        raise PromofixError(
            f"Honour or cancel: no plan was found within {seconds:g} seconds for {sum(program.upper):,} choices. "
            "Give it more seconds, leave out the stock, or choose fewer orders."
        )
    counts = [round(value) for value in result.x]
    _check(program, counts)
    return counts, result.status == 0


def _check(program: _Program, counts: Sequence[int]) -> None:
    sums = [0] * len(program.lowest)
    for row, column, factor in program.entries:
        sums[row] += factor * counts[column]
    inside = all(low <= value <= high for value, (low, high) in zip(sums, program.between(), strict=True))
    if not inside or any(not 0 <= n <= most for n, most in zip(counts, program.upper, strict=True)):
        raise RuntimeError("The solver's plan breaks a demand when it is counted in whole numbers.")


def _named(kinds: Sequence[_Alike], counts: Sequence[int]) -> dict[str, tuple[str, ...]]:
    cancelled: dict[str, tuple[str, ...]] = {}
    for kind in kinds:
        for place, choice in enumerate(kind.orders[: counts[kind.first]]):
            pairs = zip(choice.lines, kind.items, strict=True)
            gone = _keys(pairs, place, counts)
            if gone:
                cancelled[choice.order_id] = gone
    return cancelled


def _keys(pairs: Any, place: int, counts: Sequence[int]) -> tuple[str, ...]:
    found: list[tuple[Line, int]] = list(pairs)
    return tuple(line.key for line, item in found if place < counts[item])
