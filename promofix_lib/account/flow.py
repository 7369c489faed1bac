"""A flow on a line: how many of each group to take so that no stretch of the line holds more than its room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Arc = tuple[int, int, int, tuple[bool, int, int]]  # from, to, cost, and what changes: (group or window, which, ±1)


def fullest(sums: Sequence[Sequence[int]], runs: Sequence[tuple[int, int]], rooms: Sequence[int]) -> list[int]:
    """How many of each group to take so that the sum of gains is largest and no window holds more than its room.

    A flow on a line: windows are stretches of the line, a group's orders lead over the stretches from `a` to `b`,
    what is free in a window leads over its own. The flow is improved along gaining cycles, first in big steps; when
    no cycle of single orders gains, no better choice exists.

    Parameters
    ----------
    sums : sequence of sequence of int
        Per group the gain of its first 0, 1, 2 … orders, the dearest first.
    runs : sequence of (int, int)
        Per group its first window, and the one after its last.
    rooms : sequence of int
        How many orders each window may hold.

    References
    ----------
    D. S. Hochbaum and J. G. Shanthikumar, "Convex separable optimization is not much harder than linear
    optimization", Journal of the ACM 37 (1990), 843-862.

    Examples
    --------
    Two windows with one place each: one order that takes both, or two that take one each.

    >>> fullest([[0, 5], [0, 3], [0, 3]], [(0, 2), (0, 1), (1, 2)], [1, 1])
    [0, 1, 1]
    """
    taken, free = [0] * len(runs), list(rooms)
    step = 1 << max((len(gains) for gains in sums), default=1).bit_length()
    while step:
        while cycle := _gaining([*_arcs(sums, runs, taken, free, step)], len(rooms) + 1):
            for is_group, place, more in cycle:
                (taken if is_group else free)[place] += more * step
        step //= 2
    return taken


def _arcs(
    sums: Sequence[Sequence[int]], runs: Sequence[tuple[int, int]], taken: Sequence[int], free: Sequence[int], step: int
) -> Iterator[Arc]:
    """Where `step` orders more or fewer can flow, and what that costs."""
    for place, ((first, end), gains, count) in enumerate(zip(runs, sums, taken, strict=True)):
        if count + step < len(gains):
            yield first, end, gains[count] - gains[count + step], (True, place, 1)
        if count >= step:
            yield end, first, gains[count] - gains[count - step], (True, place, -1)
    for window, places in enumerate(free):
        yield window, window + 1, 0, (False, window, 1)
        if places >= step:
            yield window + 1, window, 0, (False, window, -1)


def _gaining(arcs: Sequence[Arc], nodes: int) -> list[tuple[bool, int, int]]:
    """The changes along a cycle of negative cost, found as Bellman and Ford do; empty when there is none."""
    cost = [0] * nodes
    came: dict[int, Arc] = {}
    node = -1
    for _ in range(nodes):
        node = -1
        for arc in arcs:
            if cost[arc[0]] + arc[2] < cost[arc[1]]:
                cost[arc[1]], came[arc[1]], node = cost[arc[0]] + arc[2], arc, arc[1]
        if node < 0:
            return []
    for _ in range(nodes):  # back into the cycle
        node = came[node][0]
    cycle = [came[node]]
    while cycle[-1][0] != node:
        cycle.append(came[cycle[-1][0]])
    return [arc[3] for arc in cycle]
