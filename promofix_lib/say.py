"""Every sentence for a person: one catalogue per language, one look-up, and how moments and lists are written in it."""

from __future__ import annotations

import gettext
import locale
import os
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from promofix_lib.amounts import Money

ENGLISH = "en"
_spoken: ContextVar[str] = ContextVar("spoken", default="")


@runtime_checkable
class Worded(Protocol):
    """A value that knows how it is written in a language: an amount, a sentence."""

    def text(self, language: str | None = None) -> str:
        """The value in that language; the current one by default."""


@dataclass(frozen=True)
class Told:
    """A sentence not yet worded: a key of the catalogue and its facts. It is worded where it is shown.

    Parameters
    ----------
    key : str
        ``room.name`` in the catalogue, or, for what somebody typed, the text itself.
    facts : tuple of (str, value)
        Text, whole number, `Decimal`, `Money`, moment with a zone, day, `Told`, or a tuple of these.

    Examples
    --------
    >>> told("say.list_of", what=("A", "B")).text("zh-CN")
    'A、B'
    >>> Told.from_json(told("say.list_of", what=("A", Money(Decimal("1.5"), "USD"))).to_json()).text("en")
    'A, 1.50 USD'
    """

    key: str
    facts: tuple[tuple[str, Any], ...] = ()

    def text(self, language: str | None = None) -> str:
        """The sentence in a language; the current one by default."""
        return say(self.key, language=language, **dict(self.facts))

    def __str__(self) -> str:
        """The sentence in the current language."""
        return self.text()

    def to_json(self) -> dict[str, Any]:
        """Key and facts as plain JSON, for a cache or the journal."""
        return {"key": self.key, "facts": {name: _plain(value) for name, value in self.facts}}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Told:
        """The sentence that `to_json` wrote."""
        return cls(record["key"], tuple((name, _value(plain)) for name, plain in record["facts"].items()))


def told(key: str, /, **facts: Any) -> Told:
    """A sentence of the catalogue with its facts, to be worded later."""
    return Told(key, tuple(facts.items()))


def say(key: str, /, *, language: str | None = None, **facts: Any) -> str:
    """A sentence of the catalogue in a language.

    Parameters
    ----------
    key : str
        ``room.name``; a text that is no key (something a person typed) comes back as it is.
    language : str, optional
        The current language by default; one that is not there gives English.
    **facts
        Values of the placeholders; ``n`` chooses between singular and plural. ``{n:,}`` groups digits as the language
        does.

    Examples
    --------
    >>> say("say.orders", language="en", n=1), say("say.orders", language="en", n=1200)
    ('1 order', '1,200 orders')
    >>> say("say.orders", language="zh-CN", n=2), say("say.list_of", language="en", what=timedelta(minutes=285))
    ('2 个订单', '4 h 45 min')
    """
    name = language_of(language) if language else current_language()
    forms, plural = _catalogue(name)
    found = forms.get(key) or _catalogue(ENGLISH)[0].get(key)
    if found is None:
        return key
    form = found[plural(int(facts["n"])) if "n" in facts and len(found) > 1 else 0]
    return form.format_map({fact: _shown(value, name) for fact, value in facts.items()}) if facts else form


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def harmless(text: str, *, escaped: bool = False) -> str:
    r"""The text without control characters: a report, a file's name or a promotion must not steer a terminal.

    Parameters
    ----------
    text : str
    escaped : bool
        Write them as JSON does instead of leaving them out.

    Examples
    --------
    >>> harmless("a\x1b]52;c;x\x07b\tc"), harmless("a\x9bb", escaped=True)
    ('a]52;c;xb\tc', 'a\\u009bb')
    """
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}" if escaped else "", text)


def known_key(key: str) -> bool:
    """Whether the catalogue has a sentence of that name.

    >>> known_key("say.orders"), known_key("Hello.")
    (True, False)
    """
    return key in _catalogue(ENGLISH)[0]


def sentences(beginning: str, language: str) -> dict[str, str]:
    """The sentences whose keys begin so, by the rest of their key, for a screen that fills in the facts itself.

    >>> sentences("widgets.panel_show_", "en")["by_hand"]
    'chosen by hand'
    """
    keys = (key for key in _catalogue(ENGLISH)[0] if key.startswith(beginning))
    return {key.removeprefix(beginning): say(key, language=language) for key in keys}


# -- languages --------------------------------------------------------------------------------------------------------


@cache
def languages() -> tuple[str, ...]:
    """Languages that have a catalogue, English first.

    >>> languages()[:2]
    ('en', 'zh-CN')
    """
    names = {path.name[:-3].replace("_", "-") for path in files("promofix_lib").joinpath("locale").iterdir()}
    return (ENGLISH, *sorted(name for name in names if name not in (ENGLISH, "") and not name.startswith((".", "_"))))


def language_name(language: str) -> str:
    """A language's name in itself.

    >>> language_name("en"), language_name("zh-CN"), language_name("pl")
    ('English', '简体中文', 'Polski')
    """
    from babel import Locale

    own = Locale.parse(language.replace("-", "_"))
    name = own.languages.get(f"{own.language}_{own.script}") or own.languages[own.language]
    return name[:1].upper() + name[1:]


@cache
def language_of(name: str) -> str:
    """The language with a catalogue that a name means; English where there is none.

    >>> language_of("zh_CN.UTF-8"), language_of("zh-Hans"), language_of("EN_us"), language_of("xx"), language_of("")
    ('zh-CN', 'zh-CN', 'en', 'en', 'en')
    >>> language_of("Chinese (Simplified)_China.936")  # as Windows calls it
    'zh-CN'
    """
    from babel import Locale

    plain = name.split(".")[0].replace("_", "-").lower()
    exact = {known.lower(): known for known in languages()}
    locales = {known: Locale.parse(known.replace("-", "_")) for known in reversed(languages())}
    names = {known: (own.language, str(own.get_language_name(ENGLISH)).lower()) for known, own in locales.items()}
    family = {word: known for known, words in names.items() for word in words}
    return exact.get(plain) or family.get(re.split("[- ]", plain)[0], ENGLISH)


def current_language() -> str:
    """The language spoken now: the one last given to `speak`, else PROMOFIX_LANGUAGE, else the system's."""
    return _spoken.get() or language_of(os.environ.get("PROMOFIX_LANGUAGE") or _system_language())


def speak(language: str) -> str:
    """Speak a language from now on; empty goes back to the environment's. Gives the language that is spoken."""
    _spoken.set(language_of(language) if language else "")
    return current_language()


@cache
def _system_language() -> str:
    return locale.getlocale()[0] or os.environ.get("LANG", "")


# -- values -----------------------------------------------------------------------------------------------------------


def moment_text(moment: datetime, language: str | None = None, *, zone: bool = False) -> str:
    """A moment as people write it, in its own zone, to the minute.

    >>> noon = datetime(2026, 11, 19, 22, 5, tzinfo=ZoneInfo("America/Los_Angeles"))
    >>> moment_text(noon, "en"), moment_text(noon, "zh-CN"), moment_text(noon, "en", zone=True)
    ('2026-11-19 22:05', '2026年11月19日 22:05', '2026-11-19 22:05 (America/Los Angeles)')
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone.")
    written = f"{day_text(moment.date(), language)} {moment:%H:%M}"
    return f"{written} ({zone_text(moment.tzinfo)})" if zone else written


def zone_text(zone: tzinfo | str) -> str:
    """A time zone as people write it, the same in every language.

    >>> zone_text("America/Los_Angeles"), zone_text(ZoneInfo("Asia/Tokyo")), zone_text(UTC)
    ('America/Los Angeles', 'Asia/Tokyo', 'UTC')
    """
    return str(zone).replace("_", " ")


def day_text(day: date, language: str | None = None) -> str:
    """A day as people write it.

    >>> day_text(date(2026, 11, 9), "en"), day_text(date(2026, 11, 9), "zh-CN")
    ('2026-11-09', '2026年11月9日')
    """
    name = language_of(language) if language else current_language()
    return f"{day.year}年{day.month}月{day.day}日" if name.startswith("zh") else day.isoformat()


class _Whole(int):
    """A whole number that ``{n:,}`` groups by its language."""

    language = ENGLISH

    def __format__(self, spec: str) -> str:
        if spec != ",":
            return format(int(self), spec)
        from babel.numbers import format_decimal

        return format_decimal(int(self), locale=self.language.replace("-", "_"))


def _shown(value: Any, language: str) -> Any:
    if isinstance(value, str | PurePath):
        return harmless(str(value))
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        whole = _Whole(value)
        whole.language = language
        return whole
    if isinstance(value, datetime):
        return moment_text(value, language)
    if isinstance(value, date):
        return day_text(value, language)
    if isinstance(value, timedelta):
        hours, minutes = divmod(int(value.total_seconds()) // 60, 60)
        return say("say.hours" if hours else "say.minutes", language=language, hours=hours, minutes=minutes)
    if isinstance(value, Worded):
        return value.text(language)
    if isinstance(value, tuple | list):
        return ("、" if language.startswith("zh") else ", ").join(str(_shown(one, language)) for one in value)
    return value


def _moment(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(ZoneInfo(zone) if zone else UTC)


_KEPT: dict[str, tuple[type, Callable[[Any], dict[str, Any]], Callable[..., Any]]] = {
    "told": (Told, lambda one: {"told": one.to_json()}, Told.from_json),
    "money": (Money, lambda m: {"money": [str(m.amount), m.currency]}, lambda m: Money(Decimal(m[0]), m[1])),
    "decimal": (Decimal, lambda one: {"decimal": str(one)}, Decimal),
    "moment": (datetime, lambda one: {"moment": one.isoformat(), "zone": getattr(one.tzinfo, "key", "")}, _moment),
    "day": (date, lambda one: {"day": one.isoformat()}, date.fromisoformat),
}
"""Facts that are no plain JSON, by what they are called there: type, what is kept, and how that is read."""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return next((keep(value) for kind, keep, _ in _KEPT.values() if isinstance(value, kind)), value)


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(_value(one) for one in plain)
    return _KEPT[next(iter(plain), "")][2](*plain.values()) if isinstance(plain, dict) else plain


# -- catalogues -------------------------------------------------------------------------------------------------------


@cache
def _catalogue(language: str) -> tuple[dict[str, tuple[str, ...]], Callable[[int], int]]:
    from babel.messages.pofile import read_po

    path = files("promofix_lib").joinpath("locale", f"{language.replace('-', '_')}.po")
    with path.open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    forms: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        texts = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if key and texts and all(texts):
            forms[key] = texts
    return forms, gettext.c2py(str(catalogue.plural_expr))
