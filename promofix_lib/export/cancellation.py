"""What is cancelled: one line per order item or order, as Amazon's text file and as XML, and what is withheld."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from promofix_lib.case.records import Cancellation
from promofix_lib.errors import ExportError
from promofix_lib.filters import one_of
from promofix_lib.letters.messages import is_alive
from promofix_lib.letters.texts import CANCEL_REASONS
from promofix_lib.plain import Shown
from promofix_lib.say import Told, told
from promofix_lib.status.book import Book, Mask

BUYER_ASKED = "BuyerCanceled"
"""Reason for orders whose buyer asked through Amazon, which compares; for no others."""

ORDER_ID = r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}"
ITEM_CODE = r"[0-9]{1,20}"

CANCELLATION_HEAD = (
    "TemplateType=OrderCancellation\tVersion=1.0/1.0.3\tThis row for Amazon.com use only.  Do not modify or delete.\r\n"
    "order-id\tcancellation-reason-code\tamazon-order-item-code\r\n"
)
"""First two lines of the text file, byte for byte as Amazon's template has them (two blanks after ``only.``)."""

MERCHANT_TOKEN = "FILL-IN-YOUR-MERCHANT-TOKEN"
"""Stands in the XML feed for what only the seller knows."""


@dataclass(frozen=True)
class Withheld(Shown):
    """Something that was not written, why, and what would let it through."""

    what: Told
    why: Told


@dataclass(frozen=True)
class CancellationPlan:
    """What would be cancelled, what would not (by order id, with the reason), and what to know before uploading it."""

    reason: str
    lines: tuple[Cancellation, ...]
    withheld: tuple[tuple[str, Told], ...]
    warnings: tuple[Told, ...]

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Orders in the plan, each once, in file order."""
        return tuple(dict.fromkeys(line.order_id for line in self.lines))


def stock_effect(reason: str) -> Told:
    """What cancelling with this reason does to the stock, as a sentence for the seller.

    References
    ----------
    Seller Central help 200198080, "Cancel an order" (stock effect of each reason).

    Examples
    --------
    >>> stock_effect("NoInventory").text("en")
    'NoInventory does not put the cancelled units back on sale.'
    """
    return told("export.restocks_not" if reason == "NoInventory" else "export.restocks", reason=reason)


def check_reason(reason: str) -> str:
    """The reason code as it must be written for orders that no buyer asked to cancel.

    Raises
    ------
    ExportError
        A word Amazon does not know here, or one that would not be true, such as ``BuyerCanceled``.

    Examples
    --------
    >>> check_reason("PricingError")
    'PricingError'
    """
    if reason == BUYER_ASKED:
        raise ExportError("export.reason_not_true")
    if reason not in CANCEL_REASONS:
        raise ExportError("export.reason_not_known", found=reason, known=CANCEL_REASONS)
    return reason


def plan_cancellations(
    book: Book, chosen: Mask | pd.Series[bool], *, reason: str = "PricingError", accepted: Collection[str] = ()
) -> CancellationPlan:
    """Lines of the cancellation file for the chosen order items that can be cancelled, and for no others.

    Reason and item code are both given or both left out, as Amazon's template asks. Where the reports tell the codes,
    each item is a line. A whole order without codes is its order id alone. A partial order (an item that is still alive
    is not cancelled) without codes is withheld: Amazon would cancel what the seller wants to ship.

    Parameters
    ----------
    book : Book
        The whole order table: the items that are not chosen decide whether an order is partial.
    chosen : array or Series of bool
        One truth value per order item.
    reason : str
        One of `CANCEL_REASONS`, for the items whose triage is ``cancel``; or `BUYER_ASKED`, for those that the buyer
        asked to cancel through Amazon, which do not count.
    accepted : collection of str
        Keys of the items whose cancellation Amazon has accepted: they are not uploaded a second time.

    Raises
    ------
    ExportError
        A reason that Amazon does not know.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> item = {"order_id": "111-0000001-0000001", "quantity": 1, "order_status": "Unshipped",
    ...         "fulfillment_channel": "merchant"}
    >>> book = Book(order_table([item | {"order_item_id": "07"}, item | {"order_item_id": "08"},
    ...                          item | {"order_id": "111-0000002-0000002"}]))
    >>> [(line.order_id[-1], line.reason, line.item_code)
    ...  for line in plan_cancellations(book, [True, False, True]).lines]
    [('1', 'PricingError', '07'), ('2', '', '')]
    """
    word = "buyer_asked" if reason == BUYER_ASKED else "cancel"
    picked = np.asarray(chosen, dtype=np.bool_)
    items = _items(book, picked & (book.triage == word).to_numpy(dtype=np.bool_))
    named = items["order_id"].str.fullmatch(ORDER_ID).fillna(False).astype(bool)
    uncoded = set(items.loc[~items["coded"], "order_id"])
    by_item = ~items["order_id"].isin(uncoded).astype(bool)
    ready = items.assign(by_item=by_item)[named & (by_item | items["whole"])]
    strange = [(name, told("export.no_order_id")) for name in items.loc[~named, "order_id"].unique()]
    partial = items.loc[named & ~by_item & ~items["whole"], "order_id"].unique()
    withheld = (*strange, *((name, told("export.no_item_code")) for name in partial))
    wanted = tuple(_lines(ready, reason if word == "buyer_asked" else check_reason(reason)))
    lines = tuple(line for line in wanted if any(key not in accepted for key in line.keys))
    open_orders = {line.order_id for line in lines}
    done = dict.fromkeys(line.order_id for line in wanted if line.order_id not in open_orders)
    withheld += tuple((name, told("export.accepted")) for name in done)
    return CancellationPlan(reason, lines, withheld, tuple(_warnings(book, picked, reason, lines)))


def _items(book: Book, taken: Mask) -> pd.DataFrame:
    orders = book.orders
    stays = (is_alive(orders) & ~taken) | one_of(orders, "order_status", ["PartiallyShipped"]).to_numpy(dtype=np.bool_)
    partial = np.bincount(book.order_codes[stays], minlength=len(book.order_names)) > 0
    items = orders.loc[taken, ["order_id", "order_item_id"]].assign(key=book.keys[taken])
    coded = items["order_item_id"].str.fullmatch(ITEM_CODE).fillna(False).astype(bool)
    return items.assign(order_id=items["order_id"].fillna(""), coded=coded, whole=~partial[book.order_codes[taken]])


def _lines(items: pd.DataFrame, reason: str) -> Iterator[Cancellation]:
    keys: dict[tuple[str, str], dict[str, None]] = {}  # a line split between warehouses repeats its item code
    columns = items[["order_id", "order_item_id", "by_item", "key"]]
    for order_id, code, by_item, key in columns.itertuples(index=False):
        keys.setdefault((order_id, code if by_item else ""), {})[key] = None
    for (order_id, code), cancelled in keys.items():
        yield Cancellation(order_id, reason if code else "", code, tuple(cancelled))


def _warnings(book: Book, picked: Mask, reason: str, lines: tuple[Cancellation, ...]) -> Iterator[Told]:
    if lines:
        yield stock_effect(reason)
    if bare := sum(not line.item_code for line in lines):
        yield told("export.no_reason_shown", n=bare, reason=reason)
    unknown = picked & (book.orders["order_status"].isna() & (book.triage == "wait")).to_numpy(dtype=np.bool_)
    if unknown.any():
        yield told("export.no_status", n=len(np.unique(book.order_codes[unknown])))


def cancellation_text(lines: Iterable[Cancellation]) -> str:
    r"""The cancellation file: tabs, CRLF, ASCII, ids as they are.

    References
    ----------
    developer-docs.amazon.com/sp-api/docs/order-feed-type-values, feed POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA;
    Seller Central help 50791.

    Examples
    --------
    >>> line = Cancellation("111-0000001-0000001", "PricingError", "07664457044546", ())
    >>> cancellation_text([line]).splitlines()[2]
    '111-0000001-0000001\tPricingError\t07664457044546'
    """
    rows = (f"{line.order_id}\t{line.reason}\t{line.item_code}\r\n" for line in lines)
    return CANCELLATION_HEAD + "".join(rows)


def batches(lines: Sequence[Cancellation], orders_per_file: int) -> dict[str, tuple[Cancellation, ...]]:
    """The lines cut into files of at most so many orders (0: one file), by the ending of the file's name.

    An order is never cut in two.

    Examples
    --------
    >>> lines = [Cancellation("A", "", "1", ()), Cancellation("A", "", "2", ()), Cancellation("B", "", "", ())]
    >>> {ending: len(part) for ending, part in batches(lines, 1).items()}
    {'-1-of-2': 2, '-2-of-2': 1}
    """
    if orders_per_file < 0:
        raise ValueError(f"orders_per_file must be 0 or more, got {orders_per_file}.")
    place = {order: n for n, order in enumerate(dict.fromkeys(line.order_id for line in lines))}
    size = orders_per_file or len(place)
    parts: dict[int, list[Cancellation]] = {}
    for line in lines:
        parts.setdefault(place[line.order_id] // size, []).append(line)
    endings = [f"-{n + 1}-of-{len(parts)}" if len(parts) > 1 else "" for n in parts]
    return dict(zip(endings, map(tuple, parts.values()), strict=True))


def acknowledgement_xml(lines: Iterable[Cancellation]) -> bytes:
    """The same cancellations as an XML feed (OrderAcknowledgement), for those who upload by program.

    The seller writes the merchant token in, where `MERCHANT_TOKEN` stands. Item codes of 15 digits are written although
    Amazon's own 2012 schema allows 14: reports since 2025 carry them.

    Examples
    --------
    >>> line = Cancellation("111-0000001-0000001", "PricingError", "123456789012345", ())
    >>> b"<StatusCode>Failure</StatusCode>" in acknowledgement_xml([line])
    True
    """
    source = files("promofix_lib.export").joinpath("order-acknowledgement.toml").read_text(encoding="utf-8")
    envelope, message, item = tomllib.loads(source).values()
    orders: dict[str, str] = {}
    for line in lines:  # ids and codes have passed `ORDER_ID` and `ITEM_CODE`: nothing in them is to be escaped
        told_item = item.format(code=line.item_code, reason=line.reason) if line.item_code else ""
        orders[line.order_id] = orders.get(line.order_id, "") + told_item
    messages = (message.format(number=n, order_id=name, items=told) for n, (name, told) in enumerate(orders.items(), 1))
    return envelope.format(token=MERCHANT_TOKEN, messages="".join(messages)).encode()


def write_new(path: Path, content: bytes) -> Path:
    """Write a file that is not there yet.

    Raises
    ------
    ExportError
        The file is there already: a person may have opened or changed it.
    """
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise ExportError("export.never_replaced", file=path) from error
    return path
