"""What the plan of work says, in English and Chinese."""

from __future__ import annotations

STEPS: dict[str, tuple[str, str]] = {
    "times_in": ("Times in {zone}", "时间：{zone}"),
    "and_more": (" and {n} more", " 等，另有 {n} 个"),
    "stop_bleed_what": (
        "Stop the bleed: end the promotion, correct the price, set the stock to 0.",
        "止损：结束促销，改正价格，将库存设为 0。",
    ),
    "stop_bleed_why": (
        "While it is live every cancelled unit goes back on sale at the wrong price.",
        "促销未结束时，取消的库存会以错误价格再次售出。",
    ),
    "save_reports_what": (
        "Save the reports: All Orders (30 days) and the Order Report with buyers' names and e-mails.",
        "保存报告：所有订单（30 天）和含买家姓名、邮箱的订单报告。",
    ),
    "save_reports_why": (
        "For cancelled orders the buyer's data disappears from Seller Central.",
        "订单取消后，买家信息会从卖家平台消失。",
    ),
    "ask_amazon_what": (
        "Ask Seller Support to stop {n} FBA orders; give order ids and ASINs.",
        "请卖家支持拦截 {n} 个亚马逊物流订单，附订单号和 ASIN。",
    ),
    "ask_amazon_why": (
        "They ship soonest. Amazon does not promise it; they do not touch your cancel rate.",
        "这些订单最先发货。亚马逊不保证成功；它们不影响取消率。",
    ),
    "letter_before_what": (
        "Write to Amazon before cancelling; keep the case number and the answer.",
        "取消之前先写信给亚马逊，保存 case 编号和答复。",
    ),
    "letter_before_why": (
        "What Amazon advised, and when, is your evidence later.",
        "亚马逊何时给过什么建议，是日后的证据。",
    ),
    "cancel_trial_what": (
        "Cancel a first batch of {n} orders with the cancellation file; read the processing report.",
        "用取消文件先取消 {n} 个订单，查看处理报告。",
    ),
    "cancel_trial_why": (
        "Shows that the file is taken and that nothing is back on sale at the wrong price.",
        "确认文件被接受，且没有商品以错误价格重新上架。",
    ),
    "cancel_what": (
        "Cancel batch {number}: {n} orders; upload again only what the processing report refused.",
        "第 {number} 批取消：{n} 个订单；仅重新上传处理报告拒绝的记录。",
    ),
    "cancel_why": (
        "Doing nothing counts as well: orders not shipped in time are cancelled by Amazon.",
        "不处理同样计入取消率：未及时发货的订单会被亚马逊自动取消。",
    ),
    "message_what": (
        "Write to the buyers, day {number}: {n} messages, from an approved sender.",
        "联系买家，第 {number} 天：{n} 条消息，使用已授权的发件地址。",
    ),
    "message_why": (
        "Within Amazon's quota per day; an address that is not approved bounces. Say sorry, nothing about feedback.",
        "不超过每日配额；未授权的地址会被退回。表示歉意，不提评价。",
    ),
    "letter_after_what": (
        "Write to Amazon after cancelling: ask for a note in the account, with the evidence.",
        "取消之后写信给亚马逊：请求备注账户，并附证据。",
    ),
    "letter_after_why": (
        "The performance team reads the note when the rate shows.",
        "取消率显现时，绩效团队会看到备注。",
    ),
    "ship_what": (
        "Ship the {n} orders that you honour.",
        "发出您决定履行的 {n} 个订单。",
    ),
    "ship_why": (
        "Late shipments count in another rate (under 4%), and at last they are cancelled by Amazon.",
        "延迟发货计入迟发率（低于 4%），最终会被亚马逊自动取消。",
    ),
    "round_what": (
        "Round {number}: download new reports and look for new affected orders ({n} are pending now).",
        "第 {number} 轮：下载新报告，查找新的受影响订单（目前 {n} 个待处理）。",
    ),
    "round_why": (
        "Pending orders can be cancelled only when Amazon has verified the payment.",
        "待处理订单须等亚马逊确认付款后才能取消。",
    ),
    "shipped_what": (
        "Decide on {n} shipped orders: let go, or write to the buyer. Do not refund in bulk.",
        "处理 {n} 个已发货订单：放弃或联系买家。不要批量退款。",
    ),
    "shipped_why": (
        "What is shipped cannot be cancelled; refunds without good reason have closed accounts.",
        "已发货的订单无法取消；无充分理由的退款曾导致账户被关闭。",
    ),
    "check_rate_what": (
        "Check the cancel rate in Account Health.",
        "在“账户状况”中查看取消率。",
    ),
    "check_rate_why": (
        "Amazon's page can be up to 72 hours behind; {n} orders of yours are in it by their order date.",
        "亚马逊页面可能滞后 72 小时；其中 {n} 个订单按下单日期计入。",
    ),
    "purge_what": (
        "Delete buyers' data from the case folder.",
        "删除案件文件夹中的买家数据。",
    ),
    "purge_why": (
        "Names and addresses are kept no longer than the work needs: 30 days.",
        "姓名和地址的保存不超过所需时间：30 天。",
    ),
}
