"""Amazon's words made one: statuses, channels, promotion ids, signs; the original is kept where it differs."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

_STATUSES = {
    word.lower(): word
    for word in (
        "Pending",
        "Unshipped",
        "PartiallyShipped",
        "Shipped",
        "Shipping",
        "Cancelled",
        "PendingAvailability",
        "InvoiceUnconfirmed",
        "Unfulfillable",
    )
} | {"canceled": "Cancelled", "complete": "Shipped"}
_CHANNELS = {"merchant": "merchant", "mfn": "merchant", "amazon": "amazon", "afn": "amazon"}


def status(word: str) -> str:
    """One word for an order's status, whoever wrote it.

    Examples
    --------
    >>> status("Canceled"), status("Shipped - Delivered to Buyer"), status("PARTIALLY_SHIPPED"), status("Lost")
    ('Cancelled', 'Shipped', 'PartiallyShipped', 'Lost')
    """
    plain = word.strip()
    first = plain.split(" - ")[0]
    return _STATUSES.get(first.lower().replace("_", "").replace(" ", ""), plain)


def channel(word: str) -> str:
    """``merchant`` or ``amazon``.

    Examples
    --------
    >>> channel("AFN"), channel("Merchant"), channel("MFN"), channel("Easy Ship")
    ('amazon', 'merchant', 'merchant', 'easy ship')
    """
    plain = word.strip().lower()
    return _CHANNELS.get(plain, plain)


_WORDS: dict[str, Callable[[str], str]] = {
    "order_status": status,
    "item_status": status,
    "fulfillment_channel": channel,
    "sales_channel": str.strip,
    "currency": lambda word: word.strip().upper(),
    "order_id": str.strip,
    "order_item_id": str.strip,
}
_FREE = ("order_id", "order_item_id")


def one_spelling(table: pa.Table) -> pa.Table:
    """The table with one spelling per word; a changed column keeps its original as ``…_given``.

    Examples
    --------
    >>> table = one_spelling(pa.table({"order_status": ["Canceled", "Shipped"]}))
    >>> table["order_status"].to_pylist(), table["order_status_given"].to_pylist()
    (['Cancelled', 'Shipped'], ['Canceled', None])
    """
    for name, spell in _WORDS.items():
        if name not in table.column_names:
            continue
        given = table[name]
        plain = _trimmed(given) if name in _FREE else _respelled(given, spell)
        if plain is given:
            continue
        changed = pc.fill_null(pc.not_equal(given, plain), False)
        table = table.set_column(table.column_names.index(name), name, plain)
        if name in ("order_status", "item_status"):
            table = table.append_column(f"{name}_given", pc.if_else(changed, given, None))
    return table


def _trimmed(given: pa.ChunkedArray) -> pa.ChunkedArray:
    blank = (compare(given, sign) for compare in (pc.starts_with, pc.ends_with) for sign in (" ", "\u00a0", "\t"))
    return pc.utf8_trim_whitespace(given) if any(pc.any(found).as_py() for found in blank) else given


def _respelled(given: pa.ChunkedArray, spell: Callable[[str], str]) -> pa.ChunkedArray:
    coded = given.combine_chunks().dictionary_encode() if given.num_chunks else given
    if not given.num_chunks or not len(coded):
        return given
    coded = coded if isinstance(coded, pa.DictionaryArray) else coded.chunk(0)
    words = pa.array([spell(word) or None for word in coded.dictionary.to_pylist()], pa.string())
    return given if words.equals(coded.dictionary) else pa.chunked_array([words.take(coded.indices)])


def id_lists(cells: pa.ChunkedArray, joined_by: str) -> pa.ChunkedArray:
    """Promotion cells as lists; blank cells stay missing.

    Parameters
    ----------
    cells : ChunkedArray of string
        One or several ids per cell.
    joined_by : str
        What stands between them; empty when a cell holds one id.

    Examples
    --------
    >>> id_lists(pa.chunked_array([["A, B", None, "C,"]]), ",").to_pylist()
    [['A', 'B'], None, ['C']]
    """
    lists = [_id_list(chunk, joined_by) for chunk in cells.chunks]
    return pa.chunked_array(lists, pa.list_(pa.string()))


def _id_list(chunk: pa.Array, joined_by: str) -> pa.Array:
    lists = pc.split_pattern(chunk, joined_by or "\0")
    words = pc.utf8_trim_whitespace(pc.list_flatten(lists))
    if pc.any(pc.equal(words, "")).as_py():
        plain = [None if ids is None else [word.strip() for word in ids if word.strip()] for ids in lists.to_pylist()]
        return pa.array([ids or None for ids in plain], pa.list_(pa.string()))
    return pa.ListArray.from_arrays(_offsets(lists), words, mask=pc.is_null(chunk))


def _offsets(lists: pa.Array) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    return pa.concat_arrays([pa.array([0], pa.int32()), pc.cast(pc.cumulative_sum(lengths), pa.int32())])
