"""A case travels as one file: whole, known by its fingerprints, without buyers where the seller says so."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.app.cli import run
from promofix_lib.app.travel import LIST, pack, unpack
from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError
from promofix_lib.export.handover import export
from promofix_lib.purge.search import Searcher, people_of
from promofix_lib.status.status import status
from tests.handed_case import NOW, make_case

BUYER = "Ada Example"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with an export, a decision whose reason names a buyer, and strange files beside."""
    case = make_case(tmp_path_factory.mktemp("travel") / "night")
    people = sorted(people_of(case.orders))
    case.decide("leave_out", [case.keys[case.chosen()].iloc[0]], f"{people[0]} is a friend")
    export(case, now=NOW)
    (case.folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (case.folder / "note.txt").write_text(f"call {people[0]}", encoding="utf-8")
    (case.folder / "plan.txt").write_text("call Amazon", encoding="utf-8")
    return case.folder


@pytest.fixture
def case(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "here"))
    shutil.copytree(pattern, tmp_path / "there" / "night")
    return Case.existing(tmp_path / "there" / "night")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_packed_here_is_the_same_there(case: Case, tmp_path: Path):
    """Every file byte for byte, every decision, every figure; the case that was packed is unchanged."""
    before = contents(case.folder)
    packed = pack(case, tmp_path, now=NOW)
    assert contents(case.folder) == before
    there = unpack(packed.file)
    kept = {
        name: content for name, content in before.items() if name != "case.db" and not name.startswith((".", "cache"))
    }
    assert {name: one for name, one in contents(there.folder).items() if name in kept} == kept
    assert (there.folder, packed.files) == (tmp_path / "here" / "night", len(kept) + 1)
    assert [row.facts for row in there.journal.entries()][: case.revision] == [
        row.facts for row in case.journal.entries()
    ]
    assert status(there).to_json(orders=True) == status(case).to_json(orders=True) | {"revision": there.revision}


@pytest.mark.skipif(os.name == "nt", reason="Windows has the user's own profile")
def test_the_file_and_the_case_are_private(case: Case, tmp_path: Path):
    """Both hold buyers' names."""
    packed = pack(case, tmp_path)
    there = unpack(packed.file).folder
    assert stat.S_IMODE(packed.file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (there, *there.rglob("*"))} == {0o600, 0o700}


def test_without_buyers_nobody_is_in_it(case: Case, tmp_path: Path):
    """Not in a report, a workbook, a note or the journal; a picture that promofix did not draw stays behind, said."""
    searcher = Searcher(people_of(case.orders))
    packed = pack(case, tmp_path, without=True)
    there = unpack(packed.file)
    assert searcher.traces(path for path in there.folder.rglob("*") if path.is_file()) == ()
    assert {"photo.png", "note.txt", "reports/NewOrders-1.txt"} <= {one.what.key for one in packed.left_out}
    assert {"plan.txt", "reports", "exports"} <= {path.name for path in there.folder.iterdir()}
    assert there.exports[0].joinpath("evidence", "evidence.html").exists()
    assert "[removed]" in " ".join(there.left_out.values())
    assert searcher.found_in(case.journal.path)


def test_a_case_in_which_somebody_works_is_packed_whole(case: Case, tmp_path: Path):
    """Nothing is taken from an open database but what SQLite gives: all rows of before, none of a half write."""
    with case.journal._opened("BEGIN IMMEDIATE") as database:
        database.execute("INSERT INTO entry (at, kind, hand, facts) VALUES ('x', 'half', 'x', 'x')")
        packed = pack(case, tmp_path)
        database.execute("DELETE FROM entry WHERE kind = 'half'")
    assert unpack(packed.file).journal.entries("half") == ()


def test_a_case_that_is_here_is_never_overwritten(case: Case, tmp_path: Path):
    """Another name is asked for, and taken."""
    packed = pack(case, tmp_path)
    mine = unpack(packed.file).decide("add", ["A/1"], "mine")
    before = contents(mine.folder)
    with pytest.raises(CaseError, match=r"already, and it was not touched.*--name"):
        unpack(packed.file)
    assert contents(mine.folder) == before
    assert unpack(packed.file, "second").name == "second"
    assert pack(case, tmp_path).file != packed.file
    with pytest.raises(CaseError, match="cannot be a case name"):
        unpack(packed.file, "../third")


Members = dict[str, bytes]


def rewritten(file: Path, change: Callable[[Members], None], **attributes: Any) -> None:
    with zipfile.ZipFile(file) as package:
        members = {name: package.read(name) for name in package.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes.get(name, 0)
            package.writestr(info, content)


def listed(members: Members, **changes: Any) -> None:
    members[LIST] = json.dumps(json.loads(members[LIST]) | changes).encode()


TRICKS: dict[str, tuple[Callable[[Members], None], str]] = {
    "up": (lambda one: one.update({"../evil.txt": b"x"}), "no plain file"),
    "absolute": (lambda one: one.update({"/tmp/evil.txt": b"x"}), "no plain file"),
    "drive": (lambda one: one.update({"C:evil.txt": b"x"}), "no plain file"),
    "backslash": (lambda one: one.update({"reports\\..\\evil.txt": b"x"}), "no plain file"),
    "folder": (lambda one: one.update({"evil/": b""}), "no plain file"),
    "device": (lambda one: one.update({"reports/con.txt": b""}), "no plain file"),
    "capitals": (lambda one: one.update({"CASE.DB": b""}), "or is there twice"),
    "one more": (lambda one: one.update({"reports/more.txt": b"x"}), "not what is in it .'reports/more.txt'"),
    "one less": (lambda one: one.pop("plan.txt") and None, "not what is in it .'plan.txt'"),
    "changed": (lambda one: one.update({"plan.txt": b"call me"}), "fingerprint differs"),
    "bomb": (lambda one: one.update({"reports/bomb.txt": bytes(80 << 20)}), "unpack to 8"),
    "no list": (lambda one: one.pop(LIST) and None, "list of its files is damaged"),
    "list is none": (lambda one: one.update({LIST: b"[" * 10_000}), "list of its files is damaged"),
    "other list": (lambda one: listed(one, format="zip"), "list of its files is damaged"),
    "newer": (lambda one: listed(one, version=2), "newer promofix"),
    "name": (lambda one: listed(one, name="../night"), "cannot be a case name"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_file_that_was_meddled_with_is_refused_whole(case: Case, tmp_path: Path, trick: str):
    """Slips out of the folder, bombs, changed or missing parts: one sentence, nothing is written anywhere."""
    file = pack(case, tmp_path).file
    change, words = TRICKS[trick]
    rewritten(file, change)
    before = contents(tmp_path)
    with pytest.raises(CaseError, match=words) as told:
        unpack(file)
    assert contents(tmp_path) == before
    assert list((tmp_path / "here").iterdir()) == []
    assert "\n" not in str(told.value)


def test_a_link_in_the_file_is_refused(case: Case, tmp_path: Path):
    """It would let the next file be written elsewhere; a link in the case is not packed."""
    if os.name != "nt":
        (case.folder / "link.txt").symlink_to("/etc/passwd")
    file = pack(case, tmp_path).file
    assert "link.txt" not in zipfile.ZipFile(file).namelist()
    rewritten(file, lambda _: None, **{"plan.txt": (stat.S_IFLNK | 0o777) << 16})
    with pytest.raises(CaseError, match=r"'plan\.txt' in it is no plain file"):
        unpack(file)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_what_is_no_packed_case_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes):
    """Cut off, empty, another file, none."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "here"))
    file = tmp_path / "night.zip"
    file.write_bytes(content)
    with pytest.raises(CaseError, match=r"night\.zip cannot be unpacked: it is no whole zip file"):
        unpack(file)
    with pytest.raises(CaseError, match="cannot be read"):
        unpack(tmp_path / "none.zip")


def test_every_cut_of_the_file_is_noticed(case: Case, tmp_path: Path):
    """A download that stopped leaves no half of a case."""
    file = pack(case, tmp_path).file
    whole = file.read_bytes()
    for part in (0.1, 0.5, 0.9, 0.999):
        file.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(CaseError, match="no whole zip file"):
            unpack(file)
    for place in range(200, len(whole), len(whole) // 40):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            unpack(file, f"case-{place}")
        except CaseError as error:
            assert "\n" not in str(error)  # noqa: PT017 - most places; what hits a time in a header is harmless
    names = {path.name for path in (tmp_path / "here").iterdir()}
    assert len(names) < 5
    assert not [name for name in names if name.startswith(".")]


def test_the_commands_say_what_came_of_it(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """For people and for programs, in the seller's language; 2 for a file that is none."""
    assert run(["pack", str(case.folder), "--out", str(tmp_path), "--without-buyers", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["case"], told["without_buyers"], Path(told["file"]).parent) == ("night", True, tmp_path)
    assert {"what": "photo.png", "why": "promofix cannot look into it, and did not make it"} in told["left_out"]
    assert run(["unpack", told["file"], "--language", "zh-CN"]) == 0
    assert "已解包到" in capsys.readouterr().out
    assert run(["unpack", told["file"], "--name", "b", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"case": "b", "folder": str(tmp_path / "here" / "b")}
    assert run(["unpack", told["file"], "--language", "zh-CN"]) == 2
    assert "这里已有同名案例" in capsys.readouterr().err
    assert run(["pack", str(case.folder), "--out", str(tmp_path / "gone")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert not list(tmp_path.glob(".pack-*"))
