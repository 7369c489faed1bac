"""Where every affected order stands: the one answer that every other room shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from promofix_lib.case.records import Answer
from promofix_lib.export.sheet import status_word
from promofix_lib.say import known_key, say
from promofix_lib.status.book import WORDS, Book, facts_of
from promofix_lib.status.past import Past, standing
from promofix_lib.status.rows import NEXT, STATES, Gate
from promofix_lib.status.status import status
from tests.status_case import ENDED, NOW, LooseCase, line, order_id

SHIPPED = {"order_status": "Shipped"}
CANCELLED = {"order_status": "Cancelled"}
PENDING = {"order_status": "Pending"}
FBA = {"fulfillment_channel": "amazon"}


def stands(case: LooseCase, number: int = 1) -> tuple[str, str]:
    """State and next step of an order."""
    row = status(case).rows_of(order_id=order_id(number))[0]
    assert row is not None
    return row.state, row.next


# -- the way of one order ---------------------------------------------------------------------------------------------


def handed(**more: Any) -> LooseCase:
    """A case of one order that was handed over."""
    case = LooseCase([line(1, **more)])
    case.export()
    return case


def test_an_order_goes_from_new_to_cancelled():
    """New, written, accepted, cancelled: each step by what the journal and the newer report say."""
    case = LooseCase([line(1)])
    assert stands(case) == ("new", "hand_over")
    case.export()
    assert stands(case) == ("written", "upload")
    case.amazon_said(accepted=[1])
    assert stands(case) == ("accepted", "write_buyer")
    case.answered(1, "done", task="message")
    assert stands(case) == ("accepted", "wait")
    case.renew([line(1, **CANCELLED)])
    assert stands(case) == ("cancelled", "nothing")
    assert status(case).known_cancelled == {order_id(1)}


def test_a_refused_order_is_uploaded_again_until_it_stands_in_a_newer_file():
    """A newer file that nobody answered yet takes the refused one's place; why it was refused stays."""
    case = handed()
    case.amazon_said(refused=[1])
    assert stands(case) == ("refused", "upload_again")
    assert "18028" in str(status(case).rows[0].why)
    case.export(folder="E2")
    assert stands(case) == ("written", "upload")
    case.amazon_said(accepted=[1], export="E2")
    assert stands(case)[0] == "accepted"


def test_an_accepted_order_stays_accepted_in_a_second_file():
    """The furthest that is known counts, also when a second upload is refused because it is cancelled already."""
    case = handed()
    case.amazon_said(accepted=[1])
    case.export(folder="E2")
    case.amazon_said(refused=[1], export="E2")
    assert stands(case)[0] == "accepted"


def test_a_report_that_names_the_file_but_not_the_order_says_uploaded():
    """Where Amazon counts a refusal without naming it, nobody claims that the order was accepted."""
    case = handed()
    case.amazon_said()
    assert stands(case) == ("uploaded", "wait")


def test_an_order_at_amazon_is_asked_for_and_never_uploaded():
    """In the request list, then asked by the assistant, then as the report shows it."""
    case = handed(**FBA)
    assert stands(case) == ("written", "ask_amazon")
    case.answered(1, "done")
    assert stands(case) == ("asked", "wait")
    case.renew([line(1, **FBA, **SHIPPED)])
    assert stands(case) == ("shipped", "decide")


@pytest.mark.parametrize(
    ("choice", "expected", "before"),
    [
        ("", ("shipped", "decide"), "decide"),
        ("keep", ("closed", "nothing"), "hand_over"),
        ("refunded", ("closed", "nothing"), "hand_over"),
        ("return", ("shipped", "wait"), "hand_over"),
    ],
)
def test_a_shipped_order_waits_for_the_sellers_choice(choice: str, expected: tuple[str, str], before: str):
    """Refund or let go: as soon as the seller has chosen it is closed, and a parcel to come is waited for.

    Before it is handed over, it is to be.
    """
    case, fresh = handed(**SHIPPED), LooseCase([line(1, **SHIPPED)])
    case.shipped_choice = fresh.shipped_choice = choice
    assert stands(case) == expected
    assert stands(fresh) == ("shipped", before)


def test_a_pending_order_is_withheld_and_handed_over_once_it_can_be_cancelled():
    """In an export, in no file, with why; a newer report makes it workable."""
    case = handed(**PENDING)
    assert stands(case) == ("withheld", "wait")
    assert "pending" in str(status(case).rows[0].why)
    case.renew([line(1)])
    assert stands(case) == ("withheld", "hand_over")
    assert status(case).to_hand_over == (order_id(1),)


def test_what_is_withheld_from_every_file_is_never_told_to_be_uploaded():
    """A part of an order whose item code nobody knows stands in no file: it waits, until a report brings the code."""
    case = LooseCase([line(1, order_item_id=None)])
    case.export(coded=False)
    assert stands(case) == ("withheld", "wait")
    case.renew([line(1)])
    assert stands(case) == ("withheld", "hand_over")


def test_the_assistants_word_is_not_enough_for_the_rate():
    """Done by hand waits for the newer report; only then it is known as cancelled."""
    case = handed()
    case.answered(1, "done")
    case.answered(1, "done", task="message")
    assert stands(case) == ("written", "wait")
    assert not status(case).known_cancelled


def test_a_wish_counts_where_it_can_be_met():
    """Unshipped or cancelled: at the buyer's wish. In Amazon's warehouse, or on its way, nobody has met it."""
    wish = {"is_buyer_requested_cancellation": True}
    rows = status(LooseCase([line(1, **wish), line(2, **wish, **FBA), line(3, **wish, **SHIPPED), line(4)])).rows
    assert {row.order_id: row.at_buyers_wish for row in rows} == {order_id(n): n == 1 for n in range(1, 5)}
    case = handed(**wish)
    case.renew([line(1, **wish, **CANCELLED)])
    assert [row.at_buyers_wish for row in status(case).rows] == [True]


def test_a_cancellation_at_the_buyers_wish_does_not_count():
    """The buyer asked through Amazon: named apart, not among the seller's cancellations."""
    wish = {"is_buyer_requested_cancellation": True}
    case = handed(**wish)
    assert stands(case) == ("written", "upload")
    case.renew([line(1, **wish, **CANCELLED)])
    assert (status(case).known_cancelled, status(case).asked_by_buyer) == (frozenset(), {order_id(1)})


def test_what_was_cancelled_before_any_export_is_not_ours():
    """Nobody knows who cancelled it: it is not among those known."""
    case = LooseCase([line(1, order_status="Cancelled")])
    assert stands(case) == ("cancelled", "nothing")
    assert not status(case).known_cancelled


def test_left_out_by_hand_is_honoured_and_has_to_be_shipped():
    """Only what can still be shipped; what has shipped needs nothing, and is no longer said to be honoured."""
    case = LooseCase([line(1), line(2)], left_out={f"{order_id(1)}/{1:014d}": "a friend"})
    assert stands(case) == ("left_out", "ship")
    assert str(status(case).rows[0].why) == "a friend"
    assert [row.order_id for row in status(case).rows_of(next="ship")] == [order_id(1)]
    assert status(case).order_ids == (order_id(2),)
    case.renew([line(1, **SHIPPED), line(2)])
    assert stands(case) == ("left_out", "nothing")
    assert (len(status(case).rows_of(next="ship")), len(status(case).rows_of(state="left_out"))) == (0, 1)


def test_a_word_on_an_order_that_no_rule_touches_makes_it_no_affected_order():
    """Left out while a wider rule held it: it is nobody's business any more."""
    case = LooseCase([line(1), line(2, promotion_ids=[], item_promotion_discount="0.00")])
    case.left_out = {case.keys.iloc[1]: "a friend"}
    assert [row.order_id for row in status(case).rows] == [order_id(1)]


def test_what_was_left_out_and_is_cancelled_all_the_same_is_cancelled():
    """The furthest that is known: the file that was uploaded still held it, or somebody else cancelled it."""
    left = {f"{order_id(1)}/{1:014d}": "a friend"}
    for exported in (True, False):
        case = LooseCase([line(1), line(2)])
        if exported:
            case.export()
        case.left_out = left
        case.renew([line(1, **CANCELLED), line(2)])
        assert stands(case)[0] == "cancelled"
        assert status(case).known_cancelled == ({order_id(1)} if exported else set())


def test_what_amazon_accepted_and_a_newer_report_shows_as_shipped_is_not_cancelled():
    """The newest report wins over every word."""
    case = handed()
    case.amazon_said(accepted=[1])
    case.renew([line(1, **SHIPPED)])
    assert (stands(case), status(case).known_cancelled) == (("shipped", "decide"), frozenset())


def test_nobody_is_told_to_ship_what_the_assistant_has_cancelled_already():
    """Left out too late: it waits for the report that shows it, and is in no file that could still be withdrawn."""
    case = LooseCase([line(1), line(2)])
    case.export()
    case.answered(1, "done")
    case.left_out = {f"{order_id(1)}/{1:014d}": "a friend"}
    case.renew(case.lines)
    assert (stands(case), status(case).withdrawn) == (("left_out", "wait"), ())
    case.answered(1, "not_needed")
    assert (stands(case), status(case).withdrawn) == (("left_out", "ship"), (order_id(1),))


@pytest.mark.parametrize("kind", [{}, FBA])
def test_an_order_left_out_after_the_export_still_stands_in_its_files(kind: dict[str, Any]):
    """Until a new export takes their place, or they were worked: then it is too late, or nothing is to be withdrawn."""
    case = LooseCase([line(1, **kind), line(2, **kind), line(3, **SHIPPED)])
    case.export()
    case.left_out = {f"{order_id(1)}/{1:014d}": "a friend"}
    case.renew(case.lines)
    assert status(case).withdrawn == (order_id(1),)
    case.export(folder="E2", only=[3])  # a second round does not take their place
    assert status(case).withdrawn == (order_id(1),)
    case.answered(2, "done")
    assert status(case).withdrawn == ()
    case.answered(2, "todo")
    assert status(case).withdrawn == (order_id(1),)
    case.export(folder="E3")
    assert status(case).withdrawn == ()


def test_an_order_of_which_one_item_is_left_out_stands_by_the_other():
    """Its items keep their own word."""
    case = LooseCase([line(1), line(1, order_item_id="7")], left_out={f"{order_id(1)}/7": ""})
    assert (stands(case), status(case).items) == (("new", "hand_over"), 1)


def test_an_order_that_left_the_reports_keeps_its_last_state():
    """A report that covers other days only does not make it disappear; it is no longer counted."""
    case = handed()
    case.renew([line(2)])
    assert stands(case) == ("written", "upload")
    assert status(case).order_ids == (order_id(2),)


def test_what_the_rules_touch_no_more_is_not_handed_over_to_be_cancelled():
    """Pending when it was handed over, at its usual price now: it is honoured, and in no next round."""
    case = handed(**PENDING, item_price=None, item_promotion_discount=None)
    case.renew([line(1, item_promotion_discount=None, promotion_ids=[])])
    assert (status(case).orders, stands(case), status(case).to_hand_over) == (0, ("left_out", "ship"), ())


def test_an_incident_that_is_let_go_after_the_export_is_withdrawn_from_its_files():
    """Nobody is told to upload what was no mistake; what has come of it already stays known."""
    case = LooseCase([line(n, sku="CASE" if n == 3 else "HP") for n in (1, 2, 3)])
    case.export()
    case.rule = replace(case.rule, skus=("HP",))
    case.renew([line(1), line(2, **CANCELLED, item_price=None, promotion_ids=[]), line(3, sku="CASE")])
    ways = [("written", "upload"), ("cancelled", "write_buyer"), ("left_out", "ship")]
    assert [stands(case, n) for n in (1, 2, 3)] == ways
    assert status(case).withdrawn == (order_id(3),)
    case.amazon_said(accepted=[1, 3])
    assert stands(case, 3) == ("accepted", "write_buyer")


def test_a_rule_that_asks_for_a_status_lets_nothing_go_whose_status_changed():
    """Only unshipped orders were asked for; one that has shipped since is still decided on."""
    case = LooseCase([line(1)])
    case.rule = replace(case.rule, order_statuses=("Unshipped",))
    case.export()
    case.renew([line(1, **SHIPPED)])
    assert stands(case) == ("shipped", "decide")


# -- the gate ---------------------------------------------------------------------------------------------------------


def test_a_closed_gate_lets_nobody_cancel():
    """Every step that would cancel or tell a buyer so waits for the seller's word; a draft hands over nothing."""
    case = LooseCase([line(1), line(2, **FBA), line(3, **SHIPPED)], open_gate=False)
    case.export(draft=True)
    assert [stands(case, number)[1] for number in (1, 2, 3)] == ["confirm_end", "confirm_end", "decide"]
    assert stands(case)[0] == "withheld"
    assert "draft" in str(status(case).rows[0].why)
    case.open_gate = True
    case.renew(case.lines)
    assert stands(case) == ("withheld", "hand_over")


def test_an_order_younger_than_the_end_closes_the_gate_again():
    """Still selling: it is said, and nothing is uploaded until a later end is confirmed."""
    late = line(2, purchase_date=ENDED + timedelta(minutes=1))
    case = handed()
    case.renew([line(1), late])
    gate = status(case).gate
    assert (gate.open, gate.after_end) == (False, (order_id(2),))
    assert (stands(case, 1), stands(case, 2)) == (("written", "confirm_end"), ("still_selling", "confirm_end"))
    assert "Still selling: 1 affected order is" in gate.why.text("en")
    assert "(2026-11-20 07:00, America/Los Angeles)" in gate.why.text("en")
    case.ended_at = ENDED + timedelta(hours=1)
    case.renew([line(1), late])
    assert (status(case).gate.open, stands(case, 2)) == (True, ("new", "hand_over"))


def test_an_order_after_the_end_counts_also_outside_the_rules_window():
    """The rule ends with the last order that was found: what comes later is looked for without that end."""
    case = LooseCase([line(1), line(2, purchase_date=ENDED + timedelta(minutes=1))])
    case.rule = replace(case.rule, end=ENDED)
    assert status(case).gate.after_end == (order_id(2),)
    assert status(case).order_ids == (order_id(1),)


def test_the_last_moment_of_the_promotion_is_not_after_its_end():
    """Both edges of a window are inside."""
    assert status(LooseCase([line(1, purchase_date=ENDED)])).gate.open


def test_a_buyer_is_written_to_once_an_order_that_is_in_no_file_is_done():
    """Cancelled by hand in Seller Central: the assistant's word is what the message waits for."""
    done = Answer(order_id(1), "task", "done", "", "anna", "anna.xlsx", "E1", "1", NOW)
    for answers, following in (({}, "wait"), ({"task": {"anna": done}}, "write_buyer")):
        past = Past("cancel", "E1", message="written", answers=answers)
        assert standing("cancel", past, late=False, shipped_choice="", coded=False)[::2] == ("withheld", following)


def test_an_order_after_the_end_that_no_rule_touches_or_that_was_left_out_is_not_still_selling():
    """Usual sales go on after the end; they close no gate."""
    later = ENDED + timedelta(minutes=1)
    usual = line(2, purchase_date=later, promotion_ids=[], item_promotion_discount="0.00")
    case = LooseCase([line(1), usual, line(3, purchase_date=later)])
    case.left_out = {case.keys.iloc[2]: "a friend"}
    assert status(case).gate.after_end == ()
    assert status(case).gate.open


def test_the_end_is_the_moment_at_which_it_was_said_where_no_time_was_told():
    """What is bought after that word is still selling; the word said again tells a new end."""
    case = LooseCase([line(1), line(2, purchase_date=NOW + timedelta(hours=1))], ended_at=None)
    assert status(case).gate.open
    case.journal.add("settings", {"promotion_ended": True})
    assert status(case).gate.after_end == (order_id(2),)
    case.at = NOW + timedelta(hours=2)
    case.journal.add("confirmed", {})
    assert status(case).gate.open


def test_a_time_that_is_told_later_wins_over_the_moment_of_a_word():
    """Until then the last word counts; other settings change nothing."""
    case = LooseCase([line(1)])
    case.journal.add("confirmed", {})
    case.journal.add("settings", {"seller_name": "Lumen"})
    assert status(case).gate.ended_at == NOW
    case.journal.add("settings", {"promotion_ended_at": ENDED.isoformat()})
    assert status(case).gate.ended_at == ENDED


def test_a_replacement_after_the_end_proves_no_sale():
    """Zero by design does not close the gate."""
    later = {"purchase_date": ENDED + timedelta(hours=3), "is_replacement_order": True}
    assert status(LooseCase([line(1), line(2, **later)])).gate.open


def test_the_gate_names_what_is_missing():
    """In the language of whoever reads it."""
    gate = Gate(promotion_ended=True, price_right=False, stock_as_wanted=True)
    assert "the price is right again" in gate.why.text("en")
    assert "价格已改正" in gate.why.text("zh-CN")


# -- several hands ----------------------------------------------------------------------------------------------------


def test_two_hands_that_disagree_are_shown_by_name_until_it_is_settled():
    """The first answer stands, both are named; the seller's word, or agreement, settles it."""
    case = handed()
    case.answered(1, "done", hand="anna", note="cancelled")
    case.answered(1, "problem", hand="ben", note="grey button")
    row = status(case).rows[0]
    assert (row.answer, row.answered_by, row.next) == ("done", "anna", "settle_conflict")
    assert row.conflict is not None
    assert row.conflict.text("en") == "Order: anna says “done”, ben says “problem” (ben.xlsx)."
    assert row.note == "cancelled; grey button"
    case.answered(1, "problem", hand="anna")
    assert status(case).rows[0].conflict is None
    case.answered(1, "done", hand="ben")
    assert status(case).rows[0].conflict is not None
    case.answered(1, "done", hand="seller")
    assert (status(case).rows[0].conflict, status(case).rows[0].answer) == (None, "done")


def test_a_note_alone_is_no_answer():
    """Who writes down why it waits has done nothing yet; the first to write is named, and any firm answer holds."""
    case = handed()
    case.answered(1, "todo", hand="anna", note="calling the buyer")
    assert (status(case).rows[0].answer, status(case).rows[0].answered_by) == ("todo", "anna")
    case.answered(1, "todo", hand="ben", note="no answer yet")
    assert (status(case).rows[0].answered_by, status(case).rows[0].conflict) == ("anna", None)
    case.answered(1, "done", hand="ben")
    assert (status(case).rows[0].answer, status(case).rows[0].answered_by) == ("done", "ben")


@pytest.mark.parametrize(
    ("value", "told"), [("todo", "todo"), ("done", "done"), ("not_needed", "done"), (None, "todo")]
)
def test_whoever_reads_the_rows_as_json_learns_whether_it_is_done(value: str | None, told: str):
    """Not needed is done; what was handed out and not answered is to do; what nobody has is nothing."""
    case = handed()
    if value:
        case.answered(1, value)
    assert status(case).rows[0].to_json("en")["answer"] == told
    assert status(LooseCase([line(1)])).rows[0].to_json("en")["answer"] is None


def test_answers_about_a_message_are_told_in_the_words_of_its_column():
    """What the assistant reads as “came back” is no “problem” elsewhere."""
    case = handed()
    case.answered(1, "done", hand="anna", task="message")
    case.answered(1, "problem", hand="ben", task="message")
    row = status(case).rows[0]
    assert row.conflict is not None
    assert row.conflict.text("en") == "Message: anna says “sent”, ben says “came back” (ben.xlsx)."
    assert say("status.message_bounced", language="en") == status_word("problem", "message_status", "en")


def test_a_newer_report_settles_what_it_shows():
    """Cancelled is cancelled, whatever two hands say."""
    case = handed()
    case.answered(1, "done", hand="anna")
    case.answered(1, "problem", hand="ben")
    case.renew([line(1, **CANCELLED)])
    row = status(case).rows[0]
    assert (row.state, row.conflict) == ("cancelled", None)


@pytest.mark.parametrize(("value", "state"), [("done", "sent"), ("problem", "bounced"), ("todo", "written")])
def test_the_message_is_a_task_of_its_own(value: str, state: str):
    """Answered apart from the order's task."""
    case = handed()
    case.answered(1, value, task="message")
    row = status(case).rows[0]
    assert (row.message, row.answer) == (state, "todo")


# -- sums and order ---------------------------------------------------------------------------------------------------


def many(**options: Any) -> LooseCase:
    """A bit of everything."""
    lines = [
        line(1),
        line(1, order_item_id="8", sku="CASE", item_price="9.00", item_promotion_discount="8.50"),
        line(2, **SHIPPED),
        line(3, **FBA),
        line(4, **PENDING, item_price=None, currency=None),
        line(5, **CANCELLED),
        line(6, is_replacement_order=True),
        line(7, is_buyer_requested_cancellation=True),
        line(8),
        line(8, order_item_id="9", item_status="Shipped"),
        line(9, promotion_ids=[]),
    ]
    return LooseCase(lines, **options)


def test_every_count_adds_up():
    """An order counts once in the triage, in the states and in the next steps, whatever its items say."""
    found = status(many()).to_json(orders=True)
    assert found["orders"] == len(found["order_ids"]) == sum(found["triage"].values()) == 8
    assert sum(found["states"].values()) == sum(found["next"].values()) == len(found["rows"]) == 8
    assert found["items"] == 10
    assert found["triage"]["cancel"] == 2
    assert (found["in_no_export"], found["new_since_export"]) == (8, 0)
    usd = found["amounts"][0]
    assert usd["items_not_known"] == 2


def test_the_panels_facts_are_the_same_figures():
    """`facts_of` of the same choice is the part of the status from orders to triage."""
    case = many()
    found, facts = status(case).to_json(), facts_of(status(case).book, case.chosen())
    assert {name: found[name] for name in facts} == facts
    assert ("rows" in found, "rows" in status(case).to_json(orders=True)) == (False, True)


def test_the_words_are_those_of_the_design():
    """The keys of the command line, in their order, and no word that is not told."""
    found = status(many()).to_json(orders=True)
    assert (
        list(found)
        == (
            "case revision language incidents orders items units order_ids amounts triage states next in_no_export "
            "new_since_export left_out put_in after_end rows"
        ).split()
    )
    assert (
        list(found["rows"][0])
        == (
            "order_id incident triage state why next ship_by message answer note answered_by answered_at "
            "conflict amounts"
        ).split()
    )
    assert list(found["incidents"][0]) == ["number", "onset", "end", "promotion_ids", "skus", "orders"]
    words = {"triage": WORDS, "state": STATES, "next": NEXT, "message": ("none", "held", "written", "sent", "bounced")}
    assert [word for kind, some in words.items() for word in some if not known_key(f"status.{kind}_{word}")] == []


def test_the_deadline_decides_the_order_of_the_rows():
    """What ships in five hours stands before what was bought earlier."""
    soon, later = ENDED + timedelta(hours=5), ENDED + timedelta(days=2)
    case = LooseCase(
        [line(1), line(2, promise_date=later), line(3, promise_date=soon), line(4, **SHIPPED, promise_date=soon)]
    )
    rows = status(case).rows
    assert [row.order_id for row in rows] == [order_id(number) for number in (3, 2, 1, 4)]
    assert [row.ship_by for row in rows] == [soon, later, None, None]


def test_since_the_last_export_counts_from_the_last_one():
    """What came after the second export is new, not what came after the first."""
    case = handed()
    case.renew([line(1), line(2)])
    assert (status(case).new_since_export, status(case).to_hand_over) == (1, (order_id(2),))
    case.export(folder="E2", only=[2])
    assert (status(case).new_since_export, status(case).to_hand_over) == (0, ())


def test_an_incident_is_told_by_its_own_orders():
    """What another touches, or was put in by hand, is none of them."""
    apart = LooseCase([line(1), line(3), line(2, promotion_ids=[])], put_in={f"{order_id(2)}/{2:014d}": "seen"})
    assert ([one["orders"] for one in status(apart).incidents], status(apart).orders) == ([2], 3)


def test_the_status_is_worked_out_once_per_revision():
    """The same object until something changes; the book stays as long as the reports do."""
    case = many()
    first = status(case)
    assert status(case) is first
    case.export()
    assert status(case) is not first
    assert status(case).book is first.book


def test_put_in_by_hand_is_said():
    """An order that no rule touches has no incident."""
    case = many(put_in={f"{order_id(9)}/{9:014d}": "told by phone"})
    row = status(case).rows_of(order_id=order_id(9))[0]
    assert row is not None
    assert (row.incident, status(case).put_in) == (None, (order_id(9),))


def test_no_orders_no_faults():
    """An empty order table has a status too."""
    found = status(LooseCase([])).to_json(orders=True)
    assert (found["orders"], found["rows"], found["amounts"]) == (0, [], [])
    assert facts_of(Book(LooseCase([]).orders), np.array([], dtype=bool))["triage"] == {}
