"""A report as it looks in the middle of the night: pending orders without a price, discounts not printed yet."""

from __future__ import annotations

import numpy as np
import pandas as pd

from promofix_lib import orders as table
from promofix_lib.finding.findings import Cause, Finding
from promofix_lib.finding.search import find_incidents

HOUR, DAYS = pd.Timedelta(hours=1), pd.Timedelta(days=30)
PENDING, LATE = 0.25, 1 / 3
"""Of all orders: pending for up to twelve hours, and then without a price; discount printed when they ship only."""


class Night:
    """The orders of a report as Amazon would have told them at any moment; each order ages the same in every view."""

    def __init__(self, orders: pd.DataFrame, seed: int) -> None:
        self.orders = orders
        codes, names = pd.factorize(orders["order_id"])
        draw, count = np.random.default_rng(seed), len(names)
        self._pending = np.where(draw.random(count) < PENDING, draw.uniform(0.5, 12, count), 0)[codes]
        self._shipped, self._late = draw.uniform(6, 40, count)[codes], (draw.random(count) < LATE)[codes]

    def at(self, now: pd.Timestamp) -> pd.DataFrame:
        """The report of the thirty days before a moment."""
        time = self.orders["purchase_date"]
        inside = ((time <= now) & (time > now - DAYS)).to_numpy()
        orders = self.orders[inside].drop(columns="unit_price")
        age = ((now - orders["purchase_date"]) / HOUR).to_numpy()
        pending, blank = age < self._pending[inside], (age < self._shipped[inside]) & self._late[inside]
        status = np.where(pending, "Pending", np.where(age < self._shipped[inside], "Unshipped", "Shipped"))
        for column in ("order_status", "item_status"):
            orders[column] = pd.Series(status, index=orders.index, dtype=table.TEXT)
        for column in ("item_price", "currency"):
            orders[column] = orders[column].where(~pending)
        orders["item_promotion_discount"] = orders["item_promotion_discount"].where(~(pending | blank))
        return table.complete(orders.reset_index(drop=True))

    def told(self, now: pd.Timestamp, meant: tuple[Cause, ...] = ()) -> tuple[Finding, ...]:
        """The incidents told at a moment."""
        return find_incidents(self.at(now), meant=meant).incidents

    def alarms(self, first: pd.Timestamp, every: pd.Timedelta) -> list[Finding]:
        """What somebody who looks so often is woken for from a moment on, and says each time that it was meant."""
        alarms: list[Finding] = []
        now, last, since = first, self.orders["purchase_date"].max(), None
        while now <= last:
            found = self.told(now, tuple(one.cause for one in alarms))
            alarms += [one for one in found if one.why_no_alarm(since) is None]
            since = now.to_pydatetime()
            now += every
        return alarms
