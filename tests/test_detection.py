"""Since when, until when, which promotion: what a careful expert would say, on small tables checked by eye."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from promofix_lib.finding.findings import Finding
from promofix_lib.finding.search import find_incidents
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.incident import Incident, affected
from promofix_lib.money import NormalPrice
from promofix_lib.orders import MONEY, item_keys, order_table
from promofix_lib.plain import plain, typed
from promofix_lib.reports.merging import read_orders
from promofix_lib.say import told

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
BEGIN = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
SHIPPING = "US Core Free Shipping Promotion A3EXAMPLE"


def sale(hours: float, number: int, **cells: Any) -> dict[str, Any]:
    plain = {
        "order_id": f"111-0000000-{number:07d}",
        "purchase_date": (BEGIN + timedelta(hours=hours)).isoformat(),
        "order_status": "Shipped",
        "sales_channel": "Amazon.com",
        "sku": "HP",
        "quantity": 1,
        "currency": "USD",
        "item_price": "58.99",
    }
    return plain | cells


def usual(**cells: Any) -> list[dict[str, Any]]:
    """Thirty days, a sale every five hours, every other one with free shipping."""
    return [sale(5 * n, n, **({"promotion_ids": [SHIPPING]} if n % 2 else {}) | cells) for n in range(144)]


def night(count: int, *, start: float = 400.0, first: int = 5000, **cells: Any) -> list[dict[str, Any]]:
    """So many orders of a wrong promotion, one a minute."""
    wrong = {"promotion_ids": ["WRONG", SHIPPING], "item_promotion_discount": "57.99"} | cells
    return [sale(start + n / 60, first + n, **wrong) for n in range(count)]


def the_one(orders: pd.DataFrame, **more: Any) -> Finding:
    findings = find_incidents(orders, **more)
    assert len(findings.incidents) == 1
    found = findings.incidents[0]
    assert tuple(item_keys(orders)[affected(orders, found.rule)]) == found.items
    assert typed(Incident, plain(found.rule)) == found.rule
    return found


def ids(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(row["order_id"] for row in rows)


def test_the_sample_case_is_found_to_the_row():
    """All 300 orders, first and last second, promotion, SKUs and loss of the sample, and nothing else."""
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    orders = read_orders([SAMPLE / "AllOrders-2026-11-20.txt"]).orders
    found = the_one(orders).to_json()
    for name in ("onset", "end", "promotion_ids", "orders", "units"):
        assert found[name] == truth[name], name
    assert found["amounts"] == [{"items_not_known": 0} | money for money in truth["amounts"]]
    assert set(found["order_ids"]) == set(truth["order_ids"])
    assert sorted(found["skus"]) == sorted(truth["skus"])


def test_a_wrong_promotion_and_its_money():
    """Every order of the night, its promotion, its money; the free-shipping id on it is not blamed."""
    rows = night(40)
    found = the_one(order_table(usual() + rows))
    assert found.order_ids == ids(rows)
    assert found.promotion_ids == ("WRONG",)
    assert (found.onset, found.end) == (BEGIN + timedelta(hours=400), BEGIN + timedelta(hours=400, minutes=39))
    money = found.amounts[0]
    assert (money.currency, money.paid, money.loss) == ("USD", Decimal("40.00"), Decimal("2319.60"))
    assert found.normal_prices[0].price == Decimal("58.99")


def test_the_sentence_can_be_checked_by_hand():
    """The seller's clock, how many, paid and normal price, promotion, how sure; what else can be counted, beside it."""
    found = the_one(order_table(usual() + night(40)))
    assert found.sentence.text("en") == (
        "2026-03-17 09:00 to 09:39 (America/Los Angeles): 40 orders of SKU HP paid 1.00 USD instead of 58.99 USD each, "
        "by promotion 'WRONG'. Almost certainly a mistake (99 %)."
    )
    assert found.evidence.text("en") == (
        "First order: 111-0000000-0005000. The promotion is on 40 of them and 0 of 144 others. "
        "The normal price of HP: the median of 67 order items in the 14 days before. Loss: 2,319.60 USD."
    )


def test_a_busy_night_at_the_normal_price_is_no_incident():
    """Five hundred orders in an hour are no mistake as long as they pay the price."""
    viral = [sale(400 + n / 500, 5000 + n) for n in range(500)]
    findings = find_incidents(order_table(usual() + viral))
    assert findings.incidents == ()
    assert findings.worth_a_look == ()


def test_a_slow_leak_is_one():
    """Three wrong orders in a day that has five right ones are found, in no hour that stands out."""
    leak = [sale(300 + 7 * n, 5000 + n, promotion_ids=["LEAK"], item_promotion_discount="56.00") for n in range(3)]
    assert the_one(order_table(usual() + leak)).order_ids == ids(leak)


def test_a_leak_with_a_pause_of_two_days_is_one():
    """A few uses a day, then none for two days, then some more: one mistake, though others pay the price meanwhile."""
    leak = [
        sale(hours, 5000 + n, promotion_ids=["LEAK"], item_promotion_discount="53.00")
        for n, hours in enumerate([300, 307, 314, 322, 370, 378])
    ]
    assert the_one(order_table(usual() + leak)).order_ids == ids(leak)


def leak(hours: list[float], off: str = "53.00") -> list[dict[str, Any]]:
    """Uses of a deep code at these hours, among others who pay the price."""
    return [sale(one, 5000 + n, promotion_ids=["LEAK"], item_promotion_discount=off) for n, one in enumerate(hours)]


@pytest.mark.parametrize("days", [8, 10, 14, 20])
@pytest.mark.parametrize("pause", [0, 50])
def test_a_leak_of_weeks_is_no_habit(days: int, pause: int):
    """Three uses a day, begun when the report had run for nine days: a habit would have been there before."""
    rows = leak([220 + 8 * n for n in range(3 * days) if not 0 < 8 * n - 36 < pause])
    assert the_one(order_table(usual() + rows)).order_ids == ids(rows)


def test_the_parts_of_a_leak_do_not_excuse_each_other():
    """Five days, five days without, five days: what began in the report is no life, and both parts are told."""
    parts = leak([220 + 8 * n for n in range(15)]), leak([460 + 8 * n for n in range(15)])
    rows = [row | {"order_id": f"P{n}"} for n, row in enumerate(parts[0] + parts[1])]
    found = find_incidents(order_table(usual() + rows)).incidents
    assert [one.orders for one in sorted(found, key=lambda one: one.onset)] == [15, 15]


@pytest.mark.parametrize(
    "hours",
    [
        [5 + 16 * n for n in range(44)],
        [10 + 60 * n for n in range(12)],
        [24 * 7 * week + 40 + 2 * n for week in range(4) for n in range(6)],
        [n for n in range(5, 715, 16) if not 100 < n < 220],
    ],
    ids=["thrice in two days", "every few days", "on Saturdays", "with a pause of five days"],
)
def test_a_code_that_was_there_when_the_report_began_is_a_habit(hours: list[float]):
    """Vouchers for staff, friends and reviewers, however deep: each part of it is judged by the code's whole life."""
    assert find_incidents(order_table(usual() + leak([float(one) for one in hours]))).incidents == ()


@pytest.mark.parametrize(
    ("hours", "orders", "why_not"),
    [
        ([3 + 14 * n for n in range(8)], 8, "finding.why_standing"),
        ([28 + 13 * n for n in range(7)], 7, "finding.why_standing"),
        ([n / 12 for n in range(40)], 40, None),
        ([float(n) for n in range(30)], 30, None),
        ([50 + 5 * n for n in range(14)], 14, None),
        ([3 + 14 * n for n in range(5)] + [72 + n / 6 for n in range(30)], 30, None),
    ],
    ids=["from the first row", "from the second day", "a night", "a day", "a leak from the third day", "and a flood"],
)
def test_a_code_as_old_as_a_short_report_wakes_nobody(hours: list[float], orders: int, why_not: str | None):
    """A report of five days cannot tell a habit from a mistake: named, with the reason why it is no alarm."""
    short = [one for one in usual() if one["purchase_date"] < (BEGIN + timedelta(days=5)).isoformat()]
    told_of = find_incidents(order_table(short + leak([float(one) for one in hours]))).incidents
    assert [one.orders for one in told_of] == [orders]
    assert [one.why_no_alarm() for one in told_of] == [told(why_not) if why_not else None]


def test_a_habit_that_leaks_is_told():
    """A voucher used every other day, and twenty times in one night: the night is told, the voucher is not."""
    night_of_it = leak([400 + n / 6 for n in range(20)])
    habit = [row | {"order_id": f"H{n}"} for n, row in enumerate(leak([10.0 + 48 * n for n in range(15)]))]
    assert set(the_one(order_table(usual() + habit + night_of_it)).order_ids) >= set(ids(night_of_it))
    assert the_one(order_table(usual() + habit + night_of_it)).orders <= 22


def test_a_wrong_price_has_no_promotion():
    """A slipped digit: the price itself, with a ceiling in the rule; normal sales in the window stay out."""
    wrong = [sale(400 + n / 60, 5000 + n, item_price="5.89") for n in range(40)]
    found = the_one(order_table(usual() + wrong))
    assert found.order_ids == ids(wrong)
    assert found.promotion_ids == ()
    assert found.rule.ceilings[0].price == Decimal("5.89")
    assert "the price itself was wrong" in found.sentence.text("en")


def test_two_promotions_are_blamed_only_together():
    """45 % and 40 % are ordinary alone; on one order they are the mistake."""
    alone = [sale(20 * n, 3000 + n, promotion_ids=["A"], item_promotion_discount="26.55") for n in range(9)]
    alone += [sale(21 * n, 4000 + n, promotion_ids=["B"], item_promotion_discount="23.60") for n in range(9)]
    both = [sale(400 + n / 60, 5000 + n, promotion_ids=["A", "B"], item_promotion_discount="50.15") for n in range(30)]
    found = the_one(order_table(usual() + alone + both))
    assert (found.order_ids, found.promotion_ids, found.rule.together) == (ids(both), ("A", "B"), True)
    assert "only by 'A, B' together" in found.sentence.text("en")


def test_pending_orders_belong_by_their_promotion():
    """An order without a price counts when its promotion tells; its money is not made up, and the sentence says so."""
    pending = night(
        5, start=400.7, first=6000, order_status="Pending", item_price=None, item_promotion_discount=None, currency=None
    )
    found = the_one(order_table(usual() + night(40) + pending))
    assert (found.orders, found.units, found.amounts[0].paid) == (45, 45, Decimal("40.00"))
    assert found.end == BEGIN + timedelta(hours=400.7, minutes=4)
    assert "each (5 items: not known yet), by promotion" in found.sentence.text("en")
    assert "Without 5 items of unknown value" in found.evidence.text("en")


def test_what_cannot_be_judged_is_listed_apart():
    """No price and no promotion: not affected as far as anyone can tell, but listed."""
    unknown = [sale(400.2, 7000, order_status="Pending", item_price=None, currency=None)]
    found = the_one(order_table(usual() + night(40) + unknown))
    assert found.cannot_judge == ("111-0000000-0007000/HP/1",)
    assert found.orders == 40


def test_cancelled_rows_without_a_price_are_not_affected():
    """A cancelled order has nothing left to cancel and no price to judge."""
    gone = night(3, start=400.1, first=6000, order_status="Cancelled", item_price=None, item_promotion_discount=None)
    for row in gone:
        row["quantity"] = 0
    found = the_one(order_table(usual() + night(40) + gone))
    assert found.orders == 40


def test_an_unshipped_order_can_show_the_full_price_still():
    """The discount is printed when the order ships; the id says before what was paid."""
    blank = night(6, start=400.05, first=6000, order_status="Unshipped", item_promotion_discount=None)
    found = the_one(order_table(usual() + night(40) + blank))
    assert found.orders == 46
    assert found.amounts[0].paid == Decimal("40.00")


def test_money_of_two_currencies_is_never_added():
    """One promotion in two marketplaces: one incident, two amounts, the larger loss first."""
    yen = {"sales_channel": "Amazon.co.jp", "currency": "JPY", "item_price": "8000"}
    rows = usual() + usual(**yen | {"order_id": None}) + night(4)
    rows += night(4, first=6000, **yen, item_promotion_discount="7900")
    found = the_one(order_table(rows))
    assert [(money.currency, money.loss) for money in found.amounts] == [
        ("JPY", Decimal("31600.00")),
        ("USD", Decimal("231.96")),
    ]


def test_recurring_nights_are_one_incident_each():
    """Two nights with a day of normal sales between are two incidents."""
    first, second = night(20), night(20, start=424, first=6000)
    found = find_incidents(order_table(usual() + first + second)).incidents
    assert sorted(one.order_ids for one in found) == [ids(first), ids(second)]


def test_many_skus_at_a_cent_are_one_incident():
    """A repricer: many SKUs, one order each; a SKU that was never sold before comes along at the same price."""
    rows = [sale(5 * n, 100 * k + n, sku=f"S{k}") for k in range(20) for n in range(30)]
    cents = [sale(100 + k / 60, 9000 + k, sku=f"S{k}", item_price="0.01") for k in range(20)]
    cents.insert(9, sale(100 + 8.5 / 60, 9500, sku="NEVER-SOLD", item_price="0.01"))
    found = the_one(order_table(rows + cents))
    assert found.order_ids == ids(cents)
    assert found.amounts[0].paid == Decimal("0.20")
    assert "Without 1 item of unknown value" in found.evidence.text("en")


def test_a_business_price_slip_leaves_the_others_alone():
    """Only business buyers got it; consumers who bought between them are not affected."""
    slip = [sale(400 + n, 5000 + n, is_business_order=True, item_price="11.80") for n in range(30)]
    fine = [sale(400.5 + n, 6000 + n) for n in range(30)]
    assert the_one(order_table(usual() + slip + fine)).order_ids == ids(slip)


def test_the_sellers_normal_price_wins():
    """A SKU sold only at the wrong price has no history: the seller's word finds the incident."""
    wrong = [sale(n, n, item_price="5.89") for n in range(12)]
    orders = order_table(wrong)
    assert find_incidents(orders).incidents == ()
    found = the_one(orders, normal_prices=[NormalPrice("HP", "", "", Decimal("58.99"))])
    assert found.amounts[0].loss == Decimal("637.20")
    assert found.normal_prices[0].how_known == told("money.given_by_seller")


def test_thresholds_can_be_moved():
    """A seller who never gives more than 20 % can have 40 % off found."""
    off = [sale(400 + n / 60, 5000 + n, promotion_ids=["P"], item_promotion_discount="23.60") for n in range(20)]
    orders = order_table(usual() + off)
    assert find_incidents(orders).incidents == ()
    assert the_one(orders, thresholds=Thresholds(deep_share=0.75, planned_share=0.9)).order_ids == ids(off)


def test_too_few_orders_are_worth_a_look():
    """One odd row is a refund, a sample or a typo: said, with the reason, and never in the cancel list."""
    findings = find_incidents(order_table([*usual(), sale(400, 5000, item_price="20.00")]))
    assert findings.incidents == ()
    assert [look.why_not.text("en") for look in findings.worth_a_look] == ["Too few to tell: 1 order."]
    assert "66 % below the normal price on 1 order of SKU HP" in findings.worth_a_look[0].sentence.text("en")


@pytest.mark.parametrize(
    ("orders", "why"),
    [
        (2, "Too few to tell: 2 orders."),
        (3, "This shop often sells so cheaply: a run like this one can come by chance."),
    ],
)
def test_two_orders_are_few_and_three_are_not(orders: int, why: str):
    """Where other cheap orders excuse the run, the reason says which of the two it is."""
    run = [sale(300 + n, 5000 + n, item_price="20.00") for n in range(orders)]
    others = [sale(400 + 20 * n, 6000 + n, item_price="20.00") for n in range(orders)]
    looks = find_incidents(order_table([*usual(), *run, *others])).worth_a_look
    assert looks[0].why_not.text("en") == why


def test_the_gravest_loss_comes_first():
    """Incidents are sorted by loss, not by orders."""
    cheap = [sale(5 * n, 8000 + n, sku="CABLE", item_price="9.00") for n in range(60)]
    leak = [sale(200 + n / 60, 9000 + n, sku="CABLE", item_price="0.90") for n in range(50)]
    found = find_incidents(order_table(usual() + cheap + leak + night(20))).incidents
    assert [one.skus for one in found] == [("HP",), ("CABLE",)]


@pytest.mark.parametrize(
    "column",
    ["promotion_ids", "sales_channel", "currency", "order_id", "item_price", "purchase_date", "sku", "quantity"],
)
def test_a_missing_column_is_no_reason_to_stop(column: str):
    """A report without one of the columns is judged by the others."""
    rows = [{name: cell for name, cell in row.items() if name != column} for row in usual() + night(40)]
    found = find_incidents(order_table(rows)).incidents
    blind = column in ("item_price", "purchase_date", "quantity")
    assert [one.units for one in found] == ([] if blind else [40])


def test_an_empty_table_has_no_incident():
    """No orders, no incident, no error."""
    assert find_incidents(order_table()).to_json() == {"incidents": [], "worth_a_look": [], "not_looked_at": []}


def test_the_words_of_a_report_cannot_break_the_sentence():
    """Ids with braces, percent signs and quotes are shown as they are."""
    name = "OFF {0} %s 'x' =1+1"
    found = the_one(order_table(usual() + night(9, promotion_ids=[name])))
    assert repr(name) in found.sentence.text("en")


@pytest.mark.parametrize(
    ("units", "bulk", "found"), [(200, 1, 1), (20, 1, 1), (19, 1, 0), (31, 30, 1), (30, 30, 0), (40, 100, 0)]
)
def test_one_buyer_who_empties_the_stock_is_an_incident(units: int, bulk: int, found: int):
    """One order is enough when it takes many units nearly free, and more than any normal order of the SKU took."""
    prices = {"item_price": f"{58.99 * units:.2f}", "item_promotion_discount": f"{57.99 * units:.2f}"}
    rows = [sale(90, 4999, quantity=bulk, item_price=f"{58.99 * bulk:.2f}"), *night(1, quantity=units, **prices)]
    assert [one.units for one in find_incidents(order_table(usual() + rows)).incidents] == [units] * found


def test_a_buyer_of_many_with_a_code_in_ordinary_use_is_none():
    """Makers' coupons are used every week, and once by a buyer of 44: the code lives, and one order is odd, no more."""
    coupons = [
        sale(24 * day, 3000 + day, promotion_ids=["MAKER"], item_promotion_discount="5.00") for day in range(1, 29)
    ]
    many = night(1, promotion_ids=["MAKER"], quantity=44, item_price="2595.56", item_promotion_discount="2595.56")
    assert find_incidents(order_table(usual() + coupons + many)).incidents == ()


def test_a_small_night_beside_a_large_one_is_no_usual_rate():
    """Nights of the same wrong promotion do not excuse each other: the small ones are reported, too."""
    nights = [
        night(count, start=24 * day + first_hour, first=5000 + 100 * day, item_promotion_discount="53.00")
        for day, first_hour, count in ((10, 22, 5), (11, 22, 37), (12, 22, 6))
    ]
    rows = [
        {
            **row,
            "purchase_date": (
                datetime.fromisoformat(row["purchase_date"]) + timedelta(minutes=(7 if len(rows) > 6 else 60) * n)
            ).isoformat(),
        }
        for rows in nights
        for n, row in enumerate(rows)
    ]
    hourly = [sale(n + 0.5, 2000 + n) for n in range(700)]
    findings = find_incidents(order_table(hourly + rows))
    assert {order for one in findings.incidents for order in one.order_ids} == set(ids(rows))


def test_half_off_the_usual_price_is_no_habit_of_half_off_a_lowered_one():
    """A coupon of half off was ordinary for days; forgotten while the price was lowered, too, it is a mistake."""
    half = {"promotion_ids": ["PLM-HALF"]}
    usual_coupon = [
        sale(24 * day + 3, 3000 + day, item_promotion_discount="29.49", **half) for day in (4, 6, 8, 10, 12)
    ]
    rows = [sale(400 + n / 10, 5000 + n, item_price="38.00", item_promotion_discount="19.00", **half) for n in range(5)]
    assert the_one(order_table(usual() + usual_coupon + rows)).order_ids == ids(rows)


def test_a_clearance_in_steps_of_thirty_percent_is_a_decision():
    """30 % off, and again, and again: the last stair is no mistake although the report ends before four days."""
    steps = ((0, 14, "100.00"), (14, 17, "72.00"), (17, 22, "51.00"), (22, 25, "35.70"))
    rows = [
        sale(24 * day + 6 * part, 10 * day + part, item_price=price)
        for first, last, price in steps
        for day in range(first, last)
        for part in range(4)
    ]
    assert find_incidents(order_table(rows)).incidents == ()


@pytest.mark.parametrize("off", [0, 40])
def test_a_stair_is_one_in_its_first_hours(off: int):
    """A look three hours after the last stair, with the usual coupon or without: most of the day was dearer."""
    steps = ((0, 8, 100), (8, 10.5, 74), (10.5, 13, 54), (13, 15.6, 40))
    times = [(24 * first + hour, price) for first, last, price in steps for hour in range(int(24 * (last - first)) + 1)]
    times += [(24 * 15.6 + n / 5, 30) for n in range(15)]
    rows = [sale(hours, n, item_price=f"{price}.00") for n, (hours, price) in enumerate(times)]
    for row, (_, price) in list(zip(rows, times, strict=True))[::2]:
        row |= {"promotion_ids": ["PLM"], "item_promotion_discount": f"{price * off / 100}"} if off else {}
    assert find_incidents(order_table(rows)).incidents == ()


@pytest.mark.parametrize(("since", "found"), [(10, 0), (1, 1)])
def test_an_introduction_price_is_no_mistake(since: int, found: int):
    """What sells every day, and was not sold before its three cheap days, was new; what was sold before was not."""
    early = [sale(24 * day + 2, 4000 + day, sku="NEW", item_price="49.00") for day in range(since, 10)]
    cheap = [sale(240 + 6 * n, 5000 + n, sku="NEW", item_price="20.00") for n in range(12)]
    later = [sale(24 * day + 2, 6000 + day, sku="NEW", item_price="49.00") for day in range(14, 29)]
    assert len(find_incidents(order_table(usual() + early + cheap + later)).incidents) == found


def test_a_rare_sku_follows_the_sellers_other_prices():
    """Where all prices sink for weeks, a SKU sold four times is no mistake for being as cheap as the others."""
    sink = [100 * 0.3 ** (day / 60) for day in range(60)]
    rows = [
        sale(24 * day + sku, 100 * day + sku, sku=f"S{sku}", item_price=f"{sink[day]:.2f}")
        for day in range(60)
        for sku in range(8)
    ]
    rare = [sale(24 * day, 9000 + day, sku="RARE", item_price=f"{sink[day]:.2f}") for day in (1, 3, 55, 56, 57)]
    assert find_incidents(order_table(rows + rare)).incidents == ()
    wrong = [{**row, "item_price": "3.00"} for row in rare[2:]]
    assert the_one(order_table(rows + rare[:2] + wrong)).order_ids == ids(wrong)


def test_one_minimum_price_in_two_currencies_is_one_cause():
    """A repricer that sets everything to 0.01 sells SKUs never sold before, in US and Canadian dollars alike."""
    abroad = {"sales_channel": "Amazon.ca", "currency": "CAD"}
    known = [row for sku in "ABCD" for row in usual(sku=sku, order_id=f"O-{sku}")]
    foreign = [row for sku in "ABCD" for row in usual(sku=sku, order_id=f"P-{sku}", **abroad)]
    cent = [
        sale(400 + n / 60, 5000 + n, sku=sku, item_price="0.01", **place)
        for n, (sku, place) in enumerate([(s, p) for p in ({}, abroad) for s in ("A", "B", "C", "D", "NEVER")])
    ]
    found = the_one(order_table(known + foreign + cent))
    assert found.order_ids == ids(cent)


def test_two_codes_of_exactly_half_are_guilty_together():
    """50 % and 50 % make 100 %: rounding to cents does not acquit one of them."""
    alone = [
        sale(24 * day + hour, 3000 + 10 * day + hour, promotion_ids=[name], item_promotion_discount="29.49")
        for hour, name in ((1, "CODE-A"), (2, "CODE-B"))
        for day in range(1, 12)
    ]
    rows = night(20, promotion_ids=["CODE-A", "CODE-B"], item_promotion_discount="58.99")
    assert the_one(order_table(usual() + alone + rows)).promotion_ids == ("CODE-A", "CODE-B")


@pytest.mark.parametrize(
    ("currency", "normal", "wrong", "quantity", "words"),
    [("JPY", "5899", "10", 1, "paid 10 JPY instead of"), ("USD", "58.99", "12.99", 32, "paid 0.41 USD instead of")],
)
def test_a_price_per_unit_is_readable_aloud(currency: str, normal: str, wrong: str, quantity: int, words: str):
    """Yen have no decimals, and what does not divide evenly is rounded."""
    orders = usual(currency=currency, item_price=normal, sales_channel=None)
    rows = [sale(400 + n / 60, 5000 + n, currency=currency, item_price=wrong, quantity=quantity) for n in range(5)]
    rows = [{**row, "sales_channel": None} for row in rows]
    assert words in the_one(order_table(orders + rows)).sentence.text("en")


def test_two_printed_discounts_tell_for_the_orders_not_yet_shipped():
    """In the first hours few have shipped: two deep discounts, and five orders whose own is to come."""
    rows = night(7)
    for row in rows[:3] + rows[5:]:
        row.update(order_status="Unshipped", item_promotion_discount=None)
    found = the_one(order_table(usual() + rows))
    assert (found.order_ids, found.promotion_ids) == (ids(rows), ("WRONG",))
    assert (found.amounts[0].paid, found.amounts[0].items_not_known) == (Decimal("2.00"), 5)
    assert "paid 1.00 USD instead of 58.99 USD each (5 items: not known yet)" in found.sentence.text("en")


def test_a_sku_sold_once_on_the_day_it_went_for_a_cent_is_not_forgotten():
    """One normal sale among many at a cent on its only day: the price that the other SKUs had by mistake tells."""
    known = [row for sku in "ABC" for row in usual(sku=sku, order_id=f"O-{sku}")]
    once = sale(399, 4000, sku="RARE", item_price="37.80")
    cent = [
        sale(400 + n / 60, 5000 + n, sku=sku, item_price="0.01") for n, sku in enumerate(["A", "B", "C"] + 5 * ["RARE"])
    ]
    assert the_one(order_table([*known, once, *cent])).order_ids == ids(cent)


def test_a_sku_that_always_costs_about_that_much_is_no_part_of_an_upload():
    """Three SKUs at 5.00 by mistake; one of 5.90 that is sold for 5.00 in that hour is not."""
    known = [row for sku in "ABC" for row in usual(sku=sku, order_id=f"O-{sku}")]
    cheap = usual(sku="CHEAP", item_price="5.90", order_id="O-CHEAP")
    wrong = [sale(400 + n / 60, 5000 + n, sku="ABC"[n % 3], item_price="5.00") for n in range(9)]
    beside = sale(400.1, 6000, sku="CHEAP", item_price="5.00")
    assert the_one(order_table([*known, *cheap, *wrong, beside])).order_ids == ids(wrong)


def test_what_a_promotion_takes_off_is_told_where_it_stands_alone():
    """A takes a tenth, B the rest of 49 %; when both took nine tenths, A was as ordinary as ever."""
    both = [sale(20 * n, 2000 + n, promotion_ids=["A", "B"], item_promotion_discount="28.90") for n in range(30)]
    alone = [sale(60 * n + 1, 3000 + n, promotion_ids=["A"], item_promotion_discount="5.90") for n in range(10)]
    wrong = night(9, promotion_ids=["A", "B"])
    assert the_one(order_table([*usual(), *both, *alone, *wrong])).promotion_ids == ("B",)


def test_the_normal_price_is_the_median_of_what_was_paid():
    """Two of five paid 48.99, three 58.99: the median is what most paid, neither the lowest nor a mean."""
    mixed = [row | {"item_price": "48.99" if n % 5 < 2 else "58.99"} for n, row in enumerate(usual())]
    assert [str(one.price) for one in the_one(order_table(mixed + night(9))).normal_prices] == ["58.99"]


def test_what_the_seller_meant_is_no_alarm_any_more():
    """The cause of a finding, given back, silences it; another promotion is still one."""
    orders = order_table(usual() + night(9) + night(9, start=500, first=6000, promotion_ids=["OTHER"]))
    first = next(one for one in find_incidents(orders).incidents if one.promotion_ids == ("WRONG",))
    findings = find_incidents(orders, meant=[first.cause])
    assert [one.promotion_ids for one in findings.incidents] == [("OTHER",)]
    assert [look.why_not for look in findings.worth_a_look] == [told("finding.why_meant")]


def test_what_was_meant_is_the_life_of_the_shop():
    """A flash sale of 60 % was meant; the next one, under another id, is no alarm, and 98 % off in it still is."""
    flash, after = (
        night(12, start=start, first=first, promotion_ids=[name], item_promotion_discount="35.39")
        for start, first, name in ((232, 5000, "FLASH 1"), (400, 6000, "FLASH 2"))
    )
    (first,) = find_incidents(order_table(usual() + flash)).incidents
    again = order_table(usual() + flash + after)
    assert len(find_incidents(again).incidents) == 2
    findings = find_incidents(again, meant=[first.cause])
    assert findings.incidents == ()
    assert {look.why_not.key for look in findings.worth_a_look} == {"finding.why_meant", "finding.why_usual"}
    assert the_one(order_table(usual() + flash + night(12)), meant=[first.cause]).promotion_ids == ("WRONG",)


def test_an_offer_is_meant_from_its_first_order_on():
    """A gift beside a bought SKU: one discount is printed, two not yet; three free alone are the mistake."""
    gift = {"sku": "GIFT", "item_price": "20.00", "promotion_ids": ["WITH HP"]}
    known = usual(sku="GIFT", item_price="20.00", order_id="O-GIFT")
    open_still = {"order_status": "Unshipped"}
    pairs = [
        row
        for n in range(3)
        for row in (
            sale(400 + n, 5000 + n, **open_still),
            sale(400 + n, 5000 + n, **gift, **({} if n else {"item_promotion_discount": "20.00"}), **open_still),
        )
    ]
    assert find_incidents(order_table(usual() + known + pairs)).incidents == ()
    alone = [sale(404 + n / 10, 6000 + n, **gift, item_promotion_discount="20.00") for n in range(3)]
    assert the_one(order_table(usual() + known + pairs + alone)).order_ids[-3:] == ids(alone)
    free = {"promotion_ids": ["3 FOR 2"], "item_promotion_discount": "58.99"}
    basket = [sale(400 + n, 5000 + n, **cells, **open_still) for n in range(2) for cells in ({}, {}, free)]
    assert find_incidents(order_table(usual() + basket)).incidents == ()


@pytest.mark.parametrize("cells", [{"item_price": "33.00"}, {"promotion_ids": ["P"], "item_promotion_discount": "26"}])
def test_a_near_miss_can_be_taken_all_the_same(cells: dict[str, Any]):
    """44 % off for a night is not far enough, and said; its rule gives exactly these orders."""
    rows = [sale(400 + n / 60, 5000 + n, **cells) for n in range(20)]
    orders = order_table(usual() + rows)
    findings = find_incidents(orders)
    assert findings.incidents == ()
    (look,) = findings.worth_a_look
    assert look.why_not == told("finding.why_shallow")
    assert tuple(orders.loc[affected(orders, look.rule), "order_id"]) == ids(rows)


def test_a_gift_is_known_by_its_first_orders():
    """Free beside HP for weeks, then free alone: other goods beside a fifth of those do not hide how it was meant."""
    gift = {"sku": "GIFT", "item_price": "90.00", "promotion_ids": ["WITH HP"], "item_promotion_discount": "90.00"}
    pairs = [row for n in range(10) for row in (sale(40 * n, 5000 + n), sale(40 * n, 5000 + n, **gift))]
    alone = [sale(450 + n / 10, 6000 + n, **gift) for n in range(60)]
    beside = [sale(450 + n / 10, 6000 + n, sku="OTHER", item_price="9.00") for n in range(0, 60, 5)]
    assert the_one(order_table(usual() + pairs + alone + beside)).order_ids == ids(alone)


def test_a_fixed_sum_may_differ_by_a_cent():
    """Five off, once 5.01 by rounding: shallow on dear goods, and the same mistake."""
    prices = [("S", "6.00", "5.00"), ("T", "7.00", "5.01"), ("U", "30.00", "5.00")] * 4
    rows = [
        sale(400 + n, 5000 + n, sku=sku, item_price=price, promotion_ids=["FIVE"], item_promotion_discount=off)
        for n, (sku, price, off) in enumerate(prices)
    ]
    assert the_one(order_table(usual() + rows)).order_ids == ids(rows)


def test_what_was_not_looked_at_is_said():
    """Orders without a price, cancelled ones and replacements tell nothing about prices; that is counted."""
    silent = [
        sale(700, 8000, item_price=None, order_status="Pending"),
        *(sale(700, number, item_price=None, order_status="Cancelled") for number in (8001, 8002)),
        sale(700, 8003, order_status="Cancelled"),
        *(sale(700, number, item_price="0.00") for number in (8004, 8005, 8006)),
    ]
    found = find_incidents(order_table(usual() + silent)).not_looked_at
    counts = {one.key.removeprefix("finding.not_looked_at_"): dict(one.facts)["n"] for one in found}
    assert counts == {"open": 1, "cancelled": 2, "aside": 3}


def test_uses_as_they_were_meant_do_not_move_the_onset():
    """Five off for baskets of 25 is ordinary a day before; when the threshold is lost, only the small orders count."""
    five = {"promotion_ids": ["SAVE5"], "item_promotion_discount": "5.00"}
    meant = [sale(366 + n, 4000 + n, sku="BIG", item_price="25.00", **five) for n in range(2)]
    small = [sale(400 + n / 12, 5000 + n, sku=f"S{n % 3}", item_price=f"{6 + n % 3}.00", **five) for n in range(30)]
    known = [row for sku in ("S0", "S1", "S2") for row in usual(sku=sku, item_price="7.00", order_id=f"O-{sku}")]
    found = the_one(order_table(known + usual(sku="BIG", item_price="25.00", order_id="O-BIG") + meant + small))
    assert found.order_ids == ids(small)


def test_an_estimate_is_a_price_that_can_be_paid():
    """A new SKU in Japan, judged by its sibling in America: whole yen in the sentence, in JSON and in the loss."""
    wrong = [
        sale(400 + n / 60, 5000 + n, sales_channel="Amazon.co.jp", currency="JPY", item_price="1") for n in range(9)
    ]
    found = the_one(order_table(usual() + wrong))
    (price,) = found.normal_prices
    assert price.how_known == told("finding.by_sibling")
    assert price.price == price.price.to_integral_value() > 1000
    assert found.amounts[0].loss == 9 * (price.price - 1)


@pytest.mark.parametrize(
    ("cells", "orders", "unknown"),
    [
        ({"order_status": "Shipping"}, 12, 0),
        ({"item_status": "Unshipped"}, 13, 1),
        ({"order_status": "Pending"}, 13, 1),
    ],
)
def test_what_has_shipped_is_asked_in_one_place(cells: dict[str, str], orders: int, unknown: int):
    """A use without a discount: full price where it ships, as the ledger says; else its discount is still to come."""
    found = the_one(order_table(usual() + night(12) + [sale(400.1, 6000, promotion_ids=["WRONG"], **cells)]))
    assert (found.orders, found.amounts[0].items_not_known) == (orders, unknown)
    assert found.amounts[0].loss == Decimal("695.88")


def test_the_gravest_incident_is_asked_in_dollars():
    """Nine orders that lost 522 dollars stand before nine that lost 18,000 yen, also among what was only close."""
    japan: dict[str, Any] = {"sku": "JP", "sales_channel": "Amazon.co.jp", "currency": "JPY"}
    there = [sale(5 * n, 2000 + n, **japan, item_price="2001") for n in range(144)]
    wrong = [sale(300 + n / 60, 5000 + n, **japan, item_price="1") for n in range(9)]
    found = find_incidents(order_table(usual() + there + night(9) + wrong)).incidents
    assert [one.amounts[0].currency for one in found] == ["USD", "JPY"]
    close = [sale(300, 5000, **japan, item_price="1"), sale(300, 6000, item_price="0.50")]
    looks = find_incidents(order_table(usual() + there + close)).worth_a_look
    assert [look.cause.skus for look in looks] == [("HP",), ("JP",)]


def test_shipping_that_was_given_away_is_said_beside_the_loss():
    """What was taken off the shipping of affected orders costs money, too, in a sum of its own."""
    rows = usual() + night(9)
    orders = order_table(rows)
    off = ["4.99" if row["order_id"] in ids(night(9)) else None for row in rows]
    orders["ship_promotion_discount"] = pd.Series([one and Decimal(one) for one in off], dtype=MONEY)
    found = the_one(orders)
    assert [(one.currency, one.amount) for one in found.shipping] == [("USD", Decimal("44.91"))]
    assert "Taken off the shipping as well: 44.91 USD" in found.evidence.text("en")
    assert found.amounts[0].loss == Decimal("521.91")


def at_a_price(times: list[float], price: str, **cells: Any) -> list[dict[str, Any]]:
    return [sale(hours, 5000 + n, item_price=price, **cells) for n, hours in enumerate(times)]


def by_code(times: list[float], off: str, **cells: Any) -> list[dict[str, Any]]:
    return [
        sale(hours, 5000 + n, **{"promotion_ids": ["CODE"], "item_promotion_discount": off} | cells)
        for n, hours in enumerate(times)
    ]


EVERY_HOUR = [400 + n for n in range(12)]
RAISED = [sale(4 * n, 3000 + n, sku="R", item_price="176.97" if 72 <= n < 126 else "58.99") for n in range(180)]
UPLOAD = [
    sale(400 + 1.2 * n, 5000 + 10 * n + k, sku=f"S{n}", item_price=price)
    for n, price in enumerate(("5.00", "8.00", "13.00", "20.00", "3.00"))
    for k in range(2)
]
MOVED: dict[str, tuple[float, list[dict[str, Any]]]] = {
    "deep_share": (0.4, at_a_price(EVERY_HOUR, "26.00")),
    "expected": (1e-9, by_code([300, 307, 314], "56.00")),
    "planned_share": (0.9, by_code(EVERY_HOUR, "105.00", item_price="150.00")),
    "never_decided_share": (0.05, at_a_price([400 + 2 * n for n in range(60)], "5.00")),
    "decided_days": (1, at_a_price([400 + 2 * n for n in range(18)], "25.00")),
    "habit_days": (3, by_code([12 * n for n in range(10)], "53.00")),
    "least_orders": (5, night(3)),
    "few": (1, by_code([300, 307], "56.00")),
    "most": (0.95, [row | {"claim_codes": ["SPRING" if n else "OTHER"]} for n, row in enumerate(night(10))]),
    "rounding": (0.001, by_code(EVERY_HOUR, "29.60")),
    "parts": (100_000, RAISED + at_a_price([456 + n for n in range(12)], "35.00", sku="R")),
    "pause_hours": (1, by_code([399 + n / 60 for n in range(9)] + [402 + n / 60 for n in range(9)], "53.00")),
    "upload_hours": (3, [row for n in range(5) for row in usual(sku=f"S{n}")] + UPLOAD),
    "long_pauses": (3, [row for n in range(9) for row in by_code([360 + 9 * n + k for k in range(3)], "53.00")]),
    "hoard_units": (500, night(1, quantity=200, item_price="11798.00", item_promotion_discount="11598.00")),
}


@pytest.mark.parametrize("name", [one.name for one in fields(Thresholds)])
def test_each_number_decides(name: str):
    """A number that is moved changes what is told of some report: none is idle, and none stands elsewhere."""
    moved, rows = MOVED[name]
    orders = order_table(usual() + [row | {"order_id": f"X{n}"} for n, row in enumerate(rows)])

    def told_of(thresholds: Thresholds) -> list[Any]:
        return [(one.order_ids, one.claim_codes) for one in find_incidents(orders, thresholds=thresholds).incidents]

    assert told_of(Thresholds()) != told_of(Thresholds(**{name: moved}))


SELDOM = [sale(170 * n, 3000 + n, sku="R") for n in range(3)]
SCALES: dict[str, tuple[str, Any, list[dict[str, Any]]]] = {
    "WAS_PRICE_DAYS": ("exact", 1, SELDOM + night(9, sku="R")),
    "SURE": ("evidence", 2.0, night(9)),
    "LOOKS": ("search", 0, [sale(400, 5000, item_price="20.00")]),
}


@pytest.mark.parametrize("name", SCALES)
def test_each_scale_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch):
    """What says how it is told stands beside the numbers that decide, and a change of any shows."""
    module, moved, rows = SCALES[name]
    orders = order_table(usual() + [row | {"order_id": f"X{n}"} for n, row in enumerate(rows)])
    before = find_incidents(orders).to_json()
    monkeypatch.setattr(f"promofix_lib.finding.{module}.{name}", moved)
    assert find_incidents(orders).to_json() != before


def test_a_discount_to_come_is_judged_by_all_uses_of_its_promotion():
    """It was 10 % for weeks and always printed; what it took off the order that has not shipped is not known yet."""
    weeks = [sale(5 * n, n, promotion_ids=["P"], item_promotion_discount="5.90") for n in range(100)]
    open_still = {"promotion_ids": ["P"], "order_status": "Unshipped"}
    wrong = night(6, item_promotion_discount="57.99", start=600, **open_still)
    silent = [sale(600.05, 5999, **open_still)]
    found = the_one(order_table([*usual(), *weeks, *wrong, *silent]))
    assert found.orders == 7
    assert [one.items_not_known for one in found.amounts] == [1]
