"""Planted incidents are given back to the order, innocent reports stay silent, and no harmless change changes it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promofix_lib import orders as table
from promofix_lib.amounts import Money
from promofix_lib.finding.findings import Findings
from promofix_lib.finding.search import find_incidents
from promofix_lib.incident import affected
from promofix_lib.orders import item_keys
from tests.planted.incidents import INCIDENTS
from tests.planted.innocents import INNOCENTS
from tests.planted.measured import COARSE, FILE, REPORTS, written
from tests.planted.planting import Planted, plant

SEED = 1
SOME = ("wrong_code_night", "digit_slipped", "stacked_two", "reused_id", "repricer_to_a_cent", "business_price_slip")


def report(kind: str) -> Planted:
    return plant(kind, SEED)


@cache
def found_in(kind: str) -> Findings:
    return find_incidents(report(kind).orders)


def told(findings: Findings) -> list[tuple[frozenset[str], tuple[str, ...]]]:
    return sorted((frozenset(found.items), found.promotion_ids) for found in findings.incidents)


def test_there_are_enough_kinds():
    """At least 25 kinds of incident and 15 kinds of innocent report."""
    assert len(INCIDENTS) >= 25
    assert len(INNOCENTS) >= 15


@pytest.mark.parametrize("kind", INCIDENTS)
def test_a_planted_incident_is_given_back_to_the_order(kind: str):
    """Every order, the first and the last second, the promotion; and the rule gives exactly the items back."""
    planted = report(kind)
    found = found_in(kind).incidents
    truths = sorted(planted.truths, key=lambda truth: truth.onset)
    got = sorted(found, key=lambda one: one.onset)
    assert [one.onset for one in got] == [truth.onset for truth in truths]
    assert [one.end for one in got] == [truth.end for truth in truths]
    assert [set(one.promotion_ids) for one in got] == [truth.promotion_ids for truth in truths]
    assert [set(one.order_ids) for one in got] == [truth.order_ids for truth in truths]
    keys = item_keys(planted.orders)
    for one in found:
        assert tuple(keys[affected(planted.orders, one.rule)]) == one.items
        assert one.orders == len(one.order_ids)
        assert 0 < one.confidence <= 1
        assert all(money.loss == money.normal_value - money.paid for money in one.amounts)


def test_a_sentence_is_said_in_one_breath_and_the_sums_of_the_ledger_stand_beside_it():
    """About 30 words in English, fewer letters in Chinese, over every kind; sums and counts as the finding has them."""
    found = [one for kind in INCIDENTS for one in found_in(kind).incidents]
    words = [len(re.sub(r"'[^']*'", "PROMOTION", one.sentence.text("en")).split()) for one in found]
    assert np.median(words) <= 32
    assert max(words) <= 38
    for one in found:
        assert len(one.sentence.text("zh-CN")) < len(one.sentence.text("en"))
        for language in ("en", "zh-CN"):
            said, beside = one.sentence.text(language), one.evidence.text(language)
            assert not re.search("about|UTC|约", said + beside)
            assert f"{one.orders:,}" in said
            sums = [Money(money.loss, money.currency).text(language) for money in one.amounts if money.normal_value]
            assert all(amount in beside for amount in sums)


@pytest.mark.parametrize("name", [*REPORTS, *COARSE])
def test_no_number_of_the_finder_moves_by_accident(name: str | int):
    """Where it was meant to, ``python -m tests.planted.measured`` writes down what is measured now."""
    assert written(name) == json.loads(FILE.read_text(encoding="utf-8")).get(str(name))


@pytest.mark.parametrize("kind", INNOCENTS)
def test_an_innocent_report_stays_silent(kind: str):
    """However cheap or busy it looks."""
    assert [found.sentence.text("en") for found in found_in(kind).incidents] == []


@settings(max_examples=8)
@given(kind=st.sampled_from(SOME), seed=st.integers(0, 1000))
def test_the_order_of_the_rows_does_not_matter(kind: str, seed: int):
    """A shuffled report has the same incidents; only the file order of the ids changes."""
    orders = report(kind).orders
    keyed = orders.assign(order_item_id=pd.Series([str(n) for n in range(len(orders))], dtype=table.TEXT))
    mixed = table.complete(keyed.sample(frac=1, random_state=seed))
    assert told(find_incidents(mixed)) == told(find_incidents(keyed))


@settings(max_examples=8)
@given(kind=st.sampled_from(SOME), power=st.sampled_from([-1, 1, 2]))
def test_a_power_of_ten_changes_nothing_but_money(kind: str, power: int):
    """Prices ten times as high give the same orders, and ten times the loss."""
    orders, factor = report(kind).orders, Decimal(10) ** power
    scaled = orders.copy()
    for column in ("item_price", "item_promotion_discount"):
        money = [None if cell is pd.NA else cell * factor for cell in orders[column]]
        scaled[column] = pd.Series(money, dtype=table.MONEY)
    before, after = found_in(kind), find_incidents(table.complete(scaled))
    assert told(after) == told(before)
    for old, new in zip(before.incidents, after.incidents, strict=True):
        for was, now in zip(old.amounts, new.amounts, strict=True):
            assert now.paid == pytest.approx(was.paid * factor)


@settings(max_examples=8)
@given(kind=st.sampled_from(SOME), days=st.integers(1, 20), price=st.integers(5, 500))
def test_an_unrelated_sku_changes_nothing(kind: str, days: int, price: int):
    """Another product sold at its own price is neither flagged nor a reason to judge the others differently."""
    orders = report(kind).orders
    first, last = orders["purchase_date"].min(), orders["purchase_date"].max()
    more = table.order_table(
        {
            "order_id": f"999-{n}",
            "purchase_date": first + (last - first) * (n / (3 * days)),
            "order_status": "Shipped",
            "sales_channel": orders["sales_channel"].iloc[0],
            "currency": orders["currency"].dropna().iloc[0],
            "sku": "UNRELATED",
            "quantity": 1,
            "item_price": f"{price}.00",
        }
        for n in range(3 * days)
    )
    joined = table.complete(pd.concat([orders, more], ignore_index=True))
    assert told(find_incidents(joined)) == told(found_in(kind))


@pytest.mark.parametrize("kind", SOME)
def test_two_halves_of_a_report_give_the_same(kind: str):
    """A report cut in two and put together again, in either order, is the same report."""
    orders = report(kind).orders
    keyed = orders.assign(order_item_id=pd.Series([str(n) for n in range(len(orders))], dtype=table.TEXT))
    half = len(keyed) // 2
    turned = table.complete(pd.concat([keyed.iloc[half:], keyed.iloc[:half]], ignore_index=True))
    assert told(find_incidents(turned)) == told(find_incidents(keyed))


@pytest.mark.parametrize("kind", [*SOME, "gift_with_purchase", "vine"])
@pytest.mark.parametrize(
    "missing", [["promotion_ids"], ["sales_channel"], ["currency"], ["promotion_ids", "sales_channel"]]
)
def test_missing_columns_never_raise(kind: str, missing: list[str]):
    """Whatever a report lacks, the rule still gives exactly the items back."""
    orders = table.complete(report(kind).orders.drop(columns=missing))
    keys = item_keys(orders)
    for found in find_incidents(orders).incidents:
        assert tuple(keys[affected(orders, found.rule)]) == found.items


@pytest.mark.parametrize("kind", INCIDENTS)
def test_a_table_of_coded_words_gives_the_same(kind: str):
    """What `find` holds of a large report, each word once, is searched to the same answer and the same words."""
    whole, coded = found_in(kind), find_incidents(table.coded(report(kind).orders))
    assert coded.to_json() == whole.to_json()
    assert [one.rule for one in coded.incidents] == [one.rule for one in whole.incidents]
    assert [one.rule for one in coded.worth_a_look] == [one.rule for one in whole.worth_a_look]


def test_finding_changes_nothing_in_the_table():
    """The order table is read, never written."""
    orders = report("wrong_code_night").orders
    before = orders.copy(deep=True)
    find_incidents(orders)
    pd.testing.assert_frame_equal(orders, before)
    assert np.array_equal(orders.index, before.index)
