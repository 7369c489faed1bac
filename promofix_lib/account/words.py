"""What the seller reads about the cancel rate, in English and Chinese, and how a rate is written."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

LANGUAGES = ("en", "zh-CN")

TEXTS: dict[str, tuple[str, str]] = {
    # the rate
    "rate": ("Cancel rate", "取消率"),
    "rate_of": (
        "Cancel rate in {channel}, orders placed {first} to {last} ({zone}): {rate} ({cancelled} of {orders} orders).",
        "{channel} 取消率，下单日期 {first} 至 {last}（{zone}）：{rate}（{orders} 个订单中取消 {cancelled} 个）。",
    ),
    "rate_between": (
        "Cancel rate in {channel}, orders placed {first} to {last} ({zone}): between {low} and {high} "
        "({surely} of {orders} orders surely; {unsure} more were cancelled and the report does not say by whom).",
        "{channel} 取消率，下单日期 {first} 至 {last}（{zone}）：{low} 至 {high}"
        "（{orders} 个订单中确定由卖家取消 {surely} 个；另有 {unsure} 个已取消，报告未说明由谁取消）。",
    ),
    "no_channel": ("(sales channel not stated)", "（未注明销售渠道）"),
    "no_orders": (
        "Cancel rate in {channel}, orders placed {first} to {last} ({zone}): no seller-fulfilled orders, so no rate.",
        "{channel} 取消率，下单日期 {first} 至 {last}（{zone}）：没有自配送订单，无法计算。",
    ),
    "note_who_cancelled": (
        "The All Orders report does not say who cancelled. The low reading counts none of the unexplained "
        "cancellations, the high reading counts all of them.",
        "“所有订单”报告不说明由谁取消。低值不计原因不明的取消，高值全部计入。",
    ),
    "note_pending": (
        "{n} pending order is in the total of the low reading only: if its payment fails it falls away."
        "|{n} pending orders are in the total of the low reading only: if their payment fails they fall away.",
        "{n} 个待处理订单只计入低值的订单总数：付款失败后这些订单会消失。",
    ),
    "note_late": (
        "No report shows which orders Amazon cancelled because shipment was not confirmed in time. Those count too.",
        "任何报告都不显示哪些订单因未及时确认发货而被亚马逊自动取消；这些也计入取消率。",
    ),
    "note_message": (
        "A buyer who asked only by message has not asked in Amazon's sense: cancelling that order counts.",
        "买家仅通过消息提出的取消不算“买家请求的取消”：取消这类订单会计入取消率。",
    ),
    "note_short": (
        "The reports begin on {first}, inside these seven days, so the total is too small. Add an older report.",
        "报告从 {first} 才开始，不足七天，订单总数偏小。请补充更早的报告。",
    ),
    "most_between": (
        "While the rate stays under {limit}, {least} (high reading) to {n} (low reading) more orders can be cancelled.",
        "在取消率低于 {limit} 的前提下，还能取消 {least} 个（高值）至 {n} 个（低值）订单。",
    ),
    "most": (
        "At most {n} more order can be cancelled while the rate stays under {limit}."
        "|At most {n} more orders can be cancelled while the rate stays under {limit}.",
        "在取消率低于 {limit} 的前提下，最多还能取消 {n} 个订单。",
    ),
    # the panel and the charts
    "limit": ("Amazon's limit: under {limit}", "亚马逊上限：低于 {limit}"),
    "none": ("cancel none", "不取消"),
    "chosen": ("cancel the {n} chosen", "取消所选 {n} 个"),
    "all": ("cancel all {n} affected", "取消全部受影响的 {n} 个"),
    "chart_rate": ("Cancel rate, {channel}", "取消率，{channel}"),
    "axis_days": ("seven days ending on … ({zone})", "截至当日的七天（{zone}）"),
    "axis_rate": ("cancelled orders ÷ seller-fulfilled orders", "取消订单 ÷ 自配送订单"),
    "chart_frontier": ("What honouring costs, what cancelling costs", "履行的代价与取消的代价"),
    "axis_frontier_rate": ("cancel rate in the worst seven days", "最差七天的取消率"),
    "axis_frontier_money": ("lost by honouring ({currency})", "履行订单的损失（{currency}）"),
    "chart_recovery": ("When the rate is back under {limit}", "取消率何时回到 {limit} 以下"),
    "report_ends": ("reports end", "报告截止"),
    "back_under": ("back under", "恢复正常"),
    "up_to": ("up to {rate}: {what}", "最高 {rate}：{what}"),
    "cancel_n": ("cancel {n}", "取消 {n} 个"),
    "best_under": ("best plan under {limit}: cancel {n}", "低于 {limit} 的最佳方案：取消 {n} 个"),
    "cancel_up_to": ("Cancel at most", "最多取消"),
    "orders": ("orders", "个订单"),
    "day": ("day", "日期"),
    "panel": ("What cancelling does to the account", "取消订单对账户的影响"),
    "panel_plain": ("Run this cell to open the panel. {text}", "运行此单元格以打开面板。{text}"),
    "panel_none": ("Nothing chosen touches a cancel rate yet.", "所选订单尚不影响取消率。"),
    "rate_now": ("cancel rate now", "当前取消率"),
    "rate_after": ("if you cancel the {n} chosen", "如果取消所选 {n} 个订单"),
    "rate_most": ("orders that may be cancelled under {limit}", "低于 {limit} 时最多可取消的订单数"),
    "rate_back": ("back under {limit}", "回到 {limit} 以下"),
    "rate_stays": ("stays under", "始终低于上限"),
    "rate_range": ("{low} to {high}", "{low} 至 {high}"),
    "sales_channel": ("Sales channel", "销售渠道"),
    "step": ("Orders to cancel, the dearest first", "取消的订单数（损失最大的优先）"),
    "fewer": ("Cancel fewer", "少取消"),
    "more": ("Cancel more", "多取消"),
    "best": ("Best under {limit}", "低于 {limit} 的最佳方案"),
    "step_over": ("{sentence} That is not under {limit}.", "{sentence}超过上限 {limit}。"),
    "what_unknown": ("What no report can tell", "报告无法说明的情况"),
    "all_plans": ("All steps as a table", "以表格显示全部方案"),
    "column_cancel": ("cancel", "取消"),
    "column_honour": ("honour", "履行"),
    "column_loss": ("lost by honouring", "履行损失"),
    "column_rate": ("worst rate", "最高取消率"),
    "run_again": (
        "No answer from Python. Run this cell again.",
        "Python 没有响应。请重新运行此单元格。",
    ),
    # honour or cancel
    "plan": (
        "Cancel {cancel} orders, honour {honour}: honouring loses {loss} {currency}; the worst seven days "
        "({first} to {last}) reach {rate}.",
        "取消 {cancel} 个订单，履行 {honour} 个：履行损失 {loss} {currency}；"
        "最差的七天（{first} 至 {last}）取消率为 {rate}。",
    ),
    "plan_low_reading": (
        "On the high reading {n} unexplained cancellation reaches the limit; this plan takes the low reading, in which "
        "it was not yours. Look in Seller Central who cancelled."
        "|On the high reading {n} unexplained cancellations reach the limit; this plan takes the low reading, in which "
        "none was yours. Look in Seller Central who cancelled.",
        "按高值，{n} 个原因不明的取消已达到上限；此方案采用低值，即假定都不是您取消的。请在卖家平台核实由谁取消。",
    ),
    "plan_undecided": (
        "{n} order has no known price or cost: decide on it by hand. If you cancel it, it counts."
        "|{n} orders have no known price or cost: decide on them by hand. Each one you cancel counts.",
        "{n} 个订单的价格或成本未知：请人工决定。每取消一个都会计入取消率。",
    ),
    "plan_estimated": (
        "{n} pending order shows no price yet: what others paid for the same SKU is used."
        "|{n} pending orders show no price yet: what others paid for the same SKU is used.",
        "{n} 个待处理订单尚无价格：按同一 SKU 其他订单的实付价估算。",
    ),
    "plan_unproved": (
        "The search was stopped by the clock: this plan keeps the limit, a slightly cheaper one may exist.",
        "搜索因超时停止：此方案不超过上限，但可能存在损失略小的方案。",
    ),
    "no_plan_over": (
        "No plan: the cancel rate is at or over {limit} before anything is cancelled.",
        "没有可行方案：尚未取消任何订单，取消率已达到或超过 {limit}。",
    ),
    "no_plan_stock": (
        "No plan stays under {limit}: the stock is enough for so few orders that at least {n} must be cancelled.",
        "没有低于 {limit} 的方案：库存不足，至少必须取消 {n} 个订单。",
    ),
    "nothing_to_choose": (
        "Nothing chosen can still be cancelled by you.",
        "所选订单中没有仍可由您取消的订单。",
    ),
    # recovery
    "never_over": (
        "Cancelling these keeps the rate under {limit} in at least nine of ten futures.",
        "取消这些订单后，十种可能中至少有九种取消率保持在 {limit} 以下。",
    ),
    "may_be_over": (
        "More likely than not the rate stays under {limit}; in {n} of 100 futures these orders bring it over, until "
        "{latest} at the latest, {zone}.",
        "取消率多半保持在 {limit} 以下；一百种可能中有 {n} 种会因这些订单超过，最晚 {latest} 恢复（{zone}）。",
    ),
    "recovery_sure": (
        "Back under {limit} on {likely}, {zone}: from that day no seven days hold one of these orders.",
        "{likely} 回到 {limit} 以下（{zone}）：从这天起任何七天窗口都不再包含这些订单。",
    ),
    "recovery": (
        "Back under {limit} on {likely} (8 of 10 futures: {earliest} to {latest}), {zone}. On {clear} the last of "
        "these orders has left every window.",
        "预计 {likely} 回到 {limit} 以下（十种可能中的八种：{earliest} 至 {latest}），{zone}。"
        "{clear} 起任何七天窗口都不再包含这些订单。",
    ),
    "usual_risk": (
        "Later, the usual unexplained cancellations alone could bring it over (high reading, {n} of 100 futures).",
        "此后，仅日常的原因不明的取消也可能使其超过上限（高值，一百种可能中的 {n} 种）。",
    ),
    "recovery_unknown_volume": (
        "The reports hold no whole day to learn the usual volume from, so no new orders are counted on.",
        "报告中没有完整的一天可供估计日常订单量，因此不计入新订单。",
    ),
    # warnings
    "warn_over": (
        "Over {limit} Amazon may deactivate your seller-fulfilled offers; it may ask for a plan of action first.",
        "取消率达到 {limit} 后，亚马逊可能停用您的自配送商品，可能先要求提交行动计划。",
    ),
    "warn_offers": (
        "{n} offer would have two cancellations in a row among orders of the last 30 days: {skus}. Amazon may remove "
        "it (Inactive, ineligible for seller-fulfilment). Editing the price puts it back."
        "|{n} offers would have two cancellations in a row among orders of the last 30 days: {skus}. Amazon may "
        "remove them (Inactive, ineligible for seller-fulfilment). Editing the price puts an offer back.",
        "{n} 个商品在最近 30 天的订单中将连续两次被卖家取消：{skus}。亚马逊可能移除该商品"
        "（不可售，不符合卖家自配送资格）。修改价格即可恢复。",
    ),
    "warn_late": (
        "If these {n} unshipped orders are held back past their ship date, the late shipment rate could reach "
        "{ten} over 10 days and {thirty} over 30 days (limit: under 4%).",
        "如果这 {n} 个未发货订单拖过发货期限，迟发率在 10 天内可能达到 {ten}，"
        "30 天内可能达到 {thirty}（上限：低于 4%）。",
    ),
}


def say(key: str, language: str = "en", **facts: object) -> str:
    """One sentence in the seller's language; where it has two forms, ``n`` chooses: ``one|many``.

    Parameters
    ----------
    key : str
        A key of `TEXTS`.
    language : str
        ``"en"`` or ``"zh-CN"``.
    **facts
        What the sentence names.

    Raises
    ------
    ValueError
        A language that promofix does not speak to sellers.

    Examples
    --------
    >>> say("most", n=9, limit="2.5%")
    'At most 9 more orders can be cancelled while the rate stays under 2.5%.'
    >>> say("most", n=1, limit="2.5%")
    'At most 1 more order can be cancelled while the rate stays under 2.5%.'
    """
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}, got {language!r}.")
    forms = TEXTS[key][LANGUAGES.index(language)].split("|")
    return forms[0 if facts.get("n") == 1 else -1].format(**facts)


def percent(rate: Fraction | None, *, limit: Fraction | None = None) -> str:
    """A rate in percent with two decimals, and more where two would put it on the wrong side of the limit.

    Examples
    --------
    >>> percent(Fraction(2, 21)), percent(Fraction(25, 1000)), percent(None)
    ('9.52%', '2.50%', '–')
    >>> percent(Fraction(24999, 1000000), limit=Fraction(25, 1000))
    '2.4999%'
    """
    if rate is None:
        return "–"
    exact = Decimal(rate.numerator * 100) / Decimal(rate.denominator)
    for places in range(2, 9):
        shown = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        if limit is None or (Fraction(shown) / 100 < limit) == (rate < limit):
            break
    return f"{shown}%"


def short_percent(rate: Fraction) -> str:
    """A limit as people say it.

    >>> short_percent(Fraction(25, 1000)), short_percent(Fraction(1, 25))
    ('2.5%', '4%')
    """
    return f"{(Decimal(rate.numerator * 100) / Decimal(rate.denominator)).normalize():f}%"


_WEEKDAYS = ("Mon Tue Wed Thu Fri Sat Sun".split(), "周一 周二 周三 周四 周五 周六 周日".split())
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def day_text(day: date, language: str = "en") -> str:
    """A day with its weekday, the same on every machine.

    >>> day_text(date(2026, 11, 23)), day_text(date(2026, 11, 23), "zh-CN")
    ('Mon 23 Nov 2026', '2026年11月23日 周一')
    """
    if language == "zh-CN":
        return f"{day.year}年{day.month}月{day.day}日 {_WEEKDAYS[1][day.weekday()]}"
    return f"{_WEEKDAYS[0][day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date, language: str = "en") -> str:
    """A day for a chart's axis.

    >>> short_day(date(2026, 11, 23)), short_day(date(2026, 11, 23), "zh-CN")
    ('Mon 23 Nov', '11月23日 周一')
    """
    return day_text(day, language).partition("年")[2] if language == "zh-CN" else day_text(day)[:-5]
