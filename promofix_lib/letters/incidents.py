"""What is told about the incidents outside the case: when, which items, which sums, and what the journal holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promofix_lib.amounts import Money
from promofix_lib.case.records import ExportRecord, UploadAnswer
from promofix_lib.letters.texts import one_line
from promofix_lib.orders import flat_lists
from promofix_lib.say import Told, told, zone_text
from promofix_lib.status.status import status

if TYPE_CHECKING:
    import pandas as pd

    from promofix_lib.case.case import Case
    from promofix_lib.status.book import Mask
    from promofix_lib.status.status import Status

_ITEMS_SHOWN = 20
_SITE_WIDE = "_SITE_WIDE_"  # Amazon's filler where a promotion needs no code


@dataclass(frozen=True)
class IncidentPart:
    """What is said about one incident; number 0 is what the seller put in by hand.

    Parameters
    ----------
    number, of : int
        Which of how many incidents.
    onset, end : datetime or None
        Its first and its last affected order, on the marketplace's clock.
    promotion_ids : tuple of str
    names, items : tuple of Told
        Promotions and claim codes; SKUs with what was paid, what they usually cost, and units.
    """

    number: int
    of: int
    onset: datetime | None
    end: datetime | None
    promotion_ids: tuple[str, ...]
    names: tuple[Told, ...]
    items: tuple[Told, ...]

    def told(self) -> tuple[Told, ...]:
        """The incident in lines."""
        cause = "by_hand" if not self.number else "promotion" if self.promotion_ids else "price"
        times = {"onset": moment_of(self.onset), "end": moment_of(self.end)}
        ends = (told(f"letters.{name}", time=time or told("letters.unknown")) for name, time in times.items())
        return (*self.heading, told(f"letters.cause_{cause}"), *ends, *self.names, told("letters.items"), *self.items)

    @property
    def heading(self) -> tuple[Told, ...]:
        """Which incident it is, where there are several."""
        return (told("letters.incident", number=self.number, of=self.of),) if self.number and self.of > 1 else ()


def incident_parts(case: Case) -> tuple[IncidentPart, ...]:
    """What is said about each taken incident, and about what was put in by hand; worked out once per revision."""
    return case.once("incident_parts", lambda: tuple(_parts(case, status(case))))


def _parts(case: Case, stands: Status) -> Iterator[IncidentPart]:
    numbers = case.incident_of().to_numpy()
    named = {int(one["number"]): tuple(one["promotion_ids"]) for one in stands.incidents}
    masks = {number: stands.chosen & (numbers == number) for number in (*named, 0)}
    touched = {number: mask for number, mask in masks.items() if mask.any()}
    for number, mask in touched.items():
        orders, ids = stands.book.orders[mask], named.get(number, ())
        times = orders["purchase_date"].dropna().dt.tz_convert(case.zone)
        onset, end = (times.min().to_pydatetime(), times.max().to_pydatetime()) if len(times) else (None, None)
        codes = tuple(sorted(set(flat_lists(orders["claim_codes"])[1]) - {_SITE_WIDE}))
        kinds = {"promotion_ids": ids, "claim_codes": codes}
        names = tuple(told(f"letters.{kind}", names=found) for kind, found in kinds.items() if found)
        yield IncidentPart(number, len(touched.keys() - {0}), onset, end, ids, names, _items(stands, mask))


def headline(incidents: Sequence[IncidentPart]) -> tuple[Told | str, str]:
    """The day of all incidents, or the days, and whether promotion, price or ``both`` were wrong.

    One night is one day, that of its first order.
    """
    moments = sorted(at for one in incidents for at in (one.onset, one.end) if at)
    days: Told | str = str(moments[0].date()) if moments else ""
    if moments and moments[-1] - moments[0] >= timedelta(hours=24):
        days = between(days, str(moments[-1].date()))
    kinds = {"promotion" if one.promotion_ids else "price" for one in incidents if one.number} or {"price"}
    return days, kinds.pop() if len(kinds) == 1 else "both"


def _items(stands: Status, mask: Mask) -> tuple[Told, ...]:
    """One line per SKU and currency, the most units first."""
    book, ledger = stands.book, stands.book.ledger
    columns = ["sku", "asin", "currency", "unit_price"]
    rows = book.orders.loc[mask, columns].fillna({"sku": "", "asin": "", "currency": ""})
    rows["unit_price"] = rows["unit_price"].where(ledger.paid_known[mask])
    rows["units"], rows["normal"], rows["known"] = book.units[mask], ledger.normal[mask], ledger.normal_known[mask]
    groups = (group for _, group in rows.groupby(["sku", "currency"], sort=False))
    found = sorted(groups, key=lambda group: -group["units"].sum())
    rest = len(found) - _ITEMS_SHOWN
    more = (told("letters.more_items", n=rest),) if rest > 0 else ()
    return (*map(_item, found[:_ITEMS_SHOWN]), *more)


def _item(group: pd.DataFrame) -> Told:
    first, prices, usual = group.iloc[0], group["unit_price"].dropna(), group[group["known"]]
    unknown, currency = told("letters.unknown"), str(first["currency"])
    facts = {
        "n": int(group["units"].sum()),
        "sku": one_line(str(first["sku"])) or unknown,
        "asin": one_line(next(filter(None, group["asin"]), "")) or unknown,
        "paid": between(*(Money(price, currency) for price in (prices.min(), prices.max())))
        if len(prices)
        else unknown,
    }
    if usual.empty:
        return told("letters.item_unknown", **facts)
    normal = Decimal(int(usual["normal"].iloc[0])) / (10_000 * int(usual["units"].iloc[0]))
    return told("letters.item", normal=Money(normal, currency), **facts)


def amount_lines(stands: Status) -> Iterator[Told]:
    """The sums of the affected items per currency, and how many items are in none."""
    for one in stands.amounts:
        if one.known:
            sums = {name: Money(getattr(one, name), one.currency) for name in ("paid", "normal_value", "loss")}
            yield told("letters.amount", **sums)
        if one.items_not_known:
            yield told("letters.items_not_known", n=one.items_not_known)


def recorded(case: Case) -> Iterator[tuple[datetime, str, dict[str, int]]]:
    """What the journal holds about the cancellations: when, ``file`` or ``answer``, and how many orders."""
    for export in case.journal.records(ExportRecord):
        orders = len({line.order_id for lines in export.uploads.values() for line in lines})
        if orders and not export.draft:
            yield export.made_at, "file", {"n": orders}
    for answer in case.journal.records(UploadAnswer):
        accepted, refused = {key.split("/")[0] for key in answer.accepted}, {one[0] for one in answer.refused}
        yield answer.at, "answer", {"n": len(accepted), "refused": len(refused)}


def between(low: Any, high: Any) -> Any:
    """A span, or the one value that both ends are.

    >>> between("1%", "1%"), between("1%", "2%").text("en")
    ('1%', '1% to 2%')
    """
    return low if low == high else told("letters.range", low=low, high=high)


def moment_of(moment: datetime | None) -> str:
    """A moment with the name of its zone, the same in every language: these are facts for Amazon; empty without one.

    >>> moment_of(datetime(2026, 11, 19, 22, 5, tzinfo=UTC))
    '2026-11-19 22:05:00 (UTC)'
    """
    return f"{moment:%Y-%m-%d %H:%M:%S} ({zone_text(moment.tzinfo or UTC)})" if moment else ""
