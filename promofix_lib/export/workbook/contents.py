"""What the assistant's workbook tells, before any cell is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from promofix_lib.letters.messages import Message, Wording, message_by_hand, message_for, why_no_message
from promofix_lib.letters.messages_orders import BuyerOrder, buyer_orders
from promofix_lib.letters.sheet_words import sheet_words
from promofix_lib.triage import WORDS


@dataclass(frozen=True)
class Handed:
    """Everything the sheets tell; the messages `by_hand` are for buyers whose address no report tells."""

    orders: tuple[BuyerOrder, ...]
    messages: tuple[Message, ...]
    by_hand: tuple[Message, ...]
    why_not: Mapping[str, str]
    wording: Wording
    words: Mapping[str, Any]
    language: str
    sources: Mapping[str, int] = field(default_factory=dict)
    overruled: Mapping[str, str] = field(default_factory=dict)
    made_at: datetime | None = None
    messages_per_day: int | None = None


def handed_over(
    orders: pd.DataFrame,
    chosen: pd.Series[bool],
    *,
    language: str,
    wording: Wording,
    overruled: Mapping[str, str],
    made_at: datetime | None,
    messages_per_day: int | None,
) -> Handed:
    """The chosen orders in the order of work, each with its message or the reason why there is none.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{"order_id": "111-0000001-0000001", "order_status": "Unshipped", "quantity": 1,
    ...                        "fulfillment_channel": "merchant"}])
    >>> handed = handed_over(orders, pd.Series([True]), language="en", wording=Wording(), overruled={},
    ...                      made_at=None, messages_per_day=None)
    >>> handed.why_not
    {'111-0000001-0000001/cancel': 'no_email'}
    """
    found = sorted(buyer_orders(orders, chosen), key=lambda order: WORDS.index(order.triage))
    messages = (message_for(order, wording) for order in found)
    by_hand = (message_by_hand(order, wording) for order in found)
    return Handed(
        orders=tuple(found),
        messages=tuple(message for message in messages if message is not None),
        by_hand=tuple(message for message in by_hand if message is not None),
        why_not={order.key: why_no_message(order, wording) for order in found},
        wording=wording,
        words=sheet_words(language),
        language=language,
        sources=_sources(orders, chosen),
        overruled=dict(overruled),
        made_at=made_at,
        messages_per_day=messages_per_day,
    )


def _sources(orders: pd.DataFrame, chosen: pd.Series[bool]) -> dict[str, int]:
    files = orders.loc[chosen.reindex(orders.index, fill_value=False).astype(bool), "source_file"].dropna()
    return {str(name): int(count) for name, count in files.value_counts(sort=False).items()}
