"""The journal keeps what was acknowledged: through kills, processes at once, damage, and a purge."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.case.case import Case
from promofix_lib.case.decisions import Story
from promofix_lib.case.journal import Journal
from promofix_lib.case.records import (
    Advice,
    Answer,
    Cancellation,
    Decision,
    Entry,
    ExportRecord,
    HandedItem,
    Returned,
    UploadAnswer,
)
from promofix_lib.errors import CaseError
from promofix_lib.incident import Incident
from promofix_lib.plain import Record
from promofix_lib.say import told

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path, lambda: NOON)
    made.create()
    return made


def again(journal: Journal) -> Journal:
    return Journal(journal.path.parent, lambda: NOON)


RECORDS: list[Record] = [
    ExportRecord(
        "2026-11-23T120000",
        NOON,
        2,
        True,
        (HandedItem("A/1", "A/S/1", "A", "cancel", 2),),
        {"order-cancellation.txt": (Cancellation("A", "PricingError", "", ("A/1",)),)},
        ("B",),
        {"m1": ("A", "held", told("say.orders", n=2)), "m2": ("B", "none", None)},
        {"C": told("say.list_of", what=("a", NOON))},
        {"r1": ("A", {"status": "To do"})},
        {"buyers.xlsx": "ab"},
        ("A/1",),
    ),
    ExportRecord("empty", NOON),
    Answer("A", "task", "done", "", "Li", "buyers.xlsx", "2026-11-23T120000", "2", NOON),
    UploadAnswer("e", "f", "p.txt", "cd", NOON, ("A/1",), (("B", ("B/1",), "8541", "shipped"),), (told("x"),)),
    Returned("buyers.xlsx", "ab", "todo", NOON),
    Advice("2026-11-20", "1234567890", "Cancel."),
    Decision("take", 1, Incident(promotion_ids=("P",), end=NOON)),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: type(one).__name__)
def test_a_record_comes_back_as_it_was(journal: Journal, record: Record):
    """Also its sentences, which are worded where they are shown."""
    journal.keep([record], hand="assistant")
    assert again(journal).records(type(record)) == (record,)
    assert json.loads(json.dumps(record.to_json())) == record.to_json()


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("made_at", "2026-11-23T12:00:00", "made_at: should be a time with its zone"),
        ("draft", "no", "draft: should be true or false, found 'no'"),
        ("items", [{"key": "A"}], r"items\[0\]\.sku_key: should be there"),
        ("messages", {"m": ["A", "posted", None]}, r"messages\.m\[1\]: should be one of written, held, none"),
        ("messages", {"m": ["A"]}, r"messages\.m: should be a list"),
        ("withheld", {"A": "because"}, r"withheld\.A: should be a sentence"),
        ("colour", 1, "colour: should be a name"),
    ],
)
def test_a_record_with_another_type_is_refused(place: str, value: Any, words: str):
    """With the place in it, and what was found."""
    with pytest.raises(CaseError, match=words):
        ExportRecord.from_json(RECORDS[0].to_json() | {place: value})


def test_many_entries_are_all_written_or_none(journal: Journal):
    """One that cannot be kept takes the others with it; who, when and in which order are kept."""
    with pytest.raises(TypeError):
        journal.keep([("answer", {"n": 1}), ("answer", {"n": {1, 2}})])
    assert journal.entries() == again(journal).entries() == ()
    journal.keep([("answer", {"n": n}) for n in range(1000)], hand="assistant")
    rows = again(journal).entries("answer")
    assert [row.facts["n"] for row in rows] == list(range(1000))
    assert {(row.hand, row.at) for row in rows} == {("assistant", NOON)}
    assert journal.revision == rows[-1].id == 1000


def test_a_row_that_makes_no_sense_is_not_written(journal: Journal):
    """It is refused before it is in the file, so that the case opens afterwards."""
    for kind, facts in (("settings", {"promotion_ended": "no"}), ("decision", {"action": "undo", "of": 7})):
        with pytest.raises(CaseError, match=r"case\.db, entry 1"):
            journal.add(kind, facts)
    assert again(journal).entries() == ()


def test_a_row_that_was_changed_by_hand_is_named(journal: Journal):
    """File, entry, what was found; nothing of it is used, and reading it twice says it twice."""
    journal.add("settings", {"seller_name": "Lumen"})
    journal.add("settings", {"promotion_ended": False})
    with sqlite3.connect(journal.path) as database:
        database.execute("""UPDATE entry SET facts = '{"promotion_ended": "no"}' WHERE id = 2""")
    database.close()
    for reader in (journal, again(journal)):
        for _ in range(2):
            with pytest.raises(CaseError, match=r"case\.db, entry 2: .*promotion_ended: .* found 'no'"):
                _ = reader.state.settings


@pytest.mark.parametrize("text", ["{", "[]", "7", "null", '{"reports":'])
@pytest.mark.parametrize("kind", ["settings", "decision", "report", "preset"])
def test_no_row_makes_a_traceback(journal: Journal, kind: str, text: str):
    """Whatever stands there instead."""
    journal.add("settings", {"seller_name": "Lumen"})
    with sqlite3.connect(journal.path) as database:
        database.execute("UPDATE entry SET kind = ?, facts = ?", (kind, text))
    database.close()
    with pytest.raises(CaseError, match="entry 1"):
        again(journal).check()


def test_damage_anywhere_in_the_file_is_said_or_harmless(journal: Journal):
    """Bytes overwritten, pages zeroed, the file cut off: one sentence, or all rows as they were; never half."""
    journal.keep([("answer", {"n": n, "text": "x" * 50}) for n in range(400)])
    whole, rows = journal.path.read_bytes(), journal.entries()
    chance = random.Random(18)
    said = 0
    for turn in range(150):
        bad = bytearray(whole)
        if turn % 3 == 0:
            del bad[chance.randrange(len(bad)) :]
        else:
            first = chance.randrange(len(bad))
            bad[first : first + 64] = bytes(64) if turn % 3 == 1 else chance.randbytes(64)
        journal.path.write_bytes(bad)
        reader = again(journal)
        try:
            reader.check()
            found = reader.entries()
        except CaseError as error:
            said += 1
            assert "case.db" in str(error)  # noqa: PT017 - some damage hits free space and is none
        else:
            assert len(found) == len(rows)
    assert said > 75


def test_a_newer_journal_is_not_touched(journal: Journal):
    """An older promofix does not throw away what a newer one wrote."""
    with sqlite3.connect(journal.path) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    before = journal.path.read_bytes()
    for act in (journal.check, journal.entries, lambda: journal.add("advice", {})):
        with pytest.raises(CaseError, match=r"newer promofix \(format 7; this one knows 1\)\. Update promofix"):
            act()
    assert journal.path.read_bytes() == before


def test_another_file_in_its_place_is_read_anew(journal: Journal, tmp_path: Path):
    """A backup put back, a synchronised copy: what was remembered of the old one does not count."""
    journal.add("advice", {"text": "old"})
    (tmp_path / "other").mkdir()
    other = Journal(tmp_path / "other", lambda: NOON)
    other.create()
    other.keep([("advice", {"text": "new"}), ("advice", {"text": "newer"})])
    journal.path.write_bytes(other.path.read_bytes())
    assert [row.facts["text"] for row in journal.entries()] == ["new", "newer"]


def test_a_journal_made_by_two_at_once_is_one(journal: Journal):
    """The second finds the first one's and leaves it."""
    journal.add("advice", {"text": "kept"})
    journal.create()
    assert [row.facts["text"] for row in again(journal).entries()] == ["kept"]
    assert [path.name for path in journal.path.parent.iterdir()] == ["case.db"]


def test_it_is_closed_after_each_call_and_never_in_wal_mode(journal: Journal):
    """Windows moves no open file, and a synchronised folder knows one file only."""
    journal.add("advice", {})
    assert [path.name for path in journal.path.parent.iterdir()] == ["case.db"]
    database = sqlite3.connect(journal.path)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    database.close()


def test_cleaning_leaves_nothing_of_the_old_text_in_the_file(journal: Journal):
    """Not in a row, not on a freed page; another process reads the new text, and undo still works."""
    reader = again(journal)
    journal.keep(
        ("decision", {"action": "leave_out", "items": [f"A/{n}"], "reason": f"Ada Example is a friend {n}"})
        for n in range(200)
    )
    journal.add("advice", {"text": "the last row has no name in it"})
    assert "Ada Example" in reader.state.decisions.by_hand["A/0"].reason

    def without(_kind: str, facts: Any) -> Any:
        return json.loads(json.dumps(facts).replace("Ada Example", "[removed]"))

    assert journal.clean(without, {"files": 3}) == 200
    assert b"Ada Example" not in journal.path.read_bytes()
    assert reader.state.decisions.by_hand["A/0"].reason == "[removed] is a friend 0"
    assert (reader.entries("cleaned")[0].facts, reader.revision) == ({"files": 3, "rows": 200}, 202)


def test_a_busy_file_is_said(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    """Another program holds it: nothing was changed, what to do."""
    monkeypatch.setattr("promofix_lib.case.journal._WAIT", 0.05)
    database = sqlite3.connect(journal.path, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CaseError, match="another program has held this file"):
        journal.add("advice", {})
    database.close()
    journal.add("advice", {})


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_READONLY, "may not write here"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk did not answer"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
    ],
)
def test_trouble_at_any_step_of_a_write_changes_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, code: int, words: str
):
    """Whichever statement fails: the sentence comes, the rows are as before, and the next write works."""
    journal.add("advice", {"text": "first"})
    connect = sqlite3.connect
    for step in range(1, 8):
        left = [step]

        class Failing(sqlite3.Connection):
            def execute(self, *given: Any) -> Any:
                left[0] -= 1  # noqa: B023 - each turn has its own
                if not left[0]:  # noqa: B023
                    error = sqlite3.OperationalError("broken")
                    error.sqlite_errorcode = code
                    raise error
                return super().execute(*given)

        def broken(*given: Any, **more: Any) -> Any:
            return connect(*given, factory=Failing, **more)

        monkeypatch.setattr(sqlite3, "connect", broken)
        with pytest.raises(CaseError, match=words):
            journal.add("advice", {"text": "second"})
        monkeypatch.undo()
        assert [row.facts["text"] for row in journal.entries()] == ["first"]
    journal.add("advice", {"text": "second"})
    assert len(again(journal).entries()) == 2


_DECIDING = """
import sys
from pathlib import Path
from promofix_lib.case.case import Case
name, count = sys.argv[2], int(sys.argv[3])
case = Case.existing(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(count):
    case.decide("leave_out" if n % 3 else "add", [f"{name}/{n}"], "because")
    if n % 10 == 9:
        case.undo().redo()
    print(n, flush=True)
"""


def deciding(case: Case, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _DECIDING, str(case.folder), name, str(count)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


def test_three_processes_decide_at_once_and_none_is_lost_or_refused(tmp_path: Path):
    """Undo and redo among them take back and give again; the page that looks on sees all of it."""
    case = Case.open(tmp_path / "night")
    processes = [deciding(case, name, 30) for name in "ABC"]
    for process in processes:
        begin(process)
    seen = [case.revision]
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert (process.returncode, out.split()) == (0, [str(n) for n in range(30)])
        seen.append(case.revision)
    made = [row for row in case.journal.entries("decision") if row.facts["action"] not in ("undo", "redo")]
    assert sorted(row.facts["items"][0] for row in made) == sorted(f"{name}/{n}" for name in "ABC" for n in range(30))
    assert seen == sorted(seen)
    assert case.decisions.by_hand.keys() == Case.existing(case.folder).decisions.by_hand.keys()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.long)])
def test_what_was_acknowledged_before_a_kill_is_there(tmp_path: Path, kills: int):
    """Killed in the middle of writing, again and again: every decision that came back is kept, and the case opens."""
    case, chance = Case.open(tmp_path / "night"), random.Random(3)
    for turn in range(kills):
        process = deciding(case, f"T{turn}", 100_000)
        begin(process)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(chance.randrange(1, 12))]
        time.sleep(chance.random() / 200)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=60)
        acknowledged = int([*lines, *rest.split("\n")[:-1]][-1])
        again = Case.existing(case.folder)
        kept = {row.facts["items"][0] for row in again.journal.entries("decision") if row.facts.get("items")}
        assert {f"T{turn}/{n}" for n in range(acknowledged + 1)} <= kept
        again.decide("add", [f"after/{turn}"], "it goes on")


def test_threads_of_one_kernel_share_a_case(tmp_path: Path):
    """Widgets answer from several threads."""
    case = Case.open(tmp_path / "night")
    failed: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for n in range(20):
                case.decide("add", [f"{name}/{n}"], "because")
        except BaseException as error:  # noqa: BLE001 - it is looked at below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ABC"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(case.decisions.by_hand) == 60


def test_a_decision_reads_no_row_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """After 2,000 decisions as after none: what was taken in once is not asked for again."""
    case = Case.open(tmp_path / "night")
    case.journal.keep([("decision", {"action": "add", "items": [f"A/{n}"]}) for n in range(2000)])
    case = Case.existing(case.folder)
    taken: list[Entry] = []
    take_in = Story.apply
    monkeypatch.setattr(Story, "apply", lambda story, entry: (taken.append(entry), take_in(story, entry))[1])
    case.decide("leave_out", ["A/7"], "a friend").undo().redo()
    assert len(taken) == 3


def test_what_is_read_while_it_is_still_is_of_one_moment(tmp_path: Path):
    """What others write comes in afterwards; what is written inside counts at once."""
    case = Case.open(tmp_path / "night")
    other = Case.existing(case.folder)
    with case.journal.still():
        other.decide("add", ["A/1"], "by another notebook")
        assert not case.decisions.by_hand
    assert set(case.decisions.by_hand) == {"A/1"}
    with case.journal.still():
        case.decide("add", ["A/2"], "by this one")
        assert set(case.decisions.by_hand) == {"A/1", "A/2"}
