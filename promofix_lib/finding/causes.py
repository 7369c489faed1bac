"""Which promotion ids, or which wrong prices, explain the sales that are too cheap, and what else they reach."""

from __future__ import annotations

import numpy as np

from promofix_lib.finding.chance import Candidate, Chance
from promofix_lib.finding.sales import DAY, HOUR, Floats, Ints, Mask, Sales
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.finding.windows import join_stragglers, split_at_pauses
from promofix_lib.finding.wrong_prices import price_candidates

_CENT = 0.02


def find_candidates(sales: Sales, suspects: Suspects, chance: Chance, thresholds: Thresholds) -> list[Candidate]:
    """Every cause in every window, promotions first; what no promotion explains is a matter of the price."""
    left = suspects.by_promotion.copy()
    found = _piled_up(sales, suspects, thresholds)
    for one in found:
        left[one.rows] = False
    single: list[Candidate] = []
    for promotion, rows in _guilty_ids(sales, suspects, left):
        windows = _windows_of_promotion(sales, suspects, promotion, rows, thresholds)
        # with the uses whose discount is not printed yet: few have shipped in the first hours
        reached = sum(len(one.rows) for one in windows)
        (found if reached >= thresholds.few else single).extend(windows)
        left[rows] = False
    found += _codes_for_one_use(sales, suspects, single, thresholds)
    explained = np.zeros(len(left), dtype=np.bool_)
    for candidate in found:
        explained[candidate.rows] = True
    return found + price_candidates(sales, suspects, chance, (left | suspects.by_price) & ~explained, thresholds)


def _piled_up(sales: Sales, suspects: Suspects, thresholds: Thresholds) -> list[Candidate]:
    """Orders on which several ordinary promotions pile up, each time others: one mistake without one name."""
    uses = sales.promotions
    mine = suspects.by_promotion[uses.rows] & suspects.gives[uses.ids]
    rows, ids = uses.rows[mine], uses.ids[mine]
    several = np.bincount(rows, minlength=len(sales.sold))[rows] > 1
    rows, ids = rows[several], ids[several]
    piled, names = np.unique(rows), np.unique(ids)
    if len(piled) < thresholds.few or np.bincount(ids).max() >= thresholds.most * len(piled):
        return []
    alone = np.isin(uses.ids, names) & sales.depth_known[uses.rows] & ~np.isin(uses.rows, piled)
    others = np.bincount(uses.ids[alone], minlength=int(names.max()) + 1)[names]
    deep = np.bincount(uses.ids[alone & suspects.by_promotion[uses.rows]], minlength=int(names.max()) + 1)[names]
    if (2 * deep >= others).mean() > 1 - thresholds.most:
        return []
    piled = piled[np.argsort(sales.time[piled], kind="stable")]
    normal = normal_times(sales, suspects, np.unique(sales.group[piled]))
    time = sales.time[piled]
    parts = join_stragglers(split_at_pauses(time, normal, None, thresholds), time, thresholds)
    return [Candidate(tuple(np.unique(ids[np.isin(rows, piled[part])]).tolist()), piled[part], False) for part in parts]


def _codes_for_one_use(
    sales: Sales, suspects: Suspects, single: list[Candidate], thresholds: Thresholds
) -> list[Candidate]:
    """Ids of one or two uses each: where many of them share a time and a depth, they are one mistake."""
    if not single:
        return []
    rows = np.unique(np.concatenate([one.rows for one in single]))
    rows = rows[np.argsort(sales.depth[rows], kind="stable")]
    same_depth = np.split(rows, np.flatnonzero(np.diff(sales.depth[rows]) > thresholds.same_level / 2) + 1)
    return [one for rows in same_depth for one in _windows_of_codes(sales, suspects, single, rows, thresholds)]


def _windows_of_codes(
    sales: Sales, suspects: Suspects, single: list[Candidate], rows: Ints, thresholds: Thresholds
) -> list[Candidate]:
    rows = rows[np.argsort(sales.time[rows], kind="stable")]
    time = sales.time[rows]
    normal = normal_times(sales, suspects, np.unique(sales.group[rows]))
    found = []
    for part in join_stragglers(split_at_pauses(time, normal, None, thresholds), time, thresholds):
        mine = [one for one in single if np.isin(one.rows, rows[part]).any()]
        ids = tuple(sorted({promotion for one in mine for promotion in one.ids}))
        found.append(Candidate(ids, rows[part], together=len(mine) == 1))
    return found


def _guilty_ids(sales: Sales, suspects: Suspects, left: Mask) -> list[tuple[int, Ints]]:
    """Greedily the id that classifies the unexplained cheap rows best, until none is left.

    References
    ----------
    Bailis et al., "MacroBase: prioritizing attention in fast data", SIGMOD 2017 (explanations by support and risk
    ratio); van Rijsbergen's F-measure with precision weighted over recall.
    """
    uses, left = sales.promotions, left.copy()
    found: list[tuple[int, Ints]] = []
    mine = suspects.gives[uses.ids] & np.isin(uses.ids, np.unique(uses.ids[left[uses.rows]]))
    rows, ids = uses.rows[mine], uses.ids[mine]
    known = sales.depth_known[rows]
    while True:
        hits = left[rows]
        count = np.bincount(ids[hits], minlength=len(uses.names))
        if not count.any():
            return found
        inside = known & _in_range(sales.time[rows], ids, hits, len(uses.names))
        among = np.bincount(ids[inside], minlength=len(uses.names))
        score = 1.25 * count / (0.25 * left.sum() + np.maximum(among, count))
        best = int(np.argmax(score))
        affected = np.sort(rows[hits & (ids == best)])
        found.append((best, affected))
        left[affected] = False


def _in_range(time: Ints, ids: Ints, hits: Mask, count: int) -> Mask:
    first, last = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, ids[hits], time[hits])
    np.maximum.at(last, ids[hits], time[hits])
    return (time >= first[ids]) & (time <= last[ids])


def _windows_of_promotion(
    sales: Sales, suspects: Suspects, promotion: int, deep: Ints, thresholds: Thresholds
) -> list[Candidate]:
    carrying = sales.carrying(promotion)
    carrying = carrying[sales.dated[carrying]]
    rows = _with_same_sum(sales, suspects, carrying, deep, thresholds)
    rows = rows[np.argsort(sales.time[rows], kind="stable")]
    normal = normal_times(sales, suspects, np.unique(sales.group[rows]))
    parts = join_stragglers(split_at_pauses(sales.time[rows], normal, None, thresholds), sales.time[rows], thresholds)
    found: list[Candidate] = []
    for part in parts:
        ids = explaining_ids(sales, suspects, promotion, rows[part], thresholds)
        reached = _completed(sales, suspects, ids, rows[part], thresholds)
        found.append(Candidate(ids, reached))
    return found


def normal_times(sales: Sales, suspects: Suspects, groups: Ints) -> Ints:
    """Sorted times of the normal sales of these groups."""
    rows = sales.sold_in(groups)
    return np.sort(sales.time[rows[~suspects.any[rows]]])


def _with_same_sum(sales: Sales, suspects: Suspects, carrying: Ints, deep: Ints, thresholds: Thresholds) -> Ints:
    """All uses of an id that takes one fixed sum off: on dear goods it is shallow, but it is the same mistake.

    The sum is per unit, per line, or per order and then spread over its lines.
    """
    rows = carrying[sales.depth_known[carrying] & ~suspects.meant[carrying]]
    rows = rows[_of_the_flood(sales.time[rows], sales.time[deep], thresholds) & (sales.depth[rows] > 0)]
    if len(rows) < thresholds.few:
        return deep
    taken, depth = sales.listed[rows] - sales.paid[rows], sales.depth[rows]
    place = np.unique(sales.order[rows], return_inverse=True)[1]
    by_order = np.bincount(place, weights=taken)
    listed, units = sales.listed[rows], sales.quantity[rows]
    total = np.bincount(place, weights=listed).astype(np.float64)[place]
    sums = by_order.astype(np.float64)[place]
    ways: tuple[tuple[Floats, Floats, Floats], ...] = (
        (taken / units, depth, listed / units),
        (taken, depth, listed),
        (sums, sums / total, total),
    )
    for amount, share, price in ways:
        same = _same_amount(amount, share)
        # the same sum from different prices, or it could be a percentage
        if (
            same.mean() >= thresholds.most
            and len(np.unique(price[same & (share < 0.98)].round(2))) >= thresholds.least_orders
        ):
            return np.union1d(rows[same], deep)
    return deep


def _of_the_flood(time: Ints, deep: Ints, thresholds: Thresholds) -> Mask:
    """Uses between the first and the last deep one, and just outside where the id had no life before or after."""
    first, last, near = int(deep.min()), int(deep.max()), int(thresholds.pause_hours_least * HOUR)
    before, after = (time < first - near).any(), (time > last + near).any()
    return (time >= (first if before else first - near)) & (time <= (last if after else last + near))


def _same_amount(amount: Floats, share: Floats) -> Mask:
    """Where the usual one of the larger amounts was taken, or everything there was."""
    values, counts = np.unique(amount.round(2), return_counts=True)
    usual = values[np.argmax(np.where(values >= np.median(amount) - _CENT, counts, 0))]
    exactly = np.abs(amount - usual) <= _CENT
    if exactly.sum() < 2:
        return np.zeros(len(amount), dtype=np.bool_)
    return exactly | ((share >= 0.98) & (amount <= usual + _CENT))


def explaining_ids(
    sales: Sales, suspects: Suspects, promotion: int, rows: Ints, thresholds: Thresholds
) -> tuple[int, ...]:
    """The smallest set of ids without which these orders would be no mistake.

    Of the ids on most of the rows, the one on the fewest other sales at that time leads. Another id joins when its own
    usual discount, seen on orders that carry it alone, is what pushes the rest over the limit.
    """
    shared = _ids_on_most(sales, suspects, rows, thresholds) or [promotion]
    others = {one: _uses_elsewhere(sales, suspects, one, rows) for one in shared}
    lead = min(shared, key=lambda one: (others[one], _uses_ever(sales, one, rows), one != promotion))
    depth = float(np.nanmedian(sales.depth[rows]))
    needed = [lead]
    for one in shared:
        share = _usual_depth(sales, one, rows, shared)
        pushes = share >= thresholds.promotion_part and depth - share <= 1 - thresholds.deep_share + thresholds.rounding
        if one != lead and (pushes or _inseparable(sales, (lead, one), rows, thresholds)):
            needed.append(one)
    return tuple(sorted(needed))


def _inseparable(sales: Sales, pair: tuple[int, int], rows: Ints, thresholds: Thresholds) -> bool:
    """Whether two ids stand on all these rows and on nearly nothing else, so that nobody can say which one it was."""
    on_all = all(np.isin(rows, sales.carrying(one)).all() for one in pair)
    return on_all and all(_uses_ever(sales, one, rows) < thresholds.few for one in pair)


def _ids_on_most(sales: Sales, suspects: Suspects, rows: Ints, thresholds: Thresholds) -> list[int]:
    uses = sales.promotions
    mine = np.isin(uses.rows, rows) & suspects.gives[uses.ids]
    counts = np.bincount(uses.ids[mine], minlength=len(uses.names))
    return np.flatnonzero(counts >= max(1.0, thresholds.most * len(rows))).tolist()


def _uses_elsewhere(sales: Sales, suspects: Suspects, promotion: int, rows: Ints) -> int:
    """Normal sales in the window that carry the id, too."""
    carrying = sales.carrying(promotion)
    time = sales.time[carrying]
    inside = (time >= sales.time[rows].min()) & (time <= sales.time[rows].max())
    return int((inside & sales.sold[carrying] & ~suspects.any[carrying]).sum())


def _uses_ever(sales: Sales, promotion: int, rows: Ints) -> int:
    """Sales outside these rows that carry the id, in the whole report."""
    carrying = sales.carrying(promotion)
    return int((sales.sold[carrying] & ~np.isin(carrying, rows)).sum())


def _usual_depth(sales: Sales, promotion: int, rows: Ints, shared: list[int]) -> float:
    """The discount of an id on sales that carry none of the other suspects; 0 when there are too few to tell."""
    carrying = sales.carrying(promotion)
    company = np.concatenate([sales.carrying(one) for one in shared if one != promotion] or [carrying[:0]])
    alone = carrying[sales.depth_known[carrying] & ~np.isin(carrying, company) & ~np.isin(carrying, rows)]
    return float(np.median(sales.depth[alone])) if len(alone) >= 3 else 0.0


def _completed(sales: Sales, suspects: Suspects, ids: tuple[int, ...], rows: Ints, thresholds: Thresholds) -> Ints:
    """The rows, and those that the same ids tell although price or discount is not printed yet."""
    carrying = _carrying_all(sales, ids)
    carrying = carrying[sales.dated[carrying] & ~suspects.meant[carrying]]
    carrying = carrying[np.argsort(sales.time[carrying], kind="stable")]
    time = sales.time[carrying]
    onset, end = sales.time[rows].min(), sales.time[rows].max()
    known = sales.depth_known[carrying]
    inside = (time >= onset) & (time <= end)
    discounted = np.isin(carrying, rows)
    if not (known & inside).any() or discounted[known & inside].mean() < thresholds.most:
        return rows
    reach = thresholds.pause_hours_most * HOUR
    open_rows = ~known & ~sales.cancelled[carrying] & (sales.quantity[carrying] > 0)
    shallow = time[known & ~discounted & ~inside]
    first = max(onset - reach, shallow[shallow < onset].max(initial=np.iinfo(np.int64).min))
    last = min(end + reach, shallow[shallow > end].min(initial=np.iinfo(np.int64).max))
    told = open_rows & (time >= first) & (time <= last)
    # an id that is shallow elsewhere, too, has an ordinary life: its shallow uses in the window are ordinary
    partly = known & inside & (sales.depth[carrying] > 0) & (not len(shallow))
    together = np.union1d(rows, carrying[told | partly])
    return together[np.argsort(sales.time[together], kind="stable")]


def _carrying_all(sales: Sales, ids: tuple[int, ...]) -> Ints:
    uses = sales.promotions
    rows, counts = np.unique(uses.rows[np.isin(uses.ids, ids)], return_counts=True)
    return rows[counts == len(ids)].astype(np.int64)


def near_misses(sales: Sales, suspects: Suspects, thresholds: Thresholds) -> list[Candidate]:
    """Promotions and prices of a few days that are cheap, but not cheap enough: no candidates, yet worth a look."""
    uses = sales.promotions
    known = suspects.shallow_promotion[uses.rows] & suspects.gives[uses.ids]
    by_id = _short_lived(sales, uses.rows[known], uses.ids[known], uses.rows, uses.ids, thresholds)
    price = np.flatnonzero(suspects.shallow_price)
    by_group = _short_lived(sales, price, sales.group[price], price, sales.group[price], thresholds)
    return [Candidate((one,), rows) for one, rows in by_id] + [Candidate((), rows) for _, rows in by_group]


def _short_lived(
    sales: Sales, rows: Ints, keys: Ints, every_row: Ints, every_key: Ints, thresholds: Thresholds
) -> list[tuple[int, Ints]]:
    """Rows per key, by time, where there are some, and the key lived no longer than a mistake does."""
    count = int(every_key.max(initial=-1)) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.zeros(count, dtype=np.int64)
    np.minimum.at(first, every_key, sales.time[every_row])
    np.maximum.at(last, every_key, sales.time[every_row])
    many = np.bincount(keys, minlength=count) >= thresholds.few
    chosen = np.flatnonzero(many & (last - first < thresholds.decided_days * DAY))
    place = np.lexsort((sales.time[rows], keys))
    rows, keys = rows[place], keys[place]
    edges = np.searchsorted(keys, chosen), np.searchsorted(keys, chosen, side="right")
    return [(int(one), rows[begin:end]) for one, begin, end in zip(chosen, *edges, strict=True)]
