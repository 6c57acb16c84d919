"""IBAN, BIC, creditor identifier and RF reference: the worked numbers of the field, and what must be refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepa.iban_table import BBAN_FORMS
from sepa.identifiers import (
    EEA,
    NON_EEA_SEPA,
    SEPA_COUNTRIES,
    IdentifierError,
    creditor_check_digits,
    format_iban,
    is_bic,
    is_creditor_id,
    is_iban,
    is_identifier,
    is_mandate_id,
    is_rf,
    make_rf,
    mask_iban,
    needs_address,
    parse_bic,
    parse_creditor_id,
    parse_iban,
    same_creditor,
    with_business_code,
)

VALID_IBANS = (
    "DE89370400440532013000",
    "DE42100100100000067890",
    "DE04500105170000012345",
    "GB29NWBK60161331926819",
    "AT611904300234573201",
    "CH9300762011623852957",
    "NL91ABNA0417164300",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
)


@pytest.mark.parametrize("iban", VALID_IBANS)
def test_iban_is_read_from_its_printed_form(iban: str) -> None:
    assert parse_iban(f" {format_iban(iban).lower()}\u00a0") == iban


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \t", "empty"),
        ("DE88370400440532013000", "check-digits"),
        ("DE8937040044053201300", "length"),
        ("DE893704004405320130000", "length"),
        ("DE8937040044053201300O", "characters"),
        ("DE89-3704-0044-0532-0130-00", "characters"),
        ("ZZ89370400440532013000", "country"),
        ("US89370400440532013000", "country"),
        ("GG29NWBK60161331926819", "country"),
        ("DEßß370400440532013000", "characters"),
        ("DE89３７０400440532013000", "characters"),
        ("37040044", "characters"),
    ],
)
def test_iban_that_is_none_says_why(text: str, reason: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        parse_iban(text)
    assert refused.value.reason == reason


@given(st.sampled_from(VALID_IBANS), st.data())
def test_one_wrong_digit_never_passes(iban: str, data: st.DataObject) -> None:
    """MOD 97-10 finds every single wrong digit."""
    place = data.draw(st.sampled_from([index for index, sign in enumerate(iban) if sign.isdigit()]))
    digit = data.draw(st.sampled_from([sign for sign in "0123456789" if sign != iban[place]]))
    assert not is_iban(iban[:place] + digit + iban[place + 1 :])


def test_iban_table_agrees_with_the_register_of_schwifty() -> None:
    from schwifty import registry

    for country, form in BBAN_FORMS.items():
        spec = registry.get_iban_spec(country)
        assert spec.bban_spec.replace("!", "") == form, country
    assert set(BBAN_FORMS) >= SEPA_COUNTRIES


@given(st.sampled_from(VALID_IBANS), st.data())
def test_iban_reading_agrees_with_schwifty(iban: str, data: st.DataObject) -> None:
    from schwifty import IBAN

    place = data.draw(st.integers(0, len(iban) - 1))
    changed = iban[:place] + data.draw(st.sampled_from("0123456789ABCXYZ")) + iban[place + 1 :]
    assert is_iban(changed) == IBAN(changed, allow_invalid=True).is_valid


def test_masked_iban_shows_country_check_digits_and_end() -> None:
    assert mask_iban("DE89370400440532013000") == "DE89…3000"
    assert mask_iban("DE89 3704 0044 0532 0130 00") == "DE89…3000"


def test_sepa_outside_the_eea_needs_address_and_bic() -> None:
    """domain.md 3.7: the list of countries, and none of them in the EEA."""
    assert frozenset(["AL", "AD", "MD", "MC", "ME", "MK", "SM", "RS", "CH", "GB", "VA", "GI"]) == NON_EEA_SEPA
    assert len(EEA) == 30
    assert not EEA & NON_EEA_SEPA
    assert needs_address("GB29NWBK60161331926819")
    assert not needs_address("NO9386011117947")


@pytest.mark.parametrize(
    ("text", "plain"),
    [("COBADEFFXXX", "COBADEFFXXX"), ("cobadeff", "COBADEFF"), (" PBNK DE FF XXX ", "PBNKDEFFXXX")],
)
def test_bic_is_read(text: str, plain: str) -> None:
    assert parse_bic(text) == plain


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("COBADEFFXX", "length"),
        ("COBA1EFF", "characters"),
        ("COBADEF?", "characters"),
        ("COBADEFO", "characters"),
    ],
)
def test_bic_that_is_none_says_why(text: str, reason: str) -> None:
    assert not is_bic(text)
    with pytest.raises(IdentifierError) as refused:
        parse_bic(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("country", "national", "whole"),
    [
        ("DE", "09999999999", "DE98ZZZ09999999999"),
        ("DE", "00000012345", "DE13ZZZ00000012345"),
    ],
)
def test_creditor_identifier_of_domain_3_6(country: str, national: str, whole: str) -> None:
    assert f"{country}{creditor_check_digits(country, national)}ZZZ{national}" == whole
    assert parse_creditor_id(whole.lower()) == whole


def test_business_code_is_neither_checked_nor_part_of_the_identity() -> None:
    """A-24: a branch collects under its own code, and stays the same creditor (domain.md 3.6)."""
    assert with_business_code("DE98ZZZ09999999999", "K01") == "DE98K0109999999999"
    assert is_creditor_id("DE98ABC09999999999")
    assert same_creditor("DE98ZZZ09999999999", "de98 k01 09999999999")
    assert not same_creditor("DE98ZZZ09999999999", "DE13ZZZ00000012345")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("DE97ZZZ09999999999", "check-digits"),
        ("DE98ZZZ0999999999", "length"),
        ("DE98ZZZ0999999999A", "characters"),
        ("98ZZZ09999999999", "characters"),
        ("DE98-ZZ09999999999", "characters"),
    ],
)
def test_creditor_identifier_that_is_none_says_why(text: str, reason: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        parse_creditor_id(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize("code", ["", "K1", "K001", "k01", "K-1", "Ä01"])
def test_business_code_has_three_capitals_or_digits(code: str) -> None:
    with pytest.raises(IdentifierError):
        with_business_code("DE98ZZZ09999999999", code)


@given(st.from_regex(r"[0-9]{11}", fullmatch=True))
def test_creditor_identifiers_agree_with_stdnum(national: str) -> None:
    from stdnum.eu import at_02

    whole = f"DE{creditor_check_digits('DE', national)}ZZZ{national}"
    assert at_02.is_valid(whole)
    assert is_creditor_id(whole)


@pytest.mark.parametrize(
    ("body", "reference"), [("RE20261234", "RF20RE20261234"), ("539007547034", "RF18539007547034")]
)
def test_rf_reference_of_domain_6(body: str, reference: str) -> None:
    assert make_rf(body) == reference
    assert is_rf(reference)
    assert is_rf(reference.lower())


@given(st.from_regex(r"[A-Z0-9]{1,21}", fullmatch=True))
def test_rf_references_agree_with_stdnum(body: str) -> None:
    from stdnum import iso11649

    assert is_rf(make_rf(body))
    assert iso11649.is_valid(make_rf(body))


@pytest.mark.parametrize("text", ["", "RF", "RF18", "RF19539007547034", "RF18539007547O34", "RE18539007547034"])
def test_rf_reference_that_is_none(text: str) -> None:
    assert not is_rf(text)


@pytest.mark.parametrize(("body", "reason"), [("", "empty"), ("A" * 22, "length"), ("RE-1", "characters")])
def test_rf_body_that_cannot_be_one(body: str, reason: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        make_rf(body)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("text", "as_id", "as_mandate_id"),
    [
        ("M-10042-1", True, True),
        ("A" * 35, True, True),
        ("A" * 36, False, False),
        ("", False, False),
        ("/A", False, False),
        ("A/", False, False),
        ("A//B", False, False),
        ("A/B", True, True),
        ("M 1", False, True),
        (" M1", False, False),
        ("MÜ1", False, False),
        ("M_1", False, False),
        ("M1\n", False, False),
        ("(A?B:C.D,E'F+G-H)", True, True),
    ],
)
def test_identifiers_that_banks_take(text: str, as_id: bool, as_mandate_id: bool) -> None:
    """EPC230-15; the mandate id may hold blanks since 2016 (domain.md 3.3)."""
    assert is_identifier(text) is as_id
    assert is_mandate_id(text) is as_mandate_id
