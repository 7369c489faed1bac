"""Facts of Amazon stand in data files, each with its source and the day it was read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from typing import Any

from promofix_lib.marketplaces import MARKETPLACES


def facts(table: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if "value" in table:
        yield place, table
    else:
        for name, part in table.items():
            yield from facts(part, f"{place}.{name}".lstrip("."))


def test_each_fact_says_where_it_stands_and_when_that_was_read():
    """A number that Amazon changes can be checked at its source."""
    rules = tomllib.loads(files("promofix_lib").joinpath("rules.toml").read_text(encoding="utf-8"))
    found = dict(facts(rules))
    assert found
    for name, fact in found.items():
        assert fact["source"].strip(), name
        assert isinstance(fact["read"], date), name


def test_each_marketplace_has_its_zone_and_a_code_of_its_own():
    """23 marketplaces, each with a zone that exists, an id and a channel of its own."""
    assert len({market.code for market in MARKETPLACES}) == len(MARKETPLACES) >= 23
    assert len({market.sales_channel for market in MARKETPLACES}) == len(MARKETPLACES)
    assert all(market.zone.key == market.zone_name for market in MARKETPLACES)
