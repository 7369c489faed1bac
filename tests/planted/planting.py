"""One planted report by kind and seed: the order table and its truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from tests.planted.incidents import INCIDENTS
from tests.planted.innocents import INNOCENTS
from tests.planted.sellers import age, order_table, ordinary_seller

KINDS = (*INCIDENTS, *INNOCENTS)


@dataclass(frozen=True)
class Truth:
    """One planted incident."""

    order_ids: frozenset[str]
    first_order: frozenset[str]
    onset: pd.Timestamp
    end: pd.Timestamp
    promotion_ids: frozenset[str]


@dataclass(frozen=True)
class Planted:
    """A report and what is in it."""

    kind: str
    seed: int
    orders: pd.DataFrame
    truths: tuple[Truth, ...]


@lru_cache(128)
def plant(kind: str, seed: int) -> Planted:
    """A report of one kind; the same seed gives the same report."""
    number = KINDS.index(kind)
    small = kind == "slip_at_a_small_seller"
    seller = ordinary_seller(seed * 1000 + number, most_rate=6 if small else 250)
    if kind in INNOCENTS:
        INNOCENTS[kind](seller)
        age(seller)
        return Planted(kind, seed, order_table(seller), ())
    names = INCIDENTS[kind](seller)
    age(seller)
    truths = []
    for name, ids in names.items():
        lines = [line for line in seller.lines if line.affected == name]
        if not lines:
            continue
        onset, end = min(line.time for line in lines), max(line.time for line in lines)
        truths.append(
            Truth(
                order_ids=frozenset(line.order for line in lines),
                first_order=frozenset(line.order for line in lines if line.time == onset),
                onset=pd.Timestamp(onset, unit="s", tz="UTC"),
                end=pd.Timestamp(end, unit="s", tz="UTC"),
                promotion_ids=frozenset(ids),
            )
        )
    return Planted(kind, seed, order_table(seller), tuple(truths))
