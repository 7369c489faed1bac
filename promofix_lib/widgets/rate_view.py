"""The rate panel as plain data: one outlook and its plans become figures, sentences and points; no widget in it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from promofix_lib.account.honour import Plan
from promofix_lib.account.outlook import Outlook
from promofix_lib.account.rate import Rate
from promofix_lib.account.recovery import Recovery
from promofix_lib.account.words import percent, say, short_day, short_percent


def rate_view(one: Outlook, plans: Sequence[Plan], language: str) -> dict[str, Any]:
    """Everything on the screen, ready to be shown as text."""
    return {
        "channel": one.book.sales_channel,
        "figures": _figures(one, language),
        "recovery": one.clocks["chosen"].sentence(language),
        "hints": list(one.hints()),
        "warnings": list(one.warnings),
        "notes": list(one.after.cannot_tell(language)),
        "days": _days(one, language),
        "plans": [_step(plan, one.limit, language) for plan in plans],
        "best": plan_place(plans, one.limit, None),
        "limit": float(one.limit) * 100,
        "titles": {
            "rate": say("chart_rate", language, channel=one.book.sales_channel or say("no_channel", language)),
            "zone": say("axis_days", language, zone=one.book.zone_name.replace("_", " ")),
            "money": say("axis_frontier_money", language, currency=one.choices.currency),
            "worst": say("axis_frontier_rate", language),
        },
    }


def plan_place(plans: Sequence[Plan], limit: Fraction, wanted: int | None) -> int:
    """Which step to show: the one nearest to the wanted number of cancelled orders, else the best under the limit."""
    if wanted is not None:
        return min(range(len(plans)), key=lambda n: abs(len(plans[n].cancel_orders) - wanted), default=0)
    under = [place for place, plan in enumerate(plans) if plan.rate < limit]
    return max(under, default=0)


def _figures(one: Outlook, language: str) -> list[list[str]]:
    limit, chosen = short_percent(one.limit), one.clocks["chosen"]
    return [
        [say("rate_now", language), _both(one.before, language)],
        [say("rate_after", language, n=len(chosen.order_ids)), _both(one.after, language)],
        [say("rate_most", language, limit=limit), _most(one.before, language)],
        [say("rate_back", language, limit=limit), _back(chosen, language)],
    ]


def _both(rate: Rate, language: str) -> str:
    low, high = (percent(reading, limit=rate.limit) for reading in (rate.low, rate.high))
    return low if low == high else say("rate_range", language, low=low, high=high)


def _most(rate: Rate, language: str) -> str:
    least, most = rate.most_cancellable, rate.most_cancellable_low
    return str(most) if least == most else say("rate_range", language, low=least, high=most)


def _back(clock: Recovery, language: str) -> str:
    if clock.risk < 0.5 or clock.likely is None:
        return say("rate_stays", language)
    return short_day(clock.likely, language)


def _days(one: Outlook, language: str) -> dict[str, Any]:
    clocks = one.clocks
    first = max(clock.days.index[0] for clock in clocks.values())
    last = max(clock.shown_until for clock in clocks.values())
    same = len(clocks["all"].order_ids) == len(clocks["chosen"].order_ids)  # two lines on top of each other say less
    shown = {name: clock.days.loc[first:last] for name, clock in clocks.items() if name != "all" or not same}
    chosen = shown["chosen"]
    return {
        "labels": [short_day(day.date(), language) for day in chosen.index],
        "known": int(chosen["known"].sum()),
        "low": _percents(chosen["low"]),
        "high": _percents(chosen["high"]),
        "lines": [
            {
                "name": name,
                "text": say(name, language, n=len(clocks[name].order_ids)),
                "rates": _percents(days["likely"]),
            }
            for name, days in shown.items()
        ],
    }


def _percents(rates: pd.Series[float]) -> list[float]:
    return [round(float(rate) * 100, 3) for rate in rates]


def _step(plan: Plan, limit: Fraction, language: str) -> dict[str, Any]:
    sentence = plan.sentence(language)
    if plan.rate >= limit:
        sentence = say("step_over", language, sentence=sentence, limit=short_percent(limit))
    return {
        "rate": float(plan.rate) * 100,
        "loss": float(plan.loss),  # only a height on the chart; the text is exact
        "cancel": len(plan.cancel_orders),
        "honour": len(plan.honour_orders),
        "loss_text": f"{plan.loss:,.{0 if plan.currency == 'JPY' else 2}f} {plan.currency}",
        "rate_text": percent(plan.rate, limit=limit),
        "under": plan.rate < limit,
        "sentence": sentence,
    }
