"""After the job no buyer is left in the case, and everything else is."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import itertools
import json
import lzma
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest

from promofix_lib.app.cli import run
from promofix_lib.case.case import Case
from promofix_lib.case.records import Answer
from promofix_lib.errors import CaseError
from promofix_lib.letters.amazon import advice_of, record_advice
from promofix_lib.orders import order_table
from promofix_lib.purge.removal import purge, purge_older_than, what_would_go
from promofix_lib.purge.search import Searcher, people_of
from tests.handed_case import NOW, all_orders, buyer, make_case, order_id, victims

PEOPLE = frozenset(word for number in (1, 2, 9, 12) for word in buyer(number).values())
OLD = Path(__file__).parent / "data" / "case-0.1"
FREE = f"{order_id(2)}/{2:014d}"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case at the end of its life: exported, answered, noted, copied about; to be copied, not to be worked on."""
    folder = tmp_path_factory.mktemp("pattern") / "case"
    case = make_case(folder)
    record_advice(case, given_on="2026-11-21", case_id="12345", text="Cancel them all.")
    case.decide("leave_out", [FREE], "Ada Example-0002 is a friend")
    answer = Answer(order_id(3), "task", "done", "called Priya, wants it", "anna", "w.xlsx", "E1", "1", NOW)
    case.journal.add(answer.entry, answer.to_json())
    place = folder / "exports" / "2026-11-20T160000"
    (place / "evidence").mkdir(parents=True)
    book = openpyxl.Workbook()
    book.active["A1"] = buyer(1)["buyer-name"]
    book.save(place / "buyers.xlsx")
    (place / "order-cancellation.txt").write_text(order_id(1), encoding="utf-8")
    (place / "evidence" / "order-ids.csv").write_text(order_id(1), encoding="utf-8")
    (place / "message-drafts.mbox").write_bytes(mail(buyer(9)["buyer-name"]))
    (folder / "returned").mkdir()
    book.active["A1"] = "Priya"
    book.save(folder / "returned" / "worked.XLSX")
    (folder / "returned" / "processing.txt").write_text("Feed Processing Summary:\n", encoding="utf-8")
    (folder / "cache").mkdir(exist_ok=True)
    table = pa.table({"buyer_name": [buyer(1)["buyer-name"]]})
    pyarrow.feather.write_feather(table, folder / "cache" / "orders.feather", compression="zstd")
    (folder / "notes.txt").write_text("ask buyer0009@marketplace.amazon.example", encoding="utf-16")
    (folder / "exports" / "backup.gz").write_bytes(gzip.compress(buyer(12)["ship-address-1"].encode()))
    (folder / ".buyers.json.77.new").write_text("Ada Exam", encoding="utf-8")
    (folder / "plan.txt").write_text("nothing private", encoding="utf-8")
    return folder


@pytest.fixture
def case(pattern: Path, tmp_path: Path) -> Case:
    """A copy to work on."""
    return Case.existing(shutil.copytree(pattern, tmp_path / "case"))


def files(folder: Path) -> Iterable[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def traces(folder: Path, people: Iterable[str] = PEOPLE) -> set[str]:
    return {trace.partition(":")[0] for trace in Searcher(frozenset(people)).traces(files(folder))}


def test_nothing_of_a_buyer_is_left(case: Case):
    """Searched in every file, also inside workbooks, archives, drafts and caches: before there are many, after none."""
    before = traces(case.folder)
    names = {"NewOrders-1.txt", "buyers.xlsx", "case.db", "orders.feather", "notes.txt", "backup.gz"}
    assert names | {"message-drafts.mbox"} <= before
    done = purge(case)
    assert traces(case.folder) == set()
    assert done.done
    assert not list(case.folder.glob(".*"))
    assert b"Ada" not in (case.folder / "case.db").read_bytes()


def test_the_evidence_and_the_decisions_stay(case: Case):
    """Pages, order ids, uploads, advice, the rule, what was left out, and the report without buyers."""
    rules = [one.rule for one in case.incidents]
    purge(case)
    again = Case.existing(case.folder)
    assert [one.rule for one in again.incidents] == rules
    assert again.left_out == {FREE: "[removed] is a friend"}
    assert {path.name for path in files(again.exports[0])} == {"order-cancellation.txt", "order-ids.csv"}
    assert [path.name for path in again.reports] == ["AllOrders-1.txt"]
    assert [advice.case_id for advice in advice_of(again)] == ["12345"]
    assert (case.folder / "plan.txt").exists()
    assert (len(again.orders), int(again.chosen().sum())) == (142, 11)


def test_the_assistants_notes_go_and_the_answers_stay(case: Case):
    """A note may name anybody; a list that came back goes whatever is in it, Amazon's own answer stays."""
    purge(case)
    again = Case.existing(case.folder)
    assert [(answer.value, answer.note) for answer in again.journal.records(Answer)] == [("done", "")]
    assert b"Priya" not in (case.folder / "case.db").read_bytes()
    assert [path.name for path in (case.folder / "returned").iterdir()] == ["processing.txt"]


def test_what_would_go_changes_nothing_and_tells_the_truth(case: Case):
    """The preview lists exactly what the purge then removes; the words say what lies outside its reach."""
    before = {path: path.read_bytes() for path in files(case.folder)}
    plan = what_would_go(case)
    assert before == {path: path.read_bytes() for path in files(case.folder)}
    assert "Would be removed, because it holds buyers' data:\n  reports/NewOrders-1.txt" in plan.text("en")
    done = purge(case)
    assert done.removed == plan.removed
    assert not any(path.exists() for path in done.removed)
    assert all(path.exists() for path in done.kept)
    for wanted in ("Removed, because it holds", "Searched again afterwards", "backups", "30 days after"):
        assert wanted in done.text("en")
    assert "备份" in done.text("zh-CN")


def test_a_purge_before_the_work_is_done_says_so(case: Case, capsys: pytest.CaptureFixture[str]):
    """Drafts and addresses go with it; a case whose orders are all cancelled is not held up."""
    assert run(["purge", str(case.folder), "--language", "en"]) == 0
    assert "The work is not done: 9 orders still have to be cancelled" in capsys.readouterr().out
    case.change_settings(promotion_ended=False)  # not one of them is done by that
    assert run(["purge", str(case.folder), "--language", "en"]) == 0
    assert "The work is not done: 9 orders still have to be cancelled" in capsys.readouterr().out
    cancelled = {"order-status": "Cancelled", "item-status": "Cancelled"}
    case.add_report("newer.txt", all_orders(victims(**{f"v{number}": cancelled for number in range(1, 13)})))
    assert run(["purge", str(case.folder), "--language", "en"]) == 0
    assert "The work is not done" not in capsys.readouterr().out


def test_a_second_purge_finds_nothing(case: Case):
    """It can be run again at any time."""
    purge(case)
    assert purge(Case.existing(case.folder)).removed == ()


def test_a_town_is_nobody(tmp_path: Path):
    """A buyer's second address line "New York" does not throw away the report that names towns only."""
    lines = [line | {"ship-city": "New York"} for line in victims()]
    head = "order-id\torder-item-id\tpurchase-date\tbuyer-email\tbuyer-name\tsku\tproduct-name\tquantity-purchased\t"
    head += "currency\titem-price\tship-address-1\tship-address-2\tship-city"
    cells = [order_id(1), f"{1:014d}", "2026-11-20T05:10:00+00:00", "a@marketplace.amazon.example", "Ada Example", "HP"]
    cells += ["Lumen", "1", "USD", "58.99", "1 Specimen Street", "New York", "New York"]
    new = (head + "\n" + "\t".join(cells) + "\n").encode()
    case = make_case(tmp_path / "case", reports={"AllOrders-1.txt": all_orders(lines), "NewOrders-1.txt": new})
    assert [path.name for path in purge(case).removed if path.parent.name == "reports"] == ["NewOrders-1.txt"]
    assert [path.name for path in case.reports] == ["AllOrders-1.txt"]


def test_a_report_that_can_not_be_read_goes_too(case: Case):
    """Nobody can say whom it names."""
    (case.folder / "reports" / "old.bin").write_bytes(b"\x00\x01\x02 no report")
    purge(case)
    assert [path.name for path in case.reports] == ["AllOrders-1.txt"]


def test_a_file_that_can_not_be_removed_is_named(case: Case, monkeypatch: pytest.MonkeyPatch):
    """Open in Excel on Windows: it is said, and the next purge still knows whom to look for."""
    unlink = Path.unlink

    def locked(path: Path, missing_ok: bool = False) -> None:
        if path.name == "buyers.xlsx":
            raise PermissionError(13, "open in another program")
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", locked)
        with pytest.raises(CaseError, match=r"can not be removed: .*buyers\.xlsx \(open in another program\)"):
            purge(case)
    purge(Case.existing(case.folder))
    assert traces(case.folder) == set()


def test_outputs_and_checkpoints_of_notebooks_show_nobody(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A page that was saved with a buyer in its output is emptied, its checkpoint goes, its cells stay."""
    pages = tmp_path / "notebooks"
    cell = {
        "cell_type": "code",
        "source": ["case"],
        "outputs": [{"text": buyer(1)["buyer-name"]}],
        "execution_count": 3,
    }
    page = {"cells": [cell], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}
    for place in (pages / "3.ipynb", pages / ".ipynb_checkpoints" / "3-checkpoint.ipynb"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(page), encoding="utf-8")
    monkeypatch.setattr("promofix_lib.purge.removal.seller_folder", lambda: tmp_path)
    done = purge(case)
    assert [path.name for path in files(pages)] == ["3.ipynb"]
    assert pages / "3.ipynb" in done.cleaned
    kept = json.loads((pages / "3.ipynb").read_text(encoding="utf-8"))["cells"][0]
    assert (kept["source"], kept["outputs"]) == (["case"], [])


# -- cut off anywhere -------------------------------------------------------------------------------------------------

CUT_OFF = """
import os, sys
from pathlib import Path
from promofix_lib.case.case import Case
from promofix_lib.purge.removal import purge
case, left = Case.existing(Path(sys.argv[1])), int(sys.argv[2])
steps = 0
def count(event, args):
    global steps
    writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in ("os.remove", "os.rename", "os.rmdir", "shutil.rmtree", "sqlite3.connect"):
        steps += 1
        if steps == left:
            os._exit(9)
sys.addaudithook(count)
purge(case)
"""


def cut_off(folder: Path, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", "-c", CUT_OFF, str(folder), str(step)]  # -B: no .pyc to count
    root = Path(__file__).parent.parent
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, timeout=120)


@pytest.mark.parametrize("step", [4, 11, pytest.param(0, marks=pytest.mark.long)])
def test_cut_off_at_any_step_the_next_purge_finishes(pattern: Path, tmp_path: Path, step: int):
    """Killed (no clean-up, no exception) before a step of the work, it leaves nobody when it is run again."""
    for point in [step] if step else itertools.count(1):
        folder = shutil.copytree(pattern, tmp_path / f"cut-{point}")
        ended = cut_off(folder, point).returncode
        if not step and point > 11 and not ended:
            break  # there is no such step: each before it was tried
        assert ended == 9
        purge(Case.existing(folder))
        assert traces(folder) == set(), point
        assert not list(folder.rglob(".*")), point


# -- all cases --------------------------------------------------------------------------------------------------------


def test_old_cases_are_purged_and_young_ones_stay(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By the day of the newest order; what holds no buyer any more is not named again."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path))
    shutil.copytree(pattern, tmp_path / "night")
    assert purge_older_than(30, NOW + timedelta(days=29)) == ()
    [said] = purge_older_than(30, NOW + timedelta(days=31), really=False)
    assert not said.done
    assert "NewOrders-1.txt" in traces(tmp_path / "night")
    [done] = purge_older_than(30, NOW + timedelta(days=31))
    assert done.folder.name == "night"
    assert traces(tmp_path / "night") == set()
    assert purge_older_than(30, datetime(2030, 1, 1, tzinfo=UTC)) == ()


def test_an_old_case_of_version_0_1_is_purged_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whatever page 0 offers as a case is one: it holds buyers also when it was never opened since the update."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path))
    shutil.copytree(OLD, tmp_path / "night")
    [done] = purge_older_than(30, datetime(2030, 1, 1, tzinfo=UTC))
    assert done.folder.name == "night"
    assert done.removed


def test_a_damaged_case_is_named_and_the_others_are_purged(
    pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """One bad case stops no other."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path))
    shutil.copytree(pattern, tmp_path / "night")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "case.db").write_bytes(b"no database")
    with pytest.raises(CaseError, match=r"1 case could not be purged \(done: 1\): broken"):
        purge_older_than(30, NOW + timedelta(days=31))
    assert traces(tmp_path / "night") == set()


# -- searching --------------------------------------------------------------------------------------------------------

NAME = "Zoë O'Example & Söhne"


def zipped(content: bytes) -> bytes:
    """A zip with one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("inner.txt", content)
    return out.getvalue()


def tarred(content: bytes) -> bytes:
    """A tar with one member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as package:
        entry = tarfile.TarInfo("inner.txt")
        entry.size = len(content)
        package.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def mail(name: str, charset: str = "utf-8", cte: str = "base64") -> bytes:
    """An mbox with one message that names somebody in its head and its text."""
    message = EmailMessage()
    message["To"] = "nobody@example.com"
    message["Subject"] = "An order"
    message.set_content(f"Hello {name},", charset=charset, cte=cte)
    return b"From nobody Thu Jan  1 00:00:00 1970\n" + message.as_bytes()


ENCODED_WORD = b"To: =?utf-8?b?" + base64.b64encode(NAME.encode()) + b"?= <x@example.com>\n\nHello\n"
PLACES = {
    "utf-8": f"x {NAME} y".encode(),
    "cp1252": NAME.encode("cp1252"),
    "utf-16": NAME.encode("utf-16"),
    "utf-16-be": NAME.encode("utf-16-be"),
    "capitals": NAME.upper().encode(),
    "xml": b"<t>Zo\xc3\xab O'Example &amp; S\xc3\xb6hne</t>",
    "numbered": b"Zo&#235; O'Example &amp; S&#246;hne",
    "json": json.dumps({"a": NAME}).encode(),
    "gzip": gzip.compress(NAME.encode()),
    "bzip2": bz2.compress(NAME.encode()),
    "xz": lzma.compress(NAME.encode()),
    "tar": tarred(NAME.encode()),
    "zip": zipped(NAME.encode()),
    "zip in gzip in zip": zipped(gzip.compress(zipped(NAME.encode()))),
    "mail, base64": mail(NAME),
    "mail, quoted-printable": mail(NAME, cte="quoted-printable"),
    "mail, another charset": mail(NAME, charset="iso-8859-1"),
    "encoded word": ENCODED_WORD,
    "link": b"mailto:?subject=Zo%C3%AB%20O%27Example%20%26%20S%C3%B6hne",
}


@pytest.mark.parametrize("content", PLACES.values(), ids=PLACES)
def test_a_name_is_found_however_it_is_written(content: bytes, tmp_path: Path):
    """Encodings, escapes, mail, and archives in archives."""
    path = tmp_path / "file"
    path.write_bytes(content)
    assert Searcher({NAME}).found_in(path)
    assert not Searcher({"Ada Example"}).found_in(path)


@pytest.mark.parametrize("coding", ["gbk", "gb18030", "big5", "euc_jp", "cp932", "iso2022_jp", "utf-16-le"])
def test_a_name_in_ideographs_is_found_in_every_encoding(coding: str, tmp_path: Path):
    """Reports and drafts of China and Japan come in many."""
    name = "山田太郎" if coding not in ("gbk", "big5") else "王小明"
    (tmp_path / "file").write_bytes(f"- {name} -".encode(coding))
    assert Searcher({name}).found_in(tmp_path / "file")


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\x1f\x8b broken", b"ARROW1 broken", b"BZh broken"])
def test_a_broken_archive_is_searched_as_it_is(content: bytes, tmp_path: Path):
    """It stops nothing."""
    path = tmp_path / "file"
    path.write_bytes(content + b" Ada Example")
    assert Searcher({"Ada Example"}).found_in(path)


def test_a_telephone_number_is_not_seen_in_an_order_number(tmp_path: Path):
    """Seven digits stand in many numbers; alone they are a telephone's."""
    (tmp_path / "ids").write_text("111-5550100-0000001 15550100", encoding="utf-8")
    (tmp_path / "note").write_text("call 5550100, please", encoding="utf-8")
    searcher = Searcher({"5550100"})
    assert not searcher.found_in(tmp_path / "ids")
    assert searcher.found_in(tmp_path / "note")
    assert searcher.without("111-5550100-1, 5550100", "x") == "111-5550100-1, x"


def test_whom_to_look_for():
    """Names, e-mails, streets and telephones; no towns, no countries, no products, no single plain words."""
    orders = order_table(
        [
            {
                "buyer_name": "Ada Example",
                "buyer_email": "ada@marketplace.amazon.example",
                "ship_country": "Exampleland",
                "recipient_name": "Bo",
                "ship_address_1": "1 Specimen Street",
                "ship_address_2": "Example Falls",
                "ship_phone_number": "555-0100",
                "ship_city": "Example Falls",
                "product_name": "Lamp by Mira Model",
                "bill_name": "Mira Model",
            }
        ]
    )
    assert people_of(orders) == {"Ada Example", "ada@marketplace.amazon.example", "1 Specimen Street", "555-0100"}
    assert people_of(pd.DataFrame({"sku": ["Ada Example"]})) == frozenset()


def test_thousands_of_names_are_looked_for_in_a_large_file(tmp_path: Path):
    """One pass over the file, also where a name lies across the border of two pieces."""
    searcher = Searcher({f"Ada Example-{n:05d}" for n in range(5000)})
    path = tmp_path / "large"
    innocent = b"Ada Exemplary, buyer of nothing\n" * 135_000
    path.write_bytes(innocent)
    assert not searcher.found_in(path)
    border = 4 << 20
    path.write_bytes(innocent[: border - 7] + b"Ada Example-04999" + innocent)
    assert searcher.found_in(path)
