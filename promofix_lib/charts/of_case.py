"""The charts of a case: the incident, and what cancelling does to the account; for a page, and for the evidence."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from promofix_lib.account.account import account_of
from promofix_lib.case.case import Case
from promofix_lib.charts.incident import Night, incident_figure, plot_hours, plot_night, plot_prices
from promofix_lib.charts.rate import plot_rate
from promofix_lib.charts.style import Picture, sheet
from promofix_lib.say import say
from promofix_lib.status.status import status


def incident_picture(case: Case) -> Picture:
    """Orders by hour, each incident to the minute, and the price paid per unit; the affected orders in colour.

    A case without reports or without affected orders gives a picture of words that say what is missing.
    """
    language = case.language
    missing = "no_report" if not case.reports else "" if case.chosen().any() else "no_incident"
    if missing:
        return Picture("incident", say(f"charts.{missing}", language=language))
    night, title = night_of(case), _title(case)
    found = [one.finding.sentence for one in case.incidents if one.taken and one.finding]
    words = " ".join([title, *(str(sentence) for sentence in found)])
    return Picture("incident", words, lambda: incident_figure(night, title=title))


def rate_pictures(case: Case, language: str = "") -> tuple[Picture, ...]:
    """The cancel rate day by day and the way back under the limit, per sales channel; else words that say why not."""
    language = language or case.language
    if not case.reports:
        return (Picture("cancel-rate", say("charts.no_report", language=language)),)
    account = account_of(case)
    drawn = tuple(
        Picture(
            f"cancel-rate-{number}",
            " ".join(sentence.text(language) for sentence in one.told()),
            partial(_alone, partial(plot_rate, one, language=language)),
        )
        for number, one in enumerate(account.channels, start=1)
    )
    return drawn or (Picture("cancel-rate", "\n".join(account.sentences(language))),)


def evidence_pictures(case: Case, language: str = "en") -> tuple[Picture, ...]:
    """Single charts for Amazon: the night, the prices, the whole report, the cancel rate; `words` are the caption.

    Parameters
    ----------
    case : Case
        With reports and affected orders.
    language : str
        Of titles, labels and captions.
    """
    night = night_of(case, language)
    plots = {
        **{
            f"incident-hours-{n}" if n > 1 else "incident-hours": ("night", partial(plot_night, night, number=n))
            for n in night.incidents
            if n
        },
        "unit-prices": ("prices", partial(plot_prices, night)),
        "orders-by-hour": ("hours", partial(plot_hours, night)),
    }
    single = (
        Picture(name, night.say(f"caption_{caption}"), partial(_alone, plot)) for name, (caption, plot) in plots.items()
    )
    return (*single, *(one for one in rate_pictures(case, language) if one.draw))


def night_of(case: Case, language: str = "") -> Night:
    """What there is to draw of a case."""
    causes = {one.number: one.rule.cause for one in case.incidents}
    orders = case.book.orders
    # a price is drawn where the ledger knows what was paid: before shipping a discount may not be printed yet
    known = orders.assign(unit_price=orders["unit_price"].where(case.book.ledger.paid_known))
    return Night(known, case.chosen(), case.zone, language or case.language, case.incident_of(), causes)


def _alone(plot: Callable[[Axes], Axes]) -> Figure:
    figure, (ax,) = sheet([2.7])
    plot(ax)
    return figure


def _title(case: Case) -> str:
    causes = filter(None, dict.fromkeys(one.rule.cause for one in case.incidents if one.taken))
    return " · ".join([say("charts.title", language=case.language, n=status(case).orders), *causes])
