"""An amount is written in one way and a typed number is understood in one way, by the language."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promofix_lib.amounts import TypedError, amount_text, plain_amount, typed_amount, typed_whole

AMOUNTS = st.decimals(places=4, min_value=-(10**9), max_value=10**9)


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("1,234", "en", "1234"),
        ("1234.5", "en", "1234.5"),
        ("-0.50", "en", "-0.50"),
        ("1,234,567.89", "zh-CN", "1234567.89"),
        ("１，２３４", "zh-CN", "1234"),
        ("1.234,50", "de", "1234.50"),
        ("1,99", "de", "1.99"),
        ("1 234,5", "fr", "1234.5"),
        ("1\u202f234,5", "fr", "1234.5"),
        (" 7 ", "en", "7"),
    ],
)
def test_a_typed_number_is_read_by_its_language(text: str, language: str, number: str):
    """`1,234` is one thousand two hundred and thirty-four in English, never 1.234."""
    assert typed_amount(text, language) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1,99", "1e3", "1_000", "", "12,34,567", "1.2.3", "0x10", "one", "NaN", "1,2345", "$5"]
)
def test_what_is_not_plainly_a_number_is_refused(text: str):
    """With what was typed and how to write it; nothing is guessed."""
    with pytest.raises(TypedError, match=r"is not a number here\. Write it like 1,234\.50"):
        typed_amount(text, "en")


@pytest.mark.parametrize("text", ["2.5", "-1"])
def test_a_number_of_units_is_whole(text: str):
    """Half a unit or fewer than none cannot be sold."""
    with pytest.raises(TypedError, match="whole number"):
        typed_whole(text, "en")


@given(AMOUNTS, st.sampled_from(["USD", "JPY", "KWD", "EUR"]), st.sampled_from(["en", "zh-CN", "de", "fr", "pl"]))
def test_what_is_written_is_read_back(amount: Decimal, currency: str, language: str):
    """Sign, cents and grouping survive in every language; nothing is rounded."""
    written = amount_text(amount, currency, language).removesuffix(f" {currency}")
    assert typed_amount(written, language) == amount
    assert Decimal(plain_amount(amount, currency)) == amount


def test_currencies_have_their_own_decimals():
    """Yen have none, dinars three; what is finer than the currency is shown, not rounded."""
    assert [plain_amount(Decimal("5"), code) for code in ("USD", "JPY", "KWD")] == ["5.00", "5", "5.000"]
    assert amount_text(Decimal("-0.5"), "USD", "en") == "-0.50 USD"
    assert plain_amount(Decimal("0.125"), "USD") == "0.125"
