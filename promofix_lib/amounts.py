"""An amount of money: how it is written, for people and for machines, and how a typed one is understood."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from promofix_lib.errors import PromofixError


@dataclass(frozen=True)
class Money:
    """An exact amount in a currency, as a fact of a sentence.

    Examples
    --------
    >>> Money(Decimal("-0.50"), "USD").text("en"), Money(Decimal("17397"), "JPY").text("zh-CN")
    ('-0.50 USD', '17,397 JPY')
    """

    amount: Decimal
    currency: str

    def text(self, language: str | None = None) -> str:
        """The amount as people write it, with its currency."""
        return amount_text(self.amount, self.currency, language)


class TypedError(PromofixError):
    """A number that a person typed and that can not be understood, with how to write it."""


def amount_text(amount: Decimal, currency: str = "", language: str | None = None) -> str:
    """An amount as people write it: digits grouped, its sign kept, at least the currency's own decimals.

    Parameters
    ----------
    amount : Decimal
    currency : str
        ISO 4217; empty writes the number alone, with two decimals.
    language : str, optional
        Whose separators; the current language by default.

    Examples
    --------
    >>> amount_text(Decimal("1234.5"), "USD", "en"), amount_text(Decimal("1234.5"), "EUR", "de")
    ('1,234.50 USD', '1.234,50 EUR')
    >>> amount_text(Decimal("0.333333"), "USD", "en"), amount_text(Decimal("1062.0000"), "JPY", "en")
    ('0.333333 USD', '1,062 JPY')
    """
    from babel.numbers import format_decimal

    places = _places(amount, currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    written = format_decimal(amount, format=pattern, locale=_locale(language))
    return f"{written} {currency}".strip()


def plain_amount(amount: Decimal, currency: str = "") -> str:
    """An amount for JSON, CSV and Amazon's files: a point, no grouping, at least the currency's own decimals.

    Examples
    --------
    >>> plain_amount(Decimal("17397"), "USD"), plain_amount(Decimal("0.333333"), "USD")
    ('17397.00', '0.333333')
    >>> plain_amount(Decimal("5.0"), "JPY")
    '5'
    """
    return f"{amount:.{_places(amount, currency)}f}"


def smallest_coin(currency: str) -> Decimal:
    """The smallest amount that can be paid in a currency.

    >>> smallest_coin("USD"), smallest_coin("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-_least_places(currency))


def typed_amount(text: str, language: str | None = None) -> Decimal:
    """The number that a person typed, read strictly by a language's own separators.

    Raises
    ------
    TypedError
        Anything else: a separator out of place, an exponent, an underscore, a word.

    Examples
    --------
    >>> typed_amount("1,234", "en"), typed_amount("1.234,5", "de"), typed_amount("1 234,5", "fr")
    (Decimal('1234'), Decimal('1234.5'), Decimal('1234.5'))
    >>> typed_amount("1,99", "en")
    Traceback (most recent call last):
    promofix_lib.amounts.TypedError: '1,99' is not a number here. Write it like 1,234.50.
    """
    from babel.numbers import get_decimal_symbol, get_group_symbol

    name = _locale(language)
    point, groups = get_decimal_symbol(name), unicodedata.normalize("NFKC", get_group_symbol(name))
    plain = unicodedata.normalize("NFKC", text).strip()
    group = f"[{re.escape(groups)}]"
    whole = rf"\d{{1,3}}(?:{group}\d{{3}})+|\d+"
    if not re.fullmatch(rf"[-−]?(?:{whole})(?:{re.escape(point)}\d+)?", plain, re.ASCII):
        raise TypedError("amounts.not_a_number", found=text, example=amount_text(Decimal("1234.5"), "", language))
    return Decimal(re.sub(group, "", plain).replace(point, ".").replace("−", "-"))


def typed_whole(text: str, language: str | None = None) -> int:
    """The whole number that a person typed, zero or more.

    Raises
    ------
    TypedError
        Anything else.

    Examples
    --------
    >>> typed_whole("1,200", "en")
    1200
    """
    number = typed_amount(text, language)
    if number != number.to_integral_value() or number < 0:
        raise TypedError("amounts.not_a_whole_number", found=text)
    return int(number)


def _places(amount: Decimal, currency: str) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(_least_places(currency), -exponent if isinstance(exponent, int) else 0)


@cache
def _least_places(currency: str) -> int:
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency) if currency else 2


def _locale(language: str | None) -> str:
    if language is None:
        from promofix_lib.say import current_language

        language = current_language()
    return language.replace("-", "_")
