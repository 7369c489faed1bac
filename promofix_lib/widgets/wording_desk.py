"""Notebook 4: what buyers will read: each text that is needed, to edit, with what Amazon would withhold in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from promofix_lib.errors import LetterError
from promofix_lib.export.contents import going_out
from promofix_lib.letters.languages import LANGUAGES
from promofix_lib.letters.linter import SHORTEST_REASON, Fault, check_overruled, lint_messages
from promofix_lib.letters.messages import Message
from promofix_lib.letters.texts import FIELDS, Template, builtin_template, parse_template
from promofix_lib.rules import rule
from promofix_lib.say import ENGLISH, language_name
from promofix_lib.status.status import status
from promofix_lib.widgets.form import Part
from promofix_lib.widgets.letter_desk import TextsDesk


class WordingDesk(TextsDesk):
    """The messages to buyers, one text for each language and kind that the chosen orders need.

    A text with a fault stops the whole export of messages until it is mended, or its rule is overruled in writing.

    Parameters
    ----------
    case : Case
        Its chosen orders say which texts are needed; edited texts and overruled rules are saved in it.
    """

    title = "wording_desk"
    _texts: dict[str, list[Message]]
    _faults: dict[str, dict[Fault, None]]

    def show(self) -> list[Part]:
        """Whether the messages will be written; the texts, their faults and what happens to them, folded away."""
        if broken := broken_texts(self._case.settings.texts):
            told = [self.text(f"broken {name}", self.say("wording_broken", why=why)) for name, why in broken.items()]
            return [*told, self.button("restore", partial(self.restore, *broken))]
        self._look_up()
        if not self._texts:
            return [self.said("no_message")]
        left = sum(map(self._open, self._texts))
        verdict = self.say("wording_held", n=left) if left else self.say("wording_free")
        return [self.text("verdict", verdict), self.folded("wording_change", self._text_parts)]

    def _look_up(self) -> None:
        """The texts that are needed by their names: the messages made of each, and its faults, each once."""
        due = (work.message for work in going_out(self._case).works if not work.sent)
        messages = [one for one in due if one and one.variant]
        self._texts, self._faults = {}, {}
        for message in messages:
            self._texts.setdefault(f"{message.variant}.{message.language}", []).append(message)
        for message, fault in lint_messages(messages):
            self._faults.setdefault(f"{message.variant}.{message.language}", {})[fault] = None

    def _open(self, name: str) -> int:
        """How many faults of a text hold the messages back."""
        return sum(fault.rule not in self._case.settings.overruled for fault in self._faults.get(name, ()))

    # -- the text -------------------------------------------------------------------------------------------------

    def ours(self, name: str) -> str:
        """Our text as it stands before it is filled in for a buyer."""
        first = self._texts[name][0]
        return self._ours(first, first.language).text()

    def read(self, name: str, typed: str) -> dict[str, str]:
        """The text as the messages are made from it."""
        return {name: parse_template(typed, name).text()}

    def _ours(self, message: Message, language: str) -> Template:
        reason = self._case.settings.cancel_reason
        ended = status(self._case).gate.open
        return builtin_template(message.variant, language, reason=reason, prepaid=message.prepaid, ended=ended)

    def _text_parts(self) -> list[Part]:
        chosen = self.typed("wording_which")
        name = chosen if chosen in self._texts else next(iter(self._texts))
        first = self._texts[name][0]
        subject, _, body = self._drafts.get(name, first.template.text()).partition("\n\n")
        fields = " ".join(f"{{{one}}}" for one in FIELDS)
        save = partial(self._save, name)
        prepaid = {message.prepaid for message in self._texts[name]}
        return [
            self.select("wording_which", name, {one: self._choice(one) for one in self._texts}),
            self.field(f"wording_subject {name}", subject.partition(":")[2].strip(), save, width="40em"),
            self.field(f"wording_body {name}", body.strip(), save, rows=14, fields=fields),
            *self.state_parts(name),
            name in self._case.settings.texts and self.said("wording_yours"),
            len(prepaid) > 1 and self.said("wording_both"),
            first.language != self._reader and self.folded("wording_meaning", partial(self._meaning, first)),
            *self._fault_parts(tuple(self._faults.get(name, ()))),
        ]

    def _choice(self, name: str) -> str:
        first, *others = self._texts[name]
        facts = {"variant": self.say(f"export.variant_{first.variant}"), "written": language_name(first.language)}
        return self.say("wording_choice", n=1 + len(others), faults=self._open(name), **facts)

    def _meaning(self, message: Message) -> list[Part]:
        ours = self._ours(message, self._reader)
        return [self.text("meaning", "\n\n".join((ours.subject, *ours.paragraphs)), language=self._reader)]

    @property
    def _reader(self) -> str:
        """The seller's language where our texts are written in it, else English."""
        return self.language if self.language in (*LANGUAGES, "zh-CN") else ENGLISH

    def _save(self, name: str, _typed: str) -> None:
        subject, body = (self.typed(f"wording_{part} {name}") for part in ("subject", "body"))
        if name in self._texts:  # the choice of orders may have changed meanwhile: then nobody gets this text
            self.save(name, f"Subject: {subject}\n\n{body}")

    # -- its faults -----------------------------------------------------------------------------------------------

    def _fault_parts(self, faults: Sequence[Fault]) -> list[Part]:
        head = self.words("wording_", ("line", "words", "rule", "why", "state"))
        table = self.table("faults", self.say("wording_faults"), head, [self._row(fault) for fault in faults])
        rules = dict.fromkeys((*(fault.rule for fault in faults), *self._case.settings.overruled))
        return [table if faults else self.said("wording_no_faults"), *(self._overrule_part(name) for name in rules)]

    def _row(self, fault: Fault) -> list[str]:
        place = str(fault.line) if fault.line else self.say("wording_whole")
        why = self.say(f"letters.rule_{fault.rule}", longest=rule("messages.longest"))
        state = self.say("wording_overruled" if fault.rule in self._case.settings.overruled else "wording_mend")
        return [place, fault.words, fault.rule, why, state]

    def _overrule_part(self, rule: str) -> Part:
        given = self._drafts.get(rule, self._case.settings.overruled.get(rule, ""))
        does = partial(self._overrule, rule)
        return self.field(f"wording_overrule {rule}", given, does, width="40em", rule=rule, least=SHORTEST_REASON)

    def _overrule(self, rule: str, typed: str) -> None:
        reason = self._drafts[rule] = typed.strip()  # a reason that is too short can be written to its end
        others = {name: why for name, why in self._case.settings.overruled.items() if name != rule}
        if reason:
            check_overruled({rule: reason})
        self._case.change_settings(overruled={**others, rule: reason} if reason else others)
        del self._drafts[rule]
        self.tell("wording_overrule_saved" if reason else "wording_overrule_taken", rule=rule)


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
