"""Kinds of reports, known by the set of their columns; all that is known of them stands in ``kinds.toml``."""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa

from promofix_lib.errors import ReportError
from promofix_lib.places import cases_folder
from promofix_lib.reports.report import Lack
from promofix_lib.reports.texts import HYPHENS
from promofix_lib.say import told

ITEMS, SHIPMENTS, UNITS, PROMOTIONS, PAYMENTS = "items", "shipments", "units", "promotions", "payments"
TEXT = pa.string()
MONEY = pa.decimal128(18, 4)
WHOLE = pa.decimal128(18, 0)
YES_NO = pa.bool_()
TIME = pa.timestamp("us", tz="UTC")
_IDS = {"order_id": "order", "order_item_id": "item"}
_TYPES = {"time": TIME, "whole": WHOLE, "money": MONEY, "yes_no": YES_NO}


@dataclass(frozen=True)
class Kind:
    """One kind of report, a paragraph of ``kinds.toml``, where the words are explained."""

    name: str
    has: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    stands_in: Mapping[str, str] = field(default_factory=dict)
    implied: Mapping[str, str] = field(default_factory=dict)
    needed: Sequence[str] = ("order_id", "purchase_date")
    role: str = ITEMS
    ids_joined_by: str = ""
    continues: bool = False
    xml: Sequence[str] = ()
    sales: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Column:
    """One column: its name in the table and in the file, its type, and whether a wrong cell spoils the row.

    ``id`` is ``"order"`` or ``"item"`` where every cell must be an id of Amazon's form; ``kept`` is False where nobody
    asked for it.
    """

    name: str
    header: str
    type: pa.DataType = TEXT
    decides: bool = False
    needed: bool = False
    id: str = ""
    kept: bool = True


@dataclass(frozen=True)
class Facts:
    """All that is known of reports: promofix's own facts and those of the seller's folder; `table` is our own file."""

    kinds: tuple[Kind, ...]
    known: frozenset[str]
    english: Mapping[str, str]
    types: Mapping[str, pa.DataType]
    columns: Mapping[str, tuple[str, ...]]
    table: Mapping[str, Any]


def own_kinds() -> tuple[tuple[str, str], ...]:
    """The seller's own kinds, path and text of each file: in PROMOFIX_KINDS, else in ``kinds`` beside the cases.

    Raises
    ------
    ReportError
        A file or the folder cannot be read.
    """
    folder = Path(os.environ.get("PROMOFIX_KINDS") or cases_folder() / "kinds")
    try:
        return tuple((str(path), path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml")))
    except (OSError, ValueError) as error:
        raise ReportError("reports.kinds_damaged", file=str(folder), why=str(error)[:120]) from error


def look_again() -> None:
    """Take up what changed in the seller's folder of kinds; each reading begins with it.

    Raises
    ------
    ReportError
        A file of the folder is no TOML, or says something that is not understood.
    """
    facts.cache_clear()
    facts()


@cache
def facts() -> Facts:
    """All that is known of reports; the seller's own kinds as they were when `look_again` was last called."""
    path = files("promofix_lib.reports").joinpath("kinds.toml")
    table, *mine = (_parsed(*one) for one in [("kinds.toml", path.read_text(encoding="utf-8")), *own_kinds()])
    names = table["names"]
    columns = {what: tuple(several.split()) for what, several in table["columns"].items()}
    given = [kind for one in mine for kind in one["kinds"]]
    return Facts(
        kinds=(*table["kinds"], *given),
        known=frozenset(names["known"].split()) | {name for kind in given for name in (*kind.has, *kind.renamed)},
        english=names["same"] | {word: name for one in (table, *mine) for word, name in one["english"].items()},
        types={name: type_ for word, type_ in _TYPES.items() for name in table["types"][word].split()},
        columns=columns | {"tells": columns["decides"] + columns["tells"]},
        table=table,
    )


@cache
def _parsed(path: str, text: str) -> dict[str, Any]:
    """A file of kinds with its kinds made, and with the English name of each translated column."""
    try:
        table = tomllib.loads(text)
        table["kinds"] = [_kind(paragraph) for paragraph in table["kind"]]
        translated = table.get("names", {}).get("translated", {})
        table["english"] = {spelled(word): name for name, several in translated.items() for word in several}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError("reports.kinds_damaged", file=path, why=str(error)[:120]) from error
    for kind in table["kinds"]:
        if not (kind.has or kind.xml) or kind.role not in (ITEMS, SHIPMENTS, UNITS, PROMOTIONS, PAYMENTS):
            raise ReportError("reports.kinds_damaged", file=path, why=f"{kind.name}: has, role")
    return table


def _kind(paragraph: Mapping[str, Any]) -> Kind:
    told_of = {word: value for word, value in paragraph.items() if word not in ("source", "read")}
    for word in told_of.keys() & {"has", "without"}:
        told_of[word] = frozenset(map(spelled, told_of[word]))
    for word in told_of.keys() & {"renamed", "stands_in"}:
        told_of[word] = {spelled(column): name for column, name in told_of[word].items()}
    return Kind(**told_of)


@lru_cache(1 << 12)
def spelled(name: str) -> str:
    r"""A column name in lower case with hyphens, without quotes, marks and doubled blanks.

    Examples
    --------
    >>> spelled("\ufeffAmazon-Order-Id "), spelled("delivery-Instructions"), spelled("Order ID")
    ('amazon-order-id', 'delivery-instructions', 'order-id')
    """
    plain = unicodedata.normalize("NFKC", name).strip("\ufeff\u200e\u200f \t\"'").lower()
    return re.sub(r"[\s_]+", "-", plain.translate(HYPHENS))


def english(name: str) -> str:
    """Amazon's English name of a column, whatever language the download was in.

    Examples
    --------
    >>> english("日付/時間"), english("datum/uhrzeit"), english("Sku"), english("item-name")
    ('date/time', 'date/time', 'sku', 'product-name')
    """
    plain = spelled(name)
    return facts().english.get(plain, plain)


def is_known(name: str) -> bool:
    """Whether a column's name has been seen in Amazon's reports; blank ones are."""
    return not name.strip() or english(name) in facts().known


def kind_of(header: Collection[str]) -> Kind | None:
    """The kind that a header line belongs to, in any order and of any generation; None when it is not known.

    Parameters
    ----------
    header : collection of str
        Column names as in the file.

    Examples
    --------
    >>> kind_of(["order-id", "Order-Item-Id", "item-price", "quantity-purchased"]).name
    'New Orders'
    >>> kind_of(["name", "price"]) is None
    True
    """
    names = {english(cell) for cell in header}
    known = (kind for kind in facts().kinds if kind.has)
    return next((kind for kind in known if kind.has <= names and not kind.without & names), None)


def kind_named(name: str) -> Kind:
    """The kind of report called `name`; one that nobody knows any more has order items.

    >>> kind_named("XML All Orders").xml, kind_named("Transactions").role, kind_named("?").role
    (['Order', 'OrderItem'], 'payments', 'items')
    """
    return next((kind for kind in facts().kinds if kind.name == name), Kind(name))


def columns_of(kind: Kind, header: Sequence[str], wanted: frozenset[str] | None = None) -> tuple[Column, ...]:
    """Columns of a file, in its order, each with a name of its own in the table, and whether its cells are kept.

    Examples
    --------
    >>> header = ["order-id", "order-item-id", "quantity-purchased", "Quantity", ""]
    >>> [(column.name, str(column.type)) for column in columns_of(kind_of(header), header)][2:]
    [('quantity', 'decimal128(18, 0)'), ('quantity_2', 'string'), ('column_5', 'string')]
    """
    known = facts()
    names: list[str] = []
    taken = {_table_name(kind, cell) for cell in header}
    for number, cell in enumerate(header, start=1):
        stands_in = kind.stands_in.get(english(cell), "")
        name = stands_in if stands_in and stands_in not in taken else _table_name(kind, cell) or f"column_{number}"
        copies = sum(1 for other in names if other == name or other.startswith(f"{name}_"))
        names.append(f"{name}_{copies + 1}" if name in names else name)
    asked = None if wanted is None or kind.role == PAYMENTS else wanted.union(known.columns["tells"])
    return tuple(
        Column(
            name,
            cell.strip('\ufeff "'),
            known.types.get(name, TEXT),
            name in known.columns["decides"],
            name in kind.needed,
            _IDS.get(name, "") if kind.role != PAYMENTS else "",
            asked is None or name in asked,
        )
        for name, cell in zip(names, header, strict=True)
    )


def _table_name(kind: Kind, cell: str) -> str:
    return kind.renamed.get(english(cell), english(cell)).replace("-", "_")


def lacks_of(kind: Kind, columns: Collection[str]) -> tuple[Lack, ...]:
    """What a report of this kind with these columns of the order table cannot tell, and the clicks that bring it.

    Examples
    --------
    >>> kind = kind_of(["order-id", "order-item-id", "quantity-purchased"])
    >>> lacks_of(kind, {"order_id", "item_price", "buyer_email", "buyer_name"})[0].what.text("en")
    'promotion ids and discounts'
    """
    known = {*columns, *kind.implied}
    found = []
    for lack in facts().table["lack"]:
        if kind.name in lack["kinds"] if "kinds" in lack else kind.role != PAYMENTS and lack["column"] not in known:
            how = lack.get("instead", {}).get(kind.name, lack["how"])
            found.append(Lack(lack["key"], told(f"reports.lack.{lack['key']}"), told(f"reports.how.{how}")))
    return tuple(found)
