"""How cheap is a mistake, how long is a decision, how often is a habit: every number the finder judges by."""

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
    planned_share : float
        A promotion of more than half off is still no mistake when the buyer pays at least this share of what
        the SKU usually brings: 60 % off an inflated list price is the everyday price.
    spread_multiple : float
        Goods whose price scatters (used, graded, auctioned) must fall this many standard deviations of their own
        scatter. 4, because three-sigma rules misfire on goods with hundreds of sales.
    decided_days : float
        A price or a promotion kept this long is the seller's decision. 4 days: real incidents last 15 minutes to
        3 days (RepricerExpress 2014: one hour; the longest public one: 3 days), markdowns last a week.
    never_decided_share : float
        Below this share of the usual price nothing counts as a decision: four fifths off is no markdown step.
    level_step : float
        Two prices within this share of each other are the same level.
    stair_step : float
        Neighbouring levels within this share of each other are stairs of one staircase: a clearance in steps, a slow
        drift. The usual step of a markdown, 30 % off, is a factor of 1.43.
    habit_days : int
        The same depth on this many different days (spread over one day more) is a habit.
    habit_depth : float
        How much two discounts may differ, as a share of the price, and still be the same depth.
    habit_growth : float
        A habit at more than this many times its usual size is no habit any more.
    trickle_orders : int
        Prices below `never_decided_share` are a habit only as a trickle (codes for reviewers and influencers): at most
        so many orders a day, or `trickle_share` of the SKUs' own.
    trickle_share : float
        See `trickle_orders`.
    flood_chance : float
        A code used so fast that its own usual rate would give that with less than this chance has leaked
        (expectation-based Poisson scan).
    explained_share : float
        A promotion id explains a set of orders when it stands on this share of them.
    pure_share : float
        When this share of an id's priced items is too cheap, its items without a price (pending) are affected too.
    shift_depth, shift_to : float
        A known id whose discount rises by `shift_depth` of the price to at least `shift_to` was edited. Above the
        usual tiers (10, 15, 20 %) and the rounding of coupons.
    promotion_part : float
        A deal price and a forgotten coupon must each take at least this share to be a mistake together: a coupon of
        half off on a price that moved by a few percent is none.
    gift_share : float
        An offer is a gift with a purchase when this share of its first free items stands beside the same bought SKU.
    basket_share : float
        Free items are part of a basket offer ("3 for 2") when this share of them stands in orders that cost at least
        half.
    pause_hours_least, pause_hours_most, pause_multiple : float
        A pause ends an incident when it is longer than `pause_multiple` typical gaps, at least 6 and at most 36 hours,
        and normal sales lie in it: nights have lulls, recurring nights are 14 hours apart. Wrong prices of several SKUs
        that are no further apart than the least pause are "at the same time".
    recovery_hours : float
        For a wrong price, two normal sales by comparable buyers within such a pause end it too.
    straggler_hours : float
        A few uses up to two days before the flood belong to it: the first of them is the onset.
    straggler_part : float
        Fewer than this share of the neighbour's orders are "a few".
    same_price, same_factor : float
        Wrong prices of several SKUs at the same time are one incident when they agree within this share, in the
        price or in the factor against the normal price.
    least_orders, least_orders_extreme : int
        Fewer orders are "worth a look": a single odd row is a refund, a sample or a typo. Two are enough below
        `never_decided_share`.
    hoard_units : int
        One order is enough below `never_decided_share` when it takes so many units, and more than any normal order of
        these SKUs took: one buyer empties the stock with one code.
    history_days : float
        A SKU sold for a shorter time has no history of its own; the same SKU in another marketplace or the same ASIN
        under another SKU speaks for it.
    normal_days : float
        The normal price is the median over this many days before the onset, as Amazon's own "Was price".
    recent_days : float
        When the last days before the onset hold enough sales, they speak alone: prices change.
    enough_sales : int
        How many sales are enough for that.

    References
    ----------
    Neill, "Expectation-based scan statistics for monitoring spatial time series data", International Journal of
    Forecasting 25 (2009). Wong, Moore, Cooper, Wagner, "What's strange about recent events", JMLR 6 (2005).

    Examples
    --------
    >>> Thresholds().deep_share, Thresholds(deep_share=0.4).deep_share
    (0.5, 0.4)
    >>> Thresholds(deep_share=40)
    Traceback (most recent call last):
    ValueError: deep_share is a share between 0 and 1, got 40.
    """

    deep_share: float = 0.5
    planned_share: float = 0.7
    spread_multiple: float = 4.0
    decided_days: float = 4.0
    never_decided_share: float = 0.2
    level_step: float = 0.2
    stair_step: float = 0.45
    habit_days: int = 4
    habit_depth: float = 0.1
    habit_growth: float = 3.0
    expected: float = 0.05
    same_depth: float = 0.1
    trickle_orders: int = 6
    trickle_share: float = 0.1
    flood_chance: float = 1e-6
    explained_share: float = 0.8
    pure_share: float = 0.9
    shift_depth: float = 0.25
    shift_to: float = 0.35
    promotion_part: float = 0.25
    gift_share: float = 0.8
    basket_share: float = 0.95
    pause_hours_least: float = 6.0
    pause_hours_most: float = 36.0
    pause_multiple: float = 30.0
    recovery_hours: float = 2.0
    straggler_hours: float = 48.0
    straggler_part: float = 0.1
    same_price: float = 0.02
    same_factor: float = 0.15
    least_orders: int = 3
    least_orders_extreme: int = 2
    hoard_units: int = 20
    history_days: float = 4.0
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
    "deep_share planned_share never_decided_share level_step stair_step habit_depth explained_share trickle_share "
    "flood_chance pure_share shift_depth shift_to promotion_part gift_share basket_share straggler_part same_price "
    "same_factor".split()
)
