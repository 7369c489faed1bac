"""A case whose order table is made here: for tests of the widgets, without a report to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from promofix_lib.case.case import Case
from promofix_lib.incident import Incident
from promofix_lib.marketplaces import Marketplace, marketplace_of
from promofix_lib.money import NormalPrice
from promofix_lib.orders import order_table

ONSET = datetime(2026, 11, 20, 5, 21, tzinfo=UTC)  # 21:21 on the evening before in Los Angeles
WRONG_CODE = "PAWS-V2-77HEADPHONE-CC"
RULE = Incident(onset=ONSET, end=ONSET + timedelta(hours=9), promotion_ids=(WRONG_CODE,))


def night_of_orders(size: int = 300, *, seed: int = 7) -> pd.DataFrame:
    """`size` order items: quiet days before and after, and a third of all in one night at 1.00 USD.

    Order numbers, names and addresses are invented.
    """
    random = np.random.default_rng(seed)
    wrong = np.zeros(size, dtype=bool)
    wrong[: size // 3] = True
    minutes = np.where(wrong, random.exponential(90, size).clip(0, 539), random.integers(-4 * 1440, 2 * 1440, size))
    units = random.choice([1, 1, 1, 2, 5], size)
    statuses = random.choice(["Unshipped", "Unshipped", "Pending", "Shipped", "Cancelled"], size)
    channels = random.choice(["merchant", "merchant", "amazon"], size)
    countries = random.choice(["US", "US", "US", "PR"], size)
    skus = np.where(wrong, "HP-BT700-BLK", random.choice(["HP-BT700-BLK", "HP-BT700-WHT", "CABLE-2M"], size))
    rows = [
        {
            "order_id": f"114-{place:07d}-{place * 7 % 10_000_000:07d}",
            "order_item_id": f"{50_000_000_000 + place}",
            "purchase_date": (ONSET + timedelta(minutes=float(minutes[place]))).isoformat(),
            "order_status": str(statuses[place]),
            "fulfillment_channel": str(channels[place]),
            "sales_channel": "Amazon.com",
            "sku": str(skus[place]),
            "product_name": "Over-ear headphones",
            "quantity": int(units[place]),
            "currency": "USD",
            "item_price": str(Decimal("58.99") * int(units[place])),
            "item_promotion_discount": str(Decimal("57.99") * int(units[place])) if wrong[place] else "0",
            "promotion_ids": [WRONG_CODE]
            if wrong[place]
            else ["Subscribe and Save Promotion V2"]
            if place % 9 == 0
            else [],
            "buyer_name": f"Invented Buyer {place}",
            "buyer_email": f"buyer{place}@example.com",
            "ship_country": str(countries[place]),
            "is_business_order": place % 11 == 0,
            "source_file": "orders.txt",
            "source_line": place + 2,
        }
        for place in random.permutation(size).tolist()
    ]
    return order_table(rows)


class TableCase(Case):
    """A case in a folder whose order table is given; rules, decisions, settings and undo are the real ones."""

    table: pd.DataFrame

    @classmethod
    def of(cls, folder: Path, table: pd.DataFrame, rule: Incident | None = RULE) -> TableCase:
        """A case with this table, and the incident taken (not by the seller) unless it was before."""
        case = cls.open(folder, clock=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
        assert isinstance(case, TableCase)
        case.table = table
        if rule is not None and not case.incidents:
            case.journal.decide(lambda story: story.decisions.take(rule, True), "promofix")
        return case

    @property
    def reports(self) -> tuple[Path, ...]:
        """One report, which nobody reads."""
        return (self.folder / "orders.txt",)

    def hashes(self) -> dict[str, str]:
        """Another table is another report."""
        return {"orders.txt": str(id(self.table))}

    @property
    def orders(self) -> pd.DataFrame:
        """The table as given."""
        return self.table

    @property
    def marketplace(self) -> Marketplace:
        """The United States."""
        return marketplace_of("Amazon.com")

    @property
    def normal_prices(self) -> tuple[NormalPrice, ...]:
        """Headphones normally cost 58.99 USD."""
        return (NormalPrice("HP-BT700-BLK", "", "USD", Decimal("58.99")),)

    @property
    def findings(self) -> Any:
        """Nothing more than what was taken."""
        return SimpleNamespace(incidents=(), worth_a_look=())
