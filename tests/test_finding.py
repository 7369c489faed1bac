"""The finder's parts, each on a table of a few lines: what an order is, what was meant, what belongs to a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from promofix_lib.finding.causes import _same_amount, find_candidates
from promofix_lib.finding.chance import Chance
from promofix_lib.finding.findings import Cause
from promofix_lib.finding.sales import HOUR, Sales
from promofix_lib.finding.search import find_incidents
from promofix_lib.finding.suspects import Suspects
from promofix_lib.finding.thresholds import Thresholds
from promofix_lib.finding.windows import price_candidates, windows
from promofix_lib.marketplaces import PER_DOLLAR
from promofix_lib.orders import order_table
from promofix_lib.say import told
from tests.test_detection import ids, night, sale, the_one, usual

OPEN = {"order_status": "Unshipped"}


def goods(**prices: str) -> list[dict[str, Any]]:
    """Thirty days of each SKU at its price."""
    return [row for sku, price in prices.items() for row in usual(sku=sku, item_price=price, order_id=f"O-{sku}")]


def off(amount: str, *codes: str) -> dict[str, Any]:
    return {"promotion_ids": list(codes or ("SUM",)), "item_promotion_discount": amount}


# -- chance -----------------------------------------------------------------------------------------------------------


def test_an_order_is_one_occasion_of_each_of_its_causes_by_its_deepest_line():
    """Two lines of one code are one cheap order, as deep as the deeper; two codes on an order are two occasions.

    A code that took nothing off has no part in a low price.
    """

    def line(hours: float, number: int, off: str, *codes: str) -> dict[str, Any]:
        return sale(hours, number, item_price="100.00", promotion_ids=codes, item_promotion_discount=off)

    lines = [line(300, 5000, "60.00", "P"), line(300, 5000, "90.00", "P"), line(310, 5001, "70.00", "P", "Q")]
    lines += [line(320, 5002, "80.00", "Q"), *(line(100 + n, 4000 + n, "10.00", "P") for n in range(4))]
    idle = line(330, 5003, "0.00", "P") | {"item_price": "10.00"}
    sales = Sales(order_table([*usual(item_price="100.00"), *lines, idle]))
    cheap = Chance(sales, Suspects(sales, ()))._promoted
    names = [sales.promotions.names[key] for key in cheap.key]
    told = list(zip(names, cheap.depth.round(2).tolist(), strict=True))
    assert told == [("P", 0.9), ("P", 0.7), ("Q", 0.7), ("Q", 0.8)]
    assert len(np.unique(cheap.order)) == 3


def test_what_near_misses_cost_is_told_in_dollars():
    """The share that the buyers did not pay, of the whole price; of yen about a hundred and fiftieth."""
    lines = [
        sale(300, 5000, item_price="100.00", promotion_ids=["P"], item_promotion_discount="75.00", quantity=2),
        sale(301, 5001, item_price="10000", currency="JPY", promotion_ids=["P"], item_promotion_discount="9000"),
    ]
    sales = Sales(order_table([*usual(item_price="50.00"), *usual(item_price="10000", currency="JPY"), *lines]))
    chance, count = Chance(sales, Suspects(sales, ())), len(sales.sold)
    assert chance.lost(np.array([count - 2])) == pytest.approx(75)
    assert chance.lost(np.array([count - 2, count - 1])) == pytest.approx(75 + 9000 / PER_DOLLAR["JPY"])


@pytest.mark.parametrize(
    ("normal", "cheap", "hours", "leaves"),
    [
        (4, 19, 20, False),
        (4, 20, 20, True),
        (10, 29, 20, False),
        (10, 30, 20, True),
        (4, 20, 24, True),
        (4, 20, 24.1, False),
    ],
)
def test_a_stock_that_is_leaving_was_meant_by_nobody(normal: int, cheap: int, hours: float, leaves: bool):
    """Within a day three times all normal orders of the SKU, and twenty at least."""
    rows = [sale(100 + n, n) for n in range(normal)]
    rows += [sale(400 + n * hours / (cheap - 1), 5000 + n, **off("35.00")) for n in range(cheap)]
    sales = Sales(order_table(rows))
    suspects = Suspects(sales, ())
    assert Chance(sales, suspects)._stock_leaves(np.flatnonzero(suspects.any)) == leaves


# -- suspects ---------------------------------------------------------------------------------------------------------

CHEAP_B = {"sku": "B", "item_price": "30.00", "item_promotion_discount": "18.00", "promotion_ids": ["WITH A"]}


@pytest.mark.parametrize(
    ("first", "second", "meant"),
    [
        ({}, CHEAP_B, True),
        ({}, CHEAP_B | {"item_promotion_discount": "27.00"}, False),
        ({}, CHEAP_B | {"item_promotion_discount": None, "item_price": "21.50", **OPEN}, False),
        ({"promotion_ids": ["VOUCHER"], **OPEN}, CHEAP_B, True),
    ],
    ids=["60 % off beside A", "90 % off", "what it takes off is still to come", "another discount is still to come"],
)
def test_a_basket_offer_leaves_half_of_what_the_order_lists(first: dict[str, Any], second: dict[str, Any], meant: bool):
    """What a line pays is what is printed; one whose discount is to come pays nothing, as far as anyone can tell."""
    offers = [sale(390, 5000 + n, sku="A", item_price="20.00") for n in range(3)]
    offers += [sale(390, 5000 + n, **CHEAP_B) for n in range(3)]
    voucher = {"promotion_ids": ["VOUCHER"], "item_promotion_discount": "2.00"}
    ordinary = [sale(100 + n, 4000 + n, sku="A", item_price="20.00", **voucher) for n in range(5)]
    order = [sale(400, 6000, sku="A", item_price="20.00", **first), sale(400, 6000, **second)]
    sales = Sales(order_table([*goods(A="20.00", B="30.00"), *ordinary, *offers, *order]))
    suspects = Suspects(sales, ())
    assert suspects.meant[-1] == meant


def test_a_voucher_to_come_excuses_no_wrong_price():
    """Beside a dear purchase an ordinary voucher, seen only at 10 %, makes no basket offer of a price of one dollar."""
    voucher = {"promotion_ids": ["VOUCHER"]}
    ordinary = [sale(100 + n, 4000 + n, **voucher, item_promotion_discount="5.90") for n in range(5)]
    wrong = [
        row
        for n in range(4)
        for row in (
            sale(400 + n, 5000 + n, sku="B", item_price="1.00", **voucher, **OPEN),
            sale(400 + n, 5000 + n),
        )
    ]
    sales = Sales(order_table([*usual(), *goods(B="30.00"), *ordinary, *wrong]))
    suspects = Suspects(sales, ())
    assert not suspects.meant.any()
    assert suspects.by_price[-8:].tolist() == [True, False] * 4


def test_the_first_three_gifts_tell_beside_what_they_are_given():
    """Free beside HP three times, then beside another SKU, then alone: the first three were meant."""
    gift = {"sku": "GIFT", "item_price": "90.00", "promotion_ids": ["WITH HP"], "item_promotion_discount": "90.00"}
    beside = ["HP", "HP", "HP", "OTHER", None, None]
    orders = [
        [sale(400 + n, 5000 + n, **gift), *([sale(400 + n, 5000 + n, sku=sku)] if sku else [])]
        for n, sku in enumerate(beside)
    ]
    sales = Sales(order_table([*usual(), *(row for rows in orders for row in rows)]))
    meant = Suspects(sales, ()).meant
    assert [sales.sku_names[sales.sku[row]] for row in np.flatnonzero(meant)] == ["GIFT"] * 3


# -- causes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "reached"), [(3, False), (4, True)])
def test_four_of_five_uses_tell_for_those_to_come(wrong: int, reached: bool):
    """An order that has not shipped belongs to a code that was wrong on at least four fifths of its uses then."""
    uses = [sale(400 + n, 5000 + n, promotion_ids=["P"], item_promotion_discount="50.00") for n in range(wrong)]
    times = [100 + 24 * n for n in range(5)] + [400.5 + n for n in range(5 - wrong)]
    fair = [sale(at, 6000 + n, promotion_ids=["P"], item_promotion_discount="5.90") for n, at in enumerate(times)]
    waiting = sale(401.2, 7000, promotion_ids=["P"], **OPEN)
    found = the_one(order_table([*usual(), *uses, *fair, waiting]))
    assert found.order_ids == ids([*uses, *([waiting] if reached else [])])


PRICES = {"A": "58.99", "B": "100.00", "C": "20.00", "D": "300.00"}


@pytest.mark.parametrize(
    ("dear", "belongs"),
    [([407], True), ([394], True), ([407.1], False), ([393.9], False), ([407, 500], True), ([], False)],
    ids=["six hours after", "six hours before", "later", "earlier", "one in reach", "none"],
)
def test_a_fixed_sum_is_the_same_mistake_on_dear_goods(dear: list[float], belongs: bool):
    """18.00 off is 90 % of one SKU and 18 % of another: both are uses of one wrong code, up to a pause apart."""
    cheap = [sale(at, 5000 + at, sku="C", item_price="20.00", **off("18.00")) for at in (400, 401)]
    others = [sale(at, 6000 + n, sku="B", item_price="100.00", **off("18.00")) for n, at in enumerate(dear)]
    (one,) = found_causes(*goods(**PRICES), *cheap, *others)
    assert one == [*(["B"] if belongs else []), "C", "C"]


def found_causes(*rows: dict[str, Any]) -> list[list[str]]:
    """The SKUs of the order items of each candidate."""
    sales = Sales(order_table(list(rows)))
    suspects = Suspects(sales, ())
    found = find_candidates(sales, suspects, Chance(sales, suspects))
    return [sorted(sales.sku_names[sales.sku[row]] for row in one.rows) for one in found]


@pytest.mark.parametrize(
    ("uses", "expected"),
    [
        ([("C", "18.00"), ("C", "18.00"), ("B", "18.00")], ["B", "C", "C"]),
        ([("C", "18.00"), ("B", "18.00")], ["C"]),
        ([("C", "18.00")] * 3 + [("B", "18.00"), ("A", "5.90")], ["B", "C", "C", "C"]),
        ([("C", "18.00")] * 2 + [("B", "18.00"), ("A", "5.90")], ["C", "C"]),
        ([("C", "20.00"), ("A", "40.00"), ("A", "40.00"), ("B", "40.00")], ["A", "A", "B", "C"]),
        ([("C", "19.79"), ("C", "19.79"), ("B", "40.00"), ("B", "40.00"), ("B", "40.00")], ["C", "C"]),
        ([("C", "12.00"), ("C", "12.00"), ("B", "60.00"), ("B", "60.00")], ["B", "B", "C", "C"]),
    ],
    ids=[
        "three uses tell",
        "two do not",
        "four of five",
        "three of four",
        "all there was, where there is less",
        "nearly all is another sum",
        "a percentage",
    ],
)
def test_what_tells_a_fixed_sum(uses: list[tuple[str, str]], expected: list[str]):
    """At least three uses, four fifths of them alike, on goods of two prices."""
    rows = [sale(400 + n, 5000 + n, sku=sku, item_price=PRICES[sku], **off(one)) for n, (sku, one) in enumerate(uses)]
    assert found_causes(*goods(**PRICES), *rows) == [expected]


@pytest.mark.parametrize(
    ("amounts", "whole", "same"),
    [
        ([5, 5, 5, 25, 25], [0, 0, 0, 0, 0], [1, 1, 1, 0, 0]),
        ([5, 5, 25, 25, 25], [1, 0, 0, 0, 0], [1, 0, 1, 1, 1]),
        ([5, 5, 25, 25], [0, 0, 0, 0], [0, 0, 1, 1]),
        ([30, 25, 25, 25], [1, 0, 0, 0], [0, 1, 1, 1]),
        ([5, 10, 25], [1, 1, 1], [0, 0, 0]),
        ([9.9, 9.9, 10, 10.5, 11], [0] * 5, [1, 1, 0, 0, 0]),
        ([10, 10.004, 10.1, 10.2], [0] * 4, [1, 1, 1, 0]),
        ([10, 10, 9.9, 8], [0, 0, 0, 1], [1, 1, 1, 1]),
        ([5, 10, 10.05, 25], [0] * 4, [0, 1, 1, 0]),
    ],
)
def test_the_usual_one_of_the_larger_sums_was_taken_or_all_there_was(
    amounts: list[float], whole: list[int], same: list[int]
):
    """To a hundredth of it; what nobody else got is no usual sum."""
    found = _same_amount(np.array(amounts, dtype=float), np.array(whole, dtype=bool), Thresholds().rounding)
    assert found.astype(int).tolist() == same


@pytest.mark.parametrize(
    ("normal", "guilty"),
    [
        ({"P": [400], "Q": [100, 110, 120, 130]}, ["Q"]),
        ({"P": [403], "Q": [100, 110, 120, 130]}, ["Q"]),
        ({"P": [403.1, 90], "Q": [100, 110, 120, 130]}, ["P"]),
        ({"P": [90, 95, 97], "Q": [100, 110]}, ["Q"]),
        ({"P": [90, 95], "Q": [100, 110]}, ["P", "Q"]),
    ],
    ids=["used at the onset", "used at the end", "used after it", "used more often elsewhere", "nobody can say"],
)
def test_of_two_codes_on_all_orders_the_one_hardly_used_elsewhere_is_guilty(
    normal: dict[str, list[float]], guilty: list[str]
):
    """First whoever was used least while it lasted, then whoever was used least in all; both where both were rare."""
    wrong = [sale(400 + n, 5000 + n, **off("56.00", "P", "Q")) for n in range(4)]
    other = [sale(at, 6000 + int(at), **off("5.90", code)) for code, times in normal.items() for at in times]
    sales = Sales(order_table([*usual(), *other, *wrong]))
    suspects = Suspects(sales, ())
    (found,) = find_candidates(sales, suspects, Chance(sales, suspects))
    assert [sales.promotions.names[one] for one in found.ids] == guilty


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        (["PQ", "QR", "RP"], ["PQR"]),
        (["PQ", "QR"], ["Q"]),
        (["PQ", "PR", "PS", "PT", "QR"], ["P", "QR"]),
        (["PQ", "PR", "PS", "QT", "QR"], ["PQRST"]),
    ],
    ids=["three orders", "two orders", "one code on four of five", "one code on three of five"],
)
def test_ordinary_codes_that_pile_up_are_one_mistake_without_one_name(pairs: list[str], named: list[str]):
    """Each takes 30 % off alone; two together, each time others, were meant by nobody."""
    alone = [sale(20 * n, 4000 + n, **off("17.70", "PQRST"[n % 5])) for n in range(20)]
    piled = [sale(400 + n, 5000 + n, **off("35.40", *codes)) for n, codes in enumerate(pairs)]
    sales = Sales(order_table([*usual(), *alone, *piled]))
    suspects = Suspects(sales, ())
    found = find_candidates(sales, suspects, Chance(sales, suspects))
    assert sorted("".join(sales.promotions.names[name] for name in one.ids) for one in found) == named


# -- sales, exact prices ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "others",
    [
        ({"sku": "A", "sales_channel": "Amazon.de"}, {"sku": "B", "sales_channel": None}),
        ({"sales_channel": "Amazon.com", "currency": "USD"}, {"sales_channel": "Amazon.de", "currency": None}),
    ],
    ids=["a channel that no report tells", "a currency that no report tells"],
)
def test_each_sku_has_a_price_of_its_own_in_each_market(others: tuple[dict[str, Any], ...]):
    """Also where a cell is missing: it is never taken for the neighbour in the alphabet."""
    rows = [sale(1, 1, sku="A", sales_channel="Amazon.com", currency="EUR"), *(sale(2, 2, **cells) for cells in others)]
    assert len(np.unique(Sales(order_table(rows)).group[1:])) == 2


def test_the_normal_price_is_exact_where_a_unit_costs_no_whole_cents():
    """Three for a dollar: what a line of three should have cost is the dollar, not 99 cents."""
    packs = usual(item_price="1.00", quantity=3)
    found = the_one(order_table(packs + night(9, item_price="1.00", item_promotion_discount="0.97", quantity=3)))
    assert found.normal_prices[0].price == Decimal("0.333333")
    assert found.amounts[0].normal_value == Decimal("9.00")


# -- findings ---------------------------------------------------------------------------------------------------------


def test_who_looks_again_is_woken_for_what_is_new_or_almost_certain():
    """What ended a day or more before the last look was looked at often enough; what was planned wakes nobody."""
    found, day = the_one(order_table(usual() + night(9))), timedelta(days=1)
    doubtful, sure = (replace(found, planned=None, confidence=share) for share in (0.94, 0.95))
    over = told("finding.why_over")
    for since, why in ((None, None), (found.end + day - timedelta(seconds=1), None), (found.end + day, over)):
        assert (doubtful.why_no_alarm(since), sure.why_no_alarm(since)) == (why, None)
    planned = replace(found, planned=told("finding.why_planned"), confidence=0.99)
    assert planned.why_no_alarm() == told("finding.why_planned")


CAUSES = [Cause(("P",)), Cause(("P", "Q")), Cause((), ("S",)), Cause((), ("S", "T"))]


def test_a_word_on_a_cause_holds_for_what_is_all_in_it():
    """A promotion speaks of no price and a price of no promotion; two promotions of one, one not of two."""
    covered = [[one.covers(other) for other in CAUSES] for one in CAUSES]
    assert covered == [
        [True, False, False, False],
        [True, True, False, False],
        [False, False, True, False],
        [False, False, True, True],
    ]


# -- evidence ---------------------------------------------------------------------------------------------------------


def test_the_evidence_counts_orders_that_anyone_can_count():
    """Twelve affected; two of the other 148 orders carry the promotion, one of them has no order id."""
    weeks = {"promotion_ids": ["WRONG"], "item_promotion_discount": "5.90"}
    other = [sale(100, 4000, **weeks), sale(120, 4001, order_id=None, **weeks), sale(130, 4002, order_id=None)]
    other += [sale(110, 4003), sale(110, 4003, sku="SECOND")]
    found = the_one(order_table(usual() + other + night(12)))
    assert "The promotion is on 12 of them and 2 of 148 others." in found.evidence.text("en")
    assert f"First order: {ids(night(1))[0]}." in found.evidence.text("en")


def test_two_promotions_together_are_on_none_that_carries_one_of_them():
    """Each alone is ordinary: who used one of them is not told of as carrying both."""
    each = [sale(4 * n, 3000 + n, promotion_ids=["PQ"[n % 2]], item_promotion_discount="17.70") for n in range(40)]
    both = night(20, promotion_ids=["P", "Q"], item_promotion_discount="35.40")
    found = the_one(order_table(usual() + each + both))
    assert found.promotion_ids == ("P", "Q")
    assert "The 2 promotions are on 20 of them and 0 of 184 others." in found.evidence.text("en")


@pytest.mark.parametrize(
    ("codes", "named"),
    [
        (["SPRING"] * 8 + ["OTHER"] * 2, ("SPRING",)),
        (["SPRING"] * 7 + ["OTHER"] * 3, ()),
        (["SPRING"] * 4, ("SPRING",)),
    ],
)
def test_a_claim_code_is_named_where_four_fifths_of_the_items_with_codes_have_it(
    codes: list[str], named: tuple[str, ...]
):
    """Items for which no report tells a code do not count against it."""
    rows = [row | ({"claim_codes": codes[n : n + 1]} if n < len(codes) else {}) for n, row in enumerate(night(10))]
    assert the_one(order_table(usual() + rows)).claim_codes == named


def test_only_open_items_of_the_same_goods_in_the_window_wait_for_a_judgement():
    """The first and the last moment are inside; a cancelled line, one of no units or of another SKU is not asked."""
    rows, unpriced = night(9), {"item_price": None, "currency": None, "order_status": "Pending"}
    first, last = 400.0, 400 + 8 / 60
    waiting = [sale(at, 7000 + n, **unpriced) for n, at in enumerate((first, last))]
    others = [sale(at, 8000 + n, **unpriced) for n, at in enumerate((first - 0.01, last + 0.01))]
    cells: list[dict[str, Any]] = [{"order_status": "Cancelled"}, {"quantity": 0}, {"sku": "OTHER"}]
    others += [sale(400.05, 8100 + n, **unpriced | one) for n, one in enumerate(cells)]
    found = the_one(order_table([*usual(), *waiting, *rows, *others]))
    assert found.cannot_judge == tuple(f"{row['order_id']}/HP/1" for row in waiting)


def test_the_sentence_tells_the_sku_whose_normal_price_is_known():
    """Most orders are of a SKU never sold before, at the same cent: what it should cost nobody knows."""
    cents = [sale(400 + n / 60, 5000 + n, sku=f"S{n % 3}", item_price="0.01") for n in range(6)]
    cents += [sale(400.05, 6000 + n, sku="NEW", item_price="0.01") for n in range(5)]
    found = the_one(order_table(goods(S0="20.00", S1="20.00", S2="20.00") + cents))
    assert found.skus[0] == "NEW"
    assert "paid 0.01 USD instead of 20.00 USD each" in found.sentence.text("en")


@pytest.mark.parametrize(
    ("times", "when"),
    [
        ([400.0] * 3, "2026-03-17 09:00 (America/Los Angeles)"),
        ([400.0, 400.5, 401.0], "2026-03-17 09:00 to 10:00 (America/Los Angeles)"),
        ([413.0, 415.0, 416.0], "2026-03-17 22:00 to 2026-03-18 01:00 (America/Los Angeles)"),
    ],
)
def test_when_is_said_once_where_it_is_the_same(times: list[float], when: str):
    """One moment, one day, or two days on the marketplace's clock."""
    rows = [night(1, start=at, first=5000 + n)[0] for n, at in enumerate(times)]
    assert the_one(order_table(usual() + rows)).sentence.text("en").startswith(when)


def test_one_sku_has_one_normal_price_in_all_incidents():
    """Its price rose between two mistakes: both are measured by what it cost before the larger one."""
    early = [sale(5 * n, n, item_price="50.00") for n in range(60)]
    later = [sale(5 * n, n, item_price="60.00") for n in range(60, 144)]
    small, large = night(4, start=250), night(20, start=650, first=6000, promotion_ids=["LARGE"])
    rows = [row | {"item_price": "60.00", "item_promotion_discount": "59.00"} for row in (*small, *large)]
    found = find_incidents(order_table([*early, *later, *rows])).incidents
    assert [[str(one.price) for one in finding.normal_prices] for finding in found] == [["60"], ["60"]]


# -- thresholds -------------------------------------------------------------------------------------------------------


def test_a_share_may_be_the_whole_and_nothing_may_be_nothing():
    """A share of 1 is one, of more is none; zero decides nothing."""
    assert Thresholds(deep_share=1, most=1.0, few=1).deep_share == 1
    for name, value in (("most", 1.01), ("few", 0), ("pause_hours", float("nan")), ("rounding", -0.01)):
        with pytest.raises(ValueError, match=f"{name} (is a share between 0 and 1|must be more than 0), got"):
            Thresholds(**{name: value})
    assert (Thresholds().level, Thresholds().step) == (0.2, pytest.approx(0.29))


# -- windows ----------------------------------------------------------------------------------------------------------

HISTORY = [sale(5 * n, n) for n in range(78)]
BY_CODE = {"promotion_ids": ["CODE"], "item_promotion_discount": "56.00"}
A_DOLLAR = {"item_price": "1.00"}


def at(hours: Sequence[float], first: int, **cells: Any) -> list[dict[str, Any]]:
    return [sale(hour, first + n, **cells) for n, hour in enumerate(hours)]


def runs(*rows: dict[str, Any]) -> list[list[float]]:
    """The runs that wrong sales of one SKU fall into, by the hours at which they were sold."""
    sales = Sales(order_table([*HISTORY, *rows]))
    suspects = Suspects(sales, ())
    hours = (sales.time - sales.begin) / HOUR
    return [hours[part].tolist() for part in windows(sales, suspects, np.flatnonzero(suspects.any))]


THREE = [400, 400.125, 400.25]


@pytest.mark.parametrize(
    ("wrong", "normal", "count"),
    [
        ([*THREE, 406.25, 406.5, 406.75], [403], 1),
        ([*THREE, 406.375, 406.5, 406.75], [403], 2),
        ([*THREE, 406.375, 406.5, 406.75], [], 1),
        ([*THREE, 406.375, 406.5, 406.75], [400.25, 406.375], 1),
        ([400] * 3 + [404] * 3 + [424] * 3, [410, 412, 414], 1),
        ([400, 404, 408, 504, 508, 512], [450], 1),
        ([400, 404, 408, 504.5, 508, 512], [450], 2),
        ([400, *(407 + n / 8 for n in range(4))], [403], 1),
        ([400, *(424 + n / 8 for n in range(4))], [403], 1),
        ([400, *(424.5 + n / 8 for n in range(4))], [403], 2),
        ([400, 400.125, 407, 407.125, 414, 414.125, 421, 421.125, 421.25], [403, 410, 417], 4),
        ([400, 407, *(414 + n / 8 for n in range(4))], [403, 410], 1),
        ([*(400 + n / 8 for n in range(4)), 407], [403], 1),
        ([400, *(407 + n / 8 for n in range(3)), *(414 + n / 8 for n in range(3))], [403, 410], 2),
    ],
)
def test_a_pause_ends_a_run_when_it_is_long_and_somebody_paid_in_full(
    wrong: list[float], normal: list[float], count: int
):
    """Longer than six hours and than thirty usual pauses (at most four days); sales of one moment tell no pace.

    One or two within a day belong to the flood beside them, unless there are three such: then each stands alone.
    """
    found = runs(*at(wrong, 5000, **BY_CODE), *at(normal, 6000))
    assert (len(found), sorted(hour for run in found for hour in run)) == (count, wrong)


BUSINESS = {"is_business_order": True}


@pytest.mark.parametrize(
    ("first", "then", "normal", "count"),
    [
        ({}, {}, [{}] * 3, 2),
        ({}, {}, [{}] * 2, 1),
        ({"quantity": 2, "item_price": "2.00"}, {"quantity": 2, "item_price": "2.00"}, [{}] * 3, 1),
        ({}, {"quantity": 2, "item_price": "2.00"}, [{}] * 3, 2),
        (BUSINESS, BUSINESS, [{}] * 3, 1),
        (BUSINESS, BUSINESS, [BUSINESS] * 3, 2),
        (BUSINESS, {}, [{}] * 3, 2),
        ({}, BY_CODE | {"item_price": "58.99"}, [{}] * 3, 1),
    ],
)
def test_three_who_paid_in_full_end_a_wrong_price(
    first: dict[str, Any], then: dict[str, Any], normal: list[dict[str, Any]], count: int
):
    """However short the pause; but only buyers who would have got it: as many units, a business where all were."""
    wrong = at(THREE, 5000, **A_DOLLAR | first) + at([403, 403.125, 403.25], 5100, **A_DOLLAR | then)
    fair = [sale(401 + n / 4, 6000 + n, **cells) for n, cells in enumerate(normal)]
    assert len(runs(*wrong, *fair)) == count


def causes(*rows: dict[str, Any]) -> list[list[str]]:
    """Wrong prices by the incidents that they make: the SKUs of each."""
    sales = Sales(order_table(list(rows)))
    suspects = Suspects(sales, ())
    found = price_candidates(sales, suspects, Chance(sales, suspects), suspects.by_price)
    return sorted(sorted({sales.sku_names[sales.sku[row]] for row in one.rows}) for one in found)


def test_a_coupon_on_top_of_a_wrong_price_makes_no_second_mistake():
    """Two SKUs went for 10.00; that some buyers took another 40 % off one of them is their own."""
    coupon = {"promotion_ids": ["FORTY"], "item_promotion_discount": "4.00"}
    cheap = [
        sale(400 + n / 8, 5000 + n, sku=sku, item_price="10.00", **cells)
        for n, (sku, cells) in enumerate([("A", {}), ("B", coupon)] * 2)
    ]
    assert causes(*goods(**PRICES), *cheap) == [["A", "B"]]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"A": (400, "10.00"), "B": (400.5, "10.15")}, [["A", "B"]]),
        ({"A": (400, "10.00"), "B": (400.5, "10.30")}, [["A"], ["B"]]),
        ({"A": (400, "5.90"), "B": (400.5, "11.00")}, [["A", "B"]]),
        ({"A": (400, "10.00"), "B": (406, "10.00")}, [["A", "B"]]),
        ({"A": (400, "10.00"), "B": (407, "10.00")}, [["A"], ["B"]]),
        ({"A": (400, "10.00"), "B": (400.5, "40.00"), "C": (400.75, "6.00")}, [["A"], ["B"], ["C"]]),
        ({"A": (400, "10.00"), "B": (400.5, "40.00"), "C": (400.75, "6.00"), "D": (401, "3.00")}, [list("ABCD")]),
    ],
    ids=["one price", "two prices", "one factor", "six hours", "seven hours", "three that differ", "four that differ"],
)
def test_wrong_prices_of_one_hand_are_one_incident(wrong: dict[str, tuple[float, str]], expected: list[list[str]]):
    """The same price or the same part of the normal one within six hours; of more than three SKUs in an hour any."""
    cheap = [
        sale(hour, 5000 + 10 * n + k, sku=sku, item_price=price)
        for n, (sku, (hour, price)) in enumerate(wrong.items())
        for k in range(2)
    ]
    assert causes(*goods(**PRICES), *cheap) == expected


@pytest.mark.parametrize("names", ["ABCDE", "EDCBA", "CABED"])
def test_the_alphabet_decides_nothing(names: str):
    """The first of five slips in an hour and a half meets only the second, which meets them all: one upload."""
    prices = dict(zip(names, ("58.99", "100.00", "20.00", "300.00", "40.00"), strict=True))
    wrong = zip(names, (400, 400.9, 401.5, 401.6, 401.7), ("20.00", "10.00", "4.00", "25.00", "17.00"), strict=True)
    cheap = [
        sale(hour, 5000 + 10 * n + k, sku=sku, item_price=price)
        for n, (sku, hour, price) in enumerate(wrong)
        for k in range(2)
    ]
    assert causes(*goods(**prices), *cheap) == [list("ABCDE")]


@pytest.mark.parametrize(
    ("cells", "joins"),
    [
        ({}, True),
        ({"sku": "OFTEN"}, False),
        ({"sku": "NEARLY"}, False),
        ({"sku": "GIFT", "item_promotion_discount": "0.01", "order_id": "111-0000000-0005000"}, False),
        ({"currency": "CAD", "sales_channel": "Amazon.ca"}, False),
        ({"item_price": "0.02"}, False),
        ({"purchase_date": "2026-03-17T17:02:00Z"}, True),
        ({"purchase_date": "2026-03-17T17:02:01Z"}, False),
        ({"purchase_date": "2026-03-17T15:00:00Z"}, True),
        ({"purchase_date": "2026-03-17T14:59:59Z"}, False),
    ],
    ids=[
        "at that price",
        "usual for it",
        "nearly usual",
        "a gift",
        "another currency",
        "another price",
        "an hour after the last",
        "too late",
        "an hour before the first",
        "too early",
    ],
)
def test_a_sku_never_sold_before_joins_a_repricer_that_sets_all_to_a_cent(cells: dict[str, Any], joins: bool):
    """At exactly the price that three others had by mistake, in that hour, and not its own usual one."""
    known = {"OFTEN": "0.01", "NEARLY": "0.015"}
    cents = [sale(400 + n / 60, 5000 + n, sku=sku, item_price="0.01") for n, sku in enumerate("ABC")]
    stranger = sale(400.1, 7000, sku="NEW", item_price="0.01") | cells
    usually = {sku: price for sku, price in known.items() if sku == stranger["sku"]}
    (found,) = causes(*goods(**PRICES, **usually), *cents, stranger)
    assert (stranger["sku"] in found) == joins
