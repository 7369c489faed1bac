"""Which rows of several reports are one order item, which of them is believed, and what they say against each other."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from promofix_lib.amounts import Money
from promofix_lib.reports.items import Mask, Numbers, codes, last_known, mask_of, pairs, taken, together
from promofix_lib.reports.kinds import Kind, facts, kind_named
from promofix_lib.reports.report import Report
from promofix_lib.reports.texts import respelled, sku_key
from promofix_lib.say import Told, told

PARTIAL = "part"
"""A column of our own while merging: the row may hold only a part of the item."""

_PLACE = ("source_file", "source_line")
_SHOWN = 10
_TELLING = ("quantity", "item_price", "item_promotion_discount")


def same_items(rows: pa.Table) -> Numbers:
    """A number per row that is equal where rows speak of the same order item, in order of first appearance.

    Items with an order item id are told apart by it. Rows without one (All Orders before May 2026) are the n-th line
    with that SKU in that order of their own file, and belong to the n-th item with that SKU. So a merge never makes
    more lines of an order than its fullest report shows, and never fewer.

    Parameters
    ----------
    rows : Table
        Rows of all reports; those of one report follow each other.

    Examples
    --------
    >>> same_items(pa.table({"order_id": ["A", "A", "A", "A"], "order_item_id": [None, None, "8", "9"],
    ...                      "sku": ["S", "S", "S", "S"], "source_file": ["all", "all", "new", "new"],
    ...                      "quantity": [1, 2, 2, 1], "item_price": [9, 9, 9, 9],
    ...                      "item_promotion_discount": [0, 0, 0, 0]})).tolist()
    [0, 1, 1, 0]
    """
    order, file = codes(rows["order_id"]), codes(rows["source_file"])
    item = codes(pc.utf8_ltrim(rows["order_item_id"], characters="0"))  # a spreadsheet may have dropped first zeros
    has_id = item >= 0
    identity = pairs(order, np.where(has_id, item, 0))
    sku = codes(respelled(rows["sku"], sku_key))
    sku[has_id] = _first_known(identity[has_id], sku[has_id])
    line = pairs(order, sku + 1)
    first_rows = pd.Series(identity[has_id]).drop_duplicates().index.to_numpy()
    copy = np.zeros(rows.num_rows, dtype=np.int64)
    copy[~has_id] = _nth(pairs(line[~has_id], file[~has_id]))
    unique = pd.Series(_nth(line[has_id][first_rows]), index=identity[has_id][first_rows])
    copy[has_id] = unique.reindex(identity[has_id]).to_numpy()
    twins = np.intersect1d(line[has_id & (copy > 0)], line[~has_id])
    if len(twins):
        _pair_twins(rows, np.flatnonzero(np.isin(line, twins)), line, identity, copy, has_id)
    return pairs(line, copy)


def _first_known(groups: Numbers, codes: Numbers) -> Numbers:
    known = pd.Series(codes).where(codes >= 0)
    return known.groupby(groups).transform("first").fillna(-1).to_numpy().astype(np.int64)


def _nth(groups: Numbers) -> Numbers:
    return pd.Series(groups).groupby(groups, sort=False).cumcount().to_numpy().astype(np.int64)


def _pair_twins(rows: pa.Table, twins: Numbers, line: Numbers, identity: Numbers, copy: Numbers, known: Mask) -> None:
    """Pair items of one SKU, told apart by id here and not there, by what they cost, before by their order."""
    facts_of = zip(*(rows[name].take(pa.array(twins)).to_pylist() for name in _TELLING), strict=True)
    signs = dict(zip(twins.tolist(), facts_of, strict=True))
    for group in pd.Series(twins).groupby(line[twins]).indices.values():
        lines: dict[int, Any] = {}
        items: dict[int, Any] = {}
        for row in twins[group].tolist():
            of_same, number = (items, identity) if known[row] else (lines, copy)
            of_same.setdefault(int(number[row]), signs[row])
        places: dict[int, int] = {}
        for alike in (True, False):
            for item in [one for one in items if one not in places]:
                free = (n for n in range(len(items) + len(lines)) if n not in places.values())
                fits = (n for n in free if not alike or (n in lines and _agree(lines[n], items[item])))
                if (place := next(fits, None)) is not None:
                    places[item] = place
        for row in twins[group][known[twins[group]]].tolist():
            copy[row] = places[int(identity[row])]


def _agree(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=True) if a is not None and b is not None)


# -- which of them is believed -----------------------------------------------------------------------------------------


def winners_of(rows: pa.Table, slot: Numbers) -> dict[str, Numbers]:
    """Which row's cell an order item takes, column by column: the newest that is known.

    Parameters
    ----------
    rows : Table
        Rows of all reports.
    slot : array of int64
        Number of the order item of each row.

    Returns
    -------
    dict of str to array of int64
        Per column of single cells a row number for each order item; -1 where no row knows.
    """
    newest, place, weighed = _as_of(rows), np.arange(len(slot)), facts().columns["weighed"]
    by_time, by_weight = np.lexsort((place, newest)), np.lexsort((place, newest, ~mask_of(rows[PARTIAL])))
    emptied = _emptied(rows, slot)

    def last(name: str) -> Numbers:
        ranked = by_weight if name in weighed else by_time
        return last_known(rows[name], slot, ranked[~emptied[ranked]] if name == "quantity" else ranked)

    single = [one.name for one in rows.schema if not pa.types.is_list(one.type) and one.name not in _PLACE]
    winners = {name: last(re.sub("(?<=_status)_given$", "", name)) for name in single}
    # a price stated anew by a report with discounts takes its blank discount along: amounts never mix
    price, priced, discount = rows["item_price"], winners["item_price"], winners["item_promotion_discount"]
    anew = mask_of(pc.not_equal(taken(price, discount), taken(price, priced)))
    return winners | {"item_promotion_discount": np.where(anew, priced, discount)}


def _emptied(rows: pa.Table, slot: Numbers) -> Mask:
    """Cancelled lines on which Amazon wrote 0 units, where another report still knows how many were ordered."""
    ordered = np.isin(slot, slot[mask_of(pc.greater(rows["quantity"], 0))])
    gone = [mask_of(pc.equal(rows[name], "Cancelled")) for name in ("order_status", "item_status")]
    return np.any(gone, axis=0) & mask_of(pc.equal(rows["quantity"], 0)) & ordered


def picked(rows: pa.Table, slot: Numbers, winners: Mapping[str, Numbers]) -> pa.Table:
    """One row per order item, with every line that it was read from."""
    rows, lines = rows.drop_columns([PARTIAL]), pc.cast(rows["source_line"], pa.string())
    places = pa.table({"slot": slot, "": pc.binary_join_element_wise(rows["source_file"], lines, ", line ")})
    sources = places.group_by("slot", use_threads=False).aggregate([("", "list")])["_list"]
    return together(rows, slot, winners=winners).append_column("sources", sources)


def contradictions(rows: pa.Table, slot: Numbers, winners: Mapping[str, Numbers]) -> list[Told]:
    """A sentence per contradiction, naming both files and lines; at most ten per column, then their number."""
    return [sentence for name in facts().columns["compared"] for sentence in _against(name, rows, winners[name][slot])]


def _against(name: str, rows: pa.Table, chosen: Numbers) -> list[Told]:
    lines, column = rows[name], told(f"reports.column.{name}")
    found = mask_of(pc.not_equal(lines, taken(lines, chosen))) & ~mask_of(rows[PARTIAL])
    if name == "quantity":
        found &= ~mask_of(pc.equal(lines, 0))
    others = np.flatnonzero(found)
    sides = (rows.take(pa.array(side[:_SHOWN])).to_pylist() for side in (others, chosen[others]))
    sentences = [_sentence(name, old, new) for old, new in zip(*sides, strict=True)]
    more = len(others) - _SHOWN
    return sentences + [told("reports.more_contradictions", n=more, column=column)] * (more > 0)


def unmatched(rows: pa.Table, slot: Numbers) -> list[Told]:
    """Orders of which a report without item ids has lines that no other has, and the others have other ones."""
    order, file = codes(rows["order_id"]), codes(rows["source_file"])
    has_id = mask_of(pc.is_valid(rows["order_item_id"]))
    first = np.flatnonzero(~pd.Series(slot).duplicated())  # slots stand in order of their first rows
    doubtful = mask_of(rows[PARTIAL]) | ~mask_of(pc.is_valid(rows["sku"]))
    doubtful |= (has_id != has_id[first][slot]) | (~has_id & (file != file[first][slot]))
    alone = first[np.bincount(slot[doubtful], minlength=len(first)) == 0]
    sources = pd.Series(np.where(has_id[alone], -1, file[alone])).groupby(order[alone]).transform("nunique")
    found = alone[(sources > 1).to_numpy()]
    example = rows["order_id"].take(pa.array(found[:1])).to_pylist()
    return [told("reports.skus_differ", n=len(np.unique(order[found])), order=one) for one in example]


def _as_of(rows: pa.Table) -> Numbers:
    """When each row was true at the latest, in microseconds: Amazon's last update, else its first sight."""
    known = (rows[name] for name in facts().columns["dated"] if name in rows.column_names)
    return np.asarray(pc.fill_null(pc.cast(pc.coalesce(*known), pa.int64()), 0).to_numpy())


def _sentence(name: str, other: dict[str, Any], chosen: dict[str, Any]) -> Told:
    about = {"order": chosen["order_id"], "sku": chosen["sku"] or "", "column": told(f"reports.column.{name}")}
    for age, row in (("old", other), ("new", chosen)):
        cell = row[name]
        about[age] = Money(cell, row["currency"] or "") if isinstance(cell, Decimal) else cell
        about |= {f"{age}_file": row["source_file"], f"{age}_line": row["source_line"]}
    return told("reports.contradiction", **about)


# -- payments ----------------------------------------------------------------------------------------------------------

# European payments leave out VAT, which is 27 % of the net price at most; a wrong price is further off than that.
_VAT = Decimal("0.30")


def money_check(orders: pd.DataFrame, payments: Sequence[Report]) -> list[Told]:
    """Orders for which payments and order reports disagree by more than a tax could explain.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    payments : sequence of Report
        Settlements and transactions; they overlap when several are given, so each order is checked against each.

    Returns
    -------
    list of Told
        At most ten sentences per report, then how many more.
    """
    paid = _paid(orders) if payments else {}
    found: list[Told] = []
    for report in payments:
        settled = order_sales(report.table, kind_named(report.kind))
        wrong = [order for order, amount in settled.items() if order in paid and _differs(amount, paid[order])]
        for order in wrong[:_SHOWN]:
            amounts = {"paid": Money(paid[order], ""), "settled": Money(settled[order], "")}
            found.append(told("reports.other_payment", order=order, file=report.name, **amounts))
        more = len(wrong) - _SHOWN
        found += [told("reports.other_payments", n=more, file=report.name)] * (more > 0)
    return found


def _paid(orders: pd.DataFrame) -> dict[str, Decimal]:
    """What the buyer paid per order; orders with an unpriced item are left out."""
    unpriced = orders.loc[orders["item_price"].isna(), "order_id"]
    known = orders[~orders["order_id"].isin(unpriced.dropna())]
    net = known["item_price"] - known["item_promotion_discount"].fillna(0)
    return {str(order): Decimal(value) for order, value in net.groupby(known["order_id"]).sum().items()}


def _differs(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > _VAT * max(abs(one), abs(other))


def order_sales(payments: pd.DataFrame, kind: Kind) -> dict[str, Decimal]:
    """Price less promotions per order, refunds and fees left out.

    Parameters
    ----------
    payments : DataFrame
        Lines of a settlement or of a transaction report.
    kind : Kind
        Which of the two; its `sales` say what counts.

    Examples
    --------
    >>> order_sales(pd.DataFrame({"order_id": ["A", "A"], "type": ["Order", "Refund"],
    ...                           "product_sales": [Decimal("9.99"), Decimal("-9.99")],
    ...                           "promotional_rebates": [Decimal("-8.99"), None]}), kind_named("Transactions"))
    {'A': Decimal('1.00')}
    """
    words = facts().table["words"]["sale"].split()
    sales: dict[str, Decimal] = {}
    for row in payments.to_dict("records"):
        order, said = row.get("order_id"), str(row.get("type", row.get("transaction_type")))
        known = [row.get(sale["column"]) for sale in kind.sales if _counts(row, sale.get("where", {}))]
        amounts = [amount for amount in known if isinstance(amount, Decimal)]
        if isinstance(order, str) and amounts and said.strip().lower() in words:
            sales[order] = sum(amounts, sales.get(order, Decimal(0)))
    return sales


def _counts(row: Mapping[Hashable, Any], where: Mapping[str, Sequence[object]]) -> bool:
    return all(row.get(name) in words for name, words in where.items())
