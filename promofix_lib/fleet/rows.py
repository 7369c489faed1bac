"""What a scan says: of one account a row with incidents, losses and days, which is kept; of all what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from promofix_lib.amounts import amount_text
from promofix_lib.finding.findings import Finding
from promofix_lib.fleet.looking import Look
from promofix_lib.incident import affected
from promofix_lib.marketplaces import in_dollars, main_marketplace
from promofix_lib.plain import Record
from promofix_lib.say import moment_text, say, told

_DAYS_DRAWN = 60


@dataclass(frozen=True)
class Row(Record):
    """What a scan says of one account, and keeps of it.

    Parameters
    ----------
    account : str
        Its folder's name.
    incidents : tuple of dict
        As ``find --json`` prints them, the gravest first.
    failed : str or None
        What could not be read and why, in the language of the scan.
    files : tuple of (str, str, int, int)
        Name, SHA-256, lines, lines set aside: for the audit.
    days : tuple of (str, int, int)
        Day in `zone`, orders, affected orders: for the small chart.
    zone : str
        Of the marketplace in which its first incident is, else of the one that most of its orders come from.
    orders : int
        Affected orders of all incidents, each once.
    losses : dict of str to Decimal
        What was lost per currency, each order item once: two currencies are never added.
    looked_at : str
        When, ISO 8601 in UTC.
    """

    account: str
    incidents: tuple[dict[str, Any], ...] = ()
    failed: str | None = None
    files: tuple[tuple[str, str, int, int], ...] = ()
    days: tuple[tuple[str, int, int], ...] = ()
    looked_at: str = ""
    zone: str = "UTC"
    orders: int = 0
    losses: dict[str, Decimal] = field(default_factory=dict)

    @property
    def since(self) -> str:
        """When the first incident began, ISO 8601 in UTC; empty without one."""
        return min((found["onset"] for found in self.incidents), default="")

    @property
    def gravity(self) -> tuple[bool, float, int, bool]:
        """Larger for what a person should look at first."""
        worth = sum(in_dollars(lost, currency) for currency, lost in self.losses.items())
        return (bool(self.incidents), worth, self.orders, self.failed is not None)

    def since_text(self, zone: ZoneInfo | None = None) -> str:
        """When the first incident began, in a zone, its marketplace's by default; empty without one."""
        since = datetime.fromisoformat(self.since).astimezone(zone or ZoneInfo(self.zone)) if self.since else None
        return moment_text(since, zone=True) if since else ""

    def loss_text(self) -> str:
        """What was lost, one amount per currency."""
        return ", ".join(amount_text(lost, currency) for currency, lost in self.losses.items())

    def promotions_text(self) -> str:
        """The promotions of its incidents, each once."""
        return ", ".join(dict.fromkeys(name for found in self.incidents for name in found["promotion_ids"]))


@dataclass(frozen=True)
class Scan:
    """What a scan brought, the gravest account first; `zone` is the one that the defaults name, if they do."""

    rows: tuple[Row, ...]
    done_again: int
    csv: Path
    html: Path
    zone: ZoneInfo | None = None

    @property
    def exit_status(self) -> int:
        """0 nothing, 1 incidents found, 3 something could not be read."""
        return 3 if self.counts["failed"] else 1 if self.counts["with_incident"] else 0

    @property
    def counts(self) -> dict[str, Any]:
        """How many accounts (``n``); how many with an incident, not wholly read, worked out by this scan."""
        with_incident, failed = (sum(bool(getattr(row, name)) for row in self.rows) for name in ("incidents", "failed"))
        return {"n": len(self.rows), "with_incident": with_incident, "failed": failed, "done_again": self.done_again}

    def text(self) -> str:
        """What it brought, for a terminal: a line per account with an incident, what could not be read, the counts."""
        lines = []
        for row in (one for one in self.rows if one.incidents):
            since, loss = row.since_text(self.zone), row.loss_text()
            lines.append(say("fleet.found", account=row.account, since=since, orders=row.orders, loss=loss))
        lines += [say("fleet.not_read", file=row.account, why=str(row.failed)) for row in self.rows if row.failed]
        return "\n".join([*lines, say("fleet.scanned", html=str(self.html), **self.counts)])

    def to_json(self) -> dict[str, Any]:
        """As ``scan --json`` prints it."""
        rows = [{name: getattr(row, name) for name in ("account", "incidents", "failed")} for row in self.rows]
        counts = self.counts
        return {"accounts": counts.pop("n"), **counts, "rows": rows}


def row_of(name: str, look: Look, files: Sequence[Path]) -> Row:
    """The row of an account whose files were looked at."""
    whys = [one.text() for one in look.failed]
    if not files:
        whys = [told("fleet.empty_account").text()]
    failed, found = " ".join(whys) or None, look.findings.incidents
    if look.reading is None:
        return Row(name, failed=failed)
    market = min(found, key=lambda one: one.onset).market if found else main_marketplace(look.reading.orders)
    return Row(
        name,
        tuple(one.to_json() for one in found),
        failed,
        tuple((one.name, one.sha256, one.lines, len(one.quarantined)) for one in look.reading.reports),
        _days(look.reading.orders, found, market.zone),
        zone=market.zone_name,
        orders=look.findings.orders,
        losses={one.currency: one.loss for one in look.findings.amounts},
    )


def _days(orders: pd.DataFrame, incidents: Sequence[Finding], zone: ZoneInfo) -> tuple[tuple[str, int, int], ...]:
    if orders["purchase_date"].isna().all():
        return ()
    masks = (affected(orders, found.rule).to_numpy() for found in incidents)
    mask = np.logical_or.reduce([np.zeros(len(orders), dtype=np.bool_), *masks])
    day = orders["purchase_date"].dt.tz_convert(zone).dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    order = pd.factorize(orders["order_id"])[0]  # -1 where it is missing
    table = pd.DataFrame({"day": day, "order": order, "hit": mask})[order >= 0].dropna()
    per_order = table.groupby("order", sort=False).agg(day=("day", "first"), hit=("hit", "any"))
    counts = per_order.groupby("day")["hit"].agg(["size", "sum"]).sort_index().tail(_DAYS_DRAWN)
    return tuple((str(when.date()), int(all_), int(hit)) for when, all_, hit in counts.itertuples())
