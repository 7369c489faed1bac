"""The panel's pure core: masks, counts, totals, hours, pages."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.as_csv import as_text
from promofix_lib.errors import PromofixError
from promofix_lib.incident import QUESTIONS, Ceiling, Incident, Question, affected
from promofix_lib.orders import item_keys, order_table, sku_keys
from promofix_lib.status.book import Book
from promofix_lib.widgets.choice import Choice, Look, with_choice, with_number, with_window, with_words
from promofix_lib.widgets.counts import DAY, FACETS, HOUR, Facets, Hours
from promofix_lib.widgets.pages import COLUMNS, Pages
from promofix_lib.widgets.panel_view import PanelView
from tests.panel_case import ONSET, RULE, WRONG_CODE, night_of_orders

NIGHT = night_of_orders(240)
HOLES = order_table(
    [
        {"order_id": "A", "sku": "S", "promotion_ids": ["P", "Q"], "quantity": 1, "order_status": "Pending"},
        {"order_id": "A", "sku": "T", "promotion_ids": ["P"], "item_price": "2.00", "quantity": 2, "currency": "USD"},
        {"order_id": "B", "sku": "S", "purchase_date": "2026-11-20T06:00:00Z", "item_price": "1", "currency": "GBP"},
        {"order_id": "C", "promotion_ids": ["Q"], "order_status": "Cancelled", "quantity": 1},
        {"sku": "S", "item_price": "9.00", "quantity": 3, "currency": "USD", "is_business_order": True},
    ]
)

BOOKS = (Book(NIGHT), Book(HOLES))


def asking(rule: Incident) -> Choice:
    """A choice of this rule alone."""
    return Choice({1: rule})


rules = st.builds(
    Incident,
    onset=st.sampled_from([None, ONSET, ONSET + timedelta(hours=2)]),
    end=st.sampled_from([None, ONSET + timedelta(hours=5)]),
    promotion_ids=st.sampled_from([(), (WRONG_CODE,), ("P",), ("P", "Q"), ("nobody used this",)]),
    together=st.booleans(),
    ceilings=st.sampled_from(
        [(), (Ceiling("HP-BT700-BLK", "Amazon.com", "USD", Decimal("1.00")), Ceiling("S", "", "", Decimal(1)))]
    ),
    max_unit_price=st.sampled_from([None, Decimal("1.00"), Decimal("30")]),
    skus=st.sampled_from([(), ("S",), ("HP-BT700-BLK", "T"), ("",)]),
    currencies=st.sampled_from([(), ("USD",), ("", "GBP")]),
    order_statuses=st.sampled_from([(), ("Pending", "Unshipped"), ("",)]),
    ship_countries=st.sampled_from([(), ("US",)]),
    is_business_order=st.sampled_from([None, True, False]),
    min_quantity=st.sampled_from([None, 2]),
    max_quantity=st.sampled_from([None, 2]),
)


@given(rule=rules)
def test_the_quick_mask_is_the_rule(rule):
    """The panel never shows other rows than the rule means, whatever is asked."""
    for book in BOOKS:
        assert Facets(book).answers.mask(rule).tolist() == affected(book.orders, rule).tolist()


@given(rule=rules, name=st.sampled_from(FACETS))
def test_a_count_says_what_ticking_alone_would_give(rule, name):
    """The number beside a choice is the orders that would be in, were it the only one of its field."""
    for book in BOOKS:
        for value, count in Facets(book).counts(rule, name).items():
            rows = book.orders[affected(book.orders, with_words(rule, name, (value,)))]
            assert rows["order_id"].nunique(dropna=False) == count, (name, value)


def test_orders_are_counted_not_lines():
    """An order with three lines of one SKU is one order."""
    orders = order_table([{"order_id": "A", "sku": "S", "item_price": "1", "quantity": 1}] * 3)
    assert Facets(Book(orders)).counts(Incident(), "skus") == {"S": 1}


def test_kept_masks_are_not_mixed_up():
    """Masks kept from one rule never answer another, also after many rules."""
    facets = Facets(BOOKS[1])
    for price in range(200):
        rule = Incident(max_unit_price=Decimal(price) / 20, promotion_ids=("P",) if price % 2 else ())
        assert facets.answers.mask(rule).tolist() == affected(HOLES, rule).tolist()


@pytest.mark.parametrize(
    "text", ["", "  ", "114-0000003", "hp-bt700", "BUYER7@", "paws-v2", "not there", "\u00df", ".*"]
)
def test_the_quick_search_is_the_plain_search(text):
    """What is typed is found as it is in an id, a SKU, a name, an address, a promotion; capitals do not matter."""
    searched = (
        *("order_id", "order_item_id", "sku", "asin", "product_name", "buyer_name", "buyer_email"),
        *("promotion_ids", "claim_codes"),
    )
    for orders in (NIGHT, HOLES):
        rows = as_text(orders[[*searched, "currency"]]).itertuples(index=False)
        wanted = [text.strip().lower() in "\n".join(row).lower() for row in rows]
        assert Pages(Book(orders)).containing(text).tolist() == wanted


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("descending", [False, True])
def test_missing_cells_come_last_in_every_order(column, descending):
    """Sorting up or down, what is missing stands at the end, and no row is lost."""
    pages = Pages(BOOKS[1])
    rows = pages.sorted(np.ones(len(HOLES), dtype=bool), column, descending)
    assert sorted(rows.tolist()) == list(range(len(HOLES)))
    if column != "word":
        cells = HOLES[COLUMNS[column]].iloc[rows]
        known = cells.dropna().tolist()
        assert cells.isna().tolist() == sorted(cells.isna().tolist())
        assert known == sorted(known, reverse=descending)


@given(low=st.integers(-100, 100), width=st.integers(1, 400))
def test_bars_hold_every_order_of_their_part(low, width):
    """The bars add up to the orders bought in the part that is shown."""
    hours = Hours(BOOKS[0], ZoneInfo("America/Los_Angeles"))
    first = hours.whole()[0] + low * HOUR
    bars = hours.bars(np.full(len(NIGHT), -1), first, first + width * HOUR)
    seconds = NIGHT["purchase_date"].map(lambda time: time.timestamp())
    end = bars["start"] + bars["step"] * len(bars["everything"])
    assert sum(bars["everything"]) == ((seconds >= bars["start"]) & (seconds < end)).sum()
    assert bars["chosen"] == []


def test_a_year_is_drawn_in_few_bars():
    """A long report stays quick to draw: never more than some hundred bars."""
    orders = order_table(
        [{"order_id": str(day), "purchase_date": f"2026-{day % 12 + 1:02d}-05T00:00:00Z"} for day in range(12)]
    )
    hours = Hours(Book(orders), ZoneInfo("UTC"))
    bars = hours.bars(np.ones(12, dtype=int), *hours.whole())
    assert len(bars["everything"]) <= 400
    assert sum(dict(bars["chosen"])[1]) == 12


def test_days_begin_at_local_midnight_when_the_clocks_change():
    """The day on which the clocks go back has 25 hours."""
    orders = order_table([{"purchase_date": "2026-10-31T12:00:00Z"}, {"purchase_date": "2026-11-03T12:00:00Z"}])
    hours = Hours(Book(orders), ZoneInfo("America/Los_Angeles"))
    days = hours.days(*hours.whole())
    assert [(later - day) / HOUR for day, later in pairwise(days)] == [25, 24]


def test_an_hour_that_comes_twice_is_read_the_wide_way():
    """A window typed in the repeated hour begins at its first and ends at its second pass."""
    hours = Hours(BOOKS[0], ZoneInfo("America/Los_Angeles"))
    start, end = hours.moment("2026-11-01T01:30"), hours.moment("2026-11-01T01:30", end=True)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=1)


def test_an_empty_report_is_shown_too():
    """No orders, no error: an empty chart and an empty page."""
    view = PanelView(Book(order_table()), ZoneInfo("UTC"))
    choice = Choice({}, 0)
    selection = view.selection(choice)
    assert view.totals(selection)["figures"][0][1] == "0"
    assert view.page(selection, choice, Look())["rows"] == []
    assert view.chart(choice, selection, Look(first=0, last=HOUR))["bars"]["everything"] == (0,)
    assert view.hours.bars(selection.numbers, 0, DAY)["top"] >= 1


def test_the_selection_is_what_the_case_exports():
    """Rule, items put in and items left out, also by old item keys."""
    keys = item_keys(NIGHT).tolist()
    old_key = f"{NIGHT['order_id'].iloc[5]}/{NIGHT['sku'].iloc[5]}/1"
    put_in = {keys[2]: "", "999-0000000-0000000/1": ""}
    left_out = dict.fromkeys((keys[0], keys[1], old_key), "")
    named = [item_keys(NIGHT).isin(by_hand) | sku_keys(NIGHT).isin(by_hand) for by_hand in (put_in, left_out)]
    right = (affected(NIGHT, RULE) | named[0]) & ~named[1]
    view = PanelView(BOOKS[0], ZoneInfo("UTC"))
    assert view.selection(Choice({1: RULE}, 1, put_in, left_out)).chosen.tolist() == right.tolist()


def test_search_and_show_change_nothing_that_is_chosen():
    """The search and the choice of what is shown only change the table."""
    view = PanelView(BOOKS[0], ZoneInfo("UTC"))
    choices = asking(RULE)
    selection = view.selection(choices)
    for look in (Look(), Look(search="HP"), Look(show="all"), Look(show="by_hand")):
        assert view.totals(selection)["figures"][0][1] == "80"
        assert view.page(selection, choices, look)["count"] == int(view.shown(selection, look).sum())
    assert view.page(selection, choices, Look(show="all"))["count"] == len(NIGHT)


def test_details_name_file_and_line_of_every_item():
    """The details of an order show all its items, every cell, and where each came from."""
    orders = order_table(
        [
            {"order_id": "A", "sku": "S", "source_file": "one.txt", "source_line": 2, "ship-city": "Anytown"},
            {"order_id": "B", "sku": "S", "source_file": "one.txt", "source_line": 3},
            {"order_id": "A", "sku": "T", "source_file": "two.txt", "source_line": 9},
        ]
    )
    details = PanelView(Book(orders), ZoneInfo("UTC")).details("A/S/1")
    assert [title for title, _ in details["items"]] == ["Item 1: one.txt, line 2", "Item 2: two.txt, line 9"]
    assert ("ship-city", "Anytown") in details["items"][0][1]


def test_zooming_stays_inside_the_report():
    """Whatever is pressed, the chart shows a part of the report and never nothing."""
    view = PanelView(BOOKS[0], ZoneInfo("America/Los_Angeles"))
    first, last = view.hours.whole()
    look = Look(first=first, last=last)
    for how in ["window", "closer", "closer", "closer", "closer", "later", "later", "later", "earlier", "wider"] * 3 + [
        "whole"
    ]:
        low, high = view.zoomed(look, RULE, how)
        assert first <= low < high <= last, how
        look = Look(first=low, last=high)
    assert (look.first, look.last) == (first, last)


@pytest.mark.parametrize("text", ["abc", "1.5.2", "-1", "NaN", "1e99", "Infinity"])
def test_what_is_no_price_is_refused_in_words(text):
    """A field that is no number changes nothing and says how to write one."""
    with pytest.raises(PromofixError, match="is not a number here"):
        with_number(RULE, "max_unit_price", text)
    with pytest.raises(PromofixError, match="is not a"):
        with_number(RULE, "min_quantity", "1.5")


def test_the_last_box_unticked_means_any():
    """A rule cannot ask for nothing: the last box unticked allows every value again."""
    rule = with_choice(with_choice(Incident(), "skus", "A", True), "skus", "A", False)
    assert rule == Incident()
    both = with_choice(with_choice(Incident(), "is_business_order", "true", True), "is_business_order", "false", True)
    assert both.is_business_order is None
    assert with_words(Incident(promotion_ids=("P", "Q"), together=True), "promotion_ids", ("P",)).together is False


def test_a_window_drawn_backwards_is_turned_round():
    """The earlier handle is the beginning, also when it was dragged over the other."""
    rule = with_window(RULE, onset=ONSET + timedelta(hours=2), end=ONSET)
    assert (rule.onset, rule.end) == (ONSET, ONSET + timedelta(hours=2))


def test_the_core_needs_no_widget():
    """The command line can use the core without paying for ipywidgets."""
    code = "import sys, promofix_lib.widgets.panel_view; sys.exit(bool({'ipywidgets', 'anywidget'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_hundreds_of_skus_stay_few_on_the_screen():
    """Of a long list the most frequent are shown, the chosen always, and the rest is found by typing or opened."""
    orders = order_table(
        [{"order_id": f"{n}", "sku": f"SKU-{n % 300:03d}", "item_price": "1", "quantity": 1} for n in range(600)]
        + [{"order_id": "x", "sku": "TOP", "item_price": "1", "quantity": 1}] * 1
        + [{"order_id": f"y{n}", "sku": "TOP", "item_price": "1", "quantity": 1} for n in range(9)]
    )
    view = PanelView(Book(orders), ZoneInfo("UTC"))
    skus = next(group for group in view.choices(asking(Incident(skus=("SKU-299",))), Look()) if group["name"] == "skus")
    assert skus["choices"][0]["value"] == "TOP"
    assert len(skus["choices"]) == 9
    assert skus["choices"][-1] == {"value": "SKU-299", "label": "SKU-299", "orders": 2, "chosen": True}
    assert skus["hidden"] == 301 - 9
    found = next(g for g in view.choices(asking(Incident()), Look(find={"skus": "sku-29"})) if g["name"] == "skus")
    assert [choice["value"] for choice in found["choices"]] == [f"SKU-{n}" for n in range(290, 300)]
    opened = next(g for g in view.choices(asking(Incident()), Look(opened=("skus",))) if g["name"] == "skus")
    assert len(opened["choices"]) == 200


def test_what_the_incident_touches_is_listed_first():
    """The guilty promotion and its SKU stand on top, however rare they are in the whole report."""
    orders = order_table(
        [{"order_id": f"{n}", "sku": "USUAL", "item_price": "9", "quantity": 1} for n in range(20)]
        + [{"order_id": "x", "sku": "RARE", "item_price": "1", "quantity": 1}]
    )
    view = PanelView(Book(orders), ZoneInfo("UTC"))
    found = Incident(max_unit_price=Decimal(1))
    skus = next(
        group
        for group in view.choices(replace(asking(Incident()), found={1: found}), Look())
        if group["name"] == "skus"
    )
    assert [(choice["value"], choice["orders"]) for choice in skus["choices"]] == [("RARE", 1), ("USUAL", 20)]


def test_a_field_with_nothing_to_choose_is_left_out():
    """A report with one country, one currency and one channel asks nothing about them."""
    names = [group["name"] for group in PanelView(BOOKS[0], ZoneInfo("UTC")).choices(asking(RULE), Look())]
    assert "sales_channels" not in names
    assert "currencies" not in names
    assert {"promotion_ids", "skus", "order_statuses", "ship_countries"} <= set(names)


def test_a_million_items_would_be_quick_too(monkeypatch: pytest.MonkeyPatch):
    """Masks that did not change are not worked out again: moving the window asks one question."""
    facets = Facets(BOOKS[0])
    facets.answers.mask(RULE)
    asked: list[str] = []
    for name, question in QUESTIONS.items():

        def answer(*given: Any, name: str = name, question: Question = question) -> Any:
            asked.append(name)
            return question.answer(*given)

        monkeypatch.setitem(QUESTIONS, name, replace(question, answer=answer))
    facets.answers.mask(with_window(RULE, onset=ONSET + timedelta(hours=1)))
    facets.answers.mask(RULE)
    assert asked == ["window"]


def test_what_is_paid_is_not_told_before_its_discount_is_printed():
    """Three that shipped print one: what the fourth will pay is not known yet, here as in the workbook."""
    item = {"sku": "S", "quantity": 1, "currency": "USD", "item_price": "58.99", "promotion_ids": ["P"]}
    shipped = item | {"order_status": "Shipped", "item_promotion_discount": "57.99"}
    orders = order_table([item | {"order_id": "D"}, *(shipped | {"order_id": name} for name in ("A", "B", "C"))])
    pages = Pages(Book(orders))
    places = pages.sorted(pages.containing(""), "paid_each", descending=True)
    assert [(row["order"], row["paid_each"]) for row in pages.rows(places)] == [
        *((name, "1.00 USD") for name in ("A", "B", "C")),
        ("D", None),
    ]
