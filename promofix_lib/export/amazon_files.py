"""Files Amazon takes: the cancellation file, as text and as XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from promofix_lib.errors import ExportError
from promofix_lib.export.cancellation import Cancellation, CancellationPlan, StopTheBleed

CANCELLATION_HEAD = (
    "TemplateType=OrderCancellation\tVersion=1.0/1.0.3\tThis row for Amazon.com use only.  Do not modify or delete.\r\n"
    "order-id\tcancellation-reason-code\tamazon-order-item-code\r\n"
)
"""First two lines of the flat file, byte for byte as Amazon's template has them (two blanks after ``only.``)."""


def cancellation_text(lines: Iterable[Cancellation]) -> str:
    r"""The cancellation file: tabs, CRLF, ASCII, ids as they are.

    References
    ----------
    developer-docs.amazon.com/sp-api/docs/order-feed-type-values, feed POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA;
    Seller Central help 50791.

    Examples
    --------
    >>> line = Cancellation("111-0000001-0000001", "PricingError", "", ())
    >>> cancellation_text([line]).splitlines()[2]
    '111-0000001-0000001\tPricingError\t'
    """
    rows = (f"{line.order_id}\t{line.reason}\t{line.item_code}\r\n" for line in lines)
    return CANCELLATION_HEAD + "".join(rows)


def batches(lines: Sequence[Cancellation], orders_per_file: int | None) -> tuple[tuple[Cancellation, ...], ...]:
    """The lines cut into files of at most `orders_per_file` orders; an order is never cut in two.

    Examples
    --------
    >>> lines = [Cancellation("A", "", "1", ()), Cancellation("A", "", "2", ()), Cancellation("B", "", "", ())]
    >>> [[line.order_id for line in part] for part in batches(lines, 1)]
    [['A', 'A'], ['B']]
    """
    if orders_per_file is not None and orders_per_file < 1:
        raise ValueError(f"orders_per_file must be 1 or more, got {orders_per_file}.")
    place = {order: n for n, order in enumerate(dict.fromkeys(line.order_id for line in lines))}
    size = orders_per_file or max(len(place), 1)
    parts: dict[int, list[Cancellation]] = {}
    for line in lines:
        parts.setdefault(place[line.order_id] // size, []).append(line)
    return tuple(tuple(part) for part in parts.values())


def write_cancellations(
    plan: CancellationPlan,
    folder: Path,
    gate: StopTheBleed,
    *,
    orders_per_file: int | None = None,
    name: str = "order-cancellation",
) -> tuple[Path, ...]:
    """Write ``order-cancellation.txt``, or ``order-cancellation-1-of-3.txt`` … when it is to be cut into files.

    Upload each under Orders > Upload order-related files > Order Cancellation, then keep the processing report.

    Parameters
    ----------
    plan : CancellationPlan
        From `plan_cancellations`.
    folder : Path
        An existing folder; no file in it is replaced.
    gate : StopTheBleed
        The seller's three answers.
    orders_per_file : int or None
        At most this many orders in one file.
    name : str
        File name without its ending.

    Returns
    -------
    tuple of Path
        Empty when there is nothing to cancel.

    Raises
    ------
    ExportError
        The gate is closed, or a file of that name is there already.
    """
    if not plan.lines:
        return ()
    gate.check(plan.reason)
    parts = batches(plan.lines, orders_per_file)
    tails = [""] if len(parts) == 1 else [f"-{n}-of-{len(parts)}" for n in range(1, len(parts) + 1)]
    return tuple(
        write_new(folder / f"{name}{tail}.txt", cancellation_text(part).encode("ascii"))
        for tail, part in zip(tails, parts, strict=True)
    )


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
        raise ExportError(
            f"{path}: it is there already and is never replaced. Export again: each export gets a folder of its own."
        ) from error
    return path


def acknowledgement_xml(lines: Iterable[Cancellation], merchant_id: str) -> bytes:
    """The same cancellations as an XML feed (OrderAcknowledgement), for those who upload by program.

    Item codes of 15 digits are written although Amazon's own 2012 schema allows 14: reports since 2025 carry them.

    Parameters
    ----------
    lines : iterable of Cancellation
        From a plan made with ``whole_orders="each_item"``: in XML only an item can carry the reason.
    merchant_id : str
        The seller's merchant token, ``A1EXAMPLE``.

    References
    ----------
    OrderAcknowledgement.xsd: AmazonOrderID, StatusCode, Item (AmazonOrderItemCode, CancelReason).

    Examples
    --------
    >>> line = Cancellation("111-0000001-0000001", "PricingError", "123456789012345", ())
    >>> b"<StatusCode>Failure</StatusCode>" in acknowledgement_xml([line], "A1&<EXAMPLE")
    True
    """
    ElementTree.register_namespace("xsi", _XSI)
    envelope = ElementTree.Element("AmazonEnvelope", {f"{{{_XSI}}}noNamespaceSchemaLocation": "amzn-envelope.xsd"})
    header = ElementTree.SubElement(envelope, "Header")
    ElementTree.SubElement(header, "DocumentVersion").text = "1.01"
    ElementTree.SubElement(header, "MerchantIdentifier").text = re.sub(r"[\x00-\x1f]", "", merchant_id)
    ElementTree.SubElement(envelope, "MessageType").text = "OrderAcknowledgement"
    for number, (order_id, items) in enumerate(_by_order(lines).items(), start=1):
        _acknowledge(envelope, number, order_id, items)
    ElementTree.indent(envelope)
    return ElementTree.tostring(envelope, encoding="utf-8", xml_declaration=True) + b"\n"


_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def _by_order(lines: Iterable[Cancellation]) -> dict[str, list[Cancellation]]:
    orders: dict[str, list[Cancellation]] = {}
    for line in lines:
        orders.setdefault(line.order_id, []).append(line)
    return orders


def _acknowledge(envelope: Any, number: int, order_id: str, items: list[Cancellation]) -> None:
    message = ElementTree.SubElement(envelope, "Message")
    ElementTree.SubElement(message, "MessageID").text = str(number)
    order = ElementTree.SubElement(message, "OrderAcknowledgement")
    ElementTree.SubElement(order, "AmazonOrderID").text = order_id
    ElementTree.SubElement(order, "StatusCode").text = "Failure"
    for line in items:
        if line.item_code:
            item = ElementTree.SubElement(order, "Item")
            ElementTree.SubElement(item, "AmazonOrderItemCode").text = line.item_code
            ElementTree.SubElement(item, "CancelReason").text = line.reason
