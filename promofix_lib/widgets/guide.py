"""What the notebooks show between the widgets: where to click in Amazon, the order of work, what is decided."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd

from promofix_lib.account.of_case import outlook_settings, work_of
from promofix_lib.account.words import day_text
from promofix_lib.case.case import Case
from promofix_lib.errors import PromofixError
from promofix_lib.marketplaces import MARKETPLACES, Marketplace
from promofix_lib.orders import money_as_integers, money_text
from promofix_lib.triage import orders_by_triage
from promofix_lib.widgets.html import Shown, table
from promofix_lib.widgets.order_filter import OrderFilter
from promofix_lib.widgets.rate_panel import RatePanel
from promofix_lib.widgets.words import words_of

_FIRST_STEPS = {
    "en": (
        "Do this first, in Seller Central: {host}",
        ("Step", "Where", "Why now"),
        (
            (
                "End the promotion, claim code or coupon",
                "Advertising > Promotions",
                "It sells on by itself.",
            ),
            ("Put the price right", "Inventory > Manage All Inventory", "If the price is wrong, it sells on too."),
            (
                "Set the stock of these SKUs to 0",
                "Inventory > Manage All Inventory",
                "Cancelling puts units back on sale.",
            ),
            ("Stop automatic labels and dispatch", "your shipping tool", "A dispatched order cannot be cancelled."),
            (
                "Save: All Orders, by order date, 30 days",
                "Reports > Fulfillment > All Orders",
                "Every order, its promotions.",
            ),
            (
                "Save: New Orders, every column ticked",
                "Orders > Order Reports",
                "Buyers' names vanish with the order.",
            ),
            ("Save: Unshipped Orders", "Orders > Order Reports", "It lists what can still be cancelled."),
        ),
    ),
    "zh-CN": (
        "请先在卖家平台完成：{host}",
        ("步骤", "位置", "为什么现在做"),
        (
            ("结束促销、优惠码或优惠券", "广告 > 促销（或优惠券）", "否则会继续出单。"),
            ("改正价格", "库存 > 管理所有库存", "价格错了同样会继续出单。"),
            ("把这些 SKU 的库存设为 0", "库存 > 管理所有库存", "取消订单会让商品重新上架销售。"),
            ("停止自动打单和发货", "您的发货工具", "已发货的订单无法取消。"),
            (
                "保存：所有订单报告（按下单日期，30 天）",
                "数据报告 > 亚马逊物流 > 所有订单",
                "包含每个订单及其促销编号。",
            ),
            ("保存：新订单报告（勾选全部列）", "订单 > 订单报告", "订单取消后买家信息会消失。"),
            ("保存：未发货订单报告", "订单 > 订单报告", "列出仍可取消的订单。"),
        ),
    ),
}

_WORK = {
    "en": ("The order of work · times in {zone}", ("When", "What", "Why", "Orders")),
    "zh-CN": ("工作顺序 · 时间：{zone}", ("何时", "做什么", "为什么", "订单")),
}

_DECIDED = {
    "en": (
        "What you have decided",
        ("Question", "Answer"),
        ("Orders chosen", "Units", "Paid", "Put in by hand", "Left out by hand"),
    ),
    "zh-CN": ("您的决定", ("问题", "答案"), ("已选订单", "件数", "实付", "手动加入", "手动排除")),
}


def _in(language: str) -> str:
    return "zh-CN" if language.startswith("zh") else "en"


def first_steps(country: str = "US", language: str = "en") -> Shown:
    """What to do in Seller Central before anything else, with the host of the seller's marketplace.

    Parameters
    ----------
    country : str
        Code of the marketplace, ``US``, ``GB``, ``DE``, ``JP`` …
    language : str
        ``en`` or ``zh-CN``.

    Raises
    ------
    PromofixError
        A country that is no marketplace.

    Examples
    --------
    >>> print(first_steps("DE"))
    Do this first, in Seller Central: sellercentral.amazon.de
    Step: End the promotion, claim code or coupon; ...
    """
    caption, head, rows = _FIRST_STEPS[_in(language)]
    return table(caption.format(host=_marketplace(country).host), head, rows)


def _marketplace(country: str) -> Marketplace:
    wanted = {"UK": "GB"}.get(country.strip().upper(), country.strip().upper())
    found = next((market for market in MARKETPLACES if market.code == wanted), None)
    if found is None:
        codes = ", ".join(market.code for market in MARKETPLACES)
        raise PromofixError(f"country: {country!r} is no Amazon marketplace. Use one of {codes}.")
    return found


def order_of_work(case: Case, now: datetime | None = None) -> Shown:
    """The checklist of the next days for the chosen orders, from `now` on, times in the marketplace's zone."""
    language, market = case.settings.language, case.marketplace
    caption, head = _WORK[_in(language)]
    rows = []
    for step in work_of(case, now=now or datetime.now(UTC)):
        at = step.when.astimezone(market.zone)
        orders = f"{len(step.order_ids):,}" if step.order_ids else ""
        rows.append([f"{day_text(at.date(), language)} {at:%H:%M}", step.what, step.why, orders])
    return table(caption.format(zone=market.zone_name.replace("_", " ")), head, rows)


def decided(case: Case) -> Shown:
    """The numbers of what is chosen now: orders, units, money paid, changes by hand, and each triage word."""
    language, orders = case.settings.language, case.orders[case.chosen()]
    caption, head, names = _DECIDED[_in(language)]
    words, decisions = words_of(language), case.decisions
    paid = [f"{money_text(sum_, code)} {code}" for code, sum_ in _paid(orders).items()]
    facts = [
        f"{orders['order_id'].nunique():,}",
        f"{int(orders['quantity'].fillna(0).sum()):,}",
        " + ".join(paid) or "–",
        f"{len(decisions.added):,}",
        f"{len(decisions.left_out):,}",
    ]
    answers = {words.get(f"word_{word}", word): f"{count:,}" for word, count in orders_by_triage(orders).items()}
    return table(caption, head, [*map(list, zip(names, facts, strict=True)), *map(list, answers.items())])


def _paid(orders: pd.DataFrame) -> dict[str, Decimal]:
    value, known = money_as_integers(orders["item_price"])
    discount, _ = money_as_integers(orders["item_promotion_discount"])
    net = pd.Series((value - abs(discount)).clip(min=0), index=orders.index)[known]
    sums = net.groupby(orders.loc[known, "currency"]).sum()
    return {str(code): Decimal(int(total)).scaleb(-4) for code, total in sums.items()}


def rate_panel(case: Case, panel: OrderFilter | None = None) -> RatePanel:
    """What cancelling the chosen orders does to the account; it moves with the filters of `panel`.

    Parameters
    ----------
    case : Case
        Its chosen orders, the seller's own prices and costs.
    panel : OrderFilter, optional
        The panel whose changes it follows.
    """
    shown = RatePanel(case.orders, case.chosen(), **outlook_settings(case))
    seen = [case.revision]

    def follow(_change: object) -> None:
        if case.revision != seen[0]:  # not while the brush is still being dragged
            seen[0] = case.revision
            shown.update(case.orders, case.chosen())

    if panel is not None:
        panel.observe(follow, "revision")
    return shown
