"""Payments and translated reports: local dates, local decimals, local column names."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from promofix_lib.reports.cells import amount, decimal_sign, moment
from promofix_lib.reports.kinds import kind_named
from promofix_lib.reports.picking import order_sales
from promofix_lib.reports.reading import read_report
from promofix_lib.reports.report import Report

ORDER = "302-0000001-0000001"


def sales(report: Report) -> dict[str, Decimal]:
    """What each order paid by this report."""
    return order_sales(report.table, kind_named(report.kind))


def read(folder: Path, content: str, encoding: str = "utf-8") -> Report:
    """The one report with that content."""
    path = folder / "payments.csv"
    path.write_bytes(content.encode(encoding))
    (report,) = read_report(path)
    assert report.headers + report.blanks + report.rows + len(report.quarantined) == report.lines
    return report


def quoted(*lines: list[str]) -> str:
    """Comma lines with every cell in quotes, as Amazon writes payments."""
    return "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)


TRANSACTIONS = {
    "US": (
        ["date/time", "settlement id", "type", "order id", "sku", "product sales", "promotional rebates", "total"],
        ["Jan 5, 2026 1:23:45 PM PST", "1", "Order", ORDER, "HP", "1,059.99", "-58.99", "900.00"],
        "2026-01-05T21:23:45Z",
    ),
    "CA": (
        ["date/time", "settlement id", "type", "order id", "Sku", "product sales", "promotional rebates", "total"],
        ["Jul 1, 2026 12:02:19 a.m. PDT", "1", "Order", ORDER, "HP", "1,059.99", "-58.99", "900.00"],
        "2026-07-01T07:02:19Z",
    ),
    "DE": (
        [
            "Datum/Uhrzeit",
            "Abrechnungsnummer",
            "Typ",
            "Bestellnummer",
            "SKU",
            "Umsätze",
            "Rabatte aus Werbeaktionen",
            "Gesamt",
        ],
        ["05.03.2026 09:12:33 UTC", "1", "Bestellung", ORDER, "HP", "1.059,99", "-58,99", "900,00"],
        "2026-03-05T09:12:33Z",
    ),
    "FR": (
        [
            "date/heure",
            "numéro de versement",
            "type",
            "numéro de la commande",
            "sku",
            "ventes de produits",
            "Rabais promotionnels",
            "total",
        ],
        ["5 mars 2026 09:12:33 UTC", "1", "Commande", ORDER, "HP", "1 059,99", "-58,99", "900,00"],
        "2026-03-05T09:12:33Z",
    ),
    "IT": (
        ["Data/Ora:", "Numero pagamento", "Tipo", "Numero ordine", "SKU", "Vendite", "Sconti promozionali", "totale"],
        ["5 mag 2026 09:12:33 UTC", "1", "Ordine", ORDER, "HP", "1.059,99", "-58,99", "900,00"],
        "2026-05-05T09:12:33Z",
    ),
    "ES": (
        [
            "fecha y hora",
            "identificador de pago",
            "tipo",
            "número de pedido",
            "sku",
            "ventas de productos",
            "devoluciones promocionales",
            "total",
        ],
        ["5 ene 2026 09:12:33 UTC", "1", "Pedido", ORDER, "HP", "1.059,99", "-58,99", "900,00"],
        "2026-01-05T09:12:33Z",
    ),
    "JP": (
        [
            "日付/時間",
            "決済番号",
            "トランザクションの種類",
            "注文番号",
            "SKU",
            "商品売上",
            "プロモーション割引額",
            "合計",
        ],
        ["2026/03/05 12:00:00 JST", "1", "注文", ORDER, "HP", "1,060", "-59", "900"],
        "2026-03-05T03:00:00Z",
    ),
}


@pytest.mark.parametrize("market", TRANSACTIONS)
@pytest.mark.parametrize("preamble", [0, 2, 9])
def test_transactions_of_every_language_are_read(tmp_path, market, preamble):
    """The header is found after any preamble; local names, dates and decimals mean what they say."""
    header, cells, time = TRANSACTIONS[market]
    report = read(tmp_path, quoted(*[["All amounts in EUR, unless specified"]] * preamble, header, cells))
    assert report.kind == "Transactions"
    assert (report.headers, report.rows) == (preamble + 1, 1)
    assert report.table["posted_at"][0] == pd.Timestamp(time)
    assert sales(report) == {ORDER: Decimal(1001)}


def test_japanese_payments_in_cp932_are_read(tmp_path):
    """Without any declaration; as Windows-1252 the header would be rubbish."""
    header, cells, _ = TRANSACTIONS["JP"]
    report = read(tmp_path, quoted(header, cells), "cp932")
    assert (report.encoding, report.kind) == ("cp932", "Transactions")
    assert sales(report) == {ORDER: Decimal(1001)}


@pytest.mark.parametrize("kind", ["Refund", "Transfer", "Service Fee", "Erstattung", ""])
def test_only_orders_count(tmp_path, kind):
    """Refunds, transfers, fees and lines without a type are not what a buyer paid."""
    header, cells, _ = TRANSACTIONS["US"]
    assert sales(read(tmp_path, quoted(header, [*cells[:2], kind, *cells[3:]]))) == {}


def test_settlements_are_read(tmp_path):
    """V2: one amount a line, promotions negative, with thousands signs and brackets; the summary row is no order."""
    header = (
        "settlement-id\ttotal-amount\tcurrency\ttransaction-type\torder-id\tamount-type\tamount-description\tamount"
    )
    lines = [
        "T\t1,062.53\tGBP\t\t\t\t\t",
        f"T\t\t\tOrder\t{ORDER}\tItemPrice\tPrincipal\t1,200.00",
        f"T\t\t\tOrder\t{ORDER}\tItemPrice\tShipping\t4.99",
        f"T\t\t\tOrder\t{ORDER}\tPromotion\tPrincipal\t(55.00)",
        f"T\t\t\tRefund\t{ORDER}\tItemPrice\tPrincipal\t-20.00",
    ]
    report = read(tmp_path, "\ufeff" + "\n".join([header, *lines, ""]))
    assert report.kind == "Settlement (V2)"
    assert sales(report) == {ORDER: Decimal(1145)}


def test_old_settlements_are_read(tmp_path):
    """V1: price and promotion stand side by side."""
    header = "settlement-id\ttransaction-type\torder-id\tprice-type\tprice-amount\tpromotion-type\tpromotion-amount"
    line = f"1\tOrder\t{ORDER}\tPrincipal\t19.99\tPrincipal\t-18.99"
    assert sales(read(tmp_path, f"{header}\n{line}\n")) == {ORDER: Decimal(1)}


def test_chinese_shipments_in_gbk_are_read(tmp_path):
    """The Seller Central CSV speaks the language of the screen; its dates too."""
    header = [
        "亚马逊订单编号",
        "配送日期",
        "购买日期",
        "卖家 SKU",
        "已发货数量",
        "货币",
        "商品价格",
        "商品促销折扣",
        "销售渠道",
    ]
    cells = ["111-0000001-0000001", "2026年3月6日 上午9:00:00 PST", "2026年3月5日 下午3:05:00 PST", "HP", "2", "USD"]
    report = read(tmp_path, quoted(header, [*cells, "117.98", "-116.98", "Amazon.com"]), "gbk")
    item = report.table.iloc[0]
    assert (report.kind, report.encoding) == ("Amazon Fulfilled Shipments", "gbk")
    assert item["purchase_date"] == pd.Timestamp("2026-03-05T23:05:00Z")
    assert (item["quantity"], item["unit_price"]) == (2, Decimal("0.5"))
    assert (item["order_status"], item["fulfillment_channel"]) == ("Shipped", "amazon")


@pytest.mark.parametrize(
    ("text", "sign", "value"),
    [
        ("1,44,957.78", ".", "144957.78"),
        ("1.234.567,8", ",", "1234567.8"),
        ("1 234,50", ",", "1234.50"),
        ("1'234,50", ",", "1234.50"),
        ("\u22125.00", ".", "-5.00"),
        ("(5)", ".", "-5"),
        ("$1,299.00", ".", "1299.00"),
        ("-1.299,00 €", ",", "-1299.00"),
    ],
)
def test_amounts_of_every_country_are_exact(text, sign, value):
    """Indian groups, French blanks, Swiss marks, brackets, currency signs, the minus sign of typesetters."""
    assert amount(text, sign) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1.2.3", "--1", "1,00.5", "USD 5", "5 USD", "٣", "1e99", "Infinity", "((5))x", "$5$", "€"]
)
def test_what_is_no_amount_is_not_guessed(text):
    """Two readings or none: an error, never a number."""
    with pytest.raises(ValueError, match=r"amount|digits"):
        amount(text)


def test_the_decimal_sign_is_decided_by_the_cells_that_leave_no_doubt():
    """1,200 and 1.200 could be either; 4.99 and 4,99 could not."""
    assert decimal_sign(["1,200", "4.99", "1,200.50"]) == "."
    assert decimal_sign(["1.200", "4,99"]) == ","
    assert decimal_sign(["1,200", ""]) == "."
    assert decimal_sign(["4.895", "12.300", "980"]) == ","  # nothing costs a tenth of a cent
    assert decimal_sign(["4.895", "12.30"]) == decimal_sign(["0.125", "4.895"]) == decimal_sign(["4.890"]) == "."
    assert decimal_sign(["1.200 €", "59,80 €"]) == ","


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2026 10:00:00 UTC",
        "2026-03-01",
        "2026-03-01T25:00:00Z",
        "1 Foo 2026 1:00 UTC",
        "13:00 PM UTC",
        "2026-03-01T10:00:00 XYZ",
        "2026-03-01T10:00:00-0",  # a mail broke the line in the offset
        "2026-03-01T10:00:00-1",
        "2026-03-01 10:00:00 GMT-0",
        "",
        "5",
    ],
)
def test_what_is_no_moment_is_not_guessed(text):
    """No zone or half of one, no time, two readings, no such hour: an error, never a time."""
    with pytest.raises(ValueError, match=r".+"):
        moment(text)
