"""One change to the rule, as the seller makes it on the screen: rule in, rule out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from promofix_lib.errors import PromofixError
from promofix_lib.incident import Incident


def chosen_words(rule: Incident, name: str) -> tuple[str, ...]:
    """The values that a field of the rule allows, as text; none stands for any.

    Examples
    --------
    >>> chosen_words(Incident(is_business_order=False), "is_business_order"), chosen_words(Incident(), "skus")
    (('false',), ())
    """
    value = getattr(rule, name)
    if name == "is_business_order":
        return () if value is None else (str(value).lower(),)
    return tuple(value)


def with_choice(rule: Incident, name: str, value: str, on: bool) -> Incident:
    """The rule with one check box ticked or not; when the last one is unticked, any value is allowed again.

    Examples
    --------
    >>> with_choice(Incident(skus=("A",)), "skus", "B", True).skus
    ('A', 'B')
    >>> with_choice(Incident(skus=("A",)), "skus", "A", False).skus
    ()
    """
    others = tuple(word for word in chosen_words(rule, name) if word != value)
    return with_words(rule, name, (*others, value) if on else others)


def with_words(rule: Incident, name: str, words: tuple[str, ...]) -> Incident:
    """The rule with these values allowed in one field; none stands for any.

    Examples
    --------
    >>> with_words(Incident(), "is_business_order", ("true",)).is_business_order
    True
    """
    if name == "is_business_order":
        return replace(rule, is_business_order=words == ("true",) if len(words) == 1 else None)
    changes: dict[str, object] = {name: words}
    if name == "promotion_ids" and len(words) < 2:
        changes["together"] = False
    return replace(rule, **changes)  # type: ignore[arg-type]


def with_number(rule: Incident, name: str, text: str, complaint: str) -> Incident:
    """The rule with a number as it was typed; an empty field asks nothing.

    Parameters
    ----------
    rule : Incident
    name : str
        ``max_unit_price`` (a Decimal, from its text), ``min_quantity`` or ``max_quantity``.
    text : str
        As typed; a comma counts as the decimal point when there is no point.
    complaint : str
        What to say when it is no number, with ``{text}``.

    Raises
    ------
    PromofixError
        Not a number that makes sense here.

    Examples
    --------
    >>> with_number(Incident(), "max_unit_price", "1,99", "{text}?").max_unit_price
    Decimal('1.99')
    """
    plain = text.strip().replace(",", ".") if "." not in text else text.strip()
    if not plain:
        return replace(rule, **{name: None})  # type: ignore[arg-type]
    try:
        number = Decimal(plain)
        if not number.is_finite() or not 0 <= number < 10**9 or (name != "max_unit_price" and number % 1):
            raise InvalidOperation
    except InvalidOperation as error:
        raise PromofixError(complaint.format(text=text)) from error
    return replace(rule, **{name: number if name == "max_unit_price" else int(number)})  # type: ignore[arg-type]


def with_window(rule: Incident, onset: datetime | None, end: datetime | None) -> Incident:
    """The rule with this window; the earlier moment is its beginning."""
    if onset is not None and end is not None and onset > end:
        onset, end = end, onset
    return replace(rule, onset=onset, end=end)
