"""A watched folder: each report is read once, each incident gives one alarm, early, and never the same twice."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from promofix_lib.app import cli
from promofix_lib.errors import CaseError
from promofix_lib.finding.findings import Findings
from promofix_lib.finding.search import find_incidents
from promofix_lib.fleet import watch as watching
from promofix_lib.fleet.alarms import STATE_NAME, State, alarm_text, end_link, send
from promofix_lib.fleet.looking import Look
from promofix_lib.fleet.rows import row_of
from promofix_lib.fleet.watch import Round, Watch
from promofix_lib.orders import order_table
from promofix_lib.places import SAMPLE
from promofix_lib.reports.report import Reading
from tests.test_detection import night as wrong_night
from tests.test_detection import sale, usual

ALL_ORDERS = SAMPLE / "AllOrders-2026-11-20.txt"
TRUTH = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))


def until(moment: datetime) -> str:
    """The sample's report as Amazon would have given it at a moment."""
    header, *lines = ALL_ORDERS.read_text(encoding="utf-8").splitlines(keepends=True)
    place = header.rstrip("\r\n").split("\t").index("purchase-date")
    return header + "".join(line for line in lines if datetime.fromisoformat(line.split("\t")[place]) <= moment)


@pytest.fixture(scope="module")
def night() -> list[Round]:
    """The incident night, watched through reports of every two hours."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder, onset = Path(name), datetime.fromisoformat(TRUTH["onset"])
        rounds = []
        for number in range(-2, 5):
            moment = onset + timedelta(hours=2 * number, minutes=20)
            (folder / f"AllOrders-{moment:%Y-%m-%dT%H%M}.txt").write_text(until(moment), encoding="utf-8")
            rounds.append(Watch(folder).round())
        return rounds


def test_a_whole_night_gives_one_alarm(night: list[Round]):
    """Reports every two hours through the night: one alarm, then growth."""
    assert sum(len(round.alarms) for round in night) == 1
    assert [len(round.alarms) for round in night][2] == 1, "in the first report that shows the mistake"
    assert any(round.updates for round in night[3:])


def test_the_alarm_names_the_promotion_to_end(night: list[Round]):
    """The alarm says since when, how many orders, which promotion to end and where."""
    (alarm,) = [one for round in night for one in round.alarms]
    text = alarm_text(alarm)
    assert TRUTH["promotion_ids"][0] in text
    assert "https://sellercentral.amazon.com/promotions" in text
    assert alarm.found.onset.isoformat() == TRUTH["onset"]


def test_the_link_and_the_clock_are_those_of_the_marketplace_that_was_hit_most():
    """Nineteen orders in Germany, one in Canada by a SKU whose name comes first: Berlin's clock and Germany's page."""
    there = {"sales_channel": "Amazon.de", "currency": "EUR"}
    here = {"sales_channel": "Amazon.ca", "currency": "CAD", "sku": "AA"}
    rows = usual(**there) + [sale(5 * n, 2000 + n, **here) for n in range(144)] + wrong_night(19, **there)
    rows += wrong_night(1, start=400.2, first=7000, **here)
    (found,) = find_incidents(order_table(rows)).incidents
    assert found.orders == 20
    assert end_link(found) == "https://sellercentral.amazon.de/promotions/manage"
    assert "(Europe/Berlin)" in found.sentence.text("en")
    row = row_of("a", Look(Reading(order_table(rows), (), ()), Findings((found,), ())), [ALL_ORDERS])
    assert row.since_text() == "2026-03-17 17:00 (Europe/Berlin)"


def test_the_day_of_a_scan_is_that_of_the_clock_beside_it():
    """Ten at night in Los Angeles is the next day in London: the small chart draws it where *since* says."""
    orders = order_table(usual() + wrong_night(12, start=413))
    look = Look(Reading(orders, (), ()), find_incidents(orders))
    row = row_of("a", look, [ALL_ORDERS])
    assert row.since_text() == "2026-03-17 22:00 (America/Los Angeles)"
    assert [day for day, _, hit in row.days if hit] == ["2026-03-17"]
    quiet = row_of("b", Look(Reading(order_table(usual()), (), ()), Findings((), ())), [ALL_ORDERS])
    assert (quiet.days[0], quiet.days[-1][0]) == (("2026-02-28", 2, 0), "2026-03-30")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    shutil.copy(ALL_ORDERS, tmp_path / "in")
    return tmp_path / "in"


def once(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict]:
    status = cli.run(["watch", str(folder), "--once", "--json", *more])
    return status, json.loads(capsys.readouterr().out)


def test_one_round_by_command(folder: Path, capsys: pytest.CaptureFixture[str]):
    """`watch --once --json` tells an incident once: exit 1, then 0."""
    status, first = once(folder, capsys)
    assert status == 1
    assert [(one["id"], one["new"], one["orders"]) for one in first["alarms"]] == [("1", True, 300)]
    assert [Path(path).name for path in first["checked"]] == [ALL_ORDERS.name]
    nothing = {key: [] for key in ("checked", "alarms", "updates", "worth_a_look", "failed")}
    assert once(folder, capsys) == (0, {**nothing, "known": 1})


def test_this_was_meant_silences_the_cause(folder: Path, capsys: pytest.CaptureFixture[str]):
    """After `meant` the same promotion gives no alarm, also when another report brings it again."""
    once(folder, capsys)
    assert cli.run(["meant", str(folder / STATE_NAME), "1"]) == 0
    capsys.readouterr()
    (folder / "again.txt").write_text(until(datetime.fromisoformat(TRUTH["end"])), encoding="utf-8")
    assert once(folder, capsys)[1]["alarms"] == []
    assert cli.run(["meant", str(folder), "9"]) == 2
    assert "1" in capsys.readouterr().err


def test_a_broken_file_is_named_and_the_rest_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]):
    """A file that is no report is named each time; the incident beside it is found."""
    (folder / "notes.txt").write_text("hello\nworld\n", encoding="utf-8")
    status, answer = once(folder, capsys)
    assert (status, len(answer["alarms"])) == (1, 1)
    assert [Path(one["path"]).name for one in answer["failed"]] == ["notes.txt"]
    assert cli.run(["watch", str(folder), "--once"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Nothing new: 0 files were read; incidents known before: 1.")
    assert said.count("notes.txt") == 1


def test_nothing_could_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Exit 2 where no file could be read; 0 where there is none yet."""
    assert once(tmp_path, capsys)[0] == 0
    (tmp_path / "notes.txt").write_text("hello\nworld\n", encoding="utf-8")
    assert once(tmp_path, capsys)[0] == 2
    assert cli.run(["watch", str(tmp_path / "gone"), "--once"]) == 2
    assert "gone" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a.txt.part", "a.crdownload", "a.download", "a.tmp", "~$a.xlsx", ".a.txt"])
def test_a_file_that_is_still_written_is_left_alone(tmp_path: Path, name: str):
    """A download that still runs is not read, and not remembered."""
    (tmp_path / name).write_text("hello", encoding="utf-8")
    assert Watch(tmp_path).round() == Round()


def test_the_running_watch_reads_each_file_once(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """A report that arrives is read; those that were there are not read again."""
    read: list[str] = []
    plain = watching.read_narrow
    monkeypatch.setattr(watching, "read_narrow", lambda path: (read.append(path.name), plain(path))[1])
    monkeypatch.setattr(watching, "_events", lambda *_: iter([None, None]))
    steps = Watch(folder).rounds(60, pause=lambda _: None)
    assert len(next(steps).alarms) == 1
    shutil.copy(SAMPLE / "NewOrders-2026-11-20.txt", folder)
    assert [len(round.checked) for round in steps] == [1, 0]
    assert read == [ALL_ORDERS.name, "NewOrders-2026-11-20.txt"]


def test_a_folder_that_is_away_for_a_while_is_told_and_watched_on(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """A network drive that drops out at night must not end the watch: what arrives afterwards gives its alarm."""
    monkeypatch.setattr(watching, "_events", lambda *_: iter([None, None]))
    (folder / ALL_ORDERS.name).rename(folder.parent / "later.txt")
    told: list[Round] = []
    steps = Watch(folder).rounds(60, lambda round: bool(told.append(round)) or True, pause=lambda _: None)
    next(steps)
    folder.rename(folder.parent / "away")
    next(steps)
    (folder.parent / "away").rename(folder)
    (folder.parent / "later.txt").rename(folder / "later.txt")
    next(steps)
    assert [len(round.alarms) for round in told] == [0, 0, 1]
    assert [[str(folder) in one.text() for one in round.failed] for round in told] == [[], [True], []]


def test_the_state_is_small_and_private(folder: Path):
    """What is remembered holds no order and no buyer, and is for its owner's eyes."""
    Watch(folder).round()
    text = (folder / STATE_NAME).read_text(encoding="utf-8")
    assert not any(order in text for order in ("111-", "112-", "113-", "@"))
    assert len(text) < 2_000
    assert os.name == "nt" or (folder / STATE_NAME).stat().st_mode & 0o077 == 0


def test_a_damaged_state_is_told(folder: Path):
    """A state that is none is not overwritten."""
    (folder / STATE_NAME).write_text("[1, 2", encoding="utf-8")
    with pytest.raises(CaseError, match="Move it aside"):
        Watch(folder).round()
    assert State.load(folder / "none") == State()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of packages that the sender brings
def test_an_alarm_goes_out_only_where_an_address_is_named(monkeypatch: pytest.MonkeyPatch):
    """Without an address nothing is sent; an address that does not answer is told by its place, never by its keys."""
    apprise = pytest.importorskip("apprise", reason="apprise is not installed: alarms by message were not tried")
    sent: list[str] = []
    monkeypatch.setattr(apprise.Apprise, "notify", lambda _, body, **__: bool(sent.append(body)) or True)
    assert send(["wrong"], []) is None
    assert send(["wrong"], ["json://localhost"]) is None
    assert sent == ["wrong"]
    trouble = send(["wrong"], ["json://localhost", "nothing://token-123"])
    assert trouble is not None
    assert "token" not in str(trouble)
    assert "2" in str(trouble)


def test_a_message_that_did_not_go_out_goes_out_in_the_next_round(folder: Path):
    """An alarm is told twice rather than not at all: only what went out is remembered."""
    watch = Watch(folder)
    assert len(watch.round(lambda _: False).alarms) == 1
    assert len(watch.round().alarms) == 1
    assert watch.round().alarms == ()


def sold(day: float, number: int, **cells: str) -> dict[str, str]:
    plain = {
        "amazon-order-id": f"111-0000000-{number:07d}",
        "purchase-date": f"2026-03-{1 + int(day):02d}T{int(day % 1 * 24):02d}:{int(day * 1440) % 60:02d}:00+00:00",
        "order-status": "Shipped",
        "sales-channel": "Amazon.com",
        "sku": "HP",
        "quantity": "1",
        "currency": "USD",
        "item-price": "58.99",
        "item-promotion-discount": "",
        "promotion-ids": "",
    }
    return plain | {name.replace("_", "-"): cell for name, cell in cells.items()}


def report(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(("off", "alarms"), [("35.39", 0), ("53.09", 1)])
def test_what_a_seller_may_plan_wakes_nobody(tmp_path: Path, off: str, alarms: int, capsys: pytest.CaptureFixture[str]):
    """A first code of 60 % is told as worth a look, with the reason; one of 90 % is an alarm."""
    usual = [sold(n / 4, n) for n in range(80)]
    code = [sold(20 + n / 48, 500 + n, promotion_ids="CODE", item_promotion_discount=off) for n in range(9)]
    report(tmp_path, "all.txt", usual + code)
    status, answer = once(tmp_path, capsys)
    assert (status, len(answer["alarms"]), len(answer["worth_a_look"])) == (alarms, alarms, 1 - alarms)
    assert all("may mean that" in one["why_not"] for one in answer["worth_a_look"])


def test_what_is_over_must_be_almost_certain(tmp_path: Path):
    """Looked at again and again, three orders of ten days ago are no news, unless nobody has looked before."""
    usual = [sold(n / 4, n) for n in range(80)]
    few = [sold(9 + n, 500 + n, promotion_ids="CODE", item_promotion_discount="53.00") for n in range(3)]
    report(tmp_path, "all.txt", usual + few)
    assert len(Watch(tmp_path).round().alarms) == 1
    (tmp_path / STATE_NAME).unlink()
    report(tmp_path, "all.txt", usual)
    assert Watch(tmp_path).round().alarms == ()
    report(tmp_path, "again.txt", few)
    again = Watch(tmp_path).round()
    assert (len(again.alarms), len(again.worth_a_look)) == (0, 1)
