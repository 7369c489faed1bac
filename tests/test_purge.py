"""After the job no buyer is left in the case, and everything else is."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest

from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError
from promofix_lib.export.handover import export, record_advice
from promofix_lib.export.handover.record import read_records
from promofix_lib.orders import order_table
from promofix_lib.purge import find_traces, purge, what_would_go
from promofix_lib.purge.traces import buyers_words, needles, words_in
from promofix_lib.returns import take_back_sheet
from promofix_lib.returns.returns import read_returns
from tests.handed_case import NOW, buyer, make_case, order_id

PEOPLE = [word for number in (1, 2, 9, 12) for word in buyer(number).values()]


def finished(folder: Path) -> Case:
    """A case at the end of its life: exported, answered, noted, copied about."""
    case = make_case(folder)
    record_advice(case, given_on="2026-11-21", case_id="12345", text="Cancel them all.")
    case.decide("leave_out", [f"{order_id(2)}/{2:014d}"], "Ada Example-0002 is a friend")
    done = export(case, now=NOW)
    worked = folder.parent / "worked.xlsx"
    book = openpyxl.load_workbook(done.folder / "buyers.xlsx")
    book["todo"].cell(8, 13, "called Ada Example-0003, wants it")
    book.save(worked)
    take_back_sheet(case, worked, now=NOW + timedelta(days=1))
    (folder / "cache").mkdir(exist_ok=True)
    pyarrow.feather.write_feather(
        pa.table({"buyer_name": [buyer(1)["buyer-name"]]}), folder / "cache" / "orders.feather", compression="zstd"
    )
    (folder / "notes.txt").write_text("ask buyer0009@marketplace.amazon.example", encoding="utf-16")
    (folder / "exports" / "backup.gz").write_bytes(gzip.compress(buyer(12)["ship-address-1"].encode()))
    (folder / "plan.txt").write_text("nothing private", encoding="utf-8")
    return case


def test_nothing_of_a_buyer_is_left(tmp_path: Path) -> None:
    """Searched in every file, also inside workbooks, archives and caches: before there are many, after none."""
    case = finished(tmp_path / "case")
    before = {trace.path.name for trace in find_traces(case.folder, PEOPLE)}
    assert {"NewOrders-1.txt", "buyers.xlsx", "case.db", "orders.feather", "notes.txt", "backup.gz"} <= before
    assert any(name.endswith(".eml") for name in before)
    done = purge(case, NOW + timedelta(days=30))
    assert find_traces(case.folder, PEOPLE) == ()
    assert done.done
    assert "Ada" not in (case.folder / "case.db").read_bytes().decode("utf-8", "replace")


def test_the_evidence_and_the_decisions_stay(tmp_path: Path) -> None:
    """Pages, order ids, letters, uploads, advice, the rule, what was left out, and the report without buyers."""
    case = finished(tmp_path / "case")
    rule, left_out = case.filter, set(case.decisions.left_out)
    purge(case, NOW + timedelta(days=30))
    again = Case.open(case.folder)
    assert (again.filter, set(again.decisions.left_out)) == (rule, left_out)
    assert again.decisions.left_out[f"{order_id(2)}/{2:014d}"] == "[removed] is a friend"
    kept = {path.name for path in again.exports[0].rglob("*") if path.is_file()}
    assert {"evidence.html", "order-ids.csv", "order-cancellation.txt", "handed_over.json", "fba-requests.txt"} <= kept
    assert not {"buyers.xlsx", "message-template.docx"} & kept
    assert [path.name for path in again.reports] == ["AllOrders-1.txt"]
    assert {entry["what"] for entry in again.log} == {"amazon_advice", "export", "purge"}
    assert len(read_records(case.folder)[0].items) == 11
    assert (case.folder / "plan.txt").exists()
    assert len(again.orders) == 142
    assert again.chosen().sum() == 11


def test_the_assistants_notes_go_and_the_answers_stay(tmp_path: Path) -> None:
    """A note may name anybody."""
    case = finished(tmp_path / "case")
    assert any(answer.note for answer in read_returns(case.folder)[0].sheet.answers)  # type: ignore[union-attr]
    purge(case)
    (returned,) = read_returns(case.folder)
    assert returned.sheet is not None
    assert len(returned.sheet.answers) == 11
    assert not any(answer.note for answer in returned.sheet.answers)


def test_what_would_go_changes_nothing_and_tells_the_truth(tmp_path: Path) -> None:
    """The preview lists exactly what the purge then removes."""
    case = finished(tmp_path / "case")
    files = {path: path.read_bytes() for path in case.folder.rglob("*") if path.is_file() and path.name != ".lock"}
    plan = what_would_go(case)
    assert files == {
        path: path.read_bytes() for path in case.folder.rglob("*") if path.is_file() and path.name != ".lock"
    }
    assert "Would be removed, because it holds buyers' data:\n  reports/NewOrders-1.txt" in plan.text()
    done = purge(case)
    assert done.removed == plan.removed
    assert not any(path.exists() for path in done.removed)
    assert all(path.exists() for path in done.kept)
    assert "Removed, because it holds buyers' data:" in done.text()
    assert "30 days after the orders were delivered" in done.text()


def test_a_second_purge_finds_nothing(tmp_path: Path) -> None:
    """It can be run again at any time."""
    case = finished(tmp_path / "case")
    purge(case)
    assert [path.name for path in purge(case).removed] == []


def test_a_report_that_can_not_be_read_goes_too(tmp_path: Path) -> None:
    """Nobody can say whom it names."""
    case = make_case(tmp_path / "case")
    (case.folder / "reports" / "old.bin").write_bytes(b"\x00\x01\x02 no report")
    purge(case)
    assert [path.name for path in case.reports] == ["AllOrders-1.txt"]


def test_workbooks_that_came_back_go_whatever_is_in_them(tmp_path: Path) -> None:
    """Also one in which the assistant wrote names that no report knows."""
    case = make_case(tmp_path / "case")
    back = case.folder / "returned"
    back.mkdir()
    book = openpyxl.Workbook()
    book.active["A1"] = "Priya"
    book.save(back / "worked.XLSX")
    (back / "processing.txt").write_text("Feed Processing Summary:", encoding="utf-8")
    purge(case)
    assert [path.name for path in back.iterdir()] == ["processing.txt"]


def test_a_file_that_can_not_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open in Excel on Windows: the reports stay until it is gone, so that the next purge knows whom to look for."""
    case = make_case(tmp_path / "case")
    export(case, now=NOW)
    unlink = Path.unlink

    def locked(path: Path, missing_ok: bool = False) -> None:
        if path.name == "buyers.xlsx":
            raise PermissionError(13, "open in another program")
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", locked)
        with pytest.raises(CaseError, match=r"can not be removed: .*buyers\.xlsx \(open in another program\)"):
            purge(case)
    assert "NewOrders-1.txt" in [path.name for path in case.reports]
    purge(case)
    assert find_traces(case.folder, PEOPLE) == ()


def zipped(content: bytes) -> bytes:
    """A zip with one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("inner.txt", content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "x Zoë O'Example & Söhne y".encode(),
        "Zoë O'Example & Söhne".encode("cp1252"),
        "Zoë O'Example & Söhne".encode("utf-16"),
        b"<t>Zo\xc3\xab O'Example &amp; S\xc3\xb6hne</t>",
        json.dumps({"a": "Zoë O'Example & Söhne"}).encode(),
        gzip.compress("Zoë O'Example & Söhne".encode()),
        zipped("Zoë O'Example & Söhne".encode()),
        zipped(gzip.compress(zipped("Zoë O'Example & Söhne".encode()))),
    ],
    ids=["utf-8", "cp1252", "utf-16", "xml", "json", "gzip", "zip", "zip in gzip in zip"],
)
def test_a_name_is_found_however_it_is_written(content: bytes, tmp_path: Path) -> None:
    """Encodings, escapes and archives in archives."""
    path = tmp_path / "file"
    path.write_bytes(content)
    assert words_in(path, needles(["Zoë O'Example & Söhne"]))
    assert not words_in(path, needles(["Ada Example"]))


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"\x1f\x8b broken", b"ARROW1 broken"])
def test_a_broken_archive_is_searched_as_it_is(content: bytes, tmp_path: Path) -> None:
    """It stops nothing."""
    path = tmp_path / "file"
    path.write_bytes(content + b" Ada Example")
    assert words_in(path, needles(["Ada Example"]))


def test_whom_to_look_for() -> None:
    """Names, e-mails, streets and telephones; not cities, not countries, not single plain words."""
    orders = order_table(
        [
            {
                "buyer_name": "Ada Example",
                "buyer_email": "ada@marketplace.amazon.example",
                "ship_country": "Exampleland",
                "recipient_name": "Bo",
                "ship_address_1": "1 Specimen Street",
                "ship_phone_number": "555-0100",
                "ship_city": "Exampleville",
            }
        ]
    )
    assert buyers_words(orders) == {"Ada Example", "ada@marketplace.amazon.example", "1 Specimen Street", "555-0100"}
    assert buyers_words(pd.DataFrame({"sku": ["Ada Example"]})) == frozenset()


def test_thousands_of_names_are_looked_for_in_a_large_file(tmp_path: Path) -> None:
    """One pass over the file, also where a name lies across the border of two pieces."""
    people = [f"Ada Example-{n:05d}" for n in range(5000)]
    path = tmp_path / "large"
    innocent = b"Ada Exemplary, buyer of nothing\n" * 300_000
    path.write_bytes(innocent)
    assert not words_in(path, needles(people))
    border = 4 << 20
    path.write_bytes(innocent[: border - 7] + b"Ada Example-04999" + innocent)
    assert words_in(path, needles(people))
