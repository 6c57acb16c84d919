"""The payload of a GiroCode against the table of EPC069-12 v2.1, line by line and limit by limit; RF references."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from sepa.girocode import GiroCodeError, Transfer, payload
from sepa.identifiers import IdentifierError, is_rf
from sepa.references import format_reference, reference_body, reference_of

_BASE = Transfer("Optik Beispiel GmbH", "DE89370400440532013000", 11900)


def test_the_twelve_lines_of_the_standard() -> None:
    full = replace(_BASE, bic="COBADEFFXXX", purpose="GDDS", text="RE-1 vom 3. März", note="Danke")
    assert payload(full).split("\n") == [
        "BCD",  # service tag
        "002",  # version: the BIC may be missing
        "1",  # UTF-8
        "SCT",  # SEPA credit transfer
        "COBADEFFXXX",
        "Optik Beispiel GmbH",
        "DE89370400440532013000",
        "EUR119.00",
        "GDDS",
        "",  # structured reference: either this line or the next
        "RE-1 vom 3. März",
        "Danke",
    ]


def test_empty_lines_at_the_end_are_left_out_and_those_between_stay() -> None:
    assert payload(_BASE) == "BCD\n002\n1\nSCT\n\nOptik Beispiel GmbH\nDE89370400440532013000\nEUR119.00"
    assert payload(replace(_BASE, reference="RF20RE20261234")).endswith("EUR119.00\n\nRF20RE20261234")


@pytest.mark.parametrize(("cents", "told"), [(1, "EUR0.01"), (10, "EUR0.10"), (99_999_999_999, "EUR999999999.99")])
def test_amounts_at_the_limits(cents: int, told: str) -> None:
    assert payload(replace(_BASE, amount=cents)).split("\n")[7] == told


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 100_000_000_000}, "amount"),
        ({"name": ""}, "name"),
        ({"name": "x" * 71}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": " blank before"}, "name"),
        ({"iban": "DE88370400440532013000"}, "iban"),
        ({"bic": "COBADEFFX"}, "bic"),
        ({"iban": "CH9300762011623852957"}, "bic-missing"),
        ({"purpose": "GDDSX"}, "purpose"),
        ({"purpose": "gdds"}, "purpose"),
        ({"reference": "RF19RE20261234"}, "reference"),
        ({"reference": "RF20 RE20 2612 34"}, "reference"),
        ({"reference": "RF20RE20261234", "text": "RE-2026-1234"}, "both"),
        ({"text": "x" * 141}, "text"),
        ({"text": "a\rb"}, "text"),
        ({"text": "zero\u200bwidth"}, "text"),
        ({"note": "x" * 71}, "note"),
        ({"name": "Ü" * 70, "text": "ü" * 80}, "bytes"),
    ],
)
def test_what_the_standard_does_not_allow_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(GiroCodeError) as no:
        payload(replace(_BASE, **change))  # type: ignore[arg-type]
    assert no.value.reason == reason


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        ("RE20261234", "RF20RE20261234"),
        ("RE-2026-1234", "RF20RE20261234"),
        ("re 2026/1234", "RF20RE20261234"),
        ("539007547034", "RF18539007547034"),
        ("A" * 21, f"RF{98 - int('10' * 21 + '271500') % 97:02d}{'A' * 21}"),
    ],
)
def test_the_reference_of_an_invoice_number(number: str, reference: str) -> None:
    assert reference_of(number) == reference
    assert iso11649.is_valid(reference)
    assert iso11649.compact(format_reference(reference)) == reference


@pytest.mark.parametrize(
    ("number", "reason"),
    [("A" * 22, "length"), ("RÜ-1", "characters"), ("STRAßE1", "characters"), ("RE&1", "characters"),
     ("RE-２", "characters"), ("--", "empty"), ("", "empty")],
)  # fmt: skip
def test_a_number_that_no_reference_can_hold(number: str, reason: str) -> None:
    with pytest.raises(IdentifierError) as no:
        reference_of(number)
    assert no.value.reason == reason


@given(st.text("AZaz019-/. _", max_size=24), st.text("AZaz019-/. _", max_size=24))
def test_two_numbers_share_a_reference_only_where_their_letters_and_digits_are_the_same(one: str, other: str) -> None:
    try:
        first, second = reference_of(one), reference_of(other)
    except IdentifierError:
        return
    assert is_rf(first)
    assert is_rf(second)
    assert (first == second) == (reference_body(one) == reference_body(other))
