"""The smaller widgets without a browser: the case, reports, incidents, what cannot wait, costs, export."""

from __future__ import annotations

import bz2
import lzma
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promofix_lib.account.account import account_of
from promofix_lib.amounts import Money
from promofix_lib.app.overview import status_text
from promofix_lib.case.case import Case
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.incident import Incident
from promofix_lib.places import sample_reports
from promofix_lib.say import speak
from promofix_lib.status.status import status
from promofix_lib.widgets.account_desk import CostsDesk, OrderOfWork, RateDesk
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.export_desk import ExportButton
from promofix_lib.widgets.incident_desk import _LEAST, MistakeSettings
from promofix_lib.widgets.page_head import ExportLinks, PageHead, SafetyDesk, export_links
from promofix_lib.widgets.reports_desk import ReportChooser
from promofix_lib.widgets.returns_desk import ReturnsDesk, TruthTable
from promofix_lib.widgets.start_desk import StartDesk
from tests.desks import ask, names, notice, part, plain, shown, uncharted
from tests.handed_case import all_orders, victims
from tests.panel_case import TableCase, night_of_orders

ALL_ORDERS, NEW_ORDERS = [path for path in sample_reports() if path.suffix == ".txt"]
NOW = datetime(2026, 11, 23, 7, 15, 2, tzinfo=UTC)

__all__ = ["uncharted"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case folder with the sample's text reports, read once."""
    case = Case.open(tmp_path_factory.mktemp("sample") / "case")
    case.add_reports([ALL_ORDERS, NEW_ORDERS])
    case.take_found()
    return case.folder


@pytest.fixture
def case(sample: Path, tmp_path: Path) -> Case:
    """A fresh case with the sample's reports."""
    shutil.copytree(sample, tmp_path / "case")
    return Case.open(tmp_path / "case", clock=lambda: NOW)


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cases folder."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "cases"))
    monkeypatch.delenv("PROMOFIX_CASE", raising=False)
    return tmp_path / "cases"


# -- notebook 0 -----------------------------------------------------------------------------------------------------


def test_a_case_is_begun_once_and_opens_everywhere(cases: Path):
    """A name typed in notebook 0 begins a case that every other page opens from then on."""
    desk = StartDesk(Case.choose("first"))
    desk.parts["start_new"].value = "2026-11-headphones"
    ask(desk, "start_begin")
    assert desk.case.name == Case.open().name == "2026-11-headphones"
    ask(desk, "start_case", "first")
    assert Case.open().name == "first"


@pytest.mark.parametrize("typed", ["", "  ", "sample", "a/b", "con"])
def test_a_name_that_is_none_begins_nothing(cases: Path, typed: str):
    """No name, the sample's, or one that no folder can have: one sentence, and the same case stays open."""
    desk = StartDesk(Case.choose("first"))
    desk.parts["start_new"].value = typed
    ask(desk, "start_begin")
    assert notice(desk)
    assert Case.open().name == "first"


def test_language_and_marketplace_are_kept(cases: Path):
    """Chosen once: the desk speaks the language at once, and names the marketplace's own Seller Central."""
    desk = StartDesk(Case.choose("first"))
    ask(desk, "start_country", "DE")
    assert "sellercentral.amazon.de" in part(desk, "steps")["text"]
    ask(desk, "start_language", "zh-CN")
    assert "结束促销" in part(desk, "steps")["text"]
    assert StartDesk(Case.open()).parts["start_country"].value == "DE"
    ask(desk, "start_language", "en")


def test_the_ticks_are_the_gate_of_notebook_4(case: Case):
    """What is ticked in notebook 0 opens the gate in notebook 4, and each is the same tick."""
    desk, export = StartDesk(case), ExportButton(case, clock=lambda: NOW)
    assert part(export, "export_draft")["label"] == "Export a draft"
    for name in ("promotion_ended", "price_right", "stock_as_wanted"):
        ask(desk, name, True)
    export.look()
    assert part(export, "export")["label"] == "Export"
    assert export.parts["price_right"].value
    ask(desk, "promotion_ended_at", "soon")
    assert "'soon' is not a time" in notice(desk)


# -- notebook 1 -----------------------------------------------------------------------------------------------------


def test_new_files_are_ticked_read_and_taken_into_the_case(tmp_path: Path):
    """A file found in the folder is ticked until it is in the case; what the seller unticks stays out."""
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    (downloads / ALL_ORDERS.name).write_bytes(ALL_ORDERS.read_bytes())
    (downloads / "photo.png").write_bytes(b"")
    chooser = ReportChooser(Case.open(tmp_path / "case"), downloads)
    (downloads / NEW_ORDERS.name).write_bytes(NEW_ORDERS.read_bytes())
    chooser.look()  # as every few seconds
    assert part(chooser, "file 1")["text"].startswith(ALL_ORDERS.name)
    assert [part(chooser, f"tick_file {n}")["value"] for n in (1, 2)] == [True, True]
    assert "tick_file 3" not in names(chooser)
    ask(chooser, "tick_file 2", False)
    ask(chooser, "read_these")
    assert [path.name for path in chooser.case.reports] == [ALL_ORDERS.name]
    assert [row[0] for row in part(chooser, "reading")["rows"]] == [ALL_ORDERS.name]
    assert len(chooser.case.incidents) == 1
    ask(chooser, "tick_file 2", False)
    assert "read before" in part(chooser, "file 1")["text"]
    assert part(chooser, "read_these")["off"]


@pytest.mark.parametrize("ending", [".txt.xz", ".txt.bz2", ".ods", ".xlsm"])
def test_what_can_be_read_can_be_ticked(tmp_path: Path, ending: str):
    """A sheet of LibreOffice, a file packed by xz or bzip2: the page offers whatever the commands read."""
    pack = {".txt.xz": lzma.compress, ".txt.bz2": bz2.compress}.get(ending, bytes)
    (tmp_path / f"orders{ending}").write_bytes(pack(ALL_ORDERS.read_bytes()))
    chooser = ReportChooser(Case.open(tmp_path / "case"), tmp_path)
    assert part(chooser, "file 1")["text"].startswith(f"orders{ending} (")
    assert f".{ending.rpartition('.')[2]}" in chooser.parts["upload"].accept.split(",")
    ask(chooser, "read_these")
    assert [path.name for path in chooser.case.reports] == [f"orders{ending}"]


def test_a_file_that_is_no_report_is_refused_before_the_case_has_it(tmp_path: Path):
    """Each wrong file is refused in one sentence, also when it stands beside a good one; the case stays usable."""
    (tmp_path / "a-notes.txt").write_text("milk, eggs\n", "utf-8")
    (tmp_path / "z-notes.txt").write_text("milk, eggs\n", "utf-8")
    chooser = ReportChooser(Case.open(tmp_path / "case"), tmp_path)
    ask(chooser, "read_these")
    assert chooser.case.reports == ()
    (tmp_path / ALL_ORDERS.name).write_bytes(ALL_ORDERS.read_bytes())
    ask(chooser, "read_these")  # it was not seen yet
    assert chooser.case.reports == ()
    ask(chooser, "read_these")
    assert "a-notes.txt" in notice(chooser)
    assert "z-notes.txt" in notice(chooser)
    assert [path.name for path in chooser.case.reports] == [ALL_ORDERS.name]
    ask(chooser, "upload", (("more.txt", b"milk, eggs\n"),))
    assert "more.txt" in notice(chooser)


def test_a_report_given_to_the_sample_begins_a_case_of_its_own(cases: Path):
    """The sample never takes a report: it goes into a case of the name that stands there, today's date at first."""
    chooser = ReportChooser(Case.open("sample"), cases)
    before = chooser.case.reports
    assert part(chooser, "chooser_own")["value"] == f"{datetime.now():%Y-%m-%d}"
    chooser.parts["chooser_own"].value = ""
    ask(chooser, "upload", ((ALL_ORDERS.name, ALL_ORDERS.read_bytes()),))
    assert "Give your case a name first" in notice(chooser)
    chooser.parts["chooser_own"].value = "mine"
    ask(chooser, "upload", ((ALL_ORDERS.name, ALL_ORDERS.read_bytes()),))
    assert (chooser.case.name, Case.open().name) == ("mine", "mine")
    assert Case.existing("sample").reports == before


def test_whatever_a_report_holds_is_text(case: Case, tmp_path: Path):
    """A dollar sign, a tag, an ampersand in a file's name come out as typed."""
    odd = tmp_path / "was $64 & $1 <b>.txt"
    odd.write_bytes(ALL_ORDERS.read_bytes())
    chooser = ReportChooser(case, tmp_path)
    assert part(chooser, "file 1")["text"].startswith("was $64 & $1 <b>.txt (")
    assert "<b>" not in chooser.parts["file 1"].value
    assert not [one for one in chooser.parts.values() if "$" in getattr(one, "description", "")]


def test_the_way_to_what_is_missing_is_said_once(case: Case):
    """Two reports lack the same: each row names it, and one line below tells where to get it."""
    desk = ReportChooser(case)
    lacked = [row[-1] for row in part(desk, "reading")["rows"]]
    assert lacked == ["which claim code a buyer typed"] * 2
    (way,) = part(desk, "lacks")["items"]
    assert way.startswith("which claim code a buyer typed: In Seller Central open")


# -- notebook 2 -----------------------------------------------------------------------------------------------------


def test_all_that_is_found_is_taken_unless_unticked(case: Case):
    """The incident stands there with its facts and a tick; unticked it is out of the case, also when run again."""
    desk = MistakeSettings(case)
    facts = {row[0]: row[1] for row in part(desk, "facts")["rows"]}
    assert facts["Orders"].startswith("300 ")
    assert facts["Lost against the usual price"] == status(case).amounts[0].loss.to_eng_string().replace(
        "17397.00", "17,397.00 USD"
    )
    assert "img" in desk.parts["picture"].value
    ask(desk, "take_incident 1", False)
    MistakeSettings(case)
    assert status(case).orders == 0
    ask(desk, "take_incident 1", True)
    assert status(case).orders == 300


def test_the_facts_of_an_incident_are_those_of_the_status(case: Case):
    """Of what the seller left out by hand nothing is counted, as in the picture above and on every other page."""
    gone = status(case).order_ids[:100]
    case.decide("leave_out", case.keys[case.orders["order_id"].isin(gone)].tolist(), "friends")
    facts = {row[0]: row[1] for row in part(MistakeSettings(case), "facts")["rows"]}
    (one,) = status(case).incidents
    assert facts["Orders"].startswith("200 ")
    assert one["orders"] == 200
    assert facts["Lost against the usual price"] == Money(status(case).amounts[0].loss, "USD").text("en")
    case.take(1, False)
    facts = {row[0]: row[1] for row in part(MistakeSettings(case), "facts")["rows"]}
    assert facts["Orders"].startswith("300 ")  # what ticking it would take


def test_sums_of_which_nothing_is_known_are_not_zero(tmp_path: Path):
    """Page, terminal and workbook say of them that they are not known."""
    case = Case.open(tmp_path / "case")
    wrong = {"item-price": "1.00", "item-promotion-discount": ""}  # what it usually costs is not known
    case.add_report("AllOrders-1.txt", all_orders(line | wrong for line in victims()))
    case.take(Incident(skus=("HP-BT700",)))
    assert [(one.loss, one.items_not_known) for one in status(case).amounts] == [(0, 12)]
    facts = {row[0]: row[-1] for row in part(MistakeSettings(case), "facts")["rows"]}
    assert (facts["Paid"], facts["Lost against the usual price"]) == ("not known", "not known")
    text = status_text(case)
    assert "0.00 USD" not in text
    assert "12 order items: price paid or usual price not known" in text


def test_a_moved_threshold_finds_again(case: Case):
    """Asked for a thousand orders nothing new is found; a share lies within 0 and 100 %; the usual stands beside."""
    desk = MistakeSettings(case)
    for name in _LEAST:
        assert part(desk, f"{name} hint")["text"].startswith(f"{part(desk, name)['value']}: ")
    ask(desk, "never_decided_share", "1")
    ask(desk, "least_orders", "1,000")
    assert case.settings.thresholds == {"never_decided_share": 0.01, "least_orders": 1000}
    assert part(desk, "least_orders hint")["text"].startswith(f"{Thresholds().least_orders}: ")
    assert case.findings.incidents == ()
    assert part(desk, "facts")["rows"][-1] == ["How sure", "no longer seen in the reports"]
    ask(desk, "defaults")
    assert case.settings.thresholds == {}
    for typed in ("abc", "0", "500", "-3"):
        ask(desk, "deep_share", typed)
        assert notice(desk)
    assert case.settings.thresholds == {}


def test_the_sellers_own_price_counts_everywhere(case: Case):
    """A normal price typed by the seller changes the loss, on this page as in the status."""
    desk = MistakeSettings(case)
    before = status(case).amounts[0].loss
    ask(desk, "normal_price 1", "68.99")
    assert status(case).amounts[0].loss > before
    assert case.settings.normal_prices[0]["price"] == "68.99"
    ask(desk, "normal_price 1", "1e3")
    assert "is not a number" in notice(desk)


def test_what_cannot_wait_is_ready_to_copy(case: Case):
    """The FBA order ids stand in the text for Seller Support, and no order that the seller cancels himself."""
    desk = SafetyDesk(case, clock=lambda: NOW)
    text = part(desk, "safety_support")["value"]
    rows = status(case).rows
    assert all((row.order_id in text) == (row.triage == "ask_amazon") for row in rows)
    assert [row for row in rows if row.triage == "ask_amazon"]


def test_what_has_a_later_deadline_is_counted_too(tmp_path: Path):
    """The orders of the five deadlines shown, those that come later and those without one are all there are."""
    orders = night_of_orders(90)
    orders["promise_date"] = (orders["purchase_date"] + timedelta(days=2)).where(orders["sku"].index % 10 > 0)
    case = TableCase.of(tmp_path / "case", orders)
    desk = SafetyDesk(case, clock=lambda: NOW)
    rows = part(desk, "deadlines")["rows"]
    further = [
        int(part(desk, name)["text"].removeprefix("No report says when ").split()[0])
        for name in ("safety_later", "safety_untold")
    ]
    assert len(rows) == 5
    assert min(further) > 0
    assert sum(int(row[2]) for row in rows) + sum(further) == status(case).triage["cancel"]


# -- every page -----------------------------------------------------------------------------------------------------

DESKS = [
    *(PageHead, ReportChooser, MistakeSettings, SafetyDesk, CostsDesk, RateDesk, ExportButton, ReturnsDesk),
    *(TruthTable, OrderOfWork, ExportLinks),
]


def test_desks_on_an_empty_case_fill_themselves(case: Case, tmp_path: Path):
    """Without a report each says so, red nowhere; when reports come from elsewhere it shows them by itself."""
    empty = Case.open(tmp_path / "empty")
    forms = [desk(empty) for desk in DESKS]
    before = [said(form) for form in forms]
    assert [form for form, words in zip(forms, before, strict=True) if "report" not in words.lower()] == []
    elsewhere = Case.open(tmp_path / "empty")
    elsewhere.add_reports(case.reports)
    elsewhere.take_found()
    for form, words in zip(forms, before, strict=True):
        form.look()
        assert said(form) != words
        assert "error" not in form.parts


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_links_say_which_files_are_uploaded(tmp_path: Path, language: str):
    """What buyers asked for is uploaded as the file for Amazon is; the feed is the same once more, and says so."""
    folder = tmp_path / "export"
    folder.mkdir()
    names = ["order-cancellation-1-trial.txt", "order-cancellation.txt", "order-cancellation.xml"]
    for name in (*names, "buyer-asked-cancellation.txt"):
        (folder / name).touch()
    desk = ExportLinks(Case.open(tmp_path / "case", language=language))
    export_links(desk, folder)
    wished, trial, text, feed = [row[1] for row in part(desk, "links")["rows"]]
    upload, too = ("upload it:", "upload it too") if language == "en" else ("请上传：", "也请上传")
    assert wished.startswith(too)
    assert trial == text
    assert text.startswith(upload)
    assert ".txt" in feed


def said(desk: Desk) -> str:
    """All the words on a desk."""
    return "".join(str(one.value) for one in desk.parts.values() if getattr(one, "value", None) is not None)


def test_the_head_says_case_contents_and_what_is_next(case: Case):
    """One line: the case, its reports, its orders, what was lost, what is next; and what no export holds."""
    head = PageHead(case)
    words = part(head, "line")["text"]
    for expected in ("Case case", "2 reports", "300 affected orders", "17,397.00 USD", "next: confirm"):
        assert expected in words
    assert "300 affected orders are in no export" in words
    assert "0_start_here.ipynb" in head.parts["line"].value


def test_a_page_keeps_its_case_and_exports_nothing_when_another_was_opened(cases: Path, case: Case):
    """Another case opened since is said, and nothing is written; opened again, as many workbooks as asked."""
    shutil.copytree(case.folder, cases / "mine")
    Case.choose("mine")
    mine = Case.open()
    head, export = PageHead(mine), ExportButton(mine, clock=lambda: NOW)
    Case.choose("other")
    head.look()
    ask(export, "export_draft")
    for words in (part(head, "line")["text"], notice(export)):
        assert "other was opened since" in words
    assert mine.exports == ()
    Case.choose("mine")
    ask(export, "copies", "2")
    ask(export, "export_draft")
    assert len(list(mine.exports[0].glob("buyers*.xlsx"))) == 2


# -- notebooks 3 and 4 ----------------------------------------------------------------------------------------------


def test_costs_are_kept_as_typed_and_strange_ones_refused(case: Case):
    """Typed per SKU and saved; what is no amount is refused and changes nothing."""
    desk = CostsDesk(case)
    ask(desk, "costs_unit_cost 1", "1,212.50")
    sku = next(iter(case.settings.costs))
    assert case.settings.costs == {sku: {"unit_cost": "1212.50"}}
    assert sku in part(desk, "sku 1")["text"]
    ask(desk, "costs_stock 1", "1.5")
    assert notice(desk)
    ask(desk, "costs_unit_cost 1", "")
    assert case.settings.costs == {}


def test_the_export_says_before_it_is_pressed_what_goes_out(case: Case):
    """Counts by what can be done, one message, and why it is a draft."""
    desk = ExportButton(case, clock=lambda: NOW)
    counts = {row[1] for row in part(desk, "going")["rows"]}
    assert counts == {str(n) for n in status(case).triage.values()}
    to, words = (shown(desk, name).told["words"] for name in ("to", "words"))
    assert to.startswith("To: ")
    assert "order" in words
    states = str([widget.get_state() for widget in desk.parts.values()])
    assert not any(personal in states for personal in (to.removeprefix("To: "), *words.split("\n\n")))
    assert "Until then every export is a draft" in part(desk, "closed")["text"]


def test_settings_of_the_export_are_kept(case: Case):
    """Reason, name, batches and what shipped buyers are told are saved as they are set."""
    desk = ExportButton(case, clock=lambda: NOW)
    ask(desk, "seller_name", "Lumen Audio")
    ask(desk, "cancel_reason", "NoInventory")
    ask(desk, "shipped_choice", "keep")
    ask(desk, "batch_size", "1,200")
    ask(desk, "refund_adjustments", True)
    settings = case.settings
    assert (settings.seller_name, settings.cancel_reason, settings.shipped_choice) == (
        "Lumen Audio",
        "NoInventory",
        "keep",
    )
    assert (settings.batch_size, settings.refund_adjustments) == (1200, True)
    ask(desk, "batch_size", "many")
    assert "'many'" in notice(desk)
    assert case.settings.batch_size == 1200


def test_the_rate_follows_what_is_chosen(case: Case):
    """The plan names another number of orders when the seller asks for it."""
    desk = RateDesk(case)
    first = part(desk, "plan")["text"]
    ask(desk, "rate_most_field", "100")
    assert part(desk, "plan")["text"] != first
    ask(desk, "rate_most_field", "x")
    assert "'x'" in notice(desk)


def test_one_press_takes_the_plan_and_one_undo_takes_it_back(case: Case):
    """The orders to be honoured are left out together: the rest of the plan is what is cancelled."""
    before, plan = status(case), account_of(case).channels[0].plan
    desk = RateDesk(case)
    ask(desk, "rate_take")
    after = status(case)
    assert {row.order_id for row in after.rows if row.state == "left_out"} == set(plan.honour)
    assert after.next["ship"] == len(plan.honour)
    assert account_of(case).channels[0].plan.cancel == plan.cancel
    assert f"{len(plan.honour):,} orders are left out" in notice(desk)
    case.undo()
    assert status(case).states == before.states


def test_each_next_step_is_a_filter(case: Case):
    """A button per next step with its count; pressed, only its orders are shown."""
    desk = TruthTable(case)
    [(step, n)] = [pair for pair in status(case).next.items() if pair[0] == "confirm_end"]
    assert f"({n:,})" in part(desk, f"truth_step {step}")["label"]
    ask(desk, f"truth_step {step}")
    assert {row[3] for row in part(desk, "orders")["rows"]} == {"confirm that the promotion has ended"}
    assert f"of {n:,} orders" in plain(desk.parts["orders"].value)
    ask(desk, "later")
    assert "6–10" in plain(desk.parts["orders"].value)


def test_the_pages_speak_the_language_of_the_case(case: Case):
    """In a case set to Chinese no desk shows an English sentence of ours."""
    case.change_settings(language="zh-CN")
    shown = [(PageHead(case), "line"), (TruthTable(case), "orders"), (ExportButton(case), "going")]
    for desk, name in (*shown, (ExportButton(case), "closed"), (MistakeSettings(case), "facts")):
        words = plain(desk.parts[name].value)
        assert not [word for word in ("affected", "Order", "report", "next:", "Case ", "cancel") if word in words], (
            words
        )
    case.change_settings(language="en")


def test_a_timer_or_a_press_speaks_the_language_of_the_case(case: Case):
    """A kernel answers a press apart from the cell that opened the case: it is said in Chinese there too."""
    case.change_settings(language="zh-CN")
    export, mistake = ExportButton(case), MistakeSettings(case)
    speak("en")
    ask(export, "copies", "many")
    assert not re.search("[a-z]{3} [a-z]{3}", notice(export)), notice(export)
    speak("en")
    mistake.refresh()
    assert "normally" not in plain(shown(mistake, "in words").value)
