"""The command line: what it prints for people and programs, and how it refuses."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from promofix_lib.app.cli import _parser, run
from promofix_lib.places import PACKAGE, SAMPLE, sample_reports
from promofix_lib.say import say
from tests.handed_case import NIGHT, all_orders, line, new_orders, usual, victims

TRUTH = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
REPORTS = [str(path) for path in sample_reports()]
ALL_ORDERS = REPORTS[0]


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


COMMANDS = tomllib.loads((PACKAGE / "app" / "commands.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_a_function_that_gets_what_it_needs_by_name(name: str):
    """Each argument that can be typed is one of the function's, and none that it needs is missing."""
    module, function = COMMANDS[name]["does"].split(":")
    wanted = signature(getattr(import_module(f"promofix_lib.{module}"), function)).parameters
    options = [one.get("dest", one["name"].lstrip("-").replace("-", "_")) for one in COMMANDS[name]["arguments"]]
    given = {*options, *COMMANDS[name].get("defaults", {})}
    assert given <= set(wanted)
    needed = {one.name for one in wanted.values() if one.default is one.empty}
    assert needed <= given | {"language", "progress", "json"}


def test_read_says_what_was_read(capsys: pytest.CaptureFixture[str]):
    """``read --json`` has the agreed names, and every physical line is accounted for."""
    told = answer(capsys, "read", *REPORTS)
    assert list(told) == ["files", "orders", "items", "first", "last", "currencies", "warnings"]
    names = ["path", "kind", "encoding", "rows", "items", "quarantined", "ignored_columns", "lacks"]
    assert all(set(names) <= set(file) for file in told["files"])
    assert [file["kind"] for file in told["files"]] == ["All Orders", "New Orders", "XML Order Report"]
    lines = Path(ALL_ORDERS).read_bytes().count(b"\n")
    assert told["files"][0]["rows"] + len(told["files"][0]["quarantined"]) + 1 == lines
    assert (told["items"], told["currencies"]) == (TRUTH["order_items"], ["USD"])


def test_read_out_writes_the_order_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The CSV holds every order item, ids as text, with buyers where a report told them."""
    assert run(["read", *REPORTS, "--out", str(tmp_path / "orders.csv")]) == 0
    table = pd.read_csv(tmp_path / "orders.csv", dtype=str, keep_default_na=False)
    affected = table[table["promotion_ids"].str.contains("Percentage Off")]
    assert len(table) == TRUTH["order_items"]
    assert affected["order_id"].tolist() == TRUTH["order_ids"]
    assert affected["order_item_id"].tolist() == TRUTH["order_item_ids"]
    assert set(affected["unit_price"]) == {"1.00"}
    assert set(affected.loc[affected["buyer_email"] != "", "claim_codes"]) == {"HPLAUNCH57"}
    assert "orders.csv" in capsys.readouterr().out


def test_find_names_the_incident(capsys: pytest.CaptureFixture[str]):
    """All 300 orders, first and last, promotion, claim code and loss are exact, and the noise is not an incident."""
    told = answer(capsys, "find", *REPORTS)
    found = told["incidents"][0]
    assert len(told["incidents"]) == 1
    assert found["order_ids"] == TRUTH["order_ids"]
    assert (found["orders"], found["units"]) == (300, 300)
    assert [pd.Timestamp(found[name]) for name in ("onset", "end")] == [
        pd.Timestamp(TRUTH[name]) for name in ("onset", "end")
    ]
    for name in ("promotion_ids", "claim_codes", "skus"):
        assert found[name] == TRUTH[name], name
    assert found["amounts"] == [one | {"items_not_known": 0} for one in TRUTH["amounts"]]
    assert {price["price"] for price in found["normal_unit_prices"]} == {"58.99"}


def test_find_in_words(capsys: pytest.CaptureFixture[str]):
    """A sentence with numbers that can be checked by hand."""
    assert run(["find", ALL_ORDERS]) == 0
    said = capsys.readouterr().out.replace("\n   ", " ")
    assert TRUTH["order_ids"][0] in said
    assert "17397.00 USD" in said or "17,397.00 USD" in said


def test_run_does_the_whole_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The answer names the files, and they are there; triage counts orders."""
    told = answer(capsys, "run", *REPORTS, "--out", str(tmp_path / "case"), "--promotion-ended")
    names = {Path(path).name for path in told["files"]}
    assert (
        told["triage"]
        == {"cancel": 212, "ask_amazon": 71, "shipped": 17}
        == {word: TRUTH["triage"][word] for word in ("cancel", "ask_amazon", "shipped")}
    )
    assert {"buyers.xlsx", "order-cancellation.txt", "fba-requests.txt", "evidence.html"} <= names
    assert all(Path(path).is_file() for path in told["files"])
    charts = {"incident-hours", "unit-prices", "orders-by-hour", "cancel-rate-1"}
    assert {f"{name}.png" for name in charts} <= names
    assert told["cancel_rates"]
    cancelled = (tmp_path / "case" / "exports").rglob("order-cancellation.txt")
    assert len(next(cancelled).read_bytes().split(b"\r\n")) == 2 + 212 + 1


def test_without_the_seller_s_word_nothing_is_cancelled(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The cancellation file is withheld, and that is said; a second run has its own folder, the reports stay one."""
    for _ in range(2):
        assert run(["run", ALL_ORDERS, "--out", str(tmp_path / "case")]) == 0
    said = capsys.readouterr().out
    assert list((tmp_path / "case").rglob("order-cancellation*")) == []
    assert "order-cancellation.txt" in said
    assert "promotion" in said.lower()
    assert len(list((tmp_path / "case" / "exports").iterdir())) == 2
    assert [path.name for path in (tmp_path / "case" / "reports").iterdir()] == [Path(ALL_ORDERS).name]


def test_nothing_new_to_export_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A second round without a newer report says so and writes nothing, in words and in JSON: nothing went wrong."""
    case = str(tmp_path / "case")
    run(["run", ALL_ORDERS, "--out", case, "--promotion-ended"])
    capsys.readouterr()
    assert run(["export", case, "--round", "2"]) == 0
    assert capsys.readouterr().out.startswith("Nothing new to export")
    assert run(["export", case, "--round", "2", "--json"]) == 0
    told = capsys.readouterr()
    done = json.loads(told.out)
    assert (done["files"], done["incident"]["orders"], sum(done["triage"].values())) == ([], 300, 300)
    assert told.err.startswith("Nothing new to export")
    assert len(list((tmp_path / "case" / "exports").iterdir())) == 1


def test_an_incident_keeps_its_number_when_a_graver_one_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The gravest comes first; the number before it is the case's, the one that `meant` is told."""
    other = [
        line(2000 + n, NIGHT - timedelta(days=3, minutes=n), wrong=True) | {"promotion-ids": "GRAVER"}
        for n in range(40)
    ]
    reports = [tmp_path / name for name in ("first.txt", "newer.txt")]
    reports[0].write_bytes(all_orders([*usual(), *victims()]))
    reports[1].write_bytes(all_orders([*usual(), *victims(), *other]))
    case = tmp_path / "case"
    assert run(["run", str(reports[0]), "--out", str(case)]) == 0
    assert re.findall(r"^(\d)\. .* (\d+) orders", capsys.readouterr().out, re.MULTILINE) == [("1", "12")]
    assert run(["run", str(reports[1]), "--out", str(case)]) == 0
    said = re.findall(r"^(\d)\. .* (\d+) orders", capsys.readouterr().out, re.MULTILINE)
    assert said == [("2", "40"), ("1", "12")]
    told = answer(capsys, "run", str(reports[1]), "--out", str(case))
    assert [told["incident"]["orders"], *(one["orders"] for one in told["incidents"])] == [40, 40, 12]
    assert run(["meant", str(case), "2"]) == 0
    assert "12 orders" in capsys.readouterr().out
    alone = tmp_path / "alone"
    assert run(["run", str(reports[1]), "--out", str(alone), "--incident", "2"]) == 0
    assert re.findall(r"^(\d)\. .* (\d+) orders", capsys.readouterr().out, re.MULTILINE) == [("2", "12")]


def test_times_are_told_on_the_marketplace_s_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """What was read, and by when an order ships, as on the pages: never a bare UTC."""
    report, newer = tmp_path / "orders.txt", tmp_path / "new.txt"
    report.write_bytes(all_orders([*usual(), *victims()]))
    header, *rows = new_orders(victims()).decode().splitlines()
    newer.write_text("\n".join([f"{header}\tpromise-date", *(f"{row}\t2026-11-23T07:59:59+00:00" for row in rows)]))
    assert run(["run", str(report), str(newer), "--out", str(tmp_path / "case")]) == 0
    capsys.readouterr()
    assert run(["status", str(tmp_path / "case"), "--orders"]) == 0
    assert capsys.readouterr().out.count("  2026-11-22 23:59 (America/Los Angeles)") == 9
    assert run(["read", str(report)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(r"from 2026-\d\d-\d\d \d\d:\d\d \(America/Los Angeles\) to 2026-\d\d-\d\d", said), said
    assert "(UTC)" not in said


def innocent(folder: Path) -> Path:
    lines = [line for line in Path(ALL_ORDERS).read_text(encoding="utf-8").splitlines() if "Percentage Off" not in line]
    report = folder / "quiet.txt"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return report


def test_no_incident_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Exit status 0, said in words and in JSON, and nothing is written."""
    quiet = str(innocent(tmp_path))
    assert run(["find", quiet]) == 0
    assert "No incident was found" in capsys.readouterr().out
    assert answer(capsys, "find", quiet)["incidents"] == []
    told = answer(capsys, "run", quiet, "--out", str(tmp_path / "case"))
    assert (told["incident"], told["triage"], told["files"]) == (None, {}, [])
    assert not (tmp_path / "case").exists()


REFUSED = [
    (["read", "not-there.txt"], "not-there.txt"),
    (["find", "not-there.txt"], "not-there.txt"),
    (["run", "not-there.txt", "--out", "case"], "not-there.txt"),
    (["run", ALL_ORDERS, "--out", "case", "--incident", "7"], "--incident 7: only 1 found"),
    (["read", ALL_ORDERS, "--out", ALL_ORDERS], "one of the reports"),
    (["purge", "nobody"], "no such case"),
    (["purge"], "promofix: Name a case"),
    (["status", ""], "no such case"),
    (["read", ALL_ORDERS, "--out", "nowhere/orders.csv"], "nowhere/orders.csv: there is no such folder (No such file"),
]


@pytest.mark.parametrize(("arguments", "words"), REFUSED, ids=[" ".join(a[:1] + a[2:]) for a, _ in REFUSED])
def test_what_cannot_be_used_is_refused(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """Exit status 2, one message on standard error, nothing on standard output, nothing half-written."""
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("before", [None, "mine.txt"], ids=["new folder", "the seller's folder"])
def test_a_full_disk_is_said_and_leaves_nothing_half_written(
    before: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A folder that the command made is gone again; one that was there keeps what was in it."""
    out = tmp_path / "case"
    if before:
        out.mkdir()
        (out / before).write_text("keep", encoding="utf-8")
    monkeypatch.setattr("promofix_lib.app.job.export", full_disk)
    assert run(["run", ALL_ORDERS, "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert "No space left on device" in said.err
    assert "Traceback" not in said.err
    assert out.exists() == bool(before)
    assert before is None or (out / before).read_text(encoding="utf-8") == "keep"


def test_half_an_order_table_is_not_left_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """It would hold buyers' names under a hidden name."""

    def half(_: object, path: Path, **__: object) -> None:
        Path(path).write_text("order_id", encoding="utf-8")
        full_disk()

    monkeypatch.setattr(pd.DataFrame, "to_csv", half)
    assert run(["read", ALL_ORDERS, "--out", str(tmp_path / "orders.csv")]) == 2
    assert "the disk is full" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_exports_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The file is named, it is still there, and no unfinished export lies about."""
    out = tmp_path / "case"
    out.mkdir()
    (out / "exports").write_text("mine", encoding="utf-8")
    assert run(["run", ALL_ORDERS, "--out", str(out)]) == 2
    assert str(out / "exports") in capsys.readouterr().err
    assert (out / "exports").read_text(encoding="utf-8") == "mine"
    assert list(out.glob(".export-*")) == []


def test_a_pattern_works_where_the_shell_does_not_expand_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Windows hands ``*.txt`` over as it was typed; a pattern that fits nothing is refused by its name."""
    for report in REPORTS[:2]:
        (tmp_path / Path(report).name).write_bytes(Path(report).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert [Path(file["path"]).name for file in answer(capsys, "read", "*.txt")["files"]] == sorted(
        Path(report).name for report in REPORTS[:2]
    )
    assert run(["find", "*.tsv"]) == 2
    assert "*.tsv" in capsys.readouterr().err


def test_lines_that_could_not_be_read_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """An affected order may stand in a line that was set aside: who looks for incidents hears of it too."""
    lines = Path(ALL_ORDERS).read_text(encoding="utf-8").splitlines()
    broken = next(number for number, line in enumerate(lines) if "Percentage Off" in line)
    lines[broken] = lines[broken].replace("\t1\tUSD\t", "\tone\tUSD\t")
    report = tmp_path / "broken.txt"
    report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    for command in (["find", str(report)], ["run", str(report), "--out", str(tmp_path / "case")]):
        assert run(command) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert f"broken.txt: 1 line was set aside (line {broken + 1}: quantity" in said
        assert "promofix read" in said


def without_columns(folder: Path, *names: str) -> str:
    rows = [line.split("\t") for line in Path(REPORTS[1]).read_text(encoding="utf-8").splitlines()]
    kept = [place for place, name in enumerate(rows[0]) if name not in names]
    report = folder / "new-orders.txt"
    report.write_text("".join("\t".join(row[place] for place in kept) + "\n" for row in rows), encoding="utf-8")
    return str(report)


def test_what_the_reports_cannot_show_is_no_all_clear(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """New Orders without its promotion columns: the wrong promotion is in no file, and the way to it is named."""
    blind = without_columns(tmp_path, "item-promotion-discount", "item-promotion-id", "ship-promotion-id")
    for command in (["find", blind], ["run", blind, "--out", str(tmp_path / "case")]):
        assert run(command) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert "No incident was found, but" in said
        assert "promotion ids and discounts" in said
        assert "Add or remove order report columns" in said
        assert "nothing was sold" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["run", "x.txt"],
        ["run", "x.txt", "--out", ""],
        ["open", "--port", "99999999"],
        ["find", "x.txt", "--language", "fr"],
    ],
)
def test_wrong_arguments_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    """With the usage on standard error, and not a word of English where Chinese was asked for."""
    with pytest.raises(SystemExit) as stopped:
        run(arguments)
    assert stopped.value.code == 2
    assert "usage: promofix" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run([*arguments, "--language", "zh-CN"])
    told = capsys.readouterr().err
    assert "用法：promofix" in told
    assert not re.search(r"usage|error|argument|required|invalid|choose", told)


EVIL = "night\x1b]52;c;ZXZpbA==\x07\x9b2J\u202etxt.exe"


def evil_report(folder: Path) -> Path:
    """A promotion, a SKU and a file name that would write to the clipboard, clear the screen, turn the line round."""
    text = all_orders([*usual(), *victims()]).decode()
    text = text.replace("Percentage Off", f"Percentage{EVIL} Off").replace("HP-BT700", f"HP{EVIL}700")
    report = folder / f"{EVIL}.txt"
    report.write_text(text, encoding="utf-8")
    return report


def test_no_control_character_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Of a report, a file name or an argument, in no command, in no error; JSON keeps them, written out."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "cases"))
    report, case = str(evil_report(tmp_path)), str(tmp_path / "cases" / "night")
    commands = [
        ["read", report],
        ["read", report, "--json"],
        ["find", report],
        ["find", report, "--json"],
        ["run", report, "--out", case],
        ["run", report, "--out", case, "--json"],
        ["status", case, "--orders"],
        ["status", case, "--orders", "--json"],
        ["follow-up", case, report],
        ["shape", report],
        ["purge", case],
        ["pack", case, "--out", str(tmp_path)],
        ["find", EVIL],
        ["status", EVIL],
        ["unpack", EVIL],
    ]
    found = ""
    for command in commands:
        run(command)
        found += "".join(capsys.readouterr())
    for wrong in (lambda: run([EVIL]), lambda: _parser().error(EVIL)):
        with pytest.raises(SystemExit):
            wrong()
    found += "".join(capsys.readouterr()) + say("say.list_of", what=(EVIL, Path(EVIL)))
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e]", found) == []
    assert "]52;c;ZXZpbA==" in found
    assert "\\u009b2J" in found


def test_both_ways_to_call_it_are_the_same():
    """``python -m promofix_lib`` from the clone prints UTF-8, whatever the console's own encoding is."""
    command = [sys.executable, "-m", "promofix_lib", "find", ALL_ORDERS, "--json"]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = subprocess.run(command, capture_output=True, cwd=SAMPLE.parents[1], env=environment, check=True)
    assert json.loads(done.stdout.decode("utf-8"))["incidents"][0]["orders"] == 300
    assert done.stderr == b""
