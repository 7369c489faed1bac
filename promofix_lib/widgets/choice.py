"""What is chosen and how it is looked at, and each change that the seller makes to a rule on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from promofix_lib.amounts import TypedError, amount_text, typed_amount, typed_whole
from promofix_lib.case.case import Case
from promofix_lib.incident import Ceiling, Incident
from promofix_lib.say import ENGLISH
from promofix_lib.widgets.counts import Codes, Mask
from promofix_lib.widgets.pages import Order, Show


@dataclass(frozen=True)
class Look:
    """How the panel is looked at: it never changes what is chosen.

    Parameters
    ----------
    search : str
        Text that the shown rows contain.
    show : str
        ``affected`` (chosen; what was left out by hand stays in sight, unticked), ``all``, ``by_hand``
        or ``unjudged`` (in the window, without price and promotion).
    order : Order
        How the table is sorted.
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

    search: str = ""
    show: Show = "affected"
    order: Order = field(default_factory=Order)
    page: int = 1
    first: int = 0
    last: int = 0
    details: str | None = None
    find: dict[str, str] = field(default_factory=dict)
    opened: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What is chosen, and what else the case says of the panel's questions at one revision.

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
    presets : dict of str to Incident
        Rules kept under a name.
    hand : dict of str to bool
        Whether a decision can be undone, and made again.
    language : str
    revision : int
    """

    rules: Mapping[int, Incident]
    number: int
    put_in: Mapping[str, str]
    left_out: Mapping[str, str]
    found: Mapping[int, Incident] = field(default_factory=dict)
    presets: Mapping[str, Incident] = field(default_factory=dict)
    hand: Mapping[str, bool] = field(default_factory=dict)
    language: str = ENGLISH
    revision: int = 0

    @classmethod
    def of(cls, case: Case, number: int = 0) -> Choice:
        """As the case is now, with this incident at work or, where that is not taken, the first."""
        revision, incidents, decisions = case.revision, case.incidents, case.decisions  # what comes later is newer
        found = {one.number: one.rule for one in incidents}
        rules = {number: found[number] for number in case.gravest_first if number in found}
        return cls(
            rules,
            number if number in rules else min(rules, default=0),
            *((case.put_in, case.left_out) if case.reports else ({}, {})),
            {one.number: one.found for one in incidents},
            case.presets,
            {"can_undo": bool(decisions.done), "can_redo": bool(decisions.undone)},
            case.language,
            revision,
        )

    @property
    def rule(self) -> Incident:
        """The rule at work; it asks nothing before there is one."""
        return self.rules.get(self.number, Incident())

    @property
    def rule_found(self) -> Incident:
        """The same as it was found."""
        return self.found.get(self.number, Incident())


@dataclass(frozen=True)
class Selection:
    """Which rows are in, and why.

    Parameters
    ----------
    numbers : array of int
        Number of the incident that touches the row; 0 for none.
    chosen, added, left_out : array of bool
        In all; put in by hand; left out by hand.
    """

    numbers: Codes
    chosen: Mask
    added: Mask
    left_out: Mask


# -- changes to a rule ------------------------------------------------------------------------------------------------


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


def with_number(rule: Incident, name: str, text: str, language: str) -> Incident:
    """The rule with a number as it was typed; an empty field asks nothing.

    Parameters
    ----------
    rule : Incident
    name : str
        ``max_unit_price``, ``min_quantity`` or ``max_quantity``.
    text : str
        As typed in that language.
    language : str

    Raises
    ------
    TypedError
        Not a number that makes sense here.

    Examples
    --------
    >>> with_number(Incident(), "max_unit_price", "1,234.50", "en").max_unit_price
    Decimal('1234.50')
    """
    typed = typed_amount if name == "max_unit_price" else typed_whole
    number = typed(text, language) if text.strip() else None
    if number is not None and number < 0:
        raise TypedError("amounts.not_a_number", found=text, example="1")
    return replace(rule, **{name: number})  # type: ignore[arg-type]


def with_window(rule: Incident, onset: datetime | None, end: datetime | None) -> Incident:
    """The rule with this window; the earlier moment is its beginning."""
    if onset is not None and end is not None and onset > end:
        onset, end = end, onset
    return replace(rule, onset=onset, end=end)


def ceilings_text(ceilings: tuple[Ceiling, ...], language: str, most: int = 3) -> str:
    """The wrong prices that were found, in short.

    Examples
    --------
    >>> from decimal import Decimal
    >>> ceilings_text((Ceiling("HP-700", "Amazon.com", "USD", Decimal("1.00")),), "en")
    'HP-700 ≤ 1.00 USD'
    """
    texts = [f"{item.sku} ≤ {amount_text(item.price, item.currency, language)}" for item in ceilings]
    return ", ".join(texts[:most]) + (f" … ({len(texts)})" if len(texts) > most else "")
