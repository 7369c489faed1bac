"""Many accounts: each searched by itself, nothing lost, nothing done twice, the gravest first."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from promofix_lib.app import cli
from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError
from promofix_lib.finding.search import find_incidents
from promofix_lib.fleet import scan as scanning
from promofix_lib.fleet.accounts import Account
from promofix_lib.fleet.looking import Look
from promofix_lib.fleet.rows import Row, Scan, row_of
from promofix_lib.fleet.scan import DEFAULTS_NAME, open_as_case, scan
from promofix_lib.fleet.sheet import write_html
from promofix_lib.marketplaces import MARKETPLACES
from promofix_lib.orders import order_table
from promofix_lib.places import PROJECT, SAMPLE
from promofix_lib.reports.report import Reading
from tests.test_detection import sale, usual

ALL_ORDERS = SAMPLE / "AllOrders-2026-11-20.txt"


def quiet_report() -> str:
    lines = ALL_ORDERS.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(lines[:200])


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account with the incident, a quiet one, an empty one, one with a file that is no report."""
    root = tmp_path_factory.mktemp("accounts")
    for name in ("hit", "quiet", "empty", "=cmd|poisoned"):
        (root / name).mkdir()
    shutil.copy(ALL_ORDERS, root / "hit")
    (root / "quiet" / "orders.txt").write_text(quiet_report(), encoding="utf-8")
    (root / "=cmd|poisoned" / "<b>notes<b>.txt").write_text("hello\nworld\n", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def done(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[scanning.Scan, Path]:
    out = tmp_path_factory.mktemp("out")
    return scan(str(root), out, workers=1), out


def test_each_account_has_one_row_the_gravest_first(done: tuple[scanning.Scan, Path]):
    """What was found, or why it could not be read; an empty account is one that could not be read."""
    found = done[0].to_json()
    assert {name: found[name] for name in ("accounts", "with_incident", "failed", "done_again")} == {
        "accounts": 4,
        "with_incident": 1,
        "failed": 2,
        "done_again": 4,
    }
    assert found["rows"][0]["account"] == "hit"
    assert found["rows"][0]["incidents"][0]["orders"] == 300
    assert found["rows"][0]["failed"] is None
    assert {row["account"] for row in found["rows"] if row["failed"]} == {"empty", "=cmd|poisoned"}
    assert done[0].exit_status == 3


def test_two_currencies_are_compared_by_the_rates_of_the_marketplaces():
    """Of two accounts the one that lost more dollars comes first; a new marketplace brings its rate with it."""
    for market in MARKETPLACES:
        row = Row("a", losses={market.currency: Decimal(str(market.per_dollar))})
        assert row.gravity[1] == pytest.approx(1), market.code


def test_an_order_of_two_incidents_is_lost_once(tmp_path: Path):
    """As in `status`: five orders carry both wrong codes, and count once, in orders as in money."""
    codes = ((["P"], "57.99", 20, 0.1), (["Q"], "50.00", 20, 0.1), (["P", "Q"], "57.99", 5, 0.2))
    rows = [
        sale(400 + place / 50 + n * apart, 5000 + 100 * place + n, promotion_ids=ids, item_promotion_discount=off)
        for place, (ids, off, count, apart) in enumerate(codes)
        for n in range(count)
    ]
    orders = order_table(usual() + rows)
    findings = find_incidents(orders)
    row = row_of("a", Look(Reading(orders, (), ()), findings), [ALL_ORDERS])
    assert [found.orders for found in findings.incidents] == [25, 25]
    assert (row.orders, row.losses) == (45, {"USD": Decimal("2449.75")})
    assert sum(hit for _, _, hit in row.days) == 45
    yen = Row("b", row.incidents, losses={"JPY": Decimal(148_000)})
    write_html(Scan((yen,), 1, tmp_path / "scan.csv", tmp_path / "scan.html"))
    page = (tmp_path / "scan.html").read_text(encoding="utf-8")
    assert 'data-sort="1000.00">148,000 JPY<' in page, "a click on the column's head asks in dollars"


def test_an_unchanged_account_is_not_done_again(done: tuple[scanning.Scan, Path], root: Path, tmp_path: Path):
    """A second scan says the same and works out only what has changed."""
    out = shutil.copytree(done[1], tmp_path / "out")
    again = scan(str(root), out, workers=1)
    assert again.done_again == 0
    assert again.rows == done[0].rows
    copied = tmp_path / "copied"
    shutil.copytree(root, copied)
    (copied / "quiet" / "more.txt").write_text(quiet_report(), encoding="utf-8")
    assert scan(str(copied), out, workers=1).done_again == 1


def test_the_table_holds_no_live_formula(done: tuple[scanning.Scan, Path]):
    """`scan.csv` and the audits open in a spreadsheet as texts."""
    with (done[1] / "scan.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["account"], rows[0]["loss"]) == ("hit", "USD 17397.00")
    assert "'=cmd|poisoned" in [row["account"] for row in rows]
    audits = sorted(path.name for path in (done[1] / "audit").iterdir())
    assert len(audits) == 4
    hit = (done[1] / "audit" / "hit.csv").read_text(encoding="utf-8")
    assert ALL_ORDERS.name in hit
    assert "17397.00" in hit


def test_an_audit_speaks_of_one_client(root: Path, tmp_path: Path):
    """Also where two accounts differ only in a sign that no file name may have."""
    for name in ("shop|us", "shop_us", "shop?us"):
        shutil.copytree(root / "quiet", tmp_path / "accounts" / name)
    scan(str(tmp_path / "accounts"), tmp_path / "out", workers=1)
    audits = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out" / "audit").iterdir()}
    assert len(audits) == 3
    assert "shop_us.csv" in audits
    assert [text.count(".txt") for text in audits.values()] == [1, 1, 1]


def test_the_page_shows_texts_and_asks_nobody(done: tuple[scanning.Scan, Path]):
    """`scan.html` runs nothing of a report, and loads nothing from anywhere."""
    page = (done[1] / "scan.html").read_text(encoding="utf-8")
    assert "<b>notes" not in page
    assert "&lt;b&gt;notes" in page
    assert not any(word in page for word in ("http://", "https://", "src=", "@import"))
    assert "<svg" in page
    assert not any(mark in page for mark in ("-->", "{{", "{%"))


def test_no_buyer_in_what_a_scan_leaves(done: tuple[scanning.Scan, Path], root: Path, tmp_path: Path):
    """A report with buyers leaves no name in results, table, page or audit."""
    (tmp_path / "in" / "named").mkdir(parents=True)
    shutil.copy(SAMPLE / "NewOrders-2026-11-20.txt", tmp_path / "in" / "named")
    scan(str(tmp_path / "in"), tmp_path / "out", workers=1)
    text = (SAMPLE / "NewOrders-2026-11-20.txt").read_text(encoding="utf-8").splitlines()
    place = text[0].split("\t").index("buyer-name")
    names = {line.split("\t")[place] for line in text[1:]} - {""}
    left = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert names
    assert not [name for name in names if name in left]


def test_by_command(root: Path, done: tuple[scanning.Scan, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Exit 3 where something could not be read, 1 with incidents, 0 with none, 2 without accounts."""
    out = shutil.copytree(done[1], tmp_path / "out")
    assert cli.run(["scan", str(root), "--out", str(out), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["accounts"] == 4
    for status, name in ((1, "hit"), (0, "quiet")):
        shutil.copytree(root / name, tmp_path / name / name)
        assert cli.run(["scan", str(tmp_path / name), "--out", str(out)]) == status
    assert cli.run(["scan", str(tmp_path / "none"), "--out", str(out)]) == 2
    with pytest.raises(CaseError, match="one folder per account"):
        scan(str(root / "empty"), tmp_path / "o")


@pytest.mark.long
def test_processes_say_the_same_and_survive_an_account_that_kills_them(
    root: Path, done: tuple[scanning.Scan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Two processes give the rows of one; an account that ends its process is named, the others are searched."""
    rows = scan(str(root), tmp_path / "two", workers=2).rows
    assert [replace(row, looked_at="") for row in rows] == [replace(row, looked_at="") for row in done[0].rows]
    monkeypatch.setattr(scanning, "search_account", dies_of_quiet)
    rows = scan(str(root), tmp_path / "three", workers=2).rows
    assert {row.account: bool(row.incidents) for row in rows if "process" in (row.failed or "")} == {"quiet": False}
    assert {row.account for row in rows if row.incidents} == {"hit"}


def dies_of_quiet(account: Account, kept: str, language: str) -> Row:
    """Stands in for an account whose search ends the process."""
    if account.name == "quiet":
        os._exit(9)
    from promofix_lib.fleet.scan import search_account

    return search_account(account, kept, language)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_a_killed_scan_is_taken_up_where_it_was(tmp_path: Path):
    """What was found before the kill is not done again; no worker outlives the scan."""
    for number in range(12):
        (tmp_path / "in" / f"a{number}").mkdir(parents=True)
        shutil.copy(ALL_ORDERS, tmp_path / "in" / f"a{number}")
    command = [sys.executable, "-m", "promofix_lib", "scan", "in", "--out", "out", "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    first = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    kept = tmp_path / "out" / "accounts"
    end = time.monotonic() + 120
    while not (kept.is_dir() and len(list(kept.glob("*.json"))) >= 3) and time.monotonic() < end:
        time.sleep(0.05)
    children = subprocess.run(["pgrep", "-P", str(first.pid)], capture_output=True, text=True).stdout.split()
    first.send_signal(signal.SIGKILL)
    first.wait()
    while any(Path(f"/proc/{child}/cmdline").exists() for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{child}/cmdline").exists() for child in children)
    found = len(list(kept.glob("*.json")))
    again = scan(str(tmp_path / "in"), tmp_path / "out", workers=1)
    assert (again.done_again, len(again.rows)) == (12 - found, 12)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_says_the_same_though_a_worker_dies(tmp_path: Path):
    """A real scheduler and two workers on the loopback, one killed in the middle: every account has its row once."""
    distributed = pytest.importorskip("distributed", reason="dask is not installed: the cluster was not tried")
    for number in range(8):
        (tmp_path / "in" / f"a{number}").mkdir(parents=True)
        shutil.copy(ALL_ORDERS, tmp_path / "in" / f"a{number}")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        distributed.LocalCluster(host="127.0.0.1", **options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        pids = list(client.run(os.getpid).values())
        killer = client.submit(time.sleep, 0.5)
        killer.add_done_callback(lambda _: os.kill(pids[0], signal.SIGKILL))
        done = scan(str(tmp_path / "in"), tmp_path / "out", scheduler=cluster.scheduler_address)
    assert [row.orders for row in done.rows] == [300] * 8
    assert scan(str(tmp_path / "in"), tmp_path / "out", workers=1).done_again == 0


def test_one_file_holds_the_defaults_of_all_accounts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """The case of an account begins with them, and keeps what is changed there; times are shown in their zone."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "cases"))
    shops = tmp_path / "shops"
    shutil.copytree(root / "hit", shops / "hit")
    (shops / "hit" / "notes.doc").write_text("no report", encoding="utf-8")
    words = 'seller_name = "Lumen"\ncancel_reason = "GeneralAdjustment"\nzone = "Asia/Shanghai"\n'
    (shops / DEFAULTS_NAME).write_text(words + '[costs.HP]\nunit_cost = "12.50"\n', encoding="utf-8")
    assert cli.run(["scan", str(shops), "--out", str(tmp_path / "out"), "--workers", "1"]) == 3
    assert "Asia/Shanghai" in capsys.readouterr().out
    case = open_as_case(str(shops), "hit")
    assert (case.name, len(case.reports), [one.taken for one in case.incidents]) == ("hit", 1, [True])
    assert (case.settings.seller_name, case.settings.costs["HP"]["unit_cost"]) == ("Lumen", "12.50")
    case.change_settings(seller_name="Another")
    assert open_as_case(str(shops), "hit").settings.seller_name == "Another"
    assert Case.open().name == "hit"


def test_accounts_of_one_name_are_cases_of_their_own(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two clients' reports are never mixed; an account keeps its case, also when its report was replaced."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "cases"))
    Case.open("hit").change_settings(seller_name="My own")  # no account's
    for client in ("east", "west"):
        (tmp_path / client / "hit").mkdir(parents=True)
        (tmp_path / client / "hit" / "orders.txt").write_text(quiet_report() + "\n" * (client == "west"))
    names = [open_as_case(str(tmp_path / client), "hit").name for client in ("east", "west", "east")]
    assert names == ["hit-2", "hit-3", "hit-2"]
    shutil.copy(ALL_ORDERS, tmp_path / "west" / "hit" / "orders.txt")
    assert open_as_case(str(tmp_path / "west"), "hit").name == "hit-3"
    (tmp_path / "west").rename(tmp_path / "moved")  # the drive has another letter today
    assert open_as_case(str(tmp_path / "moved"), "hit").name == "hit-3"
    assert not Case.open("hit").reports
    (tmp_path / "cases" / "old").mkdir()
    (tmp_path / "cases" / "old" / "case.json").write_text("{}")  # a case of 0.1
    shutil.copytree(tmp_path / "east" / "hit", tmp_path / "east" / "old")
    assert open_as_case(str(tmp_path / "east"), "old").name == "old-2"


@pytest.mark.parametrize("words", ["promotion_ended = true", "seller_name = 7", 'zone = "Nowhere/At all"', "= 3"])
def test_defaults_that_are_none_are_told(root: Path, tmp_path: Path, words: str):
    """One sentence before anything is searched; no default opens a gate."""
    shutil.copytree(root / "quiet", tmp_path / "shops" / "quiet")
    (tmp_path / "shops" / DEFAULTS_NAME).write_text(words, encoding="utf-8")
    with pytest.raises(CaseError, match=r"promofix\.toml"):
        scan(str(tmp_path / "shops"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_is_told(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One sentence, before anything is searched."""
    monkeypatch.setattr(scanning, "_ANSWER_WITHIN", "0.5s")
    pytest.importorskip("distributed", reason="dask is not installed: the cluster was not tried")
    with pytest.raises(CaseError, match="No Dask scheduler answers"):
        scan(str(root), tmp_path / "out", scheduler="tcp://127.0.0.1:9")


def test_accounts_behind_an_address_say_the_same(root: Path, tmp_path: Path):
    """What fsspec reads is fetched account by account; what has not changed is not fetched again."""
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: accounts behind an address were not tried")
    memory = fsspec.filesystem("memory")
    for name in ("hit", "quiet"):
        memory.put(str(root / name), f"/shops/{name}", recursive=True)
    rows = scan("memory://shops", tmp_path, workers=1).rows
    assert [(row.account, row.orders, row.failed) for row in rows] == [("hit", 300, None), ("quiet", 0, None)]
    assert scan("memory://shops", tmp_path, workers=2).done_again == 0
    with pytest.raises(CaseError, match="cannot be read"):
        scan("memory://nowhere", tmp_path)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_accounts_in_a_bucket_say_the_same(
    root: Path, done: tuple[scanning.Scan, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The same folders behind an S3 address give the same rows; what has not changed is not fetched again."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed: accounts in S3 were not tried")
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed: accounts in S3 were not tried")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (("ENDPOINT_URL", f"http://{host}:{port}"), ("ACCESS_KEY_ID", "k"), ("SECRET_ACCESS_KEY", "s")):
        monkeypatch.setenv(f"AWS_{name}", value)
    try:
        bucket = s3fs.S3FileSystem()
        bucket.mkdir("shops")
        for name in ("hit", "quiet"):
            bucket.put(str(root / name), f"shops/accounts/{name}", recursive=True)
        rows = scan("s3://shops/accounts", tmp_path, workers=1).rows
        assert [(row.account, row.orders, row.failed) for row in rows] == [("hit", 300, None), ("quiet", 0, None)]
        assert scan("s3://shops/accounts", tmp_path, workers=1).done_again == 0
        with pytest.raises(CaseError, match="cannot be read"):
            scan("s3://nowhere/accounts", tmp_path)
    finally:
        server.stop()
