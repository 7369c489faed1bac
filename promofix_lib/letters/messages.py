"""What each buyer reads: one message per order and answer, in the buyer's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd

from promofix_lib.letters.languages import buyer_language, listed, long_date, money
from promofix_lib.letters.linter import hard_faults
from promofix_lib.letters.linter_words import marked
from promofix_lib.letters.messages_orders import BuyerOrder, buyer_orders
from promofix_lib.letters.messages_texts import Template, builtin_template, fill, texts

NO_MESSAGE = ""
"""Stands for "write nothing" wherever a variant is asked for."""

ORDER_ID = re.compile(r"\d{3}-\d{7}-\d{7}")
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
"""An address that every mail program takes, and into which no second header fits."""

_PREPAID = re.compile(r"cvs|convenience|konbini|boleto|pix\b|prepa|bank.?transfer", re.IGNORECASE)
_NAME_AT_MOST = 60
_PRODUCT_AT_MOST = 120
_READ_AT_MOST = 1_000


@dataclass(frozen=True)
class Wording:
    """What the seller chose about the messages.

    Parameters
    ----------
    seller_name : str
        Signature; when empty the message is signed "the seller of your order" in the buyer's language.
    cancel_reason : str
        The reason of the cancellation file, which Amazon shows to the buyer.
    variants : mapping of str to str
        Triage answer to message variant. Answers that are not named get no message: Amazon itself writes to buyers of
        FBA orders, and for shipped orders the seller decides first.
    languages : mapping of str to str
        Sales channel to language, where it is not the marketplace's main one.
    prepaid : tuple of str
        Sales channels in which a buyer may have paid before dispatch.
    templates : mapping of (variant, language) to Template
        The seller's own texts, used in place of ours.
    """

    seller_name: str = ""
    cancel_reason: str = "PricingError"
    variants: Mapping[str, str] = field(default_factory=lambda: {"cancel": "cancelled"})
    languages: Mapping[str, str] = field(default_factory=dict)
    prepaid: tuple[str, ...] = ("Amazon.co.jp",)
    templates: Mapping[tuple[str, str], Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one buyer about one order. Its text is put together when it is asked for."""

    order: BuyerOrder
    variant: str
    language: str
    template: Template
    values: Mapping[str, str]
    prepaid: bool = False
    send: bool = True

    @property
    def message_id(self) -> str:
        """A name that stays the same in the next export: order id and variant."""
        return f"{self.order.order_id}/{self.variant}"

    @property
    def order_id(self) -> str:
        """Amazon's order number."""
        return self.order.order_id

    @property
    def item_keys(self) -> tuple[str, ...]:
        """The order items it is about."""
        return self.order.item_keys

    @property
    def buyer_name(self) -> str:
        """The buyer's name, cleaned; empty when the report has none that can be used."""
        return usable_name(self.order.buyer_name)

    @property
    def buyer_email(self) -> str:
        """The buyer's alias address."""
        return (self.order.buyer_email or "").strip()

    @property
    def marketplace(self) -> str:
        """Sales channel, empty when it is not known."""
        return self.order.market.sales_channel

    @property
    def unshipped(self) -> bool:
        """Nothing was charged yet, so a message must not speak of refunds."""
        return not self.variant.startswith("shipped") and not self.prepaid

    @property
    def paid_per_unit(self) -> str:
        """What the buyer pays per unit, in the buyer's way of writing money; several prices with ``/`` between."""
        return paid_per_unit(self.order, self.language)

    @property
    def subject(self) -> str:
        """The subject line; where the rest of the order stays, it names the product beside the order's number."""
        return fill(self.template.subject, self._of_subject())

    def _of_subject(self) -> Mapping[str, str]:
        if not self.order.others_stay or "{product}" in self.template.subject:
            return self.values
        return {**self.values, "order_id": f"{self.values['order_id']} ({self.values['product']})"}

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs, greeting first, without the signature."""
        return self.template.fill(self.values)[1]

    @property
    def body(self) -> str:
        """The text as the buyer reads it: paragraphs with one blank line between, the seller's name at the end."""
        return _letter(self.paragraphs, self.values["seller_name"])

    def marked(self) -> tuple[str, str]:
        """Subject and body with the facts of the order marked, as `linter.lint_message` wants them."""
        values = {name: marked(value) for name, value in self.values.items()}
        subject = fill(self.template.subject, {name: marked(value) for name, value in self._of_subject().items()})
        return subject, _letter(self.template.fill(values)[1], values["seller_name"])


def _letter(paragraphs: tuple[str, ...], seller_name: str) -> str:
    return "\n\n".join(paragraphs) + "\n" + seller_name + "\n"


def message_for(order: BuyerOrder, wording: Wording | None = None) -> Message | None:
    """The message about one order, or None when there is none to write; `why_no_message` says why.

    Raises
    ------
    LetterError
        A variant, reason or language that does not exist.
    """
    wording = wording or Wording()
    return None if why_no_message(order, wording) else _written(order, wording)


def message_by_hand(order: BuyerOrder, wording: Wording | None = None) -> Message | None:
    """The message about an order whose buyer's address no report tells; it is sent from the order's own page.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{
    ...     "order_id": "111-0000001-0000001", "order_status": "Unshipped", "fulfillment_channel": "merchant",
    ...     "quantity": 1,
    ... }])
    >>> [order] = buyer_orders(orders, pd.Series([True]))
    >>> message_for(order), message_by_hand(order).variant
    (None, 'cancelled')
    """
    wording = wording or Wording()
    return _written(order, wording) if why_no_message(order, wording) in ("no_email", "bad_email") else None


def _written(order: BuyerOrder, wording: Wording) -> Message:
    variant = wording.variants[order.triage]
    language = buyer_language(order.market, wording.languages)
    prepaid = order.market.sales_channel in wording.prepaid or bool(_PREPAID.search(order.payment))
    own = wording.templates.get((variant, language))
    template = own or builtin_template(variant, language, reason=wording.cancel_reason, prepaid=prepaid)
    return Message(order, variant, language, template, _values(order, language, wording.seller_name), prepaid)


def messages_for(orders: pd.DataFrame, chosen: pd.Series[bool], wording: Wording | None = None) -> tuple[Message, ...]:
    """Every message to write about the chosen order items, in file order: one per order and variant.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    chosen : Series
        Boolean mask.
    wording : Wording, optional
        The seller's choices.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{
    ...     "order_id": "111-0000001-0000001", "order_status": "Unshipped", "fulfillment_channel": "merchant",
    ...     "sales_channel": "Amazon.com", "purchase_date": "2026-03-01T20:00:00Z", "quantity": 1,
    ...     "product_name": "Example Headphones", "buyer_name": "Test Buyer", "buyer_email": "a1@example.com",
    ... }])
    >>> [message] = messages_for(orders, pd.Series([True]))
    >>> print(message.body.splitlines()[2])
    Order 111-0000001-0000001, March 1, 2026: Example Headphones
    """
    found = (message_for(order, wording) for order in buyer_orders(orders, chosen))
    return tuple(message for message in found if message is not None)


def why_no_message(order: BuyerOrder, wording: Wording) -> str:
    """Why an order gets no message: one word, empty when it gets one.

    ``no_order_id``, ``decide`` (shipped: the seller has not chosen yet), ``fba`` (Amazon writes itself), ``not_now``
    (no message for this triage answer), ``no_email``, ``bad_email`` (an address that no mail program takes).
    """
    if not wording.variants.get(order.triage):
        return {"shipped": "decide", "ask_amazon": "fba"}.get(order.triage, "not_now")
    if not ORDER_ID.fullmatch(order.order_id):
        return "no_order_id"
    email = (order.buyer_email or "").strip()
    if not email:
        return "fba" if order.fulfilled_by_amazon else "no_email"
    return "" if len(email) <= 254 and EMAIL.fullmatch(email) else "bad_email"


def usable_name(name: str | None) -> str:
    """A buyer's name for a greeting; empty when it is missing or looks like anything but a name.

    Examples
    --------
    >>> usable_name(" Test   Buyer "), usable_name("call 555 0100 now"), usable_name("<b>x</b>")
    ('Test Buyer', '', '')
    """
    plain = " ".join(_printable((name or "")[:_READ_AT_MOST]).split())
    strange = re.search(r"\d.*\d.*\d|[@<>{}\[\]/\\=|*_#+]|^-", plain) or any(hard_faults(plain))
    return "" if strange or not re.search(r"\w", plain) else shortened(plain, _NAME_AT_MOST)


@lru_cache(maxsize=4096)
def plain_product(name: str) -> str:
    """A product name without what Amazon withholds a message for: links, addresses, HTML, pictures.

    Examples
    --------
    >>> plain_product("★ Lamp <b>LED</b> www.example.com 2-pack ★")
    'Lamp LED 2-pack'
    """
    text = " ".join(_printable(name[:_READ_AT_MOST]).split())
    while found := sorted((place, words) for place, words, _ in hard_faults(text)):
        place, words = found[0]  # what is left may be a fault of its own: look again
        text = " ".join((text[:place] + " " + text[place + len(words) :]).split())
    return text.lstrip("=+-@ ")  # no formula, even in a copy of the mail list saved as CSV


def shortened(text: str, most: int) -> str:
    """`text` cut at a word's end to at most `most` characters, with an ellipsis.

    Examples
    --------
    >>> shortened("Example Headphones, black", 20)
    'Example Headphones…'
    """
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    words = cut.rsplit(" ", 1)[0] if " " in cut[most // 2 :] else cut
    return words.rstrip(" ,;:-–") + "…"


def paid_per_unit(order: BuyerOrder, language: str) -> str:
    """What one unit costs the buyer; empty when the report does not say."""
    if not order.currency:
        return ""
    return " / ".join(money(price, order.currency, language, order.market) for price in order.unit_prices)


def _values(order: BuyerOrder, language: str, seller_name: str) -> dict[str, str]:
    words = texts(language)
    name = usable_name(order.buyer_name)
    facts = {
        "order_id": order.order_id,
        "order_date": long_date(order.purchase_date, language, order.market) if order.purchase_date else "",
        "product": _product(order, language) or words["item"],
    }
    return {
        "greeting": fill(words["greeting"], {"buyer_name": name}) if name else words["greeting_unnamed"],
        "reference": fill(words["reference" if facts["order_date"] else "reference_undated"], facts),
        **facts,
        "quantity": str(order.units),
        "paid": _paid(order, language),
        "seller_name": _signature(seller_name) or words["your_seller"],
    }


def _paid(order: BuyerOrder, language: str) -> str:
    if order.currency is None or order.paid is None:
        return ""
    return money(order.paid, order.currency, language, order.market)


def _product(order: BuyerOrder, language: str) -> str:
    names = [plain_product(name) for name in order.products]
    each = max(_PRODUCT_AT_MOST // max(len(names), 1), 30)
    return shortened(listed([shortened(name, each) for name in names if name], language), _PRODUCT_AT_MOST)


def _signature(seller_name: str) -> str:
    return shortened(" ".join(_printable(seller_name).split()).lstrip("=+-@ "), _NAME_AT_MOST)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
