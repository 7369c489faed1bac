"""Honour or cancel: the cheapest plan under the limit, against every plan there is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promofix_lib.account.choices import Choice, Choices, Line, SkuCost, Window, choices_of, windows_of
from promofix_lib.account.honour import NoPlan, Plan, best_plan, fits, frontier, least_cancels
from promofix_lib.account.rate import LIMIT, rate_on
from promofix_lib.account.recovery import usual_volume
from promofix_lib.account.seller_orders import seller_orders
from promofix_lib.errors import PromofixError
from promofix_lib.orders import item_keys, order_table
from tests.seller_month import seller_month

DAY = date(2026, 11, 20)
NORMAL = [SimpleNamespace(sku=sku, sales_channel="", currency="USD", price=Decimal("58.99")) for sku in ("A", "B")]


def order(name: str, *lines: tuple[str, int, int], day: int = 0, counts: bool = True) -> Choice:
    """One order: SKU, units and loss per line."""
    items = tuple(Line(f"{name}/{n}", sku, units, loss, "costs") for n, (sku, units, loss) in enumerate(lines))
    return Choice(name, DAY + timedelta(days=day), items, counts)


def some(*orders: Choice) -> Choices:
    """Orders of one American seller."""
    return Choices("Amazon.com", "USD", orders, ())


def week(orders: int, counted: int = 0, day: int = 0) -> Window:
    """The seven days that end `day` days after the night."""
    last = DAY + timedelta(days=day)
    return Window(last - timedelta(days=6), last, orders, counted)


LINES = st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3), st.integers(-5, 20)), min_size=1, max_size=2)
ORDERS = st.lists(st.tuples(LINES, st.integers(0, 2), st.sampled_from([True, True, True, False])), max_size=9)


@st.composite
def questions(draw: Any) -> dict[str, Any]:
    """A few orders, windows that hold some of them, and stock for some SKUs."""
    drawn = draw(ORDERS)
    orders = [order(f"O{n}", *lines, day=day, counts=counts) for n, (lines, day, counts) in enumerate(drawn)]
    spans = draw(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 12), st.integers(0, 3)), min_size=1, max_size=4))
    return {
        "choices": some(*orders),
        "windows": [week(total, counted, day) for day, total, counted in spans],
        "limit": draw(st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(2)])),
        "stock": draw(st.dictionaries(st.sampled_from("AB"), st.integers(0, 12))),
        "by_item": draw(st.booleans()),
    }


def every_plan(choices: Choices, by_item: bool) -> Any:
    """All ways to cancel some of it: whole orders, or items."""
    for picks in product([False, True], repeat=sum(len(one.lines) if by_item else 1 for one in choices.orders)):
        rest, cancelled = list(picks), {}
        for one in choices.orders:
            flags = [rest.pop(0) for _ in one.lines] if by_item else [rest.pop(0)] * len(one.lines)
            cancelled[one.order_id] = tuple(line.key for line, gone in zip(one.lines, flags, strict=True) if gone)
        yield cancelled


@settings(max_examples=120, deadline=None)
@given(questions())
def test_no_plan_is_cheaper(question: dict[str, Any]):
    """Against every plan there is: same loss, never over the limit, and no plan only where there is none."""
    choices, windows, limit = question["choices"], question["windows"], question["limit"]
    found = best_plan(**question)
    losses = [
        sum(line.loss for one in choices.orders for line in one.lines if line.key not in cancelled[one.order_id])
        for cancelled in every_plan(choices, question["by_item"])
        if fits(choices.orders, cancelled, windows, limit=limit, stock=question["stock"])
        and not any(window.room(limit) < 0 for window in windows)
    ]
    if isinstance(found, NoPlan):
        assert losses == []
        return
    assert found.proved
    assert found.loss * 1_000_000 == min(losses)
    assert all(_rate(choices, found, window) < limit or window.orders == 0 for window in windows)


def _rate(choices: Choices, plan: Plan, window: Window) -> Fraction:
    inside = sum(
        one.counts and window.holds(one.day) for one in choices.orders if one.order_id in set(plan.cancel_orders)
    )
    return Fraction(window.counted + inside, max(window.orders, 1))


UNITS = st.lists(st.tuples(st.integers(-(10**6), 10**9), st.integers(1, 5)), min_size=10, max_size=15)


@settings(max_examples=25, deadline=None)
@given(UNITS, st.integers(0, 700), st.integers(0, 40))
def test_fifteen_orders_against_every_plan(pairs: list[tuple[int, int]], total: int, stock: int):
    """Up to 15 orders of one to five units, with stock: all 32,768 plans, none cheaper."""
    choices = some(*(order(f"O{n}", ("A", units, loss)) for n, (loss, units) in enumerate(pairs)))
    honoured = (np.arange(2 ** len(pairs))[:, None] >> np.arange(len(pairs))) & 1
    loss, units = (honoured @ np.array(column) for column in zip(*pairs, strict=True))
    allowed = (units <= stock) & (len(pairs) - honoured.sum(axis=1) <= week(total).room())
    found = best_plan(choices, [week(total)], stock={"A": stock})
    assert isinstance(found, Plan) == bool(allowed.any())
    if isinstance(found, Plan):
        assert found.loss * 1_000_000 == int(loss[allowed].min())


@settings(max_examples=40, deadline=None)
@given(questions())
def test_the_fewest_cancellations_that_the_stock_forces(question: dict[str, Any]):
    """Against every plan there is, whatever the rate."""
    choices, stock, by_item = question["choices"], question["stock"], question["by_item"]
    counts = [
        sum(one.counts and bool(cancelled[one.order_id]) for one in choices.orders)
        for cancelled in every_plan(choices, by_item)
        if fits(choices.orders, cancelled, (), stock=stock)
    ]
    assert least_cancels(choices, stock, by_item=by_item) == min(counts)


def test_the_dearest_orders_are_cancelled():
    """400 orders in the window bear nine cancellations: the nine that would lose most."""
    choices = some(*(order(f"O{n}", ("A", 1, n * 1_000_000)) for n in range(12)))
    plan = best_plan(choices, [week(400)])
    assert isinstance(plan, Plan)
    assert plan.cancel_orders == tuple(f"O{n}" for n in range(3, 12))
    assert (plan.loss, plan.saved, plan.method) == (Decimal("3.00"), Decimal("63.00"), "greedy")
    assert plan.rate == Fraction(9, 400)


def test_an_order_that_earns_money_is_honoured():
    """Where the buyer pays more than the costs, cancelling would lose money."""
    plan = best_plan(some(order("O", ("A", 1, -5)), order("P", ("A", 1, 0))), [week(1000)])
    assert isinstance(plan, Plan)
    assert (plan.cancel, plan.loss) == ((), Decimal("-0.000005"))


def test_honouring_never_uses_more_than_the_stock():
    """Three units left: the orders of five and four are cancelled although they lose less."""
    choices = some(order("O", ("A", 5, 1)), order("P", ("A", 4, 2)), order("Q", ("A", 3, 9)))
    plan = best_plan(choices, [week(100)], stock={"A": 3})
    assert isinstance(plan, Plan)
    assert (plan.cancel_orders, plan.method) == (("O", "P"), "solver")


def test_an_order_already_counted_is_cancelled_for_free():
    """A second item of an order with a cancelled item adds nothing to the rate."""
    plan = best_plan(some(order("O", ("A", 1, 7), counts=False)), [week(40, counted=0)])
    assert isinstance(plan, Plan)
    assert (plan.cancel_orders, plan.rate) == (("O",), 0)


def test_by_item_an_order_is_counted_once_and_good_items_are_kept():
    """One cancelled item costs as much rate as all; items that earn money stay."""
    choices = some(order("O", ("A", 1, 7), ("B", 1, 5), ("B", 1, -4)))
    whole, items = (best_plan(choices, [week(100)], by_item=by_item) for by_item in (False, True))
    assert isinstance(whole, Plan)
    assert isinstance(items, Plan)
    assert (whole.loss, items.cancel) == (Decimal("0.00"), ("O/0", "O/1"))
    assert items.loss == Decimal("-0.000004")


@pytest.mark.parametrize(
    ("windows", "stock", "reason", "words"),
    [
        ([week(400, counted=10)], {}, "already_over", "before anything is cancelled"),
        ([week(40)], {"A": 0}, "stock", "at least 2 must be cancelled"),
        ([], {}, "nothing_to_choose", "Nothing chosen can still be cancelled"),
    ],
)
def test_no_plan_says_why(windows: list[Window], stock: dict[str, int], reason: str, words: str):
    """What stands in the way is named, with the number that would be needed."""
    found = best_plan(some(order("O", ("A", 1, 1)), order("P", ("A", 1, 1))), windows, stock=stock)
    assert isinstance(found, NoPlan)
    assert found.reason == reason
    assert words in found.sentence()


def rows(*orders: dict[str, Any]) -> pd.DataFrame:
    """Affected orders of one night."""
    row = {
        "purchase_date": "2026-11-20T20:00:00Z",
        "sales_channel": "Amazon.com",
        "currency": "USD",
        "fulfillment_channel": "merchant",
        "order_status": "Unshipped",
        "quantity": 1,
        "sku": "A",
        "item_price": "1.00",
    }
    return order_table([{**row, "order_id": f"O{n}", "order_item_id": "1", **order} for n, order in enumerate(orders)])


def all_of(orders: pd.DataFrame, **given: Any) -> Choices:
    """What every row of a table would lose."""
    (book, *_) = seller_orders(orders)
    return choices_of(orders, book, pd.Series(True, index=orders.index), **given)


def test_an_item_is_worth_its_normal_price_times_its_units():
    """Amazon's item price is the line's total: three units at 1.00 together lose 175.97."""
    (one,) = all_of(rows({"quantity": 3}), normal_prices=NORMAL).orders
    assert (one.loss, one.lines[0].basis) == (175_970_000, "normal price")


def test_the_sellers_costs_come_before_the_normal_price():
    """Unit cost, shipping and fees of 12.00 + 3.50 + 1.25 against 1.00 paid."""
    costs = [SkuCost("A", "USD", Decimal("12.00"), Decimal("3.50"), Decimal("1.25"))]
    (one,) = all_of(rows({}), normal_prices=NORMAL, costs=costs).orders
    assert (one.loss, one.lines[0].basis) == (15_750_000, "costs")


def test_costs_in_another_currency_are_not_used():
    """A cost in EUR says nothing about an order in USD."""
    found = all_of(rows({}), costs=[SkuCost("A", "EUR", Decimal(12))])
    assert (found.orders, found.undecided) == ((), ("O0",))


def test_two_currencies_are_never_added():
    """One plan has one currency."""
    with pytest.raises(ValueError, match=r"EUR and USD\. Choose one currency"):
        all_of(rows({}, {"currency": "EUR"}), normal_prices=NORMAL)


def test_a_pending_order_without_a_price_takes_what_others_paid():
    """It is marked as an estimate; without any other order of the SKU nobody can know."""
    found = all_of(
        rows({"item_price": "2.00", "quantity": 2}, {"item_price": None, "quantity": 3}), normal_prices=NORMAL
    )
    assert found.estimated == ("O1",)
    assert found.orders[1].loss == 3 * 57_990_000
    assert all_of(rows({"item_price": None}), normal_prices=NORMAL).undecided == ("O0",)


@pytest.mark.parametrize(
    "row",
    [
        {"order_status": "Shipped"},
        {"order_status": "Cancelled"},
        {"fulfillment_channel": "amazon"},
        {"is_buyer_requested_cancellation": True},
        {"is_replacement_order": True},
    ],
)
def test_what_is_no_choice_is_left_out(row: dict[str, Any]):
    """Shipped, cancelled, FBA, buyer-requested and replaced orders are not for this plan to decide."""
    assert [one.order_id for one in all_of(rows({}, row), normal_prices=NORMAL).orders] == ["O0"]


def month() -> tuple[pd.DataFrame, pd.Series]:
    """A month with 300 wrong orders in its last night, and which rows they are."""
    orders = seller_month(fba=0.0)
    return orders, orders["promotion_ids"].notna()


def test_the_plan_is_what_the_rate_says():
    """The plan's rate is the rate of the order table when just the plan's items are cancelled, in every window."""
    orders, wrong = month()
    (book,) = seller_orders(orders)
    normal = [
        SimpleNamespace(sku=s, sales_channel="", currency="USD", price=Decimal("58.99")) for s in ("HP-BLK", "HP-RED")
    ]
    choices = choices_of(orders, book, wrong, normal_prices=normal)
    windows = windows_of(book, wrong)
    plan = best_plan(choices, windows, limit=Fraction(1, 10))
    assert isinstance(plan, Plan)
    assert {*plan.cancel, *plan.honour} == set(item_keys(orders)[wrong])
    cancelled = item_keys(orders).isin(plan.cancel)
    for window in windows:
        high = rate_on(book, window.last_day, cancelled).high
        assert high is not None
        assert high < Fraction(1, 10)
    assert rate_on(book, plan.worst.last_day, cancelled).high == plan.rate
    assert plan.sentence().startswith(f"Cancel {len(plan.cancel_orders)} orders, honour {len(plan.honour_orders)}")


TABLE = st.lists(
    st.tuples(
        st.integers(0, 9),  # order
        st.integers(0, 12),  # day
        st.sampled_from(["merchant", "merchant", "merchant", "amazon"]),
        st.sampled_from(["Unshipped", "Unshipped", "Pending", "Shipped", "Cancelled"]),
        st.integers(1, 3),  # units
        st.integers(0, 90),  # paid
        st.booleans(),  # chosen
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(TABLE, st.sampled_from(["low", "high"]), st.sampled_from([Fraction(1, 5), Fraction(1, 2)]), st.booleans())
def test_a_plan_never_exceeds_its_limit(cells: list[Any], reading: Any, limit: Fraction, by_item: bool):
    """Over random tables: cancelling just the plan's items keeps every window in the reports under the limit."""
    found = [
        {
            "order_id": f"O{name}-{day}",
            "order_item_id": str(place),
            "purchase_date": f"2026-11-{day + 1:02d}T20:00:00Z",
            "fulfillment_channel": channel,
            "order_status": status,
            "quantity": units,
            "item_price": str(paid),
        }
        for place, (name, day, channel, status, units, paid, _) in enumerate(cells)
    ]
    orders, chosen = rows(*found), pd.Series([cell[-1] for cell in cells])
    for book in seller_orders(orders):
        choices = choices_of(orders, book, chosen, normal_prices=NORMAL, reading=reading)
        plan = best_plan(choices, windows_of(book, chosen, reading=reading), limit=limit, by_item=by_item)
        if isinstance(plan, NoPlan):
            continue
        cancelled = item_keys(orders).isin(plan.cancel)
        assert not (cancelled & (~chosen | (orders["fulfillment_channel"] == "amazon"))).any()
        for window in windows_of(book, chosen, reading=reading):
            rate = rate_on(book, window.last_day, cancelled)
            assert (getattr(rate, reading) or 0) < limit


def test_windows_that_end_later_need_a_guess_at_what_will_be_sold():
    """Without usual volume only the windows inside the reports are demanded; with it all that hold the night."""
    orders, wrong = month()
    (book,) = seller_orders(orders)
    usual = usual_volume(book, wrong).at_least()
    assert len(windows_of(book, wrong)) == 1
    windows = windows_of(book, wrong, usual=usual)
    assert [window.last_day for window in windows] == [book.last_day + timedelta(days=n) for n in range(7)]
    assert all(600 < window.orders < 1300 for window in windows)


def test_the_frontier_gives_up_money_for_rate_step_by_step():
    """More rate, less loss; from cancelling none to all; the plan under 2.5 % is one of the steps."""
    orders, wrong = month()
    (book,) = seller_orders(orders)
    normal = [
        SimpleNamespace(sku=s, sales_channel="", currency="USD", price=Decimal("58.99")) for s in ("HP-BLK", "HP-RED")
    ]
    choices, windows = choices_of(orders, book, wrong, normal_prices=normal), windows_of(book, wrong)
    steps = frontier(choices, windows, points=20)
    assert [step.rate for step in steps] == sorted({step.rate for step in steps})
    assert [step.loss for step in steps] == sorted({step.loss for step in steps}, reverse=True)
    assert len(steps[-1].cancel_orders) == len(choices.orders) >= 290
    assert best_plan(choices, windows) in steps
    assert any(step.limit == LIMIT for step in steps)


def test_thousands_of_orders_with_little_stock_are_solved():
    """3,000 orders of one to five units, stock for a third: proved within the time."""
    orders = [order(f"O{n}", ("AB"[n % 2], 1 + n % 5, (1 + n % 5) * 57_990_000)) for n in range(3000)]
    plan = best_plan(some(*orders), [week(20_000)], limit=Fraction(1, 5), stock={"A": 1500, "B": 1500})
    assert isinstance(plan, Plan)
    assert plan.proved
    honoured = [one for one in orders if one.order_id in set(plan.honour_orders)]
    assert all(sum(one.lines[0].quantity for one in honoured if one.lines[0].sku == sku) <= 1500 for sku in "AB")


def test_a_search_without_time_says_what_to_do():
    """A solver that is stopped before it found anything is an instruction, not a wrong plan."""
    orders = [order(f"O{n}", ("A", 1 + n % 5, 10_007 * n % 9_973), ("B", 1 + n % 3, n)) for n in range(400)]
    with pytest.raises(PromofixError, match="Give it more seconds"):
        best_plan(some(*orders), [week(8_000)], stock={"A": 520, "B": 330}, seconds=0)
