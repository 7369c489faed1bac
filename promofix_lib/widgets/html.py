"""A piece of HTML for a notebook, with the same in plain words beside it; every cell is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from promofix_lib.say import say

PAGES = (
    "0_start_here",
    "1_load_reports",
    "2_find_when_it_began",
    "3_choose_orders",
    "4_export_for_assistant",
    "5_write_to_amazon",
    "6_follow_up",
)
"""The notebooks, in the order of the work."""


@dataclass(frozen=True)
class Shown:
    """What a cell shows: HTML in a notebook, plain text elsewhere.

    Parameters
    ----------
    html, plain : str
        The same twice.
    """

    html: str
    plain: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.plain


@dataclass(frozen=True)
class Bullets:
    """A cell with several lines; none of them says `nothing`."""

    lines: tuple[str, ...]
    nothing: str = ""


@dataclass(frozen=True)
class Html:
    """A cell that is HTML already: a link, a mark."""

    code: str
    plain: str = ""


Cell = str | Bullets | Html


def paragraph(words: str, *, role: str = "", look: str = "") -> str:
    """One paragraph, its line breaks kept.

    Examples
    --------
    >>> paragraph("was $64 & <b>", look="told")
    '<p class="pf-told">was $64 &amp; &lt;b&gt;</p>'
    """
    attributes = {"role": role, "class": f"pf-{look}" if look else ""}
    written = "".join(f' {name}="{value}"' for name, value in attributes.items() if value)
    return f"<p{written}>{escape(words, quote=False).replace(chr(10), '<br>')}</p>"


def link_to(page: int, language: str) -> str:
    """A link to one of the notebooks, which lie beside each other in every language.

    Examples
    --------
    >>> link_to(1, "en")
    '<a href="1_load_reports.ipynb" target="_blank">1. Load the reports</a>'
    """
    title = escape(say(f"pages.title_{page}", language=language))
    return f'<a href="{PAGES[page]}.ipynb" target="_blank">{title}</a>'


def file_link(path: Path, words: str = "") -> Html:
    """A link to a file below the notebook server's folder; elsewhere its path, to be copied.

    Examples
    --------
    >>> file_link(Path("/somewhere/else.txt")).plain
    'else.txt'
    """
    address = _address(path)
    shown = escape(words or path.name)
    code = f'<a href="{address}" target="_blank">{shown}</a>' if address else f"<code>{escape(str(path))}</code>"
    return Html(code, words or path.name)


def _address(path: Path) -> str:
    from jupyter_server.serverapp import list_running_servers

    here = Path.cwd().resolve()
    for server in list_running_servers():
        root = Path(server["root_dir"]).resolve()
        if here.is_relative_to(root) and path.resolve().is_relative_to(root):
            folder = "tree" if path.is_dir() else "files"
            return f"{server['base_url']}{folder}/{quote(path.resolve().relative_to(root).as_posix())}"
    return ""


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Shown:
    """A table with a caption and named columns and rows, readable by a screen reader.

    Examples
    --------
    >>> shown = table("Files", ["File", "Rows"], [["<b>.txt", "3"]])
    >>> "&lt;b&gt;.txt" in shown.html, "<b>" in shown.html
    (True, False)
    >>> print(shown)
    Files
    File: <b>.txt; Rows: 3
    """
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(_row(cells) for cells in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    head_row = f"<thead><tr>{names}</tr></thead>" if any(head) else ""
    html = f"<table>{title}{head_row}<tbody>{body}</tbody></table>"
    lines = ["; ".join(f"{name}: {_plain(cell)}" for name, cell in zip(head, cells, strict=True)) for cells in rows]
    return Shown(html, "\n".join([caption, *lines]))


def listed(title: str, lines: Sequence[str]) -> Shown:
    """A list with a title; nothing when there is no line.

    Examples
    --------
    >>> listed("Warnings", ["<b>"]).html, listed("Warnings", []).html
    ('<p>Warnings</p><ul><li>&lt;b&gt;</li></ul>', '')
    """
    if not lines:
        return Shown("", "")
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return Shown(f"<p>{escape(title)}</p><ul>{items}</ul>", "\n".join([title, *(f"- {line}" for line in lines)]))


def _row(cells: Sequence[Cell]) -> str:
    return f'<tr><th scope="row">{_html(cells[0])}</th>{"".join(f"<td>{_html(cell)}</td>" for cell in cells[1:])}</tr>'


def _html(cell: Cell) -> str:
    if isinstance(cell, Html):
        return cell.code
    if isinstance(cell, str):
        return escape(cell).replace("\n", "<br>")
    if not cell.lines:
        return escape(cell.nothing)
    items = "".join(f"<li>{escape(line)}</li>" for line in cell.lines)
    return f'<ul style="margin:0;padding-left:1.2em">{items}</ul>'


def _plain(cell: Cell) -> str:
    if isinstance(cell, Bullets):
        return " | ".join(cell.lines) or cell.nothing
    return cell.plain if isinstance(cell, Html) else cell
