"""Which promotion ids, or which wrong prices, explain the sales that are too cheap, and what else they reach."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from promofix_lib.finding.chance import Candidate, Chance
from promofix_lib.finding.sales import DAY, HOUR, Floats, Ints, Mask, Rows, Sales, extent, marked, middle
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.windows import price_candidates, windows
from promofix_lib.say import told


def find_candidates(sales: Sales, suspects: Suspects, chance: Chance) -> list[Candidate]:
    """Every cause in every window, promotions first; what no promotion explains is a matter of the price."""
    found = _piled_up(sales, suspects)
    left = suspects.by_promotion & ~marked(_rows_of(found), len(suspects.any))
    single: list[Candidate] = []
    for promotion, rows in _guilty_ids(sales, left):
        parts = []
        for part in windows(sales, suspects, _with_same_sum(sales, suspects, promotion, rows)):
            ids = explaining_ids(sales, suspects, promotion, part)
            parts.append(Candidate(ids, _completed(sales, suspects, ids, part)))
        # with the uses whose discount is not printed yet: few have shipped in the first hours
        reached = sum(len(one.rows) for one in parts)
        (found if reached >= sales.thresholds.few else single).extend(parts)
    found += _codes_for_one_use(sales, suspects, single)
    explained = marked(_rows_of(found), len(left))
    return found + price_candidates(sales, suspects, chance, suspects.any & ~explained)


def _rows_of(candidates: list[Candidate]) -> Ints:
    return np.concatenate([np.empty(0, dtype=np.int64), *(one.rows for one in candidates)])


def _piled_up(sales: Sales, suspects: Suspects) -> list[Candidate]:
    """Orders on which several ordinary promotions pile up, each time others: one mistake without one name."""
    uses, limits = sales.promotions, sales.thresholds
    mine = suspects.by_promotion[uses.rows] & sales.gives[uses.ids]
    rows, ids = uses.rows[mine], uses.ids[mine]
    several = np.bincount(rows, minlength=len(sales.sold))[rows] > 1
    rows, ids = rows[several], ids[several]
    piled, names = np.unique(rows), np.unique(ids)
    if len(piled) < limits.few or np.bincount(ids).max() >= limits.most * len(piled):
        return []
    alone = np.isin(uses.ids, names) & sales.depth_known[uses.rows] & ~np.isin(uses.rows, piled)
    others = np.bincount(uses.ids[alone], minlength=int(names.max()) + 1)[names]
    deep = np.bincount(uses.ids[alone & suspects.by_promotion[uses.rows]], minlength=int(names.max()) + 1)[names]
    if (deep >= limits.most * others).mean() > 1 - limits.most:
        return []
    parts = windows(sales, suspects, piled)
    return [Candidate(tuple(np.unique(ids[np.isin(rows, part)]).tolist()), part, False) for part in parts]


def _codes_for_one_use(sales: Sales, suspects: Suspects, single: list[Candidate]) -> list[Candidate]:
    """Ids of one or two uses each: where many of them share a time and a depth, they are one mistake."""
    if not single:
        return []
    rows = np.unique(_rows_of(single))
    rows = rows[np.argsort(sales.depth[rows], kind="stable")]
    steps = np.diff(sales.depth[rows]) > sales.thresholds.level / 2
    found = []
    for alike in np.split(rows, np.flatnonzero(steps) + 1):
        for part in windows(sales, suspects, alike):
            mine = [one for one in single if np.isin(one.rows, part).any()]
            ids = tuple(sorted({promotion for one in mine for promotion in one.ids}))
            found.append(Candidate(ids, part, together=len(mine) == 1))
    return found


def _guilty_ids(sales: Sales, left: Mask) -> Iterator[tuple[int, Ints]]:
    """Greedily the id that classifies the unexplained cheap rows best, until none is left.

    References
    ----------
    Bailis et al., "MacroBase: prioritizing attention in fast data", SIGMOD 2017 (explanations by support and risk
    ratio); van Rijsbergen's F-measure with precision weighted over recall.
    """
    uses, left = sales.promotions, left.copy()
    mine = sales.gives[uses.ids] & np.isin(uses.ids, np.unique(uses.ids[left[uses.rows]]))
    rows, ids = uses.rows[mine], uses.ids[mine]
    time, known = sales.time[rows], sales.depth_known[rows]
    while True:
        hits = left[rows]
        count = np.bincount(ids[hits], minlength=len(uses.names))
        if not count.any():
            return
        first, last = extent(ids[hits], time[hits], len(uses.names))
        inside = known & (time >= first[ids]) & (time <= last[ids])
        among = np.bincount(ids[inside], minlength=len(uses.names))
        # an id that explains little, but nothing else, is preferred: recall weighs as little as exceptions from a rule
        score = count / ((1 - sales.thresholds.most) * left.sum() + np.maximum(among, count))
        best = int(np.argmax(score))
        affected = np.sort(rows[hits & (ids == best)])
        left[affected] = False
        yield best, affected


def _with_same_sum(sales: Sales, suspects: Suspects, promotion: int, deep: Ints) -> Ints:
    """All uses of an id that takes one fixed sum off: on dear goods it is shallow, but it is the same mistake.

    The sum is per unit, per line, or per order and then spread over its lines.
    """
    rows, limits = sales.carrying(promotion), sales.thresholds
    rows = rows[sales.depth_known[rows] & ~suspects.meant[rows] & (sales.depth[rows] > 0)]
    near, then = limits.pause_hours * HOUR, sales.time[deep]
    rows = rows[(sales.time[rows] >= then.min() - near) & (sales.time[rows] <= then.max() + near)]
    if len(rows) < limits.few:
        return deep
    taken, listed, units = sales.listed[rows] - sales.paid[rows], sales.listed[rows], sales.quantity[rows]
    place = np.unique(sales.order[rows], return_inverse=True)[1]
    per_order = tuple(np.bincount(place, weights=values)[place].astype(np.float64) for values in (taken, listed))
    for amount, price in ((taken / units, listed / units), (taken, listed), per_order):
        whole = amount >= price * (1 - limits.rounding)
        same = _same_amount(amount, whole, limits.rounding)
        # the same sum from different prices, or it could be a percentage
        prices = len(np.unique(price[same & ~whole].round(2)))
        if same.mean() >= limits.most and prices >= limits.least_orders:
            return np.union1d(rows[same], deep)
    return deep


def _same_amount(amount: Floats, whole: Mask, rounding: float) -> Mask:
    """Where the usual one of the larger amounts was taken, or everything there was."""
    values, counts = np.unique(amount.round(2), return_counts=True)
    usual = values[np.argmax(np.where(values >= np.median(amount) * (1 - rounding), counts, 0))]
    exactly = np.abs(amount - usual) <= rounding * usual
    return np.asarray((exactly | (whole & (amount <= usual))) & (exactly.sum() > 1))


def explaining_ids(sales: Sales, suspects: Suspects, promotion: int, rows: Ints) -> tuple[int, ...]:
    """The smallest set of ids without which these orders would be no mistake.

    Of the ids on most of the rows, the one on the fewest other sales at that time leads. Another id joins when its own
    usual discount, seen on orders that carry it alone, is what pushes the rest over the limit.
    """
    limits, uses = sales.thresholds, sales.promotions
    counts = np.bincount(uses.ids[np.isin(uses.rows, rows)], minlength=len(uses.names))
    shared = np.flatnonzero(sales.gives & (counts >= max(1.0, limits.most * len(rows)))).tolist() or [promotion]
    first, last = sales.time[rows].min(), sales.time[rows].max()
    then, ever = {}, {}
    for one in shared:
        other = sales.carrying(one)
        other = other[sales.sold[other] & ~np.isin(other, rows)]
        normal = ~suspects.any[other] & (sales.time[other] >= first) & (sales.time[other] <= last)
        then[one], ever[one] = int(normal.sum()), len(other)
    lead = min(shared, key=lambda one: (then[one], ever[one], one != promotion))
    spare = float(np.nanmedian(sales.depth[rows])) - (1 - limits.deep_share + limits.rounding)
    needed = [lead]
    for one in (name for name in shared if name != lead):
        share = _usual_depth(sales, one, rows, shared)
        # ids that stand on all these rows and on nearly nothing else: nobody can say which one it was
        alike = counts[one] == counts[lead] == len(rows) and max(ever[one], ever[lead]) < limits.few
        if share >= max(limits.step, spare) or alike:
            needed.append(one)
    return tuple(sorted(needed))


def _usual_depth(sales: Sales, promotion: int, rows: Ints, shared: list[int]) -> float:
    """The discount of an id on sales that carry none of the other suspects; 0 when there are too few to tell."""
    carrying = sales.carrying(promotion)
    company = sales.carrying([one for one in shared if one != promotion])
    alone = carrying[sales.depth_known[carrying] & ~np.isin(carrying, company) & ~np.isin(carrying, rows)]
    return middle(sales.depth[alone]) if len(alone) >= sales.thresholds.few else 0.0


def _completed(sales: Sales, suspects: Suspects, ids: tuple[int, ...], rows: Ints) -> Ints:
    """The rows, and those that the same ids tell although price or discount is not printed yet."""
    limits, uses = sales.thresholds, sales.promotions
    carrying, counts = np.unique(uses.rows[np.isin(uses.ids, ids)], return_counts=True)
    carrying = carrying[(counts == len(ids)) & sales.dated[carrying] & ~suspects.meant[carrying]]
    time, known, wrong = sales.time[carrying], sales.depth_known[carrying], np.isin(carrying, rows)
    onset, end = sales.time[rows].min(), sales.time[rows].max()
    inside = (time >= onset) & (time <= end)
    if wrong[known & inside].sum() < limits.most * (known & inside).sum():
        return rows
    reach, ends = DAY, np.iinfo(np.int64)
    shallow = time[known & ~wrong & ~inside]
    first = max(onset - reach, shallow[shallow < onset].max(initial=ends.min))
    last = min(end + reach, shallow[shallow > end].min(initial=ends.max))
    open_rows = ~known & ~sales.cancelled[carrying] & (sales.quantity[carrying] > 0)
    reached = open_rows & (time >= first) & (time <= last)
    # an id that is shallow elsewhere, too, has an ordinary life: its shallow uses in the window are ordinary
    reached |= known & inside & (sales.depth[carrying] > 0) & (not len(shallow))
    together = np.union1d(rows, carrying[reached])
    return together[np.argsort(sales.time[together], kind="stable")]


def near_misses(sales: Sales, suspects: Suspects) -> list[Candidate]:
    """Promotions and prices of a few days that are cheap, but not cheap enough: no candidates, yet worth a look."""
    uses, price = sales.promotions, np.flatnonzero(suspects.shallow_price)
    known = suspects.shallow_promotion[uses.rows] & sales.gives[uses.ids]
    by_id = _short_lived(sales, uses.rows[known], uses.ids[known], (uses.rows, uses.ids))
    by_group = _short_lived(sales, price, sales.group[price], (price, sales.group[price]))
    found = [((one,), rows) for one, rows in by_id] + [((), rows) for _, rows in by_group]
    return [Candidate(ids, rows, why_not=told("finding.why_shallow")) for ids, rows in found]


def _short_lived(sales: Sales, rows: Ints, keys: Ints, every: tuple[Ints, Ints]) -> list[tuple[int, Ints]]:
    """Rows per key, by time, where there are some, and the key lived no longer than a mistake does."""
    count = int(every[1].max(initial=-1)) + 1
    first, last = extent(every[1], sales.time[every[0]], count)
    many = np.bincount(keys, minlength=count) >= sales.thresholds.few
    chosen = np.flatnonzero(many & (last - first < sales.thresholds.decided_days * DAY))
    place = np.argsort(sales.time[rows], kind="stable")
    of = Rows(keys[place], rows[place])
    return [(int(one), of(one)) for one in chosen]
