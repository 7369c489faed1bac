"""One export: what it holds, what it withholds, and that nothing half-written is ever seen."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError, ExportError
from promofix_lib.export.handover import export, facts_of, letters_of, record_advice
from promofix_lib.export.handover.parts import PARTS, evidence, letters, usual_orders_per_day, wording_of
from promofix_lib.export.handover.record import RECORD, read_record, read_records
from promofix_lib.letters import amazon as letter_words
from promofix_lib.orders import item_keys
from tests.handed_case import NIGHT, NOW, all_orders, line, make_case, order_id, usual, victims
from tests.made_sample import make_sample

SELLER_WORDS = Path(letter_words.__file__).parent
FAST = tuple(part for part in PARTS if part is not evidence)  # drawing the charts takes a second


def names(folder: Path) -> set[str]:
    """Files and folders right inside `folder`."""
    return {path.name for path in folder.iterdir()}


def test_an_export_holds_everything_in_one_dated_folder(tmp_path: Path) -> None:
    """Workbook, files for Amazon, messages, letters, evidence and the record; the list given back is complete."""
    done = export(make_case(tmp_path), now=NOW)
    assert done.folder == tmp_path / "exports" / "2026-11-20T160000"
    assert names(done.folder) == {
        "buyers.xlsx",
        "message-template.docx",
        "messages",
        "order-cancellation.txt",
        "fba-requests.txt",
        "letter-to-amazon-1-technical-issue.txt",
        "letter-to-amazon-2-annotation.txt",
        "letter-to-amazon-3-plan-of-action.txt",
        "letters-to-amazon-READ-FIRST.txt",
        "evidence",
        "handed_over.json",
    }
    assert set(done.written) == {path for path in done.folder.rglob("*") if path.is_file()}
    assert done.withheld == ()


def test_each_order_goes_where_it_belongs(tmp_path: Path) -> None:
    """Nine to cancel, the FBA one to Seller Support; pending and shipped in neither file."""
    folder = export(make_case(tmp_path), now=NOW, parts=FAST).folder
    cancelled = (folder / "order-cancellation.txt").read_text(encoding="ascii").splitlines()[2:]
    assert [line.split("\t")[0] for line in cancelled] == [order_id(n) for n in range(1, 10)]
    requests = (folder / "fba-requests.txt").read_text(encoding="utf-8")
    assert order_id(10) in requests
    assert not any(order_id(n) in requests for n in (*range(1, 10), 11, 12))


def test_without_the_sellers_word_no_cancellation_file(tmp_path: Path) -> None:
    """It is withheld with the reason; everything else is written."""
    done = export(make_case(tmp_path, promotion_ended=False), now=NOW, parts=FAST)
    assert "order-cancellation.txt" not in names(done.folder)
    (withheld,) = done.withheld
    assert withheld.what == "order-cancellation.txt"
    assert "the promotion has ended" in withheld.why
    assert "puts the cancelled units back on sale" in withheld.why
    assert {"buyers.xlsx", "fba-requests.txt"} <= names(done.folder)


def test_a_partial_order_without_item_ids_is_withheld_and_named(tmp_path: Path) -> None:
    """Only All Orders without item ids: the order with a second, right item is left out, with what to download."""
    other = line(
        1, NIGHT, **{"order-status": "Unshipped", "item-status": "Unshipped", "sku": "CABLE", "item-price": "9.99"}
    )
    report = all_orders([*usual(), *victims(), other], item_ids=False)
    done = export(make_case(tmp_path, reports={"AllOrders.txt": report}), now=NOW, parts=FAST)
    (withheld,) = done.withheld
    assert withheld.what == f"order {order_id(1)}"
    assert "Download New Orders" in withheld.why
    text = (done.folder / "order-cancellation.txt").read_text(encoding="ascii")
    assert order_id(1) not in text
    assert order_id(2) in text


def test_two_exports_in_one_second_are_two_folders(tmp_path: Path) -> None:
    """Nothing is overwritten, ever."""
    case = make_case(tmp_path)
    first, second = export(case, now=NOW, parts=FAST), export(case, now=NOW, parts=FAST)
    assert first.folder != second.folder
    assert first.folder.is_dir()
    assert (first.folder / "buyers.xlsx").is_file()


def test_a_failing_part_leaves_nothing_behind(tmp_path: Path) -> None:
    """No half-written folder, no draft, no line in the log."""
    case = make_case(tmp_path)

    def broken(job: Any) -> Any:
        assert (job.folder / "letters-to-amazon-READ-FIRST.txt").is_file()
        assert not (tmp_path / "exports").exists()  # nobody sees an export before it is whole
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        export(case, now=NOW, parts=(letters, broken))
    assert not (tmp_path / "exports").exists()
    assert not list(tmp_path.glob(".export*"))
    assert not [entry for entry in case.log if entry["what"] == "export"]


def test_nothing_chosen_is_an_instruction(tmp_path: Path) -> None:
    """An empty export helps nobody."""
    case = make_case(tmp_path)
    case.decide("leave_out", item_keys(case.orders)[case.chosen()].tolist(), "all friends")
    with pytest.raises(ExportError, match="Choose them in notebook 3"):
        export(case, now=NOW)


def test_only_named_items_are_handed_over_and_never_those_left_out(tmp_path: Path) -> None:
    """A second round is exactly its list, less what the seller took out by hand."""
    case = make_case(tmp_path)
    keys = [f"{order_id(n)}/{n:014d}" for n in (2, 3, 4)]
    case.decide("leave_out", keys[:1], "a friend")
    folder = export(case, now=NOW, only=keys, parts=FAST).folder
    assert {item.order_id for item in read_record(folder / RECORD).items} == {order_id(3), order_id(4)}


def test_the_record_matches_the_files(tmp_path: Path) -> None:
    """Every file with its SHA-256, every line of the upload in order, every item with its triage, and no buyer."""
    case = make_case(tmp_path, batch_size=4)
    done = export(case, now=NOW, parts=FAST)
    (record,) = read_records(tmp_path)
    for name, digest in record.files.items():
        assert hashlib.sha256((done.folder / name).read_bytes()).hexdigest() == digest
    assert list(record.uploads) == [f"order-cancellation-{n}-of-3.txt" for n in (1, 2, 3)]
    lines = [line.order_id for lines in record.uploads.values() for line in lines]
    assert lines == [order_id(n) for n in range(1, 10)]
    assert [item.triage for item in record.items] == ["cancel"] * 9 + ["ask_amazon", "wait", "shipped"]
    assert "Ada Example" not in (done.folder / RECORD).read_text(encoding="utf-8")
    assert record.made_at == NOW


def test_a_damaged_record_says_what_to_do(tmp_path: Path) -> None:
    """The case is not lost with it."""
    folder = export(make_case(tmp_path), now=NOW, parts=FAST).folder
    (folder / RECORD).write_text("{", encoding="utf-8")
    with pytest.raises(CaseError, match=r"can not be read .* from a backup"):
        read_records(tmp_path)


def test_the_log_knows_the_export(tmp_path: Path) -> None:
    """Folder and number of orders."""
    case = make_case(tmp_path)
    done = export(case, now=NOW, parts=FAST)
    entry = case.log[-1]
    assert (entry["what"], entry["folder"], entry["orders"]) == ("export", done.folder.name, 12)


def test_what_goes_to_amazon_names_no_buyer(tmp_path: Path) -> None:
    """Only the workbook and the messages hold names, addresses and streets."""
    folder = export(make_case(tmp_path), now=NOW).folder
    for path in folder.rglob("*"):
        private = path.name == "buyers.xlsx" or "messages" in path.parts
        if path.is_file() and not private:
            content = path.read_bytes().decode("utf-8", "replace")
            assert not any(word in content for word in ("Ada Example", "marketplace.amazon", "Specimen Street")), path


def test_streets_are_in_no_export_at_all(tmp_path: Path) -> None:
    """The assistant writes e-mails and needs no postal address."""
    folder = export(make_case(tmp_path), now=NOW, parts=FAST).folder
    book = CalamineWorkbook.from_path(str(folder / "buyers.xlsx"))
    cells = [str(cell) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    assert any("Ada Example-0001" in cell for cell in cells)
    assert not any("Specimen Street" in cell for cell in cells)


def test_refunds_and_xml_are_written_only_on_wish(tmp_path: Path) -> None:
    """Both are settings; the XML asks for the merchant token."""
    done = export(make_case(tmp_path, refund_adjustments=True, acknowledgement_xml=True), now=NOW, parts=FAST)
    assert {"refund-adjustments.txt", "order-cancellation.xml"} <= names(done.folder)
    refunds = (done.folder / "refund-adjustments.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in refunds[1:]] == [order_id(12)]
    assert any("merchant token" in warning for warning in done.warnings)


def test_the_chinese_seller_gets_a_reading_of_each_letter(tmp_path: Path) -> None:
    """The English letter for Amazon, the Chinese one to read."""
    done = export(make_case(tmp_path, language="zh-CN"), now=NOW, parts=FAST)
    assert "letter-to-amazon-2-annotation-zh-CN.txt" in names(done.folder)
    assert "写给亚马逊的信" in (done.folder / "letters-to-amazon-READ-FIRST.txt").read_text(encoding="utf-8")


def test_the_chinese_seller_reads_in_chinese_what_was_withheld(tmp_path: Path) -> None:
    """The gate, what it asks and what cancelling would do."""
    done = export(make_case(tmp_path, language="zh-CN", promotion_ended=False), now=NOW, parts=FAST)
    (withheld,) = done.withheld
    assert "促销已结束" in withheld.why
    assert "PricingError 会立即把取消的数量按当时的价格重新上架" in withheld.why


def test_both_languages_say_the_same_things() -> None:
    """No sentence and no number is missing in one of them."""
    texts = [
        json.loads((SELLER_WORDS / f"seller-words-{language}.json").read_text(encoding="utf-8"))
        for language in ("en", "zh-CN")
    ]
    english, chinese = texts
    assert english.keys() == chinese.keys()
    for name, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", chinese[name])), name


def test_the_letters_tell_the_numbers_of_the_finding(tmp_path: Path) -> None:
    """The same orders, units and sums as the finding says."""
    case = make_case(tmp_path)
    facts, found = facts_of(case), case.finding
    assert found is not None
    assert (facts.orders, facts.units, facts.onset, facts.end) == (found.orders, found.units, found.onset, found.end)
    assert [(a.currency, a.paid, a.normal, a.loss) for a in facts.amounts] == [
        (a.currency, a.paid, a.normal_value, a.loss) for a in found.amounts
    ]


def test_amazons_advice_is_kept_once_and_quoted(tmp_path: Path) -> None:
    """Running the cell twice does not repeat it; the annotation request refers to it."""
    case = make_case(tmp_path)
    for _ in range(2):
        record_advice(case, given_on="2026-11-21", case_id="12345", text="Cancel them and write back.")
    assert [entry["what"] for entry in case.log] == ["amazon_advice"]
    assert "On 2026-11-21 you advised us in case 12345." in letters_of(case)[1].text
    folder = export(case, now=NOW).folder
    assert "Cancel them and write back." in (folder / "evidence" / "evidence.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("day", "text", "words"), [("21.11.2026", "x", "is not a day"), ("2026-11-21", " ", "words of the answer")]
)
def test_advice_without_day_or_words_is_refused(tmp_path: Path, day: str, text: str, words: str) -> None:
    """Evidence needs both."""
    with pytest.raises(CaseError, match=words):
        record_advice(Case.open(tmp_path), given_on=day, case_id="1", text=text)


def test_a_time_without_a_zone_is_the_marketplaces(tmp_path: Path) -> None:
    """A seller who types 23:30 means the clock that promofix shows; what is no time is refused."""
    case = make_case(tmp_path, promotion_ended_at="2026-11-19T23:30")
    assert "2026-11-19 23:30:00 (America/Los_Angeles)" in letters_of(case)[0].text
    with pytest.raises(CaseError, match=r"should be a time such as .* found 'last night'"):
        case.change_settings(promotion_ended_at="last night")


def test_the_usual_orders_per_day_leave_the_night_out(tmp_path: Path) -> None:
    """130 orders in 38 days, not 142 in 37; the seller's own number wins."""
    case = make_case(tmp_path)
    assert str(usual_orders_per_day(case)) == "3.5"
    assert usual_orders_per_day(case.change_settings(usual_orders_per_day=20.0)) == 20


def test_the_sellers_own_message_is_used(tmp_path: Path) -> None:
    """Texts of the settings reach the buyers."""
    own = "Subject: About order {order_id}\n\n{greeting}\n\nOur own words: a wrong price made us cancel it.\n"
    case = make_case(tmp_path, texts={"cancelled.en": own})
    assert wording_of(case).templates["cancelled", "en"].subject == "About order {order_id}"
    folder = export(case, now=NOW, parts=FAST).folder
    message = next((folder / "messages" / "text").rglob(f"{order_id(1)}.txt")).read_text(encoding="utf-8")
    assert "Our own words: a wrong price" in message


def test_buyers_of_shipped_orders_are_told_what_the_seller_decided(tmp_path: Path) -> None:
    """Keep it, send it back, refunded; nothing at all as long as that is not decided."""
    for choice, words in (("keep", "the item is yours"), ("return", "send the item back"), ("", "")):
        case = make_case(tmp_path / (choice or "none"), shipped_choice=choice)
        folder = export(case, now=NOW, parts=FAST).folder / "messages" / "text"
        texts = [path.read_text(encoding="utf-8") for path in folder.rglob(f"{order_id(12)}.txt")]
        assert len(texts) == bool(choice)
        assert all(words in text for text in texts)


def test_a_message_that_breaks_a_rule_withholds_messages_and_workbook_only(tmp_path: Path) -> None:
    """The cancellation file is not held up by a sentence about reviews."""
    own = "Subject: Order {order_id}\n\n{greeting}\n\nPlease remove your negative review: www.example.com\n"
    done = export(make_case(tmp_path, texts={"cancelled.en": own}), now=NOW, parts=FAST)
    assert [entry.what for entry in done.withheld] == ["buyers.xlsx and the messages"]
    assert "order-cancellation.txt" in names(done.folder)
    assert not {"buyers.xlsx", "messages"} & names(done.folder)


def test_a_moment_without_a_zone_is_an_error_of_whoever_writes_the_cell(tmp_path: Path) -> None:
    """Folder names are in UTC."""
    with pytest.raises(ValueError, match="no time zone"):
        export(make_case(tmp_path), now=datetime(2026, 11, 20))


def test_the_same_case_exports_the_same_content(tmp_path: Path) -> None:
    """Evidence, letters and Amazon's files do not change from one export to the next, a day later."""
    case = make_case(tmp_path)
    first, second = export(case, now=NOW), export(case, now=NOW + timedelta(days=1))
    for name in ("order-cancellation.txt", "fba-requests.txt", "letter-to-amazon-1-technical-issue.txt"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    for name in ("order-ids.csv", "incident-hours.png"):
        assert (first.folder / "evidence" / name).read_bytes() == (second.folder / "evidence" / name).read_bytes()


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_the_evidence_of_the_sample_prints_on_one_sheet(tmp_path: Path) -> None:
    """300 orders, three reports and Amazon's advice: one page of paper."""
    case = Case.open(tmp_path / "sample", clock=lambda: NOW)
    sample = make_sample()
    for name in ("all_orders", "new_orders", "order_report"):
        case.add_report(f"{name}.txt", getattr(sample, name))
    case.choose_incident(case.findings.incidents[0])
    record_advice(case, given_on="2026-11-20", case_id="12345678901", text="Cancel all affected orders. " * 6)
    page = export(case, now=NOW, parts=(evidence,)).folder / "evidence" / "evidence.html"
    pdf = tmp_path / "page.pdf"
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={pdf}"]
    subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=60)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1


def test_the_case_file_holds_no_buyer(tmp_path: Path) -> None:
    """What is kept for long names orders only."""
    case = make_case(tmp_path)
    export(case, now=NOW)
    assert "Example-" not in (tmp_path / "case.db").read_bytes().decode("utf-8", "replace")
    assert len(PARTS) == 7
    assert NOW.tzinfo is UTC
