"""Notebook 5: the letters to Amazon: filled, edited, checked; and what Amazon answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promofix_lib.account.account import account_of
from promofix_lib.case.case import Case
from promofix_lib.letters.amazon import LETTERS, Letter, advice_of, concerns, how_to, letters_of, record_advice
from promofix_lib.purge.search import people_of
from promofix_lib.widgets.desk import Desk, Part

_ADVICE = {"advice_day": "given_on", "advice_case": "case_id", "advice_words": "text"}


class LetterDesk(Desk):
    """One letter to Amazon at a time: its text to edit, what is still wrong with it; and Amazon's advice to record.

    An edited letter is kept in the case under its name, and beside it our text of that moment, so that the desk can
    say which numbers changed since.

    Parameters
    ----------
    case : Case
        Its chosen orders fill the letters; edited letters and advice are saved in it.
    """

    title = "letter_desk"

    def __init__(self, case: Case) -> None:
        self._name = LETTERS[0]
        self._drafts: dict[str, str] = {}
        self._advice = dict.fromkeys(_ADVICE, "")
        super().__init__(case)

    def show(self) -> list[Part]:
        """The letter chosen, what to do with it, and the advice."""
        if not self._case.chosen().any():
            return [self.text("none", self.say("nothing_chosen")), self._read_first(), self._advice_part()]
        ours = self._ours()
        titles = {name: letter.title.text(self.language) for name, letter in ours.items()}
        return [
            self.select("which", self.say("letter_which"), self._name, titles),
            *self._letter_parts(ours[self._name], self._letters(None)[self._name]),
            self._read_first(),
            self._advice_part(),
        ]

    def _read_first(self) -> Part:
        return self.fold("read_first", self.say("letter_read_first"), how_to(self.language), self.language)

    def _ours(self) -> dict[str, Letter]:
        return self._letters({})

    def _letters(self, edited: dict[str, str] | None) -> dict[str, Letter]:
        """The letters by name: with the seller's own as saved (None), or with these in place of them."""
        written = letters_of(self._case, account_of(self._case).rates_json(), edited)
        return {letter.name: letter for letter in written}

    def _letter_parts(self, ours: Letter, sent: Letter) -> list[Part]:
        name = ours.name
        edited = name in self._case.settings.texts
        mine = edited or name in self._drafts
        hint = self.say("yours" if edited else "ours")
        wrong = concerns(sent.text, people_of(self._case.orders[self._case.chosen()]), self.language)
        return [
            self.area(f"text {name}", self.say("letter_text"), self._drafts.get(name, sent.text), hint, rows=18),
            *([self.text("unsaved", self.say("unsaved"), look="told")] if name in self._drafts else []),
            *([self.button("restore", self.say("restore"))] if mine else []),
            *self._stale_parts(ours, sent),
            self.bullets("concerns", self.say("letter_concerns"), unique([str(one) for one in wrong]))
            if wrong
            else self.text("clean", self.say("letter_clean")),
            *([self.fold("reading", self.say("letter_reading"), ours.gloss, self.language)] if ours.gloss else []),
        ]

    def _stale_parts(self, ours: Letter, sent: Letter) -> list[Part]:
        basis = self._case.settings.texts.get(as_written(ours.name))
        if basis is None:
            return []
        now, then, mine = lines_of(ours.text), lines_of(basis), lines_of(sent.text)
        new = [line for line in now if line not in then and line not in mine]
        old = [line for line in then if line not in now and line in mine]
        lists = (("stale", "letter_stale", new), ("past", "letter_past", old))
        parts: list[Part] = [self.bullets(name, self.say(key), found) for name, key, found in lists if found]
        return [*parts, self.button("keep", self.say("letter_keep"))] if parts else []

    def _advice_part(self) -> Part:
        given = [f"{advice.given_on}, {advice.case_id}: {advice.text}" for advice in advice_of(self._case)]
        typed = self._advice
        return self.folded(
            "advice",
            self.say("advice_title"),
            [
                self.bullets("advice given", self.say("advice_recorded"), unique(given))
                if given
                else self.text("advice_none", self.say("advice_none")),
                self.row(
                    "advice row",
                    [
                        self.field(
                            "advice_day", self.say("advice_day"), typed["advice_day"], self.say("advice_day_hint")
                        ),
                        self.field("advice_case", self.say("advice_case"), typed["advice_case"]),
                    ],
                ),
                self.area(
                    "advice_words",
                    self.say("advice_words"),
                    typed["advice_words"],
                    self.say("advice_words_hint"),
                    rows=3,
                ),
                self.button("record", self.say("advice_record")),
            ],
        )

    def act(self, name: str, value: Any) -> None:
        """Choose a letter, keep what was typed, take our text back, or record advice."""
        if name == "which" and value in LETTERS:
            self._name = value
        elif name.startswith("text ") and name[5:] in LETTERS:
            self._save(name[5:], str(value))
        elif name == "restore":
            self._forget(self._name)
            self.tell("letter_restored")
        elif name == "keep":
            self._keep(self._name)
        elif name in self._advice:
            self._advice[name] = str(value)
        elif name == "record":
            self._record()

    def _save(self, name: str, typed: str) -> None:
        ours = self._ours()[name].text
        if not typed.strip() or lines_of(typed) == lines_of(ours):
            self._forget(name)
            return self.tell("letter_restored")
        self._drafts[name] = typed  # not lost when a field in braces cannot be filled in
        self._letters({name: typed})
        texts = self._case.settings.texts
        self._case.change_settings(texts={as_written(name): ours, **texts, name: typed})
        del self._drafts[name]
        return self.tell("letter_saved")

    def _forget(self, name: str) -> None:
        self._drafts.pop(name, None)
        gone = {name, as_written(name)}
        kept = {key: words for key, words in self._case.settings.texts.items() if key not in gone}
        self._case.change_settings(texts=kept)

    def _keep(self, name: str) -> None:
        texts = self._case.settings.texts
        if name in texts:
            self._case.change_settings(texts={**texts, as_written(name): self._ours()[name].text})
            self.tell("letter_kept")

    def _record(self) -> None:
        given = {_ADVICE[name]: typed.strip() for name, typed in self._advice.items()}
        record_advice(self._case, **given)
        self._advice = dict.fromkeys(_ADVICE, "")
        self.tell("advice_done")


def as_written(name: str) -> str:
    """Under which name the case keeps our text of the moment when the seller edited a letter.

    Examples
    --------
    >>> as_written("annotation")
    'annotation, as written'
    """
    return f"{name}, as written"


def lines_of(words: str) -> list[str]:
    r"""The lines of a text that say something, without the space around them.

    Examples
    --------
    >>> lines_of(" Orders: 3 \n\nUnits: 4")
    ['Orders: 3', 'Units: 4']
    """
    return [line.strip() for line in words.splitlines() if line.strip()]


def unique(items: Sequence[str]) -> list[str]:
    """Each entry once, in its first place.

    Examples
    --------
    >>> unique(["b", "a", "b"])
    ['b', 'a']
    """
    return list(dict.fromkeys(items))
