"""A figure that stands in two places is the same figure: status, panel, workbook, letters, evidence, command line."""

from __future__ import annotations

import csv
import html
import json
import re
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from promofix_lib.account.account import account_of
from promofix_lib.amounts import amount_text
from promofix_lib.app.job import export_case
from promofix_lib.case.case import Case
from promofix_lib.status.status import status
from promofix_lib.widgets.order_filter import OrderFilter
from tests.handed_case import NIGHT, NOW, all_orders, line, usual
from tests.random_cases import random_case

FACTS = ("orders", "items", "units", "order_ids", "amounts", "triage")
SUM = r"([-\d.,]+ [A-Z]{3})"
AMOUNTS = re.compile(f"{SUM} paid or to be paid, usual value {SUM}, difference {SUM}")

Money = list[tuple[str, str, str]]


def wanted_money(told: dict[str, Any]) -> Money:
    """The sums of the status as people write them."""
    return [
        tuple(amount_text(Decimal(one[name]), one["currency"], "en") for name in ("paid", "normal_value", "loss"))  # type: ignore[misc]
        for one in told["amounts"]
    ]


def of_workbook(path: Path) -> dict[str, Any]:
    """What the sheets say: sums per currency, orders, items, units, triage."""
    book = load_workbook(path)
    rows = [[cell for cell in row if cell is not None] for row in book["summary"].iter_rows(values_only=True)]
    money = [tuple(row[1:4]) for row in rows if row and re.fullmatch("[A-Z]{3}", str(row[0]))]
    unknown = {row[0]: row[4] for row in rows if row and re.fullmatch("[A-Z]{3}", str(row[0]))}
    counts = {row[0]: row[1] for row in rows if len(row) == 2 and isinstance(row[1], int)}
    todo = list(book["todo"].iter_rows(values_only=True))
    head = next(number for number, row in enumerate(todo) if "triage" in row)
    place = todo[head].index("triage")
    words = Counter(row[place] for row in todo[head + 1 :] if row[place])
    return {"money": money, "unknown": unknown, "counts": counts, "triage": words}


def of_list(path: Path) -> dict[str, Any]:
    """The list of order ids: orders, items, units, triage by order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        "order_ids": {row["order_id"] for row in rows},
        "items": len(rows),
        "units": sum(int(row["quantity"] or 0) for row in rows),
    }


def check(case: Any) -> None:
    """Compare every place key by key with the status."""
    told = status(case).to_json(orders=True)
    assert {name: OrderFilter(case).facts()[name] for name in FACTS} == {name: told[name] for name in FACTS}
    assert sum(told["triage"].values()) == told["orders"] == len(told["order_ids"])
    if len(told["incidents"]) == 1:
        mine = [row for row in told["rows"] if row["order_id"] in told["order_ids"] and row["incident"]]
        assert told["incidents"][0]["orders"] == len(mine)
    if not told["orders"]:
        return
    done = export_case(case, now=NOW)
    said = done.to_json()
    after = status(case).to_json(orders=True)
    assert {name: after[name] for name in FACTS} == {name: told[name] for name in FACTS}
    assert said["triage"] == told["triage"]
    assert said["cancel_rates"] == account_of(case).rates_json()
    assert done.handover is not None
    folder, money = done.handover.folder, wanted_money(told)

    sheets = of_workbook(folder / "buyers.xlsx")
    assert sheets["money"] == money
    assert sheets["unknown"] == {one["currency"]: one["items_not_known"] for one in told["amounts"]}
    assert [sheets["counts"][name] for name in ("Orders", "Order items", "Units")] == [
        told["orders"],
        told["items"],
        told["units"],
    ]
    assert dict(sheets["triage"]) == told["triage"]

    listed = of_list(folder / "evidence" / "order-ids.csv")
    assert listed == {"order_ids": set(told["order_ids"]), "items": told["items"], "units": told["units"]}

    page = html.unescape((folder / "evidence" / "evidence.html").read_text(encoding="utf-8"))
    letters = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("letter-to-amazon-*.txt"))]
    for text in (page, *letters[:2]):
        total = text.split("IN ALL")[-1]  # several incidents have sums of their own before
        assert [found for found in AMOUNTS.findall(total) if found in money] == money, text[:300]
        assert all(found in money for found in AMOUNTS.findall(total)), text[:300]
    for text in letters[:2]:
        assert f"Orders: {told['orders']:,}; units: {told['units']:,}" in text


@pytest.mark.parametrize("seed", range(6))
def test_a_figure_in_two_places_is_the_same_figure(seed: int, tmp_path: Path):
    """Cases with every kind of gap, drawn by chance: no price, no discount, two currencies, cut orders, by hand."""
    check(random_case(tmp_path / "case", seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6, 200))
def test_figures_are_the_same_over_many_cases(seed: int, tmp_path: Path):
    """The same over 200 cases."""
    check(random_case(tmp_path / "case", seed))


@pytest.mark.parametrize("printed", [1, 2, 3, 9, 12])
def test_in_the_first_hour_find_and_status_know_the_same(printed: int, tmp_path: Path):
    """12 wrong orders, most of them not shipped and without a discount yet: what they paid is known nowhere."""
    to_come = {"order-status": "Unshipped", "item-status": "Unshipped", "item-promotion-discount": ""}
    night = [line(n, NIGHT + timedelta(minutes=n), wrong=True) for n in range(12)]
    night = [row if n < printed else row | to_come for n, row in enumerate(night)]
    case = Case.open(tmp_path / "case", clock=lambda: NOW)
    case.add_report("AllOrders-1.txt", all_orders([*usual(), *night]))
    (found,) = case.take_found().findings.incidents
    (amounts,) = found.amounts
    assert status(case).to_json()["amounts"] == [amounts.to_json()]
    assert amounts.items_not_known == 12 - printed
    assert found.orders == 12


def test_no_rival_answers_the_same_question():
    """Amounts, typed numbers and sums are worked out in one place each."""
    package = Path(__file__).parent.parent / "promofix_lib"
    rivals = {
        r"format_decimal|format_currency|parse_decimal": {"amounts.py", "say.py", "languages.py"},
        r"^def (affected|touched)\(": {"incident.py"},
        r"^def (ledger|sums)\(": {"money.py"},
        r"^def triage\(": {"book.py"},
        r"read_po\(": {"say.py"},
    }
    for pattern, homes in rivals.items():
        found = re.compile(pattern, re.MULTILINE)
        users = {path.name for path in package.rglob("*.py") if found.search(path.read_text(encoding="utf-8"))}
        assert users <= homes, pattern


def test_the_command_line_prints_the_same_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """``status --json`` is the status of the case, with the account's rates."""
    from promofix_lib.app.cli import run

    case = random_case(tmp_path / "case", 5)
    assert run(["status", str(case.folder), "--orders", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    wanted = status(case).to_json(orders=True) | {"cancel_rates": account_of(case).rates_json()}
    assert told == json.loads(json.dumps(wanted))
