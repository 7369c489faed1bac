"""A made-up seller's reports of the night on which a wrong claim code sold 300 headphones at 1 USD each.

Nobody in it exists: people are called Example, Sample or Specimen and their addresses end in ``example.com``. The same
call gives the same bytes on every machine and Python version (only `random.Random.random` is drawn from).
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.made_sample_files import (
    CLAIM_CODE,
    FREE_SHIPPING,
    GREEDY,
    PROMOTION_ID,
    Product,
    SampleLine,
    all_orders,
    new_orders,
    order_report,
)

SUBSCRIBE = "Subscribe and Save Promotion V2"
COUPON = "PLM-00000000-1111-4222-8333-444444444444"
VINE = "vine.enrollment.00000000-aaaa-4bbb-8ccc-dddddddddddd"

_BEGIN = datetime(2026, 10, 22, 7, 0, 0, tzinfo=UTC)  # midnight in Los Angeles
_CODE_LIVE = datetime(2026, 11, 20, 5, 14, 3, tzinfo=UTC)
_DOWNLOAD = datetime(2026, 11, 20, 15, 40, 0, tzinfo=UTC)
_PAID = Decimal("1.00")
_AFFECTED = 300


_CATALOGUE = tuple(
    Product(sku, asin, name, Decimal(price), channel, weight)
    for sku, asin, name, price, channel, weight in (
        ("HP-BT700-BLK", "B0EXAMPL01", "Lumen BT700 Wireless Headphones, Black", "58.99", "Merchant", 1.5),
        ("HP-BT700-BLK-FBA", "B0EXAMPL01", "Lumen BT700 Wireless Headphones, Black", "58.99", "Amazon", 0.9),
        ("HP-BT300-WHT", "B0EXAMPL02", "Lumen BT300 On-Ear Headphones, White", "34.99", "Merchant", 1.0),
        ("EB-MINI-2", "B0EXAMPL03", "Lumen Mini Earbuds (2nd Gen)", "24.99", "Amazon", 2.0),
        ("00127-CBL", "B0EXAMPL04", "Braided USB-C Cable, 2 m, pack of 2", "11.49", "Merchant", 2.2),
        ("STAND-10", "B0EXAMPL05", '"Studio" Desk Stand 10" x 8", Walnut', "27.50", "Merchant", 0.7),
        ("PAD-700", "B0EXAMPL06", "Replacement Ear Pads for BT700", "9.99", "Amazon", 1.4),
        ("CASE-HARD", "B0EXAMPL07", "Hard Travel Case for Headphones", "16.99", "Merchant", 1.1),
        ("MIC-USB-1", "B0EXAMPL08", "Lumen USB Microphone", "49.00", "Amazon", 0.8),
        ("DAC-4", "B0EXAMPL09", "Pocket Headphone Amplifier", "79.95", "Merchant", 0.4),
        ("CLEAN-KIT", "B0EXAMPL10", "Earbud Cleaning Kit", "7.25", "Amazon", 1.6),
        ("SPK-MINI", "B0EXAMPL11", "Mini Bluetooth Speaker – Coral", "21.95", "Merchant", 0.9),
    )
)

_FIRST = (
    "Ada Bruno Chen Dana Emre Fatima Goran Hana Ines Jonas Keiko Luca Mei Nadia Omar Priya Quentin Rosa Sven Tomas"
).split()
_LAST = "Example Sample Specimen Placeholder Mockingham Testerson Fictional Demo Nobody Mustermann".split()
# Share of a day's orders by hour in Los Angeles, and of the incident's orders by hour since the code went live.
_HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 7, 6, 6, 6, 6, 6, 7, 8, 8, 7, 5, 3)


@dataclass(frozen=True)
class Sample:
    """The three reports as bytes, and the truth about them.

    Parameters
    ----------
    all_orders, new_orders, order_report : bytes
        All Orders (34 columns, UTF-8), New Orders (44 columns, UTF-8), XML order report of the night.
    truth : dict
        What happened, as JSON: the incident, its 300 orders, what is innocent, what cannot be judged.
    """

    all_orders: bytes
    new_orders: bytes
    order_report: bytes
    truth: dict[str, Any] = field(repr=False)


@cache
def make_sample(*, days_later: int = 0, late_victims: int = 0) -> Sample:
    """The reports as downloaded on the morning after the night, or some days later.

    Parameters
    ----------
    days_later : int
        The same seller's reports, downloaded so many days later: seller-fulfilled orders that were unshipped have
        shipped unless the incident touched them.
    late_victims : int
        Orders that the wrong code still sold in those days.

    Returns
    -------
    Sample

    Examples
    --------
    >>> sample = make_sample()
    >>> len(sample.truth["order_ids"]), sample.truth["amounts"][0]["loss"]
    (300, '17397.00')
    """
    draw = random.Random(20261120)
    lines = [*_usual_days(draw), *_odd_rows(draw)]
    night = _night(draw)
    lines += [*night, *_bystanders(draw)]
    late = _late_victims(draw, late_victims) if days_later else []
    lines = sorted([*lines, *late], key=lambda line: line.at)
    download = _DOWNLOAD + timedelta(days=days_later)
    touched = set(map(id, [*night, *late]))
    lines = [_aged(line, download, touched=id(line) in touched) for line in lines]
    affected = [line for line in lines if PROMOTION_ID in line.promotions]
    return Sample(
        all_orders(lines).encode(),
        new_orders([line for line in lines if line.at >= _DOWNLOAD - timedelta(days=3)]).encode(),
        order_report([line for line in lines if line.at >= _CODE_LIVE]).encode(),
        _truth(lines, affected),
    )


def write_sample(folder: Path) -> tuple[Path, ...]:
    """Write the sample reports and their truth into a folder; gives the paths.

    The files of an earlier run are replaced: this is how ``data/sample`` is made.
    """
    sample = make_sample()
    truth = json.dumps(sample.truth, indent=1, ensure_ascii=False) + "\n"
    contents = {
        "AllOrders-2026-11-20.txt": sample.all_orders,
        "NewOrders-2026-11-20.txt": sample.new_orders,
        "OrderReport-2026-11-20.xml": sample.order_report,
        "truth.json": truth.encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in contents)


# -- what happened ------------------------------------------------------------------------------------------------


def _usual_days(draw: random.Random) -> list[SampleLine]:
    lines: list[SampleLine] = []
    days = int((_DOWNLOAD - _BEGIN) / timedelta(days=1)) + 1
    for day in range(days):
        for _ in range(74 + int(32 * draw.random())):
            at = _moment(draw, _BEGIN + timedelta(days=day))
            if at < _DOWNLOAD - timedelta(minutes=20):
                lines += _usual_order(draw, at, day)
    return lines


def _moment(draw: random.Random, midnight: datetime) -> datetime:
    pick, hour = draw.random() * sum(_HOURS), 0
    while pick > _HOURS[hour]:
        pick -= _HOURS[hour]
        hour += 1
    return midnight + timedelta(hours=hour, seconds=int(3600 * draw.random()))


def _usual_order(draw: random.Random, at: datetime, day: int) -> list[SampleLine]:
    products = [_pick(draw) for _ in range(1 if draw.random() < 0.93 else 2)]
    if at > _CODE_LIVE:  # in the night the headphones' own history ends: sold out in the end
        products = [product for product in products if product.asin != "B0EXAMPL01"] or [_CATALOGUE[4]]
    order_id, buyer = _order_id(draw), _person(draw)
    business, fate = draw.random() < 0.06, draw.random()
    channel = products[0].channel
    products = [product for product in dict.fromkeys(products) if product.channel == channel]
    return [_usual_line(draw, order_id, at, product, buyer, day, business, fate) for product in products]


def _usual_line(
    draw: random.Random,
    order_id: str,
    at: datetime,
    product: Product,
    buyer: str,
    day: int,
    business: bool,
    fate: float,
) -> SampleLine:
    price, promotions, discount = _usual_price(draw, product, day, business)
    age = _DOWNLOAD - at
    status = "Shipped"
    if fate < 0.02:
        status = "Cancelled"
    elif age < timedelta(hours=10) and fate < 0.12:
        status = "Pending"
    elif age < timedelta(hours=20):
        status = "Unshipped"
    quantity = 1 + int(draw.random() < 0.08) + (int(3 * draw.random()) if business else 0)
    return SampleLine(
        order_id, _item_id(draw), at, product, quantity, price, status, buyer, discount, promotions, business
    )


def _usual_price(
    draw: random.Random, product: Product, day: int, business: bool
) -> tuple[Decimal, tuple[str, ...], Decimal]:
    price, promotions, discount = product.price, [], Decimal(0)
    if product.sku == "SPK-MINI" and day >= 18:
        price = Decimal("17.95")  # a planned price cut
    if product.sku == "EB-MINI-2" and day in (9, 10):
        price = Decimal("18.74")  # a Lightning Deal: the price is lower, no id
    if business:
        price = (price * Decimal("0.95")).quantize(Decimal("0.01"))
    if product.sku == "CLEAN-KIT" and draw.random() < 0.35:
        promotions.append(SUBSCRIBE)
        discount = (price * Decimal("0.05")).quantize(Decimal("0.01"))
    if product.sku == "HP-BT300-WHT" and draw.random() < 0.4:
        promotions.append(COUPON)
        discount = (price * Decimal("0.10")).quantize(Decimal("0.01"))
    if draw.random() < 0.3:
        promotions.insert(0, FREE_SHIPPING)
    return price, tuple(promotions), discount


def _odd_rows(draw: random.Random) -> list[SampleLine]:
    """Zero by design: replacements, Vine units, and a multi-channel order."""
    lines = []
    for day in (4, 11, 17, 23):
        at = _moment(draw, _BEGIN + timedelta(days=day))
        product = _CATALOGUE[day % len(_CATALOGUE)]
        lines.append(
            SampleLine(
                _order_id(draw), _item_id(draw), at, product, 1, Decimal(0), "Shipped", _person(draw), replacement=True
            )
        )
    for day in (6, 7, 9):
        at = _moment(draw, _BEGIN + timedelta(days=day))
        fba = _CATALOGUE[8]
        lines.append(
            SampleLine(
                _order_id(draw), _item_id(draw), at, fba, 1, fba.price, "Shipped", _person(draw), fba.price, (VINE,)
            )
        )
    at = _moment(draw, _BEGIN + timedelta(days=13))
    lines.append(
        SampleLine(
            "S01-0000001-0000001",
            _item_id(draw),
            at,
            _CATALOGUE[3],
            3,
            Decimal(0),
            "Shipped",
            "",
            sales_channel="Non-Amazon",
        )
    )
    return lines


def _night(draw: random.Random) -> list[SampleLine]:
    """The 300 orders: slowly at first, then shared, then sold out."""
    offsets = sorted(_flood_second(draw) for _ in range(_AFFECTED))
    lines = []
    for number, offset in enumerate(offsets):
        fba = draw.random() < 0.28
        product = _CATALOGUE[1] if fba else _CATALOGUE[0]
        status = "Shipped" if draw.random() < (0.3 if fba else 0.06) and number < 120 else "Unshipped"
        buyer = GREEDY if number in (31, 32, 35, 41) and not fba else _person(draw)
        promotions = (FREE_SHIPPING, PROMOTION_ID) if draw.random() < 0.35 else (PROMOTION_ID,)
        at = _CODE_LIVE + timedelta(seconds=offset)
        discount = product.price - _PAID
        lines.append(
            SampleLine(
                _order_id(draw), _item_id(draw), at, product, 1, product.price, status, buyer, discount, promotions
            )
        )
    return lines


def _flood_second(draw: random.Random) -> int:
    """Seconds after the code went live: two thirds in the second and third hour, the last after some six hours."""
    spread = draw.random() + draw.random() + draw.random()
    return 420 + int(7100 * spread)


def _bystanders(draw: random.Random) -> list[SampleLine]:
    """Headphone orders of that night which the code did not touch, or which nobody can judge yet."""
    black = _CATALOGUE[0]
    lines = []
    for minutes in (38, 97, 151):
        at = _CODE_LIVE + timedelta(minutes=minutes, seconds=11)
        lines.append(SampleLine(_order_id(draw), _item_id(draw), at, black, 1, black.price, "Unshipped", _person(draw)))
    for minutes in (122, 187, 203, 240, 266):
        at = _CODE_LIVE + timedelta(minutes=minutes, seconds=29)
        lines.append(SampleLine(_order_id(draw), _item_id(draw), at, black, 1, black.price, "Pending", _person(draw)))
    for minutes in (84, 133, 171, 228):
        at = _CODE_LIVE + timedelta(minutes=minutes, seconds=47)
        lines.append(SampleLine(_order_id(draw), _item_id(draw), at, black, 1, black.price, "Cancelled", _person(draw)))
    return lines


def _late_victims(draw: random.Random, number: int) -> list[SampleLine]:
    black = _CATALOGUE[0]
    return [
        SampleLine(
            _order_id(draw),
            _item_id(draw),
            _DOWNLOAD + timedelta(minutes=37 * (n + 1)),
            black,
            1,
            black.price,
            "Unshipped",
            _person(draw),
            black.price - _PAID,
            (PROMOTION_ID,),
        )
        for n in range(number)
    ]


def _aged(line: SampleLine, download: datetime, *, touched: bool) -> SampleLine:
    old = download - line.at > timedelta(hours=20)
    if line.status == "Pending" and old:
        return replace(line, status="Unshipped" if touched else "Shipped")
    return replace(line, status="Shipped") if line.status == "Unshipped" and old and not touched else line


def _pick(draw: random.Random) -> Product:
    pick = draw.random() * sum(product.weight for product in _CATALOGUE)
    for product in _CATALOGUE:
        pick -= product.weight
        if pick <= 0:
            return product
    return _CATALOGUE[-1]


def _digits(draw: random.Random, number: int) -> str:
    return str(int(draw.random() * 10**number)).zfill(number)


def _order_id(draw: random.Random) -> str:
    return f"11{1 + int(4 * draw.random())}-{_digits(draw, 7)}-{_digits(draw, 7)}"


def _item_id(draw: random.Random) -> str:
    return _digits(draw, 14)


def _person(draw: random.Random) -> str:
    return f"{_FIRST[int(len(_FIRST) * draw.random())]} {_LAST[int(len(_LAST) * draw.random())]}"


# -- the truth ----------------------------------------------------------------------------------------------------


def _truth(lines: list[SampleLine], affected: list[SampleLine]) -> dict[str, Any]:
    paid = sum(((line.unit_price - line.unit_discount) * line.quantity for line in affected), Decimal(0))
    normal = sum((line.unit_price * line.quantity for line in affected), Decimal(0))
    pending = [line for line in lines if line.status == "Pending" and line.at > _CODE_LIVE]
    unjudged = [line for line in pending if line.product.asin == "B0EXAMPL01"]
    return {
        "note": "Made up by promofix_lib.sample; nobody in these reports exists.",
        "onset": affected[0].at.isoformat(),
        "end": affected[-1].at.isoformat(),
        "promotion_ids": [PROMOTION_ID],
        "claim_codes": [CLAIM_CODE],
        "skus": sorted({line.product.sku for line in affected}),
        "normal_unit_price": "58.99",
        "orders": len({line.order_id for line in affected}),
        "units": sum(line.quantity for line in affected),
        "amounts": [{"currency": "USD", "paid": str(paid), "normal_value": str(normal), "loss": str(normal - paid)}],
        "triage": _triage_truth(affected),
        "order_ids": [line.order_id for line in affected],
        "order_item_ids": [line.item_id for line in affected],
        "cannot_judge_order_ids": [line.order_id for line in unjudged],
        "order_items": len(lines),
    }


def _triage_truth(affected: list[SampleLine]) -> dict[str, int]:
    words = {("Merchant", "Unshipped"): "cancel", ("Amazon", "Unshipped"): "ask_amazon"}
    counts: dict[str, int] = {}
    for line in affected:
        word = words.get((line.product.channel, line.status), "shipped")
        counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items()))
