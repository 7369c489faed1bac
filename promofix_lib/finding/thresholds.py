"""How cheap is a mistake, how unlikely must it be, how long is a decision: every number the finder judges by."""

from __future__ import annotations

from dataclasses import dataclass, fields

# What decides is in `Thresholds`. These say how it is told.
WAS_PRICE_DAYS = 90
"""Days before the onset that tell the normal price of a SKU sold seldom: the span of Amazon's own "Was price"."""
SURE = 0.95
"""Confidence from which on it is "almost certain": what is said so is true in at least so many of a hundred."""
LOOKS = 10
"""At most so many things that were let be, and as many that were too shallow: more would be read by nobody."""


@dataclass(frozen=True)
class Thresholds:
    """The numbers `find_incidents` judges by. Move one with ``Thresholds(deep_share=0.4)`` and find again.

    Shares are between 0 and 1 of a price: a `deep_share` of 0.5 reads "less than half". The day is no number of these:
    one day has one vote, and what is further apart than a day is another occasion.

    Parameters
    ----------
    deep_share : float
        A sale below this share of its normal price is too cheap. 0.5, because Amazon caps coupons at 50 % off
        (announcement of 12 March 2024) and buy-one-get-one-free is exactly half: what a seller plans stays above it.
    expected : float
        A run of cheap orders is reported when the shop's own life would bring fewer than so many like it into a report
        like this one: one false alarm in fifty reports. Untouched months of real shops stay above it also where reports
        are looked at every few hours and each run is seen at its oddest (0.022); planted mistakes come below 0.013.
        Here mistake and life count as equally likely: `confidence` is made of it.
    planned_share : float
        A sale is no mistake when the buyer pays at least this share of what the SKU usually brings: 60 % off an
        inflated list price is the everyday price. The rest of it, 30 %, is a `step`.
    never_decided_share : float
        Below this share of the usual price nothing counts as a decision or as the shop's life: four fifths off is no
        markdown step.
    decided_days : float
        A price or a promotion kept this long is the seller's decision, and a SKU sold for a shorter time has no history
        of its own. 4 days: real incidents last 15 minutes to 3 days (RepricerExpress 2014: one hour; the longest public
        one: 3 days), markdowns last a week.
    habit_days : float
        A promotion below `never_decided_share` is a habit when it lasts so long and was there when the report began:
        codes for reviewers, friends, staff. A week, because a leak is seen in the weekly figures.
    least_orders : int
        Fewer orders are "worth a look": a single odd row is a refund, a sample or a typo.
    few : int
        So many things that agree are no coincidence: sales of a level, free items of an offer, orders of one cause,
        SKUs at one price. So many that never happened where one should have are none either (the rule of three:
        Hanley and Lippman-Hand, JAMA 249, 1983), and so many standard deviations of its own scatter a price must fall.
    most : float
        "Most" or "usual": four fifths, as of a rule with exceptions. A promotion id explains orders when it stands on
        most of them; two prices that agree for the most part are of one `level`.
    rounding : float
        What cents can hide, as a share of a price or a discount: half off 19.99 is 50.03 %.
    parts : int
        A report is cut into at least so many parts, of an hour to a day each, with one vote each: a night is one or two
        of a fortnight. So many days tell a price as it is now, half of them on either side the level around a sale.
    pause_hours : float
        A pause ends an incident when normal sales lie in it and it is longer than the incident's own usual pauses by
        far: nights have lulls of 6 hours. Wrong prices no further apart, and alike, are one incident.
    upload_hours : float
        Wrong prices of several SKUs no further apart are one upload, also where nothing else is alike: RepricerExpress
        2014 lasted one hour.
    long_pauses : int
        Usual pauses of an incident that make a long one: at an even pace one in a thousand million is so long, and with
        15 a leak that rests for two days falls into parts.
    hoard_units : int
        One order is enough below `never_decided_share` when it takes so many units, and more than any normal order of
        the shop: one buyer empties the stock with one code.

    References
    ----------
    Wong, Moore, Cooper, Wagner, "What's strange about recent events", JMLR 6 (2005).

    Examples
    --------
    >>> Thresholds().deep_share, Thresholds(deep_share=0.4).deep_share, round(Thresholds().step, 2)
    (0.5, 0.4, 0.29)
    >>> Thresholds(deep_share=40)
    Traceback (most recent call last):
    ValueError: deep_share is a share between 0 and 1, got 40.
    """

    deep_share: float = 0.5
    expected: float = 0.02
    planned_share: float = 0.7
    never_decided_share: float = 0.2
    decided_days: float = 4.0
    habit_days: float = 7.0
    least_orders: int = 2
    few: int = 3
    most: float = 0.8
    rounding: float = 0.01
    parts: int = 14
    pause_hours: float = 6.0
    upload_hours: float = 1.0
    long_pauses: int = 30
    hoard_units: int = 20

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} must be more than 0, got {value}.")
            if getattr(type(self), field.name) < 1 < value:
                raise ValueError(f"{field.name} is a share between 0 and 1, got {value}.")

    @property
    def step(self) -> float:
        """The largest usual step of a markdown, and the smallest part of a mistake.

        Prices a step apart are stairs of one staircase: a clearance, a slow drift. A known id whose discount rises by a
        step was edited; a deal price and a forgotten coupon must each take one to be a mistake together: two are half.
        """
        return 1 - self.planned_share - self.rounding

    @property
    def level(self) -> float:
        """Two prices within this share of each other, two discounts within half of it, are of the same level.

        10 % off and price wars move less, the smallest markdown is 20 %.
        """
        return round(1 - self.most, 9)
