"""Pieces of HTML for the pages; every text is escaped, so nothing that stands in a report can become markup."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from promofix_lib.places import NOTEBOOKS, SERVED, exported
from promofix_lib.say import say

PAGES = tuple(sorted(path.stem for path in NOTEBOOKS.glob("[0-9]_*.ipynb")))
"""The notebooks, in the order of the work."""


class Html(str):
    """A text that is HTML already: a link, a mark."""

    __slots__ = ()


Cell = str | Html | tuple[str, ...]
"""What stands in a table: a text, HTML, or several lines."""


def paragraph(words: str, *, role: str = "", look: str = "", language: str = "", to: int | None = None) -> Html:
    """One paragraph, its line breaks kept; a link to the notebook `to` may follow the words.

    Examples
    --------
    >>> paragraph("was $64 & <b>", look="told")
    '<p class="pf-told">was $64 &amp; &lt;b&gt;</p>'
    """
    attributes = {"role": role, "class": f"pf-{look}" if look else "", "lang": language}
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)
    link = "" if to is None else f" {link_to(to)}"
    return Html(f"<p{written}>{_text(words)}{link}</p>")


def as_it_is(words: str) -> Html:
    """A report's own words, or a file's name: marked, so that nobody takes it for a sentence of ours.

    Examples
    --------
    >>> as_it_is("Save 2 <and> more")
    '<span translate="no">Save 2 &lt;and&gt; more</span>'
    """
    return Html(f'<span translate="no">{escape(words)}</span>')


def link_to(page: int) -> Html:
    """A link to one of the notebooks, which lie beside each other in every language.

    Examples
    --------
    >>> link_to(1)
    '<a href="1_load_reports.ipynb" target="_blank">1. Load the reports</a>'
    """
    title = escape(say(f"pages.title_{page}"))
    return Html(f'<a href="{PAGES[page]}.ipynb" target="_blank">{title}</a>')


def file_link(path: Path, *, folder_told: bool = False) -> Html:
    """A link to a file of an export, or to the page in its folder, where ``promofix open`` runs.

    Elsewhere its path to copy, or its name where the folder is told already.

    Examples
    --------
    >>> file_link(Path("/somewhere/a&b.txt"))
    '<code>/somewhere/a&amp;b.txt</code>'
    """
    file = next(iter(sorted(path.glob("*.html"))), path) if path.is_dir() else path
    served, place = os.environ.get(SERVED), exported(file)
    if served and place and file.is_file():
        return Html(f'<a href="{escape(served + quote(place))}" target="_blank">{escape(path.name)}</a>')
    return Html(f"<code>{escape(path.name if folder_told else str(path))}</code>")


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Html:
    """A table with a caption and named columns; the first cell of each row names the row.

    Examples
    --------
    >>> table("", [], [["<b>", ("one", "two")]])
    '<table><tbody><tr><th scope="row">&lt;b&gt;</th><td><ul><li>one</li><li>two</li></ul></td></tr></tbody></table>'
    """
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f'<tr><th scope="row">{_cell(first)}</th>{_cells(others)}</tr>' for first, *others in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return Html(f"<table>{title}{f'<thead><tr>{names}</tr></thead>' if names else ''}<tbody>{body}</tbody></table>")


def listed(title: str, lines: Sequence[str]) -> Html:
    """A list with a title; nothing when there is no line.

    Examples
    --------
    >>> listed("Warnings", ["<b>"]), listed("Warnings", [])
    ('<p>Warnings</p><ul><li>&lt;b&gt;</li></ul>', '')
    """
    return Html(f"{paragraph(title)}{_cell(tuple(lines))}" if lines else "")


def _cells(cells: Sequence[Cell]) -> str:
    return "".join(f"<td>{_cell(cell)}</td>" for cell in cells)


def _cell(cell: Cell) -> str:
    if isinstance(cell, tuple):
        return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in cell)}</ul>"
    return cell if isinstance(cell, Html) else _text(cell)


def _text(words: str) -> str:
    return escape(words, quote=False).replace("\n", "<br>")
