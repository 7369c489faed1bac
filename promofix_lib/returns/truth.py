"""The table of truth: every affected order, its state, what is next, and who did what when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from promofix_lib.case.case import Case
from promofix_lib.case.decisions import named
from promofix_lib.export.handover.record import ExportRecord, read_records
from promofix_lib.letters.sheet_words import sheet_words
from promofix_lib.returns.returns import Return, read_returns
from promofix_lib.returns.rounds import touched
from promofix_lib.returns.todo_sheet import Answer
from promofix_lib.triage import WORDS, triage

COLUMNS = (
    "order_id",
    "ordered",
    "sales_channel",
    "units",
    "state",
    "next",
    "handed_over",
    "cancellation",
    "assistant",
    "mail",
    "note",
    "history",
)
"""Columns of the table: none says who bought; ``note`` holds the assistant's words."""

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "hand_over": "new: hand over in the next round",
        "upload": "upload the cancellation file",
        "again": "upload again: Amazon refused it",
        "look": "add a newer All Orders report: cancelled?",
        "ask": "ask Seller Support (fba-requests.txt)",
        "wait": "wait for the payment; add a newer report",
        "decide": "shipped: refund or let go, you decide",
        "accept": "accept the buyer's request",
        "problem": "look at the assistant's note",
        "write": "cancelled; write to the buyer",
        "nothing": "nothing",
        "refused": "refused: {why}",
        "accepted": "accepted",
        "not_uploaded": "in a file, no answer yet",
        "exported": "{at} handed over as {state} ({folder})",
        "answered": "{at} assistant: {status}",
        "amazon": "{at} Amazon: {answer}",
    },
    "zh-CN": {
        "hand_over": "新订单：下一轮交给助理",
        "upload": "上传订单取消文件",
        "again": "被亚马逊退回：重新上传",
        "look": "添加更新的“所有订单”报告，确认是否已取消",
        "ask": "联系卖家支持（fba-requests.txt）",
        "wait": "等待付款确认；添加更新的报告",
        "decide": "已发货：退款还是算了，由您决定",
        "accept": "接受买家的取消请求",
        "problem": "请看助理的备注",
        "write": "已取消；给买家写信",
        "nothing": "无",
        "refused": "被退回：{why}",
        "accepted": "已接受",
        "not_uploaded": "已写入文件，尚无答复",
        "exported": "{at} 交出，状态 {state}（{folder}）",
        "answered": "{at} 助理：{status}",
        "amazon": "{at} 亚马逊：{answer}",
    },
}


@dataclass
class _Past:
    """What happened to one order so far."""

    handed_over: datetime | None = None
    state: str = ""
    cancellation: str = ""
    refusal: str = ""
    answers: list[Answer] = field(default_factory=list)
    events: list[tuple[datetime, str]] = field(default_factory=list)


def table_of_truth(case: Case) -> pd.DataFrame:
    """Every affected order, what became of it, what is next, and who did what when.

    Affected are the orders that the rule touches in the newest reports, without those left out by hand, and those
    that were ever handed over.

    Parameters
    ----------
    case : Case
        Its exports, the answers read back and its newest reports.

    Returns
    -------
    DataFrame
        One row per order, by time of purchase, with the columns `COLUMNS`, in the case's language. An order whose items
        differ names the state of each. An order that the newest reports no longer hold stands last, with the state in
        which it was handed over.
    """
    language = "zh-CN" if case.settings.language == "zh-CN" else "en"
    zone = case.marketplace.zone
    past = _past(read_records(case.folder), read_returns(case.folder), language, zone)
    present = _present(case, past, zone)
    here = {facts["order_id"] for facts in present}
    gone = [
        {"order_id": order_id, "ordered": "", "sales_channel": "", "units": 0, "state": was.state}
        for order_id, was in past.items()
        if order_id not in here
    ]
    rows = [_row(facts, past.get(facts["order_id"], _Past()), language, zone) for facts in (*present, *gone)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"units": "int64"})


def _present(case: Case, past: Mapping[str, _Past], zone: ZoneInfo) -> list[dict[str, Any]]:
    orders = case.orders
    handed = orders["order_id"].isin(list(past)).fillna(False).astype(bool)
    handed &= ~named(orders, case.decisions.left_out)
    mine = touched(case, orders)
    mine |= handed & ~orders["order_id"].isin(orders.loc[mine, "order_id"].tolist()).astype(bool)
    shown = orders[mine].assign(state=triage(orders)[mine]).sort_values("purchase_date", kind="stable")
    items: dict[str, list[Any]] = {}
    for item in shown[["order_id", "purchase_date", "sales_channel", "quantity", "state"]].itertuples(index=False):
        items.setdefault(str(item.order_id), []).append(item)
    return [_facts(order_id, of_order, zone) for order_id, of_order in items.items()]


def _facts(order_id: str, items: Sequence[Any], zone: ZoneInfo) -> dict[str, Any]:
    states = {item.state for item in items}
    return {
        "order_id": order_id,
        "ordered": _time(items[0].purchase_date, zone),
        "sales_channel": next((item.sales_channel for item in items if isinstance(item.sales_channel, str)), ""),
        "units": sum(int(item.quantity) for item in items if item.quantity is not pd.NA),
        "state": ", ".join(word for word in WORDS if word in states),
    }


def _time(moment: Any, zone: ZoneInfo) -> str:
    return "" if moment is None or moment is pd.NaT else f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def _past(
    records: Iterable[ExportRecord], returns: Iterable[Return], language: str, zone: ZoneInfo
) -> dict[str, _Past]:
    words, past = _WORDS[language], dict[str, _Past]()
    answered = {(came.upload.export, came.upload.file): came for came in returns if came.upload}
    for record in records:
        _remember_export(past, record, words, zone)
        for file, lines in record.uploads.items():
            for line in lines:
                past.setdefault(line.order_id, _Past()).cancellation = "not_uploaded"
            if (record.folder.name, file) in answered:
                _remember_upload(past, answered[record.folder.name, file], words, zone)
    for came in returns:
        for answer in came.sheet.answers if came.sheet else ():
            if answer.order_id in past:  # a sheet of another case has no say
                _remember_answer(past[answer.order_id], answer, came, language, zone)
    return past


def _remember_export(past: dict[str, _Past], record: ExportRecord, words: Mapping[str, str], zone: ZoneInfo) -> None:
    states: dict[str, dict[str, None]] = {}
    for item in record.items:
        states.setdefault(item.order_id, {})[item.triage] = None
    for order_id, found in states.items():
        was = past.setdefault(order_id, _Past())
        was.state = ", ".join(word for word in WORDS if word in found)
        was.handed_over = was.handed_over or record.made_at
        told = words["exported"].format(at=_time(record.made_at, zone), state=was.state, folder=record.folder.name)
        was.events.append((record.made_at, told))


def _remember_upload(past: dict[str, _Past], came: Return, words: Mapping[str, str], zone: ZoneInfo) -> None:
    if came.upload is None:
        return
    refused = {failed.line.order_id: f"{failed.code} {failed.message}".strip() for failed in came.upload.failed}
    taken = {line.order_id for line in came.upload.accepted} - refused.keys()
    for order_id in (*refused, *taken):
        was = past.setdefault(order_id, _Past())
        was.cancellation = "refused" if order_id in refused else "accepted"
        was.refusal = refused.get(order_id, "")
        said = words[was.cancellation].format(why=was.refusal)
        was.events.append((came.at, words["amazon"].format(at=_time(came.at, zone), answer=said)))


def _remember_answer(was: _Past, answer: Answer, came: Return, language: str, zone: ZoneInfo) -> None:
    was.answers = [old for old in was.answers if (old.triage, old.keys) != (answer.triage, answer.keys)]
    was.answers.append(answer)
    status = sheet_words(language)["status"][answer.status]
    told = _WORDS[language]["answered"].format(at=_time(came.at, zone), status=status)
    was.events.append((came.at, f"{told} ({answer.note})" if answer.note else told))


def _row(facts: Mapping[str, Any], was: _Past, language: str, zone: ZoneInfo) -> dict[str, Any]:
    words, statuses = _WORDS[language], [answer.status for answer in was.answers]
    names = sheet_words(language)["status"]
    return {
        **facts,
        "next": words[_next(facts["state"].split(", "), was, statuses)],
        "handed_over": _time(was.handed_over, zone),
        "cancellation": words[was.cancellation].format(why=was.refusal) if was.cancellation else "",
        "assistant": ", ".join(dict.fromkeys(names[status] for status in statuses)),
        "mail": ", ".join(dict.fromkeys(answer.mail for answer in was.answers if answer.mail)),
        "note": "; ".join(dict.fromkeys(answer.note for answer in was.answers if answer.note)),
        "history": "; ".join(text for _, text in sorted(was.events, key=lambda event: event[0])),
    }


def _next(states: Iterable[str], was: _Past, statuses: Iterable[str]) -> str:
    """The most urgent thing to do; what the newest report shows counts more than what anybody said."""
    state = next((word for word in WORDS if word in states), "set_aside")
    finished = bool(was.answers) and all(status in ("done", "not_needed") for status in statuses)
    if state in ("set_aside", "wait"):
        return {"set_aside": "nothing", "wait": "wait"}[state]
    if was.handed_over is None:
        return "nothing" if state == "already_cancelled" else "hand_over"
    if "problem" in statuses:
        return "problem"
    if state == "cancel":
        by_file = {"refused": "again", "accepted": "look"}.get(was.cancellation)
        return by_file or ("look" if finished else "upload")
    if finished:
        return "look" if state in ("ask_amazon", "buyer_asked") else "nothing"
    return {"ask_amazon": "ask", "buyer_asked": "accept", "shipped": "decide", "already_cancelled": "write"}[state]
