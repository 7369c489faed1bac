"""A model of the office: two assistants, a seller, Amazon, and what they do to the lists, against the journal."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.case.decisions import SELLER
from promofix_lib.case.records import Answer, ExportRecord
from promofix_lib.export.sheet import COLUMNS, HIDDEN
from promofix_lib.returns.compare import TakenBack
from promofix_lib.returns.take_back import follow_up, settle
from promofix_lib.status.status import status
from tests.status_case import NOW, LooseCase, line
from tests.test_returns import answer_text
from tests.worked_list import WorkedList

TASKS = {"task": "status", "message": "message_status"}
WORDS = {"done": ("done", "Done ", "完成", "ok", "✓"), "problem": ("problem", "有问题"), "not_needed": ("n/a",)}
DRESSES = ((".xlsx", {}), (".csv", {}), (".csv", {"mark": ";", "encoding": "gb18030"}))


@dataclass
class Assistant:
    """Somebody with a copy of each list, who answers, sorts, and sends files that are read some day."""

    name: str
    lists: dict[str, WorkedList] = field(default_factory=dict)
    said: dict[tuple[str, str, str], str] = field(default_factory=dict)  # export, order, task
    sent: list[tuple[Path, dict[tuple[str, str, str], str]]] = field(default_factory=list)


class Week:
    """One random week; `truth` is kept apart from the case, from what the people really did."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random, self.folder, self.faults = random.Random(seed), folder, Counter[str]()
        self.lines = {number: line(number) for number in range(1, self.random.randint(3, 8))}
        self.case = LooseCase(list(self.lines.values()))
        self.people = [Assistant("anna"), Assistant("ben")]
        self.exports = self.files = 0
        self.read: list[tuple[Assistant, dict[tuple[str, str, str], str]]] = []
        self.settled: set[str] = set()
        self.told: set[str] = set()
        self.hand_over()
        steps = {
            self.answer: 6, self.sort: 2, self.send: 4, self.take: 3, self.take_again: 1, self.report: 1,
            self.hand_over: 1, self.amazon: 1, self.settle: 1,
        }  # fmt: skip
        for step in self.random.choices(list(steps), list(steps.values()), k=24):
            step()
        while any(person.sent for person in self.people):
            self.take()
        self.check()

    # -- what happens -------------------------------------------------------------------------------------------------

    def hand_over(self) -> None:
        """A new export: everything, or only what is new; each gets a copy of the list."""
        new = [int(name[-7:]) for name in status(self.case).to_hand_over]  # type: ignore[arg-type]
        only = new if new and self.random.random() < 0.7 else None
        self.exports += 1
        record = self.case.export(folder=f"E{self.exports}", only=only)
        for number, person in enumerate(self.people, start=1):
            if self.random.random() < 0.9:
                by_hand = self.random.random() < 0.5  # the seller copies the file: both hold copy 1
                work = WorkedList(record, 1 if by_hand else number, self.random.choice(["en", "zh-CN"]))
                work.name = person.name if by_hand and self.random.random() < 0.5 else ""
                person.lists[record.folder] = work

    def answer(self) -> None:
        """A person answers some tasks of one list; some of them not for the first time."""
        person = self.random.choice(self.people)
        if not person.lists:
            return
        export, work = self.random.choice(list(person.lists.items()))
        open_tasks = [
            (row["order_id"], task)
            for row in work.rows
            for task in TASKS
            if (export, row["order_id"], task) not in person.said
        ]
        if not open_tasks:
            return
        answered = [task[1:] for task in person.said if task[0] == export]
        changed = self.random.sample(answered, min(len(answered), self.random.choice([0, 1, 1])))
        fresh = self.random.sample(open_tasks, min(len(open_tasks), self.random.randint(1, 3)))
        for order, task in (*fresh, *changed):
            value = self.random.choice(["done", "done", "done", "problem", "not_needed"])
            work.write(order, self.random.choice(WORDS[value]), TASKS[task])
            person.said[export, order, task] = value

    def sort(self) -> None:
        """By any column, with all columns or with those that are seen."""
        person = self.random.choice(self.people)
        if person.lists:
            work = self.random.choice(list(person.lists.values()))
            left_behind = self.random.choice([(), HIDDEN, (*HIDDEN, "place")])
            by = self.random.choice(["status", "order_id", "message_status", "note"])
            columns = [name for name in COLUMNS if name not in left_behind]
            work.sort(lambda row: (row[by], row["order_id"][::-1]), columns)

    def send(self) -> None:
        """Save as something and send it; the seller reads it later, perhaps after a newer one."""
        person = self.random.choice(self.people)
        if person.lists:
            export, work = self.random.choice(list(person.lists.items()))
            self.files += 1
            ending, options = self.random.choice(DRESSES)
            name = self.random.choice([person.name, "buyers", "buyers (1)"])  # the last two tell nobody's name
            path = self.folder / str(self.files) / f"{name}{ending}"
            path.parent.mkdir(parents=True)
            work.save(path, by=self.random.choice(["", "", person.name]), **options)
            person.sent.append((path, {task: value for task, value in person.said.items() if task[0] == export}))

    def take(self) -> None:
        """Read one of the files that wait, in any order."""
        waiting = [person for person in self.people if person.sent]
        if waiting:
            person = self.random.choice(waiting)
            path, said = person.sent.pop(self.random.randrange(len(person.sent)))
            result = self.take_back(path)
            self.read.append((person, said))
            self.told |= {clash.order_id for clash in result.conflicts}
            self.faults["not understood"] += len(result.not_understood)

    def take_again(self) -> None:
        """A file that was read already."""
        waiting = {path for person in self.people for path, _ in person.sent}
        done = [path for path in sorted(self.folder.glob("*/*")) if path not in waiting]
        if done:
            before = len(self.case.written)
            self.faults["read twice, changed"] += self.take_back(self.random.choice(done)).changed
            self.faults["read twice, written"] += len(self.case.written) - before

    def take_back(self, path: Path) -> TakenBack:
        """Read a file."""
        return follow_up(self.case, [path], now=NOW + timedelta(minutes=len(self.case.written)))  # type: ignore[arg-type]

    def report(self) -> None:
        """A newer report: some are cancelled or have shipped, some are new."""
        for number in self.random.sample(sorted(self.lines), 2):
            self.lines[number]["order_status"] = self.random.choice(["Cancelled", "Shipped", "Unshipped", "Pending"])
        number = max(self.lines) + 1
        self.lines[number] = line(number)
        self.case.renew(list(self.lines.values()))

    def amazon(self) -> None:
        """A processing report for one of the uploads: some lines are refused."""
        uploads = [lines for record in self.case.journal.records(ExportRecord) for lines in record.uploads.values()]  # type: ignore[arg-type, type-var]
        if uploads:
            lines = self.random.choice(uploads)
            refused = [place for place in range(len(lines)) if self.random.random() < 0.3]
            errors = [(place + 1, int(lines[place].order_id[-7:])) for place in refused]
            path = self.folder / "amazon" / f"{len(self.case.written)}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(answer_text(errors, len(lines)), encoding="utf-8")
            self.take_back(path)

    def settle(self) -> None:
        """The seller decides a conflict."""
        clashing = [row.order_id for row in status(self.case).rows if row.conflict]  # type: ignore[arg-type]
        if clashing:
            order = self.random.choice(clashing)
            for task in TASKS:
                settle(self.case, order, task, "done", now=NOW)  # type: ignore[arg-type]
            self.settled.add(order)

    # -- what must be true --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """The journal and the status against what the people did."""
        answers: list[Answer] = self.case.journal.records(Answer)  # type: ignore[arg-type, type-var]
        written = {(one.order_id, one.field, one.value) for one in answers if one.hand != SELLER}
        really = {(order, task, value) for _, said in self.read for (_, order, task), value in said.items()}
        self.faults["lost"] += len(really - written)
        self.faults["never said"] += len(written - really)
        found, last = status(self.case), self.last()  # type: ignore[arg-type]
        for row in found.rows:
            values = last.get((row.order_id, "task"), set())
            shown = row.conflict or row.state in ("cancelled", "closed") or row.order_id in self.settled
            self.faults["undone"] += bool(values) and (row.answer not in values if not shown else row.answer == "")
            if row.next in ("upload", "upload_again") and row.order_id not in self.in_files():
                self.faults["to be uploaded, in no file"] += 1
        self.faults["conflicts unsaid"] += len(self.differing() - self.conflicting(found))
        self.faults["conflicts not told when read"] += len(self.differing() - self.told)

    def in_files(self) -> set[str]:
        """Orders that stand in a cancellation file."""
        exports: list[ExportRecord] = self.case.journal.records(ExportRecord)  # type: ignore[arg-type, type-var]
        return {one.order_id for record in exports for lines in record.uploads.values() for one in lines}

    def differing(self) -> set[str]:
        """Orders of which the two really say different things, in what was read and never settled by the seller."""
        return {order for (order, _), values in self.last().items() if len(values) > 1} - self.settled

    def last(self) -> dict[tuple[str, str], set[str]]:
        """What the people last said, by order and task."""
        last: dict[tuple[str, str], set[str]] = {}
        for person in self.people:
            for task, value in self.newest(person).items():
                last.setdefault(task, set()).add(value)
        return last

    def newest(self, person: Assistant) -> dict[tuple[str, str], str]:
        """What a person last said in the files that were read: the newest list, and in it the answers only grow."""
        files = sorted(
            (said for one, said in self.read if one is person and said),
            key=lambda said: (max(int(export[1:]) for export, _, _ in said), len(said)),
        )
        return {(order, task): value for said in files for (_, order, task), value in said.items()}

    def conflicting(self, found: Any) -> set[str]:
        """Orders shown with a conflict, and those whose conflict a newer report has settled."""
        return {row.order_id for row in found.rows if row.conflict or row.state in ("cancelled", "closed")}


def weeks(first: int, last: int, folder: Path, seconds: float = math.inf) -> dict[str, int]:
    """Faults of some random weeks; no more are begun after so many seconds."""
    faults: Counter[str] = Counter()
    end = time.monotonic() + seconds
    for seed in itertools.takewhile(lambda _: time.monotonic() < end, range(first, last)):
        faults += Week(seed, folder / str(seed)).faults
    return dict(+faults)


def test_random_weeks(tmp_path: Path):
    """No answer lost, undone or on the wrong order, no conflict unsaid, nothing to upload that is in no file."""
    assert weeks(0, 20, tmp_path) == {}


@pytest.mark.long
def test_two_thousand_random_weeks(tmp_path: Path, seconds: float):
    """The same, many more times, or as long as the long tests have."""
    assert weeks(20, 2020, tmp_path, seconds) == {}
