"""What each buyer reads: one message per affected order, in the buyer's language, worded by where the order stands."""

from __future__ import annotations

import re
from collections import ChainMap, Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from promofix_lib.amounts import Money
from promofix_lib.filters import has_no_units, is_cancelled
from promofix_lib.letters.languages import buyer_language, long_date, money
from promofix_lib.letters.linter_words import marked
from promofix_lib.letters.names import NAME_AT_MOST, product_names, shortened, usable_name
from promofix_lib.letters.texts import Template, Wording, builtin_template, fill, one_line, texts
from promofix_lib.marketplaces import Marketplace, marketplace_of
from promofix_lib.say import Told, told

if TYPE_CHECKING:
    from promofix_lib.status.book import Book, Mask
    from promofix_lib.status.rows import OrderRow
    from promofix_lib.status.status import Status

ORDER_ID = re.compile(r"\d{3}-\d{7}-\d{7}")
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
"""An address that every mail program takes, and into which no second header fits."""

_PREPAID = re.compile(r"cvs|convenience|konbini|boleto|pix\b|prepa|bank.?transfer", re.IGNORECASE)
_NOTHING = Template("", ())


@dataclass(frozen=True)
class Message:
    """One message to one buyer about one order. Its text is put together when it is first asked for.

    Parameters
    ----------
    order_id, market, buyer_name, buyer_email
        Facts of the order.
    unit_prices : tuple of Money
        What one unit of each item costs the buyer; none where price or currency is not known.
    variant : str
        One of `texts.VARIANTS`, empty when no message is due.
    state : str
        ``written``, ``held`` (not to be sent now), ``none`` (none is due, or nobody knows the address).
    why : Told or None
        Why it is held, or why there is none.
    others_stay : bool
        The order has more items, to which this does not happen.
    turn, turns : int
        Which of how many orders of the same buyer it is.
    """

    order_id: str
    variant: str
    language: str
    template: Template
    values: Mapping[str, str]
    state: str
    why: Told | None
    unit_prices: tuple[Money, ...]
    market: Marketplace
    buyer_name: str
    buyer_email: str
    prepaid: bool = False
    others_stay: bool = False
    turn: int = 1
    turns: int = 1

    @property
    def message_id(self) -> str:
        """A name that stays the same in the next export: order id and variant."""
        return f"{self.order_id}/{self.variant or 'none'}"

    @property
    def unshipped(self) -> bool:
        """Nothing was charged yet, so a message must not speak of refunds."""
        return not self.variant.startswith("shipped") and not self.prepaid

    @property
    def paid_per_unit(self) -> str:
        """What one unit costs the buyer, in the buyer's way of writing money; several prices with ``/`` between."""
        return " / ".join(money(one.amount, one.currency, self.language, self.market) for one in self.unit_prices)

    @property
    def by_hand(self) -> bool:
        """There is a text but no address: it is sent from the order's own page."""
        return bool(self.variant) and self.state == "none"

    @cached_property
    def subject(self) -> str:
        """The subject line; where the rest of the order stays, it names the product."""
        facts = dict(self.values)
        if self.others_stay and "{product}" not in self.template.subject:
            facts["order_id"] += f" ({facts['product']})"
        return fill(self.template.subject, facts)

    @cached_property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs, greeting first, without the signature."""
        return self.template.fill(self.values)[1]

    @property
    def body(self) -> str:
        """The text as the buyer reads it: paragraphs with one blank line between, the seller's name at the end."""
        return "\n\n".join(self.paragraphs) + f"\n{self.values['seller_name']}\n" if self.variant else ""

    def marked(self) -> Message:
        """The same with the facts of the order marked, as `linter.lint_message` wants them."""
        return replace(self, values={name: marked(value) for name, value in self.values.items()})


def messages_for(
    status: Status, wording: Wording | None = None, *, withheld: Mapping[str, Told] | None = None
) -> tuple[Message, ...]:
    """One message for every affected order that is to be worked on, in the order of `status.rows`.

    What it says follows from where the order stands. Known as cancelled, or about to be uploaded: *we had to cancel*.
    Before that, and as long as the gate is closed: *we are going to cancel*, and no word that the error is corrected.

    Parameters
    ----------
    status : Status
        Where the case stands.
    wording : Wording, optional
        The seller's choices.
    withheld : dict of str to Told, optional
        Orders that this export writes into no file, and why: nobody may be told that they are cancelled.

    Returns
    -------
    tuple of Message
        Orders that get none are among them, with the reason. Left-out and set-aside orders are not.

    Raises
    ------
    LetterError
        A variant, reason or language that does not exist.
    """
    chosen, kept = wording or Wording(), withheld or {}
    wanted = [row for row in status.rows if row.state != "left_out" and row.triage != "set_aside" and row.keys]
    items = items_of(status.book, status.book.named(key for row in wanted for key in row.keys))
    found = (_message(row, items[row.order_id], status, chosen, kept) for row in wanted if row.order_id in items)
    return tuple(_with_turns([message for message in found if message]))


_TAKEN = (
    "purchase_date", "buyer_name", "buyer_email", "fulfillment_channel", "sales_channel", "currency", "product_name",
    "sku", "quantity", "unit_price",
)  # fmt: skip
_PAYMENT = ("payment_method", "payment_method_details", "payment_type")  # extra columns of some Order Reports

Item = dict[str, Any]
"""An order item: known cells of the order table, with ``key``, ``triage``, ``paid``, and whether it is ``alive``."""


def is_alive(orders: pd.DataFrame) -> Mask:
    """Items that are neither cancelled nor of no unit."""
    return ~(is_cancelled(orders) | has_no_units(orders)).to_numpy(dtype=np.bool_)


def items_of(book: Book, mask: Mask) -> dict[str, list[Item]]:
    """The items of a mask by their order; ``in_order`` says how many items of it are alive in all."""
    orders, places, alive = book.orders, np.flatnonzero(mask), is_alive(book.orders)
    in_order = np.bincount(book.order_codes[alive], minlength=len(book.order_names))
    cells = orders.loc[mask, [name for name in (*_TAKEN, *_PAYMENT) if name in orders]].astype(object)
    known = [{str(name): cell for name, cell in item.items() if not pd.isna(cell)} for item in cells.to_dict("records")]
    found: dict[str, list[Item]] = {}
    for place, key, word, item in zip(places, book.keys[mask], book.triage[mask], known, strict=True):
        paid = Decimal(int(book.ledger.paid[place])) / 10_000 if book.ledger.paid_known[place] else None
        order = book.order_codes[place]
        facts = {"key": str(key), "triage": str(word), "paid": paid, "alive": alive[place], "in_order": in_order[order]}
        found.setdefault(str(book.order_names[order]), []).append({**item, **facts})
    return found


def distinct(items: Iterable[Item], *columns: str) -> tuple[Any, ...]:
    """What items have in some columns, each once."""
    return tuple(dict.fromkeys(item[column] for column in columns for item in items if column in item))


def _message(
    row: OrderRow, items: list[Item], status: Status, wording: Wording, withheld: Mapping[str, Told]
) -> Message | None:
    lines = [item for item in items if item["triage"] == row.triage]
    if not lines:
        return None
    known = ChainMap(*lines)  # of each fact what the first line that knows it says
    market = marketplace_of(known.get("sales_channel"), known.get("currency"))
    language, email = buyer_language(market), known.get("buyer_email", "").strip()
    variant, state, why = _verdict(row, status, wording, withheld)
    if state == "written" and (trouble := _address_trouble(email, known.get("fulfillment_channel"))):
        state, why = "none", trouble
    ways = " ".join(map(str, distinct(lines, *_PAYMENT)))
    prepaid = market.sales_channel in wording.prepaid or bool(_PREPAID.search(ways))
    stay = bool(lines[0]["in_order"] > sum(item["alive"] for item in lines))
    kind: dict[str, Any] = {"reason": wording.cancel_reason, "prepaid": prepaid, "part": stay}
    own = wording.templates.get(f"{variant}.{language}") if variant else _NOTHING
    name, currency = usable_name(known.get("buyer_name")), known.get("currency")
    prices = [Money(line["unit_price"], currency) for line in lines if currency and line["paid"] is not None]
    return Message(
        order_id=row.order_id,
        variant=variant,
        language=language,
        template=own or builtin_template(variant, language, **kind, ended=status.gate.open),
        values=_values(row.order_id, lines, name, wording.seller_name, market),
        state=state,
        why=why,
        unit_prices=tuple(dict.fromkeys(prices)),
        market=market,
        buyer_name=name,
        buyer_email=email,
        prepaid=prepaid,
        others_stay=stay,
    )


def _values(order_id: str, lines: list[Item], name: str, seller_name: str, market: Marketplace) -> dict[str, str]:
    """The facts of an order, and what is said about them, in the buyer's language."""
    language, known, paid = buyer_language(market), ChainMap(*lines), [line["paid"] for line in lines]
    words, on = texts(language), known.get("purchase_date")
    sure = "currency" in known and None not in paid
    facts = {
        "order_id": order_id,
        "order_date": long_date(on, language, market) if on else "",
        "product": product_names(distinct(lines, "product_name"), language) or words["item"],
        "quantity": str(sum(line.get("quantity", 0) for line in lines)),
        "paid": money(sum(paid, Decimal(0)), known["currency"], language, market) if sure else "",
    }
    return {
        "greeting": fill(words["greeting"], {"buyer_name": name}) if name else words["greeting_unnamed"],
        "reference": fill(words["reference" if on else "reference_undated"], facts),
        **facts,
        "seller_name": shortened(one_line(seller_name).lstrip("=+-@ "), NAME_AT_MOST) or words["your_seller"],
    }


def _verdict(
    row: OrderRow, status: Status, wording: Wording, withheld: Mapping[str, Told]
) -> tuple[str, str, Told | None]:
    """Variant, state and why, before anybody asks for the address."""
    gone = row.order_id in status.known_cancelled
    variant = wording.variants.get("cancel" if gone else row.triage, "")
    if not variant:
        words = {"shipped": "letters.none_decide", "ask_amazon": "letters.none_fba"}
        return "", "none", told(words.get(row.triage, "letters.none_not_now"))
    if not ORDER_ID.fullmatch(row.order_id):
        return "", "none", told("letters.none_no_order_id")
    if gone or variant != "cancelled":
        return (variant, "written", None) if gone or status.gate.open else (variant, "held", status.gate.why)
    if not status.gate.open:
        return "cancelling", "held", status.gate.why
    if row.order_id in withheld or row.state == "refused":
        return "cancelling", "held", withheld.get(row.order_id) or row.why or told("letters.held_refused")
    return variant, "written", None


def _address_trouble(email: str, channel: str | None) -> Told | None:
    if not email:
        return told("letters.none_fba" if channel == "amazon" else "letters.none_no_email")
    return None if len(email) <= 254 and EMAIL.fullmatch(email) else told("letters.none_bad_email")


def _with_turns(found: list[Message]) -> Iterator[Message]:
    """The messages, each with its place among those to the same buyer."""
    addresses = [message.buyer_email.lower() for message in found]
    turns, of = Counter[str](), Counter(addresses)
    for message, address in zip(found, addresses, strict=True):
        turns[address] += 1
        several = address and of[address] > 1
        yield replace(message, turn=turns[address], turns=of[address]) if several else message
