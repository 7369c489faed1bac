"""Which language a buyer reads, and dates, money and lists the way that buyer writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files

from promofix_lib.errors import LetterError
from promofix_lib.marketplaces import Marketplace

_NAMES = [path.name.removesuffix(".txt") for path in files("promofix_lib.letters").iterdir()]
_WRITTEN = {name.removeprefix("message-texts-") for name in _NAMES if name.startswith("message-texts-")}
LANGUAGES = tuple(sorted(_WRITTEN - {"zh-CN"}))
"""Languages in which promofix can write to a buyer; the Chinese texts are a reading for the seller."""
_FIRST = {"fr": "1er", "it": "1º", "pt": "1º"}  # the first of a month, as careful writers write it


def buyer_language(market: Marketplace) -> str:
    """The language to write in: the marketplace's main one, for reports do not carry the buyer's own preference.

    Raises
    ------
    LetterError
        A language that promofix has no texts for.

    Examples
    --------
    >>> from promofix_lib.marketplaces import marketplace_of
    >>> buyer_language(marketplace_of("Amazon.com.be")), buyer_language(marketplace_of("Non-Amazon"))
    ('fr', 'en')
    """
    return known_word(LANGUAGES, market.languages[0], "letters.language_unknown")


def known_word(known: Collection[str], found: str, unknown: str) -> str:
    """Back what came in when it is one of the known words.

    Raises
    ------
    LetterError
        The sentence `unknown`, with the word and those that there are.

    Examples
    --------
    >>> known_word(("de", "en"), "ru", "letters.language_unknown")
    Traceback (most recent call last):
    promofix_lib.errors.LetterError: There are no texts in 'ru', and ... Choose one of de, en.
    """
    if found not in known:
        raise LetterError(unknown, found=found, known=known)
    return found


def long_date(moment: datetime, language: str, market: Marketplace) -> str:
    """The day on which a buyer ordered, on the marketplace's own calendar day.

    Examples
    --------
    >>> from datetime import UTC
    >>> from promofix_lib.marketplaces import marketplace_of
    >>> night = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)  # still February in California
    >>> long_date(night, "fr", marketplace_of("Amazon.fr"))
    '1er mars 2026'
    >>> long_date(night, "en", marketplace_of("Amazon.com")), long_date(night, "de", marketplace_of("Amazon.de"))
    ('February 28, 2026', '1. März 2026')
    """
    text = _date_text(moment.astimezone(market.zone).date(), _locale(language, market.code))
    return _FIRST[language] + text[1:] if language in _FIRST and text.startswith("1 ") else text


@lru_cache(maxsize=4096)
def money(amount: Decimal, currency: str, language: str, market: Marketplace) -> str:
    """An exact amount as the buyer writes it: all its decimals and at least the currency's own, never rounded.

    Examples
    --------
    >>> from promofix_lib.marketplaces import marketplace_of
    >>> money(Decimal("1.000000"), "USD", "en", marketplace_of("Amazon.com"))
    '$1.00'
    >>> money(Decimal("1062.0000"), "JPY", "ja", marketplace_of("Amazon.co.jp"))
    '￥1,062'
    """
    from babel.numbers import format_currency

    locale = _locale(language, market.code)
    return format_currency(amount, currency, locale=locale, decimal_quantization=False)


def listed(names: Iterable[str], language: str) -> str:
    """Names joined the way the language does it.

    Examples
    --------
    >>> listed(["Lamp", "Cable"], "en"), listed(["Lampe", "Kabel"], "de")
    ('Lamp and Cable', 'Lampe und Kabel')
    """
    from babel.lists import format_list

    return format_list(list(names), locale=language)


@lru_cache(maxsize=256)
def _locale(language: str, country: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale(language, country or None))
    except UnknownLocaleError:
        return language


@lru_cache(maxsize=4096)
def _date_text(day: date, locale: str) -> str:
    from babel.dates import format_date

    return format_date(day, "long", locale=locale)
