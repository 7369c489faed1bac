"""What is chosen and how it is looked at, and each change that the seller makes to a rule on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from promofix_lib.amounts import TypedError, amount_text, typed_amount, typed_whole
from promofix_lib.case.case import Case
from promofix_lib.incident import Ceiling, Incident


@dataclass(frozen=True)
class Look:
    """How the panel is looked at: it never changes what is chosen.

    Parameters
    ----------
    number : int
        The incident at work; 0 for the first.
    preview : Incident or None
        Its rule while the window moves on the screen; not saved.
    search : str
        Text that the shown rows contain.
    show : str
        ``affected`` (chosen; what was left out by hand stays in sight, unticked), ``all``, ``by_hand``
        or ``unjudged`` (in the window, without price and promotion).
    sort : str
        The column of `pages.COLUMNS` by which the table is sorted.
    descending : bool
        Whether the largest comes first.
    page : int
        Page number, from 1.
    first, last : int
        Part of the report on the chart, UTC seconds; both 0 before it is known.
    details : str or None
        Item key of the order that is opened.
    find : dict of str to str
        Text looked for among the choices of a field.
    opened : tuple of str
        Fields all of whose choices are shown.
    """

    number: int = 0
    preview: Incident | None = None
    search: str = ""
    show: str = "affected"
    sort: str = "bought"
    descending: bool = False
    page: int = 1
    first: int = 0
    last: int = 0
    details: str | None = None
    find: Mapping[str, str] = field(default_factory=dict)
    opened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What is chosen at one revision of the case.

    Parameters
    ----------
    rules : dict of int to Incident
        Every taken incident's rule by its number, the gravest first; the one at work as it is on the screen.
    number : int
        The incident whose filters are shown; 0 before there is one.
    put_in, left_out : dict of str to str
        Item keys with the reason.
    found : dict of int to Incident
        Every incident's rule as it was found.
    revision : int
    """

    rules: Mapping[int, Incident]
    number: int = 1
    put_in: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[int, Incident] = field(default_factory=dict)
    revision: int = 0

    @classmethod
    def of(cls, case: Case, look: Look) -> Choice:
        """As the case is now, with the look's incident at work or, where that is not taken, the first."""
        with case.journal.still():
            known = {one.number: one for one in case.incidents}
            rules = {number: known[number].rule for number in case.gravest_first}
            number = look.number if look.number in rules else min(rules, default=0)
            if look.preview:
                number = number or 1  # the first incident of all is being made
                rules[number] = look.preview
            by_hand = (case.put_in, case.left_out) if case.reports else ({}, {})
            return cls(rules, number, *by_hand, {n: one.found for n, one in known.items()}, case.revision)

    @property
    def rule(self) -> Incident:
        """The rule at work; it asks nothing before there is one."""
        return self.rules.get(self.number, Incident())

    @property
    def rule_found(self) -> Incident:
        """The same as it was found."""
        return self.found.get(self.number, Incident())


# -- changes to a rule ------------------------------------------------------------------------------------------------


def chosen_words(rule: Incident, name: str) -> tuple[str, ...]:
    """The values that a field of the rule allows, as text; none stands for any.

    Examples
    --------
    >>> chosen_words(Incident(is_business_order=False), "is_business_order"), chosen_words(Incident(), "skus")
    (('false',), ())
    """
    value = getattr(rule, name)
    if isinstance(value, bool):
        return (str(value).lower(),)
    return value or ()


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
    changed = replace(rule, **{name: words})  # type: ignore[arg-type]
    return replace(changed, together=rule.together and len(changed.promotion_ids) > 1)


def with_number(rule: Incident, name: str, text: str) -> Incident:
    """The rule with a number as it was typed; an empty field asks nothing.

    Parameters
    ----------
    rule : Incident
    name : str
        ``max_unit_price``, ``min_quantity`` or ``max_quantity``.
    text : str
        As typed in the language that is spoken.

    Raises
    ------
    TypedError
        Not a number that makes sense here.

    Examples
    --------
    >>> with_number(Incident(), "max_unit_price", "1,234.50").max_unit_price
    Decimal('1234.50')
    """
    typed = typed_amount if name == "max_unit_price" else typed_whole
    number = typed(text) if text.strip() else None
    if number is not None and number < 0:
        raise TypedError("amounts.not_a_number", found=text, example="1")
    return replace(rule, **{name: number})  # type: ignore[arg-type]


def with_window(rule: Incident, **sides: datetime | None) -> Incident:
    """The rule with this `onset`, this `end` or both; the earlier moment is its beginning.

    Examples
    --------
    >>> rule = with_window(Incident(end=datetime(2026, 11, 20)), onset=datetime(2026, 11, 21))
    >>> rule.onset.day, rule.end.day
    (20, 21)
    """
    rule = replace(rule, **sides)  # type: ignore[arg-type]
    turned = rule.onset and rule.end and rule.onset > rule.end
    return replace(rule, onset=rule.end, end=rule.onset) if turned else rule


def ceilings_text(ceilings: tuple[Ceiling, ...], most: int = 3) -> str:
    """The wrong prices that were found, in short.

    Examples
    --------
    >>> from decimal import Decimal
    >>> ceilings_text((Ceiling("HP-700", "Amazon.com", "USD", Decimal("1.00")),))
    'HP-700 ≤ 1.00 USD'
    """
    texts = [f"{item.sku} ≤ {amount_text(item.price, item.currency)}" for item in ceilings]
    return ", ".join(texts[:most]) + (f" … ({len(texts)})" if len(texts) > most else "")
