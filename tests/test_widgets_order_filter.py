"""The panel without a browser: what the screen sends, and what comes back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from ipywidgets import Widget

from promofix_lib.case.case import Case
from promofix_lib.incident import Ceiling, Incident, affected
from promofix_lib.orders import item_keys
from promofix_lib.status.status import status
from promofix_lib.widgets.order_filter import OrderFilter
from tests.handed_case import NIGHT as WRONG
from tests.handed_case import all_orders, usual, victims
from tests.panel_case import RULE, TableCase, night_of_orders
from tests.test_case import second_mistake

NIGHT = night_of_orders(300)


@pytest.fixture
def case(tmp_path):
    """A case with the incident taken."""
    return TableCase.of(tmp_path / "case", NIGHT)


def ask(panel: OrderFilter, **message: Any) -> None:
    """What the browser sends when something is clicked."""
    panel._handle_custom_msg({**message, "question": f"q{id(message)}"}, [])
    assert panel.answer == f"q{id(message)}" or message["do"] == "draw"


def _rule(case: TableCase) -> Incident:
    return case.incidents[0].rule


def keys_in(case: TableCase) -> set[str]:
    """Item keys that an export would take."""
    return set(item_keys(case.orders)[case.chosen()])


def test_the_panel_starts_from_the_incident(case):
    """Opened for the first time, the panel shows what was found."""
    panel = OrderFilter(case)
    assert panel.facts()["orders"] == affected(NIGHT, RULE).sum() == 100
    assert panel.rule == RULE
    assert panel.shown["notice"]["text"] == ""


def test_unticked_is_out_and_saved_at_once(case):
    """A box unticked takes exactly that item out, with the reason, before anything else is pressed."""
    panel = OrderFilter(case)
    row = panel.told["page"]["rows"][3]
    ask(panel, do="tick", key=row["key"], on=False, reason="a friend")
    again = TableCase.of(case.folder, NIGHT)
    assert again.left_out == {row["key"]: "a friend"}
    assert keys_in(again) == set(item_keys(NIGHT)[affected(NIGHT, RULE)]) - {row["key"]}
    shown = next(item for item in panel.told["page"]["rows"] if item["key"] == row["key"])
    assert (shown["chosen"], shown["by_hand"], shown["reason"]) == (False, "leave_out", "a friend")


def test_ticked_back_is_the_rule_again(case):
    """Untick and tick leave no trace by hand."""
    panel = OrderFilter(case)
    key = panel.told["page"]["rows"][0]["key"]
    ask(panel, do="tick", key=key, on=False, reason="")
    ask(panel, do="tick", key=key, on=True, reason="")
    assert case.left_out == case.put_in == {}
    assert panel.facts()["orders"] == 100


def test_the_right_row_is_meant_after_search_sort_and_filter(case):
    """A tick acts on the item it stands beside, however the table is searched, sorted, filtered or turned."""
    panel = OrderFilter(case)
    for step in (
        {"do": "see", "show": "all", "page": 1},
        {"do": "see", "search": "buyer", "page": 1},
        {"do": "see", "sort": "paid_each"},
        {"do": "see", "sort": "paid_each", "descending": True},
        {"do": "see", "page": 3},
    ):
        ask(panel, **step)
    before = keys_in(case)
    row = next(item for item in panel.told["page"]["rows"] if not item["chosen"])
    ask(panel, do="tick", key=row["key"], on=True, reason="seen in the messages")
    assert keys_in(case) - before == {row["key"]}
    assert before <= keys_in(case)


def test_undo_and_redo_go_one_step(case):
    """Undo takes back the last decision, redo makes it again, and each button knows when it can."""
    panel = OrderFilter(case)
    key = panel.told["page"]["rows"][0]["key"]
    ask(panel, do="tick", key=key, on=False, reason="x")
    ask(panel, do="undo")
    assert (panel.facts()["orders"], panel.shown["hand"]["can_redo"]) == (100, True)
    ask(panel, do="redo")
    assert (panel.facts()["orders"], panel.shown["hand"]["can_redo"]) == (99, False)


def test_the_details_name_the_buyer_and_nothing_that_is_saved_does(case):
    """The rows, what is searched for and an opened order reach the screen by messages: no widget's state holds them."""
    Widget.close_all()  # those of other tests
    panel = OrderFilter(case)
    ask(panel, do="see", search="Invented Buyer")
    ask(panel, do="see", details=panel.told["page"]["rows"][0]["key"])
    assert "Invented Buyer" in panel.told["page"]["look"]["search"]
    assert "Invented Buyer" in str(panel.told["details"])
    assert not re.search(r"Invented Buyer|example\.com|114-\d", str(Widget.get_manager_state()))


def test_all_shown_means_all_shown(case):
    """*Leave out shown* acts on every page of what the search found and on nothing else, in one step."""
    panel = OrderFilter(case)
    ask(panel, do="see", search="114-00000")
    shown = panel.told["page"]["count"]
    assert shown > len(panel.told["page"]["rows"])
    ask(panel, do="decide_shown", on=False, reason="honoured")
    assert panel.facts()["orders"] == 100 - shown
    assert len(case.left_out) == shown
    ask(panel, do="undo")
    assert panel.facts()["orders"] == 100


def test_take_in_shown_adds_what_the_filters_miss(case):
    """*Take in shown* puts in by hand what the rule does not touch, and only that."""
    panel = OrderFilter(case)
    ask(panel, do="see", show="all")
    ask(panel, do="see", search="CABLE")
    count = panel.told["page"]["count"]
    ask(panel, do="decide_shown", on=True, reason="the cable too")
    assert panel.facts()["orders"] == 100 + count
    assert set(case.put_in.values()) == {"the cable too"}


def test_a_moving_window_is_shown_but_not_saved(case):
    """While a handle moves the numbers follow; only its end is a decision, and one undo takes it back.

    The side that was not moved keeps its exact moment.
    """
    exact = replace(RULE, end=RULE.end + timedelta(microseconds=123_457))
    case.set_rule(1, exact)
    panel = OrderFilter(case)
    revision, onset, end = case.revision, panel.shown["chart"]["onset"], panel.shown["chart"]["end"]
    for hours in (1, 2, 3):
        ask(panel, do="window", onset=onset + hours * 3600, end=end, commit=False)
    assert panel.facts()["orders"] < 100
    assert (case.revision, _rule(case)) == (revision, exact)
    ask(panel, do="window", onset=onset + 3 * 3600, end=end, commit=True)
    assert _rule(case).onset.timestamp() == onset + 3 * 3600
    assert _rule(case).end == exact.end
    ask(panel, do="undo")
    assert _rule(case) == exact


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"do": "choose", "name": "order_statuses", "value": "Unshipped", "on": True},
            {"order_statuses": ("Unshipped",)},
        ),
        ({"do": "choose", "name": "is_business_order", "value": "true", "on": True}, {"is_business_order": True}),
        ({"do": "any", "name": "promotion_ids"}, {"promotion_ids": ()}),
        ({"do": "number", "name": "min_quantity", "text": "2"}, {"min_quantity": 2}),
        ({"do": "moment", "side": "onset", "text": ""}, {"onset": None}),
    ],
)
def test_every_filter_reaches_the_rule(case, message, expected):
    """Each field of the panel changes its own part of the saved rule and nothing else."""
    panel = OrderFilter(case)
    ask(panel, **message)
    assert _rule(case) == replace(RULE, **expected)
    assert panel.facts()["orders"] == int(affected(NIGHT, _rule(case)).sum())


def test_the_wrong_prices_found_can_be_switched_off_and_on(tmp_path):
    """A wrong list price is a limit per SKU; unticked every price of the other filters counts, ticked it is back."""
    limit = Ceiling("HP-BT700-BLK", "Amazon.com", "USD", Decimal("1.00"))
    rule = Incident(onset=RULE.onset, end=RULE.end, ceilings=(limit,))
    panel = OrderFilter(TableCase.of(tmp_path / "case", NIGHT, rule))
    assert panel.shown["fields"]["ceilings_text"].endswith("HP-BT700-BLK ≤ 1.00 USD")
    assert panel.facts()["orders"] == 100
    ask(panel, do="ceilings", on=False)
    assert panel.facts()["orders"] > 100
    ask(panel, do="ceilings", on=True)
    assert panel.rule == rule


def test_a_million_ticks_are_one_message(case):
    """Putting everything in at once is one saved decision."""
    panel = OrderFilter(case)
    ask(panel, do="see", show="all")
    before = len(case.decisions.done)
    ask(panel, do="decide_shown", on=True, reason="all of it")
    assert len(case.decisions.done) == before + 1
    assert panel.facts()["orders"] == 300


def test_the_chart_the_table_and_the_totals_say_the_same(case):
    """One state drives all: bars, rows and totals count the same orders after any change."""
    panel = OrderFilter(case)
    ask(panel, do="zoom", how="whole")
    ask(panel, do="choose", name="order_statuses", value="Unshipped", on=True)
    ask(panel, do="tick", key=panel.told["page"]["rows"][0]["key"], on=False, reason="")
    assert (
        sum(sum(counts) for _, counts in panel.shown["chart"]["bars"]["chosen"])
        == panel.facts()["orders"]
        == case.chosen().sum()
    )
    assert panel.told["page"]["count"] == panel.facts()["orders"] + 1  # the one left out stays in sight, unticked


def test_a_kept_filter_comes_back(case):
    """Filters kept under a name are there for the next panel, and *as found* goes back to the incident."""
    panel = OrderFilter(case)
    ask(panel, do="choose", name="skus", value="HP-BT700-BLK", on=True)
    ask(panel, do="save_preset", name=" black ones ")
    ask(panel, do="as_found")
    assert _rule(case) == RULE
    other = OrderFilter(TableCase.of(case.folder, NIGHT))
    assert other.shown["fields"]["presets"] == ["black ones"]
    ask(other, do="use_preset", name="black ones")
    assert _rule(case).skus == ("HP-BT700-BLK",)


def test_what_cannot_be_done_is_said_in_the_panel(case):
    """A wrong number shows one sentence in the panel and changes nothing."""
    panel = OrderFilter(case)
    ask(panel, do="number", name="max_unit_price", text="cheap")
    assert panel.shown["notice"] == {
        "kind": "error",
        "text": "'cheap' is not a number here. Write it like 1,234.50.",
    }
    assert _rule(case) == RULE
    ask(panel, do="see", search="")
    assert panel.shown["notice"]["text"] == ""


def test_run_all_keeps_what_was_decided(case):
    """A new panel on the same case, as after a restarted kernel, shows the same orders."""
    panel = OrderFilter(case)
    ask(panel, do="tick", key=panel.told["page"]["rows"][0]["key"], on=False, reason="kept")
    ask(panel, do="number", name="max_quantity", text="2")
    reopened = OrderFilter(TableCase.of(case.folder, NIGHT))
    assert reopened.shown["totals"] == panel.shown["totals"]
    assert reopened.told["page"]["rows"] == panel.told["page"]["rows"]
    assert reopened.told["page"]["rows"][0]["reason"] == "kept"


def test_a_change_in_another_notebook_is_told(case):
    """The panel notices that the case changed elsewhere, and shows the newest state when asked."""
    panel = OrderFilter(case)
    panel.look()
    assert panel.shown["notice"]["text"] == ""
    other = OrderFilter(TableCase.of(case.folder, NIGHT))
    ask(other, do="tick", key=other.told["page"]["rows"][0]["key"], on=False, reason="")
    panel.look()
    assert (panel.shown["notice"]["kind"], panel.facts()["orders"]) == ("changed", 100)
    ask(panel, do="reload")
    assert (panel.shown["notice"]["text"], panel.facts()["orders"]) == ("", 99)


def test_reports_that_came_since_are_shown_when_asked_for(case):
    """A newer report changes nothing under the seller's hands; *Show the newest state* brings its orders."""
    panel = OrderFilter(case)
    case.table = night_of_orders(360)
    ask(panel, do="see", page=1)
    ask(panel, do="reload")
    assert panel.facts()["orders"] == 120


def test_a_panel_without_reports_fills_itself(tmp_path):
    """On an empty case the panel says what is missing, and shows the orders as soon as they are there."""
    case = TableCase.of(tmp_path / "case", NIGHT)
    reports = [()]
    empty = type("Empty", (TableCase,), {"reports": property(lambda _case: reports[0])})
    case.__class__ = empty
    panel = OrderFilter(case)
    assert "no report" in panel.shown["notice"]["text"]
    assert panel.shown["notice"]["kind"] == "empty"  # which shows nothing but the notice
    assert panel.facts()["orders"] == 0
    reports[0] = (case.folder / "orders.txt",)
    case.change_settings(seller_name="Lumen Audio")  # the panel shows it all: there is nothing newer to ask for
    panel.look()
    assert panel.facts()["orders"] == 100
    assert panel.shown["notice"] == {"kind": "hint", "text": ""}


def test_two_incidents_are_worked_on_one_at_a_time(case):
    """Both are in, each with its number; the filters shown and changed are those of the one that was chosen."""
    case.take(Incident(skus=("CABLE-2M",)))
    panel = OrderFilter(case)
    both = affected(NIGHT, RULE) | affected(NIGHT, Incident(skus=("CABLE-2M",)))
    assert panel.facts()["orders"] == int(both.sum())
    assert [(one["number"], one["here"]) for one in panel.shown["incidents"]] == [(1, True), (2, False)]
    assert {number for number, _ in panel.shown["chart"]["bars"]["chosen"]} == {1, 2}
    ask(panel, do="incident", number=2)
    ask(panel, do="number", name="min_quantity", text="2")
    assert [one.rule.min_quantity for one in case.incidents] == [None, 2]
    assert {row["incident"] for row in panel.told["page"]["rows"]} <= {1, 2}


def test_the_panel_says_what_the_case_says(case):
    """`facts` has the keys and figures of `status --json`."""
    panel = OrderFilter(case)
    ask(panel, do="tick", key=panel.told["page"]["rows"][0]["key"], on=False, reason="")
    now = status(case).to_json()
    assert panel.facts() == {name: now[name] for name in ("orders", "items", "units", "order_ids", "amounts", "triage")}


def test_a_full_disk_is_said_in_the_panel(case, monkeypatch):
    """When a decision cannot be saved, the panel says why and shows what is saved."""
    panel = OrderFilter(case)

    def full(*_args: Any, **_facts: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(case, "decide", full)
    ask(panel, do="tick", key=panel.told["page"]["rows"][0]["key"], on=False, reason="")
    assert "No space left on device" in panel.shown["notice"]["text"]
    assert panel.facts()["orders"] == 100


def test_two_notebooks_do_not_undo_each_other(case):
    """A tick in each of two panels: both are kept."""
    one, two = OrderFilter(case), OrderFilter(TableCase.of(case.folder, NIGHT))
    first, second = (row["key"] for row in one.told["page"]["rows"][:2])
    ask(one, do="tick", key=first, on=False, reason="")
    ask(two, do="tick", key=second, on=False, reason="")
    assert set(case.left_out) == {first, second}


def test_without_an_incident_nothing_is_in(tmp_path):
    """Before an incident is taken no order is affected, and the panel says what to do."""
    case = TableCase.of(tmp_path / "case", NIGHT, rule=None)
    other, panel = OrderFilter(case), OrderFilter(case)
    assert panel.facts()["orders"] == 0
    assert "notebook 2" in panel.shown["notice"]["text"]
    ask(panel, do="choose", name="skus", value="CABLE-2M", on=True)
    assert panel.facts()["orders"] > 0
    other.look()  # it fills itself, for there is nothing on it that could move
    assert other.facts()["orders"] == panel.facts()["orders"]
    assert other.shown["notice"]["text"] == ""


def test_the_panel_speaks_chinese(case):
    """In a case set to Chinese the panel's words are Chinese."""
    case.change_settings(language="zh-CN")
    words = OrderFilter(case).shown["words"]
    assert words["undo"] == "撤销"
    asked = set(re.findall(r'\bt\("(\w+)"', OrderFilter._esm))
    assert len(asked) > 40
    assert asked - set(words) == set()


def test_shown_again_the_panel_speaks_the_language_chosen_since(case):
    """A language chosen on page 0 is spoken when the panel is shown again, also with the same orders."""
    panel = OrderFilter(case)
    TableCase.of(case.folder, NIGHT).change_settings(language="zh-CN")
    panel.refresh()
    assert panel.shown["words"]["undo"] == "撤销"
    assert "受影响" in panel.shown["totals"]["figures"][0][0]


def test_the_panel_has_a_line_for_where_no_widget_is_drawn(case):
    """Where widgets cannot be drawn, one plain line says what stands here."""
    panel = OrderFilter(case)
    bundle = panel._repr_mimebundle_()
    assert repr(panel) == "Choose the affected orders. Run this cell to open it."
    assert bundle[0]["text/plain"] == repr(panel)


def test_a_message_that_means_nothing_changes_nothing(case):
    """An unknown question is answered and changes nothing."""
    panel = OrderFilter(case)
    ask(panel, do="tick_everything")
    assert panel.facts()["orders"] == 100


def test_only_what_changed_is_sent(case):
    """A changed page sends the page, not the filters and the chart: large cases stay quick."""
    panel = OrderFilter(case)
    sent: list[set[str]] = []
    panel.send_state = lambda key=None: sent.append(set(key) if key else set())
    panel.send = lambda news: sent.append(set(news))
    ask(panel, do="see", page=2)
    assert sent == [{"answer"}, {"page"}]
    ask(panel, do="draw")  # the screen is drawn: it asks for what no state holds
    assert sent[2:] == [{"page", "details"}]


def test_nothing_is_loaded_from_elsewhere():
    """The panel's script and style name no address of the web."""
    for text in (OrderFilter._esm, OrderFilter._css):
        assert "http" not in str(text).replace("http://www.w3.org/2000/svg", "")
        assert "import " not in str(text)
        assert "innerHTML" not in str(text)


def test_an_item_that_two_incidents_touch_belongs_to_the_graver_on_every_page(tmp_path):
    """The panel, the status and the case say the same, whichever number the graver one has."""
    case = Case.open(tmp_path / "case")
    case.add_report("AllOrders-1.txt", all_orders([*usual(), *victims(), *second_mistake()]))
    case.take(case.findings.incidents[1]).take_found()
    wide = Incident(onset=WRONG - timedelta(hours=1), end=WRONG + timedelta(hours=3))
    case.set_rule(1, wide).set_rule(2, wide)
    panel = OrderFilter(case)
    assert set(case.incident_of()) == set(panel.selection.numbers.tolist()) == {0, 2}
    assert {row.incident for row in status(case).rows} == {2}
    assert [one["number"] for one in panel.shown["incidents"]] == [1, 2]
    assert [number for number, _ in panel.shown["chart"]["bars"]["chosen"]] == [2]


def test_an_order_of_two_incidents_has_the_colour_of_the_graver(tmp_path):
    """One order, two items, two mistakes: one bar, and one number beside it."""
    case = Case.open(tmp_path / "case")
    order = victims()[0]["amazon-order-id"]
    mug = second_mistake()[-1] | {"amazon-order-id": order, "order-item-id": "9" * 14}
    case.add_report("AllOrders-1.txt", all_orders([*usual(), *victims(), *second_mistake(), mug]))
    case.take(case.findings.incidents[1]).take_found()
    rows = {row.order_id: row.incident for row in status(case).rows}
    assert rows[order] == 2
    bars = dict(OrderFilter(case).shown["chart"]["bars"]["chosen"])
    assert {number: sum(counts) for number, counts in bars.items()} == {1: 4, 2: 12}
