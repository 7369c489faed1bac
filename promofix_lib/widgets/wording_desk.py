"""What buyers will read: each text that is needed, to edit, with what Amazon would withhold in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.errors import LetterError
from promofix_lib.export.handover.parts import wording_of
from promofix_lib.letters.languages import LANGUAGES
from promofix_lib.letters.linter import Fault
from promofix_lib.letters.messages import Message, messages_for
from promofix_lib.letters.messages_check import check_overruled, lint_messages
from promofix_lib.letters.messages_texts import FIELDS, Template, builtin_template, parse_template
from promofix_lib.letters.sheet_words import SHEET_LANGUAGES, sheet_words
from promofix_lib.widgets.desk_words import desk_words
from promofix_lib.widgets.form import Form, Part, area, button, field, fold, select, table, text


@dataclass(frozen=True)
class Needed:
    """One text that the chosen orders need: its messages, and the faults in them, each once.

    `name` is the one under which the case keeps the seller's own text, such as ``cancelled.en``.
    """

    name: str
    messages: tuple[Message, ...]
    faults: tuple[Fault, ...]

    @property
    def first(self) -> Message:
        """The message that stands for all of them."""
        return self.messages[0]

    @property
    def some_prepaid(self) -> bool:
        """Whether some of the buyers, but not all, may have paid before dispatch."""
        return len({message.prepaid for message in self.messages}) > 1


class WordingDesk(Form):
    """The messages to buyers, one text for each language and kind that the chosen orders need.

    A text with a fault stops the whole export of messages until it is mended, or its rule is overruled in writing.

    Parameters
    ----------
    case : Case
        Its chosen orders say which texts are needed; edited texts and overruled rules are saved in it.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._name = ""
        self._drafts: dict[str, tuple[str, str]] = {}
        self._reasons: dict[str, str] = {}
        super().__init__(case.settings.language, "wording_desk", desk_words(case.settings.language))

    @property
    def _reader(self) -> str:
        language = self._case.settings.language
        return language if language in SHEET_LANGUAGES else "en"

    def show(self) -> list[Part]:
        """The choice of a text, the text, its faults and what happens to them."""
        words = self.words
        if broken := broken_texts(self._case.settings.texts):
            told = [text(f"broken {name}", words["wording_broken"].format(why=why)) for name, why in broken.items()]
            return [*told, button("restore_broken", words["restore"])]
        texts = self._needed()
        if not texts:
            return [text("none", words["merge_none"].format(why=words["merge_none_why"]))]
        needed = texts.get(self._name) or next(iter(texts.values()))
        self._name = needed.name
        choices = {name: self._choice(one) for name, one in texts.items()}
        return [
            select("which", words["wording_which"], self._name, choices),
            *self._text_parts(needed),
            *self._fault_parts(needed),
            text("verdict", self._verdict(texts)),
        ]

    def _needed(self) -> dict[str, Needed]:
        case = self._case
        messages = messages_for(case.orders, case.chosen(), wording_of(case))
        grouped: dict[str, list[Message]] = {}
        for message in messages:
            grouped.setdefault(f"{message.variant}.{message.language}", []).append(message)
        faults: dict[str, dict[Fault, None]] = {}
        for found in lint_messages(messages, reader=self._reader):
            faults.setdefault(f"{found.variant}.{found.language}", {})[found.fault] = None
        return {name: Needed(name, tuple(group), tuple(faults.get(name, ()))) for name, group in grouped.items()}

    def _choice(self, needed: Needed) -> str:
        first = needed.first
        return self.words["wording_choice"].format(
            variant=sheet_words(self._reader)["variant"][first.variant],
            language=LANGUAGES[first.language],
            n=f"{len(needed.messages):,}",
            faults=len(self._open(needed.faults)),
        )

    def _open(self, faults: Sequence[Fault]) -> list[Fault]:
        return [fault for fault in faults if fault.rule not in self._case.settings.overruled]

    def _text_parts(self, needed: Needed) -> list[Part]:
        words, name, first = self.words, needed.name, needed.first
        subject, body = self._drafts.get(name) or parts_of(first.template)
        edited = name in self._case.settings.texts
        hint = words["wording_body_hint"].format(fields=" ".join(f"{{{one}}}" for one in FIELDS))
        parts = [
            field(f"subject {name}", words["wording_subject"], subject, size=70),
            area(f"body {name}", words["wording_body"], body, hint, language=first.language),
        ]
        if name in self._drafts:
            parts.append(text("unsaved", words["unsaved"], "notice"))
        if edited or name in self._drafts:
            parts += [text("yours", words["wording_yours"]), button("restore", words["restore"])]
        if needed.some_prepaid:
            parts.append(text("both", words["wording_both"]))
        if first.language != self._reader:
            meaning = self._ours(first, self._reader).text()
            parts.append(fold(f"meaning {name}", words["wording_meaning"], meaning, language=self._reader))
        return parts

    def _ours(self, message: Message, language: str) -> Template:
        reason = self._case.settings.cancel_reason
        return builtin_template(message.variant, language, reason=reason, prepaid=message.prepaid)

    def _fault_parts(self, needed: Needed) -> list[Part]:
        words, overruled = self.words, self._case.settings.overruled
        head = [words[f"wording_{name}"] for name in ("line", "words", "rule", "why", "state")]
        rows = [self._row(fault) for fault in needed.faults]
        shown = (
            table("faults", words["wording_faults"], head, rows) if rows else text("fine", words["wording_no_faults"])
        )
        rules = dict.fromkeys((*(fault.rule for fault in needed.faults), *overruled))
        return [shown, *(self._overrule_part(rule) for rule in rules)]

    def _row(self, fault: Fault) -> list[str]:
        words = self.words
        place = str(fault.line) if fault.line else words["wording_whole"]
        state = words["wording_overruled" if fault.rule in self._case.settings.overruled else "wording_mend"]
        return [place, fault.words, fault.rule, fault.why, state]

    def _overrule_part(self, rule: str) -> Part:
        given = self._reasons.get(rule, self._case.settings.overruled.get(rule, ""))
        label = self.words["wording_overrule"].format(rule=rule)
        return field(f"overrule {rule}", label, given, self.words["wording_overrule_hint"], size=44)

    def _verdict(self, texts: Mapping[str, Needed]) -> str:
        left = sum(len(self._open(needed.faults)) for needed in texts.values())
        return self.words["wording_held"].format(n=left) if left else self.words["wording_free"]

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:  # noqa: ARG002
        """Choose a text, keep what was typed, take our text back, or overrule a rule in writing."""
        what, _, about = name.partition(" ")
        if name == "which":
            self._name = str(value)
        elif what in ("subject", "body"):
            self._save(about, what, str(value))
        elif name == "restore":
            self._forget(self._name)
            self.say("letter_restored")
        elif name == "restore_broken":
            for broken in broken_texts(self._case.settings.texts):
                self._forget(broken)
        elif what == "overrule":
            self._overrule(about, str(value).strip())

    def _save(self, name: str, which: str, typed: str) -> None:
        needed = self._needed().get(name)
        if needed is None:
            return None  # the choice of orders changed meanwhile: nobody gets this text any more
        subject, body = self._drafts.get(name) or parts_of(needed.first.template)
        self._drafts[name] = (typed, body) if which == "subject" else (subject, typed)
        template = parse_template("Subject: {}\n\n{}".format(*self._drafts[name]), name)
        if template == self._ours(needed.first, needed.first.language):
            self._forget(name)
            return self.say("letter_restored")
        self._case.change_settings(texts={**self._case.settings.texts, name: template.text()})
        del self._drafts[name]
        return self.say("wording_saved")

    def _forget(self, name: str) -> None:
        self._drafts.pop(name, None)
        kept = {key: words for key, words in self._case.settings.texts.items() if key != name}
        self._case.change_settings(texts=kept)

    def _overrule(self, rule: str, reason: str) -> None:
        self._reasons[rule] = reason  # a reason that is too short can be written to its end
        others = {name: why for name, why in self._case.settings.overruled.items() if name != rule}
        if reason:
            check_overruled({rule: reason})
        self._case.change_settings(overruled={**others, rule: reason} if reason else others)
        del self._reasons[rule]
        self.say("wording_overrule_saved" if reason else "wording_overrule_taken", rule=rule)


def parts_of(template: Template) -> tuple[str, str]:
    r"""Subject and text of a message as a seller edits them; the lines of the text count as the linter counts them.

    Examples
    --------
    >>> parts_of(parse_template("Subject: Order {order_id}\n\n{greeting}\n\nWe are sorry."))
    ('Order {order_id}', '{greeting}\n\nWe are sorry.')
    """
    return template.subject, "\n\n".join(template.paragraphs)


def broken_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Messages kept in the case that cannot be read as a text with its placeholders, and why.

    Examples
    --------
    >>> list(broken_texts({"cancelled.en": "no subject", "annotation": "a letter to Amazon"}))
    ['cancelled.en']
    """
    found: dict[str, str] = {}
    for name, words in texts.items():
        try:
            _ = parse_template(words, name) if "." in name else None
        except LetterError as error:
            found[name] = str(error)
    return found
