"""A case keeps reports as given and decisions for ever: through restarts, two notebooks and damage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from promofix_lib.case.case import Case
from promofix_lib.errors import CaseError
from promofix_lib.incident import Ceiling, Incident
from tests.made_sample import make_sample

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULE = Incident(promotion_ids=("P",))


def open_case(folder: Path) -> Case:
    return Case.open(folder / "night", clock=lambda: NOON)


@pytest.fixture(scope="module")
def sample_case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    sample, case = make_sample(), open_case(tmp_path_factory.mktemp("cases"))
    case.add_report("AllOrders.txt", sample.all_orders)
    case.add_report("NewOrders.txt", sample.new_orders)
    return case


def test_a_decision_survives_a_restart(tmp_path: Path):
    """What was decided in one kernel is there in the next."""
    open_case(tmp_path).choose_incident(RULE).decide("leave_out", ["A/1"], "a friend of ours")
    again = open_case(tmp_path)
    assert again.incident == RULE
    assert again.decisions.left_out == {"A/1": "a friend of ours"}


def test_run_all_repeats_decisions_and_adds_none(tmp_path: Path):
    """The same incident, filter and settings again change nothing, not even the revision."""
    case = open_case(tmp_path).choose_incident(RULE).set_filter(Incident(promotion_ids=("P",), max_quantity=5))
    case.change_settings(seller_name="Lumen")
    revision = case.revision
    case.choose_incident(RULE).set_filter(case.filter).change_settings(seller_name="Lumen")
    assert case.revision == revision
    assert case.filter.max_quantity == 5


def test_adjustments_move_to_the_incident_of_a_newer_report(tmp_path: Path):
    """The same promotion found again with a later end keeps what the seller narrowed; another cause starts afresh."""
    case = open_case(tmp_path).choose_incident(RULE).set_filter(Incident(promotion_ids=("P",), max_quantity=5))
    case.choose_incident(Incident(promotion_ids=("P",), end=NOON))
    assert case.filter == Incident(promotion_ids=("P",), end=NOON, max_quantity=5)
    case.choose_incident(Incident(ceilings=(Ceiling("HP", "", "", Decimal(1)),)))
    assert case.filter.max_quantity is None


def test_undo_and_redo_take_back_the_last_decision(tmp_path: Path):
    """Also one made before the kernel was restarted; a new decision ends redo."""
    open_case(tmp_path).choose_incident(RULE).decide("add", ["A/1"], "same code").decide("leave_out", ["B/2"], "staff")
    case = open_case(tmp_path).undo()
    assert (case.decisions.added, case.decisions.left_out) == ({"A/1": "same code"}, {})
    assert case.redo().decisions.left_out == {"B/2": "staff"}
    case.undo().decide("as_rule", ["A/1"])
    assert (case.can_redo, case.decisions.added) == (False, {})


def test_two_notebooks_on_one_case_lose_nothing(tmp_path: Path):
    """Each change is made to what is on disk, not to what a kernel remembers."""
    one, two = open_case(tmp_path), open_case(tmp_path)
    one.choose_incident(RULE)
    two.decide("add", ["A/1"], "from notebook two")
    one.change_settings(seller_name="Lumen")
    assert (two.incident, two.settings.seller_name) == (RULE, "Lumen")
    assert one.decisions.added == {"A/1": "from notebook two"}
    assert one.revision == 3


def test_a_damaged_case_file_is_refused_with_the_way_out(tmp_path: Path):
    """The last good versions are kept, and copying one back repairs the case."""
    case = open_case(tmp_path).choose_incident(RULE).change_settings(seller_name="Lumen")
    file = case.folder / "case.json"
    file.write_text('{"version": 1, "settings": ', encoding="utf-8")
    with pytest.raises(CaseError, match=r"(?s)is damaged .*history"):
        open_case(tmp_path)
    newest = sorted((case.folder / "history").glob("case-*.json"))[-1]
    file.write_bytes(newest.read_bytes())
    assert open_case(tmp_path).incident == RULE


@pytest.mark.parametrize(
    ("change", "words"),
    [({"version": 99}, "newer promofix"), ({"settings": {"colour": "red"}}, "does not know: colour")],
)
def test_a_newer_case_file_is_refused(tmp_path: Path, change: dict[str, object], words: str):
    """An older promofix does not throw away what a newer one wrote."""
    file = open_case(tmp_path).choose_incident(RULE).folder / "case.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(CaseError, match=words):
        open_case(tmp_path)


def test_case_files_of_all_kinds_of_change_can_be_read_again(tmp_path: Path):
    """Settings, presets and the log come back as they were."""
    case = open_case(tmp_path).save_preset("only US", Incident(ship_countries=("US",)))
    case.change_settings(normal_prices=[{"sku": "HP", "price": "58.99"}], language="zh-CN")
    case.note("Amazon's advice", case_id="1234567890", text="cancel all affected orders")
    again = open_case(tmp_path)
    assert again.presets == {"only US": Incident(ship_countries=("US",))}
    assert again.settings == case.settings
    assert again.log[0] == {
        "at": NOON.isoformat(),
        "what": "Amazon's advice",
        "case_id": "1234567890",
        "text": "cancel all affected orders",
    }


def test_reports_are_kept_as_given(tmp_path: Path):
    """Byte for byte; the same content once, another file of the same name beside it."""
    source = tmp_path / "AllOrders.txt"
    source.write_bytes(b"one\r\n\x00")
    case = open_case(tmp_path)
    case.add_reports([source, source])
    source.write_bytes(b"two")
    case.add_reports([source])
    assert [path.name for path in case.reports] == ["AllOrders-2.txt", "AllOrders.txt"]
    assert (case.reports_folder / "AllOrders.txt").read_bytes() == b"one\r\n\x00"
    assert source.read_bytes() == b"two"


def test_a_report_that_changed_in_the_folder_is_named(tmp_path: Path):
    """Opened and saved in Excel it is no longer what Amazon gave."""
    case = open_case(tmp_path)
    place = case.add_report("AllOrders.txt", b"one")
    place.write_bytes(b"changed")
    with pytest.raises(CaseError, match=r"AllOrders\.txt changed since"):
        case.hashes()


@pytest.mark.parametrize("name", ["../../evil.txt", "C:\\evil.txt", "/etc/evil.txt", "a\x00evil.txt"])
def test_a_name_of_an_upload_is_never_a_path(tmp_path: Path, name: str):
    """A browser may send anything."""
    place = open_case(tmp_path).add_report(name, b"x")
    assert place.parent == tmp_path / "night" / "reports"
    assert place.name.endswith("evil.txt")


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "con", "NUL.txt", " x", "x" * 81, ".hidden", "what?"])
def test_a_case_name_must_be_a_folder_name(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """On Windows too, and never outside the folder of cases."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path))
    with pytest.raises(CaseError, match="cannot be a case name"):
        Case.open(name)


def test_a_chinese_case_name_is_fine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The seller may name the case as he likes."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path))
    assert Case.open("耳机一元").folder == tmp_path / "耳机一元"


def test_a_case_without_reports_says_what_to_do(tmp_path: Path):
    """Not a traceback about an empty list."""
    with pytest.raises(CaseError, match=r"no report yet\. Put the files you downloaded"):
        _ = open_case(tmp_path).orders


def test_the_language_is_chosen_once(tmp_path: Path):
    """Empty leaves it as it was; one that nobody speaks here is refused."""
    assert Case.open(tmp_path / "night", language="zh-CN").settings.language == "zh-CN"
    assert Case.open(tmp_path / "night", language="").settings.language == "zh-CN"
    with pytest.raises(CaseError, match="'fr' is not spoken here"):
        Case.open(tmp_path / "night", language="fr")


def test_exports_never_overwrite_each_other(tmp_path: Path):
    """Two in one second get two names."""
    case = open_case(tmp_path)
    first = case.new_export()
    first.mkdir(parents=True)
    assert (first.name, case.new_export().name) == ("2026-11-23T120000", "2026-11-23T120000-2")


def test_by_hand_beats_the_rule(sample_case: Case):
    """All 300 by the rule; one left out, another put in: still 300, and the right ones."""
    sample_case.choose_incident(sample_case.findings.incidents[0])
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


def test_the_case_knows_its_marketplace(sample_case: Case):
    """Times are shown in the zone of the marketplace that most orders come from."""
    assert sample_case.marketplace.zone_name == "America/Los_Angeles"


def test_nothing_is_made_in_a_damaged_case(tmp_path: Path):
    """A folder whose case.json cannot be read is left as it is."""
    folder = tmp_path / "night"
    folder.mkdir()
    (folder / "case.json").write_text("{", encoding="utf-8")
    with pytest.raises(CaseError, match="is damaged"):
        open_case(tmp_path)
    assert [path.name for path in folder.iterdir()] == ["case.json"]


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The old case.json stays, and no draft lies beside it."""
    case = open_case(tmp_path).choose_incident(RULE)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("promofix_lib.stored.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        case.change_settings(seller_name="Lumen")
    monkeypatch.undo()
    assert open_case(tmp_path).incident == RULE
    assert [path.name for path in case.folder.glob(".*.new")] == []
