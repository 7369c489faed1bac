"""The sample seller: the same bytes everywhere, people who are plainly invented, a truth that adds up."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from promofix_lib.places import SAMPLE
from tests.made_sample import make_sample, write_sample
from tests.made_sample_files import PROMOTION_ID


def test_the_sample_in_the_clone_is_what_the_command_writes(tmp_path: Path):
    """`write_sample` gives data/sample byte for byte."""
    written = {path.name: path.read_bytes() for path in write_sample(tmp_path)}
    assert written == {path.name: path.read_bytes() for path in SAMPLE.iterdir()}


def test_the_truth_adds_up():
    """300 orders, 300 units, 300.00 paid for goods of 17,697.00."""
    truth = make_sample().truth
    amounts = truth["amounts"][0]
    assert (truth["orders"], truth["units"], len(set(truth["order_ids"]))) == (300, 300, 300)
    assert Decimal(amounts["normal_value"]) - Decimal(amounts["paid"]) == Decimal(amounts["loss"])
    assert sum(truth["triage"].values()) == 300
    assert truth["onset"] < truth["end"]


def test_nobody_in_the_sample_exists():
    """Every name says that it is made up, every address ends in example.com."""
    lines = make_sample().new_orders.decode().splitlines()
    header = lines[0].split("\t")
    people = [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]
    surnames = re.compile(r"Example|Sample|Specimen|Placeholder|Mockingham|Testerson|Fictional|Demo|Nobody|Mustermann")
    assert len(people) > 200
    assert all(surnames.search(person["buyer-name"]) for person in people)
    assert all(person["buyer-email"].endswith("@marketplace.example.com") for person in people)


def test_one_buyer_took_several_orders():
    """She has one relay address for all of them; everybody else has one order that night."""
    lines = [line.split("\t") for line in make_sample().new_orders.decode().splitlines() if PROMOTION_ID in line]
    orders = Counter(line[4] for line in lines)
    assert sorted(orders.values())[-2:] == [1, 3]


def test_the_sample_holds_the_hazards_of_real_reports():
    """A name that starts with a quote, a SKU and ids with leading zeros, pending and cancelled rows, free shipping."""
    text = make_sample().all_orders.decode()
    assert '\t"Studio" Desk Stand 10" x 8"' in text
    assert "\t00127-CBL\t" in text
    assert re.search(r"\t0\d{13}\n", text)
    assert "\tPending\t" in text
    assert "\tCancelled\t" in text
    assert "US Core Free Shipping Promotion" in text
    assert "vine.enrollment." in text


@pytest.mark.parametrize("victims", [0, 5])
def test_a_later_report_knows_the_same_night_and_more(victims: int):
    """The next day's report has the 300 and the late victims, and ordinary orders have shipped meanwhile."""
    later = make_sample(days_later=1, late_victims=victims).truth
    first = make_sample().truth
    assert later["order_ids"][:300] == first["order_ids"]
    assert later["orders"] == 300 + victims


def test_the_truth_in_the_clone_is_json():
    """Other programs can check themselves against it."""
    assert json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))["claim_codes"] == ["HPLAUNCH57"]
