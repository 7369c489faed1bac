"""The notebooks of a wheel, laid into a folder of the seller's; a page whose cells the seller changed is kept aside."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from promofix_lib.file_names import free_name
from promofix_lib.places import NOTEBOOKS, PAGES_LIST, private_folder, trouble_told, write_atomically

_PAGES = ("[0-9]_*.ipynb", "*/[0-9]_*.ipynb", "*.svg")


def lay_pages(folder: Path) -> tuple[Path, ...]:
    """Lay this version's notebooks into ``notebooks`` of a folder; gives the seller's own pages that were put aside.

    A page is compared by its cells: a save alone changes nothing. What the seller changed stays in its place as long as
    this version brings no newer page, and then beside it under another name.

    Parameters
    ----------
    folder : Path
        Made where it is missing.

    Raises
    ------
    CaseError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     aside = [lay_pages(Path(folder)) for _ in range(2)]
    ...     first = Path(folder) / "notebooks" / "0_start_here.ipynb"
    ...     aside, first.is_file(), (Path(folder) / "notebooks" / "zh-CN" / first.name).is_file()
    ([(), ()], True, True)
    """
    private_folder(folder / "notebooks")
    laid = _laid(folder / PAGES_LIST)
    newest, aside = {}, []
    with trouble_told(folder):
        for page in [page for pattern in _PAGES for page in sorted(NOTEBOOKS.glob(pattern))]:
            name = page.relative_to(NOTEBOOKS).as_posix()
            target = folder / "notebooks" / name
            mine, before, newest[name] = _cells(target), laid.get(name), _cells(page)
            changed = mine not in ("", before)
            if mine == newest[name] or (changed and before == newest[name]):
                continue
            if changed:
                aside.append(target.rename(free_name(target.parent, f"{target.stem}-yours{target.suffix}")))
            private_folder(target.parent)
            write_atomically(target, page.read_bytes())
    write_atomically(folder / PAGES_LIST, json.dumps(newest, indent=1).encode())
    return tuple(aside)


def _laid(path: Path) -> dict[str, str]:
    """Fingerprints of the pages as they were laid; none where that is not known."""
    with suppress(OSError, ValueError, TypeError):
        return dict(json.loads(path.read_bytes()))
    return {}


def _cells(path: Path) -> str:
    """A fingerprint of the sources of a page's cells, of all bytes where it is no page; empty where nothing is."""
    if not path.exists():
        return ""
    content = path.read_bytes()
    try:
        cells = [[cell["cell_type"], "".join(cell["source"])] for cell in json.loads(content)["cells"]]
    except (ValueError, KeyError, TypeError):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()
