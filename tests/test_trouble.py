"""Whatever happens to the disk or the process: one sentence from every call, nothing kept is lost, the case opens."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promofix_lib.app.cli import run
from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.places import synchronised
from tests.trouble import CALLS, JOBS, KEPT, LATER, Disk, half_made, made_pattern, trouble_after

ROOT = Path(__file__).parent.parent
COSTLY = {"reading": 1, "export": 85, "purge": 45, "pack_without": 70, "what_would_go": 45, "status": 20, "pack": 20}
COSTLY |= {"account": 20, "letters": 20, "purge_older_than": 60, "returned_files": 1, "drop_in": 1}
"""Every so many touches of the disk in the daily suite; the long one fails at each."""


@pytest.fixture(scope="session")
def disk() -> Disk:
    return Disk()


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_pattern(tmp_path_factory.mktemp("trouble"))


@pytest.fixture
def work(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "work"))
    return tmp_path / "work"


def test_every_public_name_of_a_case_is_tried():
    """A new one is put into the list of `trouble`."""
    told = {"folder", "journal", "name", "reports_folder", "warnings"}  # these touch nothing
    case = Case(Path("nowhere"), lambda: LATER)
    assert {name for name in {*dir(Case), *vars(case)} if not name.startswith("_")} - told == CALLS.keys()


def fail(code: int) -> None:
    raise OSError(code, os.strerror(code))


@pytest.mark.parametrize("long", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", CALLS | JOBS)
def test_a_disk_that_fails_at_any_touch_is_one_sentence(
    disk: Disk, pattern: Path, work: Path, name: str, long: bool, seconds: float
):
    """Full, forbidden or broken, from every call; afterwards the case opens, and nothing lies about."""
    at, step = (1, 1) if long else (1, COSTLY.get(name, 7))
    end = time.monotonic() + seconds
    while True:
        shutil.copytree(pattern, work, dirs_exist_ok=True)
        case = Case.existing(work / "night")
        code = (errno.ENOSPC, errno.EACCES, errno.EIO)[at % 3]
        happened: list[str] = []
        with disk.acting(work, at, lambda event, _: (happened.append(event), fail(code))[0]):  # noqa: B023
            try:
                (CALLS | JOBS)[name](case)
            except PromofixError as error:
                assert "\n" not in str(error)  # noqa: PT017 - whether it comes depends on the place
        if not happened or time.monotonic() > end:
            return
        if happened[0] not in ("os.remove", "os.rmdir", "shutil.rmtree", "os.scandir"):
            assert half_made(work / "night") == [], (name, at)
        assert trouble_after(work) == "", (name, at, happened)
        shutil.rmtree(work)
        at += step


WRITING = "add_report change_settings choose decide export new pack purge unpack".split()


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
@pytest.mark.parametrize("name", WRITING)
def test_a_disk_that_is_full_in_the_middle_of_a_file_is_one_sentence(pattern: Path, work: Path, name: str):
    """Whoever writes: Python, SQLite, Arrow, the charts, the workbook; what was there before is there after."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    told = 0
    for size in (0, 600, 9_000, 60_000):
        shutil.copytree(pattern, work)
        case = Case.existing(work / "night")
        gc.freeze()  # what was there before is not looked through for what is left open
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            (CALLS | JOBS)[name](case)
        except PromofixError as error:
            told += "\n" not in str(error)
        finally:
            gc.collect()  # what was left open would complain here, and the disk is still full
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert half_made(work / "night") == [], (name, size)
        assert trouble_after(work) == "", (name, size)
        shutil.rmtree(work)
    assert told >= 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")
@pytest.mark.parametrize(
    ("name", "first", "step"),
    [
        ("export", 100, 1000),
        ("unpack", 14, 20),
        *(pytest.param(name, 2, 1, marks=pytest.mark.long) for name in (*CALLS, *JOBS)),
    ],
)
def test_a_process_killed_at_any_touch_loses_nothing(
    pattern: Path, tmp_path: Path, name: str, first: int, step: int, seconds: float
):
    """No clean-up, no exception: the case opens, no export is lost or half, and what is half-made is swept."""
    folder = shutil.copytree(pattern, tmp_path / "killed")
    quiet = ("-W", "ignore:This process:DeprecationWarning")  # of Arrow's threads, which a fork does not take along
    command = [sys.executable, *quiet, "-m", "tests.trouble", str(folder), name, str(first), str(step), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=1200)
    assert (done.returncode, done.stderr) == (0, "")
    assert "killed at 0" not in done.stdout or step == 1
    assert done.stdout.count("\n") == 1, done.stdout


def test_a_clock_set_back_changes_no_order(pattern: Path, work: Path):
    """What was decided or exported last is last, whatever the clock says."""
    shutil.copytree(pattern, work)
    case = Case.existing(work / "night", clock=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    case.decide("leave_out", ["late/1"], "x")
    folder = case.new_export(LATER - timedelta(days=900))
    folder.mkdir()
    case.journal.add("export", {"folder": folder.name, "made_at": "2020-01-01T00:00:00+00:00"})
    again = Case.existing(work / "night")
    assert again.exports[-1] == folder
    assert "late/1" not in again.undo().decisions.by_hand
    assert again.redo().decisions.by_hand[KEPT].reason == "a friend"


def test_two_kernels_and_commands_at_once_lose_nothing(
    pattern: Path, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Two notebooks decide while reports are added, an export is made and the case is packed from a terminal."""
    shutil.copytree(pattern, work)
    folder, failed = str(work / "night"), list[BaseException]()
    stopped = threading.Event()

    def decide(name: str) -> None:
        case = Case.existing(Path(folder))
        try:
            for n in range(1000):
                case.decide("add", [f"{name}/{n}"], "because")
                made[name] = n
                if stopped.wait(0.02):
                    return
        except BaseException as error:  # noqa: BLE001 - looked at below
            failed.append(error)

    made: dict[str, int] = {}
    kernels = [threading.Thread(target=decide, args=(name,)) for name in "AB"]
    for kernel in kernels:
        kernel.start()
    codes = [
        run(["add", folder, str(work / "night" / "reports" / "AllOrders-1.txt")]),
        run(["export", folder]),
        run(["pack", folder, "--out", str(tmp_path)]),
        run(["status", folder, "--json"]),
    ]
    stopped.set()
    for kernel in kernels:
        kernel.join()
    capsys.readouterr()
    assert (codes, failed) == ([0, 0, 0, 0], [])
    after = Case.existing(Path(folder))
    assert {f"{name}/{n}" for name, last in made.items() for n in range(last + 1)} <= after.decisions.by_hand.keys()
    assert len(after.exports) == 2
    assert trouble_after(work) == ""


def test_a_folder_that_is_copied_elsewhere_is_known_by_its_name():
    """Of every common program, in English and Chinese, wherever it is named in the path."""
    away = (
        *("OneDrive", "OneDrive - Lumen", "Dropbox (Personal)", "iCloudDrive", "Mobile Documents", "CloudStorage"),
        *("Nutstore Files", "坚果云", "我的坚果云", "Google Drive", "My Drive", "BaiduSyncdisk", "百度网盘", "WPS云盘"),
    )
    assert [name for name in away if not synchronised(Path("/home/me") / name / "cases" / "night")] == []
    assert not synchronised(Path("/home/me/promofix/cases/one drive for all"))


def test_a_folder_on_another_computer_is_known_by_its_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The innermost drive counts."""
    mounts = tmp_path / "mounts"
    monkeypatch.setattr("promofix_lib.places._MOUNTS", mounts)
    lines = [
        "/dev/a / ext4 rw 0 0",
        f"//nas/x {tmp_path}/my\\040nas cifs rw 0 0",
        f"/dev/b {tmp_path}/my\\040nas/b ext4 rw 0 0",
    ]
    mounts.write_text("\n".join(lines), encoding="utf-8")
    assert [synchronised(tmp_path / name) for name in ("my nas/night", "my nas/b/night", "night")] == [
        True,
        False,
        False,
    ]
