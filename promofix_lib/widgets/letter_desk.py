"""The letters to Amazon: filled, edited, checked; and what Amazon answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promofix_lib.case.case import Case
from promofix_lib.export.handover.briefing import advice_in, facts_of, letters_of, record_advice, word_of
from promofix_lib.letters.amazon import LETTERS, Letter, how_to, letters
from promofix_lib.letters.amazon_check import concerns
from promofix_lib.purge.traces import buyers_words
from promofix_lib.widgets.desk_words import desk_words
from promofix_lib.widgets.form import Form, Part, area, bullets, button, field, fold, select, text

_ADVICE = {"advice_day": "given_on", "advice_case": "case_id", "advice_words": "text"}


class LetterDesk(Form):
    """One letter to Amazon at a time: its text to edit, what is still wrong with it; and Amazon's advice to record.

    An edited letter is kept in the case under its name, and beside it our text of that moment, so that the desk can
    say which numbers changed since.

    Parameters
    ----------
    case : Case
        Its chosen orders fill the letters; edited letters and advice are saved in it.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._name = LETTERS[0]
        self._drafts: dict[str, str] = {}
        self._advice = dict.fromkeys(_ADVICE, "")
        super().__init__(case.settings.language, "letter_desk", desk_words(case.settings.language))

    def show(self) -> list[Part]:
        """The letter chosen, what to do with it, and the advice."""
        words, language = self.words, self._case.settings.language
        first = fold("read_first", words["letter_read_first"], how_to(language), language=language)
        if not self._case.chosen().any():
            return [first, text("none", words["nothing_chosen"]), *self._advice_parts()]
        ours = self._ours()
        titles = {name: letter.title for name, letter in ours.items()}
        return [
            first,
            select("which", words["letter_which"], self._name, titles),
            *self._letter_parts(ours[self._name], letters_of(self._case)[LETTERS.index(self._name)]),
            *self._advice_parts(),
        ]

    def _ours(self, edited: dict[str, str] | None = None) -> dict[str, Letter]:
        case = self._case
        written = letters(facts_of(case), word_of(case), language=case.settings.language, edited=edited)
        return {letter.name: letter for letter in written}

    def _letter_parts(self, ours: Letter, sent: Letter) -> list[Part]:
        words, name = self.words, ours.name
        shown = self._drafts.get(name, sent.text)
        edited = name in self._case.settings.texts
        parts = [
            area(
                f"text {name}",
                words["letter_text"],
                shown,
                words["yours" if edited else "ours"],
                rows=26,
                language="en",
            )
        ]
        if name in self._drafts:
            parts.append(text("unsaved", words["unsaved"], "notice"))
        if edited or name in self._drafts:
            parts.append(button("restore", words["restore"]))
        parts += self._stale_parts(ours, sent)
        wrong = concerns(sent.text, self._buyers(), self._case.settings.language)
        parts.append(bullets("concerns", words["letter_concerns"], unique(wrong)) if wrong else self._clean())
        if ours.gloss:
            language = self._case.settings.language
            parts.append(fold(f"reading {name}", words["letter_reading"], ours.gloss, language=language))
        return parts

    def _clean(self) -> Part:
        return text("clean", self.words["letter_clean"])

    def _stale_parts(self, ours: Letter, sent: Letter) -> list[Part]:
        basis = self._case.settings.texts.get(as_written(ours.name))
        if basis is None:
            return []
        now, then, mine = lines_of(ours.text), lines_of(basis), lines_of(sent.text)
        new = [line for line in now if line not in then and line not in mine]
        old = [line for line in then if line not in now and line in mine]
        lists = (("stale", "letter_stale", new), ("past", "letter_past", old))
        parts = [bullets(name, self.words[key], found) for name, key, found in lists if found]
        return [*parts, button("keep", self.words["letter_keep"])] if parts else []

    def _buyers(self) -> frozenset[str]:
        return buyers_words(self._case.orders[self._case.chosen()])

    def _advice_parts(self) -> list[Part]:
        words, typed = self.words, self._advice
        given = [f"{advice.date}, {advice.case_id}: {advice.text}" for advice in advice_in(self._case.log)]
        return [
            bullets("advice", words["advice_recorded"], unique(given))
            if given
            else text("advice_none", words["advice_none"]),
            text("advice_how", words["advice_how"]),
            {**field("advice_day", words["advice_day"], typed["advice_day"]), "type": "date"},
            field("advice_case", words["advice_case"], typed["advice_case"]),
            area("advice_words", words["advice_words"], typed["advice_words"], words["advice_words_hint"], rows=4),
            button("record", words["advice_record"], main=True),
        ]

    def act(self, name: str, value: Any, contents: Sequence[memoryview]) -> None:  # noqa: ARG002
        """Choose a letter, keep what was typed, take our text back, or record advice."""
        if name == "which" and value in LETTERS:
            self._name = value
        elif name.startswith("text ") and name[5:] in LETTERS:
            self._save(name[5:], str(value))
        elif name == "restore":
            self._forget(self._name)
            self.say("letter_restored")
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
            return self.say("letter_restored")
        self._drafts[name] = typed  # not lost when a field in braces cannot be filled in
        self._ours({name: typed})
        texts = self._case.settings.texts
        self._case.change_settings(texts={as_written(name): ours, **texts, name: typed})
        del self._drafts[name]
        return self.say("letter_saved")

    def _forget(self, name: str) -> None:
        self._drafts.pop(name, None)
        gone = {name, as_written(name)}
        kept = {key: words for key, words in self._case.settings.texts.items() if key not in gone}
        self._case.change_settings(texts=kept)

    def _keep(self, name: str) -> None:
        texts = self._case.settings.texts
        if name in texts:
            self._case.change_settings(texts={**texts, as_written(name): self._ours()[name].text})
            self.say("letter_kept")

    def _record(self) -> None:
        given = {_ADVICE[name]: typed.strip() for name, typed in self._advice.items()}
        record_advice(self._case, **given)
        self._advice = dict.fromkeys(_ADVICE, "")
        self.say("advice_done")


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
    """Each entry once, in its first place: a list on the screen is kept by its words.

    Examples
    --------
    >>> unique(["b", "a", "b"])
    ['b', 'a']
    """
    return list(dict.fromkeys(items))
