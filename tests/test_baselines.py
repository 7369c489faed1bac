"""What a SKU normally costs."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

import numpy as np
import pytest

from promofix_lib.finding.baselines import References
from promofix_lib.finding.sales import Sales
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.money import NormalPrice, ledger
from promofix_lib.orders import order_table


def sold(day: float, price: str, sku: str = "S", **more: object) -> dict[str, object]:
    time = f"2026-03-{1 + int(day):02d}T{int(day % 1 * 24):02d}:00:00Z"
    return {"sku": sku, "purchase_date": time, "item_price": price, "quantity": 1, "currency": "USD", **more}


def judged(rows: list[dict[str, object]], *given: NormalPrice) -> tuple[Sales, References]:
    sales = Sales(order_table(rows))
    return sales, References(sales, given)


def dollars(logarithms: np.ndarray) -> list[float]:
    return np.exp(logarithms).round(2).tolist()


def test_a_flood_is_one_vote():
    """300 orders at 1.00 in a night do not outvote 20 days with one order each."""
    _, known = judged([sold(day, "58.99") for day in range(20)] + [sold(12.5, "1.00")] * 300)
    assert set(dollars(known.list_price)) == {58.99}


def test_two_days_of_mistakes_do_not_outvote_one_normal_sale():
    """At a slow seller a price that did not last has one vote, however many days it touched."""
    _, known = judged([sold(1, "58.99"), sold(9, "6.99"), sold(9.5, "6.99"), sold(10.2, "6.99"), sold(11, "6.99")])
    assert set(dollars(known.list_price)) == {58.99}


def test_a_markdown_that_stays_is_decided_and_a_slip_is_not():
    """A price kept for a week belongs to a level; a price of one day does not."""
    rows = [sold(day, "50.00") for day in range(14)] + [sold(day, "20.00") for day in range(14, 28)]
    _, known = judged(rows)
    assert known.decided[-1]
    _, known = judged([*rows[:14], sold(13.5, "20.00")])
    assert not known.decided[-1]


def test_how_far_a_price_scatters_is_from_sale_to_sale_of_the_same_sku():
    """One that goes up and down by a tenth scatters by about so much; one of a fixed price not at all, at any level."""
    swings = [sold(day, "50.00" if day % 2 else "55.00", "SWINGS") for day in range(20)]
    steady = [sold(day, "20.00", "STEADY") for day in range(20)]
    _, known = judged([*swings, *steady])
    assert known.spread.round(3).tolist() == [0.1] * 20 + [0.0] * 20


@pytest.mark.parametrize(
    ("first", "later", "decided"),
    [
        ((9,), (10, 14, 18), True),
        ((9,), (10, 14, 19), False),
        ((9,), (10, 12, 14, 19), True),
        ((9, 10, 11), (12, 16, 20), True),
        ((9,), (10, 18), False),
        ((20,), (21, 22), False),
    ],
)
def test_a_first_price_is_an_introduction_where_sales_before_it_were_to_be_expected(
    first: tuple[int, ...], later: tuple[int, ...], decided: bool
):
    """By the rule of three: so often as it was sold afterwards, three or more sales would have come before it."""
    prices = {"8.00": first, "20.00": later}
    rows = [sold(0, "9.00", "OTHER"), *(sold(day, price, "A") for price, days in prices.items() for day in days)]
    assert judged(rows)[1].decided[1] == decided


def test_below_a_fifth_nothing_is_decided():
    """Nine tenths off is no markdown, however long it lasts."""
    _, known = judged([sold(day, "50.00") for day in range(14)] + [sold(day, "5.00") for day in range(14, 24)])
    assert not known.decided[-1]


def test_a_standing_discount_is_what_buyers_usually_pay():
    """The net reference follows a habit of many days, not one night."""
    habit = [sold(day, "150.00", item_promotion_discount="100.00") for day in range(20)]
    _, known = judged(habit)
    assert dollars(known.net_price)[0] == pytest.approx(50.0)
    night = [sold(day, "50.00") for day in range(20)] + [sold(12.5, "50.00", item_promotion_discount="48.00")] * 99
    _, known = judged(night)
    assert dollars(known.net_price)[0] == pytest.approx(50.0)


def test_a_new_sku_is_judged_by_its_sibling_in_another_marketplace():
    """Without history of its own the same SKU elsewhere speaks, times the usual factor between the marketplaces."""
    us, ca = {"sales_channel": "Amazon.com"}, {"sales_channel": "Amazon.ca", "currency": "CAD"}
    rows = [sold(day, "10.00", "A", **us) for day in range(9)] + [sold(day, "15.00", "A", **ca) for day in range(9)]
    rows += [sold(day, "40.00", "B", **us) for day in range(9)] + [sold(5, "6.00", "B", **ca)]
    _, known = judged(rows)
    assert dollars(known.list_price)[-1] == pytest.approx(60.0)


def test_the_same_asin_under_another_sku_speaks_too():
    """A new SKU of a known product is judged by the known one."""
    rows = [sold(day, "40.00", "OLD", asin="B0X", sales_channel="Amazon.com") for day in range(9)]
    _, known = judged([*rows, sold(5, "4.00", "NEW", asin="B0X", sales_channel="Amazon.com")])
    assert dollars(known.list_price)[-1] == 40.0


def test_the_sellers_word_wins():
    """A normal price given by the seller replaces the estimate, in every channel when none is named."""
    given = NormalPrice("S", "", "", Decimal("80.00"))
    _, known = judged([sold(day, "40.00") for day in range(9)], given)
    assert dollars(known.list_price) == [80.0] * 9
    assert not known.decided.any()


def test_the_finder_and_the_ledger_hear_the_same_word():
    """Of two prices that the seller gave for one order item the first counts, and none is for every SKU."""
    rows = [sold(day, "40.00", sales_channel="Amazon.com") for day in range(9)]
    told = [("S", "Amazon.com", "80.00"), ("S", "", "60.00"), ("", "", "10.00")]
    given = [NormalPrice(sku, channel, "", Decimal(price)) for sku, channel, price in told]
    for some, expected in ((given, 80.0), (given[1:], 60.0), (given[2:], 40.0)):
        assert dollars(judged(rows, *some)[1].list_price) == [expected] * 9
        sums = ledger(order_table(rows), some).sums()[0]
        assert float(sums.normal_value) == (9 * expected if some[0].sku else 0)


def test_a_word_on_items_without_a_sku_is_heard_by_both():
    """A price without a SKU is for items of which no report tells the SKU, in the finder as in the ledger."""
    rows = [sold(day, "40.00") | {"sku": None} for day in range(9)]
    given = NormalPrice("", "", "", Decimal("80.00"))
    assert dollars(judged(rows, given)[1].list_price) == [80.0] * 9
    assert ledger(order_table(rows), [given]).sums()[0].normal_value == 9 * 80


def test_every_number_has_its_reason():
    """At most fifteen numbers decide, and each is told where it stands."""
    names = asdict(Thresholds())
    assert len(names) <= 15
    assert all(f"{name}" in (Thresholds.__doc__ or "") for name in names)
