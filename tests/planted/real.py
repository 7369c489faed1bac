"""Real months as order tables (tests/data/real-sales), and mistakes planted in them whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from promofix_lib import orders as table

FOLDER = Path(__file__).parent.parent / "data" / "real-sales"
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
NAMES = (
    *(f"{shop}-{month}" for shop in ("grocery-a", "grocery-b") for month in ("2017-05", "2017-06")),
    "gifts-2010-12",
    "gifts-2011-01",
)
CHANNEL = {"gifts": ("Amazon.co.uk", "GBP"), "grocery": ("Amazon.com", "USD")}


@cache
def months() -> dict[str, pd.DataFrame]:
    """Shop-months by name; of the grocer's stores two sellers, b with card prices as weekly promotions."""
    gifts, grocery = (pd.read_parquet(FOLDER / f"{name}.parquet").astype({"sku": str}) for name in CHANNEL)
    gifts = gifts.assign(shop="gifts", discount=0, ids="")
    shop = "grocery-" + (grocery["store"].rank(method="dense").astype(int) % 2).map({0: "a", 1: "b"})
    grocery = grocery.assign(shop=shop, discount=grocery["coupon"], ids=grocery["coupon_id"].astype(str))
    card = grocery["card_discount"].where(shop == "grocery-b", 0)
    week = "PAWS-V2-" + grocery["sku"] + "-" + grocery["time"].dt.strftime("%GW%V")
    joined = np.where(grocery["ids"] == "", week, week + "," + grocery["ids"])
    grocery = grocery.assign(
        price=grocery["price"] + card,
        discount=grocery["discount"] + card,
        ids=np.where(card > 0, joined, grocery["ids"]),
    )
    names = ["time", "order", "sku", "quantity", "price", "discount", "ids", "shop"]
    every = pd.concat([gifts[names], grocery[names]], ignore_index=True).assign(business=False)
    return {f"{shop}-{month}": d for (shop, month), d in every.groupby(["shop", every["time"].dt.strftime("%Y-%m")])}


def as_orders(sales: pd.DataFrame) -> pd.DataFrame:
    """The lines as an order table, by time."""
    sales = sales.sort_values("time", kind="stable").reset_index(drop=True)
    channel, currency = CHANNEL[sales["shop"].iloc[0].partition("-")[0]]
    text = {
        "order_id": sales["order"].map(lambda n: f"111-{n // 10**7:07d}-{n % 10**7:07d}"),
        "sku": sales["sku"],
        "asin": "B0" + sales["sku"],
        "order_status": "Shipped",
        "sales_channel": channel,
        "currency": currency,
    }
    frame = pd.DataFrame({name: pd.Series(cells, index=sales.index, dtype=table.TEXT) for name, cells in text.items()})
    frame["purchase_date"] = sales["time"].dt.tz_localize("UTC").astype(table.UTC)
    frame["quantity"] = sales["quantity"].astype(table.WHOLE)
    for name, cents in (("item_price", sales["price"]), ("item_promotion_discount", sales["discount"])):
        known = np.ones(len(sales), np.bool_) if name == "item_price" else cents.to_numpy() > 0
        frame[name] = pd.Series(table.decimals(cents.to_numpy(np.int64) * 100, known, 4), dtype=table.MONEY)
    lists = pa.array([cell.split(",") if cell else None for cell in sales["ids"]], type=pa.list_(pa.string()))
    frame["promotion_ids"] = pd.Series(pd.arrays.ArrowExtensionArray(lists), dtype=table.TEXTS)
    frame["is_business_order"] = sales["business"].astype(table.YES_NO)
    return table.complete(frame)


@dataclass
class Month:
    """A real month, and what is planted in it."""

    sales: pd.DataFrame
    draw: np.random.Generator
    affected: set[int] = field(default_factory=set)
    ids: frozenset[str] = frozenset()

    def item(self) -> tuple[str, int]:
        """A SKU with a steady price of 3.00 or more and sales on several days, and its usual unit price in cents."""
        priced = self.sales[self.sales["price"] > 0]
        unit = (priced["price"] / priced["quantity"]).round()
        usual = unit.groupby(priced["sku"]).median()
        steady = (unit > 0.8 * priced["sku"].map(usual)).groupby(priced["sku"]).mean() > 0.9
        days = priced["time"].dt.date.groupby(priced["sku"]).nunique() >= 4
        sku = str(self.draw.choice(usual.index[(usual >= 300) & steady & days]))
        return sku, int(usual[sku])

    def times(self, hours: float, count: int) -> list[pd.Timestamp]:
        """So many moments of a mistake that lasts so long, in the middle of the month, rare late."""
        first, last = self.sales["time"].min(), self.sales["time"].max()
        start = (first + (last - first) * self.draw.uniform(0.25, 0.7)).floor("s")
        return sorted((start + hours * HOUR * x).floor("s") for x in [0, *self.draw.triangular(0, 0.3, 1, count - 1)])

    def sell(self, sku: str, times: list[pd.Timestamp], unit: int, off: int = 0, ids: str = "", each: int = 1) -> None:
        """Affected orders of one SKU."""
        quantity = self.draw.choice([1, 1, 1, 1, 2, 4], len(times)) * each
        orders = 8_000_000_000 + len(self.affected) + np.arange(len(times))
        lines = {"time": times, "order": orders, "sku": sku, "quantity": quantity, "price": unit * quantity}
        more = pd.DataFrame({**lines, "discount": off * quantity, "ids": ids, "business": each > 1})
        self.sales = pd.concat([self.sales, more.assign(shop=self.sales["shop"].iloc[0])], ignore_index=True)
        self.affected |= set(orders.tolist())

    def everybody(self, sku: str, times: list[pd.Timestamp], change: dict[str, object]) -> None:
        """The real sales of the SKU in that time get the wrong price, too."""
        mine = (self.sales["sku"] == sku) & self.sales["time"].between(times[0], times[-1]) & (self.sales["price"] > 0)
        for name, value in change.items():
            self.sales.loc[mine, name] = value(self.sales[mine]) if callable(value) else value
        self.affected |= set(self.sales.loc[mine, "order"].tolist())

    def truth(self) -> tuple[frozenset[str], pd.Timestamp, pd.Timestamp, frozenset[str]]:
        """Affected order ids, first and last moment, promotion ids."""
        lines = self.sales[self.sales["order"].isin(self.affected)]
        names = frozenset(f"111-{n // 10**7:07d}-{n % 10**7:07d}" for n in self.affected)
        return names, lines["time"].min().tz_localize("UTC"), lines["time"].max().tz_localize("UTC"), self.ids


KINDS: dict[str, Callable[[Month], None]] = {}


def kind(plant: Callable[[Month], None]) -> Callable[[Month], None]:
    KINDS[plant.__name__] = plant
    return plant


def code(month: Month, off: float, hours: float, count: int) -> None:
    """Orders by a code of its own."""
    sku, usual = month.item()
    month.ids = frozenset({"LEAKED"})
    month.sell(sku, month.times(hours, count), usual, round(usual * off), "LEAKED")


@kind
def night_at_one(month: Month) -> None:
    """A promotion leaves one unit of money, for everybody, for a night."""
    sku, usual = month.item()
    times = month.times(8, 40)
    month.ids = frozenset({"NIGHT"})
    month.everybody(sku, times, {"discount": lambda d: d["price"] - 100 * d["quantity"], "ids": "NIGHT"})
    month.sell(sku, times, usual, usual - 100, "NIGHT")


@kind
def leak_of_days(month: Month) -> None:
    """A code of 90 % off, a few orders a day."""
    code(month, 0.9, 24 * month.draw.uniform(3, 6), int(month.draw.integers(10, 25)))


@kind
def everything_off(month: Month) -> None:
    """A code for the whole price."""
    code(month, 1.0, 12, int(month.draw.integers(8, 40)))


@kind
def small_night(month: Month) -> None:
    """Four to eight orders by a code."""
    code(month, 0.92, 5, int(month.draw.integers(4, 9)))


@kind
def two_coupons(month: Month) -> None:
    """Two coupons, each in use alone, meet on one item."""
    sku, usual = month.item()
    plain = month.sales.index[(month.sales["sku"].isin([sku, month.item()[0]])) & (month.sales["ids"] == "")]
    for name, rows in zip(("ONE", "TWO"), np.array_split(plain, 2), strict=True):
        month.sales.loc[rows, "ids"] = name
        month.sales.loc[rows, "discount"] = (month.sales.loc[rows, "price"] * 0.45).round().astype(int)
    month.ids = frozenset({"ONE", "TWO"})
    month.sell(sku, month.times(8, 25), usual, round(usual * 0.9), "ONE,TWO")


@kind
def digit_lost(month: Month) -> None:
    """A price ten times too low, without any promotion, for everybody."""
    sku, usual = month.item()
    times = month.times(6, int(month.draw.integers(5, 30)))
    month.everybody(sku, times, {"price": lambda d: usual // 10 * d["quantity"], "discount": 0, "ids": ""})
    month.sell(sku, times, usual // 10)


@kind
def quantity_price(month: Month) -> None:
    """A quantity price for business buyers far too low; others pay the usual price meanwhile."""
    sku, usual = month.item()
    month.sell(sku, month.times(24, int(month.draw.integers(6, 20))), round(usual * 0.12), each=8)


def leak(month: Month, pause: float = 0.0) -> None:
    """A code of 90 % off begun a quarter into the month, two to six uses a day for weeks, with a pause of days."""
    sku, usual = month.item()
    days, first = int(month.draw.choice([8, 10, 14, 20])), month.sales["time"].min().normalize()
    span = (month.sales["time"].max() - first) / DAY
    share = np.r_[0, np.sort(month.draw.random(days * int(month.draw.integers(2, 7)))), 1] * days
    half = days * month.draw.uniform(0.3, 0.5)
    share = share[(share < half) | (share > half + pause)]
    times = [(first + (0.27 * span + one) * DAY).floor("s") for one in share]
    month.ids = frozenset({"LEAKED"})
    month.sell(sku, times, usual, round(usual * 0.9), "LEAKED")


@kind
def leak_of_weeks(month: Month) -> None:
    """A code of 90 % off for eight to twenty days, a few orders a day."""
    leak(month)


@kind
def leak_with_a_pause(month: Month) -> None:
    """The same, unused for two days in between."""
    leak(month, month.draw.uniform(1.5, 2.5))


HABITS: dict[str, float] = {"friends": 2, "staff": 0.7, "reviewers": 1.5}
"""Standing codes of nine tenths by their uses a day: as they have always been, so nothing is affected."""


def with_habit(name: str, habit: str, seed: int) -> pd.DataFrame:
    """A real month in which such a code is used all the time."""
    month = Month(months()[name], np.random.default_rng([seed, *map(ord, habit)]))
    sku, usual = month.item()
    first, last = month.sales["time"].min(), month.sales["time"].max()
    count = max(int(month.draw.poisson(HABITS[habit] * ((last - first) / DAY))), 8)
    times = sorted((first + (last - first) * x).floor("s") for x in month.draw.random(count))
    month.sell(sku, times, usual, round(usual * 0.9), habit)
    return month.sales


def planted(name: str, kind_name: str, seed: int) -> Month:
    """A real month with one mistake in it."""
    month = Month(months()[name], np.random.default_rng([seed, *map(ord, kind_name)]))
    KINDS[kind_name](month)
    return month
