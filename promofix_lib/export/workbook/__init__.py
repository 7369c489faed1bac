"""The assistant's workbook: the mail list first, then what to do, the messages, a summary and the steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from tqdm.auto import tqdm

from promofix_lib.errors import ExportError
from promofix_lib.export.workbook.contents import Handed, handed_over
from promofix_lib.export.workbook.lists import check_cells, write_mail_merge
from promofix_lib.export.workbook.sheets import write_how_to, write_message, write_summary
from promofix_lib.export.workbook.todo_list import write_todo
from promofix_lib.letters.messages import Wording
from promofix_lib.letters.messages_check import check_messages

SHEETS = ("mail_merge", "todo", "message", "summary", "how_to")
"""The workbook's sheets, in order, the same in every language."""


def write_buyers_workbook(
    orders: pd.DataFrame,
    chosen: pd.Series[bool],
    path: Path,
    *,
    language: str = "en",
    wording: Wording | None = None,
    overruled: Mapping[str, str] | None = None,
    made_at: datetime | None = None,
    messages_per_day: int | None = None,
    progress: bool = False,
) -> Path:
    """The file that goes to the assistant; its first sheet can be merged by Word, LibreOffice, Google and Thunderbird.

    Parameters
    ----------
    orders : DataFrame
        Order table, as saved before anything was cancelled: Amazon removes buyers' data from cancelled orders.
    chosen : Series
        Boolean mask: the order items that were chosen.
    path : Path
        The file to write; it must not exist yet.
    language : {"en", "zh-CN"}
        Language of the assistant. Messages are in the buyers' languages.
    wording : Wording, optional
        The seller's choices about the messages.
    overruled : mapping of str to str, optional
        Rules of the message check that the seller overrules, each with the reason in the seller's own words.
    made_at : datetime with a zone, optional
        Shown on the summary.
    messages_per_day : int, optional
        Amazon's limit for this seller, see `promofix_lib.export.mailmerge.messages_per_day`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    ExportError
        The file exists, or nothing was chosen.
    LetterError
        A message breaks one of Amazon's rules and the rule was not overruled.

    Examples
    --------
    A name that looks like a formula is written as text, and not greeted.

    >>> import tempfile
    >>> from openpyxl import load_workbook
    >>> from promofix_lib.orders import order_table
    >>> orders = order_table([{
    ...     "order_id": "111-0000001-0000001", "order_status": "Unshipped", "fulfillment_channel": "merchant",
    ...     "quantity": 1, "buyer_name": "=1+1", "buyer_email": "a1@example.com",
    ... }])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_buyers_workbook(orders, pd.Series([True]), Path(folder) / "buyers.xlsx")
    ...     book = load_workbook(path)
    >>> book.sheetnames, book["mail_merge"]["E2"].value, book["todo"]["F7"].data_type
    (['mail_merge', 'todo', 'message', 'summary', 'how_to'], 'Hello,', 's')
    """
    path = Path(path)
    if path.exists():
        raise ExportError(
            f"{path}: this file exists, and somebody may have worked in it. "
            "Export again: each export has its own folder."
        )
    handed = handed_over(
        orders,
        chosen,
        language=language,
        wording=wording or Wording(),
        overruled=overruled or {},
        made_at=made_at,
        messages_per_day=messages_per_day,
    )
    if not handed.orders:
        raise ExportError(
            f"{path.name}: no orders are chosen, so there is nothing to hand over. Choose orders in notebook 3 first."
        )
    check_messages((*handed.messages, *handed.by_hand), handed.overruled, reader=language)
    check_cells(handed.messages)
    return _save(handed, path, progress)


def _save(handed: Handed, path: Path, progress: bool) -> Path:
    book = Workbook(write_only=True)
    book.properties.creator, book.properties.title = "promofix", path.stem
    sheets = {name: book.create_sheet(name) for name in SHEETS}
    with tqdm(total=len(handed.messages) + len(handed.orders), disable=not progress, unit="row", desc=path.name) as bar:
        write_mail_merge(sheets["mail_merge"], handed, bar.update)
        write_todo(sheets["todo"], handed, bar.update)
    write_message(sheets["message"], handed)
    write_summary(sheets["summary"], handed)
    write_how_to(sheets["how_to"], handed)
    half = path.with_name(path.name + ".part")
    try:
        book.save(half)
        half.replace(path)  # whole or not at all
    finally:
        half.unlink(missing_ok=True)
    return path
