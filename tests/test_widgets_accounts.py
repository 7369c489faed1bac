"""Notebook 7: many accounts on one page, scanned when the seller asks, an incident opened as a case by one click."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from promofix_lib.case.case import Case
from promofix_lib.places import sample_reports
from promofix_lib.say import speak
from promofix_lib.status.status import status
from promofix_lib.widgets.accounts_desk import AccountsDesk


def shown(desk: AccountsDesk) -> str:
    return "\n".join(part.value for part in desk.children if hasattr(part, "value") and isinstance(part.value, str))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two accounts, one of them the sample's night beside a file that is none; the other without a report."""
    monkeypatch.setenv("PROMOFIX_CASES", str(tmp_path / "cases"))
    monkeypatch.delenv("PROMOFIX_CASE", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    root = tmp_path / "clients"
    for name in ("acme <b>", "quiet"):
        (root / name).mkdir(parents=True)
    for report in sample_reports():
        shutil.copy(report, root / "acme <b>")
    (root / "acme <b>" / "notes.txt").write_text("call the client back\n")
    (root / "promofix.toml").write_text('seller_name = "The Agency"\n')
    return root


def test_nothing_is_read_before_the_seller_asks_and_an_incident_is_a_case_by_one_click(root: Path):
    """Without a folder one line says what to name; scanned, the gravest is first; its button makes it the open case."""
    desk = AccountsDesk()
    assert desk.parts["accounts_scan"].disabled
    assert "One folder per account" in desk.parts["accounts_root hint"].value
    desk.parts["accounts_root"].value = str(root)
    assert "acme" not in shown(desk)
    desk.parts["accounts_scan"].click()
    table = desk.parts["accounts_table"].value
    assert table.index("1. acme &lt;b&gt;") < table.index("2. quiet")
    assert "17,397.00 USD" in table
    assert "<svg" in table
    assert "notes.txt" in table
    desk.parts["accounts_open 1"].click()
    case = Case.open()
    assert case.name == "acme _b_"
    assert len(status(case).order_ids) == 300
    assert case.settings.seller_name == "The Agency"
    assert "2. Find when it began" in desk._notice.value
    assert AccountsDesk().parts["accounts_root"].value == str(root)


def test_an_account_becomes_a_case_in_the_language_of_the_page(root: Path):
    """The page speaks the open case's language, and so does what is opened on it; a case keeps the one it has."""
    for language in ("zh-CN", "en"):
        Case.choose("mine", "zh-CN")
        desk = AccountsDesk()
        desk.parts["accounts_root"].value = str(root)
        desk.parts["accounts_scan"].click()
        speak("en")  # as another cell of the kernel may have
        desk.parts["accounts_open 1"].click()
        assert Case.open().language == desk.language == language
        desk.case.change_settings(language="en")


def test_a_folder_that_is_none_is_said_and_never_red(root: Path):
    """A wrong folder, or one without accounts, is a sentence on the page."""
    desk = AccountsDesk()
    for wrong in (root / "nowhere", root / "quiet"):
        desk.parts["accounts_root"].value = str(wrong)
        desk.parts["accounts_scan"].click()
        assert wrong.name in desk._notice.value
        assert 'role="alert"' in desk._notice.value
