"""What one change of a case costs after 10 decisions and after 10,000, beside one row put into a bare SQLite file.

All are measured in turns, so that a slow moment of the disk strikes each alike. ``python -m benchmarks.journal``
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from promofix_lib.case.case import Case
from promofix_lib.incident import Incident

TIMES = 200
RULE = Incident(promotion_ids=("P",))

CHANGES: dict[str, Callable[[Case, int], object]] = {
    "by hand": lambda case, n: case.decide("leave_out", [f"now/{n}"], "a friend"),
    "undo": lambda case, _: case.undo(),
    "redo": lambda case, _: case.redo(),
    "rule": lambda case, n: case.set_rule(1, replace(RULE, max_quantity=n + 1)),
    "setting": lambda case, n: case.change_settings(seller_name=f"name {n}"),
    "revision": lambda case, _: case.revision,
}


def milliseconds(act: Callable[[], object]) -> float:
    """How long one call took."""
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def made(folder: Path, decisions: int) -> Case:
    """A case with so many decisions."""
    case = Case.open(folder).take(RULE)
    case.journal.keep(
        ("decision", {"action": "leave_out", "items": [f"A/{n}"], "reason": "a friend"}) for n in range(decisions)
    )
    return case


def bare(path: Path) -> Callable[[], None]:
    """One row into a bare SQLite file, opened and closed for it."""

    def insert() -> None:
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO row (text) VALUES (?)", ("x" * 120,))
        database.execute("COMMIT")
        database.close()

    database = sqlite3.connect(path)
    database.execute("CREATE TABLE row (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)")
    database.close()
    return insert


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many, insert = made(folder / "few", 10), made(folder / "many", 10_000), bare(folder / "bare.db")
        print(f"{'milliseconds':12} {'bare SQLite':>11} {'after 10':>9} {'after 10,000':>13} {'times':>6}")
        for change, act in CHANGES.items():
            turns = [
                (milliseconds(insert), milliseconds(lambda: act(few, n)), milliseconds(lambda: act(many, n)))  # noqa: B023
                for n in range(TIMES)
            ]
            raw, first, second = (statistics.median(column) for column in zip(*turns, strict=True))
            print(f"{change:12} {raw:11.2f} {first:9.2f} {second:13.2f} {second / first:6.2f}")
        print(f"opening with 10,000 decisions: {milliseconds(lambda: Case.existing(many.folder)):.0f} ms")


if __name__ == "__main__":
    main()
