"""How well incidents are found: promofix and honest rivals on planted reports, in one run.

    python benchmarks/finding.py                 # seeds 100 to 104, about three minutes
    python benchmarks/finding.py --seeds 100 120 # more of them
    python benchmarks/finding.py --only promofix
    python benchmarks/finding.py --real          # real months (tests/data/real-sales): silence, planted mistakes
    python benchmarks/finding.py --early         # those months as seen at night: how soon, how many false alarms
    python benchmarks/finding.py --calibrate     # of what is said with so much confidence, how much is true
    python benchmarks/finding.py --cost [FILE…]  # CPU beside that of reading; no file: made-up and real rows

The finder was tuned on seeds 0 to 20 of `tests/planted`; nobody looked at the reports of the seeds used here. The
rivals get what helps them: alarms less than six hours apart are one incident, and a promotion is named for them where
one stands on most of the marked orders. They are dev-only (`pip install promofix[bench]`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))

from promofix_lib.charts.usual import hourly_orders
from promofix_lib.finding.sales import HOUR, Sales
from promofix_lib.finding.search import find_incidents
from promofix_lib.finding.thresholds import Thresholds
from tests.planted.early import Night
from tests.planted.incidents import INCIDENTS
from tests.planted.innocents import INNOCENTS
from tests.planted.planting import Planted, Truth, plant
from tests.planted.real import HABITS, KINDS, as_orders, months, with_habit
from tests.planted.real import planted as planted_month


@dataclass(frozen=True)
class Guess:
    """One incident as a method tells it."""

    order_ids: frozenset[str]
    onset: pd.Timestamp
    end: pd.Timestamp
    promotion_ids: frozenset[str]


def promofix(orders: pd.DataFrame) -> list[Guess]:
    """`find_incidents` as it is."""
    return [
        Guess(frozenset(f.order_ids), pd.Timestamp(f.onset), pd.Timestamp(f.end), frozenset(f.promotion_ids))
        for f in find_incidents(orders).incidents
    ]


def hourly_count(orders: pd.DataFrame) -> list[Guess]:
    """The spreadsheet rule: hours with more than three times the usual orders, and everything bought in them."""
    hours = hourly_orders(orders, ZoneInfo("UTC"))
    loud = hours.to_numpy() > np.maximum(3 * hours.groupby(hours.index.hour).transform("median").to_numpy(), 5)
    return _runs(orders, hours, loud)


def pelt(orders: pd.DataFrame) -> list[Guess]:
    """Change points of the hourly counts (ruptures: PELT for least squares, in C); loud segments are incidents."""
    import ruptures

    hours = hourly_orders(orders, ZoneInfo("UTC"))
    counts = np.sqrt(hours.to_numpy(dtype=float) + 3 / 8)
    if len(counts) < 3:
        return []
    found = (
        ruptures.KernelCPD(kernel="linear", min_size=1).fit(counts.reshape(-1, 1)).predict(pen=2 * np.log(len(counts)))
    )
    cuts = [0, *found]
    loud = np.zeros(len(hours), dtype=bool)
    for start, stop in pairwise(cuts):
        level = hours.to_numpy()[start:stop].mean()
        loud[start:stop] = stop - start <= 96 and level > 2 * hours.mean() and level > 3
    return _runs(orders, hours, loud)


def _runs(orders: pd.DataFrame, hours: pd.Series, loud: np.ndarray) -> list[Guess]:
    hour = orders["purchase_date"].dt.floor("h")
    guesses = []
    for run in np.split(np.arange(len(loud)), np.flatnonzero(np.diff(loud.astype(int))) + 1):
        if len(run) and loud[run[0]]:
            inside = (hour >= hours.index[run[0]]) & (hour <= hours.index[run[-1]])
            guesses += _guesses(orders, inside.to_numpy(dtype=bool), gap=1e9)
    return guesses


def half_of_median(orders: pd.DataFrame) -> list[Guess]:
    """Unit price below half of the SKU's median in that channel; alarms within six hours are one incident."""
    price = orders["unit_price"].astype("float64")
    keys = [orders[name].fillna("") for name in ("sku", "sales_channel", "currency")]
    cheap = price < 0.5 * price.groupby(keys).transform("median")
    return _guesses(orders, cheap.fillna(False).to_numpy(dtype=bool), least=3)


def deepest_promotion(orders: pd.DataFrame) -> list[Guess]:
    """The promotion id with the deepest median discount, if that is over half: all its orders."""
    sales = Sales(orders)
    uses = sales.promotions
    known = np.isfinite(sales.depth[uses.rows])
    if not known.any():
        return []
    depth = pd.Series(sales.depth[uses.rows][known]).groupby(uses.ids[known]).median()
    if depth.max() <= 0.5:
        return []
    mask = np.zeros(len(orders), dtype=bool)
    mask[uses.rows[uses.ids == int(depth.idxmax())]] = True
    return _guesses(orders, mask, gap=1e9, name=uses.names[int(depth.idxmax())])


def isolation_forest(orders: pd.DataFrame) -> list[Guess]:
    """Outliers by price ratio, discount, quantity and orders in the hour (scikit-learn), 2 % contamination."""
    from sklearn.ensemble import IsolationForest

    sales = Sales(orders)
    rows = np.flatnonzero(sales.sold)
    if len(rows) < 10:
        return []
    middle = pd.Series(sales.list_price[rows]).groupby(sales.group[rows]).transform("median").to_numpy()
    hour = sales.time[rows] // HOUR
    busy = pd.Series(hour).groupby(hour).transform("size").to_numpy()
    features = np.c_[sales.net_price[rows] - middle, sales.depth[rows], np.log(sales.quantity[rows]), np.log(busy)]
    odd = IsolationForest(contamination=0.02, random_state=0).fit_predict(features) < 0
    mask = np.zeros(len(orders), dtype=bool)
    mask[rows[odd & (features[:, 0] < np.log(0.5))]] = True
    return _guesses(orders, mask, least=3)


def _guesses(
    orders: pd.DataFrame, mask: np.ndarray, *, gap: float = 6.0, least: int = 1, name: str | None = None
) -> list[Guess]:
    """Marked rows as incidents, cut at pauses; the promotion is the one most of them share and few others have."""
    chosen = orders[mask].sort_values("purchase_date")
    pauses = chosen["purchase_date"].diff() > pd.Timedelta(hours=min(gap, 1e5))
    guesses = []
    for _, part in chosen.groupby(pauses.cumsum().to_numpy()):
        if part["order_id"].nunique() >= least:
            found = frozenset([name]) if name else _most_shared(orders, part)
            dates = part["purchase_date"]
            guesses.append(Guess(frozenset(part["order_id"].dropna()), dates.min(), dates.max(), found))
    return guesses


def _most_shared(orders: pd.DataFrame, part: pd.DataFrame) -> frozenset[str]:
    here = Counter(name for cell in part["promotion_ids"].dropna() for name in cell)
    everywhere = Counter(name for cell in orders["promotion_ids"].dropna() for name in cell)
    good = [name for name, count in here.items() if count >= 0.8 * len(part) and count >= 0.5 * everywhere[name]]
    return frozenset(good[:1])


METHODS: dict[str, Callable[[pd.DataFrame], list[Guess]]] = {
    "promofix": promofix,
    "hourly count rule": hourly_count,
    "PELT on hourly counts": pelt,
    "half of the SKU's median": half_of_median,
    "deepest promotion id": deepest_promotion,
    "isolation forest": isolation_forest,
}
NEEDED = {"PELT on hourly counts": "ruptures", "isolation forest": "sklearn"}


def methods(only: str | None = None) -> dict[str, Callable[[pd.DataFrame], list[Guess]]]:
    """The methods that can run here; which ones cannot is said."""
    missing = {name for name, package in NEEDED.items() if find_spec(package) is None}
    if missing and not only:
        print("left out:", ", ".join(sorted(missing)), "(pip install promofix[bench])\n")
    return {name: method for name, method in METHODS.items() if only in (None, name) and name not in missing}


class Score:
    """What a method got right, over all reports."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds = 0.0
        self.kinds: Counter[str] = Counter()

    def add(self, planted: Planted, guesses: list[Guess]) -> None:
        """Compare one report's guesses with its truth."""
        self.counts["rows"] += len(planted.orders)
        if not planted.truths:
            self.counts["clean"] += 1
            self.counts["alarmed"] += bool(guesses)
            self.kinds[planted.kind] += bool(guesses)
            return
        self.counts["surplus"] += max(len(guesses) - len(planted.truths), 0)
        everything: set[str] = set().union(*(guess.order_ids for guess in guesses))
        wanted: set[str] = set().union(*(truth.order_ids for truth in planted.truths))
        self.counts["hit"] += len(everything & wanted)
        self.counts["false"] += len(everything - wanted)
        self.counts["missed"] += len(wanted - everything)
        for truth in planted.truths:
            self._compare(planted, truth, guesses)

    def _compare(self, planted: Planted, truth: Truth, guesses: list[Guess]) -> None:
        best = max(guesses, key=lambda guess: len(guess.order_ids & truth.order_ids), default=None)
        found = best if best is not None and best.order_ids & truth.order_ids else None
        self.counts["incidents"] += 1
        self.counts["onset"] += found is not None and found.onset == truth.onset
        self.counts["end"] += found is not None and found.end == truth.end
        self.counts["named"] += found is not None and found.promotion_ids == truth.promotion_ids
        exact = found is not None and found.order_ids == truth.order_ids
        self.counts["exact"] += exact
        self.kinds[planted.kind] += not exact

    def line(self, name: str) -> str:
        """One row of the table."""
        count = self.counts
        incidents, clean = max(count["incidents"], 1), max(count["clean"], 1)
        precision = count["hit"] / max(count["hit"] + count["false"], 1)
        recall = count["hit"] / max(count["hit"] + count["missed"], 1)
        speed = self.seconds / max(count["rows"], 1) * 100_000
        shares = [count[word] / incidents for word in ("onset", "end", "exact", "named")]
        return (
            f"| {name:24} | {shares[0]:6.1%} | {shares[1]:6.1%} | {shares[2]:6.1%} | {precision:7.4f} | {recall:7.4f} "
            f"| {shares[3]:6.1%} | {count['surplus'] / incidents:6.1%} | {count['alarmed'] / clean:6.1%} "
            f"| {speed:6.2f} s |"
        )


def reports(seeds: range, kinds: list[str]) -> Iterator[Planted]:
    """The planted reports."""
    for kind in kinds:
        for seed in seeds:
            yield plant(kind, seed)


def real_reports(seeds: range) -> Iterator[Planted]:
    """Real months as they were, with a standing code in each, and with a mistake planted in each."""
    for name, sales in months().items():
        yield Planted("untouched", 0, as_orders(sales), ())
        for habit in HABITS:
            for seed in seeds:
                yield Planted(habit, seed, as_orders(with_habit(name, habit, seed)), ())
        for kind in KINDS:
            for seed in seeds:
                month = planted_month(name, kind, seed)
                ids, onset, end, promotions = month.truth()
                orders = as_orders(month.sales)
                first = frozenset(orders.loc[orders["purchase_date"] == onset, "order_id"]) & ids
                yield Planted(kind, seed, orders, (Truth(ids, first, onset, end, promotions),))


def write_real(path: Path, rows: int) -> None:
    """An All Orders report of so many real lines: the months of both shops, again and again, half a year on."""
    from benchmarks.reading import HEADER

    month = pd.concat([as_orders(sales) for sales in months().values()], ignore_index=True)
    rounds = []
    for number in range(-(-rows // len(month))):
        later = month["purchase_date"] + pd.Timedelta(days=182 * number)
        rounds.append(month.assign(purchase_date=later, order_id=f"{number}" + month["order_id"].str[1:]))
    lines = pd.concat(rounds, ignore_index=True).head(rows)
    cells = {name.replace("_", "-"): lines[name] for name in lines if name.replace("_", "-") in HEADER}
    cells |= {
        **dict.fromkeys(("amazon-order-id", "merchant-order-id"), lines["order_id"]),
        **dict.fromkeys(
            ("purchase-date", "last-updated-date"), lines["purchase_date"].dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        ),
        "promotion-ids": lines["promotion_ids"].map(lambda ids: "" if ids is pd.NA else ",".join(ids)),
        "item-status": lines["order_status"],
        "product-name": lines["sku"],
        "order-item-id": [f"{number:014d}" for number in range(rows)],
    }
    always = {"fulfillment-channel": "Merchant", "ship-service-level": "Standard", "item-tax": "0.00"}
    always |= {"ship-city": "TOWN", "ship-postal-code": "00000", "ship-country": "GB"}
    pd.DataFrame(cells, columns=HEADER).assign(**always).to_csv(path, sep="\t", index=False, lineterminator="\r\n")


def cost(files: list[Path]) -> None:
    """CPU seconds of reading a report, and of finding in it by each method."""
    from benchmarks.reading import write_report
    from promofix_lib.reports.merging import read_orders

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        if not files:
            files = [Path(folder) / name for name in ("made-up.txt", "real.txt")]
            write_report(files[0], 1_000_000)
            write_real(files[1], 360_000)
        every = methods()
        print("| report | rows | reading |", " | ".join(every), "| promofix ÷ reading |")
        print("| --- | --- | --- |", " --- |" * len(every), " --- |", sep="")
        for file in files:
            begin = time.process_time()
            orders = read_orders([file]).orders
            seconds = [time.process_time() - begin]
            for method in every.values():
                begin = time.process_time()
                method(orders)
                seconds.append(time.process_time() - begin)
            told = " | ".join(f"{one:.2f} s" for one in seconds)
            print(f"| {file.name} | {len(orders):,} | {told} | {seconds[1] / seconds[0]:.2f} |", flush=True)


def early(seeds: range) -> None:
    """How many affected orders the alarm needs, and false alarms a seller-month, on reports as they look at night."""
    needed = []
    for planted in real_reports(seeds):
        for truth in planted.truths:
            night = Night(planted.orders, planted.seed)
            mine = planted.orders[planted.orders["order_id"].isin(truth.order_ids)].drop_duplicates("order_id")
            moments = mine["purchase_date"].sort_values().tolist()
            woken = ([one for one in night.told(moment) if one.why_no_alarm() is None] for moment in moments)
            alarms = (any(set(one.order_ids) & truth.order_ids for one in found) for found in woken)
            needed.append(next((n for n, alarm in enumerate(alarms, 1) if alarm), len(moments) + 1))
    print("affected orders until the alarm:", dict(sorted(Counter(needed).items())), f"median {np.median(needed):g}")
    shops: dict[str, list[pd.DataFrame]] = {}
    for name, sales in months().items():
        shops.setdefault(name[:-8], []).append(as_orders(sales))
    watched, alarmed = 0, 0
    for parts in shops.values():
        for before, month in pairwise(parts):
            night = Night(pd.concat([before, month], ignore_index=True), 0)
            watched += 1
            alarmed += len(night.alarms(month["purchase_date"].min(), pd.Timedelta(hours=6)))
    print(f"false alarms: {alarmed} in {watched} seller-months, a look every 6 hours, what was meant respected")


def calibrate(seeds: range) -> None:
    """How much is true of what is said with so much confidence, where ten times as much is told as usual."""
    told: dict[float, list[bool]] = {}
    for planted in (*real_reports(seeds), *reports(seeds, [*INCIDENTS, *INNOCENTS])):
        wanted: set[str] = set().union(*(truth.order_ids for truth in planted.truths))
        for found in find_incidents(planted.orders, thresholds=Thresholds(expected=0.2)).incidents:
            told.setdefault(np.floor(found.confidence * 10) / 10, []).append(bool(wanted & set(found.order_ids)))
    for step, true in sorted(told.items()):
        print(f"confidence from {step:.1f}: {sum(true)} of {len(true)} true")


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seeds", nargs=2, type=int, default=[100, 105])
    ask.add_argument("--only", choices=list(METHODS))
    ask.add_argument("--real", action="store_true")
    ask.add_argument("--early", action="store_true")
    ask.add_argument("--calibrate", action="store_true")
    ask.add_argument("--cost", nargs="*", type=Path)
    options = ask.parse_args()
    if options.cost is not None:
        cost(options.cost)
        return
    if options.early or options.calibrate:
        (early if options.early else calibrate)(range(*options.seeds))
        return
    warnings.simplefilter("ignore")
    chosen = methods(options.only)
    scores = {name: Score() for name in chosen}
    seeds = range(*options.seeds)
    every = real_reports(seeds) if options.real else reports(seeds, [*INCIDENTS, *INNOCENTS])
    for planted in every:
        for name, method in chosen.items():
            begin = time.process_time()
            guesses = method(planted.orders)
            scores[name].seconds += time.process_time() - begin
            scores[name].add(planted, guesses)
    count = next(iter(scores.values())).counts
    kinds = len(KINDS) if options.real else len(INCIDENTS)
    print(
        f"{kinds} kinds of incident, seeds {options.seeds[0]} to "
        f"{options.seeds[1] - 1}: {count['incidents']} incidents, {count['clean']} clean reports, "
        f"{count['rows']:,} rows\n"
    )
    names = (
        "first|last|all|order|order|named|surplus|alarm|100,000",
        "order|order|orders|precis.|recall|right|alarms|clean|rows",
    )
    for first, row in zip(("method", ""), names, strict=True):
        print(f"| {first:24} | " + " | ".join(f"{word:>7}" for word in row.split("|")) + " |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, score in scores.items():
        print(score.line(name))
    worst = [f"{kind} {n}" for kind, n in scores[next(iter(scores))].kinds.most_common() if n]
    print("\nnot exact:", ", ".join(worst) or "none")


if __name__ == "__main__":
    main()
