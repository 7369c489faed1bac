"""What the seller put in or left out by hand, found again in today's order table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.case.records import Decision

_SIDES = {"add": 1, "leave_out": -1, "as_rule": 0}


class ByHand(NamedTuple):
    """Per row 1 (put in), -1 (left out) or 0, and the reasons by today's item key."""

    verdict: npt.NDArray[np.int8]
    put_in: dict[str, str]
    left_out: dict[str, str]


def by_hand(words: Mapping[str, tuple[int, Decision]], keys: pd.Series[Any], sku_keys: pd.Series[Any]) -> ByHand:
    """What was decided of each row; the last word counts, by whichever key it was said.

    Parameters
    ----------
    words : mapping
        From `Decisions.by_hand`.
    keys, sku_keys : Series
        From `item_keys` and `sku_keys`.

    Examples
    --------
    >>> said = {"A/S/1": (1, Decision("leave_out", reason="a friend")), "gone/7": (2, Decision("add", reason="seen"))}
    >>> made = by_hand(said, pd.Series(["A/7", "B/9"]), pd.Series(["A/S/1", "B/S/1"]))
    >>> made.verdict.tolist(), made.put_in, made.left_out
    ([-1, 0], {'gone/7': 'seen'}, {'A/7': 'a friend'})
    """
    names, said = list(words), [decision for _, decision in words.values()]
    ids = np.array([*(number for number, _ in words.values()), 0])
    verdicts = np.array([*(_SIDES[one.action] for one in said), 0], dtype=np.int8)
    places = [_place_in(pa.array(names, pa.string()), some) for some in (keys, sku_keys)]
    last = np.where(ids[places[0]] >= ids[places[1]], *places)
    verdict = verdicts[last]
    lists: dict[int, dict[str, str]] = {1: {}, -1: {}}
    rows = np.flatnonzero(verdict)
    for key, place, side in zip(keys.iloc[rows], last[rows].tolist(), verdict[rows].tolist(), strict=True):
        lists[side][key] = said[place].reason
    in_no_report = verdicts != 0
    in_no_report[np.concatenate(places)] = False
    for place in np.flatnonzero(in_no_report).tolist():
        lists[int(verdicts[place])][names[place]] = said[place].reason
    return ByHand(verdict, lists[1], lists[-1])


def _place_in(names: pa.Array, keys: pd.Series[Any]) -> npt.NDArray[np.int64]:
    places = pc.index_in(keys.array.__arrow_array__(), value_set=names)
    return np.asarray(pc.fill_null(places, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
