"""A case keeps reports as given and decisions for ever: through restarts, notebooks at once, newer reports, damage."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from promofix_lib.case.case import Case
from promofix_lib.case.growth import TakenIncident, matched, rebased, widened
from promofix_lib.errors import CaseError, PromofixError
from promofix_lib.incident import Answers, Ceiling, Incident
from promofix_lib.money import SCALE
from promofix_lib.orders import order_table
from promofix_lib.say import current_language
from tests.handed_case import NIGHT, all_orders, line, make_case, order_id, usual, victims
from tests.made_sample import make_sample
from tests.trouble import CALLS, JOBS

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULE = Incident(promotion_ids=("P",))
NARROW = replace(RULE, max_quantity=5)


def open_case(folder: Path) -> Case:
    return Case.open(folder / "night", clock=lambda: NOON)


def said(case: Case, action: str) -> dict[str, str]:
    """What was last said by hand, with the reason."""
    return {item: word.reason for item, word in case.decisions.by_hand.items() if word.action == action}


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "cases"))
    monkeypatch.delenv("PROMOFIX_CASE", raising=False)
    return tmp_path / "cases"


@pytest.fixture(scope="module")
def sample_case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    sample, case = make_sample(), open_case(tmp_path_factory.mktemp("cases"))
    case.add_report("AllOrders.txt", sample.all_orders)
    case.add_report("NewOrders.txt", sample.new_orders)
    case.take_found()
    return case


# -- which case -------------------------------------------------------------------------------------------------------


def test_without_a_choice_the_sample_is_open_with_its_incident_taken(cases: Path):
    """So that each notebook shows something by itself; opened again it is as it was left."""
    case = Case.open()
    assert (case.folder, int(case.chosen().sum()), [one.number for one in case.incidents]) == (
        cases / "sample",
        300,
        [1],
    )
    case.take(1, on=False)
    assert int(Case.open().chosen().sum()) == 0


def test_the_case_that_was_chosen_is_open_everywhere(cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Chosen once in notebook 0, by name or by folder; the environment variable wins over it."""
    Case.choose("耳机一元")
    assert Case.open().folder == cases / "耳机一元"
    Case.choose(tmp_path / "elsewhere")
    assert Case.open().folder == tmp_path / "elsewhere"
    monkeypatch.setenv("PROMOFIX_CASE", "night")
    assert Case.open().folder == cases / "night"
    monkeypatch.setenv("PROMOFIX_CASE", str(tmp_path / "named"))
    assert Case.open().folder == tmp_path / "named"


def test_a_chosen_case_that_is_gone_is_said(cases: Path):
    """The sample is shown instead, and nobody believes it to be the case."""
    Case.choose("night")
    shutil.rmtree(cases / "night")
    case = Case.open()
    assert case.name == "sample"
    assert "'night' that was open is no longer there" in str(case.warnings[0])
    assert "'night' that was open" in repr(case)


def test_an_existing_case_is_found_by_name_and_by_folder(cases: Path):
    """One that is not there is not made."""
    Case.open("night")
    assert Case.existing("night").folder == Case.existing(cases / "night").folder
    with pytest.raises(CaseError, match="day: there is no such case"):
        Case.existing("day")
    assert not (cases / "day").exists()


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "a\\b", "con", "NUL.txt", " x", "x" * 81, ".hidden", "what?", "箱" * 70]
)
def test_a_case_name_must_be_a_folder_name(cases: Path, name: str):
    """On Windows too, and never outside the folder of cases."""
    with pytest.raises(CaseError, match="cannot be a case name"):
        Case.open(name)


def test_the_language_is_chosen_once_and_spoken(tmp_path: Path):
    """Empty leaves it as it was; one that nobody speaks here is refused; the widget's choice is spoken at once."""
    case = Case.open(tmp_path / "night", language="zh-CN")
    assert (Case.open(tmp_path / "night").language, current_language()) == ("zh-CN", "zh-CN")
    case.change_settings(language="en")
    assert current_language() == "en"
    with pytest.raises(CaseError, match="'fr' is not spoken here"):
        Case.open(tmp_path / "day", language="fr")
    assert not (tmp_path / "day").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has the user's own profile")
def test_a_case_is_private(cases: Path):
    """Folders only their owner looks into, files only their owner reads."""
    case = Case.open("night")
    case.add_report("AllOrders.txt", b"x")
    assert {path.stat().st_mode & 0o777 for path in (cases, case.folder, case.reports_folder)} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in case.folder.rglob("*") if path.is_file()} == {0o600}


# -- decisions --------------------------------------------------------------------------------------------------------


def test_a_decision_survives_a_restart(tmp_path: Path):
    """What was decided in one kernel is there in the next."""
    open_case(tmp_path).take(RULE).decide("leave_out", ["A/1"], "a friend of ours")
    again = open_case(tmp_path)
    assert [one.rule for one in again.incidents] == [RULE]
    assert said(again, "leave_out") == {"A/1": "a friend of ours"}


def test_run_all_repeats_decisions_and_adds_none(tmp_path: Path):
    """The same incident, rule, items by hand and settings again change nothing, not even the revision."""

    def decided(case: Case) -> int:
        case.take(RULE).set_rule(1, NARROW).change_settings(seller_name="Lumen").decide("add", ["A/1"], "why")
        return case.revision

    case = open_case(tmp_path)
    assert decided(case) == decided(case)
    assert case.incidents[0].rule == NARROW


def test_undo_and_redo_take_back_the_last_decision(tmp_path: Path):
    """Also one made before the kernel was restarted; a new decision ends redo; nothing to undo changes nothing."""
    open_case(tmp_path).take(RULE).decide("add", ["A/1"], "same code").decide("leave_out", ["B/2"], "staff")
    case = open_case(tmp_path).undo()
    assert (said(case, "add"), said(case, "leave_out")) == ({"A/1": "same code"}, {})
    assert said(case.redo(), "leave_out") == {"B/2": "staff"}
    case.undo().decide("as_rule", ["A/1"])
    assert said(case, "add") == {}
    revision = case.revision
    assert case.redo().revision == revision
    assert case.undo().undo().undo().incidents == ()
    revision = case.revision
    assert case.undo().revision == revision


def test_who_decided_what_when_and_why_are_rows(tmp_path: Path):
    """Undoing is a row too: nothing of the history is lost."""
    case = open_case(tmp_path).take(RULE).decide("leave_out", ["A/1"], "a friend").undo()
    rows = case.journal.entries("decision")
    assert [(row.hand, row.facts["action"]) for row in rows] == [("seller", a) for a in ("take", "leave_out", "undo")]
    assert (rows[1].at, rows[1].facts["reason"], rows[2].facts["of"]) == (NOON, "a friend", rows[1].id)


def test_several_notebooks_on_one_case_lose_nothing(tmp_path: Path):
    """Each change is made to what is in the journal, not to what a kernel remembers."""
    one, two = open_case(tmp_path), open_case(tmp_path)
    one.take(RULE)
    two.decide("add", ["A/1"], "from notebook two")
    one.change_settings(seller_name="Lumen")
    assert (two.incidents[0].rule, two.settings.seller_name) == (RULE, "Lumen")
    assert said(one, "add") == {"A/1": "from notebook two"}
    assert said(one.undo(), "add") == {}
    assert one.revision == two.revision


def test_an_incident_that_is_not_there_is_said(tmp_path: Path):
    """With the numbers that are."""
    with pytest.raises(CaseError, match=r"no incident 2 in this case \(there are: 1\)"):
        open_case(tmp_path).take(RULE).take(2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"promotion_ended": "no"}, "promotion_ended: should be true or false, found 'no'"),
        ({"colour": "red"}, "colour: should be a name that this promofix knows"),
        ({"normal_prices": [{"sku": "HP", "price": "1e3x"}]}, "an amount such as 12.50"),
        ({"costs": {"HP": {"stock": "1.5"}}}, "a whole number"),
    ],
)
def test_a_setting_that_is_none_is_refused(tmp_path: Path, changes: dict[str, Any], words: str):
    """The text "no" opens no gate."""
    case = open_case(tmp_path)
    with pytest.raises(CaseError, match=re.escape(words)):
        case.change_settings(**changes)
    assert not case.settings.promotion_ended


def test_settings_and_presets_come_back_as_they_were(tmp_path: Path):
    """Lists, texts and rules."""
    case = open_case(tmp_path).save_preset("only US", Incident(ship_countries=("US",)))
    case.change_settings(normal_prices=[{"sku": "HP", "price": "58.99"}], texts={"a": "b"}, usual_orders_per_day=3.5)
    again = open_case(tmp_path)
    assert again.presets == {"only US": Incident(ship_countries=("US",))}
    assert again.settings == case.settings
    assert again.settings.own_prices[0].price == Decimal("58.99")


def test_the_gate_is_the_seller_s_word(tmp_path: Path):
    """Three facts, and when; a time without a zone is the marketplace's."""
    case = open_case(tmp_path)
    assert case.promotion_ended_at is None
    case.add_report("AllOrders.txt", all_orders([*usual(), *victims()]))
    case.change_settings(promotion_ended=True, price_right=True, stock_as_wanted=True)
    case.change_settings(promotion_ended_at="2026-11-20T07:30")
    assert str(case.promotion_ended_at) == "2026-11-20 07:30:00-08:00"


# -- several incidents ------------------------------------------------------------------------------------------------


def second_mistake() -> list[dict[str, Any]]:
    """Four mugs at a cent in the same night, by price alone, and the mug's usual sales before."""
    mug = {"sku": "MUG", "item-promotion-discount": "", "promotion-ids": "", "order-status": "Shipped"}
    before = [line(500 + n, NIGHT - timedelta(days=n + 1), **mug | {"item-price": "20.00"}) for n in range(30)]
    return before + [line(600 + n, NIGHT + timedelta(minutes=n), **mug | {"item-price": "0.01"}) for n in range(4)]


@pytest.fixture(scope="module")
def two_incidents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = open_case(tmp_path_factory.mktemp("two"))
    case.add_report("AllOrders-1.txt", all_orders([*usual(), *victims(), *second_mistake()]))
    return case.take_found().folder.parent


@pytest.fixture
def two(two_incidents: Path, tmp_path: Path) -> Case:
    shutil.copytree(two_incidents, tmp_path, dirs_exist_ok=True)
    return open_case(tmp_path)


def test_all_that_were_found_are_taken_gravest_first(two: Case):
    """Each item tells its incident; taking what was found again changes nothing; there is nothing to undo."""
    assert [(one.number, one.taken, one.rule == one.found) for one in two.incidents] == [
        (1, True, True),
        (2, True, True),
    ]
    assert two.incident_of().value_counts().to_dict() == {0: 160, 1: 12, 2: 4} | {0: len(two.orders) - 16}
    revision = two.revision
    assert two.take_found().undo().revision == revision


def test_an_unticked_incident_is_not_chosen_and_not_taken_again(two: Case):
    """It keeps its number and its evidence; ticked again its adjusted rule is as it was."""
    two.set_rule(2, replace(two.incidents[1].rule, max_quantity=1)).take(2, on=False).take_found()
    assert (int(two.chosen().sum()), two.incidents[1].taken) == (12, False)
    assert two.incidents[1].finding is not None
    assert two.take(2).incidents[1].rule.max_quantity == 1
    assert int(two.chosen().sum()) == 16


def test_a_finding_that_was_unticked_before_it_was_taken_stays_out(two: Case):
    """By its rule, not only by its number."""
    fresh = open_case(two.folder.parent / "other")
    fresh.add_report("AllOrders-1.txt", two.reports[0].read_bytes())
    fresh.take(fresh.findings.incidents[1], on=False).take_found()
    assert {one.finding.promotion_ids for one in fresh.incidents if one.taken and one.finding} == {
        fresh.findings.incidents[0].promotion_ids
    }


def test_an_item_that_two_touch_belongs_to_the_graver(two: Case):
    """Whatever their numbers."""
    wide = Incident(onset=NIGHT - timedelta(hours=1), end=NIGHT + timedelta(hours=3))
    two.set_rule(1, wide).set_rule(2, wide)
    assert set(two.incident_of()) == {0, 1}


def test_an_adjusted_rule_is_the_one_that_counts(two: Case):
    """The panel edits one at a time."""
    two.set_rule(1, replace(two.incidents[0].rule, fulfillment_channels=("amazon",)))
    assert two.incident_of().value_counts()[1] == int(
        (two.orders["fulfillment_channel"] == "amazon")[two.mask(two.incidents[0].found)].sum()
    )


def test_newer_reports_let_nothing_go(two: Case):
    """The graver ones cancelled, a new one an hour later: same numbers, ticks and reasons, more orders, none less."""
    two.decide("leave_out", [two.keys[two.incident_of() == 2].iloc[0]], "staff")
    before = set(two.keys[two.chosen()])
    gone = {"order-status": "Cancelled", "item-status": "Cancelled", "item-price": "", "item-promotion-discount": ""}
    changed = {f"v{n}": gone for n in (1, 2, 12)}
    later = line(900, NIGHT + timedelta(hours=3), wrong=True)
    two.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(**changed), *second_mistake(), later]))
    two.take_found()
    assert [(one.number, one.taken) for one in two.incidents] == [(1, True), (2, True)]
    assert before < set(two.keys[two.chosen()])
    assert list(two.left_out.values()) == ["staff"]
    revision = two.revision
    assert two.take_found().revision == revision


def rules() -> Iterator[Incident]:
    """Rules about one promotion that differ in window, SKUs, ceilings, ids and exceptions."""
    ways: tuple[dict[str, Any], ...] = (
        {"promotion_ids": ("P",)},
        {"promotion_ids": ("P",), "skus": ("A",)},
        {"promotion_ids": ("P",), "ceilings": (Ceiling("A", "", "", Decimal(2)), Ceiling("B", "", "", Decimal(1)))},
        {"promotion_ids": ("P", "Q"), "together": True},
        {"promotion_ids": ("P",), "except_items": ("O3/B/1", "O4/A/1"), "max_unit_price": Decimal(3)},
    )
    for first, last in ((0, 30), (10, 60), (40, 50)):
        for way in ways:
            yield Incident(onset=NIGHT + timedelta(minutes=first), end=NIGHT + timedelta(minutes=last), **way)


def test_a_rule_found_again_never_shrinks_nor_grows_beyond_both():
    """Of every two rules about one cause: touched afterwards is what either touched, and again nothing changes."""
    orders = order_table(
        {
            "order_id": f"O{n}",
            "sku": "AB"[n % 2],
            "quantity": 1,
            "item_price": str(n % 5),
            "purchase_date": (NIGHT + timedelta(minutes=n * 2)).isoformat(),
            "promotion_ids": [["P"], ["Q"], ["P", "Q"], []][n % 4],
        }
        for n in range(40)
    )
    answers = Answers(orders)
    for old in rules():
        for new in rules():
            grown = widened(old, new, answers)
            touched, was, now = (answers.mask(rule) for rule in (grown, old, new))
            assert (touched == (was | now)).all(), (old, new)
            assert widened(grown, new, answers) == grown
            assert grown == new or (was & ~now).any() or not (now & ~was).any()  # a rule that holds both is not mixed
            assert not (was & ~answers.mask(widened(old, new))).any()  # without the orders: at least as much


@pytest.mark.parametrize(
    ("adjusted", "expected"),
    [
        ({"skus": ("A", "C")}, {"skus": ("A", "B", "C")}),
        ({"skus": ()}, {"skus": ()}),
        ({"end": NOON + timedelta(hours=9)}, {"end": NOON + timedelta(hours=9)}),
        ({"end": NOON + timedelta(minutes=9)}, {"end": NOON + timedelta(hours=1)}),
        ({"end": None}, {"end": None}),
        ({"end": NOON - timedelta(hours=1)}, {"end": NOON - timedelta(hours=1)}),
        (
            {"ceilings": (Ceiling("A", "", "", Decimal(7)),)},
            {"ceilings": (Ceiling("A", "", "", Decimal(7)), Ceiling("B", "", "", Decimal(1)))},
        ),
        ({"max_quantity": 3, "ship_countries": ("US",)}, {"max_quantity": 3, "ship_countries": ("US",)}),
    ],
)
def test_what_the_seller_adjusted_goes_with_the_rule(adjusted: dict[str, Any], expected: dict[str, Any]):
    """Words added and taken away, edges moved, a ceiling set: onto the rule that has a SKU and an hour more."""
    one, two = Ceiling("A", "", "", Decimal(1)), Ceiling("B", "", "", Decimal(1))
    old = Incident(end=NOON, skus=("A",), ceilings=(one,))
    new = Incident(end=NOON + timedelta(hours=1), skus=("A", "B"), ceilings=(one, two))
    assert rebased(replace(old, **adjusted), old, new) == replace(new, **expected)


def test_a_word_that_the_seller_took_out_stays_out():
    """Also when the rule is found again with one more."""
    old, new = Incident(skus=("A", "B")), Incident(skus=("A", "B", "C"))
    assert rebased(Incident(skus=("B",)), old, new).skus == ("B", "C")


def test_an_adjustment_made_again_is_put_on_what_was_found_since(tmp_path: Path):
    """Redone, it stands where it stood: before the rule grew."""
    case = open_case(tmp_path).take(replace(RULE, end=NOON)).set_rule(1, replace(NARROW, end=NOON)).undo()
    wider = replace(RULE, end=NOON + timedelta(hours=1))
    case.journal.decide(lambda story: story.decisions.take(wider, True), "promofix")
    assert case.redo().incidents[0].rule == replace(wider, max_quantity=5)


def test_undoing_an_adjustment_keeps_what_was_found_since(tmp_path: Path):
    """The rule goes back to the one found, which has grown meanwhile."""
    case = open_case(tmp_path).take(replace(RULE, end=NOON)).set_rule(1, replace(NARROW, end=NOON))
    case.take(replace(RULE, end=NOON + timedelta(hours=1)))
    assert case.incidents[0].rule == replace(NARROW, end=NOON + timedelta(hours=1))
    assert case.undo().undo().incidents[0].rule == replace(RULE, end=NOON)


def test_each_finding_is_one_incident():
    """Two windows of one promotion are told apart, the nearer to the nearer."""
    early, late = replace(RULE, end=NOON), replace(RULE, onset=NOON + timedelta(hours=5))
    known = [TakenIncident(1, early, early, True), TakenIncident(2, late, late, True)]
    new_late, third = replace(late, onset=NOON + timedelta(hours=4)), replace(late, skus=("A",))
    pairs = matched(known, [new_late, early, third])
    assert {place: one.number for place, one in pairs.items()} == {0: 2, 1: 1}


# -- reports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dropped", [False, True])
def test_what_came_later_knows_better_whatever_it_is_called(tmp_path: Path, dropped: bool):
    """A second download of the same name, added or laid into the folder: its order has shipped and is not cancelled."""
    case, shipped = open_case(tmp_path), {"order-status": "Shipped", "item-status": "Shipped"}
    older, newer = (all_orders([*usual(), *victims(v1=cells)]) for cells in ({}, shipped))
    for number, content in enumerate((older, newer)):
        if dropped:
            place = case.reports_folder / ("orders.txt", "orders (1).txt")[number]
            place.write_bytes(content)
            os.utime(place, (10**9 + number, 10**9 + number))
        else:
            case.add_report("orders.txt", content)
    names = ("orders.txt", "orders (1).txt" if dropped else "orders-2.txt")
    for again in (case, open_case(tmp_path)):
        assert tuple(path.name for path in again.reports) == names
        assert again.orders["order_status"][again.orders["order_id"] == order_id(1)].tolist() == ["Shipped"]


def test_reports_are_kept_as_given(tmp_path: Path):
    """Byte for byte; the same content once, another file of the same name beside it."""
    source = tmp_path / "AllOrders.txt"
    source.write_bytes(b"one\r\n\x00")
    case = open_case(tmp_path)
    assert case.add_reports([source, source]) == (case.reports_folder / "AllOrders.txt",) * 2
    source.write_bytes(b"two")
    case.add_reports([source])
    assert [path.name for path in case.reports] == ["AllOrders.txt", "AllOrders-2.txt"]
    assert (case.reports_folder / "AllOrders.txt").read_bytes() == b"one\r\n\x00"
    assert source.read_bytes() == b"two"


def test_a_report_that_changed_in_the_folder_is_named(tmp_path: Path):
    """Opened and saved in Excel it is no longer what Amazon gave; put back, all is well."""
    case = open_case(tmp_path)
    place = case.add_report("AllOrders.txt", b"one")
    place.write_bytes(b"changed")
    with pytest.raises(CaseError, match=r"AllOrders\.txt changed since"):
        case.hashes()
    place.write_bytes(b"one")
    os.utime(place, (1, 1))
    assert list(case.hashes()) == ["AllOrders.txt"]


@pytest.mark.parametrize("name", ["orders.txt.crdownload", "orders.txt.part", "~$orders.xlsx", ".orders.txt"])
def test_a_download_that_still_runs_is_no_report_yet(tmp_path: Path, name: str):
    """The browser may load straight into the case's folder: only what it has finished is read and recorded."""
    case = Case.open(tmp_path / "case")
    half, whole = case.reports_folder / name, case.reports_folder / "orders.txt"
    for content in (b"a", b"ab"):
        half.write_bytes(content)
        assert (case.reports, case.hashes()) == ((), {})
    half.rename(whole)
    assert case.hashes().keys() == {"orders.txt"}


def test_a_report_is_not_read_again_to_know_that_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Size and time are enough, also in the next process; a file dropped into the folder is recorded when seen."""
    case = open_case(tmp_path)
    (case.reports_folder / "dropped.txt").write_bytes(b"x")
    digests = case.hashes()

    def never(path: Path) -> str:
        raise AssertionError(path)

    monkeypatch.setattr("promofix_lib.case.report_folder.sha256", never)
    assert open_case(tmp_path).hashes() == digests
    assert [entry.hand for entry in case.journal.entries("report")] == ["promofix"]


@pytest.mark.parametrize("name", ["../../evil.txt", "C:\\evil.txt", "/etc/evil.txt", "a\x00evil.txt"])
def test_a_name_of_an_upload_is_never_a_path(tmp_path: Path, name: str):
    """A browser may send anything."""
    place = open_case(tmp_path).add_report(name, b"x")
    assert place.parent == tmp_path / "night" / "reports"
    assert place.name.endswith("evil.txt")


def test_a_case_without_reports_says_what_to_do(tmp_path: Path):
    """Not a traceback about an empty list."""
    with pytest.raises(CaseError, match=r"no report yet\. Put the files you downloaded"):
        _ = open_case(tmp_path).orders


def test_exports_never_overwrite_each_other(tmp_path: Path):
    """Two in one second get two names."""
    case = open_case(tmp_path)
    first = case.new_export()
    first.mkdir(parents=True)
    assert (first.name, case.new_export().name) == ("2026-11-23T120000", "2026-11-23T120000-2")
    assert case.exports == (first,)


def test_by_hand_beats_the_rule(sample_case: Case):
    """All 300 by the rule; one left out, another put in: still 300, and the right ones."""
    sample_case.take_found()
    assert int(sample_case.chosen().sum()) == 300
    orders, truth = sample_case.orders, make_sample().truth
    out = f"{truth['order_ids'][0]}/{truth['order_item_ids'][0]}"
    sample_case.decide("leave_out", [out], "our own test order")
    waiting = orders.index[orders["order_id"] == truth["cannot_judge_order_ids"][0]]
    row = orders.loc[waiting[0]]
    sample_case.decide("add", [f"{row['order_id']}/{row['order_item_id']}"], "pending, same SKU and hour")
    chosen = sample_case.chosen()
    assert int(chosen.sum()) == 300
    assert chosen[waiting].all()
    assert not chosen[orders["order_id"] == truth["order_ids"][0]].any()
    assert int(sample_case.undo().undo().chosen().sum()) == 300


def test_the_last_word_counts_by_whichever_key_it_was_said(sample_case: Case):
    """An order left out before a report told item ids, and put back after: it is in."""
    place = int(sample_case.chosen().to_numpy().argmax())
    sample_case.decide("leave_out", [sample_case.sku_keys.iloc[place]], "before")
    assert sample_case.left_out == {sample_case.keys.iloc[place]: "before"}
    sample_case.decide("as_rule", [sample_case.keys.iloc[place]])
    assert (int(sample_case.chosen().sum()), sample_case.left_out) == (300, {})
    sample_case.undo().undo()


def test_what_is_asked_twice_is_worked_out_once(sample_case: Case):
    """Until a decision is made; what stands on the reports alone even then."""
    keys, mask = sample_case.keys, sample_case.incident_of()
    assert sample_case.incident_of() is mask
    sample_case.decide("leave_out", [keys.iloc[0]], "x")
    assert (sample_case.incident_of() is mask, sample_case.keys is keys) == (False, True)
    sample_case.undo()


def test_the_case_knows_its_marketplace(sample_case: Case):
    """Times are shown in the zone of the marketplace that most orders come from."""
    assert str(sample_case.zone) == "America/Los_Angeles"


def test_a_price_typed_later_for_one_channel_counts_there(tmp_path: Path):
    """A first report told no channel; what the seller types once it is told is not hidden by the older word."""
    case = open_case(tmp_path)
    prices = [{"sku": "HP-BT700", "price": "50"}, {"sku": "HP-BT700", "sales_channel": "Amazon.com", "price": "60"}]
    case.change_settings(normal_prices=prices)
    case.add_report("AllOrders.txt", all_orders([*usual(), *victims()]))
    assert [str(one.price) for one in case.findings.incidents[0].normal_prices] == ["60"]
    assert case.book.ledger.normal[0] == 60 * SCALE


def test_orders_from_elsewhere_do_not_stop_the_clock(tmp_path: Path):
    """Most orders came by the seller's own shop: times are shown as Amazon.de's all the same, as in the sentence."""
    lines = [{**line, "sales-channel": "Amazon.de" if n % 3 == 0 else "Non-Amazon"} for n, line in enumerate(victims())]
    case = open_case(tmp_path)
    case.add_report("AllOrders.txt", all_orders(lines))
    assert case.zone.key == "Europe/Berlin"


# -- trouble ----------------------------------------------------------------------------------------------------------


def test_a_conflict_copy_is_said(tmp_path: Path):
    """Two computers, one synchronised folder: which is read, what to do with the other."""
    folder = open_case(tmp_path).take(RULE).folder
    shutil.copy(folder / "case.db", folder / "case-PC2.db")
    case = open_case(tmp_path)
    assert "case-PC2.db lies beside case.db" in str(case.warnings[0])
    assert "case-PC2.db lies beside case.db" in repr(case)
    assert case.incidents[0].rule == RULE


def test_a_journal_that_is_missing_is_not_begun_anew(tmp_path: Path):
    """While a folder is still synchronised its decisions are not lost, only not there yet."""
    case = open_case(tmp_path).take(RULE)
    (case.folder / "case.db").rename(case.folder / "case (1).db")
    with pytest.raises(CaseError, match=r"case\.db is missing, though case \(1\)\.db"):
        open_case(tmp_path)
    assert not (case.folder / "case.db").exists()


def test_the_case_opens_after_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A report that did not fit is not there, and no draft beside it."""
    case = open_case(tmp_path).take(RULE)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("promofix_lib.places.os.fsync", full)
    with pytest.raises(CaseError, match="the disk is full"):
        case.add_report("AllOrders.txt", b"one")
    monkeypatch.undo()
    assert (open_case(tmp_path).incidents[0].rule, list(case.reports_folder.iterdir())) == (RULE, [])


def gone(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))


def file_instead(folder: Path) -> None:
    gone(folder)
    folder.write_text("x", encoding="utf-8")


def damaged(folder: Path) -> None:
    content = bytearray((folder / "case.db").read_bytes())
    content[:4096] = b"\x00" * 4096
    (folder / "case.db").write_bytes(content)


def emptied(folder: Path) -> None:
    (folder / "case.db").write_bytes(b"")


def no_folder_for_reports(folder: Path) -> None:
    shutil.rmtree(folder / "reports")


@pytest.mark.parametrize("trouble", [gone, file_instead, damaged, emptied, no_folder_for_reports])
def test_trouble_is_one_sentence_from_every_public_call(tmp_path: Path, trouble: Any):
    """Folder gone, file in its place, journal damaged or empty: promofix's own error, or an answer."""
    case = open_case(tmp_path).take(RULE)
    trouble(case.folder)
    for call in (*CALLS.values(), *JOBS.values()):
        try:
            call(case)
        except PromofixError as error:
            assert "\n" not in str(error)  # noqa: PT017 - whether it comes depends on the call
    if trouble in (damaged, emptied):
        with pytest.raises(CaseError, match=r"case\.db is damaged"):
            Case.open(case.folder)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_only_be_read_is_read(tmp_path: Path):
    """Looking is possible, deciding is refused with the reason."""
    case = open_case(tmp_path).take(RULE)
    case.folder.chmod(0o500)
    try:
        again = open_case(tmp_path)
        assert again.incidents[0].rule == RULE
        with pytest.raises(CaseError, match="may not write here"):
            again.undo()
    finally:
        case.folder.chmod(0o700)


@pytest.mark.parametrize("name", ["x" * 300, "a" * 200 + "/" + "b" * 300, "nul\x00byte"])
def test_a_folder_that_cannot_be_is_said(tmp_path: Path, name: str):
    """Too long for the system, or no name at all."""
    with pytest.raises(CaseError, match=r"too long|cannot be a case name"):
        Case.open(tmp_path / name)


def test_what_was_left_half_made_is_swept(tmp_path: Path):
    """Drafts of a killed process go when the case is opened later; those of a running one stay."""
    case = open_case(tmp_path)
    old, young = case.folder / ".export-1.part", case.reports_folder / ".a.txt.7.new"
    names = case.folder / ".purge.json.7.new"
    old.mkdir()
    for draft in (young, names):
        draft.write_bytes(b"x")
    for left in (old, names):
        os.utime(left, (1, 1))
    open_case(tmp_path)
    assert (old.exists(), names.exists(), young.exists()) == (False, False, True)


def test_a_synchronised_folder_is_told(tmp_path: Path):
    """What is safe there, and what is not."""
    case = Case.open(tmp_path / "Dropbox" / "night")
    assert "One computer at a time is safe" in str(case.warnings[0])
    assert open_case(tmp_path).warnings == ()


def test_a_page_knows_that_another_case_was_opened_since(cases: Path):
    """It keeps its own; one that was opened by name is never replaced."""
    page, named = Case.open(), Case.open("night")
    assert page.replaced_by == ""
    Case.choose("day")
    assert (page.replaced_by, named.replaced_by, Case.open().replaced_by) == ("day", "", "")


def test_what_was_meant_is_found_no_more(tmp_path: Path):
    """Said once of a cause, it is unticked and silent, also in a newer report; taken back it is there again."""
    case = make_case(tmp_path)
    assert case.chosen().sum() == 12
    case.this_was_meant(1)
    assert (len(case.findings.incidents), case.chosen().sum()) == (0, 0)
    case.add_report("AllOrders-2.txt", all_orders([*usual(), *victims(v3={"quantity": 2})]))
    again = Case.open(tmp_path).take_found()
    assert (len(again.findings.incidents), again.chosen().sum()) == (0, 0)
    again.this_was_meant(1, False)
    assert (len(again.findings.incidents), again.chosen().sum()) == (1, 12)
    with pytest.raises(CaseError, match="no incident 7"):
        again.this_was_meant(7)


@pytest.mark.parametrize("take_back", [lambda case: case.take(1), lambda case: case.undo()])
def test_a_tick_takes_back_that_it_was_meant(tmp_path: Path, take_back: Callable[[Case], Case]):
    """As the page says: ticked again, or the tick's going undone, it is an incident with its evidence and its loss."""
    case = make_case(tmp_path)
    loss = case.book.ledger.part(case.chosen().to_numpy()).sums()
    take_back(case.this_was_meant(1))
    assert (case.meant, len(case.findings.incidents), case.incidents[0].finding is None) == ((), 1, False)
    assert case.book.ledger.part(case.chosen().to_numpy()).sums() == loss


def test_the_clock_is_that_of_the_marketplace_with_most_orders(tmp_path: Path):
    """Also where some of them have no currency yet: nine in the United States are more than six in Britain."""
    case = open_case(tmp_path)
    pending = {"order-status": "Pending", "currency": "", "item-price": ""}
    british = {"sales-channel": "Amazon.co.uk", "currency": "GBP"}
    sold = [*({} for _ in range(5)), *(pending for _ in range(4)), *(british for _ in range(6))]
    case.add_report("AllOrders-1.txt", all_orders(line(n, NIGHT, **one) for n, one in enumerate(sold)))
    assert case.marketplace.code == "US"
