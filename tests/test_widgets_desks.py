"""The three desks without a browser: letters to Amazon, messages to buyers, what came back."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from promofix_lib.account.account import account_of
from promofix_lib.case.case import Case
from promofix_lib.case.records import Answer, UploadAnswer
from promofix_lib.export.handover import export
from promofix_lib.letters.amazon import LETTERS, advice_of, letters_of
from promofix_lib.orders import item_keys
from promofix_lib.status.status import status
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.export_desk import ExportButton
from promofix_lib.widgets.letter_desk import LetterDesk, as_written
from promofix_lib.widgets.returns_desk import ReturnsDesk
from promofix_lib.widgets.wording_desk import WordingDesk
from tests.desks import ask, names, notice, part, uncharted
from tests.handed_case import NOW, all_orders, make_case, new_orders, order_id, usual, victims

LATER = NOW + timedelta(days=2)

__all__ = ["uncharted"]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """The small night, to work on."""
    return make_case(tmp_path / "case")


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small night, handed over once."""
    case = make_case(tmp_path_factory.mktemp("handed-desks") / "case")
    export(case, now=NOW)
    return case.folder


@pytest.fixture
def given(handed: Path, tmp_path: Path) -> Case:
    """A copy of it that a test may change."""
    shutil.copytree(handed, tmp_path / "given")
    return Case.open(tmp_path / "given", clock=lambda: LATER)


def ours(case: Case, name: str) -> str:
    """A letter as it stands in the case now."""
    return letters_of(case, account_of(case).rates_json())[LETTERS.index(name)].text


def keys(case: Case) -> list[str]:
    """Keys of the chosen order items."""
    return item_keys(case.orders)[case.chosen()].tolist()


# -- letters to Amazon ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
def test_each_letter_is_shown_with_the_numbers_of_the_night(case: Case, name: str):
    """Chosen, a letter stands there filled, with what only the seller can write in and no way back to itself."""
    desk = LetterDesk(case)
    ask(desk, "letter_which", name)
    shown = part(desk, f"letter_text {name}")["value"]
    assert shown == ours(case, name)
    assert "12 orders" in shown or "Orders: 12" in shown
    assert not re.search(r"\{\w+\}", shown)
    assert any(item.startswith("fill in: ") for item in part(desk, "concerns")["items"])
    assert "restore" not in names(desk)


def test_an_edited_letter_is_saved_and_exported_and_can_be_taken_back(case: Case):
    """What the seller wrote goes into the export word for word; our text comes back with one button."""
    desk = LetterDesk(case)
    mine = ours(case, "technical_issue").replace("We ask for your advice", "We ask for your kind advice")
    ask(desk, "letter_text technical_issue", mine)
    assert notice(desk) == "Saved. The next export takes this text."
    assert case.settings.texts["technical_issue"] == mine
    done = export(case, now=NOW)
    assert (done.folder / "letter-to-amazon-1-technical-issue.txt").read_text("utf-8") == mine
    assert part(LetterDesk(case), "letter_text technical_issue")["value"] == mine
    ask(desk, "restore")
    assert case.settings.texts == {}
    assert "kind advice" not in part(desk, "letter_text technical_issue")["value"]


@pytest.mark.parametrize("typed", ["", "  \n", "as ours"])
def test_an_empty_or_unchanged_letter_is_ours(case: Case, typed: str):
    """A letter that was emptied, or left as it is but for spaces, is no edit."""
    desk, plain = LetterDesk(case), ours(case, "annotation")
    ask(desk, "letter_which", "annotation")
    ask(desk, "letter_text annotation", "An own letter.")
    assert case.settings.texts
    ask(desk, "letter_text annotation", typed.replace("as ours", f"{plain} \n  \n"))
    assert case.settings.texts == {}


def test_a_field_that_does_not_exist_is_told_and_the_words_are_kept(case: Case):
    """A letter that cannot be filled in is not saved, and not lost either."""
    desk = LetterDesk(case)
    ask(desk, "letter_which", "annotation")
    ask(desk, "letter_text annotation", "Orders: {orders}, buyers: {buyers}")
    assert re.search(r"Letter annotation: \{buyers\} can not be filled in", notice(desk))
    assert case.settings.texts == {}
    assert part(desk, "letter_text annotation")["value"] == "Orders: {orders}, buyers: {buyers}"
    assert part(desk, "unsaved")["text"].startswith("Not saved")
    ask(desk, "letter_text annotation", "Orders: {orders}")
    assert part(desk, "letter_text annotation")["value"] == "Orders: 12\n"
    assert "unsaved" not in names(desk)


def test_feelings_bad_advice_and_buyers_are_named(case: Case):
    """Everything that must not stand in a letter is named before it is sent."""
    desk = LetterDesk(case)
    ask(
        desk,
        "letter_text technical_issue",
        "We are sorry. A software error. Ada Example-0003, buyer0003@marketplace.amazon.example",
    )
    told = " ".join(part(desk, "concerns")["items"])
    for words in ("sorry", "software error must be true", "e-mail addresses", "the buyers' names"):
        assert words in told
    ask(desk, "letter_text technical_issue", "Orders: 12.")
    assert "concerns" not in names(desk)
    assert part(desk, "letter_clean")["text"].startswith("Nothing was found")


def test_numbers_that_changed_since_the_edit_are_told(case: Case):
    """An order left out after the edit: today's lines and those no longer true are listed until they are mended."""
    desk = LetterDesk(case)
    mine = ours(case, "technical_issue").replace("[FILL IN: since when you", "Since 06:00 we")
    ask(desk, "letter_text technical_issue", mine)
    assert not {"letter_stale", "letter_past", "letter_keep"} & set(names(desk))
    case.decide("leave_out", keys(case)[:1], "a friend's order")
    desk = LetterDesk(case)
    assert "Orders: 11; units: 11" in part(desk, "letter_stale")["items"]
    assert "Orders: 12; units: 12" in part(desk, "letter_past")["items"]
    assert not any(
        "Since 06:00" in item for item in part(desk, "letter_stale")["items"] + part(desk, "letter_past")["items"]
    )
    ask(desk, "letter_text technical_issue", mine.replace("Orders: 12; units: 12", "Orders: 11; units: 11"))
    assert "Orders: 11; units: 11" not in part(desk, "letter_stale")["items"], (
        "one line is mended, the others are still told"
    )
    ask(desk, "letter_keep")
    assert not {"letter_stale", "letter_past", "letter_keep"} & set(names(desk))
    assert "Orders: 11; units: 11" in case.settings.texts[as_written("technical_issue")]


def test_advice_is_recorded_once_and_quoted(case: Case):
    """Day, case id and words are kept in the log, listed and quoted in the letter; again nothing changes."""
    desk = LetterDesk(case)
    ask(desk, "advice_record")
    assert "'' is not a day" in notice(desk)
    for _ in range(2):
        for name, typed in {"advice_day": "2026-11-20", "advice_case": "123456", "advice_words": "Cancel all."}.items():
            ask(desk, name, typed)
        ask(desk, "advice_record")
    assert part(desk, "given")["items"] == ["2026-11-20, 123456: Cancel all."]
    assert [part(desk, name)["value"] for name in ("advice_day", "advice_case", "advice_words")] == ["", "", ""]
    ask(desk, "letter_which", "annotation")
    text = part(desk, "letter_text annotation")["value"]
    assert "On 2026-11-20 you advised" in text
    assert "123456" in text


def test_advice_without_words_is_refused_and_what_was_typed_stays(case: Case):
    """A half-filled advice is not recorded, and its day need not be typed again."""
    desk = LetterDesk(case)
    ask(desk, "advice_day", "2026-11-20")
    ask(desk, "advice_record")
    assert "the words of the answer are missing" in notice(desk)
    assert part(desk, "advice_day")["value"] == "2026-11-20"
    assert advice_of(case) == ()


def test_a_chinese_seller_reads_what_the_letter_says(case: Case):
    """In Chinese the English letter stands beside its meaning, and what is wrong is said in Chinese."""
    desk = LetterDesk(case.change_settings(language="zh-CN"))
    assert "主题：请将" in part(desk, "gloss")["text"]
    assert part(desk, "letter_text technical_issue")["value"].startswith("Subject: Request")
    assert all(re.fullmatch("请填写：[^a-z]+", item) for item in part(desk, "concerns")["items"])


def test_without_chosen_orders_the_letters_wait_and_advice_can_be_recorded(case: Case, tmp_path: Path):
    """Nothing is chosen: the desk names notebook 3, and still takes advice."""
    empty = Case.open(tmp_path / "empty", clock=lambda: NOW)
    empty.add_report("AllOrders-1.txt", all_orders(usual()))
    desk = LetterDesk(empty)
    assert "notebook 3" in part(desk, "nothing_chosen")["text"]
    assert {"letter_read_first", "advice_record"} <= set(names(desk))


# -- messages to buyers ---------------------------------------------------------------------------------------------


def body(case: Case) -> str:
    """Our text as the desk shows it."""
    return str(part(WordingDesk(case), "wording_body cancelled.en")["value"])


def test_only_the_texts_that_are_needed_are_shown(case: Case):
    """Nine read that their order is cancelled, one that it shipped if the seller decided so; FBA needs no text."""
    assert [choice["value"] for choice in part(WordingDesk(case), "wording_which")["choices"]] == ["cancelled.en"]
    desk = WordingDesk(case.change_settings(shipped_choice="keep"))
    choices = {
        choice["value"]: choice["label"].partition(" – ")[2] for choice in part(desk, "wording_which")["choices"]
    }
    assert choices == {
        "cancelled.en": "English, messages: 9, faults: 0",
        "shipped_keep.en": "English, messages: 1, faults: 0",
    }
    assert part(desk, "wording_body cancelled.en")["value"].startswith("{greeting}\n\n{reference}\n\n")
    assert part(desk, "verdict")["text"] == "The export will write these messages."
    assert not {"restore", "faults"} & set(names(desk))


def test_texts_of_several_languages_stand_side_by_side(tmp_path: Path):
    """Orders of Amazon.de among them: a German text too, with its meaning in the seller's language."""
    lines = victims(v1={"sales-channel": "Amazon.de", "currency": "EUR"})
    reports = {"AllOrders-1.txt": all_orders([*usual(), *lines]), "NewOrders-1.txt": new_orders(lines)}
    case = make_case(tmp_path / "case", reports=reports)
    case.decide("add", [key for key in item_keys(case.orders).tolist() if order_id(1) in key], "Germany too")
    desk = WordingDesk(case)
    assert {choice["value"] for choice in part(desk, "wording_which")["choices"]} == {"cancelled.en", "cancelled.de"}
    ask(desk, "wording_which", "cancelled.de")
    assert "not charged" in part(desk, "meaning")["text"]


def test_an_edited_text_goes_into_the_workbook(case: Case):
    """What was edited in the desk stands in the exported workbook and in every message; our text can be taken back."""
    desk = WordingDesk(case)
    mine = body(case).replace("We are sorry", "We are truly sorry")
    ask(desk, "wording_subject cancelled.en", "Order {order_id} was cancelled")
    ask(desk, "wording_body cancelled.en", mine)
    assert case.settings.texts.keys() == {"cancelled.en"}
    done = export(case, now=NOW)
    cells = [
        str(cell)
        for sheet in openpyxl.load_workbook(done.folder / "buyers.xlsx")
        for row in sheet.values
        for cell in row
    ]
    assert any("We are truly sorry" in cell for cell in cells)
    assert any(cell == f"Order {order_id(1)} was cancelled" for cell in cells)
    ask(desk, "restore")
    assert case.settings.texts == {}
    assert "truly" not in body(case)


def test_a_faulty_text_withholds_the_messages_until_it_is_overruled_in_writing(case: Case):
    """A talk of feedback is found with line and rule; a short reason is refused, a real one lets the export write."""
    desk = WordingDesk(case)
    ask(desk, "wording_body cancelled.en", body(case) + "\n\nPlease leave feedback.")
    [row] = [row for row in part(desk, "faults")["rows"] if row[2] == "review"]
    lines = part(desk, "wording_body cancelled.en")["value"].splitlines()
    assert row[1] in lines[int(row[0]) - 1], "the line is counted in the field that the seller edits"
    assert "forbidden" in row[3]
    assert part(desk, "verdict")["text"].startswith("Faults still to be mended: 1.")
    held = export(case, now=NOW)
    assert "buyers.xlsx" in " ".join(str(item.what) for item in held.withheld)
    ask(desk, "wording_overrule review", "ok")
    assert "needs a reason in writing" in notice(desk)
    assert part(desk, "wording_overrule review")["value"] == "ok"
    assert case.settings.overruled == {}
    ask(desk, "wording_overrule review", "Our lawyer agreed to these words.")
    assert case.settings.overruled == {"review": "Our lawyer agreed to these words."}
    assert part(desk, "faults")["rows"][0][4] == "sent as it is"
    assert part(desk, "verdict")["text"] == "The export will write these messages."
    done = export(case, now=NOW)
    assert (done.withheld, (done.folder / "buyers.xlsx").is_file()) == ((), True)


def test_an_overruling_can_be_taken_back_also_after_the_fault_is_mended(case: Case):
    """A rule once overruled stays on the desk with its reason, and counts again when the reason is emptied."""
    desk = WordingDesk(case.change_settings(overruled={"emoji": "The product's own name."}))
    assert part(desk, "wording_overrule emoji")["value"] == "The product's own name."
    ask(desk, "wording_overrule emoji", " ")
    assert case.settings.overruled == {}
    assert "wording_overrule emoji" not in names(desk)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("subject", "", "no line 'Subject: …' on top"),
        ("body", "Hello, your purchase is cancelled.", ""),
        ("body", "Hello {buyer_name}, order {order_id}", "{buyer_name} is not a placeholder"),
        ("body", "", "no paragraph"),
    ],
)
def test_a_text_that_cannot_be_filled_in_is_not_saved_and_not_lost(case: Case, field: str, typed: str, told: str):
    """A broken text never reaches the case, where it would stop every export; what was typed stays to be mended."""
    desk = WordingDesk(case)
    ask(desk, f"wording_{field} cancelled.en", typed)
    if told:
        assert told in notice(desk)
        assert case.settings.texts == {}
        assert part(desk, f"wording_{field} cancelled.en")["value"] == typed
        assert part(desk, "unsaved")
        ask(desk, "restore")
        assert "unsaved" not in names(desk)
    else:  # the subject names the order: that is enough for Amazon
        assert case.settings.texts.keys() == {"cancelled.en"}


def test_a_broken_text_in_the_case_can_be_thrown_away(case: Case):
    """A text that came into the case by another way and cannot be read is named, and our text put in its place."""
    desk = WordingDesk(case.change_settings(texts={"cancelled.en": "no subject at all", "annotation": "{orders}"}))
    assert "cancelled.en" in part(desk, "broken cancelled.en")["text"]
    ask(desk, "restore")
    assert case.settings.texts == {"annotation": "{orders}"}
    assert part(desk, "wording_body cancelled.en")


def test_without_messages_the_desk_says_why(tmp_path: Path):
    """No chosen order with an address: nothing to word, and no error."""
    empty = Case.open(tmp_path / "empty", clock=lambda: NOW)
    empty.add_report("AllOrders-1.txt", all_orders(usual()))
    assert "No message would be written" in part(WordingDesk(empty), "no_message")["text"]


# -- what came back -------------------------------------------------------------------------------------------------


def test_a_contradiction_is_settled_on_the_desk(given: Case):
    """Two copies say different things of one order: both stand there, and one press says what is so."""
    desk = ReturnsDesk(given, clock=lambda: LATER)
    words = {"Ana.csv": "done", "Ben.csv": "problem"}
    ask(desk, "upload", [(name, f"order_id,status\n{order_id(1)},{word}\n".encode()) for name, word in words.items()])
    assert part(desk, "read warnings")["items"] == [one.text("en") for one in desk._understood.warnings]
    assert desk._understood.warnings
    [row] = status(given).rows_of(next="settle_conflict")
    assert row.order_id == order_id(1)
    assert row.conflict
    assert part(desk, f"conflict {row.order_id}")["text"] == f"{row.order_id}: {row.conflict.text('en')}"
    ask(desk, f"sheet.status_done {row.order_id}")
    assert status(given).rows_of(next="settle_conflict") == ()
    assert status(given).rows_of(order_id=row.order_id)[0].answer == "done"


def test_the_next_round_takes_what_can_be_worked_on_only_now(given: Case):
    """Its payment was pending at the first export: the page that is to hand it over does so."""
    desk = ReturnsDesk(given, clock=lambda: LATER)
    assert part(desk, "round_export")["off"]
    assert "round_now" not in names(desk)
    paid = victims(v11={"order-status": "Unshipped", "item-status": "Unshipped"})
    given.add_report("AllOrders-2.txt", all_orders([*usual(), *paid]))
    given.add_report("NewOrders-2.txt", new_orders(paid))
    desk.refresh()
    assert status(given).next["hand_over"] == 1
    assert part(desk, "round_new")["text"] == "New since the last export: 0 orders."
    assert part(desk, "round_now")["text"] == "Handed over before, and only now to be worked on: 1 order."
    ask(desk, "round_export")
    assert status(given).rows_of(order_id=order_id(11))[0].next == "upload"
    assert part(desk, "round_export")["off"]


def test_page_four_promises_what_the_export_writes(given: Case):
    """Of nine orders Amazon accepted three, and two buyers were written to: page, files and mail list say the same."""
    file = (given.exports[-1].name, "order-cancellation.txt")
    reply = UploadAnswer(*file, "p.txt", "0", NOW, accepted=tuple(f"{order_id(n)}/{n:014d}" for n in (1, 2, 3)))
    sent = [Answer(order_id(n), "message", "done", "", "ada", "buyers.xlsx", "", "1", NOW) for n in (1, 4)]
    given.journal.keep([reply, *sent], "assistant")
    desk = ExportButton(given, clock=lambda: LATER)
    going = {row[0]: row[1] for row in part(desk, "going")["rows"]}
    preview = part(desk, "message_preview opened")["label"]
    texts = [one["label"] for one in part(WordingDesk(given), "wording_which")["choices"]]
    done = export(given, now=LATER)
    lines = [line.split("\t")[0] for line in (done.folder / "order-cancellation.txt").read_text().splitlines()[2:]]
    mails = (done.folder / "message-drafts.mbox").read_text(encoding="utf-8").count("X-Unsent")
    assert (going["cancel"], going["already cancelled"]) == (str(len(lines)), "3") == ("6", "3")
    assert preview.startswith(f"{mails} messages to buyers")
    assert [f"messages: {mails}," in one for one in texts] == [True]
    rows = openpyxl.load_workbook(done.folder / "buyers.xlsx")["summary"].iter_rows(values_only=True)
    assert ("cancel", 6) in {row[:2] for row in rows}


# -- all of them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("desk", [LetterDesk, WordingDesk, ReturnsDesk])
def test_running_a_desk_again_changes_nothing(case: Case, desk: type[Desk]):
    """Run All opens the desk without a change in the case, and says in one line what stands here."""
    revision = case.revision
    form = desk(case)
    assert repr(form).endswith("Run this cell to open it.")
    assert form._repr_mimebundle_()["text/plain"] == repr(form)
    assert (case.revision, notice(form)) == (revision, "")
