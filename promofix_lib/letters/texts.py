"""The words of the messages to buyers: our own texts in every language, and the seller's edited ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import LANGUAGES, known_word
from promofix_lib.say import Told, told

if TYPE_CHECKING:
    from promofix_lib.case.settings import Settings

VARIANTS = ("cancelled", "cancelling", "shipped_keep", "shipped_return", "shipped_refunded")
"""What a message can say: one of these, or no message at all. ``cancelling`` is for before the cancellation."""

CANCEL_REASONS = ("PricingError", "NoInventory", "GeneralAdjustment")
"""Reasons that a seller may honestly give for an own mistake. Amazon shows the reason to the buyer."""

FIELDS = ("greeting", "reference", "order_id", "order_date", "product", "quantity", "paid", "seller_name")
"""Placeholders that a text may hold, each in braces."""

LONGEST_CELL = 255  # what Word and LibreOffice still take from one cell of a merge sheet
PLACEHOLDER = re.compile(r"\{(\w+)\}")  # in braces, also in letters to Amazon
_STRAY = re.compile(r"\{(?!\w+\})|(?<!\w)\}|\$\{|\$[A-Za-z_]|«\w+»|\[\[|\]\]")


@dataclass(frozen=True)
class Template:
    r"""A message with placeholders: a subject and paragraphs; the seller's name follows the last paragraph.

    Examples
    --------
    >>> template = parse_template("Subject: Order {order_id}\n\n{greeting}\n\nWe are sorry.")
    >>> template.paragraphs
    ('{greeting}', 'We are sorry.')
    """

    subject: str
    paragraphs: tuple[str, ...]

    def text(self) -> str:
        """The template as text that a seller can edit and `parse_template` reads back."""
        return "\n\n".join((f"Subject: {self.subject}", *self.paragraphs)) + "\n"

    def fill(self, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """Subject and paragraphs with every placeholder replaced; a value is never read as a placeholder again."""
        return fill(self.subject, values), tuple(fill(paragraph, values) for paragraph in self.paragraphs)


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced by `values`.

    Examples
    --------
    >>> fill("Hello {buyer_name},", {"buyer_name": "{order_id}"})
    'Hello {order_id},'
    """
    return PLACEHOLDER.sub(lambda match: values[match[1]], text) if "{" in text else text


def parse_template(text: str, name: str = "message") -> Template:
    r"""A template from a seller's own text: a first line ``Subject: …``, then paragraphs with blank lines between.

    Parameters
    ----------
    text : str
        The text. Placeholders stand in braces: see `FIELDS`. ``{greeting}`` also knows what to say without a name.
    name : str
        What an error calls this text, for example the file's name.

    Raises
    ------
    LetterError
        Naming every fault: no subject, no order number, unknown or broken placeholders.

    Examples
    --------
    >>> parse_template("Subject: Sorry\n\nHello {buyer_name}, {order_id}", "cancelled.en.txt")
    Traceback (most recent call last):
    promofix_lib.errors.LetterError: cancelled.en.txt: {buyer_name} is not a placeholder (write {greeting}). ...
    """
    head, _, body = text.strip().partition("\n")
    word, colon, subject = head.partition(":")
    paragraphs = tuple(_joined_lines(part) for part in re.split(r"\n[^\S\n]*\n", body) if part.strip())
    faults = [] if colon and word.strip().lower() == "subject" and subject.strip() else [told("letters.no_subject")]
    faults += [told("letters.no_paragraph")] * (not paragraphs)
    faults += _placeholder_faults("\n".join((subject, *paragraphs)))
    if faults:
        fields = tuple(f"{{{field}}}" for field in FIELDS)
        raise LetterError("letters.broken_template", name=name, faults=tuple(faults), fields=fields)
    return Template(subject.strip(), paragraphs)


def _placeholder_faults(text: str) -> list[Told]:
    used = dict.fromkeys(PLACEHOLDER.findall(text))
    strange = [field for field in used if field not in FIELDS]
    keys = {"buyer_name": "letters.write_greeting"}
    faults = [told(keys.get(field, "letters.no_placeholder"), found=f"{{{field}}}") for field in strange]
    faults += [told("letters.stray", found=mark) for mark in dict.fromkeys(_STRAY.findall(text))]
    return faults + (
        [] if {"order_id", "reference"} & set(used) else [told("letters.order_id_missing", field="{order_id}")]
    )


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
    prepaid : tuple of str
        Sales channels in which a buyer may have paid before dispatch.
    templates : mapping of str to Template
        The seller's own texts, used in place of ours, under names like ``cancelled.en`` (variant and language).
    """

    seller_name: str = ""
    cancel_reason: str = "PricingError"
    variants: Mapping[str, str] = field(default_factory=lambda: {"cancel": "cancelled"})
    prepaid: tuple[str, ...] = ("Amazon.co.jp",)
    templates: Mapping[str, Template] = field(default_factory=dict)


def wording_of(settings: Settings) -> Wording:
    """The wording that a case's settings ask for; the seller's own texts are kept under names like ``cancelled.en``.

    Examples
    --------
    >>> from promofix_lib.case.settings import Settings
    >>> wording_of(Settings(seller_name="Lumen", shipped_choice="keep")).variants
    {'cancel': 'cancelled', 'shipped': 'shipped_keep'}
    """
    shipped = {"shipped": f"shipped_{settings.shipped_choice}"} if settings.shipped_choice else {}
    own = {name: text for name, text in settings.texts.items() if name.partition(".")[0] in VARIANTS}
    return Wording(
        settings.seller_name,
        settings.cancel_reason,
        variants={"cancel": "cancelled", **shipped},
        templates={name: parse_template(text, name) for name, text in own.items()},
    )


def builtin_template(
    variant: str,
    language: str,
    *,
    reason: str = "PricingError",
    prepaid: bool = False,
    part: bool = False,
    ended: bool = True,
) -> Template:
    """Our own text.

    Parameters
    ----------
    variant : str
        One of `VARIANTS`.
    language : str
        One of `LANGUAGES`, or ``"zh-CN"``, which is only a translation for the seller and the assistant to read.
    reason : str
        The cancel reason that Amazon shows to the buyer; the text agrees with it.
    prepaid : bool
        The buyer may have paid already, as in a Japanese convenience store; else the text says "not charged".
    part : bool
        Other items of the order stay: the subject names the product, and the text says that only this is meant.
    ended : bool
        The seller has confirmed that the error is corrected; else the text does not claim it.

    Raises
    ------
    LetterError
        No such text.

    References
    ----------
    Seller Central help 200198080: the buyer sees the reason. Cancelling an unshipped order releases the
    authorisation, so nothing is refunded: amazonsellersupportblog.com, March 2010.

    Examples
    --------
    >>> template = builtin_template("cancelled", "en")
    >>> "not charged" in template.text(), "refund" in template.text()
    (True, False)
    >>> "corrected" in builtin_template("cancelling", "en", ended=False).text()
    False
    """
    words, done = texts(language), known_word(VARIANTS, variant, "letters.no_such_variant") == "cancelled"
    if done:
        known_word(CANCEL_REASONS, reason, "letters.untrue_reason")
    subject = "mistake" if not done else "part" if part else "cancelled"
    what = f"what cancelled {reason}" if done else f"what {variant.partition('_')[0]}"
    following = "next prepaid" if prepaid and variant.startswith("cancel") else f"next {variant}"
    return Template(
        words[f"subject {subject}"],
        (
            "{greeting}",
            "{reference}",
            words[what],
            _joined(words[following], words["part"] if part else ""),
            _joined(words["sorry"], words["corrected"] if ended else ""),
            words["sign_off"],
        ),
    )


def _joined(first: str, second: str) -> str:
    """Two sentences; after a Chinese or Japanese full stop no blank stands."""
    return f"{first}{second}" if first.endswith("。") else f"{first} {second}".strip()


@cache
def texts(language: str) -> Mapping[str, str]:
    """Every piece of text of one language by its name.

    Raises
    ------
    LetterError
        A language in which there are none.
    """
    if language != "zh-CN":
        known_word(LANGUAGES, language, "letters.language_unknown")
    source = files("promofix_lib.letters").joinpath(f"message-texts-{language}.txt").read_text(encoding="utf-8")
    pieces = re.split(r"^\[([^\]\n]+)\]\n", source, flags=re.MULTILINE)[1:]
    return {name: _joined_lines(text) for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def one_line(text: str) -> str:
    r"""On one line and without the control characters that a report may hold.

    Examples
    --------
    >>> one_line("Lamp\n\x07 LED ")
    'Lamp LED'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _joined_lines(text: str) -> str:
    """Lines joined with blanks; a no-break space, as before a French colon, stays one."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip()
