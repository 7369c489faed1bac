"""Several reports, one truth: nothing multiplied, nothing lost, the newest knowledge in every cell."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.errors import ReportError
from promofix_lib.orders import COLUMNS, item_keys, uncoded
from promofix_lib.reports.merging import read_orders
from promofix_lib.reports.report import Reading

ALL = (
    "amazon-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel "
    "product-name sku asin item-status quantity currency item-price item-promotion-discount promotion-ids "
    "is-business-order"
).split()
NEW = (
    "order-id order-item-id purchase-date buyer-email buyer-name sku product-name quantity-purchased "
    "currency item-price ship-country item-promotion-discount item-promotion-id"
).split()
UNSHIPPED = (
    "order-id order-item-id purchase-date reporting-date buyer-email buyer-name sku quantity-purchased "
    "quantity-to-ship is-buyer-requested-cancellation"
).split()
SHIPMENTS = (
    "amazon-order-id shipment-id shipment-item-id amazon-order-item-id purchase-date shipment-date sku "
    "quantity-shipped currency item-price item-promotion-discount sales-channel"
).split()
PROMOTIONS = (
    "shipment-date currency item-promotion-discount item-promotion-id description promotion-rule-value "
    "amazon-order-id shipment-id shipment-item-id"
).split()
SALES = "shipment-date sku fnsku asin quantity amazon-order-id currency item-price-per-unit".split()
PAYMENTS = "date/time|settlement id|type|order id|sku|product sales|promotional rebates|total".split("|")

ONE, TWO = "111-0000001-0000001", "111-0000002-0000002"
BOUGHT = "2026-03-01T10:00:00+00:00"
A = {
    "amazon-order-id": ONE,
    "purchase-date": BOUGHT,
    "last-updated-date": "2026-03-01T10:30:00+00:00",
    "order-status": "Unshipped",
    "fulfillment-channel": "Merchant",
    "sales-channel": "Amazon.com",
    "sku": "HP",
    "quantity": "1",
    "currency": "USD",
    "item-price": "58.99",
}
C = {
    "order-id": ONE,
    "order-item-id": "01",
    "purchase-date": "2026-03-01T02:00:00-08:00",
    "buyer-email": "abc@example.com",
    "buyer-name": "Invented Buyer",
    "sku": "HP",
    "quantity-purchased": "1",
    "currency": "USD",
    "item-price": "58.99",
    "ship-country": "US",
}
E = {
    "order-id": ONE,
    "order-item-id": "01",
    "purchase-date": BOUGHT,
    "reporting-date": "2026-03-01T10:40:00+00:00",
    "sku": "HP",
    "quantity-purchased": "1",
    "quantity-to-ship": "1",
}
H = {
    "amazon-order-id": ONE,
    "shipment-id": "S",
    "shipment-item-id": "S1",
    "amazon-order-item-id": "01",
    "purchase-date": BOUGHT,
    "shipment-date": "2026-03-02T10:00:00+00:00",
    "sku": "HP",
    "quantity-shipped": "1",
    "currency": "USD",
    "item-price": "58.99",
}
PROMOTION = {
    "shipment-date": "2026-03-02T10:00:00+00:00",
    "currency": "USD",
    "item-promotion-discount": "-57.99",
    "item-promotion-id": "PLM-1",
    "amazon-order-id": ONE,
    "shipment-item-id": "S1",
}


class Files:
    """Writes reports into a folder and reads them together, in the order written."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.paths = folder, []

    def add(self, header: list[str], *rows: dict[str, str], between: str = "\t") -> Files:
        """One more report."""
        lines = [between.join(header), *(between.join(row.get(name, "") for name in header) for row in rows), ""]
        path = self.folder / f"{len(self.paths) + 1}.txt"
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        self.paths.append(path)
        return self

    def read(self) -> Reading:
        """All of them, merged; what must always hold is checked."""
        reading = read_orders(self.paths)
        orders = reading.orders
        assert list(orders.columns[: len(COLUMNS)]) == list(COLUMNS)
        assert not item_keys(orders).duplicated().any()
        assert {name: str(orders[name].dtype) for name in COLUMNS} == {
            name: str(dtype) for name, dtype in COLUMNS.items()
        }
        return reading


@pytest.fixture
def files(tmp_path):
    """An empty pile of reports."""
    return Files(tmp_path)


def test_all_orders_and_new_orders_make_one_row(files):
    """Status and promotions from one, buyer and item id from the other; both places are named."""
    orders = files.add(ALL, A | {"promotion-ids": "P"}).add(NEW, C).read().orders
    (item,) = orders.to_dict("records")
    assert (item["order_status"], item["promotion_ids"]) == ("Unshipped", ["P"])
    assert (item["order_item_id"], item["buyer_email"], item["ship_country"]) == ("01", "abc@example.com", "US")
    assert (item["source_file"], item["source_line"]) == ("1.txt", 2)
    assert item["sources"] == ["1.txt, line 2", "2.txt, line 2"]


def test_the_order_of_the_files_changes_nothing_that_is_dated(files, tmp_path):
    """The same two files the other way round hold the same facts."""
    one = files.add(ALL, A).add(NEW, C).read().orders
    other = read_orders(files.paths[::-1]).orders
    facts = [name for name in COLUMNS if not name.startswith("source_")]
    pd.testing.assert_frame_equal(one[facts], other[facts])


def test_an_overlapping_download_adds_nothing_twice(files):
    """Two downloads of All Orders that share an order count it once; the later status holds."""
    later = A | {"order-status": "Shipped", "last-updated-date": "2026-03-02T00:00:00+00:00"}
    orders = files.add(ALL, later).add(ALL, A, A | {"amazon-order-id": TWO}).read().orders
    assert orders["order_id"].tolist() == [ONE, TWO]
    assert orders["order_status"].tolist() == ["Shipped", "Unshipped"]


def test_the_later_listed_file_wins_where_no_date_tells(files):
    """Two New Orders downloads have no date of update: the later one is believed, and the contradiction is said."""
    reading = files.add(NEW, C).add(NEW, C | {"item-price": "1.00"}).read()
    assert reading.orders["item_price"].tolist() == [Decimal(1)]
    (warning,) = reading.warnings
    assert "item price is 58.99 USD in 1.txt line 2, but 1.00 USD in 2.txt line 2" in warning.text("en")


def test_the_same_file_twice_counts_once(files):
    """Identical content is one report, however it is called; its identical lines stay two."""
    reading = files.add(ALL, A, A).add(ALL, A, A).read()
    assert len(reading.orders) == 2
    assert "same file as 1.txt" in reading.warnings[0].text("en")


def test_identical_lines_join_their_twins(files):
    """Two equal lines without item id meet the two items of New Orders, one each."""
    orders = files.add(ALL, A, A).add(NEW, C, C | {"order-item-id": "02"}).read().orders
    assert orders["order_item_id"].tolist() == ["01", "02"]
    assert orders["order_status"].tolist() == ["Unshipped"] * 2


@pytest.mark.parametrize(
    ("sku", "saved"),
    [("00123", "123"), ("00123", "'00123"), ("AB 1", "AB 1\u00a0"), ("AB-1", "ab-1"), ("1E5", "100000"), ("7", "7.0")],
)
def test_a_sku_that_a_spreadsheet_rewrote_is_still_that_sku(files, sku, saved):
    """Lost zeros, an apostrophe, a blank, capitals, a number: the item does not count twice, and it is said."""
    reading = files.add(ALL, A | {"sku": saved}).add(NEW, C | {"sku": sku}).read()
    assert reading.orders["order_item_id"].tolist() == ["01"]
    assert f"SKU is {sku} in 2.txt line 2" in reading.warnings[0].text("en")


def test_skus_that_do_not_match_are_told(files):
    """A SKU that became a date cannot be known again: the order's lines stand twice, and that is said."""
    reading = files.add(ALL, A | {"sku": "1-Mar"}, A | {"amazon-order-id": TWO}).add(NEW, C | {"sku": "MAR-1"}).read()
    assert len(reading.orders) == 3
    (warning,) = reading.warnings
    assert f"1 order, for example {ONE}, has lines whose SKU two reports write differently" in warning.text("en")
    other = (
        Files(files.folder).add(ALL, A, A | {"sku": "X"}).add(NEW, C).add(NEW, C | {"order-item-id": "2", "sku": "X"})
    )
    assert other.read().warnings == ()


def test_twins_are_paired_by_what_they_cost(files):
    """Two lines of one SKU, written in another order by the other report: the discounted one keeps its own item id."""
    cheap = {"item-promotion-discount": "57.99", "promotion-ids": "P"}
    reading = files.add(ALL, A | {"quantity": "3", "item-price": "176.97"}, A | cheap).add(
        NEW, C, C | {"order-item-id": "02", "quantity-purchased": "3", "item-price": "176.97"}
    )
    merged = reading.read()
    orders = merged.orders.set_index("order_item_id")
    assert orders["promotion_ids"]["01"] == ["P"]
    assert orders["unit_price"]["01"] == Decimal(1)
    assert orders["quantity"]["02"] == 3
    assert merged.warnings == ()


def test_an_item_that_only_one_report_knows_is_kept(files):
    """Orders of New Orders that All Orders does not hold, and the other way round."""
    orders = files.add(ALL, A).add(NEW, C | {"order-id": TWO}).read().orders
    assert orders["order_id"].tolist() == [ONE, TWO]
    assert orders["order_status"].isna().tolist() == [False, True]


def test_new_orders_spread_over_two_downloads_meet_their_lines(files):
    """Two items of one SKU, each in its own New Orders file: still two items, not one and not three."""
    files.add(NEW, C).add(NEW, C | {"order-item-id": "02"}).add(ALL, A, A)
    assert files.read().orders["order_item_id"].tolist() == ["01", "02"]


def test_the_buyer_of_an_order_is_the_buyer_of_all_its_items(files):
    """New Orders lists one of the two items; the order's buyer is known for both."""
    orders = files.add(ALL, A, A | {"sku": "OTHER"}).add(NEW, C).read().orders
    assert orders["buyer_email"].tolist() == ["abc@example.com"] * 2
    assert orders["order_item_id"].isna().tolist() == [False, True]


def test_unshipped_orders_say_what_can_still_be_cancelled(files):
    """A pending order that is on the Unshipped list since then is unshipped, and the buyer's wish is known."""
    old = A | {"order-status": "Pending", "item-price": "", "last-updated-date": "2026-03-01T10:05:00+00:00"}
    orders = files.add(UNSHIPPED, E | {"is-buyer-requested-cancellation": "true"}).add(ALL, old).read().orders
    assert orders["order_status"].tolist() == ["Unshipped"]
    assert orders["is_buyer_requested_cancellation"].tolist() == [True]


def test_a_shipped_order_is_not_unshipped_by_an_older_list(files):
    """All Orders was updated after the Unshipped list was written."""
    new = A | {"order-status": "Shipped", "last-updated-date": "2026-03-02T00:00:00+00:00"}
    assert files.add(ALL, new).add(UNSHIPPED, E).read().orders["order_status"].tolist() == ["Shipped"]


def test_a_blank_cell_never_erases_what_is_known(files):
    """A cancelled line has no price, no currency and 0 units: what the order was stays known."""
    gone = {"order-status": "Cancelled", "quantity": "0", "item-price": "", "currency": ""}
    late = {"last-updated-date": "2026-03-03T00:00:00+00:00"}
    reading = files.add(ALL, A).add(ALL, A | gone | late).read()
    (item,) = reading.orders.to_dict("records")
    assert (item["order_status"], item["quantity"]) == ("Cancelled", 1)
    assert (item["item_price"], item["currency"]) == (Decimal("58.99"), "USD")
    assert reading.warnings == ()


def test_a_cancelled_line_alone_keeps_its_zero(files):
    """Without an older report nobody knows how many were ordered."""
    gone = A | {"order-status": "Cancelled", "quantity": "0", "item-price": ""}
    assert files.add(ALL, gone).add(NEW, C | {"order-id": TWO}).read().orders["quantity"].tolist() == [0, 1]


def test_a_price_stated_anew_takes_its_blank_discount_along(files):
    """The one blank that erases: amounts of two moments are never mixed into a sum that never was."""
    old = A | {"quantity": "4", "item-price": "100.00", "item-promotion-discount": "10.00"}
    new = A | {"quantity": "3", "item-price": "75.00", "last-updated-date": "2026-03-02T00:00:00+00:00"}
    (item,) = files.add(ALL, old).add(ALL, new).read().orders.to_dict("records")
    assert (item["item_price"], item["quantity"]) == (Decimal(75), 3)
    assert pd.isna(item["item_promotion_discount"])


def test_a_report_without_discounts_does_not_erase_one(files):
    """New Orders without promotion columns knows nothing of discounts."""
    bare = [name for name in NEW if "promotion" not in name]
    orders = files.add(ALL, A | {"item-promotion-discount": "57.99"}).add(bare, C).read().orders
    assert orders["unit_price"].tolist() == [Decimal(1)]


def test_a_discount_that_is_printed_at_shipping_is_taken_up(files):
    """The promotion id stands there first, its amount comes with the shipment."""
    old = A | {"promotion-ids": "P"}
    new = A | {"promotion-ids": "P", "item-promotion-discount": "57.99", "last-updated-date": "2026-03-02T00:00:00Z"}
    reading = files.add(ALL, new).add(ALL, old).read()
    assert reading.orders["unit_price"].tolist() == [Decimal(1)]
    assert reading.warnings == ()


def test_promotion_ids_only_become_more(files):
    """What any report knows of promotions is kept, each once, in order."""
    files.add(ALL, A | {"promotion-ids": "P,Free Shipping"}).add(NEW, C | {"item-promotion-id": "P"})
    assert files.read().orders["promotion_ids"].tolist() == [["P", "Free Shipping"]]


def test_contradictions_name_both_files_and_lines(files):
    """One order item, two prices: said once, with both places; at most ten of a kind, then their number."""
    rows = [A | {"amazon-order-id": f"111-{n:07d}-0000001"} for n in range(13)]
    other = [row | {"item-price": "1.00", "last-updated-date": "2026-03-04T00:00:00Z"} for row in rows]
    warnings = files.add(ALL, *rows).add(ALL, *other).read().warnings
    assert len(warnings) == 11
    assert "item price is 58.99 USD in 1.txt line 2, but 1.00 USD in 2.txt line 2" in warnings[0].text("en")
    assert warnings[-1].text("en") == "3 more order items have two values of item price."


def test_shipped_parts_add_up_once(files):
    """Amazon Fulfilled Shipments splits an item over parcels, and downloads overlap."""
    parts = [H, H | {"shipment-item-id": "S2"}]
    reading = files.add(SHIPMENTS, *parts).add(SHIPMENTS, parts[1], H | {"shipment-item-id": "S3"}).read()
    (item,) = reading.orders.to_dict("records")
    assert (item["quantity"], item["item_price"]) == (3, Decimal("176.97"))
    assert (item["order_status"], item["fulfillment_channel"]) == ("Shipped", "amazon")


def test_a_shipped_part_does_not_shrink_the_item(files):
    """Two units ordered, one shipped so far: the order's own line says what was bought."""
    whole = A | {"quantity": "2", "item-price": "117.98", "fulfillment-channel": "Amazon"}
    reading = files.add(ALL, whole).add(SHIPMENTS, H).read()
    assert (reading.orders["quantity"][0], reading.orders["item_price"][0]) == (2, Decimal("117.98"))
    assert reading.warnings == ()


def test_fba_promotions_find_their_item_through_the_shipment(files):
    """The promotion names a shipment item, the shipment names the order item."""
    two = H | {"shipment-item-id": "S2", "amazon-order-item-id": "02", "sku": "OTHER"}
    orders = files.add(PROMOTIONS, PROMOTION).add(SHIPMENTS, H, two).read().orders.set_index("order_item_id")
    assert orders["promotion_ids"]["01"] == ["PLM-1"]
    assert pd.isna(orders["promotion_ids"]["02"])
    assert orders["unit_price"]["01"] == Decimal(1)


def test_fba_promotions_find_their_item_through_each_of_its_parcels(files):
    """An item that was sent in two parcels is found through the second one too, beside another item of the order."""
    parts = [
        H,
        H | {"shipment-item-id": "S2"},
        H | {"shipment-item-id": "S3", "sku": "X", "amazon-order-item-id": "02"},
    ]
    reading = files.add(SHIPMENTS, *parts).add(PROMOTIONS, PROMOTION | {"shipment-item-id": "S2"}).read()
    assert reading.orders.set_index("order_item_id")["promotion_ids"]["01"] == ["PLM-1"]
    assert reading.warnings == ()


def test_fba_promotions_of_one_item_add_up_once(files):
    """Two promotions of an item are two discounts; a download that overlaps says the same ones again."""
    other = PROMOTION | {"item-promotion-id": "PLM-2", "item-promotion-discount": "-1.00"}
    reading = files.add(SHIPMENTS, H).add(PROMOTIONS, PROMOTION, other).add(PROMOTIONS, other).read()
    (item,) = reading.orders.to_dict("records")
    assert item["promotion_ids"] == ["PLM-1", "PLM-2"]
    assert (item["item_promotion_discount"], item["unit_price"]) == (Decimal("58.99"), 0)


def test_fba_promotions_of_a_lone_item_need_no_shipments(files):
    """An order with one item leaves no doubt; one with two is not guessed, and said."""
    lone = files.add(ALL, A).add(PROMOTIONS, PROMOTION).read()
    assert lone.orders["promotion_ids"].tolist() == [["PLM-1"]]
    two = Files(files.folder).add(ALL, A, A | {"sku": "OTHER"}).add(PROMOTIONS, PROMOTION).read()
    assert two.orders["promotion_ids"].isna().all()
    assert "Amazon Fulfilled Shipments" in two.warnings[0].text("en")


def test_fba_sales_state_a_price_per_unit(files):
    """The only report with unit prices is turned into line totals."""
    row = {"sku": "HP", "quantity": "3", "amazon-order-id": ONE, "currency": "USD", "item-price-per-unit": "2.50"}
    orders = files.add(SALES, row | {"shipment-date": BOUGHT}).read().orders
    assert (orders["item_price"][0], orders["unit_price"][0]) == (Decimal("7.5"), Decimal("2.5"))


def test_payments_are_checked_and_add_no_orders(files):
    """A settled amount that no tax explains is said; payments are no order items."""
    paid = {"date/time": "Jan 5, 2026 1:23:45 PM PST", "type": "Order", "order id": ONE, "product sales": "1.00"}
    reading = files.add(ALL, A).add(PAYMENTS, paid, between="|").read()
    assert len(reading.orders) == 1
    assert [warning.text("en") for warning in reading.warnings] == [
        f"Order {ONE}: the order reports say that the buyer paid 58.99, 2.txt says 1.00. "
        "Look at the order in Seller Central before you act on it.",
    ]


@pytest.mark.parametrize(
    ("kind", "sales", "rebates"), [("Order", "58.99", ""), ("Bestellung", "49.57", ""), ("Order", "100.00", "-41.01")]
)
def test_payments_that_agree_are_silent(files, kind, sales, rebates):
    """Amounts without VAT, and promotions on a line of their own, are no contradiction."""
    paid = {"date/time": "1 Mar 2026 10:00:00 UTC", "type": kind, "order id": ONE}
    paid |= {"product sales": sales, "promotional rebates": rebates}
    assert files.add(ALL, A).add(PAYMENTS, paid, between="|").read().warnings == ()


def test_payments_alone_are_an_empty_order_table(files):
    """Nothing to act on, and the report says what to download."""
    paid = {"date/time": "1 Mar 2026 10:00:00 UTC", "type": "Order", "order id": ONE, "product sales": "1.00"}
    reading = files.add(PAYMENTS, paid, between="|").read()
    assert reading.orders.empty
    assert reading.reports[0].lacks[0].key == "orders"


def test_two_currencies_stay_two(files):
    """An item has the currency of its price, never that of another report's."""
    orders = files.add(ALL, A, A | {"amazon-order-id": TWO, "currency": "GBP"}).add(NEW, C).read().orders
    assert orders["currency"].tolist() == ["USD", "GBP"]


def test_the_reading_report_is_json(files):
    """The form of ``promofix read --json``: files with their lines, orders, span, currencies, warnings."""
    bad = A | {"item-price": "x"}
    reading = files.add(ALL, A, bad, A | {"amazon-order-id": TWO, "currency": "EUR"}).read()
    report = json.loads(json.dumps(reading.to_json()))
    (file,) = report["files"]
    assert {"path", "kind", "encoding", "rows", "items", "quarantined", "ignored_columns", "lacks"} <= set(file)
    assert (file["kind"], file["rows"], file["items"]) == ("All Orders", 2, 2)
    assert file["quarantined"][0]["line"] == 3
    assert set(file["lacks"][0]) == {"what", "how_to_get_it"}
    assert (report["orders"], report["items"], report["currencies"]) == (2, 2, ["EUR", "USD"])
    assert report["first"] == report["last"] == "2026-03-01T10:00:00+00:00"
    assert report["warnings"] == []


def test_no_file_is_an_error():
    """The message says which reports to download."""
    with pytest.raises(ReportError, match="No report was given"):
        read_orders([])


def test_a_report_opens_again_from_the_cache(files, tmp_path, monkeypatch):
    """The second reading touches no parser and gives the same; other content, another name and damage are read anew."""
    files.add(ALL, A | {"promotion-ids": "P,Q"}, A | {"item-price": "x"})
    cache = tmp_path / "cache"
    first = read_orders(files.paths, cache=cache)
    with monkeypatch.context() as patch:
        patch.setattr("promofix_lib.reports.merging.read_report", lambda *_, **__: pytest.fail("it was read again"))
        again = read_orders(files.paths, cache=cache)
    pd.testing.assert_frame_equal(first.orders, again.orders)
    assert first.to_json() == again.to_json()
    (kept,) = cache.glob("*.arrow")
    raw = bytearray(kept.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    kept.write_bytes(raw)
    pd.testing.assert_frame_equal(first.orders, read_orders(files.paths, cache=cache).orders)
    kept.write_bytes(b"")
    assert read_orders(files.paths, cache=cache).to_json() == first.to_json()


def test_a_cache_that_cannot_be_written_is_no_obstacle(files, tmp_path):
    """A file stands where the folder should be: the report is read all the same."""
    (tmp_path / "cache").write_text("in the way", encoding="utf-8")
    assert len(read_orders(files.add(ALL, A).paths, cache=tmp_path / "cache").orders) == 1


ROWS = st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.sampled_from(["HP", "X"])), max_size=6)


@given(ROWS, ROWS, ROWS)
def test_merging_never_multiplies_or_loses_items(tmp_path, first, second, new):
    """Per order and SKU, a merge holds as many items as the fullest report."""
    files = Files(tmp_path)
    files.add(ALL, *(A | {"amazon-order-id": order, "sku": sku} for order, sku in first))
    files.add([*ALL, "cpf"], *(A | {"amazon-order-id": order, "sku": sku} for order, sku in second))
    files.add(NEW, *(C | {"order-id": o, "sku": s, "order-item-id": f"0{n}"} for n, (o, s) in enumerate(new)))
    orders = files.read().orders
    for key in {*first, *second, *new}:
        held = ((orders["order_id"] == key[0]) & (orders["sku"] == key[1])).sum()
        assert held == max(rows.count(key) for rows in (first, second, new))


def test_a_narrow_reading_finds_and_merges_the_same(files):
    """Columns that nobody asks for are missing; rows, amounts, counts and what is told of them are the same."""
    late = {"last-updated-date": "2026-03-02T00:00:00Z", "item-price": "5.00"}
    hat = A | {"product-name": "Hat", "promotion-ids": "P"}
    files.add(ALL, hat, A | {"amazon-order-id": TWO}, A | {"item-price": "x"})
    files.add(NEW, C).add(ALL, A | late)
    whole, narrow = read_orders(files.paths), read_orders(files.paths, columns=["claim_codes"])
    told = [name for name in COLUMNS if not name.startswith(("buyer_", "ship_", "product_", "is_business"))]
    told.remove("sales_channel")
    pd.testing.assert_frame_equal(whole.orders[told], uncoded(narrow.orders)[told])
    assert narrow.orders[["buyer_email", "product_name", "sales_channel"]].isna().all(axis=None)
    assert [one.to_json() for one in narrow.warnings] == [one.to_json() for one in whole.warnings]
    assert narrow.to_json() == whole.to_json()


def test_a_merged_reading_is_kept_whole_and_what_is_gone_is_swept(files, tmp_path):
    """The second opening of several reports merges nothing; a report that is taken away leaves nothing behind."""
    cache = tmp_path / "cache"
    files.add(ALL, A).add(NEW, C)
    first = read_orders(files.paths, cache=cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("promofix_lib.reports.merging.merged", lambda _: pytest.fail("it was merged again"))
        again = read_orders(files.paths, cache=cache)
    pd.testing.assert_frame_equal(first.orders, again.orders)
    assert len(list(cache.iterdir())) == 3
    assert len(read_orders(files.paths[:1], cache=cache).orders) == 1
    assert len(list(cache.iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be removed there")
def test_what_comes_from_the_cache_is_mapped_and_not_copied(files, tmp_path):
    """Seven open pages share one memory: also the page that read first."""
    files.add(ALL, *(A | {"amazon-order-id": f"111-{n:07d}-0000001"} for n in range(2_000)))
    for _ in range(2):
        before = pa.total_allocated_bytes()
        orders = read_orders(files.paths, cache=tmp_path / "cache").orders
        assert pa.total_allocated_bytes() - before < orders.memory_usage(deep=True).sum() / 10
