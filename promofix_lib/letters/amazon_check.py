"""What is still wrong with a letter to Amazon: gaps, feelings, buyers' data, advice that must not be followed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from promofix_lib.letters.amazon import gaps_in

EMOTIVE_WORDS = (
    "unfortunately devastated devastating desperate desperately bankrupt bankruptcy ruined unfair unjust beg begging "
    "heartfelt sincerely sincere sorry regret apologise apologize apologies nightmare disaster disastrous terrible "
    "horrible shocked honest honestly hardworking loyal valued livelihood family hopefully deeply truly extremely"
).split()
"""Words that Seller Performance asks to leave out of a plan of action."""

_BAD_ADVICE = {
    "out_of_stock": r"out of stock|noinventory",
    "72_hours": r"72[- ]hours?",
    "91_percent": r"91\.3 ?%",
    "software": r"software (?:error|bug|glitch)|system error",
    "ask_buyers": r"ask(?:ed)? (?:the )?buyers? to cancel",
    "reviews": r"remove (?:the |their )?(?:reviews?|feedback)",
}
_WORDS = {
    "en": {
        "gap": "fill in: {gap}",
        "feelings": "leave feelings out: {words}",
        "bad_advice": "do not follow bad advice: {why}",
        "out_of_stock": "NoInventory counts like the other reasons, and it must be true",
        "72_hours": "no text of Amazon gives a 72-hour right",
        "91_percent": "no text of Amazon exempts 91.3 %",
        "software": "say what really happened; a software error must be true",
        "ask_buyers": "Amazon forbids asking buyers to cancel",
        "reviews": "never ask for reviews or feedback to be removed in this letter",
        "contacts": "take out e-mail addresses and telephone numbers: Amazon knows its buyers",
        "names": "take out the buyers' names: Amazon knows its buyers",
    },
    "zh-CN": {
        "gap": "请填写：{gap}",
        "feelings": "不要带感情色彩：{words}",
        "bad_advice": "不要听从错误的建议：{why}",
        "out_of_stock": "NoInventory 与其他原因同样计入，并且必须属实",
        "72_hours": "亚马逊没有任何条文给予 72 小时的权利",
        "91_percent": "亚马逊没有任何条文豁免 91.3 %",
        "software": "请说明真实情况；软件错误必须属实",
        "ask_buyers": "亚马逊禁止请买家取消订单",
        "reviews": "绝不要在此信中请求删除评论或反馈",
        "contacts": "请删去邮箱地址和电话号码：亚马逊知道它的买家",
        "names": "请删去买家姓名：亚马逊知道它的买家",
    },
}
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\d-])\+\d[\d ()-]{7,}\d")


def concerns(text: str, private: Iterable[str] = (), language: str = "en") -> tuple[str, ...]:
    """What to put right before a letter goes to Amazon; empty when nothing was found.

    Parameters
    ----------
    text : str
        The letter as it would be sent.
    private : iterable of str
        Names and addresses of buyers, none of which may be in it.
    language : str
        Of the answer: ``en`` or ``zh-CN``.

    Examples
    --------
    >>> concerns("We are deeply sorry. [FILL IN: date]")
    ('fill in: date', "leave feelings out: 'deeply', 'sorry'")
    """
    said, plain = _WORDS.get(language, _WORDS["en"]), text.lower()
    found = [said["gap"].format(gap=gap) for gap in gaps_in(text)]
    felt = dict.fromkeys(word for word in re.findall(r"[a-z]+", plain) if word in EMOTIVE_WORDS)
    if felt:
        found.append(said["feelings"].format(words=", ".join(map(repr, felt))))
    found += [said["bad_advice"].format(why=said[name]) for name, sign in _BAD_ADVICE.items() if re.search(sign, plain)]
    if _EMAIL.search(text) or _PHONE.search(text):
        found.append(said["contacts"])
    if any(name in text for name in private if len(name) > 3):
        found.append(said["names"])
    return tuple(found)
