"""Whether the messages may go out: every fault mended, or overruled in writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from promofix_lib.errors import LetterError
from promofix_lib.letters.linter import Fault, hard_faults, lint_message, rules
from promofix_lib.letters.messages import Message

_SHORTEST_REASON = 10
_SHOWN = 12


@dataclass(frozen=True)
class MessageFault:
    """A fault and the message it stands in; equal messages to other buyers share it."""

    message_id: str
    variant: str
    language: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.variant} in {self.language} ({self.message_id}), {self.fault}"


def lint_messages(messages: Iterable[Message], *, reader: str = "en") -> tuple[MessageFault, ...]:
    """Everything in the merged messages that breaks a rule.

    The words of one template are read once, with its first buyer's facts; of the others only the facts are read, for
    the rest of the text is the same.

    Parameters
    ----------
    messages : iterable of Message
        As they would be sent.
    reader : {"en", "zh-CN"}
        Language of the explanations.
    """
    return tuple(_faults(messages, reader))


def _faults(messages: Iterable[Message], reader: str) -> Iterator[MessageFault]:
    seen = set()
    for message in messages:
        kind = (message.template, message.language, message.unshipped)
        found = _facts(message, reader) if kind in seen else _whole(message, reader)
        seen.add(kind)
        for fault in found:
            yield MessageFault(message.message_id, message.variant, message.language, fault)


def _whole(message: Message, reader: str) -> tuple[Fault, ...]:
    subject, body = message.marked()
    return lint_message(
        body, message.language, subject=subject, order_id=message.order_id, unshipped=message.unshipped, reader=reader
    )


def _facts(message: Message, reader: str) -> Iterator[Fault]:
    for value in dict.fromkeys((message.values["greeting"], message.values["product"])):
        for _, words, rule in hard_faults(value):
            yield Fault(0, words, rule, rules(reader)[rule])


def check_overruled(overruled: Mapping[str, str]) -> Mapping[str, str]:
    """Back what came in when every rule exists and has a reason in writing.

    Raises
    ------
    LetterError
        An unknown rule, or a reason of fewer than ten characters.

    Examples
    --------
    >>> check_overruled({"review": "ok"})
    Traceback (most recent call last):
    ...
    promofix_lib.errors.LetterError: Overruling 'review' needs a reason in writing, at least 10 characters. ...
    """
    for rule, reason in overruled.items():
        if rule not in rules():
            raise LetterError(f"There is no rule {rule!r} to overrule. The rules are {', '.join(rules())}.")
        if len(reason.strip()) < _SHORTEST_REASON:
            raise LetterError(
                f"Overruling {rule!r} needs a reason in writing, at least {_SHORTEST_REASON} characters. "
                "It is kept in the summary of the workbook."
            )
    return overruled


def check_messages(
    messages: Iterable[Message], overruled: Mapping[str, str] | None = None, *, reader: str = "en"
) -> None:
    """Nothing when every message may go out.

    Parameters
    ----------
    messages : iterable of Message
        As they would be sent.
    overruled : mapping of str to str, optional
        Rule to the seller's reason for breaking it.
    reader : {"en", "zh-CN"}
        Language of the explanations.

    Raises
    ------
    LetterError
        Naming the faults and how to go on.

    Examples
    --------
    >>> import pandas as pd
    >>> from promofix_lib.letters.messages import Wording, messages_for
    >>> from promofix_lib.letters.messages_texts import Template
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{
    ...     "order_id": "111-0000001-0000001", "order_status": "Unshipped", "fulfillment_channel": "merchant",
    ...     "quantity": 1, "buyer_name": "=1+1", "buyer_email": "a1@example.com",
    ... }])
    >>> own = Template("Order {order_id}", ("We had to cancel {order_id}. Please leave feedback.",))
    >>> messages = messages_for(orders, pd.Series([True]), Wording(templates={("cancelled", "en"): own}))
    >>> check_messages(messages, {"review": "Amazon asked for it in case 42."})
    >>> [found.fault.words for found in lint_messages(messages)]
    ['feedback']
    """
    allowed = check_overruled(overruled or {})
    faults = [found for found in lint_messages(messages, reader=reader) if found.fault.rule not in allowed]
    if faults:
        more = f"\n… and {len(faults) - _SHOWN} more." if len(faults) > _SHOWN else ""
        lines = "\n".join(f"- {found}" for found in faults[:_SHOWN])
        raise LetterError(
            f"The messages were not written, for Amazon would withhold or punish them:\n{lines}{more}\n"
            "Mend the text, or overrule a rule with a reason in your own words."
        )
