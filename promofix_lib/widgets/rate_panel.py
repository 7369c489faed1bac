"""The panel of notebook 3 that says what cancelling does to the account, and what honouring would cost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd
import traitlets

from promofix_lib.account.choices import PricedSku, SkuCost
from promofix_lib.account.honour import NoPlan, Plan
from promofix_lib.account.outlook import Outlook, outlook
from promofix_lib.account.rate import LIMIT
from promofix_lib.account.seller_orders import SellerOrders, seller_orders
from promofix_lib.account.words import say, short_percent
from promofix_lib.widgets.assets import module, style
from promofix_lib.widgets.rate_view import plan_place, rate_view

STEPS = 40
STEPS_WITH_STOCK = 12  # each one may need the solver


class RatePanel(anywidget.AnyWidget):
    """The cancel rate before and after, the way back under the limit, and money against rate, step by step.

    Call `update` whenever the choice changes; `plan` is the step that the seller left it at.

    Parameters
    ----------
    orders : DataFrame
        Order table.
    chosen : Series of bool
        Rows to cancel.
    affected : Series of bool, optional
        All rows that the mistake touched.
    normal_prices, costs, stock, cancelled_by_seller, cancelled_by_buyer, by_item
        As in `outlook.outlook`.
    limit : Fraction
        The rate must stay under it.
    language : str
        ``en`` or ``zh-CN``.

    Examples
    --------
    >>> from promofix_lib.orders import order_table
    >>> RatePanel(order_table(), pd.Series([], dtype=bool))
    Run this cell to open the panel. Nothing chosen touches a cancel rate yet.
    """

    _esm = module("page.js", "rate_panel.js")
    _css = style() + (Path(__file__).parent / "rate_panel.css").read_text("utf-8")

    words = traitlets.Dict().tag(sync=True)
    view = traitlets.Dict().tag(sync=True)
    place = traitlets.Int(0).tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        orders: pd.DataFrame,
        chosen: pd.Series[bool],
        *,
        affected: pd.Series[bool] | None = None,
        normal_prices: Iterable[PricedSku] = (),
        costs: Iterable[SkuCost] = (),
        stock: Mapping[str, Mapping[str, int]] | None = None,
        cancelled_by_seller: Collection[str] = (),
        cancelled_by_buyer: Collection[str] = (),
        by_item: bool = False,
        limit: Fraction = LIMIT,
        language: str = "en",
    ) -> None:
        self._given: dict[str, Any] = {
            "normal_prices": tuple(normal_prices),
            "costs": tuple(costs),
            "stock": stock or {},
            "by_item": by_item,
            "limit": limit,
            "language": language,
        }
        self._known = {"cancelled_by_seller": cancelled_by_seller, "cancelled_by_buyer": cancelled_by_buyer}
        self._orders: pd.DataFrame | None = None
        self._affected: pd.Series[bool] | None = None
        self._books: tuple[SellerOrders, ...] = ()
        self._channel = ""
        self._wanted: int | None = None  # orders to cancel, as the seller stepped to
        super().__init__(words=_words(language, limit))
        self.on_msg(self._on_message)
        self.update(orders, chosen, affected=affected)

    def update(self, orders: pd.DataFrame, chosen: pd.Series[bool], *, affected: pd.Series[bool] | None = None) -> None:
        """Work everything out again for another choice; the seller's step stays where it was, as near as may be.

        `affected` stays what it was when it is left out.
        """
        if orders is not self._orders:
            self._books = seller_orders(orders, **self._known)
            self._orders = orders
        kept = self._affected if affected is None else affected
        self._affected = kept if kept is not None and len(kept) == len(orders) else None
        self._found = outlook(orders, chosen, affected=self._affected, books=self._books, **self._given)
        self._draw()

    @property
    def outlooks(self) -> tuple[Outlook, ...]:
        """What was worked out, one per sales channel."""
        return self._found

    @property
    def outlook(self) -> Outlook | None:
        """The sales channel on the screen; None when nothing chosen touches a cancel rate."""
        named = [one for one in self._found if one.book.sales_channel == self._channel]
        return next(iter(named or self._found), None)

    @property
    def plan(self) -> Plan | NoPlan | None:
        """The plan on the screen: the best under the limit, or the step that the seller left it at."""
        if self._plans:
            return self._plans[self.place]
        return self.outlook.plan if self.outlook else None

    def __repr__(self) -> str:
        """One line that makes sense where no widget can be drawn."""
        language, one = self._given["language"], self.outlook
        text = one.after.sentence(language) if one else say("panel_none", language)
        return say("panel_plain", language, text=text)

    def _draw(self) -> None:
        one = self.outlook
        self._plans = one.plans(points=STEPS_WITH_STOCK if one.stock else STEPS) if one else ()
        self.place = plan_place(self._plans, self._given["limit"], self._wanted)
        channels = [other.book.sales_channel for other in self._found]
        self.view = rate_view(one, self._plans, self._given["language"]) | {"channels": channels} if one else {}

    def _on_message(self, _widget: Any, message: dict[str, Any], _buffers: Any) -> None:
        if message.get("do") == "step" and self._plans:
            self.place = min(max(int(message["place"]), 0), len(self._plans) - 1)
            self._wanted = len(self._plans[self.place].cancel_orders)
        elif message.get("do") == "channel":
            self._channel, self._wanted = str(message["channel"]), None
            self._draw()
        self.answer = str(message.get("question", ""))


def _words(language: str, limit: Fraction) -> dict[str, str]:
    limits = {key: say(key, language, limit=short_percent(limit)) for key in ("limit", "best")}
    return {key: say(key, language) for key in _KEYS} | limits | {"language": language}


_KEYS = (
    *("panel", "panel_none", "sales_channel", "step", "fewer", "more", "what_unknown", "all_plans", "run_again"),
    *("column_cancel", "column_honour", "column_loss", "column_rate", "report_ends", "chart_frontier"),
)
