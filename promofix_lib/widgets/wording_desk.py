"""Notebook 4: what buyers will read: each text that is needed, to edit, with what Amazon would withhold in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.errors import LetterError
from promofix_lib.letters.languages import LANGUAGES
from promofix_lib.letters.linter import Fault, check_overruled, lint_messages
from promofix_lib.letters.messages import Message, messages_for, wording_of
from promofix_lib.letters.texts import FIELDS, Template, builtin_template, parse_template
from promofix_lib.rules import rule
from promofix_lib.say import languages
from promofix_lib.status import status
from promofix_lib.widgets.desk import Desk, Part


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


class WordingDesk(Desk):
    """The messages to buyers, one text for each language and kind that the chosen orders need.

    A text with a fault stops the whole export of messages until it is mended, or its rule is overruled in writing.

    Parameters
    ----------
    case : Case
        Its chosen orders say which texts are needed; edited texts and overruled rules are saved in it.
    """

    title = "wording_desk"

    def __init__(self, case: Case) -> None:
        self._name = ""
        self._drafts: dict[str, tuple[str, str]] = {}
        self._reasons: dict[str, str] = {}
        super().__init__(case)

    @property
    def _reader(self) -> str:
        return self.language if self.language in languages() else "en"

    def show(self) -> list[Part]:
        """The choice of a text, the text, its faults and what happens to them."""
        if broken := broken_texts(self._case.settings.texts):
            told = [self.text(f"broken {name}", self.say("wording_broken", why=why)) for name, why in broken.items()]
            return [*told, self.button("restore_broken", self.say("restore"))]
        texts = self._needed()
        if not texts:
            return [self.text("none", self.say("no_message"))]
        needed = texts.get(self._name) or next(iter(texts.values()))
        self._name = needed.name
        choices = {name: self._choice(one) for name, one in texts.items()}
        return [
            self.text("verdict", self._verdict(texts)),
            self.folded(
                "words",
                self.say("wording_change"),
                [
                    self.select("which", self.say("wording_which"), self._name, choices),
                    *self._text_parts(needed),
                    *self._fault_parts(needed),
                ],
            ),
        ]

    def _needed(self) -> dict[str, Needed]:
        case = self._case
        every = messages_for(status(case), wording_of(case.settings))
        messages = [message for message in every if message.variant]
        grouped: dict[str, list[Message]] = {}
        for message in messages:
            grouped.setdefault(f"{message.variant}.{message.language}", []).append(message)
        faults: dict[str, dict[Fault, None]] = {}
        for found in lint_messages(messages):
            faults.setdefault(f"{found.variant}.{found.language}", {})[found.fault] = None
        return {name: Needed(name, tuple(group), tuple(faults.get(name, ()))) for name, group in grouped.items()}

    def _choice(self, needed: Needed) -> str:
        first = needed.first
        return self.say(
            "wording_choice",
            variant=self.say(f"variant_{first.variant}"),
            written=LANGUAGES[first.language],
            n=len(needed.messages),
            faults=len(self._open(needed.faults)),
        )

    def _open(self, faults: Sequence[Fault]) -> list[Fault]:
        return [fault for fault in faults if fault.rule not in self._case.settings.overruled]

    def _text_parts(self, needed: Needed) -> list[Part]:
        name, first = needed.name, needed.first
        subject, body = self._drafts.get(name) or parts_of(first.template)
        edited = name in self._case.settings.texts
        hint = self.say("wording_body_hint", fields=" ".join(f"{{{one}}}" for one in FIELDS))
        parts: list[Part] = [
            self.field(f"subject {name}", self.say("wording_subject"), subject, width="40em"),
            self.area(f"body {name}", self.say("wording_body"), body, hint),
        ]
        if name in self._drafts:
            parts.append(self.text("unsaved", self.say("unsaved"), look="told"))
        if edited or name in self._drafts:
            parts += [self.text("yours", self.say("wording_yours")), self.button("restore", self.say("restore"))]
        if needed.some_prepaid:
            parts.append(self.text("both", self.say("wording_both")))
        if first.language != self._reader:
            meaning = self._ours(first, self._reader).text()
            parts.append(self.fold("meaning", self.say("wording_meaning"), meaning, self._reader))
        return parts

    def _ours(self, message: Message, language: str) -> Template:
        reason = self._case.settings.cancel_reason
        ended = status(self._case).gate.open
        return builtin_template(message.variant, language, reason=reason, prepaid=message.prepaid, ended=ended)

    def _fault_parts(self, needed: Needed) -> list[Part]:
        overruled = self._case.settings.overruled
        head = [self.say(f"wording_{name}") for name in ("line", "words", "rule", "why", "state")]
        rows = [self._row(fault) for fault in needed.faults]
        rules = dict.fromkeys((*(fault.rule for fault in needed.faults), *overruled))
        return [
            self.table("faults", self.say("wording_faults"), head, [list(row) for row in rows])
            if rows
            else self.text("fine", self.say("wording_no_faults")),
            *(self._overrule_part(rule) for rule in rules),
        ]

    def _row(self, fault: Fault) -> list[str]:
        place = str(fault.line) if fault.line else self.say("wording_whole")
        state = self.say("wording_overruled" if fault.rule in self._case.settings.overruled else "wording_mend")
        return [
            place,
            fault.words,
            fault.rule,
            self.say(f"letters.rule_{fault.rule}", longest=rule("messages.longest")),
            state,
        ]

    def _overrule_part(self, rule: str) -> Part:
        given = self._reasons.get(rule, self._case.settings.overruled.get(rule, ""))
        label = self.say("wording_overrule", rule=rule)
        return self.field(f"overrule {rule}", label, given, self.say("wording_overrule_hint"), width="40em")

    def _verdict(self, texts: Mapping[str, Needed]) -> str:
        left = sum(len(self._open(needed.faults)) for needed in texts.values())
        return self.say("wording_held", n=left) if left else self.say("wording_free")

    def act(self, name: str, value: Any) -> None:
        """Choose a text, keep what was typed, take our text back, or overrule a rule in writing."""
        what, _, about = name.partition(" ")
        if name == "which" and value:
            self._name = str(value)
        elif what in ("subject", "body"):
            self._save(about, what, str(value))
        elif name == "restore":
            self._forget(self._name)
            self.tell("letter_restored")
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
            return self.tell("letter_restored")
        self._case.change_settings(texts={**self._case.settings.texts, name: template.text()})
        del self._drafts[name]
        return self.tell("wording_saved")

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
        self.tell("wording_overrule_saved" if reason else "wording_overrule_taken", rule=rule)


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
