"""A piece of HTML for a notebook, with the same in plain words beside it; every cell is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


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


Cell = str | Bullets

_CAPTION = "text-align:left;caption-side:top;font-weight:600;color:inherit"


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
    names = "".join(f'<th scope="col" style="text-align:left">{escape(name)}</th>' for name in head)
    body = "".join(_row(cells) for cells in rows)
    title = (
        f'<caption style="text-align:left;caption-side:top;font-weight:600;color:inherit">{escape(caption)}</caption>'
    )
    head_row = f"<thead><tr>{names}</tr></thead>"
    html = f'<div style="overflow-x:auto"><table>{title}{head_row}<tbody>{body}</tbody></table></div>'
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
    look = 'style="text-align:left;vertical-align:top;white-space:pre-wrap;overflow-wrap:break-word;max-width:28em"'
    first = f'<th scope="row" {look}>{_html(cells[0])}</th>'
    return f"<tr>{first}{''.join(f'<td {look}>{_html(cell)}</td>' for cell in cells[1:])}</tr>"


def _html(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    if not cell.lines:
        return escape(cell.nothing)
    items = "".join(f"<li>{escape(line)}</li>" for line in cell.lines)
    return f'<ul style="margin:0;padding-left:1.2em;white-space:normal">{items}</ul>'


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else " | ".join(cell.lines) or cell.nothing
