"""What the finder measures of planted, real and coarse reports, written down: who rebuilds it sees what moved.

After a change that was meant ``python -m tests.planted.measured`` writes it anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from promofix_lib.finding.baselines import References
from promofix_lib.finding.causes import find_candidates
from promofix_lib.finding.chance import Chance
from promofix_lib.finding.sales import Sales
from promofix_lib.finding.search import find_incidents
from promofix_lib.finding.suspects import Suspects
from promofix_lib.money import NormalPrice
from tests.planted import planting, real
from tests.planted.coarse import coarse
from tests.planted.planting import plant

FILE = Path(__file__).parents[1] / "data" / "measured.json"
REPORTS: dict[str, Callable[[], pd.DataFrame]] = {
    **{kind: lambda kind=kind: plant(kind, 1).orders for kind in planting.KINDS},
    **{name: lambda name=name: real.as_orders(real.months()[name]) for name in real.NAMES},
}
# Of the first 300 those in which one of all single changes of the finder's code was seen first.
# fmt: off
COARSE = (
    8, 11, 12, 13, 28, 34, 45, 46, 58, 64, 65, 73, 79, 86, 88, 89, 93, 94, 99, 101, 103, 105, 112, 117, 121,
    128, 131, 143, 145, 149, 150, 151, 157, 163, 178, 180, 182, 185, 187, 192, 202, 204, 205, 216, 218, 219,
    220, 225, 231, 233, 237, 243, 244, 251, 265, 273, 274, 278, 283, 292, 296, 299,
)
# fmt: on


def written(name: str | int) -> Any:
    """What is written down of a report; of a coarse one, by its seed, only whether it is the same."""
    if isinstance(name, str):
        return measured(REPORTS[name]())
    orders, given = coarse(name)
    return _mark(json.dumps([measured(orders), measured(orders, given)]))


def measured(orders: pd.DataFrame, given: Sequence[NormalPrice] = ()) -> dict[str, Any]:
    """Sums of the normal prices, counts of what is cheap, one line a candidate, and a mark of all that is told.

    Of a candidate: its promotions, order items and the sum of their places, then how many like it the shop's life
    brings, its habit, its loss, and why a seller may have planned it. Six digits, so that no processor is noticed.
    """
    sales = Sales(orders)
    known, suspects = References(sales, given), Suspects(sales, given)
    chance = Chance(sales, suspects)
    masks = ("by_promotion", "by_price", "meant", "shallow_promotion", "shallow_price")
    candidates = []
    for one in find_candidates(sales, suspects, chance):
        expected = chance.expected(one)
        numbers = [*one.ids, len(one.rows), one.rows.sum(), expected, chance.habit(one), chance.lost(one.rows)]
        why = chance.planned(one, expected)
        candidates.append(" ".join([*map(_short, numbers), why.key if why else ""]).strip())
    prices = [np.nansum(side) for side in (known.list_price, known.net_price, known.spread)]
    told = find_incidents(orders, normal_prices=given)
    everything = repr((told, [one.rule for one in told.worth_a_look]))
    everything = re.sub(r"\d+\.\d+(e-?\d+)?", lambda number: _short(float(number[0])), everything)
    return {
        "prices": " ".join(map(_short, [*prices, known.decided.sum(), known.judged.sum()])),
        "cheap": " ".join(str(getattr(suspects, name).sum()) for name in masks),
        "candidates": candidates,
        "told": _mark(everything),
    }


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _short(number: Any) -> str:
    return f"{number:.6g}"


if __name__ == "__main__":
    found = {name: written(name) for name in (*REPORTS, *COARSE)}  # as JSON has it, a seed's number is a text
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8", newline="\n")
