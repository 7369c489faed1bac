"""The charts of a case: the incident, and what cancelling does to the account."""

from __future__ import annotations

from promofix_lib.account.of_case import account_outlook
from promofix_lib.case.case import Case
from promofix_lib.charts.hours import incident_figure
from promofix_lib.charts.picture import Picture
from promofix_lib.charts.rate import rate_figure
from promofix_lib.errors import CaseError


def incident_picture(case: Case) -> Picture:
    """Orders by hour, the night to the minute, and the price paid per unit; the chosen orders in colour.

    Raises
    ------
    CaseError
        The case has no report yet.
    """
    chosen, market, finding = case.chosen(), case.marketplace, case.finding
    figure = incident_figure(case.orders, chosen, market.zone, title=_title(case), language=case.settings.language)
    return Picture(figure, finding.sentence if finding else _title(case))


def _title(case: Case) -> str:
    orders = case.orders.loc[case.chosen(), "order_id"].nunique()
    cause = ", ".join(case.filter.promotion_ids)
    if case.settings.language.startswith("zh"):
        return f"受影响订单 {orders:,} 个" + (f" · {cause}" if cause else "")
    return f"{orders:,} affected orders" + (f" · {cause}" if cause else "")


def rate_pictures(case: Case) -> tuple[Picture, ...]:
    """The cancel rate day by day, the way back under the limit, and money against rate, per sales channel.

    Raises
    ------
    CaseError
        Nothing chosen touches a cancel rate: only FBA orders, or orders that have shipped.
    """
    language, found = case.settings.language, account_outlook(case)
    if not found:
        raise CaseError(
            "Nothing that is chosen touches a cancel rate: no seller-fulfilled order that is not shipped yet. "
            "There is nothing to recover from."
        )
    return tuple(
        Picture(
            rate_figure(
                one.clocks, one.plans(), sales_channel=one.book.sales_channel, limit=one.limit, language=language
            ),
            one.text(),
        )
        for one in found
    )


def rate_picture(case: Case) -> Picture:
    """The first of `rate_pictures`: the sales channel that the cell shows."""
    return rate_pictures(case)[0]
