"""A case of promofix 0.1 goes on where it stood; one that was edited by hand is refused whole, with the place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.case.case import Case
from promofix_lib.case.records import Advice, Answer, ExportRecord, Returned, UploadAnswer
from promofix_lib.case.takeover import taken_over
from promofix_lib.errors import CaseError
from tests.handed_case import all_orders, new_orders, order_id, usual, victims
from tests.test_case import said

OLD = Path(__file__).parent / "data" / "case-0.1"
EXPORT = "2026-11-20T160000"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copytree(OLD, tmp_path / "night")
    return tmp_path / "night"


def edited(folder: Path, place: tuple[Any, ...], value: Any, file: str = "case.json") -> None:
    """Change one place of a file as a hand would."""
    record = json.loads((folder / file).read_text(encoding="utf-8"))
    inside = record
    for step in place[:-1]:
        inside = inside[step]
    if value is KeyError:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    (folder / file).write_text(json.dumps(record), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def item(number: int) -> str:
    return f"{order_id(number)}/{number:014d}"


def test_everything_of_the_old_case_is_there(old: Path):
    """Settings, the rule as adjusted, orders by hand with reasons, what was undone, presets, advice."""
    (old / "reports").mkdir()
    (old / "reports" / "AllOrders-1.txt").write_bytes(all_orders([*usual(), *victims()]))
    (old / "reports" / "NewOrders-1.txt").write_bytes(new_orders(victims()))
    case = Case.open(old)
    (one,) = case.incidents
    assert (one.number, one.taken, one.found.max_quantity, one.rule.max_quantity) == (1, True, None, 5)
    assert (case.left_out, case.put_in) == ({item(1): "a friend of ours"}, {item(99): "same code"})
    assert case.redo().left_out == {item(1): "a friend of ours", item(2): "staff"}
    assert case.undo().undo().put_in == {}
    assert case.language == "zh-CN"
    assert case.settings.promotion_ended
    assert case.promotion_ended_at is not None
    assert case.promotion_ended_at.astimezone(UTC) == datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    assert case.settings.own_prices[0].price == Decimal("58.99")
    assert case.presets["only US"].ship_countries == ("US",)
    assert case.journal.records(Advice) == (Advice("2026-11-20", "1234567890", "Cancel all affected orders."),)
    assert int(case.chosen().sum()) == 11


def test_what_was_undone_last_is_redone_first(old: Path):
    """As it was in the old case."""
    earlier = {"action": "add", "at": "2026-11-20T15:00:00+00:00", "items": [item(50)], "reason": "earlier"}
    undone = json.loads((old / "case.json").read_text(encoding="utf-8"))["decisions"]["undone"]
    edited(old, ("decisions", "undone"), [*undone, earlier])
    case = Case.open(old)
    assert said(case.redo(), "add") == {item(99): "same code", item(50): "earlier"}
    assert said(case.redo(), "leave_out") == {item(1): "a friend of ours", item(2): "staff"}


def test_what_was_handed_out_and_answered_is_there(old: Path):
    """The export with its items and uploads, the assistant's answers, Amazon's report; each file read is remembered."""
    journal = Case.open(old).journal
    (export,) = journal.records(ExportRecord)
    assert (export.folder, len(export.items), len(export.uploads["order-cancellation.txt"])) == (EXPORT, 11, 8)
    assert (export.round, export.draft, len(export.requests)) == (1, False, 1)
    assert [(one.order_id, one.field, one.value) for one in journal.records(Answer)] == [
        (order_id(3), "task", "done"),
        (order_id(3), "message", "done"),
        (order_id(4), "task", "problem"),
        (order_id(4), "message", "problem"),
        (order_id(5), "task", "todo"),
    ]
    assert {one.export for one in journal.records(Answer)} == {EXPORT}
    (amazon,) = journal.records(UploadAnswer)
    assert (len(amazon.accepted), [one[2] for one in amazon.refused]) == (7, ["8541"])
    assert [one.file for one in journal.records(Returned)] == ["buyers.xlsx", "processing.txt"]
    assert [entry.facts["text"] for entry in journal.entries("log_conflict")] == ["row 7: two answers"]


def test_a_number_that_is_judged_by_no_more_is_dropped(old: Path):
    """A seller who had moved one of the finder's old numbers opens the case without it; the others stay moved."""
    edited(old, ("settings", "thresholds"), {"flood_chance": 0.5, "same_level": 0.1, "least_orders": 4})
    assert Case.open(old).settings.thresholds == {"least_orders": 4}


def test_the_old_file_is_kept_aside(old: Path):
    """Under another name, byte for byte, and a second opening finds nothing to do."""
    before = (old / "case.json").read_bytes()
    revision = Case.open(old).revision
    assert (old / "case-0.1.json").read_bytes() == before
    assert not (old / "case.json").exists()
    again = Case.open(old)
    assert (again.revision, again.warnings) == (revision, ())


def test_cut_off_before_the_old_file_was_put_aside_it_is_done_then(old: Path):
    """The journal stands, so the old file only gets its other name."""
    content = (old / "case.json").read_bytes()
    revision = Case.open(old).revision
    (old / "case-0.1.json").rename(old / "case.json")
    assert Case.open(old).revision == revision
    assert (old / "case-0.1.json").read_bytes() == content


def test_an_old_promofix_that_wrote_afterwards_is_told(old: Path):
    """Its decisions are in no journal: they are neither lost nor mixed in."""
    Case.open(old)
    (old / "case.json").write_text("{}", encoding="utf-8")
    (warning,) = Case.open(old).warnings
    assert "an older promofix wrote into this file" in warning.text("en")
    assert (old / "case.json").exists()


DONE = ("decisions", "done")
BY_HAND = [
    (("version",), "1", "version: should be a whole number, found '1'"),
    (("version",), 2, "newer promofix .*Update promofix"),
    (("format",), "other", "format"),
    (("reports",), [], "makes no sense"),
    (("reports", "AllOrders-1.txt"), 7, "sha256: should be a text, found 7"),
    (("settings",), None, "makes no sense"),
    (("settings", "colour"), "red", r"settings\.colour: should be a name that this promofix knows"),
    (("settings", "language"), "xx", r"settings\.language: should be one of en, zh-CN, found 'xx'"),
    (("settings", "cancel_reason"), "Mistake", r"settings\.cancel_reason: should be one of PricingError"),
    (("settings", "promotion_ended"), "no", r"settings\.promotion_ended: should be true or false, found 'no'"),
    (("settings", "promotion_ended_at"), "last night", r"settings\.promotion_ended_at: should be a time"),
    (("settings", "shipped_choice"), "burn", r"settings\.shipped_choice: should be one of , keep, return, refunded"),
    (("settings", "batch_size"), -3, r"settings\.batch_size: should be a number, zero or more"),
    (("settings", "overruled"), ["emoji"], r"settings\.overruled: should be names with values"),
    (("settings", "texts", "cancelled.en"), None, r"settings\.texts\.cancelled\.en: should be a text"),
    (("settings", "thresholds", "luck"), 1, r"settings\.thresholds\.luck: should be a name"),
    (("settings", "thresholds", "least_orders"), "3", r"settings\.thresholds\.least_orders: should be a number"),
    (("settings", "normal_prices"), {}, r"settings\.normal_prices: should be a list"),
    (("settings", "normal_prices", 0, "price"), "58,99", r"settings\.normal_prices\[0\]\.price: should be an amount"),
    (("settings", "normal_prices", 0, "price"), "0", r"settings\.normal_prices\[0\]\.price: should be an amount"),
    (("settings", "normal_prices", 0, "sku"), KeyError, r"settings\.normal_prices\[0\]\.sku: should be there"),
    (("settings", "normal_prices", 0, "sku"), "", r"settings\.normal_prices\[0\]\.sku: should be there"),
    (("settings", "costs", "HP-BT700", "stock"), "ten", r"settings\.costs\.HP-BT700\.stock: should be an amount"),
    (("settings", "costs", "HP-BT700", "stock"), 1.5, r"settings\.costs\.HP-BT700\.stock: should be an amount"),
    (("settings", "costs", "HP-BT700", "rent"), "1", r"settings\.costs\.HP-BT700\.rent: should be a name"),
    (("settings", "usual_orders_per_day"), float("nan"), r"settings\.usual_orders_per_day: should be a number"),
    ((*DONE, 0, "action"), "explode", "action: should be one of take, untick"),
    ((*DONE, 0, "at"), "2026-11-20T16:00:00", "at: should be a time with its zone"),
    ((*DONE, 1, "rule", "max_quantity"), "5", r"rule\.max_quantity: should be a whole number"),
    ((*DONE, 1, "rule", "colour"), "red", r"rule\.colour: should be a name"),
    ((*DONE, 2, "items", 0), 7, r"items\[0\]: should be a text"),
    (("presets", "only US"), "US", "rule: should be names with values"),
    (("log", 0, "text"), 3, "text: should be a text"),
]


@pytest.mark.parametrize(("place", "value", "words"), BY_HAND, ids=lambda one: str(one)[:40])
def test_a_case_edited_by_hand_is_refused_with_the_place(old: Path, place: tuple[Any, ...], value: Any, words: str):
    """One sentence: file, place, what was found, what to do; nothing in the folder is touched."""
    edited(old, place, value)
    before = contents(old)
    with pytest.raises(CaseError, match=f"(?s)case\\.json.*{words}") as told:
        Case.open(old)
    assert contents(old) == before
    assert "\n" not in told.value.text("zh-CN")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"x"', "\x00" * 40, "{}", "[" * 100_000])
def test_a_case_file_that_is_none_is_refused(old: Path, text: str):
    """Cut off, empty, full of zeros, another thing altogether."""
    (old / "case.json").write_text(text, encoding="utf-8")
    with pytest.raises(CaseError, match=r"(?s)case\.json: .*take the file from a backup"):
        Case.open(old)
    assert not (old / "case.db").exists()


def places(record: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = record.items() if isinstance(record, dict) else enumerate(record[:1]) if isinstance(record, list) else ()
    for step, inside in steps:
        yield (*path, step)
        yield from places(inside, (*path, step))


@pytest.mark.parametrize("file", sorted(path.relative_to(OLD).as_posix() for path in OLD.rglob("*.json")))
def test_no_place_of_an_old_file_makes_a_traceback(old: Path, file: str):
    """Every field (of a list the first), replaced by three other things or taken away: rows, or one sentence."""
    original = (old / file).read_text(encoding="utf-8")
    for place in places(json.loads(original)):
        for value in (None, "no", [["x"]], KeyError):
            edited(old, place, value, file)
            try:
                assert len(taken_over(old)) > 10
            except CaseError as error:
                assert Path(file).name in str(error)  # noqa: PT017 - the sentence, not only its kind
            (old / file).write_text(original, encoding="utf-8")
