"""Notebook 5: the letters to Amazon: filled, edited, checked; and what Amazon answered."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from promofix_lib.account.account import account_of
from promofix_lib.case.case import Case
from promofix_lib.letters.amazon import LETTERS, Letter, advice_of, concerns, how_to, letters_of, record_advice
from promofix_lib.purge.search import people_of
from promofix_lib.widgets.desk import Desk
from promofix_lib.widgets.form import Part

_ADVICE = {"advice_day": "given_on", "advice_case": "case_id", "advice_words": "text"}


class TextsDesk(Desk):
    """A desk on which one of several texts is edited; what was typed is kept in the case, or stays to be mended."""

    def __init__(self, case: Case) -> None:
        self._drafts: dict[str, str] = {}
        """What was typed and cannot be kept, by the name of its text or of the rule that it overrules."""
        super().__init__(case)

    def ours(self, name: str) -> str:
        """Our text of that name."""
        raise NotImplementedError

    def read(self, name: str, typed: str) -> dict[str, str]:
        """What is kept in the case for a text as it was typed, by name.

        Raises
        ------
        LetterError
            It cannot be filled in.
        """
        raise NotImplementedError

    def state_parts(self, name: str) -> list[Part]:
        """That a text is not saved yet; the way back to ours."""
        draft, edited = name in self._drafts, name in self._case.settings.texts
        return [
            draft and self.said("unsaved", look="told"),
            (draft or edited) and self.button("restore", partial(self.restore, name)),
        ]

    def save(self, name: str, typed: str) -> None:
        """Keep what was typed; an empty text, or ours but for spaces, is no edit."""
        if not typed.strip() or lines_of(typed) == lines_of(self.ours(name)):
            return self.restore(name)
        self._drafts[name] = typed  # not lost when it cannot be filled in
        self._case.change_settings(texts={**self._case.settings.texts, **self.read(name, typed)})
        del self._drafts[name]
        return self.tell("text_saved")

    def restore(self, *names: str) -> None:
        """Go back to our text."""
        for name in names:
            self._drafts.pop(name, None)
        gone = {*names, *map(as_written, names)}
        texts = {name: words for name, words in self._case.settings.texts.items() if name not in gone}
        self._case.change_settings(texts=texts)
        self.tell("letter_restored")


class LetterDesk(TextsDesk):
    """One letter to Amazon at a time: its text to edit, what is still wrong with it; and Amazon's advice to record.

    An edited letter is kept in the case under its name, and beside it our text of that moment, so that the desk can
    say which numbers changed since.

    Parameters
    ----------
    case : Case
        Its chosen orders fill the letters; edited letters and advice are saved in it.
    """

    title = "letter_desk"

    def show(self) -> list[Part]:
        """The letter chosen, what to do with it, and the advice."""
        return [
            *(self._letter_parts() if self._case.chosen().any() else [self.said("nothing_chosen")]),
            self.folded("letter_read_first", lambda: [self.text("how to", how_to(), language=self.language)]),
            self.folded("advice_title", self._advice),
        ]

    def _letters(self, edited: dict[str, str] | None) -> dict[str, Letter]:
        """The letters by name: with the seller's own as saved (None), or with these in place of them."""
        written = letters_of(self._case, account_of(self._case).rates_json(), edited)
        return {letter.name: letter for letter in written}

    def ours(self, name: str) -> str:
        """Our letter with today's numbers."""
        return self._letters({})[name].text

    def read(self, name: str, typed: str) -> dict[str, str]:
        """The letter, and ours as it was when the seller first changed it."""
        self._letters({name: typed})
        basis = as_written(name)
        return {basis: self._case.settings.texts.get(basis, self.ours(name)), name: typed}

    def _letter_parts(self) -> list[Part]:
        sent, name = self._letters(None), self.typed("letter_which", LETTERS[0])
        letter, titles = sent[name], {one: str(letter.title) for one, letter in sent.items()}
        ours = self._letters({})[name]
        wrong = concerns(_gaps_told(letter.text, ours), people_of(self._case.orders[self._case.chosen()]))
        words = self._drafts.get(name, letter.text)
        edited = name in self._case.settings.texts
        return [
            self.select("letter_which", name, titles),
            self.field(f"letter_text {name}", words, partial(self.save, name), rows=18),
            self.said("yours" if edited else "ours", look="quiet"),
            *self.state_parts(name),
            *self._stale_parts(name, letter.text),
            self.bullets("letter_concerns", wrong, name="concerns") if wrong else self.said("letter_clean"),
            ours.gloss and self.folded("letter_reading", lambda: [self.text("gloss", ours.gloss)]),
        ]

    def _stale_parts(self, name: str, sent: str) -> list[Part]:
        basis = self._case.settings.texts.get(as_written(name))
        if basis is None:
            return []
        now, then, mine = lines_of(self.ours(name)), lines_of(basis), lines_of(sent)
        new = [line for line in now if line not in then and line not in mine]
        old = [line for line in then if line not in now and line in mine]
        told = [self.bullets(key, lines) for key, lines in (("letter_stale", new), ("letter_past", old))]
        return [*told, self.button("letter_keep", partial(self._keep, name))] if new or old else []

    def _keep(self, name: str) -> None:
        texts = self._case.settings.texts
        self._case.change_settings(texts={**texts, as_written(name): self.ours(name)})
        self.tell("letter_kept")

    # -- what Amazon advised --------------------------------------------------------------------------------------

    def _advice(self) -> list[Part]:
        given = [f"{advice.given_on}, {advice.case_id}: {advice.text}" for advice in advice_of(self._case)]
        return [
            self.bullets("advice_recorded", given, name="given") if given else self.said("advice_none"),
            self.row(*(self.field(name, self.typed(name)) for name in ("advice_day", "advice_case"))),
            self.field("advice_words", self.typed("advice_words"), rows=3),
            self.button("advice_record", self._record),
        ]

    def _record(self) -> None:
        record_advice(self._case, **{name: self.typed(part).strip() for part, name in _ADVICE.items()})
        self.empty(*_ADVICE)
        self.tell("advice_done")


def as_written(name: str) -> str:
    """Under which name the case keeps our text of the moment when the seller edited a letter.

    Examples
    --------
    >>> as_written("annotation")
    'annotation, as written'
    """
    return f"{name}, as written"


def _gaps_told(words: str, ours: Letter) -> str:
    """The letter with the gaps that are ours still said in the seller's language."""
    for gap, meaning in zip(ours.gaps(), replace(ours, text=ours.gloss).gaps(), strict=False):
        words = words.replace(gap, meaning)
    return words


def lines_of(words: str) -> list[str]:
    r"""The lines of a text that say something, without the space around them.

    Examples
    --------
    >>> lines_of(" Orders: 3 \n\nUnits: 4")
    ['Orders: 3', 'Units: 4']
    """
    return [line.strip() for line in words.splitlines() if line.strip()]
