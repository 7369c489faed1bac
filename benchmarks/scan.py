"""Accounts a second: one process, a pool of two, Dask with two workers, on the same made-up accounts in one run.

``python -m benchmarks.scan [ACCOUNTS] [MEGABYTES]`` (60 of 20 by default: with few, the second in which a worker
starts weighs most). Each way has a folder of its own for its results, so nobody finds what another has done. CPU is
that of all processes, those that start up included.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from promofix_lib.fleet.scan import scan
from promofix_lib.places import SAMPLE

REPORT = SAMPLE / "AllOrders-2026-11-20.txt"


class Cost(NamedTuple):
    """What one way of searching all accounts took."""

    seconds: float
    cpu: float


def make_accounts(root: Path, accounts: int, megabytes: float) -> int:
    """The sample's orders again and again, each time under other order ids, a folder an account; gives the bytes."""
    header, *lines = REPORT.read_text(encoding="utf-8").splitlines(keepends=True)
    times = max(1, round(megabytes * 1e6 / REPORT.stat().st_size))
    text = header + "".join(f"{n:03}{line[3:]}" for n in range(101, 101 + times) for line in lines)
    for number in range(accounts):
        folder = root / f"account-{number:03}"
        folder.mkdir(parents=True)
        (folder / REPORT.name).write_text(text, encoding="utf-8")
    return len(text.encode()) * accounts


def measured(act: Callable[[], object]) -> Cost:
    """Wall and CPU seconds of one call."""
    begin, before = time.perf_counter(), sum(os.times()[:4])
    act()
    return Cost(time.perf_counter() - begin, sum(os.times()[:4]) - before)


def on_dask(root: Path, out: Path) -> Cost:
    """The same on a scheduler and two workers of this machine that run already."""
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        LocalCluster(host="127.0.0.1", **options) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        before = sum(client.run(worker_cpu).values())
        cost = measured(lambda: scan(str(root), out, scheduler=cluster.scheduler_address))
        return Cost(cost.seconds, cost.cpu + sum(client.run(worker_cpu).values()) - before)


def worker_cpu() -> float:
    """CPU seconds of the process in which it is called."""
    return sum(os.times()[:2])


def largest_child() -> float:
    """Megabytes that the largest ended child held at its peak."""
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def main() -> None:
    """Print the table and the arithmetic."""
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    megabytes = float(sys.argv[2]) if len(sys.argv) > 2 else 20
    Path(".cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=".cache") as name:  # no commit takes along what a killed run leaves
        folder = Path(name)
        root = folder / "in"
        size = make_accounts(root, accounts, megabytes) / 1e6
        ways: dict[str, Callable[[], object]] = {
            "one process": lambda: scan(str(root), folder / "one", workers=1),
            "pool of 2": lambda: scan(str(root), folder / "two", workers=2),
        }
        costs = {way: measured(act) for way, act in ways.items()}
        memory = largest_child()
        costs["Dask, 2 workers"] = on_dask(root, folder / "dask")
        again = measured(lambda: scan(str(root), folder / "two", workers=2))
    print(f"{accounts} accounts, {size:.0f} MB in all, {os.cpu_count()} cores")
    for way, cost in costs.items():
        print(f"{way:16} {cost.seconds:7.1f} s {accounts / cost.seconds:6.2f} accounts/s {cost.cpu:7.1f} s CPU")
    one, pool, dask = costs.values()
    print(
        f"two workers are {one.seconds / pool.seconds:.2f} times one; Dask takes {dask.cpu / pool.cpu:.2f} of their CPU"
    )
    print(f"the same again, nothing changed: {again.seconds:.1f} s; a worker held at most {memory:.0f} MB")
    rate = size / one.cpu
    hours = 1_000 * 1_000 / rate / 3600
    print(f"one core reads and searches {rate:.0f} MB a second: 1,000 accounts of 1 GB are {hours:.1f} core hours,")
    print(f"{hours / 2:.1f} hours on 2 cores, {hours * 60 / 64:.0f} minutes on a cluster of 64")


if __name__ == "__main__":
    main()
