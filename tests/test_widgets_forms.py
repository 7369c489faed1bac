"""The smaller widgets without a browser: reports, thresholds, export, previews."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from promofix_lib.account.of_case import account_outlook
from promofix_lib.case.case import Case
from promofix_lib.export.handover.briefing import word_of
from promofix_lib.export.handover.parts import wording_of
from promofix_lib.letters.messages import messages_for
from promofix_lib.reports.merging import Reading
from promofix_lib.orders import order_table
from promofix_lib.places import sample_reports
from promofix_lib.reports import Lack, Quarantined
from promofix_lib.widgets.costs_desk import CostsDesk
from promofix_lib.widgets.export_button import ExportButton
from promofix_lib.widgets.form import Form
from promofix_lib.widgets.form_words import CHINESE, ENGLISH
from promofix_lib.widgets.html import Bullets, table
from promofix_lib.widgets.mistake_settings import MistakeSettings
from promofix_lib.widgets.order_filter import OrderFilter
from promofix_lib.widgets.previews import merge_preview, message_preview
from promofix_lib.widgets.reading_table import _span, reading_table
from promofix_lib.widgets.report_chooser import MOST_MEGABYTES, ReportChooser
from promofix_lib.widgets.truth_table import TruthTable

ALL_ORDERS, NEW_ORDERS = [path for path in sample_reports() if path.suffix == ".txt"]
NOW = datetime(2026, 11, 23, 7, 15, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case folder with the sample's text reports, read once."""
    case = Case.open(tmp_path_factory.mktemp("sample") / "case")
    case.add_reports([ALL_ORDERS, NEW_ORDERS])
    assert len(case.orders)
    return case.folder


@pytest.fixture
def case(sample: Path, tmp_path: Path) -> Case:
    """A fresh case with the sample's reports."""
    shutil.copytree(sample, tmp_path / "case")
    return Case.open(tmp_path / "case", clock=lambda: NOW)


def ask(form: Form, part: str, value: Any = None, contents: Any = ()) -> None:
    """What the browser sends when a part of the form is used."""
    form._handle_custom_msg({"do": part, "value": value, "question": part}, list(contents))
    assert (form.answer, form.busy) == (part, "")


def part(form: Form, name: str) -> dict[str, Any]:
    """The part of that name."""
    return next(part for part in form.parts if part["name"] == name)


# -- reports --------------------------------------------------------------------------------------------------------


def test_ticked_files_are_read_and_taken_into_the_case(tmp_path: Path):
    """Files found in the folder are ticked, read and copied into the case; nothing is taken that was not ticked."""
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    for path in (ALL_ORDERS, NEW_ORDERS):
        (downloads / path.name).write_bytes(path.read_bytes())
    (downloads / "photo.png").write_bytes(b"")
    case = Case.open(tmp_path / "case")
    chooser = ReportChooser(case, downloads)
    assert [choice["value"] for choice in part(chooser, "tick")["choices"]] == [ALL_ORDERS.name, NEW_ORDERS.name][:2]
    assert part(chooser, "read")["disabled"]
    ask(chooser, "tick", {"value": ALL_ORDERS.name, "on": True})
    ask(chooser, "read")
    assert [path.name for path in case.reports] == [ALL_ORDERS.name]
    assert part(chooser, "in_case")["items"] == [ALL_ORDERS.name]
    assert case.reports[0].read_bytes() == ALL_ORDERS.read_bytes()


def test_a_file_that_is_no_report_is_refused_before_the_case_has_it(tmp_path: Path):
    """A wrong file is refused in one sentence and the case stays usable."""
    (tmp_path / "notes.txt").write_text("milk, eggs\n", "utf-8")
    case = Case.open(tmp_path / "case")
    chooser = ReportChooser(case, tmp_path)
    ask(chooser, "tick", {"value": "notes.txt", "on": True})
    ask(chooser, "read")
    assert chooser.notice["kind"] == "error"
    assert "notes.txt" in chooser.notice["text"]
    ask(chooser, "upload", {"names": ["more.txt"], "refused": []}, [memoryview(b"milk, eggs\n")])
    assert chooser.notice["kind"] == "error"
    assert case.reports == ()


def test_an_upload_keeps_every_byte_and_too_large_ones_are_told(tmp_path: Path):
    """Small files pass through the browser unchanged; larger ones are named with the way out."""
    case = Case.open(tmp_path / "case")
    chooser = ReportChooser(case, tmp_path)
    content = NEW_ORDERS.read_bytes()
    ask(chooser, "upload", {"names": ["../NewOrders.txt"], "refused": ["huge.txt"]}, [memoryview(content)])
    assert case.reports[0].read_bytes() == content
    assert case.reports[0].parent == case.reports_folder
    assert re.search(rf"{MOST_MEGABYTES} MB: huge.txt. Drag", chooser.notice["text"])


def test_reading_without_a_tick_says_what_to_do(tmp_path: Path):
    """The button pressed too early changes nothing and says so."""
    chooser = ReportChooser(Case.open(tmp_path / "case"), tmp_path)
    ask(chooser, "read")
    assert chooser.notice["text"] == "Tick at least one file first."


def test_the_reading_table_tells_everything_about_a_file():
    """One row a file: what it is, rows, items, span in the marketplace's zone, lines set aside, what it lacks."""
    orders = order_table(
        [{"order_id": "A", "purchase_date": "2026-11-20T06:05:00Z", "sales_channel": "Amazon.com"}, {"order_id": "A"}]
    )
    report: Any = SimpleNamespace(
        name="<img src=x>.txt",
        kind="All Orders",
        encoding="cp1252",
        rows=2,
        items=2,
        table=orders,
        quarantined=tuple(Quarantined(n, "21 cells <b>instead</b> of 32", "…") for n in range(3, 20)),
        lacks=(Lack("e-mail addresses", "Orders > Order Reports > New Orders"),),
    )
    shown = reading_table(Reading(orders, (report,), ("<script>alert(1)</script>",)))
    assert "<img" not in shown.html
    assert "<script" not in shown.html
    assert "<b>" not in shown.html
    for words in (
        "2026-11-19 22:05",
        "America/Los_Angeles",
        "line 3: 21 cells",
        "and 7 more",
        "Orders > Order Reports",
    ):
        assert words in str(shown)
    assert shown._repr_html_() == shown.html
    assert '<th scope="col"' in shown.html
    assert "<caption" in shown.html


def test_the_reading_table_speaks_chinese(case: Case):
    """Column names follow the language."""
    assert "购买时间" in reading_table(case.reading, "zh-CN").html


@pytest.mark.parametrize("cell", ["<b>x</b>", Bullets(("<b>x</b>",)), Bullets((), "<b>x</b>")])
def test_no_cell_becomes_markup(cell: Any):
    """Whatever a report holds is text."""
    assert "<b>" not in table("<b>", ["<b>"], [[cell]]).html


# -- what counts as a mistake ---------------------------------------------------------------------------------------


def test_the_gravest_incident_is_taken_until_another_is(case: Case):
    """Opened for the first time the gravest incident is taken, and opened again nothing changes."""
    form = MistakeSettings(case)
    assert case.incident == case.findings.incidents[0].rule
    assert part(form, "which")["value"] == "0"
    revision = case.revision
    MistakeSettings(case)
    assert case.revision == revision


def test_a_moved_threshold_shows_its_effect_at_once(case: Case):
    """Asked for a thousand orders the incident is none; back to the usual numbers and it is there again."""
    form = MistakeSettings(case)
    ask(form, "never_decided_share", "1")
    ask(form, "least_orders", "1000")
    assert case.settings.thresholds == {"never_decided_share": 0.01, "least_orders": 1000}
    assert part(form, "none")["text"].startswith("No incident was found")
    assert form.notice["text"] == "Incidents found: 0"
    ask(form, "defaults")
    assert case.settings.thresholds == {}
    assert len(part(form, "which")["choices"]) == 1


@pytest.mark.parametrize("typed", ["", "cheap", "0", "-3", "250", "NaN"])
def test_a_share_that_cannot_be_is_refused(case: Case, typed: str):
    """A share must lie between 0 and 100 %."""
    form = MistakeSettings(case)
    ask(form, "deep_share", typed)
    assert form.notice["text"] == f"{typed!r} is not a number that fits here. Write it as 50."
    assert case.settings.thresholds == {}


def test_the_sellers_own_price_is_believed(case: Case):
    """A normal price typed by the seller changes the loss of the incident and of the panel."""
    form = MistakeSettings(case)
    ask(form, "price 0", "49,99")
    assert case.settings.normal_prices[0]["price"] == "49.99"
    assert case.finding.normal_prices[0].price == Decimal("49.99")
    assert OrderFilter(case).totals["lost"][0][1] != "17,397.00"
    ask(form, "price 0", "58.99")
    assert len(case.settings.normal_prices) == 1


def test_the_panel_counts_the_loss_as_the_finder_does(case: Case):
    """Orders, units and money lost in the panel are those of the finding, in every currency."""
    MistakeSettings(case)
    panel, finding = OrderFilter(case), case.finding
    assert (panel.totals["orders"], panel.totals["units"]) == (finding.orders, finding.units)
    lost = {currency: Decimal(amount.replace(",", "")) for currency, amount in panel.totals["lost"]}
    assert lost == {amounts.currency: amounts.loss for amounts in finding.amounts}
    assert panel.totals["unjudged"] == len(finding.cannot_judge)
    assert set(case.orders.loc[case.chosen(), "order_id"]) == set(finding.order_ids)


# -- export ---------------------------------------------------------------------------------------------------------


def test_the_gate_is_kept_and_the_cancellation_file_waits_for_it(case: Case):
    """Without the seller's three words the cancellation file is withheld, and the widget says why."""
    MistakeSettings(case)
    form = ExportButton(case, clock=lambda: NOW)
    ask(form, "export")
    assert form.notice["kind"] == "hint", form.notice
    assert "order-cancellation.txt" not in {row[0] for row in part(form, "written")["rows"]}
    assert any("cancel" in row[0] for row in part(form, "withheld")["rows"])
    for name in ("promotion_ended", "price_right", "stock_as_wanted"):
        ask(form, "gate", {"value": name, "on": True})
    assert case.settings.stock_as_wanted
    ask(form, "export")
    assert "order-cancellation.txt" in {row[0] for row in part(form, "written")["rows"]}
    assert len(case.exports) == 2


def test_settings_of_the_export_are_kept(case: Case):
    """Reason, language, name and what shipped buyers are told are saved as they are set; strange values are not."""
    form = ExportButton(case)
    for name, value in {"cancel_reason": "NoInventory", "language": "zh-CN", "seller_name": "Lumen Audio"}.items():
        ask(form, name, value)
    ask(form, "cancel_reason", "BuyerCanceled")
    ask(form, "thresholds", "x")
    settings = case.settings
    assert (settings.cancel_reason, settings.language, settings.seller_name) == ("NoInventory", "zh-CN", "Lumen Audio")


def test_an_export_without_orders_says_where_to_choose_them(case: Case):
    """With nothing chosen, nothing is written and notebook 3 is named."""
    form = ExportButton(case)
    ask(form, "export")
    assert form.notice["kind"] == "error"
    assert "notebook 3" in form.notice["text"]
    assert case.exports == ()


def test_previews_show_what_will_be_sent(case: Case):
    """The mail list's first rows and one whole message, escaped, before anything is written."""
    MistakeSettings(case)
    rows = merge_preview(case, 3)
    assert str(rows).count("order_id: ") == 3
    message = message_preview(case)
    assert "Subject: " in str(message)
    assert re.search(r"\d{3}-\d{7}-\d{7}", message.html)
    assert case.exports == ()


def test_previews_without_orders_say_so(case: Case):
    """Before an incident is taken there is nothing to preview, and no error."""
    for shown in (merge_preview(case), message_preview(case)):
        assert "No message would be written" in str(shown)


def test_what_is_left_is_shown_by_next_step(case: Case):
    """Before and after an export every affected order has its next step, and the choice shows only its orders."""
    assert part(TruthTable(case), "none")
    MistakeSettings(case)
    form = TruthTable(case)
    steps = {choice["value"]: choice["label"] for choice in part(form, "next")["choices"]}
    assert steps.pop("") == "any (300 orders)"
    seen = 0
    for step in steps:
        ask(form, "next", step)
        count = int(part(form, "orders")["caption"].split(" of ")[1].split()[0])
        assert steps[step].endswith(f"({count})")
        seen += count
    assert seen == 300
    ask(form, "next", "")
    ask(form, "later")
    assert part(form, "orders")["caption"].startswith("26–50 of 300")


# -- all of them ----------------------------------------------------------------------------------------------------


def test_every_form_has_a_line_for_where_no_widget_is_drawn(case: Case):
    """Each widget's plain text is one sentence that says what stands here."""
    for form in (ReportChooser(case, case.folder), MistakeSettings(case), ExportButton(case), TruthTable(case)):
        assert repr(form).endswith("Run this cell to open it.")
        assert form._repr_mimebundle_()[0]["text/plain"] == repr(form)


def test_no_report_yet_is_said_in_the_widget(tmp_path: Path):
    """A form that needs orders says what is missing instead of failing when the reports are gone."""
    case = Case.open(tmp_path / "case")
    case.add_reports([ALL_ORDERS])
    form = ExportButton(case)
    for path in case.reports:
        path.unlink()
    ask(form, "seller_name", "x")
    assert "has no report yet" in form.notice["text"]


def test_both_languages_of_the_forms_say_everything():
    """Chinese and English have the same words with the same blanks."""
    assert ENGLISH.keys() == CHINESE.keys()
    for name, text in ENGLISH.items():
        assert set(re.findall(r"{(\w+)", text)) == set(re.findall(r"{(\w+)", CHINESE[name])), name


def test_missing_times_have_no_span():
    """A report without purchase dates shows a dash."""
    assert _span(pd.DataFrame({"sku": ["A"]}), UTC) == "–"


def test_the_end_of_the_promotion_is_kept_as_a_time(case: Case):
    """Typed on the marketplace's clock; what is no time is said and changes nothing; emptied it is unknown again."""
    form = ExportButton(case)
    ask(form, "promotion_ended_at", "2026-11-20 07:05")
    assert case.settings.promotion_ended_at == "2026-11-20T07:05"
    assert word_of(case).promotion_ended_at == datetime(2026, 11, 20, 15, 5, tzinfo=UTC)
    ask(form, "promotion_ended_at", "this morning")
    assert form.notice == {"kind": "error", "text": "'this morning' is not a time. Write it as 2026-11-20 07:05."}
    assert case.settings.promotion_ended_at == "2026-11-20T07:05"
    ask(form, "promotion_ended_at", "")
    assert word_of(case).promotion_ended_at is None


def test_buyers_of_shipped_orders_wait_for_the_sellers_decision(case: Case):
    """As long as he has not said what they are told, nothing is written to them."""
    case.choose_incident(case.findings.incidents[0])
    undecided = len(messages_for(case.orders, case.chosen(), wording_of(case)))
    form = ExportButton(case)
    assert part(form, "shipped_choice")["value"] == ""
    ask(form, "shipped_choice", "return")
    assert len(messages_for(case.orders, case.chosen(), wording_of(case))) > undecided


def test_options_of_the_export_are_kept(case: Case):
    """Refunds, the XML feed and the size of a batch are only written on explicit wish."""
    form = ExportButton(case)
    ask(form, "options", {"value": "refund_adjustments", "on": True})
    ask(form, "batch_size", "5")
    assert (case.settings.refund_adjustments, case.settings.acknowledgement_xml) == (True, False)
    assert case.settings.batch_size == 5
    ask(form, "batch_size", "-1")
    assert form.notice["kind"] == "error"
    assert case.settings.batch_size == 5


def test_costs_change_what_honouring_loses(case: Case):
    """Typed per SKU and saved; what is no amount is refused; the plan of the account takes them."""
    case.choose_incident(case.findings.incidents[0])
    form = CostsDesk(case)
    labels = [part["label"] for part in form.parts if part["kind"] == "field"]
    assert labels[0] == "HP-BT700-BLK: what a unit costs you"
    before = account_outlook(case)[0].plan
    ask(form, "0 unit_cost", "12.40")
    ask(form, "0 stock", "100")
    assert case.settings.costs == {"HP-BT700-BLK": {"unit_cost": "12.40", "stock": "100"}}
    assert account_outlook(case)[0].plan != before
    ask(form, "0 fees", "cheap")
    assert form.notice["kind"] == "error"
    assert "fees" not in case.settings.costs["HP-BT700-BLK"]
    ask(form, "0 unit_cost", "")
    ask(form, "0 stock", "")
    assert case.settings.costs == {}
