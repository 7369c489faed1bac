"""The words of the messages to buyers: our own texts in every language, and the seller's edited ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import LANGUAGES

VARIANTS = ("cancelled", "fba_asked", "fba_cancelled", "shipped_keep", "shipped_return", "shipped_refunded")
"""What a message can say: one of these, or no message at all."""

CANCEL_REASONS = ("PricingError", "NoInventory", "GeneralAdjustment")
"""Reasons that a seller may honestly give for an own mistake. Amazon shows the reason to the buyer."""

FIELDS = ("greeting", "reference", "order_id", "order_date", "product", "quantity", "paid", "seller_name")
"""Placeholders that a text may hold, each in braces."""

LONGEST_CELL = 255  # what Word and LibreOffice still take from one cell of a merge sheet
_FIELD = re.compile(r"\{(\w+)\}")
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
    return _FIELD.sub(lambda match: values[match[1]], text)


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
    ...
    promofix_lib.errors.LetterError: cancelled.en.txt: {buyer_name} is not a placeholder (write {greeting}). ...
    """
    head, _, body = text.strip().partition("\n")
    word, colon, subject = head.partition(":")
    paragraphs = tuple(_one_line(part) for part in re.split(r"\n[^\S\n]*\n", body) if part.strip())
    faults = [] if colon and word.strip().lower() == "subject" and subject.strip() else ["no line 'Subject: …' on top"]
    faults += ["no paragraph below the subject"] * (not paragraphs)
    faults += _placeholder_faults("\n".join((subject, *paragraphs)))
    if faults:
        raise LetterError(
            f"{name}: {'; '.join(faults)}. "
            f"Placeholders are {', '.join('{' + field + '}' for field in FIELDS)}; a blank line parts two paragraphs."
        )
    return Template(subject.strip(), paragraphs)


def _placeholder_faults(text: str) -> list[str]:
    used = dict.fromkeys(_FIELD.findall(text))
    strange = [f"{{{field}}} is not a placeholder" for field in used if field not in FIELDS]
    hints = [f"{fault} (write {{greeting}})" if "{buyer_name}" in fault else fault for fault in strange]
    stray = [f"{mark!r} is no placeholder of promofix" for mark in dict.fromkeys(_STRAY.findall(text))]
    missing = (
        []
        if {"order_id", "reference"} & set(used)
        else ["{order_id} is missing: Amazon wants the order number in every message"]
    )
    return hints + stray + missing


def builtin_template(variant: str, language: str, *, reason: str = "PricingError", prepaid: bool = False) -> Template:
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
    """
    _check_choice(variant, language, reason)
    words = texts(language)
    family = "shipped" if variant.startswith("shipped") else variant
    told = f"what cancelled {reason}" if variant == "cancelled" else f"what {family}"
    next_step = variant if variant not in ("cancelled", "fba_cancelled") else "prepaid" if prepaid else "cancelled"
    names = (told, f"next {next_step}", "sorry", "sign_off")
    return Template(words[f"subject {family}"], ("{greeting}", "{reference}", *(words[name] for name in names)))


def _check_choice(variant: str, language: str, reason: str) -> None:
    if variant not in VARIANTS:
        raise LetterError(f"Message variant {variant!r} does not exist. Choose one of {', '.join(VARIANTS)}.")
    if variant == "cancelled" and reason not in CANCEL_REASONS:
        raise LetterError(
            f"Cancel reason {reason!r}: Amazon shows it to the buyer, and for an own mistake it would be untrue. "
            f"Choose one of {', '.join(CANCEL_REASONS)}."
        )
    if language not in {*LANGUAGES, "zh-CN"}:
        raise LetterError(f"There are no messages in {language!r}. Choose one of {', '.join(LANGUAGES)}.")


@cache
def texts(language: str) -> Mapping[str, str]:
    """Every piece of text of one language by its name."""
    source = files("promofix_lib.letters").joinpath(f"message-texts-{language}.txt").read_text(encoding="utf-8")
    pieces = re.split(r"^\[([^\]\n]+)\]\n", source, flags=re.MULTILINE)[1:]
    return {name: _one_line(text) for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def _one_line(text: str) -> str:
    """Lines joined with blanks; a no-break space, as before a French colon, stays one."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip()
