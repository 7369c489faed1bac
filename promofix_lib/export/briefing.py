"""What an export tells Amazon: the letters, with a reading in the seller's language, and the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promofix_lib.account.account import account_of
from promofix_lib.export.evidence import write_evidence
from promofix_lib.letters.amazon import how_to, letters_of

if TYPE_CHECKING:
    from promofix_lib.export.handover import Job


def letters(job: Job) -> tuple[Path, ...]:
    """``letter-to-amazon-….txt``, each with a reading in the seller's language, and what to send when."""
    language, texts = job.case.language, {}
    for letter in letters_of(job.case, account_of(job.case).rates_json()):
        texts[letter.file_name] = letter.text
        if letter.gloss:
            texts[letter.file_name.replace(".txt", f"-{language}.txt")] = letter.gloss
    texts["letters-to-amazon-READ-FIRST.txt"] = how_to(language)
    for name, text in texts.items():
        (job.folder / name).write_text(text, encoding="utf-8")
    return tuple(job.folder / name for name in texts)


def evidence(job: Job) -> tuple[Path, ...]:
    """``evidence/``: charts, timeline, order ids and hashes, and one page that shows them."""
    return write_evidence(job.case, job.folder / "evidence", job.now)
