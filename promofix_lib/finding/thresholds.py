"""How cheap is a mistake, how unlikely must it be, how long is a decision: every number the finder judges by."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Thresholds:
    """The numbers `find_incidents` judges by. Move one with ``Thresholds(deep_share=0.4)`` and find again.

    Shares are between 0 and 1 of a price: a `deep_share` of 0.5 reads "less than half".

    Parameters
    ----------
    deep_share : float
        A sale below this share of its normal price is too cheap. 0.5, because Amazon caps coupons at 50 % off
        (announcement of 12 March 2024) and buy-one-get-one-free is exactly half: what a seller plans stays above it.
    expected : float
        A run of cheap orders is reported when the shop's own life would bring fewer than so many like it into a report
        like this one. 0.05: one false alarm in twenty reports is the most that a seller bears. On real shops that
        nobody prepared, untouched months stay above 0.09 and planted mistakes below 0.015.
    planned_share : float
        A sale is no mistake when the buyer pays at least this share of what the SKU usually brings: 60 % off an
        inflated list price is the everyday price.
    never_decided_share : float
        Below this share of the usual price nothing counts as a decision or as the shop's life: four fifths off is no
        markdown step.
    spread_multiple : float
        Goods whose price scatters (used, graded, auctioned) must fall this many standard deviations of their own
        scatter. 4, because three-sigma rules misfire on goods with hundreds of sales.
    decided_days : float
        A price or a promotion kept this long is the seller's decision, and a SKU sold for a shorter time has no history
        of its own. 4 days: real incidents last 15 minutes to 3 days (RepricerExpress 2014: one hour; the longest public
        one: 3 days), markdowns last a week.
    habit_days, trickle_orders : float
        A promotion below `never_decided_share` is a habit when it is kept for so many days at no more than so many
        orders a day: codes for reviewers and influencers. A week, because a leak is seen in the weekly figures.
    least_orders : int
        Fewer orders are "worth a look": a single odd row is a refund, a sample or a typo.
    hoard_units : int
        One order is enough below `never_decided_share` when it takes so many units, and more than any normal order of
        these SKUs took: one buyer empties the stock with one code.
    level_step : float
        Two prices within this share of each other are the same level.
    stair_step : float
        Neighbouring levels within this share of each other are stairs of one staircase: a clearance in steps, a slow
        drift. The usual step of a markdown, 30 % off, is a factor of 1.43.
    same_depth : float
        How much shallower an order of the shop may be, as a share of the price, and still be of the same depth.
    explained_share : float
        "Most": a promotion id explains orders when it stands on this share of them, an offer is a gift with a purchase
        when this share of its first free items stands beside the same bought SKU.
    promotion_part : float
        A step of a discount: a known id whose discount rises by it was edited; a deal price and a forgotten coupon must
        each take so much to be a mistake together. Above the usual tiers (10, 15, 20 %) and the rounding of coupons.
    pause_hours_least, pause_hours_most, pause_multiple : float
        A pause ends an incident when it is longer than `pause_multiple` typical gaps, at least 6 and at most 36 hours,
        and normal sales lie in it: nights have lulls, recurring nights are 14 hours apart. Wrong prices of several SKUs
        no further apart than the least pause are "at the same time"; one or two uses no further than the most pause
        from a flood are its first or last.
    recovery_hours : float
        For a wrong price, two normal sales by comparable buyers within such a pause end it too.
    same_price, same_factor : float
        Wrong prices of several SKUs at the same time are one incident when they agree within this share, in the
        price or in the factor against the normal price.
    normal_days, recent_days, enough_sales : float
        The normal price is the median over the days before the onset, of 90 as in Amazon's own "Was price"; the last 14
        speak alone when they hold 10 sales, because prices change.

    References
    ----------
    Wong, Moore, Cooper, Wagner, "What's strange about recent events", JMLR 6 (2005).

    Examples
    --------
    >>> Thresholds().deep_share, Thresholds(deep_share=0.4).deep_share
    (0.5, 0.4)
    >>> Thresholds(deep_share=40)
    Traceback (most recent call last):
    ValueError: deep_share is a share between 0 and 1, got 40.
    """

    deep_share: float = 0.5
    expected: float = 0.05
    planned_share: float = 0.7
    never_decided_share: float = 0.2
    spread_multiple: float = 4.0
    decided_days: float = 4.0
    habit_days: float = 7.0
    trickle_orders: float = 6.0
    least_orders: int = 2
    hoard_units: int = 20
    level_step: float = 0.2
    stair_step: float = 0.45
    same_depth: float = 0.1
    explained_share: float = 0.8
    promotion_part: float = 0.25
    pause_hours_least: float = 6.0
    pause_hours_most: float = 36.0
    pause_multiple: float = 30.0
    recovery_hours: float = 2.0
    same_price: float = 0.02
    same_factor: float = 0.15
    normal_days: float = 90.0
    recent_days: float = 14.0
    enough_sales: int = 10

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} must be more than 0, got {value}.")
            if field.name in _SHARES and value > 1:
                raise ValueError(f"{field.name} is a share between 0 and 1, got {value}.")


_SHARES = frozenset(
    "deep_share planned_share never_decided_share level_step stair_step same_depth explained_share promotion_part "
    "same_price same_factor".split()
)
