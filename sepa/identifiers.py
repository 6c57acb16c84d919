"""IBAN, BIC, creditor identifier and RF reference: reading, checking, showing.

A ``parse_…`` function takes what people type (blanks, small letters) and gives the plain form, or raises
IdentifierError. All check digits here are ISO 7064 MOD 97-10.
"""

import re
from functools import lru_cache
from typing import Final

from sepa.iban_table import BBAN_FORMS

# EU 27 with Iceland, Liechtenstein and Norway.
EEA: Final = frozenset({
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
    "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO",
})  # fmt: skip
# SEPA countries outside the EEA (EPC409-09 v8.0; domain.md 3.7): their debtors need an address and a BIC.
NON_EEA_SEPA: Final = frozenset({"AL", "AD", "MD", "MC", "ME", "MK", "SM", "RS", "CH", "GB", "VA", "GI"})
SEPA_COUNTRIES: Final = EEA | NON_EEA_SEPA

MAX_IDENTIFIER: Final = 35
# ISO 11649: RF, two check digits and at most 21 characters.
MAX_RF_BODY: Final = 21
# AT-02 takes 35 characters; eight of them stand before a national identifier of at most 28.
MAX_NATIONAL_ID: Final = 28
GERMAN_CREDITOR_ID_LENGTH: Final = 18

_DIGITS_OF: Final = {ord(letter): str(number) for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=10)}
_BLANKS: Final = {ord(blank): None for blank in " \t\r\n\u00a0\u2007\u202f"}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}\Z")
# As in pain.008.001.02: the newer schemas allow digits in the first four places, but no such BIC has been given out.
_BIC = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9](?:[A-Z0-9]{3})?\Z")
_CREDITOR_ID = re.compile(rf"([A-Z]{{2}})([0-9]{{2}})([A-Z0-9]{{3}})([A-Z0-9]{{1,{MAX_NATIONAL_ID}}})\Z")
_GERMAN_NATIONAL_ID = re.compile(r"[0-9]{11}\Z")
_BUSINESS_CODE = re.compile(r"[A-Z0-9]{3}\Z")
_RF = re.compile(rf"RF[0-9]{{2}}[A-Z0-9]{{1,{MAX_RF_BODY}}}\Z")
_IDENTIFIER = re.compile(rf"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+]{{1,{MAX_IDENTIFIER}}}(?<!/)\Z")
_MANDATE_ID = re.compile(rf"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+ ]{{1,{MAX_IDENTIFIER}}}(?<!/)\Z")


class IdentifierError(ValueError):
    """A text that is no such identifier. ``reason`` is one of ``empty``, ``characters``, ``country``, ``length``,
    ``check-digits``."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text!r}")
        self.reason = reason
        self.text = text


def compact(text: str) -> str:
    """Without blanks, in capitals.

    >>> compact("de89 3704 0044 0532 0130 00")
    'DE89370400440532013000'
    """
    plain = text.translate(_BLANKS)
    # Beyond ASCII, capitals may be other letters: "ß" would become "SS" and pass.
    return plain.upper() if plain.isascii() else plain


def parse_iban(text: str) -> str:
    """The plain form of an IBAN. Country, structure and check digits are checked; that the account exists is not.

    Raises IdentifierError; ``country`` for a country that has no IBAN, ``length`` for one too long or too short,
    ``characters`` where the national part is built otherwise.
    """
    if _iban_pattern(text[:2]).match(text) is not None and _checks(text):
        return text
    plain = compact(text)
    if not plain:
        raise IdentifierError("empty", text)
    if _IBAN.match(plain) is None:
        raise IdentifierError("characters", text)
    form = BBAN_FORMS.get(plain[:2])
    if form is None:
        raise IdentifierError("country", text)
    if len(plain) != 4 + sum(int(count) for count in re.findall(r"\d+", form)):
        raise IdentifierError("length", text)
    if _iban_pattern(plain[:2]).match(plain) is None:
        raise IdentifierError("characters", text)
    if not _checks(plain):
        raise IdentifierError("check-digits", text)
    return plain


def is_iban(text: str) -> bool:
    """Whether a text is an IBAN.

    >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE88370400440532013000")
    (True, False)
    """
    try:
        parse_iban(text)
    except IdentifierError:
        return False
    return True


def format_iban(iban: str) -> str:
    """In groups of four, as printed on paper.

    >>> format_iban("DE89370400440532013000")
    'DE89 3704 0044 0532 0130 00'
    """
    plain = compact(iban)
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def mask_iban(iban: str) -> str:
    """Enough to know an account by, not enough to use it.

    >>> mask_iban("DE89370400440532013000")
    'DE89…3000'
    """
    plain = compact(iban)
    return f"{plain[:4]}…{plain[-4:]}" if len(plain) > 8 else plain


def needs_address(iban: str) -> bool:
    """Whether a debit from this account needs the debtor's address and BIC: its bank stands in SEPA but outside the
    EEA (EPC153-22; domain.md 3.7)."""
    return iban[:2] in NON_EEA_SEPA


def parse_bic(text: str) -> str:
    """The plain form of a BIC (ISO 9362), eight or eleven characters. Raises IdentifierError."""
    if _BIC.match(text) is not None:
        return text
    plain = compact(text)
    if not plain:
        raise IdentifierError("empty", text)
    if len(plain) not in {8, 11}:
        raise IdentifierError("length", text)
    if not plain.isascii() or _BIC.match(plain) is None:
        raise IdentifierError("characters", text)
    return plain


def is_bic(text: str) -> bool:
    """Whether a text has the form of a BIC.

    >>> is_bic("COBADEFFXXX"), is_bic("COBADEFFX")
    (True, False)
    """
    try:
        parse_bic(text)
    except IdentifierError:
        return False
    return True


def parse_creditor_id(text: str) -> str:
    """The plain form of a creditor identifier (Gläubiger-ID, EPC262-08, AT-02). Raises IdentifierError.

    The business code (positions 5 to 7) takes no part in the check. A German one has 18 characters, the national part
    being eleven digits.
    """
    plain = compact(text)
    if not plain:
        raise IdentifierError("empty", text)
    found = _CREDITOR_ID.match(plain) if plain.isascii() else None
    if found is None:
        raise IdentifierError("characters", text)
    country, check_digits, _, national = found.groups()
    if country == "DE" and len(plain) != GERMAN_CREDITOR_ID_LENGTH:
        raise IdentifierError("length", text)
    if country == "DE" and _GERMAN_NATIONAL_ID.match(national) is None:
        raise IdentifierError("characters", text)
    if creditor_check_digits(country, national) != check_digits:
        raise IdentifierError("check-digits", text)
    return plain


def is_creditor_id(text: str) -> bool:
    """Whether a text is a creditor identifier.

    >>> is_creditor_id("DE98ZZZ09999999999"), is_creditor_id("DE98ABC09999999999"), is_creditor_id("DE97ZZZ09999999999")
    (True, True, False)
    """
    try:
        parse_creditor_id(text)
    except IdentifierError:
        return False
    return True


def creditor_check_digits(country: str, national: str) -> str:
    """The check digits of a creditor identifier (EPC262-08).

    >>> creditor_check_digits("DE", "09999999999"), creditor_check_digits("DE", "00000012345")
    ('98', '13')
    """
    return _check_digits(national, country)


def with_business_code(creditor_id: str, code: str) -> str:
    """The same creditor under a business code of his own choice, such as one for each branch.

    >>> with_business_code("DE98ZZZ09999999999", "K01")
    'DE98K0109999999999'

    Raises IdentifierError where the code is not three capitals or digits, or the identifier is none.
    """
    plain = parse_creditor_id(creditor_id)
    if _BUSINESS_CODE.match(code) is None:
        raise IdentifierError("characters", code)
    return plain[:4] + code + plain[7:]


def same_creditor(one: str, other: str) -> bool:
    """Whether two identifiers mean one creditor: the business code does not count.

    >>> same_creditor("DE98ZZZ09999999999", "DE98K0109999999999")
    True
    """
    first, second = compact(one), compact(other)
    return first[:4] == second[:4] and first[7:] == second[7:]


def make_rf(body: str) -> str:
    """The RF creditor reference (ISO 11649) of a body of 1 to 21 letters and digits.

    >>> make_rf("RE20261234"), make_rf("539007547034")
    ('RF20RE20261234', 'RF18539007547034')

    Raises IdentifierError.
    """
    plain = compact(body)
    if not plain:
        raise IdentifierError("empty", body)
    if len(plain) > MAX_RF_BODY:
        raise IdentifierError("length", body)
    if not (plain.isascii() and plain.isalnum()):
        raise IdentifierError("characters", body)
    return f"RF{_check_digits(plain, 'RF')}{plain}"


def is_rf(text: str) -> bool:
    """Whether a text is an RF creditor reference.

    >>> is_rf("RF18 5390 0754 7034"), is_rf("RF19539007547034")
    (True, False)
    """
    plain = compact(text)
    return plain.isascii() and _RF.match(plain) is not None and _checks(plain)


def is_identifier(text: str) -> bool:
    """Whether a bank takes a text as MsgId, PmtInfId, EndToEndId or InstrId: 1 to 35 characters of the basic set, no
    ``/`` at either end, no ``//`` (EPC230-15).

    >>> is_identifier("OPOS-20261120-0001-1"), is_identifier("/A"), is_identifier("A//B"), is_identifier("A B")
    (True, False, False, False)
    """
    return _IDENTIFIER.match(text) is not None


def is_mandate_id(text: str) -> bool:
    """Whether a bank takes a text as mandate id (AT-01): as ``is_identifier``, and blanks inside are allowed.

    >>> is_mandate_id("M 1"), is_mandate_id(" M1"), is_mandate_id("MÜ1")
    (True, False, False)
    """
    return _MANDATE_ID.match(text) is not None and text == text.strip()


def _check_digits(body: str, head: str) -> str:
    return f"{98 - int((body + head + '00').translate(_DIGITS_OF)) % 97:02d}"


def _checks(plain: str) -> bool:
    body = plain[4:]
    if not body.isdigit():
        body = body.translate(_DIGITS_OF)
    return int(body + plain[:4].translate(_DIGITS_OF)) % 97 == 1


@lru_cache(maxsize=1024)
def _iban_pattern(country: str) -> re.Pattern[str]:
    """What an IBAN of a country looks like; of one that has none, what nothing looks like."""
    form = BBAN_FORMS.get(country)
    if form is None:
        return re.compile(r"\Z\A.")
    classes = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
    parts = re.findall(r"(\d+)([nac])", form)
    return re.compile(f"{country}[0-9]{{2}}" + "".join(f"{classes[kind]}{{{count}}}" for count, kind in parts) + r"\Z")
