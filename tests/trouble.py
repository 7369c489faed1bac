"""Everything that touches a case, and a disk that fails or a process that dies at any touch.

``python -m tests.trouble FOLDER NAME FIRST STEP SECONDS`` kills the call NAME on a copy of the case in FOLDER at the
FIRST, FIRST + STEP … touch of the disk, without clean-up, as long as the seconds last, and prints what was not as it
should be afterwards.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from promofix_lib.account.account import account_of
from promofix_lib.app.travel import pack, unpack
from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.export.handover import export
from promofix_lib.incident import Incident
from promofix_lib.letters.amazon import advice_of, letters_of, record_advice
from promofix_lib.purge.removal import purge, purge_older_than, what_would_go
from promofix_lib.returns.inbox import drop_in, returned_files
from promofix_lib.returns.take_back import follow_up, settle
from promofix_lib.status.status import confirm_end, status
from tests.handed_case import NIGHT, NOW, all_orders, line, make_case, usual, victims

SHEET = "exports/2026-11-20T160000/buyers.xlsx"
KEPT = "kept/1"
RULE = Incident(promotion_ids=("P",))
LATER = NOW + timedelta(days=1)

CALLS: dict[str, Callable[[Case], object]] = {
    "add_report": lambda case: case.add_report("a.txt", all_orders([*usual(), *victims(), line(900, NIGHT)])),
    "add_reports": lambda case: case.add_reports([Path(__file__)]),
    "book": lambda case: case.book,
    "change_settings": lambda case: case.change_settings(seller_name="B"),
    "choose": lambda case: Case.choose(case.folder),
    "chosen": lambda case: case.chosen(),
    "decide": lambda case: case.decide("add", ["A/1"], "why"),
    "decisions": lambda case: case.decisions,
    "existing": lambda case: Case.existing(case.folder),
    "exports": lambda case: case.exports,
    "findings": lambda case: case.findings,
    "gravest_first": lambda case: case.gravest_first,
    "promotion_ended_at": lambda case: case.promotion_ended_at,
    "hashes": lambda case: case.hashes(),
    "incident_of": lambda case: case.incident_of(),
    "incidents": lambda case: case.incidents,
    "keys": lambda case: case.keys,
    "language": lambda case: case.language,
    "left_out": lambda case: case.left_out,
    "marketplace": lambda case: case.marketplace,
    "mask": lambda case: case.mask(RULE),
    "meant": lambda case: case.meant,
    "new_export": lambda case: case.new_export(),
    "normal_prices": lambda case: case.normal_prices,
    "once": lambda case: case.once("x", lambda: 1),
    "open": lambda case: Case.open(case.folder),
    "orders": lambda case: case.orders,
    "presets": lambda case: case.presets,
    "put_in": lambda case: case.put_in,
    "reading": lambda case: case.reading,
    "redo": lambda case: case.redo(),
    "replaced_by": lambda case: case.replaced_by,
    "reports": lambda case: case.reports,
    "revision": lambda case: case.revision,
    "save_preset": lambda case: case.save_preset("a", RULE),
    "set_rule": lambda case: case.set_rule(1, RULE),
    "settings": lambda case: case.settings,
    "sku_keys": lambda case: case.sku_keys,
    "take": lambda case: case.take(RULE),
    "take_found": lambda case: case.take_found(),
    "this_was_meant": lambda case: case.this_was_meant(1),
    "undo": lambda case: case.undo(),
    "zone": lambda case: case.zone,
}
"""Every public name of a case that reads or writes."""

JOBS: dict[str, Callable[[Case], object]] = {
    "new": lambda case: Case.open(case.folder.parent / "fresh"),
    "repr": repr,
    "status": lambda case: status(case).to_json(orders=True),
    "unpack": lambda case: unpack(case.folder.parent / "packed.zip", "other"),
    "pack": lambda case: pack(case, case.folder.parent),
    "pack_without": lambda case: pack(case, case.folder.parent, without=True),
    "follow_up": lambda case: follow_up(case, [case.folder / SHEET], now=LATER),
    "drop_in": lambda case: drop_in(case, "anna.csv", b"Order,Status\n"),
    "returned_files": returned_files,
    "settle": lambda case: settle(case, "A", "task", "done", now=LATER),
    "confirm_end": confirm_end,
    "record_advice": lambda case: record_advice(case, given_on="2026-11-21", case_id="1", text="cancel"),
    "advice_of": advice_of,
    "letters": lambda case: letters_of(case),
    "account": lambda case: account_of(case).told(),
    "purge_older_than": lambda _case: purge_older_than(30, LATER + timedelta(days=90)),
    "what_would_go": what_would_go,
    "purge": purge,
    "export": lambda case: export(case, now=LATER),
}
"""What is done with a case."""

_TOUCHES = {"open", "sqlite3.connect", "shutil.rmtree"}
_TOUCHES |= {f"os.{name}" for name in ("mkdir", "rename", "remove", "rmdir", "link", "chmod", "listdir", "scandir")}


class Disk:
    """Counts the touches of files below a folder, and does something at one of them."""

    def __init__(self) -> None:
        self.act: Callable[[str, str], None] | None = None
        self.touches = 0
        sys.addaudithook(self._heard)

    def _heard(self, event: str, told: tuple[Any, ...]) -> None:
        if self.act is None or event not in _TOUCHES or not isinstance(told[0], str | bytes | os.PathLike):
            return
        if event == "open" and not isinstance(told[2], int):
            return
        place = os.fsdecode(told[0])
        if self._root in place:
            self.touches += 1
            if self.touches == self._at:
                self.act(event, place)

    @contextmanager
    def acting(self, root: Path, at: int, act: Callable[[str, str], None]) -> Iterator[Disk]:
        """Do it at this touch."""
        self._root, self._at, self.touches, self.act = str(root), at, 0, act
        try:
            yield self
        finally:
            self.act = None


def made_pattern(folder: Path) -> Path:
    """A folder with a case that has a decision, something undone, an export, and with the case packed."""
    case = make_case(folder / "night")
    case.decide("leave_out", [KEPT], "a friend").decide("add", ["gone/1"], "x").undo()
    export(case, now=NOW)
    pack(case, folder).file.rename(folder / "packed.zip")
    return folder


def half_made(folder: Path) -> list[str]:
    """Hidden files and folders that no call should leave behind."""
    wanted = (
        ".export.lock",
        ".export.lock-journal",
        ".open",
        ".purge.json",
    )  # a purge that was cut off knows from it whom it looks for
    return sorted(path.name for path in folder.rglob(".*") if path.name not in wanted)


def swept(folder: Path) -> Case:
    """The case as it is opened the next day: what a killed process left half-made is old by then."""
    for path in (path for path in folder.rglob(".*") if not path.is_symlink()):
        os.utime(path, (1, 1))
    return Case.existing(folder / "night")


def trouble_after(folder: Path) -> str:
    """What is not as it should be when the case is opened again."""
    try:
        case = swept(folder)
        record = {entry.facts["folder"] for entry in case.journal.entries("export")}
        if case.decisions.by_hand[KEPT].reason != "a friend":
            return "a decision is lost"
        if lost := record - {path.name for path in case.exports}:
            return f"exports are lost: {lost}"
        case.decide("add", ["after/1"], "it goes on")
    except PromofixError as error:
        return f"it does not open: {error}"
    return "" if not (left := half_made(folder / "night")) else f"half made: {left}"


def main() -> None:
    """Kill one call at many touches of the disk."""
    pattern, name, first, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    work, disk = pattern.with_name(f"{pattern.name}-{name}"), Disk()
    end = time.monotonic() + float(sys.argv[5])
    for at in takewhile(lambda at: at == first or time.monotonic() < end, count(first, step)):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(pattern, work)
        os.environ["PROMOFIX_CASES"] = str(work)
        child = os.fork()
        if not child:
            with disk.acting(work, at, lambda _event, _place: os._exit(9)):
                (CALLS | JOBS)[name](Case.existing(work / "night"))
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 9:
            break
        if trouble := trouble_after(work):
            sys.stdout.write(f"{name} killed at {at}: {trouble}\n")
    sys.stdout.write(f"{name}: killed at {(at - first) // step} places\n")


if __name__ == "__main__":
    main()
