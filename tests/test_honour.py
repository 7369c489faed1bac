"""Honour or cancel: the cheapest plan under the limit, against every plan there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.account.choices import Choice, Choices, Window, choices_of, windows_of
from promofix_lib.account.honour import NoPlan, Plan, best_plan, frontier, least_cancels
from promofix_lib.account.rate import LIMIT, rate_on
from promofix_lib.account.recovery import usual_volume
from promofix_lib.account.seller_orders import SellerOrders, as_date
from promofix_lib.amounts import Money
from promofix_lib.money import SCALE, NormalPrice
from promofix_lib.orders import order_table
from promofix_lib.status.book import Book
from tests.seller_month import books, seller_month

DAY = date(2026, 11, 20)
NORMAL = [NormalPrice(sku, "", "USD", Decimal("58.99")) for sku in ("A", "B", "HP-BLK", "HP-RED")]


def order(name: str, loss: int, day: int = 0, *, counts: bool = True, **units: int) -> Choice:
    """One order: what honouring it loses, and the units that it takes of each SKU."""
    return Choice(name, DAY + timedelta(days=day), loss, units, counts)


def some(*orders: Choice) -> Choices:
    """Orders of one American seller."""
    return Choices("USD", orders, ())


def week(orders: int, counted: int = 0, day: int = 0) -> Window:
    """The seven days that end `day` days after the night."""
    last = DAY + timedelta(days=day)
    return Window(last - timedelta(days=6), last, orders, counted)


ORDERS = st.lists(
    st.tuples(
        st.integers(-5, 20),
        st.integers(0, 9),
        st.sampled_from([True, True, True, False]),
        st.dictionaries(st.sampled_from("AB"), st.integers(1, 3), min_size=1),
    ),
    max_size=12,
)
ROOMS = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), min_size=16, max_size=16)
LIMITS = st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(2)])


def question(drawn: list[Any], rooms: list[Any], limit: Fraction) -> dict[str, Any]:
    """Up to twelve orders over up to ten days, and every seven days that hold one of them."""
    orders = [order(f"O{n}", loss, day, counts=counts, **units) for n, (loss, day, counts, units) in enumerate(drawn)]
    spans = [week(total, counted, day) for day, (total, counted) in enumerate(rooms)]
    return {"choices": some(*orders), "windows": spans, "limit": limit}


def every_plan(asked: dict[str, Any], stock: Mapping[str, int]) -> list[int]:
    """What each way to cancel some of the orders loses, of those that keep the limit and the stock."""
    orders, limit = asked["choices"].orders, asked["limit"]
    honoured = (np.arange(2 ** len(orders))[:, None] >> np.arange(len(orders))) & 1
    allowed = np.ones(len(honoured), dtype=bool)
    for window in asked["windows"]:
        inside = np.array([one.counts and window.holds(one.day) for one in orders], dtype=np.int64)
        allowed &= (1 - honoured) @ inside <= window.room(limit)
    for sku, most in stock.items():
        allowed &= honoured @ np.array([one.units.get(sku, 0) for one in orders], dtype=np.int64) <= most
    return (honoured @ np.array([one.loss for one in orders], dtype=np.int64))[allowed].tolist()


@given(ORDERS, ROOMS, LIMITS)
def test_no_plan_is_cheaper(drawn: list[Any], rooms: list[Any], limit: Fraction):
    """Against every plan there is, over more than one week: same loss, and no plan only where there is none."""
    asked = question(drawn, rooms, limit)
    found, losses = best_plan(**asked), every_plan(asked, {})
    if isinstance(found, NoPlan):
        assert losses == [] or not drawn
        return
    assert (found.loss * SCALE, found.unproved) == (min(losses), 0)
    cancelled = [one for one in asked["choices"].orders if one.order_id in found.cancel]
    assert found.rate == max(window.rate(cancelled) for window in asked["windows"])


@given(ORDERS, ROOMS, LIMITS, st.dictionaries(st.sampled_from("AB"), st.integers(0, 12), min_size=1))
def test_a_plan_for_a_short_stock_says_how_good_it_is(
    drawn: list[Any], rooms: list[Any], limit: Fraction, stock: dict[str, int]
):
    """It keeps limit and stock, and a better plan saves at most what it says."""
    asked = question(drawn, rooms, limit)
    found, losses = best_plan(**asked, stock=stock), every_plan(asked, stock)
    if isinstance(found, Plan):
        assert found.loss * SCALE in losses
        assert found.loss * SCALE - found.unproved * SCALE <= min(losses)


@given(ORDERS, st.dictionaries(st.sampled_from("AB"), st.integers(0, 12), min_size=1))
def test_so_many_must_be_cancelled_at_least(drawn: list[Any], stock: dict[str, int]):
    """No way to cancel that leaves enough stock needs fewer."""
    orders = [order(f"O{n}", 0, counts=counts, **units) for n, (_, _, counts, units) in enumerate(drawn)]
    fewest = [
        sum(one.counts and gone for one, gone in zip(orders, picks, strict=True))
        for picks in product([False, True], repeat=len(orders))
        if all(
            sum(one.units.get(sku, 0) for one, gone in zip(orders, picks, strict=True) if not gone) <= units
            for sku, units in stock.items()
        )
    ]
    assert least_cancels(orders, stock) <= min(fewest)


def test_the_dearest_orders_are_cancelled():
    """400 orders in the window bear nine cancellations: the nine that would lose most."""
    choices = some(*(order(f"O{n}", n * SCALE, A=1) for n in range(12)))
    plan = best_plan(choices, [week(400)])
    assert isinstance(plan, Plan)
    assert plan.cancel == tuple(f"O{n}" for n in range(3, 12))
    assert (plan.loss, plan.unproved) == (Decimal("3.00"), 0)
    assert plan.rate == Fraction(9, 400)


def test_two_weeks_are_weighed_against_each_other():
    """One dear order in the middle takes the place of two in the weeks around it: the two together weigh more."""
    choices = some(order("early", 6, 0, A=1), order("middle", 9, 6, A=1), order("late", 6, 12, A=1))
    plan = best_plan(choices, [week(100, 1, day) for day in range(19)], limit=Fraction(3, 100))
    assert isinstance(plan, Plan)
    assert plan.cancel == ("early", "late")


def test_an_order_that_earns_money_is_honoured():
    """Where the buyer pays more than the costs, cancelling would lose money."""
    plan = best_plan(some(order("O", -5), order("P", 0)), [week(1000)])
    assert isinstance(plan, Plan)
    assert (plan.cancel, plan.loss) == ((), Decimal("-0.0005"))


def test_honouring_never_uses_more_than_the_stock():
    """Three units left: the orders of five and four are cancelled although they lose less."""
    choices = some(order("O", 1, A=5), order("P", 2, A=4), order("Q", 9, A=3))
    plan = best_plan(choices, [week(100)], stock={"A": 3})
    assert isinstance(plan, Plan)
    assert plan.cancel == ("O", "P")


def test_what_loses_nothing_is_shipped():
    """Also where cancelling it would count nowhere, and where just enough of it is left while another SKU runs out."""
    free = best_plan(some(order("O", 0, counts=False)), [week(100)])
    short = some(order("O", -1, A=5), order("P", -2, A=4), order("Q", 0, B=2))
    tight = best_plan(short, [week(200)], stock={"A": 0, "B": 2})
    assert isinstance(free, Plan)
    assert isinstance(tight, Plan)
    assert (free.cancel, tight.cancel) == ((), ("O", "P"))


def test_only_as_many_are_cancelled_as_the_stock_needs():
    """A hundred equal orders that earn money and stock for ninety: ten are cancelled, not all."""
    plan = best_plan(some(*(order(f"O{n}", -SCALE, A=1) for n in range(100))), [week(9000)], stock={"A": 90})
    assert isinstance(plan, Plan)
    assert (len(plan.cancel), plan.loss) == (10, Decimal("-90.00"))
    assert plan.unproved < Decimal("0.01")


def test_a_plan_that_is_not_proved_says_so():
    """Where the stock is short, with what a better plan could save at most."""
    random = Random(29)
    drawn = [
        order(f"O{n}", random.randint(1, 9) * SCALE, A=random.randint(1, 9), B=random.randint(0, 5)) for n in range(8)
    ]
    found = best_plan(some(*drawn), [week(200)], stock={"A": random.randint(5, 30), "B": random.randint(3, 15)})
    assert isinstance(found, Plan)
    assert 0 < found.unproved < found.loss


def test_an_order_already_counted_is_cancelled_for_free():
    """A second item of an order with a cancelled item adds nothing to the rate."""
    plan = best_plan(some(order("O", 7, counts=False)), [week(40, counted=0)])
    assert isinstance(plan, Plan)
    assert (plan.cancel, plan.rate) == (("O",), 0)


@pytest.mark.parametrize(
    ("windows", "stock", "reason", "words"),
    [
        ([week(400, counted=10)], {}, "already_over", "before anything more is cancelled"),
        ([week(40)], {"A": 0}, "stock", "at least 2 orders must be cancelled"),
        ([], {}, "nothing_to_choose", "Nothing is left that you could still cancel"),
    ],
)
def test_no_plan_says_why(windows: list[Window], stock: dict[str, int], reason: str, words: str):
    """What stands in the way is named, with the number that would be needed."""
    found = best_plan(some(order("O", 1, A=1), order("P", 1, A=1)), windows, stock=stock)
    assert isinstance(found, NoPlan)
    assert found.reason == reason
    assert words in found.told().text("en")


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


def all_of(orders: pd.DataFrame, prices: Sequence[NormalPrice] = NORMAL, **given: Any) -> Choices:
    """What every row of a table would lose."""
    (book, *_) = books(orders)
    return choices_of(Book(orders, prices), book, np.ones(len(orders), dtype=bool), **given)


def test_an_item_is_worth_its_normal_price_times_its_units():
    """Amazon's item price is the line's total: three units at 1.00 together lose 175.97."""
    (one,) = all_of(rows({"quantity": 3})).orders
    assert (one.loss, one.units) == (1_759_700, {"A": 3})


def test_the_sellers_costs_come_before_the_normal_price():
    """16.75 that one unit costs against 1.00 paid."""
    (one,) = all_of(rows({}), costs={"A": Money(Decimal("16.75"), "USD")}).orders
    assert one.loss == 157_500


def test_costs_in_another_currency_are_not_used():
    """A cost in EUR says nothing about an order in USD."""
    found = all_of(rows({}), [], costs={"A": Money(Decimal(12), "EUR")})
    assert (found.orders, found.undecided) == ((), ("O0",))


def test_two_currencies_are_never_added():
    """One plan has one currency; orders in another are for the seller to decide."""
    found = all_of(rows({}, {}, {"currency": "EUR"}))
    assert ([one.order_id for one in found.orders], found.undecided) == (["O0", "O1"], ("O2",))


def test_an_order_of_unknown_units_is_for_the_seller_to_decide():
    """An empty cell is missing, never one: neither the seller's costs nor what others paid tells what it would lose."""
    costs = {"A": Money(Decimal("16.75"), "USD")}
    assert all_of(rows({}, {"quantity": None}, {"quantity": 0}), costs=costs).undecided == ("O1",)
    assert all_of(rows({"quantity": None}, {"item_price": None})).undecided == ("O0", "O1")


def test_a_pending_order_without_a_price_takes_what_others_paid():
    """It is marked as an estimate; without any other order of the SKU nobody can know."""
    found = all_of(rows({"item_price": "2.00", "quantity": 2}, {"item_price": None, "quantity": 3}))
    assert [one.estimated for one in found.orders] == [False, True]
    assert found.orders[1].loss == 3 * 579_900
    assert all_of(rows({"item_price": None})).undecided == ("O0",)


def test_an_order_for_nothing_loses_all_that_it_is_worth():
    """Paid 0.00 is a known price: it is a choice like any other."""
    (one,) = all_of(rows({"item_price": "0.00"})).orders
    assert (one.loss, one.estimated) == (589_900, False)


def test_the_items_of_an_order_are_decided_together():
    """Losses and units are the order's; one item that nobody can judge leaves the order to the seller."""
    (one,) = all_of(rows({"order_id": "X"}, {"order_id": "X", "sku": "B", "order_item_id": "2"})).orders
    assert (one.loss, one.units) == (2 * 579_900, {"A": 1, "B": 1})
    assert all_of(rows({"order_id": "X"}, {"order_id": "X", "sku": "NEW", "order_item_id": "2"})).undecided == ("X",)


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
    assert [one.order_id for one in all_of(rows({}, row)).orders] == ["O0"]


def month() -> tuple[pd.DataFrame, pd.Series]:
    """A month with 300 wrong orders in its last night, and which rows they are."""
    orders = seller_month(fba=0.0)
    return orders, orders["promotion_ids"].notna()


def decide(orders: pd.DataFrame, book: SellerOrders, chosen: pd.Series, **given: Any) -> tuple[Choices, list[Window]]:
    """What is to be decided on, and the windows that hold it."""
    mask = chosen.to_numpy(dtype=bool)
    windows = windows_of(book, book.added_by(mask), **given)
    choices = choices_of(Book(orders, NORMAL), book, mask, reading=given.get("reading", "high"))
    return choices, list(windows)


def added(orders: pd.DataFrame, book: SellerOrders, plan: Plan) -> Any:
    """The plan's orders among those of the rate."""
    return book.added_by(orders["order_id"].isin(plan.cancel).to_numpy(dtype=bool))


def test_the_plan_is_what_the_rate_says():
    """The plan's rate is the rate of the order table when just the plan's orders are cancelled, in every window."""
    orders, wrong = month()
    (book,) = books(orders)
    choices, windows = decide(orders, book, wrong)
    plan = best_plan(choices, windows, limit=Fraction(1, 10))
    assert isinstance(plan, Plan)
    assert {*plan.cancel, *plan.honour} == set(orders.loc[wrong, "order_id"])
    gone = added(orders, book, plan)
    for window in windows:
        high = rate_on(book, (window.last_day - date(1970, 1, 1)).days, gone).high
        assert high is not None
        assert high < Fraction(1, 10)
        assert window is not plan.worst or high == plan.rate
    assert plan.told().text("en").startswith(f"Cancel {len(plan.cancel)} orders, honour {len(plan.honour)}")


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


@given(TABLE, st.sampled_from(["low", "high"]), st.sampled_from([Fraction(1, 5), Fraction(1, 2)]))
def test_a_plan_never_exceeds_its_limit(cells: list[Any], reading: Any, limit: Fraction):
    """Over random tables: cancelling just the plan's orders keeps every window in the reports under the limit."""
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
    for book in books(orders):
        choices, windows = decide(orders, book, chosen, reading=reading)
        plan = best_plan(choices, windows, limit=limit)
        if isinstance(plan, NoPlan):
            continue
        assert set(plan.cancel) <= set(orders.loc[chosen & orders["fulfillment_channel"].eq("merchant"), "order_id"])
        gone = book.added_by((orders["order_id"].isin(plan.cancel) & chosen).to_numpy(dtype=bool))
        for window in windows:
            rate = rate_on(book, (window.last_day - date(1970, 1, 1)).days, gone)
            assert (getattr(rate, reading) or 0) < limit


def test_windows_that_end_later_need_a_guess_at_what_will_be_sold():
    """Without usual volume only the windows inside the reports are demanded; with it all that hold the night."""
    orders, wrong = month()
    (book,) = books(orders)
    coming = usual_volume(book, book.added_by(wrong.to_numpy())).at_least()
    assert len(decide(orders, book, wrong)[1]) == 1
    windows = decide(orders, book, wrong, coming=coming)[1]
    assert [window.last_day for window in windows] == [as_date(book.last + n) for n in range(7)]
    assert all(600 < window.orders < 1300 for window in windows)


def test_the_frontier_gives_up_money_for_rate_step_by_step():
    """More rate, less loss; from cancelling none to all; the plan under 2.5 % is one of the steps."""
    orders, wrong = month()
    (book,) = books(orders)
    choices, windows = decide(orders, book, wrong)
    steps = frontier(choices, windows, points=20)
    assert [step.rate for step in steps] == sorted({step.rate for step in steps})
    assert [step.loss for step in steps] == sorted({step.loss for step in steps}, reverse=True)
    assert steps[0].cancel == ()
    assert len(steps[-1].cancel) == len(choices.orders) >= 290
    assert best_plan(choices, windows) in steps
    assert any(step.limit == LIMIT for step in steps)


@pytest.mark.parametrize("limit", [Fraction(1, 4), Fraction(7, 20)])
def test_the_plan_under_the_limit_is_told_by_it_where_another_limit_gives_the_same(limit: Fraction):
    """Two orders of ten: both are cancelled under 25 %, 30 % and 35 %; the step says the limit that was asked."""
    steps = frontier(some(order("A", 5), order("B", 4)), [week(10)], limit=limit)
    assert [(step.cancel, step.limit == limit) for step in steps] == [((), False), (("A",), False), (("A", "B"), True)]


def test_thousands_of_orders_with_little_stock_are_planned():
    """3,000 orders of one to five units, stock for a third: within limit and stock, and nearly proved."""
    orders = [order(f"O{n}", (1 + n % 5) * 579_900, **{"AB"[n % 2]: 1 + n % 5}) for n in range(3000)]
    plan = best_plan(some(*orders), [week(20_000)], limit=Fraction(1, 5), stock={"A": 1500, "B": 1500})
    assert isinstance(plan, Plan)
    assert plan.unproved <= plan.loss / 1000
    honoured = [one for one in orders if one.order_id in set(plan.honour)]
    assert all(sum(one.units.get(sku, 0) for one in honoured) <= 1500 for sku in "AB")
