"""What the reference and the supplementary line of :61: say of the other side (domain.md 1.3 and 1.8)."""

import re
from typing import Final, NamedTuple

from recon.statements.mt940_details import Details

# A reference has 16 characters; behind them the Rabobank of before 2013 wrote the name.
REFERENCE_WIDTH: Final = 16

_ACCOUNT: Final = re.compile(r"(?:[A-Z]{2}\d\d[A-Z0-9]{8,30}|\d{6,12})\Z")
_ACCOUNT_AND_NAME: Final = re.compile(r"(?P<account>\d{10}|P\d{9}|NONREF)[ ]{6,10}(?P<name>\S.*)\Z")
# PostFinance: the number of the booking, longer than any account.
_NUMBER: Final = re.compile(r"\d{20,34}\Z")


class Around(NamedTuple):
    """What both fields together say; ``reference`` is the customer's."""

    reference: str
    bank_ref: str | None
    booking_text: str | None
    name: str | None
    account: str | None


def around(reference: str, bank_ref: str | None, supp: str | None, details: Details) -> Around:
    """The reference, ``//`` reference (None where it is none) and second line of a :61: beside what its :86: says."""
    name, account = details.name, details.account
    booking_text = details.booking_text
    # A :86: with a GVC has all of it in places of its own.
    plain = details.gvc is None
    fixed = _ACCOUNT_AND_NAME.match(reference) if plain else None
    if fixed is not None and name is None and fixed.start("name") == REFERENCE_WIDTH:
        reference, name = "", " ".join(fixed["name"].split())
        if fixed["account"] != "NONREF":
            account = account or fixed["account"]
    elif plain and account is not None and reference == account:
        reference = ""
    bare = supp.replace("\n", " ").strip() if supp else ""
    if not bare or bare.startswith("/") or (name is not None and bare.casefold() == name.casefold()):
        return Around(reference, bank_ref, booking_text, name, account)
    if account is None and _ACCOUNT.match(bare):
        return Around(reference, bank_ref, booking_text, name, bare)
    if bank_ref is None and _NUMBER.match(bare):
        return Around(reference, bare, booking_text, name, account)
    if booking_text and plain and _signs(bare) != _signs(booking_text):
        booking_text = f"{booking_text} {bare}"
    return Around(reference, bank_ref, booking_text or bare, name, account)


def _signs(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())
