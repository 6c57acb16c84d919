"""Amounts: what is read, what is refused, what is shown."""

import pytest

from sepa.money import AmountError, parse_amount, parse_typed_amount, plain, shown


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1234,56", 123456),
        ("1.234,56", 123456),
        ("1234.56", 123456),
        ("1,234.56", 123456),
        ("1.234.567,8", 123456780),
        ("100,00-", -10000),
        ("-5", -500),
        ("12 €", 1200),
        ("€ 12,5", 1250),
        ("EUR 7", 700),
        ("1'234.50", 123450),
        ("0,05", 5),
    ],
)
def test_amounts_as_people_write_them(text: str, minor: int) -> None:
    assert parse_typed_amount(text) == minor


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.234", "ambiguous"),
        ("1,234", "ambiguous"),
        ("", "empty"),
        ("  ", "empty"),
        ("12,345,67", "not-a-number"),
        ("1e5", "not-a-number"),
        ("１２", "not-a-number"),
        ("0.001", "ambiguous"),
        ("1234,567", "precision"),
        ("9" * 20, "too-large"),
    ],
)
def test_what_is_no_amount_says_why(text: str, reason: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_typed_amount(text)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("currency", "minor", "text"), [("EUR", -5, "-0.05"), ("JPY", 100000, "1000.00"), ("KWD", 1234, "1.234")]
)
def test_machine_form_has_a_point_and_two_decimals_or_more(currency: str, minor: int, text: str) -> None:
    assert plain(minor, currency) == text
    assert parse_amount(text, currency) == minor


def test_people_see_their_own_signs() -> None:
    assert shown(-123456789, "de") == "-1.234.567,89"
    assert shown(-123456789, "en") == "-1,234,567.89"
